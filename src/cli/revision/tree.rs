//! Paths among the objects of a repository, links followed as in a work tree.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;

use super::super::{Failure, Trouble, policy};
use super::{lost, unreadable};

/// Links lead on at most so often, as everywhere else.
const HOPS: usize = 40;

/// A file has at most so many bytes.
const LARGEST: u64 = 1 << 29;

/// What a path leads to, with its real path.
pub enum Node<'h> {
    /// A file.
    File(PathBuf, ObjectId),
    /// A folder.
    Folder(PathBuf, gix::Tree<'h>),
    /// A submodule, of which the repository has no files, or something in it: where that is, from the top.
    Module(PathBuf),
    /// Where a link leads that leads out of the repository, from the top.
    Outside(PathBuf),
}

/// What a path from the top leads to; none where nothing is there, and out of the repository is an error.
pub fn resolve<'h>(top: &gix::Tree<'h>, path: &Path) -> Result<Option<Node<'h>>, Failure> {
    match look(top, path)? {
        Some(Node::Outside(_)) => Err(outside(path)),
        found => Ok(found),
    }
}

/// What a path from the top leads to; none where nothing is there.
pub fn look<'h>(top: &gix::Tree<'h>, path: &Path) -> Result<Option<Node<'h>>, Failure> {
    let parts = |path: &Path| path.components().map(|c| c.as_os_str().to_owned()).collect::<Vec<OsString>>();
    let mut left: VecDeque<OsString> = parts(path).into();
    let (mut real, mut tree, mut hops) = (PathBuf::new(), top.clone(), 0);
    let find = |id: ObjectId| top.repo.find_tree(id).map_err(|e| lost(top.repo, path, &e.to_string()));
    while let Some(part) = left.pop_front() {
        match Path::new(&part).components().next() {
            Some(Component::Normal(name)) => {
                let entry = tree.lookup_entry_by_path(name).map_err(|e| lost(top.repo, path, &e.to_string()))?;
                let Some(entry) = entry else { return Ok(None) };
                let (mode, id) = (entry.mode(), entry.object_id());
                if mode.is_tree() {
                    real.push(name);
                    tree = find(id)?;
                } else if mode.is_link() {
                    hops += 1;
                    if hops > HOPS {
                        return Err(unreadable(path, "its links lead round in a circle"));
                    }
                    let target = blob(top.repo, path, id)?;
                    let target = gix::path::from_byte_slice(&target).map_err(|e| unreadable(path, &e.to_string()))?;
                    if target.is_absolute() {
                        return Ok(Some(Node::Outside(left.iter().fold(target.to_path_buf(), |to, part| to.join(part)))));
                    }
                    parts(target).into_iter().rev().for_each(|part| left.push_front(part));
                } else if mode.is_commit() {
                    return Ok(Some(Node::Module(left.iter().fold(real.join(name), |to, part| to.join(part)))));
                } else {
                    real.push(name);
                    return Ok(left.is_empty().then_some(Node::File(real, id)));
                }
            }
            Some(Component::ParentDir) => {
                if !real.pop() {
                    return Ok(Some(Node::Outside(left.iter().fold(PathBuf::from(".."), |to, part| to.join(part)))));
                }
                tree = match real.as_os_str().is_empty() {
                    true => top.clone(),
                    false => {
                        let entry = top.lookup_entry_by_path(&real).map_err(|e| lost(top.repo, path, &e.to_string()))?;
                        let Some(entry) = entry else { return Ok(None) };
                        find(entry.object_id())?
                    }
                };
            }
            _ => {}
        }
    }
    Ok(Some(Node::Folder(real, tree)))
}

/// That a link leads out of the repository.
pub fn outside(path: &Path) -> Failure {
    let message = format!(
        "`{}` is a link that leads out of the repository, so that a revision does not hold what it means",
        policy::name(path)
    );
    Trouble::new(message)
        .help("put a file in its place, leave it out by `include` in roomkey.toml, or compare two folders")
        .into()
}

/// That a submodule is in the way.
pub fn module(path: &Path) -> Failure {
    let message = format!("`{}` is a submodule, and a revision does not hold its files", policy::name(path));
    Trouble::new(message).help("leave it out by `include` in roomkey.toml, or compare two folders").into()
}

/// The bytes of a file in a revision. A small object can unpack to any size, so that the size is asked for first.
pub fn blob(repo: &gix::Repository, path: &Path, id: ObjectId) -> Result<Vec<u8>, Failure> {
    let lost = |why: String| lost(repo, path, &why);
    let size = repo.find_header(id).map_err(|e| lost(e.to_string()))?.size();
    if size > LARGEST {
        return Err(unreadable(
            path,
            &format!("it has {size} bytes, and a file of a revision has at most {} MiB", LARGEST >> 20),
        ));
    }
    Ok(repo.find_blob(id).map_err(|e| lost(e.to_string()))?.take_data())
}
