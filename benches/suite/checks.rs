//! One check in the plain world: bare structures, Roomkey and its peers, in the same rounds.

use rustc_hash::FxBuildHasher;

use super::asker::{self, Asker, Brief};
use super::bare::{Directory, Lines, Map};
use super::peers::{Engine, Peer};
use super::questions::{self, QUESTIONS, Question};
use super::rounds::{Contestant, Timing, race};
use super::world::{Uses, World};

pub const MAP: &str = "`FxHashMap<(u32, u32), u8>`, loop over groups";
pub const SLOW_MAP: &str = "the same with the hash of `std`";
pub const LINES: &str = "two cache lines, one for the room and one for the user";
pub const NAMED_MAP: &str = "`FxHashMap` and two name lookups";
const ROUNDS: usize = 9;

/// Times every contestant at a number of rooms.
pub fn measure(rooms: usize, peers: &[Peer]) -> Vec<Timing> {
    let world = World::new(rooms, Uses::default());
    let asked = questions::questions(&world, QUESTIONS);
    let arena = questions::arena(&world, &asked);
    let named = questions::named(&world, &asked, &arena);
    let right: Vec<bool> = asked.iter().map(|q| q.allow).collect();

    let (map, slow) = (Map::<FxBuildHasher>::new(&world), Map::<std::hash::RandomState>::new(&world));
    let (lines, directory) = (Lines::new(&world), Directory::new(&world));
    let policy = asker::policy(&world);
    let asker = Asker::new(policy.table(), &world);
    let asks = asker.asks(&world, &asked);
    let (checks, named_checks) = (asker.checks(&asks), asker.named_checks(&named));
    let briefs: Vec<Brief> = asks.iter().filter_map(Brief::new).collect();
    let signed: Vec<(u32, Brief)> = asked.iter().map(|q| q.user).zip(briefs.iter().copied()).collect();
    let engines: Vec<(&Peer, Box<dyn Engine>)> =
        peers.iter().filter(|p| rooms <= p.most_rooms).map(|p| (p, (p.load)(&world))).collect();
    let prepared: Vec<Vec<_>> =
        engines.iter().map(|(p, e)| named[..p.questions].iter().map(|q| e.question(q)).collect()).collect();

    let by_name = |q: &questions::Named<'_>| match (directory.user(q.user), directory.room(q.room)) {
        (Some(user), Some(room)) => map.allows(user, room, q.level),
        _ => false,
    };
    let mut contestants = vec![
        Contestant::new(MAP, &asked, &right, |q: &Question| map.allows(q.user, q.room, q.level)),
        Contestant::new(asker::BY_ID, &briefs, &right, |q: &Brief| asker.by_id(&q.ask())),
        Contestant::new(asker::SIGNED_IN, &signed, &right, |(user, q)| asker.signed_in(*user, &q.ask())),
        Contestant::new(LINES, &asked, &right, |q: &Question| lines.allows(q.user, q.room, q.level)),
        Contestant::new(SLOW_MAP, &asked, &right, |q: &Question| slow.allows(q.user, q.room, q.level)),
        Contestant::new(NAMED_MAP, &named, &right, by_name),
        Contestant::new(asker::BY_NAME, &named, &right, |q| asker.by_name(q)),
        Contestant::many(asker::MANY_BY_ID, &checks, &right, |checks, answers| asker.many(checks, answers)),
        Contestant::many(asker::MANY_BY_NAME, &named_checks, &right, |checks, answers| asker.many_named(checks, answers)),
    ];
    for ((peer, _), prepared) in engines.iter().zip(&prepared) {
        contestants.push(Contestant::new(peer.name, prepared, &right, |q| q()));
    }
    race(&contestants, ROUNDS)
}
