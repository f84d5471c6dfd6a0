//! What a folder of policies is, and what is said where an input or an output is not what it seems.

use std::fs;
use std::process::Command;

use crate::cli::{put, run};

const VOCABULARY: &str = include_str!("../../policies/github.rk");

#[test]
fn a_folder_with_policies_of_their_own_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["one", "two"] {
        put(folder.path(), &format!("all/{name}/main.rk"), b"group staff\nuser ann\n");
        put(folder.path(), &format!("all/{name}/roomkey.toml"), b"");
    }
    let several = run(folder.path(), &["lint", "all"], "");
    let said = "error: `all` holds several policies: `all/one`, `all/two` have a `roomkey.toml` each\n  help: name one of them, such as `-p all/one`;";
    assert!(several.code == Some(2) && several.err.starts_with(said), "{several:?}");
    assert_eq!(run(folder.path(), &["lint", "all/one", "-q"], "").code, Some(0));
    put(folder.path(), "all/roomkey.toml", b"[policy]\ninclude = [\"one/*.rk\"]\n");
    assert_eq!(run(folder.path(), &["lint", "all"], "").code, Some(0), "a manifest around them says what is in the policy");
}

#[test]
fn a_copy_of_a_vocabulary_speaks_for_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "github.rk", VOCABULARY.as_bytes());
    put(folder.path(), "main.rk", b"use github\norganization acme { repository api { default can read } }\n");
    let same = run(folder.path(), &["lint", ".", "--format", "concise"], "");
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{same:?}");
    put(folder.path(), "github.rk", VOCABULARY.replace("role triage", "role triager").as_bytes());
    let other = run(folder.path(), &["lint", ".", "--format", "concise"], "");
    let helped = |line: &str| line.ends_with("`use github` says so already: take this out, or give it another name");
    assert!(other.code == Some(1) && other.out.lines().all(helped), "{other:?}");
}

#[test]
fn a_difference_of_line_ends_is_seen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", "\u{feff}user ann\r\nuser ben\r\n".as_bytes());
    let out = run(folder.path(), &["fmt", "--check", "a.rk"], "");
    assert!(out.code == Some(1) && out.out.contains("\n-<U+FEFF>user ann␍\n-user ben␍\n+user ann\n+user ben\n"), "{out:?}");
}

#[test]
fn what_cannot_be_read_is_recognized_wherever_it_stands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let print = |bytes: &[u8]| {
        put(folder.path(), "a.rk", bytes);
        let out = run(folder.path(), &["lint", "a.rk", "--format", "gitlab"], "");
        let found: serde_json::Value = serde_json::from_str(&out.out).expect("a list");
        (found[0]["fingerprint"].clone(), found[0]["location"]["lines"]["begin"].clone())
    };
    let (first, moved) = (print(b"user ann\n// caf\xe9\n"), print(b"\nuser ann\n// or caf\xe9\n"));
    assert!(first.0 == moved.0 && first.1 != moved.1, "{first:?} {moved:?}");
}

#[test]
fn no_format_turns_the_direction_of_a_text() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(
        folder.path(),
        "a.rk",
        "use liveblocks\nroom r { group \"a\\u{202E}b\" can read  group \"x\u{202e}y\" can read }\n".as_bytes(),
    );
    for format in ["full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson"] {
        let out = run(folder.path(), &["lint", "a.rk", "--format", format], "");
        assert!(out.code == Some(1) && !out.out.contains('\u{202e}'), "{format}: {out:?}");
    }
}

#[test]
fn bounds_that_nothing_meets_are_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use github\norganization o { repository r { user ann can admin } }\n");
    let said = |bounds: &str| {
        put(folder.path(), "roomkey.toml", format!("[lint]\n{bounds}\n").as_bytes());
        let out = run(folder.path(), &["lint"], "");
        (out.code, out.err)
    };
    let (code, both) = said("admin-count = { permission = \"admin\", min = 5, max = 2 }");
    assert!(code == Some(2) && both.contains("no number of users is at least 5 and at most 2"), "{both}");
    assert!(both.contains("help: type `min = 2, max = 5`"), "{both}");
    let (code, none) = said("admin-count = { permission = \"admin\" }");
    let note = "note: `admin-count` in roomkey.toml counts nothing: add `min = 1`, `max = 3` or both\n";
    assert!(code == Some(0) && none.contains(note), "{none}");
    let (code, less) = said("expires-soon-days = -1");
    assert!(code == Some(2) && less.contains("help: type a whole number from 0 on, such as `7`"), "{less}");
    let (code, one) = said("separation-of-duty = [[\"admin\"]]");
    assert!(code == Some(2) && one.contains("here stand two, and not 1") && one.contains("help: type a pair, such as"), "{one}");
    put(folder.path(), "roomkey.toml", b"[lint]\nadmin-count = { permission = \"admin\", min = 2 }\n");
    let out = run(folder.path(), &["lint", "--format", "concise"], "");
    assert!(out.out.contains("1 user holds `admin` on repository r (ann)"), "{out:?}");
}

#[test]
fn a_group_that_never_had_members_has_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks\ngroup a { }\ngroup b { group a }\nroom r { group b can read }\n");
    let out = run(folder.path(), &["lint", "a.rk", "--format", "concise"], "");
    assert!(out.out.contains("group `b` has no members: the groups in it have none"), "{out:?}");
}

#[test]
fn an_output_that_is_a_folder_or_a_past_that_is_none_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"user ann\n");
    let out = run(folder.path(), &["lint", "a.rk", "--output", "json=."], "");
    assert_eq!((out.code, out.err.contains("cannot write `.`: it is a folder")), (Some(2), true), "{out:?}");
    let since = run(folder.path(), &["lint", "a.rk", "--since", "HEAD"], "");
    let help = "help: run it where the policy is in a repository, or leave `--since` out";
    assert!(
        since.code == Some(2) && since.err.contains("`--since` compares with a revision of git") && since.err.contains(help),
        "{since:?}"
    );
}

#[cfg(unix)]
#[test]
fn what_follows_an_output_to_stdout_does_not_write_over_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"user ann\nuser ann\n");
    let script =
        format!("{} lint a.rk -q --format concise --output json=/dev/stdout; echo behind", env!("CARGO_BIN_EXE_roomkey"));
    let out = fs::File::create(folder.path().join("out")).expect("a file");
    let status = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).stdout(out).status().expect("`sh` is there");
    let text = fs::read_to_string(folder.path().join("out")).expect("the output");
    assert!(status.success() && text.starts_with("a.rk:2:6: ") && text.ends_with("\"infos\":0}\nbehind\n"), "{text}");
}

#[test]
fn a_label_far_to_the_right_stays_on_the_screen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let group = format!("group staff {{ user {} user x user x }}", "a".repeat(31));
    put(folder.path(), "a.rk", format!("{group}\n").as_bytes());
    let out = run(folder.path(), &["lint", "a.rk"], "");
    let wide = out.out.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "{}", out.out);
}
