//! Explanations as words: a tree for people, one JSON object for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::answer::{self, reason_json};
use super::plain;
use crate::query::explain::{Effect, Explanation, Membership, Told};
use crate::source::{Origin, Sources};
use crate::{Decision, Question};

/// How wide a line is, where what stands in it allows.
const WIDTH: usize = 80;

/// Writes the decision, and below it what was looked at, from the resource outwards.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, sources: Option<&Sources>, q: &Question, e: &Explanation) -> io::Result<()> {
    answer::text(out, q, &e.answer)?;
    if let Some(source) = &e.answer.reason.source {
        quoted(out, sources, source, "  ")?;
    }
    if !e.membership.is_empty() {
        writeln!(out, "\nthe way into the group")?;
        e.membership.iter().try_for_each(|m| member(out, q, m))?;
    } else if !e.sources && e.answer.reason.principal.as_deref().is_some_and(|p| p.starts_with("group:")) {
        writeln!(out, "\nthe way into the group is known only with the text of the policy")?;
    }
    if !e.told.is_empty() {
        writeln!(out, "\nwhat was looked at, closest first")?;
        places(out, &e.told)?;
    }
    if !e.nearest.is_empty() {
        writeln!(out, "\nwhat would have allowed it")?;
        e.nearest.iter().try_for_each(|told| line(out, "  ", &sentence(told), &would(told), told.reason.source.as_ref()))?;
    }
    Ok(())
}

fn member(out: &mut dyn Write, q: &Question, m: &Membership) -> io::Result<()> {
    let group = crate::syntax::print::Id(&m.group).to_string();
    match (&m.member, &m.source) {
        (Some(member), source) => line(out, "  ", &format!("{member} is in group {group}"), "", source.as_ref()),
        (None, _) => line(out, "  ", &format!("user {} named group {group} at sign-in", super::id(&q.user)), "", None),
    }
}

fn places(out: &mut dyn Write, told: &[Told]) -> io::Result<()> {
    let mut place: Option<&Option<String>> = None;
    for t in told {
        if place != Some(&t.place) {
            writeln!(out, "  {}", plain(t.place.as_deref().unwrap_or("everywhere")))?;
            place = Some(&t.place);
        }
        line(out, "    ", &t.reason.text, t.effect.words(), t.reason.source.as_ref())?;
    }
    Ok(())
}

/// A statement with the place that it is written for.
fn sentence(told: &Told) -> String {
    match (&told.reason.role, &told.place) {
        (None, Some(place)) => format!("{} on {place}", told.reason.text),
        _ => told.reason.text.clone(),
    }
}

/// What is missing for a statement that speaks of someone else.
fn would(told: &Told) -> String {
    match (told.effect, told.reason.principal.as_deref().and_then(|p| p.strip_prefix("group:"))) {
        (Effect::Other, Some(group)) => format!("the user is not in group {}", crate::syntax::print::Id(group)),
        (effect, _) => effect.words().to_owned(),
    }
}

/// A statement, what it did, and where it is: in one line where that fits, else in two.
fn line(out: &mut dyn Write, indent: &str, text: &str, note: &str, source: Option<&Origin>) -> io::Result<()> {
    let text = plain(text);
    let source = source.map(|s| plain(&s.to_string()).to_string()).unwrap_or_default();
    let behind: Vec<&str> = [note, &source].into_iter().filter(|s| !s.is_empty()).collect();
    let behind = behind.join("  ");
    let wide = indent.len() + text.chars().count() + 2 + behind.chars().count();
    match (behind.is_empty(), wide <= WIDTH) {
        (true, _) => writeln!(out, "{indent}{text}"),
        (_, true) => writeln!(out, "{indent}{text}  {behind}"),
        _ => writeln!(out, "{indent}{text}\n{indent}    {behind}"),
    }
}

/// The line of the source itself.
fn quoted(out: &mut dyn Write, sources: Option<&Sources>, origin: &Origin, indent: &str) -> io::Result<()> {
    let Some((_, source)) = sources.and_then(|s| s.iter().find(|(_, s)| s.name() == origin.file)) else { return Ok(()) };
    let shown: String = source.line(origin.line as usize).trim().chars().take(WIDTH - 10).collect();
    writeln!(out, "{indent}{:>5} | {}", origin.line, plain(&shown))
}

/// Writes the explanation as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, q: &Question, e: &Explanation, suggestion: Option<Value>) -> io::Result<()> {
    let told = |t: &Told| json!({"statement": t.reason.text, "place": t.place, "effect": t.effect.word(), "reason": reason_json(&t.reason)});
    let member = |m: &Membership| json!({"group": m.group, "member": m.member, "source": m.source.as_ref().map(origin)});
    let mut value = json!({
        "decision": if e.answer.decision == Decision::Allow { "allow" } else { "deny" },
        "user": q.user,
        "permission": q.permission,
        "resource": format!("{}:{}", e.answer.kind, e.answer.id),
        "reason": reason_json(&e.answer.reason),
        "membership": e.membership.iter().map(member).collect::<Vec<_>>(),
        "steps": e.told.iter().map(told).collect::<Vec<_>>(),
        "nearest": e.nearest.iter().map(told).collect::<Vec<_>>(),
        "notes": e.answer.notes,
    });
    if let Some(suggestion) = suggestion {
        value["suggestion"] = suggestion;
    }
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

fn origin(o: &Origin) -> Value {
    json!({"file": o.file, "line": o.line, "column": o.column})
}
