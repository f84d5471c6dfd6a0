//! `[diff]` of the manifest: what a change of access may not do.

use std::ops::Range;
use std::sync::Arc;

use miette::NamedSource;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Fault, masked, policy};
use crate::query::diff::gates::{self, Gate, Most, Wanted};

/// What a change of access may not do; the gates of both sides count.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table")]
pub struct DiffTable {
    /// Whether `roomkey diff` exits with 1 if any access changes.
    #[cfg_attr(test, schemars(extend("default" = false)))]
    exit_code: bool,
    /// Whether `roomkey diff` exits with 1 if anyone gains access.
    #[cfg_attr(test, schemars(extend("default" = false)))]
    no_new_access: bool,
    /// Permissions that nobody may gain, such as `admin` or `write@repository:core*`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(deserialize_with = "wanted")]
    deny: Vec<Placed>,
    /// How many users may lose access: a number, or a share such as `5%`.
    #[cfg_attr(test, schemars(with = "String", extend("type" = ["integer", "string"])))]
    #[serde(deserialize_with = "most")]
    max_lost: Vec<Most>,
    /// Users who may gain nothing.
    #[serde(deserialize_with = "users")]
    forbid_self_grant: Vec<String>,
    /// Permissions that nobody may gain for ever.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(deserialize_with = "wanted")]
    require_expiry: Vec<Placed>,
    /// Whether sign-ins are compared, too, that name groups which the policy does not give; not where both sides say `false`.
    #[cfg_attr(test, schemars(with = "bool", extend("default" = true)))]
    named_groups: Option<bool>,
    /// The text of the manifest.
    #[serde(skip)]
    pub(super) text: Option<Arc<NamedSource<String>>>,
}

/// A permission, and where it stands in the manifest.
#[derive(Clone, Debug)]
struct Placed {
    wanted: Wanted,
    span: Range<usize>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a number of users, or a share such as `5%`")]
enum Number {
    Users(u32),
    Text(String),
}

fn wanted<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Placed>, D::Error> {
    let texts = Vec::<Spanned<String>>::deserialize(from)?;
    let one = |text: &Spanned<String>| {
        let wanted = text.get_ref().parse().map_err(serde::de::Error::custom)?;
        Ok(Placed { wanted, span: text.span() })
    };
    texts.iter().map(one).collect()
}

fn users<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| gates::user(text).map_err(serde::de::Error::custom)).collect()
}

fn most<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Most>, D::Error> {
    let most = match Number::deserialize(from)? {
        Number::Users(n) => Most::Users(n as usize),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom)?,
    };
    Ok(vec![most])
}

impl DiffTable {
    /// The gates.
    pub fn gates(&self) -> Vec<Gate> {
        let mut all = Vec::new();
        all.extend(self.no_new_access.then_some(Gate::NoNewAccess));
        let wanted = |list: &[Placed]| list.iter().map(|p| p.wanted.clone()).collect::<Vec<_>>();
        all.extend(wanted(&self.deny).into_iter().map(Gate::Deny));
        all.extend(self.max_lost.iter().copied().map(Gate::MaxLost));
        all.extend(self.forbid_self_grant.iter().cloned().map(Gate::ForbidSelfGrant));
        all.extend(wanted(&self.require_expiry).into_iter().map(Gate::RequireExpiry));
        all
    }

    /// What is wrong with the permissions that it names, by what is `unknown` of them: the fact, and what to type.
    pub fn faults(&self, unknown: impl Fn(&Wanted) -> Option<(String, Option<String>)>) -> Vec<policy::Fault> {
        let Some(text) = &self.text else { return Vec::new() };
        let fault = |placed: &Placed| {
            let (message, near) = unknown(&placed.wanted)?;
            let message = masked::sentence(&message);
            let help = near.or_else(|| Some("take it out, where the permission is gone".into()));
            let span = (placed.span.start, placed.span.len()).into();
            Some(Fault::Field { message, source_code: text.clone(), span, help }.into())
        };
        self.deny.iter().chain(&self.require_expiry).filter_map(fault).collect()
    }

    /// Whether it leaves out sign-ins that name groups which the policy does not give.
    pub fn leaves_out_named_groups(&self) -> bool {
        self.named_groups == Some(false)
    }

    /// Whether any change fails.
    pub fn exit_code(&self) -> bool {
        self.exit_code
    }

    /// The gates of both.
    pub fn joined(mut self, other: DiffTable) -> DiffTable {
        self.exit_code |= other.exit_code;
        self.no_new_access |= other.no_new_access;
        self.deny.extend(other.deny);
        self.max_lost.extend(other.max_lost);
        self.forbid_self_grant.extend(other.forbid_self_grant);
        self.require_expiry.extend(other.require_expiry);
        self
    }
}
