//! Data files of facts: which ones the statements name, and their text.

pub mod disk;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::finding::{DATA_FILE, Finding, LISTED_TWICE, Near, UNKNOWN_FACTS};
use crate::source::{FileId, Source, Sources};
use crate::syntax::tree::{FactsDecl, Statement};

/// Where the text of data files comes from. The stages themselves open no file.
pub trait FactFiles: Sync {
    /// The text of the file that a statement in the file `from` calls `path`; messages call it `name`.
    ///
    /// # Errors
    /// A file that is not there, lies outside of the policy set's folder, or cannot be read as text.
    fn read(&self, from: FileId, path: &str, name: &str) -> Result<String, Unread>;
}

/// A data file that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DataFile {
    /// The number of the file that names it.
    pub from: u32,
    /// The path in the statement.
    pub path: String,
    /// What messages call it.
    pub name: String,
    /// BLAKE3 of its text, unpacked.
    #[serde(skip)]
    pub digest: [u8; 32],
}

/// Data files that are noted as they are read.
pub struct Noted<'f> {
    files: &'f dyn FactFiles,
    read: Mutex<Vec<DataFile>>,
}

impl<'f> Noted<'f> {
    /// Notes what is read from `files`.
    pub fn new(files: &'f dyn FactFiles) -> Noted<'f> {
        Noted { files, read: Mutex::default() }
    }

    /// The files that were read, in the order of the statements' files and paths.
    pub fn files(self) -> Vec<DataFile> {
        let mut read = self.read.into_inner().unwrap_or_default();
        read.sort();
        read
    }
}

impl FactFiles for Noted<'_> {
    fn read(&self, from: FileId, path: &str, name: &str) -> Result<String, Unread> {
        let text = self.files.read(from, path, name)?;
        let digest = *blake3::hash(text.as_bytes()).as_bytes();
        let file = DataFile { from: from.0, path: path.into(), name: name.into(), digest };
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(file);
        Ok(text)
    }
}

/// Why a data file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The fact, in lower case.
    pub message: String,
    /// What to type.
    pub help: Option<String>,
}

impl Unread {
    /// A reason that needs no help.
    pub fn new(message: impl Into<String>) -> Unread {
        Unread { message: message.into(), help: None }
    }

    /// Adds what to type.
    pub fn help(self, help: impl Into<String>) -> Unread {
        Unread { help: Some(help.into()), ..self }
    }
}

/// What sort of facts a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Members of groups.
    Members,
    /// Resources with their containers.
    Resources,
    /// Access entries and prohibitions.
    Accesses,
    /// Roles, given to someone in a scope.
    Assignments,
}

impl Sort {
    /// Every sort with its word in the language.
    pub const ALL: [(&'static str, Sort); 4] = [
        ("members", Sort::Members),
        ("resources", Sort::Resources),
        ("accesses", Sort::Accesses),
        ("assignments", Sort::Assignments),
    ];

    /// Its word in the language.
    pub fn word(self) -> &'static str {
        Sort::ALL.iter().find(|(_, sort)| *sort == self).map_or("facts", |(word, _)| word)
    }
}

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header row that names the columns, then a row on each line.
    Csv,
    /// An object on each line.
    JsonLines,
}

impl Format {
    /// The format that the ending of a path stands for, whether or not it is compressed.
    pub fn of(path: &str) -> Option<Format> {
        let plain = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
        match plain.rsplit_once('.')?.1 {
            "csv" => Some(Format::Csv),
            "jsonl" => Some(Format::JsonLines),
            _ => None,
        }
    }
}

/// A data file that a statement names.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// What sort of facts it holds.
    pub sort: Sort,
    /// How they are written.
    pub format: Format,
    /// Its text; ids behind the last one of the given sources count on in [`Openings::sources`].
    pub file: FileId,
}

/// The data files of a policy set.
#[derive(Debug, Default)]
pub struct Openings {
    /// Each file with its sort, in the order of the statements.
    pub files: Vec<Opened>,
    /// The texts that were read for them.
    pub sources: Vec<Source>,
    /// What is wrong with the statements.
    pub findings: Vec<Finding>,
}

/// Finds the text of every data file: among the sources by name, else through `files`.
pub fn open(statements: &[Statement<'_>], sources: &Sources, files: &dyn FactFiles) -> Openings {
    let mut out = Openings::default();
    let mut wanted: Vec<(String, &FactsDecl<'_>)> = Vec::new();
    let mut known: HashMap<String, Result<FileId, usize>> = HashMap::new();
    let mut taken: Vec<(Sort, Format, String, &FactsDecl<'_>)> = Vec::new();
    for statement in statements {
        let Statement::Facts(decl) = statement else { continue };
        let (sort, place) = (sort(decl), place(decl, sources));
        let (Some(sort), Some((format, name))) = (keep(sort, &mut out.findings), keep(place, &mut out.findings)) else {
            continue;
        };
        if let Some(first) = taken.iter().find(|t| (t.0, &t.2) == (sort, &name)) {
            let message = format!("`{name}` is read twice for {}", decl.sort.text);
            let finding = Finding::new(&LISTED_TWICE, decl.path.span, message);
            out.findings.push(finding.label(first.3.path.span, "read here first").help("take one out"));
            continue;
        }
        if !known.contains_key(&name) {
            let given = sources.iter().find(|(_, s)| s.name() == name).map(|(id, _)| id);
            known.insert(name.clone(), given.ok_or(wanted.len()));
            if given.is_none() {
                wanted.push((name.clone(), decl));
            }
        }
        taken.push((sort, format, name, decl));
    }
    let read = |(name, decl): &(String, &FactsDecl<'_>)| files.read(decl.path.span.file, &decl.path.text, name);
    let texts: Vec<Result<String, Unread>> = wanted.par_iter().map(read).collect();
    let mut ids: Vec<Option<FileId>> = Vec::new();
    for ((name, decl), text) in wanted.iter().zip(texts) {
        let source = text.map(|text| Source::new(name.clone(), text)).map_err(|why| unread(decl, &why));
        ids.push(keep(source, &mut out.findings).map(|source| {
            out.sources.push(source);
            FileId((sources.len() + out.sources.len() - 1) as u32)
        }));
    }
    for (sort, format, name, decl) in taken {
        let file = known[&name].map_or_else(|wanted| ids[wanted], Some);
        if file.is_some_and(|file| (file.0 as usize) < sources.len() && sources.get(file).text().len() > Source::LIMIT) {
            out.findings.push(unread(decl, &disk::too_large(&name, "4 GiB")));
            continue;
        }
        out.files.extend(file.map(|file| Opened { sort, format, file }));
    }
    out
}

fn keep<T>(result: Result<T, Finding>, findings: &mut Vec<Finding>) -> Option<T> {
    result.map_err(|finding| findings.push(finding)).ok()
}

fn sort(decl: &FactsDecl<'_>) -> Result<Sort, Finding> {
    let word = &*decl.sort.text;
    Sort::ALL.iter().find(|(name, _)| *name == word).map(|(_, sort)| *sort).ok_or_else(|| {
        let names = Sort::ALL.map(|(name, _)| name);
        let list = format!("there are facts of the sorts `{}`", names.join("`, `"));
        let finding = Finding::new(&UNKNOWN_FACTS, decl.sort.span, format!("there are no facts of the sort `{word}`"));
        finding.near(Near::find(word, names), str::to_owned).maybe_help(Some(list))
    })
}

/// The format of a data file and the name that messages call it by: its path from where the policy's names start.
fn place(decl: &FactsDecl<'_>, sources: &Sources) -> Result<(Format, String), Finding> {
    let path = &*decl.path.text;
    let fail = |message: String, help: &str| Err(Finding::new(&DATA_FILE, decl.path.span, message).help(help));
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.contains('\\') {
        return fail(format!("`{path}` has a `\\`, and paths are written with `/`"), "type `/` between folders");
    }
    if path.starts_with('/') || drive {
        return fail(
            format!("`{path}` is an absolute path"),
            "put the file into the folder of the policy, and name it relative to this file",
        );
    }
    let Some(format) = Format::of(path) else {
        return fail(
            format!("`{path}` is no data file: its name ends in neither `.csv` nor `.jsonl`"),
            "name a file of CSV or of JSON Lines, perhaps with `.gz` or `.zst` behind that ending",
        );
    };
    Ok((format, join(sources.get(decl.path.span.file).name(), path)))
}

fn unread(decl: &FactsDecl<'_>, why: &Unread) -> Finding {
    Finding::new(&DATA_FILE, decl.path.span, why.message.clone()).maybe_help(why.help.clone())
}

/// A path from the folder of the file `from`, without `.` and without a name that the next `..` takes back.
fn join(from: &str, path: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !matches!(*p, "" | ".")).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// No files besides the texts that are given: for policies in memory.
pub struct InMemory;

impl FactFiles for InMemory {
    fn read(&self, _: FileId, path: &str, name: &str) -> Result<String, Unread> {
        if name.starts_with("..") {
            return Err(Unread::new(format!("`{path}` leads out of the policy")));
        }
        Err(Unread::new(format!("there is no data file `{name}`")).help("give its text along with those of the policy"))
    }
}
