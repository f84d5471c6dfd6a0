//! Loading: time and memory, each engine in a process of its own.

use std::io::{Error, Result};
use std::process::Command;

use roomkey::Table;

use super::asker;
use super::peers::Peer;
use super::process::{memory, timed};
use super::world::{Uses, World};

const ROOMS: usize = 100_000;
const FILE: &str = "rooms.rkb";
const FROM_TEXT: &str = "Roomkey, from text to a file";
const MAPPED: &str = "Roomkey, that file mapped and verified";

pub fn print(peers: &[Peer]) -> Result<()> {
    println!("\n## Loading\n\n| | rooms | seconds | of processors | memory, MB | at the most, MB |\n|---|---|---|---|---|---|");
    let folder = tempfile::tempdir()?;
    let own = [FROM_TEXT, MAPPED].map(|name| (name, ROOMS));
    for (name, rooms) in own.into_iter().chain(peers.iter().map(|p| (p.name, p.most_rooms.min(ROOMS)))) {
        let mut child = Command::new(std::env::current_exe()?);
        let output = child.args(["--load", name, &rooms.to_string()]).current_dir(folder.path()).output()?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The process of one engine: its name and a number of rooms are the arguments, and the current folder is for its files.
pub fn child(peers: &[Peer], arguments: &[String]) -> Result<()> {
    let [name, rooms] = arguments else { return Err(Error::other("`--load` takes an engine and a number of rooms")) };
    let world = World::new(rooms.parse().map_err(Error::other)?, Uses::default());
    let peer = peers.iter().find(|p| p.name == name);
    let (before, _) = memory();
    let (loaded, took) = timed(|| match peer {
        Some(peer) => Ok((Some((peer.load)(&world)), None)),
        None if name == FROM_TEXT => std::fs::write(FILE, asker::policy(&world).table().bytes()).map(|()| (None, None)),
        None => Table::open_verified(FILE).map(|table| (None, Some(table))).map_err(Error::other),
    });
    let (after, most) = memory();
    drop(loaded?);
    let (kept, most) = (after.saturating_sub(before) as f64 / 1e3, most.saturating_sub(before) as f64 / 1e3);
    let kept = if name == FROM_TEXT { "–".to_string() } else { format!("{kept:.0}") };
    println!("| {name} | {rooms} | {:.3} | {:.3} | {kept} | {most:.0} |", took.clock, took.processor);
    Ok(())
}
