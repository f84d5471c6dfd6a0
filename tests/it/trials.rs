//! What is said about a policy with one statement otherwise, held against compiling it and trying everything.

use std::collections::BTreeSet;

use roomkey::model::Sound;
use roomkey::model::change::Change;
use roomkey::query::diff::{Side, diff};
use roomkey::query::mutate::Mutants;
use roomkey::query::prove::{When, prove};
use roomkey::query::trial::{Outcome, Trials};
use roomkey::{Instant, Policy, Span, Table, table};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::{GROUPS, world};
use crate::reference::print::files;
use crate::reference::questions::{permissions, questions};
use crate::reference::world::{Question, World};

pub const NOW: &str = "2026-01-15T09:30:00Z";

pub fn now() -> Instant {
    NOW.parse().expect("a time")
}

type Files = Vec<(String, String)>;

/// A random policy with tests that hold and invariants of each form, as files.
pub fn tested(seed: u64, most: usize) -> Option<(Files, Policy)> {
    let world = world(seed);
    let mut chance = Chance::new(seed ^ 0x7e57);
    let mut texts = files(&world, Some(chance.clone()));
    let asked = questions(&world, &mut chance, most);
    let mut lines = String::new();
    for (n, q) in asked.iter().enumerate() {
        lines += &block(&world, &mut chance, n, q).unwrap_or_default();
    }
    texts.push(("proofs.rk".into(), lines));
    let policy = load(&texts).map_err(|e| println!("seed {seed}: {e}")).ok()?;
    Some((texts, policy))
}

fn block(world: &World, chance: &mut Chance, n: usize, q: &Question) -> Option<String> {
    let kind = world.kind(&q.on.kind)?;
    if !permissions(kind).contains(&q.permission) || q.on.id.contains('*') {
        return None;
    }
    let on = format!("{} on {} {}", q.permission, q.on.kind, quoted(&q.on.id));
    if n.is_multiple_of(3) {
        let answer = decide(world, q).ok()?;
        let known = |g: &&String| world.groups.iter().any(|known| known.id == **g);
        let groups: Vec<&String> = q.sign_in.groups.iter().filter(known).collect();
        let with = groups.iter().map(|g| format!("group {}", quoted(g))).collect::<Vec<_>>().join(", ");
        let with = if with.is_empty() { String::new() } else { format!(" with {with}") };
        let (user, verb) = (quoted(&q.sign_in.user), if answer { "can" } else { "cannot" });
        let at = q.at.as_ref().map_or(String::new(), |at| format!(" at {at}"));
        return Some(format!("test \"{n}\" {{ user {user}{with} {verb} {on}{at} }}\n"));
    }
    let any = format!("{} on {} \"*\"", q.permission, q.on.kind);
    let on = if n % 3 == 1 { on } else { any };
    let group = chance.pick(&GROUPS);
    let known = world.groups.iter().any(|g| g.id == *group);
    let who = match chance.below(6) {
        0 => "no one can".into(),
        1 => format!("at most {} can", chance.below(4)),
        2 => format!("at least {} can", chance.below(3)),
        3 => format!("no user {} can", quoted(&q.sign_in.user)),
        4 if known => format!("no group {} can", quoted(group)),
        5 if known => format!("only group {}, user {} can", quoted(group), quoted(&q.sign_in.user)),
        _ => return None,
    };
    Some(format!("invariant \"{n}\" {{ {who} {on} }}\n"))
}

pub fn quoted(id: &str) -> String {
    format!("\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The names of the tests and invariants that hold.
pub fn holding(table: &Table, policy: &Policy) -> BTreeSet<(&'static str, String)> {
    let when = When { now: now(), now_only: false };
    prove(table, policy.model(), "", when).expect("an answer").passed.into_iter().collect()
}

#[test]
fn what_is_noticed_is_what_trying_everything_notices() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (mut noticed, mut lost) = (0, 0);
    for seed in 0..rounds {
        let Some((texts, policy)) = tested(seed, 40) else { continue };
        let before = holding(policy.table(), &policy);
        let covered = policy.coverage(When { now: now(), now_only: false }, "", &|_, _| ()).expect("an answer");
        let mut seen: Vec<(Span, bool)> = Vec::new();
        let mut sound = policy.sound().clone();
        for fact in sound.facts() {
            let table = sound.with(&[Change::Without(fact)], |less| table::compile(less, policy.sources()).expect("it fits"));
            seen.push((sound.span(fact), !before.is_subset(&holding(&table, &policy))));
        }
        seen.sort_by_key(|(s, noticed)| (s.file, s.start, s.end, !noticed));
        seen.dedup_by_key(|(span, _)| *span);
        assert_eq!(covered.len(), seen.len(), "seed {seed}");
        for (covered, (span, expected)) in covered.iter().zip(&seen) {
            let text = policy.sources().text(*span);
            let all = || texts.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
            assert_eq!((covered.span, covered.noticed), (*span, *expected), "seed {seed}: `{text}`\n{}", all());
            if *expected { noticed += 1 } else { lost += 1 }
        }
    }
    println!("{noticed} statements are noticed, {lost} are not");
    assert!(noticed > 3 * rounds && lost > 3 * rounds, "{noticed} and {lost}");
}

fn mutants(policy: &Policy) -> Mutants {
    policy.mutants(When { now: now(), now_only: false }, "", &|_, _| ()).expect("an answer")
}

/// The policy with a test more.
fn with(texts: &[(String, String)], test: &str) -> Policy {
    let mut texts = texts.to_vec();
    texts.push(("more.rk".into(), test.into()));
    load(&texts).unwrap_or_else(|e| panic!("{test}: {e}"))
}

#[test]
fn the_test_of_every_survivor_holds_and_would_have_caught_it() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (mut killed, mut survived, mut same) = (0, 0, 0);
    for seed in 0..rounds {
        let Some((texts, policy)) = tested(seed, 12) else { continue };
        let before = mutants(&policy);
        let all = || texts.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
        (killed, survived, same) = (killed + before.killed, survived + before.survived, same + before.same);
        let tests: String = before.survivors.iter().map(|s| format!("{}\n", s.test())).collect();
        let more = with(&texts, &tests);
        let failed = prove(more.table(), more.model(), "", When { now: now(), now_only: true }).expect("an answer").failures;
        let failed: Vec<&str> = failed.iter().map(|f| f.name.as_str()).collect();
        for survivor in &before.survivors {
            assert!(!failed.contains(&survivor.name.as_str()), "seed {seed}: {}\n{}", survivor.test(), all());
        }
        let after = mutants(&more);
        let left: Vec<String> = after.survivors.iter().map(roomkey::query::mutate::Survivor::test).collect();
        assert_eq!((after.survived, after.same), (0, before.same), "seed {seed}: {left:#?}\n{}", all());
        assert_eq!(after.killed, before.killed + before.survived, "seed {seed}");
    }
    println!("{killed} mutants are noticed, {survived} survive, {same} decide the same");
    assert!(killed > rounds as usize && survived > rounds as usize && same > rounds as usize, "{killed}, {survived}, {same}");
}

/// Every change of which a table can be made, compared in full: where the comparison finds nothing, nothing is reported.
/// What it finds only for people who name several groups together is more than a trial asks.
#[test]
fn what_survives_is_what_the_comparison_tells_apart() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (mut differ, mut alike) = (0, 0);
    for seed in 0..rounds {
        let Some((texts, policy)) = tested(seed, 0) else { continue };
        let when = When { now: now(), now_only: false };
        let mut sound = policy.sound().clone();
        let changes: Vec<Change> = changes(&sound);
        let trials = Trials::new(policy.sound(), policy.sources(), policy.table(), when, "").expect("an answer");
        let outcomes = trials.judge(&changes, true, &|_, _| ()).expect("an answer");
        for (change, outcome) in changes.iter().zip(outcomes) {
            let (table, model) = sound.with(&[*change], |changed| {
                (table::compile(changed, policy.sources()).expect("it fits"), changed.clone().into_model())
            });
            let old = Side { table: policy.table(), from: Some((policy.model(), policy.sources())) };
            let new = Side { table: &table, from: Some((&model, policy.sources())) };
            let compared = diff(old, new, now()).expect("an answer");
            let all = || texts.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
            // A user in one group who names another one is told as whoever names both.
            let seen = compared.changes.iter().any(|c| c.with.len() < 2);
            let fits = if outcome == Outcome::Same { !seen } else { !compared.changes.is_empty() };
            assert!(fits, "seed {seed}: {change:?} {outcome:?} {:#?}\n{}", compared.changes, all());
            if let Outcome::Differs(w) = outcome {
                differ += 1;
                let mut q = roomkey::Question::new(&w.user, &w.permission, &format!("{}:{}", w.kind, w.id));
                q.groups.extend(w.group.clone());
                q.at = Some(w.at.unwrap_or_else(now));
                let answer = |table: &Table| roomkey::Checker::new(table).check(&q).expect("an answer").allowed();
                assert_eq!((answer(policy.table()), answer(&table)), (w.can, !w.can), "seed {seed}: {change:?} {w:?}");
            } else {
                alike += 1;
            }
        }
    }
    println!("{differ} changes are told apart, {alike} are not");
    assert!(differ > 10 * rounds && alike > 2 * rounds, "{differ} and {alike}");
}

/// Every loss, and every assignment in every other scope and of every other role.
fn changes(sound: &Sound) -> Vec<Change> {
    let m = sound.model();
    let mut all: Vec<Change> = sound.facts().into_iter().map(Change::Without).collect();
    for (i, a) in m.assignments.iter().enumerate().filter(|(_, a)| !a.owner) {
        let parent = a.scope.and_then(|p| m.places[p as usize].parent).map(|(p, _)| p);
        all.extend([Change::Reaches(i, parent), Change::Reaches(i, None)]);
        all.extend((0..m.roles.len() as u32).take(4).map(|role| Change::Gives(i, role)));
    }
    for (i, e) in m.entries.iter().enumerate().take(30) {
        let alike = |other: &&roomkey::model::access::Entry| other.verb == e.verb && other.list != e.list;
        all.extend(m.entries.iter().filter(alike).take(2).map(|other| Change::Says(i, other.list)));
    }
    all
}
