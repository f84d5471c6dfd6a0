//! `roomkey import`: `.rk` files from another system's data.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::policy::{self, Fault};
use super::progress::Progress;
use super::write::{refuse, write_file};
use super::{Exit, Failure, Globals, Outcome, Trouble, output};
use crate::exchange::{self, Format, Imported, Input};
use crate::report::{count, plain};

/// What `import` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The other system
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(Format::ALL.map(Format::name)))]
    format: String,
    /// Files, or folders searched for the files of the format
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder to write into; without it everything goes to stdout
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long, requires = "output")]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  roomkey import peribolos org/config -o policies        GitHub organizations
  roomkey import rust-team team -o policies              teams and repositories of rust-lang/team
  roomkey import liveblocks rooms.json                   rooms, to stdout

What the source says and a policy cannot is noted on stderr.";

/// Reads, converts, and writes all files or none.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let format = Format::named(&args.format).ok_or_else(|| Trouble::new("no such format"))?;
    let progress = Progress::spin(globals, "importing");
    let inputs = read(format, &args.paths)?;
    let imported = exchange::import(format, &inputs)?;
    drop(progress);
    match &args.output {
        Some(folder) => write_files(folder, &imported, args.force)?,
        None => write_stdout(&imported).map_err(output)?,
    }
    let mut err = BufWriter::new(io::stderr().lock());
    if !globals.quiet {
        for note in &imported.notes {
            let _ = writeln!(err, "note: {}", plain(&note.to_string()));
        }
        let (files, notes) = (count(imported.files.len(), "file"), count(imported.notes.len(), "note"));
        let _ = writeln!(err, "{files} from {}, {notes}", count(inputs.len(), "input"));
    }
    let _ = err.flush();
    Ok(Exit::Fine)
}

fn read(format: Format, paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut faults = Vec::new();
    let mut found = BTreeSet::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => search(format, path, &mut found, &mut faults),
            Ok(_) => drop(found.insert(path.clone())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => faults.push(Fault::Gone(policy::name(path))),
            Err(e) => faults.push(Fault::Unreadable(policy::name(path), policy::reason(&e))),
        }
    }
    let mut inputs = Vec::with_capacity(found.len());
    for path in found {
        match policy::read_text(&path) {
            Ok(text) => inputs.push(Input { path: PathBuf::from(policy::name(&path)), text }),
            Err(fault) => faults.push(fault),
        }
    }
    match (faults.is_empty(), inputs.is_empty()) {
        (false, _) => Err(Failure::Faults(faults)),
        (true, true) => {
            let message = format!("no file of the format `{}` in the folders given", format.name());
            Err(Trouble::new(message).help("name the files themselves to read them whatever they are called").into())
        }
        (true, false) => Ok(inputs),
    }
}

fn search(format: Format, folder: &Path, found: &mut BTreeSet<PathBuf>, faults: &mut Vec<Fault>) {
    for entry in WalkBuilder::new(folder).standard_filters(false).hidden(false).follow_links(true).build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|t| t.is_dir()) => {}
            Ok(entry) if format.wants(entry.path()) => drop(found.insert(entry.into_path())),
            Ok(_) => {}
            Err(e) => faults.push(Fault::Unreadable(policy::name(folder), e.to_string())),
        }
    }
}

fn write_stdout(imported: &Imported) -> io::Result<()> {
    let mut out = BufWriter::new(super::stdout());
    for (at, file) in imported.files.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        writeln!(out, "{gap}// {}", file.name)?;
        out.write_all(file.text.as_bytes())?;
    }
    out.flush()
}

/// Nothing is written before it is known that all of it may be.
fn write_files(folder: &Path, imported: &Imported, force: bool) -> Result<(), Failure> {
    let files: Vec<(PathBuf, &str)> = imported.files.iter().map(|f| (folder.join(&f.name), f.text.as_str())).collect();
    let paths: Vec<&Path> = files.iter().map(|(p, _)| p.as_path()).collect();
    if !force {
        refuse(&paths, "type `--force` to write over them, or give another folder with `-o`")?;
    }
    files.iter().try_for_each(|(path, text)| write_file(path, text.as_bytes(), force))
}
