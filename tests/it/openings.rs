//! A token made from the policy gives no more than the policy, and exactly as much where it is not cut.

use std::collections::BTreeSet;

use roomkey::token::{Extent, Grants, Signing, TokenError, from_policy, identity};
use roomkey::{Instant, Policy};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::{permissions, questions};
use crate::reference::world::{Name, Question, World};

/// How long the tokens last: long enough for something to end meanwhile.
const TTL: u32 = 400 * 86_400;

#[test]
fn a_token_from_the_policy_gives_what_the_reference_decides() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(80);
    let mut tried = Tried::default();
    for seed in 0..rounds {
        let world = world(seed);
        let policy = load(&files(&world, None)).expect("worlds are sound");
        let mut chance = Chance::new(!seed);
        for question in questions(&world, &mut chance, 6) {
            tried.question(&world, &policy, &question, &mut chance);
        }
    }
    println!("{tried:?}");
    assert!(tried.exact > 20 && tried.cut > 10 && tried.later > 20 && tried.probes > 10_000, "{tried:?}");
}

/// How often something was tried.
#[derive(Debug, Default)]
struct Tried {
    exact: usize,
    cut: usize,
    later: usize,
    probes: usize,
}

impl Tried {
    /// Issues for the sign-in of a question, and compares on every id that could be told from others.
    fn question(&mut self, world: &World, policy: &Policy, question: &Question, chance: &mut Chance) {
        let table = policy.table();
        let Some(kind) = table.kind(&question.on.kind).filter(|k| *k > 0) else { return };
        let at = question.at.as_deref().map_or(Instant::from_unix(1_768_469_400, 0), |at| at.parse().expect("a time"));
        let sign_in = &question.sign_in;
        let who = Signing { user: &sign_in.user, groups: &sign_in.groups, organization: sign_in.organization.as_deref() };
        let ids = ids(world, &question.on.kind);
        let only = extent(&ids, chance);
        for partial in [false, true] {
            let made = from_policy(table, &who, at, TTL, &Extent { kind, only: &only, partial });
            let opening = match made {
                Ok(opening) => opening,
                Err(TokenError::Misfits(_) | TokenError::Unfit(_)) => continue,
                Err(other) => panic!("{other}"),
            };
            assert!(partial || opening.left_out.is_empty());
            let probe = Probe { world, policy, question, kind, ids: &ids, grants: &opening.grants };
            let exact = opening.left_out.is_empty();
            let inside = |id: &str| only.is_empty() || only.iter().any(|o| matches(o, id));
            self.probes += probe.compare(at, |id, token, policy| {
                let same = token == (policy && inside(id));
                if exact { same } else { !token || policy }
            });
            (self.exact, self.cut) = (self.exact + usize::from(exact), self.cut + usize::from(!exact));
            for later in moments(opening.until, at, chance) {
                self.later += 1;
                self.probes += probe.compare(later, |_, token, policy| !token || policy);
            }
        }
    }
}

/// A time while the token lasts, and its last moment.
fn moments(until: Option<Instant>, at: Instant, chance: &mut Chance) -> Vec<Instant> {
    let from = at.to_unix().0;
    let full = from + i64::from(TTL);
    let end = until.map_or(full, |until| until.to_unix().0.min(full));
    // A token is valid in whole seconds.
    let between = from + (end - from) * chance.below(100) as i64 / 100;
    [between, end - 1].into_iter().filter(|t| *t > from && *t < end).map(|t| Instant::from_unix(t, 0)).collect()
}

fn matches(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |start| id.starts_with(start))
}

/// No narrowing, or a few ids and patterns.
fn extent(ids: &BTreeSet<String>, chance: &mut Chance) -> Vec<String> {
    let all: Vec<&String> = ids.iter().collect();
    let count = if all.is_empty() || chance.percent(60) { 0 } else { chance.between(1, 3) };
    let one = |chance: &mut Chance| format!("{}{}", chance.pick(&all), if chance.percent(60) { "*" } else { "" });
    (0..count).map(|_| one(chance)).collect()
}

/// Every declared id of a kind, and ids made from every pattern and every beginning of one.
fn ids(world: &World, kind: &str) -> BTreeSet<String> {
    let scopes = world.assignments.iter().flat_map(|a| &a.scopes);
    let named = world.places.iter().map(|p| &p.name).chain(scopes).filter(|name| name.kind == kind);
    let mut ids = BTreeSet::from(["x".to_owned()]);
    for name in named {
        let text = name.id.trim_end_matches('*');
        for end in text.char_indices().map(|(at, _)| at).chain([text.len()]) {
            let start = &text[..end];
            ids.extend(["", "x", "zz", ":b"].map(|more| format!("{start}{more}")).into_iter().filter(|id| !id.is_empty()));
        }
    }
    ids
}

struct Probe<'p> {
    world: &'p World,
    policy: &'p Policy,
    question: &'p Question,
    kind: u32,
    ids: &'p BTreeSet<String>,
    grants: &'p Grants,
}

impl Probe<'_> {
    /// Compares the token with the reference on every id and permission; says how many there were.
    fn compare(&self, at: Instant, fits: impl Fn(&str, bool, bool) -> bool) -> usize {
        let kind = &self.policy.table().kinds()[self.kind as usize];
        let plain = self.world.kind(&kind.name).expect("the kind");
        let all = permissions(plain);
        for id in self.ids {
            let opened = self.grants.on(kind, id);
            for permission in &all {
                let question = Question {
                    permission: permission.clone(),
                    on: Name::new(&kind.name, id),
                    at: Some(at.to_string()),
                    ..self.question.clone()
                };
                let policy = decide(self.world, &question).expect("a question");
                let token = opened.as_ref().is_some_and(|o| o.allows(kind, permission) == Some(true));
                assert!(fits(id, token, policy), "token {token}, policy {policy}: {question:?}\n{:?}", self.grants);
            }
        }
        self.ids.len() * all.len()
    }
}

#[test]
fn an_id_token_says_what_the_policy_says_for_as_long_as_it_lasts() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let (mut tokens, mut ended, mut later, mut beyond) = (0, 0, 0, 0);
    for seed in 0..rounds {
        let world = world(seed);
        let policy = load(&files(&world, None)).expect("worlds are sound");
        let mut chance = Chance::new(seed + 1_000_000);
        for question in questions(&world, &mut chance, 12) {
            let at = question.at.as_deref().map_or(Instant::from_unix(1_768_469_400, 0), |at| at.parse().expect("a time"));
            let sign_in = &question.sign_in;
            let who = Signing { user: &sign_in.user, groups: &sign_in.groups, organization: sign_in.organization.as_deref() };
            let Ok(identity) = identity(policy.table(), &who, at, TTL) else { continue };
            // Whoever reads the token names its groups at sign-in.
            let differs = |time: Instant| {
                let direct = Question { at: Some(time.to_string()), ..question.clone() };
                let mut carried = direct.clone();
                carried.sign_in.groups.clone_from(&identity.groups);
                decide(&world, &direct).ok() != decide(&world, &carried).ok()
            };
            tokens += 1;
            ended += usize::from(identity.until.is_some());
            for time in moments(identity.until, at, &mut chance).into_iter().chain([at]) {
                later += 1;
                assert!(!differs(time), "{identity:?} at {time}: {question:?}");
            }
            beyond += usize::from(identity.until.is_some_and(differs));
        }
    }
    println!("{tokens} tokens, {ended} of them shortened, compared at {later} times; {beyond} would give more when they end");
    assert!(tokens > 1_000 && ended > 100 && beyond > 10);
}
