//! Names that stand where none can, or are several: a place behind `on`, a user behind a group, words without quotes, a role and a user
//! that changed places, and entries that speak of several at once.

use super::super::super::keyword::is_keyword;
use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, attempt, phrase};
use super::super::{verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// So many are named at most.
const MOST: usize = 20;

impl Mender<'_> {
    /// An item that names something where it cannot at `at`.
    pub(super) fn named(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        self.unquoted(text, at, items)
            .or_else(|| self.swapped(text, at, items))
            .or_else(|| self.everyone(text, at, items))
            .or_else(|| self.several(text, at, items))
            .or_else(|| self.limited(text, at, items))
            .or_else(|| self.limited_first(text, at, items))
    }

    /// `test marie can read {`
    fn unquoted(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        if items != TOP || !matches!(word, "test" | "invariant") {
            return None;
        }
        let start = skip_trivia(text, at + word.len());
        let end = line_end(text, start);
        let open = skip_trivia(text, end);
        let name = text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = token(text, open) == "{" && name.contains(' ') && !name.contains(['"', '\\']) && !name.contains("//");
        let edits = vec![(start..end, format!("\"{name}\""))];
        let done = attempt(text, at, &edits, items).ok().filter(|_| fits && !text[at..open].contains('\n'))?;
        let message = format!("the name of {} stands in quotes", if word == "test" { "a test" } else { "an invariant" });
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(start..end, message, edits)])
    }

    /// `assign user bob to editor in room a`
    fn swapped(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let start = skip_trivia(text, at + token(text, at).len());
        if items != TOP || token(text, at) != "assign" || !matches!(token(text, start), "user" | "group") {
            return None;
        }
        let (who, end) = self.whom(text, start)?;
        let mut role = skip_trivia(text, end);
        while matches!(token(text, role), "to" | "as" | "role" | "the") {
            role = skip_trivia(text, role + token(text, role).len());
        }
        let name = phrase(text, role);
        let parted = role > skip_trivia(text, end);
        let known = (self.known.role)(name.trim_matches('"')) || parted && self.whom(text, role).is_none() && !is_keyword(name);
        if !known || text[at..role].contains('\n') || !name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_')) {
            return None;
        }
        let edits = vec![(start..role + name.len(), format!("{name} to {who}"))];
        let message = "the role stands behind `assign`, and whom it is given to behind `to`".to_owned();
        self.inside(text, at, items, vec![Slip::new(start..end, message, edits)])
    }

    /// `user ann until 2026-12-31 can read`: what limits an entry stands behind its list.
    fn limited_first(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != IN_BLOCK {
            return None;
        }
        let (_, end) = self.whom(text, at)?;
        let (said, verb) = limits(text, end);
        let start = skip_trivia(text, end);
        let can = skip_trivia(text, verb);
        let list = skip_trivia(text, can + token(text, can).len());
        let (names, to) = words::names(text, list, &[","]);
        if said.is_empty() || !matches!(token(text, can), "can" | "cannot") || names.is_empty() || text[at..to].contains('\n') {
            return None;
        }
        // What stands behind it may be another limit, or say what is meant.
        if !ends_line(text, to) || names.iter().any(|name| is_keyword(&text[name.clone()])) {
            return None;
        }
        let edits = vec![(start..can, String::new()), (to..to, said)];
        let done = attempt(text, at, &edits, items).ok().filter(|done| done.end >= to)?;
        let word = token(text, start);
        let message = format!("`{word}` stands behind the list");
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(start..start + word.len(), message, edits)])
    }

    /// `user bob, user ann cannot write`
    fn several(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let first = token(text, at);
        let mut sort = match first {
            "user" | "default" | "users" => "user",
            "group" | "groups" => "group",
            _ => return None,
        };
        let plural = first.ends_with('s');
        if items != IN_BLOCK || self.known.kinds.contains(first) {
            return None;
        }
        let (mut all, mut pos, mut sign) = (Vec::new(), at, None);
        if plural {
            pos = skip_trivia(text, at + first.len());
        }
        while all.len() < MOST {
            let (who, end) = match self.whom(text, pos) {
                Some(whom) => whom,
                None => {
                    let name = phrase(text, pos);
                    let plain = (plural || !all.is_empty())
                        && !is_keyword(name)
                        && name.starts_with(|c: char| c.is_alphanumeric() || c == '"');
                    let sort = if (self.known.group)(name.trim_matches('"')) { "group" } else { sort };
                    (format!("{sort} {name}"), Some(pos + name.len()).filter(|_| plain)?)
                }
            };
            sort = if who.starts_with("group ") { "group" } else { "user" };
            all.push(who);
            pos = skip_trivia(text, end);
            if !matches!(token(text, pos), "," | "and" | "&" | "or") {
                break;
            }
            sign.get_or_insert(pos..pos + token(text, pos).len());
            pos = skip_trivia(text, pos + token(text, pos).len());
        }
        let sign = sign.filter(|_| all.len() > 1)?;
        let verb = verbs::at(text, pos, self.known)?;
        let meant = verb.meant?;
        let (names, end) = words::names(text, skip_trivia(text, verb.range.end), &[","]);
        let list = names.iter().map(|name| &text[name.clone()]).collect::<Vec<_>>().join(", ");
        let known = names.iter().all(|name| (self.known.permission)(&text[name.clone()]) || text[name.clone()] == *"nothing");
        if text[at..end].contains('\n') || list.is_empty() || !known {
            return None;
        }
        let (limits, end) = limits(text, end);
        let entries = all.iter().map(|who| format!("`{who} {meant} {list}{limits}`")).collect::<Vec<_>>().join(" and ");
        let message = "an entry speaks of one user or one group".to_owned();
        let help = Help::Said(format!("type one for each: {entries}"));
        let slip = Slip { help, offered: false, ..Slip::new(sign, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `all users can read` and `no one can write`
    fn everyone(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let first = token(text, at);
        let second = skip_trivia(text, at + first.len());
        let nobody = match (&*first.to_lowercase(), &*token(text, second).to_lowercase()) {
            ("no", "one" | "users" | "people" | "members") => true,
            (
                "all" | "every" | "any" | "each" | "authenticated",
                "user" | "users" | "people" | "person" | "members" | "one" | "body",
            ) => false,
            _ => return None,
        };
        let to = second + token(text, second).len();
        let verb = verbs::at(text, skip_trivia(text, to), self.known)?;
        if items != IN_BLOCK || text[at..verb.range.end].contains('\n') || self.known.kinds.contains(first) {
            return None;
        }
        let meant = if nobody { "cannot" } else { verb.meant? };
        let edits = vec![(at..to, "default".to_owned()), (verb.range, meant.to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("no entry begins with `{first}`");
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..to, message, edits)])
    }

    /// `can nothing` in a resource: of whom that is said nobody needs to say.
    pub(super) fn whomless(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let list = skip_trivia(text, at + token(text, at).len());
        if items != IN_BLOCK || token(text, at) != "can" || token(text, list) != "nothing" {
            return None;
        }
        let edits = vec![(at..at, "default ".to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = "an entry says first whom it is about".to_owned();
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..at + "can".len(), message, edits)])
    }

    /// `users can write`: some user, or everyone?
    pub(super) fn of_whom(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let verb = verbs::at(text, skip_trivia(text, at + word.len()), self.known)?;
        let (meant, end) = (verb.meant?, line_end(text, at));
        let list = text.get(verb.range.end..end).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        if items != IN_BLOCK || list.is_empty() || list.len() > super::super::SHOWN {
            return None;
        }
        let help = match words::is_unknown(word) {
            true => format!("who does not sign in can do nothing; `default {meant} {list}` speaks of everyone who can sign in"),
            false => {
                format!(
                    "say whom: `user ID {meant} {list}` or `group ID {meant} {list}`, or `default {meant} {list}` for everyone"
                )
            }
        };
        let message = format!("expected an access entry, found `{word}`");
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..at + word.len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `only group staff can write` in a resource.
    fn limited(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        if !matches!(items.item, Rule::block_item | Rule::top_item) || !words::is_filler(word) || self.known.kinds.contains(word)
        {
            return None;
        }
        let next = skip_trivia(text, at + word.len());
        let (who, end) = self.whom(text, next)?;
        let verb = verbs::at(text, skip_trivia(text, end), self.known).filter(|verb| verb.meant == Some("can"))?;
        let (names, end) = words::names(text, skip_trivia(text, verb.range.end), &[","]);
        let list = names.iter().map(|name| &text[name.clone()]).collect::<Vec<_>>().join(", ");
        if text[at..end].contains('\n') || list.is_empty() {
            return None;
        }
        let (limits, end) = limits(text, end);
        let help = format!(
            "an entry gives and limits nobody: `{who} can {list}{limits}`, and an invariant holds that nobody else can: \
             `only {who} can {list} on room lobby`"
        );
        let message = format!("no entry begins with `{word}`");
        let slip = Slip {
            help: Help::Said(help),
            offered: false,
            ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())])
        };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// What stands behind an item on its line and belongs to it: `can read on room lobby`, `group g user bob, user ann`, `user Bob Smith`
    /// and `for 30 days`.
    pub(super) fn behind(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, end, first) = (before.at, before.end, before.first);
        let word = phrase(text, at);
        let lead = token(text, from);
        let next = skip_trivia(text, at + word.len());
        let alone = next >= text.len() || text[at + word.len()..next].contains('\n') || token(text, next) == "}";
        let item: Vec<&str> = text[from..end].split_whitespace().collect();
        let entry = items == IN_BLOCK && matches!(lead, "user" | "group" | "default");
        let plain = !is_keyword(word) && word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
        let done = |end: usize| Done { end, opens: None, closes: false };
        if let [.., "on", kind] = item[..]
            && entry
            && plain
            && (alone || token(text, next) == "until")
            && self.known.kinds.contains(kind)
        {
            let message = format!("`on` names a kind and no resource: found `{word}`");
            let help = Help::Said("take it out: an entry holds in the resource in whose block it stands".to_owned());
            let edits = vec![(end..at + word.len(), String::new())];
            let whole = match alone {
                true => done(at + word.len()),
                false => attempt(text, from, &[&self.edits[first..], &edits].concat(), items).ok()?,
            };
            let slip = Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, edits) };
            return self.keep(text, from, first, whole, vec![slip]);
        }
        let id = skip_trivia(text, next + token(text, next).len());
        if entry
            && matches!(word, "in" | "at" | "within" | "inside")
            && self.known.kinds.contains(token(text, next))
            && !text[at..id].contains('\n')
            && text[id..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'))
        {
            let to = id + phrase(text, id).len();
            let message = format!("an entry says with no `{word}` where it holds");
            let place = text[next..to].split_whitespace().collect::<Vec<_>>().join(" ");
            let help = format!("it holds in the resource in whose block it stands: write it in the block of `{place}`");
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, done(to), vec![slip]);
        }
        if entry && alone && words::is_filler(word) {
            let message = format!("`{word}` is no permission, and no word of the language here");
            let slip = Slip::new(at..at + word.len(), message, vec![(end..at + word.len(), String::new())]);
            return self.keep(text, from, first, done(at + word.len()), vec![slip]);
        }
        if entry && matches!(word, "for" | "within") && token(text, next).starts_with(|c: char| c.is_ascii_digit()) {
            let to = line_end(text, at);
            let message = format!("`{}` is no date and no time", text[next..to.max(next)].trim_end());
            let help = Help::Said("say until when: `until 2026-12-31`, or `until 2026-12-31T18:00:00Z`".to_owned());
            let slip = Slip { help, offered: false, ..Slip::new(at..to, message, vec![(end..to, String::new())]) };
            return self.keep(text, from, first, done(to), vec![slip]);
        }
        self.renamed(text, from, end, at, items, first)
    }
}

/// What says behind a list of which kinds and how long it holds, and where that ends.
fn limits(text: &str, mut end: usize) -> (String, usize) {
    let mut said = String::new();
    for _ in 0..2 {
        let word = skip_trivia(text, end);
        let value = skip_trivia(text, word + token(text, word).len());
        let to = match token(text, word) {
            _ if text[end..value].contains('\n') => break,
            "on" => words::names(text, value, &[","]).1,
            "until" => value + phrase(text, value).len(),
            _ => break,
        };
        said.push_str(&format!(" {}", text[word..to].split_whitespace().collect::<Vec<_>>().join(" ")));
        end = to;
    }
    (said, end)
}
