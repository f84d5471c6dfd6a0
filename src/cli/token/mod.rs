//! `roomkey token`: issues tokens from the policy, and reads them back.

mod access;
mod ask;
mod overlaps;
mod read;

use std::io::Write;
use std::str::FromStr;

use clap::Subcommand;
use serde_json::Value;

use super::check::{bare_user, instant, now};
use super::manifest::token::Lifetime;
use super::policy::Fault;
use super::signing::{Signing, duties, trouble};
use super::{Exit, Failure, Globals, Outcome, Trouble, answers, output};
use crate::finding::did_you_mean;
use crate::model::kinds::{Kind, KindId};
use crate::report::{line, plain};
use crate::token::{self, Issued, Issuer, TokenError};
use crate::{Instant, Policy, Table};

pub use ask::Asked;

const EXAMPLES: &str = "\
Examples:
  roomkey token id --user marie@example.com --organization acme
  roomkey token access --user guest --allow 'design:*=*:write,comments:read'
  roomkey token access --user marie@example.com --from-policy
  roomkey token verify \"$TOKEN\" --jwks jwks.json
  roomkey token inspect - < token.txt

Tokens are signed with the key that `[token]` of roomkey.toml names; `roomkey keys --help` shows how.";

/// What `token` does.
#[derive(Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Command {
    /// Issue an ID token: who the user is, with the groups that the policy gives it
    Id(Box<IdArgs>),
    /// Issue an access token: what its bearer can, by room
    Access(Box<access::Args>),
    /// Verify a token: signature, times, issuer, audience and claims
    Verify(Box<read::ReadArgs>),
    /// Show what a token says, without verifying it
    Inspect(read::InspectArgs),
}

impl Command {
    /// The token that is read.
    pub fn token(&self) -> Option<&str> {
        match self {
            Command::Verify(args) => Some(args.token()),
            Command::Inspect(args) => Some(args.token()),
            Command::Id(_) | Command::Access(_) => None,
        }
    }
}

/// Whom a token is for.
#[derive(clap::Args)]
pub struct WhoArgs {
    /// The user
    #[arg(short, long)]
    user: String,
    /// The organization signed in to
    #[arg(short, long)]
    organization: Option<String>,
    /// What is shown of the user, a JSON object of at most 1,024 characters
    #[arg(long, value_name = "JSON")]
    info: Option<String>,
    /// How long the token lasts, such as `15m` [default: that of the manifest, else 1h]
    #[arg(long, value_name = "TIME", value_parser = Lifetime::from_str)]
    ttl: Option<Lifetime>,
    /// The time of issue, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

/// What an ID token says.
#[derive(clap::Args)]
pub struct IdArgs {
    #[command(flatten)]
    who: WhoArgs,
    /// A group named at sign-in, next to those of the policy (repeatable)
    #[arg(short, long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

/// Issues or reads a token.
pub fn run(globals: &Globals, command: &Command) -> Outcome {
    match command {
        Command::Id(args) => id(globals, args),
        Command::Access(args) => access::run(globals, args),
        Command::Verify(args) => read::verify(globals, args),
        Command::Inspect(args) => read::inspect(globals, args),
    }
}

/// Who issues, for whom and when.
struct Issue<'a> {
    issuer: Issuer,
    at: Instant,
    ttl: u32,
    args: &'a WhoArgs,
}

impl<'a> Issue<'a> {
    fn load(globals: &Globals, args: &'a WhoArgs) -> Result<Issue<'a>, Failure> {
        let at = args.at.unwrap_or_else(now);
        let signing = Signing::load(globals)?;
        let ttl = args.ttl.map(|t| t.0);
        Ok(Issue { issuer: signing.issuer(at, ttl)?, at, ttl: signing.ttl(ttl), args })
    }

    fn who(&self, groups: &'a [String]) -> token::Signing<'a> {
        token::Signing { user: bare_user(&self.args.user), groups, organization: self.args.organization.as_deref() }
    }

    /// An access token of this user that opens nothing.
    fn nothing(&self) -> Result<token::Access, Failure> {
        let who = self.who(&[]);
        let organization = who.organization.map(str::to_owned);
        Ok(token::Access { user: who.user.into(), organization, info: info(self.args)?, ..token::Access::default() })
    }
}

fn id(globals: &Globals, args: &IdArgs) -> Outcome {
    let issue = Issue::load(globals, &args.who)?;
    let table = answers::table(globals)?;
    let who = issue.who(&args.groups);
    let mut identity = token::identity(&table, &who, issue.at, issue.ttl).map_err(|e| trouble(&e))?;
    token::keeps_apart(&table, &who, issue.at, issue.ttl, &mut identity, &duties(globals)?).map_err(|e| trouble(&e))?;
    identity.info = info(&args.who)?;
    note_unknown(globals, &table, &args.groups)?;
    print(globals, &issue.issuer.identity(&identity, issue.at).map_err(|e| trouble(&e))?)
}

/// Groups that the policy does not declare are carried and have no effect.
fn note_unknown(globals: &Globals, table: &Table, groups: &[String]) -> Result<(), Failure> {
    for group in groups {
        if table.group(group).map_err(TokenError::from).map_err(|e| trouble(&e))?.is_none() {
            globals.summary(&format!("note: the policy declares no group `{}`: it has no effect there", line(group)));
        }
    }
    Ok(())
}

fn info(who: &WhoArgs) -> Result<Option<Value>, Failure> {
    let read = who.info.as_deref().map(token::read_info).transpose();
    read.map_err(|e| Trouble::new(e.to_string()).help("type an object: `--info '{\"name\":\"Marie\"}'`").into())
}

/// The token on stdout, and how long it lasts on stderr.
fn print(globals: &Globals, issued: &Issued) -> Outcome {
    writeln!(crate::cli::stdout(), "{}", issued.token()).map_err(output)?;
    let why = match (issued.is_shortened(), issued.ends_with_key()) {
        (_, true) => ", when its key is retired",
        (true, false) => ", when the first of what it carries ends",
        (false, false) => "",
    };
    globals.summary(&format!("valid until {}{why}", issued.expires()));
    Ok(Exit::Fine)
}

/// The policy whose words tokens use; the standard rooms where there is none, also beside a manifest.
fn vocabulary(globals: &Globals) -> Result<Table, Failure> {
    if globals.policy.is_some() || super::policy::manifest(None)?.is_some() {
        let is_none = |faults: &[Fault]| faults.iter().all(|fault| matches!(fault, Fault::Empty(_)));
        match answers::table(globals) {
            Err(Failure::Faults(faults)) if globals.policy.is_none() && is_none(&faults) => {}
            other => return other,
        }
    }
    let policy = Policy::from_texts([("standard.rk".into(), "use liveblocks".into())]);
    policy.map(Policy::into_table).map_err(|e| Trouble::new(e.to_string()).into())
}

/// The kind that a token is about which says none.
const ROOM: &str = "room";

/// The kind whose permissions a token carries: the one that is named, else `room`, else the only one.
fn kind(table: &Table, name: Option<&str>) -> Result<KindId, Failure> {
    let found = match name {
        Some(name) => table.kind(name),
        None => table.kind(ROOM).or_else(|| (table.kinds().len() == 2).then_some(1)),
    };
    found.ok_or_else(|| match name {
        Some(name) => {
            let help = did_you_mean(name, table.kinds().iter().map(|k| &*k.name));
            Trouble { message: format!("the policy has no kind `{}`", plain(name)), help }.into()
        }
        None => Trouble::new("it is not clear whose permissions the token carries").help("name the kind: `--kind KIND`").into(),
    })
}

/// The kind that a token is about: the one that it says, else `room`, which is what the platform's own clients read. It does
/// not depend on what other kinds a policy has, since policies change and readers may have another one.
fn about(table: &Table, claims: &crate::token::Claims) -> Result<KindId, TokenError> {
    let name = claims.about.as_deref().unwrap_or(ROOM);
    table.kind(name).ok_or_else(|| TokenError::UnknownKind {
        kind: plain(&name.chars().take(60).collect::<String>()).to_string(),
        near: did_you_mean(name, table.kinds().iter().map(|k| &*k.name)),
    })
}

/// The name of a kind that a token has to say.
fn named(of: &Kind) -> Option<String> {
    (*of.name != *ROOM).then(|| of.name.to_string())
}
