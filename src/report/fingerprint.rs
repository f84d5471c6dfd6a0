//! What a finding is recognized by when the lines around it have moved.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::source::Sources;

/// A name of 32 hexadecimal digits for each finding: of its rule, its file, its sentence and the first line of what it points
/// at, and of how many there are with all of these before it. No line number is in it, and space between words counts alike.
pub fn all(sources: &Sources, findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<blake3::Hash, u64> = HashMap::new();
    findings.iter().map(|finding| one(sources, finding, &mut seen)).collect()
}

fn one(sources: &Sources, finding: &Finding, seen: &mut HashMap<blake3::Hash, u64>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [finding.rule.name, sources.get(finding.span.file).name(), &finding.message] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    let pointed = sources.text(finding.span).lines().next().unwrap_or("");
    for word in pointed.split_whitespace() {
        hasher.update(word.as_bytes()).update(b" ");
    }
    let hash = hasher.finalize();
    let before = seen.entry(hash).or_default();
    hasher.update(&before.to_le_bytes());
    *before += 1;
    hasher.finalize().to_hex()[..32].to_owned()
}
