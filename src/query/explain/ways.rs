//! The ways of an explanation: into a group, out to a container, through the roles that one includes.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

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

/// How the user comes into groups: by what lasts, and where nothing does, by what has ended too.
pub struct Ways<'a> {
    from: From<'a>,
    q: &'a Question,
    at: Instant,
    reached: OnceCell<Vec<Option<Reached>>>,
}

/// How many memberships on the way have ended and how many there are, and the last of them; none where the group is named.
type Reached = ((usize, usize), Option<usize>);

impl<'a> Ways<'a> {
    /// Looks only once a way is asked for.
    pub fn new(from: From<'a>, q: &'a Question, at: Instant) -> Ways<'a> {
        Ways { from, q, at, reached: OnceCell::new() }
    }

    /// The way into a group: the shortest that lasts.
    pub fn lasting(&self, group: Option<&str>) -> Vec<Membership> {
        let (Some((model, sources)), Some(group)) = (self.from, group) else { return Vec::new() };
        let steps = self.steps(model, group);
        if steps.iter().any(|(_, by)| by.is_some_and(|i| !self.lasts(model, i))) {
            return Vec::new();
        }
        let step = |(group, by): (u32, Option<usize>)| Membership {
            group: model.groups.name(group).to_owned(),
            member: by.map(|i| model.who(model.members[i].who)),
            source: by.map(|i| sources.origin(model.members[i].span)),
        };
        steps.into_iter().map(step).collect()
    }

    /// The memberships that have ended on the way into a group, on which the fewest have.
    pub fn ended(&self, group: Option<&str>) -> Vec<Membership> {
        let (Some((model, sources)), Some(group)) = (self.from, group) else { return Vec::new() };
        let steps = self.steps(model, group).into_iter();
        let over = steps.filter_map(|(group, by)| Some((group, by.filter(|i| !self.lasts(model, *i))?)));
        let step = |(group, i): (u32, usize)| {
            let m = &model.members[i];
            Membership {
                group: model.groups.name(group).to_owned(),
                member: Some(format!("{} until {}", model.who(m.who), model.times[m.until as usize].shown_end())),
                source: Some(sources.origin(m.span)),
            }
        };
        over.map(step).collect()
    }

    fn lasts(&self, model: &Model, member: usize) -> bool {
        let until = model.members[member].until;
        until == NEVER || model.times[until as usize] > self.at
    }

    /// Each group on the way, and what makes the one before it, or the user, a member.
    fn steps(&self, model: &Model, group: &str) -> Vec<(u32, Option<usize>)> {
        let reached = self.reached.get_or_init(|| self.look(model));
        let mut next = model.groups.get(group);
        let mut steps = Vec::new();
        while let Some(group) = next {
            let Some((_, by)) = reached[group as usize] else { return Vec::new() };
            steps.push((group, by));
            next = by.and_then(|i| match model.members[i].who {
                Who::Group(before) => Some(before),
                _ => None,
            });
        }
        steps.reverse();
        steps
    }

    fn look(&self, model: &Model) -> Vec<Option<Reached>> {
        let user = model.users.get(&self.q.user);
        let by_member = by_member(model, user);
        let mut reached: Vec<Option<Reached>> = vec![None; model.groups.len()];
        let mut queue = BinaryHeap::new();
        let follow = |queue: &mut BinaryHeap<_>, (over, steps): (usize, usize), who: Who| {
            for i in by_member.get(&who).into_iter().flatten() {
                let over = over + usize::from(!self.lasts(model, *i));
                queue.push(Reverse(((over, steps + 1), Some(*i), model.members[*i].of)));
            }
        };
        let named = self.q.groups.iter().filter_map(|g| model.groups.get(g));
        queue.extend(named.map(|group| Reverse(((0, 0), None, group))));
        user.into_iter().for_each(|user| follow(&mut queue, (0, 0), Who::User(user)));
        while let Some(Reverse((cost, by, group))) = queue.pop() {
            if reached[group as usize].is_none() {
                reached[group as usize] = Some((cost, by));
                follow(&mut queue, cost, Who::Group(group));
            }
        }
        reached
    }
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
