//! Why there is nothing to compare, in the formats that other programs read: none of them may take it for no change.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::annotations::{SHOWN, locate, log};
use super::html::{beginning, safe};
use super::markdown::refused;
use crate::report::github::{data, property};
use crate::report::one_line;
use crate::source::Origin;

/// Why nothing could be compared.
pub struct Refused<'r> {
    /// In one sentence.
    pub why: &'r str,
    /// What is wrong.
    pub wrong: &'r [Wrong],
    /// What to do about it.
    pub help: Option<&'r str>,
}

/// Something that is wrong with a side.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// What it is called: a rule, where it has one.
    pub title: String,
    /// The fact and what to type.
    pub text: String,
    /// The revision whose texts these are, where they do not lie here.
    pub side: Option<String>,
    /// Where.
    pub source: Option<Origin>,
    /// All of it in one line.
    pub line: String,
}

impl Wrong {
    /// The place of it, where that is a line of the texts that lie here.
    fn here(&self) -> Option<&Origin> {
        self.source.as_ref().filter(|_| self.side.is_none())
    }

    /// The fact, with the line of another revision in front.
    fn sentence(&self) -> String {
        match (&self.side, &self.source) {
            (Some(side), Some(o)) => format!("in {}, {}:{}: {}", one_line(side), one_line(&o.file), o.line, self.text),
            (Some(side), None) => format!("in {}: {}", one_line(side), self.text),
            (None, _) => self.text.clone(),
        }
    }
}

impl Refused<'_> {
    fn sentence(&self) -> String {
        let help = self.help.map_or(String::new(), |help| format!("; {help}"));
        format!("nothing could be compared: {}{help}", self.why)
    }

    /// Writes a comment of a pull request.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        refused(out, self)
    }

    /// Writes an error, and one beside each of the first places, as workflow commands of GitHub.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn github(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "::error title=Nothing could be compared::{}", data(&self.sentence()))?;
        for (i, wrong) in self.wrong.iter().enumerate() {
            let (title, text) = (property(&wrong.title), data(&wrong.sentence()));
            match wrong.here() {
                // The first one says that there is nothing.
                _ if i + 1 >= SHOWN => writeln!(out, "{}", one_line(&wrong.line))?,
                Some(o) => {
                    let (file, line, column) = (property(&o.file), o.line, o.column);
                    writeln!(out, "::error file={file},line={line},col={column},title={title}::{text}")?;
                }
                None => writeln!(out, "::error title={title}::{text}")?,
            }
        }
        Ok(())
    }

    /// Writes a SARIF log of a run that did not succeed, with a result for the whole and one for each fault.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn sarif(&self, out: &mut dyn Write) -> io::Result<()> {
        let one = |text: &str, source: Option<&Origin>| {
            let print = blake3::hash(text.as_bytes()).to_hex();
            let mut result = json!({
                "ruleId": "not-compared",
                "ruleIndex": 0,
                "level": "error",
                "message": {"text": text},
                "partialFingerprints": {"roomkey/v1": &print[..32]},
            });
            locate(&mut result, source);
            result
        };
        let whole = one(&self.sentence(), None);
        let results: Vec<Value> = std::iter::once(whole).chain(self.wrong.iter().map(|w| one(&w.sentence(), w.here()))).collect();
        let invocation = json!({
            "executionSuccessful": false,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": self.sentence()}}],
        });
        log(out, &[("not-compared", "Nothing could be compared")], results, Some(invocation))
    }

    /// Writes one JSON object, which has nothing of a comparison.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let source = |o: &Origin| json!({"file": o.file, "line": o.line, "column": o.column});
        let one = |w: &Wrong| json!({"text": w.text, "side": w.side, "source": w.source.as_ref().map(source)});
        let wrong: Vec<Value> = self.wrong.iter().map(one).collect();
        writeln!(out, "{}", json!({"refused": {"why": self.why, "help": self.help, "wrong": wrong}}))
    }

    /// Writes a page.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        beginning(out)?;
        writeln!(out, "<div class=\"failed\"><h2>Nothing could be compared</h2><p>{}</p><ul>", safe(self.why))?;
        self.wrong.iter().try_for_each(|wrong| writeln!(out, "<li>{}</li>", safe(&wrong.line)))?;
        let help = self.help.map_or(String::new(), |help| format!("<p>{}</p>", safe(help)));
        writeln!(out, "</ul>{help}</div></body></html>")
    }
}
