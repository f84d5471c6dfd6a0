//! An organization as peribolos describes it, with the comments that stand by its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::exchange::people::{Section, logins};

/// An organization.
pub struct Org {
    pub name: String,
    pub line: usize,
    pub path: PathBuf,
    pub doc: String,
    pub comments: Vec<String>,
    /// What every member has in every repository; none for nothing.
    pub default: Option<&'static str>,
    pub admins: Vec<Section>,
    pub members: Vec<Section>,
    /// Those that only its teams name.
    pub outside: BTreeSet<String>,
    /// By the name in lower case, because GitHub does not tell spellings apart.
    pub repos: BTreeMap<String, Repo>,
    /// The teams, file by file.
    pub parts: Vec<Part>,
    /// Where each team was found.
    pub places: BTreeMap<String, (PathBuf, usize)>,
}

/// A repository.
#[derive(Default)]
pub struct Repo {
    pub name: String,
    pub doc: String,
    pub comments: Vec<String>,
    /// The people from outside the teams, with their levels.
    pub collaborators: Vec<(String, &'static str)>,
}

/// The teams of one file.
pub struct Part {
    /// The file below the folder of the organization; empty for the file of the organization itself.
    pub heading: String,
    pub comments: Vec<String>,
    pub teams: Vec<Team>,
}

/// A team.
#[derive(Default)]
pub struct Team {
    pub name: String,
    pub doc: String,
    pub comments: Vec<String>,
    pub people: Vec<Section>,
    pub grants: Vec<Grant>,
    pub teams: Vec<Team>,
}

/// What a team has in a repository.
pub struct Grant {
    pub level: &'static str,
    /// The name of the repository in lower case.
    pub repo: String,
    pub comments: Vec<String>,
}

impl Org {
    /// An organization that nothing is known of.
    pub fn new(name: &str, line: usize, path: &Path) -> Self {
        Self {
            name: name.to_owned(),
            line,
            path: path.to_path_buf(),
            doc: String::new(),
            comments: Vec::new(),
            default: Some("read"),
            admins: Vec::new(),
            members: Vec::new(),
            outside: BTreeSet::new(),
            repos: BTreeMap::new(),
            parts: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Everyone in the organization.
    pub fn logins(&self) -> impl Iterator<Item = &str> {
        logins(&self.admins).chain(logins(&self.members))
    }
}
