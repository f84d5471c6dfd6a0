//! The code quality report of GitLab.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Locator, Page, UNREAD, Unread};
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
    let entries: Vec<Value> = page.unread.iter().map(unread).chain(page.each().map(entry)).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

fn unread(unread: &Unread) -> Value {
    // Places are numbers, and move with the lines above.
    let fact: String = unread.message.chars().filter(|c| !c.is_ascii_digit()).collect();
    let print = blake3::hash(format!("{UNREAD}\0{}\0{fact}", unread.file).as_bytes());
    json!({
        "description": unread.sentence(),
        "check_name": UNREAD,
        "fingerprint": print.to_hex()[..32].to_owned(),
        "severity": "blocker",
        "location": { "path": unread.file, "lines": { "begin": unread.place.map_or(1, |(line, _)| line) } },
    })
}
