//! Who is asked about one resource, and what differs for whom.
//!
//! A stranger and every user are asked alone, and with each one group. Beyond that, sets of groups that are named at
//! sign-in are asked as far as they can show a difference that nobody smaller shows.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;

use super::Then;
use super::alike::{Crowd, Known, Scene, TheirSet};
use super::cause::{Blame, Blamed, Case};
use super::classes::{Class, Membership, Relevant, Row};
use super::engine::{Engine, Key, Seen};
use super::pool::Pools;
use super::sets::{Mark, Profiles, elements, holds};
use super::union::{Fast, NEVER};
use super::worlds::{NEW, OLD};
use crate::instant::Instant;
use crate::query::access::Access;
use crate::table::SignIn;
use crate::table::view::Damage;

/// So many shapes of resources are kept.
const KEPT: usize = 20_000;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user; a stranger is none.
    pub user: Option<u32>,
    /// The groups named at sign-in, beside those that everyone names.
    pub named: Vec<u32>,
}

/// What differs from one time to another: the numbers of times from 1, where 0 is the time of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub since: u32,
    /// [`NEVER`] is for ever.
    pub until: u32,
    pub words: u32,
}

/// Some of what differs in a span.
pub struct Part {
    pub span: Span,
    pub gained: Vec<String>,
    pub lost: Vec<String>,
}

/// Those of one resource to whom the same happens.
#[derive(Default)]
pub struct Taken {
    everyone: bool,
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Taken {
    fn add(&mut self, everyone: bool, users: &[u32], groups: &[u32]) {
        self.everyone |= everyone;
        self.users.extend(users);
        self.groups.extend(groups);
    }
}

pub type Found = IndexMap<Key, Taken, Fast>;

/// By what they are known: the rows that name them, their memberships, and whether they may be decided otherwise.
pub type Like = (Vec<Row>, Vec<Mark>, bool);

impl Engine<'_> {
    /// Compares one resource.
    pub fn compare(&mut self, seen: &Seen<'_>, relevant: &Relevant) -> Result<Vec<(Key, u32)>, Damage> {
        let shape = self.shape(seen, relevant)?;
        let mut known = self.known.remove(&shape).unwrap_or_default();
        let taken = self.compare_as(seen, relevant, &mut known)?;
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert(shape, known);
        Ok(taken)
    }

    /// Compares one resource, with what is known of those that are decided as it is.
    fn compare_as(&mut self, seen: &Seen<'_>, relevant: &Relevant, known: &mut Known) -> Result<Vec<(Key, u32)>, Damage> {
        let partition = self.partitions.of(&self.union, &relevant.groups);
        let profiles = Profiles::new(relevant);
        let elements = if self.named { elements(&partition, relevant, &profiles) } else { Vec::new() };
        let scene = Scene { seen, relevant, elements: &elements };
        let changed = &relevant.changed;
        let mut found = Found::default();
        let stranger = self.crowd(None, relevant, &profiles);
        if stranger.affected {
            let caller = Caller::default();
            let spans = match known.strangers.get(&Vec::new()) {
                Some(spans) => Rc::clone(spans),
                None => self.look(seen, relevant, &caller, &stranger.memberships)?.into(),
            };
            self.tell_whole(seen, &caller, &spans, (true, &[], &[]), &mut found)?;
            known.strangers.insert(Vec::new(), spans);
        }
        let number: HashMap<u32, u32, Fast> =
            (0..).zip(&elements).flat_map(|(i, e)| e.groups.iter().map(move |g| (*g, i))).collect();
        let mut crowds: IndexMap<Like, Crowd, Fast> = IndexMap::default();
        for (i, class) in partition.iter().enumerate() {
            let affected = changed.everyone || !class.same || changed.meets(class.memberships.iter().map(|m| m.1));
            if !affected {
                continue;
            }
            let unnamed: Vec<u32> = class.users.iter().copied().filter(|u| relevant.users.binary_search(u).is_err()).collect();
            let groups = if self.named { &class.groups[..] } else { &[] };
            let caller = match (unnamed.first(), groups.first()) {
                (Some(user), _) => Caller { user: Some(*user), named: Vec::new() },
                (_, Some(group)) => Caller { user: None, named: vec![*group] },
                _ => continue,
            };
            let spans = match known.classes.get(&i) {
                Some(spans) => Rc::clone(spans),
                None => self.look(seen, relevant, &caller, &class.memberships)?.into(),
            };
            if self.stays(class) {
                self.tell_whole(seen, &caller, &spans, (false, &unnamed, groups), &mut found)?;
            } else {
                // Who names a group is not as who joins it, and not as who names one that joins it.
                if !unnamed.is_empty() {
                    self.tell_whole(seen, &caller, &spans, (false, &unnamed, &[]), &mut found)?;
                }
                for group in groups {
                    let caller = Caller { user: None, named: vec![*group] };
                    self.tell_whole(seen, &caller, &spans, (false, &[], &[*group]), &mut found)?;
                }
            }
            if let Some(element) = groups.first().and_then(|g| number.get(g)) {
                known.strangers.insert(vec![*element], Rc::clone(&spans));
            }
            known.classes.insert(i, spans);
            // Whose memberships stay the same is as a stranger who names them.
            if !self.stays(class) && !unnamed.is_empty() {
                let marks = profiles.marks(&class.memberships);
                let memberships = class.memberships.clone();
                let crowd = Crowd { users: Vec::new(), memberships, marks: marks.clone(), affected, alike: false };
                crowds.entry((Vec::new(), marks, affected)).or_insert(crowd).users.extend(unnamed);
            }
        }
        let mut whole = self.tell_of(&scene, None, &stranger, known, &mut found)?;
        // Who is in one of the groups that strangers must name together needs to name only the others.
        let told = known.told.get(&None).map(Rc::clone);
        if let Some(told) = told.filter(|told| !told.sets.is_empty()) {
            let brings: Vec<Vec<Mark>> = elements.iter().map(|e| profiles.marks(&e.memberships)).collect();
            for class in partition.iter().filter(|class| self.stays(class) && !class.users.is_empty()) {
                let marks = profiles.marks(&class.memberships);
                let has: Vec<(bool, bool)> = brings.iter().map(|brings| holds(&marks, brings)).collect();
                let some = |set: &TheirSet| {
                    let mut has = set.elements.iter().map(|e| has[*e as usize]);
                    has.clone().any(|(ever, _)| ever) && !has.all(|(_, always)| always)
                };
                if !told.sets.iter().any(some) {
                    continue;
                }
                let affected = changed.everyone || changed.meets(class.memberships.iter().map(|m| m.1));
                let like = (Vec::new(), marks.clone(), affected);
                let (users, memberships) = (Vec::new(), class.memberships.clone());
                let crowd = crowds.entry(like).or_insert(Crowd { users, memberships, marks, affected, alike: true });
                crowd.users.extend(class.users.iter().filter(|u| relevant.users.binary_search(u).is_err()));
            }
        }
        for crowd in crowds.values_mut() {
            crowd.users.sort_unstable();
            crowd.users.dedup();
        }
        crowds.retain(|_, crowd| !crowd.users.is_empty());
        let some = elements.first().is_some_and(|e| e.changed);
        for user in relevant.users.iter().filter(|u| some || self.affected(**u, relevant)) {
            let crowd = self.crowd(Some(*user), relevant, &profiles);
            if some || crowd.affected {
                let rows = self.own_rows(seen, relevant, *user);
                let like = crowds.entry((rows, crowd.marks.clone(), crowd.affected));
                like.or_insert_with(|| Crowd { users: Vec::new(), ..crowd }).users.push(*user);
            }
        }
        for (like, crowd) in &crowds {
            whole &= self.tell_of(&scene, Some((like, crowd)), &stranger, known, &mut found)?;
        }
        self.unasked += usize::from(!whole);
        let members = |of: &dyn Fn(&Class) -> Vec<u32>| -> Vec<u32> { partition.iter().flat_map(of).collect() };
        let mut taken = Vec::with_capacity(found.len());
        for (key, mut some) in found {
            if some.everyone {
                let mut users: Vec<u32> = members(&|c| c.users.clone());
                users.extend(&relevant.users);
                let mut groups: Vec<u32> = if self.named { members(&|c| c.groups.clone()) } else { Vec::new() };
                for (all, some) in [(&mut users, &mut some.users), (&mut groups, &mut some.groups)] {
                    some.sort_unstable();
                    all.sort_unstable();
                    all.dedup();
                    all.retain(|one| some.binary_search(one).is_err());
                    std::mem::swap(all, some);
                }
            } else {
                for list in [&mut some.users, &mut some.groups] {
                    list.sort_unstable();
                    list.dedup();
                }
            }
            let (set, _) = self.subjects.insert_full((some.everyone, some.users.into(), some.groups.into()));
            taken.push((key, set as u32));
        }
        Ok(taken)
    }

    /// Notes what users alone, and they or strangers with sets of groups gain and lose; tells whether every set was looked
    /// at.
    fn tell_of(
        &mut self,
        scene: &Scene<'_>,
        crowd: Option<(&Like, &Crowd)>,
        stranger: &Crowd,
        known: &mut Known,
        found: &mut Found,
    ) -> Result<bool, Damage> {
        let like = crowd.map(|(like, _)| like);
        let told = match known.told.get(&like.cloned()) {
            Some(told) => Rc::clone(told),
            None => {
                let told = self.told(scene, stranger, crowd.map(|(_, crowd)| crowd), known)?;
                known.told.insert(like.cloned(), Rc::clone(&told));
                told
            }
        };
        let users = crowd.map_or(&[][..], |(_, crowd)| &crowd.users);
        // Who has no rows was told with their class.
        if like.is_some_and(|(rows, ..)| !rows.is_empty()) {
            for user in users {
                let caller = Caller { user: Some(*user), named: Vec::new() };
                self.tell_whole(scene.seen, &caller, &told.alone, (false, &[*user], &[]), found)?;
            }
        }
        for TheirSet { elements: set, parts, spans } in &told.sets {
            let lists: Vec<&[u32]> = set.iter().map(|e| scene.elements[*e as usize].groups.as_slice()).collect();
            let user = users.first().copied();
            for lists in self.by_ways(scene.seen, user, &lists, parts)? {
                let named = lists.iter().map(|groups| groups[0]).collect();
                let with = self.withs.insert_full(lists).0 as u32;
                let mut caller = Caller { user: None, named };
                if crowd.is_none() {
                    self.tell(scene.seen, &caller, (parts, spans), (false, &[], &[]), with, found)?;
                }
                let together = if crowd.is_some_and(|(_, crowd)| crowd.alike) { users.len() } else { 1 };
                for users in users.chunks(together.max(1)) {
                    caller.user = users.first().copied();
                    self.tell(scene.seen, &caller, (parts, spans), (false, users, &[]), with, found)?;
                }
            }
        }
        Ok(told.whole)
    }

    /// Whether the memberships of a class stay as they are: they do where one side is looked at by itself.
    fn stays(&self, class: &Class) -> bool {
        class.same || self.moving.is_some()
    }

    /// Whether a user may be decided otherwise; quickly.
    fn affected(&self, user: u32, relevant: &Relevant) -> bool {
        let (changed, moved) = (&relevant.changed, self.union.moved[user as usize]);
        let [old, new] = &self.union.member_of;
        let groups = || old[user as usize].iter().chain(&new[user as usize]).map(|m| m.0);
        changed.everyone || moved || changed.users.binary_search(&user).is_ok() || changed.meets(groups())
    }

    /// A user or a stranger alone.
    fn crowd(&self, user: Option<u32>, relevant: &Relevant, profiles: &Profiles) -> Crowd {
        let of = |side: usize| user.map_or(&self.union.stranger[side], |u| &self.union.member_of[side][u as usize]);
        let [old, new] = [0, 1].map(|side| relevant.within(side, of(side)).collect::<Vec<_>>());
        let same = old.iter().map(|m| (m.1, m.2)).eq(new.iter().map(|m| (m.1, m.2)));
        let changed = &relevant.changed;
        let own = changed.everyone || user.is_some_and(|u| changed.users.binary_search(&u).is_ok());
        let affected = own || !same || changed.meets(old.iter().chain(&new).map(|m| m.1));
        let memberships = [old, new].concat();
        Crowd { users: Vec::new(), marks: profiles.marks(&memberships), memberships, affected, alike: false }
    }

    /// What differs for someone, at every time that matters to them; nothing where it never does.
    pub fn look(
        &mut self,
        seen: &Seen<'_>,
        relevant: &Relevant,
        who: &Caller,
        memberships: &[Membership],
    ) -> Result<Vec<Span>, Damage> {
        let mut times = relevant.ends(who.user, memberships);
        times.retain(|t| self.union.times[*t as usize] > self.at);
        let sign_ins = self.sign_ins(who)?;
        let mut all: Vec<(u32, [Option<Access>; 2])> = Vec::new();
        for since in std::iter::once(0).chain(times.into_iter().map(|t| t + 1)) {
            let at = self.since(since);
            let accesses = [self.access(0, &sign_ins[0], seen, at)?, self.access(1, &sign_ins[1], seen, at)?];
            // What differs for longer may differ by another cause then.
            let differs = !self.union.kinds[seen.kind as usize].same || accesses[0] != accesses[1];
            if differs || all.last().is_none_or(|(_, last)| *last != accesses) {
                all.push((since, accesses));
            }
        }
        let ends: Vec<u32> = all.iter().skip(1).map(|(t, _)| *t).chain([NEVER]).collect();
        if self.union.kinds[seen.kind as usize].same && all.iter().all(|(_, [old, new])| old == new) {
            return Ok(Vec::new());
        }
        let mut spans = Vec::with_capacity(all.len());
        for ((since, accesses), until) in all.into_iter().zip(ends) {
            spans.push(Span { since, until, words: self.words(seen.kind, accesses) });
        }
        if !spans.iter().any(|s| self.differs_in(s.words)) {
            spans.clear();
        }
        Ok(spans)
    }

    pub fn since(&self, since: u32) -> Instant {
        if since == 0 { self.at } else { self.union.times[since as usize - 1] }
    }

    /// Someone on both sides.
    pub fn sign_ins(&self, who: &Caller) -> Result<[SignIn<'_>; 2], Damage> {
        let of = |side: usize| {
            let user = who.user.and_then(|user| self.union.users.of[side][user as usize]);
            let named = who.named.iter().filter_map(|g| self.union.groups.of[side][*g as usize]);
            self.union.sign_in(side, user, named)
        };
        Ok([of(0)?, of(1)?])
    }

    fn access(&self, side: usize, who: &SignIn<'_>, seen: &Seen<'_>, at: Instant) -> Result<Option<Access>, Damage> {
        let Some(ladder) = &self.ladders[seen.kind as usize][side] else { return Ok(None) };
        match seen.on[side] {
            Some(on) => ladder.access(self.union.tables[side], who, on, at).map(Some),
            None => Ok(Some(ladder.nothing())),
        }
    }

    /// All that differs for someone without a set of groups.
    fn tell_whole(
        &mut self,
        seen: &Seen<'_>,
        who: &Caller,
        spans: &[Span],
        of: (bool, &[u32], &[u32]),
        found: &mut Found,
    ) -> Result<(), Damage> {
        let part =
            |s: &Span| Part { span: *s, gained: self.listed(s.words, true).to_vec(), lost: self.listed(s.words, false).to_vec() };
        let parts: Vec<Part> = spans.iter().map(part).collect();
        self.tell(seen, who, (&parts, spans), of, 0, found)
    }

    /// Notes what differs, by its causes: each permission from when to when it does by the same one.
    fn tell(
        &mut self,
        seen: &Seen<'_>,
        who: &Caller,
        (parts, spans): (&[Part], &[Span]),
        (everyone, users, groups): (bool, &[u32], &[u32]),
        with: u32,
        found: &mut Found,
    ) -> Result<(), Damage> {
        let apart = if self.moving.is_none() && users.len() > 1 { self.joins.apart(users) } else { Vec::new() };
        if apart.len() > 1 {
            for (number, users) in apart.iter().enumerate() {
                let who = Caller { user: users.first().copied(), named: who.named.clone() };
                let groups = if number == 0 { groups } else { &[] };
                self.tell(seen, &who, (parts, spans), (everyone && number == 0, users, groups), with, found)?;
            }
            return Ok(());
        }
        let mut runs: Vec<Run<'_>> = Vec::new();
        {
            let sign_ins = self.sign_ins(who)?;
            let mut last: HashMap<(usize, &str), usize, Fast> = HashMap::default();
            for (number, Part { span, gained, lost }) in parts.iter().enumerate() {
                let at = self.since(span.since);
                let (sign_ins, pools) = (self.in_worlds(who, &sign_ins, at), Pools::default());
                let (sign_ins, pools, worlds) = (&sign_ins, &pools, [OLD, NEW]);
                let case = |permission, gain| Case { seen, who, sign_ins, permission, at, gain, worlds, pools };
                for (way, permission) in gained.iter().map(|p| (0, p)).chain(lost.iter().map(|p| (1, p))) {
                    let before = last.get(&(way, permission.as_str())).map(|i| &mut runs[*i]);
                    let before = before.filter(|run| run.until == span.since);
                    let by = match self.moving {
                        Some(_) => Blame::Place(seen.place).into(),
                        None => self.blame(&case(permission, way == 0), before.as_ref().map(|run| &run.by.blame))?,
                    };
                    if let Some(run) = before.filter(|run| run.by == by) {
                        run.until = span.until;
                        continue;
                    }
                    last.insert((way, permission), runs.len());
                    let kept = way == 0 && self.had_both(spans, span.since, permission);
                    runs.push(Run { part: number, until: span.until, by, way, permission, kept });
                }
            }
        }
        type Like = (usize, u32, Then, bool, bool, Blamed);
        let mut causes: IndexMap<Like, [Vec<String>; 2], Fast> = IndexMap::default();
        for Run { part, until, by, way, permission, kept } in runs {
            let (then, lasts) = self.end(spans, until, way == 0, permission);
            causes.entry((part, until, then, lasts, kept, by)).or_default()[way].push(permission.to_owned());
        }
        for ((part, until, then, lasts, kept, Blamed { blame, lifts }), [gained, lost]) in causes {
            let Span { since, words, .. } = parts[part].span;
            let lists = self.lists.insert_full((gained.into(), lost.into())).0 as u32;
            let key = |blame: u32| Key { blame, kind: seen.kind, words, lists, with, since, until, then, lasts, kept };
            if let Some(number) = self.moving {
                found.entry(key(number)).or_default().add(everyone, users, groups);
                continue;
            }
            for (blame, users, groups) in self.share(blame, who, users, groups, self.since(since)) {
                let blame = self.blames.insert_full(blame).0;
                if lifts {
                    self.lifting.insert(blame);
                }
                found.entry(key(blame as u32)).or_default().add(everyone, &users, &groups);
            }
        }
        Ok(())
    }

    /// Whether both sides allow something until a time.
    fn had_both(&self, spans: &[Span], time: u32, permission: &str) -> bool {
        let before = time.checked_sub(1).and_then(|before| at(spans, before));
        before.is_some_and(|words| [0, 1].iter().all(|side| self.allows(words, *side, permission)))
    }

    /// What happens where a difference ends, and whether the new side stays as it is for ever.
    fn end(&self, spans: &[Span], until: u32, gain: bool, permission: &str) -> (Then, bool) {
        if until == NEVER {
            return (Then::Never, true);
        }
        let Some(words) = at(spans, until) else { return (Then::Ends, false) };
        let allowed = [0, 1].map(|side: usize| self.allows(words, side, permission));
        let stays = || spans.iter().filter(|s| s.since >= until).all(|s| self.allows(s.words, 1, permission) == gain);
        match allowed {
            [old, new] if (old, new) == (gain, gain) => (Then::Anyway, stays()),
            [old, new] if (old, new) == (!gain, gain) => (Then::GoesOn, stays()),
            _ => (Then::Ends, false),
        }
    }
}

/// A permission that differs in one way by one cause.
struct Run<'p> {
    /// The part in which it begins.
    part: usize,
    until: u32,
    by: Blamed,
    /// 0 is gained.
    way: usize,
    permission: &'p str,
    /// Whether both sides allow it until it begins.
    kept: bool,
}

/// What differs at a time.
pub fn at(spans: &[Span], time: u32) -> Option<u32> {
    spans.iter().find(|s| s.since <= time && time < s.until).map(|s| s.words)
}
