//! `--fix`: applies the fixes that change no decision, until there are none.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::policy::{Fault, Loaded};
use crate::cli::{Failure, Globals, write};
use crate::report::{count, one_line};
use crate::source::{FileId, Source, Sources};
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
    let mut done = Vec::new();
    for _ in 0..ROUNDS {
        let round = round(loaded, &names, &texts, now, keep)?;
        if round.edits.is_empty() {
            break;
        }
        done.extend(round.said);
        apply(&mut texts, round.edits);
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
fn apply(texts: &mut [String], edits: Edits) {
    let mut by_file: BTreeMap<FileId, Vec<(u32, u32, String)>> = BTreeMap::new();
    for ((file, start), (end, new)) in edits {
        by_file.entry(file).or_default().push((start, end, new));
    }
    for (file, edits) in by_file {
        let text = &mut texts[file.0 as usize];
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (start, end, new) in edits {
            out.push_str(&text[from..start as usize]);
            out.push_str(&new);
            from = end as usize;
        }
        out.push_str(&text[from..]);
        *text = out;
    }
}

struct Round {
    edits: Edits,
    said: Vec<String>,
}

/// The fixes of one judgement that do not touch each other.
fn round(loaded: &Loaded, names: &[String], texts: &[String], now: Instant, keep: &Keep<'_>) -> Result<Round, Failure> {
    let mut analysis = loaded.judge(sources(names, texts), now).0;
    keep(&analysis.sources, &mut analysis.findings)?;
    let mut round = Round { edits: Edits::new(), said: Vec::new() };
    for finding in &analysis.findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe && !fix.edits.is_empty()) else { continue };
        let own = |span: &crate::Span| (span.file.0 as usize) < texts.len();
        let free = |span: &crate::Span| {
            let before = round.edits.range(..=(span.file, span.end)).next_back();
            before.is_none_or(|((file, _), (end, _))| *file != span.file || *end < span.start)
        };
        if fix.edits.iter().all(|(span, _)| own(span) && free(span)) {
            let edits = fix.edits.iter().map(|(span, text)| ((span.file, span.start), (span.end, text.clone())));
            round.edits.extend(edits);
            let place = analysis.sources.place(finding.span).to_string();
            round.said.push(one_line(&format!("{place}: {}[{}]: {}", finding.level.word(), finding.rule.name, fix.title)));
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
