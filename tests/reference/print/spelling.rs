//! How statements are spelled: quotes, blank space, comments and trailing commas.

use super::Printer;

/// A statement or an entry: its words, and the block behind them.
#[derive(Clone, Debug)]
pub struct Node {
    /// The words, commas behind them.
    pub words: Vec<String>,
    /// What stands in the braces.
    pub block: Option<Vec<Node>>,
    /// It declares something, so that a doc comment may stand before it.
    pub declares: bool,
    /// Its last words are a list, so that a comma may stand between it and a `}`.
    pub list: bool,
}

impl Node {
    /// A line of words alone.
    pub fn new(words: Vec<String>) -> Node {
        Node { words, block: None, declares: false, list: false }
    }

    /// The same with a block.
    pub fn with(self, block: Vec<Node>) -> Node {
        Node { block: Some(block), ..self }
    }

    /// The same, as a declaration.
    pub fn declaring(self) -> Node {
        Node { declares: true, ..self }
    }

    /// The same, ending in a list or not.
    pub fn ending_in_list(self, list: bool) -> Node {
        Node { list, ..self }
    }
}

impl Printer {
    /// An id, bare where it is a word, and now and then quoted all the same.
    pub(super) fn id(&mut self, id: &str) -> String {
        if is_word(id) && !self.percent(20) {
            return id.to_string();
        }
        let mut quoted = String::from("\"");
        for letter in id.chars() {
            match letter {
                '"' | '\\' => quoted.extend(['\\', letter]),
                _ if self.percent(4) => quoted.push_str(&format!("\\u{{{:X}}}", u32::from(letter))),
                _ => quoted.push(letter),
            }
        }
        quoted + "\""
    }

    /// The lines of a block, each node on one.
    pub(super) fn block(&mut self, nodes: &[Node], depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let mut text = String::new();
        for (index, node) in nodes.iter().enumerate() {
            if self.percent(5) {
                text += &format!("{indent}// a note: user ann can \"nothing {{\n");
            }
            if node.declares && self.percent(8) {
                text += &format!("{indent}/// Declares {}.\n", node.words[0]);
            }
            text += &indent;
            text += &self.line(&node.words, &indent);
            match &node.block {
                Some(block) if block.is_empty() => text += " {}",
                Some(block) => text += &format!(" {{\n{}{indent}}}", self.block(block, depth + 1)),
                None if depth > 0 && node.list && index + 1 == nodes.len() && self.percent(30) => text += ",",
                None => {}
            }
            text += if self.percent(5) { " // done\n" } else { "\n" };
        }
        text
    }

    /// The words with what may stand between them: mostly one space.
    fn line(&mut self, words: &[String], indent: &str) -> String {
        let mut text = words[0].clone();
        for word in &words[1..] {
            text += match self.between(0, 40) {
                1 => "  ",
                2 => "\t",
                3 => "\n\t\t",
                4 => " // in between }\n",
                _ => " ",
            };
            text += word;
        }
        text.replace("\n\t\t", &format!("\n{indent}    "))
    }
}

/// "A word is `[A-Za-z0-9_][A-Za-z0-9_.@+/-]*` and never contains `//`."
fn is_word(id: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    id.starts_with(plain) && id.chars().all(|letter| plain(letter) || ".@+/-".contains(letter)) && !id.contains("//")
}
