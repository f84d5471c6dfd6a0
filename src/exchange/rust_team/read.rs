//! TOML → a project: which key means what, and what is reported instead.

use std::collections::BTreeSet;

use super::model::{Access, Github, Kind, Person, Place, Project, Repo, Team, Use};
use crate::exchange::draft::{closest, id};
use crate::exchange::people::{self, Section};
use crate::exchange::tree::{Entries, Node, Source, Value};
use crate::exchange::{ImportError, Note};

const LEVELS: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];
const CONFIG_IDLE: &[&str] = &[
    "allowed-mailing-lists-domains",
    "allowed-github-orgs",
    "disable-rulesets-repos",
    "enable-rulesets-repos",
    "independent-github-orgs",
    "special-org-members",
    "members-without-zulip-id",
];
const PERSON: &[&str] = &["name", "github", "permissions"];
const PERSON_IDLE: &[&str] = &["github-id", "zulip-id", "discord-id", "email", "irc", "matrix", "funding"];
const TEAM: &[&str] = &["name", "kind", "people", "permissions", "leads-permissions", "github", "website"];
const TEAM_IDLE: &[&str] =
    &["subteam-of", "top-level", "rfcbot", "roles", "lists", "zulip-groups", "zulip-streams", "discord-roles"];
const IN_PEOPLE: &[&str] = &[
    "leads",
    "members",
    "alumni",
    "included-teams",
    "include-team-leads",
    "include-wg-leads",
    "include-project-group-leads",
    "include-all-team-members",
    "include-all-alumni",
];
const IN_GITHUB: &[&str] = &["team-name", "orgs", "extra-teams"];
const REPO: &[&str] = &["org", "name", "description", "access"];
const REPO_IDLE: &[&str] = &[
    "homepage",
    "bots",
    "branch",
    "branch-protections",
    "rulesets",
    "environments",
    "pages",
    "crates-io",
    "crates-io-publishing",
    "custom-properties",
    "private-non-synced",
];

/// Reads one file.
pub struct Reader<'f> {
    /// The file.
    pub source: &'f Source<'f>,
    /// The remarks so far.
    pub notes: &'f mut Vec<Note>,
    /// The keys that were left out.
    pub idle: &'f mut BTreeSet<String>,
}

impl<'f> Reader<'f> {
    /// Adds the tools that `config.toml` names.
    pub fn config(&mut self, project: &mut Project) -> Result<(), ImportError> {
        for (key, value) in self.root()? {
            match key.name().unwrap_or_default() {
                "permissions-bools" => project.tools.extend(self.tools(value, &[("", "")])?),
                "permissions-bors-repos" => project.tools.extend(self.tools(value, &[("bors.", ".review"), ("bors.", ".try")])?),
                "permissions-crates-io-ops-bot-apps" => project.tools.extend(self.tools(value, &[("crates-io-ops-bot.", "")])?),
                _ => self.idle(key, "config.toml", "the configuration", &[], CONFIG_IDLE),
            }
        }
        Ok(())
    }

    /// The tools that each name of a list stands for: one between each two affixes.
    fn tools(&self, node: &Node, affixes: &[(&str, &str)]) -> Result<Vec<String>, ImportError> {
        let mut tools = Vec::new();
        for item in self.source.list(node, "the permissions")? {
            let name = self.source.text(item, "this name")?;
            for (before, after) in affixes {
                let tool = format!("{before}{name}{after}");
                self.source.usable(item, &tool)?;
                tools.push(tool);
            }
        }
        Ok(tools)
    }

    /// A person and the login.
    pub fn person(&mut self) -> Result<(String, Person), ImportError> {
        let (login, node) = self.required("github", "a person")?;
        let mut person = Person { place: self.place(node), ..Person::default() };
        for (key, value) in self.root()? {
            match key.name().unwrap_or_default() {
                "name" => person.name = self.source.text(value, "`name`")?.to_owned(),
                "github" => {}
                "permissions" => self.uses(value, "", &mut person.uses)?,
                _ => self.idle(key, "people", "a person", PERSON, PERSON_IDLE),
            }
        }
        person.comments = self.source.comments.within(0..usize::MAX);
        Ok((login, person))
    }

    /// A team and its name.
    pub fn team(&mut self) -> Result<(String, Team), ImportError> {
        let (name, node) = self.required("name", "a team")?;
        let mut team = Team { place: self.place(node), ..Team::default() };
        for (key, value) in self.root()? {
            match key.name().unwrap_or_default() {
                "name" => {}
                "kind" => team.kind = self.kind(value)?,
                "wg" if self.flag(value)? => team.kind = Kind::WorkingGroup,
                "marker-team" if self.flag(value)? => team.kind = Kind::Marker,
                "wg" | "marker-team" => {}
                "people" => self.members(value, &mut team)?,
                "permissions" => self.uses(value, "", &mut team.uses)?,
                "leads-permissions" => self.uses(value, "", &mut team.leads_uses)?,
                "github" => team.github = self.github(value)?,
                "website" => {
                    self.skip(value);
                    team.doc = value.get("description").and_then(Node::text).unwrap_or_default().to_owned();
                }
                _ => {
                    self.skip(value);
                    self.idle(key, "teams", "a team", TEAM, TEAM_IDLE);
                }
            }
        }
        team.comments = self.source.comments.within(0..usize::MAX);
        Ok((name, team))
    }

    /// A repository with its organization and name. `group` finds the teams that a name in `access.teams` means.
    pub fn repo(&mut self, group: impl Fn(&str, &str) -> Vec<String>) -> Result<((String, String), Repo), ImportError> {
        let (org, _) = self.required("org", "a repository")?;
        let (name, node) = self.required("name", "a repository")?;
        self.source.usable(node, &format!("{org}/{name}"))?;
        let mut repo = Repo { place: self.place(node), ..Repo::default() };
        for (key, value) in self.root()? {
            match key.name().unwrap_or_default() {
                "org" | "name" => {}
                "description" => repo.doc = self.source.text(value, "`description`")?.to_owned(),
                "access" => repo.access = self.access(value, |name| group(&org, name))?,
                _ => {
                    self.skip(value);
                    self.idle(key, "repos", "a repository", REPO, REPO_IDLE);
                }
            }
        }
        repo.comments = self.source.comments.within(0..usize::MAX);
        Ok(((org, name), repo))
    }

    fn access(&mut self, node: &Node, group: impl Fn(&str) -> Vec<String>) -> Result<Vec<Access>, ImportError> {
        let mut all = Vec::new();
        for (key, value) in self.source.table(node, "`access`")? {
            let kind = key.name().unwrap_or_default();
            if !matches!(kind, "teams" | "individuals") {
                self.unknown(key, "`access`", &["teams", "individuals"]);
                continue;
            }
            for (key, value) in self.source.table(value, &format!("`access.{kind}`"))? {
                let (name, level) = (key.name().unwrap_or_default(), self.level(value)?);
                self.source.usable(key, name)?;
                let comments = self.source.comments.beside(key.line);
                if kind == "individuals" {
                    all.push(Access { level, subject: format!("user {}", id(name)), comments });
                    continue;
                }
                let groups = group(name);
                if groups.is_empty() {
                    self.notes.push(self.source.note(key, format!("no active team is named `{name}`, so it was left out")));
                }
                let subjects = groups.into_iter().map(|name| format!("group {}", id(&name)));
                all.extend(subjects.map(|subject| Access { level, subject, comments: comments.clone() }));
            }
        }
        Ok(all)
    }

    fn members(&mut self, node: &Node, team: &mut Team) -> Result<(), ImportError> {
        for (key, value) in self.source.table(node, "`people`")? {
            match key.name().unwrap_or_default() {
                "leads" => team.leads = self.people(value, "`leads`")?,
                "members" => team.members = self.people(value, "`members`")?,
                "alumni" => {
                    team.alumni = people::logins(&self.people(value, "`alumni`")?).map(str::to_owned).collect();
                    self.skip(value);
                }
                "included-teams" => team.included = self.texts(value, "`included-teams`")?,
                "include-team-leads" => team.leads_of.extend(self.flag(value)?.then_some(Kind::Team)),
                "include-wg-leads" => team.leads_of.extend(self.flag(value)?.then_some(Kind::WorkingGroup)),
                "include-project-group-leads" => team.leads_of.extend(self.flag(value)?.then_some(Kind::ProjectGroup)),
                "include-all-team-members" => team.everyone = self.flag(value)?,
                "include-all-alumni" => team.retired = self.flag(value)?,
                _ => self.unknown(key, "`people`", IN_PEOPLE),
            }
        }
        Ok(())
    }

    /// A list of logins, or of tables with a login and the roles that only a website shows.
    fn people(&mut self, node: &Node, what: &str) -> Result<Vec<Section>, ImportError> {
        let Self { source, notes, idle } = self;
        people::read(source, source.list(node, what)?, notes, |item| {
            if item.text().is_none() && item.get("roles").is_some() {
                idle.insert("teams: people.*.roles".to_owned());
            }
            let login = item.get("github").unwrap_or(item);
            Ok(source.text(login, "this person")?.to_owned())
        })
    }

    fn github(&mut self, node: &Node) -> Result<Vec<Github>, ImportError> {
        let mut all = Vec::new();
        // Older configurations have one table instead of a list of them.
        let items =
            if matches!(node.value, Value::Map(_)) { std::slice::from_ref(node) } else { self.source.list(node, "`github`")? };
        for item in items {
            let mut github = Github { name: None, orgs: Vec::new(), extra: Vec::new() };
            for (key, value) in self.source.table(item, "`github`")? {
                match key.name().unwrap_or_default() {
                    "team-name" => github.name = Some(self.source.text(value, "`team-name`")?.to_owned()),
                    "orgs" => github.orgs = self.texts(value, "`orgs`")?,
                    "extra-teams" => github.extra = self.texts(value, "`extra-teams`")?,
                    _ => self.unknown(key, "`github`", IN_GITHUB),
                }
            }
            all.push(github);
        }
        Ok(all)
    }

    /// The permissions of a table: every `true` under its dotted path.
    fn uses(&mut self, node: &Node, path: &str, all: &mut Vec<Use>) -> Result<(), ImportError> {
        for (key, value) in self.source.table(node, "the permissions")? {
            let tool = format!("{path}{}", key.name().unwrap_or_default());
            match &value.value {
                Value::Map(_) => self.uses(value, &format!("{tool}."), all)?,
                _ if self.flag(value)? => {
                    self.source.usable(key, &tool)?;
                    all.push(Use { tool, comments: self.source.comments.beside(key.line) });
                }
                _ => self.notes.push(self.source.note(key, format!("`{tool} = false` gives nothing and was left out"))),
            }
        }
        Ok(())
    }

    fn kind(&self, node: &Node) -> Result<Kind, ImportError> {
        match self.source.text(node, "`kind`")? {
            "team" => Ok(Kind::Team),
            "working-group" => Ok(Kind::WorkingGroup),
            "project-group" => Ok(Kind::ProjectGroup),
            "marker-team" => Ok(Kind::Marker),
            other => Err(self.one_of(node, other, "kind of team", &["team", "working-group", "project-group", "marker-team"])),
        }
    }

    fn level(&self, node: &Node) -> Result<&'static str, ImportError> {
        let name = self.source.text(node, "the level")?;
        let level = LEVELS.into_iter().find(|level| *level == name);
        level.ok_or_else(|| self.one_of(node, name, "permission on a repository", &LEVELS))
    }

    fn one_of(&self, node: &Node, name: &str, what: &str, known: &[&str]) -> ImportError {
        let near = closest(name, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let all = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        self.source.fault(node, format!("`{name}` is no {what}")).with_help(format!("it is one of {all}{near}"))
    }

    fn flag(&self, node: &Node) -> Result<bool, ImportError> {
        match &node.value {
            Value::Literal(text) if text == "true" => Ok(true),
            Value::Literal(text) if text == "false" => Ok(false),
            _ => Err(self.source.expected(node, "this", "`true` or `false`")),
        }
    }

    fn texts(&self, node: &Node, what: &str) -> Result<Vec<String>, ImportError> {
        let items = self.source.list(node, what)?.iter();
        items.map(|item| Ok(self.source.text(item, "this name")?.to_owned())).collect()
    }

    fn root(&self) -> Result<Entries<'f>, ImportError> {
        let source = self.source;
        source.root.as_ref().map_or(Ok(&[]), |root| source.table(root, "the file"))
    }

    /// A key that must be there, as an id.
    fn required(&self, key: &str, owner: &str) -> Result<(String, &'f Node), ImportError> {
        let source = self.source;
        let Some(node) = source.root.as_ref().and_then(|root| root.get(key)) else {
            return Err(ImportError::on(self.source.input, format!("{owner} has no `{key}`"))
                .with_help(format!("add `{key} = \"…\"` at the top")));
        };
        let name = self.source.text(node, &format!("`{key}`"))?;
        self.source.usable(node, name)?;
        Ok((name.to_owned(), node))
    }

    fn place(&self, node: &Node) -> Place {
        Place { path: self.source.path().to_path_buf(), line: node.line }
    }

    fn idle(&mut self, key: &Node, folder: &str, owner: &str, known: &[&str], idle: &[&str]) {
        let name = key.name().unwrap_or_default();
        if idle.contains(&name) {
            self.idle.insert(format!("{folder}: {name}"));
        } else {
            self.unknown(key, owner, &[known, idle].concat());
        }
    }

    fn unknown(&mut self, key: &Node, owner: &str, known: &[&str]) {
        self.notes.push(self.source.unknown(key, owner, known));
    }

    /// Leaves out the comments of something that is left out.
    fn skip(&self, node: &Node) {
        if let Value::List(items) = &node.value {
            items.iter().filter(|item| matches!(item.value, Value::Map(_))).for_each(|item| self.skip(item));
        }
        self.source.comments.above(node.line);
        self.source.comments.within(node.line..node.last + 1);
    }
}
