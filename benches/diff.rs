//! What a comparison costs: by the size of the policy where ten statements differ, and by the size of the change.
#![allow(missing_docs)]

use std::fmt::Write;

use divan::Bencher;
use roomkey::query::diff::{Side, diff};
use roomkey::{Instant, Policy, Table};

fn main() {
    divan::main();
}

/// Rooms of organizations with one default, two group and three user entries each; in `changed` of them a group has more.
fn table(entries: usize, changed: usize) -> Table {
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
    Policy::from_texts([("rooms.rk".into(), text)]).expect("sound").into_table()
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
