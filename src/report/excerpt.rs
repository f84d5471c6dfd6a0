//! The lines around a span, cut to what a screen can show, for miette.

use std::collections::BTreeMap;

use miette::{LabeledSpan, MietteError, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthStr;

use super::crop::{Cut, LONG, Mark};
use super::human::Look;
use super::wrap::wrap;
use super::{brief, floor, plain};
use crate::source::{FileId, Source, Sources};

/// The longest marked stretch of a long line.
const MARKED: usize = 80;
/// Spans over more lines than this are marked at their first line.
const TALL: usize = 6;
/// The text of a label takes at least so many columns, however far to the right it hangs.
const NARROW: usize = 12;
/// The columns of the arm that a label hangs on.
const ARM: usize = 4;
/// The lines that are shown before and behind what is marked.
const BESIDE: usize = 1;

/// One file, with what is to be marked in it.
pub struct Excerpt<'a> {
    source: &'a Source,
    marks: Vec<Marked>,
}

struct Marked {
    from: usize,
    to: usize,
    place: (usize, usize),
    text: Option<String>,
}

impl<'a> Excerpt<'a> {
    /// An excerpt of a file, without marks.
    pub fn of(sources: &'a Sources, file: FileId) -> Excerpt<'a> {
        Excerpt { source: sources.get(file), marks: Vec::new() }
    }

    /// Marks the bytes `from..to`, which stand at `place`; the first mark is the main one.
    pub fn mark(&mut self, from: usize, to: usize, place: (usize, usize), text: Option<&str>) {
        let (from, to) = self.trim(from, to);
        self.marks.push(Marked { from, to, place, text: text.map(brief) });
    }

    /// The first and the last line of a stretch as it is marked.
    pub fn lines(&self, from: usize, to: usize) -> (usize, usize) {
        let (from, to) = self.trim(from, to);
        self.between(from, to)
    }

    fn between(&self, from: usize, to: usize) -> (usize, usize) {
        (self.line_of(from), self.line_of(to.max(from + 1) - 1))
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

    /// The excerpt as a screen shows it.
    pub fn drawn(&self, look: Look) -> Drawn<'a> {
        // Beside the lines stand their numbers, and marks of several lines.
        let lines: Vec<(usize, usize)> = self.marks.iter().map(|mark| self.between(mark.from, mark.to)).collect();
        let all = self.source.line_starts().len();
        let most = lines.iter().map(|(_, last)| (last + BESIDE + 1).min(all)).max().unwrap_or(0);
        let tall = lines.iter().filter(|(first, last)| first != last).count();
        let beside = most.to_string().len() + 4 + if tall > 0 { tall + 3 } else { 0 };
        let room = look.screen.map(|screen| screen.saturating_sub(beside).max(NARROW + ARM));
        let mut shown: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
        for (mark, (first, last)) in self.marks.iter().zip(&lines) {
            for line in first.saturating_sub(BESIDE)..(last + BESIDE + 1).min(all) {
                shown.entry(line).or_default();
            }
            let start = self.bounds(*first).0;
            let to = if first == last { mark.to - start } else { mark.from - start };
            let hangs = if first == last { mark.text.as_ref().map_or(0, |text| ARM + widest(text)) } else { 0 };
            shown.entry(*first).or_default().push(Mark { from: mark.from - start, to, hangs });
        }
        let mut drawn = Drawn { name: self.source.name(), text: String::new(), rows: Vec::new(), labels: Vec::new() };
        for (line, marks) in shown {
            let marks: Vec<Mark> = marks.iter().map(|m| Mark { hangs: m.hangs.min(room.unwrap_or(0) / 2), ..*m }).collect();
            let text = self.source.line(line + 1);
            let skipped = if line == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let cut = Cut::new(text, skipped, &marks, room);
            let start = drawn.text.len();
            drawn.text.push_str(&cut.text);
            drawn.text.extend((line + 1 < all).then_some('\n'));
            drawn.rows.push(Row { line, start, cut });
        }
        for (mark, (first, last)) in self.marks.iter().zip(&lines) {
            let (from, column) = self.at(&drawn, *first, mark.from);
            let (to, end) = self.at(&drawn, *last, mark.to);
            let under = if first == last { column + end.saturating_sub(column) / 2 + ARM } else { 0 };
            let wide = look.screen.unwrap_or(look.width());
            let left = wide.saturating_sub(beside + under).min(look.width()).max(NARROW);
            let text = mark.text.as_ref().map(|text| wrap(text, left).join("\n"));
            let span = (from, to.saturating_sub(from));
            let label = match drawn.labels.is_empty() {
                true => LabeledSpan::new_primary_with_span(text, span),
                false => LabeledSpan::new_with_span(text, span),
            };
            drawn.labels.push((label, mark.place));
        }
        drawn
    }

    /// Where a byte on a line stands in what is drawn, and in which column.
    fn at(&self, drawn: &Drawn<'_>, line: usize, byte: usize) -> (usize, usize) {
        let row = &drawn.rows[drawn.rows.partition_point(|row| row.line < line)];
        let (start, end) = self.bounds(line);
        let (at, column) = row.cut.at(byte.clamp(start, end) - start);
        (row.start + at, column)
    }
}

/// The columns of a label that is wrapped as narrowly as it may be.
fn widest(text: &str) -> usize {
    wrap(text, NARROW).iter().map(|line| line.width()).max().unwrap_or(0)
}

/// An excerpt as a screen shows it, for miette to read.
pub struct Drawn<'a> {
    name: &'a str,
    text: String,
    rows: Vec<Row>,
    labels: Vec<(LabeledSpan, (usize, usize))>,
}

/// A line that is shown.
struct Row {
    /// Its number from 0.
    line: usize,
    /// Where it starts in the text.
    start: usize,
    cut: Cut,
}

impl Drawn<'_> {
    /// The marks, for miette.
    pub fn spans(&self) -> Vec<LabeledSpan> {
        self.labels.iter().map(|(label, _)| label.clone()).collect()
    }

    fn row(&self, offset: usize) -> usize {
        self.rows.partition_point(|row| row.start <= offset).max(1) - 1
    }

    /// Whether a row stands directly under the one before it.
    fn follows(&self, row: usize) -> bool {
        row > 0 && row < self.rows.len() && self.rows[row - 1].line + 1 == self.rows[row].line
    }
}

impl SourceCode for Drawn<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (from, to) = (span.offset(), span.offset() + span.len());
        let (mut top, mut bottom) = (self.row(from), self.row(to.max(from + 1) - 1));
        if to > self.text.len() || (top + 1..=bottom).any(|row| !self.follows(row)) {
            return Err(MietteError::OutOfBounds);
        }
        top -= (0..before.min(top)).take_while(|up| self.follows(top - up)).count();
        bottom += (1..=after).take_while(|down| self.follows(bottom + down)).count();
        let start = self.rows[top].start;
        let end = self.rows.get(bottom + 1).map_or(self.text.len(), |row| row.start);
        let known = self.labels.iter().find(|(label, _)| label.offset() == from);
        let name = known.map_or_else(String::new, |(_, (line, column))| format!("{}:{line}:{column}", plain(self.name)));
        let (data, line) = (&self.text[start..end], self.rows[top].line);
        let lines = data.bytes().filter(|b| *b == b'\n').count();
        Ok(Box::new(Contents { data, span: (start, end - start).into(), name, line, lines }))
    }
}

struct Contents<'a> {
    data: &'a str,
    span: SourceSpan,
    name: String,
    line: usize,
    lines: usize,
}

impl<'a> SpanContents<'a> for Contents<'a> {
    fn data(&self) -> &'a [u8] {
        self.data.as_bytes()
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
        0
    }
    fn line_count(&self) -> usize {
        self.lines
    }
}
