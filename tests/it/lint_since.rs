//! `lint --since REV`: findings about what changed, judged on the whole policy.

use std::path::Path;
use std::process::Command;

use crate::cli::{put, run};

fn git(folder: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
    command.args(args).output().is_ok_and(|output| output.status.success())
}

#[test]
fn only_findings_about_changed_statements_are_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(
        folder.path(),
        "policies/a.rk",
        b"use liveblocks\nroom a { default can raed }\nroom b { default can read }\nuser ann // roomkey: x\n",
    );
    put(folder.path(), "policies/b.rk", b"group staff\n");
    if !git(folder.path(), &["init", "-q"]) {
        return println!("skipped: there is no `git`");
    }
    assert!(git(folder.path(), &["add", "."]) && git(folder.path(), &["commit", "-q", "-m", "first"]));
    let lint = |rev: &str| run(folder.path(), &["lint", "policies", "--format", "concise", "--since", rev], "");
    let same = lint("HEAD");
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{same:?}");

    let moved =
        "// a line more\nuse liveblocks\nroom a {\n  default can raed\n}\nroom b { default can wirte }\nuser ann // roomkey: x\n";
    put(folder.path(), "policies/a.rk", moved.as_bytes());
    put(folder.path(), "policies/c.rk", b"group staff\n");
    let new = lint("HEAD");
    let places: Vec<&str> = new.out.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!((new.code, places), (Some(1), vec!["policies/a.rk:6:22", "policies/c.rk:1:7"]), "{new:?}");

    let unknown = lint("no-such-branch");
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""));
    assert!(unknown.err.contains("no revision of git is named `no-such-branch`"), "{unknown:?}");
    assert_eq!(lint("--help").code, Some(2));
}

/// A repository whose one commit has a manifest and a policy; none without `git`.
pub fn committed(manifest: &str, policy: &str) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    put(folder.path(), "a.rk", policy.as_bytes());
    if !git(folder.path(), &["init", "-q"]) {
        println!("skipped: there is no `git`");
        return None;
    }
    assert!(git(folder.path(), &["add", "."]) && git(folder.path(), &["commit", "-q", "-m", "first"]));
    Some(folder)
}

const APART: &str = "[lint]\nseparation-of-duty = [[\"approve\", \"pay\"]]\nadmin-count = { permission = \"pay\", max = 1 }\n";
const INVOICE: &str = "kind invoice { permissions approve, pay }\nrole payer { can pay }\ngroup payers { user bob }\n\
                       invoice i1 { user ann can approve  user ben can approve, pay  user ben cannot pay }\n\
                       assign payer to group payers in invoice i1\n";

#[test]
fn what_a_change_elsewhere_brings_about_is_new() {
    let Some(folder) = committed(APART, INVOICE) else { return };
    let lint = || run(folder.path(), &["lint", "--since", "HEAD", "--deny-warnings", "--format", "concise"], "");
    assert_eq!((lint().code, lint().out), (Some(0), String::new()));
    let changes = [
        // A statement more, a member more, and a prohibition less.
        (format!("{INVOICE}assign payer to user ann in invoice i1\n"), "ann"),
        (INVOICE.replace("{ user bob }", "{ user bob, user ann }"), "ann"),
        (INVOICE.replace("  user ben cannot pay", ""), "ben"),
    ];
    for (policy, who) in changes {
        put(folder.path(), "a.rk", policy.as_bytes());
        let out = lint();
        assert_eq!(out.code, Some(1), "{policy}\n{out:?}");
        for said in [
            format!("a.rk:4:1: warning[separation-of-duty]: user {who} holds both `approve` and `pay` on invoice i1"),
            "a.rk:4:1: warning[admin-count]: 2 users hold `pay` on invoice i1".to_owned(),
        ] {
            assert!(out.out.contains(&said), "{policy}\n{out:?}");
        }
    }
    // Known ones stay passed over when something else changes, and a new one shows.
    let both = format!("{INVOICE}assign payer to user ann in invoice i1\n");
    put(folder.path(), "a.rk", both.as_bytes());
    assert!(git(folder.path(), &["commit", "-q", "-a", "-m", "second"]));
    put(folder.path(), "a.rk", format!("{both}user zoe\n").as_bytes());
    assert_eq!(lint().out, "");
    put(folder.path(), "a.rk", both.replace("  user ben cannot pay", "").as_bytes());
    let out = lint();
    assert_eq!(out.out.matches("separation-of-duty]").count(), 1, "{out:?}");
    assert!(out.out.contains("user ben holds both") && out.out.contains("3 users hold `pay`"), "{out:?}");
}

#[test]
fn an_error_that_a_removed_line_brings_about_is_new() {
    let Some(folder) = committed("", "use liveblocks\ngroup staff { user ann }\nroom a { group staff can read }\n") else {
        return;
    };
    put(folder.path(), "a.rk", b"use liveblocks\nroom a { group staff can read }\n");
    let out = run(folder.path(), &["lint", "--since", "HEAD", "--format", "concise"], "");
    assert!(out.code == Some(1) && out.out.contains("error[unknown-group]"), "{out:?}");
}

#[test]
fn where_the_old_policy_has_errors_every_warning_is_new() {
    let Some(folder) = committed(APART, &INVOICE.replace("can pay }", "can paay }")) else { return };
    put(folder.path(), "a.rk", INVOICE.replace("  user ben cannot pay", "").as_bytes());
    let out = run(folder.path(), &["lint", "--since", "HEAD", "--format", "concise"], "");
    assert!(out.out.contains("separation-of-duty") && out.err.contains("could not be judged"), "{out:?}");
}

#[test]
fn who_is_in_no_repository_is_named_as_given() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"user ann\n");
    let out = run(folder.path(), &["lint", "--since", "HEAD", "a.rk"], "");
    assert!(out.code == Some(2) && out.err.contains("and `a.rk` is in no repository"), "{out:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_a_link_is_known_by_where_it_lies() {
    let Some(folder) = committed("", "use liveblocks\ngroup staff\nroom a { default can read }\n") else { return };
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    std::os::unix::fs::symlink("../a.rk", folder.path().join("sub/l.rk")).expect("a link");
    assert!(git(folder.path(), &["add", "."]) && git(folder.path(), &["commit", "-q", "-m", "second"]));
    let lint = |path: &str| run(folder.path(), &["lint", "--since", "HEAD", "--format", "concise", path], "").out;
    assert_eq!((lint("sub/l.rk"), lint("sub")), (String::new(), String::new()));
    assert!(run(folder.path(), &["lint", "sub/l.rk"], "").out.contains("unused-group"));
}

#[test]
fn what_a_revision_had_is_known_in_a_file_with_another_name() {
    let policy = "use liveblocks\norganization acme {\n  room a { default can read  user bob can read }\n  \
                  room b { default can read, room:presence:write }\n}\n";
    let Some(folder) = committed("", policy) else { return };
    let lint = |args: &[&str]| run(folder.path(), &[&["lint", "--deny-warnings", "--format", "concise"], args].concat(), "");
    assert_eq!(lint(&["--write-baseline", "known.json"]).code, Some(0));
    assert!(git(folder.path(), &["mv", "a.rk", "moved.rk"]));
    let quiet = |rev: &str| {
        let since = lint(&["--since", rev]);
        assert_eq!((since.code, since.out.as_str()), (Some(0), ""), "{since:?}");
        // A baseline has no texts that could show that it is the same file.
        let known = lint(&["--baseline", "known.json"]);
        assert!(known.code == Some(1) && known.out.lines().count() == 2, "{known:?}");
    };
    quiet("HEAD");
    assert!(git(folder.path(), &["commit", "-q", "-a", "-m", "second"]));
    quiet("HEAD~1");
    // What comes with the new name is new.
    let more = policy.replace("user bob can read", "user bob can read  user cyd can read");
    put(folder.path(), "moved.rk", more.as_bytes());
    let out = lint(&["--since", "HEAD~1"]);
    assert!(out.code == Some(1) && out.out.lines().count() == 1 && out.out.contains("entry of user cyd"), "{out:?}");
}
