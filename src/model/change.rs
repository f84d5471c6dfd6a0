//! The policy with a statement otherwise: what coverage and mutations look at.

use super::access::{List, ListId};
use super::{PlaceId, Sound};
use crate::source::Span;

/// A statement that can be taken out, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An access entry or a prohibition.
    Entry(usize),
    /// A member of a group.
    Member(usize),
    /// A member of an organization.
    Insider(usize),
    /// An assignment or an owner.
    Assignment(usize),
}

/// One thing that is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A statement is gone.
    Without(Fact),
    /// An entry says another list.
    Says(usize, ListId),
    /// An assignment gives another role.
    Gives(usize, u32),
    /// An assignment holds in another scope; `None` is everywhere.
    Reaches(usize, Option<PlaceId>),
    /// A role has another list in the stead of the one of this number.
    Means(u32, usize, ListId),
}

impl Sound {
    /// Every statement that a policy may lack and still be sound.
    pub fn facts(&self) -> Vec<Fact> {
        let m = &self.0;
        let entries = (0..m.entries.len()).map(Fact::Entry);
        let members = (0..m.members.len()).map(Fact::Member);
        let insiders = (0..m.org_members.len()).map(Fact::Insider);
        entries.chain(members).chain(insiders).chain((0..m.assignments.len()).map(Fact::Assignment)).collect()
    }

    /// Where a statement stands.
    pub fn span(&self, fact: Fact) -> Span {
        match fact {
            Fact::Entry(i) => self.0.entries[i].span,
            Fact::Member(i) => self.0.members[i].span,
            Fact::Insider(i) => self.0.org_members[i].span,
            Fact::Assignment(i) => self.0.assignments[i].span,
        }
    }

    /// Adds a list that no statement says yet.
    pub fn add_list(&mut self, list: List) -> ListId {
        self.0.lists.push(list);
        self.0.lists.len() as ListId - 1
    }

    /// Looks at the model as it is with all of these changes. The names in it stay.
    pub fn with<R>(&mut self, changes: &[Change], look: impl FnOnce(&Sound) -> R) -> R {
        let gone = |pick: fn(Fact) -> Option<usize>| -> Vec<usize> {
            changes.iter().filter_map(|c| if let Change::Without(fact) = c { pick(*fact) } else { None }).collect()
        };
        let m = &mut self.0;
        let mut entries = None;
        if changes.iter().any(|c| matches!(c, Change::Says(..) | Change::Without(Fact::Entry(_)))) {
            let before = m.entries.clone();
            for change in changes {
                if let Change::Says(i, list) = *change {
                    m.entries[i].list = list;
                }
            }
            m.entries = left(&m.entries, gone(|f| if let Fact::Entry(i) = f { Some(i) } else { None }));
            entries = Some(before);
        }
        let mut assignments = None;
        let assigns = |c: &Change| matches!(c, Change::Gives(..) | Change::Reaches(..) | Change::Without(Fact::Assignment(_)));
        if changes.iter().any(assigns) {
            let before = m.assignments.clone();
            for change in changes {
                match *change {
                    Change::Gives(i, role) => m.assignments[i].role = role,
                    Change::Reaches(i, scope) => m.assignments[i].scope = scope,
                    _ => {}
                }
            }
            m.assignments = left(&m.assignments, gone(|f| if let Fact::Assignment(i) = f { Some(i) } else { None }));
            assignments = Some(before);
        }
        let fewer = |all: &mut Vec<super::Membership>, gone: Vec<usize>| {
            let rest = (!gone.is_empty()).then(|| left(all, gone));
            rest.map(|rest| std::mem::replace(all, rest))
        };
        let members = fewer(&mut m.members, gone(|f| if let Fact::Member(i) = f { Some(i) } else { None }));
        let insiders = fewer(&mut m.org_members, gone(|f| if let Fact::Insider(i) = f { Some(i) } else { None }));
        let mut roles = Vec::new();
        for change in changes {
            if let Change::Means(role, i, list) = *change {
                roles.push((role, i, std::mem::replace(&mut m.role_list[role as usize].lists[i], list)));
            }
        }
        let seen = look(self);
        let m = &mut self.0;
        entries.into_iter().for_each(|all| m.entries = all);
        assignments.into_iter().for_each(|all| m.assignments = all);
        members.into_iter().for_each(|all| m.members = all);
        insiders.into_iter().for_each(|all| m.org_members = all);
        roles.into_iter().for_each(|(role, i, list)| m.role_list[role as usize].lists[i] = list);
        seen
    }
}

/// What is left without some.
fn left<T: Copy>(all: &[T], mut gone: Vec<usize>) -> Vec<T> {
    gone.sort_unstable();
    all.iter().enumerate().filter(|(i, _)| gone.binary_search(i).is_err()).map(|(_, one)| *one).collect()
}
