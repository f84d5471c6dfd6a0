//! What all who can sign in to a closed organization gain or lose: to a reader that is everyone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::cause::Blame;
use super::engine::Engine;
use super::places::NOWHERE;
use super::union::{Fast, Party};
use super::{Change, Diff};
use crate::table::compare::{Line, Sort};
use crate::table::view::Damage;

/// For each change, each by a move that gains and each that loses: whether it is of all who can sign in to a closed organization.
pub type Closed = [Vec<bool>; 3];

impl Engine<'_> {
    /// Which changes are of all who can sign in to a closed organization. The causes are still in the order of what is to blame.
    pub fn closed(&self, diff: &Diff) -> Result<Closed, Damage> {
        let mut members: HashMap<(usize, u32), Vec<Party>, Fast> = HashMap::default();
        let mut all: Closed = Default::default();
        for (list, changes) in all.iter_mut().zip([&diff.changes, &diff.gained_by_move, &diff.lost_by_move]) {
            let by_move = !std::ptr::eq(changes, &diff.changes);
            for change in changes {
                list.push(self.is_of_all(change, by_move, &mut members)?);
            }
        }
        Ok(all)
    }

    /// Whether a change is of all who can sign in to the closed organization of one of its resources: of each group that is a member,
    /// or of each user where no group is; of one of them where the cause speaks of everyone.
    fn is_of_all(
        &self,
        change: &Change,
        by_move: bool,
        members: &mut HashMap<(usize, u32), Vec<Party>, Fast>,
    ) -> Result<bool, Damage> {
        let who = &change.who;
        if who.everyone || !change.with.is_empty() || who.users.is_empty() && who.groups.is_empty() {
            return Ok(false);
        }
        let side = usize::from(!change.gained.is_empty());
        let blame = self.blames.get_index(change.cause).filter(|_| !by_move);
        let speaks = blame.is_some_and(|blame| blame.parts().iter().any(|part| self.speaks_of_everyone(part, side)));
        let user = |user: u32| who.users.binary_search_by(|name| (**name).cmp(self.union.users.names[user as usize])).is_ok();
        let is = |party: &Party| match party {
            Party::Everyone => false,
            Party::User(one) => user(*one),
            Party::Group(group) if self.named => {
                let own = self.union.groups.names[*group as usize];
                who.groups.binary_search_by(|name| (**name).cmp(own)).is_ok()
            }
            // Strangers were not compared.
            Party::Group(group) => {
                let inside = &self.union.members[side][*group as usize];
                !inside.is_empty() && inside.iter().all(|m| user(m.0))
            }
        };
        for resource in &change.resources {
            let Some(organization) = self.organization_of(&change.kind, resource, side)? else { continue };
            let known = match members.entry((side, organization)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let mut all = Vec::new();
                    let member = |line: Line| {
                        all.extend((line.sort == Sort::Member).then(|| self.union.party(side, line.who)));
                    };
                    self.union.tables[side].lines(Some(organization), member)?;
                    // Users are few beside the groups that are members, and say nothing of who else can sign in.
                    if all.iter().any(|party| matches!(party, Party::Group(_))) {
                        all.retain(|party| matches!(party, Party::Group(_)));
                    }
                    new.insert(all)
                }
            };
            if !known.is_empty() && (known.iter().all(is) || speaks && known.iter().any(is)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a statement of a side speaks of everyone.
    fn speaks_of_everyone(&self, blame: &Blame, side: usize) -> bool {
        let Blame::Row(fact) = blame else { return false };
        let fact = &self.places.facts[*fact as usize];
        fact.who == Party::Everyone && matches!(fact.sort, Sort::Can | Sort::Role) && (fact.side == side || fact.pair.is_some())
    }

    /// The record of the organization in which a resource lies on a side, as the changes show it.
    fn organization_of(&self, kind: &str, shown: &str, side: usize) -> Result<Option<u32>, Damage> {
        let (id, pattern) = shown.strip_suffix('*').map_or((shown, false), |id| (id, true));
        let kind = self.union.kinds.iter().position(|k| k.name == kind).unwrap_or_default() as u32;
        let all = &self.places.all;
        let at = all.partition_point(|p| (p.kind, p.id, p.pattern) < (kind, id, pattern));
        let pair = all.get(at).filter(|p| (p.kind, p.id, p.pattern) == (kind, id, pattern));
        let Some(around) = pair.map(|p| p.around[side]).filter(|around| *around != NOWHERE) else { return Ok(None) };
        Ok(self.union.tables[side].beyond(around)?.organization)
    }
}
