//! `who`, `what`, `matrix`, `explain` and `test` as a user types them: notes, quiet runs, cells of CSV.

use crate::cli::{expect, put, run};

const POLICY: &str = "use liveblocks
group staff { user ann }
group guests
organization acme { room plan { group staff can *:read  user \"=ben\" can write  user \"'eve\" can write } }
room \"+1\" { default can read }
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", POLICY.as_bytes());
    folder
}

#[test]
fn the_answer_is_printed_and_quiet_runs_leave_out_notes() {
    let folder = folder();
    let commands: [&[&str]; 5] = [
        &["who", "read", "room:plan", "--group", "staf"],
        &["what", "an", "--group", "guest", "--organization", "acm"],
        &["matrix", "--user", "an"],
        &["explain", "an", "read", "room:plan"],
        &["graph", "--format", "dot"],
    ];
    let notes = [
        "note: no group is named `staf`, so it has no effect; did you mean `staff`?\n3 users\n",
        "note: no group is named `guest`, so it has no effect; did you mean `guests`?\n\
         note: no organization `acm` is declared; did you mean `acme`?\n\
         note: the policy does not name user an; did you mean `ann`?\n",
        "note: the policy does not name user an; did you mean `ann`?\n",
        "",
        "",
    ];
    for (command, notes) in commands.iter().zip(notes) {
        let loud = run(folder.path(), command, "");
        assert_eq!(loud.err, notes, "{command:?}");
        let quiet = run(folder.path(), &[*command, &["-q"]].concat(), "");
        assert!(!loud.out.is_empty(), "{command:?}");
        assert_eq!((quiet.code, quiet.out, quiet.err.as_str()), (loud.code, loud.out, ""), "{command:?}");
    }
}

#[test]
fn no_cell_of_csv_is_a_formula_and_each_can_be_read_back() {
    let folder = folder();
    let who = run(folder.path(), &["who", "write", "room:plan", "--format", "csv"], "");
    let what = run(folder.path(), &["what", "zoe", "--format", "csv"], "");
    let matrix = run(folder.path(), &["matrix", "--format", "csv"], "");
    let mut seen = Vec::new();
    for out in [&who.out, &what.out, &matrix.out] {
        for record in csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes()).into_records() {
            let record = record.expect("CSV");
            for cell in &record {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{out}");
                seen.extend(cell.strip_prefix('\'').map(str::to_owned));
            }
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["'eve", "+1", "=ben"]);
}

#[test]
fn a_policy_that_is_named_twice_is_refused() {
    let folder = folder();
    for command in ["test", "lint"] {
        let twice = run(folder.path(), &[command, "p.rk", "-p", "other.rk"], "");
        let said = "error: the policy is named twice: `--policy other.rk` and `p.rk`\n  help: leave one of them out\n";
        expect(&twice, 2, "", said);
    }
}

#[test]
fn the_same_question_is_known_however_it_is_written() {
    let folder = folder();
    let tests = "test a {\n  user ann can read on room plan\n  user ann cannot *:read on room plan\n  \
                 user ann with group guests, group staff cannot room:read on room plan\n  \
                 user ann with group staff, group guests, organization acme can read on room plan\n}\n";
    put(folder.path(), "t.rk", tests.as_bytes());
    let tried = run(folder.path(), &["test", "--format", "json"], "");
    let tried: serde_json::Value = serde_json::from_str(&tried.out).expect("JSON");
    let lines: Vec<(&str, u64)> = tried["failures"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| (f["detail"]["kind"].as_str().unwrap_or(""), f["source"]["line"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(lines, [("contradiction", 3), ("answer", 4), ("contradiction", 5)]);
    let quiet = run(folder.path(), &["test", "-q"], "");
    assert!(quiet.out.starts_with("FAIL  test a ") && !quiet.out.contains("passed"), "{}", quiet.out);
}

#[test]
fn coverage_of_some_tests_counts_those_alone() {
    let folder = folder();
    let tests = "test ann { user ann can read on room plan }\ntest eve { user \"'eve\" can write on room plan }\n";
    put(folder.path(), "t.rk", tests.as_bytes());
    let noticed = |filter: &[&str]| {
        let tried = run(folder.path(), &[&["test", "--coverage", "--mutate", "--format", "json"], filter].concat(), "");
        let tried: serde_json::Value = serde_json::from_str(&tried.out).expect("JSON");
        (tried["passed"].as_u64(), tried["coverage"]["noticed"].as_u64(), tried["mutants"]["killed"].as_u64())
    };
    let (all, one) = (noticed(&[]), noticed(&["--filter", "ann"]));
    assert_eq!((all.0, one.0, all.1, one.1), (Some(2), Some(1), Some(3), Some(2)), "{all:?} {one:?}");
    assert!(one.2 < all.2, "{all:?} {one:?}");
}

const EXPLAINED: &str = "use liveblocks
kind folder in organization, folder
kind room in folder
role editor includes writer { can read on room }
role writer { can write on room }
group staff { group design }
group design { user ann }
group guests
group \"a group whose name is so long that no line of eighty columns has room for it and more\" { user ben }
organization acme {
  member group staff, user eve until 2025-01-01
  folder outer { folder inner { room plan {
    group \"a group whose name is so long that no line of eighty columns has room for it and more\" can *:read, comments:write
    user ann cannot feeds:write
    group guests can read
    group guests cannot *
  } } }
}
assign editor to user ann in folder outer
organization other { room open { group guests can read } }
";

#[test]
fn an_explanation_shows_every_way_within_eighty_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", EXPLAINED.as_bytes());
    let explain = |args: &[&str]| run(folder.path(), &[&["explain"], args, &["--at", "2026-01-01"]].concat(), "").out;
    let ann = explain(&["ann", "feeds:read", "room:plan"]);
    let lines = [
        "the door of organization acme, which only its members pass",
        "  member group staff  lets in  p.rk:11:16",
        "  group design is in group staff  p.rk:6:21",
        "  room plan is in folder inner  p.rk:12:33",
        "  folder inner is in folder outer  p.rk:12:18",
        "  role editor includes role writer  p.rk:4:22",
        "    user ann cannot feeds:write  takes nothing of it  p.rk:14:5",
        "without this alone it would be denied",
    ];
    // The list of the role itself gives reading, the one that it includes more.
    let write = explain(&["ann", "comments:write", "room:plan"]);
    for line in lines {
        assert!(ann.lines().chain(write.lines()).any(|l| l == line), "{line}\n{ann}\n{write}");
    }
    let eve = explain(&["eve", "read", "room:plan"]);
    assert!(eve.contains("  member user eve until 2025-01-01  has ended  p.rk:11:28"), "{eve}");
    let zoe = explain(&["zoe", "read", "room:open"]);
    assert!(zoe.contains("  group guests can read on room open\n      the user is not in group guests"), "{zoe}");
    // Who is in that group has the prohibition with what it gives.
    let dan = explain(&["ann", "comments:write", "room:plan", "--group", "guests"]);
    assert!(!dan.contains("would have allowed it"), "{dan}");
    let long = explain(&["ben", "comments:write", "room:plan", "--group", "staff", "--suggest"]);
    for line in [&ann, &write, &eve, &zoe, &dan, &long].iter().flat_map(|out| out.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_suggestion_takes_what_is_there_and_says_what_it_changes_for_everyone() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = "use liveblocks
group staff { user ann }
role reader { can read on room }
role writer { can write on room }
room plan { user ben can read  group staff can write }
room other { user ben can read  default can write }
assign reader to everyone everywhere
";
    put(folder.path(), "p.rk", policy.as_bytes());
    let suggest = |args: &[&str]| {
        let out = run(folder.path(), &[&["explain"], args, &["--suggest"]].concat(), "").out;
        out.split_once("\nthis would allow it\n").map_or(out.clone(), |(_, rest)| rest.to_owned())
    };
    let (role, nothing) = ("  assign writer to user ben in room plan\n", "  and opens nothing else\n");
    assert_eq!(suggest(&["ben", "write", "room:plan"]), format!("{role}{nothing}"));
    // Once the room is there, the assignment gives it to zoe as well.
    let everyone = "  room new { user zoe can read }\n  and opens besides\n    everyone who can sign in gains read on room new\n";
    assert_eq!(suggest(&["zoe", "read", "room:new"]), everyone);
    let other = policy.replace("role writer { can write on room }\n", "").replace("staff can write", "staff can storage:write");
    put(folder.path(), "p.rk", other.as_bytes());
    let group = "  group staff { user ben }\n    a member more in the group that p.rk:2:7 declares\n  and opens nothing else\n";
    assert_eq!(suggest(&["ben", "storage:write", "room:plan"]), group);
}
