//! `roomkey explain`: the whole reason of an answer, and what would change it.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::check::{bare_user, instant, now, trouble};
use super::{Exit, Failure, Globals, Outcome, answers, policy, print};
use crate::query::explain::{Explanation, explain};
use crate::query::suggest;
use crate::query::what::{Reach, Whose, what};
use crate::report::explain as report;
use crate::source::Source;
use crate::{Instant, Policy, Question};

/// What `explain` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The user, such as `marie@example.com`
    user: String,
    /// The permission, such as `write` or `comments:read`
    permission: String,
    /// The resource as KIND:ID
    resource: String,
    /// A group named at sign-in, next to those of the policy (repeatable)
    #[arg(short, long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The organization signed in to [default: the one of the resource]
    #[arg(short, long)]
    organization: Option<String>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// How to print the explanation
    #[arg(long, default_value = "text")]
    format: Format,
    /// For a denial, the smallest statement that would allow it, and what else it opens
    #[arg(long)]
    suggest: bool,
}

const EXAMPLES: &str = "\
Examples:
  roomkey explain marie@example.com write room:a32
  roomkey explain guest '*:read' room:a32 --group staff --at 2027-01-01
  roomkey explain marie@example.com write room:a32 --suggest
  roomkey explain marie@example.com write room:a32 --format json | jq .steps

The exit code is that of `check`: 0 for allow, 1 for deny, 2 where there is no answer.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Prints the explanation.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let mut question = Question::new(bare_user(&args.user), &args.permission, &args.resource);
    question.groups.clone_from(&args.groups);
    question.organization.clone_from(&args.organization);
    question.at = Some(args.at.unwrap_or_else(now));
    let table = globals.policy.as_deref().filter(|p| answers::is_table(p)).map(answers::open).transpose()?;
    let policy = if table.is_some() { None } else { Some(policy::load(globals.policy.as_slice())?.policy()?) };
    let table = match (&table, &policy) {
        (Some(table), _) => table,
        (None, Some(policy)) => policy.table(),
        (None, None) => unreachable!("where there is no table, a policy was loaded"),
    };
    let from = policy.as_ref().map(|p| (p.model(), p.sources()));
    let explanation = explain(table, from, &question).map_err(|e| trouble(&e))?;
    let wanted = args.suggest && !explanation.answer.allowed();
    let suggested = if wanted { Some(suggest(globals, table, &question, &explanation)?) } else { None };
    print(|out| match args.format {
        Format::Text => report::text(out, from.map(|(_, sources)| sources), &question, &explanation)
            .and_then(|()| suggested.iter().try_for_each(|s| s.text(out))),
        Format::Json => report::json(out, &question, &explanation, suggested.map(|s| s.json())),
    })?;
    Ok(if explanation.answer.allowed() { Exit::Fine } else { Exit::Not })
}

/// A statement that would allow it, tried out.
enum Suggested {
    /// It allows, and opens this besides.
    Works(String, Vec<String>),
    /// No statement that is added would do, and why.
    None(String),
}

impl Suggested {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Suggested::None(why) => writeln!(out, "\nno statement that is added would allow it: {why}"),
            Suggested::Works(statement, also) => {
                writeln!(out, "\nthis would allow it")?;
                statement.lines().try_for_each(|line| writeln!(out, "  {}", crate::report::plain(line)))?;
                match also.is_empty() {
                    true => writeln!(out, "  and opens nothing else"),
                    false => {
                        writeln!(out, "  and opens besides")?;
                        also.iter().try_for_each(|line| writeln!(out, "    {}", crate::report::plain(line)))
                    }
                }
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Suggested::Works(statement, also) => json!({"statement": statement.trim_end(), "also": also}),
            Suggested::None(why) => json!({"statement": null, "why": why}),
        }
    }
}

/// Finds the statement, and what else it opens.
fn suggest(globals: &Globals, table: &crate::Table, q: &Question, e: &Explanation) -> Result<Suggested, Failure> {
    if !e.sources {
        return Ok(Suggested::None("that takes the text of the policy, and this is a compiled one".into()));
    }
    let mut unread = None;
    let mut with = |statements: &str| match policy::load(globals.policy.as_slice()) {
        Ok(mut loaded) => {
            loaded.sources.add(Source::new("the suggestion", statements));
            loaded.policy().ok()
        }
        Err(failure) => {
            unread.get_or_insert(failure);
            None
        }
    };
    let found = suggest::suggest(table, q, e, &mut with).map_err(|e| trouble(&e))?;
    if let Some(failure) = unread {
        return Err(failure);
    }
    Ok(match found {
        suggest::Suggested::Works(statements, changed) => {
            Suggested::Works(statements, opened(table, &changed, q).map_err(|e| trouble(&e))?)
        }
        suggest::Suggested::None(why) => Suggested::None(why),
    })
}

/// What the user reaches more than before, without what was asked for.
fn opened(table: &crate::Table, changed: &Policy, q: &Question) -> Result<Vec<String>, crate::QuestionError> {
    let at = q.at.unwrap_or_else(now);
    let (groups, organization) = (q.groups.clone(), q.organization.clone());
    let whose = Whose { user: q.user.clone(), groups, organization, kind: None, permission: None, at };
    let before = flat(&what(table, &whose)?);
    let after = flat(&what(changed.table(), &whose)?);
    let asked = &q.resource.id;
    let fresh = after.into_iter().filter(|line| !before.contains(line));
    Ok(fresh
        .filter(|(_, id, list)| id != asked || *list != q.permission)
        .map(|(kind, id, list)| format!("{list} on {kind} {id}"))
        .collect())
}

fn flat(reach: &Reach) -> std::collections::BTreeSet<(String, String, String)> {
    let each = |r: &crate::query::what::Reached| {
        let ids: Vec<String> = r.resources.iter().chain(&r.patterns).map(|id| crate::syntax::print::Id(id).to_string()).collect();
        ids.into_iter().map(|id| (r.kind.clone(), id, r.list.clone())).collect::<Vec<_>>()
    };
    reach.reached.iter().flat_map(each).collect()
}
