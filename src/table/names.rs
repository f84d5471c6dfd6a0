//! Names by their hash: a hash may rule a name out, and the whole name decides.

use super::file::tagged;
use super::layout::{NOTHING, Section};
use super::records::{Place, Principal};
use super::view::{Damage, View, number};
use crate::model::kinds::KindId;

/// The words of a slot: the lower half of the hash, and the record.
pub const SLOT: usize = 2;
/// How many slots are looked at together.
pub(super) const NEAR: usize = 8;

/// The hash of a name: XXH3 of 64 bits, seeded by the table and, for resources, by the kind.
#[inline]
pub fn hash(seed: u64, kind: KindId, name: &str) -> u64 {
    let seed = seed.wrapping_add(u64::from(kind).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    twox_hash::XxHash3_64::oneshot_with_seed(seed, name.as_bytes())
}

/// How a name begins, as a number: names are sorted as their numbers are, as far as these differ.
#[inline(always)]
pub fn key(name: &[u8]) -> u64 {
    let mut first = [0; 8];
    match name.first_chunk() {
        Some(chunk) => first = *chunk,
        None => first[..name.len()].copy_from_slice(name),
    }
    u64::from_be_bytes(first)
}

/// The slot where the search for a hash begins: its share of all slots.
#[inline(always)]
pub fn slot(hash: u64, slots: usize) -> usize {
    ((u128::from(hash) * slots as u128) >> 64) as usize
}

/// A name on its way to its record.
#[derive(Clone, Copy)]
pub struct Sought<'n> {
    kind: KindId,
    name: &'n str,
    index: Section,
    records: Section,
    hash: u64,
}

impl<'n> Sought<'n> {
    /// A user.
    #[inline(always)]
    pub fn user(seed: u64, name: &'n str) -> Sought<'n> {
        Sought { kind: 0, name, index: Section::UserNames, records: Section::Users, hash: hash(seed, 0, name) }
    }

    /// A group.
    #[inline(always)]
    pub fn group(seed: u64, name: &'n str) -> Sought<'n> {
        Sought { kind: 0, name, index: Section::GroupNames, records: Section::Groups, hash: hash(seed, 0, name) }
    }

    /// A declared resource.
    #[inline(always)]
    pub fn resource(seed: u64, kind: KindId, name: &'n str) -> Sought<'n> {
        Sought { kind, name, index: Section::PlaceNames, records: Section::Places, hash: hash(seed, kind, name) }
    }

    /// Brings its slot near.
    #[inline(always)]
    pub fn bring_slot(&self, view: &View<'_>) {
        let slots = view.length(self.index) / (4 * SLOT);
        view.prefetch(self.index, (slot(self.hash, slots) * SLOT) as u32);
    }

    /// Brings the record near that its slot leads to: most often the right one.
    #[inline(always)]
    pub fn bring_record(&self, view: &View<'_>) {
        let slots = view.length(self.index) / (4 * SLOT);
        if let Ok([_, record]) = view.fixed(self.index, (slot(self.hash, slots) * SLOT) as u32) {
            view.prefetch(self.records, number(record));
        }
    }

    /// Its record.
    #[inline(always)]
    pub fn find(&self, view: &View<'_>) -> Result<Option<u32>, Damage> {
        let slots = view.length(self.index) / (4 * SLOT);
        let first = slot(self.hash, slots);
        // Nearly every name is found in the first few slots, and looking at them all at once guesses nothing. What makes no
        // sense here is found again, and said, by the search slot by slot.
        if let Ok(near) = view.fixed::<{ NEAR * SLOT }>(self.index, (first * SLOT) as u32) {
            let tagged = tagged(near, self.hash as u32);
            if tagged != 0 {
                let record = number(&near[tagged.trailing_zeros() as usize * SLOT + 1]);
                if record != NOTHING && self.is(view, record)? {
                    return Ok(Some(record));
                }
            } else if near.as_chunks::<SLOT>().0.iter().any(|[_, record]| number(record) == NOTHING) {
                return Ok(None);
            }
        }
        self.find_slot_by_slot(view, first, slots)
    }

    #[inline(never)]
    fn find_slot_by_slot(&self, view: &View<'_>, first: usize, slots: usize) -> Result<Option<u32>, Damage> {
        let mut at = first;
        for _ in 0..slots {
            let [tag, record] = view.fixed(self.index, (at * SLOT) as u32)?;
            let record = number(record);
            if record == NOTHING {
                return Ok(None);
            }
            if number(tag) == self.hash as u32 && self.is(view, record)? {
                return Ok(Some(record));
            }
            at = if at + 1 == slots { 0 } else { at + 1 };
        }
        Ok(None)
    }

    /// Whether a record has this name: all of it.
    #[inline(always)]
    fn is(&self, view: &View<'_>, record: u32) -> Result<bool, Damage> {
        let name = match self.records {
            Section::Places => {
                let place = Place::read(view, record)?;
                if place.kind != self.kind {
                    return Ok(false);
                }
                place.name_bytes(view)?
            }
            records => Principal::read(view, records, record)?.name_bytes(view, records)?,
        };
        Ok(alike(name, self.name.as_bytes()))
    }
}

/// Whether two names are the same: those of up to 32 bytes by their first and last bytes, which may be some of both.
#[inline(always)]
fn alike(a: &[u8], b: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> Option<bool> {
        Some(a.first_chunk::<N>()? == b.first_chunk::<N>()? && a.last_chunk::<N>()? == b.last_chunk::<N>()?)
    }
    if a.len() != b.len() {
        return false;
    }
    let same = match a.len() {
        0..4 => return a.iter().zip(b).all(|(a, b)| a == b),
        4..8 => ends::<4>(a, b),
        8..16 => ends::<8>(a, b),
        16..=32 => ends::<16>(a, b),
        _ => return a == b,
    };
    same.unwrap_or(false)
}
