//! Finds tokens and keys where somebody typed one in the place of a name, and takes them out of what is said.

use std::borrow::Cow;
use std::ffi::OsString;
use std::ops::Range;
use std::sync::LazyLock;

use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use memchr::memchr_iter;
use memchr::memmem::Finder;
use serde_json::Value;

use super::Trouble;

/// What nobody else may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A signed token, whole or cut behind its header.
    Token,
    /// A key as PEM or JWK.
    Key,
}

/// Some readers are not strict about the last bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The header of a token has as many characters at least: `{"alg":""}`.
pub const SHORTEST: usize = 14;
/// Fewer characters than this are a word that only begins like a token.
const BEGINNING: usize = 12;
/// The longest header that is looked for.
const LONGEST: usize = 16 << 10;
/// How a JSON object begins in base64url, where nothing stands before it.
const OPEN: [&str; 2] = ["ey", "ew"];
/// Files of questions are looked through row by row.
static PEM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-----BEGIN "));
static KTY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"kty"));

/// What is secret in a text; nothing in almost every one.
pub fn secret(text: &str) -> Option<Secret> {
    let bytes = text.as_bytes();
    if bytes.len() < SHORTEST {
        return None;
    }
    if memchr_iter(b'.', bytes).any(|dot| header_before(text, dot).is_some()) {
        return Some(Secret::Token);
    }
    // In a JWK its kind; in a text inside of JSON with a `\` before the quote.
    let kty = |at: usize| matches!(bytes.get(at + 4), Some(b'"' | b'\\'));
    let is_key = PEM.find(bytes).is_some() || KTY.find_iter(bytes).any(kty);
    is_key.then_some(Secret::Key)
}

impl Secret {
    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            Secret::Token => "[token]",
            Secret::Key => "[key]",
        }
    }

    fn trouble(self, place: usize) -> Trouble {
        let (name, help) = match self {
            Secret::Token => {
                ("token", "a token stands behind `--token`, `token verify` or `token inspect`; `-` reads it from stdin")
            }
            Secret::Key => ("key", "write the key to a file that only you can read, and name the file in roomkey.toml"),
        };
        Trouble::new(format!("argument {place} holds a {name}, and none belongs there")).help(help)
    }
}

/// Refuses a token or a key in every argument but the one that is the token of the command.
pub fn refuse(arguments: &[OsString], token: Option<&str>) -> Result<(), Trouble> {
    let mut token = token;
    for (place, argument) in arguments.iter().enumerate().skip(1) {
        let argument = argument.to_string_lossy();
        match secret(&argument) {
            None => {}
            Some(Secret::Token)
                if token.is_some_and(|t| argument.strip_suffix(t).is_some_and(|o| ["", "--token="].contains(&o))) =>
            {
                token = None;
            }
            Some(found) => return Err(found.trouble(place)),
        }
    }
    Ok(())
}

/// What is wrong with arguments, without what is secret in them.
pub fn misuse<'t>(said: &'t str, arguments: &[OsString]) -> Cow<'t, str> {
    // Pieces of a key are secret, too, and a message may hold any.
    let key = |argument: &OsString| secret(&argument.to_string_lossy()) == Some(Secret::Key);
    match arguments.iter().position(key) {
        Some(place) => {
            let Trouble { message, help } = Secret::Key.trouble(place);
            Cow::Owned(format!("error: {message}\n  help: {}\n", help.unwrap_or_default()))
        }
        None => tokens(said),
    }
}

/// The text with `[token]` in the place of each token, also of the beginning of one.
pub fn tokens(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((from, to)) = first(rest) {
        shown += &rest[..from];
        shown += Secret::Token.mark();
        rest = &rest[to..];
    }
    if shown.is_empty() && rest.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(shown + rest) }
}

/// Where the tokens and beginnings of tokens stand.
pub fn tokens_in(text: &str) -> Vec<Range<usize>> {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((from, to)) = first(&text[at..]) {
        all.push(at + from..at + to);
        at += to;
    }
    all
}

/// Where the first token or beginning of one stands.
fn first(text: &str) -> Option<(usize, usize)> {
    let whole = memchr_iter(b'.', text.as_bytes()).find_map(|dot| header_before(text, dot));
    let begun = OPEN.iter().filter_map(|open| text.match_indices(open).map(|(at, _)| at).find(|at| begins(&text[*at..]))).min();
    let from = whole.into_iter().chain(begun).min()?;
    let length = text[from..].find(|c: char| !(is_base64(c) || c == '.')).unwrap_or(text.len() - from);
    Some((from, from + length))
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Where the header of a token begins that ends before a dot: a JSON object that names its algorithm.
fn header_before(text: &str, dot: usize) -> Option<usize> {
    let length = text[..dot].bytes().rev().take(LONGEST).take_while(|b| is_base64(char::from(*b))).count();
    if length < SHORTEST {
        return None;
    }
    let part = &text[dot - length..dot];
    // A word may stand before it, and blanks inside of it.
    let starts = OPEN.iter().flat_map(|open| part.match_indices(open).map(|(at, _)| at));
    std::iter::once(0).chain(starts).find(|start| is_header(&part[*start..])).map(|start| dot - length + start)
}

fn is_header(part: &str) -> bool {
    let opens = |text: &str| BASE64.decode(text).is_ok_and(|b| b.trim_ascii_start().first().is_none_or(|b| *b == b'{'));
    let object = |text: &str| serde_json::from_slice::<Value>(&BASE64.decode(text).ok()?).ok();
    opens(part.get(..8).unwrap_or_default()) && object(part).is_some_and(|header| header.get("alg").is_some())
}

/// Whether a text begins as an encoded JSON object does: with a bracket, a name in quotes and a colon.
fn begins(text: &str) -> bool {
    let length = text.bytes().take(4 * BEGINNING).take_while(|b| is_base64(char::from(*b))).count();
    let Ok(bytes) = BASE64.decode(&text[..length - length % 4]) else { return false };
    let name = bytes.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).and_then(|b| b.strip_prefix(b"\""));
    let end = |name: &[u8]| {
        memchr::memchr(b'"', name).is_some_and(|end| {
            name[..end].iter().all(|b| b.is_ascii_graphic()) && name[end + 1..].trim_ascii_start().first() == Some(&b':')
        })
    };
    length >= BEGINNING && name.is_some_and(end)
}

#[cfg(test)]
mod tests {
    use super::{BASE64, Engine, Secret, misuse, refuse, secret, tokens};

    fn encoded(header: &str) -> String {
        BASE64.encode(header)
    }

    #[test]
    fn tokens_are_hidden_and_words_are_not() {
        let hidden = tokens("no `eyJhbGciOiJIUzI1NiJ9.eyJrIjoiaWQifQ.c2ln-_` and eyJhbGciOiJIUz…, eyJ, keyJ");
        assert_eq!(hidden, "no `[token]` and [token]…, eyJ, keyJ");
        let spaced = format!("user-{}.eyJrIjoiaWQifQ. is", encoded("{\n \"typ\": \"JWT\", \"alg\": \"ES256\"}"));
        assert_eq!(tokens(&spaced), "user-[token] is");
        for plain in ["nothing", "eyJohnsonAndSons.example.com", "eyJohnsonAndSonsLimited", "the keyJhbGciO.x", ""] {
            assert_eq!(tokens(plain), plain);
        }
    }

    #[test]
    fn what_is_secret_is_found_wherever_it_stands() {
        for header in [
            "{\"alg\":\"none\"}",
            "  {\"alg\":1}",
            "\t\n{ \"kid\":\"a\",\"alg\":\"RS256\"}",
            "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
        ] {
            let token = format!("{}.eyJrIjoiaWQifQ.c2ln", encoded(header));
            let cut = format!("{}.eyJr", encoded(header));
            for text in [token.clone(), format!("room:{token}"), format!("design:*={token}"), format!("ä {token}\n"), cut] {
                assert_eq!(secret(&text), Some(Secret::Token), "{header:?}: {text}");
            }
            // The header alone is none, and neither is what has no algorithm.
            assert_eq!(secret(&encoded(header)), None);
        }
        for key in
            ["-----BEGIN PRIVATE KEY-----\nMC4\n", "x{\"d\":\"1\",\"kty\":\"oct\"}", "{\"a\":\"{\\\"kty\\\":\\\"oct\\\"}\"}"]
        {
            assert_eq!(secret(key), Some(Secret::Key), "{key}");
        }
        for plain in [
            "marie@example.com",
            "eyJohn.Smith.Esq",
            "design:eyJhbGci.home.page",
            "kty",
            "-----",
            "a.b.c",
            "e30.e30.e30",
            "eyJzdWIiOiJtYXJpZSJ9.x.y",
            "{\"ktype\":1}",
        ] {
            assert_eq!(secret(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_token_has_one_place_among_the_arguments() {
        let token = format!("{}.eyJrIjoiaWQifQ.c2ln", encoded("{\"alg\":\"none\"}"));
        let args = |all: &[&str]| all.iter().map(Into::into).collect::<Vec<std::ffi::OsString>>();
        assert!(refuse(&args(&["roomkey", "check", "--token", &token, "read", "room:a"]), Some(&token)).is_ok());
        assert!(refuse(&args(&["roomkey", "check", &format!("--token={token}"), "read", "room:a"]), Some(&token)).is_ok());
        let twice = refuse(&args(&["roomkey", "check", "--token", &token, &token]), Some(&token)).map_err(|e| e.message);
        assert_eq!(twice, Err("argument 4 holds a token, and none belongs there".into()));
        assert!(refuse(&args(&["roomkey", "check", &format!("user:{token}")]), None).is_err());
        let said = format!("error: unexpected argument '{token}' found");
        assert_eq!(misuse(&said, &args(&["roomkey", &token])), "error: unexpected argument '[token]' found");
        let spaced = format!("{}.eyJrIjoiaWQifQ.c2ln", encoded(" {\"alg\":\"none\"}"));
        assert_eq!(misuse(&spaced, &args(&["roomkey", &spaced])), "[token]");
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4\n";
        let said = format!("invalid value '{pem}' for '--at'");
        let said = misuse(&said, &args(&["roomkey", &format!("--at={pem}")])).into_owned();
        assert!(said.starts_with("error: argument 1 holds a key, and none belongs there\n  help: write"), "{said}");
    }
}
