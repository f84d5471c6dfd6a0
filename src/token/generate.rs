//! New keys, from the system's random source.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rand_core::{OsRng, RngCore};
use rsa::RsaPrivateKey;
use zeroize::Zeroizing;

use super::{Algorithm, Key, TokenError, read};

/// The size of new RSA keys.
const RSA_BITS: usize = 2048;

impl Key {
    /// A new key, and the text of its file: PKCS#8 in PEM, or a JWK where the key is a secret. The text is wiped when it
    /// is dropped.
    ///
    /// # Errors
    /// A system that gives no random numbers.
    pub fn generate(algorithm: Algorithm) -> Result<(Key, Zeroizing<String>), TokenError> {
        let failed = |_| TokenError::Backend("the key cannot be written as PEM");
        match algorithm {
            Algorithm::Rs256 => {
                let key = RsaPrivateKey::new(&mut OsRng, RSA_BITS);
                let key = key.map_err(|_| TokenError::Backend("no RSA key could be made"))?;
                Ok((read::rsa_private(&key)?, key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?))
            }
            Algorithm::Es256 => {
                let key = p256::SecretKey::random(&mut OsRng);
                Ok((read::ec_private(&key)?, key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?))
            }
            Algorithm::EdDSA => {
                let key = SigningKey::generate(&mut OsRng);
                Ok((read::ed_private(&key)?, key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?))
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
    OsRng.try_fill_bytes(&mut bytes[..]).map_err(|_| TokenError::Backend("the system gives no random numbers"))?;
    Ok(bytes)
}
