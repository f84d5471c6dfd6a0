//! Where a question is decided: the places that have a say, the closest first, and the organization's door.

use super::decide::{Ask, Cause, Matched, Resource, ResourceId};
use super::layout::{NOTHING, Section, place};
use super::matching::speaking;
use super::records::{Around, Grant, Outer, Pattern, Place};
use super::view::{Damage, View};

/// Where the walk begins.
pub(super) struct Ground {
    pub(super) declared: Option<Place>,
    pattern: Option<Pattern>,
    pub(super) around: u32,
    pub(super) flags: u32,
}

impl Ground {
    #[inline(always)]
    pub(super) fn find(view: &View<'_>, ask: &Ask<'_>) -> Result<Option<Ground>, Damage> {
        match ask.resource {
            Resource::Declared(ResourceId(at)) => {
                let place = Place::read(view, at)?;
                if place.kind != ask.permission.kind {
                    return Err(Damage::OtherKind);
                }
                Ok(Some(Ground { declared: Some(place), pattern: None, around: place.around, flags: place.flags }))
            }
            Resource::Matched(matched) if matched.kind != ask.permission.kind => Err(Damage::OtherKind),
            Resource::Matched(matched) => Ground::matched(view, matched, ask.who.now),
        }
    }

    /// The longest pattern that is still there.
    fn matched(view: &View<'_>, matched: Matched<'_>, now: u32) -> Result<Option<Ground>, Damage> {
        let mut chain = Chain::from(matched.pattern);
        while let Some(pattern) = chain.next(view)? {
            if pattern.until >= now {
                let flags = if pattern.around == NOTHING { 0 } else { Around::read(view, pattern.around)?.flags };
                let flags = flags | place::ANY_CANNOT | place::ANY_ROLES | place::OUTER;
                return Ok(Some(Ground { declared: None, pattern: Some(pattern), around: pattern.around, flags }));
            }
        }
        Ok(None)
    }

    /// Calls for each place behind the resource itself, closest first, until one says that it is enough.
    pub(super) fn outside(
        &self,
        view: &View<'_>,
        mut each: impl FnMut(u32) -> Result<bool, Damage>,
        now: u32,
    ) -> Result<(), Damage> {
        if let Some(longest) = self.pattern {
            let mut next = Some(longest);
            let mut chain = Chain { next: longest.shorter };
            while let Some(pattern) = next {
                if pattern.until >= now && pattern.speaks_in(&longest) && each(pattern.place)? {
                    return Ok(());
                }
                next = chain.next(view)?;
            }
        }
        if self.around == NOTHING {
            return Ok(());
        }
        let mut outer = Outer::from(Around::read(view, self.around)?.outer);
        while let Some(place) = outer.next(view)? {
            if each(place)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A pattern and the shorter ones that its text begins with.
struct Chain {
    next: u32,
}

impl Chain {
    fn from(pattern: u32) -> Chain {
        Chain { next: pattern }
    }

    fn next(&mut self, view: &View<'_>) -> Result<Option<Pattern>, Damage> {
        if self.next == NOTHING {
            return Ok(None);
        }
        let pattern = Pattern::read(view, self.next)?;
        // Shorter patterns stand before longer ones, so every chain ends.
        if pattern.shorter != NOTHING && pattern.shorter >= self.next {
            return Err(Damage::Sense(Section::Patterns));
        }
        self.next = pattern.shorter;
        Ok(Some(pattern))
    }
}

/// The organization's door.
#[inline(always)]
pub(super) fn gate(view: &View<'_>, ask: &Ask<'_>, ground: &Ground) -> Result<Option<Cause>, Damage> {
    if ask.organization.is_none() && ground.flags & place::CLOSED == 0 {
        return Ok(None);
    }
    door(view, ask, ground)
}

#[inline(never)]
fn door(view: &View<'_>, ask: &Ask<'_>, ground: &Ground) -> Result<Option<Cause>, Damage> {
    // An organization that only a pattern matches is its own, and has no block that could close it.
    if let Resource::Matched(Matched { kind: 0, id, .. }) = ask.resource {
        let outside = ask.organization.is_some_and(|o| o.name != id);
        return Ok(outside.then_some(Cause::Outside(NOTHING)));
    }
    let own = Around::read(view, ground.around)?.organization;
    if ask.organization.is_some_and(|o| !o.known || o.place != own) {
        return Ok(Some(Cause::Outside(own)));
    }
    if ground.flags & place::CLOSED == 0 || own == NOTHING {
        return Ok(None);
    }
    let members = Place::read(view, own)?.rows(view, place::MEMBERS)?;
    let mut inside = false;
    speaking(&ask.who, &members, |row| {
        inside = inside || Grant::read(view, members.gives(row))?.until() >= ask.who.now;
        Ok(())
    })?;
    Ok((!inside).then_some(Cause::NotMember(own)))
}
