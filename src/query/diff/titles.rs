//! What happened by a cause, in one line.

use std::collections::BTreeMap;

use super::{Cause, Sort};
use crate::report::{count, id};

/// Names that a title shows.
const SHOWN: usize = 4;

impl Cause {
    /// What happened in one line, and its sign: `+`, `-` or `~`.
    pub fn title(&self) -> (char, String) {
        let text = || self.text.clone();
        let any = |new: bool| self.statements.iter().any(|s| s.new == new);
        match self.sort {
            Sort::Nested if self.statements.len() > 1 => ('~', text()),
            Sort::Added | Sort::Nested if any(true) => ('+', text()),
            Sort::Added | Sort::Nested | Sort::Removed => ('-', text()),
            Sort::Changed => ('~', text()),
            Sort::Joined | Sort::Left => members(self),
            Sort::Place if self.text.ends_with(" is gone") => ('-', text()),
            Sort::Place if self.text.ends_with(" is new") => ('+', text()),
            Sort::Role => ('~', text()),
            Sort::Vocabulary => ('~', format!("{} differ", self.text)),
            // What is named together is said by one side alone, or by both.
            Sort::Several if self.statements.iter().all(|s| s.member.is_some() || self.text.contains(&s.text)) => {
                match (any(false), any(true)) {
                    (false, _) => ('+', text()),
                    (_, false) => ('-', text()),
                    _ => ('~', text()),
                }
            }
            Sort::Place | Sort::Several => ('~', text()),
        }
    }
}

/// Who joins or leaves a group.
fn members(cause: &Cause) -> (char, String) {
    let joined = cause.sort == Sort::Joined;
    let group = id(cause.group.as_deref().unwrap_or(""));
    let member = |new: bool| cause.statements.iter().filter(move |s| s.new == new).filter_map(|s| s.member.as_ref());
    let before: BTreeMap<&String, &Option<String>> = member(!joined).map(|(who, until)| (who, until)).collect();
    let (other, own): (Vec<_>, Vec<_>) = member(joined).partition(|(who, _)| before.contains_key(who));
    let own: Vec<String> = own.into_iter().map(|(who, until)| lasting(who, until)).collect();
    let verb = match (joined, own.len() == 1) {
        (true, true) => "joins",
        (true, false) => "join",
        (false, true) => "leaves",
        (false, false) => "leave",
    };
    let ends: Vec<String> = other.iter().map(|(who, _)| who.clone()).collect();
    let (is, ends) = (if ends.len() == 1 { "is" } else { "are" }, listed(&ends, "user"));
    let title = match (own.as_slice(), other.as_slice()) {
        ([], []) => format!("members of group {group} differ"),
        ([], [(who, until)]) => {
            let (old, new) = if joined { (before[who], until) } else { (until, before[who]) };
            let end = |until: &Option<String>| until.as_ref().map_or("for ever".into(), |until| format!("until {until}"));
            return ('~', format!("{who} is in group {group} {}, and was {}", end(new), end(old)));
        }
        ([], _) => return ('~', format!("{ends} {is} in group {group} until another time")),
        (_, []) => format!("{} {verb} group {group}", listed(&own, "user")),
        _ => format!("{} {verb} group {group}, and {ends} {is} in it until another time", listed(&own, "user")),
    };
    (if joined { '+' } else { '-' }, title)
}

/// A member, and until when.
pub fn lasting(who: &str, until: &Option<String>) -> String {
    until.as_ref().map_or_else(|| who.to_owned(), |until| format!("{who} until {until}"))
}

/// A few names, or how many there are.
fn listed(names: &[String], word: &str) -> String {
    if names.len() <= SHOWN { names.join(", ") } else { count(names.len(), word) }
}
