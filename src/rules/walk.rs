//! Ways through a policy that several rules take.

use super::Scene;
use crate::model::access::List;
use crate::model::{Model, PlaceId, Who};

/// How many places outwards a proof looks. What is proven with fewer stays proven.
pub const MOST_OUTWARD: usize = 32;

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
