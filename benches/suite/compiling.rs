//! From files to a table: time and memory, each in a process of its own.

use std::fs::write;
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;

use roomkey::{FileId, Policy, syntax};

use super::data::files;
use super::process::{memory, timed};
use super::text::{pieces, text};
use super::world::{Uses, World};

/// In as many files is a policy of statements.
const FILES: usize = 8;

/// For each number of facts: a tenth of them are rooms, three tenths memberships, the rest accesses.
pub fn print(facts: &[usize]) -> Result<()> {
    println!("\n## Compiling\n");
    println!("| from | facts | MB | seconds | of processors | µs a fact | memory at the most, MB | table, bytes a fact |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut speed = 0.0;
    for facts in facts {
        let world = World::of(facts / 10, facts / 10, Uses::default());
        let text = text(&world);
        let pieces = pieces(&text, FILES);
        let (_, parsing) = timed(|| syntax::parse(FileId(0), pieces[0]).statements.len());
        speed = pieces[0].len() as f64 / 1e6 / parsing.processor;
        let folder = tempfile::tempdir()?;
        for (i, piece) in pieces.iter().enumerate() {
            write(folder.path().join(format!("{i}.rk")), piece)?;
        }
        print_row("statements", *facts, text.len(), folder.path())?;
        let (files, folder) = (files(&world), tempfile::tempdir()?);
        for (name, text) in &files {
            write(folder.path().join(name), text)?;
        }
        print_row("CSV", *facts, files.iter().map(|(_, text)| text.len()).sum(), folder.path())?;
    }
    println!("\nThe parser of statements alone reads {speed:.0} MB/s on one core.");
    Ok(())
}

fn print_row(form: &str, facts: usize, bytes: usize, folder: &Path) -> Result<()> {
    let output = Command::new(std::env::current_exe()?).arg("--compile").arg(folder).output()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let [clock, processor, memory, table] = numbers[..] else { return Err(Error::other("a policy was not compiled")) };
    let (a_fact, table, bytes) = (clock * 1e6 / facts as f64, table / facts as f64, bytes as f64 / 1e6);
    println!("| {form} | {facts} | {bytes:.1} | {clock:.2} | {processor:.2} | {a_fact:.2} | {memory:.0} | {table:.1} |");
    Ok(())
}

/// The process of one policy: prints seconds, seconds of processors, megabytes of memory and bytes of the table.
pub fn child(folder: &str) -> Result<()> {
    let (policy, took) = timed(|| Policy::load(folder));
    let table = policy.map_err(Error::other)?.table().bytes().len();
    println!("{} {} {} {table}", took.clock, took.processor, memory().1 as f64 / 1e3);
    Ok(())
}
