//! Tables in files: mapped into memory to read, replaced whole to write. The only place with `unsafe`.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a table: owned, or those of a file.
#[derive(Debug)]
pub enum Bytes {
    /// In memory.
    Owned(Vec<u8>),
    /// Mapped: pages are read as they are touched.
    Mapped(Mmap),
}

impl AsRef<[u8]> for Bytes {
    #[inline(always)]
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

impl Bytes {
    /// Maps a file; where that cannot be done (a pipe, an empty file) it is read.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn open(path: &Path) -> io::Result<Bytes> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() || meta.len() == 0 {
            return std::fs::read(path).map(Bytes::Owned);
        }
        // SAFETY: the map is only read, and only as bytes, of which every value is valid. A file that another process
        // shortens or writes into while it is mapped is outside of what a reader can prevent: `write` never does either
        // (it renames a new file over the old one, whose bytes stay mapped), and `docs/table.md` says so to others.
        match unsafe { Mmap::map(&file) } {
            Ok(map) => Ok(Bytes::Mapped(map)),
            Err(_) => std::fs::read(path).map(Bytes::Owned),
        }
    }
}

/// Replaces a file by new bytes: readers see the old ones or the new ones, whole, also after the power fails.
///
/// # Errors
/// Those of the operating system; the old file then stays.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = beside(path, bytes, 0o666)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The name is safe only once the folder is: some systems cannot do that, and have no need to.
    let _ = File::open(folder(path)).and_then(|f| f.sync_all());
    Ok(())
}

/// Replaces a file of which the loss does not matter: readers see the old bytes or the new ones, whole.
///
/// # Errors
/// Those of the operating system; the old file then stays.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes, 0o600)?.persist(path).map(drop).map_err(|e| e.error)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg_attr(not(unix), allow(unused_variables, reason = "only Unix has modes"))]
fn beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".roomkey-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let there = std::fs::metadata(path).map(|m| m.permissions());
        builder.permissions(there.unwrap_or(std::fs::Permissions::from_mode(mode)));
    }
    let mut file = builder.tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    Ok(file)
}
