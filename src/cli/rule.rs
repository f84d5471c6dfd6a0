//! `roomkey rule`: the page of a rule, or the list of all of them.

use std::io::{self, BufWriter, Write};

use super::{Exit, Globals, Outcome, Trouble, output};
use crate::finding::{RULES, did_you_mean};
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
    let mut out = BufWriter::new(io::stdout().lock());
    let Some(name) = &args.name else {
        let width = RULES.iter().map(|r| r.name.len()).max().unwrap_or(0);
        for rule in RULES {
            writeln!(out, "{:width$}  {:7}  {}", rule.name, rule.usual(), rule.about).map_err(output)?;
        }
        out.flush().map_err(output)?;
        globals.summary("type `roomkey rule NAME` for the page of a rule");
        return Ok(Exit::Fine);
    };
    let Some(page) = page(name) else {
        let help = did_you_mean(name, RULES.iter().map(|r| r.name)).unwrap_or_else(|| "type `roomkey rule` for the list".into());
        return Err(Trouble::new(format!("no rule is named `{}`", crate::report::plain(name))).help(help).into());
    };
    out.write_all(page.as_bytes()).and_then(|()| out.flush()).map_err(output)?;
    Ok(Exit::Fine)
}
