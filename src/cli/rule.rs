//! `roomkey rule`: the page of a rule, or the list of all of them.

use std::io::{self, BufWriter, Write};

use super::{Exit, Globals, Outcome, Trouble, output};
use crate::finding::{RULES, did_you_mean};
use crate::report::wrap::wrap;
use crate::rules::pages::page;

/// What `rule` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The rule, as findings name it: `unused-group` [default: the list of all rules]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey rule                    every rule, with its usual level
  roomkey rule unused-group       what it means, why it matters, and how to mend it

`[lint.rules]` of roomkey.toml sets the level of a rule: off, info, warning or error.";

/// Prints a page on stdout.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let look = globals.look_out();
    let mut out = BufWriter::new(super::stdout());
    let Some(name) = &args.name else {
        let width = RULES.iter().map(|r| r.name.len()).max().unwrap_or(0);
        let start = width + 11;
        // For a program each rule is one line.
        let columns = look.columns.map_or(usize::MAX, |columns| columns.saturating_sub(start));
        for rule in RULES {
            let about = wrap(rule.about, columns).join(&format!("\n{:start$}", ""));
            writeln!(out, "{:width$}  {:7}  {about}", rule.name, rule.usual()).map_err(output)?;
        }
        out.flush().map_err(output)?;
        globals.summary("type `roomkey rule NAME` for the page of a rule");
        return Ok(Exit::Fine);
    };
    let Some(page) = page(name) else {
        let help = did_you_mean(name, RULES.iter().map(|r| r.name)).unwrap_or_else(|| "type `roomkey rule` for the list".into());
        return Err(Trouble::new(format!("no rule is named `{}`", crate::report::plain(name))).help(help).into());
    };
    print(&mut out, page, look.width()).and_then(|()| out.flush()).map_err(output)?;
    Ok(Exit::Fine)
}

/// Writes a page with its sentences cut to a width, and its examples as they stand.
fn print(out: &mut dyn Write, page: &str, width: usize) -> io::Result<()> {
    let mut fenced = false;
    for line in page.lines() {
        let fence = line.starts_with("```");
        fenced ^= fence;
        let indent = if line.starts_with("- ") { "\n  " } else { "\n" };
        match fence || fenced {
            true => writeln!(out, "{line}")?,
            false => writeln!(out, "{}", wrap(line, width + 1 - indent.len()).join(indent))?,
        }
    }
    Ok(())
}
