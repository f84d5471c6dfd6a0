//! Mutants as words: those that survive, each with the test that is missing.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{count, plain};
use crate::query::mutate::Mutants;
use crate::source::Sources;

/// Writes each mutant that survives with the test that would catch it, and how many there are.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, sources: &Sources, all: &Mutants) -> io::Result<()> {
    for survivor in &all.survivors {
        for mutant in &survivor.mutants {
            let place = plain(&sources.place(mutant.span).to_string());
            writeln!(out, "survives  {}     {place}", plain(&mutant.text))?;
        }
        writeln!(out, "  {}", plain(&survivor.test()))?;
    }
    let differ = all.killed + all.survived;
    let same = match all.same {
        0 => String::new(),
        n => format!("; {} the same", if n == 1 { "1 more decides".into() } else { format!("{n} more decide") }),
    };
    writeln!(out, "mutants {}%: {} of {} noticed{same}", all.percentage(), all.killed, count(differ, "mutant"))
}

/// Mutants as a JSON object.
pub fn json(sources: &Sources, all: &Mutants) -> Value {
    let survivors = all.survivors.iter().map(|survivor| {
        let mutants = survivor.mutants.iter().map(|m| {
            let place = sources.place(m.span);
            json!({"operator": m.operator.word(), "text": m.text,
                "source": {"file": place.file, "line": place.line, "column": place.column}})
        });
        let w = &survivor.witness;
        json!({
            "mutants": mutants.collect::<Vec<_>>(),
            "question": {"user": w.user, "groups": w.group.iter().collect::<Vec<_>>(), "permission": w.permission,
                "resource": format!("{}:{}", w.kind, w.id), "at": w.at.map(|at| at.to_string())},
            "decision": if w.can { "allow" } else { "deny" },
            "test": survivor.test(),
        })
    });
    let survivors: Vec<Value> = survivors.collect();
    json!({"killed": all.killed, "survived": all.survived, "same": all.same, "percent": all.percentage(), "survivors": survivors})
}
