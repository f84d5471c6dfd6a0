//! `roomkey diff`: who gains and who loses between two policies.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use super::check::{instant, now};
use super::{Exit, Globals, Outcome, Trouble, answers, output};
use crate::Instant;
use crate::query::diff::{Change, Subject, diff};

/// What `diff` compares.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The old policy: a folder, a `.rk` file, a `roomkey.toml` or a `.rkb`
    old: PathBuf,
    /// The new policy [default: the policy of `--policy`]
    new: Option<PathBuf>,
    /// The time to compare at, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Exit with 1 if any access changed
    #[arg(long)]
    exit_code: bool,
    /// Exit with 1 if anyone gains access
    #[arg(long)]
    no_new_access: bool,
    /// How to print the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  roomkey diff ../main/policies policies
  roomkey diff released.rkb --no-new-access
  roomkey diff old.rkb new.rkb --format json

Every user that either side names, a stranger, and a stranger with each group named at sign-in are asked
about every resource of either side, and about one undeclared resource for each pattern. The time that it
takes grows with users times resources.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Prints who gains and who loses.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let at = args.at.unwrap_or_else(now);
    let side =
        |path: &Path| answers::table(&Globals { policy: Some(path.to_owned()), color: globals.color, quiet: globals.quiet });
    let old = side(&args.old)?;
    let new = args.new.as_deref().map_or_else(|| answers::table(globals), side)?;
    let changes = diff(&old, &new, at).map_err(|damage| Trouble::new(damage.to_string()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.format {
        _ if globals.quiet => Ok(()),
        Format::Text => text(&mut out, &changes),
        Format::Json => as_json(&mut out, &changes),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    let widened = changes.iter().any(|c| !c.gained.is_empty());
    let fails = args.exit_code && !changes.is_empty() || args.no_new_access && widened;
    Ok(if fails { Exit::Not } else { Exit::Fine })
}

fn who(subject: &Subject) -> String {
    match subject {
        Subject::Stranger => "a stranger".into(),
        Subject::Group(name) => format!("a stranger with group {name}"),
        Subject::User(name) => format!("user {name}"),
    }
}

/// A line for each subject and list of permissions: gains first, and strangers before users.
fn text(out: &mut impl Write, changes: &[Change]) -> io::Result<()> {
    if changes.is_empty() {
        return writeln!(out, "no access changes");
    }
    let mut lines: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for c in changes {
        for (loses, list) in [(false, &c.gained), (true, &c.lost)] {
            if !list.is_empty() {
                lines.entry((loses, &c.subject, &c.kind, list)).or_default().push(format!("{}:{}", c.kind, c.resource));
            }
        }
    }
    for ((loses, subject, _, list), resources) in lines {
        let (sign, verb) = if loses { ('-', "loses") } else { ('+', "gains") };
        writeln!(out, "{sign} {} {verb} {} on {}", who(subject), list.join(", "), resources.join(", "))?;
    }
    Ok(())
}

fn as_json(out: &mut impl Write, changes: &[Change]) -> io::Result<()> {
    let one = |c: &Change| {
        let subject = match &c.subject {
            Subject::Stranger => "stranger".into(),
            Subject::Group(name) => format!("group:{name}"),
            Subject::User(name) => format!("user:{name}"),
        };
        json!({"subject": subject, "resource": format!("{}:{}", c.kind, c.resource), "gained": c.gained, "lost": c.lost})
    };
    writeln!(out, "{}", json!({"changes": changes.iter().map(one).collect::<Vec<_>>()}))
}
