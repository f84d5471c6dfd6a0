//! Where the items of a text stand, and which of them a comment stands beside.

use std::ops::Range;

use rayon::prelude::*;

use super::layout::{Piece, Role, Sort};
use super::{Reader, split};
use crate::source::FileId;

/// What a comment begins with that speaks to Roomkey.
pub const MARK: &str = "roomkey:";

/// Whether a comment speaks to Roomkey.
pub fn is_directive(comment: &str) -> bool {
    comment.strip_prefix("//").is_some_and(|text| text.trim_start().starts_with(MARK))
}

/// The statements, entries and `}` of a text, in their order.
pub struct Outline {
    items: Vec<Item>,
}

struct Item {
    start: usize,
    end: usize,
    /// Of a `}`, the item whose block it closes; of another one, the item in whose block it stands.
    head: Option<u32>,
    closes: bool,
}

/// What a comment stands beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Beside {
    /// The number of the item.
    pub item: u32,
    /// Whether its whole block is meant.
    pub block: bool,
}

impl Outline {
    /// Reads a text.
    pub fn new(text: &str) -> Outline {
        let parts = split::parts(text);
        let mut read: Vec<(Vec<Bare>, bool)> = parts.par_iter().map(|part| bare(&text[..part.end], part.start)).collect();
        // A part with faults may be cut at the wrong place.
        if let Some(at) = read.iter().position(|(_, sound)| !sound).filter(|_| parts.len() > 1) {
            read.truncate(at);
            read.push(bare(text, parts[at].start));
        }
        let (mut items, mut open) = (Vec::new(), Vec::new());
        for Bare { range, opens, closes } in read.into_iter().flat_map(|(bare, _)| bare) {
            let head = if closes { open.pop() } else { open.last().copied() };
            if opens {
                open.push(items.len() as u32);
            }
            items.push(Item { start: range.start, end: range.end, head, closes });
        }
        Outline { items }
    }

    /// The item that a byte stands in or behind.
    pub fn at(&self, byte: usize) -> Option<u32> {
        self.items.partition_point(|item| item.start <= byte).checked_sub(1).map(|at| at as u32)
    }

    /// The item in whose block an item stands.
    pub fn around(&self, item: u32) -> Option<u32> {
        self.items[item as usize].head
    }

    /// What a comment speaks of: the item that it stands behind on its line, with its block where that is a `}`; or the one
    /// inside of which or above which it stands.
    pub fn beside(&self, text: &str, comment: usize) -> Option<Beside> {
        let line = text[..comment].rfind('\n').map_or(0, |n| n + 1);
        let before = text[line..comment].trim_end_matches(is_space);
        let before = line + before.len();
        if !text[line..before].trim_start_matches(is_space).is_empty() {
            let item = self.at(before - 1)?;
            let Item { head, closes, .. } = self.items[item as usize];
            return if closes { head.map(|item| Beside { item, block: true }) } else { Some(Beside { item, block: false }) };
        }
        let inside = self.at(comment).filter(|at| comment < self.items[*at as usize].end);
        let item = inside.unwrap_or(self.at(comment).map_or(0, |at| at + 1));
        self.items.get(item as usize).filter(|next| !next.closes).map(|_| Beside { item, block: false })
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

struct Bare {
    range: Range<usize>,
    opens: bool,
    closes: bool,
}

/// The items from a byte on, and whether all of it could be read.
fn bare(text: &str, from: usize) -> (Vec<Bare>, bool) {
    let mut reader = Reader { pieces: Some(Vec::new()), ..Reader::new(FileId(0), text) };
    reader.read(from);
    let bare = |piece: Piece| {
        // A comma that only the end of a block allows says nothing.
        let end = match &piece.sort {
            Sort::Item(tokens) => tokens.iter().rfind(|token| token.role != Role::Comma).map_or(piece.end, |token| token.end),
            _ => piece.end,
        };
        Bare { opens: piece.opens(), closes: matches!(piece.sort, Sort::Close), range: piece.start..end }
    };
    (reader.pieces.unwrap_or_default().into_iter().map(bare).collect(), reader.out.findings.is_empty())
}
