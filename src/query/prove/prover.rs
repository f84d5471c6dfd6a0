//! The proof of one line for everyone, class by class.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::moment::{Moment, Whose};
use super::{Found, When};
use crate::instant::Instant;
use crate::model::tests::{Bound, Law};
use crate::query::check::Checker;
use crate::query::question::{Question, QuestionError, Resource};
use crate::syntax::print;
use crate::table::decide;
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

/// Sign-ins that no decision on a resource tells apart.
#[derive(Clone, Debug)]
pub struct Class {
    /// One of them: a user, or a stranger.
    pub user: Option<UserId>,
    /// The group that they name at sign-in.
    pub group: Option<GroupId>,
    /// Which of the named groups they are in.
    pub within: Vec<GroupId>,
    /// How many users of the policy they are who name no group.
    pub users: usize,
}

/// Whom classes are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Users as the policy has them, a stranger, and a stranger who names one group.
    Alone,
    /// And users who name one group beside their own.
    Joined,
}

/// So many instants are remembered.
const MOMENTS: usize = 64;

/// So many of those who can are told, each with the reason.
const TOLD: usize = 10;

/// From so many resources on, the processors share the work.
const MANY: usize = 2_000;

/// The permissions of a line.
pub fn asked(table: &Table, law: &Law) -> Vec<decide::Permission> {
    law.permissions.iter().filter_map(|p| table.permission(law.kind, p)).collect()
}

/// The proofs on one table.
pub struct Prover<'t> {
    table: &'t Table,
    users: Arc<[(UserId, &'t str)]>,
    groups: Vec<(GroupId, &'t str)>,
    /// Now, and where it is wanted every later instant at which something ends.
    pub instants: Vec<Instant>,
    now: Instant,
    moments: HashMap<Instant, Moment>,
}

impl<'t> Prover<'t> {
    /// Looks at who there is, and when something ends.
    pub fn new(table: &'t Table, when: When) -> Result<Prover<'t>, Damage> {
        let users: Vec<_> = table.users().collect::<Result<_, _>>()?;
        let groups = table.groups().collect::<Result<_, _>>()?;
        let mut instants = vec![when.now];
        if !when.now_only {
            instants.extend(table.instants()?.into_iter().filter(|at| *at > when.now));
        }
        Ok(Prover { table, users: users.into(), groups, instants, now: when.now, moments: HashMap::new() })
    }

    /// What does not hold, if anything: the earliest, on the first resource.
    pub fn law(&mut self, law: &Law) -> Result<Option<Found>, QuestionError> {
        let resources = self.resources(law)?;
        if resources.is_empty() {
            return Ok(Some(Found::NoResource));
        }
        let mut others: Vec<Prover<'t>> = Vec::new();
        let threads = if resources.len() < MANY { 1 } else { rayon::current_num_threads().clamp(1, 64) };
        for _ in 1..threads {
            let (users, groups, instants) = (Arc::clone(&self.users), self.groups.clone(), self.instants.clone());
            others.push(Prover { users, groups, instants, moments: HashMap::new(), ..*self });
        }
        let share = resources.len().div_ceil(threads);
        for at in self.instants.clone() {
            let look = |prover: &mut Prover<'t>, ids: &[String]| -> Result<Option<Found>, QuestionError> {
                for id in ids {
                    if let Some(found) = prover.on(law, id, at)? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            };
            let found = std::thread::scope(|scope| {
                let (own, rest) = resources.split_at(share.min(resources.len()));
                let rest = others.iter_mut().zip(rest.chunks(share));
                let rest: Vec<_> = rest.map(|(prover, ids)| scope.spawn(|| look(prover, ids))).collect();
                let own = look(self, own);
                let rest = rest.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
                rest.fold(own, |first, next| match first {
                    Ok(None) => next,
                    first => first,
                })
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Every declared resource that the line speaks of, and an undeclared one for each pattern.
    pub fn resources(&self, law: &Law) -> Result<Vec<String>, Damage> {
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

    /// What does not hold on one resource at an instant, if anything.
    pub fn on(&mut self, law: &Law, id: &str, at: Instant) -> Result<Option<Found>, QuestionError> {
        let table = self.table;
        let Some(on) = table.resource(law.kind, id)? else { return Ok(None) };
        let asked = asked(table, law);
        let (users, groups) = Prover::bound(table, law)?;
        let mut counts = vec![0usize; asked.len()];
        let of = self.joined(law, &asked, on)?;
        for class in self.told_apart(&asked, on, (&users, &groups), at, of)? {
            if !binds(&law.who, class.user, &class.within, &users, &groups) {
                continue;
            }
            let sign_in = self.sign_in(&class)?;
            let mut all = Vec::new();
            for (i, permission) in asked.iter().enumerate() {
                if table.check(&sign_in, *permission, on, at)? {
                    all.push(i);
                    counts[i] += class.users;
                }
            }
            let violated = if law.both { all.len() == asked.len() } else { !all.is_empty() };
            if violated && !matches!(law.who, Bound::AtMost(_) | Bound::AtLeast(_)) {
                let shown = if law.both { all } else { vec![all[0]] };
                return self.witness(law, id, &class, &shown, at).map(Some);
            }
        }
        match counts.iter().position(|n| law.who.is_wrong(*n)) {
            Some(i) => self.count(law, id, (i, asked[i], counts[i]), on, at).map(Some),
            None => Ok(None),
        }
    }

    /// How many users of the policy have each permission of the line on a resource at an instant.
    pub fn tally(&mut self, law: &Law, id: &str, at: Instant) -> Result<Vec<usize>, QuestionError> {
        let table = self.table;
        let asked = asked(table, law);
        let mut counts = vec![0; asked.len()];
        let Some(on) = table.resource(law.kind, id)? else { return Ok(counts) };
        for class in self.told_apart(&asked, on, (&[], &[]), at, Of::Alone)?.into_iter().filter(|c| c.user.is_some()) {
            let sign_in = self.sign_in(&class)?;
            for (count, permission) in counts.iter_mut().zip(&asked) {
                *count += if table.check(&sign_in, *permission, on, at)? { class.users } else { 0 };
            }
        }
        Ok(counts)
    }

    /// The classes on a resource where these users and groups are told apart besides those that statements name.
    pub fn told_apart(
        &mut self,
        asked: &[decide::Permission],
        on: decide::Resource<'_>,
        (users, groups): (&[UserId], &[GroupId]),
        at: Instant,
        of: Of,
    ) -> Result<Vec<Class>, Damage> {
        let Some(first) = asked.first() else { return Ok(Vec::new()) };
        let mut named = self.table.named(*first, on, at)?;
        named.users.extend(users.iter().copied());
        named.groups.extend(groups.iter().copied());
        self.classes(&named.users, named.groups.into_iter().collect(), at, of)
    }

    /// Whom a line is asked of on a resource. Who names a group beside its own has no more of one part than it has alone or a
    /// stranger has with the group: only a feature, which wants a base, and a closed organization, which wants a member,
    /// are got by both together.
    pub fn joined(&self, law: &Law, asked: &[decide::Permission], on: decide::Resource<'_>) -> Result<Of, Damage> {
        let both = law.joins() && (asked.iter().any(|p| p.feature) || self.table.organization(on)?.1);
        Ok(if both { Of::Joined } else { Of::Alone })
    }

    /// Too many or too few, with those that make it so: one more than may be, or all there are, as far as they can be told.
    fn count(
        &self,
        law: &Law,
        id: &str,
        (which, permission, users): (usize, decide::Permission, usize),
        on: decide::Resource<'_>,
        at: Instant,
    ) -> Result<Found, QuestionError> {
        let kind = self.table.kinds()[law.kind as usize].name.to_string();
        let resource = format!("{kind} {}", print::Id(id));
        let shown = match law.who {
            Bound::AtMost(most) => TOLD.min(most as usize + 1),
            _ => TOLD.min(users),
        };
        let mut question = Question::new("", &law.permissions[which], "");
        question.resource = Resource { kind: Some(kind), id: id.to_owned() };
        question.at = Some(at);
        let mut checker = Checker::new(self.table);
        let mut some = Vec::new();
        for (user, name) in self.users.iter() {
            if some.len() >= shown {
                break;
            }
            if self.table.check(&self.table.sign_in(*user)?, permission, on, at)? {
                (*name).clone_into(&mut question.user);
                some.push(((*name).to_owned(), checker.check(&question)?));
            }
        }
        let later = (at != self.now).then_some(at);
        Ok(Found::Count { resource, permission: question.permission, users, some, later })
    }

    /// The users and groups that the line itself names.
    pub fn bound(table: &Table, law: &Law) -> Result<(Vec<UserId>, Vec<GroupId>), Damage> {
        let one = |name: &String| table.user(name);
        let many = |names: &[String]| names.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>();
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

    /// One of a class.
    pub fn sign_in(&self, class: &Class) -> Result<SignIn<'t>, Damage> {
        match (class.user, class.group) {
            (Some(user), None) => self.table.sign_in(user),
            (user, group) => self.table.sign_in_with(user, group.as_slice()),
        }
    }

    /// The name of a user.
    pub fn user_name(&self, user: UserId) -> String {
        self.users.binary_search_by_key(&user, |(id, _)| *id).map_or_else(|_| String::new(), |i| self.users[i].1.to_owned())
    }

    /// The name of a group.
    pub fn group_name(&self, group: GroupId) -> String {
        self.groups.binary_search_by_key(&group, |(id, _)| *id).map_or_else(|_| String::new(), |i| self.groups[i].1.to_owned())
    }

    /// A name that the policy does not have.
    pub fn stranger(&self) -> String {
        let mut names = (0..).map(|n| if n == 0 { "stranger".into() } else { format!("stranger-{n}") });
        names.find(|name: &String| matches!(self.table.user(name), Ok(None))).unwrap_or_default()
    }

    fn witness(&self, law: &Law, id: &str, class: &Class, which: &[usize], at: Instant) -> Result<Found, QuestionError> {
        let kind = self.table.kinds()[law.kind as usize].name.to_string();
        let user = match (class.user, &law.who) {
            (Some(user), _) => self.user_name(user),
            (None, Bound::NoUser(user)) => user.clone(),
            (None, _) => self.stranger(),
        };
        let mut question = Question::new(user, "", "");
        question.resource = Resource { kind: Some(kind), id: id.to_owned() };
        question.at = Some(at);
        question.groups.extend(class.group.map(|g| self.group_name(g)));
        let mut answers = Vec::new();
        let mut checker = Checker::new(self.table);
        for i in which {
            question.permission.clone_from(&law.permissions[*i]);
            answers.push(checker.check(&question)?);
        }
        question.permission = which.iter().map(|i| law.permissions[*i].as_str()).collect::<Vec<_>>().join(" and ");
        Ok(Found::Witness(Box::new(question), answers, (at != self.now).then_some(at)))
    }

    /// The classes on a resource where these users and groups are named.
    fn classes(&mut self, named: &BTreeSet<UserId>, groups: Vec<GroupId>, at: Instant, of: Of) -> Result<Vec<Class>, Damage> {
        if self.moments.len() >= MOMENTS && !self.moments.contains_key(&at) {
            self.moments.clear();
        }
        let moment = match self.moments.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Moment::new(self.table, &self.users, &self.groups, at)?),
        };
        let partition = moment.partition(&groups);
        let mut classes = Vec::with_capacity(named.len() + partition.len());
        let mut apart: HashMap<Vec<GroupId>, usize> = HashMap::new();
        for user in named {
            let mut within = self.table.groups_of(&self.table.sign_in(*user)?, at)?;
            within.retain(|g| groups.binary_search(g).is_ok());
            *apart.entry(within.clone()).or_default() += 1;
            classes.push(Class { user: Some(*user), group: None, within, users: 1 });
        }
        for part in partition.iter() {
            let (user, users) = match part.who {
                Some(Whose::Users(first)) => {
                    let users = part.count - apart.get(&part.within).copied().unwrap_or(0);
                    let first = self.users[first as usize].0;
                    let unnamed =
                        if named.contains(&first) { moment.another(&groups, part, named, &self.users) } else { Some(first) };
                    match unnamed.filter(|_| users > 0) {
                        Some(user) => (Some(user), users),
                        None => continue,
                    }
                }
                _ => (None, 0),
            };
            let group = match part.who {
                Some(Whose::Named(first)) => Some(self.groups[first as usize].0),
                _ => None,
            };
            classes.push(Class { user, group, within: part.within.clone(), users });
        }
        if of == Of::Joined {
            join(&mut classes);
        }
        Ok(classes)
    }
}

/// Adds the users who name one group, where it brings them something.
fn join(classes: &mut Vec<Class>) {
    let named: Vec<Class> = classes.iter().filter(|c| c.user.is_none() && c.group.is_some()).cloned().collect();
    let mut more = Vec::new();
    for class in classes.iter().filter(|c| c.user.is_some()) {
        for circle in &named {
            let mut within = class.within.clone();
            within.extend(circle.within.iter().filter(|g| class.within.binary_search(g).is_err()));
            if within.len() > class.within.len() {
                within.sort_unstable();
                more.push(Class { user: class.user, group: circle.group, within, users: 0 });
            }
        }
    }
    classes.extend(more);
}

/// Whether a line binds who is this user and in these groups, where it names some users and groups. A user whom the policy
/// does not name is as a stranger.
pub fn binds(who: &Bound, user: Option<UserId>, within: &[GroupId], users: &[UserId], groups: &[GroupId]) -> bool {
    let listed = user.is_some_and(|user| users.contains(&user)) || within.iter().any(|g| groups.contains(g));
    match who {
        Bound::NoOne => true,
        Bound::NoUser(_) => listed || users.is_empty() && user.is_none() && within.is_empty(),
        Bound::NoGroup(_) => listed,
        Bound::Only(..) => !listed,
        Bound::AtMost(_) | Bound::AtLeast(_) => user.is_some(),
    }
}
