//! Where a long text may be cut, so that several cores can read it.

use std::ops::Range;

/// About how many bytes a part has: of a changed text only the parts that differ are read again.
const PART: usize = 1 << 14;

/// Whole parts of a text, each up to behind a `}` that closes a block of the top level.
///
/// Braces in strings and comments are passed over, as far as the text is in the language. Where it is not, the parser
/// says so, and that part has to be read again together with what follows.
pub fn parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    blocks(text, &mut |end| {
        if end - start > PART {
            parts.push(start..end);
            start = end;
        }
    });
    parts.push(start..text.len());
    parts
}

/// Where blocks of the top level end, each behind its `}`.
pub fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    blocks(text, &mut |end| ends.push(end));
    ends
}

/// Calls for the end of each block of the top level.
fn blocks(text: &str, each: &mut impl FnMut(usize)) {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    each(at + 1);
                }
            }
            b'"' => at = string_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            }
            _ => {}
        }
        at += 1;
    }
}

/// The byte that ends the string at `at`: its quote, or the end of the line.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\n') {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}
