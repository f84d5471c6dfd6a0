//! Reads policies laid out strictly, one statement or entry on a line: enough for the cases written by hand.

use super::vocabulary::{vocabulary, words};
use super::world::{Assignment, Entry, Group, Kind, Member, Name, Place, Question, Role, RoleList, Says, SignIn, Who, World};

/// What the lines of a block belong to, by its index in the world.
#[derive(Clone, Copy)]
enum Block {
    Kind(usize),
    Group(usize),
    Role(usize),
    Place(usize),
}

/// The world that a strictly laid out policy describes.
pub fn read(text: &str) -> World {
    let mut world = World { kinds: vec![kind("organization")], ..World::default() };
    let mut open: Vec<Block> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let head = line.trim_end_matches(" {");
        if line == "}" {
            open.pop();
        } else if let Some(block) = statement(&mut world, open.last().copied(), head)
            && line.ends_with(" {")
        {
            open.push(block);
        }
    }
    world
}

fn statement(world: &mut World, inside: Option<Block>, line: &str) -> Option<Block> {
    match inside {
        Some(Block::Kind(index)) => {
            kind_line(&mut world.kinds[index], line);
            None
        }
        Some(Block::Group(index)) => {
            world.groups[index].members.extend(members(line));
            None
        }
        Some(Block::Role(index)) => {
            let (can, on) = split(line.strip_prefix("can ").expect("a role has lists"), " on ");
            world.roles[index].lists.push(RoleList { can: words(can), on: words(on) });
            None
        }
        Some(Block::Place(index)) => place_line(world, index, line),
        None => top_line(world, line),
    }
}

fn top_line(world: &mut World, line: &str) -> Option<Block> {
    let (word, rest) = split(line, " ");
    match word {
        "use" => {
            let supplied = vocabulary(rest);
            world.uses.push(rest.to_string());
            world.kinds.extend(supplied.kinds);
            world.roles.extend(supplied.roles);
            None
        }
        "kind" => {
            let (name, inside) = split(rest, " in ");
            if world.kind(name).is_none() {
                world.kinds.push(kind(name));
            }
            let index = world.kinds.iter().position(|kind| kind.name == name)?;
            world.kinds[index].inside.extend(words(inside));
            Some(Block::Kind(index))
        }
        "group" => {
            world.groups.push(Group { id: rest.to_string(), members: Vec::new() });
            Some(Block::Group(world.groups.len() - 1))
        }
        "role" => {
            let (id, includes) = split(rest, " includes ");
            world.roles.push(Role { id: id.to_string(), includes: words(includes), lists: Vec::new() });
            Some(Block::Role(world.roles.len() - 1))
        }
        "assign" => {
            world.assignments.push(assignment(rest));
            None
        }
        "user" => {
            world.users.push(rest.to_string());
            None
        }
        _ => Some(place(world, line, None)),
    }
}

fn kind_line(kind: &mut Kind, line: &str) {
    let (word, rest) = split(line, " ");
    match word {
        "levels" => kind.levels = rest.split(" < ").map(str::to_string).collect(),
        "features" => kind.features.extend(words(rest)),
        "retired" => kind.retired.extend(words(rest)),
        "permissions" => kind.permissions.extend(words(rest)),
        _ => kind.owner_gets = rest.strip_prefix("gets ").map(str::to_string),
    }
}

fn place(world: &mut World, line: &str, parent: Option<Name>) -> Block {
    let (own, container) = split(line, " in ");
    let parent = if container.is_empty() { parent } else { Some(name(container)) };
    let name = name(own);
    let known = world.places.iter().position(|place| place.name == name);
    let index = known.unwrap_or(world.places.len());
    if known.is_none() {
        world.places.push(Place { name, parent: None, members: Vec::new(), owners: Vec::new(), entries: Vec::new() });
    }
    world.places[index].parent = parent.or(world.places[index].parent.take());
    Block::Place(index)
}

fn place_line(world: &mut World, index: usize, line: &str) -> Option<Block> {
    let place_here = &mut world.places[index];
    if let Some(owner) = line.strip_prefix("owner user ") {
        place_here.owners.push(owner.to_string());
    } else if let Some(list) = line.strip_prefix("member ") {
        place_here.members.extend(members(list));
    } else if let Some((who_can, says)) = line.split_once(" can ") {
        place_here.entries.push(entry(who_can, says, true));
    } else if let Some((who_cannot, says)) = line.split_once(" cannot ") {
        place_here.entries.push(entry(who_cannot, says, false));
    } else {
        let parent = place_here.name.clone();
        return Some(place(world, line, Some(parent)));
    }
    None
}

fn entry(principal: &str, says: &str, can: bool) -> Entry {
    let (says, end) = split(says, " until ");
    let (list, on) = split(says, " on ");
    let says = match (can, list) {
        (true, "nothing") => Says::Nothing,
        (true, list) => Says::Can(words(list)),
        (false, list) => Says::Cannot(words(list)),
    };
    Entry { who: who(principal), says, on: words(on), until: until(end) }
}

fn assignment(line: &str) -> Assignment {
    let (line, end) = split(line, " until ");
    let (role, rest) = split(line, " to ");
    let (to, scopes) = split(rest.trim_end_matches(" everywhere"), " in ");
    Assignment {
        role: role.to_string(),
        to: words(to).iter().map(|subject| who(subject)).collect(),
        scopes: words(scopes).iter().map(|scope| name(scope)).collect(),
        until: until(end),
    }
}

fn members(list: &str) -> Vec<Member> {
    let member = |text: &String| {
        let (subject, end) = split(text, " until ");
        Member { who: who(subject), until: until(end) }
    };
    words(list).iter().map(member).collect()
}

fn who(text: &str) -> Who {
    match split(text, " ") {
        ("user", id) => Who::User(id.to_string()),
        ("group", id) => Who::Group(id.to_string()),
        _ => Who::Everyone,
    }
}

/// A question as `USER[+GROUP…] PERMISSION KIND:ID [@ORGANIZATION] [TIME]`.
pub fn question(text: &str) -> Question {
    let mut parts = text.split(' ');
    let mut part = || parts.next().expect("a question has a user, a permission and a resource");
    let (who, permission, on) = (part(), part(), part());
    let mut names = who.split('+').map(str::to_string);
    let user = names.next().unwrap_or_default();
    let mut sign_in = SignIn { user, organization: None, groups: names.collect() };
    let mut at = "2026-01-15T00:00:00Z".to_string();
    for part in parts {
        match part.strip_prefix('@') {
            Some(organization) => sign_in.organization = Some(organization.to_string()),
            None => at = part.to_string(),
        }
    }
    let (kind, id) = split(on, ":");
    Question { sign_in, permission: permission.to_string(), on: Name::new(kind, id), at: Some(at) }
}

fn kind(name: &str) -> Kind {
    Kind { name: name.to_string(), ..Kind::default() }
}

fn name(text: &str) -> Name {
    let (kind, id) = split(text, " ");
    Name::new(kind, id.trim_matches('"'))
}

fn until(date: &str) -> Option<String> {
    (!date.is_empty()).then(|| date.to_string())
}

fn split<'t>(text: &'t str, at: &str) -> (&'t str, &'t str) {
    text.split_once(at).unwrap_or((text, ""))
}
