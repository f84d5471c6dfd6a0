//! A file of the policy set: its id, its text, its lines.

use std::fmt;
use std::sync::OnceLock;

/// The number of a file in its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A stretch of one file, in bytes: `start` up to and not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// The span that covers both, in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: other.end.max(self.end) }
    }
}

/// One file: the name that people see, and its text.
pub struct Source {
    name: String,
    text: String,
    embedded: bool,
    lines: OnceLock<Vec<u32>>,
    ascii: OnceLock<bool>,
}

impl Source {
    /// The largest text that spans can point into, in bytes.
    pub const LIMIT: usize = u32::MAX as usize - 1;

    /// A file named `name` for people.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into(), embedded: false, lines: OnceLock::new(), ascii: OnceLock::new() }
    }

    /// A file that ships with Roomkey.
    pub fn embedded(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { embedded: true, ..Source::new(name, text) }
    }

    /// The name that people see: a path as it was given, with `/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the file ships with Roomkey.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// The byte at which each line starts.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(newlines.map(|i| i as u32 + 1)).collect()
        })
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|s| *s <= offset).max(1);
        let start = starts[line - 1] as usize;
        let end = floor_boundary(&self.text, offset as usize);
        if self.is_ascii() {
            return (line, end.saturating_sub(start) + 1);
        }
        let before = self.text.get(start..end).unwrap_or("");
        let column = before.chars().filter(|c| *c != '\u{feff}').count();
        (line, column + 1)
    }

    /// Whether each byte of it is a character.
    pub fn is_ascii(&self) -> bool {
        *self.ascii.get_or_init(|| self.text.is_ascii())
    }

    /// The text of a line from 1, without its line end.
    pub fn line(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(start) = starts.get(line.wrapping_sub(1)) else { return "" };
        let end = starts.get(line).map_or(self.text.len(), |e| *e as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name, self.text.len())
    }
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Every file of one policy set; a [`FileId`] is its place in the list.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.files.len() as u32 - 1)
    }

    /// Puts another text in the place of a file's.
    pub fn replace(&mut self, file: FileId, source: Source) {
        self.files[file.0 as usize] = source;
    }

    /// The file of an id.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// All files, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, s)| (FileId(i as u32), s))
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text().get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where a span starts, to keep.
    pub fn origin(&self, span: Span) -> Origin {
        let place = self.place(span);
        Origin { file: place.file.to_owned(), line: place.line as u32, column: place.column as u32 }
    }

    /// File name, line and column of where a span starts.
    pub fn place(&self, span: Span) -> Place<'_> {
        let source = self.get(span.file);
        let (line, column) = source.line_column(span.start);
        Place { file: source.name(), line, column }
    }
}

/// Where something stands, for people: `policies/acme.rk:11:5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The name of the file.
    pub file: &'a str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where a statement is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
