//! TOML as a tree with places and comments.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};

use crate::exchange::comments::{Before, Comments};
use crate::exchange::tree::{Node, Source, Value};
use crate::exchange::{ImportError, Input};

/// Deeper nesting than any configuration has.
const DEPTH: usize = 64;

/// Reads a file.
///
/// # Errors
/// Text that is not TOML 1.1, or nested too deeply.
pub fn parse(input: &Input) -> Result<Source<'_>, ImportError> {
    let table = DeTable::parse(&input.text).map_err(|fault| {
        let span = fault.span().unwrap_or(0..0);
        ImportError::at(input, span.start, span.end, format!("this is not valid TOML: {}", fault.message()))
    })?;
    let mut tree = Tree { input, lines: line_starts(&input.text), scalars: Vec::new() };
    let root = tree.table(table.get_ref(), &(0..0), 0)?;
    tree.scalars.sort_by_key(|range| range.start);
    let comments = Comments::find(&input.text, &tree.scalars, Before::Anything);
    Ok(Source { input, root: Some(root), comments })
}

struct Tree<'i> {
    input: &'i Input,
    lines: Vec<usize>,
    scalars: Vec<Range<usize>>,
}

impl Tree<'_> {
    fn table(&mut self, table: &DeTable<'_>, span: &Range<usize>, depth: usize) -> Result<Node, ImportError> {
        let mut entries = Vec::new();
        for (key, value) in table.iter() {
            entries.push((key.span().start, self.key(key), self.value(value, depth)?));
        }
        entries.sort_by_key(|(at, ..)| *at);
        let last = entries.iter().map(|(_, _, value)| value.last).max();
        let node = self.node(Value::Map(entries.into_iter().map(|(_, key, value)| (key, value)).collect()), span);
        Ok(Node { last: last.map_or(node.last, |last| last.max(node.last)), ..node })
    }

    fn key(&mut self, key: &Spanned<DeString<'_>>) -> Node {
        self.scalars.push(key.span());
        self.node(Value::Text(key.get_ref().clone().into_owned()), &key.span())
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, ImportError> {
        let span = value.span();
        if depth == DEPTH {
            let message = format!("this is nested more than {DEPTH} levels deep");
            return Err(ImportError::at(self.input, span.start, span.end, message));
        }
        let plain = match value.get_ref() {
            DeValue::Table(table) => return self.table(table, &span, depth + 1),
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.value(item, depth + 1)).collect::<Result<_, _>>()?;
                return Ok(self.node(Value::List(items), &span));
            }
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            _ => Value::Literal(self.input.text.get(span.clone()).unwrap_or_default().to_owned()),
        };
        self.scalars.push(span.clone());
        Ok(self.node(plain, &span))
    }

    fn node(&self, value: Value, span: &Range<usize>) -> Node {
        let (line, start) = self.line(span.start);
        let column = self.input.text.get(start..span.start).unwrap_or_default().chars().count() + 1;
        Node { value, line, column, last: self.line(span.end.max(span.start + 1) - 1).0 }
    }

    /// The line of a byte, from 1, and where it starts.
    fn line(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        (line, self.lines.get(line - 1).copied().unwrap_or_default())
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}
