//! Sentences of a comparison that could be taken for more, or for something else, than what is so.

use serde_json::Value;

use crate::cli::{put, run};
use crate::diff_sets::{between, told};

fn room(row: &str) -> String {
    format!("use liveblocks\ngroup g {{ user ann, user ben, user cyd }}\nroom r {{ {row} }}")
}

fn of(old: &str, new: &str) -> String {
    told(&between(&room(old), &room(new)))
}

#[test]
fn what_is_given_without_a_part_is_told_without_it() {
    for (new, gains) in [
        ("default can write, comments:none", "write, but not comments"),
        ("default can write, storage:none, comments:none, feeds:none", "write, but not storage, comments or feeds"),
        ("default can read, comments:write, comments:private:none", "read, comments:write, but not comments:private"),
    ] {
        let text = of("default can nothing", new);
        assert!(text.contains(&format!("    everyone who can sign in gains {gains} on room r\n")), "{text}");
    }
    let text = of("default can write  group g cannot read", "default can write  group g cannot comments:read");
    assert!(text.contains("    group g (3 users) gains write, but not comments on room r\n"), "{text}");
    // One cause of two.
    let text = of("default can nothing  group g cannot feeds:write", "default can write, comments:none");
    assert!(text.contains(" gains write, but not comments"), "{text}");
}

#[test]
fn what_is_lost_beside_what_is_gained_is_named() {
    let text = of("default can read", "default can write, comments:none");
    let goes = "everyone who can sign in goes from read to write, but not comments on room r, and loses comments:read\n";
    assert!(text.contains(goes), "{text}");
    // What is none on both sides is told once.
    let rows = |row: &str| format!("default can nothing  group g can {row}, storage:none");
    let text = of(&rows("read, comments:write"), &rows("write"));
    let goes = "group g (3 users) goes from read, comments:write to write on room r, still without storage\n";
    assert!(text.contains(goes), "{text}");
}

#[test]
fn groups_are_named_by_who_was_in_them_where_something_is_lost() {
    let text = |a: &str, b: &str| {
        let row = |group: &str| format!("default can nothing  group {group} can write");
        format!("use liveblocks\ngroup a {{ {a} }}\ngroup b {{ {b} }}\nroom r {{ {} }}\nroom s {{ {} }}", row("a"), row("b"))
    };
    let three = "user u1, user u2, user u3";
    let page = told(&between(&text(three, "user u4"), &text("user u4", three)));
    assert!(page.contains("all 3 members of group b gain write on room s\n"), "{page}");
    assert!(page.contains("all 3 members of group a lose write on room r\n"), "{page}");
    assert!(!page.contains("group b lose"), "{page}");
    // A group that is named at sign-in, too.
    let old = room("default can nothing  group g can write");
    let page = told(&between(&old, &room("default can nothing").replace("user ann, ", "")));
    assert!(page.contains("group g (3 users) loses write on room r\n"), "{page}");
}

#[test]
fn members_who_are_left_out_are_not_counted() {
    let text = |more: &str| {
        let all = "user ann, user ben, user cyd, user dan, user eve";
        format!(
            "use liveblocks\ngroup h {{ {all} }}\norganization o {{ member {all}\n \
             room r {{ default can nothing  user ann cannot read  user ben cannot read {more} }} }}"
        )
    };
    let page = told(&between(&text(""), &text("group h can write")));
    assert!(page.contains("    3 of 5 members of group h (not ann and ben) gain write on room r\n"), "{page}");
}

#[test]
fn an_end_behind_every_date_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let (last, before) = ("until 9999-12-31", "until 9999-12-30");
    for (old, new, code) in [(last, "", 0), ("", last, 0), (before, "", 1)] {
        put(path, "old.rk", room(&format!("default can nothing  user ann can write {old}")).as_bytes());
        put(path, "new.rk", room(&format!("default can nothing  user ann can write {new}")).as_bytes());
        let told = run(path, &["diff", "old.rk", "new.rk", "--at", "2030-01-01", "--exit-code", "--format", "json"], "");
        assert_eq!(told.code, Some(code), "{old} {new}: {}{}", told.out, told.err);
        let json: Value = serde_json::from_str(&told.out).expect("JSON");
        let times = json["changes"].as_array().expect("changes").iter().flat_map(|c| [&c["since"], &c["until"]]);
        times.filter_map(Value::as_str).for_each(|time| assert!(time.ends_with('Z'), "{time}"));
        assert!(!told.out.contains("253402300800"), "{}", told.out);
    }
    // Who is given something until then has it for ever.
    put(path, "old.rk", room("default can nothing").as_bytes());
    put(path, "new.rk", room(&format!("default can nothing  user ann can write {last}  user ben can write {before}")).as_bytes());
    let told = run(path, &["diff", "old.rk", "new.rk", "--at", "2030-01-01", "--require-expiry", "write"], "");
    assert_eq!(told.code, Some(1), "{}", told.out);
    assert!(told.err.starts_with("`--require-expiry write` is not met: user ann gains write on room r\n"), "{}", told.err);
}

#[test]
fn an_assignment_that_names_a_pattern_is_one_cause_with_it() {
    let text = |on: &str| {
        format!("use liveblocks\nrole v {{ can write }}\nassign v to user a in room \"{on}\"\nroom \"x:1\"\nroom \"x:2\"")
    };
    let page = told(&between(&text("x:*"), &text("x:1")));
    assert!(page.starts_with("1 user loses access, by 1 cause\n"), "{page}");
    assert!(page.contains("- assign v to user a in room \"x:*\"\n"), "{page}");
    assert!(page.contains("user a loses write on room \"x:*\", \"x:2\"\n"), "{page}");
    assert!(page.contains("another statement that differs\n  + assign v to user a in room \"x:1\""), "{page}");
    // A pattern that is declared, or of which more is said, goes by itself.
    let declared = "room \"y:*\" { default can read }";
    let page = told(&between(&format!("{}\n{declared}", text("x:1")), &text("x:1")));
    assert!(page.contains("- room \"y:*\" is gone\n"), "{page}");
}

#[test]
fn roles_that_are_gone_or_new_are_counted() {
    let text = |role: &str| {
        format!(
            "use liveblocks\nrole {role} {{ can write }}\ngroup g {{ user ann }}\nroom a {{ default can nothing }}\nassign {role} to group g in room a"
        )
    };
    let page = told(&between(&text("ed"), &text("editor")));
    assert!(page.starts_with("no access changes: 4 statements differ, and every decision is the same\n"), "{page}");
    assert!(page.contains("  - role ed     p.rk:2:6\n") && page.contains("  + role editor     p.rk:2:6\n"), "{page}");
    // One that a cause assigns comes with it, and those of a vocabulary with that.
    let plain = "use liveblocks\nroom a { default can nothing }";
    let page = told(&between(plain, &format!("{plain}\nrole ed {{ can write }}\nassign ed to user ann in room a")));
    assert!(!page.contains("another statement that differs"), "{page}");
    let page = told(&between(plain, &format!("use github\n{plain}")));
    assert!(!page.contains("+ role "), "{page}");
}
