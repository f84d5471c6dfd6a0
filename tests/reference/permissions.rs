//! Section 3: what a permission means to a kind.

use super::world::{Kind, Name, World};

/// What one permission of a list says to one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// `*`.
    Everything,
    /// A level of the base, counted from 1.
    Base(usize),
    /// A level of a feature; 0 is `none`.
    Feature(String, usize),
    /// A flat permission.
    Flat(String),
    /// A retired permission: accepted, without effect.
    Retired,
}

/// A part of a kind that has a level of its own. A flat permission has the levels 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// The base.
    Base,
    /// A feature or a sub-feature.
    Feature(String),
    /// A flat permission.
    Flat(String),
}

/// All parts of a kind, the base first.
pub fn parts(kind: &Kind) -> Vec<Part> {
    let features = kind.features.iter().cloned().map(Part::Feature);
    let flats = kind.permissions.iter().cloned().map(Part::Flat);
    std::iter::once(Part::Base).chain(features).chain(flats).collect()
}

/// "Each kind takes from it the permissions that it declares": none for a permission that it does not.
pub fn meaning(kind: &Kind, permission: &str) -> Option<Meaning> {
    if permission == "*" {
        return Some(Meaning::Everything);
    }
    if kind.retired.iter().any(|retired| retired == permission) {
        return Some(Meaning::Retired);
    }
    if kind.permissions.iter().any(|flat| flat == permission) {
        return Some(Meaning::Flat(permission.to_string()));
    }
    base(kind, permission).or_else(|| feature(kind, permission))
}

/// "`LEVEL` and `*:LEVEL` are the base of every kind in question that has that level;
/// `KIND:LEVEL` (`room:write`) is the base of that kind alone."
fn base(kind: &Kind, permission: &str) -> Option<Meaning> {
    let level = match permission.rsplit_once(':') {
        None => permission,
        Some((before, level)) if before == "*" || before == kind.name => level,
        Some(_) => return None,
    };
    level_number(kind, level).map(Meaning::Base)
}

/// "A permission is `LEVEL` (the base) or `FEATURE:LEVEL`. … `FEATURE:none` is allowed in `can` lists."
fn feature(kind: &Kind, permission: &str) -> Option<Meaning> {
    let (path, level) = permission.rsplit_once(':')?;
    let path = kind.features.iter().find(|feature| *feature == path)?;
    let level = if level == "none" { 0 } else { level_number(kind, level)? };
    Some(Meaning::Feature(path.clone(), level))
}

/// "`levels read < write`: each implies those before it", so the first is 1 and none is 0.
fn level_number(kind: &Kind, level: &str) -> Option<usize> {
    kind.levels.iter().position(|known| known == level).map(|index| index + 1)
}

/// "A feature may have sub-features by a longer colon path": whether `path` is one of `feature`.
pub fn is_below(path: &str, feature: &str) -> bool {
    path.strip_prefix(feature).is_some_and(|rest| rest.starts_with(':'))
}

/// "On a container, of its own kind or of any kind that can lie below it": all those kinds. `organization default`
/// "is otherwise nobody's parent", so nothing can lie below it.
pub fn kinds_at<'w>(world: &'w World, place: &Name) -> Vec<&'w Kind> {
    let mut found: Vec<&Kind> = world.kind(&place.kind).into_iter().collect();
    let mut next = 0;
    while next < found.len() && *place != Name::new("organization", "default") {
        for below in &world.kinds {
            if below.inside.contains(&found[next].name) && !found.contains(&below) {
                found.push(below);
            }
        }
        next += 1;
    }
    found
}
