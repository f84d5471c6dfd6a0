//! What speaks about each place from further out: patterns, containers, the organization.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::bytes::Writer;
use super::places::{Rows, Sort};
use super::summaries::Context;
use crate::model::kinds::KindId;
use crate::model::{Model, TimeId};
use crate::table::layout::{NOTHING, Section, around, layer, outer, place, summary};
use crate::table::names::key;

type Fast = foldhash::fast::RandomState;

/// The surroundings and flags of every place, by its number.
pub struct Walks {
    /// Surroundings.
    pub around: Vec<u32>,
    /// Flags of the walk.
    pub flags: Vec<u32>,
    /// The patterns of each kind.
    pub patterns: Vec<(u32, u32)>,
    /// What is summed up: for all surroundings, then for what each pattern makes known.
    /// With how many resources each surrounds.
    pub contexts: Vec<(Option<Context>, u32)>,
}

impl Walks {
    /// Finds them, and writes the sections that they share.
    pub fn find(model: &Model, rows: &Rows, offsets: &[u32], rank: &impl Fn(TimeId) -> u32, writer: &mut Writer) -> Walks {
        let forest = Forest::new(model, rows);
        let patterns = Patterns::new(model, rows);
        let mut finder =
            Finder { model, rows, offsets, forest, patterns, writer, chunks: Chunks::default(), seen: IndexMap::default() };
        let walks = finder.walks();
        let of_patterns = finder.write_patterns(&walks, rank);
        let surrounding = std::mem::take(&mut finder.seen).into_values();
        let contexts = surrounding.chain(of_patterns.into_iter().map(|c| (c, u32::MAX))).collect();
        Walks { around: walks.around, flags: walks.flags, patterns: finder.patterns.kinds, contexts }
    }
}

/// The containers as a forest, with a walk around it: what lies in a container has a number between its two.
struct Forest {
    parent: Vec<u32>,
    order: Vec<u32>,
    first: Vec<u32>,
    last: Vec<u32>,
    organization: Vec<u32>,
    default: u32,
}

impl Forest {
    fn new(model: &Model, rows: &Rows) -> Forest {
        let count = rows.order.len();
        let place = |i: usize| &model.places[rows.order[i] as usize];
        let parent: Vec<u32> = (0..count).map(|i| place(i).parent.map_or(NOTHING, |(p, _)| rows.number[p as usize])).collect();
        let (starts, children) = children(&parent);
        let mut forest = Forest {
            order: Vec::with_capacity(count),
            first: vec![0; count],
            last: vec![0; count],
            organization: vec![NOTHING; count],
            default: (0..count).find(|i| place(*i).is_default_organization()).map_or(NOTHING, |i| i as u32),
            parent,
        };
        let mut stack: Vec<u32> = (0..count as u32).rev().filter(|i| forest.parent[*i as usize] == NOTHING).collect();
        while let Some(i) = stack.pop() {
            let at = i as usize;
            let number = forest.order.len() as u32;
            (forest.first[at], forest.last[at]) = (number, number);
            forest.order.push(i);
            let own = place(at).kind == 0 && !place(at).pattern;
            forest.organization[at] = if own { i } else { forest.organization_in(forest.parent[at]) };
            stack.extend_from_slice(&children[starts[at]..starts[at + 1]]);
        }
        for i in forest.order.iter().rev().map(|i| *i as usize) {
            if let Some(last) = forest.last.get(forest.parent[i] as usize).copied() {
                forest.last[forest.parent[i] as usize] = last.max(forest.last[i]);
            }
        }
        forest
    }

    /// The organization of what lies in a container.
    fn organization_in(&self, container: u32) -> u32 {
        self.organization.get(container as usize).map_or(self.default, |o| *o)
    }

    /// Whether a pattern in `container` speaks about what lies in `inside`.
    fn speaks(&self, container: u32, inside: u32) -> bool {
        let (Some(first), Some(at)) = (self.first.get(container as usize), self.first.get(inside as usize)) else {
            return container == NOTHING;
        };
        first <= at && *at <= self.last[container as usize]
    }
}

/// What each place contains.
fn children(parent: &[u32]) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0; parent.len() + 2];
    let inside = || parent.iter().enumerate().filter(|(_, p)| **p != NOTHING);
    inside().for_each(|(_, p)| starts[*p as usize + 2] += 1);
    (2..starts.len()).for_each(|i| starts[i] += starts[i - 1]);
    let mut children = vec![0; inside().count()];
    for (i, p) in inside() {
        children[starts[*p as usize + 1]] = i as u32;
        starts[*p as usize + 1] += 1;
    }
    (starts, children)
}

/// The patterns, sorted by kind and text.
struct Patterns {
    places: Vec<u32>,
    shorter: Vec<u32>,
    kinds: Vec<(u32, u32)>,
}

impl Patterns {
    fn new(model: &Model, rows: &Rows) -> Patterns {
        let place = |i: u32| &model.places[rows.order[i as usize] as usize];
        // What is only a scope makes nothing known where no assignment has it.
        let speaks = |i: &u32| place(*i).declared || !rows.of(*i as usize, Sort::Role).is_empty();
        let places: Vec<u32> = (0..rows.order.len() as u32).filter(|i| place(*i).pattern && speaks(i)).collect();
        let mut stack: Vec<u32> = Vec::new();
        let mut shorter = Vec::with_capacity(places.len());
        for (i, p) in (0..).zip(&places) {
            let longer = place(*p);
            let begins = |s: &u32| {
                let s = place(places[*s as usize]);
                s.kind == longer.kind && longer.id.starts_with(&*s.id)
            };
            while stack.last().is_some_and(|s| !begins(s)) {
                stack.pop();
            }
            shorter.push(stack.last().copied().unwrap_or(NOTHING));
            stack.push(i);
        }
        let from = |kind: usize| places.partition_point(|p| (place(*p).kind as usize) < kind) as u32;
        let kinds = (0..model.kinds.len()).map(|k| (from(k), from(k + 1))).collect();
        Patterns { places, shorter, kinds }
    }

    /// The patterns that an id matches, longest first.
    fn matching<'a>(&'a self, model: &'a Model, rows: &'a Rows, kind: u32, id: &'a str) -> impl Iterator<Item = u32> + 'a {
        let text = move |i: u32| &*model.places[rows.order[self.places[i as usize] as usize] as usize].id;
        let (from, to) = self.kinds[kind as usize];
        let before = self.places[from as usize..to as usize]
            .partition_point(|p| &*model.places[rows.order[*p as usize] as usize].id <= id) as u32;
        let last = (before > 0).then(|| from + before - 1);
        let up = move |i: &u32| Some(self.shorter[*i as usize]).filter(|s| *s != NOTHING);
        std::iter::successors(last, up).skip_while(move |i| !id.starts_with(text(*i))).map(|i| self.places[i as usize])
    }
}

/// The outer places of everything, in chunks that are shared.
#[derive(Default)]
struct Chunks {
    seen: HashMap<(Vec<u32>, u32), u32, Fast>,
    content: HashMap<u32, (Vec<u32>, u32), Fast>,
}

impl Chunks {
    /// The chunk that holds some places and then those of another chunk.
    fn prepend(&mut self, places: &[u32], chunk: u32, writer: &mut Writer) -> u32 {
        let (now, rest) = places.split_at(places.len().saturating_sub(outer::MAX));
        if rest.is_empty() {
            return chunk;
        }
        let mut all = rest.to_vec();
        let mut next = chunk;
        if let Some((content, behind)) = self.content.get(&chunk).filter(|(c, _)| c.len() + all.len() <= outer::MAX) {
            all.extend_from_slice(content);
            next = *behind;
        }
        let new = writer.at(Section::Outer);
        let made = *self.seen.entry((all, next)).or_insert_with_key(|(all, next)| {
            writer.words(Section::Outer, [all.len() as u32, *next]);
            writer.words(Section::Outer, all.iter().copied());
            new
        });
        if made == new {
            let (all, next) = (self.read(writer, made), next);
            self.content.insert(made, (all, next));
        }
        self.prepend(now, made, writer)
    }

    /// The records of all places of a chunk and those behind it; none where they are more than a summary holds.
    fn places(&self, mut chunk: u32) -> Option<Vec<u32>> {
        let mut all = Vec::new();
        while let Some((content, next)) = self.content.get(&chunk) {
            if all.len() > layer::PLACES * summary::MAX {
                return None;
            }
            all.extend_from_slice(content);
            chunk = *next;
        }
        Some(all)
    }

    fn read(&self, writer: &mut Writer, chunk: u32) -> Vec<u32> {
        let words = writer.section(Section::Outer)[chunk as usize * 4..].as_chunks().0;
        words[outer::WORDS..].iter().map(|w| u32::from_le_bytes(*w)).collect()
    }
}

struct Finder<'a> {
    model: &'a Model,
    rows: &'a Rows,
    offsets: &'a [u32],
    forest: Forest,
    patterns: Patterns,
    writer: &'a mut Writer,
    chunks: Chunks,
    /// The surroundings, with their kind, in the order of their records.
    /// With how many resources they surround.
    seen: IndexMap<Surroundings, (Option<Context>, u32), Fast>,
}

/// A record of surroundings, and the kind that it surrounds.
type Surroundings = ([u32; around::WORDS], KindId);

/// Where something lies.
#[derive(Clone, Copy)]
struct Within {
    organization: u32,
    chunk: u32,
    parent: u32,
    flags: u32,
}

/// What the places have, by number.
struct Found {
    around: Vec<u32>,
    flags: Vec<u32>,
    /// The outer places of what lies directly in each container, with their flags.
    inner: Vec<(u32, u32)>,
}

impl Finder<'_> {
    fn walks(&mut self) -> Found {
        let count = self.rows.order.len();
        let mut found = Found { around: vec![0; count], flags: vec![0; count], inner: vec![(NOTHING, 0); count] };
        let mut container = vec![false; count];
        self.forest.parent.iter().filter(|p| **p != NOTHING).for_each(|p| container[*p as usize] = true);
        for at in 0..count {
            let i = self.forest.order[at] as usize;
            let parent = self.forest.parent[i];
            let (behind, mut flags) = found.inner.get(parent as usize).copied().unwrap_or((NOTHING, 0));
            let mut chunk = behind;
            let mut matching_it = Vec::new();
            let place = &self.model.places[self.rows.order[i] as usize];
            if !place.pattern {
                let matching = self.patterns.matching(self.model, self.rows, place.kind, &place.id);
                let speaking: Vec<u32> = matching.filter(|p| self.rows.speaks(*p as usize) && self.inside(*p, parent)).collect();
                flags |= speaking.iter().map(|p| self.own_flags(*p as usize)).fold(0, |a, b| a | b);
                let records: Vec<u32> = speaking.iter().map(|p| self.offsets[*p as usize]).collect();
                chunk = self.chunks.prepend(&records, chunk, self.writer);
                matching_it = speaking;
            }
            let within = Within { organization: self.forest.organization[i], chunk, parent, flags };
            found.around[i] = self.around(place.kind, within, |finder| finder.context(place.kind, matching_it, behind, within));
            let outer = if chunk == NOTHING { 0 } else { place::OUTER };
            found.flags[i] = self.own_flags(i) | flags | outer | self.closed(self.forest.organization[i]);
            if container[i] {
                let speaks = self.rows.speaks(i).then(|| self.offsets[i]);
                let inner = self.chunks.prepend(speaks.as_slice(), chunk, self.writer);
                found.inner[i] = (inner, flags | self.own_flags(i));
            }
        }
        found
    }

    /// Whether a pattern speaks about what lies in a container.
    fn inside(&self, pattern: u32, container: u32) -> bool {
        self.forest.speaks(self.forest.parent[pattern as usize], container)
    }

    fn own_flags(&self, i: usize) -> u32 {
        let flag = |sort: Sort, flag: u32| if self.rows.of(i, sort).is_empty() { 0 } else { flag };
        flag(Sort::Cannot, place::ANY_CANNOT) | flag(Sort::Role, place::ANY_ROLES)
    }

    fn closed(&self, organization: u32) -> u32 {
        let closed = organization != NOTHING && !self.rows.of(organization as usize, Sort::Member).is_empty();
        if closed { place::CLOSED } else { 0 }
    }

    fn around(&mut self, kind: KindId, within: Within, context: impl FnOnce(&Self) -> Option<Context>) -> u32 {
        let record = |i: u32| self.offsets.get(i as usize).copied().unwrap_or(NOTHING);
        let flags = within.flags | self.closed(within.organization);
        let words = [record(within.organization), within.chunk, record(within.parent), flags];
        let key = (words, kind);
        let number = self.seen.get_index_of(&key).unwrap_or_else(|| {
            self.writer.words(Section::Around, words);
            let context = context(self);
            self.seen.insert_full(key, (context, 0)).0
        });
        self.seen[number].1 += 1;
        (number * around::WORDS) as u32
    }

    /// What is around the resources of a kind that some patterns speak of, and behind those the places of a chunk.
    fn context(&self, kind: KindId, patterns: Vec<u32>, behind: u32, within: Within) -> Option<Context> {
        let number = |record: u32| self.offsets.partition_point(|o| *o < record) as u32;
        let containers = self.chunks.places(behind)?.into_iter().map(number).collect();
        let closed = Some(within.organization).filter(|o| self.closed(*o) != 0);
        Some(Context { kind, patterns, containers, closed })
    }

    /// Writes the patterns, and gives what is around the resources that only they make known.
    fn write_patterns(&mut self, found: &Found, rank: &impl Fn(TimeId) -> u32) -> Vec<Option<Context>> {
        let mut contexts = Vec::with_capacity(self.patterns.places.len());
        let mut ends: HashMap<u32, u32, Fast> = HashMap::default();
        for a in self.model.assignments.iter().filter_map(|a| a.scope.map(|s| (self.rows.number[s as usize], rank(a.until)))) {
            ends.entry(a.0).and_modify(|u| *u = (*u).max(a.1)).or_insert(a.1);
        }
        // The container of what each pattern makes known: its own, else that of the longest shorter pattern that has one.
        let mut containers = vec![NOTHING; self.patterns.places.len()];
        for i in 0..self.patterns.places.len() {
            let (p, shorter) = (self.patterns.places[i], self.patterns.shorter[i]);
            let own = self.forest.parent[p as usize];
            let container = if own != NOTHING { own } else { containers.get(shorter as usize).copied().unwrap_or(NOTHING) };
            containers[i] = container;
            let declared = self.model.places[self.rows.order[p as usize] as usize].declared;
            let until = if declared { NOTHING } else { ends.get(&p).copied().unwrap_or(0) };
            let (chunk, flags) = found.inner.get(container as usize).copied().unwrap_or((NOTHING, 0));
            let within = Within { organization: self.forest.organization_in(container), chunk, parent: container, flags };
            let kind = self.model.places[self.rows.order[p as usize] as usize].kind;
            let around = self.around(kind, within, |finder| finder.context(kind, Vec::new(), chunk, within));
            let ending = until != NOTHING || kind == 0;
            contexts.push(if ending {
                None
            } else {
                let chain =
                    std::iter::successors(Some(i as u32), |i| Some(self.patterns.shorter[*i as usize]).filter(|s| *s != NOTHING));
                let chain = chain.map(|i| self.patterns.places[i as usize]);
                let speaking = chain.filter(|p| self.rows.speaks(*p as usize) && self.inside(*p, container)).collect();
                self.context(kind, speaking, chunk, within)
            });
            let number = |i: u32, of: &[u32]| of.get(i as usize).copied().unwrap_or(NOTHING);
            let (first, last) = (number(own, &self.forest.first), number(own, &self.forest.last));
            let at = number(container, &self.forest.first);
            self.writer.words(Section::Patterns, [self.offsets[p as usize], shorter, first, last, until, around, at]);
            let key = key(self.model.places[self.rows.order[p as usize] as usize].id.as_bytes());
            self.writer.words(Section::PatternKeys, [key as u32, (key >> 32) as u32]);
        }
        contexts
    }
}
