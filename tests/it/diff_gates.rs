//! Gates of a comparison: of what they speak, whom they count, and what of them is a slip.

use roomkey::query::diff::gates::{Breach, Gate, Most, Why};
use roomkey::report::changes::{self, How, Text};

use crate::cli::{put, run};
use crate::diff_cli::git;
use crate::diff_sets::{between, breach, policy, told};

const HOW: How<'static> = How { all: false, old: "old", new: "new", text: Text::Other };

/// How many users lose more than may, unless somebody loses besides whom nobody can count.
pub(crate) fn counted(breach: &Breach<'_>) -> Option<usize> {
    match &breach.why {
        Why::Lost(lost) if lost.beyond.is_none() => lost.users,
        _ => None,
    }
}

/// How many lose, of how many, where the limit is not met; nobody where they cannot be counted.
fn lost(old: &str, new: &str, most: Most) -> Option<(Option<usize>, usize)> {
    let found = between(old, new);
    let breach = breach(&Gate::MaxLost(most), &found, [old, new])?;
    Some((counted(&breach), found.had))
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
        assert_eq!(gate.breach(&found, tables).expect("sound tables").is_some(), fails, "{on}");
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

/// Whom a sign-in puts into a group that nobody is in by the policy, the policy does not tell.
#[test]
fn no_author_gains_by_a_group_that_only_sign_ins_give() {
    let gate = Gate::ForbidSelfGrant("eve".into());
    let fails = |old: &str, new: &str| breach(&gate, &between(old, new), [old, new]).is_some();
    let room =
        |groups: &str, rows: &str| format!("use liveblocks\n{groups}\nroom s {{ {rows} }}\nroom r {{ user eve can read }}");
    let h = "group h";
    assert!(fails(&room(h, ""), &room(h, "group h can write")));
    // Others are in it by the policy, and she is not; or she has it already, or is kept from it.
    let members = "group h { user ann, user ben }";
    assert!(!fails(&room(members, ""), &room(members, "group h can write")));
    assert!(!fails(&room(h, "user eve can write"), &room(h, "user eve can write  group h can write")));
    assert!(!fails(&room(h, ""), &room(h, "user eve cannot read  group h can read")));
    let off = "group on\ngroup off";
    let lifted = "group on can write  group off cannot write";
    assert!(fails(&room(off, lifted), &room(off, "group on can write")));
    let (alone, nested) = ("group g\ngroup h", "group g { group h }\ngroup h");
    assert!(fails(&room(alone, "group g can write"), &room(nested, "group g can write")));
    assert!(fails(&room(h, ""), &room(h, "group h can write until 2031-12-31")));
    let pattern = |rows: &str| format!("use liveblocks\ngroup h\nroom \"s-*\" {{ {rows} }}");
    assert!(fails(&pattern(""), &pattern("group h can write")));
    // What somebody else gains so is none of it.
    let others = |rows: &str| pattern(&format!("default can nothing  user cfo can write  {rows}"));
    assert!(!fails(&others("group h cannot write"), &others("")));

    let (old, new) = (room(h, ""), room(h, "group h can write"));
    let found = between(&old, &new);
    let breach = breach(&gate, &found, [&old, &new]).expect("not met");
    let mut out = Vec::new();
    let how = roomkey::report::changes::How { all: false, old: "old", new: "new", text: roomkey::report::changes::Text::Other };
    roomkey::report::changes::breach(&mut out, &found, &breach, &how).expect("written");
    let said = String::from_utf8(out).expect("text");
    let why = "`--forbid-self-grant eve` is not met: user eve, where the sign-in names group h, gains write on room s\n";
    assert!(said.starts_with(why) && said.contains("  by + group h can write in room s\n"), "{said}");
}

#[test]
fn every_cause_that_breaks_a_gate_is_named() {
    let room = |name: &str, rows: &str| format!("room {name} {{ {rows} }}\n");
    let old = format!("use liveblocks\n{}", (0..7).map(|i| room(&format!("r{i}"), "")).collect::<String>());
    let new: String = (0..7).map(|i| room(&format!("r{i}"), &format!("user u{i} can write"))).collect();
    let new = format!("use liveblocks\n{new}");
    let found = between(&old, &new);
    let breach = breach(&Gate::Deny("write".parse().expect("a permission")), &found, [&old, &new]).expect("not met");
    assert_eq!(breach.also, [1, 2, 3, 4, 5, 6]);
    let mut out = Vec::new();
    let how = roomkey::report::changes::How { all: false, old: "old", new: "new", text: roomkey::report::changes::Text::Other };
    roomkey::report::changes::breach(&mut out, &found, &breach, &how).expect("written");
    let said = String::from_utf8(out).expect("text");
    assert!(
        said.contains("  by + user u0 can write in room r0\n    p.rk:2:11 in new\n  also by + user u1 can write in room r1\n"),
        "{said}"
    );
    assert!(said.ends_with("  and 3 more causes\n"), "{said}");
}

/// What one side says of a group that nobody is in by the other is no way past a gate.
#[test]
fn a_member_who_is_nobody_opens_no_gate() {
    let fails = |gate: &Gate, old: &str, new: &str| breach(gate, &between(old, new), [old, new]).is_some();
    let room = |members: &str, rows: &str| format!("use liveblocks\ngroup duty {{ {members} }}\nroom r {{ {rows} }}");
    let author = Gate::ForbidSelfGrant("eve".to_owned());
    let can = "group duty can write";
    for members in ["", "user dummy", "user gone until 2020-01-01"] {
        assert!(fails(&author, &room("", ""), &room(members, can)), "{members}");
        assert!(fails(&Gate::MaxLost(Most::Users(0)), &room("", can), &room(members, "")), "{members}");
    }
    assert!(fails(&author, &room("user gone until 2020-01-01", ""), &room("user gone until 2020-01-01", can)));
    // Whom nobody can count loses beside somebody who is counted.
    let all = |rows: &str| format!("use liveblocks\ngroup duty\ngroup all {{ group duty, user x }}\nroom r {{ {rows} }}");
    assert!(fails(&Gate::MaxLost(Most::Percent(100)), &all("group all can read"), &all("")));
    // Who is in it by both sides is known.
    assert!(!fails(&author, &room("user bob", ""), &room("user bob, user dummy", can)));
}

#[test]
fn users_whom_the_change_names_first_count_among_those_who_had_something() {
    let policy = |rows: &str| format!("use liveblocks\nroom r {{ default can read  {rows} }}");
    let (old, new) = (policy("user ann can write"), policy("user ann can write  user x cannot *  user y cannot *"));
    assert_eq!(lost(&old, &new, Most::Users(1)), Some((Some(2), 3)));
    assert_eq!(lost(&old, &new, Most::Percent(100)), None);
    // Names that a change brings along make no share smaller.
    let members: String = (0..40).map(|i| format!("user x{i}\n")).collect();
    let new = policy("").replace("room", &format!("group pad {{ {members} }}\nroom"));
    assert_eq!(lost(&old, &new, Most::Percent(99)), Some((Some(1), 1)));
}

#[test]
fn a_gate_whose_words_are_gone_is_said_to_guard_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old/p.rk", b"kind repo { levels read < write }\nrepo payroll { }\n");
    put(path, "new/p.rk", b"kind repository { levels read < write }\nrepository payroll { user eve can write }\n");
    put(path, "kept/p.rk", b"kind repo { levels read < edit }\nrepo payroll { user eve can edit }\n");
    let told = run(path, &["diff", "old", "new", "--deny", "write@repo:pay*"], "");
    let note = "note: `--deny write@repo:pay*` guards nothing any longer: the new side has no kind `repo`\n";
    assert!(told.code == Some(0) && told.out.contains(note), "{}{}", told.out, told.err);
    let told = run(path, &["diff", "old", "kept", "--require-expiry", "write"], "");
    assert!(told.out.contains("guards nothing any longer: the new side has no permission `write`"), "{}", told.out);
}

#[test]
fn who_loses_by_a_policy_that_moved_is_not_nobody() {
    const OLD: &str = "use liveblocks\nroom r { user ann can read  user eve can write }\n";
    let Some(folder) = crate::diff_git::history(&[&[("pol/p.rk", OLD)]]) else { return };
    let path = folder.path();
    std::fs::remove_file(path.join("pol/p.rk")).expect("it was there");
    put(path, "pol2/p.rk", crate::diff_git::ANN.as_bytes());
    let told = run(path, &["diff", "HEAD", "-p", "pol2", "--max-lost", "5"], "");
    let note = "note: `pol` had a policy that is gone: `roomkey diff HEAD:pol pol2` compares with it";
    assert!(told.code == Some(1) && told.out.contains(note), "{}{}", told.out, told.err);
    assert!(
        told.err.contains("`--max-lost 5` is not met: a policy in pol, or part of one, is gone and was not compared"),
        "{}",
        told.err
    );
    let told = run(path, &["diff", "HEAD:pol", "pol2", "--max-lost", "0"], "");
    assert!(told.err.contains("`--max-lost 0` is not met: 1 of 2 users loses access"), "{}", told.err);
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "moved"]));
    let told = run(path, &["diff", "HEAD~1", "HEAD", "-p", "pol2"], "");
    assert!(told.code == Some(0) && told.out.contains("`roomkey diff HEAD~1:pol HEAD:pol2` compares with it"), "{}", told.out);
    // From another folder, and beside one that is gone as well.
    let told = run(&path.join("pol2"), &["diff", "HEAD~1", "HEAD"], "");
    assert!(told.out.contains("`roomkey diff HEAD~1:../pol HEAD:.` compares with it"), "{}", told.out);
    put(path, "a b/p.rk", OLD.as_bytes());
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "another"]));
    assert!(git(path, &["rm", "-qr", "a b", "pol2"]));
    put(path, "pol3/p.rk", OLD.as_bytes());
    let told = run(path, &["diff", "HEAD", "-p", "pol3"], "");
    let note = "`a b` had a policy that is gone, and 1 more had: `roomkey diff 'HEAD:a b' pol3` compares with it";
    assert!(told.out.contains(note), "{}", told.out);
    // What lies elsewhere on both sides has not moved.
    assert!(git(path, &["checkout", "-q", "HEAD", "--", "."]));
    put(path, "pol3/p.rk", crate::diff_git::ANN.as_bytes());
    let told = run(path, &["diff", "HEAD", "-p", "pol3", "--max-lost", "0"], "");
    assert!(told.code == Some(0) && !told.out.contains("compares with it"), "{}{}", told.out, told.err);
}

#[test]
fn a_folder_that_still_has_a_policy_has_lost_none() {
    const OLD: &str = "use liveblocks\nroom r { user ann can read  user eve can write }\n";
    const OTHER: &str = "use liveblocks\nroom s { user ann can read }\n";
    let files = [("pol/p.rk", OLD), ("pol/q.rk", OTHER), ("set/roomkey.toml", ""), ("set/one/p.rk", OLD)];
    let Some(folder) = crate::diff_git::history(&[&files]) else { return };
    let path = folder.path();
    put(path, "pol2/p.rk", crate::diff_git::ANN.as_bytes());
    let silent = |what: &str| {
        let told = run(path, &["diff", "HEAD", "-p", "pol2", "--max-lost", "5"], "");
        // No policy is gone, but what one has lost was not compared.
        assert!(told.code == Some(1) && !told.out.contains("a policy that is gone"), "{what}: {}{}", told.out, told.err);
        assert!(told.err.contains("or part of one, is gone and was not compared"), "{what}: {}", told.err);
    };
    assert!(git(path, &["mv", "pol/p.rk", "pol/rooms.rk"]));
    silent("another name");
    assert!(git(path, &["rm", "-q", "pol/q.rk"]));
    silent("one of two files");
    put(path, "set/two/p.rk", OLD.as_bytes());
    assert!(git(path, &["rm", "-q", "set/one/p.rk"]));
    silent("another folder of the same manifest");
    assert!(git(path, &["rm", "-qf", "pol/rooms.rk"]));
    let told = run(path, &["diff", "HEAD", "-p", "pol2", "--max-lost", "5"], "");
    assert!(told.code == Some(1) && told.out.contains("note: `pol` had a policy that is gone:"), "{}{}", told.out, told.err);
    // A policy that went further in is in the folder where it was, and nobody knows which one it is.
    let told = run(path, &["diff", "HEAD", "-p", "set/two", "--max-lost", "5"], "");
    assert!(told.code == Some(1) && told.out.contains(" had a policy that is gone"), "{}{}", told.out, told.err);
}

#[test]
fn a_gate_that_no_resource_meets_says_that_it_guards_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let text = "use liveblocks\nroom pay { default can nothing }\nroom \"plan:*\" { default can nothing }\n";
    put(path, "old/p.rk", text.as_bytes());
    put(path, "new/p.rk", format!("{text}room \"desk\" {{ default can nothing }}\n").as_bytes());
    let note = |gate: &str| {
        let told = run(path, &["diff", "old", "new", "--deny", gate], "");
        assert_eq!(told.code, Some(0), "{gate}: {}", told.err);
        told.out.lines().find(|line| line.starts_with("note: ")).map(str::to_owned)
    };
    for gate in ["write@room:pya*", "write@room:nobody"] {
        let nothing = format!("note: `--deny {gate}` guards nothing: it matches no room of either side");
        assert_eq!(note(gate), Some(nothing));
    }
    for on in ["", "@room:*", "@room:pay", "@room:pay*", "@room:desk", "@room:plan:a", "@room:pl*", "@room:plan:x*"] {
        assert_eq!(note(&format!("write{on}")), None, "{on}");
    }
    put(path, "new/roomkey.toml", b"[diff]\nrequire-expiry = [\"write@room:pya*\"]\n");
    let told = run(path, &["diff", "old", "new"], "");
    let note = "note: `--require-expiry write@room:pya*` guards nothing: it matches no room of either side";
    assert!(told.code == Some(0) && told.out.contains(note), "{}{}", told.out, told.err);
    // A permission that another kind has is said to be that one's.
    let kinds = "kind doc { levels read < write  permissions share }\ndoc a { default can nothing }\n";
    put(path, "new/p.rk", format!("{text}{kinds}").as_bytes());
    let told = run(path, &["diff", "old", "new", "--deny", "share@room:pay"], "");
    let said = "error: neither side has a permission `share`\n  help: kind `doc` has it, and kind `room` has not\n";
    assert!(told.code == Some(2) && told.err.contains(said), "{}", told.err);
}

/// How many lose comes first, and then whom nobody can count, with the reason why no limit allows that.
#[test]
fn a_gate_on_losses_says_how_many_and_whom_nobody_can_count() {
    let policy = |rows: &str| {
        format!("use github\ngroup staff {{ user ann, user ben, user cyd }}\ngroup guests\nrepository api {{ {rows} }}")
    };
    let why = |old: &str, new: &str, limit: &str| {
        let (old, new) = (policy(old), policy(new));
        let found = between(&old, &new);
        let gate = Gate::MaxLost(limit.parse().expect("a limit"));
        let breach = breach(&gate, &found, [&old, &new]).expect("not met");
        let mut out = Vec::new();
        changes::breach(&mut out, &found, &breach, &HOW).expect("written");
        String::from_utf8(out).expect("text")
    };
    let guests = "group guests (named at sign-in) loses read on repository api, which no limit allows: only sign-ins tell who is in \
                  group guests\n";
    let rows = "default can nothing  group staff can write  group guests can read";
    let both = why(rows, "default can nothing", "50%");
    assert!(both.starts_with(&format!("`--max-lost 50%` is not met: 3 of 3 users lose access; and {guests}")), "{both}");
    let [staff, named] = ["  by - group staff can write in repository api\n", "  by - group guests can read in repository api\n"];
    assert!(both.find(staff).expect("staff") < both.find(named).expect("guests"), "{both}");
    let one = why(rows, "default can nothing  group staff can write", "50%");
    assert!(one.starts_with(&format!("`--max-lost 50%` is not met: {guests}{named}")), "{one}");
    let all = why("default can read", "default can nothing", "100%");
    let everyone =
        "everyone who can sign in loses read on repository api, which no limit allows: nobody knows how many can sign in\n";
    assert!(all.starts_with(&format!("`--max-lost 100%` is not met: {everyone}")), "{all}");
}

/// A loss by a sign-in to the organization in which something lay is told as such.
#[test]
fn a_gate_on_losses_says_to_which_organization_they_sign_in() {
    let policy = |hr: &str, agency: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann, user ben }}\norganization hr {{ member group staff, user cyd\n\
             room desk {{ default can nothing {hr} }}\norganization agency {{ {agency} }}"
        )
    };
    let pay = "room pay { default can nothing  group staff can write }";
    let why = |new: String| {
        let old = policy(&format!("user cyd can read }} {pay}"), "");
        let found = between(&old, &new);
        let breach = breach(&Gate::MaxLost(Most::Users(0)), &found, [&old, &new]).expect("not met");
        let mut out = Vec::new();
        changes::breach(&mut out, &found, &breach, &HOW).expect("written");
        String::from_utf8(out).expect("text")
    };
    let moved = why(policy("user cyd can read }", pay));
    let by = "  by ~ room pay moves from organization hr to agency\n";
    let first = "`--max-lost 0` is not met: 2 of 3 users lose access by a sign-in to organization hr\n";
    assert!(moved.starts_with(&format!("{first}{by}")), "{moved}");
    let both = why(policy("}", pay));
    let first = "`--max-lost 0` is not met: 3 of 3 users lose access, 2 of them only by a sign-in to organization hr\n";
    assert!(both.starts_with(first), "{both}");
    assert!(both.contains("  by - user cyd can read in room desk\n") && both.contains(by), "{both}");
}
