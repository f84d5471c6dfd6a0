//! The keys of the manifest, from files and the environment, and who issues and verifies with them.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::manifest::masked;
use super::manifest::token::{Algorithm as Named, TokenTable};
use super::{Failure, Globals, Trouble, policy};
use crate::Instant;
use crate::report::{line, one_line, plain};
use crate::token::{Algorithm, Issuer, Key, KeySet, RefusedKey, TTL, TokenError, Verifier};

/// The largest file that is read as a key or a set of keys.
const LARGEST: u64 = 1 << 20;

/// What `[token]` says, with its keys read.
pub struct Signing {
    /// The settings.
    pub table: TokenTable,
    /// The keys and where they are.
    pub keys: Vec<(Key, String)>,
}

impl Signing {
    /// Reads the manifest and the keys that it names.
    pub fn load(globals: &Globals) -> Result<Signing, Failure> {
        let (folder, table) = settings(globals)?;
        let mut keys = Vec::new();
        let first = table.key.iter().map(|key| match key {
            super::manifest::token::Key::File(file) => (Some(file), None, None, None),
            super::manifest::token::Key::Env(name) => (None, Some(name), None, None),
        });
        let more = table.keys.iter().map(|k| (k.file.as_ref(), k.env.as_ref(), k.not_before, k.retire));
        for (file, env, from, until) in first.chain(more) {
            let (text, place) = match (file, env) {
                (Some(file), None) if !is_path(file) && fs::symlink_metadata(folder.join(file)).is_err() => {
                    let help = "write the key to a file that only you can read, and name that, such as `keys/current.pem`";
                    return Err(Trouble::new("`file` of a key in roomkey.toml names no file that is there").help(help).into());
                }
                (Some(file), None) => (read_file(&folder.join(file))?, policy::name(&folder.join(file))),
                (None, Some(name)) => (read_env(name)?, format!("${name}")),
                _ => return Err(Trouble::new("a key of the manifest has one of `file` and `env`").into()),
            };
            let key = Key::read(&text).map_err(|e| trouble_in(&place, &e))?;
            if let (true, Some(file)) = (key.is_private(), file) {
                warn_open(&folder.join(file));
            }
            let (from, until) = (from.map(|m| m.0), until.map(|m| m.0));
            if let (Some(from), Some(until)) = (from, until)
                && from >= until
            {
                let fact = format!("`{}` is retired at {until} and not in use before {from}: it is never in use", plain(&place));
                return Err(Trouble::new(fact).help("`not-before` comes before `retire`").into());
            }
            keys.push((key.during(from, until), place));
        }
        Signing { table, keys }.each_once()
    }

    /// A key that is listed twice would go on under the other dates when it is retired under one.
    fn each_once(self) -> Result<Signing, Failure> {
        for (i, (key, place)) in self.keys.iter().enumerate() {
            if let Some((_, first)) = self.keys[..i].iter().find(|(k, _)| k.id() == key.id()) {
                let (first, place) = (plain(first), plain(place));
                let fact = match first == place {
                    true => format!("the manifest lists the key `{place}` twice"),
                    false => format!("`{first}` and `{place}` are the same key"),
                };
                return Err(Trouble::new(fact).help("list it once, with one `not-before` and one `retire`").into());
            }
        }
        Ok(self)
    }

    /// Says which key that will sign is for another algorithm than the manifest's or, without one, than the key that signs now.
    pub fn warn_of_algorithms(&self, at: Instant, of_changes: bool) {
        let named = self.table.algorithm.map(algorithm);
        let now = self.signer(at).map(|i| self.keys[i].0.algorithm()).filter(|_| of_changes);
        let Some(wanted) = named.or(now) else { return };
        let dates = self.keys.iter().flat_map(|(key, _)| [key.since(), key.retires()]).flatten().filter(|date| *date > at);
        let mut dates: Vec<Instant> = dates.collect();
        dates.sort_unstable();
        let mut warned = Vec::new();
        for (date, i) in dates.into_iter().filter_map(|date| Some((date, self.signer(date)?))) {
            let (key, place) = &self.keys[i];
            if key.algorithm() == wanted || warned.contains(&i) {
                continue;
            }
            warned.push(i);
            let (place, signs) = (plain(place), key.algorithm());
            let beside = match named {
                Some(_) => format!("and the manifest says `algorithm = \"{wanted}\"`: no token can be issued then"),
                None => format!("where {wanted} signs now: tell those who verify"),
            };
            eprintln!("warning: from {date} on `{place}` signs, which is a key for {signs}, {beside}");
        }
    }

    /// The number of the key that signs at a time: the private one that is in use since last.
    pub fn signer(&self, at: Instant) -> Option<usize> {
        let able = self.keys.iter().enumerate().filter(|(_, (key, _))| key.is_private() && key.in_use(at).is_ok());
        // Among equals the first one in the manifest.
        able.rev().max_by_key(|(_, (key, _))| key.since()).map(|(i, _)| i)
    }

    /// Who issues at a time.
    pub fn issuer(&self, at: Instant, ttl: Option<u32>) -> Result<Issuer, Failure> {
        self.warn_of_algorithms(at, false);
        let index = self.signer(at).ok_or_else(|| {
            let help = "`roomkey keys generate -o keys/current.pem` makes a key; name it in roomkey.toml: `[token]`, `key = { file = \"keys/current.pem\" }`";
            Trouble::new("no key signs: the manifest names no private key that is in use").help(help)
        })?;
        let (key, place) = &self.keys[index];
        if let Some(wanted) = self.table.algorithm.map(algorithm).filter(|a| *a != key.algorithm()) {
            let fact = format!("`{place}` is a key for {}, and the manifest says `algorithm = \"{wanted}\"`", key.algorithm());
            return Err(Trouble::new(fact).into());
        }
        let mut issuer = Issuer::new(key.clone()).map_err(|e| trouble(&e))?.ttl(self.ttl(ttl));
        let t = &self.table;
        if let Some(name) = &t.issuer {
            issuer = issuer.issuer(name);
        }
        if let Some(name) = &t.audience {
            issuer = issuer.audience(name);
        }
        if let Some(name) = &t.project {
            issuer = issuer.project(name);
        }
        match &t.organization_claim {
            Some(name) => Ok(issuer.organization_claim(name).map_err(|e| trouble(&e))?),
            None => Ok(issuer),
        }
    }

    /// How many seconds a token lasts.
    pub fn ttl(&self, wanted: Option<u32>) -> u32 {
        wanted.or(self.table.ttl.map(|t| t.0)).unwrap_or(TTL)
    }
}

/// What a command says about verifying, before the manifest.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// Verify with the keys of this file, a JWK Set, a JWK or PEM [default: those of the manifest]
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The issuer that the token must name [default: that of the manifest]
    #[arg(long)]
    issuer: Option<String>,
    /// The audience that the token must name [default: that of the manifest]
    #[arg(long)]
    audience: Option<String>,
}

impl VerifyArgs {
    /// Refuses these options where nothing is verified.
    pub fn refuse(&self, why: &str) -> Result<(), Failure> {
        let given =
            [("--jwks", self.jwks.is_some()), ("--issuer", self.issuer.is_some()), ("--audience", self.audience.is_some())];
        match given.iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(Trouble::new(format!("`{name}` {why}")).into()),
            None => Ok(()),
        }
    }

    /// Who verifies.
    pub fn verifier(&self, globals: &Globals) -> Result<Verifier, Failure> {
        let (set, table) = match &self.jwks {
            Some(file) => (read_set(file)?, settings(globals)?.1),
            None => {
                let signing = Signing::load(globals)?;
                let keys = signing.keys.into_iter().map(|(key, _)| key).collect();
                (KeySet { keys, refused: Vec::new() }, signing.table)
            }
        };
        if set.keys.is_empty() {
            return Err(trouble(&TokenError::NoKeys).into());
        }
        let mut verifier = Verifier::new(set.keys).refused(set.refused).leeway(table.leeway.map_or(0, |l| l.0));
        if let Some(name) = self.issuer.as_ref().or(table.issuer.as_ref()) {
            verifier = verifier.issuer(name);
        }
        if let Some(name) = self.audience.as_ref().or(table.audience.as_ref()) {
            verifier = verifier.audience(name);
        }
        Ok(match &table.organization_claim {
            Some(name) => verifier.organization_claim(name),
            None => verifier,
        })
    }
}

/// The keys of a file; those that cannot be used are told and left out.
fn read_set(file: &Path) -> Result<KeySet, Failure> {
    let name = policy::name(file);
    let set = KeySet::read(&read_file(file)?).map_err(|e| trouble_in(&name, &e))?;
    if set.keys.iter().any(Key::is_private) {
        warn_open(file);
    }
    for RefusedKey { number, id, why } in &set.refused {
        let id = id.as_ref().map_or_else(String::new, |id| format!(" (`kid` {})", one_line(id)));
        eprintln!("warning: key {number}{id} of `{}` is left out: {why}", plain(&name));
    }
    Ok(set)
}

/// `[token]` of the manifest, and the folder that its paths start from.
pub fn settings(globals: &Globals) -> Result<(PathBuf, TokenTable), Failure> {
    let found = policy::manifest(globals.policy.as_deref())?;
    Ok(found.map_or_else(Default::default, |(folder, manifest)| (folder, manifest.token)))
}

/// The pairs of permissions that the manifest keeps apart.
pub fn duties(globals: &Globals) -> Result<Vec<[String; 2]>, Failure> {
    Ok(policy::manifest(globals.policy.as_deref())?.map_or_else(Vec::new, |(_, manifest)| manifest.duties()))
}

/// The algorithm that the manifest names.
pub fn algorithm(named: Named) -> Algorithm {
    match named {
        Named::Rs256 => Algorithm::Rs256,
        Named::Es256 => Algorithm::Es256,
        Named::EdDSA => Algorithm::EdDSA,
        Named::Hs256 => Algorithm::Hs256,
    }
}

/// A fault of a key or token, for people.
pub fn trouble(error: &TokenError) -> Trouble {
    Trouble { message: line(&error.to_string()), help: error.help() }
}

fn trouble_in(place: &str, error: &TokenError) -> Trouble {
    Trouble { message: format!("`{}`: {}", plain(place), line(&error.to_string())), help: error.help() }
}

fn read_env(name: &str) -> Result<Zeroizing<String>, Failure> {
    let is_name = name.len() <= 64 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !is_name && env::var_os(name).is_none() {
        let help = "write its name there, in capital letters as is the custom, and the key into the variable";
        return Err(Trouble::new("an environment variable that the manifest names is not set").help(help).into());
    }
    match env::var(name) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(env::VarError::NotPresent) => {
            let help = "the manifest takes a key from there: set it to the text of a PEM or JWK file";
            Err(Trouble::new(format!("the environment variable `{name}` is not set")).help(help).into())
        }
        Err(env::VarError::NotUnicode(_)) => Err(Trouble::new(format!("the environment variable `{name}` is no text")).into()),
    }
}

/// Whether a text is the name of a file by its looks, and no key.
fn is_path(text: &str) -> bool {
    text.contains(['.', '/', std::path::MAIN_SEPARATOR]) && masked::secrets(text).is_empty()
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = policy::name(path);
    if shown.trim_start().starts_with('{') || shown.contains("-----BEGIN") {
        return Err(Trouble::new("a key stands where its file is named").help("write the key to a file, and name that").into());
    }
    let failed = |e: io::Error| Trouble::new(format!("cannot read `{shown}`: {}", policy::reason(&e)));
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(Trouble::new(format!("`{shown}` is no key: a key is a file of less than 1 MiB")).into());
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(failed)?);
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Trouble::new(format!("`{shown}` is no text, and keys are PEM or JWK")).into()),
    }
}

/// Says so where others than its owner can read a private key.
#[cfg(unix)]
fn warn_open(path: &Path) {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata(path).is_ok_and(|m| m.mode() & 0o077 != 0) {
        let shown = plain(&policy::name(path));
        eprintln!("warning: others can read the private key `{shown}`; type `chmod 600 {shown}`");
    }
}

#[cfg(not(unix))]
fn warn_open(_: &Path) {}
