//! The decision: who, what part at which level, on which resource, at which time.

use super::{EntryRow, RoleRow, Table, everyone, lasts, of_groups, of_user, speaking};
use crate::model::kinds::{FOLLOW, KindId, NONE, Value};
use crate::model::{Model, PlaceId};

/// A question in ids.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The user, where the policy names it.
    pub user: Option<u32>,
    /// The user's groups, closed under nesting, sorted.
    pub groups: &'a [u32],
    /// The organization signed in to; the resource's own where it is not given.
    pub organization: Option<&'a str>,
    /// The resource's kind.
    pub kind: KindId,
    /// The resource's id.
    pub id: &'a str,
    /// The part asked for.
    pub part: u32,
    /// The value it must have at least.
    pub value: Value,
    /// For each of the model's times, whether it has passed.
    pub ended: &'a [bool],
}

/// What decided.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// This access entry.
    Access(&'a EntryRow),
    /// This assignment.
    Role(&'a RoleRow),
    /// This prohibition.
    Prohibited(&'a EntryRow),
    /// The resource is in another organization: this one, or `default`.
    Outside(Option<PlaceId>),
    /// The organization is closed and the user no member.
    NotMember(PlaceId),
    /// The part would do, and there is no base.
    NoBase(Option<&'a EntryRow>),
    /// The resource is neither declared nor matched by a pattern.
    UnknownResource,
    /// Nothing was said.
    Nothing,
}

/// The answer in ids.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// Allowed or denied.
    pub allow: bool,
    /// By what.
    pub cause: Cause<'a>,
}

/// A part while it is being decided: its value, and the entry and the role that gave it.
#[derive(Clone, Copy)]
struct Part<'a> {
    part: u32,
    set: Option<Value>,
    value: Value,
    entry: Option<&'a EntryRow>,
    role: Option<&'a RoleRow>,
    cap: Value,
    capped: Option<&'a EntryRow>,
}

/// The groups of a user at a time: those that list it and those named at sign-in, closed under nesting, sorted.
pub fn groups(table: &Table, user: Option<u32>, named: &[u32], ended: &[bool]) -> Vec<u32> {
    let direct = user.map_or(&[][..], |u| table.of_user.of(u));
    let mut queue: Vec<u32> = direct.iter().filter(|r| lasts(r.until, ended)).map(|r| r.group).collect();
    queue.extend(named);
    let mut seen = std::collections::HashSet::with_hasher(foldhash::fast::RandomState::default());
    queue.retain(|g| seen.insert(*g));
    let mut at = 0;
    while at < queue.len() {
        let above = table.of_group.of(queue[at]).iter().filter(|r| lasts(r.until, ended)).map(|r| r.group);
        let fresh: Vec<u32> = above.filter(|g| seen.insert(*g)).collect();
        queue.extend(fresh);
        at += 1;
    }
    queue.sort_unstable();
    queue
}

/// Decides a question.
pub fn decide<'a>(model: &'a Model, table: &'a Table, ask: &Ask<'_>) -> Verdict<'a> {
    let deny = |cause| Verdict { allow: false, cause };
    let Some(walk) = Walk::new(model, table, ask) else { return deny(Cause::UnknownResource) };
    if let Some(cause) = gate(model, table, ask, &walk) {
        return deny(cause);
    }
    let kind = &model.kinds[ask.kind as usize];
    let mut wanted = vec![0, ask.part];
    wanted.extend(kind.subs(ask.part));
    wanted.dedup();
    let new = |part| Part { part, set: None, value: NONE, entry: None, role: None, cap: Value::MAX, capped: None };
    let mut parts: Vec<Part<'a>> = wanted.into_iter().map(new).collect();
    accesses(model, table, ask, &walk, &mut parts);
    follow(kind.feature_parts(), &mut parts);
    roles(model, table, ask, &walk, &mut parts);
    prohibitions(model, table, ask, &walk, &mut parts);
    conclude(!kind.levels.is_empty(), kind.feature_parts().contains(&ask.part), ask.value, &parts)
}

/// The places that speak about a resource, closest first, and its organization.
struct Walk<'m> {
    places: Vec<PlaceId>,
    organization: &'m str,
    organization_place: Option<PlaceId>,
    own: bool,
}

impl<'m> Walk<'m> {
    fn new(model: &'m Model, table: &Table, ask: &Ask<'_>) -> Option<Walk<'m>> {
        let (kind, id) = (ask.kind, ask.id);
        let declared = model.index.resource(kind, id);
        // The scope of an assignment that has ended is no pattern any more.
        let there =
            |p: &PlaceId| model.places[*p as usize].declared || table.roles.of(*p).iter().any(|r| lasts(r.until, ask.ended));
        let patterns: Vec<PlaceId> = model.index.patterns(kind, id).filter(there).collect();
        if declared.is_none() && patterns.is_empty() {
            return None;
        }
        let parent_of = |p: PlaceId| model.places[p as usize].parent.map(|(p, _)| p);
        let first = match declared {
            Some(place) => parent_of(place),
            None => patterns.iter().find_map(|p| parent_of(*p)),
        };
        let above: Vec<PlaceId> = std::iter::successors(first, |p| parent_of(*p)).collect();
        let height = Heights::new(&above);
        let mut places: Vec<PlaceId> = declared.into_iter().collect();
        let inside = |p: &PlaceId, from: usize| parent_of(*p).is_none_or(|c| height.at_least(c, from));
        places.extend(patterns.into_iter().filter(|p| inside(p, 0)));
        for (i, place) in above.iter().enumerate() {
            let p = &model.places[*place as usize];
            places.push(*place);
            places.extend(model.index.patterns(p.kind, &p.id).filter(|p| inside(p, i + 1)));
        }
        let organization_place = declared.into_iter().chain(above).find(|p| model.places[*p as usize].kind == 0);
        let organization = organization_place.map_or("default", |p| &*model.places[p as usize].id);
        Some(Walk { places, organization, organization_place, own: kind == 0 })
    }
}

/// How far up each container stands; a scan is quicker than a map while there are few.
enum Heights<'a> {
    Few(&'a [PlaceId]),
    Many(std::collections::HashMap<PlaceId, usize>),
}

impl Heights<'_> {
    fn new(above: &[PlaceId]) -> Heights<'_> {
        if above.len() <= 16 {
            Heights::Few(above)
        } else {
            Heights::Many(above.iter().enumerate().map(|(i, p)| (*p, i)).collect())
        }
    }

    fn at_least(&self, place: PlaceId, from: usize) -> bool {
        match self {
            Heights::Few(above) => above.iter().skip(from).any(|p| *p == place),
            Heights::Many(map) => map.get(&place).is_some_and(|i| *i >= from),
        }
    }
}

/// The organization's door.
fn gate<'a>(model: &'a Model, table: &'a Table, ask: &Ask<'_>, walk: &Walk<'_>) -> Option<Cause<'a>> {
    // An organization that only a pattern matches is its own, and has no block that could close it.
    let undeclared = walk.own && walk.organization_place.is_none();
    let organization = if undeclared { ask.id } else { walk.organization };
    if ask.organization.is_some_and(|o| o != organization) {
        return Some(Cause::Outside(walk.organization_place));
    }
    let place = walk.organization_place.or_else(|| model.index.resource(0, organization))?;
    let members = table.members.of(place);
    if members.is_empty() {
        return None;
    }
    let mut inside = false;
    speaking(members, ask.user, ask.groups, |m| inside |= lasts(m.until, ask.ended));
    (!inside).then_some(Cause::NotMember(place))
}

/// Each part is decided on its own by the first place that sets it: the user, else the groups' highest, else the default.
fn accesses<'a>(model: &'a Model, table: &'a Table, ask: &Ask<'_>, walk: &Walk<'_>, parts: &mut [Part<'a>]) {
    for place in &walk.places {
        let rows = table.can.of(*place);
        if rows.is_empty() {
            continue;
        }
        let mut open: Vec<usize> = (0..parts.len()).filter(|i| parts[*i].set.is_none()).collect();
        if open.is_empty() {
            return;
        }
        let hear = |row: &'a EntryRow, open: &[usize], parts: &mut [Part<'a>]| {
            let set = model.lists[row.list as usize].of(ask.kind);
            if set.is_empty() || !lasts(row.until, ask.ended) {
                return;
            }
            for i in open {
                let part = &mut parts[*i];
                if let Ok(at) = set.binary_search_by_key(&part.part, |(p, _)| *p)
                    && part.set.is_none_or(|have| set[at].1 > have)
                {
                    (part.set, part.entry) = (Some(set[at].1), Some(row));
                }
            }
        };
        of_user(rows, ask.user).iter().for_each(|r| hear(r, &open, parts));
        open.retain(|i| parts[*i].set.is_none());
        of_groups(rows, ask.groups, |r| hear(r, &open, parts));
        open.retain(|i| parts[*i].set.is_none());
        everyone(rows).iter().for_each(|r| hear(r, &open, parts));
    }
}

/// Completes the accesses by their own base.
fn follow(features: std::ops::Range<u32>, parts: &mut [Part<'_>]) {
    let (base, base_entry) = (parts[0].set.unwrap_or(NONE), parts[0].entry);
    for part in parts {
        let set = part.set.filter(|v| *v != FOLLOW);
        (part.value, part.entry) = match set {
            Some(value) => (value, part.entry),
            None if features.contains(&part.part) => (base, base_entry),
            None => (NONE, part.entry),
        };
    }
}

fn roles<'a>(model: &'a Model, table: &'a Table, ask: &Ask<'_>, walk: &Walk<'_>, parts: &mut [Part<'a>]) {
    let everywhere = model.places.len() as u32;
    for scope in walk.places.iter().copied().chain([everywhere]) {
        speaking(table.roles.of(scope), ask.user, ask.groups, |row| {
            let gives = &table.gives[row.role as usize];
            let Ok(at) = gives.binary_search_by_key(&ask.kind, |(k, _)| *k) else { return };
            if !lasts(row.until, ask.ended) {
                return;
            }
            for part in parts.iter_mut() {
                let value = gives[at].1[part.part as usize];
                if value > part.value {
                    (part.value, part.role) = (value, Some(row));
                }
            }
        });
    }
}

fn prohibitions<'a>(model: &'a Model, table: &'a Table, ask: &Ask<'_>, walk: &Walk<'_>, parts: &mut [Part<'a>]) {
    for place in &walk.places {
        speaking(table.cannot.of(*place), ask.user, ask.groups, |row| {
            let caps = model.lists[row.list as usize].of(ask.kind);
            if caps.is_empty() || !lasts(row.until, ask.ended) {
                return;
            }
            for part in parts.iter_mut() {
                if let Ok(at) = caps.binary_search_by_key(&part.part, |(p, _)| *p)
                    && caps[at].1 < part.cap
                {
                    (part.cap, part.capped) = (caps[at].1, Some(row));
                }
            }
        });
    }
}

/// The answer, and what made it.
fn conclude<'a>(levels: bool, feature: bool, wanted: Value, parts: &[Part<'a>]) -> Verdict<'a> {
    let asked = if parts.len() > 1 { &parts[1..] } else { parts };
    let base = parts[0];
    let needs_base = levels && feature;
    let enough = |p: &&Part<'a>| p.value >= wanted;
    let left = |p: &&Part<'a>| p.value.min(p.cap) >= wanted;
    let has_base = !needs_base || base.value.min(base.cap) > NONE;
    if let Some(part) = asked.iter().find(left).filter(|_| has_base) {
        let cause = part.role.map(Cause::Role).or(part.entry.map(Cause::Access)).unwrap_or(Cause::Nothing);
        return Verdict { allow: true, cause };
    }
    let uncapped = asked.iter().find(enough);
    let cause = match uncapped {
        Some(part) if !needs_base || base.value > NONE => {
            let by = if left(&part) { base.capped } else { part.capped };
            by.map_or(Cause::Nothing, Cause::Prohibited)
        }
        Some(_) => Cause::NoBase(base.entry),
        None => asked[0].entry.map_or(Cause::Nothing, Cause::Access),
    };
    Verdict { allow: false, cause }
}
