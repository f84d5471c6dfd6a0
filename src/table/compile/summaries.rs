//! What the outer places of a resource say together, by principal, so that a check looks at each of its principals once
//! and not at each place.
//!
//! Outer places come in layers that resources share. A place with many principals is a layer of its own, since others
//! share it too, and all layers together have a bound: behind it a check walks from place to place.

use std::collections::{BTreeMap, HashMap};

use super::bytes::Writer;
use super::grants::Grants;
use super::places::{Row, Rows, Sort};
use crate::model::Model;
use crate::model::kinds::{KindId, Value};
use crate::table::layout::{DENSE, NOTHING, Section, cell, layer, summary};

type Fast = foldhash::fast::RandomState;

/// From so many rows on a place is a layer of its own.
const MANY: usize = 24;
/// Tables of so many groups are half full at most, as nothing rules all others out.
const FILTERED: usize = 24;
/// The bits of a filter for each group.
const BITS_A_GROUP: usize = 24;
/// The most words of all layers: so many for each row of the policy, and these.
const WORDS_A_ROW: usize = 4;
const WORDS: usize = 1 << 16;
/// The most rows that are looked at for them, for each row of the policy.
const LOOKS: usize = 8;

/// What resources of one kind in one place have around them.
pub struct Context {
    /// Their kind.
    pub kind: KindId,
    /// The patterns that speak of them, longest first, by number.
    pub patterns: Vec<u32>,
    /// The containers and what speaks of those, closest first, by number.
    pub containers: Vec<u32>,
    /// Their organization, where only members get in.
    pub closed: Option<u32>,
}

/// A summary on its way into the table.
type Words = [u32; summary::WORDS];

/// A piece of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Piece {
    /// What a place says.
    Place(u32),
    /// The members of an organization.
    Members(u32),
    /// The rows of the scope `everywhere`.
    Everywhere,
}

/// Writes the summaries of all surroundings, then those of all patterns, with how many resources use each: those with
/// most uses come first, as long as there is room.
pub fn write(model: &Model, rows: &Rows, grants: &Grants<'_>, contexts: &[(Option<Context>, u32)], writer: &mut Writer) {
    let everywhere = !rows.of(rows.order.len(), Sort::Role).is_empty();
    let (room, looks) = (WORDS + rows.len() * WORDS_A_ROW, WORDS + rows.len() * LOOKS);
    let mut order: Vec<usize> = (0..contexts.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(contexts[*i].1));
    let mut summing = Summing {
        model,
        rows,
        grants,
        writer,
        start: contexts.len() * summary::WORDS,
        looked: 0,
        words: Vec::new(),
        layers: HashMap::default(),
        cells: HashMap::default(),
    };
    let mut summaries: Vec<Words> = vec![[0; summary::WORDS]; contexts.len()];
    let mut any = false;
    for i in order {
        let Some(context) = &contexts[i].0 else { continue };
        if summing.words.len() > room || summing.looked > looks {
            break;
        }
        if let Some(words) = summing.context(context, everywhere) {
            (summaries[i], any) = (words, true);
        }
    }
    let words = std::mem::take(&mut summing.words);
    if any {
        writer.words(Section::Summaries, summaries.into_iter().flatten().chain(words));
    }
}

struct Summing<'a> {
    model: &'a Model,
    rows: &'a Rows,
    grants: &'a Grants<'a>,
    writer: &'a mut Writer,
    /// The words of the summaries, which stand before the layers.
    start: usize,
    /// Rows that were looked at.
    looked: usize,
    words: Vec<u32>,
    layers: HashMap<(KindId, Vec<Piece>), Option<u32>, Fast>,
    cells: HashMap<Vec<u32>, u32, Fast>,
}

/// A row of a layer: how many of its places are closer, what the row is, its grant.
type Said = (usize, Sort, u32);

impl Summing<'_> {
    /// The summary of a context; none where there is nothing to say, or too much.
    fn context(&mut self, context: &Context, everywhere: bool) -> Option<Words> {
        if self.model.kinds[context.kind as usize].parts() > DENSE {
            return None;
        }
        let mut layers = self.split(&context.patterns);
        layers.extend(self.split(&context.containers));
        layers.extend(context.closed.map(|organization| vec![Piece::Members(organization)]));
        layers.extend(everywhere.then(|| vec![Piece::Everywhere]));
        if layers.is_empty() || layers.len() > summary::MAX || layers.iter().any(|l| l.len() > layer::PLACES) {
            return None;
        }
        let mut words = [0; summary::WORDS];
        words[0] = layers.len() as u32 | if context.closed.is_some() { summary::CLOSED } else { 0 };
        for (word, pieces) in words[1..].iter_mut().zip(layers) {
            *word = self.layer(context.kind, pieces)?;
        }
        Some(words)
    }

    /// Places in layers, those with many rows alone.
    fn split(&self, places: &[u32]) -> Vec<Vec<Piece>> {
        let mut layers: Vec<Vec<Piece>> = Vec::new();
        let mut open = false;
        for place in places {
            let many = Piece::Place(*place).rows(self.rows).map(|(_, rows)| rows.len()).sum::<usize>() > MANY;
            match layers.last_mut().filter(|_| open && !many) {
                Some(last) => last.push(Piece::Place(*place)),
                None => layers.push(vec![Piece::Place(*place)]),
            }
            open = !many;
        }
        layers
    }

    fn put(&mut self, words: &[u32]) -> Option<u32> {
        let at = u32::try_from(self.start + self.words.len()).ok()?;
        self.words.extend_from_slice(words);
        Some(at)
    }

    fn layer(&mut self, kind: KindId, pieces: Vec<Piece>) -> Option<u32> {
        // Members are members for every kind.
        let key = (if pieces.iter().any(|p| matches!(p, Piece::Members(_))) { NOTHING } else { kind }, pieces);
        if let Some(at) = self.layers.get(&key) {
            return *at;
        }
        let at = self.make(key.0, &key.1);
        self.layers.insert(key, at);
        at
    }

    fn make(&mut self, kind: KindId, pieces: &[Piece]) -> Option<u32> {
        let mut said: BTreeMap<(u8, u32), Vec<Said>> = BTreeMap::new();
        for (closer, piece) in pieces.iter().enumerate() {
            for (sort, rows) in piece.rows(self.rows) {
                let add = |row: &Row| said.entry((row.class, row.who)).or_default().push((closer, sort, row.grant));
                rows.iter().for_each(add);
                self.looked += rows.len();
            }
        }
        let mut tables = [Vec::new(), Vec::new(), Vec::new()];
        for ((class, who), rows) in said {
            if let Some(cell) = self.principal(kind, &rows)? {
                tables[usize::from(class)].push((who, cell));
            }
        }
        let [users, groups, everyone] = tables;
        let may = groups.iter().fold(0u64, |may, (who, _)| may | 1 << (hash(*who) >> 26));
        let (doublings, filter) = filter(&groups);
        let (users, groups) = (Hashed::new(&users), Hashed::new(&groups));
        let members = if kind == NOTHING { layer::MEMBERS } else { 0 };
        let sizes = users.bits | groups.bits << 8 | members | doublings << layer::FILTER_SHIFT;
        let everyone = everyone.first().map_or(NOTHING, |(_, cell)| *cell);
        let at = self.put(&[sizes, everyone, may as u32, (may >> 32) as u32])?;
        self.words.extend(users.slots);
        self.words.extend(groups.slots);
        self.words.extend(filter);
        Some(at)
    }

    /// The cell of a principal, or the ends with its cells; within, none where it says nothing.
    fn principal(&mut self, kind: KindId, rows: &[Said]) -> Option<Option<u32>> {
        let mut ends: Vec<u32> = rows.iter().map(|(.., grant)| self.grants.until(*grant)).collect();
        ends.sort_unstable();
        ends.dedup();
        if ends.len() > layer::ENDS {
            return None;
        }
        let mut cells: Vec<(u32, Vec<u32>)> = Vec::new();
        for end in ends {
            let there = rows.iter().filter(|(.., grant)| self.grants.until(*grant) >= end);
            let words = self.words_of(kind, there);
            match cells.last_mut().filter(|(_, last)| *last == words) {
                Some((until, _)) => *until = end,
                None => cells.push((end, words)),
            }
        }
        if kind != NOTHING && cells.iter().all(|(_, words)| words.iter().all(|w| *w == cell::SILENT)) {
            return Some(None);
        }
        let always = matches!(cells.as_slice(), [(NOTHING, _)]);
        // A member's cell has no words, and any number will do.
        let mut list = vec![cells.len() as u32];
        for (until, words) in cells {
            let at = self.cell(words)?;
            if always {
                return Some(Some(at));
            }
            list.extend([until, at]);
        }
        self.cell(list).map(|at| Some(at | layer::TIMED))
    }

    fn cell(&mut self, words: Vec<u32>) -> Option<u32> {
        let next = self.writer.at(Section::Cells);
        if next >= layer::TIMED {
            return None;
        }
        if let Some(at) = self.cells.get(&words) {
            return Some(*at);
        }
        self.writer.words(Section::Cells, words.iter().copied());
        self.cells.insert(words, next);
        Some(next)
    }

    /// What some rows of one principal come to: of each part the closest entry, the highest role, the lowest cap.
    fn words_of<'r>(&self, kind: KindId, rows: impl Iterator<Item = &'r Said>) -> Vec<u32> {
        let parts = self.model.kinds.get(kind as usize).map_or(0, |k| k.parts());
        let mut entries: Vec<Option<(usize, Value)>> = vec![None; parts];
        let (mut roles, mut caps) = (vec![0u8; parts], vec![u8::MAX; parts]);
        for (closer, sort, grant) in rows {
            for (part, value) in self.grants.sets(*grant, kind) {
                let part = *part as usize;
                match sort {
                    Sort::Can => {
                        let have = entries[part].get_or_insert((*closer, *value));
                        if have.0 == *closer {
                            have.1 = have.1.max(*value);
                        }
                    }
                    Sort::Cannot => caps[part] = caps[part].min(*value),
                    Sort::Role => roles[part] = roles[part].max(*value),
                    Sort::Member => {}
                }
            }
        }
        let word = |part: usize| {
            let access = entries[part].map_or(cell::SILENT >> cell::ACCESS_SHIFT << cell::ACCESS_SHIFT, |(closer, value)| {
                (closer as u32) << cell::PLACE_SHIFT | u32::from(u8::MAX - value) << cell::ACCESS_SHIFT
            });
            access | u32::from(roles[part]) << cell::ROLE_SHIFT | u32::from(caps[part])
        };
        (0..parts).map(word).collect()
    }
}

impl Piece {
    fn rows(self, rows: &Rows) -> impl Iterator<Item = (Sort, &[Row])> {
        let (place, sorts): (usize, &[Sort]) = match self {
            Piece::Place(place) => (place as usize, &[Sort::Can, Sort::Cannot, Sort::Role]),
            Piece::Members(organization) => (organization as usize, &[Sort::Member]),
            Piece::Everywhere => (rows.order.len(), &[Sort::Role]),
        };
        sorts.iter().map(move |sort| (*sort, rows.of(place, *sort)))
    }
}

/// A bit for each group, among so many that most other groups meet none; and how often 64 bits are doubled for that. A few
/// groups have none.
fn filter(groups: &[(u32, u32)]) -> (u32, Vec<u32>) {
    let mut doublings = 0;
    while doublings < layer::FILTER && 64 << doublings < groups.len() * BITS_A_GROUP {
        doublings += 1;
    }
    if doublings == 0 {
        return (0, Vec::new());
    }
    let mut words = vec![0u32; 2 << doublings];
    for (who, _) in groups {
        let bit = hash(*who) >> (26 - doublings);
        words[bit as usize / 32] |= 1 << (bit % 32);
    }
    (doublings, words)
}

/// The hash of a record's number.
fn hash(who: u32) -> u32 {
    who.wrapping_mul(layer::FACTOR)
}

/// Open addressing: a record's number and its cell. No table has no bits. Small ones, whose groups the bits of a layer
/// tell apart, are three quarters full at most, and others half.
struct Hashed {
    bits: u32,
    slots: Vec<u32>,
}

impl Hashed {
    fn new(cells: &[(u32, u32)]) -> Hashed {
        if cells.is_empty() {
            return Hashed { bits: 0, slots: Vec::new() };
        }
        let free = if cells.len() < FILTERED { cells.len() / 3 + 1 } else { cells.len() };
        let count = (cells.len() + free).next_power_of_two();
        let bits = count.trailing_zeros();
        let mut slots = vec![NOTHING; count * 2];
        for (who, cell) in cells {
            let mut slot = (hash(*who) >> (32 - bits)) as usize;
            while slots[slot * 2] != NOTHING {
                slot = (slot + 1) % count;
            }
            (slots[slot * 2], slots[slot * 2 + 1]) = (*who, *cell);
        }
        Hashed { bits, slots }
    }
}
