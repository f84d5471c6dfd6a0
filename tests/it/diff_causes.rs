//! What `diff` blames for what it found, and how it says it.

use roomkey::query::diff::gates::{Gate, Most};
use roomkey::query::diff::{Diff, Sort};
use roomkey::report::changes::{self, How, Text};

use crate::diff_gates::counted;
use crate::diff_sets::{between, breach, told};

/// The text of a cause and the permissions that it gives, by cause.
fn causes(diff: &Diff) -> Vec<(String, Vec<String>)> {
    let gained = |i: usize| diff.changes.iter().filter(|c| c.cause == i).flat_map(|c| c.gained.clone()).collect();
    diff.causes.iter().enumerate().map(|(i, c)| (c.text.clone(), gained(i))).collect()
}

#[test]
fn every_permission_has_its_own_cause() {
    let kind = "kind doc { levels read < write  permissions delete, share }\nrole deleter { can delete }\n";
    let old = format!("{kind}doc payroll {{ }}");
    let new = format!("{kind}doc payroll {{ user eve can read }}\nassign deleter to user eve everywhere");
    let found = between(&old, &new);
    let is = [("user eve can read in doc payroll", "*:read"), ("assign deleter to user eve everywhere", "delete")];
    for (text, permission) in is {
        assert!(causes(&found).contains(&(text.into(), vec![permission.into()])), "{:?}", causes(&found));
    }
    let gate = Gate::Deny("delete".parse().expect("a permission"));
    let breach = breach(&gate, &found, [&old, &new]).expect("not met");
    let mut out = Vec::new();
    changes::breach(&mut out, &found, &breach, &how()).expect("written");
    let out = String::from_utf8(out).expect("text");
    assert!(out.contains("user eve gains delete on doc payroll") && out.contains("by + assign deleter to"), "{out}");
}

fn how() -> How<'static> {
    How { all: false, old: "old", new: "new", text: Text::Other }
}

#[test]
fn a_lifted_prohibition_comes_behind_what_everyone_gains() {
    let kind = "kind doc { levels read < write  permissions delete }\ngroup c { user eve }\n";
    let old = format!("{kind}doc payroll {{ user eve can read  group c cannot delete }} doc lobby {{ default can read }}");
    let new = format!("{kind}doc payroll {{ user eve can read, delete }} doc lobby {{ default can write }}");
    let found = between(&old, &new);
    assert!(found.causes[1].lifts && found.causes[1].sort == Sort::Several, "{:?}", found.causes);
    let both = "~ group c cannot delete in doc payroll is taken away, and user eve can read, delete in doc payroll\n    \
                taking it away lets people in\n";
    assert!(told(&found).contains(both), "{}", told(&found));
    assert!(told(&found).contains("now: user eve can read, delete in doc payroll"), "{}", told(&found));
    // Whom it kept from what others give is let in by it alone.
    let more = "group d { user ann }\nrole r { can delete }\nassign r to user ann everywhere\n";
    let [old, new] = [&old, &new].map(|text| format!("{more}{}", text.replace("group c {", "group c { user ann,")));
    let found = told(&between(&old, &new));
    let alone = "- group c cannot delete in doc payroll\n    taking it away lets people in\n    p.rk:6:34 in old\n    \
                 user ann gains delete on doc payroll\n";
    assert!(found.contains(alone) && found.contains(both), "{found}");
    // Leaving the group that it names is the same.
    let group = |members: &str| {
        format!("use liveblocks\ngroup banned {{ {members} }}\nroom a {{ default can write  group banned cannot * }}")
    };
    let old = group("user eve") + "\nroom b { default can read }";
    let new = group("") + "\nroom b { default can write }";
    let found = between(&old, &new);
    assert!(found.causes[1].lifts && found.causes[1].sort == Sort::Left, "{}", told(&found));
}

#[test]
fn containers_that_move_are_named_with_both_places() {
    let policy = |organization: &str| {
        format!(
            "kind folder in organization\nkind doc in folder {{ levels read < write }}\n\
             organization secret {{ default can nothing on doc }}\norganization public {{ default can read on doc }}\n\
             folder f in organization {organization}\ndoc d in folder f\n"
        )
    };
    let text = told(&between(&policy("secret"), &policy("public")));
    for part in [
        "~ folder f moves from organization secret to public, with doc d",
        "was: folder f in organization secret, ",
        "now: folder f in organization public, ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let pattern = |organization: &str| {
        format!(
            "use liveblocks\norganization a {{ default can read }}\norganization b {{ default can write }}\nroom \"p*\" in organization {organization}"
        )
    };
    let text = told(&between(&pattern("a"), &pattern("b")));
    assert!(text.contains("~ room \"p*\" moves from organization a to b"), "{text}");
}

#[test]
fn the_role_that_changed_is_blamed() {
    let policy = |list: &str| {
        format!(
            "use liveblocks\nrole a {{ can {list} }}\nrole b includes a {{ can comments:write }}\n\
             assign b to everyone in organization o\norganization o {{ room r }}"
        )
    };
    let found = between(&policy("read"), &policy("write"));
    assert_eq!(found.causes[0].text, "role a says can write instead of can read", "{}", told(&found));
}

#[test]
fn what_is_lost_is_not_kept() {
    let policy = |list: &str| format!("kind doc {{ levels read < write permissions del, pub }}\ndoc d {{ user ann can {list} }}");
    let text = told(&between(&policy("write, del, pub"), &policy("read, del")));
    assert!(text.contains("user ann loses write, pub on doc d, keeps read, del"), "{text}");
}

#[test]
fn a_level_in_between_is_named_by_itself() {
    let policy =
        |levels: &str| format!("kind doc {{ levels {levels} permissions invite }}\ndoc d {{ user ann can write, invite }}");
    let (old, new) = (policy("read < write"), policy("read < comment < write"));
    let text = told(&between(&old, &new));
    assert!(text.contains("user ann gains comment on doc d\n"), "{text}");
    assert!(told(&between(&new, &old)).contains("user ann loses comment on doc d, keeps write, invite\n"), "{text}");
    let other = told(&between(&policy("read < edit < write"), &new));
    assert!(other.contains("user ann gains comment and loses edit on doc d\n"), "{other}");
}

#[test]
fn one_is_not_many() {
    let room = |rows: &str| format!("use liveblocks\nroom r {{ {rows} }}");
    let (old, new) = (room("user ann can read"), room("user ben can nothing"));
    let found = between(&old, &new);
    let mut out = Vec::new();
    let breach = breach(&Gate::MaxLost(Most::Users(0)), &found, [&old, &new]).expect("not met");
    changes::breach(&mut out, &found, &breach, &how()).expect("written");
    let out = String::from_utf8(out).expect("text");
    assert!(out.contains("1 of 1 user loses access"), "{out}");
    assert!(told(&found).contains("\nanother statement that differs\n"), "{}", told(&found));
    // Many different rooms for the same one.
    let rooms = |list: &str| {
        let row = |i: usize| format!("room r{i} {{ default can {list}  user u{i} can nothing }}\n");
        format!("use liveblocks\n{}role all {{ can {list} }}\n", (0..9).map(row).collect::<String>())
    };
    let with = |role: &str| format!("{}assign all to everyone everywhere {role}", rooms("read"));
    let text = told(&between(&rooms("read"), &with("")));
    assert!(!text.contains("everyone who can sign in gain "), "{text}");
}

#[test]
fn names_that_look_like_words_are_whole() {
    let policy =
        |more: &str| format!("use liveblocks\ngroup x {{ user \"ann until 2030\" {more} }}\nroom r {{ group x can read }}");
    let text = told(&between(&policy(""), &policy("user \"bob in group admins\"")));
    assert!(text.contains("+ user \"bob in group admins\" joins group x\n"), "{text}");
    let text = told(&between(&policy(""), &policy("user eve until 2031-01-01")));
    assert!(text.contains("+ user eve until 2031-01-01 joins group x\n"), "{text}");
}

#[test]
fn other_names_are_told_as_such() {
    let group =
        |name: &str| format!("use liveblocks\ngroup {name} {{ user ann, user bob }}\nroom r {{ group {name} can write }}");
    let text = told(&between(&group("staff"), &group("crew")));
    assert!(text.contains("group staff is named crew now, with the same members and statements"), "{text}");
    let room = |name: &str| format!("use liveblocks\nroom {name} {{ user ann can write }}");
    let text = told(&between(&room("a"), &room("b")));
    assert!(text.contains("room a is gone, and room b has the same statements"), "{text}");
    let kind = |levels: &str| format!("kind room {{ levels {levels} }}\nroom a {{ default can nothing }}");
    let text = told(&between(&kind("read < write"), &kind("view < edit")));
    assert!(text.contains("levels of kind room have other names (read is now view, write is now edit)"), "{text}");
}

#[test]
fn an_undeclared_resource_is_found_whatever_stands_around_it() {
    // Every letter that is easy to type is taken by another resource or a longer pattern.
    let taken: String = ('!'..='~').filter(|c| !"*\"\\".contains(*c)).map(|c| format!("room \"p{c}\"\n")).collect();
    let longer: String = (0..1_100u32).filter_map(|n| char::from_u32(0xe9 + n)).map(|c| format!("room \"p{c}*\"\n")).collect();
    let policy = |list: &str| {
        format!("use liveblocks\nroom p\n{taken}room \"p\\\"\"\nroom \"p\\\\\"\n{longer}room \"p*\" {{ default can {list} }}")
    };
    let found = between(&policy("read"), &policy("write"));
    assert!(found.changes.iter().any(|c| c.resources.contains(&"p*".to_owned())), "{}", told(&found));
    // A pattern that leaves room for one character.
    let long = "x".repeat(255);
    let policy = |list: &str| format!("use liveblocks\nroom \"{long}*\" {{ default can {list} }}");
    assert_eq!(between(&policy("read"), &policy("write")).changes.len(), 1);
}

#[test]
fn losses_that_nobody_can_count_fail_every_limit() {
    let why = |old: &str, new: &str, most: Most| -> Option<Option<usize>> {
        let found = between(old, new);
        let breach = breach(&Gate::MaxLost(most), &found, [old, new])?;
        Some(counted(&breach))
    };
    let all = Most::Percent(100);
    let room = |rows: &str, more: &str| format!("use liveblocks\ngroup staff\nroom r {{ {rows} }}\n{more}");
    assert_eq!(why(&room("default can write", ""), &room("", ""), all), Some(None));
    assert_eq!(why(&room("group staff can write", ""), &room("", ""), all), Some(None));
    // Users whom the change adds do not make the others few.
    let ten: String = (0..10).map(|i| format!("user u{i} can read\n")).collect();
    let many: String = (0..200).map(|i| format!("user dummy{i}\n")).collect();
    assert_eq!(why(&room(&ten, ""), &room("", &many), Most::Percent(50)), Some(Some(10)));
    assert_eq!(why(&room(&ten, ""), &room(&ten.replacen("user u0 can read\n", "", 1), ""), Most::Percent(10)), None);
}

#[test]
fn comments_hold_every_cause_and_stay_small() {
    let many: String = (0..400).map(|i| format!("user \"{}{i}\" can write\n", "long".repeat(20))).collect();
    let rooms = |rows: &str| (0..40).map(|i| format!("room r{i} {{ {rows} }}\n")).collect::<String>();
    let old = format!("use liveblocks\n{}room q {{ group g cannot write }}\ngroup g", rooms(""));
    let new = format!("use liveblocks\n{}room q {{ default can write }}\ngroup g", rooms(&many));
    let found = between(&old, &new);
    let mut out = Vec::new();
    changes::markdown(&mut out, &found, &how(), &[]).expect("written");
    assert!(out.len() < 65_000, "{}", out.len());
    let page = String::from_utf8(out).expect("text");
    assert!(page.contains("default can write in room q"), "the first cause: {}", &page[..2_000]);
    // However many there are, the first ones keep their sentences.
    for causes in [700, 3_000] {
        let rooms =
            |list: &str| (0..causes).map(|i| format!("room room-{i} {{ user user-{i} can {list} }}\n")).collect::<String>();
        let found = between(&format!("use liveblocks\n{}", rooms("read")), &format!("use liveblocks\n{}", rooms("write")));
        let mut out = Vec::new();
        changes::markdown(&mut out, &found, &how(), &[]).expect("written");
        let page = String::from_utf8(out).expect("text");
        assert!(page.len() < 65_000, "{}", page.len());
        let told = page.matches(" gains `write` on room ").count();
        assert!(told > 50, "{told} of {causes}: {}", &page[..1_000]);
        assert!(page.find(" gains `write`").is_some_and(|at| at < 500), "{}", &page[..1_000]);
    }
    // Notes and statements without an effect are bounded, too.
    let kinds: String = (0..800).map(|i| format!("kind {}{i} {{ permissions p{i} }}\n", "k".repeat(100))).collect();
    let found = between("use liveblocks", &format!("use liveblocks\n{kinds}"));
    let mut out = Vec::new();
    changes::markdown(&mut out, &found, &how(), &[]).expect("written");
    assert!(out.len() < 65_000, "{}", out.len());
}

#[test]
fn names_are_no_links_and_mention_nobody() {
    let new = "use liveblocks\nroom r { user \"https://evil.example/x\" can read  user \"www.evil.example\" can write\n\
               user \"@org/team\" can storage:write, read  user \"`x`\" can feeds:write, read  user \"a](http://x)\" can comments:write, read }";
    let found = between("use liveblocks\nroom r { }", new);
    let mut out = Vec::new();
    changes::markdown(&mut out, &found, &how(), &[]).expect("written");
    let page = String::from_utf8(out).expect("text");
    // Without what is code, nothing is left that a renderer makes a link of.
    let mut prose = String::new();
    for line in page.lines() {
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            prose.push_str(&rest[..at]);
            let ticks = rest[at..].chars().take_while(|c| *c == '`').count();
            let after = &rest[at + ticks..];
            let end = after
                .match_indices(&"`".repeat(ticks))
                .find(|(i, _)| !after[..*i].ends_with('`') && !after[i + ticks..].starts_with('`'));
            rest = end.map_or("", |(i, _)| &after[i + ticks..]);
        }
        prose.push_str(rest);
        prose.push('\n');
    }
    for bad in ["http", "www", "@", "](", "evil"] {
        assert!(!prose.contains(bad), "{bad}: {page}");
    }
}

#[test]
fn the_highest_level_is_told_where_kinds_differ() {
    let policy = |more: &str, row: &str| {
        format!(
            "kind doc {{ levels read < write permissions share{more} features c }}\ngroup staff {{ user ann }}\ndoc d {{ {row} }}"
        )
    };
    let row = "group staff can write";
    let (old, new) = (policy("", ""), policy(", print", row));
    let text = told(&between(&old, &new));
    assert!(text.contains("group staff (1 user) gains write on doc d\n"), "{text}");
    let text = told(&between(&policy(", print", row), &policy("", "group staff can read")));
    assert!(text.contains("group staff (1 user) loses write on doc d, keeps read\n"), "{text}");
    // A kind that only one side has.
    let text = told(&between("use liveblocks", &policy("", row)));
    assert!(text.contains("gains write on doc d\n"), "{text}");
    let found = between(&old, &new);
    let gate = Gate::NoNewAccess;
    let breach = breach(&gate, &found, [&old, &new]).expect("not met");
    let mut out = Vec::new();
    changes::breach(&mut out, &found, &breach, &how()).expect("written");
    assert!(String::from_utf8(out).expect("text").contains("gains write on doc d"));
}

#[test]
fn what_somebody_had_is_not_gained() {
    let doc = |list: &str| format!("kind doc {{ levels read < write permissions share, print }}\ndoc d {{ user u can {list} }}");
    let text = told(&between(&doc("share, print"), &doc("write, share, print")));
    assert!(text.contains("user u gains write on doc d, had share, print\n"), "{text}");
    let text = told(&between(&doc("read, share"), &doc("write, share, print")));
    assert!(text.contains("user u gains write, print on doc d, had read, share\n"), "{text}");
    let room = |part: &str| {
        format!(
            "use liveblocks\ngroup banned {{ user ben }}\ngroup staff {{ user ben }}\n\
             room r {{ group staff can write  group banned cannot {part} }}"
        )
    };
    let text = told(&between(&room("write"), &room("comments:write")));
    assert!(text.contains("user ben goes from read to write, comments:read on room r\n"), "{text}");
}

#[test]
fn a_change_that_takes_less_away_is_pointed_out() {
    let room = |rows: &str| {
        format!("use liveblocks\ngroup staff {{ user ann, user ben }}\ngroup banned {{ user ben }}\nroom r {{ {rows} }}")
    };
    let staff = |rows: &str| room(&format!("group staff can write  {rows}"));
    const LESS: &str = "    it takes less away than before, which lets people in\n";
    for (old, new) in [
        (staff("group banned cannot write"), staff("group banned cannot comments:write")),
        (staff("group banned cannot write"), staff("group banned cannot write until 2020-01-01")),
        (room("default can write, comments:none"), room("default can write")),
        (room("group staff can write, comments:none"), room("group staff can write")),
    ] {
        let found = between(&old, &new);
        assert!(found.causes[0].lifts && told(&found).contains(LESS), "{new}: {}", told(&found));
        let back = between(&new, &old);
        assert!(!back.causes[0].lifts && !told(&back).contains("lets people in"), "{old}: {}", told(&back));
    }
    let more = between(&room("group staff can read"), &room("group staff can write"));
    assert!(!told(&more).contains("lets people in"), "{}", told(&more));
}

#[test]
fn what_gives_the_base_is_to_blame_for_what_it_wakes() {
    let policy = |members: &str| {
        format!(
            "use liveblocks\ngroup staff {{ {members} }}\ngroup inner {{ user bob }}\nroom plan {{ default can nothing\n\
             group staff can read  user bob can comments:write }}"
        )
    };
    for (members, title) in [("user bob", "user bob joins group staff"), ("group inner", "group inner in group staff")] {
        for (old, new, sign) in [(policy(""), policy(members), '+'), (policy(members), policy(""), '-')] {
            let text = told(&between(&old, &new));
            let title = if sign == '+' { title.to_owned() } else { title.replace("joins", "leaves") };
            assert!(text.contains(&format!("{sign} {title}\n")) && !text.contains("several statements"), "{text}");
        }
    }
}

#[test]
fn a_kind_that_changed_is_the_cause() {
    let policy = |kind: &str, group: &str| {
        format!(
            "kind doc {{ {kind} }}\nrole helper {{ can * }}\ngroup g1 {{ {group} }}\ngroup g3\n\
             doc d {{ user v can *  group g1 can read, share }}\nassign helper to user w in doc d"
        )
    };
    const KIND: &str = "levels read < write permissions share";
    let text = told(&between(&policy(KIND, "group g3"), &policy(&format!("{KIND}, delete"), "group g3")));
    assert!(text.contains("by 1 cause\n\n~ the permissions of kind doc differ\n"), "{text}");
    for part in
        ["was: kind doc without delete, p.rk:1:6 in old", "now: kind doc with delete, p.rk:1:51 in new", "gain delete on doc d"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("differs\n") && !text.contains("statements that differ"), "{text}");
    // What else differs keeps its own cause.
    let text = told(&between(&policy(KIND, "group g3"), &policy("levels see < read < write permissions share", "")));
    for part in ["now: kind doc with levels see < read < write, ", "- group g3 in group g1\n", "loses read, share on doc d"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_kind_whose_owners_get_another_role_is_the_cause() {
    let policy = |role: &str, until: &str| {
        format!(
            "kind doc {{ permissions read, share\n  owner gets {role}\n}}\nrole reader {{ can read }}\nrole sharer {{ can share }}\n\
             doc a {{ owner user ann }}\ndoc b {{ owner user ben{until} }}"
        )
    };
    let text = told(&between(&policy("reader", ""), &policy("sharer", "")));
    assert_eq!(
        text,
        "2 users gain access, 2 users lose access, by 1 cause

~ owner gets sharer in kind doc
    was: owner gets reader in kind doc, p.rk:2:14 in old
    p.rk:2:14 in new
    user ann goes from read to share on doc a
    user ben goes from read to share on doc b
"
    );
    // A role that says the same changes nothing, and is told so.
    let same = |role: &str| {
        format!(
            "kind doc {{ permissions read  owner gets {role} }}\nrole one {{ can read }}\nrole two {{ can read }}\ndoc a {{ owner user ann }}"
        )
    };
    let text = told(&between(&same("one"), &same("two")));
    assert!(text.contains("every decision is the same") && text.contains("+ owner gets two in kind doc"), "{text}");
    // An owner for another time keeps its own cause.
    let text = told(&between(&policy("reader", " until 2031-01-01"), &policy("reader", " until 2032-01-01")));
    assert!(
        text.contains("~ owner user ben until 2032-01-01 in doc b\n    was: owner user ben until 2031-01-01 in doc b, "),
        "{text}"
    );
    assert!(!text.contains("owner gets"), "{text}");
}

#[test]
fn a_membership_with_another_end_is_told_once() {
    let policy = |until: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann, user bob{until} }}\ngroup inner {{ user cyd }}\n\
             organization o {{ member group staff, user eve{until}\n room r {{ group staff can read  user eve can read }} }}"
        )
    };
    let (old, new) = (policy(" until 2030-12-31"), policy(" until 2031-12-31"));
    let text = told(&between(&old, &new));
    for part in [
        "~ user bob is in group staff until 2031-12-31, and was until 2030-12-31\n",
        "    user bob until 2030-12-31: p.rk:2:30 in old\n    user bob until 2031-12-31: p.rk:2:30 in new\n",
        "from 2031-01-01 on, user bob keeps read on room r, until 2031-12-31; it would have ended\n",
        "~ member user eve until 2031-12-31 in organization o\n    was: member user eve until 2030-12-31 in organization o, ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("differ"), "{text}");
    let back = told(&between(&new, &old));
    assert!(back.contains("~ user bob is in group staff until 2030-12-31, and was until 2031-12-31\n"), "{back}");
    assert!(!back.contains("differ"), "{back}");
    assert!(told(&between(&old, &policy(""))).contains("~ user bob is in group staff for ever, and was until 2030-12-31\n"));
    // With somebody who joins.
    let more = new.replace("user ann,", "user ann, user dan,");
    let text = told(&between(&old, &more));
    assert!(text.contains("+ user dan joins group staff, and user bob is in it until another time\n"), "{text}");
    // Who leaves is no part of it.
    let less = new.replace("user ann,", "");
    let text = told(&between(&old, &less));
    assert!(text.contains("- user ann leaves group staff\n    p.rk:2:20 in old\n"), "{text}");
    // A group in a group.
    let nested = |until: &str| policy("").replace("user ann,", &format!("user ann, group inner{until}"));
    let text = told(&between(&nested(" until 2030-12-31"), &nested("")));
    assert!(text.contains("~ group inner in group staff\n    was: group inner until 2030-12-31 in group staff, "), "{text}");
    assert!(!text.contains("differ"), "{text}");
}

#[test]
fn an_organization_that_opens_or_closes_is_one_cause() {
    let policy = |members: &str| {
        format!("use liveblocks\ngroup staff {{ user ann }}\norganization o {{ {members}\n room r {{ default can read }} }}")
    };
    let (open, closed) = (policy(""), policy("member group staff, user bob until 2031-01-01"));
    let text = told(&between(&open, &closed));
    for part in [
        "by 1 cause\n",
        "~ organization o is closed now: only its members can sign in to it\n    now: member group staff in organization o, ",
        "    now: member user bob until 2031-01-01 in organization o, ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("statement"), "{text}");
    let text = told(&between(&closed, &open));
    let part =
        "~ organization o is open now: everyone can sign in to it\n    it takes less away than before, which lets people in\n";
    assert!(text.contains(part) && text.contains("by 1 cause\n"), "{text}");
}

#[test]
fn what_a_kind_gains_without_effect_is_told() {
    let policy = |more: &str| format!("kind doc {{ permissions read{more} }}\ndoc d {{ user ann can read }}");
    let text = told(&between(&policy(""), &policy(", export")));
    assert!(text.contains("every decision is the same") && text.contains("+ kind doc with export"), "{text}");
}

#[test]
fn a_role_is_told_with_what_it_says_now() {
    let policy = |role: &str| {
        format!(
            "kind repo {{ levels read < write < admin  permissions go, stop }}\nrole low {{ can read }}\nrole high {{ can admin }}\n\
             role ops {role}\nrepo x\nassign ops to user a in repo x"
        )
    };
    let title = |old: &str, new: &str| between(&policy(old), &policy(new)).causes[0].title().1;
    assert_eq!(title("includes low", "includes high"), "role ops says includes high instead of includes low");
    assert_eq!(title("{ can go }", "{ can go, stop }"), "role ops also says can stop");
    assert_eq!(title("includes low { can go }", "{ can go }"), "role ops no longer says includes low");
}

#[test]
fn what_is_left_is_told_of_each_part_of_a_loss() {
    let policy = |members: &str| {
        format!(
            "kind repo {{ levels read < write < admin }}\ngroup adm {{ {members} }}\ngroup mnt {{ {members} }}\nrepo x {{\n\
             default can read  group mnt can write  group adm can admin }}"
        )
    };
    let text = told(&between(&policy("user a"), &policy("")));
    assert!(text.contains("user a loses admin on repo x, keeps read\n"), "{text}");
    assert!(text.contains("user a loses write on repo x, keeps read\n"), "{text}");
    assert!(text.find("loses admin") < text.find("loses write"), "the higher level comes first: {text}");
}

#[test]
fn a_group_counts_those_of_whom_it_is_told() {
    let policy = |more: &str, list: &str| {
        format!("use liveblocks\ngroup g {{ user a, user b, user c{more} }}\nroom r {{ group g can {list} }}")
    };
    let text = told(&between(&policy("", "read"), &policy(", user d", "write")));
    assert!(text.contains("group g (3 of 4 users, not d) gains write on room r, had read\n"), "{text}");
}

#[test]
fn a_kind_that_gets_more_is_told_where_that_is_written() {
    let policy = |more: &str| format!("use liveblocks\n{more}room r {{ user ann can write }}\n");
    let found = between(&policy(""), &policy("kind room { features tables }\n"));
    let text = told(&found);
    assert!(text.contains("p.rk:2:22 in new\n") && !text.contains("liveblocks.rk"), "{text}");
}
