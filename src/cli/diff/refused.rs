//! A comparison that could not be made, as a comment of a pull request.

use std::io::{BufWriter, Write};

use super::super::{Failure, hide, output, stdout};
use crate::report::changes;
use crate::report::{Page, concise};

/// What is wrong with a side, a line each.
pub fn lines(failure: &Failure) -> Vec<String> {
    match failure {
        Failure::Faults(faults) => faults.iter().map(|fault| fault.unread().sentence()).collect(),
        Failure::Unsound(unsound) => {
            let page = Page { sources: &unsound.sources, findings: &unsound.findings, prints: &[], unread: &[] };
            let mut out = Vec::new();
            // Memory takes everything.
            let _ = concise::write(&mut out, &page);
            String::from_utf8_lossy(&out).lines().map(str::to_owned).collect()
        }
        Failure::Said(lines, _) => lines.clone(),
        Failure::Other(_) | Failure::Closed => Vec::new(),
    }
}

/// Writes why there is nothing to compare.
pub fn comment(failure: &Failure) -> Result<(), Failure> {
    let (why, help) = match failure {
        Failure::Closed => return Ok(()),
        Failure::Faults(_) => ("the policy cannot be read".to_owned(), None),
        Failure::Unsound(_) => {
            ("the policy has errors, so it decides nothing".to_owned(), Some("mend the errors first".to_owned()))
        }
        Failure::Other(fault) => (fault.to_string(), fault.help().map(|help| help.to_string())),
        Failure::Said(_, trouble) => (trouble.to_string(), trouble.help.clone()),
    };
    let mut page = Vec::new();
    changes::refused(&mut page, &why, &lines(failure), help.as_deref()).map_err(output)?;
    let said = String::from_utf8_lossy(&page);
    let mut out = BufWriter::new(stdout());
    out.write_all(hide::tokens(&said).as_bytes()).and_then(|()| out.flush()).map_err(output)
}
