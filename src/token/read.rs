//! Keys from text: PEM (PKCS#1, PKCS#8, SEC1) and JWK (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Algorithm, Key, TokenError};

impl Key {
    /// Reads one key, PEM or JWK.
    ///
    /// # Errors
    /// A text that holds no key that is understood, and a weak key.
    pub fn read(text: &str) -> Result<Key, TokenError> {
        match text.trim_start().starts_with('{') {
            true => jwk(serde_json::from_str(text).map_err(|e| json(&e))?),
            false => pem(text),
        }
    }

    /// Reads a JWK Set, or one key. Keys of a set that sign nothing that is understood here are passed over.
    ///
    /// # Errors
    /// As [`Key::read`].
    pub fn read_set(text: &str) -> Result<Vec<Key>, TokenError> {
        if !text.trim_start().starts_with('{') {
            return Ok(vec![Key::read(text)?]);
        }
        match serde_json::from_str::<OneOrSet>(text).map_err(|e| json(&e))? {
            OneOrSet { keys: Some(keys) } => keys.into_iter().filter(Fields::signs).map(jwk).collect(),
            OneOrSet { keys: None } => Ok(vec![Key::read(text)?]),
        }
    }
}

/// What is wrong with JSON, by its place alone: the reader's own words could quote the key.
fn json(error: &serde_json::Error) -> TokenError {
    TokenError::Unreadable(format!("it is no JWK (line {}, column {})", error.line(), error.column()))
}

fn unreadable(why: &str) -> TokenError {
    TokenError::Unreadable(why.into())
}

#[derive(Deserialize)]
struct OneOrSet {
    keys: Option<Vec<Fields>>,
}

/// The fields of a JWK.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
struct Fields {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    x: Option<String>,
    y: Option<String>,
    k: Option<String>,
}

impl Fields {
    /// Whether a key of a set is for signatures of an algorithm that is understood here.
    fn signs(&self) -> bool {
        let kind =
            matches!((&*self.kty, self.crv.as_deref()), ("RSA" | "oct", _) | ("EC", Some("P-256")) | ("OKP", Some("Ed25519")));
        let named = self.alg.as_deref().is_none_or(|a| a.parse::<Algorithm>().is_ok());
        kind && named && self.usage.as_deref().is_none_or(|u| u == "sig")
    }
}

fn jwk(fields: Fields) -> Result<Key, TokenError> {
    let mut key = match (&*fields.kty, fields.crv.as_deref()) {
        ("RSA", _) => rsa_jwk(&fields),
        ("EC", Some("P-256")) => ec_jwk(&fields),
        ("OKP", Some("Ed25519")) => ed_jwk(&fields),
        ("oct", _) => secret(&bytes(&fields.k, "k")?),
        _ => Err(unreadable("its `kty` and `crv` are none of RSA, EC with P-256, OKP with Ed25519, and oct")),
    }?;
    if fields.alg.as_deref().is_some_and(|a| a != key.algorithm().name()) {
        return Err(TokenError::Unreadable(format!("its `alg` is not {}, which its kind of key is for", key.algorithm())));
    }
    key.given_id.clone_from(&fields.kid);
    Ok(key)
}

fn bytes(field: &Option<String>, name: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let text = field.as_deref().ok_or_else(|| TokenError::Unreadable(format!("the JWK has no `{name}`")))?;
    let read = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    read.map(Zeroizing::new).map_err(|_| TokenError::Unreadable(format!("`{name}` of the JWK is no base64url")))
}

fn number(field: &Option<String>, name: &str) -> Result<BigUint, TokenError> {
    let bytes = bytes(field, name)?;
    // Larger numbers than those of 8192 bits only cost time.
    if bytes.len() > 1025 {
        return Err(TokenError::Unreadable(format!("`{name}` of the JWK is too large")));
    }
    Ok(BigUint::from_bytes_be(&bytes))
}

fn rsa_jwk(fields: &Fields) -> Result<Key, TokenError> {
    let (n, e) = (number(&fields.n, "n")?, number(&fields.e, "e")?);
    if fields.d.is_none() {
        return rsa_public(&RsaPublicKey::new(n, e).map_err(|_| unreadable("its RSA numbers are out of range"))?);
    }
    let primes = match &fields.p {
        Some(_) => vec![number(&fields.p, "p")?, number(&fields.q, "q")?],
        None => Vec::new(),
    };
    let key = RsaPrivateKey::from_components(n, e, number(&fields.d, "d")?, primes);
    rsa_private(&key.map_err(|_| unreadable("its RSA numbers do not fit together"))?)
}

fn ec_jwk(fields: &Fields) -> Result<Key, TokenError> {
    let point = || unreadable("it is no point of P-256");
    let (x, y) = (bytes(&fields.x, "x")?, bytes(&fields.y, "y")?);
    let sec1 = [&[4][..], &x, &y].concat();
    let public = p256::PublicKey::from_sec1_bytes(&sec1).map_err(|_| point())?;
    if fields.d.is_none() {
        return ec_public(&public);
    }
    let private = p256::SecretKey::from_slice(&bytes(&fields.d, "d")?).map_err(|_| point())?;
    if private.public_key() != public {
        return Err(unreadable("its private and its public half do not fit together"));
    }
    ec_private(&private)
}

fn ed_jwk(fields: &Fields) -> Result<Key, TokenError> {
    let size = |b: Zeroizing<Vec<u8>>| <[u8; 32]>::try_from(&b[..]).map_err(|_| unreadable("an Ed25519 key has 32 bytes"));
    let public = VerifyingKey::from_bytes(&size(bytes(&fields.x, "x")?)?);
    let public = public.map_err(|_| unreadable("it is no point of Ed25519"))?;
    if fields.d.is_none() {
        return ed_public(&public);
    }
    let private = SigningKey::from_bytes(&Zeroizing::new(size(bytes(&fields.d, "d")?)?));
    if private.verifying_key() != public {
        return Err(unreadable("its private and its public half do not fit together"));
    }
    ed_private(&private)
}

/// A secret for HMAC.
pub(super) fn secret(bytes: &[u8]) -> Result<Key, TokenError> {
    let (verifying, signing) = (DecodingKey::from_secret(bytes), EncodingKey::from_secret(bytes));
    Key::new(Algorithm::Hs256, bytes.len() * 8, verifying, Some(signing))
}

/// The first PEM block that is a key; the parameters of a curve may stand before it.
fn pem(text: &str) -> Result<Key, TokenError> {
    const BEGIN: &str = "-----BEGIN ";
    let none = || unreadable("it is neither PEM nor JWK");
    let mut rest = text;
    loop {
        rest = &rest[rest.find(BEGIN).ok_or_else(none)?..];
        let label = rest[BEGIN.len()..].split_once("-----").ok_or_else(none)?.0;
        let end = format!("-----END {label}-----");
        let length = rest.find(&end).ok_or_else(|| unreadable("the PEM block has no end"))? + end.len();
        let block = &rest[..length];
        rest = &rest[length..];
        let damaged = |_| unreadable("the PEM block is damaged");
        return match label {
            "EC PARAMETERS" => continue,
            "RSA PRIVATE KEY" => rsa_private(
                &RsaPrivateKey::from_pkcs1_pem(block).map_err(|_| unreadable("the PEM block is damaged or encrypted"))?,
            ),
            "RSA PUBLIC KEY" => rsa_public(&RsaPublicKey::from_pkcs1_pem(block).map_err(damaged)?),
            "EC PRIVATE KEY" => {
                ec_private(&p256::SecretKey::from_sec1_pem(block).map_err(|_| unreadable("it is no private key of P-256"))?)
            }
            "PRIVATE KEY" => pkcs8_private(block),
            "PUBLIC KEY" => pkcs8_public(block),
            "ENCRYPTED PRIVATE KEY" => Err(unreadable("it is encrypted, and keys are read without a password")),
            _ => Err(unreadable("its PEM label is that of no key")),
        };
    }
}

fn pkcs8_private(block: &str) -> Result<Key, TokenError> {
    if let Ok(key) = RsaPrivateKey::from_pkcs8_pem(block) {
        return rsa_private(&key);
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_pem(block) {
        return ec_private(&key);
    }
    match SigningKey::from_pkcs8_pem(block) {
        Ok(key) => ed_private(&key),
        Err(_) => Err(unreadable("the PEM block is damaged, or no key of RSA, P-256 or Ed25519")),
    }
}

fn pkcs8_public(block: &str) -> Result<Key, TokenError> {
    if let Ok(key) = RsaPublicKey::from_public_key_pem(block) {
        return rsa_public(&key);
    }
    if let Ok(key) = p256::PublicKey::from_public_key_pem(block) {
        return ec_public(&key);
    }
    match VerifyingKey::from_public_key_pem(block) {
        Ok(key) => ed_public(&key),
        Err(_) => Err(unreadable("the PEM block is damaged, or no key of RSA, P-256 or Ed25519")),
    }
}

fn rsa_decoding(key: &impl PublicKeyParts) -> DecodingKey {
    DecodingKey::from_rsa_raw_components(&key.n().to_bytes_be(), &key.e().to_bytes_be())
}

fn rsa_public(key: &RsaPublicKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::Rs256, key.n().bits(), rsa_decoding(key), None)
}

pub(super) fn rsa_private(key: &RsaPrivateKey) -> Result<Key, TokenError> {
    let der = key.to_pkcs1_der().map_err(|_| TokenError::Backend("the RSA key cannot be written"))?;
    let signing = EncodingKey::from_rsa_der(der.as_bytes());
    Key::new(Algorithm::Rs256, key.n().bits(), rsa_decoding(key), Some(signing))
}

fn ec_public(key: &p256::PublicKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::Es256, 256, DecodingKey::from_ec_der(key.to_encoded_point(false).as_bytes()), None)
}

pub(super) fn ec_private(key: &p256::SecretKey) -> Result<Key, TokenError> {
    let der = key.to_pkcs8_der().map_err(|_| TokenError::Backend("the EC key cannot be written"))?;
    let verifying = DecodingKey::from_ec_der(key.public_key().to_encoded_point(false).as_bytes());
    Key::new(Algorithm::Es256, 256, verifying, Some(EncodingKey::from_ec_der(der.as_bytes())))
}

fn ed_public(key: &VerifyingKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::EdDSA, 256, DecodingKey::from_ed_der(key.as_bytes()), None)
}

pub(super) fn ed_private(key: &SigningKey) -> Result<Key, TokenError> {
    let der = key.to_pkcs8_der().map_err(|_| TokenError::Backend("the Ed25519 key cannot be written"))?;
    let verifying = DecodingKey::from_ed_der(key.verifying_key().as_bytes());
    Key::new(Algorithm::EdDSA, 256, verifying, Some(EncodingKey::from_ed_der(der.as_bytes())))
}
