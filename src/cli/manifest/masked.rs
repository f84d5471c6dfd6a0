//! A manifest as messages show it: someone may have written a key where its file is named, and no message says a key.

use std::ops::Range;

use crate::cli::hide;
use crate::finding::did_you_mean;

/// What may stand in `[token]` as a name.
const NAMES: &[&str] = &[
    "token",
    "issuer",
    "audience",
    "project",
    "ttl",
    "leeway",
    "organization-claim",
    "algorithm",
    "separation-of-duty",
    "key",
    "keys",
    "file",
    "env",
    "not-before",
    "retire",
];
/// Names of what is a secret in any table.
const SECRET: &[&str] = &["key", "keys", "jwk", "jwks", "pem", "secret", "password", "private-key", "signing-key"];
/// The fewest characters of base64 that are taken for a key.
const LONG: usize = 24;
/// The same where a `/` is among them, which is one of base64 and one of paths.
const LONG_PATH: usize = 40;
const STARS: char = '*';

/// The text with stars for what may be a key, byte for byte, so that places stay where they are; and whether `place` is one
/// of `[token]`, or of a name of a secret.
pub fn text(manifest: &str, place: &Range<usize>) -> (String, bool) {
    let (mut shown, mut in_token, mut quotes) = (String::with_capacity(manifest.len()), false, None);
    let mut is_there = false;
    for line in manifest.split_inclusive('\n') {
        let start = shown.len();
        let bare = line.trim_start();
        let is_header = quotes.is_none() && header(bare).is_some();
        in_token = header(bare).filter(|_| is_header).unwrap_or(in_token);
        let (name, value) = line.split_once('=').map_or((line, ""), |(name, value)| (name, value));
        let word = name.trim().trim_matches(['"', '\'']);
        let of_token = in_token || word.starts_with("token") || word.split(['.', ' ']).any(|part| SECRET.contains(&part));
        let hides = quotes.is_some() || of_token;
        is_there |= hides && place.start < start + line.len() && place.end >= start;
        if !hides {
            shown.push_str(line);
        } else if is_header || quotes.is_none() && !value.is_empty() && !bare.starts_with('#') {
            // A line of a text or of a list over several lines has no name.
            let (name, value) = if is_header { (line, "") } else { line.split_at(line.len() - value.len()) };
            names(name, &mut shown);
            stars(value, |word| ["file", "env", "not-before", "retire"].contains(&word), &mut shown);
        } else {
            stars(line, |_| false, &mut shown);
        }
        if quotes.is_none() && bare.starts_with('#') {
            continue;
        }
        for kind in ["\"\"\"", "'''"] {
            if line.matches(kind).count() % 2 == 1 && quotes.is_none_or(|open| open == kind) {
                quotes = if quotes.is_some() { None } else { Some(kind) };
            }
        }
    }
    for found in secrets(&shown) {
        let stars = starred(&shown[found.clone()]);
        shown.replace_range(found, &stars);
    }
    (shown, is_there)
}

/// Whether the table that begins on a line is `token`; none begins where a list goes on, and none that is not known.
fn header(line: &str) -> Option<bool> {
    let name = line.strip_prefix('[')?.trim_start_matches(['[', ' ', '\t']);
    if name.trim_start_matches(['"', '\'']).starts_with("token") {
        return Some(true);
    }
    ["policy", "lint", "diff"].iter().any(|known| name.starts_with(known)).then_some(false)
}

/// The name of a field or a table: the first word as it is, and behind it those that are known.
fn names(name: &str, shown: &mut String) {
    let first = name.find(|c: char| c.is_alphanumeric()).unwrap_or(0);
    let length = name[first..].find(|c: char| !is_of_name(c)).unwrap_or(name.len() - first);
    shown.push_str(&name[..first]);
    let word = &name[first..first + length];
    if is_a_name(word) {
        shown.push_str(word)
    } else {
        stars(word, |_| false, shown)
    }
    stars(&name[first + length..], |word| NAMES.contains(&word), shown);
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "-_".contains(c)
}

/// Whether something that stands for a field is the name of one, or a slip of the pen, and no key.
fn is_a_name(word: &str) -> bool {
    let plain = word.len() < LONG && word.chars().all(|c| c.is_ascii_lowercase() || "-_".contains(c));
    plain || NAMES.contains(&word) || did_you_mean(word, NAMES.iter().copied()).is_some()
}

/// A star for each byte of what is quoted, and of what no quotes stand around, but for words that are kept.
fn stars(value: &str, keeps: impl Fn(&str) -> bool, shown: &mut String) {
    for word in value.split_inclusive(|c: char| !is_of_name(c)) {
        let bare = word.trim_end_matches(|c: char| !is_of_name(c));
        let (bare, rest) = word.split_at(bare.len());
        if keeps(bare) {
            shown.push_str(bare)
        } else {
            shown.push_str(&starred(bare))
        }
        // What is no word is kept where it is one byte, and so are the ends of lines.
        rest.chars()
            .for_each(|c| if c.is_ascii() { shown.push(c) } else { shown.push_str(&starred(c.encode_utf8(&mut [0; 4]))) });
    }
}

/// A star for each byte, with the ends of lines where they are.
fn starred(text: &str) -> String {
    text.bytes().map(|b| if matches!(b, b'\n' | b'\r') { char::from(b) } else { STARS }).collect()
}

/// What the reader of TOML found where something else is expected, for people: a value of `[token]` is never said.
pub fn found(value: &str, is_field: bool, of_token: bool) -> String {
    let hidden = of_token && !(is_field && is_a_name(value)) || !secrets(value).is_empty();
    if hidden { "`…`".into() } else { format!("`{value}`") }
}

/// A sentence without what may be a key.
pub fn sentence(said: &str) -> String {
    let mut shown = String::new();
    let mut from = 0;
    for found in secrets(said) {
        shown.push_str(&said[from..found.start]);
        shown.push('…');
        from = found.end;
    }
    shown + &said[from..]
}

/// Where keys, tokens and what else may be secret by its looks stand in a text, one behind the other.
pub fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = hide::tokens_in(text);
    all.extend(pem(text));
    if text.contains("\"kty") || text.contains("\\\"kty") {
        all.extend(text.find('{').map(|from| from..text.rfind('}').map_or(text.len(), |to| to + 1).max(from)));
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let mut at = 0;
    for run in text.split_inclusive(|c: char| !is_base64(c)) {
        let word = run.trim_end_matches(|c| !is_base64(c));
        if looks_random(word) {
            all.push(at..at + word.len());
        } else {
            let mut inner = at;
            for part in word.split('/') {
                all.extend(looks_random(part).then_some(inner..inner + part.len()));
                inner += part.len() + 1;
            }
        }
        at += run.len();
    }
    all.sort_unstable_by_key(|r| (r.start, r.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for next in all {
        match joined.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            _ => joined.push(next),
        }
    }
    joined
}

/// Blocks of PEM; one without an end goes on to the end of the text.
fn pem(text: &str) -> impl Iterator<Item = Range<usize>> {
    const END: &str = "-----END ";
    text.match_indices("-----BEGIN ").map(|(from, _)| {
        let end = text[from..].find(END).map(|at| from + at + END.len());
        let to = end.and_then(|end| text[end..].find("-----").map(|at| end + at + 5)).unwrap_or(text.len());
        from..to
    })
}

/// Whether a run of base64 looks like no word: it is long, and has digits or letters of both cases.
fn looks_random(run: &str) -> bool {
    let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let (upper, lower, digits) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
    match run.contains('/') {
        true => run.len() >= LONG_PATH && upper > 2 && lower > 2 && digits > 0,
        false => run.len() >= LONG && (digits > 0 && upper + lower > 0 || upper > 1 && lower > 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{found, sentence, text};

    #[test]
    fn keys_are_hidden_and_nothing_moves() {
        let manifest = "[lint]\nexpires-soon-days = 7\n[token]\nissuer = \"hunter2\"\nkey = \"hunter2\"\nsecret = 'é\\\"x'\nkey = { jwk = \"hunter2\" }\n\
                        key = { file = \"k.pem\" }\npem = \"\"\"\nMIIB==\nabc\n\"\"\"\nttl = \"hunter2\"\nkey.HUNTER = 1\n# hunter2\nseparation-of-duty = [\n  ['hunter2', 'x']\n]\n\
                        [diff]\ndeny = [\"x\"]\nkey = 'hunter2'\ntoken.key = \"h2\"\n[token.HUNTER]\n";
        let (hidden, _) = text(manifest, &(0..0));
        assert_eq!(hidden.len(), manifest.len());
        let kept =
            ["[token]", "issuer = \"", "ttl = \"", "deny = [\"x\"]", "expires-soon-days = 7", "key = { file = ", "token.key"];
        for kept in kept {
            assert!(hidden.contains(kept), "{kept}: {hidden}");
        }
        for gone in ["hunter2", "MIIB", "abc", "h2", "é", "k.pem", "HUNTER"] {
            assert!(!hidden.contains(gone), "{gone}: {hidden}");
        }
    }

    #[test]
    fn a_place_is_one_of_the_token_or_not() {
        let manifest = "[lint]\na = 1\n[token]\nttl = 'x'\n";
        for (part, of_token) in [("a = 1", false), ("[lint]", false), ("'x'", true), ("[token]", true)] {
            let at = manifest.find(part).unwrap_or_default();
            assert_eq!(text(manifest, &(at..at + part.len())).1, of_token, "{part}");
        }
        assert!(text("token = 'hunter2'\n", &(8..17)).1);
    }

    #[test]
    fn what_looks_like_a_key_is_in_no_sentence() {
        let key = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v";
        for (said, shown) in [
            (format!("`{key}` is none"), "`…` is none"),
            (format!("a\n-----BEGIN PRIVATE KEY-----, {key}, ab=, -----END PRIVATE KEY-----`"), "a\n…`"),
            (format!("-----BEGIN PRIVATE KEY-----\\n{key}\\nab"), "…"),
            ("`{\"kty\":\"oct\",\"k\":\"x\"}` is none".into(), "`…` is none"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJrIjoiaWQifQ.c2ln".into(), "…"),
            ("0123456789abcdef0123456789abcdef".into(), "…"),
        ] {
            assert_eq!(sentence(&said), shown, "{said}");
        }
        for plain in ["no rule is named `prohibition-without-effect`", "`policies/teams/2027/some-long-name/*.rk`", "é"] {
            assert_eq!(sentence(plain), plain);
        }
        assert_eq!((found("isuer", true, true), found("hunter2", false, true)), ("`isuer`".into(), "`…`".into()));
        assert_eq!((found("HUNTER2", true, true), found("wraning", false, false)), ("`…`".into(), "`wraning`".into()));
    }
}
