//! `who`, `what` and `explain` say what asking one by one says.

use std::collections::BTreeSet;

use roomkey::query::explain::Effect;
use roomkey::query::who::Excepted;
use roomkey::{Decision, Instant, Policy, ReasonKind, Resource, Whose, explain, what, who, who_with};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::{GROUPS, world};
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::world::{Question, SignIn, World};

const POLICIES: u64 = 150;
const QUESTIONS: usize = 12;

#[test]
fn listings_and_explanations_equal_asking_one_by_one() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(POLICIES);
    let (mut asked, mut told, mut together) = (0, 0, 0);
    for seed in 0..rounds {
        let world = world(seed);
        let mut chance = Chance::new(!seed);
        let wanted = questions(&world, &mut chance, QUESTIONS);
        let policy = load(&files(&world, Some(chance))).expect("worlds are sound");
        for question in wanted.iter().filter(|q| q.at.is_some() && decide(&world, q).is_ok()) {
            who_is_everyone(&world, &policy, question);
            what_is_everything(&world, &policy, question);
            together += who_with_groups_is_everyone(&world, &policy, question);
            told += explained(&world, &policy, question);
            asked += 1;
        }
    }
    println!("{asked} questions, {told} of them explained by a statement");
    println!("{together} times groups give together what none of them gives alone");
    assert!(asked > 3 * rounds && told > rounds && together > 0, "{asked} questions, {told} told, {together} together");
}

fn instant(question: &Question) -> Instant {
    question.at.as_ref().and_then(|at| at.parse().ok()).expect("the question has a time")
}

fn alone(question: &Question, user: &str, groups: &[&str]) -> Question {
    let groups = groups.iter().map(|g| (*g).to_owned()).collect();
    Question { sign_in: SignIn { user: user.into(), organization: None, groups }, ..question.clone() }
}

fn who_is_everyone(world: &World, policy: &Policy, question: &Question) {
    let table = policy.table();
    let resource = Resource { kind: Some(question.on.kind.clone()), id: question.on.id.clone() };
    let audience = who(table, &question.permission, &resource, instant(question)).expect("a question with an answer");
    let allowed = |user: &str, groups: &[&str]| decide(world, &alone(question, user, groups)) == Ok(true);
    let users: BTreeSet<&str> = audience.admitted.iter().flat_map(|a| a.users.iter().copied()).collect();
    assert_eq!(users.len(), audience.users(), "nobody is listed twice");
    for user in table.users() {
        let (_, user) = user.expect("the table is sound");
        assert_eq!(users.contains(user), allowed(user, &[]), "{user}: {question:?}");
        let except = audience.except.iter().any(|(other, _)| *other == Excepted::User(user));
        assert_eq!(except, audience.strangers() && !allowed(user, &[]), "{user}: {question:?}");
    }
    assert_eq!(audience.strangers(), allowed("a stranger", &[]), "{question:?}");
    let groups: BTreeSet<&str> = audience.admitted.iter().flat_map(|a| a.groups.iter().copied()).collect();
    for group in table.groups() {
        let (_, group) = group.expect("the table is sound");
        let except = audience.except.iter().any(|(other, _)| *other == Excepted::Group(group));
        let listed = groups.contains(group) || audience.strangers() && !except;
        assert_eq!(listed, allowed("a stranger", &[group]), "group {group}: {question:?}");
        assert!(!except || audience.strangers(), "group {group}: {question:?}");
        let does = listed != audience.strangers();
        for user in policy.table().users() {
            let (_, user) = user.expect("the table is sound");
            let told = audience.otherwise.iter().filter(|o| o.groups.contains(&group) && o.users.contains(&user));
            let told: Vec<bool> = told.map(|o| o.can).collect();
            let usual = if does { listed } else { users.contains(user) };
            let can = allowed(user, &[group]);
            assert_eq!(told, if can == usual { vec![] } else { vec![can] }, "{user} with {group}: {question:?}");
        }
    }
}

/// Holds a listing where everyone names several groups; tells whether they give a stranger more together than each alone.
fn who_with_groups_is_everyone(world: &World, policy: &Policy, question: &Question) -> u64 {
    let mut together = 0;
    for (i, first) in GROUPS.iter().enumerate() {
        let named = [*first, GROUPS[(i + 1) % GROUPS.len()], GROUPS[(i + 3) % GROUPS.len()]];
        let names: Vec<String> = named.iter().map(|g| (*g).to_owned()).collect();
        let resource = Resource { kind: Some(question.on.kind.clone()), id: question.on.id.clone() };
        let audience = who_with(policy.table(), &question.permission, &resource, &names, instant(question)).expect("an answer");
        let allowed = |user: &str, groups: &[&str]| decide(world, &alone(question, user, groups)) == Ok(true);
        let users: BTreeSet<&str> = audience.admitted.iter().flat_map(|a| a.users.iter().copied()).collect();
        for user in policy.table().users() {
            let (_, user) = user.expect("the table is sound");
            assert_eq!(users.contains(user), allowed(user, &named), "{user} with {named:?}: {question:?}");
        }
        assert_eq!(audience.strangers(), allowed("a stranger", &named), "{named:?}: {question:?}");
        let groups: BTreeSet<&str> = audience.admitted.iter().flat_map(|a| a.groups.iter().copied()).collect();
        for group in policy.table().groups() {
            let (_, group) = group.expect("the table is sound");
            let all: Vec<&str> = named.iter().copied().chain([group]).collect();
            let except = audience.except.iter().any(|(other, _)| *other == Excepted::Group(group));
            let listed = groups.contains(group) || audience.strangers() && !except;
            assert_eq!(listed, allowed("a stranger", &all), "{group} and {named:?}: {question:?}");
        }
        together += u64::from(audience.strangers() && !named.iter().any(|g| allowed("a stranger", &[g])));
    }
    together
}

fn what_is_everything(world: &World, policy: &Policy, question: &Question) {
    let whose = Whose {
        user: question.sign_in.user.clone(),
        groups: question.sign_in.groups.clone(),
        organization: question.sign_in.organization.clone(),
        kind: Some(question.on.kind.clone()),
        permission: Some(question.permission.clone()),
        at: instant(question),
    };
    let reach = what(policy.table(), &whose).expect("a question with an answer");
    let listed: BTreeSet<&str> = reach.reached.iter().flat_map(|r| r.resources.iter().map(String::as_str)).collect();
    let kind = policy.table().kind(&question.on.kind).expect("the kind is known");
    for resource in policy.table().resources(kind) {
        let id = policy.table().resource_name(resource.expect("sound")).expect("sound");
        let mut one = question.clone();
        one.on.id = id.to_owned();
        assert_eq!(listed.contains(id), decide(world, &one) == Ok(true), "{id}: {one:?}");
    }
}

/// Holds one explanation against the decision; tells whether a statement made it.
fn explained(world: &World, policy: &Policy, question: &Question) -> u64 {
    let mut asked =
        roomkey::Question::new(&question.sign_in.user, &question.permission, &format!("{}:{}", question.on.kind, question.on.id));
    asked.groups.clone_from(&question.sign_in.groups);
    asked.organization.clone_from(&question.sign_in.organization);
    asked.at = Some(instant(question));
    let e = explain(policy.table(), Some((policy.model(), policy.sources())), &asked).expect("a question with an answer");
    assert_eq!(e.answer, policy.check(&asked).expect("an answer"), "{question:?}");
    assert_eq!(e.answer.decision == Decision::Allow, decide(world, question) == Ok(true), "{question:?}");
    let source = &e.answer.reason.source;
    let effect = e.told.iter().find(|t| t.reason.source == *source).map(|t| t.effect);
    match e.answer.reason.kind {
        ReasonKind::Access | ReasonKind::NoBase if source.is_some() => {
            assert_eq!(effect, Some(Effect::Decides), "{question:?}: {e:#?}");
        }
        ReasonKind::Role => assert_eq!(effect, Some(Effect::Adds), "{question:?}"),
        ReasonKind::Prohibited => assert_eq!(effect, Some(Effect::Takes), "{question:?}"),
        _ => return 0,
    }
    let group = e.answer.reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"));
    if let Some(group) = group.filter(|_| e.answer.reason.kind != ReasonKind::NoBase) {
        assert_eq!(e.membership.last().map(|m| m.group.as_str()), Some(group), "{question:?}: {e:#?}");
    }
    1
}
