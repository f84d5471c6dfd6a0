//! What other languages write as maps and lists with names in front: `ann: { write: deny }`, `actions: [read]`, an assignment with a
//! block, and words of the language in capital letters.

use super::super::super::edit::Edit;
use super::super::super::keyword::{is_keyword, is_start};
use super::super::super::recover::{close_near, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, attempt, entry, phrase};
use super::super::{denial, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// More items of a map than these are not looked at.
const MOST: usize = 100;
/// More words of an item than these are not looked at.
const MOST_WORDS: usize = 16;

impl Mender<'_> {
    /// A statement or an entry that is written as a map or in capital letters at `at`.
    pub(super) fn mapped(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        self.shouted(text, at, items)
            .or_else(|| self.blocked(text, at, items))
            .or_else(|| self.keyed(text, at, items))
            .or_else(|| self.valued(text, at, items))
    }

    /// `USER ANN CAN READ`: the words of the language stand in small letters, and ids as they are.
    fn shouted(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let all = |word: &str| word.len() > 1 && !word.bytes().any(|b| b.is_ascii_lowercase()) && word.is_ascii();
        let loud =
            |word: &str| word.len() > 1 && word.is_ascii() && word.starts_with(|c: char| c.is_ascii_uppercase()) || all(word);
        let first = token(text, at);
        let lower = first.to_lowercase();
        let kind = self.known.kinds.contains(&*lower) && !self.known.kinds.contains(first);
        if !loud(first) || !(is_start(&lower) || lower == "organization" || kind) {
            return None;
        }
        let (mut pos, mut edits): (usize, Vec<Edit>) = (at, Vec::new());
        for _ in 0..MOST_WORDS {
            let word = phrase(text, pos);
            let lower = word.to_lowercase();
            let known = |declared: &dyn Fn(&str) -> bool| declared(&lower) && !declared(word);
            let named = is_keyword(&lower)
                || known(&|word| self.known.kinds.contains(word))
                || known(self.known.permission)
                || known(self.known.role)
                || known(self.known.group);
            if loud(word) && named {
                edits.push((pos..pos + word.len(), lower));
            } else if all(word) && all(first) && word.starts_with(|c: char| c.is_ascii_uppercase()) {
                // A name may be written in capitals alone for the sake of the line: what is said of that is said by this.
                edits.push((pos..pos + word.len(), word.to_owned()));
            }
            let end = pos + word.len().max(1);
            let next = skip_trivia(text, end);
            if text[end..next].contains('\n') || matches!(token(text, next), "{" | "}" | ";" | "") {
                break;
            }
            pos = next;
        }
        let made = edits.iter().filter(|(range, to)| text[range.clone()] != **to).count();
        if made < 2 && !kind {
            return None;
        }
        if items == TOP
            && matches!(&*lower, "user" | "group" | "default")
            && let Some((shown, end)) = entry(text, at, &edits)
        {
            return self.take_out(text, at, at, end, &shown);
        }
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("words of the language stand in small letters: found `{first}`");
        self.keep(text, at, self.edits.len(), done, vec![Slip { key: "head", ..Slip::new(at..at + first.len(), message, edits) }])
    }

    /// An assignment with a block.
    fn blocked(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != TOP {
            return None;
        }
        let before = self.before.as_ref().filter(|b| b.items == TOP && b.end <= at && !text[b.end..at].contains('\n'));
        let (from, cut, first) = match (token(text, at), before) {
            ("{", Some(before)) if token(text, before.at) == "assign" => (before.at, before.end, before.first),
            ("assign", _) => (at, at, self.edits.len()),
            _ => return None,
        };
        let mut open = at;
        for _ in 0..MOST {
            if token(text, open) == "{" {
                break;
            }
            let next = skip_trivia(text, open + token(text, open).len().max(1));
            if next >= text.len() || text[open..next].contains('\n') || token(text, next) == "}" {
                return None;
            }
            open = next;
        }
        if token(text, open) != "{" {
            return None;
        }
        let mut close = close_near(text, open + 1)?;
        let behind = skip_trivia(text, close);
        if matches!(token(text, behind), "in" | "to" | "everywhere" | "until") && !text[close..behind].contains('\n') {
            close = line_end(text, behind);
        }
        let role = phrase(text, skip_trivia(text, from + "assign".len()));
        let (mut subjects, mut scopes): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut pos, mut turns, mut last) = (from, 0, None);
        while pos < close && subjects.len() + scopes.len() < MOST {
            let word = token(text, pos);
            let next = skip_trivia(text, pos + word.len().max(1));
            let id = phrase(text, next);
            let (found, dated) = (subjects.len() + scopes.len(), word == "until");
            match word {
                _ if dated => turns = 2,
                "user" | "group" if next < close => subjects.push(format!("{word} {id}")),
                "everyone" => subjects.push(word.to_owned()),
                _ if self.known.kinds.contains(word) && next < close => scopes.push(format!("{word} {id}")),
                _ => {
                    pos = next;
                    continue;
                }
            }
            if subjects.len() + scopes.len() > found {
                let subject = Some(matches!(word, "user" | "group" | "everyone"));
                turns += usize::from(last.is_some() && last != subject);
                last = subject;
            }
            pos = if word == "everyone" { next } else { skip_trivia(text, next + id.len().max(1)) };
        }
        let or = |found: Vec<String>, else_: &str| if found.is_empty() { else_.to_owned() } else { found.join(", ") };
        // Pairs of whom and where are not all of the ones in all of the others, and each has its own end.
        let each = turns > 1;
        if each {
            subjects.truncate(1);
            scopes.truncate(1);
        }
        let meant = format!("assign {role} to {} in {}", or(subjects, "user ann"), or(scopes, "room lobby"));
        let help = match meant.len() <= 2 * super::super::SHOWN && role != "{" && !role.is_empty() {
            true if each => format!("write a line for each of them, with its `until DATE` where it has one: `{meant}`"),
            true => format!("type `{meant}`"),
            false => "type it in one line: `assign ROLE to user ann in room lobby`".to_owned(),
        };
        let edits = vec![(cut..close, String::new())];
        let message = "an assignment has no block".to_owned();
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(open..open + 1, message, edits) };
        self.keep(text, from, first, Done { end: close, opens: None, closes: false }, vec![slip])
    }

    /// `actions: [read, write]` in a kind.
    fn keyed(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let in_block = items == IN_BLOCK;
        if items.item != Rule::kind_item && !in_block {
            return None;
        }
        let word = token(text, at);
        let meant = match &*word.to_lowercase() {
            "action" | "actions" | "permission" | "permissions" | "privilege" | "privileges" | "verbs" => "permissions",
            "level" | "levels" => "levels",
            "feature" | "features" => "features",
            "access" | "rights" | "grants" | "acl" | "rules" if in_block => "permissions",
            _ => return None,
        };
        let sign = skip_trivia(text, at + word.len());
        let signed = matches!(token(text, sign), ":" | "=");
        let bare = in_block && is_start(word) && !text[at..sign].contains('\n');
        if !signed && !bare {
            return None;
        }
        let mut pos = if signed { skip_trivia(text, sign + 1) } else { sign };
        let bracket = matches!(token(text, pos), "[" | "(");
        if !bracket && word == meant && !in_block || self.known.kinds.contains(word) {
            return None;
        }
        pos = if bracket { skip_trivia(text, pos + 1) } else { pos };
        let (mut names, mut end) = (Vec::new(), pos);
        while names.len() < MOST {
            let name = phrase(text, pos);
            let bare = name.trim_matches('"');
            if !bare.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') || !bracket && is_keyword(bare) {
                break;
            }
            names.push(bare);
            end = pos + name.len();
            pos = skip_trivia(text, end);
            if !matches!(token(text, pos), "," | "<") {
                break;
            }
            pos = skip_trivia(text, pos + 1);
        }
        if bracket && matches!(token(text, pos), "]" | ")") {
            end = pos + 1;
        }
        // `permissions: { read: true }`
        if in_block && token(text, pos) == "{" && names.is_empty() {
            end = close_near(text, pos + 1)?;
        }
        if in_block || names.is_empty() && bracket {
            let said = |message: String, help: &str| Slip {
                help: Help::Said(help.to_owned()),
                offered: false,
                ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())])
            };
            let slip = match in_block {
                true => said(
                    format!("no entry begins with `{word}`"),
                    "its kind declares what there is, and an entry says who can what: `default can …`, `user ann can …`",
                ),
                false => {
                    said(format!("no names stand behind `{word}`"), "take it out, or type them: `permissions invite, archive`")
                }
            };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        let parts = if meant == "levels" { " < " } else { ", " };
        let edits = vec![(at..end, format!("{meant} {}", names.join(parts)))];
        let done = attempt(text, at, &edits, items).ok().filter(|_| !names.is_empty())?;
        let message = match word == meant {
            true => format!("no `{}` stands behind `{word}`", token(text, sign)),
            false => format!("no line of a kind begins with `{word}`"),
        };
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..at + word.len(), message, edits)])
    }

    /// `write: deny`, with whom it is about or without, and maps of such.
    fn valued(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != IN_BLOCK && items.item != Rule::role_item {
            return None;
        }
        let first = token(text, at);
        let permission = |at: usize| (self.known.permission)(phrase(text, at));
        let sign = |at: usize| Some(skip_trivia(text, at)).filter(|at| matches!(token(text, *at), ":" | "="));
        if permission(at) && !self.known.kinds.contains(first) {
            let name = phrase(text, at);
            let value = skip_trivia(text, sign(at + name.len())? + 1);
            let given = value_of(token(text, value))?;
            let end = value + token(text, value).len();
            let verb = if given { "can" } else { "cannot" };
            if items != IN_BLOCK {
                let comma = skip_trivia(text, end);
                let end = if token(text, comma) == "," { comma + 1 } else { end };
                let edits = vec![(at..end, if given { format!("can {name}") } else { String::new() })];
                let help = match given {
                    true => Help::Typed(""),
                    false => Help::Said("take it out: a role only adds, and what it does not list it does not give".into()),
                };
                let done = Done { end, opens: None, closes: false };
                let message = "a permission has no value".to_owned();
                let slip = Slip { help, offered: given, ..Slip::new(at..at + name.len(), message, edits) };
                return self.keep(text, at, self.edits.len(), done, vec![slip]);
            }
            let help = format!("type it of someone: `user ann {verb} {name}` or `default {verb} {name}`");
            let message = "an entry says first whom it is about".to_owned();
            let edits = vec![(at..end, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..at + name.len(), message, edits) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        if items != IN_BLOCK {
            return None;
        }
        let (who, end) = match first {
            "default" => (first.to_owned(), at + first.len()),
            "user" | "group" => {
                let id = skip_trivia(text, at + first.len());
                (format!("{first} {}", phrase(text, id)), id + phrase(text, id).len())
            }
            _ if is_start(first) || !first.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"') => return None,
            _ => {
                let sort = if (self.known.group)(first.trim_matches('"')) { "group" } else { "user" };
                (format!("{sort} {first}"), at + first.len())
            }
        };
        let named = matches!(first, "default" | "user" | "group");
        let behind = match sign(end) {
            Some(sign) => skip_trivia(text, sign + 1),
            None if named => skip_trivia(text, end),
            None => return None,
        };
        if token(text, behind) == "{" {
            return self.map(text, at, behind, close_near(text, behind + 1)?, &who);
        }
        // `[can read, cannot write]`
        let end = if token(text, behind) == "[" { line_end(text, behind) } else { behind };
        if let Some(close) = text[behind..end].find(']')
            && text[behind..end].split(|c: char| !c.is_alphanumeric()).any(|word| word == "cannot")
        {
            let close = behind + close + 1;
            let next = skip_trivia(text, close);
            // How long it holds, or where, stands in each of the entries.
            return match matches!(token(text, next), "on" | "until") && !text[close..next].contains('\n') {
                true => self.map(text, at, behind, line_end(text, next), &who),
                false => self.map(text, at, behind, close, &who),
            };
        }
        if !named || !permission(behind) || text[end..behind].contains('\n') {
            return None;
        }
        let name = phrase(text, behind);
        let colon = sign(behind + name.len())?;
        let value = skip_trivia(text, colon + 1);
        let verb = if value_of(token(text, value))? { "can" } else { "cannot" };
        let edits = vec![(end..value + token(text, value).len(), format!(" {verb} {name}"))];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = "a permission has no value".to_owned();
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(colon..colon + 1, message, edits)])
    }

    /// `{ write: deny, read: allow }` and `{ can: write, cannot: comments:write }` behind whom it is about.
    fn map(&mut self, text: &str, at: usize, open: usize, close: usize, who: &str) -> Option<Done> {
        let (mut gives, mut takes): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut pos = skip_trivia(text, open + 1);
        let (mut key, mut behind, mut ended) = (None, String::new(), false);
        // With a word behind the brackets their end is part of it.
        let inside = if text[..close].ends_with([']', '}']) { close - 1 } else { close };
        while pos < inside && gives.len() + takes.len() < MOST {
            let word = phrase(text, pos);
            let next = skip_trivia(text, pos + word.len().max(1));
            let bare = word.trim_matches(['"', '\'']);
            let signed = matches!(token(text, next), ":" | "=");
            match (signed, key) {
                _ if word == "]" => (ended, pos) = (true, next),
                _ if matches!(word, "," | "[" | ";") => pos = next,
                // Within the list it is of the one before alone.
                _ if matches!(bare, "on" | "until") && !signed && !ended && gives.len() + takes.len() > 1 => return None,
                _ if matches!(bare, "on" | "until") => {
                    let value = if signed { skip_trivia(text, next + 1) } else { next };
                    let said = phrase(text, value);
                    behind.push_str(&format!(" {bare} {}", said.trim_matches(['"', '\''])));
                    pos = skip_trivia(text, value + said.len().max(1));
                }
                (true, _) if (self.known.permission)(bare) => {
                    let value = skip_trivia(text, next + 1);
                    let list = if value_of(token(text, value))? { &mut gives } else { &mut takes };
                    list.push(bare);
                    pos = skip_trivia(text, value + token(text, value).len());
                }
                (true, _) => {
                    key = Some(value_of(bare)?);
                    pos = skip_trivia(text, next + 1);
                }
                (false, Some(given)) if (self.known.permission)(bare) || words::is_all(bare) => {
                    if given { &mut gives } else { &mut takes }.push(if words::is_all(bare) { "*" } else { bare });
                    pos = next;
                }
                (false, _) if matches!(bare, "can" | "cannot") => {
                    key = Some(bare == "can");
                    pos = next;
                }
                _ => return None,
            }
        }
        // Of a prohibition each permission counts alone.
        let entry = |verb: &str, list: &[&str]| {
            let list = if verb == "can" { self.least(list) } else { list.to_vec() };
            format!("`{who} {verb} {}{behind}`", list.join(", "))
        };
        let entries: Vec<String> = [("can", &gives), ("cannot", &takes)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(verb, list)| entry(verb, list))
            .collect();
        if entries.is_empty() || behind.len() > super::super::SHOWN || gives.len() + takes.len() > 12 {
            return None;
        }
        let help = Help::Said(format!("type {}", entries.join(" and ")));
        let block = token(text, open) == "{";
        let message = if block { "an entry has no block" } else { "an entry says one thing" }.to_owned();
        let slip = Slip { help, offered: false, ..Slip::new(open..open + 1, message, vec![(at..close, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end: close, opens: None, closes: false }, vec![slip])
    }
}

impl Mender<'_> {
    /// The permissions of a list that gives them, without those that another one of it covers.
    pub(super) fn least<'l>(&self, list: &[&'l str]) -> Vec<&'l str> {
        list.iter().copied().filter(|less| !list.iter().any(|more| (self.known.covers)(more, less))).collect()
    }
}

/// Whether a value or a key of a map gives.
fn value_of(word: &str) -> Option<bool> {
    let word = word.trim_matches(['"', '\'']).to_lowercase();
    match &*word {
        "allow" | "allowed" | "true" | "yes" | "on" | "1" | "grant" | "granted" | "can" => Some(true),
        "false" | "off" | "0" | "none" | "cannot" => Some(false),
        _ => (denial::takes_away(&word) || words::is_nothing(&word)).then_some(false),
    }
}
