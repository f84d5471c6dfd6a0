//! A plain world as statements about its groups and data files about the rest.

use std::fmt::Write;

use super::world::{Sort, Who, World};

const RULES: &str = r#"
facts members from "members.csv"
facts resources from "resources.csv"
facts accesses from "accesses.csv"
"#;

/// File names and texts.
pub fn files(world: &World) -> [(&'static str, String); 4] {
    let mut rules = String::from("use liveblocks\n");
    world.groups.iter().for_each(|group| rules.extend(["group ", group, "\n"]));
    rules.push_str(RULES);
    let (members, resources, accesses) = (members(world), resources(world), accesses(world));
    [("rules.rk", rules), ("members.csv", members), ("resources.csv", resources), ("accesses.csv", accesses)]
}

fn members(world: &World) -> String {
    let mut text = String::from("group,user\n");
    for (user, groups) in world.users.iter().zip(&world.joined) {
        for (group, _) in groups {
            let _ = writeln!(text, "{},{user}", world.groups[*group as usize]);
        }
    }
    text
}

fn resources(world: &World) -> String {
    let mut text = String::from("kind,id,parent_kind,parent\n");
    for place in &world.places {
        let _ = match place.parent.map(|p| &world.places[p as usize].name) {
            Some(parent) => writeln!(text, "room,{},organization,{parent}", place.name),
            None => writeln!(text, "organization,{},,", place.name),
        };
    }
    text
}

fn accesses(world: &World) -> String {
    let mut text = String::from("kind,id,principal_kind,principal,verb,permissions\n");
    for place in world.places.iter().filter(|p| p.sort == Sort::Room) {
        for entry in &place.can {
            let (kind, who) = match entry.who {
                Who::Everyone => ("default", ""),
                Who::Group(group) => ("group", &*world.groups[group as usize]),
                Who::User(user) => ("user", &*world.users[user as usize]),
            };
            let list = ["nothing", "*:read", "*:write"][entry.level as usize];
            let _ = writeln!(text, "room,{},{kind},{who},can,{list}", place.name);
        }
    }
    text
}
