//! `--since REV`: only the findings about statements that changed since a revision of git.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Finding;
use crate::cli::revision::History;
use crate::cli::{Failure, Trouble, policy};
use crate::source::{FileId, Sources, Span};
use crate::syntax::statements::statements;

/// What the files said then.
struct Then {
    statements: HashMap<FileId, HashSet<String>>,
    lines: HashMap<FileId, HashSet<String>>,
}

/// Takes out the findings whose own statement, and every other one that they speak of, is as it was.
///
/// The repository is the one of `root`, the folder of the policy.
pub fn keep_changed(revision: &str, root: &Path, sources: &Sources, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let then = read(revision, root, sources)?;
    let mut now: HashMap<FileId, Vec<(Range<usize>, String)>> = HashMap::new();
    findings.retain(|finding| {
        let mut spans = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span));
        spans.any(|span| !sources.get(span.file).is_embedded() && changed(span, sources, &then, &mut now))
    });
    Ok(())
}

type Now = HashMap<FileId, Vec<(Range<usize>, String)>>;

fn changed(span: Span, sources: &Sources, then: &Then, now: &mut Now) -> bool {
    let (source, at) = (sources.get(span.file), span.start as usize);
    let of_file = || if source.name().ends_with(".rk") { statements(source.text()) } else { Vec::new() };
    let statements = now.entry(span.file).or_insert_with(of_file);
    let before = statements.partition_point(|(range, _)| range.start <= at);
    match before.checked_sub(1).map(|index| &statements[index]).filter(|(range, _)| at < range.end) {
        Some((_, words)) => !then.statements.get(&span.file).is_some_and(|known| known.contains(words)),
        // A comment, or a row of a data file.
        None => {
            let line = source.line(source.line_column(span.start).0).trim();
            !then.lines.get(&span.file).is_some_and(|lines| lines.contains(line))
        }
    }
}

fn read(revision: &str, root: &Path, sources: &Sources) -> Result<Then, Failure> {
    let mut then = Then { statements: HashMap::new(), lines: HashMap::new() };
    let outside = |_| {
        let message = format!(
            "`--since` compares with a revision of git, and `{}` is in no repository that can be read",
            policy::name(root)
        );
        Trouble::new(message).help("run it where the policy is in a repository, or leave `--since` out")
    };
    let history = History::of(root).map_err(outside)?;
    let commit = history.commit(revision)?;
    for (file, source) in sources.iter().filter(|(_, s)| !s.is_embedded()) {
        // A file that is not there was not there then: all of it is new.
        let Some(text) = history.text(commit, &place(source.name()))? else { continue };
        if source.name().ends_with(".rk") {
            then.statements.insert(file, statements(&text).into_iter().map(|(_, words)| words).collect());
        }
        then.lines.insert(file, text.lines().map(|line| line.trim().to_owned()).collect());
    }
    Ok(then)
}

/// Where a file stands from the top of the disk on, wherever the command runs. A link is what the repository knows, not what it leads to.
fn place(name: &str) -> PathBuf {
    let path = Path::new(name);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().map_or_else(|_| path.to_path_buf(), |folder| folder.join(path.file_name().unwrap_or_default()))
}
