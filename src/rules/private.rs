//! Assignments that open resources whose default is `nothing`.

use std::collections::{HashMap, HashSet};

use super::many::{self, MOST_NAMED, and_more};
use super::nothing::is_opened;
use super::roles::Effect;
use super::spared::lost_with;
use super::walk::{covers, is_nothing, outward, subject};
use super::witness::Witness;
use super::{Report, Scene};
use crate::finding::{DEFAULT_EVERYONE, ROLE_PRIVATE, Rule};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, NONE};
use crate::model::{Assignment, PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// By scope and kind, the private places of that kind in it, each by the entry that says so.
type Private = HashMap<(Option<PlaceId>, KindId), Vec<u32>, foldhash::fast::RandomState>;

/// How many private places in one scope are looked at for each assignment, before names are looked for.
const MOST_PRIVATE: usize = 4;

/// A private place that an assignment opens.
#[derive(Clone, Copy)]
struct Opened<'m> {
    assignment: &'m Assignment,
    entry: &'m Entry,
    /// The one member of a group whom it opens it to, where entries give the others something there.
    alone: Option<u32>,
}

/// Looks for assignments further out that open resources whose default is `nothing`.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let Some(witness) = Witness::new(scene).filter(|_| !m.assignments.is_empty()) else { return };
    // What is spent on names is not missing where something is to be found at all.
    let Some(naming) = Witness::patient(scene) else { return };
    let found = private(scene);
    let of_roles: Vec<Vec<KindId>> = scene.effects().iter().map(|e| e.as_ref().map_or_else(Vec::new, kinds)).collect();
    // A statement stands for every pair of a subject and a scope.
    for pairs in m.assignments.chunk_by(|a, b| (a.span, a.role) == (b.span, b.role)) {
        let mut opened: Vec<Opened<'_>> = Vec::new();
        let mut met = HashSet::new();
        for a in pairs.iter().filter(|a| !scene.is_over(a.until)) {
            let places = of_roles[a.role as usize].iter().filter_map(|k| found.get(&(a.scope, *k))).flatten();
            for (index, entry) in places.map(|e| scene.entry(*e)).enumerate() {
                if opened.len() >= MOST_NAMED || index >= MOST_PRIVATE && !naming.look() {
                    break;
                }
                let witness = if index < MOST_PRIVATE { &witness } else { &naming };
                let mut people = witness.people(a.who, entry.place);
                // Those who stand for all of a group first.
                people.sort_by_key(|person| !matches!(a.who, Who::Group(group) if person.groups.contains(&group)));
                let person = people.into_iter().find(|person| is_opened(scene, witness, person, entry.place, a.role));
                let Some(person) = person.filter(|_| met.insert((a.who, entry.place))) else { continue };
                let alone = match a.who {
                    Who::Group(group) if !person.groups.contains(&group) => person.user,
                    _ => None,
                };
                // Whom a role that is given there lets in is meant to be.
                let whom = covers(scene, alone.map_or(a.who, Who::User), Some(scene.options.now));
                let there = |a: &Assignment| whom.contains(&a.who) && !scene.is_over(a.until);
                if scene.scoped.of(entry.place).iter().take(MOST_NAMED).any(|a| there(&m.assignments[*a as usize])) {
                    continue;
                }
                opened.push(Opened { assignment: a, entry, alone });
            }
        }
        let (everyone, others): (Vec<_>, Vec<_>) = opened.into_iter().partition(|o| o.assignment.who == Who::Everyone);
        say(scene, report, &DEFAULT_EVERYONE, &everyone);
        say(scene, report, &ROLE_PRIVATE, &others);
    }
}

/// The private places by the scopes that something is assigned in.
fn private(scene: &Scene<'_>) -> Private {
    let m = scene.model;
    let scopes: HashSet<Option<PlaceId>> = m.assignments.iter().map(|a| a.scope).collect();
    let mut found = Private::default();
    for (index, e) in (0..).zip(&m.entries) {
        let closed =
            e.who == Who::Everyone && e.verb == Verb::Can && is_nothing(&m.lists[e.list as usize]) && !scene.is_over(e.until);
        if !closed {
            continue;
        }
        let kind = m.places[e.place as usize].kind;
        let around = outward(scene, e.place).places.into_iter().map(Some);
        for scope in around.chain([None]).filter(|scope| scopes.contains(scope)) {
            let places = found.entry((scope, kind)).or_default();
            if places.len() < MOST_NAMED {
                places.push(index);
            }
        }
    }
    found
}

fn say(scene: &Scene<'_>, report: &mut Report<'_>, rule: &'static Rule, opened: &[Opened<'_>]) {
    let whole = opened.iter().find(|o| o.alone.is_none());
    let Some(Opened { assignment, entry, alone }) = whole.or(opened.first()) else { return };
    let m = scene.model;
    report.push(rule, assignment.span, |here| {
        let place = |o: &Opened<'_>| m.place_name(o.entry.place);
        let one = opened.iter().all(|o| o.assignment.who == assignment.who);
        let name = |o: &Opened<'_>| if one { place(o) } else { format!("{} to {}", place(o), subject(m, o.assignment.who)) };
        let mut names: Vec<String> = opened.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        let (role, who) = (id(m.roles.name(assignment.role)), subject(m, assignment.who));
        let (first, more) = (m.place_name(entry.place), and_more(names.len()));
        let opens = alone.map_or("opens".into(), |user| format!("lets {} in to", m.who(Who::User(user))));
        let finding = here.says(format!("role `{role}` of {who} {opens} {first}{more}, whose default is `nothing`"));
        let scope = assignment.scope.map_or("everywhere".into(), |scope| format!("in {}", m.place_name(scope)));
        let finding = many::about(finding, format!("role `{role}` of {who} {scope} opens"), names);
        let finding = finding.label(entry.span, "a role is not stopped by this");
        let lost = lost_with(scene, assignment.who, entry.place, m.places[entry.place as usize].kind, |_, value| value > NONE);
        match (assignment.who, alone, lost) {
            (Who::Everyone, ..) => finding.help(instead(scene, assignment, entry)),
            (_, Some(user), _) => finding.help(format!("type `{} cannot *` there to keep them out", m.who(Who::User(*user)))),
            (_, None, None) => finding.help(format!("type `{who} cannot *` there to keep them out")),
            (_, None, Some(lost)) => {
                let help = format!("give the role in a narrower scope: `{who} cannot *` there {}, too", lost.takes(m));
                finding.label(lost.span, "this is meant to let in").help(help)
            }
        }
    });
}

/// What gives everyone the same where nothing closer says otherwise.
fn instead(scene: &Scene<'_>, assignment: &Assignment, entry: &Entry) -> String {
    let m = scene.model;
    let private = &m.places[entry.place as usize];
    let written = match assignment.scope {
        Some(scope) => format!("`default can …` in {}", m.place_name(scope)),
        // A resource and a longer pattern are closer than the pattern of all.
        None if !private.id.is_empty() => format!("`{} \"*\" {{ default can … }}`", m.kinds[private.kind as usize].name),
        None => return "name what it is meant for in place of `everywhere`".into(),
    };
    format!("type {written} instead: a closer `default can nothing` stops that")
}

fn kinds(effect: &Effect) -> Vec<KindId> {
    let mut kinds: Vec<KindId> = effect.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    kinds
}
