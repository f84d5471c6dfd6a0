//! `roomkey completions`: a completion script for a shell.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, Outcome, output};
use crate::finding::RULES;

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
    clap_complete::generate(args.shell, &mut command(), "roomkey", &mut script);
    super::stdout().write_all(&script).map_err(output)?;
    Ok(Exit::Fine)
}

/// The command line with the words that an argument takes, which the commands read in their own way.
fn command() -> Command {
    let rules = PossibleValuesParser::new(RULES.iter().map(|rule| rule.name));
    let written = PossibleValuesParser::new(["full=", "concise=", "json=", "sarif=", "github=", "gitlab=", "junit=", "rdjson="]);
    let tried = PossibleValuesParser::new(["text=", "json=", "junit=", "lcov="]);
    Cli::command()
        .mut_subcommand("rule", |c| c.mut_arg("name", |a| a.value_parser(rules)))
        .mut_subcommand("lint", |c| c.mut_arg("output", |a| a.value_parser(written)))
        .mut_subcommand("test", |c| c.mut_arg("output", |a| a.value_parser(tried)))
}
