//! The access that the policy gives a user, as the fewest patterns of a token that give exactly the same.
//!
//! What a user has on an id depends on the resource that it declares, else on the longest pattern that matches it. So
//! ids fall into cells: one for each declared resource, and one for each pattern. In a token the base of longer entries
//! can only be higher than that of shorter ones that match the same ids, and features come from the longest entry that
//! names them. An entry for each cell that differs from the cell around it is therefore necessary, and enough where no
//! cell has less than the one around it.

mod choose;
mod nodes;
mod spell;

use std::fmt;
use std::sync::Arc;

use super::carried::{Signing, first_loss};
use super::grants::MOST;
use super::{Grants, TokenError};
use crate::Instant;
use crate::model::kinds::KindId;
use crate::query::access::Access;
use crate::report::plain;
use crate::table::{SignIn, Table};
use nodes::Nodes;

/// How many misfits an error names.
const NAMED: usize = 5;

/// Which part of a user's access a token is for.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// The kind of resource.
    pub kind: KindId,
    /// Only these: ids, and prefixes with a `*`. Where there are none, everything.
    pub only: &'a [String],
    /// Leave out what does not fit into a token.
    pub partial: bool,
}

/// What a token can carry of a user's access.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its entries.
    pub grants: Grants,
    /// The first end of what it carries.
    pub until: Option<Instant>,
    /// What does not fit; nothing unless that is wanted.
    pub left_out: Vec<LeftOut>,
}

/// A resource or a pattern with more in the policy than in the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The id, or the pattern with its `*`.
    pub name: String,
    /// What the policy gives, as a list of the language.
    pub has: Arc<str>,
    /// What the token gives.
    pub gets: Arc<str>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, has) = (plain(&self.name), &self.has);
        match &*self.gets {
            "nothing" => write!(f, "`{name}` is left out: {has}"),
            gets => write!(f, "`{name}` is left out in part: {gets} instead of {has}"),
        }
    }
}

/// The exact access of a user, or, where that is wanted, as much of it as a token can carry: never more.
///
/// # Errors
/// What does not fit, unless it is to be left out; an access to nothing; an organization that does not let the user in;
/// and a damaged table.
pub fn from_policy(table: &Table, who: &Signing<'_>, at: Instant, ttl: u32, extent: &Extent<'_>) -> Result<Opening, TokenError> {
    let sign_in = who.enter(table, at)?;
    let kind = table.kinds().get(extent.kind as usize).ok_or_else(|| unfit("the policy has no such kind"))?;
    // What an organization is called decides who can be in it, so no pattern speaks of several alike.
    if extent.kind == 0 {
        return Err(unfit("a token opens what lies in organizations, and no organization itself"));
    }
    let nodes = Nodes::read(table, &sign_in, at, extent)?;
    if !nodes.reach_something() {
        let user = plain(who.user);
        return Err(TokenError::Unfit(format!("user `{user}` reaches no {} that is asked for", plain(&kind.name))));
    }
    let mut chosen = nodes.entries();
    let misfits = nodes.misfits(&chosen);
    let mut grants = if misfits.is_empty() { spell::grants(kind, &nodes, &chosen)? } else { None };
    let fits = grants.is_some();
    if !fits && extent.partial {
        chosen = choose::most(&nodes, &chosen);
        grants = spell::grants(kind, &nodes, &chosen)?;
    }
    let grants = grants.ok_or_else(|| match misfits.is_empty() {
        true => TokenError::Misfits(vec![nodes.alike(&chosen)]),
        false => TokenError::Misfits(misfits),
    })?;
    let given = nodes.given(&chosen);
    // Whatever was computed before, a token that gives more than the policy is never issued.
    if !nodes.within(&given) || grants.len() > MOST {
        return Err(unfit("the access cannot be written as patterns"));
    }
    let until = ends(table, &sign_in, &nodes, &given, at, ttl)?;
    let left_out = if fits { Vec::new() } else { nodes.left_out(table, &given) };
    if grants.is_empty() {
        let mut listed: Vec<String> = left_out.iter().take(NAMED).map(ToString::to_string).collect();
        if let more @ 1.. = left_out.len().saturating_sub(NAMED) {
            listed.push(format!("{more} more are left out"));
        }
        listed.push("nothing is left that a token could hold".into());
        return Err(TokenError::Misfits(listed));
    }
    Ok(Opening { grants, until, left_out })
}

/// The first end behind which the policy gives less than the token.
fn ends(
    table: &Table,
    sign_in: &SignIn<'_>,
    nodes: &Nodes<'_>,
    given: &[u32],
    at: Instant,
    ttl: u32,
) -> Result<Option<Instant>, TokenError> {
    first_loss(table, at, ttl, nodes.cost(given), |later| nodes.hold(table, sign_in, given, later))
}

fn unfit(why: &str) -> TokenError {
    TokenError::Unfit(why.into())
}

/// Whether an access has no part above another one's.
fn is_within(part: &Access, whole: &Access) -> bool {
    part.base <= whole.base
        && part.features.iter().zip(&whole.features).all(|(a, b)| a <= b)
        && part.flats.iter().zip(&whole.flats).all(|(a, b)| a <= b)
}
