//! Roles that an entry is to give: `user ann has role editor`. An assignment gives them, with how long and where that holds.

use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items};
use super::super::trying::{Done, phrase};
use super::super::{signs, verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// What stands behind the roles of an entry.
#[derive(Default)]
struct Limit<'t> {
    /// The byte behind it.
    end: usize,
    /// Whether it names kinds.
    on: bool,
    /// Whether it says an end, and the day where that is written as it should be.
    until: Option<Option<&'t str>>,
    /// Whether it says something else.
    other: bool,
    /// The roles among it.
    roles: Vec<&'t str>,
}

impl Mender<'_> {
    /// `user ann has role editor` in a resource.
    pub(super) fn roled(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let first = token(text, at);
        let everyone = matches!(first, "default" | "everyone" | "everybody");
        if items != IN_BLOCK || !matches!(first, "user" | "group") && !everyone {
            return None;
        }
        let id = skip_trivia(text, at + first.len());
        let id_end = if everyone { at + first.len() } else { id + phrase(text, id).len() };
        let mut pos = skip_trivia(text, id_end);
        let verb = verbs::at(text, pos, self.known);
        let takes = verb.as_ref().is_some_and(|verb| verb.meant == Some("cannot"));
        pos = verb.map_or(pos, |verb| skip_trivia(text, verb.range.end));
        let bare = phrase(text, pos);
        let ends = ends_line(text, pos + bare.len()) || self.limited_at(text, pos + bare.len());
        let bare = (self.known.role)(bare) && !(self.known.permission)(bare) && ends;
        if !(bare || matches!(token(text, pos), "role" | "roles")) || text[at..pos].contains('\n') {
            return None;
        }
        let mut role = if bare { pos } else { skip_trivia(text, pos + token(text, pos).len()) };
        if matches!(token(text, role), ":" | "=") {
            role = skip_trivia(text, role + 1);
        }
        let name = phrase(text, role);
        let end = role + name.len();
        let who = if everyone { "everyone".to_owned() } else { format!("{first} {}", phrase(text, id)) };
        let limit = if self.limited_at(text, end) { self.limit(text, end) } else { Limit { end, ..Limit::default() } };
        let Limit { end, on, until, other, roles } = limit;
        let mut all: Vec<&str> = vec![name];
        for role in roles {
            if !all.contains(&role) {
                all.push(role);
            }
        }
        let several = all.len() > 1;
        let assign = |more: &str| {
            let each: Vec<String> = all.iter().map(|role| format!("`{}{more}`", self.assignment(role, &who))).collect();
            each.join(" and ")
        };
        let (it, kinds) = (if several { "each" } else { "it" }, "on which kinds it gives something, the role says");
        let help = Help::Said(match until {
            _ if takes => "where an `assign` gives it, take that out, or name the permissions that are forbidden".to_owned(),
            _ if other && until != Some(None) => {
                format!("give {it} by an assignment at the top level, such as `assign ROLE to {who} in KIND ID until DATE`")
            }
            None if on => format!("give {it} by an assignment at the top level; {kinds}"),
            None => format!("type {} at the top level", assign("")),
            Some(day) if on => {
                let day = day.unwrap_or("DATE");
                format!("give {it} by an assignment at the top level, with its `until {day}`; {kinds}")
            }
            Some(Some(day)) => format!("type {} at the top level", assign(&format!(" until {day}"))),
            Some(None) => format!("give {it} at the top level, with its `until DATE`: {}", assign(" until DATE")),
        });
        let message = if takes { "no entry takes a role away" } else { "a role is given by an assignment" }.to_owned();
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help, offered: false, ..Slip::new(pos..pos + token(text, pos).len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// Whether how long a role holds, or on which kinds, or a further role stands at a place.
    fn limited_at(&self, text: &str, at: usize) -> bool {
        let next = skip_trivia(text, at);
        let word = token(text, next);
        if matches!(word, "on" | "until") {
            return true;
        }
        let behind = phrase(text, skip_trivia(text, next + word.len()));
        !text[at..next].contains('\n')
            && (says_limit(word)
                || words::is_filler(word)
                || matches!(word, "," | "and" | "&") && (self.known.role)(behind) && !(self.known.permission)(behind))
    }

    /// What limits the roles of an entry, before the next entry or resource. It goes on in the next line where `on` or `until` begins it.
    fn limit<'t>(&self, text: &'t str, from: usize) -> Limit<'t> {
        let mut line = line_end(text, skip_trivia(text, from));
        loop {
            let next = skip_trivia(text, line);
            if !matches!(token(text, next), "on" | "until") || next == line {
                break;
            }
            line = line_end(text, next);
        }
        let (mut limit, mut before, mut pos) = (Limit { end: from, ..Limit::default() }, "", skip_trivia(text, from));
        while pos < line {
            let word = phrase(text, pos);
            let next = skip_trivia(text, pos + word.len().max(1));
            let names = next < line && token(text, next).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
            let named = names && !matches!(token(text, next), "on" | "until" | "and" | "or");
            let placed = before == "on" || says_limit(before);
            if !placed && named && self.known.kinds.contains(word)
                || matches!(word, "user" | "group" | "default" | "member" | "members" | "owner")
            {
                break;
            }
            limit.on |= word == "on";
            limit.end = pos + word.len().max(1);
            match word {
                "until" => {
                    // Of two ends neither is known to be meant.
                    let first = limit.until.is_none();
                    limit.until = Some(None);
                    if let Some((day, readings)) = signs::dated(&text[..line], next.min(line)) {
                        limit.end = day.end.max(limit.end);
                        // What is written in another way may be one of several days.
                        limit.until = Some(Some(&text[day]).filter(|day| first && readings[..] == [*day]));
                    }
                }
                "on" | "," | "and" | "&" => {}
                _ if !placed && (self.known.role)(word) && !(self.known.permission)(word) => {
                    limit.roles.push(word);
                    // An end that stands before a role is of the one before.
                    limit.until = limit.until.map(|_| None);
                }
                _ => limit.other |= !(placed || before == ",") || !self.known.kinds.contains(word),
            }
            (before, pos) = (word, skip_trivia(text, limit.end));
        }
        limit
    }
}

/// Whether a word says in another way how long or where something holds.
fn says_limit(word: &str) -> bool {
    let lower = word.to_lowercase();
    let ends = lower != "until" && words::meant(word, &["until"]).contains(&"until");
    ends || matches!(
        &*lower,
        "for" | "from" | "in" | "at" | "within" | "inside" | "since" | "after" | "if" | "unless" | "when" | "while"
    )
}
