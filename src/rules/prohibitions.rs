//! Prohibitions of what nothing grants.

use std::collections::HashMap;

use super::walk::outward;
use super::{Report, Scene};
use crate::finding::IDLE_PROHIBITION;
use crate::model::access::Entry;
use crate::model::kinds::{KindId, Value};
use crate::syntax::tree::Verb;

/// What anyone can have at most of each part of a kind, wherever it is granted.
type Most = HashMap<KindId, Vec<Value>>;

/// Looks for prohibitions that leave at least what anyone can have.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let most = most(scene);
    let everywhere: Vec<u32> = scene.everywhere().into_iter().map(|(_, role)| role).collect();
    let mut idle: Vec<Option<bool>> = vec![None; m.lists.len()];
    for entry in m.entries.iter().filter(|e| e.verb == Verb::Cannot && !scene.is_over(e.until)) {
        let list = &m.lists[entry.list as usize];
        let leaves = |kind: &KindId, part: u32, cap: Value| most.get(kind).is_none_or(|have| have[part as usize] <= cap);
        let all = || !list.on.is_empty() && list.on.iter().all(|(kind, set)| set.iter().all(|(p, cap)| leaves(kind, *p, *cap)));
        if !*idle[entry.list as usize].get_or_insert_with(all) && !is_idle_there(scene, entry, &everywhere) {
            continue;
        }
        report.push(&IDLE_PROHIBITION, entry.span, |here| {
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let finding = here.says(format!("nothing in this policy grants what {who} cannot do in {place}"));
            finding.help("keep it as a guard, or name the permission that is meant")
        });
    }
}

/// How many entries and assignments are looked at for one prohibition.
const MOST_LOOKS: usize = 256;

/// Whether nothing that speaks about a single resource grants what a prohibition takes there, to anyone.
fn is_idle_there(scene: &Scene<'_>, entry: &Entry, everywhere: &[u32]) -> bool {
    let m = scene.model;
    let around = outward(scene, entry.place);
    if !around.exact || !scene.children.of(entry.place).is_empty() || everywhere.len() > MOST_LOOKS {
        return false;
    }
    let kind = m.places[entry.place as usize].kind;
    let mut most: Vec<Value> = vec![0; m.kinds[kind as usize].parts()];
    let mut raise = |part: u32, value: Value| most[part as usize] = most[part as usize].max(value);
    let mut roles: Vec<u32> = everywhere.to_vec();
    let mut looks = MOST_LOOKS;
    for place in std::iter::once(entry.place).chain(around.places) {
        let (entries, scoped) = (scene.entries(place), scene.scoped.of(place));
        let Some(left) = looks.checked_sub(entries.len() + scoped.len()) else { return false };
        looks = left;
        let lists = entries.iter().map(|e| scene.entry(*e)).filter(|e| e.verb == Verb::Can).map(|e| &m.lists[e.list as usize]);
        lists.flat_map(|list| list.of(kind)).for_each(|(part, value)| raise(*part, *value));
        roles.extend(scoped.iter().map(|a| m.assignments[*a as usize].role));
    }
    for role in roles {
        let Some(effect) = &scene.effects()[role as usize] else { return false };
        effect.range((kind, 0)..(kind + 1, 0)).for_each(|((_, part), value)| raise(*part, *value));
    }
    let base = most[0];
    m.kinds[kind as usize].feature_parts().for_each(|p| most[p as usize] = most[p as usize].max(base));
    let set = m.lists[entry.list as usize].of(kind);
    !set.is_empty() && set.iter().all(|(part, cap)| most[*part as usize] <= *cap)
}

fn most(scene: &Scene<'_>) -> Most {
    let m = scene.model;
    let mut roles = vec![false; m.role_list.len()];
    let mut queue: Vec<u32> = m.assignments.iter().map(|a| a.role).collect();
    while let Some(role) = queue.pop() {
        if !std::mem::replace(&mut roles[role as usize], true) {
            queue.extend(m.role_list[role as usize].includes.iter().map(|(r, _)| *r));
        }
    }
    let mut used = vec![false; m.lists.len()];
    m.entries.iter().filter(|e| e.verb == Verb::Can).for_each(|e| used[e.list as usize] = true);
    let granted = m.role_list.iter().zip(roles).filter(|(_, used)| *used).flat_map(|(r, _)| &r.lists);
    granted.for_each(|l| used[*l as usize] = true);
    let mut most = Most::new();
    for (list, _) in m.lists.iter().zip(used).filter(|(_, used)| *used) {
        for (kind, set) in &list.on {
            let have = most.entry(*kind).or_insert_with(|| vec![0; m.kinds[*kind as usize].parts()]);
            set.iter().for_each(|(part, value)| have[*part as usize] = have[*part as usize].max(*value));
        }
    }
    // A feature may follow the base.
    for (kind, have) in &mut most {
        let base = have[0];
        m.kinds[*kind as usize].feature_parts().for_each(|p| have[p as usize] = have[p as usize].max(base));
    }
    most
}
