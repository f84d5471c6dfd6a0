//! Kinds that no file declares and a standard vocabulary does: the `use` that brings them in, said once.

use std::collections::HashSet;

use super::VOCABULARIES;
use crate::finding::{Finding, UNKNOWN_KIND};
use crate::source::{FileId, Sources};
use crate::syntax::{self, tree::Statement};

/// Says of kinds that are unknown which vocabulary has them. One `use` mends them all, so the others of it are no faults of their own.
pub fn bring_in(findings: &mut Vec<Finding>, sources: &Sources) {
    let unknown = |finding: &Finding| finding.rule == &UNKNOWN_KIND && finding.fix.is_none();
    if !findings.iter().any(unknown) {
        return;
    }
    let vocabularies: Vec<(&str, HashSet<String>)> = VOCABULARIES.iter().map(|(name, text)| (*name, kinds(text))).collect();
    let mut said = HashSet::new();
    findings.retain_mut(|finding| {
        let text = sources.get(finding.span.file).text();
        let kind = text.get(finding.span.start as usize..finding.span.end as usize).unwrap_or("");
        let Some((name, _)) = vocabularies.iter().find(|(_, kinds)| unknown(finding) && kinds.contains(kind)) else {
            return true;
        };
        let declare = format!("`kind {kind} in organization {{ … }}`");
        finding.help = Some(format!("bring in the vocabulary that has it: `use {name}`; or declare it: {declare}"));
        said.insert(*name)
    });
}

/// The kinds that a vocabulary declares.
fn kinds(text: &str) -> HashSet<String> {
    let statements = syntax::parse(FileId(0), text).statements;
    let kind = |statement: Statement<'_>| match statement {
        Statement::Kind(decl) => Some(decl.name.text.into_owned()),
        _ => None,
    };
    statements.into_iter().filter_map(kind).collect()
}
