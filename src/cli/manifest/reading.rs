//! A text as a manifest, and all that keeps it from being one: each field that is wrong is taken out, so that the others show theirs.

use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};

use super::{Manifest, masked, spoken};

/// A fact, where it is, and what to type.
pub type Wrong = (Range<usize>, String, Option<String>);

/// So many faults are told at once.
const MOST: usize = 50;

/// What can be read of a text, and what cannot.
pub fn read(text: &str) -> (Manifest, Vec<Wrong>) {
    let (mut text, mut wrong) = (text.to_owned(), Vec::new());
    while wrong.len() < MOST {
        let Err(error) = DeTable::parse(&text) else { break };
        let span = error.span().unwrap_or(0..0);
        let (message, help) = said(&text, &error, &span);
        let bare = unquoted(&text, &span);
        wrong.push((span.clone(), message, bare.as_ref().map(|(_, help)| help.clone()).or(help)));
        // What stands behind any other fault of the signs may not be what it seems.
        let Some((line, _)) = bare else {
            text.truncate(span.start);
            for _ in 0..MOST {
                text.truncate(text.trim_end_matches('\n').rfind('\n').map_or(0, |end| end + 1));
                if DeTable::parse(&text).is_ok() {
                    break;
                }
            }
            break;
        };
        text.replace_range(line.clone(), &" ".repeat(line.len()));
    }
    let Ok(mut table) = DeTable::parse(&text) else { return (Manifest::default(), wrong) };
    let mut taken = false;
    loop {
        let error = match Manifest::deserialize(Deserializer::from(table.clone())) {
            Ok(manifest) => return (manifest, wrong),
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        // What is missing may be what was taken out.
        if !taken || !error.message().starts_with("missing field") {
            let (message, help) = said(&text, &error, &span);
            // A table that is not known is told once, however much of it there is.
            if wrong.iter().all(|(at, told, _)| (at, told) != (&span, &message)) {
                wrong.push((span.clone(), message, help));
            }
        }
        taken = true;
        if wrong.len() >= MOST || !take_out(table.get_mut(), &span) {
            return (Manifest::default(), wrong);
        }
    }
}

fn said(text: &str, error: &toml::de::Error, span: &Range<usize>) -> (String, Option<String>) {
    // What has no place may be of `[token]`.
    let of_token = error.span().is_none_or(|_| masked::text(text, span).1);
    spoken(error.message(), of_token)
}

/// The line of a share without quotes, and what to type: of other fields nobody can tell whether a text is meant.
fn unquoted(text: &str, span: &Range<usize>) -> Option<(Range<usize>, String)> {
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let (name, value) = text[start..end].split_once('=')?;
    let value = value.split('#').next()?.trim();
    let key = name.trim();
    let share = value.strip_suffix('%').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    let here = span.start > start + name.len() && span.start <= end;
    (share && key == "max-lost" && here).then(|| (start..end, format!("type it in quotes: `{key} = \"{value}\"`")))
}

/// Takes the field that a place is of out of a table: the innermost one.
fn take_out(table: &mut DeTable<'_>, place: &Range<usize>) -> bool {
    let holds = |span: Range<usize>| span.start <= place.start && place.end <= span.end;
    let mut own = None;
    for (key, value) in table.iter_mut() {
        if let DeValue::Table(inner) = value.get_mut()
            && take_out(inner, place)
        {
            return true;
        }
        if holds(key.span()) || holds(value.span()) {
            own = Some(key.get_ref().to_string());
            break;
        }
    }
    own.is_some_and(|key| table.remove(&*key).is_some())
}
