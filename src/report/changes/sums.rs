//! What many gain or lose, each something else, added up in one sentence.

use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::effects::{ends, highest, joined, on, parties, sentence, timed, when, when_with, who_with};
use super::{Effect, How, SHOWN, name, word};
use crate::query::diff::{Change, Diff, Subjects};
use crate::report::count;

/// What many sets of groups give, each something else, in one sentence.
pub fn sum_of_sets(diff: &Diff, changes: &[&Change], how: &How<'_>) -> Effect {
    let first = changes[0];
    let users: BTreeSet<&String> = changes.iter().flat_map(|c| &c.who.users).collect();
    let anyone = changes.iter().any(|c| c.who.users.is_empty());
    let groups: BTreeSet<&String> = changes.iter().flat_map(|c| c.with.iter().flatten()).collect();
    let mut resources: Vec<String> = changes.iter().flat_map(|c| &c.resources).cloned().collect();
    resources.sort_unstable();
    resources.dedup();
    let several = if changes.iter().any(|c| c.with.len() > 1) { "some" } else { "one" };
    let named: Vec<String> = groups.iter().map(|g| name(g)).collect();
    let of = match named.as_slice() {
        [one] => format!("group {one}"),
        few if few.len() <= SHOWN => format!("{several} of the groups {}", joined(few)),
        all => format!("{several} of {}", count(all.len(), "group")),
    };
    // What only some sign-ins of somebody give is no grant to that one: the condition comes first.
    let only = Subjects { everyone: false, users: users.iter().map(|u| (*u).clone()).collect(), groups: Vec::new() };
    let (mut parts, many) = parties(diff, &only, when(diff, first), None, how);
    if only.users.len() > SHOWN && parts.iter().all(|part| !part.starts_with("all ")) {
        parts = vec![count(only.users.len(), "user")];
    }
    let (whom, many) = match ((parts, many), anyone) {
        ((parts, _), _) if parts.is_empty() => (format!("whoever signs in with {of}"), false),
        ((parts, _), true) => (format!("when the sign-in names {of}, {} and others", joined(&parts)), true),
        ((parts, many), false) => (format!("when the sign-in also names {of}, {}", joined(&parts)), many),
    };
    let s = if many { "" } else { "s" };
    let mut parts = Vec::new();
    for (verb, list) in [("gain", (|c| &c.gained) as fn(&Change) -> &Vec<String>), ("lose", |c| &c.lost)] {
        let words: Vec<String> = together(changes.iter().map(|c| (*c, list(c)))).iter().map(|w| word(w)).collect();
        let more = words.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let few = words.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let verb = if first.kept { "keep" } else { verb };
        parts.extend((!words.is_empty()).then(|| format!("{verb}{s} {few}{more}")));
    }
    let on = on(&first.kind, &resources, how);
    let each = if resources.len() > 1 { " (not each of them on each)" } else { "" };
    let (until, then) = ends(first);
    let left = if first.kept { "; less would have been left" } else { "" };
    timed(first, &format!("{whom} {} on {on}{each}{until}{left}{then}", parts.join(" and ")))
}

/// What some lists of permissions have together; the highest of several levels of the base stands for those below it.
fn together<'c>(lists: impl Iterator<Item = (&'c Change, &'c Vec<String>)>) -> Vec<String> {
    let lists: Vec<(&Change, &Vec<String>)> = lists.filter(|(_, list)| !list.is_empty()).collect();
    let base = |(_, list): &(&Change, &Vec<String>)| list.iter().find_map(|p| p.strip_prefix("*:").map(str::to_owned));
    let bases: IndexSet<String> = lists.iter().filter_map(base).collect();
    let above = |(_, list): &&(&Change, &Vec<String>)| bases.iter().all(|b| list.iter().any(|p| p.strip_prefix("*:") == Some(b)));
    let top = lists.iter().find(above).and_then(base).filter(|_| bases.len() > 1);
    let each = lists.iter().flat_map(|(c, list)| highest(list, c).split(", ").map(str::to_owned).collect::<Vec<_>>());
    let words: IndexSet<String> = each.filter(|w| !(w.is_empty() || top.is_some() && bases.contains(w))).collect();
    top.map(|top| format!("up to {top}")).into_iter().chain(words).collect()
}

/// Many changes of the same sort in one sentence.
pub fn sum(changes: &[&Change], how: &How<'_>) -> Effect {
    let mut resources: Vec<String> = changes.iter().flat_map(|c| &c.resources).cloned().collect();
    resources.sort_unstable();
    resources.dedup();
    let users: BTreeSet<&String> = changes.iter().filter(|c| !c.who.everyone).flat_map(|c| &c.who.users).collect();
    let mut parts = Vec::new();
    if changes.iter().any(|c| c.who.everyone) {
        let all = changes.iter().all(|c| c.who.everyone && c.who.users.is_empty() && c.who.groups.is_empty());
        parts.push(if all { "everyone who can sign in" } else { "everyone who can sign in but a few on each" }.to_owned());
    }
    if !users.is_empty() {
        parts.push(count(users.len(), "user"));
    }
    let groups: BTreeSet<&String> = changes.iter().filter(|c| !c.who.everyone).flat_map(|c| &c.who.groups).collect();
    if !groups.is_empty() {
        parts.push(format!("strangers with {}", if groups.len() == 1 { "a group" } else { "one of the groups" }));
    }
    if parts.is_empty() {
        return sentence(&who_with(changes[0], how), &resources, changes[0], how, "");
    }
    let many = parts.len() > 1 || users.len() > 1 || !groups.is_empty();
    parts[0] = format!("{}{}", when_with(changes[0], how), parts[0]);
    sentence(&(parts.join(" and "), many), &resources, changes[0], how, " (not each of them on each)")
}
