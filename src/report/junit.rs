//! JUnit XML: a suite for each file, and a failed test for each finding.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Locator, Page, UNREAD, Unread, unspeakable};
use crate::finding::{Finding, Level};
use crate::source::{FileId, Source};

/// Writes the suites of all own files: errors and warnings are failures, infos are tests that pass and say something, and a file
/// without findings has one test that passes.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let mut locator = Locator::new(page.sources);
    let (mut suites, mut tests, mut failures) = (String::new(), 0, 0);
    let mut by_file: BTreeMap<FileId, Vec<&Finding>> = BTreeMap::new();
    for finding in page.findings {
        by_file.entry(finding.span.file).or_default().push(finding);
    }
    for unread in page.unread {
        suites.push_str(&broken(unread));
    }
    let broken = page.unread.len();
    for (file, source) in page.sources.iter() {
        let found = by_file.remove(&file).unwrap_or_default();
        let told = page.unread.iter().any(|unread| unread.file == source.name());
        if (source.is_embedded() || told) && found.is_empty() {
            continue;
        }
        let (text, failed) = suite(&mut locator, source, page, &found);
        suites.push_str(&text);
        tests += found.len().max(1);
        failures += failed;
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"roomkey lint\" tests=\"{}\" failures=\"{failures}\" errors=\"{broken}\">", tests + broken)?;
    write!(out, "{suites}")?;
    writeln!(out, "</testsuites>")
}

/// A suite with a test that could not be made.
fn broken(unread: &Unread) -> String {
    let (name, said) = (xml(&unread.file), xml(&unread.sentence()));
    format!(
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
         <testcase name=\"lint\" classname=\"{name}\" time=\"0\">\n      <error type=\"{UNREAD}\" message=\"{said}\">{said}</error>\n    \
         </testcase>\n  </testsuite>\n"
    )
}

fn suite(locator: &mut Locator<'_>, source: &Source, page: &Page<'_>, found: &[&Finding]) -> (String, usize) {
    let name = xml(source.name());
    let failed = found.iter().filter(|f| f.level != Level::Info).count();
    let count = found.len().max(1);
    let mut out = format!("  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">\n");
    if found.is_empty() {
        let _ = writeln!(out, "    <testcase name=\"lint\" classname=\"{name}\" time=\"0\"/>");
    }
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for finding in found {
        let (line, column) = locator.start(finding.span);
        let (rule, level, message) = (finding.rule.name, finding.level.word(), xml(&finding.message));
        let said = xml(&format!("{}:{line}:{column}: {}", source.name(), page.sentence(finding)));
        // Readers keep one of those that have one name.
        let count = met.entry(format!("{rule}: {message}")).or_default();
        *count += 1;
        let again = if *count > 1 { format!(" ({count})") } else { String::new() };
        let _ = writeln!(out, "    <testcase name=\"{rule}: {message}{again}\" classname=\"{name}\" time=\"0\">");
        let _ = match finding.level {
            Level::Info => writeln!(out, "      <system-out>{said}</system-out>"),
            _ => writeln!(out, "      <failure type=\"{level}\" message=\"{message}\">{said}</failure>"),
        };
        let _ = writeln!(out, "    </testcase>");
    }
    out.push_str("  </testsuite>\n");
    (out, failed)
}

/// A text inside of an element or an attribute; characters that XML cannot hold are replaced.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if unspeakable(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
