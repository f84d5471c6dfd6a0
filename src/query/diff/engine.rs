//! The comparison itself: which resources are looked at, and what is found there.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

use super::alike::{ALL_SETS, Known, Shape};
use super::cause::Blame;
use super::chains::Way;
use super::classes::{Changed, Ends, Partitions, Relevant, Surroundings};
use super::joins::Joins;
use super::lenses::Sets;
use super::openings::Behind;
use super::places::{NOWHERE, Pair, Places};
use super::renames::Renames;
use super::roles::Roles;
use super::union::{Fast, Union};
use super::words::Words;
use super::{Asked, Diff, Side, Then};
use crate::instant::Instant;
use crate::query::access::{Access, Ladder};
use crate::syntax::print;
use crate::table::Table;
use crate::table::decide::Resource;
use crate::table::origins::Written;
use crate::table::view::Damage;

/// A resource of either side.
pub struct Seen<'a> {
    pub kind: u32,
    pub on: [Option<Resource<'a>>; 2],
    /// Its place, where it is declared.
    pub place: u32,
}

/// What changes of one cause have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub blame: u32,
    pub kind: u32,
    pub words: u32,
    /// What of it is gained and lost by this cause.
    pub lists: u32,
    /// The groups that must be named at sign-in.
    pub with: u32,
    /// The number of a time from 1; 0 is the time of the comparison.
    pub since: u32,
    pub until: u32,
    /// What happens then, and whether the new side stays as it is for ever.
    pub then: Then,
    pub lasts: bool,
    /// Whether both sides allow what is gained until it begins.
    pub kept: bool,
}

pub type Lists = (Box<[String]>, Box<[String]>);
type Bare = (u32, [u32; 2]);
pub type Subjects = (bool, Box<[u32]>, Box<[u32]>);

/// Resources, by what was found on them for whom.
pub type FoundIn = IndexMap<(Key, u32), Vec<String>, Fast>;

pub struct Engine<'t> {
    pub sides: [Side<'t>; 2],
    pub union: Union<'t>,
    pub places: Places<'t>,
    pub joins: Joins,
    pub roles: Roles,
    pub renames: Renames,
    pub at: Instant,
    pub ends: Ends,
    pub surroundings: Surroundings,
    pub partitions: Partitions,
    pub ladders: Vec<[Option<Ladder>; 2]>,
    pub words: IndexMap<(u32, [Option<Access>; 2]), Option<Words>, Fast>,
    pub blames: IndexSet<Blame, Fast>,
    /// The blames that take a prohibition away.
    pub lifting: HashSet<usize, Fast>,
    pub lists: IndexSet<Lists, Fast>,
    pub withs: IndexSet<Box<[Box<[u32]>]>, Fast>,
    pub subjects: IndexSet<Subjects, Fast>,
    pub found: FoundIn,
    /// What is known of resources of each shape.
    pub known: HashMap<Shape, Known, Fast>,
    /// What grants set.
    pub sets: Sets,
    /// The way of the resource that was asked for last.
    pub last: RefCell<Option<(u32, Rc<Way>)>>,
    /// Where the rows of places are written, by side and place.
    pub written: RefCell<HashMap<(usize, u32), Written, Fast>>,
    /// What keeps people out of where something lay, by the cause that moves it.
    pub behind: RefCell<HashMap<Blame, Vec<Behind>, Fast>>,
    /// Organizations that were looked at, and whether they name members on one side alone.
    pub opens: RefCell<HashMap<u32, bool, Fast>>,
    /// Places of the old side in which something lay that is still there, once they are asked for.
    pub left: OnceCell<HashSet<u32>>,
    /// How many sets of groups may still be asked.
    pub leave: usize,
    /// Resources on which not all sets were asked.
    pub unasked: usize,
    /// Whether sign-ins with other groups than the policy gives are compared, too.
    pub named: bool,
    /// The move by which all is lost or gained, where one side is looked at by itself.
    pub moving: Option<u32>,
    /// What was found where a resource says nothing of its own, by its kind and what lies around.
    bare: HashMap<Bare, Vec<(Key, u32)>, Fast>,
}

/// An id has at most so many bytes.
const LONGEST: usize = 256;

impl<'t> Engine<'t> {
    pub fn new(sides: [Side<'t>; 2], at: Instant, asked: &Asked<'_>) -> Result<Engine<'t>, Damage> {
        let tables: [&'t Table; 2] = [sides[0].table, sides[1].table];
        let union = Union::new(tables, asked.groups)?;
        let places = Places::new(&union)?;
        let ladder = |side: usize, id: Option<u32>| id.map(|id| Ladder::new(tables[side], id));
        let ladders = union.kinds.iter().map(|k| [ladder(0, k.ids[0]), ladder(1, k.ids[1])]).collect();
        let joins = Joins::new(&sides, &union);
        let roles = Roles::new(&sides);
        let mut engine = Engine {
            sides,
            union,
            places,
            joins,
            roles,
            renames: Renames::default(),
            at,
            ends: Ends::default(),
            surroundings: Surroundings::default(),
            partitions: Partitions::default(),
            ladders,
            words: IndexMap::default(),
            blames: IndexSet::default(),
            lifting: HashSet::default(),
            lists: IndexSet::default(),
            withs: IndexSet::from_iter([Box::default()]),
            subjects: IndexSet::default(),
            found: IndexMap::default(),
            known: HashMap::default(),
            sets: Sets::default(),
            last: RefCell::default(),
            written: RefCell::default(),
            behind: RefCell::default(),
            opens: RefCell::default(),
            left: OnceCell::default(),
            leave: ALL_SETS,
            unasked: 0,
            named: asked.named,
            moving: None,
            bare: HashMap::default(),
        };
        engine.rename()?;
        Ok(engine)
    }

    pub fn run(mut self) -> Result<Diff, Damage> {
        for place in 0..self.places.all.len() {
            let pair = &self.places.all[place];
            let (id, around, pattern) = (pair.id, pair.around, pair.pattern);
            if pattern {
                self.undeclared(place as u32)?;
                continue;
            }
            let (changed, touched) = (pair.changed, pair.touched);
            let outer = self.surroundings.of(&self.union, &self.places, around, &mut self.ends)?;
            if !(changed || touched || outer.changed.is_any() || outer.touched || !self.kind_is_same(place)) {
                continue;
            }
            let kind = self.places.all[place].kind;
            let at = self.places.all[place].at;
            let mut relevant = Relevant { touched, ..Relevant::default() };
            for side in [0, 1].into_iter().filter(|side| at[*side] != NOWHERE) {
                relevant.add(&self.union, side, Some(at[side]), &mut self.ends)?;
            }
            // What says nothing of its own is decided as its neighbours are.
            let bare = relevant.rows.is_empty() && !at.contains(&NOWHERE);
            if let Some(known) = self.bare.get(&(kind, around)).filter(|_| bare) {
                for key in known {
                    self.found.entry(*key).or_default().push(id.to_owned());
                }
                continue;
            }
            relevant.join(&outer);
            relevant.changed.facts(&self.places, self.places.all[place].facts);
            relevant.changed.everyone |= at.contains(&NOWHERE) || !self.kind_is_same(place);
            let on = self.resource(kind, id)?;
            for side in [0, 1].into_iter().filter(|side| at[*side] == NOWHERE) {
                let [_, around] = self.ground(&mut relevant, side, on[side])?;
                let (old, new) = if side == 0 { (&around[..], &[][..]) } else { (&[][..], &around[..]) };
                self.around(&mut relevant, old, new)?;
            }
            relevant.settle();
            let taken = self.compare(&Seen { kind, on, place: place as u32 }, &relevant)?;
            for key in &taken {
                self.found.entry(*key).or_default().push(id.to_owned());
            }
            if bare && self.parent(place as u32, 0)? == self.parent(place as u32, 1)? {
                self.bare.insert((kind, around), taken);
            }
        }
        self.finish()
    }

    fn kind_is_same(&self, place: usize) -> bool {
        self.union.kinds[self.places.all[place].kind as usize].same
    }

    pub fn resource<'a>(&self, kind: u32, id: &'a str) -> Result<[Option<Resource<'a>>; 2], Damage> {
        let ids = self.union.kinds[kind as usize].ids;
        let of = |side: usize| ids[side].map_or(Ok(None), |kind| self.union.tables[side].resource(kind, id));
        Ok([of(0)?, of(1)?])
    }

    /// Adds what speaks of a resource that a side does not declare: its places are returned, and what lies around each.
    pub fn ground(&mut self, relevant: &mut Relevant, side: usize, on: Option<Resource<'_>>) -> Result<[Vec<u32>; 2], Damage> {
        let Some(on) = on else { return Ok([Vec::new(), Vec::new()]) };
        let (places, around) = self.union.tables[side].ground(on)?;
        for at in &places {
            relevant.add_pattern(&self.union, side, *at, &mut self.ends)?;
        }
        Ok([places.into_iter().map(|at| self.places.of(side, at)).collect(), around])
    }

    /// Adds what lies around, next to each other.
    pub fn around(&mut self, relevant: &mut Relevant, old: &[u32], new: &[u32]) -> Result<(), Damage> {
        for i in 0..old.len().max(new.len()).max(1) {
            let pair = [old, new].map(|list| list.get(i).copied().unwrap_or(NOWHERE));
            relevant.join(&*self.surroundings.of(&self.union, &self.places, pair, &mut self.ends)?);
        }
        Ok(())
    }

    /// Compares what a pattern says about resources that neither side declares and no longer pattern matches.
    fn undeclared(&mut self, place: u32) -> Result<(), Damage> {
        let Pair { kind, id: prefix, .. } = self.places.all[place as usize];
        let Some(id) = self.fresh(kind, prefix) else { return Ok(()) };
        let on = self.resource(kind, &id)?;
        let mut relevant = Relevant { changed: Changed::all(!self.kind_is_same(place as usize)), ..Relevant::default() };
        let [old, old_around] = self.ground(&mut relevant, 0, on[0])?;
        let [new, new_around] = self.ground(&mut relevant, 1, on[1])?;
        self.around(&mut relevant, &old_around, &new_around)?;
        let mut all = old.iter().chain(&new).filter(|p| **p != NOWHERE).map(|p| &self.places.all[*p as usize]);
        // Other patterns, or other ones around, may also make it known.
        relevant.changed.everyone |= old != new || old_around.len() != new_around.len();
        all.clone().for_each(|p| relevant.changed.facts(&self.places, p.facts));
        relevant.touched |= all.any(|p| p.touched);
        if !relevant.changed.is_any() && !relevant.touched {
            return Ok(());
        }
        relevant.settle();
        let shown = format!("{prefix}*");
        for key in self.compare(&Seen { kind, on, place: NOWHERE }, &relevant)? {
            self.found.entry(key).or_default().push(shown.clone());
        }
        Ok(())
    }

    /// An id that begins with a text, that neither side declares, and that no longer pattern of either side matches;
    /// none where there is none at all.
    pub fn fresh(&self, kind: u32, prefix: &str) -> Option<String> {
        let all = &self.places.all;
        let from = all.partition_point(|p| p.kind < kind);
        let all = &all[from..from + all[from..].partition_point(|p| p.kind == kind)];
        let below = |start: &str| {
            let from = all.partition_point(|p| p.id < start);
            &all[from..from + all[from..].partition_point(|p| p.id.starts_with(start))]
        };
        let mut starts = VecDeque::from([prefix.to_owned()]);
        while let Some(start) = starts.pop_front() {
            let below = below(&start);
            if !start.is_empty() && below.iter().take_while(|p| p.id == start).all(|p| p.pattern) {
                return Some(start);
            }
            let mut used: Vec<char> = below.iter().filter_map(|p| p.id[start.len()..].chars().next()).collect();
            used.dedup();
            let fits = |c: char| start.len() + c.len_utf8() <= LONGEST;
            let free = |c: &char| fits(*c) && *c != '*' && !print::is_forbidden(*c) && used.binary_search(c).is_err();
            if let Some(c) = ('!'..=char::MAX).chain([' ']).find(free) {
                return Some(format!("{start}{c}"));
            }
            let inner = used.iter().filter(|c| fits(**c)).map(|c| format!("{start}{c}"));
            let taken = |start: &String| all.binary_search_by(|p| (p.id, p.pattern).cmp(&(start, true))).is_ok();
            starts.extend(inner.filter(|start| !taken(start)));
        }
        None
    }

    /// The container of a place on a side.
    pub fn parent(&self, place: u32, side: usize) -> Result<u32, Damage> {
        let pair = &self.places.all[place as usize];
        if pair.at[side] == NOWHERE {
            return Ok(NOWHERE);
        }
        let parent = self.union.tables[side].beyond(pair.around[side])?.parent;
        Ok(parent.map_or(NOWHERE, |at| self.places.of(side, at)))
    }
}
