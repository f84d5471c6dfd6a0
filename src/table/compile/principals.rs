//! The records of users and groups, in the order of their names.

use rayon::prelude::*;

use super::TooLarge;
use super::bytes::{Writer, settle};
use super::closure::{Above, Closure, expires};
use crate::model::names::Names;
use crate::model::{Model, Who};
use crate::table::layout::{NOTHING, OPEN_GROUPS, Section, header, place, principal};

/// Where the records of one sort begin, by the model's ids.
pub struct Offsets {
    at: Vec<u32>,
    order: Vec<u32>,
}

impl Offsets {
    /// Names with their records, in the order of the records.
    pub fn names<'m>(&'m self, names: &'m Names) -> impl ExactSizeIterator<Item = (&'m str, u32)> + 'm {
        self.order.iter().map(|id| (names.name(*id), self.at[*id as usize]))
    }
}

/// Where the records of users and groups begin.
pub struct Principals {
    /// Users.
    pub users: Offsets,
    /// Groups.
    pub groups: Offsets,
}

impl Principals {
    /// Writes every record.
    pub fn write(model: &Model, writer: &mut Writer, rank: &impl Fn(u32) -> u32) -> Result<Principals, TooLarge> {
        let closure = Closure::new(model, rank);
        if closure.open {
            writer.flag(header::FLAGS, OPEN_GROUPS);
        }
        let groups = measure(&model.groups, &closure.groups, Section::Groups)?;
        let users = measure(&model.users, &closure.users, Section::Users)?;
        records(writer, Section::Groups, &model.groups, &closure.groups, &groups, &groups.at);
        records(writer, Section::Users, &model.users, &closure.users, &users, &groups.at);
        Ok(Principals { users, groups })
    }

    /// The record of a principal; [`NOTHING`] for everyone.
    pub fn record(&self, who: Who) -> u32 {
        match who {
            Who::User(u) => self.users.at[u as usize],
            Who::Group(g) => self.groups.at[g as usize],
            Who::Everyone => NOTHING,
        }
    }
}

fn measure(names: &Names, above: &Above, section: Section) -> Result<Offsets, TooLarge> {
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    order.par_sort_unstable_by_key(|id| names.name(*id));
    let mut at = vec![0; names.len()];
    let mut next = 0u32;
    for id in &order {
        let ups = above.of(*id);
        let decides = principal::WORDS as usize + if expires(ups) { ups.len() * 2 } else { ups.len() };
        let all = decides + names.name(*id).len().div_ceil(4);
        let end = settle(next, decides, all).and_then(|from| {
            at[*id as usize] = from;
            from.checked_add(u32::try_from(all).ok()?)
        });
        next = end.ok_or(TooLarge(section.name()))?;
    }
    Ok(Offsets { at, order })
}

fn records(writer: &mut Writer, section: Section, names: &Names, above: &Above, own: &Offsets, groups: &[u32]) {
    for id in &own.order {
        writer.fill(section, own.at[*id as usize]);
        let mut ups: Vec<(u32, u32)> = above.of(*id).iter().map(|(g, until)| (groups[*g as usize], *until)).collect();
        ups.sort_unstable();
        let name = names.name(*id);
        let expiring = expires(&ups);
        let flags = if expiring { principal::EXPIRING } else { 0 } | (name.len() as u32) << place::NAME_SHIFT;
        writer.words(section, [flags, ups.len() as u32]);
        writer.words(section, ups.iter().map(|(g, _)| *g));
        if expiring {
            writer.words(section, ups.iter().map(|(_, until)| *until));
        }
        name_bytes(writer.section(section), name);
    }
}

/// A name, filled up to whole words.
pub fn name_bytes(section: &mut Vec<u8>, name: &str) {
    section.extend_from_slice(name.as_bytes());
    section.resize(section.len().next_multiple_of(4), 0);
}
