//! The words that are written for others, and the signs of other languages.

use std::ops::Range;

use super::super::edit::Edit;
use super::super::keyword::is_keyword;
use super::super::print::is_forbidden;
use super::super::recover::{skip_trivia, token};
use super::super::{Items, Rule};
use super::denial;
use super::trying::phrase;

/// What goes on with an item.
pub const CONTINUING: &[&str] = &["until", "on", "in", "includes", "everywhere", "can", "cannot", "to", "with", "at", ","];
/// What stands inside of an item.
pub const INSIDE: &[&str] = &[
    "can",
    "cannot",
    "nothing",
    "until",
    "on",
    "in",
    "includes",
    "everywhere",
    "everyone",
    "to",
    "user",
    "group",
    "gets",
    "from",
    "with",
    "at",
    "no",
    "one",
    "only",
    "most",
    "least",
    "both",
    "and",
    ",",
    "<",
];
/// What the lines of a kind begin with.
pub const KIND: &[&str] = &["levels", "features", "retired", "permissions", "owner"];
/// What to say where a user is assumed.
pub const OR_GROUP: &str = ", or `group` in place of `user`";

/// Words of other languages, and what they are here; the grammar decides which one fits.
const MEANT: &[(&str, &[&str])] = &[
    ("everyone", &["default"]),
    ("everybody", &["default", "everyone"]),
    ("anyone", &["default", "everyone"]),
    ("anybody", &["default", "everyone"]),
    ("all", &["default", "everyone"]),
    ("public", &["default"]),
    ("authenticated", &["default", "everyone"]),
    ("import", &["use"]),
    ("include", &["use", "includes"]),
    ("using", &["use"]),
    ("type", &["kind"]),
    ("entity", &["kind"]),
    ("team", &["group"]),
    ("grant", &["assign", "can"]),
    ("give", &["assign"]),
    ("actions", &["permissions"]),
    ("privileges", &["permissions"]),
    ("member", &["user"]),
    ("members", &["user"]),
    ("may", &["can"]),
    ("has", &["can"]),
    ("have", &["can"]),
    ("gets", &["can"]),
    ("allow", &["can"]),
    ("allows", &["can"]),
    ("allowed", &["can"]),
    ("grants", &["can"]),
    ("permissions", &["can"]),
    ("deny", &["cannot"]),
    ("denied", &["cannot"]),
    ("never", &["cannot"]),
    ("till", &["until"]),
    ("til", &["until"]),
    ("by", &["until"]),
    ("before", &["until"]),
    ("through", &["until"]),
    ("expires", &["until"]),
    ("extends", &["includes"]),
    ("inherits", &["includes"]),
    ("with", &["includes"]),
    ("implies", &["includes"]),
    ("and", &[","]),
    ("or", &[","]),
    ("&", &[","]),
    ("|", &[","]),
    ("+", &[","]),
    ("for", &["on", "in", "to"]),
    ("of", &["in", "on"]),
    ("on", &["in"]),
    ("in", &["on"]),
    ("at", &["in"]),
    ("within", &["in"]),
    ("under", &["in"]),
    ("inside", &["in"]),
    ("into", &["in"]),
    ("default", &["everyone"]),
    ("none", &["nothing"]),
    ("no", &["nothing"]),
    ("is", &["gets"]),
    ("nobody", &["no one"]),
    ("none", &["no one"]),
    (",", &["<"]),
    ("global", &["everywhere"]),
    ("globally", &["everywhere"]),
    ("anywhere", &["everywhere"]),
];

/// Of more names than these, no more are shown.
const MOST_SHOWN: usize = 8;

/// The words of `among` that `word` may stand for, the likeliest first.
pub fn meant(word: &str, among: &'static [&'static str]) -> Vec<&'static str> {
    let near = |other: &&'static str| (strsim::osa_distance(&word.to_lowercase(), other), *other);
    // A word of the language that stands in a wrong place is no misspelled other one.
    let misspelled = (2..32).contains(&word.len()) && !is_keyword(word);
    let mut near: Vec<(usize, &str)> = among.iter().map(near).filter(|_| misspelled).collect();
    near.retain(|(edits, other)| *edits <= (word.len() / 3).max(1) && *edits < other.len() && *other != word);
    near.sort_by_key(|(edits, _)| *edits);
    let lower = word.to_lowercase();
    let same = MEANT.iter().filter(|(foreign, _)| *foreign == lower).flat_map(|(_, meant)| *meant);
    // What joins is near to nothing else.
    if same.clone().any(|meant| *meant == ",") && among.contains(&",") {
        near.clear();
    }
    let mut found: Vec<&str> = near.into_iter().map(|(_, other)| other).collect();
    for meant in same.copied().filter(|meant| among.contains(meant)) {
        if !found.contains(&meant) {
            found.push(meant);
        }
    }
    // What may take something away is never read as what gives it.
    if denial::is_taking(word) {
        found.retain(|meant| TAKING.contains(meant));
    }
    found
}

/// Whether a word is one of other languages for one of this.
pub fn is_foreign(lower: &str) -> bool {
    MEANT.iter().any(|(foreign, _)| *foreign == lower)
}

/// Whether a word of other languages is one here that a statement begins with.
pub fn opens(word: &str) -> bool {
    const STATEMENTS: &[&str] = &["use", "kind", "group", "assign"];
    MEANT.iter().any(|(foreign, meant)| *foreign == word && meant.iter().any(|meant| STATEMENTS.contains(meant)))
}

/// Whether a word stands for `nothing`, in the place of a list.
pub fn is_nothing(word: &str) -> bool {
    let lower = word.to_lowercase();
    let said = matches!(&*lower, "no" | "none" | "nil" | "null" | "nada" | "zero" | "naught" | "nought" | "nothing");
    // `none` alone is said to need a feature.
    !matches!(word, "none" | "nothing")
        && !is_all(word)
        && (said || (5..=9).contains(&lower.len()) && strsim::osa_distance(&lower, "nothing") <= 2)
}

/// Whether a word speaks of some people, or of all, and does not say which.
pub fn is_some(word: &str) -> bool {
    const SOME: &[&str] = &["users", "people", "groups", "anybody", "someone", "guests", "visitors", "strangers"];
    SOME.contains(&&*word.to_lowercase()) || is_unknown(word)
}

/// Whether a word speaks of those who do not sign in.
pub fn is_unknown(word: &str) -> bool {
    matches!(&*word.to_lowercase(), "anonymous" | "unauthenticated")
}

/// Whether a word behind a verb says no more than the list does.
pub fn is_filler(word: &str) -> bool {
    matches!(&*word.to_lowercase(), "only" | "just" | "also" | "always" | "still" | "merely" | "even")
}

/// Whether a word leads up to a condition or to something else that is no name.
pub fn is_condition(lower: &str) -> bool {
    const LEADING: &[&str] = &[
        "if",
        "when",
        "whenever",
        "where",
        "while",
        "unless",
        "provided",
        "providing",
        "given",
        "assuming",
        "as",
        "who",
        "whose",
        "which",
        "that",
        "is",
        "are",
        "during",
        "after",
        "before",
        "since",
        "because",
        "than",
        "then",
        "via",
        "by",
    ];
    LEADING.contains(&lower)
}

/// Whether a word stands for every permission, in the place of a list.
pub fn is_all(word: &str) -> bool {
    matches!(&*word.to_lowercase(), "all" | "everything" | "anything" | "any" | "full")
}

/// Whether a word behind `no` only repeats that it is about permissions.
pub fn is_access(word: &str) -> bool {
    matches!(&*word.to_lowercase(), "access" | "right" | "rights" | "permission" | "permissions" | "privileges" | "anything")
}

/// What a word that takes away may stand for.
const TAKING: &[&str] = &["cannot", "nothing", "no one", "no", "on"];

/// Other words for the one at `here`, or for the one before it.
pub fn replacing(text: &str, here: Range<usize>, before: Range<usize>) -> Vec<Vec<Edit>> {
    let word = &text[here.clone()];
    let bare = text[..here.start].trim_end().len()..here.end;
    let mut found: Vec<Vec<Edit>> = meant(word, INSIDE)
        .into_iter()
        .map(|meant| vec![(if meant == "," { bare.clone() } else { here.clone() }, meant.to_owned())])
        .collect();
    if matches!(word, ":" | "=" | "-" | "(" | "[") {
        found.push(vec![(here.clone(), String::new())]);
    }
    if word.len() > 2 && word.starts_with('"') && word.ends_with('"') {
        found.push(vec![(here.clone(), word[1..word.len() - 1].to_owned())]);
    }
    match &text[before.clone()] {
        "role" | "user" | "group" if before.end < here.start && !matches!(word, "{" | "}") => {
            found.push(vec![(before.start..here.start, String::new())])
        }
        "can" => {
            let earlier = text[..before.start].trim_end();
            if let Some(start) = earlier.strip_suffix("no user").or_else(|| earlier.strip_suffix("no group")) {
                found.push(vec![(start.len() + 3..earlier.len(), "one".into())]);
            }
        }
        _ => {}
    }
    found
}

/// What an item may begin with.
pub fn beginning(items: Items) -> &'static [&'static str] {
    match items.item {
        Rule::top_item => &["use", "kind", "group", "user", "role", "assign", "facts", "test", "invariant"],
        Rule::member_item => &["user", "group"],
        Rule::role_item => &["can"],
        Rule::kind_item => KIND,
        Rule::test_item => &["user"],
        Rule::law_item => &["no", "only", "at", "no one"],
        _ => &["default", "user", "group", "owner", "member"],
    }
}

/// What an item is called.
pub fn item(items: Items) -> &'static str {
    match items.item {
        Rule::top_item => "statement",
        Rule::member_item => "member of a group",
        Rule::role_item => "line of a role",
        Rule::kind_item => "line of a kind",
        Rule::test_item => "line of a test",
        Rule::law_item => "line of an invariant",
        _ => "entry",
    }
}

/// What may be missing before a name.
pub fn missing(group: bool) -> &'static [&'static str] {
    match group {
        true => &["group ", "can ", "to ", "from ", "< ", "gets ", "in ", "on ", ", "],
        false => &["user ", "can ", "to ", "from ", "< ", "gets ", "in ", "on ", ", "],
    }
}

/// A comment of another language, with what to say of it.
pub fn comment(text: &str, at: usize) -> Option<(Range<usize>, String, String)> {
    let rest = &text[at..];
    let fresh = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "{},".contains(c));
    let mark = ["/*", "#", "--"].into_iter().find(|mark| rest.starts_with(mark)).filter(|_| fresh)?;
    let line = rest.find('\n').map_or(text.len(), |n| at + n);
    let end = if mark == "/*" { rest.find("*/").map_or(line, |n| at + n + 2) } else { line };
    let help = match mark {
        "/*" => "type `//` in front of each line of it",
        _ => "type `//` in its place",
    };
    Some((at..end, format!("a comment begins with `//`, and not with `{mark}`"), help.into()))
}

/// A sign that ends or parts nothing.
pub fn separator(text: &str, at: usize) -> Option<(Range<usize>, String, String)> {
    let sign = token(text, at);
    let help = "take it out: nothing stands between statements or entries but space";
    let message = if sign == ";" { "nothing ends with a `;`" } else { "a `,` that parts no items of a list" };
    matches!(sign, ";" | ",").then(|| (at..at + 1, message.into(), help.into()))
}

/// An id that needs quotes or other letters.
pub struct Unquoted {
    /// Where it stands.
    pub range: Range<usize>,
    /// The id as it is meant.
    pub meant: String,
    /// What to say of it.
    pub message: String,
    /// What to type.
    pub help: String,
}

/// An id that needs quotes, with what to say of it.
pub fn unquoted(text: &str, wrong: usize) -> Option<Unquoted> {
    let inside = |c: char| !c.is_whitespace() && !matches!(c, '{' | '}' | ',' | '"' | '[' | ']' | '(' | ')' | ';' | '=');
    let sign = text[wrong..].chars().next().filter(|c| inside(*c) && (!c.is_ascii() || !c.is_ascii_alphanumeric()))?;
    let start = text[..wrong].trim_end_matches(inside).len();
    let end = wrong + text[wrong..].find(|c| !inside(c)).unwrap_or(text.len() - wrong);
    let run = &text[start..end];
    // Of users and groups there are no patterns.
    let who = ["user", "group"].iter().any(|sort| text[..start].trim_end().ends_with(sort));
    let (all, inner) = (run == "*" && !who, run.find('*').is_some_and(|star| star + 1 < run.len()));
    let plain = run.chars().all(|c| !is_forbidden(c) && c != '\\' && c != '\u{feff}') && run.chars().any(char::is_alphanumeric);
    let plain = (plain || all) && !inner && run.len() <= super::SHOWN && !run.contains("//");
    let fits = plain && (wrong > start || !sign.is_ascii() || all);
    if let Some((plain, looks)) = plain_letters(run).filter(|_| fits) {
        let message = format!("`{sign}` is U+{:04X}, and only looks like `{looks}`", u32::from(sign));
        let help =
            format!("type `{plain}` in plain letters; an id that is to have the other letter stands in quotes: `\"{run}\"`");
        return Some(Unquoted { range: start..end, meant: plain, message, help });
    }
    let (message, help) = (format!("an id with `{sign}` needs quotes"), format!("type `\"{run}\"`"));
    fits.then(|| Unquoted { range: start..end, meant: format!("\"{run}\""), message, help })
}

/// An id in the plain letters that its own look like, and the first of those that are not plain, as it looks.
fn plain_letters(id: &str) -> Option<(String, String)> {
    let looks = |c: char| -> String {
        match c.is_ascii() {
            true => c.to_string(),
            false => unicode_security::confusable_detection::skeleton(c.encode_utf8(&mut [0; 4])).collect(),
        }
    };
    let plain: String = id.chars().map(looks).collect();
    let first = looks(id.chars().find(|c| !c.is_ascii())?);
    plain.chars().all(|c| c.is_ascii_alphanumeric() || "_.@+-".contains(c)).then_some((plain, first))
}

/// Where to say it, the changes, what to say, and what to type where the item does not show it.
pub type Listed = (Range<usize>, Vec<Edit>, String, Option<String>);

/// A list that is written as in another language behind the item `from..end`, and its end where the changes leave nothing to read.
pub fn listed<'t>(
    text: &'t str,
    from: usize,
    first: &'t str,
    end: usize,
    at: usize,
    kind: bool,
) -> Option<(Listed, Option<usize>)> {
    let sign = token(text, at);
    let said = at..at + sign.len();
    match first {
        "levels" if matches!(sign, "," | ">" | "|") => {
            let start = skip_trivia(text, from + first.len());
            let (names, to) = names(text, start, &[",", ">", "|", "<"]);
            let mut names: Vec<&str> = names.into_iter().map(|name| &text[name]).collect();
            if sign == ">" {
                names.reverse();
            }
            let message = format!("`{sign}` does not order levels");
            let help = format!("type `levels {}`, from the lowest to the highest", names.join(" < "));
            Some(((said, vec![(start..to, names.join(" < "))], message, Some(help)), None))
        }
        "levels" if sign == "<" => {
            let help = "take it out, or type the next level behind it";
            Some((
                (said, vec![(at..at + 1, String::new())], "`<` stands behind the last level".into(), Some(help.into())),
                Some(at + 1),
            ))
        }
        "levels" | "permissions" | "features" | "retired"
            if is_word(sign) && !is_keyword(sign) && meant(sign, KIND).is_empty() =>
        {
            let sign = if first == "levels" { " <" } else { "," };
            let message = format!("a `{}` is missing before `{}`", sign.trim(), phrase(text, at));
            Some(((at..at + phrase(text, at).len(), vec![(end..at, format!("{sign} "))], message, None), None))
        }
        _ if at == end && sign.len() > 1 && sign.starts_with('.') && text[..at].ends_with('*') => {
            let message = format!("`:` stands before a level, and no `.`: found `*{sign}`");
            Some(((at - 1..at + sign.len(), vec![(at..at + 1, ":".to_owned())], message, None), None))
        }
        _ if sign == ","
            && (matches!(first, "use" | "user" | "group") || kind)
            && from < end
            && text[from..end].split_whitespace().count() == 2 =>
        {
            let (names, to) = names(text, skip_trivia(text, at + 1), &[","]);
            let [one, ..] = &names[..] else { return None };
            if is_keyword(&text[one.clone()]) {
                return None;
            }
            let each: String = names.iter().map(|name| format!(" {first} {}", &text[name.clone()])).collect();
            let message = format!("one `{first}` has one id");
            let head = text[from..end].split_whitespace().last().unwrap_or("");
            let more = names.iter().take(MOST_SHOWN).map(|name| format!(" and `{first} {}`", &text[name.clone()]));
            let help = format!("type `{first}` again: `{first} {head}`{}", more.collect::<String>());
            Some(((said, vec![(at..to, each)], message, Some(help)), Some(to)))
        }
        "group" | "role" | "test" | "invariant" | "kind" | "organization" | "room"
            if matches!(sign, "=" | ":" | "[" | "(" | "-") =>
        {
            let mut next = at;
            while matches!(token(text, next), "=" | ":" | "[" | "(" | "-" | ">") {
                next = skip_trivia(text, next + 1);
            }
            if token(text, next) == "{" {
                let message = format!("no `{sign}` stands before a block");
                let space = if text[..at].ends_with(' ') { "" } else { " " };
                return Some(((said, vec![(at..next, space.into())], message, None), None));
            }
            if first == "group" && matches!(token(text, next), "user" | "group") {
                let to = members(text, next)?;
                let block = format!("{{ {} }}", &text[next..to]);
                let head = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
                let message = "what is in a group stands in a block".to_owned();
                let help = format!("type `{head} {block}`");
                return Some(((said, vec![(end..to, format!(" {block}"))], message, Some(help)), Some(to)));
            }
            let (names, mut to) = names(text, next, &[","]);
            let behind = skip_trivia(text, to);
            if matches!(token(text, behind), "]" | ")") {
                to = behind + 1;
            }
            let names: Vec<&str> = names.into_iter().map(|name| &text[name]).collect();
            if names.iter().any(|name| is_keyword(name)) {
                return None;
            }
            let block = match first {
                "group" if !names.is_empty() => format!("{{ user {} }}", names.join(", user ")),
                "role" if !names.is_empty() => format!("{{ can {} }}", names.join(", ")),
                _ => return None,
            };
            let head = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("what is in a {first} stands in a block");
            let help = format!("type `{head} {block}`");
            Some(((said, vec![(end..to, format!(" {block}"))], message, Some(help)), Some(to)))
        }
        _ if sign == "," && text[from..end].ends_with("nothing") => {
            let (_, to) = names(text, skip_trivia(text, at + 1), &[","]);
            let help = "type `can nothing` alone, or the list without `nothing`";
            let edits = vec![(at..to.max(at + 1), String::new())];
            let nothing = end - "nothing".len()..end;
            Some(((nothing, edits, "`nothing` stands alone and in no list".into(), Some(help.into())), Some(to.max(at + 1))))
        }
        _ => None,
    }
}

/// The words from a place on that signs part, and where they end.
pub fn names(text: &str, start: usize, signs: &[&str]) -> (Vec<Range<usize>>, usize) {
    let (mut found, mut at, mut end) = (Vec::new(), start, start);
    loop {
        let word = phrase(text, at);
        if !is_word(word) && !word.starts_with(['"', '*']) {
            return (found, end);
        }
        end = at + word.len();
        found.push(at..end);
        let sign = skip_trivia(text, end);
        if !signs.contains(&token(text, sign)) {
            return (found, end);
        }
        at = skip_trivia(text, sign + token(text, sign).len());
    }
}

/// Where members end that are listed from a place on, on one line.
fn members(text: &str, mut at: usize) -> Option<usize> {
    let mut end = None;
    loop {
        let word = token(text, at);
        let id = skip_trivia(text, at + word.len());
        if !matches!(word, "user" | "group") || !(is_word(token(text, id)) || token(text, id).starts_with('"')) {
            return end;
        }
        let behind = id + token(text, id).len();
        if text[at..behind].contains('\n') {
            return end;
        }
        end = Some(behind);
        let comma = skip_trivia(text, behind);
        if token(text, comma) != "," {
            return end;
        }
        at = skip_trivia(text, comma + 1);
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}
