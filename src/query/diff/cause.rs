//! What made a decision differ: the statement, the membership or the place that only one side has.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::Side;
use super::asking::Caller;
use super::engine::{Engine, Seen};
use super::places::{Fact, NOWHERE, Pair};
use super::union::{Fast, NEVER, Party, Union};
use crate::instant::Instant;
use crate::model::{self, Model, Who};
use crate::source::Span;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::{Cause as By, Permission, RowId, Verdict};
use crate::table::view::Damage;
use crate::table::{RowSort, SignIn};

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
}

/// What made one permission differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Blamed {
    pub blame: Blame,
    /// Whether it takes a prohibition away.
    pub lifts: bool,
    /// The row that gives what the prohibition took.
    pub more: Option<u32>,
}

impl From<Blame> for Blamed {
    fn from(blame: Blame) -> Blamed {
        Blamed { blame, lifts: false, more: None }
    }
}

/// What is to blame for what happens to some users, and to strangers who name one of some groups.
pub type Share = (Blame, Vec<u32>, Vec<u32>);

/// A direct membership that one side alone has.
#[derive(Clone, Debug)]
pub struct Join {
    pub side: usize,
    pub group: u32,
    pub who: Party,
    pub until: u32,
    pub span: Span,
}

/// Direct memberships that one side alone has, where both sides say them.
#[derive(Debug, Default)]
pub struct Joins {
    pub all: Vec<Join>,
    by_user: HashMap<u32, Vec<u32>, Fast>,
    /// Of groups, by the side and the group that is the member.
    nested: HashMap<(usize, u32), Vec<u32>, Fast>,
    /// Where each membership of an organization is said, by side, organization and member.
    pub inside: HashMap<(usize, String, Party), Span, Fast>,
    groups: [HashMap<u32, Span, Fast>; 2],
}

impl Joins {
    pub fn new(sides: &[Side<'_>; 2], union: &Union<'_>) -> Joins {
        let mut joins = Joins::default();
        let [Some((old, _)), Some((new, _))] = [sides[0].from, sides[1].from] else { return joins };
        let mut lists = [members(union, old, 0), members(union, new, 1)];
        lists.iter_mut().for_each(|l| l.sort_unstable_by_key(|j| (j.group, j.who, j.until)));
        let [mut old_list, mut new_list] = lists.map(|l| l.into_iter().peekable());
        loop {
            let key = |j: &Join| (j.group, j.who, j.until);
            match (old_list.peek().map(key), new_list.peek().map(key)) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => {
                    old_list.next();
                    new_list.next();
                }
                (Some(a), Some(b)) if a > b => joins.all.extend(new_list.next()),
                (None, Some(_)) => joins.all.extend(new_list.next()),
                _ => joins.all.extend(old_list.next()),
            }
        }
        for (i, join) in (0..).zip(&joins.all) {
            match join.who {
                Party::User(user) => joins.by_user.entry(user).or_default().push(i),
                Party::Group(inner) => joins.nested.entry((join.side, inner)).or_default().push(i),
                Party::Everyone => {}
            }
        }
        for (side, model) in [old, new].into_iter().enumerate() {
            for m in &model.org_members {
                let organization = model.places[m.of as usize].id.to_string();
                if let Some(who) = party(union, model, m.who) {
                    joins.inside.insert((side, organization, who), m.span);
                }
            }
            let spans = model.group_spans.iter().zip(model.groups.iter());
            joins.groups[side] = spans.filter_map(|(span, name)| Some((union.groups.find(name)?, *span))).collect();
        }
        joins
    }

    /// Those of a group.
    pub fn of(&self, group: u32) -> &[Join] {
        &self.all[self.range(group)]
    }

    fn range(&self, group: u32) -> Range<usize> {
        let from = self.all.partition_point(|j| j.group < group);
        from..from + self.all[from..].partition_point(|j| j.group == group)
    }

    /// What the other side says of the same member of the same group, with another end.
    pub fn pair(&self, join: &Join) -> Option<u32> {
        let Range { start, end } = self.range(join.group);
        let mine = start + self.all[start..end].partition_point(|j| j.who < join.who);
        let found = self.all[mine..end].iter().take_while(|j| j.who == join.who).position(|j| j.side != join.side);
        found.map(|i| (mine + i) as u32)
    }

    /// Whether a membership belongs to who joins a group, or else to who leaves it: one that only gets another end joins
    /// where that is later.
    pub fn joins(&self, join: &Join) -> bool {
        match self.pair(join).map(|pair| &self.all[pair as usize]) {
            Some(pair) => (join.until > pair.until) == (join.side == 1),
            None => join.side == 1,
        }
    }
}

fn party(union: &Union<'_>, model: &Model, who: Who) -> Option<Party> {
    Some(match who {
        Who::Everyone => Party::Everyone,
        Who::User(user) => Party::User(union.users.find(model.users.name(user))?),
        Who::Group(group) => Party::Group(union.groups.find(model.groups.name(group))?),
    })
}

fn members(union: &Union<'_>, model: &Model, side: usize) -> Vec<Join> {
    let until = |t: u32| if t == model::NEVER { NEVER } else { union.time(Some(model.times[t as usize])) };
    let groups: Vec<Option<u32>> = model.groups.iter().map(|name| union.groups.find(name)).collect();
    let users: Vec<Option<u32>> = model.users.iter().map(|name| union.users.find(name)).collect();
    let one = |m: &model::Membership| {
        let who = match m.who {
            Who::User(user) => Party::User(users[user as usize]?),
            Who::Group(group) => Party::Group(groups[group as usize]?),
            Who::Everyone => Party::Everyone,
        };
        Some(Join { side, group: groups[m.of as usize]?, who, until: until(m.until), span: m.span })
    };
    model.members.iter().filter_map(one).collect()
}

/// One question that both sides answer otherwise.
pub struct Case<'a> {
    pub seen: &'a Seen<'a>,
    pub who: &'a Caller,
    pub sign_ins: &'a [SignIn<'a>; 2],
    pub permission: &'a str,
    pub at: Instant,
    /// Whether the new side allows it.
    pub gain: bool,
}

/// How a prohibition went away: its row, or by leaving the group that it names.
enum Lifted {
    Row(u32),
    Left(u32),
}

/// The row that made an answer, and what sort of row it is.
fn row_of(cause: By) -> Option<(RowId, RowKind)> {
    match cause {
        By::Access(row) | By::NoBase(Some(row)) => Some((row, RowKind::Can)),
        By::Role(row) => Some((row, RowKind::Role)),
        By::Prohibited(row) => Some((row, RowKind::Cannot)),
        _ => None,
    }
}

impl Engine<'_> {
    /// What made one permission differ for someone.
    pub fn blame(&self, case: &Case<'_>) -> Result<Blamed, Damage> {
        let Case { seen, who, at, gain, .. } = *case;
        let (allows, denies) = if gain { (1, 0) } else { (0, 1) };
        let (allowed, denied) = (self.verdict(case, allows)?, self.verdict(case, denies)?);
        let by = allowed.and_then(|v| row_of(v.cause));
        let gives = by.map(|(row, sort)| self.differs(allows, sort, row)).transpose()?.flatten();
        if let Some(lifted) = self.lifted(case)? {
            let blame = match lifted {
                Lifted::Row(fact) => self.row(fact)?,
                Lifted::Left(group) => Blame::Members { group, joined: false },
            };
            return Ok(Blamed { blame, lifts: true, more: gives });
        }
        if let Some(fact) = gives {
            return self.changed(fact, gain);
        }
        let Some(denied) = denied else { return Ok(Blame::Vocabulary(seen.kind).into()) };
        if let Some((row, sort)) = by
            && let Some(group) = self.outside(allows, denies, row, sort, who, at)?
        {
            return Ok(Blame::Members { group, joined: gain }.into());
        }
        if let Some((row, sort)) = row_of(denied.cause) {
            if let Some(fact) = self.differs(denies, sort, row)? {
                return self.changed(fact, gain);
            }
            if let Some(group) = self.outside(denies, allows, row, sort, who, at)? {
                return Ok(Blame::Members { group, joined: !gain }.into());
            }
        }
        if matches!(denied.cause, By::NoBase(_))
            && let Some(blamed) = self.base(case)?
        {
            return Ok(blamed);
        }
        if denied.cause == By::UnknownResource && seen.place != NOWHERE {
            return Ok(Blame::Place(seen.place).into());
        }
        if let By::NotMember(organization) = denied.cause
            && let Some(blame) = self.door(seen, organization, denies, allows, who, at)?
        {
            return Ok(blame.into());
        }
        Ok(self.otherwise(seen, who, at)?.into())
    }

    /// A row that differs, and not only in what the same words mean where a kind has other permissions.
    fn differs(&self, side: usize, sort: RowKind, row: RowId) -> Result<Option<u32>, Damage> {
        let Some(fact) = self.places.fact(side, sort, row) else { return Ok(None) };
        Ok(if self.says_the_same(&self.places.facts[fact as usize])? { None } else { Some(fact) })
    }

    /// What made the base differ, beside which alone a part counts.
    fn base(&self, case: &Case<'_>) -> Result<Option<Blamed>, Damage> {
        let Case { seen, who, sign_ins, at, gain, .. } = *case;
        let (allows, denies) = if gain { (1, 0) } else { (0, 1) };
        let Some(kind) = self.union.kinds[seen.kind as usize].ids[allows] else { return Ok(None) };
        let lowest = self.union.tables[allows].kinds()[kind as usize].levels.iter().next().map(|level| format!("*:{level}"));
        let Some(permission) = lowest.filter(|lowest| lowest != case.permission) else { return Ok(None) };
        let base = Case { seen, who, sign_ins, permission: &permission, at, gain };
        let allowed = |verdict: Option<Verdict>| verdict.map(|v| v.allow);
        if (allowed(self.verdict(&base, allows)?), allowed(self.verdict(&base, denies)?)) != (Some(true), Some(false)) {
            return Ok(None);
        }
        self.blame(&base).map(Some)
    }

    /// The prohibition that would still take away what is gained.
    fn lifted(&self, case: &Case<'_>) -> Result<Option<Lifted>, Damage> {
        let Case { seen, who, at, gain, .. } = *case;
        let Some(on) = seen.on[0].filter(|_| gain) else { return Ok(None) };
        let Some(permission) = self.permission(case, 0) else { return Ok(None) };
        let Some(row) = self.union.tables[0].forbids(&case.sign_ins[0], permission, on, at)? else { return Ok(None) };
        if let Some(fact) = self.places.fact(0, RowKind::Cannot, row) {
            return Ok(Some(Lifted::Row(fact)));
        }
        Ok(self.outside(0, 1, row, RowKind::Cannot, who, at)?.map(Lifted::Left))
    }

    /// The permission of a case on a side, if that side has it.
    fn permission(&self, case: &Case<'_>, side: usize) -> Option<Permission> {
        let kind = self.union.kinds[case.seen.kind as usize].ids[side]?;
        self.union.tables[side].permission(kind, case.permission)
    }

    fn verdict(&self, case: &Case<'_>, side: usize) -> Result<Option<Verdict>, Damage> {
        let Some(permission) = self.permission(case, side) else { return Ok(None) };
        match case.seen.on[side] {
            Some(on) => self.union.tables[side].decide(&case.sign_ins[side], permission, on, case.at).map(Some),
            None => Ok(Some(Verdict { allow: false, cause: By::UnknownResource })),
        }
    }

    /// A row that differs; where somebody gains by it, it may have taken away what it does not any longer.
    fn changed(&self, fact: u32, gain: bool) -> Result<Blamed, Damage> {
        Ok(Blamed { lifts: gain && self.places.withheld(fact), ..self.row(fact)?.into() })
    }

    fn row(&self, fact: u32) -> Result<Blame, Damage> {
        let one = &self.places.facts[fact as usize];
        if self.places.same_words(one) {
            if self.places.other_role_of_owner(one) {
                return Ok(Blame::Owner(self.places.all[one.place as usize].kind));
            }
            let row = self.union.tables[one.side].row(one.row, RowSort::Role)?;
            return Ok(Blame::Role(row.role.unwrap_or_default()));
        }
        Ok(Blame::Row(one.pair.map_or(fact, |pair| pair.min(fact))))
    }

    /// The group of a row of one side in which someone is on that side, and not on the other.
    fn outside(
        &self,
        side: usize,
        other: usize,
        row: RowId,
        sort: RowKind,
        who: &Caller,
        at: Instant,
    ) -> Result<Option<u32>, Damage> {
        let record = if row.place == NOWHERE { None } else { Some(row.place) };
        let Some(whom) = self.union.tables[side].named_by(record, sort, row.row)? else { return Ok(None) };
        let Party::Group(group) = self.union.party(side, whom) else { return Ok(None) };
        Ok((self.is_in(side, who, group, at) && !self.is_in(other, who, group, at)).then_some(group))
    }

    fn is_in(&self, side: usize, who: &Caller, group: u32, at: Instant) -> bool {
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        let among = |all: &[(u32, u32)]| all.iter().any(|(g, until)| *g == group && lasts(*until));
        let own = who.user.map_or(&self.union.stranger[side], |user| &self.union.member_of[side][user as usize]);
        among(own) || who.named.iter().any(|named| among(&self.union.above[side][*named as usize]))
    }

    fn speaks(&self, fact: &Fact, who: &Caller, at: Instant) -> bool {
        match fact.who {
            Party::Everyone => true,
            Party::User(user) => who.user == Some(user),
            Party::Group(group) => self.is_in(0, who, group, at) || self.is_in(1, who, group, at),
        }
    }

    /// Why one side's organization lets someone in and the other's does not.
    fn door(
        &self,
        seen: &Seen<'_>,
        organization: u32,
        denies: usize,
        allows: usize,
        who: &Caller,
        at: Instant,
    ) -> Result<Option<Blame>, Damage> {
        let other = seen.on[allows].map(|on| self.union.tables[allows].organization(on)).transpose()?.and_then(|(id, _)| id);
        let place = self.places.of(denies, organization);
        if let Some(id) = other.filter(|id| self.places.all.get(place as usize).is_some_and(|p| p.id != id)) {
            // It lies in another organization, which may have another member; else that it lies there is the reason.
            let kind = self.places.all[place as usize].kind;
            let is = |p: &&Pair<'_>| p.kind == kind && p.id == id && !p.pattern;
            let facts = self.places.all.iter().find(is).map_or(0..0, |p| p.facts.0..p.facts.1);
            let mine = |i: &u32| {
                let fact = &self.places.facts[*i as usize];
                fact.sort == RowKind::Member && fact.side == allows && self.speaks(fact, who, at)
            };
            return facts.into_iter().find(mine).map(|i| self.row(i)).transpose();
        }
        if self.opens(place)? {
            return Ok(Some(Blame::Door(place)));
        }
        let own = who.user.and_then(|user| self.places.member(place, Party::User(user)));
        if let Some(fact) = own {
            return self.row(fact).map(Some);
        }
        let mut first = None;
        for i in self.places.facts_of(place) {
            let fact = &self.places.facts[i as usize];
            if fact.sort == RowKind::Member && !matches!(fact.who, Party::User(_)) && self.speaks(fact, who, at) {
                return self.row(i).map(Some);
            }
            first = first.or((fact.sort == RowKind::Member).then_some(i));
        }
        let mut groups = Vec::new();
        self.union.tables[denies].lines(Some(organization), |line| {
            if let (RowKind::Member, Party::Group(group)) = (line.sort, self.union.party(denies, line.who)) {
                groups.push(group);
            }
        })?;
        let group = groups.into_iter().find(|g| self.is_in(allows, who, *g, at) && !self.is_in(denies, who, *g, at));
        if let Some(group) = group {
            return Ok(Some(Blame::Members { group, joined: allows == 1 }));
        }
        // Who is no member on either side is let in where no member is named.
        first.map(|fact| self.row(fact)).transpose()
    }

    /// Whether an organization of both sides names members on one of them alone.
    fn opens(&self, place: u32) -> Result<bool, Damage> {
        let Some(pair) = self.places.all.get(place as usize).filter(|p| !p.at.contains(&NOWHERE)) else { return Ok(false) };
        let mut closed = [false; 2];
        for side in [0, 1] {
            self.union.tables[side].lines(Some(pair.at[side]), |line| closed[side] |= line.sort == RowKind::Member)?;
        }
        Ok(closed[0] != closed[1])
    }

    /// What differs on the way of a resource, where no single row answers.
    fn otherwise(&self, seen: &Seen<'_>, who: &Caller, at: Instant) -> Result<Blame, Damage> {
        if !self.union.kinds[seen.kind as usize].same {
            return Ok(Blame::Vocabulary(seen.kind));
        }
        let mut on_way = Vec::new();
        for side in [0, 1] {
            let Some(on) = seen.on[side] else { continue };
            let (places, around) = self.union.tables[side].ground(on)?;
            let own: Vec<u32> = places.iter().map(|at| self.places.of(side, *at)).collect();
            if let Some(blame) = own.iter().find_map(|place| self.elsewhere(*place).transpose()) {
                return blame;
            }
            on_way.extend(own);
            for at in around {
                on_way.extend(self.union.tables[side].beyond(at)?.outer.into_iter().map(|at| self.places.of(side, at)));
            }
        }
        on_way.push(NOWHERE);
        on_way.sort_unstable();
        on_way.dedup();
        let facts = on_way.iter().flat_map(|place| self.places.facts_of(*place));
        let mine = |f: &Fact| f.sort != RowKind::Member && self.speaks(f, who, at);
        let facts: Vec<u32> = facts.filter(|i| mine(&self.places.facts[*i as usize])).collect();
        match facts.as_slice() {
            [one] => self.row(*one),
            [old, new] if self.places.facts[*old as usize].pair == Some(*new) => self.row(*old),
            _ => Ok(Blame::Several(facts.into())),
        }
    }

    /// What lies elsewhere, or is on one side alone: the place or the first container of it.
    pub fn elsewhere(&self, place: u32) -> Result<Option<Blame>, Damage> {
        let mut place = place;
        for _ in 0..=self.places.all.len() {
            if place == NOWHERE {
                return Ok(None);
            }
            if self.places.all[place as usize].at.contains(&NOWHERE) {
                return Ok(Some(Blame::Place(place)));
            }
            let parents = [self.parent(place, 0)?, self.parent(place, 1)?];
            if parents[0] != parents[1] {
                // Where a container has another name, it is that container, and not all that lies in it.
                let gone = |p: u32| p != NOWHERE && self.places.all[p as usize].at[1] == NOWHERE;
                return Ok(Some(Blame::Place(if gone(parents[0]) { parents[0] } else { place })));
            }
            place = parents[0];
        }
        Ok(None)
    }

    /// Whose direct membership it is, for each of those that a class stands for.
    pub fn share(&self, blame: Blame, who: &Caller, users: &[u32], groups: &[u32]) -> Vec<Share> {
        let Blame::Members { group, joined } = blame else { return vec![(blame, users.to_vec(), groups.to_vec())] };
        let mut shares: BTreeMap<(u32, u32), Share> = BTreeMap::new();
        for user in users {
            let (key, blame) = self.direct(group, joined, Some(*user), &who.named);
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).1.push(*user);
        }
        for named in groups {
            let (key, blame) = self.direct(group, joined, None, &[*named]);
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).2.push(*named);
        }
        if users.is_empty() && groups.is_empty() {
            return vec![(self.direct(group, joined, None, &who.named).1, Vec::new(), Vec::new())];
        }
        shares.into_values().collect()
    }

    /// The direct membership on the way into a group.
    fn direct(&self, group: u32, joined: bool, user: Option<u32>, named: &[u32]) -> ((u32, u32), Blame) {
        let side = usize::from(joined);
        let leads = |from: u32| from == group || self.union.above[side][from as usize].iter().any(|m| m.0 == group);
        let own = user.and_then(|u| self.joins.by_user.get(&u));
        let mut own = own.into_iter().flatten().map(|i| &self.joins.all[*i as usize]);
        if let Some(join) = own.find(|j| j.side == side && self.joins.joins(j) == joined && leads(j.group)) {
            return ((0, join.group), Blame::Members { group: join.group, joined });
        }
        let mine = user.map_or(&self.union.stranger[side], |user| &self.union.member_of[side][user as usize]);
        let above = named.iter().flat_map(|n| self.union.above[side][*n as usize].iter());
        let inner = named.iter().copied().chain(mine.iter().chain(above).map(|m| m.0));
        let nested = inner.filter_map(|inner| self.joins.nested.get(&(side, inner))).flatten();
        let nested = nested.filter(|i| leads(self.joins.all[**i as usize].group)).min();
        match nested {
            Some(i) => ((1, *i), Blame::Nest(*i)),
            None => ((0, group), Blame::Members { group, joined }),
        }
    }
}
