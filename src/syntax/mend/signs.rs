//! Quotes, brackets and dates that are written as elsewhere.

use std::ops::Range;

use super::super::edit::Edit;
use super::super::recover::{skip_trivia, token};
use super::super::when;
use super::SHOWN;
use super::trying::phrase;

/// A stretch in quotes of another sort: it, and what is in it.
pub fn quoted(text: &str, at: usize) -> Option<(Range<usize>, &str)> {
    let rest = &text[at..];
    let open = rest.chars().next()?;
    let closing: &[char] = match open {
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' | '\'' | '‚' => &['’', '\'', '‘'],
        '«' => &['»'],
        '`' => &['`', '\''],
        _ => return None,
    };
    let inside = &rest[open.len_utf8()..];
    let end = inside.find(closing)?;
    let close = inside[end..].chars().next()?;
    let text = &inside[..end];
    let plain = !text.is_empty() && text.len() <= SHOWN && !text.contains(['"', '\n', '\\', '{', '}']);
    plain.then(|| (at..at + open.len_utf8() + end + close.len_utf8(), text))
}

/// A list in brackets, as it may be meant: without the brackets, without the quotes of its items too, and with or without commas that are
/// missing between them, as `commas` says or else the other way.
pub fn bracketed(text: &str, at: usize, commas: bool) -> Vec<Vec<Edit>> {
    [commas, !commas].into_iter().filter_map(|commas| opened(text, at, commas)).flatten().collect()
}

fn opened(text: &str, at: usize, commas: bool) -> Option<[Vec<Edit>; 2]> {
    let open = token(text, at);
    let close = match open {
        "[" => "]",
        "(" => ")",
        "{" => "}",
        _ => return None,
    };
    let mut pos = skip_trivia(text, at + 1);
    let space = if text[..at].ends_with([' ', '\t', '\n']) { "" } else { " " };
    let (mut bare, mut plain) = (vec![(at..at + 1, space.to_owned())], vec![(at..at + 1, space.to_owned())]);
    let (mut comma, mut last) = (None, 0);
    for _ in 0..100 {
        let word = token(text, pos);
        if word == close {
            // A list ends with no comma.
            let from = comma.unwrap_or(pos);
            bare.push((from..pos + 1, String::new()));
            plain.push((from..pos + 1, String::new()));
            return (pos > at + 1).then_some([bare, plain]);
        }
        if matches!(word, "" | "[" | "(" | "{" | "}" | ")" | "]" | ";") {
            return None;
        }
        if commas && last > 0 && comma.is_none() && word != "," && !matches!(text[last..pos].trim(), "and" | "or") {
            bare.push((last..pos, ", ".to_owned()));
            plain.push((last..pos, ", ".to_owned()));
        }
        comma = (word == ",").then_some(pos);
        let whole = quoted(text, pos);
        let (end, inside) = match (&whole, word.len() > 2 && word.starts_with('"') && word.ends_with('"')) {
            (Some((range, inside)), _) => (range.end, Some(*inside)),
            (None, true) => (pos + word.len(), Some(&word[1..word.len() - 1])),
            (None, false) => (pos + phrase(text, pos).len().max(1), None),
        };
        if let Some(inside) = inside {
            plain.push((pos..end, inside.to_owned()));
        }
        if let Some((range, inside)) = whole {
            bare.push((range, format!("\"{inside}\"")));
        }
        last = end;
        pos = skip_trivia(text, end);
    }
    None
}

/// A date behind `until` or `at` that is written as elsewhere: its stretch, and as it is written here, each way that it can be read.
pub fn dated(text: &str, start: usize) -> Option<(Range<usize>, Vec<String>)> {
    let line = text[start..].find(['\n', '}', '{']).map_or(text.len(), |n| start + n);
    let line = text[start..line].split("//").next().unwrap_or("");
    let ends = line.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(n, _)| n).chain([line.len()]);
    let ends: Vec<usize> = ends.filter(|n| *n > 0 && line[..*n].trim_end().len() == *n).take(4).collect();
    ends.into_iter().rev().find_map(|end| {
        let run = line[..end].trim_end_matches([',', ';']);
        let found = when::readings(run);
        (!found.is_empty()).then(|| (start..start + run.len(), found))
    })
}
