//! Sound model → table.

use super::{EntryRow, Gives, MemberRow, RoleRow, Rows, Table, UpRow};
use crate::model::access::List;
use crate::model::kinds::{FOLLOW, Kind, KindId, NONE, Value};
use crate::model::{Model, Sound, Who};
use crate::syntax::tree::Verb;

/// Compiles a model that has no errors.
pub fn compile(sound: &Sound) -> Table {
    let model = sound.model();
    let places = model.places.len();
    let entries = |verb: Verb| {
        let rows = model.entries.iter().filter(|e| e.verb == verb);
        let rows = rows.map(|e| EntryRow { place: e.place, who: e.who, list: e.list, until: e.until, span: e.span });
        Rows::new(places, rows.collect(), |r| r.place, |r| (r.who, r.span))
    };
    let roles = model.assignments.iter().map(|a| RoleRow {
        scope: a.scope.unwrap_or(places as u32),
        who: a.who,
        role: a.role,
        until: a.until,
        span: a.span,
        owner: a.owner,
    });
    let members = model.org_members.iter().map(|m| MemberRow { of: m.of, who: m.who, until: m.until });
    Table {
        can: entries(Verb::Can),
        cannot: entries(Verb::Cannot),
        roles: Rows::new(places + 1, roles.collect(), |r| r.scope, |r| (r.who, r.role, r.span)),
        members: Rows::new(places, members.collect(), |r| r.of, |r| r.who),
        of_user: up(model, model.users.len(), |w| if let Who::User(u) = w { Some(u) } else { None }),
        of_group: up(model, model.groups.len(), |w| if let Who::Group(g) = w { Some(g) } else { None }),
        gives: gives(model),
    }
}

fn up(model: &Model, owners: usize, member: impl Fn(Who) -> Option<u32>) -> Rows<UpRow> {
    let rows = model.members.iter().filter_map(|m| member(m.who).map(|id| UpRow { member: id, group: m.of, until: m.until }));
    Rows::new(owners, rows.collect(), |r| r.member, |r| r.group)
}

/// What each role gives, those that it includes first. There is no cycle in a sound model.
fn gives(model: &Model) -> Vec<Gives> {
    let mut done: Vec<Option<Gives>> = vec![None; model.role_list.len()];
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

fn give(model: &Model, role: usize, done: &[Option<Gives>]) -> Gives {
    let role = &model.role_list[role];
    let mut all: std::collections::BTreeMap<KindId, Box<[Value]>> = std::collections::BTreeMap::new();
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
