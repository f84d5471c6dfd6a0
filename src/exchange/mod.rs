//! Other systems' data as `.rk` text: one importer per format, none of which does I/O.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::syntax::format::{Kept, layout};

mod comments;
mod draft;
mod error;
mod liveblocks;
mod livelike;
mod people;
mod peribolos;
mod rust_team;
mod tree;

pub use error::ImportError;

/// A system that Roomkey imports from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GitHub organizations as peribolos YAML.
    Peribolos,
    /// The TOML folder of `rust-lang/team`: people, teams, repositories.
    RustTeam,
    /// Liveblocks rooms as their REST API gives them.
    Liveblocks,
    /// LiveLike resources, roles and assignments.
    Livelike,
}

/// One file of the other system, read by the caller.
#[derive(Clone, Debug)]
pub struct Input {
    /// The path as the user gave it, joined with the relative path below it; for messages.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// What an import gives back.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The files to write, sorted by name.
    pub files: Vec<OutFile>,
    /// Everything that the source says and the files do not, sorted by place.
    pub notes: Vec<Note>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFile {
    /// A relative name such as `kubernetes.rk`.
    pub name: String,
    /// The whole `.rk` text.
    pub text: String,
}

/// Something that was passed over, changed or cannot be expressed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The input it stands in; none for a remark on the whole run.
    pub path: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// One sentence in lower case, the source's words in backticks.
    pub message: String,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Peribolos, Self::RustTeam, Self::Liveblocks, Self::Livelike];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Peribolos => "peribolos",
            Self::RustTeam => "rust-team",
            Self::Liveblocks => "liveblocks",
            Self::Livelike => "livelike",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether a file found in a folder belongs to the format; a file that the user names is always read.
    pub fn wants(self, path: &Path) -> bool {
        match self {
            Self::Peribolos => peribolos::wants(path),
            Self::RustTeam => rust_team::wants(path),
            Self::Liveblocks => liveblocks::wants(path),
            Self::Livelike => livelike::wants(path),
        }
    }
}

/// Turns the inputs, in whatever order they come, into `.rk` files.
///
/// # Errors
/// Text that is broken, has the wrong shape, or holds nothing of the format.
pub fn import(format: Format, inputs: &[Input]) -> Result<Imported, ImportError> {
    let mut inputs: Vec<&Input> = inputs.iter().collect();
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    let mut imported = match format {
        Format::Peribolos => peribolos::import(&inputs),
        Format::RustTeam => rust_team::import(&inputs),
        Format::Liveblocks => liveblocks::import(&inputs),
        Format::Livelike => livelike::import(&inputs),
    }?;
    imported.files.retain(|file| !file.text.trim().is_empty());
    imported.files.par_iter_mut().for_each(|file| file.text = layout(&file.text, Kept::Stretches).0);
    imported.files.sort_by(|a, b| a.name.cmp(&b.name));
    distinct(&mut imported.files);
    imported.notes.sort();
    imported.notes.dedup();
    Ok(imported)
}

/// Numbers the files whose names a file system without cases would take for one.
fn distinct(files: &mut [OutFile]) {
    let mut taken = BTreeSet::new();
    for file in files {
        let stem = file.name.trim_end_matches(".rk").to_owned();
        let mut count = 1;
        while !taken.insert(file.name.to_lowercase()) {
            count += 1;
            file.name = format!("{stem}-{count}.rk");
        }
    }
}

/// A number with the word for one, or for none and many.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Note {
    /// A note on one line of an input.
    pub fn at(path: &Path, line: u32, message: impl Into<String>) -> Self {
        Self { path: Some(path.to_path_buf()), line: Some(line), message: message.into() }
    }

    /// A note on an input as a whole.
    pub fn on(path: &Path, message: impl Into<String>) -> Self {
        Self { path: Some(path.to_path_buf()), line: None, message: message.into() }
    }

    /// A note on the whole run.
    pub fn general(message: impl Into<String>) -> Self {
        Self { path: None, line: None, message: message.into() }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}:", path.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}
