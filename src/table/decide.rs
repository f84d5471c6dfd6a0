//! The decision: who, what part at which level, on which resource, at which time.

use super::layout::{NOTHING, Section, UNSET, place};
use super::matching::{Who, given, of_groups, of_user, speaking};
use super::records::{Place, Rows, value};
use super::view::{Damage, View};
use super::walk::{Ground, gate};
use crate::model::kinds::{FOLLOW, KindId, NONE, Value};

/// A permission of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub(super) kind: KindId,
    pub(super) part: u32,
    pub(crate) value: Value,
    /// A feature, which follows the base and needs one.
    pub(crate) feature: bool,
    /// A feature with sub-features, any of which will do.
    pub(super) family: bool,
    /// How many parts the kind has.
    pub(super) parts: u32,
    /// Neither the kind's parts nor the sub-features are many.
    pub(super) brief: bool,
}

impl Permission {
    /// The kind that declares it.
    pub fn kind(&self) -> KindId {
        self.kind
    }

    /// What all levels of its part have in common.
    pub(crate) fn without_level(self) -> Permission {
        Permission { value: NONE, ..self }
    }
}

/// A resource that the table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    /// It is declared.
    Declared(ResourceId),
    /// It is not declared, and a pattern matches it.
    Matched(Matched<'a>),
}

/// A declared resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub(super) u32);

/// An undeclared resource that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched<'a> {
    pub(super) kind: KindId,
    pub(super) id: &'a str,
    pub(super) pattern: u32,
}

/// The organization that a sign-in names.
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    /// Its place; [`NOTHING`] for `default` without a block.
    pub place: u32,
    /// Whether the table knows it.
    pub known: bool,
    /// Its name.
    pub name: &'a str,
}

/// A question in numbers.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks, and when.
    pub who: Who<'a>,
    /// The organization signed in to; the resource's own where it is not given.
    pub organization: Option<Organization<'a>>,
    /// What is asked for.
    pub permission: Permission,
    /// The parts of the feature's sub-features.
    pub subs: &'a [u32],
    /// The resource.
    pub resource: Resource<'a>,
    /// The rows of the scope `everywhere`.
    pub everywhere: u32,
}

/// A row, by the place that holds it; [`NOTHING`] for `everywhere`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowId {
    /// The place's record.
    pub place: u32,
    /// The row's number there.
    pub row: u32,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An access entry.
    Access(RowId),
    /// An assignment.
    Role(RowId),
    /// A prohibition.
    Prohibited(RowId),
    /// The resource is in another organization: this place, [`NOTHING`] for `default`.
    Outside(u32),
    /// The organization is closed and the user no member.
    NotMember(u32),
    /// The part would do, and there is no base.
    NoBase(Option<RowId>),
    /// The resource is neither declared nor matched by a pattern.
    UnknownResource,
    /// Nothing was said.
    Nothing,
}

/// The answer in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Allowed or denied.
    pub allow: bool,
    /// By what.
    pub cause: Cause,
}

/// A part while it is being decided: its value, and what gave it.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) part: u32,
    set: Value,
    value: Value,
    cap: Value,
    why: Why,
}

/// What gave a part its value; not kept where nobody asks.
#[derive(Clone, Copy)]
struct Why {
    entry: Option<RowId>,
    role: Option<RowId>,
    capped: Option<RowId>,
}

impl Part {
    #[inline(always)]
    pub(super) const fn new(part: u32) -> Part {
        Part { part, set: UNSET, value: NONE, cap: Value::MAX, why: Why { entry: None, role: None, capped: None } }
    }

    #[inline(always)]
    pub(super) fn left(&self) -> Value {
        self.value.min(self.cap)
    }
}

/// Decides a question.
pub fn decide(view: &View<'_>, ask: &Ask<'_>) -> Result<Verdict, Damage> {
    decided::<true>(view, ask)
}

/// Decides a question, and does not remember what by.
pub fn allowed(view: &View<'_>, ask: &Ask<'_>) -> Result<bool, Damage> {
    decided::<false>(view, ask).map(|v| v.allow)
}

/// Decides a question of who is let in, whatever closes the organization.
pub fn inside(view: &View<'_>, ask: &Ask<'_>) -> Result<Verdict, Damage> {
    match Ground::find(view, ask)? {
        Some(ground) => ground.asked::<true>(view, ask),
        None => Ok(Verdict { allow: false, cause: Cause::UnknownResource }),
    }
}

/// The prohibition that takes away what is asked for, whatever gives it.
pub fn forbids(view: &View<'_>, ask: &Ask<'_>) -> Result<Option<RowId>, Damage> {
    let Some(ground) = Ground::find(view, ask)? else { return Ok(None) };
    let mut parts = [Part::new(ask.permission.part), Part::new(0)];
    ground.prohibitions::<true>(view, ask, &mut parts[..1 + usize::from(ask.permission.feature)])?;
    let own = parts[0].cap < ask.permission.value;
    Ok(if own { parts[0].why.capped } else { parts[1].why.capped.filter(|_| parts[1].cap == NONE) })
}

#[inline(always)]
fn decided<const WHY: bool>(view: &View<'_>, ask: &Ask<'_>) -> Result<Verdict, Damage> {
    let deny = |cause| Ok(Verdict { allow: false, cause });
    let Some(ground) = Ground::find(view, ask)? else { return deny(Cause::UnknownResource) };
    if let Some(cause) = gate(view, ask, &ground)? {
        return deny(cause);
    }
    ground.asked::<WHY>(view, ask)
}

impl Ground {
    /// What is asked for.
    #[inline(always)]
    fn asked<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>) -> Result<Verdict, Damage> {
        let asked = ask.permission.part;
        match (ask.permission.feature, ask.subs) {
            (false, _) => self.parts::<WHY>(view, ask, &mut [Part::new(asked)]),
            (true, []) => self.parts::<WHY>(view, ask, &mut [Part::new(0), Part::new(asked)]),
            (true, subs) => self.family::<WHY>(view, ask, subs),
        }
    }

    /// A feature with sub-features, a few parts at a time: any of them will do.
    fn family<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, subs: &[u32]) -> Result<Verdict, Damage> {
        const AT_ONCE: usize = 8;
        let mut wanted = [ask.permission.part].into_iter().chain(subs.iter().copied());
        let mut first: Option<Verdict> = None;
        loop {
            let mut parts = [Part::new(0); AT_ONCE];
            let mut count = 1;
            parts[1..].iter_mut().zip(&mut wanted).for_each(|(p, part)| (p.part, count) = (part, count + 1));
            if count == 1 {
                return Ok(first.unwrap_or(Verdict { allow: false, cause: Cause::Nothing }));
            }
            let verdict = self.parts::<WHY>(view, ask, &mut parts[..count])?;
            if verdict.allow {
                return Ok(verdict);
            }
            let better = matches!(verdict.cause, Cause::Prohibited(_) | Cause::NoBase(_));
            first = first.filter(|_| !better).or(Some(verdict));
        }
    }

    #[inline(always)]
    fn parts<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, parts: &mut [Part]) -> Result<Verdict, Damage> {
        self.settle::<WHY>(view, ask, parts)?;
        Ok(conclude(ask, parts))
    }

    /// Gives each of at most eight parts its level.
    #[inline(always)]
    pub(super) fn settle<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, parts: &mut [Part]) -> Result<(), Damage> {
        self.accesses::<WHY>(view, ask, parts)?;
        follow(ask.permission.feature, parts);
        if self.flags & place::ANY_ROLES != 0 || ask.everywhere != NOTHING {
            self.roles::<WHY>(view, ask, parts)?;
        }
        if self.flags & place::ANY_CANNOT != 0 {
            self.prohibitions::<WHY>(view, ask, parts)?;
        }
        Ok(())
    }

    /// Each part is decided on its own by the first place that sets it.
    #[inline(always)]
    fn accesses<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, parts: &mut [Part]) -> Result<(), Damage> {
        if let Some(place) = &self.declared
            && (entries::<WHY>(view, ask, place, parts)? || self.flags & place::OUTER == 0)
        {
            return Ok(());
        }
        self.outside(view, |at| entries::<WHY>(view, ask, &Place::read(view, at)?, parts), ask.who.now)
    }

    #[inline(never)]
    fn roles<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, parts: &mut [Part]) -> Result<(), Damage> {
        let mut at = |place: &Place| match place.is(place::ROLES) {
            true => assignments::<WHY>(view, ask, place.at, &place.rows(view, place::ROLES)?, parts),
            false => Ok(()),
        };
        self.declared.as_ref().map_or(Ok(()), &mut at)?;
        self.outside(view, |p| at(&Place::read(view, p)?).map(|()| false), ask.who.now)?;
        match ask.everywhere {
            NOTHING => Ok(()),
            rows => assignments::<WHY>(view, ask, NOTHING, &Rows::read(view, Section::Rows, rows)?, parts),
        }
    }

    #[inline(never)]
    fn prohibitions<const WHY: bool>(&self, view: &View<'_>, ask: &Ask<'_>, parts: &mut [Part]) -> Result<(), Damage> {
        let mut at = |place: &Place| match place.is(place::CANNOT) {
            true => caps::<WHY>(view, ask, place, parts),
            false => Ok(()),
        };
        self.declared.as_ref().map_or(Ok(()), &mut at)?;
        self.outside(view, |p| at(&Place::read(view, p)?).map(|()| false), ask.who.now)
    }
}

/// What the place's entries say: the user, else the groups' highest, else everyone. Tells whether all parts are set.
#[inline(always)]
fn entries<const WHY: bool>(view: &View<'_>, ask: &Ask<'_>, place: &Place, parts: &mut [Part]) -> Result<bool, Damage> {
    let rows = place.entries(view)?;
    if rows.is_empty() {
        return Ok(false);
    }
    let id = |row: usize| (place.at, &rows, row);
    let open = unset(parts);
    for row in of_user(&ask.who, &rows) {
        hear::<WHY>(view, ask, id(row), parts, open)?;
    }
    let open = unset(parts);
    if open == 0 {
        return Ok(true);
    }
    of_groups(&ask.who, &rows, |row| hear::<WHY>(view, ask, id(row), parts, open))?;
    let open = unset(parts);
    if open == 0 {
        return Ok(true);
    }
    for row in rows.of_everyone() {
        hear::<WHY>(view, ask, id(row), parts, open)?;
    }
    Ok(unset(parts) == 0)
}

/// The parts that nothing has set yet, as bits.
#[inline(always)]
fn unset(parts: &[Part]) -> u8 {
    let mut open = 0;
    for (i, part) in parts.iter().enumerate() {
        open |= u8::from(part.set == UNSET) << i;
    }
    open
}

/// Takes what a row sets for the parts that are open to it, as bits; of several rows the highest counts.
#[inline(always)]
fn hear<const WHY: bool>(
    view: &View<'_>,
    ask: &Ask<'_>,
    (place, rows, row): (u32, &Rows<'_>, usize),
    parts: &mut [Part],
    open: u8,
) -> Result<(), Damage> {
    let Some(set) = given(view, ask.who.now, ask.permission.kind, rows, row)? else { return Ok(()) };
    for (i, part) in parts.iter_mut().enumerate() {
        if open >> i & 1 == 0 {
            continue;
        }
        let value = value(view, set, part.part, ask.permission.parts as usize)?;
        if value != UNSET && (part.set == UNSET || value > part.set) {
            part.set = value;
            if WHY {
                part.why.entry = Some(RowId { place, row: row as u32 });
            }
        }
    }
    Ok(())
}

fn assignments<const WHY: bool>(
    view: &View<'_>,
    ask: &Ask<'_>,
    place: u32,
    rows: &Rows<'_>,
    parts: &mut [Part],
) -> Result<(), Damage> {
    speaking(&ask.who, rows, |row| {
        let Some(set) = given(view, ask.who.now, ask.permission.kind, rows, row)? else { return Ok(()) };
        for part in parts.iter_mut() {
            let value = value(view, set, part.part, ask.permission.parts as usize)?;
            if value != UNSET && value > part.value {
                part.value = value;
                if WHY {
                    part.why.role = Some(RowId { place, row: row as u32 });
                }
            }
        }
        Ok(())
    })
}

fn caps<const WHY: bool>(view: &View<'_>, ask: &Ask<'_>, place: &Place, parts: &mut [Part]) -> Result<(), Damage> {
    let rows = place.rows(view, place::CANNOT)?;
    speaking(&ask.who, &rows, |row| {
        let Some(set) = given(view, ask.who.now, ask.permission.kind, &rows, row)? else { return Ok(()) };
        for part in parts.iter_mut() {
            let value = value(view, set, part.part, ask.permission.parts as usize)?;
            if value != UNSET && value < part.cap {
                part.cap = value;
                if WHY {
                    part.why.capped = Some(RowId { place: place.at, row: row as u32 });
                }
            }
        }
        Ok(())
    })
}

/// Completes the accesses by their own base.
#[inline(always)]
fn follow(feature: bool, parts: &mut [Part]) {
    let (base, base_entry) = (parts[0].set, parts[0].why.entry);
    let base = if base == UNSET { NONE } else { base };
    for part in parts {
        (part.value, part.why.entry) = match part.set {
            UNSET | FOLLOW if feature => (base, base_entry),
            UNSET | FOLLOW => (NONE, part.why.entry),
            value => (value, part.why.entry),
        };
    }
}

/// The answer, and what made it.
#[inline(always)]
fn conclude(ask: &Ask<'_>, parts: &[Part]) -> Verdict {
    let (wanted, feature) = (ask.permission.value, ask.permission.feature);
    let (base, asked) = if feature { (&parts[0], &parts[1..]) } else { (&parts[0], parts) };
    let has_base = !feature || base.left() > NONE;
    if let Some(part) = asked.iter().find(|p| p.left() >= wanted).filter(|_| has_base) {
        let cause = part.why.role.map(Cause::Role).or(part.why.entry.map(Cause::Access)).unwrap_or(Cause::Nothing);
        return Verdict { allow: true, cause };
    }
    let cause = match asked.iter().find(|p| p.value >= wanted) {
        Some(part) if !feature || base.value > NONE => {
            let by = if part.left() >= wanted { base.why.capped } else { part.why.capped };
            by.map_or(Cause::Nothing, Cause::Prohibited)
        }
        Some(_) => Cause::NoBase(base.why.entry),
        None => asked[0].why.entry.map_or(Cause::Nothing, Cause::Access),
    };
    Verdict { allow: false, cause }
}
