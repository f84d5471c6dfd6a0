//! `roomkey log`: who gained and who lost with each commit.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use gix::ObjectId;

use super::diff::{Read, compiled, still};
use super::init::quoted;
use super::revision::{History, Told};
use super::{Exit, Failure, Globals, Outcome, Trouble, output, policy};
use crate::finding::did_you_mean;
use crate::query::diff::gates;
use crate::query::question::Resource;
use crate::report::{count, one_line};
use crate::table::view::Damage;
use crate::{Instant, Table};
use ahead::{Has, Stop, Way};
use pairs::{Asking, Pair, Step, Version};

mod ahead;
mod merges;
mod pairs;
mod told;

/// Which commits `log` tells, and of whom.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to begin
    #[arg(default_value = "HEAD")]
    revision: String,
    /// Stop at what this revision contains, or at commits before this date
    #[arg(long, value_name = "REVISION|DATE")]
    since: Option<String>,
    /// Tell only of this user
    #[arg(long, value_name = "USER", value_parser = gates::user)]
    user: Option<String>,
    /// Tell only of this resource
    #[arg(long, value_name = "KIND:ID")]
    resource: Option<String>,
    /// Tell at most so many commits
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Compare everyone with the groups that the policy gives alone, and not with others that a sign-in may name
    #[arg(long)]
    no_named_groups: bool,
    /// Show every name, where else a few are shown
    #[arg(long)]
    expand: bool,
    /// How to print the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  roomkey log                                             every commit that changed access, the newest first
  roomkey log --user marie@example.com --resource room:a32   when did marie get in, and by which commit?
  roomkey log --since v1 -p policies/

Each commit is compared with its first parent, at the time of the commit. A commit in which the policy has errors is \
named and passed over: the next sound one is compared with the last one before it, and names those in between. A commit \
that cannot be read is passed over, too, and makes the exit code 2.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object for each commit, on a line of its own
    Json,
}

/// A commit, by what its policy is known again, and its files.
struct Commit {
    id: ObjectId,
    told: Told,
    print: Option<Vec<ObjectId>>,
    files: Vec<ObjectId>,
}

/// A commit that was passed over, or that came with a merge.
struct Passed {
    id: ObjectId,
    told: Told,
    name: String,
    /// Whether its policy has errors, and it could be read.
    faulty: bool,
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    /// Commits that were told of, or could have been.
    seen: usize,
    /// Whether any commit has a policy.
    any: bool,
    /// Commits that could not be read.
    unread: Vec<String>,
    /// What to type where the first of them could not.
    remedy: Option<String>,
}

/// Prints each commit that changed access.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let history = History::of(Path::new("."))?;
    let place = globals.policy.as_deref();
    if let Some(trouble) = place.and_then(compiled) {
        return Err(trouble.into());
    }
    history.holds(place)?;
    let (past, from) = match &args.since {
        None => (HashSet::new(), None),
        Some(text) => match history.find(text)? {
            Some(commit) => (history.past(commit)?, None),
            None => (HashSet::new(), Some(text.parse::<Instant>().map_err(|_| since(text))?)),
        },
    };
    let resource = args.resource.as_deref().map(Resource::from).map(|r| {
        let missing = || Trouble::new("`--resource` names the kind and the id, such as `room:lobby`");
        r.kind.clone().map(|kind| (kind, r.id.clone())).ok_or_else(missing)
    });
    let resource = resource.transpose()?;
    let user = args.user.as_deref();
    let named = !args.no_named_groups;
    let mut teller = Teller {
        globals,
        args,
        history: &history,
        past: &past,
        asking: Asking { named, user, resource },
        met: Met::default(),
        out: BufWriter::new(super::stdout()),
        shown: 0,
        alone: false,
        unsaid: None,
        waiting: Vec::new(),
        held: Vec::new(),
    };
    let start = match history.find(&args.revision)? {
        Some(start) => start,
        None => match range(&history, &args.revision)? {
            Some(trouble) => return Err(trouble.into()),
            None => match folder(&history, &args.revision) {
                Some(trouble) => return Err(trouble.into()),
                None => history.commit(&args.revision)?,
            },
        },
    };
    let behind = |id: ObjectId, told: &Told| past.contains(&id) || from.is_some_and(|from| told.at < from);
    let mut way = Way::from(&history, place, start, &behind);
    let mut new: Option<(Commit, Version)> = None;
    let mut passed: Vec<Passed> = Vec::new();
    let (mut met, mut over, mut cut, mut stopped) = (Found::default(), false, false, false);
    loop {
        // What was read at once is told at once.
        if way.waits() || teller.is_full() {
            teller.tell_all()?;
        }
        let Some(stop) = way.onwards() else { break };
        let Stop { id, told, has } = match stop {
            Ok(stop) => stop,
            Err(failure) => {
                teller.release();
                teller.tell_all()?;
                return Err(failure);
            }
        };
        over |= behind(id, &told);
        if teller.is_full() || over && new.is_none() {
            // What was read last was compared with nothing yet.
            stopped = teller.is_full() && (new.is_some() || !over);
            if new.take().is_some() {
                met.seen -= 1 + passed.iter().filter(|p| !behind(p.id, &p.told)).count();
            }
            break;
        }
        met.seen += usize::from(!over);
        cut = told.cut;
        let name = history.short(id);
        // Nothing in the folders of the policy differs: it is the same policy, of an older commit.
        let same = |has: &Has| new.as_ref().is_some_and(|(last, _)| last.print.as_ref() == Some(&has.print));
        let has = has.and_then(|has| match &has.read {
            Some(_) if same(&has) => Ok(Has { read: None, ..has }),
            None if !same(&has) => Ok(Has { read: Some(way.again(id)?), ..has }),
            _ => Ok(has),
        });
        let mut commit = Commit { id, told, print: None, files: Vec::new() };
        let read = match has {
            Ok(Has { print, files, read }) => {
                met.any |= !files.is_empty();
                (commit.print, commit.files) = (Some(print), files);
                read
            }
            Err(Failure::Closed) => return Err(Failure::Closed),
            Err(failure) => {
                let other = |fault: &policy::Fault| matches!(fault, policy::Fault::Other(_));
                let faulty = !matches!(failure, Failure::Other(_));
                met.any |= faulty && !matches!(&failure, Failure::Faults(faults) if faults.iter().all(other));
                if !faulty {
                    met.unread.push(name.clone());
                    met.remedy = met.remedy.or_else(|| failure.help());
                }
                if !over || !faulty {
                    teller.broken(&commit, &name, &failure);
                }
                passed.push(Passed { id, told: commit.told, name, faulty });
                continue;
            }
        };
        let read = read.map(|read| Version { read: Arc::new(read), name: name.clone() });
        match (read, new.take()) {
            (None, Some((_, version))) if !over => {
                new = Some((commit, Version { name, ..version }));
                // What those in between changed is taken back.
                passed.clear();
                teller.release();
            }
            (Some(old), Some((last, version))) => {
                let kept = |path: &Path| history.has(last.id, path);
                // Of several that are gone nobody knows which one it was.
                let gone = || <[_; 1]>::try_from(history.gone(id, &kept)).ok().map(|[folder]| folder);
                let moved = if old.read.is_empty() { history.folder_of(id, &last.files).or_else(gone) } else { None };
                let own = place.unwrap_or(Path::new(""));
                let moved = moved.filter(|folder| !still(&history, last.id, folder, own));
                let note = moved.map(|folder| {
                    let folder = policy::name(&folder);
                    format!("the policy lay in `{folder}` before: `roomkey log --policy {folder} {name}` tells what came before")
                });
                teller.compare(Pair {
                    versions: [old.clone(), version],
                    commit: last,
                    passed: std::mem::take(&mut passed),
                    note,
                });
                new = Some((commit, old));
            }
            (Some(read), None) => {
                new = Some((commit, read));
                passed.clear();
                teller.release();
            }
            (None, last) => new = last,
        }
        if over {
            new = None;
            break;
        }
    }
    // The first commit is compared with nothing at all, and the oldest of a shallow clone with nobody knows what.
    let mut unknown = 0;
    if let Some((last, version)) = new {
        if cut {
            unknown = 1 + passed.len();
            teller.cut(passed.last(), &last, &version.name);
        } else if !teller.is_full() {
            let old = Version { read: Arc::new(Read::nothing("nothing".into())), name: "nothing".into() };
            teller.compare(Pair { versions: [old, version], commit: last, passed, note: None });
        } else {
            stopped = true;
            met.seen -= 1 + passed.len();
        }
    }
    teller.release();
    teller.tell_all()?;
    teller.out.flush().map_err(output)?;
    if met.seen > 0 && !met.any && met.unread.is_empty() {
        return Err(nowhere(globals, &history, start, met.seen));
    }
    teller.unmet()?;
    let told = match (met.seen.saturating_sub(unknown), teller.shown) {
        (0, _) if unknown > 0 => "no commit could be compared".to_owned(),
        (1, 0) => "1 commit, which changed no access".to_owned(),
        (1, _) => "1 commit, which changed access".to_owned(),
        (seen, shown) => format!("{}, {shown} of them changed access", count(seen, "commit")),
    };
    let older = match args.limit {
        Some(limit) if stopped => format!("; `-n {limit}` stops there, and older commits follow"),
        _ if unknown > 0 => "; older history is not here".into(),
        _ => String::new(),
    };
    globals.summary(&format!("{told}{older}"));
    let [first, rest @ ..] = &met.unread[..] else { return Ok(Exit::Fine) };
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let message =
        format!("{first}{more} could not be read, so that what changed there is told with the next commit or not at all");
    Err(Trouble::new(message).help(met.remedy.unwrap_or_else(|| history.remedy().into())).into())
}

/// That no commit has a policy where one was looked for.
fn nowhere(globals: &Globals, history: &History, start: ObjectId, seen: usize) -> Failure {
    let place = globals.policy.as_deref().map_or("this folder".to_owned(), |path| format!("`{}`", policy::name(path)));
    let message = match seen {
        1 => format!("there is no policy in {place}, in the one commit that was looked at"),
        _ => format!("there is no policy in {place}, in none of the {seen} commits that were looked at"),
    };
    let help = match history.policy_in(start) {
        Some(folder) => format!("name the folder of the policy, such as `roomkey log --policy {}`", one_line(&folder)),
        None => "name the folder of the policy with `--policy`, as it was called in the history".into(),
    };
    Trouble::new(message).help(help).into()
}

/// Who else may have made a change: commits that were passed over, in one sentence.
fn together(passed: &[Passed], faulty: bool) -> Option<String> {
    let all: Vec<&Passed> = passed.iter().filter(|p| p.faulty == faulty).collect();
    let names = listed(&all)?;
    Some(match (all.len(), faulty) {
        (1, true) => format!("together with {names}, which was passed over because its policy has errors"),
        (_, true) => format!("together with {names}, which were passed over because their policies have errors"),
        (1, false) => format!("together with {names}, which was passed over because it could not be read"),
        (_, false) => format!("together with {names}, which were passed over because they could not be read"),
    })
}

/// Commits and their authors, or a few and how many there are; none where there are none.
fn listed(all: &[&Passed]) -> Option<String> {
    let shown: Vec<String> = all.iter().take(SHOWN).map(|p| format!("{} ({})", p.name, one_line(&p.told.author))).collect();
    Some(match (shown.as_slice(), all.len().saturating_sub(SHOWN)) {
        ([], _) => return None,
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    })
}

/// What to type instead of two revisions with dots between them.
fn range(history: &History, text: &str) -> Result<Option<Trouble>, Failure> {
    let Some((from, to)) = text.split_once("..") else { return Ok(None) };
    let to = if to.is_empty() { "HEAD" } else { to };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-~^@".contains(&b));
    if !(plain(from) && plain(to) && history.find(from)?.is_some() && history.find(to)?.is_some()) {
        return Ok(None);
    }
    let message = format!("`{}` names two revisions, and `log` begins at one", one_line(text));
    Ok(Some(Trouble::new(message).help(format!("type `roomkey log {to} --since {from}`"))))
}

/// What to type where a policy is named in the place of a revision.
fn folder(history: &History, text: &str) -> Option<Trouble> {
    let path = Path::new(text);
    let message = format!("`{}` is a path here and no revision, and `log` begins at a revision", one_line(text));
    let help = format!("type `roomkey log --policy {}`", one_line(&quoted(text)));
    (path.exists() && history.holds(Some(path)).is_ok()).then(|| Trouble::new(message).help(help))
}

fn since(text: &str) -> Trouble {
    let message = format!("`{}` is neither a revision of git nor a date", one_line(text));
    Trouble::new(message).help("type a tag, a branch or a commit, or a date such as `2026-01-31`")
}

/// Commits that a sentence names.
const SHOWN: usize = 4;

/// What of the question some commit knows.
#[derive(Default)]
struct Met {
    kinds: BTreeSet<String>,
    resource: bool,
    user: bool,
    /// Whether any was compared.
    any: bool,
    /// The closest resource to one that none knows.
    near: Option<String>,
}

struct Teller<'a> {
    globals: &'a Globals,
    args: &'a Args,
    history: &'a History,
    /// What `--since` names and every commit before it.
    past: &'a HashSet<ObjectId>,
    asking: Asking<'a>,
    met: Met,
    out: BufWriter<super::Stdout>,
    shown: usize,
    /// Whether sign-ins were left out that name groups which the policy does not give.
    alone: bool,
    /// Where the policy lay before, if no commit that is shown says so.
    unsaid: Option<String>,
    /// What is still to be told, in its order.
    waiting: Vec<Step>,
    /// What stands behind the next commit that is told.
    held: Vec<Step>,
}

impl Teller<'_> {
    /// Notes what two sides know of the user and the resource.
    fn meet(&mut self, tables: [&Table; 2]) -> Result<(), Damage> {
        self.met.any = true;
        for table in tables {
            if let Some(user) = self.asking.user {
                self.met.user = self.met.user || table.user(user)?.is_some();
            }
            let Some((kind, id)) = self.asking.resource.as_ref().filter(|_| !self.met.resource) else { continue };
            self.met.kinds.extend(table.kinds().iter().map(|k| k.name.to_string()));
            let Some(number) = table.kind(kind) else { continue };
            self.met.resource = table.resource(number, id)?.is_some();
            if !self.met.resource && self.met.near.is_none() {
                let all: Vec<&str> = table.resources(number).map(|r| table.resource_name(r?)).collect::<Result<_, _>>()?;
                self.met.near = did_you_mean(id, all);
            }
        }
        Ok(())
    }

    /// Says what no commit knows: a kind is an error, as in every question; nobody has anything on a resource, and a user
    /// is as every stranger.
    fn unmet(&self) -> Result<(), Failure> {
        let Met { kinds, resource, user, any, near } = &self.met;
        if !any {
            return Ok(());
        }
        if let Some((kind, id)) = self.asking.resource.as_ref().filter(|_| !resource) {
            if !kinds.contains(kind) {
                let message = format!("no commit that was compared has a kind `{}`", one_line(kind));
                return Err(Trouble { message, help: did_you_mean(kind, kinds.iter().map(String::as_str)) }.into());
            }
            let near = near.as_ref().map_or(String::new(), |near| format!("; {near}"));
            self.globals.summary(&format!("note: no commit that was compared knows {} {}{near}", one_line(kind), one_line(id)));
        }
        if let Some(note) = &self.unsaid {
            self.globals.summary(&format!("note: {}", one_line(note)));
        }
        if self.alone {
            self.globals.summary(
                "note: everyone was compared with the groups that the policy gives, and not with others that a sign-in may name",
            );
        }
        if let Some(name) = self.asking.user.filter(|_| !user) {
            let name = one_line(name);
            self.globals.summary(&format!("note: no commit that was compared names user {name}: it is as every stranger"));
        }
        Ok(())
    }
}
