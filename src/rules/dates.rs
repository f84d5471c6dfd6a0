//! What has ended, and what ends soon.

use super::walk::{covers, kept_closed, outward, subject};
use super::{Report, Scene};
use crate::finding::{EXPIRED, EXPIRES_SOON, Finding};
use crate::instant::Instant;
use crate::model::access::Entry;
use crate::model::kinds::KindId;
use crate::model::{NEVER, TimeId};
use crate::report::id;
use crate::source::Span;
use crate::syntax::tree::Verb;

/// Looks at the end of everything that has one.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    if m.times.is_empty() {
        return;
    }
    let times: Vec<When> = (0..m.times.len() as TimeId).map(|until| when(scene, until)).collect();
    let mut look = |until: TimeId, span: Span, what: &dyn Fn() -> String, advise: &dyn Fn() -> Advice| {
        if until == NEVER {
            return;
        }
        let end = || as_written(scene, span, m.times[until as usize]);
        match times[until as usize] {
            When::Later => {}
            When::Over => report.push(&EXPIRED, span, |here| {
                let finding = here.says(format!("{} has ended: it was until {}", what(), end()));
                match advise() {
                    Advice::Opens(org) => finding.help(format!(
                        "give it a new end, or name one who stays, such as `member user ann`, before you take it out: without any `member`, everyone can sign in to {org}"
                    )),
                    Advice::Entry { .. } => here.may_take_out(finding.help(OUT), "take it out"),
                    Advice::Other => finding.help(OUT),
                }
            }),
            When::Soon(days) => report.push(&EXPIRES_SOON, span, |here| {
                let left = match days {
                    0 => "less than a day".into(),
                    1 => "a day".into(),
                    n => format!("{n} days"),
                };
                let finding: Finding = here.says(format!("{} ends in {left}, after {}", what(), end()));
                let finding = finding.known_as(format!("{} ends after {}", what(), end()));
                match advise() {
                    Advice::Opens(org) => finding.help(format!(
                        "give it a new end, or name one who stays, such as `member user ann`: nobody can sign in to {org} when it has ended, and everyone can without any `member`"
                    )),
                    Advice::Entry { takes: true, .. } => finding.help(
                        "give it a new end, or let it end if that is meant: from then on, whoever is given what this takes away has it",
                    ),
                    Advice::Entry { more: Some(more), .. } => {
                        let finding = finding.label(more, "this may decide then, and gives more");
                        finding.help("give it a new end, or let it end if it is meant to give more from then on")
                    }
                    Advice::Entry { .. } | Advice::Other => finding.help("give it a new end, or let it end and take it out then"),
                }
            }),
        }
    };
    for e in &m.entries {
        let advise = || Advice::Entry { takes: e.verb == Verb::Cannot, more: gives_more(scene, e) };
        look(e.until, e.span, &|| format!("this entry of {}", m.who(e.who)), &advise);
    }
    for x in &m.members {
        let what = || format!("the membership of {} in group {}", m.who(x.who), id(m.groups.name(x.of)));
        look(x.until, x.span, &what, &|| Advice::Other);
    }
    let closed = kept_closed(scene, |x| !scene.ends_soon(x.until));
    for x in &m.org_members {
        let advise = || if closed.contains(&x.of) { Advice::Other } else { Advice::Opens(m.place_name(x.of)) };
        look(x.until, x.span, &|| format!("the membership of {} in {}", m.who(x.who), m.place_name(x.of)), &advise);
    }
    let mut last = None;
    for a in &m.assignments {
        // A statement stands for many assignments, which end together; owners have each their own end.
        if last.replace(a.span) != Some(a.span) {
            let what = if a.owner { "the ownership of" } else { "this assignment to" };
            let advise = || if a.owner { Advice::Other } else { Advice::Entry { takes: false, more: None } };
            look(a.until, a.span, &|| format!("{what} {}", subject(m, a.who)), &advise);
        }
    }
}

const OUT: &str = "take it out, or give it a new end";

/// What there is to say to who wants to take out what ends.
enum Advice {
    /// Nothing.
    Other,
    /// It stands alone: it may be taken out. Whether it takes something away, and what gives more when it has ended.
    Entry { takes: bool, more: Option<Span> },
    /// The organization that is open without it.
    Opens(String),
}

/// An entry for the same principals, in the same place or further out, that gives more of a part than an entry does.
fn gives_more(scene: &Scene<'_>, entry: &Entry) -> Option<Span> {
    let list = &scene.model.lists[entry.list as usize];
    let more = |other: &Entry| {
        let of = |kind: &KindId, part: &u32| scene.sets(other.list, *kind, *part);
        other.span != entry.span
            && !scene.is_over(other.until)
            && list.on.iter().any(|(kind, set)| set.iter().any(|(part, value)| of(kind, part) > Some(*value)))
    };
    let whom = covers(scene, entry.who, scene.end(entry.until));
    let places = std::iter::once(entry.place).chain(outward(scene, entry.place).places);
    let mut all = places.flat_map(|place| whom.iter().flat_map(move |who| scene.entries_of(place, *who, Verb::Can)));
    all.find(|(_, other)| more(other)).map(|(_, other)| other.span)
}

/// An end as it stands behind what it is advised to type; nothing where there is none.
pub fn until(scene: &Scene<'_>, until: TimeId, span: Span) -> String {
    scene.end(until).map_or(String::new(), |end| format!(" until {}", as_written(scene, span, end)))
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

fn when(scene: &Scene<'_>, until: TimeId) -> When {
    match scene.days_left(until) {
        _ if scene.is_over(until) => When::Over,
        Some(days) => When::Soon(days),
        None => When::Later,
    }
}
