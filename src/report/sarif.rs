//! SARIF 2.1.0, the format of the code scanning of GitHub and of others.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Locator, Page, Unread};
use crate::finding::{Finding, Level, RULES, Rule};
use crate::rules::pages;
use crate::source::Span;

/// Writes a log with one run: every rule with its page, and the findings.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "roomkey",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": page.unread.is_empty(),
                "toolExecutionNotifications": page.unread.iter().map(notification).collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results(page),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn notification(unread: &Unread) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(&unread.file) } });
    if let Some((line, column)) = unread.place {
        place["region"] = json!({ "startLine": line, "startColumn": column });
    }
    json!({ "level": "error", "message": { "text": unread.sentence() }, "locations": [{ "physicalLocation": place }] })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn described(rule: &Rule) -> Value {
    let text = format!("{}. Type `roomkey rule {}` for its page.", rule.about, rule.name);
    let markdown = pages::page(rule.name).unwrap_or(&text);
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.about },
        "fullDescription": { "text": rule.about },
        "help": { "text": text, "markdown": markdown },
        "defaultConfiguration": { "enabled": rule.on, "level": level(rule.level) },
    })
}

fn results(page: &Page<'_>) -> Vec<Value> {
    let (mut main, mut aside) = (Locator::new(page.sources), Locator::new(page.sources));
    page.each().map(|(finding, print)| result(page, finding, print, &mut main, &mut aside)).collect()
}

fn result(page: &Page<'_>, finding: &Finding, print: &str, main: &mut Locator<'_>, aside: &mut Locator<'_>) -> Value {
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": RULES.iter().position(|rule| *rule == finding.rule),
        "level": level(finding.level),
        "message": { "text": page.sentence(finding) },
        "locations": [{ "physicalLocation": place(page, main, finding.span) }],
        "partialFingerprints": { "roomkey/v1": print },
    });
    let own = finding.labels.iter().filter(|label| !page.sources.get(label.span.file).is_embedded());
    let related: Vec<Value> = own
        .zip(1..)
        .map(|(label, id)| {
            json!({ "id": id, "message": { "text": label.text }, "physicalLocation": place(page, aside, label.span) })
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(fix) = &finding.fix {
        let change = |(span, text): &(Span, String)| {
            json!({
                "artifactLocation": { "uri": uri(page.sources.get(span.file).name()) },
                "replacements": [{ "deletedRegion": region(aside, *span), "insertedContent": { "text": text } }],
            })
        };
        let changes: Vec<Value> = fix.edits.iter().map(change).collect();
        result["fixes"] = json!([{ "description": { "text": fix.title }, "artifactChanges": changes }]);
    }
    result
}

fn place(page: &Page<'_>, locator: &mut Locator<'_>, span: Span) -> Value {
    json!({ "artifactLocation": { "uri": uri(page.sources.get(span.file).name()) }, "region": region(locator, span) })
}

fn region(locator: &mut Locator<'_>, span: Span) -> Value {
    let at = locator.extent(span);
    json!({ "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column })
}

/// A path as a URI reference: relative as it was given, or of the scheme `file` where it is absolute.
pub(super) fn uri(path: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~/@+,=".contains(&b);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if keep(byte) { uri.push(char::from(byte)) } else { uri += &format!("%{byte:02X}") }
    }
    uri
}
