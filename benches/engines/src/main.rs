//! Roomkey, bare structures and other engines, measured in one run.

mod casbin;
mod cedar;
mod regorus;
mod zanzibar;

#[path = "../../suite/mod.rs"]
mod suite;

use suite::peers::Peer;
use suite::world::{Place, READ, Who, World};

fn main() -> std::io::Result<()> {
    suite::run(&[
        Peer { name: "cedar-policy, from names", most_rooms: 100_000, questions: 1 << 14, load: cedar::from_names },
        Peer { name: "cedar-policy, requests made before", most_rooms: 100_000, questions: 1 << 14, load: cedar::made_before },
        Peer { name: "regorus", most_rooms: 100_000, questions: 1 << 14, load: regorus::load },
        Peer { name: "simple-zanzibar", most_rooms: 100_000, questions: 1 << 14, load: zanzibar::load },
        Peer { name: "casbin", most_rooms: 1_000, questions: 1 << 6, load: casbin::load },
    ])
}

/// Everyone is a group in engines that know no everyone.
const EVERYONE: &str = "everyone";

/// The rooms, each with who can do what there; entries that give nothing are left out.
fn rooms(world: &World) -> impl Iterator<Item = (&Place, impl Iterator<Item = (Who, u8)>)> {
    let places = world.rooms.iter().map(|place| &world.places[*place as usize]);
    places.map(|p| (p, p.can.iter().filter(|e| e.level >= READ).map(|e| (e.who, e.level))))
}

/// A user with the groups that it is in, everyone among them.
fn users(world: &World) -> impl Iterator<Item = (&str, impl Iterator<Item = &str> + Clone)> {
    let groups = |all: &'_ [(u32, i64)]| all.iter().map(|(g, _)| *g).collect::<Vec<_>>().into_iter();
    world.users.iter().zip(&world.joined).map(move |(user, joined)| {
        let named = groups(joined).map(|g| &*world.groups[g as usize]);
        (&**user, named.chain(std::iter::once(EVERYONE)))
    })
}
