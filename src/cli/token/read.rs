//! `roomkey token verify` and `inspect`: what a token says, and whether to believe it.

use std::io::{self, BufWriter, Read, Write};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::super::check::{instant, now};
use super::super::signing::{self, trouble};
use super::super::{Exit, Failure, Globals, Outcome, Trouble, output};
use super::overlaps;
use crate::Instant;
use crate::report::{line, plain};
use crate::token::{self, Claims, TokenError};

/// A token to verify.
#[derive(clap::Args)]
pub struct ReadArgs {
    /// The token; `-` reads it from stdin
    token: String,
    #[command(flatten)]
    with: signing::VerifyArgs,
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

impl ReadArgs {
    /// The token, or `-`.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl InspectArgs {
    /// The token, or `-`.
    pub fn token(&self) -> &str {
        &self.token
    }
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

/// A token from an argument or stdin.
pub fn read(token: &str) -> Result<String, Failure> {
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

/// Verifies a token.
pub fn verify(globals: &Globals, args: &ReadArgs) -> Outcome {
    let mut verifier = args.with.verifier(globals)?;
    if let Some(wanted) = args.kind {
        verifier = verifier.kind(if matches!(wanted, Wanted::Id) { token::Kind::Identity } else { token::Kind::Access });
    }
    let read = verifier.verify(&read(&args.token)?, args.at.unwrap_or_else(now));
    let read = match read {
        Ok(claims) if claims.kind == token::Kind::Access => known(globals, &claims)?.map(|()| claims),
        other => other,
    };
    let mut out = BufWriter::new(crate::cli::stdout());
    let written = match (&read, args.format) {
        _ if globals.quiet => Ok(()),
        (Ok(claims), Format::Json) => {
            writeln!(out, "{}", json!({ "valid": true, "claims": claims.all }))
        }
        (Err(e), Format::Json) => writeln!(out, "{}", json!({ "valid": false, "message": e.to_string(), "help": e.help() })),
        (Ok(claims), Format::Text) => said(&mut out, "valid", claims),
        (Err(e), Format::Text) => {
            let help = e.help().map_or_else(String::new, |help| format!("\n  help: {help}"));
            writeln!(out, "invalid  {}{help}", line(&e.to_string()))
        }
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    Ok(if read.is_ok() { Exit::Fine } else { Exit::Not })
}

/// One line for people, then the claims.
fn said(out: &mut impl Write, verdict: &str, claims: &Claims) -> io::Result<()> {
    let user = line(claims.user().unwrap_or_default());
    let until = Instant::from_unix(claims.expires, 0);
    writeln!(out, "{verdict}  {} of user {user}, until {until}", claims.kind.spoken())?;
    writeln!(out, "{}", plain(&format!("{:#}", Value::Object(claims.all.clone()))))
}

/// Shows what a token says.
pub fn inspect(globals: &Globals, args: &InspectArgs) -> Outcome {
    let claim = signing::settings(globals)?.1.organization_claim;
    let seen = token::inspect(&read(&args.token)?, claim.as_deref()).map_err(|e| trouble(&e))?;
    // A look inside needs no policy: without one, what the entries give together is not explained.
    let opened = seen.claims.as_ref().ok().filter(|claims| claims.kind == token::Kind::Access).and_then(|claims| {
        let table = super::vocabulary(globals).ok()?;
        let kind = super::about(&table, claims).ok()?;
        Some((table, kind, claims))
    });
    let unknown = opened.as_ref().and_then(|(table, kind, claims)| claims.grants.known(&table.kinds()[*kind as usize]).err());
    let mut out = BufWriter::new(crate::cli::stdout());
    let written = match args.format {
        Format::Json => {
            let fault = seen.claims.as_ref().err().or(unknown.as_ref()).map(ToString::to_string);
            let mut said = json!({ "verified": false, "header": seen.header, "claims": seen.all, "fault": fault });
            if let Some((table, kind, claims)) = &opened {
                said["entries"] = overlaps::json(&table.kinds()[*kind as usize], &claims.grants);
            }
            writeln!(out, "{said}")
        }
        Format::Text => text(&mut out, &seen).and_then(|()| match &opened {
            Some((table, kind, claims)) => {
                unknown.iter().try_for_each(|e| writeln!(out, "invalid  {}", line(&e.to_string())))?;
                overlaps::text(&mut out, &table.kinds()[*kind as usize], &claims.grants)
            }
            None => Ok(()),
        }),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    globals.summary("the token was not verified: anyone could have written this");
    Ok(Exit::Fine)
}

fn text(out: &mut impl Write, seen: &token::Inspected) -> io::Result<()> {
    match &seen.claims {
        Ok(claims) => said(out, "not verified", claims)?,
        Err(e) => {
            writeln!(out, "not verified  {}", line(&e.to_string()))?;
            writeln!(out, "{}", plain(&format!("{:#}", Value::Object(seen.all.clone()))))?;
        }
    }
    writeln!(out, "header {}", plain(&Value::Object(seen.header.clone()).to_string()))
}

/// Whether the permissions of an access token are those of the policy's kind, or of the standard rooms without a policy.
fn known(globals: &Globals, claims: &Claims) -> Result<Result<(), TokenError>, Failure> {
    let table = super::vocabulary(globals)?;
    Ok(super::about(&table, claims).and_then(|kind| claims.grants.known(&table.kinds()[kind as usize])))
}
