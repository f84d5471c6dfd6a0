//! Finds the files of a policy set and reads them.

mod fault;
pub mod part;

use std::collections::{BTreeSet, HashSet};
use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};

use super::manifest::{self, Manifest, masked};
use super::{Failure, Globals, Trouble};
use crate::facts::disk::Disk;
use crate::facts::{DataFile, FactFiles, Noted};
use crate::source::{Source, Sources};
use crate::{Analysis, Instant, Policy};
pub use fault::Fault;

/// The name of the manifest.
pub const MANIFEST: &str = "roomkey.toml";

/// What comes through a pipe is read up to so many bytes.
const STREAM: u64 = 1 << 28;

/// The files of a policy set and what the manifest says about them.
pub struct Loaded {
    /// The files in the order of their names.
    pub sources: Sources,
    /// The settings; the default where there is no manifest.
    pub manifest: Manifest,
    /// Where their data files may lie.
    pub disk: Disk,
    /// The folder that the policy lies in: that of its manifest, else the one that was named.
    pub root: PathBuf,
}

impl Loaded {
    /// Fails for a file that is to be written and lies elsewhere: a link may lead out of the folders of the policy, and what lies there
    /// is not the policy's.
    pub fn own(&self, path: &Path) -> Result<(), Failure> {
        if self.disk.holds(path) {
            return Ok(());
        }
        let message = format!("`{}` is a link that leads out of the folder of the policy, and stays as it is", name(path));
        Err(Trouble::new(message).help("mend the file where it lies").into())
    }

    /// Reads, binds and judges everything at a time, the levels of the manifest applied; and whether there was something
    /// sound to judge.
    pub fn analyse(mut self, now: Instant) -> (Analysis, Manifest, bool) {
        let sources = std::mem::take(&mut self.sources);
        let (analysis, judged) = self.judge(sources, now);
        (analysis, self.manifest, judged)
    }

    /// The same for other texts of these files.
    pub fn judge(&self, sources: Sources, now: Instant) -> (Analysis, bool) {
        self.judge_with(sources, &self.disk, now)
    }

    /// The same for texts whose data files lie elsewhere.
    pub fn judge_with(&self, sources: Sources, data: &dyn FactFiles, now: Instant) -> (Analysis, bool) {
        let mut analysis = Analysis::with_facts(sources, &self.manifest.settings(), data);
        let judged = analysis.judge(&self.manifest.options(now));
        self.manifest.set_levels(&mut analysis.findings);
        (analysis, judged)
    }

    /// The policy, where it is sound.
    pub fn policy(self) -> Result<Policy, Failure> {
        self.policy_and_data().map(|(policy, _)| policy)
    }

    /// The policy, where it is sound, and the data files that it was made from.
    pub fn policy_and_data(self) -> Result<(Policy, Vec<DataFile>), Failure> {
        let noted = Noted::new(&self.disk);
        let analysis = Analysis::with_facts(self.sources, &self.manifest.settings(), &noted);
        Ok((settled(&self.manifest, analysis)?, noted.files()))
    }
}

/// The policy of an analysis, where it is sound by the manifest, too.
pub fn settled(manifest: &Manifest, mut analysis: Analysis) -> Result<Policy, Failure> {
    match manifest.raised(Instant::now()) {
        Some(raised) => {
            let judged = analysis.judge(&raised);
            let undeclared = manifest.undeclared(&analysis);
            if judged && raised.asks_named() && !undeclared.is_empty() {
                return Err(Failure::Faults(undeclared));
            }
        }
        None => analysis.allow(&BTreeSet::new(), false),
    }
    // A rule that the manifest raises to an error keeps the policy from answering, as it fails `lint`.
    manifest.set_levels(&mut analysis.findings);
    analysis.into_policy().map_err(|unsound| Failure::Unsound(Box::new(unsound)))
}

/// The name of a file from a folder on, wherever the command runs; as it was given where it does not lie there.
pub fn from_root(root: &Path, name: &str) -> String {
    // A link has the name of where it lies, as in a revision.
    let (link, real) = (place(name), Path::new(name).canonicalize().unwrap_or_default());
    let inside = link.strip_prefix(root).or_else(|_| real.strip_prefix(root));
    inside.map_or_else(|_| name.to_owned(), self::name)
}

/// Where a file stands from the top of the disk on, wherever the command runs. A link is where it lies, not what it leads to.
pub fn place(name: &str) -> PathBuf {
    let path = Path::new(name);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().map_or_else(|_| path.to_path_buf(), |folder| folder.join(path.file_name().unwrap_or_default()))
}

/// How many files of the set are the user's own.
pub fn own_files(sources: &Sources) -> usize {
    sources.iter().filter(|(_, s)| !s.is_embedded()).count()
}

/// The paths of the policy: those that a command lists, else that of `--policy`. Both are one too many.
pub fn named<'a>(globals: &'a Globals, listed: &'a [PathBuf]) -> Result<&'a [PathBuf], Failure> {
    match (&globals.policy, listed) {
        (Some(option), [first, ..]) => {
            let (option, first) = (name(option), name(first));
            let found = format!("the policy is named twice: `--policy {option}` and `{first}`");
            Err(Trouble::new(found).help("leave one of them out").into())
        }
        (option, []) => Ok(option.as_slice()),
        (None, listed) => Ok(listed),
    }
}

/// Finds and reads the policy at the paths; without a path, the nearest manifest upwards or this folder.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let (loaded, faults) = gather(paths)?;
    if faults.is_empty() { Ok(loaded) } else { Err(Failure::Faults(faults)) }
}

/// As [`load`], but files that are no UTF-8 do not hide the others: they are read as far as they are text, so that what they
/// declare is known, and come with their faults.
pub fn gather(paths: &[PathBuf]) -> Result<(Loaded, Vec<Fault>), Failure> {
    let mut finder = Finder::default();
    match paths {
        [] => finder.nearest(),
        _ => paths.iter().for_each(|path| finder.path(path)),
    }
    finder.once();
    let sources = finder.read();
    if finder.faults.iter().any(|fault| !matches!(fault, Fault::NotText { file, .. } if file.ends_with(".rk"))) {
        return Err(Failure::Faults(finder.faults));
    }
    let root = finder.root();
    let disk = Disk::new(finder.folders, finder.files);
    Ok((Loaded { sources, manifest: finder.manifest.unwrap_or_default(), disk, root }, finder.faults))
}

/// The manifest of the policy at a path, or of this folder, where there is one, and the folder that it lies in.
pub fn manifest(path: Option<&Path>) -> Result<Option<(PathBuf, Manifest)>, Failure> {
    let folder = |p: &Path| p.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let found = match path {
        Some(path) if path.extension().is_some_and(|e| e == "toml") => Some(path.to_path_buf()),
        Some(path) if path.is_dir() => upwards(path),
        Some(path) => upwards(if folder(path).as_os_str().is_empty() { Path::new(".") } else { path.parent().unwrap_or(path) }),
        None => upwards(Path::new(".")),
    };
    let Some(found) = found else { return Ok(None) };
    let manifest = Manifest::read(&found).map_err(Failure::Faults)?;
    Ok(Some((folder(&found), manifest)))
}

#[derive(Default)]
struct Finder {
    met: BTreeSet<PathBuf>,
    /// Those that were met, each once.
    files: Vec<PathBuf>,
    faults: Vec<Fault>,
    manifest: Option<Manifest>,
    /// Folders that have a manifest and lie below the one that is walked.
    nested: Vec<PathBuf>,
    /// The folder of the manifest.
    home: Option<PathBuf>,
    /// The folders of the policy set: data files lie in them or below.
    folders: Vec<PathBuf>,
}

impl Finder {
    fn nearest(&mut self) {
        match upwards(Path::new(".")) {
            Some(manifest) => self.manifest(&manifest),
            None => {
                self.folders.push(PathBuf::from("."));
                self.bare(Path::new("."));
            }
        }
    }

    fn path(&mut self, path: &Path) {
        let shown = name(path);
        let extension = path.extension().unwrap_or_default();
        match fs::metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => self.faults.push(Fault::Missing(shown)),
            Err(e) => self.faults.push(unreadable(path, &e)),
            Ok(meta) if meta.is_dir() && extension == "rk" => self.faults.push(Fault::Folder(shown)),
            Ok(meta) if meta.is_dir() && path.join(MANIFEST).is_file() => self.manifest(&path.join(MANIFEST)),
            Ok(meta) if meta.is_dir() => {
                self.settings(path);
                self.folders.push(path.to_path_buf());
                self.bare(path);
            }
            Ok(meta) if !meta.is_file() => self.faults.push(Fault::NoFile(shown)),
            Ok(_) if extension == "rkb" => self.faults.push(Fault::Compiled(shown)),
            Ok(_) if extension == "toml" => self.manifest(path),
            Ok(_) if extension == "rk" => {
                let folder = path.parent().unwrap_or(Path::new(""));
                self.settings(folder);
                self.folders.push(folder.to_path_buf());
                self.met.insert(tidy(path));
            }
            Ok(_) => self.faults.push(Fault::Other(shown)),
        }
    }

    /// The nearest manifest above a path sets the levels, not the files.
    fn settings(&mut self, folder: &Path) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if let (None, Some(path)) = (&self.manifest, upwards(folder)) {
            self.open(&path);
        }
    }

    fn open(&mut self, path: &Path) -> Option<Manifest> {
        match Manifest::read(path) {
            Ok(manifest) => {
                let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
                self.home.get_or_insert_with(|| folder.clone());
                self.folders.push(folder);
                self.manifest = Some(manifest.clone());
                Some(manifest)
            }
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn manifest(&mut self, path: &Path) {
        let Some(manifest) = self.open(path) else { return };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Some(include) = manifest.include() else { return self.folder(folder) };
        let wanted = match overrides(folder, include) {
            Ok(wanted) => wanted,
            Err(e) => {
                let why = masked::sentence(&e.to_string());
                return self.faults.push(manifest::Fault::Pattern(name(path), why).into());
            }
        };
        let before = self.met.len() + self.faults.len();
        self.walk(folder, Some(wanted));
        if before == self.met.len() + self.faults.len() {
            let patterns: Vec<String> = include.iter().map(|p| format!("`{}`", masked::sentence(p))).collect();
            let tried = if patterns.is_empty() { "an empty list".into() } else { patterns.join(" or ") };
            self.faults.push(Fault::Unmatched(name(path), tried));
        }
    }

    /// A folder without a manifest.
    fn bare(&mut self, folder: &Path) {
        let (met, nested) = (self.met.len(), self.nested.len());
        self.folder(folder);
        let found = self.nested.split_off(nested);
        let taken = if self.met.len() == met { None } else { Some(self.met.iter()) };
        self.faults.extend(several(folder, found, taken.into_iter().flatten().map(PathBuf::as_path)));
    }

    fn folder(&mut self, folder: &Path) {
        let before = self.met.len() + self.faults.len();
        self.walk(folder, None);
        if before == self.met.len() + self.faults.len() {
            self.faults.push(Fault::Empty(name(folder)));
        }
    }

    /// Takes every `.rk` file below a folder; what git ignores counts, what begins with a dot does not.
    fn walk(&mut self, folder: &Path, wanted: Option<Override>) {
        let mut walk = WalkBuilder::new(folder);
        walk.standard_filters(false).hidden(true).follow_links(true);
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) if e.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => {
                    self.faults.push(Fault::Dangling(failed_path(&e, folder)));
                    continue;
                }
                Err(e) => {
                    self.faults.push(Fault::Unreadable(failed_path(&e, folder), plain_reason(&e)));
                    continue;
                }
            };
            let is_folder = entry.file_type().is_some_and(|t| t.is_dir());
            if entry.depth() > 1 && !is_folder && entry.file_name() == MANIFEST {
                self.nested.extend(entry.path().parent().map(tidy));
            }
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let out = wanted.as_ref().is_some_and(|w| !w.matched(relative, is_folder).is_whitelist());
            if entry.depth() == 0 || out || entry.path().extension().is_none_or(|e| e != "rk") {
                continue;
            }
            match is_folder {
                true => self.faults.push(Fault::Folder(name(entry.path()))),
                false if fs::metadata(entry.path()).is_ok_and(|m| !m.is_file()) => {
                    self.faults.push(Fault::NoFile(name(entry.path())))
                }
                false => drop(self.met.insert(tidy(entry.path()))),
            }
        }
    }

    /// Keeps each file once, in whatever spellings and by whatever links it was met: by its relative name, where it has one.
    fn once(&mut self) {
        let mut seen = HashSet::new();
        let met = std::mem::take(&mut self.met);
        let (absolute, relative): (Vec<PathBuf>, Vec<PathBuf>) = met.into_iter().partition(|path| path.is_absolute());
        let all = relative.into_iter().chain(absolute);
        self.files = all.filter(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone()))).collect();
        self.files.sort();
    }

    /// The folder of the manifest, else the one around all that was named.
    fn root(&self) -> PathBuf {
        let real = |folder: &PathBuf| {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf())
        };
        let mut folders = self.home.iter().chain(if self.home.is_none() { &self.folders[..] } else { &[] }).map(real);
        let first = folders.next().unwrap_or_default();
        folders.fold(first, |mut around, folder| {
            while !folder.starts_with(&around) && around.pop() {}
            around
        })
    }

    fn read(&mut self) -> Sources {
        let mut sources = Sources::default();
        for path in &self.files {
            match read_text(path) {
                Ok(text) => drop(sources.add(Source::new(name(path), text))),
                Err(fault) => {
                    let bytes = if matches!(fault, Fault::NotText { .. }) { fs::read(path).ok() } else { None };
                    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                    sources.add(Source::new(name(path), text));
                    self.faults.push(fault);
                }
            }
        }
        self.faults.sort_by_cached_key(ToString::to_string);
        sources
    }
}

/// That a folder without a manifest holds several policies: what has a manifest of its own below it is another policy, and not a part
/// of this one. `nested` are the folders below it that have one, and `files` those of the policy.
pub(super) fn several<'f>(folder: &Path, mut nested: Vec<PathBuf>, mut files: impl Iterator<Item = &'f Path>) -> Option<Fault> {
    nested.sort();
    let [first, rest @ ..] = &nested[..] else { return None };
    if rest.is_empty() && files.all(|file| file.starts_with(first)) {
        return None;
    }
    let shown: Vec<String> = nested.iter().take(3).map(|folder| format!("`{}`", name(folder))).collect();
    let more = if nested.len() > 3 { format!(" and {} more", nested.len() - 3) } else { String::new() };
    let verb = if rest.is_empty() { "has a `roomkey.toml`" } else { "have a `roomkey.toml` each" };
    Some(Fault::Several(name(folder), format!("{}{more} {verb}", shown.join(", ")), name(first)))
}

/// The text of a file.
///
/// # Errors
/// A file that cannot be read, is no text, or is too large.
pub fn read_text(path: &Path) -> Result<String, Fault> {
    let bytes = bytes(path).map_err(|e| unreadable(path, &e))?;
    if bytes.len() > Source::LIMIT {
        return Err(Fault::TooLarge(name(path)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(e) => Err(not_text(path, e.as_bytes(), e.utf8_error().valid_up_to())),
    }
}

/// The bytes of a file, or of a pipe that ends.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() && !meta.is_dir() {
        return stream(file);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).min(Source::LIMIT));
    file.take(Source::LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What comes through a pipe, which need not end, so that it is read up to a limit.
///
/// # Errors
/// Those of the operating system, and more bytes than that.
pub fn stream(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(STREAM + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > STREAM {
        true => Err(io::Error::other(format!("it has no end within {STREAM} bytes; give a file instead"))),
        false => Ok(bytes),
    }
}

pub(super) fn not_text(path: &Path, bytes: &[u8], offset: usize) -> Fault {
    let sound = String::from_utf8_lossy(&bytes[..offset]);
    let line = sound.matches('\n').count() + 1;
    let column = sound.rsplit('\n').next().unwrap_or("").chars().filter(|c| *c != '\u{feff}').count() + 1;
    Fault::NotText { file: name(path), line, column, offset }
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault::Unreadable(name(path), reason(error))
}

/// The reason of a failure in lower case, without the number of the operating system.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or("").to_lowercase()
}

fn plain_reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => plain_reason(err),
        ignore::Error::Io(e) => reason(e),
        ignore::Error::Loop { .. } => "the link leads back to a folder above it".into(),
        other => other.to_string(),
    }
}

fn failed_path(error: &ignore::Error, folder: &Path) -> String {
    match error {
        ignore::Error::WithPath { path, .. } => name(path),
        ignore::Error::WithDepth { err, .. } => failed_path(err, folder),
        ignore::Error::Loop { child, .. } => name(child),
        _ => name(folder),
    }
}

pub(super) fn overrides(folder: &Path, include: &[String]) -> Result<Override, ignore::Error> {
    let mut builder = OverrideBuilder::new(folder);
    for pattern in include {
        builder.add(pattern.strip_prefix("./").unwrap_or(pattern))?;
    }
    builder.build()
}

/// The manifest in a folder or the nearest one above it, as a path relative to the folder where that is how it was given.
fn upwards(folder: &Path) -> Option<PathBuf> {
    let here = env::current_dir().ok()?.join(folder);
    let mut shown = folder.to_path_buf();
    for above in here.canonicalize().ok()?.ancestors() {
        if above.join(MANIFEST).is_file() {
            return Some(tidy(&shown).join(MANIFEST));
        }
        shown = shown.join("..");
    }
    None
}

/// The path without `.` in front and without a name that the next `..` takes back.
pub fn tidy(path: &Path) -> PathBuf {
    use std::path::Component::{CurDir, Normal, ParentDir};
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            CurDir => {}
            ParentDir if matches!(out.components().next_back(), Some(Normal(_))) => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// The name of a path for people: as it was given, with `/`.
pub fn name(path: &Path) -> String {
    let path = tidy(path);
    if path.as_os_str().is_empty() {
        return ".".into();
    }
    // A line end in a name would make two lines of every message about it.
    let text = path.to_string_lossy().replace('\n', "\\n").replace('\r', "\\r");
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}
