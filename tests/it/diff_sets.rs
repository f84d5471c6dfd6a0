//! `diff` over sets of groups that users and strangers name at sign-in.

use std::collections::BTreeSet;

use roomkey::query::diff::gates::{Breach, Gate, Most, Why};
use roomkey::query::diff::{Asked, Change, Diff, diff, diff_as, diff_with};
use roomkey::report::changes::{self, How, Text};
use roomkey::table::GroupId;
use roomkey::{Policy, Table};

use crate::diff::{from_when, permissions, policies, resources, rounds, side};
use crate::reference::chance::Chance;

const AT: &str = "2030-01-01";

pub(crate) fn policy(text: &str) -> Policy {
    Policy::from_texts([("p.rk".into(), text.into())]).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

pub(crate) fn between(old: &str, new: &str) -> Diff {
    let [old, new] = [old, new].map(policy);
    diff(side(&old), side(&new), AT.parse().expect("a date")).expect("sound tables")
}

/// How a comparison of two texts breaks a gate.
pub(crate) fn breach<'d>(gate: &Gate, found: &'d Diff, [old, new]: [&str; 2]) -> Option<Breach<'d>> {
    let sides = [old, new].map(policy);
    gate.breach(found, sides.each_ref().map(Policy::table)).expect("sound tables")
}

/// The comparison as text.
pub(crate) fn told(diff: &Diff) -> String {
    let mut out = Vec::new();
    let how = How { all: false, old: "old", new: "new", text: Text::Other };
    changes::text(&mut out, diff, &how, false).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn users_and_strangers_with_sets_of_groups_are_compared() {
    let lobby = |more: &str| format!("use liveblocks\ngroup staff\ngroup banned\nroom r {{ {more} }}");
    let closed =
        |more: &str| format!("use liveblocks\ngroup staff\norganization o {{ member group staff  room r {{ {more} }} }}");
    let cases = [
        (closed(""), closed("user ann can write"), "when signed in with group staff, user ann gains write on room r"),
        (
            lobby("group staff can write  user ann cannot write"),
            lobby("group staff can write"),
            "when signed in with group staff, user ann gains write on room r, had read",
        ),
        (
            lobby("group staff can write  group banned cannot write"),
            lobby("group staff can write"),
            "whoever signs in with group banned and group staff gains write on room r, had read",
        ),
        (
            lobby("group staff can read  user ann can nothing"),
            lobby("group staff can read"),
            "when signed in with group staff, user ann gains read on room r",
        ),
        (
            lobby("default can nothing  group banned can read, storage:none  group staff can storage:write"),
            lobby("default can nothing  group banned can read  group staff can storage:write"),
            "gains storage:read on room r",
        ),
    ];
    for (old, new, sentence) in cases {
        let found = between(&old, &new);
        assert!(told(&found).contains(sentence), "{old}\n{new}\n{}", told(&found));
        assert!(found.widens() && found.unasked == 0);
        assert!(between(&new, &old).changes.iter().any(|c| !c.lost.is_empty()), "{new}\n{old}");
    }
}

#[test]
fn a_group_that_everyone_names_may_join_another_one() {
    let text = |members: &str| {
        format!("use liveblocks\ngroup g\ngroup k\nuser bob\ngroup h {{ {members} }}\nroom r {{ group h can write }}")
    };
    let [old, new] = [text(""), text("group g")].map(|t| policy(&t));
    let named = ["g".to_owned()];
    let found = diff_with(side(&old), side(&new), AT.parse().expect("a date"), &named).expect("sound tables");
    let told = told(&found);
    assert!(
        told.contains("+ group g in group h\n") && told.contains("but not strangers with group h, gains write on room r"),
        "{told}"
    );
}

#[test]
fn what_is_not_compared_is_said_and_fails_the_gates() {
    // Forty groups of which each says something for another time: more sets than anyone asks.
    let groups: String = (0..40).map(|i| format!("group g{i}\n")).collect();
    let rows: String =
        (0..40).map(|i| format!("group g{i} can read, f:{} until 2031-{:02}-01\n", ["none", "read"][i % 2], i / 4 + 1)).collect();
    let rows: String = rows.lines().enumerate().map(|(i, row)| format!("{row}T{:02}:00:00Z\n", i % 4)).collect();
    let kind = format!("kind doc {{ levels read < write  features f, f:a, f:b  permissions pub }}\n{groups}user ann\n");
    // It takes away what nobody has.
    let old = format!("{kind}doc d {{ default can read\n{rows} }}");
    let new = format!("{kind}doc d {{ default can read  default cannot pub\n{rows} }}");
    let found = between(&old, &new);
    assert!(found.changes.is_empty(), "{}", told(&found));
    assert_eq!(found.unasked, 1);
    let text = told(&found);
    assert!(text.contains("every decision that was compared is the same"), "{text}");
    assert!(text.contains("too many groups speak of 1 resource"), "{text}");
    let lost = Gate::MaxLost(Most::Percent(100));
    for gate in [Gate::NoNewAccess, Gate::Deny("write".parse().unwrap()), Gate::ForbidSelfGrant("ann".into()), lost] {
        assert_eq!(breach(&gate, &found, [&old, &new]).map(|b| b.why), Some(Why::Unasked), "{gate:?}");
    }
}

/// What groups say of other permissions, and rooms that differ in the users whom they name, multiply nothing.
#[test]
fn many_groups_in_many_rooms_are_all_compared() {
    let groups: String = (0..14).map(|i| format!("group g{i} {{ user m{i} }}\n")).collect();
    let level = |n: usize| ["none", "read", "write"][n % 3];
    let rows: String = (0..14)
        .map(|g| format!("group g{g} can read, storage:{}, feeds:{}, comments:{}\n", level(g), level(g / 3), level(g / 9)))
        .collect();
    let rooms: String =
        (0..140).map(|r| format!("room r{r} {{ default can nothing\n{rows}user u{r} can storage:read }}\n")).collect();
    let policy = |more: &str| format!("use liveblocks\n{groups}organization o {{\n{more}\n{rooms}}}");
    let found = between(&policy("group g0 cannot storage:write"), &policy(""));
    assert_eq!(found.unasked, 0);
    let names = |c: &Change, groups: [&str; 2]| c.with.iter().map(|w| w[0].as_str()).eq(groups);
    let of = |user: Option<&'static str>| found.changes.iter().filter(move |c| c.who.users.first().map(String::as_str) == user);
    for other in ["g2", "g5", "g8", "g11"] {
        let all: usize = of(None).filter(|c| names(c, ["g0", other])).map(|c| c.resources.len()).sum();
        assert_eq!(all, 140, "g0 and {other}");
    }
    // The user of a room gains nothing more by naming them than whoever does.
    assert_eq!(of(Some("u7")).count(), 0, "{}", told(&found));
}

/// Who is in a group needs to name only the other one.
#[test]
fn no_author_gains_through_a_group_that_it_is_in() {
    let policy = |entries: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann }}\ngroup onduty\norganization o {{ group staff can storage:write\nroom r {{ {entries} }} }}"
        )
    };
    let (old, new) = (policy("default can nothing"), policy("default can comments:read  group onduty can read"));
    let found = between(&old, &new);
    let fails = |user: &str| breach(&Gate::ForbidSelfGrant(user.into()), &found, [&old, &new]).is_some();
    assert!(fails("ann"), "{}", told(&found));
}

#[test]
fn members_are_told_with_the_groups_that_they_still_need() {
    let policy = |members: &str, rows: &str| {
        format!(
            "use liveblocks\ngroup staff {{ {members} }}\ngroup others {{ user ben }}\ngroup duty\n\
             organization o {{ group staff can storage:write  group others can feeds:none\nroom r {{ {rows} }} }}"
        )
    };
    let texts = |members: &str, rows: &str| [policy(members, rows), policy(members, &format!("{rows} group duty can read"))];
    let of = |members: &str, rows: &str| {
        let [old, new] = texts(members, rows);
        between(&old, &new)
    };
    let fails = |user: &str, found: &Diff, members: &str, rows: &str| {
        let [old, new] = texts(members, rows);
        breach(&Gate::ForbidSelfGrant(user.into()), found, [&old, &new]).is_some()
    };
    let one = of("user ann", "");
    let text = told(&one);
    assert!(text.contains("when signed in with group duty, user ann gains storage:write on room r\n"), "{text}");
    assert!(text.contains("whoever signs in with group duty and group staff gains storage:write on room r\n"), "{text}");
    // Who is in several groups that speak there, and who has statements of their own.
    let both = of("user ann, user ben, user cyd", "user cyd can nothing");
    for (user, is) in [("ann", true), ("ben", true), ("cyd", false), ("zoe", false)] {
        let mine =
            both.changes.iter().any(|c| c.who.users.iter().any(|u| u == user) && c.gained.contains(&"storage:write".into()));
        assert_eq!(mine, is, "{user}: {}", told(&both));
        // Nobody is in the group of those on duty by the policy, so that a sign-in may put anyone into it.
        let fails = fails(user, &both, "user ann, user ben, user cyd", "user cyd can nothing");
        assert_eq!(fails, user != "cyd", "{user}: {}", told(&both));
    }
    // Until a membership ends, and from then on, where another one is needed.
    let ends = of("user ann, user eve until 2031-12-31", "");
    let text = told(&ends);
    assert!(
        text.contains("when signed in with group duty, user eve gains storage:write on room r, until 2031-12-31\n"),
        "{text}"
    );
    assert!(fails("eve", &ends, "user ann, user eve until 2031-12-31", ""), "{text}");
    let many: String = (0..200).map(|i| format!("user u{i}\n")).collect();
    let text = told(&of(&many, ""));
    assert!(
        text.contains("when signed in with group duty, all 200 members of group staff gain storage:write on room r\n"),
        "{text}"
    );
}

#[test]
fn groups_that_a_sign_in_names_can_be_left_out() {
    let policy = |rows: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann }}\norganization o {{ member user ann {rows}\n room r {{ group staff can read }} }}"
        )
    };
    let [old, new] = [policy(""), policy(", user dan")].map(|text| crate::diff_sets::policy(&text));
    let at = AT.parse().expect("a date");
    let all = diff(side(&old), side(&new), at).expect("sound tables");
    assert!(told(&all).contains("when signed in with group staff, user dan gains read on room r\n"), "{}", told(&all));
    let asked = Asked { groups: &[], named: false };
    let alone = diff_as(side(&old), side(&new), at, &asked).expect("sound tables");
    assert!(alone.changes.is_empty() && !alone.named, "{}", told(&alone));
    assert!(told(&alone).contains("note: everyone was compared with the groups that the policy gives"), "{}", told(&alone));
    let [old, new] = ["", "default can read"].map(|rows| crate::diff_sets::policy(&policy(rows)));
    let alone = diff_as(side(&old), side(&new), at, &asked).expect("sound tables");
    assert!(alone.changes.iter().all(|c| c.who.groups.is_empty() && c.with.is_empty()), "{:?}", alone.changes);
}

/// Whether a change is told to someone who is in these groups, or names them.
fn is_told(c: &Change, user: Option<&str>, groups: &BTreeSet<String>, named: bool) -> bool {
    if !c.with.iter().all(|list| list.iter().any(|g| groups.contains(g))) {
        return false;
    }
    let listed = user.is_some_and(|u| c.who.users.iter().any(|other| other == u));
    match (c.who.everyone, c.with.is_empty()) {
        (true, _) => named || !listed,
        (false, true) => listed || c.who.groups.iter().any(|g| groups.contains(g)),
        (false, false) => listed || c.who.users.is_empty(),
    }
}

#[test]
fn every_difference_of_a_set_of_groups_is_told() {
    let (mut asked, mut changed, mut by_sets) = (0u64, 0u64, 0u64);
    for seed in 0..rounds(120) {
        let Some([old, new]) = policies(seed + 5_000) else { continue };
        let tables = [old.table(), new.table()];
        let mut chance = Chance::new(seed);
        let (start, times) = from_when(tables, &mut chance);
        let found = diff(side(&old), side(&new), start).expect("sound tables");
        assert_eq!(found.unasked, 0, "seed {seed}");
        let names = |groups: bool| -> Vec<String> {
            let of = |t: &Table| -> Vec<String> {
                if groups {
                    t.groups().map(|g| g.unwrap().1.to_owned()).collect()
                } else {
                    t.users().map(|u| u.unwrap().1.to_owned()).collect()
                }
            };
            let all: BTreeSet<String> = tables.iter().flat_map(|t| of(t)).collect();
            all.into_iter().collect()
        };
        let (users, groups) = (names(false), names(true));
        let sign_ins = |user: Option<&str>, named: &[String]| {
            [0, 1].map(|i: usize| {
                let ids: Vec<GroupId> = named.iter().filter_map(|g| tables[i].group(g).unwrap()).collect();
                tables[i].sign_in_with(user.and_then(|u| tables[i].user(u).unwrap()), &ids).unwrap()
            })
        };
        let kinds: BTreeSet<String> = tables.iter().flat_map(|t| t.kinds().iter().map(|k| k.name.to_string())).collect();
        for _ in 0..12 {
            let user = (!users.is_empty() && chance.percent(70)).then(|| chance.pick(&users).clone());
            let named: Vec<String> = groups.iter().filter(|_| chance.percent(45)).cloned().collect();
            let who = sign_ins(user.as_deref(), &named);
            let at = if times.is_empty() || chance.percent(60) { start } else { *chance.pick(&times) };
            let mut inside: BTreeSet<String> = named.iter().cloned().collect();
            for i in [0, 1] {
                inside.extend(tables[i].group_names_of(&who[i], at).unwrap().into_iter().map(str::to_owned));
            }
            for kind in &kinds {
                for (shown, id) in resources(tables, kind) {
                    for permission in permissions(tables, kind) {
                        let decide = |i: usize| {
                            let on = tables[i].kind(kind).and_then(|k| {
                                Some((tables[i].permission(k, &permission)?, tables[i].resource(k, &id).unwrap()?))
                            });
                            on.is_some_and(|(permission, on)| tables[i].check(&who[i], permission, on, at).unwrap())
                        };
                        let (before, after) = (decide(0), decide(1));
                        asked += 1;
                        if before == after {
                            continue;
                        }
                        changed += 1;
                        let lasts = |c: &&Change| c.since.is_none_or(|t| at >= t) && c.until.is_none_or(|t| at < t);
                        let mine = |c: &&Change| {
                            let list = if after { &c.gained } else { &c.lost };
                            c.kind == *kind && list.contains(&permission) && c.resources.contains(&shown)
                        };
                        let told = |c: &&Change| is_told(c, user.as_deref(), &inside, !named.is_empty());
                        let all: Vec<&Change> = found.changes.iter().filter(lasts).filter(mine).filter(told).collect();
                        let text = format!("seed {seed}: {user:?} with {named:?} {permission} on {kind}:{shown} at {at}");
                        assert!(!all.is_empty(), "{text}: {before} {after}");
                        by_sets += u64::from(all.iter().all(|c| !c.with.is_empty()));
                    }
                }
            }
        }
        // And what is told is so.
        for c in found.changes.iter().filter(|c| !c.with.is_empty()) {
            let named: Vec<String> = c.with.iter().map(|list| chance.pick(list).clone()).collect();
            let user = if c.who.users.is_empty() { None } else { Some(chance.pick(&c.who.users).as_str()) };
            let (who, at) = (sign_ins(user, &named), c.since.unwrap_or(start));
            let shown = chance.pick(&c.resources);
            let (_, id) = resources(tables, &c.kind).into_iter().find(|(s, _)| s == shown).expect("a resource");
            for (permission, after) in c.gained.iter().map(|p| (p, true)).chain(c.lost.iter().map(|p| (p, false))) {
                for i in [0, 1] {
                    let on = tables[i]
                        .kind(&c.kind)
                        .and_then(|k| Some((tables[i].permission(k, permission)?, tables[i].resource(k, &id).unwrap()?)));
                    let is = on.is_some_and(|(permission, on)| tables[i].check(&who[i], permission, on, at).unwrap());
                    assert_eq!(is, after == (i == 1), "seed {seed}: {permission} of {c:?}");
                }
            }
        }
    }
    println!("{asked} decisions, {changed} changed, {by_sets} told by sets alone");
    assert!(changed > 1_000 && by_sets > 20, "{changed} changed, {by_sets} by sets");
}

#[test]
fn what_needs_groups_at_sign_in_stands_behind_other_gains_across_causes() {
    let policy = |a: &str, b: &str| {
        format!(
            "use liveblocks\ngroup staff\norganization o {{ member group staff  room a {{ {a} }} }}\nroom b {{ default can nothing {b} }}"
        )
    };
    let found = between(&policy("", ""), &policy("user ann can write", "user zoe can read"));
    let titles: Vec<&str> = found.causes.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(titles, ["user zoe can read in room b", "user ann can write in room a"], "{}", told(&found));
}
