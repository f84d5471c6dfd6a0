//! Tokens: identities and accesses as signed JWTs, issued from a table and read back.
//!
//! Headers, JWKs and thumbprints are those of the `jsonwebtoken` crate, and signatures those of `aws-lc-rs`, which it signs
//! with, too: called directly, a key is read once and not for each token. The crates that read key files only read them.
//! There is no cryptography here. The clock is always a parameter.
//!
//! ```
//! use roomkey::Instant;
//! use roomkey::token::{Algorithm, Identity, Issuer, Key, Verifier};
//!
//! let (key, _pem) = Key::generate(Algorithm::EdDSA)?;
//! let verifier = Verifier::new([key.public().expect("EdDSA has a public half")]);
//! let issued = Issuer::new(key)?.identity(&Identity::new("marie@example.com"), Instant::from_unix(1_800_000_000, 0))?;
//! let read = verifier.verify(issued.token(), Instant::from_unix(1_800_000_060, 0))?;
//! assert_eq!(read.user(), Some("marie@example.com"));
//! # Ok::<(), roomkey::token::TokenError>(())
//! ```

mod ask;
mod carried;
mod claims;
mod duty;
mod error;
mod generate;
mod grants;
mod issue;
mod key;
mod opening;
mod read;
mod sign;
mod strict;
mod verify;

pub use ask::answer;
pub use carried::{Signing, identity};
pub use claims::{Access, Claims, Identity, Kind, LEEWAY_LIMIT, read_info};
pub use duty::keeps_apart;
pub use error::TokenError;
pub use grants::{Grants, Opened};
pub use issue::{Issued, Issuer, TTL};
pub use key::{Algorithm, Key, jwks};
pub use opening::{Extent, LeftOut, Opening, from_policy};
pub use read::{KeySet, RefusedKey};
pub use verify::{Inspected, LIMIT as TOKEN_LIMIT, Verifier, inspect};
