//! Text → tree: every text is accepted, and what could not be read is reported.
//!
//! The grammar reads one item at a time; the blocks are a stack here. So an error ends with its item, nested
//! braces cost no recursion, and the parser's memory is that of one item.

mod lower;
pub mod print;
mod recover;
mod spoken;
pub mod tree;

use pest::Parser;
use pest::iterators::Pair;

use crate::finding::{CHARACTER, Finding, MISPLACED, RESERVED, SYNTAX, TOO_DEEP, UNCLOSED};
use crate::source::{FileId, Span};
use grammar::{Grammar, Rule};
use lower::Lower;
use tree::{BlockItem, GroupDecl, KindDecl, ResourceDecl, RoleDecl, Statement};

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
    let mut reader = Reader { text, lower: Lower { file, base: 0 }, out: Parsed::default(), stack: Vec::new() };
    reader.characters();
    reader.read();
    reader.out
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
    Skipped,
}

impl Block<'_> {
    fn rule(&self) -> Rule {
        match self {
            Block::Kind(_) => Rule::kind_item,
            Block::Group(_) => Rule::member_item,
            Block::Role(_) => Rule::role_item,
            Block::Resource(_) | Block::Skipped => Rule::block_item,
        }
    }
}

struct Reader<'s> {
    text: &'s str,
    lower: Lower,
    out: Parsed<'s>,
    stack: Vec<Frame<'s>>,
}

impl<'s> Reader<'s> {
    fn read(&mut self) {
        let mut at = 0;
        loop {
            at = recover::skip_trivia(self.text, at);
            if at >= self.text.len() {
                break;
            }
            at = self.item(at);
        }
        while let Some(frame) = self.stack.pop() {
            let finding = Finding::new(&UNCLOSED, frame.opened, "this `{` is never closed");
            self.out.findings.push(finding.help("type `}` where the block ends"));
            self.attach(frame);
        }
    }

    /// Reads the item at `at` and says where the next one may start.
    fn item(&mut self, at: usize) -> usize {
        if matches!(self.stack.last(), Some(Frame { block: Block::Skipped, .. })) {
            return self.skip_block(at);
        }
        let rule = self.stack.last().map_or(Rule::top_item, |f| f.block.rule());
        match Grammar::parse(rule, &self.text[at..]) {
            Ok(mut pairs) => {
                let Some(pair) = pairs.next() else { return self.text.len() };
                self.accept(at, pair)
            }
            Err(error) => self.misplaced(at, rule).unwrap_or_else(|| self.broken(at, &error)),
        }
    }

    fn accept(&mut self, at: usize, item: Pair<'s, Rule>) -> usize {
        self.lower.base = at as u32;
        let Some(pair) = item.into_inner().next() else { return self.text.len() };
        let end = at + lower::tight_end(&pair);
        let opened = lower::ends_open(&pair);
        let span = self.lower.span(end.saturating_sub(at + 1), end - at);
        match pair.as_rule() {
            Rule::close => self.close(),
            Rule::reserved_statement => self.reserved(&pair, opened.then_some(span)),
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
            (Some(Block::Kind(decl)), _) => decl.items.push(self.lower.kind_item(pair)),
            (Some(Block::Group(decl)), _) => decl.members.extend(self.lower.members(pair)),
            (Some(Block::Role(decl)), _) => decl.lists.push(self.lower.role_entry(pair)),
            (Some(Block::Resource(decl)), _) => decl.items.push(self.lower.block_item(pair)),
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
            Block::Skipped => return,
        };
        self.out.statements.push(statement);
    }

    /// An item that is whole but stands where it cannot: said, and taken where that is safe.
    fn misplaced(&mut self, at: usize, tried: Rule) -> Option<usize> {
        let word = recover::first_word(self.text, at);
        let (other, help) = match (tried, word) {
            (Rule::top_item, "default" | "owner" | "member") => (Rule::block_item, "put it in the block of a resource"),
            (Rule::top_item, _) => return None,
            (_, "use" | "kind" | "role" | "assign" | "group" | "test" | "invariant" | "facts" | "when") => {
                (Rule::top_item, "close the block before it, and put it at the top level")
            }
            _ => return None,
        };
        let pair = Grammar::parse(other, &self.text[at..]).ok()?.next()?;
        let inner = pair.clone().into_inner().next()?;
        if word == "group" && !lower::ends_open(&inner) {
            return None;
        }
        self.lower.base = at as u32;
        let span = self.lower.span(0, word.len());
        let message = format!("`{word}` cannot stand here");
        self.out.findings.push(Finding::new(&MISPLACED, span, message).help(help));
        Some(if other == Rule::top_item { self.accept(at, pair) } else { at + lower::tight_end(&inner) })
    }

    fn reserved(&mut self, pair: &Pair<'s, Rule>, opened: Option<Span>) {
        let word = recover::first_word(pair.as_str(), 0);
        let span = self.lower.span(0, word.len());
        let message = format!("`{word}` is a reserved word, and this version does not read such statements");
        let help = "check decisions with `roomkey check --batch FILE --expect`, and take this statement out";
        self.out.findings.push(Finding::new(&RESERVED, span, message).help(help));
        if let Some(opened) = opened {
            self.stack.push(Frame { block: Block::Skipped, opened, keep: false });
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
    fn broken(&mut self, at: usize, error: &pest::error::Error<Rule>) -> usize {
        let offset = match error.location {
            pest::error::InputLocation::Pos(p) => p,
            pest::error::InputLocation::Span((p, _)) => p,
        };
        let wrong = recover::skip_trivia(self.text, at + offset);
        self.out.findings.push(self.complaint(at, wrong, error));
        let next = recover::resume(self.text, at, wrong);
        if self.text[next..].starts_with('{') {
            let opened = Span { file: self.lower.file, start: next as u32, end: next as u32 + 1 };
            let block = recover::block_of(self.text, at, self.lower.file);
            self.push(Frame { block, opened, keep: false });
            return next + 1;
        }
        next
    }

    fn complaint(&self, at: usize, wrong: usize, error: &pest::error::Error<Rule>) -> Finding {
        let found = recover::found(self.text, wrong);
        let span = Span { file: self.lower.file, start: wrong as u32, end: (wrong + found.len()) as u32 };
        let mut finding = match recover::special(self.text, at, wrong, self.stack.is_empty()) {
            Some((message, help)) => Finding::new(&SYNTAX, span, message).help(help),
            None => {
                let expected = spoken::expected(error);
                let found = if found.is_empty() { "the end of the file".into() } else { format!("`{}`", found.trim_end()) };
                Finding::new(&SYNTAX, span, format!("expected {expected}, found {found}"))
            }
        };
        if let Some(frame) = self.stack.last().filter(|_| found.is_empty()) {
            finding = finding.label(frame.opened, "in this block");
        }
        finding
    }

    /// Characters that no text may hold, in comments neither: they could show another policy than the one that is read.
    fn characters(&mut self) {
        let bad = |c: char| (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || print::is_override(c);
        if !self.text.bytes().any(|b| b == 0x7f || b >= 0xc2 || (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'))) {
            return;
        }
        for (i, c) in self.text.char_indices().filter(|(_, c)| bad(*c)).take(100) {
            self.lower.base = i as u32;
            let message = format!("the character U+{:04X} cannot stand in a policy", u32::from(c));
            let finding = Finding::new(&CHARACTER, self.lower.span(0, c.len_utf8()), message);
            self.out.findings.push(finding.help("take it out; policies are plain UTF-8 text"));
        }
    }
}
