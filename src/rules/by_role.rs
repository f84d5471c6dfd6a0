//! Entries beside a role that gives as much: on each part that they speak of, the role decides.
//!
//! Roles and entries are combined by the higher level of each part. Where a role's level is the highest that there is, or no entry that
//! speaks there gives more, what entries say of the part changes nothing, also if it is another entry that decides it then. A feature that
//! no entry sets follows the base, so an entry with a base speaks of all features.

use std::collections::HashMap;

use super::walk::{Outward, covers};
use super::{Report, Scene};
use crate::finding::REDUNDANT_ENTRY;
use crate::model::access::Entry;
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// How many assignments are looked at for one entry, and how many entries for the most that they give.
const MOST_LOOKS: usize = 256;

/// An assignment that makes an entry idle, and whether it gives more than the entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Held {
    assignment: u32,
    more: bool,
}

/// Assignments by whom they speak of and where, and what entries give at most of each part of a kind.
pub struct ByRole {
    to: HashMap<(Who, Option<PlaceId>), Vec<u32>, foldhash::fast::RandomState>,
    everywhere: bool,
    most: HashMap<KindId, Vec<Value>>,
}

impl ByRole {
    /// Where anything is assigned.
    pub fn new(scene: &Scene<'_>) -> Option<ByRole> {
        let m = scene.model;
        let mut to: HashMap<_, Vec<u32>, _> = HashMap::default();
        for (index, a) in (0..).zip(&m.assignments).filter(|(_, a)| !scene.is_over(a.until)) {
            to.entry((a.who, a.scope)).or_default().push(index);
        }
        if to.is_empty() {
            return None;
        }
        let mut used = vec![false; m.lists.len()];
        m.entries.iter().filter(|e| e.verb == Verb::Can).for_each(|e| used[e.list as usize] = true);
        let mut most = HashMap::new();
        for (list, _) in m.lists.iter().zip(used).filter(|(_, used)| *used) {
            for (kind, set) in &list.on {
                let have = most.entry(*kind).or_insert_with(|| vec![NONE; m.kinds[*kind as usize].parts()]);
                set.iter().for_each(|(part, value)| have[*part as usize] = have[*part as usize].max(*value));
            }
        }
        most.iter_mut().for_each(|(kind, have)| follow(scene, *kind, have));
        Some(ByRole { everywhere: to.keys().any(|(_, scope)| scope.is_none()), to, most })
    }

    /// An assignment that gives whomever an entry speaks of as much as entries do there, for as long as the entry lasts. `None` for one
    /// that takes something away, since that is meant, and for one in a private place that the role opens from further out: without the
    /// role it is what lets someone in.
    pub fn holds(&self, scene: &Scene<'_>, entry: &Entry, around: &Outward) -> Option<Held> {
        let m = scene.model;
        let on = &m.lists[entry.list as usize].on;
        if on.iter().any(|(_, set)| set.iter().any(|(_, value)| *value < LOWEST)) {
            return None;
        }
        let speaking = || std::iter::once(entry.place).chain(around.places.iter().copied());
        let private = speaking().position(|p| on.iter().any(|(kind, _)| scene.private().contains_key(&(p, *kind))));
        let inside = speaking().take(private.map_or(usize::MAX, |at| at + 1));
        let scopes = inside.filter(|p| !scene.scoped.of(*p).is_empty()).map(Some);
        let scopes: Vec<Option<PlaceId>> = scopes.chain((self.everywhere && private.is_none()).then_some(None)).collect();
        if scopes.is_empty() {
            return None;
        }
        let whom = covers(scene, entry.who, scene.end(entry.until));
        let pairs = scopes.iter().flat_map(|scope| whom.iter().map(move |who| (*who, *scope)));
        let given = pairs.filter_map(|pair| self.to.get(&pair)).flatten().take(MOST_LOOKS);
        let mut local: Option<Option<Vec<Value>>> = None;
        for index in given {
            let a = &m.assignments[*index as usize];
            let Some(effect) = scene.effects()[a.role as usize].as_ref().filter(|_| scene.outlasts(a.until, entry.until)) else {
                continue;
            };
            let mut more = false;
            let enough = on.iter().all(|(kind, set)| {
                let give = |part: u32| effect.get(&(*kind, part)).copied().unwrap_or(NONE);
                more |= set.iter().any(|(part, value)| give(*part) > *value);
                // Most roles give less than the entry itself.
                set.iter().all(|(part, value)| give(*part) >= *value)
                    && parts(scene, *kind, set).all(|part| {
                        let most = || self.most.get(kind).is_some_and(|most| give(part) >= most[part as usize]);
                        let mut here = || {
                            let local = local.get_or_insert_with(|| most_here(scene, entry.place, around));
                            let own = *kind == m.places[entry.place as usize].kind;
                            own && local.as_ref().is_some_and(|most| give(part) >= most[part as usize])
                        };
                        give(part) >= highest(scene, *kind, part) || most() || here()
                    })
            });
            if enough {
                return Some(Held { assignment: *index, more });
            }
        }
        None
    }
}

/// Says that an entry decides nothing beside a role.
pub fn say(scene: &Scene<'_>, report: &mut Report<'_>, entry: &Entry, held: Held) {
    let m = scene.model;
    let a = &m.assignments[held.assignment as usize];
    report.push(&REDUNDANT_ENTRY, entry.span, |here| {
        let (who, place, role) = (m.who(entry.who), m.place_name(entry.place), id(m.roles.name(a.role)));
        let amount = if held.more { "more" } else { "the same" };
        let finding = here.says(format!("without this entry of {who} in {place}, every decision is the same"));
        let finding = finding.label(a.span, format!("role `{role}` gives {amount}"));
        match held.more {
            // Less may have been meant.
            true => here.may_take_out(finding.help("take it out; if less is meant, take the role away"), "take the entry out"),
            false => here.take_out(finding.help("take it out, or take the role away"), "take the entry out"),
        }
    });
}

/// The parts that a list speaks of: with a base, also those that follow it.
fn parts(scene: &Scene<'_>, kind: KindId, set: &[(u32, Value)]) -> impl Iterator<Item = u32> {
    let based = set.first().is_some_and(|(part, _)| *part == 0);
    let features = scene.model.kinds[kind as usize].feature_parts();
    set.iter().map(|(part, _)| *part).chain(based.then_some(features).into_iter().flatten())
}

/// The highest value of a part.
fn highest(scene: &Scene<'_>, kind: KindId, part: u32) -> Value {
    let kind = &scene.model.kinds[kind as usize];
    if kind.flat_parts().contains(&part) { LOWEST } else { kind.highest() }
}

/// A feature may follow the base.
fn follow(scene: &Scene<'_>, kind: KindId, have: &mut [Value]) {
    let base = have[0];
    scene.model.kinds[kind as usize].feature_parts().for_each(|p| have[p as usize] = have[p as usize].max(base));
}

/// What entries give at most of each part in a resource that contains no other; `None` for other places.
fn most_here(scene: &Scene<'_>, place: PlaceId, around: &Outward) -> Option<Vec<Value>> {
    let m = scene.model;
    let p = &m.places[place as usize];
    if p.pattern || !around.exact || !scene.children.of(place).is_empty() {
        return None;
    }
    let mut most = vec![NONE; m.kinds[p.kind as usize].parts()];
    let mut looks = MOST_LOOKS;
    for place in std::iter::once(place).chain(around.places.iter().copied()) {
        looks = looks.checked_sub(scene.entries(place).len())?;
        let can = scene.entries(place).iter().map(|e| scene.entry(*e)).filter(|e| e.verb == Verb::Can);
        can.flat_map(|e| m.lists[e.list as usize].of(p.kind))
            .for_each(|(part, value)| most[*part as usize] = most[*part as usize].max(*value));
    }
    follow(scene, p.kind, &mut most);
    Some(most)
}
