//! One list of permission strings: what it says, and what had to be changed.

use std::borrow::Cow;

use super::json::spoken;

/// What a list gives to a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List<'d> {
    /// A fresh start: no access from here.
    Nothing,
    /// These permissions, in the order of the source.
    Can(Vec<Cow<'d, str>>),
}

/// A list as it was understood.
#[derive(Default)]
pub struct Reading<'d> {
    /// The permissions that count; none when the list says nothing that is known.
    pub kept: Vec<Cow<'d, str>>,
    /// Whether the list cannot be read soundly, so that only `can nothing` is safe.
    pub unsound: bool,
    /// Whether a retired permission was left out.
    pub retired: bool,
    /// Everything else that was changed, as the end of a sentence that begins with the list.
    pub changes: Vec<String>,
}

/// One permission string in the terms of the vocabulary.
enum Meaning<'p> {
    /// A level for the base or for a feature.
    Level { part: &'p str, level: usize },
    /// A feature of the vocabulary at a level that it lacks.
    UnknownLevel { part: &'p str },
    /// A level for a feature that the vocabulary lacks.
    UnknownFeature,
    /// Accepted by the vocabulary and without effect.
    Retired,
    /// Nothing that can be told.
    Unclear,
}

const BASE: &str = "*";
const RETIRED: &str = "room:presence:write";
const LEVELS: [&str; 3] = ["none", "read", "write"];
const FEATURES: [&str; 5] = ["storage", "comments", "comments:public", "comments:private", "feeds"];

/// Reads a list so that no principal gets more than the source could mean.
pub fn read<'d>(permissions: Vec<Cow<'d, str>>) -> Reading<'d> {
    let mut reading = Reading::default();
    let mut parts: Vec<(String, usize)> = Vec::new();
    for permission in permissions {
        match understand(&permission) {
            Meaning::Retired => reading.retired = true,
            Meaning::Unclear => {
                reading.unsound = true;
                reading.changes.push(format!("has `{}`, which cannot be read", spoken(&permission)));
            }
            Meaning::UnknownFeature => {
                reading.changes.push(format!("has `{}`, a feature that is unknown here: left out", spoken(&permission)));
            }
            Meaning::UnknownLevel { part } => {
                let safe = format!("{part}:none");
                reading.changes.push(format!("has `{}`, a level that is unknown here: read as `{safe}`", spoken(&permission)));
                let part = part.to_owned();
                keep(&mut reading, &mut parts, (part, 0), Cow::Owned(safe));
            }
            Meaning::Level { part, level } => {
                let part = part.to_owned();
                keep(&mut reading, &mut parts, (part, level), permission);
            }
        }
    }
    reading
}

/// Adds a permission; of two for one part the lower one stays, where the first stood.
fn keep<'d>(reading: &mut Reading<'d>, parts: &mut Vec<(String, usize)>, new: (String, usize), permission: Cow<'d, str>) {
    let Some(at) = parts.iter().position(|(part, _)| *part == new.0) else {
        parts.push(new);
        return reading.kept.push(permission);
    };
    let change = if parts[at].1 == new.1 {
        format!("gives `{permission}` twice: kept once")
    } else {
        format!("has both `{}` and `{permission}`: the lower one is kept", reading.kept[at])
    };
    reading.changes.push(change);
    if new.1 < parts[at].1 {
        parts[at] = new;
        reading.kept[at] = permission;
    }
}

fn understand(permission: &str) -> Meaning<'_> {
    if permission == RETIRED {
        return Meaning::Retired;
    }
    let Some((part, level)) = permission.rsplit_once(':') else { return Meaning::Unclear };
    let known = LEVELS.iter().position(|known| *known == level);
    match known {
        Some(0) | None if part == BASE || part == "room" => Meaning::Unclear,
        Some(level) if part == BASE || part == "room" => Meaning::Level { part: BASE, level },
        Some(level) if FEATURES.contains(&part) => Meaning::Level { part, level },
        None if FEATURES.contains(&part) => Meaning::UnknownLevel { part },
        Some(_) if part.split(':').all(is_name) => Meaning::UnknownFeature,
        _ => Meaning::Unclear,
    }
}

fn is_name(segment: &str) -> bool {
    !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}
