//! The rules that make a policy valid, to keep the generator and the shrinker honest.

use super::permissions::{Meaning, kinds_at, meaning};
use super::vocabulary::vocabulary;
use super::world::{Assignment, Entry, Kind, Member, Name, Place, Role, Says, Who, World};

/// What is wrong with a world; empty where the language calls it valid.
pub fn problems(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |sound: bool, what: String| {
        if !sound {
            found.push(what);
        }
    };
    for kind in &world.kinds {
        check(kind_is_sound(world, kind), format!("kind {}", kind.name));
    }
    for group in &world.groups {
        check(members_are_sound(world, &group.members), format!("members of group {}", group.id));
        check(!below_group(world, &group.id).contains(&group.id), format!("group {} is below itself", group.id));
    }
    for place in &world.places {
        check(place_is_sound(world, place), format!("place {} {}", place.name.kind, place.name.id));
        for entry in &place.entries {
            check(entry_is_sound(world, place, entry), format!("{entry:?} in {:?}", place.name));
        }
    }
    for role in &world.roles {
        check(role_is_sound(world, role), format!("role {}", role.id));
    }
    for assignment in &world.assignments {
        check(assignment_is_sound(world, assignment), format!("{assignment:?}"));
    }
    for name in &world.uses {
        check(is_whole(world, &vocabulary(name)), format!("something of {name} is missing"));
    }
    check(world.kind("organization").is_some(), "no organizations".to_string());
    check(distinct(world.kinds.iter().map(|kind| &kind.name)), "a kind twice".to_string());
    check(distinct(world.groups.iter().map(|group| &group.id)), "a group twice".to_string());
    check(distinct(world.places.iter().map(|place| &place.name)), "a place twice".to_string());
    check(distinct(world.roles.iter().map(|role| &role.id)), "a role twice".to_string());
    found
}

/// Whether all that a vocabulary brings in is there.
fn is_whole(world: &World, vocabulary: &World) -> bool {
    let within = |part: &[String], whole: &[String]| part.iter().all(|name| whole.contains(name));
    let kind_is_whole = |kind: &Kind| {
        world.kind(&kind.name).is_some_and(|whole| {
            within(&kind.inside, &whole.inside)
                && within(&kind.features, &whole.features)
                && within(&kind.retired, &whole.retired)
                && within(&kind.permissions, &whole.permissions)
                && (kind.levels.is_empty() || kind.levels == whole.levels)
                && (kind.owner_gets.is_none() || kind.owner_gets == whole.owner_gets)
        })
    };
    vocabulary.kinds.iter().all(kind_is_whole) && vocabulary.roles.iter().all(|role| world.roles.contains(role))
}

/// Whether a list is valid for these kinds in question.
pub fn list_is_sound(kinds: &[&Kind], list: &[String], cannot: bool) -> bool {
    let declared = |permission: &String| kinds.iter().any(|kind| declares(kind, permission));
    let sound = |kind: &&Kind| if cannot { takes_levels(kind, list) } else { sets_once(kind, list) };
    !list.is_empty() && distinct(list.iter()) && list.iter().all(declared) && kinds.iter().all(sound)
}

fn declares(kind: &Kind, permission: &str) -> bool {
    match meaning(kind, permission) {
        Some(Meaning::Everything) => !kind.levels.is_empty() || !kind.permissions.is_empty(),
        other => other.is_some(),
    }
}

/// "For any one kind a `can` list has at most one level per feature and one base (`*` is a base)."
fn sets_once(kind: &Kind, list: &[String]) -> bool {
    let meanings: Vec<Meaning> = list.iter().filter_map(|permission| meaning(kind, permission)).collect();
    let bases = meanings.iter().filter(|meaning| matches!(meaning, Meaning::Base(_) | Meaning::Everything));
    let features = meanings.iter().filter_map(|meaning| match meaning {
        Meaning::Feature(path, _) => Some(path),
        _ => None,
    });
    bases.count() < 2 && distinct(features)
}

/// "`none` is for `can` lists, never for `cannot`."
fn takes_levels(kind: &Kind, list: &[String]) -> bool {
    !list.iter().any(|permission| matches!(meaning(kind, permission), Some(Meaning::Feature(_, 0))))
}

fn kind_is_sound(world: &World, kind: &Kind) -> bool {
    let no_word = |word: &str| word == "none" || word == "nothing";
    let taken = |word: &str| word == kind.name || no_word(word) || kind.levels.iter().any(|level| level == word);
    let feature_is_sound = |feature: &String| {
        let parent = feature.rsplit_once(':').map(|(parent, _)| parent.to_string());
        parent.is_none_or(|parent| kind.features.contains(&parent)) && !feature.split(':').any(taken)
    };
    let names = kind.levels.iter().chain(&kind.features).chain(&kind.permissions).chain(&kind.retired);
    distinct(names)
        && distinct(kind.inside.iter())
        && kind.features.iter().all(feature_is_sound)
        && !kind.levels.iter().any(|level| no_word(level))
        && (kind.features.is_empty() || !kind.levels.is_empty())
        && kind.inside.iter().all(|name| world.kind(name).is_some())
        && (kind.name != "organization" || kind.inside.is_empty())
        && kind.owner_gets.iter().all(|id| world.roles.iter().any(|role| role.id == *id))
}

fn members_are_sound(world: &World, members: &[Member]) -> bool {
    distinct(members.iter().map(|member| &member.who))
        && members.iter().all(|member| member.who != Who::Everyone && is_declared(world, &member.who))
}

fn is_declared(world: &World, who: &Who) -> bool {
    !matches!(who, Who::Group(id) if world.groups.iter().all(|group| group.id != *id))
}

fn below_group(world: &World, id: &str) -> Vec<String> {
    let mut found: Vec<String> = member_groups(world, id);
    let mut next = 0;
    while next < found.len() {
        for id in member_groups(world, &found[next]) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        next += 1;
    }
    found
}

fn member_groups(world: &World, id: &str) -> Vec<String> {
    let members = world.groups.iter().filter(|group| group.id == id).flat_map(|group| &group.members);
    members.filter_map(|member| if let Who::Group(id) = &member.who { Some(id.clone()) } else { None }).collect()
}

fn place_is_sound(world: &World, place: &Place) -> bool {
    let kind = world.kind(&place.name.kind);
    let pattern = place.name.is_pattern();
    let stars = place.name.id.matches('*').count();
    let container_is_sound = |parent: &Name| {
        world.place(parent).is_some()
            && !parent.is_pattern()
            && *parent != Name::new("organization", "default")
            && can_hold(world, parent, &place.name)
            && !above(world, parent).contains(&&place.name)
    };
    kind.is_some()
        && stars == usize::from(pattern)
        && place.parent.iter().all(container_is_sound)
        && (place.owners.is_empty() || (!pattern && kind.is_some_and(|kind| kind.owner_gets.is_some())))
        && (place.members.is_empty() || (!pattern && place.name.kind == "organization"))
        && members_are_sound(world, &place.members)
        && entries_are_apart(world, place)
}

/// A resource lies in a container that its kind names; a pattern, which speaks at any depth, in any that can be above.
pub fn can_hold(world: &World, parent: &Name, name: &Name) -> bool {
    let Some(kind) = world.kind(&name.kind) else { return false };
    let below = || kinds_at(world, parent).iter().any(|outer| kind.inside.contains(&outer.name));
    kind.inside.contains(&parent.kind) || (name.is_pattern() && below())
}

fn above<'w>(world: &'w World, from: &'w Name) -> Vec<&'w Name> {
    let mut line = vec![from];
    while let Some(parent) = world.place(line[line.len() - 1]).and_then(|place| place.parent.as_ref()) {
        line.push(parent);
        assert!(line.len() < 1000, "containers go in circles");
    }
    line
}

fn entry_is_sound(world: &World, place: &Place, entry: &Entry) -> bool {
    let all = kinds_at(world, &place.name);
    let of_kind = |kind: &&Kind| entry.on.is_empty() || entry.on.contains(&kind.name);
    let kinds: Vec<&Kind> = all.into_iter().filter(of_kind).collect();
    let list_is_sound = match &entry.says {
        Says::Nothing => true,
        Says::Can(list) => list_is_sound(&kinds, list, false),
        Says::Cannot(list) => list_is_sound(&kinds, list, true),
    };
    let on_is_sound = entry.on.is_empty() || (kinds.len() == entry.on.len() && distinct(entry.on.iter()));
    is_declared(world, &entry.who) && on_is_sound && list_is_sound
}

/// "A principal has at most one `can` and one `cannot` entry for any one kind in a resource."
pub fn entries_are_apart(world: &World, place: &Place) -> bool {
    let apart = |a: &Entry, b: &Entry| {
        let verb = |entry: &Entry| matches!(entry.says, Says::Cannot(_));
        let shared = |kind: &&Kind| [a, b].iter().all(|e| e.on.is_empty() || e.on.contains(&kind.name));
        a.who != b.who || verb(a) != verb(b) || !kinds_at(world, &place.name).iter().any(shared)
    };
    let entries = &place.entries;
    (0..entries.len()).all(|first| entries[first + 1..].iter().all(|second| apart(&entries[first], second)))
}

fn role_is_sound(world: &World, role: &Role) -> bool {
    let kinds_of =
        |on: &[String]| -> Vec<&Kind> { world.kinds.iter().filter(|kind| on.is_empty() || on.contains(&kind.name)).collect() };
    let list_is_sound = |(list, on): (&[String], &[String])| {
        let kinds = kinds_of(on);
        list_is_sound(&kinds, list, false) && (on.is_empty() || kinds.len() == on.len()) && distinct(on.iter())
    };
    let on: Vec<&String> = role.lists.iter().flat_map(|list| &list.on).collect();
    let apart = role.lists.len() < 2 || (role.lists.iter().all(|list| !list.on.is_empty()) && distinct(on.iter()));
    let known = |id: &String| world.roles.iter().any(|other| other.id == *id);
    role.lists.iter().all(|list| list_is_sound((&list.can, &list.on)))
        && apart
        && distinct(role.includes.iter())
        && role.includes.iter().all(known)
        && !included(world, role).contains(&role.id)
}

fn included(world: &World, role: &Role) -> Vec<String> {
    let mut found = role.includes.clone();
    let mut next = 0;
    while next < found.len() {
        let role = world.roles.iter().find(|role| role.id == found[next]);
        for id in role.map_or(&[][..], |role| &role.includes) {
            if !found.contains(id) {
                found.push(id.clone());
            }
        }
        next += 1;
    }
    found
}

fn assignment_is_sound(world: &World, assignment: &Assignment) -> bool {
    let scope_is_sound = |scope: &Name| world.place(scope).is_some() || (scope.is_pattern() && world.kind(&scope.kind).is_some());
    world.roles.iter().any(|role| role.id == assignment.role)
        && !assignment.to.is_empty()
        && assignment.to.iter().all(|who| is_declared(world, who))
        && assignment.scopes.iter().all(scope_is_sound)
        && distinct(assignment.to.iter())
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> bool {
    let items: Vec<T> = items.collect();
    (0..items.len()).all(|index| !items[..index].contains(&items[index]))
}
