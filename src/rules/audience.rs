//! Who is let in: everything at once, one user alone, everyone, and members of other organizations.

use std::collections::HashMap;

use super::many::{self, MOST_NAMED, and_more};
use super::walk::{is_star, organization, subject};
use super::witness::{Person, Witness};
use super::{Report, Scene};
use crate::finding::{BROAD_AUDIENCE, CROSS_ORGANIZATION, DIRECT_GRANT, NON_MEMBER, WILDCARD_GRANT};
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{Assignment, PlaceId, TimeId, Who};
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

/// Looks for grants to single users, where their groups and the default do not give the same; owners are meant to be users.
pub fn direct(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let Some(witness) = Witness::new(scene) else { return };
    let help = "put the user into a group, and give the group access";
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && !scene.is_over(e.until)) {
        let granted = m.lists[e.list as usize].on.iter().filter(|on| grants(on));
        let mut granted = granted.map(|(kind, set)| (*kind, set.iter().filter(|(_, v)| *v > NONE).map(|(p, _)| *p).collect()));
        if !matches!(e.who, Who::User(_)) || !granted.any(|(kind, parts)| is_alone(scene, &witness, e.who, e.place, kind, parts))
        {
            continue;
        }
        report.push(&DIRECT_GRANT, e.span, |here| {
            here.says(format!("{} has access to {} alone, without a group", m.who(e.who), m.place_name(e.place))).help(help)
        });
    }
    let (mut last, top) = (None, first_places(scene));
    for a in m.assignments.iter().filter(|a| matches!(a.who, Who::User(_)) && !a.owner && !scene.is_over(a.until)) {
        let alone = || {
            let scopes = a.scope.map_or_else(|| top.clone(), |scope| vec![scope]);
            let effect = scene.effects()[a.role as usize].as_ref();
            let kinds = effect.map_or_else(Vec::new, super::roles::by_kind);
            kinds
                .into_iter()
                .any(|(kind, parts)| scopes.iter().any(|scope| is_alone(scene, &witness, a.who, *scope, kind, parts.clone())))
        };
        if last != Some(a.span) && alone() {
            last = Some(a.span);
            report.push(&DIRECT_GRANT, a.span, |here| {
                let role = crate::report::id(m.roles.name(a.role));
                here.says(format!("{} has role `{role}` alone, without a group", m.who(a.who))).help(help)
            });
        }
    }
}

/// Some places of the top level, where something is said of all.
fn first_places(scene: &Scene<'_>) -> Vec<PlaceId> {
    let top = (0..scene.model.places.len() as PlaceId).filter(|p| scene.model.places[*p as usize].parent.is_none());
    top.take(MOST_TOP).collect()
}

/// How many places of the top level stand for all.
const MOST_TOP: usize = 8;

/// Whether a user has more of some parts than a stranger in the same groups.
fn is_alone(scene: &Scene<'_>, witness: &Witness<'_, '_>, who: Who, place: PlaceId, kind: KindId, parts: Vec<u32>) -> bool {
    if !matches!(who, Who::User(_)) {
        return false;
    }
    let now = Some(scene.options.now);
    let above = scene.above(who);
    let groups: Vec<u32> = above.into_iter().filter(|(_, end)| end.is_none_or(|end| Some(end) > now)).map(|(g, _)| g).collect();
    let more = |place: PlaceId, itself: Person| {
        let like = Person::stranger(groups.iter().chain(&itself.groups).copied().collect());
        let both = (witness.levels(&itself, place), witness.levels(&like, place));
        let (Some(own), Some(others)) = both else { return false };
        parts.iter().any(|part| own[*part as usize] > others[*part as usize])
    };
    let places = witness.places(place, kind).into_iter();
    places
        .flat_map(|place| witness.people(who, place).into_iter().map(move |person| (place, person)))
        .any(|(p, who)| more(p, who))
}

/// Looks for what everyone has above the lowest level, or as a flat permission, where no organization says who can sign in.
pub fn broad(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let Some(witness) = Witness::new(scene) else { return };
    let help = "give it to a group, or close the organization with `member …`";
    let stranger = Person::stranger(Vec::new());
    let Some(naming) = Witness::patient(scene) else { return };
    let has = |witness: &Witness<'_, '_>, most: usize, places: Vec<PlaceId>, kind: KindId, set: &[(u32, Value)]| {
        let flats = m.kinds[kind as usize].flat_parts();
        let high = set.iter().filter(|(part, value)| *value > if flats.contains(part) { NONE } else { LOWEST });
        let high: Vec<(u32, Value)> = high.copied().collect();
        let found = places.into_iter().filter(|_| !high.is_empty()).filter_map(|place| {
            let levels = witness.levels(&stranger, place)?;
            high.iter().find(|(part, value)| levels[*part as usize] >= *value).map(|(part, value)| (place, *part, *value))
        });
        found.take(most).collect::<Vec<_>>()
    };
    // Where there is one, all of them are looked for.
    let all = |place: PlaceId, kind: KindId, set: &[(u32, Value)]| {
        let one = has(&witness, 1, witness.places(place, kind), kind, set);
        if one.is_empty() {
            return one;
        }
        let all = has(&naming, MOST_NAMED, naming.all_places(place, kind), kind, set);
        if all.is_empty() { one } else { all }
    };
    let say = |here: super::report::Here, found: &[(PlaceId, u32, Value)]| {
        let what = |(place, part, value): &(PlaceId, u32, Value)| {
            m.kinds[m.places[*place as usize].kind as usize].permission(*part, *value)
        };
        let first = what(&found[0]);
        let mut names: Vec<String> = found.iter().map(|one| m.place_name(one.0)).collect();
        names.sort_unstable();
        names.dedup();
        let (place, more) = (m.place_name(found[0].0), and_more(names.len()));
        let finding = here.says(format!("everyone who can sign in has `{first}` in {place}{more}, and anyone can sign in"));
        many::about(finding, format!("everyone who can sign in has `{first}`"), names).help(help)
    };
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && e.who == Who::Everyone && !scene.is_over(e.until)) {
        let on = m.lists[e.list as usize].on.iter();
        let found: Vec<_> = on.flat_map(|(kind, set)| all(e.place, *kind, set)).take(MOST_NAMED).collect();
        if !found.is_empty() {
            report.push(&BROAD_AUDIENCE, e.span, |here| say(here, &found));
        }
    }
    let top = first_places(scene);
    for pairs in m.assignments.chunk_by(|a, b| (a.span, a.role) == (b.span, b.role)) {
        let mut found = Vec::new();
        for a in pairs.iter().filter(|a| a.who == Who::Everyone && !scene.is_over(a.until)) {
            let scopes = a.scope.map_or_else(|| top.clone(), |scope| vec![scope]);
            let Some(effect) = scene.effects()[a.role as usize].as_ref() else { continue };
            for (kind, parts) in super::roles::by_kind(effect) {
                let set: Vec<(u32, Value)> = parts.into_iter().map(|part| (part, effect[&(kind, part)])).collect();
                found.extend(scopes.iter().flat_map(|scope| all(*scope, kind, &set)));
            }
        }
        if !found.is_empty() {
            found.truncate(MOST_NAMED);
            report.push(&BROAD_AUDIENCE, pairs[0].span, |here| say(here, &found));
        }
    }
}

/// Looks for entries and assignments that speak of a user who cannot sign in to the closed organization around them. A sign-in can
/// name every group, so only organizations whose members are all users are judged.
pub fn non_members(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    if m.org_members.is_empty() {
        return;
    }
    let mut with_groups = vec![false; m.places.len()];
    let groups = m.org_members.iter().filter(|x| matches!(x.who, Who::Group(_)));
    groups.for_each(|x| with_groups[x.of as usize] = true);
    // The organization that a user cannot sign in to.
    let shut = |place: PlaceId, who: Who, until: TimeId| {
        let org = organization(scene, place).filter(|_| matches!(who, Who::User(_)) && !scene.is_over(until))?;
        let closed = !scene.org_members.of(org).is_empty() && !with_groups[org as usize];
        (closed && !scene.is_member(org, who)).then_some(org)
    };
    let say = |here: super::report::Here, who: Who, org: PlaceId, gives: String, out: &str| {
        let (user, name) = (m.who(who), m.place_name(org));
        let mut all = scene.org_members.of(org).iter().map(|x| &m.org_members[*x as usize]);
        let was = all.clone().find(|x| x.who == who);
        let ended = if was.is_some() { " any more" } else { "" };
        let finding = here.says(format!("{user} is no member of {name}{ended}, which is closed, so {gives}"));
        let label = if was.is_some() { "this membership has ended" } else { "its members are named here" };
        let finding = match was.or_else(|| all.next()) {
            Some(member) => finding.label(member.span, label),
            None => finding,
        };
        let join = if was.is_some() { "let the membership last".into() } else { format!("add `member {user}` to it") };
        finding.help(format!("{join}, or {out}"))
    };
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && m.lists[e.list as usize].on.iter().any(grants)) {
        if let Some(org) = shut(e.place, e.who, e.until) {
            report.push(&NON_MEMBER, e.span, |here| say(here, e.who, org, "this gives no access".into(), "take this out"));
        }
    }
    // A statement stands for every pair of a subject and a scope.
    let pairs = m.assignments.chunk_by(|a, b| a.span == b.span);
    for pairs in pairs {
        let closed = |a: &Assignment| a.scope.and_then(|scope| Some((a.who, scope, shut(scope, a.who, a.until)?)));
        let found: Vec<(Who, PlaceId, PlaceId)> = pairs.iter().filter_map(closed).collect();
        let Some((who, scope, org)) = found.first().copied() else { continue };
        let (gives, out) = if found.len() == pairs.len() {
            ("this gives no access".to_owned(), "take this out".to_owned())
        } else {
            let place = m.place_name(scope);
            let more =
                if found.len() > 1 { format!(", and {} more of this statement neither", found.len() - 1) } else { String::new() };
            let out = format!("write a statement for each scope, without {} in {place}", m.who(who));
            (format!("this gives no access in {place}{more}"), out)
        };
        report.push(&NON_MEMBER, pairs[0].span, |here| say(here, who, org, gives, &out));
    }
}

fn grants(on: &(u32, Vec<(u32, u8)>)) -> bool {
    on.1.iter().any(|(_, value)| *value > NONE)
}

/// Looks for access of members of one closed organization in another organization.
pub fn crossing(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let home: HashMap<Who, (PlaceId, Span)> = m.org_members.iter().map(|x| (x.who, (x.of, x.span))).collect();
    let Some(witness) = Witness::new(scene).filter(|_| !home.is_empty()) else { return };
    let mut look = |place: PlaceId, who: Who, span: Span, kinds: &[KindId]| {
        let Some((theirs, said)) = home.get(&who).copied() else { return };
        let Some(here_org) = organization(scene, place).filter(|o| *o != theirs) else { return };
        // Who has access in a closed organization is a member of it.
        let has = |place: PlaceId| witness.people(who, place).iter().any(|person| witness.has_any(person, place));
        let closed = !scene.org_members.of(here_org).is_empty();
        if closed || !kinds.iter().flat_map(|kind| witness.places(place, *kind)).any(has) {
            return;
        }
        report.push(&CROSS_ORGANIZATION, span, |here| {
            let (who, theirs, ours) = (subject(m, who), m.place_name(theirs), m.place_name(here_org));
            let finding = here.says(format!("{who} is a member of {theirs}, and has access in {ours}"));
            let allow = format!("// roomkey: allow {}: REASON", CROSS_ORGANIZATION.name);
            finding.label(said, "the membership").help(format!("take {who} out here, or write `{allow}` behind it"))
        });
    };
    for e in m.entries.iter().filter(|e| e.verb == Verb::Can && !scene.is_over(e.until)) {
        let kinds: Vec<KindId> = m.lists[e.list as usize].on.iter().filter(|on| grants(on)).map(|(kind, _)| *kind).collect();
        look(e.place, e.who, e.span, &kinds);
    }
    for a in m.assignments.iter().filter(|a| !scene.is_over(a.until)) {
        if let (Some(scope), Some(effect)) = (a.scope, &scene.effects()[a.role as usize]) {
            let kinds: Vec<KindId> = super::roles::by_kind(effect).into_iter().map(|(kind, _)| kind).collect();
            look(scope, a.who, a.span, &kinds);
        }
    }
}
