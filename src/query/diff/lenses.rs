//! What groups say of one permission alone: for it, groups that say the same of its parts are one.
//!
//! A decision about one permission reads the base, the part asked for, the features that it is part of and those that are
//! part of it, and nothing else. So most groups that say something else are one here, and the sets of them are few.
//!
//! How large a set must be is bounded: say that somebody with a set of groups is allowed on one side and denied on the
//! other. What allows is at most a group that opens the organization, one whose row gives the part asked for, and one that
//! gives the base; what denies is at most a prohibition or a row that sets the part, for the part and each of its
//! sub-features, and one for the base. Of several groups in one place the highest counts, roles add up and prohibitions
//! only take away, so that the set of these few groups is allowed and denied in the same way, and so is every set between
//! it and the whole one.

use std::collections::HashMap;
use std::rc::Rc;

use super::classes::{Membership, Relevant};
use super::engine::{Engine, Seen};
use super::sets::{Element, Mark, marks};
use super::union::{Fast, Party};
use crate::model::kinds::{Kind, Value};
use crate::table::compare::Sort;
use crate::table::view::Damage;

/// Elements that say the same of one permission.
pub struct Kin {
    pub marks: Vec<Mark>,
    /// Whether who names one may decide otherwise for it on the two sides.
    pub changed: bool,
    pub elements: Vec<u32>,
}

/// Permissions of which the groups say the same things.
pub struct Lens {
    /// The names of their parts; `*` is the base. None at all are all of them.
    parts: Vec<String>,
    numbers: HashMap<(u8, u32), u32, Fast>,
    /// How many groups at most show a difference together.
    pub most: usize,
    /// Those that can be named, those first whose naming may decide otherwise.
    pub kin: Vec<Kin>,
}

impl Lens {
    /// Whether a permission is one of these.
    pub fn sees(&self, permission: &str) -> bool {
        let part = permission.rsplit_once(':').map_or(permission, |(part, _)| part);
        self.parts.is_empty() || self.parts.iter().any(|p| p == part)
    }

    /// What some memberships bring.
    pub fn marks(&self, memberships: &[Membership]) -> Vec<Mark> {
        marks(&self.numbers, memberships)
    }

    fn new(parts: Vec<String>, numbers: HashMap<(u8, u32), u32, Fast>, most: usize, elements: &[Element]) -> Lens {
        let mut kin: Vec<Kin> = Vec::new();
        let mut known: HashMap<Vec<Mark>, usize, Fast> = HashMap::default();
        for (i, element) in (0..).zip(elements) {
            let marks = marks(&numbers, &element.memberships);
            if marks.is_empty() {
                continue;
            }
            let at = *known.entry(marks.clone()).or_insert(kin.len());
            match kin.get_mut(at) {
                // Where it is the same on both sides for one of them, it is so for all.
                Some(one) => {
                    one.changed &= element.changed;
                    one.elements.push(i);
                }
                None => kin.push(Kin { marks, changed: element.changed, elements: vec![i] }),
            }
        }
        kin.sort_by_key(|k| !k.changed);
        Lens { parts, numbers, most, kin }
    }
}

/// What a grant sets on one kind, by side, grant and kind.
pub type Sets = HashMap<(u8, u32, u32), Rc<[(u32, Value)]>, Fast>;

/// The rows of a group: the sort, the place, the end, and what each sets.
type Rows = Vec<(Sort, u32, u32, Rc<[(u32, Value)]>)>;

/// A place, the sort of a row there, what it sets, and until when.
type Said = (u32, Sort, Vec<(u32, Value)>, u32);

/// The part of a question, by name, and what its answer reads.
struct Asked {
    name: String,
    reads: Vec<u32>,
    /// Whether it is a feature, and how many sub-features it has.
    feature: bool,
    family: usize,
}

impl Engine<'_> {
    /// A lens for each permission; those through which the same is seen are joined.
    pub fn lenses(&mut self, seen: &Seen<'_>, relevant: &Relevant, elements: &[Element]) -> Result<Vec<Lens>, Damage> {
        let pair = &self.union.kinds[seen.kind as usize];
        let kinds = [0, 1].map(|side: usize| pair.ids[side].map(|id| &self.union.tables[side].kinds()[id as usize]));
        let asked: Vec<Asked> = match (kinds, pair.same) {
            ([Some(kind), _], true) => asked(kind),
            // A name may be a level on one side and a permission of its own on the other: all parts are looked at together.
            _ => vec![whole(kinds)],
        };
        let mut rows: HashMap<(u8, u32), Rows, Fast> = HashMap::default();
        for row in &relevant.rows {
            if let Party::Group(group) = row.who {
                let sets = self.sets(row.side, row.grant, seen.kind)?;
                rows.entry((row.side, group)).or_default().push((row.sort, row.place, row.end, sets));
            }
        }
        let mut groups: Vec<(u8, u32)> = rows.keys().copied().collect();
        groups.sort_unstable();
        let mut lenses: Vec<Lens> = Vec::new();
        for Asked { name, reads, feature, family } in asked {
            let every = reads.is_empty();
            let mut known: HashMap<(u8, Vec<Said>), u32, Fast> = HashMap::default();
            let mut numbers: HashMap<(u8, u32), u32, Fast> = HashMap::default();
            let mut sorts = [false; 4];
            for group in &groups {
                let mut said = Vec::new();
                for (sort, place, end, sets) in rows.get(group).into_iter().flatten() {
                    let mine: Vec<(u32, Value)> = sets.iter().filter(|(p, _)| every || reads.contains(p)).copied().collect();
                    if !mine.is_empty() || *sort == Sort::Member {
                        sorts[*sort as usize] = true;
                        said.push((*place, *sort, mine, *end));
                    }
                }
                if !said.is_empty() {
                    let next = known.len() as u32;
                    numbers.insert(*group, *known.entry((group.0, said)).or_insert(next));
                }
            }
            let [can, cannot, _, member] = sorts;
            let allows = usize::from(member) + 1 + usize::from(feature);
            let denies = if can || cannot { 1 + family + usize::from(can && feature) } else { 0 };
            let most = allows + denies;
            let parts = if every { Vec::new() } else { vec![name] };
            match lenses.iter_mut().find(|l| l.numbers == numbers) {
                Some(lens) => {
                    lens.parts.extend(parts);
                    lens.most = lens.most.max(most);
                }
                None => lenses.push(Lens::new(parts, numbers, most, elements)),
            }
        }
        Ok(lenses)
    }

    /// What a grant sets on a kind.
    fn sets(&mut self, side: u8, grant: u32, kind: u32) -> Result<Rc<[(u32, Value)]>, Damage> {
        if let Some(known) = self.sets.get(&(side, grant, kind)) {
            return Ok(Rc::clone(known));
        }
        let at = usize::from(side);
        let id = self.union.kinds[kind as usize].ids[at];
        let meaning = self.union.tables[at].meaning(grant)?;
        let parts = meaning.on.into_iter().find(|(k, _)| Some(*k) == id).map_or(Vec::new(), |(_, parts)| parts);
        let parts: Rc<[(u32, Value)]> = parts.into();
        self.sets.insert((side, grant, kind), Rc::clone(&parts));
        Ok(parts)
    }
}

/// Every part of a kind, and what an answer about it reads.
fn asked(kind: &Kind) -> Vec<Asked> {
    let mut all = vec![Asked { name: "*".into(), reads: vec![0], feature: false, family: 0 }];
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(':'));
    for name in kind.features.iter() {
        let mut reads = vec![0];
        let mut family = 0;
        for (part, other) in (1..).zip(kind.features.iter()) {
            family += usize::from(within(other, name));
            if other == name || within(other, name) || within(name, other) {
                reads.push(part);
            }
        }
        all.push(Asked { name: name.to_owned(), reads, feature: true, family });
    }
    for (part, name) in kind.flat_parts().zip(kind.flats.iter()) {
        all.push(Asked { name: name.to_owned(), reads: vec![0, part], feature: false, family: 0 });
    }
    all
}

/// All parts of two kinds together.
fn whole(kinds: [Option<&Kind>; 2]) -> Asked {
    let parts = kinds.into_iter().flatten().flat_map(asked);
    let all = Asked { name: String::new(), reads: Vec::new(), feature: false, family: 0 };
    parts.fold(all, |all, one| Asked { feature: all.feature | one.feature, family: all.family.max(one.family), ..all })
}
