//! The commonest case: one row of a resource's own entries decides, and its record lies in one cache line.
//!
//! It is the decision of [`summed`](super::summed) where the table was compared with its checksums, who asks is in few
//! groups for good, and of the user's rows, else its groups', else everyone's, there is exactly one. The whole line is
//! compared at once, with instructions over four words where there are such; the row is chosen by calculation; and what
//! lies outside of the table is left to the other ways, which say where.

use super::decide::Permission;
use super::entries::MORE;
use super::file::same;
use super::layout::{DENSE, LINE, Section, UNSET, grant, place, principal, rows};
use super::view::{View, Word, number};
use crate::model::kinds::{FOLLOW, NONE, Value};

/// The words of a line, and those before the rows' principals.
const WORDS: usize = LINE as usize;
const HEAD: usize = place::WORDS as usize + 1;
/// The words of a line that may be principals.
pub(super) const BEHIND: usize = WORDS - HEAD;
/// The most groups of who asks.
const FEW: usize = 24;
/// Whether a user, with the groups that the policy gives it, is allowed; `None` where it takes another way to tell.
#[inline(always)]
pub fn user(view: &View<'_>, user: u32, now: u32, permission: &Permission, at: u32) -> Option<bool> {
    let users = view.compared(Section::Users)?;
    let record = users.get(user as usize..)?;
    let (head, behind) = record.split_first_chunk::<{ principal::WORDS as usize }>()?;
    let count = number(&head[1]);
    if number(&head[0]) & principal::EXPIRING != 0 || count as usize > FEW {
        return None;
    }
    allowed(view, user, behind.get(..count as usize)?, now, permission, at)
}

/// Whether who asks is allowed, in groups for good; `None` where it takes another way to tell.
#[inline(always)]
pub fn allowed(view: &View<'_>, user: u32, mine: &[Word], now: u32, permission: &Permission, at: u32) -> Option<bool> {
    let (base, own) = said(view, user, mine, now, permission, at, MORE)?;
    let base = if base == UNSET { NONE } else { base };
    if !permission.feature {
        return Some(own != UNSET && own >= permission.value);
    }
    let own = if own == UNSET || own == FOLLOW { base } else { own };
    Some(base > NONE && own >= permission.value)
}

/// What a resource's own entries set the base and a part to, where none of some flags is set; `None` where it takes
/// another way to tell.
#[inline(always)]
pub fn said(
    view: &View<'_>,
    user: u32,
    mine: &[Word],
    now: u32,
    permission: &Permission,
    at: u32,
    more: u32,
) -> Option<(Value, Value)> {
    let line: &[Word; WORDS] = view.compared(Section::Places)?.get(at as usize..)?.first_chunk()?;
    let (kind, flags, head) = (number(&line[0]), number(&line[1]), number(&line[HEAD - 1]));
    let (users, groups, everyone) = (head & 0xFFFF, head >> 16 & 0xFF, head >> 24);
    let principals = users + groups;
    let words = principals + (principals + everyone).div_ceil(2);
    let more = flags & more | head & rows::WIDE;
    if kind != permission.kind || more != 0 || words > BEHIND as u32 || mine.len() > FEW || !permission.brief {
        return None;
    }
    let words: &[Word; BEHIND] = line.last_chunk()?;
    let (of_user, of_groups) = same(words, user, mine);
    let below = |count: u32| (1u32 << count) - 1;
    let of_groups = of_groups & (below(principals) & !below(users));
    let of_user = of_user & below(users);
    let deciding = if of_groups != 0 { of_groups } else { below(everyone) << principals };
    let deciding = if of_user != 0 { of_user } else { deciding };
    if !deciding.is_power_of_two() {
        return (deciding == 0).then_some((UNSET, UNSET));
    }
    let gives = (HEAD as u32 + principals) * 4 + deciding.trailing_zeros() * 2;
    let [low, high] = line.as_flattened().get(gives as usize..)?.first_chunk()?;
    let grant = usize::from(u16::from_le_bytes([*low, *high])) * grant::WORDS;
    let grant: &[Word; grant::WORDS] = view.compared(Section::Grants)?.get(grant..)?.first_chunk()?;
    if number(&grant[grant::UNTIL]) < now || number(&grant[grant::KIND]) != kind {
        return None;
    }
    let set = view.compared_bytes(Section::Sets)?.get(number(&grant[grant::SET]) as usize..)?;
    let (base, own) = (*set.first()?, *set.get(permission.part as usize)?);
    // What this row leaves open, one further down may set.
    (own != UNSET && (base != UNSET || !permission.feature)).then_some((base, own))
}

/// The rows of a short list, as bits those that speak of who asks, and what each gives.
pub struct Short<'v> {
    bits: u32,
    gives: &'v [[u8; 2]],
}

impl Iterator for Short<'_> {
    type Item = u32;

    /// Where the grant of the next row begins.
    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        let row = self.bits.trailing_zeros();
        self.bits &= self.bits.wrapping_sub(1);
        Some(u32::from(u16::from_le_bytes(*self.gives.get(row as usize)?)) * grant::WORDS as u32)
    }
}

/// The rows at a word of the section of rows that speak of who asks; `None` where they are many.
#[inline(always)]
pub fn short<'v>(view: &View<'v>, user: u32, mine: &[Word], at: u32) -> Option<Short<'v>> {
    let line: &[Word; 1 + BEHIND] = view.compared(Section::Rows)?.get(at as usize..)?.first_chunk()?;
    let head = number(&line[0]);
    let (users, groups, everyone) = (head & 0xFFFF, head >> 16 & 0xFF, head >> 24);
    let principals = users + groups;
    if head & rows::WIDE != 0 || principals + (principals + everyone).div_ceil(2) > BEHIND as u32 || mine.len() > FEW {
        return None;
    }
    let (of_user, of_groups) = same(line.last_chunk()?, user, mine);
    let below = |count: u32| (1u32 << count) - 1;
    let of_groups = of_groups & (below(principals) & !below(users));
    let bits = of_user & below(users) | of_groups | below(everyone) << principals;
    let gives = line.get(1 + principals as usize..)?.as_flattened().as_chunks().0;
    Some(Short { bits, gives })
}

/// Whether a permission may be decided here: it is none of many parts, and none with sub-features.
pub fn is_brief(parts: usize, family: bool) -> bool {
    parts <= DENSE && !family
}
