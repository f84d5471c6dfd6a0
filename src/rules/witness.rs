//! Witnesses: what a rule is about to say is asked of the compiled policy first, for someone and something that it would be true of.

use std::cell::Cell;
use std::collections::HashMap;

use super::Scene;
use super::many::MOST_NAMED;
use super::walk::has_body;
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{PlaceId, Who};
use crate::source::Span;
use crate::table::decide::{Cause, Permission, Resource, RowId, Verdict};
use crate::table::{Principal, Row, RowSort, SignIn, Table};

/// What the questions of one rule may cost for each statement of the policy, and at least and most. Behind that it says no more.
const WORK: usize = 64;
const LEAST_WORK: usize = 200_000;
const MOST_WORK: usize = 8_000_000;
/// What a question costs, beside each group of who asks.
const ASK: usize = 8;
/// How many resources in a container are asked about.
const MOST_RESOURCES: usize = 8;
/// How many places below a container are looked at for those.
const MOST_LOOKS: usize = 64;
/// How many members stand for a group, or for an organization that is closed.
const MOST_MEMBERS: usize = 2;
/// How many members of groups are looked at for those.
const MOST_NESTED: usize = 64;

/// Someone who signs in: a user of the policy or a stranger, with groups that the sign-in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user; none is a stranger.
    pub user: Option<u32>,
    /// The groups that the sign-in names.
    pub groups: Vec<u32>,
}

impl Person {
    /// A user as the policy lists it.
    pub fn alone(user: u32) -> Person {
        Person { user: Some(user), groups: Vec::new() }
    }

    /// A stranger whom the sign-in names in some groups.
    pub fn stranger(groups: Vec<u32>) -> Person {
        Person { user: None, groups }
    }

    /// The same with one more group that the sign-in names.
    pub fn with(&self, group: u32) -> Person {
        Person { user: self.user, groups: self.groups.iter().copied().chain([group]).collect() }
    }
}

/// Those of whom a sentence about a principal in a place would be true: itself, and where a stranger cannot sign in, some who can, with
/// the groups by which they do.
pub fn people(scene: &Scene<'_>, who: Who, place: PlaceId) -> Vec<Person> {
    let insiders = super::walk::organization(scene, place).map_or(&[][..], |o| scene.insiders(o));
    // By these anyone can be a member whom a sign-in names in them.
    let doors = || insiders.iter().filter(|person| person.user.is_none()).flat_map(|person| person.groups.iter().copied());
    match who {
        Who::User(u) => [Person::alone(u)].into_iter().chain(doors().map(|door| Person::alone(u).with(door))).collect(),
        Who::Everyone => [Person::stranger(Vec::new())].into_iter().chain(insiders.iter().cloned()).collect(),
        Who::Group(g) => {
            let own: Vec<u32> = Members::of(scene, vec![g], MOST_NESTED).users.into_iter().take(MOST_MEMBERS).collect();
            let led = own.iter().flat_map(|u| doors().map(|door| Person::alone(*u).with(door)));
            let named = insiders.iter().map(|person| person.with(g));
            let own = own.iter().map(|u| Person::alone(*u));
            [Person::stranger(vec![g])].into_iter().chain(own).chain(named).chain(led).collect()
        }
    }
}

/// Of each organization that is closed, some who can sign in to it: users, and strangers in groups that sign-ins fill.
pub fn insiders(scene: &Scene<'_>) -> HashMap<PlaceId, Vec<Person>> {
    let mut by: HashMap<PlaceId, Members> = HashMap::new();
    for x in scene.model.org_members.iter().filter(|x| !scene.is_over(x.until)) {
        let of = by.entry(x.of).or_default();
        match x.who {
            Who::User(user) if of.users.len() < MOST_MEMBERS => of.users.push(user),
            Who::Group(group) if of.groups.len() < MOST_NESTED => of.groups.push(group),
            _ => {}
        }
    }
    let people = |members: Members| {
        let nested = Members::of(scene, members.groups, MOST_NESTED);
        let users = members.users.into_iter().chain(nested.users).take(MOST_MEMBERS).map(Person::alone);
        users.chain(nested.fed.into_iter().take(MOST_MEMBERS).map(|group| Person::stranger(vec![group]))).collect()
    };
    by.into_iter().map(|(organization, members)| (organization, people(members))).collect()
}

/// Who is in some groups now, through nesting too.
#[derive(Default)]
pub struct Members {
    /// The users that the groups list.
    pub users: Vec<u32>,
    /// The groups without a body: sign-ins say who is in them.
    pub fed: Vec<u32>,
    /// All groups that were looked at, those that were asked for first.
    pub groups: Vec<u32>,
}

impl Members {
    /// Looks at the memberships of some groups, nearest first, as far as a number of looks reaches.
    pub fn of(scene: &Scene<'_>, groups: Vec<u32>, mut looks: usize) -> Members {
        let mut found = Members { groups, ..Members::default() };
        let mut next = 0;
        while let Some(group) = found.groups.get(next).copied() {
            next += 1;
            if !has_body(scene, group) {
                found.fed.push(group);
            }
            for x in scene.members.of(group).iter().map(|x| &scene.model.members[*x as usize]) {
                let Some(left) = looks.checked_sub(1) else { return found };
                looks = left;
                match x.who {
                    _ if scene.is_over(x.until) => {}
                    Who::User(user) if !found.users.contains(&user) => found.users.push(user),
                    Who::Group(inner) if !found.groups.contains(&inner) => found.groups.push(inner),
                    _ => {}
                }
            }
        }
        found
    }
}

/// Asks for a rule.
pub struct Witness<'s, 'm> {
    scene: &'s Scene<'m>,
    table: &'s Table,
    left: Cell<usize>,
}

impl<'s, 'm> Witness<'s, 'm> {
    /// Where the policy is compiled.
    pub fn new(scene: &'s Scene<'m>) -> Option<Witness<'s, 'm>> {
        let statements = scene.model.entries.len() + scene.model.assignments.len();
        let work = statements.saturating_mul(WORK).clamp(LEAST_WORK, MOST_WORK);
        Some(Witness { scene, table: scene.table?, left: Cell::new(work) })
    }

    /// The same, with as many questions as there may be.
    pub fn patient(scene: &'s Scene<'m>) -> Option<Witness<'s, 'm>> {
        Some(Witness { scene, table: scene.table?, left: Cell::new(MOST_WORK) })
    }

    /// Those of whom a sentence about a principal in a place would be true.
    pub fn people(&self, who: Who, place: PlaceId) -> Vec<Person> {
        people(self.scene, who, place)
    }

    /// The places to ask about where something speaks of a kind in a place: itself, or some of what it contains.
    pub fn places(&self, place: PlaceId, kind: KindId) -> Vec<PlaceId> {
        self.inside(place, kind, MOST_LOOKS, MOST_RESOURCES).0
    }

    /// The same, as far as a finding names them.
    pub fn all_places(&self, place: PlaceId, kind: KindId) -> Vec<PlaceId> {
        let looks = (MOST_NAMED * ASK).min(self.left.get());
        let (found, left) = self.inside(place, kind, looks, MOST_NAMED);
        self.left.set(self.left.get() - (looks - left));
        found
    }

    /// Whether there is something left for one more look.
    pub fn look(&self) -> bool {
        let left = self.left.get().checked_sub(ASK);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// As many more looks as there are left, at most some.
    pub fn looks(&self, most: usize) -> usize {
        let looks = most.min(self.left.get());
        self.left.set(self.left.get() - looks);
        looks
    }

    /// The places, and how many looks are left.
    fn inside(&self, place: PlaceId, kind: KindId, mut looks: usize, most: usize) -> (Vec<PlaceId>, usize) {
        let m = self.scene.model;
        let known = |place: PlaceId| m.places[place as usize].kind == kind;
        if known(place) {
            return (vec![place], looks);
        }
        let (mut found, mut queue) = (Vec::new(), std::collections::VecDeque::from([place]));
        while let Some(outer) = queue.pop_front() {
            for inner in self.scene.children.of(outer) {
                if looks == 0 || found.len() == most {
                    return (found, looks);
                }
                looks -= 1;
                found.extend(known(*inner).then_some(*inner));
                queue.push_back(*inner);
            }
        }
        (found, looks)
    }

    /// The level of each part of a place's kind that someone has there.
    pub fn levels(&self, person: &Person, place: PlaceId) -> Option<Vec<Value>> {
        self.levels_in(self.table, person, place)
    }

    /// The same as far as entries give it, without roles.
    pub fn by_entries(&self, person: &Person, place: PlaceId) -> Option<Vec<Value>> {
        self.levels_in(self.bare()?, person, place)
    }

    /// The policy as far as entries decide: where nothing is assigned, that is all of it.
    fn bare(&self) -> Option<&'s Table> {
        self.scene.bare.or(self.scene.model.assignments.is_empty().then_some(self.table))
    }

    fn levels_in(&self, table: &Table, person: &Person, place: PlaceId) -> Option<Vec<Value>> {
        let kind = self.scene.model.places[place as usize].kind;
        let (on, who) = self.question(table, person, place)?;
        let mut levels = Vec::new();
        table.levels(&who, kind, on, self.scene.options.now, &mut levels).ok()?;
        Some(levels)
    }

    /// The decision about a part at a level.
    pub fn verdict(&self, person: &Person, place: PlaceId, part: u32, value: Value) -> Option<Verdict> {
        self.verdict_in(self.table, person, place, part, value)
    }

    fn verdict_in(&self, table: &Table, person: &Person, place: PlaceId, part: u32, value: Value) -> Option<Verdict> {
        let kind = self.scene.model.places[place as usize].kind;
        let (on, who) = self.question(table, person, place)?;
        let permission: Permission = table.part(kind, part, value);
        table.decide(&who, permission, on, self.scene.options.now).ok()
    }

    /// The row of the policy that gives someone a part at a level.
    pub fn giver(&self, person: &Person, place: PlaceId, part: u32, value: Value) -> Option<(Row, RowSort)> {
        match self.verdict(person, place, part, value).filter(|verdict| verdict.allow)?.cause {
            Cause::Access(row) => Some((self.table.row(row, RowSort::Can).ok()?, RowSort::Can)),
            Cause::Role(row) => Some((self.table.row(row, RowSort::Role).ok()?, RowSort::Role)),
            _ => None,
        }
    }

    /// The row that gives someone a part at a level as far as entries decide.
    pub fn entry_giver(&self, person: &Person, place: PlaceId, part: u32, value: Value) -> Option<Row> {
        let table = self.bare()?;
        match self.verdict_in(table, person, place, part, value).filter(|verdict| verdict.allow)?.cause {
            Cause::Access(row) => table.row(row, RowSort::Can).ok(),
            _ => None,
        }
    }

    /// Whether a row of the policy that gives something is the statement at a place.
    pub fn is_row_of(&self, row: RowId, span: Span) -> bool {
        let row = self.table.row(row, RowSort::Can);
        row.is_ok_and(|row| row.origin == self.scene.sources.origin(span))
    }

    /// Whether a row of the policy that gives something speaks of everyone.
    pub fn is_default(&self, row: RowId) -> bool {
        let row = self.table.row(row, RowSort::Can);
        row.is_ok_and(|row| row.who == Principal::Everyone)
    }

    /// Whether a role gives someone one of some parts of a place's kind.
    pub fn by_role(&self, person: &Person, place: PlaceId, parts: impl IntoIterator<Item = u32>) -> bool {
        let given = |v: Verdict| v.allow && matches!(v.cause, Cause::Role(_));
        parts.into_iter().any(|part| self.verdict(person, place, part, LOWEST).is_some_and(given))
    }

    /// Whether someone has anything in a place.
    pub fn has_any(&self, person: &Person, place: PlaceId) -> bool {
        self.levels(person, place).is_some_and(|levels| levels.iter().any(|v| *v > NONE))
    }

    fn question<'t>(&self, table: &'t Table, person: &Person, place: PlaceId) -> Option<(Resource<'s>, SignIn<'t>)> {
        self.left.set(self.left.get().checked_sub(ASK)?);
        let m: &'s crate::model::Model = self.scene.model;
        let p = &m.places[place as usize];
        let on = match p.pattern {
            true => table.undeclared_at(p.kind, &p.id).ok()??,
            false => table.resource(p.kind, &p.id).ok()??,
        };
        let user = match person.user {
            Some(user) => table.user(m.users.name(user)).ok()?,
            None => None,
        };
        let named = |group: &u32| table.group(m.groups.name(*group)).ok().flatten();
        let groups: Vec<_> = person.groups.iter().filter_map(named).collect();
        let who = table.sign_in_with(user, &groups).ok()?;
        self.left.set(self.left.get().saturating_sub(who.reach()));
        Some((on, who))
    }
}
