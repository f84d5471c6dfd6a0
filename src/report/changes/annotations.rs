//! Beside the changed lines of a pull request: workflow commands of GitHub, and SARIF 2.1.0.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Failed, How, Told, by_room, tell};
use crate::query::diff::Diff;
use crate::query::diff::gates::Breach;
use crate::report::github::{data, property};
use crate::report::{one_line, sarif::uri};
use crate::source::Origin;

/// GitHub shows so many annotations of one level for each step.
pub(super) const SHOWN: usize = 10;

/// Where in the new side that is which a statement of the old one has left: the nearest line that is there; none where its file is
/// gone, or where nobody knows.
pub type Now<'n> = &'n dyn Fn(&Origin) -> Option<Origin>;

/// Writes an annotation for each gate that is not met and for each of the first causes, beside the statement of the new side, and the others as plain lines.
///
/// # Errors
/// Those of the writer.
pub fn github(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>], now: Now<'_>) -> io::Result<()> {
    for (i, failed) in Failed::all(diff, failed, how).iter().enumerate() {
        if i == SHOWN {
            writeln!(out, "::error title=More gates are not met::the log of this step has them all")?;
        }
        if i >= SHOWN {
            writeln!(out, "{}", one_line(&failed.text()))?;
            continue;
        }
        let (title, text) = (property(&format!("{} is not met", failed.gate)), data(&failed.text()));
        match beside(failed.place(), now) {
            Some(o) => writeln!(out, "::error file={},line={},title={title}::{text}", property(&o.file), o.line)?,
            None => writeln!(out, "::error title={title}::{text}")?,
        }
    }
    let told = tell(diff, how);
    let worth = |told: &Told<'_>| told.effects.iter().any(|e| e.gains || e.moves);
    let mut shown = vec![false; told.len()];
    let (mut warnings, mut notices) = (0, 0);
    for i in by_room(&told) {
        let met = if worth(&told[i]) { &mut warnings } else { &mut notices };
        *met += 1;
        shown[i] = *met <= SHOWN;
    }
    for (told, shown) in told.iter().zip(shown) {
        let text = data(&sentence(told));
        if !shown {
            writeln!(out, "{} {}: {}", told.sign, one_line(&told.title), one_line(&sentence(told)))?;
            continue;
        }
        let command = if worth(told) { "warning" } else { "notice" };
        let title = property(&format!("{} {}", told.sign, told.title));
        match beside(place(told), now) {
            Some(o) => writeln!(out, "::{command} file={},line={},title={title}::{text}", property(&o.file), o.line)?,
            None => writeln!(out, "::{command} title={title}::{text}")?,
        }
    }
    Ok(())
}

/// Writes a log with one run: a result for each gate that is not met, and for each cause.
///
/// # Errors
/// Those of the writer.
pub fn sarif(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>], now: Now<'_>) -> io::Result<()> {
    let rules = [
        ("gained-access", "Someone gains access"),
        ("lost-access", "Someone loses access"),
        ("moved-resource", "A resource lies in another organization"),
        ("gate-not-met", "A change of access fails a gate"),
    ];
    let failed = Failed::all(diff, failed, how);
    let results =
        failed.iter().map(|failed| failure(failed, now)).chain(tell(diff, how).into_iter().map(|told| result(&told, now)));
    log(out, &rules, results.collect(), None)
}

/// Writes a log with one run, of these rules.
pub(super) fn log(out: &mut dyn Write, rules: &[(&str, &str)], results: Vec<Value>, invocation: Option<Value>) -> io::Result<()> {
    let described = rules.iter().map(|(id, text)| {
        let help = "Type `roomkey diff` to see who gains and who loses, and by what.";
        json!({"id": id, "shortDescription": {"text": text}, "fullDescription": {"text": text}, "help": {"text": help}})
    });
    let described: Vec<Value> = described.collect();
    let mut log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "roomkey", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    if let Some(invocation) = invocation {
        log["runs"][0]["invocations"] = json!([invocation]);
    }
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn result(told: &Told<'_>, now: Now<'_>) -> Value {
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
    locate(&mut result, beside(place(told), now).as_ref());
    result
}

fn failure(failed: &Failed<'_>, now: Now<'_>) -> Value {
    let print = blake3::hash(failed.text().as_bytes()).to_hex();
    let mut result = json!({
        "ruleId": "gate-not-met",
        "ruleIndex": 3,
        "level": "error",
        "message": {"text": failed.text()},
        "partialFingerprints": {"roomkey/v1": &print[..32]},
    });
    locate(&mut result, beside(failed.place(), now).as_ref());
    result
}

/// The place on the new side.
fn beside(place: Option<(&Origin, bool)>, now: Now<'_>) -> Option<Origin> {
    place.and_then(|(o, new)| if new { Some(o.clone()) } else { now(o) })
}

pub(super) fn locate(result: &mut Value, place: Option<&Origin>) {
    if let Some(o) = place {
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
