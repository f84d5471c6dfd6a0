//! `roomkey keys`: makes, lists and publishes the keys that sign tokens.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::check::{instant, now};
use super::signing::{Signing, algorithm, settings, trouble};
use super::write::write_secret;
use super::{Exit, Globals, Outcome, output, policy};
use crate::Instant;
use crate::token::{Algorithm, Key, jwks};

const EXAMPLES: &str = "\
Examples:
  roomkey keys generate -o keys/current.pem      then name it in roomkey.toml
  roomkey keys list
  roomkey keys jwks > jwks.json                  for those who verify

In roomkey.toml:
  [token]
  key = { file = \"keys/current.pem\" }            # or { env = \"ROOMKEY_SIGNING_KEY\" }

  [[token.keys]]                                 # rotation: it signs from then on
  file = \"keys/next.pem\"
  not-before = \"2027-01-01\"

Keys are PEM (PKCS#1, PKCS#8, SEC1) or JWK. Keep them out of the repository.";

/// What `keys` does.
#[derive(Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Command {
    /// Write a new private key that only you can read; print its `kid`
    Generate {
        /// What it signs with [default: that of the manifest, else RS256]
        #[arg(long)]
        algorithm: Option<Name>,
        /// The file to write; one that is there is never written over
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// The keys of the manifest: which one signs, and which verify
    List {
        /// The time to ask about, RFC 3339 or a date [default: now]
        #[arg(long, value_name = "TIME", value_parser = instant)]
        at: Option<Instant>,
        /// How to print them
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// The public keys as a JWK Set (RFC 7517), those that will sign later included
    Jwks {
        /// The time to ask about: keys that are retired then are left out [default: now]
        #[arg(long, value_name = "TIME", value_parser = instant)]
        at: Option<Instant>,
    },
}

/// An algorithm, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
pub enum Name {
    /// RSA with 2048 bits
    #[value(name = "RS256")]
    Rs256,
    /// ECDSA on P-256
    #[value(name = "ES256")]
    Es256,
    /// Ed25519
    #[value(name = "EdDSA")]
    EdDSA,
    /// A shared secret: who verifies can sign
    #[value(name = "HS256")]
    Hs256,
}

/// How keys are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each
    Text,
    /// One JSON document
    Json,
}

/// Makes, lists or publishes keys.
pub fn run(globals: &Globals, command: &Command) -> Outcome {
    match command {
        Command::Generate { algorithm, output } => generate(globals, *algorithm, output),
        Command::List { at, format } => list(globals, at.unwrap_or_else(now), *format),
        Command::Jwks { at } => publish(globals, at.unwrap_or_else(now)),
    }
}

fn generate(globals: &Globals, name: Option<Name>, path: &Path) -> Outcome {
    let algorithm = match name {
        Some(Name::Rs256) => Algorithm::Rs256,
        Some(Name::Es256) => Algorithm::Es256,
        Some(Name::EdDSA) => Algorithm::EdDSA,
        Some(Name::Hs256) => Algorithm::Hs256,
        None => settings(globals)?.1.algorithm.map_or(Algorithm::Rs256, algorithm),
    };
    super::write::refuse(&[path], "keys are never written over: choose another name, or move the old key away first")?;
    let (key, text) = Key::generate(algorithm).map_err(|e| trouble(&e))?;
    write_secret(path, text.as_bytes())?;
    writeln!(super::stdout(), "{}", key.id()).map_err(output)?;
    globals.summary(&format!("wrote the {algorithm} key to {}: keep it secret", policy::name(path)));
    Ok(Exit::Fine)
}

fn list(globals: &Globals, at: Instant, format: Format) -> Outcome {
    let signing = Signing::load(globals)?;
    signing.warn_of_algorithms(at, true);
    let signer = signing.signer(at);
    let mut out = BufWriter::new(super::stdout());
    let state = |i: usize, key: &Key| match key.in_use(at) {
        _ if signer == Some(i) => "signs",
        Ok(()) => "verifies",
        Err(_) if key.since().is_some_and(|from| at < from) => "later",
        Err(_) => "retired",
    };
    let keys = signing.keys.iter().enumerate();
    let written = match format {
        Format::Json => {
            let one = |(i, (key, place)): (usize, &(Key, String))| {
                json!({ "kid": key.id(), "algorithm": key.algorithm().name(), "bits": key.bits(),
                    "private": key.is_private(), "state": state(i, key), "place": place })
            };
            writeln!(out, "{}", json!({ "keys": keys.map(one).collect::<Vec<_>>() }))
        }
        Format::Text => keys.map(|(i, (key, place))| (state(i, key), key, place)).try_for_each(|(state, key, place)| {
            let algorithm = key.algorithm().name();
            writeln!(out, "{state:8}  {algorithm:5}  {:4} bits  {}  {}", key.bits(), key.id(), crate::report::plain(place))
        }),
    };
    written.and_then(|()| out.flush()).map_err(output)?;
    if signer.is_none() {
        globals.summary("no key signs: the manifest names no private key that is in use");
    }
    Ok(Exit::Fine)
}

fn publish(globals: &Globals, at: Instant) -> Outcome {
    let signing = Signing::load(globals)?;
    let lasting = |key: &&Key| key.in_use(at).is_ok() || key.since().is_some_and(|from| at < from);
    let keys = signing.keys.iter().map(|(key, _)| key).filter(lasting);
    let set = jwks(keys);
    writeln!(super::stdout(), "{set:#}").map_err(output)?;
    if set["keys"].as_array().is_some_and(Vec::is_empty) {
        globals.summary("no key has a public half");
    }
    Ok(Exit::Fine)
}
