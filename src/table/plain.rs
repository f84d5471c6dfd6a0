//! The common case: what a declared resource's own entries say decides alone.
//!
//! It is the decision of [`decide`](super::decide) with everything left out that the resource's flags say is not there,
//! and with nothing in memory but what the registers hold.

use super::decide::Permission;
use super::layout::{Section, UNSET, place};
use super::matching::{Who, few_groups, given, of_user};
use super::records::{Rows, value};
use super::view::{Damage, View, number};
use crate::model::kinds::{FOLLOW, NONE, Value};

/// What takes the general way: something further out speaks, or there are roles, prohibitions or a closed door.
pub(super) const MORE: u32 = place::CANNOT
    | place::ROLES
    | place::MEMBERS
    | place::OUTER
    | place::ANY_CANNOT
    | place::ANY_ROLES
    | place::CLOSED
    | place::PATTERN;

/// Whether it is allowed; `None` where it takes the general way to tell.
#[inline(always)]
pub fn allowed(view: &View<'_>, who: &Who<'_>, permission: Permission, at: u32) -> Result<Option<bool>, Damage> {
    let [kind, flags, _] = view.fixed(Section::Places, at)?;
    if number(kind) != permission.kind {
        return Err(Damage::OtherKind);
    }
    if number(flags) & MORE != 0 || permission.family {
        return Ok(None);
    }
    let rows = Rows::read(view, Section::Places, at.saturating_add(place::WORDS))?;
    if !permission.feature {
        let Some([own]) = entries(view, who, &permission, &rows, [permission.part])? else { return Ok(None) };
        return Ok(Some(own != UNSET && own >= permission.value));
    }
    let Some([base, own]) = entries(view, who, &permission, &rows, [0, permission.part])? else { return Ok(None) };
    let base = if base == UNSET { NONE } else { base };
    let own = if own == UNSET || own == FOLLOW { base } else { own };
    Ok(Some(base > NONE && own >= permission.value))
}

/// What the rows set some parts to: the user, else the groups' highest, else everyone; `None` for very many groups.
#[inline(always)]
pub(super) fn entries<const N: usize>(
    view: &View<'_>,
    who: &Who<'_>,
    permission: &Permission,
    rows: &Rows<'_>,
    parts: [u32; N],
) -> Result<Option<[Value; N]>, Damage> {
    let mut set = [UNSET; N];
    for row in of_user(who, rows) {
        let open = set.map(|v| v == UNSET);
        set = hear(view, (who.now, permission), rows, row, (parts, set, open))?;
    }
    let open = set.map(|v| v == UNSET);
    if open.contains(&true) {
        let Some(mut matching) = few_groups(who, rows) else { return Ok(None) };
        while matching != 0 {
            let row = rows.users.len() + matching.trailing_zeros() as usize;
            set = hear(view, (who.now, permission), rows, row, (parts, set, open))?;
            matching &= matching - 1;
        }
    }
    let open = set.map(|v| v == UNSET);
    if open.contains(&true) {
        for row in rows.of_everyone() {
            set = hear(view, (who.now, permission), rows, row, (parts, set, open))?;
        }
    }
    Ok(Some(set))
}

/// The values after a row has been heard.
#[inline(always)]
fn hear<const N: usize>(
    view: &View<'_>,
    (now, permission): (u32, &Permission),
    rows: &Rows<'_>,
    row: usize,
    (parts, mut set, open): ([u32; N], [Value; N], [bool; N]),
) -> Result<[Value; N], Damage> {
    let Some(found) = given(view, now, permission.kind, rows, row)? else { return Ok(set) };
    for i in 0..N {
        let value = value(view, found, parts[i], permission.parts as usize)?;
        // The highest counts. What is not set is the highest byte, so one more than it is the lowest.
        if open[i] && value.wrapping_add(1) > set[i].wrapping_add(1) {
            set[i] = value;
        }
    }
    Ok(set)
}
