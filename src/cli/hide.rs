//! Takes tokens out of what is said on stderr, where someone typed one in the wrong place.

use std::borrow::Cow;

/// How a JSON object begins in base64url: with this, and so does every token.
const BEGIN: &str = "eyJ";
/// Fewer characters than this are a word that only begins alike.
const SHORTEST: usize = 12;

/// The text with `[token]` in the place of each token, also of the beginning of one.
pub fn tokens(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let found = &rest[at..];
        let end = found.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(found.len());
        shown += &rest[..at];
        shown += if end < SHORTEST { &found[..end] } else { "[token]" };
        rest = &found[end..];
    }
    if shown.is_empty() && rest.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(shown + rest) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens_are_hidden_and_words_are_not() {
        let hidden = super::tokens("no `eyJhbGciOiJIUzI1NiJ9.eyJrIjoiaWQifQ.c2ln-_` and eyJhbGciOiJIUz…, eyJ, keyJ");
        assert_eq!(hidden, "no `[token]` and [token]…, eyJ, keyJ");
        assert_eq!(super::tokens("nothing"), "nothing");
    }
}
