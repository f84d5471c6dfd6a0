//! Whether a test or an invariant notices a change.

use super::{Reach, Worker};
use crate::model::Who;
use crate::model::tests::Bound;
use crate::query::prove::{Prover, asked, binds};
use crate::query::question::QuestionError;
use crate::table::Table;

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
        match reach.who {
            Who::User(user) => self.breaks_alone(reach, changed, trials.sound.model().users.name(user)),
            _ => self.breaks(reach, changed),
        }
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

    /// Whether a line fails for one user, or by one user more or less.
    fn breaks_alone(&mut self, reach: &Reach, changed: &Table, name: &str) -> Result<bool, QuestionError> {
        let before = self.trials.table;
        let (Some(user), Some(old)) = (changed.user(name)?, before.user(name)?) else { return Ok(false) };
        let sign_in = changed.sign_in(user)?;
        for (number, ruled) in self.trials.laws.iter().enumerate() {
            let law = ruled.law;
            let counts = matches!(law.who, Bound::AtMost(_) | Bound::AtLeast(_));
            let asked = asked(changed, law);
            let named = Prover::bound(changed, law)?;
            for at in self.prover.instants.clone() {
                for spot in ruled.meets(reach) {
                    let id = &self.spot(spot).id;
                    let has = |table: &Table, who| -> Result<Vec<bool>, QuestionError> {
                        let Some(on) = table.resource(law.kind, id)? else { return Ok(vec![false; asked.len()]) };
                        Ok(asked.iter().map(|p| table.check(who, *p, on, at)).collect::<Result<_, _>>()?)
                    };
                    let after = has(changed, &sign_in)?;
                    if !counts {
                        let within = changed.groups_of(&sign_in, at)?;
                        let too_much = if law.both { after.iter().all(|a| *a) } else { after.contains(&true) };
                        if too_much && binds(&law.who, Some(user), &within, &named.0, &named.1) {
                            return Ok(true);
                        }
                        continue;
                    }
                    let was = has(before, &before.sign_in(old)?)?;
                    if was == after {
                        continue;
                    }
                    let all = match self.tallies.get(&(number, spot, at)) {
                        Some(all) => all,
                        None => {
                            let all = self.prover.tally(law, id, at)?;
                            self.tallies.entry((number, spot, at)).or_insert(all)
                        }
                    };
                    let left = |i: usize| all[i] + usize::from(after[i]) - usize::from(was[i]);
                    if (0..all.len()).any(|i| law.who.is_wrong(left(i))) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}
