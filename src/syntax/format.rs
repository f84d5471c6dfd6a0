//! Text → text in the one style: how `roomkey fmt` lays it out.
//!
//! The tokens and the comments stay as they are and in their order; only space, line ends and the commas that nothing needs
//! change. A stretch that is not in the language is copied.

use std::collections::HashSet;

use super::keyword::is_start;
use super::layout::{Piece, Role, Sort, Token};
use super::mend::{self, Known};
use super::recover::wants_id;
use super::tree::{BlockItem, ResourceDecl, Statement};
use super::{Parsed, read_pieces};
use crate::source::FileId;

/// The most characters of a line, unless one word is longer.
const WIDTH: usize = 100;
/// How much deeper each block stands.
const STEP: usize = 2;

/// What of a text stays as it stands where it is not in the language.
#[derive(Clone, Copy)]
pub enum Kept<'p> {
    /// The stretches that cannot be read.
    Stretches,
    /// The statements of the top level in which such a stretch or one of these places lies, each byte of them; the places in their order.
    Statements(&'p [usize]),
}

/// A text in the one style, and how many stretches of it are as they were since they are not in the language.
///
/// What is broken is told by how lines begin and end, so that of such a text something else may be said then. Whether it is, the
/// caller knows.
pub fn layout(text: &str, kept: Kept<'_>) -> (String, usize) {
    let exact = matches!(kept, Kept::Statements(_));
    let mut page = Page { text, out: String::with_capacity(text.len() + 64), depth: 0, opened: true, exact, waiting: Vec::new() };
    let (pieces, parsed) = read_pieces(text);
    let mut pieces = held(text, pieces, &parsed);
    pieces
        .iter_mut()
        .filter(|piece| begins_a_line(text, piece))
        .for_each(|piece| piece.sort = Sort::Raw { opens: piece.opens() });
    let mut pieces = joined(text, pieces);
    if let Kept::Statements(places) = kept {
        pieces = statements(text, pieces, places);
    }
    let raw = pieces.iter().filter(|p| matches!(p.sort, Sort::Raw { .. })).count();
    let mut end = 0;
    for piece in pieces {
        let (comments, lines) = page.gap(end, piece.start);
        end = piece.end;
        page.piece(piece, comments, lines);
    }
    let (comments, _) = page.gap(end, text.len());
    page.comments(comments);
    if !page.out.is_empty() {
        page.out.push('\n');
    }
    (page.out, raw)
}

/// Keeps an item together that a misspelled word makes look like several: they are one stretch that cannot be read.
fn held(text: &str, pieces: Vec<Piece>, parsed: &Parsed<'_>) -> Vec<Piece> {
    let mut kinds = HashSet::new();
    for statement in &parsed.statements {
        if let Statement::Resource(decl) = statement {
            resources(decl, &mut kinds);
        }
    }
    let declared =
        parsed.statements.iter().filter_map(|s| if let Statement::Kind(decl) = s { Some(&*decl.name.text) } else { None });
    let declared: HashSet<&str> = declared.collect();
    let whole = parsed.findings.is_empty();
    let doubtful = |kind: &&str| mend::is_slip(kind) && !declared.contains(kind) && *kind != "organization";
    if whole && !kinds.iter().any(doubtful) {
        return pieces;
    }
    kinds.retain(|kind| !doubtful(kind));
    kinds.extend(declared.iter().copied().chain(["organization"]));
    // What another file declares is not known here.
    let known = Known {
        kinds,
        group: &|_| false,
        permission: &|_| false,
        feature: &|_, _| Vec::new(),
        lower: &|_| None,
        covers: &|_, _| false,
        role: &|_| false,
        placed: &|_| Vec::new(),
        vocabularies: Vec::new(),
        all: false,
    };
    let items = mend::mend(FileId(0), text, &known).map_or_else(Vec::new, |mended| mended.items);
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut first = 0;
    for piece in pieces {
        while items.get(first).is_some_and(|item| item.end <= piece.start) {
            first += 1;
        }
        let one = items.get(first).filter(|item| item.start <= piece.start && !matches!(piece.sort, Sort::Close));
        match (one, out.last_mut()) {
            (Some(item), Some(last)) if last.start >= item.start && !last.opens() && !matches!(last.sort, Sort::Close) => {
                last.sort = Sort::Raw { opens: piece.opens() };
                last.end = piece.end;
            }
            _ => out.push(piece),
        }
    }
    out
}

/// Whether an id of an item is a word that a statement or an entry may begin with, and stands at the start of a line: whether it is the
/// id, or one is missing at the end of the line before, is told by that, too.
fn begins_a_line(text: &str, piece: &Piece) -> bool {
    let Sort::Item(tokens) = &piece.sort else { return false };
    tokens.windows(2).any(|two| {
        let word = &text[two[1].start..two[1].end];
        two[1].role == Role::Id && (is_start(word) || word == "organization") && text[two[0].end..two[1].start].contains('\n')
    })
}

fn resources<'t>(decl: &'t ResourceDecl<'_>, kinds: &mut HashSet<&'t str>) {
    kinds.insert(&decl.address.kind.text);
    for item in &decl.items {
        if let BlockItem::Resource(inner) = item {
            resources(inner, kinds);
        }
    }
}

/// Joins the pieces of each statement of the top level that cannot be read or holds one of the places, and of what stands on its lines.
fn statements(text: &str, pieces: Vec<Piece>, places: &[usize]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    // Where the statement begins in what is written, and whether it stays as it stands.
    let (mut first, mut stays, mut depth) = (0, false, 0usize);
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        depth = if matches!(piece.sort, Sort::Close) { depth.saturating_sub(1) } else { depth + usize::from(piece.opens()) };
        stays |= matches!(piece.sort, Sort::Raw { .. });
        out.push(piece);
        let (start, end) = (out[first].start, out.last().map_or(0, |last| last.end));
        if pieces.peek().is_some_and(|next| depth > 0 || !text[end..next.start].contains('\n')) {
            continue;
        }
        let place = places.get(places.partition_point(|at| *at < start));
        if stays || place.is_some_and(|at| *at <= end) {
            out.truncate(first);
            out.push(Piece { start, end, sort: Sort::Raw { opens: false } });
        }
        (first, stays) = (out.len(), false);
    }
    out
}

/// Joins stretches that cannot be read. An item on the line of one is left with it, and so is one whose last comma may
/// matter to it, and one that stands directly behind it without a space.
fn joined(text: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match out.last_mut().filter(|last| belongs(text, last, &piece)) {
            Some(last) => {
                last.sort = Sort::Raw { opens: piece.opens() };
                last.end = piece.end;
            }
            None => out.push(piece),
        }
    }
    out
}

fn belongs(text: &str, last: &Piece, piece: &Piece) -> bool {
    match (&last.sort, &piece.sort) {
        _ if last.opens() => false,
        (Sort::Raw { .. }, Sort::Raw { .. }) => true,
        // Whether a comma is one too many, or an id is missing, depends on how the next line begins.
        (Sort::Raw { .. }, Sort::Item(_)) => {
            let word = text[last.start..last.end].rsplit([' ', '\t', '\n']).next().unwrap_or("");
            last.end == piece.start || word.ends_with(',') || wants_id(word)
        }
        (Sort::Item(tokens), Sort::Raw { .. }) => {
            tokens.last().is_some_and(|t| t.role == Role::Comma) || !text[last.end..piece.start].contains('\n')
        }
        _ => false,
    }
}

/// A comment, and how many lines end between it and what stands before it.
#[derive(Clone, Copy)]
struct Comment<'t> {
    text: &'t str,
    lines: usize,
}

/// A token with the comments before it and the comma behind it.
struct Word<'t> {
    text: &'t str,
    role: Role,
    comma: bool,
    before: Vec<Comment<'t>>,
}

/// What is written so far: its last line has no end yet.
struct Page<'t> {
    text: &'t str,
    out: String,
    depth: usize,
    /// Whether nothing stands in this block yet, so that no empty line can.
    opened: bool,
    /// Whether what cannot be read keeps its line ends, too.
    exact: bool,
    /// Comments from inside a head, which go behind its `{`.
    waiting: Vec<Comment<'t>>,
}

impl<'t> Page<'t> {
    /// The comments between two tokens, and how many lines end behind the last of them.
    fn gap(&self, from: usize, to: usize) -> (Vec<Comment<'t>>, usize) {
        let (mut rest, mut comments, mut lines) = (&self.text[from..to], Vec::new(), 0);
        while let Some(c) = rest.chars().next() {
            if rest.starts_with("//") {
                let end = rest.find('\n').unwrap_or(rest.len());
                comments.push(Comment { text: rest[..end].trim_end(), lines });
                (rest, lines) = (&rest[end..], 0);
            } else {
                lines += usize::from(c == '\n');
                rest = &rest[c.len_utf8()..];
            }
        }
        (comments, lines)
    }

    /// Starts a line, behind an empty one where the text has that and something stands before it in its block.
    fn line(&mut self, indent: usize, lines: usize) {
        if !self.out.is_empty() {
            self.out.push_str(if lines >= 2 && !self.opened { "\n\n" } else { "\n" });
        }
        self.opened = false;
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Writes the comments before a piece; the first may stand behind what is written already.
    fn comments(&mut self, comments: Vec<Comment<'t>>) -> bool {
        let mut all = std::mem::take(&mut self.waiting);
        all.extend(comments);
        for (at, comment) in all.iter().enumerate() {
            if at == 0 && comment.lines == 0 && !self.out.is_empty() {
                self.out.push(' ');
            } else {
                self.line(self.depth * STEP, comment.lines);
            }
            self.out.push_str(comment.text);
        }
        !all.is_empty()
    }

    fn piece(&mut self, piece: Piece, comments: Vec<Comment<'t>>, lines: usize) {
        let empty = self.opened;
        let commented = self.comments(comments);
        match piece.sort {
            Sort::Close if empty && !commented && self.depth > 0 => {
                self.depth -= 1;
                self.opened = false;
                self.out.push('}');
            }
            Sort::Close => {
                self.depth = self.depth.saturating_sub(1);
                self.line(self.depth * STEP, 0);
                self.out.push('}');
            }
            Sort::Raw { opens } => {
                self.line(self.depth * STEP, lines);
                let stretch = &self.text[piece.start..piece.end];
                match self.exact {
                    true => self.out.push_str(stretch),
                    false => self.out.push_str(&stretch.replace("\r\n", "\n")),
                }
                self.open(opens);
            }
            Sort::Item(tokens) => {
                self.line(self.depth * STEP, lines);
                self.item(&tokens);
            }
        }
    }

    fn open(&mut self, opens: bool) {
        if opens {
            self.depth += 1;
            self.opened = true;
        }
    }

    fn item(&mut self, tokens: &[Token]) {
        let (words, opens, head) = self.words(tokens);
        let indent = self.depth * STEP;
        // A comment on a line of its own speaks of the head that it stands in, and in the block it would speak of what is inside; one behind
        // the brace speaks of the head, and would not where another comment took its place.
        let behind = |open: &Token| self.text[open.end..].trim_start_matches([' ', '\t', '\r']).starts_with("//");
        let inside = head.iter().any(|comment| comment.lines > 0);
        let held = opens && (inside || !head.is_empty() && tokens.last().is_some_and(behind));
        let width: usize = words.iter().map(|w| w.text.chars().count() + 1 + usize::from(w.comma)).sum();
        let fits = indent + width + usize::from(opens) * 2 <= WIDTH + 1;
        let broken = !fits || words.iter().any(|w| !w.before.is_empty());
        let lines = if broken { self.broken(&words, indent) } else { self.flat(&words) };
        if held {
            for comment in head {
                match comment.lines {
                    0 => self.out.push(' '),
                    _ => self.line(indent + STEP, 0),
                }
                self.out.push_str(comment.text);
            }
        } else {
            self.waiting.extend(head);
        }
        if opens {
            // The brace of a head of several lines stands alone, so that the head and the block are told apart.
            match lines {
                0 if !held => self.out.push(' '),
                _ => self.line(indent, 0),
            }
            self.out.push('{');
        }
        self.open(opens);
    }

    /// The words of an item, whether it opens a block, and the comments behind its last word. A comma goes to the word before it, and
    /// comments around it to the word behind it.
    fn words(&self, tokens: &[Token]) -> (Vec<Word<'t>>, bool, Vec<Comment<'t>>) {
        let mut words: Vec<Word<'t>> = Vec::with_capacity(tokens.len());
        let (mut carry, mut opens) = (Vec::new(), false);
        for (at, token) in tokens.iter().enumerate() {
            if at > 0 {
                carry.extend(self.gap(tokens[at - 1].end, token.start).0);
            }
            let text = &self.text[token.start..token.end];
            match (token.role, words.last_mut()) {
                (Role::Open, _) => opens = true,
                (Role::Comma, Some(last)) => last.comma = true,
                (role, _) => words.push(Word { text, role, comma: false, before: std::mem::take(&mut carry) }),
            }
        }
        // A comma with nothing behind it is one that only the end of a block allows.
        if let Some(last) = words.last_mut() {
            last.comma = false;
        }
        (words, opens, carry)
    }

    fn flat(&mut self, words: &[Word<'t>]) -> usize {
        for (at, word) in words.iter().enumerate() {
            self.word(word, at > 0);
        }
        0
    }

    fn word(&mut self, word: &Word<'t>, space: bool) {
        if space {
            self.out.push(' ');
        }
        self.out.push_str(word.text);
        if word.comma {
            self.out.push(',');
        }
    }

    /// Writes an item over several lines, and says how many it has behind the first.
    fn broken(&mut self, words: &[Word<'t>], indent: usize) -> usize {
        let (mut base, mut several, mut lines) = (indent, false, 0);
        for (at, word) in words.iter().enumerate() {
            let starts = at > 0 && (word.role == Role::Continues || word.role == Role::List && several);
            let item = at > 0 && several && (words[at - 1].comma || is_list(words[at - 1].role));
            if starts {
                base = indent + STEP;
            }
            let here = if starts { base } else { base + STEP };
            let mut broke = false;
            for comment in &word.before {
                match comment.lines {
                    0 if !broke && at > 0 => self.out.push(' '),
                    _ => self.line(here, 0),
                }
                self.out.push_str(comment.text);
                broke = true;
            }
            if broke || starts || item {
                self.line(here, 0);
                lines += 1;
            }
            self.word(word, at > 0 && !(broke || starts || item));
            if is_list(word.role) {
                several = words[at..].iter().skip(1).take_while(|w| !is_list(w.role)).any(|w| w.comma);
            }
        }
        lines
    }
}

fn is_list(role: Role) -> bool {
    matches!(role, Role::List | Role::Continues)
}
