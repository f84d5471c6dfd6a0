//! Which places may speak of a resource: never too few, and found from the model alone.

use std::collections::{BTreeSet, HashMap};

use crate::model::kinds::KindId;
use crate::model::{Model, PlaceId, Who};
use crate::table::Table;
use crate::table::decide::Resource;
use crate::table::view::Damage;

type Fast = foldhash::fast::RandomState;

/// A resource that is asked about, declared or not.
#[derive(Debug)]
pub struct Spot {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Box<str>,
}

/// Resources, and the places on the way of each.
#[derive(Debug, Default)]
pub struct Ways {
    /// Every resource that is asked about.
    pub spots: Vec<Spot>,
    numbers: HashMap<(KindId, Box<str>), u32, Fast>,
    by_place: HashMap<PlaceId, Vec<u32>, Fast>,
    /// Those that no organization contains.
    outside: Vec<u32>,
    /// Where rows name each group; `None` is everywhere.
    naming: HashMap<u32, Vec<Option<PlaceId>>, Fast>,
    /// The groups that list each group, and those that each group lists.
    above: HashMap<u32, Vec<u32>, Fast>,
    below: HashMap<u32, Vec<u32>, Fast>,
    /// The groups that list each user, and the users that each group lists.
    lists: HashMap<u32, Vec<u32>, Fast>,
    members: HashMap<u32, Vec<u32>, Fast>,
    default: Option<PlaceId>,
}

impl Ways {
    /// Every declared resource, and an undeclared one for each pattern.
    pub fn new(table: &Table, model: &Model) -> Result<Ways, Damage> {
        let mut ways = Ways::default();
        for (id, place) in (0..).zip(&model.places) {
            if place.is_default_organization() {
                ways.default = Some(id);
            }
            match place.pattern {
                true => {
                    if let Some(fresh) = fresh(table, place.kind, &place.id)? {
                        ways.spot(model, place.kind, &fresh);
                    }
                }
                false => drop(ways.spot(model, place.kind, &place.id)),
            }
        }
        let mut name = |who: Who, place: Option<PlaceId>| {
            if let Who::Group(group) = who {
                ways.naming.entry(group).or_default().push(place);
            }
        };
        model.entries.iter().for_each(|e| name(e.who, Some(e.place)));
        model.assignments.iter().for_each(|a| name(a.who, a.scope));
        model.org_members.iter().for_each(|m| name(m.who, Some(m.of)));
        for member in &model.members {
            let (up, down, one) = match member.who {
                Who::Group(child) => (&mut ways.above, &mut ways.below, child),
                Who::User(user) => (&mut ways.lists, &mut ways.members, user),
                Who::Everyone => continue,
            };
            up.entry(one).or_default().push(member.of);
            down.entry(member.of).or_default().push(one);
        }
        Ok(ways)
    }

    /// The number of a resource.
    pub fn spot(&mut self, model: &Model, kind: KindId, id: &str) -> u32 {
        if let Some(number) = self.numbers.get(&(kind, Box::from(id))) {
            return *number;
        }
        let number = self.spots.len() as u32;
        self.numbers.insert((kind, id.into()), number);
        self.spots.push(Spot { kind, id: id.into() });
        let way = climb(model, kind, id);
        let inside = |p: &PlaceId| model.places[*p as usize].kind == 0 && !model.places[*p as usize].is_default_organization();
        if !way.iter().any(inside) {
            self.outside.push(number);
        }
        way.into_iter().for_each(|place| self.by_place.entry(place).or_default().push(number));
        number
    }

    /// The resources that a place may speak of; all of them for `None`, which is everywhere.
    pub fn reach(&self, place: Option<PlaceId>) -> Vec<u32> {
        let Some(place) = place else { return (0..self.spots.len() as u32).collect() };
        let mut reach = self.by_place.get(&place).cloned().unwrap_or_default();
        if self.default == Some(place) {
            reach.extend(&self.outside);
            reach.sort_unstable();
            reach.dedup();
        }
        reach
    }

    /// The resources on whose way a row names one of the groups.
    pub fn named(&self, groups: &[u32]) -> Vec<u32> {
        let mut places: Vec<Option<PlaceId>> = groups.iter().filter_map(|g| self.naming.get(g)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut spots: Vec<u32> = places.into_iter().flat_map(|place| self.reach(place)).collect();
        spots.sort_unstable();
        spots.dedup();
        spots
    }

    /// Groups and every group that they are in.
    pub fn above(&self, groups: impl IntoIterator<Item = u32>) -> Vec<u32> {
        close(groups.into_iter().collect(), &self.above)
    }

    /// A group and every group in it.
    pub fn below(&self, group: u32) -> Vec<u32> {
        close(vec![group], &self.below)
    }

    /// The groups that list a user.
    pub fn lists(&self, user: u32) -> &[u32] {
        self.lists.get(&user).map_or(&[], |groups| groups)
    }

    /// The users that are in one of the groups without another group, sorted.
    pub fn members(&self, groups: &[u32]) -> Vec<u32> {
        let mut users: Vec<u32> = groups.iter().filter_map(|g| self.members.get(g)).flatten().copied().collect();
        users.sort_unstable();
        users.dedup();
        users
    }
}

fn close(groups: Vec<u32>, next: &HashMap<u32, Vec<u32>, Fast>) -> Vec<u32> {
    let (mut seen, mut queue) = (BTreeSet::new(), groups);
    while let Some(group) = queue.pop() {
        if seen.insert(group) {
            queue.extend(next.get(&group).into_iter().flatten());
        }
    }
    seen.into_iter().collect()
}

/// The places that may speak of a resource: it, the patterns that it matches, and those of its containers.
fn climb(model: &Model, kind: KindId, id: &str) -> Vec<PlaceId> {
    let (mut way, mut next) = (Vec::new(), vec![(kind, id)]);
    while let Some((kind, id)) = next.pop() {
        let own = model.index.resource(kind, id).filter(|p| !way.contains(p));
        let ends = id.char_indices().map(|(at, _)| at).chain([id.len()]);
        let patterns: Vec<PlaceId> = ends.filter_map(|end| model.index.pattern(kind, &id[..end])).collect();
        // What is declared has its own container; another resource that of a pattern, and which one may depend on the time.
        let holders: Vec<PlaceId> = if own.is_some() { own.into_iter().collect() } else { patterns.clone() };
        for place in own.into_iter().chain(patterns) {
            if !way.contains(&place) {
                way.push(place);
            }
        }
        for holder in holders {
            if let Some((parent, _)) = model.places[holder as usize].parent
                && !way.contains(&parent)
            {
                let parent = &model.places[parent as usize];
                next.push((parent.kind, &parent.id));
            }
        }
    }
    way
}

/// An id that no statement declares, and that a pattern matches and no longer one: one that a person would write, if
/// there is one.
fn fresh(table: &Table, kind: KindId, pattern: &str) -> Result<Option<String>, Damage> {
    for end in ["example", "any", "other", "1", "x"] {
        let id = format!("{pattern}{end}");
        if let Some(on @ Resource::Matched(_)) = table.resource(kind, &id)?
            && id.len() <= 256
            && let Some(place) = table.ground(on)?.0.first()
            && table.spot(*place)?.id == pattern
        {
            return Ok(Some(id));
        }
    }
    table.undeclared_id(kind, pattern, pattern)
}
