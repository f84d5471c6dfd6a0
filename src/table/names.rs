//! Names by their hash: a hash may rule a name out, and the whole name decides.

use super::layout::{NOTHING, Section};
use super::records::{Place, Principal};
use super::view::{Damage, View, number};
use crate::model::kinds::KindId;

/// The words of a slot: the lower half of the hash, and the record.
pub const SLOT: usize = 2;

/// The hash of a name: XXH3 of 64 bits, seeded by the table and, for resources, by the kind.
#[inline]
pub fn hash(seed: u64, kind: KindId, name: &str) -> u64 {
    let seed = seed.wrapping_add(u64::from(kind).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    twox_hash::XxHash3_64::oneshot_with_seed(seed, name.as_bytes())
}

/// The slot where the search for a hash begins: its share of all slots.
#[inline]
pub fn slot(hash: u64, slots: usize) -> usize {
    ((u128::from(hash) * slots as u128) >> 64) as usize
}

/// The user or group of a name.
#[inline]
pub fn principal<B: AsRef<[u8]>>(
    view: &View<B>,
    (index, records): (Section, Section),
    seed: u64,
    name: &str,
) -> Result<Option<u32>, Damage> {
    find(view, index, hash(seed, 0, name), |at| Ok(Principal::read(view, records, at)?.name(view, records)? == name))
}

/// The declared resource of a kind and an id.
#[inline]
pub fn resource<B: AsRef<[u8]>>(view: &View<B>, seed: u64, kind: KindId, id: &str) -> Result<Option<u32>, Damage> {
    find(view, Section::PlaceNames, hash(seed, kind, id), |at| {
        let place = Place::read(view, at)?;
        Ok(place.kind == kind && place.name(view)? == id)
    })
}

#[inline]
fn find<B: AsRef<[u8]>>(
    view: &View<B>,
    index: Section,
    hash: u64,
    same: impl Fn(u32) -> Result<bool, Damage>,
) -> Result<Option<u32>, Damage> {
    let slots = view.length(index) / (4 * SLOT);
    let mut at = slot(hash, slots);
    for _ in 0..slots {
        let [tag, record] = view.fixed(index, (at * SLOT) as u32)?;
        let record = number(record);
        if record == NOTHING {
            return Ok(None);
        }
        if number(tag) == hash as u32 && same(record)? {
            return Ok(Some(record));
        }
        at = if at + 1 == slots { 0 } else { at + 1 };
    }
    Ok(None)
}
