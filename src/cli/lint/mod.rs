//! `roomkey lint`: parses, resolves and validates, and prints every finding.

mod baseline;
mod fix;
mod formats;
mod since;

use std::path::PathBuf;

use super::progress::Progress;
use super::{Exit, Globals, Outcome, complain_of, policy};
use crate::Instant;
use crate::report::{Page, Tally, count, fingerprint};
use formats::{Format, Output};

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
    /// Write the findings to a file, too; may be given again
    #[arg(long, value_name = "FORMAT=FILE")]
    output: Vec<Output>,
    /// Apply the fixes that change no decision, and print what is left
    #[arg(long)]
    fix: bool,
    /// Pass over the findings that a file records
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Record the findings in a file, for `--baseline`
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Only findings about statements that changed since a revision of git; the whole policy is judged
    #[arg(long, value_name = "REV")]
    since: Option<String>,
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
  roomkey lint --format github --output sarif=roomkey.sarif
  roomkey lint --fix                          mend what can be mended without a thought
  roomkey lint --write-baseline known.json    and from then on
  roomkey lint --baseline known.json          only what is new
  roomkey lint --since origin/main            only what a branch changed

In a folder every file that ends in `.rk` is read, names that begin with a dot excepted.
`// roomkey: allow RULE: REASON` on a line or above it silences a warning there.
The exit code is 1 where there are errors, and 2 where a file cannot be read; no format changes it.";

/// Prints the findings on stdout and how many they are on stderr.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let from_option: Vec<PathBuf> = globals.policy.iter().cloned().collect();
    let progress = Progress::spin(globals, "reading the policy");
    let known = args.baseline.as_deref().map(baseline::read).transpose()?;
    let (mut loaded, mut faults) = policy::gather(if args.paths.is_empty() { &from_option } else { &args.paths })?;
    let now = args.at.unwrap_or_else(Instant::now);
    if args.fix {
        fix::run(globals, &mut loaded, &faults, now)?;
    }
    let (analysis, manifest, judged) = loaded.analyse(now);
    drop(progress);
    if judged {
        faults.extend(manifest.undeclared(&analysis));
    }
    let sources = &analysis.sources;
    let mut findings = analysis.findings;
    // What cannot be read as text is said by its fault, and not by the words that stand for it.
    findings.retain(|f| !faults.iter().any(|fault| fault.is_about(sources.get(f.span.file).name())));
    if let Some(revision) = &args.since {
        since::keep_changed(revision, sources, &mut findings)?;
    }
    let mut prints = fingerprint::all(sources, &findings);
    if let Some(path) = &args.write_baseline {
        let page = Page { sources, findings: &findings, prints: &prints };
        baseline::write(path, &page)?;
        globals.summary(&format!("{}: {} recorded", policy::name(path), count(findings.len(), "finding")));
    }
    let known = if args.write_baseline.is_some() { Some(prints.iter().cloned().collect()) } else { known };
    let passed = known.map(|known| baseline::pass_over(&known, &mut findings, &mut prints));
    let page = Page { sources, findings: &findings, prints: &prints };
    formats::print(args.format, &page, globals.look_out())?;
    args.output.iter().try_for_each(|output| output.write(&page))?;
    let tally = Tally::of(&findings);
    manifest.stubborn().iter().for_each(|note| globals.summary(note));
    let passed = passed.map_or(String::new(), |passed| passed.sentence());
    let waiting = if judged { "" } else { "; warnings about its meaning wait until it has one" };
    if faults.is_empty() || !findings.is_empty() {
        globals.summary(&format!("{}{passed}{waiting}", tally.sentence(policy::own_files(sources))));
    }
    if !faults.is_empty() {
        complain_of(globals, &faults);
        return Ok(Exit::Unanswered);
    }
    let denied = (args.deny_warnings || manifest.deny_warnings()) && tally.warnings > 0;
    Ok(if tally.errors > 0 || denied { Exit::Not } else { Exit::Fine })
}
