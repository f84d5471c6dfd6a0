//! What would turn the answer: the statements that it stands on, and those that would have allowed it.

use std::collections::HashMap;

use super::effects::{Weighed, active, rank};
use super::{Effect, NEAREST, Origin, Told};
use crate::table::{GroupId, RowSort, Step, Via};

/// The statements that were looked at, with what each did and how it is told.
pub struct All<'s> {
    pub steps: &'s [Step],
    pub effects: &'s [Effect],
    /// None of what is not told.
    pub told: &'s [Option<Told>],
    pub weighed: Weighed<'s>,
}

impl All<'_> {
    /// Which statement a step is of: one statement may give several rows.
    fn source(&self, at: usize) -> Option<&Origin> {
        self.told[at].as_ref()?.reason.source.as_ref()
    }

    fn allows_without(&self, gone: &[&Origin]) -> bool {
        self.weighed.allows(&|i, step| active(step) && self.source(i).is_none_or(|own| !gone.contains(&own)))
    }

    /// The fewest statements whose removal turns the answer, as far as taking them out one after the other finds them:
    /// without each one of them in place the answer stays.
    pub fn stands_on(&self, allowed: bool, reason: Option<&Origin>) -> Vec<Told> {
        let cannot = |i: &usize| self.steps[*i].sort == RowSort::Cannot;
        let mut rest: Vec<usize> = (0..self.steps.len()).filter(|i| active(&self.steps[*i])).collect();
        // For an allow what gives goes: what decides first, then what steps in for it. For a denial what takes, then what
        // stands in the way, the closest first.
        rest.retain(|i| if allowed { !cannot(i) } else { self.steps[*i].sort != RowSort::Role });
        let strong = |i: &usize| matches!(self.effects[*i], Effect::Decides | Effect::Follows | Effect::Adds);
        rest.sort_by_key(|i| {
            let step = &self.steps[*i];
            let last = if allowed { !strong(i) } else { !cannot(i) };
            (last, self.source(*i) != reason, step.distance, rank(step.via))
        });
        let sources: Vec<&Origin> = rest.iter().filter_map(|i| self.source(*i)).collect();
        let mut gone: Vec<&Origin> = Vec::new();
        for source in sources {
            if self.allows_without(&gone) != allowed {
                break;
            }
            if !gone.contains(&source) {
                gone.push(source);
            }
        }
        if self.allows_without(&gone) == allowed {
            return Vec::new();
        }
        // The last ones first, so that what the reason names stays where it is one of them; again as long as one can stay,
        // since a statement may also stand in the way of another one.
        let turns = |gone: &[&Origin], at: usize| self.allows_without(&[&gone[..at], &gone[at + 1..]].concat()) != allowed;
        while let Some(at) = (0..gone.len()).rev().find(|at| turns(&gone, *at)) {
            gone.remove(at);
        }
        let told = |origin: &&Origin| self.told.iter().flatten().find(|t| t.reason.source.as_ref() == Some(*origin)).cloned();
        gone.iter().filter_map(told).collect()
    }

    /// Statements that would have allowed it: those that lost, those that ended, and those of a group in which the user is
    /// not. Each is tried: a prohibition, or what goes with a group, may be in its way. `helps` are the groups whose members
    /// would be allowed, each with those that it leads to.
    pub fn nearest(&self, helps: &HashMap<GroupId, Vec<GroupId>>) -> Vec<Told> {
        let mut nearest: Vec<(u8, &Told)> = Vec::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| step.sort != RowSort::Cannot) {
            let Some(told) = &self.told[at] else { continue };
            let would = match self.effects[at] {
                Effect::BehindUser | Effect::BehindGroup | Effect::FurtherOut => self.would_win(at).then_some(0),
                Effect::Over => self.weighed.allows(&|i, step| active(step) || i == at).then_some(1),
                Effect::Other | Effect::MembershipOver if !step.over && nearest.len() < NEAREST => match step.via {
                    Via::Group(group) => helps.get(&group).filter(|all| self.would_help(at, all)).map(|_| 2),
                    _ => None,
                },
                _ => None,
            };
            nearest.extend(would.map(|order| (order, told)));
        }
        nearest.sort_by_key(|(order, _)| *order);
        nearest.into_iter().take(NEAREST).map(|(_, told)| told.clone()).collect()
    }

    /// Whether a statement would allow it if nothing went before it.
    fn would_win(&self, at: usize) -> bool {
        let own = &self.steps[at];
        let behind = |step: &Step| {
            let closer = (step.distance, rank(step.via)) < (own.distance, rank(own.via));
            active(step) && (step.sort != RowSort::Can || !closer)
        };
        self.weighed.allows(&|_, step| behind(step)) && !self.weighed.allows(&|i, step| behind(step) && i != at)
    }

    /// Whether a statement, of all that these groups give, allows it to who is in them.
    fn would_help(&self, at: usize, groups: &[GroupId]) -> bool {
        let joins = |step: &Step| matches!(step.via, Via::Group(g) if groups.contains(&g)) && !step.over;
        self.weighed.allows(&|i, step| active(step) || joins(step) && (i == at || step.sort == RowSort::Cannot))
    }
}
