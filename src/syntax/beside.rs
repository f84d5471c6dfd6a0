//! A text that is read beside another one of which it has most parts: what they share is read once.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem;
use rayon::prelude::*;

use super::tree::{
    Address, Assign, BlockItem, Entry, FactsDecl, GroupDecl, List, Member, Name, Principal, ResourceDecl, RoleDecl, Statement,
};
use super::{Parsed, read, split};
use crate::source::{FileId, Span};

/// A text that was read, by its parts.
pub struct Parts<'s> {
    text: &'s str,
    /// What it says.
    pub parsed: Parsed<'s>,
    /// Each part, and its statements; none where something could not be read.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

/// How far from its place a part is looked for.
const WINDOW: usize = 1 << 22;
/// By so many first bytes.
const NEEDLE: usize = 256;
/// At so many places that begin alike.
const TRIED: usize = 16;

impl<'s> Parts<'s> {
    /// Reads a file as [`super::parse`] does.
    pub fn read(file: FileId, text: &'s str) -> Parts<'s> {
        let one = |part: Range<usize>| (part.clone(), read(file, &text[..part.end], part.start));
        Parts::of(file, text, split::parts(text).into_par_iter().map(one).collect())
    }

    /// Reads another file; its parts that this one has, too, are not read again.
    pub fn beside(&self, file: FileId, text: &'s str) -> Parts<'s> {
        let pieces = self.pieces(text);
        let one = |piece: &Piece| match piece {
            Piece::Fresh(part) => read(file, &text[..part.end], part.start),
            Piece::Shared(i, by) => {
                let shift = Shift { file, by: *by };
                let statements = self.parsed.statements[self.parts[*i].1.clone()].iter();
                Parsed { statements: statements.filter_map(|s| shift.statement(s)).collect(), findings: Vec::new() }
            }
        };
        let read_parts: Vec<Parsed<'s>> = pieces.par_iter().map(one).collect();
        let ranges = pieces.into_iter().map(|piece| match piece {
            Piece::Fresh(range) => range,
            Piece::Shared(i, by) => {
                let Range { start, end } = self.parts[i].0.clone();
                start.saturating_add_signed(by as isize)..end.saturating_add_signed(by as isize)
            }
        });
        Parts::of(file, text, ranges.zip(read_parts).collect())
    }

    /// A file by its parts; read as a whole where there is something in one of them that could not be read.
    fn of(file: FileId, text: &'s str, read_parts: Vec<(Range<usize>, Parsed<'s>)>) -> Parts<'s> {
        if read_parts.iter().any(|(_, p)| !p.findings.is_empty()) {
            return Parts { text, parsed: super::parse(file, text), parts: Vec::new() };
        }
        let (mut parsed, mut parts) = (Parsed::default(), Vec::with_capacity(read_parts.len()));
        for (range, part) in read_parts {
            let from = parsed.statements.len();
            parsed.statements.extend(part.statements);
            parts.push((range, from..parsed.statements.len()));
        }
        Parts { text, parsed, parts }
    }

    /// The text in pieces: those of this one, and what stands between them.
    fn pieces(&self, text: &str) -> Vec<Piece> {
        let (mut pieces, mut at) = (Vec::new(), 0);
        let ends = OnceCell::new();
        let fresh = |pieces: &mut Vec<Piece>, range: Range<usize>| {
            let parts = split::parts(&text[range.clone()]).into_iter();
            pieces.extend(parts.map(|p| Piece::Fresh(range.start + p.start..range.start + p.end)));
        };
        for (i, (range, statements)) in self.parts.iter().enumerate() {
            let part = &self.text[range.clone()];
            let plain = || self.parsed.statements[statements.clone()].iter().all(Shift::knows);
            // The last part ends where the file does, and perhaps nowhere else.
            let last = i + 1 == self.parts.len();
            let whole = |found: &usize| !last || found + part.len() == text.len();
            let Some(found) = find(text, at, part, &ends).filter(whole).filter(|_| plain()) else { continue };
            if found > at {
                fresh(&mut pieces, at..found);
            }
            pieces.push(Piece::Shared(i, found as i64 - range.start as i64));
            at = found + part.len();
        }
        if at < text.len() {
            fresh(&mut pieces, at..text.len());
        }
        pieces
    }
}

enum Piece {
    Fresh(Range<usize>),
    /// A part of the other text, and how far it stands behind its place there.
    Shared(usize, i64),
}

/// Where a text has a part, at a place where a block of the top level ends or soon behind it where another one does: what stands
/// in a comment or a string is none, though it has a `}`.
fn find(text: &str, from: usize, part: &str, ends: &OnceCell<Vec<usize>>) -> Option<usize> {
    if text[from..].starts_with(part) {
        return Some(from);
    }
    let bytes = text.as_bytes();
    let end = bytes.len().min(from + WINDOW + NEEDLE);
    let needle = &part.as_bytes()[..part.len().min(NEEDLE)];
    let all = memmem::find_iter(&bytes[from..end], needle).map(|at| from + at);
    let is_end = |at: &usize| ends.get_or_init(|| split::ends(text)).binary_search(at).is_ok();
    let mut behind = all.filter(|at| *at > 0 && bytes[at - 1] == b'}').take(TRIED);
    behind.find(|at| bytes[*at..].starts_with(part.as_bytes()) && is_end(at))
}

/// The same statements in another place of another file.
struct Shift {
    file: FileId,
    by: i64,
}

impl Shift {
    /// Whether a statement can be moved; the others are few.
    fn knows(statement: &Statement<'_>) -> bool {
        !matches!(statement, Statement::Kind(_) | Statement::Test(_) | Statement::Invariant(_))
    }

    fn statement<'s>(&self, statement: &Statement<'s>) -> Option<Statement<'s>> {
        Some(match statement {
            Statement::Use(name) => Statement::Use(self.name(name)),
            Statement::User(name) => Statement::User(self.name(name)),
            Statement::Group(g) => Statement::Group(GroupDecl { name: self.name(&g.name), members: self.members(&g.members) }),
            Statement::Role(r) => Statement::Role(RoleDecl {
                name: self.name(&r.name),
                includes: self.names(&r.includes),
                lists: r.lists.iter().map(|l| self.list(l)).collect(),
            }),
            Statement::Assign(a) => Statement::Assign(Assign {
                span: self.span(a.span),
                role: self.name(&a.role),
                subjects: a.subjects.iter().map(|(who, s)| (who.as_ref().map(|w| self.who(w)), self.span(*s))).collect(),
                scopes: a.scopes.iter().map(|s| self.address(s)).collect(),
                until: self.maybe(&a.until),
            }),
            Statement::Facts(f) => Statement::Facts(FactsDecl { sort: self.name(&f.sort), path: self.name(&f.path) }),
            Statement::Resource(r) => Statement::Resource(self.resource(r)),
            Statement::Kind(_) | Statement::Test(_) | Statement::Invariant(_) => return None,
        })
    }

    fn span(&self, span: Span) -> Span {
        let moved = |at: u32| (i64::from(at) + self.by) as u32;
        Span { file: self.file, start: moved(span.start), end: moved(span.end) }
    }

    fn name<'s>(&self, name: &Name<'s>) -> Name<'s> {
        Name { text: name.text.clone(), span: self.span(name.span) }
    }

    fn names<'s>(&self, names: &[Name<'s>]) -> Vec<Name<'s>> {
        names.iter().map(|n| self.name(n)).collect()
    }

    fn maybe<'s>(&self, name: &Option<Name<'s>>) -> Option<Name<'s>> {
        name.as_ref().map(|n| self.name(n))
    }

    fn who<'s>(&self, who: &Principal<'s>) -> Principal<'s> {
        match who {
            Principal::User(name) => Principal::User(self.name(name)),
            Principal::Group(name) => Principal::Group(self.name(name)),
        }
    }

    fn members<'s>(&self, members: &[Member<'s>]) -> Vec<Member<'s>> {
        members.iter().map(|m| Member { who: self.who(&m.who), until: self.maybe(&m.until) }).collect()
    }

    fn address<'s>(&self, address: &Address<'s>) -> Address<'s> {
        Address { kind: self.name(&address.kind), id: self.name(&address.id) }
    }

    fn list<'s>(&self, list: &List<'s>) -> List<'s> {
        List { span: self.span(list.span), permissions: self.names(&list.permissions), on: self.names(&list.on) }
    }

    fn resource<'s>(&self, r: &ResourceDecl<'s>) -> ResourceDecl<'s> {
        ResourceDecl {
            address: self.address(&r.address),
            parent: r.parent.as_ref().map(|p| self.address(p)),
            items: r.items.iter().map(|i| self.item(i)).collect(),
        }
    }

    fn item<'s>(&self, item: &BlockItem<'s>) -> BlockItem<'s> {
        match item {
            BlockItem::Entry(e) => BlockItem::Entry(Entry {
                span: self.span(e.span),
                who: e.who.as_ref().map(|w| self.who(w)),
                verb: e.verb,
                list: self.list(&e.list),
                until: self.maybe(&e.until),
            }),
            BlockItem::Owner(span, members) => BlockItem::Owner(self.span(*span), self.members(members)),
            BlockItem::Members(span, members) => BlockItem::Members(self.span(*span), self.members(members)),
            BlockItem::Resource(r) => BlockItem::Resource(self.resource(r)),
        }
    }
}
