//! The places of both sides next to each other, and the rows that only one of them has.

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::Hash;
use std::ops::Range;

use super::union::{Fast, NEVER, Party, Union};
use crate::model::kinds::{FOLLOW, Kind, LOWEST, NONE};
use crate::table::compare::{Line, Sort, Spot};
use crate::table::decide::RowId;
use crate::table::view::Damage;

/// No place: `everywhere`, or what a side does not have.
pub const NOWHERE: u32 = u32::MAX;

/// A resource or a pattern of either side.
#[derive(Debug)]
pub struct Pair<'t> {
    /// Its kind among those of both sides.
    pub kind: u32,
    /// The id; of a pattern the text before the `*`.
    pub id: &'t str,
    pub pattern: bool,
    /// Its record on each side, or [`NOWHERE`].
    pub at: [u32; 2],
    /// Its surroundings on each side.
    pub around: [u32; 2],
    /// Whether its rows differ, or one side lacks it.
    pub changed: bool,
    /// The rows of it that one side alone has: from and to.
    pub facts: (u32, u32),
    /// Whether a row speaks of a group in which the members differ.
    pub touched: bool,
}

/// A row that one side alone has as it is.
#[derive(Clone, Debug)]
pub struct Fact {
    /// 0 is the old side.
    pub side: usize,
    pub row: RowId,
    pub sort: Sort,
    pub who: Party,
    /// Where it is written.
    pub place: u32,
    /// The row of the other side that stands in its stead.
    pub pair: Option<u32>,
    meaning: u32,
    role: Given,
}

impl Fact {
    /// What it says: the same number says the same on both sides.
    pub fn meaning(&self) -> u32 {
        self.meaning
    }

    /// Of an owner it does not matter here which role it gets: its kind says so.
    fn key(&self) -> (Sort, Party, Given) {
        let role = Given { role: if self.role.owner { NEVER } else { self.role.role }, ..self.role };
        (self.sort, self.who, role)
    }
}

/// The places of both sides.
#[derive(Debug)]
pub struct Places<'t> {
    pub all: Vec<Pair<'t>>,
    pub facts: Vec<Fact>,
    /// The rows of `everywhere` that one side alone has: from and to.
    pub everywhere: (u32, u32),
    /// Whether they speak of a group in which the members differ.
    pub everywhere_touched: bool,
    /// Users and groups to whom an entry or a role of the old side gives something, and whether one does to everyone.
    pub given: (Vec<bool>, Vec<bool>, bool),
    by_record: [Vec<(u32, u32)>; 2],
    by_member: HashMap<(u32, Party), u32, Fast>,
    patterns: HashMap<(u32, &'t str), u32, Fast>,
    by_row: HashMap<(usize, Sort, u32, u32), u32, Fast>,
    meanings: Meanings,
}

impl<'t> Places<'t> {
    pub fn new(union: &Union<'t>) -> Result<Places<'t>, Damage> {
        let mut places = Places {
            all: Vec::new(),
            facts: Vec::new(),
            everywhere: (0, 0),
            everywhere_touched: false,
            given: (vec![false; union.users.names.len()], vec![false; union.groups.names.len()], false),
            by_record: [Vec::new(), Vec::new()],
            by_member: HashMap::default(),
            patterns: HashMap::default(),
            by_row: HashMap::default(),
            meanings: Meanings::default(),
        };
        places.pair(union)?;
        let patterns = places.all.iter().zip(0..).filter(|(p, _)| p.pattern);
        places.patterns = patterns.map(|(p, i)| ((p.kind, p.id), i)).collect();
        for side in [0, 1] {
            let all = places.all.iter().zip(0..).filter(|(p, _)| p.at[side] != NOWHERE);
            let mut by: Vec<(u32, u32)> = all.map(|(p, i)| (p.at[side], i)).collect();
            by.sort_unstable();
            places.by_record[side] = by;
        }
        let mut rows = [Vec::new(), Vec::new()];
        for place in 0..places.all.len() {
            let (at, lacking) = (places.all[place].at, places.all[place].at.contains(&NOWHERE));
            for side in [0, 1] {
                rows[side].clear();
                if at[side] != NOWHERE {
                    places.meanings.rows(union, side, Some(at[side]), &mut rows[side])?;
                }
            }
            let touched = rows.iter().flatten().any(|r| matches!(r.who, Party::Group(g) if union.changed[g as usize]));
            places.note(&rows[0]);
            let first = places.facts.len() as u32;
            let differ = places.compare(place as u32, &rows);
            places.all[place].facts = (first, places.facts.len() as u32);
            places.all[place].touched = touched;
            places.all[place].changed = differ || lacking;
        }
        for (side, rows) in rows.iter_mut().enumerate() {
            rows.clear();
            places.meanings.rows(union, side, None, rows)?;
        }
        places.note(&rows[0]);
        places.everywhere_touched = rows.iter().flatten().any(|r| matches!(r.who, Party::Group(g) if union.changed[g as usize]));
        let first = places.facts.len() as u32;
        places.compare(NOWHERE, &rows);
        places.everywhere = (first, places.facts.len() as u32);
        Ok(places)
    }

    /// Puts the places of both sides next to each other, by kind, id and whether they are patterns.
    fn pair(&mut self, union: &Union<'t>) -> Result<(), Damage> {
        let mut spots: [Vec<Spot<'t>>; 2] = [Vec::new(), Vec::new()];
        for (side, spots) in spots.iter_mut().enumerate() {
            *spots = union.tables[side].spots().collect::<Result<_, _>>()?;
        }
        for (kind, pair) in (0..).zip(&union.kinds) {
            let of = |side: usize| -> &[Spot<'t>] {
                let Some(id) = pair.ids[side] else { return &[] };
                let from = spots[side].partition_point(|s| s.kind < id);
                let to = spots[side].partition_point(|s| s.kind <= id);
                spots[side].get(from..to).unwrap_or(&[])
            };
            let (mut old, mut new) = (of(0).iter().peekable(), of(1).iter().peekable());
            loop {
                let key = |s: &&Spot<'t>| (s.id, s.pattern);
                let (a, b) = (old.peek().map(key), new.peek().map(key));
                let sides = match (a, b) {
                    (None, None) => break,
                    (Some(a), Some(b)) if a == b => [old.next(), new.next()],
                    (Some(a), Some(b)) if a > b => [None, new.next()],
                    (None, Some(_)) => [None, new.next()],
                    _ => [old.next(), None],
                };
                let Some(any) = sides[0].or(sides[1]) else { break };
                let at = sides.map(|s| s.map_or(NOWHERE, |s| s.at));
                let around = sides.map(|s| s.map_or(NOWHERE, |s| s.around));
                let (id, pattern) = (any.id, any.pattern);
                self.all.push(Pair { kind, id, pattern, at, around, changed: false, facts: (0, 0), touched: false });
            }
        }
        Ok(())
    }

    /// Whether the rows of a place differ; those that do are kept.
    fn compare(&mut self, place: u32, rows: &[Vec<Known>; 2]) -> bool {
        if rows[0].iter().map(Known::said).eq(rows[1].iter().map(Known::said)) {
            return false;
        }
        let mut left = [rows[0].clone(), rows[1].clone()];
        left.iter_mut().for_each(|rows| rows.sort_unstable_by_key(Known::said));
        let mut only: [Vec<Known>; 2] = [Vec::new(), Vec::new()];
        let [mut old, mut new] = left.map(|rows| rows.into_iter().peekable());
        loop {
            match (old.peek().map(Known::said), new.peek().map(Known::said)) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => {
                    old.next();
                    new.next();
                }
                (Some(a), Some(b)) if a > b => only[1].extend(new.next()),
                (None, Some(_)) => only[1].extend(new.next()),
                _ => only[0].extend(old.next()),
            }
        }
        let differ = !(only[0].is_empty() && only[1].is_empty());
        let first = self.facts.len() as u32;
        for (side, rows) in only.iter().enumerate() {
            for row in rows {
                let fact = Fact {
                    side,
                    row: row.id,
                    sort: row.sort,
                    who: row.who,
                    place,
                    pair: None,
                    meaning: row.meaning,
                    role: row.role,
                };
                self.by_row.insert((side, row.sort, row.id.place, row.id.row), self.facts.len() as u32);
                if row.sort == Sort::Member {
                    self.by_member.insert((place, row.who), self.facts.len() as u32);
                }
                self.facts.push(fact);
            }
        }
        // What speaks of the same one in the same way was changed, and not taken away and put there.
        let middle = first + only[0].len() as u32;
        pair_up(&mut self.facts, [first..middle, middle..first + (only[0].len() + only[1].len()) as u32], Fact::key);
        differ
    }

    /// Puts the rows of two places that are one with two names next to each other, and returns those that both have.
    pub fn carry(&mut self, old: u32, new: u32) -> Vec<u32> {
        let all = [self.facts_of(old), self.facts_of(new)];
        pair_up(&mut self.facts, all.clone(), |fact| (fact.key(), fact.role, fact.meaning));
        let carried = all.iter().cloned().flatten().filter(|i| self.facts[*i as usize].pair.is_some()).collect();
        pair_up(&mut self.facts, all, Fact::key);
        carried
    }

    /// Notes whom rows of the old side give something.
    fn note(&mut self, rows: &[Known]) {
        let gives = |r: &&Known| matches!(r.sort, Sort::Can | Sort::Role) && self.meanings.gives[r.meaning as usize];
        for row in rows.iter().filter(gives) {
            match row.who {
                Party::Everyone => self.given.2 = true,
                Party::Group(group) => self.given.1[group as usize] = true,
                Party::User(user) => self.given.0[user as usize] = true,
            }
        }
    }

    /// The differences of a place; of `everywhere`, where it is none.
    pub fn facts_of(&self, place: u32) -> std::ops::Range<u32> {
        let (from, to) = self.all.get(place as usize).map_or(self.everywhere, |p| p.facts);
        from..to
    }

    /// A member of an organization on one side alone.
    pub fn member(&self, place: u32, who: Party) -> Option<u32> {
        self.by_member.get(&(place, who)).copied()
    }

    /// The patterns of either side that match an id of a kind, the longest first.
    pub fn patterns(&self, kind: u32, id: &str) -> Vec<u32> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        let starts = id.char_indices().map(|(at, _)| &id[..at]).chain([id]).rev();
        starts.filter_map(|start| self.patterns.get(&(kind, start)).copied()).collect()
    }

    /// The place of an id of a kind, which is no pattern.
    pub fn find(&self, kind: u32, id: &str) -> Option<u32> {
        let at = self.all.partition_point(|p| (p.kind, p.id, p.pattern) < (kind, id, false));
        self.all.get(at).filter(|p| (p.kind, p.id, p.pattern) == (kind, id, false)).map(|_| at as u32)
    }

    /// The place of a record.
    pub fn of(&self, side: usize, record: u32) -> u32 {
        let by = &self.by_record[side];
        by.binary_search_by_key(&record, |(at, _)| *at).map_or(NOWHERE, |i| by[i].1)
    }

    /// The difference that a row is, if it is one.
    pub fn fact(&self, side: usize, sort: Sort, row: RowId) -> Option<u32> {
        self.by_row.get(&(side, sort, row.place, row.row)).copied()
    }

    /// Whether a fact and its pair have the same end, subject and words of a role, and differ in what the role means, or in
    /// which one the kind gives to owners.
    pub fn same_words(&self, fact: &Fact) -> bool {
        fact.sort == Sort::Role && fact.pair.is_some_and(|p| self.ends(fact) == self.ends(&self.facts[p as usize]))
    }

    /// Whether a fact and its pair are an owner who gets another role.
    pub fn other_role_of_owner(&self, fact: &Fact) -> bool {
        fact.role.owner && fact.pair.is_some_and(|p| self.facts[p as usize].role != fact.role)
    }

    /// Whether a row took something away by `none` or `nothing` that the one in its stead does not.
    pub fn withheld(&self, fact: u32) -> bool {
        let one = &self.facts[fact as usize];
        let Some(pair) = one.pair.filter(|_| one.sort == Sort::Can) else { return false };
        let old = self.first(fact);
        let [old, new] =
            [old, if old == fact { pair } else { fact }].map(|f| &self.meanings.none[self.facts[f as usize].meaning as usize]);
        old.iter().any(|part| !new.contains(part))
    }

    /// Whether a row took everything away, and the one in its stead gives something.
    pub fn turned(&self, fact: u32) -> bool {
        let one = &self.facts[fact as usize];
        let Some(pair) = one.pair.filter(|_| one.sort == Sort::Can) else { return false };
        let gives = |fact: u32| self.meanings.gives[self.facts[fact as usize].meaning as usize];
        let old = self.first(fact);
        !gives(old) && gives(if old == fact { pair } else { fact })
    }

    /// A row as the old side has it, or else as the new one does: of a changed one by either half.
    pub fn first(&self, fact: u32) -> u32 {
        let one = &self.facts[fact as usize];
        one.pair.filter(|_| one.side == 1).unwrap_or(fact)
    }

    /// When it ends.
    pub fn ends(&self, fact: &Fact) -> u32 {
        self.meanings.ends.get(fact.meaning as usize).copied().unwrap_or(NEVER)
    }
}

/// Puts rows of the old side beside those of the new one that are alike, as far as they stand beside none.
fn pair_up<K: Eq + Hash>(facts: &mut [Fact], [old, new]: [Range<u32>; 2], like: impl Fn(&Fact) -> K) {
    let mut by: HashMap<K, Vec<u32>, Fast> = HashMap::default();
    for i in new.rev().filter(|i| facts[*i as usize].pair.is_none()) {
        by.entry(like(&facts[i as usize])).or_default().push(i);
    }
    for i in old {
        let mine = &facts[i as usize];
        if let Some(pair) = by.get_mut(&like(mine)).filter(|_| mine.pair.is_none()).and_then(Vec::pop) {
            facts[i as usize].pair = Some(pair);
            facts[pair as usize].pair = Some(i);
        }
    }
}

/// A row in numbers that both sides share.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: RowId,
    sort: Sort,
    who: Party,
    meaning: u32,
    role: Given,
}

/// The role that a row gives, by number, and whether an `owner` line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Given {
    role: u32,
    owner: bool,
}

impl Known {
    fn said(&self) -> (Sort, Party, u32) {
        (self.sort, self.who, self.meaning)
    }
}

/// What grants mean, each meaning once.
#[derive(Debug, Default)]
struct Meanings {
    by_grant: [HashMap<u32, (u32, Given), Fast>; 2],
    by_words: HashMap<String, u32, Fast>,
    roles: HashMap<String, u32, Fast>,
    ends: Vec<u32>,
    /// Whether it is more than `nothing`.
    gives: Vec<bool>,
    /// The parts that it sets to `none`.
    none: Vec<Box<[String]>>,
}

impl Meanings {
    fn rows(&mut self, union: &Union<'_>, side: usize, at: Option<u32>, out: &mut Vec<Known>) -> Result<(), Damage> {
        let mut lines: Vec<Line> = Vec::new();
        union.tables[side].lines(at, |line| lines.push(line))?;
        for line in lines {
            let (meaning, role) = self.of(union, side, line.grant)?;
            out.push(Known { id: line.id, sort: line.sort, who: union.party(side, line.who), meaning, role });
        }
        Ok(())
    }

    fn of(&mut self, union: &Union<'_>, side: usize, grant: u32) -> Result<(u32, Given), Damage> {
        if let Some(known) = self.by_grant[side].get(&grant) {
            return Ok(*known);
        }
        let table = union.tables[side];
        let meaning = table.meaning(grant)?;
        let mut words = String::new();
        let mut role = Given { role: NEVER, owner: false };
        if let Some((name, owner)) = meaning.role {
            let key = format!("{owner} {name}");
            let next = self.roles.len() as u32;
            role = Given { role: *self.roles.entry(key.clone()).or_insert(next), owner };
            words.push_str(&key);
        }
        let until = union.time(meaning.until);
        let _ = write!(words, "|{until}");
        let (mut on, mut none): (Vec<String>, Vec<String>) = Default::default();
        for (kind, parts) in &meaning.on {
            let kind = &table.kinds()[*kind as usize];
            let part = |(part, value): &(u32, u8)| format!("{}={}", part_name(kind, *part), level_name(kind, *value));
            let nothing = parts.iter().filter(|(_, value)| *value == NONE);
            none.extend(nothing.map(|(part, _)| format!("{} {}", kind.name, part_name(kind, *part))));
            let mut parts: Vec<String> = parts.iter().map(part).collect();
            parts.sort_unstable();
            on.push(format!("|{} {}", kind.name, parts.join(" ")));
        }
        on.sort_unstable();
        words.push_str(&on.concat());
        let next = self.by_words.len() as u32;
        let number = *self.by_words.entry(words).or_insert(next);
        if number == next {
            self.ends.push(until);
            self.none.push(none.into());
            self.gives.push(meaning.on.iter().flat_map(|(_, parts)| parts).any(|(_, value)| *value >= LOWEST));
        }
        self.by_grant[side].insert(grant, (number, role));
        Ok((number, role))
    }
}

fn part_name(kind: &Kind, part: u32) -> &str {
    let part = part as usize;
    match part.checked_sub(1) {
        None => "*",
        Some(i) if i < kind.features.len() => kind.features.name(i),
        Some(i) => kind.flats.name(i - kind.features.len()),
    }
}

fn level_name(kind: &Kind, value: u8) -> &str {
    match value {
        FOLLOW => "follow",
        NONE => "none",
        _ => kind.levels.iter().nth(usize::from(value - LOWEST)).unwrap_or("granted"),
    }
}
