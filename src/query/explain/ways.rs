//! The ways of an explanation: into a group, out to a container, through the roles that one includes.

use std::collections::HashMap;

use super::{From, Link, Membership};
use crate::instant::Instant;
use crate::model::kinds::{FOLLOW, KindId, Meaning};
use crate::model::{Model, NEVER, PlaceId, Who};
use crate::query::question::Question;
use crate::source::Span;
use crate::syntax::print;
use crate::table::Table;
use crate::table::decide::Resource;
use crate::table::view::Damage;

/// The way of the user into a group: the shortest that lasts.
pub fn membership(from: From<'_>, q: &Question, at: Instant, group: Option<&str>) -> Vec<Membership> {
    let (Some((model, sources)), Some(group)) = (from, group) else { return Vec::new() };
    let Some(target) = model.groups.get(group) else { return Vec::new() };
    let mut found: Vec<(u32, Option<usize>)> = Vec::new();
    let mut seen = vec![false; model.groups.len()];
    let mut begin = vec![(model.users.get(&q.user).map(Who::User), None)];
    for named in q.groups.iter().filter_map(|g| model.groups.get(g)) {
        found.push((named, None));
        seen[named as usize] = true;
    }
    let lasts = |i: &usize| {
        let until = model.members[*i].until;
        until == NEVER || model.times[until as usize] > at
    };
    let by_member = by_member(model, model.users.get(&q.user));
    let mut ways: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); model.groups.len()];
    let mut next = 0;
    while next < found.len() || !begin.is_empty() {
        let (who, through) = match begin.pop() {
            Some((Some(who), through)) => (who, through),
            Some((None, _)) => continue,
            None => {
                let (group, _) = found[next];
                next += 1;
                (Who::Group(group), Some(group as usize))
            }
        };
        for i in by_member.get(&who).into_iter().flatten().filter(|i| lasts(i)) {
            let of = model.members[*i].of;
            if !std::mem::replace(&mut seen[of as usize], true) {
                ways[of as usize] = (Some(*i), through);
                found.push((of, Some(*i)));
            }
        }
    }
    if !seen[target as usize] {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let mut next = Some(target as usize);
    while let Some(group) = next {
        let (way, before) = ways[group];
        let member = way.map(|i| model.who(model.members[i].who));
        let source = way.map(|i| sources.origin(model.members[i].span));
        steps.push(Membership { group: model.groups.name(group as u32).to_owned(), member, source });
        next = before.filter(|_| way.is_some());
    }
    steps.reverse();
    steps
}

/// The memberships of a user and of all groups, by member: those of other users are no way to anywhere.
fn by_member(model: &Model, user: Option<u32>) -> HashMap<Who, Vec<usize>, foldhash::fast::RandomState> {
    let mut by_member: HashMap<Who, Vec<usize>, foldhash::fast::RandomState> = HashMap::default();
    for (i, m) in model.members.iter().enumerate().filter(|(_, m)| !matches!(m.who, Who::User(other) if Some(other) != user)) {
        by_member.entry(m.who).or_default().push(i);
    }
    by_member
}

/// The containers of a resource, from it outwards up to the place that a statement is written for, or its scope.
pub fn containment(
    table: &Table,
    from: From<'_>,
    (kind, id): (KindId, &str),
    on: Resource<'_>,
    place: Option<&str>,
) -> Result<Vec<Link>, Damage> {
    let (Some((model, sources)), Some(place)) = (from, place) else { return Ok(Vec::new()) };
    let reached = |kind: KindId, id: &str| {
        let rest = place.strip_prefix(&*model.kinds[kind as usize].name).and_then(|rest| rest.strip_prefix(':'));
        rest.is_some_and(|rest| rest == id || rest.strip_suffix('*').is_some_and(|start| id.starts_with(start)))
    };
    let name = |kind: KindId, id: &str| format!("{} {}", model.kinds[kind as usize].name, print::Id(id));
    let mut links = Vec::new();
    if reached(kind, id) || place == "everywhere" {
        return Ok(links);
    }
    let mut next = match model.index.resource(kind, id) {
        Some(own) => model.places[own as usize].parent.map(|parent| (name(kind, id), parent)),
        None => by_pattern(table, model, (kind, id), on)?.map(|parent| (name(kind, id), parent)),
    };
    while let Some((inner, (parent, span))) = next {
        let outer = &model.places[parent as usize];
        links.push(Link { from: inner, to: model.place_name(parent), source: Some(sources.origin(span)) });
        if reached(outer.kind, &outer.id) {
            return Ok(links);
        }
        next = outer.parent.map(|beyond| (model.place_name(parent), beyond));
    }
    Ok(Vec::new())
}

/// The container of an undeclared resource, and where the pattern says so that puts it there.
fn by_pattern(
    table: &Table,
    model: &Model,
    (kind, id): (KindId, &str),
    on: Resource<'_>,
) -> Result<Option<(PlaceId, Span)>, Damage> {
    let Some(around) = table.ground(on)?.1.first().copied() else { return Ok(None) };
    let Some(parent) = table.beyond(around)?.parent else { return Ok(None) };
    let parent = table.spot(parent)?;
    let Some(parent) = model.index.resource(parent.kind, parent.id) else { return Ok(None) };
    let ends = id.char_indices().map(|(at, _)| at).chain([id.len()]).rev();
    let patterns = ends.filter_map(|end| model.index.pattern(kind, &id[..end]));
    let mut parents = patterns.filter_map(|pattern| model.places[pattern as usize].parent);
    Ok(parents.find(|(own, _)| *own == parent))
}

/// The roles that lead from an assigned one to the one whose own list gives what is asked for.
pub fn includes(from: From<'_>, kind: KindId, permission: &str, role: Option<&str>) -> Vec<Link> {
    let (Some((model, sources)), Some(role)) = (from, role.and_then(|name| from?.0.roles.get(name))) else { return Vec::new() };
    let k = &model.kinds[kind as usize];
    let Some(Meaning::Part(part, wanted)) = k.meaning(permission) else { return Vec::new() };
    let gives = |role: u32| {
        let lists = model.role_list[role as usize].lists.iter().map(|list| &model.lists[*list as usize]);
        let mut sets = lists.flat_map(|list| &list.on).filter(|(on, _)| *on == kind).map(|(_, set)| set);
        sets.any(|set| {
            let value = |part: u32| set.iter().find(|(p, _)| *p == part).map(|(_, v)| *v).filter(|v| *v != FOLLOW);
            let base = || if k.feature_parts().contains(&part) { value(0) } else { None };
            std::iter::once(part).chain(k.subs(part).iter().copied()).any(|p| value(p).or_else(base).is_some_and(|v| v >= wanted))
        })
    };
    let mut queue = vec![(role, None)];
    let mut at = 0;
    while let Some((role, _)) = queue.get(at).copied() {
        if gives(role) {
            break;
        }
        for (inner, span) in &model.role_list[role as usize].includes {
            if queue.iter().all(|(other, _)| other != inner) {
                queue.push((*inner, Some((at, *span))));
            }
        }
        at += 1;
    }
    let name = |role: u32| format!("role {}", print::Id(model.roles.name(role)));
    let mut links = Vec::new();
    while let Some((inner, Some((outer, span)))) = queue.get(at).copied() {
        links.push(Link { from: name(queue[outer].0), to: name(inner), source: Some(sources.origin(span)) });
        at = outer;
    }
    links.reverse();
    links
}
