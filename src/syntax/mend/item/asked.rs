//! Questions of a test and lines of an invariant that deny, leave out or say two things: each line asks one thing.

use pest::iterators::Pair;

use super::super::super::recover::{skip_trivia, token};
use super::super::super::{Items, Rule, lower};
use super::super::trying::{Done, attempt, phrase};
use super::super::{denial, verbs, words};
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// So many words of an item are looked at for its verb.
const MOST_WORDS: usize = 100;

impl Mender<'_> {
    /// A question or a line of an invariant at `at`.
    pub(super) fn asked(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if !matches!(items.item, Rule::test_item | Rule::law_item) {
            return None;
        }
        if items.item == Rule::law_item
            && let Some(done) = self.only(text, at, items).or_else(|| self.counted(text, at, items))
        {
            return Some(done);
        }
        let mut pos = at;
        for _ in 0..MOST_WORDS {
            if matches!(token(text, pos), "can" | "cannot") {
                break;
            }
            let next = skip_trivia(text, pos + token(text, pos).len().max(1));
            if next >= text.len() || text[pos..next].contains('\n') || matches!(token(text, next), "{" | "}") {
                return None;
            }
            pos = next;
        }
        let said = verbs::at(text, pos, self.known)?;
        if items.item == Rule::test_item
            && said.words == 1
            && let Some(done) = self.two(text, at, said.range.clone()).or_else(|| self.filled(text, at, items, said.range.end))
        {
            return Some(done);
        }
        let verb = Some(said).filter(|verb| verb.words > 1 && verb.meant == Some("cannot"))?;
        let said = text[verb.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        if items.item == Rule::test_item {
            let edits = vec![(verb.range.clone(), "cannot".to_owned())];
            let done = attempt(text, at, &edits, items).ok()?;
            let message =
                if said == "can not" { "`can not` is one word".to_owned() } else { format!("`{said}` is `cannot` here") };
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(verb.range, message, edits)]);
        }
        let edits = vec![(verb.range.clone(), "can".to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let help = "say who can, and that nobody else may be: `no one can write on room lobby` or `only group staff can write on room lobby`";
        let message = format!("an invariant has no `{said}`");
        let slip = Slip { help: Help::Said(help.into()), offered: false, ..Slip::new(verb.range, message, edits) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }

    /// `can nothing` in a test.
    pub(super) fn asked_nothing(&mut self, text: &str, at: usize, items: Items, pair: &Pair<'_, Rule>) -> Option<Done> {
        let rule = |rule: Rule| pair.clone().into_inner().flatten().filter(move |p| p.as_rule() == rule);
        let (can, list) = (rule(Rule::kw_can).next()?, rule(Rule::permission).next()?);
        let word = list.as_str();
        if pair.as_rule() == Rule::test_question && words::is_filler(word) && !(self.known.permission)(word) {
            let (at_word, end) = (at + list.as_span().start(), at + lower::tight_end(pair));
            let head = text[at..at_word].split_whitespace().collect::<Vec<_>>().join(" ");
            let rest = text[at + list.as_span().end()..end].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("`{word}` is no permission, and no word of the language here");
            let help = Help::Said(format!("type in its place what is asked: `{head} PERMISSIONS {rest}`"));
            let span = at_word..at + list.as_span().end();
            let slip = Slip { help, offered: false, ..Slip::new(span, message, vec![(at..end, String::new())]) };
            return self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip]);
        }
        if pair.as_rule() != Rule::test_question
            || !(word == "nothing" || words::is_nothing(word))
            || (self.known.permission)(word)
        {
            return None;
        }
        let range = at + can.as_span().start()..at + list.as_span().end();
        let edits = vec![(range, "cannot *".to_owned())];
        let done = attempt(text, at, &edits, items).ok()?;
        let span = at + list.as_span().start()..at + list.as_span().end();
        let message = format!("a question has no `{word}`");
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(span, message, edits)])
    }

    /// `no one except user bob can write on room q`
    fn only(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let mut pos = at;
        for _ in 0..2 {
            if matches!(&*token(text, pos).to_lowercase(), "no" | "one" | "nobody" | "none") {
                pos = skip_trivia(text, pos + token(text, pos).len());
            }
        }
        let word = token(text, pos);
        let next = skip_trivia(text, pos + word.len());
        if pos == at || !self.leaves(word) || text[at..next].contains('\n') {
            return None;
        }
        let edits = vec![(at..pos + word.len(), "only".to_owned())];
        let message = format!("nothing is left out by `{word}`");
        self.inside(text, at, items, vec![Slip::new(pos..pos + word.len(), message, edits)])
    }

    /// `at most one user can write on room q`
    fn counted(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        const NUMBERS: &[&str] =
            &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
        let bound = skip_trivia(text, at + token(text, at).len());
        let start = skip_trivia(text, bound + token(text, bound).len());
        let word = token(text, start);
        if token(text, at) != "at" || !matches!(token(text, bound), "most" | "least") {
            return None;
        }
        let (end, said) = (start + word.len(), NUMBERS.iter().position(|name| word.eq_ignore_ascii_case(name)));
        let number = start..end;
        let mut slips: Vec<Slip> = Vec::new();
        if let Some(count) = said {
            let message = format!("a number stands in digits: found `{word}`");
            slips.push(Slip { key: "count", ..Slip::new(number.clone(), message, vec![(number, count.to_string())]) });
        } else if !word.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // Whoever is counted is a user.
        let whom = skip_trivia(text, end);
        let can = skip_trivia(text, whom + token(text, whom).len());
        let counts = matches!(&*token(text, whom).to_lowercase(), "user" | "users" | "people" | "person" | "persons");
        if counts && token(text, can) == "can" {
            let message = format!("users are counted, and no word says so: found `{}`", token(text, whom));
            let edits = vec![(whom..can, String::new())];
            slips.push(Slip { key: "count", ..Slip::new(whom..whom + token(text, whom).len(), message, edits) });
        }
        if slips.is_empty() { None } else { self.inside(text, at, items, slips) }
    }

    /// `can only read`
    fn filled(&mut self, text: &str, at: usize, items: Items, verb: usize) -> Option<Done> {
        let word = skip_trivia(text, verb);
        let next = skip_trivia(text, word + token(text, word).len());
        let filler = token(text, word);
        if !words::is_filler(filler) || (self.known.permission)(filler) || !(self.known.permission)(phrase(text, next)) {
            return None;
        }
        let edits = vec![(word..next, String::new())];
        let done = attempt(text, at, &edits, items).ok()?;
        let message = format!("`{filler}` is no permission, and no word of the language here");
        self.keep(text, at, self.edits.len(), done, vec![Slip::new(word..word + filler.len(), message, edits)])
    }

    /// `can read, cannot write on room q` and `can read except write on room q`: two questions in one.
    fn two(&mut self, text: &str, at: usize, verb: std::ops::Range<usize>) -> Option<Done> {
        let end = line_end(text, at);
        let (names, first) = words::names(text, skip_trivia(text, verb.end), &[","]);
        let odd = |word: &str| {
            !(self.known.permission)(word) && (matches!(word, "can" | "cannot") || denial::is_taking(word) || self.leaves(word))
        };
        // A second verb stands in the list where a comma is before it, and else behind it.
        let place = names.iter().position(|name| odd(&text[name.clone()]));
        let (list, word) = match place {
            Some(0) => return None,
            Some(place) => (verb.end..names[place - 1].end, names[place].clone()),
            None => {
                let mut next = skip_trivia(text, first);
                if matches!(token(text, next), "," | "and" | "but")
                    && odd(token(text, skip_trivia(text, next + token(text, next).len())))
                {
                    next = skip_trivia(text, next + token(text, next).len());
                }
                (verb.end..first, next..next + token(text, next).len())
            }
        };
        if names.is_empty() || word.end > end || !odd(&text[word.clone()]) {
            return None;
        }
        let mut rest = skip_trivia(text, word.end);
        if matches!(&text[word.clone()], "but" | "and") && odd(token(text, rest)) {
            rest = skip_trivia(text, rest + token(text, rest).len());
        }
        let (more, behind) = words::names(text, rest, &[","]);
        let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = spaced(text.get(behind..end)?);
        if more.is_empty() || !place.starts_with("on ") {
            return None;
        }
        let (who, list, more) = (spaced(&text[at..verb.start]), spaced(&text[list]), spaced(&text[rest..behind]));
        let first = &text[verb];
        let second = match (&text[word.clone()], first) {
            ("can", _) => "can",
            ("cannot", _) | (_, "can") => "cannot",
            _ => "can",
        };
        let help = Help::Said(format!("type two: `{who} {first} {list} {place}` and `{who} {second} {more} {place}`"));
        let message = format!("one question asks one thing: found `{}`", &text[word.clone()]);
        let slip = Slip { help, offered: false, ..Slip::new(word, message, vec![(at..end, String::new())]) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }
}
