//! `roomkey check`: can X do Y on Z.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;

use super::signing::VerifyArgs;
use super::{Exit, Globals, Outcome, Trouble, answers, batch, output, token};
use crate::report::answer;
use crate::{Answer, Checker, Decision, Instant, Question, QuestionError};

/// What `check` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// The user, such as `marie@example.com` or `user:marie@example.com`
    #[arg(required_unless_present = "batch")]
    user: Option<String>,
    /// The permission, such as `write`, `*:write`, `comments:read` or `delete-comment`
    #[arg(required_unless_present = "batch")]
    permission: Option<String>,
    /// The resource as KIND:ID, such as `room:a32` or `room:design:home`
    #[arg(required_unless_present_any = ["batch", "token"])]
    resource: Option<String>,
    /// Ask with a token instead of a user: an ID token asks the policy, an access token its own entries; `-` is stdin
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["batch", "groups", "organization"])]
    token: Option<String>,
    /// An access token counts only where the policy allows it too; an ID token asks the policy in any case
    #[arg(long, requires = "token")]
    and_policy: bool,
    #[command(flatten)]
    with: VerifyArgs,
    /// A group named at sign-in, next to those of the policy (repeatable)
    #[arg(short, long = "group", value_name = "GROUP", conflicts_with = "batch")]
    groups: Vec<String>,
    /// The organization signed in to [default: the one of the resource]
    #[arg(short, long, conflicts_with = "batch")]
    organization: Option<String>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// How to print the answer
    #[arg(long, default_value = "text", conflicts_with = "batch")]
    format: Format,
    /// Answer a file of questions, JSON Lines or CSV; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "permission", "resource"])]
    batch: Option<PathBuf>,
    /// What the file holds [default: by its ending]
    #[arg(long, value_name = "FORMAT", requires = "batch", conflicts_with = "user")]
    input: Option<batch::Input>,
    /// Compare with the column `decision`, and print only the rows that differ
    #[arg(long, requires = "batch", conflicts_with = "user")]
    expect: bool,
    /// Go on behind rows that cannot be answered
    #[arg(long, requires = "batch", conflicts_with = "user")]
    keep_going: bool,
}

impl Args {
    /// The token that is asked with.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

const USAGE: &str = "roomkey check [OPTIONS] <USER> <PERMISSION> <RESOURCE>
       roomkey check [OPTIONS] --token <TOKEN> <PERMISSION> <RESOURCE>
       roomkey check [OPTIONS] --batch <FILE>";

const EXAMPLES: &str = "\
Examples:
  roomkey check marie@example.com comments:write room:a32
  roomkey check guest '*:read' room:a32 --group staff --at 2027-01-01
  roomkey check marie@example.com write room:a32 --format json | jq -r .decision
  roomkey check --token - comments:write room:a32 < token.txt
  roomkey check --batch questions.csv > answers.csv
  roomkey check --batch decisions.csv --expect

A file of questions has the columns or fields `user`, `permission`, `resource`, and optionally \
`groups`, `organization`, `at`; `subject` and `action` are other names for the first two. In CSV, \
groups are separated by spaces. Answers are the rows as they came with `decision` added, and with \
`--expect` also `expected`. The exit code is 0 for allow, 1 for deny or for rows that differ, 2 \
where there is no answer.

A compiled policy of some size is kept for the next question in the user's cache folder, or in the \
one that ROOMKEY_CACHE names; an empty ROOMKEY_CACHE keeps nothing.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The decision and the reason
    Text,
    /// One JSON object
    Json,
}

/// Answers one question or a file of them.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    if let Some(given) = &args.token {
        return with_token(globals, args, given);
    }
    args.with.refuse("goes with `--token`, and a question about a user is asked of the policy")?;
    let table = answers::table(globals)?;
    let at = args.at.unwrap_or_else(now);
    if let Some(file) = &args.batch {
        let wish = batch::Wish { input: args.input, expect: args.expect, keep_going: args.keep_going, at };
        return batch::run(globals, &table, file, wish);
    }
    let (Some(user), Some(permission), Some(resource)) = (&args.user, &args.permission, &args.resource) else {
        return Err(Trouble::new("a question has a user, a permission and a resource").into());
    };
    let mut question = Question::new(bare_user(user), permission, resource);
    question.groups.clone_from(&args.groups);
    question.organization.clone_from(&args.organization);
    question.at = Some(at);
    let answer = Checker::new(&table).check(&question).map_err(|e| trouble(&e))?;
    print(globals, args.format, &question, &answer)
}

/// The question of a token: PERMISSION and RESOURCE stand where USER and PERMISSION stand otherwise.
fn with_token(globals: &Globals, args: &Args, given: &str) -> Outcome {
    let (Some(permission), Some(resource), None) = (&args.user, &args.permission, &args.resource) else {
        let help = "type `roomkey check --token TOKEN PERMISSION RESOURCE`";
        return Err(Trouble::new("the user of a question with a token is that of the token").help(help).into());
    };
    let asked = token::Asked {
        token: given,
        verifier: args.with.verifier(globals)?,
        permission,
        resource,
        and_policy: args.and_policy,
        at: args.at.unwrap_or_else(now),
    };
    let (question, answer) = asked.answer(globals)?;
    print(globals, args.format, &question, &answer)
}

fn print(globals: &Globals, format: Format, question: &Question, answer: &Answer) -> Outcome {
    if !globals.quiet {
        let mut out = BufWriter::new(super::stdout());
        let written = match format {
            Format::Text => answer::text(&mut out, question, answer),
            Format::Json => answer::json(&mut out, question, answer),
        };
        written.and_then(|()| out.flush()).map_err(output)?;
    }
    Ok(if answer.decision == Decision::Allow { Exit::Fine } else { Exit::Not })
}

/// A user id without the `user:` that may stand in front.
pub fn bare_user(user: &str) -> &str {
    user.strip_prefix("user:").unwrap_or(user)
}

/// A time as the language writes it.
pub fn instant(text: &str) -> Result<Instant, String> {
    text.trim().parse::<Instant>().map_err(|e| e.to_string())
}

/// A question without an answer, as the command says it.
pub fn trouble(error: &QuestionError) -> Trouble {
    Trouble { message: error.to_string(), help: error.help() }
}

/// The time that a question without one means.
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
