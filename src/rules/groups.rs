//! Groups without members, and groups that take access away.

use std::collections::HashMap;

use super::spared::Spared;
use super::walk::{has_body, is_nothing, kept_closed, outward, prohibitions};
use super::witness::Witness;
use super::{Report, Scene};
use crate::finding::{EMPTY_GROUP, LOWERING_GROUP};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, NONE, Value};
use crate::model::{PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;
use crate::table::decide::Cause;

/// Of a list, so many kinds are looked at.
const MOST_KINDS: usize = 16;

/// Looks for groups that list their members and have none.
pub fn empty(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let groups = 0..m.groups.len() as u32;
    let fed = |g: &u32| !has_body(scene, *g);
    let mut peopled = vec![false; m.groups.len()];
    let with_user = m.members.iter().filter(|x| matches!(x.who, Who::User(_)) && !scene.is_over(x.until)).map(|x| x.of);
    let mut queue: Vec<u32> = groups.clone().filter(fed).chain(with_user).collect();
    while let Some(group) = queue.pop() {
        if !std::mem::replace(&mut peopled[group as usize], true) {
            let around = scene.listed(Who::Group(group)).iter().map(|x| &m.members[*x as usize]);
            queue.extend(around.filter(|x| !scene.is_over(x.until)).map(|x| x.of));
        }
    }
    let mut member_of: HashMap<u32, PlaceId> = HashMap::new();
    let closed =
        kept_closed(scene, |x| !scene.ends_soon(x.until) && !matches!(x.who, Who::Group(group) if !peopled[group as usize]));
    for x in m.org_members.iter().filter(|x| !closed.contains(&x.of)) {
        if let Who::Group(group) = x.who {
            member_of.entry(group).or_insert(x.of);
        }
    }
    for group in groups.filter(|g| !peopled[*g as usize]) {
        report.push(&EMPTY_GROUP, m.group_spans[group as usize], |here| {
            let name = id(m.groups.name(group));
            let members = scene.members.of(group);
            let opens = member_of.get(&group).map(|org| {
                let org = m.place_name(*org);
                format!("before you take the group out, name another `member` of {org}: without any, everyone can sign in to it")
            });
            let Some(last) = members.iter().map(|x| &m.members[*x as usize]).max_by_key(|x| (scene.end(x.until), x.span)) else {
                let finding = here.says(format!("group `{name}` has no members: its body is empty"));
                let help = format!("add members, or type `group {name}` alone where the sign-in says who is in it");
                return finding.help(opens.map_or(help.clone(), |opens| format!("{help}; {opens}")));
            };
            let text = if scene.is_over(last.until) { "this ended last" } else { "this has no members either" };
            let ended = members.iter().any(|x| scene.is_over(m.members[*x as usize].until));
            let fact = if ended { "has no members any more" } else { "has no members: the groups in it have none" };
            let finding = here.says(format!("group `{name}` {fact}"));
            let help = opens.map_or("add a member, or take the group out and what it was given".into(), |opens| {
                format!("add a member; {opens}")
            });
            finding.label(last.span, text).help(help)
        });
    }
}

/// What joining a group takes away, and where.
struct Lowered {
    place: PlaceId,
    part: u32,
    value: Value,
}

/// Looks for groups whose entry gives less than the default does to those who are not in it.
pub fn lowering(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let (Some(witness), Some(spared)) = (Witness::new(scene), Spared::new(scene)) else { return };
    let most = defaults(scene);
    for entry in &m.entries {
        let Some(lost) = lowered(scene, &witness, &most, entry) else { continue };
        let kind = &m.kinds[m.places[lost.place as usize].kind as usize];
        report.push(&LOWERING_GROUP, entry.span, |here| {
            let (who, place, what) = (m.who(entry.who), m.place_name(lost.place), kind.permission(lost.part, lost.value));
            let finding = here.says(format!("who joins {who} loses `{what}` in {place}, which the default gives"));
            let mut places = vec![lost.place];
            places.extend(outward(scene, lost.place).places);
            let default = places.iter().flat_map(|p| scene.entries_of(*p, Who::Everyone, Verb::Can)).find(|(_, e)| {
                let sets = |part: u32| scene.sets(e.list, m.places[lost.place as usize].kind, part).is_some();
                !scene.is_over(e.until) && (sets(lost.part) || sets(0))
            });
            let finding = match default {
                Some((_, default)) => finding.label(default.span, "the default"),
                None => finding,
            };
            let besides = spared.as_much(entry.who, lost.place, lost.part, lost.value);
            let also = besides.as_ref().map_or(String::new(), |besides| format!(", which {}, too", besides.takes(m)));
            let finding = match besides {
                Some(besides) => finding.label(besides.span, "this gives as much"),
                None => finding,
            };
            finding.help(format!(
                "give the group as much; or write `cannot` where it is meant to lose it{also}; or `assign ROLE to everyone` in place of the default, which no entry lowers",
            ))
        });
    }
}

/// The most that defaults give of each part of a kind, wherever they stand.
fn defaults(scene: &Scene<'_>) -> Vec<Vec<Value>> {
    let m = scene.model;
    let mut most: Vec<Vec<Value>> = m.kinds.iter().map(|k| vec![NONE; k.parts()]).collect();
    let mut seen = vec![false; m.lists.len()];
    for e in m.entries.iter().filter(|e| e.who == Who::Everyone && e.verb == Verb::Can && !scene.is_over(e.until)) {
        if std::mem::replace(&mut seen[e.list as usize], true) {
            continue;
        }
        for (kind, set) in &m.lists[e.list as usize].on {
            let most = &mut most[*kind as usize];
            set.iter().for_each(|(part, value)| most[*part as usize] = most[*part as usize].max(*value));
        }
    }
    for (kind, most) in m.kinds.iter().zip(&mut most) {
        let base = most[0];
        kind.feature_parts().for_each(|part| most[part as usize] = most[part as usize].max(base));
    }
    most
}

fn lowered(scene: &Scene<'_>, witness: &Witness<'_, '_>, most: &[Vec<Value>], entry: &Entry) -> Option<Lowered> {
    let Who::Group(group) = entry.who else { return None };
    let list = &scene.model.lists[entry.list as usize];
    if entry.verb != Verb::Can || is_nothing(list) || scene.is_over(entry.until) {
        return None;
    }
    for (kind, set) in list.on.iter().take(MOST_KINDS) {
        let lower = |(part, value): &&(u32, Value)| *value >= NONE && *value < most[*kind as usize][*part as usize];
        let lower: Vec<u32> = set.iter().filter(lower).map(|(part, _)| *part).collect();
        if lower.is_empty() {
            continue;
        }
        for place in witness.places(entry.place, *kind) {
            for person in witness.people(Who::Everyone, place) {
                let (Some(without), Some(with)) = (witness.levels(&person, place), witness.levels(&person.with(group), place))
                else {
                    continue;
                };
                let lost = lower.iter().copied().find(|part| with[*part as usize] < without[*part as usize]);
                let Some(part) = lost else { continue };
                let value = without[part as usize];
                // Where a group gives it, or a role, it is no default that is more.
                let before = witness.verdict(&person, place, part, value).map(|v| v.cause);
                if !matches!(before, Some(Cause::Access(row)) if witness.is_default(row)) {
                    continue;
                }
                // What a prohibition takes is meant to go, and where another entry decides, this one takes nothing.
                let cause = witness.verdict(&person.with(group), place, part, value).map(|v| v.cause);
                let by_this = matches!(cause, Some(Cause::Access(row)) if witness.is_row_of(row, entry.span));
                if by_this && !is_taken(scene, entry.who, place, *kind, part, value) {
                    return Some(Lowered { place, part, value });
                }
            }
        }
    }
    None
}

/// Whether a prohibition takes from a principal what it would have in a place.
fn is_taken(scene: &Scene<'_>, who: Who, place: PlaceId, kind: KindId, part: u32, value: Value) -> bool {
    let mut places = vec![place];
    places.extend(outward(scene, place).places);
    let takes = |e: &Entry| {
        let cap = |part: u32| scene.sets(e.list, kind, part);
        cap(part).is_some_and(|cap| cap < value) || cap(0).is_some_and(|cap| cap <= NONE)
    };
    prohibitions(scene, &places, who, Some(scene.options.now)).iter().any(|(_, e)| takes(e))
}
