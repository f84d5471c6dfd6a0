//! An explanation names what makes the answer: without it the answer is another one, and without anything else the same.

use std::collections::BTreeSet;

use roomkey::model::change::{Change, Fact};
use roomkey::query::explain::{Effect, Explanation};
use roomkey::query::suggest::{Piece, Suggested, Works, suggest};
use roomkey::source::Origin;
use roomkey::{Policy, ReasonKind, Table, explain, table};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::world::{Question, Says, Who, World};

fn asked(question: &Question) -> roomkey::Question {
    let on = format!("{}:{}", question.on.kind, question.on.id);
    let mut asked = roomkey::Question::new(&question.sign_in.user, &question.permission, &on);
    asked.groups.clone_from(&question.sign_in.groups);
    asked.organization.clone_from(&question.sign_in.organization);
    asked.at = question.at.as_ref().and_then(|at| at.parse().ok());
    asked
}

fn rounds(usual: u64) -> u64 {
    std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// A policy, and questions about it that have an answer.
fn scene(seed: u64) -> (World, Vec<(String, String)>, Policy, Vec<Question>) {
    let world = world(seed);
    let mut chance = Chance::new(seed ^ 0xbeca);
    let wanted = questions(&world, &mut chance, 12);
    let texts = files(&world, Some(chance));
    let policy = load(&texts).expect("worlds are sound");
    let answered = wanted.into_iter().filter(|q| q.at.is_some() && decide(&world, q).is_ok()).collect();
    (world, texts, policy, answered)
}

/// The policy without the statements that stand at some places; entries and assignments alone.
fn without(policy: &Policy, gone: impl Fn(Fact, &Origin) -> bool) -> (Table, usize) {
    let mut sound = policy.sound().clone();
    let statement = |fact: &Fact| matches!(fact, Fact::Entry(_) | Fact::Assignment(_));
    let facts: Vec<Fact> = sound.facts().into_iter().filter(statement).collect();
    let gone: Vec<Change> =
        facts.into_iter().filter(|fact| gone(*fact, &policy.sources().origin(sound.span(*fact)))).map(Change::Without).collect();
    let count = gone.len();
    (sound.with(&gone, |less| table::compile(less, policy.sources()).expect("it fits")), count)
}

fn allowed(table: &Table, question: &roomkey::Question) -> bool {
    roomkey::Checker::new(table).check(question).expect("an answer").allowed()
}

#[test]
fn what_is_told_makes_the_answer_and_nothing_else_does() {
    let (mut alone, mut together, mut lifted, mut others) = (0, 0, 0, 0);
    let (mut turned, mut near) = ([0, 0], 0);
    let rounds = rounds(60);
    for seed in 0..rounds {
        let (_, texts, policy, questions) = scene(seed);
        for question in &questions {
            let q = asked(question);
            let e = explain(policy.table(), None, &q).expect("an answer");
            let all = || texts.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
            let at = |told: &roomkey::query::explain::Told| told.reason.source.clone();
            let active = |effect: Effect| !matches!(effect, Effect::Over | Effect::MembershipOver | Effect::Other);
            let told: Vec<Origin> = e.told.iter().filter(|t| active(t.effect)).filter_map(at).collect();
            let by = |wanted: fn(Effect) -> bool| -> Vec<Origin> {
                e.told.iter().filter(|t| wanted(t.effect)).filter_map(at).collect()
            };
            if e.answer.allowed() {
                // Everything that speaks for it goes: what decides, and what would step in.
                let grants = by(|e| {
                    !matches!(e, Effect::Takes | Effect::TakesNothing | Effect::Over | Effect::MembershipOver | Effect::Other)
                });
                let (table, _) = without(&policy, |_, origin| grants.contains(origin));
                assert!(!allowed(&table, &q), "seed {seed}: {q:?}\n{e:#?}\n{}", all());
                if grants.len() == 1 {
                    alone += 1
                } else {
                    together += 1
                }
                // What decides or adds, and nothing that gives way, is what the answer stands on.
                let source = e.answer.reason.source.clone();
                assert!(
                    source.is_none_or(|s| by(|e| matches!(e, Effect::Decides | Effect::Follows | Effect::Adds)).contains(&s))
                );
            }
            if e.answer.reason.kind == ReasonKind::Prohibited {
                let takes = by(|e| e == Effect::Takes);
                let (table, _) = without(&policy, |fact, origin| is_prohibition(&policy, fact) && takes.contains(origin));
                assert!(allowed(&table, &q), "seed {seed}: {q:?}\n{e:#?}\n{}", all());
                lifted += 1;
            }
            turned[usize::from(e.stands_on.len() > 1)] += turns(&policy, &q, &e, seed, &all);
            near += would(&policy, &q, &e, seed, &all);
            if !matches!(e.answer.reason.kind, ReasonKind::OutsideOrganization | ReasonKind::NotAMember) {
                others += each_other(&policy, &q, &e, &told, seed, &all);
            }
        }
    }
    println!("{alone} stand on one statement, {together} on several, {lifted} are prohibited; {others} statements do nothing");
    println!("{turned:?} answers are turned by one and by several statements, {near} memberships would have allowed it");
    assert!(turned[0] > rounds && turned[1] > rounds / 4 && near > rounds / 4, "{turned:?}, {near}");
    assert!(alone > rounds && together > rounds / 2 && lifted > rounds / 20, "{alone}, {together}, {lifted}");
}

/// Takes out what an answer is said to stand on, all of it and all but one.
fn turns(policy: &Policy, q: &roomkey::Question, e: &Explanation, seed: u64, all: &dyn Fn() -> String) -> u64 {
    let on: Vec<Origin> = e.stands_on.iter().filter_map(|t| t.reason.source.clone()).collect();
    let made = matches!(e.answer.reason.kind, ReasonKind::Access | ReasonKind::Role) && e.answer.allowed();
    assert!(!on.is_empty() || !made && e.answer.reason.kind != ReasonKind::Prohibited, "seed {seed}: {q:?}\n{e:#?}\n{}", all());
    let known = |table: &Table| {
        let kind = table.kind(&e.answer.kind).expect("known");
        table.resource(kind, &e.answer.id).expect("sound").is_some()
    };
    let (table, _) = without(policy, |_, origin| on.contains(origin));
    if on.is_empty() || !known(&table) {
        return 0;
    }
    assert_ne!(allowed(&table, q), e.answer.allowed(), "seed {seed}: {q:?}\n{e:#?}\n{}", all());
    for left in on.iter().filter(|_| on.len() > 1) {
        let (table, _) = without(policy, |_, origin| origin != left && on.contains(origin));
        assert_eq!(allowed(&table, q), e.answer.allowed(), "seed {seed}: {q:?} with {left}\n{e:#?}\n{}", all());
    }
    1
}

/// What would have allowed it for members of a group does, for who names the group.
fn would(policy: &Policy, q: &roomkey::Question, e: &Explanation, seed: u64, all: &dyn Fn() -> String) -> u64 {
    let mut count = 0;
    for told in e.nearest.iter().filter(|t| matches!(t.effect, Effect::Other | Effect::MembershipOver)) {
        let group = told.reason.principal.as_deref().and_then(|p| p.strip_prefix("group:")).expect("a group");
        let mut joined = q.clone();
        joined.groups.push(group.to_owned());
        assert!(allowed(policy.table(), &joined), "seed {seed}: {q:?} in {group}\n{e:#?}\n{}", all());
        count += 1;
    }
    count
}

fn is_prohibition(policy: &Policy, fact: Fact) -> bool {
    matches!(fact, Fact::Entry(i) if policy.model().entries[i].verb == roomkey::syntax::tree::Verb::Cannot)
}

/// Takes out every statement that is not told, alone, and expects the same answer.
fn each_other(
    policy: &Policy,
    q: &roomkey::Question,
    e: &Explanation,
    told: &[Origin],
    seed: u64,
    all: &dyn Fn() -> String,
) -> usize {
    let key = |o: &Origin| (o.file.clone(), o.line, o.column);
    let statement = |fact: &Fact| matches!(fact, Fact::Entry(_) | Fact::Assignment(_));
    // What is only a scope is known by its assignments.
    let only_scope = |fact: &Fact| match fact {
        Fact::Assignment(i) => policy.model().assignments[*i].scope.is_some_and(|p| !policy.model().places[p as usize].declared),
        _ => false,
    };
    let (sound, sources) = (policy.sound(), policy.sources());
    let at = |fact: Fact| key(&sources.origin(sound.span(fact)));
    let known: BTreeSet<_> = sound.facts().into_iter().filter(only_scope).map(at).collect();
    let origins: BTreeSet<_> = sound.facts().into_iter().filter(statement).map(at).filter(|o| !known.contains(o)).collect();
    let told: BTreeSet<_> = told.iter().map(key).collect();
    let mut count = 0;
    for other in origins.difference(&told).take(12) {
        let (table, _) = without(policy, |_, origin| key(origin) == *other);
        assert_eq!(allowed(&table, q), e.answer.allowed(), "seed {seed}: {q:?} without {other:?}\n{e:#?}\n{}", all());
        count += 1;
    }
    count
}

#[test]
fn every_statement_that_is_suggested_allows_it() {
    let (mut works, mut twice, mut none, mut roles, mut joins, mut besides) = (0, 0, 0, 0, 0, 0);
    let rounds = rounds(120);
    for seed in 0..rounds {
        let (world, texts, policy, questions) = scene(seed);
        for question in &questions {
            let q = asked(question);
            let e = explain(policy.table(), None, &q).expect("an answer");
            if e.answer.allowed() {
                continue;
            }
            let mut with = |pieces: &[Piece]| written(&texts, &policy, pieces);
            match suggest(&policy, &q, &e, &mut with).expect("an answer") {
                Suggested::Works(found) => {
                    let said = || format!("seed {seed}: {q:?}\n{:#?}", found.pieces);
                    assert!(found.policy.check(&q).expect("an answer").allowed(), "{}", said());
                    let lines: String = found.pieces.iter().map(|p| p.text.as_str()).collect();
                    works += 1;
                    twice += usize::from(found.pieces.len() == 2);
                    roles += usize::from(lines.contains("assign "));
                    joins += usize::from(found.pieces.iter().any(|p| p.into.is_some()));
                    besides += usize::from(!found.besides.changes.is_empty());
                    nothing_else(&policy, &found, &q, &said);
                }
                Suggested::None(why) => {
                    let gate = why.contains(" cannot ")
                        || why.contains("organization")
                        || why.contains("leaves the resource in its container");
                    assert!(gate || has_own(&world, question), "seed {seed}: {q:?}\n{why}");
                    none += 1;
                }
            }
        }
    }
    println!("{roles} assign roles, {joins} join groups, {besides} change something besides");
    assert!(roles > 0 && joins > 0 && besides > 0, "{roles}, {joins}, {besides}");
    println!("{works} suggestions allow what was denied, {twice} of them two statements; {none} denials have none");
    assert!(works as u64 > rounds && twice > 0 && none > 0, "{works}, {twice}, {none}");
}

/// The policy with what is suggested.
fn written(texts: &[(String, String)], policy: &Policy, pieces: &[Piece]) -> Option<Policy> {
    let mut texts = texts.to_vec();
    for piece in pieces {
        match &piece.into {
            None => texts.push(("suggested.rk".into(), piece.text.clone())),
            Some(into) => {
                let name = policy.sources().get(into.file).name();
                let (_, text) = texts.iter_mut().find(|(n, _)| n == name)?;
                text.insert_str(into.at, &into.text);
            }
        }
    }
    load(&texts).ok()
}

/// Asks everyone about everything that is declared, before and after: who has more than before is told.
fn nothing_else(policy: &Policy, found: &Works, q: &roomkey::Question, said: &dyn Fn() -> String) {
    let (before, after) = (policy.table(), found.policy.table());
    let told = |user: &str, kind: &str, id: &str| {
        let who = |c: &roomkey::query::diff::Change| c.who.users.iter().any(|u| u == user) != c.who.everyone;
        found.besides.changes.iter().any(|c| c.kind == kind && c.resources.iter().any(|r| r == id) && who(c))
    };
    let mut users: Vec<String> = before.users().map(|u| u.expect("sound").1.to_owned()).collect();
    users.extend(["a stranger".to_owned(), q.user.clone()]);
    for kind in 0..after.kinds().len() as u32 {
        let name = after.kinds()[kind as usize].name.to_string();
        let permissions: Vec<String> = after.kinds()[kind as usize].permissions().take(12).collect();
        for resource in after.resources(kind) {
            let id = after.resource_name(resource.expect("sound")).expect("sound");
            for user in users.iter().filter(|u| **u != q.user || id != q.resource.id) {
                let differs = permissions.iter().any(|p| {
                    let mut one = roomkey::Question::new(user, p, &format!("{name}:{id}"));
                    one.at = q.at;
                    let answer = |table| roomkey::Checker::new(table).decision(&one).ok();
                    answer(before) != answer(after)
                });
                assert!(!differs || told(user, &name, id), "{}\n{user} on {name} {id}: {:#?}", said(), found.besides.changes);
            }
        }
    }
}

/// Whether the user has an entry of its own on the resource, or is a member that has left, so that a second one is an error.
fn has_own(world: &World, question: &Question) -> bool {
    let own = |who: &Who| matches!(who, Who::User(user) if *user == question.sign_in.user);
    let place = world.place(&question.on);
    let left = world.places.iter().any(|p| p.members.iter().any(|m| own(&m.who)));
    left || place.is_some_and(|p| p.entries.iter().any(|e| own(&e.who) && !matches!(e.says, Says::Cannot(_))))
}
