//! For a comment of a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{How, summary, tell, widens_by_removal};
use crate::query::diff::Diff;
use crate::report::plain;

/// By this a comment is found again, so that one comment is kept and updated.
pub const MARK: &str = "<!-- roomkey diff -->";

/// The most bytes of a comment; GitHub takes 65,536 characters.
const LIMIT: usize = 60_000;
/// Causes that are open to the eye; the others are folded.
const OPEN: usize = 5;

/// Writes what differs, folded where it is long, and cut with a sentence where a comment cannot hold it.
///
/// # Errors
/// Those of the writer.
pub fn markdown(out: &mut dyn Write, diff: &Diff, how: &How<'_>) -> io::Result<()> {
    let mut page = format!("{MARK}\n## Who gains and who loses access\n\n");
    let _ = writeln!(page, "**{}**", escaped(&summary(diff, how)));
    let told = tell(diff, how);
    let all = told.len();
    for (i, told) in told.iter().enumerate() {
        let mut part = String::new();
        let marker = match told.sign {
            '+' => "➕",
            '-' => "➖",
            _ => "✏️",
        };
        let warning = if widens_by_removal(told) { " ⚠️ taking it away lets people in" } else { "" };
        let _ = writeln!(part, "\n{marker} {}{warning}\n", code(&told.title));
        for effect in &told.effects {
            let (mark, clock) = (if effect.gains { "**+**" } else { "**−**" }, if effect.later { "🕒 " } else { "" });
            let _ = writeln!(part, "- {mark} {clock}{}", escaped(&effect.text));
        }
        if !told.places.is_empty() {
            let _ = writeln!(part, "\n<sub>{}</sub>", told.places.iter().map(|p| escaped(p)).collect::<Vec<_>>().join(" · "));
        }
        if page.len() + part.len() > LIMIT {
            let _ = writeln!(page, "\n…and {} more causes: `roomkey diff` shows them all.", all - i);
            if i > OPEN {
                page.push_str("\n</details>\n");
            }
            return out.write_all(page.as_bytes());
        }
        if i == OPEN && all > OPEN {
            let _ = writeln!(page, "\n<details><summary>{} more</summary>", all - i);
        }
        page.push_str(&part);
    }
    if all > OPEN {
        page.push_str("\n</details>\n");
    }
    quiet(&mut page, diff);
    for note in &diff.notes {
        let _ = writeln!(page, "\n> {}", escaped(note));
    }
    out.write_all(page.as_bytes())
}

/// Statements without an effect, folded.
fn quiet(page: &mut String, diff: &Diff) {
    if diff.quiet.is_empty() {
        return;
    }
    let s = if diff.quiet.len() == 1 { "" } else { "s" };
    let _ = writeln!(
        page,
        "\n<details><summary>{} other statement{s} that differ{}</summary>\n",
        diff.quiet.len(),
        if diff.quiet.len() == 1 { "s" } else { "" }
    );
    for (i, s) in diff.quiet.iter().enumerate() {
        if page.len() > LIMIT {
            let _ = writeln!(page, "- …and {} more", diff.quiet.len() - i);
            break;
        }
        let _ = writeln!(page, "- {} {}", if s.new { '+' } else { '−' }, code(&plain(&s.text)));
    }
    page.push_str("\n</details>\n");
}

/// Text in which nothing is a mark of Markdown, a tag or a mention.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text as code, whatever ticks it holds.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    if longest > 0 { format!("{ticks} {text} {ticks}") } else { format!("{ticks}{text}{ticks}") }
}
