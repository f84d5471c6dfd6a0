//! A key: for one algorithm alone, and known by its RFC 7638 thumbprint.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use serde_json::{Value, json};

use super::TokenError;
use super::sign::{Private, Public};
use crate::Instant;

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA, PKCS#1 v1.5, SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDSA,
    /// HMAC with SHA-256: who verifies can sign.
    Hs256,
}

/// All of them.
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDSA, Algorithm::Hs256];

impl Algorithm {
    /// Its name in JOSE.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
            Algorithm::Hs256 => "HS256",
        }
    }

    pub(super) fn jose(self) -> jsonwebtoken::Algorithm {
        match self {
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
            Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        }
    }

    /// The size of a key, where it is large enough to be safe.
    pub(super) fn strong(self, bits: usize) -> Result<usize, TokenError> {
        match if self == Algorithm::Rs256 { 2048 } else { 256 } {
            least if bits < least => Err(TokenError::Weak { algorithm: self, has: bits, least }),
            _ => Ok(bits),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = TokenError;
    fn from_str(name: &str) -> Result<Algorithm, TokenError> {
        ALGORITHMS.into_iter().find(|a| a.name() == name).ok_or(TokenError::UnknownAlgorithm)
    }
}

/// A key that verifies and, where it is private, signs. It never shows what is secret in it.
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    id: String,
    /// The name that a key set gives it.
    pub(super) given_id: Option<String>,
    bits: usize,
    jwk: Jwk,
    pub(super) signing: Option<Arc<Private>>,
    pub(super) verifying: Arc<Public>,
    /// From when and until when it counts.
    pub(super) from: Option<Instant>,
    pub(super) until: Option<Instant>,
}

impl Key {
    /// A key of its two halves, which are strong enough.
    pub(super) fn new(algorithm: Algorithm, bits: usize, verifying: Public, signing: Option<Private>) -> Result<Key, TokenError> {
        let unread = |_| TokenError::Unreadable("its parts do not fit together".into());
        let mut jwk = Jwk::from_decoding_key(&verifying.jose, Some(algorithm.jose())).map_err(unread)?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(unread)?;
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let (signing, verifying) = (signing.map(Arc::new), Arc::new(verifying));
        Ok(Key { algorithm, id, given_id: None, bits, jwk, signing, verifying, from: None, until: None })
    }

    /// The algorithm that it is for, and the only one.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid` of its tokens: the RFC 7638 thumbprint with SHA-256.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its size.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Whether it can sign.
    pub fn is_private(&self) -> bool {
        self.signing.is_some()
    }

    /// Its public half; none of a secret, which has none.
    pub fn public(&self) -> Option<Key> {
        (self.algorithm != Algorithm::Hs256).then(|| Key { signing: None, ..self.clone() })
    }

    /// The same key, for tokens issued from one time and verified until another.
    pub fn during(self, from: Option<Instant>, until: Option<Instant>) -> Key {
        Key { from, until, ..self }
    }

    /// Whether it signs or verifies at a time.
    ///
    /// # Errors
    /// A key that is not in use yet, or retired.
    pub fn in_use(&self, at: Instant) -> Result<(), TokenError> {
        self.in_use_for(at, 0)
    }

    /// Whether it verifies at a time, where clocks may differ by some seconds: who signs with a new key may be ahead. A
    /// retired one is retired for every clock.
    pub(super) fn in_use_for(&self, at: Instant, leeway: u32) -> Result<(), TokenError> {
        let (seconds, nanos) = at.to_unix();
        let ahead = Instant::from_unix(seconds.saturating_add(i64::from(leeway)), nanos);
        match (self.from, self.until) {
            (Some(from), _) if ahead < from => Err(TokenError::KeyTime(format!("is not in use before {from}"))),
            (_, Some(until)) if at >= until => Err(TokenError::KeyTime(format!("was retired at {until}"))),
            _ => Ok(()),
        }
    }

    /// From when it counts; none is from always.
    pub fn since(&self) -> Option<Instant> {
        self.from
    }

    /// When it is retired; none is never.
    pub fn retires(&self) -> Option<Instant> {
        self.until
    }

    /// Whether a token names it.
    pub(super) fn is_named(&self, id: &str) -> bool {
        self.id == id || self.given_id.as_deref() == Some(id)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Key");
        shown.field("algorithm", &self.algorithm).field("bits", &self.bits).field("private", &self.is_private());
        shown.finish_non_exhaustive()
    }
}

/// The public keys as a JWK Set (RFC 7517). Secrets have no public half and are left out.
pub fn jwks<'k>(keys: impl IntoIterator<Item = &'k Key>) -> Value {
    let public = keys.into_iter().filter(|k| k.algorithm != Algorithm::Hs256);
    let shown: Vec<Value> = public.map(|k| serde_json::to_value(&k.jwk).unwrap_or_default()).collect();
    json!({ "keys": shown })
}
