//! Keys from text: PEM (PKCS#1, PKCS#8, SEC1) and JWK (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, Document, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
    SubjectPublicKeyInfoRef,
};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey as RsaPrivateKey, PublicKey as RsaPublicKey};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::sign::{Private, Public};
use super::{Algorithm, Key, TokenError};

/// The most bits of an RSA key: verifying costs more with each.
const RSA_LIMIT: usize = 4096;
/// The newer name of EdDSA on this curve: RFC 9864, 2.2.
const ED25519: &str = "Ed25519";
/// The longest PEM block that is read.
const PEM_LIMIT: usize = 8 << 10;

/// The mark that some editors write before a text.
const BYTE_ORDER: char = '\u{feff}';

impl Key {
    /// Reads one key, PEM or JWK.
    ///
    /// # Errors
    /// A text that holds no key that is understood, and a weak key.
    pub fn read(text: &str) -> Result<Key, TokenError> {
        let text = text.strip_prefix(BYTE_ORDER).unwrap_or(text);
        match text.trim_start().starts_with('{') {
            true => jwk(serde_json::from_str(text).map_err(|e| json(&e))?),
            false => pem(text),
        }
    }

    /// Reads the keys of a JWK Set that can be used, or one key: [`KeySet::read`].
    ///
    /// # Errors
    /// As [`KeySet::read`].
    pub fn read_set(text: &str) -> Result<Vec<Key>, TokenError> {
        KeySet::read(text).map(|set| set.keys)
    }
}

/// The keys of a JWK Set, and those that cannot be used.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// What can be used.
    pub keys: Vec<Key>,
    /// Weak and damaged ones. Those that are for something else are in neither list.
    pub refused: Vec<RefusedKey>,
}

/// A key of a set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// Its number in the set, from 1 on.
    pub number: usize,
    /// Its name, where it has one.
    pub id: Option<String>,
    /// Why it is refused.
    pub why: TokenError,
}

impl KeySet {
    /// Reads a JWK Set, or one key, PEM or JWK. A key of a set that is weak or damaged does not spoil the others, and keys
    /// that sign nothing that is understood here are passed over.
    ///
    /// # Errors
    /// A text that holds no keys, and a set of which no key can be used: with the first reason.
    pub fn read(text: &str) -> Result<KeySet, TokenError> {
        let text = text.strip_prefix(BYTE_ORDER).unwrap_or(text);
        let one = |key| KeySet { keys: vec![key], refused: Vec::new() };
        if !text.trim_start().starts_with('{') {
            return Key::read(text).map(one);
        }
        let OneOrSet { keys: Some(texts) } = serde_json::from_str::<OneOrSet<'_>>(text).map_err(|e| json(&e))? else {
            return Key::read(text).map(one);
        };
        let mut set = KeySet { keys: Vec::new(), refused: Vec::new() };
        for (number, text) in (1..).zip(texts) {
            let text = text.get();
            let read = match serde_json::from_str::<Fields>(text) {
                Ok(fields) if !fields.signs() => continue,
                Ok(fields) => jwk(fields),
                Err(_) => Err(unreadable("it is no JWK")),
            };
            match read {
                Ok(key) => set.keys.push(key),
                Err(why) => {
                    let id = serde_json::from_str::<Named>(text).ok().and_then(|named| named.kid);
                    set.refused.push(RefusedKey { number, id, why });
                }
            }
        }
        match (set.keys.is_empty(), set.refused.first()) {
            (true, Some(RefusedKey { why, .. })) => Err(why.clone()),
            _ => Ok(set),
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
struct OneOrSet<'t> {
    #[serde(borrow)]
    keys: Option<Vec<&'t RawValue>>,
}

/// The name of a key of which no more can be read.
#[derive(Deserialize)]
struct Named {
    kid: Option<String>,
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
    key_ops: Option<Vec<String>>,
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
        let named = self.alg.as_deref().is_none_or(|a| a == ED25519 || a.parse::<Algorithm>().is_ok());
        kind && named && self.other_use().is_none()
    }

    /// Why it is for something else than signatures.
    fn other_use(&self) -> Option<&'static str> {
        if self.usage.as_deref().is_some_and(|u| u != "sig") {
            return Some("its `use` is not `sig`: it is no key for signatures");
        }
        match (self.can("sign"), self.can("verify")) {
            (false, false) => Some("its `key_ops` have neither `sign` nor `verify`: it is no key for signatures"),
            (true, false) if self.kty != "oct" && self.d.is_none() => Some("it is public, and its `key_ops` have no `verify`"),
            _ => None,
        }
    }

    /// Whether its `key_ops` have an operation; without them it is for every one.
    fn can(&self, operation: &str) -> bool {
        self.key_ops.as_ref().is_none_or(|all| all.iter().any(|o| o == operation))
    }
}

fn jwk(fields: Fields) -> Result<Key, TokenError> {
    if let Some(why) = fields.other_use() {
        return Err(unreadable(why));
    }
    let mut key = match (&*fields.kty, fields.crv.as_deref()) {
        ("RSA", _) => rsa_jwk(&fields),
        ("EC", Some("P-256")) => ec_jwk(&fields),
        ("OKP", Some("Ed25519")) => ed_jwk(&fields),
        ("oct", _) => secret(&bytes(&fields.k, "k")?),
        _ => Err(unreadable("its `kty` and `crv` are none of RSA, EC with P-256, OKP with Ed25519, and oct")),
    }?;
    let is_named = |alg: &str| alg == key.algorithm().name() || alg == ED25519 && key.algorithm() == Algorithm::EdDSA;
    if fields.alg.as_deref().is_some_and(|alg| !is_named(alg)) {
        return Err(TokenError::Unreadable(format!("its `alg` is not {}, which its kind of key is for", key.algorithm())));
    }
    key.given_id.clone_from(&fields.kid);
    if !fields.can("sign") {
        key.signing = None;
    }
    Ok(key)
}

fn bytes(field: &Option<String>, name: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let text = field.as_deref().ok_or_else(|| TokenError::Unreadable(format!("the JWK has no `{name}`")))?;
    let read = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    read.map(Zeroizing::new).map_err(|_| TokenError::Unreadable(format!("`{name}` of the JWK is no base64url")))
}

fn number(field: &Option<String>, name: &str) -> Result<BoxedUint, TokenError> {
    let bytes = bytes(field, name)?;
    let large = || TokenError::Unreadable(format!("`{name}` of the JWK has more than {RSA_LIMIT} bits"));
    // Of the private numbers only the room that they take is looked at, which is public.
    if bytes.len() > RSA_LIMIT / 8 + 1 {
        return Err(large());
    }
    BoxedUint::from_be_slice(&bytes, bytes.len() as u32 * 8).map_err(|_| large())
}

fn rsa_jwk(fields: &Fields) -> Result<Key, TokenError> {
    let (n, e) = (number(&fields.n, "n")?, number(&fields.e, "e")?);
    if fields.d.is_none() {
        return rsa_public(&RsaPublicKey::new(n, e).map_err(|_| unreadable("its RSA numbers are out of range"))?);
    }
    let primes = vec![number(&fields.p, "p")?, number(&fields.q, "q")?];
    let key = RsaPrivateKey::from_components(n, e, number(&fields.d, "d")?, primes);
    rsa_private(key.map_err(|_| unreadable("its RSA numbers do not fit together"))?)
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
    ed_private(private)
}

/// A secret for HMAC.
pub(super) fn secret(bytes: &[u8]) -> Result<Key, TokenError> {
    let bits = Algorithm::Hs256.strong(bytes.len() * 8)?;
    Key::new(Algorithm::Hs256, bits, Public::secret(bytes), Some(Private::secret(bytes)))
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
        if length > PEM_LIMIT {
            return Err(unreadable("the PEM block is larger than that of any key that is read"));
        }
        let damaged = |_| unreadable("the PEM block is damaged");
        return match label {
            "EC PARAMETERS" => continue,
            "RSA PRIVATE KEY" => rsa_private(
                RsaPrivateKey::from_pkcs1_pem(block).map_err(|_| unreadable("the PEM block is damaged or encrypted"))?,
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

/// The object identifier of `id-RSASSA-PSS`: RFC 4055, 3.1.
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const NO_PSS: &str = "it is an RSA key for PSS signatures alone, and RS256 signs with PKCS#1 v1.5";

fn pkcs8_private(block: &str) -> Result<Key, TokenError> {
    let der = SecretDocument::from_pem(block).ok();
    if der.is_some_and(|(_, der)| der.decode_msg::<PrivateKeyInfoRef<'_>>().is_ok_and(|key| key.algorithm.oid == PSS)) {
        return Err(unreadable(NO_PSS));
    }
    if let Ok(key) = RsaPrivateKey::from_pkcs8_pem(block) {
        return rsa_private(key);
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_pem(block) {
        return ec_private(&key);
    }
    match SigningKey::from_pkcs8_pem(block) {
        Ok(key) => ed_private(key),
        Err(_) => Err(unreadable("the PEM block is damaged, or no key of RSA, P-256 or Ed25519")),
    }
}

fn pkcs8_public(block: &str) -> Result<Key, TokenError> {
    let der = Document::from_pem(block).ok();
    if der.is_some_and(|(_, der)| der.decode_msg::<SubjectPublicKeyInfoRef<'_>>().is_ok_and(|key| key.algorithm.oid == PSS)) {
        return Err(unreadable(NO_PSS));
    }
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

fn rsa_size(key: &impl PublicKeyParts) -> Result<usize, TokenError> {
    match key.n().bit_width() as usize {
        bits if bits > RSA_LIMIT => Err(TokenError::Unreadable(format!("it has {bits} bits, and the limit is {RSA_LIMIT}"))),
        bits => Algorithm::Rs256.strong(bits),
    }
}

fn rsa_public(key: &RsaPublicKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::Rs256, rsa_size(key)?, Public::rsa(key)?, None)
}

pub(super) fn rsa_private(key: RsaPrivateKey) -> Result<Key, TokenError> {
    let (bits, public) = (rsa_size(&key)?, Public::rsa(&key.to_public_key())?);
    Key::new(Algorithm::Rs256, bits, public, Some(Private::rsa(&key)?))
}

fn ec_public(key: &p256::PublicKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::Es256, 256, Public::ec(key)?, None)
}

pub(super) fn ec_private(key: &p256::SecretKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::Es256, 256, Public::ec(&key.public_key())?, Some(Private::ec(key)?))
}

fn ed_public(key: &VerifyingKey) -> Result<Key, TokenError> {
    // A key of low order fits to signatures that anybody can write.
    if key.is_weak() {
        return Err(unreadable("it is a weak point of Ed25519"));
    }
    Key::new(Algorithm::EdDSA, 256, Public::ed(key)?, None)
}

pub(super) fn ed_private(key: SigningKey) -> Result<Key, TokenError> {
    Key::new(Algorithm::EdDSA, 256, Public::ed(&key.verifying_key())?, Some(Private::ed(&key)?))
}
