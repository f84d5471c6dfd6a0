//! `roomkey log`: who gained and who lost with each commit.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use gix::ObjectId;
use serde_json::json;

use super::diff::Read;
use super::revision::{History, Then, Told};
use super::{Exit, Failure, Globals, Outcome, Trouble, output};
use crate::Instant;
use crate::query::diff::{Diff, diff};
use crate::query::question::Resource;
use crate::report::changes::{self, How};
use crate::report::{count, one_line};

/// Which commits `log` tells, and of whom.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to begin
    #[arg(default_value = "HEAD")]
    revision: String,
    /// Stop at this revision, or at commits before this date
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

Each commit is compared with its first parent, at the time of the commit. A commit in which the policy has errors is
named and passed over: the next sound one is compared with the last one before it.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object for each commit, on a line of its own
    Json,
}

/// A commit, and by what its policy is known again.
struct Commit {
    id: ObjectId,
    told: Told,
    print: Option<Vec<ObjectId>>,
}

/// Prints each commit that changed access.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let history = History::of(Path::new("."))?;
    let (end, from) = match &args.since {
        None => (None, None),
        Some(text) if history.knows(text) => (Some(history.commit(text)?), None),
        Some(text) => (None, Some(text.parse::<Instant>().map_err(|_| since(text))?)),
    };
    let resource = args.resource.as_deref().map(Resource::from).map(|r| {
        let missing = || Trouble::new("`--resource` names the kind and the id, such as `room:lobby`");
        r.kind.clone().map(|kind| (kind, r.id.clone())).ok_or_else(missing)
    });
    let resource = resource.transpose()?;
    let user = args.user.as_deref().map(|u| u.strip_prefix("user:").unwrap_or(u));
    let mut teller = Teller { globals, args, out: BufWriter::new(io::stdout().lock()), shown: 0 };
    let mut next = Some(history.commit(&args.revision)?);
    let mut new: Option<(Commit, Read)> = None;
    let mut seen = 0usize;
    while let Some(id) = next {
        if args.limit.is_some_and(|limit| teller.shown >= limit) {
            break;
        }
        let told = history.told(id)?;
        next = told.parent;
        let over = end == Some(id) || from.is_some_and(|from| told.at < from);
        seen += usize::from(!over);
        let then = history.then(id, globals.policy.as_deref())?;
        let commit = Commit { id, told, print: then.as_ref().map(|then| then.print().to_vec()) };
        // Nothing in the folders of the policy differs: it is the same policy, of an older commit.
        if let Some((last, _)) = new.as_mut().filter(|(last, _)| last.print == commit.print) {
            *last = commit;
            if over { break } else { continue }
        }
        let name = history.short(id);
        let read = match then.map(Then::policy) {
            None => Read::nothing(name),
            Some(Ok(policy)) => Read::whole(policy, name),
            Some(Err(Failure::Unsound(unsound))) => {
                teller.broken(&commit, &name, unsound.findings.len()).map_err(output)?;
                if over { break } else { continue }
            }
            Some(Err(other)) => return Err(other),
        };
        if let Some((last, new)) = &new {
            teller.compare(&read, new, last, user, resource.as_ref())?;
        }
        new = Some((commit, read));
        if over {
            new = None;
            break;
        }
    }
    // The first commit is compared with nothing at all.
    if let Some((last, new)) = new.filter(|_| next.is_none()) {
        teller.compare(&Read::nothing("nothing".into()), &new, &last, user, resource.as_ref())?;
    }
    teller.out.flush().map_err(output)?;
    globals.summary(&format!("{}, {} of them changed access", count(seen, "commit"), teller.shown));
    Ok(Exit::Fine)
}

fn since(text: &str) -> Trouble {
    let message = format!("`{}` is neither a revision of git nor a date", one_line(text));
    Trouble::new(message).help("type a tag, a branch or a commit, or a date such as `2026-01-31`")
}

struct Teller<'a> {
    globals: &'a Globals,
    args: &'a Args,
    out: BufWriter<io::StdoutLock<'static>>,
    shown: usize,
}

impl Teller<'_> {
    fn compare(
        &mut self,
        old: &Read,
        new: &Read,
        commit: &Commit,
        user: Option<&str>,
        resource: Option<&(String, String)>,
    ) -> Result<(), Failure> {
        let found = diff(old.side(), new.side(), commit.told.at).map_err(|damage| Trouble::new(damage.to_string()))?;
        let found = found.only(user, resource.map(|(kind, id)| (kind.as_str(), id.as_str())));
        if found.changes.is_empty() || self.args.limit.is_some_and(|limit| self.shown >= limit) {
            return Ok(());
        }
        self.shown += 1;
        if self.globals.quiet {
            return Ok(());
        }
        let how = How { all: self.args.expand, old: &old.name, new: &new.name, same_text: false };
        self.tell(&found, commit, &how).map_err(output)
    }

    fn tell(&mut self, found: &Diff, commit: &Commit, how: &How<'_>) -> io::Result<()> {
        let Told { at, author, subject, .. } = &commit.told;
        if self.args.format == Format::Json {
            let (id, at) = (commit.id.to_string(), at.to_string());
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "diff": changes::value(found)});
            return writeln!(self.out, "{line}");
        }
        let color = self.globals.color_on(&io::stdout());
        let day = at.to_string();
        let head = format!("{} {} {}", how.new, day.split('T').next().unwrap_or(""), one_line(author));
        let head = if color { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head };
        writeln!(self.out, "{}{head}\n    {}", if self.shown > 1 { "\n" } else { "" }, one_line(subject))?;
        writeln!(self.out, "    {}", changes::summary(found, how))?;
        changes::causes(&mut self.out, found, how, color, "  ")
    }

    fn broken(&mut self, commit: &Commit, name: &str, findings: usize) -> io::Result<()> {
        if self.globals.quiet {
            return Ok(());
        }
        let Told { at, author, subject, .. } = &commit.told;
        if self.args.format == Format::Json {
            let (id, at) = (commit.id.to_string(), at.to_string());
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "findings": findings});
            return writeln!(self.out, "{line}");
        }
        writeln!(io::stderr(), "{name}: the policy has errors ({}), and is passed over", count(findings, "finding"))
    }
}
