//! `roomkey diff`: who gains and who loses between two policies.

use std::env;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::check::{instant, now};
use super::manifest::Manifest;
use super::progress::Progress;
use super::revision::History;
use super::{Exit, Failure, Globals, Outcome, Trouble, answers, output, policy};
use crate::finding::did_you_mean;
use crate::query::diff::gates::{Gate, Most, Wanted};
use crate::query::diff::{Diff, Side, diff_with};
use crate::report::changes::{self, How};
use crate::report::human;
use crate::{Instant, Policy, Table};

/// What `diff` compares.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The old policy: a revision of git, or a folder, a `.rk` file, a `roomkey.toml` or a `.rkb`; `OLD..NEW` names both
    /// sides, and `OLD...NEW` begins where they parted [default: in a pull request where it parted from its target, else HEAD]
    old: Option<String>,
    /// The new policy, likewise [default: the policy as it lies here]
    new: Option<String>,
    /// The time to compare at, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Let everyone name this group at sign-in; repeatable
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// Show every name, where else a few are shown
    #[arg(long)]
    expand: bool,
    /// Exit with 1 if any access changed
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    gates: Gates,
    /// How to print the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What fails a comparison.
#[derive(clap::Args)]
pub struct Gates {
    /// Exit with 1 if anyone gains access
    #[arg(long)]
    no_new_access: bool,
    /// Exit with 1 if anyone gains this permission, such as `admin` or `write@repository:core*`; repeatable
    #[arg(long, value_name = "PERMISSION[@KIND:PATTERN]")]
    deny: Vec<Wanted>,
    /// Exit with 1 if more users lose access: a number, or a share such as `5%`
    #[arg(long, value_name = "N|N%")]
    max_lost: Option<Most>,
    /// Exit with 1 if this user, the author of the change, gains access
    #[arg(long, value_name = "USER")]
    forbid_self_grant: Vec<String>,
    /// Exit with 1 if anyone gains this permission for ever; repeatable
    #[arg(long, value_name = "PERMISSION[@KIND:PATTERN]")]
    require_expiry: Vec<Wanted>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey diff                                 what I changed since the last commit
  roomkey diff main                            what this branch changes
  roomkey diff v1..v2 --format markdown        what a release changed, for a comment
  roomkey diff released.rkb policies --no-new-access
  roomkey diff main --deny 'admin@repository:core*' --max-lost 5%

Gates may also stand in `[diff]` of roomkey.toml; those of both sides count.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A comment of a pull request
    Markdown,
    /// A page that a browser opens from a file
    Html,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub
    Github,
}

/// A side as it was read.
pub struct Read {
    made: Made,
    /// What it is called.
    pub name: String,
    gates: Vec<Gate>,
    /// Whether there is no policy.
    empty: bool,
}

enum Made {
    Whole(Box<Policy>),
    Compiled(Box<Table>),
}

impl Read {
    /// A policy that was read from a revision.
    pub fn whole(policy: Policy, name: String) -> Read {
        Read { made: Made::Whole(Box::new(policy)), name, gates: Vec::new(), empty: false }
    }

    /// A side without a policy: it allows nothing.
    pub fn nothing(name: String) -> Read {
        let none = Policy::from_texts([]).unwrap_or_else(|e| unreachable!("no files have no errors: {e}"));
        Read { empty: true, ..Read::whole(none, name) }
    }

    fn here(path: Option<&Path>, name: &str) -> Result<Read, Failure> {
        if let Some(path) = path.filter(|p| answers::is_table(p)) {
            return Ok(Read {
                made: Made::Compiled(Box::new(answers::open(path)?)),
                name: name.into(),
                gates: Vec::new(),
                empty: false,
            });
        }
        let paths: Vec<PathBuf> = path.iter().map(|p| p.to_path_buf()).collect();
        let loaded = policy::load(&paths)?;
        let gates = gates(&loaded.manifest);
        Ok(Read { gates, ..Read::whole(loaded.policy()?, name.into()) })
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
        match history.then(history.commit(revision)?, path)? {
            Some(then) => {
                let gates = gates(then.manifest());
                Ok(Read { gates, ..Read::whole(then.policy()?, revision.into()) })
            }
            None => Ok(Read::nothing(revision.into())),
        }
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

/// The gates of a manifest.
fn gates(manifest: &Manifest) -> Vec<Gate> {
    manifest.diff.gates()
}

/// Prints who gains and who loses.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let at = args.at.unwrap_or_else(now);
    let [old, new] = sides(globals, args)?;
    let same_text = old.side().table.source_digest() == new.side().table.source_digest();
    let groups: Vec<String> = args.group.iter().map(|g| g.strip_prefix("group:").unwrap_or(g).to_owned()).collect();
    for group in &groups {
        let unknown = |table: &Table| table.group(group).is_ok_and(|g| g.is_none());
        if unknown(old.side().table) && unknown(new.side().table) {
            return Err(Trouble::new(format!("neither side has a group `{}`", crate::report::one_line(group))).into());
        }
    }
    let progress = Progress::spin(globals, "comparing");
    let mut found = diff_with(old.side(), new.side(), at, &groups).map_err(|damage| Trouble::new(damage.to_string()))?;
    drop(progress);
    for (read, what) in [(&old, "everything is new"), (&new, "everything is gone")].into_iter().filter(|(read, _)| read.empty) {
        found.notes.insert(0, format!("there is no policy in {}: {what}", crate::report::one_line(&read.name)));
    }
    let how = How { all: args.expand, old: &old.name, new: &new.name, same_text };
    let mut all = args.gates.all();
    for gate in old.gates.iter().chain(&new.gates) {
        if !all.contains(gate) {
            all.push(gate.clone());
        }
    }
    for wanted in all.iter().filter_map(Gate::wanted) {
        known(wanted, [old.side().table, new.side().table])?;
    }
    if !globals.quiet {
        write(globals, args.format, &found, &how).map_err(output)?;
    }
    let breaches: Vec<_> = all.iter().filter_map(|gate| gate.breach(&found)).collect();
    let mut err = BufWriter::new(io::stderr().lock());
    for breach in &breaches {
        let _ = changes::breach(&mut err, &found, breach, &how);
    }
    let _ = err.flush();
    let fails = args.exit_code && !found.changes.is_empty() || !breaches.is_empty();
    Ok(if fails { Exit::Not } else { Exit::Fine })
}

/// Both sides, as they are named.
fn sides(globals: &Globals, args: &Args) -> Result<[Read; 2], Failure> {
    let here = || Read::here(globals.policy.as_deref(), "the work tree");
    let old = |text: &str| Read::named(globals, text).map_err(|failure| told(globals, failure, text));
    match (args.old.as_deref(), args.new.as_deref()) {
        (None, _) => {
            let history = History::of(Path::new("."))?;
            let (commit, name) = parted(&history)?;
            Ok([Read::then(&history, &commit, globals.policy.as_deref()).map_err(|f| told(globals, f, &name))?, here()?]
                .map_old(name))
        }
        (Some(range), None) if !Path::new(range).exists() && range.contains("..") => {
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
            Ok([read(&begin, &first)?, read(&second, &second)?].map_old(first))
        }
        (Some(first), None) => Ok([old(first)?, here()?]),
        (Some(first), Some(second)) => Ok([old(first)?, old(second)?]),
    }
}

trait Named {
    fn map_old(self, name: String) -> Self;
}

impl Named for [Read; 2] {
    fn map_old(mut self, name: String) -> Self {
        self[0].name = name;
        self
    }
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
    let remote = format!("origin/{target}");
    let target = if history.knows(&remote) { remote } else { target };
    let base = history.base(history.commit(&target)?, history.commit("HEAD")?)?;
    Ok((base.to_string(), target))
}

/// Says which side it is that has errors.
pub fn told(globals: &Globals, failure: Failure, name: &str) -> Failure {
    let Failure::Unsound(unsound) = failure else { return failure };
    let mut err = BufWriter::new(io::stderr().lock());
    let look = globals.look_err();
    let _ = human::write(&mut err, &unsound.sources, &unsound.findings, look).and_then(|()| err.flush());
    let message =
        format!("the policy of `{}` has errors, so it decides nothing and cannot be compared", crate::report::one_line(name));
    Trouble::new(message).help("compare with a revision in which it was sound, or mend the errors above").into()
}

/// Whether one side at least knows a permission.
fn known(wanted: &Wanted, tables: [&Table; 2]) -> Result<(), Failure> {
    let kinds = tables.iter().flat_map(|t| t.kinds().iter().map(move |k| (*t, k)));
    let kinds: Vec<_> = kinds.filter(|(_, k)| wanted.kind().is_none_or(|kind| kind == &*k.name)).collect();
    let (what, near) = if kinds.is_empty() {
        let names: Vec<&str> = tables.iter().flat_map(|t| t.kinds().iter().map(|k| &*k.name)).collect();
        let kind = wanted.kind().unwrap_or("");
        (format!("neither side has a kind `{kind}`"), did_you_mean(kind, names))
    } else {
        let mine = |(table, kind): &(&Table, &crate::model::kinds::Kind)| {
            let id = table.kind(&kind.name);
            id.is_some_and(|id| table.permission(id, &wanted.permission).is_some())
        };
        if kinds.iter().any(mine) {
            return Ok(());
        }
        let names = |k: &crate::model::kinds::Kind| {
            k.levels.iter().chain(k.features.iter()).chain(k.flats.iter()).map(str::to_owned).collect::<Vec<_>>()
        };
        let all: Vec<String> = kinds.iter().flat_map(|(_, k)| names(k)).collect();
        let near = did_you_mean(&wanted.permission, all.iter().map(String::as_str));
        (format!("neither side has a permission `{}`", wanted.permission), near)
    };
    let trouble = Trouble::new(what);
    Err(match near {
        Some(near) => trouble.help(near).into(),
        None => trouble.into(),
    })
}

impl Gates {
    fn all(&self) -> Vec<Gate> {
        let mut all = Vec::new();
        all.extend(self.no_new_access.then_some(Gate::NoNewAccess));
        all.extend(self.deny.iter().cloned().map(Gate::Deny));
        all.extend(self.max_lost.map(Gate::MaxLost));
        let bare = |user: &String| user.strip_prefix("user:").unwrap_or(user).to_owned();
        all.extend(self.forbid_self_grant.iter().map(bare).map(Gate::ForbidSelfGrant));
        all.extend(self.require_expiry.iter().cloned().map(Gate::RequireExpiry));
        all
    }
}

fn write(globals: &Globals, format: Format, diff: &Diff, how: &How<'_>) -> io::Result<()> {
    let color = globals.color_on(&io::stdout());
    let mut out = BufWriter::new(super::stdout());
    match format {
        Format::Text => changes::text(&mut out, diff, how, color)?,
        Format::Markdown => changes::markdown(&mut out, diff, how)?,
        Format::Html => changes::html(&mut out, diff, how)?,
        Format::Json => changes::json(&mut out, diff)?,
        Format::Sarif => changes::sarif(&mut out, diff, how)?,
        Format::Github => changes::github(&mut out, diff, how)?,
    }
    out.flush()
}
