//! Where to go on after a syntax error, and what to say of it.

use std::borrow::Cow;
use std::ops::Range;

use super::keyword;
use super::tree::{Address, GroupDecl, InvariantDecl, KindDecl, Name, ResourceDecl, RoleDecl, TestDecl};
use super::{Block, Rule};
use crate::source::{FileId, Span};

/// Skips spaces and comments from `at`.
pub fn skip_trivia(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = line_end(text, at),
            0xEF if bytes[at..].starts_with("\u{feff}".as_bytes()) => at += 3,
            _ => break,
        }
    }
    at
}

/// The last boundary between characters up to `at`.
pub fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (at.saturating_sub(3)..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn line_end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_.@+/-".contains(&b)
}

/// The token at `at`: a word, a string (perhaps unfinished), or one character.
pub(super) fn token(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    let Some(first) = bytes.first() else { return "" };
    let mut end = match first {
        b'"' => return string_token(rest),
        b if is_word_byte(*b) => bytes.iter().position(|b| !is_word_byte(*b)).unwrap_or(rest.len()),
        _ => rest.chars().next().map_or(0, char::len_utf8),
    };
    if let Some(comment) = rest[..end].find("//").filter(|c| *c > 0) {
        end = comment;
    }
    &rest[..end]
}

fn string_token(rest: &str) -> &str {
    let mut escaped = false;
    for (i, b) in rest.bytes().enumerate().skip(1) {
        match b {
            b'\n' => return &rest[..i],
            b'"' if !escaped => return &rest[..=i],
            _ => escaped = b == b'\\' && !escaped,
        }
    }
    rest
}

/// The word that an item starts with.
pub fn first_word(text: &str, at: usize) -> &str {
    token(text, at)
}

/// More of the text than this is not repeated in a message, in characters.
const SHOWN: usize = 60;

/// What stands at `at`, for "found …", not longer than a line takes.
pub fn found(text: &str, at: usize) -> &str {
    let token = token(text, at);
    token.char_indices().nth(SHOWN).map_or(token, |(i, _)| &token[..i])
}

/// Where reading may go on after the item at `at` broke at `wrong`: a brace, or a statement or entry on a later line.
pub fn resume(text: &str, at: usize, wrong: usize) -> usize {
    if wrong == at && text[at..].starts_with('{') {
        return at;
    }
    let mut pos = if wrong == at { at + token(text, at).len().max(1) } else { wrong };
    let mut fresh = wrong != at && text[at..wrong].contains('\n');
    let mut comma = false;
    loop {
        let next = skip_trivia(text, pos);
        fresh |= text[pos..next].contains('\n');
        if next >= text.len() || text[next..].starts_with(['{', '}']) {
            return next;
        }
        let token = token(text, next);
        if fresh && !comma && next > at && starts_item(text, next, token) {
            return next;
        }
        (comma, fresh) = (token == ",", false);
        pos = next + token.len().max(1);
    }
}

/// Whether a statement or an entry seems to start with the token at a place.
pub fn starts_item(text: &str, at: usize, token: &str) -> bool {
    if keyword::is_start(token) || token == "organization" {
        return true;
    }
    let rest = text[at + token.len()..].trim_start_matches([' ', '\t', '\r']);
    !token.starts_with('"') && opens_word(token) && opens_word(rest)
}

/// Whether a text begins with a word or a string, and not with a comment.
fn opens_word(text: &str) -> bool {
    text.starts_with('"') || text.bytes().next().is_some_and(is_word_byte) && !text.starts_with("//")
}

/// A comma that the next line shows to be too much: a statement or an entry starts there, and no further item of the list.
/// Gives the place of the comma and of what starts behind it.
pub fn dangling_comma(text: &str, from: usize, to: usize) -> Option<(usize, usize)> {
    let mut pos = from;
    while let Some(comma) = memchr::memchr(b',', &text.as_bytes()[pos..to]).map(|n| pos + n) {
        let next = skip_trivia(text, comma + 1);
        let word = token(text, next);
        let behind = text[next + word.len()..].trim_start_matches([' ', '\t']);
        let follows = token(behind, 0);
        let opens = opens_word(behind) && !matches!(follows, "on" | "until" | "in");
        if next < to && text[comma..next].contains('\n') && opens && starts_item(text, next, word) && is_token(text, from, comma)
        {
            return Some((comma, next));
        }
        pos = comma + 1;
    }
    None
}

/// A word that ends a line without what belongs behind it, where a statement or an entry starts on the next one: its place, and that
/// start. No kind is a keyword, so that behind `in` and `on` one is none, also where the item `at..to` `ends` its line with it.
pub fn unnamed(text: &str, at: usize, to: usize, ends: bool) -> Option<(Range<usize>, usize)> {
    memchr::memchr(b'\n', &text.as_bytes()[at..to])?;
    let first = token(text, at);
    let (mut pos, mut before) = (at, "");
    while pos < to {
        let word = token(text, pos);
        let end = pos + word.len().max(1);
        let next = skip_trivia(text, end);
        let verb = matches!(word, "can" | "cannot");
        let of_kind = matches!(before, "in" | "on") && !keyword::is_keyword(word);
        let named = wants_id(word) || verb || of_kind || pos == at && !keyword::is_start(word);
        // Behind `user` and the like any word is an id.
        let keyword = !wants_id(before);
        let wants = keyword && matches!(word, "in" | "on") || !ends && (named || keyword && missing(first, word).is_some());
        if wants && next <= to && text[end..next].contains('\n') {
            let start = token(text, next);
            let behind = text[next + start.len()..].trim_start_matches([' ', '\t']);
            let law = matches!(first, "no" | "only" | "at") && matches!(start, "no" | "only" | "at");
            // A resource may lie in one of its own kind.
            let again = start == first && !verb && !matches!(word, "in" | "on");
            if opens_word(behind) && (keyword::is_start(start) || again || law) {
                return Some((pos..end, next));
            }
        }
        (pos, before) = (next, word);
    }
    None
}

/// What is missing behind a word at the end of a line of an item that begins with `first`, and what to type there.
pub fn missing(first: &str, word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "can" | "cannot" => ("a list of permissions", "write"),
        "in" if first == "kind" => ("a kind", "organization"),
        "in" if first == "assign" => ("a kind with its id", "room lobby"),
        "in" => ("a kind with its id", "organization acme"),
        "on" => ("a kind", "room"),
        "until" | "at" => ("a date", "2026-12-31"),
        "from" => ("a data file", "\"data/members.csv\""),
        "includes" => ("a role", "viewer"),
        "facts" => ("the sort of facts", "members from \"data/members.csv\""),
        "levels" => ("a name", "read < write"),
        "features" => ("a name", "comments, storage"),
        "permissions" => ("a name", "invite, archive"),
        "most" | "least" => ("a number", "3"),
        _ => return None,
    })
}

/// Whether an id stands behind this keyword.
pub fn wants_id(word: &str) -> bool {
    matches!(word, "user" | "group" | "role" | "use" | "kind" | "assign" | "organization")
}

/// Whether nothing but a comment or a `}` stands behind a place on its line.
pub fn ends_line(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches([' ', '\t', '\r', ',']);
    rest.is_empty() || rest.starts_with(['\n', '}']) || rest.starts_with("//")
}

/// The last word of a broken item whose line ends too early: what is wrong is no part of it.
pub fn missing_behind(text: &str, at: usize, wrong: usize) -> Option<Range<usize>> {
    let word = last_word(text, at, wrong);
    let next = token(text, wrong);
    let fresh = !word.is_empty() && word.end <= wrong && text[word.end..wrong].contains('\n');
    (fresh && (matches!(next, "" | "}") || starts_item(text, wrong, next))).then_some(word)
}

/// What to type where an item begins with a word that goes on with another one.
pub fn alone(text: &str, at: usize) -> Option<String> {
    let said = match token(text, at) {
        "in" => "`in` stands behind what it contains: `room lobby in organization acme`",
        "until" => "`until` stands behind an entry, a member or an assignment, with a date: `until 2026-12-31`",
        "on" => "`on` stands behind a list and before `until`, with kinds: `can read on room until 2026-12-31`",
        "to" => "`to` stands in an assignment: `assign editor to user ann in room lobby`",
        "includes" => "`includes` stands behind a role, with roles: `role editor includes viewer`",
        _ => return None,
    };
    Some(said.to_owned())
}

/// What an item such as the broken one looks like.
pub fn example(text: &str, at: usize, wrong: usize) -> Option<String> {
    let found = token(text, wrong);
    if let Some(end) = missing_behind(text, at, wrong).map(|word| word.end).filter(|end| end - at <= SHOWN) {
        let item = text[at..end].split_whitespace().collect::<Vec<_>>().join(" ");
        match token(text, at) {
            "assign" if item.contains(" to ") && !item.ends_with(" to") && !item.contains(" in ") => {
                return Some(format!("type where it is so: `{item} in room lobby` or `{item} everywhere`"));
            }
            "user" if (item.contains(" can ") || item.contains(" cannot ")) && !item.contains(" on ") => {
                return Some(format!("type where it is so: `{item} on room lobby`"));
            }
            "user" | "group" | "default" if !item.split(' ').any(|word| matches!(word, "can" | "cannot")) => {
                return Some(format!("type what it can do there: `{item} can read`"));
            }
            _ => {}
        }
    }
    if token(text, at) == "assign" && text[at..wrong].split_whitespace().any(|word| word == "to") {
        let who = if found.contains('@') { found } else { "ann" };
        return Some(format!("an assignment is such as `assign ROLE to user {who} in room lobby`"));
    }
    let shown = match token(text, at) {
        "use" => "use liveblocks",
        "kind" => "kind room in organization { levels read < write }",
        "group" | "user" if wrong > at => "user ann can read`, `group staff can comments:write` or `group staff { user ann }",
        "default" => "default can read",
        "role" => "role editor includes viewer { can write }",
        "assign" => "assign editor to user ann in room lobby",
        "can" => "can read, comments:write",
        "levels" => "levels read < write",
        "features" => "features comments, comments:public",
        "permissions" => "permissions delete-comment, invite",
        "owner" => "owner user ann",
        "member" => "member user ann, group staff",
        "facts" => "facts members from \"data/members.csv\"",
        _ => return None,
    };
    Some(format!("it is written such as `{shown}`"))
}

/// What stands where an item such as the broken one does.
pub fn stands(item: Rule) -> &'static str {
    match item {
        Rule::top_item => {
            "a statement begins with `use`, `kind`, `group`, `user`, `role`, `assign` or a kind: `room lobby { … }`"
        }
        Rule::member_item => "in a group stand its members: `user ann` or `group staff`",
        Rule::role_item => "in a role stand lists: `can read, comments:write`",
        Rule::kind_item => "in a kind stand lines such as `levels read < write`, `features comments` or `permissions invite`",
        Rule::test_item => "in a test stand lines such as `user ann can read on room lobby`",
        Rule::law_item => "in an invariant stand lines such as `no group guests can write on room \"*\"`",
        _ => "in a resource stand entries: `default can read`, `user ann can write` or `group staff cannot comments:write`",
    }
}

/// The last word of an item before a place of it.
pub fn last_word(text: &str, at: usize, to: usize) -> Range<usize> {
    let (mut pos, mut last) = (at, at..at);
    while pos < to {
        last = pos..pos + token(text, pos).len().max(1);
        pos = skip_trivia(text, last.end);
    }
    last
}

/// Whether a byte behind the token at `from` starts a token, and is not inside of a comment or a string.
fn is_token(text: &str, from: usize, at: usize) -> bool {
    let mut pos = from;
    while pos < at {
        pos = skip_trivia(text, pos + token(text, pos).len().max(1));
    }
    pos == at
}

/// Where a statement that this version does not read ends: behind the block that it opens, else with its line. An error is
/// the place of a `{` that is never closed.
pub fn unread_end(text: &str, at: usize) -> Result<usize, usize> {
    let mut pos = at + token(text, at).len();
    loop {
        let next = skip_trivia(text, pos);
        let token = token(text, next);
        match token {
            "{" => return matching_close(text, next + 1).ok_or(next),
            "" | "}" => return Ok(pos),
            _ if text[pos..next].contains('\n') => return Ok(pos),
            _ => pos = next + token.len(),
        }
    }
}

/// The words of a stretch that a comment stands directly behind, each with its `//`. `from` is where a token starts.
pub fn glued(text: &str, from: usize, to: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    if !bytes[from..text.len().min(to + 2)].windows(2).any(|two| two == b"//") {
        return found;
    }
    let mut pos = from;
    while pos < to {
        let end = pos + token(text, pos).len();
        if is_word_byte(bytes[pos]) && bytes[end..].starts_with(b"//") {
            found.push(pos..end + 2);
        }
        pos = skip_trivia(text, end);
    }
    found
}

/// The end of the block that the text at `at` is inside of.
pub fn matching_close(text: &str, at: usize) -> Option<usize> {
    let (mut pos, mut depth) = (at, 0usize);
    loop {
        pos = skip_trivia(text, pos);
        let token = token(text, pos);
        match token {
            "" => return None,
            "{" => depth += 1,
            "}" if depth == 0 => return Some(pos + 1),
            "}" => depth -= 1,
            _ => {}
        }
        pos += token.len();
    }
}

/// The same, where the block ends within so many bytes: it is looked for at each of many places.
pub fn close_near(text: &str, at: usize) -> Option<usize> {
    const NEAR: usize = 4_000;
    matching_close(&text[..floor(text, at + NEAR)], at)
}

/// The statement that a broken head is one of.
pub fn statement_of(text: &str, at: usize) -> Rule {
    match token(text, at) {
        "kind" => Rule::kind_statement,
        "group" => Rule::group_statement,
        "role" => Rule::role_statement,
        "test" => Rule::test_statement,
        "invariant" => Rule::invariant_statement,
        "facts" | "when" => Rule::facts_statement,
        _ => Rule::resource_statement,
    }
}

/// The block that a statement opens which cannot be taken as it stands: read for its errors, and not kept.
pub fn block_of<'s>(text: &'s str, at: usize, statement: Rule, file: FileId) -> Block<'s> {
    let word = token(text, at);
    let span = Span { file, start: at as u32, end: (at + word.len()) as u32 };
    let name = Name { text: Cow::Borrowed(word), span };
    match statement {
        Rule::kind_statement => Block::Kind(KindDecl { name, parents: Vec::new(), items: Vec::new() }),
        Rule::group_statement => Block::Group(GroupDecl { name, members: Vec::new() }),
        Rule::role_statement => Block::Role(RoleDecl { name, includes: Vec::new(), lists: Vec::new() }),
        Rule::test_statement => Block::Test(TestDecl { name, questions: Vec::new() }),
        Rule::invariant_statement => Block::Invariant(InvariantDecl { name, laws: Vec::new() }),
        Rule::facts_statement => Block::Skipped,
        _ => {
            let address = Address { kind: name.clone(), id: name };
            Block::Resource(ResourceDecl { address, parent: None, items: Vec::new() })
        }
    }
}

/// Faults with a better sentence than "expected …".
pub fn special(text: &str, at: usize, wrong: usize, top: bool) -> Option<(String, String)> {
    let token = token(text, wrong);
    let before = &text[..wrong];
    let glued = before.as_bytes().last().is_some_and(|b| is_word_byte(*b) || *b == b':');
    if token.starts_with('"') && (token.len() < 2 || !token.ends_with('"')) {
        return Some(("this string is never closed".into(), "type `\"` where it ends, on the same line".into()));
    }
    if token.starts_with('"') && token.contains('\\') {
        return Some((
            "this string holds an escape that does not exist".into(),
            r#"type `\"`, `\\`, `\n`, `\t` or `\u{1F600}`"#.into(),
        ));
    }
    if token == "}" && top && wrong == at {
        return Some(("this `}` closes nothing".into(), "take it out, or open the block it should close".into()));
    }
    let word = &before[before.trim_end_matches(|c: char| c.is_ascii() && is_word_byte(c as u8)).len()..];
    // A line may be all of a text, with an error at each word.
    let near = &before[floor(before, before.len().saturating_sub(300))..];
    let flat = |line: &str| line.split(['{', ' ', '\t']).any(|word| word == "permissions");
    if glued && token == ":" && flat(&near[near.rfind('\n').map_or(0, |n| n + 1)..]) {
        let help = "a flat permission is one word: type `-` for the `:`, or declare levels and `features`".into();
        return Some(("a flat permission cannot hold a `:`".into(), help));
    }
    if token == "*" && text[wrong + 1..].starts_with(|c: char| c.is_ascii() && is_word_byte(c as u8)) {
        let help = "type what the ids begin with, such as `\"prod-*\"`, or name each of them";
        return Some(("a `*` stands at the end of an id, and nowhere else".into(), help.into()));
    }
    let colon = token == ":" && text[wrong + 1..].starts_with(|c: char| c.is_whitespace());
    if glued && !colon && matches!(token, ":" | "*" | "#" | "$" | "%" | "&" | "!" | "~" | "\\" | "'") {
        let inside = |c: &char| !c.is_whitespace() && !matches!(c, '{' | '}' | ',');
        let rest: String = text[wrong..].chars().take_while(inside).take(SHOWN).collect();
        let help = if word.len() + rest.len() < SHOWN { format!("type `\"{word}{rest}\"`") } else { "put it in quotes".into() };
        return Some((format!("an id with `{token}` needs quotes"), help));
    }
    if !top && matches!(self::token(text, at), "user" | "group") && matches!(token, "," | "and") {
        return Some((
            "an entry speaks of one user or one group".into(),
            "write an entry for each, or one for a group: `group staff can read`".into(),
        ));
    }
    if self::token(text, at) == "assign"
        && matches!(token, "user" | "group" | "everyone")
        && text[at..wrong].trim_end().ends_with(" to")
    {
        return Some((
            "a role is missing behind `assign`".into(),
            "type it before `to`: `assign editor to user ann in room lobby`".into(),
        ));
    }
    if token == "until" && matches!(self::token(text, at), "user" | "group" | "default") {
        return Some(("`until` stands behind the list".into(), "type it there: `can read until 2026-12-31`".into()));
    }
    if matches!(token, "[" | "(" | "]" | ")") {
        return Some((
            format!("`{token}` is no sign of the language"),
            "a block stands in `{` and `}`, and a list in no signs".into(),
        ));
    }
    if top && matches!(token, "can" | "cannot") {
        return Some((
            "an access entry outside a resource".into(),
            "put it in a block: `room lobby { user ann can read }`".into(),
        ));
    }
    None
}
