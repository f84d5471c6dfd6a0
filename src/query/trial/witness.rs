//! A question that is answered otherwise, where there is one.

use super::{Reach, Worker};
use crate::instant::Instant;
use crate::model::Who;
use crate::model::kinds::KindId;
use crate::query::access::{Access, Ladder};
use crate::query::prove::{Class, Of};
use crate::query::question::QuestionError;
use crate::syntax::print;
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

/// A question that the policy answers, and the changed one otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The user.
    pub user: String,
    /// The group named at sign-in, beside those of the policy.
    pub group: Option<String>,
    /// Whether the policy allows it.
    pub can: bool,
    /// The permission.
    pub permission: String,
    /// The kind of the resource.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// When, where it is so only later, or not for good.
    pub at: Option<Instant>,
}

impl Witness {
    /// The question as a line of a test.
    pub fn line(&self) -> String {
        let with = self.group.as_ref().map_or(String::new(), |g| format!(" with group {}", print::Id(g)));
        let verb = if self.can { "can" } else { "cannot" };
        let at = self.at.map_or(String::new(), |at| format!(" at {at}"));
        let (user, id) = (print::Id(&self.user), print::Id(&self.id));
        format!("user {user}{with} {verb} {} on {} {id}{at}", self.permission, self.kind)
    }
}

/// Who asks: a user or a stranger, who may name a group.
#[derive(Clone, Copy)]
pub struct Asker {
    pub user: Option<UserId>,
    pub group: Option<GroupId>,
}

impl Asker {
    fn user(user: UserId) -> Asker {
        Asker { user: Some(user), group: None }
    }

    fn stranger(group: GroupId) -> Asker {
        Asker { user: None, group: Some(group) }
    }

    /// Whether it is a user as the policy has it.
    pub fn is_user(self) -> bool {
        self.user.is_some() && self.group.is_none()
    }
}

/// A resource on both sides, and what is asked about it.
#[derive(Clone, Copy)]
pub struct At<'q> {
    pub asked: &'q [Permission],
    pub before: Resource<'q>,
    pub after: Option<Resource<'q>>,
    pub at: Instant,
}

impl Worker<'_> {
    /// The first question about what a change may touch that is answered otherwise.
    pub fn witness(&mut self, reach: &Reach, changed: &Table) -> Result<Option<Witness>, QuestionError> {
        let trials = self.trials;
        for at in &trials.instants {
            for number in &reach.spots {
                let spot = self.spot(*number);
                let ladder = &trials.ladders[spot.kind as usize];
                let (before, after) = (trials.table.resource(spot.kind, &spot.id)?, changed.resource(spot.kind, &spot.id)?);
                let Some(on) = before else { continue };
                let asked: Vec<Permission> = ladder.lowest().into_iter().collect();
                let on = At { asked: &asked, before: on, after, at: *at };
                for asker in self.askers(reach, on, changed)? {
                    let has = |table: &Table, on: Option<Resource<'_>>, who: &SignIn<'_>| match on {
                        Some(on) => ladder.access(table, who, on, *at),
                        None => Ok(ladder.nothing()),
                    };
                    let old = has(trials.table, before, &sign_in(trials.table, asker)?)?;
                    let new = has(changed, after, &self.over(changed, asker, reach)?)?;
                    if let Some((can, permission)) = told(ladder, &old, &new) {
                        return self.tell(asker, can, permission, *number, *at).map(Some);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Those whose decisions a change may touch, alone or named at sign-in; `None` where it is everyone's.
    pub fn touched(&self, reach: &Reach) -> Result<Option<Vec<Asker>>, QuestionError> {
        let (table, model) = (self.trials.table, self.trials.sound.model());
        let (users, groups) = match reach.who {
            Who::Everyone => return Ok(None),
            Who::User(user) => (vec![user], Vec::new()),
            Who::Group(group) => {
                let groups = self.trials.ways.below(group);
                (self.trials.ways.members(&groups), groups)
            }
        };
        let mut all = Vec::with_capacity(users.len() + groups.len());
        for user in users {
            all.extend(table.user(model.users.name(user))?.map(Asker::user));
        }
        for group in groups {
            all.extend(table.group(model.groups.name(group))?.map(Asker::stranger));
        }
        Ok(Some(all))
    }

    /// Users and strangers with one group more, of whom a change may touch what some askers have: each user of them with each
    /// group that brings something, and each group of them with a user of each class. `told` are users and groups that are
    /// told apart besides.
    pub fn joined(
        &mut self,
        askers: &[Asker],
        reach: &Reach,
        on: At<'_>,
        changed: &Table,
        told: (&[UserId], &[GroupId]),
    ) -> Result<Vec<Asker>, QuestionError> {
        let classes = self.classes(reach, on, changed, told, Of::Alone)?;
        let mut all = Vec::new();
        for one in askers {
            let others = classes.iter().filter_map(|c| match (one.user, c.user) {
                (Some(_), None) => c.group.map(|group| Asker { group: Some(group), ..*one }),
                (None, Some(user)) => Some(Asker { user: Some(user), ..*one }),
                _ => None,
            });
            all.extend(others);
        }
        Ok(all)
    }

    /// Those whom a resource tells apart on either side. Who is touched and who is not are in different classes.
    fn classes(
        &mut self,
        reach: &Reach,
        on: At<'_>,
        changed: &Table,
        (users, groups): (&[UserId], &[GroupId]),
        of: Of,
    ) -> Result<Vec<Class>, QuestionError> {
        let Some(permission) = on.asked.first() else { return Ok(Vec::new()) };
        let (mut users, mut groups) = (users.to_vec(), groups.to_vec());
        if let Some(after) = on.after {
            let named = changed.named(*permission, after, on.at)?;
            if reach.keeps_numbers() {
                users.extend(named.users);
                groups.extend(named.groups);
            }
        }
        groups.extend(self.own_group(reach)?);
        Ok(self.prover.told_apart(on.asked, on.before, (&users, &groups), on.at, of)?)
    }

    /// The group that a change is about.
    fn own_group(&self, reach: &Reach) -> Result<Option<GroupId>, Damage> {
        let Who::Group(id) = reach.who else { return Ok(None) };
        self.trials.table.group(self.trials.sound.model().groups.name(id))
    }

    /// One of each of those that decisions about a resource may tell apart, on either side.
    fn askers(&mut self, reach: &Reach, on: At<'_>, changed: &Table) -> Result<Vec<Asker>, QuestionError> {
        let joins = self.trials.table.joins(on.asked, on.before, on.at)?
            || on.after.map_or(Ok(false), |after| changed.joins(on.asked, after, on.at))?;
        if !reach.keeps_numbers() {
            let mut all = self.touched(reach)?.unwrap_or_default();
            if joins {
                let more = self.joined(&all, reach, on, changed, (&[], &[]))?;
                all.extend(more);
            }
            return Ok(all);
        }
        let mine = self.own_group(reach)?;
        let of = if joins { Of::Joined } else { Of::Alone };
        let classes = self.classes(reach, on, changed, (&[], &[]), of)?;
        let spoken = classes.iter().filter(|c| mine.is_none_or(|g| c.within.contains(&g)));
        Ok(spoken.map(|c| Asker { user: c.user, group: c.group }).collect())
    }

    /// The same sign-in on the changed side.
    pub fn over<'t>(&self, changed: &'t Table, asker: Asker, reach: &Reach) -> Result<SignIn<'t>, Damage> {
        if reach.keeps_numbers() {
            return sign_in(changed, asker);
        }
        let user = match asker.user {
            Some(user) => changed.user(&self.prover.user_name(user))?,
            None => None,
        };
        let group = match asker.group {
            Some(group) => changed.group(&self.prover.group_name(group))?,
            None => None,
        };
        sign_in(changed, Asker { user, group })
    }

    fn tell(&self, asker: Asker, can: bool, permission: String, spot: u32, at: Instant) -> Result<Witness, QuestionError> {
        let trials = self.trials;
        let spot = self.spot(spot);
        let user = asker.user.map_or_else(|| self.prover.stranger(), |user| self.prover.user_name(user));
        let group = asker.group.map(|g| self.prover.group_name(g));
        let kind = trials.table.kinds()[spot.kind as usize].name.to_string();
        // A test without a time is asked again later, when the answer may be another one.
        let later = at != trials.when.now;
        let dated = later || !self.lasts(asker, &permission, (spot.kind, &spot.id), can, at)?;
        let at = dated.then_some(at);
        Ok(Witness { user, group, can, permission, kind, id: spot.id.to_string(), at })
    }

    /// Whether the policy answers the same at every later instant at which something ends.
    fn lasts(&self, asker: Asker, permission: &str, (kind, id): (KindId, &str), can: bool, now: Instant) -> Result<bool, Damage> {
        let table = self.trials.table;
        let (Some(permission), Some(on)) = (table.permission(kind, permission), table.resource(kind, id)?) else {
            return Ok(true);
        };
        let who = sign_in(table, asker)?;
        for at in table.instants()?.into_iter().filter(|at| *at > now) {
            if table.check(&who, permission, on, at)? != can {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The sign-in on the side as it is.
pub fn sign_in<'t>(table: &'t Table, asker: Asker) -> Result<SignIn<'t>, Damage> {
    match (asker.user, asker.group) {
        (Some(user), None) => table.sign_in(user),
        (user, group) => table.sign_in_with(user, group.as_slice()),
    }
}

/// The permission that tells two accesses apart, and whether the first one allows it: of what is lost the highest, of
/// what is gained the lowest.
fn told(ladder: &Ladder, old: &Access, new: &Access) -> Option<(bool, String)> {
    if old == new {
        return None;
    }
    let (had, has) = (ladder.all(old), ladder.all(new));
    let plain = |name: &String| name.strip_prefix("*:").unwrap_or(name).to_owned();
    if let Some(lost) = had.iter().find(|p| !has.contains(p)) {
        return Some((true, plain(lost)));
    }
    let mut gained = has.iter().filter(|p| !had.contains(p));
    let first = gained.next()?;
    let part = |name: &str| name.rsplit_once(':').map(|(part, _)| part.to_owned());
    // A flat permission has no levels below it.
    let steps = std::iter::once(first).chain(gained.take_while(|p| part(p).is_some() && part(p) == part(first)));
    steps.last().map(|p| (false, plain(p)))
}
