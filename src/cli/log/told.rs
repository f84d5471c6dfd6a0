//! What is said of a commit.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::Failure;
use super::super::revision::Told;
use super::merges::{Brought, Own};
use super::pairs::{Changes, Pair, Step};
use super::{Commit, Format, Passed, Teller, listed, together};
use crate::report::{count, one_line};

impl Teller<'_> {
    /// Tells what a commit changed, with the commits that it brings.
    pub fn tell(&mut self, changes: Changes, pair: &Pair, brings: &Brought, color: bool) -> io::Result<()> {
        let Brought { commits: brought, older: more, whole, .. } = brings;
        let Pair { versions: [_, new], commit, passed, .. } = pair;
        let Told { at, author, subject, .. } = &commit.told;
        let (summary, notes, causes) = match changes {
            Changes::Json(diff) => {
                let (id, at) = (commit.id.to_string(), at.to_string());
                let mut line = json!({"commit": id, "date": at, "author": author, "subject": subject, "diff": diff});
                return self.tell_json(&mut line, pair, brings);
            }
            Changes::Text { summary, notes, causes } => (summary, notes, causes),
            Changes::Merge(_) => unreachable!("a merge is told beside what it brings"),
        };
        let day = at.to_string();
        let head = format!("{} {} {}", new.name, day.split('T').next().unwrap_or(""), one_line(author));
        let head = if color { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head };
        let subject = one_line(subject);
        // Where the answer is the log of a job, a line that begins so would be a command of its runner.
        let subject = if ["::", "##["].iter().any(|mark| subject.trim_start().starts_with(mark)) {
            format!("`{subject}`")
        } else {
            subject
        };
        writeln!(self.out, "{}{head}\n    {subject}", if self.shown > 1 { "\n" } else { "" })?;
        for other in [true, false].into_iter().filter_map(|faulty| together(passed, faulty)) {
            writeln!(self.out, "    {other}")?;
        }
        let since = one_line(self.args.since.as_deref().unwrap_or(""));
        for (known, and) in [(false, String::new()), (true, format!(", which `{since}` contains"))] {
            let all: Vec<&Passed> = brought.iter().filter(|p| self.past.contains(&p.id) == known).collect();
            if let Some(names) = listed(&all) {
                writeln!(self.out, "    it merges {names}{and}")?;
            }
        }
        if let Some(tip) = commit.told.merged.first().filter(|_| *more > 0) {
            let (more, tip) = (count(*more, "older commit"), self.history.short(*tip));
            writeln!(self.out, "    it merges {more} more, of which `roomkey log {tip}` tells")?;
        }
        if *whole {
            writeln!(self.out, "    the merge itself changes all of it: no parent has it")?;
        }
        writeln!(self.out, "    {summary}")?;
        for note in pair.note().into_iter().chain(notes.iter().map(String::as_str)) {
            writeln!(self.out, "    note: {}", one_line(note))?;
        }
        self.out.write_all(&causes)
    }

    fn tell_json(&mut self, line: &mut Value, pair: &Pair, brings: &Brought) -> io::Result<()> {
        if let Some(note) = pair.note() {
            line["note"] = note.into();
        }
        let one = |p: &Passed| {
            let (id, at) = (p.id.to_string(), p.told.at.to_string());
            json!({"commit": id, "date": at, "author": p.told.author, "subject": p.told.subject})
        };
        for (name, commits) in
            [("together", &pair.passed), ("brings", &brings.commits)].into_iter().filter(|(_, all)| !all.is_empty())
        {
            line[name] = commits.iter().map(one).collect();
        }
        if brings.older > 0 {
            line["older"] = brings.older.into();
        }
        let own: Vec<usize> = (0..).zip(&brings.own).filter(|(_, own)| **own == Own::Whole).map(|(number, _)| number).collect();
        if !own.is_empty() {
            line["own"] = own.into();
        }
        writeln!(self.out, "{line}")
    }

    /// A line of the answer.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Says that a commit is passed over, and why, behind the newer one with which it is told.
    pub fn broken(&mut self, commit: &Commit, name: &str, failure: &Failure) {
        let why = failure.sentence();
        let Told { at, author, subject, .. } = &commit.told;
        if self.args.format == Format::Json {
            let (id, at) = (commit.id.to_string(), at.to_string());
            let findings = match failure {
                Failure::Unsound(unsound) => unsound.findings.len(),
                _ => 1,
            };
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "findings": findings, "why": why});
            self.held.push(Step::Line(line.to_string()));
        } else if !self.globals.quiet {
            self.held.push(Step::Beside(format!("{name}: {why}; it is passed over")));
        }
    }

    /// Says that the history goes on where nobody can look: behind the last commit that was passed over, if one was, else
    /// behind the last one with a policy.
    pub fn cut(&mut self, passed: Option<&Passed>, commit: &Commit, name: &str) {
        self.release();
        let help = "fetch the whole history (`git fetch --unshallow`) to see what came before";
        let (told, id, end) = passed.map_or((&commit.told, commit.id, name), |p| (&p.told, p.id, &p.name));
        let after = if passed.is_some() { format!(", and those after it up to {name}") } else { String::new() };
        let unknown =
            format!("a shallow clone ends here, so that what this commit and those before it changed{after} is not known");
        if self.args.format == Format::Json {
            let (id, Told { at, author, subject, .. }) = (id.to_string(), told);
            let at = at.to_string();
            let line = json!({"commit": id, "date": at, "author": author, "subject": subject, "unknown": unknown});
            self.waiting.push(Step::Line(line.to_string()));
        } else if !self.globals.quiet {
            self.waiting.push(Step::Beside(format!("{end}: {unknown}; {help}")));
        }
    }
}
