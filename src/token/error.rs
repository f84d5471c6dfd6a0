//! Why a key or a token is refused. No message holds a token, a key or a secret.

use super::grants::MOST;
use super::key::Algorithm;

/// Why a key or a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A text that holds no key that is understood.
    #[error("the key cannot be read: {0}")]
    Unreadable(String),
    /// A key that is too short to be safe.
    #[error("the key is too weak: {has} bits, and {algorithm} needs {least} or more")]
    Weak {
        /// What it would sign with.
        algorithm: Algorithm,
        /// Its size.
        has: usize,
        /// The least size.
        least: usize,
    },
    /// A public key where a private one is needed.
    #[error("the key is public, and signing needs the private one")]
    CannotSign,
    /// The backend could not make a key or a signature.
    #[error("{0}")]
    Backend(&'static str),
    /// A text that has not the shape of a token.
    #[error("this is no token: {0}")]
    Malformed(&'static str),
    /// A token that is longer than any that is read.
    #[error("the token is too large: the limit is {limit} bytes")]
    TooLarge {
        /// Its length, or as much of it as was read.
        has: usize,
        /// The most.
        limit: usize,
    },
    /// `alg: none`.
    #[error("the token is not signed: its algorithm is `none`")]
    Unsigned,
    /// An algorithm that is not supported.
    #[error("the token's algorithm is none of RS256, ES256, EdDSA and HS256")]
    UnknownAlgorithm,
    /// An algorithm that is not that of the key.
    #[error("the token claims the algorithm {token}, and its key is for {key}")]
    OtherAlgorithm {
        /// What the token says.
        token: Algorithm,
        /// What the key is for.
        key: Algorithm,
    },
    /// A `kid` that no key has.
    #[error("the token is signed with a key that is not known here: no key has its `kid`")]
    UnknownKey,
    /// The token's key is there, and cannot be used.
    #[error("the token is signed with a key that is refused here: {0}")]
    RefusedKey(String),
    /// No `kid`, and several keys.
    #[error("the token does not say which key signed it: it has no `kid`, and there are {0} keys")]
    NoKeyId(usize),
    /// Nothing to verify with.
    #[error("there is no key to verify with")]
    NoKeys,
    /// A key outside of its time.
    #[error("the token's key {0}")]
    KeyTime(String),
    /// A header that asks for an understanding that is not here.
    #[error("the token's header has `crit`, and no extension is understood here")]
    Critical,
    /// A signature that does not fit.
    #[error("the signature is wrong: the token was changed, or another key signed it")]
    Signature,
    /// A name that stands twice in one object.
    #[error("the {part} {} `{name}` twice", if *.part == "claims" { "say" } else { "says" })]
    Duplicate {
        /// `header` or `claims`.
        part: &'static str,
        /// The name.
        name: String,
    },
    /// A claim that is missing.
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    /// A claim of another type or size than it must have.
    #[error("the claim `{claim}` {why}")]
    Claim {
        /// The claim.
        claim: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The time is over.
    #[error("the token expired at {0}")]
    Expired(String),
    /// What the token carries is over, where clocks that differ could have let it pass.
    #[error("the token ended at {0} with the first of what it carries")]
    Ended(String),
    /// The time has not come.
    #[error("the token is not valid before {0}")]
    Early(String),
    /// Another issuer than the one wanted.
    #[error("the token is not from the issuer that is wanted: its `iss` differs")]
    Issuer,
    /// Another audience than the one wanted.
    #[error("the token is not for the audience that is wanted: its `aud` differs")]
    Audience,
    /// An audience where none is given.
    #[error("the token is for an audience, and none is given here")]
    NoAudience,
    /// Another kind of token than the one wanted.
    #[error("this is {0}, and {1} is wanted")]
    Kind(&'static str, &'static str),
    /// A kind of resource that the policy does not have.
    #[error("the token is about the kind `{kind}`, and the policy has none of that name")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// The closest one.
        near: Option<String>,
    },
    /// A permission that the policy's kind does not declare.
    #[error("kind `{kind}` does not declare the permission `{permission}`")]
    Permission {
        /// The kind.
        kind: String,
        /// The permission.
        permission: String,
        /// The closest one.
        near: Option<String>,
    },
    /// More entries than a token holds.
    #[error("{}", too_many(*.has, .beyond))]
    TooMany {
        /// How many there are.
        has: usize,
        /// Those that do not fit.
        beyond: Vec<String>,
    },
    /// What of a user's access does not fit into a token.
    #[error("{}", .0.join("; "))]
    Misfits(Vec<String>),
    /// Two permissions that one token may not give together.
    #[error("{0}")]
    Duties(String),
    /// What a token cannot carry.
    #[error("{0}")]
    Unfit(String),
}

/// The names of the first of some things in backticks, and how many more there are.
pub(super) fn some<N: AsRef<str>>(names: impl ExactSizeIterator<Item = N>) -> String {
    const NAMED: usize = 5;
    let count = names.len();
    let named: Vec<String> = names.take(NAMED).map(|name| format!("`{}`", name.as_ref())).collect();
    match count.saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn too_many(has: usize, beyond: &[String]) -> String {
    let (names, do_not) = (some(beyond.iter()), if beyond.len() == 1 { "does not" } else { "do not" });
    format!("the token has {has} entries, and the limit is {MOST}: {names} {do_not} fit")
}

impl TokenError {
    /// What to type.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            TokenError::Unreadable(_) => "a key is PEM (PKCS#1, PKCS#8, SEC1) or JWK; `roomkey keys generate` makes one",
            TokenError::Weak { .. } => "`roomkey keys generate` makes a key that is strong enough",
            TokenError::CannotSign => "give the private key in the manifest: `key = { file = \"keys/current.pem\" }`",
            TokenError::UnknownKey | TokenError::NoKeys => "give the issuer's keys: `--jwks FILE`, or `[token]` in the manifest",
            TokenError::NoKeyId(_) => "give the one key: `--jwks FILE`",
            TokenError::Malformed(_) => {
                "a token is three parts of base64url with `.` between them, and the first two are JSON objects"
            }
            TokenError::Permission { near, .. } | TokenError::UnknownKind { near, .. } => return near.clone(),
            TokenError::Misfits(_) => {
                "narrow it with `--resource KIND:ID` (or `KIND:PREFIX*`) or `--kind`, or type `--partial` to leave out what does not fit"
            }
            TokenError::TooMany { .. } => {
                "join entries that begin alike, such as `design:*`, give fewer `--allow`, or issue another token for the rest"
            }
            TokenError::Duties(_) => {
                "issue for less, such as without a `--group`, with `--resource` or a shorter `--ttl`, or change `separation-of-duty` in roomkey.toml"
            }
            TokenError::NoAudience => "say who you are: `--audience NAME`, or `audience` in the manifest",
            _ => return None,
        };
        Some(text.into())
    }
}
