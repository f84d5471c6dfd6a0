//! The keywords of the language, and which of them a statement or an entry starts with.

/// Where a keyword is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a statement or an entry.
    Start,
    /// Further inside.
    Inside,
}

const KEYWORDS: &[(&str, Place)] = &[
    ("use", Place::Start),
    ("kind", Place::Start),
    ("group", Place::Start),
    ("user", Place::Start),
    ("role", Place::Start),
    ("assign", Place::Start),
    ("default", Place::Start),
    ("owner", Place::Start),
    ("member", Place::Start),
    ("levels", Place::Start),
    ("features", Place::Start),
    ("retired", Place::Start),
    ("permissions", Place::Start),
    ("can", Place::Start),
    ("test", Place::Start),
    ("invariant", Place::Start),
    ("facts", Place::Start),
    ("when", Place::Start),
    ("cannot", Place::Inside),
    ("nothing", Place::Inside),
    ("in", Place::Inside),
    ("on", Place::Inside),
    ("to", Place::Inside),
    ("until", Place::Inside),
    ("everyone", Place::Inside),
    ("everywhere", Place::Inside),
    ("includes", Place::Inside),
    ("gets", Place::Inside),
    ("from", Place::Inside),
    ("with", Place::Inside),
    ("at", Place::Inside),
    ("no", Place::Inside),
    ("one", Place::Inside),
    ("only", Place::Inside),
    ("most", Place::Inside),
    ("least", Place::Inside),
    ("both", Place::Inside),
    ("and", Place::Inside),
];

/// Whether a word is a keyword somewhere, so that no kind can have it as its name.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|(keyword, _)| *keyword == word)
}

/// Whether a statement or an entry may start with the word.
pub(super) fn is_start(word: &str) -> bool {
    KEYWORDS.contains(&(word, Place::Start))
}
