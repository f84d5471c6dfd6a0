//! GitHub organizations as peribolos YAML: whole files, and folders of `org.yaml` with fragments of teams.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::people::logins;
use super::tree::{Source, Value};
use super::{ImportError, Imported, Input, Note};
use model::{Org, Team};
use read::{Reader, Run};

mod keys;
mod model;
mod read;
mod write;
mod yaml;

/// The organizations so far, by name.
type Orgs = BTreeMap<String, Org>;

/// YAML files.
pub fn wants(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// One file per organization.
pub fn import(inputs: &[&Input]) -> Result<Imported, ImportError> {
    let mut files = Vec::new();
    for input in inputs {
        let (source, documents) = yaml::parse(input)?;
        files.push(File { source, documents });
    }
    let bases = base_folders(&files);
    let (mut run, mut orgs) = (Run::default(), Orgs::new());
    for file in &files {
        match file.kind(&bases) {
            Kind::Whole => whole(file, &mut run, &mut orgs)?,
            Kind::Base => base(file, &mut run, &mut orgs)?,
            Kind::Fragment => {}
            Kind::Other => run.notes.push(passed_over(file)),
        }
    }
    for file in files.iter().filter(|file| file.kind(&bases) == Kind::Fragment) {
        fragment(file, &bases, &mut run, &mut orgs)?;
    }
    if orgs.is_empty() {
        return Err(ImportError::general("no organization was found in what was given").with_help(
            "give a file with `orgs:` at the top, or a folder with `org.yaml` in a folder named like each organization",
        ));
    }
    for org in orgs.values_mut() {
        let inside: BTreeSet<&str> = org.logins().collect();
        org.outside = in_teams(org.parts.iter().flat_map(|part| &part.teams))
            .difference(&inside)
            .map(|login| (*login).to_owned())
            .collect();
        run.notes.extend(org.outside.iter().map(|login| outside(org, login)));
        run.notes.extend(org.repos.values().flat_map(|repo| &repo.collaborators).filter_map(|(login, _)| stranger(org, login)));
    }
    Ok(Imported { files: orgs.values().map(write::org).collect(), notes: run.finish() })
}

/// A file that was read.
struct File<'i> {
    source: Source<'i>,
    documents: usize,
}

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `orgs:`, with the organizations by name.
    Whole,
    /// The `org.yaml` of a folder named like the organization.
    Base,
    /// Teams of the organization of a folder further up.
    Fragment,
    /// Something else.
    Other,
}

impl File<'_> {
    fn kind(&self, bases: &[PathBuf]) -> Kind {
        match &self.source.root {
            Some(root) if root.get("orgs").is_some() => Kind::Whole,
            Some(root) if matches!(root.value, Value::Map(_)) && self.is_named("org") && bases.contains(&self.folder()) => {
                Kind::Base
            }
            Some(_) if self.is_named("teams") && self.base(bases).is_some() => Kind::Fragment,
            _ => Kind::Other,
        }
    }

    fn is_named(&self, stem: &str) -> bool {
        self.source.path().file_stem().is_some_and(|name| name == stem)
    }

    fn folder(&self) -> PathBuf {
        self.source.path().parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// The folder of the organization that the file lies in.
    fn base<'b>(&self, bases: &'b [PathBuf]) -> Option<&'b PathBuf> {
        bases.iter().find(|base| self.folder().starts_with(base))
    }

    /// Every comment that nothing has claimed.
    fn other_comments(&self) -> Vec<String> {
        self.source.comments.within(0..usize::MAX)
    }

    /// Refuses a file with more than one document, of which only the first would count.
    fn one_document(&self) -> Result<(), ImportError> {
        if self.documents < 2 {
            return Ok(());
        }
        let message = format!("this file holds {} YAML documents, and one is expected", self.documents);
        Err(ImportError::on(self.source.input, message).with_help("split it at its `---` lines"))
    }
}

/// Says why a file is none of those that are merged.
fn passed_over(file: &File<'_>) -> Note {
    let teams = file.source.root.as_ref().is_some_and(|root| root.get("teams").is_some());
    let message = if teams {
        "has teams and was passed over: teams are read from `org.yaml` in the folder of an organization, and from each `teams.yaml` below it"
    } else {
        "holds no organization and was passed over"
    };
    Note::on(file.source.path(), message)
}

/// The folders with an `org.yaml` and no other further up.
fn base_folders(files: &[File<'_>]) -> Vec<PathBuf> {
    let named = files.iter().filter(|file| file.is_named("org"));
    let plain = named.filter(|file| file.source.root.as_ref().is_some_and(|root| root.get("orgs").is_none()));
    let mut folders: Vec<PathBuf> = plain.map(File::folder).collect();
    folders.sort();
    let mut bases: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !bases.iter().any(|base| folder.starts_with(base)) {
            bases.push(folder);
        }
    }
    bases
}

fn whole(file: &File<'_>, run: &mut Run, orgs: &mut Orgs) -> Result<(), ImportError> {
    file.one_document()?;
    let source = &file.source;
    let mut reader = Reader { source, run };
    let Some(root) = &source.root else { return Ok(()) };
    let mut first = None;
    for (key, value) in source.table(root, "the file")? {
        if key.name() != Some("orgs") {
            reader.unknown(key, "the file", &["orgs"], &[]);
            continue;
        }
        for (key, value) in source.table(value, "`orgs`")? {
            let name = key.name().unwrap_or_default();
            source.usable(key, name)?;
            let mut org = Org::new(name, key.line, source.path());
            org.comments = source.comments.beside(key.line);
            reader.org(&mut org, key.line, value)?;
            first.get_or_insert_with(|| name.to_owned());
            add(source, orgs, org)?;
        }
    }
    if let Some(org) = first.and_then(|name| orgs.get_mut(&name)) {
        org.comments.splice(0..0, file.other_comments());
    }
    Ok(())
}

fn base(file: &File<'_>, run: &mut Run, orgs: &mut Orgs) -> Result<(), ImportError> {
    file.one_document()?;
    let source = &file.source;
    let Some(root) = &source.root else { return Ok(()) };
    let folder = file.folder();
    let folder = folder.file_name().and_then(|name| name.to_str());
    let Some(name) = folder.or_else(|| root.get("name")?.name().filter(|name| !name.contains(' '))) else {
        let message = "the organization of this file has no name, because its folder has none here";
        return Err(
            ImportError::on(source.input, message).with_help("give the path with the folder that is named like the organization")
        );
    };
    source.usable(root, name)?;
    let mut org = Org::new(name, 1, source.path());
    Reader { source, run }.org(&mut org, 1, root)?;
    org.comments.extend(file.other_comments());
    add(source, orgs, org)
}

fn fragment(file: &File<'_>, bases: &[PathBuf], run: &mut Run, orgs: &mut Orgs) -> Result<(), ImportError> {
    file.one_document()?;
    let source = &file.source;
    let (Some(root), Some(base)) = (&source.root, file.base(bases)) else { return Ok(()) };
    let Some(org) = orgs.values_mut().find(|org| org.path.parent() == Some(base)) else {
        run.notes.push(Note::on(source.path(), "has teams of no organization that was read, and was passed over"));
        return Ok(());
    };
    let below = source.path().strip_prefix(base).unwrap_or(source.path());
    let heading = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Reader { source, run }.fragment(org, &heading, root)?;
    if let Some(part) = org.parts.last_mut() {
        part.comments.extend(file.other_comments());
    }
    Ok(())
}

fn add(source: &Source<'_>, orgs: &mut Orgs, org: Org) -> Result<(), ImportError> {
    let same = orgs.values().find(|other| other.name.eq_ignore_ascii_case(&org.name));
    if let Some(other) = same {
        let message = format!("the organization `{}` is configured twice; the other is in {}", org.name, other.path.display());
        return Err(
            ImportError::at_line(source.input, org.line, 1, message).with_help("import one of the two files, or join them")
        );
    }
    orgs.insert(org.name.clone(), org);
    Ok(())
}

fn in_teams<'t>(teams: impl Iterator<Item = &'t Team>) -> BTreeSet<&'t str> {
    let mut all = BTreeSet::new();
    for team in teams {
        all.extend(logins(&team.people));
        all.extend(in_teams(team.teams.iter()));
    }
    all
}

/// GitHub makes whoever is put into a team a member of its organization.
fn outside(org: &Org, login: &str) -> Note {
    let message = format!(
        "`{login}` is in a team of `{}` and not among its members; being in a team makes a member, so it was made one",
        org.name
    );
    Note::on(&org.path, message)
}

/// A collaborator from outside the organization, which is closed here.
fn stranger(org: &Org, login: &str) -> Option<Note> {
    let inside = org.logins().any(|other| other == login) || org.outside.contains(login);
    let message = format!(
        "`{login}` is a collaborator from outside of `{}`, which only members can enter: the grant is there and has no effect",
        org.name
    );
    (!inside).then(|| Note::on(&org.path, message))
}
