//! A check by a resource's own rows, and by what is summed up of outer places, roles, prohibitions and closed doors where
//! they have a say: each principal of who asks is looked up once in what they say together, and not once in each of them.
//!
//! It is the decision of [`decide`](super::decide) by the summaries that the compiler made of the same rows; where one is
//! needed and there is none, that one decides.

use super::decide::{Permission, Resource, ResourceId};
use super::entries::{MORE, entries};
use super::layout::{NOTHING, Section, UNSET, around, cell, layer, place, summary};
use super::line;
use super::matching::{Who, granted, speaking};
use super::records::{Place, Rows, value};
use super::view::{Damage, View, Word, number};
use crate::model::kinds::{FOLLOW, NONE, Value};

/// Whether it is allowed; `None` where nothing sums up what surrounds the resource. `everywhere` is the scope's rows.
#[inline(never)]
pub fn allowed(
    view: &View<'_>,
    who: &Who<'_>,
    permission: Permission,
    on: Resource<'_>,
    everywhere: u32,
) -> Result<Option<bool>, Damage> {
    if permission.family {
        return Ok(None);
    }
    match permission.feature {
        false => sums(view, who, permission, (on, everywhere), [permission.part]),
        true => sums(view, who, permission, (on, everywhere), [0, permission.part]),
    }
}

/// Rows of a place that stand where its entries would.
const ELSEWHERE: u32 = place::CANNOT | place::ROLES | place::MEMBERS;

/// How many groups are looked for in a filter at once.
const AT_ONCE: usize = 64;
/// The highest bits of a hash that say where a group is in 64 bits begin behind so many lower ones.
const FIRST_BITS: u32 = 26;

/// What was said so far about some parts.
struct Heard<const N: usize> {
    parts: [u32; N],
    /// The layer, the place in it, whom the entry speaks of, and 255 less its value: the lowest decides.
    access: [u32; N],
    role: [u32; N],
    cap: [u32; N],
    member: bool,
}

#[inline(always)]
fn sums<const N: usize>(
    view: &View<'_>,
    who: &Who<'_>,
    permission: Permission,
    (on, everywhere): (Resource<'_>, u32),
    parts: [u32; N],
) -> Result<Option<bool>, Damage> {
    let (place, kind, index) = match on {
        Resource::Declared(ResourceId(at)) => {
            let place = Place::read(view, at)?;
            (Some(place), place.kind, place.around / around::WORDS as u32)
        }
        Resource::Matched(matched) => {
            let arounds = view.length(Section::Around) / (around::WORDS * size_of::<Word>());
            (None, matched.kind, (arounds as u32).saturating_add(matched.pattern))
        }
    };
    if kind != permission.kind {
        return Err(Damage::OtherKind);
    }
    if let Some(place) = &place {
        for flag in [place::ROLES, place::CANNOT] {
            if let Some(at) = place.rows_at(view, flag)? {
                view.prefetch(Section::Rows, at);
            }
        }
    }
    let mut heard = Heard { parts, access: [u32::MAX; N], role: [0; N], cap: [u32::from(UNSET); N], member: false };
    let alone = everywhere == NOTHING && place.is_some_and(|p| !p.is(MORE));
    if !alone {
        if view.length(Section::Summaries) == 0 || place.is_some_and(|p| p.is(place::PATTERN)) {
            return Ok(None);
        }
        let summary = view.fixed(Section::Summaries, index.saturating_mul(summary::WORDS as u32))?;
        match around_it(view, who, summary, &mut heard)? {
            Around::Open => {}
            Around::Shut => return Ok(Some(false)),
            Around::Unsummed => return Ok(None),
        }
    }
    let mut set = [UNSET; N];
    if let Some(place) = &place {
        // The last part is the one that is asked for; a feature's base comes before it.
        let line = if who.untils.is_empty() {
            line::said(view, who.user, who.groups, who.now, &permission, place.at, ELSEWHERE)
        } else {
            None
        };
        match line {
            Some((base, own)) => (set[0], set[N - 1]) = (base, own),
            None => match entries(view, who, &permission, &place.entries(view)?, parts)? {
                Some(own) => set = own,
                None => return Ok(None),
            },
        }
        if place.is(place::ROLES | place::CANNOT) {
            rows(view, who, &permission, place, &mut heard)?;
        }
    }
    for (set, access) in set.iter_mut().zip(heard.access) {
        if *set == UNSET && access != u32::MAX {
            *set = UNSET - access as u8;
        }
    }
    Ok(Some(conclude(set, &heard, &permission)))
}

/// What a summary tells before the resource is looked at.
enum Around {
    /// Who asks gets in.
    Open,
    /// Only members do.
    Shut,
    /// It sums up nothing.
    Unsummed,
}

/// Takes what every layer of a summary says.
#[inline(always)]
fn around_it<const N: usize>(
    view: &View<'_>,
    who: &Who<'_>,
    summary: &[Word; summary::WORDS],
    heard: &mut Heard<N>,
) -> Result<Around, Damage> {
    let (layers, closed) = (number(&summary[0]) & 0xFF, number(&summary[0]) & summary::CLOSED != 0);
    if layers == 0 {
        return Ok(Around::Unsummed);
    }
    // Each layer lies elsewhere: all are waited for at once.
    for at in summary[1..].iter().take(layers as usize) {
        view.prefetch(Section::Summaries, number(at));
    }
    // The bits of who asks, to pass over layers that say nothing to any of its groups.
    let mine = who.groups.iter().fold(0u64, |mine, group| mine | 1 << (number(group).wrapping_mul(layer::FACTOR) >> 26));
    for (i, at) in summary[1..].iter().take(layers as usize).enumerate() {
        hear_layer(view, who, mine, number(at), (i as u32) << 16, heard)?;
    }
    Ok(if closed && !heard.member { Around::Shut } else { Around::Open })
}

/// Takes what a layer says to who asks; `nth` is the layer's part in what decides.
#[inline(always)]
fn hear_layer<const N: usize>(
    view: &View<'_>,
    who: &Who<'_>,
    mine: u64,
    at: u32,
    nth: u32,
    heard: &mut Heard<N>,
) -> Result<(), Damage> {
    let [sizes, everyone, may_low, may_high] = view.fixed(Section::Summaries, at)?;
    let members = number(sizes) & layer::MEMBERS != 0;
    let (users, groups) = (number(sizes) & 0xFF, number(sizes) >> 8 & 0xFF);
    let mut table = at.saturating_add(layer::WORDS as u32);
    if number(everyone) != NOTHING {
        hear(view, who.now, number(everyone), (nth | 2 << 8, members), heard)?;
    }
    if users != 0 {
        let slots = slots(view, table, users)?;
        if let Some(cell) = find(slots, users, who.user.wrapping_mul(layer::FACTOR), who.user).filter(|_| who.user != NOTHING) {
            hear(view, who.now, cell, (nth, members), heard)?;
        }
        table = table.saturating_add(2 * slots.len() as u32);
    }
    let may = u64::from(number(may_low)) | u64::from(number(may_high)) << 32;
    if groups == 0 || may & mine == 0 {
        return Ok(());
    }
    let slots = slots(view, table, groups)?;
    let doublings = (number(sizes) >> layer::FILTER_SHIFT).min(layer::FILTER);
    let small = [*may_low, *may_high];
    let filter = match doublings {
        0 => &small[..],
        _ => view.words(Section::Summaries, table.saturating_add(2 * slots.len() as u32), 2 << doublings)?,
    };
    let mut first = 0;
    for some in who.groups.chunks(AT_ONCE) {
        // All of them are looked at before any is found, since a branch for each would often guess wrong.
        let mut may = 0u64;
        for (j, group) in some.iter().enumerate() {
            let bit = number(group).wrapping_mul(layer::FACTOR) >> (FIRST_BITS - doublings);
            let word = filter.get(bit as usize / 32).map_or(0, number);
            may |= u64::from(word >> (bit % 32) & 1) << j;
        }
        while may != 0 {
            let j = first + may.trailing_zeros() as usize;
            may &= may - 1;
            let group = number(&who.groups[j]);
            let Some(cell) = find(slots, groups, group.wrapping_mul(layer::FACTOR), group) else { continue };
            if who.untils.is_empty() || who.untils.get(j).is_some_and(|u| number(u) >= who.now) {
                hear(view, who.now, cell, (nth | 1 << 8, members), heard)?;
                if members && heard.member {
                    return Ok(());
                }
            }
        }
        first += AT_ONCE;
    }
    Ok(())
}

/// The slots of a table with so many bits.
#[inline(always)]
fn slots<'v>(view: &View<'v>, at: u32, bits: u32) -> Result<&'v [[Word; 2]], Damage> {
    let words = 2usize.checked_shl(bits).filter(|_| bits < 32).ok_or(Damage::Sense(Section::Summaries))?;
    Ok(view.words(Section::Summaries, at, words)?.as_chunks().0)
}

/// The cell of a record with this hash.
#[inline(always)]
fn find(slots: &[[Word; 2]], bits: u32, hash: u32, who: u32) -> Option<u32> {
    let mut slot = (hash >> (32 - bits)) as usize;
    for _ in 0..slots.len() {
        let [key, cell] = slots.get(slot)?;
        match number(key) {
            key if key == who => return Some(number(cell)),
            NOTHING => return None,
            _ => slot = (slot + 1) & (slots.len() - 1),
        }
    }
    None
}

/// Takes what a principal's cell says.
#[inline(always)]
fn hear<const N: usize>(
    view: &View<'_>,
    now: u32,
    mut at: u32,
    (place, members): (u32, bool),
    heard: &mut Heard<N>,
) -> Result<(), Damage> {
    if at & layer::TIMED != 0 {
        match lasting(view, now, at & !layer::TIMED)? {
            Some(cell) => at = cell,
            None => return Ok(()),
        }
    }
    if members {
        heard.member = true;
        return Ok(());
    }
    for i in 0..N {
        let [word] = view.fixed(Section::Cells, at.saturating_add(heard.parts[i]))?;
        let word = number(word);
        let access = word >> cell::ACCESS_SHIFT;
        let access = if access == cell::SILENT >> cell::ACCESS_SHIFT { u32::MAX } else { access | place };
        heard.access[i] = heard.access[i].min(access);
        heard.role[i] = heard.role[i].max(word >> cell::ROLE_SHIFT & 0xFF);
        heard.cap[i] = heard.cap[i].min(word & 0xFF);
    }
    Ok(())
}

/// The cell of a principal at a time, where its rows end; none when all have.
#[inline(never)]
fn lasting(view: &View<'_>, now: u32, at: u32) -> Result<Option<u32>, Damage> {
    let [count] = view.fixed(Section::Cells, at)?;
    let count = (number(count) as usize).min(layer::ENDS);
    let ends: &[[Word; 2]] = view.words(Section::Cells, at.saturating_add(1), count * 2)?.as_chunks().0;
    Ok(ends.iter().find(|[until, _]| number(until) >= now).map(|[_, cell]| number(cell)))
}

/// Takes the resource's own assignments and prohibitions.
#[inline(always)]
fn rows<const N: usize>(
    view: &View<'_>,
    who: &Who<'_>,
    permission: &Permission,
    place: &Place,
    heard: &mut Heard<N>,
) -> Result<(), Damage> {
    for flag in [place::ROLES, place::CANNOT] {
        let Some(at) = place.rows_at(view, flag)? else { continue };
        let mut take = |gives: u32| {
            let Some(set) = granted(view, who.now, permission.kind, gives)? else { return Ok(()) };
            for i in 0..N {
                match value(view, set, heard.parts[i], permission.parts as usize)? {
                    UNSET => {}
                    value if flag == place::ROLES => heard.role[i] = heard.role[i].max(value.into()),
                    value => heard.cap[i] = heard.cap[i].min(value.into()),
                }
            }
            Ok(())
        };
        let short = if who.untils.is_empty() { line::short(view, who.user, who.groups, at) } else { None };
        match short {
            Some(mut short) => short.try_for_each(take)?,
            None => {
                let rows = Rows::read(view, Section::Rows, at)?;
                speaking(who, &rows, |row| take(rows.gives(row)))?;
            }
        }
    }
    Ok(())
}

/// The answer from what entries set, roles give and prohibitions leave.
#[inline(always)]
fn conclude<const N: usize>(set: [Value; N], heard: &Heard<N>, permission: &Permission) -> bool {
    let base = match set[0] {
        UNSET => NONE,
        base => base,
    };
    let left = |i: usize| {
        let silent = if permission.feature { base } else { NONE };
        let own = if set[i] == UNSET || set[i] == FOLLOW { silent } else { set[i] };
        u32::from(own).max(heard.role[i]).min(heard.cap[i])
    };
    let asked = left(N - 1) >= u32::from(permission.value);
    asked && (!permission.feature || left(0) > u32::from(NONE))
}
