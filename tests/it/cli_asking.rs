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
