//! Findings about many: the sentence says one of them and how many more there are, and all are names that they are known by.

use crate::finding::Finding;

/// So many names are written out where a finding is recognized by all of them.
const WRITTEN: usize = 8;
/// Of how many resources a finding knows the names.
pub const MOST_NAMED: usize = 1_000;

/// How many there are beside the one that is named.
pub fn and_more(all: usize) -> String {
    if all > 1 { format!(" and {} more", all - 1) } else { String::new() }
}

/// The finding with the names of all that it is about; `fact` is what is true of each of them.
pub fn about(finding: Finding, fact: String, names: Vec<String>) -> Finding {
    let finding = if names.len() > 1 { finding.known_as(format!("{fact}: {}", named(&names))) } else { finding };
    finding.whom(fact, names)
}

/// Names by which a finding is recognized: all of them, the last ones of a long list by what they come to.
pub fn named(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let Some(rest) = names.get(WRITTEN..).filter(|rest| !rest.is_empty()) else { return names.join(", ") };
    let digest = blake3::hash(rest.join("\0").as_bytes()).to_hex();
    format!("{} and {} more ({})", names[..WRITTEN].join(", "), rest.len(), &digest[..16])
}
