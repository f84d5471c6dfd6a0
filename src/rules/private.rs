//! Assignments that open resources whose default is `nothing`.

use std::collections::{HashMap, HashSet};

use super::dates::until;
use super::many::{self, MOST_NAMED, and_more};
use super::nothing::is_opened;
use super::roles::Effect;
use super::scene::lasts;
use super::spared::{Gives, Lost, Spared};
use super::walk::{covers, is_nothing, outward, subject};
use super::witness::{Person, Witness};
use super::{Report, Scene};
use crate::finding::{DEFAULT_EVERYONE, ROLE_PRIVATE, Rule};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, Value};
use crate::model::{Assignment, PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// By scope and kind, the private places of that kind in it, each by the entry that says so.
type Private = HashMap<(Option<PlaceId>, KindId), Vec<u32>, foldhash::fast::RandomState>;

/// How many private places in one scope are looked at for each assignment, before names are looked for.
const MOST_PRIVATE: usize = 4;

/// Of how many of those whom places are opened to it is asked what a prohibition would take from them, and of how many entries further
/// out whether they decide.
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
    let (Some(naming), Some(spared)) = (Witness::patient(scene), Spared::new(scene)) else { return };
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
                if !met.insert((a.who, entry.place)) {
                    continue;
                }
                let each =
                    opened_to(scene, witness, a, entry).into_iter().filter(|alone| !is_given(scene, a, entry.place, *alone));
                opened.extend(each.map(|alone| Opened { assignment: a, entry, alone }));
            }
        }
        let (everyone, others): (Vec<_>, Vec<_>) = opened.into_iter().partition(|o| o.assignment.who == Who::Everyone);
        say(scene, &spared, report, &DEFAULT_EVERYONE, &everyone);
        say(scene, &spared, report, &ROLE_PRIVATE, &others);
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

/// To whom an assignment opens a private place: of a group to all of it, or to some members alone; of anyone else to them.
fn opened_to(scene: &Scene<'_>, witness: &Witness<'_, '_>, a: &Assignment, entry: &Entry) -> Vec<Option<u32>> {
    let is_opened = |person: &Person| is_opened(scene, witness, person, entry.place, a.role);
    let people = witness.people(a.who, entry.place);
    let is_whole = |person: &&Person| !matches!(a.who, Who::Group(group) if !person.groups.contains(&group));
    if people.iter().filter(is_whole).any(is_opened) {
        return vec![None];
    }
    // Whom an entry speaks of may have less than the others.
    let named = scene.entries(entry.place).iter().take(MOST_NAMED).map(|e| scene.entry(*e));
    let named = named.filter(|e| e.verb == Verb::Can && is_nothing(&scene.model.lists[e.list as usize]));
    let named = named.filter_map(|e| if let Who::User(user) = e.who { Some(user) } else { None });
    let mut users: Vec<u32> = match a.who {
        Who::Group(_) => people.iter().filter_map(|person| person.user).chain(named).collect(),
        _ => Vec::new(),
    };
    users.sort_unstable();
    users.dedup();
    let is_in = |user: &u32| covers(scene, Who::User(*user), Some(scene.options.now)).contains(&a.who);
    let lets_in = |user: &u32| witness.people(Who::User(*user), entry.place).iter().any(is_opened);
    users.into_iter().filter(is_in).filter(lets_in).map(Some).collect()
}

/// Whether roles that are given in a place, for as long, give whom an assignment opens it to as much: who has these is meant to be let in.
fn is_given(scene: &Scene<'_>, a: &Assignment, place: PlaceId, alone: Option<u32>) -> bool {
    let m = scene.model;
    let end = scene.end(a.until);
    let mut whom = covers(scene, alone.map_or(a.who, Who::User), end);
    whom.push(a.who);
    let there = scene.scoped.of(place).iter().take(MOST_NAMED).map(|other| &m.assignments[*other as usize]);
    let there = there.filter(|other| lasts(scene.end(other.until), end) && whom.contains(&other.who));
    let given: Vec<&Effect> = there.filter_map(|other| scene.effects()[other.role as usize].as_ref()).collect();
    let Some(effect) = scene.effects()[a.role as usize].as_ref() else { return false };
    let kind = m.places[place as usize].kind;
    let as_much = |part: &(KindId, u32), value: &Value| given.iter().any(|other| other.get(part).is_some_and(|own| own >= value));
    effect.range((kind, 0)..(kind + 1, 0)).all(|(part, value)| as_much(part, value))
}

fn say(scene: &Scene<'_>, spared: &Spared<'_, '_>, report: &mut Report<'_>, rule: &'static Rule, opened: &[Opened<'_>]) {
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
        if assignment.who == Who::Everyone {
            return finding.help(instead(scene, spared, assignment, entry));
        }
        let first = Opened { assignment, entry, alone: *alone };
        let mut each = std::iter::once(&first).chain(opened).take(MOST_ASKED);
        let lost = each.find_map(|o| Some((o.whom(), lost(scene, spared, o, entry.place)?)));
        let who = lost.as_ref().map_or(first.whom(), |(who, _)| *who);
        let ends: HashSet<_> = opened.iter().map(|o| o.entry.until).collect();
        let (end, each) = match ends.len() {
            1 => (until(scene, entry.until, entry.span), ""),
            _ => (String::new(), ", until the default ends,"),
        };
        // One place has one list of what someone cannot.
        let is_told = opened.iter().any(|o| scene.entries_of(o.entry.place, o.whom(), Verb::Cannot).next().is_some());
        let place = if is_told { ", in place of what they cannot so far," } else { "" };
        let typed = format!("`{} cannot *{end}` there{each}{place}", m.who(who));
        match lost {
            None if users.len() > 1 => {
                finding.help(format!("type `cannot *{end}` of each of them there{each}{place} to keep them out"))
            }
            None => finding.help(format!("type {typed} to keep them out")),
            Some((_, lost)) => {
                let help = format!("give the role in a narrower scope: {typed} {}, too", lost.takes(m));
                finding.label(lost.span, "this is meant to let in").help(help)
            }
        }
    });
}

/// What a prohibition of whom a private place is opened to would take besides, as it is told where it stands in another place. What is
/// given to the same further out opens it likewise, and is said of that.
fn lost(scene: &Scene<'_>, spared: &Spared<'_, '_>, opened: &Opened<'_>, told: PlaceId) -> Option<Lost> {
    let (whom, place) = (opened.whom(), opened.entry.place);
    let around = outward(scene, place).places;
    let same = covers(scene, whom, Some(scene.options.now));
    spared.lost(whom, &[place], Some(told), |by, on| match by {
        Gives::Entry(_) => false,
        Gives::Role(a) if a.span == opened.assignment.span => true,
        Gives::Role(a) => on == place && same.contains(&a.who) && a.scope.is_none_or(|scope| around.contains(&scope)),
    })
}

/// What gives everyone the same where nothing closer says otherwise.
fn instead(scene: &Scene<'_>, spared: &Spared<'_, '_>, assignment: &Assignment, entry: &Entry) -> String {
    let m = scene.model;
    let Some(effect) = scene.effects()[assignment.role as usize].as_ref() else { return NAME.into() };
    let (kinds, kind) = (kinds(effect), m.places[entry.place as usize].kind);
    let (place, told) = match assignment.scope {
        Some(scope) => (Some(scope), m.place_name(scope)),
        // A resource and a longer pattern are closer than the pattern of all, which is about one kind.
        None if kinds == [kind] && !m.places[entry.place as usize].id.is_empty() => {
            (scene.pattern(kind, ""), format!("{} \"*\"", m.kinds[kind as usize].name))
        }
        None => return NAME.into(),
    };
    if assignment.scope.is_none() && place.is_some_and(|pattern| m.places[pattern as usize].parent.is_some()) {
        return NAME.into();
    }
    let end = until(scene, assignment.until, assignment.span);
    let defaults = place.into_iter().flat_map(|place| scene.entries_of(place, Who::Everyone, Verb::Can));
    // Two defaults of one place are about different kinds.
    let is_told = defaults.flat_map(|(_, e)| &m.lists[e.list as usize].on).any(|(kind, _)| kinds.contains(kind));
    let typed = match assignment.scope {
        _ if is_told => format!("let the default in {told} give that"),
        Some(_) => format!("type `default can …{end}` in {told}"),
        None => format!("type `{told} {{ default can …{end} }}`"),
    };
    // What is said further out than the default stands behind it.
    let behind = behind(scene, spared, assignment, effect).map_or(String::new(), |entry| {
        let (who, place) = (subject(m, entry.who), m.place_name(entry.place));
        format!(", and that before what {who} is given in {place}")
    });
    format!("{typed} instead: closer entries decide before that, such as `default can nothing`{behind}")
}

/// Where no default says what a role for everyone gives.
const NAME: &str = "name what it is meant for in place of `everywhere`";

/// An entry further out than where an assignment speaks that gives someone more of something than its role does.
fn behind<'m>(scene: &Scene<'m>, spared: &Spared<'_, 'm>, assignment: &Assignment, effect: &Effect) -> Option<&'m Entry> {
    let m = scene.model;
    let kinds = kinds(effect);
    // What the role gives, where an entry gives more. A feature that it gives as its base may follow that, and stands for no word on it.
    let less = |kind: KindId, part: u32, value: Value| {
        let features = m.kinds[kind as usize].feature_parts();
        let own = effect.get(&(kind, part)).copied().filter(|own| *own < value)?;
        (!features.contains(&part) || effect.get(&(kind, 0)) != Some(&own)).then_some(own)
    };
    let more = |e: &'m Entry| {
        let mut more = Vec::new();
        for kind in kinds.iter().copied().filter(|_| e.verb == Verb::Can && !scene.is_over(e.until)) {
            let set = m.lists[e.list as usize].of(kind).iter();
            more.extend(set.filter_map(|(part, value)| Some((kind, *part, less(kind, *part, *value)? + 1))));
        }
        (!more.is_empty()).then_some((e, more))
    };
    let gives = |(e, more): &(&'m Entry, Vec<(KindId, u32, Value)>)| {
        let within = assignment.scope.unwrap_or(e.place);
        more.iter().any(|(kind, part, value)| spared.gives(e, within, *kind, *part, *value))
    };
    match assignment.scope {
        Some(scope) => {
            let places = outward(scene, scope).places;
            let entries = places.iter().flat_map(|place| scene.entries(*place).iter().map(|e| scene.entry(*e)));
            entries.take(MOST_NAMED).filter_map(more).take(MOST_ASKED).find(gives).map(|(e, _)| e)
        }
        // In containers, since the pattern of all speaks of what is in them.
        None => {
            let contains = |e: &&Entry| !kinds.contains(&m.places[e.place as usize].kind);
            m.entries.iter().filter(contains).filter_map(more).take(MOST_ASKED).find(gives).map(|(e, _)| e)
        }
    }
}

fn kinds(effect: &Effect) -> Vec<KindId> {
    let mut kinds: Vec<KindId> = effect.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    kinds
}
