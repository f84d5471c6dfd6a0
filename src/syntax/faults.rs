//! What is said of a text that is not in the language, and where its reading goes on.

use pest::Parser;

use super::keyword::is_keyword;
use super::{Block, Frame, Grammar, IN_BLOCK, Items, Reader, Rule, TOP, lower, offset, print, recover, spoken};
use crate::finding::{CHARACTER, Finding, MISPLACED, RESERVED, SYNTAX, UNCLOSED};
use crate::source::Span;

/// So many blocks of a text are looked at for their end.
const WALKS: usize = 64;

impl Reader<'_> {
    /// An item that is whole but stands where it cannot: said, and taken where that is safe.
    pub(super) fn misplaced(&mut self, at: usize, tried: Items) -> Option<usize> {
        let word = recover::first_word(self.text, at);
        let (other, help) = match (tried, word) {
            (TOP, "default") => (IN_BLOCK, "put it in the block of a resource: `room lobby { default can read }`"),
            (TOP, "owner") => (IN_BLOCK, "put it in the block of the resource that is owned: `room lobby { owner user ann }`"),
            (TOP, "member") => (IN_BLOCK, "put it in the block of an organization: `organization acme { member user ann }`"),
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
        if let (TOP, Some(frame)) = (other, self.stack.last()) {
            let opened = frame.opened;
            if !self.is_closed(opened) {
                self.lower.base = at as u32;
                let label = format!("no `{word}` stands in a block: the `}}` belongs before it, or further up");
                let finding = unclosed(opened).label(self.lower.span(0, word.len()), label);
                self.out.findings.push(finding);
                self.close();
                return Some(at);
            }
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
    pub(super) fn reserved(&mut self, at: usize) -> usize {
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

    pub(super) fn unclosed(&mut self, opened: Span) {
        self.out.findings.push(unclosed(opened));
    }

    /// Whether a block is closed, as far as that is looked for: each time it is costs a walk over the rest of the text.
    fn is_closed(&mut self, opened: Span) -> bool {
        if self.closed.len() >= WALKS && !self.closed.contains_key(&opened.end) {
            return true;
        }
        let text = self.text;
        *self.closed.entry(opened.end).or_insert_with(|| recover::matching_close(text, opened.end as usize).is_some())
    }

    /// Says where comments stand directly behind words; the words themselves are read as they are meant.
    pub(super) fn glued(&mut self, from: usize, to: usize) {
        for place in recover::glued(self.text, from, to) {
            let span = Span { file: self.lower.file, start: place.start as u32, end: place.end as u32 };
            let finding = Finding::new(&SYNTAX, span, "a comment directly behind a word");
            self.out.findings.push(finding.help("put a space before `//`, or quotes around the id"));
        }
    }

    /// Reports the item at `at` and finds where the next one may start.
    pub(super) fn broken(&mut self, at: usize, items: Items) -> usize {
        let (wrong, expected) = self.expected(at, items.item);
        // What no text may hold is said already, and parts items as a space does.
        let bad = self.text[wrong..].chars().next().filter(|c| print::is_forbidden(*c));
        if let Some(bad) = bad.filter(|_| wrong == at) {
            // However many there are in a row.
            let all = self.text[at..].find(|c| !print::is_forbidden(c)).map_or(self.text.len(), |n| at + n);
            let behind = all.max(at + bad.len_utf8());
            // The rest of a word that it stands in is none of its own.
            let inside =
                self.text[..at].ends_with(char::is_alphanumeric) && self.text[behind..].starts_with(char::is_alphanumeric);
            let next = if inside { behind + recover::first_word(self.text, behind).len() } else { behind };
            self.note_raw(at, next, false);
            return next;
        }
        if let Some(next) = self.unnamed(at, wrong, items, false) {
            return next;
        }
        if bad.is_none() {
            self.out.findings.push(self.complaint(at, wrong, &expected));
        }
        let next = recover::resume(self.text, at, wrong);
        if self.text[next..].starts_with('{') {
            let opened = Span { file: self.lower.file, start: next as u32, end: next as u32 + 1 };
            let block = recover::block_of(self.text, at, recover::statement_of(self.text, at), self.lower.file);
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
        let missing = recover::missing_behind(self.text, at, wrong);
        let span = Span { file: self.lower.file, start: wrong as u32, end: (wrong + found.len()) as u32 };
        let mut finding = match recover::special(self.text, at, wrong, self.stack.is_empty()) {
            Some((message, help)) => Finding::new(&SYNTAX, span, message).help(help),
            None if expected == "an id" && matches!(found, "" | "{" | "}") => {
                let before = recover::last_word(self.text, at, wrong);
                let span = Span { file: self.lower.file, start: before.start as u32, end: before.end as u32 };
                let word = &self.text[before];
                let message = format!("an id is missing behind `{word}`");
                let help = match is_keyword(word) || word == "organization" {
                    true => format!("type one on the same line: `{word} some-id`"),
                    false => format!("if `{word}` is a kind, type the id on the same line: `{word} some-id`"),
                };
                Finding::new(&SYNTAX, span, message).help(help)
            }
            None if expected == "a number" && missing.is_none() => {
                let help = "type it in digits: `at most 3 can write on room lobby`";
                Finding::new(&SYNTAX, span, format!("expected a number, found `{found}`")).help(help)
            }
            None if missing.is_some() => {
                let before = missing.clone().unwrap_or_default();
                let span = Span { file: self.lower.file, start: before.start as u32, end: before.end as u32 };
                let word = recover::found(self.text, before.start);
                Finding::new(&SYNTAX, span, format!("expected {expected} behind `{word}`"))
            }
            None => {
                let found = if found.is_empty() { "the end of the file".into() } else { format!("`{}`", found.trim_end()) };
                Finding::new(&SYNTAX, span, format!("expected {expected}, found {found}"))
            }
        };
        if let Some(frame) = self.stack.last().filter(|_| found.is_empty()) {
            finding = finding.label(frame.opened, "in this block");
        }
        let here = self.stack.last().map_or(TOP, |frame| frame.block.items());
        let mut example = recover::example(self.text, at, wrong).filter(|_| wrong > at);
        if let (Some(Frame { block: Block::Resource(decl), .. }), Some(before)) = (self.stack.last(), &missing)
            && decl.address.kind.text == "organization"
            && matches!(recover::first_word(self.text, at), "user" | "group")
        {
            let who = self.text[at..before.end].split_whitespace().collect::<Vec<_>>().join(" ");
            example = example.map(|example| format!("{example}; who may sign in is `member {who}`"));
        }
        finding.maybe_help(recover::alone(self.text, at)).maybe_help(example).maybe_help(Some(recover::stands(here.item).into()))
    }

    /// Characters that no text may hold, in comments neither: they could show another policy than the one that is read.
    pub(super) fn characters(&mut self, from: usize) {
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

fn unclosed(opened: Span) -> Finding {
    Finding::new(&UNCLOSED, opened, "this `{` is never closed").help("type `}` where the block ends")
}
