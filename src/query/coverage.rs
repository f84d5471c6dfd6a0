//! Which statements some test or invariant would miss: each is taken out alone, and what depends on it is tried again.

use super::prove::When;
use super::question::QuestionError;
use super::trial::{Outcome, Trials};
use crate::model::Sound;
use crate::model::change::Change;
use crate::source::{Sources, Span};
use crate::table::Table;

/// A statement, and whether its loss would be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Where it is said.
    pub span: Span,
    /// Whether a test or an invariant that holds would fail without it.
    pub noticed: bool,
}

/// Takes out each entry, prohibition, member, owner and assignment alone, and tries what depends on it, in the order of files
/// and places; only tests and invariants whose name holds `filter` count. A line that is several facts is noticed where any of them is. `done` hears how many were
/// tried since it was last called, and how many there are.
///
/// # Errors
/// Those of a proof.
pub fn coverage(
    sound: &Sound,
    sources: &Sources,
    table: &Table,
    when: When,
    filter: &str,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Covered>, QuestionError> {
    let facts = sound.facts();
    let changes: Vec<Change> = facts.iter().copied().map(Change::Without).collect();
    let outcomes = Trials::new(sound, sources, table, when, filter)?.judge(&changes, false, done)?;
    let covered = |(fact, outcome): (_, Outcome)| Covered { span: sound.span(fact), noticed: outcome == Outcome::Noticed };
    let mut covered: Vec<Covered> = facts.into_iter().zip(outcomes).map(covered).collect();
    covered.sort_by_key(|c| (c.span.file, c.span.start, c.span.end, !c.noticed));
    covered.dedup_by_key(|c| c.span);
    Ok(covered)
}

/// How many of a hundred are noticed, never rounded up; all of none.
pub fn percentage(covered: &[Covered]) -> usize {
    let noticed = covered.iter().filter(|c| c.noticed).count();
    (noticed * 100).checked_div(covered.len()).unwrap_or(100)
}
