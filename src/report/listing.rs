//! Listings as words: who can, and what someone can.

use std::io::{self, Write};

use serde_json::json;

use super::answer::reason_json;
use super::{cell, count, id, plain};
use crate::query::what::{Reach, Reached};
use crate::query::who::{Admitted, Audience, Excepted, Otherwise};
use crate::syntax::print;
use crate::{Decision, Reason};

/// Names that a line shows where not all are wanted.
const SHOWN: usize = 5;

/// Writes who can, by what lets them in.
///
/// # Errors
/// Those of the writer.
pub fn who(out: &mut dyn Write, permission: &str, resource: &str, a: &Audience<'_>, all: bool) -> io::Result<()> {
    let named: Vec<String> = a.named.iter().map(|g| format!("group {}", id(g))).collect();
    let with = if named.is_empty() { String::new() } else { format!(", signed in with {}", named.join(", ")) };
    let place = format!("{permission} on {} {}{with}", plain(&a.kind), id(resource));
    if a.is_nobody() {
        let reason = a.stranger.as_ref().map_or("nothing grants it", |r| &r.text);
        return writeln!(out, "nobody can {place}\n  because {}", plain(reason));
    }
    writeln!(out, "who can {place}")?;
    for admitted in &a.admitted {
        writeln!(out, "  {}", whom(a, admitted, all))?;
        because(out, &admitted.reason)?;
    }
    for (whom, reason) in a.except.iter().take(if all { usize::MAX } else { 4 * SHOWN }) {
        let whom = match whom {
            Excepted::User(user) => format!("user {}", id(user)),
            Excepted::Group(group) => format!("whoever signs in with group {}", id(group)),
        };
        writeln!(out, "  except {whom}\n    because {}", plain(&reason.text))?;
    }
    if !all && a.except.len() > 4 * SHOWN {
        writeln!(out, "  and except {} more users and groups", a.except.len() - 4 * SHOWN)?;
    }
    for o in &a.otherwise {
        let word = if o.groups.len() == 1 { "group" } else { "one of the groups" };
        let groups = names(o.groups.iter().copied(), o.groups.len(), all);
        let users = names(o.users.iter().copied(), o.users.len(), all);
        let can = if o.can { "can" } else { "cannot" };
        let line = format!("  signed in with {word} {groups}, {} {can}: {users}", count(o.users.len(), "user"));
        writeln!(out, "{}", plain(&line))?;
        because(out, &o.reason)?;
    }
    Ok(())
}

fn because(out: &mut dyn Write, reason: &Reason) -> io::Result<()> {
    let source = reason.source.as_ref().map_or(String::new(), |s| format!("     {s}"));
    writeln!(out, "    because {}{}", plain(&reason.text), plain(&source))
}

fn whom(a: &Audience<'_>, admitted: &Admitted<'_>, all: bool) -> String {
    let mut parts = Vec::new();
    if admitted.strangers {
        let organization = a.organization.as_deref().unwrap_or("default");
        parts.push(format!("everyone who can sign in to organization {}", print::Id(organization)));
    }
    if !admitted.users.is_empty() {
        let (s, n) = (if admitted.users.len() == 1 { "" } else { "s" }, admitted.users.len());
        let among = if admitted.strangers { ", among them " } else { "" };
        parts.push(format!("{among}{n} user{s}: {}", names(admitted.users.iter().copied(), n, all)));
    }
    if !admitted.groups.is_empty() {
        let n = admitted.groups.len();
        let s = if n == 1 { "group" } else { "one of the groups" };
        let and = if parts.is_empty() { "" } else { "; and " };
        parts.push(format!("{and}whoever signs in with {s} {}", names(admitted.groups.iter().copied(), n, all)));
    }
    plain(&parts.concat()).to_string()
}

fn names<'a>(names: impl Iterator<Item = &'a str>, count: usize, all: bool) -> String {
    let most = if all { usize::MAX } else { SHOWN };
    let shown: Vec<String> = names.take(most).map(|n| print::Id(n).to_string()).collect();
    let more = count.saturating_sub(shown.len());
    format!("{}{}", shown.join(", "), if more > 0 { format!(", and {more} more") } else { String::new() })
}

/// Writes who can as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn who_json(out: &mut dyn Write, permission: &str, resource: &str, a: &Audience<'_>) -> io::Result<()> {
    let admitted = |x: &Admitted<'_>| json!({"reason": reason_json(&x.reason), "strangers": x.strangers, "users": x.users, "groups": x.groups});
    let otherwise = |o: &Otherwise<'_>| {
        let decision = if o.can { Decision::Allow } else { Decision::Deny };
        json!({"groups": o.groups, "users": o.users, "decision": decision.word(), "reason": reason_json(&o.reason)})
    };
    let value = json!({
        "permission": permission,
        "resource": format!("{}:{resource}", a.kind),
        "groups": a.named,
        "organization": a.organization,
        "closed": a.closed,
        "strangers": a.strangers(),
        "users": a.users(),
        "admitted": a.admitted.iter().map(admitted).collect::<Vec<_>>(),
        "except": a.except.iter().map(|(whom, r)| json!({whom.words().0: whom.words().1, "reason": reason_json(r)})).collect::<Vec<_>>(),
        "otherwise": a.otherwise.iter().map(otherwise).collect::<Vec<_>>(),
        "notes": a.notes,
    });
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

/// Writes who can as CSV: a row for each user and group, and for each user with a group where it is otherwise so.
///
/// # Errors
/// Those of the writer.
pub fn who_csv(out: &mut dyn Write, a: &Audience<'_>) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["subject_kind", "subject", "decision", "reason", "source", "with_group"])?;
    let mut row = |kind: &str, name: &str, can: bool, reason: &Reason, with: &str| {
        let source = reason.source.as_ref().map(ToString::to_string).unwrap_or_default();
        let decision = if can { Decision::Allow } else { Decision::Deny };
        csv.write_record([kind, name, decision.word(), &reason.text, &source, with].map(|text| cell(text).into_owned()))
    };
    for x in &a.admitted {
        if x.strangers {
            row("everyone", "", true, &x.reason, "")?;
        }
        x.users.iter().try_for_each(|user| row("user", user, true, &x.reason, ""))?;
        x.groups.iter().try_for_each(|group| row("group", group, true, &x.reason, ""))?;
    }
    for (whom, reason) in &a.except {
        let (sort, name) = whom.words();
        row(sort, name, false, reason, "")?;
    }
    for o in &a.otherwise {
        for group in &o.groups {
            o.users.iter().try_for_each(|user| row("user", user, o.can, &o.reason, group))?;
        }
    }
    csv.flush()
}

/// Writes what someone can, by kind.
///
/// # Errors
/// Those of the writer.
pub fn what(out: &mut dyn Write, user: &str, reach: &Reach, all: bool) -> io::Result<()> {
    let stranger = if reach.known { "" } else { ", whom the policy does not name," };
    if reach.reached.is_empty() {
        return writeln!(out, "user {}{stranger} can do nothing", id(user));
    }
    writeln!(out, "user {}{stranger} can", id(user))?;
    for r in &reach.reached {
        writeln!(out, "  {} on {}", plain(&r.list), plain(&on(r, all)))?;
        because(out, &r.reason)?;
    }
    Ok(())
}

fn on(r: &Reached, all: bool) -> String {
    let mut parts = Vec::new();
    match r.resources.len() {
        0 => {}
        1 => parts.push(format!("{} {}", r.kind, print::Id(&r.resources[0]))),
        n => parts.push(format!("{n} resources of kind {}: {}", r.kind, names(r.resources.iter().map(|s| &**s), n, all))),
    }
    if !r.patterns.is_empty() {
        let n = r.patterns.len();
        parts.push(format!("every undeclared {} {}", r.kind, names(r.patterns.iter().map(|s| &**s), n, all)));
    }
    parts.join(", and on ")
}

/// Writes what someone can as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn what_json(out: &mut dyn Write, user: &str, reach: &Reach) -> io::Result<()> {
    let reached = |r: &Reached| json!({"kind": r.kind, "permissions": r.list, "reason": reason_json(&r.reason), "resources": r.resources, "patterns": r.patterns});
    let value = json!({"user": user, "known": reach.known, "reached": reach.reached.iter().map(reached).collect::<Vec<_>>(), "notes": reach.notes});
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

/// Writes what someone can as CSV, a row a resource; a pattern ends in `*`.
///
/// # Errors
/// Those of the writer.
pub fn what_csv(out: &mut dyn Write, reach: &Reach) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["kind", "id", "permissions", "reason", "source"])?;
    for r in &reach.reached {
        let source = r.reason.source.as_ref().map(ToString::to_string).unwrap_or_default();
        for resource in r.resources.iter().chain(&r.patterns) {
            let row = [&r.kind, resource, &r.list, &r.reason.text, &source];
            csv.write_record(row.map(|text| cell(text).into_owned()))?;
        }
    }
    csv.flush()
}
