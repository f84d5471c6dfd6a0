//! Groups without members, and groups that take access away.

use rayon::prelude::*;

use super::walk::{has_body, is_nothing};
use super::{Report, Scene};
use crate::finding::{EMPTY_GROUP, LOWERING_GROUP};
use crate::model::kinds::{FOLLOW, NONE};
use crate::model::{PlaceId, Who};
use crate::report::id;
use crate::syntax::tree::Verb;

/// Looks for groups that list their members and have none.
pub fn empty(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let groups = 0..m.groups.len() as u32;
    let fed = |g: &u32| scene.members.of(*g).is_empty() && !has_body(scene, *g);
    let mut peopled = vec![false; m.groups.len()];
    let with_user = m.members.iter().filter(|x| matches!(x.who, Who::User(_)) && !scene.is_over(x.until)).map(|x| x.of);
    let mut queue: Vec<u32> = groups.clone().filter(fed).chain(with_user).collect();
    while let Some(group) = queue.pop() {
        if !std::mem::replace(&mut peopled[group as usize], true) {
            let around = scene.listed(Who::Group(group)).iter().map(|x| &m.members[*x as usize]);
            queue.extend(around.filter(|x| !scene.is_over(x.until)).map(|x| x.of));
        }
    }
    for group in groups.filter(|g| !peopled[*g as usize]) {
        report.push(&EMPTY_GROUP, m.group_spans[group as usize], |here| {
            let name = id(m.groups.name(group));
            let members = scene.members.of(group);
            let Some(last) = members.iter().map(|x| &m.members[*x as usize]).max_by_key(|x| (scene.end(x.until), x.span)) else {
                let finding = here.says(format!("group `{name}` has no members: its body is empty"));
                return finding.help(format!("add members, or type `group {name}` alone where the sign-in says who is in it"));
            };
            let text = if scene.is_over(last.until) { "this ended last" } else { "this has no members either" };
            let finding = here.says(format!("group `{name}` has no members any more"));
            finding.label(last.span, text).help("add a member, or take the group out and what it was given")
        });
    }
}

/// Looks for groups whose entry gives less than the default beside it.
pub fn lowering(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let found: Vec<(u32, u32, String)> =
        (0..m.places.len() as PlaceId).into_par_iter().flat_map_iter(|p| lowered(scene, p)).collect();
    for (entry, default, what) in found {
        let (entry, default) = (scene.entry(entry), scene.entry(default));
        report.push(&LOWERING_GROUP, entry.span, |here| {
            let (who, place) = (m.who(entry.who), m.place_name(entry.place));
            let finding = here.says(format!("who joins {who} loses {what} in {place}, which the default gives"));
            finding
                .label(default.span, "the default")
                .help("give the group as much, or write `cannot` where it is meant to lose it")
        });
    }
}

fn lowered(scene: &Scene<'_>, place: PlaceId) -> Vec<(u32, u32, String)> {
    let m = scene.model;
    let mut found = Vec::new();
    let defaults: Vec<_> = scene.entries_of(place, Who::Everyone, Verb::Can).filter(|(_, e)| !scene.is_over(e.until)).collect();
    if defaults.is_empty() || scene.is_crowded(place, Who::Everyone, Verb::Can) {
        return found;
    }
    for id in scene.entries(place).iter().copied() {
        let entry = scene.entry(id);
        let list = &m.lists[entry.list as usize];
        let counts =
            matches!(entry.who, Who::Group(_)) && entry.verb == Verb::Can && !is_nothing(list) && !scene.is_over(entry.until);
        if !counts || list.on.iter().map(|(_, s)| s.len()).sum::<usize>() > 2_000 {
            continue;
        }
        let parts = list.on.iter().flat_map(|(kind, set)| set.iter().map(move |(part, value)| (*kind, *part, *value)));
        let lower = parts.filter(|(.., value)| *value > NONE).find_map(|(kind, part, value)| {
            let higher = |(d, e): &(u32, &crate::model::access::Entry)| {
                scene.sets(e.list, kind, part).filter(|v| *v > value && *v != FOLLOW).map(|v| (*d, v))
            };
            let (default, more) = defaults.iter().find_map(higher)?;
            let kind = &m.kinds[kind as usize];
            let level = kind.levels.name((more - 2) as usize);
            let what =
                if part == 0 { format!("`{level}`") } else { format!("`{}:{level}`", kind.features.name(part as usize - 1)) };
            Some((default, what))
        });
        found.extend(lower.map(|(default, what)| (id, default, what)));
    }
    found
}
