//! For whom something is the cause, and what organizations and containers that changed are told with.

use roomkey::query::diff::Change;
use roomkey::query::diff::gates::{Gate, Why};

use crate::diff_sets::{between, breach, told};

#[test]
fn what_lies_in_something_that_is_gone_is_counted_there() {
    let rooms: String = (0..5).map(|i| format!("room r{i} {{ }}\n")).collect();
    let old = format!(
        "use liveblocks\nkind folder in organization\nkind page in folder {{ levels see }}\norganization o {{\n{rooms}folder f {{ page p }}\n}}"
    );
    let text = told(&between(&old, "use liveblocks"));
    assert!(text.contains("- organization o, and 7 resources in it"), "{text}");
    assert!(!text.contains("room r0") && !text.contains("folder f") && !text.contains("page p"), "{text}");
}

#[test]
fn what_is_new_together_is_new() {
    let policy = |member: &str, room: &str| {
        format!("use liveblocks\ngroup g {{ {member} }}\nrole r {{ can write on room }}\nassign r to group g everywhere\n{room}")
    };
    let found = between(&policy("", ""), &policy("user ann", "room t"));
    let title = ('+', "room t is new, and user ann joins group g".to_owned());
    assert!(found.causes.iter().any(|c| c.title() == title), "{}", told(&found));
}

#[test]
fn what_does_it_together_is_narrowed_to_one() {
    let policy =
        |members: &str, level: &str| format!("use liveblocks\ngroup g {{ {members} }}\nroom r {{ group g can {level} }}");
    let found = between(&policy("user zoe", "read"), &policy("user zoe, user ann, user ben", "write"));
    let text = told(&found);
    assert!(text.contains("and user ann, user ben join group g\n"), "{text}");
    let text = told(&found.only(Some("ann"), None));
    assert!(text.contains("and user ann joins group g\n") && !text.contains("ben"), "{text}");
}

/// Each is in another group that is a member now.
#[test]
fn who_comes_by_another_group_is_told_with_that_one() {
    let policy = |members: &str| {
        format!(
            "use liveblocks\ngroup sre {{ user ann }}\ngroup core {{ user bob }}\ngroup eng {{ {members} }}\n\
             room r {{ group eng can write }}"
        )
    };
    let (old, new) = (policy(""), policy("group sre, group core"));
    let found = between(&old, &new);
    for (user, group) in [("ann", "sre"), ("bob", "core")] {
        let mine = found.changes.iter().filter(|c| c.concerns(user)).map(|c| found.causes[c.cause].title().1);
        assert_eq!(mine.collect::<Vec<_>>(), [format!("group {group} in group eng")], "{}", told(&found));
        let gate = Gate::ForbidSelfGrant(user.into());
        let not_met = breach(&gate, &found, [&old, &new]).expect("not met");
        assert!(matches!(not_met.why, Why::Change(c, _) if found.causes[c.cause].text.contains(group)), "{:?}", not_met.why);
    }
}

/// What lay on nobody is named for nobody.
#[test]
fn a_prohibition_is_lifted_for_those_on_whom_it_lay() {
    let policy = |interns: &str, rows: &str| {
        format!(
            "use liveblocks\ngroup interns {{ user bob{interns} }}\ngroup staff {{ user ann, user bob }}\nroom r {{ {rows} }}"
        )
    };
    let old = policy("", "group interns cannot write  group staff can read");
    let found = between(&old, &policy(", user ann", "group staff can write"));
    let by = |user: &str| -> Vec<String> {
        found.changes.iter().filter(|c| c.concerns(user)).map(|c| found.causes[c.cause].title().1).collect()
    };
    assert_eq!(by("ann"), ["group staff can write in room r"], "{}", told(&found));
    assert_eq!(
        by("bob"),
        ["group interns cannot write in room r is taken away, and group staff can write in room r"],
        "{}",
        told(&found)
    );
}

#[test]
fn what_a_renamed_organization_still_says_is_no_cause() {
    let policy = |name: &str, more: &str| {
        format!(
            "use liveblocks\norganization {name} {{ default can read {more}\n room pay {{ user cfo can write }}\n room z {{ }} }}"
        )
    };
    // A prohibition that was not taken along.
    let found = between(&policy("beta", "user eve cannot read"), &policy("gamma", ""));
    let title = ('-', "user eve cannot read in organization beta".to_owned());
    assert_eq!(found.causes.iter().map(|c| c.title()).collect::<Vec<_>>(), [title], "{}", told(&found));
    assert!(found.causes[0].lifts && found.quiet.is_empty(), "{}", told(&found));
    // A door that is closed with it.
    let found = between(&policy("beta", ""), &policy("gamma", "member user cfo"));
    let text = "organization gamma is closed now: only its members can sign in to it";
    assert!(found.causes.len() == 1 && found.causes[0].text == text, "{}", told(&found));
    // A new member, and a new entry.
    let found = between(&policy("beta", "member user zed"), &policy("gamma", "member user zed, user ann"));
    assert_eq!(found.causes.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["member user ann in organization gamma"]);
    // The name alone.
    let found = between(&policy("beta", "member user zed"), &policy("gamma", "member user zed"));
    assert!(found.causes.is_empty() && found.quiet.is_empty() && found.moves[0].renamed, "{}", told(&found));
}

#[test]
fn rooms_of_an_organization_that_is_gone_are_said_to_lie_elsewhere() {
    let old = "use liveblocks\norganization a1 { member user ann  room r { default can write } }\norganization a2 { member user zed  room t }";
    let new = "use liveblocks\norganization a2 { member user zed  room t  room r { default can write } }";
    let text = told(&between(old, new));
    assert!(text.contains("~ organization a1 is gone, and what was in it lies elsewhere\n"), "{text}");
}

#[test]
fn leaving_a_prohibition_behind_is_pointed_out() {
    let policy = |within: &str| {
        format!(
            "kind folder in organization\nkind doc in folder, organization {{ levels read < write }}\n\
             organization o {{ user ann can write\n folder f {{ user ann cannot write }} }}\ndoc d in {within}"
        )
    };
    let found = between(&policy("folder f"), &policy("organization o"));
    let text = "~ doc d lies elsewhere\n    it leaves behind what kept people out: user ann cannot write in folder f\n";
    assert!(found.causes[0].lifts && told(&found).contains(text), "{}", told(&found));
    // A closed organization, too.
    let policy = |hr: &str, agency: &str| {
        format!(
            "use liveblocks\nrole lead {{ can write }}\nassign lead to user eve everywhere\n\
             organization hr {{ member user ann  user fay cannot write  {hr} }}\norganization agency {{ {agency} }}"
        )
    };
    let found = between(&policy("room pay", ""), &policy("", "room pay"));
    let text =
        "~ room pay moves from organization hr to agency\n    it leaves behind what kept people out: organization hr is closed\n";
    assert!(told(&found).contains(text), "{}", told(&found));
}

#[test]
fn what_gave_nothing_at_all_and_gives_now_is_pointed_out() {
    const TURNED: &str = "    it took everything away before, and lets people in now\n";
    let room = |rows: &str| format!("use liveblocks\nroom r {{ {rows} }}");
    for (old, new) in [
        ("default can write  user ben can nothing", "default can write  user ben can read"),
        ("default can nothing", "default can write"),
    ] {
        let found = between(&room(old), &room(new));
        assert!(found.causes[0].lifts && told(&found).contains(TURNED), "{new}: {}", told(&found));
        assert!(!told(&between(&room(new), &room(old))).contains(TURNED), "{old}");
    }
}

#[test]
fn a_pattern_of_a_container_that_lies_elsewhere_is_a_cause() {
    let policy = |at: &str, more: &str| {
        format!(
            "kind team in organization\nkind folder in team\nkind doc in folder {{ levels read < write }}\n\
             organization o {{ team t1 {{ {more} folder \"a:1\" {{ doc x }} }} team t2 }}\n\
             folder \"a:*\" in team {at} {{ user ann cannot write }}"
        )
    };
    let found = between(&policy("t1", ""), &policy("t2", "user ann can write"));
    let writes = |c: &&Change| c.concerns("ann") && c.resources == ["x"] && c.gained.contains(&"*:write".to_owned());
    let mine = found.changes.iter().filter(writes).map(|c| &found.causes[c.cause]);
    let titles: Vec<&str> = mine.map(|c| c.text.as_str()).collect();
    assert_eq!(titles.len(), 1, "{}", told(&found));
    assert!(
        titles[0].contains("user ann can write in team t1") && titles[0].contains("folder \"a:*\" lies elsewhere"),
        "{titles:?}"
    );
}

#[test]
fn higher_levels_come_first() {
    let policy = |rows: [&str; 2]| {
        format!(
            "kind doc {{ levels read < write < admin }}\ndoc a {{ user ann can {} }}\ndoc b {{ user ben can {} }}",
            rows[0], rows[1]
        )
    };
    let found = between(&policy(["read", "read"]), &policy(["write", "admin"]));
    let first: Vec<&str> = found.causes.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(first, ["user ben can admin in doc b", "user ann can write in doc a"]);
}

/// Zed has more by another cause, which this one does not speak of.
#[test]
fn of_all_to_whom_the_same_is_said_it_is_said_once() {
    let policy = |list: &str, more: &str| {
        format!(
            "use liveblocks\nroom \"p-*\" {{ default can read  default cannot {list} }} room p-1 {{ default can read{more} }}"
        )
    };
    let (old, new) = ("comments:read, storage:write", "storage:write");
    let text = told(&between(&policy(old, ""), &policy(new, " user zed can comments:write, storage:write")));
    let gains: Vec<&str> = text.lines().filter(|line| line.contains("comments:read on")).collect();
    assert_eq!(gains, ["    everyone who can sign in gains comments:read on room \"p-*\", p-1"], "{text}");
}

#[test]
fn what_is_declared_or_gone_is_told_where_nothing_else_says_it() {
    let text = told(&between("use liveblocks\nroom r { default can read }", "use liveblocks"));
    assert!(text.contains("\n- room r is gone\n    p.rk:2:1 in old\n"), "{text}");
    let text = told(&between("use liveblocks\norganization o { room r }", "use liveblocks\norganization o"));
    assert!(text.contains("\nwhat differs\n  - room r in organization o     p.rk:2:18\n"), "{text}");
    let text = told(&between("use liveblocks", "use liveblocks\nroom s"));
    assert!(text.contains("\nwhat differs\n  + room s     p.rk:2:1\n"), "{text}");
}

/// What the old side says of the organization is the old half, whichever name comes first.
#[test]
fn a_statement_that_a_rename_changes_has_its_sides() {
    for (before, after) in [("hr", "agency"), ("agency", "hr")] {
        let policy = |name: &str, list: &str| format!("use liveblocks\norganization {name} {{ default can {list}\n room pay }}");
        let found = between(&policy(before, "read, storage:none"), &policy(after, "read"));
        let [cause] = &found.causes[..] else { panic!("{}", told(&found)) };
        assert_eq!(cause.title(), ('~', format!("default can read in organization {after}")), "{}", told(&found));
        assert!(cause.lifts && !cause.statements[0].new && cause.statements[1].new, "{}", told(&found));
    }
}

/// One room that goes from one organization to another makes them no namesakes.
#[test]
fn an_organization_with_other_rooms_is_no_rename() {
    let old = "use liveblocks\norganization hr { default can nothing\n room payroll room salaries room reviews room lobby }";
    let new = "use liveblocks\norganization guests { default can read\n room lobby room cafe room garden }";
    let text = told(&between(old, new));
    assert!(
        text.contains("+ default can read in organization guests, and room cafe is new\n") && !text.contains("named"),
        "{text}"
    );
}

#[test]
fn the_organization_itself_is_told_by_its_name() {
    let policy = |name: &str| {
        format!(
            "kind organization {{ levels read < write }}\nkind doc in organization {{ levels read < write }}\norganization {name} {{ default can read\n doc d }}"
        )
    };
    let text = told(&between(&policy("o1"), &policy("p1")));
    for title in ["~ organization o1 is named p1 now\n", "~ organization p1 was named o1\n"] {
        assert!(text.contains(title), "{text}");
    }
}

#[test]
fn a_move_to_where_more_is_given_leaves_nothing_behind() {
    let policy = |at: &str| {
        format!(
            "kind folder in organization\nkind doc in folder {{ levels read < write }}\norganization o {{\n\
             folder f1 {{ user ann can read }}\nfolder f2 {{ user ann can write }} }}\ndoc d in folder {at}"
        )
    };
    let found = between(&policy("f1"), &policy("f2"));
    assert!(!found.causes[0].lifts && !told(&found).contains("lets people in"), "{}", told(&found));
}

/// She has it with one of seventy groups already, and not with the last one.
#[test]
fn every_group_that_a_sign_in_may_name_is_tried() {
    let groups: String = (0..70).map(|i| format!("group g{i:02}\n")).collect();
    let named: Vec<String> = (0..70).map(|i| format!("group g{i:02}")).collect();
    let policy = |level: &str| {
        format!(
            "kind doc in organization {{ levels read < write }}\n{groups}role r {{ can {level} }}\n\
             organization o {{ default can read  user u can write\n doc d {{ group g69 can read }} }}\nassign r to {} in doc d",
            named.join(", ")
        )
    };
    let (old, new) = (policy("read"), policy("write"));
    let found = between(&old, &new);
    let not_met = breach(&Gate::ForbidSelfGrant("u".into()), &found, [&old, &new]).expect("not met");
    assert!(matches!(&not_met.why, Why::Named(_, _, _, groups) if *groups == ["g69"]), "{:?}", not_met.why);
}

/// Groups that do the same are told with the membership that each comes by: without one of them the other still lets in.
#[test]
fn each_group_that_is_nested_is_a_cause_of_its_own() {
    let policy = |nested: &str, rows: &str| {
        format!("use liveblocks\ngroup g1 {{ {nested} }}\ngroup m {{ group g4 }}\ngroup g2\ngroup g3\ngroup g4\n{rows}")
    };
    let by = |old: &str, new: &str| -> Vec<(String, Vec<Vec<String>>)> {
        let found = between(old, new);
        let one = |c: &roomkey::query::diff::Change| (found.causes[c.cause].title().1, c.with.to_vec());
        let mut all: Vec<_> = found.changes.iter().filter(|c| !c.with.is_empty()).map(one).collect();
        all.sort_unstable();
        all
    };
    let with = |group: &str| vec![vec![group.to_owned()]];
    let both = ["group g2 in group g1", "group g3 in group g1"].map(|title| title.to_owned());
    // An organization that only its members enter, an assignment, and a member who names one of the groups.
    let closed = "role x { can read }\norganization o { member user u1  room r }\nassign x to group g1 in room r";
    let told = by(&policy("", closed), &policy("group g2, group g3", closed));
    assert_eq!(told, [(both[0].clone(), with("g2")), (both[1].clone(), with("g3"))]);
    // A prohibition that is lifted for each of them.
    let lifted = "organization o { room r { group g1 cannot read  user u1 can read } }";
    let told = by(&policy("group g2, group g3", lifted), &policy("", lifted));
    assert_eq!(told, [(both[0].clone(), with("g2")), (both[1].clone(), with("g3"))]);
    // Who comes by the same membership stays together.
    let told = by(&policy("", closed), &policy("group m", closed));
    assert_eq!(told, [("group m in group g1".to_owned(), vec![vec!["g4".to_owned(), "m".to_owned()]])]);
}

#[test]
fn members_are_counted_at_the_time_of_the_sentence() {
    let policy = |rows: &str| {
        format!(
            "use liveblocks\ngroup lead {{ user u1, user u2 until 2029-01-01, user u3 until 2030-12-31 }}\nroom a {{ {rows} }}"
        )
    };
    let text = told(&between(&policy(""), &policy("group lead can write")));
    assert!(text.contains("    group lead (1 of 2 users, not u3) gains write on room a\n"), "{text}");
}

#[test]
fn a_group_that_lies_in_other_groups_is_no_renamed_one() {
    let policy = |name: &str, all: &str| {
        format!(
            "use liveblocks\ngroup {name} {{ user u1, user u2 }}\ngroup all {{ user u5 {all} }}\n\
             room r {{ group all can write  group {name} can read }}"
        )
    };
    let named = |old: &str, new: &str| told(&between(old, new)).contains("group eng is named engi now");
    assert!(named(&policy("eng", ""), &policy("engi", "")));
    assert!(named(&policy("eng", ", group eng"), &policy("engi", ", group engi")));
    assert!(!named(&policy("eng", ", group eng"), &policy("engi", "")));
    assert!(!named(&policy("eng", ""), &policy("engi", ", group engi")));
}

#[test]
fn a_part_of_a_feature_is_named_where_the_other_parts_stay() {
    let policy = |rows: &str| format!("use liveblocks\nroom r {{ default can read  {rows} }}");
    let gains = |rows: &str| told(&between(&policy(""), &policy(rows)));
    let part = gains("user marie can comments:public:write");
    assert!(part.contains("    user marie gains comments:write, comments:public:write on room r\n"), "{part}");
    let whole = gains("user marie can comments:write");
    assert!(whole.contains("    user marie gains comments:write on room r\n"), "{whole}");
}

#[test]
fn a_membership_without_an_end_is_for_ever() {
    let policy = |members: &str| format!("use liveblocks\ngroup g {{ {members} }}\nroom r {{ group g can read }}");
    let text = told(&between(&policy("user bob until 2031-12-31"), &policy("user bob, user zed")));
    assert!(text.contains("+ user zed joins group g, and user bob is in it for ever\n"), "{text}");
}

/// What differs on the ways of who names a group parts the groups only where that is in the cause.
#[test]
fn ways_that_decide_nothing_part_no_groups() {
    let policy = |one: &str, two: &str, down: &str| {
        let nested = |list: &[String]| list.join(", ");
        let groups: Vec<String> = (0..40).map(|i| format!("group a{i}")).collect();
        let (first, second) = if one == two { (nested(&groups), String::new()) } else { (String::new(), nested(&groups)) };
        format!(
            "use liveblocks\n{}\ngroup b0\ngroup b1\ngroup as1 {{ {first} }}\ngroup as2 {{ {second} }}\ngroup bs {{ {down} }}\n\
             room r {{ group as1 can write  group as2 can write  group bs cannot write }}",
            groups.join("\n")
        )
    };
    let found = between(&policy("x", "x", ""), &policy("x", "y", "group b0, group b1"));
    let told: Vec<(String, usize)> =
        found.changes.iter().map(|c| (found.causes[c.cause].title().1, c.with.iter().map(Vec::len).max().unwrap_or(0))).collect();
    let by = |group: &str| (format!("group {group} in group bs"), 42);
    assert_eq!(told, [by("b0"), by("b1")]);
}
