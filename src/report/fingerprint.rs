//! What a finding is recognized by when the lines around it have moved.

use std::collections::HashMap;

use crate::facts::Format;
use crate::finding::Finding;
use crate::source::{FileId, Sources};
use crate::syntax::words;

/// A name of 32 hexadecimal digits for each finding: of its rule, its file, its sentence and the words that it points
/// at, and of how many there are with all of these before it. No line number is in it, and neither space nor comments nor the
/// commas that the style adds and takes away. `named` is what a file is called wherever the command runs.
pub fn all(sources: &Sources, findings: &[Finding], named: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut seen: HashMap<blake3::Hash, u64> = HashMap::new();
    let mut files: HashMap<FileId, String> = HashMap::new();
    let mut one = |finding: &Finding| {
        let file = files.entry(finding.span.file).or_insert_with(|| named(sources.get(finding.span.file).name()));
        print(sources, finding, file, &mut seen)
    };
    findings.iter().map(&mut one).collect()
}

/// The same for some findings of one file, as if it were called otherwise.
pub fn renamed(sources: &Sources, findings: &[Finding], some: &[usize], file: &str) -> Vec<String> {
    let mut seen: HashMap<blake3::Hash, u64> = HashMap::new();
    some.iter().map(|index| print(sources, &findings[*index], file, &mut seen)).collect()
}

fn print(sources: &Sources, finding: &Finding, file: &str, seen: &mut HashMap<blake3::Hash, u64>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [finding.rule.name, file, finding.constant()] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    let pointed = sources.text(finding.span);
    let mut add = |word: &str| {
        hasher.update(word.as_bytes()).update(b" ");
    };
    match Format::of(file) {
        Some(_) => pointed.split_whitespace().for_each(&mut add),
        None => words(pointed).filter(|word| *word != ",").for_each(&mut add),
    }
    let hash = hasher.finalize();
    let before = seen.entry(hash).or_default();
    hasher.update(&before.to_le_bytes());
    *before += 1;
    hasher.finalize().to_hex()[..32].to_owned()
}
