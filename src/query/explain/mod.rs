//! Why: the statements that a decision looked at, what each did, and what would have changed it.

mod effects;
mod gate;
mod turns;
mod ways;

use std::collections::HashMap;

use super::check::Checker;
use super::question::{Question, QuestionError};
use super::reason::{Answer, Origin, Reason, ReasonKind, answer, entry, role, unknown_user};
use crate::model::Model;
use crate::model::kinds::NONE;
use crate::source::Sources;
use crate::table::decide::{Cause, Verdict};
use crate::table::view::Damage;
use crate::table::{GroupId, RowSort, SignIn, Step, Table, Via};
pub(crate) use effects::Weighed;
use effects::{active, effects};
use gate::Within;
use turns::All;
use ways::Ways;

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
    /// It takes away what is asked for, or the base that it needs.
    Takes,
    /// It is a prohibition, and nothing gives what it takes.
    TakesNothing,
    /// It makes the user a member of the organization.
    LetsIn,
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
            Effect::TakesNothing => "takes nothing of it",
            Effect::LetsIn => "lets in",
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
            Effect::TakesNothing => "takes-nothing",
            Effect::LetsIn => "lets-in",
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
    /// Where it speaks of a group that the user is no longer in: the memberships that have ended.
    pub ended: Vec<Membership>,
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

/// One place in another one, or one role that includes another one; as the language writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What lies inside, or includes.
    pub from: String,
    /// What it lies in, or what is included.
    pub to: String,
    /// Where that is said.
    pub source: Option<Origin>,
}

/// The door of a closed organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The organization.
    pub organization: String,
    /// The members that are the user or one of its groups, and those that were; none where only the text of the policy says
    /// so.
    pub members: Option<Vec<Told>>,
    /// How the user comes into the group that lets it in.
    pub way: Vec<Membership>,
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
    /// From the resource outwards to the place that the reason is written for.
    pub containment: Vec<Link>,
    /// From the role that is assigned to the one whose own list gives it.
    pub includes: Vec<Link>,
    /// Where the organization is closed: what lets the user in, or did.
    pub gate: Option<Gate>,
    /// Without these statements together the answer is the other one, and with any one of them it stays as it is; without
    /// the only one, where it is one. Empty where no statement makes the answer.
    pub stands_on: Vec<Told>,
    /// Whether the memberships are known: a compiled policy keeps only what follows from them.
    pub sources: bool,
    /// For a denial, statements that would have allowed it: those that lost, that ended, or that speak of others.
    pub nearest: Vec<Told>,
    /// What else the asker should know, beside the notes of the answer.
    pub notes: Vec<String>,
}

impl Explanation {
    fn bare(answer: Answer, sources: bool, notes: Vec<String>) -> Explanation {
        Explanation {
            answer,
            told: Vec::new(),
            membership: Vec::new(),
            containment: Vec::new(),
            includes: Vec::new(),
            gate: None,
            stands_on: Vec::new(),
            sources,
            nearest: Vec::new(),
            notes,
        }
    }
}

/// What a policy says, where its text is there.
type From<'a> = Option<(&'a Model, &'a Sources)>;

/// How many statements that would have allowed it are told.
const NEAREST: usize = 5;

/// Explains a decision. The model and the sources, where they are there, show the ways.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn explain(table: &Table, from: Option<(&Model, &Sources)>, q: &Question) -> Result<Explanation, QuestionError> {
    let mut checker = Checker::new(table);
    let asked = checker.understand(q)?;
    let notes: Vec<String> = unknown_user(table, &q.user)?.into_iter().map(|(note, _)| note).collect();
    let Some(on) = table.resource(asked.kind, &q.resource.id)? else {
        let verdict = Verdict { allow: false, cause: Cause::UnknownResource };
        return Ok(Explanation::bare(answer(table, q, &asked, verdict)?, from.is_some(), notes));
    };
    let sign_in = checker.sign_in(q)?;
    let sign_in = into(table, q, sign_in)?;
    let ways = Ways::new(from, q, asked.at);
    let verdict = table.decide(&sign_in, asked.permission, on, asked.at)?;
    let steps = table.trace(&sign_in, asked.permission, on, asked.at)?;
    let (feature, value) = (asked.permission.feature, asked.permission.value);
    let effects = effects(&steps, feature, value);
    let mut explanation = Explanation::bare(answer(table, q, &asked, verdict)?, from.is_some(), notes);
    let reason = &explanation.answer.reason;
    let group = reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"));
    explanation.membership = ways.lasting(group);
    explanation.containment = ways::containment(table, from, (asked.kind, &q.resource.id), on, reason.place.as_deref())?;
    explanation.includes = ways::includes(from, asked.kind, &q.permission, reason.role.as_deref());
    let outside = reason.kind == ReasonKind::OutsideOrganization;
    let gated = outside || reason.kind == ReasonKind::NotAMember;
    let weighed = Weighed::new(&steps, feature, value);
    if !outside {
        let (permission, would) = (asked.permission, weighed.allows(&|_, step| active(step)));
        let within = Within { table, from, q, at: asked.at, permission, ways: &ways, would };
        explanation.gate = within.gate(&sign_in, on, &mut explanation.nearest)?;
    }
    if gated {
        return Ok(explanation);
    }
    let mut told = Vec::with_capacity(steps.len());
    for (step, effect) in steps.iter().zip(&effects) {
        let tells = *effect != Effect::Other || !verdict.allow && !matches!(step.via, Via::Other);
        told.push(if tells { Some(tell(table, step, *effect, &ways)?) } else { None });
    }
    let own = effects.iter().zip(&told).filter(|(effect, _)| **effect != Effect::Other);
    explanation.told = own.filter_map(|(_, told)| told.clone()).collect();
    let all = All { steps: &steps, effects: &effects, told: &told, weighed };
    explanation.stands_on = all.stands_on(verdict.allow, explanation.answer.reason.source.as_ref());
    if !verdict.allow && value > NONE {
        let mut sign_ins: HashMap<GroupId, SignIn<'_>> = HashMap::new();
        for (step, told) in steps.iter().zip(all.told) {
            if let (Via::Group(group), false) = (step.via, step.applies || step.over)
                && !sign_ins.contains_key(&group)
            {
                // Who is in a group again is in those on the way to it as well.
                let mut more = vec![group];
                for membership in told.iter().flat_map(|t| &t.ended) {
                    more.extend(table.group(&membership.group)?);
                }
                sign_ins.insert(group, joined(table, q, &more)?);
            }
        }
        let mut helps = HashMap::new();
        for (group, sign_in) in &sign_ins {
            if table.check(sign_in, asked.permission, on, asked.at)? {
                helps.insert(*group, table.groups_of(sign_in, asked.at)?);
            }
        }
        explanation.nearest.extend(all.nearest(&helps));
    }
    Ok(explanation)
}

/// A sign-in of a question, to the organization that it is to.
fn into<'t>(table: &'t Table, q: &'t Question, sign_in: SignIn<'t>) -> Result<SignIn<'t>, Damage> {
    match &q.organization {
        Some(organization) => table.to_organization(sign_in, organization),
        None => Ok(sign_in),
    }
}

/// The sign-in of a question with some groups more.
fn joined<'t>(table: &'t Table, q: &'t Question, more: &[GroupId]) -> Result<SignIn<'t>, Damage> {
    let mut groups = q.groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
    groups.extend(more);
    into(table, q, table.sign_in_with(table.user(&q.user)?, &groups)?)
}

/// A step in words.
fn tell(table: &Table, step: &Step, effect: Effect, ways: &Ways<'_>) -> Result<Told, Damage> {
    let reason = match step.sort {
        RowSort::Can => entry(table, ReasonKind::Access, step.row, RowSort::Can)?,
        RowSort::Cannot => entry(table, ReasonKind::Prohibited, step.row, RowSort::Cannot)?,
        RowSort::Role => role(table, step.row)?,
    };
    let group = reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"));
    let ended = if effect == Effect::MembershipOver { ways.ended(group) } else { Vec::new() };
    Ok(Told { place: table.place(step.row.place)?.map(|p| p.statement()), reason, effect, ended })
}
