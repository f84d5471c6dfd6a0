//! An answer, and its reason in words.

use super::check::Asked;
use super::question::Question;
use crate::finding::did_you_mean;
use crate::report::line;
pub use crate::source::Origin;
use crate::syntax::print;
use crate::table::decide::{Cause, RowId, Verdict};
use crate::table::origins::Which;
use crate::table::view::Damage;
use crate::table::{Principal, Row, RowSort, Table};

/// Allowed or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
}

impl Decision {
    /// `allow` or `deny`.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        }
    }
}

/// What made an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// An access entry.
    Access,
    /// A role.
    Role,
    /// A prohibition.
    Prohibited,
    /// The resource is in another organization than the sign-in.
    OutsideOrganization,
    /// The organization is closed, and the user is no member.
    NotAMember,
    /// There is no base, so no feature.
    NoBase,
    /// A member of the organization.
    Member,
    /// The policy knows no such resource.
    UnknownResource,
    /// An entry of an access token, or that none opens it.
    Token,
    /// Nothing was said.
    Nothing,
}

impl ReasonKind {
    /// The word that programs read.
    pub fn word(self) -> &'static str {
        match self {
            ReasonKind::Access => "access",
            ReasonKind::Role => "role",
            ReasonKind::Prohibited => "prohibited",
            ReasonKind::OutsideOrganization => "outside-organization",
            ReasonKind::NotAMember => "not-a-member",
            ReasonKind::NoBase => "no-base",
            ReasonKind::Member => "member",
            ReasonKind::UnknownResource => "unknown-resource",
            ReasonKind::Token => "token",
            ReasonKind::Nothing => "nothing",
        }
    }
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What made the answer.
    pub kind: ReasonKind,
    /// Whom the statement speaks of: `group:engineering`, `default`, `everyone`.
    pub principal: Option<String>,
    /// Where it is written or holds: `room:a32wQXid4A9`, `everywhere`.
    pub place: Option<String>,
    /// The role, where one gave it.
    pub role: Option<String>,
    /// Where the statement is written.
    pub source: Option<Origin>,
    /// The reason in words.
    pub text: String,
}

/// An answer, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Allowed or denied.
    pub decision: Decision,
    /// The kind of the resource, also where the question left it out.
    pub kind: String,
    /// The id of the resource.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// What else the asker should know.
    pub notes: Vec<String>,
}

impl Answer {
    /// Whether it is allowed.
    pub fn allowed(&self) -> bool {
        self.decision == Decision::Allow
    }
}

/// A verdict in words.
pub fn answer(table: &Table, q: &Question, asked: &Asked, verdict: Verdict) -> Result<Answer, Damage> {
    let notes = unknown_names(table, &q.groups, q.organization.as_deref())?;
    Ok(Answer {
        decision: if verdict.allow { Decision::Allow } else { Decision::Deny },
        kind: table.kinds()[asked.kind as usize].name.to_string(),
        id: q.resource.id.clone(),
        reason: of(table, q, asked, verdict.cause)?,
        notes,
    })
}

/// A note for each group and for the organization of a sign-in that the policy does not have.
pub(super) fn unknown_names(table: &Table, groups: &[String], organization: Option<&str>) -> Result<Vec<String>, Damage> {
    let near = |name: &str, all: Vec<&str>| did_you_mean(name, all).map_or(String::new(), |d| format!("; {d}"));
    let mut notes = Vec::new();
    for group in groups {
        if table.group(group)?.is_none() {
            let near = near(group, table.group_names(LOOKED_AT).collect());
            let group = line(group);
            notes.push(format!("no group is named `{group}`, so it has no effect{near}"));
        }
    }
    if let Some(organization) = organization
        && organization != "default"
        && !table.declares(0, organization)?
    {
        let near = near(organization, table.resource_ids(0, LOOKED_AT).collect());
        let organization = line(organization);
        notes.push(format!("no organization `{organization}` is declared{near}"));
    }
    Ok(notes)
}

/// A note about a user that the policy does not name, and whether it has a name that is close.
///
/// # Errors
/// Damage.
pub fn unknown_user(table: &Table, user: &str) -> Result<Option<(String, bool)>, Damage> {
    if table.user(user)?.is_some() {
        return Ok(None);
    }
    let names = table.users().take(LOOKED_AT).map_while(|u| u.ok().map(|(_, name)| name));
    let near = did_you_mean(user, names);
    let is_near = near.is_some();
    let near = near.map_or(String::new(), |d| format!("; {d}"));
    Ok(Some((format!("the policy does not name user {}{near}", print::Id(user)), is_near)))
}

/// Names that are compared for a suggestion: more would cost a person's patience.
const LOOKED_AT: usize = 200_000;

/// What made an answer, in words.
pub(super) fn of(table: &Table, q: &Question, asked: &Asked, cause: Cause) -> Result<Reason, Damage> {
    let bare = |kind, text: String| Reason { kind, principal: None, place: None, role: None, source: None, text };
    Ok(match cause {
        Cause::Access(row) => entry(table, ReasonKind::Access, row, RowSort::Can)?,
        Cause::Prohibited(row) => entry(table, ReasonKind::Prohibited, row, RowSort::Cannot)?,
        Cause::Role(row) => role(table, row)?,
        Cause::NoBase(Some(row)) => {
            let reason = entry(table, ReasonKind::NoBase, row, RowSort::Can)?;
            Reason { text: format!("without a base there is no feature: {}", reason.text), ..reason }
        }
        Cause::NoBase(None) => bare(ReasonKind::NoBase, "nothing gives a base, and without a base there is no feature".into()),
        Cause::Outside(place) => {
            let own = match (table.place(place)?, asked.kind) {
                (Some(place), _) => place.id,
                (None, 0) => q.resource.id.clone(),
                (None, _) => "default".into(),
            };
            let signed = q.organization.as_deref().unwrap_or("default");
            let text =
                format!("the resource is in organization {}, and the sign-in is to {}", print::Id(&own), print::Id(signed));
            Reason { place: Some(format!("organization:{own}")), ..bare(ReasonKind::OutsideOrganization, text) }
        }
        Cause::NotMember(at) => {
            let own = table.place(at)?.map_or_else(|| "default".into(), |p| p.id);
            let text = format!("organization {} is closed, and user {} is no member", print::Id(&own), print::Id(&q.user));
            let source = table.origin(at, Which::Itself)?;
            let place = Some(format!("organization:{own}"));
            Reason { place, source: Some(source), ..bare(ReasonKind::NotAMember, text) }
        }
        Cause::UnknownResource => {
            let same = table.resource_ids(asked.kind, LOOKED_AT);
            let near = did_you_mean(&q.resource.id, same).map_or(String::new(), |d| format!("; {d}"));
            let kind = &table.kinds()[asked.kind as usize].name;
            let text = format!("{kind} `{}` is neither declared nor matched by a pattern{near}", q.resource.id);
            bare(ReasonKind::UnknownResource, text)
        }
        Cause::Nothing => bare(ReasonKind::Nothing, "nothing grants it".into()),
    })
}

/// What allows something, in words.
pub(super) fn of_table(table: &Table, cause: Cause) -> Result<Reason, Damage> {
    match cause {
        Cause::Access(row) => entry(table, ReasonKind::Access, row, RowSort::Can),
        Cause::Role(row) => role(table, row),
        _ => {
            let (kind, text) = (ReasonKind::Nothing, "nothing grants it".into());
            Ok(Reason { kind, principal: None, place: None, role: None, source: None, text })
        }
    }
}

/// An entry or a prohibition in words.
pub(super) fn entry(table: &Table, kind: ReasonKind, id: RowId, sort: RowSort) -> Result<Reason, Damage> {
    Ok(entry_of(kind, table.row(id, sort)?, sort))
}

/// The same of a row that is read.
pub(super) fn entry_of(kind: ReasonKind, row: Row, sort: RowSort) -> Reason {
    let verb = if sort == RowSort::Can { "can" } else { "cannot" };
    let who = match &row.who {
        Principal::Everyone => "default".into(),
        Principal::User(user) => format!("user {}", print::Id(user)),
        Principal::Group(group) => format!("group {}", print::Id(group)),
    };
    Reason {
        kind,
        principal: Some(principal(&row, "default")),
        place: row.place.as_ref().map(|p| p.address()),
        role: None,
        text: format!("{who} {verb} {}{}", row.list, until(&row)),
        source: Some(row.origin),
    }
}

/// An assignment in words.
pub(super) fn role(table: &Table, id: RowId) -> Result<Reason, Damage> {
    let row = table.row(id, RowSort::Role)?;
    let name = row.role.clone().unwrap_or_default();
    let who = match &row.who {
        Principal::Everyone => "everyone".into(),
        Principal::User(user) => format!("user {}", print::Id(user)),
        Principal::Group(group) => format!("group {}", print::Id(group)),
    };
    let scope = row.place.as_ref().map(|p| p.statement());
    let text = match (row.owner, scope) {
        (true, Some(place)) => format!("{who} has role {} as owner of {place}{}", print::Id(&name), until(&row)),
        (_, Some(place)) => format!("role {} assigned to {who} in {place}{}", print::Id(&name), until(&row)),
        (_, None) => format!("role {} assigned to {who} everywhere{}", print::Id(&name), until(&row)),
    };
    Ok(Reason {
        kind: ReasonKind::Role,
        principal: Some(principal(&row, "everyone")),
        place: Some(row.place.as_ref().map_or_else(|| "everywhere".into(), |p| p.address())),
        role: Some(name),
        source: Some(row.origin),
        text,
    })
}

fn until(row: &Row) -> String {
    row.until.map_or(String::new(), |u| format!(" until {}", u.shown_end()))
}

fn principal(row: &Row, everyone: &str) -> String {
    match &row.who {
        Principal::Everyone => everyone.into(),
        Principal::User(user) => format!("user:{user}"),
        Principal::Group(group) => format!("group:{group}"),
    }
}
