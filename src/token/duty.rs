//! Separation of duty at sign-in: no token lets one person do two things that are kept apart.

use super::carried::{Signing, first_loss};
use super::{Grants, Identity, TokenError};
use crate::Instant;
use crate::model::kinds::KindId;
use crate::report::plain;
use crate::table::decide::{Permission, Resource};
use crate::table::{SignIn, Table};

/// Whether what a user can do with this identity keeps each pair of permissions apart on every resource, declared or only
/// matched by a pattern, at the time of issue and whenever something ends before the token does. An identity ends with the
/// first pair that is together behind that, which no leeway then reaches; where more ends than can be looked behind, it
/// ends at the last that was.
///
/// # Errors
/// The first resource on which a pair is not apart; a pair that no kind declares; and those of [`Signing::enter`].
pub fn keeps_apart(
    table: &Table,
    who: &Signing<'_>,
    at: Instant,
    ttl: u32,
    identity: &mut Identity,
    pairs: &[[String; 2]],
) -> Result<(), TokenError> {
    let sign_in = who.enter(table, at)?;
    let mut sought = Vec::new();
    let mut cost = 0;
    for pair in pairs {
        for (kind, permissions) in declared(table, pair)? {
            cost += 2 * (table.resources(kind).count() + table.patterns(kind)?.len());
            sought.push(Sought { pair, kind, permissions });
        }
    }
    if let Some((pair, on)) = first_together(table, &sign_in, at, &sought)? {
        return Err(together(pair, &on));
    }
    let until = identity.until;
    let expires = at.to_unix().0.saturating_add(i64::from(ttl));
    let looked = first_loss(table, at, ttl, cost, |later| {
        if until.is_some_and(|until| later >= until) {
            return Ok(true);
        }
        match first_together(table, &sign_in, later, &sought)? {
            Some(_) if later.to_unix().0 >= expires => Ok(false),
            Some((pair, on)) => Err(together(pair, &format!("{on} from {later} on"))),
            None => Ok(true),
        }
    })?;
    identity.until = until.into_iter().chain(looked).min();
    Ok(())
}

/// A pair of permissions of one kind.
struct Sought<'p> {
    pair: &'p [String; 2],
    kind: KindId,
    permissions: [Permission; 2],
}

/// The first pair that is not apart at a time, and where.
fn first_together<'p>(
    table: &Table,
    sign_in: &SignIn<'_>,
    at: Instant,
    sought: &[Sought<'p>],
) -> Result<Option<(&'p [String; 2], String)>, TokenError> {
    for Sought { pair, kind, permissions: [one, other] } in sought {
        let both = |on: Resource<'_>| -> Result<bool, TokenError> {
            Ok(table.check(sign_in, *one, on, at)? && table.check(sign_in, *other, on, at)?)
        };
        let name = &table.kinds()[*kind as usize].name;
        for resource in table.resources(*kind) {
            let resource = resource?;
            if both(Resource::Declared(resource))? {
                return Ok(Some((pair, format!("{name} `{}`", plain(table.resource_name(resource)?)))));
            }
        }
        for text in table.patterns(*kind)? {
            if let Some(on) = table.undeclared_at(*kind, text)?
                && both(on)?
            {
                return Ok(Some((pair, format!("{name} `{}*`", plain(text)))));
            }
        }
    }
    Ok(None)
}

/// The kinds that declare both permissions of a pair.
fn declared(table: &Table, pair: &[String; 2]) -> Result<Vec<(KindId, [Permission; 2])>, TokenError> {
    let on = |kind| Some((kind, [table.permission(kind, &pair[0])?, table.permission(kind, &pair[1])?]));
    let found: Vec<_> = (0..table.kinds().len() as KindId).filter_map(on).collect();
    match found.is_empty() {
        // A slip of the pen must not open what it was to keep shut.
        true => Err(TokenError::Duties(format!(
            "no kind declares both `{}` and `{}`, which `separation-of-duty` keeps apart",
            plain(&pair[0]),
            plain(&pair[1])
        ))),
        false => Ok(found),
    }
}

fn together(pair: &[String; 2], on: &str) -> TokenError {
    let (one, other) = (plain(&pair[0]).to_string(), plain(&pair[1]).to_string());
    TokenError::Duties(format!("the token would give both `{one}` and `{other}` on {on}, which `separation-of-duty` keeps apart"))
}

impl Grants {
    /// Whether the entries keep each pair of permissions of a kind apart on every id.
    ///
    /// # Errors
    /// The first entry on whose ids a pair is not apart.
    pub fn keep_apart(&self, table: &Table, kind: KindId, pairs: &[[String; 2]]) -> Result<(), TokenError> {
        let Some(kind) = table.kinds().get(kind as usize) else { return Ok(()) };
        for pair in pairs {
            declared(table, pair)?;
            for (entry, _) in self.iter() {
                let opened = match entry.strip_suffix('*') {
                    Some(start) => self.inside(kind, start),
                    None => self.on(kind, entry),
                };
                if pair.iter().all(|p| opened.as_ref().is_some_and(|o| o.allows(kind, p) == Some(true))) {
                    return Err(together(pair, &format!("{} `{}`", kind.name, plain(entry))));
                }
            }
        }
        Ok(())
    }
}
