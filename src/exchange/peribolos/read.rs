//! YAML → organizations: which key means what, and what is reported instead.

use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use super::model::{Grant, Org, Part, Repo, Team};
use crate::exchange::draft::closest;
use crate::exchange::people::{self, Section};
use crate::exchange::tree::{Node, Source};
use crate::exchange::{ImportError, Note, counted};

/// What the whole run remembers.
#[derive(Default)]
pub struct Run {
    /// The remarks so far.
    pub notes: Vec<Note>,
    idle: BTreeSet<String>,
    spellings: BTreeMap<String, BTreeSet<String>>,
    maintainers: usize,
}

/// Reads one file.
pub struct Reader<'f> {
    /// The file.
    pub source: &'f Source<'f>,
    /// What outlives it.
    pub run: &'f mut Run,
}

impl Run {
    /// All remarks, with those on the run as a whole.
    pub fn finish(mut self) -> Vec<Note> {
        if !self.idle.is_empty() {
            let fields = listed(self.idle.iter().map(String::as_str));
            self.notes.push(Note::general(format!("left out, because they give no access to a repository: {fields}")));
        }
        if self.maintainers > 0 {
            let people = counted(self.maintainers, "maintainer of a team is a member", "maintainers of teams are members");
            let message = format!("{people} like the others: managing a team is no access to a repository");
            self.notes.push(Note::general(message));
        }
        let twice: Vec<&BTreeSet<String>> = self.spellings.values().filter(|all| all.len() > 1).collect();
        if !twice.is_empty() {
            let logins = counted(twice.len(), "login is", "logins are");
            let all = listed(twice.into_iter().filter_map(|all| all.first()).map(String::as_str));
            let message = format!("{logins} spelled in more than one way and taken as one, in lower case: {all}");
            self.notes.push(Note::general(message));
        }
        self.notes
    }
}

impl Reader<'_> {
    /// Fills an organization from the table that describes it.
    pub fn org(&mut self, org: &mut Org, line: usize, node: &Node) -> Result<(), ImportError> {
        let entries = self.source.table(node, &format!("the organization `{}`", org.name))?;
        if let Some((_, repos)) = entries.iter().find(|(key, _)| key.name() == Some("repos")) {
            self.repos(org, repos)?;
        }
        for (key, value) in entries {
            match key.name().unwrap_or_default() {
                "repos" => {}
                "description" => org.doc = prose(value),
                "default_repository_permission" => org.default = self.level(value)?,
                "admins" => org.admins = self.people(value, "`admins`")?,
                "members" => org.members = self.people(value, "`members`")?,
                "teams" => self.part(org, "", value)?,
                name if keys::ORG_IDLE.contains(&name) => self.idle(name),
                _ => self.unknown(key, "an organization", keys::ORG, keys::ORG_IDLE),
            }
        }
        org.comments.extend(self.source.comments.within(line..node.last + 1));
        for login in people::without(&mut org.members, &people::logins(&org.admins).map(str::to_owned).collect()) {
            let message = format!("`{login}` is listed as a member and as an admin of `{}`, and is an admin", org.name);
            self.note(node, message);
        }
        Ok(())
    }

    /// Adds the teams of a fragment.
    pub fn fragment(&mut self, org: &mut Org, heading: &str, node: &Node) -> Result<(), ImportError> {
        for (key, value) in self.source.table(node, "a fragment")? {
            match key.name().unwrap_or_default() {
                "teams" => self.part(org, heading, value)?,
                name if keys::ORG.contains(&name) || keys::ORG_IDLE.contains(&name) => {
                    let message =
                        format!("`{name}` was passed over: only `teams` are merged from a file below that of the organization");
                    self.note(key, message);
                }
                _ => self.unknown(key, "a fragment", &["teams"], &[]),
            }
        }
        Ok(())
    }

    /// Reports a key without a meaning.
    pub fn unknown(&mut self, key: &Node, owner: &str, known: &[&str], idle: &[&str]) {
        self.run.notes.push(self.source.unknown(key, owner, &[known, idle].concat()));
    }

    fn part(&mut self, org: &mut Org, heading: &str, node: &Node) -> Result<(), ImportError> {
        let teams = self.teams(org, node)?;
        org.parts.push(Part { heading: heading.to_owned(), comments: Vec::new(), teams });
        Ok(())
    }

    fn teams(&mut self, org: &mut Org, node: &Node) -> Result<Vec<Team>, ImportError> {
        let entries = self.source.table(node, "`teams`")?;
        entries.iter().map(|(key, value)| self.team(org, key, value)).collect()
    }

    fn team(&mut self, org: &mut Org, key: &Node, node: &Node) -> Result<Team, ImportError> {
        let name = self.named_in(org, key)?;
        if let Some((path, line)) = org.places.insert(name.clone(), (self.source.path().to_path_buf(), key.line)) {
            let message =
                format!("the team `{name}` of `{}` is configured twice; the other is at {}:{line}", org.name, path.display());
            return Err(self
                .source
                .fault(key, message)
                .with_help("a team's name is unique in its organization: rename one of the two"));
        }
        let mut team = Team { name, comments: self.source.comments.beside(key.line), ..Team::default() };
        let mut maintainers = Vec::new();
        for (key, value) in self.source.table(node, &format!("the team `{}`", team.name))? {
            match key.name().unwrap_or_default() {
                "description" => team.doc = prose(value),
                "members" => team.people = self.people(value, "`members`")?,
                "maintainers" => maintainers = self.people(value, "`maintainers`")?,
                "repos" => team.grants = self.grants(org, value)?,
                "teams" => team.teams = self.teams(org, value)?,
                name if keys::TEAM_IDLE.contains(&name) => self.idle(name),
                _ => self.unknown(key, "a team", keys::TEAM, keys::TEAM_IDLE),
            }
        }
        team.comments.extend(self.source.comments.within(key.line..node.last + 1));
        self.run.maintainers += people::logins(&maintainers).count();
        for login in people::without(&mut maintainers, &people::logins(&team.people).map(str::to_owned).collect()) {
            self.note(key, format!("`{login}` is listed as a member and as a maintainer of `{}` and was taken once", team.name));
        }
        team.people.extend(maintainers);
        Ok(team)
    }

    fn people(&mut self, node: &Node, what: &str) -> Result<Vec<Section>, ImportError> {
        let Self { source, run: Run { notes, spellings, .. } } = self;
        people::read(source, source.list(node, what)?, notes, |item| {
            // GitHub allows a login of digits, and peribolos takes the number that YAML makes of it.
            let digits = item.name().filter(|name| name.bytes().all(|b| b.is_ascii_digit()) && !name.starts_with('0'));
            let login = digits.map_or_else(|| source.text(item, "this login"), Ok)?;
            Ok(lower(spellings, login))
        })
    }

    fn grants(&mut self, org: &mut Org, node: &Node) -> Result<Vec<Grant>, ImportError> {
        let mut grants = Vec::new();
        for (key, value) in self.source.table(node, "`repos`")? {
            let repo = self.repo(org, key)?;
            let comments = self.source.comments.beside(key.line);
            match self.level(value)? {
                Some(level) => grants.push(Grant { level, repo, comments }),
                None => self.note(key, format!("`none` on `{}` grants nothing and was left out", key.name().unwrap_or_default())),
            }
        }
        Ok(grants)
    }

    fn repos(&mut self, org: &mut Org, node: &Node) -> Result<(), ImportError> {
        for (key, value) in self.source.table(node, "`repos`")? {
            let mut repo = Repo { comments: self.source.comments.beside(key.line), ..Repo::default() };
            for (key, value) in self.source.table(value, "a repository")? {
                match key.name().unwrap_or_default() {
                    "description" => repo.doc = prose(value),
                    "collaborators" => repo.collaborators = self.collaborators(value)?,
                    name if keys::REPO_IDLE.contains(&name) => self.idle(name),
                    _ => self.unknown(key, "a repository", keys::REPO, keys::REPO_IDLE),
                }
            }
            repo.comments.extend(self.source.comments.within(key.line..value.last + 1));
            let lower = self.repo(org, key)?;
            if let Some(known) = org.repos.get_mut(&lower) {
                *known = Repo { name: std::mem::take(&mut known.name), ..repo };
            }
        }
        Ok(())
    }

    fn collaborators(&mut self, node: &Node) -> Result<Vec<(String, &'static str)>, ImportError> {
        let mut all = Vec::new();
        for (key, value) in self.source.table(node, "`collaborators`")? {
            let login = lower(&mut self.run.spellings, self.source.text(key, "this login")?);
            self.source.usable(key, &login)?;
            all.extend(self.level(value)?.map(|level| (login, level)));
        }
        Ok(all)
    }

    /// The key of a repository, declared by this mention if it is the first.
    fn repo(&mut self, org: &mut Org, key: &Node) -> Result<String, ImportError> {
        let name = self.named_in(org, key)?;
        let lower = name.to_lowercase();
        let known = org.repos.entry(lower.clone()).or_insert_with(|| Repo { name: name.clone(), ..Repo::default() });
        if known.name != name {
            let message = format!("the repository `{name}` is spelled `{}` elsewhere and was taken as that", known.name);
            self.run.notes.push(self.source.note(key, message));
        }
        Ok(lower)
    }

    /// A name that makes an id together with that of the organization.
    fn named_in(&self, org: &Org, key: &Node) -> Result<String, ImportError> {
        let name = key.name().unwrap_or_default();
        self.source.usable(key, name)?;
        self.source.usable(key, &format!("{}/{name}", org.name))?;
        Ok(name.to_owned())
    }

    fn level(&self, node: &Node) -> Result<Option<&'static str>, ImportError> {
        let name = node.name().unwrap_or_default();
        if name == "none" {
            return Ok(None);
        }
        let level = keys::LEVELS.into_iter().find(|level| *level == name);
        level.map(Some).ok_or_else(|| {
            let near = closest(name, keys::LEVELS).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let help = format!("it is one of `none`, `read`, `triage`, `write`, `maintain`, `admin`{near}");
            self.source.fault(node, format!("`{name}` is no permission on a repository")).with_help(help)
        })
    }

    fn idle(&mut self, name: &str) {
        self.run.idle.insert(name.to_owned());
    }

    fn note(&mut self, node: &Node, message: String) {
        self.run.notes.push(self.source.note(node, message));
    }
}

/// The login in lower case, its spelling remembered.
fn lower(spellings: &mut BTreeMap<String, BTreeSet<String>>, login: &str) -> String {
    let lower = login.to_lowercase();
    spellings.entry(lower.clone()).or_default().insert(login.to_owned());
    lower
}

fn prose(node: &Node) -> String {
    node.name().unwrap_or_default().to_owned()
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
