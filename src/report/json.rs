//! Findings for programs: one JSON document, its fields only ever added to.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::{Extent, Locator, Page, Tally, Unread, unspeakable};
use crate::finding::Fix;
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    level: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(flatten)]
    place: JsonPlace<'a>,
    labels: Vec<JsonLabel<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a [String]>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonUnread<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// Writes `{"findings":[…],"errors":N,"warnings":N,"infos":N}`, one finding to a line. What could not be read counts as an error, and
/// stands in `unread`.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let (sources, findings) = (page.sources, page.findings);
    let mut main = Locator::new(sources);
    // Labels lie anywhere, and fixes in the order of the findings.
    let mut aside = Locator::new(sources);
    let mut fixes = Locator::new(sources);
    write!(out, "{{\"findings\":[")?;
    for (at, (finding, print)) in page.each().enumerate() {
        write!(out, "{}", if at == 0 { "\n" } else { ",\n" })?;
        let labels = finding.labels.iter();
        let shown = JsonFinding {
            rule: finding.rule.name,
            level: finding.level.word(),
            message: &finding.message,
            help: finding.help.as_deref(),
            place: place(sources, &mut main, finding.span),
            labels: labels.map(|l| JsonLabel { message: &l.text, place: place(sources, &mut aside, l.span) }).collect(),
            who: finding.about().map(|whom| &*whom.names),
            fingerprint: print,
            fix: finding.fix.as_deref().map(|fix| fixed(sources, &mut fixes, fix)),
        };
        shown.serialize(&mut Serializer::with_formatter(&mut *out, Escaping))?;
    }
    let Tally { errors, warnings, infos } = Tally::of(findings);
    let end = if findings.is_empty() { "" } else { "\n" };
    write!(out, "{end}]")?;
    if !page.unread.is_empty() {
        let unread: Vec<JsonUnread<'_>> = page.unread.iter().map(unread).collect();
        write!(out, ",\"unread\":")?;
        unread.serialize(&mut Serializer::with_formatter(&mut *out, Escaping))?;
    }
    writeln!(out, ",\"errors\":{},\"warnings\":{warnings},\"infos\":{infos}}}", errors + page.unread.len())
}

/// JSON whose strings escape what would turn the direction of the text around them, or move the cursor.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| unspeakable(*c)) {
            write!(out, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

fn unread(unread: &Unread) -> JsonUnread<'_> {
    let Unread { file, place, message, help } = unread;
    JsonUnread { file, line: place.map(|p| p.0), column: place.map(|p| p.1), message, help: help.as_deref() }
}

fn fixed<'a>(sources: &'a Sources, locator: &mut Locator<'_>, fix: &'a Fix) -> JsonFix<'a> {
    let edit = |(span, text): &'a (Span, String)| JsonEdit { text, place: place(sources, locator, *span) };
    JsonFix { title: &fix.title, safe: fix.safe, edits: fix.edits.iter().map(edit).collect() }
}

fn place<'a>(sources: &'a Sources, locator: &mut Locator<'_>, span: Span) -> JsonPlace<'a> {
    let Extent { line, column, end_line, end_column } = locator.extent(span);
    JsonPlace { file: sources.get(span.file).name(), line, column, end_line, end_column }
}
