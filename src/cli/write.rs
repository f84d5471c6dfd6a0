//! Files that a command leaves behind: each whole or not at all, and none over another unasked.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Failure, Trouble, policy};

/// Fails with every one of the paths that is there already.
pub fn refuse(paths: &[&Path], help: &str) -> Result<(), Failure> {
    let there = paths.iter().filter(|p| p.symlink_metadata().is_ok());
    let there: Vec<String> = there.map(|p| format!("`{}`", policy::name(p))).collect();
    match there.len() {
        0 => Ok(()),
        1 => Err(Trouble::new(format!("{} is there already", there[0])).help(help).into()),
        2..=5 => Err(Trouble::new(format!("{} are there already", there.join(", "))).help(help).into()),
        n => Err(Trouble::new(format!("{} and {} more files are there already", there[0], n - 1)).help(help).into()),
    }
}

/// Writes a file whole or not at all, with the folders above it.
pub fn write_file(path: &Path, text: &[u8], force: bool) -> Result<(), Failure> {
    let failed = |e: io::Error| Trouble::new(format!("cannot write `{}`: {}", policy::name(path), policy::reason(&e)));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = builder().tempfile_in(folder).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    let kept = if force { NamedTempFile::persist(file, path) } else { NamedTempFile::persist_noclobber(file, path) };
    kept.map(drop).map_err(|e| failed(e.error).into())
}

/// Writes a file that only its owner can read, whole or not at all, and never over another.
pub fn write_secret(path: &Path, text: &[u8]) -> Result<(), Failure> {
    refuse(&[path], "keys are never written over: choose another name, or move the old key away first")?;
    let failed = |e: io::Error| Trouble::new(format!("cannot write `{}`: {}", policy::name(path), policy::reason(&e)));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // A temporary file is readable by its owner alone from the start.
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(path).map(drop).map_err(|e| failed(e.error).into())
}

/// Replaces a file that is there, whole or not at all; a link to it and its permissions stay.
pub fn replace(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let failed = |e: io::Error| Trouble::new(format!("cannot write `{}`: {}", policy::name(path), policy::reason(&e)));
    let real = path.canonicalize().map_err(failed)?;
    let permissions = fs::metadata(&real).map_err(failed)?.permissions();
    if permissions.readonly() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()).help("the file is read-only").into());
    }
    let mut file = builder().tempfile_in(real.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    file.as_file().set_permissions(permissions).map_err(failed)?;
    file.persist(&real).map(drop).map_err(|e| failed(e.error).into())
}

/// A temporary file that gets the permissions of any other new file.
fn builder() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}
