//! Tests and invariants about a world: well written, whether they hold or not.

use super::spelling::Node;
use super::{Printer, commas, spaced};
use crate::reference::chance::Chance;
use crate::reference::world::{Who, World};

/// A few `test` and `invariant` blocks over the names of a world, in a random spelling.
pub fn proofs(world: &World, chance: Chance) -> String {
    let mut printer = Printer { chance: Some(chance) };
    let mut blocks = Vec::new();
    for number in 0..printer.between(1, 4) {
        let (word, name) = (["test", "invariant"][number % 2], format!("no. {number}: \"{}\" // as it should be", number % 2));
        let lines = (0..printer.between(0, 4)).map(|_| Node::new(printer.proof(world, word))).collect();
        blocks.push(Node::new(vec![word.to_string(), printer.id(&name)]).declaring().with(lines));
    }
    printer.block(&blocks, 0)
}

impl Printer {
    fn proof(&mut self, world: &World, block: &str) -> Vec<String> {
        let who = match (block, self.between(0, 3)) {
            ("test", _) => self.signed_in(world),
            (_, 0) => spaced("no one"),
            (_, 1) => [spaced("no"), self.principal(world)].concat(),
            (_, 2) => {
                let all = (0..self.between(1, 6)).map(|_| self.principal(world)).collect();
                [spaced("only"), commas(all)].concat()
            }
            _ => {
                let bound = ["at most", "at least"][self.between(0, 1)];
                spaced(&format!("{bound} {}", self.between(0, 300)))
            }
        };
        let verb = if block == "test" && self.percent(50) { "cannot" } else { "can" };
        let asked = match self.percent(20) && block != "test" {
            true => [spaced("both"), vec![self.asked(world)], spaced("and"), vec![self.asked(world)]].concat(),
            false => commas((0..self.between(1, 5)).map(|_| vec![self.asked(world)]).collect()),
        };
        let (scope, tail) = (self.scope(world), self.tail(world, block));
        [who, spaced(verb), asked, spaced("on"), scope, tail].concat()
    }

    fn signed_in(&mut self, world: &World) -> Vec<String> {
        let user = if self.percent(50) { "a guest" } else { "on" };
        let mut words = vec!["user".to_string(), self.id(user)];
        let with: Vec<Vec<String>> = (0..self.between(0, 3))
            .filter_map(|_| match self.percent(30) {
                true => Some(vec!["organization".to_string(), self.id("with")]),
                false => self.one(&world.groups).map(|group| vec!["group".to_string(), self.id(&group.id)]),
            })
            .collect();
        if !with.is_empty() {
            words = [words, spaced("with"), commas(with)].concat();
        }
        words
    }

    fn principal(&mut self, world: &World) -> Vec<String> {
        let who = match self.one(&world.groups) {
            Some(group) if self.percent(60) => Who::Group(group.id.clone()),
            _ => Who::User("at".to_string()),
        };
        self.who(&who, "everyone")
    }

    fn asked(&mut self, world: &World) -> String {
        let names = world.kinds.iter().flat_map(|kind| kind.levels.iter().chain(&kind.permissions));
        let names: Vec<String> = names.cloned().collect();
        match self.one(&names) {
            Some(name) if self.percent(80) => name.clone(),
            _ => "*".to_string(),
        }
    }

    fn scope(&mut self, world: &World) -> Vec<String> {
        match self.one(&world.places) {
            Some(place) => self.name(&place.name),
            None => vec!["room".to_string(), self.id("a b*")],
        }
    }

    fn tail(&mut self, world: &World, block: &str) -> Vec<String> {
        match (self.percent(25), block) {
            (false, _) => Vec::new(),
            (true, "test") => spaced("at 2026-06-30T12:00:00Z"),
            (true, _) => [spaced("in"), self.scope(world)].concat(),
        }
    }

    fn one<'w, T>(&mut self, items: &'w [T]) -> Option<&'w T> {
        let last = items.len().checked_sub(1)?;
        items.get(self.between(0, last))
    }
}
