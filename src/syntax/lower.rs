//! Pairs → tree: the only place where the shape of the parser's pairs is known.

use std::borrow::Cow;

use pest::iterators::Pair;

use super::Rule;
use super::tree::{
    Address, Assign, BlockItem, Entry, FactsDecl, GroupDecl, KindDecl, KindItem, LawDecl, LawWho, List, Member, Name, Principal,
    ResourceDecl, RoleDecl, TestQuestion, Verb,
};
use crate::source::{FileId, Span};

/// Where the stretch that is being lowered starts.
pub struct Lower {
    /// The file.
    pub file: FileId,
    /// The byte of the file at which the pairs' offset 0 is.
    pub base: u32,
}

type P<'s> = Pair<'s, Rule>;

/// The end of the last token of a pair, without the space behind it.
pub fn tight_end(pair: &P<'_>) -> usize {
    // Where no comment can be, the space alone has to go, and the tree need not be walked.
    let text = pair.as_str();
    if memchr::memmem::find(text.as_bytes(), b"//").is_none() {
        return pair.as_span().start() + text.trim_end_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
    }
    let mut end = pair.as_span().end();
    let mut at = pair.clone();
    while let Some(last) = at.into_inner().last() {
        end = last.as_span().end();
        at = last;
    }
    end
}

/// Whether a statement ends with the `{` of its block.
pub fn ends_open(pair: &P<'_>) -> bool {
    pair.clone().into_inner().last().is_some_and(|p| p.as_rule() == Rule::open)
}

impl Lower {
    /// A span from offsets of the pairs.
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: self.base + start as u32, end: self.base + end as u32 }
    }

    fn tight(&self, pair: &P<'_>) -> Span {
        self.span(pair.as_span().start(), tight_end(pair))
    }

    fn name<'s>(&self, pair: &P<'s>) -> Name<'s> {
        let inner = if pair.as_rule() == Rule::id { pair.clone().into_inner().next() } else { None };
        let token = inner.unwrap_or_else(|| pair.clone());
        let text = token.as_str();
        let text = if token.as_rule() == Rule::string { unescape(text) } else { Cow::Borrowed(text) };
        Name { text, span: self.span(token.as_span().start(), token.as_span().end()) }
    }

    fn names<'s>(&self, pair: P<'s>, rule: Rule) -> Vec<Name<'s>> {
        pair.into_inner().filter(|p| p.as_rule() == rule).map(|p| self.name(&p)).collect()
    }

    /// The first id of a statement.
    pub fn first_id<'s>(&self, pair: P<'s>) -> Name<'s> {
        let id = pair.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::id | Rule::word));
        self.name(&id.unwrap_or(pair))
    }

    fn date<'s>(&self, until: P<'s>) -> Option<Name<'s>> {
        until.into_inner().find(|p| p.as_rule() == Rule::date).map(|p| self.name(&p))
    }

    /// `kind NAME in …`
    pub fn kind<'s>(&self, pair: P<'s>) -> KindDecl<'s> {
        let name = self.first_id(pair.clone());
        let parents = pair.into_inner().find(|p| p.as_rule() == Rule::kind_list);
        let parents = parents.map_or_else(Vec::new, |p| self.names(p, Rule::word));
        KindDecl { name, parents, items: Vec::new() }
    }

    /// `group NAME`
    pub fn group<'s>(&self, pair: P<'s>) -> GroupDecl<'s> {
        GroupDecl { name: self.first_id(pair), members: Vec::new() }
    }

    /// `role NAME includes …`
    pub fn role<'s>(&self, pair: P<'s>) -> RoleDecl<'s> {
        let name = self.first_id(pair.clone());
        let includes = pair.into_inner().find(|p| p.as_rule() == Rule::role_list);
        let includes = includes.map_or_else(Vec::new, |p| self.names(p, Rule::id));
        RoleDecl { name, includes, lists: Vec::new() }
    }

    /// `KIND ID in …`
    pub fn resource<'s>(&self, pair: P<'s>) -> ResourceDecl<'s> {
        let kind = pair.clone().into_inner().find(|p| p.as_rule() == Rule::kind_name);
        let kind = self.name(&kind.unwrap_or_else(|| pair.clone()));
        let id = self.first_id(pair.clone());
        let parent = pair.into_inner().find(|p| p.as_rule() == Rule::scope).map(|p| self.address(p));
        ResourceDecl { address: Address { kind, id }, parent, items: Vec::new() }
    }

    fn address<'s>(&self, scope: P<'s>) -> Address<'s> {
        let word = scope.clone().into_inner().find(|p| p.as_rule() == Rule::word);
        let id = scope.clone().into_inner().find(|p| p.as_rule() == Rule::id);
        Address { kind: self.name(&word.unwrap_or_else(|| scope.clone())), id: self.name(&id.unwrap_or_else(|| scope.clone())) }
    }

    /// `assign ROLE to … in …`
    pub fn assign<'s>(&self, pair: P<'s>) -> Assign<'s> {
        let span = self.tight(&pair);
        let role = self.first_id(pair.clone());
        let mut assign = Assign { span, role, subjects: Vec::new(), scopes: Vec::new(), until: None };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::subject => assign.subjects.push((self.principal(part.clone()), self.tight(&part))),
                Rule::scope => assign.scopes.push(self.address(part)),
                Rule::until => assign.until = self.date(part),
                _ => {}
            }
        }
        assign
    }

    /// `facts SORT from PATH`
    pub fn facts<'s>(&self, pair: P<'s>) -> FactsDecl<'s> {
        let sort = pair.clone().into_inner().find(|p| p.as_rule() == Rule::sort);
        FactsDecl { sort: self.name(&sort.unwrap_or_else(|| pair.clone())), path: self.first_id(pair) }
    }

    fn principal<'s>(&self, pair: P<'s>) -> Option<Principal<'s>> {
        let mut group = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_group => group = true,
                Rule::id if group => return Some(Principal::Group(self.name(&part))),
                Rule::id => return Some(Principal::User(self.name(&part))),
                _ => {}
            }
        }
        None
    }

    /// The users and groups of a list, each with its own `until`.
    pub fn members<'s>(&self, pair: P<'s>) -> Vec<Member<'s>> {
        let mut members: Vec<Member<'s>> = Vec::new();
        let mut group = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::member_one => members.extend(self.members(part)),
                Rule::kw_group => group = true,
                Rule::kw_user => group = false,
                Rule::id => {
                    let name = self.name(&part);
                    let who = if group { Principal::Group(name) } else { Principal::User(name) };
                    members.push(Member { who, until: None });
                }
                Rule::until => {
                    if let Some(last) = members.last_mut() {
                        last.until = self.date(part);
                    }
                }
                _ => {}
            }
        }
        members
    }

    fn list<'s>(&self, pair: P<'s>) -> List<'s> {
        let mut list = List { span: self.tight(&pair), permissions: Vec::new(), on: Vec::new() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::permission_list => list.permissions = self.names(part, Rule::permission),
                Rule::on => list.on = self.names(part, Rule::word),
                _ => {}
            }
        }
        list
    }

    /// `can …` in a role.
    pub fn role_entry<'s>(&self, pair: P<'s>) -> List<'s> {
        self.list(pair)
    }

    /// A line of a kind's block.
    pub fn kind_item<'s>(&self, pair: P<'s>) -> KindItem<'s> {
        let span = self.tight(&pair);
        match pair.as_rule() {
            Rule::levels => KindItem::Levels(span, self.names(pair, Rule::word)),
            Rule::features => KindItem::Features(self.names(pair, Rule::feature)),
            Rule::retired => KindItem::Retired(self.names(pair, Rule::permission)),
            Rule::owner_gets => KindItem::OwnerGets(self.first_id(pair)),
            _ => KindItem::Permissions(self.names(pair, Rule::word)),
        }
    }

    /// An entry, an owner or members in a resource's block.
    pub fn block_item<'s>(&self, pair: P<'s>) -> BlockItem<'s> {
        let span = self.tight(&pair);
        match pair.as_rule() {
            Rule::owner => BlockItem::Owner(span, self.members(pair)),
            Rule::member => BlockItem::Members(span, self.members(pair)),
            _ => BlockItem::Entry(self.entry(span, pair)),
        }
    }

    /// A line of a test.
    pub fn question<'s>(&self, pair: P<'s>) -> TestQuestion<'s> {
        let user = self.first_id(pair.clone());
        let on = Address { kind: user.clone(), id: user.clone() };
        let (groups, organizations) = (Vec::new(), Vec::new());
        let span = self.tight(&pair);
        let mut q = TestQuestion { span, user, groups, organizations, verb: Verb::Can, permissions: Vec::new(), on, at: None };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::sign_in => {
                    let group = part.clone().into_inner().any(|p| p.as_rule() == Rule::kw_group);
                    if group { &mut q.groups } else { &mut q.organizations }.push(self.first_id(part));
                }
                Rule::kw_cannot => q.verb = Verb::Cannot,
                Rule::plain_list => q.permissions = self.names(part, Rule::permission),
                Rule::scope => q.on = self.address(part),
                Rule::moment => q.at = self.date(part),
                _ => {}
            }
        }
        q
    }

    /// A line of an invariant.
    pub fn law<'s>(&self, pair: P<'s>) -> LawDecl<'s> {
        let nothing = self.name(&pair);
        let on = Address { kind: nothing.clone(), id: nothing };
        let span = self.tight(&pair);
        let mut law = LawDecl { span, who: LawWho::NoOne, both: false, permissions: Vec::new(), on, within: None };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::no_one => law.who = self.principal(part).map_or(LawWho::NoOne, LawWho::No),
                Rule::only => law.who = LawWho::Only(self.members(part).into_iter().map(|m| m.who).collect()),
                Rule::bound => law.who = bound(part),
                Rule::both => (law.both, law.permissions) = (true, self.names(part, Rule::permission)),
                Rule::plain_list => law.permissions = self.names(part, Rule::permission),
                Rule::scope => law.on = self.address(part),
                Rule::within => law.within = part.into_inner().find(|p| p.as_rule() == Rule::scope).map(|p| self.address(p)),
                _ => {}
            }
        }
        law
    }

    fn entry<'s>(&self, span: Span, pair: P<'s>) -> Entry<'s> {
        let who = if pair.as_rule() == Rule::default_entry { None } else { self.principal(pair.clone()) };
        let verb = pair.clone().into_inner().last().unwrap_or(pair);
        let until = verb.clone().into_inner().find(|p| p.as_rule() == Rule::until).and_then(|p| self.date(p));
        let cannot = verb.as_rule() == Rule::cannot;
        Entry { span, who, verb: if cannot { Verb::Cannot } else { Verb::Can }, list: self.list(verb), until }
    }
}

/// `at most N`, `at least N`: the grammar keeps numbers short enough to be read.
fn bound<'s>(pair: P<'s>) -> LawWho<'s> {
    let most = pair.clone().into_inner().any(|p| p.as_rule() == Rule::kw_most);
    let number = pair.into_inner().find(|p| p.as_rule() == Rule::number).and_then(|p| p.as_str().parse().ok());
    let number = number.unwrap_or(u32::MAX);
    if most { LawWho::AtMost(number) } else { LawWho::AtLeast(number) }
}

/// Undoes the escapes of a quoted id; the grammar has checked their form.
fn unescape(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (c, len) = escape(&rest[at + 1..]);
        text.push(c);
        rest = &rest[at + 1 + len..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character behind a backslash, and its length in the text. A number that is no character becomes U+0000, which
/// no id may hold.
fn escape(rest: &str) -> (char, usize) {
    match rest.as_bytes().first() {
        Some(b'n') => ('\n', 1),
        Some(b't') => ('\t', 1),
        Some(b'u') => {
            let end = rest.find('}').unwrap_or(rest.len() - 1);
            let number = u32::from_str_radix(rest.get(2..end).unwrap_or(""), 16).ok();
            (number.and_then(char::from_u32).unwrap_or('\0'), end + 1)
        }
        Some(b'\\') => ('\\', 1),
        Some(_) => ('"', 1),
        None => ('\0', 0),
    }
}
