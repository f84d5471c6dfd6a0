//! The kinds with their parts and names, and the files: small, and read as a whole when a table is opened.

use super::bytes::Writer;
use super::origins::first_lines;
use crate::model::Model;
use crate::model::kinds::{Kind, MAX_LEVELS, Words};
use crate::source::{FileId, Sources, Span};
use crate::table::layout::Section;
use crate::table::view::Damage;

/// A file of the policy, and the number of its first line where all files are laid behind each other.
#[derive(Debug)]
pub struct FileName {
    /// Its name.
    pub name: Box<str>,
    /// The lines of the files before it.
    pub first_line: u32,
}

/// Writes all kinds and files.
pub fn write(writer: &mut Writer, model: &Model, sources: &Sources, patterns: &[(u32, u32)]) {
    let mut out = Out(Vec::new());
    out.number(model.kinds.len() as u32);
    for (kind, (from, to)) in model.kinds.iter().zip(patterns) {
        out.text(&kind.name);
        out.number(*from);
        out.number(*to);
        out.list(&kind.parents, |out, (p, _)| out.number(*p));
        for names in [&kind.levels, &kind.features, &kind.flats, &kind.retired] {
            out.list(&names.iter().collect::<Vec<_>>(), |out, n| out.text(n));
        }
        out.list(&kind.subs, |out, subs| out.list(subs, |out, s| out.number(*s)));
        out.list(kind.owner.as_slice(), |out, (role, _)| out.text(model.roles.name(*role)));
    }
    let files: Vec<_> = sources.iter().zip(first_lines(sources)).collect();
    out.list(&files, |out, ((_, source), first)| {
        out.text(source.name());
        out.number(*first);
    });
    writer.put(Section::Kinds, &out.0);
}

struct Out(Vec<u8>);

impl Out {
    fn number(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.0.extend(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Out, &T)) {
        self.number(items.len() as u32);
        items.iter().for_each(|i| each(self, i));
    }
}

/// A kind, and the range of its patterns.
pub type KindAndPatterns = (Kind, (u32, u32));

/// Reads all kinds and files.
pub fn read(bytes: &[u8]) -> Result<(Vec<KindAndPatterns>, Vec<FileName>), Damage> {
    let mut input = In(bytes);
    let read = input.list(|i| i.kind()).and_then(|kinds| Some((kinds, input.list(|i| i.file())?)));
    read.filter(|(kinds, _)| !kinds.is_empty() && kinds.iter().all(|(k, _)| k.levels.len() <= MAX_LEVELS))
        .ok_or(Damage::Sense(Section::Kinds))
}

struct In<'a>(&'a [u8]);

/// Items that room is made for at once.
const FEW: usize = 64;

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

impl In<'_> {
    fn number(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*first))
    }

    fn text(&mut self) -> Option<Box<str>> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Into::into)
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // A count may be a lie, so room is made for a few, and for the others as they come: each takes four bytes at least.
        let mut items = Vec::with_capacity((count as usize).min(FEW).min(self.0.len() / 4));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }

    fn names(&mut self) -> Option<Words> {
        let mut words = Words::default();
        self.list(|i| i.text().filter(|name| words.add(name, NOWHERE)))?;
        Some(words)
    }

    fn kind(&mut self) -> Option<KindAndPatterns> {
        let mut kind = Kind::new(&self.text()?, None);
        let patterns = (self.number()?, self.number()?);
        kind.parents = self.list(|i| i.number().map(|p| (p, NOWHERE)))?;
        kind.levels = self.names()?;
        kind.features = self.names()?;
        kind.flats = self.names()?;
        kind.retired = self.names()?;
        kind.subs = self.list(|i| i.list(|i| i.number()))?;
        let owners = self.list(|i| i.text())?;
        kind.owner = owners.first().map(|_| (0, NOWHERE));
        Some((kind, patterns))
    }

    fn file(&mut self) -> Option<FileName> {
        Some(FileName { name: self.text()?, first_line: self.number()? })
    }
}
