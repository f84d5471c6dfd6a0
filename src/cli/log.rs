//! `roomkey log`: who gained and who lost with each commit.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use gix::ObjectId;
use serde_json::json;

use super::diff::{Read, compiled, leave_out_named_groups};
use super::revision::{History, Told};
use super::{Exit, Failure, Globals, Outcome, Trouble, output, policy};
use crate::finding::did_you_mean;
use crate::query::diff::{Asked, Diff, diff_as, shown_as};
use crate::query::question::Resource;
use crate::report::changes::{self, How, Text};
use crate::report::{count, one_line};
use crate::table::view::Damage;
use crate::{Instant, Table};

mod merges;

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
    #[arg(long, value_name = "USER")]
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
    let user = args.user.as_deref().map(|u| u.strip_prefix("user:").unwrap_or(u));
    let out = BufWriter::new(super::stdout());
    let mut teller = Teller {
        globals,
        args,
        history: &history,
        past: &past,
        user,
        resource,
        met: Met::default(),
        out,
        shown: 0,
        alone: false,
        unsaid: None,
    };
    let start = history.commit(&args.revision)?;
    let mut next = Some(start);
    let mut new: Option<(Commit, Read)> = None;
    let mut passed: Vec<Passed> = Vec::new();
    let (mut met, mut over, mut cut) = (Found::default(), false, false);
    while let Some(id) = next {
        let told = history.told(id)?;
        over |= past.contains(&id) || from.is_some_and(|from| told.at < from);
        let full = args.limit.is_some_and(|limit| teller.shown >= limit);
        if full || over && new.is_none() {
            new = None;
            break;
        }
        met.seen += usize::from(!over);
        (next, cut) = (told.parent, told.cut);
        let name = history.short(id);
        let read = history.then(id, place).and_then(|then| {
            let (print, files) = (then.print().to_vec(), then.files());
            // Nothing in the folders of the policy differs: it is the same policy, of an older commit.
            let same = new.as_ref().is_some_and(|(last, _)| last.print.as_ref() == Some(&print));
            let read = match (same, then.is_empty()) {
                (true, _) => None,
                (_, true) => Some(Read::nothing(name.clone())),
                _ => {
                    let gates = then.manifest().diff.clone();
                    Some(Read::whole(then.policy()?, name.clone(), gates))
                }
            };
            Ok((print, files, read))
        });
        let mut commit = Commit { id, told, print: None, files: Vec::new() };
        let read = match read {
            Ok((print, files, read)) => {
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
                    teller.broken(&commit, &name, &failure).map_err(output)?;
                }
                passed.push(Passed { id, told: commit.told, name, faulty });
                continue;
            }
        };
        match (read, &mut new) {
            (None, Some((last, new))) if !over => {
                *last = commit;
                new.name = name;
                // What those in between changed is taken back.
                passed.clear();
            }
            (Some(read), Some((last, new))) => {
                let kept = |path: &Path| history.has(last.id, path);
                // Of several that are gone nobody knows which one it was.
                let gone = || <[_; 1]>::try_from(history.gone(id, &kept)).ok().map(|[folder]| folder);
                let moved = if read.is_empty() { history.folder_of(id, &last.files).or_else(gone) } else { None };
                let note = moved.map(|folder| {
                    let folder = policy::name(&folder);
                    format!("the policy lay in `{folder}` before: `roomkey log --policy {folder} {name}` tells what came before")
                });
                teller.compare(&read, new, last, &passed, note.as_deref())?;
                (*last, *new) = (commit, read);
                passed.clear();
            }
            (Some(read), None) => {
                new = Some((commit, read));
                passed.clear();
            }
            (None, _) => {}
        }
        if over {
            new = None;
            break;
        }
    }
    // The first commit is compared with nothing at all, and the oldest of a shallow clone with nobody knows what.
    let mut unknown = 0;
    if let Some((last, new)) = new {
        if cut {
            unknown = 1 + passed.len();
            teller.cut(&last, &new.name).map_err(output)?;
        } else {
            teller.compare(&Read::nothing("nothing".into()), &new, &last, &passed, None)?;
        }
    }
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
    let older = if unknown > 0 { "; older history is not here" } else { "" };
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
    user: Option<&'a str>,
    resource: Option<(String, String)>,
    met: Met,
    out: BufWriter<super::Stdout>,
    shown: usize,
    /// Whether sign-ins were left out that name groups which the policy does not give.
    alone: bool,
    /// Where the policy lay before, if no commit that is shown says so.
    unsaid: Option<String>,
}

impl Teller<'_> {
    fn compare(&mut self, old: &Read, new: &Read, commit: &Commit, passed: &[Passed], note: Option<&str>) -> Result<(), Failure> {
        let damage = |damage: Damage| Trouble::new(damage.to_string());
        let tables = [old.side().table, new.side().table];
        self.meet(tables).map_err(damage)?;
        self.alone |= !self.names(old, new);
        let found = self.found(old, new, commit.told.at).map_err(damage)?;
        let Some(found) = found.filter(|_| self.args.limit.is_none_or(|limit| self.shown < limit)) else {
            self.unsaid = note.map(str::to_owned).or(self.unsaid.take());
            return Ok(());
        };
        self.shown += 1;
        let how = How { all: self.args.expand, old: &old.name, new: &new.name, text: Text::Other };
        let brought = self.brought(&commit.told);
        self.tell(&found, commit, &how, (passed, &brought), note).map_err(output)
    }

    /// Whether sign-ins that name other groups are compared.
    fn names(&self, old: &Read, new: &Read) -> bool {
        !(self.args.no_named_groups || leave_out_named_groups(old, new))
    }

    /// What differs of what is asked about, if anything does.
    fn found(&self, old: &Read, new: &Read, at: Instant) -> Result<Option<Diff>, Damage> {
        let tables = [old.side().table, new.side().table];
        let asked = Asked { groups: &[], named: self.names(old, new) };
        let found = diff_as(old.side(), new.side(), at, &asked)?;
        let found = match &self.resource {
            Some((kind, id)) => {
                let Some(shown) = shown_as(tables, kind, id)? else { return Ok(None) };
                found.only(self.user, Some((kind, &shown, id)))
            }
            None => found.only(self.user, None),
        };
        Ok(Some(found).filter(|found| !(found.changes.is_empty() && found.moved.is_empty())))
    }

    /// Notes what two sides know of the user and the resource.
    fn meet(&mut self, tables: [&Table; 2]) -> Result<(), Damage> {
        self.met.any = true;
        for table in tables {
            if let Some(user) = self.user {
                self.met.user = self.met.user || table.user(user)?.is_some();
            }
            let Some((kind, id)) = self.resource.as_ref().filter(|_| !self.met.resource) else { continue };
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
        if let Some((kind, id)) = self.resource.as_ref().filter(|_| !resource) {
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
        if let Some(name) = self.user.filter(|_| !user) {
            let name = one_line(name);
            self.globals.summary(&format!("note: no commit that was compared names user {name}: it is as every stranger"));
        }
        Ok(())
    }

    fn tell(
        &mut self,
        found: &Diff,
        commit: &Commit,
        how: &How<'_>,
        (passed, (brought, more)): (&[Passed], &(Vec<Passed>, usize)),
        note: Option<&str>,
    ) -> io::Result<()> {
        let Told { at, author, subject, .. } = &commit.told;
        if self.args.format == Format::Json {
            let (id, at) = (commit.id.to_string(), at.to_string());
            let mut line = json!({"commit": id, "date": at, "author": author, "subject": subject, "diff": changes::value(found)});
            if let Some(note) = note {
                line["note"] = note.into();
            }
            let one = |p: &Passed| json!({"commit": p.id.to_string(), "date": p.told.at.to_string(), "author": p.told.author, "subject": p.told.subject});
            for (name, commits) in [("together", passed), ("brings", &brought[..])].into_iter().filter(|(_, all)| !all.is_empty())
            {
                line[name] = commits.iter().map(one).collect();
            }
            if *more > 0 {
                line["older"] = (*more).into();
            }
            return writeln!(self.out, "{line}");
        }
        let color = self.globals.color_on(&io::stdout());
        let day = at.to_string();
        let head = format!("{} {} {}", how.new, day.split('T').next().unwrap_or(""), one_line(author));
        let head = if color { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head };
        writeln!(self.out, "{}{head}\n    {}", if self.shown > 1 { "\n" } else { "" }, one_line(subject))?;
        for other in [true, false].into_iter().filter_map(|faulty| together(passed, faulty)) {
            writeln!(self.out, "    {other}")?;
        }
        let since = one_line(self.args.since.as_deref().unwrap_or(""));
        for (known, and) in [(false, String::new()), (true, format!(", which `{since}` contains"))] {
            let all: Vec<&Passed> = brought.iter().filter(|p| self.past.contains(&p.id) == known).collect();
            if let Some(names) = listed(&all) {
                writeln!(self.out, "    it merges {names}{and}")?;
            }
        }
        if let Some(tip) = commit.told.merged.first().filter(|_| *more > 0) {
            let (more, tip) = (count(*more, "older commit"), self.history.short(*tip));
            writeln!(self.out, "    it merges {more} more, of which `roomkey log {tip}` tells")?;
        }
        writeln!(self.out, "    {}", changes::summary(found, how))?;
        if let Some(note) = note {
            writeln!(self.out, "    note: {}", one_line(note))?;
        }
        changes::causes(&mut self.out, found, how, color, "  ")
    }

    fn broken(&mut self, commit: &Commit, name: &str, failure: &Failure) -> io::Result<()> {
        let why = failure.sentence();
        let Told { at, author, subject, .. } = &commit.told;
        if self.args.format == Format::Json {
            let (id, at) = (commit.id.to_string(), at.to_string());
            let findings = match failure {
                Failure::Unsound(unsound) => unsound.findings.len(),
                _ => 1,
            };
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "findings": findings, "why": why});
            return writeln!(self.out, "{line}");
        }
        if self.globals.quiet {
            return Ok(());
        }
        writeln!(io::stderr(), "{name}: {why}; it is passed over")
    }

    /// Says that the history goes on where nobody can look.
    fn cut(&mut self, commit: &Commit, name: &str) -> io::Result<()> {
        let help = "fetch the whole history (`git fetch --unshallow`) to see what came before";
        let unknown = "a shallow clone ends here, so that what this commit and those before it changed is not known";
        if self.args.format == Format::Json {
            let (id, Told { at, author, subject, .. }) = (commit.id.to_string(), &commit.told);
            let at = at.to_string();
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "unknown": unknown});
            return writeln!(self.out, "{line}");
        }
        if self.globals.quiet {
            return Ok(());
        }
        writeln!(io::stderr(), "{name}: {unknown}; {help}")
    }
}
