//! What explanations and failing tests tell: who, by which memberships, and what was not looked at.

use serde_json::Value;

use crate::cli::{expect, put, run};

fn folder(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", policy.as_bytes());
    folder
}

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}\n{out}"))
}

#[test]
fn a_user_whom_the_policy_does_not_name_can_what_a_stranger_can() {
    let policy = "use liveblocks\nroom plan { default can *:read }\ninvariant \"zed out\" { no user zed can read on room plan }\n\
                  invariant fine { no user zed can write on room plan }\n";
    let tried = run(folder(policy).path(), &["test"], "");
    let said = "FAIL  invariant \"zed out\"     p.rk:3:23\n  expected  no user zed can read on room plan\n  \
                but user zed can read on room plan\n    because default can *:read     p.rk:2:13\n1 passed, 1 failed\n";
    expect(&tried, 1, said, "");
    // A group that a stranger names is not the user's own.
    let group = "use liveblocks\ngroup guests\nroom plan { group guests can read }\n\
                 invariant \"zed out\" { no user zed can read on room plan }\n";
    expect(&run(folder(group).path(), &["test"], ""), 0, "1 passed, 0 failed\n", "");
    // Without the statement that names the user, the line fails, and so it is noticed.
    let named = "use liveblocks\nroom plan { default can *:read  user zed cannot * }\n\
                 invariant \"zed out\" { no user zed can read on room plan }\ntest t { user ann can read on room plan }\n";
    let tried = run(folder(named).path(), &["test", "--coverage"], "");
    expect(&tried, 0, "2 passed, 0 failed\ncoverage 100%: 2 of 2 statements noticed if lost\n", "");
}

#[test]
fn a_compiled_policy_says_that_it_does_not_know_its_members() {
    let folder = folder("use liveblocks\norganization acme { member user ann  room plan { default can read } }\n");
    run(folder.path(), &["build", "-o", "p.rkb"], "");
    let ask = |more: &[&str]| run(folder.path(), &[&["explain", "ann", "read", "room:plan"], more].concat(), "").out;
    let text = ask(&["-p", "p.rkb"]);
    assert!(text.contains("\n  who its members are is known only with the text of the policy\n"), "{text}");
    assert!(!text.contains("no member is the user"), "{text}");
    let gate = |out: &str| json(out)["gate"].clone();
    let (compiled, read) = (gate(&ask(&["-p", "p.rkb", "--format", "json"])), gate(&ask(&["--format", "json"])));
    assert!(compiled["members"].is_null() && compiled["membership"].is_null(), "{compiled}");
    assert_eq!(read["members"][0]["statement"], "member user ann", "{read}");
}

const ENDED: &str = "use liveblocks
group staff { user bob  group temps until 2030-01-01 }
group temps { user ann }
organization acme {
  member group staff
  room plan { default can read  group staff cannot read }
  room hall { default can read  group staff can write }
}
";

#[test]
fn a_membership_that_has_ended_is_shown_and_tried_with_all_that_it_brings() {
    let folder = folder(ENDED);
    let ask = |what: &[&str]| run(folder.path(), &[&["explain", "ann"], what, &["--at", "2031-01-01"]].concat(), "").out;
    let plan = ask(&["read", "room:plan"]);
    assert!(!plan.contains("would have allowed it"), "{plan}");
    let door = "  member group staff  of a group the user is no longer in  p.rk:5:16\n    \
                group temps until 2030-01-01 in group staff  p.rk:2:31\n";
    assert!(plan.contains(door), "{plan}");
    let hall = ask(&["write", "room:hall"]);
    assert!(hall.contains("\nwhat would have allowed it\n  member group staff on organization acme\n"), "{hall}");
    let read = ask(&["read", "room:hall"]);
    let would = read.split_once("\nwhat would have allowed it\n").map_or("", |(_, rest)| rest);
    assert!(would.starts_with("  member group staff on organization acme\n"), "{read}");
    assert!(would.contains("    group temps until 2030-01-01 in group staff  p.rk:2:31\n"), "{read}");
    let told = json(&ask(&["read", "room:hall", "--format", "json"]));
    let ended = &told["gate"]["members"][0]["ended"][0];
    assert_eq!(ended["member"], "group temps until 2030-01-01", "{told}");
    assert_eq!((&ended["group"], &ended["source"]["line"]), (&"staff".into(), &2.into()), "{told}");
}

#[test]
fn a_membership_that_has_ended_is_shown_at_an_entry_too() {
    let policy = "use liveblocks\ngroup design { user ben until 2030-06-30 }\ngroup all { group design }\n\
                  room plan { group all can read  group design cannot write }\nroom hall { group all can write  group design cannot * }\n";
    let folder = folder(policy);
    let ask = |what: &[&str]| run(folder.path(), &[&["explain", "ben"], what, &["--at", "2031-01-01"]].concat(), "").out;
    let plan = ask(&["read", "room:plan"]);
    let told = "    group all can read  of a group the user is no longer in  p.rk:4:13\n      \
                user ben until 2030-06-30 in group design  p.rk:2:21\n";
    assert!(plan.contains(told) && plan.contains("\nwhat would have allowed it\n  group all can read on room plan\n"), "{plan}");
    // Who is in `design` again is in `all` only with the prohibition.
    let hall = ask(&["write", "room:hall"]);
    assert!(!hall.contains("would have allowed it"), "{hall}");
}

#[test]
fn who_was_a_member_of_the_organization_comes_in_again_with_a_group() {
    let policy = "use liveblocks\norganization acme { member user ann until 2030-01-01  room plan { default can read } }\n";
    let folder = folder(policy);
    let out = run(folder.path(), &["explain", "ann", "read", "room:plan", "--at", "2031-01-01", "--suggest"], "").out;
    let (_, suggestion) = out.split_once("\nthis would allow it\n").unwrap_or_else(|| panic!("{out}"));
    let lines = "  group acme-members { user ann }\n  organization acme { member group acme-members }\n";
    assert!(suggestion.starts_with(lines), "{out}");
    let text: String = lines.lines().map(|l| format!("{}\n", l.trim_start())).collect();
    put(folder.path(), "more.rk", text.as_bytes());
    assert_eq!(run(folder.path(), &["check", "ann", "read", "room:plan", "--at", "2031-01-01"], "").code, Some(0));
}

#[test]
fn too_many_are_named_each_with_the_reason() {
    let policy = "use liveblocks\ngroup staff { user ann  user cleo }\nroom plan { group staff can read  user dan can read }\n\
                  invariant few { at most LIMIT can read on room plan }\n";
    let tried =
        |limit: &str, more: &[&str]| run(folder(&policy.replace("LIMIT", limit)).path(), &[&["test"], more].concat(), "").out;
    let said = |out: &str| out.lines().skip(2).map(|l| l.trim_start().to_owned()).collect::<Vec<_>>();
    let two = said(&tried("2", &[]));
    assert_eq!(two[0], "but 3 users can read on room plan");
    let mut named = two[1..4].to_vec();
    named.sort();
    let reasons = [
        "user ann because group staff can read     p.rk:3:13",
        "user cleo because group staff can read     p.rk:3:13",
        "user dan because user dan can read     p.rk:3:35",
    ];
    assert_eq!(named, reasons);
    assert_eq!(two[4], "0 passed, 1 failed");
    let none = said(&tried("0", &[]));
    assert!(none[1].starts_with("user ") && none[1].contains(" because ") && none[2] == "and 2 more", "{none:?}");
    let detail = json(&tried("1", &["--format", "json"]))["failures"][0]["detail"].clone();
    assert_eq!(detail["some"].as_array().map(Vec::len), Some(2), "{detail}");
    assert_eq!(detail["reasons"].as_array().map(Vec::len), Some(2), "{detail}");
    assert!(detail["reasons"][0]["source"]["line"] == 3, "{detail}");
}

#[test]
fn what_is_not_measured_where_a_test_fails_is_said() {
    let policy = "use liveblocks\nroom plan { default can read }\ntest t { user ann cannot read on room plan }\n";
    let folder = folder(policy);
    put(folder.path(), "old.info", b"old");
    let all = ["test", "--coverage", "--mutate", "--output", "lcov=new.info", "--output", "lcov=old.info"];
    let said = "note: coverage and mutants are measured where all tests hold\nnote: `new.info` was not written\n\
                note: `old.info` was not written; what it holds is of an earlier run\n";
    let tried = run(folder.path(), &all, "");
    assert_eq!((tried.code, tried.err.as_str()), (Some(1), said));
    let one = run(folder.path(), &["test", "--coverage", "--min-coverage", "50"], "");
    assert_eq!((one.code, one.err.as_str()), (Some(1), "note: coverage is measured where all tests hold\n"));
    assert_eq!(run(folder.path(), &["test"], "").err, "");
}

#[test]
fn a_missing_test_of_what_ends_names_its_time() {
    let policy = "use liveblocks\nroom plan { default can nothing  user ann can read until 2030-01-01 }\n\
                  test t { user zed cannot read on room plan }\n";
    let folder = folder(policy);
    let tried = run(folder.path(), &["test", "--mutate", "--at", "2029-01-01"], "").out;
    let line = tried.lines().find(|l| l.contains("{ user ann can read")).unwrap_or_else(|| panic!("{tried}")).trim().to_owned();
    assert!(line.contains(" on room plan at 2029-01-01"), "{line}");
    put(folder.path(), "more.rk", line.as_bytes());
    assert_eq!(run(folder.path(), &["test", "--at", "2035-01-01"], "").code, Some(0), "{line}");
}

#[test]
fn what_is_typed_is_printed_as_it_is_typed() {
    let policy =
        "use liveblocks\ngroup a { user ann }\nroom plan { group a can read }\ninvariant i { no one can * on room plan }\n";
    let folder = folder(policy);
    let who = run(folder.path(), &["who", "read", "room:plan", "--group", "a", "--group", "a"], "").out;
    assert!(who.contains("signed in with group a\n"), "{who}");
    let tried = run(folder.path(), &["test"], "").out;
    assert!(tried.contains("\n  expected  no one can * on room plan\n"), "{tried}");
}
