//! Groups closed under nesting, ahead of time where that stays small.

use crate::model::{Model, Who};
use crate::table::layout::NOTHING;

/// A group, and the end of the way to it that lasts longest.
pub type Up = (u32, u32);

/// For each member the groups above it.
pub struct Above {
    starts: Vec<usize>,
    ups: Vec<Up>,
}

impl Above {
    fn direct(owners: usize, edges: impl Iterator<Item = (u32, Up)>) -> Above {
        let mut edges: Vec<(u32, Up)> = edges.collect();
        edges.sort_unstable();
        let mut starts = vec![0; owners + 1];
        edges.iter().for_each(|(member, _)| starts[*member as usize + 1] += 1);
        (0..owners).for_each(|i| starts[i + 1] += starts[i]);
        Above { starts, ups: edges.into_iter().map(|(_, up)| up).collect() }
    }

    /// The groups above a member.
    pub fn of(&self, member: u32) -> &[Up] {
        &self.ups[self.starts[member as usize]..self.starts[member as usize + 1]]
    }
}

/// The groups above each user and each group.
pub struct Closure {
    /// Above users.
    pub users: Above,
    /// Above groups.
    pub groups: Above,
    /// Only the groups that list each: closed, there would be too many.
    pub open: bool,
}

/// Pairs for each membership, and some for everybody, that closing may cost.
const PAIRS: usize = 8;
const FREE: usize = 1 << 20;
/// Looks at a group for each of these pairs: many ways may lead to the same few groups.
const LOOKS: usize = 64;

/// What closing may still cost.
struct Budget {
    pairs: usize,
    looks: usize,
}

impl Closure {
    /// Closes the groups of a model without cycles.
    pub fn new(model: &Model, rank: &impl Fn(u32) -> u32) -> Closure {
        let edges = |pick: fn(Who) -> Option<u32>| {
            model.members.iter().filter_map(move |m| pick(m.who).map(|id| (id, (m.of, rank(m.until)))))
        };
        let users = Above::direct(model.users.len(), edges(|w| if let Who::User(u) = w { Some(u) } else { None }));
        let groups = Above::direct(model.groups.len(), edges(|w| if let Who::Group(g) = w { Some(g) } else { None }));
        let pairs = FREE + PAIRS * model.members.len();
        let mut budget = Budget { pairs, looks: LOOKS * pairs };
        let order = upwards(&groups);
        let Some(closed) = close(&groups, &order, None, &mut budget) else { return Closure { users, groups, open: true } };
        let everyone: Vec<u32> = (0..model.users.len() as u32).collect();
        match close(&users, &everyone, Some(&closed), &mut budget) {
            Some(users) => Closure { users, groups: closed, open: false },
            None => Closure { users, groups, open: true },
        }
    }
}

/// The groups, each behind all of those above it.
fn upwards(groups: &Above) -> Vec<u32> {
    let count = groups.starts.len() - 1;
    let (mut seen, mut order, mut stack) = (vec![false; count], Vec::with_capacity(count), Vec::new());
    for start in 0..count as u32 {
        stack.push((start, false));
        while let Some((group, left)) = stack.pop() {
            if left {
                order.push(group);
            } else if !std::mem::replace(&mut seen[group as usize], true) {
                stack.push((group, true));
                stack.extend(groups.of(group).iter().map(|(g, _)| (*g, false)));
            }
        }
    }
    order
}

/// Adds what lies above the groups above; `None` where that is more than the budget.
fn close(direct: &Above, order: &[u32], higher: Option<&Above>, budget: &mut Budget) -> Option<Above> {
    let mut done: Vec<Vec<Up>> = vec![Vec::new(); order.len()];
    // By group one more than the end of the longest way there, so that 0 is a group that was not reached.
    let mut longest = vec![0u64; higher.unwrap_or(direct).starts.len() - 1];
    let mut reached: Vec<u32> = Vec::new();
    for member in order {
        for (group, until) in direct.of(*member) {
            let mut add = |g: u32, u: u32| {
                let have = &mut longest[g as usize];
                if *have == 0 {
                    reached.push(g);
                }
                *have = (*have).max(u64::from(u) + 1);
            };
            add(*group, *until);
            let above = higher.map_or_else(|| &*done[*group as usize], |h| h.of(*group));
            budget.looks = budget.looks.checked_sub(1 + above.len())?;
            above.iter().for_each(|(g, u)| add(*g, (*u).min(*until)));
        }
        budget.pairs = budget.pairs.checked_sub(reached.len())?;
        reached.sort_unstable();
        let up = |g: u32| (g, (std::mem::take(&mut longest[g as usize]) - 1) as u32);
        done[*member as usize] = reached.drain(..).map(up).collect();
    }
    let starts = std::iter::once(0).chain(done.iter().scan(0, |sum, d| {
        *sum += d.len();
        Some(*sum)
    }));
    Some(Above { starts: starts.collect(), ups: done.concat() })
}

/// Whether some way up ends.
pub fn expires(ups: &[Up]) -> bool {
    ups.iter().any(|(_, until)| *until != NOTHING)
}
