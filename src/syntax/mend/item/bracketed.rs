//! Lists in brackets, and names in quotes of another sort.

use super::super::super::Items;
use super::super::super::edit::Edit;
use super::super::super::recover::{last_word, skip_trivia, token};
use super::super::trying::{Done, Wrong, attempt, phrase};
use super::super::{applied, signs, words};
use super::parted::head;
use super::{Help, Mender, Slip};

/// Quotes of another sort, and a list in brackets.
pub(super) fn quotes(mender: &Mender<'_>, text: &str, wrong: &Wrong, better: &dyn Fn(&[Edit], usize) -> bool) -> Option<Slip> {
    if let Some((range, inside)) = signs::quoted(text, wrong.at) {
        for meant in [format!("\"{inside}\""), inside.to_owned()] {
            let edits = vec![(range.clone(), meant.clone())];
            if better(&edits, range.end) {
                let open = text[range.clone()].chars().next().unwrap_or('\'');
                let message = match meant.starts_with('"') {
                    true => format!("an id stands in `\"`, and not in `{open}`"),
                    false => "a permission stands in no quotes".to_owned(),
                };
                return Some(Slip { key: "quotes", ..Slip::new(range, message, edits) });
            }
        }
    }
    let sign = token(text, wrong.at);
    let fits = sign != "{" || wrong.expected.contains("a permission");
    let gives = text[..wrong.at].trim_end().ends_with(" can") && sign != "{";
    let listed = if gives { mender.plain_list(text, wrong.at) } else { None };
    let bracketed = signs::bracketed(text, wrong.at, wrong.expected.contains("a permission"));
    for edits in listed.map(|edit| vec![edit]).into_iter().chain(bracketed).filter(|_| fits) {
        if better(&edits, wrong.at + 1) {
            return Some(Slip::new(wrong.at..wrong.at + 1, format!("a list stands in no `{sign}`"), edits));
        }
    }
    None
}

impl Mender<'_> {
    /// `comments:*` in a list: all levels of a feature are its highest one, and a prohibition of all is one of the lowest.
    pub(super) fn starred(
        &mut self,
        text: &str,
        from: usize,
        end: usize,
        at: usize,
        first: usize,
        with: &dyn Fn(&[Edit]) -> Option<Done>,
    ) -> Option<Done> {
        if at != end || !text[at..].starts_with(":*") {
            return None;
        }
        let before = text[from..end].trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-')).len();
        let (start, to) = (from + before, at + 2);
        let name = &text[start..end];
        // What the entry says with its changes counts, and not how it is written.
        let takes = match token(text, from) {
            "can" => false,
            _ => head(&applied(text, from, end, &self.edits[first..]))?.verb == "cannot",
        };
        let own = self.inside.as_ref().map(|(kind, _)| &**kind);
        let levels = (self.known.feature)(own, name);
        let several = levels.len() > 1;
        let level = levels.into_iter().next().map(|[lowest, highest]| if takes { lowest } else { highest });
        let meant = level.or_else(|| self.known.kinds.contains(name).then(|| format!("* on {name}")));
        let message = format!("no `*` stands behind `{name}:`");
        let done = Done { end: to, opens: None, closes: false };
        let Some(meant) = meant else {
            let help = Help::Said(format!("type `{name}` alone, or `*:{name}` for one level of everything, or `*` for all"));
            let slip = Slip { help, offered: false, ..Slip::new(at..to, message, vec![(at..to, String::new())]) };
            return (several || (self.known.permission)(name))
                .then_some(())
                .and_then(|()| self.keep(text, from, first, done, vec![slip]));
        };
        let edits = vec![(start..to, meant)];
        let done = with(&edits).filter(|done| done.end >= to)?;
        // Kinds with other levels leave open which one is meant.
        let help = if several { Help::Said(format!("type the level that is meant: `{name}:LEVEL`")) } else { Help::Typed("") };
        // `denied comments:*` is one slip: the entry to type shows all of it.
        let run = self.run.as_mut().filter(|run| run.at == from && run.key.is_empty() && !several);
        let key = run.map_or("", |run| {
            run.key = "starred";
            run.key
        });
        self.keep(text, from, first, done, vec![Slip { help, key, offered: !several, ..Slip::new(start..to, message, edits) }])
    }

    /// `read and write`, of which one says what the other does, too.
    pub(super) fn least_of_two(&mut self, text: &str, from: usize, end: usize, at: usize) -> Option<Done> {
        let word = token(text, at);
        let joins = matches!(word, "and" | "&" | "+");
        let next = if joins { skip_trivia(text, at + word.len()) } else { at };
        let to = next + phrase(text, next).len();
        let before = last_word(text, from, end);
        let (one, other) = (&text[before.clone()], &text[next..to]);
        let gives = text[from..before.start].split_whitespace().next_back() == Some("can");
        let known = (self.known.permission)(one) && (self.known.permission)(other);
        let least = self.least(&[one, other]);
        let [least] = least[..] else { return None };
        if !gives || !known || text[before.end..to].contains('\n') || before.end != end {
            return None;
        }
        let edits = vec![(before.start..to, least.to_owned())];
        let message = match joins {
            true => format!("`{word}` joins no items of a list"),
            false => format!("a comma is missing before `{other}`"),
        };
        let done = Done { end: to, opens: None, closes: false };
        let span = at..at + if joins { word.len() } else { to - at };
        self.keep(text, from, self.edits.len(), done, vec![Slip::new(span, message, edits)])
    }

    /// `read | write`, of which one says what the other does, too: which of them is meant is not known.
    pub(super) fn one_of_two(&mut self, text: &str, from: usize, end: usize, at: usize, items: Items) -> Option<Done> {
        let sign = token(text, at);
        let before = last_word(text, from, end);
        if !matches!(sign, "|" | "or" | "/") || before.end != end {
            return None;
        }
        let (names, to) = words::names(text, before.start, &["|", "or", "/"]);
        let names: Vec<&str> = names.into_iter().map(|name| &text[name]).collect();
        let verb = text[from..before.start].split_whitespace().next_back()?;
        let least = self.least(&names);
        let known = names.len() > 1 && names.iter().all(|name| (self.known.permission)(name));
        if verb != "can" || !known || least.len() == names.len() || text[before.start..to].contains('\n') {
            return None;
        }
        let who = text[from..before.start].split_whitespace().collect::<Vec<_>>().join(" ");
        let each = names.iter().map(|name| format!("`{who} {name}`")).collect::<Vec<_>>().join(" or ");
        let help = Help::Said(format!("type the one that is meant, {each}: a level includes the lower ones"));
        // Until it is said, the lowest is read.
        let lowest = names.iter().find(|less| names.iter().all(|more| more == *less || (self.known.covers)(more, less)))?;
        let edits = vec![(before.start..to, (*lowest).to_owned())];
        let done = attempt(text, from, &edits, items).ok()?;
        let message = format!("`{sign}` joins no items of a list");
        let slip = Slip { help, offered: false, ..Slip::new(at..at + sign.len(), message, edits) };
        self.keep(text, from, self.edits.len(), Done { end: done.end.max(to), ..done }, vec![slip])
    }

    /// A list of permissions in brackets that gives them, and of which one says what another one does, too: `[read, write]`.
    pub(super) fn plain_list(&self, text: &str, at: usize) -> Option<Edit> {
        let close = match token(text, at) {
            "[" => "]",
            "(" => ")",
            "{" => "}",
            _ => return None,
        };
        let (names, end) = words::names(text, skip_trivia(text, at + 1), &[",", "|"]);
        let close_at = skip_trivia(text, end);
        let names: Vec<&str> = names.into_iter().map(|name| text[name].trim_matches('"')).collect();
        let least = self.least(&names);
        let fits = token(text, close_at) == close && names.iter().all(|name| (self.known.permission)(name));
        let bare = !text[at..close_at].contains("//") && least.len() < names.len();
        let space = if text[..at].ends_with([' ', '\t', '\n']) { "" } else { " " };
        (fits && bare).then(|| (at..close_at + 1, format!("{space}{}", least.join(", "))))
    }

    /// Whether a list of permissions begins with a word.
    pub(super) fn is_list(&self, word: &str) -> bool {
        (self.known.permission)(word) || word == "nothing" || word.starts_with('*') || word == "[" || word.starts_with('"')
    }
}
