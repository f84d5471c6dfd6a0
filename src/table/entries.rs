//! What a resource's own entries say, with nothing in memory but what the registers hold.

use super::decide::Permission;
use super::layout::{UNSET, place};
use super::matching::{Who, few_groups, given, of_user};
use super::records::{Rows, value};
use super::view::{Damage, View};
use crate::model::kinds::Value;

/// More than its entries has a say: something further out, roles, prohibitions or a closed door.
pub(super) const MORE: u32 = place::CANNOT
    | place::ROLES
    | place::MEMBERS
    | place::OUTER
    | place::ANY_CANNOT
    | place::ANY_ROLES
    | place::CLOSED
    | place::PATTERN;

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
