//! The code quality report of GitLab.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Locator, Page};
use crate::finding::Level;

/// Writes one list of the findings.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let mut locator = Locator::new(page.sources);
    let entry = |(finding, print): (&crate::Finding, &str)| {
        let at = locator.extent(finding.span);
        let severity = match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Info => "info",
        };
        json!({
            "description": page.sentence(finding),
            "check_name": finding.rule.name,
            "fingerprint": print,
            "severity": severity,
            "location": {
                "path": page.sources.get(finding.span.file).name(),
                "lines": { "begin": at.line, "end": at.end_line },
            },
        })
    };
    let entries: Vec<Value> = page.each().map(entry).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}
