//! What a comparison costs: by the size of the policy where ten statements differ, by the size of the change, by who names
//! sets of groups, and for each commit of a history.
#![allow(missing_docs)]

use std::fmt::Write;

use divan::Bencher;
use roomkey::facts::{FactFiles, InMemory};
use roomkey::query::diff::{Side, diff};
use roomkey::{Analysis, Instant, Policy, Settings, Source, Sources, Table};

fn main() {
    divan::main();
}

/// Rooms of organizations with one default, two group and three user entries each; in `changed` of them a group has more.
fn text(entries: usize, changed: usize) -> String {
    let rooms = entries / 6;
    let mut text = String::from("use liveblocks\n");
    for g in 0..500 {
        let _ = writeln!(text, "group g{g} {{");
        for i in 0..60 {
            let _ = writeln!(text, "  user u{}", (g * 17 + i * 167) % 10_000);
        }
        text.push_str("}\n");
    }
    for r in 0..rooms {
        if r % 1_000 == 0 {
            let _ = writeln!(text, "{}organization o{} {{\n  default can read", if r > 0 { "}\n" } else { "" }, r / 1_000);
        }
        let (g, h, u) = (r % 500, (r * 7 + 3) % 500, r % 10_000);
        let more = if r % (rooms / changed.max(1)).max(1) == 0 && r / (rooms / changed.max(1)).max(1) < changed {
            "write"
        } else {
            "read"
        };
        let _ = writeln!(
            text,
            "room r{r} {{\n  default can nothing\n  group g{g} can *:{more}\n  group g{} can *:read, comments:write",
            if h == g { (h + 1) % 500 } else { h }
        );
        let _ = writeln!(text, "  user u{u} can *:write\n  user v{u} can *:read, storage:write\n  user w{u} can nothing\n}}");
    }
    text.push_str("}\n");
    text
}

fn table(entries: usize, changed: usize) -> Table {
    Policy::from_texts([("rooms.rk".into(), text(entries, changed))]).expect("sound").into_table()
}

/// Both sides from their texts: what they share is read once.
#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 3)]
fn ten_statements_by_entries_from_text(bencher: Bencher, entries: usize) {
    let texts = [text(entries, 0), text(entries, 10)];
    let at = Instant::from_unix(1_800_000_000, 0);
    bencher.bench(|| {
        let settings = Settings::default();
        let sides = [0, 1].map(|i: usize| {
            let mut sources = Sources::default();
            sources.add(Source::new("rooms.rk", texts[i].clone()));
            let facts: &dyn FactFiles = &InMemory;
            (sources, &settings, facts)
        });
        let policies = Analysis::both(sides).map(|analysis| analysis.into_policy().expect("sound"));
        let [old, new] = policies.each_ref().map(|p| Side { table: p.table(), from: Some((p.model(), p.sources())) });
        let found = diff(old, new, at).expect("sound tables");
        assert_eq!(found.causes.len(), 10);
        found.changes.len()
    });
}

fn compare(bencher: Bencher, entries: usize, changed: usize) {
    let (old, new) = (table(entries, 0), table(entries, changed));
    let at = Instant::from_unix(1_800_000_000, 0);
    bencher.bench(|| {
        let found = diff(Side { table: &old, from: None }, Side { table: &new, from: None }, at).expect("sound tables");
        assert_eq!(found.causes.len(), changed);
        found.changes.len()
    });
}

#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 5)]
fn ten_statements_by_entries(bencher: Bencher, entries: usize) {
    compare(bencher, entries, 10);
}

#[divan::bench(args = [1, 10, 100, 1_000, 10_000], sample_count = 5)]
fn statements_of_100_000_entries(bencher: Bencher, changed: usize) {
    compare(bencher, 100_000, changed);
}

/// Users with ends of their own, and rooms that say nothing: everyone is asked at their own times alone.
#[divan::bench(args = [10, 100, 1_000], sample_count = 5)]
fn users_with_ends_in_100_rooms(bencher: Bencher, users: usize) {
    let table = |default: &str| {
        let mut text = format!("use liveblocks\norganization o {{\n  default can {default}\n");
        for u in 0..users {
            let _ = writeln!(text, "  user u{u} can read until 2040-01-01T{:02}:{:02}:00Z", u / 60 % 24, u % 60);
        }
        text.extend((0..100).map(|r| format!("  room r{r}\n")));
        text.push_str("}\n");
        Policy::from_texts([("rooms.rk".into(), text)]).expect("sound").into_table()
    };
    let (old, new) = (table("nothing"), table("write"));
    let at = Instant::from_unix(1_800_000_000, 0);
    bencher.bench(|| {
        diff(Side { table: &old, from: None }, Side { table: &new, from: None }, at).expect("sound tables").changes.len()
    });
}

/// Groups that all say something else in one room: sets of them are asked.
#[divan::bench(args = [4, 8, 16], sample_count = 5)]
fn sets_of_groups(bencher: Bencher, groups: usize) {
    let table = |more: &str| {
        let mut text = String::from("use liveblocks\n");
        text.extend((0..groups).map(|g| format!("group g{g}\n")));
        text.push_str("room r {\n");
        for g in 0..groups {
            let level = |n: usize| ["none", "read", "write"][n % 3];
            let _ =
                writeln!(text, "group g{g} can read, storage:{}, feeds:{}, comments:{}", level(g), level(g / 3), level(g / 9));
        }
        let _ = writeln!(text, "{more} }}");
        Policy::from_texts([("room.rk".into(), text)]).expect("sound").into_table()
    };
    let (old, new) = (table("user ann cannot write"), table(""));
    let at = Instant::from_unix(1_800_000_000, 0);
    bencher.bench(|| {
        diff(Side { table: &old, from: None }, Side { table: &new, from: None }, at).expect("sound tables").changes.len()
    });
}

/// `roomkey log` over a history, as it is typed; without `git` there is none.
#[divan::bench(args = [10, 100], sample_count = 5)]
fn log_of_commits(bencher: Bencher, commits: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(folder.path()).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]).args(args);
        command.output().is_ok_and(|o| o.status.success())
    };
    if !git(&["init", "-q"]) {
        return println!("skipped: no `git`");
    }
    for commit in 0..commits {
        let mut text = String::from("use liveblocks\norganization o {\n");
        for r in 0..500 {
            let level = if commit * 7 % 500 >= r { "write" } else { "read" };
            let _ = writeln!(text, "  room r{r} {{ default can nothing  user u{r} can {level} }}");
        }
        text.push_str("}\n");
        std::fs::write(folder.path().join("rooms.rk"), text).expect("written");
        assert!(git(&["add", "-A"]) && git(&["commit", "-q", "-m", "a commit"]));
    }
    bencher.bench(|| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_roomkey"));
        let output = command.current_dir(folder.path()).args(["log", "--format", "json"]).output().expect("roomkey runs");
        assert!(output.status.success());
        output.stdout.len()
    });
}
