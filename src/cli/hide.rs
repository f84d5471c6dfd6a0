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
/// So many objects that may be a header are read in one word: what has more is a header, whatever it is.
const TRIES: usize = 16;
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
    let all = tokens_in(text);
    if all.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut behind) = (String::with_capacity(text.len()), 0);
    for found in all {
        shown += &text[behind..found.start];
        shown += Secret::Token.mark();
        behind = found.end;
    }
    Cow::Owned(shown + &text[behind..])
}

/// Where the tokens and beginnings of tokens stand.
pub fn tokens_in(text: &str) -> Vec<Range<usize>> {
    let (bytes, mut all, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(start) = bytes[at..].iter().position(|b| is_base64(*b)).map(|n| at + n) {
        let length = |from: usize, is: fn(u8) -> bool| bytes[from..].iter().take_while(|b| is(**b)).count();
        let end = start + length(start, is_base64);
        let whole = if bytes.get(end) == Some(&b'.') { header_before(text, end) } else { None };
        let begun = opens(&text[start..end]).map(|at| start + at).find(|at| begins(&text[*at..end]));
        at = end;
        if let Some(from) = whole.into_iter().chain(begun).min() {
            at = from + length(from, |b| is_base64(b) || b == b'.');
            all.push(from..at);
        }
    }
    all
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

/// Where a JSON object may begin in base64url: each begins so where nothing stands before it.
fn opens(word: &str) -> impl Iterator<Item = usize> {
    memchr_iter(b'e', word.as_bytes()).filter(|at| matches!(word.as_bytes().get(at + 1), Some(b'y' | b'w')))
}

/// Where the header of a token begins that ends before a dot: a JSON object that names its algorithm.
fn header_before(text: &str, dot: usize) -> Option<usize> {
    let length = text.as_bytes()[..dot].iter().rev().take(LONGEST).take_while(|b| is_base64(**b)).count();
    if length < SHORTEST {
        return None;
    }
    header_in(&text[dot - length..dot]).map(|start| dot - length + start)
}

/// Where in a word a header begins that ends with it. A word may stand before it, and blanks inside of it.
fn header_in(word: &str) -> Option<usize> {
    // Four letters are three bytes, so that what begins at one place is decoded with what begins at every fourth.
    let mut decoded: [Option<Vec<u8>>; 4] = Default::default();
    let mut tries = 0;
    std::iter::once(0).chain(opens(word)).find(|start| {
        let shift = start % 4;
        let bytes = decoded[shift].get_or_insert_with(|| BASE64.decode(&word[shift..]).unwrap_or_default());
        let Some(object) = bytes.get(start / 4 * 3..).filter(|bytes| is_open(bytes)) else { return false };
        tries += 1;
        tries > TRIES || serde_json::from_slice::<Value>(object).is_ok_and(|header| header.get("alg").is_some())
    })
}

/// Whether an object begins here, and a name in it.
fn is_open(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().strip_prefix(b"{").is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\""))
}

/// Whether a text begins as an encoded JSON object does: with a bracket, a name in quotes and a colon.
fn begins(text: &str) -> bool {
    let length = text.bytes().take(4 * BEGINNING).take_while(|b| is_base64(*b)).count();
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
    fn a_long_word_with_many_false_headers_is_looked_at_once() {
        let start = std::time::Instant::now();
        let part = |n: usize| encoded(&"{\"a\":".repeat(n));
        let few = format!("{}.x", part(8));
        assert_eq!((secret(&few), tokens(&few).as_ref()), (None, "[token]"), "one begins like a token");
        let many = format!("{}.x ", part(2_000)).repeat(600);
        assert!(secret(&many) == Some(Secret::Token), "what has more of them than anybody writes is hidden");
        assert!(!tokens(&many).contains("ey"));
        let real = format!("{}{}.eyJrIjoiaWQifQ.c2ln", part(2_000), encoded("{\"alg\":\"none\"}"));
        assert!(secret(&real) == Some(Secret::Token) && !tokens(&real).contains("c2ln"));
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
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
