//! Roles that are alike, and assignments that others contain.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::walk::{covers, outward, subject};
use super::{Report, Scene};
use crate::finding::{DUPLICATE_ROLE, REDUNDANT_ASSIGNMENT};
use crate::model::kinds::{KindId, NONE, Value};
use crate::model::{Assignment, Model, PlaceId, Who};
use crate::report::id;
use crate::source::Span;

/// What a role grants, everything that it includes counted: by kind and part.
pub type Effect = BTreeMap<(KindId, u32), Value>;

/// How many grants all roles together may have to be looked at.
const MOST_GRANTS: usize = 20_000_000;
/// How many assignments are looked at to prove that one is redundant.
const MOST_LOOKS: usize = 512;
/// How many grants of roles are compared with those of others.
const MOST_COMPARED: usize = 4_000_000;
/// How many roles around one are looked at.
const MOST_ROLES: usize = 64;

/// What each role grants; `None` where that is too much to look at.
pub fn effects(model: &Model) -> Vec<Option<Effect>> {
    let mut left = MOST_GRANTS;
    let mut done: Vec<Option<Option<Effect>>> = vec![None; model.role_list.len()];
    for start in 0..model.role_list.len() as u32 {
        // Included roles first; a stack, since a chain of roles may be long.
        let mut stack = vec![(start, false)];
        while let Some((role, ready)) = stack.pop() {
            if done[role as usize].is_some() {
                continue;
            }
            let includes = &model.role_list[role as usize].includes;
            if !ready {
                stack.push((role, true));
                stack.extend(includes.iter().map(|(r, _)| (*r, false)));
                continue;
            }
            let size: usize = model.role_list[role as usize].lists.iter().map(|l| size(model, *l)).sum();
            let mut effect = (size <= left).then(|| own(model, role));
            left = left.saturating_sub(size);
            for (included, _) in includes {
                effect = match (effect, &done[*included as usize]) {
                    (Some(mut effect), Some(Some(more))) if more.len() <= left => {
                        left -= more.len();
                        more.iter().for_each(|(part, value)| raise(&mut effect, *part, *value));
                        Some(effect)
                    }
                    _ => None,
                };
            }
            done[role as usize] = Some(effect);
        }
    }
    done.into_iter().map(Option::flatten).collect()
}

/// How many parts of kinds a list can set.
fn size(model: &Model, list: u32) -> usize {
    model.lists[list as usize].on.iter().map(|(kind, set)| set.len() + model.kinds[*kind as usize].features.len()).sum()
}

/// What a role's own lists grant: a feature that they do not set follows their base.
fn own(model: &Model, role: u32) -> Effect {
    let mut effect = Effect::new();
    let lists = model.role_list[role as usize].lists.iter().map(|l| &model.lists[*l as usize]);
    for (kind, set) in lists.flat_map(|l| &l.on) {
        let base = set.first().filter(|(part, _)| *part == 0).map_or(NONE, |(_, value)| *value);
        model.kinds[*kind as usize].feature_parts().for_each(|part| raise(&mut effect, (*kind, part), base));
        for (part, value) in set {
            effect.insert((*kind, *part), *value);
        }
    }
    effect.retain(|_, value| *value > NONE);
    effect
}

fn raise(effect: &mut Effect, part: (KindId, u32), value: Value) {
    let slot = effect.entry(part).or_insert(value);
    *slot = value.max(*slot);
}

/// The parts of each kind that a role grants.
pub fn by_kind(effect: &Effect) -> Vec<(KindId, Vec<u32>)> {
    let mut kinds: Vec<(KindId, Vec<u32>)> = Vec::new();
    for (kind, part) in effect.keys() {
        match kinds.last_mut() {
            Some((last, parts)) if last == kind => parts.push(*part),
            _ => kinds.push((*kind, vec![*part])),
        }
    }
    kinds
}

/// What a role gives: a value to each part of each kind.
type Gives<'m> = Vec<(&'m (KindId, u32), &'m Value)>;

/// Looks for roles with the same effect.
pub fn duplicates(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let effects = scene.effects();
    let mut first: HashMap<Gives<'_>, u32> = HashMap::new();
    let mut roles: Vec<u32> = (0..m.role_list.len() as u32).collect();
    // The roles of a vocabulary count as the first ones.
    roles.sort_by_key(|r| {
        let span = m.role_list[*r as usize].span;
        (!scene.is_shipped(span), span)
    });
    for role in roles {
        let Some(effect) = effects[role as usize].as_ref().filter(|e| !e.is_empty()) else { continue };
        let same = *first.entry(effect.iter().collect()).or_insert(role);
        if same == role || is_alias(m, role, same) {
            continue;
        }
        let (this, other) = (&m.role_list[role as usize], &m.role_list[same as usize]);
        report.push(&DUPLICATE_ROLE, this.span, |here| {
            let (name, as_name) = (id(m.roles.name(role)), id(m.roles.name(same)));
            let finding = here.says(format!("role `{name}` has the same permissions as role `{as_name}`"));
            finding.label(other.span, "the other one").help(format!("use `{as_name}` in its place, or say where they differ"))
        });
    }
}

/// Whether a role is nothing but a second name of another one.
pub fn is_alias(model: &Model, role: u32, of: u32) -> bool {
    let alias = |role: u32, of: u32| {
        let r = &model.role_list[role as usize];
        r.lists.is_empty() && matches!(&r.includes[..], [(only, _)] if *only == of)
    };
    alias(role, of) || alias(of, role)
}

/// Looks for assignments that another one contains.
pub fn redundant(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let mut by: HashMap<(Who, Option<u32>), Vec<u32>, foldhash::fast::RandomState> = HashMap::default();
    for (index, a) in (0..).zip(&m.assignments) {
        by.entry((a.who, a.scope)).or_default().push(index);
    }
    let wider = Wider::new(scene);
    // One in a private place is what lets someone in without a wider one that is given further out.
    let kept = |index: u32, other: u32| {
        let [own, wider] = [index, other].map(|a| &m.assignments[a as usize]);
        let Some(scope) = own.scope.filter(|_| own.scope != wider.scope && !scene.private().is_empty()) else { return false };
        // A resource that holds no other is of one kind.
        let single = Some(m.places[scope as usize].kind).filter(|_| scene.children.of(scope).is_empty());
        let private = |place: PlaceId| {
            let is = |kind: KindId| single.is_none_or(|of| of == kind) && scene.private().contains_key(&(place, kind));
            let given = scene.effects()[own.role as usize].as_ref();
            given.is_none_or(|given| given.keys().any(|(kind, _)| is(*kind)))
        };
        let around: Vec<PlaceId> = std::iter::once(scope).chain(outward(scene, scope).places).collect();
        let at = around.iter().position(|place| private(*place));
        at.is_some_and(|at| wider.scope.is_none_or(|wider| !around[..=at].contains(&wider)))
    };
    let contained = |index: u32| {
        let other = container(scene, &by, &wider, index)?;
        (!kept(index, other)).then_some((index, other))
    };
    let found: Vec<(u32, u32)> = (0..m.assignments.len() as u32).into_par_iter().filter_map(contained).collect();
    if found.is_empty() {
        return;
    }
    // A statement stands for every pair of a subject and a scope.
    let mut gone: HashMap<Span, Vec<(u32, u32)>> = HashMap::new();
    let mut order = Vec::new();
    for (index, other) in found {
        let pairs = gone.entry(m.assignments[index as usize].span).or_default();
        if pairs.is_empty() {
            order.push(m.assignments[index as usize].span);
        }
        pairs.push((index, other));
    }
    let mut all: HashMap<Span, Vec<u32>> = HashMap::new();
    for (index, a) in (0..).zip(&m.assignments).filter(|(_, a)| gone.contains_key(&a.span)) {
        all.entry(a.span).or_default().push(index);
    }
    for span in order {
        let (all, gone) = (&all[&span], &gone[&span]);
        let (a, o) = (&m.assignments[gone[0].0 as usize], &m.assignments[gone[0].1 as usize]);
        report.push(&REDUNDANT_ASSIGNMENT, span, |here| {
            let (role, who) = (id(m.roles.name(a.role)), subject(m, a.who));
            let more =
                if gone.len() > 1 { format!(", and {} more of this statement too", gone.len() - 1) } else { String::new() };
            let wider = match o.owner {
                true => format!("what {who} has as an owner"),
                false => format!("role `{}` of {} {}", id(m.roles.name(o.role)), subject(m, o.who), place(m, o)),
            };
            let fact = format!("role `{role}` of {who} {} is contained in {wider}", place(m, a));
            let finding = here.says(format!("{fact}{more}")).known_as(fact);
            let finding = finding.label(o.span, "the wider one");
            if gone.len() == all.len() {
                here.take_out(finding.help("take it out"), "take the assignment out")
            } else {
                finding.help(without(m, all, gone))
            }
        });
    }
}

/// How many subjects, scopes or pairs one sentence names.
const MOST_NAMED: usize = 3;

/// What to take out of a statement of which some pairs of a subject and a scope are contained in others: a subject whose pairs all
/// are, a scope whose pairs all are, and for the rest a statement without them.
fn without(m: &Model, all: &[u32], gone: &[(u32, u32)]) -> String {
    let at = |index: u32| &m.assignments[index as usize];
    let is_gone: HashSet<u32> = gone.iter().map(|(index, _)| *index).collect();
    let (mut subjects, mut scopes) = (HashMap::new(), HashMap::new());
    for index in all {
        *subjects.entry(at(*index).who).or_insert(true) &= is_gone.contains(index);
        *scopes.entry(at(*index).scope).or_insert(true) &= is_gone.contains(index);
    }
    let (mut out, mut rest) = (Vec::new(), Vec::new());
    for (index, _) in gone {
        let a = at(*index);
        if subjects[&a.who] {
            out.push(subject(m, a.who));
        } else if scopes[&a.scope] {
            out.push(format!("the scope {}", a.scope.map_or("everywhere".into(), |s| m.place_name(s))));
        } else {
            rest.push(format!("{} {}", subject(m, a.who), place(m, a)));
        }
    }
    let mut met = HashSet::new();
    out.retain(|name| met.insert(name.clone()));
    let list = |names: &[String]| match names.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", names[..MOST_NAMED].join(", ")),
        None => names.join(", "),
    };
    match (out.is_empty(), rest.is_empty()) {
        (false, true) => format!("take {} out of this statement", list(&out)),
        (true, _) => format!("write a statement for each scope, without {}", list(&rest)),
        (false, false) => format!("take {} out, and write a statement for each scope, without {}", list(&out), list(&rest)),
    }
}

fn place(model: &Model, a: &Assignment) -> String {
    a.scope.map_or("everywhere".into(), |s| format!("in {}", model.place_name(s)))
}

/// An assignment that contains this one: no narrower in any way, and wider in one.
fn container(
    scene: &Scene<'_>,
    by: &HashMap<(Who, Option<u32>), Vec<u32>, foldhash::fast::RandomState>,
    wider: &Wider,
    index: u32,
) -> Option<u32> {
    let m = scene.model;
    let a = &m.assignments[index as usize];
    if a.owner || scene.is_over(a.until) {
        return None;
    }
    let whom = covers(scene, a.who, scene.end(a.until));
    let mut scopes = vec![a.scope, None];
    // A scope that is no pattern with a block makes resources known, which no wider one does.
    if let Some(scope) = a.scope {
        let p = &m.places[scope as usize];
        match p.pattern && !p.declared {
            true => scopes.truncate(1),
            false => scopes.extend(outward(scene, scope).places.into_iter().map(Some)),
        }
    }
    scopes.dedup();
    let roles = &wider.of[a.role as usize];
    let mut looks = MOST_LOOKS;
    for scope in scopes {
        for who in &whom {
            for other in by.get(&(*who, scope)).into_iter().flatten() {
                looks = looks.checked_sub(1)?;
                let o = &m.assignments[*other as usize];
                // What is the same is `duplicate-assignment`; an owner with the role stays.
                let same = (o.role, o.who, o.scope, o.owner) == (a.role, a.who, a.scope, false);
                if *other != index && !same && scene.outlasts(o.until, a.until) && roles.contains(&o.role) {
                    return Some(*other);
                }
            }
        }
    }
    None
}

/// The roles that contain each role: itself, those that include it at some depth, and those that give more. Roles of the same effect
/// contain each other, so the effect counts only where it is greater.
struct Wider {
    of: Vec<Vec<u32>>,
}

impl Wider {
    fn new(scene: &Scene<'_>) -> Wider {
        let m = scene.model;
        let mut including: HashMap<u32, Vec<u32>> = HashMap::new();
        for (outer, role) in (0..).zip(&m.role_list) {
            role.includes.iter().for_each(|(inner, _)| including.entry(*inner).or_default().push(outer));
        }
        let mut assigned = vec![false; m.role_list.len()];
        m.assignments.iter().for_each(|a| assigned[a.role as usize] = true);
        let used: Vec<u32> = (0..).zip(&assigned).filter(|(_, used)| **used).map(|(role, _)| role).collect();
        let mut of: Vec<Vec<u32>> = vec![Vec::new(); m.role_list.len()];
        used.iter().for_each(|role| of[*role as usize] = around(&including, *role));
        let mut left = MOST_COMPARED;
        for role in &used {
            let Some(effect) = scene.effects()[*role as usize].as_ref().filter(|e| !e.is_empty()) else { continue };
            let Some(rest) = left.checked_sub(effect.len() * used.len()) else { break };
            left = rest;
            for outer in &used {
                let Some(more) = &scene.effects()[*outer as usize] else { continue };
                let held = effect.iter().all(|(part, value)| more.get(part).is_some_and(|v| v >= value));
                if held && more != effect && !of[*role as usize].contains(outer) {
                    of[*role as usize].push(*outer);
                }
            }
        }
        Wider { of }
    }
}

/// A role and those that include it at some depth, as far as is looked.
fn around(including: &HashMap<u32, Vec<u32>>, role: u32) -> Vec<u32> {
    let mut seen = vec![role];
    let mut next = 0;
    while let Some(at) = seen.get(next).copied() {
        next += 1;
        for outer in including.get(&at).into_iter().flatten() {
            if seen.len() < MOST_ROLES && !seen.contains(outer) {
                seen.push(*outer);
            }
        }
    }
    seen
}
