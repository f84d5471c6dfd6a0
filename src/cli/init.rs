//! `roomkey init`: a manifest, a small policy with its test, and a CI example.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::write::{refuse, write_file};
use super::{Exit, Globals, Outcome, output, policy};
use crate::report::plain;

/// What `init` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder to start in; made if it is not there
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  roomkey init              in this folder
  roomkey init access       in the folder `access`

Writes roomkey.toml, policies/main.rk, policies/decisions.csv and .github/workflows/policy.yml. \
A file that is there already is never written over.";

const FILES: [(&str, &str); 4] = [
    ("roomkey.toml", include_str!("init/roomkey.toml")),
    ("policies/main.rk", include_str!("init/main.rk")),
    ("policies/decisions.csv", include_str!("init/decisions.csv")),
    (".github/workflows/policy.yml", include_str!("init/policy.yml")),
];

/// Writes the files and says what to type next.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let folder = &args.folder;
    let paths: Vec<PathBuf> = FILES.iter().map(|(name, _)| folder.join(name)).collect();
    let shown: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    refuse(&shown, "start in another folder, `roomkey init DIR`, or move away what is there")?;
    for (path, (_, text)) in paths.iter().zip(FILES) {
        write_file(path, text.as_bytes(), false)?;
    }
    if globals.quiet {
        return Ok(Exit::Fine);
    }
    let mut said: String = shown.iter().map(|p| format!("wrote {}\n", plain(&policy::name(p)))).collect();
    let (at, rows) = match policy::name(folder).as_str() {
        "." => (String::new(), "policies/decisions.csv".to_owned()),
        name => (format!(" -p {}", quoted(name)), quoted(&format!("{name}/policies/decisions.csv"))),
    };
    said += &format!("\nNow type:\n  roomkey lint{at}\n  roomkey test{at}\n  roomkey check{at} --batch {rows} --expect\n");
    super::stdout().write_all(said.as_bytes()).map_err(output)?;
    Ok(Exit::Fine)
}

/// A path as a shell takes it.
pub fn quoted(path: &str) -> String {
    let bare = !path.starts_with('~') && path.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@^~".contains(c));
    if bare { path.to_owned() } else { format!("'{}'", plain(path).replace('\'', r"'\''")) }
}
