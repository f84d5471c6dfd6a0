//! What differs on the way of a resource where no single row answers: the door of its organization, and where it lies.

use super::cause::{Blame, Case};
use super::engine::Engine;
use super::places::{Fact, NOWHERE, Pair};
use super::union::Party;
use crate::table::compare::Sort as RowKind;
use crate::table::decide::Resource;
use crate::table::view::Damage;

impl Engine<'_> {
    /// Why one side's organization lets someone in and the other's does not.
    pub fn door(&self, case: &Case<'_>, organization: u32) -> Result<Option<Blame>, Damage> {
        let Case { seen, who, at, .. } = *case;
        let [denies, allows] = if case.gain { [0, 1] } else { [1, 0] }.map(|world: usize| case.worlds[world].says);
        let other = seen.on[allows].map(|on| self.union.tables[allows].organization(on)).transpose()?.and_then(|(id, _)| id);
        let place = self.places.of(denies, organization);
        if let Some(id) = other.filter(|id| self.places.all.get(place as usize).is_some_and(|p| p.id != id)) {
            // It lies in another organization, which may have another member; else that it lies there is the reason.
            let kind = self.places.all[place as usize].kind;
            let is = |p: &&Pair<'_>| p.kind == kind && p.id == id && !p.pattern;
            let facts = self.places.all.iter().find(is).map_or(0..0, |p| p.facts.0..p.facts.1);
            let mine = |i: &u32| {
                let fact = &self.places.facts[*i as usize];
                fact.sort == RowKind::Member && fact.side == allows && self.speaks(fact, who, at)
            };
            return facts.into_iter().find(mine).map(|i| self.row(i)).transpose();
        }
        if self.opens(place)? {
            return Ok(Some(Blame::Door(place)));
        }
        let own = who.user.and_then(|user| self.places.member(place, Party::User(user)));
        if let Some(fact) = own {
            return self.row(fact).map(Some);
        }
        let mut first = None;
        for i in self.places.facts_of(place) {
            let fact = &self.places.facts[i as usize];
            if fact.sort == RowKind::Member && !matches!(fact.who, Party::User(_)) && self.speaks(fact, who, at) {
                return self.row(i).map(Some);
            }
            first = first.or((fact.sort == RowKind::Member).then_some(i));
        }
        // Who is no member on either side is let in where no member is named.
        first.map(|fact| self.row(fact)).transpose()
    }

    /// Whether an organization of both sides names members on one of them alone; this is looked for once.
    pub fn opens(&self, place: u32) -> Result<bool, Damage> {
        if let Some(opens) = self.opens.borrow().get(&place) {
            return Ok(*opens);
        }
        let opens = self.opened(place)?;
        self.opens.borrow_mut().insert(place, opens);
        Ok(opens)
    }

    fn opened(&self, place: u32) -> Result<bool, Damage> {
        let at = [0, 1].map(|side: usize| self.record(place, side));
        let mut closed = [false; 2];
        if at.contains(&NOWHERE) {
            return Ok(false);
        }
        for side in [0, 1] {
            self.union.tables[side].lines(Some(at[side]), |line| closed[side] |= line.sort == RowKind::Member)?;
        }
        Ok(closed[0] != closed[1])
    }

    /// What differs on the way of a resource, where no single row answers.
    pub fn otherwise(&self, case: &Case<'_>) -> Result<Blame, Damage> {
        let Case { seen, who, at, .. } = *case;
        if !self.union.kinds[seen.kind as usize].same {
            return Ok(Blame::Vocabulary(seen.kind));
        }
        let mut on_way = Vec::new();
        for side in [0, 1] {
            let Some(on) = seen.on[side] else { continue };
            let (own, outer) = self.way(side, on)?;
            if let Some(blame) = own.iter().find_map(|place| self.elsewhere(*place).transpose()) {
                return blame;
            }
            on_way.extend(own.into_iter().chain(outer));
        }
        on_way.push(NOWHERE);
        on_way.sort_unstable();
        on_way.dedup();
        let facts = on_way.iter().flat_map(|place| self.places.facts_of(*place));
        let mine = |f: &Fact| f.sort != RowKind::Member && self.speaks(f, who, at);
        let facts: Vec<u32> = facts.filter(|i| mine(&self.places.facts[*i as usize])).collect();
        match facts.as_slice() {
            [one] => self.row(*one),
            [old, new] if self.places.facts[*old as usize].pair == Some(*new) => self.row(*old),
            _ => Ok(Blame::Several(facts.into())),
        }
    }

    /// The places of a resource on a side, and those further out.
    pub fn way(&self, side: usize, on: Resource<'_>) -> Result<(Vec<u32>, Vec<u32>), Damage> {
        let (places, around) = self.union.tables[side].ground(on)?;
        let mut outer = Vec::new();
        for at in around {
            outer.extend(self.union.tables[side].beyond(at)?.outer.into_iter().map(|at| self.places.of(side, at)));
        }
        Ok((places.into_iter().map(|at| self.places.of(side, at)).collect(), outer))
    }

    /// Whether an entry of the world that denies stands before one that gave it in the other: in a closer place, or in the same
    /// one for a user before a group, and for a group before everyone. It takes away what that one gives, be it there or not.
    pub fn stands_before(&self, case: &Case<'_>, denies: usize, [closer, other]: [u32; 2]) -> Result<bool, Damage> {
        let [closer, other] = [closer, other].map(|fact| &self.places.facts[fact as usize]);
        let Some(on) = case.seen.on[case.worlds[denies].says] else { return Ok(false) };
        if closer.sort != RowKind::Can || other.sort != RowKind::Can {
            return Ok(false);
        }
        let (own, outer) = self.way(case.worlds[denies].says, on)?;
        let way: Vec<u32> = own.into_iter().chain(outer).collect();
        let rank = |fact: &Fact| {
            let who = match fact.who {
                Party::User(_) => 0,
                Party::Group(_) => 1,
                Party::Everyone => 2,
            };
            Some((way.iter().position(|place| *place == fact.place)?, who))
        };
        Ok(rank(closer).zip(rank(other)).is_some_and(|(closer, other)| closer < other))
    }

    /// Whether a row does for one of the worlds what the row in its stead would do as well: give what is asked for where that
    /// world allows it, and else take it away.
    pub fn alike(&self, case: &Case<'_>, world: usize, fact: u32) -> Result<bool, Damage> {
        let what = usize::from((world == 1) != case.gain);
        let does = |fact: u32| -> Result<bool, Damage> {
            let Fact { side, row, sort, .. } = self.places.facts[fact as usize];
            let kind = self.union.kinds[case.seen.kind as usize].ids[side];
            let permission = kind.and_then(|kind| self.union.tables[side].permission(kind, case.permission));
            let Some(permission) = permission else { return Ok(false) };
            Ok(self.union.tables[side].row_does(row, sort, permission, case.at)?[what])
        };
        let Some(pair) = self.places.facts[fact as usize].pair else { return Ok(false) };
        Ok(does(fact)? && does(pair)?)
    }

    /// That a resource lies elsewhere, where this is the cause, or is it together with a row that differs in a container:
    /// one that is on the way of the resource in one of the worlds alone, and does the same on both sides.
    pub fn by_place(&self, case: &Case<'_>, world: usize, fact: u32) -> Result<Option<Blame>, Damage> {
        let Case { seen, .. } = *case;
        let other = case.worlds[1 - world].says;
        let row = &self.places.facts[fact as usize];
        let both = |p: &Pair<'_>| !p.at.contains(&NOWHERE);
        if seen.place == NOWHERE || row.place == seen.place || !self.places.all.get(row.place as usize).is_some_and(both) {
            return Ok(None);
        }
        if let Some(on) = seen.on[other]
            && self.way(other, on)?.1.contains(&row.place)
        {
            return Ok(None);
        }
        let Some(place) = self.elsewhere(seen.place)? else { return Ok(None) };
        let alike = self.alike(case, world, fact)?;
        Ok(match (alike, world) {
            (true, _) => Some(place),
            // It came to a row that the old side has not like this, and neither does it alone.
            (false, 1) => Some(Blame::together(vec![self.row(fact)?, place])),
            (false, _) => None,
        })
    }

    /// What lies elsewhere, or is on one side alone: the place or the first container of it.
    pub fn elsewhere(&self, place: u32) -> Result<Option<Blame>, Damage> {
        let mut place = place;
        for _ in 0..=self.places.all.len() {
            if place == NOWHERE {
                return Ok(None);
            }
            if self.places.all[place as usize].at.contains(&NOWHERE) {
                return Ok(Some(Blame::Place(place)));
            }
            let parents = [self.parent(place, 0)?, self.parent(place, 1)?];
            if parents[0] != parents[1] {
                // Where a container has another name, it is that container, and not all that lies in it.
                let gone = |p: u32| p != NOWHERE && self.places.all[p as usize].at[1] == NOWHERE;
                return Ok(Some(Blame::Place(if gone(parents[0]) { parents[0] } else { place })));
            }
            place = parents[0];
        }
        Ok(None)
    }
}
