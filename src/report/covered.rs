//! Coverage as words: what nothing would miss, every source line with its mark, JSON, and LCOV.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{count, one_line, plain};
use crate::query::coverage::{Covered, percentage};
use crate::source::{FileId, Sources};

/// Writes each statement that nothing would miss, and how much something would.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, sources: &Sources, all: &[Covered]) -> io::Result<()> {
    for lost in all.iter().filter(|c| !c.noticed) {
        writeln!(out, "untested  {}     {}", words(sources, lost), plain(&sources.place(lost.span).to_string()))?;
    }
    summary(out, all)
}

/// Writes every line of the files that say something, each with what would be missed of it.
///
/// # Errors
/// Those of the writer.
pub fn listing(out: &mut dyn Write, sources: &Sources, all: &[Covered]) -> io::Result<()> {
    for (file, lines) in by_line(sources, all) {
        let source = sources.get(file);
        writeln!(out, "{}", one_line(source.name()))?;
        let last = source.line_starts().len();
        let width = last.to_string().len();
        for number in 1..=last {
            let text = plain(source.line(number).trim_end());
            if number == last && text.is_empty() {
                continue;
            }
            let said = lines.get(&number).map_or(&[][..], |said| said);
            let lost = said.iter().filter(|c| !c.noticed).count();
            let mark = match said.len() {
                0 => ' ',
                _ if lost == 0 => '+',
                all if lost == all => '-',
                _ => '~',
            };
            writeln!(out, "{}", format!("{mark} {number:width$}  {text}").trim_end())?;
            if mark == '~' {
                for lost in said.iter().filter(|c| !c.noticed) {
                    writeln!(out, "  {:width$}    untested: {}", "", words(sources, lost))?;
                }
            }
        }
        writeln!(out)?;
    }
    summary(out, all)
}

fn summary(out: &mut dyn Write, all: &[Covered]) -> io::Result<()> {
    let noticed = all.iter().filter(|c| c.noticed).count();
    writeln!(out, "coverage {}%: {noticed} of {} noticed if lost", percentage(all), count(all.len(), "statement"))
}

/// A statement on one line.
fn words(sources: &Sources, one: &Covered) -> String {
    plain(&sources.text(one.span).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The statements by file and by the line on which they begin.
fn by_line<'a>(sources: &Sources, all: &'a [Covered]) -> BTreeMap<FileId, BTreeMap<usize, Vec<&'a Covered>>> {
    let mut files: BTreeMap<FileId, BTreeMap<usize, Vec<&Covered>>> = BTreeMap::new();
    for one in all {
        let line = sources.get(one.span.file).line_column(one.span.start).0;
        files.entry(one.span.file).or_default().entry(line).or_default().push(one);
    }
    files
}

/// Coverage as a JSON object.
pub fn json(sources: &Sources, all: &[Covered]) -> Value {
    let lost = all.iter().filter(|c| !c.noticed).map(|one| {
        let place = sources.place(one.span);
        json!({"text": words(sources, one), "source": {"file": place.file, "line": place.line, "column": place.column}})
    });
    let lost: Vec<Value> = lost.collect();
    json!({"statements": all.len(), "noticed": all.len() - lost.len(), "percent": percentage(all), "untested": lost})
}

/// Writes coverage as an LCOV tracefile: a branch for each statement, and a line is hit where all of its statements are.
///
/// # Errors
/// Those of the writer.
pub fn lcov(out: &mut dyn Write, sources: &Sources, all: &[Covered]) -> io::Result<()> {
    for (file, lines) in by_line(sources, all) {
        writeln!(out, "TN:\nSF:{}", one_line(sources.get(file).name()))?;
        let (mut branches, mut hit) = (0, 0);
        for (line, said) in &lines {
            for (number, one) in said.iter().enumerate() {
                writeln!(out, "BRDA:{line},0,{number},{}", u8::from(one.noticed))?;
                branches += 1;
                hit += usize::from(one.noticed);
            }
        }
        writeln!(out, "BRF:{branches}\nBRH:{hit}")?;
        let whole = |said: &[&Covered]| said.iter().all(|c| c.noticed);
        for (line, said) in &lines {
            writeln!(out, "DA:{line},{}", u8::from(whole(said)))?;
        }
        let all = lines.values().filter(|said| whole(said)).count();
        writeln!(out, "LF:{}\nLH:{all}\nend_of_record", lines.len())?;
    }
    Ok(())
}
