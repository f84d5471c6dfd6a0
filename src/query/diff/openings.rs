//! How a cause lets people in that is no grant alone: by what it leaves behind, or took away before.

use super::cause::{Blame, Case};
use super::engine::Engine;
use super::{Left, Opening};
use crate::query::reason::{ReasonKind, entry_of};
use crate::table::RowSort;
use crate::table::decide::{Cause as By, RowId};
use crate::table::view::Damage;

/// What kept people out on the old side, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// An organization that only members can sign in to.
    Closed(u32),
    /// A prohibition.
    Cannot(RowId),
}

impl Engine<'_> {
    /// Whether something that lies elsewhere leaves behind what kept somebody out; that is kept with the cause.
    pub fn leaves_behind(&self, blame: &Blame, case: &Case<'_>) -> Result<bool, Damage> {
        let behind = match self.verdict(case, 0)?.map(|old| old.cause) {
            Some(By::NotMember(organization)) => Behind::Closed(organization),
            Some(By::Prohibited(row)) => Behind::Cannot(row),
            _ => return Ok(false),
        };
        let mut all = self.behind.borrow_mut();
        let known = all.entry(blame.clone()).or_default();
        if !known.contains(&behind) {
            known.push(behind);
        }
        Ok(true)
    }

    /// How a cause lets people in, where more can be said than that it takes less away.
    pub fn opening(&self, blame: &Blame) -> Result<Option<Opening>, Damage> {
        if let Some(behind) = self.behind.borrow().get(blame) {
            let table = self.union.tables[0];
            let words = |one: &Behind| -> Result<Left, Damage> {
                Ok(match one {
                    Behind::Closed(organization) => {
                        Left::Closed(table.place(*organization)?.map_or_else(|| "default".into(), |place| place.id))
                    }
                    Behind::Cannot(row) => {
                        let row = table.row(*row, RowSort::Cannot)?;
                        let place = row.place.as_ref().map_or(String::new(), |place| format!(" in {}", place.statement()));
                        let text = entry_of(ReasonKind::Prohibited, row, RowSort::Cannot).text;
                        Left::Cannot(format!("{text}{place}"))
                    }
                })
            };
            return Ok(Some(Opening::Leaves(behind.iter().map(words).collect::<Result<_, _>>()?)));
        }
        let turned = |blame: &Blame| matches!(blame, Blame::Row(fact) if self.places.turned(*fact));
        Ok(turned(blame).then_some(Opening::Turned))
    }
}
