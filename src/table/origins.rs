//! Where a statement is written: file, line and column.

use super::layout::place;
use super::layout::{NOTHING, Section};
use super::records::{Place, Rows, next_record};
use super::view::{Damage, View, number};

/// Numbers of seven bits a byte, the lowest first; the highest bit says that more follow (LEB128).
pub fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Small numbers of either sign in few bytes (zigzag).
pub fn push_signed(bytes: &mut Vec<u8>, number: i64) {
    push_number(bytes, (number << 1 ^ number >> 63) as u64);
}

/// The words of a mark: the place's record, and where its origins begin.
const MARK_WORDS: usize = 3;

/// A line, all files laid behind each other, and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Which row of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The statement that declares it.
    Itself,
    /// An access entry.
    Can(u32),
    /// A prohibition.
    Cannot(u32),
    /// An assignment.
    Role(u32),
}

/// Where a row of a place is written; [`NOTHING`] is the place `everywhere`.
pub fn origin(view: &View<'_>, place: u32, which: Which) -> Result<Origin, Damage> {
    let before = before(view, place, which)?;
    let mut reader = reader(view, place)?;
    reader.skip(before)?;
    reader.next()
}

/// Where a place and all of its rows are written, read once.
#[derive(Debug)]
pub struct Written(Vec<Origin>);

impl Written {
    /// Reads so many of a place.
    pub fn read(view: &View<'_>, place: u32, rows: usize) -> Result<Written, Damage> {
        let mut reader = reader(view, place)?;
        (0..rows).map(|_| reader.next()).collect::<Result<_, _>>().map(Written)
    }

    /// Where one of the rows is.
    pub fn of(&self, view: &View<'_>, place: u32, which: Which) -> Result<Origin, Damage> {
        self.0.get(before(view, place, which)?).copied().ok_or(Damage::Sense(Section::Origins))
    }
}

/// How many places and rows are written down, of `everywhere` or of another place.
pub fn count(view: &View<'_>, place: u32, everywhere: u32) -> Result<usize, Damage> {
    match (place, everywhere) {
        (NOTHING, NOTHING) => Ok(0),
        (NOTHING, at) => Ok(Rows::read(view, Section::Rows, at)?.len()),
        _ => Ok(1 + all_rows(view, &Place::read(view, place)?)?),
    }
}

/// How many of a place stand before one of them.
fn before(view: &View<'_>, place: u32, which: Which) -> Result<usize, Damage> {
    if place == NOTHING {
        let Which::Role(row) = which else { return Err(Damage::Sense(Section::OriginMarks)) };
        return Ok(row as usize);
    }
    let here = Place::read(view, place)?;
    let can = here.entries(view)?.len();
    Ok(match which {
        Which::Itself => 0,
        Which::Can(row) => 1 + row as usize,
        Which::Cannot(row) => 1 + can + row as usize,
        Which::Role(row) => 1 + can + here.rows(view, place::CANNOT)?.len() + row as usize,
    })
}

/// A reader that stands before the first of a place.
fn reader<'r, 'v>(view: &'r View<'v>, place: u32) -> Result<Reader<'r, 'v>, Damage> {
    let marks = view.length(Section::OriginMarks) / (4 * MARK_WORDS);
    let mark = |i: usize| view.fixed::<MARK_WORDS>(Section::OriginMarks, (i * MARK_WORDS) as u32).map(|w| w.map(|w| number(&w)));
    let (mut low, mut high) = (0, marks);
    while low < high {
        let middle = (low + high) / 2;
        if mark(middle)?[0] <= place { low = middle + 1 } else { high = middle }
    }
    let nonsense = Damage::Sense(Section::OriginMarks);
    let [mut at, from, above] = mark(low.checked_sub(1).ok_or(nonsense)?)?;
    let at_byte = usize::try_from(u64::from(from) | u64::from(above) << 32).map_err(|_| nonsense)?;
    let mut reader = Reader { view, at: at_byte, line: 0 };
    while place != NOTHING && at < place {
        let here = Place::read(view, at)?;
        reader.skip(1 + all_rows(view, &here)?)?;
        let end = at.saturating_add(here.length(view)?);
        at = next_record(view, Section::Places, end)?.ok_or(nonsense)?;
    }
    Ok(reader)
}

fn all_rows(view: &View<'_>, place: &Place) -> Result<usize, Damage> {
    let more = [place::CANNOT, place::ROLES, place::MEMBERS].iter().map(|f| place.rows(view, *f).map(|r: Rows<'_>| r.len()));
    Ok(place.entries(view)?.len() + more.sum::<Result<usize, Damage>>()?)
}

struct Reader<'r, 'v> {
    view: &'r View<'v>,
    at: usize,
    line: i64,
}

impl Reader<'_, '_> {
    fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.view.part(Section::Origins, self.at, 1)?[0];
            self.at += 1;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damage::Sense(Section::Origins))
    }

    fn next(&mut self) -> Result<Origin, Damage> {
        let (step, column) = (self.number()?, self.number()?);
        self.line = self.line.wrapping_add((step >> 1) as i64 ^ -((step & 1) as i64));
        Ok(Origin { line: self.line as u32, column: column as u32 })
    }

    fn skip(&mut self, count: usize) -> Result<(), Damage> {
        (0..count).try_for_each(|_| self.next().map(drop))
    }
}
