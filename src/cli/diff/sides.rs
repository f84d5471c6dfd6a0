//! The two sides of a comparison: how they are named, found and read.

use std::env;
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;

use super::super::manifest::{DiffTable, Manifest};
use super::super::revision::{History, is_path};
use super::super::{Failure, Globals, Trouble, answers, policy};
use super::Args;
use super::refused::{both, told};
use crate::facts::FactFiles;
use crate::query::diff::Side;
use crate::report::changes::Text;
use crate::source::Sources;
use crate::{Analysis, Policy, Table};

/// What the policy is called as it lies here.
pub(super) const HERE: &str = "the work tree";

/// The last commit.
pub(super) const HEAD: &str = "HEAD";

/// Where a side comes from.
pub(super) enum Origin {
    Commit(ObjectId),
    /// A path, or the nearest policy.
    Path(Option<PathBuf>),
    Compiled,
}

/// A side as it was read.
pub struct Read<M = Made> {
    made: M,
    /// What it is called.
    pub name: String,
    pub(super) gates: DiffTable,
    /// Whether there is no policy.
    pub(super) empty: bool,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// What is compared.
pub enum Made {
    /// A policy with its texts.
    Whole(Box<Policy>),
    /// One that was compiled before.
    Compiled(Box<Table>),
}

/// A side as it was found.
type Half = Read<Raw>;

enum Raw {
    Files(Box<Files>),
    Made(Made),
}

/// The texts of a side, not yet read.
struct Files {
    sources: Sources,
    manifest: Manifest,
    facts: Box<dyn FactFiles + Send>,
    /// Whether rules that the manifest raises to errors count: what is past is as it was.
    strict: bool,
    /// What the side is called where it has errors.
    called: Option<String>,
}

impl Raw {
    fn read(self, globals: &Globals) -> Result<Made, Failure> {
        match self {
            Raw::Made(made) => Ok(made),
            Raw::Files(mut files) => {
                let sources = std::mem::take(&mut files.sources);
                let analysis = Analysis::with_facts(sources, &files.manifest.settings(), &*files.facts);
                files.told(globals, files.settled(analysis))
            }
        }
    }
}

impl Files {
    /// The policy, or why there is none, with the name of the side.
    fn told(&self, globals: &Globals, read: Result<Policy, Failure>) -> Result<Made, Failure> {
        match (read, &self.called) {
            (Ok(policy), _) => Ok(Made::Whole(Box::new(policy))),
            (Err(failure), Some(name)) => Err(told(globals, failure, name)),
            (Err(failure), None) => Err(failure),
        }
    }

    fn settled(&self, analysis: Analysis) -> Result<Policy, Failure> {
        match self.strict {
            true => policy::settled(&self.manifest, analysis),
            false => analysis.into_policy().map_err(|unsound| Failure::Unsound(Box::new(unsound))),
        }
    }
}

impl Read {
    /// A policy that was read from a revision, with what its manifest says of comparisons.
    pub fn whole(policy: Policy, name: String, gates: DiffTable) -> Read {
        Read { gates, ..Read::of(Made::Whole(Box::new(policy)), name, Origin::Path(None)) }
    }

    /// A side without a policy: it allows nothing.
    pub fn nothing(name: String) -> Read {
        let none = Policy::from_texts([]).unwrap_or_else(|e| unreachable!("no files have no errors: {e}"));
        Read { empty: true, ..Read::whole(none, name, DiffTable::default()) }
    }

    /// Whether there is no policy.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Whether it was read from a revision.
    pub fn is_commit(&self) -> bool {
        matches!(self.origin, Origin::Commit(_))
    }

    /// Which gates of its manifest a new side has no longer, in one sentence: the next change need not meet them.
    pub fn without(&self, [standing, old, new]: &[DiffTable; 3]) -> Option<String> {
        if self.empty || matches!(self.origin, Origin::Compiled) {
            return None;
        }
        let (kept, mut gone) = (new.gates(), Vec::<String>::new());
        for gate in [standing, old].into_iter().flat_map(DiffTable::gates).filter(|gate| !kept.contains(gate)) {
            let text = format!("`{}`", gate.text());
            if !gone.contains(&text) {
                gone.push(text);
            }
        }
        if [standing, old].iter().any(|table| table.exit_code()) && !new.exit_code() {
            gone.push("`--exit-code`".into());
        }
        let word = if gone.len() == 1 { "a gate that the old side has is" } else { "gates that the old side has are" };
        Some(format!("{word} not in the new one: {}", gone.join(", "))).filter(|_| !gone.is_empty())
    }

    /// What is compared.
    pub fn side(&self) -> Side<'_> {
        match &self.made {
            Made::Whole(policy) => Side { table: policy.table(), from: Some((policy.model(), policy.sources())) },
            Made::Compiled(table) => Side { table, from: None },
        }
    }
}

impl<M> Read<M> {
    /// What was read, and all else that is known of it.
    fn apart(self) -> (Read<()>, M) {
        let Read { made, name, gates, empty, origin } = self;
        (Read { made: (), name, gates, empty, origin }, made)
    }

    fn of(made: M, name: String, origin: Origin) -> Read<M> {
        Read { made, name, gates: DiffTable::default(), empty: false, origin }
    }

    fn with<N>(self, made: N) -> Read<N> {
        let Read { name, gates, empty, origin, .. } = self;
        Read { made, name, gates, empty, origin }
    }
}

impl Half {
    fn none(name: String) -> Half {
        let Read { made, name, .. } = Read::nothing(name);
        Read { empty: true, ..Read::of(Raw::Made(made), name, Origin::Path(None)) }
    }

    /// The same, called so where it has errors.
    fn called(mut self, name: &str) -> Half {
        if let Raw::Files(files) = &mut self.made {
            files.called = Some(name.to_owned());
        }
        self
    }

    fn here(path: Option<&Path>, name: &str) -> Result<Half, Failure> {
        if let Some(path) = path.filter(|p| answers::is_table(p)) {
            let made = Made::Compiled(Box::new(answers::open(path)?));
            return Ok(Read::of(Raw::Made(made), name.into(), Origin::Compiled));
        }
        let paths: Vec<PathBuf> = path.iter().map(|p| p.to_path_buf()).collect();
        let policy::Loaded { sources, manifest, disk, .. } = policy::load(&paths)?;
        let gates = manifest.diff.clone();
        let origin = Origin::Path(path.map(Path::to_path_buf));
        let files = Files { sources, manifest, facts: Box::new(disk), strict: true, called: None };
        Ok(Read { gates, ..Read::of(Raw::Files(Box::new(files)), name.into(), origin) })
    }

    /// The policy as it lies here; where it is gone, nothing, and why it cannot be read.
    fn here_or_gone(path: Option<&Path>) -> Result<(Half, Option<Failure>), Failure> {
        let gone = |fault: &policy::Fault| {
            matches!(fault, policy::Fault::Missing(_) | policy::Fault::Empty(_) | policy::Fault::Unmatched(..))
        };
        match Half::here(path, HERE) {
            Err(Failure::Faults(faults)) if faults.iter().all(gone) => {
                let gates = policy::manifest(path).ok().flatten().map(|(_, m)| m.diff).unwrap_or_default();
                let origin = Origin::Path(path.map(Path::to_path_buf));
                Ok((Read { gates, origin, ..Half::none(HERE.into()) }, Some(Failure::Faults(faults))))
            }
            read => read.map(|read| (read, None)),
        }
    }

    /// A path or a revision. What is both is neither: a folder of the change must not stand in for the revision that was meant.
    fn named(globals: &Globals, text: &str) -> Result<Half, Failure> {
        let path = Path::new(text);
        // What git names where a file is new or gone.
        if text == "/dev/null" {
            return Ok(Half::none("nothing".into()));
        }
        if is_path(text) && path.exists() {
            return Half::here(Some(path), text);
        }
        let history = History::around(Path::new("."))?;
        let place = history.as_ref().map(|history| history.place(text)).transpose()?.flatten();
        let (history, (revision, inner)) = match (&history, place) {
            (Some(history), Some(_)) if path.exists() => return Err(history.either(text)),
            (Some(history), Some(place)) => (history, place),
            _ if path.exists() => return Half::here(Some(path), text),
            (Some(history), None) => {
                return Err(history.without_commits().map_or_else(|| neither(text, true), Failure::from));
            }
            _ => return Err(neither(text, false)),
        };
        let read = Half::then(history, revision, text, inner.or(globals.policy.as_deref()))?;
        match inner.filter(|_| read.empty) {
            Some(inner) => {
                Err(Trouble::new(format!("`{}` has no policy at `{}`", crate::report::one_line(revision), policy::name(inner)))
                    .help("type a folder or a `.rk` file that is there, as a path from here")
                    .into())
            }
            None => Ok(Read { name: revision.to_owned(), ..read }),
        }
    }

    /// What a revision has, called by a name.
    fn then(history: &History, revision: &str, name: &str, path: Option<&Path>) -> Result<Half, Failure> {
        if let Some(trouble) = path.and_then(compiled) {
            return Err(trouble.into());
        }
        let commit = history.commit(revision)?;
        let then = history.then(commit, path).map_err(|failure| match failure {
            Failure::Other(fault) => {
                let message = format!("in `{}`: {fault}", crate::report::one_line(name));
                Trouble { message, help: fault.help().map(|help| help.to_string()) }.into()
            }
            other => other,
        })?;
        let (gates, origin, name) = (then.manifest().diff.clone(), Origin::Commit(commit), name.to_owned());
        if then.is_empty() {
            return Ok(Read { gates, origin, ..Half::none(name) });
        }
        let (sources, manifest, data) = then.texts();
        let files = Files { sources, manifest, facts: Box::new(data), strict: false, called: None };
        Ok(Read { gates, ..Read::of(Raw::Files(Box::new(files)), name, origin) })
    }
}

/// That a path is a compiled policy, where a revision is wanted.
pub fn compiled(path: &Path) -> Option<Trouble> {
    answers::is_table(path).then(|| {
        let message = format!("`{}` is a compiled policy, and revisions are read as text", policy::name(path));
        Trouble::new(message).help("give its folder by `--policy`, or compare two `.rkb` files")
    })
}

fn neither(text: &str, in_repository: bool) -> Failure {
    if text.trim().is_empty() {
        let trouble = Trouble::new("one of the sides is an empty text, which names nothing");
        return trouble.help("type a path, or a branch, a tag or a commit, such as `origin/main`").into();
    }
    let message = format!("`{}` is neither a file, a folder nor a revision of git", crate::report::one_line(text));
    let help = if in_repository {
        "type a path, or a branch, a tag or a commit, such as `origin/main`; a shallow clone has few of them (`fetch-depth: 0` gets all)"
    } else {
        "this folder is in no repository of git, so both sides are paths"
    };
    Trouble::new(message).help(help).into()
}

fn nothing_here() -> Failure {
    let trouble = Trouble::new("this repository has no work tree, so that nothing lies here to compare");
    trouble.help("name both sides, such as `roomkey diff main..topic`").into()
}

/// Both sides, as they are named.
pub fn sides(globals: &Globals, args: &Args) -> Result<[Read; 2], Failure> {
    read(globals, halves(globals, args)?)
}

/// Reads both sides at once, each on a processor; what their texts share is read once.
fn read(globals: &Globals, halves: [Half; 2]) -> Result<[Read; 2], Failure> {
    let [(old, old_raw), (new, new_raw)] = halves.map(Half::apart);
    let [old_made, new_made] = match (old_raw, new_raw) {
        (Raw::Files(mut a), Raw::Files(mut b)) => {
            let [one, other] = {
                let settings = [a.manifest.settings(), b.manifest.settings()];
                let sources = [&mut a, &mut b].map(|files| std::mem::take(&mut files.sources));
                let [one, other] = sources;
                Analysis::both([(one, &settings[0], &*a.facts), (other, &settings[1], &*b.facts)])
            };
            let (one, other) = rayon::join(|| a.settled(one), || b.settled(other));
            match (a.told(globals, one), other) {
                (Err(first), Err(second)) => {
                    let name = b.called.as_deref().unwrap_or(HERE);
                    return Err(both(globals, first, second, name));
                }
                (one, other) => [one?, b.told(globals, other)?],
            }
        }
        (one, other) => [one.read(globals)?, other.read(globals)?],
    };
    Ok([old.with(old_made), new.with(new_made)])
}

fn halves(globals: &Globals, args: &Args) -> Result<[Half; 2], Failure> {
    let here = |old: Half| -> Result<[Half; 2], Failure> {
        match Half::here_or_gone(globals.policy.as_deref())? {
            (_, Some(failure)) if old.empty => Err(failure),
            // A policy can be gone only from where it was: from the work tree of that revision.
            (_, Some(failure)) if !matches!(old.origin, Origin::Commit(_)) => Err(failure),
            (_, Some(_)) if !History::of(Path::new("."))?.has_work_tree() => Err(nothing_here()),
            (new, _) => Ok([old, new]),
        }
    };
    let old = |text: &str| match Half::named(globals, text) {
        Ok(half) => Ok(half.called(text)),
        Err(failure) => Err(told(globals, failure, text)),
    };
    let then = |history: &History, revision: &str, name: &str| {
        let half = Half::then(history, revision, name, globals.policy.as_deref()).map_err(|f| told(globals, f, name))?;
        Ok::<_, Failure>(half.called(name))
    };
    match (args.old.as_deref(), args.new.as_deref()) {
        (None, _) => {
            let history = History::of(Path::new("."))?;
            if !history.has_work_tree() {
                return Err(nothing_here());
            }
            let (commit, name) = parted(&history)?;
            here(then(&history, &commit, &name)?)
        }
        (Some(first), None) => match range(first)? {
            Some((history, first, second, apart)) => {
                let begin = match apart {
                    true => history.base(history.commit(&first)?, history.commit(&second)?)?.to_string(),
                    false => first.clone(),
                };
                Ok([then(&history, &begin, &first)?, then(&history, &second, &second)?])
            }
            None => here(old(first)?),
        },
        (Some(first), Some(second)) => Ok([old(first)?, old(second)?]),
    }
}

/// The two revisions of a text with dots, or of `REV^!`, and whether the first is only where they parted; none where it is a path.
fn range(text: &str) -> Result<Option<(History, String, String, bool)>, Failure> {
    let path = Path::new(text);
    if !text.contains("..") && !text.ends_with("^!") || is_path(text) || path.components().any(|c| c == Component::ParentDir) {
        return Ok(None);
    }
    let history = match History::around(Path::new("."))? {
        None if path.exists() => return Ok(None),
        None => History::of(Path::new("."))?,
        Some(history) => history,
    };
    let or_head = |text: &str| if text.is_empty() { HEAD.to_owned() } else { text.to_owned() };
    let (first, second, apart) = match (text.strip_suffix("^!"), text.split_once("..."), text.split_once("..")) {
        (Some(only), ..) => (format!("{}^", or_head(only)), or_head(only), false),
        (_, Some((first, second)), _) => (or_head(first), or_head(second), true),
        (_, _, Some((first, second))) => (or_head(first), or_head(second), false),
        (None, None, None) => return Ok(None),
    };
    if path.exists() {
        let both = history.find(&first)?.is_some() && history.find(&second)?.is_some();
        return if both { Err(history.either(text)) } else { Ok(None) };
    }
    Ok(Some((history, first, second, apart)))
}

/// Where a pull request parted from its target, as the runners of GitHub and GitLab tell; elsewhere the last commit.
pub(super) fn parted(history: &History) -> Result<(String, String), Failure> {
    let set = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
    if let Some(base) = set("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
        return Ok((base.clone(), base.chars().take(10).collect()));
    }
    let Some(target) = set("GITHUB_BASE_REF").or_else(|| set("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")) else {
        return Ok((HEAD.into(), HEAD.into()));
    };
    // A tag may have the name of a branch.
    let remote = history.branch(&format!("refs/remotes/origin/{target}")).map(|id| (id, format!("origin/{target}")));
    let local = || history.branch(&format!("refs/heads/{target}")).map(|id| (id, target.clone()));
    let (tip, name) = remote.or_else(local).ok_or_else(|| {
        let message = format!("the target branch `{}` is not here", crate::report::one_line(&target));
        Trouble::new(message).help("fetch it: `fetch-depth: 0` of actions/checkout gets all branches")
    })?;
    let base = history.base(tip, history.commit("HEAD")?)?;
    Ok((base.to_string(), name))
}

/// Whether the manifests of both sides leave out sign-ins that name groups which the policy does not give.
pub fn leave_out_named_groups(old: &Read, new: &Read) -> bool {
    old.gates.leaves_out_named_groups() && new.gates.leaves_out_named_groups()
}

/// How the texts of two sides differ.
pub fn text(old: &Read, new: &Read) -> Text {
    if old.side().table.source_digest() == new.side().table.source_digest() {
        return Text::Same;
    }
    let (Some((_, old)), Some((_, new))) = (old.side().from, new.side().from) else { return Text::Other };
    let files = |sources: &Sources| -> Vec<(String, String)> {
        let own = || sources.iter().map(|(_, s)| s).filter(|s| !s.is_embedded());
        let folder = |name: &str| name.rfind('/').map_or(0, |i| i + 1);
        let shared = own().map(|s| folder(s.name())).min().unwrap_or(0);
        let mut files: Vec<_> = own().map(|s| (s.name()[shared..].to_owned(), s.text().to_owned())).collect();
        files.sort_unstable();
        files
    };
    let (old, new) = (files(old), files(new));
    let even = |files: &[(String, String)]| -> Vec<(String, String)> {
        files.iter().map(|(name, text)| (name.clone(), text.replace("\r\n", "\n"))).collect()
    };
    let bare = |files: &[(String, String)]| -> Vec<String> {
        let mut texts: Vec<String> = files.iter().map(|(_, text)| text.clone()).collect();
        texts.sort_unstable();
        texts
    };
    match (old == new, even(&old) == even(&new), bare(&old) == bare(&new)) {
        (true, ..) => Text::Same,
        (_, true, _) => Text::LineEnds,
        (_, _, true) => Text::Files,
        _ => Text::Other,
    }
}
