//! The sections as they grow, and the file that they become.

use super::TooLarge;
use crate::Instant;
use crate::table::layout::{
    ALIGN, BLOCK, COUNTED, DIGEST, LINE, MAGIC, MAJOR, MINOR, NOTHING, PAGE, SECTIONS, Section, grant, header,
};
use crate::table::view::digests;

/// Where a record begins that would begin at `next`: at the next cache line, where it or the part of it that decides
/// would otherwise lie across two and fits into one.
pub fn settle(next: u32, decides: usize, all: usize) -> Option<u32> {
    let left = (LINE - next % LINE) as usize;
    let whole = if all <= LINE as usize { all } else { decides };
    let crosses = whole > left && whole <= LINE as usize;
    if crosses { next.checked_next_multiple_of(LINE) } else { Some(next) }
}

/// Fills records up to a word.
pub fn fill(section: &mut Vec<u8>, word: u32) {
    section.resize(word as usize * 4, u8::MAX);
}

/// The sections, and the fields of the header.
pub struct Writer {
    sections: Vec<Vec<u8>>,
    head: Vec<u8>,
    texts: indexmap::IndexSet<Box<str>, foldhash::fast::RandomState>,
}

impl Writer {
    /// A table of sources with this digest.
    pub fn new(digest: [u8; 32]) -> Writer {
        let mut head = vec![0; header::TABLE];
        head[..MAGIC.len()].copy_from_slice(&MAGIC);
        head[header::SOURCES..header::SOURCES + DIGEST].copy_from_slice(&digest);
        let writer = concat!("roomkey ", env!("CARGO_PKG_VERSION")).as_bytes();
        head[header::WRITER..header::WRITER + writer.len()].copy_from_slice(writer);
        // The seed follows from the sources, so nobody can choose names that collide without grinding the whole policy.
        head[header::SEED..header::SEED + 8].copy_from_slice(&digest[..8]);
        let mut writer = Writer { sections: vec![Vec::new(); SECTIONS.len()], head, texts: indexmap::IndexSet::default() };
        writer.set(header::EVERYWHERE, NOTHING);
        writer
    }

    fn set(&mut self, at: usize, number: u32) {
        self.head[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    /// Sets a number of the header.
    pub fn flag(&mut self, field: usize, number: u32) {
        self.set(field, number);
    }

    /// The seed of the names' hash.
    pub fn seed(&self) -> u64 {
        self.head[header::SEED..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
    }

    /// The first and the last end.
    pub fn ends(&mut self, first: Instant, last: Instant) {
        for (at, (seconds, nanos)) in [(header::ENDS, first.to_unix()), (header::ENDS + 12, last.to_unix())] {
            self.head[at..at + 8].copy_from_slice(&seconds.to_le_bytes());
            self.set(at + 8, nanos);
        }
    }

    /// What `inspect` tells of the policy.
    pub fn counts(&mut self, counts: [u32; COUNTED.len()]) {
        (0..).zip(counts).for_each(|(i, n)| self.set(header::COUNTS + 4 * i, n));
    }

    /// Adds bytes to a section.
    pub fn put(&mut self, section: Section, bytes: &[u8]) {
        self.sections[section as usize].extend_from_slice(bytes);
    }

    /// Adds words to a section.
    pub fn words(&mut self, section: Section, words: impl IntoIterator<Item = u32>) {
        let section = &mut self.sections[section as usize];
        words.into_iter().for_each(|w| section.extend_from_slice(&w.to_le_bytes()));
    }

    /// Makes room for bytes that will come.
    pub fn reserve(&mut self, section: Section, bytes: usize) {
        self.sections[section as usize].reserve_exact(bytes);
    }

    /// Fills a section of records up to a word.
    pub fn fill(&mut self, section: Section, word: u32) {
        fill(&mut self.sections[section as usize], word);
    }

    /// A section's bytes, to be filled by its own module.
    pub fn section(&mut self, section: Section) -> &mut Vec<u8> {
        &mut self.sections[section as usize]
    }

    /// How many bytes a section has.
    pub fn len(&self, section: Section) -> usize {
        self.sections[section as usize].len()
    }

    /// Where the next word of a section will stand.
    pub fn at(&self, section: Section) -> u32 {
        (self.len(section) / 4) as u32
    }

    /// The number of a text.
    pub fn text(&mut self, text: &str) -> u32 {
        match self.texts.get_index_of(text) {
            Some(id) => id as u32,
            None => self.texts.insert_full(text.into()).0 as u32,
        }
    }

    fn lay_texts(&mut self) {
        let texts = std::mem::take(&mut self.texts);
        let mut end = 0u32;
        for text in &texts {
            end = end.saturating_add(text.len() as u32);
            self.words(Section::TextEnds, [end]);
            self.put(Section::Texts, text.as_bytes());
        }
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        self.lay_texts();
        if let Some(long) = SECTIONS.iter().find(|s| self.len(**s) > most(**s)) {
            return Err(TooLarge(long.name()));
        }
        let data: usize = self.sections.iter().map(|s| s.len().next_multiple_of(ALIGN)).sum();
        // The directory's length depends on the header's, and that on the directory's: a page more is enough for both.
        let roots = |header: usize| ((header + data).div_ceil(BLOCK) * DIGEST).div_ceil(BLOCK);
        let needed = |roots: usize| header::TABLE + SECTIONS.len() * header::LINE + (roots + 1) * DIGEST;
        let length = needed(roots(PAGE) + 1).next_multiple_of(PAGE);

        let mut file = Vec::with_capacity(length + data + (length + data).div_ceil(BLOCK) * DIGEST);
        file.resize(length, 0);
        let mut lines = Vec::new();
        for section in SECTIONS {
            let bytes = std::mem::take(&mut self.sections[section as usize]);
            lines.extend((section as u32).to_le_bytes());
            lines.extend(0u32.to_le_bytes());
            lines.extend((file.len() as u64).to_le_bytes());
            lines.extend((bytes.len() as u64).to_le_bytes());
            file.extend_from_slice(&bytes);
            file.resize(file.len().next_multiple_of(ALIGN), 0);
        }
        let directory = file.len();
        let blocks = digests(&file, length);
        let roots: Vec<u8> = blocks.chunks(BLOCK).flat_map(|c| *blake3::hash(c).as_bytes()).collect();
        file.extend_from_slice(&blocks);
        self.head[header::MAJOR..header::MAJOR + 2].copy_from_slice(&MAJOR.to_le_bytes());
        self.head[header::MINOR..header::MINOR + 2].copy_from_slice(&MINOR.to_le_bytes());
        self.set(header::LENGTH, length as u32);
        self.head[header::FILE..header::FILE + 8].copy_from_slice(&(file.len() as u64).to_le_bytes());
        self.head[header::DIRECTORY..header::DIRECTORY + 8].copy_from_slice(&(directory as u64).to_le_bytes());
        self.set(header::SECTIONS, SECTIONS.len() as u32);
        self.set(header::ROOTS, (roots.len() / DIGEST) as u32);
        for part in [&lines, &roots] {
            self.head.extend_from_slice(part);
        }
        file[..self.head.len()].copy_from_slice(&self.head);
        let digest = blake3::hash(&file[..length - DIGEST]);
        file[length - DIGEST..length].copy_from_slice(digest.as_bytes());
        Ok(file)
    }
}

/// The most bytes of a section: its parts are numbered by byte or by word, in 32 bits, and texts in 31.
fn most(section: Section) -> usize {
    match section {
        Section::Texts | Section::Sets => NOTHING as usize,
        Section::TextEnds => 4 * grant::OWNER as usize,
        _ => (NOTHING as usize - 1).saturating_mul(4),
    }
}
