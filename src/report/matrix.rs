//! A matrix as words: columns for people, CSV, JSON, and a page for a browser.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::answer::reason_json;
use super::{cell, count, id, plain};
use crate::query::matrix::{Cell, Column, HIGHEST, Line, Matrix};

/// How wide a line may become before the users behind stand in a block of their own.
const WIDTH: usize = 120;

/// How a column is headed: no user's id holds a `*`.
fn head(column: &Column) -> &str {
    column.user.as_deref().unwrap_or("*")
}

fn cells<'m>(matrix: &'m Matrix, line: &'m Line) -> impl Iterator<Item = &'m Cell> {
    line.cells.iter().map(|cell| &matrix.cells[*cell])
}

/// Writes columns of equal width, in blocks that fit a wide terminal.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, matrix: &Matrix) -> io::Result<()> {
    let long = |text: &str| text.chars().count();
    let first: Vec<String> = matrix.lines.iter().map(|l| format!("{} {}", plain(&l.kind), id(&l.id))).collect();
    let heads: Vec<String> = matrix.columns.iter().map(|c| c.user.as_deref().map_or("*".into(), id)).collect();
    let mut widths: Vec<usize> = heads.iter().map(|h| long(h)).collect();
    for line in &matrix.lines {
        cells(matrix, line).zip(&mut widths).for_each(|(cell, width)| *width = (*width).max(long(&cell.list)));
    }
    let edge = first.iter().map(|f| long(f)).max().unwrap_or(0);
    for (n, (from, to)) in blocks(edge, &widths).into_iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        let mut row = |first: &str, rest: &mut dyn Iterator<Item = &str>| {
            let mut text = format!("{first:edge$}");
            rest.zip(&widths[from..to]).for_each(|(cell, width)| text += &format!("  {cell:width$}"));
            writeln!(out, "{}", text.trim_end())
        };
        row("", &mut heads[from..to].iter().map(String::as_str))?;
        for (first, line) in first.iter().zip(&matrix.lines) {
            row(first, &mut line.cells[from..to].iter().map(|cell| &*matrix.cells[*cell].list))?;
        }
    }
    Ok(())
}

/// The columns that stand beside each other.
fn blocks(edge: usize, widths: &[usize]) -> Vec<(usize, usize)> {
    let (mut blocks, mut from, mut wide) = (Vec::new(), 0, edge);
    for (at, width) in widths.iter().enumerate() {
        if at > from && wide + 2 + width > WIDTH {
            blocks.push((from, at));
            (from, wide) = (at, edge);
        }
        wide += 2 + width;
    }
    blocks.push((from, widths.len()));
    blocks
}

/// Writes CSV: a row for each resource, a column for each user.
///
/// # Errors
/// Those of the writer.
pub fn csv(out: &mut dyn Write, matrix: &Matrix) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut row = |texts: Vec<&str>| csv.write_record(texts.into_iter().map(|text| cell(text).into_owned()));
    row(["kind", "id"].into_iter().chain(matrix.columns.iter().map(head)).collect())?;
    for line in &matrix.lines {
        row([&*line.kind, &line.id].into_iter().chain(cells(matrix, line).map(|c| &*c.list)).collect())?;
    }
    csv.flush()
}

/// Writes one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, matrix: &Matrix) -> io::Result<()> {
    let reasons = |c: &Cell| -> Vec<Value> {
        c.reasons.iter().map(|(word, reason)| json!({"permission": word, "reason": reason_json(reason)})).collect()
    };
    let users = matrix.columns.iter().map(|c| json!({"user": c.user, "known": c.known}));
    let rows = matrix.lines.iter().map(|l| json!({"kind": l.kind, "id": l.id, "cells": l.cells}));
    let cells = matrix.cells.iter().map(|c| json!({"permissions": c.list, "height": c.height, "reasons": reasons(c)}));
    let value = json!({
        "users": users.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    });
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

/// Writes a page that needs no network and no file beside it.
///
/// # Errors
/// Those of the writer.
pub fn html(out: &mut dyn Write, matrix: &Matrix) -> io::Result<()> {
    let (before, after) = include_str!("matrix.html").split_once(MARK).unwrap_or_default();
    let size = format!("{} × {}", count(matrix.columns.len(), "user"), count(matrix.lines.len(), "resource"));
    write!(out, "{}", before.trim_end().replace("SIZE", &size))?;
    matrix.columns.iter().try_for_each(|c| write!(out, "<th scope=col><span>{}</span>", escape(head(c))))?;
    writeln!(out, "\n<tbody>")?;
    let boxes: Vec<String> = matrix.cells.iter().enumerate().map(|(n, cell)| shown(n, cell)).collect();
    for line in &matrix.lines {
        write!(out, "<tr><th scope=row><i>{}</i> {}", escape(&line.kind), escape(&line.id))?;
        line.cells.iter().try_for_each(|cell| out.write_all(boxes[*cell].as_bytes()))?;
        writeln!(out)?;
    }
    let (between, end) = after.split_once(MARK).unwrap_or_default();
    let why: Vec<Value> = matrix.cells.iter().map(why).collect();
    write!(out, "{}{}{end}", between.trim_start(), inert(&Value::from(why).to_string()))
}

/// Where the template is filled.
const MARK: &str = "<!-- here -->";

fn shown(number: usize, cell: &Cell) -> String {
    let text = if cell.height == 0 { "·".into() } else { escape(&cell.list) };
    format!("<td class=l{} data-c={number}>{text}", usize::from(cell.height).min(HIGHEST))
}

/// What the page tells of a cell: each word, what makes it so, and where that is written.
fn why(cell: &Cell) -> Value {
    let each = |(word, reason): &(String, crate::Reason)| {
        let source = reason.source.as_ref().map_or(String::new(), ToString::to_string);
        json!([plain(word), plain(&reason.text), plain(&source)])
    };
    cell.reasons.iter().map(each).collect()
}

/// JSON that ends no script and starts no comment.
fn inert(json: &str) -> String {
    json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

/// Text that means nothing to a browser, and turns the direction of nothing.
fn escape(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
