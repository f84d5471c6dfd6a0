//! Prohibitions of what nothing grants.

use std::collections::HashMap;

use super::{Report, Scene};
use crate::finding::IDLE_PROHIBITION;
use crate::model::kinds::{KindId, Value};
use crate::syntax::tree::Verb;

/// What anyone can have at most of each part of a kind, wherever it is granted.
type Most = HashMap<KindId, Vec<Value>>;

/// Looks for prohibitions that leave at least what anyone can have.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let most = most(scene);
    let mut idle: Vec<Option<bool>> = vec![None; m.lists.len()];
    for entry in m.entries.iter().filter(|e| e.verb == Verb::Cannot && !scene.is_over(e.until)) {
        let list = &m.lists[entry.list as usize];
        let leaves = |kind: &KindId, part: u32, cap: Value| most.get(kind).is_none_or(|have| have[part as usize] <= cap);
        let all = || !list.on.is_empty() && list.on.iter().all(|(kind, set)| set.iter().all(|(p, cap)| leaves(kind, *p, *cap)));
        if !*idle[entry.list as usize].get_or_insert_with(all) {
            continue;
        }
        report.push(&IDLE_PROHIBITION, entry.span, |here| {
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let finding = here.says(format!("nothing in this policy grants what {who} cannot do in {place}"));
            finding.help("keep it as a guard, or name the permission that is meant")
        });
    }
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
