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

/// What a line says of those that it names behind a word.
enum Key<'l> {
    /// They can do this.
    Gives(&'l str),
    /// They can do nothing.
    Takes,
    /// They are members.
    Members,
    /// Whoever this is can do what is named.
    Of(String),
}

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
    /// `exclude user bob`. What has any other word says something else, too.
    fn pairs(&self, line: &str) -> Option<String> {
        let (mut entries, mut members): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut key, mut empty, mut apart, mut pos) = (None, false, true, 0);
        for _ in 0..MOST_WORDS {
            let word = phrase(line, pos);
            let mut end = pos + word.len();
            let next = skip_trivia(line, end);
            let signed = matches!(token(line, next), ":" | "=");
            match word {
                "" => break,
                "," | "[" | "]" | "(" | ")" | "{" | "}" => apart = true,
                // `closed member user ann`
                _ if pos == 0 && !signed && token(line, next).starts_with("member") && self.openness(word).is_some() => {}
                _ if signed || key.is_none() => {
                    if empty || !apart {
                        return None;
                    }
                    (key, empty) = (Some(self.key(word)?), true);
                    end = if signed { next + 1 } else { end };
                }
                _ => {
                    let whom = self.whom(line, pos);
                    match (key.as_ref()?, whom) {
                        (Key::Of(who), None) if apart && (self.known.permission)(word) => {
                            entries.push(format!("{who} can {word}"))
                        }
                        (Key::Of(_), _) => return None,
                        (key, whom) => {
                            let who = match whom {
                                Some((who, to)) => {
                                    let id = line[pos..to].split_whitespace().nth(1);
                                    id.is_none_or(|id| id.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_')))
                                        .then_some(())?;
                                    end = to;
                                    who
                                }
                                None => self.speaks_of(word).filter(|who| apart && who != "default")?,
                            };
                            match key {
                                Key::Gives(list) => entries.push(format!("{who} can {list}")),
                                Key::Takes => entries.push(format!("{who} cannot *")),
                                _ if who == "default" => return None,
                                _ => members.push(who),
                            }
                        }
                    }
                    (empty, apart) = (false, false);
                }
            }
            pos = skip_trivia(line, end);
            apart |= line[end..pos].contains('\n');
        }
        let count = entries.len() + members.len();
        if pos < line.len() || empty || !(1..=6).contains(&count) {
            return None;
        }
        match (members.is_empty(), entries.is_empty()) {
            (false, true) => Some(format!("type `member {}`", members.join(", "))),
            (true, false) => Some(format!("who comes first: type `{}`", entries.join("` and `"))),
            _ => None,
        }
    }

    /// What a word says of those that are named behind it.
    fn key<'l>(&self, word: &'l str) -> Option<Key<'l>> {
        match ((self.known.permission)(word), denial::is_taking(word)) {
            (true, false) => Some(Key::Gives(word)),
            (false, true) if !self.leaves(word) || matches!(word, "excluding") => Some(Key::Takes),
            (false, false) if word.starts_with("member") => Some(Key::Members),
            (false, false) => self.speaks_of(word).map(Key::Of),
            _ => None,
        }
    }

    /// Whom a name speaks of, where it is a name for sure.
    fn speaks_of(&self, name: &str) -> Option<String> {
        let (lower, bare) = (name.to_lowercase(), name.trim_matches('"'));
        if matches!(&*lower, "everyone" | "everybody" | "default" | "all" | "anyone") {
            return Some("default".to_owned());
        }
        let says = is_keyword(&lower)
            || words::is_condition(&lower)
            || words::is_foreign(&lower)
            || words::is_filler(name)
            || words::is_all(name)
            || words::is_nothing(name)
            || denial::is_taking(name)
            || self.leaves(name)
            || self.openness(name).is_some()
            || self.known.kinds.contains(name)
            || (self.known.role)(name)
            || words::is_some(name);
        let named = bare.starts_with(char::is_alphabetic) && !bare.contains(':') && (bare.len() < name.len() || !says);
        named.then(|| format!("{} {name}", if (self.known.group)(bare) { "group" } else { "user" }))
    }
}
