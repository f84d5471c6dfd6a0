//! `roomkey test`: the tests and invariants of the policy.

mod outputs;

use std::path::PathBuf;

use super::check::{instant, now, trouble};
use super::progress::Progress;
use super::{Exit, Globals, Outcome, Trouble, policy, print};
use crate::query::coverage;
use crate::query::prove::{When, prove};
use crate::report::tried::{self as words, More};
use crate::{Instant, Policy};
use outputs::{Format, Output};

/// What `test` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders, `.rk` files or manifests, read together as one set [default: the policy]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests and invariants whose name holds this, also for `--coverage` and `--mutate`
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    filter: String,
    /// The time of questions that name none, and from when on invariants hold [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Prove invariants for one time only, and not for those at which something ends
    #[arg(long)]
    now_only: bool,
    /// How to print what was found
    #[arg(long, default_value = "text")]
    format: Format,
    /// Write it to a file too, as `text`, `json`, `junit` or `lcov` (repeatable)
    #[arg(long, value_name = "FORMAT=FILE")]
    output: Vec<Output>,
    /// Pass where there is nothing to try
    #[arg(long)]
    allow_empty: bool,
    /// Where all hold, list the statements whose loss none would notice
    #[arg(long)]
    coverage: bool,
    /// Print every source line with what is noticed of it
    #[arg(long, requires = "coverage")]
    listing: bool,
    /// Fail where less than this percentage is noticed
    #[arg(long, value_name = "N", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Where all hold, change one thing at a time, and print the tests that are missing
    #[arg(long)]
    mutate: bool,
    /// Fail where less than this percentage of the mutants is noticed
    #[arg(long, value_name = "N", requires = "mutate", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_killed: Option<u8>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey test                                    all of them
  roomkey test --filter contractors               those with this word in their name
  roomkey test --format junit > results.xml       for CI
  roomkey test --coverage --min-coverage 80       what no test would miss
  roomkey test --coverage --output lcov=rk.info   for the coverage views of other tools
  roomkey test --mutate                           the tests that are missing

A test asks questions and knows the answers; an invariant is proved over every user, strangers, and \
strangers in each group, on every resource that it speaks of, now and whenever something ends. The \
exit code is 0 where all hold, 1 where one fails or too little is noticed, 2 where there is none or \
the policy has errors.";

/// Tries all of them, and prints what does not hold.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    outputs::fit(args.format, &args.output, args.coverage, args.mutate)?;
    let paths = policy::named(globals, &args.paths)?;
    let progress = Progress::spin(globals, "trying tests and invariants");
    let policy = policy::load(paths)?.policy()?;
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
    if args.format == Format::Text {
        let words = if globals.quiet { words::failures } else { words::text };
        print(|out| words(out, sources, &tried, globals.look_out().columns))?;
    }
    let more = if tried.failed == 0 { more(globals, args, &policy, when)? } else { More::default() };
    match args.format {
        Format::Text => print(|out| outputs::rest(out, sources, &more, args.listing))?,
        Format::Json => print(|out| words::json(out, sources, &tried, &more))?,
        Format::Junit => print(|out| words::junit(out, sources, &tried))?,
    }
    args.output.iter().try_for_each(|output| output.write(sources, &tried, &more))?;
    unmeasured(globals, args, tried.failed);
    let least = |least: Option<u8>, has: Option<usize>| least.zip(has).is_none_or(|(least, has)| has >= usize::from(least));
    let enough = least(args.min_coverage, more.coverage.as_ref().map(|all| coverage::percentage(all)))
        && least(args.min_killed, more.mutants.as_ref().map(|all| all.percentage()));
    Ok(if tried.failed == 0 && enough { Exit::Fine } else { Exit::Not })
}

/// Says what was asked for and not looked at, since not all hold, and which files were therefore not written.
fn unmeasured(globals: &Globals, args: &Args, failed: usize) {
    let what = match (args.coverage, args.mutate) {
        _ if failed == 0 => return,
        (false, false) => return,
        (true, false) => "coverage is",
        (false, true) => "mutants are",
        (true, true) => "coverage and mutants are",
    };
    globals.note(&format!("{what} measured where all tests hold"));
    for path in args.output.iter().filter(|output| output.is_lcov()).map(Output::path) {
        let stale = if path.exists() { "; what it holds is of an earlier run" } else { "" };
        globals.note(&format!("`{}` was not written{stale}", path.display()));
    }
}

/// Looks at what would be noticed.
fn more(globals: &Globals, args: &Args, policy: &Policy, when: When) -> Result<More, super::Failure> {
    let mut more = More::default();
    if args.coverage {
        let progress = Progress::over(globals, "taking out each statement");
        more.coverage =
            Some(policy.coverage(when, &args.filter, &|done, all| progress.step(done, all)).map_err(|e| trouble(&e))?);
    }
    if args.mutate {
        let progress = Progress::over(globals, "changing one thing at a time");
        more.mutants = Some(policy.mutants(when, &args.filter, &|done, all| progress.step(done, all)).map_err(|e| trouble(&e))?);
    }
    Ok(more)
}
