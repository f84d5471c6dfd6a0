//! `roomkey what`: everything that someone can.

use super::check::{bare_user, instant, now, trouble};
use super::who::ListFormat;
use super::{Exit, Globals, Outcome, answers, print};
use crate::Instant;
use crate::query::what::{Whose, what};
use crate::report::listing;

/// What `what` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The user, such as `marie@example.com`
    user: String,
    /// Only resources of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only resources on which this is allowed
    #[arg(long)]
    permission: Option<String>,
    /// A group named at sign-in, next to those of the policy (repeatable)
    #[arg(short, long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The organization signed in to [default: the one of each resource]
    #[arg(short, long)]
    organization: Option<String>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Name every resource, however many they are
    #[arg(long)]
    expand: bool,
    /// How to print the answer; `json` and `csv` always name every resource
    #[arg(long, default_value = "text")]
    format: ListFormat,
}

const EXAMPLES: &str = "\
Examples:
  roomkey what marie@example.com
  roomkey what marie@example.com --kind room --permission write
  roomkey what guest --group staff --format csv

A feature that has the level of the base is left out of a list. Of resources that are not declared, \
one for each pattern is asked about. The exit code is 0 where the user can do anything, 1 where it \
can do nothing, 2 where there is no answer.";

/// Prints what the user can do, and where.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let table = answers::table(globals)?;
    let whose = Whose {
        user: bare_user(&args.user).into(),
        groups: args.groups.clone(),
        organization: args.organization.clone(),
        kind: args.kind.clone(),
        permission: args.permission.clone(),
        at: args.at.unwrap_or_else(now),
    };
    let reach = what(&table, &whose).map_err(|e| trouble(&e))?;
    reach.notes.iter().for_each(|note| globals.note(note));
    print(|out| match args.format {
        ListFormat::Text => listing::what(out, &whose.user, &reach, args.expand),
        ListFormat::Json => listing::what_json(out, &whose.user, &reach),
        ListFormat::Csv => listing::what_csv(out, &reach),
    })?;
    Ok(if reach.reached.is_empty() { Exit::Not } else { Exit::Fine })
}
