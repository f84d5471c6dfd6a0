//! Issues tokens: claims in, a signed JWT out.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Header;
use serde_json::{Map, Value, json};

use super::claims::{self, ORGANIZATION};
use super::{Access, Identity, Key, Kind, TokenError, generate};
use crate::Instant;

/// How long a token lasts, unless said otherwise: an hour.
pub const TTL: u32 = 3600;

/// Signs tokens with one key. Shared freely between threads.
#[derive(Clone, Debug)]
pub struct Issuer {
    key: Key,
    header: Header,
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

    /// Whether it ends before its lifetime, with the first of what it carries.
    pub fn is_shortened(&self) -> bool {
        self.shortened
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Claims that mean something of their own.
const TAKEN: &[&str] = &["k", "kind", "pid", "uid", "gids", "ui", "perms", "iat", "exp", "nbf", "jti", "iss", "aud", "sub"];

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
        let mut all = self.begin(Kind::Identity, &who.user, who.organization.as_deref(), who.info.as_ref())?;
        all.insert("gids".into(), json!(who.groups));
        self.sign(all, who.until, at)
    }

    /// An access token.
    ///
    /// # Errors
    /// As [`Issuer::identity`].
    pub fn access(&self, access: &Access, at: Instant) -> Result<Issued, TokenError> {
        access.grants.fit()?;
        let mut all = self.begin(Kind::Access, &access.user, access.organization.as_deref(), access.info.as_ref())?;
        if let Some(kind) = &access.kind {
            all.insert("kind".into(), kind.as_str().into());
        }
        all.insert("perms".into(), access.grants.to_json());
        self.sign(all, access.until, at)
    }

    fn begin(
        &self,
        kind: Kind,
        user: &str,
        organization: Option<&str>,
        info: Option<&Value>,
    ) -> Result<Map<String, Value>, TokenError> {
        claims::user(user)?;
        let mut all = Map::new();
        all.insert("k".into(), kind.name().into());
        if let Some(project) = &self.project {
            all.insert("pid".into(), project.as_str().into());
        }
        all.insert("uid".into(), user.into());
        if let Some(organization) = organization {
            all.insert(self.organization.clone(), organization.into());
        }
        if let Some(info) = info {
            claims::info(info)?;
            all.insert("ui".into(), info.clone());
        }
        Ok(all)
    }

    fn sign(&self, mut all: Map<String, Value>, until: Option<Instant>, at: Instant) -> Result<Issued, TokenError> {
        self.key.in_use(at)?;
        let issued = at.to_unix().0;
        let full = issued.saturating_add(i64::from(self.ttl));
        // Nobody verifies with a key that is retired.
        let end = until.into_iter().chain(self.key.until).map(|u| u.to_unix().0).min().unwrap_or(i64::MAX);
        let expires = full.min(end);
        if expires <= issued {
            return Err(TokenError::Unfit("the token would end before it begins: what it carries ends at once".into()));
        }
        all.insert("iat".into(), issued.into());
        all.insert("exp".into(), expires.into());
        all.insert("jti".into(), URL_SAFE_NO_PAD.encode(&generate::random::<16>()?[..]).into());
        if let Some(issuer) = &self.issuer {
            all.insert("iss".into(), issuer.as_str().into());
        }
        if let Some(audience) = &self.audience {
            all.insert("aud".into(), audience.as_str().into());
        }
        let key = self.key.signing.as_ref().ok_or(TokenError::CannotSign)?;
        let token = jsonwebtoken::encode(&self.header, &all, key);
        let token = token.map_err(|_| TokenError::Backend("the token could not be signed"))?;
        Ok(Issued { token, expires: Instant::from_unix(expires, 0), shortened: end < full })
    }
}
