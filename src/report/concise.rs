//! One line for each finding: `path:line:col: error[rule]: message; help`.

use std::io::{self, Write};

use super::{Locator, one_line};
use crate::finding::Finding;
use crate::source::Sources;

/// Writes the findings, one to a line, for editors and for `grep`.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, sources: &Sources, findings: &[Finding]) -> io::Result<()> {
    let mut locator = Locator::new(sources);
    for finding in findings {
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
