//! What stands around items: what goes on with the one before on the same line, and what is no item at all.

use pest::iterators::Pair;

use super::super::super::edit::Edit;
use super::super::super::keyword::{is_keyword, is_start};
use super::super::super::recover::{ends_line, last_word, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP, lower, when};
use super::super::trying::{Done, attempt, entry, phrase, short};
use super::super::{denial, signs, verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

impl Mender<'_> {
    /// A word or sign that goes on with the item before it on the same line.
    pub(super) fn continued(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, end, first) = (before.at, before.end, before.first);
        let made = self.edits[first..].to_vec();
        let word = phrase(text, at);
        let attempt_with = |edits: &[Edit]| attempt(text, from, &[&made[..], edits].concat(), items).ok();
        if let Some(done) =
            self.dated(text, from, at, first, &attempt_with).or_else(|| self.ending(text, from, end, at, items, &attempt_with))
        {
            return Some(done);
        }
        let assigns = items == TOP && token(text, from) == "assign";
        if (items == IN_BLOCK || assigns)
            && matches!(&*word.to_lowercase(), "if" | "when" | "unless" | "where" | "provided" | "while")
            && !self.known.kinds.contains(word)
        {
            let to = text[at..].find(['\n', '}']).map_or(text.len(), |n| at + n);
            let to = at + text[at..to].split("//").next().unwrap_or("").trim_end().len();
            let help = match assigns {
                true => {
                    "say whom it is about in a group, and how long by `until`: `assign editor to group staff in room lobby until 2026-12-31`"
                }
                false => "say whom it is about in a group, and how long by `until`: `group staff can read until 2026-12-31`",
            };
            let message = if assigns { "an assignment has no condition" } else { "an entry has no condition" }.to_owned();
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help.into()), offered: false, ..Slip::new(at..at + word.len(), message, edits) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        // `user ann in group staff`
        if items == TOP && matches!(word, "in" | "joins") && token(text, from) == "user" {
            let group = skip_trivia(text, at + word.len());
            let id = skip_trivia(text, group + token(text, group).len());
            if token(text, group) == "group" && !text[at..id].contains('\n') && !phrase(text, id).is_empty() {
                let to = id + phrase(text, id).len();
                let user = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
                let help = Help::Said(self.listed_in(phrase(text, id), &user));
                let message = "a member stands in the block of its group".to_owned();
                let slip =
                    Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, vec![(end..to, String::new())]) };
                return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
            }
        }
        // `role editor can write`
        let head: Vec<&str> = text[from..end].split_whitespace().collect();
        if items == TOP && word == "can" && head.first() == Some(&"role") {
            let to = line_end(text, at);
            let list = text[at..to.max(at)].split_whitespace().collect::<Vec<_>>().join(" ");
            let whole = Items::of(Rule::role_statement).read(&list, 0).is_some_and(|pair| lower::tight_end(&pair) == list.len());
            let shown = if whole && list.len() <= super::super::SHOWN { &list } else { "can …" };
            let help = Help::Said(format!("type `{} {{ {shown} }}`", head.join(" ")));
            let message = "what a role gives stands in its block".to_owned();
            let slip = Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, vec![(end..to, String::new())]) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        if let Some(done) = self.starred(text, from, end, at, first, &attempt_with) {
            return Some(done);
        }
        // `write: false`
        let value = phrase(text, skip_trivia(text, at + word.len()));
        if items == IN_BLOCK && matches!(word, ":" | "=") && matches!(token(text, from), "user" | "group" | "default") {
            let to = skip_trivia(text, at + word.len()) + value.len();
            let given = matches!(value, "true" | "yes" | "allow" | "on" | "1");
            let entry = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
            if given || denial::is_taking(value) || matches!(value, "none" | "off" | "0") {
                let entry = if given { entry } else { entry.replacen(" can ", " cannot ", 1) };
                let message = "a permission has no value".to_owned();
                let help = Help::Said(format!("type `{entry}`"));
                let slip =
                    Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, vec![(end..to, String::new())]) };
                return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
            }
        }
        let lead = made.first().filter(|(range, _)| range.start == from).map_or(token(text, from), |(_, to)| to.trim());
        if let Some((slip, done)) = words::listed(text, from, lead, end, at, self.known.kinds.contains(lead)) {
            let done = match done {
                Some(end) => Done { end, opens: None, closes: false },
                None => attempt_with(&slip.1)?,
            };
            if done.end > at {
                let help = slip.3.map_or(Help::Typed(""), Help::Said);
                let kind = self.known.kinds.contains(lead);
                let head = made.len() == 1 && (done.opens.is_some() || kind);
                // `rooms lobby, hall` is one slip.
                if let Some(run) = self.run.as_mut().filter(|run| head && kind && run.at == from) {
                    run.key = "head";
                }
                let slip = Slip { help, key: if head { "head" } else { "" }, ..Slip::new(slip.0, slip.2, slip.1) };
                return self.keep(text, from, first, done, vec![slip]);
            }
        }
        if let Some(words::Unquoted { range, meant, message, help }) = words::unquoted(text, at).filter(|u| u.range.start >= from)
        {
            let edits = vec![(range.clone(), meant)];
            if let Some(done) = attempt_with(&edits).filter(|done| done.end >= range.end) {
                let slip = Slip { help: Help::Said(help), ..Slip::new(at..at + token(text, at).len(), message, edits) };
                return self.keep(text, from, first, done, vec![slip]);
            }
        }
        if assigns && let Some(done) = self.scoped(text, from, end, at, first, &attempt_with) {
            return Some(done);
        }
        if (items == IN_BLOCK || items.item == Rule::role_item)
            && made.is_empty()
            && let Some(done) = self.least_of_two(text, from, end, at).or_else(|| self.one_of_two(text, from, end, at, items))
        {
            return Some(done);
        }
        let next = skip_trivia(text, at + word.len());
        if items == IN_BLOCK
            && matches!(&*word.to_lowercase(), "and" | "or" | "&" | "then" | "plus" | "also")
            && matches!(token(text, next), "user" | "group" | "default")
            && items.read(text, next).is_some()
        {
            let message = format!("no `{word}` stands between entries");
            let help = Help::Said("take it out: nothing stands between statements or entries but space".to_owned());
            let edits = vec![(at..next, String::new())];
            let done = Done { end: next, opens: None, closes: false };
            return self.keep(text, from, first, done, vec![Slip { help, ..Slip::new(at..at + word.len(), message, edits) }]);
        }
        // `member group staff user ann`
        if items == IN_BLOCK && token(text, from) == "member" && matches!(word, "user" | "group") {
            let edits = vec![(end..at, ", ".to_owned())];
            let behind = self.whom(text, at).map(|(_, behind)| behind)?;
            let verb = verbs::at(text, skip_trivia(text, behind), self.known).is_some();
            let done = attempt_with(&edits).filter(|done| !verb && done.end >= behind)?;
            let message = format!("a comma is missing before `{word}`");
            return self.keep(text, from, first, done, vec![Slip::new(at..behind, message, edits)]);
        }
        for meant in words::meant(word, words::CONTINUING) {
            let range = if meant == "," { end..at + word.len() } else { at..at + word.len() };
            let edits = vec![(range, meant.to_owned())];
            if let Some(done) = attempt_with(&edits).filter(|done| done.end > at + word.len()) {
                let message = match meant {
                    "," => format!("`{word}` joins no items of a list"),
                    _ => format!("`{word}` is no word of the language"),
                };
                let slip = Slip::new(at..at + word.len(), message, edits);
                return self.keep(text, from, first, done, vec![slip]);
            }
        }
        if matches!(word, "[" | "(") {
            let edits = vec![(at..at + 1, "{".to_owned())];
            let done = attempt_with(&edits).filter(|done| done.opens.is_some() && done.end > at)?;
            self.brackets += 1;
            let message = format!("a block does not begin with `{word}`");
            let help = Help::Said("type `{` in its place, and `}` where the block ends".into());
            let slip = Slip { help, offered: false, ..Slip::new(at..at + 1, message, edits) };
            return self.keep(text, from, first, done, vec![slip]);
        }
        if word == "," {
            let next = skip_trivia(text, at + 1);
            let behind = skip_trivia(text, next + 1);
            if token(text, next) == "," && !text[at..behind].contains('\n') {
                let edits = vec![(at..behind, ", ".to_owned())];
                if let Some(done) = attempt_with(&edits).filter(|done| done.end > behind) {
                    let message = "a `,` that parts no items of a list".to_owned();
                    return self.keep(text, from, first, done, vec![Slip::new(next..next + 1, message, edits)]);
                }
            }
            if let Some((range, inside)) = signs::quoted(text, next) {
                for meant in [format!("\"{inside}\""), inside.to_owned()] {
                    let edits = vec![(range.clone(), meant)];
                    if let Some(done) = attempt_with(&edits).filter(|done| done.end >= range.end) {
                        let message = "items of a list stand in no such quotes".to_owned();
                        let slip = Slip { key: "quotes", ..Slip::new(range, message, edits) };
                        return self.keep(text, from, first, done, vec![slip]);
                    }
                }
            }
            let other = phrase(text, next);
            let named = skip_trivia(text, next + other.len());
            let names =
                phrase(text, named).starts_with(|c: char| c.is_alphanumeric() || c == '"') && !is_keyword(phrase(text, named));
            if names
                && !text[next..named].contains('\n')
                && let [sort, ..] = words::meant(other, &["user", "group"])[..]
            {
                let edits = vec![(next..next + other.len(), sort.to_owned())];
                let done = attempt_with(&edits).filter(|done| done.end > named)?;
                let message = format!("expected `user` or `group`, found `{}`", short(other));
                return self.keep(text, from, first, done, vec![Slip::new(next..next + other.len(), message, edits)]);
            }
            // Behind `in` stand places.
            if assigns && text[from..end].split_whitespace().any(|word| word == "in") {
                return None;
            }
            let missing = if (self.known.group)(other) { "group " } else { "user " };
            let edits = vec![(next..next, missing.to_owned())];
            let done =
                attempt_with(&edits).filter(|done| !is_keyword(other) && done.end >= next + other.len() && done.end > next)?;
            let message = format!("expected `user` or `group`, found `{}`", short(other));
            let slip =
                Slip { help: Help::Typed(words::OR_GROUP), key: missing, ..Slip::new(next..next + other.len(), message, edits) };
            return self.keep(text, from, first, done, vec![slip]);
        }
        if word == "in" {
            let behind = skip_trivia(text, at + word.len());
            let name = phrase(text, behind);
            let here = behind..behind + name.len();
            if self.known.kinds.contains(name) {
                let slip = self.idless(text, here.clone())?;
                let done = attempt_with(&slip.edits).filter(|done| done.end >= here.end)?;
                return self.keep(text, from, first, done, vec![slip]);
            }
            let edits = vec![(behind..behind, format!("{} ", self.kind_of(name, Some("organization"))?))];
            let done = attempt_with(&edits).filter(|done| done.end > behind && !name.is_empty())?;
            let message = format!("a kind is missing before `{}`", short(name));
            return self.keep(text, from, first, done, vec![Slip::new(here, message, edits)]);
        }
        // An id that is not on the same line is none.
        let alone = ends_line(text, at + word.len()) || items.read(text, at).is_none();
        if ((self.known.permission)(word) || alone)
            && !is_keyword(word)
            && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*')
        {
            // `can read, not write`
            let last = last_word(text, from, end);
            let cut =
                text[..last.start].trim_end().trim_end_matches(',').trim_end().trim_end_matches(" includes").trim_end().len();
            if denial::is_taking(&text[last.clone()]) && !(self.known.permission)(&text[last.clone()]) && cut > from {
                let who = text[from..cut].split(" can ").next().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
                let entry = matches!(token(text, from), "user" | "group" | "default") && items == IN_BLOCK;
                let help = match entry {
                    true => format!("type an entry of its own: `{who} cannot {word}`"),
                    false if items.item == Rule::role_item => self.only_adds(&text[..from], &text[from..cut], word),
                    false => format!("take it out, and name those that are meant, without `{word}`"),
                };
                let to = at + word.len();
                let message = format!("a list says with no `{}` what is taken away", &text[last.clone()]);
                let edits = vec![(cut..to, String::new())];
                let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(last, message, edits) };
                return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
            }
            let edits = vec![(end..at, ", ".to_owned())];
            let done = attempt_with(&edits).filter(|done| done.end >= at + word.len())?;
            let message = format!("a comma is missing before `{word}`");
            return self.keep(text, from, first, done, vec![Slip::new(at..at + word.len(), message, edits)]);
        }
        None
    }

    /// A date that is written as elsewhere behind the `until` of an item.
    fn dated(
        &mut self,
        text: &str,
        from: usize,
        at: usize,
        first: usize,
        attempt_with: &dyn Fn(&[Edit]) -> Option<Done>,
    ) -> Option<Done> {
        let until = text[from..at].rfind("until").map(|n| from + n + "until".len())?;
        let start = skip_trivia(text, until);
        let sign = if matches!(token(text, start), ":" | "=") { token(text, start).len() } else { 0 };
        let (range, readings) = signs::dated(text, skip_trivia(text, start + sign))
            .filter(|(range, _)| range.end > at && !text[start..at].contains('\n'))?;
        let from_sign = if sign > 0 { until } else { start };
        let date = readings.first()?;
        let edits = vec![(from_sign..range.end, if sign > 0 { format!(" {date}") } else { date.clone() })];
        let done = attempt_with(&edits).filter(|done| done.end >= range.end)?;
        let mut message = format!("`{}` is no date and no time", short(&text[range.clone()]));
        let mut help = Help::Said(when::help(&text[range.clone()]));
        if sign > 0 {
            message = format!("no `{}` stands behind `until`", &text[start..start + sign]);
            help = if readings.len() == 1 { Help::Typed("") } else { help };
        }
        let range = if sign > 0 { start..start + sign } else { range };
        let slip = Slip { help, offered: readings.len() == 1, ..Slip::new(range, message, edits) };
        self.keep(text, from, first, done, vec![slip])
    }

    /// `user ` or `group ` before the name that an entry begins with.
    pub(super) fn insert(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        let meant = if (self.known.group)(word) { "group " } else { "user " };
        let edits = vec![(at..at, meant.to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("expected an access entry, found `{}`", short(word));
        let also = if meant == "user " { words::OR_GROUP } else { "" };
        let slip = Slip { help: Help::Typed(also), ..Slip::new(at..at + word.len(), message, edits) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// An access entry at the top level: said, and taken out.
    pub(super) fn outside(&mut self, text: &str, at: usize, items: Items, pair: &Pair<'_, Rule>) -> Option<Done> {
        let end = at + lower::tight_end(pair);
        let verb = skip_trivia(text, end);
        if items != TOP || !matches!(token(text, at), "user" | "group" | "default") || text[end..verb].contains('\n') {
            return None;
        }
        let said = verbs::at(text, verb, self.known)?;
        if is_start(token(text, skip_trivia(text, said.range.end))) {
            return None;
        }
        let edits = match (&text[said.range.clone()], said.meant?) {
            ("can" | "cannot", _) => Vec::new(),
            (_, meant) => vec![(said.range, meant.to_owned())],
        };
        let (shown, end) = entry(text, at, &edits)?;
        self.take_out(text, at, verb, end, &shown)
    }

    pub(super) fn take_out(&mut self, text: &str, at: usize, said: usize, end: usize, shown: &str) -> Option<Done> {
        let (place, shown, end) = self.place(text, shown, end);
        let help = Help::Said(format!("put it in a block: `{place} {{ {shown} }}`"));
        let message = "an access entry outside a resource".to_owned();
        let span = said..said + token(text, said).len();
        let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// Where an entry of the top level that ends at a place holds: behind it stands `in room q`, or `q` behind its `on room`.
    fn place(&self, text: &str, shown: &str, end: usize) -> (String, String, usize) {
        let same = |from: usize, to: usize| to < text.len() && !text[from..to].contains('\n');
        let id = |kind: &str, at: usize| {
            let id = phrase(text, at);
            let plain = !is_keyword(id) && id.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
            (plain && self.known.kinds.contains(kind)).then(|| (format!("{kind} {id}"), at + id.len()))
        };
        // It ends as the line says.
        let until = |entry: &str, end: usize| {
            let word = skip_trivia(text, end);
            let date = skip_trivia(text, word + token(text, word).len());
            match token(text, word) == "until" && same(end, date) {
                true => (format!("{entry} until {}", phrase(text, date)), date + phrase(text, date).len()),
                false => (entry.to_owned(), end),
            }
        };
        let next = skip_trivia(text, end);
        if let Some((entry, kind)) = shown.rsplit_once(" on ")
            && same(end, next)
            && let Some((place, end)) = id(kind, next)
        {
            let (entry, end) = until(entry, end);
            return (place, entry, end);
        }
        let kind = skip_trivia(text, next + token(text, next).len());
        let at = skip_trivia(text, kind + token(text, kind).len());
        if matches!(token(text, next), "in" | "at")
            && same(end, at)
            && let Some((place, end)) = id(token(text, kind), at)
        {
            let (entry, end) = until(shown, end);
            return (place, entry, end);
        }
        ("room lobby".to_owned(), shown.to_owned(), end)
    }

    /// An entry that begins with what it does, as in other languages, and a prohibition in a role: said, and taken out.
    pub(super) fn reversed(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let (message, help, end) = match word {
            "cannot" | "until" if items.item == Rule::role_item => {
                let (before, help) = match word {
                    "cannot" => ("default ", "write it in a resource: `group staff cannot write`; a role only adds"),
                    _ => (
                        "default can read ",
                        "write it behind the assignment: `assign ROLE to user ann in room lobby until DATE`",
                    ),
                };
                let done = attempt(text, at, &[(at..at, before.to_owned())], IN_BLOCK).ok()?;
                (format!("a role has no `{word}`"), help.to_owned(), done.end)
            }
            _ => return self.led(text, at, items),
        };
        let slip = Slip {
            help: Help::Said(help),
            offered: false,
            ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())])
        };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// An entry that begins with its verb.
    fn led(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let role = phrase(text, skip_trivia(text, at + word.len()));
        let not = verbs::at(text, at, self.known).filter(|verb| verb.meant == Some("cannot"));
        let undoes = denial::is_taking(word) && word.to_lowercase().ends_with("assign")
            || not.is_some_and(|verb| token(text, skip_trivia(text, verb.range.end)) == "assign");
        let revokes = (self.known.role)(role) && matches!(&*word.to_lowercase(), "revoke" | "remove" | "deny" | "drop");
        if items == TOP && (undoes || revokes) {
            let end = verbs::reversed(text, at, word.len(), "cannot", self.known).end;
            let message = "no statement takes a role away".to_owned();
            let help =
                Help::Said("where an `assign` gives it, take that out, or forbid: `room lobby { user ann cannot write }`".into());
            let edits = vec![(at..end, String::new())];
            let slip = Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, edits) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        // `-write user bob`, `cannot write: user bob`
        let sign = verbs::signed(text, at, self.known).map(str::len).filter(|_| items == IN_BLOCK);
        let word = sign.map_or(word, |sign| &text[at..at + sign]);
        let plain = match word {
            "cannot" if items == IN_BLOCK => Some("cannot"),
            "can" if items == IN_BLOCK => Some("can"),
            _ => sign.map(|_| "cannot"),
        };
        let verb = plain.or(verbs::leading(word)).filter(|_| matches!(items.item, Rule::top_item | Rule::block_item))?;
        let next = phrase(text, skip_trivia(text, at + word.len()));
        let assigns = || attempt(text, at, &[(at..at + word.len(), "assign".to_owned())], TOP).is_ok();
        if items == TOP && verb == "can" && (self.known.role)(next) && assigns() {
            return None;
        }
        let role = skip_trivia(text, at + word.len());
        let role = if next == "role" { skip_trivia(text, role + next.len()) } else { role };
        let named = phrase(text, role);
        if items == TOP && verb == "can" && (self.known.role)(named) {
            let end = verbs::reversed(text, at, word.len(), verb, self.known).end;
            let to = skip_trivia(text, role + named.len());
            let whom = Some(skip_trivia(text, to + 2)).filter(|_| token(text, to) == "to").and_then(|at| self.whom(text, at));
            let place =
                whom.as_ref().map(|(_, behind)| text.get(*behind..end).unwrap_or("").split_whitespace().collect::<Vec<_>>());
            let place = match place.as_deref() {
                Some(["in", kind, id, ..]) if self.known.kinds.contains(kind) => format!("in {kind} {id}"),
                Some(["everywhere", ..]) => "everywhere".to_owned(),
                _ => "in KIND ID".to_owned(),
            };
            let who = whom.map_or_else(|| "user ID".to_owned(), |(who, _)| who.replace("default", "everyone"));
            let help = Help::Said(format!("a role is given by an assignment: type `assign {named} to {who} {place}`"));
            let message = format!("no statement begins with `{word}`");
            let slip = Slip { help, offered: false, ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        let said = verbs::reversed(text, at, word.len(), verb, self.known);
        if plain.is_some() && !said.named {
            return None;
        }
        let end = said.end;
        let done = Done { end, opens: None, closes: false };
        let message = format!("no {} begins with `{word}`", words::item(items));
        let span = at..at + word.len();
        if said.conditional && verb == "can" {
            let help = "no entry has a condition: put those of whom it holds into a group, and give that group the permission";
            let slip = Slip {
                help: Help::Said(help.into()),
                offered: false,
                ..Slip::new(span, message, vec![(at..end, String::new())])
            };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        if let [_, _, ..] = &said.more[..] {
            let entries = said.more.iter().map(|entry| format!("`{entry}`")).collect::<Vec<_>>().join(" and ");
            let help = Help::Said(format!("who comes first, in a resource: type {entries}"));
            let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        if items != TOP && said.resource.is_none() {
            let edits = vec![(at..end, said.entry.clone())];
            if attempt(text, at, &edits, items).is_ok() {
                let help = Help::Said(format!("who comes first: type `{}`", said.entry));
                return self.keep(text, at, self.edits.len(), done, vec![Slip { help, ..Slip::new(span, message, edits) }]);
            }
        }
        let entry = match &said.resource {
            Some(resource) => format!("{resource} {{ {} }}", said.entry),
            None if items == TOP => format!("room lobby {{ {} }}", said.entry),
            None => said.entry,
        };
        let help = Help::Said(format!("who comes first: type `{entry}`"));
        let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// A condition before an entry: said, and taken out.
    pub(super) fn conditional(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        if items != IN_BLOCK || !matches!(&*word.to_lowercase(), "if" | "unless" | "where" | "whenever" | "provided") {
            return None;
        }
        let next = skip_trivia(text, at + word.len());
        let (shown, end) = entry(text, next, &[])?;
        let edits = vec![(at..next, String::new())];
        let help = match word.to_lowercase() == "unless" {
            true => "say of whom it holds: a group, such as `group staff cannot write`".to_owned(),
            false => format!("type `{shown}`; whom it is about, a group says, and how long, `until DATE`"),
        };
        let message = "an entry has no condition".to_owned();
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..at + word.len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// Something between items that is none: a comment of another language, a `;`.
    pub(super) fn stray(&mut self, text: &str, at: usize) -> Option<Done> {
        let (range, message, help) = words::comment(text, at).or_else(|| words::separator(text, at))?;
        let done = Done { end: range.end, opens: None, closes: false };
        let span = range.start..range.start + if text[at..].starts_with("/*") { 2 } else { token(text, at).len() };
        let slip = Slip { help: Help::Said(help), ..Slip::new(span, message, vec![(range, String::new())]) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }
}
