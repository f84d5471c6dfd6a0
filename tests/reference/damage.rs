//! Small changes to a valid world, after which it may be valid or not.

use super::chance::Chance;
use super::generate::{GROUPS, IDS, STARTS, USERS};
use super::questions::permissions;
use super::shrink::without;
use super::world::{Entry, Member, Name, Question, RoleList, Says, SignIn, Who, World};

/// One random change.
pub fn damage(world: &mut World, chance: &mut Chance) {
    match chance.below(13) {
        0 => members(world, chance),
        1 => parent(world, chance),
        2..6 => list(world, chance),
        6 => on(world, chance),
        7 => second(world, chance),
        8 => owner_or_member(world, chance),
        9 => scope(world, chance),
        10 => role(world, chance),
        11 => drop(world, chance),
        _ => kind(world, chance),
    }
}

/// Leaves out one statement, entry or name.
fn drop(world: &mut World, chance: &mut Chance) {
    let nobody = Question { sign_in: SignIn::default(), permission: String::new(), on: Name::new("", ""), at: None };
    if let Some((less, _)) = without(world, &nobody, chance.below(60))
        && less.kind("organization").is_some()
    {
        *world = less;
    }
}

fn members(world: &mut World, chance: &mut Chance) {
    let who = Who::Group(chance.pick(&GROUPS).to_string());
    if !world.groups.is_empty() {
        let index = chance.below(world.groups.len());
        world.groups[index].members.push(Member { who, until: None });
    }
}

fn parent(world: &mut World, chance: &mut Chance) {
    if !world.places.is_empty() {
        let parent = chance.pick(&world.places).name.clone();
        let index = chance.below(world.places.len());
        let mut above = Some(parent.clone());
        while let Some(name) = above.take_if(|name| *name != world.places[index].name) {
            above = world.place(&name).and_then(|place| place.parent.clone());
            if above.is_none() {
                world.places[index].parent = Some(parent);
                return;
            }
        }
    }
}

/// A permission of any kind, in any spelling that a list might have.
fn permission(world: &World, chance: &mut Chance) -> String {
    let kind = chance.pick(&world.kinds);
    let mut all = permissions(kind);
    all.extend(kind.features.iter().map(|feature| format!("{feature}:none")));
    all.extend(kind.retired.iter().cloned());
    all.extend(["*".to_string(), format!("{}:none", kind.name)]);
    chance.pick(&all).clone()
}

fn entry<'w>(world: &'w mut World, chance: &mut Chance) -> Option<&'w mut Entry> {
    let mut entries: Vec<&mut Entry> = world.places.iter_mut().flat_map(|place| &mut place.entries).collect();
    if entries.is_empty() { None } else { Some(entries.swap_remove(chance.below(entries.len()))) }
}

fn list(world: &mut World, chance: &mut Chance) {
    let permission = permission(world, chance);
    if let Some(Entry { says: Says::Can(list) | Says::Cannot(list), .. }) = entry(world, chance) {
        list.push(permission);
    }
}

fn on(world: &mut World, chance: &mut Chance) {
    let kind = chance.pick(&world.kinds).name.clone();
    if let Some(entry) = entry(world, chance) {
        entry.on.push(kind);
    }
}

fn second(world: &mut World, chance: &mut Chance) {
    if let Some(one) = entry(world, chance).cloned() {
        let index = chance.below(world.places.len());
        world.places[index].entries.push(one);
    }
}

fn owner_or_member(world: &mut World, chance: &mut Chance) {
    let user = chance.pick(&USERS).to_string();
    if !world.places.is_empty() {
        let index = chance.below(world.places.len());
        if chance.percent(50) {
            world.places[index].owners.push(user);
        } else {
            world.places[index].members.push(Member { who: Who::User(user), until: None });
        }
    }
}

fn scope(world: &mut World, chance: &mut Chance) {
    let kind = chance.pick(&world.kinds).name.clone();
    let id = if chance.percent(70) { chance.pick(&IDS).to_string() } else { format!("{}*", chance.pick(&STARTS)) };
    if !world.assignments.is_empty() {
        let index = chance.below(world.assignments.len());
        world.assignments[index].scopes.push(Name { kind, id });
    }
}

fn role(world: &mut World, chance: &mut Chance) {
    let permission = permission(world, chance);
    let kind = chance.pick(&world.kinds).name.clone();
    if world.roles.is_empty() {
        return;
    }
    let other = chance.pick(&world.roles).id.clone();
    let index = chance.below(world.roles.len());
    let role = &mut world.roles[index];
    match chance.below(4) {
        0 => role.includes.push(other),
        1 => role.lists.push(RoleList { can: vec![permission], on: vec![kind] }),
        2 => role.lists.push(RoleList { can: vec![permission], on: Vec::new() }),
        _ => role.lists.iter_mut().for_each(|list| list.can.push(permission.clone())),
    }
}

fn kind(world: &mut World, chance: &mut Chance) {
    let word = permission(world, chance).replace('*', "x");
    let word = word.split(':').next().unwrap_or("x").to_string();
    let index = chance.below(world.kinds.len());
    let kind = &mut world.kinds[index];
    match chance.below(4) {
        0 => kind.permissions.push(word),
        1 => kind.features.push(word),
        2 => kind.inside.push(word),
        _ => kind.owner_gets = Some(word),
    }
}
