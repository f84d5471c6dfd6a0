//! The records of resources and patterns, sorted by kind and id, with their rows.

use rayon::prelude::*;

use super::bytes::{Writer, fill, settle};
use super::grants::{Gives, Grants};
use super::principals::{Principals, name_bytes};
use super::walks::Walks;
use super::{TooLarge, sort_of};
use crate::model::{Model, TimeId, Who};
use crate::source::Span;
use crate::table::layout::{LINE, NOTHING, Section, header, place, rows};

/// What rows of a place are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Access entries.
    Can,
    /// Prohibitions.
    Cannot,
    /// Assignments in this scope.
    Role,
    /// Members of the organization.
    Member,
}

/// The sorts, in the order of the rows.
pub const SORTS: [Sort; 4] = [Sort::Can, Sort::Cannot, Sort::Role, Sort::Member];

/// A row on its way into a place's record.
#[derive(Clone, Copy)]
pub struct Row {
    /// The place's number times four, and the sort.
    owner: u32,
    /// 0 for a user, 1 for a group, 2 for everyone.
    pub class: u8,
    /// The record of the user or group.
    pub who: u32,
    /// What it gives.
    pub grant: u32,
    /// The statement.
    pub span: Span,
}

/// All rows, by place, sort and principal.
pub struct Rows {
    /// The model's places, sorted by kind and id.
    pub order: Vec<u32>,
    /// The number of each of the model's places in that order.
    pub number: Vec<u32>,
    starts: Vec<usize>,
    rows: Vec<Row>,
}

impl Rows {
    /// Takes every row of the model.
    pub fn gather(model: &Model, principals: &Principals, grants: &mut Grants<'_>) -> Rows {
        let mut order: Vec<u32> = (0..model.places.len() as u32).collect();
        order.par_sort_unstable_by_key(|p| {
            let p = &model.places[*p as usize];
            (p.kind, &*p.id, p.pattern)
        });
        let mut number = vec![0; order.len()];
        (0..).zip(&order).for_each(|(i, p)| number[*p as usize] = i);
        let everywhere = order.len() as u32;
        let mut rows = Vec::with_capacity(model.entries.len() + model.assignments.len() + model.org_members.len());
        let mut add = |place: u32, sort: Sort, who: Who, gives: Gives, until: TimeId, span: Span| {
            let class = match who {
                Who::User(_) => 0,
                Who::Group(_) => 1,
                Who::Everyone => 2,
            };
            let grant = grants.of(gives, until);
            rows.push(Row { owner: place * SORTS.len() as u32 + sort as u32, class, who: principals.record(who), grant, span });
        };
        for e in &model.entries {
            add(number[e.place as usize], sort_of(e.verb), e.who, Gives::List(e.list), e.until, e.span);
        }
        for a in &model.assignments {
            let scope = a.scope.map_or(everywhere, |p| number[p as usize]);
            add(scope, Sort::Role, a.who, Gives::Role(a.role, a.owner), a.until, a.span);
        }
        for m in &model.org_members {
            add(number[m.of as usize], Sort::Member, m.who, Gives::Membership, m.until, m.span);
        }
        rows.par_sort_unstable_by_key(|r| (r.owner, r.class, r.who, r.span));
        let mut starts = vec![0; (order.len() + 1) * SORTS.len() + 1];
        rows.iter().for_each(|r| starts[r.owner as usize + 1] += 1);
        (1..starts.len()).for_each(|i| starts[i] += starts[i - 1]);
        Rows { order, number, starts, rows }
    }

    /// The rows of the place with this number: users', groups', everyone's.
    pub fn of(&self, place: usize, sort: Sort) -> &[Row] {
        let owner = place * SORTS.len() + sort as usize;
        &self.rows[self.starts[owner]..self.starts[owner + 1]]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether anything is said about access in a place.
    pub fn speaks(&self, place: usize) -> bool {
        [Sort::Can, Sort::Cannot, Sort::Role].iter().any(|s| !self.of(place, *s).is_empty())
    }
}

/// How rows are laid out.
struct Shape {
    users: usize,
    groups: usize,
    everyone: usize,
    wide: bool,
}

impl Shape {
    fn of(rows: &[Row], grants: &Grants<'_>) -> Shape {
        let users = rows.partition_point(|r| r.class == 0);
        let groups = rows.partition_point(|r| r.class <= 1) - users;
        let everyone = rows.len() - users - groups;
        let many = users > rows::MAX_USERS || groups > rows::MAX_GROUPS || everyone > rows::MAX_EVERYONE;
        let wide = many || rows.iter().any(|r| grants.number(r.grant) > u32::from(u16::MAX));
        Shape { users, groups, everyone, wide }
    }

    fn words(&self) -> usize {
        let (who, all) = (self.users + self.groups, self.users + self.groups + self.everyone);
        if self.wide { 4 + who + all } else { 1 + who + all.div_ceil(2) }
    }

    fn write(&self, rows: &[Row], grants: &Grants<'_>, section: &mut Vec<u8>) {
        let mut word = |w: u32| section.extend_from_slice(&w.to_le_bytes());
        let [users, groups, everyone] = [self.users, self.groups, self.everyone].map(|n| n as u32);
        match self.wide {
            true => [rows::WIDE, users, groups, everyone].into_iter().for_each(&mut word),
            false => word(users | groups << 16 | everyone << 24),
        }
        rows[..self.users + self.groups].iter().for_each(|r| word(r.who));
        for row in rows {
            let number = grants.number(row.grant);
            match self.wide {
                true => section.extend_from_slice(&number.to_le_bytes()),
                false => section.extend_from_slice(&(number as u16).to_le_bytes()),
            }
        }
        section.resize(section.len().next_multiple_of(4), 0);
    }
}

const OPTIONAL: [(Sort, u32); 3] = [(Sort::Cannot, place::CANNOT), (Sort::Role, place::ROLES), (Sort::Member, place::MEMBERS)];

/// Where each place's record begins, and where the last one ends.
pub fn measure(model: &Model, rows: &Rows, grants: &Grants<'_>) -> Result<(Vec<u32>, u32), TooLarge> {
    let mut next = 0u32;
    let mut offsets = Vec::with_capacity(rows.order.len());
    for (i, p) in rows.order.iter().enumerate() {
        let optional = OPTIONAL.iter().filter(|(s, _)| !rows.of(i, *s).is_empty()).count();
        let decides = Shape::of(rows.of(i, Sort::Can), grants).words() + optional + place::WORDS as usize;
        let all = decides + model.places[*p as usize].id.len().div_ceil(4);
        let end = settle(next, decides, all).and_then(|from| {
            offsets.push(from);
            from.checked_add(u32::try_from(all).ok()?)
        });
        next = end.ok_or(TooLarge(Section::Places.name()))?;
    }
    Ok((offsets, next))
}

/// Writes every record.
pub fn write(
    model: &Model,
    rows: &Rows,
    grants: &Grants<'_>,
    walks: &Walks,
    offsets: &(Vec<u32>, u32),
    writer: &mut Writer,
) -> Result<(), TooLarge> {
    writer.reserve(Section::Places, offsets.1 as usize * 4);
    let mut places = std::mem::take(writer.section(Section::Places));
    for (i, p) in rows.order.iter().enumerate() {
        fill(&mut places, offsets.0[i]);
        let p = &model.places[*p as usize];
        let mut flags = walks.flags[i];
        let mut optional = Vec::new();
        for (sort, flag) in OPTIONAL {
            if !rows.of(i, sort).is_empty() {
                flags |= flag;
                optional.push(more(rows.of(i, sort), grants, writer)?);
            }
        }
        let own = if p.pattern { place::PATTERN } else { 0 } | if p.declared { place::DECLARED } else { 0 };
        let flags = flags | own | (p.id.len() as u32) << place::NAME_SHIFT;
        for word in [p.kind, flags, walks.around[i]].into_iter().chain(optional) {
            places.extend_from_slice(&word.to_le_bytes());
        }
        let can = rows.of(i, Sort::Can);
        Shape::of(can, grants).write(can, grants, &mut places);
        name_bytes(&mut places, &p.id);
    }
    // A reader takes a whole line at a time, also of the last record, which has four words at least.
    places.resize(places.len() + (LINE as usize - 4) * 4, u8::MAX);
    *writer.section(Section::Places) = places;
    let everywhere = rows.of(rows.order.len(), Sort::Role);
    let at = if everywhere.is_empty() { NOTHING } else { more(everywhere, grants, writer)? };
    writer.flag(header::EVERYWHERE, at);
    Ok(())
}

fn more(rows: &[Row], grants: &Grants<'_>, writer: &mut Writer) -> Result<u32, TooLarge> {
    let at = u32::try_from(writer.len(Section::Rows) / 4).map_err(|_| TooLarge(Section::Rows.name()))?;
    Shape::of(rows, grants).write(rows, grants, writer.section(Section::Rows));
    Ok(at)
}
