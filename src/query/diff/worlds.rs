//! What neither side decided: the statements of one side with the memberships of the other.

use super::asking::Caller;
use super::engine::Engine;
use super::union::NEVER;
use crate::instant::Instant;
use crate::table::SignIn;

/// What one side says, with the memberships of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// The side whose statements hold.
    pub says: usize,
    /// The side whose memberships hold.
    pub members: usize,
}

/// The old side as it is.
pub const OLD: World = World { says: 0, members: 0 };
/// The new side as it is.
pub const NEW: World = World { says: 1, members: 1 };

/// Someone in every world, at one time.
pub struct SignIns<'t> {
    own: &'t [SignIn<'t>; 2],
    /// By the side whose statements hold, with the memberships of the other one; none where those are the same.
    crossed: Option<[SignIn<'t>; 2]>,
}

impl SignIns<'_> {
    /// Whether the memberships of both sides differ.
    pub fn differ(&self) -> bool {
        self.crossed.is_some()
    }

    pub fn of(&self, world: World) -> &SignIn<'_> {
        match &self.crossed {
            Some(crossed) if world.says != world.members => &crossed[world.says],
            _ => &self.own[world.says],
        }
    }
}

impl Engine<'_> {
    /// Someone in every world, by the sign-ins of both sides.
    pub fn in_worlds<'a>(&'a self, who: &Caller, own: &'a [SignIn<'a>; 2], at: Instant) -> SignIns<'a> {
        let [old, new] = [0, 1].map(|members| self.groups_of(members, who, at));
        let crossed = (old != new).then(|| [self.sign_in_of(0, who, &new), self.sign_in_of(1, who, &old)]);
        SignIns { own, crossed }
    }

    /// Someone who is in these groups, as the statements of a side know them.
    pub fn sign_in_of(&self, says: usize, who: &Caller, groups: &[u32]) -> SignIn<'_> {
        let user = who.user.and_then(|user| self.union.users.of[says][user as usize]);
        SignIn::exactly(user, groups.iter().filter_map(|g| self.union.groups.of[says][*g as usize]))
    }

    /// The groups that someone is in at a time by the memberships of a side, sorted. A group that is named at sign-in needs no
    /// membership, so that it is one of them even where that side has no such group.
    pub fn groups_of(&self, members: usize, who: &Caller, at: Instant) -> Vec<u32> {
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        let own = who.user.map_or(&self.union.stranger[members], |user| &self.union.member_of[members][user as usize]);
        let above = who.named.iter().flat_map(|named| self.union.above[members][*named as usize].iter());
        let mut all: Vec<u32> = own.iter().chain(above).filter(|m| lasts(m.1)).map(|m| m.0).collect();
        all.extend(&who.named);
        for side in [0, 1] {
            all.extend(self.union.named[side].iter().map(|group| self.union.groups.number(side, *group)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether someone is in a group at a time, by the memberships of a side.
    pub fn is_in(&self, members: usize, who: &Caller, group: u32, at: Instant) -> bool {
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        let among = |all: &[(u32, u32)]| all.iter().any(|(g, until)| *g == group && lasts(*until));
        let own = who.user.map_or(&self.union.stranger[members], |user| &self.union.member_of[members][user as usize]);
        let by_name = |named: &u32| *named == group || among(&self.union.above[members][*named as usize]);
        let everyone = |side: usize| self.union.named[side].iter().any(|g| self.union.groups.number(side, *g) == group);
        among(own) || who.named.iter().any(by_name) || everyone(0) || everyone(1)
    }
}
