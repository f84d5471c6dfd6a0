//! The rows of a data file: where each of its cells stands, read some chunks ahead of their binding.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::Data;
use super::columns::WIDTH;
use crate::facts::Format;
use crate::finding::Finding;
use crate::source::Span;
use crate::syntax::tree::Name;

/// About how many bytes of text a chunk has.
const CHUNK: usize = 1 << 18;
/// How many chunks each thread reads before they are bound.
const CHUNKS: usize = 4;

/// One value of a row: the bytes of the file that hold it, without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Cell {
    /// A value that is not there.
    pub const NONE: Cell = Cell { start: u32::MAX, end: u32::MAX };
}

/// One fact: its cells by the numbers of the columns.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The whole row.
    pub whole: Cell,
    /// The values.
    pub cells: [Cell; WIDTH],
    /// Whether the permissions are a list of JSON, and not text.
    pub list: bool,
    /// The numbers of the two names that [`super::look`] looks up; [`UNKNOWN`] where there is none yet.
    pub known: [u32; 2],
}

/// No number.
pub const UNKNOWN: u32 = u32::MAX;

impl Row {
    /// A row without values.
    pub fn new(whole: Cell) -> Row {
        Row { whole, cells: [Cell::NONE; WIDTH], list: false, known: [UNKNOWN; 2] }
    }
}

/// Rows that stand together, and what could not be read among them.
#[derive(Debug)]
pub struct Chunk<'s> {
    /// The file.
    pub data: Data<'s>,
    /// The rows, in their order.
    pub rows: Vec<Row>,
    /// The cells whose text is not as it stands in the file, by their starts.
    pub unescaped: HashMap<u32, Box<str>>,
    /// What could not be read.
    pub findings: Vec<Finding>,
}

impl<'s> Chunk<'s> {
    /// The text of a cell, as far as it stands in the file as it is.
    pub fn plain(&self, cell: Cell) -> Option<&'s str> {
        if !self.unescaped.is_empty() && self.unescaped.contains_key(&cell.start) {
            return None;
        }
        self.data.text.get(cell.start as usize..cell.end as usize)
    }

    /// A cell as a name, at its place; `None` where there is no value.
    pub fn name(&self, cell: Cell) -> Option<Name<'s>> {
        if cell == Cell::NONE {
            return None;
        }
        let span = self.span(cell);
        if let Some(text) = self.plain(cell) {
            return Some(Name { text: Cow::Borrowed(text), span });
        }
        self.unescaped.get(&cell.start).map(|text| Name { text: Cow::Owned(text.to_string()), span })
    }

    /// The place of a cell.
    pub fn span(&self, cell: Cell) -> Span {
        Span { file: self.data.file, start: cell.start, end: cell.end }
    }
}

/// Reads some chunks behind `from` on all cores, prepares them by what is known so far, and binds them in their order.
pub fn each<'s, W: Sync>(
    data: Data<'s>,
    (from, columns): (usize, &[Option<usize>]),
    work: &mut W,
    prepare: impl Fn(&W, &mut Chunk<'s>) + Sync,
    bind: impl Fn(&mut W, Chunk<'s>),
) {
    let mut ranges = Ranges { text: data.text.as_bytes(), at: from };
    loop {
        let next: Vec<Range<usize>> = ranges.by_ref().take(rayon::current_num_threads() * CHUNKS).collect();
        if next.is_empty() {
            return;
        }
        let known = &*work;
        let read = |range: Range<usize>| {
            let mut chunk = match data.format {
                Format::Csv => super::csv::rows(data, range, columns),
                Format::JsonLines => super::json::rows(data, range),
            };
            prepare(known, &mut chunk);
            chunk
        };
        let chunks: Vec<Chunk<'s>> = next.into_par_iter().map(read).collect();
        chunks.into_iter().for_each(|chunk| bind(work, chunk));
    }
}

/// Stretches of whole lines.
struct Ranges<'s> {
    text: &'s [u8],
    at: usize,
}

impl Iterator for Ranges<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let least = start + CHUNK;
        if start >= self.text.len() {
            return None;
        }
        let line_end = self.text.get(least..).and_then(|rest| memchr::memchr(b'\n', rest));
        self.at = line_end.map_or(self.text.len(), |n| least + n + 1);
        Some(start..self.at)
    }
}

/// The lines of a stretch, each without its line end; empty ones are passed over.
pub fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let start = at;
        let end = memchr::memchr(b'\n', &bytes[start..range.end]).map_or(range.end, |n| start + n);
        at = end + 1;
        let end = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
        Some(start..end)
    })
    .filter(|line| !line.is_empty())
}
