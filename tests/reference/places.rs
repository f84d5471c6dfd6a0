//! Sections 4 and 5: where a resource lies, and which places speak about it.

use super::decide::Ask;
use super::slip::Slip;
use super::world::{Name, Place};

/// The resource, its container, and so on to the root.
pub fn upwards(ask: &Ask, from: &Name) -> Vec<Name> {
    let mut line = vec![from.clone()];
    while let Some(parent) = parent(ask, &line[line.len() - 1]) {
        line.push(parent);
    }
    line
}

/// "An undeclared resource takes as its parent that of the longest matching pattern that has one."
fn parent(ask: &Ask, name: &Name) -> Option<Name> {
    if let Some(place) = ask.world.place(name) {
        return place.parent.clone();
    }
    if ask.slips(Slip::Orphan) {
        return None;
    }
    let mut with_parent: Vec<&Place> =
        ask.world.places.iter().filter(|place| fits(&place.name, name) && place.parent.is_some()).collect();
    with_parent.sort_by_key(|place| place.name.id.len());
    let longest = if ask.slips(Slip::ShortestPatternAdopts) { with_parent.first() } else { with_parent.last() };
    longest.and_then(|place| place.parent.clone())
}

/// "Every resource of that kind whose id starts with the text before the `*`, declared or not."
pub fn fits(pattern: &Name, name: &Name) -> bool {
    let Some(start) = pattern.id.strip_suffix('*') else { return false };
    pattern.kind == name.kind && name.id.starts_with(start)
}

/// "Inside a container it speaks only about resources at any depth below that container."
pub fn speaks(ask: &Ask, pattern: &Place, name: &Name) -> bool {
    fits(&pattern.name, name)
        && match &pattern.parent {
            Some(container) if !ask.slips(Slip::PatternLeavesContainer) => upwards(ask, name)[1..].contains(container),
            _ => true,
        }
}

/// "Walk the places that speak about resource R from the closest outwards: R itself; then the patterns that
/// match R, longest first; then R's parent and the patterns that match it; and so on to the root."
pub fn speaking<'w>(ask: &Ask<'w>, name: &Name) -> Vec<&'w Place> {
    let mut line = upwards(ask, name);
    if ask.slips(Slip::NoInheritance) {
        line.truncate(1);
    }
    let mut places = Vec::new();
    for name in &line {
        places.extend(ask.world.place(name));
        places.extend(patterns(ask, name));
    }
    if ask.slips(Slip::FarthestPlace) {
        places.reverse();
    }
    places
}

fn patterns<'w>(ask: &Ask<'w>, name: &Name) -> Vec<&'w Place> {
    if ask.slips(Slip::NoPatterns) {
        return Vec::new();
    }
    let mut found: Vec<&Place> = ask.world.places.iter().filter(|place| speaks(ask, place, name)).collect();
    found.sort_by_key(|place| place.name.id.len());
    if !ask.slips(Slip::ShortestPatternFirst) {
        found.reverse();
    }
    found
}

/// Whether the resource is declared or "matched by a pattern (of a block or of a scope)".
pub fn is_known(ask: &Ask, name: &Name) -> bool {
    let scopes = ask.world.assignments.iter().filter(|assignment| ask.exists(&assignment.until));
    let mut scopes = scopes.flat_map(|assignment| &assignment.scopes);
    ask.world.place(name).is_some()
        || ask.world.places.iter().any(|place| fits(&place.name, name))
        || (!ask.slips(Slip::ScopeMakesNothingKnown) && scopes.any(|scope| fits(scope, name)))
}
