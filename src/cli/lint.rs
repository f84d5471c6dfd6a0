//! `roomkey lint`: parses, resolves and validates, and prints every finding.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::progress::Progress;
use super::{Exit, Globals, Outcome, output, policy};
use crate::Instant;
use crate::report::{Tally, concise, human, json};

/// What `lint` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders, `.rk` files or manifests, read together as one set [default: the policy]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print the findings
    #[arg(long, default_value = "full")]
    format: Format,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// The time of the judgement, a date or an RFC 3339 time [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Instant>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey lint                                the policy of this folder
  roomkey lint policies --format concise      one line for each finding
  roomkey lint --format json | jq .errors     for programs
  roomkey lint --deny-warnings                for CI

In a folder every file that ends in `.rk` is read, names that begin with a dot excepted.
The exit code is 1 where there are errors, and 2 where a file cannot be read.";

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The sentence, the excerpt, and what to type
    Full,
    /// `path:line:column: level[rule]: message; help`
    Concise,
    /// One document: {"findings":[…],"errors":N,"warnings":N,"infos":N}
    Json,
}

/// Prints the findings on stdout and how many they are on stderr.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let from_option: Vec<PathBuf> = globals.policy.iter().cloned().collect();
    let progress = Progress::spin(globals, "reading the policy");
    let loaded = policy::load(if args.paths.is_empty() { &from_option } else { &args.paths })?;
    let (analysis, manifest, judged) = loaded.analyse(args.at.unwrap_or_else(Instant::now));
    drop(progress);
    let color = globals.color_on(&io::stdout());
    let mut out = BufWriter::new(io::stdout().lock());
    let (sources, findings) = (&analysis.sources, &analysis.findings);
    let written = match args.format {
        Format::Full => human::write(&mut out, sources, findings, color),
        Format::Concise => concise::write(&mut out, sources, findings),
        Format::Json => json::write(&mut out, sources, findings),
    };
    // A reader that has seen enough changes nothing about the answer.
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(output(e)),
        _ => {}
    }
    let tally = Tally::of(findings);
    manifest.stubborn().iter().for_each(|note| globals.summary(note));
    let waiting = if judged { "" } else { "; warnings about its meaning wait until it has one" };
    globals.summary(&format!("{}{waiting}", tally.sentence(policy::own_files(sources))));
    let denied = (args.deny_warnings || manifest.deny_warnings()) && tally.warnings > 0;
    Ok(if tally.errors > 0 || denied { Exit::Not } else { Exit::Fine })
}
