//! YAML as a tree with places and comments, bounded in depth and size.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::exchange::comments::{Before, Comments};
use crate::exchange::tree::{Node, Source, Value};
use crate::exchange::{ImportError, Input};

/// Deeper nesting than any configuration has.
const DEPTH: usize = 64;
/// More nodes than any configuration has, aliases counted as what they stand for.
const SIZE: usize = 2_000_000;

/// Reads a file; the number is that of its documents, of which the first counts.
///
/// # Errors
/// Text that is not YAML, a key given twice, an alias without an anchor, nesting or size beyond the bounds.
pub fn parse(input: &Input) -> Result<(Source<'_>, usize), ImportError> {
    let text = input.text.strip_prefix('\u{FEFF}').unwrap_or(&input.text);
    let mut builder = Builder::new(input);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|fault| {
            let at = fault.marker();
            ImportError::at_line(input, at.line(), at.col() + 1, format!("this is not valid YAML: {}", fault.info()))
        })?;
        builder.take(event, span)?;
    }
    let comments = Comments::find(text, &in_bytes(text, &builder.scalars), Before::Space);
    Ok((Source { input, root: builder.root.map(|sized| sized.node), comments }, builder.documents))
}

struct Builder<'i> {
    input: &'i Input,
    open: Vec<Open>,
    anchors: HashMap<usize, Whole>,
    root: Option<Whole>,
    documents: usize,
    size: usize,
    scalars: Vec<Range<usize>>,
}

/// A node with what the bounds are about.
#[derive(Clone)]
struct Whole {
    node: Node,
    size: usize,
    depth: usize,
}

/// A list or a table whose end has not come yet.
struct Open {
    whole: Whole,
    anchor: usize,
    key: Option<Node>,
    keys: HashMap<String, usize>,
}

impl<'i> Builder<'i> {
    fn new(input: &'i Input) -> Self {
        let (open, anchors, scalars) = (Vec::new(), HashMap::new(), Vec::new());
        Self { input, open, anchors, root: None, documents: 0, size: 0, scalars }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ImportError> {
        match event {
            Event::DocumentStart(_) => self.documents += 1,
            Event::Scalar(text, style, anchor, tag) => {
                let last = last_line(&span, !text.is_empty());
                self.scalars.push(span.start.index()..span.end.index());
                let node = node(scalar(&text, style, tag.as_deref()), &span, last);
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.enter(Value::List(Vec::new()), anchor, &span)?,
            Event::MappingStart(anchor, _) => self.enter(Value::Map(Vec::new()), anchor, &span)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.finish(Whole { node: merged(open.whole.node), ..open.whole }, open.anchor)?;
                }
            }
            Event::Alias(anchor) => self.alias(anchor, &span)?,
            Event::DocumentEnd => self.anchors.clear(),
            Event::StreamStart | Event::StreamEnd | Event::Nothing => {}
        }
        Ok(())
    }

    fn enter(&mut self, value: Value, anchor: usize, span: &Span) -> Result<(), ImportError> {
        if self.open.len() == DEPTH {
            return Err(self.fault(span, format!("this is nested more than {DEPTH} levels deep")));
        }
        self.open.push(Open { whole: node(value, span, span.start.line()), anchor, key: None, keys: HashMap::new() });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<(), ImportError> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(self.fault(span, "this alias stands inside what it stands for"));
        };
        if self.size + target.size > SIZE {
            return Err(self.fault(span, "the aliases of this file stand for more text than any configuration has"));
        }
        let (line, column) = (span.start.line(), span.start.col() + 1);
        self.size += target.size;
        let Whole { node, size, depth } = target.clone();
        self.finish(Whole { node: Node { line, column, last: line, ..node }, size, depth }, 0)
    }

    /// Puts a whole node into what is open around it.
    fn finish(&mut self, whole: Whole, anchor: usize) -> Result<(), ImportError> {
        self.size += 1;
        if anchor > 0 {
            self.size += whole.size;
            self.anchors.insert(anchor, whole.clone());
        }
        if self.size > SIZE {
            return Err(ImportError::on(self.input, "this file holds more than any configuration does"));
        }
        let Some(open) = self.open.last_mut() else {
            if self.documents < 2 {
                self.root = Some(whole);
            }
            return Ok(());
        };
        let Whole { node, size, depth } = whole;
        open.whole.size += size;
        open.whole.depth = open.whole.depth.max(depth + 1);
        open.whole.node.last = open.whole.node.last.max(node.last);
        if open.whole.depth > DEPTH {
            let message = format!("with its aliases, this is nested more than {DEPTH} levels deep");
            return Err(ImportError::at_line(self.input, node.line, node.column, message));
        }
        match (&mut open.whole.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            _ => open.key = Some(unique(self.input, &mut open.keys, node)?),
        }
        Ok(())
    }

    fn fault(&self, span: &Span, message: impl Into<String>) -> ImportError {
        ImportError::at_line(self.input, span.start.line(), span.start.col() + 1, message)
    }
}

fn unique(input: &Input, keys: &mut HashMap<String, usize>, key: Node) -> Result<Node, ImportError> {
    let Some(name) = key.name().filter(|name| *name != "<<") else { return Ok(key) };
    let Some(first) = keys.insert(name.to_owned(), key.line) else { return Ok(key) };
    let message = format!("the key `{name}` is given twice; the first is on line {first}");
    Err(ImportError::at_line(input, key.line, key.column, message).with_help("keep one of them, or join what they say"))
}

fn node(value: Value, span: &Span, last: usize) -> Whole {
    let node = Node { value, line: span.start.line(), column: span.start.col() + 1, last };
    Whole { node, size: 1, depth: 0 }
}

/// Ranges of characters as ranges of bytes.
fn in_bytes(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |at: usize| starts.get(at).copied().unwrap_or(text.len());
    ranges.iter().map(|range| byte(range.start)..byte(range.end)).collect()
}

/// A span that ends at the start of a line has its last text on a line before.
fn last_line(span: &Span, text: bool) -> usize {
    let end = span.end.line();
    let before = end > span.start.line() && span.end.col() == 0;
    if text && before { end - 1 } else { end }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let plain = style == ScalarStyle::Plain && tag.is_none();
    match text {
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" if plain => Value::Literal(text.to_owned()),
        _ if plain && is_number(text) => Value::Literal(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let based = |prefix, radix| digits.strip_prefix(prefix).is_some_and(|rest| u64::from_str_radix(rest, radix).is_ok());
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (starts && text.parse::<f64>().is_ok()) || based("0x", 16) || based("0o", 8)
}

/// The table with what its `<<` keys bring in; its own keys win, then the earlier of the merged.
fn merged(mut node: Node) -> Node {
    let Value::Map(entries) = &mut node.value else { return node };
    if !entries.iter().any(|(key, _)| key.text() == Some("<<")) {
        return node;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = std::mem::take(entries)
        .into_iter()
        .partition(|(key, value)| key.text() == Some("<<") && matches!(value.value, Value::Map(_) | Value::List(_)));
    let mut names: BTreeSet<String> = own.iter().filter_map(|(key, _)| key.name().map(str::to_owned)).collect();
    let sources = merges.into_iter().flat_map(|(_, value)| match value.value {
        Value::List(items) => items,
        _ => vec![value],
    });
    for source in sources {
        let Value::Map(more) = source.value else { continue };
        own.extend(more.into_iter().filter(|(key, _)| key.name().is_none_or(|name| names.insert(name.to_owned()))));
    }
    *entries = own;
    node
}
