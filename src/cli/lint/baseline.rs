//! Findings that are known and passed over, by what they are recognized by when lines have moved.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Finding;
use crate::cli::{Failure, Trouble, policy, write};
use crate::finding::Level;
use crate::report::{Page, count};

/// The form of the file.
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(expecting = "an object with `version` and `findings`")]
struct Recorded {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `fingerprint`")]
struct Known {
    fingerprint: String,
}

#[derive(Serialize)]
struct Entry<'a> {
    fingerprint: &'a str,
    rule: &'a str,
    file: &'a str,
    message: &'a str,
}

/// Reads the fingerprints of a file.
pub fn read(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let shown = policy::name(path);
    let text = policy::read_text(path)?;
    let wrong = |why: String| {
        let help = format!("write it anew: `roomkey lint --write-baseline {shown}`");
        Trouble::new(format!("`{shown}` is no baseline: {why}")).help(help)
    };
    let recorded: Recorded = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    if recorded.version != VERSION {
        return Err(wrong(format!("its version is {}, and this reads {VERSION}", recorded.version)).into());
    }
    Ok(recorded.findings.into_iter().map(|known| known.fingerprint).collect())
}

/// Whether it can be passed over: an error of meaning never is.
fn passes(finding: &Finding) -> bool {
    finding.rule.level != Level::Error
}

/// The fingerprints of the findings that can be recorded.
pub fn known(findings: &[Finding], prints: &[String]) -> BTreeSet<String> {
    findings.iter().zip(prints).filter(|(finding, _)| passes(finding)).map(|(_, print)| print.clone()).collect()
}

/// Records the findings, one to a line and sorted, so that a change of the file shows which came and went. `named` is what a file is
/// called wherever the command runs. Says how many were recorded, and how many cannot be.
pub fn write(path: &Path, page: &Page<'_>, named: &dyn Fn(&str) -> String) -> Result<String, Failure> {
    let entry = |(finding, fingerprint): (&Finding, &str)| {
        let (rule, message) = (finding.rule.name, finding.constant());
        let file = &*named(page.sources.get(finding.span.file).name());
        let line = serde_json::to_string(&Entry { fingerprint, rule, file, message }).unwrap_or_default();
        ((file.to_owned(), rule, message.to_owned()), line)
    };
    let mut entries: Vec<_> = page.each().filter(|(finding, _)| passes(finding)).map(entry).collect();
    entries.sort();
    let lines: Vec<String> = entries.into_iter().map(|(_, line)| line).collect();
    let end = if lines.is_empty() { "" } else { "\n" };
    let text = format!("{{\"version\":{VERSION},\"findings\":[{end}{}{end}]}}\n", lines.join(",\n"));
    write::write_file(path, text.as_bytes(), true)?;
    let left = page.findings.len() - lines.len();
    let errors = if left > 0 { format!("; {} of meaning cannot be", count(left, "error")) } else { String::new() };
    Ok(format!("{}: {} recorded{errors}", policy::name(path), count(lines.len(), "finding")))
}

/// How many findings were known, and how many that are known are gone.
pub struct Passed {
    known: usize,
    gone: usize,
}

impl Passed {
    /// What the closing sentence says of them.
    pub fn sentence(&self) -> String {
        let gone = if self.gone > 0 { format!(", {} of the baseline gone", self.gone) } else { String::new() };
        format!("; {} passed over{gone}", count(self.known, "known finding"))
    }
}

/// Takes out the findings that are known.
pub fn pass_over(known: &BTreeSet<String>, findings: &mut Vec<Finding>, prints: &mut Vec<String>) -> Passed {
    let all = findings.len();
    let both = std::mem::take(findings).into_iter().zip(std::mem::take(prints));
    (*findings, *prints) = both.filter(|(finding, print)| !passes(finding) || !known.contains(print)).unzip();
    let passed = all - findings.len();
    Passed { known: passed, gone: known.len().saturating_sub(passed) }
}
