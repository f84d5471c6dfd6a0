//! When things end: dates in quotes or behind signs, dates that are missing, lists that go on behind one, and beginnings, which nothing has.

use super::super::super::edit::Edit;
use super::super::super::keyword::is_start;
use super::super::super::lower::tight_end;
use super::super::super::recover::{floor, skip_trivia, token};
use super::super::super::when;
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, phrase, short};
use super::super::{signs, words};
use super::parted::{Head, head, line_end};
use super::{Help, Mender, Slip};

/// Words that say when something begins.
const BEGINNING: &[&str] = &["from", "after", "since", "starting", "beginning"];

/// An entry with a list behind its end is looked at where it is no longer than this.
const LONGEST: usize = 500;

/// What makes an item whole with its changes.
type With<'a> = &'a dyn Fn(&[Edit]) -> Option<Done>;

impl Mender<'_> {
    /// How long the item `from..end` holds, where that stands at `at` and is not written as it should be.
    pub(super) fn ending(
        &mut self,
        text: &str,
        from: usize,
        end: usize,
        at: usize,
        items: Items,
        with: With<'_>,
    ) -> Option<Done> {
        let first = self.before.as_ref()?.first;
        let lead = token(text, from);
        let ends = match items {
            TOP => lead == "assign",
            IN_BLOCK => matches!(lead, "user" | "group" | "default" | "member" | "owner"),
            _ => matches!(items.item, Rule::member_item | Rule::test_item),
        };
        let keyword = if items.item == Rule::test_item { "at" } else { "until" };
        if !ends {
            return None;
        }
        // The item without what ends at a place, and what may go on behind it.
        let without = |edits: &[Edit], to: usize| match with(edits) {
            Some(done) => Done { end: done.end.max(to), ..done },
            None => Done { end: to, opens: None, closes: false },
        };
        let word = token(text, at);
        let mut next = skip_trivia(text, at + word.len());
        let lower = word.to_lowercase();
        if BEGINNING.contains(&&*lower) && !text[at..next].contains('\n') {
            let (range, _) = signs::dated(text, next)?;
            let message = format!("nothing says with `{word}` when it begins");
            let (mut to, mut last) = (range.end, "2026-12-31".to_owned());
            // `from 2026-01-01 to 2026-12-31` says when it ends, too.
            let sign = skip_trivia(text, to);
            let day = skip_trivia(text, sign + token(text, sign).len());
            // `2026-01-01 - 2026-12-31`: the sign goes with the first day.
            let joined = text[..to].trim_end().ends_with(['-', '–']);
            let day = if joined { sign } else { day };
            let parts = joined || matches!(&*token(text, sign).to_lowercase(), "to" | "until" | "till" | "through" | "-" | "–");
            if let Some((second, readings)) = signs::dated(text, day).filter(|_| parts && !text[to..day].contains('\n')) {
                to = second.end;
                last = if let [only] = &readings[..] { only.clone() } else { "DATE".to_owned() };
            }
            let help = format!("write it on that day: it holds from then on, and `until {last}` says when it ends");
            let edits = vec![(end..to, String::new())];
            let done = without(&edits, to);
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, done, vec![slip]);
        }
        if word != keyword && (keyword == "at" || !words::meant(word, &["until"]).contains(&"until")) {
            return if items == IN_BLOCK { self.listed_behind(text, from, end, at, with) } else { None };
        }
        // `by default`, `by user bob` and `by tomorrow` say no day.
        let day = phrase(text, next);
        let named = day.starts_with(char::is_alphanumeric) && !is_start(day) && !self.known.kinds.contains(day);
        let who = self.whom(text, next).filter(|_| lower == "by");
        if word != keyword && (named || who.is_some()) && !text[at..next].contains('\n') && signs::dated(text, next).is_none() {
            let (message, help, to) = match &who {
                Some((_, end)) => (
                    format!("an item ends with no `{word}`"),
                    "take it out: whom an entry is about stands first, and `until DATE` says when it ends".to_owned(),
                    *end,
                ),
                None => (format!("`{}` is no date and no time", short(day)), when::help(day), next + day.len()),
            };
            let edits = vec![(end..to, String::new())];
            let done = without(&edits, to);
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, done, vec![slip]);
        }
        let meant = |to: usize, date: &str| vec![(at..to, format!("{keyword} {date}"))];
        if let Some(done) = with(&[(at..at + word.len(), keyword.to_owned())]).filter(|done| done.end > at + word.len()) {
            // It goes on with an item that was changed.
            return (word == keyword).then_some(done);
        }
        let sign = Some(token(text, next)).filter(|sign| matches!(*sign, ":" | "="));
        next = sign.map_or(next, |sign| skip_trivia(text, next + sign.len()));
        let value = token(text, next);
        let said = at..at + word.len();
        if text[at..next].contains('\n') || matches!(value, "" | "}" | "," | ";") || is_start(value) {
            let message = format!("a date is missing behind `{keyword}`");
            let help = format!("type it on the same line: `{keyword} 2026-12-31`");
            let to = if sign.is_some() && !text[at..next].contains('\n') { next } else { said.end };
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(said, message, edits) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        if let Some((range, readings)) = signs::dated(text, next) {
            let edits = meant(range.end, readings.first()?);
            let done = with(&edits).filter(|done| done.end >= range.end)?;
            let plain = readings.len() == 1;
            let (span, message) = match sign {
                Some(sign) => (next - sign.len()..next, format!("no `{sign}` stands behind `{keyword}`")),
                None if value.starts_with('"') => (range, "a date stands in no quotes".to_owned()),
                None => (range.clone(), format!("`{}` is no date and no time", short(&text[range]))),
            };
            let help = if plain { Help::Typed("") } else { Help::Said(when::help(&text[next..done.end])) };
            return self.keep(text, from, first, done, vec![Slip { help, offered: plain, ..Slip::new(span, message, edits) }]);
        }
        if !value.starts_with('"') {
            return None;
        }
        let to = next + value.len();
        let message = format!("`{}` is no date and no time", short(value));
        let slip = Slip {
            help: Help::Said(when::help(value)),
            offered: false,
            ..Slip::new(next..to, message, vec![(end..to, String::new())])
        };
        self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip])
    }

    /// `can read until 2026-12-31, write`: what an entry is about stands before how long. A prohibition is two, of which each ends as it
    /// is written.
    fn listed_behind(&mut self, text: &str, from: usize, end: usize, at: usize, with: With<'_>) -> Option<Done> {
        let first = self.before.as_ref()?.first;
        if !matches!(token(text, at), "," | "and" | "&") || self.edits.len() != first || at - from > LONGEST {
            return None;
        }
        let near = &text[..floor(text, at + LONGEST)];
        let (more, to) = words::names(near, skip_trivia(near, at + token(near, at).len()), &[",", "and", "&"]);
        let named = !more.is_empty() && more.iter().all(|name| (self.known.permission)(&text[name.clone()]));
        if !named || to + 1 >= near.len() && near.len() < text.len() || text[from..to].contains('\n') {
            return None;
        }
        let head = head(&text[from..end]).filter(|head| !head.limit.is_empty())?;
        let more: Vec<&str> = more.into_iter().map(|name| &text[name]).collect();
        let listed: Vec<&str> = head.list.split(',').map(str::trim).collect();
        let limit = token(&head.limit, 1);
        let message = format!("a list stands before `{limit}`");
        let Head { who, verb, list, limit } = &head;
        let next = skip_trivia(text, to);
        let again = matches!(token(text, next), "on" | "until") && !text[to..next].contains('\n');
        if *verb == "cannot" || again {
            let to = if again { line_end(text, next) } else { to };
            let own = text[next.min(to)..to].split_whitespace().collect::<Vec<_>>().join(" ");
            let second = format!("{who} {verb} {} {own}", more.join(", "));
            let second = second.trim_end();
            IN_BLOCK.read(second, 0).filter(|pair| tight_end(pair) == second.len())?;
            let help = format!("type two: `{who} {verb} {list}{limit}` and `{second}`");
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        let list = self.least(&[listed, more].concat());
        let meant = format!("{who} can {}{limit}", list.join(", "));
        let edits = vec![(from..to, meant)];
        let done = with(&edits)?;
        self.keep(text, from, first, Done { end: done.end.max(to), ..done }, vec![Slip::new(at..to, message, edits)])
    }
}
