//! Who is asked about one resource, and what differs for whom.
//!
//! A stranger and every user are asked alone, and a stranger with each one group. Beyond that, sets of groups that are
//! named at sign-in are asked as far as they can show a difference that nobody smaller shows. How large such a set must
//! be is bounded: say that somebody with a set of groups is allowed on one side and denied on the other. What allows is at
//! most a group that opens the organization, one whose row gives the part asked for, and one that gives the base; what
//! denies is at most a prohibition or a row that sets the part, for the part and each of its sub-features, and one for
//! the base. Of several groups in one place the highest counts, roles add up and prohibitions only take away, so that
//! the set of these few groups is allowed and denied in the same way, and so is every set between it and the whole one.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::cause::Blamed;
use super::classes::{Membership, Relevant};
use super::engine::{Engine, Key, Seen};
use super::sets::{Choice, Element, Mark, Profiles, elements};
use super::union::{Fast, NEVER, Party};
use crate::instant::Instant;
use crate::query::access::Access;
use crate::table::SignIn;
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// Sets that are looked at for one resource, and for all.
const SETS: usize = 50_000;
pub const ALL_SETS: usize = 1_000_000;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user; a stranger is none.
    pub user: Option<u32>,
    /// The groups named at sign-in, beside those that everyone names.
    pub named: Vec<u32>,
}

/// What differs from one time to another: the numbers of times from 1, where 0 is the time of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub since: u32,
    /// [`NEVER`] is for ever.
    pub until: u32,
    pub words: u32,
}

/// Some of what differs in a span.
struct Part {
    span: Span,
    gained: Vec<String>,
    lost: Vec<String>,
}

/// Those of one resource to whom the same happens.
#[derive(Default)]
pub struct Taken {
    everyone: bool,
    users: Vec<u32>,
    groups: Vec<u32>,
}

pub type Found = IndexMap<Key, Taken, Fast>;

/// What differs with sets of groups.
type Known = HashMap<Vec<u32>, Vec<Span>, Fast>;

/// By what they are known: the rows that name them, and their memberships.
type Like = (Vec<(u8, u32, Sort, u32)>, Vec<Mark>);

/// Those whom a resource does not tell apart.
struct Crowd {
    /// One user of them at least; a stranger is none.
    users: Vec<u32>,
    memberships: Vec<Membership>,
    marks: Vec<Mark>,
    /// Whether they may be decided otherwise on the two sides.
    affected: bool,
}

impl Engine<'_> {
    /// Compares one resource.
    pub fn compare(&mut self, seen: &Seen<'_>, relevant: &Relevant) -> Result<Vec<(Key, u32)>, Damage> {
        let partition = self.partitions.of(&self.union, &relevant.groups);
        let profiles = Profiles::new(relevant);
        let elements = elements(&partition, relevant, &profiles);
        let changed = &relevant.changed;
        let mut found = Found::default();
        let mut strangers = Known::default();
        let stranger = self.crowd(None, relevant, &profiles);
        if stranger.affected {
            let caller = Caller::default();
            let spans = self.look(seen, relevant, &caller, &stranger.memberships)?;
            self.tell_whole(seen, &caller, &spans, (true, &[], &[]), &mut found)?;
            strangers.insert(Vec::new(), spans);
        }
        let number: HashMap<u32, u32, Fast> =
            (0..).zip(&elements).flat_map(|(i, e)| e.groups.iter().map(move |g| (*g, i))).collect();
        let mut crowds: IndexMap<Like, Crowd, Fast> = IndexMap::default();
        for class in partition.iter() {
            let affected = changed.everyone || !class.same || changed.meets(class.memberships.iter().map(|m| m.1));
            if !affected {
                continue;
            }
            let unnamed: Vec<u32> = class.users.iter().copied().filter(|u| relevant.users.binary_search(u).is_err()).collect();
            let caller = match (unnamed.first(), class.groups.first()) {
                (Some(user), _) => Caller { user: Some(*user), named: Vec::new() },
                (_, Some(group)) => Caller { user: None, named: vec![*group] },
                _ => continue,
            };
            let spans = self.look(seen, relevant, &caller, &class.memberships)?;
            self.tell_whole(seen, &caller, &spans, (false, &unnamed, &class.groups), &mut found)?;
            if let Some(element) = class.groups.first().and_then(|g| number.get(g)) {
                strangers.insert(vec![*element], spans);
            }
            // Whose memberships stay the same is as a stranger who names them.
            if !class.same && !unnamed.is_empty() {
                let marks = profiles.marks(&class.memberships);
                let memberships = class.memberships.clone();
                let crowd = Crowd { users: Vec::new(), memberships, marks: marks.clone(), affected };
                crowds.entry((Vec::new(), marks)).or_insert(crowd).users.extend(unnamed);
            }
        }
        let some = elements.first().is_some_and(|e| e.changed);
        for user in relevant.users.iter().filter(|u| some || self.affected(**u, relevant)) {
            let crowd = self.crowd(Some(*user), relevant, &profiles);
            if some || crowd.affected {
                let rows = relevant.of(Party::User(*user)).iter().map(|r| (r.side, r.place, r.sort, r.grant)).collect();
                let known = crowds.entry((rows, crowd.marks.clone()));
                known.or_insert_with(|| Crowd { users: Vec::new(), ..crowd }).users.push(*user);
            }
        }
        let most = if elements.is_empty() { 0 } else { self.most(seen, relevant).min(elements.len()) };
        let mut whole = self.sets_of(seen, relevant, &elements, &stranger, 2..most + 1, (&mut strangers, None), &mut found)?;
        for ((rows, _), crowd) in &crowds {
            let mut own = Known::default();
            // Who has no rows was told above.
            if crowd.affected {
                let caller = Caller { user: crowd.users.first().copied(), named: Vec::new() };
                let spans = self.look(seen, relevant, &caller, &crowd.memberships)?;
                for user in crowd.users.iter().filter(|_| !rows.is_empty()) {
                    let caller = Caller { user: Some(*user), named: Vec::new() };
                    self.tell_whole(seen, &caller, &spans, (false, &[*user], &[]), &mut found)?;
                }
                own.insert(Vec::new(), spans);
            }
            whole &= self.sets_of(seen, relevant, &elements, crowd, 1..most + 1, (&mut own, Some(&strangers)), &mut found)?;
        }
        self.unasked += usize::from(!whole);
        let members = |of: &dyn Fn(&super::classes::Class) -> Vec<u32>| -> Vec<u32> { partition.iter().flat_map(of).collect() };
        let mut taken = Vec::with_capacity(found.len());
        for (key, mut some) in found {
            if some.everyone {
                let mut users: Vec<u32> = members(&|c| c.users.clone());
                users.extend(&relevant.users);
                let mut groups: Vec<u32> = members(&|c| c.groups.clone());
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
        Crowd { users: Vec::new(), marks: profiles.marks(&memberships), memberships, affected }
    }

    /// How many groups at most show a difference together.
    fn most(&self, seen: &Seen<'_>, relevant: &Relevant) -> usize {
        let mut sorts = [false; 4];
        for row in relevant.rows.iter().filter(|r| matches!(r.who, Party::Group(_))) {
            sorts[row.sort as usize] = true;
        }
        let [can, cannot, _, member] = sorts;
        let (mut features, mut family) = (false, 0);
        for side in [0, 1] {
            let Some(kind) = self.union.kinds[seen.kind as usize].ids[side] else { continue };
            let kind = &self.union.tables[side].kinds()[kind as usize];
            features |= kind.features.iter().next().is_some();
            for feature in kind.features.iter() {
                let inner = |f: &&str| f.strip_prefix(feature).is_some_and(|rest| rest.starts_with(':'));
                family = family.max(kind.features.iter().filter(inner).count());
            }
        }
        let allows = usize::from(member) + 1 + usize::from(features);
        let denies = if can || cannot { 1 + family + usize::from(can && features) } else { 0 };
        allows + denies
    }

    /// Asks a crowd with sets of groups, and tells what nobody smaller has.
    #[allow(clippy::too_many_arguments)]
    fn sets_of(
        &mut self,
        seen: &Seen<'_>,
        relevant: &Relevant,
        elements: &[Element],
        crowd: &Crowd,
        sizes: std::ops::Range<usize>,
        (own, strangers): (&mut Known, Option<&Known>),
        found: &mut Found,
    ) -> Result<bool, Damage> {
        let choice = Choice { elements, has: &crowd.marks, changed: !crowd.affected };
        let mut leave = SETS.min(self.leave);
        let given = leave;
        let mut whole = true;
        for size in sizes {
            whole = choice.each(size, &mut leave, &mut |set| {
                let named = set.iter().map(|e| elements[*e as usize].groups[0]).collect();
                let mut caller = Caller { user: crowd.users.first().copied(), named };
                let mut memberships = crowd.memberships.clone();
                set.iter().for_each(|e| memberships.extend(&elements[*e as usize].memberships));
                let spans = self.look(seen, relevant, &caller, &memberships)?;
                if spans.is_empty() {
                    return Ok(());
                }
                let with = set.iter().map(|e| elements[*e as usize].groups.as_slice().into()).collect();
                let parts = self.untold(&spans, set, own, strangers);
                own.insert(set.to_vec(), spans);
                if parts.is_empty() {
                    return Ok(());
                }
                let with = self.withs.insert_full(with).0 as u32;
                if crowd.users.is_empty() {
                    return self.tell(seen, &caller, &parts, (false, &[], &[]), with, found);
                }
                for user in &crowd.users {
                    caller.user = Some(*user);
                    self.tell(seen, &caller, &parts, (false, &[*user], &[]), with, found)?;
                }
                Ok(())
            })?;
            if !whole {
                break;
            }
        }
        self.leave -= given - leave;
        Ok(whole)
    }

    /// What of some spans is not told of a smaller set, nor of a stranger with the same one.
    fn untold(&self, spans: &[Span], set: &[u32], own: &Known, strangers: Option<&Known>) -> Vec<Part> {
        let less = |without: &u32| set.iter().copied().filter(|e| e != without).collect::<Vec<u32>>();
        let smaller: Vec<&[Span]> = set.iter().filter_map(|e| own.get(&less(e))).map(Vec::as_slice).collect();
        let of = |known: Option<&Known>, set: &[u32]| known.and_then(|k| k.get(set)).map_or(Vec::new(), Vec::clone);
        let (alike, anyone, alone) = (of(strangers, set), of(strangers, &[]), of(Some(own), &[]));
        let mut cuts: Vec<u32> = Vec::new();
        let others = [alike.as_slice(), &anyone, &alone];
        for list in smaller.iter().copied().chain(others).chain([spans]) {
            cuts.extend(list.iter().flat_map(|s| [s.since, s.until]));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts: Vec<Part> = Vec::new();
        for cut in cuts.windows(2) {
            let Some(words) = at(spans, cut[0]) else { continue };
            let has = |list: &[Span], gain: bool, p: &String| at(list, cut[0]).is_some_and(|w| self.listed(w, gain).contains(p));
            let known = |gain: bool, p: &String| {
                let stranger = has(&alike, gain, p) && (!has(&anyone, gain, p) || has(&alone, gain, p));
                stranger || smaller.iter().any(|list| has(list, gain, p))
            };
            let rest = |gain: bool| self.listed(words, gain).iter().filter(|p| !known(gain, p)).cloned().collect::<Vec<_>>();
            let part = Part { span: Span { since: cut[0], until: cut[1], words }, gained: rest(true), lost: rest(false) };
            match parts.last_mut() {
                _ if part.gained.is_empty() && part.lost.is_empty() => {}
                Some(last)
                    if last.span.until == cut[0]
                        && (last.span.words, &last.gained, &last.lost) == (words, &part.gained, &part.lost) =>
                {
                    last.span.until = cut[1];
                }
                _ => parts.push(part),
            }
        }
        parts
    }

    /// What differs for someone, at every time that matters to them.
    fn look(
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
            if all.last().is_none_or(|(_, last)| *last != accesses) {
                all.push((since, accesses));
            }
        }
        let ends: Vec<u32> = all.iter().skip(1).map(|(t, _)| *t).chain([NEVER]).collect();
        let mut spans = Vec::new();
        for ((since, accesses), until) in all.into_iter().zip(ends) {
            spans.extend(self.words(seen.kind, accesses).map(|words| Span { since, until, words }));
        }
        Ok(spans)
    }

    fn since(&self, since: u32) -> Instant {
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
        let part = |s: &Span| Part {
            span: s.clone(),
            gained: self.listed(s.words, true).to_vec(),
            lost: self.listed(s.words, false).to_vec(),
        };
        let parts: Vec<Part> = spans.iter().map(part).collect();
        self.tell(seen, who, &parts, of, 0, found)
    }

    /// Notes what differs, by its causes.
    fn tell(
        &mut self,
        seen: &Seen<'_>,
        who: &Caller,
        parts: &[Part],
        (everyone, users, groups): (bool, &[u32], &[u32]),
        with: u32,
        found: &mut Found,
    ) -> Result<(), Damage> {
        for Part { span, gained, lost } in parts {
            let at = self.since(span.since);
            let mut causes: IndexMap<Blamed, [Vec<String>; 2], Fast> = IndexMap::default();
            {
                let sign_ins = self.sign_ins(who)?;
                for (way, permission) in gained.iter().map(|p| (0, p)).chain(lost.iter().map(|p| (1, p))) {
                    let blame = self.blame(seen, who, &sign_ins, permission, at, way == 0)?;
                    causes.entry(blame).or_default()[way].push(permission.clone());
                }
            }
            for (Blamed { blame, lifts, more }, [gained, lost]) in causes {
                let list = (gained.into(), lost.into());
                let lists = self.lists.insert_full(list).0 as u32;
                for (blame, users, groups) in self.share(blame, who, users, groups) {
                    let blame = self.blames.insert_full(blame).0;
                    if lifts {
                        self.lifting.entry(blame).or_default().extend(more);
                    }
                    let Span { since, until, words } = *span;
                    let key = Key { blame: blame as u32, kind: seen.kind, words, lists, with, since, until };
                    let some = found.entry(key).or_default();
                    some.everyone |= everyone;
                    some.users.extend(users);
                    some.groups.extend(groups);
                }
            }
        }
        Ok(())
    }
}

/// What differs at a time.
fn at(spans: &[Span], time: u32) -> Option<u32> {
    spans.iter().find(|s| s.since <= time && time < s.until).map(|s| s.words)
}
