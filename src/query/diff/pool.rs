//! Everything that decides in both versions, and the decision with the new version of some edits and the old one of the others.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

use super::asking::Caller;
use super::cause::{Blame, Case};
use super::chains::Way;
use super::engine::Engine;
use super::places::NOWHERE;
use super::union::{Fast, NEVER, Party};
use crate::instant::Instant;
use crate::model::kinds::Value;
use crate::query::explain::Weighed;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::{Permission, RowId};
use crate::table::view::Damage;
use crate::table::{Assigned, RowSort, Step, Via};

/// No edit: a membership that both sides have now, until another time.
const BOTH: usize = usize::MAX;

/// Off the way of the resource.
const AWAY: usize = usize::MAX;

/// Edits by number, each with the side that it must be taken from.
type When = Vec<(usize, usize)>;

/// Where a row stands, whom it speaks of, and when it counts.
struct Heard {
    place: u32,
    group: Option<u32>,
    when: When,
    /// A role that is assigned, and the one in it that says this.
    role: Option<(u32, u32)>,
}

/// What was collected for one question, by the parts of a kind that were asked for: the levels of a part are decided by the
/// same rows.
#[derive(Default)]
pub struct Pools(RefCell<Vec<(Permission, Option<Rc<Pool>>)>>);

/// Everything that decides about a part of a kind, in both versions.
pub struct Pool {
    permission: Permission,
    pub edits: IndexSet<Blame, Fast>,
    /// Rows that speak of the permission, and what each says.
    heard: Vec<Heard>,
    steps: Vec<Step>,
    /// The same with how far each is away, by the moves that are made.
    walks: Vec<Vec<Step>>,
    /// The roles that are assigned where what they include differs.
    roles: IndexMap<u32, (), Fast>,
    /// The edits of roles.
    versions: HashMap<u32, usize, Fast>,
    /// Rows that let members of an organization in.
    inside: Vec<Heard>,
    /// The organization of what lies in none.
    outside: Option<u32>,
    /// Organizations that are closed on each side.
    closed: [Vec<u32>; 2],
    /// The resource and its containers by the moves that are made.
    way: Rc<Way>,
    /// The edits that are these moves.
    moves: Vec<usize>,
    /// Memberships that differ, by the number of their edit: the member, the group, and on which side it is one.
    joins: Vec<(usize, Party, u32, usize)>,
}

impl Pool {
    fn edit(&mut self, blame: Blame) -> usize {
        self.edits.insert_full(blame).0
    }

    /// How far away the closest row is that an edit speaks of, with everything new.
    pub fn away(&self, edit: usize) -> usize {
        // A move says what is on the way, and stands before what is not.
        if self.moves.contains(&edit) {
            return AWAY - 1;
        }
        let rows = self.heard.iter().zip(self.walks.last().into_iter().flatten());
        let mine = rows.filter(|(heard, _)| heard.when.iter().any(|(at, _)| *at == edit));
        mine.map(|(_, step)| step.distance).min().unwrap_or(AWAY)
    }

    /// Decides about a level with the new version of some edits, and the old one of the others.
    pub fn decides(&self, engine: &Engine<'_>, case: &Case<'_>, level: Value, new: &dyn Fn(usize) -> bool) -> bool {
        let side = |at: usize| usize::from(new(at));
        let made = (0..).zip(&self.moves).map(|(bit, at)| side(*at) << bit).sum::<usize>();
        let Some(chain) = &self.way.chains[made] else { return false };
        let groups = self.reached(engine, case, new);
        let version = |role: u32| self.versions.get(&role).map(|at| side(*at));
        let within = |role: &u32| engine.roles.within(*role, &|role, of| version(role).is_none_or(|version| version == of));
        let roles: Vec<HashSet<u32>> = self.roles.keys().map(within).collect();
        let counts = |heard: &Heard| {
            heard.when.iter().all(|(at, of)| side(*at) == *of)
                && heard.group.is_none_or(|g| groups.contains(&g))
                && heard.role.is_none_or(|(from, to)| self.roles.get_index_of(&from).is_none_or(|at| roles[at].contains(&to)))
        };
        if let Some(place) = chain.iter().find(|place| engine.is_organization(**place)).or(self.outside.as_ref()) {
            let door = self.edits.get_index_of(&Blame::Door(*place));
            let closed = |side: usize| self.closed[side].contains(place);
            if door.map_or(closed(0) || closed(1), |door| closed(side(door)))
                && !self.inside.iter().any(|heard| heard.place == *place && counts(heard))
            {
                return false;
            }
        }
        let weighed = Weighed::new(&self.walks[made], self.permission.feature, level);
        weighed.allows(&|at, step| step.distance != AWAY && counts(&self.heard[at]))
    }

    /// The groups that someone is in with some edits of memberships.
    fn reached(&self, engine: &Engine<'_>, case: &Case<'_>, new: &dyn Fn(usize) -> bool) -> HashSet<u32> {
        if self.joins.is_empty() {
            return engine.groups_of(1, case.who, case.at).into_iter().collect();
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
            engine.union.named[side].iter().for_each(|g| add(engine.union.groups.number(side, *g), &mut queue));
        }
        while let Some(who) = queue.pop() {
            for (group, until) in engine.joins.same(who) {
                if engine.lasts(until, case.at) {
                    add(group, &mut queue);
                }
            }
            for (at, _, group, side) in self.joins.iter().filter(|(_, member, ..)| *member == who) {
                if *at == BOTH || usize::from(new(*at)) == *side {
                    add(*group, &mut queue);
                }
            }
        }
        groups
    }
}

impl Engine<'_> {
    /// What decides, and the level that is asked for; none where that cannot be told.
    pub fn pool(&self, case: &Case<'_>) -> Result<Option<(Rc<Pool>, Value)>, Damage> {
        if !self.union.kinds[case.seen.kind as usize].same || self.sides.iter().any(|side| side.from.is_none()) {
            return Ok(None);
        }
        let [Some(_), Some(permission)] = [0, 1].map(|side| self.permission(case, side)) else { return Ok(None) };
        let part = permission.without_level();
        let known = case.pools.0.borrow().iter().find(|(known, _)| *known == part).map(|(_, pool)| pool.clone());
        let pool = match known {
            Some(pool) => pool,
            None => {
                let pool = self.collect(case, permission)?.map(Rc::new);
                case.pools.0.borrow_mut().push((part, pool.clone()));
                pool
            }
        };
        Ok(pool.map(|pool| (pool, permission.value)))
    }

    fn collect(&self, case: &Case<'_>, permission: Permission) -> Result<Option<Pool>, Damage> {
        let Case { seen, who, at, .. } = *case;
        // An organization that only a pattern makes known is in no other one.
        let organizations = (0..).zip(&self.union.kinds).find(|(_, kind)| kind.name == "organization").map(|(kind, _)| kind);
        let Some(way) = self.ways(seen)? else { return Ok(None) };
        let mut pool = Pool {
            permission,
            edits: IndexSet::default(),
            heard: Vec::new(),
            steps: Vec::new(),
            walks: Vec::new(),
            roles: IndexMap::default(),
            versions: HashMap::default(),
            inside: Vec::new(),
            outside: organizations.filter(|kind| *kind != seen.kind).and_then(|kind| self.places.find(kind, "default")),
            closed: Default::default(),
            way: Rc::clone(&way),
            moves: Vec::new(),
            joins: Vec::new(),
        };
        let groups = self.groups_of_both(who, at);
        let mut places: Vec<u32> = way.chains.iter().flatten().flatten().copied().collect();
        places.extend([NOWHERE].into_iter().chain(pool.outside));
        places.sort_unstable();
        places.dedup();
        for side in [0, 1] {
            let sign_in = self.sign_in_of(side, who, &groups);
            let Some(permission) = self.permission(case, side) else { return Ok(None) };
            for place in &places {
                let record = self.record(*place, side);
                if record == NOWHERE && *place != NOWHERE {
                    continue;
                }
                for step in self.union.tables[side].heard_at(&sign_in, permission, record, at)? {
                    let sort = match step.sort {
                        RowSort::Can => RowKind::Can,
                        RowSort::Cannot => RowKind::Cannot,
                        RowSort::Role => continue,
                    };
                    let when = match self.edit_of(side, sort, step.row) {
                        Some(fact) => vec![(pool.edit(self.row(fact)?), side)],
                        None if side == 1 => Vec::new(),
                        None => continue,
                    };
                    pool.heard.push(Heard { place: *place, group: self.named_via(side, step.via), when, role: None });
                    pool.steps.push(step);
                }
                for assigned in self.union.tables[side].assigned_at(&sign_in, record, at)? {
                    if !self.assigned(case, &mut pool, (side, *place), &assigned) {
                        return Ok(None);
                    }
                }
                if *place != NOWHERE && self.is_organization(*place) {
                    let (closed, members) = self.union.tables[side].members_at(&sign_in, record, at)?;
                    pool.closed[side].extend(closed.then_some(*place));
                    let opens = self.opens(*place)?;
                    for (row, via) in members {
                        let when = match self.edit_of(side, RowKind::Member, row) {
                            _ if opens => vec![(pool.edit(Blame::Door(*place)), side)],
                            Some(fact) => vec![(pool.edit(self.row(fact)?), side)],
                            None if side == 1 => Vec::new(),
                            None => continue,
                        };
                        pool.inside.push(Heard { place: *place, group: self.named_via(side, via), when, role: None });
                    }
                    if opens {
                        pool.edit(Blame::Door(*place));
                    }
                }
            }
        }
        for blame in &way.moves {
            let number = pool.edit(blame.clone());
            pool.moves.push(number);
        }
        self.members(&mut pool, who, &groups, at);
        for chain in &way.chains {
            let chain = chain.as_deref().unwrap_or_default();
            let away = |place: u32| match place {
                NOWHERE => chain.len(),
                place => chain.iter().position(|one| *one == place).unwrap_or(AWAY),
            };
            let steps = pool.heard.iter().zip(&pool.steps);
            pool.walks.push(steps.map(|(heard, step)| Step { distance: away(heard.place), ..step.clone() }).collect());
        }
        Ok(Some(pool))
    }

    /// Adds an assignment, with both versions of the roles that it may give; tells whether they are known.
    fn assigned(&self, case: &Case<'_>, pool: &mut Pool, (side, place): (usize, u32), row: &Assigned<'_>) -> bool {
        let fact = self.edit_of(side, RowKind::Role, row.row);
        let mut when = When::new();
        if let Some(fact) = fact {
            let one = &self.places.facts[fact as usize];
            if one.pair.is_none_or(|pair| self.places.ends(one) != self.places.ends(&self.places.facts[pair as usize])) {
                when.push((pool.edit(Blame::Row(self.places.first(fact))), side));
            }
        }
        if when.is_empty() && side == 0 {
            return true;
        }
        let kind = self.places.all.get(place as usize).map(|place| place.kind);
        let owned = kind.filter(|_| row.owner).and_then(|kind| {
            let roles = self.roles.of_owner(self.union.kinds[kind as usize].name)?;
            Some((kind, roles))
        });
        let given: Vec<(u32, When)> = match (owned, self.roles.find(row.role)) {
            (Some((kind, roles)), _) => {
                let edit = pool.edit(Blame::Owner(kind));
                roles.into_iter().zip(0..).map(|(role, of)| (role, [&when[..], &[(edit, of)]].concat())).collect()
            }
            (None, Some(role)) => vec![(role, when)],
            (None, None) => return false,
        };
        let [Some(old), Some(new)] = self.union.kinds[case.seen.kind as usize].ids else { return false };
        for (role, when) in given {
            let within = self.roles.within(role, &|_, _| true);
            let differs = |role: &u32| self.roles.all[*role as usize].differs([old, new]);
            let any = within.iter().any(differs);
            if any {
                pool.roles.insert(role, ());
            }
            let mut within: Vec<u32> = within.into_iter().collect();
            within.sort_unstable();
            for inner in within {
                let edit = differs(&inner).then(|| pool.edit(Blame::Role(self.roles.all[inner as usize].name.clone())));
                pool.versions.extend(edit.map(|edit| (inner, edit)));
                let versions = self.roles.all[inner as usize].of.iter().enumerate().rev();
                let versions = versions.filter_map(|(of, version)| Some((of, version.as_ref()?)));
                for (of, version) in versions.take(if edit.is_some() { 2 } else { 1 }) {
                    let parts = self.union.tables[1].parts_read(pool.permission);
                    let parts: Vec<Option<u8>> = parts.map(|part| version.value([old, new][of], part)).collect();
                    if parts.iter().all(Option::is_none) {
                        continue;
                    }
                    let when = when.iter().copied().chain(edit.map(|edit| (edit, of))).collect();
                    let role = any.then_some((role, inner));
                    pool.heard.push(Heard { place, group: self.named_via(side, row.via), when, role });
                    let (row, sort, via) = (row.row, RowSort::Role, row.via);
                    pool.steps.push(Step { row, sort, via, applies: true, was_member: false, over: false, distance: 0, parts });
                }
            }
        }
        true
    }

    /// Adds memberships that differ.
    fn members(&self, pool: &mut Pool, who: &Caller, groups: &[u32], at: Instant) {
        for join in self.joins.speaking(who.user, groups) {
            let one = &self.joins.all[join as usize];
            let other = self.joins.pair(one).map(|pair| &self.joins.all[pair as usize]);
            if !self.lasts(one.until, at) {
                continue;
            }
            let number = match one.who {
                _ if other.is_some_and(|other| self.lasts(other.until, at)) => BOTH,
                Party::Group(_) => pool.edit(Blame::Nest(join)),
                _ => pool.edit(Blame::Members { group: one.group, joined: one.side == 1 }),
            };
            pool.joins.push((number, one.who, one.group, one.side));
        }
    }

    /// The groups that someone is in by the memberships of either side, or of both together.
    fn groups_of_both(&self, who: &Caller, at: Instant) -> Vec<u32> {
        let mut groups: Vec<u32> = [0, 1].iter().flat_map(|side| self.groups_of(*side, who, at)).collect();
        let above = [0, 1].iter().flat_map(|side| groups.iter().flat_map(move |g| self.union.above[*side][*g as usize].iter()));
        let between: Vec<u32> = above.filter(|m| self.lasts(m.1, at)).map(|m| m.0).collect();
        groups.extend(between);
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The difference that a row is; what a place says under two names is none.
    pub fn edit_of(&self, side: usize, sort: RowKind, row: RowId) -> Option<u32> {
        self.places.fact(side, sort, row).filter(|fact| !self.renames.carries(*fact))
    }

    fn named_via(&self, side: usize, via: Via) -> Option<u32> {
        if let Via::Group(group) = via { Some(self.union.groups.number(side, group)) } else { None }
    }

    pub fn is_organization(&self, place: u32) -> bool {
        let pair = &self.places.all[place as usize];
        !pair.pattern && self.union.kinds[pair.kind as usize].name == "organization"
    }

    /// Whether what ends at some time lasts at another one.
    pub fn lasts(&self, until: u32, at: Instant) -> bool {
        until == NEVER || self.union.times[until as usize] > at
    }
}
