//! What a comparison has to know that lies beside its two sides: gates of the last commit, and policies in other places.

use std::env;
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;

use super::super::manifest::DiffTable;
use super::super::revision::History;
use super::super::{Failure, Globals, policy};
use super::sides::{HEAD, Origin, Read, parted};

/// The gates of the last commit, or of where a pull request parted, for an old side that is no revision with a policy:
/// a change shall not take away the gates that it fails.
pub fn standing(globals: &Globals, old: &Read, new: &Read) -> Result<DiffTable, Failure> {
    let none = Ok(DiffTable::default());
    let Some(history) = History::around(Path::new("."))? else { return none };
    let (base, path) = match (&old.origin, &new.origin) {
        (Origin::Commit(_), _) if !old.empty => return none,
        (_, Origin::Compiled) => return none,
        (Origin::Commit(commit), Origin::Path(path)) => (*commit, path.clone()),
        (Origin::Commit(commit), Origin::Commit(_)) => (*commit, globals.policy.clone()),
        (_, Origin::Path(path)) => {
            if history.is_unborn() {
                return none;
            }
            (history.commit(&parted(&history)?.0)?, path.clone())
        }
        (_, Origin::Commit(commit)) => {
            let (base, _) = parted(&history)?;
            let before = if base == HEAD { history.told(*commit)?.parent } else { Some(history.commit(&base)?) };
            match before {
                Some(before) => (before, globals.policy.clone()),
                None => return none,
            }
        }
    };
    let kept = |path: &Path| match &new.origin {
        Origin::Commit(commit) => history.has(*commit, path),
        _ => history.lies_here(path),
    };
    let found = history.manifests(base, path.as_deref(), &kept)?;
    Ok(found.into_iter().fold(DiffTable::default(), |all, m| all.joined(m.diff)))
}

/// Where a revision without a policy at its place has files of some that the new side has no longer: one of them may have moved. And
/// whether the folder still has a policy, or the manifest around it, so that none is gone as a whole.
pub fn policies(globals: &Globals, old: &Read, new: &Read) -> Result<Vec<(String, bool)>, Failure> {
    let (true, Origin::Commit(commit)) = (old.empty && !new.empty, &old.origin) else { return Ok(Vec::new()) };
    let history = History::of(Path::new("."))?;
    let kept = |path: &Path| match &new.origin {
        Origin::Commit(commit) => history.has(*commit, path),
        _ => history.lies_here(path),
    };
    let own = match &new.origin {
        Origin::Path(path) => path.as_deref(),
        _ => globals.policy.as_deref(),
    };
    let own = flat(own.unwrap_or(Path::new("")));
    let has = |place: &Path| match &new.origin {
        Origin::Commit(commit) => still(&history, *commit, place, &own),
        _ => !own.starts_with(flat(place)) && policy::load(&[place.to_path_buf()]).is_ok(),
    };
    let manifest = |folder: &Path| {
        let around = folder.ancestors().take_while(|around| !around.ends_with(".."));
        let mut around = around.filter(|around| !own.starts_with(flat(around)));
        around.any(|around| has(&around.join(policy::MANIFEST)))
    };
    let gone = history.gone(*commit, &kept);
    Ok(gone.iter().map(|folder| (policy::name(folder), has(folder) || manifest(folder))).collect())
}

/// Whether a commit has a policy at a place that is not around another one: what lies around that one has it, and nobody knows
/// what it was.
pub fn still(history: &History, commit: ObjectId, place: &Path, own: &Path) -> bool {
    !flat(own).starts_with(flat(place)) && history.then(commit, Some(place)).is_ok_and(|then| !then.is_empty())
}

/// A path as it is from the root, whether or not something lies there.
fn flat(path: &Path) -> PathBuf {
    let mut whole = env::current_dir().unwrap_or_default();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = whole.pop(),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    whole
}
