//! Edits of a text: what is taken out takes its comma and its empty line with it, and no comment.

use std::ops::Range;

use super::recover::{skip_trivia, token};
use crate::finding::Finding;
use crate::source::{Sources, Span};

/// Makes the deletions of a finding's fix tidy.
pub fn tidy(finding: &mut Finding, sources: &Sources) {
    let Some(fix) = &mut finding.fix else { return };
    if fix.edits.iter().all(|(_, text)| !text.is_empty()) {
        return;
    }
    let mut edits = Vec::new();
    for (span, text) in std::mem::take(&mut fix.edits) {
        if !text.is_empty() {
            edits.push((span, text));
            continue;
        }
        let parts = take_out(sources.get(span.file).text(), span.start as usize..span.end as usize);
        let span_of = |part: Range<usize>| Span { file: span.file, start: part.start as u32, end: part.end as u32 };
        edits.extend(parts.into_iter().map(|part| (span_of(part), String::new())));
    }
    fix.edits = edits;
}

/// The stretches to delete so that an item of a list, an entry or a statement is gone: itself, the comma behind it or else
/// the one before it, and the space that nothing needs any more.
pub fn take_out(text: &str, item: Range<usize>) -> Vec<Range<usize>> {
    let behind = skip_trivia(text, item.end);
    if text[behind..].starts_with(',') {
        return joined(text, vec![item, behind..behind + 1]);
    }
    match last_token(text, item.start) {
        Some(before) if text[before.clone()] == *"," => joined(text, vec![before, item]),
        _ => joined(text, vec![item]),
    }
}

/// A stretch that is deleted alone: with the space before it, or with its line where nothing else stands there.
pub fn cut(text: &str, part: Range<usize>) -> Range<usize> {
    widened(text, part)
}

/// The last token that ends at or before `at`. Comments and strings end with their line, so each line can be read alone.
fn last_token(text: &str, at: usize) -> Option<Range<usize>> {
    let mut end = at;
    loop {
        let start = text[..end].rfind('\n').map_or(0, |n| n + 1);
        let (mut last, mut pos) = (None, skip_trivia(text, start));
        while pos < end {
            let token = token(text, pos);
            last = Some(pos..pos + token.len());
            pos = skip_trivia(text, pos + token.len().max(1));
        }
        match last {
            Some(range) => return Some(range),
            None if start == 0 => return None,
            None => end = start - 1,
        }
    }
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Joins parts of one line that only space parts, and widens each to the space or the line that is empty without it.
fn joined(text: &str, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if text[last.end..part.start].chars().all(blank) => last.end = part.end,
            _ => out.push(part),
        }
    }
    out.into_iter().map(|part| widened(text, part)).collect()
}

fn widened(text: &str, part: Range<usize>) -> Range<usize> {
    let start = text[..part.start].trim_end_matches(blank).len();
    let rest = text[part.end..].trim_start_matches(blank);
    let end = text.len() - rest.len();
    let opens_line = text[..start].is_empty() || text[..start].ends_with('\n');
    let line_end = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'));
    match line_end {
        Some(next) if opens_line => start..text.len() - next.len(),
        _ if opens_line => part.start..end,
        _ if rest.is_empty() || line_end.is_some() || rest.starts_with("//") => start..part.end,
        _ if start < part.start => part.start..end,
        _ => part,
    }
}
