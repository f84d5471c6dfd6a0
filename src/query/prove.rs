//! Tests and invariants against a table: expected answers are asked, and what holds for everyone is proved.
//!
//! A proof asks once for each class of sign-ins that no decision on a resource tells apart: the users that a statement
//! on its way names, the others by which of the named groups they are in, the stranger, and the stranger in each group.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::check::Checker;
use super::question::{Question, QuestionError, Resource};
use super::reason::Answer;
use crate::instant::Instant;
use crate::model::Model;
use crate::model::tests::{Bound, Expected, Law};
use crate::source::Span;
use crate::syntax::print;
use crate::table::decide;
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

/// What a test or an invariant did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `test` or `invariant`.
    pub sort: &'static str,
    /// Its name.
    pub name: String,
    /// The line.
    pub span: Span,
    /// What was expected, in one line.
    pub expected: String,
    /// What is the case.
    pub found: Found,
}

/// What is the case where something else was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Another answer than the expected one.
    Answer(Box<Question>, Box<Answer>),
    /// Someone who should not, or what both should not: a witness, and whether it is so only later.
    Witness(Box<Question>, Vec<Answer>, Option<Instant>),
    /// Too many or too few users can.
    Count {
        /// The resource.
        resource: String,
        /// The permission.
        permission: String,
        /// How many can.
        users: usize,
        /// The first of them.
        some: Vec<String>,
        /// When, where it is not so now.
        later: Option<Instant>,
    },
    /// The same question is expected to be answered both ways: the other line.
    Contradiction(Span),
    /// No resource matches, so nothing is proved.
    NoResource,
    /// A test or an invariant without a line.
    Empty,
}

/// What came of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Tests and invariants that hold, by name.
    pub passed: Vec<(&'static str, String)>,
    /// What does not hold, in the order of the policy.
    pub failures: Vec<Failure>,
    /// How many tests and invariants do not hold.
    pub failed: usize,
}

/// When tests and invariants are asked.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The time of questions that name none.
    pub now: Instant,
    /// Whether invariants are left alone at the instants at which something ends.
    pub now_only: bool,
}

/// Tries every test and invariant whose name holds `filter`.
///
/// # Errors
/// A damaged table.
pub fn prove(table: &Table, model: &Model, filter: &str, when: When) -> Result<Tried, QuestionError> {
    let mut tried = Tried::default();
    let mut checker = Checker::new(table);
    let mut known: HashMap<String, (bool, Span)> = HashMap::new();
    for test in model.tests.iter().filter(|t| t.name.contains(filter)) {
        let mut failures = Vec::new();
        for expected in &test.questions {
            failures.extend(ask(table, &mut checker, &mut known, expected, when.now)?);
        }
        if test.questions.is_empty() {
            failures.push((test.span, "at least one question".into(), Found::Empty));
        }
        tried.take("test", &test.name, failures);
    }
    let mut prover = Prover::new(table, when)?;
    for invariant in model.invariants.iter().filter(|i| i.name.contains(filter)) {
        let mut failures = Vec::new();
        for law in &invariant.laws {
            if let Some(found) = prover.law(law)? {
                failures.push((law.span, words(table, law), found));
            }
        }
        if invariant.laws.is_empty() {
            failures.push((invariant.span, "at least one line".into(), Found::Empty));
        }
        tried.take("invariant", &invariant.name, failures);
    }
    Ok(tried)
}

impl Tried {
    fn take(&mut self, sort: &'static str, name: &str, failures: Vec<(Span, String, Found)>) {
        if failures.is_empty() {
            return self.passed.push((sort, name.to_owned()));
        }
        self.failed += 1;
        let failure = |(span, expected, found)| Failure { sort, name: name.to_owned(), span, expected, found };
        self.failures.extend(failures.into_iter().map(failure));
    }
}

/// Asks the questions of one line.
fn ask(
    table: &Table,
    checker: &mut Checker<'_>,
    known: &mut HashMap<String, (bool, Span)>,
    expected: &Expected,
    now: Instant,
) -> Result<Vec<(Span, String, Found)>, QuestionError> {
    let mut failures = Vec::new();
    let kind = table.kinds()[expected.kind as usize].name.to_string();
    for permission in &expected.permissions {
        let mut question = Question::new(&expected.user, permission, "");
        question.resource = Resource { kind: Some(kind.clone()), id: expected.id.clone() };
        question.groups.clone_from(&expected.groups);
        question.groups.sort();
        question.organization.clone_from(&expected.organization);
        question.at = expected.at;
        let verb = if expected.can { "can" } else { "cannot" };
        let said = format!("user {} {verb} {permission} on {kind} {}", print::Id(&expected.user), print::Id(&expected.id));
        let (first, span) = *known.entry(format!("{question:?}")).or_insert((expected.can, expected.span));
        if first != expected.can {
            failures.push((expected.span, said, Found::Contradiction(span)));
            continue;
        }
        question.at = Some(expected.at.unwrap_or(now));
        let answer = checker.check(&question)?;
        if answer.allowed() != expected.can {
            failures.push((expected.span, said, Found::Answer(Box::new(question), Box::new(answer))));
        }
    }
    Ok(failures)
}

/// The line of an invariant in words.
fn words(table: &Table, law: &Law) -> String {
    let kind = &table.kinds()[law.kind as usize].name;
    let list = law.permissions.join(if law.both { " and " } else { ", " });
    let both = if law.both { "both " } else { "" };
    let id = format!("{}{}", law.id, if law.pattern { "*" } else { "" });
    format!("{} can {both}{list} on {kind} {}", law.whom(), print::Id(&id))
}

/// Sign-ins that no decision on a resource tells apart.
#[derive(Clone, Debug)]
struct Class {
    /// One of them: a user, or a stranger.
    user: Option<UserId>,
    /// The group that the stranger names.
    group: Option<GroupId>,
    /// Which of the named groups they are in.
    within: Vec<GroupId>,
    /// How many users of the policy they are.
    users: usize,
}

/// The classes of users and strangers by the groups in question.
type Partition = Rc<Vec<Class>>;

struct Prover<'t> {
    table: &'t Table,
    users: Vec<(UserId, &'t str)>,
    groups: Vec<(GroupId, &'t str)>,
    instants: Vec<Instant>,
    now: Instant,
    moment: Option<Moment>,
}

/// Who is in which group at one instant.
struct Moment {
    at: Instant,
    members: HashMap<GroupId, Vec<UserId>>,
    above: Vec<(GroupId, Vec<GroupId>)>,
    partitions: HashMap<Vec<GroupId>, Partition>,
}

impl<'t> Prover<'t> {
    fn new(table: &'t Table, when: When) -> Result<Prover<'t>, Damage> {
        let users = table.users().collect::<Result<_, _>>()?;
        let groups = table.groups().collect::<Result<_, _>>()?;
        let mut instants = vec![when.now];
        if !when.now_only {
            instants.extend(table.instants()?.into_iter().filter(|at| *at > when.now));
        }
        Ok(Prover { table, users, groups, instants, now: when.now, moment: None })
    }

    /// What does not hold, if anything: the earliest, on the first resource.
    fn law(&mut self, law: &Law) -> Result<Option<Found>, QuestionError> {
        let resources = self.resources(law)?;
        if resources.is_empty() {
            return Ok(Some(Found::NoResource));
        }
        for at in self.instants.clone() {
            self.at(at)?;
            for id in &resources {
                if let Some(found) = self.on(law, id, at)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// Every declared resource that the line speaks of, and an undeclared one for each pattern.
    fn resources(&self, law: &Law) -> Result<Vec<String>, Damage> {
        let table = self.table;
        let container = match &law.within {
            Some((kind, id)) => match table.resource(*kind, id)? {
                Some(decide::Resource::Declared(container)) => Some(container),
                _ => return Ok(Vec::new()),
            },
            None => None,
        };
        let mut ids = Vec::new();
        for resource in table.resources(law.kind) {
            let id = table.resource_name(resource?)?;
            if if law.pattern { id.starts_with(&law.id) } else { id == law.id } {
                ids.push(id.to_owned());
            }
        }
        for pattern in table.patterns(law.kind)? {
            if !law.pattern {
                break;
            }
            let start = if pattern.starts_with(&law.id) { pattern } else { &law.id };
            if start.starts_with(pattern) {
                ids.extend(table.undeclared_id(law.kind, start, pattern)?);
            }
        }
        if !law.pattern && ids.is_empty() && table.resource(law.kind, &law.id)?.is_some() {
            ids.push(law.id.clone());
        }
        let Some(container) = container else { return Ok(ids) };
        let mut inside = Vec::new();
        for id in ids {
            if let Some(on) = table.resource(law.kind, &id)?
                && table.contains(container, on)?
            {
                inside.push(id);
            }
        }
        Ok(inside)
    }

    fn on(&mut self, law: &Law, id: &str, at: Instant) -> Result<Option<Found>, QuestionError> {
        let table = self.table;
        let Some(on) = table.resource(law.kind, id)? else { return Ok(None) };
        let asked: Vec<decide::Permission> = law.permissions.iter().filter_map(|p| table.permission(law.kind, p)).collect();
        let Some(first) = asked.first() else { return Ok(None) };
        let mut named = table.named(*first, on, at)?;
        let (users, groups) = self.bound(law)?;
        named.users.extend(users.iter().copied());
        named.groups.extend(groups.iter().copied());
        let classes = self.classes(&named.users, named.groups.iter().copied().collect())?;
        let mut counts = vec![(0usize, Vec::new()); asked.len()];
        for class in &classes {
            if !binds(&law.who, class, &users, &groups) {
                continue;
            }
            let sign_in = self.sign_in(class)?;
            let mut all = Vec::new();
            for (i, permission) in asked.iter().enumerate() {
                if table.check(&sign_in, *permission, on, at)? {
                    all.push(i);
                    counts[i].0 += class.users;
                    counts[i].1.extend(class.user);
                }
            }
            let violated = if law.both { all.len() == asked.len() } else { !all.is_empty() };
            if violated && !matches!(law.who, Bound::AtMost(_) | Bound::AtLeast(_)) {
                let shown = if law.both { all } else { vec![all[0]] };
                return self.witness(law, id, class, &shown, at).map(Some);
            }
        }
        Ok(self.count(law, id, &counts, at))
    }

    fn count(&self, law: &Law, id: &str, counts: &[(usize, Vec<UserId>)], at: Instant) -> Option<Found> {
        let wrong = |n: usize| match law.who {
            Bound::AtMost(most) => n > most as usize,
            Bound::AtLeast(least) => n < least as usize,
            _ => false,
        };
        let (i, (n, some)) = counts.iter().enumerate().find(|(_, (n, _))| wrong(*n))?;
        let some = some.iter().take(5).map(|u| self.user_name(*u)).collect();
        let resource = format!("{} {}", self.table.kinds()[law.kind as usize].name, print::Id(id));
        let later = (at != self.now).then_some(at);
        Some(Found::Count { resource, permission: law.permissions[i].clone(), users: *n, some, later })
    }

    /// The users and groups that the line itself names.
    fn bound(&self, law: &Law) -> Result<(Vec<UserId>, Vec<GroupId>), Damage> {
        let one = |name: &String| self.table.user(name);
        let many = |names: &[String]| names.iter().filter_map(|g| self.table.group(g).transpose()).collect::<Result<Vec<_>, _>>();
        Ok(match &law.who {
            Bound::NoUser(user) => (one(user)?.into_iter().collect(), Vec::new()),
            Bound::NoGroup(group) => (Vec::new(), many(std::slice::from_ref(group))?),
            Bound::Only(users, groups) => {
                let users = users.iter().filter_map(|u| one(u).transpose()).collect::<Result<_, _>>()?;
                (users, many(groups)?)
            }
            _ => (Vec::new(), Vec::new()),
        })
    }

    fn sign_in(&self, class: &Class) -> Result<SignIn<'t>, Damage> {
        match class.user {
            Some(user) => self.table.sign_in(user),
            None => self.table.sign_in_with(None, class.group.as_slice()),
        }
    }

    fn user_name(&self, user: UserId) -> String {
        self.users.iter().find(|(id, _)| *id == user).map_or_else(String::new, |(_, name)| (*name).to_owned())
    }

    fn witness(&self, law: &Law, id: &str, class: &Class, which: &[usize], at: Instant) -> Result<Found, QuestionError> {
        let kind = self.table.kinds()[law.kind as usize].name.to_string();
        let stranger = || (0..).map(|n| if n == 0 { "stranger".into() } else { format!("stranger-{n}") });
        let unnamed = |name: &String| matches!(self.table.user(name), Ok(None));
        let user = class.user.map(|u| self.user_name(u)).or_else(|| stranger().find(unnamed)).unwrap_or_default();
        let mut question = Question::new(user, "", "");
        question.resource = Resource { kind: Some(kind), id: id.to_owned() };
        question.at = Some(at);
        let group = class.group.and_then(|g| self.groups.iter().find(|(id, _)| *id == g));
        question.groups.extend(group.map(|(_, name)| (*name).to_owned()));
        let mut answers = Vec::new();
        let mut checker = Checker::new(self.table);
        for i in which {
            question.permission.clone_from(&law.permissions[*i]);
            answers.push(checker.check(&question)?);
        }
        question.permission = which.iter().map(|i| law.permissions[*i].as_str()).collect::<Vec<_>>().join(" and ");
        Ok(Found::Witness(Box::new(question), answers, (at != self.now).then_some(at)))
    }

    /// Looks at who is in which group at an instant.
    fn at(&mut self, at: Instant) -> Result<(), Damage> {
        if self.moment.as_ref().is_some_and(|m| m.at == at) {
            return Ok(());
        }
        let mut members: HashMap<GroupId, Vec<UserId>> = HashMap::new();
        for (user, _) in &self.users {
            for group in self.table.groups_of(&self.table.sign_in(*user)?, at)? {
                members.entry(group).or_default().push(*user);
            }
        }
        let mut above = Vec::new();
        for (group, _) in &self.groups {
            above.push((*group, self.table.groups_of(&self.table.sign_in_with(None, &[*group])?, at)?));
        }
        self.moment = Some(Moment { at, members, above, partitions: HashMap::new() });
        Ok(())
    }

    /// The classes on a resource where these users and groups are named.
    fn classes(&mut self, named: &std::collections::BTreeSet<UserId>, groups: Vec<GroupId>) -> Result<Vec<Class>, Damage> {
        let Some(moment) = &mut self.moment else { unreachable!("a moment is chosen before a resource is looked at") };
        let partition = match moment.partitions.get(&groups) {
            Some(known) => Rc::clone(known),
            None => {
                let made = Rc::new(moment.partition(&groups, &self.users));
                moment.partitions.insert(groups.clone(), Rc::clone(&made));
                made
            }
        };
        let at = moment.at;
        let mut classes = Vec::new();
        let mut apart: HashMap<Vec<GroupId>, usize> = HashMap::new();
        for user in named {
            let mut within = self.table.groups_of(&self.table.sign_in(*user)?, at)?;
            within.retain(|g| groups.binary_search(g).is_ok());
            *apart.entry(within.clone()).or_default() += 1;
            classes.push(Class { user: Some(*user), group: None, within, users: 1 });
        }
        for class in partition.iter() {
            let users = class.users - apart.get(&class.within).copied().filter(|_| class.user.is_some()).unwrap_or(0);
            if class.user.is_none() || users > 0 {
                let user = class.user.map(|user| self.another(user, named, class, &groups)).transpose()?;
                classes.push(Class { user, users, ..class.clone() });
            }
        }
        Ok(classes)
    }

    /// A user of the class that no statement names: the first one, unless it is named.
    fn another(
        &self,
        first: UserId,
        named: &std::collections::BTreeSet<UserId>,
        class: &Class,
        groups: &[GroupId],
    ) -> Result<UserId, Damage> {
        if !named.contains(&first) {
            return Ok(first);
        }
        let at = self.moment.as_ref().map_or(self.now, |m| m.at);
        for (user, _) in self.users.iter().filter(|(user, _)| !named.contains(user)) {
            let mut within = self.table.groups_of(&self.table.sign_in(*user)?, at)?;
            within.retain(|g| groups.binary_search(g).is_ok());
            if within == class.within {
                return Ok(*user);
            }
        }
        Ok(first)
    }
}

impl Moment {
    /// Users by which of the groups they are in, and strangers by which of them their group leads to.
    fn partition(&self, groups: &[GroupId], users: &[(UserId, &str)]) -> Vec<Class> {
        let mut within: BTreeMap<UserId, Vec<GroupId>> = BTreeMap::new();
        for group in groups {
            for user in self.members.get(group).into_iter().flatten() {
                within.entry(*user).or_default().push(*group);
            }
        }
        let mut classes: BTreeMap<Vec<GroupId>, Class> = BTreeMap::new();
        let outside = users.len() - within.len();
        if let Some((first, _)) = users.iter().find(|(user, _)| !within.contains_key(user)) {
            let class = Class { user: Some(*first), group: None, within: Vec::new(), users: outside };
            classes.insert(Vec::new(), class);
        }
        for (user, within) in within {
            let class = Class { user: Some(user), group: None, within: within.clone(), users: 0 };
            classes.entry(within).or_insert(class).users += 1;
        }
        let mut strangers: BTreeMap<Vec<GroupId>, Class> = BTreeMap::new();
        strangers.insert(Vec::new(), Class { user: None, group: None, within: Vec::new(), users: 0 });
        for (group, above) in &self.above {
            let within: Vec<GroupId> = above.iter().copied().filter(|g| groups.binary_search(g).is_ok()).collect();
            let class = Class { user: None, group: Some(*group), within: within.clone(), users: 0 };
            strangers.entry(within).or_insert(class);
        }
        classes.into_values().chain(strangers.into_values()).collect()
    }
}

/// Whether a line binds the members of a class.
fn binds(who: &Bound, class: &Class, users: &[UserId], groups: &[GroupId]) -> bool {
    let listed = class.user.is_some_and(|user| users.contains(&user)) || class.within.iter().any(|g| groups.contains(g));
    match who {
        Bound::NoOne => true,
        Bound::NoUser(_) | Bound::NoGroup(_) => listed,
        Bound::Only(..) => !listed,
        Bound::AtMost(_) | Bound::AtLeast(_) => class.user.is_some(),
    }
}
