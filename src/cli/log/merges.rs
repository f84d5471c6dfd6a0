//! The commits that a merge brings, as far as they changed what is told, and what the merge changes itself.

use std::collections::{BTreeSet, HashMap};

use gix::ObjectId;

use super::super::diff::Read;
use super::super::revision::Told;
use super::ahead::alone;
use super::pairs::Pair;
use super::{Passed, Teller};
use crate::query::diff::{Cause, Diff, Sort};

/// So many commits of a merge are looked at, the newest: each is read, and compared with the one before it.
const LOOKED: usize = 50;

/// The print of a policy, and the policy where it is sound; none of a commit that cannot be read.
type Then = Option<(Vec<ObjectId>, Option<Read>)>;

/// What differs between two versions: statements, each with whether the new one says it, and what is said of causes.
#[derive(Default)]
struct Said {
    statements: BTreeSet<(bool, String)>,
    causes: BTreeSet<(Sort, String)>,
}

/// What a merge brings.
#[derive(Default)]
pub struct Brought {
    /// The commits that changed what is told, the newest first.
    pub commits: Vec<Passed>,
    /// How many older ones were not looked at.
    pub older: usize,
    /// For each cause, how much of it is the merge's own.
    pub own: Vec<Own>,
    /// Whether all of it is.
    pub whole: bool,
}

/// How much of a cause no parent of a merge has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Nothing, for all that is known.
    None,
    /// Some of it.
    Part,
    /// All of it.
    Whole,
}

impl Said {
    fn of(diff: &Diff) -> Said {
        let causes = || diff.causes.iter().chain(diff.moves.iter().map(|by| &by.cause));
        let all = causes().flat_map(|cause| &cause.statements).chain(&diff.quiet);
        Said {
            statements: all.map(|s| (s.new, s.text.clone())).collect(),
            causes: causes().map(|cause| (cause.sort, cause.text.clone())).collect(),
        }
    }

    /// What both have.
    fn and(mut self, other: &Said) -> Said {
        self.statements.retain(|one| other.statements.contains(one));
        self.causes.retain(|one| other.causes.contains(one));
        self
    }

    /// How much of a cause is among it. Of what is changed it is what the new side says.
    fn holds(&self, cause: &Cause) -> Own {
        if matches!(cause.sort, Sort::Role | Sort::Vocabulary) {
            // Their statements do not tell what they say.
            return if self.causes.contains(&(cause.sort, cause.text.clone())) { Own::Whole } else { Own::None };
        }
        let turned = matches!(cause.sort, Sort::Changed | Sort::Nested | Sort::Place) && cause.statements.iter().any(|s| s.new);
        let mine = || cause.statements.iter().filter(|s| s.new || !turned);
        match mine().filter(|s| self.statements.contains(&(s.new, s.text.clone()))).count() {
            0 => Own::None,
            all if all == mine().count() => Own::Whole,
            _ => Own::Part,
        }
    }
}

impl Teller<'_> {
    /// What a merge itself changes, and the commits that it brings and that changed the rest of what is told, as far as that is known.
    pub fn brought(&self, pair: &Pair, found: &Diff) -> Brought {
        let place = self.globals.policy.as_deref();
        let told = &pair.commit.told;
        let all = self.history.brought(told);
        // Most are the parent of the one before.
        let mut known: HashMap<ObjectId, Then> = HashMap::new();
        let read = |id: ObjectId, known: &mut HashMap<ObjectId, Then>| {
            let then = known.entry(id).or_insert_with(|| {
                let then = self.history.then(id, place).ok()?;
                Some((then.print().to_vec(), alone(then, String::new()).ok()))
            });
            then.is_some()
        };
        told.merged.iter().for_each(|id| _ = read(*id, &mut known));
        let own = self.own(pair, found, &known);
        if found.moves.is_empty() && own.iter().all(|own| *own == Own::Whole) {
            return Brought { own, whole: true, ..Brought::default() };
        }
        let causes = found.causes.iter().zip(&own).filter(|(_, own)| **own != Own::Whole).map(|(cause, _)| cause);
        let rest: Vec<&Cause> = causes.chain(found.moves.iter().map(|by| &by.cause)).collect();
        let (mut brought, mut others) = (Vec::new(), Vec::new());
        for id in all.iter().copied().take(LOOKED) {
            let Ok(told) = self.history.told(id) else { continue };
            let parents: Vec<ObjectId> = told.parent.into_iter().chain(told.merged.iter().copied()).collect();
            if !read(id, &mut known) {
                continue;
            }
            parents.iter().for_each(|parent| _ = read(*parent, &mut known));
            let Some(said) = self.said(id, &told, &parents, &known) else { continue };
            let passed = Passed { id, name: self.history.short(id), told, faulty: false };
            match said {
                Some(said) if !rest.iter().any(|cause| said.holds(cause) != Own::None) => others.push(passed),
                _ => brought.push(passed),
            }
        }
        // What none of them says in these words, all of them may have brought about.
        if brought.is_empty() {
            brought = others;
        }
        Brought { commits: brought, older: all.len().saturating_sub(LOOKED), own, whole: false }
    }

    /// What a commit says that none of its parents does, or what it takes out of all of them; none within where that is not known, and
    /// none at all where it changed nothing of what is asked about.
    fn said(&self, id: ObjectId, told: &Told, parents: &[ObjectId], known: &HashMap<ObjectId, Then>) -> Option<Option<Said>> {
        let mut all: Option<Said> = None;
        let mut sure = !parents.is_empty();
        for parent in parents {
            let (Some(Some((old_print, old))), Some(Some((new_print, new)))) = (known.get(parent), known.get(&id)) else {
                sure = false;
                continue;
            };
            if old_print == new_print {
                return None;
            }
            let Some((old, new)) = old.as_ref().zip(new.as_ref()) else {
                sure = false;
                continue;
            };
            let Ok(found) = self.asking.compared([old, new], told.at) else {
                sure = false;
                continue;
            };
            let said = Said::of(&found);
            if matches!(self.asking.narrowed(found, [old, new]), Ok(None)) {
                return None;
            }
            all = Some(match all {
                Some(all) => all.and(&said),
                None => said,
            });
        }
        Some(all.filter(|_| sure))
    }

    /// How much of each cause no parent has: it differs from every one of them. Where one is not known, nothing is.
    fn own(&self, pair: &Pair, found: &Diff, known: &HashMap<ObjectId, Then>) -> Vec<Own> {
        let told = &pair.commit.told;
        let none = || vec![Own::None; found.causes.len()];
        // What was passed over may have said it.
        if !pair.passed.is_empty() {
            return none();
        }
        let mut all: Option<Said> = None;
        for parent in &told.merged {
            let Some(Some((_, Some(old)))) = known.get(parent) else { return none() };
            let Ok(found) = self.asking.compared([old, &pair.versions[1].read], told.at) else { return none() };
            let said = Said::of(&found);
            all = Some(match all {
                Some(all) => all.and(&said),
                None => said,
            });
        }
        all.map_or_else(none, |said| found.causes.iter().map(|cause| said.holds(cause)).collect())
    }
}
