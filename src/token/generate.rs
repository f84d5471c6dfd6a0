//! New keys, from the system's random source.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding as OldLineEnding;
use p256::elliptic_curve::Generate;
use rsa::PrivateKey as RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use zeroize::Zeroizing;

use super::{Algorithm, Key, TokenError, read};

const RANDOM: TokenError = TokenError::Backend("the system gives no random numbers");

impl Key {
    /// A new key, and the text of its file: PKCS#8 in PEM, or a JWK where the key is a secret. The text is wiped when it
    /// is dropped.
    ///
    /// # Errors
    /// A system that gives no random numbers.
    pub fn generate(algorithm: Algorithm) -> Result<(Key, Zeroizing<String>), TokenError> {
        const FAILED: TokenError = TokenError::Backend("the key cannot be written as PEM");
        match algorithm {
            Algorithm::Rs256 => {
                const NONE: TokenError = TokenError::Backend("no RSA key could be made");
                let made = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| NONE)?;
                let der: Pkcs8V1Der<'_> = made.as_der().map_err(|_| NONE)?;
                let key = RsaPrivateKey::from_pkcs8_der(der.as_ref()).map_err(|_| NONE)?;
                let text = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| FAILED)?;
                Ok((read::rsa_private(key)?, text))
            }
            Algorithm::Es256 => {
                let key = p256::SecretKey::try_generate().map_err(|_| RANDOM)?;
                Ok((read::ec_private(&key)?, key.to_pkcs8_pem(LineEnding::LF).map_err(|_| FAILED)?))
            }
            Algorithm::EdDSA => {
                let key = SigningKey::from_bytes(&*random()?);
                // With its public half it would be the second version of PKCS#8, which OpenSSL 3.0 does not read.
                let alone = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let text = alone.to_pkcs8_pem(OldLineEnding::LF).map_err(|_| FAILED)?;
                Ok((read::ed_private(key)?, text))
            }
            Algorithm::Hs256 => {
                let bytes = random::<32>()?;
                let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(&bytes[..]));
                let text = format!("{{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"{}\"}}\n", *encoded);
                Ok((read::secret(&bytes[..])?, Zeroizing::new(text)))
            }
        }
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, TokenError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut bytes[..]).map_err(|_| RANDOM)?;
    Ok(bytes)
}
