//! A word that is no permission in the place of a list.

use std::ops::Range;

use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule};
use super::super::trying::{Done, attempt, phrase};
use super::super::words;
use super::{Help, Mender, Slip};

impl Mender<'_> {
    /// `can None`, `can no access`, `cannot Nothing`, `can all`, `can only read` and `can on room`: a word that is no permission in the
    /// place of a list.
    pub(super) fn single(&mut self, text: &str, at: usize, items: Items, only: Range<usize>) -> Option<Done> {
        let word = &text[only.clone()];
        if (self.known.permission)(word) {
            return None;
        }
        let verb = if text[..only.start].trim_end().ends_with("cannot") { "cannot" } else { "can" };
        let next = skip_trivia(text, only.end);
        let behind = token(text, next);
        let fresh = text[only.end..next].contains('\n');
        if let Some(done) = self.as_permission(text, at, items, only.clone()) {
            return Some(done);
        }
        if items.item == Rule::role_item && (word == "nothing" || words::is_nothing(word)) && ends_line(text, only.end) {
            let help = "take it out: a role only adds, and what it does not list it does not give";
            let edits = vec![(at..only.end, String::new())];
            let slip = Slip {
                help: Help::Said(help.into()),
                offered: false,
                ..Slip::new(only.clone(), format!("a role has no `{word}`"), edits)
            };
            return self.keep(text, at, self.edits.len(), Done { end: only.end, opens: None, closes: false }, vec![slip]);
        }
        if matches!(word, "on" | "until") && items == IN_BLOCK && !fresh && !matches!(behind, "" | "}" | "{") {
            let end = next + phrase(text, next).len();
            let head = text[at..only.start].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("a list of permissions is missing behind `{verb}`");
            let help = format!("type what before `{word}`: `{head} PERMISSIONS {word} {}`", phrase(text, next));
            let edits = vec![(at..end, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(only, message, edits) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        // `can only read, write`
        let (names, end) = words::names(text, next, &[","]);
        let names: Vec<&str> = names.into_iter().map(|name| &text[name]).collect();
        let least = self.least(&names);
        if words::is_filler(word)
            && verb == "can"
            && !fresh
            && least.len() < names.len()
            && names.iter().all(|name| (self.known.permission)(name))
        {
            let edits = vec![(only.start..end, least.join(", "))];
            let done = attempt(text, at, &edits, items).ok()?;
            let message = format!("`{word}` is no permission, and no word of the language here");
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(only, message, edits)]);
        }
        let (range, meant) = if words::is_filler(word) && !fresh && (self.known.permission)(phrase(text, next)) {
            (only.start..next, "")
        } else if words::is_all(word) && (ends_line(text, only.end) || self.leaves(behind) && !fresh) {
            (only.clone(), "*")
        } else if words::is_all(word) && words::is_access(behind) && !fresh && ends_line(text, next + behind.len()) {
            (only.start..next + behind.len(), "*")
        } else if words::is_nothing(word) && words::is_access(behind) && !fresh && ends_line(text, next + behind.len()) {
            (only.start..next + behind.len(), if verb == "can" { "nothing" } else { "*" })
        } else if words::is_nothing(word) && ends_line(text, only.end) {
            (only.clone(), if verb == "can" { "nothing" } else { "*" })
        } else {
            return None;
        };
        if items != IN_BLOCK && meant == "nothing" {
            return None;
        }
        let edits = vec![(range.clone(), meant.to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let (span, message) = match meant {
            "" => (only, format!("`{word}` is no permission, and no word of the language here")),
            meant => (range.clone(), format!("`{}` is `{meant}` here", &text[range])),
        };
        let key = if meant == "*" { "all" } else { "" };
        self.keep(text, at, self.edits.len(), done, vec![Slip { key, ..Slip::new(span, message, edits) }])
    }

    /// A list in other words behind another verb for `can`, and where it ends: `read-only`, `only read`, `read only access`, `private`.
    pub(super) fn other_list<'t>(&self, text: &'t str, from: usize) -> Option<(&'t str, usize)> {
        let permission = |word: &str| (self.known.permission)(word);
        let same_line = |from: usize, to: usize| !text[from..to].contains('\n');
        let mut at = skip_trivia(text, from);
        let led = words::is_filler(phrase(text, at)) && !permission(phrase(text, at));
        if led {
            at = skip_trivia(text, at + phrase(text, at).len());
        }
        let word = phrase(text, at);
        let mut end = at + word.len();
        if !same_line(from, at) {
            return None;
        }
        if words::is_closed(word) && !permission(word) && ends_line(text, end) {
            return Some(("nothing", end));
        }
        let name = word.strip_suffix("-only").filter(|name| !permission(word) && (self.known.lowest)(name)).unwrap_or(word);
        let mut other = led || name != word;
        for _ in 0..2 {
            let next = skip_trivia(text, end);
            let more = token(text, next);
            if same_line(end, next) && (words::is_filler(more) || words::is_access(more)) && !permission(more) {
                (other, end) = (true, next + more.len());
            }
        }
        let next = skip_trivia(text, end);
        let whole = ends_line(text, end) || matches!(token(text, next), "on" | "until");
        (other && whole && permission(name)).then_some((name, end))
    }

    /// Where a word ends that stands alone behind a place on its line and that no kind declares as a permission; behind a verb that is
    /// one it is said to be none there, but for `write-only`, which no level is.
    pub(super) fn unknown(&self, text: &str, from: usize, signed: bool) -> Option<usize> {
        let at = skip_trivia(text, from);
        let word = phrase(text, at);
        let alone = !text[from..at].contains('\n') && ends_line(text, at + word.len());
        let named = word.starts_with(char::is_alphabetic) && !self.is_list(word) && !words::is_all(word);
        let fits = signed || word.ends_with("-only");
        (self.known.all && alone && named && fits && !words::is_nothing(word)).then_some(at + word.len())
    }
}
