//! Tree → text: how ids are written.

use std::fmt;

/// An id as the language writes it: a plain word where it is one, else in quotes.
pub struct Id<'a>(pub &'a str);

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_word(self.0) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                c if is_forbidden(c) => write!(f, "\\u{{{:X}}}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

/// An id as the language writes it, as text.
pub fn quoted(id: &str) -> String {
    Id(id).to_string()
}

/// Whether an id can stand without quotes.
pub fn is_word(id: &str) -> bool {
    let mut bytes = id.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"_.@+/-".contains(&b))
        && !id.contains("//")
}

/// Whether a character can stand in no id, nor in a text but for its tabs and line ends: control characters, and those that
/// override the direction of the text around them.
pub fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text can be an id: 1 to 256 bytes without forbidden characters.
pub fn is_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && !id.chars().any(is_forbidden)
}
