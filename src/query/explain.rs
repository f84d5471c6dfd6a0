//! Why: the statements that a decision looked at, what each did, and what would have changed it.

use std::collections::HashMap;

use super::check::{Asked, Checker};
use super::question::{Question, QuestionError};
use super::reason::{Answer, Origin, Reason, ReasonKind, answer, entry, role};
use crate::model::kinds::{FOLLOW, NONE};
use crate::model::{Model, NEVER, Who};
use crate::source::Sources;
use crate::table::decide::{Cause, Verdict};
use crate::table::view::Damage;
use crate::table::{RowSort, Step, Table, Via};

/// What a statement did in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It decides the part that is asked for, or the base that it follows.
    Decides,
    /// It lets the feature that is asked for follow the base.
    Follows,
    /// At the same place, the user's own entry goes before it.
    BehindUser,
    /// At the same place, a group's entry goes before it.
    BehindGroup,
    /// At the same place, another group gives more.
    BehindHigher,
    /// A place closer to the resource has decided.
    FurtherOut,
    /// A role that gives something.
    Adds,
    /// It takes something away.
    Takes,
    /// It has ended.
    Over,
    /// It speaks of a group that the user was in until some time ago.
    MembershipOver,
    /// It speaks of someone else.
    Other,
}

impl Effect {
    /// The effect as words behind the statement.
    pub fn words(self) -> &'static str {
        match self {
            Effect::Decides => "decides",
            Effect::Follows => "lets the feature follow the base",
            Effect::BehindUser => "gives way to the user's own entry",
            Effect::BehindGroup => "gives way to a group's entry",
            Effect::BehindHigher => "gives way to a group that has more",
            Effect::FurtherOut => "further out, gives way",
            Effect::Adds => "adds",
            Effect::Takes => "takes away",
            Effect::Over => "has ended",
            Effect::MembershipOver => "of a group the user is no longer in",
            Effect::Other => "of someone else",
        }
    }

    /// The word that programs read.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Decides => "decides",
            Effect::Follows => "follows",
            Effect::BehindUser => "behind-user",
            Effect::BehindGroup => "behind-group",
            Effect::BehindHigher => "behind-higher",
            Effect::FurtherOut => "further-out",
            Effect::Adds => "adds",
            Effect::Takes => "takes",
            Effect::Over => "over",
            Effect::MembershipOver => "membership-over",
            Effect::Other => "other",
        }
    }
}

/// A statement that a decision looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The place that it is written for, or the scope; `everywhere` has none.
    pub place: Option<String>,
    /// The statement, and where it is.
    pub reason: Reason,
    /// What it did.
    pub effect: Effect,
}

/// A step from a user to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: String,
    /// What is a member of it, as the language writes it; none where the group is named at sign-in.
    pub member: Option<String>,
    /// Where that is said.
    pub source: Option<Origin>,
}

/// A whole explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The decision and its reason.
    pub answer: Answer,
    /// What was looked at, from the resource outwards; what speaks of others is left out.
    pub told: Vec<Told>,
    /// How the user comes into the group that the reason speaks of.
    pub membership: Vec<Membership>,
    /// Whether the memberships are known: a compiled policy keeps only what follows from them.
    pub sources: bool,
    /// For a denial, statements that would have allowed it: those that lost, that ended, or that speak of others.
    pub nearest: Vec<Told>,
}

/// How many statements that speak of others are told.
const NEAREST: usize = 5;

/// Explains a decision. The model and the sources, where they are there, show the way through the groups.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn explain(table: &Table, from: Option<(&Model, &Sources)>, q: &Question) -> Result<Explanation, QuestionError> {
    let mut checker = Checker::new(table);
    let asked = checker.understand(q)?;
    let Some(on) = table.resource(asked.kind, &q.resource.id)? else {
        let verdict = Verdict { allow: false, cause: Cause::UnknownResource };
        let answer = answer(table, q, &asked, verdict)?;
        return Ok(Explanation {
            answer,
            told: Vec::new(),
            membership: Vec::new(),
            sources: from.is_some(),
            nearest: Vec::new(),
        });
    };
    let mut sign_in = checker.sign_in(q)?;
    if let Some(organization) = &q.organization {
        sign_in = table.to_organization(sign_in, organization)?;
    }
    let verdict = table.decide(&sign_in, asked.permission, on, asked.at)?;
    let steps = table.trace(&sign_in, asked.permission, on, asked.at)?;
    let answer = answer(table, q, &asked, verdict)?;
    let gate = matches!(answer.reason.kind, ReasonKind::OutsideOrganization | ReasonKind::NotAMember);
    let effects = effects(&steps, asked.permission.feature);
    let tell = |step: &Step, effect: Effect| -> Result<Told, Damage> {
        let reason = match step.sort {
            RowSort::Can => entry(table, ReasonKind::Access, step.row, RowSort::Can)?,
            RowSort::Cannot => entry(table, ReasonKind::Prohibited, step.row, RowSort::Cannot)?,
            RowSort::Role => role(table, step.row)?,
        };
        Ok(Told { place: table.place(step.row.place)?.map(|p| p.statement()), reason, effect })
    };
    let mut told = Vec::new();
    for (step, effect) in steps.iter().zip(&effects).filter(|(_, e)| **e != Effect::Other && !gate) {
        told.push(tell(step, *effect)?);
    }
    let mut nearest = Vec::new();
    if !verdict.allow && !gate && asked.permission.value > NONE {
        let would = |step: &Step| {
            let parts = if asked.permission.feature { &step.parts[..] } else { &step.parts[1..] };
            step.sort != RowSort::Cannot && parts.iter().flatten().any(|v| *v >= asked.permission.value)
        };
        let missing = |(step, effect): &(&Step, &Effect)| {
            would(step)
                && matches!(effect, Effect::Other | Effect::Over | Effect::MembershipOver)
                && !matches!(step.via, Via::Other)
        };
        for (step, effect) in steps.iter().zip(&effects).filter(missing).take(NEAREST) {
            nearest.push(tell(step, *effect)?);
        }
    }
    let membership = membership(from, q, &asked, &answer);
    Ok(Explanation { answer, told, membership, sources: from.is_some(), nearest })
}

/// What each step did.
fn effects(steps: &[Step], feature: bool) -> Vec<Effect> {
    let mut effects: Vec<Effect> = steps.iter().map(first_look).collect();
    let parts = steps.first().map_or(0, |s| s.parts.len());
    (1..parts).for_each(|part| decide(steps, &mut effects, part));
    // A feature may follow the base, and without a base there is none: what decides the base is told as well.
    if feature {
        decide(steps, &mut effects, 0);
    }
    effects
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
    let rank = |via: Via| match via {
        Via::Own => 0,
        Via::Group(_) => 1,
        _ => 2,
    };
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

/// The way of the user into the group that the reason speaks of: the shortest that lasts.
fn membership(from: Option<(&Model, &Sources)>, q: &Question, asked: &Asked, answer: &Answer) -> Vec<Membership> {
    let group = answer.reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"));
    let (Some((model, sources)), Some(group)) = (from, group) else { return Vec::new() };
    let Some(target) = model.groups.get(group) else { return Vec::new() };
    let mut found: Vec<(u32, Option<usize>)> = Vec::new();
    let mut seen = vec![false; model.groups.len()];
    let mut begin = vec![(model.users.get(&q.user).map(Who::User), None)];
    for named in q.groups.iter().filter_map(|g| model.groups.get(g)) {
        found.push((named, None));
        seen[named as usize] = true;
    }
    let lasts = |i: &usize| {
        let until = model.members[*i].until;
        until == NEVER || model.times[until as usize] > asked.at
    };
    let by_member = by_member(model, model.users.get(&q.user));
    let mut ways: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); model.groups.len()];
    let mut at = 0;
    while at < found.len() || !begin.is_empty() {
        let (who, through) = match begin.pop() {
            Some((Some(who), through)) => (who, through),
            Some((None, _)) => continue,
            None => {
                let (group, _) = found[at];
                at += 1;
                (Who::Group(group), Some(group as usize))
            }
        };
        for i in by_member.get(&who).into_iter().flatten().filter(|i| lasts(i)) {
            let of = model.members[*i].of;
            if !std::mem::replace(&mut seen[of as usize], true) {
                ways[of as usize] = (Some(*i), through);
                found.push((of, Some(*i)));
            }
        }
    }
    if !seen[target as usize] {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let mut next = Some(target as usize);
    while let Some(group) = next {
        let (way, before) = ways[group];
        let member = way.map(|i| model.who(model.members[i].who));
        let source = way.map(|i| sources.origin(model.members[i].span));
        steps.push(Membership { group: model.groups.name(group as u32).to_owned(), member, source });
        next = before.filter(|_| way.is_some());
    }
    steps.reverse();
    steps
}

/// The memberships of a user and of all groups, by member: those of other users are no way to anywhere.
fn by_member(model: &Model, user: Option<u32>) -> HashMap<Who, Vec<usize>, foldhash::fast::RandomState> {
    let mut by_member: HashMap<Who, Vec<usize>, foldhash::fast::RandomState> = HashMap::default();
    for (i, m) in model.members.iter().enumerate().filter(|(_, m)| !matches!(m.who, Who::User(other) if Some(other) != user)) {
        by_member.entry(m.who).or_default().push(i);
    }
    by_member
}
