//! Groups, roles and kinds that nothing speaks of.

use super::{Report, Scene};
use crate::finding::{UNUSED_GROUP, UNUSED_KIND, UNUSED_ROLE};
use crate::model::Who;
use crate::model::tests::Bound;
use crate::report::id;

/// Looks for groups that no entry, assignment, group, organization, test or invariant names.
pub fn groups(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let mut used = vec![false; m.groups.len()];
    let members = m.members.iter().chain(&m.org_members).map(|m| m.who);
    let all = members.chain(m.entries.iter().map(|e| e.who)).chain(m.assignments.iter().map(|a| a.who));
    all.for_each(|who| {
        if let Who::Group(g) = who {
            used[g as usize] = true;
        }
    });
    // Who tests with a group speaks of it.
    let asked = m.tests.iter().flat_map(|test| &test.questions).flat_map(|question| &question.groups);
    let bound = m.invariants.iter().flat_map(|invariant| &invariant.laws).flat_map(|law| match &law.who {
        Bound::NoGroup(group) => std::slice::from_ref(group),
        Bound::Only(_, groups) => groups,
        _ => &[],
    });
    asked.chain(bound).filter_map(|name| m.groups.get(name)).for_each(|group| used[group as usize] = true);
    for (group, _) in (0..).zip(used).filter(|(_, used)| !used && is_a_policy(scene)) {
        report.push(&UNUSED_GROUP, m.group_spans[group as usize], |here| {
            let name = id(m.groups.name(group));
            let finding = here.says(format!("group `{name}` is declared, and nothing speaks of it"));
            finding.help(format!("give it access, such as `group {name} can read` in a resource, or take it out"))
        });
    }
}

/// Looks for roles that no assignment gives, no owner gets, and no such role includes.
pub fn roles(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let owners = m.kinds.iter().filter_map(|k| k.owner.map(|(role, _)| role));
    let mut queue: Vec<u32> = owners.chain(m.assignments.iter().map(|a| a.role)).collect();
    let mut used = vec![false; m.role_list.len()];
    let mut parents: Vec<Option<u32>> = vec![None; m.role_list.len()];
    while let Some(role) = queue.pop() {
        if !std::mem::replace(&mut used[role as usize], true) {
            queue.extend(m.role_list[role as usize].includes.iter().map(|(r, _)| *r));
        }
    }
    for (role, r) in (0..).zip(&m.role_list) {
        r.includes.iter().for_each(|(inner, _)| parents[*inner as usize] = Some(role));
    }
    for (role, r) in (0..).zip(&m.role_list).filter(|(role, _)| !used[*role as usize] && is_a_policy(scene)) {
        report.push(&UNUSED_ROLE, r.span, |here| {
            let name = id(m.roles.name(role));
            let finding = here.says(format!("role `{name}` is declared, and nobody gets it"));
            let finding = match parents[role as usize] {
                Some(p) => finding.label(m.role_list[p as usize].span, "only this one includes it, and nobody gets it either"),
                None => finding,
            };
            finding.help(format!("type `assign {name} to group GROUP in KIND ID`, or take the role out"))
        });
    }
}

/// Looks for kinds of which there is no resource and no pattern: every question about them is denied.
pub fn kinds(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let mut used = vec![false; m.kinds.len()];
    m.places.iter().for_each(|p| used[p.kind as usize] = true);
    for (kind, _) in m.kinds.iter().zip(used).filter(|(_, used)| !used && is_a_policy(scene)) {
        let Some(span) = kind.span else { continue };
        report.push(&UNUSED_KIND, span, |here| {
            let finding = here.says(format!("kind `{}` has no resource and no pattern, so nothing is known of it", kind.name));
            finding.help(format!("declare one, such as `{} \"*\"` for all of them, or take the kind out", kind.name))
        });
    }
}

/// A set of files that only declares words, as a vocabulary does, is for others to use.
fn is_a_policy(scene: &Scene<'_>) -> bool {
    scene.model.places.iter().any(|p| p.declared) || !scene.model.assignments.is_empty()
}
