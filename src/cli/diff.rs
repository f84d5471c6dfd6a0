//! `roomkey diff`: who gains and who loses between two policies.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::check::{instant, now};
use super::{Exit, Failure, Globals, Outcome, Trouble, answers, output, policy};
use crate::query::diff::{Diff, Side, diff};
use crate::report::changes::{self, How};
use crate::{Instant, Policy, Table};

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
    /// Show every name, where else a few are shown
    #[arg(long)]
    expand: bool,
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
  roomkey diff old.rkb new.rkb --format json";

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
enum Read {
    Whole(Box<Policy>),
    Compiled(Table),
}

impl Read {
    fn of(path: Option<&Path>) -> Result<Read, Failure> {
        if let Some(path) = path.filter(|p| answers::is_table(p)) {
            return answers::open(path).map(Read::Compiled);
        }
        let paths: Vec<PathBuf> = path.iter().map(|p| p.to_path_buf()).collect();
        Ok(Read::Whole(Box::new(policy::load(&paths)?.policy()?)))
    }

    fn side(&self) -> Side<'_> {
        match self {
            Read::Whole(policy) => Side { table: policy.table(), from: Some((policy.model(), policy.sources())) },
            Read::Compiled(table) => Side { table, from: None },
        }
    }
}

/// Prints who gains and who loses.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let at = args.at.unwrap_or_else(now);
    let old = Read::of(Some(&args.old))?;
    let new = Read::of(args.new.as_deref().or(globals.policy.as_deref()))?;
    let same_text = old.side().table.source_digest() == new.side().table.source_digest();
    let found = diff(old.side(), new.side(), at).map_err(|damage| Trouble::new(damage.to_string()))?;
    let how = How { all: args.expand, old: "the old policy", new: "the new one", same_text };
    if !globals.quiet {
        write(globals, args.format, &found, &how).map_err(output)?;
    }
    let fails = args.exit_code && !found.changes.is_empty() || args.no_new_access && found.widens();
    Ok(if fails { Exit::Not } else { Exit::Fine })
}

fn write(globals: &Globals, format: Format, diff: &Diff, how: &How<'_>) -> io::Result<()> {
    let color = globals.color_on(&io::stdout());
    let mut out = BufWriter::new(io::stdout().lock());
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
