//! Resources that lie in another organization: what moved them, and who has what there by signing in to either one.
//!
//! Everyone is compared as who signs in to the organization of the resource. Where that is another one, a sign-in to the old
//! one has nothing there any longer and one to the new one had nothing: what each side gives is looked at by itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use indexmap::{IndexMap, IndexSet};

use super::alike::ALL_SETS;
use super::cause::Blame;
use super::classes::{Changed, Relevant};
use super::engine::{Engine, FoundIn, Key, Seen};
use super::places::{NOWHERE, Pair};
use super::union::Fast;
use super::{Cause, Change, Danger, Move, Moved, Room, Sort};
use crate::syntax::print;
use crate::table::decide::Resource;
use crate::table::view::Damage;

/// So many of those that lie elsewhere are listed with their places.
const LISTED: usize = 100;
/// So many of what moves are shown by their places where nothing else shows where they lie.
const SHOWN: usize = 3;

/// Organizations as the two sides call those of a resource, where they differ.
type Other = Option<[String; 2]>;

/// An id that a place speaks of, if there is any, and its two organizations.
type Parted = (Option<String>, [String; 2]);

/// What was found on each side.
type Held = [Vec<(Key, u32)>; 2];

/// All that moves.
#[derive(Default)]
pub struct Moves {
    pub moved: Vec<Moved>,
    pub moves: Vec<Move>,
    /// What the moved resources gave, and what they give.
    pub held: [Vec<Change>; 2],
}

impl Engine<'_> {
    /// Resources that lie in another organization.
    pub fn moves(&mut self) -> Result<Moves, Damage> {
        let mut known: HashMap<[u32; 2], Other, Fast> = HashMap::default();
        let mut pairs: IndexMap<[String; 2], (IndexSet<Blame>, Vec<u32>)> = IndexMap::new();
        let mut moved = Vec::new();
        let mut held: [FoundIn; 2] = Default::default();
        let mut bare: HashMap<(u32, [u32; 2]), Held, Fast> = HashMap::default();
        let unasked = std::mem::take(&mut self.unasked);
        self.leave = ALL_SETS;
        for place in 0..self.places.all.len() {
            let Some((id, [from, to])) = self.other_organization(place, &mut known)? else { continue };
            let Pair { kind, around, pattern, .. } = self.places.all[place];
            let blame = self.elsewhere(place as u32)?.unwrap_or(Blame::Place(place as u32));
            let entry = pairs.entry([from.clone(), to.clone()]);
            let number = entry.index() as u32;
            let (blames, some) = entry.or_default();
            blames.insert(blame);
            some.extend((some.len() < SHOWN).then_some(place as u32));
            let (named, resource) = self.place_name(place as u32);
            let plain = !pattern && !self.places.all[place].at.contains(&NOWHERE) && self.says_nothing(place)?;
            let taken = match bare.get(&(kind, around)).filter(|_| plain) {
                Some(taken) => taken.clone(),
                None => {
                    let mut taken = [Vec::new(), Vec::new()];
                    let mut whole = true;
                    for (side, taken) in taken.iter_mut().enumerate() {
                        let before = self.unasked;
                        *taken = self.held(side, place, id.as_deref(), number)?;
                        whole &= std::mem::replace(&mut self.unasked, before) == before;
                    }
                    self.unasked += usize::from(!whole);
                    if plain {
                        bare.insert((kind, around), taken.clone());
                    }
                    taken
                }
            };
            for (held, taken) in held.iter_mut().zip(taken) {
                taken.into_iter().for_each(|key| held.entry(key).or_default().push(resource.clone()));
            }
            moved.push(Moved { kind: named, resource, from, to });
        }
        self.unasked = self.unasked.max(unasked);
        let held = held.map(|held| self.changes(&held));
        let mut moves = Vec::new();
        let mut ends: [HashMap<&str, usize, Fast>; 2] = Default::default();
        for between in pairs.keys() {
            ends.iter_mut().zip(between).for_each(|(count, name)| *count.entry(name).or_default() += 1);
        }
        for (number, (between, (blames, some))) in pairs.iter().enumerate() {
            let any = [0, 1].map(|side: usize| held[side].iter().any(|c| c.cause == number));
            let alone = ends.iter().zip(between).all(|(count, name)| count.get(name.as_str()) == Some(&1));
            moves.push(self.one_move(between, blames, some, any, alone)?);
        }
        Ok(Moves { moved, moves, held })
    }

    /// The two organizations of a place, where they differ, and an id of it; a pattern may speak of no id at all.
    fn other_organization(&self, place: usize, known: &mut HashMap<[u32; 2], Other, Fast>) -> Result<Option<Parted>, Damage> {
        let pair = &self.places.all[place];
        if self.union.kinds[pair.kind as usize].name == "organization" {
            return Ok(None);
        }
        let id = || if pair.pattern { self.fresh(pair.kind, pair.id) } else { Some(pair.id.to_owned()) };
        let other = if pair.at.contains(&NOWHERE) {
            // What one side declares may be what a pattern of the other speaks of.
            let Some(id) = id() else { return Ok(None) };
            let [Some(old), Some(new)] = self.resource(pair.kind, &id)? else { return Ok(None) };
            differ([self.union.tables[0].organization(old)?.0, self.union.tables[1].organization(new)?.0])
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
        Ok(other.map(|other| (id(), other)))
    }

    /// The kind of a place, and its id or pattern.
    fn place_name(&self, place: u32) -> (String, String) {
        let pair = &self.places.all[place as usize];
        let id = if pair.pattern { format!("{}*", pair.id) } else { pair.id.to_owned() };
        (self.union.kinds[pair.kind as usize].name.to_owned(), id)
    }

    /// Whether a place says nothing on either side.
    fn says_nothing(&self, place: usize) -> Result<bool, Damage> {
        let mut any = false;
        for side in [0, 1] {
            self.union.tables[side].lines(Some(self.places.all[place].at[side]), |_| any = true)?;
        }
        Ok(!any)
    }

    /// What one side gives on a resource, as what is lost or gained where the other one gives nothing.
    fn held(&mut self, side: usize, place: usize, id: Option<&str>, number: u32) -> Result<Vec<(Key, u32)>, Damage> {
        let Some(id) = id else { return Ok(Vec::new()) };
        let Pair { kind, at, around, .. } = self.places.all[place];
        let declared = !self.places.all[place].pattern && at[side] != NOWHERE;
        let mut on: [Option<Resource<'_>>; 2] = [None, None];
        on[side] = self.resource(kind, id)?[side];
        let mut relevant = Relevant { changed: Changed::all(true), ..Relevant::default() };
        let arounds = if declared {
            relevant.add(&self.union, side, Some(at[side]), &mut self.ends)?;
            vec![around[side]]
        } else {
            self.ground(&mut relevant, side, on[side])?[1].clone()
        };
        let (old, new) = if side == 0 { (&arounds[..], &[][..]) } else { (&[][..], &arounds[..]) };
        self.around(&mut relevant, old, new)?;
        relevant.settle();
        self.moving = Some(number);
        let seen = Seen { kind, on, place: if declared { place as u32 } else { NOWHERE } };
        let taken = self.compare(&seen, &relevant);
        self.moving = None;
        taken
    }

    /// What moved all that lay in one organization and lies in another; `alone` is where nothing else leaves the one or comes
    /// to the other.
    fn one_move(
        &self,
        between: &[String; 2],
        blames: &IndexSet<Blame>,
        some: &[u32],
        held: [bool; 2],
        alone: bool,
    ) -> Result<Move, Damage> {
        let [from, to] = between.clone();
        let (mut statements, mut movers) = (Vec::new(), Vec::new());
        let mut renamed = false;
        for blame in blames {
            let Blame::Place(place) = blame else { continue };
            movers.push(self.place_name(*place));
            if movers.len() <= LISTED {
                statements.extend(self.place_cause(*place)?.statements);
            }
        }
        let one = if let ([(kind, id)], Some(Blame::Place(place))) = (movers.as_slice(), blames.first()) {
            (kind == "organization" && *id == from).then_some(*place)
        } else {
            None
        };
        if let Some(old) = one.filter(|place| self.places.all[*place as usize].at[1] == NOWHERE) {
            let kind = self.places.all[old as usize].kind;
            let new = (0u32..).zip(&self.places.all).find(|(_, p)| p.kind == kind && !p.pattern && p.id == to);
            if let Some((new, _)) = new.filter(|(_, p)| p.at[0] == NOWHERE) {
                let carried = |place: u32| self.places.facts_of(place).all(|fact| self.renames.carries(fact));
                // What is split in two, or joined of two, has not another name.
                renamed = alone && self.renames.other(old) == Some(new) && carried(old) && carried(new);
                statements.extend(self.place_cause(new)?.statements);
            }
        }
        // Where what it lay in is gone, the new places are those of what moved.
        if !statements.iter().any(|s| s.new) {
            for place in some {
                statements.extend(self.place_cause(*place)?.statements.into_iter().filter(|s| s.new));
            }
        }
        let (old, new) = (print::Id(&from), print::Id(&to));
        let text = match renamed {
            true => format!("organization {old} is named {new} now"),
            false => format!("resources move from organization {old} to {new}"),
        };
        let cause = Cause {
            sort: Sort::Place,
            text,
            statements,
            lifts: false,
            opening: None,
            group: None,
            parts: Vec::new(),
            danger: Danger::NONE,
            room: Room::Rest,
        };
        Ok(Move { from, to, renamed, movers, cause, held })
    }
}

/// The names of two organizations that differ; a resource in none lies in `default`.
fn differ(names: [Option<String>; 2]) -> Other {
    let [from, to] = names.map(|name| name.unwrap_or_else(|| "default".into()));
    (from != to).then_some([from, to])
}
