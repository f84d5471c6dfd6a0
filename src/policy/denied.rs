//! Where a line takes something away, nothing is suggested that gives: who follows a suggestion must not open a door that was
//! meant to stay shut.

use crate::finding::{Finding, UNKNOWN_PERMISSION, UNKNOWN_ROLE};
use crate::source::Span;
use crate::syntax::floor;
use crate::syntax::mend::denial;

/// What is said instead.
const MEANT: &str = "say which is meant: `cannot PERMISSIONS` takes away, `can nothing` gives nothing, and `FEATURE:none` leaves a \
                     feature out";

/// So much of a line is looked at on either side of an error.
const WIDEST: usize = 300;

/// Takes the help of an error away that would grant something where its line holds a word of denial.
pub fn guard(finding: &mut Finding, text: &str) {
    let Some(help) = &finding.help else { return };
    let (line, written) = around(text, finding.span);
    let guess = help.strip_prefix("did you mean").and_then(|_| code(help).next());
    let taken = denial::denies(line);
    // All codes of a help are looked at together: two entries of which one takes away are no grant.
    let codes = code(help).collect::<Vec<_>>().join("\n");
    let torn = help.contains(", :") || help.contains(":,");
    let gives = guess.is_some_and(|name| denial::negates(written, name))
        || torn
        // A role that is declared gives nobody anything.
        || finding.rule != &UNKNOWN_ROLE && denial::is_grant(&codes) && (taken || denial::is_denial(line))
        || taken && finding.rule == &UNKNOWN_PERMISSION && guess.is_some();
    if gives {
        finding.help = Some(MEANT.into());
        finding.fix = None;
    }
}

/// What stands between backticks.
pub fn code(help: &str) -> impl Iterator<Item = &str> {
    help.split('`').skip(1).step_by(2)
}

/// The lines on which a stretch begins and ends, and the stretch. Both are bounded before they are searched, since one line can be
/// all of a text and have an error at each word.
pub fn around(text: &str, span: Span) -> (&str, &str) {
    let start = floor(text, span.start as usize);
    let end = floor(text, (span.end as usize).clamp(start, start + WIDEST));
    let before = &text[floor(text, start.saturating_sub(WIDEST))..start];
    let behind = &text[end..floor(text, end + WIDEST)];
    let from = start - before.rfind('\n').map_or(before.len(), |at| before.len() - at - 1);
    let to = end + behind.find('\n').unwrap_or(behind.len());
    (&text[from..to], &text[start..end])
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
