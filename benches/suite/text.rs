//! A world as policy text.

use std::fmt::{Display, Write};

use roomkey::Instant;

use super::world::{Entry, NEVER, ROLES, Sort, WRITE, Who, World, role_level};

pub fn text(world: &World) -> String {
    let mut text = String::from("use liveblocks\n");
    if world.uses.deep {
        text.push_str("kind folder in folder, organization { levels read < write }\nkind room in folder\n");
    }
    write(world, &mut text).unwrap_or_else(|_| unreachable!("a text takes what is written to it"));
    text
}

/// A text in about as many pieces, each of whole statements.
pub fn pieces(text: &str, count: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let least = (text.len() / count).min(rest.len());
        let end = rest.as_bytes()[least..].windows(3).position(|w| w == b"\n}\n").map_or(rest.len(), |at| least + at + 3);
        let (piece, left) = rest.split_at(end);
        pieces.push(piece);
        rest = left;
    }
    pieces
}

fn write(world: &World, text: &mut String) -> std::fmt::Result {
    let mut members: Vec<String> = vec![String::new(); world.groups.len()];
    for (user, groups) in world.joined.iter().enumerate() {
        for (group, until) in groups {
            write!(members[*group as usize], " user {}{}", world.users[user], Until(*until))?;
        }
    }
    for (group, above) in world.above.iter().enumerate() {
        for above in above {
            write!(members[*above as usize], " group {}", world.groups[group])?;
        }
    }
    for (group, members) in world.groups.iter().zip(&members) {
        writeln!(text, "group {group} {{{members} }}")?;
    }
    for place in world.places.iter().filter(|p| !(world.uses.undeclared && p.sort == Sort::Room)) {
        let (kind, star) = match place.sort {
            Sort::Organization => ("organization", ""),
            Sort::Folder => ("folder", ""),
            Sort::Room => ("room", ""),
            Sort::Pattern => ("room", "*"),
        };
        write!(text, "{kind} \"{}{star}\"", place.name)?;
        if let Some(parent) = place.parent.map(|p| &world.places[p as usize]) {
            let kind = if parent.sort == Sort::Folder { "folder" } else { "organization" };
            write!(text, " in {kind} {}", parent.name)?;
        }
        writeln!(text, " {{")?;
        for entry in &place.can {
            let list = ["nothing", "*:read", "*:write"][entry.level as usize];
            writeln!(text, "  {} can {list}{}", Named(world, entry), Until(entry.until))?;
        }
        for entry in &place.cannot {
            writeln!(text, "  {} cannot {}{}", Named(world, entry), level(entry.level), Until(entry.until))?;
        }
        for member in &place.members {
            writeln!(text, "  member {}{}", Named(world, member), Until(member.until))?;
        }
        text.push_str("}\n");
    }
    if world.uses.roles {
        for role in 0..ROLES {
            writeln!(text, "role role{role} {{ can {} }}", level(role_level(role)))?;
        }
    }
    for a in &world.assignments {
        let (group, organization) = (&world.groups[a.group as usize], &world.places[a.organization as usize].name);
        writeln!(text, "assign role{} to group {group} in organization {organization}{}", a.role, Until(a.until))?;
    }
    Ok(())
}

fn level(level: u8) -> &'static str {
    if level == WRITE { "*:write" } else { "*:read" }
}

struct Named<'a>(&'a World, &'a Entry);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.1.who {
            Who::Everyone => f.write_str("default"),
            Who::Group(group) => write!(f, "group {}", self.0.groups[group as usize]),
            Who::User(user) => write!(f, "user {}", self.0.users[user as usize]),
        }
    }
}

struct Until(i64);

impl Display for Until {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == NEVER { Ok(()) } else { write!(f, " until {}", Instant::from_unix(self.0, 0)) }
    }
}
