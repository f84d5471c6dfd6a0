//! `roomkey matrix`: users × resources.

use clap::ValueEnum;

use super::check::{bare_user, instant, now, trouble};
use super::{Exit, Globals, Outcome, answers, print};
use crate::Instant;
use crate::query::matrix::{Chosen, matrix};
use crate::query::reason::unknown_user;
use crate::report::matrix as words;

/// What `matrix` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A user (repeatable) [default: all that the policy names, and a stranger]
    #[arg(short, long = "user", value_name = "USER")]
    users: Vec<String>,
    /// A resource as KIND:ID, or KIND:TEXT* for all whose id begins so (repeatable) [default: all]
    #[arg(short, long = "resource", value_name = "RESOURCE")]
    resources: Vec<String>,
    /// Only resources of this kind
    #[arg(long)]
    kind: Option<String>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// How to print the matrix
    #[arg(long, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  roomkey matrix --kind room
  roomkey matrix --user ann --user ben --resource 'room:design:*'
  roomkey matrix --format html > matrix.html

A row is a resource, and a column a user; `*` is a user that the policy does not name. A pattern \
stands for the resources that it matches and that are not declared. A feature that has the level of \
the base is left out. The exit code is 0, or 2 where there is no answer.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people
    Text,
    /// A header and a row for each resource
    Csv,
    /// One JSON object
    Json,
    /// A page that needs nothing beside it
    Html,
}

/// Prints what each user can on each resource.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let table = answers::table(globals)?;
    let chosen = Chosen {
        users: args.users.iter().map(|u| bare_user(u).to_owned()).collect(),
        resources: args.resources.clone(),
        kind: args.kind.clone(),
        at: args.at.unwrap_or_else(now),
    };
    let matrix = matrix(&table, &chosen).map_err(|e| trouble(&e))?;
    for column in matrix.columns.iter().filter(|c| !c.known) {
        if let Some(user) = &column.user {
            let note = unknown_user(&table, user).map_err(|e| trouble(&e.into()))?;
            note.iter().for_each(|(note, _)| globals.note(note));
        }
    }
    print(|out| match args.format {
        Format::Text => words::text(out, &matrix),
        Format::Csv => words::csv(out, &matrix),
        Format::Json => words::json(out, &matrix),
        Format::Html => words::html(out, &matrix),
    })?;
    Ok(Exit::Fine)
}
