//! Text → text as it is meant: where one word is wrong and a change of it makes its item whole, the change is said once, and
//! the rest of the text is judged as if it were made.
//!
//! Each change is tried on the grammar before it is said. What no change makes whole stays as it is, for the reader to say.

pub mod denial;
mod item;
mod signs;
mod trying;
mod verbs;
mod words;

use std::collections::HashSet;
use std::ops::Range;

use super::edit::Edit;
use super::keyword::is_keyword;
use super::{Reader, recover};
use crate::finding::Finding;
use crate::source::{FileId, Span};
use item::Changes;
pub(super) use item::Mender;
pub(super) use trying::Done;

/// From the kind, if one is known, and a feature to its lowest and highest permissions.
type FeatureOf<'k> = dyn Fn(Option<&str>, &str) -> Vec<[String; 2]> + 'k;

/// What the policy declares, as far as it could be read.
pub struct Known<'k> {
    /// The names of kinds.
    pub kinds: HashSet<&'k str>,
    /// Whether a group has this name.
    pub group: &'k dyn Fn(&str) -> bool,
    /// Whether a kind declares this permission.
    pub permission: &'k dyn Fn(&str) -> bool,
    /// The lowest and the highest permission of a feature: of the kind, where that has it, or of each kind that orders it otherwise.
    pub feature: &'k FeatureOf<'k>,
    /// Whether a list with the first permission needs no second one, which says less of the same.
    pub covers: &'k dyn Fn(&str, &str) -> bool,
    /// Of a feature at a level, the feature at the level below.
    pub lower: &'k dyn Fn(&str) -> Option<String>,
    /// Whether a role has this name.
    pub role: &'k dyn Fn(&str) -> bool,
    /// The kinds of which a resource has this id.
    pub placed: &'k dyn Fn(&str) -> Vec<String>,
    /// The standard vocabularies.
    pub vocabularies: Vec<&'k str>,
    /// Whether these are all that there are: what other files declare, too.
    pub all: bool,
}

/// A text with its changes made.
pub struct Mended {
    /// The text as it is meant.
    pub text: String,
    /// What was said of the changes.
    pub findings: Vec<Finding>,
    /// The items that are whole with their changes.
    pub items: Vec<Range<usize>>,
    /// Of each change its stretch of the text as it is meant, and the one that it replaces.
    moved: Vec<(Range<usize>, Range<usize>)>,
    /// The words of the text as it is meant that a change makes what they are.
    touched: Vec<Range<usize>>,
}

/// So many changes are made in one text: behind them it is read as it stands.
const MOST: usize = 1_000;
/// So many are made in one item.
const DEEP: usize = 4;
/// What is longer than this is not repeated in a help.
const SHOWN: usize = 60;

/// The text as it is meant, where that is another one than it is.
pub fn mend(file: FileId, text: &str, known: &Known<'_>) -> Option<Mended> {
    let mut reader = Reader { mender: Some(Mender::new(file, text, known)), ..Reader::new(file, text) };
    reader.read(0);
    let Changes { mut edits, findings, items } = reader.mender?.into_changes()?;
    let mut behind = 0;
    edits.retain(|(range, _)| {
        let apart = range.start >= behind;
        behind = behind.max(range.end);
        apart
    });
    let (mut moved, mut grown) = (Vec::with_capacity(edits.len()), 0isize);
    for (range, to) in &edits {
        let start = range.start.checked_add_signed(grown).unwrap_or_default();
        moved.push((start..start + to.len(), range.clone()));
        grown += to.len() as isize - range.len() as isize;
    }
    let meant = applied(text, 0, text.len(), &edits);
    let touched = moved.iter().map(|(new, old)| new.start..touched(&meant, new.end, &text[old.clone()])).collect();
    Some(Mended { text: meant, findings, items, moved, touched })
}

impl Mended {
    /// Where a stretch of the text as it is meant stands in the text that was read.
    pub fn place(&self, span: Span) -> Span {
        let start =
            self.back(span.start as usize, self.moved.partition_point(|(new, _)| new.start <= span.start as usize), false);
        let end = self.back(span.end as usize, self.moved.partition_point(|(new, _)| new.start < span.end as usize), true);
        Span { start: start as u32, end: end.max(start) as u32, ..span }
    }

    fn back(&self, at: usize, behind: usize, end: bool) -> usize {
        match behind.checked_sub(1).map(|last| &self.moved[last]) {
            None => at,
            Some((new, old)) if at < new.end => {
                if end {
                    old.end
                } else {
                    old.start
                }
            }
            Some((new, old)) => old.end + (at - new.end),
        }
    }

    /// Whether a stretch of the text as it is meant is what it is by a change.
    pub fn changed(&self, span: Span) -> bool {
        let (start, end) = (span.start as usize, span.end.max(span.start + 1) as usize);
        self.touched.iter().any(|word| word.start < end && start < word.end)
    }
}

/// Where the words end that a change makes what they are, which itself ends at `end`: what leads up to the next word changes how that
/// is read, wherever it stands.
fn touched(meant: &str, end: usize, old: &str) -> usize {
    if !old.is_empty() && !old.ends_with(char::is_whitespace) {
        return end;
    }
    let next = recover::skip_trivia(meant, end);
    // What ends a line leads up to nothing.
    if meant[end..next].contains('\n') {
        return end;
    }
    next + trying::phrase(meant, next).len()
}

/// Whether a word may be one of the language that is misspelled or another language's, so that it hardly names a kind.
pub fn is_slip(word: &str) -> bool {
    let all = [words::INSIDE, words::CONTINUING, words::beginning(super::TOP), words::beginning(super::IN_BLOCK)];
    is_keyword(word)
        || matches!(word, "revoke" | "longer")
        || item::LEAVING_OUT.contains(&word)
        || all.iter().any(|among| !words::meant(word, among).is_empty())
}

/// A stretch of a text with the changes in it made.
fn applied(text: &str, from: usize, to: usize, edits: &[Edit]) -> String {
    let (mut out, mut at) = (String::with_capacity(to - from + 16), from);
    for (range, new) in edits {
        // What overlaps what was changed before it is left as it is.
        if range.start < at {
            continue;
        }
        out.push_str(&text[at..range.start]);
        out.push_str(new);
        at = range.end;
    }
    out.push_str(&text[at.min(to)..to]);
    out
}

#[cfg(test)]
mod tests {
    use super::applied;

    #[test]
    fn a_change_that_overlaps_another_one_is_left_out() {
        let edits = [(0..3, "x".to_owned()), (2..4, "y".to_owned()), (4..5, "z".to_owned())];
        assert_eq!(applied("abcdef", 0, 6, &edits), "xdzf");
    }
}
