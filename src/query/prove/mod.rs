//! Tests and invariants against a table: expected answers are asked, and what holds for everyone is proved.
//!
//! A proof asks once for each class of sign-ins that no decision on a resource tells apart: the users that a statement
//! on its way names, the others by which of the named groups they are in, the stranger, and the stranger in each group.

mod moment;
mod prover;

use std::collections::HashMap;

use super::check::Checker;
use super::question::{Question, QuestionError, Resource};
use super::reason::Answer;
use crate::instant::Instant;
use crate::model::Model;
use crate::model::tests::{Expected, Law};
use crate::source::Span;
use crate::syntax::print;
use crate::table::Table;

pub(super) use prover::{Class, Of, Prover, asked, binds};

/// What a test or an invariant did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `test` or `invariant`.
    pub sort: &'static str,
    /// Its name.
    pub name: String,
    /// The line.
    pub span: Span,
    /// What was expected, in one line.
    pub expected: String,
    /// What is the case.
    pub found: Found,
}

/// What is the case where something else was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Another answer than the expected one.
    Answer(Box<Question>, Box<Answer>),
    /// Someone who should not, or what both should not: a witness, and whether it is so only later.
    Witness(Box<Question>, Vec<Answer>, Option<Instant>),
    /// Too many or too few users can.
    Count {
        /// The resource.
        resource: String,
        /// The permission.
        permission: String,
        /// How many can.
        users: usize,
        /// The first of them, each with why.
        some: Vec<(String, Answer)>,
        /// When, where it is not so now.
        later: Option<Instant>,
    },
    /// The same question is expected to be answered both ways: the other line.
    Contradiction(Span),
    /// No resource matches, so nothing is proved.
    NoResource,
    /// A test or an invariant without a line.
    Empty,
}

/// What came of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Tests and invariants that hold, by name.
    pub passed: Vec<(&'static str, String)>,
    /// What does not hold, in the order of the policy.
    pub failures: Vec<Failure>,
    /// How many tests and invariants do not hold.
    pub failed: usize,
}

/// When tests and invariants are asked.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The time of questions that name none.
    pub now: Instant,
    /// Whether invariants are left alone at the instants at which something ends.
    pub now_only: bool,
}

/// Tries every test and invariant whose name holds `filter`.
///
/// # Errors
/// A damaged table.
pub fn prove(table: &Table, model: &Model, filter: &str, when: When) -> Result<Tried, QuestionError> {
    let mut tried = Tried::default();
    let mut checker = Checker::new(table);
    let mut known = Known::new();
    for test in model.tests.iter().filter(|t| t.name.contains(filter)) {
        let mut failures = Vec::new();
        for expected in &test.questions {
            failures.extend(ask(table, &mut checker, &mut known, expected, when.now)?);
        }
        if test.questions.is_empty() {
            failures.push((test.span, "at least one question".into(), Found::Empty));
        }
        tried.take("test", &test.name, failures);
    }
    let mut prover = Prover::new(table, when)?;
    for invariant in model.invariants.iter().filter(|i| i.name.contains(filter)) {
        let mut failures = Vec::new();
        for law in &invariant.laws {
            if let Some(found) = prover.law(law)? {
                failures.push((law.span, words(table, law), found));
            }
        }
        if invariant.laws.is_empty() {
            failures.push((invariant.span, "at least one line".into(), Found::Empty));
        }
        tried.take("invariant", &invariant.name, failures);
    }
    Ok(tried)
}

impl Tried {
    fn take(&mut self, sort: &'static str, name: &str, failures: Vec<(Span, String, Found)>) {
        if failures.is_empty() {
            return self.passed.push((sort, name.to_owned()));
        }
        self.failed += 1;
        let failure = |(span, expected, found)| Failure { sort, name: name.to_owned(), span, expected, found };
        self.failures.extend(failures.into_iter().map(failure));
    }
}

/// Asks the questions of one line.
fn ask(
    table: &Table,
    checker: &mut Checker<'_>,
    known: &mut Known,
    expected: &Expected,
    now: Instant,
) -> Result<Vec<(Span, String, Found)>, QuestionError> {
    let mut failures = Vec::new();
    let kind = table.kinds()[expected.kind as usize].name.to_string();
    for permission in &expected.permissions {
        let mut question = Question::new(&expected.user, permission, "");
        question.resource = Resource { kind: Some(kind.clone()), id: expected.id.clone() };
        question.groups.clone_from(&expected.groups);
        question.groups.sort();
        question.organization.clone_from(&expected.organization);
        question.at = expected.at;
        question.groups.dedup();
        let verb = if expected.can { "can" } else { "cannot" };
        let said = format!("user {} {verb} {permission} on {kind} {}", print::Id(&expected.user), print::Id(&expected.id));
        let same = meant(table, expected, &question, now)?;
        let (first, span) = *known.entry(same).or_insert((expected.can, expected.span));
        if first != expected.can {
            failures.push((expected.span, said, Found::Contradiction(span)));
            continue;
        }
        question.at = Some(expected.at.unwrap_or(now));
        let answer = checker.check(&question)?;
        if answer.allowed() != expected.can {
            failures.push((expected.span, said, Found::Answer(Box::new(question), Box::new(answer))));
        }
    }
    Ok(failures)
}

/// What a question asks however it is written, and which answer a line expected first.
type Known = HashMap<String, (bool, Span)>;

/// A question without the choices of its writing: the permission and the time as what they mean, and no organization where
/// it is the resource's own.
fn meant(table: &Table, expected: &Expected, question: &Question, now: Instant) -> Result<String, QuestionError> {
    let permission = table.permission(expected.kind, &question.permission);
    let own = match table.resource(expected.kind, &expected.id)? {
        Some(on) => Some(table.organization(on)?.0.unwrap_or_else(|| "default".into())),
        None => None,
    };
    let organization = question.organization.as_ref().filter(|o| Some(*o) != own.as_ref());
    let at = expected.at.unwrap_or(now);
    let Question { user, resource, groups, .. } = question;
    Ok(format!("{user:?} {groups:?} {organization:?} {permission:?} {resource:?} {at}"))
}

/// The line of an invariant in words.
fn words(table: &Table, law: &Law) -> String {
    let kind = &table.kinds()[law.kind as usize].name;
    let list = law.written.join(if law.both { " and " } else { ", " });
    let both = if law.both { "both " } else { "" };
    let id = format!("{}{}", law.id, if law.pattern { "*" } else { "" });
    let within = law
        .within
        .as_ref()
        .map_or(String::new(), |(kind, id)| format!(" in {} {}", table.kinds()[*kind as usize].name, print::Id(id)));
    format!("{} can {both}{list} on {kind} {}{within}", law.whom(), print::Id(&id))
}
