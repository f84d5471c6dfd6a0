//! Can X do Y on Z: a question in names, and its answer.

use std::collections::HashMap;

use crate::finding::did_you_mean;
use crate::instant::Instant;
use crate::model::kinds::{KindId, Meaning, NONE, Value};
use crate::model::{Model, NEVER, Who};
use crate::policy::Policy;
use crate::source::Span;
use crate::syntax::print;
use crate::table::decide::{Ask, Cause, Verdict, decide, groups};
use crate::table::{EntryRow, RoleRow};

/// A resource as a question names it: `room:design:home` is kind `room`, id `design:home`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind; where it is missing, the policy must have only one that fits.
    pub kind: Option<String>,
    /// The id.
    pub id: String,
}

impl From<&str> for Resource {
    fn from(text: &str) -> Resource {
        match text.split_once(':') {
            Some((kind, id)) => Resource { kind: Some(kind.into()), id: id.into() },
            None => Resource { kind: None, id: text.into() },
        }
    }
}

/// Can `user` do `permission` on `resource`?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The id of the user.
    pub user: String,
    /// The permission, such as `comments:write`.
    pub permission: String,
    /// The resource.
    pub resource: Resource,
    /// Groups named at sign-in.
    pub groups: Vec<String>,
    /// The organization signed in to; the resource's own where it is not given.
    pub organization: Option<String>,
    /// When; now where it is not given.
    pub at: Option<Instant>,
}

impl Question {
    /// A question about `KIND:ID`, asked now, in the resource's own organization.
    pub fn new(user: impl Into<String>, permission: impl Into<String>, resource: &str) -> Question {
        Question {
            user: user.into(),
            permission: permission.into(),
            resource: resource.into(),
            groups: Vec::new(),
            organization: None,
            at: None,
        }
    }

    /// Adds a group named at sign-in.
    pub fn group(mut self, group: impl Into<String>) -> Question {
        self.groups.push(group.into());
        self
    }

    /// Signs in to an organization.
    pub fn organization(mut self, organization: impl Into<String>) -> Question {
        self.organization = Some(organization.into());
        self
    }

    /// Asks for another time than now.
    pub fn at(mut self, at: Instant) -> Question {
        self.at = Some(at);
        self
    }
}

/// A question that has no answer: never a deny.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    message: String,
    help: Option<String>,
}

impl QuestionError {
    fn new(message: String, help: Option<String>) -> QuestionError {
        QuestionError { message, help }
    }

    /// What to type instead.
    pub fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

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
    /// The policy knows no such resource.
    UnknownResource,
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
            ReasonKind::UnknownResource => "unknown-resource",
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
    /// The statement.
    pub span: Option<Span>,
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

/// How many groups a [`Checker`] remembers before it starts anew.
const REMEMBERED: usize = 4_000_000;

/// Asks one policy many questions, and remembers users' groups between them.
pub struct Checker<'p> {
    policy: &'p Policy,
    at: Option<Instant>,
    ended: Vec<bool>,
    groups: HashMap<u32, Vec<u32>, foldhash::fast::RandomState>,
    remembered: usize,
    permissions: HashMap<(KindId, String), (u32, Value), foldhash::fast::RandomState>,
}

impl<'p> Checker<'p> {
    /// A checker of a policy.
    pub fn new(policy: &'p Policy) -> Checker<'p> {
        Checker {
            policy,
            at: None,
            ended: Vec::new(),
            groups: HashMap::default(),
            remembered: 0,
            permissions: HashMap::default(),
        }
    }

    /// Answers with the whole reason.
    ///
    /// # Errors
    /// An unknown kind or permission, and an id that no user or resource can have, are errors and never a deny.
    pub fn check(&mut self, question: &Question) -> Result<Answer, QuestionError> {
        self.ask(question, |policy, kind, verdict| answer(policy, question, kind, verdict))
    }

    /// Answers only whether it is allowed, for batches.
    ///
    /// # Errors
    /// As [`Checker::check`].
    pub fn decision(&mut self, question: &Question) -> Result<Decision, QuestionError> {
        self.ask(question, |_, _, v| if v.allow { Decision::Allow } else { Decision::Deny })
    }

    fn ask<T>(&mut self, q: &Question, then: impl FnOnce(&'p Policy, KindId, Verdict<'p>) -> T) -> Result<T, QuestionError> {
        let policy = self.policy;
        let model = policy.model();
        for (id, what) in [(&q.user, "user"), (&q.resource.id, "resource")] {
            plain(id, what)?;
        }
        let kind = kind(model, q)?;
        let (part, value) = self.permission(kind, &q.permission)?;
        self.clock(q.at.unwrap_or_else(Instant::now));
        let user = model.users.get(&q.user);
        let named: Vec<u32> = q.groups.iter().filter_map(|g| model.groups.get(g)).collect();
        let fresh;
        let groups: &[u32] = match user {
            Some(user) if named.is_empty() => {
                self.remember(user);
                self.groups.get(&user).map_or(&[], |g| g)
            }
            _ => {
                fresh = groups(policy.table(), user, &named, &self.ended);
                &fresh
            }
        };
        let ask = Ask {
            user,
            groups,
            organization: q.organization.as_deref(),
            kind,
            id: &q.resource.id,
            part,
            value,
            ended: &self.ended,
        };
        let verdict = decide(model, policy.table(), &ask);
        Ok(then(policy, kind, verdict))
    }

    /// Sets the time, and forgets what held only at another one.
    fn clock(&mut self, at: Instant) {
        let times = &self.policy.model().times;
        if self.at == Some(at) {
            return;
        }
        let ended: Vec<bool> = times.iter().map(|t| *t <= at).collect();
        if ended != self.ended {
            self.groups.clear();
            self.remembered = 0;
        }
        (self.at, self.ended) = (Some(at), ended);
    }

    fn remember(&mut self, user: u32) {
        if self.remembered > REMEMBERED {
            self.groups.clear();
            self.remembered = 0;
        }
        let (policy, ended, remembered) = (self.policy, &self.ended, &mut self.remembered);
        self.groups.entry(user).or_insert_with(|| {
            let found = groups(policy.table(), Some(user), &[], ended);
            *remembered += found.len() + 8;
            found
        });
    }

    fn permission(&mut self, kind: KindId, permission: &str) -> Result<(u32, Value), QuestionError> {
        // The key is owned, so a hit costs one short copy; the table's own format will do without.
        let key = (kind, permission.to_string());
        if let Some(found) = self.permissions.get(&key) {
            return Ok(*found);
        }
        let found = meaning(self.policy.model(), kind, permission)?;
        self.permissions.insert(key, found);
        Ok(found)
    }
}

fn plain(id: &str, what: &str) -> Result<(), QuestionError> {
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
fn kind(model: &Model, q: &Question) -> Result<KindId, QuestionError> {
    let Some(name) = &q.resource.kind else { return only_kind(model, q) };
    model.kind_names.get(name).ok_or_else(|| {
        let help = did_you_mean(name, model.kind_names.iter());
        let help = help.or_else(|| Some("a resource is `KIND:ID`, such as `room:lobby`".into()));
        QuestionError::new(format!("the policy has no kind `{name}`"), help)
    })
}

/// A resource without a kind: the only kind besides `organization`, else the only one that declares the permission.
fn only_kind(model: &Model, q: &Question) -> Result<KindId, QuestionError> {
    let all: Vec<KindId> = (1..model.kinds.len() as KindId).collect();
    let declares = |k: &KindId| model.kinds[*k as usize].meaning(&q.permission).is_some();
    let fits: Vec<KindId> = match all.len() {
        1 => all,
        _ => (0..model.kinds.len() as KindId).filter(declares).collect(),
    };
    match fits.as_slice() {
        [one] => Ok(*one),
        _ => {
            let kinds: Vec<&str> = model.kind_names.iter().take(20).collect();
            let help = Some(format!("type `KIND:{}` with one of the kinds `{}`", q.resource.id, kinds.join("`, `")));
            Err(QuestionError::new(format!("the kind of resource `{}` is not given", q.resource.id), help))
        }
    }
}

fn meaning(model: &Model, kind: KindId, permission: &str) -> Result<(u32, Value), QuestionError> {
    let k = &model.kinds[kind as usize];
    let shown: String = permission.chars().take(120).collect();
    let error = |message: String, help: Option<String>| Err(QuestionError::new(message, help));
    match k.meaning(permission) {
        Some(Meaning::Part(part, value)) if value > NONE => Ok((part, value)),
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

/// A verdict in words.
fn answer(policy: &Policy, q: &Question, kind: KindId, verdict: Verdict<'_>) -> Answer {
    let model = policy.model();
    let mut notes = Vec::new();
    for group in q.groups.iter().filter(|g| model.groups.get(g).is_none()) {
        let near = did_you_mean(group, model.groups.iter()).map_or(String::new(), |d| format!("; {d}"));
        notes.push(format!("no group is named `{group}`, so it has no effect{near}"));
    }
    if let Some(organization) = &q.organization {
        let known = organization == "default" || model.index.resource(0, organization).is_some();
        if !known {
            notes.push(format!("no organization `{organization}` is declared"));
        }
    }
    Answer {
        decision: if verdict.allow { Decision::Allow } else { Decision::Deny },
        kind: model.kinds[kind as usize].name.to_string(),
        id: q.resource.id.clone(),
        reason: reason(policy, q, kind, verdict),
        notes,
    }
}

fn reason(policy: &Policy, q: &Question, kind: KindId, verdict: Verdict<'_>) -> Reason {
    let model = policy.model();
    let bare = |kind, text: String| Reason { kind, principal: None, place: None, role: None, span: None, text };
    let organization = |place: Option<u32>| place.map_or("default", |p| &*model.places[p as usize].id);
    match verdict.cause {
        Cause::Access(row) => entry(policy, ReasonKind::Access, row),
        Cause::Prohibited(row) => entry(policy, ReasonKind::Prohibited, row),
        Cause::Role(row) => role(policy, row),
        Cause::NoBase(Some(row)) => {
            let mut reason = entry(policy, ReasonKind::NoBase, row);
            reason.text = format!("without a base there is no feature: {}", reason.text);
            reason
        }
        Cause::NoBase(None) => bare(ReasonKind::NoBase, "nothing gives a base, and without a base there is no feature".into()),
        Cause::Outside(place) => {
            let own = organization(place);
            let signed = q.organization.as_deref().unwrap_or("default");
            let text = format!("the resource is in organization {}, and the sign-in is to {}", print::Id(own), print::Id(signed));
            Reason { place: Some(format!("organization:{own}")), ..bare(ReasonKind::OutsideOrganization, text) }
        }
        Cause::NotMember(place) => {
            let own = organization(Some(place));
            let text = format!("organization {} is closed, and user {} is no member", print::Id(own), print::Id(&q.user));
            let span = Some(model.places[place as usize].span);
            Reason { place: Some(format!("organization:{own}")), span, ..bare(ReasonKind::NotAMember, text) }
        }
        Cause::UnknownResource => {
            let same = model.places.iter().filter(|p| p.kind == kind && !p.pattern).map(|p| &*p.id).take(200_000);
            let near = did_you_mean(&q.resource.id, same).map_or(String::new(), |d| format!("; {d}"));
            let text = format!(
                "{} `{}` is neither declared nor matched by a pattern{near}",
                model.kinds[kind as usize].name, q.resource.id
            );
            bare(ReasonKind::UnknownResource, text)
        }
        Cause::Nothing => bare(ReasonKind::Nothing, "nothing grants it".into()),
    }
}

fn entry(policy: &Policy, kind: ReasonKind, row: &EntryRow) -> Reason {
    let model = policy.model();
    Reason {
        kind,
        principal: Some(principal(model, row.who, "default")),
        place: Some(address(model, row.place)),
        role: None,
        span: Some(row.span),
        text: one_line(policy.sources().text(row.span)),
    }
}

fn role(policy: &Policy, row: &RoleRow) -> Reason {
    let model = policy.model();
    let place = (row.scope as usize) < model.places.len();
    let name = model.roles.name(row.role);
    let scope = if place { format!("in {}", model.place_name(row.scope)) } else { "everywhere".into() };
    let who = if row.who == Who::Everyone { "everyone".into() } else { model.who(row.who) };
    let how = if row.owner { "as owner of" } else { "assigned to" };
    let text = match row.owner {
        true => format!("{who} has role {} {how} {}", print::Id(name), model.place_name(row.scope)),
        false => format!("role {} {how} {who} {scope}{}", print::Id(name), until(model, row.until)),
    };
    Reason {
        kind: ReasonKind::Role,
        principal: Some(principal(model, row.who, "everyone")),
        place: Some(if place { address(model, row.scope) } else { "everywhere".into() }),
        role: Some(name.into()),
        span: Some(row.span),
        text,
    }
}

fn until(model: &Model, until: u32) -> String {
    if until == NEVER { String::new() } else { format!(", ending at {}", model.times[until as usize]) }
}

fn principal(model: &Model, who: Who, everyone: &str) -> String {
    match who {
        Who::Everyone => everyone.into(),
        Who::User(u) => format!("user:{}", model.users.name(u)),
        Who::Group(g) => format!("group:{}", model.groups.name(g)),
    }
}

fn address(model: &Model, place: u32) -> String {
    let p = &model.places[place as usize];
    format!("{}:{}{}", model.kinds[p.kind as usize].name, p.id, if p.pattern { "*" } else { "" })
}

/// A statement of the source on one line, without its comments.
fn one_line(text: &str) -> String {
    let mut words = Vec::new();
    for line in text.lines() {
        let mut quoted = false;
        let bytes = line.as_bytes();
        let cut = (0..bytes.len()).find(|i| {
            quoted ^= bytes[*i] == b'"' && (*i == 0 || bytes[i - 1] != b'\\');
            !quoted && bytes[*i..].starts_with(b"//")
        });
        words.extend(line[..cut.unwrap_or(line.len())].split_whitespace());
    }
    words.join(" ")
}
