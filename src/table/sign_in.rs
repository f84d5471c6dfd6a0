//! Who asks: a user or a stranger, its groups, and the organization signed in to.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::decide::Organization;
use super::layout::{NOTHING, OPEN_GROUPS, Section, header};
use super::records::Principal;
use super::view::{Damage, View, Word, number};

/// A user of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub(super) u32);

/// A group of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub(super) u32);

/// A user or a stranger with its groups, closed under nesting: made once, and asked with as often as one likes.
#[derive(Clone, Debug)]
pub struct SignIn<'t> {
    pub(super) user: u32,
    pub(super) groups: Cow<'t, [Word]>,
    pub(super) untils: Cow<'t, [Word]>,
    pub(super) organization: Option<Organization<'t>>,
}

impl<'t> SignIn<'t> {
    /// How many groups it is in, those behind an end included.
    pub(crate) fn reach(&self) -> usize {
        self.groups.len()
    }

    /// A user with the groups that the policy gives it: without allocation, where groups are closed ahead of time.
    #[inline(always)]
    pub fn user(view: &View<'t>, user: UserId, open: bool) -> Result<SignIn<'t>, Damage> {
        if open {
            return SignIn::with(view, Some(user), &[]);
        }
        let listed = Principal::read(view, Section::Users, user.0)?;
        let (groups, untils) = (Cow::Borrowed(listed.groups), Cow::Borrowed(listed.untils));
        Ok(SignIn { user: user.0, groups, untils, organization: None })
    }

    /// Who is in these groups for ever, and in no others, whatever the table says of memberships.
    pub(crate) fn exactly(user: Option<UserId>, groups: impl Iterator<Item = GroupId>) -> SignIn<'t> {
        let mut groups: Vec<u32> = groups.map(|group| group.0).collect();
        groups.sort_unstable();
        groups.dedup();
        let groups = groups.into_iter().map(u32::to_le_bytes).collect();
        SignIn { user: user.map_or(NOTHING, |u| u.0), groups, untils: Cow::Borrowed(&[]), organization: None }
    }

    /// The user; none is a stranger.
    pub fn who(&self) -> Option<UserId> {
        (self.user != NOTHING).then_some(UserId(self.user))
    }

    /// A user that the policy names, or a stranger, with groups named at sign-in.
    pub fn with(view: &View<'t>, user: Option<UserId>, named: &[GroupId]) -> Result<SignIn<'t>, Damage> {
        let open = view.head(header::FLAGS) & OPEN_GROUPS != 0;
        let own = user.map(|UserId(user)| Principal::read(view, Section::Users, user)).transpose()?;
        let mut sign_in = SignIn {
            user: user.map_or(NOTHING, |u| u.0),
            groups: Cow::Borrowed(own.as_ref().map_or(&[][..], |own| own.groups)),
            untils: Cow::Borrowed(own.as_ref().map_or(&[][..], |own| own.untils)),
            organization: None,
        };
        if named.is_empty() && (!open || sign_in.groups.is_empty()) {
            return Ok(sign_in);
        }
        let all = if open { Closing::all(view, own.as_ref(), named)? } else { listed(view, own.as_ref(), named)? };
        sign_in.groups = all.iter().map(|(group, _)| group.to_le_bytes()).collect();
        let ends = all.iter().any(|(_, until)| *until != NOTHING);
        sign_in.untils = if ends { all.iter().map(|(_, until)| until.to_le_bytes()).collect() } else { Cow::Borrowed(&[]) };
        Ok(sign_in)
    }
}

/// The groups that records list, closed ahead of time, each until the end of the way that lasts longest.
fn listed(view: &View<'_>, own: Option<&Principal<'_>>, named: &[GroupId]) -> Result<Vec<(u32, u32)>, Damage> {
    fn ways<'p>(of: &'p Principal<'_>) -> impl Iterator<Item = (u32, u32)> + 'p {
        of.groups.iter().enumerate().map(|(i, group)| (number(group), of.untils.get(i).map_or(NOTHING, number)))
    }
    let mut all: Vec<(u32, u32)> = own.into_iter().flat_map(ways).collect();
    for GroupId(group) in named {
        all.push((*group, NOTHING));
        all.extend(ways(&Principal::read(view, Section::Groups, *group)?));
    }
    // Stable, since the lists are sorted: that takes hardly more than one pass.
    all.sort_by_key(|(group, until)| (*group, Reverse(*until)));
    all.dedup_by_key(|(group, _)| *group);
    Ok(all)
}

/// Groups on the way up, each until the end of the way that lasts longest.
#[derive(Default)]
struct Closing {
    all: BTreeMap<u32, u32>,
    queue: BinaryHeap<(u32, u32)>,
}

impl Closing {
    /// All groups that are reached, where records list only those that name them.
    fn all(view: &View<'_>, own: Option<&Principal<'_>>, named: &[GroupId]) -> Result<Vec<(u32, u32)>, Damage> {
        let mut closing = Closing::default();
        own.into_iter().for_each(|own| closing.join(own, NOTHING));
        named.iter().for_each(|GroupId(group)| closing.add(*group, NOTHING));
        while let Some((until, group)) = closing.queue.pop() {
            // What a group was reached by for longer was looked at before.
            if closing.all.get(&group).is_none_or(|have| *have == until) {
                closing.join(&Principal::read(view, Section::Groups, group)?, until);
            }
        }
        Ok(closing.all.into_iter().collect())
    }

    fn add(&mut self, group: u32, until: u32) {
        if self.all.get(&group).is_none_or(|have| *have < until) {
            self.all.insert(group, until);
            self.queue.push((until, group));
        }
    }

    /// Adds the groups of a member that is reached until some time.
    fn join(&mut self, member: &Principal<'_>, until: u32) {
        for (i, group) in member.groups.iter().enumerate() {
            let own = member.untils.get(i).map_or(NOTHING, number);
            self.add(number(group), until.min(own));
        }
    }
}
