//! The smallest policy that still shows a fault.

use super::valid::problems;
use super::world::{Member, Question, Says, World};

/// Drops statements, list items and details as long as `fails` holds for the rest.
pub fn shrink(mut world: World, mut question: Question, fails: impl Fn(&World, &Question) -> bool) -> (World, Question) {
    loop {
        let before = (world.clone(), question.clone());
        let mut nth = 0;
        while let Some((less, asked)) = without(&world, &question, nth) {
            if problems(&less).is_empty() && fails(&less, &asked) {
                (world, question) = (less, asked);
            } else {
                nth += 1;
            }
        }
        if before == (world.clone(), question.clone()) {
            return before;
        }
    }
}

/// The world and the question without their `nth` detail; none where they have fewer.
pub fn without(world: &World, question: &Question, nth: usize) -> Option<(World, Question)> {
    let (mut world, mut question) = (world.clone(), question.clone());
    let mut dropper = Dropper { left: Some(nth) };
    dropper.statements(&mut world);
    dropper.details(&mut world);
    dropper.list(&mut question.sign_in.groups);
    dropper.option(&mut question.sign_in.organization);
    dropper.left.is_none().then_some((world, question))
}

/// Counts down to the detail that is to go.
struct Dropper {
    left: Option<usize>,
}

impl Dropper {
    fn list<T>(&mut self, items: &mut Vec<T>) {
        match self.left {
            Some(left) if left < items.len() => {
                items.remove(left);
                self.left = None;
            }
            Some(left) => self.left = Some(left - items.len()),
            None => {}
        }
    }

    fn option<T>(&mut self, item: &mut Option<T>) {
        match self.left {
            Some(0) if item.is_some() => {
                *item = None;
                self.left = None;
            }
            Some(left) => self.left = Some(left - usize::from(item.is_some())),
            None => {}
        }
    }

    fn statements(&mut self, world: &mut World) {
        self.list(&mut world.assignments);
        self.list(&mut world.places);
        self.list(&mut world.roles);
        self.list(&mut world.groups);
        self.list(&mut world.users);
        self.list(&mut world.kinds);
        self.list(&mut world.uses);
    }

    fn details(&mut self, world: &mut World) {
        for place in &mut world.places {
            self.list(&mut place.entries);
            self.list(&mut place.owners);
            self.members(&mut place.members);
            self.option(&mut place.parent);
            for entry in &mut place.entries {
                self.list(&mut entry.on);
                self.option(&mut entry.until);
                if let Says::Can(list) | Says::Cannot(list) = &mut entry.says {
                    self.list(list);
                }
            }
        }
        for assignment in &mut world.assignments {
            self.list(&mut assignment.to);
            self.option(&mut assignment.until);
            if assignment.scopes.len() > 1 {
                self.list(&mut assignment.scopes);
            }
        }
        for role in &mut world.roles {
            self.list(&mut role.includes);
            self.list(&mut role.lists);
            for list in &mut role.lists {
                self.list(&mut list.can);
                self.list(&mut list.on);
            }
        }
        for group in &mut world.groups {
            self.members(&mut group.members);
        }
        for kind in &mut world.kinds {
            self.list(&mut kind.inside);
            self.list(&mut kind.features);
            self.list(&mut kind.retired);
            self.list(&mut kind.permissions);
            self.list(&mut kind.levels);
            self.option(&mut kind.owner_gets);
        }
    }

    fn members(&mut self, members: &mut Vec<Member>) {
        self.list(members);
        for member in members {
            self.option(&mut member.until);
        }
    }
}
