//! How large a table is, and how long it takes to open.

use roomkey::{Policy, Table};

use super::asker;
use super::process::timed;
use super::rounds::median;
use super::world::{Uses, World};

/// The sections of the table of a world, and its bytes a fact.
fn print_size(world: &World, policy: &Policy) {
    let (table, facts) = (policy.table(), world.statements());
    let (all, names) = (table.bytes().len(), world.names());
    let a_fact = |bytes: usize| bytes as f64 / facts as f64;
    println!("\n## Size at {} rooms, {facts} accesses and memberships\n", world.rooms.len());
    println!("| part | bytes | a fact |\n|---|---|---|");
    for size in table.sizes() {
        println!("| {} | {} | {:.2} |", size.name, size.bytes, a_fact(size.bytes));
    }
    println!("| the file | {all} | {:.2} |", a_fact(all));
    println!("| the file without the names' text | {} | **{:.2}** |", all - names, a_fact(all - names));
    let with_rooms = facts + world.rooms.len();
    println!("| the same, rooms counted as facts | {} | {:.2} |", all - names, (all - names) as f64 / with_rooms as f64);
}

/// Opening a mapped file, and opening with a first check.
fn print_opening(policies: &[(usize, Policy)]) -> std::io::Result<()> {
    println!("\n## Opening a mapped file\n\n| rooms | bytes | open, µs | open and first check by name, µs |\n|---|---|---|---|");
    for (rooms, policy) in policies {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), policy.table().bytes())?;
        let open = || Table::open(file.path()).expect("the file was just written");
        let check = || {
            let table = open();
            let room = table.kind("room").expect("the vocabulary has rooms");
            let (user, room) = (table.user("u7@example.com"), table.resource(room, "lobby"));
            assert!(user.is_ok_and(|u| u.is_some()) && room.is_ok_and(|r| r.is_none()));
        };
        let opening = median((0..101).map(|_| timed(|| drop(open())).1.clock * 1e6));
        let checking = median((0..101).map(|_| timed(check).1.clock * 1e6));
        println!("| {rooms} | {} | {opening:.1} | {checking:.1} |", policy.table().bytes().len());
    }
    Ok(())
}

/// The tables that are measured: one for each number of rooms.
pub fn print(rooms: &[usize]) -> std::io::Result<()> {
    let worlds: Vec<World> = rooms.iter().map(|r| World::new(*r, Uses::default())).collect();
    let policies: Vec<(usize, Policy)> = rooms.iter().copied().zip(worlds.iter().map(asker::policy)).collect();
    for ((_, policy), world) in policies.iter().zip(&worlds).filter(|(_, w)| w.rooms.len() >= 100_000) {
        print_size(world, policy);
    }
    print_opening(&policies)
}
