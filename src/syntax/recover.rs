//! Where to go on after a syntax error, and what to say of it.

use std::borrow::Cow;

use super::Block;
use super::tree::{Address, GroupDecl, KindDecl, Name, ResourceDecl, RoleDecl};
use crate::source::{FileId, Span};

const STARTERS: &[&str] = &[
    "use",
    "kind",
    "group",
    "user",
    "role",
    "assign",
    "default",
    "owner",
    "member",
    "organization",
    "test",
    "invariant",
    "facts",
    "when",
    "levels",
    "features",
    "retired",
    "permissions",
    "can",
];

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

fn line_end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_.@+/-".contains(&b)
}

/// The token at `at`: a word, a string (perhaps unfinished), or one character.
fn token(text: &str, at: usize) -> &str {
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

/// What stands at `at`, for "found …", not longer than a line takes.
pub fn found(text: &str, at: usize) -> &str {
    let token = token(text, at);
    token.char_indices().nth(60).map_or(token, |(i, _)| &token[..i])
}

/// Where reading may go on after the item at `at` broke at `wrong`: a brace, or a statement or entry on a later line.
pub fn resume(text: &str, at: usize, wrong: usize) -> usize {
    let first = token(text, at).len().max(1);
    let mut pos = if wrong == at { at + first } else { wrong };
    if wrong == at && text[at..].starts_with('{') {
        return at;
    }
    let mut comma = false;
    let mut line = text[..wrong].rfind('\n').map_or(0, |n| n + 1);
    let first_line = text[..at].rfind('\n').map_or(0, |n| n + 1);
    loop {
        pos = skip_trivia(text, pos);
        if pos >= text.len() || text[pos..].starts_with(['{', '}']) {
            return pos;
        }
        let this_line = text[line..pos].rfind('\n').map_or(line, |n| line + n + 1);
        let fresh = this_line != line || (pos == wrong && this_line != first_line);
        line = this_line;
        let token = token(text, pos);
        if fresh && !comma && pos > at && starts_item(text, pos, token) {
            return pos;
        }
        comma = token == ",";
        pos += token.len().max(1);
    }
}

fn starts_item(text: &str, at: usize, token: &str) -> bool {
    if STARTERS.contains(&token) {
        return true;
    }
    let is_word = |t: &str| t.as_bytes().first().is_some_and(|b| is_word_byte(*b));
    let line = &text[at..line_end(text, at)];
    let rest = line.get(token.len()..).unwrap_or("").trim_start();
    is_word(token) && (is_word(rest) || rest.starts_with('"'))
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

/// The block that a broken head opens: read for its errors, and not kept.
pub fn block_of<'s>(text: &'s str, at: usize, file: FileId) -> Block<'s> {
    let word = token(text, at);
    let span = Span { file, start: at as u32, end: (at + word.len()) as u32 };
    let name = Name { text: Cow::Borrowed(word), span };
    match word {
        "kind" => Block::Kind(KindDecl { name, parents: Vec::new(), items: Vec::new() }),
        "group" => Block::Group(GroupDecl { name, members: Vec::new() }),
        "role" => Block::Role(RoleDecl { name, includes: Vec::new(), lists: Vec::new() }),
        "test" | "invariant" | "facts" | "when" => Block::Skipped,
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
    let word_start = before.rfind(|c: char| !c.is_ascii() || !(is_word_byte(c as u8))).map_or(0, |n| n + 1);
    let word = &before[word_start.min(wrong)..];
    if glued && matches!(token, ":" | "*" | "#" | "$" | "%" | "&" | "!" | "~" | "\\" | "'") {
        let rest: String = text[wrong..].chars().take_while(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | ',')).collect();
        let message = format!("an id with `{token}` needs quotes");
        return Some((message, format!("type `\"{word}{rest}\"`")));
    }
    let direct = text[wrong..].find("//").is_some_and(|n| n > 0 && text[wrong..wrong + n].bytes().all(is_word_byte));
    if direct || (text[wrong..].starts_with("//") && glued) {
        return Some(("a comment directly behind a word".into(), "put a space before `//`, or quotes around the id".into()));
    }
    if top && matches!(token, "can" | "cannot") {
        return Some((
            "an access entry outside a resource".into(),
            "put it in a block: `room lobby { user ann can read }`".into(),
        ));
    }
    None
}
