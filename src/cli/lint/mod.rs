//! `roomkey lint`: parses, resolves and validates, and prints every finding.

mod baseline;
mod fix;
mod formats;
mod since;

use std::path::PathBuf;

use super::progress::Progress;
use super::{Exit, Failure, Globals, Outcome, complain_of, policy};
use crate::finding::{Rule, UNKNOWN_GROUP, UNKNOWN_KIND, UNKNOWN_PERMISSION, UNKNOWN_RESOURCE, UNKNOWN_ROLE, UNKNOWN_USER};
use crate::query::diff::missing;
use crate::report::{Page, Tally, Unread, fingerprint};
use crate::{Finding, Instant, Sources};
use formats::{Format, Output};
use since::Since;

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
    /// Only findings that are new since a revision of git, or about statements that changed; the whole policy is judged
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

In a folder every file that ends in `.rk` is read, names that begin with a dot excepted. \
`// roomkey: allow RULE: REASON` behind a statement or above it silences a warning about it. \
The exit code is 1 where there are errors, and 2 where a file cannot be read; no format changes it.";

/// What another file may declare.
const UNKNOWN: [&Rule; 6] = [&UNKNOWN_KIND, &UNKNOWN_PERMISSION, &UNKNOWN_ROLE, &UNKNOWN_GROUP, &UNKNOWN_USER, &UNKNOWN_RESOURCE];

/// Prints the findings on stdout and how many they are on stderr.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let paths = policy::named(globals, &args.paths)?;
    let progress = Progress::spin(globals, "reading the policy");
    let known = args.baseline.as_deref().map(baseline::read).transpose()?;
    let (mut loaded, mut faults) = match policy::gather(paths) {
        Err(Failure::Faults(faults)) => {
            drop(progress);
            refuse(args, std::iter::empty())?;
            print(globals, args, &Sources::default(), &[], &[], &faults)?;
            return Err(Failure::Faults(faults));
        }
        read => read?,
    };
    refuse(args, loaded.disk.files().iter().cloned())?;
    let (now, root) = (args.at.unwrap_or_else(Instant::now), loaded.root.clone());
    let named = |name: &str| policy::from_root(&root, name);
    let since = args.since.as_deref().map(|revision| Since::read(revision, paths, &loaded, now)).transpose()?;
    let changed = |sources: &Sources, findings: &mut Vec<Finding>| {
        since.as_ref().map_or(Ok(()), |since| since.keep(sources, findings, &named))
    };
    if args.fix {
        let keep = |sources: &Sources, findings: &mut Vec<Finding>| {
            changed(sources, findings)?;
            if let Some(known) = &known {
                let mut prints = fingerprint::all(sources, findings, &named);
                baseline::pass_over(known, findings, &mut prints);
            }
            Ok(())
        };
        fix::run(globals, &mut loaded, &faults, now, &keep)?;
    }
    let (analysis, manifest, judged) = loaded.analyse(now);
    drop(progress);
    if judged {
        faults.extend(manifest.undeclared(&analysis));
        let kinds: Vec<_> = analysis.kinds().collect();
        faults.extend(
            manifest
                .diff
                .faults(|wanted| missing::of(wanted, &kinds).map(|(what, near)| (format!("the policy has no {what}"), near))),
        );
    }
    let sources = &analysis.sources;
    let own = sources.iter().filter(|(_, s)| !s.is_embedded()).map(|(_, s)| PathBuf::from(s.name()));
    refuse(args, own)?;
    let mut findings = analysis.findings;
    // What cannot be read as text is said by its fault, and not by the words that stand for it.
    findings.retain(|f| !faults.iter().any(|fault| fault.is_about(sources.get(f.span.file).name())));
    changed(sources, &mut findings)?;
    let mut prints = fingerprint::all(sources, &findings, &named);
    if let Some(path) = &args.write_baseline {
        let page = Page { sources, findings: &findings, prints: &prints, unread: &[] };
        globals.summary(&baseline::write(path, &page, &named)?);
    }
    let known = if args.write_baseline.is_some() { Some(baseline::known(&findings, &prints)) } else { known };
    let passed = known.map(|known| baseline::pass_over(&known, &mut findings, &mut prints));
    print(globals, args, sources, &findings, &prints, &faults)?;
    let tally = Tally::of(&findings);
    manifest.stubborn().iter().for_each(|note| globals.summary(note));
    let lacks = findings.iter().any(|finding| UNKNOWN.contains(&finding.rule));
    let part = if lacks { policy::part::note(paths) } else { None };
    part.iter().for_each(|note| globals.summary(note));
    let unknown = since.as_ref().filter(|_| judged && !findings.is_empty()).and_then(Since::note);
    unknown.iter().for_each(|note| globals.summary(note));
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

/// Refuses outputs that would write over an input or over each other.
fn refuse(args: &Args, inputs: impl Iterator<Item = PathBuf>) -> Result<(), Failure> {
    let outputs = args.output.iter().map(Output::path);
    let baseline = args.baseline.iter().filter(|path| args.write_baseline.as_ref() != Some(path)).cloned();
    formats::refuse(outputs.chain(args.write_baseline.as_deref()), inputs.chain(baseline))
}

/// Writes the findings on stdout and to the files, and what could not be read with them.
fn print(
    globals: &Globals,
    args: &Args,
    sources: &Sources,
    findings: &[Finding],
    prints: &[String],
    faults: &[policy::Fault],
) -> Result<(), Failure> {
    let unread: Vec<Unread> = faults.iter().map(policy::Fault::unread).collect();
    let page = Page { sources, findings, prints, unread: &unread };
    formats::print(args.format, &page, globals.look_out())?;
    args.output.iter().try_for_each(|output| output.write(&page))
}
