//! Questions in JSON Lines: an object on each line, the answer as one more field of it.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read, Write};

use rayon::prelude::*;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::super::{Failure, hide, output};
use super::{Counts, Fault, Field, Job, LONGEST, Out, Row, Run, Verdict, unreadable};
use crate::report::answer::word;

/// How many bytes of lines a core answers at once.
const BLOCK: usize = 1 << 18;

/// Some whole lines, and the number of the first of them.
struct Block {
    bytes: Vec<u8>,
    first: u64,
}

/// What came of a block: the lines to print, the counts, and where the run has to end.
struct Answered {
    printed: Vec<u8>,
    counts: Counts,
    ends: Option<Failure>,
}

/// Answers every line; empty ones are passed over. All cores share the work, and the answers come in order.
pub fn run(job: &Job<'_>, mut reader: impl BufRead, mut out: Out) -> Result<Counts, Failure> {
    let (mut counts, mut next) = (Counts::default(), 1);
    loop {
        let mut blocks = Vec::new();
        while blocks.len() < 2 * rayon::current_num_threads() {
            let Some(block) = block(&mut reader, next).map_err(|e| unreadable(&job.file, &e))? else { break };
            next += block.bytes.iter().filter(|b| **b == b'\n').count() as u64;
            blocks.push(block);
        }
        if blocks.is_empty() {
            job.progress.aside(|_| out.flush()).map_err(output)?;
            return Ok(counts);
        }
        let answered: Vec<Answered> = blocks.par_iter().map(|block| answer(job, block)).collect();
        for block in answered {
            counts += block.counts;
            if !block.printed.is_empty() {
                let print = |flush| {
                    out.write_all(&block.printed)?;
                    if flush { out.flush() } else { Ok(()) }
                };
                job.progress.aside(print).map_err(output)?;
            }
            if let Some(failure) = block.ends {
                job.progress.aside(|_| out.flush()).map_err(output)?;
                return Err(failure);
            }
        }
    }
}

fn block(reader: &mut impl BufRead, first: u64) -> io::Result<Option<Block>> {
    let mut bytes = Vec::with_capacity(BLOCK + (BLOCK >> 4));
    reader.by_ref().take(BLOCK as u64).read_to_end(&mut bytes)?;
    if bytes.last().is_some_and(|b| *b != b'\n') {
        let more = reader.by_ref().take(LONGEST as u64).read_until(b'\n', &mut bytes)?;
        if more == LONGEST && bytes.last() != Some(&b'\n') {
            let line = first + bytes.iter().filter(|b| **b == b'\n').count() as u64;
            return Err(io::Error::other(format!("a row of more than {LONGEST} bytes stands in line {line}")));
        }
    }
    Ok((!bytes.is_empty()).then_some(Block { bytes, first }))
}

fn answer(job: &Job<'_>, block: &Block) -> Answered {
    let mut run = Run::new(job);
    let mut printed = Vec::new();
    let mut ends = None;
    for (line, bytes) in (block.first..).zip(block.bytes.split(|b| *b == b'\n')) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1).unwrap_or(bytes).trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        let parsed = parse(bytes);
        let given = parsed.as_ref().ok().and_then(|object| object.decision.as_ref()).is_some();
        let row = parsed.as_ref().map_err(|f| Fault { message: f.message.clone(), help: f.help.clone() });
        let row = row.map(|object| {
            run.question.groups.clear();
            run.question.groups.extend(object.groups.iter().map(|g| g.0.to_string()));
            object.row()
        });
        match run.answer(line, row) {
            // Writing into memory does not fail.
            Ok(verdict) if !job.quiet => drop(write(&mut printed, bytes, given, job.wish.expect, &verdict)),
            Ok(_) => {}
            Err(failure) => {
                ends = Some(failure);
                break;
            }
        }
    }
    Answered { printed, counts: run.counts, ends }
}

fn write(out: &mut Vec<u8>, line: &[u8], given: bool, expect: bool, verdict: &Verdict) -> io::Result<()> {
    let (decision, message) = match verdict {
        Verdict::Silent => return Ok(()),
        Verdict::Decided(decision) => (word(*decision), None),
        Verdict::Failed(message) => ("error", Some(message)),
    };
    if let (false, None, Some(open)) = (given, message, line.strip_suffix(b"}")) {
        // A sound object without a decision keeps its own spelling.
        out.write_all(open.trim_ascii_end())?;
        return writeln!(out, ",\"decision\":\"{decision}\"}}");
    }
    let mut object: Map<String, Value> = serde_json::from_slice(line).unwrap_or_default();
    let expected = object.insert("decision".into(), decision.into());
    if let (true, Some(expected)) = (expect, expected) {
        object.insert("expected".into(), expected);
    }
    if let Some(message) = message {
        object.values_mut().for_each(masked);
        object.insert("message".into(), message.as_str().into());
    }
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}

/// A value without what is secret in it.
fn masked(value: &mut Value) {
    if let Some(found) = hide::secret(&value.to_string()) {
        *value = found.mark().into();
    }
}

fn parse(bytes: &[u8]) -> Result<Object<'_>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::not_text("row"))?;
    if let Some(found) = hide::secret(text) {
        return Err(Fault::secret(found));
    }
    serde_json::from_str(text).map_err(|e| {
        let message = e.to_string();
        let fact = message.rsplit_once(" at line ").map_or(message.as_str(), |(fact, _)| fact);
        match fact.split_once(SEPARATOR) {
            Some((fact, help)) => Fault { message: fact.into(), help: Some(help.into()) },
            None if e.is_data() => Fault::new(fact),
            None => Fault::new(format!("no JSON object: {fact} in column {}", e.column())),
        }
    })
}

/// Stands between a fact and its help on their way through the JSON reader.
const SEPARATOR: char = '\u{1f}';

/// The fields of a line, borrowed from it where they hold no escapes.
#[derive(Default)]
struct Object<'a> {
    user: Option<Text<'a>>,
    permission: Option<Text<'a>>,
    resource: Option<Text<'a>>,
    organization: Option<Text<'a>>,
    at: Option<Text<'a>>,
    decision: Option<Text<'a>>,
    groups: Vec<Text<'a>>,
}

impl Object<'_> {
    fn row(&self) -> Row<'_> {
        Row {
            user: self.user.as_ref().map_or("", |t| &t.0),
            permission: self.permission.as_ref().map_or("", |t| &t.0),
            resource: self.resource.as_ref().map_or("", |t| &t.0),
            organization: self.organization.as_ref().map_or("", |t| &t.0),
            at: self.at.as_ref().map_or("", |t| &t.0),
            decision: self.decision.as_ref().map(|t| &*t.0),
        }
    }
}

struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text in quotes")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `user`, `permission` and `resource`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object::default();
        let mut groups = None;
        while let Some(Text(name)) = map.next_key()? {
            let field = Field::named(&name)
                .map_err(|f| de::Error::custom(format!("{}{SEPARATOR}{}", f.message, f.help.unwrap_or_default())))?;
            let twice = match field {
                Field::User => set(&mut object.user, &mut map)?,
                Field::Permission => set(&mut object.permission, &mut map)?,
                Field::Resource => set(&mut object.resource, &mut map)?,
                Field::Organization => set(&mut object.organization, &mut map)?,
                Field::At => set(&mut object.at, &mut map)?,
                Field::Decision => set(&mut object.decision, &mut map)?,
                Field::Groups => groups.replace(map.next_value::<Option<Vec<Text<'de>>>>()?).is_some(),
                Field::Other => map.next_value::<IgnoredAny>().map(|_| false)?,
            };
            if twice {
                return Err(de::Error::custom(format!("the field `{name}` is given twice")));
            }
        }
        object.groups = groups.flatten().unwrap_or_default();
        Ok(object)
    }
}

/// Sets a field; null is as good as left out. Says whether it was set before.
fn set<'de, A: MapAccess<'de>>(field: &mut Option<Text<'de>>, map: &mut A) -> Result<bool, A::Error> {
    let before = field.is_some();
    *field = map.next_value()?;
    Ok(before)
}
