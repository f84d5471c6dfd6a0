//! The door of a closed organization: who lets the user in, and who did until some time ago.

use super::{Effect, From, Gate, Told, Ways, joined};
use crate::instant::Instant;
use crate::model::{Membership, NEVER, Who};
use crate::query::question::Question;
use crate::query::reason::{Reason, ReasonKind};
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// The question, and whether the statements would allow it to who gets in.
pub struct Within<'q> {
    pub table: &'q Table,
    pub from: From<'q>,
    pub q: &'q Question,
    pub at: Instant,
    pub permission: Permission,
    pub ways: &'q Ways<'q>,
    pub would: bool,
}

impl Within<'_> {
    /// The door, where there is one. Memberships that have ended and would have allowed it are added to `nearest`.
    pub fn gate(&self, who: &SignIn<'_>, on: Resource<'_>, nearest: &mut Vec<Told>) -> Result<Option<Gate>, Damage> {
        let (organization, closed) = self.table.organization(on)?;
        if !closed {
            return Ok(None);
        }
        let organization = organization.unwrap_or_else(|| "default".into());
        let Some((model, _)) = self.from else { return Ok(Some(Gate { organization, members: None, way: Vec::new() })) };
        let mut members: Vec<Told> = Vec::new();
        let now = self.table.group_names_of(who, self.at)?;
        let ever = self.table.group_names_of(who, Instant::from_unix(i64::MIN, 0))?;
        let place = model.index.resource(0, &organization);
        let mut group = None;
        for member in model.org_members.iter().filter(|m| Some(m.of) == place) {
            let (is, was, own) = match member.who {
                Who::User(user) => (model.users.name(user) == self.q.user, false, None),
                Who::Group(group) => {
                    let name = model.groups.name(group);
                    let is = now.contains(&name);
                    (is, !is && ever.contains(&name), Some(name))
                }
                Who::Everyone => continue,
            };
            let over = member.until != NEVER && model.times[member.until as usize] <= self.at;
            let effect = match (is, over, was) {
                (true, false, _) => Effect::LetsIn,
                (true, true, _) => Effect::Over,
                (false, false, true) => Effect::MembershipOver,
                _ => continue,
            };
            if effect == Effect::LetsIn && members.iter().all(|t| t.effect != Effect::LetsIn) {
                group = own;
            }
            members.extend(self.tell(member, effect));
        }
        if members.iter().any(|t| t.effect == Effect::LetsIn) {
            members.retain(|t| t.effect == Effect::LetsIn);
        }
        for told in &members {
            let would = match told.effect {
                Effect::Over => self.would,
                Effect::MembershipOver => self.would_again(told, on)?,
                _ => false,
            };
            nearest.extend(would.then(|| told.clone()));
        }
        Ok(Some(Gate { organization, members: Some(members), way: self.ways.lasting(group) }))
    }

    /// Whether it would be allowed if the memberships lasted, with all else that they bring.
    fn would_again(&self, told: &Told, on: Resource<'_>) -> Result<bool, Damage> {
        let mut groups = Vec::new();
        for membership in &told.ended {
            groups.extend(self.table.group(&membership.group)?);
        }
        self.table.check(&joined(self.table, self.q, &groups)?, self.permission, on, self.at)
    }

    fn tell(&self, member: &Membership, effect: Effect) -> Option<Told> {
        let (model, sources) = self.from?;
        let until = if member.until == NEVER {
            String::new()
        } else {
            format!(" until {}", model.times[member.until as usize].shown_end())
        };
        let who = model.who(member.who);
        let place = model.place_name(member.of);
        let principal = match member.who {
            Who::User(user) => format!("user:{}", model.users.name(user)),
            Who::Group(group) => format!("group:{}", model.groups.name(group)),
            Who::Everyone => "default".into(),
        };
        let organization = &model.places[member.of as usize].id;
        let reason = Reason {
            kind: ReasonKind::Member,
            principal: Some(principal),
            place: Some(format!("organization:{organization}")),
            role: None,
            source: Some(sources.origin(member.span)),
            text: format!("member {who}{until}"),
        };
        let group = reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"));
        let ended = if effect == Effect::MembershipOver { self.ways.ended(group) } else { Vec::new() };
        Some(Told { place: Some(place), reason, effect, ended })
    }
}
