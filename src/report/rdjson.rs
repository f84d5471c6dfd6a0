//! The diagnostic format of reviewdog, `rdjson`: columns count bytes of UTF-8, and a range ends before its end.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Page, UNREAD, Unread};
use crate::finding::{Finding, Level};
use crate::source::{Source, Span};

/// Writes one result with a diagnostic for each finding.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let diagnostics: Vec<Value> =
        page.unread.iter().map(unread).chain(page.each().map(|(finding, _)| diagnostic(page, finding))).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "source": { "name": "roomkey" }, "diagnostics": diagnostics }))?;
    writeln!(out)
}

fn diagnostic(page: &Page<'_>, finding: &Finding) -> Value {
    let severity = match finding.level {
        Level::Error => "ERROR",
        Level::Warning => "WARNING",
        Level::Info => "INFO",
    };
    let source = page.sources.get(finding.span.file);
    let mut diagnostic = json!({
        "message": page.sentence(finding),
        "location": { "path": source.name(), "range": range(source, finding.span) },
        "severity": severity,
        "code": { "value": finding.rule.name },
    });
    // Each suggestion is one to take or to leave, so those of several edits are none.
    if let Some([(span, text)]) = finding.fix.as_ref().map(|fix| &fix.edits[..])
        && span.file == finding.span.file
    {
        diagnostic["suggestions"] = json!([{ "range": range(source, *span), "text": text }]);
    }
    diagnostic
}

fn unread(unread: &Unread) -> Value {
    let mut location = json!({ "path": unread.file });
    if let Some((line, _)) = unread.place {
        location["range"] = json!({ "start": { "line": line } });
    }
    json!({ "message": unread.sentence(), "location": location, "severity": "ERROR", "code": { "value": UNREAD } })
}

fn range(source: &Source, span: Span) -> Value {
    let position = |at: u32| {
        let starts = source.line_starts();
        let line = starts.partition_point(|start| *start <= at).max(1);
        json!({ "line": line, "column": at - starts[line - 1] + 1 })
    };
    json!({ "start": position(span.start), "end": position(span.end.max(span.start)) })
}
