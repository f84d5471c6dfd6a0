//! Roomkey as a contestant: by id, by name, with a sign-in that was made before.

use roomkey::model::kinds::KindId;
use roomkey::table::decide::{Permission, Resource, ResourceId};
use roomkey::table::view::Damage;
use roomkey::table::{Check, NamedCheck, SignIn, UserId};
use roomkey::{Policy, Table};

use super::questions::{Named, Question};
use super::text::text;
use super::world::{READ, WRITE, World, at};

pub const BY_ID: &str = "Roomkey, by id";
pub const SIGNED_IN: &str = "Roomkey, by id, signed in before";
pub const MANY_BY_ID: &str = "Roomkey, many by id";
pub const MANY_BY_NAME: &str = "Roomkey, many by name";
pub const BY_NAME: &str = "Roomkey, by name";

/// Compiles a world.
///
/// # Panics
/// When the world has errors, which would be a fault of the bench.
pub fn policy(world: &World) -> Policy {
    Policy::from_texts([("world.rk".into(), text(world))]).unwrap_or_else(|error| panic!("the world has errors: {error}"))
}

/// A question in the ids of a table.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    user: UserId,
    resource: Resource<'a>,
    level: u8,
}

/// The same about a declared room, as short as a bare structure's question.
#[derive(Clone, Copy)]
pub struct Brief {
    user: UserId,
    room: ResourceId,
    level: u8,
}

impl Brief {
    pub fn new(ask: &Ask<'_>) -> Option<Brief> {
        let Resource::Declared(room) = ask.resource else { return None };
        Some(Brief { user: ask.user, room, level: ask.level })
    }

    #[inline(always)]
    pub fn ask(&self) -> Ask<'static> {
        Ask { user: self.user, resource: Resource::Declared(self.room), level: self.level }
    }
}

/// A table, and what is looked up once.
pub struct Asker<'t> {
    table: &'t Table,
    room: KindId,
    permissions: [Permission; 2],
    sign_ins: Vec<Option<SignIn<'t>>>,
}

const SOUND: &str = "a table that was just compiled is sound";

impl<'t> Asker<'t> {
    pub fn new(table: &'t Table, world: &World) -> Asker<'t> {
        let room = table.kind("room").expect("the vocabulary has rooms");
        let permissions = ["read", "write"].map(|p| table.permission(room, p).expect("the vocabulary has levels"));
        let sign_in = |user: &String| Some(table.sign_in(table.user(user).expect(SOUND)?).expect(SOUND));
        Asker { table, room, permissions, sign_ins: world.users.iter().map(sign_in).collect() }
    }

    pub fn asks<'w>(&self, world: &'w World, questions: &[Question]) -> Vec<Ask<'w>> {
        let ask = |q: &Question| {
            let user = self.table.user(&world.users[q.user as usize]).expect(SOUND).expect("every user is in three groups");
            let resource = self.table.resource(self.room, &world.places[q.place as usize].name).expect(SOUND);
            Ask { user, resource: resource.expect("every room is declared or matched"), level: q.level }
        };
        questions.iter().map(ask).collect()
    }

    /// Questions as [`Table::check_many`] takes them.
    pub fn checks<'a>(&self, asks: &[Ask<'a>]) -> Vec<Check<'a>> {
        asks.iter().map(|a| (a.user, self.permission(a.level), a.resource)).collect()
    }

    pub fn named_checks<'a>(&self, named: &[Named<'a>]) -> Vec<NamedCheck<'a>> {
        named.iter().map(|q| (q.user, self.permission(q.level), q.room)).collect()
    }

    pub fn many(&self, checks: &[Check<'_>], answers: &mut [bool]) {
        self.table.check_many(checks, at(), answers).expect(SOUND);
    }

    pub fn many_named(&self, checks: &[NamedCheck<'_>], answers: &mut [bool]) {
        self.table.check_many_named(checks, at(), answers).expect(SOUND);
    }

    #[inline(always)]
    fn permission(&self, level: u8) -> Permission {
        self.permissions[usize::from(level == WRITE)]
    }

    // A question that is put together in memory and read at once in larger pieces would wait for what was written before it.
    #[inline(always)]
    pub fn by_id(&self, ask: &Ask<'_>) -> bool {
        self.table.check_user(ask.user, self.permission(ask.level), ask.resource, at()).expect(SOUND)
    }

    /// Asks for a user by its number, since a sign-in is what an application keeps.
    #[inline(always)]
    pub fn signed_in(&self, user: u32, ask: &Ask<'_>) -> bool {
        let Some(who) = &self.sign_ins[user as usize] else { return false };
        self.table.check(who, self.permission(ask.level), ask.resource, at()).expect(SOUND)
    }

    #[inline(always)]
    pub fn by_name(&self, q: &Named<'_>) -> bool {
        let check = || -> Result<bool, Damage> {
            let (Some(user), Some(resource)) = (self.table.user(q.user)?, self.table.resource(self.room, q.room)?) else {
                return Ok(false);
            };
            self.table.check_user(user, self.permission(q.level), resource, at())
        };
        check().expect(SOUND)
    }
}

const _: () = assert!(READ < WRITE);
