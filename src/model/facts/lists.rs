//! Lists of permissions in data files: most rows share a few, so each is bound once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::{At, json};
use crate::finding::{DATA_ROW, Finding};
use crate::model::Binder;
use crate::model::access::{ListId, Site};
use crate::source::Span;
use crate::syntax::tree::{List, Name, Verb};

/// What makes two lists the same: where they stand, the verb, whether it is JSON, and the text.
type Key<'s> = (Site, Verb, bool, &'s str);

/// The lists of one file that were bound.
#[derive(Default)]
pub struct Lists<'s> {
    known: HashMap<Key<'s>, Bound, RandomState>,
}

/// A list as it was bound at `at`, with what was said of it there.
struct Bound {
    list: Option<ListId>,
    at: u32,
    findings: Vec<Finding>,
}

impl<'s> Lists<'s> {
    /// Binds a list; one that was met before has the same findings at its own place.
    pub fn bind(&mut self, b: &mut Binder<'_>, at: At<'_, 's>, (site, verb): (Site, Verb), name: &Name<'s>) -> Option<ListId> {
        let Cow::Borrowed(text) = name.text else { return fresh(b, at, (site, verb), name) };
        let key = (site, verb, at.row.list, text);
        if let Some(bound) = self.known.get(&key) {
            let to = |at: u32| at - bound.at + name.span.start;
            let moved = |span: Span| Span { start: to(span.start), end: to(span.end), ..span };
            for finding in &bound.findings {
                // What is said of a list stands inside of it, and so do its labels.
                let mut finding = finding.clone();
                finding.span = moved(finding.span);
                finding.labels.iter_mut().for_each(|l| l.span = moved(l.span));
                b.push(finding);
            }
            return bound.list;
        }
        let before = b.findings.len();
        let list = fresh(b, at, (site, verb), name);
        let findings = b.findings[before..].to_vec();
        self.known.insert(key, Bound { list, at: name.span.start, findings });
        list
    }
}

fn fresh<'s>(b: &mut Binder<'_>, at: At<'_, 's>, (site, verb): (Site, Verb), name: &Name<'s>) -> Option<ListId> {
    match read(at, verb, name) {
        Ok(list) => b.list(site, verb, &list, list.span),
        Err(finding) => {
            b.push(finding);
            None
        }
    }
}

/// A cell as the list that a statement would have.
fn read<'s>(at: At<'_, 's>, verb: Verb, name: &Name<'s>) -> Result<List<'s>, Finding> {
    let span = name.span;
    let mut permissions = if at.row.list { texts(at, span)? } else { split(name) };
    let fault = |message: &str, help: &str| Err(Finding::new(&DATA_ROW, span, message).help(help));
    if permissions.is_empty() {
        return fault("here stands no permission", "type `nothing` for no access");
    }
    if permissions.iter().any(|p| p.text.is_empty()) {
        return fault("the list has an empty item", "separate permissions by one comma, or by spaces");
    }
    if verb == Verb::Can && permissions.iter().any(|p| p.text == "nothing") {
        if permissions.len() > 1 {
            return fault("`nothing` stands with other permissions", "keep `nothing` alone, or take it out");
        }
        permissions.clear();
    }
    Ok(List { span, permissions, on: Vec::new() })
}

/// The items of a text: commas or spaces separate them.
fn split<'s>(name: &Name<'s>) -> Vec<Name<'s>> {
    let mut names = Vec::new();
    for part in pieces(&name.text, 0..name.text.len(), b",") {
        let words: Vec<Range<usize>> = pieces(&name.text, part.clone(), b" \t").filter(|w| !w.is_empty()).collect();
        // Two commas without a permission between them are an empty item.
        let empty = words.is_empty().then_some(part.start..part.start);
        names.extend(words.into_iter().chain(empty).map(|word| item(name, word)));
    }
    if name.text.trim_ascii().is_empty() { Vec::new() } else { names }
}

fn pieces<'t>(text: &'t str, within: Range<usize>, at: &'t [u8]) -> impl Iterator<Item = Range<usize>> + 't {
    let mut next = within.start;
    text.as_bytes()[within].split(|b| at.contains(b)).map(move |piece| {
        let piece = next..next + piece.len();
        next = piece.end + 1;
        piece
    })
}

fn item<'s>(name: &Name<'s>, word: Range<usize>) -> Name<'s> {
    match &name.text {
        Cow::Owned(text) => Name { text: Cow::Owned(text[word].to_owned()), span: name.span },
        Cow::Borrowed(text) => {
            let to = |at: usize| name.span.start + at as u32;
            let span = Span { start: to(word.start), end: to(word.end), ..name.span };
            Name { text: Cow::Borrowed(&text[word]), span }
        }
    }
}

fn texts<'s>(at: At<'_, 's>, span: Span) -> Result<Vec<Name<'s>>, Finding> {
    let raw = &at.chunk.data.text[span.start as usize..span.end as usize];
    let Some(items) = json::texts(at.chunk.data, raw) else {
        let finding = Finding::new(&DATA_ROW, span, "the list of permissions holds something that is no text");
        return Err(finding.help("type it as `[\"*:read\", \"comments:write\"]`"));
    };
    let name = |(place, text): (Range<usize>, Cow<'s, str>)| Name {
        text,
        span: Span { start: place.start as u32, end: place.end as u32, ..span },
    };
    Ok(items.into_iter().map(name).collect())
}
