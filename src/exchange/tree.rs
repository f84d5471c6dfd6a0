//! Data of any format as one tree with places, and the complaints about its shapes.

use std::path::Path;

use super::comments::Comments;
use super::draft::{closest, id_fault};
use super::{ImportError, Input, Note};

/// A value and where it stands.
#[derive(Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// The line of its first character, from 1.
    pub line: usize,
    /// The column of its first character, from 1, in characters.
    pub column: usize,
    /// The last line with any of its text.
    pub last: usize,
}

/// What a node is.
#[derive(Clone)]
pub enum Value {
    /// Nothing: `~`, `null` or no text.
    Null,
    /// A number, a date or a boolean, as it is written.
    Literal(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file, every key once.
    Map(Vec<(Node, Node)>),
}

/// A file that was read into a tree.
pub struct Source<'i> {
    /// The file.
    pub input: &'i Input,
    /// The tree; none for a file without any content.
    pub root: Option<Node>,
    /// The comments of the file.
    pub comments: Comments,
}

/// The entries of a table.
pub type Entries<'n> = &'n [(Node, Node)];

impl Node {
    /// The text, where it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar as a name, where a number stands for its digits.
    pub fn name(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(name, _)| name.name() == Some(key)).map(|(_, value)| value)
    }

    fn shape(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Literal(_) => "a number, a date or a boolean",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }
}

impl Source<'_> {
    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.input.path
    }

    /// The entries of a table; nothing is an empty one.
    pub fn table<'n>(&self, node: &'n Node, what: &str) -> Result<Entries<'n>, ImportError> {
        match &node.value {
            Value::Map(entries) => Ok(entries),
            Value::Null => Ok(&[]),
            _ => Err(self.expected(node, what, "a table of keys")),
        }
    }

    /// The items of a list; nothing is an empty one.
    pub fn list<'n>(&self, node: &'n Node, what: &str) -> Result<&'n [Node], ImportError> {
        match &node.value {
            Value::List(items) => Ok(items),
            Value::Null => Ok(&[]),
            _ => Err(self.expected(node, what, "a list")),
        }
    }

    /// Text.
    pub fn text<'n>(&self, node: &'n Node, what: &str) -> Result<&'n str, ImportError> {
        node.text().ok_or_else(|| {
            let fault = self.expected(node, what, "text");
            if node.name().is_some() { fault.with_help("put it in quotes if it is a name") } else { fault }
        })
    }

    /// Complains about a shape.
    pub fn expected(&self, node: &Node, what: &str, wanted: &str) -> ImportError {
        self.fault(node, format!("{what} is {} here, and {wanted} is expected", node.shape()))
    }

    /// Refuses a name that cannot be an id.
    pub fn usable(&self, node: &Node, name: &str) -> Result<(), ImportError> {
        match id_fault(name) {
            Some(fault) => Err(self.fault(node, format!("the name `{}` {fault}", name.escape_debug()))),
            None => Ok(()),
        }
    }

    /// A failure at a node.
    pub fn fault(&self, node: &Node, message: impl Into<String>) -> ImportError {
        ImportError::at_line(self.input, node.line, node.column, message)
    }

    /// A remark on a node.
    pub fn note(&self, node: &Node, message: impl Into<String>) -> Note {
        Note::at(self.path(), u32::try_from(node.line).unwrap_or(u32::MAX), message)
    }

    /// A remark on a key without a meaning, with the closest that has one.
    pub fn unknown(&self, key: &Node, owner: &str, known: &[&str]) -> Note {
        let name = key.name().unwrap_or_default();
        let near = closest(name, known.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        self.note(key, format!("`{name}` is no key of {owner}, so it was passed over and has no effect{near}"))
    }
}
