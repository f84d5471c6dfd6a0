//! What a sign-in has on one resource: the highest level of every part.

use crate::instant::Instant;
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// The permissions of a kind, by part and from the highest down.
#[derive(Debug)]
pub struct Ladder {
    kind: KindId,
    base: Vec<(Permission, Value)>,
    features: Vec<(String, Vec<(Permission, Value)>)>,
    flats: Vec<(String, Permission)>,
    levels: Vec<String>,
}

/// The highest allowed level of each part: all that can be asked about one resource, answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// The base.
    pub base: Value,
    /// The features, in the order of the kind.
    pub features: Box<[Value]>,
    /// The flat permissions that are granted, by their order in the kind.
    pub flats: Box<[bool]>,
}

impl Access {
    /// Whether there is none at all.
    pub fn is_none(&self) -> bool {
        self.base == NONE && self.features.iter().all(|v| *v == NONE) && !self.flats.contains(&true)
    }
}

impl Ladder {
    /// The permissions that can be asked for on a kind.
    pub fn new(table: &Table, kind: KindId) -> Ladder {
        let k = &table.kinds()[kind as usize];
        let levels: Vec<String> = k.levels.iter().map(str::to_owned).collect();
        let steps = |prefix: &str| -> Vec<(Permission, Value)> {
            let named = |(i, level): (usize, &String)| {
                let permission = table.permission(kind, &format!("{prefix}{level}"))?;
                Some((permission, LOWEST + i as Value))
            };
            let mut steps: Vec<_> = levels.iter().enumerate().filter_map(named).collect();
            steps.reverse();
            steps
        };
        let features = k.features.iter().map(|f| (f.to_owned(), steps(&format!("{f}:")))).collect();
        let flats = k.flats.iter().filter_map(|f| Some((f.to_owned(), table.permission(kind, f)?))).collect();
        Ladder { kind, base: steps("*:"), features, flats, levels }
    }

    /// The kind.
    pub fn kind(&self) -> KindId {
        self.kind
    }

    /// What a sign-in has.
    ///
    /// # Errors
    /// Damage.
    pub fn access(&self, table: &Table, who: &SignIn<'_>, on: Resource<'_>, at: Instant) -> Result<Access, Damage> {
        let mut levels = Vec::new();
        table.levels(who, self.kind, on, at, &mut levels)?;
        let part = |part: usize| levels.get(part).copied().unwrap_or(NONE);
        let (features, flats) = (1..1 + self.features.len(), 1 + self.features.len()..);
        let (base, features) = (part(0), features.map(part).collect());
        let flats = flats.take(self.flats.len()).map(|p| part(p) >= LOWEST).collect();
        Ok(Access { base, features, flats })
    }

    /// The access as a list of the language: `read, comments:write`. A feature is left out where it has the level of the
    /// feature that it is part of, or of the base.
    pub fn list(&self, access: &Access) -> String {
        let words: Vec<String> = self.words(access).into_iter().map(|(word, _)| word).collect();
        if words.is_empty() { "nothing".into() } else { words.join(", ") }
    }

    /// Each word of that list, with the permission that it is answered by: where the word is `FEATURE:none`, the least
    /// that is denied.
    pub fn words(&self, access: &Access) -> Vec<(String, Permission)> {
        let level = |value: Value| self.levels.get(usize::from(value.saturating_sub(LOWEST))).map_or("none", |l| l.as_str());
        let step = |steps: &[(Permission, Value)], value: Value| {
            steps.iter().find(|(_, v)| *v == value.max(LOWEST)).map(|(permission, _)| *permission)
        };
        let mut words = Vec::new();
        if access.base > NONE {
            words.extend(step(&self.base, access.base).map(|p| (level(access.base).to_owned(), p)));
        }
        let had = |name: &str| {
            let outer =
                |(other, _): &(String, Vec<_>)| name.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with(':'));
            let found = self.features.iter().zip(&access.features).filter(|(f, _)| outer(f)).max_by_key(|(f, _)| f.0.len());
            found.map_or(access.base, |(_, value)| *value)
        };
        for ((name, steps), value) in self.features.iter().zip(&access.features).filter(|((name, _), v)| **v != had(name)) {
            let word = format!("{name}:{}", if *value == NONE { "none" } else { level(*value) });
            words.extend(step(steps, *value).map(|p| (word, p)));
        }
        let granted = self.flats.iter().zip(&access.flats).filter(|(_, has)| **has);
        words.extend(granted.map(|((name, p), _)| (name.clone(), *p)));
        words
    }

    /// Every permission that the access allows, as it is asked for.
    pub fn all(&self, access: &Access) -> Vec<String> {
        let level = |value: Value| self.levels.get(usize::from(value.saturating_sub(LOWEST))).map_or("", |l| l.as_str());
        let rungs = |steps: &[(Permission, Value)], has: Value, prefix: &str| {
            let held = steps.iter().map(|(_, v)| *v).filter(move |v| *v <= has);
            held.map(|v| format!("{prefix}{}", level(v))).collect::<Vec<_>>()
        };
        let mut all = rungs(&self.base, access.base, "*:");
        for ((name, steps), has) in self.features.iter().zip(&access.features) {
            all.extend(rungs(steps, *has, &format!("{name}:")));
        }
        all.extend(self.flats.iter().zip(&access.flats).filter(|(_, has)| **has).map(|((name, _), _)| name.clone()));
        all
    }

    /// Whether a name is one of the flat permissions.
    pub fn is_flat(&self, name: &str) -> bool {
        self.flats.iter().any(|(flat, _)| flat == name)
    }

    /// How many features and flat permissions there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.features.len(), self.flats.len())
    }

    /// The permission to explain an access by: the highest that it allows.
    pub fn highest(&self, access: &Access) -> Option<Permission> {
        let base = self.base.iter().find(|(_, v)| *v == access.base).map(|(p, _)| *p);
        base.or_else(|| self.flats.iter().zip(&access.flats).find(|(_, has)| **has).map(|((_, p), _)| *p))
    }

    /// The least that can be asked for: the lowest level of the base, else the first flat permission.
    pub fn lowest(&self) -> Option<Permission> {
        self.base.last().map(|(p, _)| *p).or_else(|| self.flats.first().map(|(_, p)| *p))
    }

    /// Whether the access allows a permission of this kind.
    pub fn allows(&self, access: &Access, permission: Permission) -> bool {
        let among = |steps: &[(Permission, Value)], has: Value| steps.iter().any(|(p, v)| *p == permission && *v <= has);
        among(&self.base, access.base)
            || self.features.iter().zip(&access.features).any(|((_, steps), has)| among(steps, *has))
            || self.flats.iter().zip(&access.flats).any(|((_, p), has)| *p == permission && *has)
    }
}
