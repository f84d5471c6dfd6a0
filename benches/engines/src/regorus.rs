//! regorus on its virtual machine: objects by room, level and principal, and the groups of each user.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine as Rego, Value};

use super::suite::peers::Engine;
use super::suite::questions::Named;
use super::suite::world::{WRITE, Who, World};
use super::{EVERYONE, rooms, users};

const RULE: &str = "data.rooms.allow";
const POLICY: &str = r#"package rooms
import rego.v1
default allow := false
allow if data.room[input.room][input.level][input.user]
allow if {
    some group in data.groups[input.user]
    data.room[input.room][input.level][group]
}"#;

struct Machine(RefCell<RegoVM>);

type Room<'a> = BTreeMap<&'static str, BTreeMap<&'a str, bool>>;

fn data(world: &World) -> Value {
    let who = |who| match who {
        Who::Everyone => EVERYONE,
        Who::Group(group) => &*world.groups[group as usize],
        Who::User(user) => &*world.users[user as usize],
    };
    let mut all: BTreeMap<&str, Room<'_>> = BTreeMap::new();
    for (room, entries) in rooms(world) {
        let room = all.entry(&room.name).or_default();
        for (principal, level) in entries {
            let levels = if level == WRITE { &["read", "write"][..] } else { &["read"] };
            for level in levels {
                room.entry(level).or_default().insert(who(principal), true);
            }
        }
    }
    let groups: BTreeMap<&str, Vec<&str>> = users(world).map(|(user, groups)| (user, groups.collect())).collect();
    let json = serde_json::json!({ "room": all, "groups": groups }).to_string();
    Value::from_json_str(&json).expect("the data are JSON")
}

pub fn load(world: &World) -> Box<dyn Engine> {
    let mut engine = Rego::new();
    engine.add_policy("rooms.rego".into(), POLICY.into()).expect("the policy is sound");
    let compiled = engine.compile_with_entrypoint(&RULE.into()).expect("the rule is there");
    let program = Compiler::compile_from_policy(&compiled, &[RULE]).expect("the policy can be compiled");
    let mut machine = RegoVM::new();
    machine.load_program(program);
    machine.set_data(data(world)).expect("the data and the policy do not meet");
    Box::new(Machine(RefCell::new(machine)))
}

impl Engine for Machine {
    fn question<'a>(&'a self, question: &Named<'_>) -> Box<dyn Fn() -> bool + 'a> {
        let level = if question.level == WRITE { "write" } else { "read" };
        let json = serde_json::json!({ "user": question.user, "room": question.room, "level": level }).to_string();
        let input = Value::from_json_str(&json).expect("the question is JSON");
        Box::new(move || {
            let mut machine = self.0.borrow_mut();
            machine.set_input(input.clone());
            machine.execute().expect("the policy can be run") == Value::Bool(true)
        })
    }
}
