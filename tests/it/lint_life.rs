//! Living with findings: fixes, what is allowed by a comment, and what is known already.

use std::fs;
use std::path::Path;

use crate::cli::{expect, put, run};

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", text.as_bytes());
    folder
}

fn text(folder: &Path) -> String {
    fs::read_to_string(folder.join("a.rk")).expect("the file is there")
}

fn lint(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let run = run(folder, &[&["lint", "--format", "concise"], args].concat(), "");
    (run.code, run.out, run.err)
}

#[test]
fn a_comment_allows_a_warning_on_its_line_or_the_next() {
    let list = "default can read, room:presence:write";
    let allow = "// roomkey: allow retired-permission: old clients send it";
    let silent = [
        format!("use liveblocks\nroom a {{\n  {allow}\n  {list}\n}}\n"),
        format!("use liveblocks\nroom a {{\n  {allow}\n  // more of it\n  {list}\n}}\n"),
        format!("use liveblocks\nroom a {{\n  {list} {allow}\n}}\n"),
    ];
    for text in silent {
        let folder = folder(&text);
        assert_eq!(lint(folder.path(), &[]), (Some(0), String::new(), "no findings in 1 file\n".into()), "{text}");
    }
    let far = folder(&format!("use liveblocks\n{allow}\nroom a {{\n  {list}\n}}\n"));
    let (code, out, _) = lint(far.path(), &[]);
    let both = "a.rk:2:1: warning[unused-allow]: this speaks of what stands before the `{`, and the finding of `retired-permission` \
                is in the block; write it above the entry that is meant, or behind the `}`, where it speaks of the whole block\n\
                a.rk:4:21: warning[retired-permission]: `room:presence:write` is retired and has no effect; take it out\n";
    assert_eq!((code, out.as_str()), (Some(0), both));
    let seen = folder("use liveblocks\nroom a {\n  // see roomkey: allow x\n  // Roomkey allows this\n  default can read\n}\n");
    assert_eq!(lint(seen.path(), &[]).1, "");
}

#[test]
fn a_comment_that_cannot_be_read_is_said() {
    let said = |comment: &str| lint(folder(&format!("user ann {comment}\n")).path(), &[]).1;
    let place = "a.rk:1:10: warning[malformed-allow]: ";
    let help = "type `// roomkey: allow RULE: REASON`; `roomkey rule` lists the rules\n";
    assert_eq!(said("// roomkey: ignore x"), format!("{place}this comment begins with `roomkey:` and allows nothing; {help}"));
    assert_eq!(said("// roomkey: allow"), format!("{place}this comment names no rule; {help}"));
    assert_eq!(
        said("// roomkey: allow duplicate-user"),
        format!("{place}the reason is missing; type `// roomkey: allow duplicate-user: ` and why it is meant\n")
    );
    assert_eq!(
        said("// roomkey: allow duplicate-usr: why"),
        "a.rk:1:28: warning[malformed-allow]: no rule is named `duplicate-usr`; did you mean `duplicate-user`?\n"
    );
    assert_eq!(said("/// roomkey: allow duplicate-user: why"), format!("{place}a doc comment allows nothing; {help}"));
    let begins = "a comment for Roomkey begins with `roomkey:`, in lower case and without a space";
    assert_eq!(said("// Roomkey: allow duplicate-user: why"), format!("{place}{begins}; {help}"));
    assert_eq!(said("// roomkey : allow duplicate-user: why"), format!("{place}{begins}; {help}"));
    assert_eq!(said("// roomkey allow duplicate-user: why"), format!("{place}a `:` is missing behind `roomkey`; {help}"));
    assert_eq!(
        said("// roomkey: allow duplicate-user, unused-group: why"),
        format!(
            "{place}one comment allows one rule; write a comment for each rule: `// roomkey: allow duplicate-user: REASON`\n"
        )
    );
    assert_eq!(
        said("// roomkey: allow syntax: why"),
        format!("{place}`syntax` is an error of meaning, and no comment allows one; mend the error, and take the comment out\n")
    );
}

#[test]
fn an_error_is_never_allowed() {
    let folder = folder("use liveblocks\nroom a { group staf can read } // roomkey: allow unused-group: no\n");
    let (code, out, _) = lint(folder.path(), &[]);
    assert_eq!(code, Some(1), "{out}");
    assert_eq!(out.lines().count(), 1, "while there are errors, no comment is called unused: {out}");
}

#[test]
fn a_rule_that_is_raised_keeps_its_allowed_exceptions() {
    let text = "use liveblocks\nroom a { default can read, room:presence:write } // roomkey: allow retired-permission: old\n";
    let folder = folder(text);
    put(folder.path(), "roomkey.toml", b"[lint.rules]\nretired-permission = \"error\"\n");
    assert_eq!(lint(folder.path(), &[]).0, Some(0));
    assert_eq!(run(folder.path(), &["check", "ann", "read", "room:a"], "").code, Some(0));
}

#[test]
fn fixes_are_applied_until_there_are_none() {
    let folder = folder(
        "use liveblocks\nroom a {\n  default can read, room:presence:write // old\n}\nuser ann // roomkey: allow duplicate-user: gone\n",
    );
    let (code, out, err) = lint(folder.path(), &["--fix"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert_eq!(text(folder.path()), "use liveblocks\nroom a {\n  default can read // old\n}\nuser ann\n");
    let said = "a.rk:3:21: warning[retired-permission]: take out `room:presence:write`\n\
                a.rk:5:10: warning[unused-allow]: take out the comment\n2 findings mended\nno findings in 1 file\n";
    assert_eq!(err, said);
    let (_, _, err) = lint(folder.path(), &["--fix"]);
    assert_eq!(err, "0 findings mended\nno findings in 1 file\n");
}

#[test]
fn a_suggestion_is_never_applied() {
    let policy = "use liveblocks\ngroup staff\nroom a { group staf can read }\n";
    let folder = folder(policy);
    assert_eq!(lint(folder.path(), &["--fix"]).0, Some(1));
    assert_eq!(text(folder.path()), policy);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_policy_is_not_written_through() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policy = "use liveblocks\nroom a { default can read, room:presence:write }\n";
    put(folder.path(), "outside.rk", policy.as_bytes());
    put(folder.path(), "in/b.rk", b"user ann\n");
    std::os::unix::fs::symlink("../outside.rk", folder.path().join("in/a.rk")).expect("the link is made");
    let run = run(folder.path(), &["lint", "in", "--fix"], "");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("`in/a.rk` is a link that leads out of the folder of the policy"), "{run:?}");
    assert_eq!(fs::read_to_string(folder.path().join("outside.rk")).expect("it is there"), policy);
}

#[test]
fn what_is_known_is_passed_over_wherever_it_moves() {
    let policy = "use liveblocks\nroom a { default can read, room:presence:write }\n";
    let folder = folder(policy);
    let (code, out, err) = lint(folder.path(), &["--write-baseline", "known.json"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert_eq!(err, "known.json: 1 finding recorded\nno findings in 1 file; 1 known finding passed over\n");
    put(folder.path(), "a.rk", format!("// moved\n\n{policy}room b {{ default can raed }}\n").as_bytes());
    let (code, out, _) = lint(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("a.rk:5:22: error[unknown-permission]") && out.lines().count() == 1, "{out}");
    put(folder.path(), "a.rk", b"use liveblocks\nroom a { default can read }\n");
    let (code, _, err) = lint(folder.path(), &["--baseline", "known.json"]);
    assert_eq!((code, err.as_str()), (Some(0), "no findings in 1 file; 0 known findings passed over, 1 of the baseline gone\n"));
    put(folder.path(), "known.json", b"{}");
    let (code, _, err) = lint(folder.path(), &["--baseline", "known.json"]);
    assert!(code == Some(2) && err.contains("`known.json` is no baseline"), "{err}");
    assert_eq!(lint(folder.path(), &["--baseline", "nowhere.json"]).0, Some(2));
}

#[test]
fn a_file_that_is_no_text_does_not_hide_the_others() {
    let folder = folder("use liveblocks\nroom a { group staff can read  group staf can read }\n");
    put(folder.path(), "b.rk", b"group staff { user \"a\xff\" }\n");
    let (code, out, err) = lint(folder.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(out.starts_with("a.rk:2:38: error[unknown-group]") && out.lines().count() == 1, "{out}");
    assert!(err.contains("error: b.rk:1: not UTF-8 at byte 21, in column 22"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_line_end_in_the_name_of_a_file_makes_no_second_line() {
    let folder = folder("user ann\n");
    put(folder.path(), "b\nc.rk", b"user");
    for format in ["full", "concise", "github", "junit"] {
        let out = run(folder.path(), &["lint", "--format", format], "").out;
        assert!(out.contains("b\\nc.rk") && !out.contains("b\nc.rk"), "{format}: {out}");
    }
}

#[test]
fn expected_answers_need_a_batch() {
    let folder = folder("use liveblocks room a { default can read }");
    let run = run(folder.path(), &["check", "ann", "read", "room:a", "--expect"], "");
    assert_eq!(run.code, Some(2), "{run:?}");
    expect(&run, 2, "", &run.err);
}

#[test]
fn a_rule_about_a_permission_that_no_kind_declares_is_a_mistake_in_the_manifest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks\nroom lobby { user ann can write  user ben can write }\n");
    let lint = |rules: &str| {
        put(folder.path(), "roomkey.toml", format!("[lint]\n{rules}\n").as_bytes());
        run(folder.path(), &["lint"], "")
    };
    let out = lint("admin-count = { permission = \"wirte\", max = 1 }");
    let said = "error[manifest]\n\n  × no kind declares the permission `wirte`\n   ╭─[roomkey.toml:2:30]\n 1 │ [lint]\n 2 │ admin-count = { permission = \"wirte\", max = 1 }\n   ·                              ───┬───\n   ·                                 ╰── here\n   ╰────\n  help: did you mean `write`?\n";
    assert_eq!((out.code, out.out.as_str(), out.err.as_str()), (Some(2), "", said));
    let out = lint("separation-of-duty = [[\"write\", \"*\"], [\"comments:reed\", \"comments:none\"]]");
    assert_eq!((out.code, out.err.matches("no kind declares").count()), (Some(2), 3), "{out:?}");
    assert!(out.err.contains("did you mean `comments:read`?"), "{out:?}");
    let out = lint("admin-count = { permission = \"write\", max = 1 }");
    assert!(out.code == Some(0) && out.out.contains("2 users hold `write` on room lobby (ann, ben)"), "{out:?}");
    for list in ["[{ permission = \"write\", max = 1 }]", "[\"write\", 1, 3]"] {
        let out = lint(&format!("admin-count = {list}"));
        let said = out.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("type one table, such as `{ permission = \"admin\", min = 1, max = 3 }`"), "{said}");
    }
    let out = lint("separation-of-duty = [[\"write\", \"write\"]]");
    assert!(out.err.contains("the two permissions of this pair are `write`") && out.err.contains("name two that"), "{out:?}");
    let out = lint("admin-count = { max = 1 }");
    assert!(out.code == Some(2) && out.err.contains("missing field `permission`"), "{out:?}");
    // A rule that keeps the policy from answering keeps it from answering here, too.
    let raised = "admin-count = { permission = \"wirte\", max = 1 }\n[lint.rules]\nadmin-count = \"error\"";
    assert_eq!(lint(raised).code, Some(2));
    let out = run(folder.path(), &["check", "ann", "write", "room:lobby"], "");
    assert!(out.code == Some(2) && out.err.contains("did you mean `write`?"), "{out:?}");
}

/// What `fmt` moves, joins and breaks: a group that is assigned to in a line of more than 100 characters, an entry over two lines, commas.
const UNSTYLED: &str = "use liveblocks\nrole reader { can read }\ngroup staff { user ann }\n\
    organization acme { room lobby room corridor room kitchen room meeting-room-on-the-second-floor }\n\
    assign reader to group staff in organization acme\n\
    assign reader to group staff in room lobby, room corridor, room kitchen, room meeting-room-on-the-second-floor\n\
    room hall {\n  default can read\n  user\n  // a guest\n  ann\n   can read }\n";

#[test]
fn a_known_finding_stays_known_in_the_one_style() {
    let folder = folder(UNSTYLED);
    let (code, _, err) = lint(folder.path(), &["--write-baseline", "known.json"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with("known.json: 2 findings recorded\n"), "{err}");
    assert_eq!(run(folder.path(), &["fmt", "a.rk"], "").code, Some(0));
    assert!(text(folder.path()) != UNSTYLED && text(folder.path()).contains("in\n"), "{}", text(folder.path()));
    let (code, out, err) = lint(folder.path(), &["--baseline", "known.json", "--deny-warnings"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", "no findings in 1 file; 2 known findings passed over\n"));
}

#[test]
fn what_a_baseline_cannot_record_is_not_gone_from_it() {
    let folder = folder("use liveblocks\nroom a { group staf can read  user ann can raed }\n");
    let (code, _, err) = lint(folder.path(), &["--write-baseline", "known.json"]);
    let said = "known.json: 0 findings recorded; 2 errors of meaning cannot be\n\
                2 errors in 1 file; 0 known findings passed over; warnings about its meaning wait until it has one\n";
    assert_eq!((code, err.as_str()), (Some(1), said));
}

#[test]
fn a_baseline_knows_who_it_was_and_not_who_comes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manifest = "[lint]\nseparation-of-duty = [[\"approve\", \"pay\"]]\nadmin-count = { permission = \"pay\", max = 1 }\n";
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    let policy = |users: &[String]| {
        let entries: String = users.iter().map(|user| format!("user {user} can approve, pay\n")).collect();
        put(
            folder.path(),
            "a.rk",
            format!("kind invoice {{ permissions approve, pay }}\ninvoice i {{\n{entries}}}\n").as_bytes(),
        );
    };
    let known = |users: &[String]| {
        policy(users);
        lint(folder.path(), &["--write-baseline", "known.json"]);
    };
    let new = || lint(folder.path(), &["--baseline", "known.json"]).1;
    let users = |n: usize| (0..n).map(|n| format!("u{n}")).collect::<Vec<_>>();
    for count in [2, 8, 9, 30] {
        known(&users(count));
        assert_eq!(new(), "", "{count}");
        policy(&users(count + 1));
        let out = new();
        assert_eq!(out.matches("warning[separation-of-duty]").count(), 1, "{count}: {out}");
        assert_eq!(out.matches(&format!("{} users hold `pay` on invoice i", count + 1)).count(), 1, "{count}: {out}");
        if count > 3 {
            assert!(out.contains(&format!("not in the baseline: u{count}; ")), "{count}: {out}");
        }
        if count > 8 {
            assert!(out.contains(&format!("not in the baseline: user u{count}; ")), "{count}: {out}");
        }
        // As many, and another one among them.
        let mut other = users(count);
        other[count - 1] = "zoe".into();
        policy(&other);
        let out = new();
        assert!(out.contains("separation-of-duty") && out.contains("admin-count"), "{count}: {out}");
    }
    // Who stands before the others makes no new one of them.
    known(&users(30));
    policy(&[vec!["first".to_owned()], users(30)].concat());
    let out = new();
    assert_eq!(out.matches("warning[separation-of-duty]: user first holds").count(), 1, "{out}");
    assert_eq!((out.lines().count(), out.matches("not in the baseline: first; ").count()), (2, 1), "{out}");
    let json = run(folder.path(), &["lint", "--format", "json"], "").out;
    assert!(json.contains(r#""who":["user first"]"#) && json.contains(r#""u28","u29"]"#), "{json}");
    // Who leaves is no news.
    policy(&users(29));
    assert_eq!(new(), "");
    policy(&users(2));
    let out = run(folder.path(), &["lint"], "").out;
    assert!(out.contains("gives `approve`") && out.contains("gives `pay` to user u0"), "{out}");
}

#[test]
fn what_a_manifest_sets_in_vain_is_said_by_its_own_name() {
    let folder = folder("user ann\n");
    put(folder.path(), "strict.toml", b"[policy]\ninclude = [\"a.rk\"]\n[lint.rules]\nsyntax = \"off\"\n");
    let (code, _, err) = lint(folder.path(), &["strict.toml"]);
    assert!(code == Some(0) && err.starts_with("note: `syntax` in strict.toml is an error of meaning"), "{err}");
}
