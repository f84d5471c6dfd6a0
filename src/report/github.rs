//! Workflow commands: what GitHub Actions shows beside the lines of a pull request.

use std::io::{self, Write};

use super::{Locator, Page, UNREAD, count, one_line, plain};
use crate::finding::Level;

/// GitHub shows so many annotations of one level for each step.
const SHOWN: usize = 10;

/// Writes an annotation for each of the first findings of each level, the others as plain lines, and how many those are.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let mut locator = Locator::new(page.sources);
    let (mut met, mut bare) = ([0; 3], 0);
    for unread in page.unread {
        let (line, column) = unread.place.unwrap_or((1, 1));
        let (file, text) = (property(&unread.file), data(&unread.sentence()));
        writeln!(out, "::error file={file},line={line},col={column},title={UNREAD}::{text}")?;
        met[0] += 1;
    }
    for (finding, _) in page.each() {
        let at = locator.extent(finding.span);
        let name = page.sources.get(finding.span.file).name();
        let (command, met) = match finding.level {
            Level::Error => ("error", &mut met[0]),
            Level::Warning => ("warning", &mut met[1]),
            Level::Info => ("notice", &mut met[2]),
        };
        let sentence = page.sentence(finding);
        *met += 1;
        if *met > SHOWN {
            bare += 1;
            let place = format!("{}:{}:{}", one_line(name), at.line, at.column);
            let text = one_line(&sentence);
            writeln!(out, "{place}: {}[{}]: {text}", finding.level.word(), finding.rule.name)?;
            continue;
        }
        let (file, rule) = (property(name), property(finding.rule.name));
        write!(out, "::{command} file={file},line={},endLine={}", at.line, at.end_line)?;
        // GitHub refuses columns where the lines differ.
        if at.line == at.end_line {
            write!(out, ",col={},endColumn={}", at.column, at.end_column)?;
        }
        writeln!(out, ",title={rule}::{}", data(&sentence))?;
    }
    match bare {
        0 => Ok(()),
        n => writeln!(out, "{} without annotation, since GitHub shows {SHOWN} of each level for a step", count(n, "finding")),
    }
}

/// What a command says.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command. The log shows it, too, and a name of a file may hold anything.
pub(super) fn property(text: &str) -> String {
    data(&plain(text)).replace(':', "%3A").replace(',', "%2C")
}
