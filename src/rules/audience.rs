//! Who is let in: everything at once, one user alone, everyone, and members of other organizations.

use super::scene::MOST_ABOVE;
use super::walk::{is_star, organization, subject};
use super::{Report, Scene};
use crate::finding::{BROAD_AUDIENCE, CROSS_ORGANIZATION, DIRECT_GRANT, NON_MEMBER, WILDCARD_GRANT};
use crate::model::access::Entry;
use crate::model::kinds::{LOWEST, NONE};
use crate::model::{PlaceId, TimeId, Who};
use crate::source::Span;
use crate::syntax::tree::Verb;

/// Looks for `can *`, in entries and in roles.
pub fn wildcard(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let help = "name the permissions, so that one that is declared later is granted on purpose";
    let stars: Vec<bool> = m.lists.iter().map(is_star).collect();
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && stars[e.list as usize]) {
        report.push(&WILDCARD_GRANT, e.span, |here| {
            let (who, place) = (m.who(e.who), m.place_name(e.place));
            here.says(format!("`*` gives {who} every permission in {place}, those that are declared later, too")).help(help)
        });
    }
    for (role, r) in (0..).zip(&m.role_list).filter(|(_, r)| r.lists.iter().any(|l| stars[*l as usize])) {
        report.push(&WILDCARD_GRANT, r.span, |here| {
            let name = crate::report::id(m.roles.name(role));
            here.says(format!("`*` gives role `{name}` every permission, those that are declared later, too")).help(help)
        });
    }
}

/// Looks for grants to single users; owners are meant to be users.
pub fn direct(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let grants =
        |e: &&Entry| e.verb == Verb::Can && m.lists[e.list as usize].on.iter().any(|(_, s)| s.iter().any(|(_, v)| *v > NONE));
    let help = "put the user into a group, and give the group access";
    for e in m.entries.iter().filter(|e| matches!(e.who, Who::User(_))).filter(grants) {
        report.push(&DIRECT_GRANT, e.span, |here| {
            here.says(format!("{} has access to {} alone, without a group", m.who(e.who), m.place_name(e.place))).help(help)
        });
    }
    let mut last = None;
    for a in m.assignments.iter().filter(|a| matches!(a.who, Who::User(_)) && !a.owner) {
        if last.replace(a.span) != Some(a.span) {
            report.push(&DIRECT_GRANT, a.span, |here| {
                let role = crate::report::id(m.roles.name(a.role));
                here.says(format!("{} has role `{role}` alone, without a group", m.who(a.who))).help(help)
            });
        }
    }
}

/// Looks for defaults above the lowest level where no organization says who can sign in.
pub fn broad(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && e.who == Who::Everyone) {
        let high = m.lists[e.list as usize].on.iter().find_map(|(kind, set)| {
            let kind = &m.kinds[*kind as usize];
            let flats = kind.flat_parts();
            set.iter().any(|(part, value)| *value > LOWEST && !flats.contains(part)).then_some(kind)
        });
        let Some(kind) = high.filter(|_| !is_closed(scene, e.place)) else { continue };
        report.push(&BROAD_AUDIENCE, e.span, |here| {
            let place = m.place_name(e.place);
            let finding = here.says(format!(
                "everyone who can sign in has more than `{}` in {place}, and anyone can sign in",
                kind.levels.name(0)
            ));
            finding.help("give it to a group, or close the organization with `member …`")
        });
    }
}

fn is_closed(scene: &Scene<'_>, place: PlaceId) -> bool {
    organization(scene, place).is_some_and(|o| !scene.org_members.of(o).is_empty())
}

/// Looks for entries and assignments that speak of a user who cannot sign in to the closed organization around them. A group that
/// is fed at sign-in can let anyone in, so only organizations whose groups all list their members are judged.
pub fn non_members(scene: &Scene<'_>, report: &mut Report<'_>) {
    let closed = Closed::new(scene);
    let m = scene.model;
    let mut look = |place: PlaceId, who: Who, span: Span, until: TimeId| {
        let Some(org) = outsider(scene, &closed, place, who).filter(|_| !scene.is_over(until)) else { return };
        report.push(&NON_MEMBER, span, |here| {
            let (user, org_name) = (m.who(who), m.place_name(org));
            let finding = here.says(format!("{user} is no member of {org_name}, which is closed, so this gives no access"));
            let first = m.org_members[scene.org_members.of(org)[0] as usize].span;
            finding.label(first, "its members are named here").help(format!("add `member {user}` to it, or take this out"))
        });
    };
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && m.lists[e.list as usize].on.iter().any(grants)) {
        look(e.place, e.who, e.span, e.until);
    }
    for a in &m.assignments {
        if let Some(scope) = a.scope {
            look(scope, a.who, a.span, a.until);
        }
    }
}

fn grants(on: &(u32, Vec<(u32, u8)>)) -> bool {
    on.1.iter().any(|(_, value)| *value > NONE)
}

/// For each organization, whether only the users that the policy lists can be members.
struct Closed {
    listed_only: Vec<Option<bool>>,
}

impl Closed {
    fn new(scene: &Scene<'_>) -> Closed {
        let m = scene.model;
        let fed = fed(scene);
        let mut listed_only: Vec<Option<bool>> = vec![None; m.places.len()];
        for member in &m.org_members {
            let lists = !matches!(member.who, Who::Group(g) if fed[g as usize]);
            let slot = listed_only[member.of as usize].get_or_insert(true);
            *slot &= lists;
        }
        Closed { listed_only }
    }
}

/// The groups that a sign-in feeds, and those that contain one: a group without a body says nothing of who is in it.
fn fed(scene: &Scene<'_>) -> Vec<bool> {
    let m = scene.model;
    let mut fed: Vec<bool> =
        (0..m.groups.len() as u32).map(|g| scene.members.of(g).is_empty() && !super::walk::has_body(scene, g)).collect();
    let mut queue: Vec<u32> = (0..m.groups.len() as u32).filter(|g| fed[*g as usize]).collect();
    while let Some(group) = queue.pop() {
        for membership in scene.listed(Who::Group(group)) {
            let of = m.members[*membership as usize].of;
            if !std::mem::replace(&mut fed[of as usize], true) {
                queue.push(of);
            }
        }
    }
    fed
}

/// The closed organization of a place that a user is no member of.
fn outsider(scene: &Scene<'_>, closed: &Closed, place: PlaceId, who: Who) -> Option<PlaceId> {
    let Who::User(_) = who else { return None };
    let org = organization(scene, place)?;
    if closed.listed_only[org as usize] != Some(true) {
        return None;
    }
    let above = scene.above(who);
    let is_in = scene.is_member(org, who) || above.iter().any(|(g, _)| scene.is_member(org, Who::Group(*g)));
    // With very many groups the look is cut short, and nothing is said.
    (!is_in && above.len() < MOST_ABOVE).then_some(org)
}

/// Looks for access of members of one closed organization in another organization.
pub fn crossing(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let home: std::collections::HashMap<Who, (PlaceId, Span)> = m.org_members.iter().map(|x| (x.who, (x.of, x.span))).collect();
    if home.is_empty() {
        return;
    }
    let mut look = |place: PlaceId, who: Who, span: Span| {
        let Some((theirs, said)) = home.get(&who).copied() else { return };
        let Some(here_org) = organization(scene, place).filter(|o| *o != theirs) else { return };
        if scene.is_member(here_org, who) {
            return;
        }
        report.push(&CROSS_ORGANIZATION, span, |here| {
            let (who, theirs, ours) = (subject(m, who), m.place_name(theirs), m.place_name(here_org));
            let finding = here.says(format!("{who} is a member of {theirs}, and has access in {ours}"));
            finding.label(said, "the membership").help(format!("take it out, or make {who} a member of {ours} too"))
        });
    };
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && m.lists[e.list as usize].on.iter().any(grants)) {
        look(e.place, e.who, e.span);
    }
    for a in &m.assignments {
        if let Some(scope) = a.scope {
            look(scope, a.who, a.span);
        }
    }
}
