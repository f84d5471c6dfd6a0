//! Which statements some test or invariant would miss: each is taken out alone, and all are tried again.

use super::prove::{When, prove};
use super::question::QuestionError;
use crate::model::Sound;
use crate::source::{Sources, Span};
use crate::table;

/// A statement, and whether its loss would be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Where it is said.
    pub span: Span,
    /// Whether a test or an invariant that holds would fail without it.
    pub noticed: bool,
}

/// Takes out each entry, prohibition, member, owner and assignment alone, and tries every test and invariant without it, in
/// the order of files and places. A line that is several facts is noticed where any of them is. All of them should hold
/// before. The work is a compilation and a run of all tests for each fact.
///
/// # Errors
/// Those of [`prove`].
pub fn coverage(sound: &mut Sound, sources: &Sources, when: When) -> Result<Vec<Covered>, QuestionError> {
    let mut covered = Vec::new();
    for fact in sound.facts() {
        let (span, noticed) = sound.without(fact, |less| {
            let Ok(table) = table::compile(less, sources) else {
                unreachable!("a policy that fits also fits without a statement")
            };
            prove(&table, less.model(), "", when).map(|tried| tried.failed > 0)
        });
        covered.push(Covered { span, noticed: noticed? });
    }
    covered.sort_by_key(|c| (c.span.file, c.span.start, c.span.end, !c.noticed));
    covered.dedup_by_key(|c| c.span);
    Ok(covered)
}

/// How many of a hundred are noticed, never rounded up; all of none.
pub fn percentage(covered: &[Covered]) -> usize {
    let noticed = covered.iter().filter(|c| c.noticed).count();
    (noticed * 100).checked_div(covered.len()).unwrap_or(100)
}
