//! The measurements: checks, constructs, sizes. Every answer is right before anything is timed.

mod asker;
mod bare;
mod chance;
mod checks;
mod compiling;
mod constructs;
mod data;
mod judge;
mod load;
pub mod peers;
mod process;
pub mod questions;
mod rounds;
mod sizes;
mod text;
pub mod world;

use peers::Peer;
use rounds::Timing;

/// Measures and prints everything. `--large` adds a million rooms and ten million facts; `--constructs` leaves all but the
/// constructs out, and words behind it those whose names do not have them.
///
/// # Errors
/// A file that cannot be written, or a process that cannot be started.
pub fn run(peers: &[Peer]) -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "--load") {
        return load::child(peers, &arguments[at + 1..]);
    }
    if let Some(at) = arguments.iter().position(|a| a == "--compile") {
        return compiling::child(arguments.get(at + 1).map_or("", |folder| folder));
    }
    if let Some(at) = arguments.iter().position(|a| a == "--constructs") {
        constructs::print(arguments.get(at + 1).map_or("", |words| words));
        return Ok(());
    }
    let large = arguments.iter().any(|a| a == "--large");
    let (mut rooms, mut facts) = (vec![1_000, 10_000, 100_000], vec![10_000, 100_000, 1_000_000]);
    if large {
        rooms.push(1_000_000);
        facts.push(10_000_000);
    }
    let results: Vec<(usize, Vec<Timing>)> = rooms.iter().map(|r| (*r, checks::measure(*r, peers))).collect();
    println!("## One check by id\n");
    print(&results, &[checks::MAP, checks::SLOW_MAP, checks::LINES, asker::BY_ID, asker::SIGNED_IN], checks::MAP);
    println!("\n## One check by name\n");
    print(&results, &[checks::NAMED_MAP, asker::BY_NAME], checks::NAMED_MAP);
    println!("\n## Many checks at once, to one at a time\n");
    print(&results, &[asker::BY_ID, asker::MANY_BY_ID], asker::BY_ID);
    println!();
    print(&results, &[asker::BY_NAME, asker::MANY_BY_NAME], asker::BY_NAME);
    if !peers.is_empty() {
        print_peers(&results, peers);
    }
    load::print(peers)?;
    constructs::print("");
    sizes::print(&rooms)?;
    compiling::print(&facts)
}

fn find<'a>(timings: &'a [Timing], name: &str) -> Option<&'a Timing> {
    timings.iter().find(|t| t.name == name)
}

/// A line for each contestant: nanoseconds, and the ratio to another.
fn print(results: &[(usize, Vec<Timing>)], names: &[&str], to: &str) {
    let sizes: String = results.iter().map(|(rooms, _)| format!(" {rooms} rooms, ns | ratio |")).collect();
    println!("| |{sizes}\n|---|{}", "---|---|".repeat(results.len()));
    for name in names {
        print!("| {name} |");
        for (_, timings) in results {
            match (find(timings, name), find(timings, to)) {
                (Some(own), Some(other)) => print!(" {:.1} | {:.2} |", own.nanoseconds(), own.over(other)),
                _ => print!(" – | – |"),
            }
        }
        println!();
    }
}

/// Each peer's microseconds, and how many times as long as Roomkey it takes.
fn print_peers(results: &[(usize, Vec<Timing>)], peers: &[Peer]) {
    println!("\n## Peers, one check by name\n");
    let sizes: String = results.iter().map(|(r, _)| format!(" {r} rooms, µs | to Roomkey by name | by id |")).collect();
    println!("| |{sizes}\n|---|{}", "---|---|---|".repeat(results.len()));
    for peer in peers {
        print!("| {} |", peer.name);
        for (_, timings) in results {
            let all = (find(timings, peer.name), find(timings, asker::BY_NAME), find(timings, asker::BY_ID));
            let (Some(own), Some(by_name), Some(by_id)) = all else {
                print!(" – | – | – |");
                continue;
            };
            print!(" {:.2} | {:.0} | {:.0} |", own.nanoseconds() / 1e3, own.over(by_name), own.over(by_id));
        }
        println!();
    }
}
