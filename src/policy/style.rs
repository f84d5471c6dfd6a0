//! Texts in the one style, as far as nothing changes of what is said of them: what `roomkey fmt` writes.
//!
//! What is broken is told by how lines begin and end, too. So where a text has faults and others in the style, more of it stays as it
//! stands: the statements that hold them, or else all of it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Analysis;
use super::reading::SHOWN_AS;
use crate::finding::Rule;
use crate::model::Settings;
use crate::source::{FileId, Source, Sources};
use crate::syntax;
use crate::syntax::format::{Kept, layout};

/// A text in the style, and how many stretches of it are as they were since they are not in the language.
pub fn format(text: &str) -> (String, usize) {
    let mut sources = Sources::default();
    sources.add(Source::new("policy.rk", text));
    format_all(&sources).pop().unwrap_or_default()
}

/// The same of each file of a policy set, whose files are judged together.
pub fn format_all(sources: &Sources) -> Vec<(String, usize)> {
    let texts: Vec<&str> = sources.iter().map(|(_, source)| source.text()).collect();
    let judged = |texts: Vec<&str>| {
        let mut set = Sources::default();
        texts.iter().zip(sources.iter()).for_each(|(text, (_, source))| _ = set.add(Source::new(source.name(), *text)));
        said(set)
    };
    let before = judged(texts.clone());
    let mut styled: Vec<(String, usize)> = texts.par_iter().map(|text| layout(text, Kept::Stretches)).collect();
    let faulty: Vec<usize> = (0..texts.len()).filter(|file| !before[*file].is_empty() || styled[*file].1 > 0).collect();
    if faulty.is_empty() {
        return styled;
    }
    let after = judged(styled.iter().map(|(out, _)| &**out).collect());
    let steady = |out: &str, kept: Kept<'_>, as_well: &str| layout(out, kept).0 == as_well;
    let mut fine: Vec<(usize, String)> = Vec::new();
    for file in faulty {
        let out = &mut styled[file].0;
        if !same(&before[file], &after[file]) || !steady(out, Kept::Stretches, out) {
            fine.push((file, std::mem::take(out)));
        }
    }
    for (file, _) in &fine {
        styled[*file] = layout(texts[*file], Kept::Statements(&places(&before[*file])));
    }
    let after = if fine.is_empty() { after } else { judged(styled.iter().map(|(out, _)| &**out).collect()) };
    for (file, fine) in fine {
        let (out, raw) = &mut styled[file];
        let stays = steady(out, Kept::Statements(&places(&after[file])), out) && steady(out, Kept::Stretches, &fine);
        if !stays || !same(&before[file], &after[file]) {
            *out = texts[file].to_owned();
        }
        *raw = (*raw).max(1);
    }
    styled
}

/// A finding: its place, its rule and its sentence.
type Said = (usize, &'static Rule, String);

/// What is said of each file, as it stands and as it is meant.
fn said(sources: Sources) -> Vec<Vec<Said>> {
    let read = |(file, source): (FileId, &Source)| {
        let findings = syntax::parse(file, source.text()).findings.into_iter();
        findings.map(|finding| (finding.span.start as usize, finding.rule, finding.message)).collect()
    };
    let mut all: Vec<Vec<Said>> = sources.iter().map(read).collect();
    let mut analysis = Analysis::new(sources, &Settings::default());
    analysis.allow(&BTreeSet::new(), false);
    for finding in analysis.findings {
        if let Some(file) = all.get_mut(finding.span.file.0 as usize) {
            file.push((finding.span.start as usize, finding.rule, finding.message));
        }
    }
    all
}

fn same(before: &[Said], after: &[Said]) -> bool {
    before.iter().map(|(_, rule, message)| (rule, message)).eq(after.iter().map(|(_, rule, message)| (rule, message)))
}

/// Where something may be broken.
fn places(said: &[Said]) -> Vec<usize> {
    let mut places: Vec<usize> = said.iter().filter(|(_, rule, _)| SHOWN_AS.contains(rule)).map(|(at, ..)| *at).collect();
    places.sort_unstable();
    places
}
