//! What outer places say is summed up ahead of time: the sums and the places themselves give the same answers, also
//! where something is too much to be summed up.

use std::collections::BTreeSet;
use std::fmt::Write;

use roomkey::table::layout::{Section, layer};
use roomkey::{Instant, Policy, Question};

use super::doors;
use crate::reference::chance::Chance;

const KINDS: &str = "kind folder in organization, folder { levels read < write features talk }\n\
                     kind room in organization, folder { levels read < write features talk permissions delete }\n\
                     role reader { can read }\nrole keeper { can write, delete }\n";
const TIMES: [&str; 4] = ["2026-01-01", "2026-06-01", "2027-02-01", "2030-01-01"];

/// A policy of folders in each other, with entries, roles, prohibitions and members as chance has it.
fn policy(chance: &mut Chance, depth: usize, ends: usize, rows: usize) -> String {
    let mut text = String::from(KINDS);
    for group in 0..6 {
        let above = if group > 0 { format!("group g{}, ", group - 1) } else { String::new() };
        let until = if group % 3 == 1 { " until 2026-12-31" } else { "" };
        writeln!(text, "group g{group} {{ {above}user u{group}{until}, user v{group} }}").expect("text");
    }
    text.push_str("organization acme {\n");
    if chance.percent(50) {
        text.push_str("member group g3, user u0 until 2027-01-01, user v5\n");
    }
    for level in 0..depth {
        writeln!(text, "folder f{level} {{").expect("text");
        let mut said = BTreeSet::new();
        for _ in 0..rows {
            entry(chance, ends, &mut said, &mut text);
        }
    }
    text.push_str("room end { user u1 can write group g2 cannot talk:write }\nroom bare\n");
    text.push_str(&"}\n".repeat(depth + 1));
    text.push_str(
        "room \"p*\" { group g1 can read, talk:none }\nroom \"p-a*\" { group g4 can write on room until 2027-06-01 }\n",
    );
    text.push_str("room \"p-a-b*\" { default cannot delete user u2 can delete }\nroom p-a-b-c in folder f0\n");
    for _ in 0..4 {
        let scope = *chance.pick(&["everywhere", "in organization acme", "in folder f0", "in room end", "in room \"p-a*\""]);
        let role = *chance.pick(&["reader", "keeper"]);
        writeln!(text, "assign {role} to {} {scope}{}", who(chance, "everyone"), until(chance, ends)).expect("text");
    }
    text
}

fn who(chance: &mut Chance, everyone: &str) -> String {
    match chance.below(7) {
        0 => everyone.into(),
        1..5 => format!("group g{}", chance.below(6)),
        _ => format!("user u{}", chance.below(60)),
    }
}

fn until(chance: &mut Chance, ends: usize) -> String {
    if ends == 0 || chance.percent(50) {
        return String::new();
    }
    let day = chance.below(ends);
    format!(" until 20{}-{:02}-{:02}", 26 + day / 336, 1 + day / 28 % 12, 1 + day % 28)
}

/// An entry or a prohibition, the first of its kind for whom it speaks of.
fn entry(chance: &mut Chance, ends: usize, said: &mut BTreeSet<(String, bool)>, text: &mut String) {
    let who = who(chance, "default");
    let list = match chance.below(6) {
        0 => "cannot write",
        1 => "cannot talk:write",
        2 => "can read, talk:read",
        3 => "can delete on room",
        4 => "can talk:none",
        _ => "can write",
    };
    if said.insert((who.clone(), list.starts_with("cannot"))) {
        writeln!(text, "{who} {list}{}", until(chance, ends)).expect("text");
    }
}

/// Asks everybody everything, through every door.
fn ask(text: &str) -> (usize, bool) {
    let policy = Policy::from_texts([("case.rk".to_string(), text.to_string())]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (table, mut asked) = (policy.table(), 0);
    let users = ["u0", "u1", "u2", "u3", "v1", "v5", "nobody"];
    let resources = ["room:end", "room:bare", "folder:f0", "room:p-a-b-c", "room:p-a-b-d", "room:p-x", "organization:acme"];
    for (user, resource, at) in users.iter().flat_map(|u| resources.iter().flat_map(move |r| TIMES.map(|t| (u, r, t)))) {
        for permission in ["read", "write", "talk:read", "talk:write", "delete"] {
            for groups in [&[][..], &["g0"], &["g2", "g4"]] {
                let at: Instant = format!("{at}T00:00:00Z").parse().expect("an instant");
                let question = groups.iter().fold(Question::new(*user, permission, resource).at(at), |q, g| q.group(*g));
                let doors = doors::answers(table, &question).expect("a sound table");
                assert!(doors.windows(2).all(|d| d[0] == d[1]), "{question:?}: {doors:?}\n{text}");
                asked += doors.len();
            }
        }
    }
    let bytes = |section: Section| table.sizes().iter().find(|s| s.name == section.name()).map_or(0, |s| s.bytes);
    (asked, bytes(Section::Summaries) > 0)
}

#[test]
fn sums_decide_as_the_places_do() {
    let mut chance = Chance::new(7);
    let mut asked = 0;
    for _ in 0..25 {
        let (depth, rows) = (1 + chance.below(6), 1 + chance.below(8));
        let (doors, summed) = ask(&policy(&mut chance, depth, 400, rows));
        assert!(summed, "something is summed up");
        asked += doors;
    }
    assert!(asked > 20_000, "{asked} answers");
}

/// More places, ends or rows than a layer or a summary holds.
#[test]
fn what_is_too_much_is_not_summed_up() {
    let mut chance = Chance::new(8);
    for (depth, ends, rows) in [(layer::PLACES + 2, 0, 1), (3, 400, 90), (9, 0, 40), (layer::PLACES * 2, 20, 1)] {
        ask(&policy(&mut chance, depth, ends, rows));
    }
}
