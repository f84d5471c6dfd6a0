//! The sets of groups that someone may name at sign-in, as far as a resource tells them apart.

use std::cell::Cell;
use std::collections::HashMap;

use super::classes::{Class, Membership, Relevant};
use super::lenses::Kin;
use super::union::{Fast, Party};
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// What a membership brings, and until when: groups of which the rows say the same bring the same.
pub type Mark = (u32, u32);

/// Groups of which it does not matter which one is named.
pub struct Element {
    /// The groups, sorted.
    pub groups: Vec<u32>,
    pub memberships: Vec<Membership>,
    /// Whether who names one may decide otherwise for it on the two sides.
    pub changed: bool,
}

/// What the rows of each group say, as a number.
pub struct Profiles(HashMap<(u8, u32), u32, Fast>);

type Said = (u8, Vec<(u32, Sort, u32)>, Option<u32>);

impl Profiles {
    pub fn new(relevant: &Relevant) -> Profiles {
        let mut numbers: HashMap<Said, u32, Fast> = HashMap::default();
        let mut all = HashMap::default();
        for side in [0u8, 1] {
            for group in &relevant.groups {
                let rows = relevant.of(Party::Group(*group)).iter().filter(|r| r.side == side);
                let said: Vec<_> = rows.map(|r| (r.place, r.sort, r.grant)).collect();
                if said.is_empty() {
                    continue;
                }
                // A cause is told of the group that it speaks of.
                let own = relevant.changed.groups.binary_search(group).is_ok().then_some(*group);
                let next = numbers.len() as u32;
                all.insert((side, *group), *numbers.entry((side, said, own)).or_insert(next));
            }
        }
        Profiles(all)
    }

    pub fn marks(&self, memberships: &[Membership]) -> Vec<Mark> {
        marks(&self.0, memberships)
    }
}

/// What memberships bring, by what the rows of each group say.
pub fn marks(numbers: &HashMap<(u8, u32), u32, Fast>, memberships: &[Membership]) -> Vec<Mark> {
    let number = |(side, group, until): &Membership| Some((*numbers.get(&(*side, *group))?, *until));
    let mut marks: Vec<Mark> = memberships.iter().filter_map(number).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// The groups that can be named, those first whose naming may decide otherwise.
pub fn elements(partition: &[Class], relevant: &Relevant, profiles: &Profiles) -> Vec<Element> {
    let mut all: Vec<Element> = Vec::new();
    let mut known: HashMap<Vec<Mark>, usize, Fast> = HashMap::default();
    for class in partition.iter().filter(|c| !c.groups.is_empty()) {
        let marks = profiles.marks(&class.memberships);
        if marks.is_empty() {
            continue;
        }
        let changed = !class.same || relevant.changed.meets(class.memberships.iter().map(|m| m.1));
        let at = *known.entry(marks).or_insert(all.len());
        match all.get_mut(at) {
            Some(element) => element.groups.extend(&class.groups),
            None => all.push(Element { groups: class.groups.clone(), memberships: class.memberships.clone(), changed }),
        }
    }
    all.iter_mut().for_each(|e| e.groups.sort_unstable());
    all.sort_by_key(|e| !e.changed);
    all
}

/// Whether some marks bring all that others do at some time, and whether they do for as long.
pub fn holds(marks: &[Mark], others: &[Mark]) -> (bool, bool) {
    (others.iter().all(|m| marks.iter().any(|own| own.0 == m.0)), !adds(others, &[marks]))
}

/// Whether some marks bring what others do not, or for longer.
fn adds(marks: &[Mark], to: &[&[Mark]]) -> bool {
    let has = |m: &Mark| to.iter().flat_map(|list| list.iter()).any(|other| other.0 == m.0 && other.1 >= m.1);
    !marks.iter().all(has)
}

/// Sets of kin of which each adds something to the others and to what someone has.
pub struct Choice<'a> {
    pub kin: &'a [Kin],
    /// What someone has without them.
    pub has: &'a [Mark],
    /// Whether only sets count that hold one which may decide otherwise.
    pub changed: bool,
    /// How many may still be looked at.
    pub leave: &'a Cell<usize>,
}

/// Called for a set; says whether there is leave for more.
type Each<'a> = &'a mut dyn FnMut(&[u32]) -> Result<bool, Damage>;

impl Choice<'_> {
    /// Calls for every set of so many; tells whether there was leave for all.
    pub fn each(&self, size: usize, each: Each<'_>) -> Result<bool, Damage> {
        self.more(size, &mut Vec::with_capacity(size), each)
    }

    fn more(&self, size: usize, chosen: &mut Vec<u32>, each: Each<'_>) -> Result<bool, Damage> {
        let first = chosen.last().map_or(0, |last| *last as usize + 1);
        for next in first..self.kin.len() {
            // Those that may decide otherwise stand first.
            if chosen.is_empty() && self.changed && !self.kin[next].changed {
                break;
            }
            if size > 1 && self.leave.get() == 0 {
                return Ok(false);
            }
            self.leave.set(self.leave.get().saturating_sub(usize::from(size > 1)));
            if !self.one_adds(next as u32, chosen) {
                continue;
            }
            chosen.push(next as u32);
            let whole = if chosen.len() < size {
                self.more(size, chosen, each)?
            } else {
                let least = |one: &u32| {
                    let others: Vec<u32> = chosen.iter().filter(|o| *o != one).copied().collect();
                    self.one_adds(*one, &others)
                };
                !chosen.iter().all(least) || each(chosen)?
            };
            chosen.pop();
            if !whole {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn one_adds(&self, one: u32, others: &[u32]) -> bool {
        let mut lists: Vec<&[Mark]> = vec![self.has];
        lists.extend(others.iter().map(|o| self.kin[*o as usize].marks.as_slice()));
        adds(&self.kin[one as usize].marks, &lists)
    }
}
