//! Edits of a text: what is taken out takes its comma and its empty line with it, and no comment.

use std::ops::Range;

use super::outline::is_directive;
use super::recover::{skip_trivia, token};
use crate::finding::Finding;
use crate::source::{Sources, Span};

/// A stretch of a text, and what stands there then.
pub type Edit = (Range<usize>, String);

/// Makes the deletions of a finding's fix tidy. Where one cannot be made without a comment speaking of something else then, there is
/// no fix.
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
        let Some(parts) = take_out(sources.get(span.file).text(), span.start as usize..span.end as usize) else {
            if let Some(help) = finding.help.as_mut().filter(|_| fix.safe) {
                help.push_str("; `--fix` leaves it, since a comment next to it would speak of what follows");
            }
            return finding.fix = None;
        };
        let span_of = |part: Range<usize>| Span { file: span.file, start: part.start as u32, end: part.end as u32 };
        edits.extend(parts.into_iter().map(|(part, text)| (span_of(part), text)));
    }
    fix.edits = edits;
}

/// The edits after which an item of a list, an entry or a statement is gone: itself, the comma behind it or else the one before
/// it, and the space that nothing needs any more. Comments inside of it move to lines of their own.
pub fn take_out(text: &str, item: Range<usize>) -> Option<Vec<Edit>> {
    let behind = skip_trivia(text, item.end);
    if text[behind..].starts_with(',') {
        return Some(joined(text, vec![item, behind..behind + 1]));
    }
    if let Some(comma) = comma_before(text, item.start) {
        return Some(joined(text, vec![comma, item]));
    }
    let inside = comments(text, item.clone());
    let next_to = comment_above(text, item.start).into_iter().chain(comment_behind(text, item.end));
    if inside.iter().copied().chain(next_to).any(is_bound) {
        return None;
    }
    if inside.is_empty() {
        return Some(joined(text, vec![item]));
    }
    let line = text[..item.start].rfind('\n').map_or(0, |n| n + 1);
    let indent: String = text[line..item.start].chars().take_while(|c| blank(*c)).collect();
    let glue = if text[line..item.start].ends_with(|c| !blank(c)) { " " } else { "" };
    let rest = text[item.end..].trim_start_matches(blank);
    let next = if rest.is_empty() || rest.starts_with(['\n', '\r']) { String::new() } else { format!("\n{indent}") };
    let kept = inside.join(&format!("\n{indent}"));
    Some(vec![(item.start..text.len() - rest.len(), format!("{glue}{kept}{next}"))])
}

/// A stretch that is deleted alone: with the space before it, or with its line where nothing else stands there.
pub fn cut(text: &str, part: Range<usize>) -> Range<usize> {
    widened(text, part).0
}

/// The comma that is the last token before a place. Comments and strings end with their line, so each line can be read alone.
fn comma_before(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line = text[start..at].trim_end_matches([' ', '\t', '\r', '\u{feff}']);
    if !line.is_empty() {
        // What stands before an item on its line is no comment.
        let end = start + line.len();
        return line.ends_with(',').then(|| end - 1..end);
    }
    let mut end = start;
    while end > 0 {
        let start = text[..end - 1].rfind('\n').map_or(0, |n| n + 1);
        let line = &text[..end - 1];
        let (mut last, mut pos) = (None, skip_trivia(line, start));
        while pos < line.len() {
            let token = token(line, pos);
            last = Some(pos..pos + token.len());
            pos = skip_trivia(line, pos + token.len().max(1));
        }
        if let Some(last) = last {
            return (text[last.clone()] == *",").then_some(last);
        }
        end = start;
    }
    None
}

/// The comments between the tokens of a stretch.
fn comments(text: &str, item: Range<usize>) -> Vec<&str> {
    let (mut found, mut pos) = (Vec::new(), item.start);
    while pos < item.end {
        let end = pos + token(text, pos).len().max(1);
        let next = skip_trivia(text, end).min(item.end);
        let lines = text[end.min(next)..next].lines().map(str::trim);
        found.extend(lines.filter(|line| line.starts_with("//")));
        pos = next.max(end);
    }
    found
}

/// The comment in a line of its own above an item that begins its line which speaks of that item, if there is one.
fn comment_above(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let alone = text[start..at].trim_matches(['\u{feff}', ' ', '\t']).is_empty();
    let lines = text[..if alone { start } else { 0 }].lines().rev().map(|line| line.trim_matches(['\u{feff}', ' ', '\t', '\r']));
    lines.take_while(|line| line.is_empty() || line.starts_with("//")).find(|line| is_bound(line))
}

/// Whether a comment would speak of what follows where its own statement is gone: one for Roomkey, or a doc comment.
fn is_bound(comment: &str) -> bool {
    is_directive(comment) || comment.starts_with("///")
}

/// The comment behind an item on its line.
fn comment_behind(text: &str, at: usize) -> Option<&str> {
    let line = text[at..].lines().next().unwrap_or("").trim_start_matches(blank);
    line.starts_with("//").then_some(line)
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Joins parts of one line that only space parts, and widens each to the space or the line that is empty without it.
fn joined(text: &str, parts: Vec<Range<usize>>) -> Vec<Edit> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if text[last.end..part.start].chars().all(blank) => last.end = part.end,
            _ => out.push(part),
        }
    }
    out.into_iter().map(|part| widened(text, part)).collect()
}

fn widened(text: &str, part: Range<usize>) -> Edit {
    let start = text[..part.start].trim_end_matches(blank).len();
    let rest = text[part.end..].trim_start_matches(blank);
    let end = text.len() - rest.len();
    let opens_line = text[..start].is_empty() || text[..start].ends_with(['\n', '\u{feff}']);
    let line_end = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'));
    let range = match line_end {
        Some(next) if opens_line => start..text.len() - next.len(),
        _ if opens_line => part.start..end,
        _ if rest.is_empty() || line_end.is_some() || rest.starts_with("//") => start..part.end,
        _ if start < part.start => part.start..end,
        _ => part,
    };
    // What was the only thing between two words has to leave a space, and a comment directly behind a word is none.
    let before = text[..range.start].chars().next_back().is_some_and(|c| !c.is_whitespace() && !"{},\u{feff}".contains(c));
    let behind = &text[range.end..];
    let glued = before && behind.starts_with(|c: char| !c.is_whitespace() && !"{},".contains(c));
    (range, if glued { " ".into() } else { String::new() })
}
