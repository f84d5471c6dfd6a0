//! `roomkey who`: everyone that can.

use clap::ValueEnum;

use super::check::{instant, now, trouble};
use super::{Exit, Globals, Outcome, answers, print};
use crate::query::who::who_with;
use crate::report::listing;
use crate::{Instant, Resource};

/// What `who` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The permission, such as `write` or `comments:read`
    permission: String,
    /// The resource as KIND:ID
    resource: String,
    /// A group that everyone names at sign-in, next to those of the policy (repeatable)
    #[arg(short, long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Name everyone, however many they are
    #[arg(long)]
    expand: bool,
    /// How to print the answer; `json` and `csv` always name everyone
    #[arg(long, default_value = "text")]
    format: ListFormat,
}

const EXAMPLES: &str = "\
Examples:
  roomkey who write room:a32
  roomkey who write room:a32 --expand
  roomkey who write room:a32 --group staff --group guests
  roomkey who admin repository:core --at 2027-01-01 --format csv

Each user that the policy names is asked about, and a stranger, alone and with each one group named at \
sign-in; `--group` is named by all of them. The exit code is 0 where anyone can, 1 where nobody can, 2 where there is no answer.";

/// How to print a listing.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// A header and a row for each
    Csv,
}

/// Prints who can.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let table = answers::table(globals)?;
    let resource = Resource::from(&*args.resource);
    let audience =
        who_with(&table, &args.permission, &resource, &args.groups, args.at.unwrap_or_else(now)).map_err(|e| trouble(&e))?;
    audience.notes.iter().for_each(|note| globals.note(note));
    print(|out| match args.format {
        ListFormat::Text => listing::who(out, &args.permission, &resource.id, &audience, args.expand),
        ListFormat::Json => listing::who_json(out, &args.permission, &resource.id, &audience),
        ListFormat::Csv => listing::who_csv(out, &audience),
    })?;
    if args.format == ListFormat::Text {
        let s = if audience.users() == 1 { "" } else { "s" };
        let besides = if audience.strangers() { ", and everyone else who can sign in" } else { "" };
        globals.summary(&format!("{} user{s}{besides}", audience.users()));
    }
    Ok(if audience.is_nobody() { Exit::Not } else { Exit::Fine })
}
