//! `roomkey man`: the manual pages.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

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
    synopsis(command).to_writer(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(text)?;
    }
    notes(command).to_writer(text)
}

/// How the command is typed: each option with its value, and what may be given again.
fn synopsis(command: &Command) -> Roff {
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let shown = || command.get_arguments().filter(|arg| !arg.is_hide_set());
    let (must, may): (Vec<&Arg>, Vec<&Arg>) = shown().filter(|arg| !arg.is_positional()).partition(|arg| arg.is_required_set());
    for arg in may.into_iter().chain(must).chain(command.get_positionals().filter(|arg| !arg.is_hide_set())) {
        let (open, close) = if arg.is_required_set() { ("<", ">") } else { ("[", "]") };
        line.extend([roman(" "), roman(open)]);
        let short = arg.get_short().map(|short| format!("-{short}"));
        let names: Vec<String> = short.into_iter().chain(arg.get_long().map(|long| format!("--{long}"))).collect();
        for (index, name) in names.iter().enumerate() {
            line.extend((index > 0).then(|| roman("|")).into_iter().chain([bold(name.as_str())]));
        }
        if arg.is_positional() || arg.get_action().takes_values() {
            let value = arg.get_value_names().map_or_else(|| arg.get_id().as_str().to_uppercase(), |names| names.join(" "));
            line.extend((!names.is_empty()).then(|| roman(" ")).into_iter().chain([italic(value)]));
        }
        line.push(roman(close));
        let many = arg.get_num_args().is_some_and(|number| number.max_values() > 1);
        let again = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        line.extend((many || again).then(|| roman("...")));
    }
    if command.has_subcommands() {
        let (open, close) = if command.is_subcommand_required_set() { ("<", ">") } else { ("[", "]") };
        line.extend([roman(" "), roman(open), italic("command"), roman(close)]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text(line);
    roff
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
