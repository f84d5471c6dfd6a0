//! Assignments whose parts stand in another order, or in a block: a role, whom it is given to, where, and until when.

use super::super::super::keyword::is_keyword;
use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{Items, TOP, lower};
use super::super::trying::{Done, attempt, phrase};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// So many subjects and places of an assignment are looked at.
const MOST: usize = 100;

/// The parts of an assignment, in whatever order they stand.
struct Parts {
    role: String,
    whom: Vec<String>,
    places: Vec<String>,
    everywhere: bool,
    until: Option<String>,
    /// What stands first of how long, where and whom.
    order: Vec<&'static str>,
    /// Whether a kind was found for a place without one.
    unkinded: bool,
    end: usize,
}

impl Parts {
    /// The assignment, with the place where it holds if it names none.
    fn shown(&self, here: &str) -> String {
        let place = match (self.everywhere, self.places.is_empty()) {
            (true, _) => "everywhere".to_owned(),
            (false, true) => format!("in {here}"),
            (false, false) => format!("in {}", self.places.join(", ")),
        };
        let until = self.until.as_ref().map_or_else(String::new, |day| format!(" until {day}"));
        format!("assign {} to {} {place}{until}", self.role, self.whom.join(", "))
    }
}

impl Mender<'_> {
    /// `assign editor in room a to user bob`, `assign editor to user bob until 2026-12-31 in room a` and `… in a until 2026-12-31`.
    pub(super) fn rearranged(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != TOP || token(text, at) != "assign" {
            return None;
        }
        let parts = self.parts_of(text, at)?;
        let first = match parts.order[..] {
            ["until", "in", ..] | ["whom", "until", "in"] => "`until` stands behind where it holds",
            ["in", ..] => "whom a role is given to stands before where it holds",
            _ if parts.unkinded && parts.until.is_some() => "a kind is missing behind `in`",
            _ => return None,
        };
        // Of two answers to where, none is picked.
        if parts.places.is_empty() != parts.everywhere || parts.whom.is_empty() || !ends_line(text, parts.end) {
            return None;
        }
        let edits = vec![(at..parts.end, parts.shown(""))];
        let done = attempt(text, at, &edits, items).ok()?;
        let span = at..at + "assign".len();
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, first.to_owned(), edits)])
    }

    /// `assign editor to user bob` in a resource.
    pub(super) fn assigned(&mut self, text: &str, at: usize) -> Option<Done> {
        if TOP.read(text, at).is_some() {
            return None;
        }
        // What goes on with it may leave someone out.
        let goes_on = |end: usize| {
            let word = token(text, skip_trivia(text, end));
            let begins = matches!(word, "user" | "group" | "default" | "member" | "owner") || self.known.kinds.contains(word);
            !ends_line(text, end) && !begins
        };
        let parts = self.parts_of(text, at).filter(|parts| !parts.whom.is_empty() && !goes_on(parts.end));
        let end = parts.as_ref().map_or_else(|| line_end(text, at), |parts| parts.end);
        let shown = parts.map(|parts| parts.shown(&self.here())).filter(|shown| shown.len() <= 2 * super::super::SHOWN);
        let whole = |shown: &String| TOP.read(shown, 0).is_some_and(|pair| lower::tight_end(&pair) == shown.len());
        let placed = |shown: &String| whole(shown) || shown.contains("KIND ID");
        let shown = shown.filter(placed).unwrap_or_else(|| "assign ROLE to user ID in KIND ID".to_owned());
        let help = Help::Said(format!("put it at the top level, and say where it holds: `{shown}`"));
        let message = "an assignment stands in no block".to_owned();
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help, offered: false, ..Slip::new(at..at + "assign".len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// The parts of the assignment at a place, as far as its line says them.
    fn parts_of(&self, text: &str, at: usize) -> Option<Parts> {
        let role = skip_trivia(text, at + "assign".len());
        let name = phrase(text, role);
        let mut parts = Parts {
            role: name.to_owned(),
            whom: Vec::new(),
            places: Vec::new(),
            everywhere: false,
            until: None,
            order: Vec::new(),
            unkinded: false,
            end: role + name.len(),
        };
        if is_keyword(name) || !name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_')) {
            return None;
        }
        for _ in 0..4 {
            let word = skip_trivia(text, parts.end);
            let next = skip_trivia(text, word + token(text, word).len());
            if text[parts.end..next].contains('\n') {
                break;
            }
            match token(text, word) {
                "to" if parts.whom.is_empty() => {
                    let (whom, end) = listed(text, next, &|at| match token(text, at) {
                        "everyone" => Some(("everyone".to_owned(), at + "everyone".len())),
                        _ => self.whom(text, at).filter(|(who, _)| who != "default"),
                    });
                    (parts.whom, parts.end) = (whom, end);
                    parts.order.push("whom");
                }
                "everywhere" => {
                    (parts.everywhere, parts.end) = (true, word + "everywhere".len());
                    parts.order.push("in");
                }
                "in" | "on" | "at" | "for" if parts.places.is_empty() => {
                    let (places, end) = listed(text, next, &|at| self.place_at(text, at));
                    if places.is_empty() {
                        break;
                    }
                    parts.unkinded = places.iter().any(|(_, unkinded)| *unkinded);
                    parts.places = places.into_iter().map(|(place, _)| place).collect();
                    parts.end = end;
                    parts.order.push("in");
                }
                "until" if parts.until.is_none() => {
                    let day = phrase(text, next);
                    if !day.starts_with(|c: char| c.is_ascii_digit()) {
                        break;
                    }
                    // A time has a `:` and more behind it.
                    let to = text[next..]
                        .find(|c: char| c.is_whitespace() || matches!(c, '}' | ',' | '{'))
                        .map_or(text.len(), |n| next + n);
                    parts.until = Some(text[next..to].to_owned());
                    parts.end = to;
                    parts.order.push("until");
                }
                _ => break,
            }
        }
        Some(parts)
    }

    /// A place, whether a kind was found for it, and where it ends.
    fn place_at(&self, text: &str, at: usize) -> Option<((String, bool), usize)> {
        let kind = phrase(text, at);
        let plain = |word: &str| !is_keyword(word) && word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
        if self.known.kinds.contains(kind) {
            let id = skip_trivia(text, at + kind.len());
            let name = phrase(text, id);
            return plain(name).then(|| ((format!("{kind} {name}"), false), id + name.len()));
        }
        let found = self.kind_of(kind, None).filter(|_| plain(kind))?;
        Some(((format!("{found} {kind}"), true), at + kind.len()))
    }
}

/// What a list has that commas part, and where it ends.
fn listed<T>(text: &str, mut at: usize, one: &dyn Fn(usize) -> Option<(T, usize)>) -> (Vec<T>, usize) {
    let (mut all, mut end) = (Vec::new(), at);
    while let Some((item, to)) = one(at).filter(|_| all.len() < MOST) {
        all.push(item);
        end = to;
        let comma = skip_trivia(text, to);
        if token(text, comma) != "," {
            break;
        }
        at = skip_trivia(text, comma + 1);
    }
    (all, end)
}
