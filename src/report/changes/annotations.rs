//! Beside the changed lines of a pull request: workflow commands of GitHub, and SARIF 2.1.0.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Failed, How, Told, by_room, tell};
use crate::query::diff::Diff;
use crate::query::diff::gates::Breach;
use crate::report::{one_line, sarif::uri};
use crate::source::Origin;

/// GitHub shows so many annotations of one level for each step.
const SHOWN: usize = 10;

/// Writes an annotation for each gate that is not met and for each of the first causes, beside the statement of the new side, and the others as plain lines.
///
/// # Errors
/// Those of the writer.
pub fn github(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>]) -> io::Result<()> {
    for (i, failed) in Failed::all(diff, failed, how).iter().enumerate() {
        if i == SHOWN {
            writeln!(out, "::error title=More gates are not met::the log of this step has them all")?;
        }
        if i >= SHOWN {
            writeln!(out, "{}", one_line(&failed.text()))?;
            continue;
        }
        let (title, text) = (property(&format!("{} is not met", failed.gate)), data(&failed.text()));
        match failed.place() {
            Some((o, true)) => writeln!(out, "::error file={},line={},title={title}::{text}", property(&o.file), o.line)?,
            _ => writeln!(out, "::error title={title}::{text}")?,
        }
    }
    let told = tell(diff, how);
    let worth = |told: &Told<'_>| told.effects.iter().any(|e| e.gains || e.moves);
    let mut beside = vec![false; told.len()];
    let (mut warnings, mut notices) = (0, 0);
    for i in by_room(&told) {
        let met = if worth(&told[i]) { &mut warnings } else { &mut notices };
        *met += 1;
        beside[i] = *met <= SHOWN;
    }
    for (told, beside) in told.iter().zip(beside) {
        let text = data(&sentence(told));
        if !beside {
            writeln!(out, "{} {}: {}", told.sign, one_line(&told.title), one_line(&sentence(told)))?;
            continue;
        }
        let command = if worth(told) { "warning" } else { "notice" };
        let title = property(&format!("{} {}", told.sign, told.title));
        match place(told) {
            Some((o, true)) => writeln!(out, "::{command} file={},line={},title={title}::{text}", property(&o.file), o.line)?,
            _ => writeln!(out, "::{command} title={title}::{text}")?,
        }
    }
    Ok(())
}

/// Writes a log with one run: a result for each gate that is not met, and for each cause.
///
/// # Errors
/// Those of the writer.
pub fn sarif(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>]) -> io::Result<()> {
    let rules = [
        ("gained-access", "Someone gains access"),
        ("lost-access", "Someone loses access"),
        ("moved-resource", "A resource lies in another organization"),
        ("gate-not-met", "A change of access fails a gate"),
    ];
    let failed = Failed::all(diff, failed, how);
    let results: Vec<Value> = failed.iter().map(failure).chain(tell(diff, how).iter().map(result)).collect();
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
    locate(&mut result, place(told));
    result
}

fn failure(failed: &Failed<'_>) -> Value {
    let print = blake3::hash(failed.text().as_bytes()).to_hex();
    let mut result = json!({
        "ruleId": "gate-not-met",
        "ruleIndex": 3,
        "level": "error",
        "message": {"text": failed.text()},
        "partialFingerprints": {"roomkey/v1": &print[..32]},
    });
    locate(&mut result, failed.place());
    result
}

fn locate(result: &mut Value, place: Option<(&Origin, bool)>) {
    if let Some((o, _)) = place {
        let region = json!({"startLine": o.line, "startColumn": o.column});
        result["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": uri(&o.file)}, "region": region}}]);
    }
}

fn sentence(told: &Told<'_>) -> String {
    let all: Vec<&str> = told.effects.iter().map(|e| e.text.as_str()).collect();
    all.join("; ")
}

/// The statement of the new side, or else of the old one, and whether it is the new side's.
pub(super) fn place<'d>(told: &Told<'d>) -> Option<(&'d Origin, bool)> {
    let of = |new: bool| told.cause.statements.iter().filter(move |s| s.new == new).find_map(|s| s.source.as_ref());
    of(true).map(|o| (o, true)).or(of(false).map(|o| (o, false)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
