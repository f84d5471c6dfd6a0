//! Whether a test or an invariant notices a change.

use super::witness::{Asker, At, sign_in};
use super::{Reach, Worker};
use crate::model::tests::Law;
use crate::query::prove::{Of, Prover, asked, binds};
use crate::query::question::QuestionError;
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// Of so many each is asked alone; of more, one for each class.
const FEW: usize = 2_000;

impl Worker<'_> {
    /// Whether a question or a line that holds does not hold on the changed table. Of a change about one user only what
    /// is decided for that user counts: the table may have others.
    pub fn notices(&mut self, reach: &Reach, changed: &Table) -> Result<bool, QuestionError> {
        let trials = self.trials;
        for question in trials.questions.iter().filter(|q| q.meets(reach)) {
            if !question.holds(changed, trials.when.now)? {
                return Ok(true);
            }
        }
        match self.touched(reach)? {
            Some(askers) if askers.len() <= FEW => self.breaks_for(reach, changed, &askers),
            _ => self.breaks(reach, changed),
        }
    }

    /// Whether a line is also about users who name one group more, on either side.
    fn joins(
        &self,
        law: &Law,
        asked: &[Permission],
        (before, after): (Resource<'_>, Option<Resource<'_>>),
        changed: &Table,
    ) -> Result<bool, Damage> {
        let after = after.map_or(Ok(false), |on| Ok(changed.organization(on)?.1))?;
        Ok(self.prover.joined(law, asked, before)? == Of::Joined || law.joins() && after)
    }

    /// Whether a line fails for anyone.
    fn breaks(&mut self, reach: &Reach, changed: &Table) -> Result<bool, QuestionError> {
        let mut prover = None;
        for ruled in &self.trials.laws {
            if ruled.meets(reach).next().is_none() {
                continue;
            }
            let prover = match &mut prover {
                Some(prover) => prover,
                none => none.insert(Prover::new(changed, self.trials.when)?),
            };
            if reach.whole && prover.law(ruled.law)?.is_some() {
                return Ok(true);
            }
            for at in prover.instants.clone() {
                for spot in ruled.meets(reach) {
                    if prover.on(ruled.law, &self.spot(spot).id, at)?.is_some() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether a line fails for one of some, or by some more or less.
    fn breaks_for(&mut self, reach: &Reach, changed: &Table, askers: &[Asker]) -> Result<bool, QuestionError> {
        let before = self.trials.table;
        let mut both = Vec::with_capacity(askers.len());
        for asker in askers {
            both.push((asker.is_user(), sign_in(before, *asker)?, self.over(changed, *asker, reach)?));
        }
        for (number, ruled) in self.trials.laws.iter().enumerate() {
            let law = ruled.law;
            let asked = asked(changed, law);
            let (users, groups) = Prover::bound(changed, law)?;
            let told = Prover::bound(before, law)?;
            for at in self.prover.instants.clone() {
                for spot in ruled.meets(reach) {
                    let id = &self.spot(spot).id;
                    let (old, new) = (before.resource(law.kind, id)?, changed.resource(law.kind, id)?);
                    let has = |table: &Table, on: Option<Resource<'_>>, who: &SignIn<'_>| -> Result<Vec<bool>, Damage> {
                        let Some(on) = on else { return Ok(vec![false; asked.len()]) };
                        asked.iter().map(|p| table.check(who, *p, on, at)).collect()
                    };
                    if !law.who.counts() {
                        let mut joined = Vec::new();
                        if let Some(on) = old
                            && self.joins(law, &asked, (on, new), changed)?
                        {
                            let on = At { asked: &asked, before: on, after: new, at };
                            for asker in self.joined(askers, reach, on, changed, (&told.0, &told.1))? {
                                joined.push(self.over(changed, asker, reach)?);
                            }
                        }
                        for who in both.iter().map(|(.., who)| who).chain(&joined) {
                            let has = has(changed, new, who)?;
                            let too_much = if law.both { has.iter().all(|a| *a) } else { has.contains(&true) };
                            if too_much && binds(&law.who, who.who(), &changed.groups_of(who, at)?, &users, &groups) {
                                return Ok(true);
                            }
                        }
                        continue;
                    }
                    let mut moved = vec![0isize; asked.len()];
                    for (_, was, is) in both.iter().filter(|(user, ..)| *user) {
                        let (had, has) = (has(before, old, was)?, has(changed, new, is)?);
                        moved.iter_mut().enumerate().for_each(|(i, n)| *n += isize::from(has[i]) - isize::from(had[i]));
                    }
                    if moved.iter().all(|n| *n == 0) {
                        continue;
                    }
                    let all = match self.tallies.get(&(number, spot, at)) {
                        Some(all) => all,
                        None => {
                            let all = self.prover.tally(law, id, at)?;
                            self.tallies.entry((number, spot, at)).or_insert(all)
                        }
                    };
                    if all.iter().zip(&moved).any(|(all, more)| law.who.is_wrong(all.saturating_add_signed(*more))) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}
