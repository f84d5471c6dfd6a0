//! Rows of JSON Lines: an object on each line, its fields named as the columns.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Data;
use super::columns;
use super::csv::finding;
use super::rows::{Cell, Chunk, Row, lines};
use crate::facts::Sort;
use crate::finding::DATA_ROW;

/// The rows of some lines.
pub fn rows(data: Data<'_>, range: Range<usize>) -> Chunk<'_> {
    let mut chunk = Chunk { data, rows: Vec::new(), unescaped: HashMap::new(), findings: Vec::new() };
    for line in lines(data.text, range) {
        let text = &data.text[line.clone()];
        if text.trim_ascii().is_empty() {
            continue;
        }
        let whole = Cell { start: line.start as u32, end: line.end as u32 };
        let row = Row::new(whole);
        let mut json = serde_json::Deserializer::from_str(text);
        let mut fields = Fields { chunk: &mut chunk, row, sound: true };
        let read = (&mut json).deserialize_map(&mut fields).and_then(|()| json.end());
        let Fields { row, sound, .. } = fields;
        match read {
            Ok(()) if sound => chunk.rows.push(row),
            Ok(()) => {}
            Err(e) => {
                let message = e.to_string();
                let fact = message.rsplit_once(" at line ").map_or(message.as_str(), |(fact, _)| fact);
                let at = floor(data.text, (line.start + e.column().saturating_sub(1)).min(line.end));
                let found = finding(data, &DATA_ROW, at..line.end, format!("no JSON object: {fact}"));
                chunk.findings.push(found.help("write each fact as an object on a line of its own"));
            }
        }
    }
    chunk
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Takes the fields of one object.
struct Fields<'c, 's> {
    chunk: &'c mut Chunk<'s>,
    row: Row,
    sound: bool,
}

impl<'s> Visitor<'s> for &mut Fields<'_, 's> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'s>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key(self.chunk.data.sort))? {
            let value: &'s RawValue = map.next_value()?;
            match key {
                Ok(column) => self.field(column, value.get()),
                Err(name) => {
                    let help = columns::help(self.chunk.data.sort, &name);
                    self.fault(value.get(), format!("{} have no field `{name}`", self.chunk.data.sort.word()), help);
                }
            }
        }
        Ok(())
    }
}

impl<'s> Fields<'_, 's> {
    fn field(&mut self, column: usize, raw: &'s str) {
        let data = self.chunk.data;
        let name = columns::names(data.sort)[column];
        let place = place(data, raw);
        let (start, end) = (place.start as u32, place.end as u32);
        if self.row.cells[column] != Cell::NONE {
            return self.fault(raw, format!("the field `{name}` is given twice"), "take one out".into());
        }
        self.row.cells[column] = match raw.as_bytes().first() {
            Some(b'"') if raw.contains('\\') => match serde_json::from_str::<Box<str>>(raw) {
                Ok(text) => {
                    self.chunk.unescaped.insert(start + 1, text);
                    Cell { start: start + 1, end: end - 1 }
                }
                Err(_) => {
                    let help = "write characters above U+FFFF as they are, or as two escapes";
                    return self.fault(raw, "an escape stands for half of a character".into(), help.into());
                }
            },
            Some(b'"') => Cell { start: start + 1, end: end - 1 },
            Some(b'n') => Cell::NONE,
            Some(b'[') if (data.sort, name) == (Sort::Accesses, "permissions") => {
                self.row.list = true;
                Cell { start, end }
            }
            _ => return self.fault(raw, format!("the value of `{name}` is no text"), format!("type it as `\"{name}\": \"…\"`")),
        };
    }

    fn fault(&mut self, raw: &str, message: String, help: String) {
        let data = self.chunk.data;
        self.chunk.findings.push(finding(data, &DATA_ROW, place(data, raw), message).help(help));
        self.sound = false;
    }
}

/// Where a value that was read from the text stands in it.
fn place(data: Data<'_>, raw: &str) -> Range<usize> {
    let start = raw.as_ptr() as usize - data.text.as_ptr() as usize;
    start..start + raw.len()
}

/// The column that a field's name stands for, or the name.
struct Key(Sort);

impl<'s> DeserializeSeed<'s> for Key {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'s>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(columns::named(self.0, name).ok_or_else(|| name.to_owned()))
    }
}

/// The texts of a JSON list with their places; `None` where one is no text.
pub fn texts<'s>(data: Data<'s>, raw: &'s str) -> Option<Vec<(Range<usize>, std::borrow::Cow<'s, str>)>> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let text = |item: &&'s RawValue| {
        let raw = item.get();
        let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
        let place = place(data, inner);
        let text = if raw.contains('\\') { serde_json::from_str::<String>(raw).ok()?.into() } else { inner.into() };
        Some((place, text))
    };
    items.iter().map(text).collect()
}
