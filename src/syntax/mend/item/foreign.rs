//! Whole statements and entries of other languages, and what each is here.

use super::super::super::keyword::is_keyword;
use super::super::super::recover::{ends_line, last_word, matching_close, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP, lower};
use super::super::trying::{Done, attempt, entry, phrase, short};
use super::super::{signs, verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// What stands behind a role where one is named in an entry.
struct Limit<'t> {
    /// The byte behind it.
    end: usize,
    /// Whether it names kinds.
    on: bool,
    /// Whether it says an end, and the day where that is written as it should be.
    until: Option<Option<&'t str>>,
}

impl Mender<'_> {
    /// A statement or an entry of another language at `at`.
    pub(super) fn foreign(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        self.listed_members(text, at, items)
            .or_else(|| self.denied(text, at, items))
            .or_else(|| self.created(text, at, items))
            .or_else(|| self.roled(text, at, items))
            .or_else(|| self.needless(text, at, items))
    }

    /// `users: [ann, bob]` and `- ann` in a group, `members: user ann` in an organization.
    fn listed_members(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let in_block = items == IN_BLOCK;
        if items.item != Rule::member_item && !in_block {
            return None;
        }
        let dash = token(text, at) == "-";
        let key = if dash { skip_trivia(text, at + 1) } else { at };
        let word = token(text, key);
        let sign = skip_trivia(text, key + word.len());
        let signed = matches!(token(text, sign), ":" | "=");
        let sort = match &*word.to_lowercase() {
            "user" | "users" | "member" | "members" | "people" if signed => Some("user"),
            "group" | "groups" | "team" | "teams" if signed && !in_block => Some("group"),
            _ => None,
        };
        if in_block && (dash || !word.to_lowercase().starts_with("member")) || !dash && sort.is_none() {
            return None;
        }
        let mut pos = if sort.is_some() { skip_trivia(text, sign + 1) } else { key };
        let bracket = matches!(token(text, pos), "[" | "(");
        if bracket {
            pos = skip_trivia(text, pos + 1);
        }
        let (mut found, mut end) = (Vec::new(), pos);
        while found.len() < 100 {
            let mut sort = sort.unwrap_or("user");
            if matches!(token(text, pos), "user" | "group") {
                sort = if token(text, pos) == "user" { "user" } else { "group" };
                pos = skip_trivia(text, pos + sort.len());
            }
            let (to, name) = match signs::quoted(text, pos) {
                Some((range, inside)) => (range.end, format!("\"{inside}\"")),
                None => (pos + phrase(text, pos).len(), phrase(text, pos).to_owned()),
            };
            if is_keyword(&name) || !name.trim_start_matches('"').starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                break;
            }
            let sort = if (self.known.group)(name.trim_matches('"')) { "group" } else { sort };
            found.push(format!("{sort} {name}"));
            end = to;
            let comma = skip_trivia(text, to);
            if token(text, comma) != "," {
                break;
            }
            pos = skip_trivia(text, comma + 1);
        }
        let close = skip_trivia(text, end);
        if bracket && matches!(token(text, close), "]" | ")") {
            end = close + 1;
        }
        let meant = format!("{}{}", if in_block { "member " } else { "" }, found.join(", "));
        let edits = vec![(at..end, meant)];
        let done = attempt(text, at, &edits, items).ok().filter(|_| !found.is_empty())?;
        let begins = if dash { "-" } else { word };
        let message = format!("no {} begins with `{begins}`", words::item(items));
        let slip = Slip { key: "listed", ..Slip::new(at..at + begins.len(), message, edits) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// `not group staff can write`, and `everyone except user ann can read`.
    fn denied(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        let next = skip_trivia(text, at + word.len());
        let span = at..at + word.len();
        let leading = verbs::at(text, at, self.known).filter(|verb| verb.meant == Some("cannot"));
        let next = leading.map_or(next, |verb| skip_trivia(text, verb.range.end));
        if items == IN_BLOCK && next > at && self.takes(text, at) && matches!(token(text, next), "user" | "group" | "default") {
            let first = token(text, next);
            let id = skip_trivia(text, next + first.len());
            // `no user can write` speaks of everyone.
            let nobody = first != "default" && matches!(token(text, id), "can" | "cannot");
            let id_end = if nobody || first == "default" { next + first.len() } else { id + phrase(text, id).len() };
            let list = skip_trivia(text, id_end);
            let verb = verbs::at(text, list, self.known);
            let verb = verb.map_or((list..list, "cannot ".to_owned()), |verb| (verb.range, "cannot".to_owned()));
            let edits = if nobody { vec![(at..id, "default ".to_owned()), verb] } else { vec![(at..next, String::new()), verb] };
            let done = attempt(text, at, &edits, items).ok().filter(|done| !text[at..done.end].contains('\n'))?;
            let message = format!("no entry begins with `{word}`");
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, message, edits)]);
        }
        if items == IN_BLOCK && next > at && self.takes(text, at) && matches!(token(text, next), "member" | "members" | "owner") {
            let end = line_end(text, next);
            let help = "take it out, and list those who are members, such as `member user ann`".to_owned();
            let message = format!("no entry begins with `{word}`");
            let slip =
                Slip { help: Help::Said(help), offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        let all = matches!(&*word.to_lowercase(), "everyone" | "everybody" | "all" | "anyone" | "default" | "anybody");
        let but = token(text, next);
        if all && matches!(but, "except" | "but" | "without") {
            let rest = skip_trivia(text, next + but.len());
            let (shown, end) = entry(text, rest, &[])?;
            let (who, list) = shown.split_once(" can ")?;
            let entries = format!("`default can {list}` and `{who} cannot {list}`");
            let message = "an entry speaks of everyone, of one user or of one group".to_owned();
            let help = Help::Said(format!("type two: {entries}"));
            let slip =
                Slip { help, offered: false, ..Slip::new(next..next + but.len(), message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        None
    }

    /// Whether the words at a place take something away.
    fn takes(&self, text: &str, at: usize) -> bool {
        let kind = self.known.kinds.contains(token(text, at));
        !kind && verbs::at(text, at, self.known).is_some_and(|verb| verb.meant == Some("cannot"))
    }

    /// `create role editor { … }`, and `add user ann to group staff`.
    fn created(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let making = ["create", "define", "declare", "new", "add", "def", "insert", "set"];
        if items != TOP || !making.contains(&&*word.to_lowercase()) || self.known.kinds.contains(word) {
            return None;
        }
        let next = skip_trivia(text, at + word.len());
        let message = format!("no statement begins with `{word}`");
        let span = at..at + word.len();
        let edits = vec![(at..next, String::new())];
        let lower = text[next..].split_whitespace().next().unwrap_or("").to_lowercase();
        let known = matches!(&*lower, "user" | "group" | "role" | "kind" | "assign" | "test" | "invariant" | "facts")
            || self.known.kinds.contains(&*lower);
        let mut edits = edits;
        if known && !text[next..].starts_with(&*lower) {
            edits.push((next..next + lower.len(), lower.clone()));
        }
        let done = attempt(text, at, &edits, items).ok().filter(|_| known)?;
        let to = skip_trivia(text, done.end);
        let group = skip_trivia(text, to + token(text, to).len());
        if lower == "user" && matches!(token(text, to), "to" | "in" | "into") && !text[at..group].contains('\n') {
            let group = if token(text, group) == "group" { skip_trivia(text, group + 5) } else { group };
            let name = phrase(text, group);
            let end = group + name.len();
            let user = text[next..done.end].split_whitespace().collect::<Vec<_>>().join(" ");
            let help = Help::Said(format!("type `group {name} {{ {user} }}`"));
            let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, message, edits)])
    }

    /// `user ann has role editor` in a resource.
    fn roled(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let first = token(text, at);
        if items != IN_BLOCK || !matches!(first, "user" | "group" | "default") {
            return None;
        }
        let id = skip_trivia(text, at + first.len());
        let id_end = if first == "default" { at + first.len() } else { id + phrase(text, id).len() };
        let mut pos = skip_trivia(text, id_end);
        let verb = verbs::at(text, pos, self.known);
        let takes = verb.as_ref().is_some_and(|verb| verb.meant == Some("cannot"));
        pos = verb.map_or(pos, |verb| skip_trivia(text, verb.range.end));
        // How long it holds, or on which kinds, may stand behind the role.
        let limited = |end: usize| {
            let next = skip_trivia(text, end);
            !text[end..next].contains('\n') && matches!(token(text, next), "on" | "until")
        };
        let bare = phrase(text, pos);
        let ends = ends_line(text, pos + bare.len()) || limited(pos + bare.len());
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
        let who = if first == "default" { "everyone".to_owned() } else { format!("{first} {}", phrase(text, id)) };
        let assign = self.assignment(name, &who);
        let limit = if limited(end) { self.limit(text, end) } else { Limit { end, on: false, until: None } };
        let Limit { end, on, until } = limit;
        let kinds = "on which kinds it gives something, the role says";
        let help = Help::Said(match until {
            _ if takes => "where an `assign` gives it, take that out, or name the permissions that are forbidden".to_owned(),
            None if on => format!("give it by an assignment at the top level; {kinds}"),
            None => format!("type `{assign}` at the top level"),
            Some(day) if on => {
                let day = day.unwrap_or("DATE");
                format!("give it by an assignment at the top level, with its `until {day}`; {kinds}")
            }
            Some(Some(day)) => format!("type `{assign} until {day}` at the top level"),
            Some(None) => format!("give it at the top level, with its `until DATE`: `{assign} until DATE`"),
        });
        let message = if takes { "no entry takes a role away" } else { "a role is given by an assignment" }.to_owned();
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help, offered: false, ..Slip::new(pos..pos + token(text, pos).len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// What limits a role that is named in an entry, on its line and before the next entry or resource.
    fn limit<'t>(&self, text: &'t str, from: usize) -> Limit<'t> {
        let line = line_end(text, from);
        let (mut limit, mut before, mut pos) = (Limit { end: from, on: false, until: None }, "", skip_trivia(text, from));
        while pos < line {
            let word = token(text, pos);
            let next = skip_trivia(text, pos + word.len());
            let names = next < line && token(text, next).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
            let named = names && !matches!(token(text, next), "on" | "until" | "and" | "or");
            let place = before != "on" && named && self.known.kinds.contains(word);
            if place || matches!(word, "user" | "group" | "default" | "member" | "members" | "owner") {
                break;
            }
            limit.on |= word == "on";
            limit.end = pos + word.len();
            if word == "until" {
                limit.until = Some(None);
                if let Some((day, readings)) = signs::dated(&text[..line], next.min(line)) {
                    limit.end = day.end.max(limit.end);
                    // What is written in another way may be one of several days.
                    limit.until = Some(Some(&text[day]).filter(|day| readings[..] == [*day]));
                }
            }
            (before, pos) = (word, skip_trivia(text, limit.end));
        }
        limit
    }

    /// What other languages need and this one does not.
    fn needless(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != TOP {
            return None;
        }
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        // One line may be all of a text, with such a word at each place: its end is looked for where one stands.
        let line = || {
            let line = at + text[at..].find('\n').unwrap_or(text.len() - at);
            at + text[at..line].split("//").next().unwrap_or("").trim_end().len()
        };
        let (message, help, end) = match word {
            "package" | "namespace" | "module" if !self.known.kinds.contains(word) => {
                (format!("no statement begins with `{word}`"), "take it out: all files of a policy are one set of names", line())
            }
            "import" | "include" | "require" | "from" if token(text, next).contains(['.', '/']) => {
                (format!("no statement begins with `{word}`"), "take it out: every file of a policy sees the others", line())
            }
            "-" => (
                "no statement begins with `-`".to_owned(),
                "take it out: statements stand one below the other, such as `user ann`",
                line(),
            ),
            "default" if matches!(token(text, skip_trivia(text, next + token(text, next).len())), "=" | ":") => {
                ("what nothing gives is denied, and no statement says so".to_owned(), "take it out", line())
            }
            "{" if token(text, next).starts_with('"') => {
                let end = matching_close(text, at + 1).unwrap_or(text.len());
                let help = "write statements such as `group staff { user ann }`, or facts in `.jsonl` files: `facts members from \"members.jsonl\"`";
                ("a policy is no JSON".to_owned(), help, end)
            }
            _ => return None,
        };
        let slip =
            Slip { help: Help::Said(help.into()), ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// A block whose `{` is missing: what stands in one begins on the next line, and a `}` ends it.
    pub(super) fn unbraced(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before =
            self.before.as_ref().filter(|b| items == TOP && b.items == TOP && b.end <= at && b.first == self.edits.len())?;
        let (from, end, first) = (before.at, before.end, before.first);
        if !text[end..at].contains('\n') || text[end..at].contains('}') {
            return None;
        }
        let pair = TOP.read(text, from).filter(|pair| !lower::ends_open(pair) && from + lower::tight_end(pair) == end)?;
        let rule = pair.as_rule();
        if !matches!(rule, Rule::resource_statement | Rule::role_statement) || matches!(token(text, at), "}" | "{") {
            return None;
        }
        if Items::of(rule).read(text, at).is_none() || TOP.read(text, at).is_some() {
            return None;
        }
        matching_close(text, at)?;
        let word = last_word(text, from, end);
        let head = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let message = format!("a `{{` is missing behind `{}`", short(&text[word.clone()]));
        let help = Help::Said(format!("type `{} {{`", short(&head)));
        let slip = Slip { help, ..Slip::new(word, message, vec![(end..end, " {".to_owned())]) };
        self.keep(text, from, first, Done { end: at, opens: Some(rule), closes: false }, vec![slip])
    }
}
