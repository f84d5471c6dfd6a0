//! What a change makes of an item: the grammar is asked before anything is said.

use pest::Parser;
use pest::iterators::Pair;

use super::super::edit::Edit;
use super::super::recover::{self, skip_trivia, token};
use super::super::{Grammar, IN_BLOCK, Items, Rule, TOP, lower, offset, spoken};
use super::verbs::{self, Verb};
use super::{Known, SHOWN, applied};

/// An item that is whole with its changes.
pub struct Done {
    /// Where it ends in the text that was read.
    pub end: usize,
    /// The statement whose block it opens.
    pub opens: Option<Rule>,
    /// Whether it ends a block.
    pub closes: bool,
}

impl Done {
    /// An item that is whole as it stands at `at`.
    pub fn of(at: usize, pair: &Pair<'_, Rule>) -> Done {
        let opens = lower::ends_open(pair).then(|| pair.as_rule());
        Done { end: at + lower::tight_end(pair), opens, closes: pair.as_rule() == Rule::close }
    }
}

/// Where an item breaks with its changes, and what was expected there.
pub struct Wrong {
    /// Where.
    pub at: usize,
    /// What.
    pub expected: String,
}

/// The words of an entry that say `can not` or `can never` in its place, or anything else that takes away behind `can`; `text` is
/// what `pair` was read from at `at`.
pub fn negated(text: &str, at: usize, pair: &Pair<'_, Rule>, known: &Known<'_>) -> Option<Verb> {
    if !matches!(pair.as_rule(), Rule::default_entry | Rule::principal_entry) {
        return None;
    }
    let can = pair.clone().into_inner().find(|inner| inner.as_rule() == Rule::can)?;
    let verb = verbs::at(text, at + can.as_span().start(), known)?;
    (verb.words > 1 && verb.meant == Some("cannot")).then_some(verb)
}

/// Whether an item that begins with another word says more than that word, and what stands in its block can stand there.
pub fn fits(text: &str, done: &Done, word: usize) -> bool {
    let Some(opens) = done.opens else { return done.end > word };
    let inside = skip_trivia(text, done.end);
    inside >= text.len()
        || Items::of(opens).read(text, inside).is_some()
        || IN_BLOCK.read(text, inside).is_none_or(|pair| pair.as_rule() == Rule::resource_statement)
}

/// Reads the item at `from` with changes made. An error costs the parser a walk over all that it was given, so it gets a stretch
/// that ends behind what it reads.
pub fn attempt(text: &str, from: usize, edits: &[Edit], items: Items) -> Result<Done, Wrong> {
    let mut behind = from;
    for (range, _) in edits {
        if range.start < behind || range.end < range.start {
            return Err(Wrong { at: from, expected: String::new() });
        }
        behind = range.end;
    }
    let mut size = 1 << 10;
    loop {
        let last = edits.last().map_or(from, |(range, _)| range.end);
        let to = recover::floor(text, last.max(from) + size);
        let meant = applied(text, from, to, edits);
        let back = |at: usize, end: bool| original(from, at, edits, end);
        match Grammar::parse(items.item, &meant) {
            Ok(mut pairs) => {
                let pair = pairs.next().and_then(|pair| pair.into_inner().next());
                let end = pair.as_ref().map_or(0, lower::tight_end);
                if to == text.len() || end + 300 < meant.len() {
                    let opens = pair.filter(lower::ends_open).map(|pair| pair.as_rule());
                    return Ok(Done { end: back(end, true), opens, closes: false });
                }
            }
            Err(error) => {
                let at = skip_trivia(&meant, offset(&error));
                if to == text.len() || at + 300 < meant.len() {
                    return Err(Wrong { at: back(at, false), expected: spoken::expected(&error) });
                }
            }
        }
        size *= 4;
    }
}

/// Where a byte of a changed stretch stands in the text.
pub fn original(from: usize, at: usize, edits: &[Edit], end: bool) -> usize {
    let mut new = 0;
    let mut old = from;
    for (range, to) in edits {
        let start = new + (range.start - old);
        if at < start || end && at == start {
            return old + (at - new);
        }
        if at < start + to.len() || end && at == start + to.len() {
            return if end { range.end } else { range.start };
        }
        (new, old) = (start + to.len(), range.end);
    }
    old + (at - new)
}

/// The entry that stands at the top level at `at`, where it is one: what to type for it, and its end.
pub fn entry(text: &str, at: usize, edits: &[Edit]) -> Option<(String, usize)> {
    let done = attempt(text, at, edits, IN_BLOCK).ok().filter(|done| done.opens.is_none())?;
    let first = applied(text, at, recover::floor(text, at + 300).max(edits.last().map_or(at, |(range, _)| range.end)), edits);
    let rule = IN_BLOCK.read(&first, 0)?.as_rule();
    if !matches!(rule, Rule::default_entry | Rule::principal_entry) {
        return None;
    }
    let shown = typed(text, at, &done, edits).unwrap_or_else(|| "`user ann can read`".into());
    Some((shown.trim_matches('`').to_owned(), done.end))
}

/// What is longer than this is not written as it is meant for a help: a run of items grows with each of them.
const LONGEST: usize = 1_000;

/// Items of a line each as they are meant, where they can stand in a help.
pub fn typed_each(text: &str, from: usize, end: usize, edits: &[Edit]) -> Option<String> {
    let end = edits.iter().map(|(range, _)| range.end).max().unwrap_or(from).max(end);
    if end.saturating_sub(from) > LONGEST {
        return None;
    }
    let items = applied(text, from, end, edits);
    let fits = items.chars().count() <= SHOWN && !items.contains("//") && !items.contains(['{', '}']);
    let lines = items.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(|line| format!("`{}`", line.split_whitespace().collect::<Vec<_>>().join(" "))).collect();
    (fits && lines.len() > 1).then(|| lines.join(" and "))
}

/// An item as it is meant, where it can stand in a help.
pub fn typed(text: &str, from: usize, done: &Done, edits: &[Edit]) -> Option<String> {
    let end = edits.iter().map(|(range, _)| range.end).max().unwrap_or(from).max(done.end);
    if end.saturating_sub(from) > LONGEST {
        return None;
    }
    let item = applied(text, from, end, edits);
    let fits = item.chars().count() <= SHOWN && !item.contains('\n') && !item.contains("//");
    let item = item.split_whitespace().collect::<Vec<_>>().join(" ");
    let open = item.matches('{').count() > item.matches('}').count();
    fits.then(|| {
        if done.opens.is_some() {
            format!("`{item} … }}`")
        } else if open {
            format!("`{item} }}`")
        } else {
            format!("`{}`", item.trim_end_matches(','))
        }
    })
}

/// A word, a permission, a string or a sign.
pub fn phrase(text: &str, at: usize) -> &str {
    let mut end = at + token(text, at).len();
    if text[at..].starts_with("*:") {
        end = at + 2 + token(text, at + 2).len();
    }
    while text[end..].starts_with(':') && end > at && text.as_bytes().get(end + 1).is_some_and(u8::is_ascii_alphanumeric) {
        end += 1 + token(text, end + 1).len();
    }
    &text[at..end]
}

pub fn short(word: &str) -> &str {
    word.char_indices().nth(SHOWN).map_or(word, |(at, _)| &word[..at])
}

/// Whether a whole statement or entry stands at `at` that belongs elsewhere, as the reader says of it.
pub fn elsewhere(text: &str, at: usize, items: Items, known: &Known<'_>) -> bool {
    match (token(text, at), items) {
        ("default" | "owner" | "member", TOP) => {
            IN_BLOCK.read(text, at).is_some_and(|pair| negated(text, at, &pair, known).is_none())
        }
        (_, TOP) => false,
        ("group", _) => TOP.read(text, at).is_some_and(|pair| lower::ends_open(&pair)),
        ("use" | "kind" | "role" | "assign" | "test" | "invariant" | "facts" | "when", _) => TOP.read(text, at).is_some(),
        _ => false,
    }
}
