//! Questions in CSV: the columns by the names of the header, the answers as one more column.

use std::io::BufRead;

use csv::{ByteRecord, ReaderBuilder, Writer, WriterBuilder};

use super::super::{Failure, Trouble, hide, output};
use super::quotes::Quotes;
use super::{Counts, Fault, Field, Job, Out, Row, Run, Verdict, unreadable};
use crate::report::answer::word;
use crate::report::count;

/// Where each field stands.
#[derive(Default)]
struct Columns {
    width: usize,
    user: Option<usize>,
    permission: Option<usize>,
    resource: Option<usize>,
    groups: Option<usize>,
    organization: Option<usize>,
    at: Option<usize>,
    decision: Option<usize>,
}

/// Answers every record; the header comes out with `decision`, and `expected` or `message` where those are asked for.
pub fn run(job: &Job<'_>, reader: impl BufRead, out: Out) -> Result<Counts, Failure> {
    let run = &mut Run::new(job);
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(Quotes::new(reader));
    let mut writer = WriterBuilder::new().flexible(true).from_writer(out);
    let (mut record, mut answer) = (ByteRecord::new(), ByteRecord::new());
    if !reader.read_byte_record(&mut record).map_err(|e| broken(run, e))? {
        let message = format!("{}: the file is empty, and its first line should name the columns", run.job.file);
        return Err(Trouble::new(message).help("begin it with `user,permission,resource`").into());
    }
    let columns = Columns::of(run, &record)?;
    header(run, &columns, &record, &mut writer)?;
    let tall = newlines(&record) + 1;
    let mut clock = Clock { behind: u64::from(reader.position().line() > tall), next: tall + 1 };
    while reader.read_byte_record(&mut record).map_err(|e| broken(run, e))? {
        let line = clock.line(&record, reader.position().line());
        let row = columns
            .row(run, &record)
            .and_then(|row| record.iter().find_map(found).map_or(Ok(row), |found| Err(Fault::secret(found))));
        let verdict = run.answer(line, row)?;
        if !run.job.quiet {
            write(run, &columns, &record, &verdict, &mut answer, &mut writer)?;
        }
    }
    job.progress.aside(|_| writer.flush()).map_err(output)?;
    Ok(run.counts)
}

/// Knows the line on which a record begins; the reader itself tells only how far it has read.
struct Clock {
    /// Whether the reader stands behind the line end once it has read a record; of CRLF it leaves the half.
    behind: u64,
    /// The line after the last record.
    next: u64,
}

impl Clock {
    fn line(&mut self, record: &ByteRecord, read: u64) -> u64 {
        let tall = newlines(record);
        let line = read.saturating_sub(tall + self.behind).max(self.next);
        self.next = line + tall + 1;
        line
    }
}

fn newlines(record: &ByteRecord) -> u64 {
    record.as_slice().iter().filter(|b| **b == b'\n').count() as u64
}

impl Columns {
    fn of(run: &Run<'_>, header: &ByteRecord) -> Result<Columns, Failure> {
        if std::str::from_utf8(header.as_slice()).is_err() {
            return Err(Fault::not_text("header").at(run.job, 1));
        }
        let mut columns = Columns { width: header.len(), ..Columns::default() };
        for (at, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name);
            let field = Field::named(name.trim()).map_err(|f| Trouble {
                message: format!("{}:1: no column is named `{}`", run.job.file, name.trim()),
                help: f.help,
            })?;
            let Some((place, field)) = columns.place(field) else { continue };
            if let Some(other) = place.replace(at) {
                let other = String::from_utf8_lossy(&header[other]);
                let both = format!("the columns `{}` and `{}` both give the {field}", other.trim(), name.trim());
                return Err(Trouble::new(format!("{}:1: {both}", run.job.file)).help("keep one of them").into());
            }
        }
        let needed = [(columns.user, "user"), (columns.permission, "permission"), (columns.resource, "resource")];
        let expected = (columns.decision.or((!run.job.wish.expect).then_some(0)), "decision");
        let missing: Vec<String> =
            needed.iter().chain([&expected]).filter(|(c, _)| c.is_none()).map(|(_, n)| format!("`{n}`")).collect();
        match missing.as_slice() {
            [] => Ok(columns),
            [one] => Err(Trouble::new(format!("{}:1: the column {one} is missing", run.job.file)).help(NAMES).into()),
            all => {
                let message = format!("{}:1: the columns {} are missing", run.job.file, all.join(", "));
                Err(Trouble::new(message).help(NAMES).into())
            }
        }
    }

    fn place(&mut self, field: Field) -> Option<(&mut Option<usize>, &'static str)> {
        Some(match field {
            Field::User => (&mut self.user, "user"),
            Field::Permission => (&mut self.permission, "permission"),
            Field::Resource => (&mut self.resource, "resource"),
            Field::Groups => (&mut self.groups, "groups"),
            Field::Organization => (&mut self.organization, "organization"),
            Field::At => (&mut self.at, "time"),
            Field::Decision => (&mut self.decision, "decision"),
            Field::Other => return None,
        })
    }

    fn row<'r>(&self, run: &mut Run<'_>, record: &'r ByteRecord) -> Result<Row<'r>, Fault> {
        if record.len() != self.width {
            let (has, wants) = (record.len(), self.width);
            return Err(Fault::new(format!("the row has {}, and the header names {wants}", count(has, "field"))));
        }
        run.question.groups.clear();
        run.question.groups.extend(text(record, self.groups)?.split_whitespace().map(str::to_owned));
        Ok(Row {
            user: text(record, self.user)?,
            permission: text(record, self.permission)?,
            resource: text(record, self.resource)?,
            organization: text(record, self.organization)?,
            at: text(record, self.at)?,
            decision: self.decision.map(|_| text(record, self.decision)).transpose()?,
        })
    }
}

const NAMES: &str = "the header names `user` (or `subject`), `permission` (or `action`) and `resource`; \
                     `--expect` needs `decision` too";

/// What is secret in a field.
fn found(field: &[u8]) -> Option<hide::Secret> {
    if field.len() < hide::SHORTEST { None } else { hide::secret(&String::from_utf8_lossy(field)) }
}

fn text(record: &ByteRecord, column: Option<usize>) -> Result<&str, Fault> {
    let bytes = column.and_then(|c| record.get(c)).unwrap_or(b"");
    std::str::from_utf8(bytes).map_err(|_| Fault::not_text("row"))
}

fn header(run: &Run<'_>, columns: &Columns, header: &ByteRecord, writer: &mut Writer<Out>) -> Result<(), Failure> {
    let mut record = header.clone();
    if columns.decision.is_none() {
        record.push_field(b"decision");
    }
    for (asked, name) in [(run.job.wish.expect, "expected"), (run.job.wish.keep_going, "message")] {
        if asked {
            record.push_field(name.as_bytes());
        }
    }
    if run.job.quiet { Ok(()) } else { print(run, &record, writer) }
}

fn write(
    run: &Run<'_>,
    columns: &Columns,
    record: &ByteRecord,
    verdict: &Verdict,
    answer: &mut ByteRecord,
    writer: &mut Writer<Out>,
) -> Result<(), Failure> {
    let (decision, message) = match verdict {
        Verdict::Silent => return Ok(()),
        Verdict::Decided(decision) => (word(*decision), ""),
        Verdict::Failed(message) => ("error", message.as_str()),
    };
    let shown = |field| match verdict {
        Verdict::Failed(_) => found(field).map_or(field, |found| found.mark().as_bytes()),
        _ => field,
    };
    answer.clear();
    for at in 0..columns.width {
        let field = shown(record.get(at).unwrap_or(b""));
        answer.push_field(if columns.decision == Some(at) { decision.as_bytes() } else { field });
    }
    if columns.decision.is_none() {
        answer.push_field(decision.as_bytes());
    }
    if run.job.wish.expect {
        answer.push_field(shown(columns.decision.and_then(|c| record.get(c)).unwrap_or(b"")));
    }
    if run.job.wish.keep_going {
        answer.push_field(message.as_bytes());
    }
    print(run, answer, writer)
}

fn print(run: &Run<'_>, record: &ByteRecord, writer: &mut Writer<Out>) -> Result<(), Failure> {
    run.job.progress.aside(|flush| {
        writer.write_byte_record(record).map_err(closed)?;
        if flush { writer.flush().map_err(output) } else { Ok(()) }
    })
}

fn closed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => output(e),
        other => Trouble::new(format!("cannot write the output: {other:?}")).into(),
    }
}

fn broken(run: &Run<'_>, error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => unreadable(&run.job.file, &e),
        other => Trouble::new(format!("cannot read `{}`: {other:?}", run.job.file)).into(),
    }
}
