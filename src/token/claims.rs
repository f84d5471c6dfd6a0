//! What a token says, in types.

use serde_json::{Map, Value};

use super::{Grants, TokenError, strict};
use crate::Instant;
use crate::report::{line, plain, unspeakable};

/// The most characters of a user's id, in units of UTF-16.
pub const USER_LIMIT: usize = 128;
/// The most characters of the JSON of `ui`, in units of UTF-16.
pub const INFO_LIMIT: usize = 1024;
/// The most seconds by which clocks may differ where a token is verified.
pub const LEEWAY_LIMIT: u32 = 300;
/// The claim that names the organization, unless it is called otherwise.
pub const ORGANIZATION: &str = "oid";

/// Whose identity an ID token states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// The user: `uid`.
    pub user: String,
    /// Its groups: `gids`.
    pub groups: Vec<String>,
    /// The organization signed in to.
    pub organization: Option<String>,
    /// What is shown of the user: `ui`.
    pub info: Option<Value>,
    /// The first end of what it carries: the token ends then at the latest.
    pub until: Option<Instant>,
}

impl Identity {
    /// A user without groups.
    pub fn new(user: impl Into<String>) -> Identity {
        Identity { user: user.into(), ..Identity::default() }
    }
}

/// What an access token opens, and for whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// The user: `uid`.
    pub user: String,
    /// The groups named at sign-in, for those who ask the policy, too: `gids`.
    pub groups: Vec<String>,
    /// The organization signed in to.
    pub organization: Option<String>,
    /// What is shown of the user: `ui`.
    pub info: Option<Value>,
    /// The kind of resource that it is about, where that is not `room`: `kind`.
    pub kind: Option<String>,
    /// The patterns and what each gives: `perms`.
    pub grants: Grants,
    /// The first end of what it carries: the token ends then at the latest.
    pub until: Option<Instant>,
}

/// Which of the two a token is: its claim `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Who someone is; the policy says what it can.
    Identity,
    /// What someone can.
    Access,
}

impl Kind {
    /// The value of `k`.
    pub fn name(self) -> &'static str {
        if self == Kind::Identity { "id" } else { "acc" }
    }

    /// For a message.
    pub fn spoken(self) -> &'static str {
        if self == Kind::Identity { "an ID token" } else { "an access token" }
    }
}

/// The claims of a token that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// `k`
    pub kind: Kind,
    /// `gids`; in an access token those named at sign-in.
    pub groups: Vec<String>,
    /// The organization, where the token names one.
    pub organization: Option<String>,
    /// `perms`; empty in an ID token.
    pub grants: Grants,
    /// `kind`: the kind of resource that `perms` is about; none is `room`.
    pub about: Option<String>,
    /// `exp`, in seconds since 1970.
    pub expires: i64,
    /// `until`, in seconds since 1970: when the first of what it carries ends, whatever clocks say.
    pub until: Option<i64>,
    /// `nbf`, in seconds since 1970.
    pub not_before: Option<i64>,
    /// All of them, as they were written.
    pub all: Map<String, Value>,
}

impl Claims {
    /// Types what was read; `organization` is the name of that claim.
    pub(super) fn read(all: Map<String, Value>, organization: &str) -> Result<Claims, TokenError> {
        let kind = match text(&all, "k")? {
            Some("id") => Kind::Identity,
            Some("acc") => Kind::Access,
            Some(_) => return Err(claim("k", "is neither `id` nor `acc`")),
            None => return Err(TokenError::Missing("k")),
        };
        user(text(&all, "uid")?.ok_or(TokenError::Missing("uid"))?)?;
        let grants = match (kind, all.get("perms")) {
            (Kind::Identity, _) => Grants::default(),
            (Kind::Access, Some(Value::Object(perms))) => Grants::from_json(perms)?,
            (Kind::Access, Some(_)) => return Err(claim("perms", "is no object of patterns and permissions")),
            (Kind::Access, None) => return Err(TokenError::Missing("perms")),
        };
        let organization = match all.get(organization) {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name.clone()),
            Some(_) => return Err(TokenError::Unfit(format!("the claim `{}` is no text", plain(organization)))),
        };
        for name in ["iss", "jti", "pid"] {
            text(&all, name)?;
        }
        all.get("ui").map(info).transpose()?;
        seconds(&all, "iat", f64::floor)?;
        let groups = groups(&all)?;
        let about = if kind == Kind::Access { text(&all, "kind")?.map(str::to_owned) } else { None };
        let expires = seconds(&all, "exp", f64::floor)?.ok_or(TokenError::Missing("exp"))?;
        let until = seconds(&all, "until", f64::floor)?;
        let not_before = seconds(&all, "nbf", f64::ceil)?;
        Ok(Claims { kind, groups, organization, grants, about, expires, until, not_before, all })
    }

    /// The user: `uid`.
    pub fn user(&self) -> Option<&str> {
        self.all.get("uid")?.as_str()
    }
}

const NO_OBJECT: &str = "is no JSON object";

/// What is shown of a user, from a text: a JSON object in which each name stands once.
///
/// # Errors
/// Any other text.
pub fn read_info(text: &str) -> Result<Value, TokenError> {
    match strict::object(text.as_bytes(), "ui") {
        Ok(info) => Ok(Value::Object(info)),
        Err(TokenError::Duplicate { name, .. }) => Err(claim("ui", format!("says `{name}` twice"))),
        Err(_) if serde_json::from_str::<Value>(text).is_ok() => Err(claim("ui", NO_OBJECT)),
        Err(_) => Err(claim("ui", "is no JSON")),
    }
}

fn claim(claim: &'static str, why: impl Into<String>) -> TokenError {
    TokenError::Claim { claim, why: why.into() }
}

/// The length of a text as the published limits count it, whose readers are JavaScript: in units of UTF-16.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether a user's id fits into a token.
pub(super) fn user(id: &str) -> Result<(), TokenError> {
    match length(id) {
        0 => Err(claim("uid", "is empty")),
        n if n > USER_LIMIT => Err(claim("uid", format!("has {n} characters, and the limit is {USER_LIMIT}"))),
        _ => Ok(()),
    }
}

/// Whether the names of a token are ones that a reader takes: one line each, in one direction.
pub(super) fn names<'n>(what: &'static str, names: impl IntoIterator<Item = &'n str>) -> Result<(), TokenError> {
    match names.into_iter().find(|name| name.chars().any(unspeakable)) {
        Some(name) => {
            let shown: String = line(name).chars().take(60).collect();
            Err(TokenError::Unfit(format!("{what} `{shown}` holds control characters, and a name is plain text")))
        }
        None => Ok(()),
    }
}

/// Whether what is shown of a user fits into a token.
pub(super) fn info(info: &Value) -> Result<(), TokenError> {
    if !info.is_object() {
        return Err(claim("ui", NO_OBJECT));
    }
    match length(&info.to_string()) {
        n if n > INFO_LIMIT => Err(claim("ui", format!("has {n} characters of JSON, and the limit is {INFO_LIMIT}"))),
        _ => Ok(()),
    }
}

fn text<'m>(all: &'m Map<String, Value>, name: &'static str) -> Result<Option<&'m str>, TokenError> {
    match all.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(claim(name, "is no text")),
    }
}

fn groups(all: &Map<String, Value>) -> Result<Vec<String>, TokenError> {
    let wrong = || claim("gids", "is no list of texts");
    match all.get("gids") {
        None => Ok(Vec::new()),
        Some(Value::Array(ids)) => ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

/// A time; a fraction of a second is rounded so that the token is valid for less.
fn seconds(all: &Map<String, Value>, name: &'static str, round: fn(f64) -> f64) -> Result<Option<i64>, TokenError> {
    let Some(value) = all.get(name) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| value.as_f64().filter(|v| v.abs() < 1e15).map(|v| round(v) as i64));
    whole.map(Some).ok_or_else(|| claim(name, "is no time in seconds"))
}
