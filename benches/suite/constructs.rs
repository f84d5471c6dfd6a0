//! Each construct of the language alone, and all together, against the plain world.

use super::asker::{self, Asker};
use super::questions::{self, QUESTIONS};
use super::rounds::{Contestant, race};
use super::world::{Uses, World};

const ROOMS: usize = 10_000;
const ROUNDS: usize = 9;

/// The plain world first.
fn worlds() -> Vec<(&'static str, Uses)> {
    let plain = Uses::default();
    let all = Uses { nested: true, deep: true, patterns: true, roles: true, prohibitions: true, expiry: true, ..plain };
    vec![
        ("plain", plain),
        ("groups nested five deep", Uses { nested: true, ..plain }),
        ("ten folders deep", Uses { deep: true, ..plain }),
        ("ten matching patterns", Uses { patterns: true, ..plain }),
        ("the same, undeclared rooms", Uses { patterns: true, undeclared: true, ..plain }),
        ("twenty roles by groups", Uses { roles: true, ..plain }),
        ("prohibitions", Uses { prohibitions: true, ..plain }),
        ("ends of entries and memberships", Uses { expiry: true, ..plain }),
        ("closed organizations", Uses { closed: true, ..plain }),
        ("all together", Uses { closed: true, ..all }),
    ]
}

/// The plain world, and those whose names have some words.
pub fn print(words: &str) {
    let (first, behind) = (worlds().into_iter().take(1), worlds().into_iter().skip(1).filter(|(name, _)| name.contains(words)));
    let (names, uses): (Vec<&str>, Vec<Uses>) = first.chain(behind).unzip();
    let worlds: Vec<World> = uses.into_iter().map(|uses| World::new(ROOMS, uses)).collect();
    let policies: Vec<_> = worlds.iter().map(asker::policy).collect();
    let asked: Vec<_> = worlds.iter().map(|w| questions::questions(w, QUESTIONS)).collect();
    let right: Vec<Vec<bool>> = asked.iter().map(|a| a.iter().map(|q| q.allow).collect()).collect();
    let arenas: Vec<_> = worlds.iter().zip(&asked).map(|(w, a)| questions::arena(w, a)).collect();
    let named: Vec<_> = (0..worlds.len()).map(|i| questions::named(&worlds[i], &asked[i], &arenas[i])).collect();
    let askers: Vec<_> = worlds.iter().zip(&policies).map(|(w, p)| Asker::new(p.table(), w)).collect();
    let asks: Vec<_> = (0..worlds.len()).map(|i| askers[i].asks(&worlds[i], &asked[i])).collect();

    let mut contestants = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let asker = &askers[i];
        contestants.push(Contestant::new(name, &asks[i], &right[i], |q| asker.by_id(q)));
        contestants.push(Contestant::new(name, &named[i], &right[i], |q| asker.by_name(q)));
    }
    let timings = race(&contestants, ROUNDS);
    println!("\n## Constructs at 10,000 rooms, one check by Roomkey\n");
    println!("| world | by id, ns | to plain | by name, ns | to plain |\n|---|---|---|---|---|");
    for pair in timings.chunks(2) {
        let (id, name) = (&pair[0], &pair[1]);
        let (over, over_name) = (id.over(&timings[0]), name.over(&timings[1]));
        println!("| {} | {:.1} | {over:.2} | {:.1} | {over_name:.2} |", id.name, id.nanoseconds(), name.nanoseconds());
    }
}
