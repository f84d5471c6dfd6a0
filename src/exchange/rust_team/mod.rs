//! The folder of `rust-lang/team`: `config.toml`, `people/`, `teams/` and `repos/` as TOML 1.1.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::draft::closest;
use super::people::logins;
use super::tree::Source;
use super::{ImportError, Imported, Input, Note, counted};
use model::{Place, Project, Team};
use read::Reader;

mod model;
mod read;
mod toml;
mod write;

/// TOML files.
pub fn wants(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// The tools, the people, the teams, and one file per organization.
pub fn import(inputs: &[&Input]) -> Result<Imported, ImportError> {
    let root = root(inputs)?;
    let mut run = Run::default();
    let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
    let mut repos = Vec::new();
    for input in inputs {
        let parts = below(&root, &input.path);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["config.toml"] => run.reading(&toml::parse(input)?, |reader, project| reader.config(project))?,
            ["people", _] => run.person(&toml::parse(input)?)?,
            ["teams", _] => run.team(&toml::parse(input)?, false)?,
            ["teams", "archive", _] => run.team(&toml::parse(input)?, true)?,
            ["repos", "archive", ..] => repos.push((input, true)),
            ["repos", ..] => repos.push((input, false)),
            [first, ..] => *elsewhere.entry((*first).to_owned()).or_default() += 1,
            [] => *elsewhere.entry(input.path.display().to_string()).or_default() += 1,
        }
    }
    // Repositories come last, because their access names teams.
    for (input, archived) in repos {
        run.repo(&toml::parse(input)?, archived)?;
    }
    run.check();
    for (name, count) in elsewhere {
        let files = counted(count, "TOML file of it was", "TOML files of it were");
        let message = format!("`{name}` is no part of the configuration; {files} passed over");
        run.notes.push(Note::general(message));
    }
    Ok(Imported { files: write::project(&run.project), notes: run.finish() })
}

/// The folder with `config.toml`, or with `teams/` where there is none; the outermost if there are several.
fn root(inputs: &[&Input]) -> Result<PathBuf, ImportError> {
    let named = |input: &&Input| input.path.file_name().is_some_and(|name| name == "config.toml");
    let config = inputs.iter().copied().filter(named).filter_map(|input| input.path.parent());
    let teams = inputs.iter().filter_map(|input| input.path.parent()).filter(|folder| folder.ends_with("teams"));
    let outermost = |folders: &mut dyn Iterator<Item = &Path>| {
        folders.min_by_key(|folder| folder.components().count()).map(Path::to_path_buf)
    };
    let teams = outermost(&mut teams.filter_map(Path::parent));
    outermost(&mut config.into_iter()).or(teams).ok_or_else(|| {
        ImportError::general("no `config.toml` was found in what was given")
            .with_help("give the folder that holds `config.toml`, `people/`, `teams/` and `repos/`")
    })
}

/// The parts of a path below the root; none for a path outside of it.
fn below(root: &Path, path: &Path) -> Vec<String> {
    let below = path.strip_prefix(root).map(Path::components);
    below.map(|parts| parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()).unwrap_or_default()
}

/// An import under way.
#[derive(Default)]
struct Run {
    project: Project,
    notes: Vec<Note>,
    idle: BTreeSet<String>,
}

impl Run {
    fn reading<T>(
        &mut self,
        source: &Source<'_>,
        read: impl FnOnce(&mut Reader<'_>, &mut Project) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        let mut reader = Reader { source, notes: &mut self.notes, idle: &mut self.idle };
        read(&mut reader, &mut self.project)
    }

    fn person(&mut self, source: &Source<'_>) -> Result<(), ImportError> {
        let (login, person) = self.reading(source, |reader, _| reader.person())?;
        let place = person.place.clone();
        let before = self.project.people.insert(login.clone(), person).map(|before| before.place);
        only_once(source, &place, before, &format!("the person `{login}`"))
    }

    fn team(&mut self, source: &Source<'_>, archived: bool) -> Result<(), ImportError> {
        let (name, team) = self.reading(source, |reader, _| reader.team())?;
        let place = team.place.clone();
        let Project { teams, archived: old, .. } = &mut self.project;
        let before = teams.get(&name).or(old.get(&name)).map(|before| before.place.clone());
        if archived { old } else { teams }.insert(name.clone(), team);
        only_once(source, &place, before, &format!("the team `{name}`"))
    }

    fn repo(&mut self, source: &Source<'_>, archived: bool) -> Result<(), ImportError> {
        let ((org, name), repo) =
            self.reading(source, |reader, project| reader.repo(|org, name| meant(&project.teams, org, name)))?;
        let (place, what) = (repo.place.clone(), format!("the repository `{org}/{name}`"));
        let before = self.project.repos.insert((org, name), model::Repo { archived, ..repo }).map(|before| before.place);
        only_once(source, &place, before, &what)
    }

    /// Reports names that nothing describes, and declares the tools that only a permission names.
    fn check(&mut self) {
        let Self { project, notes, .. } = self;
        let Project { teams, people, tools, .. } = project;
        let names: BTreeSet<String> = teams.keys().cloned().collect();
        for (name, team) in teams.iter_mut() {
            for missing in unknown(&names, &mut team.included) {
                notes.push(on(&team.place, format!("no active team is named `{missing}`, so it is not included in `{name}`")));
            }
            for login in logins(&team.members)
                .chain(logins(&team.leads))
                .filter(|login| !people.is_empty() && !people.contains_key(*login))
            {
                let near = closest(login, people.keys().map(String::as_str))
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                notes.push(on(&team.place, format!("`{login}` of the team `{name}` has no file in `people`{near}")));
            }
            let members: BTreeSet<&str> = logins(&team.members).collect();
            for lead in logins(&team.leads).filter(|lead| !members.contains(lead)) {
                notes
                    .push(on(&team.place, format!("`{lead}` leads the team `{name}` and is not listed as a member, so is none")));
            }
        }
        let used = teams.values().flat_map(|team| team.uses.iter().chain(&team.leads_uses).map(|one| (&team.place, &one.tool)));
        let used: Vec<_> =
            used.chain(people.values().flat_map(|person| person.uses.iter().map(|one| (&person.place, &one.tool)))).collect();
        for (place, tool) in used {
            if tools.insert(tool.clone()) {
                // Who may review may try, and can be asked for it.
                let review = tool.strip_prefix("bors.").and_then(|rest| rest.strip_suffix(".review"));
                tools.extend(review.map(|repo| format!("bors.{repo}.try")));
                notes.push(on(
                    place,
                    format!("the permission `{tool}` is not in `config.toml`; it was declared because it is given here"),
                ));
            }
        }
    }

    fn finish(mut self) -> Vec<Note> {
        let Project { teams, archived, .. } = &self.project;
        if !archived.is_empty() {
            let teams =
                counted(archived.len(), "archived team gives no access and was", "archived teams give no access and were");
            let message = format!("{teams} left out");
            self.notes.push(Note::general(message));
        }
        let alumni: BTreeSet<&String> = teams.values().chain(archived.values()).flat_map(|team| &team.alumni).collect();
        if !alumni.is_empty() {
            let alumni = counted(alumni.len(), "person is listed as alumni and gets", "people are listed as alumni and get");
            self.notes.push(Note::general(format!("{alumni} no access by that")));
        }
        if !self.idle.is_empty() {
            let keys = self.idle.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            self.notes
                .push(Note::general(format!("left out, because they are no access of people to a repository or a tool: {keys}")));
        }
        self.notes
    }
}

/// The groups that a name in `access.teams` stands for: the team of that name, else the one whose team on GitHub is
/// called so, as older configurations have it; with the teams whose members that team on GitHub takes in.
fn meant(teams: &BTreeMap<String, Team>, org: &str, name: &str) -> Vec<String> {
    let on_github = |team: &Team| {
        team.github.iter().any(|github| github.name.as_deref() == Some(name) && github.orgs.iter().any(|of| of == org))
    };
    let found = teams.get_key_value(name).or_else(|| teams.iter().find(|(_, team)| on_github(team)));
    let Some((found, team)) = found else { return Vec::new() };
    let here = team.github.iter().filter(|github| github.orgs.iter().any(|of| of == org));
    let extra = here.flat_map(|github| &github.extra).filter(|extra| teams.contains_key(*extra)).cloned();
    std::iter::once(found.clone()).chain(extra).collect()
}

/// Takes the names out of a list that are not known, and sorts the rest.
fn unknown(names: &BTreeSet<String>, list: &mut Vec<String>) -> Vec<String> {
    let (known, unknown) = std::mem::take(list).into_iter().partition(|name| names.contains(name));
    *list = known;
    unknown
}

fn only_once(source: &Source<'_>, place: &Place, before: Option<Place>, what: &str) -> Result<(), ImportError> {
    let Some(before) = before else { return Ok(()) };
    let message = format!("{what} is described twice; the other is at {}:{}", before.path.display(), before.line);
    Err(ImportError::at_line(source.input, place.line, 1, message).with_help("keep one of the two files"))
}

fn on(place: &Place, message: String) -> Note {
    Note::at(&place.path, u32::try_from(place.line).unwrap_or(u32::MAX), message)
}
