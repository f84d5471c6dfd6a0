//! For programs: complete, in lists that are as short as they can be.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::query::diff::{Change, Diff, Statement};
use crate::source::Origin;

/// Writes everything as one JSON object; `docs/diff.md` says what each field means.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, diff: &Diff) -> io::Result<()> {
    let source = |o: &Origin| json!({"file": o.file, "line": o.line, "column": o.column});
    let statement = |s: &Statement| json!({"side": if s.new { "new" } else { "old" }, "text": s.text, "source": s.source.as_ref().map(source)});
    let statements = |all: &[Statement]| all.iter().map(statement).collect::<Vec<Value>>();
    let causes = diff.causes.iter().map(|c| {
        json!({"sort": c.sort.word(), "text": c.text, "group": c.group, "lifts": c.lifts, "statements": statements(&c.statements)})
    });
    let change = |c: &Change| {
        json!({
            "cause": c.cause, "everyone": c.who.everyone, "users": c.who.users, "groups": c.who.groups,
            "kind": c.kind, "resources": c.resources, "before": c.before, "after": c.after,
            "gained": c.gained, "lost": c.lost,
            "since": c.since.map(|t| t.to_string()), "until": c.until.map(|t| t.to_string()),
        })
    };
    writeln!(out, "{{\"at\":\"{}\",\"causes\":{},", diff.at, Value::from_iter(causes))?;
    writeln!(out, "\"changes\":[")?;
    for (i, c) in diff.changes.iter().enumerate() {
        writeln!(out, "{}{}", change(c), if i + 1 < diff.changes.len() { "," } else { "" })?;
    }
    writeln!(out, "],\"quiet\":{},\"notes\":{}}}", Value::from(statements(&diff.quiet)), json!(diff.notes))
}
