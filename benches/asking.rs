//! What questions cost as a policy grows: listings, explanations, tests and invariants, after it was loaded.
#![allow(missing_docs)]

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Mutex;

use divan::Bencher;
use divan::counter::ItemsCount;
use roomkey::query::prove::{When, prove};
use roomkey::{Instant, Policy, Question, Resource, Whose, explain, what, who};

/// Ten entries a room and a user for each room, in three groups of a hundredth of the rooms; at most 1,000,000 entries,
/// 100,000 rooms, 100,000 users and 1,000 groups.
const ENTRIES: &[usize] = &[10_000, 100_000, 1_000_000];
const TESTS: usize = 10_000;

fn main() {
    divan::main();
}

fn at() -> Instant {
    Instant::from_unix(1_800_000_000, 0)
}

/// The policy of a size, made once.
fn policy(entries: usize) -> &'static Policy {
    static MADE: Mutex<Option<HashMap<usize, &'static Policy>>> = Mutex::new(None);
    let mut made = MADE.lock().expect("no bench panics");
    made.get_or_insert_with(HashMap::new).entry(entries).or_insert_with(|| Box::leak(Box::new(make(entries))))
}

fn make(entries: usize) -> Policy {
    let (rooms, users, groups) = (entries / 10, entries / 10, (entries / 1_000).max(10));
    let mut text = String::from("use liveblocks\nfacts members from \"members.csv\"\nfacts resources from \"rooms.csv\"\n");
    text.push_str("facts accesses from \"accesses.csv\"\ngroup visitors { user visitor }\n");
    for g in 0..groups {
        let _ = writeln!(text, "group g{g}");
    }
    for o in 0..100 {
        let _ = writeln!(text, "organization o{o}");
    }
    let mut members = String::from("group,user\n");
    for u in 0..users {
        for step in [0, 7, 31] {
            let _ = writeln!(members, "g{},u{u}", (u * 13 + u / groups * 5 + step) % groups);
        }
    }
    let (mut places, mut accesses) = (String::from("kind,id,parent_kind,parent\n"), String::new());
    accesses.push_str("kind,id,principal_kind,principal,verb,permissions\n");
    for r in 0..rooms {
        let _ = writeln!(places, "room,r{r},organization,o{}", r % 100);
        let _ = writeln!(accesses, "room,r{r},default,,can,nothing");
        for (i, list) in ["*:read", "\"*:read, comments:write\"", "*:write"].iter().enumerate() {
            let _ =
                writeln!(accesses, "room,r{r},group,g{},can,{list}", (r * 3 + i * (1 + r / groups % (groups / 3 - 1))) % groups);
        }
        for (i, list) in ["*:write", "*:read", "*:write", "nothing", "*:read", "*:write"].iter().enumerate() {
            let _ = writeln!(accesses, "room,r{r},user,u{},can,{list}", (r * 7 + i * 1_009) % users);
        }
    }
    for (n, verb) in (0..TESTS).map(|n| (n, "cannot")) {
        let _ = writeln!(text, "test t{n} {{ user visitor {verb} write on room r{} }}", n * 37 % rooms);
    }
    text.push_str("invariant nobody { no group visitors can read on room \"*\" }\n");
    text.push_str("invariant few { at most 50000 can write on room \"*\" }\n");
    text.push_str("invariant some { at least 1 can write on room \"*\" }\n");
    let files = [("p.rk", text), ("members.csv", members), ("rooms.csv", places), ("accesses.csv", accesses)];
    Policy::from_texts(files.map(|(name, text)| (name.to_owned(), text))).unwrap_or_else(|e| panic!("{e}"))
}

#[divan::bench(args = ENTRIES, sample_count = 20)]
fn who_can(bencher: Bencher, entries: usize) {
    let policy = policy(entries);
    let room = Resource { kind: Some("room".into()), id: "r17".into() };
    bencher.bench(|| who(policy.table(), "write", &room, at()).expect("an answer").users());
}

#[divan::bench(args = ENTRIES, sample_count = 20)]
fn what_a_user_can(bencher: Bencher, entries: usize) {
    let policy = policy(entries);
    let (kind, permission) = (Some("room".into()), None);
    let whose = Whose { user: "u17".into(), groups: Vec::new(), organization: None, kind, permission, at: at() };
    bencher.bench(|| what(policy.table(), &whose).expect("an answer").reached.len());
}

#[divan::bench(args = ENTRIES, sample_count = 20)]
fn explanation(bencher: Bencher, entries: usize) {
    let policy = policy(entries);
    let mut question = Question::new("u17", "comments:write", "room:r17");
    question.at = Some(at());
    let from = Some((policy.model(), policy.sources()));
    bencher.bench(|| explain(policy.table(), from, &question).expect("an answer").told.len());
}

fn trying(bencher: Bencher, entries: usize, filter: &str, expected: usize) {
    let policy = policy(entries);
    let when = When { now: at(), now_only: true };
    bencher.bench(|| {
        let tried = prove(policy.table(), policy.model(), filter, when).expect("an answer");
        assert_eq!((tried.passed.len(), tried.failed), (expected, 0));
    });
}

#[divan::bench(args = ENTRIES, sample_count = 5)]
fn tests(bencher: Bencher, entries: usize) {
    trying(bencher.counter(ItemsCount::new(TESTS)), entries, "t", TESTS);
}

#[divan::bench(args = ENTRIES, sample_count = 3)]
fn no_member_of_a_group_can_anywhere(bencher: Bencher, entries: usize) {
    trying(bencher, entries, "nobody", 1);
}

#[divan::bench(args = ENTRIES, sample_count = 3)]
fn at_most_so_many_can_everywhere(bencher: Bencher, entries: usize) {
    trying(bencher, entries, "few", 1);
}

#[divan::bench(args = ENTRIES, sample_count = 3)]
fn at_least_so_many_can_everywhere(bencher: Bencher, entries: usize) {
    trying(bencher, entries, "some", 1);
}

/// The organizations of kubernetes with fifty tests of their truth, and with invariants over all repositories where they are
/// wanted; none where the data is not there.
fn kubernetes(invariants: &str) -> Option<Policy> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/kubernetes-org");
    let mut rows: Vec<csv::StringRecord> =
        csv::Reader::from_path(folder.join("decisions.csv")).ok()?.records().flatten().collect();
    rows.sort_by_key(|row| row[3].to_owned());
    let mut tests = String::new();
    for (n, row) in rows.iter().step_by(rows.len() / 50).take(50).enumerate() {
        let verb = if &row[3] == "allow" { "can" } else { "cannot" };
        let _ = writeln!(tests, "test t{n} {{ user \"{}\" {verb} {} on repository \"{}\" }}", &row[0], &row[1], &row[2]);
    }
    let (mut inputs, mut folders) = (Vec::new(), vec![folder.join("config")]);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == "yaml") => {
                    let text = std::fs::read_to_string(&path).ok()?;
                    inputs.push(roomkey::exchange::Input { path, text });
                }
                false => {}
            }
        }
    }
    let imported = roomkey::exchange::import(roomkey::exchange::Format::Peribolos, &inputs).ok()?;
    let files = imported.files.into_iter().map(|f| (f.name, f.text));
    Policy::from_texts(files.chain([("tests.rk".into(), format!("use github\n{tests}{invariants}"))])).ok()
}

/// Which invariants there are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Laws {
    None,
    Three,
}

const LAWS: &str = "invariant few { at most 200 can admin on repository \"*\" }
invariant robot { no user fejta-bot can admin on repository \"*\" in organization kubernetes }
invariant owned { at least 1 can admin on repository \"*\" in organization kubernetes }
";

#[divan::bench(args = [Laws::None, Laws::Three], sample_count = 3)]
fn mutants_of_kubernetes(bencher: Bencher, laws: Laws) {
    let Some(policy) = kubernetes(if laws == Laws::Three { LAWS } else { "" }) else { return println!("skipped: no data") };
    bencher.bench(|| policy.mutants(When { now: at(), now_only: false }, "", &|_, _| ()).expect("an answer").survived);
}

#[divan::bench(args = [Laws::None, Laws::Three], sample_count = 3)]
fn coverage_of_kubernetes(bencher: Bencher, laws: Laws) {
    let Some(policy) = kubernetes(if laws == Laws::Three { LAWS } else { "" }) else { return println!("skipped: no data") };
    bencher.bench(|| policy.coverage(When { now: at(), now_only: false }, "", &|_, _| ()).expect("an answer").len());
}
