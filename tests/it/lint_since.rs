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
