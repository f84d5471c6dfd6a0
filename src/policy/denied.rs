//! Where a line takes something away, nothing is suggested that gives: who follows a suggestion must not open a door that was
//! meant to stay shut.

use crate::finding::{Finding, UNKNOWN_PERMISSION};
use crate::source::Span;
use crate::syntax::mend::takes_away;

/// What is said instead.
const MEANT: &str = "say which is meant: `cannot PERMISSIONS` takes away, `can nothing` gives nothing, and `FEATURE:none` leaves a \
                     feature out";

/// Takes the help of an error away that would grant something where its line holds a word of denial.
pub fn guard(finding: &mut Finding, text: &str) {
    let Some(help) = &finding.help else { return };
    let line = line(text, finding.span);
    let written = text.get(finding.span.start as usize..finding.span.end as usize).unwrap_or("");
    // A word that begins as a denial does and goes on as the suggestion: `nowrite`.
    let denied_name = suggested(help).is_some_and(|word| {
        let name = word.rsplit(':').next().unwrap_or(word);
        ["no", "non", "not", "un", "no-", "non-", "not-"].iter().any(|not| ends_in(written, not, name))
    });
    let verb = words(line).any(|word| ["cannot", "nothing"].contains(&word));
    let taken = denies(line);
    let torn = help.contains(", :") || help.contains(":,");
    let gives =
        denied_name || torn || grants(help) && (taken || verb) || taken && finding.rule == &UNKNOWN_PERMISSION && guesses(help);
    if gives {
        finding.help = Some(MEANT.into());
        finding.fix = None;
    }
}

/// Whether a help has code that grants, and none that takes away or asks about nobody.
fn grants(help: &str) -> bool {
    let has = |sought: &[&str]| code(help).any(|code| words(code).any(|word| sought.contains(&word)));
    has(&["can"]) && !has(&["cannot", "nothing", "no"]) && !help.contains(":none")
}

/// Whether a text has a word of denial; `no` before whom an invariant speaks of is none.
fn denies(text: &str) -> bool {
    let mut all = words(text).peekable();
    while let Some(word) = all.next() {
        let asked = word == "no" && all.peek().is_some_and(|next| ["user", "group", "one", "member", "stranger"].contains(next));
        if takes_away(word) && !asked {
            return true;
        }
    }
    false
}

/// Whether a help guesses the name of a permission.
fn guesses(help: &str) -> bool {
    help.starts_with("did you mean")
}

/// The name that a help guesses.
fn suggested(help: &str) -> Option<&str> {
    help.starts_with("did you mean").then(|| code(help).next()).flatten()
}

fn ends_in(written: &str, not: &str, name: &str) -> bool {
    let written = written.to_ascii_lowercase();
    written.rsplit(':').next().and_then(|last| last.strip_prefix(not)).is_some_and(|rest| rest == name)
}

/// What stands between backticks.
fn code(help: &str) -> impl Iterator<Item = &str> {
    help.split('`').skip(1).step_by(2)
}

/// The words of a text, without its comments.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '\''))))
        .filter(|word| !word.is_empty())
}

/// The lines on which a stretch begins and ends, of a bounded length.
fn line(text: &str, span: Span) -> &str {
    const WIDEST: usize = 1_000;
    let (start, end) = (span.start as usize, (span.end as usize).min(text.len()));
    let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to = text.get(end..).and_then(|behind| behind.find('\n')).map_or(text.len(), |at| end + at);
    let (mut from, mut to) = (from.max(start.saturating_sub(WIDEST)), to.min(end + WIDEST).max(start));
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    text.get(from..to).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::guard;
    use crate::finding::{Finding, UNKNOWN_PERMISSION};
    use crate::source::{FileId, Span};

    fn help(line: &str, at: &str, help: &str) -> String {
        let start = line.find(at).expect("it is there") as u32;
        let span = Span { file: FileId(0), start, end: start + at.len() as u32 };
        let mut finding = Finding::new(&UNKNOWN_PERMISSION, span, "it is wrong").help(help);
        guard(&mut finding, line);
        finding.help.expect("there is one")
    }

    #[test]
    fn no_grant_is_suggested_where_something_is_denied() {
        let gone = [
            ("user jon write: deny", "write", "type `user jon can write`"),
            ("user ann can comments:deny", "comments:deny", "did you mean `comments:read`?"),
            ("user ann can nowrite", "nowrite", "did you mean `write`?"),
            ("group staff can write, except user bob", "except", "type what it can do there: `user bob can read`"),
            ("user ann, user bob cannot write", ",", "write an entry for each: `group staff can read`"),
            (
                "user ann: { can: write, cannot: comments:write }",
                ":",
                "type `user ann can can, :, write, cannot, :, comments:write`",
            ),
        ];
        for (line, at, said) in gone {
            assert!(help(line, at, said).starts_with("say which is meant"), "{line}");
        }
        let kept = [
            ("user ann can raed", "raed", "did you mean `read`?"),
            ("user ann cannot raed", "raed", "did you mean `read`?"),
            ("user ann may not write", "may not", "type `user ann cannot write`"),
            ("no user can raed on room q", "raed", "did you mean `read`?"),
            ("user ann can raed // not yet", "raed", "did you mean `read`?"),
            ("group stop { user ann }\nuser ann cna read", "cna", "type `user ann can read`"),
        ];
        for (line, at, said) in kept {
            assert_eq!(help(line, at, said), said, "{line}");
        }
    }
}
