//! Explanations as words: a tree for people, one JSON object for programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::answer::reason_json;
use super::plain;
use super::wrap::wrap;
use crate::query::explain::{Effect, Explanation, Gate, Link, Membership, Told};
use crate::source::{Origin, Sources};
use crate::syntax::format::{Kept, layout};
use crate::{Decision, Question};

/// How wide a line is, where what stands in it allows.
const WIDTH: usize = 80;

/// Writes the decision, and below it the ways that led to it, what was looked at, and what would turn it.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, sources: Option<&Sources>, q: &Question, e: &Explanation) -> io::Result<()> {
    head(out, q, e)?;
    if let Some(source) = &e.answer.reason.source {
        quoted(out, sources, source, "  ")?;
    }
    for note in e.answer.notes.iter().chain(&e.notes) {
        line(out, "  ", &format!("note: {note}"), "", None)?;
    }
    if let Some(gate) = &e.gate {
        self::gate(out, q, gate)?;
    }
    if !e.membership.is_empty() {
        writeln!(out, "\nthe way into the group")?;
        e.membership.iter().try_for_each(|m| member(out, q, m))?;
    } else if !e.sources && e.answer.reason.principal.as_deref().is_some_and(|p| p.starts_with("group:")) {
        writeln!(out, "\nthe way into the group is known only with the text of the policy")?;
    }
    links(out, "the way out to the place", "is in", &e.containment)?;
    links(out, "the way through the roles", "includes", &e.includes)?;
    if !e.told.is_empty() {
        writeln!(out, "\nwhat was looked at, closest first")?;
        places(out, &e.told)?;
    }
    if !e.stands_on.is_empty() {
        let (would, alone) = (if e.answer.allowed() { "denied" } else { "allowed" }, e.stands_on.len() == 1);
        match alone {
            true => writeln!(out, "\nwithout this alone it would be {would}")?,
            false => writeln!(out, "\nwithout these together it would be {would}, with any one of them it would not")?,
        }
        e.stands_on.iter().try_for_each(|told| line(out, "  ", &sentence(told), "", told.reason.source.as_ref()))?;
    }
    if !e.nearest.is_empty() {
        writeln!(out, "\nwhat would have allowed it")?;
        for told in &e.nearest {
            line(out, "  ", &sentence(told), &would(told), told.reason.source.as_ref())?;
            ended(out, "    ", told)?;
        }
    }
    Ok(())
}

/// The decision and its reason, as `check` prints them where they fit.
fn head(out: &mut dyn Write, q: &Question, e: &Explanation) -> io::Result<()> {
    let (decision, can) = if e.answer.allowed() { ("allow", "can") } else { ("deny ", "cannot") };
    let (user, resource) = (super::id(&q.user), super::id(&e.answer.id));
    let asked = format!("{decision}  user {user} {can} {} on {} {resource}", q.permission, e.answer.kind);
    line(out, "", &asked, "", None)?;
    line(out, "  ", &format!("because {}", e.answer.reason.text), " ", e.answer.reason.source.as_ref())
}

fn gate(out: &mut dyn Write, q: &Question, gate: &Gate) -> io::Result<()> {
    let organization = super::id(&gate.organization);
    writeln!(out, "\nthe door of organization {organization}, which only its members pass")?;
    let Some(members) = &gate.members else {
        return writeln!(out, "  who its members are is known only with the text of the policy");
    };
    for t in members {
        line(out, "  ", &t.reason.text, t.effect.words(), t.reason.source.as_ref())?;
        ended(out, "    ", t)?;
    }
    gate.way.iter().try_for_each(|m| member(out, q, m))?;
    if members.is_empty() {
        writeln!(out, "  no member is the user or one of its groups")?;
    }
    Ok(())
}

fn links(out: &mut dyn Write, title: &str, verb: &str, links: &[Link]) -> io::Result<()> {
    if !links.is_empty() {
        writeln!(out, "\n{title}")?;
    }
    links.iter().try_for_each(|l| line(out, "  ", &format!("{} {verb} {}", l.from, l.to), "", l.source.as_ref()))
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
        ended(out, "      ", t)?;
    }
    Ok(())
}

/// The memberships that have ended and led the user into the group that a statement speaks of.
fn ended(out: &mut dyn Write, indent: &str, told: &Told) -> io::Result<()> {
    let statement = |m: &Membership| {
        let member = m.member.as_deref().unwrap_or_default();
        format!("{member} in group {}", crate::syntax::print::Id(&m.group))
    };
    told.ended.iter().try_for_each(|m| line(out, indent, &statement(m), "", m.source.as_ref()))
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

/// A statement, what it did, and where it is: in one line where that fits, else below each other.
fn line(out: &mut dyn Write, indent: &str, text: &str, note: &str, source: Option<&Origin>) -> io::Result<()> {
    let text = plain(text).replace('\n', " ");
    let source = source.map(|s| plain(&s.to_string()).to_string()).unwrap_or_default();
    let behind: Vec<&str> = [note, &source].into_iter().filter(|s| !s.is_empty()).collect();
    let behind = behind.join("  ");
    if indent.len() + text.width() + 2 + behind.width() <= WIDTH {
        return writeln!(out, "{}", format!("{indent}{text}  {behind}").trim_end());
    }
    for (n, part) in wrap(&text, WIDTH - indent.len() - 2).into_iter().enumerate() {
        writeln!(out, "{indent}{}{part}", if n == 0 { "" } else { "  " })?;
    }
    let wide = indent.len() + 4 + behind.width() > WIDTH;
    let parts = if wide { vec![note.trim(), &source] } else { vec![behind.trim_start()] };
    parts.iter().filter(|part| !part.is_empty()).try_for_each(|part| writeln!(out, "{indent}    {part}"))
}

/// Writes a sentence of its own.
///
/// # Errors
/// Those of the writer.
pub fn paragraph(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out)?;
    line(out, "", text, "", None)
}

/// Writes a sentence about what a suggestion changes besides.
///
/// # Errors
/// Those of the writer.
pub fn sentence_of(out: &mut dyn Write, text: &str) -> io::Result<()> {
    line(out, "    ", text, "", None)
}

/// Writes a statement to be typed: in the one style where a line of it is too long.
///
/// # Errors
/// Those of the writer.
pub fn statement(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let wide = text.lines().any(|line| line.width() + 2 > WIDTH);
    let text = if wide { layout(text, Kept::Stretches).0 } else { text.to_owned() };
    text.lines().try_for_each(|line| writeln!(out, "  {}", plain(line)))
}

/// The line of the source itself.
fn quoted(out: &mut dyn Write, sources: Option<&Sources>, origin: &Origin, indent: &str) -> io::Result<()> {
    let Some((_, source)) = sources.and_then(|s| s.iter().find(|(_, s)| s.name() == origin.file)) else { return Ok(()) };
    let said = plain(source.line(origin.line as usize).trim());
    let (mut shown, mut wide) = (String::new(), 0);
    for c in said.chars() {
        wide += c.width().unwrap_or(0);
        if wide > WIDTH - 10 {
            break;
        }
        shown.push(c);
    }
    writeln!(out, "{indent}{:>5} | {shown}", origin.line)
}

/// Writes the explanation as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, q: &Question, e: &Explanation, suggestion: Option<Value>) -> io::Result<()> {
    let member = |m: &Membership| json!({"group": m.group, "member": m.member, "source": m.source.as_ref().map(origin)});
    let told = |t: &Told| {
        let mut value =
            json!({"statement": t.reason.text, "place": t.place, "effect": t.effect.word(), "reason": reason_json(&t.reason)});
        if !t.ended.is_empty() {
            value["ended"] = t.ended.iter().map(member).collect();
        }
        value
    };
    let link = |l: &Link| json!({"from": l.from, "to": l.to, "source": l.source.as_ref().map(origin)});
    let gate = |g: &Gate| {
        let members = g.members.as_ref().map(|all| all.iter().map(told).collect::<Vec<_>>());
        let way = members.as_ref().map(|_| g.way.iter().map(member).collect::<Vec<_>>());
        json!({"organization": g.organization, "members": members, "membership": way})
    };
    // A compiled policy does not keep the ways.
    let way = |links: &mut dyn Iterator<Item = Value>| e.sources.then(|| links.collect::<Vec<_>>());
    let mut value = json!({
        "decision": if e.answer.decision == Decision::Allow { "allow" } else { "deny" },
        "user": q.user,
        "permission": q.permission,
        "resource": format!("{}:{}", e.answer.kind, e.answer.id),
        "reason": reason_json(&e.answer.reason),
        "membership": way(&mut e.membership.iter().map(member)),
        "containment": way(&mut e.containment.iter().map(link)),
        "includes": way(&mut e.includes.iter().map(link)),
        "gate": e.gate.as_ref().map(gate),
        "steps": e.told.iter().map(told).collect::<Vec<_>>(),
        "nearest": e.nearest.iter().map(told).collect::<Vec<_>>(),
        "stands_on": e.stands_on.iter().map(told).collect::<Vec<_>>(),
        "notes": e.answer.notes.iter().chain(&e.notes).collect::<Vec<_>>(),
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
