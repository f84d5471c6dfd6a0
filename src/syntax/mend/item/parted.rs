//! Items that say two things at once: what `except` leaves out, a second verb, and a verb that is said twice. An entry says one
//! thing of one principal, and nothing else leaves anyone out.

use std::ops::Range;

use pest::iterators::Pair;

use super::super::super::keyword::{is_keyword, is_start};
use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, attempt, phrase};
use super::super::{applied, denial, verbs, words};
use super::{Help, Mender, Slip};

/// Words that leave something out.
pub const LEAVING_OUT: &[&str] = &["except", "excepting", "excluding", "but", "without", "minus", "besides", "save"];
/// So many words of an item are looked at for one.
const MOST_WORDS: usize = 100;
/// What is said of a prohibition with an exception.
const NO_EXCEPTION: &str =
    "a prohibition wins over every `can`: forbid it to a group without them, such as `group guests cannot write`";

/// What stands behind a word that parts an item: whom it speaks of, whether it takes away, the list, and where it ends.
struct Rest {
    who: Vec<String>,
    /// Whether it says where instead, or of which kinds.
    places: bool,
    takes: Option<bool>,
    leaves: bool,
    list: String,
    end: usize,
}

/// An access entry up to a place: who, the verb, the list, and where and how long it holds.
pub(super) struct Head {
    pub(super) who: String,
    pub(super) verb: &'static str,
    pub(super) list: String,
    pub(super) limit: String,
}

impl Mender<'_> {
    /// An item that says two things, which begins or goes on at a place; `whole` is what is read there.
    pub(super) fn parted(&mut self, text: &str, at: usize, items: Items, whole: Option<&Pair<'_, Rule>>) -> Option<Done> {
        if let Some(done) = self.trailing(text, at, items) {
            return Some(done);
        }
        match whole {
            Some(pair) => self.listed_twice(text, at, items, pair).or_else(|| self.asked_nothing(text, at, items, pair)),
            None => self.asked(text, at, items).or_else(|| self.left_out(text, at, items)),
        }
        .or_else(|| self.leading_out(text, at, items))
    }

    /// Whether a word leaves something out here, and is no name.
    pub(super) fn leaves(&self, word: &str) -> bool {
        LEAVING_OUT.contains(&&*word.to_lowercase()) && !self.known.kinds.contains(word) && !(self.known.permission)(word)
    }

    /// Whether a word cannot be meant as a permission, and parts a list.
    fn parts(&self, word: &str) -> bool {
        let verb = matches!(word, "can" | "cannot") || denial::is_taking(word);
        !(self.known.permission)(word) && (verb || self.leaves(word))
    }

    /// `can read, not write` and `cannot write, can read`: a whole item with such a word in its list.
    fn listed_twice(&mut self, text: &str, at: usize, items: Items, pair: &Pair<'_, Rule>) -> Option<Done> {
        if !matches!(pair.as_rule(), Rule::default_entry | Rule::principal_entry | Rule::role_entry) {
            return None;
        }
        let place = |p: &Pair<'_, Rule>| at + p.as_span().start()..at + p.as_span().end();
        let inner = pair.clone().into_inner().flatten();
        let list: Vec<_> = inner.filter(|p| p.as_rule() == Rule::permission).map(|p| place(&p)).collect();
        if let [only] = &list[..]
            && let Some(done) = self.single(text, at, items, only.clone())
        {
            return Some(done);
        }
        let whom = |word: &Range<usize>| {
            let sort = matches!(&text[word.clone()], "user" | "group") && !(self.known.permission)(&text[word.clone()]);
            sort && self.whom(text, word.start).is_some()
        };
        let odd = list.iter().position(|word| self.parts(&text[word.clone()]) || whom(word))?;
        let word = list[odd].clone();
        if odd == 0 && whom(&word) {
            return None;
        }
        if ends_line(text, word.end) {
            return None;
        }
        if odd > 0 {
            return self.tail(text, at, list[odd - 1].end, word.start, items, self.edits.len());
        }
        // `cannot not write`; of `can not` the verb is said elsewhere.
        let verb = text[..word.start].trim_end();
        let verb = if verb.ends_with("cannot") { "cannot" } else { "can" };
        if verb == "can" && &text[word.clone()] != "can" {
            return None;
        }
        let next = skip_trivia(text, word.end);
        let edits = vec![(word.start..next, String::new())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("`{verb} {}` says it twice", &text[word.clone()]);
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(word, message, edits)])
    }

    /// `can None`, `can no access`, `cannot Nothing`, `can all`, `can only read` and `can on room`: a word that is no permission in the
    /// place of a list.
    fn single(&mut self, text: &str, at: usize, items: Items, only: Range<usize>) -> Option<Done> {
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
        // `can do anything`
        let every = words::is_all(behind) && ends_line(text, next + behind.len()) && !fresh;
        let (range, meant) = if word == "do" && every {
            (only.start..next + behind.len(), "*")
        } else if words::is_filler(word) && !fresh && (self.known.permission)(phrase(text, next)) {
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

    /// A word behind the item before it on the same line.
    fn trailing(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, cut, first) = (before.at, before.end, before.first);
        let lead = token(text, from);
        let mut pos = at;
        while matches!(token(text, pos), "," | ";" | "and" | "&" | "(") {
            pos = skip_trivia(text, pos + token(text, pos).len());
        }
        if text[cut..pos].contains('\n') {
            return None;
        }
        let word = token(text, pos);
        let entry = items == IN_BLOCK && matches!(lead, "user" | "group" | "default");
        let list = entry || items.item == Rule::role_item;
        let signed = verbs::signed(text, pos, self.known).is_some();
        let here = match items.item {
            Rule::top_item => lead == "assign" && self.leaves(word),
            Rule::member_item => self.leaves(word) || denial::takes_away(word),
            _ if items == IN_BLOCK && lead == "member" => self.leaves(word) || denial::takes_away(word),
            _ if !list => false,
            _ => self.leaves(word) || signed || !is_start(word) && self.parts(word) || word == "can" && items == IN_BLOCK,
        };
        if here { self.tail(text, from, cut, pos, items, first) } else { None }
    }

    /// Takes what a word at `at` says behind the item `from..cut` out of it, with the entries to type.
    fn tail(&mut self, text: &str, from: usize, cut: usize, at: usize, items: Items, first: usize) -> Option<Done> {
        let rest = self.rest(text, at, items)?;
        let word = token(text, at);
        let meant = applied(text, from, cut, &self.edits[first..]);
        let head = head(&meant).filter(|_| items == IN_BLOCK);
        let help = match (&head, items.item) {
            (Some(head), _) => self.entries(head, &rest),
            (None, Rule::role_item) if rest.takes == Some(false) && !rest.leaves => return None,
            (None, Rule::role_item) => self.only_adds(&text[..from], &text[from..cut], &rest.list),
            (None, Rule::top_item) => unassigned(&rest),
            (None, _) if items == IN_BLOCK && token(text, from) == "member" => unlisted(text, at..rest.end, "member user ann"),
            (None, Rule::member_item) => unlisted(text, at..rest.end, "user ann"),
            _ => return None,
        };
        let message = match items.item {
            _ if rest.leaves => left_out(word),
            Rule::member_item => left_out(word),
            _ if head.is_none() => left_out(word),
            _ if matches!(word, "user" | "group") => "an entry speaks of one user or one group".to_owned(),
            _ if matches!(word, "can" | "cannot") => format!("a second `{word}` in one entry"),
            _ => format!("a list says with no `{word}` what is taken away"),
        };
        // Whom it leaves out goes with it, and would be let in else.
        let member = items.item == Rule::member_item;
        let span = at..if member || token(text, from) == "member" { rest.end } else { at + word.len() };
        let comma = skip_trivia(text, rest.end);
        let end = if member && token(text, comma) == "," { comma + 1 } else { rest.end };
        let edits = vec![(cut..end, String::new())];
        // `everything except write` is one slip.
        let key = if self.run.as_ref().is_some_and(|run| run.at == from && run.key == "all") { "all" } else { "" };
        let slip = Slip { help: Help::Said(help), offered: false, key, ..Slip::new(span, message, edits) };
        self.keep(text, from, first, Done { end, opens: None, closes: false }, vec![slip])
    }

    /// The entries that an entry and what stands behind it are.
    fn entries(&self, head: &Head, rest: &Rest) -> String {
        let Head { who, verb, list, .. } = head;
        let takes = rest.takes.unwrap_or(rest.leaves);
        let second = if takes { "cannot" } else { "can" };
        // A prohibition of the lowest level of a feature is one of all of it.
        let here = self.inside.as_ref().map(|(kind, _)| &**kind);
        let own = |name: &str| match &(self.known.feature)(here, name)[..] {
            [[lowest, _]] if takes => lowest.clone(),
            _ => name.to_owned(),
        };
        let own = rest.list.split(", ").map(own).collect::<Vec<_>>().join(", ");
        if rest.places {
            return format!("type the kinds where it holds, and no others: `{who} {verb} {list} on KIND`");
        }
        if rest.who.is_empty() {
            return match verb {
                // What is left out of nothing is all that there is.
                &"can" if list == "nothing" && takes => format!("type `{who} can {own}`"),
                &"cannot" if rest.leaves && rest.takes.is_none() => NO_EXCEPTION.to_owned(),
                verb if second == *verb => format!("type `{who} {verb} {list}, {own}`"),
                _ => format!("type two: `{who} {verb} {list}` and `{who} {second} {own}`"),
            };
        }
        if *verb == "cannot" && rest.takes != Some(true) {
            return NO_EXCEPTION.to_owned();
        }
        let named = rest.takes.is_some() && !rest.list.is_empty();
        let (second, own) = match &**list {
            "nothing" if !takes | rest.takes.is_none() => {
                ("can", if rest.takes == Some(false) && named { own } else { "read".to_owned() })
            }
            "nothing" if !named => (second, "*".to_owned()),
            _ if named => (second, own),
            list => (second, list.to_owned()),
        };
        let others = rest.who.iter().map(|other| format!("`{other} {second} {own}`")).collect::<Vec<_>>();
        let count = if others.len() == 1 { "two" } else { "each" };
        format!("type {count}: `{who} {verb} {list}` and {}", others.join(" and "))
    }

    /// What a word that parts an item says.
    fn rest(&self, text: &str, at: usize, items: Items) -> Option<Rest> {
        let mut rest = Rest { who: Vec::new(), places: false, takes: None, leaves: false, list: String::new(), end: at };
        let mut pos = at;
        let ends = |end: usize, pos: usize| pos >= text.len() || text[end..pos].contains('\n');
        for _ in 0..MOST_WORDS {
            let word = token(text, pos);
            if self.leaves(word) {
                rest.leaves = true;
            } else if !matches!(word, "," | ";" | "and" | "&" | "for" | "then" | "also") {
                break;
            }
            rest.end = pos + word.len();
            pos = skip_trivia(text, rest.end);
            if ends(rest.end, pos) {
                return None;
            }
        }
        if rest.leaves && matches!(token(text, pos), "on" | "in") {
            rest.places = true;
            rest.end = line_end(text, pos);
            return Some(rest);
        }
        // `not user bob` as well as `user bob cannot write`.
        for _ in 0..2 {
            while !ends(rest.end, pos) {
                // `except user bob, user ann`, where the second one begins no entry of its own.
                let comma = if !rest.who.is_empty() && matches!(token(text, pos), "," | "and" | "&") {
                    token(text, pos).len()
                } else {
                    0
                };
                let next = skip_trivia(text, pos + comma);
                let Some((who, end)) =
                    self.whom(text, next).filter(|_| rest.who.is_empty() || comma > 0 && items.item != Rule::member_item)
                else {
                    break;
                };
                if comma > 0 && (text[pos..next].contains('\n') || verbs::at(text, skip_trivia(text, end), self.known).is_some())
                {
                    break;
                }
                rest.who.push(who);
                rest.end = end;
                pos = skip_trivia(text, end);
            }
            if let Some(verb) = verbs::at(text, pos, self.known).filter(|_| rest.takes.is_none() && !ends(rest.end, pos)) {
                rest.takes = verb.meant.map(|meant| meant == "cannot");
                rest.end = verb.range.end;
                pos = skip_trivia(text, rest.end);
            }
        }
        let (names, _) = words::names(text, pos, &[",", "and", "or", "&"]);
        let named = |name: &str| !is_keyword(name) && !self.leaves(name);
        let names: Vec<_> = names.into_iter().take_while(|name| named(&text[name.clone()])).collect();
        // Behind whom it speaks of a list needs a verb; `or` and the like stand in one.
        let own = rest.who.is_empty() || rest.takes.is_some();
        if let (Some(last), true) = (names.last(), own && !ends(rest.end, pos)) {
            rest.list = names.iter().map(|name| &text[name.clone()]).collect::<Vec<_>>().join(", ");
            rest.end = last.end;
        }
        // Behind a kind stands the id of a place.
        if self.known.kinds.contains(&*rest.list) {
            let id = skip_trivia(text, rest.end);
            let name = if ends(rest.end, id) { "" } else { phrase(text, id) };
            rest.end = if matches!(name, "" | "}" | "{") { rest.end } else { id + name.len() };
        }
        let says = !rest.who.is_empty() || !rest.list.is_empty();
        let close = skip_trivia(text, rest.end);
        if token(text, close) == ")" && !ends(rest.end, close) {
            rest.end = close + 1;
        }
        (says && rest.list.len() <= super::super::SHOWN).then_some(rest)
    }

    /// Whom an entry would speak of at a place, and where that ends.
    pub(super) fn whom(&self, text: &str, at: usize) -> Option<(String, usize)> {
        let sort = token(text, at);
        match sort {
            "user" | "group" => {
                let id = skip_trivia(text, at + sort.len());
                let name = phrase(text, id);
                let named = !text[at..id].contains('\n') && !matches!(name, "" | "{" | "}" | ",");
                named.then(|| (format!("{sort} {name}"), id + name.len()))
            }
            "default" | "everyone" | "everybody" => Some(("default".to_owned(), at + sort.len())),
            _ => None,
        }
    }

    /// `group staff except user bob can write`, and `assign editor to group staff except user bob in room lobby`.
    fn left_out(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let first = token(text, at);
        if items == TOP && first == "assign" {
            let mut pos = at;
            for _ in 0..MOST_WORDS {
                let next = skip_trivia(text, pos + token(text, pos).len().max(1));
                if next >= text.len() || text[pos..next].contains('\n') || matches!(token(text, next), "{" | "}") {
                    return None;
                }
                pos = next;
                if self.leaves(token(text, pos)) {
                    break;
                }
            }
            if !self.leaves(token(text, pos)) {
                return None;
            }
            let word = token(text, pos);
            let rest = self.rest(text, pos, items)?;
            let mut end = rest.end;
            // The rest of the line is part of it.
            loop {
                let next = skip_trivia(text, end);
                if next >= text.len() || text[end..next].contains('\n') || matches!(token(text, next), "{" | "}" | ";") {
                    break;
                }
                end = next + token(text, next).len().max(1);
            }
            let slip = Slip {
                help: Help::Said(unassigned(&rest)),
                offered: false,
                ..Slip::new(pos..pos + word.len(), left_out(word), vec![(at..end, String::new())])
            };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        if items != IN_BLOCK || !matches!(first, "user" | "group") {
            return None;
        }
        let id = skip_trivia(text, at + first.len());
        let who = format!("{first} {}", phrase(text, id));
        let pos = skip_trivia(text, id + phrase(text, id).len());
        let word = token(text, pos);
        if !self.leaves(word) || text[at..pos].contains('\n') {
            return None;
        }
        let rest = self.rest(text, pos, items)?;
        let other = rest.who.first().filter(|_| !rest.list.is_empty() && rest.who.len() == 1)?;
        let help = match rest.takes? {
            true => NO_EXCEPTION.to_owned(),
            false => format!("type two: `{who} can {}` and `{other} cannot {}`", rest.list, rest.list),
        };
        let edits = vec![(at..rest.end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(pos..pos + word.len(), left_out(word), edits) };
        self.keep(text, at, self.edits.len(), Done { end: rest.end, opens: None, closes: false }, vec![slip])
    }

    /// Such a word at the start of an item.
    fn leading_out(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        let takes = matches!(items.item, Rule::member_item | Rule::role_item) && denial::takes_away(word);
        if !(self.leaves(word) || takes) || text[at..next].contains('\n') {
            return None;
        }
        let span = at..at + word.len();
        let begins = format!("no {} begins with `{word}`", words::item(items));
        if word.to_lowercase() == "but" && matches!(items.item, Rule::top_item | Rule::block_item) {
            let edits = vec![(at..next, String::new())];
            let item = items.read(text, next).is_some_and(|pair| !self.is_doubtful(text, next, &pair));
            if let Some(done) = attempt(text, at, &edits, items).ok().filter(|done| item && done.end > next) {
                return self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, begins, edits)]);
            }
        }
        let help = match items.item {
            Rule::member_item => unlisted(text, at..self.rest(text, at, items)?.end, "user ann"),
            Rule::role_item => "take it out with what is behind it: a role only adds".to_owned(),
            Rule::top_item => {
                let who = self.rest(text, at, items)?.who.into_iter().next()?;
                format!("nobody is left out: forbid it in a resource, such as `room lobby {{ {who} cannot write }}`")
            }
            // With a verb it is an entry of its own.
            _ => match self.rest(text, at, items).filter(|rest| rest.takes.is_none())? {
                Rest { who, .. } if !who.is_empty() => format!("type what is taken away: `{} cannot write`", who[0]),
                Rest { list, .. } => format!("type whom it is taken from: `user ann cannot {list}`"),
            },
        };
        let end = self.rest(text, at, items)?.end;
        let span = if items.item == Rule::member_item { at..end } else { span };
        let comma = skip_trivia(text, end);
        let end = if items.item == Rule::member_item && token(text, comma) == "," { comma + 1 } else { end };
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(span, begins, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }
}

/// An access entry that is written with `can` or `cannot`.
pub(super) fn head(entry: &str) -> Option<Head> {
    let sort = token(entry, 0);
    let end = match sort {
        "default" => sort.len(),
        "user" | "group" => {
            let id = skip_trivia(entry, sort.len());
            id + phrase(entry, id).len()
        }
        _ => return None,
    };
    let verb = skip_trivia(entry, end);
    let list = verb + token(entry, verb).len();
    let verb = match token(entry, verb) {
        "can" => "can",
        "cannot" => "cannot",
        _ => return None,
    };
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let list = spaced(entry.get(list..)?);
    let until = list.find(" until ").unwrap_or(list.len());
    let on = list[..until].find(" on ").unwrap_or(until);
    let (limit, list) = (list[on..].to_owned(), list[..on].to_owned());
    let fits = list.len() <= super::super::SHOWN && !list.is_empty() && !list.contains("//");
    fits.then(|| Head { who: spaced(&entry[..end]), verb, list, limit })
}

/// Where a line ends, or the block that it stands in.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let (mut pos, mut end) = (at, at);
    for _ in 0..MOST_WORDS {
        let word = token(text, pos);
        if matches!(word, "" | "{" | "}" | ";" | ")") || text[end..pos].contains('\n') {
            break;
        }
        end = pos + word.len();
        pos = skip_trivia(text, end);
    }
    end
}

/// What to do where a list of members leaves someone out.
fn unlisted(text: &str, said: Range<usize>, such: &str) -> String {
    let said = text[said].split_whitespace().collect::<Vec<_>>().join(" ");
    format!("take `{said}` out, and list those who are members, such as `{such}`")
}

fn left_out(word: &str) -> String {
    format!("nothing is left out by `{word}`")
}

/// What to do where an assignment leaves someone or something out.
fn unassigned(rest: &Rest) -> String {
    match rest.who.first() {
        Some(who) => format!("assign it to a group without them, or forbid it: `room lobby {{ {who} cannot write }}`"),
        None => "name each place where it holds: `in room lobby, room hall`".to_owned(),
    }
}
