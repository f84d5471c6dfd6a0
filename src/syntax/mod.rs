//! Text → tree: every text is accepted, and what could not be read is reported.
//!
//! The grammar reads one item at a time; the blocks are a stack here. So an error ends with its item, nested
//! braces cost no recursion, and the parser's memory is that of one item.

pub mod beside;
pub mod edit;
mod faults;
pub mod format;
pub(crate) mod keyword;
mod layout;
mod lower;
pub mod mend;
pub(crate) mod outline;
mod plain;
pub mod print;
mod recover;
mod split;
mod spoken;
pub mod statements;
pub mod tree;
pub mod when;

pub(crate) use recover::floor;

use std::collections::HashMap;
use std::ops::Range;

use pest::Parser;
use pest::iterators::Pair;
use rayon::prelude::*;

use crate::finding::{Finding, Fix, SYNTAX, TOO_DEEP};
use crate::source::{FileId, Span};
use grammar::{Grammar, Rule};
use layout::{Piece, Sort};
use lower::Lower;
use mend::{Done, Mender};
use tree::{BlockItem, GroupDecl, InvariantDecl, KindDecl, ResourceDecl, RoleDecl, Statement, TestDecl};

/// How deeply blocks may stand in blocks; `in KIND ID` has no such bound.
pub const MAX_DEPTH: usize = 128;

/// After so many errors the rest of a text is not read: it is no policy, and each error costs time.
const MOST: usize = 10_000;

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

/// The words and signs of a stretch of text, without the space and the comments between them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut at = recover::skip_trivia(text, 0);
    std::iter::from_fn(move || {
        let word = Some(recover::first_word(text, at)).filter(|word| !word.is_empty())?;
        at = recover::skip_trivia(text, at + word.len());
        Some(word)
    })
}

/// The pieces of a text, for those that write it anew.
fn pieces(text: &str) -> Vec<Piece> {
    read_pieces(text).0
}

/// The pieces of a text, and what it says.
fn read_pieces(text: &str) -> (Vec<Piece>, Parsed<'_>) {
    let mut reader = Reader { pieces: Some(Vec::new()), ..Reader::new(FileId(0), text) };
    reader.read(0);
    (reader.pieces.unwrap_or_default(), reader.out)
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
        Items::of(match self {
            Block::Kind(_) => Rule::kind_statement,
            Block::Group(_) => Rule::group_statement,
            Block::Role(_) => Rule::role_statement,
            Block::Test(_) => Rule::test_statement,
            Block::Invariant(_) => Rule::invariant_statement,
            Block::Resource(_) | Block::Skipped => Rule::resource_statement,
        })
    }
}

/// What can stand somewhere: the rule that reads one item of it or nothing, and the one that knows what was expected.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Items {
    next: Rule,
    item: Rule,
}

impl Items {
    /// What stands in the block of a statement.
    fn of(statement: Rule) -> Items {
        let (next, item) = match statement {
            Rule::kind_statement => (Rule::next_kind, Rule::kind_item),
            Rule::group_statement => (Rule::next_member, Rule::member_item),
            Rule::role_statement => (Rule::next_role, Rule::role_item),
            Rule::test_statement => (Rule::next_test, Rule::test_item),
            Rule::invariant_statement => (Rule::next_law, Rule::law_item),
            _ => (Rule::next_block, Rule::block_item),
        };
        Items { next, item }
    }

    /// The item at `at`, where one can be read.
    fn read(self, text: &str, at: usize) -> Option<Pair<'_, Rule>> {
        Grammar::parse(self.next, &text[at..]).ok()?.next()?.into_inner().next()
    }
}

const TOP: Items = Items { next: Rule::next_top, item: Rule::top_item };
const IN_BLOCK: Items = Items { next: Rule::next_block, item: Rule::block_item };

struct Reader<'s> {
    text: &'s str,
    lower: Lower,
    out: Parsed<'s>,
    stack: Vec<Frame<'s>>,
    /// Whether blocks are closed, each by where its inside begins, as far as somebody had to know.
    closed: HashMap<u32, bool>,
    /// What was met, where someone asks for it.
    pieces: Option<Vec<Piece>>,
    /// What reads the text as it is meant, where someone asks for it.
    mender: Option<Mender<'s>>,
}

impl<'s> Reader<'s> {
    fn new(file: FileId, text: &'s str) -> Reader<'s> {
        let (lower, out) = (Lower { file, base: 0 }, Parsed::default());
        Reader { text, lower, out, stack: Vec::new(), closed: HashMap::new(), pieces: None, mender: None }
    }

    fn read(&mut self, from: usize) {
        let mut at = from;
        loop {
            at = recover::skip_trivia(self.text, at);
            if at >= self.text.len() {
                break;
            }
            if self.out.findings.len() >= MOST {
                return self.end(at);
            }
            at = self.item(at);
        }
        while let Some(frame) = self.stack.pop() {
            self.unclosed(frame.opened);
            self.attach(frame);
        }
    }

    /// Leaves the rest of the text unread, and says so.
    fn end(&mut self, at: usize) {
        let span = Span { file: self.lower.file, start: at as u32, end: recover::floor(self.text, at + 1).max(at) as u32 };
        let finding = Finding::new(&SYNTAX, span, format!("{MOST} errors and more stand above, and what follows is not read"));
        self.out.findings.push(finding.help("mend those first, or see whether this file is a policy at all"));
        self.note_raw(at, self.text.len(), false);
        while let Some(frame) = self.stack.pop() {
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
        let Some(mut mender) = self.mender.take() else { return self.as_it_stands(at, items) };
        let first = mender.count();
        mender.inside = match self.stack.last().map(|frame| &frame.block) {
            Some(Block::Resource(decl)) => Some((decl.address.kind.text.clone(), decl.address.id.text.clone())),
            _ => None,
        };
        let end = match mender.item(self.text, at, items) {
            Some(done) => self.as_it_is_meant(at, done),
            None => self.as_it_stands(at, items),
        };
        // An item that ends a block that is never closed is read again behind it.
        if end > at {
            mender.passed(at, end, items, first);
        }
        self.mender = Some(mender);
        end
    }

    /// Takes in an item that is whole with its changes.
    fn as_it_is_meant(&mut self, at: usize, done: Done) -> usize {
        if done.closes {
            self.close();
        }
        if let Some(statement) = done.opens {
            let opened = Span { file: self.lower.file, start: done.end as u32, end: done.end as u32 };
            let block = recover::block_of(self.text, at, statement, self.lower.file);
            self.push(Frame { block, opened, keep: false });
        }
        done.end
    }

    /// Reads the item at `at`, and says where the next one may start.
    fn as_it_stands(&mut self, at: usize, items: Items) -> usize {
        if let Some(end) = self.plain(at) {
            return end;
        }
        match self.whole(at, items) {
            Some(pair) => {
                let end = at + lower::tight_end(&pair);
                let ends = recover::ends_line(self.text, end);
                self.unnamed(at, end, items, ends)
                    .or_else(|| self.uncut(at, items, &pair))
                    .unwrap_or_else(|| self.accept(at, pair))
            }
            None => self.misplaced(at, items).unwrap_or_else(|| self.broken(at, items)),
        }
    }

    /// Takes the item at `at` in where it is one of the plainest, and nobody asks for the pieces of the text.
    fn plain(&mut self, at: usize) -> Option<usize> {
        let place = match self.stack.last().map(|frame| &frame.block) {
            _ if self.pieces.is_some() => return None,
            None => plain::Place::Top,
            Some(Block::Group(_)) => plain::Place::Group,
            Some(Block::Resource(_)) => plain::Place::Resource,
            Some(_) => return None,
        };
        let (item, end) = plain::item(self.lower.file, self.text, at, place)?;
        match (item, self.stack.last_mut().map(|frame| &mut frame.block)) {
            (plain::Item::Close, _) => self.close(),
            (plain::Item::Head(decl), _) => {
                let opened = Span { file: self.lower.file, start: end as u32 - 1, end: end as u32 };
                self.push(Frame { block: Block::Resource(decl), opened, keep: true });
            }
            (plain::Item::Line(line), Some(Block::Resource(decl))) => decl.items.push(line),
            (plain::Item::Member(member), Some(Block::Group(decl))) => decl.members.push(member),
            (plain::Item::Line(_) | plain::Item::Member(_), _) => return None,
        }
        Some(end)
    }

    /// The item at `at`, where one can be read.
    fn whole(&self, at: usize, items: Items) -> Option<Pair<'s, Rule>> {
        items.read(self.text, at)
    }

    /// A keyword at the end of a line whose id is missing, so that the item runs into the one on the next line: said, and that
    /// one read as it is meant. `to` is where the item ends that was read with the next keyword as the id, and whether that `ends` its
    /// line, or where it breaks.
    pub(super) fn unnamed(&mut self, at: usize, to: usize, items: Items, ends: bool) -> Option<usize> {
        let (word, next) = recover::unnamed(self.text, at, to, ends)?;
        let pair = self.whole(next, items)?;
        if !lower::ends_open(&pair) && !recover::ends_line(self.text, next + lower::tight_end(&pair)) {
            return None;
        }
        let span = Span { file: self.lower.file, start: word.start as u32, end: word.end as u32 };
        let text = &self.text[word.clone()];
        let (what, shown) = recover::missing(recover::first_word(self.text, at), text).unwrap_or(("an id", "some-id"));
        let help = format!("type {} on the same line: `{text} {shown}`", if what == "an id" { "one" } else { "it" });
        self.out.findings.push(Finding::new(&SYNTAX, span, format!("{what} is missing behind `{text}`")).help(help));
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
}

fn offset(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}
