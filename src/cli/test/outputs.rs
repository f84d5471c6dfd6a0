//! How `test` writes what it found, on stdout and to files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use crate::cli::{Failure, Trouble, output, write};
use crate::finding::did_you_mean;
use crate::query::prove::Tried;
use crate::report::tried::{self, More};
use crate::report::{covered, mutants};
use crate::source::Sources;

/// A way to write on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The line, the answer and the reason
    Text,
    /// One JSON object
    Json,
    /// JUnit XML
    Junit,
}

/// A way to write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Text,
    Json,
    Junit,
    Lcov,
}

/// A file that gets what was found in a format.
#[derive(Clone, Debug)]
pub struct Output {
    kind: Kind,
    path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let Some((word, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err("type a format, `=` and a file: `lcov=policy.lcov`".into());
        };
        let kind = Kind::from_str(word, false).map_err(|_| {
            let names = ["text", "json", "junit", "lcov"];
            let near = did_you_mean(word, names);
            format!("no format is named `{word}`; {}", near.unwrap_or_else(|| format!("the formats are {}", names.join(", "))))
        })?;
        Ok(Output { kind, path: path.into() })
    }
}

impl Output {
    /// Whether it can only be written where coverage was asked for.
    pub fn is_lcov(&self) -> bool {
        self.kind == Kind::Lcov
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file whole or not at all.
    pub fn write(&self, sources: &Sources, tried: &Tried, more: &More) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        match (self.kind, &more.coverage) {
            (Kind::Text, _) => text(&mut bytes, sources, tried, more, false),
            (Kind::Json, _) => tried::json(&mut bytes, sources, tried, more),
            (Kind::Junit, _) => tried::junit(&mut bytes, sources, tried),
            (Kind::Lcov, Some(all)) => covered::lcov(&mut bytes, sources, all),
            // Where a test fails, nothing is known of what the others notice.
            (Kind::Lcov, None) => return Ok(()),
        }
        .map_err(output)?;
        write::write_file(&self.path, &bytes, true)
    }
}

/// Writes everything for people.
pub fn text(out: &mut dyn Write, sources: &Sources, tried: &Tried, more: &More, listing: bool) -> io::Result<()> {
    tried::text(out, sources, tried, None)?;
    rest(out, sources, more, listing)
}

/// Writes what was looked at besides whether they hold.
pub fn rest(out: &mut dyn Write, sources: &Sources, more: &More, listing: bool) -> io::Result<()> {
    match &more.coverage {
        Some(all) if listing => covered::listing(out, sources, all)?,
        Some(all) => covered::text(out, sources, all)?,
        None => {}
    }
    more.mutants.as_ref().map_or(Ok(()), |all| mutants::text(out, sources, all))
}

/// Refuses what cannot be written together.
pub fn fit(format: Format, outputs: &[Output], coverage: bool, mutants: bool) -> Result<(), Failure> {
    if outputs.iter().any(Output::is_lcov) && !coverage {
        return Err(Trouble::new("LCOV is what `--coverage` finds").help("add `--coverage`").into());
    }
    if format == Format::Junit && (coverage || mutants) {
        let what = if coverage { "coverage" } else { "mutants" };
        let help = "type `--format json`, or `--output junit=FILE` for the tests beside the text";
        return Err(Trouble::new(format!("JUnit has no words for {what}")).help(help).into());
    }
    Ok(())
}
