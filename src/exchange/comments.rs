//! The `#` comments of a file, so that an import can keep them beside what they stand by.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The comments of a file, each given out once.
pub struct Comments {
    left: RefCell<BTreeMap<usize, Comment>>,
    content: BTreeSet<usize>,
}

/// What must stand before a `#` for it to begin a comment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// White space or nothing, as in YAML.
    Space,
    /// Whatever is outside of text, as in TOML.
    Anything,
}

struct Comment {
    column: usize,
    text: String,
}

impl Comments {
    /// The comments of a text: each first `#` of a line outside of the scalars, which are ranges of bytes in order.
    pub fn find(text: &str, scalars: &[Range<usize>], before: Before) -> Self {
        let (mut left, mut content) = (BTreeMap::new(), BTreeSet::new());
        let (mut start, mut scalars) = (0, scalars.iter().peekable());
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            let mut last = ' ';
            for (column, (at, c)) in (1..).zip(line.char_indices()) {
                while scalars.next_if(|scalar| scalar.end <= start + at).is_some() {}
                let inside = scalars.peek().is_some_and(|scalar| scalar.contains(&(start + at)));
                if c == '#' && !inside && (before == Before::Anything || last.is_whitespace()) {
                    let text = line[at..].trim_start_matches('#').trim().to_owned();
                    left.insert(number, Comment { column, text });
                    break;
                }
                if inside || !c.is_whitespace() {
                    content.insert(number);
                }
                last = c;
            }
            start += line.len();
        }
        Self { left: RefCell::new(left), content }
    }

    /// The comment at the end of a line that also has content.
    pub fn behind(&self, line: usize) -> Option<String> {
        if !self.content.contains(&line) {
            return None;
        }
        self.left.borrow_mut().remove(&line).map(|comment| comment.text).filter(|text| !text.is_empty())
    }

    /// The lines of comment between a line and the content before it.
    pub fn above(&self, line: usize) -> Vec<String> {
        let from = self.content.range(..line).next_back().map_or(1, |before| before + 1);
        self.take(from..line, 0)
    }

    /// The comments of a line with content: above it, then behind it.
    pub fn beside(&self, line: usize) -> Vec<String> {
        let mut lines = self.above(line);
        lines.extend(self.behind(line));
        lines
    }

    /// The lines of comment between a line and the content after it that stand at a column or right of it.
    pub fn below(&self, line: usize, column: usize) -> Vec<String> {
        let to = self.content.range(line + 1..).next().copied().unwrap_or(usize::MAX);
        self.take(line + 1..to, column)
    }

    /// Whatever is left in the lines.
    pub fn within(&self, lines: Range<usize>) -> Vec<String> {
        self.take(lines, 0)
    }

    fn take(&self, lines: Range<usize>, column: usize) -> Vec<String> {
        if lines.is_empty() {
            return Vec::new();
        }
        let mut left = self.left.borrow_mut();
        let here = left.range(lines).filter(|(_, comment)| comment.column >= column);
        let here: Vec<usize> = here.map(|(line, _)| *line).collect();
        let taken = here.into_iter().filter_map(|line| left.remove(&line));
        taken.map(|comment| comment.text).filter(|text| !text.is_empty()).collect()
    }
}
