//! Features that keep a level beside a new base, and features without any base.

use std::collections::HashSet;

use rayon::prelude::*;

use super::roles::Effect;
use super::walk::{Outward, is_nothing, is_star, outward, subject};
use super::witness::Witness;
use super::{Report, Scene};
use crate::finding::{NO_BASE, STAR_FEATURE, SURVIVING_FEATURE};
use crate::model::access::{Entry, ListId};
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// Of a list, so many kinds are looked at, and so many features of each.
const MOST_PARTS: usize = 64;

/// A feature that stays as another entry set it.
struct Survivor {
    entry: u32,
    other: u32,
    kind: KindId,
    part: u32,
    value: Value,
    base: Value,
}

/// Looks for entries with a base beside which a feature keeps another level.
pub fn surviving(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let Some(witness) = Witness::new(scene) else { return };
    // Without a feature in any list nothing can survive.
    let features = |list: &crate::model::access::List| {
        !is_nothing(list)
            && list.on.iter().any(|(kind, set)| {
                let parts = m.kinds[*kind as usize].feature_parts();
                set.iter().any(|(part, _)| parts.contains(part))
            })
    };
    if !m.lists.iter().any(features) {
        return;
    }
    let places = (0..m.places.len() as PlaceId).into_par_iter();
    let found: Vec<Survivor> = places.flat_map_iter(|p| of_place(scene, p)).collect();
    for s in found {
        let (entry, other) = (scene.entry(s.entry), scene.entry(s.other));
        let star = is_star(&m.lists[entry.list as usize]);
        if star && s.value > s.base {
            continue;
        }
        // A role may give more, and a prohibition leave less.
        let holds = |place: PlaceId| {
            let is_so = |levels: Vec<Value>| levels[0] == s.base && levels[s.part as usize] == s.value;
            witness.people(entry.who, place).iter().any(|person| witness.levels(person, place).is_some_and(is_so))
        };
        if !witness.places(entry.place, s.kind).into_iter().any(holds) {
            continue;
        }
        report.push(if star { &STAR_FEATURE } else { &SURVIVING_FEATURE }, entry.span, |here| {
            let kind = &m.kinds[s.kind as usize];
            let feature = kind.features.name(s.part as usize - 1);
            let level = |v: Value| if v == NONE { "none" } else { kind.levels.name((v - LOWEST) as usize) };
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let written = if star { "*" } else { level(s.base) };
            let fact = format!("`{feature}` stays at `{}` for {who} in {place}, beside the new base `{written}`", level(s.value));
            let finding = here.says(fact).label(other.span, format!("this sets `{feature}`"));
            finding.help(format!("add `{feature}:{}` to the list if it is meant for the feature, too", level(s.base)))
        });
    }
}

fn of_place(scene: &Scene<'_>, place: PlaceId) -> Vec<Survivor> {
    let mut found = Vec::new();
    let mut around: Option<Outward> = None;
    for id in scene.entries(place).iter().copied() {
        let entry = scene.entry(id);
        let list = &scene.model.lists[entry.list as usize];
        let (crowded, star) = (scene.is_crowded(place, Who::Everyone, Verb::Can), is_star(list));
        if entry.verb == Verb::Cannot || is_nothing(list) || scene.is_over(entry.until) || crowded {
            continue;
        }
        for (kind, set) in list.on.iter().take(MOST_PARTS) {
            let Some((_, base)) = set.first().filter(|(part, value)| *part == 0 && *value > NONE) else { continue };
            let features = scene.model.kinds[*kind as usize].feature_parts().take(MOST_PARTS);
            let free = features.filter(|p| scene.sets(entry.list, *kind, *p).is_none());
            let mut survivors = free.filter_map(|part| {
                let (other, value) = beside(scene, entry, place, *kind, part).unwrap_or_else(|| {
                    further_out(scene, entry, around.get_or_insert_with(|| outward(scene, place)), *kind, part)
                })?;
                let o = scene.entry(other);
                // `*` means everything, also beside the same base.
                let renewed = star || scene.sets(o.list, *kind, 0).is_none_or(|b| b != *base);
                (value != *base && value >= NONE && renewed && !scene.is_over(o.until)).then_some((other, part, value))
            });
            if let Some((other, part, value)) = survivors.next() {
                found.push(Survivor { entry: id, other, kind: *kind, part, value, base: *base });
                break;
            }
        }
    }
    found
}

/// What another list of the same place says of a feature: the default's entry, if nothing comes before it. `None` where the place says
/// nothing, `Some(None)` where it cannot be told.
fn beside(scene: &Scene<'_>, entry: &Entry, place: PlaceId, kind: KindId, part: u32) -> Option<Option<(u32, Value)>> {
    if entry.who == Who::Everyone {
        return None;
    }
    if sets_any(scene, &scene.lists(place).groups, kind, part) {
        return Some(None);
    }
    let mut defaults = scene.entries_of(place, Who::Everyone, Verb::Can);
    defaults.find_map(|(id, e)| scene.sets(e.list, kind, part).map(|value| Some((id, value))))
}

/// What the same principal's entry further out says of a feature, or the default's beside `*`, if it is the first thing that does.
fn further_out(scene: &Scene<'_>, entry: &Entry, around: &Outward, kind: KindId, part: u32) -> Option<(u32, Value)> {
    if !around.exact {
        return None;
    }
    for place in around.places.iter().filter(|p| !scene.entries(**p).is_empty()) {
        let lists = scene.lists(*place);
        let mut own = scene.entries_of(*place, entry.who, Verb::Can);
        let own = own.find_map(|(id, e)| scene.sets(e.list, kind, part).map(|value| (id, value)));
        let users = entry.who != Who::Everyone || !sets_any(scene, &lists.users, kind, part);
        // Of several groups the highest counts, so another one's entry could be what stays.
        let groups = match entry.who {
            Who::User(_) => true,
            Who::Group(_) => own.is_some_and(|(id, _)| only(scene, &lists.groups, scene.entry(id).list, kind, part)),
            Who::Everyone => !sets_any(scene, &lists.groups, kind, part),
        };
        match own {
            Some(found) => return (users && groups).then_some(found),
            None if sets_any(scene, &lists.users, kind, part) || sets_any(scene, &lists.groups, kind, part) => return None,
            None => {}
        }
        let mut defaults = scene.entries_of(*place, Who::Everyone, Verb::Can);
        if let Some(found) = defaults.find_map(|(id, e)| scene.sets(e.list, kind, part).map(|value| (id, value))) {
            return is_star(&scene.model.lists[entry.list as usize]).then_some(found);
        }
    }
    None
}

fn sets_any(scene: &Scene<'_>, lists: &Option<Vec<ListId>>, kind: KindId, part: u32) -> bool {
    lists.as_ref().is_none_or(|lists| lists.iter().any(|l| scene.sets(*l, kind, part).is_some()))
}

fn only(scene: &Scene<'_>, lists: &Option<Vec<ListId>>, own: ListId, kind: KindId, part: u32) -> bool {
    let other = |l: &ListId| *l != own && scene.sets(*l, kind, part).is_some();
    lists.as_ref().is_some_and(|lists| !lists.iter().any(other))
}

/// Looks for lists of features alone where nothing gives a base, in entries and in roles that are assigned.
pub fn no_base(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let features: Vec<Option<KindId>> = (0..m.lists.len() as ListId).map(|l| alone(scene, l)).collect();
    if features.iter().all(Option::is_none) {
        return;
    }
    let based = based(scene);
    let everywhere: Vec<u32> = m.assignments.iter().filter(|a| a.scope.is_none()).map(|a| a.role).collect();
    let roles: Vec<Vec<KindId>> =
        scene.effects().iter().map(|e| e.as_ref().map_or_else(Vec::new, |e| baseless(scene, e))).collect();
    let mut said = HashSet::new();
    for a in m.assignments.iter().filter(|a| !a.owner && !scene.is_over(a.until) && !roles[a.role as usize].is_empty()) {
        let lies = |kind: KindId| a.scope.is_some_and(|scope| is_baseless(scene, scope, kind, &everywhere));
        if said.contains(&a.span) || roles[a.role as usize].iter().any(|kind| based[*kind as usize] && !lies(*kind)) {
            continue;
        }
        said.insert(a.span);
        report.push(&NO_BASE, a.span, |here| {
            let (role, who) = (id(m.roles.name(a.role)), subject(m, a.who));
            let place = a.scope.map_or("everywhere".into(), |s| format!("in {}", m.place_name(s)));
            let lowest = m.kinds[roles[a.role as usize][0] as usize].levels.name(0);
            let fact = format!("this grants {who} nothing {place}: role `{role}` names features alone, and nothing gives a base");
            let finding = here.says(fact).label(m.role_list[a.role as usize].span, "this role");
            finding.help(format!("add a base, such as `{lowest}`, to the role"))
        });
    }
    for (_, entry) in (0u32..).zip(&m.entries).filter(|(_, e)| e.verb == Verb::Can && !scene.is_over(e.until)) {
        let Some(kind) = features[entry.list as usize] else { continue };
        if based[kind as usize] && !is_baseless(scene, entry.place, kind, &everywhere) {
            continue;
        }
        report.push(&NO_BASE, entry.span, |here| {
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let lowest = m.kinds[kind as usize].levels.name(0);
            let finding = here
                .says(format!("this grants {who} nothing in {place}: the list names features alone, and nothing gives a base"));
            finding.help(format!("add a base, such as `{lowest}`, to the list"))
        });
    }
}

/// The only kind that a list grants something on, where it grants features and no base.
fn alone(scene: &Scene<'_>, list: ListId) -> Option<KindId> {
    let m = scene.model;
    let [(kind, set)] = &m.lists[list as usize].on[..] else { return None };
    let features = m.kinds[*kind as usize].feature_parts();
    let feature = |(part, _): &(u32, Value)| features.contains(part);
    (set.iter().all(feature) && set.iter().any(|(_, value)| *value > NONE)).then_some(*kind)
}

/// The kinds on which a role grants something, where it grants features alone.
fn baseless(scene: &Scene<'_>, effect: &Effect) -> Vec<KindId> {
    let feature = |(kind, part): &(KindId, u32)| scene.model.kinds[*kind as usize].feature_parts().contains(part);
    let mut kinds: Vec<KindId> = effect.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    if effect.keys().all(feature) { kinds } else { Vec::new() }
}

/// The kinds on which an entry or a role that is assigned gives a base.
fn based(scene: &Scene<'_>) -> Vec<bool> {
    let m = scene.model;
    let mut based = vec![false; m.kinds.len()];
    let mut used = vec![false; m.lists.len()];
    m.entries.iter().filter(|e| e.verb == Verb::Can).for_each(|e| used[e.list as usize] = true);
    for (list, _) in m.lists.iter().zip(used).filter(|(_, used)| *used) {
        for (kind, set) in &list.on {
            based[*kind as usize] |= set.first().is_some_and(|(part, value)| *part == 0 && *value > NONE);
        }
    }
    let assigned: HashSet<u32> = m.assignments.iter().map(|a| a.role).collect();
    for role in assigned {
        match &scene.effects()[role as usize] {
            Some(effect) => effect.keys().filter(|(_, part)| *part == 0).for_each(|(kind, _)| based[*kind as usize] = true),
            None => based.fill(true),
        }
    }
    based
}

/// Whether nothing that speaks about a resource, and about nothing below it, gives anyone a base on it.
fn is_baseless(scene: &Scene<'_>, place: PlaceId, kind: KindId, everywhere: &[u32]) -> bool {
    let m = scene.model;
    let around = outward(scene, place);
    if !around.exact || m.places[place as usize].kind != kind || !scene.children.of(place).is_empty() {
        return false;
    }
    let gives = |list: ListId| scene.sets(list, kind, 0).is_some_and(|value| value > NONE);
    let role = |role: u32| scene.effects()[role as usize].as_ref().is_none_or(|e| e.contains_key(&(kind, 0)));
    let silent = |p: PlaceId| {
        let lists = scene.lists(p);
        let listed = |of: &Option<Vec<ListId>>| of.as_ref().is_none_or(|of| of.iter().any(|l| gives(*l)));
        let default = scene.entries_of(p, Who::Everyone, Verb::Can).any(|(_, e)| gives(e.list));
        let scoped = scene.scoped.of(p);
        let given = scoped.len() > 64 || scoped.iter().any(|a| role(m.assignments[*a as usize].role));
        !listed(&lists.users) && !listed(&lists.groups) && !default && !given
    };
    everywhere.len() <= 64 && !everywhere.iter().any(|r| role(*r)) && std::iter::once(place).chain(around.places).all(silent)
}
