//! What stands in the sections, read as it is asked for.

use std::ops::Range;

use super::layout::{DENSE, LINE, NOTHING, Section, UNSET, around, grant, outer, pattern, place, principal, rows};
use super::view::{Damage, View, Word, number};
use crate::model::kinds::{KindId, Value};

/// A resource or a pattern.
#[derive(Clone, Copy)]
pub struct Place {
    /// Where its record begins.
    pub at: u32,
    /// Its kind.
    pub kind: KindId,
    /// The flags of [`place`].
    pub flags: u32,
    /// Its surroundings.
    pub around: u32,
}

impl Place {
    /// The place whose record begins at a word.
    #[inline(always)]
    pub fn read(view: &View<'_>, at: u32) -> Result<Place, Damage> {
        let [kind, flags, around] = view.fixed(Section::Places, at)?;
        Ok(Place { at, kind: number(kind), flags: number(flags), around: number(around) })
    }

    /// Whether it has a flag.
    #[inline(always)]
    pub fn is(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Where the access entries begin: behind the words that some places have.
    #[inline(always)]
    fn entries_at(&self) -> u32 {
        self.at.saturating_add(place::WORDS + optional_words(self.flags))
    }

    /// The access entries.
    #[inline(always)]
    pub fn entries<'v>(&self, view: &View<'v>) -> Result<Rows<'v>, Damage> {
        Rows::read(view, Section::Places, self.entries_at())
    }

    /// The rows that a flag of [`place`] says are there.
    pub fn rows<'v>(&self, view: &View<'v>, flag: u32) -> Result<Rows<'v>, Damage> {
        self.rows_at(view, flag)?.map_or(Ok(Rows::default()), |at| Rows::read(view, Section::Rows, at))
    }

    /// Where the rows begin that a flag of [`place`] says are there.
    #[inline(always)]
    pub fn rows_at(&self, view: &View<'_>, flag: u32) -> Result<Option<u32>, Damage> {
        if !self.is(flag) {
            return Ok(None);
        }
        let [at] = view.fixed(Section::Places, self.at.saturating_add(place::WORDS + optional_words(self.flags & (flag - 1))))?;
        Ok(Some(number(at)))
    }

    /// The id; of a pattern the text before the `*`.
    pub fn name<'v>(&self, view: &View<'v>) -> Result<&'v str, Damage> {
        text(self.name_bytes(view)?, Section::Places)
    }

    /// The id, before anyone looks whether it is text.
    #[inline(always)]
    pub fn name_bytes<'v>(&self, view: &View<'v>) -> Result<&'v [u8], Damage> {
        let entries = self.entries_at();
        let behind = entries.saturating_add(Rows::length(view, Section::Places, entries)?);
        name(view, Section::Places, behind, self.flags >> place::NAME_SHIFT)
    }

    /// The words that the record takes.
    pub fn length(&self, view: &View<'_>) -> Result<u32, Damage> {
        let entries = self.entries_at();
        let behind = entries.saturating_add(Rows::length(view, Section::Places, entries)?);
        Ok(behind.saturating_add((self.flags >> place::NAME_SHIFT).div_ceil(4)).saturating_sub(self.at))
    }

    /// The surroundings.
    #[inline(always)]
    pub fn around(&self, view: &View<'_>) -> Result<Around, Damage> {
        Around::read(view, self.around)
    }
}

#[inline(always)]
fn name<'v>(view: &View<'v>, section: Section, at: u32, length: u32) -> Result<&'v [u8], Damage> {
    view.part(section, (at as usize).saturating_mul(4), length as usize)
}

/// How many words flags of a place add to it.
#[inline(always)]
fn optional_words(flags: u32) -> u32 {
    const { assert!(place::CANNOT == 4 && place::ROLES == 8 && place::MEMBERS == 16) };
    // How many of the three bits are set, two bits a number: not every processor counts them at once.
    0b11_10_10_01_10_01_01_00 >> ((flags >> 2 & 7) * 2) & 3
}

/// Where the next record begins, behind what fills up a line; none at the end of the section.
pub fn next_record(view: &View<'_>, section: Section, mut at: u32) -> Result<Option<u32>, Damage> {
    for _ in 0..LINE {
        if at as usize * 4 >= view.length(section) {
            return Ok(None);
        }
        if view.fixed::<1>(section, at)?.map(|w| number(&w)) != [NOTHING] {
            return Ok(Some(at));
        }
        at += 1;
    }
    Err(Damage::Sense(section))
}

fn text(bytes: &[u8], section: Section) -> Result<&str, Damage> {
    std::str::from_utf8(bytes).map_err(|_| Damage::Sense(section))
}

/// What resources of one container share.
#[derive(Clone, Copy)]
pub struct Around {
    /// The organization's place.
    pub organization: u32,
    /// The first chunk of the outer places that say something.
    pub outer: u32,
    /// The container.
    pub parent: u32,
    /// Some of the flags of [`place`].
    pub flags: u32,
}

impl Around {
    /// The surroundings at a word.
    #[inline(always)]
    pub fn read(view: &View<'_>, at: u32) -> Result<Around, Damage> {
        let words: &[Word; around::WORDS] = view.fixed(Section::Around, at)?;
        Ok(Around {
            organization: number(&words[around::ORGANIZATION]),
            outer: number(&words[around::OUTER]),
            parent: number(&words[around::PARENT]),
            flags: number(&words[around::FLAGS]),
        })
    }
}

/// Outer places, a chunk at a time.
#[derive(Clone, Copy)]
pub struct Outer<'v> {
    places: &'v [Word],
    next: u32,
    at: u32,
}

impl<'v> Outer<'v> {
    /// The places that begin with the chunk at a word.
    pub fn from(chunk: u32) -> Outer<'v> {
        Outer { places: &[], next: chunk, at: NOTHING }
    }

    /// The next place, further out.
    #[inline]
    pub fn next(&mut self, view: &View<'v>) -> Result<Option<u32>, Damage> {
        loop {
            if let Some((first, rest)) = self.places.split_first() {
                self.places = rest;
                return Ok(Some(number(first)));
            }
            if self.next == NOTHING {
                return Ok(None);
            }
            // Chunks point to chunks before them, so every walk ends.
            if self.next >= self.at {
                return Err(Damage::Sense(Section::Outer));
            }
            self.at = self.next;
            let [count, next] = view.fixed(Section::Outer, self.at)?;
            let count = (number(count) as usize).min(outer::MAX);
            self.places = view.words(Section::Outer, self.at.saturating_add(outer::WORDS as u32), count)?;
            self.next = number(next);
        }
    }
}

/// Rows by principal: those of users and of groups, each sorted, and those of everyone; with what each gives.
#[derive(Clone, Copy, Default)]
pub struct Rows<'v> {
    /// Users, by their records.
    pub users: &'v [Word],
    /// Groups, by their records.
    pub groups: &'v [Word],
    /// How many rows everyone has.
    pub everyone: usize,
    narrow: &'v [[u8; 2]],
    wide: &'v [Word],
}

impl<'v> Rows<'v> {
    /// The rows that begin at a word.
    #[inline(always)]
    pub fn read(view: &View<'v>, section: Section, at: u32) -> Result<Rows<'v>, Damage> {
        let [first] = view.fixed(section, at)?;
        let first = number(first);
        if first & rows::WIDE != 0 {
            return Rows::wide(view, section, at);
        }
        let (users, groups, everyone) = (first & 0xFFFF, (first >> 16) & 0xFF, (first >> 24) & 0x7F);
        let (users, groups, everyone) = (users as usize, groups as usize, everyone as usize);
        let all = users + groups + everyone;
        let words = view.words(section, at.saturating_add(1), users + groups + all.div_ceil(2))?;
        let (who, gives) = words.split_at(users + groups);
        let (users, groups) = who.split_at(users);
        let narrow = gives.as_flattened().as_chunks().0;
        Ok(Rows { users, groups, everyone, narrow, wide: &[] })
    }

    #[inline(never)]
    fn wide(view: &View<'v>, section: Section, at: u32) -> Result<Rows<'v>, Damage> {
        let [_, users, groups, everyone] = view.fixed(section, at)?;
        let [users, groups, everyone] = [users, groups, everyone].map(|w| number(w) as usize);
        let who = users.saturating_add(groups);
        let all = who.saturating_add(everyone);
        let words = view.words(section, at.saturating_add(4), who.saturating_add(all))?;
        let (who, wide) = words.split_at(who);
        let (users, groups) = who.split_at(users);
        Ok(Rows { users, groups, everyone, narrow: &[], wide })
    }

    /// How many rows there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.users.len() + self.groups.len() + self.everyone
    }

    /// The rows of everyone.
    #[inline(always)]
    pub fn of_everyone(&self) -> Range<usize> {
        self.users.len() + self.groups.len()..self.len()
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The words that the rows at a word take.
    #[inline(always)]
    fn length(view: &View<'_>, section: Section, at: u32) -> Result<u32, Damage> {
        let [first] = view.fixed(section, at)?;
        let first = number(first);
        if first & rows::WIDE != 0 {
            return Rows::length_of_wide(view, section, at);
        }
        let (who, everyone) = ((first & 0xFFFF) + (first >> 16 & 0xFF), first >> 24);
        Ok(1 + who + (who + everyone).div_ceil(2))
    }

    #[inline(never)]
    fn length_of_wide(view: &View<'_>, section: Section, at: u32) -> Result<u32, Damage> {
        let [_, users, groups, everyone] = view.fixed(section, at)?;
        let who = number(users).saturating_add(number(groups));
        Ok(who.saturating_mul(2).saturating_add(number(everyone)).saturating_add(4))
    }

    /// What the row gives: where its grant begins.
    #[inline(always)]
    pub fn gives(&self, row: usize) -> u32 {
        match self.narrow.get(row) {
            Some(narrow) => u32::from(u16::from_le_bytes(*narrow)) * grant::WORDS as u32,
            None => self.wide.get(row).map_or(NOTHING, number).saturating_mul(grant::WORDS as u32),
        }
    }
}

/// What a row gives, and until when.
#[derive(Clone, Copy)]
pub struct Grant<'v>(pub &'v [Word; grant::WORDS]);

impl<'v> Grant<'v> {
    /// The grant at a word.
    #[inline(always)]
    pub fn read(view: &View<'v>, at: u32) -> Result<Grant<'v>, Damage> {
        view.fixed(Section::Grants, at).map(Grant)
    }

    /// When it ends: a place in the times, [`NOTHING`] for never.
    #[inline(always)]
    pub fn until(&self) -> u32 {
        number(&self.0[grant::UNTIL])
    }

    /// What it sets on a kind.
    #[inline(always)]
    pub fn on(&self, view: &View<'_>, kind: KindId) -> Result<Option<u32>, Damage> {
        let (only, set) = (number(&self.0[grant::KIND]), number(&self.0[grant::SET]));
        if only == kind {
            return Ok(Some(set));
        }
        if only != NOTHING || set == NOTHING {
            return Ok(None);
        }
        let [count] = view.fixed(Section::Lists, set)?;
        let words = view.words(Section::Lists, set.saturating_add(1), (number(count) as usize).saturating_mul(2))?;
        let pairs = words.as_chunks::<2>().0;
        let found = pairs.binary_search_by_key(&kind, |[k, _]| number(k));
        Ok(found.ok().map(|i| number(&pairs[i][1])))
    }
}

/// The value that a set gives a part of a kind with so many parts; [`UNSET`] where it says nothing.
#[inline(always)]
pub fn value(view: &View<'_>, set: u32, part: u32, parts: usize) -> Result<Value, Damage> {
    if parts <= DENSE {
        return Ok(view.part(Section::Sets, (set as usize).saturating_add(part as usize), 1)?[0]);
    }
    let word = |at: usize| view.part(Section::Sets, at, 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let count = word(set as usize)? as usize;
    let pairs = view.part(Section::Sets, (set as usize).saturating_add(4), count.saturating_mul(5))?.as_chunks::<5>().0;
    let key = |p: &[u8; 5]| u32::from_le_bytes([p[0], p[1], p[2], p[3]]);
    Ok(pairs.binary_search_by_key(&part, key).map_or(UNSET, |i| pairs[i][4]))
}

/// A user or a group: the groups that it is in.
#[derive(Clone, Copy)]
pub struct Principal<'v> {
    flags: u32,
    behind: u32,
    /// Groups by their records, sorted; where groups are not closed ahead of time, only those that list it.
    pub groups: &'v [Word],
    /// When each membership ends; empty where none does.
    pub untils: &'v [Word],
}

impl<'v> Principal<'v> {
    /// The record at a word of the users or the groups.
    #[inline(always)]
    pub fn read(view: &View<'v>, section: Section, at: u32) -> Result<Principal<'v>, Damage> {
        let [flags, count] = view.fixed(section, at)?;
        let (flags, count) = (number(flags), number(count));
        let ends = if flags & principal::EXPIRING != 0 { count } else { 0 };
        let all = (count as usize).saturating_add(ends as usize);
        let words = view.words(section, at.saturating_add(principal::WORDS), all)?;
        let (groups, untils) = words.split_at(count as usize);
        Ok(Principal { flags, behind: at.saturating_add(principal::WORDS).saturating_add(all as u32), groups, untils })
    }

    /// Its id.
    pub fn name(&self, view: &View<'v>, section: Section) -> Result<&'v str, Damage> {
        text(self.name_bytes(view, section)?, section)
    }

    /// Its id, before anyone looks whether it is text.
    #[inline(always)]
    pub fn name_bytes(&self, view: &View<'v>, section: Section) -> Result<&'v [u8], Damage> {
        name(view, section, self.behind, self.flags >> place::NAME_SHIFT)
    }

    /// Where the record ends.
    pub fn end(&self) -> u32 {
        self.behind.saturating_add((self.flags >> place::NAME_SHIFT).div_ceil(4))
    }
}

/// A pattern among those of its kind.
#[derive(Clone, Copy)]
pub struct Pattern {
    /// Its place.
    pub place: u32,
    /// The longest other pattern that its text begins with.
    pub shorter: u32,
    first: u32,
    last: u32,
    /// When it stops making resources known.
    pub until: u32,
    /// The surroundings of a resource that it makes known.
    pub around: u32,
    at: u32,
}

impl Pattern {
    /// The pattern of a number.
    pub fn read(view: &View<'_>, index: u32) -> Result<Pattern, Damage> {
        let words: &[Word; pattern::WORDS] = view.fixed(Section::Patterns, index.saturating_mul(pattern::WORDS as u32))?;
        let [place, shorter, first, last, until, around, at] = words.each_ref().map(number);
        Ok(Pattern { place, shorter, first, last, until, around, at })
    }

    /// Whether it speaks of what the longer pattern makes known: it has no container, or one that contains that.
    pub fn speaks_in(&self, longer: &Pattern) -> bool {
        self.first == NOTHING || (self.first <= longer.at && longer.at <= self.last)
    }
}
