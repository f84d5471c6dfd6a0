//! Writes `.rk` text: words, quotes, comments, blocks and lists as a person would.

use crate::syntax::print;

/// Lists longer than this many columns take one line for each item.
const WIDTH: usize = 100;

/// A file of `.rk` text under way.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    depth: usize,
}

impl Draft {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of its own: a statement, an entry, or a one-line block.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.indent();
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// An empty line, unless the file is empty or already ends with one or with an opening brace.
    pub fn blank(&mut self) {
        if !(self.text.is_empty() || self.text.ends_with("\n\n") || self.text.ends_with("{\n")) {
            self.text.push('\n');
        }
    }

    /// A doc comment of as many lines as the text has; none for blank text.
    pub fn doc(&mut self, text: &str) {
        self.remark("///", text);
    }

    /// A comment of as many lines as the text has; none for blank text.
    pub fn comment(&mut self, text: &str) {
        self.remark("//", text);
    }

    /// Comments, one after the other.
    pub fn comments(&mut self, lines: &[String]) {
        lines.iter().for_each(|line| self.comment(line));
    }

    /// `HEAD {`, the lines that `body` writes, and `}`; just `HEAD` when it writes none.
    pub fn block(&mut self, head: impl AsRef<str>, body: impl FnOnce(&mut Self)) {
        self.line(head);
        let closed = self.text.len();
        self.text.truncate(closed - 1);
        self.text.push_str(" {\n");
        let open = self.text.len();
        self.depth += 1;
        body(self);
        self.depth -= 1;
        if self.text.len() == open {
            self.text.truncate(closed - 1);
            self.text.push('\n');
        } else {
            self.line("}");
        }
    }

    /// `HEAD ITEM, ITEM TAIL`; one item to a line when that is too long. `tail` may be empty.
    pub fn list(&mut self, head: impl AsRef<str>, items: &[String], tail: impl AsRef<str>) {
        let (head, tail) = (head.as_ref(), tail.as_ref());
        let short = format!("{head} {} {tail}", items.join(", "));
        let short = short.trim_end();
        if items.len() < 2 || 2 * self.depth + short.chars().count() <= WIDTH {
            return self.line(short);
        }
        self.line(head);
        self.depth += 1;
        for (at, item) in items.iter().enumerate() {
            let comma = if at + 1 < items.len() { "," } else { "" };
            self.line(format!("{item}{comma}"));
        }
        self.depth -= 1;
        if !tail.is_empty() {
            self.line(tail);
        }
    }

    /// The text, which ends in one line end.
    pub fn finish(mut self) -> String {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.text.push('\n');
        self.text
    }

    fn remark(&mut self, mark: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        for line in text.trim().lines() {
            self.line(format!("{mark} {}", harmless(line)).trim_end());
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}

/// The id as the language writes it: bare where it is a word, else in quotes.
pub fn id(text: &str) -> String {
    print::Id(text).to_string()
}

/// Why the text cannot be an id, as the end of a sentence that begins with it. What is imported is never a pattern.
pub fn id_fault(text: &str) -> Option<&'static str> {
    match text {
        "" => Some("is empty"),
        _ if text.len() > 256 => Some("is longer than 256 bytes"),
        _ if text.chars().any(print::is_forbidden) => Some("has a control or bidirectional-override character"),
        _ if text.contains('*') => Some("has a `*` where none is allowed"),
        _ => None,
    }
}

/// A line of a comment without what could end it or turn it around, and never a directive to Roomkey: what the source says
/// about its own system silences nothing here.
pub fn harmless(text: &str) -> String {
    let text: String = text.chars().map(|c| if print::is_forbidden(c) { ' ' } else { c }).collect();
    let start = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let directs =
        start.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("roomkey")) && start[7..].trim_start().starts_with(':');
    format!("{}{}", if directs { "in the source: " } else { "" }, text.trim_end())
}

/// A name for a file that holds what the id names: no folders, nothing hidden, nothing a file system refuses.
pub fn file_name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
    let stem: String = id.chars().take(100).map(plain).collect();
    let stem = stem.trim_matches(['.', '-']);
    format!("{}.rk", if stem.is_empty() { "policy" } else { stem })
}

/// The closest of the known names, if one is close enough to be meant.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = name.chars().count() / 3 + 1;
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
    near.filter(|(far, _)| *far <= allowed).min().map(|(_, known)| known)
}
