//! Where in the new texts that is which a statement of the old ones has left.

use std::cell::RefCell;
use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::sides::Read;
use crate::source::{Origin, Sources};

/// Of more lines that are neither the same at the beginning nor at the end, only their places are compared.
const COMPARED: usize = 5_000;

/// The texts of both sides, by which places of the old one are found in the new one.
pub struct Lines<'s> {
    sides: [Option<&'s Sources>; 2],
    /// By the name of an old file.
    known: RefCell<HashMap<String, Option<File<'s>>>>,
}

/// An old file and the new one in its stead.
struct File<'s> {
    name: &'s str,
    /// Lines of the new file.
    lines: usize,
    /// What became of the lines of the old one; nothing is known where there are none.
    steps: Vec<DiffOp>,
}

impl<'s> Lines<'s> {
    pub fn new(old: &'s Read, new: &'s Read) -> Lines<'s> {
        let sources = |read: &'s Read| read.side().from.map(|(_, sources)| sources);
        Lines { sides: [sources(old), sources(new)], known: RefCell::default() }
    }

    /// The nearest line that is there; none where the file is gone, or is not known.
    pub fn line(&self, old: &Origin) -> Option<Origin> {
        let mut known = self.known.borrow_mut();
        let file = known.entry(old.file.clone()).or_insert_with(|| self.file(&old.file)).as_ref()?;
        let line = (old.line as usize).saturating_sub(1);
        let now = file.steps.iter().find_map(|step| now(step, line)).unwrap_or(line);
        let line = now.min(file.lines.checked_sub(1)?) as u32 + 1;
        Some(Origin { file: file.name.to_owned(), line, column: 1 })
    }

    /// The new file with the name of an old one, or with that name in the folder of the new side.
    fn file(&self, name: &str) -> Option<File<'s>> {
        let [old, new] = self.sides;
        let find = |sources: &'s Sources, name: &str| sources.iter().map(|(_, s)| s).find(|s| s.name() == name);
        let moved = || {
            let [from, to] = [folder(old?), folder(new?)];
            find(new?, &format!("{to}{}", name.strip_prefix(&from)?))
        };
        let here = find(new?, name).or_else(moved)?;
        let was = old.and_then(|old| find(old, name));
        let lines: Vec<&str> = here.text().lines().collect();
        let steps = was.map_or_else(Vec::new, |was| steps(&was.text().lines().collect::<Vec<_>>(), &lines));
        Some(File { name: here.name(), lines: lines.len(), steps })
    }
}

/// The folder that all files of a side lie in, with its slash.
fn folder(sources: &Sources) -> String {
    let mut names = sources.iter().map(|(_, s)| s).filter(|s| !s.is_embedded()).map(|s| s.name());
    let first = names.next().unwrap_or_default();
    let shared = names.fold(first.len(), |shared, name| {
        let same = first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        same.min(shared)
    });
    first.as_bytes()[..shared].iter().rposition(|b| *b == b'/').map_or(String::new(), |slash| first[..=slash].to_owned())
}

/// What became of the lines of a file.
fn steps(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let begin = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[begin..].iter().rev().zip(new[begin..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (was, is) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    let between = if was.len().max(is.len()) <= COMPARED {
        capture_diff_slices(Algorithm::Myers, was, is)
    } else {
        vec![DiffOp::Replace { old_index: 0, old_len: was.len(), new_index: 0, new_len: is.len() }]
    };
    let mut all = vec![DiffOp::Equal { old_index: 0, new_index: 0, len: begin }];
    all.extend(between.into_iter().map(|step| behind(step, begin)));
    all.push(DiffOp::Equal { old_index: old.len() - end, new_index: new.len() - end, len: end });
    all
}

/// A step so many lines further down.
fn behind(step: DiffOp, lines: usize) -> DiffOp {
    match step {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + lines, new_index: new_index + lines, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + lines, old_len, new_index: new_index + lines }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + lines, new_index: new_index + lines, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + lines, old_len, new_index: new_index + lines, new_len }
        }
    }
}

/// What became of a line, where a step speaks of it.
fn now(step: &DiffOp, line: usize) -> Option<usize> {
    let within = step.old_range().contains(&line);
    let (new, away) = (step.new_range(), line.checked_sub(step.old_range().start)?);
    within.then(|| new.start + away.min(new.len().saturating_sub(1)))
}
