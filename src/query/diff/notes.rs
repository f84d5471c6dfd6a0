//! What both sides differ in as a whole: kinds, and what has another name.

use std::collections::{HashMap, HashSet};

use super::engine::Engine;
use super::places::{NOWHERE, Pair};
use super::union::{Fast, Party};
use super::{Change, Move};
use crate::model::kinds::Kind;
use crate::syntax::print;
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// So many names are told; a change that renames more is told by its number.
const TOLD: usize = 5;

/// Statements, each with its place.
type Said = Vec<(u32, Sort, u32)>;
/// Members, or groups that one is a member of, each with its end.
type Members = Vec<(u32, u32)>;
/// Users, groups in it, and groups that it is in, and statements.
type Group = ([Members; 3], Said);
/// A kind, a container, and statements.
type Resource = (u32, u32, Vec<(Party, Sort, u32)>);

impl Engine<'_> {
    /// What both sides as a whole differ in, beside what changes and what moves.
    pub fn notes(&self, changes: &[Change], moves: &[Move]) -> Result<Vec<String>, Damage> {
        let mut notes: Vec<String> = Vec::new();
        let alone = |side: usize| {
            let other = 1 - side;
            let all = self.union.kinds.iter().filter(move |k| k.ids[side].is_some() && k.ids[other].is_none());
            all.map(|k| k.name).collect::<Vec<_>>()
        };
        let (gone, new) = (alone(0), alone(1));
        let parts = |side: usize, name: &str| {
            let table = self.union.tables[side];
            let kind = &table.kinds()[table.kind(name)? as usize];
            let words = |w: &crate::model::kinds::Words| w.iter().map(str::to_owned).collect::<Vec<_>>();
            Some((words(&kind.levels), words(&kind.features), words(&kind.flats)))
        };
        for name in &gone {
            let renamed = new.iter().find(|other| parts(0, name) == parts(1, other));
            notes.push(match renamed {
                Some(other) => format!("kind {name} is gone, and kind {other} has the same permissions: what either allows is compared by its own name, so that a renamed kind is lost and gained"),
                None => format!("kind {name} is gone: nothing can be asked of it on the new side"),
            });
        }
        notes.extend(new.iter().filter(|k| gone.iter().all(|g| parts(0, g) != parts(1, k))).map(|k| format!("kind {k} is new")));
        self.levels(&mut notes);
        self.groups(&mut notes);
        self.resources(&mut notes, changes, moves)?;
        Ok(notes)
    }

    /// Levels that have other names, in the same order.
    fn levels(&self, notes: &mut Vec<String>) {
        for pair in self.union.kinds.iter().filter(|k| !k.same) {
            let [Some(old), Some(new)] = pair.ids else { continue };
            let kind = |side: usize, id: u32| -> &Kind { &self.union.tables[side].kinds()[id as usize] };
            let (old, new) = (kind(0, old), kind(1, new));
            let renamed: Vec<(&str, &str)> = old.levels.iter().zip(new.levels.iter()).filter(|(a, b)| a != b).collect();
            let moved = renamed.iter().any(|(a, b)| old.levels.iter().any(|l| l == *b) || new.levels.iter().any(|l| l == *a));
            if old.levels.iter().count() == new.levels.iter().count() && !renamed.is_empty() && !moved {
                let all: Vec<String> = renamed.iter().map(|(a, b)| format!("{a} is now {b}")).collect();
                notes.push(format!(
                    "levels of kind {} have other names ({}): each is compared by its own name",
                    pair.name,
                    all.join(", ")
                ));
            }
        }
    }

    /// Groups that have another name, and the same members and statements.
    fn groups(&self, notes: &mut Vec<String>) {
        let alone = |side: usize| {
            let [own, other] = [&self.union.groups.of[side], &self.union.groups.of[1 - side]];
            let alone = (0..).zip(own.iter().zip(other)).filter(|(_, (own, other))| own.is_some() && other.is_none());
            alone.map(|(i, _)| i).collect::<Vec<u32>>()
        };
        let (old, new) = (alone(0), alone(1));
        if old.is_empty() || new.is_empty() {
            return;
        }
        let mut said: [HashMap<u32, Said, Fast>; 2] = Default::default();
        for fact in &self.places.facts {
            if let Party::Group(group) = fact.who {
                said[fact.side].entry(group).or_default().push((fact.place, fact.sort, fact.meaning()));
            }
        }
        let mut inner: [HashMap<u32, Members, Fast>; 2] = Default::default();
        for side in [0, 1] {
            for (group, above) in (0..).zip(&self.union.above[side]) {
                above.iter().filter(|m| m.0 != group).for_each(|m| inner[side].entry(m.0).or_default().push((group, m.1)));
            }
        }
        let mut is = |side: usize, group: u32| -> Group {
            let mut rows = said[side].remove(&group).unwrap_or_default();
            rows.sort_unstable();
            let above = self.union.above[side][group as usize].iter().filter(|m| m.0 != group).copied().collect();
            let users = self.union.members[side][group as usize].to_vec();
            ([users, inner[side].remove(&group).unwrap_or_default(), above], rows)
        };
        let mut gone: HashMap<Group, u32, Fast> = HashMap::default();
        for group in old {
            let what = is(0, group);
            if !(what.0[0].is_empty() && what.1.is_empty()) {
                gone.insert(what, group);
            }
        }
        let mut all = Vec::new();
        for group in new {
            if let Some(was) = gone.remove(&is(1, group)) {
                let name = |g: u32| print::Id(self.union.groups.names[g as usize]).to_string();
                all.push(format!("group {} is named {} now, with the same members and statements", name(was), name(group)));
            }
        }
        few(notes, all, "group");
    }

    /// Resources that have another id, the same container and the same statements.
    fn resources(&self, notes: &mut Vec<String>, changes: &[Change], moves: &[Move]) -> Result<(), Damage> {
        let mut gone: HashMap<Resource, Option<u32>, Fast> = HashMap::default();
        let is = |number: u32, side: usize, pair: &Pair<'_>| -> Result<Option<Resource>, Damage> {
            let facts = self.places.facts_of(number).map(|i| &self.places.facts[i as usize]);
            let mut rows: Vec<_> = facts.map(|f| (f.who, f.sort, f.meaning())).collect();
            rows.sort_unstable();
            Ok((!rows.is_empty()).then_some((pair.kind, self.parent(number, side)?, rows)))
        };
        let alone = |side: usize| {
            let all = (0u32..).zip(&self.places.all);
            all.filter(move |(_, p)| p.at[1 - side] == NOWHERE && p.at[side] != NOWHERE && !p.pattern)
        };
        for (number, pair) in alone(0) {
            if let Some(what) = is(number, 0, pair)? {
                // Of several that say the same nobody can tell which one has another name.
                gone.entry(what).and_modify(|one| *one = None).or_insert(Some(number));
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let told: HashSet<(&str, &str)> =
            changes.iter().flat_map(|c| c.resources.iter().map(|r| (c.kind.as_str(), r.as_str()))).collect();
        let mut all = Vec::new();
        for (number, pair) in alone(1) {
            let Some(was) = is(number, 1, pair)?.and_then(|what| gone.remove(&what)).flatten() else { continue };
            let (kind, old, new) = (self.union.kinds[pair.kind as usize].name, self.places.all[was as usize].id, pair.id);
            let organization = kind == "organization";
            // What moves with it tells that it has another name.
            if organization && moves.iter().any(|m| m.renamed && m.from == old && m.to == new) {
                continue;
            }
            let what = match [old, new].iter().any(|id| told.contains(&(kind, *id))) {
                true => "a renamed resource is lost and gained",
                false if organization => "who signs in to it has to name the new one",
                false => "nobody has access to either",
            };
            let (old, new) = (print::Id(old), print::Id(new));
            all.push(format!("{kind} {old} is gone, and {kind} {new} has the same statements: {what}"));
        }
        few(notes, all, "resource");
        Ok(())
    }
}

/// Tells a few, or how many there are.
fn few(notes: &mut Vec<String>, all: Vec<String>, what: &str) {
    let more = all.len().saturating_sub(TOLD);
    notes.extend(all.into_iter().take(TOLD));
    match more {
        0 => {}
        1 => notes.push(format!("and 1 more {what} has another name")),
        _ => notes.push(format!("and {more} more {what}s have other names")),
    }
}
