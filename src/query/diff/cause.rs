//! What made a decision differ: the statement, the membership or the place that only one side has.

use super::asking::Caller;
use super::engine::{Engine, Seen};
use super::places::{Fact, NOWHERE};
use super::pool::Pools;
use super::union::Party;
use super::worlds::{NEW, OLD, SignIns, World};
use crate::instant::Instant;
use crate::table::RowSort;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::{Cause as By, Permission, RowId, Verdict};
use crate::table::view::Damage;

/// What is to blame, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// A row that one side alone has; of a changed one that of the old side.
    Row(u32),
    /// A role that means something else.
    Role(String),
    /// A kind whose owners get another role.
    Owner(u32),
    /// An organization that lets in everyone on one side, and only members on the other.
    Door(u32),
    /// Members that a group has on one side alone; until [`Engine::share`], being in the group in any way.
    Members { group: u32, joined: bool },
    /// A membership of a group in a group.
    Nest(u32),
    /// A place that one side alone has, or that lies elsewhere.
    Place(u32),
    /// A kind that has other permissions.
    Vocabulary(u32),
    /// More than one row.
    Several(Box<[u32]>),
    /// What does it together, where nothing of it does it alone: statements, lying in a container, and last being in a group.
    Together(Box<[Blame]>),
}

impl Blame {
    /// What it is made of: itself, or what does it together.
    pub fn parts(&self) -> &[Blame] {
        match self {
            Blame::Together(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// Some together, each once.
    pub fn together(all: Vec<Blame>) -> Blame {
        let mut parts: Vec<Blame> = Vec::with_capacity(all.len());
        for part in all.iter().flat_map(Blame::parts) {
            if !parts.contains(part) {
                parts.push(part.clone());
            }
        }
        match <[Blame; 1]>::try_from(parts) {
            Ok([one]) => one,
            Err(parts) => Blame::Together(parts.into()),
        }
    }
}

/// What made one permission differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Blamed {
    pub blame: Blame,
    /// Whether it takes a prohibition away.
    pub lifts: bool,
}

impl From<Blame> for Blamed {
    fn from(blame: Blame) -> Blamed {
        Blamed { blame, lifts: false }
    }
}

/// One question that two worlds answer otherwise: those of both sides, until [`Engine::blame`] looks at worlds between them.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub seen: &'a Seen<'a>,
    pub who: &'a Caller,
    pub sign_ins: &'a SignIns<'a>,
    pub permission: &'a str,
    pub at: Instant,
    /// Whether the second world allows it.
    pub gain: bool,
    pub worlds: [World; 2],
    /// What was collected for the same resource, sign-in and time.
    pub pools: &'a Pools,
}

/// How a prohibition came or went away: its row, or by being in the group that it names.
enum Taken {
    Row(u32),
    In(u32),
}

/// The row that made an answer, and what sort of row it is.
pub fn row_of(cause: By) -> Option<(RowId, RowKind)> {
    match cause {
        By::Access(row) | By::NoBase(Some(row)) => Some((row, RowKind::Can)),
        By::Role(row) => Some((row, RowKind::Role)),
        By::Prohibited(row) => Some((row, RowKind::Cannot)),
        _ => None,
    }
}

impl Engine<'_> {
    /// What made one permission differ for someone: the fewest edits that do it ([`Engine::by_edits`]).
    ///
    /// Where that cannot be told, statements and memberships are told apart by what neither side decided: what the old statements give with the new
    /// memberships, and the new statements with the old ones. Where the new statements do it alone they are to blame, else
    /// the new memberships where these do, and else both together. What stays with a membership that did it `before`,
    /// and still does it alone, does not go over to a statement.
    pub fn blame(&self, case: &Case<'_>, before: Option<&Blame>) -> Result<Blamed, Damage> {
        if let Some(blamed) = self.by_edits(case, before)? {
            return self.by_statement(blamed);
        }
        if !case.sign_ins.differ() {
            return self.plain(case);
        }
        let (said, joined) = (World { says: 1, members: 0 }, World { says: 0, members: 1 });
        let between = |from: World, to: World| Case { worlds: [from, to], ..*case };
        let does = |world: World| -> Result<bool, Damage> {
            Ok(self.verdict(&between(OLD, world), 1)?.is_some_and(|v| v.allow) == case.gain)
        };
        let (by_statement, by_member) = (does(said)?, does(joined)?);
        let stays = matches!(before, Some(Blame::Members { .. }));
        if by_statement && !(stays && by_member) {
            return self.plain(&between(OLD, said));
        }
        if by_member {
            return self.plain(&between(OLD, joined));
        }
        let (statement, member) = (self.plain(&between(joined, NEW))?, self.plain(&between(said, NEW))?);
        Ok(Blamed { blame: Blame::together(vec![statement.blame, member.blame]), lifts: statement.lifts || member.lifts })
    }

    /// The same between worlds that differ in statements alone, or in memberships alone.
    fn plain(&self, case: &Case<'_>) -> Result<Blamed, Damage> {
        let Case { seen, gain, worlds, .. } = *case;
        let (allows, denies) = if gain { (1, 0) } else { (0, 1) };
        let (allowed, denied) = (self.verdict(case, allows)?, self.verdict(case, denies)?);
        let by = allowed.and_then(|v| row_of(v.cause));
        let gives = by.map(|(row, sort)| self.differs(case, allows, sort, row)).transpose()?.flatten();
        if let Some(taken) = self.taken(case, denies)? {
            let blame = match taken {
                Taken::Row(fact) => match self.by_place(case, denies, fact)? {
                    Some(blame) => blame,
                    None => self.row(fact)?,
                },
                Taken::In(group) => Blame::Members { group, joined: !gain },
            };
            // Where what gives it is new as well, neither does it alone.
            let mut all = vec![blame];
            if let Some(fact) = gives.filter(|_| gain)
                && !self.alike(case, allows, fact)?
            {
                all.push(self.row(fact)?);
            }
            return Ok(Blamed { blame: Blame::together(all), lifts: gain });
        }
        // A row that was changed, and did before what it does now, is the cause where nothing else is.
        let mut idle = None;
        if let Some(fact) = gives {
            if let Some(blame) = self.by_place(case, allows, fact)? {
                return Ok(blame.into());
            }
            if !self.alike(case, allows, fact)? {
                // What takes it away stands before what gave it, so that it would do it alone.
                let before = match denied.and_then(|v| row_of(v.cause)).filter(|(_, sort)| !gain && *sort == RowKind::Can) {
                    Some((row, sort)) => self.differs(case, denies, sort, row)?,
                    None => None,
                };
                return match before {
                    Some(other) if !self.alike(case, denies, other)? && self.stands_before(case, denies, [other, fact])? => {
                        self.changed(other, gain)
                    }
                    _ => self.changed(fact, gain),
                };
            }
            idle = Some(fact);
        }
        let Some(denied) = denied else { return Ok(Blame::Vocabulary(seen.kind).into()) };
        if let Some((row, sort)) = by
            && let Some(group) = self.outside(case, allows, row, sort)?
        {
            return Ok(Blame::Members { group, joined: gain }.into());
        }
        if let Some((row, sort)) = row_of(denied.cause) {
            if let Some(fact) = self.differs(case, denies, sort, row)? {
                if let Some(blame) = self.by_place(case, denies, fact)? {
                    return Ok(blame.into());
                }
                // What a row says of the base is not what it says of a part.
                if matches!(denied.cause, By::NoBase(_)) || !self.alike(case, denies, fact)? {
                    return self.changed(fact, gain);
                }
                idle = idle.or(Some(fact));
            }
            if let Some(group) = self.outside(case, denies, row, sort)? {
                return Ok(Blame::Members { group, joined: !gain }.into());
            }
        }
        if matches!(denied.cause, By::NoBase(_))
            && let Some(blamed) = self.base(case)?
        {
            return Ok(blamed);
        }
        if worlds[0].says == worlds[1].says {
            return Ok(self.member(case)?.into());
        }
        if denied.cause == By::UnknownResource && seen.place != NOWHERE {
            return Ok(Blame::Place(seen.place).into());
        }
        if let By::NotMember(organization) = denied.cause
            && let Some(blame) = self.door(case, organization)?
        {
            return Ok(blame.into());
        }
        match idle {
            Some(fact) => self.changed(fact, gain),
            None => Ok(self.otherwise(case)?.into()),
        }
    }

    /// The group that somebody is in in one of two worlds that say the same: one that does it alone, else one without which
    /// it is not so.
    fn member(&self, case: &Case<'_>) -> Result<Blame, Damage> {
        let says = case.worlds[0].says;
        let lists = case.worlds.map(|world| self.groups_of(world.members, case.who, case.at));
        let only = |a: &[u32], b: &[u32]| a.iter().filter(|g| !b.contains(g)).copied().collect::<Vec<_>>();
        let joined = only(&lists[1], &lists[0]).into_iter().map(|group| (group, true));
        let all: Vec<(u32, bool)> = joined.chain(only(&lists[0], &lists[1]).into_iter().map(|group| (group, false))).collect();
        for (list, goal) in [(&lists[0], case.gain), (&lists[1], !case.gain)] {
            for (group, joined) in &all {
                let mut list: Vec<u32> = list.iter().filter(|g| *g != group).copied().collect();
                // The first list is to become as the second one, and the second one as the first.
                list.extend((*joined == (goal == case.gain)).then_some(*group));
                let sign_in = self.sign_in_of(says, case.who, &list);
                let Some((permission, on)) = self.permission(case, says).zip(case.seen.on[says]) else { continue };
                if self.union.tables[says].decide(&sign_in, permission, on, case.at)?.allow == goal {
                    return Ok(Blame::Members { group: *group, joined: *joined });
                }
            }
        }
        Ok(match all.first() {
            Some((group, joined)) => Blame::Members { group: *group, joined: *joined },
            None => Blame::Several([].into()),
        })
    }

    /// A row of one of the worlds that the other one has not, and not only by what the same words mean where a kind has other
    /// permissions.
    pub fn differs(&self, case: &Case<'_>, world: usize, sort: RowKind, row: RowId) -> Result<Option<u32>, Damage> {
        if case.worlds[0].says == case.worlds[1].says {
            return Ok(None);
        }
        let Some(fact) = self.edit_of(case.worlds[world].says, sort, row) else { return Ok(None) };
        Ok(if self.says_the_same(&self.places.facts[fact as usize])? { None } else { Some(fact) })
    }

    /// What made the base differ, beside which alone a part counts.
    fn base(&self, case: &Case<'_>) -> Result<Option<Blamed>, Damage> {
        let (allows, denies) = if case.gain { (1, 0) } else { (0, 1) };
        let says = case.worlds[allows].says;
        let Some(kind) = self.union.kinds[case.seen.kind as usize].ids[says] else { return Ok(None) };
        let lowest = self.union.tables[says].kinds()[kind as usize].levels.iter().next().map(|level| format!("*:{level}"));
        let Some(permission) = lowest.filter(|lowest| lowest != case.permission) else { return Ok(None) };
        let base = Case { permission: &permission, ..*case };
        let allowed = |verdict: Option<Verdict>| verdict.map(|v| v.allow);
        if (allowed(self.verdict(&base, allows)?), allowed(self.verdict(&base, denies)?)) != (Some(true), Some(false)) {
            return Ok(None);
        }
        self.plain(&base).map(Some)
    }

    /// The prohibition that one world alone has, and that takes away there what the other one allows, whatever gives it.
    fn taken(&self, case: &Case<'_>, denies: usize) -> Result<Option<Taken>, Damage> {
        let World { says, .. } = case.worlds[denies];
        let Some((permission, on)) = self.permission(case, says).zip(case.seen.on[says]) else { return Ok(None) };
        let sign_in = case.sign_ins.of(case.worlds[denies]);
        let Some(row) = self.union.tables[says].forbids(sign_in, permission, on, case.at)? else { return Ok(None) };
        if let Some(fact) = self.differs(case, denies, RowKind::Cannot, row)? {
            return Ok(Some(Taken::Row(fact)));
        }
        Ok(self.outside(case, denies, row, RowKind::Cannot)?.map(Taken::In))
    }

    /// The permission of a case on a side, if that side has it.
    pub fn permission(&self, case: &Case<'_>, side: usize) -> Option<Permission> {
        let kind = self.union.kinds[case.seen.kind as usize].ids[side]?;
        self.union.tables[side].permission(kind, case.permission)
    }

    /// What one of the two worlds decides; none where it has no such permission.
    pub fn verdict(&self, case: &Case<'_>, world: usize) -> Result<Option<Verdict>, Damage> {
        let World { says, .. } = case.worlds[world];
        let Some(permission) = self.permission(case, says) else { return Ok(None) };
        match case.seen.on[says] {
            Some(on) => self.union.tables[says].decide(case.sign_ins.of(case.worlds[world]), permission, on, case.at).map(Some),
            None => Ok(Some(Verdict { allow: false, cause: By::UnknownResource })),
        }
    }

    /// A row that differs; where somebody gains by it, it may have taken away what it does not any longer.
    fn changed(&self, fact: u32, gain: bool) -> Result<Blamed, Damage> {
        Ok(Blamed { lifts: gain && self.places.withheld(fact), ..self.row(fact)?.into() })
    }

    pub fn row(&self, fact: u32) -> Result<Blame, Damage> {
        let one = &self.places.facts[fact as usize];
        if self.places.same_words(one) {
            if self.places.other_role_of_owner(one) {
                return Ok(Blame::Owner(self.places.all[one.place as usize].kind));
            }
            let row = self.row_of(one, RowSort::Role)?;
            return Ok(Blame::Role(self.changed_role(&row.role.unwrap_or_default())));
        }
        Ok(Blame::Row(self.places.first(fact)))
    }

    /// The group of a row of one world in which someone is in that world, and not in the other.
    fn outside(&self, case: &Case<'_>, world: usize, row: RowId, sort: RowKind) -> Result<Option<u32>, Damage> {
        let World { says, members } = case.worlds[world];
        let other = case.worlds[1 - world].members;
        if members == other {
            return Ok(None);
        }
        let record = if row.place == NOWHERE { None } else { Some(row.place) };
        let Some(whom) = self.union.tables[says].named_by(record, sort, row.row)? else { return Ok(None) };
        let Party::Group(group) = self.union.party(says, whom) else { return Ok(None) };
        let is_in = |members: usize| self.is_in(members, case.who, group, case.at);
        Ok((is_in(members) && !is_in(other)).then_some(group))
    }

    pub fn speaks(&self, fact: &Fact, who: &Caller, at: Instant) -> bool {
        match fact.who {
            Party::Everyone => true,
            Party::User(user) => who.user == Some(user),
            Party::Group(group) => self.is_in(0, who, group, at) || self.is_in(1, who, group, at),
        }
    }
}
