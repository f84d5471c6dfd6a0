//! Findings for people: the sentence, the excerpt with its labels, and what to type.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};

use super::excerpt::{Drawn, Excerpt};
use super::wrap::{filled, wrap};
use super::{Locator, brief};
use crate::finding::{Finding, Label, Level};
use crate::source::{FileId, Source, Sources, Span};

/// More labels than this are counted and not shown.
const LABELS: usize = 12;

/// The columns of a screen that nothing is known of.
const COLUMNS: usize = 80;

/// How a text for people looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether in colours.
    pub color: bool,
    /// The columns for sentences, where it is on a screen.
    pub columns: Option<usize>,
    /// The columns of the screen, where it is one: what is wider is cut.
    pub screen: Option<usize>,
}

impl Look {
    /// The columns for sentences.
    pub fn width(self) -> usize {
        self.columns.unwrap_or(COLUMNS)
    }

    /// The same with lines as long as their sentences, unless it is for a screen: a program may look for one.
    fn whole(self) -> Look {
        Look { columns: self.columns.or(Some(usize::MAX)), ..self }
    }
}

/// Writes every finding with its excerpts, an empty line behind each.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, sources: &Sources, findings: &[Finding], look: Look) -> io::Result<()> {
    let handler = handler(look.color);
    let mut main = Locator::new(sources);
    let mut aside = Locator::new(sources);
    for finding in findings {
        let snippets = snippets(sources, finding, &mut main, &mut aside);
        out.write_all(render(&handler, finding, snippets, look).as_bytes())?;
        let more = finding.labels.len().saturating_sub(LABELS);
        if more > 0 {
            writeln!(out, "  and {}", super::count(more, "more place"))?;
        }
        if let Some(help) = &finding.help {
            help_line(out, help, look)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes a failure that is not the policy's: `error: …`, its excerpt where it has one, and its help.
///
/// # Errors
/// Those of the writer.
pub fn failure(out: &mut dyn Write, fault: &dyn Diagnostic, look: Look) -> io::Result<()> {
    let look = look.whole();
    let word = if look.color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    match quoted(fault).and_then(|quote| quote.render(fault, look)) {
        Some(text) => out.write_all(text.as_bytes())?,
        None => writeln!(out, "{word}: {}", filled(&brief(&fault.to_string()), look.width()))?,
    }
    match fault.help() {
        Some(help) => help_line(out, &help.to_string(), look),
        None => Ok(()),
    }
}

/// The text that a failure points into.
struct Quote {
    sources: Sources,
    span: Span,
    label: Option<String>,
}

fn quoted(fault: &dyn Diagnostic) -> Option<Quote> {
    let label = fault.labels()?.next()?;
    let whole = fault.source_code()?.read_span(label.inner(), usize::MAX, usize::MAX).ok()?;
    let mut sources = Sources::default();
    let text = String::from_utf8_lossy(whole.data());
    let file = sources.add(Source::new(whole.name().unwrap_or_default(), text));
    let start = u32::try_from(label.offset()).ok()?;
    let span = Span { file, start, end: start.saturating_add(u32::try_from(label.len()).ok()?) };
    Some(Quote { sources, span, label: label.label().map(str::to_owned) })
}

impl Quote {
    fn render(self, fault: &dyn Diagnostic, look: Look) -> Option<String> {
        let mut excerpt = Excerpt::of(&self.sources, self.span.file);
        let place = Locator::new(&self.sources).start(self.span);
        excerpt.mark(self.span.start as usize, self.span.end as usize, place, self.label.as_deref());
        let title = Title::new(fault.code()?.to_string(), &fault.to_string(), Severity::Error, look);
        let mut text = String::new();
        handler(look.color).render_report(&mut text, &Shown { title: Some(title), excerpt: excerpt.drawn(look) }).ok()?;
        Some(text)
    }
}

/// Writes `  help: …`, later lines under the first.
///
/// # Errors
/// Those of the writer.
pub fn help_line(out: &mut dyn Write, help: &str, look: Look) -> io::Result<()> {
    let word = if look.color { "\u{1b}[36mhelp:\u{1b}[0m" } else { "help:" };
    let lines = wrap(&brief(help), look.width().saturating_sub(8));
    writeln!(out, "  {word} {}", lines.join("\n        "))
}

fn handler(color: bool) -> GraphicalReportHandler {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme).with_links(false).with_wrap_lines(false).without_primary_span_start()
}

/// The excerpts of a finding: that of its own place first, with the labels that stand close to it; then the others, by file in the
/// order of their labels.
fn snippets<'a>(sources: &'a Sources, finding: &Finding, main: &mut Locator<'_>, aside: &mut Locator<'_>) -> Vec<Excerpt<'a>> {
    let own = finding.span;
    let labels = &finding.labels[..finding.labels.len().min(LABELS)];
    let mut first = Excerpt::of(sources, own.file);
    let same = labels.iter().find(|l| l.span == own).map(|l| l.text.as_str());
    first.mark(own.start as usize, own.end as usize, main.start(own), same);
    let close = close(&first, finding, labels);
    let mut found: Vec<(Option<FileId>, Excerpt<'a>)> = vec![(None, first)];
    for label in labels.iter().filter(|l| l.span != own) {
        let span = &label.span;
        let part = if close.contains(span) { None } else { Some(span.file) };
        let at = found.iter().position(|(known, _)| *known == part).unwrap_or_else(|| {
            found.push((part, Excerpt::of(sources, span.file)));
            found.len() - 1
        });
        found[at].1.mark(span.start as usize, span.end as usize, aside.start(*span), Some(&label.text));
    }
    found.into_iter().map(|(_, excerpt)| excerpt).collect()
}

/// Stretches with more lines than this between them are excerpts of their own.
const APART: usize = 3;

/// The places of the labels that are shown in one excerpt with the finding.
fn close(excerpt: &Excerpt<'_>, finding: &Finding, labels: &[Label]) -> Vec<Span> {
    let lines = |span: Span| excerpt.lines(span.start as usize, span.end as usize);
    let (mut top, mut bottom) = lines(finding.span);
    let mut far: Vec<Span> = labels.iter().map(|label| label.span).filter(|span| span.file == finding.span.file).collect();
    let mut close = Vec::new();
    loop {
        let near = |span: &Span| lines(*span).0 <= bottom + APART && lines(*span).1 + APART >= top;
        let (more, rest): (Vec<Span>, Vec<Span>) = far.into_iter().partition(near);
        if more.is_empty() {
            return close;
        }
        for span in &more {
            let (from, to) = lines(*span);
            (top, bottom) = (top.min(from), bottom.max(to));
        }
        close.extend(more);
        far = rest;
    }
}

fn render(handler: &GraphicalReportHandler, finding: &Finding, snippets: Vec<Excerpt<'_>>, look: Look) -> String {
    let mut text = String::new();
    for (at, excerpt) in snippets.into_iter().enumerate() {
        let shown = Shown { title: (at == 0).then(|| Title::of(finding, look)), excerpt: excerpt.drawn(look) };
        let mut part = String::new();
        if handler.render_report(&mut part, &shown).is_err() {
            part = format!("{shown}\n");
        }
        // Further excerpts stand under the first one, without a sentence of their own.
        text.push_str(if at == 0 { &part } else { part.find(" ╭").map_or("", |i| line_start(&part, i)) });
    }
    text
}

fn line_start(text: &str, at: usize) -> &str {
    &text[text[..at].rfind('\n').map_or(0, |i| i + 1)..]
}

/// An excerpt as miette draws it; one that follows another has no title.
struct Shown<'a> {
    title: Option<Title>,
    excerpt: Drawn<'a>,
}

#[derive(Debug)]
struct Title {
    code: String,
    message: String,
    severity: Severity,
}

impl Title {
    /// The sentence is cut to the columns beside its mark.
    fn new(code: String, message: &str, severity: Severity, look: Look) -> Title {
        Title { code, message: filled(&brief(message), look.width().saturating_sub(4)), severity }
    }

    fn of(finding: &Finding, look: Look) -> Title {
        let severity = match finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Advice,
        };
        let code = format!("{}[{}]", finding.level.word(), finding.rule.name);
        Title::new(code, &finding.message, severity, look)
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.title.fmt(f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title.as_ref().map_or("", |t| &t.message))
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.title.as_ref().map(|t| Box::new(&t.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        self.title.as_ref().map(|t| t.severity)
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
                write(&mut out, &sources, &[finding], Look::default()).expect("a buffer takes everything");
                let shown = String::from_utf8(out).expect("text");
                assert!(!shown.contains(['\u{1b}', '\u{202e}']) && !shown.contains("Failed"), "{span:?}: {shown}");
            }
        }
    }

    /// Every place of a policy with long lines, tabs and wide letters, at the widths of narrow screens.
    #[test]
    fn nothing_is_wider_than_the_screen() {
        let text = "use liveblocks\ngroup engineering { user marie-antoinette@example.com, user 日本語日本語@example.com until 2030-01-01 }\n\
                    room \"design:*\" {\n\t\tdefault can read, comments:read\n  group engineering can *:read, comments:write, storage:write on room until 2027-12-31\n}\n";
        let mut sources = Sources::default();
        let file = sources.add(Source::new("p.rk", text));
        let ends: Vec<u32> = (0..=text.len() as u32).step_by(7).collect();
        for (start, end) in ends.iter().flat_map(|s| ends.iter().map(move |e| (*s, *e))).filter(|(s, e)| s <= e) {
            let span = Span { file, start, end };
            let finding =
                Finding::new(&UNKNOWN_ROLE, span, "the group `engineering` gets nothing here that it has not by another entry");
            let finding = finding.label(span, "this one gives the same and more to everyone").help("take it out");
            for columns in [40, 60, 80] {
                let look = Look { color: false, columns: Some(columns), screen: Some(columns) };
                let mut out = Vec::new();
                write(&mut out, &sources, std::slice::from_ref(&finding), look).expect("a buffer takes everything");
                let shown = String::from_utf8(out).expect("text");
                let wide = shown.lines().find(|line| unicode_width::UnicodeWidthStr::width(*line) > columns);
                assert_eq!(wide, None, "{span:?} at {columns} columns:\n{shown}");
                assert!(!shown.contains("Failed"), "{span:?}: {shown}");
            }
        }
    }
}
