//! The roles to declare, what each assignment means by a role, and permissions that the vocabulary lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{PermissionFact, Place, RoleFact};
use super::vocabulary::Vocabulary;
use crate::exchange::Note;
use crate::exchange::draft::{closest, id, id_fault};
use crate::exchange::liveblocks::json::spoken;

/// A role of its own.
#[derive(Default)]
pub struct Role {
    /// What it is called, where that is more than its key.
    pub doc: String,
    /// The permissions that some kind declares, in the order of the source.
    pub permissions: Vec<String>,
}

/// All roles, and what the assignments call them.
pub struct Roles<'v> {
    vocabulary: &'v Vocabulary,
    /// Permission ids to permissions.
    listed: BTreeMap<String, PermissionFact>,
    /// Every name of a role to the key that it is written with; none where two roles share the name.
    names: BTreeMap<String, Option<String>>,
    /// The roles to declare.
    pub declared: BTreeMap<String, Role>,
    /// Permissions that the vocabulary lacks, by the kind that is opened again for them.
    pub added: BTreeMap<&'static str, BTreeSet<String>>,
    pub notes: Vec<Note>,
}

impl<'v> Roles<'v> {
    /// Understands every listed role.
    pub fn read(roles: Vec<RoleFact<'_>>, permissions: Vec<PermissionFact>, vocabulary: &'v Vocabulary) -> Self {
        let mut listed = BTreeMap::new();
        for permission in permissions {
            listed.extend(permission.id.clone().map(|id| (id, permission.clone())));
            listed.insert(permission.key.clone(), permission);
        }
        let (names, declared, added) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut all = Self { vocabulary, listed, names, declared, added, notes: Vec::new() };
        roles.into_iter().for_each(|role| all.role(role));
        all
    }

    /// The key of the role that an assignment means.
    pub fn find<'n>(&'n self, names: &'n [String]) -> Option<&'n str> {
        for name in names {
            match self.names.get(name) {
                Some(Some(key)) => return Some(key),
                Some(None) => return None,
                None => {}
            }
        }
        names.iter().map(String::as_str).find(|name| self.vocabulary.role(name).is_some())
    }

    /// The known name that is closest to one that is unknown.
    pub fn near(&self, name: &str) -> Option<&str> {
        let published = self.vocabulary.roles().map(|key: &str| key);
        closest(name, published.chain(self.declared.keys().map(String::as_str)))
    }

    fn role(&mut self, fact: RoleFact<'_>) {
        if let Some(fault) = id_fault(&fact.key) {
            return self.note(fact.place, format!("role `{}` is left out: its key {fault}", spoken(&fact.key)));
        }
        let published = self.vocabulary.role(&fact.key);
        let Some(permissions) = &fact.permissions else {
            if published.is_none() && !self.declared.contains_key(&fact.key) {
                self.note(fact.place, format!("role `{}` is listed without `permissions`: it grants nothing here", fact.key));
                self.declared.insert(fact.key.clone(), Role::default());
            }
            return self.name(&fact.key, &fact);
        };
        let permissions: Vec<PermissionFact> = permissions.iter().map(|one| self.listed_as(one)).collect();
        let keys: BTreeSet<&str> = permissions.iter().map(|one| one.key.as_str()).collect();
        if published.is_some_and(|published| *published == keys) {
            return self.name(&fact.key, &fact);
        }
        let mut written = fact.key.clone();
        if published.is_some() {
            written = format!("imported-{}", fact.key);
            let message =
                format!("role `{}` has other permissions than the published role: written as `{}`", fact.key, id(&written));
            self.note(fact.place, message);
        }
        let permissions = self.known(&permissions, &fact);
        self.declare(&written, permissions, &fact);
        self.name(&written, &fact);
    }

    /// Declares a role; one that is listed again keeps only what both listings give.
    fn declare(&mut self, key: &str, permissions: Vec<String>, fact: &RoleFact<'_>) {
        let Some(before) = self.declared.get_mut(key) else {
            let doc = fact.name.clone().unwrap_or_default();
            self.declared.insert(key.to_owned(), Role { doc, permissions });
            return;
        };
        let count = before.permissions.len();
        before.permissions.retain(|one| permissions.contains(one));
        if count != permissions.len() || before.permissions.len() != count {
            self.note(fact.place, format!("role `{key}` is listed twice and differs: what both give is kept"));
        }
    }

    /// The permissions that a kind declares or can be made to declare, each once.
    fn known(&mut self, permissions: &[PermissionFact], fact: &RoleFact<'_>) -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        for permission in permissions {
            let declared = self.vocabulary.declares(&permission.key) || self.add(permission, fact.place);
            if declared && !known.contains(&permission.key) {
                known.push(permission.key.clone());
            } else if !declared {
                let key = spoken(&permission.key);
                let message =
                    format!("permission `{key}` is left out of role `{}`: no kind of resource is known to have it", fact.key);
                self.note(fact.place, message);
            }
        }
        known
    }

    /// Opens a kind again for a permission, if the data or the permission's own words tell which.
    fn add(&mut self, permission: &PermissionFact, place: Place<'_>) -> bool {
        let vocabulary = self.vocabulary;
        let told = permission.kind.as_deref().map(|kind| vocabulary.kind(kind));
        let Some(kind) = told.unwrap_or_else(|| vocabulary.kind_in(&permission.key)) else { return false };
        // A permission is a plain word, so an id that needs quotes cannot be one.
        if id(&permission.key) != permission.key || ["nothing", "none"].contains(&permission.key.as_str()) {
            return false;
        }
        if self.added.entry(kind).or_default().insert(permission.key.clone()) && told.is_none() {
            let message = format!("permission `{}` is new: declared on `{kind}` by the words in it", permission.key);
            self.note(place, message);
        }
        true
    }

    /// The permission as the list of permissions gives it, where it does.
    fn listed_as(&self, permission: &PermissionFact) -> PermissionFact {
        let id = permission.id.as_ref().and_then(|id| self.listed.get(id));
        let Some(listed) = id.or_else(|| self.listed.get(&permission.key)) else { return permission.clone() };
        PermissionFact { kind: permission.kind.clone().or_else(|| listed.kind.clone()), ..listed.clone() }
    }

    /// Keeps every name of a role, for the assignments.
    fn name(&mut self, written: &str, fact: &RoleFact<'_>) {
        for name in &fact.aliases {
            let before = self.names.entry(name.clone()).or_insert_with(|| Some(written.to_owned()));
            if before.as_deref() != Some(written) {
                *before = None;
            }
        }
    }

    fn note(&mut self, place: Place<'_>, message: String) {
        self.notes.push(Note::at(place.0, place.1, message));
    }
}
