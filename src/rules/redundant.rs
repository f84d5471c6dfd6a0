//! Entries that decide nothing: without them, each decision is the same for every user, sign-in, resource and instant.
//!
//! Each part that an entry sets is looked at on its own, as it is decided on its own: what would decide it without the entry has to give the
//! same value, whoever asks. Witnesses stand further on in the order in which the language asks (user, group, default, next place), so that
//! all entries that are found can go at once.

use rayon::prelude::*;

use super::by_role::{self, ByRole, Held};
use super::scene::lasts;
use super::walk::{Outward, covers, is_nothing, is_star, outward, prohibitions};
use super::{Report, Scene};
use crate::finding::{Finding, Level, REDUNDANT_ENTRY, SHADOWED_PATTERN, UNREACHABLE};
use crate::model::access::{Entry, ListId};
use crate::model::kinds::{KindId, NONE, Value};
use crate::model::{PlaceId, Who};
use crate::source::Span;
use crate::syntax::tree::Verb;

/// A list with more parts than this is not looked at.
const MOST_PARTS: usize = 2_000;

/// How many places inside of a container are looked at.
const MOST_INSIDE: usize = 32;

/// Why an entry, or one part of it, decides nothing; each with the statement that shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// A prohibition takes it away.
    Taken(u32),
    /// A group around its group gives more.
    Outranked(u32),
    /// Something gives the same.
    Same(u32),
    /// A pattern that matches everything is closer.
    Shadowed(u32),
    /// Every resource that it is about has a closer entry.
    Behind(u32),
    /// A role gives as much.
    Role(Held),
}

/// Looks at every entry.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let places = (0..m.places.len() as PlaceId).into_par_iter();
    let by_role = ByRole::new(scene);
    let found: Vec<(u32, Why)> = places.flat_map_iter(|p| At::new(scene, by_role.as_ref(), p).judge()).collect();
    for (id, why) in found {
        let entry = scene.entry(id);
        let (rule, w) = match why {
            Why::Taken(w) | Why::Outranked(w) | Why::Behind(w) => (&UNREACHABLE, w),
            Why::Same(w) => (&REDUNDANT_ENTRY, w),
            Why::Shadowed(w) => (&SHADOWED_PATTERN, w),
            Why::Role(held) => {
                by_role::say(scene, report, entry, held);
                continue;
            }
        };
        report.push(rule, entry.span, |here| {
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let other = scene.entry(w);
            let (label, span): (String, Span) = match why {
                Why::Taken(_) => ("this takes it away, whatever grants it".into(), other.span),
                Why::Outranked(_) => (format!("{} is around it, and this gives more", m.who(other.who)), other.span),
                Why::Same(_) if entry.verb == Verb::Cannot => ("this prohibits it already".into(), other.span),
                Why::Same(_) => ("this gives the same".into(), other.span),
                Why::Shadowed(_) => ("this is closer to every one of them".into(), other.span),
                Why::Behind(_) if other.who == entry.who => {
                    (format!("{who} has an entry in each of them, such as this one"), other.span)
                }
                Why::Behind(_) | Why::Role(_) => {
                    (format!("each of them has a closer entry that speaks of {who}, such as this one"), other.span)
                }
            };
            let fact = match why {
                Why::Behind(_) => format!("this entry of {who} in {place} decides about nothing that is there"),
                Why::Taken(_) | Why::Outranked(_) => format!("this entry of {who} in {place} never decides anything"),
                Why::Same(_) | Why::Role(_) => format!("without this entry of {who} in {place}, every decision is the same"),
                Why::Shadowed(_) => {
                    format!("this entry of {who} in {place} is shadowed by the pattern {}", m.place_name(other.place))
                }
            };
            let other = if let Why::Same(_) = why { "the one that says the same" } else { "what wins over it" };
            let finding = here.says(fact).label(span, label).help(format!("take it out, or change {other}"));
            // What is added later it would decide about.
            if let Why::Behind(_) = why {
                return Finding { level: Level::Info, ..here.may_take_out(finding, "take the entry out") };
            }
            // `*` may have been meant for the features too, which it does not set.
            let list = &m.lists[entry.list as usize];
            let featured = |(kind, _): &(KindId, Vec<_>)| !m.kinds[*kind as usize].feature_parts().is_empty();
            if entry.verb == Verb::Can && is_star(list) && list.on.iter().any(featured) {
                return here.may_take_out(finding, "take the entry out");
            }
            here.take_out(finding, "take the entry out")
        });
    }
}

/// The entries of one place.
struct At<'s, 'm> {
    scene: &'s Scene<'m>,
    by_role: Option<&'s ByRole>,
    place: PlaceId,
    outward: Option<Outward>,
}

/// What one place says about a part where the entry is gone.
enum Step {
    /// The entry's value, or a higher one.
    Decides(Why),
    /// The entry's value for some, and nothing for the others.
    Open,
    /// Perhaps another value.
    Differs,
}

/// A part of an entry.
#[derive(Clone, Copy)]
struct Part<'m> {
    entry: &'m Entry,
    kind: KindId,
    part: u32,
    value: Value,
}

impl<'s, 'm> At<'s, 'm> {
    fn new(scene: &'s Scene<'m>, by_role: Option<&'s ByRole>, place: PlaceId) -> At<'s, 'm> {
        At { scene, by_role, place, outward: None }
    }

    fn judge(mut self) -> Vec<(u32, Why)> {
        let scene = self.scene;
        let mut found = Vec::new();
        for id in scene.entries(self.place).iter().copied().filter(|id| !scene.is_over(scene.entry(*id).until)) {
            let why = match scene.entry(id).verb {
                Verb::Can => self.grant(id),
                Verb::Cannot => self.prohibition(id),
            };
            found.extend(why.map(|w| (id, w)));
        }
        found
    }

    fn outward(&mut self) -> &Outward {
        self.outward.get_or_insert_with(|| outward(self.scene, self.place))
    }

    fn grant(&mut self, id: u32) -> Option<Why> {
        let scene = self.scene;
        let entry = scene.entry(id);
        let list = &scene.model.lists[entry.list as usize];
        let parts: usize = list.on.iter().map(|(_, set)| set.len()).sum();
        // `default can nothing` says that a place is private, which is worth saying twice.
        if parts == 0 || parts > MOST_PARTS || (entry.who == Who::Everyone && is_nothing(list)) {
            return None;
        }
        if let Some(pattern) = self.shadow(entry) {
            return Some(Why::Shadowed(pattern));
        }
        let mut taken: Option<Vec<(u32, &Entry)>> = None;
        let mut all: Option<Why> = None;
        for (kind, set) in &list.on {
            for (part, value) in set {
                let part = Part { entry, kind: *kind, part: *part, value: *value };
                // The cheap question first, since most entries fail at their first part.
                let why = match self.falls(part) {
                    Some(why) => why,
                    None => {
                        let caps = taken.get_or_insert_with(|| self.caps(id, entry));
                        match covering(scene, caps, part, NONE) {
                            Some(cap) => Why::Taken(cap),
                            None => return self.held(entry).or_else(|| self.behind(entry).map(Why::Behind)),
                        }
                    }
                };
                all = Some(all.map_or(why, |before| before.with(why)));
            }
        }
        // What gives the same is taken away with it.
        let caps = taken.unwrap_or_else(|| self.caps(id, entry));
        let mut parts = list
            .on
            .iter()
            .flat_map(|(kind, set)| set.iter().map(|(part, value)| Part { entry, kind: *kind, part: *part, value: *value }));
        match parts.try_fold(None, |_, part| covering(scene, &caps, part, NONE).map(Some)).flatten() {
            Some(cap) => Some(Why::Taken(cap)),
            None => all,
        }
    }

    /// A role that gives as much as an entry.
    fn held(&mut self, entry: &Entry) -> Option<Why> {
        let (by_role, scene) = (self.by_role?, self.scene);
        by_role.holds(scene, entry, self.outward()).map(Why::Role)
    }

    /// The prohibitions that surely hold for the principal of an entry wherever the entry speaks.
    fn caps(&mut self, id: u32, entry: &Entry) -> Vec<(u32, &'m Entry)> {
        let scene = self.scene;
        let place = self.place;
        let mut places = vec![place];
        places.extend(&self.outward().places);
        let mut found = prohibitions(scene, &places, entry.who, scene.end(entry.until));
        found.retain(|(other, _)| *other != id);
        found
    }

    /// What decides a part where the entry is gone.
    fn falls(&mut self, part: Part<'m>) -> Option<Why> {
        let here = self.place;
        match step(self.scene, part, here, true) {
            Step::Decides(why) => return Some(why),
            Step::Differs => return None,
            Step::Open => {}
        }
        let scene = self.scene;
        let outward = self.outward();
        if !outward.exact {
            return None;
        }
        for place in &outward.places {
            match step(scene, part, *place, false) {
                Step::Decides(why) => return Some(why),
                Step::Differs => return None,
                Step::Open => {}
            }
        }
        // Nothing says anything: then `nothing` is written to say so.
        None
    }

    /// A prohibition that others contain, wherever it speaks.
    fn prohibition(&mut self, id: u32) -> Option<Why> {
        let scene = self.scene;
        let entry = scene.entry(id);
        let list = &scene.model.lists[entry.list as usize];
        let parts: usize = list.on.iter().map(|(_, set)| set.len()).sum();
        if parts == 0 || parts > MOST_PARTS {
            return None;
        }
        let caps = self.caps(id, entry);
        let mut all = None;
        for (kind, set) in if caps.is_empty() { &[][..] } else { &list.on } {
            for (part, value) in set {
                let part = Part { entry, kind: *kind, part: *part, value: *value };
                all = Some(Why::Same(covering(scene, &caps, part, *value)?));
            }
        }
        all
    }

    /// An entry in a resource, where every resource that an entry speaks about has one that speaks of the same principal, decides all its
    /// parts and gives less: a place that sets a part decides it, whoever in it does. One that gives more is how an exception is written.
    fn behind(&self, entry: &Entry) -> Option<u32> {
        let scene = self.scene;
        let places = &scene.model.places;
        let list = &scene.model.lists[entry.list as usize];
        let (mut queue, mut inside) = (vec![self.place], Vec::new());
        while let Some(outer) = queue.pop() {
            let children = scene.children.of(outer);
            if inside.len() + children.len() > MOST_INSIDE {
                return None;
            }
            inside.extend(children);
            queue.extend(children);
        }
        let mut witness = None;
        let mut whom: Option<Vec<Who>> = None;
        for (kind, set) in &list.on {
            let own = places[self.place as usize].kind == *kind;
            let mut of_kind = inside.iter().filter(|p| places[**p as usize].kind == *kind).peekable();
            if own || of_kind.peek().is_none() {
                return None;
            }
            for place in of_kind {
                let decides = |e: &Entry| {
                    let mut given = set.iter().map(|(part, value)| (scene.sets(e.list, *kind, *part), *value));
                    given.clone().all(|(own, _)| own.is_some()) && given.any(|(own, value)| own < Some(value))
                };
                let whom = whom.get_or_insert_with(|| {
                    let mut whom = covers(scene, entry.who, scene.end(entry.until));
                    whom.sort_by_key(|who| *who != entry.who);
                    whom
                });
                let mut speaking = whom.iter().flat_map(|who| scene.entries_of(*place, *who, Verb::Can));
                witness = Some(speaking.find(|(_, e)| scene.outlasts(e.until, entry.until) && decides(e))?.0);
            }
        }
        witness
    }

    /// The entry of a pattern that decides all parts of an entry, because it matches every resource that the entry speaks about.
    fn shadow(&self, entry: &Entry) -> Option<u32> {
        let scene = self.scene;
        let list = &scene.model.lists[entry.list as usize];
        let own = scene.model.places[entry.place as usize].kind;
        let mut witness = None;
        for (kind, set) in &list.on {
            let pattern = scene.pattern(*kind, "").filter(|_| *kind != own)?;
            let inside = match scene.model.places[pattern as usize].parent {
                None => true,
                Some((container, _)) => container == self.place || outward(scene, self.place).places.contains(&container),
            };
            if !inside {
                return None;
            }
            let decides = |e: &Entry| set.iter().all(|(part, _)| scene.sets(e.list, *kind, *part).is_some());
            let mut same = scene.entries_of(pattern, entry.who, Verb::Can);
            witness = Some(same.find(|(_, e)| scene.outlasts(e.until, entry.until) && decides(e))?.0);
        }
        witness
    }
}

impl Why {
    /// The reason of several parts: what gives the same says it for all.
    fn with(self, other: Why) -> Why {
        let weight = |why: &Why| match why {
            Why::Same(_) => 2,
            Why::Outranked(_) => 1,
            _ => 0,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

/// A prohibition that leaves a part at most a value; without a base, features are nothing.
fn covering(scene: &Scene<'_>, caps: &[(u32, &Entry)], part: Part<'_>, most: Value) -> Option<u32> {
    let feature = scene.model.kinds[part.kind as usize].feature_parts().contains(&part.part);
    let covers = |e: &Entry| {
        scene.sets(e.list, part.kind, part.part).is_some_and(|cap| cap <= most)
            || (feature && scene.sets(e.list, part.kind, 0).is_some_and(|cap| cap <= NONE))
    };
    caps.iter().find(|(_, e)| covers(e)).map(|(id, _)| *id)
}

fn step(scene: &Scene<'_>, part: Part<'_>, place: PlaceId, own: bool) -> Step {
    if scene.entries(place).is_empty() {
        return Step::Open;
    }
    if scene.is_crowded(place, Who::Everyone, Verb::Can) || scene.is_crowded(place, part.entry.who, Verb::Can) {
        return Step::Differs;
    }
    let decided = match part.entry.who {
        Who::Everyone if own => return Step::Open,
        Who::Everyone => everyone(scene, part, place),
        Who::User(_) => user(scene, part, place, own),
        Who::Group(_) => group(scene, part, place, own),
    };
    match decided {
        Step::Open => default(scene, part, place),
        decided => decided,
    }
}

/// The entry of a principal in a place that sets a part.
fn setting<'m>(scene: &Scene<'m>, part: Part<'_>, place: PlaceId, who: Who) -> Option<(u32, &'m Entry, Value)> {
    let mut entries = scene.entries_of(place, who, Verb::Can);
    entries.find_map(|(id, e)| scene.sets(e.list, part.kind, part.part).map(|value| (id, e, value)))
}

/// The values that lists set a part to; `None` where there are too many lists to look at.
fn values(scene: &Scene<'_>, part: Part<'_>, lists: &Option<Vec<ListId>>) -> Option<Vec<Value>> {
    lists.as_ref().map(|lists| lists.iter().filter_map(|l| scene.sets(*l, part.kind, part.part)).collect())
}

fn default(scene: &Scene<'_>, part: Part<'_>, place: PlaceId) -> Step {
    match setting(scene, part, place, Who::Everyone) {
        None => Step::Open,
        Some((_, _, value)) if value != part.value => Step::Differs,
        Some((id, e, _)) if scene.outlasts(e.until, part.entry.until) => Step::Decides(Why::Same(id)),
        Some(_) => Step::Open,
    }
}

/// Users and groups further out, for those whom only the default speaks of here.
fn everyone(scene: &Scene<'_>, part: Part<'_>, place: PlaceId) -> Step {
    let lists = scene.lists(place);
    for of in [&lists.users, &lists.groups] {
        match values(scene, part, of) {
            Some(values) if values.iter().all(|v| *v == part.value) => {}
            _ => return Step::Differs,
        }
    }
    Step::Open
}

fn user(scene: &Scene<'_>, part: Part<'_>, place: PlaceId, own: bool) -> Step {
    if let Some((id, e, value)) = setting(scene, part, place, part.entry.who).filter(|_| !own) {
        if value != part.value {
            return Step::Differs;
        }
        if scene.outlasts(e.until, part.entry.until) {
            return Step::Decides(Why::Same(id));
        }
    }
    highest(scene, part, place)
}

/// The groups of a place give exactly the value: all that could be counted give no more, and one surely gives it or all do.
fn highest(scene: &Scene<'_>, part: Part<'_>, place: PlaceId) -> Step {
    let Some(values) = values(scene, part, &scene.lists(place).groups) else { return Step::Differs };
    if values.is_empty() {
        return Step::Open;
    }
    if values.iter().any(|v| *v > part.value) {
        return Step::Differs;
    }
    match sure(scene, part, place, None) {
        Some((id, value)) if value == part.value => Step::Decides(Why::Same(id)),
        _ if values.iter().all(|v| *v == part.value) => Step::Open,
        _ => Step::Differs,
    }
}

fn group(scene: &Scene<'_>, part: Part<'_>, place: PlaceId, own: bool) -> Step {
    let Who::Group(group) = part.entry.who else { return Step::Differs };
    let lists = scene.lists(place);
    if own {
        // The highest of a user's groups counts, so a group around this one that gives as much makes it idle.
        if let Some((id, value)) = sure(scene, part, place, Some(group)) {
            return Step::Decides(if value == part.value { Why::Same(id) } else { Why::Outranked(id) });
        }
        return match values(scene, part, &lists.groups) {
            Some(values) if values.iter().all(|v| *v >= part.value) => Step::Open,
            _ => Step::Differs,
        };
    }
    match values(scene, part, &lists.users) {
        Some(values) if values.iter().all(|v| *v == part.value) => highest(scene, part, place),
        _ => Step::Differs,
    }
}

/// An entry of a group that the principal is surely in, `but` one, which gives at least the value for at least as long.
fn sure(scene: &Scene<'_>, part: Part<'_>, place: PlaceId, but: Option<u32>) -> Option<(u32, Value)> {
    let end = scene.end(part.entry.until);
    let above = scene.above(part.entry.who).into_iter().filter(|(g, e)| Some(*g) != but && lasts(*e, end));
    above.into_iter().find_map(|(g, _)| {
        let (id, e, value) = setting(scene, part, place, Who::Group(g))?;
        (value >= part.value && scene.outlasts(e.until, part.entry.until)).then_some((id, value))
    })
}
