//! `--fix`: applies the fixes that change no decision, until there are none.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Instant;
use crate::cli::policy::{self, Fault, Loaded};
use crate::cli::{Failure, Globals, Trouble, write};
use crate::report::{count, one_line};
use crate::source::{FileId, Source, Sources, Span};

/// More rounds than this mean that fixes undo each other.
const ROUNDS: usize = 100;

/// Mends the files of the set and says what was done. Nothing is written where a file cannot be read as text.
pub fn run(globals: &Globals, loaded: &mut Loaded, faults: &[Fault], now: Instant) -> Result<(), Failure> {
    if !faults.is_empty() {
        globals.summary("note: nothing is mended while a file cannot be read");
        return Ok(());
    }
    let names: Vec<String> = loaded.sources.iter().map(|(_, s)| s.name().to_owned()).collect();
    let before: Vec<String> = loaded.sources.iter().map(|(_, s)| s.text().to_owned()).collect();
    let mut texts = before.clone();
    let mut done = Vec::new();
    for _ in 0..ROUNDS {
        let round = round(loaded, &names, &texts, now);
        if round.edits.is_empty() {
            break;
        }
        done.extend(round.said);
        for ((file, start), (end, new)) in round.edits.into_iter().rev() {
            texts[file.0 as usize].replace_range(start as usize..end as usize, &new);
        }
    }
    for ((path, old), new) in loaded.disk.files().to_vec().iter().zip(&before).zip(&texts) {
        if old != new {
            inside(loaded, path)?;
            write::replace(path, new.as_bytes())?;
        }
    }
    loaded.sources = sources(&names, &texts);
    done.iter().for_each(|line| globals.summary(line));
    globals.summary(&format!("{} mended", count(done.len(), "finding")));
    Ok(())
}

/// A link may lead out of the folders of the policy, and what lies there is not the policy's.
fn inside(loaded: &Loaded, path: &Path) -> Result<(), Failure> {
    if loaded.disk.holds(path) {
        return Ok(());
    }
    let message = format!("`{}` is a link that leads out of the folder of the policy, and stays as it is", policy::name(path));
    Err(Trouble::new(message).help("mend the file where it lies").into())
}

struct Round {
    /// By file and start: the end, and what stands there then.
    edits: BTreeMap<(FileId, u32), (u32, String)>,
    said: Vec<String>,
}

/// The fixes of one judgement that do not touch each other.
fn round(loaded: &Loaded, names: &[String], texts: &[String], now: Instant) -> Round {
    let analysis = loaded.judge(sources(names, texts), now).0;
    let mut round = Round { edits: BTreeMap::new(), said: Vec::new() };
    for finding in &analysis.findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe && !fix.edits.is_empty()) else { continue };
        let own = |span: &Span| (span.file.0 as usize) < texts.len();
        let free = |span: &Span| {
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
    round
}

fn sources(names: &[String], texts: &[String]) -> Sources {
    let mut sources = Sources::default();
    for (name, text) in names.iter().zip(texts) {
        sources.add(Source::new(name.clone(), text.clone()));
    }
    sources
}
