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
    let script = named(args.shell, String::from_utf8_lossy(&script).into_owned());
    super::stdout().write_all(script.as_bytes()).map_err(output)?;
    Ok(Exit::Fine)
}

/// Adds the names of rules behind `roomkey rule` for the shells whose scripts offer no values of an argument without a name, and to
/// that of bash that no blank follows `FORMAT=`.
fn named(shell: Shell, mut script: String) -> String {
    let quoted = |text: &str| text.replace('\'', "''");
    let each = |line: &dyn Fn(&str, &str) -> String| RULES.iter().map(|rule| line(rule.name, rule.about)).collect::<String>();
    let inside = |script: &str, head: &str, lines: &str| script.replacen(head, &format!("{head}{lines}"), 1);
    match shell {
        Shell::Fish => {
            script += &each(&|name, about| {
                let about = about.replace('\\', "\\\\").replace('\'', "\\'");
                format!("complete -c roomkey -n \"__fish_roomkey_using_subcommand rule\" -f -a \"{name}\" -d '{about}'\n")
            });
            script
        }
        Shell::Elvish => {
            let lines = each(&|name, about| format!("\n            cand {name} '{}'", quoted(about)));
            inside(&script, "&'roomkey;rule'= {", &lines)
        }
        Shell::PowerShell => {
            let lines = each(&|name, about| {
                let about = quoted(about);
                format!(
                    "\n            [CompletionResult]::new('{name}', '{name}', [CompletionResultType]::ParameterValue, '{about}')"
                )
            });
            inside(&script, "'roomkey;rule' {", &lines)
        }
        // Behind `=` stands a file, and no blank.
        Shell::Bash => {
            const DONE: &str = "=\" -- \"${cur}\"))\n";
            script.replace(DONE, &format!("{DONE}                    compopt -o nospace 2> /dev/null\n"))
        }
        _ => script,
    }
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
