//! Where each statement is written, in as few bytes as it takes.

use rayon::prelude::*;

use super::bytes::Writer;
use super::places::{Rows, SORTS};
use crate::model::Model;
use crate::source::{Sources, Span};
use crate::table::layout::Section;
use crate::table::origins::{push_number, push_signed};

/// The number of the first line of each file, all files laid behind each other.
pub fn first_lines(sources: &Sources) -> Vec<u32> {
    let lines = sources.iter().scan(0u32, |next, (_, source)| {
        let first = *next;
        *next += source.line_starts().len() as u32;
        Some(first)
    });
    lines.collect()
}

/// Writes the origin of every place and its rows, in their order; a mark leads to every so many places.
pub fn write(writer: &mut Writer, sources: &Sources, model: &Model, rows: &Rows, offsets: &[u32], every: usize) {
    let first = first_lines(sources);
    let places: Vec<usize> = (0..rows.order.len()).collect();
    let chunk = |places: &[usize]| {
        let mut bytes = Vec::new();
        let mut before = 0;
        for i in places {
            let own = model.places[rows.order[*i] as usize].span;
            let spans = SORTS.iter().flat_map(|s| rows.of(*i, *s)).map(|r| r.span);
            std::iter::once(own).chain(spans).for_each(|span| before = origin(&mut bytes, sources, &first, span, before));
        }
        bytes
    };
    let chunks: Vec<Vec<u8>> = places.par_chunks(every).map(chunk).collect();
    for (chunk, bytes) in chunks.iter().enumerate() {
        let at = writer.len(Section::Origins) as u64;
        writer.words(Section::OriginMarks, [offsets[chunk * every], at as u32, (at >> 32) as u32]);
        writer.put(Section::Origins, bytes);
    }
    // The rows of `everywhere` stand behind all places.
    let at = writer.len(Section::Origins) as u64;
    let end = (writer.len(Section::Places) / 4) as u32;
    writer.words(Section::OriginMarks, [end, at as u32, (at >> 32) as u32]);
    let mut before = 0;
    for row in SORTS.iter().flat_map(|s| rows.of(rows.order.len(), *s)) {
        before = origin(writer.section(Section::Origins), sources, &first, row.span, before);
    }
}

fn origin(bytes: &mut Vec<u8>, sources: &Sources, first: &[u32], span: Span, before: u32) -> u32 {
    let (line, column) = sources.get(span.file).line_column(span.start);
    let line = first[span.file.0 as usize] + line as u32;
    push_signed(bytes, i64::from(line) - i64::from(before));
    push_number(bytes, column as u64);
    line
}
