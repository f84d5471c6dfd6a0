//! What differs between two policies as words: sentences that every format prints.

use std::collections::BTreeSet;

use super::{count, id, plain};
use crate::query::diff::{Cause, Change, Danger, Diff, Left, Move, Opening, Room, Sort, Statement, lasting};
use effects::{effects, joined};
use moved::{of_move, title_of_move};

mod annotations;
mod effects;
mod failed;
mod html;
mod json;
mod markdown;
mod moved;
mod once;
mod refused;
mod sums;
mod text;

pub use annotations::{Now, github, sarif};
pub use failed::{Failed, breach};
pub use html::html;
pub use json::{json, value};
pub use markdown::{MARK, markdown};
pub use refused::{Refused, Wrong};
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
    /// How much the worst of it should worry.
    pub danger: Danger,
    /// Where it stands where not all have room.
    pub room: Room,
}

/// What one cause does to some.
pub struct Effect {
    /// Whether something is gained.
    pub gains: bool,
    /// Whether it tells of a resource that lies in another organization.
    pub moves: bool,
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

/// A sentence without its marks.
fn bare(marked: &str) -> String {
    marked.replace(MARKS, "")
}

/// Names that a sentence shows.
const SHOWN: usize = 4;

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
    for number in 0..diff.moves.len() {
        one_move(diff, number, how, &mut told);
    }
    // A move that gives anyone something stands with what else does.
    told.sort_by_key(|told| told.danger);
    told
}

/// The numbers of causes in the order in which they are given room: what is open to everyone or to strangers, what gives a highest
/// level and what gives a permission without levels take turns, so that many of one sort leave out nothing of the others, and
/// then comes what else there is.
fn by_room(told: &[Told<'_>]) -> Vec<usize> {
    let mut sorts: [Vec<usize>; 4] = Default::default();
    told.iter().enumerate().for_each(|(i, told)| sorts[told.room as usize].push(i));
    let [open, top, flat, rest] = sorts;
    let longest = open.len().max(top.len()).max(flat.len());
    let turns = (0..longest).flat_map(|i| [&open, &top, &flat].map(|sort| sort.get(i).copied())).flatten();
    turns.chain(rest).collect()
}

/// Adds what moves resources from one organization to another, to the cause that it is, where that changes more.
fn one_move<'d>(diff: &'d Diff, number: usize, how: &How<'_>, told: &mut Vec<Told<'d>>) {
    let mover = &diff.moves[number];
    let Some(title) = title_of_move(diff, mover) else { return };
    let (title, cause) = (bare(&title), &mover.cause);
    let effects = of_move(diff, number, how);
    match told.iter_mut().find(|t| is_move(t.cause, mover)) {
        Some(told) => {
            told.title = plain(&title);
            told.effects.extend(effects);
            told.danger = told.danger.min(cause.danger);
            told.room = told.room.min(cause.room);
        }
        None => told.push(Told { title: plain(&title), effects, ..heading(cause, how) }),
    }
}

/// Whether a cause is what moves resources from one organization to another.
fn is_move(cause: &Cause, mover: &Move) -> bool {
    cause.sort == Sort::Place && cause.statements == mover.cause.statements
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
    let (sign, title) = cause.title();
    let shown = if how.all { usize::MAX } else { SHOWN };
    let statements = &cause.statements;
    let mut places: Vec<String> = statements.iter().take(shown).filter_map(|s| place(cause, s, how)).collect();
    if statements.len() > shown {
        places.push(format!("and {}", count(statements.len() - shown, "more statement")));
    }
    Told { sign, title: plain(&title), places, effects: Vec::new(), cause, danger: cause.danger, room: cause.room }
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

/// How many gain and how many lose, in one sentence.
pub fn summary(diff: &Diff, how: &How<'_>) -> String {
    let moves = || {
        let n = diff.moved.len();
        format!("{} move{} to another organization", count(n, "resource"), if n == 1 { "s" } else { "" })
    };
    if diff.changes.is_empty() && !diff.moved.is_empty() {
        let compared = if diff.unasked == 0 { "" } else { " that was compared" };
        return format!("{}, and every decision for who signs in to their own{compared} is the same", moves());
    }
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
    let all = |gain: bool, later: bool| {
        let some = move |c: &Change| if gain { !c.gained.is_empty() } else { !c.lost.is_empty() };
        diff.changes.iter().filter(move |c| c.since.is_some() == later && some(c))
    };
    let mut parts = Vec::new();
    for (gain, one, many) in [(true, "gains access", "gain access"), (false, "loses access", "lose access")] {
        // Who has to name a group at sign-in is counted apart.
        let (plain, named): (Vec<&Change>, Vec<&Change>) =
            all(gain, false).partition(|c| c.with.is_empty() || c.who.users.is_empty());
        let own: BTreeSet<&String> = plain.iter().filter(|c| !c.who.everyone).flat_map(|c| &c.who.users).collect();
        if let Some((who, single)) = tally(plain.into_iter()) {
            parts.push(format!("{who} {}", if single { one } else { many }));
        }
        let named: BTreeSet<&String> = named.iter().flat_map(|c| &c.who.users).filter(|u| !own.contains(u)).collect();
        if !named.is_empty() {
            let verb = if named.len() == 1 { one } else { many };
            parts.push(format!("{} {verb} only by naming a group at sign-in", count(named.len(), "user")));
        }
        let (later, by_name): (Vec<&Change>, Vec<&Change>) =
            all(gain, true).partition(|c| c.with.is_empty() || c.who.users.is_empty());
        for (changes, name) in [(later, ""), (by_name, " only by naming a group at sign-in")] {
            let (kept, new): (Vec<&Change>, Vec<&Change>) = changes.into_iter().partition(|c| c.kept);
            if let Some((who, single)) = tally(new.into_iter()) {
                parts.push(format!("{who} {} later{name}", if single { one } else { many }));
            }
            if let Some((who, single)) = tally(kept.into_iter()) {
                parts.push(format!("{who} keep{} access for longer{name}", if single { "s" } else { "" }));
            }
        }
    }
    let moves = if diff.moved.is_empty() { String::new() } else { format!(", and {}", moves()) };
    format!("{}, by {}{moves}", parts.join(", "), count(diff.causes.len(), "cause"))
}

fn tally<'c>(changes: impl Iterator<Item = &'c Change>) -> Option<(String, bool)> {
    let (mut everyone, mut users, mut strangers) = (false, BTreeSet::new(), usize::MAX);
    let mut any = false;
    for c in changes {
        any = true;
        everyone |= c.who.everyone;
        if !c.who.everyone {
            users.extend(&c.who.users);
            if !c.who.groups.is_empty() || c.who.users.is_empty() {
                // The fewest groups that they have to name.
                strangers = strangers.min(c.with.len() + usize::from(!c.who.groups.is_empty()));
            }
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
    match strangers {
        usize::MAX => {}
        0 | 1 => parts.push("strangers with a group".to_owned()),
        _ => parts.push("strangers with several groups".to_owned()),
    }
    let single = parts.len() == 1 && (everyone || users.len() == 1);
    Some((parts.join(" and "), single))
}

/// Why a cause that gains by taking away deserves a second look, with marks around the words of the policy.
pub fn widens_by_removal(told: &Told<'_>) -> Option<String> {
    if !told.effects.iter().any(|e| e.gains) {
        return None;
    }
    let gone = told.sign == '-' || told.cause.lifts && told.cause.text.contains(" is taken away");
    Some(match &told.cause.opening {
        Some(Opening::Leaves(left)) => format!("it leaves behind what kept people out: {}", kept_out(left)),
        _ if gone => "taking it away lets people in".into(),
        Some(Opening::Turned) => "it took everything away before, and lets people in now".into(),
        None if told.cause.lifts => "it takes less away than before, which lets people in".into(),
        None => return None,
    })
}

/// What kept people out of where something lay.
fn kept_out(left: &[Left]) -> String {
    let words = |left: &Left| match left {
        Left::Closed(organization) => format!("organization {} is closed", name(organization)),
        Left::Cannot(text) => word(text),
    };
    let mut all: Vec<String> = left.iter().take(SHOWN).map(words).collect();
    all.extend((left.len() > SHOWN).then(|| format!("{} more", left.len() - SHOWN)));
    joined(&all)
}
