//! The policy with one thing otherwise: whether a test or an invariant notices it, and who else would.
//!
//! Each change is compiled, and nothing is guessed; but only the questions and proofs are asked again whose answers may
//! depend on it. Changes about different users never meet in a decision, so that many of them share one compilation.

mod batch;
mod notice;
mod ways;
mod witness;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::access::Ladder;
use super::prove::{Prover, When};
use super::question::QuestionError;
use crate::instant::Instant;
use crate::model::change::{Change, Fact};
use crate::model::tests::{Bound, Expected, Law};
use crate::model::{Model, Sound, Who};
use crate::source::Sources;
use crate::table::decide::Permission;
use crate::table::view::Damage;
use crate::table::{self, SignIn, Table};
use ways::{Spot, Ways};

pub use witness::Witness;

/// What comes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A test or an invariant that holds fails with it.
    Noticed,
    /// None does. A question that would tell was not looked for.
    Unnoticed,
    /// None does, and this question is answered otherwise.
    Differs(Box<Witness>),
    /// None can: every decision is the same, now and later.
    Same,
}

/// A question of a test that is answered as it expects.
struct Asked<'a> {
    expected: &'a Expected,
    permission: Permission,
    spot: u32,
    user: Option<u32>,
    /// The groups that the user is in, at whatever time.
    groups: Vec<u32>,
}

/// A line of an invariant that holds.
struct Ruled<'a> {
    law: &'a Law,
    /// The resources that it speaks of, sorted.
    spots: Vec<u32>,
    /// The groups that it names.
    groups: Vec<u32>,
}

/// Whose decisions a change may touch, and where.
struct Reach {
    who: Who,
    spots: Vec<u32>,
    /// The groups whose members it changes.
    groups: Vec<u32>,
    /// Whether it may change what is known at all.
    whole: bool,
}

/// Everything that does not change.
pub struct Trials<'a> {
    sound: &'a Sound,
    sources: &'a Sources,
    table: &'a Table,
    when: When,
    instants: Vec<Instant>,
    ways: Ways,
    ladders: Vec<Ladder>,
    questions: Vec<Asked<'a>>,
    laws: Vec<Ruled<'a>>,
}

impl<'a> Trials<'a> {
    /// Looks at the policy as it is: its table, and which tests and invariants hold, of those whose name holds `filter`.
    ///
    /// # Errors
    /// Those of a proof.
    pub fn new(
        sound: &'a Sound,
        sources: &'a Sources,
        table: &'a Table,
        when: When,
        filter: &str,
    ) -> Result<Trials<'a>, QuestionError> {
        let model = sound.model();
        let mut ways = Ways::new(table, model)?;
        let mut instants = vec![when.now];
        instants.extend(table.instants()?.into_iter().filter(|at| *at > when.now));
        let mut questions = Vec::new();
        for expected in model.tests.iter().filter(|t| t.name.contains(filter)).flat_map(|t| &t.questions) {
            let spot = ways.spot(model, expected.kind, &expected.id);
            let user = model.users.get(&expected.user);
            let named = expected.groups.iter().filter_map(|g| model.groups.get(g));
            let groups = ways.above(named.chain(user.into_iter().flat_map(|u| ways.lists(u).to_vec())));
            for name in &expected.permissions {
                let Some(permission) = table.permission(expected.kind, name) else { continue };
                let one = Asked { expected, permission, spot, user, groups: groups.clone() };
                if one.holds(table, when.now)? {
                    questions.push(one);
                }
            }
        }
        let mut prover = Prover::new(table, when)?;
        let mut laws = Vec::new();
        for law in model.invariants.iter().filter(|i| i.name.contains(filter)).flat_map(|i| &i.laws) {
            if prover.law(law)?.is_none() {
                let mut spots: Vec<u32> = prover.resources(law)?.iter().map(|id| ways.spot(model, law.kind, id)).collect();
                spots.sort_unstable();
                laws.push(Ruled { law, spots, groups: named(model, law) });
            }
        }
        let ladders = (0..table.kinds().len() as u32).map(|kind| Ladder::new(table, kind)).collect();
        Ok(Trials { sound, sources, table, when, instants, ways, ladders, questions, laws })
    }

    /// What comes of each change, in their order. `search` looks for a question where nothing notices one. `done` is
    /// called with how many changes have been judged since the last call, and how many there are.
    ///
    /// # Errors
    /// Those of a proof.
    pub fn judge(
        &self,
        changes: &[Change],
        search: bool,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Outcome>, QuestionError> {
        let reaches: Vec<Reach> = changes.iter().map(|c| self.reach(*c)).collect();
        let touched = |i: &usize| search || self.touches(&reaches[*i]);
        let (asked, idle): (Vec<usize>, Vec<usize>) = (0..changes.len()).partition(touched);
        done(idle.len(), changes.len());
        let jobs = batch::batches(self.sound.model(), changes, &reaches, &asked);
        let next = AtomicUsize::new(0);
        let judged: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
        let work = || -> Result<(), QuestionError> {
            let mut worker = Worker::new(self)?;
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcomes = worker.job(changes, &reaches, job, search)?;
                done(outcomes.len(), changes.len());
                judged.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(outcomes);
            }
            Ok(())
        };
        let threads = rayon::current_num_threads().clamp(1, jobs.len().max(1));
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let own = work();
            let others = others.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            others.collect::<Vec<_>>().into_iter().fold(own, |all, one| all.and(one))
        })?;
        let mut outcomes = vec![Outcome::Unnoticed; changes.len()];
        for (i, outcome) in judged.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            outcomes[i] = outcome;
        }
        Ok(outcomes)
    }

    /// Whose decisions a change may touch, and where: rather too many than too few.
    fn reach(&self, change: Change) -> Reach {
        let m = self.sound.model();
        let of = |who: Who, spots: Vec<u32>| Reach { who, spots, groups: Vec::new(), whole: false };
        match change {
            Change::Says(i, _) | Change::Without(Fact::Entry(i)) => {
                of(m.entries[i].who, self.ways.reach(Some(m.entries[i].place)))
            }
            Change::Gives(i, _) | Change::Reaches(i, _) | Change::Without(Fact::Assignment(i)) => {
                let a = &m.assignments[i];
                let mut spots = self.ways.reach(a.scope);
                if let Change::Reaches(_, wider) = change {
                    spots.extend(self.ways.reach(wider));
                    spots.sort_unstable();
                    spots.dedup();
                }
                // What is only a scope makes resources known as long as some assignment has it.
                let only = a.scope.is_some_and(|p| !m.places[p as usize].declared) && !matches!(change, Change::Gives(..));
                if only { Reach { whole: true, ..of(Who::Everyone, spots) } } else { of(a.who, spots) }
            }
            Change::Without(Fact::Insider(i)) => {
                let place = m.org_members[i].of;
                // The last one that leaves opens the organization.
                let last = m.org_members.iter().filter(|o| o.of == place).count() == 1;
                of(if last { Who::Everyone } else { m.org_members[i].who }, self.ways.reach(Some(place)))
            }
            Change::Without(Fact::Member(i)) => {
                let groups = self.ways.above([m.members[i].of]);
                Reach { spots: self.ways.named(&groups), groups, who: m.members[i].who, whole: false }
            }
            Change::Means(role, ..) => {
                let mut roles = vec![role];
                let mut next = 0;
                while let Some(role) = roles.get(next).copied() {
                    next += 1;
                    let wider = (0..).zip(&m.role_list).filter(|(_, r)| r.includes.iter().any(|(other, _)| *other == role));
                    let new: Vec<u32> = wider.map(|(r, _)| r).filter(|r| !roles.contains(r)).collect();
                    roles.extend(new);
                }
                let scopes = m.assignments.iter().filter(|a| roles.contains(&a.role)).map(|a| a.scope);
                let scopes: std::collections::BTreeSet<_> = scopes.collect();
                let mut spots: Vec<u32> = scopes.into_iter().flat_map(|scope| self.ways.reach(scope)).collect();
                spots.sort_unstable();
                spots.dedup();
                of(Who::Everyone, spots)
            }
        }
    }

    /// Whether some test or invariant may notice.
    fn touches(&self, reach: &Reach) -> bool {
        self.questions.iter().any(|q| q.meets(reach)) || self.laws.iter().any(|l| l.meets(reach).next().is_some())
    }
}

impl Reach {
    /// Whether users and groups have the same numbers on both sides: only memberships change them, and a batch has some.
    fn keeps_numbers(&self) -> bool {
        self.groups.is_empty() && !matches!(self.who, Who::User(_))
    }

    fn has(&self, spot: u32) -> bool {
        self.spots.binary_search(&spot).is_ok()
    }
}

impl Asked<'_> {
    fn meets(&self, reach: &Reach) -> bool {
        let speaks = match reach.who {
            Who::Everyone => true,
            Who::User(user) => self.user == Some(user),
            Who::Group(group) => self.groups.binary_search(&group).is_ok(),
        };
        speaks && reach.has(self.spot)
    }

    /// Whether a table answers as it is expected.
    fn holds(&self, table: &Table, now: Instant) -> Result<bool, Damage> {
        let q = self.expected;
        let Some(on) = table.resource(q.kind, &q.id)? else { return Ok(!q.can) };
        let user = table.user(&q.user)?;
        let named = q.groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
        let mut sign_in: SignIn<'_> = table.sign_in_with(user, &named)?;
        if let Some(organization) = &q.organization {
            sign_in = table.to_organization(sign_in, organization)?;
        }
        Ok(table.check(&sign_in, self.permission, on, q.at.unwrap_or(now))? == q.can)
    }
}

impl Ruled<'_> {
    /// The resources of it on which the change may be noticed.
    fn meets<'s>(&'s self, reach: &'s Reach) -> impl Iterator<Item = u32> + 's {
        // Who is in a group that the line names is bound by it, or not any more, wherever it speaks.
        let all = self.groups.iter().any(|g| reach.groups.binary_search(g).is_ok());
        self.spots.iter().copied().filter(move |spot| all || reach.has(*spot))
    }
}

/// The groups that a line names.
fn named(model: &Model, law: &Law) -> Vec<u32> {
    let names: &[String] = match &law.who {
        Bound::NoGroup(group) => std::slice::from_ref(group),
        Bound::Only(_, groups) => groups,
        _ => &[],
    };
    names.iter().filter_map(|g| model.groups.get(g)).collect()
}

/// One thread's own copy of the policy, and what it has found out about it as it is.
struct Worker<'a> {
    trials: &'a Trials<'a>,
    sound: Sound,
    prover: Prover<'a>,
    tallies: HashMap<(usize, u32, Instant), Vec<usize>>,
}

impl<'a> Worker<'a> {
    fn new(trials: &'a Trials<'a>) -> Result<Worker<'a>, QuestionError> {
        let prover = Prover::new(trials.table, trials.when)?;
        Ok(Worker { trials, sound: trials.sound.clone(), prover, tallies: HashMap::new() })
    }

    /// Compiles the policy with the changes of a batch, and judges each of them.
    fn job(
        &mut self,
        changes: &[Change],
        reaches: &[Reach],
        job: &[usize],
        search: bool,
    ) -> Result<Vec<(usize, Outcome)>, QuestionError> {
        let all: Vec<Change> = job.iter().map(|i| changes[*i]).collect();
        let sources = self.trials.sources;
        let Ok(table) = self.sound.with(&all, |changed| table::compile(changed, sources)) else {
            unreachable!("a policy that fits also fits with a statement otherwise")
        };
        let mut outcomes = Vec::with_capacity(job.len());
        for i in job {
            let reach = &reaches[*i];
            let outcome = match self.notices(reach, &table)? {
                true => Outcome::Noticed,
                false if !search => Outcome::Unnoticed,
                false => self.witness(reach, &table)?.map_or(Outcome::Same, |w| Outcome::Differs(Box::new(w))),
            };
            outcomes.push((*i, outcome));
        }
        Ok(outcomes)
    }

    fn spot(&self, spot: u32) -> &'a Spot {
        &self.trials.ways.spots[spot as usize]
    }
}
