//! `roomkey check --batch`: a stream of questions, answered row by row.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read};
use std::ops::AddAssign;
use std::path::Path;

use clap::ValueEnum;

use super::check::{bare_user, instant};
use super::hide::Secret;
use super::progress::Progress;
use super::{Exit, Failure, Globals, Outcome, Trouble, policy};
use crate::finding::did_you_mean;
use crate::report::count;
use crate::{Checker, Decision, Instant, Question, Table};

mod comma;
mod lines;
mod quotes;

/// A row has at most so many bytes, and memory does not grow with what never ends.
const LONGEST: usize = 16 << 20;

/// What a file of questions holds.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Input {
    /// JSON Lines: one object on each line
    Jsonl,
    /// CSV with a header row
    Csv,
}

/// How the user wants the rows answered.
#[derive(Clone, Copy)]
pub struct Wish {
    /// What the file holds, where the user says so.
    pub input: Option<Input>,
    /// Compare with the field `decision`.
    pub expect: bool,
    /// Go on behind rows that cannot be answered.
    pub keep_going: bool,
    /// The time of rows that name none.
    pub at: Instant,
}

/// The names of the fields; `subject` and `action` stand for the first two.
const FIELDS: [&str; 9] = ["user", "permission", "resource", "groups", "organization", "at", "decision", "subject", "action"];

/// Which field a name means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    User,
    Permission,
    Resource,
    Groups,
    Organization,
    At,
    Decision,
    /// The caller's own: passed through.
    Other,
}

impl Field {
    /// The field of a name; a near miss is an error, since it would change answers unseen.
    fn named(name: &str) -> Result<Field, Fault> {
        Ok(match name {
            "user" | "subject" => Field::User,
            "permission" | "action" => Field::Permission,
            "resource" => Field::Resource,
            "groups" => Field::Groups,
            "organization" => Field::Organization,
            "at" => Field::At,
            "decision" => Field::Decision,
            _ => match did_you_mean(name, FIELDS) {
                Some(help) => return Err(Fault { message: format!("no field is named `{name}`"), help: Some(help) }),
                None => Field::Other,
            },
        })
    }
}

/// Why a row cannot be answered.
struct Fault {
    message: String,
    help: Option<String>,
}

impl Fault {
    fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), help: None }
    }

    fn not_text(what: &str) -> Fault {
        Fault { message: format!("the {what} is not UTF-8"), help: Some("save the file as UTF-8".into()) }
    }

    fn secret(found: Secret) -> Fault {
        let what = if found == Secret::Token { "token" } else { "key" };
        Fault {
            message: format!("the row holds a {what}, and no answer repeats it"),
            help: Some("ask with `--token`, one token at a time".into()),
        }
    }

    fn at(self, job: &Job<'_>, line: u64) -> Failure {
        Trouble { message: format!("{}:{line}: {}", job.file, self.message), help: self.help }.into()
    }
}

/// What a row asks; empty text counts as left out.
#[derive(Default)]
struct Row<'a> {
    user: &'a str,
    permission: &'a str,
    resource: &'a str,
    organization: &'a str,
    at: &'a str,
    decision: Option<&'a str>,
}

/// What all rows of one file share.
struct Job<'a> {
    file: String,
    table: &'a Table,
    wish: Wish,
    quiet: bool,
    progress: Progress,
}

/// A run over rows: the question that is filled anew for each row, and the counts.
struct Run<'a> {
    job: &'a Job<'a>,
    checker: Checker<'a>,
    question: Question,
    counts: Counts,
}

/// How many rows there were, were not as expected, and could not be answered.
#[derive(Clone, Copy, Default)]
struct Counts {
    rows: u64,
    different: u64,
    failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.rows += more.rows;
        self.different += more.different;
        self.failed += more.failed;
    }
}

/// What becomes of a row.
enum Verdict {
    /// As expected: not printed.
    Silent,
    /// The decision.
    Decided(Decision),
    /// Not answered, and the run goes on.
    Failed(String),
}

/// Answers the questions of a file on stdout.
pub fn run(globals: &Globals, table: &Table, file: &Path, wish: Wish) -> Outcome {
    let (mut reader, progress) = open(globals, file, wish.expect)?;
    let input = match wish.input.or_else(|| by_ending(file)) {
        Some(input) => input,
        None => sniff(&mut reader, file)?,
    };
    let job =
        Job { file: if stdin(file) { "stdin".into() } else { policy::name(file) }, table, wish, quiet: globals.quiet, progress };
    let out = BufWriter::with_capacity(1 << 16, crate::cli::stdout());
    let counts = match input {
        Input::Csv => comma::run(&job, reader, out)?,
        Input::Jsonl => lines::run(&job, reader, out)?,
    };
    let Job { file: name, progress, .. } = job;
    drop(progress);
    if counts.rows == 0 && (wish.expect || (input == Input::Jsonl && !stdin(file))) {
        let message = format!("{name}: the file asks no question");
        return Err(Trouble::new(message).help("write one question on each line").into());
    }
    if wish.expect || counts.failed > 0 {
        globals.summary(&counts.sentence(wish.expect));
    }
    Ok(match (counts.failed, counts.different) {
        (0, 0) => Exit::Fine,
        (0, _) => Exit::Not,
        _ => Exit::Unanswered,
    })
}

impl<'a> Run<'a> {
    fn new(job: &'a Job<'a>) -> Run<'a> {
        Run { job, checker: Checker::new(job.table), question: Question::new("", "", ""), counts: Counts::default() }
    }

    /// Answers a row that begins on `line`; the groups of the question are set already.
    fn answer(&mut self, line: u64, row: Result<Row<'_>, Fault>) -> Result<Verdict, Failure> {
        self.counts.rows += 1;
        let decided = row.and_then(|row| Ok((self.decide(&row)?, self.expected(&row)?)));
        match decided {
            Ok((decision, Some(expected))) if decision == expected => Ok(Verdict::Silent),
            Ok((decision, expected)) => {
                self.counts.different += u64::from(expected.is_some());
                Ok(Verdict::Decided(decision))
            }
            Err(fault) if self.job.wish.keep_going => {
                self.counts.failed += 1;
                Ok(Verdict::Failed(fault.message))
            }
            Err(fault) => Err(fault.at(self.job, line)),
        }
    }

    fn decide(&mut self, row: &Row<'_>) -> Result<Decision, Fault> {
        for (name, text) in [("user", row.user), ("permission", row.permission), ("resource", row.resource)] {
            if text.is_empty() {
                return Err(Fault::new(format!("the row has no `{name}`")));
            }
        }
        let question = &mut self.question;
        refill(&mut question.user, bare_user(row.user));
        refill(&mut question.permission, row.permission);
        match row.resource.split_once(':') {
            Some((kind, id)) => {
                refill(question.resource.kind.get_or_insert_default(), kind);
                refill(&mut question.resource.id, id);
            }
            None => {
                question.resource.kind = None;
                refill(&mut question.resource.id, row.resource);
            }
        }
        match row.organization {
            "" => question.organization = None,
            organization => refill(question.organization.get_or_insert_default(), organization),
        }
        question.at = Some(match row.at {
            "" => self.job.wish.at,
            text => instant(text).map_err(|e| Fault::new(format!("`{text}` is no time: {e}")))?,
        });
        self.checker.decision(question).map_err(|e| Fault { message: e.to_string(), help: e.help() })
    }

    fn expected(&self, row: &Row<'_>) -> Result<Option<Decision>, Fault> {
        match row.decision {
            _ if !self.job.wish.expect => Ok(None),
            Some("allow") => Ok(Some(Decision::Allow)),
            Some("deny") => Ok(Some(Decision::Deny)),
            Some(other) => Err(Fault::new(format!("`{other}` is no decision: write `allow` or `deny`"))),
            None => Err(Fault::new("the row has no `decision` to compare with")),
        }
    }
}

impl Counts {
    fn sentence(&self, expect: bool) -> String {
        let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let mut said = match (expect, self.different) {
            (false, _) => count(rows, "row"),
            (true, 0) if self.failed == 0 => format!("{}, all as expected", count(rows, "row")),
            (true, n) => format!("{}, {n} different", count(rows, "row")),
        };
        if self.failed > 0 {
            said += &format!(", {} could not be answered", self.failed);
        }
        said
    }
}

fn refill(into: &mut String, text: &str) {
    into.clear();
    into.push_str(text);
}

fn open(globals: &Globals, file: &Path, expect: bool) -> Result<(BufReader<Box<dyn Read>>, Progress), Failure> {
    // Rows that run over the screen are progress enough, and a line would disturb whoever types them.
    let shown = (expect || !io::stdout().is_terminal()) && !(stdin(file) && io::stdin().is_terminal());
    let progress = |length| if shown { Progress::through(globals, "answering", length) } else { Progress::off() };
    let (reader, progress) = if stdin(file) {
        let progress = progress(None);
        (progress.count(io::stdin().lock()), progress)
    } else {
        let opened = File::open(file).map_err(|e| unreadable(&policy::name(file), &e))?;
        let progress = progress(opened.metadata().ok().filter(Metadata::is_file).map(|m| m.len()));
        (progress.count(opened), progress)
    };
    Ok((BufReader::with_capacity(1 << 16, reader), progress))
}

fn stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn unreadable(file: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(format!("there is no file `{file}`")).into(),
        _ => Trouble::new(format!("cannot read `{file}`: {}", policy::reason(error))).into(),
    }
}

fn by_ending(file: &Path) -> Option<Input> {
    match file.extension()?.to_str()? {
        "csv" => Some(Input::Csv),
        "jsonl" | "ndjson" | "json" => Some(Input::Jsonl),
        _ => None,
    }
}

/// Without an ending that says it, text that begins with `{` is JSON Lines.
fn sniff(reader: &mut impl BufRead, file: &Path) -> Result<Input, Failure> {
    let start = reader.fill_buf().map_err(|e| unreadable(&policy::name(file), &e))?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let first = start.iter().find(|b| !b.is_ascii_whitespace());
    Ok(if first == Some(&b'{') { Input::Jsonl } else { Input::Csv })
}

/// Where answers go.
type Out = BufWriter<crate::cli::Stdout>;
