//! `--since REV`: only the findings that are new since a revision of git, or about statements that changed.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::baseline::Baseline;
use crate::cli::policy::{self, Loaded};
use crate::cli::revision::History;
use crate::cli::{Failure, Trouble};
use crate::report::{fingerprint, one_line};
use crate::source::{FileId, Sources, Span};
use crate::syntax::statements::statements;
use crate::{Finding, Instant};

/// What the files said then.
#[derive(Default)]
struct Then {
    statements: HashMap<FileId, HashSet<String>>,
    lines: HashMap<FileId, HashSet<String>>,
    /// What stood in files that are gone: a file that was not there then may have it from one of them.
    gone: (HashSet<String>, HashSet<String>),
}

/// A revision that findings are compared with.
pub struct Since<'a> {
    revision: &'a str,
    root: PathBuf,
    /// What the findings of its policy are recognized by, judged by the manifest and at the time of today.
    known: Baseline,
    /// Whether its policy could be judged.
    judged: bool,
    /// The texts of its policy.
    texts: Sources,
}

impl<'a> Since<'a> {
    /// Judges the policy of the revision at the same paths. The repository is the one of the folder of the policy.
    pub fn read(revision: &'a str, paths: &[PathBuf], loaded: &Loaded, now: Instant) -> Result<Since<'a>, Failure> {
        let root = loaded.root.clone();
        let history = open(&root, paths.first().map_or(Path::new("."), PathBuf::as_path))?;
        let commit = history.commit(revision)?;
        let real = |path: &PathBuf| match path.is_dir() {
            true => path.canonicalize().unwrap_or_else(|_| path.clone()),
            false => policy::place(&policy::name(path)),
        };
        let paths: Vec<PathBuf> = paths.iter().map(real).collect();
        let Ok(then) = history.then_at(commit, &paths) else {
            return Ok(Since { revision, root, known: Baseline::default(), judged: false, texts: Sources::default() });
        };
        let (sources, _, data) = then.texts();
        let (analysis, judged) = loaded.judge_with(sources, &data, now);
        // Files of a revision are called as they are from the folder of the policy on.
        let prints = fingerprint::all(&analysis.sources, &analysis.findings, &str::to_owned);
        let texts = analysis.sources;
        let files = texts.iter().filter(|(_, source)| !source.is_embedded()).map(|(_, source)| source.name().to_owned());
        let known = Baseline::of(analysis.findings.iter().zip(&prints)).in_files(files);
        Ok(Since { revision, root, known, judged, texts })
    }

    /// Takes out the findings that the policy of the revision had, unless the statement of one, or another that it speaks of, is not as
    /// it was.
    pub fn keep(&self, sources: &Sources, findings: &mut Vec<Finding>, named: &dyn Fn(&str) -> String) -> Result<(), Failure> {
        let mut then = read(self.revision, &self.root, sources)?;
        then.gone = self.gone(sources, named);
        let prints = fingerprint::all(sources, findings, named);
        let prints = self.known.renamed(sources, findings, prints, named);
        let mut now = Now::new();
        let mut prints = prints.iter();
        let new = format!("not in `{}`", one_line(self.revision));
        findings.retain_mut(|finding| {
            let known = prints.next().is_some_and(|print| self.known.knows(finding, print, &new));
            let mut spans = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span));
            !known || spans.any(|span| !sources.get(span.file).is_embedded() && changed(span, sources, &then, &mut now))
        });
        Ok(())
    }

    /// The statements and the lines of files that are gone.
    fn gone(&self, sources: &Sources, named: &dyn Fn(&str) -> String) -> (HashSet<String>, HashSet<String>) {
        let names: HashSet<String> = sources.iter().map(|(_, source)| named(source.name())).collect();
        let mut gone = (HashSet::new(), HashSet::new());
        for (_, source) in self.texts.iter().filter(|(_, source)| !source.is_embedded() && !names.contains(source.name())) {
            gone.0.extend(statements(source.text()).into_iter().map(|(_, words)| words));
            gone.1.extend(lines(source.text()));
        }
        gone
    }

    /// What to say where the policy of the revision could not be judged, so that nothing it warned of is known.
    pub fn note(&self) -> Option<String> {
        let said = "could not be judged, so that every warning of today counts as new";
        (!self.judged).then(|| format!("note: the policy of `{}` {said}", one_line(self.revision)))
    }
}

type Now = HashMap<FileId, Vec<(Range<usize>, String)>>;

fn changed(span: Span, sources: &Sources, then: &Then, now: &mut Now) -> bool {
    let (source, at) = (sources.get(span.file), span.start as usize);
    let of_file = || if source.name().ends_with(".rk") { statements(source.text()) } else { Vec::new() };
    let statements = now.entry(span.file).or_insert_with(of_file);
    let before = statements.partition_point(|(range, _)| range.start <= at);
    match before.checked_sub(1).map(|index| &statements[index]).filter(|(range, _)| at < range.end) {
        Some((_, words)) => !then.statements.get(&span.file).unwrap_or(&then.gone.0).contains(words),
        // A comment, or a row of a data file.
        None => {
            let line = source.line(source.line_column(span.start).0).trim();
            !then.lines.get(&span.file).unwrap_or(&then.gone.1).contains(line)
        }
    }
}

/// The repository of the folder of a policy; `given` is what the policy was called.
fn open(root: &Path, given: &Path) -> Result<History, Failure> {
    let outside = || {
        let message = format!("`--since` compares with a revision of git, and `{}` is in no repository", policy::name(given));
        Trouble::new(message).help("run it where the policy is in a repository, or leave `--since` out").into()
    };
    History::around(root)?.ok_or_else(outside)
}

fn read(revision: &str, root: &Path, sources: &Sources) -> Result<Then, Failure> {
    let mut then = Then::default();
    let history = open(root, root)?;
    let commit = history.commit(revision)?;
    for (file, source) in sources.iter().filter(|(_, s)| !s.is_embedded()) {
        // A file that was not there then is new, but for what it has from one that is gone.
        let Some(text) = history.text(commit, &policy::place(source.name()))? else { continue };
        if source.name().ends_with(".rk") {
            then.statements.insert(file, statements(&text).into_iter().map(|(_, words)| words).collect());
        }
        then.lines.insert(file, lines(&text).collect());
    }
    Ok(then)
}

fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(|line| line.trim().to_owned())
}
