//! What stands where `can` or `cannot` does, in the words of people: who reads a prohibition as a grant opens a door.

use std::ops::Range;

use super::super::edit::Edit;
use super::super::recover::{skip_trivia, token};
use super::Known;
use super::denial::is_taking;
use super::trying::phrase;

/// Words that give something.
const GIVING: &[&str] = &[
    "can",
    "may",
    "could",
    "must",
    "shall",
    "should",
    "will",
    "might",
    "has",
    "have",
    "gets",
    "get",
    "gains",
    "able",
    "allow",
    "allows",
    "allowed",
    "permit",
    "permits",
    "permitted",
    "grant",
    "grants",
    "granted",
    "permissions",
    "authorized",
    "receives",
];
/// Words that neither give nor take.
const FILLING: &[&str] = &[
    "is",
    "are",
    "be",
    "being",
    "to",
    "from",
    "do",
    "does",
    "the",
    "a",
    "any",
    "ever",
    "longer",
    "right",
    "rights",
    "access",
    "permission",
    "from",
];

/// A stretch that stands for `can` or `cannot`, and which; neither where that is not clear.
pub struct Verb {
    /// The stretch.
    pub range: Range<usize>,
    /// `can` or `cannot`.
    pub meant: Option<&'static str>,
    /// How many words it has.
    pub words: usize,
}

/// So many words are one verb at most.
const MOST_WORDS: usize = 32;

/// The verb of an entry that begins at or around a place, on one line.
pub fn at(text: &str, wrong: usize, known: &Known<'_>) -> Option<Verb> {
    // `can't` breaks behind `can`.
    let glued = text[wrong..].starts_with(['\'', '’', '`']);
    let start = if glued { text[..wrong].trim_end_matches(|c: char| c.is_alphabetic()).len() } else { wrong };
    let (mut end, mut taking, mut giving, mut words) = (start, false, false, 0);
    let mut pos = start;
    loop {
        let sign = signed(text, pos, known);
        let word = sign.unwrap_or_else(|| word(text, pos));
        if words >= MOST_WORDS || word.is_empty() || text[end..pos].contains('\n') || words > 0 && (known.permission)(word) {
            break;
        }
        let lower = word.to_lowercase();
        let equals = matches!(word, ":" | "=" | "->" | "=>" | "==" | "—" | "–");
        let takes = is_taking(word) || word == "!" || sign.is_some();
        if !takes && !equals && !GIVING.contains(&&*lower) && !FILLING.contains(&&*lower) {
            break;
        }
        taking |= takes;
        giving |= equals || GIVING.contains(&&*lower);
        words += 1;
        end = pos + word.len();
        pos = skip_trivia(text, end);
    }
    let meant = if taking { Some("cannot") } else { giving.then_some("can") };
    (words > 0).then_some(Verb { range: start..end, meant, words })
}

/// A sign before a permission that takes it away: `-write`, `! write`.
pub fn signed<'t>(text: &'t str, at: usize, known: &Known<'_>) -> Option<&'t str> {
    let sign = text[at..].chars().next().filter(|c| matches!(c, '-' | '!' | '~' | '¬'))?;
    let behind = at + sign.len_utf8();
    let next = skip_trivia(text, behind);
    let names = !text[behind..next].contains('\n') && (known.permission)(phrase(text, next));
    names.then(|| &text[at..behind])
}

/// The signs before the further permissions of a list that take each of them away; nothing where one has none.
pub fn unsigned(text: &str, mut behind: usize, known: &Known<'_>) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for _ in 0..MOST_WORDS {
        let comma = skip_trivia(text, behind);
        if token(text, comma) != "," {
            return Some(edits);
        }
        let next = skip_trivia(text, comma + 1);
        let sign = signed(text, next, known)?;
        let name = skip_trivia(text, next + sign.len());
        edits.push((next..name, String::new()));
        behind = name + phrase(text, name).len();
    }
    None
}

/// A word with its apostrophes, or a sign.
fn word(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    if let Some(sign) = ["->", "=>", "=="].into_iter().find(|sign| rest.starts_with(sign)) {
        return sign;
    }
    let end = rest.find(|c: char| !c.is_alphabetic() && !matches!(c, '\'' | '’' | '`')).unwrap_or(rest.len());
    if end > 0 && rest.starts_with(char::is_alphabetic) {
        let whole = phrase(text, at);
        return if whole.len() > end { whole } else { &rest[..end] };
    }
    token(text, at)
}

/// A statement that begins with what it does: `deny ann write`, `GRANT write ON room TO ann`, `permit(principal == User::"ann", …);`.
pub struct Reversed {
    /// Where it ends.
    pub end: usize,
    /// The entry that it is.
    pub entry: String,
    /// An entry for each whom it names.
    pub more: Vec<String>,
    /// Whether it names someone.
    pub named: bool,
    /// Whether it has a condition.
    pub conditional: bool,
    /// The resource that it speaks of.
    pub resource: Option<String>,
}

/// The verb that such a statement begins with.
pub fn leading(word: &str) -> Option<&'static str> {
    match &*word.to_lowercase() {
        "allow" | "permit" | "grant" | "give" | "let" | "allows" | "grants" | "permits" | "has_permission" => Some("can"),
        "deny" | "forbid" | "block" | "ban" | "prohibit" | "revoke" | "refuse" | "reject" | "disallow" | "prevent" | "denies" => {
            Some("cannot")
        }
        _ => None,
    }
}

/// Reads such a statement at a place.
pub fn reversed(text: &str, at: usize, first: usize, verb: &str, known: &Known<'_>) -> Reversed {
    let end = statement_end(text, at + first);
    let inside = text[at + first..end].trim_end_matches([';', ' ', '\t']);
    let (mut all, mut conditional) = (Vec::<String>::new(), false);
    let (mut who, mut permissions, mut resource) = (None::<String>, Vec::<&str>::new(), None::<String>);
    let mut before: Option<&str> = None;
    let mut pos = 0;
    while pos < inside.len() {
        let word = phrase(inside, pos);
        let at = pos;
        pos = skip_trivia(inside, pos + word.len().max(1));
        let bare = word.trim_matches('"');
        if word == "," {
            before = None;
        }
        if !bare.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '_')) {
            continue;
        }
        let lower = bare.to_lowercase();
        if matches!(&*lower, "if" | "when" | "unless" | "where") {
            conditional = true;
            break;
        }
        if lower.starts_with("input.") {
            continue;
        }
        // `User::"ann"`
        let typed = inside[at + word.len()..].starts_with("::") || inside[at + word.len()..].starts_with(":\"");
        let sort = before.take();
        match (sort, &*lower) {
            _ if typed => before = Some(if lower == "action" { "" } else { bare }),
            (Some(""), _) => permissions.push(bare),
            // `user: User` says of what sort it is.
            (Some(sort), lower) if sort.to_lowercase() == lower => {}
            (Some(sort), _) if matches!(&*sort.to_lowercase(), "user" | "users") => {
                all.push(format!("user {word}"));
                who = who.or(Some(format!("user {word}")));
            }
            (Some(sort), _) if matches!(&*sort.to_lowercase(), "group" | "groups" | "team" | "role") => {
                all.push(format!("group {word}"));
                who = who.or(Some(format!("group {word}")));
            }
            (Some(sort), _) if word.starts_with('"') || !FILLING.contains(&&*lower) && lower != "to" => {
                resource = resource.or(Some(format!("{} {word}", sort.to_lowercase())));
            }
            (None, "user" | "users" | "group" | "groups" | "team") => before = Some(bare),
            (_, "on" | "in" | "to" | "for" | "from" | "the" | "and" | "or" | "with" | "access" | "permission" | "of" | "is") => {}
            (
                _,
                "principal" | "action" | "resource" | "actor" | "input" | "when" | "unless" | "if" | "where" | "true" | "like",
            ) => {}
            (_, "all") if permissions.is_empty() && matches!(token(inside, pos), "from" | "to" | "on") => permissions.push("*"),
            (_, "everyone" | "everybody" | "anyone" | "all" | "public" | "default" | "anybody") if who.is_none() => {
                who = Some("default".into());
            }
            (_, "select" | "read" | "view") if (known.permission)("read") => permissions.push("read"),
            (_, "insert" | "update" | "delete" | "edit") if (known.permission)("write") => permissions.push("write"),
            _ if (known.permission)(&lower) => permissions.push(bare),
            _ if known.kinds.contains(&*lower) => before = Some(bare),
            _ if (known.group)(bare) && who.is_none() => who = Some(format!("group {word}")),
            _ if who.is_none() => who = Some(format!("user {word}")),
            _ => {}
        }
    }
    permissions.dedup();
    let list = if permissions.is_empty() { if verb == "can" { "read" } else { "*" }.to_owned() } else { permissions.join(", ") };
    let more = all.iter().take(MOST_WORDS).map(|who| format!("{who} {verb} {list}")).collect();
    let named = !all.is_empty() || who.as_deref() == Some("default");
    let who = who.unwrap_or_else(|| "user ann".into());
    Reversed { end, entry: format!("{who} {verb} {list}"), more, named, conditional, resource }
}

/// Where it ends: with its line or its `;`, or behind what its brackets hold.
fn statement_end(text: &str, from: usize) -> usize {
    let (mut pos, mut end, mut depth) = (from, from, 0usize);
    loop {
        pos = skip_trivia(text, pos);
        let token = token(text, pos);
        let fresh = text[end..pos].contains('\n');
        let goes_on = matches!(token, "when" | "unless" | "{" | "(" | ";");
        match token {
            "" => return end,
            _ if depth == 0 && fresh && !goes_on => return end,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth > 0 => depth -= 1,
            "}" => return end,
            ";" if depth == 0 => return pos + 1,
            _ => {}
        }
        pos += token.len();
        end = pos;
    }
}
