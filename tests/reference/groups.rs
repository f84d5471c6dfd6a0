//! Section 8, steps 1 and 2: who the user is, and whether the organization lets that user in.

use super::decide::Ask;
use super::places::upwards;
use super::slip::Slip;
use super::world::{Member, Name, SignIn, Who};

/// "The user's groups are those that list it, and those named at sign-in, closed under nesting."
pub fn groups_of(ask: &Ask, sign_in: &SignIn) -> Vec<String> {
    let declared = |id: &String| ask.world.groups.iter().any(|group| group.id == *id);
    let mut found: Vec<String> = Vec::new();
    if !ask.slips(Slip::NoSignInGroups) {
        found.extend(sign_in.groups.iter().filter(|id| declared(id)).cloned());
    }
    found.extend(listing(ask, &Who::User(sign_in.user.clone())));
    let mut next = 0;
    while next < found.len() && !ask.slips(Slip::FlatGroups) {
        for group in listing(ask, &Who::Group(found[next].clone())) {
            if !found.contains(&group) {
                found.push(group);
            }
        }
        next += 1;
    }
    found
}

/// The groups that have this member at the time of the question.
fn listing(ask: &Ask, who: &Who) -> Vec<String> {
    let lists = |member: &Member| member.who == *who && is_current(ask, member);
    let groups = ask.world.groups.iter().filter(|group| group.members.iter().any(lists));
    groups.map(|group| group.id.clone()).collect()
}

fn is_current(ask: &Ask, member: &Member) -> bool {
    ask.exists(&member.until) || ask.slips(Slip::MemberNeverExpires)
}

/// "If that is not the sign-in's, or it is closed and the user is no member: deny."
pub fn may_sign_in(ask: &Ask, sign_in: &SignIn) -> bool {
    let own = organization_of(ask);
    let same = sign_in.organization.as_ref().is_none_or(|named| *named == own);
    (same || ask.slips(Slip::ForeignOrganization)) && lets_in(ask, &own)
}

/// "A resource belongs to the closest organization that is it or contains it, else to `default`."
fn organization_of(ask: &Ask) -> String {
    let line = upwards(ask, &ask.on);
    let closest = line.into_iter().find(|name| name.kind == "organization");
    closest.map_or("default".to_string(), |organization| organization.id)
}

/// "Only members, directly or through groups (nested, or named at sign-in), can sign in to it. … An organization
/// with any `member`, expired or not, is closed at all times; one without is open."
fn lets_in(ask: &Ask, organization: &str) -> bool {
    if ask.slips(Slip::OpenDoors) || (organization == "default" && ask.slips(Slip::NoDefaultOrganization)) {
        return true;
    }
    let Some(place) = ask.world.place(&Name::new("organization", organization)) else { return true };
    let current: Vec<&Member> = place.members.iter().filter(|member| is_current(ask, member)).collect();
    let open = if ask.slips(Slip::ExpiredOpens) { current.is_empty() } else { place.members.is_empty() };
    open || current.into_iter().any(|member| is_member(ask, member))
}

fn is_member(ask: &Ask, member: &Member) -> bool {
    match &member.who {
        Who::Everyone => false,
        Who::Group(group) => ask.is_in(group) && !ask.slips(Slip::MembersAreUsers),
        Who::User(user) => *user == ask.user,
    }
}
