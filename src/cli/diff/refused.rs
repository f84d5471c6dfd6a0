//! A comparison that could not be made: which side has errors, and a comment of a pull request that says so.

use std::io::{self, BufWriter, Write};

use super::super::{Failure, Globals, Trouble, complain, hide, output, stdout};
use crate::report::{Page, changes, concise, human};

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

/// Says which side it is that has errors.
pub fn told(globals: &Globals, failure: Failure, name: &str) -> Failure {
    let name = crate::report::one_line(name);
    let mut err = BufWriter::new(io::stderr().lock());
    let look = globals.look_err();
    let lines = lines(&failure);
    let (message, help) = match failure {
        Failure::Unsound(unsound) => {
            let _ = human::write(&mut err, &unsound.sources, &unsound.findings, look).and_then(|()| err.flush());
            let message = format!("the policy of `{name}` has errors, so it decides nothing and cannot be compared");
            (message, "compare with a revision in which it was sound, or mend the errors above")
        }
        Failure::Faults(faults) => {
            let _ = faults.iter().try_for_each(|f| human::failure(&mut err, f, look)).and_then(|()| err.flush());
            let message = format!("that is how it stands in `{name}`, whose policy cannot be read");
            (message, "compare with a revision in which it could be read")
        }
        other => return other,
    };
    Failure::Said(lines, Box::new(Trouble::new(message).help(help)))
}

/// Says what is wrong with both sides: who mends one shall not meet the errors of the other only then.
pub fn both(globals: &Globals, first: Failure, second: Failure, name: &str) -> Failure {
    let mut lines = [vec![first.sentence()], lines(&first)].concat();
    // Where stderr is gone there is nobody left to tell.
    let _ = complain(globals, first);
    match told(globals, second, name) {
        Failure::Said(more, trouble) => {
            lines.push(trouble.to_string());
            lines.extend(more);
            Failure::Said(lines, trouble)
        }
        other => other,
    }
}
