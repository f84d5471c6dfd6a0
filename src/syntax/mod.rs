//! Text → tree: every text is accepted, and what could not be read is reported.
//!
//! The grammar reads one item at a time; the blocks are a stack here. So an error ends with its item, nested
//! braces cost no recursion, and the parser's memory is that of one item.

pub mod beside;
pub mod edit;
pub mod format;
pub(crate) mod keyword;
mod layout;
mod lower;
pub(crate) mod outline;
pub mod print;
mod recover;
mod split;
mod spoken;
pub mod statements;
pub mod tree;

use std::ops::Range;

use pest::Parser;
use pest::iterators::Pair;
use rayon::prelude::*;

use crate::finding::{CHARACTER, Finding, Fix, MISPLACED, RESERVED, SYNTAX, TOO_DEEP, UNCLOSED};
use crate::source::{FileId, Span};
use grammar::{Grammar, Rule};
use layout::{Piece, Sort};
use lower::Lower;
use tree::{BlockItem, GroupDecl, InvariantDecl, KindDecl, ResourceDecl, RoleDecl, Statement, TestDecl};

/// How deeply blocks may stand in blocks; `in KIND ID` has no such bound.
pub const MAX_DEPTH: usize = 128;

/// What the derive makes of the grammar; it writes no documentation of its own.
#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/roomkey.pest"]
    pub struct Grammar;
}

/// What a text says, as far as it could be read.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    /// The statements of the top level, in their order.
    pub statements: Vec<Statement<'s>>,
    /// What could not be read, and where.
    pub findings: Vec<Finding>,
}

/// Reads a whole file. Never fails: faults are findings, and the healthy statements around them stay.
pub fn parse(file: FileId, text: &str) -> Parsed<'_> {
    let parts = split::parts(text);
    if parts.len() == 1 {
        return read(file, text, 0);
    }
    let read_part = |part: &Range<usize>| read(file, &text[..part.end], part.start);
    let mut read_parts: Vec<Parsed<'_>> = parts.par_iter().map(read_part).collect();
    // A part without findings ends where a statement ends. One with findings may be cut at the wrong place.
    if let Some(at) = read_parts.iter().position(|p| !p.findings.is_empty()) {
        read_parts.truncate(at);
        read_parts.push(read(file, text, parts[at].start));
    }
    let mut out = Parsed::default();
    for part in read_parts {
        out.statements.extend(part.statements);
        out.findings.extend(part.findings);
    }
    out
}

/// Reads a text from the byte `from` on, where a statement may start.
fn read(file: FileId, text: &str, from: usize) -> Parsed<'_> {
    let mut reader = Reader::new(file, text);
    reader.characters(from);
    reader.read(from);
    reader.out
}

/// The pieces of a text, for those that write it anew.
fn pieces(text: &str) -> Vec<Piece> {
    let mut reader = Reader { pieces: Some(Vec::new()), ..Reader::new(FileId(0), text) };
    reader.read(0);
    reader.pieces.unwrap_or_default()
}

/// A block that is open.
struct Frame<'s> {
    block: Block<'s>,
    opened: Span,
    keep: bool,
}

enum Block<'s> {
    Kind(KindDecl<'s>),
    Group(GroupDecl<'s>),
    Role(RoleDecl<'s>),
    Resource(ResourceDecl<'s>),
    Test(TestDecl<'s>),
    Invariant(InvariantDecl<'s>),
    Skipped,
}

impl Block<'_> {
    fn items(&self) -> Items {
        let (next, item) = match self {
            Block::Kind(_) => (Rule::next_kind, Rule::kind_item),
            Block::Group(_) => (Rule::next_member, Rule::member_item),
            Block::Role(_) => (Rule::next_role, Rule::role_item),
            Block::Test(_) => (Rule::next_test, Rule::test_item),
            Block::Invariant(_) => (Rule::next_law, Rule::law_item),
            Block::Resource(_) | Block::Skipped => (Rule::next_block, Rule::block_item),
        };
        Items { next, item }
    }
}

/// What can stand somewhere: the rule that reads one item of it or nothing, and the one that knows what was expected.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Items {
    next: Rule,
    item: Rule,
}

const TOP: Items = Items { next: Rule::next_top, item: Rule::top_item };
const IN_BLOCK: Items = Items { next: Rule::next_block, item: Rule::block_item };

struct Reader<'s> {
    text: &'s str,
    lower: Lower,
    out: Parsed<'s>,
    stack: Vec<Frame<'s>>,
    /// What was met, where someone asks for it.
    pieces: Option<Vec<Piece>>,
}

impl<'s> Reader<'s> {
    fn new(file: FileId, text: &'s str) -> Reader<'s> {
        Reader { text, lower: Lower { file, base: 0 }, out: Parsed::default(), stack: Vec::new(), pieces: None }
    }

    fn read(&mut self, from: usize) {
        let mut at = from;
        loop {
            at = recover::skip_trivia(self.text, at);
            if at >= self.text.len() {
                break;
            }
            at = self.item(at);
        }
        while let Some(frame) = self.stack.pop() {
            self.unclosed(frame.opened);
            self.attach(frame);
        }
    }

    /// Reads the item at `at` and says where the next one may start.
    fn item(&mut self, at: usize) -> usize {
        if matches!(self.stack.last(), Some(Frame { block: Block::Skipped, .. })) {
            let end = self.skip_block(at);
            self.note_skipped(at, end);
            return end;
        }
        let items = self.stack.last().map_or(TOP, |f| f.block.items());
        match self.whole(at, items) {
            Some(pair) => {
                let end = at + lower::tight_end(&pair);
                let unnamed = if recover::ends_line(self.text, end) { None } else { self.unnamed(at, end, items) };
                unnamed.or_else(|| self.uncut(at, items, &pair)).unwrap_or_else(|| self.accept(at, pair))
            }
            None => self.misplaced(at, items).unwrap_or_else(|| self.broken(at, items)),
        }
    }

    /// The item at `at`, where one can be read.
    fn whole(&self, at: usize, items: Items) -> Option<Pair<'s, Rule>> {
        let pair = Grammar::parse(items.next, &self.text[at..]).ok()?.next()?;
        pair.into_inner().next()
    }

    /// A keyword at the end of a line whose id is missing, so that the item runs into the one on the next line: said, and that
    /// one read as it is meant. `to` is where the item ends that was read with the next keyword as the id, or where it breaks.
    fn unnamed(&mut self, at: usize, to: usize, items: Items) -> Option<usize> {
        let (word, next) = recover::unnamed(self.text, at, to)?;
        let pair = self.whole(next, items)?;
        if !lower::ends_open(&pair) && !recover::ends_line(self.text, next + lower::tight_end(&pair)) {
            return None;
        }
        let span = Span { file: self.lower.file, start: word.start as u32, end: word.end as u32 };
        let text = &self.text[word.clone()];
        let message = format!("an id is missing behind `{text}`");
        self.out.findings.push(Finding::new(&SYNTAX, span, message).help(format!("type one on the same line: `{text} some-id`")));
        self.note_raw(at, word.end, false);
        Some(next)
    }

    /// An item that a comma at the end of a line makes run into the next one: said, and taken without it.
    fn uncut(&mut self, at: usize, items: Items, pair: &Pair<'s, Rule>) -> Option<usize> {
        // In the lists of the others, an item of two words may stand in a line of its own.
        if matches!(pair.as_rule(), Rule::assign_statement | Rule::owner | Rule::member | Rule::group_member) {
            return None;
        }
        let (comma, next) = recover::dangling_comma(self.text, at, at + lower::tight_end(pair))?;
        let head = Grammar::parse(items.next, &self.text[at..comma]).ok()?.next()?.into_inner().next()?;
        self.whole(next, items)?;
        self.lower.base = comma as u32;
        let finding = Finding::new(&SYNTAX, self.lower.span(0, 1), "a comma behind the last item of a list");
        let fix = Fix::suggestion("take out the comma", vec![(self.lower.span(0, 1), String::new())]);
        self.out.findings.push(finding.help("take it out, or go on with the list").fix(fix));
        self.accept(at, head);
        self.note_raw(comma, comma + 1, false);
        Some(comma + 1)
    }

    /// Takes an item in, and says where it ends.
    fn accept(&mut self, at: usize, pair: Pair<'s, Rule>) -> usize {
        self.lower.base = at as u32;
        if pair.as_rule() == Rule::reserved_statement {
            let end = self.reserved(at);
            self.note_raw(at, end, false);
            return end;
        }
        let end = at + lower::tight_end(&pair);
        self.note(at, end, &pair);
        self.glued(at, end);
        let opened = lower::ends_open(&pair);
        let span = self.lower.span(end.saturating_sub(at + 1), end - at);
        match pair.as_rule() {
            Rule::close => self.close(),
            Rule::kind_statement => {
                let decl = self.lower.kind(pair);
                self.open_or_attach(Block::Kind(decl), opened, span);
            }
            Rule::group_statement => {
                let decl = self.lower.group(pair);
                self.open_or_attach(Block::Group(decl), opened, span);
            }
            Rule::role_statement => {
                let decl = self.lower.role(pair);
                self.open_or_attach(Block::Role(decl), opened, span);
            }
            Rule::resource_statement => {
                let decl = self.lower.resource(pair);
                self.open_or_attach(Block::Resource(decl), opened, span);
            }
            Rule::test_statement => {
                let decl = TestDecl { name: self.lower.first_id(pair), questions: Vec::new() };
                self.open_or_attach(Block::Test(decl), opened, span);
            }
            Rule::invariant_statement => {
                let decl = InvariantDecl { name: self.lower.first_id(pair), laws: Vec::new() };
                self.open_or_attach(Block::Invariant(decl), opened, span);
            }
            _ => self.leaf(pair),
        }
        end
    }

    /// A statement or entry without a block of its own.
    fn leaf(&mut self, pair: Pair<'s, Rule>) {
        match (self.stack.last_mut().map(|f| &mut f.block), pair.as_rule()) {
            (_, Rule::use_statement) => self.out.statements.push(Statement::Use(self.lower.first_id(pair))),
            (_, Rule::user_statement) => self.out.statements.push(Statement::User(self.lower.first_id(pair))),
            (_, Rule::assign_statement) => self.out.statements.push(Statement::Assign(self.lower.assign(pair))),
            (_, Rule::facts_statement) => self.out.statements.push(Statement::Facts(self.lower.facts(pair))),
            (Some(Block::Kind(decl)), _) => decl.items.push(self.lower.kind_item(pair)),
            (Some(Block::Group(decl)), _) => decl.members.extend(self.lower.members(pair)),
            (Some(Block::Role(decl)), _) => decl.lists.push(self.lower.role_entry(pair)),
            (Some(Block::Resource(decl)), _) => decl.items.push(self.lower.block_item(pair)),
            (Some(Block::Test(decl)), _) => decl.questions.push(self.lower.question(pair)),
            (Some(Block::Invariant(decl)), _) => decl.laws.push(self.lower.law(pair)),
            (Some(Block::Skipped) | None, _) => {}
        }
    }

    fn open_or_attach(&mut self, block: Block<'s>, opened: bool, span: Span) {
        let frame = Frame { block, opened: span, keep: true };
        if opened { self.push(frame) } else { self.attach(frame) }
    }

    fn push(&mut self, frame: Frame<'s>) {
        if self.stack.len() < MAX_DEPTH {
            return self.stack.push(frame);
        }
        let finding = Finding::new(&TOO_DEEP, frame.opened, format!("blocks are nested more than {MAX_DEPTH} deep"));
        self.out.findings.push(finding.help("give the inner resources a container with `in KIND ID` instead"));
        self.stack.push(Frame { block: Block::Skipped, ..frame });
    }

    fn close(&mut self) {
        if let Some(frame) = self.stack.pop() {
            self.attach(frame);
        }
    }

    /// Gives a finished block to the one around it.
    fn attach(&mut self, frame: Frame<'s>) {
        if !frame.keep {
            if let Block::Resource(decl) = frame.block {
                let inner = decl.items.into_iter().filter_map(|i| match i {
                    BlockItem::Resource(r) => Some(Statement::Resource(r)),
                    _ => None,
                });
                self.out.statements.extend(inner);
            }
            return;
        }
        let statement = match frame.block {
            Block::Kind(decl) => Statement::Kind(decl),
            Block::Group(decl) => Statement::Group(decl),
            Block::Role(decl) => Statement::Role(decl),
            Block::Resource(decl) => match self.stack.last_mut().map(|f| &mut f.block) {
                Some(Block::Resource(outer)) => return outer.items.push(BlockItem::Resource(decl)),
                _ => Statement::Resource(decl),
            },
            Block::Test(decl) => Statement::Test(decl),
            Block::Invariant(decl) => Statement::Invariant(decl),
            Block::Skipped => return,
        };
        self.out.statements.push(statement);
    }

    /// An item that is whole but stands where it cannot: said, and taken where that is safe.
    fn misplaced(&mut self, at: usize, tried: Items) -> Option<usize> {
        let word = recover::first_word(self.text, at);
        let (other, help) = match (tried, word) {
            (TOP, "default" | "owner" | "member") => (IN_BLOCK, "put it in the block of a resource"),
            (TOP, _) => return None,
            (_, "use" | "kind" | "role" | "assign" | "group" | "test" | "invariant" | "facts" | "when") => {
                (TOP, "close the block before it, and put it at the top level")
            }
            _ => return None,
        };
        let pair = self.whole(at, other)?;
        if word == "group" && !lower::ends_open(&pair) {
            return None;
        }
        if pair.as_rule() != Rule::reserved_statement {
            self.lower.base = at as u32;
            let span = self.lower.span(0, word.len());
            self.out.findings.push(Finding::new(&MISPLACED, span, format!("`{word}` cannot stand here")).help(help));
        }
        if other == TOP {
            return Some(self.accept(at, pair));
        }
        let end = at + lower::tight_end(&pair);
        self.note(at, end, &pair);
        self.glued(at, end);
        Some(end)
    }

    /// Says that a statement is not read, and passes over it with its block.
    fn reserved(&mut self, at: usize) -> usize {
        let word = recover::first_word(self.text, at);
        let span = self.lower.span(0, word.len());
        let message = format!("`{word}` is a reserved word, and this version does not read such statements");
        let help = "check decisions with `roomkey check --batch FILE --expect`, and take this statement out";
        self.out.findings.push(Finding::new(&RESERVED, span, message).help(help));
        recover::unread_end(self.text, at).unwrap_or_else(|open| {
            self.unclosed(Span { file: self.lower.file, start: open as u32, end: open as u32 + 1 });
            self.text.len()
        })
    }

    fn unclosed(&mut self, opened: Span) {
        let finding = Finding::new(&UNCLOSED, opened, "this `{` is never closed");
        self.out.findings.push(finding.help("type `}` where the block ends"));
    }

    /// Says where comments stand directly behind words; the words themselves are read as they are meant.
    fn glued(&mut self, from: usize, to: usize) {
        for place in recover::glued(self.text, from, to) {
            let span = Span { file: self.lower.file, start: place.start as u32, end: place.end as u32 };
            let finding = Finding::new(&SYNTAX, span, "a comment directly behind a word");
            self.out.findings.push(finding.help("put a space before `//`, or quotes around the id"));
        }
    }

    fn note(&mut self, at: usize, end: usize, pair: &Pair<'_, Rule>) {
        let Some(pieces) = &mut self.pieces else { return };
        match recover::glued(self.text, at, end).is_empty() {
            true => pieces.push(Piece::of(self.text, at, pair)),
            false => self.note_raw(at, end, lower::ends_open(pair)),
        }
    }

    fn note_raw(&mut self, at: usize, next: usize, opens: bool) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece { sort: Sort::Raw { opens }, ..Piece::raw(self.text, at, next) });
        }
    }

    /// The inside of a block that is not read, and its `}`.
    fn note_skipped(&mut self, at: usize, end: usize) {
        let closed = !matches!(self.stack.last(), Some(Frame { block: Block::Skipped, .. }));
        let inside = if closed { end - 1 } else { end };
        if at < inside {
            self.note_raw(at, inside, false);
        }
        if let Some(pieces) = self.pieces.as_mut().filter(|_| closed) {
            pieces.push(Piece { start: end - 1, end, sort: Sort::Close });
        }
    }

    /// Passes over the inside of a block that is not read, up to and with its `}`.
    fn skip_block(&mut self, at: usize) -> usize {
        let end = recover::matching_close(self.text, at);
        if let Some(end) = end {
            self.stack.pop();
            return end;
        }
        self.text.len()
    }

    /// Reports the item at `at` and finds where the next one may start.
    fn broken(&mut self, at: usize, items: Items) -> usize {
        let (wrong, expected) = self.expected(at, items.item);
        if let Some(next) = self.unnamed(at, wrong, items) {
            return next;
        }
        self.out.findings.push(self.complaint(at, wrong, &expected));
        let next = recover::resume(self.text, at, wrong);
        if self.text[next..].starts_with('{') {
            let opened = Span { file: self.lower.file, start: next as u32, end: next as u32 + 1 };
            let block = recover::block_of(self.text, at, self.lower.file);
            self.push(Frame { block, opened, keep: false });
            self.note_raw(at, next + 1, true);
            self.glued(at, next);
            return next + 1;
        }
        self.note_raw(at, next, false);
        self.glued(at, next);
        next
    }

    /// Where the item at `at` breaks, and what was expected there. An error costs the parser a walk over all that it was given, so
    /// it gets a stretch that ends behind the token that is wrong.
    fn expected(&self, at: usize, rule: Rule) -> (usize, String) {
        let mut size = 1 << 10;
        loop {
            let end = recover::floor(self.text, at + size);
            if let Err(error) = Grammar::parse(rule, &self.text[at..end]) {
                let wrong = recover::skip_trivia(self.text, at + offset(&error));
                if end == self.text.len() || wrong + recover::first_word(self.text, wrong).len() + 2 < end {
                    return (wrong, spoken::expected(&error));
                }
            } else if end == self.text.len() {
                return (at, "something else".into());
            }
            size *= 4;
        }
    }

    fn complaint(&self, at: usize, wrong: usize, expected: &str) -> Finding {
        let found = recover::found(self.text, wrong);
        let span = Span { file: self.lower.file, start: wrong as u32, end: (wrong + found.len()) as u32 };
        let mut finding = match recover::special(self.text, at, wrong, self.stack.is_empty()) {
            Some((message, help)) => Finding::new(&SYNTAX, span, message).help(help),
            None => {
                let found = if found.is_empty() { "the end of the file".into() } else { format!("`{}`", found.trim_end()) };
                Finding::new(&SYNTAX, span, format!("expected {expected}, found {found}"))
            }
        };
        if let Some(frame) = self.stack.last().filter(|_| found.is_empty()) {
            finding = finding.label(frame.opened, "in this block");
        }
        finding.maybe_help(recover::example(self.text, at, wrong))
    }

    /// Characters that no text may hold, in comments neither: they could show another policy than the one that is read.
    fn characters(&mut self, from: usize) {
        let bad = |c: char| print::is_forbidden(c) && !matches!(c, '\t' | '\n' | '\r');
        let text = &self.text[from..];
        if !text.bytes().any(|b| b == 0x7f || b >= 0xc2 || (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'))) {
            return;
        }
        for (i, c) in text.char_indices().filter(|(_, c)| bad(*c)).take(100) {
            self.lower.base = (from + i) as u32;
            let message = format!("the character U+{:04X} cannot stand in a policy", u32::from(c));
            let finding = Finding::new(&CHARACTER, self.lower.span(0, c.len_utf8()), message);
            self.out.findings.push(finding.help("take it out; policies are plain UTF-8 text"));
        }
    }
}

fn offset(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}
