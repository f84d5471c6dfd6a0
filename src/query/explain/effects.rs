//! What each statement did, and what any of them would give.

use super::Effect;
use crate::model::kinds::{FOLLOW, LOWEST, NONE, Value};
use crate::table::{RowSort, Step, Via};

/// What each step did.
pub fn effects(steps: &[Step], feature: bool, value: Value) -> Vec<Effect> {
    let mut effects: Vec<Effect> = steps.iter().map(first_look).collect();
    let parts = steps.first().map_or(0, |s| s.parts.len());
    (1..parts).for_each(|part| decide(steps, &mut effects, part));
    // A feature may follow the base, and without a base there is none: what decides the base is told as well.
    if feature {
        decide(steps, &mut effects, 0);
    }
    let bare = Weighed::new(steps, feature, value).levels(&|_, step| active(step) && step.sort != RowSort::Cannot);
    for (step, effect) in steps.iter().zip(&mut effects).filter(|(_, e)| **e == Effect::Takes) {
        if !takes(step, &bare, feature, value) {
            *effect = Effect::TakesNothing;
        }
    }
    effects
}

/// Whether a prohibition takes what is asked for, or the base that it needs, from what everything else gives.
fn takes(step: &Step, bare: &[Value], feature: bool, value: Value) -> bool {
    let least = |part: usize| if part == 0 { LOWEST } else { value };
    let cap = |part: usize| step.parts.get(part).copied().flatten().unwrap_or(Value::MAX);
    (usize::from(!feature)..bare.len()).any(|part| bare[part] >= least(part) && cap(part) < least(part))
}

/// Whether a step speaks of who asks, and lasts.
pub fn active(step: &Step) -> bool {
    step.applies && !step.over
}

/// What the steps give together: the decision, as far as it is made by statements.
pub struct Weighed<'s> {
    steps: &'s [Step],
    feature: bool,
    value: Value,
}

impl<'s> Weighed<'s> {
    pub fn new(steps: &'s [Step], feature: bool, value: Value) -> Weighed<'s> {
        Weighed { steps, feature, value }
    }

    /// Whether the steps that count allow what is asked for; [`active`] are those that do.
    pub fn allows(&self, counts: &dyn Fn(usize, &Step) -> bool) -> bool {
        let levels = self.levels(counts);
        let base = !self.feature || levels.first().is_some_and(|v| *v > NONE);
        base && levels.iter().skip(1).any(|v| *v >= self.value)
    }

    /// The base, the part asked for, and its sub-features, of the steps that count.
    fn levels(&self, counts: &dyn Fn(usize, &Step) -> bool) -> Vec<Value> {
        let all: Vec<&Step> = self.steps.iter().enumerate().filter(|(i, s)| counts(*i, s)).map(|(_, s)| s).collect();
        let parts = self.steps.first().map_or(0, |s| s.parts.len());
        let mut levels: Vec<Value> = Vec::with_capacity(parts);
        for part in 0..parts {
            let set = |s: &&Step| s.parts[part];
            let entries = all.iter().filter(|s| s.sort == RowSort::Can);
            let first = entries.clone().filter(|s| set(s).is_some()).map(|s| (s.distance, rank(s.via))).min();
            let highest = entries.filter(|s| Some((s.distance, rank(s.via))) == first).filter_map(set).max();
            levels.push(match highest {
                None | Some(FOLLOW) if self.feature && part > 0 => levels[0],
                None | Some(FOLLOW) => NONE,
                Some(value) => value,
            });
        }
        for (part, level) in levels.iter_mut().enumerate() {
            let of = |sort: RowSort| all.iter().filter(move |s| s.sort == sort).filter_map(move |s| s.parts[part]);
            *level = of(RowSort::Role).fold(*level, Value::max);
            *level = of(RowSort::Cannot).fold(*level, Value::min);
        }
        levels
    }
}

/// Which goes first at one place: the user's own entry, then those of groups, then everyone's.
pub fn rank(via: Via) -> u8 {
    match via {
        Via::Own => 0,
        Via::Group(_) => 1,
        _ => 2,
    }
}

/// What can be said without the other steps.
fn first_look(step: &Step) -> Effect {
    match (step.applies, step.over, step.sort) {
        (false, _, _) if step.was_member => Effect::MembershipOver,
        (false, ..) => Effect::Other,
        (_, true, _) => Effect::Over,
        (_, _, RowSort::Role) => Effect::Adds,
        (_, _, RowSort::Cannot) => Effect::Takes,
        _ => Effect::FurtherOut,
    }
}

/// Lets the closest place that sets a part decide it: the user, else the groups' highest, else everyone.
fn decide(steps: &[Step], effects: &mut [Effect], part: usize) {
    let sets = |s: &Step| s.parts.get(part).copied().flatten();
    let speaks = |s: &Step| s.sort == RowSort::Can && s.applies && !s.over;
    let deciding = steps.iter().filter(|s| speaks(s)).filter_map(|s| Some((s.distance, rank(s.via), sets(s)?)));
    let Some((distance, first, _)) = deciding.clone().min_by_key(|(d, r, _)| (*d, *r)) else { return };
    let highest = deciding.filter(|(d, r, _)| (*d, *r) == (distance, first)).map(|(.., v)| v).max().unwrap_or(NONE);
    for (step, effect) in steps.iter().zip(effects.iter_mut()).filter(|(s, _)| speaks(s) && s.distance == distance) {
        let Some(value) = sets(step) else { continue };
        let now = match (rank(step.via), first) {
            (own, first) if own == first && value == highest && value == FOLLOW => Effect::Follows,
            (own, first) if own == first && value == highest => Effect::Decides,
            (own, first) if own == first => Effect::BehindHigher,
            (_, 0) => Effect::BehindUser,
            _ => Effect::BehindGroup,
        };
        if !matches!(effect, Effect::Decides | Effect::Follows) || now == Effect::Decides {
            *effect = now;
        }
    }
}
