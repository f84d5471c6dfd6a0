//! A checked view over the bytes of a table: whatever they are, they are refused or answer within bounds.

use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

use super::layout::{ALIGN, BLOCK, DIGEST, MAGIC, MAJOR, PAGE, SECTIONS, Section, header};

/// A word of a table: four bytes, the lowest first.
pub type Word = [u8; 4];

/// The number that a word holds.
#[inline(always)]
pub fn number(word: &Word) -> u32 {
    u32::from_le_bytes(*word)
}

/// Bytes that are no table, or not the table that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It does not begin as a table does.
    #[error("this is no compiled policy: it does not begin with the mark of one")]
    NotATable,
    /// Written by a later major version.
    #[error("the table has format {0}.{1}, and this version reads format {MAJOR}")]
    Version(u16, u16),
    /// Shorter or longer than its header says.
    #[error("the table is {0} bytes long, and its header says {1}")]
    Length(u64, u64),
    /// The header is not what was written.
    #[error("the header of the table is damaged")]
    Header,
    /// A block is not what was written.
    #[error("the table is damaged in the block of {BLOCK} bytes that begins at byte {0}")]
    Block(u64),
    /// A permission of one kind asked for on a resource of another one: the caller's mistake, and no damage.
    #[error("the permission belongs to another kind than the resource")]
    OtherKind,
    /// A checksum holds and what it covers makes no sense: no writer of this project made it.
    #[error("the table contradicts itself in its section `{0}`")]
    Sense(&'static str),
}

/// When blocks are compared with their checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// All of them, before the first answer: a long-lived reader then pays nothing per check.
    Now,
    /// Each at its first touch: opening takes the same time at any size.
    Touch,
    /// None: this process has just written them.
    Never,
}

/// The blocks that were compared already; none where all were.
#[derive(Debug)]
enum Trust {
    Whole,
    Touched { blocks: Box<[AtomicU8]>, directory: Box<[AtomicU8]> },
}

/// A table's bytes with the sections found.
#[derive(Debug)]
pub struct View<B> {
    bytes: B,
    sections: [(usize, usize); SECTIONS.len()],
    directory: usize,
    roots: Range<usize>,
    trust: Trust,
}

impl<B: AsRef<[u8]>> View<B> {
    /// Looks at the header, and at everything else now or later.
    ///
    /// # Errors
    /// Bytes that no version of this format wrote, or that have changed since.
    pub fn new(bytes: B, verify: Verify) -> Result<View<B>, Damage> {
        let head = Head::read(bytes.as_ref())?;
        let untouched = |n: usize| (0..n).map(|_| AtomicU8::new(0)).collect();
        let blocks = head.directory.div_ceil(BLOCK);
        let directory = (blocks * DIGEST).div_ceil(BLOCK);
        let trust = Trust::Touched { blocks: untouched(blocks), directory: untouched(directory) };
        let mut view = View { bytes, sections: head.sections, directory: head.directory, roots: head.roots, trust };
        if verify == Verify::Now {
            view.verify()?;
        }
        if verify != Verify::Touch {
            view.trust = Trust::Whole;
        }
        Ok(view)
    }

    /// Compares every block with its checksum.
    ///
    /// # Errors
    /// The first block that differs.
    pub fn verify(&self) -> Result<(), Damage> {
        use rayon::prelude::*;
        let bytes = self.bytes.as_ref();
        let (header, blocks) = (self.header_length(), self.directory.div_ceil(BLOCK));
        let (directory, roots) = (self.directory, self.roots.clone());
        (0..(blocks * DIGEST).div_ceil(BLOCK)).try_for_each(|i| compare_directory(bytes, directory, &roots, i))?;
        (0..blocks).into_par_iter().try_for_each_init(|| (), |(), i| compare_block(bytes, directory, header, i))
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The length of a section in bytes.
    pub fn length(&self, section: Section) -> usize {
        let (start, end) = self.sections[section as usize];
        end - start
    }

    /// Some bytes of a section.
    #[inline(always)]
    pub fn part(&self, section: Section, at: usize, length: usize) -> Result<&[u8], Damage> {
        let (start, end) = self.sections[section as usize];
        let from = start.saturating_add(at);
        let to = from.saturating_add(length);
        if to > end {
            return Err(Damage::Sense(section.name()));
        }
        self.touch(from, to)?;
        self.bytes.as_ref().get(from..to).ok_or(Damage::Sense(section.name()))
    }

    /// Some words of a section.
    #[inline(always)]
    pub fn words(&self, section: Section, at: u32, count: usize) -> Result<&[Word], Damage> {
        let bytes = self.part(section, (at as usize).saturating_mul(4), count.saturating_mul(4))?;
        Ok(bytes.as_chunks().0)
    }

    /// Some words of a section, of a number known ahead.
    #[inline(always)]
    pub fn fixed<const N: usize>(&self, section: Section, at: u32) -> Result<&[Word; N], Damage> {
        self.words(section, at, N)?.try_into().map_err(|_| Damage::Sense(section.name()))
    }

    /// A number of the header, whose checksum holds.
    pub fn head(&self, at: usize) -> u32 {
        word(self.bytes.as_ref(), at)
    }

    /// Bytes of the header.
    pub fn head_bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.as_ref().get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
    }

    fn header_length(&self) -> usize {
        self.head(header::LENGTH) as usize
    }

    /// Compares what is touched for the first time.
    #[inline(always)]
    fn touch(&self, from: usize, to: usize) -> Result<(), Damage> {
        match &self.trust {
            Trust::Whole => Ok(()),
            Trust::Touched { blocks, directory } => self.compare(blocks, directory, from, to),
        }
    }

    #[inline(never)]
    fn compare(&self, blocks: &[AtomicU8], directory: &[AtomicU8], from: usize, to: usize) -> Result<(), Damage> {
        for block in from / BLOCK..to.div_ceil(BLOCK) {
            // Two threads may both compare a block: the answer is the same.
            let Some(seen) = blocks.get(block) else { return Err(Damage::Block((block * BLOCK) as u64)) };
            if seen.load(Ordering::Acquire) != 0 {
                continue;
            }
            let bytes = self.bytes.as_ref();
            let page = block * DIGEST / BLOCK;
            let Some(known) = directory.get(page) else { return Err(Damage::Header) };
            if known.load(Ordering::Acquire) == 0 {
                compare_directory(bytes, self.directory, &self.roots, page)?;
                known.store(1, Ordering::Release);
            }
            compare_block(bytes, self.directory, self.header_length(), block)?;
            seen.store(1, Ordering::Release);
        }
        Ok(())
    }
}

/// What the header says about the rest.
struct Head {
    sections: [(usize, usize); SECTIONS.len()],
    directory: usize,
    roots: Range<usize>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Head, Damage> {
        if bytes.len() < PAGE || bytes[..MAGIC.len()] != MAGIC {
            return Err(Damage::NotATable);
        }
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        if half(header::MAJOR) != MAJOR {
            return Err(Damage::Version(half(header::MAJOR), half(header::MINOR)));
        }
        let length = word(bytes, header::LENGTH) as usize;
        if length < PAGE || !length.is_multiple_of(PAGE) || length > bytes.len() {
            return Err(Damage::Header);
        }
        let (covered, digest) = bytes[..length].split_at(length - DIGEST);
        if blake3::hash(covered).as_bytes() != digest {
            return Err(Damage::Header);
        }
        let told = long(bytes, header::FILE);
        if told != bytes.len() as u64 {
            return Err(Damage::Length(bytes.len() as u64, told));
        }
        Head::sense(bytes, length).ok_or(Damage::Header)
    }

    /// The ranges of the sections, where they lie behind the header, in the file, and before the directory.
    fn sense(bytes: &[u8], length: usize) -> Option<Head> {
        let directory = usize::try_from(long(bytes, header::DIRECTORY)).ok()?;
        let blocks = directory.div_ceil(BLOCK);
        let (count, roots) = (word(bytes, header::SECTIONS) as usize, word(bytes, header::ROOTS) as usize);
        let first_root = header::TABLE.checked_add(count.checked_mul(header::LINE)?)?;
        let roots = first_root..first_root.checked_add(roots.checked_mul(DIGEST)?)?;
        let whole = directory >= length
            && directory.checked_add(blocks.checked_mul(DIGEST)?)? == bytes.len()
            && roots.len() / DIGEST == (blocks * DIGEST).div_ceil(BLOCK)
            && roots.end <= length - DIGEST;
        let mut sections = [(directory, directory); SECTIONS.len()];
        for line in 0..count {
            let at = header::TABLE + line * header::LINE;
            let start = usize::try_from(long(bytes, at + 8)).ok()?;
            let end = start.checked_add(usize::try_from(long(bytes, at + 16)).ok()?)?;
            if start < length || end > directory || !start.is_multiple_of(ALIGN) {
                return None;
            }
            // A section that a later minor version added is passed over.
            if let Some(section) = sections.get_mut(word(bytes, at) as usize) {
                *section = (start, end);
            }
        }
        whole.then_some(Head { sections, directory, roots })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Compares a block of the directory with the header's checksum of it.
fn compare_directory(bytes: &[u8], directory: usize, roots: &Range<usize>, page: usize) -> Result<(), Damage> {
    let from = directory + page * BLOCK;
    let covered = bytes.get(from..bytes.len().min(from + BLOCK)).ok_or(Damage::Header)?;
    let root = roots.start + page * DIGEST;
    let same = bytes.get(root..root + DIGEST).is_some_and(|d| blake3::hash(covered).as_bytes() == d);
    if same { Ok(()) } else { Err(Damage::Block(from as u64)) }
}

/// Compares a block with the directory's checksum of it. The header, which holds checksums of checksums, has its own.
fn compare_block(bytes: &[u8], directory: usize, header: usize, block: usize) -> Result<(), Damage> {
    let from = (block * BLOCK).max(header.min((block + 1) * BLOCK));
    let covered = bytes.get(from..directory.min((block + 1) * BLOCK)).ok_or(Damage::Header)?;
    let digest = directory + block * DIGEST;
    let same = bytes.get(digest..digest + DIGEST).is_some_and(|d| blake3::hash(covered).as_bytes() == d);
    if same { Ok(()) } else { Err(Damage::Block(from as u64)) }
}

/// The checksums of the blocks before the directory, and those of the directory's own blocks.
pub fn digests(bytes: &[u8], header: usize) -> Vec<u8> {
    use rayon::prelude::*;
    let blocks = 0..bytes.len().div_ceil(BLOCK);
    let digest = |i: usize| {
        let from = (i * BLOCK).max(header.min((i + 1) * BLOCK));
        *blake3::hash(&bytes[from.min(bytes.len())..bytes.len().min((i + 1) * BLOCK)]).as_bytes()
    };
    blocks.into_par_iter().map(digest).collect::<Vec<_>>().concat()
}
