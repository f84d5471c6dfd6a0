//! What is said of a change: one error with its place, what is meant, and the item to type; alike changes in a row are one.

use std::ops::Range;

use super::super::super::edit::Edit;
use super::super::trying::{Done, typed, typed_each};
use super::Mender;
use crate::finding::{Finding, Fix, Near, SYNTAX, UNKNOWN_KIND};
use crate::source::Span;

/// The same change in items that follow each other is one mistake.
pub(super) struct Run {
    pub(super) key: &'static str,
    pub(super) at: usize,
    pub(super) first: usize,
    pub(super) end: usize,
}

/// What a change is about.
pub(super) struct Slip {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) edits: Vec<Edit>,
    pub(super) help: Help,
    /// A name for changes that are one mistake where they follow each other.
    pub(super) key: &'static str,
    pub(super) near: Option<Near>,
    /// Whether the change may be offered: not where it only lets the rest be read.
    pub(super) offered: bool,
}

impl Slip {
    pub(super) fn new(span: Range<usize>, message: String, edits: Vec<Edit>) -> Slip {
        Slip { span, message, edits, help: Help::Typed(""), key: "", near: None, offered: true }
    }
}

pub(super) enum Help {
    /// The item as it is meant, and what to say behind it.
    Typed(&'static str),
    Said(String),
}

impl Mender<'_> {
    /// Keeps changes of the item at `from`, whose changes begin with number `first`, says them, and hands the item on.
    pub(super) fn keep(&mut self, text: &str, from: usize, first: usize, done: Done, slips: Vec<Slip>) -> Option<Done> {
        let alone = slips.len() == 1;
        let mut behind = self.edits.last().map_or(0, |(range, _)| range.end);
        for (range, _) in slips.iter().flat_map(|slip| &slip.edits) {
            if range.start < behind {
                return None;
            }
            behind = range.end;
        }
        let same = self.run.take().filter(|run| {
            let next = slips.first().is_some_and(|slip| alone && slip.key == run.key);
            next && !run.key.is_empty()
                && (run.at == from
                    || text.get(run.end..from).is_some_and(|gap| gap.chars().all(|c| c.is_whitespace() || c == ',')))
        });
        let (start, first) = same.as_ref().map_or((from, first), |run| (run.at, run.first));
        self.edits.extend(slips.iter().flat_map(|slip| slip.edits.iter().cloned()));
        let shown = typed(text, start, &done, &self.edits[first..])
            .or_else(|| typed_each(text, start, done.end, &self.edits[first..]).filter(|_| start < from));
        let key = slips.last().map_or("", |slip| slip.key);
        let mut one = same.is_some().then_some(key);
        for slip in slips {
            let goes_on = one.replace(slip.key) == Some(slip.key) && !slip.key.is_empty();
            self.say(slip, shown.as_deref(), goes_on);
        }
        self.items.push(from..done.end);
        self.run = Some(Run { key, at: start, first, end: done.end });
        Some(done)
    }

    fn say(&mut self, slip: Slip, shown: Option<&str>, same: bool) {
        let span = |range: &Range<usize>| Span { file: self.file, start: range.start as u32, end: range.end as u32 };
        let news: Vec<&str> = slip.edits.iter().map(|(_, to)| to.trim()).filter(|to| !to.is_empty()).collect();
        let short = || format!("`{}`", news.join("` and `"));
        let help = match &slip.help {
            Help::Said(help) => help.clone(),
            // A line that is too long to be shown.
            Help::Typed(_) if shown.is_none() && news.is_empty() => "take it out".to_owned(),
            Help::Typed(more) => format!("type {}{more}", shown.map_or_else(short, str::to_owned)),
        };
        let fix: Vec<(Span, String)> = slip.edits.iter().map(|(range, to)| (span(range), to.clone())).collect();
        let offered = slip.offered;
        if let Some(last) = self.findings.last_mut().filter(|_| same) {
            last.span.end = slip.span.end as u32;
            if shown.is_some() || matches!(slip.help, Help::Said(_)) {
                last.help = Some(help);
            }
            return last.fix.iter_mut().for_each(|all| all.edits.extend(fix.clone()));
        }
        let title = slip.edits.iter().map(|(_, to)| to.trim()).find(|to| !to.is_empty());
        let title = title.map_or("take it out".to_owned(), |to| format!("write `{to}`"));
        let rule = if slip.near.is_some() { &UNKNOWN_KIND } else { &SYNTAX };
        let help = slip.near.map_or(help, |near| near.help);
        let finding = Finding::new(rule, span(&slip.span), slip.message).help(help);
        self.findings.push(if offered { finding.fix(Fix::suggestion(title, fix)) } else { finding });
    }
}
