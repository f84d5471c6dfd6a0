//! Lines of a resource that begin with a word of none: lists with a permission or a name in front, and words that say how open it is.

use super::super::super::keyword::{is_keyword, is_start};
use super::super::super::recover::{close_near, skip_trivia, stands, token};
use super::super::super::{IN_BLOCK, Items, TOP};
use super::super::trying::{Done, attempt, phrase};
use super::super::{denial, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// More words of such a line are not looked at.
const MOST_WORDS: usize = 60;

impl Mender<'_> {
    /// A line that begins with a word of no kind at `at`: one error, and what it may say.
    pub(super) fn strange(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        let letters = word.starts_with(|c: char| c.is_alphabetic() || c == '"');
        if items != IN_BLOCK || !letters || is_start(&word.to_lowercase()) || self.known.kinds.contains(word) {
            return None;
        }
        let next = skip_trivia(text, at + word.len());
        let second = token(text, next);
        let alone = next >= text.len() || text[at + word.len()..next].contains('\n') || second == "}";
        let mut end = if alone { at + word.len() } else { line_end(text, at) };
        if !alone && token(text, skip_trivia(text, end)) == "{" {
            end = close_near(text, skip_trivia(text, end) + 1)?;
        }
        let whom = matches!(second, "user" | "group" | "default" | "everyone" | "member");
        let keyed = matches!(second, ":" | "=");
        let open = if keyed { token(text, skip_trivia(text, next + 1)) } else { second };
        let members = open == "{" && word.to_lowercase().starts_with("member");
        if !alone && !members && !words::meant(word, words::beginning(items)).is_empty() {
            return None;
        }
        let help = match () {
            () if alone => self.openness(word)?,
            () if keyed || whom && end > next + second.len() || members => {
                self.pairs(&text[at..end]).unwrap_or_else(|| stands(items.item).to_owned())
            }
            () => return None,
        };
        let message = match alone {
            true => format!("`{word}` alone is no entry"),
            false => format!("no {} begins with `{word}`", words::item(items)),
        };
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..at + word.len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `private room lobby { … }`
    pub(super) fn adjective(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        let kind = token(text, next);
        let id = skip_trivia(text, next + kind.len());
        let named = text[id..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
        if !matches!(items, TOP | IN_BLOCK)
            || is_keyword(word)
            || !word.starts_with(char::is_alphabetic)
            || self.known.kinds.contains(word)
            || !self.known.kinds.contains(kind)
            || !named
            || text[at..id].contains('\n')
            || is_keyword(token(text, id))
        {
            return None;
        }
        let edits = vec![(at..next, String::new())];
        let done = attempt(text, at, &edits, items).ok().filter(|done| done.end > id)?;
        let message = format!("no {} begins with `{word}`", words::item(items));
        let closed = matches!(&*word.to_lowercase(), "private" | "closed" | "locked" | "secret" | "restricted");
        let help = match closed && kind != "organization" {
            true => Help::Said(format!("say it in its block: `{kind} {} {{ default can nothing … }}`", phrase(text, id))),
            false => Help::Typed(""),
        };
        self.keep(
            text,
            at,
            self.edits.len(),
            done,
            vec![Slip { help, offered: !closed, ..Slip::new(at..at + word.len(), message, edits) }],
        )
    }

    /// What to type for a word that says alone how open a resource is.
    fn openness(&self, word: &str) -> Option<String> {
        let organization = self.inside.as_ref().is_some_and(|(kind, _)| kind == "organization");
        Some(match &*word.to_lowercase() {
            "private" | "closed" | "locked" | "secret" | "restricted" if organization => {
                "an organization is closed when it has a member: type `member user ID`".to_owned()
            }
            "private" | "closed" | "locked" | "secret" | "restricted" | "nothing" | "none" | "nobody" => {
                "type `default can nothing`: whoever is not named can do nothing then".to_owned()
            }
            "public" | "open" | "everyone" | "everybody" | "anyone" | "all" | "shared" => {
                "say what everyone can do: `default can PERMISSIONS`".to_owned()
            }
            _ if (self.known.permission)(word) => {
                format!("say who can: `user ID can {word}`, or `default can {word}` for everyone")
            }
            _ => return None,
        })
    }

    /// The entries that pairs of permissions and names may mean, or of what takes away and names: `read: user bob`, `bob: read`,
    /// `exclude user bob`.
    fn pairs(&self, line: &str) -> Option<String> {
        let (mut entries, mut key, mut pos, mut takes, mut members) = (Vec::new(), "", 0, false, false);
        for _ in 0..MOST_WORDS {
            let word = phrase(line, pos);
            if word.is_empty() {
                break;
            }
            let end = pos + word.len();
            let next = skip_trivia(line, end);
            let bare = word.trim_matches('"');
            let mut behind = next;
            if matches!(token(line, next), ":" | "=") {
                members |= word.starts_with("member");
                (key, takes) = (word, denial::is_taking(word));
            } else if word.starts_with("member") {
                members = true;
            } else if let Some((who, end)) = self.whom(line, pos) {
                entries.push((who, key));
                behind = skip_trivia(line, end);
            } else if key.is_empty() && bare.starts_with(char::is_alphabetic) && entries.is_empty() {
                members |= word.starts_with("member");
                (key, takes) = (word, takes || denial::is_taking(word));
            } else if bare.starts_with(char::is_alphanumeric) {
                let group = if (self.known.group)(bare) { "group" } else { "user" };
                match ((self.known.permission)(bare), (self.known.permission)(key) || takes || members) {
                    (true, false) if !key.is_empty() => entries.push((self.speaks_of(key), word)),
                    (false, true) => entries.push((format!("{group} {word}"), key)),
                    _ => return None,
                }
            }
            pos = behind;
        }
        let verb = |permission: &str| match (takes, (self.known.permission)(permission)) {
            (true, _) => Some("cannot *".to_owned()),
            (false, true) => Some(format!("can {permission}")),
            _ => None,
        };
        if entries.is_empty() || entries.len() > 6 {
            return None;
        }
        if members {
            let who = entries.into_iter().map(|(who, _)| who).collect::<Vec<_>>().join(", ");
            return (!takes).then(|| format!("type `member {who}`"));
        }
        let all: Option<Vec<String>> = entries.iter().map(|(who, list)| Some(format!("`{who} {}`", verb(list)?))).collect();
        Some(format!("who comes first: type {}", all?.join(" and ")))
    }

    /// Whom a name speaks of.
    fn speaks_of(&self, name: &str) -> String {
        match (&*name.to_lowercase(), (self.known.group)(name.trim_matches('"'))) {
            ("everyone" | "everybody" | "default" | "all" | "anyone", _) => "default".to_owned(),
            (_, true) => format!("group {name}"),
            _ => format!("user {name}"),
        }
    }
}
