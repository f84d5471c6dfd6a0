//! What a change of access may not do.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Cause, Change, Diff, Move, Then, shown_as};
use crate::instant::Instant;
use crate::table::Table;
use crate::table::view::Damage;

/// So many ways to name groups of several lists are tried for one change.
const WAYS: usize = 1024;

/// A condition that a comparison meets or fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nobody gains anything.
    NoNewAccess,
    /// Nobody gains this.
    Deny(Wanted),
    /// At most so many users lose anything.
    MaxLost(Most),
    /// This user gains nothing.
    ForbidSelfGrant(String),
    /// Who gains this gains it until some time.
    RequireExpiry(Wanted),
}

/// A permission, on some resources: `write`, `write@repository:core*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The permission as it was typed.
    pub permission: String,
    /// The kind, and the id or the text before a `*`.
    on: Option<(String, String, bool)>,
    /// How the changes show these resources, all of them: a longer pattern, or a resource that is declared.
    shown: Option<String>,
    text: String,
}

/// A number of users, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    /// So many.
    Users(usize),
    /// So many of a hundred.
    Percent(u32),
}

/// Why a gate is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGate {
    /// No permission on a kind and an id.
    #[error("`{0}` is no permission: type `write`, or `write@repository:core*` for some resources")]
    Wanted(String),
    /// No number.
    #[error("`{0}` is no number of users: type `10`, or `5%`")]
    Most(String),
    /// No user.
    #[error("it names no user: type the id of one, such as `marie@example.com`")]
    User,
}

impl FromStr for Wanted {
    type Err = BadGate;
    fn from_str(text: &str) -> Result<Wanted, BadGate> {
        let bad = || BadGate::Wanted(text.chars().take(80).collect());
        let (permission, on) = match text.split_once('@') {
            None => (text, None),
            Some((permission, on)) => {
                let (kind, id) = on.split_once(':').ok_or_else(bad)?;
                let (id, star) = id.strip_suffix('*').map_or((id, false), |id| (id, true));
                if kind.is_empty() || id.contains('*') || id.is_empty() && !star {
                    return Err(bad());
                }
                (permission, Some((kind.to_owned(), id.to_owned(), star)))
            }
        };
        let sound = !permission.is_empty() && permission != "*" && !permission.contains(char::is_whitespace);
        if sound { Ok(Wanted { permission: permission.into(), on, shown: None, text: text.into() }) } else { Err(bad()) }
    }
}

impl FromStr for Most {
    type Err = BadGate;
    fn from_str(text: &str) -> Result<Most, BadGate> {
        let bad = || BadGate::Most(text.chars().take(80).collect());
        match text.strip_suffix('%') {
            Some(share) => share.parse().ok().filter(|n| *n <= 100).map(Most::Percent).ok_or_else(bad),
            None => text.parse().map(Most::Users).map_err(|_| bad()),
        }
    }
}

/// The user of a gate, with or without `user:` in front.
///
/// # Errors
/// An id of nothing but spaces is none.
pub fn user(text: &str) -> Result<String, BadGate> {
    let id = text.strip_prefix("user:").unwrap_or(text);
    if id.trim().is_empty() { Err(BadGate::User) } else { Ok(id.to_owned()) }
}

impl Wanted {
    /// The kind that it speaks of, if it names one.
    pub fn kind(&self) -> Option<&str> {
        self.on.as_ref().map(|(kind, ..)| kind.as_str())
    }

    /// The permission without the kind in front of it, if it is this one.
    pub fn permission_of(&self, kind: &str) -> &str {
        let rest = self.permission.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':'));
        rest.unwrap_or(&self.permission)
    }

    /// The same between two sides: what they declare, and their longest patterns, speak of resources of their own.
    ///
    /// # Errors
    /// Damage of either table.
    pub fn between(mut self, tables: [&Table; 2]) -> Result<Wanted, Damage> {
        let Some((kind, id, star)) = &self.on else { return Ok(self) };
        self.shown = match star {
            false => shown_as(tables, kind, id)?,
            true => {
                let mut patterns = Vec::new();
                for table in tables {
                    patterns.extend(table.kind(kind).map(|kind| table.patterns(kind)).transpose()?.into_iter().flatten());
                }
                let around = patterns.into_iter().filter(|p| id.starts_with(p));
                around.max_by_key(|p| p.len()).map(|p| format!("{p}*"))
            }
        };
        Ok(self)
    }

    /// Whether either side declares a resource that it matches, or has a pattern for one.
    ///
    /// # Errors
    /// Damage of either table.
    pub fn has_any(&self, tables: [&Table; 2]) -> Result<bool, Damage> {
        let Some((kind, id, star)) = &self.on else { return Ok(true) };
        for table in tables {
            let Some(kind) = table.kind(kind) else { continue };
            if !star {
                if table.resource(kind, id)?.is_some() {
                    return Ok(true);
                }
                continue;
            }
            if table.patterns(kind)?.iter().any(|p| p.starts_with(id.as_str()) || id.starts_with(p)) {
                return Ok(true);
            }
            for resource in table.resources(kind) {
                if table.resource_name(resource?)?.starts_with(id.as_str()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn is_among(&self, list: &[String], kind: &str) -> bool {
        let wanted = self.permission_of(kind);
        let wanted = wanted.strip_prefix("*:").unwrap_or(wanted);
        list.iter().any(|p| *p == self.permission || p == wanted || p.strip_prefix("*:") == Some(wanted))
    }

    /// The first of some resources of a kind that it speaks of.
    fn resource<'c>(&self, of: &str, resources: &'c [String]) -> Option<&'c str> {
        let Some((kind, id, star)) = &self.on else { return resources.first().map(String::as_str) };
        if kind != of {
            return None;
        }
        let speaks = |r: &&String| match (r.strip_suffix('*'), star) {
            (Some(prefix), true) if prefix.starts_with(id.as_str()) => true,
            // A pattern says nothing about what is declared, nor about what a longer one speaks of.
            (Some(prefix), _) if id.starts_with(prefix) => self.shown.as_ref().is_none_or(|shown| shown == *r),
            (Some(_), _) => false,
            (None, true) => r.starts_with(id.as_str()),
            (None, false) => r == &id,
        };
        resources.iter().find(speaks).map(String::as_str)
    }
}

/// A gate that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach<'d> {
    /// The gate, as it is typed.
    pub gate: String,
    /// Why.
    pub why: Why<'d>,
    /// The other causes by which it is not met, among [`Diff::causes`].
    pub also: Vec<usize>,
}

/// Why a gate is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why<'d> {
    /// A change, and the resource of it.
    Change(&'d Change, &'d str),
    /// More lose than may.
    Lost(Lost<'d>),
    /// Not every set of sign-in groups could be compared, so that nothing is known.
    Unasked,
    /// The old side has no policy at its place, and files of one in this folder are gone: nobody can tell who loses.
    Elsewhere(String),
    /// A resource lies in another organization, and this is what signing in to it gives there, or gave.
    Moved(&'d Change, &'d str, &'d Move),
    /// A change, and the resource of it: this user gains it, too, where the sign-in names these groups.
    Named(&'d Change, &'d str, String, Vec<String>),
}

/// Who loses, where that is more than may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost<'d> {
    /// How many users lose something, where the limit is less.
    pub users: Option<usize>,
    /// How many of these lose only by a sign-in to an organization in which something lay, and what moved it.
    pub by_move: (usize, Vec<&'d Move>),
    /// By what: all that these users lose by, else what those lose by whom nobody can count.
    pub causes: Vec<&'d Cause>,
    /// What those lose whom nobody can count, whatever the limit.
    pub beyond: Option<Beyond<'d>>,
}

/// What is lost by those whom nobody can count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond<'d> {
    /// What is lost.
    pub change: &'d Change,
    /// Where.
    pub resource: &'d str,
    /// What moved it, where it is lost by a sign-in to the organization in which it lay.
    pub by: Option<&'d Move>,
    /// A group of which only sign-ins tell who is in it; none is everyone.
    pub group: Option<&'d str>,
}

impl Gate {
    /// As it is typed.
    pub fn text(&self) -> String {
        match self {
            Gate::NoNewAccess => "--no-new-access".into(),
            Gate::Deny(wanted) => format!("--deny {}", wanted.text),
            Gate::MaxLost(Most::Users(n)) => format!("--max-lost {n}"),
            Gate::MaxLost(Most::Percent(n)) => format!("--max-lost {n}%"),
            Gate::ForbidSelfGrant(user) => format!("--forbid-self-grant {user}"),
            Gate::RequireExpiry(wanted) => format!("--require-expiry {}", wanted.text),
        }
    }

    /// The permission that it speaks of.
    pub fn wanted(&self) -> Option<&Wanted> {
        match self {
            Gate::Deny(wanted) | Gate::RequireExpiry(wanted) => Some(wanted),
            _ => None,
        }
    }

    /// The same between two sides ([`Wanted::between`]).
    ///
    /// # Errors
    /// Damage of either table.
    pub fn between(self, tables: [&Table; 2]) -> Result<Gate, Damage> {
        Ok(match self {
            Gate::Deny(wanted) => Gate::Deny(wanted.between(tables)?),
            Gate::RequireExpiry(wanted) => Gate::RequireExpiry(wanted.between(tables)?),
            other => other,
        })
    }

    /// The first breach of this gate between two sides, and what else breaks it. Where not everything could be compared, every
    /// gate fails; where a resource lies in another organization, what anyone has there is gained by who signs in to it, and lost
    /// by who signs in to the old one.
    ///
    /// # Errors
    /// Damage of either table.
    pub fn breach<'d>(&self, diff: &'d Diff, tables: [&Table; 2]) -> Result<Option<Breach<'d>>, Damage> {
        let meets = |c: &'d Change| -> Option<&'d str> {
            let any = c.resources.first().map(String::as_str);
            let wanted = |w: &Wanted| if w.is_among(&c.gained, &c.kind) { w.resource(&c.kind, &c.resources) } else { None };
            match self {
                Gate::NoNewAccess => any.filter(|_| !c.gained.is_empty()),
                Gate::Deny(w) => wanted(w),
                // What goes on is told again with what it goes on by, which is what has no end.
                Gate::RequireExpiry(w) => wanted(w).filter(|_| c.lasts && c.then != Then::GoesOn),
                Gate::ForbidSelfGrant(user) => any.filter(|_| !c.gained.is_empty() && c.concerns(user)),
                Gate::MaxLost(_) => None,
            }
        };
        if let Gate::MaxLost(most) = self {
            return Ok(self.too_many(*most, diff));
        }
        let broken: Vec<(&Change, &str)> = diff.changes.iter().filter_map(|c| Some((c, meets(c)?))).collect();
        let by = broken.first().map(|(c, on)| Why::Change(c, on));
        let by_name = || match self {
            Gate::ForbidSelfGrant(user) => by_name(user, diff, tables),
            _ => Ok(None),
        };
        let by_move = || {
            let author = matches!(self, Gate::ForbidSelfGrant(_));
            let named = |c: &'d Change| c.resources.first().filter(|_| author && !sets(diff, c).0.is_empty()).map(String::as_str);
            let by = |c: &'d Change| Some(Why::Moved(c, meets(c).or_else(|| named(c))?, diff.moves.get(c.cause)?));
            diff.gained_by_move.iter().find_map(by)
        };
        let why = match by {
            None => by_name()?.or_else(by_move).or((diff.unasked > 0).then_some(Why::Unasked)),
            by => by,
        };
        let first = broken.first().map(|(c, _)| c.cause);
        let also: BTreeSet<usize> = broken.iter().map(|(c, _)| c.cause).filter(|cause| Some(*cause) != first).collect();
        Ok(why.map(|why| Breach { gate: self.text(), why, also: also.into_iter().collect() }))
    }

    /// Whether more lose than may: users who are counted, and those whom nobody can count.
    fn too_many<'d>(&self, most: Most, diff: &'d Diff) -> Option<Breach<'d>> {
        let Losers { users, by_move, causes } = Losers::of(diff);
        let few = match most {
            Most::Users(n) => users <= n,
            Most::Percent(share) => users * 100 <= diff.had * share as usize,
        };
        let beyond = |c: &'d Change, by: Option<&'d Move>| {
            let (resource, group) = (c.resources.first()?.as_str(), beyond_count(diff, c)?);
            Some(Beyond { change: c, resource, by, group })
        };
        let all = diff.changes.iter().filter_map(|c| beyond(c, None)).collect::<Vec<_>>();
        let moved = || diff.lost_by_move.iter().find_map(|c| beyond(c, Some(diff.moves.get(c.cause)?)));
        let also: BTreeSet<usize> = all.iter().map(|b| b.change.cause).collect();
        let beyond = all.into_iter().next().or_else(moved);
        let (users, causes, also) = match (few, &beyond) {
            (true, None) => {
                let why = (diff.unasked > 0).then_some(Why::Unasked);
                return why.map(|why| Breach { gate: self.text(), why, also: Vec::new() });
            }
            (true, Some(Beyond { change, by, .. })) => {
                let first = by.map_or_else(|| diff.causes.get(change.cause), |by| Some(&by.cause));
                (None, first.into_iter().collect(), also.into_iter().filter(|i| by.is_some() || *i != change.cause).collect())
            }
            (false, _) => (Some(users), causes, Vec::new()),
        };
        Some(Breach { gate: self.text(), why: Why::Lost(Lost { users, by_move, causes, beyond }), also })
    }
}

/// What a user gains where the sign-in names groups that nobody is in by the policy: it may be any of these, for all that is
/// known here.
fn by_name<'d>(user: &str, diff: &'d Diff, tables: [&Table; 2]) -> Result<Option<Why<'d>>, Damage> {
    let mut all = true;
    for c in diff.changes.iter().filter(|c| !c.gained.is_empty() && !c.who.everyone && !c.who.users.iter().any(|u| u == user)) {
        let (sets, whole) = sets(diff, c);
        all &= whole;
        for set in sets {
            for on in &c.resources {
                if gains(user, &set, c, on, diff.at, tables)? {
                    return Ok(Some(Why::Named(c, on, user.to_owned(), set.into_iter().map(str::to_owned).collect())));
                }
            }
        }
    }
    // What was not tried may give it.
    Ok((!all).then_some(Why::Unasked))
}

/// The groups that somebody must name for what changes, as far as nobody is in any of them by the policy: one list for each of
/// the ways, and whether these are all.
fn sets<'d>(diff: &'d Diff, c: &'d Change) -> (Vec<Vec<&'d str>>, bool) {
    if c.with.is_empty() {
        return (c.who.groups.iter().filter(|group| fed(diff, group)).map(|group| vec![group.as_str()]).collect(), true);
    }
    let (mut all, mut whole): (Vec<Vec<&str>>, bool) = (vec![Vec::new()], true);
    for list in &*c.with {
        let ways =
            |set: &Vec<&'d str>| list.iter().filter(|g| fed(diff, g)).map(|g| [&set[..], &[g]].concat()).collect::<Vec<_>>();
        let mut next: Vec<Vec<&str>> = all.iter().flat_map(ways).take(WAYS + 1).collect();
        whole &= next.len() <= WAYS;
        next.truncate(WAYS);
        all = next;
    }
    (all, whole)
}

/// Whether only sign-ins give a group, on one side at least.
fn fed(diff: &Diff, group: &str) -> bool {
    diff.circles.get(group).is_none_or(|circle| circle.fed())
}

/// Whether a user who names some groups has something that a change gives on the new side alone.
fn gains(user: &str, groups: &[&str], c: &Change, on: &str, at: Instant, tables: [&Table; 2]) -> Result<bool, Damage> {
    let at = c.since.unwrap_or(at);
    let has = |table: &Table, permission: &str| -> Result<bool, Damage> {
        let Some(kind) = table.kind(&c.kind) else { return Ok(false) };
        let on = match on.strip_suffix('*') {
            Some(start) => table.undeclared_at(kind, start)?,
            None => table.resource(kind, on)?,
        };
        let (Some(permission), Some(on)) = (table.permission(kind, permission), on) else { return Ok(false) };
        let mut named = Vec::with_capacity(groups.len());
        for group in groups {
            named.extend(table.group(group)?);
        }
        table.check(&table.sign_in_with(table.user(user)?, &named)?, permission, on, at)
    };
    for permission in &c.gained {
        if has(tables[1], permission)? && !has(tables[0], permission)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether something is lost by those whom nobody can count: everyone, or a group that only sign-ins name, alone or with
/// others, which is named.
fn beyond_count<'d>(diff: &'d Diff, c: &'d Change) -> Option<Option<&'d str>> {
    if c.lost.is_empty() {
        return None;
    }
    if c.who.everyone {
        return Some(None);
    }
    let stranger = c.who.groups.iter().chain(c.with.iter().flatten()).find(|group| c.who.users.is_empty() && fed(diff, group));
    // Nobody is in these by either side, whoever else is listed beside them.
    let never = |group: &&String| diff.circles.get(*group).is_none_or(|circle| !circle.nobody.contains(&Some(false)));
    stranger.or_else(|| c.who.groups.iter().find(never)).map(|group| Some(group.as_str()))
}

/// Who loses something, now or later, alone or with groups that they name.
struct Losers<'d> {
    users: usize,
    /// How many of them only by a sign-in to an organization in which something lay, and what moved it.
    by_move: (usize, Vec<&'d Move>),
    causes: Vec<&'d Cause>,
}

impl<'d> Losers<'d> {
    fn of(diff: &'d Diff) -> Losers<'d> {
        let of = |changes: &'d [Change]| -> (BTreeSet<&'d String>, BTreeSet<usize>) {
            let lost = || changes.iter().filter(|c| !c.lost.is_empty());
            let users = lost().filter(|c| !c.who.everyone).flat_map(|c| &c.who.users).collect();
            (users, lost().map(|c| c.cause).collect())
        };
        let ((own, causes), (moved, moves)) = (of(&diff.changes), of(&diff.lost_by_move));
        let moves: Vec<&Move> = moves.into_iter().filter_map(|i| diff.moves.get(i)).collect();
        let causes = causes.into_iter().filter_map(|i| diff.causes.get(i));
        let causes = causes.chain(moves.iter().map(|m| &m.cause)).collect();
        let alone = moved.difference(&own).count();
        Losers { users: own.len() + alone, by_move: (alone, moves), causes }
    }
}
