//! What a change of access may not do.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Change, Diff, Moved, Subjects, shown_as};
use crate::table::Table;
use crate::table::view::Damage;

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
}

/// Why a gate is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why<'d> {
    /// A change, and the resource of it.
    Change(&'d Change, &'d str),
    /// So many users lose, by these causes.
    Lost(usize, Vec<usize>),
    /// Not every set of sign-in groups could be compared, so that nothing is known.
    Unasked,
    /// A resource lies in another organization, and who gains or loses by signing in there is not compared.
    Moved(&'d Moved),
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

    /// The first breach. Where not everything could be compared, or a resource lies in another organization, every gate fails
    /// that speaks of it.
    pub fn breach<'d>(&self, diff: &'d Diff) -> Option<Breach<'d>> {
        let first = |holds: &dyn Fn(&Change) -> bool| diff.changes.iter().find(|c| !c.gained.is_empty() && holds(c));
        let any = |c: &'d Change| (c, c.resources.first().map_or("", String::as_str));
        let wanted = |wanted: &Wanted, lasting: bool| {
            let meets = |c: &&Change| (!lasting || c.until.is_none()) && wanted.is_among(&c.gained, &c.kind);
            diff.changes.iter().filter(meets).find_map(|c| Some((c, wanted.resource(&c.kind, &c.resources)?)))
        };
        let by = match self {
            Gate::NoNewAccess => first(&|_| true).map(any),
            Gate::Deny(w) => wanted(w, false),
            Gate::RequireExpiry(w) => wanted(w, true),
            Gate::ForbidSelfGrant(user) => first(&|c| includes(&c.who, user) || c.joins(&diff.circles, user)).map(any),
            Gate::MaxLost(most) => {
                if let Some(c) = diff.changes.iter().find(|c| beyond_count(diff, c)) {
                    let (c, resource) = any(c);
                    return Some(Breach { gate: self.text(), why: Why::Change(c, resource) });
                }
                let (lost, causes) = losers(diff);
                let few = match most {
                    Most::Users(n) => lost <= *n,
                    Most::Percent(share) => lost * 100 <= diff.had * *share as usize,
                };
                if !few {
                    return Some(Breach { gate: self.text(), why: Why::Lost(lost, causes) });
                }
                None
            }
        };
        let speaks = |m: &&Moved| self.wanted().is_none_or(|w| w.resource(&m.kind, std::slice::from_ref(&m.resource)).is_some());
        let why = by.map(|(c, resource)| Why::Change(c, resource)).or((diff.unasked > 0).then_some(Why::Unasked));
        let why = why.or_else(|| diff.moved.iter().find(speaks).map(Why::Moved));
        why.map(|why| Breach { gate: self.text(), why })
    }
}

fn includes(who: &Subjects, user: &str) -> bool {
    who.users.iter().any(|u| u == user) != who.everyone
}

/// Whether something is lost by those whom nobody can count: everyone, or a group that only sign-ins name, alone or with
/// others.
fn beyond_count(diff: &Diff, c: &Change) -> bool {
    let empty = |group: &String| diff.circles.get(group).is_none_or(|circle| circle.members.is_empty());
    let strangers = c.who.users.is_empty() && c.who.groups.iter().chain(c.with.iter().flatten()).any(empty);
    !c.lost.is_empty() && (c.who.everyone || strangers)
}

/// How many users lose something, now or later, and by which causes. Of a set of groups it is those who are in one of them.
fn losers(diff: &Diff) -> (usize, Vec<usize>) {
    let losses = || diff.changes.iter().filter(|c| !c.lost.is_empty());
    let mut users: BTreeSet<&String> = losses().flat_map(|c| &c.who.users).collect();
    let sets = losses().filter(|c| c.who.users.is_empty()).flat_map(|c| c.with.iter().flatten()).collect::<BTreeSet<_>>();
    users.extend(sets.into_iter().filter_map(|group| diff.circles.get(group)).flat_map(|circle| &circle.members));
    let causes: BTreeSet<usize> = losses().map(|c| c.cause).collect();
    (users.len(), causes.into_iter().collect())
}
