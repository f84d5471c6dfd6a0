//! What rows give: lists as sets by kind, each set and each grant once.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::bytes::Writer;
use super::roles;
use crate::model::kinds::{KindId, Value};
use crate::model::{Model, TimeId};
use crate::table::layout::{DENSE, NOTHING, Section, UNSET, grant};

/// What a row gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gives {
    /// What a list says.
    List(u32),
    /// A role; true for an owner.
    Role(u32, bool),
    /// To be a member.
    Membership,
}

type Fast = foldhash::fast::RandomState;

/// The grants that rows share, with how often each is used.
pub struct Grants<'a> {
    model: &'a Model,
    rank: &'a dyn Fn(TimeId) -> u32,
    used: IndexMap<(Gives, u32), u32, Fast>,
    numbers: Vec<u32>,
    roles: Vec<roles::Given>,
}

impl<'a> Grants<'a> {
    /// None yet.
    pub fn new(model: &'a Model, rank: &'a dyn Fn(TimeId) -> u32) -> Grants<'a> {
        Grants { model, rank, used: IndexMap::default(), numbers: Vec::new(), roles: roles::gives(model) }
    }

    /// A grant, until [`Grants::write`] by the order of its first use.
    pub fn of(&mut self, gives: Gives, until: TimeId) -> u32 {
        let entry = self.used.entry((gives, (self.rank)(until)));
        let id = entry.index() as u32;
        *entry.or_insert(0) += 1;
        id
    }

    /// The number of a grant in the table: those in use most come first, and fit half a word.
    pub fn number(&self, grant: u32) -> u32 {
        self.numbers[grant as usize]
    }

    /// When a grant ends.
    pub fn until(&self, grant: u32) -> u32 {
        self.used.get_index(grant as usize).map_or(0, |((_, until), _)| *until)
    }

    /// What a grant sets on a kind.
    pub fn sets(&self, grant: u32, kind: KindId) -> &[(u32, Value)] {
        let Some(((gives, _), _)) = self.used.get_index(grant as usize) else { return &[] };
        let all = match *gives {
            Gives::Membership => return &[],
            Gives::List(list) => &self.model.lists[list as usize].on,
            Gives::Role(role, _) => &self.roles[role as usize],
        };
        all.iter().find(|(k, _)| *k == kind).map_or(&[], |(_, set)| set)
    }

    /// Writes all of them.
    pub fn write(&mut self, writer: &mut Writer) {
        let mut order: Vec<u32> = (0..self.used.len() as u32).collect();
        order.sort_by_key(|g| std::cmp::Reverse(self.used[*g as usize]));
        self.numbers = vec![0; order.len()];
        let mut sets = Sets { model: self.model, seen: HashMap::default(), lists: HashMap::default() };
        for (number, id) in (0..).zip(&order) {
            self.numbers[*id as usize] = number;
            let Some(((what, until), _)) = self.used.get_index(*id as usize) else { continue };
            let (pairs, text, role) = match *what {
                Gives::Membership => (Vec::new(), NOTHING, NOTHING),
                Gives::List(list) => {
                    let list = &self.model.lists[list as usize];
                    let pairs = list.on.iter().filter(|(_, set)| !set.is_empty());
                    let pairs = pairs.map(|(kind, set)| (*kind, sets.write(writer, *kind, set))).collect();
                    (pairs, writer.text(&list.text), NOTHING)
                }
                Gives::Role(role, owner) => {
                    let name = writer.text(self.model.roles.name(role)) | if owner { grant::OWNER } else { 0 };
                    let pairs = self.roles[role as usize].iter().map(|(kind, v)| (*kind, sets.write(writer, *kind, v)));
                    (pairs.collect(), NOTHING, name)
                }
            };
            let (kind, set) = sets.list(writer, pairs);
            writer.words(Section::Grants, [kind, set, *until, text, role]);
        }
    }
}

struct Sets<'a> {
    model: &'a Model,
    seen: HashMap<Box<[u8]>, u32, Fast>,
    lists: HashMap<Vec<(KindId, u32)>, u32, Fast>,
}

impl Sets<'_> {
    /// A set of a kind, as bytes: a value a part, or pairs where there are very many parts.
    fn write(&mut self, writer: &mut Writer, kind: KindId, set: &[(u32, Value)]) -> u32 {
        let parts = self.model.kinds[kind as usize].parts();
        let bytes = if parts <= DENSE {
            let mut bytes = vec![UNSET; parts];
            set.iter().for_each(|(part, value)| bytes[*part as usize] = *value);
            bytes
        } else {
            let mut bytes = (set.len() as u32).to_le_bytes().to_vec();
            set.iter().for_each(|(part, value)| {
                bytes.extend(part.to_le_bytes());
                bytes.push(*value);
            });
            bytes
        };
        if let Some(at) = self.seen.get(&*bytes) {
            return *at;
        }
        let at = writer.len(Section::Sets) as u32;
        writer.put(Section::Sets, &bytes);
        self.seen.insert(bytes.into(), at);
        at
    }

    /// The kind and set of a grant, or where the list of several begins.
    fn list(&mut self, writer: &mut Writer, pairs: Vec<(KindId, u32)>) -> (u32, u32) {
        match pairs.as_slice() {
            [] => (NOTHING, NOTHING),
            [(kind, set)] => (*kind, *set),
            _ => {
                let next = writer.at(Section::Lists);
                let at = *self.lists.entry(pairs).or_insert_with_key(|pairs| {
                    writer.words(Section::Lists, [pairs.len() as u32]);
                    writer.words(Section::Lists, pairs.iter().flat_map(|(k, s)| [*k, *s]));
                    next
                });
                (NOTHING, at)
            }
        }
    }
}
