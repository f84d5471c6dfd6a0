//! What both sides differ in as a whole: kinds, and what has another name.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::engine::Engine;
use super::places::{NOWHERE, Pair};
use super::union::{Fast, Party};
use super::{Diff, Moved};
use crate::model::kinds::Kind;
use crate::syntax::print;
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// So many names are told; a change that renames more is told by its number.
const TOLD: usize = 5;

/// Statements, each with its place.
type Said = Vec<(u32, Sort, u32)>;
/// Members with their ends, and statements.
type Group = (Vec<(u32, u32)>, Said);
/// A kind, a container, and statements.
type Resource = (u32, u32, Vec<(Party, Sort, u32)>);

impl Engine<'_> {
    /// What both sides as a whole differ in.
    pub fn notes(&self) -> Result<Vec<String>, Damage> {
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
        self.resources(&mut notes)?;
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
        let mut is = |side: usize, group: u32| -> Group {
            let mut rows = said[side].remove(&group).unwrap_or_default();
            rows.sort_unstable();
            (self.union.members[side][group as usize].to_vec(), rows)
        };
        let mut gone: HashMap<Group, u32, Fast> = HashMap::default();
        for group in old {
            let what = is(0, group);
            if !(what.0.is_empty() && what.1.is_empty()) {
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
    fn resources(&self, notes: &mut Vec<String>) -> Result<(), Damage> {
        let mut gone: HashMap<Resource, u32, Fast> = HashMap::default();
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
                gone.insert(what, number);
            }
        }
        let mut all = Vec::new();
        for (number, pair) in alone(1) {
            let was = is(number, 1, pair)?.and_then(|what| gone.remove(&what));
            if let Some(was) = was {
                let (kind, old) = (self.union.kinds[pair.kind as usize].name, self.places.all[was as usize].id);
                let (old, new) = (print::Id(old), print::Id(pair.id));
                all.push(format!(
                    "{kind} {old} is gone, and {kind} {new} has the same statements: a renamed resource is lost and gained"
                ));
            }
        }
        few(notes, all, "resource");
        Ok(())
    }
}

/// Organizations as the two sides call those of a resource, where they differ.
type Other = Option<[String; 2]>;

impl Engine<'_> {
    /// Resources that lie in another organization.
    pub fn moved(&self) -> Result<Vec<Moved>, Damage> {
        let mut known: HashMap<[u32; 2], Other, Fast> = HashMap::default();
        let mut moved = Vec::new();
        for pair in &self.places.all {
            let kind = self.union.kinds[pair.kind as usize].name;
            if kind == "organization" {
                continue;
            }
            let other = if pair.at.contains(&NOWHERE) {
                // What one side declares may be what a pattern of the other speaks of.
                let id = if pair.pattern { self.fresh(pair.kind, pair.id) } else { Some(pair.id.to_owned()) };
                let Some(id) = id else { continue };
                let [Some(old), Some(new)] = self.resource(pair.kind, &id)? else { continue };
                let [old, new] = [self.union.tables[0].organization(old)?.0, self.union.tables[1].organization(new)?.0];
                differ([old, new])
            } else {
                match known.entry(pair.around) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => {
                        let of = |side: usize| {
                            let table = self.union.tables[side];
                            let record = table.beyond(pair.around[side])?.organization;
                            Ok(record.map(|at| table.place(at)).transpose()?.flatten().map(|p| p.id))
                        };
                        new.insert(differ([of(0)?, of(1)?])).clone()
                    }
                }
            };
            if let Some([from, to]) = other {
                let resource = if pair.pattern { format!("{}*", pair.id) } else { pair.id.to_owned() };
                moved.push(Moved { kind: kind.to_owned(), resource, from, to });
            }
        }
        Ok(moved)
    }
}

/// The names of two organizations that differ; a resource in none lies in `default`.
fn differ(names: [Option<String>; 2]) -> Other {
    let [from, to] = names.map(|name| name.unwrap_or_else(|| "default".into()));
    (from != to).then_some([from, to])
}

impl Diff {
    /// A sentence for each pair of organizations between which resources move.
    pub fn moves(&self) -> Vec<String> {
        let mut all: BTreeMap<(&String, &String), Vec<&Moved>> = BTreeMap::new();
        self.moved.iter().for_each(|m| all.entry((&m.from, &m.to)).or_default().push(m));
        let pairs = all.len();
        let mut notes = Vec::new();
        for ((from, to), moved) in all.into_iter().take(TOLD) {
            let names: Vec<String> = moved.iter().take(TOLD).map(|m| format!("{} {}", m.kind, print::Id(&m.resource))).collect();
            let more = moved.len().saturating_sub(TOLD);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let s = if moved.len() == 1 { "s" } else { "" };
            let (from, to) = (print::Id(from), print::Id(to));
            notes.push(format!(
                "{}{more} move{s} from organization {from} to {to}: only who signs in to {to} has access there now, where it was \
                 who signs in to {from}",
                names.join(", ")
            ));
        }
        if pairs > TOLD {
            notes.push(format!("and resources move between {} more pairs of organizations", pairs - TOLD));
        }
        notes
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
