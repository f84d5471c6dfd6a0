//! What a prohibition of a group would take from its members that something else gives them: advice says so, or names who is meant.

use super::Scene;
use super::scene::lasts;
use super::walk::covers;
use super::witness::Members;
use crate::model::kinds::{KindId, Value};
use crate::model::{Model, PlaceId, Who};
use crate::source::Span;
use crate::syntax::tree::Verb;

/// How many entries and assignments of a place, and members of a group, are looked at.
const MOST_LOOKS: usize = 64;

/// Access of someone in a group that a prohibition of the group takes away, too.
pub struct Lost {
    /// A user or a group inside of the group.
    whom: Who,
    /// Whom the statement speaks of that gives it.
    by: Who,
    /// That statement.
    pub span: Span,
}

impl Lost {
    /// What a prohibition does besides.
    pub fn takes(&self, model: &Model) -> String {
        let by = model.who(self.by);
        if self.whom == self.by {
            format!("takes away what {by} is given")
        } else {
            format!("takes from {} what {by} is given", model.who(self.whom))
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
        Some(Lost { whom: whom?, by, span })
    })
}
