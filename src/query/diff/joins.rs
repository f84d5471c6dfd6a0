//! Memberships that one side alone has, and which of them brings someone into a group.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::Side;
use super::asking::{Caller, Part};
use super::cause::{Blame, Case};
use super::engine::{Engine, Seen};
use super::pool::Pools;
use super::union::{Fast, NEVER, Party, Union};
use super::worlds::{NEW, OLD};
use crate::instant::Instant;
use crate::model::{self, Model, Who};
use crate::source::Span;
use crate::table::view::Damage;

/// What is to blame for what happens to some users, and to strangers who name one of some groups.
pub type Share = (Blame, Vec<u32>, Vec<u32>);

/// Direct memberships that differ by side, group and end, and the numbers of those of groups.
type Key = (Vec<(usize, u32, u32)>, Vec<u32>);

/// Groups of which one of each list is named.
type Lists = Box<[Box<[u32]>]>;

/// So many ways to name groups of several lists are told apart.
const WAYS: usize = 1024;

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
    /// Users for whom something differs on their ways into groups, by what that is.
    numbers: HashMap<u32, u32, Fast>,
    /// The memberships of groups that differ on the ways of who names a group.
    ways: HashMap<u32, Vec<u32>, Fast>,
    /// Memberships that both sides have, by member: the group, and until when. None where no memberships differ.
    same: Vec<(Party, u32, u32)>,
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
                    joins.same.push((a.1, a.0, a.2));
                    old_list.next();
                    new_list.next();
                }
                (Some(a), Some(b)) if a > b => joins.all.extend(new_list.next()),
                (None, Some(_)) => joins.all.extend(new_list.next()),
                _ => joins.all.extend(old_list.next()),
            }
        }
        if joins.all.is_empty() {
            joins.same = Vec::new();
        }
        joins.same.sort_unstable();
        for (i, join) in (0..).zip(&joins.all) {
            match join.who {
                Party::User(user) => joins.by_user.entry(user).or_default().push(i),
                Party::Group(inner) => joins.nested.entry((join.side, inner)).or_default().push(i),
                Party::Everyone => {}
            }
        }
        if !joins.all.is_empty() {
            joins.number(union);
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

    /// The groups that a member is in directly on both sides, and until when.
    pub fn same(&self, who: Party) -> impl Iterator<Item = (u32, u32)> {
        let from = self.same.partition_point(|m| m.0 < who);
        self.same[from..].iter().take_while(move |m| m.0 == who).map(|m| (m.1, m.2))
    }

    /// Those of a user and of some groups.
    pub fn speaking(&self, user: Option<u32>, groups: &[u32]) -> Vec<u32> {
        let own = user.and_then(|user| self.by_user.get(&user)).into_iter().flatten().copied();
        let nested = groups.iter().flat_map(|g| [0, 1].into_iter().filter_map(|side| self.nested.get(&(side, *g)))).flatten();
        own.chain(nested.copied()).collect()
    }

    /// Numbers what differs on the ways into groups, for each user: direct memberships, and those of the groups that they are in.
    fn number(&mut self, union: &Union<'_>) {
        let mut all: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
        for user in 0..union.users.names.len() as u32 {
            let own = self.by_user.get(&user).into_iter().flatten().map(|i| &self.all[*i as usize]);
            let own: Vec<(usize, u32, u32)> = own.map(|j| (j.side, j.group, j.until)).collect();
            let groups = [0, 1].into_iter().flat_map(|side| union.member_of[side][user as usize].iter().map(|m| m.0));
            let groups: Vec<u32> = if self.nested.is_empty() { Vec::new() } else { groups.collect() };
            let mut nested: Vec<u32> = self.speaking(None, &groups);
            nested.sort_unstable();
            nested.dedup();
            if !(own.is_empty() && nested.is_empty()) {
                all.entry((own, nested)).or_default().push(user);
            }
        }
        for group in 0..union.groups.names.len() as u32 {
            let mut through: Vec<u32> =
                union.above.iter().flat_map(|above| above[group as usize].iter().map(|m| m.0)).chain([group]).collect();
            through.sort_unstable();
            through.dedup();
            let mut nested = self.speaking(None, &through);
            nested.sort_unstable();
            if !nested.is_empty() {
                self.ways.insert(group, nested);
            }
        }
        self.numbers =
            (1..).zip(all.into_values()).flat_map(|(number, users)| users.into_iter().map(move |u| (u, number))).collect();
    }

    /// Users by what differs on their ways into groups.
    pub fn apart(&self, users: &[u32]) -> Vec<Vec<u32>> {
        let mut all: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for user in users {
            all.entry(self.numbers.get(user).copied().unwrap_or(0)).or_default().push(*user);
        }
        all.into_values().collect()
    }

    /// Whether one of some memberships of groups differs on the ways of who names a group.
    pub fn leads(&self, group: u32, nests: &[u32]) -> bool {
        self.ways.get(&group).is_some_and(|ways| ways.iter().any(|i| nests.contains(i)))
    }

    /// Groups that can be named, by what differs on the ways of who names them.
    pub fn groups_apart(&self, groups: &[u32]) -> Vec<Box<[u32]>> {
        let mut all: BTreeMap<Option<&Vec<u32>>, Vec<u32>> = BTreeMap::new();
        for group in groups {
            all.entry(self.ways.get(group)).or_default().push(*group);
        }
        all.into_values().map(Vec::into_boxed_slice).collect()
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

impl Engine<'_> {
    /// Lists of groups of which one each is named, parted by what differs on the ways of who names them where that takes part
    /// in the cause, as it is another cause then; whole where there would be too many.
    pub fn by_ways(&self, seen: &Seen<'_>, user: Option<u32>, lists: &[&[u32]], parts: &[Part]) -> Result<Vec<Lists>, Damage> {
        let apart: Vec<Vec<Box<[u32]>>> = lists.iter().map(|groups| self.joins.groups_apart(groups)).collect();
        if self.moving.is_some() || apart.iter().all(|ways| ways.len() == 1) {
            return Ok(vec![lists.iter().map(|groups| (*groups).into()).collect()]);
        }
        // Those on whose ways something differs stand last.
        let named: Vec<u32> = apart.iter().filter_map(|ways| ways.last().map(|groups| groups[0])).collect();
        let who = Caller { user, named };
        let nests = self.nests(seen, &who, parts)?;
        let mut all: Vec<Vec<Box<[u32]>>> = vec![Vec::new()];
        for ((groups, ways), one) in lists.iter().zip(apart).zip(&who.named) {
            // Groups of one list do the same, so that the way of another one takes part where that of this one does.
            let told = self.joins.leads(*one, &nests) && all.len() * ways.len() <= WAYS;
            let ways = if told { ways } else { vec![(*groups).into()] };
            let with = |head: &Vec<Box<[u32]>>| {
                ways.iter().map(|one| [&head[..], std::slice::from_ref(one)].concat()).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        Ok(all.into_iter().map(Vec::into_boxed_slice).collect())
    }

    /// The memberships of groups that take part in the causes of what differs for somebody who names groups.
    fn nests(&self, seen: &Seen<'_>, who: &Caller, parts: &[Part]) -> Result<Vec<u32>, Damage> {
        let sign_ins = self.sign_ins(who)?;
        let mut nests = Vec::new();
        for Part { span, gained, lost } in parts {
            let at = self.since(span.since);
            let (sign_ins, pools) = (self.in_worlds(who, &sign_ins, at), Pools::default());
            for (gain, permission) in gained.iter().map(|p| (true, p)).chain(lost.iter().map(|p| (false, p))) {
                let worlds = [OLD, NEW];
                let case = Case { seen, who, sign_ins: &sign_ins, permission, at, gain, worlds, pools: &pools };
                let blame = self.blame(&case, None)?.blame;
                for (blame, ..) in self.share(blame, who, &[], &[], at) {
                    nests.extend(blame.parts().iter().filter_map(|b| if let Blame::Nest(i) = b { Some(*i) } else { None }));
                }
            }
        }
        Ok(nests)
    }

    /// Whose direct membership it is at a time, for each of those that a class stands for.
    pub fn share(&self, blame: Blame, who: &Caller, users: &[u32], groups: &[u32], at: Instant) -> Vec<Share> {
        match blame {
            Blame::Members { group, joined } => self.direct_shares((group, joined), who, users, groups, at),
            Blame::Together(parts) if matches!(parts.last(), Some(Blame::Members { .. })) => {
                let mut parts = parts.into_vec();
                let Some(member) = parts.pop() else { return Vec::new() };
                let shares = self.share(member, who, users, groups, at).into_iter();
                let with = |member: Blame| Blame::Together([&parts[..], &[member]].concat().into());
                shares.map(|(member, users, groups)| (with(member), users, groups)).collect()
            }
            other => vec![(other, users.to_vec(), groups.to_vec())],
        }
    }

    fn direct_shares(&self, of: (u32, bool), who: &Caller, users: &[u32], groups: &[u32], at: Instant) -> Vec<Share> {
        let mut shares: BTreeMap<(u32, u32), Share> = BTreeMap::new();
        for user in users {
            let (key, blame) = self.direct(of, Some(*user), &who.named, at);
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).1.push(*user);
        }
        for named in groups {
            let (key, blame) = self.direct(of, None, &[*named], at);
            shares.entry(key).or_insert_with(|| (blame, Vec::new(), Vec::new())).2.push(*named);
        }
        if users.is_empty() && groups.is_empty() {
            return vec![(self.direct(of, None, &who.named, at).1, Vec::new(), Vec::new())];
        }
        shares.into_values().collect()
    }

    /// The direct membership on the way into a group.
    fn direct(&self, (group, joined): (u32, bool), user: Option<u32>, named: &[u32], at: Instant) -> ((u32, u32), Blame) {
        let side = usize::from(joined);
        let lasts = |until: u32| until == NEVER || self.union.times[until as usize] > at;
        let above = |from: u32| self.union.above[side][from as usize].iter().any(|m| m.0 == group && lasts(m.1));
        let leads = |j: &Join| lasts(j.until) && (j.group == group || above(j.group));
        let own = user.and_then(|u| self.joins.by_user.get(&u));
        let mut own = own.into_iter().flatten().map(|i| &self.joins.all[*i as usize]);
        if let Some(join) = own.find(|j| j.side == side && self.joins.joins(j) == joined && leads(j)) {
            return ((0, join.group), Blame::Members { group: join.group, joined });
        }
        let mine = user.map_or(&self.union.stranger[side], |user| &self.union.member_of[side][user as usize]);
        let above = named.iter().flat_map(|n| self.union.above[side][*n as usize].iter());
        let inner = named.iter().copied().chain(mine.iter().chain(above).filter(|m| lasts(m.1)).map(|m| m.0));
        let nested = inner.filter_map(|inner| self.joins.nested.get(&(side, inner))).flatten();
        let nested = nested.filter(|i| leads(&self.joins.all[**i as usize])).min();
        match nested {
            Some(i) => ((1, *i), Blame::Nest(*i)),
            None => ((0, group), Blame::Members { group, joined }),
        }
    }
}
