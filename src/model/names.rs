//! Names and their ids.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The names of one sort of thing; an id is the place in the order of first use.
///
/// All text stands in one string, since a policy may have ten million names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    ends: Vec<usize>,
    table: HashTable<(u32, u32)>,
    hasher: RandomState,
}

impl Names {
    /// The id of a name, made where it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        let hash = self.hash(name);
        let (text, ends) = (&self.text, &self.ends);
        let same = |e: &(u32, u32)| e.0 == hash && slice(text, ends, e.1) == name;
        match self.table.entry(spread(hash), same, |e| spread(e.0)) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(free) => {
                let id = self.ends.len() as u32;
                free.insert((hash, id));
                self.text.push_str(name);
                self.ends.push(self.text.len());
                id
            }
        }
    }

    /// The id of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        let hash = self.hash(name);
        let same = |e: &(u32, u32)| e.0 == hash && self.name(e.1) == name;
        self.table.find(spread(hash), same).map(|e| e.1)
    }

    /// The name of an id.
    pub fn name(&self, id: u32) -> &str {
        slice(&self.text, &self.ends, id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All names, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|id| self.name(id))
    }

    /// What [`Names::guess`] searches by.
    pub fn hash(&self, name: &str) -> u32 {
        self.hasher.hash_one(name) as u32
    }

    /// An id whose name has this hash; nearly always the only one.
    pub fn guess(&self, hash: u32) -> Option<u32> {
        self.table.find(spread(hash), |e| e.0 == hash).map(|e| e.1)
    }
}

/// Half of the hash is kept with the id, so that growing reads no names; the table wants its bits at both ends.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn slice<'a>(text: &'a str, ends: &[usize], id: u32) -> &'a str {
    let id = id as usize;
    let start = if id == 0 { 0 } else { ends.get(id - 1).copied().unwrap_or(0) };
    ends.get(id).map_or("", |end| &text[start..*end])
}
