//! The commonest case: one row of a resource's own entries decides, and its record lies in one cache line.
//!
//! It is the decision of [`summed`](super::summed) where the table was compared with its checksums, who asks is in few
//! groups for good, and of the user's rows, else its groups', else everyone's, there is exactly one. The whole line is
//! compared at once, which compilers turn into instructions over many words; the row is chosen by calculation; and what
//! lies outside of the table is left to the other ways, which say where.

use super::decide::Permission;
use super::entries::MORE;
use super::layout::{DENSE, LINE, NOTHING, Section, UNSET, grant, place, principal, rows};
use super::view::{View, Word, number};
use crate::model::kinds::{FOLLOW, NONE, Value};

/// The words of a line, and those before the rows' principals.
const WORDS: usize = LINE as usize;
const HEAD: usize = place::WORDS as usize + 1;
/// The words of a line that may be principals.
const BEHIND: usize = WORDS - HEAD;
/// The most groups of who asks.
const FEW: usize = 8;
/// The bits of words: those of the user's rows below, those of groups' above.
const OF_USER: [u32; BEHIND] = bits(0);
const OF_GROUPS: [u32; BEHIND] = bits(16);

const fn bits(first: u32) -> [u32; BEHIND] {
    let mut bits = [0; BEHIND];
    let mut i = 0;
    while i < BEHIND {
        bits[i] = 1 << (first + i as u32);
        i += 1;
    }
    bits
}

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
    let same = if mine.len() <= FEW / 2 { same::<{ FEW / 2 }>(words, user, mine) } else { same::<FEW>(words, user, mine) };
    let below = |count: u32| (1u32 << count) - 1;
    let of_groups = same >> 16 & (below(principals) & !below(users));
    let of_user = same & below(users);
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

/// Which words are the user, and which are one of its groups. It stands for itself, and in this form, so that compilers
/// see whole lines in it: anything shorter takes three times as many instructions.
#[inline(never)]
fn same<const N: usize>(words: &[Word; BEHIND], user: u32, groups: &[Word]) -> u32 {
    let mut mine = [NOTHING; N];
    for (j, own) in mine.iter_mut().enumerate() {
        *own = groups.get(j).map_or(NOTHING, number);
    }
    let mut same = [0; BEHIND];
    for i in 0..BEHIND {
        let word = number(&words[i]);
        let mut any = false;
        for own in mine {
            any |= word == own;
        }
        same[i] = if any { OF_GROUPS[i] } else { 0 } | if word == user { OF_USER[i] } else { 0 };
    }
    same.iter().fold(0, |all, word| all | word)
}

/// Whether a permission may be decided here: it is none of many parts, and none with sub-features.
pub fn is_brief(parts: usize, family: bool) -> bool {
    parts <= DENSE && !family
}
