//! JSON read where it stands: values are slices of the input, and every one knows its line.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::exchange::{ImportError, Input};

/// An input with the places of its line ends.
pub struct Document<'a> {
    input: &'a Input,
    text: &'a str,
    ends: Vec<usize>,
}

/// One value of a document, read no further than asked.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    raw: &'d str,
}

/// The fields of an object as they were written, duplicates included.
pub struct Fields<'d> {
    entries: Vec<Field<'d>>,
}

/// One field of an object.
#[derive(Clone)]
pub struct Field<'d> {
    /// The name, without escapes.
    pub name: Cow<'d, str>,
    /// The value.
    pub value: Node<'d>,
}

impl<'a> Document<'a> {
    /// The document of an input; a byte order mark at its start is passed over.
    pub fn new(input: &'a Input) -> Self {
        let text = input.text.strip_prefix('\u{feff}').unwrap_or(&input.text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { input, text, ends }
    }

    /// The values of the document one after the other: one for JSON, many for JSON Lines.
    pub fn values<'d>(&'d self) -> impl Iterator<Item = Result<Node<'d>, ImportError>> {
        let values = serde_json::Deserializer::from_str(self.text).into_iter::<&'d RawValue>();
        values.map(|value| match value {
            Ok(raw) => Ok(Node { document: self, raw: raw.get() }),
            Err(error) => Err(self.broken(&error)),
        })
    }

    /// Text that is not JSON, in the words of the parser.
    fn broken(&self, error: &serde_json::Error) -> ImportError {
        let start = match error.line() {
            0 | 1 => 0,
            line => self.ends.get(line - 2).map_or(self.text.len(), |end| end + 1),
        };
        let at = start + error.column().saturating_sub(1);
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or("broken");
        self.failure(at, at, format!("this is not JSON: {words}"))
    }

    fn failure(&self, from: usize, to: usize, message: String) -> ImportError {
        let mark = self.input.text.len() - self.text.len();
        ImportError::at(self.input, mark + from, mark + to, message)
    }
}

impl<'d> Node<'d> {
    /// The line the value starts on, from 1.
    pub fn line(self) -> u32 {
        let at = self.offset();
        let line = self.document.ends.partition_point(|end| *end < at) + 1;
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// The text as it was written.
    pub fn raw(self) -> &'d str {
        self.raw
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.raw == "null"
    }

    /// Whether the value is a list.
    pub fn is_list(self) -> bool {
        self.raw.starts_with('[')
    }

    /// Whether the value is a list without items.
    pub fn is_empty_list(self) -> bool {
        self.raw.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]")
    }

    /// Whether the value is a string.
    pub fn is_text(self) -> bool {
        self.raw.starts_with('"')
    }

    /// Whether the value is an object.
    pub fn is_object(self) -> bool {
        self.raw.starts_with('{')
    }

    /// The text of a string; `what` says what the place is for.
    pub fn text(self, what: &str) -> Result<Cow<'d, str>, ImportError> {
        if !self.is_text() {
            return Err(self.wrong(&format!("a string for {what}")));
        }
        match self.raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
            _ => serde_json::from_str(self.raw).map(Cow::Owned).map_err(|error| self.unreadable(&error)),
        }
    }

    /// The items of a list; `what` says what the place is for.
    pub fn list(self, what: &str) -> Result<Vec<Node<'d>>, ImportError> {
        if !self.is_list() {
            return Err(self.wrong(&format!("a list for {what}")));
        }
        let items: Vec<&RawValue> = serde_json::from_str(self.raw).map_err(|error| self.unreadable(&error))?;
        Ok(items.into_iter().map(|raw| Node { raw: raw.get(), ..self }).collect())
    }

    /// The fields of an object; `what` says what the place is for.
    pub fn fields(self, what: &str) -> Result<Fields<'d>, ImportError> {
        if !self.is_object() {
            return Err(self.wrong(&format!("an object for {what}")));
        }
        let Pairs(pairs) = serde_json::from_str(self.raw).map_err(|error| self.unreadable(&error))?;
        let mut entries = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let name = Node { raw: name.get(), ..self }.text("a field's name")?;
            entries.push(Field { name, value: Node { raw: value.get(), ..self } });
        }
        Ok(Fields { entries })
    }

    /// The failure that this value is not what is expected here.
    pub fn wrong(self, expected: &str) -> ImportError {
        self.fault(format!("expected {expected}, found {}", self.spoken()))
    }

    /// A failure at this value.
    pub fn fault(self, message: String) -> ImportError {
        let at = self.offset();
        self.document.failure(at, at + self.raw.len(), message)
    }

    /// Text that only shows its fault when it is read, such as half of a surrogate pair.
    fn unreadable(self, error: &serde_json::Error) -> ImportError {
        let words = error.to_string();
        self.fault(format!("this is not JSON: {}", words.split(" at line ").next().unwrap_or("broken")))
    }

    fn spoken(self) -> String {
        match self.raw.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(b'"') => "a string".to_owned(),
            Some(b't' | b'f' | b'n') => format!("`{}`", self.raw),
            _ => format!("the number `{}`", self.raw.chars().take(20).collect::<String>()),
        }
    }

    /// Where the value stands; it is always a slice of the document's text.
    fn offset(self) -> usize {
        (self.raw.as_ptr() as usize).saturating_sub(self.document.text.as_ptr() as usize)
    }
}

impl<'d> Fields<'d> {
    /// The same fields under names in snake case, so that `profileId` and `profile-id` are `profile_id`.
    pub fn in_snake_case(mut self) -> Self {
        for field in &mut self.entries {
            if field.name.contains(|c: char| c.is_ascii_uppercase() || c == '-') {
                field.name = Cow::Owned(snake_case(&field.name));
            }
        }
        self
    }

    /// All fields, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Field<'d>> {
        self.entries.iter()
    }

    /// The value of the first of these names that has one; `null` counts as none.
    ///
    /// # Errors
    /// The same name with two values that differ.
    pub fn get(&self, names: &[&str]) -> Result<Option<Node<'d>>, ImportError> {
        for name in names {
            let mut found = self.entries.iter().filter(|field| field.name == *name).map(|field| field.value);
            if let Some(first) = found.next() {
                if let Some(other) = found.find(|other| other.raw != first.raw) {
                    return Err(other.fault(format!("`{name}` is given twice in one object")));
                }
                if !first.is_null() {
                    return Ok(Some(first));
                }
            }
        }
        Ok(None)
    }

    /// The text of the first of these names that has a value.
    pub fn text(&self, names: &[&str]) -> Result<Option<Cow<'d, str>>, ImportError> {
        let Some(value) = self.get(names)? else { return Ok(None) };
        let name = names.first().unwrap_or(&"");
        value.text(&format!("`{name}`")).map(Some)
    }
}

/// A text of the source for a message: short, and without characters that a terminal obeys.
pub fn spoken(text: &str) -> String {
    let mut spoken = String::new();
    for c in text.chars().take(60) {
        if c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{61C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        {
            spoken.extend(c.escape_unicode());
        } else {
            spoken.push(c);
        }
    }
    if text.chars().nth(60).is_some() {
        spoken.push('…');
    }
    spoken
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

struct Pairs<'d>(Vec<(&'d RawValue, &'d RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
