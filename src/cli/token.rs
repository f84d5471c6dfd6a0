//! `roomkey token`: issues tokens from the policy, and reads them back.

use std::io::{self, BufWriter, Read, Write};
use std::str::FromStr;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::check::{bare_user, instant, now};
use super::manifest::token::Lifetime;
use super::signing::{self, Signing, VerifyArgs, trouble};
use super::{Exit, Failure, Globals, Outcome, Trouble, answers, output};
use crate::model::kinds::Kind;
use crate::report::plain;
use crate::token::{self, Claims, Issued, TokenError};
use crate::{Instant, Policy, Table};

const EXAMPLES: &str = "\
Examples:
  roomkey token id --user marie@example.com --organization acme
  roomkey token verify \"$TOKEN\" --jwks jwks.json
  roomkey token inspect - < token.txt

Tokens are signed with the key that `[token]` of roomkey.toml names; `roomkey keys --help` shows how.";

/// What `token` does.
#[derive(Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Command {
    /// Issue an ID token: who the user is, with the groups that the policy gives it
    Id(Box<IdArgs>),
    /// Verify a token: signature, times, issuer, audience and claims
    Verify(Box<ReadArgs>),
    /// Show what a token says, without verifying it
    Inspect(InspectArgs),
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

/// A token to verify.
#[derive(clap::Args)]
pub struct ReadArgs {
    /// The token; `-` reads it from stdin
    token: String,
    #[command(flatten)]
    with: VerifyArgs,
    /// The only kind of token that will do
    #[arg(long)]
    kind: Option<Wanted>,
    /// The time to ask about, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// How to print the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// A token to look into.
#[derive(clap::Args)]
pub struct InspectArgs {
    /// The token; `-` reads it from stdin
    token: String,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Wanted {
    /// Who someone is
    Id,
    /// What someone can
    Access,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// Issues or reads a token.
pub fn run(globals: &Globals, command: &Command) -> Outcome {
    match command {
        Command::Id(args) => id(globals, args),
        Command::Verify(args) => verify(globals, args),
        Command::Inspect(args) => inspect(globals, args),
    }
}

fn id(globals: &Globals, args: &IdArgs) -> Outcome {
    let at = args.who.at.unwrap_or_else(now);
    let signing = Signing::load(globals)?;
    let ttl = args.who.ttl.map(|t| t.0);
    let issuer = signing.issuer(at, ttl)?;
    let table = answers::table(globals)?;
    let (user, organization) = (bare_user(&args.who.user), args.who.organization.as_deref());
    let who = token::Signing { user, groups: &args.groups, organization };
    let mut identity = token::identity(&table, &who, at, signing.ttl(ttl)).map_err(|e| trouble(&e))?;
    identity.info = info(&args.who)?;
    note_unknown(globals, &table, &args.groups)?;
    print(globals, &issuer.identity(&identity, at).map_err(|e| trouble(&e))?)
}

/// Groups that the policy does not declare are carried and have no effect.
fn note_unknown(globals: &Globals, table: &Table, groups: &[String]) -> Result<(), Failure> {
    for group in groups {
        if table.group(group).map_err(TokenError::from).map_err(|e| trouble(&e))?.is_none() {
            globals.summary(&format!("note: the policy declares no group `{}`: it has no effect there", plain(group)));
        }
    }
    Ok(())
}

fn info(who: &WhoArgs) -> Result<Option<Value>, Failure> {
    let read = who.info.as_deref().map(serde_json::from_str::<Value>).transpose();
    read.map_err(|_| Trouble::new("`--info` is no JSON").help("type an object, such as '{\"name\":\"Marie\"}'").into())
}

/// The token on stdout, and how long it lasts on stderr.
fn print(globals: &Globals, issued: &Issued) -> Outcome {
    writeln!(io::stdout(), "{}", issued.token()).map_err(output)?;
    let why = if issued.is_shortened() { ", when the first of what it carries ends" } else { "" };
    globals.summary(&format!("valid until {}{why}", issued.expires()));
    Ok(Exit::Fine)
}

/// A token from an argument or stdin.
fn read(token: &str) -> Result<String, Failure> {
    if token != "-" {
        return Ok(token.trim().to_owned());
    }
    let mut text = String::new();
    // One byte more than the limit is enough to see that it is too large.
    let most = token::TOKEN_LIMIT as u64 + 2;
    let read = io::stdin().lock().take(most).read_to_string(&mut text);
    read.map_err(|_| Trouble::new("stdin holds no text, and a token is text"))?;
    Ok(text.trim().to_owned())
}

fn verify(globals: &Globals, args: &ReadArgs) -> Outcome {
    let mut verifier = args.with.verifier(globals)?;
    if let Some(wanted) = args.kind {
        verifier = verifier.kind(if matches!(wanted, Wanted::Id) { token::Kind::Identity } else { token::Kind::Access });
    }
    let read = verifier.verify(&read(&args.token)?, args.at.unwrap_or_else(now));
    let read = match read {
        Ok(claims) if claims.kind == token::Kind::Access => known(globals, &claims)?.map(|()| claims),
        other => other,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match (&read, args.format) {
        _ if globals.quiet => Ok(()),
        (Ok(claims), Format::Json) => {
            writeln!(out, "{}", json!({ "valid": true, "claims": claims.all }))
        }
        (Err(e), Format::Json) => writeln!(out, "{}", json!({ "valid": false, "message": e.to_string(), "help": e.help() })),
        (Ok(claims), Format::Text) => said(&mut out, "valid", claims),
        (Err(e), Format::Text) => {
            let help = e.help().map_or_else(String::new, |help| format!("\n  help: {help}"));
            writeln!(out, "invalid  {}{help}", plain(&e.to_string()))
        }
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    Ok(if read.is_ok() { Exit::Fine } else { Exit::Not })
}

/// One line for people, then the claims.
fn said(out: &mut impl Write, verdict: &str, claims: &Claims) -> io::Result<()> {
    let user = plain(claims.user().unwrap_or_default());
    let until = Instant::from_unix(claims.expires, 0);
    writeln!(out, "{verdict}  {} of user {user}, until {until}", claims.kind.spoken())?;
    writeln!(out, "{}", plain(&format!("{:#}", Value::Object(claims.all.clone()))))
}

fn inspect(globals: &Globals, args: &InspectArgs) -> Outcome {
    let claim = signing::settings(globals)?.1.organization_claim;
    let seen = token::inspect(&read(&args.token)?, claim.as_deref()).map_err(|e| trouble(&e))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.format {
        Format::Json => {
            let fault = seen.claims.as_ref().err().map(ToString::to_string);
            writeln!(out, "{}", json!({ "verified": false, "header": seen.header, "claims": seen.all, "fault": fault }))
        }
        Format::Text => text(&mut out, &seen),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    globals.summary("the token was not verified: anyone could have written this");
    Ok(Exit::Fine)
}

fn text(out: &mut impl Write, seen: &token::Inspected) -> io::Result<()> {
    match &seen.claims {
        Ok(claims) => said(out, "not verified", claims)?,
        Err(e) => {
            writeln!(out, "not verified  {}", plain(&e.to_string()))?;
            writeln!(out, "{}", plain(&format!("{:#}", Value::Object(seen.all.clone()))))?;
        }
    }
    writeln!(out, "header {}", plain(&Value::Object(seen.header.clone()).to_string()))
}

/// Whether the permissions of an access token are those of the policy's kind, or of the standard rooms without a policy.
fn known(globals: &Globals, claims: &Claims) -> Result<Result<(), TokenError>, Failure> {
    let table = match super::policy::manifest(globals.policy.as_deref())? {
        None if globals.policy.is_none() => standard()?,
        _ => answers::table(globals)?,
    };
    Ok(claims.grants.known(kind(&table, None)?))
}

/// The policy that only knows the standard rooms.
fn standard() -> Result<Table, Failure> {
    let policy = Policy::from_texts([("standard.rk".into(), "use liveblocks".into())]);
    policy.map(Policy::into_table).map_err(|e| Trouble::new(e.to_string()).into())
}

/// The kind whose permissions a token carries: the one that is named, else `room`, else the only one.
fn kind<'t>(table: &'t Table, name: Option<&str>) -> Result<&'t Kind, Failure> {
    let all = table.kinds();
    let found = match name {
        Some(name) => table.kind(name).map(|k| &all[k as usize]),
        None => table.kind("room").map(|k| &all[k as usize]).or_else(|| if all.len() == 2 { all.get(1) } else { None }),
    };
    found.ok_or_else(|| match name {
        Some(name) => Trouble::new(format!("the policy has no kind `{}`", plain(name))).into(),
        None => Trouble::new("it is not clear whose permissions the token carries").help("name the kind: `--kind KIND`").into(),
    })
}
