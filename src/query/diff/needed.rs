//! Which statements are needed for a difference: each is taken back alone, and those are told without which it is not so.

use indexmap::IndexMap;

use super::cause::{Blame, Blamed, Case};
use super::engine::Engine;
use super::places::NOWHERE;
use super::union::Fast;
use crate::query::explain::Weighed;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::Resource;
use crate::table::view::Damage;
use crate::table::{RowSort, Step};

/// So many statements that differ are taken back; with more of them that speak of one decision the first one is told.
const TRIED: usize = 32;

/// A statement that differs: what it says on each side of who asks.
type Edits = IndexMap<Blame, [Vec<Step>; 2], Fast>;

impl Engine<'_> {
    /// A cause, with every other statement that is needed beside it.
    pub fn with_needed(&self, case: &Case<'_>, first: Blamed) -> Result<Blamed, Damage> {
        let needed = self.needed(case)?;
        let mut named = first.blame.parts().to_vec();
        named.extend(first.more.map(|fact| self.row(fact)).transpose()?);
        if needed.iter().all(|blame| named.contains(blame)) {
            return Ok(first);
        }
        let whole = needed.contains(&first.blame);
        let takes = |blame: &Blame| match blame {
            Blame::Row(fact) => {
                let row = &self.places.facts[*fact as usize];
                self.places.withheld(*fact) || row.sort == RowKind::Cannot && row.side == 0
            }
            _ => false,
        };
        let lifts = first.lifts && whole || case.gain && needed.iter().any(takes);
        let more = first.more.filter(|_| whole);
        Ok(Blamed { blame: Blame::together(needed), lifts, more })
    }

    /// The statements without each of which the second world would decide as the first one; none where that is not known.
    fn needed(&self, case: &Case<'_>) -> Result<Vec<Blame>, Damage> {
        let seen = case.seen;
        let declared = |on: &Option<Resource<'_>>| matches!(on, Some(Resource::Declared(_)));
        if !self.union.kinds[seen.kind as usize].same || seen.place == NOWHERE || !seen.on.iter().all(declared) {
            return Ok(Vec::new());
        }
        let mut edits = Edits::default();
        let mut rest: Vec<Step> = Vec::new();
        for (side, world) in case.worlds.iter().enumerate() {
            let Some((permission, on)) = self.permission(case, world.says).zip(seen.on[world.says]) else {
                return Ok(Vec::new());
            };
            for step in self.union.tables[world.says].heard(case.sign_ins.of(*world), permission, on, case.at)? {
                let sort = match step.sort {
                    RowSort::Can => RowKind::Can,
                    RowSort::Cannot => RowKind::Cannot,
                    RowSort::Role => RowKind::Role,
                };
                match self.differs(case, side, sort, step.row)? {
                    Some(fact) => edits.entry(self.row(fact)?).or_default()[side].push(step),
                    None if side == 1 => rest.push(step),
                    None => {}
                }
            }
        }
        if edits.len() < 2 || edits.len() > TRIED || !self.settle(seen.place, &mut rest, &mut edits)? {
            return Ok(Vec::new());
        }
        let Some(permission) = self.permission(case, case.worlds[1].says) else { return Ok(Vec::new()) };
        let allows = |old: &dyn Fn(usize) -> bool| {
            let mut all = rest.clone();
            edits.values().enumerate().for_each(|(i, steps)| all.extend_from_slice(&steps[usize::from(!old(i))]));
            Weighed::new(&all, permission.feature, permission.value).allows(&|_, _| true)
        };
        // Something else than statements, such as a closed organization, takes part.
        if allows(&|_| false) != case.gain || allows(&|_| true) == case.gain {
            return Ok(Vec::new());
        }
        let needed = edits.keys().enumerate().filter(|(i, _)| allows(&|at| at == *i) != case.gain);
        Ok(needed.map(|(_, blame)| blame.clone()).collect())
    }

    /// Says of each step how far out its place lies on both sides; tells whether the resource lies in the same containers.
    fn settle(&self, place: u32, rest: &mut [Step], edits: &mut Edits) -> Result<bool, Damage> {
        let mut chain = vec![place];
        let mut last = place;
        loop {
            let parents = [self.parent(last, 0)?, self.parent(last, 1)?];
            if parents[0] != parents[1] || chain.len() > self.places.all.len() {
                return Ok(false);
            }
            last = parents[0];
            if last == NOWHERE {
                break;
            }
            chain.push(last);
            if self.places.all[last as usize].at.contains(&NOWHERE) {
                return Ok(false);
            }
        }
        let new = rest.iter_mut().map(|step| (1, step));
        let differ = edits
            .values_mut()
            .flat_map(|steps| (0..).zip(steps))
            .flat_map(|(side, all)| all.iter_mut().map(move |step| (side, step)));
        for (side, step) in new.chain(differ) {
            let at = self.places.of(side, step.row.place);
            let Some(distance) = chain.iter().position(|one| *one == at && at != NOWHERE) else {
                if step.sort == RowSort::Role && at == NOWHERE {
                    step.distance = chain.len();
                    continue;
                }
                return Ok(false);
            };
            step.distance = distance;
        }
        Ok(true)
    }
}
