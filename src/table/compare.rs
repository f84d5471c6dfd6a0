//! What a table says, piece by piece, so that two tables can be compared: places, rows, walks and memberships.

use super::decide::{Permission, Resource, ResourceId, RowId, forbids};
use super::layout::{NOTHING, Section, UNSET, grant, place};
use super::matching::given;
use super::records::{Around, Grant, Outer, Pattern, Place, Rows, value};
use super::view::{Damage, number};
use super::{GroupId, SignIn, Table, UserId};
use crate::instant::Instant;
use crate::model::kinds::{FOLLOW, KindId, NONE, Value};

/// A resource or a pattern, as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'t> {
    /// Its record.
    pub at: u32,
    /// Its kind.
    pub kind: KindId,
    /// The id; of a pattern the text before the `*`.
    pub id: &'t str,
    /// Whether it is a pattern.
    pub pattern: bool,
    /// Its surroundings.
    pub around: u32,
}

/// What resources of one container share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beyond {
    /// The organization's record.
    pub organization: Option<u32>,
    /// The container's record.
    pub parent: Option<u32>,
    /// The places further out that say something, closest first.
    pub outer: Vec<u32>,
    /// Whether only members can sign in.
    pub closed: bool,
}

/// What a row is; the sorts of a walk, and the members of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// An access entry.
    Can,
    /// A prohibition.
    Cannot,
    /// An assignment, or an owner.
    Role,
    /// A member of an organization.
    Member,
}

/// Whom a row speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// Everyone who can sign in.
    Everyone,
    /// The members of a group.
    Group(GroupId),
    /// A user.
    User(UserId),
}

/// A row as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Where it is.
    pub id: RowId,
    /// What it is.
    pub sort: Sort,
    /// Whom it speaks of.
    pub who: Whom,
    /// What it gives: the same number says the same within one table.
    pub grant: u32,
}

/// What a grant means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning<'t> {
    /// The role, and whether an `owner` line gives it.
    pub role: Option<(&'t str, bool)>,
    /// When it ends.
    pub until: Option<Instant>,
    /// By kind: the parts that it sets.
    pub on: Vec<(KindId, Vec<(u32, Value)>)>,
}

impl Table {
    /// Every place, sorted by kind and id; damage is the last item.
    pub(crate) fn spots(&self) -> impl Iterator<Item = Result<Spot<'_>, Damage>> {
        self.places().map(|place| {
            let place = place?;
            let (id, pattern) = (place.name(self.view())?, place.is(place::PATTERN));
            Ok(Spot { at: place.at, kind: place.kind, id, pattern, around: place.around })
        })
    }

    /// The place of a record.
    pub(crate) fn spot(&self, at: u32) -> Result<Spot<'_>, Damage> {
        let place = Place::read(self.view(), at)?;
        let (id, pattern) = (place.name(self.view())?, place.is(place::PATTERN));
        Ok(Spot { at, kind: place.kind, id, pattern, around: place.around })
    }

    /// Every row of a place; of `everywhere`, where there is no record.
    pub(crate) fn lines(&self, at: Option<u32>, mut each: impl FnMut(Line)) -> Result<(), Damage> {
        let mut all = |place: u32, sort: Sort, rows: &Rows<'_>| {
            let users = rows.users.iter().map(|u| Whom::User(UserId(number(u))));
            let groups = rows.groups.iter().map(|g| Whom::Group(GroupId(number(g))));
            let everyone = std::iter::repeat_n(Whom::Everyone, rows.everyone);
            for (row, who) in users.chain(groups).chain(everyone).enumerate() {
                each(Line { id: RowId { place, row: row as u32 }, sort, who, grant: rows.gives(row) });
            }
        };
        let Some(at) = at else {
            if self.everywhere != NOTHING {
                all(NOTHING, Sort::Role, &Rows::read(self.view(), Section::Rows, self.everywhere)?);
            }
            return Ok(());
        };
        let place = Place::read(self.view(), at)?;
        all(at, Sort::Can, &place.entries(self.view())?);
        for (sort, flag) in [(Sort::Cannot, place::CANNOT), (Sort::Role, place::ROLES), (Sort::Member, place::MEMBERS)] {
            if place.is(flag) {
                all(at, sort, &place.rows(self.view(), flag)?);
            }
        }
        Ok(())
    }

    /// Whom a row names.
    pub(crate) fn named_by(&self, at: Option<u32>, sort: Sort, row: u32) -> Result<Option<Whom>, Damage> {
        let rows = match at {
            None if self.everywhere == NOTHING => return Ok(None),
            None => Rows::read(self.view(), Section::Rows, self.everywhere)?,
            Some(at) => {
                let place = Place::read(self.view(), at)?;
                match sort {
                    Sort::Can => place.entries(self.view())?,
                    Sort::Cannot => place.rows(self.view(), place::CANNOT)?,
                    Sort::Role => place.rows(self.view(), place::ROLES)?,
                    Sort::Member => place.rows(self.view(), place::MEMBERS)?,
                }
            }
        };
        let row = row as usize;
        let group = |row: usize| rows.groups.get(row).map(|g| Whom::Group(GroupId(number(g))));
        let user = rows.users.get(row).map(|u| Whom::User(UserId(number(u))));
        Ok(user.or_else(|| group(row.checked_sub(rows.users.len())?)).or((row < rows.len()).then_some(Whom::Everyone)))
    }

    /// Whether a row by itself gives a permission at a time, and whether it takes it away: an entry that sets less, or a
    /// prohibition.
    pub(crate) fn row_does(&self, id: RowId, sort: Sort, permission: Permission, at: Instant) -> Result<[bool; 2], Damage> {
        let rows = match (id.place, sort) {
            (NOTHING, _) if self.everywhere == NOTHING => return Ok([false; 2]),
            (NOTHING, _) => Rows::read(self.view(), Section::Rows, self.everywhere)?,
            (at, Sort::Can) => Place::read(self.view(), at)?.entries(self.view())?,
            (at, Sort::Cannot) => Place::read(self.view(), at)?.rows(self.view(), place::CANNOT)?,
            (at, Sort::Role) => Place::read(self.view(), at)?.rows(self.view(), place::ROLES)?,
            (_, Sort::Member) => return Ok([false; 2]),
        };
        if id.row as usize >= rows.len() {
            return Ok([false; 2]);
        }
        let Some(set) = given(self.view(), self.now(at)?, permission.kind, &rows, id.row as usize)? else {
            return Ok([false; 2]);
        };
        let of = |part: u32| value(self.view(), set, part, permission.parts as usize);
        let base = if permission.feature { of(0)? } else { UNSET };
        if sort == Sort::Cannot {
            let own = of(permission.part)?;
            return Ok([false, own != UNSET && own < permission.value || base == NONE]);
        }
        let kind = self.kinds.get(permission.kind as usize).filter(|_| permission.feature);
        let (mut gives, mut sets) = (false, false);
        for part in std::iter::once(&permission.part).chain(kind.map_or(&[][..], |k| k.subs(permission.part))) {
            let own = of(*part)?;
            let own = if own == UNSET || own == FOLLOW { base } else { own };
            sets |= own != UNSET;
            gives |= own != UNSET && own >= permission.value;
        }
        Ok([gives, sets && !gives && sort == Sort::Can])
    }

    /// The prohibition that takes a permission away, whatever gives it.
    pub(crate) fn forbids(
        &self,
        who: &SignIn<'_>,
        permission: Permission,
        on: Resource<'_>,
        at: Instant,
    ) -> Result<Option<RowId>, Damage> {
        forbids(self.view(), &self.ask(who, permission, on, at)?)
    }

    /// What a grant means.
    pub(crate) fn meaning(&self, at: u32) -> Result<Meaning<'_>, Damage> {
        let given = Grant::read(self.view(), at)?;
        let role = number(&given.0[grant::ROLE]);
        let role = if role == NOTHING { None } else { Some((self.text(role & !grant::OWNER)?, role & grant::OWNER != 0)) };
        let until = if given.until() == NOTHING { None } else { Some(self.time(given.until())?) };
        let mut on = Vec::new();
        for (kind, k) in (0..).zip(&self.kinds) {
            let Some(set) = given.on(self.view(), kind)? else { continue };
            let mut parts = Vec::new();
            for part in 0..k.parts() as u32 {
                let value = value(self.view(), set, part, k.parts())?;
                if value != UNSET {
                    parts.push((part, value));
                }
            }
            on.push((kind, parts));
        }
        Ok(Meaning { role, until, on })
    }

    /// What lies around a place or an undeclared resource.
    pub(crate) fn beyond(&self, around: u32) -> Result<Beyond, Damage> {
        if around == NOTHING {
            return Ok(Beyond::default());
        }
        let around = Around::read(self.view(), around)?;
        let some = |at: u32| (at != NOTHING).then_some(at);
        let mut outer = Vec::new();
        let mut walk = Outer::from(around.outer);
        while let Some(place) = walk.next(self.view())? {
            outer.push(place);
        }
        let closed = around.flags & place::CLOSED != 0;
        Ok(Beyond { organization: some(around.organization), parent: some(around.parent), outer, closed })
    }

    /// The place of a resource that is declared, and its surroundings; of another one those of every pattern that may
    /// make it known at some time.
    pub(crate) fn ground(&self, on: Resource<'_>) -> Result<(Vec<u32>, Vec<u32>), Damage> {
        let (mut places, mut around) = (Vec::new(), Vec::new());
        match on {
            Resource::Declared(ResourceId(at)) => {
                places.push(at);
                around.push(Place::read(self.view(), at)?.around);
            }
            Resource::Matched(matched) => {
                let mut next = matched.pattern;
                while next != NOTHING {
                    let pattern = Pattern::read(self.view(), next)?;
                    places.push(pattern.place);
                    around.push(pattern.around);
                    next = if pattern.shorter < next { pattern.shorter } else { NOTHING };
                }
            }
        }
        around.retain(|at| *at != NOTHING);
        around.dedup();
        Ok((places, around))
    }

    /// The groups of a sign-in, and when each membership ends.
    pub(crate) fn memberships<'s>(
        &'s self,
        who: &'s SignIn<'_>,
    ) -> impl Iterator<Item = Result<(GroupId, Option<Instant>), Damage>> + 's {
        who.groups.iter().enumerate().map(|(i, group)| {
            let until = who.untils.get(i).map_or(NOTHING, number);
            Ok((GroupId(number(group)), if until == NOTHING { None } else { Some(self.time(until)?) }))
        })
    }
}
