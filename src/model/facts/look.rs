//! The names of a chunk, looked up all together before its rows are bound.
//!
//! A name among millions costs several reads of slow memory. Here they wait side by side and on every core; bound one
//! row at a time, each would wait for the one before.

use super::rows::{Cell, Chunk, Row, UNKNOWN};
use crate::facts::Sort;
use crate::model::names::Names;
use crate::model::{Model, PlaceId};

/// How many rows are looked up at a time: their names stay in the fastest memory.
const BLOCK: usize = 256;

/// The ids that a name may be one of, and for ids of resources the places that have them.
type Known<'m> = (&'m Names, Option<&'m [PlaceId]>);

/// A name on its way to its number.
struct Search<'m, 's> {
    known: Known<'m>,
    name: &'s str,
    hash: u32,
    guess: Option<u32>,
}

/// Fills in the numbers of the names that the model has already.
pub fn up(model: &Model, chunk: &mut Chunk<'_>) {
    let mut searches = Vec::with_capacity(BLOCK * 2);
    for start in (0..chunk.rows.len()).step_by(BLOCK) {
        searches.clear();
        let rows = &chunk.rows[start..chunk.rows.len().min(start + BLOCK)];
        rows.iter().for_each(|row| searches.extend(searches_of(model, chunk, row)));
        for search in searches.iter_mut().flatten() {
            search.guess = search.known.0.guess(search.hash);
        }
        for (at, search) in searches.iter().enumerate() {
            let found = search.as_ref().and_then(|search| search.found(model));
            chunk.rows[start + at / 2].known[at % 2] = found.unwrap_or(UNKNOWN);
        }
    }
}

/// The two names of a row that may be among millions.
fn searches_of<'m, 's>(model: &'m Model, chunk: &Chunk<'s>, row: &Row) -> [Option<Search<'m, 's>>; 2] {
    let cells = &row.cells;
    let who = |kind: usize| match chunk.plain(cells[kind])? {
        "user" => Some((&model.users, None)),
        "group" => Some((&model.groups, None)),
        _ => None,
    };
    let place = |kind: usize| {
        let (names, places) = model.index.ids(model.kind_names.get(chunk.plain(cells[kind])?)?)?;
        Some((names, Some(places)))
    };
    let search = |known: Option<Known<'m>>, name: usize| {
        let (known, name) = (known?, chunk.plain(cells[name])?);
        Some(Search { known, name, hash: known.0.hash(name), guess: None })
    };
    match chunk.data.sort {
        Sort::Members if cells[3] == Cell::NONE => {
            [search(Some((&model.groups, None)), 0), search(Some((&model.users, None)), 1)]
        }
        Sort::Members => [search(Some((&model.groups, None)), 0), search(who(2), 3)],
        Sort::Resources => [search(place(0), 1), search(place(2), 3)],
        Sort::Accesses => [search(place(0), 1), search(who(2), 3)],
        Sort::Assignments => [search(who(1), 2), search(place(3), 4)],
    }
}

impl Search<'_, '_> {
    /// The number of the name; a place only where it is declared.
    fn found(&self, model: &Model) -> Option<u32> {
        let (names, places) = self.known;
        let guess = self.guess?;
        let id = if names.name(guess) == self.name { guess } else { names.get(self.name)? };
        let Some(places) = places else { return Some(id) };
        places.get(id as usize).copied().filter(|place| model.places[*place as usize].declared)
    }
}
