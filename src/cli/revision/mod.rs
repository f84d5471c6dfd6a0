//! Policies as they were in a revision of git: read from the objects of the repository, never from the work tree.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;
use rayon::prelude::*;

use super::manifest::Manifest;
use super::{Failure, Trouble, policy};
use crate::model::Settings;
use crate::policy::Version;
use crate::report::one_line;
use crate::source::Sources;
use crate::{Analysis, Instant, Policy};

mod finder;
mod include;
mod names;
mod open;
mod tree;

pub use finder::Blobs;
use finder::Finder;
pub use names::is_path;
use tree::{Node, blob, resolve};

/// The repository that a folder is in.
pub struct History {
    repo: gix::Repository,
    /// The folder, as a path from the top of the work tree.
    here: PathBuf,
}

/// What a commit says of itself.
pub struct Told {
    /// When it was committed.
    pub at: Instant,
    /// The name of its author.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The commit before it, where it is there.
    pub parent: Option<ObjectId>,
    /// What it merges into that one, as far as it is there.
    pub merged: Vec<ObjectId>,
    /// Whether there is one before it that a shallow clone has not.
    pub cut: bool,
}

/// What a revision has at the place of a policy.
pub struct Then {
    sources: Sources,
    files: Vec<(PathBuf, ObjectId)>,
    manifest: Manifest,
    data: Blobs,
    print: Vec<ObjectId>,
}

impl History {
    /// The commit of a branch, by its whole name such as `refs/remotes/origin/main`: a tag of that name is another thing.
    pub fn branch(&self, name: &str) -> Option<ObjectId> {
        let mut found = self.repo.try_find_reference(name).ok()??;
        let same = found.name().as_bstr() == name;
        found.peel_to_id().ok().map(|id| id.detach()).filter(|_| same)
    }

    /// Whether files lie beside the repository.
    pub fn has_work_tree(&self) -> bool {
        self.repo.workdir().is_some()
    }

    /// The best common ancestor of two commits.
    pub fn base(&self, one: ObjectId, other: ObjectId) -> Result<ObjectId, Failure> {
        let found = self.repo.merge_base(one, other).ok().flatten().map(|id| id.detach());
        found.ok_or_else(|| {
            let message = "the two revisions have no common ancestor here";
            Trouble::new(message).help("a shallow clone may lack it: fetch the whole history (`fetch-depth: 0`)").into()
        })
    }

    /// A commit and every one before it, as far as they are here.
    pub fn past(&self, commit: ObjectId) -> Result<HashSet<ObjectId>, Failure> {
        let lost = |e: String| Failure::from(Trouble::new(format!("cannot read what is in commit {commit}: {}", one_line(&e))));
        let walk = self.repo.rev_walk([commit]).all().map_err(|e| lost(e.to_string()))?;
        let ids = walk.map(|info| info.map(|info| info.id).map_err(|e| lost(e.to_string())));
        ids.chain([Ok(commit)]).collect()
    }

    /// The commits that a merge brings to its first parent, the newest first, as far as they are here.
    pub fn brought(&self, told: &Told) -> Vec<ObjectId> {
        let Some(parent) = told.parent.filter(|_| !told.merged.is_empty()) else { return Vec::new() };
        let walk = self.repo.rev_walk(told.merged.iter().copied()).with_hidden([parent]).all();
        walk.into_iter().flatten().map_while(Result::ok).map(|info| info.id).collect()
    }

    /// A commit as people call it.
    pub fn short(&self, commit: ObjectId) -> String {
        self.repo
            .find_commit(commit)
            .ok()
            .and_then(|c| Some(c.short_id().ok()?.to_string()))
            .unwrap_or_else(|| commit.to_string())
    }

    /// A commit, its date, author and subject, and its first parent.
    pub fn told(&self, commit: ObjectId) -> Result<Told, Failure> {
        let lost = |e: String| self.without(format!("cannot read commit {commit}: {}", one_line(&e)));
        let found = self.repo.find_commit(commit).map_err(|e| lost(e.to_string()))?;
        let seconds = found.time().map_err(|e| lost(e.to_string()))?.seconds;
        let author = found.author().map(|a| a.name.to_string()).unwrap_or_default();
        let subject = found.message().map(|m| m.summary().to_string()).unwrap_or_default();
        let named = found.parent_ids().next().map(|id| id.detach());
        // The parents of the oldest commits of a shallow clone are named, and not there.
        let parent = named.filter(|id| self.repo.has_object(id));
        let cut = named.is_some() && parent.is_none();
        if let Some(named) = named.filter(|_| cut && !self.repo.is_shallow().unwrap_or(false)) {
            return Err(lost(format!("commit {named} before it is not there")));
        }
        let merged = found.parent_ids().skip(1).map(|id| id.detach()).filter(|id| self.repo.has_object(id)).collect();
        Ok(Told { at: Instant::from_unix(seconds, 0), author, subject, parent, merged, cut })
    }

    /// That an object is not there.
    fn without(&self, message: String) -> Failure {
        Trouble::new(message).help(remedy(&self.repo)).into()
    }

    /// What to do about objects that are not there.
    pub fn remedy(&self) -> &'static str {
        remedy(&self.repo)
    }

    /// A path that was typed here, from the top of the work tree.
    fn path_in_tree(&self, path: &Path) -> Result<PathBuf, Failure> {
        let outside = || {
            Failure::from(
                Trouble::new(format!("`{}` is outside of the repository", policy::name(path))).help("give a path in it"),
            )
        };
        if path.is_absolute() {
            let top = self.repo.workdir().and_then(|top| top.canonicalize().ok()).ok_or_else(outside)?;
            if let Ok(inside) = path.strip_prefix(&top) {
                return Ok(inside.to_path_buf());
            }
            let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
            return real.strip_prefix(top).map(Path::to_path_buf).map_err(|_| outside());
        }
        let mut whole = self.here.clone();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if !whole.pop() => return Err(outside()),
                Component::ParentDir => {}
                part => whole.push(part),
            }
        }
        Ok(whole)
    }

    /// A path from the top as people see it from here.
    fn shown(&self, path: &Path) -> PathBuf {
        let shared = path.components().zip(self.here.components()).take_while(|(a, b)| a == b).count();
        let up = self.here.components().skip(shared).map(|_| Component::ParentDir);
        up.chain(path.components().skip(shared)).collect()
    }

    /// The text of a file in a commit, as far as it is text; none where it is not there.
    pub fn text(&self, commit: ObjectId, path: &Path) -> Result<Option<String>, Failure> {
        let wanted = self.path_in_tree(path)?;
        let lost = |e: String| lost(&self.repo, path, &e);
        let tree = self.repo.find_commit(commit).map_err(|e| lost(e.to_string()))?.tree().map_err(|e| lost(e.to_string()))?;
        let Some(Node::File(_, id)) = resolve(&tree, &wanted)? else { return Ok(None) };
        let bytes = blob(&self.repo, path, id)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn tree(&self, commit: ObjectId) -> Result<gix::Tree<'_>, Failure> {
        let trouble = |e: String| self.without(format!("cannot read commit {commit}: {}", one_line(&e)));
        self.repo.find_commit(commit).map_err(|e| trouble(e.to_string()))?.tree().map_err(|e| trouble(e.to_string()))
    }

    /// What a commit has at the path of a policy, or by the nearest manifest upwards from here.
    pub fn then(&self, commit: ObjectId, path: Option<&Path>) -> Result<Then, Failure> {
        let mut finder = Finder::new(self, self.tree(commit)?);
        match path {
            Some(path) => finder.path(&self.path_in_tree(path)?)?,
            None => match finder.upwards(&self.here)? {
                Some(manifest) => finder.manifest(&manifest)?,
                None => finder.bare(&self.here.clone())?,
            },
        }
        finder.read()
    }

    /// What a commit has at several paths, read together; without a path as [`History::then`].
    pub fn then_at(&self, commit: ObjectId, paths: &[PathBuf]) -> Result<Then, Failure> {
        if paths.is_empty() {
            return self.then(commit, None);
        }
        let mut finder = Finder::new(self, self.tree(commit)?);
        paths.iter().try_for_each(|path| finder.path(&self.path_in_tree(path)?))?;
        finder.read()
    }

    /// The manifests of a commit that stand at the path of a policy or above it, or that `kept` has no longer.
    pub fn manifests(
        &self,
        commit: ObjectId,
        path: Option<&Path>,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<Manifest>, Failure> {
        let mut finder = Finder::new(self, self.tree(commit)?);
        // Outside of the repository there is none of it.
        let place = path.map_or_else(|| Ok(self.here.clone()), |path| self.path_in_tree(path)).ok();
        let near = place.map(|place| finder.upwards(&place)).transpose()?.flatten();
        let mut all = near.clone().into_iter().collect::<Vec<_>>();
        all.extend(
            finder
                .everywhere(&|path| path.file_name().is_some_and(|n| n == policy::MANIFEST))?
                .into_iter()
                .filter(|m| near.as_ref() != Some(m) && !kept(m)),
        );
        all.iter().map(|path| finder.open(path)).collect()
    }

    /// Whether a path from the top, or one of this machine, is something other than a folder, so that no policies lie below it.
    fn is_file_here(&self, path: &Path) -> bool {
        let whole = self.repo.workdir().map(|top| top.join(path)).or_else(|| path.is_absolute().then(|| path.to_path_buf()));
        whole.is_some_and(|whole| std::fs::metadata(whole).is_ok_and(|meta| !meta.is_dir()))
    }

    /// Fails for a path that no revision can have.
    pub fn holds(&self, path: Option<&Path>) -> Result<(), Failure> {
        path.map_or(Ok(()), |path| self.path_in_tree(path).map(drop))
    }

    /// A place where a commit has a policy: the folder of its first manifest, else of its first policy file.
    pub fn policy_in(&self, commit: ObjectId) -> Option<String> {
        let finder = Finder::new(self, self.tree(commit).ok()?);
        let found =
            finder.everywhere(&|path| path.file_name().is_some_and(|name| name == policy::MANIFEST)).ok()?.into_iter().next();
        let any = || finder.everywhere(&|path| path.extension().is_some_and(|e| e == "rk")).ok()?.into_iter().next();
        let found = found.or_else(any)?;
        Some(policy::name(&self.shown(found.parent().unwrap_or(Path::new("")))))
    }

    /// Whether a path from the top is a file of the work tree.
    pub fn lies_here(&self, path: &Path) -> bool {
        self.repo.workdir().is_some_and(|top| top.join(path).is_file())
    }

    /// Whether a path from the top is a file of a commit.
    pub fn has(&self, commit: ObjectId, path: &Path) -> bool {
        self.tree(commit).is_ok_and(|tree| matches!(resolve(&tree, path), Ok(Some(Node::File(..)))))
    }

    /// The folder in which a commit has one of these files.
    pub fn folder_of(&self, commit: ObjectId, files: &[ObjectId]) -> Option<PathBuf> {
        let finder = Finder::new(self, self.tree(commit).ok()?);
        let found = finder.blobs(files.iter().copied().collect())?;
        Some(self.shown(found.parent().unwrap_or(Path::new(""))))
    }

    /// The folders in which a commit has policy files that are gone, where `kept` says what is not.
    pub fn gone(&self, commit: ObjectId, kept: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
        let is = |path: &Path| path.extension().is_some_and(|e| e == "rk") && !kept(path);
        let found = self.tree(commit).and_then(|tree| Finder::new(self, tree).everywhere(&is)).unwrap_or_default();
        let mut folders: Vec<PathBuf> = found.iter().map(|path| self.shown(path.parent().unwrap_or(Path::new("")))).collect();
        folders.dedup();
        folders
    }
}

impl Then {
    /// Whether there is no policy.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// By these its files are found again.
    pub fn files(&self) -> Vec<ObjectId> {
        self.files.iter().map(|(_, id)| *id).collect()
    }

    /// The policy, where it is sound.
    pub fn policy(self) -> Result<Policy, Failure> {
        let analysis = Analysis::with_facts(self.sources, &self.manifest.settings(), &self.data);
        sound(analysis, &self.data)
    }

    /// The policies of several revisions, where they are sound: each is read beside the one before it.
    pub fn policies(all: Vec<Then>) -> Vec<Result<Policy, Failure>> {
        let settings: Vec<Settings> = all.iter().map(|then| then.manifest.settings()).collect();
        let (sources, data): (Vec<Sources>, Vec<Blobs>) = all.into_iter().map(|then| (then.sources, then.data)).unzip();
        let sides = sources.into_iter().zip(&settings).zip(&data);
        let versions = sides.map(|((sources, settings), data)| -> Version<'_> { (sources, settings, data) }).collect();
        let analyses = Analysis::versions(versions);
        analyses.into_par_iter().zip(&data).map(|(analysis, data)| sound(analysis, data)).collect()
    }

    /// Its files, its manifest, and what reads its data files.
    pub fn texts(self) -> (Sources, Manifest, Blobs) {
        (self.sources, self.manifest, self.data)
    }

    /// By this it is known that nothing in the folders of the policy differs.
    pub fn print(&self) -> &[ObjectId] {
        &self.print
    }
}

/// A policy that was read, where it is sound.
fn sound(analysis: Analysis, data: &Blobs) -> Result<Policy, Failure> {
    // What the repository has lost is no fault of the policy.
    if let Some(lost) = data.lost() {
        return Err(Trouble::new(lost).help(data.remedy()).into());
    }
    analysis.into_policy().map_err(|unsound| Failure::Unsound(Box::new(unsound)))
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Trouble::new(format!("cannot read `{}` of that revision: {}", policy::name(path), one_line(why))).into()
}

/// The same of an object that a path leads to.
fn lost(repo: &gix::Repository, path: &Path, why: &str) -> Failure {
    let message = format!("cannot read `{}` of that revision: {}", policy::name(path), one_line(why));
    Trouble::new(message).help(remedy(repo)).into()
}

/// What to do about an object that is not there: a clone that was made with a filter gets it only when git asks for it.
fn remedy(repo: &gix::Repository) -> &'static str {
    let config = repo.config_snapshot();
    let promises = |name: &gix::bstr::BStr| config.boolean(format!("remote.{name}.promisor").as_str()) == Some(true);
    if repo.remote_names().iter().any(|name| promises(name.as_ref())) {
        "this clone was made with `--filter` and lacks older files: `git fetch --refetch --no-filter` gets them"
    } else {
        "`git fsck` names objects that are damaged or gone"
    }
}
