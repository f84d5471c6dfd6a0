//! Mutants: the policy with one thing otherwise, and the questions that would tell it from what it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::prove::When;
use super::question::QuestionError;
use super::trial::{Outcome, Trials, Witness};
use crate::model::access::List;
use crate::model::change::{Change, Fact};
use crate::model::kinds::{FOLLOW, KindId, LOWEST, NONE, Value};
use crate::model::{Model, PlaceId, Sound, Who};
use crate::source::{Sources, Span};
use crate::syntax::print;
use crate::syntax::tree::Verb;
use crate::table::{Given, Table, gives};

/// What is done to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// An entry, an assignment or an owner is gone.
    Drop,
    /// A prohibition is gone.
    Lift,
    /// A member is gone.
    Leave,
    /// A list or a role gives a level more.
    Level,
    /// An assignment holds in the container of its scope.
    Scope,
}

impl Operator {
    /// The word that programs read.
    pub fn word(self) -> &'static str {
        match self {
            Operator::Drop => "drop",
            Operator::Lift => "lift",
            Operator::Leave => "leave",
            Operator::Level => "level",
            Operator::Scope => "scope",
        }
    }
}

/// A policy with one thing otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// What was done.
    pub operator: Operator,
    /// To which statement.
    pub span: Span,
    /// The change in words.
    pub text: String,
}

/// Mutants that nothing notices, and the question that tells them all from the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// The mutants.
    pub mutants: Vec<Mutant>,
    /// The question, with the policy's answer.
    pub witness: Witness,
    /// The name of a test that asks it, which the policy does not have.
    pub name: String,
}

impl Survivor {
    /// The test that is missing.
    pub fn test(&self) -> String {
        format!("test {} {{ {} }}", print::quoted(&self.name), self.witness.line())
    }
}

/// What came of all mutants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutants {
    /// How many a test or an invariant notices.
    pub killed: usize,
    /// How many decide everything as the policy does.
    pub same: usize,
    /// How many survive.
    pub survived: usize,
    /// Those that survive, by the question that would tell.
    pub survivors: Vec<Survivor>,
}

impl Mutants {
    /// How many of a hundred that differ are noticed, never rounded up; all of none.
    pub fn percentage(&self) -> usize {
        (self.killed * 100).checked_div(self.killed + self.survived).unwrap_or(100)
    }
}

/// Changes one thing at a time, and looks whether a test or an invariant notices whose name holds `filter`. Mutants with which every decision is the
/// same are counted and left out: those of each user that the policy names, of a stranger, and of a stranger with each
/// group named at sign-in; on every declared resource and one undeclared for each pattern; now and later.
///
/// # Errors
/// Those of a proof.
pub fn mutate(
    sound: &Sound,
    sources: &Sources,
    table: &Table,
    when: When,
    filter: &str,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Mutants, QuestionError> {
    let mut sound = sound.clone();
    let mut all = mutants(&mut sound, sources);
    all.sort_by(|(_, a), (_, b)| {
        let key = |m: &Mutant| (m.span.file, m.span.start, m.operator);
        key(a).cmp(&key(b)).then_with(|| a.text.cmp(&b.text))
    });
    let changes: Vec<Change> = all.iter().map(|(change, _)| *change).collect();
    let outcomes = Trials::new(&sound, sources, table, when, filter)?.judge(&changes, true, done)?;
    let mut found = Mutants::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut names: BTreeSet<String> = sound.model().tests.iter().map(|t| t.name.clone()).collect();
    for ((_, mutant), outcome) in all.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Noticed => found.killed += 1,
            Outcome::Same | Outcome::Unnoticed => found.same += 1,
            Outcome::Differs(witness) => {
                found.survived += 1;
                let at = *known.entry(witness.line()).or_insert(found.survivors.len());
                if let Some(survivor) = found.survivors.get_mut(at) {
                    survivor.mutants.push(mutant);
                    continue;
                }
                let mut again = (1..).map(|n| if n == 1 { mutant.text.clone() } else { format!("{} ({n})", mutant.text) });
                let name = again.find(|name| names.insert(name.clone())).unwrap_or_default();
                found.survivors.push(Survivor { mutants: vec![mutant], witness: *witness, name });
            }
        }
    }
    Ok(found)
}

/// Every mutant, with the change that makes it.
fn mutants(sound: &mut Sound, sources: &Sources) -> Vec<(Change, Mutant)> {
    let mut all = Vec::new();
    for fact in sound.facts() {
        let m = sound.model();
        let operator = match fact {
            Fact::Entry(i) if m.entries[i].verb == Verb::Cannot => Operator::Lift,
            Fact::Entry(_) | Fact::Assignment(_) => Operator::Drop,
            Fact::Member(_) | Fact::Insider(_) => Operator::Leave,
        };
        let text = format!("without {}", said(m, fact));
        all.push((Change::Without(fact), Mutant { operator, span: sound.span(fact), text }));
    }
    levels(sound, sources, &mut all);
    let m = sound.model();
    for (i, a) in m.assignments.iter().enumerate().filter(|(_, a)| !a.owner) {
        let Some(scope) = a.scope else { continue };
        let wider = m.places[scope as usize].parent.map(|(parent, _)| parent);
        let text = format!("{} {}", said(m, Fact::Assignment(i)), format_args!("widened to {}", place(m, wider)));
        all.push((Change::Reaches(i, wider), Mutant { operator: Operator::Scope, span: a.span, text }));
    }
    all
}

/// The mutants that give a level more.
fn levels(sound: &mut Sound, sources: &Sources, all: &mut Vec<(Change, Mutant)>) {
    let mut lists: BTreeMap<u32, Option<(u32, String)>> = BTreeMap::new();
    let mut wider = |sound: &mut Sound, list: u32| {
        let made = lists.entry(list).or_insert_with(|| {
            let (list, words) = higher(sound.model(), list)?;
            Some((sound.add_list(list), words))
        });
        made.clone()
    };
    for i in 0..sound.model().entries.len() {
        let entry = sound.model().entries[i];
        if entry.verb == Verb::Can
            && let Some((list, words)) = wider(sound, entry.list)
        {
            let text = format!("{} with {words}", said(sound.model(), Fact::Entry(i)));
            all.push((Change::Says(i, list), Mutant { operator: Operator::Level, span: entry.span, text }));
        }
    }
    for role in 0..sound.model().role_list.len() as u32 {
        let (span, own) = (sound.model().role_list[role as usize].span, sound.model().role_list[role as usize].lists.clone());
        for (i, list) in own.into_iter().enumerate().filter(|_| !sources.get(span.file).is_embedded()) {
            if let Some((list, words)) = wider(sound, list) {
                let text = format!("role {} with {words}", print::Id(sound.model().roles.name(role)));
                all.push((Change::Means(role, i, list), Mutant { operator: Operator::Level, span, text }));
            }
        }
    }
    let m = sound.model();
    let meanings = gives(m);
    let mut next: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    for (i, a) in m.assignments.iter().enumerate().filter(|(_, a)| !a.owner) {
        if let Some(role) = *next.entry(a.role).or_insert_with(|| more(&meanings, a.role)) {
            let text = format!("{} with role {}", said(m, Fact::Assignment(i)), print::Id(m.roles.name(role)));
            all.push((Change::Gives(i, role), Mutant { operator: Operator::Level, span: a.span, text }));
        }
    }
}

/// The list with its base a level higher; where it sets none, with its first feature that can go higher. In words, what
/// it says in the stead of what.
fn higher(model: &Model, list: u32) -> Option<(List, String)> {
    let mut list = model.lists[list as usize].clone();
    let level = |kind: KindId, value: Value| model.kinds[kind as usize].levels.name(usize::from(value - LOWEST)).to_owned();
    let mut words = None;
    for (kind, set) in &mut list.on {
        let highest = model.kinds[*kind as usize].highest();
        if let Some((0, value)) = set.first_mut().filter(|(_, value)| *value < highest) {
            let before = if *value == NONE { "nothing".to_owned() } else { level(*kind, *value) };
            *value += 1;
            words.get_or_insert_with(|| format!("`{}` for `{before}`", level(*kind, *value)));
        }
    }
    if words.is_none() {
        for (kind, set) in &mut list.on {
            let k = &model.kinds[*kind as usize];
            let feature = |(part, value): &&(u32, Value)| k.feature_parts().contains(part) && *value < k.highest();
            let bare = set.first().is_none_or(|(part, _)| *part != 0);
            let Some((part, value)) = set.iter().find(feature).filter(|(_, v)| bare && *v > FOLLOW).copied() else { continue };
            let same = |other: u32| other == part || k.subs(part).contains(&other);
            set.iter_mut().filter(|(other, v)| same(*other) && *v == value).for_each(|(_, v)| *v += 1);
            let name = k.features.name(part as usize - 1);
            let before = if value == NONE { "none".to_owned() } else { level(*kind, value) };
            words.get_or_insert_with(|| format!("`{name}:{}` for `{name}:{before}`", level(*kind, value + 1)));
        }
    }
    Some((list, words?))
}

/// The role that gives the least more than a role, if one gives all of it and more.
fn more(meanings: &[Given], role: u32) -> Option<u32> {
    let covers = |a: u32, b: u32| {
        let value = |kind: KindId, part: u32| {
            let set = meanings[a as usize].iter().find(|(k, _)| *k == kind).map(|(_, set)| set);
            set.and_then(|set| set.iter().find(|(p, _)| *p == part)).map_or(NONE, |(_, value)| *value)
        };
        meanings[b as usize].iter().all(|(kind, set)| set.iter().all(|(part, v)| value(*kind, *part) >= *v))
    };
    let above = |a: u32, b: u32| covers(a, b) && !covers(b, a);
    let wider: Vec<u32> = (0..meanings.len() as u32).filter(|other| above(*other, role)).collect();
    wider.iter().copied().find(|one| !wider.iter().any(|other| above(*one, *other)))
}

/// A place in words.
fn place(model: &Model, place: Option<PlaceId>) -> String {
    place.map_or("everywhere".into(), |place| format!("in {}", model.place_name(place)))
}

/// A statement in words.
fn said(m: &Model, fact: Fact) -> String {
    match fact {
        Fact::Entry(i) => {
            let e = &m.entries[i];
            let verb = if e.verb == Verb::Can { "can" } else { "cannot" };
            format!("`{} {verb} {}` in {}", m.who(e.who), m.lists[e.list as usize].text, m.place_name(e.place))
        }
        Fact::Member(i) => {
            let member = &m.members[i];
            format!("{} in {}", m.who(member.who), m.who(Who::Group(member.of)))
        }
        Fact::Insider(i) => {
            let member = &m.org_members[i];
            format!("{} in {}", m.who(member.who), m.place_name(member.of))
        }
        Fact::Assignment(i) => {
            let a = &m.assignments[i];
            let who = if a.who == Who::Everyone { "everyone".into() } else { m.who(a.who) };
            match a.scope.filter(|_| a.owner) {
                Some(scope) => format!("owner {who} of {}", m.place_name(scope)),
                None => format!("role {} of {who} {}", print::Id(m.roles.name(a.role)), place(m, a.scope)),
            }
        }
    }
}
