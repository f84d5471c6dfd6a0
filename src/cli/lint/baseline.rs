//! Findings that are known and passed over, by what they are recognized by when lines have moved.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Finding;
use crate::cli::{Failure, Trouble, policy, write};
use crate::finding::{Level, Whom};
use crate::report::{Page, count, fingerprint};
use crate::source::{FileId, Sources};

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
    #[serde(default)]
    rule: String,
    #[serde(default)]
    holds: String,
    #[serde(default)]
    who: Vec<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    fingerprint: &'a str,
    rule: &'a str,
    file: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a [String]>,
}

/// How many that came are named in a sentence.
const MOST_NEW: usize = 8;

/// So many findings are compared with each file that is gone, and no more of both.
const MOST_RENAMED: usize = 1_000_000;

/// What a baseline knows.
#[derive(Default)]
pub struct Baseline {
    prints: BTreeSet<String>,
    /// The files of its findings.
    files: BTreeSet<String>,
    /// Whom its findings are about, by rule and fact.
    whom: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Baseline {
    fn add(&mut self, print: String, rule: &str, fact: &str, names: impl IntoIterator<Item = String>) {
        self.prints.insert(print);
        let mut names = names.into_iter().peekable();
        if names.peek().is_some() {
            self.whom.entry((rule.to_owned(), fact.to_owned())).or_default().extend(names);
        }
    }

    /// What is known by findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = (&'f Finding, &'f String)>) -> Baseline {
        let mut baseline = Baseline::default();
        for (finding, print) in findings {
            let (fact, names) = finding.about().map_or(("", Vec::new()), |whom| (&*whom.fact, whom.names.clone()));
            baseline.add(print.clone(), finding.rule.name, fact, names);
        }
        baseline
    }

    /// The same with the files that its findings may be in.
    pub fn in_files(mut self, files: impl IntoIterator<Item = String>) -> Baseline {
        self.files.extend(files);
        self
    }

    /// What findings are recognized by where files have other names: who is unknown, in a file that is, by the print that it had in one
    /// that is gone.
    pub fn renamed(
        &self,
        sources: &Sources,
        findings: &[Finding],
        mut prints: Vec<String>,
        named: &dyn Fn(&str) -> String,
    ) -> Vec<String> {
        if self.files.is_empty() {
            return prints;
        }
        let own = sources.iter().filter(|(_, source)| !source.is_embedded());
        let names: BTreeMap<FileId, String> = own.map(|(file, source)| (file, named(source.name()))).collect();
        let all: HashSet<&String> = names.values().collect();
        let gone: Vec<&String> = self.files.iter().filter(|file| !all.contains(file)).collect();
        let mut new: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        for (index, finding) in findings.iter().enumerate() {
            if names.get(&finding.span.file).is_some_and(|name| !self.files.contains(name)) {
                new.entry(finding.span.file).or_default().push(index);
            }
        }
        let (mut met, mut left) = (HashSet::new(), MOST_RENAMED);
        for (some, was) in new.values().flat_map(|some| gone.iter().map(move |was| (some, was))) {
            let Some(rest) = left.checked_sub(some.len()) else { break };
            left = rest;
            for (index, print) in some.iter().zip(fingerprint::renamed(sources, findings, some, was)) {
                let is_free = !self.prints.contains(&prints[*index]) && self.prints.contains(&print);
                if is_free && met.insert(print.clone()) {
                    prints[*index] = print;
                }
            }
        }
        prints
    }

    /// Whether a finding is known: itself, or each of those whom it is about. Of one about many, its sentence says who came; `since` is
    /// what they are new to.
    pub fn knows(&self, finding: &mut Finding, print: &str, since: &str) -> bool {
        if self.prints.contains(print) {
            return true;
        }
        let Some(came) = finding.about().and_then(|whom| self.newcomers(finding.rule.name, whom)) else { return false };
        // One alone is in the sentence already.
        if finding.about().is_some_and(|whom| whom.names.len() > 1) && !came.is_empty() {
            let more = came.len().saturating_sub(MOST_NEW);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named = came[..came.len().min(MOST_NEW)].join(", ");
            let message = format!("{}; {since}: {named}{rest}", finding.message);
            finding.message = message;
            return false;
        }
        came.is_empty()
    }

    /// Those whom a finding is about and no recorded one is that says the same of others; `None` where there is no such one.
    fn newcomers<'f>(&self, rule: &str, whom: &'f Whom) -> Option<Vec<&'f str>> {
        let known = self.whom.get(&(rule.to_owned(), whom.fact.clone()))?;
        Some(whom.names.iter().filter(|name| !known.contains(*name)).map(String::as_str).collect())
    }
}

/// Reads what a file records.
pub fn read(path: &Path) -> Result<Baseline, Failure> {
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
    let mut baseline = Baseline::default();
    for Known { fingerprint, rule, holds, who } in recorded.findings {
        baseline.add(fingerprint, &rule, &holds, who);
    }
    Ok(baseline)
}

/// Whether it can be passed over: an error never is, also one that the manifest makes one, since the policy answers nothing then.
fn passes(finding: &Finding) -> bool {
    finding.level != Level::Error
}

/// What is known once findings are recorded.
pub fn known(findings: &[Finding], prints: &[String]) -> Baseline {
    Baseline::of(findings.iter().zip(prints).filter(|(finding, _)| passes(finding)))
}

/// Records the findings, one to a line and sorted, so that a change of the file shows which came and went. `named` is what a file is
/// called wherever the command runs. Says how many were recorded, and how many cannot be.
pub fn write(path: &Path, page: &Page<'_>, named: &dyn Fn(&str) -> String) -> Result<String, Failure> {
    let entry = |(finding, fingerprint): (&Finding, &str)| {
        let (rule, message) = (finding.rule.name, finding.constant());
        let file = &*named(page.sources.get(finding.span.file).name());
        let whom = finding.about();
        let (holds, who) = (whom.map(|whom| &*whom.fact), whom.map(|whom| &*whom.names));
        let line = serde_json::to_string(&Entry { fingerprint, rule, file, message, holds, who }).unwrap_or_default();
        ((file.to_owned(), rule, message.to_owned()), line)
    };
    let mut entries: Vec<_> = page.each().filter(|(finding, _)| passes(finding)).map(entry).collect();
    entries.sort();
    let lines: Vec<String> = entries.into_iter().map(|(_, line)| line).collect();
    let end = if lines.is_empty() { "" } else { "\n" };
    let text = format!("{{\"version\":{VERSION},\"findings\":[{end}{}{end}]}}\n", lines.join(",\n"));
    write::write_file(path, text.as_bytes(), true)?;
    let left = page.findings.len() - lines.len();
    // The manifest may have raised a rule to an error.
    let raised = page.findings.iter().any(|finding| !passes(finding) && finding.rule.level != Level::Error);
    let of_what = if raised { "" } else { " of meaning" };
    let errors = if left > 0 { format!("; {}{of_what} cannot be", count(left, "error")) } else { String::new() };
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

/// Takes out the findings that are known, and those about many of whom each is known. What is left about many says who came.
pub fn pass_over(known: &Baseline, findings: &mut Vec<Finding>, prints: &mut Vec<String>) -> Passed {
    let all = findings.len();
    let both = std::mem::take(findings).into_iter().zip(std::mem::take(prints));
    let kept = both.filter_map(|(mut finding, print)| {
        let passed = known.knows(&mut finding, &print, "not in the baseline") && passes(&finding);
        (!passed).then_some((finding, print))
    });
    (*findings, *prints) = kept.unzip();
    let passed = all - findings.len();
    Passed { known: passed, gone: known.prints.len().saturating_sub(passed) }
}
