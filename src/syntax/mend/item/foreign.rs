//! Whole statements and entries of other languages, and what each is here.

use super::super::super::keyword::is_keyword;
use super::super::super::recover::{ends_line, last_word, matching_close, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP, lower};
use super::super::trying::{Done, attempt, entry, phrase, short};
use super::super::{signs, verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};
use crate::finding::closest;

impl Mender<'_> {
    /// A statement or an entry of another language at `at`.
    pub(super) fn foreign(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        self.listed_members(text, at, items)
            .or_else(|| self.including(text, at, items))
            .or_else(|| self.denied(text, at, items))
            .or_else(|| self.created(text, at, items))
            .or_else(|| self.roled(text, at, items))
            .or_else(|| self.needless(text, at, items))
    }

    /// `users: [ann, bob]`, `members ann, bob` and `- ann` in a group, `members: user ann` in an organization.
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
        let lower = word.to_lowercase();
        // Of a word that is no keyword the list may follow at once.
        let bare = !in_block && !is_keyword(&lower) && !text[key..sign].contains('\n');
        let listed = bare && matches!(token(text, sign), "[" | "(");
        let several = bare && lower.ends_with('s') && phrase(text, sign).starts_with(|c: char| c.is_alphanumeric() || c == '"');
        let sort = match &*lower {
            "user" | "users" | "member" | "members" | "people" if signed || listed || several => Some("user"),
            "group" | "groups" | "team" | "teams" if (signed || listed || several) && !in_block => Some("group"),
            _ => None,
        };
        if in_block && (dash || !lower.starts_with("member")) || !dash && sort.is_none() {
            return None;
        }
        let behind = if signed { skip_trivia(text, sign + 1) } else { sign };
        let mut pos = if sort.is_some() { behind } else { key };
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

    /// `include group staff` in a group: who is listed is a member. `owned by user ann` in a resource.
    fn including(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        const WORDS: &[&str] = &[
            "include",
            "includes",
            "including",
            "contain",
            "contains",
            "has",
            "have",
            "add",
            "adds",
            "plus",
            "member",
            "members",
            "users",
            "people",
            "groups",
        ];
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        if items == IN_BLOCK && matches!(&*word.to_lowercase(), "owned" | "owner") && token(text, next) == "by" {
            let edits = vec![(at..next + "by".len(), "owner".to_owned())];
            let done = attempt(text, at, &edits, items).ok().filter(|done| done.end > next + "by".len())?;
            let message = format!("no entry begins with `{word} by`");
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..next + "by".len(), message, edits)]);
        }
        let named = matches!(token(text, next), "user" | "group") && !text[at..next].contains('\n');
        if items.item != Rule::member_item || !WORDS.contains(&&*word.to_lowercase()) || !named {
            return None;
        }
        let edits = vec![(at..next, String::new())];
        let done = attempt(text, at, &edits, items).ok().filter(|done| done.end > next)?;
        let message = format!("no member of a group begins with `{word}`");
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..at + word.len(), message, edits)])
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
            let help = Help::Said(self.listed_in(name, &user));
            let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, message, edits)])
    }

    /// A whole text of another language, of which no statement is one here: a model of OpenFGA begins with its version.
    pub(super) fn modelled(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let next = skip_trivia(text, at + token(text, at).len());
        let model = items == TOP && token(text, at) == "model" && token(text, next) == "schema";
        if !model || self.known.kinds.contains("model") {
            return None;
        }
        let message = "this is a model of OpenFGA, and no policy".to_owned();
        let help = "declare kinds with their levels, `kind doc in organization { levels read < write }`, and say in resources who can \
                    what: `doc plan { user ann can read }`";
        let (span, end) = (at..at + "model".len(), text.len());
        let slip =
            Slip { help: Help::Said(help.into()), offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
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
            "import" | "include" | "require" | "from" | "using"
                if token(text, next).contains(['.', '/'])
                    || word != "from" && ends_line(text, next + phrase(text, next).len()) && self.is_file(phrase(text, next)) =>
            {
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

    /// How a user becomes a member of a group, which may have its block already.
    pub(super) fn listed_in(&self, group: &str, user: &str) -> String {
        match (self.known.group)(group.trim_matches('"')) {
            true => format!("list it in the block of `group {group}`: `{user}`"),
            false => format!("type `group {group} {{ {user} }}`"),
        }
    }

    /// Whether a name is none of a vocabulary, nor nearly: it is that of a file, then.
    fn is_file(&self, name: &str) -> bool {
        let name = name.trim_matches('"');
        self.known.all
            && !name.is_empty()
            && !self.known.vocabularies.contains(&name)
            && closest(name, self.known.vocabularies.iter().copied()).is_empty()
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
