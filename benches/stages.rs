//! What each stage costs: parse, judge, compile, decide, on a generated policy of rooms.
#![allow(missing_docs)]

use std::fmt::Write;

use divan::Bencher;
use roomkey::{Analysis, FileId, Instant, Policy, Question, Settings, Source, Sources, syntax};

const ROOMS: &[usize] = &[100, 1_000, 10_000];

fn main() {
    divan::main();
}

/// Rooms with one default, two group and three user entries each.
fn text(rooms: usize) -> String {
    let mut text = String::from("use liveblocks\n");
    for g in 0..500 {
        let _ = writeln!(text, "group g{g} {{ user u{g} user u{} }}", g + 500);
    }
    for r in 0..rooms {
        let (g, h, u) = (r % 500, (r + 7) % 500, r % 10_000);
        let _ = writeln!(
            text,
            "room r{r} {{\n  default can *:read\n  group g{g} can *:write\n  group g{h} can *:read, comments:write"
        );
        let _ = writeln!(text, "  user u{u} can *:write\n  user v{u} can storage:write\n  user w{u} can nothing\n}}");
    }
    text
}

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(Source::new("rooms.rk", text));
    sources
}

#[divan::bench(args = ROOMS)]
fn parse(bencher: Bencher, rooms: usize) {
    let text = text(rooms);
    bencher.counter(divan::counter::BytesCount::of_str(&text)).bench(|| syntax::parse(FileId(0), &text).statements.len());
}

#[divan::bench(args = ROOMS)]
fn parse_and_bind(bencher: Bencher, rooms: usize) {
    let text = text(rooms);
    bencher.with_inputs(|| sources(&text)).bench_values(|s| Analysis::new(s, &Settings::default()).counts());
}

/// The entries of the same rooms as rows of CSV.
fn facts(rooms: usize) -> Sources {
    let mut policy = String::from("use liveblocks\nfacts accesses from \"accesses.csv\"\n");
    for g in 0..500 {
        let _ = writeln!(policy, "group g{g}");
    }
    let mut rows = String::from("kind,id,principal_kind,principal,verb,permissions\n");
    for r in 0..rooms {
        let (g, h, u) = (r % 500, (r + 7) % 500, r % 10_000);
        let _ = writeln!(rows, "room,r{r},default,,can,*:read\nroom,r{r},group,g{g},can,*:write");
        let _ = writeln!(rows, "room,r{r},group,g{h},can,\"*:read, comments:write\"\nroom,r{r},user,u{u},can,*:write");
        let _ = writeln!(rows, "room,r{r},user,v{u},can,storage:write\nroom,r{r},user,w{u},can,nothing");
    }
    let mut sources = sources(&policy);
    sources.add(Source::new("accesses.csv", rows));
    sources
}

#[divan::bench(args = [100, 1_000, 10_000, 100_000])]
fn bind_facts(bencher: Bencher, rooms: usize) {
    let count = divan::counter::ItemsCount::new(rooms * 6);
    bencher.counter(count).with_inputs(|| facts(rooms)).bench_values(|s| Analysis::new(s, &Settings::default()).counts());
}

/// About so many lines that speak of each other: nested groups, organizations with defaults, private rooms, patterns, roles and dates.
fn office(lines: usize) -> String {
    let mut text =
        String::from("use liveblocks\nrole reader { can read }\nrole editor includes reader { can write, comments:write }\n");
    let rooms = lines / 12;
    let organizations = rooms.div_ceil(100);
    for g in 0..rooms / 2 {
        // Ten deep at most, as many groups as there are.
        let parent = if g % 100 >= 10 { format!("  group g{}\n", g - 10) } else { String::new() };
        let _ = writeln!(text, "group g{g} {{\n  user u{g}\n  user u{}\n{parent}}}", g + 7);
    }
    for o in 0..organizations {
        let _ = writeln!(
            text,
            "organization o{o} {{\n  group g{} can *:read, comments:write\n  room \"o{o}-*\" {{ default can read }}\n}}",
            o % 50
        );
    }
    for r in 0..rooms {
        let (o, g, h) = (r / 100, r % (rooms / 2).max(1), (r * 31) % (rooms / 2).max(1));
        let _ = writeln!(
            text,
            "room \"o{o}-{r}\" in organization o{o} {{\n  default can nothing\n  group g{g} can *:write\n  user u{r} can read"
        );
        let _ = writeln!(text, "  group g{h} cannot storage:write\n  user v{r} can write until 2031-01-01\n}}");
        let _ = writeln!(text, "assign reader to group g{h} in room \"o{o}-{r}\"");
        if r % 3 == 0 {
            let _ = writeln!(text, "assign editor to user u{h} in organization o{o}");
        }
    }
    text
}

/// All rules on a policy that is parsed and bound; the cost per line has to stay flat.
#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 5)]
fn judge(bencher: Bencher, lines: usize) {
    let text = office(lines);
    let count = divan::counter::ItemsCount::new(text.lines().count());
    let options = roomkey::rules::Options::all(Instant::from_unix(1_800_000_000, 0));
    bencher.counter(count).with_inputs(|| Analysis::new(sources(&text), &Settings::default())).bench_values(|mut analysis| {
        assert!(analysis.judge(&options));
        analysis.findings.len()
    });
}

#[divan::bench(args = ROOMS)]
fn compile(bencher: Bencher, rooms: usize) {
    let text = text(rooms);
    bencher.with_inputs(|| Analysis::new(sources(&text), &Settings::default())).bench_values(|a| a.into_policy().is_ok());
}

#[divan::bench(args = ROOMS)]
fn decide(bencher: Bencher, rooms: usize) {
    let policy = Policy::from_texts([("rooms.rk".into(), text(rooms))]).expect("sound");
    let mut checker = policy.checker();
    let at = Instant::from_unix(1_800_000_000, 0);
    let question =
        |i: usize| Question::new(format!("u{}", i % 1000), "comments:write", &format!("room:r{}", (i * 31) % rooms)).at(at);
    let questions: Vec<Question> = (0..1024).map(question).collect();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % questions.len();
        checker.decision(&questions[next]).is_ok()
    });
}
