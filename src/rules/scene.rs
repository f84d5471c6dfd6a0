//! What the rules look things up in: sorted once, in time that grows with the policy and no faster.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::roles::{self, Effect};
use super::walk::is_nothing;
use super::witness::{self, Person};
use super::{Options, Tables};
use crate::instant::Instant;
use crate::model::access::{Entry, ListId};
use crate::model::kinds::{KindId, Value};
use crate::model::{Model, NEVER, PlaceId, TimeId, Who};
use crate::source::{Sources, Span};
use crate::syntax::tree::Verb;
use crate::table::{Principal, Table};

/// How many groups above a principal a proof looks at. What is proven with fewer stays proven.
pub const MOST_ABOVE: usize = 64;
/// How many entries of one principal in one place a proof looks at.
const MOST_ENTRIES: usize = 64;
/// How many different lists of one place a proof looks at.
const MOST_LISTS: usize = 32;

/// Things sorted by a number, each number's together.
pub struct Runs {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Runs {
    /// The numbers of `keys` by their key; those without a key are left out.
    pub fn new(count: usize, keys: impl Iterator<Item = Option<u32>> + Clone) -> Runs {
        let mut starts = vec![0u32; count + 1];
        keys.clone().flatten().for_each(|k| starts[k as usize + 1] += 1);
        (0..count).for_each(|k| starts[k + 1] += starts[k]);
        let mut next = starts.clone();
        let mut items = vec![0u32; starts[count] as usize];
        for (item, key) in (0..).zip(keys) {
            let Some(key) = key else { continue };
            items[next[key as usize] as usize] = item;
            next[key as usize] += 1;
        }
        Runs { starts, items }
    }

    /// The things of one number, in their order.
    pub fn of(&self, key: u32) -> &[u32] {
        &self.items[self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize]
    }
}

/// The different `can` lists of one place by whom they speak of; `None` where there are too many to look at.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Those of users.
    pub users: Option<Vec<ListId>>,
    /// Those of groups.
    pub groups: Option<Vec<ListId>>,
}

/// A model with its indexes.
pub struct Scene<'m> {
    /// The model.
    pub model: &'m Model,
    /// Its texts.
    pub sources: &'m Sources,
    /// What is asked of it.
    pub options: &'m Options,
    /// The compiled policy, where a rule asks it.
    pub table: Option<&'m Table>,
    /// The same without assignments.
    pub bare: Option<&'m Table>,
    entries: Runs,
    above_users: Runs,
    above_groups: Runs,
    /// The memberships of each group.
    pub members: Runs,
    /// The members of each organization, by its place.
    pub org_members: Runs,
    /// The resources and patterns in each place.
    pub children: Runs,
    /// The assignments in each place.
    pub scoped: Runs,
    /// The block of `organization default`, where there is one.
    pub default_organization: Option<PlaceId>,
    prohibits: Vec<bool>,
    members_of: OnceLock<HashSet<(PlaceId, Who), foldhash::fast::RandomState>>,
    insiders: OnceLock<HashMap<PlaceId, Vec<Person>>>,
    lists: OnceLock<Vec<Lists>>,
    effects: OnceLock<Vec<Option<Effect>>>,
    private: OnceLock<HashMap<(PlaceId, KindId), u32, foldhash::fast::RandomState>>,
    patterns: HashMap<(KindId, &'m str), PlaceId, foldhash::fast::RandomState>,
    lengths: Vec<Vec<usize>>,
}

impl<'m> Scene<'m> {
    /// Sorts the model.
    pub fn new(model: &'m Model, sources: &'m Sources, options: &'m Options, tables: Tables<'m>) -> Scene<'m> {
        let member = |group: bool| {
            move |m: &crate::model::Membership| match m.who {
                Who::User(u) if !group => Some(u),
                Who::Group(g) if group => Some(g),
                _ => None,
            }
        };
        let mut entries = Runs::new(model.places.len(), model.entries.iter().map(|e| Some(e.place)));
        let (starts, mut rest) = (&entries.starts, &mut entries.items[..]);
        let mut runs = Vec::with_capacity(model.places.len());
        for pair in starts.windows(2) {
            let (run, more) = rest.split_at_mut((pair[1] - pair[0]) as usize);
            runs.push(run);
            rest = more;
        }
        runs.into_par_iter().for_each(|run| {
            run.sort_unstable_by_key(|e| {
                let e = &model.entries[*e as usize];
                (e.who, e.verb, e.span)
            });
        });
        let mut prohibits = vec![false; model.places.len()];
        model.entries.iter().filter(|e| e.verb == Verb::Cannot).for_each(|e| prohibits[e.place as usize] = true);
        let mut patterns = HashMap::default();
        let mut lengths = vec![Vec::new(); model.kinds.len()];
        for (id, place) in (0..).zip(&model.places).filter(|(_, p)| p.pattern) {
            patterns.insert((place.kind, &*place.id), id);
            lengths[place.kind as usize].push(place.id.len());
        }
        for of_kind in &mut lengths {
            of_kind.sort_unstable_by(|a, b| b.cmp(a));
            of_kind.dedup();
        }
        Scene {
            model,
            sources,
            options,
            table: tables.whole,
            bare: tables.bare,
            entries,
            above_users: Runs::new(model.users.len(), model.members.iter().map(member(false))),
            above_groups: Runs::new(model.groups.len(), model.members.iter().map(member(true))),
            members: Runs::new(model.groups.len(), model.members.iter().map(|m| Some(m.of))),
            org_members: Runs::new(model.places.len(), model.org_members.iter().map(|m| Some(m.of))),
            children: Runs::new(model.places.len(), model.places.iter().map(|p| p.parent.map(|(outer, _)| outer))),
            scoped: Runs::new(model.places.len(), model.assignments.iter().map(|a| a.scope)),
            default_organization: model.index.resource(0, "default").filter(|p| model.places[*p as usize].declared),
            prohibits,
            members_of: OnceLock::new(),
            insiders: OnceLock::new(),
            lists: OnceLock::new(),
            effects: OnceLock::new(),
            private: OnceLock::new(),
            patterns,
            lengths,
        }
    }

    /// When something ends; `None` is never.
    pub fn end(&self, until: TimeId) -> Option<Instant> {
        (until != NEVER).then(|| self.model.times[until as usize])
    }

    /// Whether it has ended by now.
    pub fn is_over(&self, until: TimeId) -> bool {
        self.end(until).is_some_and(|end| end <= self.options.now)
    }

    /// In how many whole days something ends that is reported beforehand.
    pub fn days_left(&self, until: TimeId) -> Option<i64> {
        const DAY: i64 = 86_400;
        let (end, limit) = (self.end(until)?, self.options.expires_soon_days?);
        let days = (end.to_unix().0 - self.options.now.to_unix().0) / DAY;
        (end > self.options.now && days <= i64::from(limit)).then_some(days)
    }

    /// Whether something has ended, or ends in so few days that it is reported.
    pub fn ends_soon(&self, until: TimeId) -> bool {
        self.is_over(until) || self.days_left(until).is_some()
    }

    /// Whether the first lasts at least as long as the second.
    pub fn outlasts(&self, one: TimeId, other: TimeId) -> bool {
        lasts(self.end(one), self.end(other))
    }

    /// An entry.
    pub fn entry(&self, id: u32) -> &'m Entry {
        &self.model.entries[id as usize]
    }

    /// The entries of a place, by principal and verb.
    pub fn entries(&self, place: PlaceId) -> &[u32] {
        self.entries.of(place)
    }

    /// The entries of one principal in a place.
    pub fn entries_of(&self, place: PlaceId, who: Who, verb: Verb) -> impl Iterator<Item = (u32, &'m Entry)> + '_ {
        let all = self.entries(place);
        let key = |e: &u32| (self.entry(*e).who, self.entry(*e).verb);
        let start = all.partition_point(|e| key(e) < (who, verb));
        all[start..].iter().map(|e| (*e, self.entry(*e))).take_while(move |(_, e)| (e.who, e.verb) == (who, verb))
    }

    /// Whether a principal has more entries of a verb in a place, each on other kinds, than a proof looks at.
    pub fn is_crowded(&self, place: PlaceId, who: Who, verb: Verb) -> bool {
        self.entries(place).len() > MOST_ENTRIES && self.entries_of(place, who, verb).nth(MOST_ENTRIES).is_some()
    }

    /// The memberships that list a principal.
    pub fn listed(&self, who: Who) -> &[u32] {
        match who {
            Who::Everyone => &[],
            Who::User(u) => self.above_users.of(u),
            Who::Group(g) => self.above_groups.of(g),
        }
    }

    /// The groups that a principal is surely in, nearest first, each with until when at least: itself first where it is a group.
    /// A sign-in can add groups and take none away.
    pub fn above(&self, who: Who) -> Vec<(u32, Option<Instant>)> {
        let mut found: Vec<(u32, Option<Instant>)> = Vec::new();
        if let Who::Group(g) = who {
            found.push((g, None));
        }
        let (mut from, mut until, mut next) = (who, None, usize::from(matches!(who, Who::Group(_))));
        loop {
            for m in self.listed(from) {
                let m = &self.model.members[*m as usize];
                if found.len() >= MOST_ABOVE {
                    return found;
                }
                if found.iter().all(|(g, _)| *g != m.of) {
                    found.push((m.of, earlier(until, self.end(m.until))));
                }
            }
            let Some((group, end)) = found.get(next) else { return found };
            (from, until, next) = (Who::Group(*group), *end, next + 1);
        }
    }

    /// What a list says of one part of a kind.
    pub fn sets(&self, list: ListId, kind: KindId, part: u32) -> Option<Value> {
        let of = self.model.lists[list as usize].of(kind);
        of.binary_search_by_key(&part, |(p, _)| *p).ok().map(|at| of[at].1)
    }

    /// The different `can` lists of a place.
    pub fn lists(&self, place: PlaceId) -> &Lists {
        let all =
            self.lists.get_or_init(|| (0..self.model.places.len() as PlaceId).into_par_iter().map(|p| self.collect(p)).collect());
        &all[place as usize]
    }

    fn collect(&self, place: PlaceId) -> Lists {
        let mut lists = Lists { users: Some(Vec::new()), groups: Some(Vec::new()) };
        for entry in self.entries(place).iter().map(|e| self.entry(*e)).filter(|e| e.verb == Verb::Can) {
            let slot = match entry.who {
                Who::Everyone => continue,
                Who::User(_) => &mut lists.users,
                Who::Group(_) => &mut lists.groups,
            };
            let Some(seen) = slot else { continue };
            if !seen.contains(&entry.list) {
                seen.push(entry.list);
            }
            if seen.len() > MOST_LISTS {
                *slot = None;
            }
        }
        lists
    }

    /// What each role grants, where that is not too much to look at.
    pub fn effects(&self) -> &[Option<Effect>] {
        self.effects.get_or_init(|| roles::effects(self.model))
    }

    /// The entries by which places are private to those who are let in, by the place and the kind that is private there: a
    /// default of `nothing`.
    pub fn private(&self) -> &HashMap<(PlaceId, KindId), u32, foldhash::fast::RandomState> {
        self.private.get_or_init(|| {
            let m = self.model;
            let is_private = |e: &Entry| e.who == Who::Everyone && e.verb == Verb::Can && is_nothing(&m.lists[e.list as usize]);
            let entries = (0..).zip(&m.entries).filter(|(_, e)| is_private(e) && !self.is_over(e.until));
            let kinds = |e: &'m Entry| m.lists[e.list as usize].on.iter().map(|(kind, _)| (e.place, *kind));
            entries.flat_map(|(id, e)| kinds(e).map(move |at| (at, id))).collect()
        })
    }

    /// Who has which role everywhere.
    pub fn everywhere(&self) -> Vec<(Who, u32)> {
        self.model.assignments.iter().filter(|a| a.scope.is_none()).map(|a| (a.who, a.role)).collect()
    }

    /// Whom a row of the compiled policy speaks of.
    pub fn who(&self, principal: &Principal) -> Option<Who> {
        match principal {
            Principal::Everyone => Some(Who::Everyone),
            Principal::User(user) => self.model.users.get(user).map(Who::User),
            Principal::Group(group) => self.model.groups.get(group).map(Who::Group),
        }
    }

    /// Whether a place has a prohibition.
    pub fn prohibits(&self, place: PlaceId) -> bool {
        self.prohibits[place as usize]
    }

    /// Whether an organization names a member, now.
    pub fn is_member(&self, organization: PlaceId, who: Who) -> bool {
        let lasting = self.model.org_members.iter().filter(|m| !self.is_over(m.until));
        let all = || lasting.map(|m| (m.of, m.who)).collect();
        self.members_of.get_or_init(all).contains(&(organization, who))
    }

    /// Some who can sign in to an organization that is closed.
    pub fn insiders(&self, organization: PlaceId) -> &[Person] {
        self.insiders.get_or_init(|| witness::insiders(self)).get(&organization).map_or(&[], Vec::as_slice)
    }

    /// The pattern of a kind with exactly this start.
    pub fn pattern(&self, kind: KindId, start: &str) -> Option<PlaceId> {
        self.patterns.get(&(kind, start)).copied()
    }

    /// The patterns of a kind whose start is one of `id`, longest first.
    pub fn matching(&self, kind: KindId, id: &'m str) -> impl Iterator<Item = PlaceId> + '_ {
        let lengths = self.lengths[kind as usize].iter().filter(|n| **n <= id.len() && id.is_char_boundary(**n));
        lengths.filter_map(move |n| self.pattern(kind, &id[..*n]))
    }

    /// Whether a span lies in a file that ships with Roomkey.
    pub fn is_shipped(&self, span: Span) -> bool {
        self.sources.get(span.file).is_embedded()
    }
}

/// The earlier of two ends; `None` is never.
pub fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether the first end is at or behind the second; `None` is never.
pub fn lasts(one: Option<Instant>, other: Option<Instant>) -> bool {
    one.is_none_or(|one| other.is_some_and(|other| one >= other))
}
