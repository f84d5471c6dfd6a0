//! Gates of a comparison: of what they speak, whom they count, and what of them is a slip.

use roomkey::query::diff::gates::{Gate, Most, Why};

use crate::cli::{put, run};
use crate::diff_cli::git;
use crate::diff_sets::{between, policy, told};

/// How many lose, of how many, where the limit is not met; nobody where they cannot be counted.
fn lost(old: &str, new: &str, most: Most) -> Option<(Option<usize>, usize)> {
    let found = between(old, new);
    let breach = Gate::MaxLost(most).breach(&found)?;
    Some((if let Why::Lost(n, _) = breach.why { Some(n) } else { None }, found.had))
}

#[test]
fn who_has_nothing_is_not_counted() {
    let idle: String = (0..50).map(|i| format!("user idle{i} can nothing\n")).collect();
    let room = |rows: &str| format!("use liveblocks\nroom r {{ {idle}{rows} }}");
    let (old, new) = (room("user ann can read  user ben can read"), room("user ann can read"));
    assert_eq!(lost(&old, &new, Most::Percent(50)), None);
    assert_eq!(lost(&old, &new, Most::Percent(49)), Some((Some(1), 2)));
}

#[test]
fn losses_by_sets_of_groups_count_who_is_in_one_of_them() {
    let policy = |members: &str, cannot: &str| {
        format!(
            "use liveblocks\ngroup staff {{ {members} }}\ngroup duty {{ user eve }}\norganization o {{ {cannot}\n\
             group staff can storage:write\nroom r {{ group duty can read }} }}"
        )
    };
    let members: String = (0..9).map(|i| format!("user u{i}\n")).collect();
    let (old, new) = (policy(&members, ""), policy(&members, "group duty cannot storage:write"));
    let found = between(&old, &new);
    assert!(told(&found).contains("whoever signs in with group duty and group staff loses storage:write"), "{}", told(&found));
    assert_eq!(lost(&old, &new, Most::Percent(100)), None, "{}", told(&found));
    assert_eq!(lost(&old, &new, Most::Users(5)), Some((Some(10), 10)));
    // Nobody can count who names a group that has no members.
    let (old, new) = (policy("", ""), policy("", "group duty cannot storage:write"));
    assert_eq!(lost(&old, &new, Most::Percent(100)).map(|(n, _)| n), Some(None));
}

#[test]
fn a_gate_on_resources_passes_over_what_others_speak_of() {
    let rooms = |list: &str| {
        policy(&format!(
            "use liveblocks\nroom \"pay*\" {{ default can {list} }}\nroom payroll {{ default can nothing }}\n\
             room \"pay-secret*\" {{ default can nothing }}"
        ))
    };
    let (old, new) = (rooms("read"), rooms("write"));
    let tables = [old.table(), new.table()];
    let at = "2030-01-01".parse().expect("a date");
    let found = roomkey::query::diff::diff(crate::diff::side(&old), crate::diff::side(&new), at).expect("sound tables");
    for (on, fails) in [
        ("room:payroll", false),
        ("room:pay-secret", false),
        ("room:pay-secret*", false),
        ("room:pay-secret-x*", false),
        ("room:payslip", true),
        ("room:pays*", true),
        ("room:pay*", true),
        ("room:p*", true),
        ("room:*", true),
        ("room:q*", false),
    ] {
        let gate = Gate::Deny(format!("write@{on}").parse().expect("a gate")).between(tables).expect("sound tables");
        assert_eq!(gate.breach(&found).is_some(), fails, "{on}");
    }
}

#[test]
fn a_permission_may_have_its_kind_in_front() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old.rk", b"use liveblocks\nroom r\n");
    put(path, "new.rk", b"use liveblocks\nroom r { default can read, comments:write }\n");
    for (gate, code) in [("room:comments:write", 1), ("room:read", 1), ("room:write", 0), ("comments:write", 1)] {
        assert_eq!(run(path, &["diff", "old.rk", "new.rk", "--deny", gate], "").code, Some(code), "{gate}");
    }
    let slip = run(path, &["diff", "old.rk", "new.rk", "--deny", "room:coments:write"], "");
    assert!(slip.code == Some(2) && slip.err.contains("neither side has a permission"), "{}", slip.err);
}

#[test]
fn a_gate_about_what_is_gone_can_be_taken_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let text = |permissions: &str| format!("kind doc {{ permissions {permissions} }}\ndoc d\n");
    let save = |permissions: &str, manifest: &str| {
        put(path, "p.rk", text(permissions).as_bytes());
        put(path, "roomkey.toml", manifest.as_bytes());
    };
    let commit = || git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "a step"]);
    const GATE: &str = "[diff]\ndeny = [\"share\",\n  \"delete\"]\n";
    save("share, delete", GATE);
    if !(git(path, &["init", "-q"]) && commit()) {
        return println!("skipped: no `git`");
    }
    save("share", GATE);
    assert_eq!(run(path, &["diff"], "").code, Some(0), "the old side has it still");
    assert!(commit());
    let stands = run(path, &["diff"], "");
    assert_eq!(stands.code, Some(2));
    let place = "roomkey.toml:3:3";
    assert!(stands.err.contains("neither side has a permission `delete`") && stands.err.contains(place), "{}", stands.err);
    save("share", "[diff]\ndeny = [\"share\"]\n");
    let out = run(path, &["diff"], "");
    assert_eq!((out.code, out.err.as_str()), (Some(0), ""), "{}", out.out);
}

#[test]
fn two_sides_without_a_policy_are_no_comparison() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "README", b"nothing yet\n");
    let commit = || git(path, &["add", "-A"]) && git(path, &["commit", "-q", "--allow-empty", "-m", "a step"]);
    if !(git(path, &["init", "-q"]) && commit() && commit()) {
        return println!("skipped: no `git`");
    }
    let nothing = run(path, &["diff", "HEAD~1..HEAD"], "");
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(2), ""));
    assert!(nothing.err.contains("there is no policy on either side: neither in `HEAD~1` nor in `HEAD`"), "{}", nothing.err);
    assert_eq!(run(path, &["diff"], "").code, Some(2));
}

#[test]
fn a_gate_about_nobody_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old/p.rk", b"use liveblocks\nroom r { user ann can read }\n");
    put(path, "new/p.rk", b"use liveblocks\nroom r { user ann can write }\n");
    for user in ["", "user:", " "] {
        let told = run(path, &["diff", "old", "new", "--forbid-self-grant", user], "");
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "`{user}`: {}", told.err);
        put(path, "new/roomkey.toml", format!("[diff]\nforbid-self-grant = [\"{user}\"]\n").as_bytes());
        let told = run(path, &["diff", "old", "new"], "");
        assert_eq!(told.code, Some(2), "`{user}`: {}", told.out);
        assert!(told.err.contains("it names no user"), "{}", told.err);
        put(path, "new/roomkey.toml", b"");
    }
    let stranger = run(path, &["diff", "old", "new", "--forbid-self-grant", "user:anne"], "");
    assert_eq!(stranger.code, Some(0), "{}", stranger.err);
    assert!(stranger.err.contains("note: neither side names user anne"), "{}", stranger.err);
    let ann = run(path, &["diff", "old", "new", "--forbid-self-grant", "user:ann"], "");
    assert!(ann.code == Some(1) && !ann.err.contains("note:"), "{}", ann.err);
}
