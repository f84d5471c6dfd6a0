//! Organizations that have another name: what they still say is no edit, and what lies in them moved nowhere.

use std::collections::{HashMap, HashSet};

use super::engine::Engine;
use super::places::{NOWHERE, Pair};
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

/// What lies in a place of one side.
#[derive(Default)]
struct In {
    all: usize,
    /// So much of it is on the other side, too, in this place of it, or in several.
    both: usize,
    there: Option<u32>,
    parted: bool,
}

impl In {
    /// The place in which all that is left of it lies, where that is half of it or more.
    fn whole(&self) -> Option<u32> {
        self.there.filter(|_| !self.parted && self.both * 2 >= self.all)
    }
}

impl Renames {
    /// A place as the new side calls it.
    pub fn now(&self, place: u32) -> u32 {
        self.now.get(&place).copied().unwrap_or(place)
    }

    /// The other name of a place.
    pub fn other(&self, place: u32) -> Option<u32> {
        self.now.get(&place).or_else(|| self.was.get(&place)).copied()
    }

    /// Whether a row is said of an organization under both names.
    pub fn carries(&self, fact: u32) -> bool {
        self.carried.contains(&fact)
    }
}

impl Engine<'_> {
    /// Finds the organizations that have another name: one is gone and one is new, all that lay in the one and is still there lies in
    /// the other, with nothing else that was there before, and that is half of what lay or lies in either, or more.
    pub fn rename(&mut self) -> Result<(), Damage> {
        let alone = |side: usize| {
            let all = (0u32..).zip(&self.places.all);
            let all = all.filter(|(place, p)| p.at[1 - side] == NOWHERE && self.is_organization(*place));
            // Where a pattern speaks of one name, the other may be told otherwise.
            let free = |p: &Pair<'_>| p.id != "default" && self.places.patterns(p.kind, p.id).is_empty();
            all.filter(|(_, p)| free(p)).map(|(place, _)| place).collect::<HashSet<u32>>()
        };
        let (gone, new) = (alone(0), alone(1));
        if gone.is_empty() || new.is_empty() {
            return Ok(());
        }
        // How much lies in each of them, and how much of it in which other place on the other side.
        let mut other: [HashMap<u32, In, Fast>; 2] = Default::default();
        for (place, pair) in (0u32..).zip(&self.places.all) {
            let parents = [0, 1].map(|side: usize| self.parent(place, side));
            let [old, new] = parents;
            let parents = [old?, new?];
            let both = !pair.at.contains(&NOWHERE);
            for (side, there) in other.iter_mut().enumerate().filter(|(side, _)| pair.at[*side] != NOWHERE) {
                let within = there.entry(parents[side]).or_default();
                within.all += 1;
                within.both += usize::from(both);
                if both && within.there.get_or_insert(parents[1 - side]) != &parents[1 - side] {
                    within.parted = true;
                }
            }
        }
        let [from, into] = other;
        for (old, was) in &from {
            let Some(to) = was.whole().filter(|to| gone.contains(old) && new.contains(to)) else { continue };
            if into.get(&to).and_then(In::whole) == Some(*old) {
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
