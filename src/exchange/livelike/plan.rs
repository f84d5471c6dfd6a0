//! From facts to what is written: every assignment that the language can state, and a note for every other one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::read::{self, Assignment, Facts, Place, Subject};
use super::resources::{Id, Resources};
use super::roles::{Role, Roles};
use super::spoken_scope;
use super::vocabulary::Vocabulary;
use crate::exchange::Note;
use crate::exchange::draft::id_fault;
use crate::exchange::liveblocks::json::spoken;

/// Everything that the files say.
pub struct Plan {
    pub permissions: BTreeMap<&'static str, BTreeSet<String>>,
    pub roles: BTreeMap<String, Role>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
    pub resources: Resources,
    pub assignments: BTreeMap<(String, Subject, Scope), Until>,
}

/// Where an assignment holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// On one resource and what it contains.
    Resource(Id),
    /// On every resource of a kind and what they contain.
    Every(&'static str),
    /// On everything.
    Everywhere,
}

/// How long an assignment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Up to, and not including, an instant.
    Time(Timestamp),
    /// Without an end.
    Forever,
}

/// Plans the files; what they leave out or assume is in the notes.
pub fn plan(facts: Facts<'_>, vocabulary: &Vocabulary) -> (Plan, Vec<Note>) {
    let mut roles = Roles::read(facts.roles, facts.permissions, vocabulary);
    let mut notes = facts.notes;
    notes.append(&mut roles.notes);
    let plan = Plan {
        permissions: BTreeMap::new(),
        roles: BTreeMap::new(),
        groups: BTreeMap::new(),
        resources: Resources::default(),
        assignments: BTreeMap::new(),
    };
    let mut planner = Planner { plan, notes, vocabulary, roles };
    for (resource, place) in facts.resources {
        if let Err(why) = planner.resource(&resource, place) {
            planner.note(place, format!("a resource is left out: {why}"));
        }
    }
    for (group, place) in facts.groups {
        planner.group(group, place);
    }
    for assignment in &facts.assignments {
        planner.assignment(assignment);
    }
    planner.finish()
}

struct Planner<'v> {
    plan: Plan,
    notes: Vec<Note>,
    vocabulary: &'v Vocabulary,
    roles: Roles<'v>,
}

impl Planner<'_> {
    fn finish(mut self) -> (Plan, Vec<Note>) {
        self.plan.roles = self.roles.declared;
        self.plan.permissions = self.roles.added;
        self.notes.append(&mut self.plan.resources.settle());
        let subjects: BTreeSet<&Subject> = self.plan.assignments.keys().map(|(_, subject, _)| subject).collect();
        if subjects.iter().any(|subject| matches!(subject, Subject::Group(_))) {
            self.notes.push(Note::general("a role grant is read as an assignment to the members of its group"));
        }
        if subjects.contains(&Subject::Everyone) {
            self.notes.push(Note::general("an active base role is read as an assignment to everyone in its application"));
        }
        (self.plan, self.notes)
    }

    fn assignment(&mut self, assignment: &Assignment<'_>) {
        let name = assignment.role.first().map(|name| spoken(name)).unwrap_or_default();
        let place = assignment.place;
        let mut drop = |why: String| {
            self.notes.push(Note::at(place.0, place.1, format!("an assignment of role `{name}` is left out: {why}")))
        };
        if !assignment.active {
            return drop("it is not active".to_owned());
        }
        let Some(role) = self.roles.find(&assignment.role).map(str::to_owned) else {
            let near = assignment.role.first().and_then(|name| self.roles.near(name));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return drop(format!("no role of that name is listed or published{near}"));
        };
        let until = match assignment.until.as_deref().map(until).transpose() {
            Ok(until) => until.unwrap_or(Until::Forever),
            Err(why) => return drop(why),
        };
        let scopes = match assignment.scopes.as_deref() {
            None | Some([]) => return drop("it names no scope; write `everywhere` by hand if that is meant".to_owned()),
            Some(scopes) => scopes,
        };
        for scope in scopes {
            match self.scope(scope, place) {
                Ok(scope) => self.assign(&role, &assignment.subjects, &scope, until, place),
                Err(why) => self.note(place, format!("a scope of role `{name}` is left out: {why}")),
            }
        }
    }

    /// Assigns a role to subjects; of two assignments that differ in time, the longer one says it all.
    fn assign(&mut self, role: &str, subjects: &[Subject], scope: &Scope, until: Until, place: Place<'_>) {
        for subject in subjects {
            if let Subject::Profile(id) | Subject::Group(id) = subject
                && let Some(fault) = id_fault(id)
            {
                self.note(place, format!("an assignment of role `{role}` is left out: the id `{}` {fault}", spoken(id)));
                continue;
            }
            if let Subject::Group(id) = subject {
                self.plan.groups.entry(id.clone()).or_default();
            }
            let key = (role.to_owned(), subject.clone(), scope.clone());
            let kept = self.plan.assignments.entry(key).or_insert(until);
            *kept = until.max(*kept);
        }
    }

    /// The scope in the terms of the language; its resources are declared on the way.
    fn scope(&mut self, scope: &read::Scope, place: Place<'_>) -> Result<Scope, String> {
        let star = |text: &Option<String>| text.as_deref() == Some("*");
        if star(&scope.kind) && (scope.id.is_none() || star(&scope.id)) {
            return Ok(Scope::Everywhere);
        }
        let kind = self.kind(scope)?;
        let id = if kind == "application" { scope.id.clone().or_else(|| scope.application.clone()) } else { scope.id.clone() };
        if id.as_deref().is_some_and(|id| id != "*") {
            return self.resource(&read::Scope { id, ..scope.clone() }, place).map(Scope::Resource);
        }
        if let Some(above) = scope.application.as_ref().filter(|_| kind != "application") {
            // One pattern has one container in the whole set, so this would say more than the source.
            return Err(format!("every {} of application `{}` alone cannot be said here", kind.replace('_', " "), spoken(above)));
        }
        if id.is_none() {
            self.note(place, format!("a scope names the kind `{kind}` and no resource: read as every one"));
        }
        Ok(Scope::Every(kind))
    }

    /// Declares a resource that is named by its id.
    fn resource(&mut self, scope: &read::Scope, place: Place<'_>) -> Result<Id, String> {
        let kind = self.kind(scope)?;
        let names = [&scope.id, &scope.application, &scope.program];
        for name in names.into_iter().flatten() {
            if let Some(fault) = id_fault(name) {
                return Err(format!("the id `{}` {fault}", spoken(name)));
            }
        }
        let Some(id) = scope.id.clone() else { return Err("it has no id".to_owned()) };
        let id = (kind, id);
        self.plan.resources.add(id.clone(), scope.application.as_deref(), scope.program.as_deref(), place);
        Ok(id)
    }

    fn kind(&self, scope: &read::Scope) -> Result<&'static str, String> {
        let Some(kind) = &scope.kind else { return Err("it names no kind of resource".to_owned()) };
        self.vocabulary.kind(kind).ok_or_else(|| format!("the vocabulary has no kind `{}`", spoken(kind)))
    }

    /// Declares a group with the members that can be named.
    fn group(&mut self, group: read::GroupFact, place: Place<'_>) {
        for id in [&group.id].into_iter().chain(&group.members) {
            if let Some(fault) = id_fault(id) {
                self.note(place, format!("group `{}`: the id `{}` {fault}: left out", spoken(&group.id), spoken(id)));
            }
        }
        if id_fault(&group.id).is_none() {
            let members = group.members.into_iter().filter(|id| id_fault(id).is_none());
            self.plan.groups.entry(group.id).or_default().extend(members);
        }
    }

    fn note(&mut self, place: Place<'_>, message: String) {
        self.notes.push(Note::at(place.0, place.1, message));
    }
}

/// The end of an assignment. A bare date is read as its first instant, the earliest that it can mean.
fn until(text: &str) -> Result<Until, String> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let time = text.parse::<Timestamp>().or_else(|_| text.parse::<Date>().and_then(midnight));
    time.map(Until::Time).map_err(|_| format!("its end `{}` is not a time such as `2026-12-31T18:00:00Z`", spoken(text)))
}

impl Scope {
    /// The scope in a list; none for `everywhere`, which stands without one.
    pub fn written(&self) -> Option<String> {
        match self {
            Self::Resource((kind, id)) => Some(spoken_scope(kind, id)),
            Self::Every(kind) => Some(spoken_scope(kind, "*")),
            Self::Everywhere => None,
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{time}"),
            Self::Forever => Ok(()),
        }
    }
}
