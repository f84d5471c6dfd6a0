//! Names and their ids.

use indexmap::IndexSet;

/// The names of one sort of thing; an id is the place in the order of first use.
#[derive(Debug, Default)]
pub struct Names {
    set: IndexSet<Box<str>, foldhash::fast::RandomState>,
}

impl Names {
    /// The id of a name, made where it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        match self.set.get_index_of(name) {
            Some(id) => id as u32,
            None => self.set.insert_full(name.into()).0 as u32,
        }
    }

    /// The id of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.set.get_index_of(name).map(|i| i as u32)
    }

    /// The name of an id.
    pub fn name(&self, id: u32) -> &str {
        self.set.get_index(id as usize).map_or("", |n| n)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// All names, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.set.iter().map(|n| &**n)
    }
}
