//! The files of a policy in a revision: the same that would be read in its work tree.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::super::manifest::{self, Manifest};
use super::super::{Failure, policy};
use super::include::Include;
use super::tree::{Node, blob, look, module, outside, resolve};
use super::{History, Then, lost, remedy, unreadable};
use crate::facts::{FactFiles, Unread, disk};
use crate::report::one_line;
use crate::source::{FileId, Source, Sources};

/// Looks for the files.
pub struct Finder<'h> {
    history: &'h History,
    tree: gix::Tree<'h>,
    /// By the path that names each: the file, and its real path.
    files: BTreeMap<PathBuf, (ObjectId, PathBuf)>,
    roots: Vec<PathBuf>,
    manifest: Option<Manifest>,
    /// Whether a link lies on the way: what it leads to may be anywhere.
    links: bool,
    /// Folders that have a manifest and lie below the one that is walked.
    nested: Vec<PathBuf>,
}

/// A folder on the way down: as it is named, as it lies, its tree, and from where to where the path went without a link.
type Step<'h> = (PathBuf, PathBuf, gix::Tree<'h>, Vec<(PathBuf, PathBuf)>);

impl<'h> Finder<'h> {
    /// Looks in the tree of a commit.
    pub fn new(history: &'h History, tree: gix::Tree<'h>) -> Finder<'h> {
        Finder { history, tree, files: BTreeMap::new(), roots: Vec::new(), manifest: None, links: false, nested: Vec::new() }
    }

    fn text(&self, path: &Path, id: ObjectId) -> Result<String, Failure> {
        let bytes = blob(&self.history.repo, path, id)?;
        let shown = self.history.shown(path);
        String::from_utf8(bytes).map_err(|e| {
            let upto = e.utf8_error().valid_up_to();
            Failure::Faults(vec![policy::not_text(&shown, e.as_bytes(), upto)])
        })
    }

    fn is_file(&self, path: &Path) -> Result<bool, Failure> {
        Ok(matches!(resolve(&self.tree, path)?, Some(Node::File(..))))
    }

    /// The nearest manifest in a folder or above it.
    pub fn upwards(&self, folder: &Path) -> Result<Option<PathBuf>, Failure> {
        for above in folder.ancestors() {
            let path = above.join(policy::MANIFEST);
            if self.is_file(&path)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Takes the policy at a path.
    pub fn path(&mut self, path: &Path) -> Result<(), Failure> {
        let extension = path.extension().unwrap_or_default();
        match resolve(&self.tree, path)? {
            None => {
                // Its manifest may stand above a folder that is not there.
                if let Some(manifest) = self.upwards(path)? {
                    self.open(&manifest)?;
                }
                Ok(())
            }
            Some(Node::Module(_)) => Err(module(&self.history.shown(path))),
            Some(Node::Outside(_)) => Err(outside(&self.history.shown(path))),
            Some(Node::Folder(..)) => {
                let manifest = path.join(policy::MANIFEST);
                if self.is_file(&manifest)? {
                    return self.manifest(&manifest);
                }
                self.settings(path)?;
                self.bare(path)
            }
            Some(Node::File(..)) if extension == "toml" => self.manifest(path),
            Some(Node::File(real, id)) if extension == "rk" => {
                let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
                self.settings(&folder)?;
                self.roots.push(folder);
                self.files.insert(path.to_path_buf(), (id, real));
                Ok(())
            }
            Some(Node::File(..)) => Err(Failure::Faults(vec![policy::Fault::Other(policy::name(&self.history.shown(path)))])),
        }
    }

    fn settings(&mut self, folder: &Path) -> Result<(), Failure> {
        if let Some(manifest) = self.upwards(folder)? {
            self.open(&manifest)?;
        }
        Ok(())
    }

    /// Reads a manifest.
    pub fn open(&mut self, path: &Path) -> Result<Manifest, Failure> {
        let Some(Node::File(_, id)) = resolve(&self.tree, path)? else { return Err(unreadable(path, "it is no file")) };
        let name = policy::name(&self.history.shown(path));
        let manifest = Manifest::parse(&name, &self.text(path, id)?).map_err(Failure::Faults)?;
        self.roots.push(path.parent().unwrap_or(Path::new("")).to_path_buf());
        self.manifest = Some(manifest.clone());
        Ok(manifest)
    }

    /// Takes the policy of a manifest.
    pub fn manifest(&mut self, path: &Path) -> Result<(), Failure> {
        let manifest = self.open(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let Some(include) = manifest.include() else { return self.folder(&folder) };
        let wanted = Include::new(include).map_err(|e| {
            let fault = manifest::Fault::Pattern(policy::name(&self.history.shown(path)), e.to_string());
            Failure::Faults(vec![fault.into()])
        })?;
        self.walk(&folder, Some(&wanted))
    }

    /// Takes the policy of a folder without a manifest.
    pub fn bare(&mut self, folder: &Path) -> Result<(), Failure> {
        self.folder(folder)?;
        let shown = |path: &PathBuf| policy::tidy(&self.history.shown(path));
        let nested = self.nested.iter().map(shown).collect();
        let files: Vec<PathBuf> = self.files.keys().map(shown).collect();
        let fault = policy::several(&shown(&folder.to_path_buf()), nested, files.iter().map(PathBuf::as_path));
        fault.map_or(Ok(()), |fault| Err(Failure::Faults(vec![fault])))
    }

    /// Takes every policy file of a folder and below.
    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        self.roots.push(folder.to_path_buf());
        self.walk(folder, None)
    }

    /// Takes every `.rk` file below a folder; what begins with a dot does not count.
    fn walk(&mut self, folder: &Path, wanted: Option<&Include>) -> Result<(), Failure> {
        let Some(Node::Folder(real, tree)) = resolve(&self.tree, folder)? else { return Ok(()) };
        let way = vec![(real.clone(), real.clone())];
        let mut queue: Vec<Step<'h>> = vec![(folder.to_path_buf(), real, tree, way)];
        while let Some((path, real, tree, way)) = queue.pop() {
            for entry in tree.iter() {
                let entry = entry.map_err(|e| unreadable(&path, &e.to_string()))?;
                let name = gix::path::from_bstr(entry.filename()).map_err(|e| unreadable(&path, &e.to_string()))?;
                let (mode, id) = (entry.mode(), entry.object_id());
                if entry.filename().starts_with(b".") {
                    self.links |= mode.is_link();
                    continue;
                }
                let inner = path.join(&*name);
                let shown = self.history.shown(&inner);
                let relative = inner.strip_prefix(folder).unwrap_or(&inner);
                let named = inner.extension().is_some_and(|e| e == "rk");
                let is_policy = named && wanted.is_none_or(|w| w.takes(relative));
                let holds = || wanted.is_none_or(|w| w.may_hold(relative));
                let node = if mode.is_link() {
                    self.links = true;
                    if !is_policy && !holds() {
                        continue;
                    }
                    match look(&self.tree, &real.join(&*name))? {
                        // What it leads to is not in the revision: no policy file, unless it has the name of one.
                        None if is_policy => return Err(unreadable(&shown, "the link leads to nothing")),
                        None => continue,
                        Some(Node::Outside(to) | Node::Module(to)) if !is_policy && self.history.is_file_here(&to) => continue,
                        Some(Node::Outside(_)) => return Err(outside(&shown)),
                        Some(node) => node,
                    }
                } else if mode.is_tree() {
                    let tree = self.history.repo.find_tree(id).map_err(|e| lost(&self.history.repo, &shown, &e.to_string()))?;
                    Node::Folder(real.join(&*name), tree)
                } else if mode.is_commit() {
                    Node::Module(inner.clone())
                } else {
                    Node::File(real.join(&*name), id)
                };
                match node {
                    Node::File(real, id) if is_policy => drop(self.files.insert(inner, (id, real))),
                    Node::File(..) if entry.filename() == policy::MANIFEST && path != folder => self.nested.push(path.clone()),
                    Node::File(..) => {}
                    Node::Module(_) | Node::Outside(_) if is_policy || holds() => return Err(module(&shown)),
                    Node::Module(_) | Node::Outside(_) => {}
                    Node::Folder(..) if is_policy => {
                        return Err(Failure::Faults(vec![policy::Fault::Folder(policy::name(&shown))]));
                    }
                    Node::Folder(..) if !holds() => {}
                    Node::Folder(to, tree) => {
                        let mut way = way.clone();
                        if mode.is_link() {
                            if way.iter().any(|(from, upto)| upto.starts_with(&to) && to.starts_with(from)) {
                                return Err(unreadable(&shown, "the link leads back to a folder above it"));
                            }
                            way.push((to.clone(), to.clone()));
                        } else if let Some((_, upto)) = way.last_mut() {
                            *upto = to.clone();
                        }
                        queue.push((inner, to, tree, way));
                    }
                }
            }
        }
        Ok(())
    }

    /// Every file of which something is true, links left alone.
    pub fn everywhere(&self, is: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        self.each(|path, _| {
            if is(path) {
                found.push(path.to_path_buf());
            }
            false
        })?;
        found.sort_unstable();
        Ok(found)
    }

    /// The path of one of some files.
    pub fn blobs(&self, wanted: BTreeSet<ObjectId>) -> Option<PathBuf> {
        let mut found = None;
        let look = |path: &Path, id: ObjectId| {
            let is = path.extension().is_some_and(|e| e == "rk") && wanted.contains(&id);
            if is {
                found = Some(path.to_path_buf());
            }
            is
        };
        self.each(look).ok()?;
        found
    }

    fn each(&self, mut until: impl FnMut(&Path, ObjectId) -> bool) -> Result<(), Failure> {
        let mut queue = vec![(PathBuf::new(), self.tree.clone())];
        while let Some((path, tree)) = queue.pop() {
            for entry in tree.iter() {
                let entry = entry.map_err(|e| unreadable(&path, &e.to_string()))?;
                let Ok(name) = gix::path::from_bstr(entry.filename()) else { continue };
                let inner = path.join(&*name);
                if entry.mode().is_tree() {
                    let tree = self.history.repo.find_tree(entry.object_id());
                    queue.push((inner.clone(), tree.map_err(|e| lost(&self.history.repo, &inner, &e.to_string()))?));
                } else if entry.mode().is_blob() && until(&inner, entry.object_id()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads what was found.
    pub fn read(self) -> Result<Then, Failure> {
        // A file that several links lead to is read once.
        let mut met = HashSet::new();
        let all = self.files.iter().filter(|(_, (_, real))| met.insert(real));
        let files: Vec<(PathBuf, ObjectId)> = all.map(|(path, (id, _))| (path.clone(), *id)).collect();
        let mut sources = Sources::default();
        for (path, id) in &files {
            sources.add(Source::new(policy::name(&self.history.shown(path)), self.text(path, *id)?));
        }
        let mut print: Vec<ObjectId> = files.iter().map(|(_, id)| *id).collect();
        print.extend(self.links.then_some(self.tree.id));
        let mut roots = Vec::new();
        for root in &self.roots {
            if let Some(Node::Folder(real, tree)) = resolve(&self.tree, root)? {
                print.push(tree.id);
                roots.push(real);
            }
        }
        let data = Blobs {
            repo: Mutex::new(self.history.repo.clone()),
            tree: self.tree.id,
            files: files.iter().map(|(path, _)| path.clone()).collect(),
            roots,
            lost: Mutex::new(None),
        };
        Ok(Then { sources, files, manifest: self.manifest.unwrap_or_default(), data, print })
    }
}

/// Data files among the objects.
pub struct Blobs {
    repo: Mutex<gix::Repository>,
    tree: ObjectId,
    files: Vec<PathBuf>,
    roots: Vec<PathBuf>,
    /// The first object that could not be read, and why.
    lost: Mutex<Option<String>>,
}

impl Blobs {
    /// What could not be read of the objects, in one sentence.
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What to do about objects that are not there.
    pub fn remedy(&self) -> &'static str {
        remedy(&self.repo.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lose(&self, name: &str, why: &str) -> Unread {
        let message = format!("cannot read `{}` of that revision: {}", one_line(name), one_line(why));
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| message.clone());
        Unread::new(message)
    }
}

impl FactFiles for Blobs {
    fn read(&self, from: FileId, path: &str, name: &str) -> Result<String, Unread> {
        let missing = || Unread::new(format!("there is no file `{name}`")).help("the path is relative to the file that names it");
        let outside = |how: &str| {
            let help = "put the file into the folder of the policy, next to `roomkey.toml` or below";
            Unread::new(format!("`{path}` {how} out of the folder of the policy")).help(help)
        };
        let inside = |path: &Path| self.roots.iter().any(|root| path.starts_with(root));
        let repo = self.repo.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = repo.find_tree(self.tree).map_err(|e| self.lose(name, &e.to_string()))?;
        let folder = self.files.get(from.0 as usize).and_then(|f| f.parent()).unwrap_or(Path::new(""));
        let find = |path: &Path| look(&tree, path).map_err(|failure| self.lose(name, &failure.sentence()));
        let Some(Node::Folder(folder, _)) = find(folder)? else { return Err(missing()) };
        let wanted = disk::walked(&folder, path);
        if !inside(&wanted) {
            return Err(outside("leads"));
        }
        let (real, id) = match find(&wanted)? {
            Some(Node::File(real, id)) => (real, id),
            Some(Node::Outside(_)) => return Err(outside("is a link that leads")),
            _ => return Err(missing()),
        };
        if !inside(&real) {
            return Err(outside("is a link that leads"));
        }
        let bytes = blob(&repo, &real, id).map_err(|failure| self.lose(name, &failure.sentence()))?;
        disk::text(path, name, &bytes[..])
    }
}
