//! The plainest items, read without the grammar: `user ann can read`, `member user ann`, `room lobby {`, `}`.
//!
//! Nine in ten lines of a long policy are such. An item is taken here only where the grammar would read the same of it: it
//! stands on one line, and the next line begins with a word that cannot go on with it. Every doubt is left to the grammar.

use std::borrow::Cow;

use super::keyword;
use super::recover::skip_trivia;
use super::tree::{Address, BlockItem, Entry, List, Member, Name, Principal, ResourceDecl, Verb};
use crate::source::{FileId, Span};

/// An item that was read.
pub(super) enum Item<'s> {
    /// The `}` of a block.
    Close,
    /// The head of a resource, up to its `{`.
    Head(ResourceDecl<'s>),
    /// A line in the block of a resource.
    Line(BlockItem<'s>),
    /// A member of a group.
    Member(Member<'s>),
}

/// What the items stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Group,
    Resource,
}

/// The item at `at` and where it ends, where it is one of the plainest.
pub(super) fn item(file: FileId, text: &str, at: usize, place: Place) -> Option<(Item<'_>, usize)> {
    let mut line = Line { file, text, at };
    if place != Place::Top && line.sign(b'}') {
        return Some((Item::Close, line.at));
    }
    let first = line.word()?;
    let item = match (first, place) {
        ("user" | "group", Place::Group) => Item::Member(Member { who: line.principal(first)?, until: None }),
        ("user" | "group", Place::Resource) => {
            let who = Some(line.principal(first)?);
            Item::Line(BlockItem::Entry(line.entry(at, who)?))
        }
        ("default", Place::Resource) => Item::Line(BlockItem::Entry(line.entry(at, None)?)),
        ("member", Place::Resource) => {
            let sort = line.next_word()?;
            let who = line.principal(sort)?;
            Item::Line(BlockItem::Members(line.span(at), vec![Member { who, until: None }]))
        }
        (kind, Place::Top | Place::Resource) if !keyword::is_keyword(kind) => {
            let kind = line.named(at, kind);
            let id = line.id()?;
            line.gap()?;
            let opens = line.sign(b'{');
            return opens.then(|| (Item::Head(resource(kind, id)), line.at));
        }
        _ => return None,
    };
    line.ends().then_some((item, line.at))
}

fn resource<'s>(kind: Name<'s>, id: Name<'s>) -> ResourceDecl<'s> {
    ResourceDecl { address: Address { kind, id }, parent: None, items: Vec::new() }
}

/// A line, and how far it is read.
struct Line<'s> {
    file: FileId,
    text: &'s str,
    at: usize,
}

impl<'s> Line<'s> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn span(&self, from: usize) -> Span {
        Span { file: self.file, start: from as u32, end: self.at as u32 }
    }

    /// A word that ends at the place that is reached.
    fn named(&self, from: usize, text: &'s str) -> Name<'s> {
        Name { text: Cow::Borrowed(text), span: self.span(from) }
    }

    fn sign(&mut self, sign: u8) -> bool {
        let met = self.byte() == Some(sign);
        self.at += usize::from(met);
        met
    }

    /// A space, or several.
    fn gap(&mut self) -> Option<()> {
        let from = self.at;
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    /// A word without `/`, which may begin a comment.
    fn word(&mut self) -> Option<&'s str> {
        let from = self.at;
        let starts = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        self.byte().filter(|b| starts(*b))?;
        while self.byte().is_some_and(|b| starts(b) || matches!(b, b'-' | b'.' | b'@' | b'+')) {
            self.at += 1;
        }
        self.text.get(from..self.at)
    }

    fn next_word(&mut self) -> Option<&'s str> {
        self.gap()?;
        self.word()
    }

    /// A word, or a string without escapes.
    fn id(&mut self) -> Option<Name<'s>> {
        self.gap()?;
        let from = self.at;
        if !self.sign(b'"') {
            let word = self.word()?;
            return Some(self.named(from, word));
        }
        let rest = &self.text.as_bytes()[self.at..];
        let len = rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n' | b'\r'))?;
        let inner = self.text.get(self.at..self.at + len)?;
        self.at += len;
        self.sign(b'"').then(|| self.named(from, inner))
    }

    fn principal(&mut self, sort: &str) -> Option<Principal<'s>> {
        match sort {
            "user" => Some(Principal::User(self.id()?)),
            "group" => Some(Principal::Group(self.id()?)),
            _ => None,
        }
    }

    /// `can read, comments:write` of an entry that begins at `at`.
    fn entry(&mut self, at: usize, who: Option<Principal<'s>>) -> Option<Entry<'s>> {
        self.gap()?;
        let from = self.at;
        let verb = match self.word()? {
            "can" => Verb::Can,
            "cannot" => Verb::Cannot,
            _ => return None,
        };
        let mut permissions = vec![self.permission()?];
        while self.sign(b',') {
            permissions.push(self.permission()?);
        }
        if permissions.iter().any(|p| p.text == "nothing") {
            if verb == Verb::Cannot || permissions.len() > 1 {
                return None;
            }
            permissions.clear();
        }
        let list = List { span: self.span(from), permissions, on: Vec::new() };
        Some(Entry { span: self.span(at), who, verb, list, until: None })
    }

    /// `read`, `comments:write`, `*:read`, `*`
    fn permission(&mut self) -> Option<Name<'s>> {
        self.gap()?;
        let from = self.at;
        if !self.sign(b'*') {
            self.word()?;
        }
        while self.sign(b':') {
            self.word()?;
        }
        let text = self.text.get(from..self.at)?;
        Some(self.named(from, text))
    }

    /// Whether the line ends here, and what follows cannot go on with it.
    fn ends(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        if !rest.starts_with(b"\n") {
            return false;
        }
        let mut next = Line { at: skip_trivia(self.text, self.at), ..*self };
        next.sign(b'}') || matches!(next.word(), Some("user" | "group" | "default" | "member" | "owner")) && next.gap().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Parsed, Reader};
    use crate::source::FileId;

    const TEXTS: &[&str] = &[
        "use x\ngroup staff {\n  user ann\n  group all\n  user \"b c\" until 2026-12-31\n}\nuser dan\n",
        "room lobby {\n  default can nothing\n  user ann can read\n  group staff cannot *:read, comments:write\n}\n",
        "organization acme {\n  member user ann\n  member group g\n  room \"a b\" {\n    // why\n    user u1 can *\n  }\n}\n",
        "room a in organization b {\n  user nothing can nothing:x, nothing\n  owner user ann\n  user can can can\n}\n",
    ];
    /// Split at `¦`.
    const BITS: &str = concat!(
        " ¦  ¦\n¦\t¦\r\n¦,¦, ¦:¦*¦*:¦/¦//¦// said\n¦\"¦\\¦{¦}¦ {\n¦\n}\n¦é¦\u{feff}¦\0¦_¦-¦\n, read¦\nuntil 2026-12-31¦\non room¦\nuser",
        "¦user ¦group ¦member ¦owner ¦default ¦can ¦cannot ¦nothing¦until ¦ until 2026-12-31¦ on room¦on ¦in ¦ in organization b¦room ",
    );

    /// What is read with these lines, and by the grammar alone.
    fn both(text: &str) -> [String; 2] {
        [None, Some(Vec::new())].map(|pieces| {
            let mut reader = Reader { pieces, ..Reader::new(FileId(0), text) };
            reader.read(0);
            let Parsed { statements, findings } = reader.out;
            format!("{statements:#?} {findings:#?}")
        })
    }

    #[test]
    fn plain_items_are_read_as_the_grammar_reads_them() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut chance = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        let bits: Vec<&str> = BITS.split('¦').collect();
        let mut sound = 0;
        for round in 0..20_000 {
            let mut text = TEXTS[round % TEXTS.len()].to_owned();
            for _ in 0..chance(4) {
                let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
                let from = chance(places.len());
                let to = (from + chance(4)).min(places.len() - 1);
                text.replace_range(places[from]..places[to], bits[chance(bits.len())]);
            }
            let [plain, grammar] = both(&text);
            assert_eq!(plain, grammar, "{text:?}");
            sound += usize::from(plain.ends_with("[]"));
        }
        assert!(sound > 5_000, "{sound} texts without errors");
    }
}
