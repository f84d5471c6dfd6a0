//! The lines around a span, cut to what a screen can show, for miette.

use std::borrow::Cow;
use std::sync::OnceLock;

use miette::{LabeledSpan, MietteError, SourceCode, SourceSpan, SpanContents};

use super::{floor, unspeakable};
use crate::source::{FileId, Source, Sources};

/// Lines longer than this are cut around the span, and stand without their neighbours.
const LONG: usize = 400;
/// What is shown of a long line before and behind the span.
const AROUND: usize = 60;
/// The longest marked stretch of a long line.
const MARKED: usize = 80;
/// Spans over more lines than this are marked at their first line.
const TALL: usize = 6;

/// The texts of a set as they may be shown: every byte at its place, none that a terminal obeys.
pub struct Texts<'a> {
    sources: &'a Sources,
    shown: Vec<OnceLock<Cow<'a, str>>>,
}

impl<'a> Texts<'a> {
    /// Nothing is read before it is asked for.
    pub fn new(sources: &'a Sources) -> Texts<'a> {
        Texts { sources, shown: sources.iter().map(|_| OnceLock::new()).collect() }
    }

    /// An excerpt of a file, without marks.
    pub fn excerpt(&self, file: FileId) -> Excerpt<'_> {
        let source = self.sources.get(file);
        let shown = self.shown[file.0 as usize].get_or_init(|| harmless(source.text()));
        Excerpt { source, shown, labels: Vec::new() }
    }
}

/// One file as miette reads it, with the places of the spans that it will ask for.
pub struct Excerpt<'a> {
    source: &'a Source,
    shown: &'a str,
    labels: Vec<Shown>,
}

struct Shown {
    from: usize,
    to: usize,
    place: (usize, usize),
    text: Option<String>,
    primary: bool,
}

impl Excerpt<'_> {
    /// Marks the bytes `from..to`, which stand at `place`; the first mark is the main one.
    pub fn mark(&mut self, from: usize, to: usize, place: (usize, usize), text: Option<String>) {
        let (from, to) = self.trim(from, to);
        let primary = self.labels.is_empty();
        self.labels.push(Shown { from, to, place, text, primary });
    }

    /// The first and the last line of a stretch as it is marked.
    pub fn lines(&self, from: usize, to: usize) -> (usize, usize) {
        let (from, to) = self.trim(from, to);
        (self.line_of(from), self.line_of(to.max(from + 1) - 1))
    }

    /// The marks, for miette.
    pub fn spans(&self) -> Vec<LabeledSpan> {
        let span = |l: &Shown| (l.from, l.to - l.from);
        let shown = self.labels.iter().map(|l| match l.primary {
            true => LabeledSpan::new_primary_with_span(l.text.clone(), span(l)),
            false => LabeledSpan::new_with_span(l.text.clone(), span(l)),
        });
        shown.collect()
    }

    /// Cuts a span to what can be marked: never empty where there is text, never tall, never wide.
    fn trim(&self, from: usize, to: usize) -> (usize, usize) {
        let text = self.source.text();
        let mut from = floor(text, from.min(text.len()));
        let mut to = floor(text, to.clamp(from, text.len()));
        if from == text.len() {
            // Behind the last byte there is no line to mark: mark the last character that is seen.
            to = text.trim_end().len().max(1).min(text.len());
            from = floor(text, to.saturating_sub(1));
        }
        let line = self.line_of(from);
        let (start, end) = self.bounds(line);
        if end - start > LONG {
            to = floor(text, to.min(from + MARKED).min(end)).max(from);
        } else if to > end {
            let last = self.line_of(to);
            if last - line >= TALL || (line..=last).any(|l| self.long(l)) {
                to = end.max(from);
            }
        }
        (from, to)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.source.line_starts().partition_point(|s| *s as usize <= offset).max(1) - 1
    }

    /// Start and end of a line from 0, without its line end.
    fn bounds(&self, line: usize) -> (usize, usize) {
        let start = self.source.line_starts()[line] as usize;
        (start, start + self.source.line(line + 1).len())
    }

    fn long(&self, line: usize) -> bool {
        let (start, end) = self.bounds(line);
        end - start > LONG
    }

    /// The bytes to show for a span, with as much context as fits.
    fn window(&self, from: usize, to: usize, before: usize, after: usize) -> Option<(usize, usize)> {
        let text = self.source.text();
        let (first, last) = (self.line_of(from), self.line_of(to.max(from + 1) - 1));
        if (first..=last).any(|l| self.long(l)) {
            let (start, end) = self.bounds(first);
            let fits = first == last && to - from <= LONG;
            let left = floor(text, from.saturating_sub(AROUND)).max(start);
            let right = floor(text, (to + AROUND).min(text.len())).min(end).max(to);
            return fits.then_some((left, right));
        }
        let lines = self.source.line_starts().len();
        let top = (first.saturating_sub(before)..first).rev().take_while(|l| !self.long(*l)).last().unwrap_or(first);
        let below = last + 1..(last + 1 + after).min(lines);
        let bottom = below.take_while(|l| !self.long(*l)).last().unwrap_or(last);
        let end = self.source.line_starts().get(bottom + 1).map_or(text.len(), |s| *s as usize);
        Some((self.source.line_starts()[top] as usize, end))
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.source.text();
        let from = floor(text, span.offset().min(text.len()));
        let to = floor(text, (span.offset() + span.len()).clamp(from, text.len()));
        let (start, end) = self.window(from, to, before, after).ok_or(MietteError::OutOfBounds)?;
        let known = self.labels.iter().find(|l| l.from == span.offset());
        let (line, column) = known.map_or_else(|| self.source.line_column(from as u32), |l| l.place);
        let slice = &text[start..end];
        Ok(Box::new(Contents {
            data: self.shown.get(start..end).unwrap_or(slice).as_bytes(),
            span: (start, end - start).into(),
            name: format!("{}:{line}:{column}", super::plain(self.source.name())),
            line: self.line_of(start),
            lines: slice.bytes().filter(|b| *b == b'\n').count(),
            cut: usize::from(self.source.line_starts()[self.line_of(start)] as usize != start),
        }))
    }
}

struct Contents<'a> {
    data: &'a [u8],
    span: SourceSpan,
    name: String,
    line: usize,
    lines: usize,
    cut: usize,
}

impl<'a> SpanContents<'a> for Contents<'a> {
    fn data(&self) -> &'a [u8] {
        self.data
    }
    fn span(&self) -> &SourceSpan {
        &self.span
    }
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }
    fn line(&self) -> usize {
        self.line
    }
    fn column(&self) -> usize {
        self.cut
    }
    fn line_count(&self) -> usize {
        self.lines
    }
}

/// The text with every character that a terminal obeys replaced by one of the same length in bytes.
fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| unspeakable(c) && c != '\n' && c != '\t' && c != '\r' || c == '\u{feff}';
    if !text.contains(obeyed) && text.matches('\r').count() == text.matches("\r\n").count() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let bare = c == '\r' && chars.peek() != Some(&'\n');
        out.push(match c.len_utf8() {
            _ if !obeyed(c) && !bare => c,
            1 => '?',
            2 => '¿',
            _ => '\u{FFFD}',
        });
    }
    Cow::Owned(out)
}
