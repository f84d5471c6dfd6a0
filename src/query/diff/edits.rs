//! Which edits a changed decision needs: it is decided anew with some of them taken back, and the fewest are told that do it.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::asking::Caller;
use super::cause::{Blame, Blamed, Case};
use super::engine::Engine;
use super::places::NOWHERE;
use super::union::{Fast, NEVER, Party};
use crate::query::explain::Weighed;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{RowSort, Step, Via};

/// So many edits that speak of one decision are taken back; behind it the row that decides is told.
const TRIED: usize = 16;

/// No edit: a membership that both sides have now, until another time.
const BOTH: usize = usize::MAX;

/// A row that speaks of who asks, where they are in its group.
struct Heard {
    place: u32,
    group: Option<u32>,
    step: Step,
}

/// A row that lets members of an organization in.
struct Inside {
    place: u32,
    group: Option<u32>,
}

/// What an edit says on each side.
#[derive(Default)]
struct Edit {
    heard: [Vec<Heard>; 2],
    inside: [Vec<Inside>; 2],
}

/// Everything that decides, in both versions.
struct Pool {
    permission: Permission,
    edits: IndexMap<Blame, Edit, Fast>,
    rest: Vec<Heard>,
    inside: Vec<Inside>,
    /// Organizations that are closed on each side.
    closed: [Vec<u32>; 2],
    /// The resource and its containers on each side, the closest first; none where it is not there.
    chains: [Option<Vec<u32>>; 2],
    /// By number: the edit that says where the resource lies.
    place: Option<usize>,
    /// Memberships that differ, by the number of their edit: the member, the group, and on which side it is one.
    joins: Vec<(usize, Party, u32, usize)>,
}

impl Engine<'_> {
    /// What a changed decision needs, by taking edits back; none where that cannot be told.
    pub fn by_edits(&self, case: &Case<'_>, before: Option<&Blame>) -> Result<Option<Blamed>, Damage> {
        let Some(pool) = self.pool(case)? else { return Ok(None) };
        let count = pool.edits.len();
        if count == 0 || count > TRIED {
            return Ok(None);
        }
        let with = |new: &dyn Fn(usize) -> bool| self.decides(case, &pool, new) == case.gain;
        if !with(&|_| true) || with(&|_| false) {
            return Ok(None);
        }
        let mut kept: Vec<bool> = vec![true; count];
        let needed: Vec<bool> = (0..count).map(|e| !with(&|at| at != e)).collect();
        // What did it until now stays first, then prohibitions, then other statements, and memberships last.
        let rank = |at: usize| {
            let Some((blame, _)) = pool.edits.get_index(at) else { return (false, 0) };
            let stays = before.is_some_and(|before| before.parts().contains(blame));
            let sort = match blame {
                Blame::Members { .. } | Blame::Nest(_) => 0,
                Blame::Row(fact) if self.places.facts[*fact as usize].sort == RowKind::Cannot => 2,
                _ => 1,
            };
            (stays, sort)
        };
        let mut order: Vec<usize> = (0..count).filter(|at| !needed[*at]).collect();
        order.sort_by_key(|at| (rank(*at), std::cmp::Reverse(*at)));
        for at in order {
            kept[at] = false;
            if !with(&|e| kept[e]) {
                kept[at] = true;
            }
        }
        let named = pool.edits.keys().zip(&kept).filter(|(_, kept)| **kept).map(|(blame, _)| blame.clone());
        Ok(Some(self.blamed(self.said(named.collect()), case.gain)))
    }

    /// Edits without those that another one says as well: what is said of a place that one side alone has comes and goes with it.
    fn said(&self, mut named: Vec<Blame>) -> Vec<Blame> {
        let rows: Vec<u32> = named.iter().filter_map(|b| if let Blame::Row(fact) = b { Some(*fact) } else { None }).collect();
        let within = |place: &u32| rows.iter().any(|fact| self.places.facts[*fact as usize].place == *place);
        let alone = |place: &u32| self.places.all[*place as usize].at.contains(&NOWHERE);
        named.retain(|blame| !matches!(blame, Blame::Place(place) if alone(place) && within(place)));
        named
    }

    /// Some edits as one cause.
    fn blamed(&self, named: Vec<Blame>, gain: bool) -> Blamed {
        let gone = |blame: &Blame| match blame {
            Blame::Row(fact) => {
                let row = &self.places.facts[*fact as usize];
                row.side == 0 && row.pair.is_none() && row.sort != RowKind::Member
            }
            _ => false,
        };
        let lifts = |blame: &Blame| match blame {
            Blame::Row(fact) => {
                let row = &self.places.facts[*fact as usize];
                gone(blame) || self.places.withheld(*fact) || row.sort == RowKind::Cannot && row.side == 0
            }
            Blame::Members { joined, .. } => !joined,
            _ => false,
        };
        let lifts = gain && named.iter().any(lifts);
        // A prohibition that is gone is told with the row that gives what it took.
        if let ([Blame::Row(a), Blame::Row(b)], true) = (named.as_slice(), gain) {
            let cannot = |f: &u32| gone(&Blame::Row(*f)) && self.places.facts[*f as usize].sort == RowKind::Cannot;
            for (one, other) in [(a, b), (b, a)] {
                if cannot(one) && !cannot(other) && !gone(&Blame::Row(*other)) {
                    let new = self.places.facts[*other as usize].pair.map_or(*other, |pair| pair.max(*other));
                    return Blamed { blame: Blame::Row(*one), lifts, more: Some(new) };
                }
            }
        }
        Blamed { blame: Blame::together(named), lifts, more: None }
    }

    /// Decides with the new version of some edits, and the old one of the others.
    fn decides(&self, case: &Case<'_>, pool: &Pool, new: &dyn Fn(usize) -> bool) -> bool {
        let side = |at: usize| usize::from(new(at));
        let Some(chain) = &pool.chains[pool.place.map_or(1, side)] else { return false };
        let groups = self.reached(case, pool, new);
        let mine = |group: &Option<u32>| group.is_none_or(|g| groups.contains(&g));
        let organization =
            chain.iter().find(|p| self.union.kinds[self.places.all[**p as usize].kind as usize].name == "organization");
        if let Some(place) = organization {
            let door = pool.edits.get_index_of(&Blame::Door(*place));
            let closed = |side: usize| pool.closed[side].contains(place);
            if door.map_or(closed(0) || closed(1), |door| closed(side(door))) {
                let edits = pool.edits.values().enumerate().flat_map(|(at, edit)| &edit.inside[side(at)]);
                if !pool.inside.iter().chain(edits).any(|i| i.place == *place && mine(&i.group)) {
                    return false;
                }
            }
        }
        let edits = pool.edits.values().enumerate().flat_map(|(at, edit)| &edit.heard[side(at)]);
        let mut steps = Vec::new();
        for Heard { place, group, step } in pool.rest.iter().chain(edits) {
            let distance = match (*place, chain.iter().position(|one| one == place)) {
                (NOWHERE, _) => chain.len(),
                (_, Some(distance)) => distance,
                _ => continue,
            };
            if mine(group) {
                steps.push(Step { distance, ..step.clone() });
            }
        }
        Weighed::new(&steps, pool.permission.feature, pool.permission.value).allows(&|_, _| true)
    }

    /// The groups that someone is in with some edits of memberships.
    fn reached(&self, case: &Case<'_>, pool: &Pool, new: &dyn Fn(usize) -> bool) -> HashSet<u32> {
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > case.at;
        if pool.joins.is_empty() {
            return self.groups_of(1, case.who, case.at).into_iter().collect();
        }
        let mut groups: HashSet<u32> = HashSet::new();
        let mut queue: Vec<Party> = case.who.user.map(Party::User).into_iter().collect();
        let mut add = |group: u32, queue: &mut Vec<Party>| {
            if groups.insert(group) {
                queue.push(Party::Group(group));
            }
        };
        case.who.named.iter().for_each(|g| add(*g, &mut queue));
        for side in [0, 1] {
            self.union.named[side].iter().for_each(|g| add(self.union.groups.number(side, *g), &mut queue));
        }
        while let Some(who) = queue.pop() {
            for (group, until) in self.joins.same(who) {
                if lasts(until) {
                    add(group, &mut queue);
                }
            }
            for (at, _, group, side) in pool.joins.iter().filter(|(_, member, ..)| *member == who) {
                if *at == BOTH || usize::from(new(*at)) == *side {
                    add(*group, &mut queue);
                }
            }
        }
        groups
    }

    /// Collects what decides.
    fn pool(&self, case: &Case<'_>) -> Result<Option<Pool>, Damage> {
        let Case { seen, who, at, .. } = *case;
        if !self.union.kinds[seen.kind as usize].same || self.sides.iter().any(|side| side.from.is_none()) {
            return Ok(None);
        }
        let Some(permission) = self.permission(case, 1) else { return Ok(None) };
        let Some(chains) = self.chains(case)? else { return Ok(None) };
        let mut pool = Pool {
            permission,
            edits: IndexMap::default(),
            rest: Vec::new(),
            inside: Vec::new(),
            closed: Default::default(),
            place: None,
            joins: Vec::new(),
            chains,
        };
        let mut groups: Vec<u32> = [0, 1].iter().flat_map(|side| self.groups_of(*side, who, at)).collect();
        groups.extend(self.between(who, at));
        groups.sort_unstable();
        groups.dedup();
        let mut places: Vec<u32> = pool.chains.iter().flatten().flatten().copied().collect();
        places.push(NOWHERE);
        places.sort_unstable();
        places.dedup();
        for side in [0, 1] {
            let sign_in = self.sign_in_of(side, who, &groups);
            let Some(permission) = self.permission(case, side) else { return Ok(None) };
            for place in &places {
                let record = if *place == NOWHERE { NOWHERE } else { self.places.all[*place as usize].at[side] };
                if record == NOWHERE && *place != NOWHERE {
                    continue;
                }
                let group = |via: Via| match via {
                    Via::Group(group) => Some(self.union.groups.number(side, group)),
                    _ => None,
                };
                for step in self.union.tables[side].heard_at(&sign_in, permission, record, at)? {
                    let sort = match step.sort {
                        RowSort::Can => RowKind::Can,
                        RowSort::Cannot => RowKind::Cannot,
                        RowSort::Role => RowKind::Role,
                    };
                    let heard = Heard { place: *place, group: group(step.via), step };
                    match self.places.fact(side, sort, heard.step.row) {
                        Some(fact) => pool.edits.entry(self.row(fact)?).or_default().heard[side].push(heard),
                        None if side == 1 => pool.rest.push(heard),
                        None => {}
                    }
                }
                let is_organization =
                    |p: &u32| self.union.kinds[self.places.all[*p as usize].kind as usize].name == "organization";
                if *place == NOWHERE || !is_organization(place) {
                    continue;
                }
                let (closed, members) = self.union.tables[side].members_at(&sign_in, record, at)?;
                pool.closed[side].extend(closed.then_some(*place));
                for (row, via) in members {
                    let inside = Inside { place: *place, group: group(via) };
                    match self.places.fact(side, RowKind::Member, row) {
                        Some(_) if self.opens(*place)? => {}
                        Some(fact) => pool.edits.entry(self.row(fact)?).or_default().inside[side].push(inside),
                        None if side == 1 => pool.inside.push(inside),
                        None => {}
                    }
                }
                if self.opens(*place)? {
                    let door = pool.edits.entry(Blame::Door(*place)).or_default();
                    let members = self.union.tables[side].members_at(&sign_in, record, at)?.1;
                    door.inside[side] = members.into_iter().map(|(_, via)| Inside { place: *place, group: group(via) }).collect();
                }
            }
        }
        if pool.chains[0] != pool.chains[1] {
            let own = match seen.on[1] {
                Some(on) if seen.place == NOWHERE => self.way(1, on)?.0,
                _ => vec![seen.place],
            };
            let blame = own.into_iter().find_map(|place| self.elsewhere(place).transpose()).transpose()?;
            let Some(blame) = blame else { return Ok(None) };
            pool.place = Some(pool.edits.insert_full(blame, Edit::default()).0);
        }
        for join in self.joins.speaking(who.user, &groups) {
            let one = &self.joins.all[join as usize];
            let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
            let other = self.joins.pair(one).map(|pair| &self.joins.all[pair as usize]);
            if !lasts(one.until) {
                continue;
            }
            if other.is_some_and(|other| lasts(other.until)) {
                pool.joins.push((BOTH, one.who, one.group, one.side));
                continue;
            }
            let blame = match one.who {
                Party::Group(_) => Blame::Nest(join),
                _ => Blame::Members { group: one.group, joined: one.side == 1 },
            };
            let number = {
                let entry = pool.edits.entry(blame);
                let at = entry.index();
                entry.or_default();
                at
            };
            pool.joins.push((number, one.who, one.group, one.side));
        }
        Ok(Some(pool))
    }

    /// Groups that are reached by memberships of both sides together.
    fn between(&self, who: &Caller, at: crate::instant::Instant) -> Vec<u32> {
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        let all = [0, 1].iter().flat_map(|side| self.groups_of(*side, who, at)).collect::<Vec<u32>>();
        let above = [0, 1].iter().flat_map(|side| all.iter().flat_map(move |g| self.union.above[*side][*g as usize].iter()));
        above.filter(|m| lasts(m.1)).map(|m| m.0).collect()
    }

    /// The resource and its containers on each side; none where patterns make them known otherwise.
    fn chains(&self, case: &Case<'_>) -> Result<Option<[Option<Vec<u32>>; 2]>, Damage> {
        let seen = case.seen;
        let mut chains = [None, None];
        let mut owns: [Vec<u32>; 2] = Default::default();
        for side in [0, 1] {
            let Some(on) = seen.on[side] else { continue };
            let own = self.way(side, on)?.0;
            if matches!(on, Resource::Declared(_)) != (seen.place != NOWHERE) {
                return Ok(None);
            }
            let Some(mut last) = own.first().copied() else { return Ok(None) };
            owns[side].clone_from(&own);
            let mut chain = own;
            for _ in 0..=self.places.all.len() {
                last = self.parent(last, side)?;
                if last == NOWHERE {
                    break;
                }
                chain.push(last);
            }
            chains[side] = Some(chain);
        }
        // Undeclared resources that other patterns make known lie elsewhere in more than one way.
        Ok(Some(chains).filter(|_| seen.place != NOWHERE || owns[0] == owns[1]))
    }
}
