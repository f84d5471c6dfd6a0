//! Who can: everyone that has a permission on a resource, by what gives it.

use std::collections::BTreeMap;

use super::check::Checker;
use super::question::{Question, QuestionError, Resource};
use super::reason::{Reason, of};
use crate::instant::Instant;
use crate::table::Table;
use crate::table::decide::{Cause, Verdict};
use crate::table::view::Damage;

/// Those that one statement lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted<'t> {
    /// The statement.
    pub reason: Reason,
    /// Whether a stranger is let in by it: everyone who can sign in.
    pub strangers: bool,
    /// The users that the policy names, sorted.
    pub users: Vec<&'t str>,
    /// The groups that let in a stranger who names them at sign-in, and no stranger otherwise.
    pub groups: Vec<&'t str>,
}

/// Whom what lets everyone in does not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excepted<'t> {
    /// This user.
    User(&'t str),
    /// A stranger who names this group at sign-in.
    Group(&'t str),
}

impl<'t> Excepted<'t> {
    /// `user` or `group`, and the name.
    pub fn words(self) -> (&'static str, &'t str) {
        match self {
            Excepted::User(name) => ("user", name),
            Excepted::Group(name) => ("group", name),
        }
    }
}

/// Everyone that has a permission on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience<'t> {
    /// The groups that everyone names at sign-in.
    pub named: Vec<String>,
    /// The kind of the resource.
    pub kind: String,
    /// Its organization; none is `default`.
    pub organization: Option<String>,
    /// Whether only its members can sign in to it.
    pub closed: bool,
    /// Those that are let in, everyone first, then by how many they are.
    pub admitted: Vec<Admitted<'t>>,
    /// Where strangers are let in: the users that are not, and the groups that keep out a stranger who names them, each with
    /// the reason.
    pub except: Vec<(Excepted<'t>, Reason)>,
    /// Why a stranger is not let in.
    pub stranger: Option<Reason>,
}

/// Everyone that can: each user of the policy and the stranger are asked about, alone and with each group named at sign-in.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn who<'t>(table: &'t Table, permission: &str, resource: &Resource, at: Instant) -> Result<Audience<'t>, QuestionError> {
    who_with(table, permission, resource, &[], at)
}

/// As [`who`], where everyone names these groups at sign-in: for what several groups give together.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn who_with<'t>(
    table: &'t Table,
    permission: &str,
    resource: &Resource,
    groups: &[String],
    at: Instant,
) -> Result<Audience<'t>, QuestionError> {
    // Any user will do: what it asks is read, and nothing is decided for it.
    let question = Question {
        user: "somebody".into(),
        permission: permission.into(),
        resource: resource.clone(),
        groups: groups.to_vec(),
        organization: None,
        at: Some(at),
    };
    let asked = Checker::new(table).understand(&question)?;
    let kind = table.kinds()[asked.kind as usize].name.to_string();
    let reason = |verdict: Verdict| -> Result<Reason, Damage> {
        let reason = of(table, &question, &asked, verdict.cause)?;
        Ok(Reason { text: reason.text.replace("user somebody is", "a stranger is"), ..reason })
    };
    let Some(on) = table.resource(asked.kind, &resource.id)? else {
        let unknown = reason(Verdict { allow: false, cause: Cause::UnknownResource })?;
        return Ok(Audience {
            named: groups.to_vec(),
            kind,
            organization: None,
            closed: false,
            admitted: Vec::new(),
            except: Vec::new(),
            stranger: Some(unknown),
        });
    };
    let (organization, closed) = table.organization(on)?;
    let named = groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
    let signed_in = |user| if named.is_empty() { table.sign_in(user) } else { table.sign_in_with(Some(user), &named) };
    let mut found = Found::default();
    let stranger = table.decide(&table.sign_in_with(None, &named)?, asked.permission, on, at)?;
    if stranger.allow {
        found.entry(stranger.cause).0 = true;
    }
    let mut denied = Vec::new();
    for user in table.users() {
        let (user, name) = user?;
        let verdict = table.decide(&signed_in(user)?, asked.permission, on, at)?;
        match verdict.allow {
            true => found.entry(verdict.cause).1.push(name),
            false if stranger.allow => denied.push((Excepted::User(name), verdict)),
            false => {}
        }
    }
    for group in table.groups() {
        let (group, name) = group?;
        let all: Vec<_> = named.iter().copied().chain([group]).collect();
        let verdict = table.decide(&table.sign_in_with(None, &all)?, asked.permission, on, at)?;
        match (verdict.allow, stranger.allow) {
            (true, false) => found.entry(verdict.cause).2.push(name),
            (false, true) => denied.push((Excepted::Group(name), verdict)),
            _ => {}
        }
    }
    let admitted = found.all.into_values().map(|(cause, (strangers, users, groups))| {
        let reason = reason(Verdict { allow: true, cause })?;
        Ok(Admitted { reason, strangers, users, groups })
    });
    let mut admitted = admitted.collect::<Result<Vec<_>, Damage>>()?;
    admitted.sort_by(|a, b| order(a).cmp(&order(b)));
    let excepted = |(whom, verdict): (Excepted<'t>, Verdict)| {
        let because = match whom {
            Excepted::User(name) => of(table, &Question { user: name.into(), ..question.clone() }, &asked, verdict.cause)?,
            Excepted::Group(_) => reason(verdict)?,
        };
        Ok((whom, because))
    };
    let except = denied.into_iter().map(excepted).collect::<Result<Vec<_>, Damage>>()?;
    let stranger = if stranger.allow { None } else { Some(reason(stranger)?) };
    Ok(Audience { named: groups.to_vec(), kind, organization, closed, admitted, except, stranger })
}

impl Audience<'_> {
    /// How many users of the policy can.
    pub fn users(&self) -> usize {
        self.admitted.iter().map(|a| a.users.len()).sum()
    }

    /// Whether a stranger can.
    pub fn strangers(&self) -> bool {
        self.stranger.is_none()
    }
}

fn order<'a>(a: &'a Admitted<'_>) -> impl Ord + 'a {
    let source = a.reason.source.as_ref().map(|s| (&*s.file, s.line, s.column));
    (!a.strangers, std::cmp::Reverse(a.users.len()), source, &a.reason.text)
}

type Let<'t> = (bool, Vec<&'t str>, Vec<&'t str>);

/// Who is let in, by cause.
#[derive(Default)]
struct Found<'t> {
    all: BTreeMap<(u8, u32, u32), (Cause, Let<'t>)>,
}

impl<'t> Found<'t> {
    fn entry(&mut self, cause: Cause) -> &mut Let<'t> {
        let key = match cause {
            Cause::Access(row) => (0, row.place, row.row),
            Cause::Role(row) => (1, row.place, row.row),
            _ => (2, 0, 0),
        };
        &mut self.all.entry(key).or_insert_with(|| (cause, Let::default())).1
    }
}
