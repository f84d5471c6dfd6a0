//! What has ended, and what ends soon.

use super::{Report, Scene};
use crate::finding::{EXPIRED, EXPIRES_SOON, Finding};
use crate::instant::Instant;
use crate::model::{NEVER, TimeId};
use crate::source::Span;

const DAY: i64 = 86_400;

/// Looks at the end of everything that has one.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    if m.times.is_empty() {
        return;
    }
    let times: Vec<When> = m.times.iter().map(|end| when(scene, *end)).collect();
    let mut look = |until: TimeId, span: Span, what: &dyn Fn() -> String, out: bool| {
        if until == NEVER {
            return;
        }
        let end = || as_written(scene, span, m.times[until as usize]);
        match times[until as usize] {
            When::Later => {}
            When::Over => report.push(&EXPIRED, span, |here| {
                let finding = here.says(format!("{} has ended: it was until {}", what(), end()));
                let finding = finding.help("take it out, or give it a new end");
                if out { here.may_take_out(finding, "take it out") } else { finding }
            }),
            When::Soon(days) => report.push(&EXPIRES_SOON, span, |here| {
                let left = match days {
                    0 => "less than a day".into(),
                    1 => "a day".into(),
                    n => format!("{n} days"),
                };
                let finding: Finding = here.says(format!("{} ends in {left}, after {}", what(), end()));
                let finding = finding.known_as(format!("{} ends after {}", what(), end()));
                finding.help("give it a new end, or let it end and take it out then")
            }),
        }
    };
    for e in &m.entries {
        look(e.until, e.span, &|| format!("this entry of {}", m.who(e.who)), true);
    }
    for x in &m.members {
        look(
            x.until,
            x.span,
            &|| format!("the membership of {} in group {}", m.who(x.who), crate::report::id(m.groups.name(x.of))),
            false,
        );
    }
    for x in &m.org_members {
        look(x.until, x.span, &|| format!("the membership of {} in {}", m.who(x.who), m.place_name(x.of)), false);
    }
    let mut last = None;
    for a in &m.assignments {
        // A statement stands for many assignments, which end together; owners have each their own end.
        if last.replace(a.span) != Some(a.span) {
            let what = if a.owner { "the ownership of" } else { "this assignment to" };
            look(a.until, a.span, &|| format!("{what} {}", super::walk::subject(m, a.who)), !a.owner);
        }
    }
}

/// An end as its statement or row has it: midnight may be written as a date or as a time.
fn as_written(scene: &Scene<'_>, span: Span, end: Instant) -> String {
    let text = scene.sources.get(span.file).text();
    let rest = text.get(span.start as usize..).unwrap_or("");
    let size = (span.end - span.start) as usize;
    let until = rest.get(size..).and_then(|more| more.find('\n')).map_or(rest.len(), |more| size + more);
    let mut words = rest[..until].split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+')));
    let written = words.find(|word| word.len() >= 10 && Instant::until(word) == Some(end));
    written.map_or_else(|| end.shown_end(), str::to_owned)
}

/// How an end lies to the present.
#[derive(Clone, Copy)]
enum When {
    Over,
    /// In so many whole days.
    Soon(i64),
    Later,
}

fn when(scene: &Scene<'_>, end: Instant) -> When {
    let now = scene.options.now;
    if end <= now {
        return When::Over;
    }
    let days = (end.to_unix().0 - now.to_unix().0) / DAY;
    match scene.options.expires_soon_days {
        Some(limit) if days <= i64::from(limit) => When::Soon(days),
        _ => When::Later,
    }
}
