//! What ends with its line: an item whose id, list or kind is missing there and which would else run into the next statement, and ids of
//! several words.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::super::edit::Edit;
use super::super::super::keyword::is_keyword;
use super::super::super::recover::{example, last_word, skip_trivia, special, stands, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP, lower};
use super::super::trying::{Done, attempt, phrase, short};
use super::super::{denial, verbs, words};
use super::{Help, Mender, Slip, usual};
use crate::finding::closest;

/// Of each id the kinds of which the text seems to declare a resource.
pub(super) type Heads = HashMap<String, Vec<String>>;

/// So many words of an item are looked at for the end of a line.
const MOST_WORDS: usize = 100;
/// An id has no more words than these.
const LONGEST_NAME: usize = 4;

impl Mender<'_> {
    /// Where the item at `at` ends with a line, though what stands on the next one could be read as its id or its list: a statement
    /// begins there. A text without faults may have an id on a line of its own, and goes on behind it.
    pub(super) fn cut(&self, text: &str, at: usize, items: Items) -> Option<usize> {
        if let Some(pair) = items.read(text, at).filter(|pair| !self.is_doubtful(text, at, pair)) {
            let end = at + lower::tight_end(&pair);
            if !text[at..end].contains('\n') || lower::ends_open(&pair) || self.reads(text, end, items) {
                return None;
            }
        }
        let (mut pos, mut depth) = (at, 0usize);
        for _ in 0..MOST_WORDS {
            let word = phrase(text, pos);
            let end = pos + word.len().max(1);
            let next = skip_trivia(text, end);
            match word {
                "" | "{" | "}" => return None,
                "[" | "(" => depth += 1,
                "]" | ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && next < text.len() && text[end..next].contains('\n') {
                let named = word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
                let ends = named && self.begins(text, next, items);
                // What is missing behind a keyword, the reader says.
                if ends && is_keyword(word) {
                    return None;
                }
                if ends || matches!(word, "can" | "cannot") && self.lists_nothing(text, next) {
                    return Some(end);
                }
            }
            pos = next;
        }
        None
    }

    /// Whether a statement or an entry begins at a place.
    fn begins(&self, text: &str, at: usize, items: Items) -> bool {
        let word = token(text, at);
        let start = words::beginning(items).contains(&word)
            || words::beginning(TOP).contains(&word)
            || items == TOP && (verbs::leading(word).is_some() || words::opens(word))
            || matches!(items, TOP | IN_BLOCK) && self.known.kinds.contains(word);
        let behind = skip_trivia(text, at + word.len());
        let goes_on = token(text, behind).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
        start && goes_on && !text[at + word.len()..behind].contains('\n')
    }

    /// Whether what stands behind a verb on the next line is no list of permissions, but something that has more words.
    fn lists_nothing(&self, text: &str, at: usize) -> bool {
        let word = phrase(text, at);
        let behind = skip_trivia(text, at + word.len());
        let next = token(text, behind);
        let goes_on = next.starts_with(char::is_alphanumeric) && !matches!(next, "on" | "until" | "and" | "or");
        let listed = (self.known.permission)(word) || matches!(word, "nothing" | "none");
        word.starts_with(char::is_alphabetic) && !listed && goes_on && !text[at + word.len()..behind].contains('\n')
    }

    /// Whether an item, the end of a block or that of the text stands at a place.
    fn reads(&self, text: &str, at: usize, items: Items) -> bool {
        let at = skip_trivia(text, at);
        at >= text.len() || items.read(text, at).is_some_and(|pair| !self.is_doubtful(text, at, &pair))
    }

    /// An item that ends with its line and that nothing makes whole: said, and taken out, so that the next one keeps its own.
    pub(super) fn unread(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let wrong = attempt(text, at, &[], items).err()?;
        let (end, word) = (text.len(), last_word(text, at, text.len()));
        let found = wrong.at..wrong.at + phrase(text, wrong.at).len();
        let last = &text[word.clone()];
        let (span, message, help) = if wrong.at >= end && matches!(last, "can" | "cannot") {
            let help = format!("type it on the same line: `{last} write`");
            (word.clone(), format!("a list of permissions is missing behind `{last}`"), help)
        } else if let Some((message, help)) = special(text, at, wrong.at, items == TOP) {
            (found, message, help)
        } else {
            // What is missing at the end of the line is told by the next one.
            let place = if wrong.at >= end { skip_trivia(self.text, end) } else { wrong.at };
            let help = example(self.text, at, place).filter(|_| wrong.at > at);
            let help = help.unwrap_or_else(|| stands(items.item).to_owned());
            match wrong.at >= end {
                true => (word.clone(), format!("expected {} behind `{}`", wrong.expected, short(last)), help),
                false => {
                    let message = format!("expected {}, found `{}`", wrong.expected, short(&text[found.clone()]));
                    (found, message, help)
                }
            }
        };
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `levels` without names: some are put there, as a kind with features has no meaning without.
    pub(super) fn nameless(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let word = token(text, at);
        let end = at + word.len();
        let next = skip_trivia(text, end);
        let fresh = text[end..next].contains('\n') && words::beginning(items).contains(&token(text, next));
        if word != "levels" || items.item != Rule::kind_item || !fresh {
            return None;
        }
        let message = "a name is missing behind `levels`".to_owned();
        let help = Help::Said("type it on the same line: `levels read < write`".to_owned());
        let edits = vec![(end..end, " read < write".to_owned())];
        let slip = Slip { help, offered: false, ..Slip::new(at..end, message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// A kind at the end of an item, without its id; one is put there, so that the rest can be read.
    pub(super) fn idless(&self, text: &str, kind: Range<usize>) -> Option<Slip> {
        let name = &text[kind.clone()];
        let message = format!("an id is missing behind `{name}`");
        let help = Help::Said(format!("type one on the same line: `{name} some-id`"));
        let edits = vec![(kind.end..kind.end, " some-id".to_owned())];
        self.known.kinds.contains(name).then(|| Slip { help, offered: false, ..Slip::new(kind, message, edits) })
    }

    /// The kinds of which the policy has a resource with this id.
    fn kinds_of(&self, id: &str) -> Vec<String> {
        let id = id.trim_matches('"');
        let mut kinds = (self.known.placed)(id);
        kinds.extend(self.heads().get(id).into_iter().flatten().cloned());
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The kind of a resource that is named by its id alone: the one of which the policy has such a resource, where there is one, or
    /// the `likely` one, where it can be that.
    pub(super) fn kind_of(&self, id: &str, likely: Option<&str>) -> Option<String> {
        match &self.kinds_of(id)[..] {
            [one] => Some(one.clone()),
            [] => likely.or_else(|| usual(self.known)).map(str::to_owned),
            several => several.iter().find(|kind| Some(&***kind) == likely).cloned(),
        }
    }

    /// `in room a, b` and `in room a and b`: of each further place of an assignment its kind is missing.
    pub(super) fn scoped(
        &mut self,
        text: &str,
        from: usize,
        end: usize,
        at: usize,
        first: usize,
        with: &dyn Fn(&[Edit]) -> Option<Done>,
    ) -> Option<Done> {
        let word = token(text, at);
        let next = skip_trivia(text, at + word.len());
        let name = phrase(text, next);
        let placed = text[from..end].split_whitespace().any(|word| word == "in");
        let plain = !is_keyword(name) && name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_'));
        if !matches!(word, "," | "and" | "&" | "or") || !placed || !plain || self.known.kinds.contains(name) {
            return None;
        }
        // It is likely of the kind of the one before.
        let likely = &text[last_word(text, from, last_word(text, from, end).start)];
        let likely = match closest(likely, self.known.kinds.iter().copied())[..] {
            _ if self.known.kinds.contains(likely) => Some(likely),
            [kind] => Some(kind),
            _ => None,
        };
        let kind = self.kind_of(name, likely)?;
        let mut edits = vec![(next..next + name.len(), format!("{kind} {name}"))];
        if word != "," {
            edits.insert(0, (end..at + word.len(), ",".to_owned()));
        }
        let done = with(&edits).filter(|done| done.end >= next + name.len())?;
        let (span, message) = match word {
            "," => (next..next + name.len(), format!("a kind is missing before `{}`", short(name))),
            _ => (at..at + word.len(), format!("`{word}` joins no items of a list")),
        };
        self.keep(text, from, first, done, vec![Slip { key: "kind", ..Slip::new(span, message, edits) }])
    }

    /// What lines and blocks begin with: a statement that runs into another one is lost else.
    fn heads(&self) -> &Heads {
        self.heads.get_or_init(|| {
            let (mut heads, mut start) = (Heads::new(), true);
            let mut pos = skip_trivia(self.text, 0);
            while pos < self.text.len() {
                let word = token(self.text, pos);
                let end = pos + word.len().max(1);
                let next = skip_trivia(self.text, end);
                let fresh = self.text[end..next].contains('\n');
                if start && !fresh && self.known.kinds.contains(word) {
                    let id = token(self.text, next).trim_matches('"').to_owned();
                    heads.entry(id).or_default().push(word.to_owned());
                }
                start = fresh || matches!(word, "{" | "}");
                pos = next;
            }
            heads
        })
    }

    /// The ids that the text names without a further word behind them.
    fn alone(&self) -> &HashSet<String> {
        self.alone.get_or_init(|| {
            let (mut alone, mut pos) = (HashSet::new(), skip_trivia(self.text, 0));
            while pos < self.text.len() {
                let word = token(self.text, pos);
                let next = skip_trivia(self.text, pos + word.len().max(1));
                if matches!(word, "user" | "group" | "role") || self.known.kinds.contains(word) {
                    let id = token(self.text, next);
                    let end = next + id.len();
                    let behind = skip_trivia(self.text, end);
                    if self.text[end..behind].contains('\n') || !self.is_name(self.text, behind) {
                        alone.insert(id.trim_matches('"').to_owned());
                    }
                }
                pos = next;
            }
            alone
        })
    }

    /// An id with the words behind it on its line, where all may be one id that stands in no quotes: `Bob Smith`.
    pub(super) fn spaced(&self, text: &str, id: Range<usize>) -> Option<(Range<usize>, String)> {
        let (mut end, mut count) = (id.end, 1);
        let mut pos = end + text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
        while count <= LONGEST_NAME && pos > end && self.is_name(text, pos) {
            end = pos + phrase(text, pos).len();
            pos = end + text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
            count += 1;
        }
        let next = skip_trivia(text, end);
        let follows = token(text, next);
        let ends = text[end..next].contains('\n')
            || matches!(follows, "" | "{" | "}" | "," | "can" | "cannot" | "in" | "to" | "until" | "includes");
        let name = text[id.start..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = count > 1 && ends && self.is_name(text, id.start) && name.len() <= super::super::SHOWN;
        fits.then(|| (id.start..end, format!("\"{name}\"")))
    }

    /// Whether words in quotes are one name: not where one of them is a name by itself, which is meant then.
    pub(super) fn is_one_name(&self, quoted: &str) -> bool {
        let mut words = quoted.trim_matches('"').split(' ');
        !words.any(|word| (self.known.group)(word) || self.alone().contains(word))
    }

    /// Whether a word may be part of a name, and says nothing else.
    fn is_name(&self, text: &str, at: usize) -> bool {
        const JOINING: &[&str] = &["until", "includes", "everywhere", "cannot", "user", "group"];
        let word = phrase(text, at);
        let lower = word.to_lowercase();
        word.starts_with(char::is_alphanumeric)
            && !word.contains(':')
            && !is_keyword(&lower)
            && !self.known.kinds.contains(word)
            && !(self.known.permission)(word)
            && !words::is_filler(word)
            && !words::is_foreign(&lower)
            && !words::is_condition(&lower)
            && words::meant(word, JOINING).is_empty()
            && !denial::is_taking(word)
            && !self.leaves(word)
            && verbs::at(text, at, self.known).is_none()
    }

    /// Words between an id and its block that say nothing: `room lobby the main one {`.
    fn wordy(&mut self, text: &str, from: usize, end: usize, at: usize, items: Items, first: usize) -> Option<Done> {
        let lead = token(text, from);
        let sort = &text[last_word(text, from, last_word(text, from, end).start)];
        let heads = sort == lead && (self.known.kinds.contains(lead) || matches!(lead, "group" | "role"));
        if !heads || text[end..at].contains('\n') {
            return None;
        }
        let (mut pos, mut to, mut article) = (at, at, false);
        for _ in 0..=LONGEST_NAME {
            let word = phrase(text, pos);
            let next = skip_trivia(text, pos + word.len());
            // The last one may be any word: `the main room {`.
            let names = word == "one" || token(text, next) == "{" && self.known.kinds.contains(word);
            let says = is_keyword(word)
                || self.known.kinds.contains(word)
                || (self.known.permission)(word)
                || denial::is_taking(word)
                || self.leaves(word)
                || verbs::at(text, pos, self.known).is_some_and(|verb| verb.meant.is_some());
            if says && !names || !word.starts_with(char::is_alphanumeric) || text[pos..next].contains('\n') {
                return None;
            }
            article |= matches!(&*word.to_lowercase(), "the" | "a" | "an" | "this" | "that" | "our" | "my");
            (to, pos) = (pos + word.len(), next);
            if token(text, pos) == "{" {
                break;
            }
        }
        if !article || token(text, pos) != "{" || at == end {
            return None;
        }
        let edits = vec![(end..to, String::new())];
        let done = attempt(text, from, &[&self.edits[first..], &edits].concat(), items).ok()?;
        let help = Help::Said(format!("take `{}` out", text[at..to].split_whitespace().collect::<Vec<_>>().join(" ")));
        let message = format!("one id stands behind `{lead}`");
        let slip = Slip { help, offered: false, ..Slip::new(at..to, message, edits) };
        done.opens.and_then(|_| self.keep(text, from, first, done, vec![slip]))
    }

    /// What stands behind the id that ends an item: more words of it, or a name with a word missing before.
    pub(super) fn renamed(&mut self, text: &str, from: usize, end: usize, at: usize, items: Items, first: usize) -> Option<Done> {
        let id = last_word(text, from, end);
        let sort = last_word(text, from, id.start);
        let lead = token(text, from);
        let sort = &text[sort];
        let spaced = self.spaced(text, id.clone()).filter(|_| id.end == end && at == skip_trivia(text, end));
        let Some((range, quoted)) = spaced else { return self.wordy(text, from, end, at, items, first) };
        let whose = matches!(sort, "user" | "group");
        let head = sort == lead && (whose || matches!(lead, "role" | "use") || self.known.kinds.contains(lead));
        let fits = match items {
            TOP => head,
            IN_BLOCK => whose && matches!(lead, "member" | "owner") || head && !whose,
            _ => whose,
        };
        if !fits {
            return None;
        }
        let more: Vec<&str> = text[at..range.end].split_whitespace().collect();
        let attempt_with = |edits: &[Edit], made: &[Edit]| attempt(text, from, &[made, edits].concat(), items).ok();
        if lead == "use" {
            let all = format!("`{}` and `use {}`", &text[from..end], more.join("` and `use "));
            let edits = vec![(at..range.end, format!("use {}", more.join(" use ")))];
            let slip = Slip {
                help: Help::Said(format!("type `use` again: {all}")),
                ..Slip::new(at..range.end, "one `use` has one id".to_owned(), edits)
            };
            return self.keep(text, from, first, Done { end: range.end, opens: None, closes: false }, vec![slip]);
        }
        let made = self.edits[first..].to_vec();
        let (message, edits) = match &more[..] {
            [role] if lead == "role" && (self.known.role)(role) => {
                (format!("`includes` is missing before `{role}`"), vec![(at..at, "includes ".to_owned())])
            }
            [place] if head && !whose && lead != "role" && !self.kinds_of(place).is_empty() => {
                let [kind] = &self.kinds_of(place)[..] else { return None };
                (format!("`in {kind}` is missing before `{place}`"), vec![(at..at, format!("in {kind} "))])
            }
            _ if !self.is_one_name(&quoted) => {
                let help = format!("take `{}` out, or put it in a line of its own", more.join(" "));
                let edits = vec![(end..range.end, String::new())];
                let message = format!("one id stands behind `{sort}`");
                let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..range.end, message, edits) };
                let done = attempt_with(&slip.edits, &made).filter(|done| done.end >= range.end)?;
                return self.keep(text, from, first, done, vec![slip]);
            }
            _ => ("an id with a space needs quotes".to_owned(), vec![(range.clone(), quoted)]),
        };
        let done = attempt_with(&edits, &made).filter(|done| done.end >= range.end)?;
        let span = if edits[0].0.is_empty() { at..range.end } else { range };
        self.keep(text, from, first, done, vec![Slip::new(span, message, edits)])
    }
}
