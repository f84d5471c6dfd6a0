//! The sentences about resources that lie in another organization.

use std::collections::BTreeSet;

use super::effects::{List, day, ends, groups, joined, on, parties, when, whom};
use super::{Effect, How, SHOWN, bare, name};
use crate::query::diff::{Change, Diff, Move, Moved};
use crate::report::{count, plain};

/// What resources that lie in another organization mean for who signs in, and who has what there.
pub fn of_move(diff: &Diff, number: usize, how: &How<'_>) -> Vec<Effect> {
    let Move { from, to, renamed, held, .. } = &diff.moves[number];
    let has: Vec<&Change> = diff.gained_by_move.iter().filter(|c| c.cause == number).collect();
    let (old, new) = (name(from), name(to));
    let text = match held {
        [true, true] => format!("only who signs in to {new} has access there now, where it was who signs in to {old}"),
        [true, false] => format!("who signed in to {old} had access there, and nobody has it now"),
        [false, true] => format!("who signs in to {new} has access there, where nobody had it"),
        [false, false] => "nobody has access there, and nobody had it".into(),
    };
    let effect = |text: String, later: bool| {
        let marked = plain(&text);
        Effect { gains: false, moves: true, later, text: bare(&marked), marked }
    };
    let mut effects = vec![effect(text, false)];
    if *renamed && !how.all {
        return effects;
    }
    let shown = if how.all { usize::MAX } else { SHOWN };
    for c in has.iter().take(shown) {
        let (parts, many) = parties(diff, &c.who, when(diff, c), None, how);
        let with = if c.with.is_empty() { String::new() } else { format!(" with {}", groups(&c.with, how)) };
        let whom = match (parts.is_empty(), c.with.is_empty()) {
            (true, false) => format!("whoever signs in to {new}{with}"),
            _ => format!("signed in to {new}{with}, {}", whom(&c.who, &parts)),
        };
        let (has, on) =
            (if many && !parts.is_empty() && !c.who.everyone { "have" } else { "has" }, on(&c.kind, &c.resources, how));
        let from = c.since.map_or(String::new(), |t| format!("from {} on, ", day(t)));
        let text = format!("{from}{whom} {has} {} on {on}{}", List::of(&c.after).having(&[]), ends(c).0);
        effects.push(effect(text, c.since.is_some()));
    }
    if has.len() > shown {
        effects.push(effect(format!("and {} more like these, which `--expand` shows", has.len() - shown), false));
    }
    effects
}

/// What moves between two organizations, in one line; none where nothing of it is asked about.
pub fn title_of_move(diff: &Diff, mover: &Move) -> Option<String> {
    let Move { from, to, renamed, movers, cause, .. } = mover;
    let all: Vec<&Moved> = diff.moved.iter().filter(|m| &m.from == from && &m.to == to).collect();
    if all.is_empty() {
        return None;
    }
    let some = |all: &[&Moved]| {
        let names: Vec<String> = all.iter().take(SHOWN).map(|m| format!("{} {}", m.kind, name(&m.resource))).collect();
        let more = all.len().saturating_sub(SHOWN);
        if more > 0 { format!("{} and {more} more", names.join(", ")) } else { joined(&names) }
    };
    let movers: BTreeSet<(&str, &str)> = movers.iter().map(|(kind, id)| (kind.as_str(), id.as_str())).collect();
    let is_mover = |m: &&Moved| movers.contains(&(m.kind.as_str(), m.resource.as_str()));
    let (own, with): (Vec<&Moved>, Vec<&Moved>) = all.iter().partition(|m| is_mover(m));
    let counted = |n: usize, them: &str| format!("{} in {them}", count(n, "resource"));
    let between = format!("from organization {} to {}", name(from), name(to));
    Some(match (own.as_slice(), with.as_slice()) {
        _ if *renamed && with.len() <= 2 => format!("{}, with {}", cause.text, some(&with)),
        _ if *renamed => format!("{}, with {}", cause.text, counted(with.len(), "it")),
        ([], _) => format!("{} {} {between}", some(&with), if with.len() == 1 { "moves" } else { "move" }),
        ([_], []) => format!("{} moves {between}", some(&own)),
        (_, []) => format!("{} move {between}", some(&own)),
        ([_], [_, _, _, ..]) => format!("{} moves {between}, with {}", some(&own), counted(with.len(), "it")),
        ([_], _) => format!("{} moves {between}, with {}", some(&own), some(&with)),
        (_, [_, _, _, ..]) => format!("{} move {between}, with {}", some(&own), counted(with.len(), "them")),
        _ => format!("{} move {between}, with {}", some(&own), some(&with)),
    })
}
