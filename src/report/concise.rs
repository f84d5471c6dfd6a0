//! One line for each finding: `path:line:col: error[rule]: message; help`.

use std::io::{self, Write};

use super::{Locator, Page, UNREAD, Unread, one_line};

/// Writes the findings, one to a line, for editors and for `grep`.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let (sources, mut locator) = (page.sources, Locator::new(page.sources));
    for unread in page.unread {
        let Unread { file, place, .. } = unread;
        let (line, column) = place.unwrap_or((1, 1));
        writeln!(out, "{}:{line}:{column}: error[{UNREAD}]: {}", one_line(file), unread.sentence())?;
    }
    for finding in page.findings {
        let (line, column) = locator.start(finding.span);
        let file = one_line(sources.get(finding.span.file).name());
        let (level, rule, message) = (finding.level.word(), finding.rule.name, one_line(&finding.message));
        write!(out, "{file}:{line}:{column}: {level}[{rule}]: {message}")?;
        match &finding.help {
            Some(help) => writeln!(out, "; {}", one_line(help))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
