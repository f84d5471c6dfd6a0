//! The sentences of a cause: who gains and loses what, and where.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::once::said_once;
use super::sums::{sum, sum_of_sets};
use super::{Effect, How, SHOWN, bare, name, word};
use crate::instant::Instant;
use crate::query::diff::{Change, Circle, Diff, Subjects, Then};
use crate::report::{count, plain};

/// Sentences that a cause has before they are added up.
const EACH: usize = 6;

/// Sentences of a cause about who has to name groups.
const FEW: usize = 3;

/// The sentences of one cause: one for each of those to whom the same happens, added up where they are many.
pub fn effects(diff: &Diff, changes: &[Change], how: &How<'_>) -> Vec<Effect> {
    type End = (Option<Instant>, Then);
    type Since = (Option<Instant>, bool);
    type Like<'a> = (Since, bool, &'a str, &'a str, &'a str, End, [&'a [String]; 2], &'a [Vec<String>]);
    // The worst stays the first.
    let mut alike: IndexMap<Like<'_>, Vec<&Change>> = IndexMap::new();
    let changes = said_once(changes, how);
    for c in changes.iter().map(Cow::as_ref) {
        let like =
            ((c.since, c.kept), c.gained.is_empty(), c.kind.as_str(), c.after.as_str(), c.before.as_str(), (c.until, c.then));
        let (since, loses, kind, after, before, until) = like;
        let like = (since, loses, kind, after, before, until, [c.gained.as_slice(), &c.lost], &*c.with);
        alike.entry(like).or_default().push(c);
    }
    type When<'a> = (Since, [bool; 2], &'a str, End);
    type Sets<'a> = BTreeMap<When<'a>, (Vec<&'a Change>, Vec<(bool, Effect)>)>;
    let (mut effects, mut sets): (Vec<(bool, Effect)>, Sets<'_>) = Default::default();
    for changes in alike.into_values() {
        let c = changes[0];
        let set = !c.with.is_empty();
        let each = |c: &&Change| (set, sentence(&who(diff, c, how), &c.resources, c, how, ""));
        // What is open to everyone, or to strangers whom nobody can count, is not lost among what many others gain.
        let mut sorts: [Vec<&Change>; 3] = Default::default();
        changes.iter().for_each(|c| sorts[open(diff, c)].push(c));
        let own = sorts.into_iter().filter(|sort| !sort.is_empty()).flat_map(|sort| match sort.len() {
            few if few <= EACH || changes.len() <= EACH || how.all => sort.iter().map(each).collect(),
            _ => vec![(set, sum(&sort, how))],
        });
        let own: Vec<(bool, Effect)> = own.collect();
        if set && !how.all {
            let when = (c.since, c.kept);
            let all = sets.entry((when, [c.gained.is_empty(), c.lost.is_empty()], &c.kind, (c.until, c.then))).or_default();
            all.0.extend(changes);
            all.1.extend(own);
        } else {
            effects.extend(own);
        }
    }
    for (changes, own) in sets.into_values() {
        match own.len() {
            ..=FEW => effects.extend(own),
            _ => effects.push((true, sum_of_sets(diff, &changes, how))),
        }
    }
    // What is gained later is told before what is lost, and what somebody gains alone before what they gain by naming groups.
    effects.sort_by_key(|(set, e)| (!e.gains, e.later, *set));
    effects.into_iter().map(|(_, e)| e).collect()
}

pub fn sentence((who, many): &(String, bool), resources: &[String], c: &Change, how: &How<'_>, note: &str) -> Effect {
    let s = if *many { "" } else { "s" };
    let on = on(&c.kind, resources, how);
    // Where the base rises, the list of what they have tells it all; a level in between does not show there.
    let base = |list: &[String]| list.iter().find_map(|p| p.strip_prefix("*:").map(str::to_owned));
    let rises = base(&c.gained).is_some_and(|level| c.after.split(", ").next() == Some(&level));
    let based = base(&c.gained).is_some() && c.before != "nothing";
    let (until, then) = ends(c);
    // `none` is neither gained nor lost; what is gained without a part is no more than it seems.
    let [had, has] = [&c.before, &c.after].map(|list| List::of(list));
    let (before, after) = (had.having(&[]), has.having(&[]));
    let less = if base(&c.gained).is_some() { has.less(&[]) } else { String::new() };
    let (gained, lost) = (format!("{}{less}", word(&highest(&c.gained, c))), word(&highest(&c.lost, c)));
    let goes = || {
        // What is none on both sides is told once, and what is lost by what is none now is named.
        let still: Vec<&str> = has.without.iter().filter(|part| had.without.contains(part)).copied().collect();
        let es = if *many { "" } else { "es" };
        let text = format!("{who} go{es} from {} to {} on {on}{note}", had.having(&still), has.having(&still));
        let still = if still.is_empty() { String::new() } else { format!(", still without {}", either(&still)) };
        let by_none = has.without.iter().any(|part| c.lost.iter().any(|p| p.rsplit_once(':').is_some_and(|(f, _)| f == *part)));
        let loses = if by_none { format!(", and lose{s} {lost}") } else { String::new() };
        format!("{text}{still}{loses}{until}")
    };
    let text = match (c.gained.is_empty(), c.lost.is_empty()) {
        (false, true) if c.kept => {
            let left =
                if c.before == "nothing" { "it would have ended".into() } else { format!("only {before} would have been left") };
            format!("{who} keep{s} {gained} on {on}{note}{until}; {left}")
        }
        (false, true) if !c.whole && based => {
            format!("{who} gain{s} {gained} on {on}{note}{until}, had {before}")
        }
        (false, true) if !c.whole || !rises => format!("{who} gain{s} {gained} on {on}{note}{until}"),
        (false, true) if c.before == "nothing" => format!("{who} gain{s} {after} on {on}{note}{until}"),
        (false, true) => match risen(c) {
            Some(new) => format!("{who} gain{s} {} on {on}{note}{until}, had {before}", word(&new)),
            None => goes(),
        },
        (true, _) if base(&c.lost).is_none() || !c.whole && c.after == "nothing" => {
            format!("{who} lose{s} {lost} on {on}{note}{until}")
        }
        (true, _) if c.after == "nothing" => format!("{who} lose{s} {} on {on}{note}{until}", word(&had.some.join(", "))),
        (true, _) => format!("{who} lose{s} {lost} on {on}{note}{until}, keep{s} {after}"),
        _ if !c.whole || c.before == c.after => format!("{who} gain{s} {gained} and lose{s} {lost} on {on}{note}{until}"),
        _ => goes(),
    };
    let text = format!("{text}{then}");
    timed(c, &text)
}

/// To whom something is open: 0 is everyone, 1 a group that nobody is in by the policy, and 2 those who can be counted.
fn open(diff: &Diff, c: &Change) -> usize {
    let nobody = |group: &String| diff.circles.get(group).is_none_or(|circle| circle.at(when(diff, c)).next().is_none());
    match &c.who {
        who if who.everyone => 0,
        who if who.groups.iter().any(nobody) => 1,
        _ => 2,
    }
}

/// What somebody has, by a list of the language.
pub struct List<'l> {
    some: Vec<&'l str>,
    /// The parts that are `none`.
    without: Vec<&'l str>,
}

impl<'l> List<'l> {
    pub fn of(list: &'l str) -> List<'l> {
        let (without, some): (Vec<&str>, Vec<&str>) = list.split(", ").partition(|w| w.ends_with(":none"));
        List { some, without: without.into_iter().filter_map(|w| w.strip_suffix(":none")).collect() }
    }

    /// As people say it: `write, but not comments` for `write, comments:none`; some parts go unsaid.
    pub fn having(&self, unsaid: &[&str]) -> String {
        format!("{}{}", word(&self.some.join(", ")), self.less(unsaid))
    }

    /// What of it is not there.
    fn less(&self, unsaid: &[&str]) -> String {
        let without: Vec<&str> = self.without.iter().filter(|part| !unsaid.contains(part)).copied().collect();
        if without.is_empty() { String::new() } else { format!(", but not {}", either(&without)) }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn either(parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| word(part)).collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What is new of the list that they have; none where it sets a part apart that is not new.
fn risen(c: &Change) -> Option<String> {
    let had: Vec<&str> = c.before.split(", ").collect();
    let mut new = Vec::new();
    for word in c.after.split(", ") {
        if c.gained.iter().any(|p| p == word || p.strip_prefix("*:") == Some(word)) {
            new.push(word);
        } else if word.contains(':') || !had.contains(&word) {
            return None;
        }
    }
    Some(new.join(", "))
}

/// Until when it holds, where the new side ends it, and what would have come without it, where the old side comes to the
/// same.
pub fn ends(c: &Change) -> (String, String) {
    let Some(t) = c.until else { return Default::default() };
    match c.then {
        Then::Anyway => {}
        Then::GoesOn => return (String::new(), format!("; from {} on as another line says", day(t))),
        Then::Never | Then::Ends => return (format!(", until {}", t.shown_end()), String::new()),
    }
    let then = match (c.gained.is_empty(), c.lost.is_empty()) {
        (_, true) => format!("; it would have come on {} anyway", day(t)),
        (true, _) => format!("; it would have ended on {} anyway", t.shown_end()),
        _ => format!("; it would have come to that on {} anyway", day(t)),
    };
    (String::new(), then)
}

/// A sentence, with when it begins to hold.
pub fn timed(c: &Change, text: &str) -> Effect {
    let from = c.since.map_or(String::new(), |t| format!("from {} on, ", day(t)));
    let marked = plain(&format!("{from}{text}"));
    Effect { gains: !c.gained.is_empty(), moves: false, later: c.since.is_some(), text: bare(&marked), marked }
}

/// The highest level of the base and of each feature, and the flat permissions; a feature goes without saying where the
/// base, or one that it is part of, has the same level, unless what is had on a side sets its parts apart.
pub fn highest(permissions: &[String], c: &Change) -> String {
    let part = |feature: &str, of: &str| feature.strip_prefix(of).is_some_and(|rest| rest.starts_with(':'));
    let apart = |outer: &str| {
        let words = c.before.split(", ").chain(c.after.split(", ")).filter_map(|word| word.rsplit_once(':'));
        words.into_iter().any(|(feature, _)| part(feature, outer))
    };
    let base = permissions.iter().find_map(|p| p.strip_prefix("*:"));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut words: Vec<String> = base.iter().map(|level| (*level).to_owned()).collect();
    for p in permissions {
        let Some((feature, level)) = p.rsplit_once(':') else {
            // What is a level on one side and a permission of its own on the other is said once.
            let level = permissions.iter().any(|o| o.strip_prefix("*:") == Some(p));
            words.extend((!level).then(|| p.clone()));
            continue;
        };
        let outer = first.iter().any(|(f, l)| *l == level && part(feature, f) && !apart(f));
        if feature != "*" && !first.contains_key(feature) {
            first.insert(feature, level);
            words.extend((!outer && base != Some(level)).then(|| p.clone()));
        }
    }
    words.join(", ")
}

/// The start of something, as a day where it is one.
pub fn day(at: Instant) -> String {
    let text = at.to_string();
    text.strip_suffix("T00:00:00Z").map_or(text.clone(), str::to_owned)
}

/// Who, in words, and whether they are many.
pub fn who(diff: &Diff, c: &Change, how: &How<'_>) -> (String, bool) {
    who_in(diff, c, diff.causes.get(c.cause).and_then(|cause| cause.group.as_deref()), how)
}

/// The same of a cause that speaks of a group.
pub fn who_in(diff: &Diff, c: &Change, cause: Option<&str>, how: &How<'_>) -> (String, bool) {
    let (parts, many) = parties(diff, &c.who, when(diff, c), cause, how);
    match (c.who.everyone, parts.is_empty()) {
        (true, _) => (whom(&c.who, &parts), false),
        (_, true) => who_with(c, how),
        _ => (format!("{}{}", when_with(c, how), whom(&c.who, &parts)), many),
    }
}

/// Everyone but those listed, or those.
pub fn whom(s: &Subjects, parts: &[String]) -> String {
    match (s.everyone, parts.is_empty()) {
        (false, _) => joined(parts),
        (true, true) => "everyone who can sign in".into(),
        (true, false) => format!("everyone who can sign in, but not {},", joined(parts)),
    }
}

/// Whoever names some groups.
pub fn who_with(c: &Change, how: &How<'_>) -> (String, bool) {
    (format!("whoever signs in with {}", groups(&c.with, how)), false)
}

/// That some groups must be named, too.
pub fn when_with(c: &Change, how: &How<'_>) -> String {
    if c.with.is_empty() { String::new() } else { format!("when signed in with {}, ", groups(&c.with, how)) }
}

/// Groups that are named together; one of each list.
pub fn groups(with: &[Vec<String>], how: &How<'_>) -> String {
    let one = |list: &Vec<String>| {
        let all: Vec<String> = list.iter().map(|g| name(g)).collect();
        match all.as_slice() {
            [one] => format!("group {one}"),
            all => format!("one of the {}", names(all, "group", how)),
        }
    };
    // One group stands before one of several, whose names end the list.
    let mut all: Vec<&Vec<String>> = with.iter().collect();
    all.sort_by_key(|list| list.len() > 1);
    joined(&all.into_iter().map(one).collect::<Vec<_>>())
}

/// At which time, and on which side, the groups of a change have the members that are meant: who only loses was in them on
/// the old side.
pub fn when(diff: &Diff, c: &Change) -> (Instant, bool) {
    (c.since.unwrap_or(diff.at), !c.gained.is_empty())
}

/// Groups as far as whole groups are listed, by who is in them at a time on a side, then the other users. Where strangers
/// cannot name it, the group of the cause is told by its members.
pub fn parties(diff: &Diff, s: &Subjects, when: (Instant, bool), cause: Option<&str>, how: &How<'_>) -> (Vec<String>, bool) {
    let none = Circle::default();
    let by_members = s.groups.is_empty() && !s.everyone && !how.all && s.users.len() > 1;
    let others = diff.circles.keys().map(String::as_str).filter(|g| s.users.len() > 2 && Some(*g) != cause);
    for group in cause.into_iter().chain(others).filter(|_| by_members) {
        let Some(circle) = diff.circles.get(group) else { continue };
        let members: Vec<&String> = circle.at(when).collect();
        if members.len() <= 2 || members.len() < s.users.len() || members.len() > s.users.len() + 2 {
            continue;
        }
        let out: Vec<String> = members.iter().filter(|m| s.users.binary_search(m).is_err()).map(|m| name(m)).collect();
        if s.users.len() + out.len() == members.len() {
            let (all, group) = (members.len(), name(group));
            let few = || format!("{} of {all} members of group {group} (not {})", all - out.len(), out.join(" and "));
            return (vec![if out.is_empty() { format!("all {all} members of group {group}") } else { few() }], true);
        }
    }
    let circle = |g: &String| diff.circles.get(g).unwrap_or(&none);
    let outermost = |g: &&String| !circle(g).inside[usize::from(when.1)].iter().any(|outer| s.groups.contains(outer));
    let (mut parts, mut strangers, mut covered) = (Vec::new(), Vec::new(), BTreeSet::new());
    for group in s.groups.iter().filter(outermost) {
        let members: Vec<&String> = circle(group).at(when).collect();
        let out: Vec<&String> = members.iter().copied().filter(|m| s.users.binary_search(m).is_err()).collect();
        if out.len() > 2 || !out.is_empty() && out.len() * 2 > members.len() {
            strangers.push(name(group));
            continue;
        }
        covered.extend(members.iter().copied());
        let size = match (members.len(), out.len()) {
            (0, _) => "named at sign-in".into(),
            (all, 0) => count(all, "user"),
            (all, out) => format!("{} of {}", all - out, count(all, "user")),
        };
        let out: Vec<String> = out.into_iter().map(|u| name(u)).collect();
        let but = if out.is_empty() { String::new() } else { format!(", not {}", out.join(" and ")) };
        parts.push((!members.is_empty(), format!("group {} ({size}{but})", name(group))));
    }
    // Those that nobody is in by the policy are open to whom nobody can count, and stand before others.
    parts.sort_by_key(|(counted, _)| *counted);
    let more = if how.all { 0 } else { parts.len().saturating_sub(SHOWN) };
    let mut parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
    parts.truncate(parts.len() - more);
    parts.extend((more > 0).then(|| count(more, "more group")));
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
pub fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The resources in words.
pub fn on(kind: &str, resources: &[String], how: &How<'_>) -> String {
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
