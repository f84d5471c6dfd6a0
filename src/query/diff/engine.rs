//! The comparison itself: which resources, which sign-ins, which times, and what differs there.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::cause::{Blame, Joins};
use super::classes::{Changed, Ends, Partitions, Relevant, Surroundings};
use super::places::{NOWHERE, Pair, Places};
use super::union::{Fast, KindPair, NEVER, Union};
use super::{Change, Circle, Diff, Side, Subjects};
use crate::instant::Instant;
use crate::model::kinds::NONE;
use crate::query::access::{Access, Ladder};
use crate::table::decide::Resource;
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// One of those that a class stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rep {
    /// A user.
    User(u32),
    /// A stranger who names a group.
    With(u32),
    /// A stranger.
    Stranger,
}

/// A resource of either side.
pub struct Seen<'a> {
    pub kind: u32,
    /// As it is shown.
    pub shown: &'a str,
    pub on: [Option<Resource<'a>>; 2],
    /// Its place, where it is declared.
    pub place: u32,
}

/// What differs in one access, in words.
#[derive(Debug)]
struct Words {
    before: String,
    after: String,
    gained: Vec<String>,
    lost: Vec<String>,
}

/// What changes of one cause have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    blame: u32,
    kind: u32,
    words: u32,
    /// 0 for what is gained, 1 for what is lost, 2 for both.
    way: u8,
    since: u32,
    until: u32,
}

/// Those of one resource to whom the same happens.
#[derive(Default)]
struct Taken {
    everyone: bool,
    users: Vec<u32>,
    groups: Vec<u32>,
}

type Sets = IndexSet<(bool, Box<[u32]>, Box<[u32]>), Fast>;

pub struct Engine<'t> {
    pub sides: [Side<'t>; 2],
    pub union: Union<'t>,
    pub places: Places<'t>,
    pub joins: Joins,
    pub at: Instant,
    ends: Ends,
    surroundings: Surroundings,
    partitions: Partitions,
    ladders: Vec<[Option<Ladder>; 2]>,
    words: IndexMap<(u32, [Option<Access>; 2]), Option<Words>, Fast>,
    blames: IndexSet<Blame, Fast>,
    sets: Sets,
    found: IndexMap<(Key, u32), Vec<String>, Fast>,
}

impl<'t> Engine<'t> {
    pub fn new(sides: [Side<'t>; 2], at: Instant, named: &[String]) -> Result<Engine<'t>, Damage> {
        let tables: [&'t Table; 2] = [sides[0].table, sides[1].table];
        let union = Union::new(tables, named)?;
        let places = Places::new(&union)?;
        let ladder = |side: usize, id: Option<u32>| id.map(|id| Ladder::new(tables[side], id));
        let ladders = union.kinds.iter().map(|k| [ladder(0, k.ids[0]), ladder(1, k.ids[1])]).collect();
        let joins = Joins::new(&sides, &union);
        Ok(Engine {
            sides,
            union,
            places,
            joins,
            at,
            ends: Ends::default(),
            surroundings: Surroundings::default(),
            partitions: Partitions::default(),
            ladders,
            words: IndexMap::default(),
            blames: IndexSet::default(),
            sets: IndexSet::default(),
            found: IndexMap::default(),
        })
    }

    pub fn run(mut self) -> Result<Diff, Damage> {
        for place in 0..self.places.all.len() {
            let pair = &self.places.all[place];
            let (id, around, pattern) = (pair.id, pair.around, pair.pattern);
            if pattern {
                self.undeclared(place as u32)?;
                continue;
            }
            let (changed, touched) = (pair.changed, pair.touched);
            let outer = self.surroundings.of(&self.union, &self.places, around, &mut self.ends)?;
            if !(changed || touched || outer.changed.is_any() || outer.touched || !self.kind_is_same(place)) {
                continue;
            }
            let mut relevant = Relevant { touched, ..(*outer).clone() };
            relevant.changed.facts(&self.places, self.places.all[place].facts);
            relevant.changed.everyone |= self.places.all[place].at.contains(&NOWHERE) || !self.kind_is_same(place);
            for side in [0, 1] {
                if let Some(at) = Some(self.places.all[place].at[side]).filter(|at| *at != NOWHERE) {
                    relevant.add(&self.union, side, Some(at), &mut self.ends)?;
                }
            }
            let kind = self.places.all[place].kind;
            let on = self.resource(kind, id)?;
            let at = self.places.all[place].at;
            for side in [0, 1].into_iter().filter(|side| at[*side] == NOWHERE) {
                let [_, around] = self.ground(&mut relevant, side, on[side])?;
                let (old, new) = if side == 0 { (&around[..], &[][..]) } else { (&[][..], &around[..]) };
                self.around(&mut relevant, old, new)?;
            }
            relevant.settle();
            self.compare(&Seen { kind, shown: id, on, place: place as u32 }, &relevant)?;
        }
        self.finish()
    }

    fn kind_is_same(&self, place: usize) -> bool {
        self.union.kinds[self.places.all[place].kind as usize].same
    }

    fn resource<'a>(&self, kind: u32, id: &'a str) -> Result<[Option<Resource<'a>>; 2], Damage> {
        let ids = self.union.kinds[kind as usize].ids;
        let of = |side: usize| ids[side].map_or(Ok(None), |kind| self.union.tables[side].resource(kind, id));
        Ok([of(0)?, of(1)?])
    }

    /// Adds what speaks of a resource that a side does not declare: its places are returned, and what lies around each.
    fn ground(&mut self, relevant: &mut Relevant, side: usize, on: Option<Resource<'_>>) -> Result<[Vec<u32>; 2], Damage> {
        let Some(on) = on else { return Ok([Vec::new(), Vec::new()]) };
        let (places, around) = self.union.tables[side].ground(on)?;
        for at in &places {
            relevant.add(&self.union, side, Some(*at), &mut self.ends)?;
        }
        Ok([places.into_iter().map(|at| self.places.of(side, at)).collect(), around])
    }

    /// Adds what lies around, next to each other.
    fn around(&mut self, relevant: &mut Relevant, old: &[u32], new: &[u32]) -> Result<(), Damage> {
        for i in 0..old.len().max(new.len()).max(1) {
            let pair = [old, new].map(|list| list.get(i).copied().unwrap_or(NOWHERE));
            relevant.join(&*self.surroundings.of(&self.union, &self.places, pair, &mut self.ends)?);
        }
        Ok(())
    }

    /// Compares what a pattern says about resources that neither side declares and no longer pattern matches.
    fn undeclared(&mut self, place: u32) -> Result<(), Damage> {
        let Pair { kind, id: prefix, .. } = self.places.all[place as usize];
        let Some(id) = self.fresh(kind, prefix)? else { return Ok(()) };
        let on = self.resource(kind, &id)?;
        let mut relevant = Relevant { changed: Changed::all(!self.kind_is_same(place as usize)), ..Relevant::default() };
        let [old, old_around] = self.ground(&mut relevant, 0, on[0])?;
        let [new, new_around] = self.ground(&mut relevant, 1, on[1])?;
        self.around(&mut relevant, &old_around, &new_around)?;
        let mut all = old.iter().chain(&new).filter(|p| **p != NOWHERE).map(|p| &self.places.all[*p as usize]);
        // Other patterns, or other ones around, may also make it known.
        relevant.changed.everyone |= old != new || old_around.len() != new_around.len();
        all.clone().for_each(|p| relevant.changed.facts(&self.places, p.facts));
        relevant.touched |= all.any(|p| p.touched);
        if !relevant.changed.is_any() && !relevant.touched {
            return Ok(());
        }
        relevant.settle();
        let shown = format!("{prefix}*");
        self.compare(&Seen { kind, shown: &shown, on, place: NOWHERE }, &relevant)
    }

    /// An id that begins with a text, that neither side declares, and that no longer pattern of either side matches.
    fn fresh(&self, kind: u32, prefix: &str) -> Result<Option<String>, Damage> {
        let ends = ('!'..='~').filter(|c| *c != '*').map(String::from).chain((0..1_000).map(|n| format!("\u{e9}{n}")));
        'ids: for id in ends.map(|end| format!("{prefix}{end}")).filter(|id| id.len() <= 256) {
            for (side, on) in self.resource(kind, &id)?.into_iter().enumerate() {
                match on {
                    Some(Resource::Declared(_)) => continue 'ids,
                    Some(on @ Resource::Matched(_)) => {
                        let (places, _) = self.union.tables[side].ground(on)?;
                        let longest = places.first().map(|at| self.union.tables[side].spot(*at)).transpose()?;
                        if longest.is_some_and(|spot| spot.id.len() > prefix.len()) {
                            continue 'ids;
                        }
                    }
                    None => {}
                }
            }
            return Ok(Some(id));
        }
        Ok(None)
    }

    /// Compares one resource.
    fn compare(&mut self, seen: &Seen<'_>, relevant: &Relevant) -> Result<(), Damage> {
        let partition = self.partitions.of(&self.union, &relevant.groups);
        let mut found: IndexMap<Key, Taken, Fast> = IndexMap::default();
        let (named, changed) = (&relevant.users, &relevant.changed);
        let [old, new] = &self.union.member_of;
        let affected = |user: &u32| {
            let (old, new) = (&old[*user as usize], &new[*user as usize]);
            let (same, times) = self.within(old, new, relevant);
            let own = changed.everyone || changed.users.binary_search(user).is_ok();
            (own || !same || changed.meets(old.iter().chain(new).map(|m| m.0))).then_some((*user, times))
        };
        let asked: Vec<(u32, Vec<u32>)> = named.iter().filter_map(affected).collect();
        for (user, times) in asked {
            self.ask(seen, relevant, Rep::User(user), &times, &[user], &[], &mut found)?;
        }
        for class in partition.iter().filter(|c| changed.everyone || !c.same || changed.meets(c.within.iter().copied())) {
            let unnamed: Vec<u32> = class.users.iter().copied().filter(|u| named.binary_search(u).is_err()).collect();
            let rep = unnamed.first().map(|u| Rep::User(*u)).or(class.groups.first().map(|g| Rep::With(*g)));
            if let Some(rep) = rep {
                self.ask(seen, relevant, rep, &class.times, &unnamed, &class.groups, &mut found)?;
            }
        }
        let [old, new] = &self.union.stranger;
        let (same, times) = self.within(old, new, relevant);
        if changed.everyone || !same || changed.meets(old.iter().chain(new).map(|m| m.0)) {
            self.ask(seen, relevant, Rep::Stranger, &times, &[], &[], &mut found)?;
        }
        for (key, mut some) in found {
            if some.everyone {
                let mut users: Vec<u32> = partition.iter().flat_map(|c| &c.users).chain(named).copied().collect();
                let mut groups: Vec<u32> = partition.iter().flat_map(|c| &c.groups).copied().collect();
                for (all, some) in [(&mut users, &mut some.users), (&mut groups, &mut some.groups)] {
                    some.sort_unstable();
                    all.sort_unstable();
                    all.dedup();
                    all.retain(|one| some.binary_search(one).is_err());
                    std::mem::swap(all, some);
                }
            } else {
                some.users.sort_unstable();
                some.groups.sort_unstable();
            }
            let (set, _) = self.sets.insert_full((some.everyone, some.users.into(), some.groups.into()));
            self.found.entry((key, set as u32)).or_default().push(seen.shown.to_owned());
        }
        Ok(())
    }

    /// Whether memberships in the groups in question are the same on both sides, and when they end.
    fn within(&self, old: &[(u32, u32)], new: &[(u32, u32)], relevant: &Relevant) -> (bool, Vec<u32>) {
        let of = |side: usize, all: &[(u32, u32)]| -> Vec<(u32, u32)> {
            all.iter().filter(|m| relevant.groups[side].binary_search(&m.0).is_ok()).copied().collect()
        };
        let (old, new) = (of(0, old), of(1, new));
        let times = old.iter().chain(&new).map(|m| m.1).filter(|t| *t != NEVER).collect();
        (old == new, times)
    }

    pub fn sign_in(&self, side: usize, rep: Rep) -> Result<SignIn<'t>, Damage> {
        let table = self.union.tables[side];
        let stranger = || table.sign_in_with(None, &self.union.named[side]);
        match rep {
            Rep::User(user) => {
                self.union.users.of[side][user as usize].map_or_else(stranger, |user| self.union.sign_in(side, user))
            }
            Rep::With(group) => {
                let group = self.union.groups.of[side][group as usize];
                group.map_or_else(stranger, |group| table.sign_in_with(None, &self.union.with(side, group)))
            }
            Rep::Stranger => stranger(),
        }
    }

    /// Asks for one class at every time that matters to it.
    #[allow(clippy::too_many_arguments)]
    fn ask(
        &mut self,
        seen: &Seen<'_>,
        relevant: &Relevant,
        rep: Rep,
        more: &[u32],
        users: &[u32],
        groups: &[u32],
        found: &mut IndexMap<Key, Taken, Fast>,
    ) -> Result<(), Damage> {
        let mut times: Vec<u32> = relevant.times.iter().chain(more).copied().collect();
        times.retain(|t| self.union.times[*t as usize] > self.at);
        times.sort_unstable();
        times.dedup();
        let sign_ins = [self.sign_in(0, rep)?, self.sign_in(1, rep)?];
        let mut spans: Vec<(u32, [Option<Access>; 2])> = Vec::new();
        for time in std::iter::once(NEVER).chain(times) {
            let at = if time == NEVER { self.at } else { self.union.times[time as usize] };
            let accesses = [self.access(0, &sign_ins[0], seen, at)?, self.access(1, &sign_ins[1], seen, at)?];
            if spans.last().is_none_or(|(_, last)| *last != accesses) {
                spans.push((time, accesses));
            }
        }
        let ends: Vec<u32> = spans.iter().skip(1).map(|(t, _)| *t).chain([NEVER]).collect();
        for ((since, accesses), until) in spans.into_iter().zip(ends) {
            let Some(words) = self.words(seen.kind, accesses) else { continue };
            let at = if since == NEVER { self.at } else { self.union.times[since as usize] };
            let (gained, lost) = {
                let w = &self.words[words as usize];
                let w = w.as_ref();
                (w.and_then(|w| w.gained.first().cloned()), w.and_then(|w| w.lost.first().cloned()))
            };
            let by = |engine: &Engine<'t>, permission: Option<String>, gain: bool| -> Result<_, Damage> {
                permission.map(|p| engine.blame(seen, rep, &sign_ins, &p, at, gain)).transpose()
            };
            let (up, down) = (by(self, gained, true)?, by(self, lost, false)?);
            let ways = match (up, down) {
                (Some(up), Some(down)) if up == down => vec![(up, 2)],
                (up, down) => up.map(|b| (b, 0)).into_iter().chain(down.map(|b| (b, 1))).collect(),
            };
            for (blame, way) in ways {
                for (blame, users, groups) in self.share(blame, users, groups) {
                    let (blame, _) = self.blames.insert_full(blame);
                    let key = Key { blame: blame as u32, kind: seen.kind, words, way, since, until };
                    let some = found.entry(key).or_default();
                    some.everyone |= rep == Rep::Stranger;
                    some.users.extend(users);
                    some.groups.extend(groups);
                }
            }
        }
        Ok(())
    }

    fn access(&self, side: usize, who: &SignIn<'_>, seen: &Seen<'_>, at: Instant) -> Result<Option<Access>, Damage> {
        let Some(ladder) = &self.ladders[seen.kind as usize][side] else { return Ok(None) };
        match seen.on[side] {
            Some(on) => ladder.access(self.union.tables[side], who, on, at).map(Some),
            None => Ok(Some(ladder.nothing())),
        }
    }

    /// The words for a pair of accesses that differ, by number.
    fn words(&mut self, kind: u32, accesses: [Option<Access>; 2]) -> Option<u32> {
        let KindPair { ids, same: same_kind, .. } = self.union.kinds[kind as usize];
        let tables = self.union.tables;
        if same_kind && accesses[0] == accesses[1] {
            return None;
        }
        let ladders = &self.ladders[kind as usize];
        let entry = self.words.entry((kind, accesses));
        let index = entry.index() as u32;
        let made = entry.or_insert_with_key(|(_, accesses)| {
            let all = |side: usize| match (&ladders[side], &accesses[side]) {
                (Some(ladder), Some(access)) => (ladder.list(access), ladder.all(access)),
                _ => ("nothing".into(), Vec::new()),
            };
            let ((before, mut old), (after, mut new)) = (all(0), all(1));
            // A name may be a level on one side and a permission of its own on the other: it is asked for in the same way.
            let holds = |side: usize, name: &String| {
                let permission = ids[side].and_then(|kind| tables[side].permission(kind, name));
                let pair = ladders[side].as_ref().zip(accesses[side].as_ref());
                permission.zip(pair).is_some_and(|(permission, (ladder, access))| ladder.allows(access, permission))
            };
            if !same_kind {
                old.extend(new.iter().filter(|name| holds(0, name)).cloned().collect::<Vec<_>>());
                new.extend(old.iter().filter(|name| holds(1, name)).cloned().collect::<Vec<_>>());
                let bare = |name: &String| name.strip_prefix("*:").map(str::to_owned);
                for (side, list) in [(0, &mut old), (1, &mut new)] {
                    let flat = |name: &String| ladders[1 - side].as_ref().is_some_and(|l| l.is_flat(name));
                    list.extend(list.iter().filter_map(bare).filter(flat).collect::<Vec<_>>());
                    list.sort_unstable();
                    list.dedup();
                }
            }
            let only = |a: &[String], b: &[String]| a.iter().filter(|p| !b.contains(p)).cloned().collect::<Vec<_>>();
            let (gained, lost) = (only(&new, &old), only(&old, &new));
            let differs = !(gained.is_empty() && lost.is_empty());
            differs.then_some(Words { before, after, gained, lost })
        });
        made.is_some().then_some(index)
    }

    fn finish(self) -> Result<Diff, Damage> {
        let names = |ids: &[u32], names: &[&str]| ids.iter().map(|i| names[*i as usize].to_owned()).collect();
        let subject = |(everyone, users, groups): &(bool, Box<[u32]>, Box<[u32]>)| {
            let (users, groups) = (names(users, &self.union.users.names), names(groups, &self.union.groups.names));
            Arc::new(Subjects { everyone: *everyone, users, groups })
        };
        let sets: Vec<Arc<Subjects>> = self.sets.iter().map(subject).collect();
        let time = |t: u32| (t != NEVER).then(|| self.union.times[t as usize]);
        let mut changes = Vec::new();
        for ((key, set), resources) in &self.found {
            let Some(words) = self.words.get_index(key.words as usize).and_then(|(_, w)| w.as_ref()) else { continue };
            let mut resources = resources.clone();
            resources.sort_unstable();
            let only = |list: &Vec<String>, other: u8| if key.way == other { Vec::new() } else { list.clone() };
            changes.push(Change {
                cause: key.blame as usize,
                who: Arc::clone(&sets[*set as usize]),
                kind: self.union.kinds[key.kind as usize].name.to_owned(),
                resources,
                before: words.before.clone(),
                after: words.after.clone(),
                gained: only(&words.gained, 1),
                lost: only(&words.lost, 0),
                since: time(key.since),
                until: time(key.until),
            });
        }
        let mut causes = Vec::new();
        for blame in &self.blames {
            causes.push(self.cause(blame)?);
        }
        let quiet = self.quiet(&self.blames)?;
        let notes = self.notes();
        let mut circles = BTreeMap::new();
        let named = changes.iter().flat_map(|c| &c.who.groups).chain(causes.iter().filter_map(|c| c.group.as_ref()));
        for name in named.collect::<std::collections::BTreeSet<_>>() {
            let Some(group) = self.union.groups.find(name) else { continue };
            let side = usize::from(self.union.groups.of[1][group as usize].is_some());
            let members = self.union.members[side][group as usize].iter();
            let members = members.map(|m| self.union.users.names[m.0 as usize].to_owned()).collect();
            let inside = self.union.above[side][group as usize].iter().filter(|m| m.0 != group);
            let inside = inside.map(|m| self.union.groups.names[m.0 as usize].to_owned()).collect();
            circles.insert(name.clone(), Circle { members, inside });
        }
        let mut diff = Diff { at: self.at, causes, changes, quiet, notes, users: self.union.users.names.len(), circles };
        diff.order();
        Ok(diff)
    }
}

impl Diff {
    /// Puts the causes in the order of their danger, and the changes in the order of the causes.
    fn order(&mut self) {
        let mut rank: Vec<(u8, u8)> = vec![(u8::MAX, u8::MAX); self.causes.len()];
        for change in &self.changes {
            let mine = (u8::from(change.since.is_some()), danger(change, self.causes[change.cause].lifts));
            rank[change.cause] = rank[change.cause].min(mine);
        }
        let place = |c: &super::Cause| {
            let source = c.statements.iter().find_map(|s| s.source.as_ref().map(|o| (o.file.clone(), o.line, o.column)));
            (source, c.text.clone())
        };
        let mut order: Vec<usize> = (0..self.causes.len()).collect();
        order.sort_by_cached_key(|i| (rank[*i], place(&self.causes[*i])));
        let mut new = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, i)| new[*i] = at);
        let mut causes: Vec<Option<super::Cause>> = std::mem::take(&mut self.causes).into_iter().map(Some).collect();
        self.causes = order.iter().filter_map(|i| causes[*i].take()).collect();
        self.changes.iter_mut().for_each(|c| c.cause = new[c.cause]);
        self.changes.sort_by(|a, b| {
            let key = |c: &Change| (c.cause, c.since, danger(c, false), c.until, c.kind.clone());
            key(a)
                .cmp(&key(b))
                .then_with(|| b.resources.len().cmp(&a.resources.len()))
                .then_with(|| (&a.resources, &a.after, &a.before, &a.who).cmp(&(&b.resources, &b.after, &b.before, &b.who)))
        });
    }
}

/// How much a change should worry: prohibitions lifted, everyone, strangers with a group, higher levels, new access, losses.
fn danger(change: &Change, lifts: bool) -> u8 {
    match change {
        c if c.gained.is_empty() => 6,
        _ if lifts => 0,
        c if c.who.everyone => 1,
        c if !c.who.groups.is_empty() => 2,
        c if c.before != "nothing" => 3,
        _ => 4,
    }
}

/// What a ladder says of no access at all, and of every permission that an access allows.
impl Ladder {
    /// No access.
    pub fn nothing(&self) -> Access {
        let (features, flats) = self.counts();
        Access { base: NONE, features: vec![NONE; features].into(), flats: vec![false; flats].into() }
    }
}
