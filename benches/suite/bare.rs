//! Structures without names, files or constructs: what a check could cost at least.

use std::collections::HashMap;
use std::hash::BuildHasher;

use rustc_hash::FxHashMap;

use super::world::{NONE, Who, World};

/// Nobody; the numbers of groups and users follow.
const EVERYONE: u32 = 0;

fn principal(world: &World, who: Who) -> u32 {
    match who {
        Who::Everyone => EVERYONE,
        Who::Group(group) => 1 + group,
        Who::User(user) => 1 + world.groups.len() as u32 + user,
    }
}

/// One hash map of (room, principal) to level, asked for the user, each of its groups, and everyone.
pub struct Map<S> {
    levels: HashMap<(u32, u32), u8, S>,
    groups: Vec<[u32; 3]>,
    first_user: u32,
}

impl<S: BuildHasher + Default> Map<S> {
    pub fn new(world: &World) -> Map<S> {
        let entries = world.rooms.iter().zip(0u32..).flat_map(|(place, room)| {
            world.places[*place as usize].can.iter().map(move |e| ((room, principal(world, e.who)), e.level))
        });
        let groups = world.joined.iter().map(|g| std::array::from_fn(|i| principal(world, Who::Group(g[i].0))));
        Map { levels: entries.collect(), groups: groups.collect(), first_user: principal(world, Who::User(0)) }
    }

    #[inline]
    pub fn allows(&self, user: u32, room: u32, level: u8) -> bool {
        let get = |principal| self.levels.get(&(room, principal)).copied();
        let of_groups = || self.groups[user as usize].iter().filter_map(|g| get(*g)).max();
        let given = get(self.first_user + user).or_else(of_groups).or_else(|| get(EVERYONE));
        given.unwrap_or(NONE) >= level
    }
}

/// Names to numbers.
pub struct Directory {
    users: FxHashMap<String, u32>,
    rooms: FxHashMap<String, u32>,
}

impl Directory {
    pub fn new(world: &World) -> Directory {
        let rooms = world.rooms.iter().map(|place| world.places[*place as usize].name.clone());
        Directory { users: world.users.iter().cloned().zip(0..).collect(), rooms: rooms.zip(0..).collect() }
    }

    #[inline]
    pub fn user(&self, name: &str) -> Option<u32> {
        self.users.get(name).copied()
    }

    #[inline]
    pub fn room(&self, name: &str) -> Option<u32> {
        self.rooms.get(name).copied()
    }
}

/// A cache line.
#[repr(align(64))]
struct Line([u32; 16]);

const EMPTY: u32 = u32::MAX;

/// One line for each room, with its entries, and one for each user, with its groups.
pub struct Lines {
    rooms: Vec<Line>,
    users: Vec<Line>,
}

impl Lines {
    pub fn new(world: &World) -> Lines {
        let line = |all: &mut dyn Iterator<Item = u32>| Line(std::array::from_fn(|_| all.next().unwrap_or(EMPTY)));
        let room = |place: &u32| {
            let entries = &world.places[*place as usize].can;
            line(&mut entries.iter().map(|e| principal(world, e.who) << 2 | u32::from(e.level)))
        };
        let user = |(user, groups): (u32, &Vec<(u32, i64)>)| {
            let own = principal(world, Who::User(user));
            line(&mut std::iter::once(own).chain(groups.iter().map(|(g, _)| principal(world, Who::Group(*g)))))
        };
        Lines { rooms: world.rooms.iter().map(room).collect(), users: (0..).zip(&world.joined).map(user).collect() }
    }

    #[inline]
    pub fn allows(&self, user: u32, room: u32, level: u8) -> bool {
        let (user, room) = (&self.users[user as usize].0, &self.rooms[room as usize].0);
        let mut ranks = [0u32; 3];
        for entry in room {
            let (who, level) = (entry >> 2, (entry & 3) + 1);
            let own = u32::from(who == user[0]) * level;
            let group = u32::from(who == user[1] || who == user[2] || who == user[3]) * level;
            ranks[0] = ranks[0].max(own);
            ranks[1] = ranks[1].max(group);
            ranks[2] = ranks[2].max(u32::from(who == EVERYONE) * level);
        }
        let given = ranks.into_iter().find(|r| *r > 0).unwrap_or(1) - 1;
        given >= u32::from(level)
    }
}
