//! simple-zanzibar over a snapshot: relationships of rooms with users and groups.

use std::fmt::Write;

use simple_zanzibar::model::{Object, Relation, User};
use simple_zanzibar::policy::PolicyText;
use simple_zanzibar::{SnapshotLoadOptions, SnapshotSaveOptions, ZanzibarEngine};

use super::suite::peers::Engine;
use super::suite::questions::Named;
use super::suite::world::{WRITE, Who, World};
use super::{EVERYONE, rooms, users};

const SCHEMA: &str = r#"
namespace group { relation member {} }
namespace room {
    relation writer {}
    relation reader { rewrite union(this, computed_userset(relation: "writer")) }
}
"#;

struct Zanzibar(ZanzibarEngine);

/// An `@` is no part of an id there.
fn id(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

pub fn load(world: &World) -> Box<dyn Engine> {
    let mut all = String::new();
    for (user, groups) in users(world) {
        for group in groups {
            let _ = writeln!(all, "group:{group}#member@user:{}", id(user));
        }
    }
    for (room, entries) in rooms(world) {
        for (who, level) in entries {
            let relation = if level == WRITE { "writer" } else { "reader" };
            let subject = match who {
                Who::Everyone => format!("group:{EVERYONE}#member"),
                Who::Group(group) => format!("group:{}#member", world.groups[group as usize]),
                Who::User(user) => format!("user:{}", id(&world.users[user as usize])),
            };
            let _ = writeln!(all, "room:{}#{relation}@{subject}", room.name);
        }
    }
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let path = folder.path().join("rooms.szsnap");
    let text = PolicyText::from_single_relationship_file(SCHEMA.into(), all);
    let built = ZanzibarEngine::from_policy_text(&text).expect("the policy is sound");
    built.save_snapshot(&path, SnapshotSaveOptions::default()).expect("the snapshot can be written");
    drop((built, text));
    Box::new(Zanzibar(
        ZanzibarEngine::load_snapshot(&path, SnapshotLoadOptions::default()).expect("the snapshot was just written"),
    ))
}

impl Engine for Zanzibar {
    fn question<'a>(&'a self, question: &Named<'_>) -> Box<dyn Fn() -> bool + 'a> {
        let relation = Relation::new(if question.level == WRITE { "writer" } else { "reader" });
        let (room, user) = (Object::new("room", question.room), User::user_id(id(question.user)));
        Box::new(move || self.0.check_relation(&room, &relation, &user).expect("the relation is there"))
    }
}
