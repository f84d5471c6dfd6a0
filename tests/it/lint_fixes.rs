//! What `--fix` leaves alone: comments and what they are meant for, and what it says of where it was.

use std::fs;

use crate::cli::{put, run};

/// What `--fix` makes of a policy, and what it prints.
fn fixed(policy: &str) -> (String, String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", policy.as_bytes());
    let run = run(folder.path(), &["lint", "--fix", "--format", "concise"], "");
    (fs::read_to_string(folder.path().join("a.rk")).expect("it is there"), run.out, run.err)
}

#[test]
fn a_comment_above_a_block_says_what_it_speaks_of_and_stays() {
    let allow = "// roomkey: allow retired-permission: old client";
    for policy in [
        format!("use liveblocks\n{allow}\nroom a {{ user bob can read, room:presence:write }}\n"),
        format!("use liveblocks\nroom a {{ {allow}\n  user bob can read, room:presence:write\n}}\n"),
        format!("use liveblocks\nroom a\n{allow}\nrole q {{ can read, room:presence:write }}\nassign q to user bob in room a\n"),
    ] {
        let (text, out, _) = fixed(&policy);
        assert_eq!(text, policy);
        let said = "warning[unused-allow]: this speaks of what stands before the `{`, and the finding of `retired-permission` \
                    is in the block; write it above the entry that is meant, or behind the `}`, where it speaks of the whole block";
        assert!(out.contains(said) && out.contains("warning[retired-permission]"), "{out}");
    }
    let behind = format!("use liveblocks\nroom a {{ user bob can read, room:presence:write }} {allow}\n");
    assert_eq!(fixed(&behind), (behind.clone(), String::new(), "0 findings mended\nno findings in 1 file\n".into()));
}

#[test]
fn a_comment_that_another_fix_makes_use_of_stays() {
    let policy = "use liveblocks\n// roomkey: allow unused-group: they come in spring\ngroup staff { user ann }\n\
                  room a {\n  default can read\n  group staff can read\n}\n";
    let (text, out, _) = fixed(policy);
    assert_eq!((text, out), (policy.replace("  group staff can read\n", ""), String::new()));
}

#[test]
fn a_doc_comment_stays_with_its_statement() {
    let policy = "use liveblocks\nrole reader { can read }\norganization acme { room payroll }\n\
                  assign reader to user ann in organization acme\n/// Payroll is closed to everybody but Ann.\n\
                  assign reader to user ann in room payroll\ngroup guests { user bob }\nroom lobby { group guests can read }\n";
    let (text, out, _) = fixed(policy);
    assert!(out.contains("redundant-assignment"), "{out}");
    assert_eq!(text, policy);
    let plain = policy.replace("///", "//");
    assert_eq!(fixed(&plain).0, plain.replace("assign reader to user ann in room payroll\n", ""));
}

#[test]
fn places_of_what_is_mended_are_those_of_the_file_that_was_there() {
    let policy = "use liveblocks\n// roomkey: allow duplicate-user: gone\nuser ann\nroom a {\n  default can\n    read,\n    \
                  room:presence:write\n  user ben can read // roomkey: allow unused-group: gone\n}\n";
    let (_, _, err) = fixed(policy);
    let said = "a.rk:7:5: warning[retired-permission]: take out `room:presence:write`\n\
                a.rk:2:1: warning[unused-allow]: take out the comment\n\
                a.rk:8:21: warning[unused-allow]: take out the comment\n";
    assert!(err.starts_with(said), "{err}");
}
