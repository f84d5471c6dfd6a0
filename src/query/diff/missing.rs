//! What of the permission of a gate no kind of a policy has, and what may be meant: such a gate would look at nothing.

use super::gates::Wanted;
use crate::finding::{Near, did_you_mean};
use crate::model::kinds::{Kind, Meaning, NONE};

/// The kind or the permission that none of some kinds has, and the closest one.
pub fn of(wanted: &Wanted, kinds: &[&Kind]) -> Option<(String, Option<String>)> {
    let named: Vec<&Kind> = kinds.iter().copied().filter(|kind| wanted.kind().is_none_or(|name| name == &*kind.name)).collect();
    if named.is_empty() {
        let names = || kinds.iter().map(|kind| &*kind.name);
        let kind = wanted.kind().unwrap_or("");
        let near = did_you_mean(kind, names()).or_else(|| Near::shortened(kind, names()).map(|near| near.help));
        return Some((format!("kind `{kind}`"), near));
    }
    if named.iter().any(|kind| has(kind, &wanted.permission) || has(kind, wanted.permission_of(&kind.name))) {
        return None;
    }
    let all = named.iter().flat_map(|kind| kind.levels.iter().chain(kind.features.iter()).chain(kind.flats.iter()));
    let near = elsewhere(wanted, kinds).or_else(|| did_you_mean(&wanted.permission, all));
    Some((format!("permission `{}`", wanted.permission), near))
}

/// The kind that has a permission, where the one that is named has not.
fn elsewhere(wanted: &Wanted, kinds: &[&Kind]) -> Option<String> {
    let kind = wanted.kind()?;
    let other = kinds.iter().find(|other| &*other.name != kind && has(other, &wanted.permission))?;
    Some(format!("kind `{}` has it, and kind `{kind}` has not", other.name))
}

/// Whether a kind has a permission that can be asked for.
fn has(kind: &Kind, permission: &str) -> bool {
    matches!(kind.meaning(permission), Some(Meaning::Part(_, value)) if value > NONE)
}
