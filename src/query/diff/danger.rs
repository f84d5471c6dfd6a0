//! How much a change should worry a reader, and the causes in that order.

use std::collections::HashMap;

use super::everyone::Closed;
use super::{Cause, Change, Diff};

/// How much something should worry: the least is the worst. Gains stand first, then those that need more groups at sign-in and
/// that no prohibition kept away, then losses, and then what moves and gives nobody anything. What everyone gains is worse than what some do; then the higher
/// level is worse, then the base than a part and a part than a permission without levels, then who gains it, and last
/// whether it comes only later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Danger {
    turn: Turn,
    some: bool,
    /// Levels between what is gained, or else lost, and the highest one of the kind.
    away: usize,
    part: Part,
    whom: Whom,
    later: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Turn {
    Gained,
    /// By naming more groups at sign-in.
    Named,
    Lost,
    Moved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Base,
    Feature,
    Flat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Whom {
    /// Strangers who name a group, whoever that may be.
    Strangers,
    /// From whom a prohibition kept it.
    Forbidden,
    /// Who had something there.
    Known,
    /// Who had nothing there.
    New,
}

/// The levels of each kind on the old side and on the new one, the lowest first.
pub type Levels = HashMap<String, [Vec<String>; 2]>;

/// Where not all have room: what is open, what gives a highest level and what gives a permission without levels take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// It now gives something to everyone or to strangers.
    Open,
    /// It now gives anyone the highest level of a kind.
    Top,
    /// It now gives anyone a permission without levels.
    Flat,
    /// The rest.
    Rest,
}

impl Danger {
    /// What gives nobody anything and takes nothing from anybody.
    pub(super) const NONE: Danger =
        Danger { turn: Turn::Moved, some: true, away: usize::MAX, part: Part::Flat, whom: Whom::New, later: true };

    /// That of a change by a cause that takes a prohibition away, or takes none; `closed` is one of all who can sign in to a closed
    /// organization.
    fn of(change: &Change, lifts: bool, closed: bool, levels: &Levels) -> Danger {
        let gains = !change.gained.is_empty();
        let list = if gains { &change.gained } else { &change.lost };
        let levels = ladder(change, levels);
        let one = |permission: &String| match permission.rsplit_once(':') {
            None => (levels.len().saturating_sub(1), Part::Flat),
            Some((feature, level)) => {
                let away = levels.iter().rev().position(|l| l == level).unwrap_or(levels.len());
                (away, if feature == "*" { Part::Base } else { Part::Feature })
            }
        };
        let (away, part) = list.iter().map(one).min().unwrap_or((usize::MAX, Part::Flat));
        let whom = match change {
            c if !c.who.groups.is_empty() || !c.who.everyone && c.who.users.is_empty() => Whom::Strangers,
            _ if lifts => Whom::Forbidden,
            c if c.before != "nothing" => Whom::Known,
            _ => Whom::New,
        };
        let turn = match (gains, change.with.is_empty() || lifts) {
            (true, true) => Turn::Gained,
            (true, false) => Turn::Named,
            _ => Turn::Lost,
        };
        Danger { turn, some: !(change.who.everyone || closed), away, part, whom, later: change.since.is_some() }
    }

    /// Where a change of this danger has room.
    fn room(&self, change: &Change, levels: &Levels) -> Room {
        let highest =
            |p: &String| p.rsplit_once(':').is_some_and(|(_, level)| ladder(change, levels).last().is_some_and(|l| l == level));
        match self {
            d if d.turn != Turn::Gained || d.later => Room::Rest,
            d if !d.some || d.whom == Whom::Strangers => Room::Open,
            _ if change.gained.iter().any(highest) => Room::Top,
            _ if change.gained.iter().any(|p| !p.contains(':')) => Room::Flat,
            _ => Room::Rest,
        }
    }

    /// Whether it gives anyone anything.
    pub fn gives(&self) -> bool {
        self.turn <= Turn::Named
    }
}

/// The levels in which something is looked up: what is gained in those of the new side, and what is lost in those of the old one.
fn ladder<'l>(change: &Change, levels: &'l Levels) -> &'l [String] {
    let side = usize::from(!change.gained.is_empty());
    levels.get(&change.kind).map_or(&[][..], |sides| &sides[side])
}

impl Cause {
    /// Counts a change by it.
    fn worse(&mut self, change: &Change, danger: Danger, levels: &Levels) {
        self.danger = self.danger.min(danger);
        self.room = self.room.min(danger.room(change, levels));
    }
}

impl Diff {
    /// Puts the causes in the order of their danger, and the changes in the order of the causes.
    pub(super) fn order(&mut self, levels: &Levels, closed: &Closed) {
        for (change, closed) in self.changes.iter().zip(&closed[0]) {
            let cause = &mut self.causes[change.cause];
            cause.worse(change, Danger::of(change, cause.lifts, *closed, levels), levels);
        }
        for (change, closed) in self.gained_by_move.iter().zip(&closed[1]) {
            let cause = &mut self.moves[change.cause].cause;
            cause.worse(change, Danger::of(change, false, *closed, levels), levels);
        }
        let place = |c: &Cause| {
            let source = c.statements.iter().find_map(|s| s.source.as_ref().map(|o| (o.file.clone(), o.line, o.column)));
            (source, c.text.clone())
        };
        let mut order: Vec<usize> = (0..self.causes.len()).collect();
        order.sort_by_cached_key(|i| (self.causes[*i].danger, place(&self.causes[*i])));
        let mut new = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, i)| new[*i] = at);
        let mut causes: Vec<Option<Cause>> = std::mem::take(&mut self.causes).into_iter().map(Some).collect();
        self.causes = order.iter().filter_map(|i| causes[*i].take()).collect();
        self.changes.iter_mut().for_each(|c| c.cause = new[c.cause]);
        for (changes, closed) in [&mut self.changes, &mut self.gained_by_move, &mut self.lost_by_move].into_iter().zip(closed) {
            let all = std::mem::take(changes).into_iter().zip(closed);
            let mut all: Vec<(Danger, Change)> = all.map(|(c, closed)| (Danger::of(&c, false, *closed, levels), c)).collect();
            all.sort_by(|(worse, a), (other, b)| {
                let first = (a.cause, worse, a.since, a.until, &a.kind).cmp(&(b.cause, other, b.since, b.until, &b.kind));
                first.then_with(|| b.resources.len().cmp(&a.resources.len())).then_with(|| {
                    (&a.resources, &a.after, &a.before, &a.who, &a.with).cmp(&(
                        &b.resources,
                        &b.after,
                        &b.before,
                        &b.who,
                        &b.with,
                    ))
                })
            });
            *changes = all.into_iter().map(|(_, change)| change).collect();
        }
    }
}
