//! What differs and changes no decision: statements of either side that no cause names.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use indexmap::IndexSet;

use super::Statement;
use super::cause::Blame;
use super::engine::Engine;
use super::places::{NOWHERE, Pair};
use super::union::{Fast, Party};
use crate::report::count;
use crate::table::RowSort;
use crate::table::compare::Sort as RowKind;
use crate::table::view::Damage;

impl Engine<'_> {
    /// Statements that differ and that nothing was blamed on.
    pub fn quiet(&self, blames: &IndexSet<Blame, Fast>) -> Result<Vec<Statement>, Damage> {
        // What is to blame together with something else is to blame.
        let blames: HashSet<Blame> = blames.iter().flat_map(Blame::parts).cloned().collect();
        let mut quiet = self.quiet_rows(&blames)?;
        let told = self.told_members();
        for (i, join) in (0..).zip(&self.joins.all) {
            let named = match join.who {
                Party::User(user) => self.is_told(&told, user, (join.group, self.joins.joins(join))),
                _ => [Some(i), self.joins.pair(join)].into_iter().flatten().any(|i| blames.contains(&Blame::Nest(i))),
            };
            if !named {
                quiet.push(self.join_statement(join));
            }
        }
        for name in self.changed_roles() {
            if !blames.iter().any(|b| matches!(b, Blame::Role(role) if self.changed_role(role) == name)) {
                quiet.extend(self.role_statements(&name));
            }
        }
        quiet.extend(self.quiet_roles(&blames)?);
        let owners = self.places.facts.iter().filter(|f| f.side == 0 && self.places.other_role_of_owner(f));
        let kinds: BTreeSet<u32> = owners.map(|f| self.places.all[f.place as usize].kind).collect();
        for kind in kinds.into_iter().filter(|kind| !blames.contains(&Blame::Owner(*kind))) {
            quiet.extend(self.owner_statements(kind)?);
        }
        let both = (0..).zip(&self.union.kinds).filter(|(_, k)| !k.same && k.ids.iter().all(Option::is_some));
        for (kind, _) in both.filter(|(kind, _)| !blames.contains(&Blame::Vocabulary(*kind))) {
            quiet.extend(self.kind_statements(kind));
        }
        quiet.extend(self.quiet_places(&blames)?);
        quiet.sort_by_cached_key(|s| (s.source.as_ref().map(|o| (o.file.clone(), o.line, o.column)), s.new, s.text.clone()));
        quiet.dedup();
        Ok(quiet)
    }

    /// Roles that one side alone has; what a cause assigns comes with it.
    fn quiet_roles(&self, blames: &HashSet<Blame>) -> Result<Vec<Statement>, Damage> {
        let alone = |number: &u32| {
            let role = &self.roles.all[*number as usize];
            let side = role.of.iter().position(Option::is_some).unwrap_or(0);
            let own = self.sides[side].from.is_some_and(|(model, sources)| {
                let span = model.roles.get(&role.name).map(|id| model.role_list[id as usize].span);
                span.is_some_and(|span| !sources.get(span.file).is_embedded())
            });
            own && role.of.iter().any(Option::is_none)
        };
        let alone: Vec<u32> = (0..self.roles.all.len() as u32).filter(alone).collect();
        let mut told = HashSet::new();
        for blame in blames.iter().filter(|_| !alone.is_empty()) {
            let rows: Vec<u32> = match blame {
                Blame::Row(fact) => [Some(*fact), self.places.facts[*fact as usize].pair].into_iter().flatten().collect(),
                Blame::Several(facts) => facts.to_vec(),
                _ => Vec::new(),
            };
            let mut names: Vec<String> = Vec::new();
            for row in rows.into_iter().map(|row| &self.places.facts[row as usize]).filter(|row| row.sort == RowKind::Role) {
                names.extend(self.row_of(row, RowSort::Role)?.role);
            }
            if let Blame::Role(name) = blame {
                names.push(name.clone());
            }
            for role in names.iter().filter_map(|name| self.roles.find(name)) {
                told.extend(self.roles.within(role, &|_, _| true));
            }
        }
        let quiet = alone.iter().filter(|role| !told.contains(role));
        Ok(quiet.flat_map(|role| self.role_statements(&self.roles.all[*role as usize].name)).collect())
    }

    /// Entries, prohibitions, assignments and members of organizations.
    fn quiet_rows(&self, blames: &HashSet<Blame>) -> Result<Vec<Statement>, Damage> {
        // What an organization says under two names is the same.
        let mut blamed: Vec<bool> = (0..).zip(&self.places.facts).map(|(i, _)| self.renames.carries(i)).collect();
        for blame in blames {
            match blame {
                Blame::Row(fact) => {
                    blamed[*fact as usize] = true;
                    if let Some(pair) = self.places.facts[*fact as usize].pair {
                        blamed[pair as usize] = true;
                    }
                }
                Blame::Several(facts) => facts.iter().for_each(|f| blamed[*f as usize] = true),
                Blame::Door(place) => {
                    let members = self.facts_at(*place).map(|f| f as usize);
                    members.filter(|f| self.places.facts[*f].sort == RowKind::Member).for_each(|f| blamed[f] = true);
                }
                _ => {}
            }
        }
        let mut quiet = Vec::new();
        for (fact, _) in self.places.facts.iter().zip(&blamed).filter(|(f, blamed)| !**blamed && !self.places.same_words(f)) {
            if !self.says_the_same(fact)? {
                quiet.push(self.statement(fact)?);
            }
        }
        Ok(quiet)
    }

    /// Places that one side alone has. What lies in one of them is counted there.
    fn quiet_places(&self, blames: &HashSet<Blame>) -> Result<Vec<Statement>, Damage> {
        let mut told: BTreeMap<u32, (u32, usize)> = BTreeMap::new();
        for (place, pair) in (0u32..).zip(&self.places.all) {
            let Some(side) = alone(pair) else { continue };
            // What is new is seen where something is said of it.
            let seen = side == 1 && self.places.facts_of(place).next().is_some();
            // What stands in a statement alone is told with it.
            let told_apart = !seen && self.renames.other(place).is_none() && !blames.contains(&Blame::Place(place));
            if told_apart && self.made_by(place)?.is_none() {
                told.insert(place, (self.parent(place, side)?, 0));
            }
        }
        // Each hands what it counts on to what it lies in, as far as that is told.
        let mut waiting: HashMap<u32, usize, Fast> = HashMap::default();
        for (parent, _) in told.values() {
            *waiting.entry(*parent).or_default() += 1;
        }
        let mut ready: Vec<u32> = told.keys().copied().filter(|place| !waiting.contains_key(place)).collect();
        while let Some(place) = ready.pop() {
            let Some((parent, inside)) = told.get(&place).copied() else { continue };
            let Some(outer) = told.get_mut(&parent) else { continue };
            outer.1 += inside + 1;
            if let Some(left) = waiting.get_mut(&parent) {
                *left -= 1;
                ready.extend((*left == 0).then_some(parent));
            }
        }
        let mut quiet = Vec::new();
        for (place, (_, inside)) in told.iter().filter(|(_, (parent, _))| !told.contains_key(parent)) {
            let within = if *inside == 0 { String::new() } else { format!(", and {} in it", count(*inside, "resource")) };
            let all = self.place_cause(*place)?.statements.into_iter();
            quiet.extend(all.map(|s| Statement { text: format!("{}{within}", s.text), ..s }));
        }
        Ok(quiet)
    }
}

/// The side that alone has a place.
fn alone(pair: &Pair<'_>) -> Option<usize> {
    match pair.at {
        [_, NOWHERE] => Some(0),
        [NOWHERE, _] => Some(1),
        _ => None,
    }
}
