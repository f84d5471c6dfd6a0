//! `roomkey completions`: a completion script for a shell.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Exit, Outcome, output};

/// What `completions` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  roomkey completions bash > ~/.local/share/bash-completion/completions/roomkey
  roomkey completions zsh > \"${fpath[1]}/_roomkey\"
  roomkey completions fish > ~/.config/fish/completions/roomkey.fish";

/// Prints the script.
pub fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "roomkey", &mut script);
    super::stdout().write_all(&script).map_err(output)?;
    Ok(Exit::Fine)
}
