//! Roles in both versions: what each gives by itself, and which ones it includes.

use std::collections::{HashMap, HashSet};

use super::Side;
use super::union::Fast;
use crate::model::Model;
use crate::table::{Given, gives_itself};

/// A role as one side says it.
#[derive(Debug)]
pub struct Version {
    pub includes: Vec<u32>,
    gives: Given,
}

impl Version {
    /// What it sets a part of a kind to, the roles that it includes left out.
    pub fn value(&self, kind: u32, part: u32) -> Option<u8> {
        let (_, parts) = &self.gives[self.gives.binary_search_by_key(&kind, |(k, _)| *k).ok()?];
        Some(parts[parts.binary_search_by_key(&part, |(p, _)| *p).ok()?].1)
    }

    fn on(&self, kind: u32) -> &[(u32, u8)] {
        self.gives.iter().find(|(k, _)| *k == kind).map_or(&[], |(_, parts)| parts)
    }
}

/// A role of either side.
#[derive(Debug, Default)]
pub struct Role {
    pub name: String,
    /// As each side says it; none where it has no such role.
    pub of: [Option<Version>; 2],
}

impl Role {
    /// Whether it is said otherwise on the two sides, for a kind that has these numbers there. A role that one side alone has
    /// comes and goes with what gives it.
    pub fn differs(&self, kind: [u32; 2]) -> bool {
        match &self.of {
            [Some(old), Some(new)] => old.includes != new.includes || old.on(kind[0]) != new.on(kind[1]),
            _ => false,
        }
    }
}

/// The roles of both sides, where both say them.
#[derive(Debug, Default)]
pub struct Roles {
    pub all: Vec<Role>,
    numbers: HashMap<String, u32, Fast>,
    /// The role that owners get, by the name of the kind.
    owners: [HashMap<String, u32, Fast>; 2],
}

impl Roles {
    pub fn new(sides: &[Side<'_>; 2]) -> Roles {
        let mut roles = Roles::default();
        let [Some((old, _)), Some((new, _))] = [sides[0].from, sides[1].from] else { return roles };
        let models: [&Model; 2] = [old, new];
        for name in models.iter().flat_map(|model| model.roles.iter()) {
            if !roles.numbers.contains_key(name) {
                roles.numbers.insert(name.to_owned(), roles.all.len() as u32);
                roles.all.push(Role { name: name.to_owned(), ..Role::default() });
            }
        }
        for (side, model) in models.into_iter().enumerate() {
            for ((name, role), gives) in model.roles.iter().zip(&model.role_list).zip(gives_itself(model)) {
                let number = |id: u32| roles.numbers.get(model.roles.name(id)).copied();
                let mut includes: Vec<u32> = role.includes.iter().filter_map(|(id, _)| number(*id)).collect();
                includes.sort_unstable();
                if let Some(number) = roles.numbers.get(name) {
                    roles.all[*number as usize].of[side] = Some(Version { includes, gives });
                }
            }
            for kind in &model.kinds {
                let role = kind.owner.and_then(|(role, _)| roles.numbers.get(model.roles.name(role)));
                roles.owners[side].extend(role.map(|role| (kind.name.to_string(), *role)));
            }
        }
        roles
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The roles that owners of a kind get on each side, where they are two.
    pub fn of_owner(&self, kind: &str) -> Option<[u32; 2]> {
        let [old, new] = [0, 1].map(|side: usize| self.owners[side].get(kind).copied());
        old.zip(new).filter(|(old, new)| old != new).map(|(old, new)| [old, new])
    }

    /// A role and all that it includes by the versions that are asked for.
    pub fn within(&self, role: u32, counts: &dyn Fn(u32, usize) -> bool) -> HashSet<u32> {
        let mut met = HashSet::from([role]);
        let mut queue = vec![role];
        while let Some(role) = queue.pop() {
            let versions = self.all[role as usize].of.iter().enumerate().filter(|(side, _)| counts(role, *side));
            for inner in versions.filter_map(|(_, version)| version.as_ref()).flat_map(|version| &version.includes) {
                if met.insert(*inner) {
                    queue.push(*inner);
                }
            }
        }
        met
    }
}
