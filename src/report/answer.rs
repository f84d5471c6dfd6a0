//! Answers as words: two lines for people, one JSON object for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::{id, plain};
use crate::{Answer, Decision, Question, Reason};

/// The word of a decision in every output: `allow` or `deny`.
pub fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
    }
}

/// Writes the decision, the question, and the reason with its place.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, question: &Question, answer: &Answer) -> io::Result<()> {
    let (decision, can) = match answer.decision {
        Decision::Allow => ("allow", "can"),
        Decision::Deny => ("deny ", "cannot"),
    };
    let (user, permission) = (id(&question.user), plain(&question.permission));
    let resource = format!("{} {}", plain(&answer.kind), id(&answer.id));
    writeln!(out, "{decision}  user {user} {can} {permission} on {resource}")?;
    write!(out, "  because {}", plain(&answer.reason.text))?;
    match &answer.reason.source {
        Some(source) => writeln!(out, "     {}", plain(&source.to_string()))?,
        None => writeln!(out)?,
    }
    answer.notes.iter().try_for_each(|note| writeln!(out, "  note: {}", plain(note)))
}

#[derive(Serialize)]
struct JsonAnswer<'a> {
    decision: &'a str,
    user: &'a str,
    permission: &'a str,
    resource: String,
    reason: JsonReason<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct JsonReason<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<JsonSource<'a>>,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

/// Writes the answer as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, question: &Question, answer: &Answer) -> io::Result<()> {
    let shown = JsonAnswer {
        decision: word(answer.decision),
        user: &question.user,
        permission: &question.permission,
        resource: format!("{}:{}", answer.kind, answer.id),
        reason: JsonReason {
            kind: answer.reason.kind.word(),
            principal: answer.reason.principal.as_deref(),
            place: answer.reason.place.as_deref(),
            role: answer.reason.role.as_deref(),
            source: answer.reason.source.as_ref().map(|p| JsonSource { file: &p.file, line: p.line, column: p.column }),
        },
        notes: &answer.notes,
    };
    serde_json::to_writer(&mut *out, &shown)?;
    writeln!(out)
}

/// A reason as the JSON that `check` prints.
pub fn reason_json(reason: &Reason) -> serde_json::Value {
    let source = reason.source.as_ref().map(|p| JsonSource { file: &p.file, line: p.line, column: p.column });
    let shown = JsonReason {
        kind: reason.kind.word(),
        principal: reason.principal.as_deref(),
        place: reason.place.as_deref(),
        role: reason.role.as_deref(),
        source,
    };
    let mut value = serde_json::to_value(&shown).unwrap_or_default();
    value["text"] = reason.text.clone().into();
    value
}
