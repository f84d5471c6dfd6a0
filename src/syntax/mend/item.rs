//! Item by item: the change that makes each whole, and what is said of it.

mod adding;
mod around;
mod asked;
mod assigned;
mod bracketed;
mod ending;
mod foreign;
mod given;
mod joined;
mod lines;
mod mapped;
mod named;
mod parted;
mod roles;
mod slip;
mod strange;
mod twice;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use pest::iterators::Pair;

use bracketed::quotes;
use lines::Heads;
pub use parted::LEAVING_OUT;
use slip::{Help, Run, Slip};

use super::super::edit::Edit;
use super::super::keyword::{is_keyword, is_start};
use super::super::recover::{ends_line, last_word, missing_behind, skip_trivia, token, unnamed};
use super::super::{IN_BLOCK, Items, Rule, TOP, lower};
use super::trying::{Done, Wrong, attempt, elsewhere, entry, fits, negated, phrase, short};
use super::{Known, denial, signs, verbs, words};
use crate::finding::{Finding, Near, closest};
use crate::source::FileId;

/// The item before, and the first of the changes in it.
struct Before {
    at: usize,
    end: usize,
    items: Items,
    first: usize,
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
    /// All of the text.
    text: &'k str,
    /// The resources that the text names at the start of a line or a block, where somebody had to know.
    heads: OnceCell<Heads>,
    /// The ids that the text names without a further word behind them, where somebody had to know.
    alone: OnceCell<HashSet<String>>,
    /// The resource in whose block the text is read.
    pub(crate) inside: Option<(Cow<'k, str>, Cow<'k, str>)>,
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
    pub fn new(file: FileId, text: &'k str, known: &'k Known<'k>) -> Mender<'k> {
        let (edits, findings, items) = (Vec::new(), Vec::new(), Vec::new());
        let (heads, alone) = (OnceCell::new(), OnceCell::new());
        Mender { known, text, heads, alone, inside: None, file, edits, findings, items, brackets: 0, before: None, run: None }
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
        let free = self.edits.last().is_none_or(|(range, _)| range.end <= at);
        if free && self.brackets > 0 && matches!(token(text, at), "]" | ")") {
            self.brackets -= 1;
            self.edits.push((at..at + 1, "}".to_owned()));
            return Some(Done { end: at + 1, opens: None, closes: true });
        }
        if let Some(done) = self.unbraced(text, at, items).or_else(|| self.modelled(text, at, items)) {
            return Some(done);
        }
        let cut = self.cut(text, at, items);
        let text = cut.map_or(text, |end| &text[..end]);
        let whole = items.read(text, at);
        if let Some(done) = self
            .limited_twice(text, at, items, whole.as_ref())
            .or_else(|| self.parted(text, at, items, whole.as_ref()))
            .or_else(|| self.rearranged(text, at, items))
            .or_else(|| self.of_role(text, at, items))
            .or_else(|| self.nameless(text, at, items))
            .or_else(|| self.joined(text, at, items))
        {
            return Some(done);
        }
        match whole {
            Some(pair) if !self.is_doubtful(text, at, &pair) => {
                // What ends with its line is none with the next one.
                let whole = || cut.map(|_| Done::of(at, &pair));
                return self.outside(text, at, items, &pair).or_else(whole);
            }
            None if is_start(token(text, at)) && elsewhere(text, at, items, self.known) => return None,
            _ => {}
        }
        if let Some(done) = self.whomless(text, at, items).or_else(|| self.behind(text, at, items)) {
            return Some(done);
        }
        // An id that is missing at the end of a line is none of the next one.
        let ends = |pair: Pair<'_, Rule>| at + lower::tight_end(&pair);
        let to = items.read(text, at).map(ends).or_else(|| attempt(text, at, &[], items).err().map(|wrong| wrong.at));
        if to.is_some_and(|to| unnamed(text, at, to, false).is_some()) {
            return None;
        }
        self.conditional(text, at, items)
            .or_else(|| self.named(text, at, items))
            .or_else(|| self.continued(text, at, items))
            .or_else(|| self.mapped(text, at, items))
            .or_else(|| self.stray(text, at))
            .or_else(|| self.foreign(text, at, items))
            .or_else(|| self.reversed(text, at, items))
            .or_else(|| self.adjective(text, at, items))
            .or_else(|| self.strange(text, at, items))
            .or_else(|| self.begun(text, at, items))
            .or_else(|| self.inside(text, at, items, Vec::new()))
            .or_else(|| cut.and_then(|_| self.unread(text, at, items)))
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

    fn is_doubtful(&self, text: &str, at: usize, pair: &Pair<'_, Rule>) -> bool {
        let kind = pair.clone().into_inner().next().filter(|p| p.as_rule() == Rule::kind_name);
        kind.is_some_and(|kind| !self.known.kinds.contains(kind.as_str())) || negated(text, at, pair, self.known).is_some()
    }

    /// A wrong word that an item begins with.
    fn begun(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        if word.is_empty() || is_start(word) && items.read(text, at).is_some() {
            return None;
        }
        let declared = items == IN_BLOCK && (self.known.group)(word);
        for meant in words::meant(word, words::beginning(items)) {
            // A group may have the name of what others call everyone.
            if declared && meant == "default" {
                continue;
            }
            // `has can read` says it already.
            let next = skip_trivia(text, at + word.len());
            let edits = match token(text, next) == meant {
                true => vec![(at..next, String::new())],
                false => vec![(at..at + word.len(), meant.to_owned())],
            };
            let Some(done) = attempt(text, at, &edits, items).ok().filter(|done| fits(text, done, at + word.len())) else {
                continue;
            };
            let message = format!("no {} begins with `{word}`", words::item(items));
            let note = if meant == "default" { "; `default` speaks of everyone who can sign in" } else { "" };
            let key = if word.to_lowercase() == *meant { "head" } else { "" };
            let slip = Slip { help: Help::Typed(note), key, ..Slip::new(at..at + word.len(), message, edits) };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        // Capital letters, and more that is wrong behind them.
        let capital = words::beginning(items).iter().find(|meant| word != **meant && word.eq_ignore_ascii_case(meant));
        if let Some(meant) = capital {
            let edits = vec![(at..at + word.len(), (*meant).to_owned())];
            let message = format!("no {} begins with `{word}`", words::item(items));
            let slip = Slip { key: "head", ..Slip::new(at..at + word.len(), message, edits) };
            return self.inside(text, at, items, vec![slip]);
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
        self.bare(text, at, items)
    }

    /// An entry that begins with a name: `ann can read`, `nobody may write`.
    fn bare(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = phrase(text, at);
        let verb = token(text, skip_trivia(text, at + word.len()));
        if items == IN_BLOCK && matches!(word, "user" | "group") && matches!(verb, "can" | "cannot") {
            let behind = at + word.len();
            let done = attempt(text, at, &[(behind..behind, " x".to_owned())], items).ok()?;
            let message = format!("an id is missing behind `{word}`");
            let id = if word == "user" { "ann" } else { "staff" };
            let help = Help::Said(format!("type one: `{word} {id} {verb} read`"));
            let slip = Slip { help, offered: false, ..Slip::new(at..behind, message, vec![(at..done.end, String::new())]) };
            return self.keep(text, at, self.edits.len(), done, vec![slip]);
        }
        if is_start(word) {
            return None;
        }
        if words::is_some(word) && !(self.known.group)(word) {
            return self.of_whom(text, at, items);
        }
        let verb = verbs::at(text, skip_trivia(text, at + word.len()), self.known)?;
        let plain = verb.words == 1 && matches!(&text[verb.range.clone()], "can" | "cannot");
        let nobody = matches!(&*word.to_lowercase(), "nobody" | "noone" | "none");
        let mut edits = match nobody {
            true => vec![(at..at + word.len(), "default".to_owned())],
            false => {
                let default = words::meant(word, words::beginning(IN_BLOCK)).into_iter().find(|meant| *meant == "default");
                vec![default.map_or((at..at, "user ".to_owned()), |meant| (at..at + word.len(), meant.to_owned()))]
            }
        };
        let meant = if nobody { "cannot" } else { verb.meant? };
        if items == IN_BLOCK && plain && !nobody {
            return self.insert(text, at, items);
        }
        if text[verb.range.clone()] != *meant {
            let glued = text[..verb.range.start].ends_with(|c: char| !c.is_whitespace());
            edits.push((verb.range, format!("{}{meant}", if glued { " " } else { "" })));
        }
        if items == IN_BLOCK {
            let done = attempt(text, at, &edits, items).ok()?;
            let message = format!("expected an access entry, found `{}`", short(word));
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(at..at + word.len(), message, edits)]);
        }
        let (shown, end) = entry(text, at, &edits)?;
        self.take_out(text, at, at, end, &shown)
    }

    /// Words that are missing in the item at `at`, or wrong there, one after the other until it is whole.
    fn inside(&mut self, text: &str, at: usize, items: Items, mut slips: Vec<Slip>) -> Option<Done> {
        for _ in 0..=super::DEEP {
            let made: Vec<Edit> = slips.iter().flat_map(|slip| slip.edits.iter().cloned()).collect();
            match attempt(text, at, &made, items) {
                Ok(_) if slips.is_empty() => return self.negated(text, at, items),
                Ok(done) => return self.keep(text, at, self.edits.len(), done, slips),
                Err(wrong) => {
                    let slip = self.step(text, at, items, &made, &wrong)?;
                    // Capital letters and what stands behind them are one slip: the line to type shows all of it.
                    let head = slips.first().is_some_and(|first| first.key == "head") && matches!(slip.help, Help::Typed(_));
                    slips.push(Slip { key: if head { "head" } else { slip.key }, ..slip });
                }
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
        if let Some(slip) = self.verb(text, at, wrong, &better) {
            return Some(slip);
        }
        if let Some(slip) = quotes(self, text, wrong, &better) {
            return Some(slip);
        }
        // `can !write`
        let before = last_word(text, at, wrong.at);
        let signs =
            text[wrong.at..].chars().take_while(|c| matches!(c, '!' | '~' | '¬' | '-')).map(char::len_utf8).sum::<usize>();
        if signs > 0 && &text[before.clone()] == "can" && wrong.expected.contains("a permission") {
            let behind = wrong.at + signs + phrase(text, wrong.at + signs).len();
            let mut edits = vec![(before.clone(), "cannot".to_owned()), (wrong.at..wrong.at + signs, String::new())];
            let more = verbs::unsigned(text, behind, self.known);
            edits.extend(more.iter().flatten().cloned());
            if more.is_some() && better(&edits, behind) {
                let message = format!("a prohibition is no `{}`", &text[wrong.at..wrong.at + signs]);
                return Some(Slip::new(wrong.at..wrong.at + signs, message, edits));
            }
        }
        if let Some(words::Unquoted { range, meant, message, help }) = words::unquoted(text, wrong.at) {
            let edits = vec![(range.clone(), meant)];
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
            let kind = self.kind_of(bare, None).filter(|_| leads);
            let edits: Vec<Edit> = kind.iter().map(|kind| (before.start..before.start, format!("{kind} "))).collect();
            if kind.is_some() && better(&edits, before.end) {
                let message = format!("a kind is missing before `{}`", short(bare));
                return Some(Slip { key: "kind", ..Slip::new(before, message, edits) });
            }
        }
        if wrong.expected == "an id" && matches!(word, "" | "}") && before.start > at {
            let slip = self.idless(text, before.clone()).filter(|slip| better(&slip.edits, before.end));
            if slip.is_some() {
                return slip;
            }
        }
        // `user Bob Smith can read`
        let sort = &text[last_word(text, at, before.start)];
        if wrong.at > at && (matches!(sort, "user" | "group" | "role" | "assign") || self.known.kinds.contains(sort)) {
            let one = self.spaced(text, before.clone()).filter(|_| sort != "assign" || !(self.known.role)(bare));
            if items == TOP && one.as_ref().is_some_and(|(_, quoted)| !self.is_one_name(quoted)) {
                return None;
            }
            if let Some((range, quoted)) = one.filter(|(_, quoted)| self.is_one_name(quoted)) {
                let edits = vec![(range.clone(), quoted)];
                if better(&edits, range.end) {
                    return Some(Slip::new(range, "an id with a space needs quotes".to_owned(), edits));
                }
            }
        }
        // What the next line begins with is no part of an item that is cut off.
        if wrong.at > at && missing_behind(text, at, wrong.at).is_some() {
            return None;
        }
        if word.is_empty() || word.starts_with('"') && !word.ends_with('"') {
            return None;
        }
        let found = format!("expected {}, found `{}`", wrong.expected, short(word));
        let said = |edits: Vec<Edit>| {
            let capital = edits.iter().all(|(_, to)| *to != *word && to.eq_ignore_ascii_case(word));
            Slip { key: if capital { "head" } else { "" }, ..Slip::new(here.clone(), found.clone(), edits) }
        };
        for edits in words::replacing(text, here.clone(), before.clone()) {
            if better(&edits, past) {
                return Some(said(edits));
            }
        }
        if wrong.expected.contains("`can`")
            && items == IN_BLOCK
            && (words::is_nothing(word) || matches!(word, "none" | "nothing"))
        {
            let edits = vec![(here.clone(), "can nothing".to_owned())];
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
            _ if is_keyword(word) && word != "nothing" => false,
            // What takes away is no name.
            _ if denial::takes_away(word) && !(self.known.permission)(word) => false,
            "user" | "group" if is_start(&word.to_lowercase()) || self.known.kinds.contains(&*word.to_lowercase()) => false,
            // `members [ann]` and `with group staff` name nobody by their first word.
            "user" if matches!(token(text, skip_trivia(text, past)), "user" | "group" | "[" | "(") => false,
            // What gives something is not assumed: a word that is no permission may be one that takes it away.
            "can" => bare != "can" && (!self.known.all || items.item == Rule::role_item || self.is_list(word)),
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

    /// `can not` for `cannot`.
    fn negated(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let pair = items.read(text, at)?;
        let verb = negated(text, at, &pair, self.known)?;
        let edits = vec![(verb.range.clone(), "cannot".to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let said = text[verb.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let message = if said == "can not" { "`can not` is one word".to_owned() } else { format!("`{said}` is `cannot` here") };
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(verb.range, message, edits)])
    }

    /// Other words for `can` and `cannot`.
    fn verb(&self, text: &str, at: usize, wrong: &Wrong, better: &dyn Fn(&[Edit], usize) -> bool) -> Option<Slip> {
        if wrong.at <= at {
            return None;
        }
        let glued = text[wrong.at..].starts_with(['\'', '’', '`']);
        if !glued && (!wrong.expected.contains("`can`") || missing_behind(text, at, wrong.at).is_some()) {
            return None;
        }
        let verb = verbs::at(text, wrong.at, self.known)?;
        let meant = verb.meant?;
        let range = verb.range;
        let before = text[..range.start].trim_end().len();
        let open = text[range.clone()].starts_with([':', '=', '-']);
        let start = if open { before } else { range.start };
        let mut edits = vec![(start..range.end, format!("{}{meant}", if open { " " } else { "" }))];
        let nothing = phrase(text, skip_trivia(text, range.end));
        let named = matches!(nothing, "none" | "nothing") || words::is_nothing(nothing) && !(self.known.permission)(nothing);
        let behind = skip_trivia(text, range.end) + nothing.len();
        let alone = text[range.clone()].eq_ignore_ascii_case("no");
        if (meant == "can" && named && ends_line(text, behind) && !text[range.end..behind].contains('\n')
            || alone && ends_line(text, range.end))
            && !glued
        {
            let end = if alone { range.end } else { behind };
            let edits = vec![(start..end, format!("{}can nothing", if open { " " } else { "" }))];
            let said = text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("expected {}, found `{}`", wrong.expected, short(&said));
            return better(&edits, end).then(|| Slip::new(range, message, edits));
        }
        let all = phrase(text, skip_trivia(text, range.end));
        let every = skip_trivia(text, range.end) + all.len();
        let access = skip_trivia(text, every);
        let access = Some(access + token(text, access).len())
            .filter(|end| words::is_access(token(text, access)) && !text[every..*end].contains('\n'));
        let every = access.unwrap_or(every);
        if words::is_all(all) && !(self.known.permission)(all) && ends_line(text, every) && !text[range.end..every].contains('\n')
        {
            let edits = vec![(start..every, format!("{}{meant} *", if open { " " } else { "" }))];
            let said = text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("expected {}, found `{}`", wrong.expected, short(&said));
            return better(&edits, every).then(|| Slip::new(range, message, edits));
        }
        if meant == "cannot" && ends_line(text, range.end) {
            edits = vec![(start..range.end, format!("{}cannot *", if open { " " } else { "" }))];
        }
        let said = text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let message = format!("expected {}, found `{}`", if glued { "`can` or `cannot`" } else { &wrong.expected }, short(&said));
        // A list in brackets behind it is one slip with it.
        let next = skip_trivia(text, range.end);
        let list = if meant == "can" { self.plain_list(text, next) } else { None };
        for more in list.map(|edit| vec![edit]).into_iter().chain(signs::bracketed(text, next, true)) {
            let all = [edits.clone(), more].concat();
            if better(&all, next + 1) {
                return Some(Slip::new(range.clone(), message, all));
            }
        }
        if text[range.end..].starts_with(|c: char| !c.is_whitespace()) && (open || text[range.clone()].ends_with(['!', '~', '¬']))
        {
            edits[0].1.push(' ');
            // `-write, -read`
            if meant == "cannot" {
                let behind = range.end + phrase(text, range.end).len();
                edits.extend(verbs::unsigned(text, behind, self.known).unwrap_or_default());
            }
        }
        let key = if said != *meant && said.eq_ignore_ascii_case(meant) { "head" } else { "" };
        better(&edits, range.end).then(|| Slip { key, ..Slip::new(range, message, edits) })
    }
}

/// The kind that is assumed where none is named.
fn usual<'k>(known: &Known<'k>) -> Option<&'k str> {
    let mut kinds = known.kinds.iter().copied().filter(|kind| *kind != "organization");
    match (kinds.next(), kinds.next()) {
        (None, _) => Some("organization"),
        (one, None) => one,
        _ => None,
    }
}
