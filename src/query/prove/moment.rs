//! Who is in which group at one instant, and whom a few groups tell apart.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::instant::Instant;
use crate::table::view::Damage;
use crate::table::{GroupId, Table, UserId};

/// Those who are in the same of the groups in question.
#[derive(Clone, Debug)]
pub struct Part {
    /// Users, or strangers who name a group; none is the stranger who names none.
    pub who: Option<Whose>,
    /// The groups, sorted.
    pub within: Vec<GroupId>,
    /// How many they are.
    pub count: usize,
}

/// The first of a part, by the numbers of users and groups.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// A user.
    Users(u32),
    /// A group that a stranger names.
    Named(u32),
}

/// So many partitions are remembered.
const PARTITIONS: usize = 20_000;

/// Who is in which group at one instant.
pub struct Moment {
    /// The users in each group.
    members: Sifter,
    /// The groups whose naming leads into each group.
    leads: Sifter,
    partitions: HashMap<Vec<GroupId>, Arc<Vec<Part>>>,
}

impl Moment {
    /// Looks at everyone once.
    pub fn new(table: &Table, users: &[(UserId, &str)], groups: &[(GroupId, &str)], at: Instant) -> Result<Moment, Damage> {
        let (mut members, mut leads) = (Sifter::new(users.len()), Sifter::new(groups.len()));
        for (number, (user, _)) in (0..).zip(users) {
            members.add(number, table.groups_of(&table.sign_in(*user)?, at)?);
        }
        for (number, (group, _)) in (0..).zip(groups) {
            leads.add(number, table.groups_of(&table.sign_in_with(None, &[*group])?, at)?);
        }
        Ok(Moment { members, leads, partitions: HashMap::new() })
    }

    /// Users by which of the groups they are in, and strangers by which of them their group leads to.
    pub fn partition(&mut self, groups: &[GroupId]) -> Arc<Vec<Part>> {
        if let Some(known) = self.partitions.get(groups) {
            return Arc::clone(known);
        }
        if self.partitions.len() >= PARTITIONS {
            self.partitions.clear();
        }
        let users = self.members.sift(groups).into_iter();
        let users = users.map(|(within, first, count)| Part { who: Some(Whose::Users(first)), within, count });
        let strangers = self.leads.sift(groups).into_iter().filter(|(within, ..)| !within.is_empty());
        let strangers = strangers.map(|(within, first, count)| Part { who: Some(Whose::Named(first)), within, count });
        let alone = Part { who: None, within: Vec::new(), count: 0 };
        let made = Arc::new(users.chain([alone]).chain(strangers).collect::<Vec<_>>());
        self.partitions.insert(groups.to_vec(), Arc::clone(&made));
        made
    }

    /// The first user of a part that is not among some.
    pub fn another(&self, groups: &[GroupId], part: &Part, named: &BTreeSet<UserId>, users: &[(UserId, &str)]) -> Option<UserId> {
        let number = self.members.find(groups, &part.within, |number| !named.contains(&users[number as usize].0))?;
        Some(users[number as usize].0)
    }
}

/// Lists of numbers by group, and marks to sift them by.
struct Sifter {
    lists: HashMap<GroupId, Vec<u32>, foldhash::fast::RandomState>,
    marks: Vec<u64>,
}

/// The groups of a part, its first number, and how many there are.
type Sifted = (Vec<GroupId>, u32, usize);

impl Sifter {
    fn new(all: usize) -> Sifter {
        Sifter { lists: HashMap::default(), marks: vec![0; all] }
    }

    fn add(&mut self, number: u32, groups: Vec<GroupId>) {
        groups.into_iter().for_each(|g| self.lists.entry(g).or_default().push(number));
    }

    /// All numbers by which of the groups list them, 64 groups at a time; in the order of those groups.
    fn sift(&mut self, groups: &[GroupId]) -> Vec<Sifted> {
        if groups.len() > 64 {
            return self.sift_many(groups);
        }
        let touched = self.mark(groups);
        let outside = self.marks.len() - touched.len();
        let mut parts: Vec<(u64, u32, usize)> = Vec::new();
        if let Some(first) = self.marks.iter().position(|mark| *mark == 0) {
            parts.push((0, first as u32, outside));
        }
        let mut known: HashMap<u64, usize, foldhash::fast::RandomState> = HashMap::default();
        for number in touched {
            let mark = std::mem::take(&mut self.marks[number as usize]);
            // Up to four groups make few parts, among which a look is quicker than a hash.
            let at = match groups.len() {
                0..=4 => parts.iter().position(|(m, ..)| *m == mark).unwrap_or(parts.len()),
                _ => *known.entry(mark).or_insert(parts.len()),
            };
            match parts.get_mut(at) {
                Some((_, first, count)) => (*first, *count) = ((*first).min(number), *count + 1),
                None => parts.push((mark, number, 1)),
            }
        }
        let named = |mark: u64| groups.iter().enumerate().filter(move |(i, _)| mark >> i & 1 == 1).map(|(_, g)| *g).collect();
        let mut parts: Vec<Sifted> = parts.into_iter().map(|(mark, first, count)| (named(mark), first, count)).collect();
        parts.sort_unstable();
        parts
    }

    /// Sets the mark of each number that a group lists, and tells which those are.
    fn mark(&mut self, groups: &[GroupId]) -> Vec<u32> {
        let mut touched = Vec::new();
        for (bit, group) in groups.iter().enumerate() {
            for number in self.lists.get(group).into_iter().flatten() {
                let mark = &mut self.marks[*number as usize];
                if *mark == 0 {
                    touched.push(*number);
                }
                *mark |= 1 << bit;
            }
        }
        touched
    }

    /// The first number that exactly some of the groups list and that will do.
    fn find(&self, groups: &[GroupId], within: &[GroupId], will_do: impl Fn(u32) -> bool) -> Option<u32> {
        let lists = |group: &GroupId, number: u32| self.lists.get(group).is_some_and(|l| l.binary_search(&number).is_ok());
        let exact = |number: &u32| groups.iter().all(|g| lists(g, *number) == within.contains(g));
        match within.first() {
            Some(group) => self.lists.get(group)?.iter().copied().filter(exact).find(|n| will_do(*n)),
            None => (0..self.marks.len() as u32).filter(exact).find(|n| will_do(*n)),
        }
    }

    fn sift_many(&self, groups: &[GroupId]) -> Vec<Sifted> {
        let mut within: std::collections::BTreeMap<u32, Vec<GroupId>> = std::collections::BTreeMap::new();
        for group in groups {
            for number in self.lists.get(group).into_iter().flatten() {
                within.entry(*number).or_default().push(*group);
            }
        }
        let outside = self.marks.len() - within.len();
        let mut parts: std::collections::BTreeMap<Vec<GroupId>, (u32, usize)> = std::collections::BTreeMap::new();
        if let Some(first) = (0..self.marks.len() as u32).find(|n| !within.contains_key(n)) {
            parts.insert(Vec::new(), (first, outside));
        }
        for (number, within) in within {
            parts.entry(within).or_insert((number, 0)).1 += 1;
        }
        parts.into_iter().map(|(within, (first, count))| (within, first, count)).collect()
    }
}
