//! What gives someone a permission: the entry or the assignment that decides, and the memberships on the way to it.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::Scene;
use crate::finding::Label;
use crate::model::{PlaceId, Who};
use crate::source::{Origin, Span};
use crate::syntax::print::Id;
use crate::syntax::tree::Verb;
use crate::table::decide::{Cause, Permission, Resource};
use crate::table::{RowSort, Table};

/// How many memberships on a way are shown.
const MOST_STEPS: usize = 3;
/// How many groups are looked at for a way.
const MOST_GROUPS: usize = 1_000;

/// What is asked of the policy: whether a user, or a stranger with some groups, has a permission on a resource.
#[derive(Clone, Copy)]
pub struct Asked<'q> {
    /// The user; nobody is a stranger.
    pub user: Option<u32>,
    /// Groups that the sign-in names.
    pub groups: &'q [u32],
    /// Whether they are in the organization whatever closes it.
    pub inside: bool,
    /// What the permission is called.
    pub name: &'q str,
    /// The permission.
    pub permission: Permission,
    /// The resource.
    pub on: Resource<'q>,
}

/// Looks for statements in a policy.
pub struct Given<'s, 'm> {
    scene: &'s Scene<'m>,
    table: &'s Table,
    /// The assignments everywhere, by whom they speak of.
    everywhere: OnceCell<HashMap<Who, Vec<u32>>>,
}

impl<'s, 'm> Given<'s, 'm> {
    /// Nothing is looked for yet.
    pub fn new(scene: &'s Scene<'m>, table: &'s Table) -> Given<'s, 'm> {
        Given { scene, table, everywhere: OnceCell::new() }
    }

    /// Where it is said that someone has a permission; `around` are the places that may say so. Empty where it is none of these.
    pub fn labels(&self, around: &[PlaceId], asked: Asked<'_>) -> Vec<Label> {
        let Some((who, mut labels)) = self.statement(around, asked) else { return Vec::new() };
        let (Some(user), Who::Group(group)) = (asked.user, who) else { return labels };
        let m = self.scene.model;
        let way = self.way(user, group);
        let more = way.len().saturating_sub(MOST_STEPS);
        for (step, index) in way.iter().take(MOST_STEPS).enumerate() {
            let member = &m.members[*index as usize];
            let last = more > 0 && step + 1 == MOST_STEPS;
            let rest =
                if last { format!(", and so through {} more", crate::report::count(more, "group")) } else { String::new() };
            let text = format!("{} is in group {}{rest}", m.who(member.who), Id(m.groups.name(member.of)));
            labels.push(Label { span: member.span, text });
        }
        labels
    }

    fn statement(&self, around: &[PlaceId], asked: Asked<'_>) -> Option<(Who, Vec<Label>)> {
        let m = self.scene.model;
        let Asked { user, groups, inside, name, permission, on } = asked;
        let user = match user {
            Some(user) => self.table.user(m.users.name(user)).ok()?,
            None => None,
        };
        let groups: Vec<_> = groups.iter().filter_map(|g| self.table.group(m.groups.name(*g)).ok()?).collect();
        let sign_in = self.table.sign_in_with(user, &groups).ok()?;
        let gives = format!("gives `{name}`");
        let now = self.scene.options.now;
        let verdict = match inside {
            true => self.table.decide_inside(&sign_in, permission, on, now),
            false => self.table.decide(&sign_in, permission, on, now),
        };
        match verdict.ok()?.cause {
            Cause::Access(row) => {
                let row = self.table.row(row, RowSort::Can).ok()?;
                let who = self.scene.who(&row.who)?;
                let entries = around.iter().flat_map(|place| self.scene.entries_of(*place, who, Verb::Can));
                let (_, entry) = entries.into_iter().find(|(_, entry)| self.is_at(entry.span, &row.origin))?;
                Some((who, vec![Label { span: entry.span, text: gives }]))
            }
            Cause::Role(row) => {
                let row = self.table.row(row, RowSort::Role).ok()?;
                let who = self.scene.who(&row.who)?;
                let scoped = around.iter().flat_map(|place| self.scene.scoped.of(*place));
                let global = self.everywhere().get(&who).into_iter().flatten();
                let all = scoped.chain(global).map(|index| &m.assignments[*index as usize]);
                let role = m.roles.get(row.role.as_deref()?)?;
                let mut of_who = all.filter(|a| a.who == who && a.role == role);
                let found = of_who.find(|a| self.is_at(a.span, &row.origin))?;
                let mut labels = vec![Label { span: found.span, text: gives }];
                let role = &m.role_list[role as usize];
                if !self.scene.is_shipped(role.span) {
                    labels.push(Label { span: role.span, text: format!("this role has `{name}`") });
                }
                Some((who, labels))
            }
            _ => None,
        }
    }

    /// The memberships by which a user is in a group now, from the user on: as few as there are.
    fn way(&self, user: u32, group: u32) -> Vec<u32> {
        let m = self.scene.model;
        let (mut by, mut queue): (HashMap<u32, u32>, Vec<Who>) = (HashMap::new(), vec![Who::User(user)]);
        let mut next = 0;
        while let Some(who) = queue.get(next).copied().filter(|_| by.len() < MOST_GROUPS && !by.contains_key(&group)) {
            for index in self.scene.listed(who) {
                let member = &m.members[*index as usize];
                if !self.scene.is_over(member.until) && !by.contains_key(&member.of) {
                    by.insert(member.of, *index);
                    queue.push(Who::Group(member.of));
                }
            }
            next += 1;
        }
        let (mut way, mut at) = (Vec::new(), group);
        while let Some(index) = by.get(&at).copied().filter(|_| way.len() < MOST_GROUPS) {
            way.push(index);
            match m.members[index as usize].who {
                Who::Group(before) => at = before,
                _ => break,
            }
        }
        way.reverse();
        way
    }

    fn everywhere(&self) -> &HashMap<Who, Vec<u32>> {
        self.everywhere.get_or_init(|| {
            let mut by: HashMap<Who, Vec<u32>> = HashMap::new();
            let all = (0..).zip(&self.scene.model.assignments).filter(|(_, a)| a.scope.is_none());
            all.for_each(|(index, a)| by.entry(a.who).or_default().push(index));
            by
        })
    }

    fn is_at(&self, span: Span, origin: &Origin) -> bool {
        self.scene.sources.origin(span) == *origin
    }
}
