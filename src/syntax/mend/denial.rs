//! What denies, in the words of people: no suggestion may read it as what gives.

/// Words that take something away.
const TAKING: &[&str] = &[
    "not",
    "never",
    "no",
    "neither",
    "nor",
    "without",
    "lacks",
    "lack",
    "lacking",
    "deny",
    "denied",
    "denies",
    "denying",
    "forbid",
    "forbids",
    "forbidden",
    "forbade",
    "prohibit",
    "prohibits",
    "prohibited",
    "refuse",
    "refuses",
    "refused",
    "reject",
    "rejects",
    "rejected",
    "block",
    "blocks",
    "blocked",
    "ban",
    "bans",
    "banned",
    "bar",
    "bars",
    "barred",
    "revoke",
    "revokes",
    "revoked",
    "disallow",
    "disallows",
    "disallowed",
    "exclude",
    "excludes",
    "excluded",
    "except",
    "prevent",
    "prevents",
    "prevented",
    "restrict",
    "restricts",
    "restricted",
    "stop",
    "stopped",
    "minus",
    "remove",
    "removes",
    "removed",
    "false",
    "unauthorized",
    "cant",
    "cann",
    "cano",
    "dont",
    "doesnt",
    "wont",
    "mustnt",
    "shouldnt",
    "isnt",
    "arent",
    "couldnt",
    "maynt",
    "hasnt",
    "unable",
];
/// Whether a word takes something away, in whatever language it comes from.
pub fn takes_away(word: &str) -> bool {
    let word = word.to_lowercase();
    TAKING.contains(&&*word) || TAKING.contains(&&*word.replace('\'', ""))
}

/// Whether a word takes something away, or may be meant to.
pub fn is_taking(word: &str) -> bool {
    let bare: String = word.chars().filter(|c| !matches!(c, '\'' | '’' | '`')).flat_map(char::to_lowercase).collect();
    TAKING.contains(&&*bare)
        || bare.starts_with(['!', '~', '¬'])
        || bare.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphabetic))
        || ["un", "dis", "de", "non", "no", "ex", "not", "anti"].iter().any(|of| opposes(&bare, of))
        || (4..=8).contains(&bare.len()) && bare.starts_with("can") && strsim::osa_distance(&bare, "cannot") <= 2
        || (5..=8).contains(&bare.len()) && strsim::osa_distance(&bare, "cannot") <= 2
}

/// Whether a word is the opposite of another one: `unassign`, `excludes`.
fn opposes(word: &str, before: &str) -> bool {
    let opposite = |other: &str| {
        let stem = other.strip_prefix("in").filter(|_| before == "ex").unwrap_or(other);
        word.strip_prefix(before).is_some_and(|rest| rest.trim_start_matches('-') == stem)
    };
    ["assign", "includes", "include", "can", "user", "group", "member", "grant", "allow", "permit"].iter().any(|w| opposite(w))
}

/// Whether a text has a word of denial outside of its comments; `no` before whom an invariant speaks of is none.
pub fn denies(text: &str) -> bool {
    let mut all = words(text).peekable();
    while let Some(word) = all.next() {
        let asked = word == "no" && all.peek().is_some_and(|next| ["user", "group", "one", "member", "stranger"].contains(next));
        let signed = word.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        if (takes_away(word) || signed) && !asked {
            return true;
        }
    }
    false
}

/// Whether a text is code that takes away or gives nothing.
pub fn is_denial(text: &str) -> bool {
    words(text).any(|word| ["cannot", "nothing"].contains(&word))
}

/// Whether code gives something, and neither takes away nor asks who else has it.
pub fn is_grant(code: &str) -> bool {
    words(code).any(|word| word == "can")
        && !words(code).any(|word| matches!(word, "no" | "only"))
        && !is_denial(code)
        && !code.contains(":none")
}

/// Whether what is written begins as a denial does and goes on as a name of a permission: `nowrite`.
pub fn negates(written: &str, permission: &str) -> bool {
    const LONGEST: usize = 256;
    if written.len() > LONGEST {
        return false;
    }
    let last = |path: &str| path.rsplit(':').next().unwrap_or(path).to_ascii_lowercase();
    let (written, name) = (last(written), last(permission));
    let begins = ["no", "non", "not", "un", "no-", "non-", "not-"].into_iter().filter_map(|not| written.strip_prefix(not));
    begins.into_iter().any(|rest| rest == name)
}

/// The words of a text, without its comments.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '\''))))
        .filter(|word| !word.is_empty())
}
