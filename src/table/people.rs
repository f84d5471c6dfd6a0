//! Whom and what a table tells apart: for proofs over everyone.

use std::collections::BTreeSet;

use super::decide::{Permission, Resource, ResourceId};
use super::layout::{NOTHING, Section, place};
use super::records::{Around, Pattern, Place, Rows};
use super::view::{Damage, number};
use super::walk::Ground;
use super::{GroupId, SignIn, Table, UserId};
use crate::Instant;

/// Everyone whom a statement names that decisions about one resource look at. Two sign-ins that are no such user and
/// are in the same of these groups get the same answers there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The users.
    pub users: BTreeSet<UserId>,
    /// The groups.
    pub groups: BTreeSet<GroupId>,
    /// Whether an entry or a prohibition is among the statements, and not roles alone.
    pub(crate) entries: bool,
}

impl Named {
    fn rows(&mut self, rows: &Rows<'_>) {
        self.users.extend(rows.users.iter().map(|u| UserId(number(u))));
        self.groups.extend(rows.groups.iter().map(|g| GroupId(number(g))));
    }
}

impl Table {
    /// Everyone whom a decision about a resource may tell from others.
    ///
    /// # Errors
    /// Damage.
    pub fn named(&self, permission: Permission, on: Resource<'_>, at: Instant) -> Result<Named, Damage> {
        let mut named = Named::default();
        let stranger = self.sign_in_with(None, &[])?;
        let ask = self.ask(&stranger, permission, on, at)?;
        let Some(ground) = Ground::find(self.view(), &ask)? else { return Ok(named) };
        let mut each = |at: u32| -> Result<bool, Damage> {
            let place = Place::read(self.view(), at)?;
            for rows in [place.entries(self.view())?, place.rows(self.view(), place::CANNOT)?] {
                named.entries |= !rows.is_empty();
                named.rows(&rows);
            }
            named.rows(&place.rows(self.view(), place::ROLES)?);
            Ok(false)
        };
        if let Some(place) = ground.declared {
            each(place.at)?;
        }
        ground.outside(self.view(), &mut each, ask.who.now)?;
        if self.everywhere != NOTHING {
            named.rows(&Rows::read(self.view(), Section::Rows, self.everywhere)?);
        }
        if ground.around != NOTHING {
            let own = Around::read(self.view(), ground.around)?.organization;
            if own != NOTHING {
                named.rows(&Place::read(self.view(), own)?.rows(self.view(), place::MEMBERS)?);
            }
        }
        Ok(named)
    }

    /// Whether a user who names a group at sign-in may be decided otherwise after some change of a statement, where neither
    /// the user nor a stranger with the group is: a feature wants a base as well, a closed organization a member, a closer
    /// entry goes before another one, and a prohibition takes. Where roles alone give, the one or the other tells.
    pub(crate) fn joins(&self, asked: &[Permission], on: Resource<'_>, at: Instant) -> Result<bool, Damage> {
        let Some(first) = asked.first() else { return Ok(false) };
        if asked.iter().any(|p| p.feature) || self.kinds[first.kind as usize].features.iter().next().is_some() {
            return Ok(true);
        }
        Ok(self.organization(on)?.1 || self.named(*first, on, at)?.entries)
    }

    /// The groups of a sign-in whose membership lasts, sorted.
    ///
    /// # Errors
    /// Damage.
    pub fn groups_of(&self, who: &SignIn<'_>, at: Instant) -> Result<Vec<GroupId>, Damage> {
        let now = self.now(at)?;
        let lasts = |i: usize| who.untils.get(i).is_none_or(|until| number(until) >= now);
        Ok(who.groups.iter().enumerate().filter(|(i, _)| lasts(*i)).map(|(_, g)| GroupId(number(g))).collect())
    }

    /// Whether a resource lies in a container, at any depth.
    ///
    /// # Errors
    /// Damage.
    pub fn contains(&self, container: ResourceId, on: Resource<'_>) -> Result<bool, Damage> {
        let mut around = match on {
            Resource::Declared(ResourceId(at)) => Place::read(self.view(), at)?.around,
            Resource::Matched(matched) => Pattern::read(self.view(), matched.pattern)?.around,
        };
        // A forest is no deeper than it has places, whatever a damaged table says.
        for _ in 0..self.view().length(Section::Places) {
            if around == NOTHING {
                return Ok(false);
            }
            let parent = Around::read(self.view(), around)?.parent;
            if parent == NOTHING {
                return Ok(false);
            }
            if parent == container.0 {
                return Ok(true);
            }
            around = Place::read(self.view(), parent)?.around;
        }
        Err(Damage::Sense(Section::Around))
    }

    /// The instants at which something ends, sorted: between two of them no decision changes.
    ///
    /// # Errors
    /// Damage.
    pub fn instants(&self) -> Result<Vec<Instant>, Damage> {
        (0..self.times).map(|i| self.time(i)).collect()
    }

    /// An id that begins with `start`, is not declared, and that the pattern with this text matches and no longer one.
    /// None where longer ones take all that were tried.
    ///
    /// # Errors
    /// Damage.
    pub fn undeclared_id(&self, kind: u32, start: &str, pattern: &str) -> Result<Option<String>, Damage> {
        for end in ('!'..='~').filter(|c| *c != '*').map(String::from).chain((0..1_000).map(|n| format!("\u{e9}{n}"))) {
            let id = format!("{start}{end}");
            let Some(Resource::Matched(matched)) = self.resource(kind, &id)? else { continue };
            let place = Pattern::read(self.view(), matched.pattern)?.place;
            if Place::read(self.view(), place)?.name(self.view())? == pattern {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}
