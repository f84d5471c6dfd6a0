//! Rows of CSV. A field in quotes ends on its line, since no id, date or permission holds a line end.

use std::collections::HashMap;
use std::ops::Range;

use super::Data;
use super::columns::{self, WIDTH};
use super::rows::{Cell, Chunk, Row, lines};
use crate::finding::{DATA_COLUMNS, DATA_ROW, Finding, Rule};
use crate::source::Span;

/// A field: the bytes that hold it, whether quotes in it are doubled, and where the next one starts, if there is one.
struct Field {
    cell: Cell,
    doubled: bool,
    next: Option<usize>,
}

/// What is wrong with a field, where, and what to type.
type Fault = (Range<usize>, String, &'static str);

/// Reads the field at `at` of the line that ends at `end`.
fn field(text: &[u8], at: usize, end: usize) -> Result<Field, Fault> {
    if text.get(at) == Some(&b'"') && at < end {
        return quoted(text, at, end);
    }
    let mut stop = at;
    while stop < end && text[stop] != b',' {
        if text[stop] == b'"' {
            return Err((
                at..end,
                "a `\"` in a field without quotes".into(),
                "put the field in quotes, and each `\"` in it twice",
            ));
        }
        stop += 1;
    }
    let space = |b: &u8| matches!(b, b' ' | b'\t');
    if stop > at && (space(&text[at]) || space(&text[stop - 1])) {
        let help = "take the spaces out, or put quotes around the field to keep them";
        return Err((at..stop, "a field begins or ends with a space".into(), help));
    }
    let cell = Cell { start: at as u32, end: stop as u32 };
    Ok(Field { cell, doubled: false, next: (stop < end).then_some(stop + 1) })
}

fn quoted(text: &[u8], at: usize, end: usize) -> Result<Field, Fault> {
    let mut doubled = false;
    let mut stop = at + 1;
    loop {
        match memchr::memchr(b'"', &text[stop..end]) {
            None => {
                return Err((at..end, "this quoted field is never closed".into(), "type `\"` where it ends, on the same line"));
            }
            Some(n) if text.get(stop + n + 1) == Some(&b'"') && stop + n + 1 < end => {
                doubled = true;
                stop += n + 2;
            }
            Some(n) => {
                stop += n;
                break;
            }
        }
    }
    let cell = Cell { start: at as u32 + 1, end: stop as u32 };
    match text[stop + 1..end].first() {
        None => Ok(Field { cell, doubled, next: None }),
        Some(b',') => Ok(Field { cell, doubled, next: Some(stop + 2) }),
        Some(_) => {
            Err((stop + 1..end, "text behind the `\"` that closes a field".into(), "write a `\"` inside of a field twice"))
        }
    }
}

/// The rows of some lines, their cells put where the header says.
pub fn rows<'s>(data: Data<'s>, range: Range<usize>, columns: &[Option<usize>]) -> Chunk<'s> {
    let mut chunk = Chunk { data, rows: Vec::new(), unescaped: HashMap::new(), findings: Vec::new() };
    chunk.rows.reserve(range.len() / 32);
    for line in lines(data.text, range) {
        match row(&mut chunk, line.clone(), columns) {
            Ok(row) => chunk.rows.push(row),
            Err((place, message, help)) => chunk.findings.push(finding(data, &DATA_ROW, place, message).help(help)),
        }
    }
    chunk
}

fn row(chunk: &mut Chunk<'_>, line: Range<usize>, columns: &[Option<usize>]) -> Result<Row, Fault> {
    let text = chunk.data.text;
    let whole = Cell { start: line.start as u32, end: line.end as u32 };
    let mut row = Row::new(whole);
    let (mut next, mut count) = (Some(line.start), 0);
    while let Some(at) = next {
        let field = field(text.as_bytes(), at, line.end)?;
        if field.doubled {
            let inner = &text[field.cell.start as usize..field.cell.end as usize];
            chunk.unescaped.insert(field.cell.start, inner.replace("\"\"", "\"").into());
        }
        if let Some(Some(column)) = columns.get(count) {
            row.cells[*column] = field.cell;
        }
        next = field.next;
        count += 1;
    }
    if count == columns.len() {
        return Ok(row);
    }
    let message =
        format!("the row has {count} field{}, and the header names {}", if count == 1 { "" } else { "s" }, columns.len());
    Err((line, message, "give each row the fields of the header; one with a comma in it stands in quotes"))
}

/// The column of each field as the header names them, and where the rows start. What is wrong goes to `findings`.
pub fn header(data: Data<'_>, findings: &mut Vec<Finding>) -> Option<(Vec<Option<usize>>, usize)> {
    let start = if data.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Some(line) = lines(data.text, start..data.text.len()).next() else {
        let message = format!("`{}` is empty, and its first line should name the columns", data.name);
        findings.push(finding(data, &DATA_COLUMNS, start..start, message).help(columns::usual(data.sort)));
        return None;
    };
    let before = findings.len();
    let mut there = [false; WIDTH];
    let mut places: Vec<Option<usize>> = Vec::new();
    let mut next = Some(line.start);
    while let Some(at) = next {
        let field = match field(data.text.as_bytes(), at, line.end) {
            Ok(field) => field,
            Err((place, message, help)) => {
                findings.push(finding(data, &DATA_COLUMNS, place, message).help(help));
                return None;
            }
        };
        next = field.next;
        let place = field.cell.start as usize..field.cell.end as usize;
        let name = &data.text[place.clone()];
        let column = columns::named(data.sort, name);
        let fault = match column {
            None => Some((format!("no column of {} is named `{name}`", data.sort.word()), columns::help(data.sort, name))),
            Some(c) if there[c] => Some((format!("the column `{name}` is given twice"), "take one out".into())),
            Some(c) if columns::clash(data.sort, c, &there) => Some((columns::CLASH.into(), "keep one form".into())),
            Some(_) => None,
        };
        if let Some((message, help)) = fault {
            findings.push(finding(data, &DATA_COLUMNS, place, message).help(help));
        }
        column.into_iter().for_each(|c| there[c] = true);
        places.push(column);
    }
    let missing = columns::missing(data.sort, &there);
    if let (false, true) = (missing.is_empty(), findings.len() == before) {
        let quoted: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
        let (s, are) = if missing.len() == 1 { ("", "is") } else { ("s", "are") };
        let message = format!("the column{s} {} {are} missing", quoted.join(", "));
        findings.push(finding(data, &DATA_COLUMNS, line.clone(), message).help(columns::usual(data.sort)));
    }
    let rest = memchr::memchr(b'\n', &data.text.as_bytes()[line.end..]).map_or(data.text.len(), |n| line.end + n + 1);
    (findings.len() == before).then_some((places, rest))
}

/// A finding at some bytes of a data file.
pub fn finding(data: Data<'_>, rule: &'static Rule, place: Range<usize>, message: impl Into<String>) -> Finding {
    let span = Span { file: data.file, start: place.start as u32, end: place.end as u32 };
    Finding::new(rule, span, message)
}
