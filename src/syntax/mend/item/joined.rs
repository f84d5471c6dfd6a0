//! Lines of a kind that a comma joins: `levels view < pay, permissions audit` names no level `permissions`.

use super::super::super::recover::{skip_trivia, token};
use super::super::super::{Items, Rule};
use super::super::trying::{Done, attempt, phrase};
use super::super::words;
use super::{Help, Mender, Slip};

/// More words of a line are not looked at.
const MOST_WORDS: usize = 200;

impl Mender<'_> {
    /// A line of a kind at `at` behind whose last name a comma leads up to the next line.
    pub(super) fn joined(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let lead = token(text, at);
        if items.item != Rule::kind_item || !words::KIND.contains(&lead) || lead == "owner" {
            return None;
        }
        let start = skip_trivia(text, at + lead.len());
        let (mut names, mut signs, mut pos) = (Vec::new(), Vec::new(), start);
        let (end, next) = loop {
            let name = phrase(text, pos);
            if names.len() >= MOST_WORDS || !name.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                return None;
            }
            names.push(name);
            let end = pos + name.len();
            let sign = skip_trivia(text, end);
            if !matches!(token(text, sign), "," | "<") {
                return None;
            }
            pos = skip_trivia(text, sign + 1);
            if token(text, sign) == "," && self.leads(text, pos) {
                break (end, pos);
            }
            signs.push(token(text, sign));
        };
        let comma = skip_trivia(text, end);
        let fresh = text[comma..next].contains('\n');
        // What the reader says of a comma at the end of a line is enough where the names are as they should be.
        let (sign, other) = if lead == "levels" { (" < ", ",") } else { (", ", "<") };
        if (signs.contains(&other) || fresh) && lead != "levels" {
            return None;
        }
        let own = format!("{lead} {}", names.join(sign));
        let edits = match signs.contains(&other) {
            true => vec![(start..comma + 1, format!("{} ", names.join(sign)))],
            false => vec![(comma..comma + 1, if text[comma + 1..next].is_empty() { " " } else { "" }.to_owned())],
        };
        let done = attempt(text, at, &edits, items).ok()?;
        let (_, to) = words::names(text, skip_trivia(text, next + token(text, next).len()), &[",", "<"]);
        let behind = text[next..to].split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = own.len() + behind.len() <= 2 * super::super::SHOWN;
        let behind = if shown { behind } else { format!("{} …", token(text, next)) };
        let help = match shown || own.len() <= super::super::SHOWN {
            true => format!("type `{own}` and `{behind}`, each in a line of its own"),
            false => format!("let `{}` begin a line of its own", token(text, next)),
        };
        let (span, message) = match signs.contains(&other) {
            true => (start + text[start..].find(',').unwrap_or(0), "`,` does not order levels"),
            false => (comma, "no `,` stands between the lines of a kind"),
        };
        let slip = Slip { help: Help::Said(help), ..Slip::new(span..span + 1, message.to_owned(), edits) };
        self.keep(text, at, self.edits.len(), Done { end: done.end.max(comma + 1), ..done }, vec![slip])
    }

    /// Whether a line of a kind begins at a place: a word that does is followed by a name, and by no sign.
    fn leads(&self, text: &str, at: usize) -> bool {
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        let name = token(text, next);
        let goes_on = name.starts_with(|c: char| c.is_alphanumeric() || c == '_') && !text[at + word.len()..next].contains('\n');
        words::KIND.contains(&word) && goes_on && (word != "owner" || name == "gets")
    }
}
