//! `roomkey test`: the tests and invariants of the policy.

use std::path::PathBuf;

use clap::ValueEnum;

use super::check::{instant, now, trouble};
use super::progress::Progress;
use super::{Exit, Globals, Outcome, Trouble, answer, policy, print};
use crate::query::coverage;
use crate::query::prove::{When, prove};
use crate::report::tried as words;
use crate::{Instant, Policy};

/// What `test` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders, `.rk` files or manifests, read together as one set [default: the policy]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests and invariants whose name holds this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    filter: String,
    /// The time of questions that name none, and from when on invariants hold [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Prove invariants for one time only, and not for those at which something ends
    #[arg(long)]
    now_only: bool,
    /// How to print what fails
    #[arg(long, default_value = "text")]
    format: Format,
    /// Pass where there is nothing to try
    #[arg(long)]
    allow_empty: bool,
    /// Where all hold, list the statements whose loss none would notice
    #[arg(long, conflicts_with_all = ["filter", "format"])]
    coverage: bool,
    /// Fail where less than this percentage is noticed
    #[arg(long, value_name = "N", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey test                                    all of them
  roomkey test --filter contractors               those with this word in their name
  roomkey test --format junit > results.xml       for CI
  roomkey test --coverage --min-coverage 80       what no test would miss

A test asks questions and knows the answers; an invariant is proved over every user, strangers, and
strangers in each group, on every resource that it speaks of, now and whenever something ends. The
exit code is 0 where all hold, 1 where one fails, 2 where there is none or the policy has errors.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The line, the answer and the reason
    Text,
    /// One JSON object
    Json,
    /// JUnit XML
    Junit,
}

/// Tries all of them, and prints what does not hold.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let from_option: Vec<PathBuf> = globals.policy.iter().cloned().collect();
    let progress = Progress::spin(globals, "trying tests and invariants");
    let mut policy = policy::load(if args.paths.is_empty() { &from_option } else { &args.paths })?.policy()?;
    let when = When { now: args.at.unwrap_or_else(now), now_only: args.now_only };
    let tried = prove(policy.table(), policy.model(), &args.filter, when).map_err(|e| trouble(&e))?;
    drop(progress);
    if tried.passed.is_empty() && tried.failed == 0 && !args.allow_empty {
        let (found, help) = match args.filter.is_empty() {
            true => ("the policy has no tests".to_owned(), "write one: `test \"ann reads\" { user ann can read on room lobby }`"),
            false => (format!("no test or invariant has `{}` in its name", args.filter), "leave `--filter` out to try all"),
        };
        return Err(Trouble::new(found).help(help).into());
    }
    let sources = policy.sources();
    match args.format {
        Format::Text => answer(globals, |out| words::text(out, sources, &tried))?,
        Format::Json => print(|out| words::json(out, sources, &tried))?,
        Format::Junit => print(|out| words::junit(out, sources, &tried))?,
    }
    if tried.failed > 0 {
        return Ok(Exit::Not);
    }
    if args.coverage { covered(globals, args, &mut policy, when) } else { Ok(Exit::Fine) }
}

/// Lists what nothing would miss, with the percentage of what something would.
fn covered(globals: &Globals, args: &Args, policy: &mut Policy, when: When) -> Outcome {
    let progress = Progress::spin(globals, "taking out each statement");
    let all = policy.coverage(when).map_err(|e| trouble(&e))?;
    drop(progress);
    let percentage = coverage::percentage(&all);
    answer(globals, |out| words::coverage(out, policy.sources(), &all))?;
    let enough = args.min_coverage.is_none_or(|least| percentage >= usize::from(least));
    Ok(if enough { Exit::Fine } else { Exit::Not })
}
