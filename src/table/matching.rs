//! Which rows speak of who asks, and what they give.

use std::ops::Range;

use super::records::{Grant, Rows};
use super::view::{Damage, View, Word, number};
use crate::model::kinds::KindId;

/// Who asks, and when.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    /// The user's record; [`NOTHING`](super::layout::NOTHING) for a stranger.
    pub user: u32,
    /// The user's groups, closed under nesting, sorted.
    pub groups: &'a [Word],
    /// When each membership ends; empty where none does.
    pub untils: &'a [Word],
    /// How many of the table's times have passed.
    pub now: u32,
}

/// The groups of who asks that last at a time, in a row: what looks at them then need not look at ends.
pub struct Lasting {
    groups: [Word; Lasting::MOST],
}

impl Lasting {
    /// For more groups than this, ends are looked at one by one.
    const MOST: usize = 64;

    /// Who asks, without the groups that have ended.
    #[inline(always)]
    pub fn of<'a>(&'a mut self, who: &Who<'a>) -> Who<'a> {
        if who.groups.len() > Lasting::MOST || who.untils.len() != who.groups.len() {
            return *who;
        }
        let mut count = 0;
        for (group, until) in who.groups.iter().zip(who.untils) {
            // Written and then kept or not: a branch would often guess wrong.
            self.groups[count % Lasting::MOST] = *group;
            count += usize::from(number(until) >= who.now);
        }
        Who { groups: &self.groups[..count.min(Lasting::MOST)], untils: &[], ..*who }
    }
}

impl Default for Lasting {
    #[inline(always)]
    fn default() -> Lasting {
        Lasting { groups: [[0; 4]; Lasting::MOST] }
    }
}

/// The set that a row gives on the kind asked about, while it lasts.
#[inline(always)]
pub fn given(view: &View<'_>, now: u32, kind: KindId, rows: &Rows<'_>, row: usize) -> Result<Option<u32>, Damage> {
    granted(view, now, kind, rows.gives(row))
}

/// The set that the grant at a word gives on the kind asked about, while it lasts.
#[inline(always)]
pub fn granted(view: &View<'_>, now: u32, kind: KindId, gives: u32) -> Result<Option<u32>, Damage> {
    let grant = Grant::read(view, gives)?;
    if grant.until() < now {
        return Ok(None);
    }
    grant.on(view, kind)
}

/// Calls for every row that speaks of the user, a group or everyone.
pub fn speaking(who: &Who<'_>, rows: &Rows<'_>, mut each: impl FnMut(usize) -> Result<(), Damage>) -> Result<(), Damage> {
    for row in rows.of_everyone().chain(of_user(who, rows)) {
        each(row)?;
    }
    of_groups(who, rows, each)
}

/// Up to here a look at every row is quicker than halving.
const FEW: usize = 32;

/// The rows of the user. Where there are few, all are looked at: a branch that guesses wrong costs more.
#[inline(always)]
pub fn of_user(who: &Who<'_>, rows: &Rows<'_>) -> Range<usize> {
    let (mut before, mut own) = (0, 0);
    if rows.users.len() > FEW {
        before = rows.users.partition_point(|u| number(u) < who.user);
        own = rows.users[before..].iter().take_while(|u| number(u) == who.user).count();
    } else {
        for user in rows.users {
            before += usize::from(number(user) < who.user);
            own += usize::from(number(user) == who.user);
        }
    }
    before..before + own
}

/// The groups' rows that speak of the user, as bits; `None` where there are too many groups to look at every pair.
#[inline(always)]
pub fn few_groups(who: &Who<'_>, rows: &Rows<'_>) -> Option<u64> {
    let (theirs, mine) = (rows.groups, who.groups);
    if theirs.len() > FEW || mine.len() > FEW || theirs.len() * mine.len() > 2 * FEW {
        return None;
    }
    let mut lasting = u64::MAX;
    for (j, until) in who.untils.iter().take(mine.len()).enumerate() {
        lasting &= !(u64::from(number(until) < who.now) << j);
    }
    let mut matching = 0;
    for (i, group) in theirs.iter().enumerate() {
        let mut same = 0;
        for (j, own) in mine.iter().enumerate() {
            same |= u64::from(number(own) == number(group)) & lasting >> j;
        }
        matching |= (same & 1) << i;
    }
    Some(matching)
}

/// Calls for the rows of the user's groups whose membership lasts.
#[inline(always)]
pub fn of_groups(who: &Who<'_>, rows: &Rows<'_>, mut each: impl FnMut(usize) -> Result<(), Damage>) -> Result<(), Damage> {
    let Some(mut matching) = few_groups(who, rows) else { return of_many_groups(who, rows, &mut each) };
    while matching != 0 {
        each(rows.users.len() + matching.trailing_zeros() as usize)?;
        matching &= matching - 1;
    }
    Ok(())
}

/// Whether the membership in the user's group of this number lasts.
#[inline(always)]
fn lasts(who: &Who<'_>, group: usize) -> bool {
    who.untils.is_empty() || who.untils.get(group).is_some_and(|u| number(u) >= who.now)
}

#[inline(never)]
fn of_many_groups(who: &Who<'_>, rows: &Rows<'_>, each: &mut dyn FnMut(usize) -> Result<(), Damage>) -> Result<(), Damage> {
    let (theirs, mine, behind) = (rows.groups, who.groups, rows.users.len());
    if theirs.len() <= mine.len() {
        for (i, group) in theirs.iter().enumerate() {
            if mine.binary_search_by_key(&number(group), number).is_ok_and(|j| lasts(who, j)) {
                each(behind + i)?;
            }
        }
        return Ok(());
    }
    for (_, group) in mine.iter().enumerate().filter(|(j, _)| lasts(who, *j)) {
        let first = theirs.partition_point(|g| number(g) < number(group));
        let count = theirs[first..].iter().take_while(|g| *g == group).count();
        for i in first..first + count {
            each(behind + i)?;
        }
    }
    Ok(())
}
