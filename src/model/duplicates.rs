//! What is said twice: entries, members and assignments, found by sorting once everything is bound.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::access::{List, ListId};
use super::kinds::KindId;
use super::{Assignment, Binder, Who};
use crate::finding::{DUPLICATE_ASSIGNMENT, DUPLICATE_ENTRY, Finding, Fix, LISTED_TWICE, Rule};
use crate::source::Span;
use crate::syntax::tree::Verb;

/// Reports everything that is said twice.
pub fn find(b: &mut Binder<'_>) {
    members(b);
    entries(b);
    assignments(b);
}

/// A principal as a number: its sort above its id.
fn number(who: Who) -> u64 {
    match who {
        Who::Everyone => 0,
        Who::User(id) => 1 << 32 | u64::from(id),
        Who::Group(id) => 2 << 32 | u64::from(id),
    }
}

/// The numbers of things that have the same key, by key; each run has two or more.
fn runs<K: Ord + Copy + Send>(mut keys: Vec<(K, u32)>) -> Vec<Vec<u32>> {
    keys.par_sort_unstable();
    let same = keys.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
    same.map(|run| run.iter().map(|(_, index)| *index).collect()).collect()
}

/// A finding for each place but the first.
fn repeated(b: &mut Binder<'_>, rule: &'static Rule, spans: &[Span], message: &str, first: &str) {
    for pair in spans.windows(2) {
        b.push(Finding::new(rule, pair[1], message).label(pair[0], first).help("take one out"));
        b.settle();
    }
}

fn members(b: &mut Binder<'_>) {
    let keys = b.model.members.par_iter().zip(0..b.model.members.len() as u32);
    for mut run in runs(keys.map(|(m, i)| ((number(m.who), m.of), i)).collect()) {
        let span = |i: u32| b.model.members[i as usize].span;
        run.sort_by_key(|i| span(*i));
        let first = b.model.members[run[0] as usize];
        let message = format!("{} is a member of group `{}` twice", b.model.who(first.who), b.model.groups.name(first.of));
        let spans: Vec<Span> = run.into_iter().map(span).collect();
        repeated(b, &LISTED_TWICE, &spans, &message, "listed here first");
    }
}

/// A principal has at most one `can` and one `cannot` for any one kind in a place.
fn entries(b: &mut Binder<'_>) {
    let cannot = |verb: Verb| u64::from(verb == Verb::Cannot) << 63;
    let keys = b.model.entries.par_iter().zip(0..b.model.entries.len() as u32);
    for mut run in runs(keys.map(|(e, i)| ((number(e.who) | cannot(e.verb), e.place), i)).collect()) {
        run.sort_by_key(|i| b.model.entries[*i as usize].span);
        let mut first: HashMap<KindId, (Span, ListId)> = HashMap::new();
        for index in run {
            let entry = b.model.entries[index as usize];
            let kinds = b.model.lists[entry.list as usize].kinds.clone();
            if let Some(kind) = kinds.iter().find(|k| first.contains_key(k)) {
                let (who, place) = (b.model.who(entry.who), b.model.place_name(entry.place));
                let verb = if entry.verb == Verb::Can { "can" } else { "cannot" };
                let kind_name = &b.model.kinds[*kind as usize].name;
                let message = format!("a second `{verb}` entry of {who} for kind `{kind_name}` in {place}");
                let finding = Finding::new(&DUPLICATE_ENTRY, entry.span, message).label(first[kind].0, "the first one");
                let lists = [first[kind].1, entry.list].map(|list| &b.model.lists[list as usize]);
                let help = if entry.verb == Verb::Can { lists[0].beside(lists[1]) } else { List::JOIN };
                b.push(finding.help(help));
                b.settle();
            }
            kinds.iter().for_each(|k| {
                first.entry(*k).or_insert((entry.span, entry.list));
            });
        }
    }
}

/// So many assignments before one are looked at for its like.
const MOST_LOOKS: usize = 64;

/// Two assignments with the same role, subject and scope both count, and are a warning.
fn assignments(b: &mut Binder<'_>) {
    let keys = b.model.assignments.par_iter().zip(0..b.model.assignments.len() as u32).filter(|(a, _)| !a.owner);
    let mut runs = runs(keys.map(|(a, i)| ((number(a.who), a.scope, a.role), i)).collect());
    for run in &mut runs {
        run.sort_by_key(|i| subject(b, *i));
    }
    let mut spare = spare(b, &runs);
    for run in runs {
        let first = b.model.assignments[run[0] as usize];
        let place = first.scope.map_or("everywhere".into(), |s| format!("in {}", b.model.place_name(s)));
        let (role, who) = (b.model.roles.name(first.role), b.model.who(first.who));
        let message = format!("role `{role}` is assigned twice to {who} {place}");
        for pair in run.windows(2) {
            let finding = Finding::new(&DUPLICATE_ASSIGNMENT, subject(b, pair[1]), message.clone());
            let until = |i: usize| b.model.assignments[pair[i] as usize].until;
            let out =
                if until(0) == until(1) { "take one out" } else { "keep the one that lasts longer, and take the other out" };
            let finding = finding.label(subject(b, pair[0]), "assigned here first").help(out);
            let statement = b.model.assignments[pair[1] as usize].span;
            let out = || Fix::safe("take the assignment out", vec![(statement, String::new())]);
            b.push(if spare.remove(&statement) { finding.fix(out()) } else { finding });
            b.settle();
        }
    }
}

/// Where the subject of an assignment is written.
fn subject(b: &Binder<'_>, index: u32) -> Span {
    match b.subjects.binary_search_by_key(&index, |(index, _)| *index) {
        Ok(at) => b.subjects[at].1,
        Err(_) => b.model.assignments[index as usize].span,
    }
}

/// The statements of which all pairs of a subject and a scope stand in others before them, until the same end.
fn spare(b: &Binder<'_>, runs: &[Vec<u32>]) -> HashSet<Span> {
    let all = &b.model.assignments;
    // How many of its pairs each statement has, and how many of them stand in others.
    let mut counts: HashMap<Span, (usize, usize)> = HashMap::new();
    for run in runs {
        for (at, index) in run.iter().enumerate().skip(1) {
            let a = &all[*index as usize];
            let mut before = run[..at].iter().rev().take(MOST_LOOKS).map(|other| &all[*other as usize]);
            if before.any(|other| other.span != a.span && other.until == a.until) {
                let same = |other: &&Assignment| other.span == a.span;
                let size = || {
                    let (one, two) = all.split_at(*index as usize);
                    one.iter().rev().take_while(same).count() + two.iter().take_while(same).count()
                };
                counts.entry(a.span).or_insert_with(|| (size(), 0)).1 += 1;
            }
        }
    }
    counts.into_iter().filter(|(_, (size, again))| size == again).map(|(span, _)| span).collect()
}
