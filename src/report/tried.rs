//! Tests and invariants as words: a block for each that fails, JSON, and JUnit.

use std::io::{self, Write};

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::answer::reason_json;
use super::wrap::wrap;
use super::{count, covered, mutants, plain};
use crate::Question;
use crate::query::coverage::Covered;
use crate::query::mutate::Mutants;
use crate::query::prove::{Failure, Found, Tried};
use crate::source::Sources;
use crate::syntax::print;

/// Writes every failure: the line, the answer, and why; then how many there are. On a screen its lines end within `columns`.
///
/// # Errors
/// Those of the writer.
pub fn text(out: &mut dyn Write, sources: &Sources, tried: &Tried, columns: Option<usize>) -> io::Result<()> {
    failures(out, sources, tried, columns)?;
    writeln!(out, "{} passed, {} failed", tried.passed.len(), tried.failed)
}

/// Writes every failure.
///
/// # Errors
/// Those of the writer.
pub fn failures(out: &mut dyn Write, sources: &Sources, tried: &Tried, columns: Option<usize>) -> io::Result<()> {
    let columns = columns.unwrap_or(usize::MAX);
    for failure in &tried.failures {
        let place = sources.place(failure.span);
        line(out, &format!("FAIL  {} {}{ASIDE}{place}", failure.sort, quoted(&failure.name)), "      ", columns)?;
        line(out, &format!("  expected  {}", failure.expected), "            ", columns)?;
        let found = found(sources, failure);
        found.iter().try_for_each(|said| line(out, &format!("  {said}"), "      ", columns))?;
    }
    Ok(())
}

/// Stands between a sentence and its place.
const ASIDE: &str = "     ";

/// A sentence with its place behind it: in one line where that fits, else below each other.
fn line(out: &mut dyn Write, said: &str, hanging: &str, columns: usize) -> io::Result<()> {
    let said = plain(said);
    if said.width() <= columns {
        return writeln!(out, "{said}");
    }
    let (text, place) = said.rsplit_once(ASIDE).filter(|(text, _)| !text.trim().is_empty()).unwrap_or((&said, ""));
    let lines = wrap(text, columns.saturating_sub(hanging.len())).into_iter();
    let lines = lines.chain((!place.is_empty()).then(|| place.to_owned()));
    lines.enumerate().try_for_each(|(n, part)| writeln!(out, "{}{part}", if n == 0 { "" } else { hanging }))
}

fn quoted(name: &str) -> String {
    plain(&print::quoted(name))
}

/// What is the case, in lines.
fn found(sources: &Sources, failure: &Failure) -> Vec<String> {
    match &failure.found {
        Found::Answer(_, answer) => {
            let source = answer.reason.source.as_ref().map_or(String::new(), |s| format!("{ASIDE}{s}"));
            vec![format!("but the answer is {}", answer.decision.word()), format!("  because {}{source}", answer.reason.text)]
        }
        Found::Witness(question, answers, later) => {
            let when = later.map_or(String::new(), |at| format!(" at {at}"));
            let mut lines = vec![format!("but {} can {} on {}{when}", who(question), question.permission, resource(question))];
            for answer in answers {
                let source = answer.reason.source.as_ref().map_or(String::new(), |s| format!("{ASIDE}{s}"));
                lines.push(format!("  because {}{source}", answer.reason.text));
            }
            lines
        }
        Found::Count { resource, permission, users, some, later } => {
            let when = later.map_or(String::new(), |at| format!(" at {at}"));
            let mut lines = vec![format!("but {} can {permission} on {resource}{when}", count(*users, "user"))];
            lines.extend(some.iter().map(|(user, answer)| {
                let source = answer.reason.source.as_ref().map_or(String::new(), |s| format!("{ASIDE}{s}"));
                format!("  user {} because {}{source}", print::Id(user), answer.reason.text)
            }));
            let more = users.saturating_sub(some.len());
            lines.extend((more > 0).then(|| format!("  and {more} more")));
            lines
        }
        Found::Contradiction(other) => vec![
            "but another line expects the opposite of the same question".into(),
            format!("  it stands at {}", sources.place(*other)),
        ],
        Found::NoResource => vec![
            "but no resource matches, so this proves nothing".into(),
            "  name a resource or a pattern that the policy has".into(),
        ],
        Found::Empty => vec!["but it has no line, so it says nothing".into()],
    }
}

fn who(question: &Question) -> String {
    let groups: Vec<String> = question.groups.iter().map(|g| format!("group {}", print::Id(g))).collect();
    let with = if groups.is_empty() { String::new() } else { format!(" with {}", groups.join(", ")) };
    format!("user {}{with}", print::Id(&question.user))
}

fn resource(question: &Question) -> String {
    format!("{} {}", question.resource.kind.as_deref().unwrap_or(""), print::Id(&question.resource.id))
}

/// What was looked at besides whether they hold.
#[derive(Debug, Default)]
pub struct More {
    /// What nothing would miss.
    pub coverage: Option<Vec<Covered>>,
    /// What nothing would notice.
    pub mutants: Option<Mutants>,
}

/// Writes everything as one JSON object on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(out: &mut dyn Write, sources: &Sources, tried: &Tried, more: &More) -> io::Result<()> {
    let failure = |f: &Failure| {
        let place = sources.place(f.span);
        let mut value = json!({
            "sort": f.sort,
            "name": f.name,
            "source": {"file": place.file, "line": place.line, "column": place.column},
            "expected": f.expected,
            "found": found(sources, f).join("\n"),
        });
        value["detail"] = detail(&f.found);
        value
    };
    let passed = |(sort, name): &(&str, String)| json!({"sort": sort, "name": name});
    let mut value = json!({
        "passed": tried.passed.len(),
        "failed": tried.failed,
        "failures": tried.failures.iter().map(failure).collect::<Vec<_>>(),
        "held": tried.passed.iter().map(passed).collect::<Vec<_>>(),
    });
    if let Some(all) = &more.coverage {
        value["coverage"] = covered::json(sources, all);
    }
    if let Some(all) = &more.mutants {
        value["mutants"] = mutants::json(sources, all);
    }
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

fn detail(found: &Found) -> Value {
    let question = |q: &Question| {
        json!({"user": q.user, "groups": q.groups, "permission": q.permission,
            "resource": format!("{}:{}", q.resource.kind.as_deref().unwrap_or(""), q.resource.id)})
    };
    match found {
        Found::Answer(q, a) => {
            json!({"kind": "answer", "question": question(q), "decision": a.decision.word(), "reason": reason_json(&a.reason)})
        }
        Found::Witness(q, answers, later) => {
            json!({"kind": "witness", "question": question(q), "at": later.map(|at| at.to_string()),
            "reasons": answers.iter().map(|a| reason_json(&a.reason)).collect::<Vec<_>>()})
        }
        Found::Count { resource, permission, users, some, later } => json!({"kind": "count", "resource": resource,
            "permission": permission, "users": users, "some": some.iter().map(|(user, _)| user).collect::<Vec<_>>(),
            "reasons": some.iter().map(|(_, a)| reason_json(&a.reason)).collect::<Vec<_>>(), "at": later.map(|at| at.to_string())}),
        Found::Contradiction(_) => json!({"kind": "contradiction"}),
        Found::NoResource => json!({"kind": "no-resource"}),
        Found::Empty => json!({"kind": "empty"}),
    }
}

/// Writes everything as JUnit XML, a test case for each test and invariant.
///
/// # Errors
/// Those of the writer.
pub fn junit(out: &mut dyn Write, sources: &Sources, tried: &Tried) -> io::Result<()> {
    let all = tried.passed.len() + tried.failed;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites tests="{all}" failures="{0}"><testsuite name="roomkey" tests="{all}" failures="{0}">"#,
        tried.failed
    )?;
    for (sort, name) in &tried.passed {
        writeln!(out, r#"<testcase classname="{sort}" name="{}"/>"#, xml(name))?;
    }
    for group in tried.failures.chunk_by(|a, b| (a.sort, &a.name) == (b.sort, &b.name)) {
        let [first, ..] = group else { continue };
        let lines: Vec<String> = group
            .iter()
            .map(|f| format!("{}: expected {}\n{}", sources.place(f.span), f.expected, found(sources, f).join("\n")))
            .collect();
        writeln!(out, r#"<testcase classname="{}" name="{}">"#, first.sort, xml(&first.name))?;
        writeln!(out, r#"<failure message="{}">{}</failure></testcase>"#, xml(&first.expected), xml(&lines.join("\n")))?;
    }
    writeln!(out, "</testsuite></testsuites>")
}

fn xml(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_ends_within_the_screen() {
        let said = "  because group engineering can comments:write on room plan     policies/acme.rk:11:5";
        let shown = |columns| {
            let mut out = Vec::new();
            line(&mut out, said, "      ", columns).expect("a buffer takes everything");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(shown(usize::MAX), format!("{said}\n"));
        let narrow = "  because group engineering can\n      comments:write on room plan\n      policies/acme.rk:11:5\n";
        assert_eq!(shown(40), narrow);
    }
}
