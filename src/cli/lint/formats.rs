//! How findings are written, on stdout and to files.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use crate::cli::{Failure, Trouble, output, policy, write};
use crate::finding::did_you_mean;
use crate::report::human::Look;
use crate::report::{Page, concise, github, gitlab, human, json, junit, rdjson, sarif};

/// A way to write findings.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// The sentence, the excerpt, and what to type
    Full,
    /// `path:line:column: level[rule]: message; help`
    Concise,
    /// One document: {"findings":[…],"errors":N,"warnings":N,"infos":N}
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// The code quality report of GitLab
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
    /// The diagnostics of reviewdog
    Rdjson,
}

impl Format {
    fn to(self, out: &mut dyn Write, page: &Page<'_>, look: Look) -> io::Result<()> {
        match self {
            Format::Full => {
                page.unread.iter().try_for_each(|unread| writeln!(out, "error: {}\n", unread.sentence()))?;
                human::write(out, page.sources, page.findings, look)
            }
            Format::Concise => concise::write(out, page),
            Format::Json => json::write(out, page),
            Format::Sarif => sarif::write(out, page),
            Format::Github => github::write(out, page),
            Format::Gitlab => gitlab::write(out, page),
            Format::Junit => junit::write(out, page),
            Format::Rdjson => rdjson::write(out, page),
        }
    }
}

/// A file that gets the findings in a format.
#[derive(Clone)]
pub struct Output {
    format: Format,
    path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let names = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let Some((word, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err("type a format, `=` and a file: `sarif=roomkey.sarif`".into());
        };
        let format = Format::from_str(word, false).map_err(|_| {
            let names: Vec<String> = names().map(|value| value.get_name().to_owned()).collect();
            let all = || format!("the formats are {}", names.join(", "));
            let near = did_you_mean(word, names.iter().map(String::as_str)).unwrap_or_else(all);
            format!("no format is named `{word}`; {near}")
        })?;
        if path == "-" {
            return Err(format!("`-` is no file; type `--format {word}` for stdout, or `{word}=./-` for a file of that name"));
        }
        Ok(Output { format, path: path.into() })
    }
}

impl Output {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file whole or not at all.
    pub fn write(&self, page: &Page<'_>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        self.format.to(&mut bytes, page, Look::default()).map_err(output)?;
        write::write_file(&self.path, &bytes, true)
    }
}

/// Writes the findings on stdout. A reader that has seen enough changes nothing about the answer.
pub fn print(format: Format, page: &Page<'_>, look: Look) -> Result<(), Failure> {
    let mut out = BufWriter::new(crate::cli::stdout());
    // People are told on stderr what could not be read.
    let told = matches!(format, Format::Full | Format::Concise);
    let page = Page { unread: if told { &[] } else { page.unread }, ..*page };
    format.to(&mut out, &page, look).and_then(|()| out.flush()).map_err(output)
}

/// Refuses to write over what is read, and to write two things into one file.
pub fn refuse<'a>(outputs: impl Iterator<Item = &'a Path>, inputs: impl Iterator<Item = PathBuf>) -> Result<(), Failure> {
    let inputs: BTreeSet<PathBuf> = inputs.map(|path| real(&path)).collect();
    let mut met = BTreeSet::new();
    for path in outputs {
        let shown = policy::name(path);
        let named = path.extension().is_some_and(|e| e == "rk") || path.file_name().is_some_and(|n| n == policy::MANIFEST);
        if named || inputs.contains(&real(path)) {
            let message = format!("`{shown}` is a file of the policy or another input, and findings are not written over it");
            return Err(Trouble::new(message).help("give another file, such as `--output json=findings.json`").into());
        }
        if !met.insert(real(path)) {
            return Err(Trouble::new(format!("two outputs go to `{shown}`")).help("give each a file of its own").into());
        }
    }
    Ok(())
}

/// The file that a path leads to, which may not be there yet.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().unwrap_or_else(|_| match folder.canonicalize() {
        Ok(folder) => folder.join(path.file_name().unwrap_or_default()),
        // Folders that are not there are no links, so `..` leads out of them again.
        Err(_) => absolute(&policy::tidy(path)),
    })
}

/// A path with the folders of it that are there as they are from the top of the disk on.
fn absolute(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|folder| {
        let real = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Some((folder, real.canonicalize().ok()?))
    });
    let Some((folder, real)) = there else { return path.to_owned() };
    path.strip_prefix(folder).map_or_else(|_| path.to_owned(), |rest| real.join(rest))
}
