//! The merges that `@liveblocks/core` computes hold in the reference and through the product.

use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::agree::{ask, load};
use crate::reference::decide::decide;
use crate::reference::print::files;
use crate::reference::valid::problems;
use crate::reference::vocabulary::vocabulary;
use crate::reference::world::{Entry, Group, Kind, Name, Place, Question, Says, SignIn, Who, World};

const MERGES: &[u8] = include_bytes!("../data/liveblocks-merge.jsonl.gz");
const ROOMS_PER_POLICY: usize = 250;

#[test]
fn every_merge_of_liveblocks_holds() {
    let lines = BufReader::new(GzDecoder::new(MERGES)).lines();
    let merges: Vec<Value> =
        lines.map(|line| serde_json::from_str(&line.expect("the data is text")).expect("a line is JSON")).collect();
    assert_eq!(merges.len(), 5_000);
    for (chunk, merges) in merges.chunks(ROOMS_PER_POLICY).enumerate() {
        let world = rooms(merges);
        assert_eq!(problems(&world), Vec::<String>::new());
        let policy = load(&files(&world, None)).expect("the product reads every merge");
        for (room, merge) in merges.iter().enumerate() {
            check(&world, &policy, room, merge, chunk * ROOMS_PER_POLICY + room + 1);
        }
    }
}

/// One room for each merge; the groups have no members but those that name them at sign-in.
fn rooms(merges: &[Value]) -> World {
    let mut world = vocabulary("liveblocks");
    world.uses.push("liveblocks".to_string());
    world.kinds.push(Kind { name: "organization".to_string(), ..Kind::default() });
    let most = merges.iter().map(|merge| groups(merge).len()).max().unwrap_or(0);
    world.groups = (0..most).map(|n| Group { id: format!("g{n}"), members: Vec::new() }).collect();
    world.places = merges.iter().enumerate().map(|(room, merge)| place(room, merge)).collect();
    world
}

fn place(room: usize, merge: &Value) -> Place {
    let default = list(&merge["default"]);
    let default = if default.is_empty() { Says::Nothing } else { Says::Can(default) };
    let mut entries = vec![entry(Who::Everyone, default)];
    let lists = groups(merge).iter().map(list).enumerate().map(|(n, list)| (Who::Group(format!("g{n}")), list));
    let user = (Who::User("u".to_string()), list(&merge["user"]));
    // An empty list of a group or a user says nothing there, so its entry is left out.
    let named = lists.chain([user]).filter(|(_, list)| !list.is_empty());
    entries.extend(named.map(|(who, list)| entry(who, Says::Can(list))));
    Place { name: name(room), parent: None, members: Vec::new(), owners: Vec::new(), entries }
}

fn check(world: &World, policy: &roomkey::Policy, room: usize, merge: &Value, line: usize) {
    let allowed = list(&merge["allowed"]);
    for part in ["*", "storage", "comments", "comments:public", "comments:private", "feeds"] {
        for level in ["read", "write"] {
            let permission = format!("{part}:{level}");
            let groups = (0..groups(merge).len()).map(|n| format!("g{n}")).collect();
            let sign_in = SignIn { user: "u".to_string(), organization: None, groups };
            let question = Question { sign_in, permission, on: name(room), at: None };
            let answer = allowed.contains(&question.permission);
            assert_eq!(decide(world, &question), Ok(answer), "the reference, line {line}: {merge}");
            assert_eq!(ask(policy, &question), Ok(answer), "the product, line {line}: {merge}");
        }
    }
}

fn groups(merge: &Value) -> &[Value] {
    merge["groups"].as_array().expect("`groups` is a list")
}

fn list(value: &Value) -> Vec<String> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| item.as_str().expect("a permission is text").to_string()).collect()
}

fn entry(who: Who, says: Says) -> Entry {
    Entry { who, says, on: Vec::new(), until: None }
}

fn name(room: usize) -> Name {
    Name::new("room", &format!("r{room}"))
}
