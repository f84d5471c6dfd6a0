//! casbin with groups as roles, and the cheap comparisons first.

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

use super::suite::peers::Engine;
use super::suite::questions::Named;
use super::suite::world::{WRITE, Who, World};
use super::{EVERYONE, rooms, users};

const MODEL: &str = r#"
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && (r.act == p.act || p.act == "write") && g(r.sub, p.sub)
"#;

struct Casbin(Enforcer);

fn act(level: u8) -> String {
    if level == WRITE { "write".into() } else { "read".into() }
}

async fn enforcer(world: &World) -> casbin::Result<Enforcer> {
    let model = DefaultModel::from_str(MODEL).await?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    let policies = rooms(world).flat_map(|(room, entries)| {
        entries.map(|(who, level)| {
            let who = match who {
                Who::Everyone => EVERYONE.to_string(),
                Who::Group(group) => world.groups[group as usize].clone(),
                Who::User(user) => world.users[user as usize].clone(),
            };
            vec![who, room.name.clone(), act(level)]
        })
    });
    enforcer.add_policies(policies.collect()).await?;
    let groups = users(world).flat_map(|(user, groups)| groups.map(|g| vec![user.to_string(), g.to_string()]));
    enforcer.add_grouping_policies(groups.collect()).await?;
    Ok(enforcer)
}

pub fn load(world: &World) -> Box<dyn Engine> {
    Box::new(Casbin(pollster::block_on(enforcer(world)).expect("the model and its rows are sound")))
}

impl Engine for Casbin {
    fn question<'a>(&'a self, question: &Named<'_>) -> Box<dyn Fn() -> bool + 'a> {
        let (user, room, act) = (question.user.to_string(), question.room.to_string(), act(question.level));
        Box::new(move || self.0.enforce((&*user, &*room, &*act)).expect("the model fits the question"))
    }
}
