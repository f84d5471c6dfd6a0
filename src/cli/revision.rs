//! Policies as they were in a revision of git: read from the objects of the repository, never from the work tree.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use ignore::overrides::Override;

use super::manifest::{self, Manifest};
use super::{Failure, Trouble, policy};
use crate::facts::{FactFiles, Unread, disk};
use crate::report::one_line;
use crate::source::{FileId, Source, Sources};
use crate::{Analysis, Instant, Policy};

/// Folders nest at most so deep; git itself has no bound.
const DEPTH: usize = 256;

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
}

/// What a revision has at the place of a policy.
pub struct Then {
    sources: Sources,
    manifest: Manifest,
    data: Blobs,
    print: Vec<ObjectId>,
}

impl History {
    /// The repository of a folder.
    pub fn of(folder: &Path) -> Result<History, Failure> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let failed = |why: String| {
            let message = format!("`{}` is in no repository of git that can be read: {}", policy::name(folder), one_line(&why));
            Trouble::new(message).help("give two folders, `.rk` files or `.rkb` files, or run it inside the repository")
        };
        let mut repo = gix::discover(folder).map_err(|e| failed(e.to_string()))?;
        repo.object_cache_size_if_unset(16 << 20);
        let top = repo.workdir().ok_or_else(|| failed("it has no work tree".into()))?;
        let real = |path: &Path| path.canonicalize().map_err(|e| failed(policy::reason(&e)));
        let here = real(folder)?.strip_prefix(real(top)?).map(Path::to_path_buf).unwrap_or_default();
        Ok(History { here, repo })
    }

    /// The commit that a text names.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, Failure> {
        let none = || {
            let message = format!("no revision of git is named `{}`", one_line(revision));
            let help = "type a branch, a tag or a commit, such as `origin/main`; a shallow clone has few of them (`fetch-depth: 0` gets all)";
            Trouble::new(message).help(help)
        };
        let id = self.repo.rev_parse_single(revision).map_err(|_| none())?;
        let commit = id.object().map_err(|_| none())?.peel_to_commit().map_err(|_| none())?;
        Ok(commit.id)
    }

    /// Whether a text names a commit.
    pub fn knows(&self, revision: &str) -> bool {
        self.commit(revision).is_ok()
    }

    /// The best common ancestor of two commits.
    pub fn base(&self, one: ObjectId, other: ObjectId) -> Result<ObjectId, Failure> {
        let found = self.repo.merge_base(one, other).ok().flatten().map(|id| id.detach());
        found.ok_or_else(|| {
            let message = "the two revisions have no common ancestor here";
            Trouble::new(message).help("a shallow clone may lack it: fetch the whole history (`fetch-depth: 0`)").into()
        })
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
        let lost = |e: String| Failure::from(Trouble::new(format!("cannot read commit {commit}: {}", one_line(&e))));
        let found = self.repo.find_commit(commit).map_err(|e| lost(e.to_string()))?;
        let seconds = found.time().map_err(|e| lost(e.to_string()))?.seconds;
        let author = found.author().map(|a| a.name.to_string()).unwrap_or_default();
        let subject = found.message().map(|m| m.summary().to_string()).unwrap_or_default();
        let parent = found.parent_ids().next().map(|id| id.detach());
        // The parents of the oldest commits of a shallow clone are named, and not there.
        let parent = parent.filter(|id| self.repo.has_object(id));
        Ok(Told { at: Instant::from_unix(seconds, 0), author, subject, parent })
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
        path.strip_prefix(&self.here).map_or_else(|_| path.to_path_buf(), Path::to_path_buf)
    }

    /// The text of a file in a commit, as far as it is text; none where it is not there.
    pub fn text(&self, commit: ObjectId, path: &Path) -> Result<Option<String>, Failure> {
        let wanted = self.path_in_tree(path)?;
        let lost = |e: String| unreadable(path, &e);
        let tree = self.repo.find_commit(commit).map_err(|e| lost(e.to_string()))?.tree().map_err(|e| lost(e.to_string()))?;
        let entry = tree.lookup_entry_by_path(&wanted).map_err(|e| lost(e.to_string()))?;
        let Some(entry) = entry.filter(|e| e.mode().is_blob()) else { return Ok(None) };
        let blob = self.repo.find_blob(entry.object_id()).map_err(|e| lost(e.to_string()))?;
        Ok(Some(String::from_utf8_lossy(&blob.data).into_owned()))
    }

    /// What a commit has at the path of a policy, or by the nearest manifest upwards from here; none where there is no
    /// policy.
    pub fn then(&self, commit: ObjectId, path: Option<&Path>) -> Result<Option<Then>, Failure> {
        let trouble = |e: String| Failure::from(Trouble::new(format!("cannot read commit {commit}: {}", one_line(&e))));
        let tree = self.repo.find_commit(commit).map_err(|e| trouble(e.to_string()))?;
        let tree = tree.tree().map_err(|e| trouble(e.to_string()))?;
        let mut finder = Finder { history: self, tree, files: BTreeMap::new(), roots: Vec::new(), manifest: None };
        match path {
            Some(path) => finder.path(&self.path_in_tree(path)?)?,
            None => match finder.upwards(&self.here)? {
                Some(manifest) => finder.manifest(&manifest)?,
                None => finder.folder(&self.here.clone())?,
            },
        }
        if finder.files.is_empty() {
            return Ok(None);
        }
        finder.read().map(Some)
    }
}

impl Then {
    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The policy, where it is sound.
    pub fn policy(self) -> Result<Policy, Failure> {
        let analysis = Analysis::with_facts(self.sources, &self.manifest.settings(), &self.data);
        analysis.into_policy().map_err(|unsound| Failure::Unsound(Box::new(unsound)))
    }

    /// By this it is known that nothing in the folders of the policy differs.
    pub fn print(&self) -> &[ObjectId] {
        &self.print
    }
}

struct Finder<'h> {
    history: &'h History,
    tree: gix::Tree<'h>,
    files: BTreeMap<PathBuf, ObjectId>,
    roots: Vec<PathBuf>,
    manifest: Option<Manifest>,
}

impl<'h> Finder<'h> {
    fn entry(&self, path: &Path) -> Result<Option<gix::object::tree::Entry<'h>>, Failure> {
        self.tree.lookup_entry_by_path(path).map_err(|e| unreadable(path, &e.to_string()))
    }

    fn text(&self, path: &Path, id: ObjectId) -> Result<String, Failure> {
        let mut blob = self.history.repo.find_blob(id).map_err(|e| unreadable(path, &e.to_string()))?;
        let bytes = blob.take_data();
        let shown = self.history.shown(path);
        if bytes.len() > Source::LIMIT {
            return Err(Failure::Faults(vec![policy::Fault::TooLarge(policy::name(&shown))]));
        }
        String::from_utf8(bytes).map_err(|e| {
            let upto = e.utf8_error().valid_up_to();
            Failure::Faults(vec![policy::not_text(&shown, e.as_bytes(), upto)])
        })
    }

    /// The nearest manifest in a folder or above it.
    fn upwards(&self, folder: &Path) -> Result<Option<PathBuf>, Failure> {
        for above in folder.ancestors() {
            let path = above.join(policy::MANIFEST);
            if self.entry(&path)?.is_some_and(|e| e.mode().is_blob()) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn path(&mut self, path: &Path) -> Result<(), Failure> {
        let nearest = |finder: &mut Self, folder: &Path| -> Result<(), Failure> {
            if let Some(manifest) = finder.upwards(folder)? {
                finder.open(&manifest)?;
            }
            Ok(())
        };
        if path.as_os_str().is_empty() {
            return self.below(path, nearest);
        }
        let Some(entry) = self.entry(path)? else { return Ok(()) };
        let extension = path.extension().unwrap_or_default();
        match entry.mode() {
            mode if mode.is_tree() => self.below(path, nearest),
            mode if mode.is_blob() && extension == "toml" => self.manifest(path),
            mode if mode.is_blob() && extension == "rk" => {
                let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
                nearest(self, &folder)?;
                self.roots.push(folder);
                self.files.insert(path.to_path_buf(), entry.object_id());
                Ok(())
            }
            _ => Err(Failure::Faults(vec![policy::Fault::Other(policy::name(&self.history.shown(path)))])),
        }
    }

    fn below(&mut self, path: &Path, nearest: impl Fn(&mut Self, &Path) -> Result<(), Failure>) -> Result<(), Failure> {
        let manifest = path.join(policy::MANIFEST);
        if self.entry(&manifest)?.is_some_and(|e| e.mode().is_blob()) {
            return self.manifest(&manifest);
        }
        nearest(self, path)?;
        self.folder(path)
    }

    fn open(&mut self, path: &Path) -> Result<Manifest, Failure> {
        let entry = self.entry(path)?.ok_or_else(|| unreadable(path, "it is not there"))?;
        let name = policy::name(&self.history.shown(path));
        let manifest = Manifest::parse(&name, &self.text(path, entry.object_id())?);
        let manifest = manifest.map_err(|fault| Failure::Faults(vec![fault.into()]))?;
        self.roots.push(path.parent().unwrap_or(Path::new("")).to_path_buf());
        self.manifest = Some(manifest.clone());
        Ok(manifest)
    }

    fn manifest(&mut self, path: &Path) -> Result<(), Failure> {
        let manifest = self.open(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let Some(include) = manifest.include() else { return self.folder(&folder) };
        let wanted = policy::overrides(Path::new(""), include).map_err(|e| {
            let fault = manifest::Fault::Pattern(policy::name(&self.history.shown(path)), e.to_string());
            Failure::Faults(vec![fault.into()])
        })?;
        self.walk(&folder, Some(&wanted))
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        self.roots.push(folder.to_path_buf());
        self.walk(folder, None)
    }

    /// Takes every `.rk` file below a folder; what begins with a dot does not count.
    fn walk(&mut self, folder: &Path, wanted: Option<&Override>) -> Result<(), Failure> {
        let tree = if folder.as_os_str().is_empty() {
            self.tree.clone()
        } else {
            let Some(entry) = self.entry(folder)?.filter(|e| e.mode().is_tree()) else { return Ok(()) };
            self.history.repo.find_tree(entry.object_id()).map_err(|e| unreadable(folder, &e.to_string()))?
        };
        let mut queue = vec![(folder.to_path_buf(), tree, 0)];
        while let Some((path, tree, depth)) = queue.pop() {
            for entry in tree.iter() {
                let entry = entry.map_err(|e| unreadable(&path, &e.to_string()))?;
                let Ok(name) = std::str::from_utf8(entry.filename()) else { continue };
                let inner = path.join(name);
                let relative = inner.strip_prefix(folder).unwrap_or(&inner);
                let is_folder = entry.mode().is_tree();
                let out = wanted.is_some_and(|w| !is_folder && !w.matched(relative, false).is_whitelist());
                if name.starts_with('.') || out {
                    continue;
                }
                if is_folder && depth < DEPTH {
                    let tree = self.history.repo.find_tree(entry.object_id());
                    queue.push((inner.clone(), tree.map_err(|e| unreadable(&inner, &e.to_string()))?, depth + 1));
                } else if entry.mode().is_blob() && inner.extension().is_some_and(|e| e == "rk") {
                    self.files.insert(inner, entry.object_id());
                }
            }
        }
        Ok(())
    }

    fn read(self) -> Result<Then, Failure> {
        let mut sources = Sources::default();
        for (path, id) in &self.files {
            sources.add(Source::new(policy::name(&self.history.shown(path)), self.text(path, *id)?));
        }
        let mut print: Vec<ObjectId> = self.files.values().copied().collect();
        for root in &self.roots {
            let whole = root.as_os_str().is_empty();
            print.extend(if whole { Some(self.tree.id) } else { self.entry(root)?.map(|e| e.object_id()) });
        }
        let data = Blobs {
            repo: Mutex::new(self.history.repo.clone()),
            tree: self.tree.id,
            files: self.files.into_keys().collect(),
            roots: self.roots,
        };
        Ok(Then { sources, manifest: self.manifest.unwrap_or_default(), data, print })
    }
}

/// Data files among the objects.
struct Blobs {
    repo: Mutex<gix::Repository>,
    tree: ObjectId,
    files: Vec<PathBuf>,
    roots: Vec<PathBuf>,
}

impl FactFiles for Blobs {
    fn read(&self, from: FileId, path: &str, name: &str) -> Result<String, Unread> {
        let missing = || Unread::new(format!("there is no file `{name}`")).help("the path is relative to the file that names it");
        let folder = self.files.get(from.0 as usize).and_then(|f| f.parent()).unwrap_or(Path::new(""));
        let wanted = disk::walked(folder, path);
        if !self.roots.iter().any(|root| wanted.starts_with(root)) {
            let help = "put the file into the folder of the policy, next to `roomkey.toml` or below";
            return Err(Unread::new(format!("`{path}` leads out of the folder of the policy")).help(help));
        }
        let repo = self.repo.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = repo.find_tree(self.tree).map_err(|_| missing())?;
        let entry = tree.lookup_entry_by_path(&wanted).ok().flatten().filter(|e| e.mode().is_blob()).ok_or_else(missing)?;
        let blob = repo.find_blob(entry.object_id()).map_err(|_| missing())?;
        disk::text(path, name, &blob.data[..])
    }
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Trouble::new(format!("cannot read `{}` of that revision: {}", policy::name(path), one_line(why))).into()
}
