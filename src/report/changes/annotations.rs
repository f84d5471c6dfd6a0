//! Beside the changed lines of a pull request: workflow commands of GitHub, and SARIF 2.1.0.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{How, Told, tell};
use crate::query::diff::Diff;
use crate::report::{one_line, sarif::uri};
use crate::source::Origin;

/// GitHub shows so many annotations of one level for each step.
const SHOWN: usize = 10;

/// Writes an annotation for each of the first causes, beside the statement of the new side, and the others as plain lines.
///
/// # Errors
/// Those of the writer.
pub fn github(out: &mut dyn Write, diff: &Diff, how: &How<'_>) -> io::Result<()> {
    let (mut warnings, mut notices) = (0, 0);
    for told in tell(diff, how) {
        let worth = told.effects.iter().any(|e| e.gains || e.moves);
        let met = if worth { &mut warnings } else { &mut notices };
        *met += 1;
        let text = data(&sentence(&told));
        if *met > SHOWN {
            writeln!(out, "{} {}: {}", told.sign, one_line(&told.title), one_line(&sentence(&told)))?;
            continue;
        }
        let command = if worth { "warning" } else { "notice" };
        let title = property(&format!("{} {}", told.sign, told.title));
        match place(&told) {
            Some((o, true)) => writeln!(out, "::{command} file={},line={},title={title}::{text}", property(&o.file), o.line)?,
            _ => writeln!(out, "::{command} title={title}::{text}")?,
        }
    }
    Ok(())
}

/// Writes a log with one run: a result for each cause.
///
/// # Errors
/// Those of the writer.
pub fn sarif(out: &mut dyn Write, diff: &Diff, how: &How<'_>) -> io::Result<()> {
    let rules = [
        ("gained-access", "Someone gains access"),
        ("lost-access", "Someone loses access"),
        ("moved-resource", "A resource lies in another organization"),
    ];
    let results: Vec<Value> = tell(diff, how).iter().map(result).collect();
    let described = rules.map(|(id, text)| {
        let help = "Type `roomkey diff` to see who gains and who loses, and by what.";
        json!({"id": id, "shortDescription": {"text": text}, "fullDescription": {"text": text}, "help": {"text": help}})
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "roomkey", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn result(told: &Told<'_>) -> Value {
    let (gains, moves) = (told.effects.iter().any(|e| e.gains), told.effects.iter().any(|e| e.moves));
    let (rule, index) = match (gains, moves) {
        (true, _) => ("gained-access", 0),
        (_, true) => ("moved-resource", 2),
        _ => ("lost-access", 1),
    };
    let print = blake3::hash(format!("{}\n{}\n{}", told.sign, told.title, sentence(told)).as_bytes()).to_hex();
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": if gains || moves { "warning" } else { "note" },
        "message": {"text": format!("{}: {}", told.title, sentence(told))},
        "partialFingerprints": {"roomkey/v1": &print[..32]},
    });
    if let Some((o, _)) = place(told) {
        let region = json!({"startLine": o.line, "startColumn": o.column});
        result["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": uri(&o.file)}, "region": region}}]);
    }
    result
}

fn sentence(told: &Told<'_>) -> String {
    let all: Vec<&str> = told.effects.iter().map(|e| e.text.as_str()).collect();
    all.join("; ")
}

/// The statement of the new side, or else of the old one, and whether it is the new side's.
fn place<'d>(told: &Told<'d>) -> Option<(&'d Origin, bool)> {
    let of = |new: bool| told.cause.statements.iter().filter(move |s| s.new == new).find_map(|s| s.source.as_ref());
    of(true).map(|o| (o, true)).or(of(false).map(|o| (o, false)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
