//! Writes `.rk` text: words, quotes, comments, blocks and lists as a person would.

/// Lists longer than this many columns take one line for each item.
const WIDTH: usize = 100;

/// A file of `.rk` text under way.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    depth: usize,
}

/// What an id names, which decides whether a `*` may end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A user, a group or a role: no `*` anywhere.
    Principal,
    /// A resource of any kind: no `*` anywhere.
    Resource,
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
    if is_word(text) { text.to_owned() } else { quoted(text) }
}

/// Why the text cannot be an id, as the end of a sentence that begins with it.
pub fn id_fault(names: Names, text: &str) -> Option<&'static str> {
    let star = match names {
        Names::Principal | Names::Resource => text.contains('*'),
    };
    match text {
        "" => Some("is empty"),
        _ if text.len() > 256 => Some("is longer than 256 bytes"),
        _ if text.chars().any(unspeakable) => Some("has a control or bidirectional character"),
        _ if star => Some("has a `*` where none is allowed"),
        _ => None,
    }
}

/// The text in quotes, with the escapes of the language.
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if unspeakable(c) => out.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text of a comment without what could end it or turn it around.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if unspeakable(c) { ' ' } else { c }).collect::<String>().trim_end().to_owned()
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

fn is_word(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    starts && !text.contains("//") && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.@+/-".contains(c))
}

/// Control characters and the marks that turn the direction of text: never bare in a file, never in an id.
fn unspeakable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
