//! `--fix`: applies the fixes that change no decision, until there are none.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::policy::{Fault, Loaded};
use crate::cli::{Failure, Globals, write};
use crate::finding::UNUSED_ALLOW;
use crate::report::{count, one_line};
use crate::source::{FileId, Source, Sources, Span};
use crate::{Finding, Instant};

/// More rounds than this mean that fixes undo each other.
const ROUNDS: usize = 100;

/// Keeps the findings that the other options leave.
pub type Keep<'a> = dyn Fn(&Sources, &mut Vec<Finding>) -> Result<(), Failure> + 'a;

/// Mends the files of the set and says what was done. Nothing is written where a file cannot be read as text, or one that is mended
/// cannot be written.
pub fn run(globals: &Globals, loaded: &mut Loaded, faults: &[Fault], now: Instant, keep: &Keep<'_>) -> Result<(), Failure> {
    if !faults.is_empty() {
        globals.summary("note: nothing is mended while a file cannot be read");
        return Ok(());
    }
    let names: Vec<String> = loaded.sources.iter().map(|(_, s)| s.name().to_owned()).collect();
    let before: Vec<String> = loaded.sources.iter().map(|(_, s)| s.text().to_owned()).collect();
    let mut texts = before.clone();
    let (mut done, mut rounds): (Vec<String>, Vec<Edits>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let round = round(loaded, &names, &texts, now, keep)?;
        if round.edits.is_empty() {
            break;
        }
        for (span, said) in round.said {
            let before = Span { start: rounds.iter().rev().fold(span.start, |at, edits| back(edits, span.file, at)), ..span };
            done.push(one_line(&format!("{}: {said}", loaded.sources.place(before))));
        }
        apply(&mut texts, &round.edits);
        rounds.push(round.edits);
    }
    let files = loaded.disk.files().iter().zip(&before).zip(&texts);
    let changed: Vec<(&Path, &[u8])> =
        files.filter(|((_, old), new)| old != new).map(|((path, _), new)| (path.as_path(), new.as_bytes())).collect();
    changed.iter().try_for_each(|(path, _)| loaded.own(path))?;
    write::replace_all(&changed)?;
    loaded.sources = sources(&names, &texts);
    done.iter().for_each(|line| globals.summary(line));
    globals.summary(&format!("{} mended", count(done.len(), "finding")));
    Ok(())
}

/// By file and start: the end, and what stands there then.
type Edits = BTreeMap<(FileId, u32), (u32, String)>;

/// Writes each changed text once, however many edits it has.
fn apply(texts: &mut [String], edits: &Edits) {
    let mut by_file: BTreeMap<FileId, Vec<(u32, u32, &str)>> = BTreeMap::new();
    for ((file, start), (end, new)) in edits {
        by_file.entry(*file).or_default().push((*start, *end, new));
    }
    for (file, edits) in by_file {
        let text = &mut texts[file.0 as usize];
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (start, end, new) in edits {
            out.push_str(&text[from..start as usize]);
            out.push_str(new);
            from = end as usize;
        }
        out.push_str(&text[from..]);
        *text = out;
    }
}

/// Where a place of a file was before some edits.
fn back(edits: &Edits, file: FileId, at: u32) -> u32 {
    let (mut gone, mut come) = (0, 0);
    for ((_, start), (end, new)) in edits.range((file, 0)..=(file, u32::MAX)) {
        let from = start + come - gone;
        if at < from {
            break;
        }
        if at < from + new.len() as u32 {
            return *start;
        }
        (gone, come) = (gone + (end - start), come + new.len() as u32);
    }
    at + gone - come
}

struct Round {
    edits: Edits,
    /// What is mended where.
    said: Vec<(Span, String)>,
}

/// The fixes of one judgement that do not touch each other.
fn round(loaded: &Loaded, names: &[String], texts: &[String], now: Instant, keep: &Keep<'_>) -> Result<Round, Failure> {
    let mut analysis = loaded.judge(sources(names, texts), now).0;
    keep(&analysis.sources, &mut analysis.findings)?;
    let mut round = Round { edits: Edits::new(), said: Vec::new() };
    let safe = |finding: &&Finding| finding.fix.as_ref().is_some_and(|fix| fix.safe && !fix.edits.is_empty());
    // What other fixes bring about, a comment that is idle until then may allow.
    let others = analysis.findings.iter().filter(safe).any(|finding| finding.rule != &UNUSED_ALLOW);
    for finding in analysis.findings.iter().filter(safe).filter(|finding| !others || finding.rule != &UNUSED_ALLOW) {
        let Some(fix) = finding.fix.as_ref() else { continue };
        let own = |span: &crate::Span| (span.file.0 as usize) < texts.len();
        let free = |span: &crate::Span| {
            let before = round.edits.range(..=(span.file, span.end)).next_back();
            before.is_none_or(|((file, _), (end, _))| *file != span.file || *end < span.start)
        };
        if fix.edits.iter().all(|(span, _)| own(span) && free(span)) {
            let edits = fix.edits.iter().map(|(span, text)| ((span.file, span.start), (span.end, text.clone())));
            round.edits.extend(edits);
            let said = format!("{}[{}]: {}", finding.level.word(), finding.rule.name, fix.title);
            round.said.push((finding.span, said));
        }
    }
    Ok(round)
}

fn sources(names: &[String], texts: &[String]) -> Sources {
    let mut sources = Sources::default();
    for (name, text) in names.iter().zip(texts) {
        sources.add(Source::new(name.clone(), text.clone()));
    }
    sources
}
