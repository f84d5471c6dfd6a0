//! What roles give: every part's value, those that they include added.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::model::access::List;
use crate::model::kinds::{FOLLOW, Kind, KindId, NONE, Value};

/// What a role gives: every part's value, by kind, sorted.
pub type Given = Vec<(KindId, Box<[Value]>)>;

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

fn give(model: &Model, role: usize, done: &[Option<Given>]) -> Given {
    let role = &model.role_list[role];
    let mut all: BTreeMap<KindId, Box<[Value]>> = BTreeMap::new();
    let mut add = |kind: KindId, values: &[Value]| {
        let have = all.entry(kind).or_insert_with(|| vec![NONE; values.len()].into());
        have.iter_mut().zip(values).for_each(|(h, v)| *h = (*h).max(*v));
    };
    for list in &role.lists {
        let list: &List = &model.lists[*list as usize];
        for (kind, set) in &list.on {
            add(*kind, &complete(&model.kinds[*kind as usize], set));
        }
    }
    for (other, _) in &role.includes {
        for (kind, values) in done[*other as usize].iter().flatten() {
            add(*kind, values);
        }
    }
    all.into_iter().collect()
}

/// Every part's value: features that the list does not set follow its base.
fn complete(kind: &Kind, set: &[(u32, Value)]) -> Vec<Value> {
    let mut values = vec![FOLLOW; kind.parts()];
    set.iter().for_each(|(p, v)| values[*p as usize] = *v);
    values[0] = values[0].max(NONE);
    let base = values[0];
    for part in kind.feature_parts() {
        if values[part as usize] == FOLLOW {
            values[part as usize] = base;
        }
    }
    kind.flat_parts().for_each(|p| values[p as usize] = values[p as usize].max(NONE));
    values
}
