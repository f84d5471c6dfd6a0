//! `roomkey fmt`: rewrites policies in the one style.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ArgAction;
use similar::TextDiff;

use super::{Exit, Failure, Globals, Outcome, Trouble, output, policy, write};
use crate::policy::style::{format, format_all};
use crate::report::{count, one_line, plain};

/// What `fmt` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders, `.rk` files or manifests [default: the policy]
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    paths: Vec<PathBuf>,
    /// Write nothing: show what would change, and exit with 1 where something would
    #[arg(long, action = ArgAction::SetTrue)]
    check: bool,
    /// Read a policy from stdin and write it to stdout
    #[arg(long)]
    stdin: bool,
}

const EXAMPLES: &str = "\
Examples:
  roomkey fmt                        the policy of this folder
  roomkey fmt policies/acme.rk       one file
  roomkey fmt --check                for CI: a diff, and exit code 1 where a file would change
  roomkey fmt --stdin < acme.rk      for editors

There is one style and no option. One statement or entry stands on a line, and a list that is too long \
for a line stands one item to a line, so that a change of one fact is a change of one line. Comments \
stay where they are, and so does what is not in the language; `roomkey lint` says what that is.";

/// Rewrites the files, or shows what it would do.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    if args.stdin {
        return stream(globals, args.check);
    }
    let from_option: Vec<PathBuf> = globals.policy.iter().cloned().collect();
    let loaded = policy::load(if args.paths.is_empty() { &from_option } else { &args.paths })?;
    let files: Vec<(&str, &str)> = loaded.sources.iter().map(|(_, s)| (s.name(), s.text())).collect();
    let styled = format_all(&loaded.sources);
    let mut changed = Vec::new();
    let mut out = BufWriter::new(super::stdout());
    for (((name, text), (new, _)), path) in files.iter().zip(&styled).zip(loaded.disk.files()) {
        if text == new {
            continue;
        }
        changed.push((path.as_path(), new.as_bytes()));
        if args.check {
            diff(&mut out, name, text, new).map_err(output)?;
        }
    }
    out.flush().map_err(output)?;
    if !args.check {
        changed.iter().try_for_each(|(path, _)| loaded.own(path))?;
        write::replace_all(&changed)?;
    }
    for ((name, _), (_, raw)) in files.iter().zip(&styled) {
        unread(globals, name, *raw);
    }
    let did = if args.check { "would change" } else { "changed" };
    globals.summary(&format!("{} of {} {did}", changed.len(), count(files.len(), "file")));
    Ok(if args.check && !changed.is_empty() { Exit::Not } else { Exit::Fine })
}

fn stream(globals: &Globals, check: bool) -> Outcome {
    let bytes = policy::stream(io::stdin().lock()).map_err(|e| failed(&policy::reason(&e)))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("not UTF-8"))?;
    let (new, raw) = format(&text);
    let mut out = super::stdout();
    let written = match check {
        true if text == new => Ok(()),
        true => diff(&mut out, "stdin", &text, &new),
        false => out.write_all(new.as_bytes()),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    unread(globals, "stdin", raw);
    Ok(if check && text != new { Exit::Not } else { Exit::Fine })
}

fn failed(why: &str) -> Failure {
    Trouble::new(format!("cannot read stdin: {why}")).help("give the text of a policy as UTF-8").into()
}

fn unread(globals: &Globals, name: &str, stretches: usize) {
    if stretches > 0 {
        let stay = if stretches == 1 { "stretch stays as it is" } else { "stretches stay as they are" };
        globals.summary(&format!("note: {}: {stretches} {stay}; `roomkey lint` says what is wrong there", one_line(name)));
    }
}

fn diff(out: &mut dyn Write, name: &str, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let name = one_line(name);
    let shown = diff.unified_diff().context_radius(2).header(&name, &name).to_string();
    // A line end that changes is a change that nothing else shows, and so is a mark at the start.
    let shown = shown.replace("\r\n", "␍\n").replace('\u{feff}', "<U+FEFF>");
    out.write_all(plain(&shown).as_bytes())
}
