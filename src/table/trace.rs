//! Every row that a decision may look at, with what it says: for explanations.

use super::Table;
use super::decide::{Permission, Resource, RowId};
use super::layout::{NOTHING, Section, UNSET, grant, place};
use super::matching::{Who, speaking};
use super::records::{Grant, Place, Rows, value};
use super::view::{Damage, View, number};
use super::walk::Ground;
use super::{GroupId, RowSort, SignIn};
use crate::Instant;
use crate::model::kinds::Value;

/// Whom a row speaks of, seen from who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The user.
    Own,
    /// A group.
    Group(GroupId),
    /// Everyone.
    Everyone,
    /// Another user.
    Other,
}

/// A row on the way from the resource outwards.
#[derive(Clone, Debug)]
pub struct Step {
    /// The row.
    pub row: RowId,
    /// What it is.
    pub sort: RowSort,
    /// Whom it speaks of.
    pub via: Via,
    /// Whether who asks is whom it speaks of, and the membership lasts.
    pub applies: bool,
    /// Whether who asks was in its group until some time that has passed.
    pub was_member: bool,
    /// Whether it has ended.
    pub over: bool,
    /// How many places lie between it and the resource.
    pub distance: usize,
    /// What it sets the base to, then the part asked for, then that one's sub-features; none where it says nothing of
    /// it. Of a prohibition it is what is left.
    pub parts: Vec<Option<Value>>,
}

/// An assignment, or an owner.
pub struct Assigned<'t> {
    /// The row.
    pub row: RowId,
    /// Whom it speaks of.
    pub via: Via,
    /// The role that it gives.
    pub role: &'t str,
    /// Whether it is an `owner` line.
    pub owner: bool,
}

struct Tracing<'q> {
    table: &'q Table,
    who: &'q SignIn<'q>,
    permission: Permission,
    now: u32,
    steps: Vec<Step>,
}

impl Table {
    /// The rows of every place on the walk that say something of the part or the base, whomever they speak of.
    pub(crate) fn trace(
        &self,
        who: &SignIn<'_>,
        permission: Permission,
        on: Resource<'_>,
        at: Instant,
    ) -> Result<Vec<Step>, Damage> {
        let ask = self.ask(who, permission, on, at)?;
        let Some(ground) = Ground::find(self.view(), &ask)? else { return Ok(Vec::new()) };
        let mut tracing = Tracing { table: self, who, permission, now: ask.who.now, steps: Vec::new() };
        let mut places: Vec<u32> = ground.declared.iter().map(|p| p.at).collect();
        let outside = |place| {
            places.push(place);
            Ok(false)
        };
        ground.outside(self.view(), outside, ask.who.now)?;
        for (distance, at) in places.iter().enumerate() {
            let place = Place::read(self.view(), *at)?;
            tracing.rows(*at, distance, RowSort::Can, &place.entries(self.view())?)?;
            tracing.rows(*at, distance, RowSort::Role, &place.rows(self.view(), place::ROLES)?)?;
            tracing.rows(*at, distance, RowSort::Cannot, &place.rows(self.view(), place::CANNOT)?)?;
        }
        if self.everywhere != NOTHING {
            let rows = Rows::read(self.view(), Section::Rows, self.everywhere)?;
            tracing.rows(NOTHING, places.len(), RowSort::Role, &rows)?;
        }
        Ok(tracing.steps)
    }

    /// The rows of one place, or of `everywhere`, that speak of who asks and last.
    pub(crate) fn heard_at(&self, who: &SignIn<'_>, permission: Permission, at: u32, now: Instant) -> Result<Vec<Step>, Damage> {
        let now = self.now(now)?;
        let asks = Who { user: who.user, groups: &who.groups, untils: &who.untils, now };
        let mut tracing = Tracing { table: self, who, permission, now, steps: Vec::new() };
        let mut all = |sort: RowSort, rows: &Rows<'_>| speaking(&asks, rows, |row| tracing.row((at, 0, sort), rows, row));
        if at == NOTHING {
            if self.everywhere != NOTHING {
                all(RowSort::Role, &Rows::read(self.view(), Section::Rows, self.everywhere)?)?;
            }
        } else {
            let place = Place::read(self.view(), at)?;
            all(RowSort::Can, &place.entries(self.view())?)?;
            all(RowSort::Role, &place.rows(self.view(), place::ROLES)?)?;
            all(RowSort::Cannot, &place.rows(self.view(), place::CANNOT)?)?;
        }
        tracing.steps.retain(|step| step.applies && !step.over);
        Ok(tracing.steps)
    }

    /// Whether an organization names members, and the rows that let in who asks and last.
    pub(crate) fn members_at(&self, who: &SignIn<'_>, at: u32, now: Instant) -> Result<(bool, Vec<(RowId, Via)>), Damage> {
        let place = Place::read(self.view(), at)?;
        let rows = place.rows(self.view(), place::MEMBERS)?;
        let inside = self.standing(who, (at, &rows), now)?.into_iter().map(|(row, via, _)| (row, via)).collect();
        Ok((place.is(place::MEMBERS) && !rows.is_empty(), inside))
    }

    /// The assignments and owners of one place, or of `everywhere`, that speak of who asks and last.
    pub(crate) fn assigned_at(&self, who: &SignIn<'_>, at: u32, now: Instant) -> Result<Vec<Assigned<'_>>, Damage> {
        let rows = match at {
            NOTHING if self.everywhere == NOTHING => return Ok(Vec::new()),
            NOTHING => Rows::read(self.view(), Section::Rows, self.everywhere)?,
            at => Place::read(self.view(), at)?.rows(self.view(), place::ROLES)?,
        };
        let one = |(row, via, grant): (RowId, Via, Grant<'_>)| {
            let role = number(&grant.0[grant::ROLE]);
            Ok(Assigned { row, via, role: self.text(role & !grant::OWNER)?, owner: role & grant::OWNER != 0 })
        };
        self.standing(who, (at, &rows), now)?.into_iter().map(one).collect()
    }

    /// The parts that a permission reads, in the order of [`Step::parts`].
    pub(crate) fn parts_read(&self, permission: Permission) -> impl Iterator<Item = u32> {
        let kind = self.kinds.get(permission.kind as usize).filter(|_| permission.family);
        let subs = kind.map_or(&[][..], |k| k.subs(permission.part));
        [0, permission.part].into_iter().chain(subs.iter().copied())
    }

    /// Those of some rows that speak of who asks and last.
    fn standing<'t>(
        &'t self,
        who: &SignIn<'_>,
        (place, rows): (u32, &Rows<'t>),
        now: Instant,
    ) -> Result<Vec<(RowId, Via, Grant<'t>)>, Damage> {
        let now = self.now(now)?;
        let asks = Who { user: who.user, groups: &who.groups, untils: &who.untils, now };
        let mut all = Vec::new();
        speaking(&asks, rows, |row| {
            let grant = Grant::read(self.view(), rows.gives(row))?;
            if grant.until() >= now {
                let group = row.checked_sub(rows.users.len()).and_then(|at| rows.groups.get(at));
                let via = match (group, row < rows.users.len()) {
                    (Some(group), _) => Via::Group(GroupId(number(group))),
                    (_, true) => Via::Own,
                    _ => Via::Everyone,
                };
                all.push((RowId { place, row: row as u32 }, via, grant));
            }
            Ok(())
        })?;
        Ok(all)
    }
}

impl Tracing<'_> {
    fn rows(&mut self, place: u32, distance: usize, sort: RowSort, rows: &Rows<'_>) -> Result<(), Damage> {
        (0..rows.len()).try_for_each(|row| self.row((place, distance, sort), rows, row))
    }

    fn row(&mut self, (place, distance, sort): (u32, usize, RowSort), rows: &Rows<'_>, row: usize) -> Result<(), Damage> {
        let grant = Grant::read(self.table.view(), rows.gives(row))?;
        let Some(set) = grant.on(self.table.view(), self.permission.kind)? else { return Ok(()) };
        let parts = self.parts(set)?;
        if parts.iter().all(Option::is_none) {
            return Ok(());
        }
        let (via, applies, was_member) = self.speaks(rows, row);
        let over = grant.until() < self.now;
        let row = RowId { place, row: row as u32 };
        self.steps.push(Step { row, sort, via, applies, was_member, over, distance, parts });
        Ok(())
    }

    fn value(&self, set: u32, part: u32) -> Result<Option<Value>, Damage> {
        let view: &View<'_> = self.table.view();
        Ok(Some(value(view, set, part, self.permission.parts as usize)?).filter(|v| *v != UNSET))
    }

    fn parts(&self, set: u32) -> Result<Vec<Option<Value>>, Damage> {
        self.table.parts_read(self.permission).map(|part| self.value(set, part)).collect()
    }

    fn speaks(&self, rows: &Rows<'_>, row: usize) -> (Via, bool, bool) {
        if let Some(user) = rows.users.get(row) {
            let own = number(user) == self.who.user;
            return (if own { Via::Own } else { Via::Other }, own, false);
        }
        let Some(group) = rows.groups.get(row - rows.users.len()).map(number) else { return (Via::Everyone, true, false) };
        let found = self.who.groups.binary_search_by_key(&group, number);
        let lasts = found.is_ok_and(|i| self.who.untils.get(i).is_none_or(|u| number(u) >= self.now));
        (Via::Group(GroupId(group)), lasts, found.is_ok() && !lasts)
    }
}
