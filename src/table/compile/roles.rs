//! What roles give: the parts that they set higher than none, those that they include added.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::model::access::List;
use crate::model::kinds::{FOLLOW, Kind, KindId, NONE, Value};

/// What a role gives: the parts above none with their values, by kind, both sorted.
pub type Given = Vec<(KindId, Vec<(u32, Value)>)>;

/// What each role gives, those that it includes first. There is no cycle in a sound model.
pub fn gives(model: &Model) -> Vec<Given> {
    let mut done: Vec<Option<Given>> = vec![None; model.role_list.len()];
    for start in 0..model.role_list.len() {
        let mut stack = vec![start];
        while let Some(&role) = stack.last() {
            let waiting: Vec<usize> =
                model.role_list[role].includes.iter().map(|(r, _)| *r as usize).filter(|r| done[*r].is_none()).collect();
            if done[role].is_none() && !waiting.is_empty() {
                stack.extend(waiting);
                continue;
            }
            stack.pop();
            if done[role].is_none() {
                done[role] = Some(give(model, role, &done));
            }
        }
    }
    done.into_iter().map(Option::unwrap_or_default).collect()
}

/// What each role gives by itself, those that it includes left out.
pub fn gives_itself(model: &Model) -> Vec<Given> {
    (0..model.role_list.len()).map(|role| give(model, role, &[])).collect()
}

fn give(model: &Model, role: usize, done: &[Option<Given>]) -> Given {
    let role = &model.role_list[role];
    let mut all: BTreeMap<KindId, BTreeMap<u32, Value>> = BTreeMap::new();
    let mut add = |kind: KindId, part: u32, value: Value| {
        let have = all.entry(kind).or_default().entry(part).or_insert(value);
        *have = (*have).max(value);
    };
    for list in &role.lists {
        let list: &List = &model.lists[*list as usize];
        for (kind, set) in &list.on {
            complete(&model.kinds[*kind as usize], set, |part, value| add(*kind, part, value));
        }
    }
    for (other, _) in &role.includes {
        for (kind, values) in done.get(*other as usize).into_iter().flatten().flatten() {
            values.iter().for_each(|(part, value)| add(*kind, *part, *value));
        }
    }
    all.into_iter().map(|(kind, values)| (kind, values.into_iter().collect())).collect()
}

/// Calls for every part above none: features that the list does not set follow its base.
fn complete(kind: &Kind, set: &[(u32, Value)], mut each: impl FnMut(u32, Value)) {
    let base = set.first().filter(|(part, _)| *part == 0).map_or(NONE, |(_, value)| *value);
    let given = set.iter().map(|(part, value)| (*part, if *value == FOLLOW { base } else { *value }));
    given.filter(|(_, value)| *value > NONE).for_each(|(part, value)| each(part, value));
    if base > NONE {
        let silent = |part: &u32| set.binary_search_by_key(part, |(p, _)| *p).is_err();
        kind.feature_parts().filter(silent).for_each(|part| each(part, base));
    }
}
