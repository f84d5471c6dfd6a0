//! What differs in one access, in words, and all that was found as a [`Diff`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::danger::Levels;
use super::engine::{Engine, FoundIn, Key};
use super::moves::Moves;
use super::union::{KindPair, NEVER};
use super::{Change, Circle, Diff, Subjects};
use crate::model::kinds::NONE;
use crate::query::access::{Access, Ladder};
use crate::table::view::Damage;

/// What differs in one access, in words.
#[derive(Debug)]
pub struct Words {
    before: String,
    after: String,
    gained: Vec<String>,
    lost: Vec<String>,
}

impl Engine<'_> {
    /// What is gained, or lost, by the number of the words.
    pub fn listed(&self, words: u32, gained: bool) -> &[String] {
        let words = self.words.get_index(words as usize).and_then(|(_, w)| w.as_ref());
        words.map_or(&[], |w| if gained { &w.gained } else { &w.lost })
    }

    /// Whether a side allows a permission with a pair of accesses, by number.
    pub fn allows(&self, words: u32, side: usize, permission: &str) -> bool {
        let Some(((kind, accesses), _)) = self.words.get_index(words as usize) else { return false };
        let id = self.union.kinds[*kind as usize].ids[side];
        let permission = id.and_then(|kind| self.union.tables[side].permission(kind, permission));
        let pair = self.ladders[*kind as usize][side].as_ref().zip(accesses[side].as_ref());
        permission.zip(pair).is_some_and(|(permission, (ladder, access))| ladder.allows(access, permission))
    }

    /// Whether a pair of accesses differs, by number.
    pub fn differs_in(&self, words: u32) -> bool {
        self.words.get_index(words as usize).is_some_and(|(_, words)| words.is_some())
    }

    /// The number of a pair of accesses; it has words where they differ.
    pub fn words(&mut self, kind: u32, accesses: [Option<Access>; 2]) -> u32 {
        let KindPair { ids, same: same_kind, .. } = self.union.kinds[kind as usize];
        let tables = self.union.tables;
        let ladders = &self.ladders[kind as usize];
        let entry = self.words.entry((kind, accesses));
        let index = entry.index() as u32;
        entry.or_insert_with_key(|(_, accesses)| {
            if same_kind && accesses[0] == accesses[1] {
                return None;
            }
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
                    // The highest of each part stays the first.
                    *list = std::mem::take(list).into_iter().collect::<IndexSet<_>>().into_iter().collect();
                }
            }
            let only = |a: &[String], b: &[String]| a.iter().filter(|p| !b.contains(p)).cloned().collect::<Vec<_>>();
            let (gained, lost) = (only(&new, &old), only(&old, &new));
            let differs = !(gained.is_empty() && lost.is_empty());
            differs.then_some(Words { before, after, gained, lost })
        });
        index
    }

    /// How many users of the old side an entry or a role gives something, in person, through a group or as everyone, and who
    /// loses something, which may be somebody whom the new side alone names.
    fn had(&self) -> usize {
        let (users, groups, everyone) = &self.places.given;
        let mut lose = vec![false; users.len()];
        for (key, set) in self.found.keys() {
            let loses = self.lists.get_index(key.lists as usize).is_some_and(|(_, lost)| !lost.is_empty());
            let (everyone, who, _) = &self.subjects[*set as usize];
            let Some(with) = self.withs.get_index(key.with as usize).filter(|_| loses && !everyone) else { continue };
            who.iter().for_each(|user| lose[*user as usize] = true);
            if who.is_empty() {
                let members = with.iter().flatten().flat_map(|g| self.union.circle(*g).iter());
                members.for_each(|m| lose[m.0 as usize] = true);
            }
        }
        let has = |user: &usize| {
            let groups_of = &self.union.member_of[0][*user];
            let given = *everyone || users[*user] || groups_of.iter().any(|m| groups[m.0 as usize]);
            lose[*user] || given && self.union.users.of[0][*user].is_some()
        };
        (0..users.len()).filter(has).count()
    }

    /// What was found, as changes.
    pub fn changes(&self, found: &FoundIn) -> Vec<Change> {
        let names = |ids: &[u32], names: &[&str]| ids.iter().map(|i| names[*i as usize].to_owned()).collect();
        let subject = |(everyone, users, groups): &(bool, Box<[u32]>, Box<[u32]>)| {
            let (users, groups) = (names(users, &self.union.users.names), names(groups, &self.union.groups.names));
            Arc::new(Subjects { everyone: *everyone, users, groups })
        };
        let sets: Vec<Arc<Subjects>> = self.subjects.iter().map(subject).collect();
        let with = |list: &[Box<[u32]>]| list.iter().map(|g| names(g, &self.union.groups.names)).collect::<Vec<_>>();
        let withs: Vec<Arc<[Vec<String>]>> = self.withs.iter().map(|w| with(w).into()).collect();
        let time = |t: u32| (t != 0 && t != NEVER).then(|| self.union.times[t as usize - 1]);
        let mut changes = Vec::new();
        for ((key, set), resources) in found {
            let Key { blame, kind, words, lists, with, since, until, then, lasts, kept } = *key;
            let Some(words) = self.words.get_index(words as usize).and_then(|(_, w)| w.as_ref()) else { continue };
            let Some((gained, lost)) = self.lists.get_index(lists as usize) else { continue };
            let mut resources = resources.clone();
            resources.sort_unstable();
            changes.push(Change {
                cause: blame as usize,
                who: Arc::clone(&sets[*set as usize]),
                with: Arc::clone(&withs[with as usize]),
                kind: self.union.kinds[kind as usize].name.to_owned(),
                resources,
                before: words.before.clone(),
                after: words.after.clone(),
                gained: gained.to_vec(),
                lost: lost.to_vec(),
                whole: words.gained.len() == gained.len() && words.lost.len() == lost.len(),
                since: time(since),
                until: time(until),
                then,
                lasts,
                kept,
            });
        }
        changes
    }

    pub fn finish(mut self) -> Result<Diff, Damage> {
        let Moves { moved, moves, held: [lost_by_move, gained_by_move] } = self.moves()?;
        let changes = self.changes(&self.found);
        let causes = self.causes()?;
        let quiet = self.quiet(&self.blames)?;
        let whole = self.notes(&changes, &moves)?;
        let mut circles = BTreeMap::new();
        let all = changes.iter().chain(&gained_by_move).chain(&lost_by_move);
        let named = all
            .flat_map(|c| c.who.groups.iter().chain(c.with.iter().flatten()))
            .chain(causes.iter().filter_map(|c| c.group.as_ref()));
        for name in named.collect::<BTreeSet<_>>() {
            let Some(group) = self.union.groups.find(name) else { continue };
            let until = |t: u32| (t != NEVER).then(|| self.union.times[t as usize]);
            let lasts = |m: &&(u32, u32)| until(m.1).is_none_or(|until| until > self.at);
            let own =
                [0, 1].map(|side: usize| if self.union.groups.of[side][group as usize].is_some() { side } else { 1 - side });
            let user = |m: &(u32, u32)| (self.union.users.names[m.0 as usize].to_owned(), until(m.1));
            let members = own.map(|side| self.union.members[side][group as usize].iter().map(user).collect());
            let inside = own.map(|side| {
                let inside = self.union.above[side][group as usize].iter().filter(|m| m.0 != group).filter(lasts);
                inside.map(|m| self.union.groups.names[m.0 as usize].to_owned()).collect()
            });
            let nobody = |side: usize| !self.union.members[side][group as usize].iter().any(|m| lasts(&m));
            let nobody = |side: usize| self.union.groups.of[side][group as usize].map(|_| nobody(side));
            circles.insert(name.clone(), Circle { members, inside, nobody: [nobody(0), nobody(1)] });
        }
        let (users, unasked) = (self.union.users.names.len(), self.unasked);
        let (at, had, named) = (self.at, self.had(), self.named);
        let mut diff = Diff {
            at,
            causes,
            changes,
            quiet,
            whole,
            notes: Vec::new(),
            moved,
            moves,
            gained_by_move,
            lost_by_move,
            users,
            had,
            named,
            unasked,
            circles,
        };
        diff.notes.extend(diff.left_out());
        diff.notes.extend(diff.not_compared());
        let mut levels = Levels::new();
        for (side, table) in self.union.tables.iter().enumerate() {
            for kind in table.kinds() {
                levels.entry(kind.name.to_string()).or_default()[side] = kind.levels.iter().map(str::to_owned).collect();
            }
        }
        let closed = self.closed(&diff)?;
        diff.order(&levels, &closed);
        Ok(diff)
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
