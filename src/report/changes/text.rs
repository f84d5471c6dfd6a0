//! For a terminal.

use std::io::{self, Write};

use super::{How, bare, summary, tell, widens_by_removal};
use crate::query::diff::{Cause, Diff};
use crate::report::plain;

/// Statements without an effect that are shown.
const QUIET: usize = 10;

/// Writes what differs: each cause with its places and effects.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, diff: &Diff, how: &How<'_>, color: bool) -> io::Result<()> {
    writeln!(out, "{}", paint(color, "1", &summary(diff, how)))?;
    diff.whole.iter().try_for_each(|note| writeln!(out, "note: {}", plain(note)))?;
    causes(out, diff, how, (color, ""), &|_| None)?;
    if !diff.quiet.is_empty() {
        let also = match (diff.causes.is_empty(), diff.quiet.len()) {
            (true, _) => "what differs",
            (false, 1) => "another statement that differs",
            (false, _) => "other statements that differ",
        };
        writeln!(out, "\n{also}")?;
        let shown = if how.all { usize::MAX } else { QUIET };
        for s in diff.quiet.iter().take(shown) {
            let place = s.source.as_ref().map_or(String::new(), |o| format!("     {o}"));
            writeln!(out, "  {} {}{}", if s.new { '+' } else { '-' }, plain(&s.text), plain(&place))?;
        }
        if diff.quiet.len() > shown {
            writeln!(out, "  and {} more", diff.quiet.len() - shown)?;
        }
    }
    diff.notes.iter().try_for_each(|note| writeln!(out, "\nnote: {}", plain(note)))
}

/// Writes each cause with what is said of it beside, its places and its effects.
///
/// # Errors
/// Those of the writer.
pub fn causes(
    out: &mut dyn Write,
    diff: &Diff,
    how: &How<'_>,
    (color, indent): (bool, &str),
    beside: &dyn Fn(&Cause) -> Option<&'static str>,
) -> io::Result<()> {
    for told in tell(diff, how) {
        let code = match told.sign {
            '+' => "1;32",
            '-' => "1;31",
            _ => "1;33",
        };
        writeln!(out, "\n{indent}{}", paint(color, code, &format!("{} {}", told.sign, told.title)))?;
        if let Some(beside) = beside(told.cause) {
            writeln!(out, "{indent}    {beside}")?;
        }
        if let Some(warning) = widens_by_removal(&told) {
            writeln!(out, "{indent}    {}", paint(color, "1;33", &plain(&bare(&warning))))?;
        }
        for place in &told.places {
            writeln!(out, "{indent}    {}", paint(color, "2", place))?;
        }
        for effect in &told.effects {
            let code = match (effect.gains, effect.moves) {
                (true, _) => "32",
                (_, true) => "33",
                _ => "31",
            };
            writeln!(out, "{indent}    {}", paint(color, code, &effect.text))?;
        }
    }
    Ok(())
}

fn paint(color: bool, code: &str, text: &str) -> String {
    if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
