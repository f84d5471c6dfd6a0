//! The two halves of a key, read once and ready to sign and to verify.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey, crypto};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer as _, Verifier as _};
use rsa::traits::PublicKeyParts;

use super::TokenError;

const HS256: jsonwebtoken::Algorithm = jsonwebtoken::Algorithm::HS256;

/// What signs. Each wipes itself when it is dropped.
pub(super) enum Private {
    /// With random blinding, in constant time.
    Rs256(rsa::pkcs1v15::SigningKey<Sha256>),
    /// With the nonce of RFC 6979.
    Es256(p256::ecdsa::SigningKey),
    EdDSA(ed25519_dalek::SigningKey),
    Hs256(EncodingKey),
}

/// What verifies.
pub(super) enum Public {
    Rs256(rsa::pkcs1v15::VerifyingKey<Sha256>),
    Es256(p256::ecdsa::VerifyingKey),
    EdDSA(ed25519_dalek::VerifyingKey),
    /// The secret itself.
    Hs256(DecodingKey),
}

impl Private {
    /// The signature of a message, as it stands in a token.
    pub fn sign(&self, message: &[u8]) -> Result<String, TokenError> {
        const FAILED: TokenError = TokenError::Backend("the token could not be signed");
        Ok(match self {
            Private::Rs256(key) => URL_SAFE_NO_PAD.encode(key.try_sign(message).map_err(|_| FAILED)?.to_vec()),
            Private::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).map_err(|_| FAILED)?;
                URL_SAFE_NO_PAD.encode(signature.to_bytes())
            }
            Private::EdDSA(key) => URL_SAFE_NO_PAD.encode(ed25519_dalek::Signer::sign(key, message).to_bytes()),
            Private::Hs256(key) => crypto::sign(message, key, HS256).map_err(|_| FAILED)?,
        })
    }
}

impl Public {
    /// Whether a signature, as it stands in a token, is one of the message.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        if let Public::Hs256(key) = self {
            return crypto::verify(signature, message, key, HS256).unwrap_or(false);
        }
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        match self {
            Public::Rs256(key) => {
                rsa::pkcs1v15::Signature::try_from(&bytes[..]).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Public::Es256(key) => {
                p256::ecdsa::Signature::from_slice(&bytes).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Public::EdDSA(key) => {
                ed25519_dalek::Signature::from_slice(&bytes).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            Public::Hs256(_) => false,
        }
    }

    /// The key as `jsonwebtoken` knows it, which writes it as a JWK.
    pub fn decoding(&self) -> DecodingKey {
        match self {
            Public::Rs256(key) => {
                let key: &rsa::PublicKey = key.as_ref();
                DecodingKey::from_rsa_raw_components(&key.n_bytes(), &key.e_bytes())
            }
            Public::Es256(key) => DecodingKey::from_ec_der(key.to_sec1_point(false).as_bytes()),
            Public::EdDSA(key) => DecodingKey::from_ed_der(key.as_bytes()),
            Public::Hs256(key) => key.clone(),
        }
    }
}
