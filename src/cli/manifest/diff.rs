//! `[diff]` of the manifest: what a change of access may not do.

use serde::{Deserialize, Deserializer};

use crate::query::diff::gates::{Gate, Most, Wanted};

/// What a change of access may not do; the gates of both sides count.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table")]
pub struct DiffTable {
    /// Whether `roomkey diff` exits with 1 if anyone gains access.
    #[cfg_attr(test, schemars(extend("default" = false)))]
    no_new_access: bool,
    /// Permissions that nobody may gain, such as `admin` or `write@repository:core*`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(deserialize_with = "wanted")]
    deny: Vec<Wanted>,
    /// How many users may lose access: a number as text, or a share such as `5%`.
    #[cfg_attr(test, schemars(with = "String"))]
    #[serde(deserialize_with = "most")]
    max_lost: Option<Most>,
    /// Permissions that nobody may gain for ever.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(deserialize_with = "wanted")]
    require_expiry: Vec<Wanted>,
}

fn wanted<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Wanted>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|t| t.parse().map_err(serde::de::Error::custom)).collect()
}

fn most<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Most>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

impl DiffTable {
    /// The gates.
    pub fn gates(&self) -> Vec<Gate> {
        let mut all = Vec::new();
        all.extend(self.no_new_access.then_some(Gate::NoNewAccess));
        all.extend(self.deny.iter().cloned().map(Gate::Deny));
        all.extend(self.max_lost.map(Gate::MaxLost));
        all.extend(self.require_expiry.iter().cloned().map(Gate::RequireExpiry));
        all
    }
}
