//! `roomkey man`: the manual pages.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::write::write_file;
use super::{Cli, Exit, Failure, Globals, Outcome, Trouble, output, policy};
use crate::report::{count, plain};

/// What `man` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder to write one page for each command into; without it the page of `roomkey` goes to stdout
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey man | man -l -                               read the page
  roomkey man -o ~/.local/share/man/man1               then `man roomkey-check` works

Pages that are there already are written over.";

/// Prints the page of the whole, or writes all pages.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    match &args.output {
        None => super::stdout().write_all(&page(&whole)?.1).map_err(output)?,
        Some(folder) => {
            let commands = nested(&whole);
            commands.iter().try_for_each(|command| write(folder, command))?;
            globals.summary(&format!("{} in {}", count(commands.len(), "page"), plain(&policy::name(folder))));
        }
    }
    Ok(Exit::Fine)
}

/// A command with all that are in it.
fn nested(command: &Command) -> Vec<&Command> {
    let inner = command.get_subcommands().filter(|c| c.get_name() != "help");
    std::iter::once(command).chain(inner.flat_map(nested)).collect()
}

fn write(folder: &Path, command: &Command) -> Result<(), Failure> {
    let (name, text) = page(command)?;
    write_file(&folder.join(name), &text, true)
}

/// The name and the text of the page of a command.
fn page(command: &Command) -> Result<(String, Vec<u8>), Failure> {
    // An empty date would be left out, and the source would slip into its place.
    let source = concat!("roomkey ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).date(" ").source(source).manual("Roomkey");
    let mut text = Vec::new();
    render(&man, command, &mut text).map_err(|e| Trouble::new(format!("cannot make the page: {e}")))?;
    Ok((man.get_filename(), text))
}

fn render(man: &Man, command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(text)?;
    }
    notes(command).to_writer(text)
}

/// What stands below the options of `--help`: a paragraph with a title becomes a section that keeps its lines.
fn notes(command: &Command) -> Roff {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = Roff::new();
    for paragraph in text.split("\n\n") {
        let (title, lines, fill) = match paragraph.split_once(":\n") {
            Some((title, lines)) => (title.to_uppercase(), lines, false),
            None => ("NOTES".to_owned(), paragraph, true),
        };
        roff.control("SH", [title.as_str()]).control(if fill { "fi" } else { "nf" }, []);
        for line in lines.lines() {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    roff.control("fi", []);
    roff
}
