//! Questions at random, half of them allowed, with the answers that are right.

use super::chance::Chance;
use super::judge::Judge;
use super::world::{READ, WRITE, Who, World};

/// As many as no branch predictor learns by heart.
pub const QUESTIONS: usize = 1 << 16;

#[derive(Clone, Copy)]
pub struct Question {
    pub user: u32,
    /// The number of the room among the places.
    pub place: u32,
    /// The number of the room among the rooms.
    pub room: u32,
    pub level: u8,
    pub allow: bool,
}

/// The names in a question, where a request would have them: one behind the other.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    pub user: &'a str,
    pub room: &'a str,
    pub level: u8,
}

pub fn questions(world: &World, count: usize) -> Vec<Question> {
    let judge = Judge::new(world);
    let members = members(world);
    let mut chance = Chance(7);
    let mut wanted = [count / 2, count - count / 2];
    let mut all = Vec::with_capacity(count);
    for _ in 0..count * 100 {
        let room = chance.below(world.rooms.len()) as u32;
        let place = world.rooms[room as usize];
        let (user, level) = (one_of(world, &members, place, &mut chance), *chance.pick(&[READ, WRITE]));
        let allow = judge.allows(user, place, level);
        if wanted[usize::from(allow)] > 0 {
            wanted[usize::from(allow)] -= 1;
            all.push(Question { user, place, room, level, allow });
        }
        if all.len() == count {
            break;
        }
    }
    assert!(wanted[0] == 0 && wanted[1] == 0, "too few questions are found that are allowed or denied: {wanted:?} are missing");
    chance.shuffle(&mut all);
    all
}

/// Somebody that the room or what is around it may speak of, or anybody.
fn one_of(world: &World, members: &[Vec<u32>], place: u32, chance: &mut Chance) -> u32 {
    let anybody = chance.below(world.users.len()) as u32;
    let mut place = &world.places[place as usize];
    while let Some(parent) = place.parent.filter(|_| chance.below(3) == 0 || place.can.is_empty()) {
        place = &world.places[parent as usize];
    }
    if chance.below(4) == 0 || place.can.is_empty() {
        return anybody;
    }
    match chance.pick(&place.can).who {
        Who::Everyone => anybody,
        Who::User(user) => user,
        Who::Group(group) => members[group as usize].get(chance.below(50)).copied().unwrap_or(anybody),
    }
}

/// The users of each group, and of the groups below it.
fn members(world: &World) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); world.groups.len()];
    for (user, groups) in world.joined.iter().enumerate() {
        for (group, _) in groups {
            let mut next = Some(*group);
            while let Some(group) = next {
                members[group as usize].push(user as u32);
                next = world.above[group as usize].first().copied();
            }
        }
    }
    members
}

/// The names of all questions in one text, in their order.
pub fn arena(world: &World, questions: &[Question]) -> String {
    let names = |q: &Question| [&*world.users[q.user as usize], &*world.places[q.place as usize].name].concat();
    questions.iter().map(names).collect()
}

pub fn named<'a>(world: &World, questions: &[Question], arena: &'a str) -> Vec<Named<'a>> {
    let mut rest = arena;
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at(length);
        rest = left;
        taken
    };
    let name = |q: &Question| {
        let user = take(world.users[q.user as usize].len());
        Named { user, room: take(world.places[q.place as usize].name.len()), level: q.level }
    };
    questions.iter().map(name).collect()
}
