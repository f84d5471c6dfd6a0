//! Findings for people: the sentence, the excerpt with its labels, and what to type.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};

use super::excerpt::{Excerpt, Texts};
use super::{Locator, plain};
use crate::finding::{Finding, Label, Level};
use crate::source::{FileId, Sources};

/// More labels than this are counted and not shown.
const LABELS: usize = 12;

/// Writes every finding with its excerpts, an empty line behind each.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, sources: &Sources, findings: &[Finding], color: bool) -> io::Result<()> {
    let handler = handler(color);
    let texts = Texts::new(sources);
    let mut main = Locator::new(sources);
    let mut aside = Locator::new(sources);
    for finding in findings {
        let snippets = snippets(&texts, finding, &mut main, &mut aside);
        out.write_all(render(&handler, finding, snippets).as_bytes())?;
        let more = finding.labels.len().saturating_sub(LABELS);
        if more > 0 {
            writeln!(out, "  and {}", super::count(more, "more place"))?;
        }
        if let Some(help) = &finding.help {
            help_line(out, help, color)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes a failure that is not the policy's: `error: …`, its excerpt where it has one, and its help.
///
/// # Errors
/// Those of the writer.
pub fn failure(out: &mut dyn Write, fault: &dyn Diagnostic, color: bool) -> io::Result<()> {
    if fault.source_code().is_some() && fault.labels().is_some_and(|mut l| l.next().is_some()) {
        let mut text = String::new();
        if handler(color).with_primary_span_start().with_context_lines(1).render_report(&mut text, fault).is_ok() {
            return out.write_all(text.as_bytes());
        }
    }
    let word = if color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    writeln!(out, "{word}: {}", plain(&fault.to_string()))?;
    match fault.help() {
        Some(help) => help_line(out, &help.to_string(), color),
        None => Ok(()),
    }
}

/// Writes `  help: …`, later lines under the first.
///
/// # Errors
/// Those of the writer.
pub fn help_line(out: &mut dyn Write, help: &str, color: bool) -> io::Result<()> {
    let word = if color { "\u{1b}[36mhelp:\u{1b}[0m" } else { "help:" };
    writeln!(out, "  {word} {}", plain(help).replace('\n', "\n        "))
}

fn handler(color: bool) -> GraphicalReportHandler {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme).with_links(false).with_wrap_lines(false).without_primary_span_start()
}

/// The excerpts of a finding: its own file first, then the others in the order of their labels.
fn snippets<'a>(texts: &'a Texts<'_>, finding: &Finding, main: &mut Locator<'_>, aside: &mut Locator<'_>) -> Vec<Excerpt<'a>> {
    let own = finding.span;
    let labels = &finding.labels[..finding.labels.len().min(LABELS)];
    let mut first = texts.excerpt(own.file);
    let same = labels.iter().find(|l| l.span == own).map(|l| plain(&l.text));
    first.mark(own.start as usize, own.end as usize, main.start(own), same);
    let mut found: Vec<(FileId, Excerpt<'a>)> = vec![(own.file, first)];
    for Label { span, text } in labels.iter().filter(|l| l.span != own) {
        let at = found.iter().position(|(file, _)| *file == span.file).unwrap_or_else(|| {
            found.push((span.file, texts.excerpt(span.file)));
            found.len() - 1
        });
        found[at].1.mark(span.start as usize, span.end as usize, aside.start(*span), Some(plain(text)));
    }
    found.into_iter().map(|(_, excerpt)| excerpt).collect()
}

fn render(handler: &GraphicalReportHandler, finding: &Finding, snippets: Vec<Excerpt<'_>>) -> String {
    let mut text = String::new();
    for (at, excerpt) in snippets.into_iter().enumerate() {
        let shown = Shown { finding, excerpt, header: at == 0 };
        let mut part = String::new();
        if handler.render_report(&mut part, &shown).is_err() {
            part = format!("{}\n", shown.finding.message);
        }
        // Further excerpts stand under the first one, without a sentence of their own.
        text.push_str(if at == 0 { &part } else { part.find(" ╭").map_or("", |i| line_start(&part, i)) });
    }
    text
}

fn line_start(text: &str, at: usize) -> &str {
    &text[text[..at].rfind('\n').map_or(0, |i| i + 1)..]
}

struct Shown<'a> {
    finding: &'a Finding,
    excerpt: Excerpt<'a>,
    header: bool,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.header { f.write_str(&plain(&self.finding.message)) } else { Ok(()) }
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let Finding { level, rule, .. } = self.finding;
        self.header.then(|| Box::new(format!("{}[{}]", level.word(), rule.name)) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.spans().into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::UNKNOWN_ROLE;
    use crate::source::{Source, Span};

    /// Every pair of places in texts that are awkward: empty, CRLF, wide characters, long lines, no last line end.
    #[test]
    fn any_span_can_be_shown() {
        let long = format!("a\n{}é{}\nb", "x".repeat(700), "\t\u{202e}".repeat(300));
        let texts = ["", "\n", "\n\n\n", "a", "\u{feff}a\r\n\r\né\u{1b}\r b\r", "a\n\tb\n日本\n\n\nc\nd\ne\nf\ng\n", &long];
        let mut sources = Sources::default();
        let files: Vec<FileId> = texts.iter().map(|t| sources.add(Source::new("a.rk", *t))).collect();
        for (file, text) in files.iter().zip(texts) {
            let step = 1 + text.len() / 40;
            let ends: Vec<u32> = (0..=text.len() as u32 + 1).step_by(step).collect();
            for (start, end) in ends.iter().flat_map(|s| ends.iter().map(move |e| (*s, *e))) {
                let span = Span { file: *file, start, end };
                let aside = Span { file: files[(start as usize + 3) % files.len()], start: end / 2, end };
                let finding = Finding::new(&UNKNOWN_ROLE, span, "m").label(aside, "two\nlines").label(span, "here");
                let mut out = Vec::new();
                write(&mut out, &sources, &[finding], false).expect("a buffer takes everything");
                let shown = String::from_utf8(out).expect("text");
                assert!(!shown.contains(['\u{1b}', '\u{202e}']) && !shown.contains("Failed"), "{span:?}: {shown}");
            }
        }
    }
}
