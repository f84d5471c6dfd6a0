//! Sign-ins that no decision about a resource tells apart, on neither side and at no time.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::places::{NOWHERE, Places};
use super::union::{Closed, Fast, NEVER, Party, Union};
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// A row on the way of a resource, in numbers that both sides share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    pub who: Party,
    pub side: u8,
    /// The record of its place on its side.
    pub place: u32,
    pub sort: Sort,
    /// The same number says the same on one side.
    pub grant: u32,
    /// When it ends.
    pub end: u32,
}

/// What the rows on the way of a resource say of whom, on each side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relevant {
    /// The rows, sorted.
    pub rows: Vec<Row>,
    /// The groups that they name on either side, sorted: who is in one of them on one side alone is told apart from who is on
    /// both, also where only one side speaks of it.
    pub groups: Vec<u32>,
    /// The users that they name, sorted.
    pub users: Vec<u32>,
    /// When something ends for everyone, sorted.
    pub times: Vec<u32>,
    /// Whom rows on the way that differ speak of.
    pub changed: Changed,
    /// Whether one speaks of a group in which the members differ.
    pub touched: bool,
}

impl Relevant {
    /// Adds the rows of a place of one side; of `everywhere` where there is no record.
    pub fn add(&mut self, union: &Union<'_>, side: usize, at: Option<u32>, ends: &mut Ends) -> Result<(), Damage> {
        let from = self.rows.len();
        let place = at.unwrap_or(NOWHERE);
        union.tables[side].lines(at, |line| {
            let who = union.party(side, line.who);
            self.rows.push(Row { who, side: side as u8, place, sort: line.sort, grant: line.grant, end: NEVER });
        })?;
        for row in &mut self.rows[from..] {
            row.end = ends.of(union, side, row.grant)?;
        }
        Ok(())
    }

    /// As [`Relevant::add`], of a pattern: while something of it lasts, the resources that it matches are known.
    pub fn add_pattern(&mut self, union: &Union<'_>, side: usize, at: u32, ends: &mut Ends) -> Result<(), Damage> {
        let from = self.rows.len();
        self.add(union, side, Some(at), ends)?;
        self.times.extend(self.rows[from..].iter().map(|r| r.end).filter(|t| *t != NEVER));
        Ok(())
    }

    pub fn settle(&mut self) {
        // Mostly a few rows before many that are in order, which a sort that keeps runs finds.
        self.rows.sort();
        self.rows.dedup();
        for row in &self.rows {
            match row.who {
                Party::Everyone => self.times.extend((row.end != NEVER).then_some(row.end)),
                Party::Group(group) => self.groups.push(group),
                Party::User(user) => self.users.push(user),
            }
        }
        for list in [&mut self.groups, &mut self.users, &mut self.times, &mut self.changed.users, &mut self.changed.groups] {
            list.sort();
            list.dedup();
        }
    }

    pub fn join(&mut self, other: &Relevant) {
        self.rows.extend(&other.rows);
        self.times.extend(&other.times);
        self.changed.join(&other.changed);
        self.touched |= other.touched;
    }

    /// The rows that name someone.
    pub fn of(&self, who: Party) -> &[Row] {
        let from = self.rows.partition_point(|r| r.who < who);
        let upto = from + self.rows[from..].partition_point(|r| r.who == who);
        &self.rows[from..upto]
    }

    /// Those of some memberships that a row asks for.
    pub fn within(&self, side: usize, all: &[(u32, u32)]) -> impl Iterator<Item = Membership> {
        let mine = all.iter().filter(move |m| self.groups.binary_search(&m.0).is_ok());
        mine.map(move |m| (side as u8, m.0, m.1))
    }

    /// When something ends for a user, if it is one, who has these memberships: also of what the side without the membership
    /// says of the group, by which the cause may be another one.
    pub fn ends(&self, user: Option<u32>, memberships: &[Membership]) -> Vec<u32> {
        let mut ends = self.times.clone();
        ends.extend(user.iter().flat_map(|u| self.of(Party::User(*u))).map(|r| r.end));
        for (_, group, until) in memberships {
            ends.push(*until);
            ends.extend(self.of(Party::Group(*group)).iter().map(|r| r.end));
        }
        ends.retain(|t| *t != NEVER);
        ends.sort_unstable();
        ends.dedup();
        ends
    }
}

/// Whose decisions may differ by rows that one side alone has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Everyone's.
    pub everyone: bool,
    /// Those of these users.
    pub users: Vec<u32>,
    /// Those of who is in one of these groups on either side.
    pub groups: Vec<u32>,
}

impl Changed {
    /// Everyone, where this is so.
    pub fn all(everyone: bool) -> Changed {
        Changed { everyone, ..Changed::default() }
    }

    pub fn is_any(&self) -> bool {
        self.everyone || !self.users.is_empty() || !self.groups.is_empty()
    }

    pub fn add(&mut self, who: Party) {
        match who {
            Party::Everyone => self.everyone = true,
            Party::User(user) => self.users.push(user),
            Party::Group(group) => self.groups.push(group),
        }
    }

    /// Adds whom the rows speak of that one side alone has.
    pub fn facts(&mut self, places: &Places<'_>, (from, to): (u32, u32)) {
        places.facts[from as usize..to as usize].iter().for_each(|f| self.add(f.who));
    }

    pub fn join(&mut self, other: &Changed) {
        self.everyone |= other.everyone;
        self.users.extend(&other.users);
        self.groups.extend(&other.groups);
    }

    /// Whether one of the groups is among those of the rows; both are sorted.
    pub fn meets(&self, mut groups: impl Iterator<Item = u32>) -> bool {
        !self.groups.is_empty() && groups.any(|g| self.groups.binary_search(&g).is_ok())
    }
}

/// When grants end.
#[derive(Debug, Default)]
pub struct Ends([HashMap<u32, u32, Fast>; 2]);

impl Ends {
    fn of(&mut self, union: &Union<'_>, side: usize, grant: u32) -> Result<u32, Damage> {
        if let Some(end) = self.0[side].get(&grant) {
            return Ok(*end);
        }
        let end = union.time(union.tables[side].meaning(grant)?.until);
        self.0[side].insert(grant, end);
        Ok(end)
    }
}

/// A group in question that someone is in: on which side, which, and until when.
pub type Membership = (u8, u32, u32);

/// Who is in the same of the groups in question, until the same times, on both sides.
#[derive(Debug)]
pub struct Class {
    /// The users.
    pub users: Vec<u32>,
    /// The groups whose naming at sign-in makes a stranger one of them.
    pub groups: Vec<u32>,
    /// The memberships in the groups in question.
    pub memberships: Vec<Membership>,
    /// Whether the memberships are the same on both sides.
    pub same: bool,
}

/// The classes of everyone who is in one of the groups.
pub type Partition = Rc<Vec<Class>>;

/// Partitions made before.
#[derive(Debug, Default)]
pub struct Partitions(HashMap<Vec<u32>, Partition, Fast>);

/// So many partitions are kept.
const KEPT: usize = 20_000;

impl Partitions {
    pub fn of(&mut self, union: &Union<'_>, groups: &[u32]) -> Partition {
        if let Some(known) = self.0.get(groups) {
            return Rc::clone(known);
        }
        let made = Rc::new(partition(union, groups));
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(groups.to_vec(), Rc::clone(&made));
        made
    }
}

fn partition(union: &Union<'_>, groups: &[u32]) -> Vec<Class> {
    let by = |members: &[Closed; 2]| {
        let mut all: HashMap<u32, Vec<Membership>, Fast> = HashMap::default();
        for side in [0u8, 1] {
            for group in groups {
                for (one, until) in &members[usize::from(side)][*group as usize] {
                    all.entry(*one).or_default().push((side, *group, *until));
                }
            }
        }
        all
    };
    let mut classes: BTreeMap<Vec<Membership>, Class> = BTreeMap::new();
    let class = |memberships: &Vec<Membership>| {
        let of = |side: u8| memberships.iter().filter(move |m| m.0 == side).map(|m| (m.1, m.2));
        let (memberships, same) = (memberships.clone(), of(0).eq(of(1)));
        Class { users: Vec::new(), groups: Vec::new(), memberships, same }
    };
    for (user, memberships) in by(&union.members) {
        classes.entry(memberships).or_insert_with_key(class).users.push(user);
    }
    for (group, memberships) in by(&union.below) {
        classes.entry(memberships).or_insert_with_key(class).groups.push(group);
    }
    classes.values_mut().flat_map(|c| [&mut c.users, &mut c.groups]).for_each(|list| list.sort_unstable());
    classes.into_values().collect()
}

/// What the resources of one container share, looked at once.
#[derive(Debug, Default)]
pub struct Surroundings {
    known: HashMap<[u32; 2], Rc<Relevant>, Fast>,
    everywhere: Option<Rc<Relevant>>,
}

impl Surroundings {
    /// What lies around a place on each side.
    pub fn of(
        &mut self,
        union: &Union<'_>,
        places: &Places<'_>,
        around: [u32; 2],
        ends: &mut Ends,
    ) -> Result<Rc<Relevant>, Damage> {
        if let Some(known) = self.known.get(&around) {
            return Ok(Rc::clone(known));
        }
        let mut all = Relevant::default();
        let mut doors = [(NOWHERE, false); 2];
        let mut outer = [Vec::new(), Vec::new()];
        for side in [0, 1] {
            let beyond = union.tables[side].beyond(around[side])?;
            for at in &beyond.outer {
                all.add(union, side, Some(*at), ends)?;
            }
            if let Some(at) = beyond.organization.filter(|at| !beyond.outer.contains(at)) {
                all.add(union, side, Some(at), ends)?;
            }
            doors[side] = (beyond.organization.map_or(NOWHERE, |at| places.of(side, at)), beyond.closed);
            outer[side] = beyond.outer.iter().map(|at| places.of(side, *at)).collect();
        }
        let every = self.everywhere(union, places, ends)?;
        all.join(&every);
        // Another organization lets others in, and so does one that was open, or closed.
        all.changed.everyone |= doors[0] != doors[1];
        let known = |p: &&u32| **p != NOWHERE;
        let organizations = doors.map(|d| d.0);
        for place in outer[0].iter().chain(&outer[1]).chain(&organizations).filter(known) {
            let pair = &places.all[*place as usize];
            all.changed.facts(places, pair.facts);
            all.touched |= pair.touched;
        }
        // A place that speaks here on one side alone says all that it says on that side alone.
        for side in [0, 1] {
            for place in outer[side].iter().filter(|p| !outer[1 - side].contains(p)).filter(known) {
                let at = places.all[*place as usize].at[side];
                union.tables[side].lines(Some(at), |line| all.changed.add(union.party(side, line.who)))?;
                // What the other side says there decides nothing, but whether lying there does it alone, and until when.
                let pair = &places.all[*place as usize];
                if pair.changed && pair.at[1 - side] != NOWHERE {
                    all.add(union, 1 - side, Some(pair.at[1 - side]), ends)?;
                }
            }
        }
        all.changed.everyone |= outer.iter().flatten().any(|p| *p == NOWHERE);
        all.settle();
        let all = Rc::new(all);
        self.known.insert(around, Rc::clone(&all));
        Ok(all)
    }

    fn everywhere(&mut self, union: &Union<'_>, places: &Places<'_>, ends: &mut Ends) -> Result<Rc<Relevant>, Damage> {
        if let Some(known) = &self.everywhere {
            return Ok(Rc::clone(known));
        }
        let mut all = Relevant { touched: places.everywhere_touched, ..Relevant::default() };
        all.changed.facts(places, places.everywhere);
        for side in [0, 1] {
            all.add(union, side, None, ends)?;
        }
        all.settle();
        let all = Rc::new(all);
        self.everywhere = Some(Rc::clone(&all));
        Ok(all)
    }
}
