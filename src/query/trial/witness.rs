//! A question that is answered otherwise, where there is one.

use super::{Reach, Worker};
use crate::instant::Instant;
use crate::model::Who;
use crate::query::access::{Access, Ladder};
use crate::query::question::QuestionError;
use crate::syntax::print;
use crate::table::decide::Resource;
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

/// A question that the policy answers, and the changed one otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The user.
    pub user: String,
    /// The group named at sign-in.
    pub group: Option<String>,
    /// Whether the policy allows it.
    pub can: bool,
    /// The permission.
    pub permission: String,
    /// The kind of the resource.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// When, where it is so only later.
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

/// Who asks: a user, or a stranger who may name a group.
#[derive(Clone, Copy)]
pub enum Asker {
    User(UserId),
    Stranger(Option<GroupId>),
}

impl Asker {
    /// Whether the policy names it.
    pub fn is_user(self) -> bool {
        matches!(self, Asker::User(_))
    }
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
                for asker in self.askers(reach, changed, ladder, on, after, *at)? {
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
            all.extend(table.user(model.users.name(user))?.map(Asker::User));
        }
        for group in groups {
            all.extend(table.group(model.groups.name(group))?.map(|g| Asker::Stranger(Some(g))));
        }
        Ok(Some(all))
    }

    /// One of each of those that decisions about a resource may tell apart, on either side.
    fn askers(
        &mut self,
        reach: &Reach,
        changed: &Table,
        ladder: &Ladder,
        on: Resource<'_>,
        after: Option<Resource<'_>>,
        at: Instant,
    ) -> Result<Vec<Asker>, QuestionError> {
        let (table, model) = (self.trials.table, self.trials.sound.model());
        let group = |id: u32| table.group(model.groups.name(id));
        if matches!(reach.who, Who::User(_)) || !reach.groups.is_empty() {
            return Ok(self.touched(reach)?.unwrap_or_default());
        }
        let Some(permission) = ladder.lowest() else { return Ok(Vec::new()) };
        // Memberships are the same on both sides, and so are the numbers of users and groups.
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        if let Some(after) = after {
            let named = changed.named(permission, after, at)?;
            users.extend(named.users);
            groups.extend(named.groups);
        }
        let mine = match reach.who {
            Who::Group(id) => group(id)?,
            _ => None,
        };
        groups.extend(mine);
        let classes = self.prover.told_apart(&[permission], on, &users, &groups, at)?;
        let spoken = classes.iter().filter(|c| mine.is_none_or(|g| c.within.contains(&g)));
        Ok(spoken.map(|c| c.user.map_or(Asker::Stranger(c.group), Asker::User)).collect())
    }

    /// The same sign-in on the changed side.
    pub fn over<'t>(&self, changed: &'t Table, asker: Asker, reach: &Reach) -> Result<SignIn<'t>, Damage> {
        // Only memberships change the numbers of users and groups; a batch has some.
        if reach.groups.is_empty() && !matches!(reach.who, Who::User(_)) {
            return sign_in(changed, asker);
        }
        match asker {
            Asker::User(user) => match changed.user(&self.prover.user_name(user))? {
                Some(user) => changed.sign_in(user),
                None => changed.sign_in_with(None, &[]),
            },
            Asker::Stranger(group) => {
                let group = match group {
                    Some(group) => changed.group(&self.prover.group_name(group))?,
                    None => None,
                };
                changed.sign_in_with(None, group.as_slice())
            }
        }
    }

    fn tell(&self, asker: Asker, can: bool, permission: String, spot: u32, at: Instant) -> Result<Witness, QuestionError> {
        let trials = self.trials;
        let spot = self.spot(spot);
        let (user, group) = match asker {
            Asker::User(user) => (self.prover.user_name(user), None),
            Asker::Stranger(group) => (self.prover.stranger(), group.map(|g| self.prover.group_name(g))),
        };
        let kind = trials.table.kinds()[spot.kind as usize].name.to_string();
        let at = (at != trials.when.now).then_some(at);
        Ok(Witness { user, group, can, permission, kind, id: spot.id.to_string(), at })
    }
}

/// The sign-in on the side as it is.
pub fn sign_in<'t>(table: &'t Table, asker: Asker) -> Result<SignIn<'t>, Damage> {
    match asker {
        Asker::User(user) => table.sign_in(user),
        Asker::Stranger(group) => table.sign_in_with(None, group.as_slice()),
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
