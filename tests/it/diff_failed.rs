//! What a comparison says first: gates that are not met, in each format; and why there is nothing to compare.

use std::path::Path;

use serde_json::Value;

use crate::cli::{put, run};
use crate::diff_git::{ANN, EVE, history};

fn sides(folder: &Path, old: &str, new: &str) {
    put(folder, "old/p.rk", old.as_bytes());
    put(folder, "new/p.rk", new.as_bytes());
}

#[test]
fn gates_that_are_not_met_stand_first_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    sides(path, ANN, &EVE.replace("user eve", "user \"@<b>`eve\""));
    let told = |format: &str| {
        let told = run(path, &["diff", "old", "new", "--no-new-access", "--deny", "write", "--format", format], "");
        assert_eq!(told.code, Some(1), "{format}: {}", told.err);
        assert_eq!(told.err.matches(" is not met: user ").count(), 2, "{format}: {}", told.err);
        told.out
    };
    let markdown = told("markdown");
    let expected = "<!-- roomkey diff -->
## Who gains and who loses access

**❌ 2 gates are not met**

- `--no-new-access`: user `` \"@<b>`eve\" `` gains `write` on room `r`
  ➕ `` user \"@<b>`eve\" can write in room r `` <sub>`new/p.rk:2:29 in new`</sub>
- `--deny write`: user `` \"@<b>`eve\" `` gains `write` on room `r`
  ➕ `` user \"@<b>`eve\" can write in room r `` <sub>`new/p.rk:2:29 in new`</sub>

**1 user gains access, by 1 cause**
";
    assert!(markdown.starts_with(expected), "{markdown}");
    let html = told("html");
    assert!(html.find("2 gates are not met").expect("gates") < html.find("1 user gains access").expect("a sum"), "{html}");
    assert!(!html.contains("<b>"), "{html}");
    let github = told("github");
    let first = "::error file=new/p.rk,line=2,title=--no-new-access is not met::`--no-new-access` is not met: user \"@<b>`eve\" gains write";
    assert!(github.starts_with(first) && github.matches("::error ").count() == 2, "{github}");
    let sarif: Value = serde_json::from_str(&told("sarif")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!((&results[0]["ruleId"], &results[0]["level"]), (&"gate-not-met".into(), &"error".into()));
    assert_eq!(results.len(), 3);
    let json: Value = serde_json::from_str(&told("json")).expect("JSON");
    assert_eq!(json["failed"][1]["gate"], "--deny write");
    assert_eq!(json["failed"][1]["causes"][0], 0);
    assert!(json["failed"][1]["why"].as_str().is_some_and(|why| why.contains("gains write on room r")), "{json}");
}

#[test]
fn many_gates_that_are_not_met_leave_room_for_the_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let long = "n".repeat(240);
    let rooms: Vec<String> = (0..60).map(|i| format!("room {long}{i} {{ user eve can write }}\n")).collect();
    sides(path, "use liveblocks\n", &format!("use liveblocks\n{}", rooms.concat()));
    let gates: Vec<String> = (0..60).map(|i| format!("--deny=write@room:{long}{i}")).collect();
    let mut args = vec!["diff", "old", "new", "--format", "markdown"];
    args.extend(gates.iter().map(String::as_str));
    let told = run(path, &args, "");
    assert_eq!(told.code, Some(1), "{}", told.err);
    assert!(told.out.contains("**❌ 60 gates are not met**") && told.out.contains(" more gates\n"), "{}", told.out);
    assert!(told.out.contains("**1 user gains access"), "{}", told.out);
    assert!(told.out.len() <= 60_000, "{}", told.out.len());
}

#[test]
fn a_comment_says_why_there_is_nothing_to_compare() {
    const HEAD: &str = "<!-- roomkey diff -->\n## Who gains and who loses access\n\n**❌ Nothing could be compared: ";
    let broken = "use liveblocks\nroom r { group \"<b>@all`\" can read }\n";
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", broken)]]) else { return };
    let path = folder.path();
    let comment = |args: &[&str]| {
        let told = run(path, &[&["diff", "--format", "markdown"][..], args].concat(), "");
        assert_eq!(told.code, Some(2), "{args:?}: {}", told.err);
        assert!(told.out.starts_with(HEAD) && !told.err.is_empty(), "{args:?}: {}", told.out);
        told.out[HEAD.len()..].to_owned()
    };
    let new = comment(&["HEAD~1"]);
    assert!(
        new.starts_with("the policy has errors, so it decides nothing**\n\n- ``` p.rk:2:16: error[unknown-group]: "),
        "{new}"
    );
    let old = comment(&["HEAD", "HEAD~1"]);
    assert!(old.starts_with("the policy of `HEAD` has errors"), "{old}");
    assert!(old.contains("\n- ``` p.rk:2:16: error[unknown-group]: ") && old.contains("\n\n> compare with a revision"), "{old}");
    assert!(comment(&["nowhere"]).contains("is neither a file, a folder nor a revision"));
    assert!(comment(&["HEAD~1..HEAD~1", "--deny", "wriet"]).contains("neither side has a permission"));
    put(path, "roomkey.toml", b"[polcy]\n");
    assert!(comment(&["HEAD~1"]).contains("\n- `"));
    put(path, "roomkey.toml", b"");
    // Who mends one side shall not meet the errors of the other only then.
    put(path, "q.rk", b"use liveblocks\nroom s { group staff can read }\n");
    let both = comment(&["HEAD"]);
    assert!(both.contains("is named `<b>@all``") && both.contains("is named `staff`; declare it"), "{both}");
    let told = run(path, &["diff", "HEAD"], "");
    assert!(
        told.err.contains("the policy of `HEAD` has errors") && told.err.contains("the work tree` has errors"),
        "{}",
        told.err
    );
    std::fs::remove_file(path.join("q.rk")).expect("it was there");
    let many: String = (0..2_000).map(|i| format!("room r{i} {{ group {} can read }}\n", format!("g{i}").repeat(40))).collect();
    put(path, "p.rk", format!("use liveblocks\n{many}").as_bytes());
    let long = comment(&["HEAD~1"]);
    assert!(long.len() < 20_000 && long.contains("- …and "), "{}", long.len());
    let quiet = run(path, &["diff", "HEAD~1", "--format", "markdown", "-q"], "");
    assert!(quiet.code == Some(2) && quiet.out.ends_with(&long), "{}", quiet.out);
}

#[test]
fn no_format_takes_a_broken_policy_for_no_change() {
    let broken = "use liveblocks\nroom r { group \"<b>staff\" can read }\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old/p.rk", ANN.as_bytes());
    put(path, "new/p.rk", broken.as_bytes());
    let refused = |format: &str, sides: [&str; 2]| {
        let told = run(path, &["diff", sides[0], sides[1], "--format", format], "");
        assert_eq!(told.code, Some(2), "{format}: {}", told.err);
        assert!(!told.err.is_empty(), "{format}");
        told.out
    };
    for sides in [["old", "new"], ["new", "old"]] {
        let github = refused("github", sides);
        assert!(
            github.starts_with("::error title=Nothing could be compared::nothing could be compared: the policy "),
            "{github}"
        );
        assert!(
            github.contains("\n::error file=new/p.rk,line=2,col=16,title=unknown-group::no group is named `<b>staff`"),
            "{github}"
        );
        let sarif: Value = serde_json::from_str(&refused("sarif", sides)).expect("JSON");
        let run = &sarif["runs"][0];
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let places: Vec<&Value> = run["results"].as_array().expect("results").iter().map(|r| &r["locations"]).collect();
        assert_eq!(places.len(), 2);
        assert_eq!(places[1][0]["physicalLocation"]["region"]["startLine"], 2);
        let json: Value = serde_json::from_str(&refused("json", sides)).expect("JSON");
        assert!(json.get("changes").is_none() && json["refused"]["wrong"][0]["source"]["line"] == 2, "{json}");
        let html = refused("html", sides);
        assert!(html.contains("Nothing could be compared") && html.contains("&lt;b&gt;staff") && !html.contains("<b>"), "{html}");
    }
    // Of many, GitHub shows the first.
    let many: String = (0..30).map(|i| format!("room r{i} {{ group g{i} can read }}\n")).collect();
    put(path, "new/p.rk", format!("use liveblocks\n{many}").as_bytes());
    let github = refused("github", ["old", "new"]);
    assert_eq!((github.matches("::error ").count(), github.lines().count()), (10, 31), "{github}");
    // What is no policy at all.
    assert!(refused("github", ["old", "nowhere"]).starts_with("::error title=Nothing could be compared::"));
    assert_eq!(refused("text", ["old", "new"]), "");
}

#[test]
fn what_is_taken_away_stands_at_the_nearest_line_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let text = |rows: &[&str]| format!("use liveblocks\nroom r {{\n{}\n}}\n", rows.join("\n"));
    let long: Vec<String> = (0..20).map(|i| format!("  user u{i} can read")).collect();
    let mut rows: Vec<&str> = long.iter().map(String::as_str).collect();
    rows.extend(["  user eve cannot write", "  user eve can write"]);
    put(path, "old/p.rk", text(&rows).as_bytes());
    let place = |format: &str| run(path, &["diff", "old", "new", "--format", format], "").out;
    // Everything before it is gone as well.
    put(path, "new/p.rk", text(&["  user eve can write"]).as_bytes());
    let github = place("github");
    assert!(github.contains("::warning file=new/p.rk,line=3,title=- user eve cannot write in room r::"), "{github}");
    let sarif: Value = serde_json::from_str(&place("sarif")).expect("JSON");
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        let at = &result["locations"][0]["physicalLocation"];
        assert_eq!(at["artifactLocation"]["uri"], "new/p.rk", "{at}");
        assert!(at["region"]["startLine"].as_u64().is_some_and(|line| line <= 4), "{at}");
    }
    // Above it something is new.
    let mut more = vec!["  // One.", "  // Two."];
    more.extend(rows.iter().filter(|row| !row.contains("cannot")));
    put(path, "new/p.rk", text(&more).as_bytes());
    assert!(
        place("github").contains("::warning file=new/p.rk,line=25,title=- user eve cannot write in room r::"),
        "{}",
        place("github")
    );
    // A file that is gone has no line.
    put(path, "old/q.rk", b"room s { user ann can read }\n");
    let github = place("github");
    assert!(github.contains("::notice title=- room s is gone::"), "{github}");
}
