//! Section 6: the level that roles give to each part.

use super::access::{Setting, access_level, list_sets};
use super::decide::Ask;
use super::permissions::Part;
use super::places::{fits, speaks, upwards};
use super::slip::Slip;
use super::world::{Assignment, Name, Place, Role, Who};

/// "All roles and the accesses, completed by their own base, are combined by taking the higher level of each part."
pub fn combined_level(ask: &Ask, part: &Part) -> usize {
    let access = access_level(ask, part);
    if ask.slips(Slip::RolesFillGaps) && access > 0 {
        return access;
    }
    access.max(role_level(ask, part))
}

/// The highest level of the part in any role that is effective on the resource.
pub fn role_level(ask: &Ask, part: &Part) -> usize {
    if ask.slips(Slip::NoRoles) {
        return 0;
    }
    roles(ask).into_iter().map(|role| level_of_role(ask, role, part)).max().unwrap_or(0)
}

/// The roles that assignments and ownership give to the user on the resource.
fn roles<'w>(ask: &Ask<'w>) -> Vec<&'w str> {
    let assigned = ask.world.assignments.iter().filter(|assignment| is_effective(ask, assignment));
    let assigned = assigned.map(|assignment| assignment.role.as_str());
    assigned.chain(owner_roles(ask)).collect()
}

fn is_effective(ask: &Ask, assignment: &Assignment) -> bool {
    let exists = ask.exists(&assignment.until) || ask.slips(Slip::AssignmentNeverExpires);
    let everywhere = assignment.scopes.is_empty() && !ask.slips(Slip::NoEverywhere);
    exists
        && assignment.to.iter().any(|who| is_subject(ask, who))
        && (everywhere || assignment.scopes.iter().any(|scope| reaches(ask, scope)))
}

fn is_subject(ask: &Ask, who: &Who) -> bool {
    match who {
        Who::Everyone => !ask.slips(Slip::NoEveryone),
        Who::Group(group) => ask.is_in(group),
        Who::User(user) => *user == ask.user,
    }
}

/// "A resource (which must be declared), and everything it contains; or a pattern, and everything that its
/// matches contain."
fn reaches(ask: &Ask, scope: &Name) -> bool {
    let mut line = upwards(ask, &ask.on);
    if ask.slips(Slip::ScopeAlone) {
        line.truncate(1);
    }
    line.iter().any(|name| if scope.is_pattern() { matched(ask, scope, name) } else { name == scope })
}

/// "A scope that is a pattern needs no block of its own; where one is declared, the scope is that pattern,
/// with its container."
fn matched(ask: &Ask, scope: &Name, name: &Name) -> bool {
    match ask.world.place(scope) {
        _ if ask.slips(Slip::NoPatternScopes) => false,
        Some(pattern) if !ask.slips(Slip::ScopeLeavesContainer) => speaks(ask, pattern, name),
        _ => fits(scope, name),
    }
}

/// "`owner user U` in a resource gives U the role that its kind's `owner gets ROLE` names, in that resource."
fn owner_roles<'w>(ask: &Ask<'w>) -> Vec<&'w str> {
    let mut line = upwards(ask, &ask.on);
    if ask.slips(Slip::OwnerOfShell) {
        line.truncate(1);
    }
    let places = line.iter().filter_map(|name| ask.world.place(name));
    let owned = places.filter(|place| place.owners.contains(&ask.user) && !ask.slips(Slip::NoOwners));
    owned.filter_map(|place| role_of_owner(ask, place)).collect()
}

fn role_of_owner<'w>(ask: &Ask<'w>, place: &Place) -> Option<&'w str> {
    ask.world.kind(&place.name.kind)?.owner_gets.as_deref()
}

/// "A role's own lists are completed first (a feature that they do not set follows their base), each included
/// role likewise."
fn level_of_role(ask: &Ask, role: &str, part: &Part) -> usize {
    let all = with_included(ask, role);
    if ask.slips(Slip::IncludedBeforeCompletion) {
        let set = |part: &Part| all.iter().filter_map(|role| own_setting(ask, role, part)).max();
        return set(part).or_else(|| set(&Part::Base).filter(|_| matches!(part, Part::Feature(_)))).unwrap_or(0);
    }
    all.into_iter().map(|role| own_level(ask, role, part)).max().unwrap_or(0)
}

/// "`includes` adds those of other roles": the role and all that it includes, at any depth.
fn with_included<'w>(ask: &Ask<'w>, role: &str) -> Vec<&'w Role> {
    let named = |id: &str| ask.world.roles.iter().find(|role| role.id == id);
    let mut found: Vec<&Role> = named(role).into_iter().collect();
    let mut next = 0;
    while next < found.len() && !ask.slips(Slip::NoIncludes) {
        for included in found[next].includes.iter().filter_map(|id| named(id)) {
            if !found.contains(&included) {
                found.push(included);
            }
        }
        next += 1;
    }
    found
}

fn own_level(ask: &Ask, role: &Role, part: &Part) -> usize {
    match (own_setting(ask, role, part), part) {
        (Some(level), _) => level,
        (None, Part::Feature(_)) if ask.slips(Slip::RoleFollowsAll) => combined_level(ask, &Part::Base),
        (None, Part::Feature(_)) => own_setting(ask, role, &Part::Base).unwrap_or(0),
        (None, Part::Base | Part::Flat(_)) => 0,
    }
}

/// "A role grants a permission only on resources whose kind declares it."
fn own_setting(ask: &Ask, role: &Role, part: &Part) -> Option<usize> {
    let of_kind = |on: &[String]| on.is_empty() || on.contains(&ask.kind.name) || ask.slips(Slip::RoleOnIgnored);
    let lists = role.lists.iter().filter(|list| of_kind(&list.on));
    let settings = lists.filter_map(|list| list_sets(ask, &list.can, part));
    let mut levels = settings.map(|setting| match setting {
        Setting::Level(level) => level,
        Setting::Follow => unreachable!("a role has no `nothing`"),
    });
    levels.next()
}
