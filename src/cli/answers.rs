//! The table that answers: opened, taken from the cache, or compiled.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::progress::Progress;
use super::{Failure, Globals, Trouble, policy};
use crate::Table;
use crate::facts::disk::Disk;
use crate::facts::{DataFile, FactFiles};
use crate::source::FileId;
use crate::table::{OpenError, file};

/// Policies with less text are compiled as fast as a table is found.
const WORTH_KEEPING: usize = 1 << 15;
/// How many files the cache holds.
const KEPT: usize = 16;

/// The table of the policy that the command line names.
pub fn table(globals: &Globals) -> Result<Table, Failure> {
    match &globals.policy {
        Some(path) if is_table(path) => open(path),
        path => {
            let progress = Progress::spin(globals, "reading the policy");
            let loaded = policy::load(path.as_slice())?;
            let Some(cache) = Cache::of(&loaded) else { return Ok(loaded.policy()?.into_table()) };
            if let Some(table) = cache.find(&loaded.disk) {
                return Ok(table);
            }
            let (policy, data) = loaded.policy_and_data()?;
            let table = policy.into_table();
            cache.keep(&data, table.bytes());
            drop(progress);
            Ok(table)
        }
    }
}

/// Whether a path is that of a compiled table.
pub fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "rkb")
}

/// Opens a compiled table.
pub fn open(path: &Path) -> Result<Table, Failure> {
    Table::open(path).map_err(|e| trouble(path, &e).into())
}

/// What is wrong with a table, and what to do about it.
pub fn trouble(path: &Path, error: &OpenError) -> Trouble {
    let shown = policy::name(path);
    match error {
        OpenError::Read(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Trouble::new(format!("there is no file `{shown}`")).help("`roomkey build -o FILE.rkb` makes one")
        }
        OpenError::Read(e) => Trouble::new(format!("cannot read `{shown}`: {}", policy::reason(e))),
        OpenError::Damage(damage) => {
            Trouble::new(format!("`{shown}`: {damage}")).help("build it again with `roomkey build` from its policy")
        }
    }
}

/// Where the compiled table of a policy lies between two runs: its name is a digest of all that it was made from.
///
/// Which data files a policy names is known only once it has been read, so a list of them lies beside, by a digest of
/// the policy files alone.
struct Cache {
    folder: PathBuf,
    key: blake3::Hasher,
}

impl Cache {
    /// The place of these sources as this program compiles them; `None` where nothing is to be kept.
    fn of(loaded: &policy::Loaded) -> Option<Cache> {
        if loaded.manifest.raises() {
            return None;
        }
        let texts: usize = loaded.sources.iter().map(|(_, s)| s.text().len()).sum();
        if texts < WORTH_KEEPING && !loaded.sources.iter().any(|(_, s)| s.text().contains("facts")) {
            return None;
        }
        let folder = folder()?;
        let mut key = blake3::Hasher::new();
        for (_, source) in loaded.sources.iter() {
            for text in [source.name(), source.text()] {
                key.update(&(text.len() as u64).to_le_bytes());
                key.update(text.as_bytes());
            }
        }
        key.update(format!("{:?} {}", loaded.manifest.settings(), compiler()?).as_bytes());
        Some(Cache { folder, key })
    }

    fn list(&self) -> PathBuf {
        self.folder.join(format!("{}.data", self.key.finalize().to_hex()))
    }

    fn table(&self, data: &[DataFile]) -> PathBuf {
        let mut key = self.key.clone();
        for file in data {
            key.update(&file.digest);
        }
        self.folder.join(format!("{}.rkb", key.finalize().to_hex()))
    }

    /// The table, where it is there and nobody else could have put it there.
    fn find(&self, disk: &Disk) -> Option<Table> {
        if !ours(&self.folder) {
            return None;
        }
        let mut data: Vec<DataFile> = match fs::read(self.list()) {
            Ok(list) => serde_json::from_slice(&list).ok()?,
            Err(_) => Vec::new(),
        };
        for file in &mut data {
            let text = disk.read(FileId(file.from), &file.path, &file.name).ok()?;
            file.digest = *blake3::hash(text.as_bytes()).as_bytes();
        }
        let path = self.table(&data);
        // A cache that is damaged anywhere is as good as none, and no answer ever waits for someone to delete it.
        if ours(&path) { Table::open_verified(path).ok() } else { None }
    }

    /// Keeps a table for the next run. A cache that cannot be written costs time and nothing else.
    fn keep(&self, data: &[DataFile], bytes: &[u8]) {
        if make(&self.folder).is_err() || !ours(&self.folder) {
            return;
        }
        let list = serde_json::to_vec(data).unwrap_or_default();
        let listed = data.is_empty() || file::put(&self.list(), &list).is_ok();
        if listed && file::put(&self.table(data), bytes).is_ok() {
            self.forget_old();
        }
    }

    fn forget_old(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let kept = |p: &PathBuf| is_table(p) || p.extension().is_some_and(|e| e == "data");
        let tables = entries.flatten().map(|e| e.path()).filter(kept);
        let age = |p: &PathBuf| fs::metadata(p).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut tables: Vec<(SystemTime, PathBuf)> = tables.map(|p| (age(&p), p)).collect();
        tables.sort_unstable_by(|a, b| b.cmp(a));
        tables.iter().skip(KEPT).for_each(|(_, path)| drop(fs::remove_file(path)));
    }
}

/// What compiles: the version, and the program itself, so that a new build never reads an old one's tables.
fn compiler() -> Option<String> {
    let program = fs::metadata(env::current_exe().ok()?).ok()?;
    let built = program.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), program.len(), built.as_nanos()))
}

/// `ROOMKEY_CACHE`, else the user's folder for such files; an empty `ROOMKEY_CACHE` keeps nothing.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if env::var_os("ROOMKEY_CACHE").is_some() {
        return set("ROOMKEY_CACHE");
    }
    let base =
        if cfg!(windows) { set("LOCALAPPDATA") } else { set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))) };
    Some(base.filter(|b| b.is_absolute())?.join("roomkey"))
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Whether only this user could have written it: a table from elsewhere would answer what its writer likes.
#[cfg(unix)]
fn ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    let private = |m: fs::Metadata| !m.file_type().is_symlink() && m.mode() & 0o022 == 0 && m.uid() == me;
    fs::symlink_metadata(path).is_ok_and(private)
}

#[cfg(not(unix))]
fn ours(path: &Path) -> bool {
    path.exists()
}
