//! Which repository a folder is in, as git finds it.

use std::error::Error;
use std::path::{Path, PathBuf};

use gix::discover::upwards;

use super::super::{Failure, Trouble, policy};
use super::History;
use crate::report::one_line;

impl History {
    /// The repository of a folder, or that of `GIT_DIR`.
    pub fn of(folder: &Path) -> Result<History, Failure> {
        History::around(folder)?.ok_or_else(|| {
            let message = format!("`{}` is in no repository of git", policy::name(folder));
            Trouble::new(message).help("give two folders, `.rk` files or `.rkb` files, or run it inside the repository").into()
        })
    }

    /// The same, where there is one.
    pub fn around(folder: &Path) -> Result<Option<History>, Failure> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let shown = || policy::name(folder);
        let given = std::env::var_os("GIT_DIR");
        let unreadable = |why: &str| {
            let which = given.as_ref().map_or_else(
                || format!("around `{}`", shown()),
                |dir| format!("of `GIT_DIR` (`{}`)", policy::name(Path::new(dir))),
            );
            let message = format!("the repository of git {which} cannot be read: {}", one_line(why));
            let help = "mend it, or compare two folders, `.rk` files or `.rkb` files outside of it";
            Failure::from(Trouble::new(message).help(help))
        };
        let options = upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
        // A commit is what its hash says: nothing that was put in its place is compared.
        let mut levels = gix::sec::trust::Mapping::<gix::open::Options>::default();
        levels.full = levels.full.config_overrides(["core.useReplaceRefs=false"]);
        levels.reduced = levels.reduced.config_overrides(["core.useReplaceRefs=false"]);
        let found = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(folder, options, levels);
        let mut repo: gix::Repository = match found {
            Ok(found) => found.into(),
            Err(_) if given.is_none() && !lies_around(folder) => return Ok(None),
            Err(e) => return Err(unreadable(&innermost(&e))),
        };
        let real = |path: &Path| path.canonicalize().map_err(|e| unreadable(&policy::reason(&e)));
        let here = real(folder)?;
        if let Some(planted) = Some(real(repo.git_dir())?).filter(|git| given.is_none() && is_planted(git, &here)) {
            let message = format!(
                "`{}` is a bare repository inside of another one, which may have brought it along",
                policy::name(&planted)
            );
            return Err(Trouble::new(message).help("set `GIT_DIR` to the one that you mean").into());
        }
        repo.object_cache_size_if_unset(16 << 20);
        let here = match repo.workdir() {
            Some(top) => here.strip_prefix(real(top)?).map(Path::to_path_buf).unwrap_or_default(),
            None => PathBuf::new(),
        };
        Ok(Some(History { here, repo }))
    }
}

/// Whether a repository lies in a folder or above it, be it readable or not.
fn lies_around(folder: &Path) -> bool {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    real.ancestors().any(|above| above.join(".git").exists())
}

/// Whether a repository was found because a folder lies in its objects, and lies itself among the files of another one:
/// files that a commit may bring along.
fn is_planted(git: &Path, here: &Path) -> bool {
    let own = git.components().any(|part| part.as_os_str() == ".git");
    !own && here.starts_with(git) && git.parent().is_some_and(lies_around)
}

/// What is at the bottom of an error.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
