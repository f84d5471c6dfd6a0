//! Organizations that have another name: what they still say is no edit, and what lies in them moved nowhere.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::engine::Engine;
use super::places::NOWHERE;
use super::union::Fast;
use crate::table::view::Damage;

/// The organizations that one side alone has, by the place that stands for each on the other.
#[derive(Debug, Default)]
pub struct Renames {
    now: HashMap<u32, u32, Fast>,
    was: HashMap<u32, u32, Fast>,
    /// Their rows that both names have.
    carried: HashSet<u32, Fast>,
}

impl Renames {
    /// A place as the new side calls it.
    pub fn now(&self, place: u32) -> u32 {
        self.now.get(&place).copied().unwrap_or(place)
    }

    /// Whether two places are one with two names.
    pub fn same(&self, old: u32, new: u32) -> bool {
        self.now.get(&old) == Some(&new)
    }

    /// Whether a row is said of an organization under both names.
    pub fn carries(&self, fact: u32) -> bool {
        self.carried.contains(&fact)
    }
}

impl Engine<'_> {
    /// Finds the organizations that have another name: one is gone and one is new, and all that lay in the one and is still there
    /// lies in the other, with nothing else that was there before.
    pub fn rename(&mut self) -> Result<(), Damage> {
        let alone = |side: usize| {
            let all = (0u32..).zip(&self.places.all);
            let all = all.filter(move |(_, p)| p.at[1 - side] == NOWHERE && p.id != "default");
            all.map(|(place, _)| place).filter(|place| self.is_organization(*place)).collect::<HashSet<u32>>()
        };
        let (gone, new) = (alone(0), alone(1));
        if gone.is_empty() || new.is_empty() {
            return Ok(());
        }
        // What lies in each of them lies in one other place, or in several.
        let mut other: [HashMap<u32, Option<u32>, Fast>; 2] = Default::default();
        let mut known: HashSet<[u32; 2], Fast> = HashSet::default();
        for (place, pair) in (0u32..).zip(&self.places.all) {
            if pair.at.contains(&NOWHERE) || !known.insert(pair.around) {
                continue;
            }
            let parents = [self.parent(place, 0)?, self.parent(place, 1)?];
            for (side, there) in other.iter_mut().enumerate() {
                match there.entry(parents[side]) {
                    Entry::Vacant(new) => _ = new.insert(Some(parents[1 - side])),
                    Entry::Occupied(mut one) if *one.get() != Some(parents[1 - side]) => _ = one.insert(None),
                    Entry::Occupied(_) => {}
                }
            }
        }
        for (old, to) in &other[0] {
            let Some(to) = to.filter(|to| gone.contains(old) && new.contains(to)) else { continue };
            if other[1].get(&to) == Some(&Some(*old)) {
                self.renames.now.insert(*old, to);
                self.renames.was.insert(to, *old);
                self.renames.carried.extend(self.places.carry(*old, to));
            }
        }
        Ok(())
    }

    /// The container of a place on a side, as the new side calls it.
    pub fn container(&self, place: u32, side: usize) -> Result<u32, Damage> {
        Ok(self.renames.now(self.parent(place, side)?))
    }

    /// The record of a place on a side, by whatever name.
    pub fn record(&self, place: u32, side: usize) -> u32 {
        let named = if side == 0 { self.renames.was.get(&place).copied().unwrap_or(place) } else { place };
        self.places.all.get(named as usize).map_or(NOWHERE, |pair| pair.at[side])
    }

    /// What differs at a place, by whatever name.
    pub fn facts_at(&self, place: u32) -> impl Iterator<Item = u32> {
        let was = self.renames.was.get(&place).map(|was| self.places.facts_of(*was));
        was.into_iter().flatten().chain(self.places.facts_of(place))
    }
}
