//! What must hold of every text that is judged.

use roomkey::report::{Page, concise, fingerprint, human, json};
use roomkey::{Analysis, Finding, Level, Policy, Sources};

/// What parts the files of one input.
pub const NEXT_FILE: char = '\u{c}';

/// Excerpts cost more than all the rest, so not every finding of a broken text gets one.
const EXCERPTS: usize = 8;

/// Prints the findings in every format, and gives back the policy where it is sound.
pub fn judged(analysis: Analysis) -> Option<Policy> {
    report(&analysis.sources, &analysis.findings);
    let error = analysis.findings.iter().any(|f| f.level == Level::Error);
    match analysis.into_policy() {
        Ok(policy) => {
            assert!(!error, "taken with an error: {:?}", policy.findings());
            Some(policy)
        }
        Err(unsound) => {
            assert!(error, "refused without an error: {:?}", unsound.findings);
            None
        }
    }
}

fn report(sources: &Sources, findings: &[Finding]) {
    let mut out = Vec::new();
    let few = &findings[..findings.len().min(EXCERPTS)];
    let look = human::Look { color: findings.len().is_multiple_of(2), columns: None };
    human::write(&mut out, sources, few, look).expect("memory takes everything");
    concise::write(&mut out, sources, findings).expect("memory takes everything");
    let prints = fingerprint::all(sources, findings);
    json::write(&mut out, &Page { sources, findings, prints: &prints }).expect("memory takes everything");
    for finding in findings {
        let mut spans = finding.labels.iter().map(|l| l.span).chain([finding.span]);
        let inside = |span: roomkey::Span| sources.get(span.file).text().get(span.start as usize..span.end as usize).is_some();
        assert!(spans.all(inside), "{finding:?}");
        assert!(!finding.message.contains('\n'), "{finding:?}");
    }
}
