//! What stands behind the head of a statement and says nothing there: a place behind a user or a group, a sign before the id of a
//! container, and words before a block.

use super::super::super::keyword::is_keyword;
use super::super::super::recover::{skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, TOP};
use super::super::trying::{Done, attempt, phrase, short};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// So many signs or items of a list are looked at.
const MOST: usize = 20;

impl Mender<'_> {
    /// A place behind a user or a group, as an assignment has it, and a sign before the id of a container.
    pub(super) fn located(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if !matches!(items, TOP | IN_BLOCK) || !matches!(token(text, at), "in" | ",") {
            return None;
        }
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, end, first) = (before.at, before.end, before.first);
        let head: Vec<&str> = text[from..end].split_whitespace().collect();
        let whose = items == TOP && matches!(head[..], ["user" | "group", _]) && first == self.edits.len();
        match token(text, at) {
            "," if whose => self.unassigned(text, from, at),
            "in" if whose => {
                let to = self.place_end(text, at)?;
                let place = text[at..to].split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
                let message = format!("a {} is in no place", head[0]);
                let help = format!("say in the block of `{place}` what it can do there: `{} can PERMISSIONS`", head.join(" "));
                let edits = vec![(end..to, String::new())];
                let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
                self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip])
            }
            "in" => self.signed_id(text, at, items),
            _ => None,
        }
    }

    /// Where `in room lobby` ends that stands at a place, on one line.
    fn place_end(&self, text: &str, at: usize) -> Option<usize> {
        let kind = skip_trivia(text, at + token(text, at).len());
        let id = skip_trivia(text, kind + token(text, kind).len());
        let name = phrase(text, id);
        let named = self.known.kinds.contains(token(text, kind)) && is_name(name);
        (token(text, at) == "in" && named && !text[at..id].contains('\n')).then_some(id + name.len())
    }

    /// `user ann, group eng in room lobby`: an assignment without its beginning.
    fn unassigned(&mut self, text: &str, from: usize, at: usize) -> Option<Done> {
        let mut pos = at;
        for _ in 0..MOST {
            let next = skip_trivia(text, pos + token(text, pos).len());
            let end = match self.whom(text, next) {
                Some((_, end)) => end,
                None => next + Some(phrase(text, next)).filter(|name| is_name(name))?.len(),
            };
            pos = skip_trivia(text, end);
            if text[at..pos].contains('\n') || token(text, pos) != "," {
                break;
            }
        }
        if text[at..pos].contains('\n') || token(text, pos) != "everywhere" && self.place_end(text, pos).is_none() {
            return None;
        }
        let end = line_end(text, pos);
        let said = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let help = match said.len() <= super::super::SHOWN {
            true => format!("type the role, too: `assign ROLE to {said}`"),
            false => "type the role, too: `assign ROLE to …`".to_owned(),
        };
        let message = "an assignment begins with `assign`".to_owned();
        let edits = vec![(from..end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(from..end, message, edits) };
        self.keep(text, from, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `room hall in organization: acme`
    fn signed_id(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref()?;
        let (from, first) = (before.at, before.first);
        let kind = skip_trivia(text, at + "in".len());
        let sort = token(text, kind);
        let start = skip_trivia(text, kind + sort.len());
        let sign = token(text, start);
        let mut id = start;
        for _ in 0..MOST {
            if is_name(token(text, id)) || matches!(token(text, id), "" | "{" | "}") {
                break;
            }
            id = skip_trivia(text, id + token(text, id).len());
        }
        if !self.known.kinds.contains(sort) || id == start || !is_name(token(text, id)) || text[at..id].contains('\n') {
            return None;
        }
        let edits = vec![(start..id, if text[..start].ends_with(' ') { "" } else { " " }.to_owned())];
        let made = [&self.edits[first..], &edits].concat();
        let done = attempt(text, from, &made, items).ok().filter(|done| done.end > id)?;
        let message = format!("expected an id, found `{}`", short(sign));
        // Only what says nothing is taken out.
        let plain = matches!(sign, ":" | "=") && skip_trivia(text, start + sign.len()) == id;
        let help = match plain {
            true => Help::Typed(""),
            false => Help::Said(format!("type the id behind `{sort}`: `in {sort} ID`")),
        };
        let slip = Slip { help, offered: plain, ..Slip::new(start..start + sign.len(), message, edits) };
        self.keep(text, from, first, done, vec![slip])
    }

    /// Words between a head and its block: `group staff if open {`.
    pub(super) fn before_block(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, end, first) = (before.at, before.end, before.first);
        let lead = token(text, from);
        let to = line_end(text, at);
        let open = skip_trivia(text, to);
        let opens = match items {
            TOP => matches!(lead, "group" | "role" | "kind") || self.known.kinds.contains(lead),
            _ => items == IN_BLOCK && self.known.kinds.contains(lead),
        };
        if !opens || to == at || token(text, open) != "{" || text[from..open].contains('\n') {
            return None;
        }
        let edits = vec![(end..open, " ".to_owned())];
        let made = [&self.edits[first..], &edits].concat();
        let done = attempt(text, from, &made, items).ok().filter(|done| done.opens.is_some() && done.end > open)?;
        let head = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let said = text[at..to].split_whitespace().collect::<Vec<_>>().join(" ");
        let message = format!("no `{}` stands between `{}` and its block", short(phrase(text, at)), short(&head));
        let form = match lead {
            "group" => "group ID",
            "role" => "role ID includes ROLE",
            "kind" => "kind ID in KIND",
            kind => &format!("{kind} ID in KIND ID"),
        };
        let help = format!("no more stands there than `{form}`: say what `{}` means in the block", short(&said));
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
        self.keep(text, from, first, done, vec![slip])
    }
}

/// Whether a word may be an id.
fn is_name(word: &str) -> bool {
    !is_keyword(word) && word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'))
}
