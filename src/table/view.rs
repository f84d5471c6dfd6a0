//! A checked view over the bytes of a table: whatever they are, they are refused or answer within bounds.

use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

use super::file::prefetch;
use super::layout::{ALIGN, BLOCK, DIGEST, MAGIC, MAJOR, NOTHING, PAGE, SECTIONS, Section, header};

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
    #[error("the table is cut short, or something was added behind it: its header tells another length")]
    Length,
    /// The header is not what was written.
    #[error("the header of the table is damaged")]
    Header,
    /// A block is not what was written.
    #[error("the table is damaged between byte {} and byte {}", u64::from(*.0) * BLOCK as u64, (u64::from(*.0) + 1) * BLOCK as u64)]
    Block(u32),
    /// A permission of one kind asked for on a resource of another one: the caller's mistake, and no damage.
    #[error("the permission belongs to another kind than the resource")]
    OtherKind,
    /// Room for more or fewer answers than there are checks: the caller's mistake, and no damage.
    #[error("there must be room for one answer a check")]
    Answers,
    /// A checksum holds and what it covers makes no sense: no writer of this project made it.
    #[error("the table contradicts itself in its section `{}`", .0.name())]
    Sense(Section),
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

/// The blocks that were compared already.
#[derive(Debug)]
struct Touched {
    blocks: Box<[AtomicU8]>,
    directory: Box<[AtomicU8]>,
}

/// A table's bytes with the sections found.
#[derive(Debug)]
pub struct View<'a> {
    /// The sections as words; what is left over at their ends belongs to none.
    words: [&'a [Word]; SECTIONS.len()],
    /// None where all blocks were compared.
    touched: Option<Touched>,
    sections: [&'a [u8]; SECTIONS.len()],
    bytes: &'a [u8],
    directory: usize,
    roots: Range<usize>,
}

impl<'a> View<'a> {
    /// Looks at the header, and at everything else now or later.
    ///
    /// # Errors
    /// Bytes that no version of this format wrote, or that have changed since.
    pub fn new(bytes: &'a [u8], verify: Verify) -> Result<View<'a>, Damage> {
        let head = Head::read(bytes)?;
        let sections = head.sections.map(|(start, end)| bytes.get(start..end).unwrap_or(&[]));
        let words = sections.map(|s| s.as_chunks().0);
        let mut view = View { words, touched: None, sections, bytes, directory: head.directory, roots: head.roots };
        match verify {
            Verify::Now => view.verify()?,
            Verify::Touch => view.touched = Some(Touched::none(view.blocks())),
            Verify::Never => {}
        }
        Ok(view)
    }

    fn blocks(&self) -> usize {
        self.directory.div_ceil(BLOCK)
    }

    /// Compares every block with its checksum.
    ///
    /// # Errors
    /// The first block that differs.
    pub fn verify(&self) -> Result<(), Damage> {
        use rayon::prelude::*;
        (0..(self.blocks() * DIGEST).div_ceil(BLOCK)).try_for_each(|i| self.compare_directory(i))?;
        let blocks = (0..self.blocks()).into_par_iter();
        blocks.find_map_first(|i| self.compare_block(i).err()).map_or(Ok(()), Err)
    }

    /// All bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The length of a section in bytes.
    #[inline(always)]
    pub fn length(&self, section: Section) -> usize {
        self.sections[section as usize].len()
    }

    /// Some bytes of a section.
    #[inline(always)]
    pub fn part(&self, section: Section, at: usize, length: usize) -> Result<&'a [u8], Damage> {
        let found = self.sections[section as usize].get(at..at.saturating_add(length)).ok_or(Damage::Sense(section))?;
        self.touch(section, at, length)?;
        Ok(found)
    }

    /// Some words of a section.
    #[inline(always)]
    pub fn words(&self, section: Section, at: u32, count: usize) -> Result<&'a [Word], Damage> {
        let at = at as usize;
        let found = self.words[section as usize].get(at..at.saturating_add(count)).ok_or(Damage::Sense(section))?;
        self.touch(section, at * 4, count * 4)?;
        Ok(found)
    }

    /// Some words of a section, of a number known ahead.
    #[inline(always)]
    pub fn fixed<const N: usize>(&self, section: Section, at: u32) -> Result<&'a [Word; N], Damage> {
        let behind = self.words[section as usize].get(at as usize..).ok_or(Damage::Sense(section))?;
        let found = behind.first_chunk().ok_or(Damage::Sense(section))?;
        self.touch(section, at as usize * 4, N * 4)?;
        Ok(found)
    }

    /// The words of a section, if everything was compared with its checksums.
    #[inline(always)]
    pub fn compared(&self, section: Section) -> Option<&'a [Word]> {
        if self.touched.is_some() { None } else { Some(self.words[section as usize]) }
    }

    /// The bytes of a section, if everything was compared with its checksums.
    #[inline(always)]
    pub fn compared_bytes(&self, section: Section) -> Option<&'a [u8]> {
        if self.touched.is_some() { None } else { Some(self.sections[section as usize]) }
    }

    /// Brings a word of a section near, for a look that comes soon.
    #[inline(always)]
    pub fn prefetch(&self, section: Section, word: u32) {
        prefetch(self.sections[section as usize], (word as usize).saturating_mul(4));
    }

    /// A number of the header, whose checksum holds.
    pub fn head(&self, at: usize) -> u32 {
        word(self.bytes, at)
    }

    /// Bytes of the header.
    pub fn head_bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
    }

    /// Compares what is touched for the first time.
    #[inline(always)]
    fn touch(&self, section: Section, at: usize, length: usize) -> Result<(), Damage> {
        match &self.touched {
            None => Ok(()),
            Some(touched) => self.compare(touched, section, at, length),
        }
    }

    #[inline(never)]
    fn compare(&self, touched: &Touched, section: Section, at: usize, length: usize) -> Result<(), Damage> {
        let from = self.sections[section as usize].as_ptr().addr() - self.bytes.as_ptr().addr() + at;
        for block in from / BLOCK..(from + length).div_ceil(BLOCK) {
            // Two threads may both compare a block: the answer is the same.
            let seen = touched.blocks.get(block).ok_or(Damage::Header)?;
            if seen.load(Ordering::Acquire) != 0 {
                continue;
            }
            let page = block * DIGEST / BLOCK;
            let known = touched.directory.get(page).ok_or(Damage::Header)?;
            if known.load(Ordering::Acquire) == 0 {
                self.compare_directory(page)?;
                known.store(1, Ordering::Release);
            }
            self.compare_block(block)?;
            seen.store(1, Ordering::Release);
        }
        Ok(())
    }

    /// Compares a block of the directory with the header's checksum of it.
    fn compare_directory(&self, page: usize) -> Result<(), Damage> {
        let from = self.directory + page * BLOCK;
        let covered = self.bytes.get(from..self.bytes.len().min(from + BLOCK)).ok_or(Damage::Header)?;
        self.same(covered, self.roots.start + page * DIGEST, from / BLOCK)
    }

    /// Compares a block with the directory's checksum of it.
    fn compare_block(&self, block: usize) -> Result<(), Damage> {
        let covered = covered(block, self.head(header::LENGTH) as usize, self.directory);
        let covered = self.bytes.get(covered).ok_or(Damage::Header)?;
        self.same(covered, self.directory + block * DIGEST, block)
    }

    fn same(&self, covered: &[u8], digest: usize, block: usize) -> Result<(), Damage> {
        let known = self.bytes.get(digest..digest + DIGEST).ok_or(Damage::Header)?;
        if blake3::hash(covered).as_bytes() == known { Ok(()) } else { Err(Damage::Block(block as u32)) }
    }
}

impl Touched {
    fn none(blocks: usize) -> Touched {
        let untouched = |n: usize| (0..n).map(|_| AtomicU8::new(0)).collect();
        Touched { blocks: untouched(blocks), directory: untouched((blocks * DIGEST).div_ceil(BLOCK)) }
    }
}

/// The bytes that a block's checksum covers: not those of the header, which holds checksums and has its own.
fn covered(block: usize, header: usize, directory: usize) -> Range<usize> {
    let to = directory.min((block + 1) * BLOCK);
    (block * BLOCK).max(header).min(to)..to
}

/// What the header says about the rest.
struct Head {
    sections: [(usize, usize); SECTIONS.len()],
    directory: usize,
    roots: Range<usize>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Head, Damage> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Damage::NotATable);
        }
        if bytes.len() < PAGE {
            return Err(Damage::Header);
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
            return Err(Damage::Length);
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
        if !whole {
            return None;
        }
        let mut sections = [(directory, directory); SECTIONS.len()];
        for line in 0..count {
            let at = header::TABLE + line * header::LINE;
            let start = usize::try_from(long(bytes, at + 8)).ok()?;
            let end = start.checked_add(usize::try_from(long(bytes, at + 16)).ok()?)?;
            // Numbers of words have 32 bits, so no sum of two of them that lie in a section overflows.
            if start < length || end > directory || !start.is_multiple_of(ALIGN) || (end - start) / 4 >= NOTHING as usize {
                return None;
            }
            // A section that a later minor version added is passed over.
            if let Some(section) = sections.get_mut(word(bytes, at) as usize) {
                *section = (start, end);
            }
        }
        Some(Head { sections, directory, roots })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The checksums of the blocks before the directory.
pub fn digests(bytes: &[u8], header: usize) -> Vec<u8> {
    use rayon::prelude::*;
    let blocks = (0..bytes.len().div_ceil(BLOCK)).into_par_iter();
    let digests = blocks.map(|i| *blake3::hash(&bytes[covered(i, header, bytes.len())]).as_bytes());
    digests.collect::<Vec<_>>().concat()
}
