//! Which edits a changed decision needs: it is decided anew with some of them taken back, and the fewest are told that do it.

use std::cmp::Reverse;

use super::cause::{Blame, Blamed, Case, row_of};
use super::engine::Engine;
use super::places::NOWHERE;
use crate::table::compare::Sort as RowKind;
use crate::table::view::Damage;

/// So many edits that speak of one decision are taken back; behind it the row that decides is told.
const TRIED: usize = 256;

/// Up to so many are taken back one by one; of more, as many at once as do it without.
const FEW: usize = 16;

/// Of up to so many that are left, two are taken back at once.
const PAIRS: usize = 6;

impl Engine<'_> {
    /// What a changed decision needs, by taking edits back; none where that cannot be told.
    pub fn by_edits(&self, case: &Case<'_>, before: Option<&Blame>) -> Result<Option<Blamed>, Damage> {
        let Some((pool, level)) = self.pool(case)? else { return Ok(None) };
        let count = pool.edits.len();
        if count == 0 || count > TRIED {
            return Ok(None);
        }
        let with = |new: &dyn Fn(usize) -> bool| pool.decides(self, case, level, new) == case.gain;
        if !with(&|_| true) || with(&|_| false) {
            return Ok(None);
        }
        if count == 1 {
            return Ok(Some(self.blamed(self.said(pool.edits.iter().cloned().collect()), case)?));
        }
        // What did it until now stays first, then what the new version needs whatever else is there, then prohibitions, then other
        // statements, that which decides now before others and closer ones before those further out, and memberships last.
        let needed: Vec<bool> = (0..count).map(|e| count <= FEW && !with(&|at| at != e)).collect();
        let decides = self.decides_now(case)?;
        let rank = |at: usize| {
            let Some(blame) = pool.edits.get_index(at) else { return (false, false, 0, false, Reverse(0)) };
            let stays = before.is_some_and(|before| before.parts().contains(blame));
            let sort = match blame {
                Blame::Members { .. } | Blame::Nest(_) => 0,
                Blame::Row(fact) if self.places.facts[*fact as usize].sort == RowKind::Cannot => 2,
                _ => 1,
            };
            (stays, needed[at], sort, decides.as_ref() == Some(blame), Reverse(pool.away(at)))
        };
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|at| (rank(*at), Reverse(*at)));
        let kept = fewest(&order, &|kept| with(&|at| kept[at]));
        let kept = pool.edits.iter().zip(&kept).filter(|(_, kept)| **kept);
        let mut named: Vec<Blame> = kept.map(|(blame, _)| blame.clone()).collect();
        // The same edits are one cause, in whatever order they were met.
        named.sort_by_key(|blame| match blame {
            // Prohibitions first.
            Blame::Row(fact) if self.places.facts[*fact as usize].sort == RowKind::Cannot => (-1, *fact, String::new()),
            Blame::Row(fact) => (0, *fact, String::new()),
            Blame::Owner(kind) => (1, *kind, String::new()),
            Blame::Role(name) => (2, 0, name.clone()),
            Blame::Door(place) => (3, *place, String::new()),
            Blame::Place(place) => (4, *place, String::new()),
            Blame::Nest(join) => (5, *join, String::new()),
            _ => (6, 0, String::new()),
        });
        Ok(Some(self.blamed(self.said(named), case)?))
    }

    /// The edit of the row that makes the decision of the new side.
    fn decides_now(&self, case: &Case<'_>) -> Result<Option<Blame>, Damage> {
        let Some((row, sort)) = self.verdict(case, 1)?.and_then(|verdict| row_of(verdict.cause)) else { return Ok(None) };
        let fact = self.edit_of(case.worlds[1].says, sort, row);
        fact.map(|fact| self.row(fact)).transpose()
    }

    /// Edits without those that another one says as well: what is said of a place that one side alone has comes and goes with it.
    fn said(&self, mut named: Vec<Blame>) -> Vec<Blame> {
        let rows: Vec<u32> = named.iter().filter_map(|b| if let Blame::Row(fact) = b { Some(*fact) } else { None }).collect();
        let within = |place: &u32| rows.iter().any(|fact| self.places.facts[*fact as usize].place == *place);
        let alone = |place: &u32| self.places.all[*place as usize].at.contains(&NOWHERE);
        named.retain(|blame| !matches!(blame, Blame::Place(place) if alone(place) && within(place)));
        named
    }

    /// Some edits as one cause.
    fn blamed(&self, named: Vec<Blame>, case: &Case<'_>) -> Result<Blamed, Damage> {
        let gone = |blame: &Blame| match blame {
            Blame::Row(fact) => {
                let row = &self.places.facts[*fact as usize];
                row.side == 0 && row.pair.is_none() && row.sort != RowKind::Member
            }
            _ => false,
        };
        let lifts = |blame: &Blame| match blame {
            Blame::Row(fact) => {
                let row = &self.places.facts[*fact as usize];
                gone(blame) || self.places.withheld(*fact) || row.sort == RowKind::Cannot && row.side == 0
            }
            Blame::Members { joined, .. } => !joined,
            _ => false,
        };
        // What lies elsewhere may have left a prohibition or a closed organization behind.
        let moves = case.gain && named.iter().any(|blame| matches!(blame, Blame::Place(_)));
        let lifts = case.gain && named.iter().any(lifts);
        let blame = Blame::together(named);
        let leaves = moves && self.leaves_behind(&blame, case)?;
        Ok(Blamed { blame, lifts: leaves || lifts })
    }
}

/// Of some edits so few that none of them can go, nor two at once, by leaving out what comes first in an order: of many, in
/// halves.
fn fewest(order: &[usize], does: &dyn Fn(&[bool]) -> bool) -> Vec<bool> {
    let mut kept = vec![true; order.len()];
    let goes = |kept: &mut Vec<bool>, part: &[usize]| {
        part.iter().for_each(|at| kept[*at] = false);
        let goes = does(kept);
        part.iter().filter(|_| !goes).for_each(|at| kept[*at] = true);
        goes
    };
    let mut halves = if order.len() > FEW { vec![order] } else { Vec::new() };
    while let Some(part) = halves.pop() {
        if !goes(&mut kept, part) && part.len() > 1 {
            let (first, rest) = part.split_at(part.len() / 2);
            halves.extend([rest, first]);
        }
    }
    loop {
        // What could not go beside something else may go without it.
        let mut any = false;
        for at in order {
            any |= kept[*at] && goes(&mut kept, &[*at]);
        }
        let left: Vec<usize> = order.iter().copied().filter(|at| kept[*at]).collect();
        if !any && (3..=PAIRS).contains(&left.len()) {
            let mut pairs = left.iter().enumerate().flat_map(|(i, a)| left[i + 1..].iter().map(move |b| [*a, *b]));
            any = pairs.any(|pair| goes(&mut kept, &pair));
        }
        if !any {
            return kept;
        }
    }
}
