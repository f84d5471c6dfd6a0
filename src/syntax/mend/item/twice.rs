//! Lists of an entry that are limited each for itself, `can write on doc, read on folder`, and commas before what limits a list.

use std::ops::Range;

use pest::iterators::Pair;

use super::super::super::recover::{skip_trivia, token};
use super::super::super::{Items, Rule, lower};
use super::super::trying::{Done, attempt};
use super::super::words;
use super::parted::line_end;
use super::{Help, Mender, Slip};

impl Mender<'_> {
    /// An entry at `at` that is whole up to a second limit or a comma before one.
    pub(super) fn limited_twice(&mut self, text: &str, at: usize, items: Items, whole: Option<&Pair<'_, Rule>>) -> Option<Done> {
        let pair = whole.filter(|p| matches!(p.as_rule(), Rule::default_entry | Rule::principal_entry | Rule::role_entry))?;
        let place = |p: &Pair<'_, Rule>| at + p.as_span().start()..at + p.as_span().end();
        let all = |rule: Rule| pair.clone().into_inner().flatten().filter(move |p| p.as_rule() == rule);
        let list: Vec<Range<usize>> = all(Rule::permission).map(|p| place(&p)).collect();
        let odd =
            |word: &Range<usize>| matches!(&text[word.clone()], "on" | "until") && !(self.known.permission)(&text[word.clone()]);
        if let Some(odd) = list.iter().position(odd).filter(|odd| *odd > 0) {
            let (before, word) = (list[odd - 1].end, list[odd].clone());
            let edits = vec![(before..word.start, " ".to_owned())];
            let done = attempt(text, at, &edits, items).ok().filter(|done| done.end > word.end)?;
            let comma = skip_trivia(text, before);
            let message = format!("a comma before `{}`", &text[word]);
            return self.keep(text, at, self.edits.len(), done, vec![Slip::new(comma..comma + 1, message, edits)]);
        }
        let on = all(Rule::on).next().map(|on| place(&on))?;
        let start = skip_trivia(text, on.start + "on".len());
        let (kinds, _) = words::names(&text[..on.end], start, &[","]);
        let second = kinds.iter().skip(1).position(|kind| {
            let name = &text[kind.clone()];
            !self.known.kinds.contains(name) && (self.known.permission)(name)
        })?;
        let (cut, second) = (kinds[second].end, kinds[second + 1].start);
        let to = line_end(text, second);
        let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let head = spaced(&text[at..list.first()?.start]);
        let (one, other) = (spaced(&text[at..cut]), format!("{head} {}", spaced(&text[second..to])));
        let reads = items.read(&other, 0).is_some_and(|pair| lower::tight_end(&pair) == other.len());
        let shown = reads && one.len() + other.len() <= 3 * super::super::SHOWN;
        let help = match shown {
            true => format!("type two: `{one}` and `{other}`"),
            false => "type one for each list that is limited: a list has one `on`, behind it".to_owned(),
        };
        let comma = skip_trivia(text, cut);
        let message = format!("a second list in one {}", words::item(items));
        let edits = vec![(cut..to, String::new())];
        let slip = Slip {
            help: Help::Said(help),
            offered: false,
            ..Slip::new(comma..second + token(text, second).len(), message, edits)
        };
        self.keep(text, at, self.edits.len(), Done { end: to, opens: None, closes: false }, vec![slip])
    }
}
