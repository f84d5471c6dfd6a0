//! Notes of a comparison: what the change is as a whole stands first, and `log` has it, too.

use crate::cli::{put, run};
use crate::diff_cli::git;
use crate::diff_git::{ANN, history};

/// A group, and what it can do in many rooms.
fn group(name: &str) -> String {
    let rooms: String = (0..9).map(|i| format!("room r{i} {{ group {name} can write }}\n")).collect();
    format!("use liveblocks\ngroup {name} {{ user ann, user bob }}\n{rooms}")
}

#[test]
fn what_the_change_is_as_a_whole_stands_below_the_first_line() {
    let Some(folder) = history(&[&[("p.rk", &group("staff"))], &[("p.rk", &group("crew"))]]) else { return };
    let path = folder.path();
    let note = "group staff is named crew now, with the same members and statements";
    let told = run(path, &["diff", "HEAD~1..HEAD"], "");
    assert_eq!(told.out.lines().nth(1), Some(&*format!("note: {note}")), "{}", told.out);
    for format in ["markdown", "html"] {
        let told = run(path, &["diff", "HEAD~1..HEAD", "--format", format], "");
        assert!(told.out.find(note).expect("a note") < told.out.find("group crew can write").expect("a cause"), "{}", told.out);
    }
    // Those about gates stand last.
    put(path, "roomkey.toml", b"[diff]\ndeny = [\"write@room:q*\"]\n");
    put(path, "p.rk", group("staff").as_bytes());
    let told = run(path, &["diff", "HEAD"], "");
    assert_eq!(told.out.lines().nth(1), Some("note: group crew is named staff now, with the same members and statements"));
    let last = "\nnote: `--deny write@room:q*` guards nothing: it matches no room of either side\n";
    assert!(told.out.ends_with(last), "{}", told.out);
    assert!(git(path, &["checkout", "-q", "p.rk"]) && git(path, &["clean", "-qf"]));
    let told = run(path, &["log"], "");
    assert!(told.out.contains(&format!(" by 18 causes\n    note: {note}\n\n  + ")), "{}", told.out);
    // A policy that is gone.
    assert!(git(path, &["rm", "-q", "p.rk"]));
    let told = run(path, &["diff", "HEAD"], "");
    assert!(told.out.lines().nth(1).is_some_and(|line| line.starts_with("note: there is no policy in ")), "{}", told.out);
    assert!(told.out.lines().nth(1).is_some_and(|line| line.ends_with(": everything is gone")), "{}", told.out);
}

#[test]
fn log_says_where_it_stops_and_what_is_a_path() {
    let steps: Vec<String> = ["a", "b", "c", "d"].iter().map(|user| ANN.replace("ann", user)).collect();
    let steps: Vec<[(&str, &str); 1]> = steps.iter().map(|text| [("pol/p.rk", text.as_str())]).collect();
    let steps: Vec<&[(&str, &str)]> = steps.iter().map(|files| &files[..]).collect();
    let Some(folder) = history(&steps) else { return };
    let path = folder.path();
    for (args, says) in [
        (&["-n", "1"][..], "1 commit, which changed access; `-n 1` stops there, and older commits follow\n"),
        (&["-n", "3"], "3 commits, 3 of them changed access; `-n 3` stops there, and older commits follow\n"),
        (&["-n", "1", "--since", "HEAD~2"], "1 commit, which changed access; `-n 1` stops there, and older commits follow\n"),
        (&["-n", "4"], "4 commits, 4 of them changed access\n"),
        (&["-n", "2", "--since", "HEAD~2"], "2 commits, 2 of them changed access\n"),
        (&["-n", "9"], "4 commits, 4 of them changed access\n"),
    ] {
        let told = run(path, &[&["log", "-p", "pol"][..], args].concat(), "");
        assert!(told.err.ends_with(says), "{args:?}: {}", told.err);
    }
    let told = run(path, &["log", "pol"], "");
    assert_eq!(told.code, Some(2), "{}", told.err);
    assert!(told.err.contains("`pol` is a path here and no revision, and `log` begins at a revision"), "{}", told.err);
    assert!(told.err.contains("type `roomkey log --policy pol`"), "{}", told.err);
}
