//! The index of names: open addressing, three slots of four used.

use super::bytes::Writer;
use crate::table::layout::{NOTHING, Section};
use crate::table::names::{SLOT, slot};

/// Writes the index of hashes with their records.
pub fn index(writer: &mut Writer, section: Section, names: impl Iterator<Item = (u64, u32)>) {
    let mut names: Vec<(u64, u32)> = names.collect();
    if names.is_empty() {
        return;
    }
    let slots = names.len() * 4 / 3 + 1;
    // In the order of their hashes names fill the slots from left to right, and memory is walked once.
    names.sort_unstable();
    let mut table = vec![(0u32, NOTHING); slots];
    for (hash, record) in names {
        let mut at = slot(hash, slots);
        while table[at].1 != NOTHING {
            at = if at + 1 == slots { 0 } else { at + 1 };
        }
        table[at] = (hash as u32, record);
    }
    writer.reserve(section, slots * SLOT * 4);
    table.into_iter().for_each(|(tag, record)| writer.words(section, [tag, record]));
}
