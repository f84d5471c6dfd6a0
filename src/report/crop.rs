//! A line of a text as a screen shows it: cut around what is marked in it, with nothing that a terminal obeys.

use unicode_width::UnicodeWidthChar;

use super::{floor, unspeakable};

/// Of a line of more bytes only what stands around the first mark is looked at.
pub const LONG: usize = 400;
/// What is shown of such a line where no screen is known: as much before the mark as behind it.
const AROUND: usize = 60;
/// The columns of such a line.
const WIDE: usize = 200;
/// A tab goes on to the next multiple of this.
const TAB: usize = 4;
/// What stands in the place of what is cut off.
const MORE: char = '…';

/// What has to be seen of a line.
#[derive(Clone, Copy)]
pub struct Mark {
    /// The first byte of it.
    pub from: usize,
    /// The byte behind it.
    pub to: usize,
    /// The columns of what hangs under the middle of it.
    pub hangs: usize,
}

/// A line as it is shown.
pub struct Cut {
    /// What is shown.
    pub text: String,
    /// Of each character that is shown: its byte in the line, its byte in the text, and its column.
    places: Vec<(usize, usize, usize)>,
    /// The end of what is shown, and where `…` begins or it ends.
    end: (usize, usize, usize),
}

/// A character of a line.
struct Cell {
    byte: usize,
    column: usize,
    shown: char,
    width: usize,
}

impl Cut {
    /// A line without its end, whose first `skipped` bytes are no text; as much of it as fits into `room` columns, the first of the
    /// marks for certain.
    pub fn new(line: &str, skipped: usize, marks: &[Mark], room: Option<usize>) -> Cut {
        let is_long = line.len() > LONG;
        let (start, end) = match marks.first() {
            Some(mark) if is_long => (floor(line, mark.from.saturating_sub(LONG)), floor(line, mark.to + LONG)),
            None if is_long => (0, floor(line, LONG)),
            _ => (0, line.len()),
        };
        let start = start.max(skipped);
        let room = room.or(is_long.then_some(WIDE));
        let cells = cells(line, start, end);
        let all = cells.last().map_or(0, |cell| cell.column + cell.width);
        let column = |byte: usize| cells.get(cells.partition_point(|c| c.byte < byte)).map_or(all, |cell| cell.column);
        let marked: Vec<(usize, usize, usize)> = marks.iter().map(|m| (column(m.from), column(m.to), m.hangs)).collect();
        let out = room.map_or(0, |room| left_out(all, room, &marked));
        let out = if start > skipped { out.max(1) } else { out };
        let first = if out > 0 { cells.partition_point(|cell| cell.column < out + 1) } else { 0 };
        let shift = cells.get(first).map_or(all, |cell| cell.column).saturating_sub(usize::from(out > 0));
        let more = end < line.len();
        let fits = |cell: &Cell, room: usize| cell.column + cell.width <= shift + room;
        let last = match room {
            Some(room) if more || all > shift + room => {
                cells.partition_point(|cell| fits(cell, room.saturating_sub(1))).max(first)
            }
            _ => cells.len(),
        };
        let mut cut = Cut { text: String::new(), places: Vec::new(), end: (line.len(), 0, 0) };
        if out > 0 {
            cut.places.push((0, 0, 0));
            cut.text.push(MORE);
        }
        for cell in &cells[first..last] {
            cut.places.push((cell.byte, cut.text.len(), cell.column - shift));
            let times = if cell.shown == ' ' { cell.width } else { 1 };
            cut.text.extend(std::iter::repeat_n(cell.shown, times));
        }
        let column = cells.get(last).map_or(all, |cell| cell.column).saturating_sub(shift);
        if last < cells.len() || more {
            let byte = cells.get(last).map_or(end, |cell| cell.byte);
            cut.places.push((byte, cut.text.len(), column));
            cut.text.push(MORE);
            cut.end = (line.len(), cut.text.len(), column + 1);
        } else {
            cut.end = (line.len(), cut.text.len(), column);
        }
        cut
    }

    /// Where a byte of the line stands in the text, and in which column.
    pub fn at(&self, byte: usize) -> (usize, usize) {
        let behind = self.places.partition_point(|(of_line, ..)| *of_line <= byte);
        match self.places.get(behind.wrapping_sub(1)) {
            // What was cut off at the end begins with `…`, and ends behind it.
            Some((of_line, ..)) if behind == self.places.len() && byte > *of_line => (self.end.1, self.end.2),
            Some((_, at, column)) => (*at, *column),
            None => self.places.first().map_or((self.end.1, self.end.2), |(_, at, column)| (*at, *column)),
        }
    }
}

fn cells(line: &str, start: usize, end: usize) -> Vec<Cell> {
    let mut column = 0;
    let cell = |(at, c): (usize, char)| {
        let shown = if c == '\t' { ' ' } else { harmless(c) };
        let width = if c == '\t' { TAB - column % TAB } else { shown.width().unwrap_or(0) };
        column += width;
        Cell { byte: start + at, column: column - width, shown, width }
    };
    line.get(start..end).unwrap_or("").char_indices().map(cell).collect()
}

/// How many columns are left out at the start, so that the marks are seen and what hangs under them ends in time.
fn left_out(all: usize, room: usize, marks: &[(usize, usize, usize)]) -> usize {
    let least = |(from, to, hangs): (usize, usize, usize)| {
        let behind = if all > room { (all - to).min(room.min(WIDE) * AROUND / WIDE) } else { 0 };
        let ends = to + behind + usize::from(to + behind < all);
        let out = ends.max((from + to) / 2 + hangs).saturating_sub(room);
        // What does not fit whole keeps a little of what stands before it.
        out.min(from.saturating_sub(if to - from + 2 > room { TAB } else { 1 }))
    };
    let from = marks.iter().map(|(from, ..)| from.saturating_sub(1)).min().unwrap_or(0);
    let most = marks.iter().map(|mark| least(*mark)).max().unwrap_or(0);
    if most <= from { most } else { marks.first().map_or(0, |mark| least(*mark)) }
}

/// A character in the place of one that a terminal obeys.
fn harmless(c: char) -> char {
    match c.len_utf8() {
        _ if !unspeakable(c) && c != '\u{feff}' => c,
        1 => '?',
        2 => '¿',
        _ => '\u{FFFD}',
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Mark};

    fn shown(line: &str, from: usize, to: usize, hangs: usize, room: usize) -> (String, String) {
        let cut = Cut::new(line, 0, &[Mark { from, to, hangs }], Some(room));
        let marked = cut.text[cut.at(from).0..cut.at(to).0].to_owned();
        (cut.text, marked)
    }

    #[test]
    fn a_line_is_cut_around_its_mark() {
        let line = "  group engineering can *:read, comments:write until 2027-01-01";
        assert_eq!(shown(line, 8, 19, 0, 63), (line.to_owned(), "engineering".into()));
        let cases = [
            (8, 19, 0, 30, "  group engineering can *:rea…", "engineering"),
            (32, 46, 0, 30, "…ead, comments:write until 20…", "comments:write"),
            (53, 63, 0, 30, "…mments:write until 2027-01-01", "2027-01-01"),
            (0, 63, 0, 20, "  group engineering…", "  group engineering…"),
            (32, 46, 20, 30, "…, comments:write until 2027-…", "comments:write"),
        ];
        for (from, to, hangs, room, text, marked) in cases {
            let (is, mark) = shown(line, from, to, hangs, room);
            assert!(is.chars().count() <= room, "{is}");
            assert_eq!((is.as_str(), mark.as_str()), (text, marked), "{from}..{to} in {room}");
        }
    }

    #[test]
    fn tabs_and_wide_letters_take_their_columns() {
        let line = "\troom 日本\tx";
        assert_eq!(shown(line, 6, 12, 0, 80), ("    room 日本   x".into(), "日本".into()));
        assert_eq!(shown(line, 6, 12, 0, 8), ("…日本…".into(), "日本".into()));
        assert_eq!(shown("\u{1b}[1m\u{202e}é", 8, 10, 0, 80).0, "?[1m\u{FFFD}é");
    }

    #[test]
    fn any_line_fits_and_any_place_of_it_is_known() {
        let lines = ["", "a", "日", "\t\t", &"é日x\t".repeat(300), &"word ".repeat(12)];
        for line in lines {
            let places: Vec<usize> =
                (0..=line.len()).filter(|at| line.is_char_boundary(*at)).step_by(1 + line.len() / 40).collect();
            for (from, to) in places.iter().flat_map(|from| places.iter().map(move |to| (*from, *to))).filter(|(a, b)| a <= b) {
                for (room, hangs) in [(16, 0), (16, 14), (35, 16), (80, 30)] {
                    let cut = Cut::new(line, 0, &[Mark { from, to, hangs }], Some(room));
                    assert!(cut.at(line.len()).1 <= room, "{from}..{to} of {line:?} in {room}: {}", cut.text);
                    let (start, end) = (cut.at(from), cut.at(to));
                    assert!(start.0 <= end.0 && cut.text.is_char_boundary(start.0) && cut.text.is_char_boundary(end.0));
                    assert!(from == to || start.1 < end.1, "{from}..{to} of {line:?} in {room}: {}", cut.text);
                }
            }
        }
    }
}
