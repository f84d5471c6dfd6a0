//! Reads tokens back: the signature by the key's own algorithm, then every claim.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claims::{LEEWAY_LIMIT, ORGANIZATION};
use super::{Algorithm, Claims, Key, Kind, RefusedKey, TokenError, strict};
use crate::Instant;

/// The longest token that is read, in bytes.
pub const LIMIT: usize = 64 << 10;

/// Verifies tokens with a set of keys. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<Key>,
    refused: Vec<RefusedKey>,
    issuer: Option<String>,
    audience: Option<String>,
    kind: Option<Kind>,
    organization: String,
    leeway: u32,
}

/// A token that was read and not verified: nobody may be let in by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// The header as it was written.
    pub header: Map<String, Value>,
    /// The claims as they were written.
    pub all: Map<String, Value>,
    /// The claims in types, or why they are none of ours.
    pub claims: Result<Claims, TokenError>,
}

impl Verifier {
    /// A verifier that trusts these keys, each for its own algorithm.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Verifier {
        let keys = keys.into_iter().collect();
        let refused = Vec::new();
        Verifier { keys, refused, issuer: None, audience: None, kind: None, organization: ORGANIZATION.into(), leeway: 0 }
    }

    /// Keys of the set that cannot be used: a token that names one is told why.
    pub fn refused(self, refused: impl IntoIterator<Item = RefusedKey>) -> Verifier {
        Verifier { refused: refused.into_iter().collect(), ..self }
    }

    /// The issuer that tokens must name.
    pub fn issuer(self, issuer: impl Into<String>) -> Verifier {
        Verifier { issuer: Some(issuer.into()), ..self }
    }

    /// The audience that tokens must name.
    pub fn audience(self, audience: impl Into<String>) -> Verifier {
        Verifier { audience: Some(audience.into()), ..self }
    }

    /// The only kind of token that is wanted.
    pub fn kind(self, kind: Kind) -> Verifier {
        Verifier { kind: Some(kind), ..self }
    }

    /// The name of the claim of the organization, `oid` by default.
    pub fn organization_claim(self, name: impl Into<String>) -> Verifier {
        Verifier { organization: name.into(), ..self }
    }

    /// For how many seconds clocks may differ; none by default, and never more than [`LEEWAY_LIMIT`]. It lengthens no grant:
    /// a token that ends with what it carries ends then for every clock, and so does a key that is retired.
    pub fn leeway(self, seconds: u32) -> Verifier {
        Verifier { leeway: seconds.min(LEEWAY_LIMIT), ..self }
    }

    /// Reads and verifies a token at a time.
    ///
    /// # Errors
    /// Each fault has its own; none of them holds the token.
    pub fn verify(&self, token: &str, at: Instant) -> Result<Claims, TokenError> {
        let parts = split(token)?;
        let header = strict::object(&decode(parts.header)?, "header")?;
        let algorithm = algorithm(&header)?;
        // The signature comes before anything that the token says of itself is believed. Few key sets have several keys
        // of one name.
        let signed = |key: &&Key| key.verifying.verifies(parts.signed.as_bytes(), parts.signature);
        let key = self.named(&header, algorithm)?.find(signed).ok_or(TokenError::Signature)?;
        // One that is there twice counts as long as all of its dates say so.
        self.keys.iter().filter(|k| k.id() == key.id()).try_for_each(|k| k.in_use_for(at, self.leeway))?;
        let claims = Claims::read(strict::object(&decode(parts.claims)?, "claims")?, &self.organization)?;
        self.times(&claims, at)?;
        self.names(&claims)?;
        match self.kind {
            Some(wanted) if wanted != claims.kind => Err(TokenError::Kind(claims.kind.spoken(), wanted.spoken())),
            _ => Ok(claims),
        }
    }

    /// The keys that a header can mean; at least one, and each is for the algorithm.
    fn named<'k>(
        &'k self,
        header: &'k Map<String, Value>,
        algorithm: Algorithm,
    ) -> Result<impl Iterator<Item = &'k Key>, TokenError> {
        let name = match (header.get("kid"), self.keys.len()) {
            (_, 0) => return Err(TokenError::NoKeys),
            (Some(Value::String(id)), _) => Some(id),
            (Some(_), _) => return Err(TokenError::Malformed("its `kid` is no text")),
            (None, 1) => None,
            (None, count) => return Err(TokenError::NoKeyId(count)),
        };
        let named = move || self.keys.iter().filter(move |key| name.is_none_or(|id| key.is_named(id)));
        let first = named().next().ok_or_else(|| self.unknown(name))?.algorithm();
        match named().any(|key| key.algorithm() == algorithm) {
            true => Ok(named().filter(move |key| key.algorithm() == algorithm)),
            false => Err(TokenError::OtherAlgorithm { token: algorithm, key: first }),
        }
    }

    /// Why no key has a name.
    fn unknown(&self, name: Option<&String>) -> TokenError {
        let refused = self.refused.iter().find(|key| key.id.is_some() && key.id.as_ref() == name);
        refused.map_or(TokenError::UnknownKey, |key| TokenError::RefusedKey(key.why.to_string()))
    }

    fn times(&self, claims: &Claims, at: Instant) -> Result<(), TokenError> {
        let (now, leeway) = (at.to_unix().0, i64::from(self.leeway));
        let shown = |seconds: i64| Instant::from_unix(seconds, 0).to_string();
        if now >= claims.expires.saturating_add(leeway) {
            return Err(TokenError::Expired(shown(claims.expires)));
        }
        if let Some(until) = claims.until.filter(|until| now >= *until) {
            return Err(TokenError::Ended(shown(until)));
        }
        match claims.not_before {
            Some(from) if now.saturating_add(leeway) < from => Err(TokenError::Early(shown(from))),
            _ => Ok(()),
        }
    }

    fn names(&self, claims: &Claims) -> Result<(), TokenError> {
        let issuer = claims.all.get("iss").and_then(Value::as_str);
        if self.issuer.is_some() && self.issuer.as_deref() != issuer {
            return Err(TokenError::Issuer);
        }
        // A token for an audience is refused by who is none: RFC 7519, 4.1.3.
        let named = |wanted: &str| match claims.all.get("aud") {
            Some(Value::String(name)) => name == wanted,
            Some(Value::Array(names)) => names.iter().any(|n| n.as_str() == Some(wanted)),
            _ => false,
        };
        match &self.audience {
            Some(wanted) if !named(wanted) => Err(TokenError::Audience),
            None if claims.all.contains_key("aud") => Err(TokenError::NoAudience),
            _ => Ok(()),
        }
    }
}

/// Reads a token without verifying it.
///
/// # Errors
/// A text that is no token at all.
pub fn inspect(token: &str, organization_claim: Option<&str>) -> Result<Inspected, TokenError> {
    let parts = split(token)?;
    let header = strict::object(&decode(parts.header)?, "header")?;
    let all = strict::object(&decode(parts.claims)?, "claims")?;
    let claims = Claims::read(all.clone(), organization_claim.unwrap_or(ORGANIZATION));
    Ok(Inspected { header, all, claims })
}

struct Parts<'t> {
    header: &'t str,
    claims: &'t str,
    /// The two with the dot between.
    signed: &'t str,
    signature: &'t str,
}

fn split(token: &str) -> Result<Parts<'_>, TokenError> {
    if token.len() > LIMIT {
        return Err(TokenError::TooLarge { has: token.len(), limit: LIMIT });
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed("it has no three parts"))?;
    match signed.split_once('.') {
        Some((header, claims)) if !claims.contains('.') => Ok(Parts { header, claims, signed, signature }),
        _ => Err(TokenError::Malformed("it has no three parts")),
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed("a part is no base64url"))
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, TokenError> {
    if header.contains_key("crit") {
        return Err(TokenError::Critical);
    }
    match header.get("alg") {
        Some(Value::String(name)) if name.eq_ignore_ascii_case("none") => Err(TokenError::Unsigned),
        Some(Value::String(name)) => name.parse(),
        _ => Err(TokenError::Malformed("its header names no algorithm")),
    }
}
