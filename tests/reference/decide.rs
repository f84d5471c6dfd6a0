//! Section 8: the decision, in the order in which the language states it.

use super::groups::{groups_of, may_sign_in};
use super::permissions::{Meaning, Part, is_below, meaning, parts};
use super::places::is_known;
use super::prohibitions::capped;
use super::roles::{combined_level, role_level};
use super::slip::Slip;
use super::time::{end_of, instant};
use super::world::{Kind, Name, Question, World};

/// A question that has no answer: an error, never a deny.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No kind has that name.
    UnknownKind,
    /// The resource's kind does not declare the permission.
    UnknownPermission,
    /// `FEATURE:none`, a retired permission, or `*` alone.
    NoQuestion,
    /// The id has a `*`.
    PatternAsked,
}

/// One question in the middle of being answered.
pub struct Ask<'w> {
    /// The policy.
    pub world: &'w World,
    /// The user who asks.
    pub user: String,
    /// The user's groups, closed under nesting.
    pub groups: Vec<String>,
    /// What is asked about.
    pub on: Name,
    /// Its kind.
    pub kind: &'w Kind,
    /// The parts of that kind.
    pub parts: Vec<Part>,
    /// The time of the question, where anything can expire.
    pub at: Option<i128>,
    /// A mistake made on purpose.
    pub slip: Slip,
}

impl Ask<'_> {
    /// "Expired entries, memberships and assignments do not exist at that time."
    pub fn exists(&self, until: &Option<String>) -> bool {
        let (Some(until), Some(at)) = (until, self.at) else { return true };
        at < end_of(until) || (at == end_of(until) && self.slips(Slip::UntilIncluded))
    }

    /// Whether the user is in this group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }

    /// Whether this mistake is being made.
    pub fn slips(&self, slip: Slip) -> bool {
        self.slip == slip
    }
}

/// Whether the question is allowed.
pub fn decide(world: &World, question: &Question) -> Result<bool, Refusal> {
    decide_with(world, question, Slip::None)
}

/// The answer of a reader who has overlooked one sentence.
pub fn decide_with(world: &World, question: &Question, slip: Slip) -> Result<bool, Refusal> {
    let kind = world.kind(&question.on.kind).ok_or(Refusal::UnknownKind)?;
    if question.on.id.contains('*') {
        return Err(Refusal::PatternAsked);
    }
    let (part, level) = asked(kind, &question.permission)?;
    let mut ask = Ask {
        world,
        user: question.sign_in.user.clone(),
        groups: Vec::new(),
        on: question.on.clone(),
        kind,
        parts: parts(kind),
        at: question.at.as_deref().map(instant),
        slip,
    };
    ask.groups = groups_of(&ask, &question.sign_in);
    if !is_known(&ask, &question.on) && slip != Slip::UnknownResource {
        return Ok(false);
    }
    Ok(may_sign_in(&ask, &question.sign_in) && answers(&ask, &part, level))
}

/// "An unknown kind, or a permission that the resource's kind does not declare, is an error, never a deny; so are
/// `FEATURE:none`, a retired permission, `*` alone and an id with `*` in a question."
fn asked(kind: &Kind, permission: &str) -> Result<(Part, usize), Refusal> {
    match meaning(kind, permission) {
        None => Err(Refusal::UnknownPermission),
        Some(Meaning::Everything | Meaning::Retired | Meaning::Feature(_, 0)) => Err(Refusal::NoQuestion),
        Some(Meaning::Base(level)) => Ok((Part::Base, level)),
        Some(Meaning::Feature(path, level)) => Ok((Part::Feature(path), level)),
        Some(Meaning::Flat(name)) => Ok((Part::Flat(name), 1)),
    }
}

/// "Asking for a feature that has sub-features asks for it or any of them. … Allow if the part asked for has at
/// least the level asked for; otherwise deny."
fn answers(ask: &Ask, part: &Part, level: usize) -> bool {
    let asked_too = |other: &&Part| match (other, part) {
        (Part::Feature(path), Part::Feature(feature)) => is_below(path, feature) && !ask.slips(Slip::AskedAlone),
        _ => false,
    };
    let below = ask.parts.iter().filter(asked_too);
    std::iter::once(part).chain(below).any(|part| final_level(ask, part) >= level)
}

/// "On a kind with levels, if the base is none after 3 and 4, every feature is none."
fn final_level(ask: &Ask, part: &Part) -> usize {
    let no_entry = level_left(ask, &Part::Base) == 0 && !ask.slips(Slip::EntryWithoutBase);
    if no_entry && matches!(part, Part::Feature(_)) { 0 } else { level_left(ask, part) }
}

/// "Accesses and roles give each part a level; the higher one counts. Prohibitions cap it."
fn level_left(ask: &Ask, part: &Part) -> usize {
    let left = capped(ask, part, combined_level(ask, part));
    if ask.slips(Slip::RolesAfterProhibitions) { left.max(role_level(ask, part)) } else { left }
}
