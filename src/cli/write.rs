//! Files that a command leaves behind: each whole or not at all, and none over another unasked.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::{Failure, Trouble, policy};
use crate::report::count;

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

/// Writes a file whole or not at all, with the folders above it. A link is followed, and what is no file is written to.
pub fn write_file(path: &Path, text: &[u8], force: bool) -> Result<(), Failure> {
    let failed = |e: io::Error| failed(path, &e);
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            let message = format!("cannot write `{}`: it is a folder", policy::name(path));
            let inside = policy::name(&path.join("findings.json"));
            return Err(Trouble::new(message).help(format!("name a file in it, such as `{inside}`")).into());
        }
        Ok(meta) if force && meta.is_file() && !is_opened(path) => return replace(path, text),
        Ok(meta) if force && !meta.is_dir() => return write_to(path, text).map_err(|e| failed(e).into()),
        // A link that leads nowhere yet.
        Err(_) if force && path.is_symlink() => return write_to(path, text).map_err(|e| failed(e).into()),
        _ => {}
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = builder().tempfile_in(folder).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    let kept = if force { NamedTempFile::persist(file, path) } else { NamedTempFile::persist_noclobber(file, path) };
    kept.map(drop).map_err(|e| failed(e.error).into())
}

fn failed(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(format!("cannot write `{}`: {}", policy::name(path), policy::reason(error)))
}

/// Whether a path stands for what a process has open, such as `/dev/stdout`: it has no name that could be replaced.
fn is_opened(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

fn write_to(path: &Path, text: &[u8]) -> io::Result<()> {
    // What this process was given goes on where it stands; opened anew, others would write over it.
    let given = |names: [&str; 3]| names.iter().any(|name| path == Path::new(name));
    if given(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
        let mut out = super::stdout();
        return out.write_all(text).and_then(|()| out.flush());
    }
    if given(["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"]) {
        return io::stderr().write_all(text);
    }
    fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(text)
}

/// Writes a file that only its owner can read, whole or not at all, and never over another.
pub fn write_secret(path: &Path, text: &[u8]) -> Result<(), Failure> {
    refuse(&[path], "keys are never written over: choose another name, or move the old key away first")?;
    let failed = |e: io::Error| failed(path, &e);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // A temporary file is readable by its owner alone from the start.
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(path).map(drop).map_err(|e| failed(e.error).into())
}

/// Replaces a file that is there, whole or not at all; a link to it and its permissions stay.
pub fn replace(path: &Path, text: &[u8]) -> Result<(), Failure> {
    replace_all(&[(path, text)])
}

/// Replaces files that are there, each whole, and none where one of them cannot be.
pub fn replace_all(files: &[(&Path, &[u8])]) -> Result<(), Failure> {
    let staged = files.iter().map(|(path, text)| stage(path, text)).collect::<Result<Vec<_>, _>>()?;
    for (done, ((path, _), (file, real))) in files.iter().zip(staged).enumerate() {
        file.persist(&real).map_err(|e| {
            let fault = failed(path, &e.error);
            if files.len() > 1 { fault.help(format!("{done} of {} are written", count(files.len(), "file"))) } else { fault }
        })?;
    }
    Ok(())
}

/// The new text beside the file that it will replace.
fn stage(path: &Path, text: &[u8]) -> Result<(TempPath, PathBuf), Failure> {
    let failed = |e: io::Error| failed(path, &e);
    let real = path.canonicalize().map_err(failed)?;
    let permissions = fs::metadata(&real).map_err(failed)?.permissions();
    if permissions.readonly() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()).help("the file is read-only").into());
    }
    let mut file = builder().tempfile_in(real.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    file.as_file().set_permissions(permissions).map_err(failed)?;
    Ok((file.into_temp_path(), real))
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
