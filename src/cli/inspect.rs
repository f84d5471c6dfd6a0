//! `roomkey inspect`: what a table holds.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answers::{open, trouble};
use super::build::FACTS;
use super::{Exit, Globals, Outcome, output};
use crate::Table;
use crate::report::count;

/// What `inspect` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The compiled table
    #[arg(value_name = "FILE.rkb")]
    file: PathBuf,
    /// Compare all of it with its checksums
    #[arg(long)]
    verify: bool,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  roomkey inspect acme.rkb                             counts, sizes, digests
  roomkey inspect acme.rkb --verify                    every block against its checksum
  roomkey inspect acme.rkb --format json | jq .sections

The exit code is 2 for a file that is no table, or a damaged one.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON object
    Json,
}

#[derive(Serialize)]
struct Holds {
    format: String,
    writer: String,
    sources: String,
    bytes: usize,
    verified: bool,
    counts: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_end: Option<String>,
    kinds: Vec<String>,
    files: Vec<String>,
    sections: Map<String, Value>,
    facts: u32,
    bytes_per_fact: f64,
}

/// Prints the account of a table.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let table = open(&args.file)?;
    if args.verify {
        table.verify().map_err(|damage| trouble(&args.file, &damage.into()))?;
    }
    if globals.quiet {
        return Ok(Exit::Fine);
    }
    let holds = holds(&table, args.verify);
    let mut out = BufWriter::new(super::stdout());
    let written = match args.format {
        Format::Text => text(&mut out, &holds),
        Format::Json => serde_json::to_writer(&mut out, &holds).map_err(io::Error::from).and_then(|()| writeln!(out)),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    Ok(Exit::Fine)
}

fn holds(table: &Table, verified: bool) -> Holds {
    let (major, minor) = table.format();
    let facts = table.counts().filter(|(name, _)| FACTS.contains(name)).map(|(_, n)| n).sum();
    let ends = table.ends();
    let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect();
    Holds {
        format: format!("{major}.{minor}"),
        writer: table.writer(),
        sources: hex(table.source_digest()),
        bytes: table.bytes().len(),
        verified,
        counts: table.counts().map(|(name, n)| (name.replace(' ', "_"), n.into())).collect(),
        first_end: ends.map(|(first, _)| first.to_string()),
        last_end: ends.map(|(_, last)| last.to_string()),
        kinds: table.kinds().iter().map(|k| k.name.to_string()).collect(),
        files: table.files().map(String::from).collect(),
        sections: table.sizes().iter().map(|s| (s.name.replace(' ', "_"), s.bytes.into())).collect(),
        facts,
        bytes_per_fact: if facts == 0 { 0.0 } else { (table.bytes().len() as f64 / f64::from(facts) * 10.0).round() / 10.0 },
    }
}

fn text(out: &mut impl Write, holds: &Holds) -> io::Result<()> {
    let verified = if holds.verified { ", every block as its checksum says" } else { "" };
    writeln!(out, "table      format {}, written by {}{verified}", holds.format, holds.writer)?;
    writeln!(out, "sources    blake3:{}", holds.sources)?;
    if let (Some(first), Some(last)) = (&holds.first_end, &holds.last_end) {
        writeln!(out, "ends       from {first} to {last}")?;
    }
    writeln!(out, "kinds      {}", holds.kinds.join(", "))?;
    writeln!(out, "holds")?;
    for (name, count) in &holds.counts {
        writeln!(out, "  {:<28}{:>14}", name.replace('_', " "), count.to_string())?;
    }
    writeln!(out, "bytes")?;
    for (name, bytes) in &holds.sections {
        writeln!(out, "  {:<28}{:>14}", name.replace('_', " "), bytes.to_string())?;
    }
    writeln!(out, "  {:<28}{:>14}", "all", holds.bytes)?;
    writeln!(out, "{}, {} bytes each", count(holds.facts as usize, "fact"), holds.bytes_per_fact)
}
