//! Issues tokens: claims in, a signed JWT out.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Header;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::claims::{self, LEEWAY_LIMIT, ORGANIZATION};
use super::verify::LIMIT;
use super::{Access, Grants, Identity, Key, Kind, TokenError, generate};
use crate::Instant;

/// How long a token lasts, unless said otherwise: an hour.
pub const TTL: u32 = 3600;

/// Signs tokens with one key. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Issuer {
    key: Key,
    /// The first part of its tokens, with the dot behind it.
    header: String,
    issuer: Option<String>,
    audience: Option<String>,
    project: Option<String>,
    organization: String,
    ttl: u32,
}

/// A signed token, and when it ends.
#[derive(Clone)]
pub struct Issued {
    token: String,
    expires: Instant,
    shortened: bool,
    /// Whether its key is what shortens it.
    with_key: bool,
}

impl Issued {
    /// The token: a secret of the one whom it is for.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// When it ends.
    pub fn expires(&self) -> Instant {
        self.expires
    }

    /// Whether it ends before its lifetime: with the first of what it carries, or with its key.
    pub fn is_shortened(&self) -> bool {
        self.shortened
    }

    /// Whether it ends before its lifetime because its key is retired then, and all that it carries lasts longer.
    pub fn ends_with_key(&self) -> bool {
        self.with_key
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Claims that mean something of their own.
const TAKEN: &[&str] =
    &["k", "kind", "pid", "uid", "gids", "ui", "perms", "until", "iat", "exp", "nbf", "jti", "iss", "aud", "sub"];

impl Issuer {
    /// An issuer that signs with a private key.
    ///
    /// # Errors
    /// A public key.
    pub fn new(key: Key) -> Result<Issuer, TokenError> {
        if !key.is_private() {
            return Err(TokenError::CannotSign);
        }
        let mut header = Header::new(key.algorithm().jose());
        header.kid = Some(key.id().to_owned());
        let json = serde_json::to_vec(&header).map_err(|_| TokenError::Backend("the header cannot be written"))?;
        let header = format!("{}.", URL_SAFE_NO_PAD.encode(json));
        let organization = ORGANIZATION.to_owned();
        Ok(Issuer { key, header, issuer: None, audience: None, project: None, organization, ttl: TTL })
    }

    /// Who issues: `iss`.
    pub fn issuer(self, issuer: impl Into<String>) -> Issuer {
        Issuer { issuer: Some(issuer.into()), ..self }
    }

    /// Whom tokens are for: `aud`.
    pub fn audience(self, audience: impl Into<String>) -> Issuer {
        Issuer { audience: Some(audience.into()), ..self }
    }

    /// The project: `pid`.
    pub fn project(self, project: impl Into<String>) -> Issuer {
        Issuer { project: Some(project.into()), ..self }
    }

    /// How many seconds a token lasts.
    pub fn ttl(self, seconds: u32) -> Issuer {
        Issuer { ttl: seconds, ..self }
    }

    /// The name of the claim of the organization, `oid` by default.
    ///
    /// # Errors
    /// The name of another claim.
    pub fn organization_claim(self, name: impl Into<String>) -> Result<Issuer, TokenError> {
        let organization = name.into();
        if TAKEN.contains(&&*organization) || organization.is_empty() {
            return Err(TokenError::Unfit(format!("the organization cannot be the claim `{organization}`: it has a meaning")));
        }
        Ok(Issuer { organization, ..self })
    }

    /// An ID token.
    ///
    /// # Errors
    /// What a token cannot carry, a key that is not in use at the time, and a token that would end before it begins.
    pub fn identity(&self, who: &Identity, at: Instant) -> Result<Issued, TokenError> {
        let claims = self.begin(Kind::Identity, &who.user, who.organization.as_deref(), who.info.as_ref())?;
        claims::names("the group", who.groups.iter().map(String::as_str))?;
        self.sign(Payload { groups: Some(&who.groups), ..claims }, who.until, at)
    }

    /// An access token.
    ///
    /// # Errors
    /// As [`Issuer::identity`].
    pub fn access(&self, access: &Access, at: Instant) -> Result<Issued, TokenError> {
        access.grants.fit()?;
        let claims = self.begin(Kind::Access, &access.user, access.organization.as_deref(), access.info.as_ref())?;
        claims::names("the group", access.groups.iter().map(String::as_str))?;
        claims::names("the entry", access.grants.iter().map(|(entry, _)| entry))?;
        let groups = (!access.groups.is_empty()).then_some(&access.groups[..]);
        self.sign(Payload { groups, about: access.kind.as_deref(), grants: Some(&access.grants), ..claims }, access.until, at)
    }

    fn sign(&self, mut claims: Payload<'_>, until: Option<Instant>, at: Instant) -> Result<Issued, TokenError> {
        self.key.in_use(at)?;
        let issued = at.to_unix().0;
        let full = issued.saturating_add(i64::from(self.ttl));
        // Nobody verifies with a key that is retired.
        let end = until.into_iter().chain(self.key.until).map(|u| u.to_unix().0).min().unwrap_or(i64::MAX);
        let expires = full.min(end);
        if expires <= issued {
            return Err(TokenError::Unfit("the token would end before it begins: what it carries ends at once".into()));
        }
        (claims.iat, claims.exp) = (issued, expires);
        // Who allows for clocks that differ must not lengthen a grant by it.
        let near = full.saturating_add(i64::from(LEEWAY_LIMIT));
        claims.until = until.map(|u| u.to_unix().0).filter(|until| *until < near);
        claims.jti = URL_SAFE_NO_PAD.encode(&generate::random::<16>()?[..]);
        let key = self.key.signing.as_ref().ok_or(TokenError::CannotSign)?;
        let json = serde_json::to_vec(&claims).map_err(|_| TokenError::Backend("the claims cannot be written"))?;
        let mut token = String::with_capacity(self.header.len() + json.len() * 4 / 3 + 360);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(json, &mut token);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&signature);
        if token.len() > LIMIT {
            return Err(TokenError::TooLarge { has: token.len(), limit: LIMIT });
        }
        let shortened = end < full;
        let with_key = shortened && until.is_none_or(|until| until.to_unix().0 > end);
        Ok(Issued { token, expires: Instant::from_unix(expires, 0), shortened, with_key })
    }

    /// The claims of both kinds.
    fn begin<'c>(
        &'c self,
        kind: Kind,
        user: &'c str,
        organization: Option<&'c str>,
        info: Option<&'c Value>,
    ) -> Result<Payload<'c>, TokenError> {
        claims::user(user)?;
        claims::names("the user", [user])?;
        claims::names("the organization", organization)?;
        info.map(claims::info).transpose()?;
        let (groups, about, grants, until) = (None, None, None, None);
        let (iat, exp, jti) = (0, 0, String::new());
        Ok(Payload { issuer: self, kind, user, organization, info, groups, about, grants, until, iat, exp, jti })
    }
}

/// The claims as they are written.
struct Payload<'c> {
    issuer: &'c Issuer,
    kind: Kind,
    user: &'c str,
    organization: Option<&'c str>,
    info: Option<&'c Value>,
    groups: Option<&'c [String]>,
    about: Option<&'c str>,
    grants: Option<&'c Grants>,
    until: Option<i64>,
    iat: i64,
    exp: i64,
    jti: String,
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("k", self.kind.name())?;
        some(&mut map, "pid", &self.issuer.project)?;
        map.serialize_entry("uid", self.user)?;
        some(&mut map, &self.issuer.organization, &self.organization)?;
        some(&mut map, "ui", &self.info)?;
        some(&mut map, "gids", &self.groups)?;
        some(&mut map, "kind", &self.about)?;
        some(&mut map, "perms", &self.grants)?;
        some(&mut map, "until", &self.until)?;
        map.serialize_entry("iat", &self.iat)?;
        map.serialize_entry("exp", &self.exp)?;
        map.serialize_entry("jti", &self.jti)?;
        some(&mut map, "iss", &self.issuer.issuer)?;
        some(&mut map, "aud", &self.issuer.audience)?;
        map.end()
    }
}

fn some<M: SerializeMap>(map: &mut M, name: &str, value: &Option<impl Serialize>) -> Result<(), M::Error> {
    value.as_ref().map_or(Ok(()), |value| map.serialize_entry(name, value))
}
