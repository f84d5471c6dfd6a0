//! `roomkey explain`: the whole reason of an answer, and what would change it.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::check::{bare_user, instant, now, trouble};
use super::progress::Progress;
use super::{Exit, Failure, Globals, Outcome, answers, policy, print};
use crate::query::explain::{Explanation, explain};
use crate::query::suggest::{self, Piece};
use crate::report::{changes, explain as report};
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
    let suggested = if wanted { Some(suggest(globals, policy.as_ref(), &question, &explanation)?) } else { None };
    print(|out| match args.format {
        Format::Text => report::text(out, from.map(|(_, sources)| sources), &question, &explanation)
            .and_then(|()| suggested.iter().try_for_each(|s| s.text(out))),
        Format::Json => report::json(out, &question, &explanation, suggested.map(|s| s.json())),
    })?;
    Ok(if explanation.answer.allowed() { Exit::Fine } else { Exit::Not })
}

/// A statement that would allow it, tried out.
enum Suggested {
    /// They allow it, and change this besides: whether something is gained, and the sentence.
    Works(Vec<Piece>, Vec<(bool, String)>),
    /// No statement that is added would do, and why.
    None(String),
}

impl Suggested {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let (pieces, besides) = match self {
            Suggested::None(why) => return report::paragraph(out, &format!("no statement that is added would allow it: {why}")),
            Suggested::Works(pieces, besides) => (pieces, besides),
        };
        writeln!(out, "\nthis would allow it")?;
        for piece in pieces {
            report::statement(out, &piece.text)?;
            if let Some(into) = &piece.into {
                writeln!(out, "    a member more in the group that {} declares", crate::report::plain(&into.source.to_string()))?;
            }
        }
        for (gains, title) in [(true, "and opens besides"), (false, "and takes away")] {
            let told: Vec<&String> = besides.iter().filter(|(g, _)| *g == gains).map(|(_, text)| text).collect();
            match (told.is_empty(), gains) {
                (true, true) => writeln!(out, "  and opens nothing else")?,
                (true, false) => {}
                _ => writeln!(out, "  {title}")?,
            }
            told.into_iter().try_for_each(|text| report::sentence_of(out, text))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        match self {
            Suggested::Works(pieces, besides) => {
                let of = |gains: bool| besides.iter().filter(|(g, _)| *g == gains).map(|(_, text)| text).collect::<Vec<_>>();
                let text: String = pieces.iter().map(|p| p.text.as_str()).collect();
                let into = |p: &Piece| {
                    let source = &p.into.as_ref()?.source;
                    let source = json!({"file": source.file, "line": source.line, "column": source.column});
                    Some(json!({"statement": p.text.trim_end(), "source": source}))
                };
                let into: Vec<Value> = pieces.iter().filter_map(into).collect();
                json!({"statement": text.trim_end(), "into": into, "also": of(true), "takes": of(false)})
            }
            Suggested::None(why) => json!({"statement": null, "why": why}),
        }
    }
}

/// Finds the statement, and what else it opens.
fn suggest(globals: &Globals, policy: Option<&Policy>, q: &Question, e: &Explanation) -> Result<Suggested, Failure> {
    let Some(policy) = policy else {
        return Ok(Suggested::None("that takes the text of the policy, and this is a compiled one".into()));
    };
    let progress = Progress::spin(globals, "trying what would allow it");
    let mut unread = None;
    let mut with = |pieces: &[Piece]| match policy::load(globals.policy.as_slice()) {
        Ok(mut loaded) => {
            suggest::written(&mut loaded.sources, pieces);
            loaded.policy().ok()
        }
        Err(failure) => {
            unread.get_or_insert(failure);
            None
        }
    };
    let found = suggest::suggest(policy, q, e, &mut with).map_err(|e| trouble(&e))?;
    drop(progress);
    if let Some(failure) = unread {
        return Err(failure);
    }
    Ok(match found {
        suggest::Suggested::Works(works) => {
            let mut besides = changes::sentences(&works.besides);
            besides.extend(works.besides.not_compared().map(|note| (true, note)));
            Suggested::Works(works.pieces, besides)
        }
        suggest::Suggested::None(why) => Suggested::None(why),
    })
}
