//! Names and patterns are found, all of them and no others, however alike they are.

use roomkey::table::decide::Resource;
use roomkey::{Checker, Policy, Question, Table};

use crate::reference::chance::Chance;

const COUNT: usize = 3_000;

/// A policy of many users, groups and rooms, and the names of each.
fn policy(chance: &mut Chance) -> (Policy, Vec<String>) {
    // Lengths around those at which names are compared in other pieces, and bytes of several lengths.
    let mut name = |i: usize| {
        let long = [0, 1, 3, 4, 7, 8, 12, 15, 16, 17, 24, 31, 32, 33, 40, 100][i % 16];
        let mut name: String = (0..long).map(|_| ["a", "b", "é"][chance.below(3)]).collect();
        name.push_str(&format!("{i:x}"));
        name
    };
    let names: Vec<String> = (0..COUNT).map(&mut name).collect();
    let mut text = String::from("kind room { levels read }\n");
    for name in &names {
        text.push_str(&format!("group \"{name}\" {{ user \"{name}\" }}\nroom \"{name}\" {{ user \"{name}\" can read }}\n"));
    }
    let policy = Policy::from_texts([("names.rk".into(), text)]).unwrap_or_else(|error| panic!("{error}"));
    (policy, names)
}

/// The same name with one character changed, or the last one gone.
fn other(name: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = chance.below(letters.len());
    match chance.below(3) {
        0 => letters.truncate(letters.len() - 1),
        1 => letters[at] = '-',
        _ => letters.insert(at, '-'),
    }
    letters.into_iter().collect()
}

#[test]
fn every_name_is_found_and_no_other() {
    let mut chance = Chance::new(5);
    let (policy, names) = policy(&mut chance);
    let known: std::collections::HashSet<&String> = names.iter().collect();
    let mapped = Table::from_bytes(policy.table().bytes()).expect("it is sound");
    for table in [policy.table(), &mapped] {
        let room = table.kind("room").expect("it is declared");
        let read = table.permission(room, "read").expect("it is declared");
        for name in &names {
            let user = table.user(name).expect("it is sound").expect("the user is found");
            assert!(table.group(name).expect("it is sound").is_some(), "the group {name:?} is found");
            let found = table.resource(room, name).expect("it is sound").expect("the room is found");
            assert!(matches!(found, Resource::Declared(_)));
            let at = "2030-01-01".parse().expect("a date");
            assert!(table.check_user(user, read, found, at).expect("it is sound"), "{name:?} may read its own room");
            let other = other(name, &mut chance);
            let there = known.contains(&other);
            assert_eq!(table.user(&other).expect("it is sound").is_some(), there, "{other:?}");
            assert_eq!(table.group(&other).expect("it is sound").is_some(), there, "{other:?}");
            assert_eq!(table.resource(room, &other).expect("it is sound").is_some(), there, "{other:?}");
        }
    }
}

#[test]
fn the_longest_pattern_is_found_among_those_that_begin_alike() {
    let mut chance = Chance::new(9);
    for _ in 0..40 {
        let mut texts: Vec<String> = Vec::new();
        for _ in 0..chance.below(120) + 1 {
            let shared = ["", "ab", "aaaaaaa", "aaaaaaaa", "aaaaaaaab", "bbbbbbbbbbbbbbbb", "é"][chance.below(7)];
            let more: String = (0..chance.below(5)).map(|_| ["a", "b", "é"][chance.below(3)]).collect();
            let text = format!("{shared}{more}");
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let level = |i: usize| ["read", "nothing"][i % 2];
        let entries = texts.iter().enumerate().map(|(i, t)| format!("room \"{t}*\" {{ default can {} }}\n", level(i)));
        let text = format!("kind room {{ levels read }}\nroom other {{ default can nothing }}\n{}", entries.collect::<String>());
        let policy = Policy::from_texts([("patterns.rk".into(), text.clone())]).unwrap_or_else(|error| panic!("{error}\n{text}"));
        for _ in 0..300 {
            let begins = &texts[chance.below(texts.len())];
            let more: String = (0..chance.below(7)).map(|_| ["a", "b", "é", "c"][chance.below(4)]).collect();
            let id = if chance.below(4) == 0 { format!("{more}x") } else { format!("{begins}{more}") };
            if id.is_empty() {
                continue;
            }
            let longest = (0..texts.len()).filter(|i| id.starts_with(&texts[*i])).max_by_key(|i| texts[*i].len());
            let right = longest.is_some_and(|i| level(i) == "read");
            let asked = format!("room:{id}");
            let question = Question::new("someone", "read", &asked);
            let answer = Checker::new(policy.table()).check(&question).map(|a| a.allowed());
            assert_eq!(answer.unwrap_or(false), right, "{id:?} among {texts:?}");
        }
    }
}
