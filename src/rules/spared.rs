//! What a prohibition would take besides what is meant: advice says so, or names who is meant.

use super::Scene;
use super::scene::lasts;
use super::walk::{covers, is_star, outward, prohibitions, subject};
use super::witness::Members;
use crate::model::kinds::{KindId, NONE, Value};
use crate::model::{Model, PlaceId, Who};
use crate::source::Span;
use crate::syntax::tree::Verb;

/// How many entries and assignments of a place, and members of a group, are looked at.
const MOST_LOOKS: usize = 64;

/// Access that a prohibition takes away, too.
pub struct Lost {
    /// Whom it speaks of, or a user or a group inside of that.
    whom: Who,
    /// Whom the statement speaks of that gives it.
    by: Who,
    /// Where that stands, if not where the prohibition does.
    pub at: Option<PlaceId>,
    /// That statement.
    pub span: Span,
}

impl Lost {
    /// What a prohibition does besides.
    pub fn takes(&self, model: &Model) -> String {
        let (by, at) = (subject(model, self.by), self.at.map_or(String::new(), |at| format!(" in {}", model.place_name(at))));
        if self.whom == self.by {
            format!("takes away what {by} is given{at}")
        } else {
            format!("takes from {} what {by} is given{at}", model.who(self.whom))
        }
    }
}

/// What an entry or an assignment in a place gives someone in a group that neither the group gives nor one around it. `gives` says
/// which parts of a kind count.
pub fn lost_with(scene: &Scene<'_>, who: Who, place: PlaceId, kind: KindId, gives: impl Fn(u32, Value) -> bool) -> Option<Lost> {
    let Who::Group(group) = who else { return None };
    let (m, now) = (scene.model, Some(scene.options.now));
    let around = covers(scene, who, now);
    let entries = scene.entries(place).iter().take(MOST_LOOKS).map(|e| scene.entry(*e));
    let entries = entries.filter(|e| e.verb == Verb::Can && !scene.is_over(e.until));
    let entries = entries.filter(|e| m.lists[e.list as usize].of(kind).iter().any(|(part, value)| gives(*part, *value)));
    let roles = scene.scoped.of(place).iter().take(MOST_LOOKS).map(|a| &m.assignments[*a as usize]);
    let roles = roles.filter(|a| {
        let effect = scene.effects()[a.role as usize].as_ref().filter(|_| !scene.is_over(a.until));
        effect.is_some_and(|e| e.range((kind, 0)..(kind + 1, 0)).any(|((_, part), value)| gives(*part, *value)))
    });
    let given = entries.map(|e| (e.who, e.span)).chain(roles.map(|a| (a.who, a.span))).filter(|(by, _)| !around.contains(by));
    let mut given = given.peekable();
    given.peek()?;
    let inside = Members::of(scene, vec![group], MOST_LOOKS);
    let is_in = |user: u32, group: u32| scene.above(Who::User(user)).iter().any(|(g, end)| *g == group && lasts(*end, now));
    given.find_map(|(by, span)| {
        let whom = match by {
            Who::Everyone => None,
            Who::User(user) => inside.users.contains(&user).then_some(by),
            Who::Group(other) if inside.groups.contains(&other) => Some(by),
            Who::Group(other) => inside.users.iter().find(|user| is_in(**user, other)).map(|user| Who::User(*user)),
        };
        let whom = whom.filter(|whom| !is_kept_out(scene, *whom, place, kind))?;
        Some(Lost { whom, by, at: None, span })
    })
}

/// Whether a prohibition takes all of a kind from someone in a place.
fn is_kept_out(scene: &Scene<'_>, who: Who, place: PlaceId, kind: KindId) -> bool {
    let mut places = vec![place];
    places.extend(outward(scene, place).places);
    prohibitions(scene, &places, who, Some(scene.options.now)).iter().any(|(_, entry)| {
        let list = &scene.model.lists[entry.list as usize];
        is_star(list) && list.on.iter().any(|(of, _)| *of == kind)
    })
}

/// Whether a role gives someone something in a place, or in what is in it, as far as is looked.
fn gives_in(scene: &Scene<'_>, role: u32, who: Who, place: PlaceId) -> bool {
    let Some(effect) = scene.effects()[role as usize].as_ref() else { return false };
    let (mut queue, mut next) = (vec![place], 0);
    while let Some(at) = queue.get(next).copied().filter(|_| next < MOST_LOOKS) {
        next += 1;
        let kind = scene.model.places[at as usize].kind;
        if effect.range((kind, 0)..(kind + 1, 0)).next().is_some() && !is_kept_out(scene, who, at, kind) {
            return true;
        }
        queue.extend(scene.children.of(at).iter().take(MOST_LOOKS));
    }
    false
}

/// What an assignment in a place gives someone.
pub fn lost_there(scene: &Scene<'_>, who: Who, place: PlaceId) -> Option<Lost> {
    let whom = covers(scene, who, Some(scene.options.now));
    let mut given = scene.scoped.of(place).iter().take(MOST_LOOKS).map(|a| &scene.model.assignments[*a as usize]);
    let given = given.find(|a| whom.contains(&a.who) && !scene.is_over(a.until) && gives_in(scene, a.role, who, place))?;
    Some(Lost { whom: who, by: given.who, at: None, span: given.span })
}

/// What entries in a place and further in give someone, or those in a group, and what is assigned to them further in. `but` is an
/// assignment that is to be stopped.
pub fn lost_inside(scene: &Scene<'_>, who: Who, place: PlaceId, but: Option<Span>) -> Option<Lost> {
    let (m, mut queue, mut next) = (scene.model, vec![place], 0);
    let mut inside: Option<Members> = None;
    while let Some(at) = queue.get(next).copied().filter(|_| next < MOST_LOOKS) {
        next += 1;
        let gives = |e: &&crate::model::access::Entry| {
            let given = m.lists[e.list as usize].on.iter().filter(|(_, set)| set.iter().any(|(_, value)| *value > NONE));
            let mut kinds = given.map(|(kind, _)| *kind);
            e.verb == Verb::Can && !scene.is_over(e.until) && kinds.any(|kind| !is_kept_out(scene, e.who, at, kind))
        };
        let entries = scene.entries(at).iter().take(MOST_LOOKS).map(|e| scene.entry(*e)).filter(gives).map(|e| (e.who, e.span));
        let given = scene.scoped.of(at).iter().take(MOST_LOOKS).map(|a| &m.assignments[*a as usize]);
        let given = given.filter(|a| at != place && Some(a.span) != but && !scene.is_over(a.until));
        let given = given.filter(|a| gives_in(scene, a.role, a.who, at)).map(|a| (a.who, a.span));
        for (by, span) in entries.chain(given) {
            let is_meant = by == who
                || match (who, by) {
                    (Who::Group(group), Who::User(_) | Who::Group(_)) => {
                        let inside = inside.get_or_insert_with(|| Members::of(scene, vec![group], MOST_LOOKS));
                        matches!(by, Who::User(user) if inside.users.contains(&user))
                            || matches!(by, Who::Group(inner) if inside.groups.contains(&inner))
                    }
                    _ => false,
                };
            if is_meant {
                return Some(Lost { whom: by, by, at: (at != place).then_some(at), span });
            }
        }
        queue.extend(scene.children.of(at).iter().take(MOST_LOOKS));
    }
    None
}
