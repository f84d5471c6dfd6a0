//! Commits that wait for their comparison with the one before: several are made at once, and told in their order.

use std::io::{self, Write};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::super::diff::{Read, leave_out_named_groups};
use super::super::{Failure, Trouble, output};
use super::merges::{Brought, Own};
use super::{Args, Commit, Format, Passed, Teller};
use crate::Instant;
use crate::query::diff::{Asked, Cause, Diff, diff_as, shown_as};
use crate::report::changes::{self, How, Text};
use crate::table::view::Damage;

/// The policy of a commit, called by it; several may have the same.
#[derive(Clone)]
pub struct Version {
    pub read: Arc<Read>,
    pub name: String,
}

/// A commit, and what is said of it beside what it changed.
pub struct Pair {
    /// The policy before it, and its own.
    pub versions: [Version; 2],
    pub commit: Commit,
    pub passed: Vec<Passed>,
    /// Where the policy lay before.
    pub note: Option<String>,
}

/// What is told, in its order.
pub enum Step {
    Pair(Box<Pair>),
    /// A line of the answer.
    Line(String),
    /// A line beside it.
    Beside(String),
}

/// What a commit changed, as it is printed.
pub enum Changes {
    Json(Value),
    Text {
        summary: String,
        notes: Vec<String>,
        causes: Vec<u8>,
    },
    /// Of a merge, which is told beside what it brings.
    Merge(Box<Diff>),
}

/// Of whom is asked.
pub struct Asking<'a> {
    /// Whether sign-ins that name other groups are compared.
    pub named: bool,
    pub user: Option<&'a str>,
    pub resource: Option<(String, String)>,
}

impl Asking<'_> {
    /// Whether sign-ins that name other groups are compared on two sides.
    pub fn names(&self, [old, new]: [&Read; 2]) -> bool {
        self.named && !leave_out_named_groups(old, new)
    }

    /// All that differs.
    pub fn compared(&self, [old, new]: [&Read; 2], at: Instant) -> Result<Diff, Damage> {
        diff_as(old.side(), new.side(), at, &Asked { groups: &[], named: self.names([old, new]) })
    }

    /// What differs of what is asked about, if anything does.
    pub fn narrowed(&self, found: Diff, [old, new]: [&Read; 2]) -> Result<Option<Diff>, Damage> {
        let tables = [old.side().table, new.side().table];
        let found = match &self.resource {
            Some((kind, id)) => {
                let Some(shown) = shown_as(tables, kind, id)? else { return Ok(None) };
                found.only(self.user, Some((kind, &shown, id)))
            }
            None => found.only(self.user, None),
        };
        Ok(Some(found).filter(|found| !(found.changes.is_empty() && found.moved.is_empty())))
    }
}

impl Pair {
    fn reads(&self) -> [&Read; 2] {
        let [old, new] = &self.versions;
        [&old.read, &new.read]
    }

    /// What is said beside what it changed.
    pub fn note(&self) -> Option<&str> {
        let [old, new] = self.reads().map(Read::is_empty);
        let gone = (!old && new).then_some("there is no policy any longer: everything is gone");
        self.note.as_deref().or(gone)
    }

    /// What it changed, as it is printed, with how much of each cause is its own.
    fn changes(&self, found: &Diff, args: &Args, color: bool, brought: &Brought) -> Changes {
        if args.format == Format::Json {
            return Changes::Json(changes::value(found));
        }
        let beside = |cause: &Cause| {
            let number = found.causes.iter().position(|other| std::ptr::eq(other, cause)).filter(|_| !brought.whole);
            match brought.own.get(number?)? {
                Own::Whole => Some("the merge itself changes this: no parent has it"),
                Own::Part => Some("the merge itself changes a part of this, which no parent has"),
                Own::None => None,
            }
        };
        let [old, new] = &self.versions;
        let how = How { all: args.expand, old: &old.name, new: &new.name, text: Text::Other };
        let mut causes = Vec::new();
        changes::causes(&mut causes, found, &how, (color, "  "), &beside)
            .unwrap_or_else(|e| unreachable!("memory takes everything: {e}"));
        // Where there was no policy, all is new.
        let whole = found.whole.iter().filter(|_| !self.versions[0].read.is_empty());
        let notes = whole.cloned().chain(found.not_compared()).collect();
        Changes::Text { summary: changes::summary(found, &how), notes, causes }
    }
}

impl Teller<'_> {
    /// Whether as many commits are or may be told as are wanted.
    pub fn is_full(&self) -> bool {
        let waiting = self.waiting.iter().filter(|step| matches!(step, Step::Pair(_))).count();
        self.args.limit.is_some_and(|limit| self.shown + waiting >= limit)
    }

    /// Compares a commit with the one before it, soon.
    pub fn compare(&mut self, pair: Pair) {
        self.waiting.push(Step::Pair(Box::new(pair)));
        self.release();
    }

    /// What was held back until a newer commit is told has its turn.
    pub fn release(&mut self) {
        self.waiting.append(&mut self.held);
    }

    /// Tells everything that waits.
    pub fn tell_all(&mut self) -> Result<(), Failure> {
        let damage = |damage: Damage| Trouble::new(damage.to_string());
        let waiting = std::mem::take(&mut self.waiting);
        let (asking, args, color) = (&self.asking, self.args, self.globals.color_on(&io::stdout()));
        let changes = |step: &Step| match step {
            Step::Pair(pair) => {
                let reads = pair.reads();
                let found = asking.narrowed(asking.compared(reads, pair.commit.told.at)?, reads)?;
                Ok(found.map(|found| match pair.commit.told.merged.is_empty() {
                    true => pair.changes(&found, args, color, &Brought::default()),
                    false => Changes::Merge(Box::new(found)),
                }))
            }
            _ => Ok(None),
        };
        let all: Vec<Result<Option<Changes>, Damage>> = waiting.par_iter().map(changes).collect();
        for (step, changes) in waiting.into_iter().zip(all) {
            match step {
                Step::Pair(pair) => {
                    let reads = pair.reads();
                    self.meet(reads.map(|read| read.side().table)).map_err(damage)?;
                    self.alone |= !self.asking.names(reads);
                    match changes.map_err(damage)? {
                        Some(changes) => {
                            self.shown += 1;
                            let (changes, brought) = match changes {
                                Changes::Merge(found) => {
                                    let brought = self.brought(&pair, &found);
                                    (pair.changes(&found, args, color, &brought), brought)
                                }
                                other => (other, Brought::default()),
                            };
                            self.tell(changes, &pair, &brought, color).map_err(output)?;
                        }
                        None => self.unsaid = pair.note.or(self.unsaid.take()),
                    }
                }
                Step::Line(line) => self.line(&line).map_err(output)?,
                Step::Beside(line) => writeln!(io::stderr(), "{line}").map_err(output)?,
            }
        }
        Ok(())
    }
}
