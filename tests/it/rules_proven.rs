//! What a rule proves holds: without the reported statement every decision is the same, on policies made at random.

use std::collections::BTreeMap;

use roomkey::rules::Options;
use roomkey::{Analysis, Finding, Instant, Policy, Settings, Source, Sources};

use crate::agree::{ask, load};
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::time::instant;
use crate::reference::world::Who;

/// The rules whose statements can go.
const PROVEN: [&str; 5] =
    ["redundant-entry", "unreachable-entry", "shadowed-pattern", "redundant-assignment", "prohibition-without-effect"];
/// When the policies are judged.
const NOW: &str = "2026-01-15T09:30:00Z";

type Files = Vec<(String, String)>;

#[test]
fn without_what_is_reported_every_decision_is_the_same() {
    let policies = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=policies {
        let world = world(seed);
        let files = files(&world, None);
        let found = judge(&files);
        let found: Vec<&Finding> = found
            .iter()
            .filter(|f| {
                PROVEN.contains(&f.rule.name)
                    && (f.rule.name != "redundant-assignment" || f.fix.is_some())
                    && f.span.file.0 < files.len() as u32
            })
            .collect();
        if found.is_empty() {
            continue;
        }
        let asked = questions(&world, &mut Chance::new(!seed), 200);
        let before = load(&files).expect("a sound policy");
        let answers: Vec<_> = asked.iter().map(|q| ask(&before, q).ok()).collect();
        let mut all: Vec<&Finding> = Vec::new();
        for finding in &found {
            *counts.entry(finding.rule.name).or_default() += 1;
            let one = [*finding];
            for removed in [&one[..], &together(&mut all, finding)] {
                let without = without(&files, removed);
                let after = load(&without).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
                compare(seed, &after, &asked, &answers, removed, &files);
            }
        }
    }
    println!("{counts:?}");
    let seen = PROVEN.iter().filter(|rule| counts.get(*rule).is_some_and(|n| *n >= 3)).count();
    assert!(seen == PROVEN.len(), "too few findings to tell: {counts:?}");
}

fn together<'f>(all: &mut Vec<&'f Finding>, finding: &'f Finding) -> Vec<&'f Finding> {
    // A prohibition that has no effect may be the one that makes an entry unreachable.
    if finding.fix.is_some() {
        all.push(finding);
    }
    all.clone()
}

fn compare(
    seed: u64,
    after: &Policy,
    asked: &[crate::reference::world::Question],
    answers: &[Option<bool>],
    removed: &[&Finding],
    files: &Files,
) {
    for (question, answer) in asked.iter().zip(answers) {
        let now = ask(after, question).ok();
        let said: Vec<String> = removed.iter().map(|f| format!("{} {}", f.rule.name, f.message)).collect();
        let shown = || files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
        assert_eq!(now, *answer, "seed {seed}: {question:?}\nwithout {said:#?}\n{}", shown());
    }
}

/// The findings of all rules.
fn judge(files: &Files) -> Vec<Finding> {
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add(Source::new(name.clone(), text.clone()));
    }
    let mut analysis = Analysis::new(sources, &Settings::default());
    let now: Instant = NOW.parse().expect("an instant");
    assert!(analysis.judge(&Options::all(now)), "a sound policy is judged: {:?}", analysis.findings);
    analysis.findings
}

/// The files without the statements.
fn without(files: &Files, removed: &[&Finding]) -> Files {
    let mut files = files.clone();
    let mut spans: Vec<_> = removed.iter().map(|f| f.span).collect();
    spans.sort_by_key(|s| std::cmp::Reverse((s.file, s.start)));
    spans.dedup();
    for span in spans {
        files[span.file.0 as usize].1.replace_range(span.start as usize..span.end as usize, "");
    }
    files
}

/// Nobody is in an empty group, unless the sign-in says so: what it was given can go.
#[test]
fn what_an_empty_group_has_changes_nothing() {
    let mut count = 0;
    for seed in 1..=1_200 {
        let world = world(seed);
        let found = judge(&files(&world, None));
        let name = |f: &Finding| world.groups.iter().find(|g| f.message.contains(&written(&g.id))).map(|g| g.id.clone());
        let empty: Vec<String> = found.iter().filter(|f| f.rule.name == "empty-group").filter_map(name).collect();
        if empty.is_empty() {
            continue;
        }
        count += empty.len();
        let gone = |who: &Who| matches!(who, Who::Group(g) if empty.contains(g));
        let mut less = world.clone();
        less.places.iter_mut().for_each(|p| p.entries.retain(|e| !gone(&e.who)));
        less.assignments.iter_mut().for_each(|a| a.to.retain(|who| !gone(who)));
        for mut question in questions(&world, &mut Chance::new(!seed), 200) {
            question.sign_in.groups.clear();
            let later = question.at.as_ref().is_some_and(|at| instant(at) >= instant(NOW));
            if later {
                assert_eq!(decide(&less, &question), decide(&world, &question), "seed {seed}: {empty:?} {question:?}");
            }
        }
    }
    println!("{count} empty groups");
    assert!(count >= 5, "only {count} groups are empty");
}

fn written(id: &str) -> String {
    format!("group `{}` ", roomkey::report::id(id))
}
