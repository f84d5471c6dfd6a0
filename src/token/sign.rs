//! The two halves of a key, read once and ready to sign and to verify, with the crate that `jsonwebtoken` itself signs with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use aws_lc_rs::{error::KeyRejected, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PublicKeyParts;

use super::TokenError;

/// What signs. Each wipes itself when it is dropped.
pub(super) enum Private {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDSA(Ed25519KeyPair),
    Hs256(Box<hmac::Key>),
}

/// What verifies.
pub(super) struct Public {
    half: Half,
    /// The key as `jsonwebtoken` knows it, which writes it as a JWK.
    pub jose: DecodingKey,
}

enum Half {
    Key(ParsedPublicKey),
    /// The secret itself.
    Secret(Box<hmac::Key>),
}

fn unfit(_: KeyRejected) -> TokenError {
    TokenError::Unreadable("its parts do not fit together".into())
}

impl Private {
    pub fn rsa(key: &rsa::PrivateKey) -> Result<Private, TokenError> {
        let der = key.to_pkcs8_der().map_err(|_| TokenError::Backend("the key cannot be written as DER"))?;
        RsaKeyPair::from_pkcs8(der.as_bytes()).map(Private::Rs256).map_err(unfit)
    }

    pub fn ec(key: &p256::SecretKey) -> Result<Private, TokenError> {
        let (scalar, point) = (zeroize::Zeroizing::new(key.to_bytes()), key.public_key().to_sec1_point(false));
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &scalar, point.as_bytes());
        pair.map(Private::Es256).map_err(unfit)
    }

    pub fn ed(key: &ed25519_dalek::SigningKey) -> Result<Private, TokenError> {
        let pair = Ed25519KeyPair::from_seed_and_public_key(key.as_bytes(), key.verifying_key().as_bytes());
        pair.map(Private::EdDSA).map_err(unfit)
    }

    pub fn secret(bytes: &[u8]) -> Private {
        Private::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The signature of a message, as it stands in a token.
    pub fn sign(&self, message: &[u8]) -> Result<String, TokenError> {
        const FAILED: TokenError = TokenError::Backend("the token could not be signed");
        Ok(match self {
            Private::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| FAILED)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Private::Es256(key) => URL_SAFE_NO_PAD.encode(key.sign(&SystemRandom::new(), message).map_err(|_| FAILED)?),
            Private::EdDSA(key) => URL_SAFE_NO_PAD.encode(key.try_sign(message).map_err(|_| FAILED)?),
            Private::Hs256(key) => URL_SAFE_NO_PAD.encode(hmac::sign(key, message)),
        })
    }
}

impl Public {
    pub fn rsa(key: &rsa::PublicKey) -> Result<Public, TokenError> {
        let (n, e) = (key.n_bytes(), key.e_bytes());
        let jose = DecodingKey::from_rsa_raw_components(&n, &e);
        let parsed = PublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        let half = Half::Key(parsed.map_err(|_| TokenError::Unreadable("its RSA numbers are out of range".into()))?);
        Ok(Public { half, jose })
    }

    pub fn ec(key: &p256::PublicKey) -> Result<Public, TokenError> {
        let point = key.to_sec1_point(false);
        let half = Half::Key(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes()).map_err(unfit)?);
        Ok(Public { half, jose: DecodingKey::from_ec_der(point.as_bytes()) })
    }

    pub fn ed(key: &ed25519_dalek::VerifyingKey) -> Result<Public, TokenError> {
        let half = Half::Key(ParsedPublicKey::new(&ED25519, key.as_bytes()).map_err(unfit)?);
        Ok(Public { half, jose: DecodingKey::from_ed_der(key.as_bytes()) })
    }

    pub fn secret(bytes: &[u8]) -> Public {
        let half = Half::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes)));
        Public { half, jose: DecodingKey::from_secret(bytes) }
    }

    /// Whether a signature, as it stands in a token, is one of the message.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        match &self.half {
            Half::Key(key) => key.verify_sig(message, &bytes).is_ok(),
            Half::Secret(key) => hmac::verify(key, message, &bytes).is_ok(),
        }
    }
}
