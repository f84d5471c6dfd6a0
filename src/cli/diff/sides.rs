//! The two sides of a comparison: how they are named, found and read.

use std::env;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;

use super::super::manifest::DiffTable;
use super::super::revision::History;
use super::super::{Failure, Globals, Trouble, answers, policy};
use super::Args;
use crate::query::diff::Side;
use crate::report::changes::Text;
use crate::report::{count, human};
use crate::source::Sources;
use crate::{Policy, Table};

/// What the policy is called as it lies here.
const HERE: &str = "the work tree";

/// Where a side comes from.
enum Origin {
    Commit(ObjectId),
    /// A path, or the nearest policy.
    Path(Option<PathBuf>),
    Compiled,
}

/// A side as it was read.
pub struct Read {
    made: Made,
    /// What it is called.
    pub name: String,
    pub(super) gates: DiffTable,
    /// Whether there is no policy.
    pub(super) empty: bool,
    /// Where it comes from.
    origin: Origin,
}

enum Made {
    Whole(Box<Policy>),
    Compiled(Box<Table>),
}

impl Read {
    /// A policy that was read from a revision.
    pub fn whole(policy: Policy, name: String) -> Read {
        Read::of(Made::Whole(Box::new(policy)), name, Origin::Path(None))
    }

    fn of(made: Made, name: String, origin: Origin) -> Read {
        Read { made, name, gates: DiffTable::default(), empty: false, origin }
    }

    /// A side without a policy: it allows nothing.
    pub fn nothing(name: String) -> Read {
        let none = Policy::from_texts([]).unwrap_or_else(|e| unreachable!("no files have no errors: {e}"));
        Read { empty: true, ..Read::whole(none, name) }
    }

    fn here(path: Option<&Path>, name: &str) -> Result<Read, Failure> {
        if let Some(path) = path.filter(|p| answers::is_table(p)) {
            let made = Made::Compiled(Box::new(answers::open(path)?));
            return Ok(Read::of(made, name.into(), Origin::Compiled));
        }
        let paths: Vec<PathBuf> = path.iter().map(|p| p.to_path_buf()).collect();
        let loaded = policy::load(&paths)?;
        let gates = loaded.manifest.diff.clone();
        let origin = Origin::Path(path.map(Path::to_path_buf));
        Ok(Read { gates, origin, ..Read::whole(loaded.policy()?, name.into()) })
    }

    /// The policy as it lies here; where it is gone, nothing, and why it cannot be read.
    fn here_or_gone(path: Option<&Path>) -> Result<(Read, Option<Failure>), Failure> {
        let gone = |fault: &policy::Fault| {
            matches!(fault, policy::Fault::Missing(_) | policy::Fault::Empty(_) | policy::Fault::Unmatched(..))
        };
        match Read::here(path, HERE) {
            Err(Failure::Faults(faults)) if faults.iter().all(gone) => {
                let gates = policy::manifest(path).ok().flatten().map(|(_, m)| m.diff).unwrap_or_default();
                let origin = Origin::Path(path.map(Path::to_path_buf));
                Ok((Read { gates, origin, ..Read::nothing(HERE.into()) }, Some(Failure::Faults(faults))))
            }
            read => read.map(|read| (read, None)),
        }
    }

    /// Whether there is no policy.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// What is compared.
    pub fn side(&self) -> Side<'_> {
        match &self.made {
            Made::Whole(policy) => Side { table: policy.table(), from: Some((policy.model(), policy.sources())) },
            Made::Compiled(table) => Side { table, from: None },
        }
    }

    /// A path that is there, else a revision.
    fn named(globals: &Globals, text: &str) -> Result<Read, Failure> {
        let path = Path::new(text);
        // What git names where a file is new or gone.
        if text == "/dev/null" {
            return Ok(Read::nothing("nothing".into()));
        }
        if path.exists() {
            return Read::here(Some(path), text);
        }
        let history = History::of(Path::new(".")).map_err(|_| neither(text, false))?;
        let (revision, inner) = match text.split_once(':') {
            Some((revision, inner)) if !history.knows(text) => (revision, Some(Path::new(inner))),
            _ => (text, None),
        };
        if !history.knows(revision) {
            return Err(neither(text, true));
        }
        let read = Read::then(&history, revision, inner.or(globals.policy.as_deref()))?;
        match inner.filter(|_| read.empty) {
            Some(inner) => {
                Err(Trouble::new(format!("`{}` has no policy at `{}`", crate::report::one_line(revision), policy::name(inner)))
                    .help("type a folder or a `.rk` file that is there, as a path from here")
                    .into())
            }
            None => Ok(read),
        }
    }

    fn then(history: &History, revision: &str, path: Option<&Path>) -> Result<Read, Failure> {
        if let Some(table) = path.filter(|p| answers::is_table(p)) {
            let message = format!("`{}` is a compiled policy, and revisions are read as text", policy::name(table));
            return Err(Trouble::new(message).help("give its folder by `--policy`, or compare two `.rkb` files").into());
        }
        let commit = history.commit(revision)?;
        let then = history.then(commit, path)?;
        let (gates, origin, name) = (then.manifest().diff.clone(), Origin::Commit(commit), revision.to_owned());
        let read = if then.is_empty() { Read::nothing(name) } else { Read::whole(then.policy()?, name) };
        Ok(Read { gates, origin, ..read })
    }
}

fn neither(text: &str, in_repository: bool) -> Failure {
    let message = format!("`{}` is neither a file, a folder nor a revision of git", crate::report::one_line(text));
    let help = if in_repository {
        "type a path, or a branch, a tag or a commit, such as `origin/main`; a shallow clone has few of them (`fetch-depth: 0` gets all)"
    } else {
        "this folder is in no repository of git, so both sides are paths"
    };
    Trouble::new(message).help(help).into()
}

/// Both sides, as they are named.
pub fn sides(globals: &Globals, args: &Args) -> Result<[Read; 2], Failure> {
    let here = |old: Read| -> Result<[Read; 2], Failure> {
        match Read::here_or_gone(globals.policy.as_deref())? {
            (_, Some(failure)) if old.empty => Err(failure),
            (new, _) => Ok([old, new]),
        }
    };
    let old = |text: &str| Read::named(globals, text).map_err(|failure| told(globals, failure, text));
    match (args.old.as_deref(), args.new.as_deref()) {
        (None, _) => {
            let history = History::of(Path::new("."))?;
            if !history.has_work_tree() {
                let trouble = Trouble::new("this repository has no work tree, so that nothing lies here to compare");
                return Err(trouble.help("name both sides, such as `roomkey diff main..topic`").into());
            }
            let (commit, name) = parted(&history)?;
            let read = Read::then(&history, &commit, globals.policy.as_deref()).map_err(|f| told(globals, f, &name))?;
            here(Read { name, ..read })
        }
        (Some(range), None) if is_range(range) => {
            let history = History::of(Path::new("."))?;
            let (first, second, apart) = match range.split_once("...") {
                Some((first, second)) => (first, second, true),
                None => range.split_once("..").map_or((range, "", false), |(a, b)| (a, b, false)),
            };
            let or_head = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
            let (first, second) = (or_head(first), or_head(second));
            let begin = match apart {
                true => history.base(history.commit(&first)?, history.commit(&second)?)?.to_string(),
                false => first.clone(),
            };
            let read = |revision: &str, name: &str| {
                Read::then(&history, revision, globals.policy.as_deref()).map_err(|f| told(globals, f, name))
            };
            let (old, new) = (read(&begin, &first)?, read(&second, &second)?);
            Ok([Read { name: first, ..old }, new])
        }
        (Some(first), None) => here(old(first)?),
        (Some(first), Some(second)) => Ok([old(first)?, old(second)?]),
    }
}

/// Whether a text is two revisions, and not a path that leads upwards.
fn is_range(text: &str) -> bool {
    let path = Path::new(text);
    text.contains("..") && !path.exists() && !path.components().any(|c| c == Component::ParentDir)
}

/// Where a pull request parted from its target, as the runners of GitHub and GitLab tell; elsewhere the last commit.
fn parted(history: &History) -> Result<(String, String), Failure> {
    let set = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
    if let Some(base) = set("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
        return Ok((base.clone(), base.chars().take(10).collect()));
    }
    let Some(target) = set("GITHUB_BASE_REF").or_else(|| set("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")) else {
        return Ok(("HEAD".into(), "HEAD".into()));
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

/// Says which side it is that has errors.
pub fn told(globals: &Globals, failure: Failure, name: &str) -> Failure {
    let name = crate::report::one_line(name);
    let mut err = BufWriter::new(io::stderr().lock());
    let look = globals.look_err();
    let (message, help) = match failure {
        Failure::Unsound(unsound) => {
            let _ = human::write(&mut err, &unsound.sources, &unsound.findings, look).and_then(|()| err.flush());
            let message = format!("the policy of `{name}` has errors, so it decides nothing and cannot be compared");
            (message, "compare with a revision in which it was sound, or mend the errors above")
        }
        Failure::Faults(faults) => {
            let _ = faults.iter().try_for_each(|f| human::failure(&mut err, f, look)).and_then(|()| err.flush());
            let message = format!("that is how it stands in `{name}`, whose policy cannot be read");
            (message, "compare with a revision in which it could be read")
        }
        other => return other,
    };
    Trouble::new(message).help(help).into()
}

/// Why a policy cannot be read, in one line.
pub fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Faults(faults) => faults.first().map(ToString::to_string).unwrap_or_default(),
        Failure::Other(fault) => fault.to_string(),
        Failure::Unsound(unsound) => format!("the policy has errors ({})", count(unsound.findings.len(), "finding")),
        Failure::Closed => String::new(),
    }
}

/// The gates of the last commit, or of where a pull request parted, for an old side that is no revision with a policy:
/// a change shall not take away the gates that it fails.
pub fn standing(globals: &Globals, old: &Read, new: &Read) -> Result<DiffTable, Failure> {
    let none = Ok(DiffTable::default());
    let Ok(history) = History::of(Path::new(".")) else { return none };
    let (base, path) = match (&old.origin, &new.origin) {
        (Origin::Commit(_), _) if !old.empty => return none,
        (_, Origin::Compiled) => return none,
        (Origin::Commit(commit), Origin::Path(path)) => (*commit, path.clone()),
        (Origin::Commit(commit), Origin::Commit(_)) => (*commit, globals.policy.clone()),
        (_, Origin::Path(path)) => match parted(&history).and_then(|(commit, _)| history.commit(&commit)) {
            Ok(commit) => (commit, path.clone()),
            Err(_) => return none,
        },
        (_, Origin::Commit(commit)) => match history.told(*commit)?.parent {
            Some(parent) => (parent, globals.policy.clone()),
            None => return none,
        },
    };
    let kept = |path: &Path| match &new.origin {
        Origin::Commit(commit) => history.has(*commit, path),
        _ => history.lies_here(path),
    };
    let found = history.manifests(base, path.as_deref(), &kept)?;
    Ok(found.into_iter().fold(DiffTable::default(), |all, m| all.joined(m.diff)))
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
