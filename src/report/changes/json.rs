//! For programs: complete, in lists that are as short as they can be.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Failed, How};
use crate::query::diff::gates::Breach;
use crate::query::diff::{Cause, Change, Diff, Move, Moved, Statement};
use crate::source::Origin;

/// Writes everything as one JSON object; `docs/diff.md` says what each field means.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>]) -> io::Result<()> {
    let one = |f: &Failed<'_>| json!({"gate": f.gate, "why": f.why, "causes": f.causes});
    let failed: Value = Failed::all(diff, failed, how).iter().map(one).collect();
    write!(out, "{{\"failed\":{failed},")?;
    write!(out, "\"at\":\"{}\",\"causes\":{},", diff.at, Value::from_iter(diff.causes.iter().map(cause)))?;
    writeln!(out, "\"changes\":[")?;
    for (i, c) in diff.changes.iter().enumerate() {
        writeln!(out, "{}{}", change(c), if i + 1 < diff.changes.len() { "," } else { "" })?;
    }
    let notes = notes(diff);
    writeln!(
        out,
        "],\"quiet\":{},\"notes\":{notes},\"moved\":{},\"moves\":{},",
        statements(&diff.quiet),
        moved(diff),
        moves(diff),
    )?;
    for (name, changes) in [("gained_by_move", &diff.gained_by_move), ("lost_by_move", &diff.lost_by_move)] {
        writeln!(out, "\"{name}\":{},", Value::from_iter(changes.iter().map(change)))?;
    }
    writeln!(out, "\"named_groups\":{},\"unasked\":{}}}", diff.named, diff.unasked)
}

/// The same as a value.
pub fn value(diff: &Diff) -> Value {
    json!({
        "at": diff.at.to_string(),
        "causes": diff.causes.iter().map(cause).collect::<Vec<_>>(),
        "changes": diff.changes.iter().map(change).collect::<Vec<_>>(),
        "quiet": statements(&diff.quiet),
        "notes": notes(diff),
        "moved": moved(diff),
        "moves": moves(diff),
        "gained_by_move": diff.gained_by_move.iter().map(change).collect::<Vec<_>>(),
        "lost_by_move": diff.lost_by_move.iter().map(change).collect::<Vec<_>>(),
        "named_groups": diff.named,
        "unasked": diff.unasked,
    })
}

fn notes(diff: &Diff) -> Value {
    diff.whole.iter().chain(&diff.notes).map(String::as_str).collect()
}

fn moved(diff: &Diff) -> Value {
    let one = |m: &Moved| json!({"kind": m.kind, "resource": m.resource, "from": m.from, "to": m.to});
    diff.moved.iter().map(one).collect()
}

fn moves(diff: &Diff) -> Value {
    let one = |m: &Move| json!({"from": m.from, "to": m.to, "renamed": m.renamed, "statements": statements(&m.cause.statements)});
    diff.moves.iter().map(one).collect()
}

fn cause(c: &Cause) -> Value {
    json!({"sort": c.sort.word(), "text": c.text, "group": c.group, "lifts": c.lifts, "statements": statements(&c.statements)})
}

fn change(c: &Change) -> Value {
    json!({
        "cause": c.cause, "everyone": c.who.everyone, "users": c.who.users, "groups": c.who.groups, "with": &*c.with,
        "kind": c.kind, "resources": c.resources, "before": c.before, "after": c.after,
        "gained": c.gained, "lost": c.lost,
        "since": c.since.map(|t| t.to_string()), "until": c.until.map(|t| t.to_string()),
        "then": c.then.word(), "lasts": c.lasts, "kept": c.kept,
    })
}

fn statements(all: &[Statement]) -> Value {
    let source = |o: &Origin| json!({"file": o.file, "line": o.line, "column": o.column});
    let one = |s: &Statement| json!({"side": if s.new { "new" } else { "old" }, "text": s.text, "source": s.source.as_ref().map(source)});
    all.iter().map(one).collect()
}
