//! What lies ahead of a sign-in: its groups at a time, the door of its organization, and when anything ends.

use super::layout::{NOTHING, Section, place};
use super::matching::{Who, speaking};
use super::records::{Grant, Place, Principal as Record};
use super::view::{Damage, number};
use super::{SignIn, Table};
use crate::Instant;

impl Table {
    /// The names of a sign-in's groups at a time, closed under nesting and sorted.
    ///
    /// # Errors
    /// Damage.
    pub fn group_names_of(&self, who: &SignIn<'_>, at: Instant) -> Result<Vec<&str>, Damage> {
        let now = self.now(at)?;
        let lasts = |i: usize| who.untils.get(i).is_none_or(|until| number(until) >= now);
        let name = |at| Record::read(self.view(), Section::Groups, at)?.name(self.view(), Section::Groups);
        let groups = who.groups.iter().enumerate().filter(|(i, _)| lasts(*i));
        let mut names = groups.map(|(_, group)| name(number(group))).collect::<Result<Vec<_>, _>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// Whether the organization that a sign-in names lets it in at a time; none where the policy has no such organization.
    ///
    /// # Errors
    /// Damage.
    pub fn admits(&self, who: &SignIn<'_>, at: Instant) -> Result<Option<bool>, Damage> {
        let Some(organization) = who.organization else { return Ok(Some(true)) };
        if !organization.known {
            return Ok(None);
        }
        if organization.place == NOTHING {
            return Ok(Some(true));
        }
        let own = Place::read(self.view(), organization.place)?;
        if !own.is(place::CLOSED) {
            return Ok(Some(true));
        }
        let asks = Who { user: who.user, groups: &who.groups, untils: &who.untils, now: self.now(at)? };
        let members = own.rows(self.view(), place::MEMBERS)?;
        let mut inside = false;
        speaking(&asks, &members, |row| {
            inside = inside || Grant::read(self.view(), members.gives(row))?.until() >= asks.now;
            Ok(())
        })?;
        Ok(Some(inside))
    }

    /// The instants in a span at which something ends, from the first on, its borders left out.
    ///
    /// # Errors
    /// Damage.
    pub fn ends_between(&self, from: Instant, to: Instant) -> Result<impl Iterator<Item = Result<Instant, Damage>> + '_, Damage> {
        let first = self.now(from)?;
        let times = (first..self.times).map(|i| self.time(i));
        Ok(times.take_while(move |t| t.as_ref().map_or(true, |t| *t < to)))
    }
}
