//! Findings and answers as words: for people, for editors and for programs.

use std::borrow::Cow;

use crate::finding::{Finding, Level};
use crate::source::{FileId, Sources, Span};

pub mod answer;
pub mod changes;
pub mod concise;
pub mod covered;
pub mod crop;
pub mod excerpt;
pub mod explain;
pub mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod graph;
pub mod human;
pub mod json;
pub mod junit;
pub mod listing;
pub mod matrix;
pub mod mutants;
pub mod rdjson;
pub mod sarif;
pub mod svg;
pub mod tried;
pub mod wrap;

/// Findings to write, with what they are recognized by.
pub struct Page<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// The findings, in the order of files and places.
    pub findings: &'a [Finding],
    /// The [`fingerprint`] of each.
    pub prints: &'a [String],
    /// What could not be read, so that nothing is said of it.
    pub unread: &'a [Unread],
}

/// A file that could not be read, or something else without which there is no judgement.
pub struct Unread {
    /// The file or folder, as it was given.
    pub file: String,
    /// Line and column, where there are some.
    pub place: Option<(usize, usize)>,
    /// The fact.
    pub message: String,
    /// What to type.
    pub help: Option<String>,
}

impl Unread {
    /// The fact and what to type, for formats with one text.
    pub fn sentence(&self) -> String {
        let help = self.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        one_line(&format!("{}{help}", self.message))
    }
}

/// What formats call an [`Unread`], where they name rules.
pub const UNREAD: &str = "unreadable";

impl Page<'_> {
    /// Each finding with its fingerprint.
    pub fn each(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().zip(self.prints).map(|(finding, print)| (finding, print.as_str()))
    }

    /// The fact and what to type, for formats with one text.
    pub fn sentence(&self, finding: &Finding) -> String {
        match &finding.help {
            Some(help) => brief(&format!("{}; {help}", finding.message)),
            None => brief(&finding.message),
        }
    }
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Infos.
    pub infos: usize,
}

impl Tally {
    /// Counts the findings.
    pub fn of(findings: &[Finding]) -> Tally {
        let mut tally = Tally::default();
        for finding in findings {
            match finding.level {
                Level::Error => tally.errors += 1,
                Level::Warning => tally.warnings += 1,
                Level::Info => tally.infos += 1,
            }
        }
        tally
    }

    /// The closing sentence: `2 errors, 1 warning in 3 files`.
    pub fn sentence(self, files: usize) -> String {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.infos, "info")];
        let said: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(n, word)).collect();
        let said = if said.is_empty() { "no findings".to_owned() } else { said.join(", ") };
        format!("{said} in {}", count(files, "file"))
    }
}

/// `1 file`, `2 files`.
pub fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Text that cannot move the cursor, colour the terminal or turn the direction of what follows.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && c != '\t' && unspeakable(c) { '\u{FFFD}' } else { c }).collect()
}

/// A name that somebody else wrote, on one line: what could move the cursor or turn the direction is spelled out.
pub(crate) fn line(text: &str) -> String {
    let spelled = |c: char| match c {
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\u{2028}' | '\u{2029}' => format!("\\u{{{:x}}}", u32::from(c)),
        c if unspeakable(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(spelled).collect()
}

/// A message for people: as [`plain`], and what it quotes is cut where it is longer than any id.
pub fn brief(text: &str) -> String {
    let cut = |(at, part): (usize, &str)| match part.char_indices().nth(LONGEST) {
        Some((end, _)) if at % 2 == 1 => format!("{}…", &part[..end]),
        _ => part.to_owned(),
    };
    plain(&text.split('`').enumerate().map(cut).collect::<Vec<_>>().join("`"))
}

/// A cell of CSV that no spreadsheet takes for a formula: what would begin one has a `'` in front, and so has what begins
/// with a `'`, so that taking one away gives every cell back. See <https://owasp.org/www-community/attacks/CSV_Injection>.
pub fn cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\'']) { format!("'{text}").into() } else { text.into() }
}

/// As [`brief`], on one line: a line end in a name of a file would make two of it.
pub fn one_line(text: &str) -> String {
    brief(text).replace('\n', " ")
}

/// The most characters of a quoted word.
const LONGEST: usize = 256;

/// An id as the language writes it: bare where it is a word, else in quotes.
pub fn id(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.@+/-".contains(c));
    if starts && rest && !text.contains("//") {
        return text.to_owned();
    }
    plain(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")))
}

/// Control characters and the marks that turn the direction of text.
pub(crate) fn unspeakable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The nearest start of a character at or before a byte.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

/// Finds lines and columns; places asked for in order cost no more than one walk over the text.
pub struct Locator<'a> {
    sources: &'a Sources,
    last: Option<Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    file: FileId,
    line: usize,
    offset: usize,
    column: usize,
}

/// Where a span starts and ends: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The line of the first byte.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// The line of the byte behind the last one.
    pub end_line: usize,
    /// Its column.
    pub end_column: usize,
}

impl<'a> Locator<'a> {
    /// Starts at the beginning.
    pub fn new(sources: &'a Sources) -> Locator<'a> {
        Locator { sources, last: None }
    }

    /// Line and column of the start of a span.
    pub fn start(&mut self, span: Span) -> (usize, usize) {
        self.at(span.file, span.start as usize)
    }

    /// Lines and columns of both ends of a span.
    pub fn extent(&mut self, span: Span) -> Extent {
        let (line, column) = self.start(span);
        let mark = self.last;
        let (end_line, end_column) = self.at(span.file, span.end.max(span.start) as usize);
        self.last = mark;
        Extent { line, column, end_line, end_column }
    }

    fn at(&mut self, file: FileId, offset: usize) -> (usize, usize) {
        let source = self.sources.get(file);
        let text = source.text();
        let offset = floor(text, offset);
        if source.is_ascii() {
            return source.line_column(offset as u32);
        }
        let line = source.line_starts().partition_point(|s| *s as usize <= offset).max(1);
        let from = match self.last {
            Some(mark) if mark.file == file && mark.line == line && mark.offset <= offset => mark,
            _ => Mark { file, line, offset: source.line_starts()[line - 1] as usize, column: 1 },
        };
        let column = from.column + text[from.offset..offset].chars().filter(|c| *c != '\u{feff}').count();
        self.last = Some(Mark { file, line, offset, column });
        (line, column)
    }
}
