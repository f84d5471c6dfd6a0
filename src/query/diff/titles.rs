//! What happened by a cause, in one line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cause, Danger, Room, Sort, Statement};
use crate::report::{count, id};

/// Names that a title shows.
const SHOWN: usize = 4;

/// So many of those who join or leave a group are listed beside a statement.
const LISTED: usize = 100;

/// Something that does it together with other things, and its title.
pub type Part = ((char, String), Arc<Cause>);

impl Cause {
    /// What does it together.
    pub fn together(parts: Vec<Part>) -> Cause {
        let listed = parts.iter().flat_map(|(_, cause)| cause.statements.iter().take(LISTED));
        let mut statements: Vec<Statement> = listed.cloned().collect();
        statements.sort_by_key(|s| s.new);
        // Among what is there now, what is gone is said to be.
        let gone = |cause: &Cause| cause.sort == Sort::Removed && statements.iter().any(|s| s.new);
        let titles =
            parts.iter().map(|((_, title), cause)| format!("{title}{}", if gone(cause) { " is taken away" } else { "" }));
        let text = titles.collect::<Vec<_>>().join(", and ");
        let lifts = parts.iter().any(|(_, cause)| cause.lifts);
        let group = parts.iter().rev().find_map(|(_, cause)| cause.group.clone());
        let parts = parts.into_iter().map(|((sign, _), cause)| (sign, cause)).collect();
        Cause {
            sort: Sort::Several,
            text,
            statements,
            lifts,
            opening: None,
            group,
            parts,
            danger: Danger::NONE,
            room: Room::Rest,
        }
    }

    /// Of those who join or leave a group, one alone, where that one is among them.
    pub fn narrow(&mut self, own: &str) {
        let is = |s: &Statement| s.member.as_ref().is_some_and(|(who, _)| who == own);
        match self.sort {
            Sort::Joined | Sort::Left if self.statements.iter().any(is) => self.statements.retain(is),
            Sort::Several if !self.parts.is_empty() => {
                let parts = self.parts.iter().map(|(_, part)| {
                    let mut part = Cause::clone(part);
                    part.narrow(own);
                    (part.title(), Arc::new(part))
                });
                let (lifts, opening, danger, room) = (self.lifts, self.opening.take(), self.danger, self.room);
                *self = Cause { lifts, opening, danger, room, ..Cause::together(parts.collect()) };
            }
            _ => {}
        }
    }

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
            Sort::Place | Sort::Vocabulary if self.text.ends_with(" is gone") => ('-', text()),
            Sort::Place | Sort::Vocabulary if self.text.ends_with(" is new") => ('+', text()),
            Sort::Role => ('~', text()),
            Sort::Vocabulary => ('~', format!("{} differ", self.text)),
            Sort::Several => (self.sign_of_parts(), text()),
            Sort::Place => ('~', text()),
        }
    }

    /// What all parts are.
    fn sign_of_parts(&self) -> char {
        let first = self.parts.first().map_or('~', |(sign, _)| *sign);
        if self.parts.iter().all(|(sign, _)| *sign == first) { first } else { '~' }
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
    let now = |(who, until): &&(String, Option<String>)| if joined { until.is_none() } else { before[who].is_none() };
    let time = if other.iter().all(now) { "for ever" } else { "until another time" };
    let (is, ends) = (if ends.len() == 1 { "is" } else { "are" }, listed(&ends, "user"));
    let title = match (own.as_slice(), other.as_slice()) {
        ([], []) => format!("members of group {group} differ"),
        ([], [(who, until)]) => {
            let (old, new) = if joined { (before[who], until) } else { (until, before[who]) };
            let end = |until: &Option<String>| until.as_ref().map_or("for ever".into(), |until| format!("until {until}"));
            return ('~', format!("{who} is in group {group} {}, and was {}", end(new), end(old)));
        }
        ([], _) => return ('~', format!("{ends} {is} in group {group} {time}")),
        (_, []) => format!("{} {verb} group {group}", listed(&own, "user")),
        _ => format!("{} {verb} group {group}, and {ends} {is} in it {time}", listed(&own, "user")),
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
