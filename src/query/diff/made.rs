//! Patterns that stand nowhere but in one statement: it comes and goes, and the pattern with it.

use super::cause::{Blame, Blamed};
use super::engine::Engine;
use super::places::NOWHERE;
use crate::table::RowSort;
use crate::table::compare::Sort as RowKind;
use crate::table::origins::Which;
use crate::table::view::Damage;

impl Engine<'_> {
    /// The same with the statement that names a pattern in the place of the pattern that it makes.
    pub fn by_statement(&self, blamed: Blamed) -> Result<Blamed, Damage> {
        if !blamed.blame.parts().iter().any(|part| matches!(part, Blame::Place(_))) {
            return Ok(blamed);
        }
        let mut parts = Vec::new();
        for part in blamed.blame.parts() {
            parts.push(match part {
                Blame::Place(place) => self.made_by(*place)?.unwrap_or_else(|| part.clone()),
                other => other.clone(),
            });
        }
        Ok(Blamed { blame: Blame::together(parts), ..blamed })
    }

    /// The assignment that makes a pattern of one side alone: nothing else is said of it, and it stands within that statement.
    pub fn made_by(&self, place: u32) -> Result<Option<Blame>, Damage> {
        let pair = &self.places.all[place as usize];
        let mut rows = self.places.facts_of(place);
        let (true, Some(fact), None) = (pair.pattern && pair.at.contains(&NOWHERE), rows.next(), rows.next()) else {
            return Ok(None);
        };
        let row = &self.places.facts[fact as usize];
        if row.sort != RowKind::Role {
            return Ok(None);
        }
        let (said, own) =
            (self.row_of(row, RowSort::Role)?, self.union.tables[row.side].origin(pair.at[row.side], Which::Itself)?);
        let before = (said.origin.line, said.origin.column) < (own.line, own.column);
        if said.origin.file == own.file && before && !said.owner { self.row(fact).map(Some) } else { Ok(None) }
    }
}
