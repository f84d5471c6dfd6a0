//! `roomkey build`: compiles a policy to a table.

use std::path::PathBuf;

use super::answers::is_table;
use super::progress::Progress;
use super::{Exit, Globals, Outcome, Trouble, policy};
use crate::report::{Tally, count};
use crate::table::file;

/// What `build` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The table to write; one that is there is replaced as a whole
    #[arg(short, long, value_name = "FILE.rkb")]
    output: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  roomkey build -o acme.rkb                            compile the policy of this folder
  roomkey build -p policies -o /srv/acme.rkb           readers see the old table or the new one, whole
  roomkey check -p acme.rkb marie@example.com write room:a32

The same policy gives the same bytes on every machine. A policy with errors writes nothing, and \
the exit code is 2.";

/// Compiles the policy and replaces the table.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    if !is_table(&args.output) {
        let shown = policy::name(&args.output);
        return Err(Trouble::new(format!("`{shown}` does not end in `.rkb`"))
            .help(format!("type `-o {}`", policy::name(&args.output.with_extension("rkb"))))
            .into());
    }
    let progress = Progress::spin(globals, "compiling the policy");
    let loaded = policy::load(globals.policy.as_slice())?;
    let policy = loaded.policy()?;
    let warnings = Tally::of(policy.findings()).warnings;
    let table = policy.into_table();
    file::write(&args.output, table.bytes()).map_err(|e| {
        Trouble::new(format!("cannot write `{}`: {}", policy::name(&args.output), policy::reason(&e)))
            .help("the folder must be there, and the old table is as it was")
    })?;
    drop(progress);
    let facts = table.counts().filter(|(name, _)| FACTS.contains(name)).map(|(_, n)| n as usize).sum();
    let more = if warnings > 0 { format!("; {}, see `roomkey lint`", count(warnings, "warning")) } else { String::new() };
    let shown = policy::name(&args.output);
    globals.summary(&format!("{shown}: {} and {}{more}", count(facts, "fact"), count(table.bytes().len(), "byte")));
    Ok(Exit::Fine)
}

/// What counts as a fact.
pub const FACTS: [&str; 3] = ["accesses and prohibitions", "assignments and owners", "memberships"];
