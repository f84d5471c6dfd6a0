//! cedar-policy in its fastest form: one policy, and sets of users and groups in the attributes of the rooms.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

use super::suite::peers::Engine;
use super::suite::questions::Named;
use super::suite::world::{WRITE, Who, World};
use super::{EVERYONE, rooms, users};

const POLICY: &str = r#"permit (principal, action, resource) when {
    (action == Action::"read" && principal in resource.readers) || (action == Action::"write" && principal in resource.writers)
};"#;

struct Cedar {
    /// Whether a check makes its request from names, as a caller has to who has names.
    from_names: bool,
    kinds: [EntityTypeName; 2],
    actions: [EntityUid; 2],
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

fn id(kind: &str, name: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("a kind is an identifier");
    EntityUid::from_type_name_and_id(kind, EntityId::new(name))
}

pub fn from_names(world: &World) -> Box<dyn Engine> {
    Box::new(Cedar { from_names: true, ..load(world) })
}

pub fn made_before(world: &World) -> Box<dyn Engine> {
    Box::new(load(world))
}

fn load(world: &World) -> Cedar {
    let who = |who| match who {
        Who::Everyone => id("Group", EVERYONE),
        Who::Group(group) => id("Group", &world.groups[group as usize]),
        Who::User(user) => id("User", &world.users[user as usize]),
    };
    let user = |(name, groups): (&str, _)| -> Entity {
        let groups: HashSet<EntityUid> = Iterator::map(groups, |g: &str| id("Group", g)).collect();
        Entity::new_no_attrs(id("User", name), groups)
    };
    let rooms = rooms(world).map(|(room, entries)| {
        let entries: Vec<_> = entries.collect();
        let set = |least: u8| {
            let all = entries.iter().filter(|(_, level)| *level >= least);
            RestrictedExpression::new_set(all.map(|(w, _)| RestrictedExpression::new_entity_uid(who(*w))))
        };
        let sets = HashMap::from([("readers".into(), set(0)), ("writers".into(), set(WRITE))]);
        Entity::new(id("Room", &room.name), sets, HashSet::new()).expect("sets of entities are values")
    });
    let entities = Entities::from_entities(users(world).map(user).chain(rooms), None).expect("the entities are sound");
    let policies = POLICY.parse().expect("the policy is sound");
    let kinds = ["User", "Room"].map(|kind| kind.parse().expect("a kind is an identifier"));
    let actions = ["read", "write"].map(|action| id("Action", action));
    Cedar { from_names: false, kinds, actions, authorizer: Authorizer::new(), policies, entities }
}

impl Cedar {
    fn request(&self, user: &str, room: &str, level: u8) -> Request {
        let [of_user, of_room] = self.kinds.each_ref().map(Clone::clone);
        let user = EntityUid::from_type_name_and_id(of_user, EntityId::new(user));
        let room = EntityUid::from_type_name_and_id(of_room, EntityId::new(room));
        let action = self.actions[usize::from(level == WRITE)].clone();
        Request::new(user, action, room, Context::empty(), None).expect("nothing is validated")
    }

    fn allows(&self, request: &Request) -> bool {
        self.authorizer.is_authorized(request, &self.policies, &self.entities).decision() == Decision::Allow
    }
}

impl Engine for Cedar {
    fn question<'a>(&'a self, question: &Named<'_>) -> Box<dyn Fn() -> bool + 'a> {
        if self.from_names {
            let (user, room, level) = (question.user.to_string(), question.room.to_string(), question.level);
            return Box::new(move || self.allows(&self.request(&user, &room, level)));
        }
        let request = self.request(question.user, question.room, question.level);
        Box::new(move || self.allows(&request))
    }
}
