//! Whether a statement or a membership is to blame, where both differ.

use std::collections::BTreeSet;

use roomkey::query::diff::gates::Gate;
use roomkey::query::diff::{Cause, Diff, Sort, diff};
use roomkey::report::changes::{self, How, Text};
use roomkey::{Instant, Policy};
use serde_json::Value;

use crate::agree::load;
use crate::diff::{from_when, resources, rounds, side};
use crate::diff_sets::{between, breach, told};
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::shrink::without;
use crate::reference::valid::problems;
use crate::reference::world::{Group, Member, Who, World};

fn text(members: &str, more: &str) -> String {
    format!("use liveblocks\ngroup g {{ user ben{members} }}\n{more}")
}

/// The causes of what a user gains or loses, by their titles, with the permissions.
fn of(diff: &Diff, user: &str) -> Vec<(String, String)> {
    let mine = diff.changes.iter().filter(|c| c.concerns(user));
    let mut all: Vec<_> = mine
        .map(|c| {
            let (sign, title) = diff.causes[c.cause].title();
            let first = |list: &[String], sign: &str| list.first().map_or(String::new(), |p| format!("{sign}{p}"));
            (format!("{sign} {title}"), format!("{}{}", first(&c.gained, "+"), first(&c.lost, "-")))
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn is(old: &str, new: &str, user: &str, causes: &[(&str, &str)]) {
    let found = between(old, new);
    let want: Vec<(String, String)> = causes.iter().map(|(cause, what)| ((*cause).into(), (*what).into())).collect();
    assert_eq!(of(&found, user), want, "{old}\n{new}\n{}", told(&found));
}

#[test]
fn a_join_is_the_cause_where_the_old_statement_would_do() {
    let join = ("+ user mal joins group g", "+*:write");
    let entry = |until: &str| format!("room a {{ group g can write{until} }}");
    let until = " until 2099-12-31";
    is(&text("", &entry("")), &text(", user mal", &entry(until)), "mal", &[join]);
    is(
        &text("", &entry(until)),
        &text(", user mal", &entry("")),
        "mal",
        &[
            join,
            // What comes only by the longer entry.
            ("~ group g can write in room a, and user mal joins group g", "+*:write"),
        ],
    );
    // An assignment that is changed, and one of a role that is narrowed.
    let assigned = |until: &str, list: &str| format!("role r {{ can {list} }}\nassign r to group g everywhere{until}\nroom a");
    is(&text("", &assigned("", "write")), &text(", user mal", &assigned(until, "write")), "mal", &[join]);
    is(&text("", &assigned("", "write, feeds:write")), &text(", user mal", &assigned("", "write")), "mal", &[join]);
    // Who was a member keeps the statement as the cause.
    let found = between(&text("", &entry("")), &text(", user mal", &entry(until)));
    let ben = of(&found, "ben");
    assert_eq!(ben, [("~ group g can write until 2099-12-31 in room a".to_owned(), "-*:write".to_owned())], "{}", told(&found));
}

#[test]
fn both_are_the_cause_where_neither_would_do() {
    let entry = |list: &str| format!("room a {{ default can nothing  group g can {list} }}");
    let both = ("~ group g can write in room a, and user mal joins group g", "+*:write");
    is(&text("", &entry("read")), &text(", user mal", &entry("write")), "mal", &[("+ user mal joins group g", "+*:read"), both]);
    let added = ("+ group g can read in room a, and user mal joins group g", "+*:read");
    is(&text("", "room a { default can nothing }"), &text(", user mal", &entry("read")), "mal", &[added]);
    let role = |list: &str| format!("role r {{ can {list} }}\nassign r to group g everywhere\nroom a");
    is(
        &text("", &role("read")),
        &text(", user mal", &role("write")),
        "mal",
        &[
            ("+ user mal joins group g", "+*:read"),
            ("~ role r says can write instead of can read, and user mal joins group g", "+*:write"),
        ],
    );
    // Who loses it by either one lost it by the statement; who needs both to lose it, by both.
    let two = |members: &str, h: &str| {
        format!(
            "use liveblocks\ngroup g {{ user ben{members} }}\ngroup h {{ user ann, user mal }}\nroom a {{ default can nothing\n{h}  group g can read }}"
        )
    };
    let loss = ("- group h can read in room a, and user mal leaves group g", "-*:read");
    is(&two(", user mal", "group h can read"), &two("", ""), "mal", &[loss]);
}

#[test]
fn leaving_is_the_cause_where_what_is_left_would_take_it_away_or_give_it() {
    let banned = |members: &str, until: &str| {
        format!(
            "use liveblocks\ngroup banned {{ user ben{members} }}\nroom a {{ default can write  group banned cannot *{until} }}"
        )
    };
    let left = ("- user mal leaves group banned", "+*:write");
    is(&banned(", user mal", ""), &banned("", " until 2099-12-31"), "mal", &[left]);
    is(&banned(", user mal", " until 2099-12-31"), &banned("", ""), "mal", &[left]);
    let found = between(&banned(", user mal", ""), &banned("", " until 2099-12-31"));
    assert!(found.causes.iter().any(|c| c.sort == Sort::Left && c.lifts), "{}", told(&found));
    // Leaving beside an entry that changes, and beside a role that is narrowed.
    let entry = |list: &str| format!("room a {{ default can nothing  group g can {list} }}");
    is(&text(", user mal", &entry("read")), &text("", &entry("write")), "mal", &[("- user mal leaves group g", "-*:read")]);
    let role = |list: &str| format!("role r {{ can {list} }}\nassign r to group g everywhere\nroom a {{ default can nothing }}");
    is(
        &text(", user mal", &role("read, feeds:write")),
        &text("", &role("read, comments:write")),
        "mal",
        &[
            ("- user mal leaves group g", "-*:read"),
            ("~ role r says can comments:write instead of can feeds:write", "-feeds:write"),
        ],
    );
}

#[test]
fn a_longer_membership_is_the_cause_beside_a_changed_statement() {
    let old = text(", user mal until 2030-06-30", "room a { group g can write }");
    let new = text(", user mal until 2031-06-30", "room a { group g can write until 2099-12-31 }");
    is(&old, &new, "mal", &[("~ user mal is in group g until 2031-06-30, and was until 2030-06-30", "+*:write")]);
}

#[test]
fn a_prohibition_is_the_cause_of_a_loss_beside_a_changed_entry() {
    let room = |list: &str, more: &str| format!("use liveblocks\nroom a {{ default can nothing  user mal can {list}\n{more} }}");
    is(
        &room("write", ""),
        &room("write until 2099-12-31", "user mal cannot storage:write"),
        "mal",
        &[
            ("+ user mal cannot storage:write in room a", "-storage:write"),
            ("~ user mal can write until 2099-12-31 in room a", "-*:write"),
        ],
    );
    is(
        &room("write", ""),
        &room("read, storage:write", "user mal cannot *"),
        "mal",
        &[("+ user mal cannot * in room a", "-*:write")],
    );
    // The same prohibition, of a group that the user joins.
    let group = |members: &str, list: &str| {
        text(members, &format!("room a {{ default can nothing  user mal can {list}  group g cannot write }}"))
    };
    is(
        &group("", "write"),
        &group(", user mal", "write until 2099-12-31"),
        "mal",
        &[("+ user mal joins group g", "-*:write"), ("~ user mal can write until 2099-12-31 in room a", "-*:read")],
    );
}

#[test]
fn a_move_is_the_cause_beside_a_changed_entry_of_the_folder() {
    let policy = |lies: &str, entry: &str, more: &str| {
        format!(
            "kind folder in organization\nkind doc in folder {{ levels read < write }}\ngroup g {{ user mal{more} }}\n\
             organization o {{ folder open {{ {entry} }} folder closed {{ default can nothing on doc }} }}\ndoc d in folder {lies}\n"
        )
    };
    let can = |list: &str| format!("group g can {list} on doc");
    let until = " until 2099-12-31";
    let moves = "~ doc d lies elsewhere";
    // The old entry would do, and the new one gives more.
    is(
        &policy("closed", &can("write"), ""),
        &policy("open", &format!("{}{until}", can("write")), ""),
        "mal",
        &[(moves, "+*:write")],
    );
    is(
        &policy("closed", &can("read"), ""),
        &policy("open", &can("write"), ""),
        "mal",
        &[(moves, "+*:read"), ("~ group g can write on doc in folder open, and doc d lies elsewhere", "+*:write")],
    );
    is(
        &policy("closed", "", ""),
        &policy("open", &can("read"), ""),
        "mal",
        &[("~ group g can read on doc in folder open, and doc d lies elsewhere", "+*:read")],
    );
    // What is left behind decides nothing now, whatever it would do.
    is(&policy("open", &can("write"), ""), &policy("closed", &can("read"), ""), "mal", &[(moves, "-*:write")]);
    // A prohibition of the folder that it comes to.
    let cannot = |until: &str| format!("default can write on doc  group g cannot write on doc{until}");
    let rest = policy("open", &cannot(until), "").replace("default can nothing on doc", "default can write on doc");
    let from = policy("closed", &cannot(""), "").replace("default can nothing on doc", "default can write on doc");
    is(&from, &rest, "mal", &[(moves, "-*:write")]);
    // A document that is new, in a folder whose entry changes.
    let new = policy("open", &format!("{}{until}", can("write")), "");
    let without = new.replace("doc d in folder open\n", "").replace(until, "");
    is(&without, &new, "mal", &[("+ doc d is new", "+*:write")]);
    // All three: the entry, the folder and who joins.
    let ben = policy("open", &can("write"), ", user ben");
    is(
        &policy("closed", &can("read"), ""),
        &ben,
        "ben",
        &[
            ("~ doc d lies elsewhere, and user ben joins group g", "+*:read"),
            ("~ group g can write on doc in folder open, and doc d lies elsewhere, and user ben joins group g", "+*:write"),
        ],
    );
}

#[test]
fn a_row_that_did_the_same_before_is_no_cause_beside_another_one() {
    let room = |until: &str, more: &str| {
        text(", user mal", &format!("room a {{ default can nothing  group g can write{until}  {more} }}"))
    };
    let until = " until 2099-12-31";
    let end = ("~ group g can write until 2099-12-31 in room a", "-*:write");
    // A closer entry that is gone, or new.
    is(&room("", "user mal can nothing"), &room(until, ""), "mal", &[("- user mal can nothing in room a", "+*:write")]);
    is(&room("", ""), &room(until, "user mal can nothing"), "mal", &[("+ user mal can nothing in room a", "-*:write")]);
    // An entry further out is none that takes it away.
    let less = |mine: &str, rest: &str| text("", &format!("room a {{ {mine}  default can {rest} }}"));
    is(&less("user mal can write", "nothing"), &less("", "read"), "mal", &[("- user mal can write in room a", "-*:write")]);
    let found = between(&room("", "user mal can nothing"), &room(until, ""));
    assert!(told(&found).contains("taking it away lets people in"), "{}", told(&found));
    assert_eq!(of(&found, "ben"), [(end.0.to_owned(), end.1.to_owned())]);
    // A prohibition that is gone stands without an entry that gave it before.
    let lifted = between(&room("", "user mal cannot *"), &room(until, ""));
    let cause = lifted.causes.iter().find(|c| c.lifts).expect("the prohibition");
    assert_eq!(cause.statements.len(), 1, "{}", told(&lifted));
    // The door of an organization.
    let closed = |member: &str, until: &str| {
        format!(
            "use liveblocks\norganization o {{ member user ben{member}\n default can nothing  user mal can read{until}\n room a }}"
        )
    };
    is(&closed("", ""), &closed(", user mal", until), "mal", &[("+ member user mal in organization o", "+*:read")]);
}

#[test]
fn every_statement_that_is_needed_is_named() {
    let room = |rows: &str| text(", user mal", &format!("group h {{ user mal }}\nrole r {{ can read }}\nroom a {{ {rows} }}"));
    let none = "default can nothing";
    for (old, new, causes) in [
        // Two entries that gave it, and two prohibitions that took it.
        ("user mal can read  group g can read", "", vec!["- group g can read in room a", "- user mal can read in room a"]),
        ("group g can read  group h can read", "", vec!["- group g can read in room a", "- group h can read in room a"]),
        ("", "group g can read  group h can read", Vec::new()),
        (
            "user mal can read  group g cannot *  group h cannot *",
            "user mal can read",
            vec!["- group g cannot * in room a", "- group h cannot * in room a"],
        ),
        // An entry that gives it, and a closer one that is gone.
        ("user mal can nothing", "group g can read", vec!["+ group g can read in room a", "- user mal can nothing in room a"]),
    ] {
        let (old, new) = (room(&format!("{none}  {old}")), room(&format!("{none}  {new}")));
        let found = between(&old, &new);
        let change = found.changes.iter().find(|c| c.concerns("mal") && c.gained.iter().chain(&c.lost).any(|p| p == "*:read"));
        let cause = &found.causes[change.expect("a change").cause];
        let mut said: Vec<String> =
            cause.statements.iter().map(|s| format!("{} {}", if s.new { '+' } else { '-' }, s.text)).collect();
        said.sort_unstable();
        if causes.is_empty() {
            assert_eq!(said.len(), 1, "each of both would do alone: {}", told(&found));
        } else {
            let mut want: Vec<&str> = causes;
            want.sort_unstable();
            assert_eq!(said, want, "{}", told(&found));
        }
    }
}

#[test]
fn gates_and_annotations_name_the_membership() {
    let entry = |until: &str| format!("room a {{ group g can write{until} }}");
    let (old, new) = (text("", &entry("")), text(", user mal", &entry(" until 2099-12-31")));
    let found = between(&old, &new);
    let how = How { all: false, old: "old", new: "new", text: Text::Other };
    for gate in [Gate::Deny("write".parse().expect("a permission")), Gate::NoNewAccess, Gate::ForbidSelfGrant("mal".into())] {
        let breach = breach(&gate, &found, [&old, &new]).expect("not met");
        let mut out = Vec::new();
        changes::breach(&mut out, &found, &breach, &how).expect("written");
        let out = String::from_utf8(out).expect("text");
        assert!(out.contains("  by + user mal joins group g\n    p.rk:2:26 in new\n"), "{out}");
    }
    let breach = breach(&Gate::NoNewAccess, &found, [&old, &new]).expect("not met");
    let failed = [breach];
    let mut out = Vec::new();
    changes::github(&mut out, &found, &how, &failed, &|_| None).expect("written");
    changes::markdown(&mut out, &found, &how, &failed).expect("written");
    changes::sarif(&mut out, &found, &how, &failed, &|_| None).expect("written");
    let out = String::from_utf8(out).expect("text");
    assert!(out.contains("::error file=p.rk,line=2,") && out.contains("by + user mal joins group g"), "{out}");
    assert!(out.contains("➕ `user mal joins group g`"), "{out}");
}

#[test]
fn what_is_to_blame_together_stands_with_both_places() {
    let entry = |list: &str| format!("room a {{ default can nothing\ngroup g can {list} }}");
    let found = between(&text("", &entry("read")), &text(", user mal until 2040-12-31", &entry("write")));
    let told = told(&found);
    for part in [
        "~ group g can write in room a, and user mal until 2040-12-31 joins group g\n",
        "    was: group g can read in room a, p.rk:4:1 in old\n",
        "    now: group g can write in room a, p.rk:4:1 in new\n",
        "    now: user mal until 2040-12-31 in group g, p.rk:2:26 in new\n    user mal gains write on room a",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("differs"), "{told}");
}

/// What a world says, with the memberships of another one.
fn crossed(says: &World, members: &World) -> World {
    let mut groups: Vec<Group> = members.groups.clone();
    let mine = |id: &String| groups.iter().any(|g| g.id == *id);
    let missing: Vec<Group> =
        says.groups.iter().filter(|g| !mine(&g.id)).map(|g| Group { id: g.id.clone(), members: Vec::new() }).collect();
    groups.extend(missing);
    World { groups, ..says.clone() }
}

/// A world and a later version of it, in which both statements and memberships differ.
fn pair(seed: u64) -> [World; 2] {
    let mut chance = Chance::new(seed);
    let first = world(seed);
    let mut second = first.clone();
    let question = questions(&first, &mut chance, 1).remove(0);
    for _ in 0..chance.between(0, 3) {
        let less = (0..40).find_map(|_| without(&second, &question, chance.below(60)).filter(|(w, _)| problems(w).is_empty()));
        second = less.map_or(second, |(world, _)| world);
    }
    let users: Vec<String> = first
        .groups
        .iter()
        .flat_map(|g| &g.members)
        .chain(first.places.iter().flat_map(|p| &p.members))
        .filter_map(|m| if let Who::User(user) = &m.who { Some(user.clone()) } else { None })
        .chain(
            first
                .places
                .iter()
                .flat_map(|p| &p.entries)
                .filter_map(|e| if let Who::User(user) = &e.who { Some(user.clone()) } else { None }),
        )
        .collect();
    for _ in 0..chance.between(1, 6) {
        let mut next = second.clone();
        let until = chance.percent(30).then(|| "2031-01-01".to_owned());
        match chance.below(4) {
            0 | 1 if !next.groups.is_empty() && !users.is_empty() => {
                let at = chance.below(next.groups.len());
                let who = Who::User(chance.pick(&users).clone());
                let group = &mut next.groups[at].members;
                group.retain(|m| m.who != who);
                group.push(Member { who, until });
            }
            2 if !next.groups.is_empty() => {
                let at = chance.below(next.groups.len());
                let group = &mut next.groups[at].members;
                if !group.is_empty() {
                    let member = chance.below(group.len());
                    if chance.percent(50) { group[member].until = until } else { drop(group.remove(member)) }
                }
            }
            _ => {
                let mut entries: Vec<_> = next.places.iter_mut().flat_map(|p| &mut p.entries).collect();
                if !entries.is_empty() {
                    let at = chance.below(entries.len());
                    let says = chance.pick(&entries.iter().map(|e| e.says.clone()).collect::<Vec<_>>()).clone();
                    if chance.percent(50) { entries[at].until = until } else { entries[at].says = says }
                }
            }
        }
        if problems(&next).is_empty() {
            second = next;
        }
    }
    if chance.percent(50) { [first, second] } else { [second, first] }
}

/// Whether a cause is a statement, and whether it is a membership.
fn sorts(cause: &Cause) -> [bool; 2] {
    match cause.sort {
        Sort::Joined | Sort::Left | Sort::Nested => [false, true],
        Sort::Several => {
            let member = cause.statements.iter().any(|s| s.member.is_some());
            [true, member]
        }
        _ => [true, false],
    }
}

/// Statements alone are blamed where the new ones do it with the old memberships, and else memberships take part: asked of
/// policies that say just that.
#[test]
fn statements_and_memberships_are_told_apart() {
    let (mut counts, mut wrong) = ([0u64; 3], 0u64);
    for seed in 0..rounds(150) {
        let worlds = pair(seed);
        let policy = |world: &World| -> Option<Policy> { load(&files(world, Some(Chance::new(!seed)))).ok() };
        let [Some(old), Some(new)] = [policy(&worlds[0]), policy(&worlds[1])] else { continue };
        let mixed = [crossed(&worlds[1], &worlds[0]), crossed(&worlds[0], &worlds[1])];
        let [Some(said), Some(joined)] = [policy(&mixed[0]), policy(&mixed[1])] else { continue };
        let tables = [old.table(), new.table()];
        let (start, _) = from_when(tables, &mut Chance::new(seed));
        let found = diff(side(&old), side(&new), start).expect("sound tables");
        for c in &found.changes {
            let at: Instant = c.since.unwrap_or(start);
            let ids: BTreeSet<(String, String)> = resources(tables, &c.kind).into_iter().collect();
            let whom: Vec<(Option<&String>, Option<&String>)> = match c.who.everyone {
                true => vec![(None, None)],
                false => {
                    c.who.users.iter().map(|u| (Some(u), None)).chain(c.who.groups.iter().map(|g| (None, Some(g)))).collect()
                }
            };
            for (gain, permission) in c.gained.iter().map(|p| (true, p)).chain(c.lost.iter().map(|p| (false, p))) {
                for resource in &c.resources {
                    let Some((_, id)) = ids.iter().find(|(shown, _)| shown == resource) else { continue };
                    for (user, group) in &whom {
                        let does = |policy: &Policy| {
                            let table = policy.table();
                            let Some(kind) = table.kind(&c.kind) else { return !gain };
                            let Some(on) = table.resource(kind, id).unwrap() else { return !gain };
                            let Some(permission) = table.permission(kind, permission) else { return !gain };
                            let user = user.and_then(|u| table.user(u).unwrap());
                            let named = group.iter().copied().chain(c.with.iter().map(|list| &list[0]));
                            let named: Vec<_> = named.filter_map(|g| table.group(g).unwrap()).collect();
                            let sign_in = table.sign_in_with(user, &named).unwrap();
                            table.check(&sign_in, permission, on, at).unwrap() == gain
                        };
                        let (said, joined) = (does(&said), does(&joined));
                        let cause = &found.causes[c.cause];
                        // Where either would do, what did it until then stays.
                        let [statement, member] = sorts(cause);
                        let right = if said { statement && !member || joined } else { member };
                        wrong += u64::from(!right);
                        if !right {
                            println!(
                                "seed {seed}: {permission} on {resource} for {user:?} {group:?} at {at}: {:?}",
                                cause.title()
                            );
                        }
                        counts[if said { 0 } else { 1 + usize::from(!joined) }] += 1;
                    }
                }
            }
        }
    }
    println!("{counts:?} by statements, by memberships, by both; {wrong} otherwise");
    assert_eq!(wrong, 0, "{counts:?}");
    assert!(counts.iter().all(|n| *n > 40), "{counts:?}");
}

/// Twenty thousand users join a group beside fifty statements that differ: neither is told once for each of the other.
#[test]
fn many_users_beside_many_statements_are_told_quickly() {
    let members: String = (0..20_000).map(|i| format!("user u{i}\n")).collect();
    let policy = |members: &str, grants: &str| {
        let rooms: String = (0..50).map(|i| format!("room r{i} {{ default can nothing  group g can {grants} }}\n")).collect();
        format!("use liveblocks\ngroup g {{ user ben\n{members} }}\n{rooms}")
    };
    let start = std::time::Instant::now();
    // By joining alone.
    let found = between(&policy("", "write"), &policy(&members, "write until 2099-12-31"));
    let joined: Vec<usize> = (0..found.causes.len()).filter(|i| found.causes[*i].sort == Sort::Joined).collect();
    let [joined] = joined[..] else { panic!("{joined:?}") };
    assert_eq!(found.causes[joined].statements.len(), 20_000);
    let mine = || found.changes.iter().filter(|c| c.cause == joined);
    assert_eq!(mine().map(|c| c.who.users.len() * c.resources.len()).sum::<usize>(), 20_000 * 50);
    assert_eq!(mine().count(), 1);
    // By joining and by statements, together.
    let found = between(&policy("", "read"), &policy(&members, "write"));
    let both: Vec<&Cause> = found.causes.iter().filter(|c| c.sort == Sort::Several).collect();
    assert_eq!(both.len(), 50);
    for cause in both {
        assert!(cause.text.ends_with(", and 20000 users join group g"), "{}", cause.text);
        assert!(cause.statements.len() <= 102, "{}", cause.statements.len());
    }
    println!("{:?}", start.elapsed());
}

/// Every format says the same causes.
#[test]
fn json_has_the_statements_of_both() {
    let entry = |list: &str| format!("room a {{ default can nothing\ngroup g can {list} }}");
    let found = between(&text("", &entry("read")), &text(", user mal", &entry("write")));
    let value: Value = changes::value(&found);
    let both = value["causes"].as_array().expect("a list").iter().find(|c| c["sort"] == "several").expect("both").clone();
    assert_eq!(both["text"], "group g can write in room a, and user mal joins group g");
    assert_eq!(both["group"], "g");
    let texts: Vec<&str> = both["statements"].as_array().expect("a list").iter().filter_map(|s| s["text"].as_str()).collect();
    assert_eq!(texts, ["group g can read in room a", "group g can write in room a", "user mal in group g"]);
}
