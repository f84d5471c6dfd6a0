//! Where the findings of a check go: off rules and shipped files are passed over, and data files have a limit.

use std::collections::BTreeMap;

use super::Options;
use crate::facts::Format;
use crate::finding::{Finding, Fix, Rule};
use crate::source::{FileId, Sources, Span};

/// The findings of one check.
pub struct Report<'a> {
    sources: &'a Sources,
    options: &'a Options,
    findings: Vec<Finding>,
    counts: BTreeMap<(FileId, &'static str), (usize, &'static Rule, Span)>,
}

impl<'a> Report<'a> {
    /// Nothing yet.
    pub fn new(sources: &'a Sources, options: &'a Options) -> Report<'a> {
        Report { sources, options, findings: Vec::new(), counts: BTreeMap::new() }
    }

    /// Whether a finding of a rule at a place would be kept, so that its labels are worth a look.
    pub fn wants(&self, rule: &'static Rule, span: Span) -> bool {
        let full = self.counts.get(&(span.file, rule.name)).is_some_and(|(count, ..)| *count >= self.options.facts_limit);
        self.options.on.contains(rule.name) && !self.sources.get(span.file).is_embedded() && !full
    }

    /// Adds a finding; `make` says the rest of it, and is asked only where it is kept.
    pub fn push(&mut self, rule: &'static Rule, span: Span, make: impl FnOnce(Here) -> Finding) {
        if !self.options.on.contains(rule.name) || self.sources.get(span.file).is_embedded() {
            return;
        }
        let data = self.is_data(span.file);
        if data {
            let count = self.counts.entry((span.file, rule.name)).or_insert((0, rule, span));
            count.0 += 1;
            if count.0 > self.options.facts_limit {
                return;
            }
        }
        self.findings.push(make(Here { rule, span, data }));
    }

    fn is_data(&self, file: FileId) -> bool {
        Format::of(self.sources.get(file).name()).is_some()
    }

    /// The findings, with what was left out said once for each data file and rule.
    pub fn close(mut self) -> Vec<Finding> {
        for (count, rule, span) in self.counts.into_values() {
            let Some(more) = count.checked_sub(self.options.facts_limit).filter(|more| *more > 0) else { continue };
            let name = self.sources.get(span.file).name();
            let message = format!("`{name}` has {more} more finding{} of `{}`", if more == 1 { "" } else { "s" }, rule.name);
            let help = "mend the first ones, or set `facts-limit` in `[lint]` of roomkey.toml to see more";
            let known_as = format!("`{name}` has more findings of `{}`", rule.name);
            self.findings.push(Finding::new(rule, span, message).known_as(known_as).help(help));
        }
        self.findings
    }
}

/// Where a finding of a rule stands.
#[derive(Clone, Copy)]
pub struct Here {
    rule: &'static Rule,
    span: Span,
    data: bool,
}

impl Here {
    /// The finding with its fact.
    pub fn says(self, message: impl Into<String>) -> Finding {
        Finding::new(self.rule, self.span, message)
    }

    /// The fix that takes the statement out, unless it is a row of a data file, which another program writes.
    pub fn take_out(self, finding: Finding, title: &str) -> Finding {
        if self.data { finding } else { finding.fix(Fix::safe(title, vec![(self.span, String::new())])) }
    }

    /// The same as a suggestion, where a decision of the past may change.
    pub fn may_take_out(self, finding: Finding, title: &str) -> Finding {
        if self.data { finding } else { finding.fix(Fix::suggestion(title, vec![(self.span, String::new())])) }
    }
}
