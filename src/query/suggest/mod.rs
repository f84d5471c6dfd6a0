//! The smallest statement that would allow what is denied, tried out, and what else it changes for whom.

mod candidates;
mod opened;

use super::diff::Diff;
use super::explain::{Explanation, explain};
use super::question::{Question, QuestionError};
use crate::policy::Policy;
use crate::source::{FileId, Origin, Source, Sources};
use opened::{Opened, Weight};

/// A statement of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The statement, one or more lines.
    pub text: String,
    /// Where it is to be written, if not anywhere: a group is declared once, and takes its members there.
    pub into: Option<Into>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Into {
    /// The file.
    pub file: FileId,
    /// The byte before which it stands.
    pub at: usize,
    /// What is written there.
    pub text: String,
    /// What is written into, for people.
    pub source: Origin,
}

/// A policy's texts with what is suggested: what stands anywhere is a file of its own.
pub fn written(sources: &mut Sources, pieces: &[Piece]) {
    let mut own = String::new();
    for piece in pieces {
        let Some(into) = &piece.into else {
            own += &piece.text;
            continue;
        };
        let file = sources.get(into.file);
        let (before, after) = file.text().split_at_checked(into.at).unwrap_or((file.text(), ""));
        let (name, text) = (file.name().to_owned(), format!("{before}{}{after}", into.text));
        sources.replace(into.file, Source::new(name, text));
    }
    if !own.is_empty() {
        sources.add(Source::new("the suggestion", own));
    }
}

/// What was found.
#[derive(Debug)]
pub enum Suggested {
    /// These statements allow it, and of those that were tried they change the least besides.
    Works(Box<Works>),
    /// No statement that is added would do, and why.
    None(String),
}

/// Statements that work.
#[derive(Debug)]
pub struct Works {
    /// The statements.
    pub pieces: Vec<Piece>,
    /// The policy with them.
    pub policy: Policy,
    /// What changes besides what was asked for, for everyone, now and later.
    pub besides: Diff,
    weight: Weight,
}

/// Finds the statements that allow what an explanation says is denied and that change the least for anyone else: an entry, a
/// role or a group for the user, or membership in its organization; where another gate is behind the first, a second one.
/// `with` reads the policy again with statements more, unless it has errors then.
///
/// # Errors
/// Those of an explanation.
pub fn suggest(
    policy: &Policy,
    q: &Question,
    denied: &Explanation,
    with: &mut dyn FnMut(&[Piece]) -> Option<Policy>,
) -> Result<Suggested, QuestionError> {
    let mut trying = Trying { policy, q, with, best: None };
    let gate = trying.each(&[], candidates::all(policy, q, denied)?)?;
    let (mut pieces, mut changed, mut last) = (Vec::new(), None, denied.clone());
    if let Some((open, behind)) = gate.filter(|_| !trying.found_best()) {
        last = explain(behind.table(), None, q)?;
        // What is written into a file counts bytes of the first text.
        let second = candidates::all(&behind, q, &last)?.into_iter().filter(|p| p.iter().all(|p| p.into.is_none()));
        trying.each(&open, second.collect())?;
        (pieces, changed) = (open, Some(behind));
    }
    if trying.best.is_none() {
        trying.each(&pieces, candidates::last(changed.as_ref().unwrap_or(policy), q, &last)?)?;
    }
    Ok(match trying.best {
        Some(best) => Suggested::Works(Box::new(best)),
        None => Suggested::None(candidates::why(policy, q, &last)?),
    })
}

/// The statements that were tried, and the best of those that work.
struct Trying<'q> {
    policy: &'q Policy,
    q: &'q Question,
    with: &'q mut dyn FnMut(&[Piece]) -> Option<Policy>,
    best: Option<Works>,
}

impl Trying<'_> {
    /// Whether nothing could be better.
    fn found_best(&self) -> bool {
        self.best.as_ref().is_some_and(|best| best.weight == (0, 0))
    }

    /// Tries each, until one changes nothing besides; the first that only takes another gate away is given back.
    fn each(&mut self, before: &[Piece], all: Vec<Vec<Piece>>) -> Result<Option<(Vec<Piece>, Policy)>, QuestionError> {
        let mut gate = None;
        for more in all {
            let pieces: Vec<Piece> = before.iter().cloned().chain(more).collect();
            let Some(policy) = (self.with)(&pieces) else { continue };
            if !policy.check(self.q)?.allowed() {
                gate.get_or_insert((pieces, policy));
                continue;
            }
            let Opened { diff, weight } = Opened::new(self.policy, &policy, self.q)?;
            if self.best.as_ref().is_none_or(|best| weight < best.weight) {
                self.best = Some(Works { pieces, policy, besides: diff, weight });
            }
            if weight == (0, 0) {
                break;
            }
        }
        Ok(gate)
    }
}
