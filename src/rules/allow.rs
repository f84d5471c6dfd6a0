//! `// roomkey: allow RULE: REASON`: a comment that silences a warning on its line or the next.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use memchr::memmem;

use crate::finding::{Finding, Fix, Level, MALFORMED_ALLOW, Near, RULES, Rule, UNUSED_ALLOW};
use crate::source::{FileId, Source, Sources, Span};
use crate::syntax::edit;

/// What the comments begin with.
const MARK: &str = "roomkey:";
const HELP: &str = "type `// roomkey: allow RULE: REASON`; `roomkey rule` lists the rules";

/// Takes out the findings that comments allow, and adds what is wrong with the comments. `on` are the rules of this stage that
/// were looked for, and nothing was where the policy has not been `judged`.
pub fn apply(sources: &Sources, findings: &mut Vec<Finding>, on: &BTreeSet<&'static str>, judged: bool) {
    let mut allows = Vec::new();
    let mut faults = Vec::new();
    for (file, source) in sources.iter().filter(|(_, s)| !s.is_embedded()) {
        read(file, source, &mut allows, &mut faults);
    }
    if !allows.is_empty() {
        silence(sources, findings, &mut allows);
    }
    let looked_for = |rule: &Rule| on.contains(rule.name) || !super::rules().any(|r| r == rule);
    let unused = allows.iter().filter(|allow| judged && !allow.used && looked_for(allow.rule));
    findings.extend(unused.map(|allow| unused_finding(sources, allow)));
    findings.extend(faults);
}

/// A comment that allows a rule.
struct Allow {
    rule: &'static Rule,
    span: Span,
    /// The line that it speaks of.
    line: usize,
    used: bool,
}

fn silence(sources: &Sources, findings: &mut Vec<Finding>, allows: &mut [Allow]) {
    let mut places: BTreeMap<(FileId, usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, allow) in allows.iter().enumerate() {
        places.entry((allow.span.file, allow.line, allow.rule.name)).or_default().push(index);
    }
    findings.retain(|finding| {
        if finding.rule.level == Level::Error {
            return true;
        }
        let (line, _) = sources.get(finding.span.file).line_column(finding.span.start);
        let Some(found) = places.get(&(finding.span.file, line, finding.rule.name)) else { return true };
        found.iter().for_each(|index| allows[*index].used = true);
        false
    });
}

fn unused_finding(sources: &Sources, allow: &Allow) -> Finding {
    let comment = allow.span.start as usize..allow.span.end as usize;
    let gone = edit::cut(sources.get(allow.span.file).text(), comment);
    let gone = Span { file: allow.span.file, start: gone.start as u32, end: gone.end as u32 };
    let message = format!("nothing here is a finding of `{}`", allow.rule.name);
    let fix = Fix::safe("take out the comment", vec![(gone, String::new())]);
    Finding::new(&UNUSED_ALLOW, allow.span, message).help("take the comment out").fix(fix)
}

/// Finds the comments of a file that speak to Roomkey.
fn read(file: FileId, source: &Source, allows: &mut Vec<Allow>, faults: &mut Vec<Finding>) {
    let text = source.text();
    for at in memmem::find_iter(text.as_bytes(), MARK) {
        let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        let Some(comment) = comment(&text[start..end]).map(|from| start + from) else { continue };
        let speaks = text.get(comment + 2..at).is_some_and(|between| between.trim().is_empty());
        if !speaks {
            continue;
        }
        let end = comment + text[comment..end].trim_end().len();
        let span = |range: Range<usize>| Span { file, start: range.start as u32, end: range.end as u32 };
        match directive(text, at + MARK.len()..end) {
            Ok(rule) => {
                let line = spoken_of(source, start, text[start..comment].trim().is_empty());
                allows.push(Allow { rule, span: span(comment..end), line, used: false });
            }
            Err(Fault { place, message, help, near }) => {
                let place = place.unwrap_or(comment..end);
                faults
                    .push(Finding::new(&MALFORMED_ALLOW, span(place), message).near(near, str::to_owned).maybe_help(Some(help)));
            }
        }
    }
}

/// Where the comment of a line starts.
fn comment(line: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return Some(at),
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    None
}

/// The line that a comment speaks of: its own, or the first below that is more than a comment.
fn spoken_of(source: &Source, start: usize, alone: bool) -> usize {
    let (own, _) = source.line_column(start as u32);
    let below = (own + 1..).find(|line| !source.line(*line).trim_start().starts_with("//"));
    if alone { below.unwrap_or(own) } else { own }
}

/// What is wrong with a comment.
struct Fault {
    place: Option<Range<usize>>,
    message: String,
    help: String,
    near: Option<Near>,
}

/// Reads ` allow RULE: REASON`.
fn directive(text: &str, range: Range<usize>) -> Result<&'static Rule, Fault> {
    let fault = |message: String, help: &str| Fault { place: None, message, help: help.into(), near: None };
    let said = text[range.clone()].trim();
    let Some(rest) = said.strip_prefix("allow").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) else {
        return Err(fault("this comment begins with `roomkey:` and allows nothing".into(), HELP));
    };
    let (name, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let (name, from) = (name.trim(), range.end - rest.len());
    if name.is_empty() {
        return Err(fault("this comment names no rule".into(), HELP));
    }
    let Some(rule) = RULES.iter().find(|rule| rule.name == name).copied() else {
        let start = from + (rest.len() - rest.trim_start().len());
        let near = Near::find(name, RULES.iter().filter(|r| r.level != Level::Error).map(|r| r.name));
        let help = "`roomkey rule` lists the rules".into();
        return Err(Fault { place: Some(start..start + name.len()), message: format!("no rule is named `{name}`"), help, near });
    };
    if rule.level == Level::Error {
        let message = format!("`{name}` is an error of meaning, and no comment allows one");
        return Err(fault(message, "mend the error, and take the comment out"));
    }
    match reason.trim() {
        "" => Err(fault("the reason is missing".into(), &format!("type `// roomkey: allow {name}: ` and why it is meant"))),
        _ => Ok(rule),
    }
}
