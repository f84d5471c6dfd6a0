//! Item by item: the change that makes each whole, and what is said of it.

use std::ops::Range;

use pest::iterators::Pair;

use super::super::edit::Edit;
use super::super::keyword::{is_keyword, is_start};
use super::super::recover::{ends_line, last_word, skip_trivia, token, unnamed};
use super::super::{IN_BLOCK, Items, Rule, TOP, lower};
use super::trying::{Done, Wrong, attempt, elsewhere, entry, fits, is_negated, phrase, short, starts_words, typed};
use super::{Known, words};
use crate::finding::{Finding, Fix, Near, SYNTAX, UNKNOWN_KIND, closest};
use crate::source::{FileId, Span};

/// The item before, and the first of the changes in it.
struct Before {
    at: usize,
    end: usize,
    items: Items,
    first: usize,
}

/// The same change in items that follow each other is one mistake.
struct Run {
    key: &'static str,
    at: usize,
    first: usize,
    end: usize,
}

/// What a change is about.
struct Slip {
    span: Range<usize>,
    message: String,
    edits: Vec<Edit>,
    help: Help,
    /// A name for changes that are one mistake where they follow each other.
    key: &'static str,
    near: Option<Near>,
}

impl Slip {
    fn new(span: Range<usize>, message: String, edits: Vec<Edit>) -> Slip {
        Slip { span, message, edits, help: Help::Typed(""), key: "", near: None }
    }
}

enum Help {
    /// The item as it is meant, and what to say behind it.
    Typed(&'static str),
    Said(String),
}

/// What was changed in a text.
pub struct Changes {
    /// The changes, in their order.
    pub edits: Vec<Edit>,
    /// What was said of them.
    pub findings: Vec<Finding>,
    /// The items that they make whole.
    pub items: Vec<Range<usize>>,
}

/// The changes of a text as it is read.
pub struct Mender<'k> {
    known: &'k Known<'k>,
    file: FileId,
    edits: Vec<Edit>,
    findings: Vec<Finding>,
    items: Vec<Range<usize>>,
    /// How many blocks are open that begin with another sign than `{`.
    brackets: usize,
    before: Option<Before>,
    run: Option<Run>,
}

impl<'k> Mender<'k> {
    /// Nothing is changed yet.
    pub fn new(file: FileId, known: &'k Known<'k>) -> Mender<'k> {
        Mender { known, file, edits: Vec::new(), findings: Vec::new(), items: Vec::new(), brackets: 0, before: None, run: None }
    }

    /// What was changed, where something was.
    pub fn into_changes(self) -> Option<Changes> {
        (!self.edits.is_empty()).then_some(Changes { edits: self.edits, findings: self.findings, items: self.items })
    }

    /// The item at `at` with a change that makes it whole, where it needs one and there is one.
    pub fn item(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if self.findings.len() >= super::MOST {
            return None;
        }
        if self.brackets > 0 && matches!(token(text, at), "]" | ")") {
            self.brackets -= 1;
            self.edits.push((at..at + 1, "}".to_owned()));
            return Some(Done { end: at + 1, opens: None, closes: true });
        }
        match items.read(text, at) {
            Some(pair) if !self.is_doubtful(&pair) => {
                return self.kindless(text, at, items).or_else(|| self.outside(text, at, items, &pair));
            }
            None if is_start(token(text, at)) && elsewhere(text, at, items) => return None,
            _ => {}
        }
        if let Some(done) = self.kindless(text, at, items) {
            return Some(done);
        }
        // An id that is missing at the end of a line is none of the next one.
        let ends = |pair: Pair<'_, Rule>| at + lower::tight_end(&pair);
        let to = items.read(text, at).map(ends).or_else(|| attempt(text, at, &[], items).err().map(|wrong| wrong.at));
        if to.is_some_and(|to| unnamed(text, at, to).is_some()) {
            return None;
        }
        self.continued(text, at, items)
            .or_else(|| self.stray(text, at))
            .or_else(|| self.reversed(text, at, items))
            .or_else(|| self.begun(text, at, items))
            .or_else(|| self.inside(text, at, items))
    }

    /// Remembers the item that was read last; `first` is how many changes there were before it.
    pub fn passed(&mut self, at: usize, end: usize, items: Items, first: usize) {
        let (at, first) = match &self.before {
            // What continues an item is one with it.
            Some(before) if before.end > at => (before.at, before.first),
            _ => (at, first),
        };
        self.before = Some(Before { at, end, items, first });
    }

    /// How many changes there are.
    pub fn count(&self) -> usize {
        self.edits.len()
    }

    fn is_doubtful(&self, pair: &Pair<'_, Rule>) -> bool {
        let kind = pair.clone().into_inner().next().filter(|p| p.as_rule() == Rule::kind_name);
        kind.is_some_and(|kind| !self.known.kinds.contains(kind.as_str())) || is_negated(pair) && !(self.known.permission)("not")
    }

    /// Keeps changes of the item at `from`, whose changes begin with number `first`, says them, and hands the item on.
    fn keep(&mut self, text: &str, from: usize, first: usize, done: Done, slips: Vec<Slip>) -> Option<Done> {
        let alone = slips.len() == 1;
        let mut behind = self.edits.last().map_or(0, |(range, _)| range.end);
        for (range, _) in slips.iter().flat_map(|slip| &slip.edits) {
            if range.start < behind {
                return None;
            }
            behind = range.end;
        }
        let same = self.run.take().filter(|run| {
            let next = slips.first().is_some_and(|slip| alone && slip.key == run.key);
            next && !run.key.is_empty()
                && (run.at == from
                    || text.get(run.end..from).is_some_and(|gap| gap.chars().all(|c| c.is_whitespace() || c == ',')))
        });
        let (start, first) = same.as_ref().map_or((from, first), |run| (run.at, run.first));
        self.edits.extend(slips.iter().flat_map(|slip| slip.edits.iter().cloned()));
        let shown = typed(text, start, &done, &self.edits[first..]);
        let key = slips.last().map_or("", |slip| slip.key);
        let mut one = same.is_some().then_some(key);
        for slip in slips {
            let goes_on = one.replace(slip.key) == Some(slip.key) && !slip.key.is_empty();
            self.say(slip, shown.as_deref(), goes_on);
        }
        self.items.push(from..done.end);
        self.run = Some(Run { key, at: start, first, end: done.end });
        Some(done)
    }

    fn say(&mut self, slip: Slip, shown: Option<&str>, same: bool) {
        let span = |range: &Range<usize>| Span { file: self.file, start: range.start as u32, end: range.end as u32 };
        let short = || slip.edits.iter().map(|(_, to)| format!("`{}`", to.trim())).collect::<Vec<_>>().join(" and ");
        let help = match &slip.help {
            Help::Said(help) => help.clone(),
            Help::Typed(more) => format!("type {}{more}", shown.map_or_else(short, str::to_owned)),
        };
        let fix: Vec<(Span, String)> = slip.edits.iter().map(|(range, to)| (span(range), to.clone())).collect();
        if let Some(last) = self.findings.last_mut().filter(|_| same) {
            (last.span.end, last.help) = (slip.span.end as u32, Some(help));
            return last.fix.iter_mut().for_each(|all| all.edits.extend(fix.clone()));
        }
        let title = slip.edits.iter().map(|(_, to)| to.trim()).find(|to| !to.is_empty());
        let title = title.map_or("take it out".to_owned(), |to| format!("write `{to}`"));
        let rule = if slip.near.is_some() { &UNKNOWN_KIND } else { &SYNTAX };
        let help = slip.near.map_or(help, |near| near.help);
        self.findings.push(Finding::new(rule, span(&slip.span), slip.message).help(help).fix(Fix::suggestion(title, fix)));
    }

    /// A word or sign that goes on with the item before it on the same line.
    fn continued(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| b.items == items && b.end <= at && !text[b.end..at].contains('\n'))?;
        let (from, end, first) = (before.at, before.end, before.first);
        let made = self.edits[first..].to_vec();
        let word = phrase(text, at);
        let attempt_with = |edits: &[Edit]| attempt(text, from, &[&made[..], edits].concat(), items).ok();
        if let Some((slip, done)) = words::listed(text, from, end, at) {
            let done = match done {
                Some(end) => Done { end, opens: None, closes: false },
                None => attempt_with(&slip.1)?,
            };
            if done.end > at {
                let help = slip.3.map_or(Help::Typed(""), Help::Said);
                let slip = Slip { help, ..Slip::new(slip.0, slip.2, slip.1) };
                return self.keep(text, from, first, done, vec![slip]);
            }
        }
        if let Some((range, message, help)) = words::unquoted(text, at).filter(|(range, ..)| range.start >= from) {
            let edits = vec![(range.clone(), format!("\"{}\"", &text[range.clone()]))];
            if let Some(done) = attempt_with(&edits).filter(|done| done.end >= range.end) {
                let slip = Slip { help: Help::Said(help), ..Slip::new(at..at + token(text, at).len(), message, edits) };
                return self.keep(text, from, first, done, vec![slip]);
            }
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
            return self.keep(text, from, first, done, vec![Slip { help, ..Slip::new(at..at + 1, message, edits) }]);
        }
        if word == "," {
            let next = skip_trivia(text, at + 1);
            let other = phrase(text, next);
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
            if self.known.kinds.contains(phrase(text, behind)) {
                return None;
            }
            let edits = vec![(behind..behind, "organization ".to_owned())];
            let done = attempt_with(&edits).filter(|done| done.end > behind && !phrase(text, behind).is_empty())?;
            let message = "a kind is missing behind `in`".to_owned();
            return self.keep(text, from, first, done, vec![Slip::new(at..at + word.len(), message, edits)]);
        }
        // An id that is not on the same line is none.
        let alone = ends_line(text, at + word.len()) || items.read(text, at).is_none();
        if ((self.known.permission)(word) || alone)
            && !is_keyword(word)
            && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*')
        {
            let edits = vec![(end..at, ", ".to_owned())];
            let done = attempt_with(&edits).filter(|done| done.end >= at + word.len())?;
            let message = format!("a comma is missing before `{word}`");
            return self.keep(text, from, first, done, vec![Slip::new(at..at + word.len(), message, edits)]);
        }
        None
    }

    /// A kind that is missing behind `in`, so that the item takes the first word of the next one for the id.
    fn kindless(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let end = at + lower::tight_end(&items.read(text, at)?);
        let follows = skip_trivia(text, end);
        if matches!(token(text, follows), "" | "}") {
            return None;
        }
        let (mut pos, mut leads) = (at, false);
        while pos < end {
            let word = token(text, pos);
            let behind = pos + word.len().max(1);
            let next = skip_trivia(text, behind);
            let is_name = leads && !matches!(word, "" | ",") && !is_keyword(word) && !self.known.kinds.contains(word);
            if is_name && starts_words(text, next) && closest(word, self.known.kinds.iter().copied()).is_empty() {
                let sound = items.read(text, follows).is_some_and(|pair| !self.is_doubtful(&pair));
                let kind = if token(text, at) == "assign" { self.usual() } else { "organization" };
                let edits = vec![(pos..pos, format!("{kind} "))];
                let done = attempt(text, at, &edits, items).ok().filter(|done| !sound && done.end == behind)?;
                let message = format!("a kind is missing before `{}`", short(word));
                return self.keep(text, at, self.edits.len(), done, vec![Slip::new(pos..behind, message, edits)]);
            }
            leads = word == "in" || leads && word == ",";
            pos = next;
        }
        None
    }

    fn usual(&self) -> &'k str {
        self.known.kinds.iter().copied().filter(|kind| *kind != "organization").min().unwrap_or("organization")
    }

    /// An access entry at the top level: said, and taken out.
    fn outside(&mut self, text: &str, at: usize, items: Items, pair: &Pair<'_, Rule>) -> Option<Done> {
        let end = at + lower::tight_end(pair);
        let verb = skip_trivia(text, end);
        if items != TOP || !matches!(token(text, verb), "can" | "cannot") {
            return None;
        }
        let (shown, end) = entry(text, at, &[])?;
        self.take_out(text, at, verb, end, &shown)
    }

    fn take_out(&mut self, text: &str, at: usize, said: usize, end: usize, shown: &str) -> Option<Done> {
        let help = Help::Said(format!("put it in a block: `room lobby {{ {shown} }}`"));
        let message = "an access entry outside a resource".to_owned();
        let span = said..said + token(text, said).len();
        let slip = Slip { help, ..Slip::new(span, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// An entry that begins with what it does, as in other languages, and a prohibition in a role: said, and taken out.
    fn reversed(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let line = text[at..].find(['\n', '}']).map_or(text.len(), |n| at + n);
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
            "allow" | "permit" | "grant" | "deny" | "forbid" if matches!(items.item, Rule::top_item | Rule::block_item) => {
                if items == TOP && attempt(text, at, &[(at..at + word.len(), "assign".to_owned())], TOP).is_ok() {
                    return None;
                }
                let verb = if matches!(word, "deny" | "forbid") { "cannot" } else { "can" };
                let entry =
                    if items == TOP { format!("room lobby {{ user ann {verb} read }}") } else { format!("user ann {verb} read") };
                let end = at + text[at..line].split("//").next().unwrap_or("").trim_end().len();
                (format!("no {} begins with `{word}`", words::item(items)), format!("who comes first: type `{entry}`"), end)
            }
            _ => return None,
        };
        let slip = Slip { help: Help::Said(help), ..Slip::new(at..at + word.len(), message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// Something between items that is none: a comment of another language, a `;`.
    fn stray(&mut self, text: &str, at: usize) -> Option<Done> {
        let (range, message, help) = words::comment(text, at).or_else(|| words::separator(text, at))?;
        let done = Done { end: range.end, opens: None, closes: false };
        let span = range.start..range.start + if text[at..].starts_with("/*") { 2 } else { token(text, at).len() };
        let slip = Slip { help: Help::Said(help), ..Slip::new(span, message, vec![(range, String::new())]) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// A wrong word that an item begins with.
    fn begun(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        if word.is_empty() || is_start(word) && items.read(text, at).is_some() {
            return None;
        }
        for meant in words::meant(word, words::beginning(items)) {
            let edits = vec![(at..at + word.len(), meant.to_owned())];
            let Some(done) = attempt(text, at, &edits, items).ok().filter(|done| fits(text, done, at + word.len())) else {
                continue;
            };
            let message = format!("no {} begins with `{word}`", words::item(items));
            let note = if meant == "default" { "; `default` speaks of everyone who can sign in" } else { "" };
            let slip = Slip { help: Help::Typed(note), ..Slip::new(at..at + word.len(), message, edits) };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        if !matches!(items.item, Rule::top_item | Rule::block_item) {
            return None;
        }
        if let [kind] = closest(word, self.known.kinds.iter().copied())[..] {
            let edits = vec![(at..at + word.len(), kind.to_owned())];
            if let Ok(done) = attempt(text, at, &edits, items) {
                let near = Near::find(word, self.known.kinds.iter().copied());
                let message = format!("no kind is named `{word}`");
                let slip = Slip { near, ..Slip::new(at..at + word.len(), message, edits) };
                return self.keep(text, at, self.edits.len(), done, vec![slip]);
            }
        }
        let verb = token(text, skip_trivia(text, at + word.len()));
        if !matches!(verb, "can" | "cannot") {
            return None;
        }
        if items == IN_BLOCK && matches!(word, "user" | "group") {
            let behind = at + word.len();
            let done = attempt(text, at, &[(behind..behind, " x".to_owned())], items).ok()?;
            let message = format!("an id is missing behind `{word}`");
            let id = if word == "user" { "ann" } else { "staff" };
            let help = Help::Said(format!("type one: `{word} {id} {verb} read`"));
            let slip = Slip { help, ..Slip::new(at..behind, message, vec![(at..done.end, String::new())]) };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        if items == IN_BLOCK {
            return self.insert(text, at, items);
        }
        let default = words::meant(word, words::beginning(IN_BLOCK)).into_iter().find(|meant| *meant == "default");
        let edit = default.map_or((at..at, "user ".to_owned()), |meant| (at..at + word.len(), meant.to_owned()));
        let (shown, end) = entry(text, at, &[edit])?;
        self.take_out(text, at, at, end, &shown)
    }

    /// Words that are missing in the item at `at`, or wrong there, one after the other until it is whole.
    fn inside(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let mut slips: Vec<Slip> = Vec::new();
        for _ in 0..=super::DEEP {
            let made: Vec<Edit> = slips.iter().flat_map(|slip| slip.edits.iter().cloned()).collect();
            match attempt(text, at, &made, items) {
                Ok(_) if slips.is_empty() => return self.negated(text, at, items),
                Ok(done) => return self.keep(text, at, self.edits.len(), done, slips),
                Err(wrong) => slips.push(self.step(text, at, items, &made, &wrong)?),
            }
        }
        None
    }

    /// One change that brings the item further than where it breaks.
    fn step(&self, text: &str, at: usize, items: Items, made: &[Edit], wrong: &Wrong) -> Option<Slip> {
        let better = |edits: &[Edit], past: usize| match attempt(text, at, &[made, edits].concat(), items) {
            Ok(done) => done.end >= past,
            Err(next) => next.at > past && skip_trivia(text, past) < next.at,
        };
        let word = phrase(text, wrong.at);
        let here = wrong.at..wrong.at + word.len();
        let past = here.end;
        if let Some((range, message, help)) = words::comment(text, wrong.at).filter(|_| wrong.at > at) {
            let edits = vec![(range.clone(), String::new())];
            return better(&edits, range.end).then(|| Slip { help: Help::Said(help), ..Slip::new(here, message, edits) });
        }
        if let Some((range, message, help)) = words::unquoted(text, wrong.at) {
            let edits = vec![(range.clone(), format!("\"{}\"", &text[range.clone()]))];
            if better(&edits, range.end) {
                let sign = wrong.at..wrong.at + token(text, wrong.at).len();
                return Some(Slip { help: Help::Said(help), ..Slip::new(sign, message, edits) });
            }
        }
        let before = last_word(text, at, wrong.at);
        // `in lobby` for `in room lobby`.
        let bare = &text[before.clone()];
        if wrong.expected == "an id" && !self.known.kinds.contains(bare) && before.start > at {
            let leads = matches!(&text[last_word(text, at, before.start)], "in" | "on" | ",");
            let edits = vec![(before.start..before.start, format!("{} ", self.usual()))];
            if leads && better(&edits, before.end) {
                let message = format!("a kind is missing before `{}`", short(bare));
                return Some(Slip::new(before, message, edits));
            }
        }
        if word.is_empty() || word.starts_with('"') && !word.ends_with('"') {
            return None;
        }
        let found = format!("expected {}, found `{}`", wrong.expected, short(word));
        let said = |edits: Vec<Edit>| Slip::new(here.clone(), found.clone(), edits);
        for edits in words::replacing(text, here.clone(), before.clone()) {
            if better(&edits, past) {
                return Some(said(edits));
            }
        }
        let stem = word.strip_suffix('s').filter(|stem| (self.known.permission)(stem) && wrong.expected.contains("`can`"));
        if let Some(edits) = stem.map(|stem| vec![(here.clone(), format!("can {stem}"))]).filter(|edits| better(edits, past)) {
            return Some(said(edits));
        }
        let adds = |missing: &str| match missing.trim() {
            "to" => bare != "to",
            _ if is_keyword(word) => false,
            "can" => bare != "can",
            missing => bare != missing,
        };
        if matches!(word, "{" | "}" | "," | ";") {
            return None;
        }
        let missing = match items.item {
            _ if wrong.at > at => words::missing((self.known.group)(word)),
            Rule::top_item => &[],
            Rule::kind_item if text[past..].trim_start().starts_with('<') => &["levels "],
            Rule::kind_item => &["permissions "],
            _ => words::missing((self.known.group)(word)),
        };
        for &missing in missing.iter().filter(|missing| adds(missing)) {
            let edits = vec![(wrong.at..wrong.at, missing.to_owned())];
            if better(&edits, past) {
                let also = if missing == "user " && wrong.expected.contains("group") { words::OR_GROUP } else { "" };
                return Some(Slip { help: Help::Typed(also), key: missing, ..said(edits) });
            }
        }
        None
    }

    /// `user ` or `group ` before the name that an entry begins with.
    fn insert(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        let meant = if (self.known.group)(word) { "group " } else { "user " };
        let edits = vec![(at..at, meant.to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("expected an access entry, found `{}`", short(word));
        let also = if meant == "user " { words::OR_GROUP } else { "" };
        let slip = Slip { help: Help::Typed(also), ..Slip::new(at..at + word.len(), message, edits) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// `can not` for `cannot`.
    fn negated(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let pair = items.read(text, at).filter(is_negated)?;
        let end = at + lower::tight_end(&pair);
        let can = text[..end].rfind("can")?;
        let edits = vec![(can..end, "cannot".to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = "`can not` is one word".to_owned();
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(can..end, message, edits)])
    }
}
