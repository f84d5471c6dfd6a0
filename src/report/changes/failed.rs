//! Gates that are not met: by whom, and by which statement.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::annotations::place;
use super::effects::{joined, sentence, who, who_in};
use super::moved::title_of_move;
use super::{How, SHOWN, Told, bare, heading, is_move, name};
use crate::query::diff::gates::{Beyond, Breach, Lost, Why};
use crate::query::diff::{Cause, Change, Diff, Move};
use crate::report::{count, id, plain};
use crate::source::Origin;

/// A gate that is not met, in words.
pub struct Failed<'d> {
    /// The gate, as it is typed.
    pub gate: String,
    /// Why, in one sentence.
    pub why: String,
    /// The sentence with marks around the words of the policy.
    pub(super) marked: String,
    /// The numbers of the causes that break it.
    pub causes: Vec<usize>,
    /// The first of what breaks it, causes and moves.
    pub by: Vec<Told<'d>>,
    /// How many are not among these.
    pub more: usize,
    /// Whether all of it together is what breaks it, and not each by itself.
    together: bool,
}

impl<'d> Failed<'d> {
    /// Says why a gate is not met.
    pub fn new(diff: &'d Diff, breach: &Breach<'d>, how: &How<'_>) -> Failed<'d> {
        let (why, marked, by): (_, _, Vec<&Cause>) = match &breach.why {
            Why::Unasked => {
                let not = diff.not_compared().unwrap_or_default();
                (format!("{not}, so that it cannot be shown to hold"), None, Vec::new())
            }
            Why::Elsewhere(folder) => {
                let folder = id(folder);
                (
                    format!(
                        "a policy in {folder}, or part of one, is gone and was not compared, so that it cannot be shown to hold"
                    ),
                    None,
                    Vec::new(),
                )
            }
            Why::Moved(change, resource, by) => {
                let marked = by_move(diff, change, resource, by, how);
                (bare(&marked), Some(marked), vec![&by.cause])
            }
            Why::Lost(lost) => {
                let marked = too_many(diff, lost, how);
                (bare(&marked), Some(marked), lost.causes.clone())
            }
            Why::Change(change, resource) => {
                let effect = sentence(&who(diff, change, how), &[(*resource).to_owned()], change, how, "");
                (effect.text, Some(effect.marked), vec![&diff.causes[change.cause]])
            }
            Why::Named(change, resource, user, groups) => {
                let groups: Vec<String> = groups.iter().map(|g| format!("group {}", name(g))).collect();
                let whom = format!("user {}, where the sign-in names {},", name(user), joined(&groups));
                let effect = sentence(&(whom, false), &[(*resource).to_owned()], change, how, "");
                (effect.text, Some(effect.marked), vec![&diff.causes[change.cause]])
            }
        };
        let by: Vec<&Cause> = by.into_iter().chain(breach.also.iter().filter_map(|i| diff.causes.get(*i))).collect();
        let why = plain(&why);
        let mover = |cause: &Cause| diff.moves.iter().position(|m| is_move(cause, m));
        let told = |cause: &&'d Cause| {
            let told = heading(cause, how);
            let by_move = mover(cause).and_then(|number| title_of_move(diff, &diff.moves[number]));
            Told { title: by_move.map_or(told.title, |title| plain(&bare(&title))), ..told }
        };
        // A move that changes more than who signs in where is one cause, and not two.
        let mut moved = BTreeSet::new();
        let by: Vec<&Cause> = by.into_iter().filter(|cause| mover(cause).is_none_or(|number| moved.insert(number))).collect();
        let number = |cause: &&Cause| diff.causes.iter().position(|other| std::ptr::eq(other, *cause));
        Failed {
            gate: plain(&breach.gate),
            marked: marked.unwrap_or_else(|| why.clone()),
            why,
            causes: by.iter().filter_map(number).collect(),
            more: by.len().saturating_sub(SHOWN),
            by: by.iter().take(SHOWN).map(told).collect(),
            together: matches!(&breach.why, Why::Lost(lost) if lost.users.is_some()),
        }
    }

    /// Each of some gates.
    pub fn all(diff: &'d Diff, breaches: &[Breach<'d>], how: &How<'_>) -> Vec<Failed<'d>> {
        breaches.iter().map(|breach| Failed::new(diff, breach, how)).collect()
    }

    /// All of it, for formats with one text.
    pub(super) fn text(&self) -> String {
        let by: Vec<String> = self.by.iter().map(|told| format!("{} {}", told.sign, told.title)).collect();
        let by = match by.split_first() {
            None => String::new(),
            Some((first, more)) if !self.together && !more.is_empty() => {
                format!(", by {first}; also by {}{}", more.join("; "), self.rest())
            }
            Some(_) => format!(", by {}{}", by.join("; "), self.rest()),
        };
        format!("`{}` is not met: {}{by}", self.gate, self.why)
    }

    /// How many causes are not named.
    fn rest(&self) -> String {
        if self.more == 0 { String::new() } else { format!("; and {}", count(self.more, "more cause")) }
    }

    /// Where the first statement stands that breaks it, and whether that is on the new side.
    pub(super) fn place(&self) -> Option<(&'d Origin, bool)> {
        self.by.iter().find_map(place)
    }
}

/// What somebody gains or loses by a sign-in to the organization in which something lies now, or lay.
fn by_move(diff: &Diff, change: &Change, resource: &str, by: &Move, how: &How<'_>) -> String {
    let place = if change.lost.is_empty() { &by.to } else { &by.from };
    let effect = sentence(&who_in(diff, change, None, how), &[resource.to_owned()], change, how, "");
    format!("signed in to organization {}, {}", name(place), effect.marked)
}

/// How many lose, and who loses that nobody can count.
fn too_many(diff: &Diff, lost: &Lost<'_>, how: &How<'_>) -> String {
    let users = lost.users.map(|users| {
        let s = if users == 1 { "s" } else { "" };
        let (alone, moves) = &lost.by_move;
        let from: BTreeSet<&String> = moves.iter().map(|by| &by.from).collect();
        let more = from.len().saturating_sub(SHOWN);
        let mut from: Vec<String> = from.into_iter().take(SHOWN).map(|from| name(from)).collect();
        from.extend((more > 0).then(|| format!("{more} more")));
        let to = if from.len() == 1 { "to organization" } else { "to one of the organizations" };
        let by = match alone {
            0 => String::new(),
            alone if *alone == users => format!(" by a sign-in {to} {}", joined(&from)),
            alone => format!(", {alone} of them only by a sign-in {to} {}", joined(&from)),
        };
        format!("{users} of {} lose{s} access{by}", count(diff.had, "user"))
    });
    let beyond = lost.beyond.as_ref().map(|Beyond { change, resource, by, group }| {
        let loses = match by {
            Some(by) => by_move(diff, change, resource, by, how),
            None => sentence(&who(diff, change, how), &[(*resource).to_owned()], change, how, "").marked,
        };
        let why = match group {
            Some(group) => format!("only sign-ins tell who is in group {}", name(group)),
            None => "nobody knows how many can sign in".to_owned(),
        };
        format!("{loses}, which no limit allows: {why}")
    });
    users.into_iter().chain(beyond).collect::<Vec<_>>().join("; and ")
}

/// Writes which gate is not met, by whom, and by which statement.
///
/// # Errors
/// Those of the writer.
pub fn breach(out: &mut dyn Write, diff: &Diff, breach: &Breach<'_>, how: &How<'_>) -> io::Result<()> {
    let failed = Failed::new(diff, breach, how);
    writeln!(out, "`{}` is not met: {}", failed.gate, failed.why)?;
    for (i, told) in failed.by.iter().enumerate() {
        let by = if i == 0 || failed.together { "by" } else { "also by" };
        writeln!(out, "  {by} {} {}", told.sign, told.title)?;
        told.places.iter().try_for_each(|place| writeln!(out, "    {place}"))?;
    }
    match failed.more {
        0 => Ok(()),
        more => writeln!(out, "  and {}", count(more, "more cause")),
    }
}

/// How many gates are not met, in one sentence.
pub(super) fn tally(failed: &[Failed<'_>]) -> String {
    format!("{} {} not met", count(failed.len(), "gate"), if failed.len() == 1 { "is" } else { "are" })
}
