//! `[token]` of the manifest: how tokens are signed and verified, and where the keys are.

use std::str::FromStr;

use serde::Deserialize;

use crate::Instant;
use crate::token::LEEWAY_LIMIT;

/// How tokens are issued and read.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table")]
pub struct TokenTable {
    /// Who issues the tokens, such as `https://auth.example.com`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub issuer: Option<String>,
    /// Whom the tokens are for.
    #[cfg_attr(test, schemars(with = "String"))]
    pub audience: Option<String>,
    /// The project that the tokens are of: the claim `pid`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub project: Option<String>,
    /// How long a token lasts, such as `1h`.
    #[cfg_attr(test, schemars(with = "String", extend("default" = "1h")))]
    pub ttl: Option<Lifetime>,
    /// How far clocks may be apart when a token is verified, such as `30s`; at most `5m`. It lengthens no grant.
    #[cfg_attr(test, schemars(with = "String", extend("default" = "0s")))]
    pub leeway: Option<Leeway>,
    /// The claim that names the organization.
    #[cfg_attr(test, schemars(with = "String", extend("default" = "oid")))]
    pub organization_claim: Option<String>,
    /// How tokens are signed.
    #[cfg_attr(test, schemars(with = "Algorithm", extend("default" = "RS256")))]
    pub algorithm: Option<Algorithm>,
    /// More pairs of permissions that no token may give together on one resource, next to those of `[lint]`.
    pub separation_of_duty: Vec<[String; 2]>,
    /// Where the signing key is: never the key itself.
    #[cfg_attr(test, schemars(with = "Key"))]
    pub key: Option<Key>,
    /// More keys, for rotation: the private one that is in use since last signs, and all that are not retired verify.
    pub keys: Vec<DatedKey>,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    EdDSA,
    #[serde(rename = "HS256")]
    Hs256,
}

/// Where a key is.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "lowercase", expecting = "a table with `file` or `env`")]
pub enum Key {
    /// A PEM or JWK file, relative to this file.
    File(String),
    /// The name of an environment variable that holds the key.
    Env(String),
}

/// A key and its time.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table with `file` or `env`")]
pub struct DatedKey {
    /// A PEM or JWK file, relative to this file.
    #[cfg_attr(test, schemars(with = "String"))]
    pub file: Option<String>,
    /// The name of an environment variable that holds the key.
    #[cfg_attr(test, schemars(with = "String"))]
    pub env: Option<String>,
    /// The time from which it signs and verifies, a date or an RFC 3339 time.
    #[cfg_attr(test, schemars(with = "String"))]
    pub not_before: Option<Moment>,
    /// The time from which nothing is signed or verified with it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub retire: Option<Moment>,
}

/// A point in time, written as a text.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(pub Instant);

impl TryFrom<String> for Moment {
    type Error = String;
    fn try_from(text: String) -> Result<Moment, String> {
        // No message repeats what stands in `[token]`: it may be a key.
        let wrong =
            |_: crate::instant::BadInstant| "this is no date and no time (type `2026-12-31` or `2026-12-31T18:00:00Z`)".into();
        text.parse().map(Moment).map_err(wrong)
    }
}

const NO_LENGTH: &str = "this is no length of time (type `90s`, `15m`, `1h` or `7d`)";

/// A length of time in seconds, written as `90s`, `15m`, `1h` or `7d`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Lifetime(pub u32);

impl FromStr for Lifetime {
    type Err = String;
    fn from_str(text: &str) -> Result<Lifetime, String> {
        let wrong =
            || format!("`{}` is no length of time (type `90s`, `15m`, `1h` or `7d`)", text.chars().take(60).collect::<String>());
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => return Err(wrong()),
        };
        let number = text[..text.len() - 1].parse::<u32>().ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
        number.and_then(|n| n.checked_mul(unit)).map(Lifetime).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Lifetime {
    type Error = String;
    fn try_from(text: String) -> Result<Lifetime, String> {
        text.parse().map_err(|_: String| NO_LENGTH.into())
    }
}

/// How far clocks may be apart: by so much a token lasts longer, so it is minutes at most.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Leeway(pub u32);

impl TryFrom<String> for Leeway {
    type Error = String;
    fn try_from(text: String) -> Result<Leeway, String> {
        match Lifetime::try_from(text)? {
            Lifetime(seconds @ ..=LEEWAY_LIMIT) => Ok(Leeway(seconds)),
            _ => Err("a leeway is for clocks that differ, and is at most `5m`".into()),
        }
    }
}
