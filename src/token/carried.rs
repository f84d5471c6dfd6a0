//! What the policy lets a token carry, and until when: no token outlives what it carries.

use super::claims::LEEWAY_LIMIT;
use super::{Identity, TokenError};
use crate::Instant;
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// How many ends within a token's lifetime are looked behind. Where there are more, it ends at the last one of them.
const LOOKED_BEHIND: usize = 64;
/// How many decisions may be looked at behind all ends together.
const MOST_LOOKS: usize = 2_000_000;

/// Who signs in, and to what.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The user.
    pub user: &'a str,
    /// Groups named at sign-in.
    pub groups: &'a [String],
    /// The organization signed in to.
    pub organization: Option<&'a str>,
}

impl<'a> Signing<'a> {
    /// The sign-in in a table, where its organization lets it in at the time.
    ///
    /// # Errors
    /// An organization that is not there or not open to the user, and damage.
    pub fn enter<'t>(&self, table: &'t Table, at: Instant) -> Result<SignIn<'t>, TokenError>
    where
        'a: 't,
    {
        let unfit = |why: String| Err(TokenError::Unfit(why));
        if self.groups.iter().any(String::is_empty) {
            return unfit("a group at sign-in has no name".into());
        }
        let user = table.user(self.user)?;
        let named = self.groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
        let mut sign_in = table.sign_in_with(user, &named)?;
        if let Some(organization) = self.organization {
            sign_in = table.to_organization(sign_in, organization)?;
        }
        match (table.admits(&sign_in, at)?, self.organization.unwrap_or_default()) {
            (Some(true), _) => Ok(sign_in),
            (Some(false), name) => unfit(format!("user `{}` is no member of the closed organization `{name}`", self.user)),
            (None, name) => unfit(format!("the policy has no organization `{name}`")),
        }
    }
}

/// The identity that the policy gives a user at a time: its groups, and those named at sign-in.
///
/// # Errors
/// An organization that does not let the user in, and a damaged table.
pub fn identity(table: &Table, who: &Signing<'_>, at: Instant, ttl: u32) -> Result<Identity, TokenError> {
    let sign_in = who.enter(table, at)?;
    let mine = table.group_names_of(&sign_in, at)?;
    let until = first_loss(table, at, ttl, 1, |later| {
        let then = table.group_names_of(&sign_in, later)?;
        Ok(mine.iter().all(|g| then.binary_search(g).is_ok()) && table.admits(&sign_in, later)? == Some(true))
    })?;
    let mut groups: Vec<String> = mine.into_iter().map(str::to_owned).chain(who.groups.iter().cloned()).collect();
    groups.sort_unstable();
    groups.dedup();
    let organization = who.organization.map(str::to_owned);
    Ok(Identity { user: who.user.into(), groups, organization, info: None, until })
}

/// The first end behind which something is lost, within the lifetime and as long behind it as clocks may differ; a look
/// behind an end asks about `cost` things.
pub(super) fn first_loss(
    table: &Table,
    at: Instant,
    ttl: u32,
    cost: usize,
    mut holds: impl FnMut(Instant) -> Result<bool, TokenError>,
) -> Result<Option<Instant>, TokenError> {
    let (seconds, nanos) = at.to_unix();
    let full = Instant::from_unix(seconds.saturating_add(i64::from(ttl)).saturating_add(i64::from(LEEWAY_LIMIT)), nanos);
    let most = LOOKED_BEHIND.min(MOST_LOOKS / cost.max(1)).max(1);
    for (looked, end) in table.ends_between(at, full)?.enumerate() {
        let end = end?;
        if looked >= most || !holds(end)? {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

impl From<Damage> for TokenError {
    fn from(damage: Damage) -> TokenError {
        TokenError::Unfit(damage.to_string())
    }
}
