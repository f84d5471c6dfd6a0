//! `// roomkey: allow RULE: REASON`: a comment that silences a warning about the statement or entry that it stands beside.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use memchr::memmem;

use crate::facts::Format;
use crate::finding::{Finding, Fix, Level, MALFORMED_ALLOW, Near, RULES, Rule, UNUSED_ALLOW};
use crate::source::{FileId, Source, Sources, Span};
use crate::syntax::edit;
use crate::syntax::outline::{Beside, MARK, Outline, is_directive};

const HELP: &str = "type `// roomkey: allow RULE: REASON`; `roomkey rule` lists the rules";

/// Takes out the findings that comments allow, and adds what is wrong with the comments. `on` are the rules of this stage that
/// were looked for, and nothing was where the policy has not been `judged`.
pub fn apply(sources: &Sources, findings: &mut Vec<Finding>, on: &BTreeSet<&'static str>, judged: bool) {
    let mut files = HashMap::new();
    let mut faults = Vec::new();
    // The rows of a data file hold no comments.
    for (file, source) in sources.iter().filter(|(_, s)| !s.is_embedded() && Format::of(s.name()).is_none()) {
        let allows = read(file, source, &mut faults);
        if !allows.is_empty() {
            files.insert(file, Allowed::new(source.text(), allows));
        }
    }
    findings.retain_mut(|finding| {
        let file = files.get_mut(&finding.span.file).filter(|_| finding.rule.level != Level::Error);
        !file.is_some_and(|file| file.silences(finding))
    });
    let looked_for = |rule: &Rule| on.contains(rule.name) || !super::rules().any(|r| r == rule);
    let unused = files.values().flat_map(Allowed::unused).filter(|(allow, _)| judged && looked_for(allow.rule));
    let mut unused: Vec<(&Allow, Option<Span>)> = unused.collect();
    unused.sort_by_key(|(allow, _)| allow.span);
    findings.extend(unused.into_iter().map(|(allow, inside)| unused_finding(sources, allow, inside)));
    findings.extend(faults);
}

/// A comment that allows a rule.
struct Allow {
    rule: &'static Rule,
    span: Span,
}

/// The comments of a file, by what they stand beside.
struct Allowed {
    outline: Outline,
    beside: HashMap<(Beside, &'static str), Comments, foldhash::fast::RandomState>,
    nowhere: Vec<Allow>,
}

/// The comments beside one item that allow one rule.
#[derive(Default)]
struct Comments {
    allows: Vec<Allow>,
    /// Whether they silenced something.
    used: bool,
    /// Where they speak of what stands before a `{`, a finding in the block.
    inside: Option<Span>,
}

impl Allowed {
    fn new(text: &str, allows: Vec<Allow>) -> Allowed {
        let mut of = Allowed { outline: Outline::new(text), beside: HashMap::default(), nowhere: Vec::new() };
        for allow in allows {
            match of.outline.beside(text, allow.span.start as usize) {
                Some(beside) => of.beside.entry((beside, allow.rule.name)).or_default().allows.push(allow),
                None => of.nowhere.push(allow),
            }
        }
        of
    }

    /// Whether some comment allows a finding: all that do have an effect. What one above the block may be meant to allow is left to a person.
    fn silences(&mut self, finding: &mut Finding) -> bool {
        let (outline, beside) = (&self.outline, &mut self.beside);
        let mut any = false;
        let mut mark = |item: u32, block: bool| {
            if let Some(comments) = beside.get_mut(&(Beside { item, block }, finding.rule.name)) {
                (comments.used, any) = (true, true);
            }
        };
        let mut at = outline.at(finding.span.start as usize);
        at.into_iter().for_each(|item| mark(item, false));
        while let Some(item) = at {
            mark(item, true);
            at = outline.around(item);
        }
        let mut at = outline.at(finding.span.start as usize).filter(|_| !any).and_then(|item| outline.around(item));
        while let Some(item) = at {
            if let Some(comments) = beside.get_mut(&(Beside { item, block: false }, finding.rule.name)) {
                comments.inside.get_or_insert(finding.span);
                finding.fix.iter_mut().for_each(|fix| fix.safe = false);
            }
            at = outline.around(item);
        }
        any
    }

    /// The comments that silence nothing, each with the finding in the block below it.
    fn unused(&self) -> impl Iterator<Item = (&Allow, Option<Span>)> {
        let idle = self.beside.values().filter(|comments| !comments.used);
        let idle = idle.flat_map(|comments| comments.allows.iter().map(|allow| (allow, comments.inside)));
        idle.chain(self.nowhere.iter().map(|allow| (allow, None)))
    }
}

fn unused_finding(sources: &Sources, allow: &Allow, inside: Option<Span>) -> Finding {
    if let Some(inside) = inside {
        let message =
            format!("this speaks of what stands before the `{{`, and the finding of `{}` is in the block", allow.rule.name);
        let finding = Finding::new(&UNUSED_ALLOW, allow.span, message).label(inside, "the finding");
        return finding.help("write it above the entry that is meant, or behind the `}`, where it speaks of the whole block");
    }
    let comment = allow.span.start as usize..allow.span.end as usize;
    let gone = edit::cut(sources.get(allow.span.file).text(), comment);
    let gone = Span { file: allow.span.file, start: gone.start as u32, end: gone.end as u32 };
    let message = format!("nothing here is a finding of `{}`", allow.rule.name);
    let fix = Fix::safe("take out the comment", vec![(gone, String::new())]);
    Finding::new(&UNUSED_ALLOW, allow.span, message).help("take the comment out").fix(fix)
}

/// Finds the comments of a file that allow something; the others that speak to Roomkey are faults.
fn read(file: FileId, source: &Source, faults: &mut Vec<Finding>) -> Vec<Allow> {
    let (text, mut allows, mut behind) = (source.text(), Vec::new(), 0);
    for at in memmem::find_iter(text.as_bytes(), &MARK[1..MARK.len() - 1]) {
        if at < behind {
            continue;
        }
        let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        // Of a line, one comment is all that there can be.
        behind = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |n| at + n);
        let line = &text[start..behind];
        let Some(comment) = comment(line).map(|from| start + from) else { continue };
        let end = comment + text[comment..behind].trim_end().len();
        if !is_directive(&text[comment..end]) {
            let said = nearly(&text[comment..end]).map(|(message, help)| {
                let span = Span { file, start: comment as u32, end: end as u32 };
                Finding::new(&MALFORMED_ALLOW, span, message).help(help)
            });
            faults.extend(said);
            continue;
        }
        let span = |range: Range<usize>| Span { file, start: range.start as u32, end: range.end as u32 };
        let said = comment + text[comment..end].find(MARK).map_or(0, |n| n + MARK.len());
        match directive(text, said..end) {
            Ok(rule) => allows.push(Allow { rule, span: span(comment..end) }),
            Err(Fault { place, message, help, near }) => {
                let place = place.unwrap_or(comment..end);
                faults
                    .push(Finding::new(&MALFORMED_ALLOW, span(place), message).near(near, str::to_owned).maybe_help(Some(help)));
            }
        }
    }
    allows
}

/// What is wrong with a comment that is nearly one for Roomkey.
fn nearly(comment: &str) -> Option<(String, String)> {
    let said = comment.trim_start_matches(['/', '!', ' ', '\t']);
    let (word, rest) = said.split_at_checked(MARK.len() - 1)?;
    let rest = rest.trim_start();
    let speaks =
        rest.starts_with(':') || rest.split(char::is_whitespace).next().is_some_and(|first| matches!(first, "allow" | "allow:"));
    if !word.eq_ignore_ascii_case(&MARK[..MARK.len() - 1]) || !speaks {
        return None;
    }
    let message = match (comment.starts_with("///"), rest.starts_with(':')) {
        (true, _) => "a doc comment allows nothing",
        (false, false) => "a `:` is missing behind `roomkey`",
        _ => "a comment for Roomkey begins with `roomkey:`, in lower case and without a space",
    };
    Some((message.into(), HELP.into()))
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
    if name.contains(',')
        || name.split_whitespace().count() > 1 && name.split_whitespace().all(|one| RULES.iter().any(|r| r.name == one))
    {
        let first = name.split([',', ' ']).next().unwrap_or_default();
        let help = format!("write a comment for each rule: `// roomkey: allow {first}: REASON`");
        return Err(fault("one comment allows one rule".into(), &help));
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
