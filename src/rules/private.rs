//! Assignments that open resources whose default is `nothing`.

use std::collections::{HashMap, HashSet};

use super::many::{self, MOST_NAMED, and_more};
use super::nothing::is_opened;
use super::roles::Effect;
use super::spared::{Lost, lost_inside, lost_there, lost_with};
use super::walk::{covers, outward, subject};
use super::witness::{Person, Witness};
use super::{Report, Scene};
use crate::finding::{DEFAULT_EVERYONE, ROLE_PRIVATE, Rule};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, NONE, Value};
use crate::model::{Assignment, PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// By scope and kind, the private places of that kind in it, each by the entry that says so.
type Private = HashMap<(Option<PlaceId>, KindId), Vec<u32>, foldhash::fast::RandomState>;

/// How many private places in one scope are looked at for each assignment, before names are looked for.
const MOST_PRIVATE: usize = 4;

/// Of how many of those whom places are opened to it is asked what a prohibition would take from them.
const MOST_ASKED: usize = 64;

/// A private place that an assignment opens.
#[derive(Clone, Copy)]
struct Opened<'m> {
    assignment: &'m Assignment,
    entry: &'m Entry,
    /// The one member of a group whom it opens it to, where entries give the others something there.
    alone: Option<u32>,
}

impl Opened<'_> {
    /// Whom it is opened to.
    fn whom(&self) -> Who {
        self.alone.map_or(self.assignment.who, Who::User)
    }
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
                let person = people.iter().find(|person| is_opened(scene, witness, person, entry.place, a.role));
                let Some(person) = person.filter(|_| met.insert((a.who, entry.place))) else { continue };
                let alone = match a.who {
                    Who::Group(group) if !person.groups.contains(&group) => person.user,
                    _ => None,
                };
                let others = alone.map_or(Vec::new(), |user| others(scene, user, entry, &people, a.who));
                let others =
                    others.into_iter().filter(|user| is_opened(scene, witness, &Person::alone(*user), entry.place, a.role));
                let each = std::iter::once(alone).chain(others.map(Some));
                // Whom a role that is given there gives as much is meant to have it.
                let kind = m.places[entry.place as usize].kind;
                let there = scene.scoped.of(entry.place).iter().take(MOST_NAMED).map(|a| &m.assignments[*a as usize]);
                let there = there.filter(|other| !scene.is_over(other.until) && gives_as_much(scene, other.role, a.role, kind));
                let there: HashSet<Who> = there.map(|other| other.who).collect();
                let is_given = |alone: &Option<u32>| {
                    let whom = || covers(scene, alone.map_or(a.who, Who::User), Some(scene.options.now));
                    !there.is_empty() && whom().iter().any(|who| there.contains(who))
                };
                let each = each.filter(|alone| !is_given(alone));
                opened.extend(each.map(|alone| Opened { assignment: a, entry, alone }));
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
    // A default on what is inside of a place does not make the place itself private.
    let own = scene.private().iter().filter(|((place, kind), _)| m.places[*place as usize].kind == *kind);
    let mut own: Vec<(u32, PlaceId, KindId)> = own.map(|((place, kind), entry)| (*entry, *place, *kind)).collect();
    own.sort_unstable();
    for (index, place, kind) in own {
        let around = outward(scene, place).places.into_iter().map(Some);
        for scope in around.chain([None]).filter(|scope| scopes.contains(scope)) {
            let places = found.entry((scope, kind)).or_default();
            if places.len() < MOST_NAMED {
                places.push(index);
            }
        }
    }
    found
}

/// Further users in a group, as far as a few looks reach: those that stand for it, and those that an entry of a place speaks of.
fn others(scene: &Scene<'_>, but: u32, entry: &Entry, people: &[Person], who: Who) -> Vec<u32> {
    let named = scene.entries(entry.place).iter().take(MOST_NAMED).map(|e| scene.entry(*e).who);
    let named = named.filter_map(|who| if let Who::User(user) = who { Some(user) } else { None });
    let is_in = |user: &u32| covers(scene, Who::User(*user), Some(scene.options.now)).contains(&who);
    let mut all: Vec<u32> = people.iter().filter_map(|person| person.user).chain(named).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().filter(|user| *user != but).filter(is_in).collect()
}

/// Whether a role gives each part of a kind that another one gives, at least as high.
fn gives_as_much(scene: &Scene<'_>, role: u32, other: u32, kind: KindId) -> bool {
    let [Some(role), Some(other)] = [role, other].map(|role| scene.effects()[role as usize].as_ref()) else { return true };
    other.range((kind, 0)..(kind + 1, 0)).all(|(part, value)| role.get(part).is_some_and(|own| own >= value))
}

fn say(scene: &Scene<'_>, report: &mut Report<'_>, rule: &'static Rule, opened: &[Opened<'_>]) {
    let whole = opened.iter().find(|o| o.alone.is_none());
    let Some(Opened { assignment, entry, alone }) = whole.or(opened.first()) else { return };
    let m = scene.model;
    report.push(rule, assignment.span, |here| {
        let place = |o: &Opened<'_>| m.place_name(o.entry.place);
        let one = opened.iter().all(|o| o.assignment.who == assignment.who);
        let name = |o: &Opened<'_>| match o.alone {
            Some(user) => format!("{} to {}", place(o), m.who(Who::User(user))),
            None if one => place(o),
            None => format!("{} to {}", place(o), subject(m, o.assignment.who)),
        };
        let mut names: Vec<String> = opened.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        let (role, who) = (id(m.roles.name(assignment.role)), subject(m, assignment.who));
        let (first, mut more) = (m.place_name(entry.place), and_more(names.len()));
        let mut users: Vec<String> = opened.iter().filter_map(|o| o.alone).map(|user| m.who(Who::User(user))).collect();
        let opens = match alone {
            None => "opens".into(),
            Some(user) => {
                let places: HashSet<PlaceId> = opened.iter().map(|o| o.entry.place).collect();
                users.sort_unstable();
                users.dedup();
                more = and_more(places.len());
                format!("lets {}{} in to", m.who(Who::User(*user)), and_more(users.len()))
            }
        };
        let finding = here.says(format!("role `{role}` of {who} {opens} {first}{more}, whose default is `nothing`"));
        let scope = assignment.scope.map_or("everywhere".into(), |scope| format!("in {}", m.place_name(scope)));
        let finding = many::about(finding, format!("role `{role}` of {who} {scope} opens"), names);
        let finding = finding.label(entry.span, "a role is not stopped by this");
        let first = Opened { assignment, entry, alone: *alone };
        let mut each = std::iter::once(&first).chain(opened).take(MOST_ASKED);
        let lost = each.find_map(|o| Some((o.whom(), lost(scene, o, entry.place)?)));
        let who = m.who(lost.as_ref().map_or(first.whom(), |(who, _)| *who));
        match (assignment.who, lost) {
            (Who::Everyone, _) => finding.help(instead(scene, assignment, entry)),
            (_, None) if users.len() > 1 => finding.help("type `cannot *` of each of them there to keep them out"),
            (_, None) => finding.help(format!("type `{who} cannot *` there to keep them out")),
            (_, Some((_, lost))) => {
                let help = format!("give the role in a narrower scope: `{who} cannot *` there {}, too", lost.takes(m));
                finding.label(lost.span, "this is meant to let in").help(help)
            }
        }
    });
}

/// What a prohibition of whom a private place is opened to would take besides, as it is told where it stands in another place.
fn lost(scene: &Scene<'_>, opened: &Opened<'_>, told: PlaceId) -> Option<Lost> {
    let (whom, place) = (opened.whom(), opened.entry.place);
    let lost = lost_with(scene, whom, place, scene.model.places[place as usize].kind, |_, value| value > NONE);
    let lost = lost.or_else(|| lost_there(scene, whom, place));
    let mut lost = lost.or_else(|| lost_inside(scene, whom, place, None))?;
    lost.at = lost.at.or(Some(place).filter(|place| *place != told));
    Some(lost)
}

/// What gives everyone the same where nothing closer says otherwise.
fn instead(scene: &Scene<'_>, assignment: &Assignment, entry: &Entry) -> String {
    let m = scene.model;
    let private = &m.places[entry.place as usize];
    // What is said further out than the default stands behind it.
    let behind = behind(scene, assignment).map_or(String::new(), |entry| {
        let (who, place) = (subject(m, entry.who), m.place_name(entry.place));
        format!(", and decides before what {who} is given in {place}: give that there, too")
    });
    let written = match assignment.scope {
        Some(scope) => format!("`default can …` in {}", m.place_name(scope)),
        // A resource and a longer pattern are closer than the pattern of all.
        None if !private.id.is_empty() => format!("`{} \"*\" {{ default can … }}`", m.kinds[private.kind as usize].name),
        None => return "name what it is meant for in place of `everywhere`".into(),
    };
    format!("type {written} instead: a closer `default can nothing` stops that{behind}")
}

/// An entry further out than where an assignment speaks that gives more of something than its role does.
fn behind<'m>(scene: &Scene<'m>, assignment: &Assignment) -> Option<&'m Entry> {
    let m = scene.model;
    let effect = scene.effects()[assignment.role as usize].as_ref()?;
    let kinds = kinds(effect);
    // A feature that the role gives as its base may follow that, and stands for no word on it.
    let less = |kind: KindId, part: u32, value: Value| {
        let follows = |own: Value| {
            let features = m.kinds[kind as usize].feature_parts();
            features.contains(&part) && effect.get(&(kind, 0)) == Some(&own)
        };
        effect.get(&(kind, part)).is_some_and(|own| *own < value && !follows(*own))
    };
    let gives = |e: &&Entry| {
        let some = |kind: &KindId| m.lists[e.list as usize].of(*kind).iter().any(|(part, value)| less(*kind, *part, *value));
        e.verb == Verb::Can && !scene.is_over(e.until) && kinds.iter().any(some)
    };
    match assignment.scope {
        Some(scope) => {
            let places = outward(scene, scope).places;
            let entries = places.iter().flat_map(|place| scene.entries(*place).iter().map(|e| scene.entry(*e)));
            entries.take(MOST_NAMED).find(gives)
        }
        // In containers, since the pattern of all speaks of what is in them.
        None => {
            let contains = |e: &&Entry| !kinds.contains(&m.places[e.place as usize].kind);
            m.entries.iter().filter(contains).find(gives)
        }
    }
}

fn kinds(effect: &Effect) -> Vec<KindId> {
    let mut kinds: Vec<KindId> = effect.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    kinds
}
