//! Ids that a reader takes for one another.
//!
//! Ids are compared by what they look like, each once: by the skeleton of Unicode's UTS 39, with upper and lower case as one. Names are also
//! looked up without each of their letters in turn, so that those which differ by one letter meet. Many people and many resources are called
//! so, and a pair of theirs counts only where the policy shows which of both is the slip.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use super::roles::is_alias;
use super::{Report, Scene};
use crate::finding::{CONFUSABLE, Level};
use crate::model::Who;
use crate::model::names::Names;
use crate::report::id;
use crate::source::Span;

/// With more names of one sort than this, only those that look alike are found.
const MOST_NAMES: usize = 200_000;
/// With more names than this, those of plain letters alone are not compared with others by their shape.
const MOST_LOOKS: usize = 1_000_000;
/// A word of fewer letters is one of a series, such as `team-a` and `team-b`.
const SHORTEST: usize = 5;

/// A user who is named so often is no slip of the pen.
const OFTEN: u32 = 3;

/// A pair of ids, and whether they look the same or differ by a letter.
struct Pair {
    one: u32,
    other: u32,
    same: bool,
    /// Whether they look the same by plain letters alone, such as `1` and `l`, which many ids have by chance.
    plain: bool,
}

/// Looks at users, groups, roles and resources.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let roles: Vec<Option<Span>> = m.role_list.iter().map(|r| (!scene.is_shipped(r.span)).then_some(r.span)).collect();
    let groups: Vec<Option<Span>> = m.group_spans.iter().map(|s| Some(*s)).collect();
    named(report, "group", &m.groups, &groups, |_, _| true);
    named(report, "role", &m.roles, &roles, |a, b| !is_alias(m, a, b));
    users(scene, report);
    for (kind, k) in (0..).zip(&m.kinds) {
        let Some((names, places)) = m.index.ids(kind) else { continue };
        // Ids that programs make may differ by case alone.
        let container = |n: u32| m.places[places[n as usize] as usize].parent.is_some();
        // A block that is meant for another resource and misspelled makes a new one, which lies in no container.
        for pair in alike_or_edited(names, false).into_iter().filter(|p| p.same || container(p.one) != container(p.other)) {
            let span = |n: u32| m.places[places[n as usize] as usize].span;
            say(report, &k.name, names, &pair, span(pair.one), span(pair.other));
        }
    }
}

/// Pairs among names, each with where it is declared.
fn named(report: &mut Report<'_>, sort: &str, names: &Names, spans: &[Option<Span>], apart: impl Fn(u32, u32) -> bool) {
    let pairs = alike_or_edited(names, true);
    for pair in pairs.iter().filter(|p| apart(p.one, p.other)) {
        if let (Some(one), Some(other)) = (spans[pair.one as usize], spans[pair.other as usize]) {
            say(report, sort, names, pair, one, other);
        }
    }
}

/// Users have no declaration, so a pair is shown where each is named first.
fn users(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let pairs = alike_or_edited(&m.users, true);
    if pairs.is_empty() {
        return;
    }
    // Where each is named first, and how often.
    let mut named: HashMap<u32, (Option<Span>, u32)> =
        pairs.iter().flat_map(|p| [p.one, p.other]).map(|u| (u, (None, 0))).collect();
    let members = m.members.iter().chain(&m.org_members).map(|x| (x.who, x.span));
    let entries = m.entries.iter().map(|e| (e.who, e.span)).chain(m.assignments.iter().map(|a| (a.who, a.span)));
    for (who, span) in members.chain(entries) {
        let Who::User(user) = who else { continue };
        if let Some((first, count)) = named.get_mut(&user) {
            *first = Some(first.map_or(span, |s| s.min(span)));
            *count += 1;
        }
    }
    // One who is named once and the other often, or declared, is probably misspelled there.
    let once = |user: u32| named[&user].1 == 1 && user >= m.users_declared;
    let known = |user: u32| named[&user].1 >= OFTEN || user < m.users_declared;
    let slip = |p: &Pair| p.same && !p.plain || once(p.one) && known(p.other) || once(p.other) && known(p.one);
    for pair in pairs.iter().filter(|p| slip(p)) {
        if let (Some(one), Some(other)) = (named[&pair.one].0, named[&pair.other].0) {
            say(report, "user", &m.users, pair, one, other);
        }
    }
}

fn say(report: &mut Report<'_>, sort: &str, names: &Names, pair: &Pair, one: Span, other: Span) {
    let (at, name, (there, as_name)) = match one > other {
        true => (one, names.name(pair.one), (other, names.name(pair.other))),
        false => (other, names.name(pair.other), (one, names.name(pair.one))),
    };
    report.push(&CONFUSABLE, at, |here| {
        let how = if pair.same { "looks like" } else { "differs by one letter from" };
        let mut finding = here.says(format!("{sort} `{}` {how} {sort} `{}`", id(name), id(as_name)));
        if !pair.same {
            finding.level = Level::Info;
        }
        let strange = [name, as_name].into_iter().find_map(|n| n.chars().find(|c| !c.is_ascii()));
        let help = match strange {
            Some(c) if pair.same => {
                format!("one of them has the letter `{c}`, which is U+{:04X}: write one name for one thing", u32::from(c))
            }
            _ => "write one name for one thing, or names that a reader can tell apart".into(),
        };
        finding.label(there, "the other one").help(help)
    });
}

/// Names that look the same: each with the first one of its look. Of plain letters, those that differ by case alone, or by letters such as
/// `1` and `l`, count only where `chosen` says that people choose them, since ids that a program makes may.
fn alike(names: &Names, chosen: bool) -> Vec<Pair> {
    let spaced = |name: &str| name.contains(char::is_whitespace);
    if !chosen && names.iter().all(|n| n.is_ascii() && !spaced(n)) {
        return Vec::new();
    }
    let hasher = foldhash::fast::RandomState::default();
    let shapes = chosen && names.len() <= MOST_NAMES;
    // A name with other letters is alike to one of plain letters whose own skeleton is the same.
    let strange = names.len() <= MOST_LOOKS && names.iter().any(|n| !n.is_ascii());
    let mut seen: Vec<(u64, u32)> = Vec::with_capacity(names.len());
    for (n, name) in (0..).zip(names.iter()) {
        if name.is_ascii() {
            seen.push((hasher.hash_one(folded(name)), n));
        }
        if !name.is_ascii() || strange {
            seen.push((hasher.hash_one(folded(&skeleton(name))), n));
        }
        if shapes {
            seen.push((hasher.hash_one((0, skeleton(name))), n));
            seen.extend(spelled(name).map(|name| (hasher.hash_one(name), n)));
        }
        if spaced(name) {
            seen.push((hasher.hash_one(folded(&squeezed(name))), n));
        }
    }
    seen.sort_unstable();
    seen.dedup();
    let same = seen.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
    let mut pairs = Vec::new();
    for run in same {
        for other in &run[1..] {
            let (a, b) = (names.name(run[0].1), names.name(other.1));
            let plain = a.is_ascii() && b.is_ascii();
            let by_case = chosen && plain && a.eq_ignore_ascii_case(b) || squeezed(a) == squeezed(b);
            let by_shape = !plain && folded(&skeleton(a)) == folded(&skeleton(b));
            let by_digits = |a: &str, b: &str| spelled(a).any(|a| a == folded(b));
            let by_letters = shapes && (skeleton(a) == skeleton(b) || by_digits(a, b) || by_digits(b, a));
            if a != b && (by_case || by_shape || by_letters) {
                pairs.push(Pair { one: run[0].1, other: other.1, same: true, plain: !by_case && !by_shape });
            }
        }
    }
    pairs.sort_by_key(|p| (p.one, p.other, p.plain));
    pairs.dedup_by_key(|p| (p.one, p.other));
    pairs
}

/// A name whose digits between letters are read as the letters that they stand for in `adm1n` and `c0re`: a `1` is an `i` or an `l`.
fn spelled(name: &str) -> impl Iterator<Item = String> + use<> {
    let bytes = name.as_bytes();
    let inside =
        |at: usize| at > 0 && [bytes.get(at - 1), bytes.get(at + 1)].into_iter().all(|c| c.is_some_and(u8::is_ascii_alphabetic));
    let letter = |at: usize, one: char| match bytes[at] {
        b'0' => Some('o'),
        b'1' => Some(one),
        b'3' => Some('e'),
        b'4' => Some('a'),
        b'5' => Some('s'),
        _ => None,
    };
    let any = (0..bytes.len()).any(|at| bytes[at].is_ascii_digit() && inside(at) && letter(at, 'i').is_some());
    let read = |one: char| -> String {
        let read = |(at, c): (usize, char)| letter(at, one).filter(|_| inside(at)).unwrap_or(c);
        name.char_indices().map(read).collect::<String>().to_lowercase()
    };
    let both = if any { [Some(read('i')), Some(read('l')).filter(|_| name.contains('1'))] } else { [None, None] };
    both.into_iter().flatten()
}

/// A name without the spaces that nobody sees.
fn squeezed(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn skeleton(name: &str) -> String {
    unicode_security::confusable_detection::skeleton(name).collect()
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Names that look the same, or else differ by one letter.
fn alike_or_edited(names: &Names, chosen: bool) -> Vec<Pair> {
    let mut pairs = alike(names, chosen);
    let met: HashSet<(u32, u32)> = pairs.iter().map(|p| (p.one.min(p.other), p.one.max(p.other))).collect();
    pairs.extend(edited(names).into_iter().filter(|p| !met.contains(&(p.one.min(p.other), p.one.max(p.other)))));
    pairs
}

/// Names that differ by one letter inside of a word, where only two meet: three are a series.
fn edited(names: &Names) -> Vec<Pair> {
    if names.len() > MOST_NAMES {
        return Vec::new();
    }
    let hasher = foldhash::fast::RandomState::default();
    let mut keys: Vec<(u64, u32)> = Vec::new();
    for (number, name) in (0..).zip(names.iter()) {
        if name.len() < SHORTEST || name.len() > 64 || !name.bytes().all(|c| c.is_ascii() && !c.is_ascii_digit()) {
            continue;
        }
        keys.push((hasher.hash_one(name), number));
        let mut cut = String::with_capacity(name.len());
        for at in 1..name.len() {
            cut.clear();
            cut.extend([&name[..at], &name[at + 1..]]);
            keys.push((hasher.hash_one(&cut), number));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let met = keys.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() == 2);
    let mut pairs: Vec<(u32, u32)> = met.map(|run| (run[0].1.min(run[1].1), run[0].1.max(run[1].1))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let near = pairs.into_iter().filter(|(a, b)| is_slip(names.name(*a), names.name(*b)));
    near.map(|(one, other)| Pair { one, other, same: false, plain: true }).collect()
}

/// Whether two names differ by one letter that is left out, doubled, changed or swapped inside of a word of some length.
fn is_slip(a: &str, b: &str) -> bool {
    let start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let word = |name: &str| {
        let left = name[..start].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        let right = name[start..].bytes().take_while(u8::is_ascii_alphabetic).count();
        (left, left + right)
    };
    let ((left, one), (_, other)) = (word(a), word(b));
    let letters = a.bytes().chain(b.bytes()).all(|c| !c.is_ascii_digit());
    left > 0 && letters && one.min(other) >= SHORTEST && !a.eq_ignore_ascii_case(b) && strsim::osa_distance(a, b) == 1
}
