//! What made a decision differ: the statement, the membership or the place that only one side has.

use std::collections::{BTreeMap, HashMap};

use super::Side;
use super::engine::{Engine, Rep, Seen};
use super::places::{Fact, NOWHERE};
use super::union::{Fast, NEVER, Party, Union};
use crate::instant::Instant;
use crate::model::{self, Model, Who};
use crate::source::Span;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::{Cause as By, RowId, Verdict};
use crate::table::view::Damage;
use crate::table::{RowSort, SignIn};

/// What is to blame, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// A row that one side alone has; of a changed one that of the old side.
    Row(u32),
    /// A role that means something else.
    Role(String),
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
    nested: Vec<u32>,
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
                _ => joins.nested.push(i),
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
    /// What made one permission differ for one sign-in.
    pub fn blame(
        &self,
        seen: &Seen<'_>,
        rep: Rep,
        sign_ins: &[SignIn<'_>; 2],
        permission: &str,
        at: Instant,
        gain: bool,
    ) -> Result<Blame, Damage> {
        let (allows, denies) = if gain { (1, 0) } else { (0, 1) };
        let verdict = |side: usize| self.verdict(seen, side, &sign_ins[side], permission, at);
        let (allowed, denied) = (verdict(allows)?, verdict(denies)?);
        let by = allowed.and_then(|v| row_of(v.cause));
        if let Some(fact) = by.and_then(|(row, sort)| self.places.fact(allows, sort, row)) {
            return self.row(fact);
        }
        let Some(denied) = denied else { return Ok(Blame::Vocabulary(seen.kind)) };
        if let Some((row, sort)) = by
            && let Some(group) = self.outside(allows, denies, row, sort, rep, at)?
        {
            return Ok(Blame::Members { group, joined: gain });
        }
        if let Some((row, sort)) = row_of(denied.cause) {
            if let Some(fact) = self.places.fact(denies, sort, row) {
                return self.row(fact);
            }
            if let Some(group) = self.outside(denies, allows, row, sort, rep, at)? {
                return Ok(Blame::Members { group, joined: !gain });
            }
        }
        if denied.cause == By::UnknownResource && seen.place != NOWHERE {
            return Ok(Blame::Place(seen.place));
        }
        if let By::NotMember(organization) = denied.cause
            && let Some(blame) = self.door(organization, denies, allows, rep, at)?
        {
            return Ok(blame);
        }
        self.otherwise(seen, rep, at)
    }

    fn verdict(
        &self,
        seen: &Seen<'_>,
        side: usize,
        who: &SignIn<'_>,
        permission: &str,
        at: Instant,
    ) -> Result<Option<Verdict>, Damage> {
        let table = self.union.tables[side];
        let kind = self.union.kinds[seen.kind as usize].ids[side];
        let Some(permission) = kind.and_then(|kind| table.permission(kind, permission)) else { return Ok(None) };
        match seen.on[side] {
            Some(on) => table.decide(who, permission, on, at).map(Some),
            None => Ok(Some(Verdict { allow: false, cause: By::UnknownResource })),
        }
    }

    fn row(&self, fact: u32) -> Result<Blame, Damage> {
        let one = &self.places.facts[fact as usize];
        if self.places.same_words(one) {
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
        rep: Rep,
        at: Instant,
    ) -> Result<Option<u32>, Damage> {
        let mut group = None;
        let record = if row.place == NOWHERE { None } else { Some(row.place) };
        self.union.tables[side].lines(record, |line| {
            if line.sort == sort && line.id == row {
                group = Some(self.union.party(side, line.who));
            }
        })?;
        let Some(Party::Group(group)) = group else { return Ok(None) };
        Ok((self.is_in(side, rep, group, at) && !self.is_in(other, rep, group, at)).then_some(group))
    }

    fn is_in(&self, side: usize, rep: Rep, group: u32, at: Instant) -> bool {
        let all = match rep {
            Rep::User(user) => &self.union.member_of[side][user as usize],
            Rep::With(named) => &self.union.above[side][named as usize],
            Rep::Stranger => &self.union.stranger[side],
        };
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        all.iter().any(|(g, until)| *g == group && lasts(*until))
    }

    fn speaks(&self, fact: &Fact, rep: Rep, at: Instant) -> bool {
        match fact.who {
            Party::Everyone => true,
            Party::User(user) => rep == Rep::User(user),
            Party::Group(group) => self.is_in(0, rep, group, at) || self.is_in(1, rep, group, at),
        }
    }

    /// Why one side's organization lets someone in and the other's does not.
    fn door(&self, organization: u32, denies: usize, allows: usize, rep: Rep, at: Instant) -> Result<Option<Blame>, Damage> {
        let place = self.places.of(denies, organization);
        let mine = |f: &Fact| f.place == place && f.sort == RowKind::Member;
        let facts: Vec<u32> = (0..).zip(&self.places.facts).filter(|(_, f)| mine(f)).map(|(i, _)| i).collect();
        let own = facts.iter().find(|i| self.speaks(&self.places.facts[**i as usize], rep, at));
        if let Some(fact) = own.or(facts.first()) {
            return self.row(*fact).map(Some);
        }
        let mut groups = Vec::new();
        self.union.tables[denies].lines(Some(organization), |line| {
            if let (RowKind::Member, Party::Group(group)) = (line.sort, self.union.party(denies, line.who)) {
                groups.push(group);
            }
        })?;
        let group = groups.into_iter().find(|g| self.is_in(allows, rep, *g, at) && !self.is_in(denies, rep, *g, at));
        Ok(group.map(|group| Blame::Members { group, joined: allows == 1 }))
    }

    /// What differs on the way of a resource, where no single row answers.
    fn otherwise(&self, seen: &Seen<'_>, rep: Rep, at: Instant) -> Result<Blame, Damage> {
        if !self.union.kinds[seen.kind as usize].same {
            return Ok(Blame::Vocabulary(seen.kind));
        }
        if seen.place != NOWHERE {
            let pair = &self.places.all[seen.place as usize];
            let mut parents = [NOWHERE; 2];
            for side in [0, 1] {
                let parent = self.union.tables[side].beyond(pair.around[side])?.parent;
                parents[side] = parent.map_or(NOWHERE, |at| self.places.of(side, at));
            }
            if pair.at.contains(&NOWHERE) || parents[0] != parents[1] {
                return Ok(Blame::Place(seen.place));
            }
        }
        let mut on_way = Vec::new();
        for side in [0, 1] {
            let Some(on) = seen.on[side] else { continue };
            let (mut places, around) = self.union.tables[side].ground(on)?;
            for at in around {
                places.extend(self.union.tables[side].beyond(at)?.outer);
            }
            on_way.extend(places.into_iter().map(|at| self.places.of(side, at)));
        }
        on_way.push(NOWHERE);
        let mine = |f: &Fact| on_way.contains(&f.place) && f.sort != RowKind::Member && self.speaks(f, rep, at);
        let facts: Vec<u32> = (0..).zip(&self.places.facts).filter(|(_, f)| mine(f)).map(|(i, _)| i).collect();
        match facts.as_slice() {
            [one] => self.row(*one),
            [old, new] if self.places.facts[*old as usize].pair == Some(*new) => self.row(*old),
            _ => Ok(Blame::Several(facts.into())),
        }
    }

    /// Whose direct membership it is, for each of those that a class stands for.
    pub fn share(&self, blame: Blame, users: &[u32], groups: &[u32]) -> Vec<Share> {
        let Blame::Members { group, joined } = blame else { return vec![(blame, users.to_vec(), groups.to_vec())] };
        let mut shares: BTreeMap<(u32, u32), Share> = BTreeMap::new();
        for user in users {
            let (key, blame) = self.direct(group, joined, Some(*user), None);
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).1.push(*user);
        }
        for named in groups {
            let (key, blame) = self.direct(group, joined, None, Some(*named));
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).2.push(*named);
        }
        shares.into_values().collect()
    }

    /// The direct membership on the way into a group.
    fn direct(&self, group: u32, joined: bool, user: Option<u32>, named: Option<u32>) -> ((u32, u32), Blame) {
        let side = usize::from(joined);
        let leads = |from: u32| from == group || self.union.above[side][from as usize].iter().any(|m| m.0 == group);
        let own = user.and_then(|u| self.joins.by_user.get(&u));
        let mut own = own.into_iter().flatten().map(|i| &self.joins.all[*i as usize]);
        if let Some(join) = own.find(|j| j.side == side && leads(j.group)) {
            return ((0, join.group), Blame::Members { group: join.group, joined });
        }
        let within = |inner: u32| match (user, named) {
            (Some(user), _) => self.union.member_of[side][user as usize].iter().any(|m| m.0 == inner),
            (_, Some(named)) => named == inner || self.union.above[side][named as usize].iter().any(|m| m.0 == inner),
            _ => false,
        };
        let nested = self.joins.nested.iter().find(|i| {
            let join = &self.joins.all[**i as usize];
            join.side == side && leads(join.group) && matches!(join.who, Party::Group(inner) if within(inner))
        });
        match nested {
            Some(i) => ((1, *i), Blame::Nest(*i)),
            None => ((0, group), Blame::Members { group, joined }),
        }
    }
}
