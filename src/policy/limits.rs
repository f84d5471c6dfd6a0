//! What a line says of how long, of which kind and on what condition, a suggestion says, too: who types it must not give more than
//! was written.

use super::denied::{around, code};
use crate::finding::Finding;
use crate::syntax::mend::denial::is_grant;

/// What is said where a grant was written with a condition.
const NO_CONDITION: &str =
    "no entry has a condition: put those of whom it holds into a group, and give that group the permission";
/// Words that begin a condition.
const CONDITIONS: &[&str] = &["if", "unless", "when", "where", "whenever", "provided"];
/// Words behind which a principal goes on with a statement and begins none.
const JOINING: &[&str] = &[
    "to",
    "from",
    "except",
    "excepting",
    "excluding",
    "but",
    "without",
    "minus",
    "besides",
    "save",
    "not",
    "and",
    "or",
    "of",
    "for",
    "by",
    "with",
    "no",
    "only",
    "allow",
    "permit",
    "grant",
    "give",
    "let",
    "deny",
    "forbid",
    "revoke",
    "member",
    "owner",
];
/// Words that a statement begins with.
const STARTS: &[&str] = &["user", "group", "default", "everyone", "assign", "grant", "allow", "permit", "give", "let"];

/// Adds to what a help says to type how long and on which kind its line says, and takes the help away where there is a condition.
pub fn keep(finding: &mut Finding, text: &str) {
    let Some(help) = finding.help.as_ref().filter(|help| help.starts_with("type ") || help.contains(": type ")) else { return };
    let (line, _) = around(text, finding.span);
    let at = (finding.span.start as usize).saturating_sub(line.as_ptr().addr() - text.as_ptr().addr());
    let words = statement(line, at);
    if !code(help).any(gives) {
        return;
    }
    let said = code(help).collect::<Vec<_>>().join("\n");
    let has = |word: &str| said.split_whitespace().any(|other| other == word);
    if words.iter().any(|word| CONDITIONS.contains(&&*word.to_lowercase())) && !CONDITIONS.iter().any(|word| has(word)) {
        finding.help = Some(NO_CONDITION.into());
        finding.fix = None;
        return;
    }
    let mut behind = String::new();
    let ends = |word: Option<&&str>| word.is_none_or(|word| *word == "until" || JOINING.contains(word) || !is_word(word));
    for (i, word) in words.iter().enumerate() {
        let Some(next) = words.get(i + 1).filter(|next| is_word(next)) else { continue };
        let kind = *word == "on" && ends(words.get(i + 2)) && next.starts_with(char::is_alphabetic);
        if (kind || *word == "until") && !has(word) && !behind.contains(&format!(" {word} ")) {
            behind.push_str(&format!(" {word} {next}"));
        }
    }
    if behind.is_empty() {
        return;
    }
    let pieces = help.split('`').enumerate();
    let longer = pieces.map(|(i, piece)| if i % 2 == 1 && gives(piece) { format!("{piece}{behind}") } else { piece.to_owned() });
    finding.help = Some(longer.collect::<Vec<_>>().join("`"));
    finding.fix = None;
}

/// Whether code is a statement that gives something.
fn gives(code: &str) -> bool {
    let first = code.split_whitespace().next().unwrap_or("");
    let assigns = first == "assign" && code.contains(" to ");
    assigns || matches!(first, "user" | "group" | "default") && is_grant(code)
}

fn is_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphanumeric() || c == '"')
}

/// The words and signs of the statement of a line in which a place lies, without comments.
fn statement(line: &str, at: usize) -> Vec<&str> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    for piece in line.split_inclusive('\n') {
        let from = piece.as_ptr().addr() - line.as_ptr().addr();
        let piece = piece.split("//").next().unwrap_or("");
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let begin = from + piece.len() - rest.len();
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '"' | ':' | '\'' | '+');
            let length = if word(first) { rest.find(|c| !word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
            if !first.is_whitespace() {
                words.push((begin, &rest[..length]));
            }
            rest = &rest[length..];
        }
    }
    let starts = |i: usize| {
        let before = i.checked_sub(1).map(|before| words[before].1);
        let goes_on =
            before.is_some_and(|word| JOINING.contains(&&*word.to_lowercase()) || matches!(word, "," | ":" | "(" | "!"));
        STARTS.contains(&words[i].1) && !goes_on
    };
    let first = (0..words.len()).rev().find(|i| words[*i].0 <= at && starts(*i)).unwrap_or(0);
    let last = (first + 1..words.len()).find(|i| words[*i].0 > at && starts(*i)).unwrap_or(words.len());
    words[first..last].iter().map(|(_, word)| *word).collect()
}

#[cfg(test)]
mod tests {
    use super::{NO_CONDITION, keep};
    use crate::finding::{Finding, SYNTAX};
    use crate::source::{FileId, Span};

    #[test]
    fn what_is_typed_gives_no_more_than_was_written() {
        let cases = [
            (
                "group staff can write until 2030-01-01 except user bob",
                "except",
                "type two: `group staff can write` and `user bob cannot write`",
                "type two: `group staff can write until 2030-01-01` and `user bob cannot write`",
            ),
            (
                "user ann can read  group staff can write on room until 2027-01-01 except user bob  user eve can read until 2028-01-01",
                "except",
                "type two: `group staff can write` and `user bob cannot write`",
                "type two: `group staff can write on room until 2027-01-01` and `user bob cannot write`",
            ),
            (
                "grant write to user bob until 2027-01-01",
                "grant",
                "type `user bob can write`",
                "type `user bob can write until 2027-01-01`",
            ),
            ("allow user bob write if x", "allow", "who comes first: type `user bob can write`", NO_CONDITION),
            ("user bob may write // if she likes, until May", "may", "type `user bob can write`", "type `user bob can write`"),
            (
                "user bob may write until 2027-01-01",
                "may",
                "type `user bob can write until 2027-01-01`",
                "type `user bob can write until 2027-01-01`",
            ),
            (
                "user bob cna write  user eve can read until 2027-01-01",
                "cna",
                "type `user bob can write`",
                "type `user bob can write`",
            ),
        ];
        for (line, at, said, kept) in cases {
            let start = line.find(at).expect("it is there") as u32;
            let span = Span { file: FileId(0), start, end: start + at.len() as u32 };
            let mut finding = Finding::new(&SYNTAX, span, "it is wrong").help(said);
            keep(&mut finding, line);
            assert_eq!(finding.help.as_deref(), Some(kept), "{line}");
        }
    }
}
