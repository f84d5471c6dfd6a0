//! The smallest statement that would allow what is denied, tried out.

use super::check::{Asked, Checker};
use super::explain::{Explanation, explain};
use super::question::{Question, QuestionError};
use super::reason::ReasonKind;
use crate::policy::Policy;
use crate::syntax::print;
use crate::table::Table;
use crate::table::decide::Resource;
use crate::table::view::Damage;

/// What was found.
#[derive(Debug)]
pub enum Suggested {
    /// These statements allow it: with them the policy is this one.
    Works(String, Box<Policy>),
    /// No statement that is added would do, and why.
    None(String),
}

/// How many statements one suggestion may take: a membership, and an entry.
const STATEMENTS: usize = 2;

/// Finds the statement that allows what an explanation says is denied; where another gate is behind the first, a second one.
/// `with` reads the policy again with statements more, unless it has errors then.
///
/// # Errors
/// Those of an explanation.
pub fn suggest(
    table: &Table,
    q: &Question,
    denied: &Explanation,
    with: &mut dyn FnMut(&str) -> Option<Policy>,
) -> Result<Suggested, QuestionError> {
    let (mut statements, mut denial) = (String::new(), denied.clone());
    for _ in 0..STATEMENTS {
        let all = candidates(table, q, &denial)?;
        if all.is_empty() {
            break;
        }
        let mut next = None;
        for statement in all {
            let more = format!("{statements}{statement}");
            let Some(changed) = with(&more) else { continue };
            let after = explain(changed.table(), None, q)?;
            if after.answer.allowed() {
                return Ok(Suggested::Works(more, Box::new(changed)));
            }
            next.get_or_insert((more, after));
        }
        let Some(next) = next else {
            let asked = Checker::new(table).understand(q)?;
            let why = match container(table, &asked, q)? {
                None => "the policy speaks of the user there already; change that statement",
                Some(_) => "no entry of the user that leaves the resource in its container would do",
            };
            return Ok(Suggested::None(why.into()));
        };
        (statements, denial) = next;
    }
    Ok(Suggested::None(format!("{}; that has to go first", denial.answer.reason.text)))
}

/// Statements that may allow it, the shortest first: in the resource itself, or in the organization that the user is no
/// member of.
fn candidates(table: &Table, q: &Question, denial: &Explanation) -> Result<Vec<String>, QuestionError> {
    let asked = Checker::new(table).understand(q)?;
    let user = print::Id(&q.user).to_string();
    let reason = &denial.answer.reason;
    match reason.kind {
        ReasonKind::NotAMember => {
            let own = reason.place.as_deref().and_then(|p| p.strip_prefix("organization:")).unwrap_or("default");
            return Ok(vec![format!("organization {} {{ member user {user} }}\n", print::Id(own))]);
        }
        ReasonKind::OutsideOrganization | ReasonKind::Prohibited => return Ok(Vec::new()),
        _ => {}
    }
    let kind = &table.kinds()[asked.kind as usize];
    let base = kind.levels.name(0);
    let mut all = Vec::new();
    // It stays in its container: outside of it everyone else would lose, and prohibitions would no longer hold.
    let holder = container(table, &asked, q)?;
    let needs_base = asked.permission.feature && !has_base(table, q, &asked)?;
    let list = if needs_base { format!("{base}, {}", q.permission) } else { q.permission.clone() };
    let within = holder.map_or(String::new(), |holder| format!(" in {holder}"));
    // A kind that can lie below may be named like a feature.
    for on in [String::new(), format!(" on {}", kind.name)] {
        all.push(format!("{} {}{within} {{ user {user} can {list}{on} }}\n", kind.name, print::Id(&q.resource.id)));
    }
    Ok(all)
}

/// The container of a resource that only a pattern makes known: it stays in it where a statement declares it.
fn container(table: &Table, asked: &Asked, q: &Question) -> Result<Option<String>, Damage> {
    let Some(on @ Resource::Matched(_)) = table.resource(asked.kind, &q.resource.id)? else { return Ok(None) };
    let Some(around) = table.ground(on)?.1.first().copied() else { return Ok(None) };
    let parent = table.beyond(around)?.parent.map(|at| table.place(at)).transpose()?.flatten();
    Ok(parent.map(|place| place.statement()))
}

/// Whether a user has the lowest level of the base, without which no feature is allowed.
fn has_base(table: &Table, q: &Question, asked: &Asked) -> Result<bool, QuestionError> {
    let lowest = format!("*:{}", table.kinds()[asked.kind as usize].levels.name(0));
    let (Some(lowest), Some(on)) = (table.permission(asked.kind, &lowest), table.resource(asked.kind, &q.resource.id)?) else {
        return Ok(false);
    };
    let mut sign_in = Checker::new(table).sign_in(q)?;
    if let Some(organization) = &q.organization {
        sign_in = table.to_organization(sign_in, organization)?;
    }
    Ok(table.check(&sign_in, lowest, on, asked.at)?)
}
