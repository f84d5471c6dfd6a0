//! What a prohibition would take besides what is meant: advice says so, or names who is meant.

use super::Scene;
use super::scene::lasts;
use super::walk::{covers, subject};
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
    at: Option<PlaceId>,
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
        Some(Lost { whom: whom?, by, at: None, span })
    })
}

/// What an assignment in a place gives someone.
pub fn lost_there(scene: &Scene<'_>, who: Who, place: PlaceId) -> Option<Lost> {
    let whom = covers(scene, who, Some(scene.options.now));
    let mut given = scene.scoped.of(place).iter().take(MOST_LOOKS).map(|a| &scene.model.assignments[*a as usize]);
    let given = given.find(|a| whom.contains(&a.who) && !scene.is_over(a.until))?;
    Some(Lost { whom: given.who, by: given.who, at: None, span: given.span })
}

/// What entries in a place and further in give someone, or those in a group, and with `roles` what is assigned to them further in.
pub fn lost_inside(scene: &Scene<'_>, who: Who, place: PlaceId, roles: bool) -> Option<Lost> {
    let (m, mut queue, mut next) = (scene.model, vec![place], 0);
    let mut inside: Option<Members> = None;
    while let Some(at) = queue.get(next).copied().filter(|_| next < MOST_LOOKS) {
        next += 1;
        let gives = |e: &&crate::model::access::Entry| {
            let lists = || m.lists[e.list as usize].on.iter().flat_map(|(_, set)| set);
            e.verb == Verb::Can && !scene.is_over(e.until) && lists().any(|(_, value)| *value > NONE)
        };
        let entries = scene.entries(at).iter().take(MOST_LOOKS).map(|e| scene.entry(*e)).filter(gives).map(|e| (e.who, e.span));
        let given = scene.scoped.of(at).iter().take(MOST_LOOKS).map(|a| &m.assignments[*a as usize]);
        let given = given.filter(|a| roles && at != place && !scene.is_over(a.until)).map(|a| (a.who, a.span));
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
