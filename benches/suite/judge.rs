//! The decision over a world, as plainly as can be: what every answer is compared with before anything is timed.

use std::collections::HashMap;

use super::world::{AT, Entry, NONE, Sort, Who, World, role_level};

/// A world, and its assignments by organization and group.
pub struct Judge<'w> {
    world: &'w World,
    roles: HashMap<(u32, u32), Vec<(u8, i64)>>,
    closures: Vec<Vec<u32>>,
}

impl<'w> Judge<'w> {
    pub fn new(world: &'w World) -> Judge<'w> {
        let mut roles: HashMap<(u32, u32), Vec<(u8, i64)>> = HashMap::new();
        for a in &world.assignments {
            roles.entry((a.organization, a.group)).or_default().push((role_level(a.role), a.until));
        }
        let closures = (0..world.users.len()).map(|user| closure(world, user)).collect();
        Judge { world, roles, closures }
    }

    pub fn allows(&self, user: u32, room: u32, level: u8) -> bool {
        let groups = &self.closures[user as usize];
        let walk = self.walk(room);
        let counts = |entry: &&Entry| {
            entry.until > AT
                && match entry.who {
                    Who::Everyone => true,
                    Who::Group(group) => groups.contains(&group),
                    Who::User(other) => other == user,
                }
        };
        let organization = walk.iter().map(|p| &self.world.places[*p as usize]).find(|p| p.sort == Sort::Organization);
        if organization.is_some_and(|o| !o.members.is_empty() && !o.members.iter().any(|m| counts(&m))) {
            return false;
        }
        let mut given = NONE;
        for place in walk.iter().map(|p| &self.world.places[*p as usize]) {
            let of = |rank| place.can.iter().filter(counts).filter(move |e| rank_of(e) == rank).map(|e| e.level).max();
            if let Some(level) = (0..3).find_map(of) {
                given = level;
                break;
            }
        }
        for (place, group) in walk.iter().flat_map(|p| groups.iter().map(move |g| (*p, *g))) {
            let all = self.roles.get(&(place, group)).into_iter().flatten();
            given = all.filter(|(_, until)| *until > AT).map(|(level, _)| *level).max().unwrap_or(NONE).max(given);
        }
        let taken = walk.iter().flat_map(|p| &self.world.places[*p as usize].cannot).filter(counts).map(|e| e.level).min();
        level <= given && taken.is_none_or(|taken| level < taken)
    }

    /// The places that speak of a room, from the closest outwards.
    fn walk(&self, room: u32) -> Vec<u32> {
        let name = &self.world.places[room as usize].name;
        let mut walk = vec![room];
        let chain = name.strip_prefix('p').and_then(|n| n.split('/').next()?.parse::<usize>().ok());
        walk.extend(chain.and_then(|c| self.world.patterns.get(c)).into_iter().flatten().rev());
        let mut next = self.world.places[room as usize].parent;
        while let Some(place) = next {
            walk.push(place);
            next = self.world.places[place as usize].parent;
        }
        walk
    }
}

fn rank_of(entry: &Entry) -> usize {
    match entry.who {
        Who::User(_) => 0,
        Who::Group(_) => 1,
        Who::Everyone => 2,
    }
}

/// The groups of a user and all groups above them.
fn closure(world: &World, user: usize) -> Vec<u32> {
    let mut all: Vec<u32> = world.joined[user].iter().filter(|(_, until)| *until > AT).map(|(g, _)| *g).collect();
    let mut next = 0;
    while next < all.len() {
        all.extend(&world.above[all[next] as usize]);
        next += 1;
    }
    all
}
