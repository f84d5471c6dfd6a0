//! What differs between two policies as words: sentences that every format prints.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{count, id, plain};
use crate::instant::Instant;
use crate::query::diff::gates::{Breach, Why};
use crate::query::diff::{Cause, Change, Circle, Diff, Sort, Statement, Subjects};

mod annotations;
mod html;
mod json;
mod markdown;
mod text;

pub use annotations::{github, sarif};
pub use html::html;
pub use json::{json, value};
pub use markdown::{MARK, markdown};
pub use text::{causes, text};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How<'a> {
    /// Every name, where else a few are shown.
    pub all: bool,
    /// What the old side is called.
    pub old: &'a str,
    /// What the new side is called.
    pub new: &'a str,
    /// How their texts differ.
    pub text: Text,
}

/// How the texts of two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Not at all.
    Same,
    /// In line ends alone.
    LineEnds,
    /// In the names of files alone.
    Files,
    /// In what they say.
    Other,
}

/// A cause and all that it does.
pub struct Told<'d> {
    /// `+`, `-` or `~`.
    pub sign: char,
    /// What happened, in one line.
    pub title: String,
    /// Where it is written, with what it said before.
    pub places: Vec<String>,
    /// What it does.
    pub effects: Vec<Effect>,
    /// The cause.
    pub cause: &'d Cause,
}

/// What one cause does to some.
pub struct Effect {
    /// Whether something is gained.
    pub gains: bool,
    /// Whether it comes only later.
    pub later: bool,
    /// The sentence.
    pub text: String,
    /// The sentence with marks around the words of the policy.
    marked: String,
}

/// The marks: characters that no id has.
const MARKS: [char; 2] = ['\u{F0000}', '\u{F0001}'];

/// Words of a policy, marked.
fn word(text: &str) -> String {
    let [open, close] = MARKS;
    format!("{open}{}{close}", text.replace(MARKS, "\u{FFFD}"))
}

/// An id as the language writes it, marked.
fn name(text: &str) -> String {
    word(&id(text))
}

/// Names that a sentence shows.
const SHOWN: usize = 4;
/// Sentences that a cause has before they are added up.
const EACH: usize = 6;

/// Every cause with its effects, the most dangerous first.
pub fn tell<'d>(diff: &'d Diff, how: &How<'_>) -> Vec<Told<'d>> {
    let mut told: Vec<Told<'d>> = diff.causes.iter().map(|cause| heading(cause, how)).collect();
    let mut from = 0;
    while from < diff.changes.len() {
        let cause = diff.changes[from].cause;
        let mine = diff.changes[from..].iter().take_while(|c| c.cause == cause).count();
        told[cause].effects = effects(diff, &diff.changes[from..from + mine], how);
        from += mine;
    }
    told
}

/// Every sentence, whatever the cause, and whether something is gained.
pub fn sentences(diff: &Diff) -> Vec<(bool, String)> {
    let how = How { all: false, old: "", new: "", text: Text::Other };
    let mut all: Vec<(bool, String)> = Vec::new();
    for changes in diff.changes.chunk_by(|a, b| a.cause == b.cause) {
        let more = effects(diff, changes, &how).into_iter().map(|e| (e.gains, e.text));
        let fresh: Vec<_> = more.filter(|one| !all.contains(one)).collect();
        all.extend(fresh);
    }
    all
}

fn heading<'d>(cause: &'d Cause, how: &How<'_>) -> Told<'d> {
    let (sign, title) = match cause.sort {
        Sort::Added | Sort::Nested if cause.statements.iter().any(|s| s.new) => ('+', cause.text.clone()),
        Sort::Added | Sort::Nested | Sort::Removed => ('-', cause.text.clone()),
        Sort::Changed => ('~', cause.text.clone()),
        Sort::Joined | Sort::Left => members(cause),
        Sort::Place if cause.text.ends_with(" is gone") => ('-', cause.text.clone()),
        Sort::Place if cause.text.ends_with(" is new") => ('+', cause.text.clone()),
        Sort::Role => ('~', format!("{} means something else", cause.text)),
        Sort::Vocabulary => ('~', format!("{} differ", cause.text)),
        Sort::Place | Sort::Several => ('~', cause.text.clone()),
    };
    let shown = if how.all { usize::MAX } else { SHOWN };
    let mut places: Vec<String> = cause.statements.iter().take(shown).filter_map(|s| place(cause, s, how)).collect();
    if cause.statements.len() > shown {
        places.push(format!("and {} more", count(cause.statements.len() - shown, "statement")));
    }
    Told { sign, title: plain(&title), places, effects: Vec::new(), cause }
}

/// Where a statement is; what it said, where the new side says something else in its stead.
fn place(cause: &Cause, s: &Statement, how: &How<'_>) -> Option<String> {
    let side = if s.new { how.new } else { how.old };
    let at = s.source.as_ref().map(|o| format!("{o} in {side}"));
    if let Some((who, until)) = s.member.as_ref().filter(|_| matches!(cause.sort, Sort::Joined | Sort::Left)) {
        let member = if cause.statements.len() == 1 { String::new() } else { format!("{}: ", lasting(who, until)) };
        return at.map(|at| plain(&format!("{member}{at}")));
    }
    let moved = cause.sort == Sort::Place && cause.statements.len() > 1;
    let other = s.text != cause.text && !matches!(cause.sort, Sort::Role | Sort::Place);
    let said = cause.sort == Sort::Several || moved || other;
    match (said, at) {
        (true, Some(at)) => Some(plain(&format!("{}: {}, {at}", if s.new { "now" } else { "was" }, s.text))),
        (true, None) => Some(plain(&format!("{}: {}", if s.new { "now" } else { "was" }, s.text))),
        (false, at) => at.map(|at| plain(&at)),
    }
}

/// Who joins or leaves a group.
fn members(cause: &Cause) -> (char, String) {
    let joined = cause.sort == Sort::Joined;
    let group = id(cause.group.as_deref().unwrap_or(""));
    let (mine, others): (Vec<_>, Vec<_>) = cause.statements.iter().partition(|s| s.new == joined);
    let others: BTreeSet<&String> = others.iter().filter_map(|s| s.member.as_ref().map(|(who, _)| who)).collect();
    let members = mine.iter().filter_map(|s| s.member.as_ref());
    let (longer, own): (Vec<_>, Vec<_>) = members.partition(|(who, _)| others.contains(who));
    let [longer, own] = [longer, own].map(|list| list.into_iter().map(|(who, until)| lasting(who, until)).collect::<Vec<_>>());
    let verb = |n: usize| match (joined, n == 1) {
        (true, true) => "joins",
        (true, false) => "join",
        (false, true) => "leaves",
        (false, false) => "leave",
    };
    let title = match (own.as_slice(), longer.as_slice()) {
        ([], []) => format!("{} of group {group} differ", "members"),
        ([], [_, ..]) => format!("{} in group {group} for another time", listed(&longer, "user")),
        _ => format!("{} {} group {group}", listed(&own, "user"), verb(own.len())),
    };
    (if joined { '+' } else { '-' }, title)
}

/// A member, and until when.
fn lasting(who: &str, until: &Option<String>) -> String {
    until.as_ref().map_or_else(|| who.to_owned(), |until| format!("{who} until {until}"))
}

/// A few names, or how many there are.
fn listed(names: &[String], word: &str) -> String {
    if names.len() <= SHOWN { names.join(", ") } else { count(names.len(), word) }
}

/// The sentences of one cause: one for each of those to whom the same happens, added up where they are many.
fn effects(diff: &Diff, changes: &[Change], how: &How<'_>) -> Vec<Effect> {
    type Like<'a> = (Option<Instant>, bool, &'a str, &'a str, &'a str, Option<Instant>, [&'a [String]; 2], &'a [Vec<String>]);
    let mut alike: BTreeMap<Like<'_>, Vec<&Change>> = BTreeMap::new();
    for c in changes {
        let like = (c.since, c.gained.is_empty(), c.kind.as_str(), c.after.as_str(), c.before.as_str(), c.until);
        let (since, loses, kind, after, before, until) = like;
        let like = (since, loses, kind, after, before, until, [c.gained.as_slice(), &c.lost], &*c.with);
        alike.entry(like).or_default().push(c);
    }
    let mut effects = Vec::new();
    for changes in alike.into_values() {
        let own: Vec<Effect> = if changes.len() <= EACH || how.all {
            changes.iter().map(|c| sentence(&who(diff, c, how), &c.resources, c, how, "")).collect()
        } else {
            vec![sum(&changes, how)]
        };
        effects.extend(own);
    }
    effects.sort_by_key(|e| (e.later, !e.gains));
    effects
}

/// Many changes of the same sort in one sentence.
fn sum(changes: &[&Change], how: &How<'_>) -> Effect {
    let mut resources: Vec<String> = changes.iter().flat_map(|c| &c.resources).cloned().collect();
    resources.sort_unstable();
    resources.dedup();
    let users: BTreeSet<&String> = changes.iter().filter(|c| !c.who.everyone).flat_map(|c| &c.who.users).collect();
    let mut parts = Vec::new();
    if changes.iter().any(|c| c.who.everyone) {
        let all = changes.iter().all(|c| c.who.everyone && c.who.users.is_empty() && c.who.groups.is_empty());
        parts.push(if all { "everyone who can sign in" } else { "everyone who can sign in but a few on each" }.to_owned());
    }
    if !users.is_empty() {
        parts.push(count(users.len(), "user"));
    }
    let groups: BTreeSet<&String> = changes.iter().filter(|c| !c.who.everyone).flat_map(|c| &c.who.groups).collect();
    if !groups.is_empty() {
        parts.push(format!("strangers with {}", if groups.len() == 1 { "a group" } else { "one of the groups" }));
    }
    if parts.is_empty() {
        return sentence(&who_with(changes[0], how), &resources, changes[0], how, "");
    }
    let many = parts.len() > 1 || users.len() > 1 || !groups.is_empty();
    parts[0] = format!("{}{}", parts[0], when_with(changes[0], how));
    sentence(&(parts.join(" and "), many), &resources, changes[0], how, " (not each of them on each)")
}

fn sentence((who, many): &(String, bool), resources: &[String], c: &Change, how: &How<'_>, note: &str) -> Effect {
    let s = if *many { "" } else { "s" };
    let on = on(&c.kind, resources, how);
    // Where the base rises, the list of what they have tells it all; a level in between does not show there.
    let base = |list: &[String]| list.iter().find_map(|p| p.strip_prefix("*:").map(str::to_owned));
    let rises = base(&c.gained).is_some_and(|level| c.after.split(", ").next() == Some(&level));
    let (before, after) = (word(&c.before), word(&c.after));
    let (gained, lost) = (word(&highest(&c.gained)), word(&highest(&c.lost)));
    let text = match (c.gained.is_empty(), c.lost.is_empty()) {
        (false, true) if !c.whole || !rises => format!("{who} gain{s} {gained} on {on}{note}"),
        (false, true) if c.before == "nothing" => format!("{who} gain{s} {after} on {on}{note}"),
        (false, true) => format!("{who} gain{s} {after} on {on}{note}, had {before}"),
        (true, _) if !c.whole || base(&c.lost).is_none() => format!("{who} lose{s} {lost} on {on}{note}"),
        (true, _) if c.after == "nothing" => format!("{who} lose{s} {before} on {on}{note}"),
        (true, _) => format!("{who} lose{s} {lost} on {on}{note}, keep{s} {after}"),
        _ if !c.whole || c.before == c.after => format!("{who} gain{s} {gained} and lose{s} {lost} on {on}{note}"),
        _ => format!("{who} go{} from {before} to {after} on {on}{note}", if *many { "" } else { "es" }),
    };
    let from = c.since.map_or(String::new(), |t| format!("from {} on, ", day(t)));
    let until = c.until.map_or(String::new(), |t| format!(", until {}", t.shown_end()));
    let marked = plain(&format!("{from}{text}{until}"));
    Effect { gains: !c.gained.is_empty(), later: c.since.is_some(), text: marked.replace(MARKS, ""), marked }
}

/// The highest level of the base and of each feature, and the flat permissions; a feature goes without saying where the
/// base, or one that it is part of, has the same level.
fn highest(permissions: &[String]) -> String {
    let base = permissions.iter().find_map(|p| p.strip_prefix("*:"));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut words: Vec<String> = base.iter().map(|level| (*level).to_owned()).collect();
    for p in permissions {
        let Some((feature, level)) = p.rsplit_once(':') else {
            words.push(p.clone());
            continue;
        };
        let outer = first.iter().any(|(f, l)| *l == level && feature.strip_prefix(*f).is_some_and(|rest| rest.starts_with(':')));
        if feature != "*" && !first.contains_key(feature) {
            first.insert(feature, level);
            words.extend((!outer && base != Some(level)).then(|| p.clone()));
        }
    }
    words.join(", ")
}

/// The start of something, as a day where it is one.
fn day(at: Instant) -> String {
    let text = at.to_string();
    text.strip_suffix("T00:00:00Z").map_or(text.clone(), str::to_owned)
}

/// Who, in words, and whether they are many.
fn who(diff: &Diff, c: &Change, how: &How<'_>) -> (String, bool) {
    let s = &c.who;
    let (parts, many) = parties(diff, s, how);
    if s.everyone {
        let but = if parts.is_empty() { String::new() } else { format!(", but not {},", joined(&parts)) };
        return (format!("everyone who can sign in{but}"), false);
    }
    if parts.is_empty() {
        return who_with(c, how);
    }
    (format!("{}{}", joined(&parts), when_with(c, how)), many)
}

/// Whoever names some groups.
fn who_with(c: &Change, how: &How<'_>) -> (String, bool) {
    (format!("whoever signs in with {}", groups(&c.with, how)), false)
}

/// That some groups must be named, too.
fn when_with(c: &Change, how: &How<'_>) -> String {
    if c.with.is_empty() { String::new() } else { format!(", when signed in with {},", groups(&c.with, how)) }
}

/// Groups that are named together; one of each list.
fn groups(with: &[Vec<String>], how: &How<'_>) -> String {
    let one = |list: &Vec<String>| {
        let all: Vec<String> = list.iter().map(|g| name(g)).collect();
        match all.as_slice() {
            [one] => format!("group {one}"),
            all => format!("one of the {}", names(all, "group", how)),
        }
    };
    joined(&with.iter().map(one).collect::<Vec<_>>())
}

/// Groups as far as whole groups are listed, then the other users.
fn parties(diff: &Diff, s: &Subjects, how: &How<'_>) -> (Vec<String>, bool) {
    let none = Circle::default();
    let circle = |g: &String| diff.circles.get(g).unwrap_or(&none);
    let outermost = |g: &&String| !circle(g).inside.iter().any(|outer| s.groups.contains(outer));
    let (mut parts, mut strangers, mut covered) = (Vec::new(), Vec::new(), BTreeSet::new());
    for group in s.groups.iter().filter(outermost) {
        let members = &circle(group).members;
        let out: Vec<&String> = members.iter().filter(|m| s.users.binary_search(m).is_err()).collect();
        if out.len() > 2 || !out.is_empty() && out.len() * 2 > members.len() {
            strangers.push(name(group));
            continue;
        }
        covered.extend(members.iter());
        let size = if members.is_empty() { "named at sign-in".into() } else { count(members.len(), "user") };
        let out: Vec<String> = out.into_iter().map(|u| name(u)).collect();
        let but = if out.is_empty() { String::new() } else { format!(", not {}", out.join(" and ")) };
        parts.push(format!("group {} ({size}{but})", name(group)));
    }
    let rest: Vec<String> = s.users.iter().filter(|u| !covered.contains(u)).map(|u| name(u)).collect();
    let many = parts.len() + strangers.len() + rest.len() != 1 || !strangers.is_empty();
    if how.all && !covered.is_empty() {
        let named: Vec<String> = s.users.iter().map(|u| name(u)).collect();
        parts.push(names(&named, "user", how));
    } else if !rest.is_empty() {
        parts.push(names(&rest, "user", how));
    }
    if !strangers.is_empty() {
        parts.push(format!("strangers with {}", names(&strangers, "group", how)));
    }
    (parts, many)
}

/// A few names and how many more there are.
fn names(names: &[String], word: &str, how: &How<'_>) -> String {
    let shown = if how.all { usize::MAX } else { SHOWN };
    let few = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    let s = if names.len() == 1 { "" } else { "s" };
    match names.len().saturating_sub(shown) {
        0 => format!("{word}{s} {few}"),
        more => format!("{} {word}{s}: {few} and {more} more", names.len()),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The resources in words.
fn on(kind: &str, resources: &[String], how: &How<'_>) -> String {
    let shown = if how.all { usize::MAX } else { SHOWN };
    let few: Vec<String> = resources.iter().take(shown).map(|r| name(r)).collect();
    match (resources.len().saturating_sub(shown), resources) {
        (0, [one]) if one == "*" => format!("every undeclared {kind}"),
        (0, _) => format!("{kind} {}", few.join(", ")),
        (more, _) => format!("{}: {} and {more} more", plural(kind, resources.len()), few.join(", ")),
    }
}

/// How many of a kind: `3 repositories`.
fn plural(kind: &str, n: usize) -> String {
    match kind.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {kind}s"),
    }
}

/// How many gain and how many lose, in one sentence.
pub fn summary(diff: &Diff, how: &How<'_>) -> String {
    if diff.changes.is_empty() {
        let every = if diff.unasked == 0 { "every decision is the same" } else { "every decision that was compared is the same" };
        return match (diff.quiet.len(), how.text) {
            (0, Text::Same) => "no change: both sides say the same".into(),
            (0, Text::LineEnds) => "no change: only line ends differ".into(),
            (0, Text::Files) => format!("no access changes: files have other names, and {every}"),
            (0, Text::Other) => format!("no access changes: the text differs, and {every}"),
            (n, _) => {
                format!("no access changes: {} differ{}, and {every}", count(n, "statement"), if n == 1 { "s" } else { "" })
            }
        };
    }
    let now = |gain: bool| {
        tally(diff.changes.iter().filter(|c| c.since.is_none() && if gain { !c.gained.is_empty() } else { !c.lost.is_empty() }))
    };
    let mut parts = Vec::new();
    for (who, one, many) in [(now(true), "gains access", "gain access"), (now(false), "loses access", "lose access")] {
        if let Some((who, single)) = who {
            parts.push(format!("{who} {}", if single { one } else { many }));
        }
    }
    let later = tally(diff.changes.iter().filter(|c| c.since.is_some()));
    if let Some((who, _)) = later {
        parts.push(format!("something changes later for {who}"));
    }
    format!("{}, by {}", parts.join(", "), count(diff.causes.len(), "cause"))
}

fn tally<'c>(changes: impl Iterator<Item = &'c Change>) -> Option<(String, bool)> {
    let (mut everyone, mut users, mut strangers) = (false, BTreeSet::new(), false);
    let mut any = false;
    for c in changes {
        any = true;
        everyone |= c.who.everyone;
        if !c.who.everyone {
            users.extend(&c.who.users);
            strangers |= !c.who.groups.is_empty() || c.who.users.is_empty();
        }
    }
    if !any {
        return None;
    }
    let mut parts = Vec::new();
    if everyone {
        parts.push("everyone who can sign in".to_owned());
    }
    if !users.is_empty() {
        parts.push(count(users.len(), "user"));
    }
    if strangers {
        parts.push("strangers with a group".to_owned());
    }
    let single = parts.len() == 1 && (everyone || users.len() == 1 && !strangers);
    Some((parts.join(" and "), single))
}

/// Why a cause that gains by taking away deserves a second look.
pub fn widens_by_removal(told: &Told<'_>) -> bool {
    told.sign == '-' && told.effects.iter().any(|e| e.gains)
}

/// Writes which gate is not met, by whom, and by which statement.
///
/// # Errors
/// Those of the writer.
pub fn breach(out: &mut dyn Write, diff: &Diff, breach: &Breach<'_>, how: &How<'_>) -> io::Result<()> {
    let gate = plain(&breach.gate);
    let causes = match &breach.why {
        Why::Unasked => {
            let not = diff.not_compared().unwrap_or_default();
            return writeln!(out, "`{gate}` is not met: {not}, so that it cannot be shown to hold");
        }
        Why::Lost(lost, causes) => {
            let s = if *lost == 1 { "s" } else { "" };
            writeln!(out, "`{gate}` is not met: {lost} of {} lose{s} access", count(diff.had, "user"))?;
            causes.clone()
        }
        Why::Change(change, resource) => {
            let effect = sentence(&who(diff, change, how), &[(*resource).to_owned()], change, how, "");
            writeln!(out, "`{gate}` is not met: {}", effect.text)?;
            vec![change.cause]
        }
    };
    for cause in causes.iter().take(SHOWN) {
        let told = heading(&diff.causes[*cause], how);
        writeln!(out, "  by {} {}", told.sign, told.title)?;
        told.places.iter().try_for_each(|place| writeln!(out, "    {place}"))?;
    }
    match causes.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {}", count(more, "cause")),
    }
}
