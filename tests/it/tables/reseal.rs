//! Checksums made to hold again over changed bytes, as someone would who means harm: `docs/table.md` in code.

use roomkey::table::layout::{BLOCK, DIGEST, header};

/// A number of the header; 0 where the bytes end before it.
pub fn long(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 8).map_or(0, |b| usize::try_from(u64::from_le_bytes(b.try_into().expect("eight"))).unwrap_or(usize::MAX))
}

/// A shorter number of the header; 0 where the bytes end before it.
pub fn word(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes(b.try_into().expect("four")) as usize)
}

/// Makes every checksum hold, as far as the lengths in the header leave room for them.
pub fn reseal(bytes: &mut [u8]) {
    let blocks = long(bytes, header::DIRECTORY).div_ceil(BLOCK);
    (0..blocks.min(bytes.len() / DIGEST)).for_each(|block| reseal_block(bytes, block));
    reseal_directory(bytes);
}

/// Makes the checksum of one block hold, and leaves those above it as they are.
pub fn reseal_block(bytes: &mut [u8], block: usize) {
    let (length, directory) = (word(bytes, header::LENGTH), long(bytes, header::DIRECTORY));
    let from = (block * BLOCK).max(length.min((block + 1) * BLOCK));
    let Some(covered) = bytes.get(from..directory.min((block + 1) * BLOCK)) else { return };
    put(bytes, directory.saturating_add(block * DIGEST), blake3::hash(covered));
}

/// Makes the checksums of the directory and of the header hold.
pub fn reseal_directory(bytes: &mut [u8]) {
    let (length, directory) = (word(bytes, header::LENGTH), long(bytes, header::DIRECTORY));
    let roots = header::TABLE + word(bytes, header::SECTIONS).saturating_mul(header::LINE);
    let pages = bytes.len().saturating_sub(directory).div_ceil(BLOCK);
    for page in 0..pages.min(bytes.len() / DIGEST) {
        let from = directory + page * BLOCK;
        let digest = blake3::hash(&bytes[from..bytes.len().min(from + BLOCK)]);
        put(bytes, roots.saturating_add(page * DIGEST), digest);
    }
    if let Some(covered) = length.checked_sub(DIGEST).and_then(|end| bytes.get(..end)) {
        put(bytes, length - DIGEST, blake3::hash(covered));
    }
}

fn put(bytes: &mut [u8], at: usize, digest: blake3::Hash) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(DIGEST)) {
        place.copy_from_slice(digest.as_bytes());
    }
}
