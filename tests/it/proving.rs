//! Invariants are proved exactly, and tests ask what they say.

use std::collections::BTreeSet;

use roomkey::query::prove::{Found, Tried, When, prove};
use roomkey::{Analysis, Instant, Policy, Settings, Source, Sources};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::{GROUPS, USERS, world};
use crate::reference::print::files;
use crate::reference::questions::{permissions, questions};
use crate::reference::world::{Name, Question, SignIn, World};

const POLICIES: u64 = 120;
const NOW: &str = "2026-01-15T09:30:00Z";

fn tried(policy: &Policy, now: &str, now_only: bool) -> Tried {
    let now: Instant = now.parse().expect("a time");
    prove(policy.table(), policy.model(), "", When { now, now_only }).expect("a sound table")
}

fn policy(text: &str) -> Policy {
    Policy::from_texts([("x.rk".into(), text.into())]).expect("a sound policy")
}

fn found(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let analysis = Analysis::new(sources, &Settings::default());
    let said = |f: &roomkey::Finding| {
        let place = analysis.sources.place(f.span);
        format!("{}:{} {}", place.line, place.column, f.rule.name)
    };
    analysis.findings.iter().map(said).collect()
}

/// The sign-ins that an invariant speaks of: a user alone or with a group, or a stranger with a group or none.
fn sign_ins(policy: &Policy) -> Vec<SignIn> {
    let mut users: BTreeSet<String> = USERS.iter().map(|u| (*u).to_owned()).collect();
    users.extend(policy.table().users().map(|u| u.expect("sound").1.to_owned()));
    let alone = |user: String| SignIn { user, organization: None, groups: Vec::new() };
    let mut all: Vec<SignIn> = users.into_iter().map(alone).collect();
    all.push(alone("a stranger".into()));
    for group in policy.table().groups() {
        let groups = vec![group.expect("sound").1.to_owned()];
        all.push(SignIn { user: "a stranger".into(), organization: None, groups: groups.clone() });
        let users = policy.table().users().map(|u| u.expect("sound").1.to_owned());
        all.extend(users.map(|user| SignIn { user, organization: None, groups: groups.clone() }));
    }
    all
}

#[test]
fn invariants_are_what_asking_everyone_says() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(POLICIES);
    let (mut held, mut broken) = (0, 0);
    for seed in 0..rounds {
        let world = world(seed);
        let mut chance = Chance::new(seed ^ 0x5a5a);
        let wanted = questions(&world, &mut chance, 4);
        for (n, question) in wanted.iter().enumerate() {
            let Some(kind) = world.kind(&question.on.kind) else { continue };
            if !permissions(kind).contains(&question.permission) {
                continue;
            }
            let pattern = if n % 2 == 0 { "*".into() } else { question.on.id.clone() };
            let group = GROUPS[(seed as usize + n) % GROUPS.len()];
            let mut texts = files(&world, Some(chance.clone()));
            let line = format!("can {} on {} {}", question.permission, question.on.kind, quoted(&pattern));
            let group_known = world.groups.iter().any(|g| g.id == group);
            let mut laws = format!("invariant \"one\" {{ no one {line} }}\ninvariant \"least\" {{ at least 1 {line} }}\n");
            laws += &format!("invariant \"most\" {{ at most 0 {line} }}\n");
            if group_known {
                let group = quoted(group);
                laws += &format!(
                    "invariant \"group\" {{ no group {group} {line} }}\ninvariant \"only\" {{ only group {group} {line} }}\n"
                );
            }
            texts.push(("laws.rk".into(), laws));
            let Ok(policy) = load(&texts) else { continue };
            let results = tried(&policy, NOW, true);
            let (h, b) = compare(&world, &policy, question, group, &results);
            held += h;
            broken += b;
        }
    }
    println!("{held} hold, {broken} do not");
    assert!(held > rounds && broken > rounds, "{held} hold, {broken} do not");
}

/// Holds the results against asking one by one, on the declared resources and on the witnesses.
fn compare(world: &World, policy: &Policy, question: &Question, group: &str, tried: &Tried) -> (u64, u64) {
    let all = sign_ins(policy);
    let kind = policy.table().kind(&question.on.kind).expect("known");
    let declared: Vec<String> = policy
        .table()
        .resources(kind)
        .map(|r| policy.table().resource_name(r.expect("sound")).expect("sound").to_owned())
        .collect();
    let allowed = |sign_in: &SignIn, id: &str| {
        let on = Name::new(&question.on.kind, id);
        let asked = Question { sign_in: sign_in.clone(), on, at: Some(NOW.into()), ..question.clone() };
        decide(world, &asked) == Ok(true)
    };
    let member = |sign_in: &SignIn| {
        let table = policy.table();
        let user = table.user(&sign_in.user).expect("sound");
        let named: Vec<_> = sign_in.groups.iter().filter_map(|g| table.group(g).expect("sound")).collect();
        let sign_in = table.sign_in_with(user, &named).expect("sound");
        let groups = table.groups_of(&sign_in, NOW.parse().expect("a time")).expect("sound");
        table.group(group).expect("sound").is_some_and(|g| groups.contains(&g))
    };
    let everywhere = matches!(tried.failures.first().map(|f| &f.expected), Some(e) if e.ends_with("\"*\""));
    let ids: Vec<String> = if everywhere || tried.failures.is_empty() { declared } else { vec![question.on.id.clone()] };
    let ids: Vec<&String> = ids.iter().filter(|id| policy.table().resource(kind, id).expect("sound").is_some()).collect();
    for (sort, name) in &tried.passed {
        assert_eq!(*sort, "invariant");
        for sign_in in &all {
            let named = policy.table().user(&sign_in.user).expect("sound").is_some();
            let bound = match name.as_str() {
                "one" => true,
                "most" => named && sign_in.groups.is_empty(),
                "group" => member(sign_in) && (sign_in.groups.is_empty() || !named),
                "only" => !member(sign_in),
                _ => false,
            };
            let id = ids.iter().find(|id| bound && allowed(sign_in, id));
            assert_eq!(id, None, "`{name}` is said to hold: {sign_in:?} {question:?}");
        }
    }
    for failure in &tried.failures {
        match &failure.found {
            Found::Witness(q, ..) => {
                let sign_in = SignIn { user: q.user.clone(), organization: None, groups: q.groups.clone() };
                assert!(allowed(&sign_in, &q.resource.id), "{failure:?}");
                match failure.name.as_str() {
                    "group" => assert!(member(&sign_in), "{failure:?}"),
                    "only" => assert!(!member(&sign_in), "{failure:?}"),
                    _ => {}
                }
            }
            Found::Count { users, resource, .. } => {
                let id = ids.iter().find(|id| resource.ends_with(&quoted(id)) || resource.ends_with(&format!(" {id}")));
                if let Some(id) = id {
                    let named =
                        all.iter().filter(|s| s.groups.is_empty() && policy.table().user(&s.user).expect("sound").is_some());
                    assert_eq!(named.filter(|s| allowed(s, id)).count(), *users, "{failure:?}");
                }
            }
            Found::NoResource => assert!(ids.is_empty(), "{failure:?}"),
            other => panic!("{other:?}"),
        }
    }
    (tried.passed.len() as u64, tried.failures.len() as u64)
}

fn quoted(id: &str) -> String {
    format!("\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\""))
}

const SOUND: &str = "use liveblocks
group staff { user ann  user ben until 2030-06-30 }
group guests
room plan { default can nothing  group staff can *:write }
";

#[test]
fn tests_ask_what_they_say() {
    let text = format!(
        "{SOUND}test \"staff\" {{
  user ann can read, comments:write on room plan
  user ann cannot read on room plan
  user zoe with group staff can write on room plan
  user zoe cannot * on room plan
  user ben can write on room plan at 2030-06-30
  user ben cannot write on room plan at 2030-07-01
}}
test \"wrong\" {{ user yan can read on room plan }}
test \"nothing\" {{ }}
"
    );
    let tried = tried(&policy(&text), NOW, false);
    assert_eq!(tried.failed, 3);
    let found: Vec<&Found> = tried.failures.iter().map(|f| &f.found).collect();
    assert!(matches!(found[..], [Found::Contradiction(_), Found::Answer(..), Found::Empty]), "{found:?}");
}

#[test]
fn invariants_are_proved_whenever_something_ends() {
    let text = format!("{SOUND}invariant \"two\" {{ at least 2 can write on room plan }}\n");
    assert_eq!(tried(&policy(&text), NOW, true).failed, 0);
    let later = tried(&policy(&text), NOW, false);
    assert!(matches!(later.failures[0].found, Found::Count { users: 1, later: Some(_), .. }), "{later:?}");
    let text = format!("{SOUND}invariant \"none\" {{ no one can write on room \"x:*\" }}\n");
    assert_eq!(tried(&policy(&text), NOW, true).failures[0].found, Found::NoResource);
}

#[test]
fn names_in_tests_and_invariants_are_checked() {
    let text = format!(
        "{SOUND}test \"a\" {{
  user ann with group staf can raed on room plan
  user ann can comments:none on rom plan
  user ann can read on room \"p*\"
  user ann can read on room plan at 2030-13-01
  user ann reads on room plan
}}
test \"a\" {{ user ann can read on room plan }}
invariant \"b\" {{
  no group nobody can write on room plan
  at most many can write on room plan
  no one can both read and wirte on room plan
  only user ann can read on room plan in organization nowhere
}}
"
    );
    let expected = [
        "6:23 unknown-group",
        "6:32 unknown-permission",
        "7:33 unknown-kind",
        "8:29 misplaced-star",
        "9:37 bad-date",
        "10:12 syntax",
        "12:6 duplicate-declaration",
        "14:12 unknown-group",
        "15:11 syntax",
        "16:28 unknown-permission",
        "17:55 unknown-resource",
    ];
    assert_eq!(found_with(&text), expected);
}

fn found_with(text: &str) -> Vec<String> {
    found(text)
}

#[test]
fn tests_change_no_byte_of_the_table() {
    let more = format!(
        "{SOUND}test \"a\" {{ user zoe cannot read on room plan }}\ninvariant \"b\" {{ no one can read on room nowhere }}\n"
    );
    let (plain, tested) = (policy(SOUND), policy(&more));
    assert_eq!(plain.table().counts().collect::<Vec<_>>(), tested.table().counts().collect::<Vec<_>>());
    assert!(tested.table().user("zoe").expect("sound").is_none());
}
