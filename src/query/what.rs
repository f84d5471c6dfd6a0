//! What someone can: every resource that a sign-in reaches, and with what.

use std::collections::BTreeMap;

use super::access::{Access, Ladder};
use super::check::{Checker, plain};
use super::question::{Question, QuestionError, Resource};
use super::reason::{Reason, of_table, unknown_names, unknown_user};
use crate::finding::did_you_mean;
use crate::instant::Instant;
use crate::model::kinds::KindId;
use crate::table::decide;
use crate::table::{SignIn, Table};

/// Who is asked about, and what narrows the answer.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The user.
    pub user: String,
    /// Groups named at sign-in.
    pub groups: Vec<String>,
    /// The organization signed in to; that of each resource where it is not given.
    pub organization: Option<String>,
    /// Only resources of this kind.
    pub kind: Option<String>,
    /// Only resources on which this is allowed.
    pub permission: Option<String>,
    /// When.
    pub at: Instant,
}

/// Resources that are reached in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The kind.
    pub kind: String,
    /// What is allowed, as a list of the language.
    pub list: String,
    /// What gives the base of it, or the first flat permission.
    pub reason: Reason,
    /// The declared resources, sorted.
    pub resources: Vec<String>,
    /// The patterns, with their `*`: every resource of them that is not declared and that no longer pattern matches.
    pub patterns: Vec<String>,
}

/// Everything that a sign-in reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Whether the policy names the user.
    pub known: bool,
    /// What it reaches, by kind, and the most first.
    pub reached: Vec<Reached>,
    /// What else the asker should know.
    pub notes: Vec<String>,
}

/// Everything that a sign-in reaches: every declared resource, and one undeclared for each pattern, is asked about.
///
/// # Errors
/// An unknown kind or permission, an id that no user can have, and a damaged table.
pub fn what(table: &Table, whose: &Whose) -> Result<Reach, QuestionError> {
    plain(&whose.user, "user")?;
    let kinds = kinds(table, whose)?;
    let question = Question {
        user: whose.user.clone(),
        permission: String::new(),
        resource: Resource { kind: None, id: String::new() },
        groups: whose.groups.clone(),
        organization: whose.organization.clone(),
        at: Some(whose.at),
    };
    let mut sign_in = Checker::new(table).sign_in(&question)?;
    if let Some(organization) = &whose.organization {
        sign_in = table.to_organization(sign_in, organization)?;
    }
    let mut reached = Vec::new();
    for kind in kinds {
        reached.extend(Kind::new(table, &sign_in, whose, kind).reached()?);
    }
    let stranger = unknown_user(table, &whose.user)?;
    let known = stranger.is_none();
    let mut notes = unknown_names(table, &whose.groups, whose.organization.as_deref())?;
    // That it is a stranger is said with what it can.
    notes.extend(stranger.filter(|(_, near)| *near).map(|(note, _)| note));
    Ok(Reach { known, reached, notes })
}

/// The kinds in question.
fn kinds(table: &Table, whose: &Whose) -> Result<Vec<KindId>, QuestionError> {
    let all: Vec<KindId> = match &whose.kind {
        None => (0..table.kinds().len() as KindId).collect(),
        Some(name) => vec![table.kind(name).ok_or_else(|| {
            let help = did_you_mean(name, table.kinds().iter().map(|k| &*k.name));
            QuestionError::new(format!("the policy has no kind `{name}`"), help)
        })?],
    };
    let Some(permission) = &whose.permission else { return Ok(all) };
    let fits: Vec<KindId> = all.iter().copied().filter(|k| table.permission(*k, permission).is_some()).collect();
    if let ([], Some(kind)) = (&fits[..], all.last()) {
        // The first kind that is asked says what is wrong with the permission.
        let kind = if all.len() == 1 { *kind } else { KindId::from(all.len() > 1) };
        super::check::meaning(table, kind, permission)?;
    }
    Ok(fits)
}

/// One kind, as far as it has been asked about.
struct Kind<'q> {
    table: &'q Table,
    sign_in: &'q SignIn<'q>,
    whose: &'q Whose,
    ladder: Ladder,
}

/// Resources and patterns.
type Same = (Vec<String>, Vec<String>);
/// What tells causes apart.
type Key = (u8, u32, u32);

impl<'q> Kind<'q> {
    fn new(table: &'q Table, sign_in: &'q SignIn<'q>, whose: &'q Whose, kind: KindId) -> Kind<'q> {
        Kind { table, sign_in, whose, ladder: Ladder::new(table, kind) }
    }

    fn reached(&self) -> Result<Vec<Reached>, QuestionError> {
        let (table, kind) = (self.table, self.ladder.kind());
        let mut same: BTreeMap<(Access, Key), (decide::Cause, Same)> = BTreeMap::new();
        for resource in table.resources(kind) {
            let resource = resource?;
            if let Some((access, cause)) = self.access(decide::Resource::Declared(resource))? {
                let entry = same.entry((access, key(cause))).or_insert_with(|| (cause, Same::default()));
                entry.1.0.push(table.resource_name(resource)?.to_owned());
            }
        }
        for pattern in table.patterns(kind)? {
            let Some(id) = table.undeclared_id(kind, pattern, pattern)? else { continue };
            let Some(on) = table.resource(kind, &id)? else { continue };
            if let Some((access, cause)) = self.access(on)? {
                let entry = same.entry((access, key(cause))).or_insert_with(|| (cause, Same::default()));
                entry.1.1.push(format!("{pattern}*"));
            }
        }
        let mut reached = Vec::new();
        for ((access, _), (cause, (resources, patterns))) in same {
            let kind = table.kinds()[kind as usize].name.to_string();
            let reason = of_table(table, cause)?;
            reached.push(Reached { kind, list: self.ladder.list(&access), reason, resources, patterns });
        }
        reached.sort_by(|a, b| {
            let size = |r: &Reached| std::cmp::Reverse(r.resources.len() + r.patterns.len());
            (size(a), &a.list, &a.resources, &a.patterns).cmp(&(size(b), &b.list, &b.resources, &b.patterns))
        });
        Ok(reached)
    }

    /// What the sign-in has there, where it is something that is asked for.
    fn access(&self, on: decide::Resource<'_>) -> Result<Option<(Access, decide::Cause)>, QuestionError> {
        let (table, at) = (self.table, self.whose.at);
        let access = self.ladder.access(table, self.sign_in, on, at)?;
        let wanted = self.whose.permission.as_deref().and_then(|p| table.permission(self.ladder.kind(), p));
        if access.is_none() || wanted.is_some_and(|p| !self.ladder.allows(&access, p)) {
            return Ok(None);
        }
        let Some(permission) = wanted.or_else(|| self.ladder.highest(&access)) else { return Ok(None) };
        let verdict = table.decide(self.sign_in, permission, on, at)?;
        Ok(Some((access, verdict.cause)))
    }
}

/// What tells causes apart, in an order that never changes.
fn key(cause: decide::Cause) -> Key {
    match cause {
        decide::Cause::Access(row) => (0, row.place, row.row),
        decide::Cause::Role(row) => (1, row.place, row.row),
        _ => (2, 0, 0),
    }
}
