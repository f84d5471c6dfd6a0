//! Sound model → the bytes of a table. The same policy gives the same bytes on every machine.

mod bytes;
mod closure;
mod grants;
mod kinds;
mod names;
mod origins;
mod places;
mod principals;
mod roles;
mod summaries;
mod walks;

pub use kinds::{FileName, read as read_kinds};
pub use roles::{Given, gives, gives_itself};

use super::layout::{COUNTED, MARK, NOTHING, Section};
use super::names::hash;
use crate::model::{Model, Sound};
use crate::source::Sources;
use crate::syntax::tree::Verb;
use bytes::Writer;
use grants::Grants;
use places::Rows;
use principals::Principals;

/// More than a table can hold: its numbers have 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy is too large for a table, whose section `{0}` would need numbers of more than 32 bits")]
pub struct TooLarge(pub &'static str);

/// Compiles a model that has no errors.
///
/// # Errors
/// A policy of thousands of millions of facts.
pub fn compile(sound: &Sound, sources: &Sources) -> Result<Vec<u8>, TooLarge> {
    let model = sound.model();
    let digest = digest(sources, model);
    let mut writer = Writer::new(digest);
    let times = times(model);
    times.iter().for_each(|t| {
        let (seconds, nanos) = t.to_unix();
        writer.put(Section::Times, &seconds.to_le_bytes());
        writer.put(Section::Times, &nanos.to_le_bytes());
    });
    let rank: Vec<u32> = model.times.iter().map(|t| times.partition_point(|o| o < t) as u32).collect();
    let rank = |until: u32| rank.get(until as usize).copied().unwrap_or(NOTHING);
    if let (Some(first), Some(last)) = (times.first(), times.last()) {
        writer.ends(*first, *last);
    }

    let principals = Principals::write(model, &mut writer, &rank)?;
    let mut grants = Grants::new(model, &rank);
    let rows = Rows::gather(model, &principals, &mut grants);
    grants.write(&mut writer);
    let measured = places::measure(model, &rows, &grants)?;
    let offsets = &measured.0;
    let walks = walks::Walks::find(model, &rows, offsets, &rank, &mut writer);
    places::write(model, &rows, &grants, &walks, &measured, &mut writer)?;
    summaries::write(model, &rows, &grants, &walks.contexts, &mut writer);

    let seed = writer.seed();
    names::index(
        &mut writer,
        Section::UserNames,
        principals.users.names(&model.users).map(|(name, at)| (hash(seed, 0, name), at)),
    );
    names::index(&mut writer, Section::GroupNames, principals.groups.names(&model.groups).map(|(n, at)| (hash(seed, 0, n), at)));
    let resources = rows.order.iter().zip(offsets).map(|(p, at)| (&model.places[*p as usize], *at)).filter(|(p, _)| !p.pattern);
    names::index(&mut writer, Section::PlaceNames, resources.map(|(p, at)| (hash(seed, p.kind, &p.id), at)));
    origins::write(&mut writer, sources, model, &rows, offsets, MARK);
    kinds::write(&mut writer, model, sources, &walks.patterns);
    writer.counts(counts(model, sources));
    writer.finish()
}

/// The instants at which something ends, in order.
fn times(model: &Model) -> Vec<crate::Instant> {
    let mut times = model.times.clone();
    times.sort_unstable();
    times.dedup();
    times
}

/// What the policy was read from: every file's name and text, the embedded vocabularies that count included.
fn digest(sources: &Sources, model: &Model) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (_, source) in sources.iter() {
        for text in [source.name(), source.text()] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.update(&(model.kinds.len() as u64).to_le_bytes());
    *hasher.finalize().as_bytes()
}

fn counts(model: &Model, sources: &Sources) -> [u32; COUNTED.len()] {
    let patterns = model.places.iter().filter(|p| p.pattern).count();
    [
        sources.iter().filter(|(_, s)| !s.is_embedded()).count(),
        model.kinds.len(),
        model.users.len(),
        model.groups.len(),
        model.roles.len(),
        model.places.len() - patterns,
        patterns,
        model.entries.len(),
        model.assignments.len(),
        model.members.len() + model.org_members.len(),
    ]
    .map(|n| n as u32)
}

/// What an access entry or a prohibition is among the rows of a place.
fn sort_of(verb: Verb) -> places::Sort {
    match verb {
        Verb::Can => places::Sort::Can,
        Verb::Cannot => places::Sort::Cannot,
    }
}
