//! Can X do Y on Z, asked of a table in names.

use std::collections::HashMap;

use super::question::{Question, QuestionError};
use super::reason::{Answer, Decision, answer};
use crate::finding::did_you_mean;
use crate::instant::Instant;
use crate::model::kinds::{KindId, Meaning};
use crate::syntax::print;
use crate::table::decide::{Cause, Permission, Verdict};
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// What a question means in a table.
pub struct Asked {
    /// The resource's kind.
    pub kind: KindId,
    /// What is asked for.
    pub permission: Permission,
    /// When.
    pub at: Instant,
}

/// Asks one table many questions, and remembers what they share.
pub struct Checker<'t> {
    table: &'t Table,
    permissions: HashMap<String, Vec<Permission>, foldhash::fast::RandomState>,
    last: Option<(String, SignIn<'t>)>,
}

impl<'t> Checker<'t> {
    /// A checker of a table.
    pub fn new(table: &'t Table) -> Checker<'t> {
        Checker { table, permissions: HashMap::default(), last: None }
    }

    /// Answers with the whole reason.
    ///
    /// # Errors
    /// An unknown kind or permission, and an id that no user or resource can have, are errors and never a deny; so is
    /// a table that is found damaged.
    pub fn check(&mut self, question: &Question) -> Result<Answer, QuestionError> {
        let asked = self.understand(question)?;
        let verdict = self.decide(question, &asked)?;
        Ok(answer(self.table, question, &asked, verdict)?)
    }

    /// Answers only whether it is allowed, for batches.
    ///
    /// # Errors
    /// As [`Checker::check`].
    pub fn decision(&mut self, question: &Question) -> Result<Decision, QuestionError> {
        let asked = self.understand(question)?;
        Ok(if self.decide(question, &asked)?.allow { Decision::Allow } else { Decision::Deny })
    }

    /// What the names of a question mean.
    ///
    /// # Errors
    /// Those of [`Checker::check`] that have nothing to do with the user.
    pub fn understand(&mut self, q: &Question) -> Result<Asked, QuestionError> {
        for (id, what) in [(&q.user, "user"), (&q.resource.id, "resource")] {
            plain(id, what)?;
        }
        let kind = kind(self.table, q)?;
        Ok(Asked { kind, permission: self.permission(kind, &q.permission)?, at: q.at.unwrap_or_else(Instant::now) })
    }

    fn decide(&mut self, q: &Question, asked: &Asked) -> Result<Verdict, Damage> {
        let table = self.table;
        let Some(resource) = table.resource(asked.kind, &q.resource.id)? else {
            return Ok(Verdict { allow: false, cause: Cause::UnknownResource });
        };
        let sign_in = self.sign_in(q)?;
        let Some(organization) = &q.organization else { return table.decide(&sign_in, asked.permission, resource, asked.at) };
        table.decide(&table.to_organization(sign_in, organization)?, asked.permission, resource, asked.at)
    }

    /// Who asks.
    pub(super) fn sign_in(&mut self, q: &Question) -> Result<SignIn<'t>, Damage> {
        let named = !q.groups.is_empty();
        if let Some((_, sign_in)) = self.last.as_ref().filter(|(user, _)| *user == q.user && !named) {
            return Ok(sign_in.clone());
        }
        let user = self.table.user(&q.user)?;
        if named {
            let groups = q.groups.iter().filter_map(|g| self.table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
            return self.table.sign_in_with(user, &groups);
        }
        let Some(user) = user else { return self.table.sign_in_with(None, &[]) };
        let sign_in = self.table.sign_in(user)?;
        if self.table.closes_groups_late() {
            self.last = Some((q.user.clone(), sign_in.clone()));
        }
        Ok(sign_in)
    }

    fn permission(&mut self, kind: KindId, text: &str) -> Result<Permission, QuestionError> {
        let known = self.permissions.get(text).and_then(|all| all.iter().find(|p| p.kind() == kind));
        if let Some(permission) = known {
            return Ok(*permission);
        }
        let permission = meaning(self.table, kind, text)?;
        self.permissions.entry(text.into()).or_default().push(permission);
        Ok(permission)
    }
}

/// Whether an id can be asked about.
pub(super) fn plain(id: &str, what: &str) -> Result<(), QuestionError> {
    if id.contains('*') {
        let help = Some("ask about one id".into());
        return Err(QuestionError::new(format!("a question cannot hold a `*` in the id of a {what}"), help));
    }
    if print::is_id(id) {
        return Ok(());
    }
    let message = format!("the id of the {what} is empty, longer than 256 bytes, or holds control characters");
    Err(QuestionError::new(message, Some(format!("give a {what} id of 1 to 256 bytes of plain text"))))
}

/// The kind that a question means.
fn kind(table: &Table, q: &Question) -> Result<KindId, QuestionError> {
    let Some(name) = &q.resource.kind else { return only_kind(table, q) };
    table.kind(name).ok_or_else(|| {
        let help = did_you_mean(name, table.kinds().iter().map(|k| &*k.name));
        let help = help.or_else(|| Some("a resource is `KIND:ID`, such as `room:lobby`".into()));
        QuestionError::new(format!("the policy has no kind `{name}`"), help)
    })
}

/// A resource without a kind: the only kind besides `organization`, else the only one that declares the permission.
fn only_kind(table: &Table, q: &Question) -> Result<KindId, QuestionError> {
    let all: Vec<KindId> = (1..table.kinds().len() as KindId).collect();
    let declares = |k: &KindId| table.kinds()[*k as usize].meaning(&q.permission).is_some();
    let fits: Vec<KindId> = match all.len() {
        1 => all,
        _ => (0..table.kinds().len() as KindId).filter(declares).collect(),
    };
    match fits.as_slice() {
        [one] => Ok(*one),
        _ => {
            let kinds: Vec<&str> = table.kinds().iter().map(|k| &*k.name).take(20).collect();
            let help = Some(format!("type `KIND:{}` with one of the kinds `{}`", q.resource.id, kinds.join("`, `")));
            Err(QuestionError::new(format!("the kind of resource `{}` is not given", q.resource.id), help))
        }
    }
}

/// What a permission means on a kind.
pub(super) fn meaning(table: &Table, kind: KindId, permission: &str) -> Result<Permission, QuestionError> {
    let k = &table.kinds()[kind as usize];
    let shown: String = permission.chars().take(120).collect();
    let error = |message: String, help: Option<String>| Err(QuestionError::new(message, help));
    if let Some(found) = table.permission(kind, permission) {
        return Ok(found);
    }
    match k.meaning(permission) {
        Some(Meaning::Part(..)) => {
            error(format!("`{shown}` cannot be asked for"), Some("ask for a level, such as `read`".into()))
        }
        Some(Meaning::Star) => error("`*` alone cannot be asked for".into(), Some("ask for one permission".into())),
        Some(Meaning::Retired) => error(format!("`{shown}` is retired, and nobody has it"), None),
        None => {
            let known: Vec<String> = k.permissions().take(2000).collect();
            let help = did_you_mean(&shown, known.iter().map(String::as_str)).or_else(|| {
                let few: Vec<&str> = known.iter().map(String::as_str).take(8).collect();
                (!few.is_empty())
                    .then(|| format!("it declares `{}`{}", few.join("`, `"), if known.len() > 8 { ", …" } else { "" }))
            });
            error(format!("kind `{}` does not declare the permission `{shown}`", k.name), help)
        }
    }
}
