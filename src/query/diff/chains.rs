//! The places that may speak of a resource, the closest first, also those that say nothing there: by what lies where on either
//! side.

use std::rc::Rc;

use indexmap::IndexSet;

use super::cause::Blame;
use super::engine::{Engine, Seen};
use super::places::NOWHERE;
use super::union::Fast;
use crate::table::decide::Resource;
use crate::table::view::Damage;

/// So many moves on the way of one resource are told apart.
const MOVES: usize = 4;

/// What lies elsewhere on the way of a resource, and the places on it for each choice of these moves.
pub struct Way {
    pub moves: IndexSet<Blame, Fast>,
    /// By the moves that are made, as bits: the resource and its containers with the patterns that match them; none where it is not there.
    pub chains: Vec<Option<Vec<u32>>>,
}

impl Engine<'_> {
    /// The way of a resource; none where too much of it lies elsewhere. Many ask for that of one resource one after the other.
    pub fn ways(&self, seen: &Seen<'_>) -> Result<Option<Rc<Way>>, Damage> {
        if let Some((_, way)) = self.last.borrow().as_ref().filter(|(place, _)| *place == seen.place && *place != NOWHERE) {
            return Ok(Some(Rc::clone(way)));
        }
        let way = self.way_of(seen)?.map(Rc::new);
        *self.last.borrow_mut() = way.clone().map(|way| (seen.place, way));
        Ok(way)
    }

    fn way_of(&self, seen: &Seen<'_>) -> Result<Option<Way>, Damage> {
        let mut moves: IndexSet<Blame, Fast> = IndexSet::default();
        let mut next = vec![seen.place];
        let patterns = self.patterns_of(seen)?;
        if seen.on.iter().any(|on| !matches!(on, Some(Resource::Declared(_)))) {
            next.extend(&patterns);
        }
        let own = next.len();
        next.extend(patterns.iter().filter(|_| own == 1));
        let mut at = 0;
        while at < next.len() {
            let place = next[at];
            if place != NOWHERE {
                moves.extend(self.moved(place, at < own)?);
                // What patterns say of a container counts where they lie in one of its own.
                if at >= own {
                    let pair = &self.places.all[place as usize];
                    for pattern in self.places.patterns(pair.kind, pair.id) {
                        moves.extend(self.moved(pattern, false)?);
                    }
                }
                for side in [0, 1] {
                    let parent = self.container(place, side)?;
                    if parent != NOWHERE && !next.contains(&parent) {
                        next.push(parent);
                    }
                }
            }
            at += 1;
        }
        if moves.len() > MOVES {
            return Ok(None);
        }
        let chains = (0..1usize << moves.len()).map(|made| self.chain(seen, &patterns, &moves, made));
        Ok(Some(Way { chains: chains.collect::<Result<_, _>>()?, moves }))
    }

    /// What makes a place lie elsewhere; also that one side alone has it, where it is a resource or a pattern of its own.
    fn moved(&self, place: u32, own: bool) -> Result<Option<Blame>, Damage> {
        if self.places.all[place as usize].at.contains(&NOWHERE) {
            return Ok(own.then_some(Blame::Place(place)));
        }
        let parents = [self.container(place, 0)?, self.container(place, 1)?];
        // Where a container has another name, it is that container, and not all that lies in it.
        let gone = parents[0] != NOWHERE && self.places.all[parents[0] as usize].at[1] == NOWHERE;
        Ok((parents[0] != parents[1]).then_some(Blame::Place(if gone { parents[0] } else { place })))
    }

    /// The places on the way of a resource where some moves are made.
    fn chain(
        &self,
        seen: &Seen<'_>,
        patterns: &[u32],
        moves: &IndexSet<Blame, Fast>,
        made: usize,
    ) -> Result<Option<Vec<u32>>, Damage> {
        let side = |blame: &Blame| moves.get_index_of(blame).map_or(1, |bit| made >> bit & 1);
        // The container of a place, by the moves that are made.
        let lies = |place: u32| -> Result<u32, Damage> {
            let at = self.places.all[place as usize].at;
            match at.iter().position(|at| *at == NOWHERE) {
                Some(lacks) => self.container(place, 1 - lacks),
                None => self.container(place, self.moved(place, false)?.as_ref().map_or(1, side)),
            }
        };
        let there = |place: u32| {
            let at = self.places.all[place as usize].at;
            at[side(&Blame::Place(place))] != NOWHERE || !at.contains(&NOWHERE)
        };
        let declared = |side: usize| matches!(seen.on[side], Some(Resource::Declared(_)));
        let itself = seen.place != NOWHERE && if declared(0) && declared(1) { true } else { there(seen.place) };
        let mut container = NOWHERE;
        if itself {
            container = lies(seen.place)?;
        } else {
            if !seen.on.iter().any(|on| matches!(on, Some(Resource::Matched(_)))) || !patterns.iter().any(|p| there(*p)) {
                return Ok(None);
            }
            // What patterns make known lies where the longest one lies that has a container.
            for place in patterns.iter().filter(|p| there(**p)) {
                if container == NOWHERE {
                    container = lies(*place)?;
                }
            }
        }
        let mut containers = Vec::new();
        while container != NOWHERE && !containers.contains(&container) {
            containers.push(container);
            container = lies(container)?;
        }
        // A pattern with a container speaks of what lies in that one.
        let speaking = |patterns: &[u32], containers: &[u32], all: &mut Vec<u32>| -> Result<(), Damage> {
            for place in patterns {
                let own = lies(*place)?;
                if own == NOWHERE || containers.contains(&own) {
                    all.push(*place);
                }
            }
            Ok(())
        };
        let mut all: Vec<u32> = itself.then_some(seen.place).into_iter().collect();
        speaking(patterns, &containers, &mut all)?;
        for (i, container) in containers.iter().enumerate() {
            all.push(*container);
            let pair = &self.places.all[*container as usize];
            speaking(&self.places.patterns(pair.kind, pair.id), &containers[i + 1..], &mut all)?;
        }
        Ok(Some(all))
    }

    /// The patterns of either side that match a resource, the longest first.
    fn patterns_of(&self, seen: &Seen<'_>) -> Result<Vec<u32>, Damage> {
        if let Some(pair) = self.places.all.get(seen.place as usize) {
            return Ok(self.places.patterns(pair.kind, pair.id));
        }
        let mut all = Vec::new();
        for side in [0, 1] {
            if let Some(on) = seen.on[side] {
                all.extend(self.way(side, on)?.0);
            }
        }
        all.sort_unstable_by_key(|place| (std::cmp::Reverse(self.places.all[*place as usize].id.len()), *place));
        all.dedup();
        Ok(all)
    }
}
