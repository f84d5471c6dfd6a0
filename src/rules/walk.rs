//! Ways through a policy that several rules take.

use std::collections::HashSet;

use super::Scene;
use super::scene::lasts;
use crate::instant::Instant;
use crate::model::access::{Entry, List};
use crate::model::{Membership, Model, PlaceId, Who};
use crate::syntax::tree::Verb;

/// How many containers outwards a proof looks. What is proven with fewer stays proven.
const MOST_OUTWARD: usize = 32;

/// The subject of an assignment as the language writes it.
pub fn subject(model: &Model, who: Who) -> String {
    match who {
        Who::Everyone => "everyone".into(),
        who => model.who(who),
    }
}

/// The permissions of a list as they are written.
pub fn permissions(list: &List) -> impl Iterator<Item = &str> {
    list.text.split(" on ").next().unwrap_or("").split(", ")
}

/// Whether a list names `*`.
pub fn is_star(list: &List) -> bool {
    permissions(list).any(|p| p == "*")
}

/// Whether a list is `nothing`.
pub fn is_nothing(list: &List) -> bool {
    permissions(list).any(|p| p == "nothing")
}

/// The places that speak about what a place speaks about, further out than itself.
pub struct Outward {
    /// Nearest first. They speak about all of it.
    pub places: Vec<PlaceId>,
    /// Whether there is no other such place, also none that speaks about a part of it.
    pub exact: bool,
}

/// Looks outwards from a place.
pub fn outward(scene: &Scene<'_>, place: PlaceId) -> Outward {
    let all = &scene.model.places;
    let (mut containers, mut at, mut exact) = (Vec::new(), place, true);
    while let Some((outer, _)) = all[at as usize].parent {
        if containers.len() == MOST_OUTWARD {
            exact = false;
            break;
        }
        containers.push(outer);
        at = outer;
    }
    let mut places = Vec::new();
    // Resources of a pattern lie in its container, perhaps deeper, or anywhere where it has none.
    exact &= !all[place as usize].pattern;
    for (depth, at) in std::iter::once(place).chain(containers.iter().copied()).enumerate() {
        places.extend((depth > 0).then_some(at));
        let this = &all[at as usize];
        let around = &containers[depth.min(containers.len())..];
        let speaks = |p: &PlaceId| *p != at && all[*p as usize].parent.is_none_or(|(container, _)| around.contains(&container));
        places.extend(scene.matching(this.kind, &this.id).filter(speaks));
    }
    Outward { places, exact }
}

/// The organization that a place surely lies in: itself or the closest one around it. Resources of a pattern without a container
/// may lie anywhere.
pub fn organization(scene: &Scene<'_>, place: PlaceId) -> Option<PlaceId> {
    let places = &scene.model.places;
    let mut at = place;
    for _ in 0..MOST_OUTWARD {
        if places[at as usize].kind == 0 && !places[at as usize].pattern {
            return Some(at);
        }
        match places[at as usize].parent {
            Some((outer, _)) => at = outer,
            None if places[at as usize].pattern => return None,
            None => return scene.default_organization,
        }
    }
    None
}

/// The organizations that stay closed whatever happens to the members that do not stay: one without any `member` is open to everyone.
pub fn kept_closed(scene: &Scene<'_>, stays: impl Fn(&Membership) -> bool) -> HashSet<PlaceId> {
    scene.model.org_members.iter().filter(|x| stays(x)).map(|x| x.of).collect()
}

/// The prohibitions in some places that surely hold for a principal, at least until an end.
pub fn prohibitions<'m>(scene: &Scene<'m>, places: &[PlaceId], who: Who, end: Option<Instant>) -> Vec<(u32, &'m Entry)> {
    let mut found = Vec::new();
    let mut whom: Option<Vec<Who>> = None;
    for place in places.iter().filter(|p| scene.prohibits(**p)) {
        for who in whom.get_or_insert_with(|| covers(scene, who, end)) {
            let entries = scene.entries_of(*place, *who, Verb::Cannot);
            found.extend(entries.filter(|(_, e)| lasts(scene.end(e.until), end)));
        }
    }
    found
}

/// Everyone, the principal itself, and the groups that it is surely in until an end.
pub fn covers(scene: &Scene<'_>, who: Who, end: Option<Instant>) -> Vec<Who> {
    let mut found = vec![Who::Everyone];
    if let Who::User(_) = who {
        found.push(who);
    }
    found.extend(scene.above(who).into_iter().filter(|(_, e)| lasts(*e, end)).map(|(g, _)| Who::Group(g)));
    found
}

/// Whether the declaration of a group has a body, which then lists its members.
pub fn has_body(scene: &Scene<'_>, group: u32) -> bool {
    let span = scene.model.group_spans[group as usize];
    let text = scene.sources.get(span.file).text();
    let mut rest = text.get(span.end as usize..).unwrap_or("").trim_start();
    while let Some(comment) = rest.strip_prefix("//") {
        rest = comment.split_once('\n').map_or("", |(_, next)| next).trim_start();
    }
    rest.starts_with('{')
}
