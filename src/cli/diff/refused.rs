//! A comparison that could not be made: which side has errors, and an answer in every format for programs that says so.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::super::{Failure, Globals, Trouble, complain, hide, output, stdout};
use super::Format;
use super::sides::HERE;
use crate::report::changes::{Refused, Wrong};
use crate::report::{Locator, Page, UNREAD, concise, human};
use crate::source::Origin;

/// What is wrong with a side.
pub fn wrong(failure: &Failure) -> Vec<Wrong> {
    match failure {
        Failure::Faults(faults) => {
            let one = |unread: crate::report::Unread| Wrong {
                title: UNREAD.into(),
                text: unread.sentence(),
                side: None,
                source: unread.place.map(|at| origin(&unread.file, at)),
                line: unread.sentence(),
            };
            faults.iter().map(|fault| one(fault.unread())).collect()
        }
        Failure::Unsound(unsound) => {
            let page = Page { sources: &unsound.sources, findings: &unsound.findings, prints: &[], unread: &[] };
            let mut out = Vec::new();
            // Memory takes everything.
            let _ = concise::write(&mut out, &page);
            let lines = String::from_utf8_lossy(&out);
            let mut locator = Locator::new(page.sources);
            let all = page.findings.iter().zip(lines.lines()).map(|(finding, line)| Wrong {
                title: finding.rule.name.to_owned(),
                text: page.sentence(finding),
                side: None,
                source: Some(origin(page.sources.get(finding.span.file).name(), locator.start(finding.span))),
                line: line.to_owned(),
            });
            all.collect()
        }
        Failure::Said(all, _) => all.clone(),
        Failure::Other(_) | Failure::Closed => Vec::new(),
    }
}

fn origin(file: &str, (line, column): (usize, usize)) -> Origin {
    let [line, column] = [line, column].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Origin { file: file.to_owned(), line, column }
}

/// Something that is wrong and has no place.
fn plain(sentence: String) -> Wrong {
    Wrong { title: "Nothing could be compared".into(), text: sentence.clone(), side: None, source: None, line: sentence }
}

/// Writes why there is nothing to compare; on a terminal stderr says it.
pub fn write(failure: &Failure, format: Format) -> Result<(), Failure> {
    let (why, help) = match failure {
        Failure::Closed => return Ok(()),
        Failure::Faults(_) => ("the policy, or what its manifest says, cannot be used".to_owned(), None),
        Failure::Unsound(_) => {
            ("the policy has errors, so it decides nothing".to_owned(), Some("mend the errors first".to_owned()))
        }
        Failure::Other(fault) => (fault.to_string(), fault.help().map(|help| help.to_string())),
        Failure::Said(_, trouble) => (trouble.to_string(), trouble.help.clone()),
    };
    let wrong = wrong(failure);
    let refused = Refused { why: &why, wrong: &wrong, help: help.as_deref() };
    let mut page = Vec::new();
    let written = match format {
        Format::Text => return Ok(()),
        Format::Markdown => refused.markdown(&mut page),
        Format::Html => refused.html(&mut page),
        Format::Json => refused.json(&mut page),
        Format::Sarif => refused.sarif(&mut page),
        Format::Github => refused.github(&mut page),
    };
    written.map_err(output)?;
    let said = String::from_utf8_lossy(&page);
    let mut out = BufWriter::new(stdout());
    out.write_all(hide::tokens(&said).as_bytes()).and_then(|()| out.flush()).map_err(output)
}

/// Says which side it is that has errors.
pub fn told(globals: &Globals, failure: Failure, name: &str) -> Failure {
    let name = crate::report::one_line(name);
    let mut err = BufWriter::new(io::stderr().lock());
    let look = globals.look_err();
    // What lies at a path is the same for whoever reads the places.
    let side = Some(name.as_str()).filter(|name| *name != HERE && !Path::new(name).exists());
    let apart = |wrong: Wrong| Wrong { side: side.map(str::to_owned), ..wrong };
    let wrong = wrong(&failure).into_iter().map(apart).collect();
    let (message, help) = match failure {
        Failure::Unsound(unsound) => {
            let _ = human::write(&mut err, &unsound.sources, &unsound.findings, look).and_then(|()| err.flush());
            let message = format!("the policy of `{name}` has errors, so it decides nothing and cannot be compared");
            (message, "compare with a revision in which it was sound, or mend the errors above")
        }
        Failure::Faults(faults) => {
            let _ = faults.iter().try_for_each(|f| human::failure(&mut err, f, look)).and_then(|()| err.flush());
            let message = format!("the policy of `{name}` cannot be read, and not compared");
            (message, "compare with a revision in which it could be read")
        }
        other => return other,
    };
    Failure::Said(wrong, Box::new(Trouble::new(message).help(help)))
}

/// Says what is wrong with both sides: who mends one shall not meet the errors of the other only then.
pub fn both(globals: &Globals, first: Failure, second: Failure, name: &str) -> Failure {
    let mut all = [vec![plain(first.sentence())], wrong(&first)].concat();
    // Where stderr is gone there is nobody left to tell.
    let _ = complain(globals, first);
    match told(globals, second, name) {
        Failure::Said(more, trouble) => {
            all.push(plain(trouble.to_string()));
            all.extend(more);
            Failure::Said(all, trouble)
        }
        other => other,
    }
}
