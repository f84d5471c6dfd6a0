//! The names of both sides as numbers that both sides share: users, groups, kinds, times and memberships.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use crate::instant::Instant;
use crate::model::kinds::{Kind, KindId};
use crate::table::compare::Whom;
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

/// What never ends, among the times.
pub const NEVER: u32 = u32::MAX;

pub type Fast = foldhash::fast::RandomState;

/// Names of both sides, sorted; a number is a place in the list.
#[derive(Debug)]
pub struct Ids<'t, Id> {
    pub names: Vec<&'t str>,
    pub of: [Vec<Option<Id>>; 2],
    back: [HashMap<Id, u32, Fast>; 2],
}

impl<'t, Id: Copy + Eq + Hash> Ids<'t, Id> {
    fn new(sides: [Vec<(Id, &'t str)>; 2]) -> Ids<'t, Id> {
        let mut names: Vec<&str> = sides.iter().flatten().map(|(_, name)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let mut of = [vec![None; names.len()], vec![None; names.len()]];
        let mut back = [HashMap::default(), HashMap::default()];
        for (side, ids) in sides.into_iter().enumerate() {
            for (id, name) in ids {
                let Ok(number) = names.binary_search(&name) else { continue };
                of[side][number] = Some(id);
                back[side].insert(id, number as u32);
            }
        }
        Ids { names, of, back }
    }

    pub fn number(&self, side: usize, id: Id) -> u32 {
        self.back[side].get(&id).copied().unwrap_or(NEVER)
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        self.names.binary_search(&name).ok().map(|i| i as u32)
    }
}

/// Whom a row speaks of, in numbers that both sides share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Everyone,
    Group(u32),
    User(u32),
}

/// A kind of either side.
#[derive(Debug)]
pub struct KindPair<'t> {
    pub name: &'t str,
    pub ids: [Option<KindId>; 2],
    /// Whether both sides have it with the same permissions.
    pub same: bool,
}

/// Memberships closed under nesting, with their ends, by member.
pub type Closed = Vec<Box<[(u32, u32)]>>;

/// Both sides, in numbers that they share.
#[derive(Debug)]
pub struct Union<'t> {
    pub tables: [&'t Table; 2],
    pub users: Ids<'t, UserId>,
    pub groups: Ids<'t, GroupId>,
    pub kinds: Vec<KindPair<'t>>,
    pub times: Vec<Instant>,
    /// The groups of each user.
    pub member_of: [Closed; 2],
    /// The groups of a stranger who names each group.
    pub above: [Closed; 2],
    /// The groups whose naming makes a stranger one of each group.
    pub below: [Closed; 2],
    /// The users of each group, and when each membership ends.
    pub members: [Closed; 2],
    /// Groups in which somebody is on one side alone, or for another time.
    pub changed: Vec<bool>,
    /// Users who are in other groups, or for another time.
    pub moved: Vec<bool>,
    /// The groups that everyone names at sign-in.
    pub named: [Vec<GroupId>; 2],
    /// The groups that a stranger is in by them.
    pub stranger: [Box<[(u32, u32)]>; 2],
}

impl<'t> Union<'t> {
    pub fn new(tables: [&'t Table; 2], named: &[String]) -> Result<Union<'t>, Damage> {
        let users = Ids::new([collect(tables[0].users())?, collect(tables[1].users())?]);
        let groups = Ids::new([collect(tables[0].groups())?, collect(tables[1].groups())?]);
        let mut times: Vec<Instant> = tables[0].instants()?;
        times.extend(tables[1].instants()?);
        times.retain(|t| t.is_dated());
        times.sort_unstable();
        times.dedup();
        let kinds = kinds(tables);
        let mut all = Union {
            tables,
            users,
            groups,
            kinds,
            times,
            member_of: Default::default(),
            above: Default::default(),
            below: Default::default(),
            members: Default::default(),
            changed: Vec::new(),
            moved: Vec::new(),
            named: Default::default(),
            stranger: Default::default(),
        };
        for (side, table) in tables.into_iter().enumerate() {
            for name in named {
                all.named[side].extend(table.group(name)?);
            }
            all.stranger[side] = all.closed(side, &table.sign_in_with(None, &all.named[side])?)?;
        }
        all.close()?;
        Ok(all)
    }

    fn close(&mut self) -> Result<(), Damage> {
        for side in [0, 1] {
            let mut members = vec![Vec::new(); self.groups.names.len()];
            let mut member_of = Vec::with_capacity(self.users.names.len());
            for (number, user) in (0..).zip(&self.users.of[side]) {
                let groups = match user {
                    Some(user) => self.closed(side, &self.sign_in(side, Some(*user), [].into_iter())?)?,
                    None => self.stranger[side].clone(),
                };
                for (group, until) in &groups {
                    members[*group as usize].push((number, *until));
                }
                member_of.push(groups);
            }
            let above = self.groups.of[side].iter().map(|group| match group {
                Some(group) => self.closed(side, &self.sign_in(side, None, [*group].into_iter())?),
                None => Ok(self.stranger[side].clone()),
            });
            self.above[side] = above.collect::<Result<_, _>>()?;
            let mut below = vec![Vec::new(); self.groups.names.len()];
            for (number, above) in (0..).zip(&self.above[side]) {
                above.iter().for_each(|(group, until)| below[*group as usize].push((number, *until)));
            }
            self.below[side] = below.into_iter().map(Vec::into_boxed_slice).collect();
            self.member_of[side] = member_of;
            self.members[side] = members.into_iter().map(Vec::into_boxed_slice).collect();
        }
        let mut changed = vec![false; self.groups.names.len()];
        let strangers = [vec![self.stranger[0].clone()], vec![self.stranger[1].clone()]];
        let pairs = [&self.member_of, &self.above, &strangers];
        for [old, new] in pairs {
            for (old, new) in old.iter().zip(new).filter(|(old, new)| old != new) {
                let only =
                    |a: &[(u32, u32)], b: &[(u32, u32)]| a.iter().filter(|m| !b.contains(m)).map(|m| m.0).collect::<Vec<_>>();
                only(old, new).into_iter().chain(only(new, old)).for_each(|g| changed[g as usize] = true);
            }
        }
        self.changed = changed;
        let [old, new] = &self.member_of;
        self.moved = old.iter().zip(new).map(|(old, new)| old != new).collect();
        Ok(())
    }

    /// The sign-in of a user or a stranger, with some groups and those that everyone names.
    pub fn sign_in(&self, side: usize, user: Option<UserId>, named: impl Iterator<Item = GroupId>) -> Result<SignIn<'t>, Damage> {
        let named: Vec<GroupId> = self.named[side].iter().copied().chain(named).collect();
        match user.filter(|_| named.is_empty()) {
            Some(user) => self.tables[side].sign_in(user),
            None => self.tables[side].sign_in_with(user, &named),
        }
    }

    fn closed(&self, side: usize, who: &SignIn<'_>) -> Result<Box<[(u32, u32)]>, Damage> {
        let one = |m: Result<(GroupId, Option<Instant>), Damage>| {
            let (group, until) = m?;
            Ok((self.groups.number(side, group), self.time(until)))
        };
        let mut all: Vec<(u32, u32)> = self.tables[side].memberships(who).map(one).collect::<Result<_, Damage>>()?;
        all.sort_unstable();
        Ok(all.into())
    }

    /// Who is in a group, on the new side; on the old one where the new one has it not.
    pub fn circle(&self, group: u32) -> &[(u32, u32)] {
        let side = usize::from(self.groups.of[1][group as usize].is_some());
        &self.members[side][group as usize]
    }

    /// The number of a time. What ends when nobody can ask any longer never ends.
    pub fn time(&self, at: Option<Instant>) -> u32 {
        at.filter(|at| at.is_dated()).map_or(NEVER, |at| self.times.partition_point(|t| *t < at) as u32)
    }

    pub fn party(&self, side: usize, who: Whom) -> Party {
        match who {
            Whom::Everyone => Party::Everyone,
            Whom::Group(group) => Party::Group(self.groups.number(side, group)),
            Whom::User(user) => Party::User(self.users.number(side, user)),
        }
    }
}

fn collect<T>(items: impl Iterator<Item = Result<T, Damage>>) -> Result<Vec<T>, Damage> {
    items.collect()
}

fn kinds<'t>(tables: [&'t Table; 2]) -> Vec<KindPair<'t>> {
    let names: BTreeSet<&str> = tables.iter().flat_map(|t| t.kinds().iter().map(|k| &*k.name)).collect();
    let pair = |name: &'t str| {
        let ids = tables.map(|t| t.kind(name));
        let same = match ids {
            [Some(old), Some(new)] => alike(&tables[0].kinds()[old as usize], &tables[1].kinds()[new as usize]),
            _ => false,
        };
        KindPair { name, ids, same }
    };
    names.into_iter().map(pair).collect()
}

/// Whether two kinds have the same parts in the same order.
fn alike(old: &Kind, new: &Kind) -> bool {
    [(&old.levels, &new.levels), (&old.features, &new.features), (&old.flats, &new.flats)]
        .iter()
        .all(|(a, b)| a.iter().eq(b.iter()))
}
