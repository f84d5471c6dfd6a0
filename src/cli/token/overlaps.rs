//! What the entries of an access token give together, by the rule of the platform's client.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::model::kinds::{Kind, LOWEST, NONE};
use crate::report::line;
use crate::token::{Grants, Opened};

/// One line for each entry: what the ids have that it matches and no longer entry does, and from where.
pub fn text(out: &mut impl Write, kind: &Kind, grants: &Grants) -> io::Result<()> {
    if grants.len() > 1 {
        writeln!(
            out,
            "where entries overlap, the highest base counts, and each feature comes from the longest entry that names it:"
        )?;
    }
    for (entry, opened) in each(kind, grants) {
        let from = |by: &str| if by == entry { String::new() } else { format!(" from `{}`", line(by)) };
        let said: Vec<String> = parts(kind, &opened).into_iter().map(|p| format!("{}{}", p.words(), from(p.from))).collect();
        let said = if said.is_empty() { "nothing, since no entry gives a base".into() } else { said.join(", ") };
        writeln!(out, "  `{}`  {said}", line(entry))?;
    }
    Ok(())
}

/// The same for programs.
pub fn json(kind: &Kind, grants: &Grants) -> Value {
    let entry = |(entry, opened): (&str, Opened<'_>)| {
        let all = parts(kind, &opened);
        let gives: Map<String, Value> =
            all.into_iter().map(|p| (p.name.into(), json!({ "level": p.level, "from": p.from }))).collect();
        json!({ "entry": entry, "gives": gives })
    };
    each(kind, grants).map(entry).collect()
}

/// Each entry with what holds on its ids.
fn each<'g>(kind: &'g Kind, grants: &'g Grants) -> impl Iterator<Item = (&'g str, Opened<'g>)> {
    grants.iter().filter_map(|(entry, _)| {
        let opened = match entry.strip_suffix('*') {
            Some(start) => grants.inside(kind, start),
            None => grants.on(kind, entry),
        };
        Some((entry, opened?))
    })
}

/// A part that some entry sets.
struct Part<'g> {
    name: &'g str,
    level: Option<&'g str>,
    from: &'g str,
}

impl Part<'_> {
    fn words(&self) -> String {
        self.level.map_or_else(|| self.name.into(), |level| format!("{} {level}", self.name))
    }
}

fn parts<'g>(kind: &'g Kind, opened: &Opened<'g>) -> Vec<Part<'g>> {
    let level = |value| if value <= NONE { "none" } else { kind.levels.name(usize::from(value - LOWEST)) };
    let mut parts = Vec::new();
    if let Some(from) = opened.base_from.filter(|_| opened.access.base > NONE) {
        parts.push(Part { name: "base", level: Some(level(opened.access.base)), from });
        let features = kind.features.iter().zip(&opened.access.features).zip(&opened.from);
        parts
            .extend(features.filter_map(|((name, value), from)| Some(Part { name, level: Some(level(*value)), from: (*from)? })));
    }
    let flats = kind.flats.iter().zip(&opened.flats_from);
    parts.extend(flats.filter_map(|(name, from)| Some(Part { name, level: None, from: (*from)? })));
    parts
}
