//! Members who join or leave, in words: those to whom something happens by it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::cause::Blame;
use super::engine::Engine;
use super::joins::Join;
use super::union::{Fast, Party};
use super::{Cause, Danger, Room, Sort, Statement};
use crate::syntax::print;

/// Whose memberships are told, by the group and whether they join it; none are all of them.
pub type Told = HashMap<(u32, bool), Option<HashSet<u32, Fast>>, Fast>;

impl Engine<'_> {
    /// For each blame, the numbers of the lists of those whom it concerns; none at all where not all of them are listed.
    pub fn whom(&self) -> Vec<Vec<u32>> {
        let mut all: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.blames.len()];
        for (key, set) in self.found.keys() {
            if let Some(sets) = all.get_mut(key.blame as usize) {
                sets.insert(*set);
            }
        }
        let listed =
            |set: &u32| self.subjects.get_index(*set as usize).is_some_and(|(everyone, users, _)| !everyone && !users.is_empty());
        all.into_iter().map(|sets| if sets.iter().all(listed) { sets.into_iter().collect() } else { Vec::new() }).collect()
    }

    fn users(&self, whom: &[u32]) -> HashSet<u32, Fast> {
        let sets = whom.iter().filter_map(|set| self.subjects.get_index(*set as usize));
        sets.flat_map(|(_, users, _)| users.iter().copied()).collect()
    }

    /// Who joins or leaves a group, of those whom some lists name; of all where there are none.
    pub fn members_cause(&self, (group, joined): (u32, bool), whom: &[u32]) -> Cause {
        let users = self.users(whom);
        let is = |j: &&Join| matches!(j.who, Party::User(_)) && self.joins.joins(j) == joined;
        let all: Vec<&Join> = self.joins.of(group).iter().filter(is).collect();
        let mut mine = all.clone();
        mine.retain(|j| matches!(j.who, Party::User(user) if users.contains(&user)));
        let told = if mine.is_empty() { all } else { mine };
        let mut statements: Vec<Statement> = told.into_iter().map(|j| self.join_statement(j)).collect();
        statements.sort_by_cached_key(|s| (s.member.as_ref().map(|(who, _)| who.clone()), s.new));
        let name = self.union.groups.names[group as usize];
        let sort = if joined { Sort::Joined } else { Sort::Left };
        let text = format!("members of group {}", print::Id(name));
        Cause {
            sort,
            text,
            statements,
            lifts: false,
            opening: None,
            group: Some(name.to_owned()),
            parts: Vec::new(),
            danger: Danger::NONE,
            room: Room::Rest,
        }
    }

    /// Whose memberships the causes name.
    pub fn told_members(&self) -> Told {
        let mut told = Told::default();
        for (blame, whom) in self.blames.iter().zip(self.whom()) {
            for part in blame.parts() {
                let Blame::Members { group, joined } = part else { continue };
                let users = self.users(&whom);
                let known = told.entry((*group, *joined)).or_insert_with(|| Some(HashSet::default()));
                match known {
                    Some(known) if !users.is_empty() => known.extend(users),
                    _ => *known = None,
                }
            }
        }
        told
    }

    /// Whether one of the causes names the membership of a user.
    pub fn is_told(&self, told: &Told, user: u32, group: (u32, bool)) -> bool {
        told.get(&group).is_some_and(|users| users.as_ref().is_none_or(|users| users.contains(&user)))
    }
}
