//! `roomkey check --token`: a question with a token instead of a user.

use super::super::check::trouble as question_trouble;
use super::super::signing::trouble;
use super::super::{Failure, Globals, answers};
use crate::query::reason::ReasonKind;
use crate::token::{self, Claims, Verifier};
use crate::{Answer, Checker, Decision, Instant, Question};

/// A question with a token.
pub struct Asked<'a> {
    /// The token, or `-`.
    pub token: &'a str,
    /// Who says whether it can be trusted.
    pub verifier: Verifier,
    /// The permission.
    pub permission: &'a str,
    /// The resource as KIND:ID.
    pub resource: &'a str,
    /// Whether the policy has to allow what an access token opens.
    pub and_policy: bool,
    /// When.
    pub at: Instant,
}

impl Asked<'_> {
    /// The question in names, and its answer. A token that cannot be trusted has none.
    pub fn answer(&self, globals: &Globals) -> Result<(Question, Answer), Failure> {
        let read = super::read::read(self.token)?;
        let claims = self.verifier.verify(&read, self.at).map_err(|e| trouble(&e))?;
        let mut question = Question::new(claims.user().unwrap_or_default(), self.permission, self.resource).at(self.at);
        question.groups.clone_from(&claims.groups);
        question.organization.clone_from(&claims.organization);
        let answer = match claims.kind {
            token::Kind::Identity => of_policy(globals, &question)?,
            token::Kind::Access => self.of_entries(globals, &claims, &mut question)?,
        };
        Ok((question, answer))
    }

    /// What an access token opens, and, where that is wanted, whether the policy agrees.
    fn of_entries(&self, globals: &Globals, claims: &Claims, question: &mut Question) -> Result<Answer, Failure> {
        let table = super::vocabulary(globals)?;
        let about = &table.kinds()[super::about(&table, claims).map_err(|e| trouble(&e))? as usize];
        question.resource.kind.get_or_insert_with(|| about.name.to_string());
        // The same faults of a question as without a token.
        let asked = Checker::new(&table).understand(question).map_err(|e| question_trouble(&e))?;
        let kind = &table.kinds()[asked.kind as usize];
        let answer = token::answer(claims, about, kind, self.permission, &question.resource.id).map_err(|e| trouble(&e))?;
        if answer.decision == Decision::Deny {
            return Ok(answer);
        }
        let table = if self.and_policy { answers::table(globals)? } else { table };
        let mut both = Checker::new(&table).check(question).map_err(|e| question_trouble(&e))?;
        // A token for one organization opens nothing of another one, whatever its entries are called.
        let outside = claims.organization.is_some() && both.reason.kind == ReasonKind::OutsideOrganization;
        if !self.and_policy && !outside {
            return Ok(answer);
        }
        both.notes.push(answer.reason.text);
        Ok(both)
    }
}

fn of_policy(globals: &Globals, question: &Question) -> Result<Answer, Failure> {
    let table = answers::table(globals)?;
    Ok(Checker::new(&table).check(question).map_err(|e| question_trouble(&e))?)
}
