//! Who can sign in to an organization that is closed: the users that are members, and anyone whom a sign-in names in a group that is one.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::Scene;
use super::walk::{has_body, organization};
use super::witness::Person;
use crate::model::{PlaceId, Who};

/// All members that an organization has now.
pub struct Closed {
    users: Vec<u32>,
    is_user: HashSet<u32>,
    /// The groups without a body: sign-ins say who is in them.
    doors: Vec<u32>,
    is_door: HashSet<u32>,
}

/// The organizations that were looked at.
#[derive(Default)]
pub struct Insides {
    by: HashMap<PlaceId, Option<Rc<Closed>>>,
}

impl Insides {
    /// The members of the organization that a place lies in; `None` where it is open.
    pub fn of(&mut self, scene: &Scene<'_>, place: PlaceId) -> Option<Rc<Closed>> {
        let organization = organization(scene, place)?;
        self.by.entry(organization).or_insert_with(|| Closed::new(scene, organization).map(Rc::new)).clone()
    }
}

impl Closed {
    fn new(scene: &Scene<'_>, organization: PlaceId) -> Option<Closed> {
        let m = scene.model;
        let members = scene.org_members.of(organization);
        if members.is_empty() {
            return None;
        }
        let all = members.iter().map(|x| &m.org_members[*x as usize]);
        let mut queue: Vec<Who> = all.filter(|x| !scene.is_over(x.until)).map(|x| x.who).collect();
        let (mut is_user, mut groups) = (HashSet::new(), HashSet::new());
        while let Some(who) = queue.pop() {
            match who {
                Who::User(user) => drop(is_user.insert(user)),
                Who::Group(group) if groups.insert(group) => {
                    let inner = scene.members.of(group).iter().map(|x| &m.members[*x as usize]);
                    queue.extend(inner.filter(|x| !scene.is_over(x.until)).map(|x| x.who));
                }
                _ => {}
            }
        }
        let is_door: HashSet<u32> = groups.into_iter().filter(|group| !has_body(scene, *group)).collect();
        let sorted = |all: &HashSet<u32>| {
            let mut all: Vec<u32> = all.iter().copied().collect();
            all.sort_unstable();
            all
        };
        Some(Closed { users: sorted(&is_user), is_user, doors: sorted(&is_door), is_door })
    }
}

/// Who can sign in where some place lies, those whom nothing tells apart there once.
#[derive(Default)]
pub struct Inside {
    closed: Option<Rc<Closed>>,
    /// Users that are members.
    users: Vec<u32>,
    /// The groups by which anyone is a member whom a sign-in names in them. None where the organization is open.
    pub doors: Vec<u32>,
}

impl Inside {
    /// Of the members, those that are `told` from others there, and one of the others.
    pub fn new(closed: Rc<Closed>, told_users: &HashSet<u32>, told_groups: &HashSet<u32>) -> Inside {
        let users = some(&closed.users, &closed.is_user, told_users);
        let doors = some(&closed.doors, &closed.is_door, told_groups);
        Inside { users, doors, closed: Some(closed) }
    }

    /// Some who can sign in and are named in a group by that.
    pub fn named(&self, group: u32) -> Vec<Person> {
        let alone = std::iter::once(Person::stranger(vec![group]));
        let users = self.users.iter().map(|user| Person::alone(*user).with(group));
        // Who is let in by the group needs no other one.
        let is_door = self.closed.as_ref().is_some_and(|closed| closed.is_door.contains(&group));
        let doors = self.doors.iter().filter(|_| !is_door).map(|door| Person::stranger(vec![*door, group]));
        alone.chain(users).chain(doors).collect()
    }
}

/// Those of a set that are told from others, behind the first of the others.
fn some(all: &[u32], is_one: &HashSet<u32>, told: &HashSet<u32>) -> Vec<u32> {
    let mut found: Vec<u32> = told.iter().copied().filter(|one| is_one.contains(one)).collect();
    found.sort_unstable();
    let other = all.iter().copied().find(|one| !told.contains(one));
    other.into_iter().chain(found).collect()
}
