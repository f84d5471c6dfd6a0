//! Resources that say the same but for the users whom they name, and what is found out for all of them at once.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::asking::{Caller, Like, Part, Span, at};
use super::classes::{Membership, Relevant, Row};
use super::engine::{Engine, Seen};
use super::lenses::Lens;
use super::places::NOWHERE;
use super::sets::{Choice, Element, Mark};
use super::union::{Fast, Party};
use crate::table::view::Damage;

/// Sets that are looked at for those whom one resource does not tell apart, and for all.
const SETS: usize = 200_000;
pub const ALL_SETS: usize = 1_000_000;

/// The resource itself, in the place of its record.
pub const ITSELF: u32 = NOWHERE - 1;

/// By what a resource is decided: its kind, the places that speak and what lies around them on each side, its rows but
/// those of users, and what of it differs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    kind: u32,
    ground: [[Vec<u32>; 2]; 2],
    rows: Vec<Row>,
    changed: (bool, Vec<u32>),
    times: Vec<u32>,
}

/// What is known of the resources of one shape.
#[derive(Default)]
pub struct Known {
    /// What differs for strangers, by the elements that they name.
    pub strangers: Spans,
    /// For those of each class.
    pub classes: HashMap<usize, Rc<[Span]>, Fast>,
    /// What sets of groups show, for strangers and by what others are known.
    pub told: HashMap<Option<Like>, Rc<Told>, Fast>,
    lenses: Option<Rc<Vec<Lens>>>,
}

/// What differs for someone, by the elements that they name beside.
pub type Spans = HashMap<Vec<u32>, Rc<[Span]>, Fast>;

/// What is told of someone.
pub struct Told {
    /// What differs without any group that is named.
    pub alone: Rc<[Span]>,
    /// The sets of elements that show more, the smallest first.
    pub sets: Vec<TheirSet>,
    /// Whether there was leave for every set.
    pub whole: bool,
}

/// A set of elements, what it shows, and all that differs with it.
pub struct TheirSet {
    pub elements: Vec<u32>,
    pub parts: Vec<Part>,
    pub spans: Rc<[Span]>,
}

/// A resource and the groups that can be named there.
pub struct Scene<'a> {
    pub seen: &'a Seen<'a>,
    pub relevant: &'a Relevant,
    pub elements: &'a [Element],
}

/// Those whom a resource does not tell apart.
pub struct Crowd {
    /// One user of them at least; a stranger is none.
    pub users: Vec<u32>,
    pub memberships: Vec<Membership>,
    pub marks: Vec<Mark>,
    /// Whether they may be decided otherwise on the two sides.
    pub affected: bool,
    /// Whether they have the same causes, too: their memberships stay, and no row names them.
    pub alike: bool,
}

/// Who asks, and what is known of them and of strangers.
struct Asking<'a> {
    scene: &'a Scene<'a>,
    stranger: &'a Crowd,
    /// None asks for strangers themselves.
    crowd: Option<&'a Crowd>,
    strangers: Spans,
    own: Spans,
    /// How many sets may still be looked at.
    leave: &'a Cell<usize>,
}

impl Engine<'_> {
    /// The shape of a resource.
    pub fn shape(&self, seen: &Seen<'_>, relevant: &Relevant) -> Result<Shape, Damage> {
        let mut ground: [[Vec<u32>; 2]; 2] = Default::default();
        let own = self.own(seen);
        for side in [0, 1] {
            let Some(on) = seen.on[side] else { continue };
            let (mut places, around) = self.union.tables[side].ground(on)?;
            places.iter_mut().filter(|at| **at == own[side]).for_each(|at| *at = ITSELF);
            ground[side] = [places, around];
        }
        let rows = relevant.rows.iter().filter(|r| !matches!(r.who, Party::User(_))).map(|r| itself(r, own));
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_unstable();
        let changed = (relevant.changed.everyone, relevant.changed.groups.clone());
        Ok(Shape { kind: seen.kind, ground, rows, changed, times: relevant.times.clone() })
    }

    /// The records of a resource on both sides.
    fn own(&self, seen: &Seen<'_>) -> [u32; 2] {
        self.places.all.get(seen.place as usize).map_or([NOWHERE; 2], |p| p.at)
    }

    /// The rows that name a user, as every resource of the same shape has them.
    pub fn own_rows(&self, seen: &Seen<'_>, relevant: &Relevant, user: u32) -> Vec<Row> {
        let own = self.own(seen);
        let rows = relevant.of(Party::User(user)).iter().map(|r| Row { who: Party::Everyone, ..itself(r, own) });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_unstable();
        rows
    }

    /// What sets of groups show of strangers or, where one is given, of a crowd, as far as nobody smaller shows it.
    pub fn told(
        &mut self,
        scene: &Scene<'_>,
        stranger: &Crowd,
        crowd: Option<&Crowd>,
        known: &mut Known,
    ) -> Result<Rc<Told>, Damage> {
        let lenses = match &known.lenses {
            Some(lenses) => Rc::clone(lenses),
            None => Rc::new(self.lenses(scene.seen, scene.relevant, scene.elements)?),
        };
        known.lenses = Some(Rc::clone(&lenses));
        let leave = Cell::new(SETS.min(self.leave));
        let given = leave.get();
        let strangers = std::mem::take(&mut known.strangers);
        let mut asking = Asking { scene, stranger, crowd, strangers, own: Spans::default(), leave: &leave };
        let (who, least) = (crowd.unwrap_or(stranger), if crowd.is_some() { 1 } else { 2 });
        let mut found: BTreeSet<(usize, Vec<u32>)> = BTreeSet::new();
        let mut whole = true;
        for lens in lenses.iter() {
            let has = lens.marks(&who.memberships);
            let choice = Choice { kin: &lens.kin, has: &has, changed: !who.affected, leave: &leave };
            for size in least..=lens.most.min(lens.kin.len()) {
                whole &= choice.each(size, &mut |set| {
                    let kin: Vec<&[u32]> = set.iter().map(|k| lens.kin[*k as usize].elements.as_slice()).collect();
                    let first = sorted(kin.iter().map(|elements| elements[0]).collect());
                    let Some(parts) = self.parts(&mut asking, &first)? else { return Ok(false) };
                    let more = parts.iter().any(|p| p.gained.iter().chain(&p.lost).any(|p| lens.sees(p)));
                    let mut keep = |set: Vec<u32>| found.extend([(set.len(), sorted(set))]);
                    Ok(!more || every(&kin, &mut Vec::new(), &leave, &mut keep))
                })?;
            }
        }
        let mut sets = Vec::new();
        for (_, set) in found {
            match self.parts(&mut asking, &set)? {
                Some(parts) if parts.is_empty() => {}
                Some(parts) => {
                    let spans = self.spans(&mut asking, crowd.is_some(), &set)?.unwrap_or_else(|| [].into());
                    sets.push(TheirSet { elements: set, parts, spans });
                }
                None => whole = false,
            }
        }
        let alone = self.spans(&mut asking, crowd.is_some(), &[])?.unwrap_or_else(|| [].into());
        known.strangers = asking.strangers;
        self.leave -= given - leave.get();
        Ok(Rc::new(Told { alone, sets, whole }))
    }

    /// What differs for those who name a set of elements, strangers or the others; none where there is no leave to look.
    fn spans(&mut self, asking: &mut Asking<'_>, own: bool, set: &[u32]) -> Result<Option<Rc<[Span]>>, Damage> {
        let who = if own { asking.crowd.unwrap_or(asking.stranger) } else { asking.stranger };
        let memo = if own { &mut asking.own } else { &mut asking.strangers };
        if let Some(spans) = memo.get(set) {
            return Ok(Some(Rc::clone(spans)));
        }
        let elements = || set.iter().map(|e| &asking.scene.elements[*e as usize]);
        let spans: Rc<[Span]> = if who.affected || elements().any(|e| e.changed) {
            // One group more is always looked at: there are few of them.
            if set.len() > 1 {
                if asking.leave.get() == 0 {
                    return Ok(None);
                }
                asking.leave.set(asking.leave.get() - 1);
            }
            let caller = Caller { user: who.users.first().copied(), named: elements().map(|e| e.groups[0]).collect() };
            let mut memberships = who.memberships.clone();
            elements().for_each(|e| memberships.extend(&e.memberships));
            self.look(asking.scene.seen, asking.scene.relevant, &caller, &memberships)?.into()
        } else {
            [].into()
        };
        memo.insert(set.to_vec(), Rc::clone(&spans));
        Ok(Some(spans))
    }

    /// What of a set is told of no smaller one, nor of strangers with the same one; none where there is no leave to look.
    fn parts(&mut self, asking: &mut Asking<'_>, set: &[u32]) -> Result<Option<Vec<Part>>, Damage> {
        let own = asking.crowd.is_some();
        let Some(spans) = self.spans(asking, own, set)? else { return Ok(None) };
        if spans.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut smaller = Vec::with_capacity(set.len());
        for one in set {
            let less: Vec<u32> = set.iter().copied().filter(|e| e != one).collect();
            let Some(spans) = self.spans(asking, own, &less)? else { return Ok(None) };
            smaller.push(spans);
        }
        let mut others: [Rc<[Span]>; 3] = [[].into(), [].into(), [].into()];
        if own {
            for (to, (own, set)) in others.iter_mut().zip([(false, set), (false, &[]), (true, &[])]) {
                let Some(spans) = self.spans(asking, own, set)? else { return Ok(None) };
                *to = spans;
            }
        }
        Ok(Some(self.untold(&spans, &smaller, &others)))
    }

    /// What of some spans is told neither of smaller sets nor of strangers: with the same set, with none, and what the same
    /// ones have with none.
    fn untold(&self, spans: &[Span], smaller: &[Rc<[Span]>], [alike, anyone, alone]: &[Rc<[Span]>; 3]) -> Vec<Part> {
        let mut cuts: Vec<u32> = Vec::new();
        for list in smaller.iter().chain([alike, anyone, alone]).map(|list| &**list).chain([spans]) {
            cuts.extend(list.iter().flat_map(|s| [s.since, s.until]));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts: Vec<Part> = Vec::new();
        for cut in cuts.windows(2) {
            let Some(words) = at(spans, cut[0]) else { continue };
            let has = |list: &[Span], gain: bool, p: &String| at(list, cut[0]).is_some_and(|w| self.listed(w, gain).contains(p));
            let known = |gain: bool, p: &String| {
                let stranger = has(alike, gain, p) && (!has(anyone, gain, p) || has(alone, gain, p));
                stranger || smaller.iter().any(|list| has(list, gain, p))
            };
            let rest = |gain: bool| self.listed(words, gain).iter().filter(|p| !known(gain, p)).cloned().collect::<Vec<_>>();
            let part = Part { span: Span { since: cut[0], until: cut[1], words }, gained: rest(true), lost: rest(false) };
            match parts.last_mut() {
                _ if part.gained.is_empty() && part.lost.is_empty() => {}
                Some(last)
                    if last.span.until == cut[0]
                        && (last.span.words, &last.gained, &last.lost) == (words, &part.gained, &part.lost) =>
                {
                    last.span.until = cut[1];
                }
                _ => parts.push(part),
            }
        }
        parts
    }
}

/// A row, where one of the resource itself has the same place for every resource.
fn itself(row: &Row, own: [u32; 2]) -> Row {
    let here = row.place != NOWHERE && row.place == own[usize::from(row.side)];
    if here { Row { place: ITSELF, ..*row } } else { *row }
}

fn sorted(mut set: Vec<u32>) -> Vec<u32> {
    set.sort_unstable();
    set
}

/// Every choice of one of each list; tells whether there was leave for all.
fn every(lists: &[&[u32]], chosen: &mut Vec<u32>, leave: &Cell<usize>, each: &mut dyn FnMut(Vec<u32>)) -> bool {
    let [first, rest @ ..] = lists else {
        if chosen.len() > 1 && leave.get() == 0 {
            return false;
        }
        leave.set(leave.get().saturating_sub(usize::from(chosen.len() > 1)));
        each(chosen.clone());
        return true;
    };
    first.iter().all(|one| {
        chosen.push(*one);
        let whole = every(rest, chosen, leave, each);
        chosen.pop();
        whole
    })
}
