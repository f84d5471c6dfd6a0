//! When things end: dates in quotes or behind signs, dates that are missing, lists that go on behind one, and beginnings, which nothing has.

use super::super::super::edit::Edit;
use super::super::super::keyword::is_start;
use super::super::super::lower::tight_end;
use super::super::super::recover::{floor, skip_trivia, token};
use super::super::super::when;
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, attempt, short};
use super::super::{applied, signs, words};
use super::parted::{Head, head, line_end};
use super::{Help, Mender, Slip};

/// Words that say when something begins.
const BEGINNING: &[&str] = &["from", "after", "since", "starting", "beginning", "between"];
/// Words that say behind that when it ends.
const ENDING: &[&str] = &["to", "till", "til", "through", "and", "-", "–"];
/// What is said of a beginning, up to the end.
const AT_ONCE: &str = "write it on that day: it holds from then on, and";

/// An entry with a list behind its end is looked at where it is no longer than this.
const LONGEST: usize = 500;

/// So many words are looked at for the end of what stands in the place of a date.
const MOST_WORDS: usize = 20;

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
        // The comma behind a member is part of it.
        let comma = |to: usize| Some(skip_trivia(text, to)).filter(|at| token(text, *at) == ",").map(|at| at + 1);
        let past = |to: usize| if items.item == Rule::member_item { comma(to) } else { None };
        let done = |to: usize| Done { end: past(to).unwrap_or(to), opens: None, closes: false };
        let word = token(text, at);
        let mut next = skip_trivia(text, at + word.len());
        let lower = word.to_lowercase();
        if BEGINNING.contains(&&*lower) && !text[at..next].contains('\n') {
            let (range, _) = signs::dated(text, next)?;
            let message = format!("nothing says with `{word}` when it begins");
            let behind = skip_trivia(text, range.end);
            let last = skip_trivia(text, behind + token(text, behind).len());
            let last = Some(last).filter(|last| ENDING.contains(&token(text, behind)) && !text[range.end..*last].contains('\n'));
            let (to, date) = match last.and_then(|last| signs::dated(text, last)) {
                Some((last, readings)) if readings.len() == 1 => (last.end, readings[0].clone()),
                Some((last, _)) => (last.end, "DATE".to_owned()),
                None => (range.end, "2026-12-31".to_owned()),
            };
            let help = format!("{AT_ONCE} `until {date}` says when it ends");
            let slip =
                Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, vec![(end..to, String::new())]) };
            return self.keep(text, from, first, done(to), vec![slip]);
        }
        if word != keyword && (keyword == "at" || !words::meant(word, &["until"]).contains(&"until")) {
            return if items == IN_BLOCK { self.listed_behind(text, from, end, at, with) } else { None };
        }
        let sign = Some(token(text, next)).filter(|sign| matches!(*sign, ":" | "="));
        // `by default`
        let value = sign.map_or(next, |sign| skip_trivia(text, next + sign.len()));
        if word != keyword && words::is_foreign(&lower) && !text[at..value].contains('\n') && signs::dated(text, value).is_none()
        {
            let mut to = at + word.len();
            for _ in 0..MOST_WORDS {
                let next = skip_trivia(text, to);
                let more = token(text, next);
                if text[to..next].contains('\n') || matches!(more, "" | "{" | "}" | "," | ";") || is_start(more) && to > value {
                    break;
                }
                to = next + more.len();
            }
            let said = text[at..to].split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("no date stands behind `{word}`");
            let help = format!("take `{}` out, or say how long it holds: `until 2026-12-31`", short(&said));
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, done(to), vec![slip]);
        }
        let meant = |to: usize, date: &str| vec![(at..to, format!("{keyword} {date}"))];
        if let Some(done) = with(&[(at..at + word.len(), keyword.to_owned())]).filter(|done| done.end > at + word.len()) {
            // It goes on with an item that was changed.
            return (word == keyword).then_some(done);
        }
        next = value;
        let value = token(text, next);
        let said = at..at + word.len();
        if text[at..next].contains('\n') || matches!(value, "" | "}" | "," | ";") || is_start(value) {
            let message = format!("a date is missing behind `{keyword}`");
            let help = format!("type it on the same line: `{keyword} 2026-12-31`");
            let to = if sign.is_some() && !text[at..next].contains('\n') { next } else { said.end };
            let edits = vec![(end..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(said, message, edits) };
            return self.keep(text, from, first, done(to), vec![slip]);
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
        self.keep(text, from, first, done(to), vec![slip])
    }

    /// `can read until 2026-12-31, write`: what an entry is about stands before how long. A prohibition is two, of which each ends as it
    /// is written.
    fn listed_behind(&mut self, text: &str, from: usize, end: usize, at: usize, with: With<'_>) -> Option<Done> {
        let first = self.before.as_ref()?.first;
        if !matches!(token(text, at), "," | "and" | "&") || at - from > LONGEST {
            return None;
        }
        let near = &text[..floor(text, at + LONGEST)];
        let (more, to) = words::names(near, skip_trivia(near, at + token(near, at).len()), &[",", "and", "&"]);
        let named = !more.is_empty() && more.iter().all(|name| (self.known.permission)(&text[name.clone()]));
        if !named || to + 1 >= near.len() && near.len() < text.len() || text[from..to].contains('\n') {
            return None;
        }
        let changed = self.edits.len() > first;
        let head = head(&applied(text, from, end, &self.edits[first..])).filter(|head| !head.limit.is_empty())?;
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
            let key = self.again(from);
            let slip = Slip { help: Help::Said(help), offered: false, key, ..Slip::new(at..to, message, edits) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        let list = self.least(&[listed, more].concat());
        let meant = format!("{who} can {}{limit}", list.join(", "));
        if changed {
            let (help, key) = (Help::Said(format!("type `{meant}`")), self.again(from));
            let slip = Slip { help, offered: false, key, ..Slip::new(at..to, message, vec![(end..to, String::new())]) };
            return self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        let edits = vec![(from..to, meant)];
        let done = with(&edits)?;
        self.keep(text, from, first, Done { end: done.end.max(to), ..done }, vec![Slip::new(at..to, message, edits)])
    }

    /// `assign editor to user ann until 2026-12-31 in room lobby`: how long stands behind where.
    pub(super) fn early(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != TOP || token(text, at) != "assign" {
            return None;
        }
        let until = attempt(text, at, &[], items).err()?.at;
        let word = token(text, until);
        let says = word == "until" || words::meant(word, &["until"]).contains(&"until");
        let (range, readings) =
            Some(until + word.len()).filter(|_| says).and_then(|at| signs::dated(text, skip_trivia(text, at)))?;
        let (next, end) = (skip_trivia(text, range.end), line_end(text, range.end));
        let edits = vec![(until..next, String::new()), (end..end, format!(" until {}", readings.first()?))];
        let done = attempt(text, at, &edits, items).ok().filter(|done| end > next && done.end >= end)?;
        let message = "`until` stands at the end of an assignment".to_owned();
        let plain = readings.len() == 1;
        let help = if plain { Help::Typed("") } else { Help::Said(when::help(&text[range.clone()])) };
        let slip = Slip { help, offered: plain, ..Slip::new(until..range.end, message, edits) };
        self.keep(text, at, self.edits.len(), done, vec![slip])
    }
}
