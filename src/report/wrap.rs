//! Sentences cut to the width of a screen.

use unicode_width::UnicodeWidthStr;

/// The lines of a text, none wider than `width` columns unless one word is. What stands in backticks is to be typed, and so
/// stays on one line where it fits on one.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrap_line(line, width)).collect()
}

/// As [`wrap`], as one text.
pub fn filled(text: &str, width: usize) -> String {
    wrap(text, width).join("\n")
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    let mut words = words(line).into_iter().flat_map(|word| parts(word, width));
    let (mut lines, mut last) = (Vec::new(), words.next().unwrap_or_default().to_owned());
    for word in words {
        if !last.trim().is_empty() && last.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut last, word.to_owned()).trim_end().to_owned());
        } else {
            last.extend([" ", word]);
        }
    }
    lines.push(last);
    lines
}

/// A word, in the words of it where it is wider than a line.
fn parts(word: &str, width: usize) -> Vec<&str> {
    if word.width() > width { word.split(' ').collect() } else { vec![word] }
}

/// The words of a line; the spaces between two backticks part none.
fn words(line: &str) -> Vec<&str> {
    // The last of an odd number of backticks opens nothing.
    let pairs = line.matches('`').count() / 2 * 2;
    let (mut words, mut start, mut ticks) = (Vec::new(), 0, 0);
    for (at, c) in line.char_indices() {
        match c {
            '`' => ticks += 1,
            ' ' if ticks >= pairs || ticks % 2 == 0 => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap("one two three", 9), ["one two", "three"]);
        assert_eq!(wrap("one two\nthree", 80), ["one two", "three"]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(wrap("  a  b   c", 80), ["  a  b   c"]);
        assert_eq!(wrap("日本 日本 日本", 9), ["日本 日本", "日本"]);
    }

    #[test]
    fn what_is_to_be_typed_stays_together() {
        assert_eq!(wrap("type `user ann can read`, or less", 25), ["type `user ann can read`,", "or less"]);
        assert_eq!(wrap("then type `user ann can read`", 20), ["then type", "`user ann can read`"]);
        assert_eq!(wrap("type `user ann can read` here", 12), ["type `user", "ann can", "read` here"]);
        assert_eq!(wrap("a ` b c", 3), ["a `", "b c"]);
        assert_eq!(wrap("averyveryverylongword b", 5), ["averyveryverylongword", "b"]);
    }
}
