//! Random roles, and lists of permissions that are valid for the kinds in question.

use super::{Maker, ROLES};
use crate::reference::chance::Chance;
use crate::reference::permissions::is_below;
use crate::reference::valid::list_is_sound;
use crate::reference::world::{Kind, Role, RoleList};

impl Maker {
    pub(super) fn roles(&mut self) {
        let taken: Vec<String> = self.world.roles.iter().map(|role| role.id.clone()).collect();
        let mut ids: Vec<&str> = ROLES.into_iter().filter(|id| !taken.iter().any(|role| role == id)).collect();
        self.chance.shuffle(&mut ids);
        ids.truncate(self.chance.between(0, 5));
        for id in ids {
            let known: Vec<String> = self.world.roles.iter().rev().take(6).map(|role| role.id.clone()).collect();
            let includes = self.chance.some(&known, 35);
            let lists = self.role_lists();
            if !lists.is_empty() || !includes.is_empty() {
                self.world.roles.push(Role { id: id.to_string(), includes, lists });
            }
        }
        let roles: Vec<String> = self.world.roles.iter().map(|role| role.id.clone()).collect();
        for index in 0..self.world.kinds.len() {
            let kind = &mut self.world.kinds[index];
            if kind.owner_gets.is_none() && !roles.is_empty() && self.chance.percent(40) {
                kind.owner_gets = Some(self.chance.pick(&roles).clone());
            }
        }
    }

    fn role_lists(&mut self) -> Vec<RoleList> {
        let mut kinds: Vec<String> = self.world.kinds.iter().map(|kind| kind.name.clone()).collect();
        if self.chance.percent(50) {
            return self.list(&kinds, false).into_iter().map(|can| RoleList { can, on: Vec::new() }).collect();
        }
        self.chance.shuffle(&mut kinds);
        let mut lists = Vec::new();
        while !kinds.is_empty() && lists.len() < 3 && self.chance.percent(80) {
            let on = kinds.split_off(kinds.len() - self.chance.between(1, kinds.len().min(2)));
            lists.extend(self.list(&on, false).map(|can| RoleList { can, on }));
        }
        lists
    }

    /// A valid list for these kinds in question; none where they declare nothing.
    pub(super) fn list(&mut self, kinds: &[String], cannot: bool) -> Option<Vec<String>> {
        let kinds: Vec<Kind> = kinds.iter().filter_map(|name| self.world.kind(name)).cloned().collect();
        let kinds: Vec<&Kind> = kinds.iter().collect();
        let mut list: Vec<String> = Vec::new();
        let wanted = *self.chance.pick(&[1, 1, 2, 2, 3, 5]);
        for _ in 0..wanted * 3 {
            let kind = *self.chance.pick(&kinds);
            let Some(permission) = self.permission(kind, cannot) else { continue };
            list.push(permission.clone());
            if cannot && self.chance.percent(40) {
                list.extend(narrower(kind, &permission, &mut self.chance));
            }
            while !list.is_empty() && !list_is_sound(&kinds, &list, cannot) || list.len() > wanted {
                list.pop();
            }
        }
        (!list.is_empty()).then_some(list)
    }

    /// A permission of a kind as a list may name it, more often one of its base than not.
    fn permission(&mut self, kind: &Kind, cannot: bool) -> Option<String> {
        let at_random = |chance: &mut Chance, items: &[String]| (!items.is_empty()).then(|| chance.pick(items).clone());
        match self.chance.below(100) {
            0..8 => Some("*".to_string()),
            8..10 => at_random(&mut self.chance, &kind.retired),
            10..45 => {
                let level = at_random(&mut self.chance, &kind.levels)?;
                let before = self.chance.pick(&["", "*:", &format!("{}:", kind.name)]).to_string();
                Some(format!("{before}{level}"))
            }
            45..84 => {
                let feature = at_random(&mut self.chance, &kind.features)?;
                let none = !cannot && self.chance.percent(25);
                let level = if none { "none".to_string() } else { at_random(&mut self.chance, &kind.levels)? };
                Some(format!("{feature}:{level}"))
            }
            _ => at_random(&mut self.chance, &kind.permissions),
        }
    }
}

/// A permission of the same list that a careless reader could take for an exception: `comments:public:write` beside
/// `comments:read`, `comments:write` beside `triage`.
fn narrower(kind: &Kind, permission: &str, chance: &mut Chance) -> Option<String> {
    let level = kind.levels.last()?;
    let within = |feature: &&String| match permission.rsplit_once(':') {
        Some((path, _)) if kind.features.iter().any(|feature| feature == path) => is_below(feature, path),
        _ => true,
    };
    let below: Vec<&String> = kind.features.iter().filter(within).collect();
    (!below.is_empty()).then(|| format!("{}:{level}", chance.pick(&below)))
}
