//! For a comment of a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::failed::tally;
use super::{Failed, How, MARKS, Refused, Told, by_room, summary, tell, widens_by_removal};
use crate::query::diff::Diff;
use crate::query::diff::gates::Breach;
use crate::report::{count, floor, plain};

/// By this a comment is found again, so that one comment is kept and updated.
pub const MARK: &str = "<!-- roomkey diff -->";

/// The most bytes of a comment; GitHub takes 65,536 characters.
const LIMIT: usize = 60_000;
/// Of them those that causes may take.
const CAUSES: usize = 48_000;
/// Causes that are open to the eye; the others are folded.
const OPEN: usize = 5;
/// Sentences of each cause, from the most on until all causes have room.
const EACH: [usize; 5] = [30, 8, 3, 1, 0];
/// The most bytes of a title, a place or a note.
const LONG: usize = 1_200;
/// The most bytes of a sentence that stand before what is cut out of it, which is some of those who gain or lose, and behind it.
const ENDS: [usize; 2] = [400, 1_500];
/// Notes that are shown.
const NOTES: usize = 8;
/// The bytes of gates that are not met, and of errors, from which on the others are counted.
const FIRST: usize = 12_000;

/// How each comment begins.
fn beginning() -> String {
    format!("{MARK}\n## Who gains and who loses access\n\n")
}

/// Writes why there is nothing to compare: one sentence, what is wrong, a line each, and what to do about it.
pub(super) fn refused(out: &mut dyn Write, refused: &Refused<'_>) -> io::Result<()> {
    let Refused { why, wrong, help } = refused;
    let mut page = beginning();
    // Names stand between backticks; where a name has one itself, nobody knows which ends it.
    let told = |text: &str| match text.matches('`').count() % 2 {
        0 => marked(&text.replace('`', &MARKS[0].to_string())),
        _ => escaped(&cut(text)),
    };
    let _ = writeln!(page, "**❌ Nothing could be compared: {}**", told(why));
    for (i, wrong) in wrong.iter().enumerate() {
        if page.len() > FIRST {
            let _ = writeln!(page, "- …and {} more", refused.wrong.len() - i);
            break;
        }
        let _ = writeln!(page, "{}- {}", if i == 0 { "\n" } else { "" }, code(&wrong.line));
    }
    if let Some(help) = help {
        let _ = writeln!(page, "\n> {}", told(help));
    }
    out.write_all(page.as_bytes())
}

/// The gates that are not met, before anything else.
fn gates(page: &mut String, failed: &[Failed<'_>]) {
    if failed.is_empty() {
        return;
    }
    let _ = writeln!(page, "**❌ {}**\n", tally(failed));
    let from = page.len();
    for (i, f) in failed.iter().enumerate() {
        if page.len() - from > FIRST {
            let _ = writeln!(page, "- …and {}", count(failed.len() - i, "more gate"));
            break;
        }
        let _ = writeln!(page, "- {}: {}", code(&f.gate), marked(&f.marked));
        for told in &f.by {
            let places: Vec<String> = told.places.iter().map(|p| code(p)).collect();
            let places = if places.is_empty() { String::new() } else { format!(" <sub>{}</sub>", places.join(" · ")) };
            let _ = writeln!(page, "  {} {}{places}", marker(told), code(&told.title));
        }
        if f.more > 0 {
            let _ = writeln!(page, "  …and {}", count(f.more, "more cause"));
        }
    }
    page.push('\n');
}

/// Writes the gates that are not met and what differs, folded where it is long, and cut with a sentence where a comment cannot hold it. Every cause has
/// room before any has much.
///
/// # Errors
/// Those of the writer.
pub fn markdown(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>]) -> io::Result<()> {
    let mut page = beginning();
    gates(&mut page, &Failed::all(diff, failed, how));
    let _ = writeln!(page, "**{}**", escaped(&summary(diff, how)));
    page.push_str(&notes(&diff.whole));
    let told = tell(diff, how);
    let parts = parts(&told);
    let mut room = (CAUSES + 500).saturating_sub(page.len());
    let mut shown = vec![false; parts.len()];
    for i in by_room(&told) {
        let Some(left) = room.checked_sub(parts[i].len()) else { break };
        (room, shown[i]) = (left, true);
    }
    let open = shown.iter().filter(|shown| **shown).count() > OPEN;
    for (i, (part, _)) in parts.iter().zip(&shown).filter(|(_, shown)| **shown).enumerate() {
        if i == OPEN {
            let _ = writeln!(page, "\n<details><summary>{} more</summary>", parts.len() - i);
        }
        page.push_str(part);
    }
    let left: Vec<&Told<'_>> = told.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(told, _)| told).collect();
    if !left.is_empty() {
        let (s, them) = if left.len() == 1 { ("", "it") } else { ("s", "them all") };
        let gives = left.iter().filter(|told| told.danger.gives()).count();
        let gives = if gives == 0 { String::new() } else { format!(", {gives} of which give access") };
        let _ = writeln!(page, "\n…and {} more cause{s}{gives}: `roomkey diff` shows {them}.", left.len());
    }
    if open {
        page.push_str("\n</details>\n");
    }
    let notes = notes(&diff.notes);
    quiet(&mut page, diff, LIMIT - notes.len().min(LIMIT));
    page.push_str(&notes);
    out.write_all(page.as_bytes())
}

/// Every cause, with as many sentences as all have room for; the first ones, which are the most dangerous, with more where
/// there is room left. Where not even the titles of all fit, the first ones keep their sentences and the last ones go.
fn parts(told: &[Told<'_>]) -> Vec<String> {
    let all = |each: usize| told.iter().map(|t| cause(t, each)).collect::<Vec<String>>();
    let size = |parts: &[String]| parts.iter().map(String::len).sum::<usize>();
    let fits = EACH.iter().map(|each| all(*each)).find(|parts| size(parts) <= CAUSES);
    let mut parts = fits.unwrap_or_else(|| all(0));
    let mut left = CAUSES - size(&parts).min(CAUSES * 2 / 3);
    for i in by_room(told) {
        let part = &mut parts[i];
        let more = EACH.iter().map(|each| cause(&told[i], *each)).find(|more| more.len() <= part.len() + left);
        let Some(more) = more.filter(|more| more.len() > part.len()) else { continue };
        left -= more.len() - part.len();
        *part = more;
    }
    parts
}

/// One cause, with so many sentences.
fn cause(told: &Told<'_>, each: usize) -> String {
    let mut part = String::new();
    let marker = marker(told);
    let warning = widens_by_removal(told).map_or(String::new(), |warning| format!(" ⚠️ {}", marked(&warning)));
    let _ = writeln!(part, "\n{marker} {}{warning}\n", code(&told.title));
    for effect in told.effects.iter().take(each) {
        let clock = if effect.later { "🕒 " } else { "" };
        let mark = match (effect.gains, effect.moves) {
            (true, _) => "**+**",
            (_, true) => "**→**",
            _ => "**−**",
        };
        let _ = writeln!(part, "- {mark} {clock}{}", marked(&effect.marked));
    }
    if told.effects.len() > each {
        let more = told.effects.len() - each;
        let (rest, s) = (if each == 0 { "" } else { "more " }, if more == 1 { "" } else { "s" });
        let _ = writeln!(part, "- …and {more} {rest}sentence{s}: `roomkey diff` shows all");
    }
    if !told.places.is_empty() && each > 0 {
        let _ = writeln!(part, "\n<sub>{}</sub>", told.places.iter().map(|p| code(p)).collect::<Vec<_>>().join(" · "));
    }
    part
}

fn marker(told: &Told<'_>) -> &'static str {
    match told.sign {
        '+' => "➕",
        '-' => "➖",
        _ => "✏️",
    }
}

/// Statements without an effect, folded.
fn quiet(page: &mut String, diff: &Diff, limit: usize) {
    if diff.quiet.is_empty() {
        return;
    }
    let (s, verb) = if diff.quiet.len() == 1 { ("", "s") } else { ("s", "") };
    let _ = writeln!(page, "\n<details><summary>{} other statement{s} that differ{verb}</summary>\n", diff.quiet.len());
    for (i, s) in diff.quiet.iter().enumerate() {
        let line = format!("- {} {}\n", if s.new { '+' } else { '−' }, code(&s.text));
        if page.len() + line.len() + 100 > limit {
            let _ = writeln!(page, "- …and {} more", diff.quiet.len() - i);
            break;
        }
        page.push_str(&line);
    }
    page.push_str("\n</details>\n");
}

/// What a reader should know.
fn notes(all: &[String]) -> String {
    let mut notes = String::new();
    for note in all.iter().take(NOTES) {
        let _ = writeln!(notes, "\n> {}", code(note));
    }
    if all.len() > NOTES {
        let _ = writeln!(notes, "\n> …and {} more", all.len() - NOTES);
    }
    notes
}

/// A sentence, its words of the policy as code: a name is no link and mentions nobody.
fn marked(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for piece in within(text).split(MARKS) {
        match inside {
            true if !piece.is_empty() => out.push_str(&code(piece)),
            _ => out.push_str(&escaped(piece)),
        }
        inside = !inside;
    }
    out
}

/// A text that is not too long.
fn cut(text: &str) -> String {
    if text.len() <= LONG { text.to_owned() } else { format!("{}…", &text[..floor(text, LONG)]) }
}

/// A sentence that is not too long: who it is about stands first, and what happens to them and where stays whole; marks stay in
/// pairs.
fn within(text: &str) -> String {
    let [before, behind] = ENDS;
    if text.len() <= before + behind {
        return text.to_owned();
    }
    let open = |part: &str| part.matches(MARKS).count() % 2 == 1;
    let from = (text.len() - behind..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let (first, last) = (&text[..floor(text, before)], &text[from..]);
    let ends = |part: &str, mark: char| if open(part) { mark.to_string() } else { String::new() };
    format!("{first}{} … {}{last}", ends(first, MARKS[1]), ends(&text[..from], MARKS[0]))
}

/// Text in which nothing is a mark of Markdown, a tag, a link or a mention.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            // Without these no address becomes a link.
            '/' => out.push_str("&#47;"),
            '.' => out.push_str("&#46;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
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
    let text = plain(&cut(text)).replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    if longest > 0 { format!("{ticks} {text} {ticks}") } else { format!("{ticks}{text}{ticks}") }
}
