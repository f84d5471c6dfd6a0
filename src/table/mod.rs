//! Model → table: bytes that answer, in memory or mapped from a file.
//!
//! [`layout`] says what stands where, `compile` writes it, [`view`] reads it within bounds, [`decide`](mod@decide) decides and
//! knows why; `line` and `summed` decide the same sooner, each where it can, and each leaves the rest to the next.

mod browse;
pub(crate) mod compare;
mod compile;
pub mod decide;
mod entries;
pub mod file;
mod horizon;
pub mod layout;
mod levels;
mod line;
mod many;
pub mod matching;
pub mod names;
pub mod origins;
mod people;
pub mod records;
mod sign_in;
mod summed;
mod trace;
pub mod view;
mod walk;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Instant;
use crate::model::Sound;
use crate::model::kinds::{Kind, KindId, Meaning, NONE};
use crate::model::names::Names;
use crate::source::Sources;
use decide::{Ask, Matched, Organization, Permission, Resource, ResourceId, Verdict};
use file::{Bytes, Held};
use layout::{NOTHING, OPEN_GROUPS, Section, header};
use matching::{Lasting, Who};
use names::Sought;
use records::{Pattern, Place, Principal as Record};
use view::{Damage, Verify, View, Word};

pub use browse::{NamedPlace, Principal, Row, RowSort, SectionSize};
pub use compile::{FileName, TooLarge};
pub(crate) use compile::{Given, gives, gives_itself};
pub use many::{Check, NamedCheck};
pub use people::Named;
pub use sign_in::{GroupId, SignIn, UserId};
pub(crate) use trace::Assigned;
pub use trace::{Step, Via};

/// Why a table cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system refuses.
    #[error("cannot read the table: {0}")]
    Read(#[from] std::io::Error),
    /// The bytes are no sound table.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// A compiled policy: immutable, shared freely between threads, and read without locks.
///
/// Users, groups, resources and permissions are numbers of one table: in another one, also of a later version of the
/// same policy, they mean something else or nothing. Look them up again where a table is replaced.
///
/// ```
/// use roomkey::{Instant, Policy, Table};
///
/// let policy = Policy::from_texts([("lobby.rk".into(), "use liveblocks  room lobby { user ann can write }".into())])?;
/// let table = Table::from_bytes(policy.table().bytes())?;
/// let (room, ann) = (table.kind("room").unwrap(), table.user("ann")?.unwrap());
/// let (write, lobby) = (table.permission(room, "write").unwrap(), table.resource(room, "lobby")?.unwrap());
/// assert!(table.check(&table.sign_in(ann)?, write, lobby, Instant::now())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Table {
    held: Held,
    kinds: Vec<Kind>,
    kind_names: Names,
    patterns: Vec<(u32, u32)>,
    files: Vec<FileName>,
    seed: u64,
    everywhere: u32,
    open: bool,
    times: u32,
    ends: (Instant, Instant),
    /// How many times had passed when somebody last asked.
    last: AtomicU32,
}

/// Compiles a model that has no errors.
///
/// # Errors
/// A policy of thousands of millions of facts.
pub fn compile(sound: &Sound, sources: &Sources) -> Result<Table, TooLarge> {
    let bytes = compile::compile(sound, sources)?;
    let table = Table::new(Bytes::owned(&bytes), Verify::Never);
    Ok(table.unwrap_or_else(|damage| unreachable!("a table that was just written is sound: {damage}")))
}

impl Table {
    /// Maps a file into memory. Opening takes the same time at any size; each block of 64 KiB is compared with its
    /// checksum when it is first touched, or all of them at once with [`Table::verify`].
    ///
    /// # Errors
    /// A file that cannot be read, or is no table of this format.
    pub fn open(path: impl AsRef<Path>) -> Result<Table, OpenError> {
        Ok(Table::new(Bytes::open(path.as_ref())?, Verify::Touch)?)
    }

    /// Maps a file into memory and compares all of it with its checksums: for long-lived readers, who then pay
    /// nothing per check.
    ///
    /// # Errors
    /// A file that cannot be read, is no table of this format, or is damaged.
    pub fn open_verified(path: impl AsRef<Path>) -> Result<Table, OpenError> {
        Ok(Table::new(Bytes::open(path.as_ref())?, Verify::Now)?)
    }

    /// A table in memory, all of it compared with its checksums.
    ///
    /// # Errors
    /// Bytes that are no sound table.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Table, OpenError> {
        Ok(Table::new(Bytes::owned(bytes.as_ref()), Verify::Now)?)
    }

    fn new(bytes: Bytes, verify: Verify) -> Result<Table, Damage> {
        let held = Held::new(bytes, verify)?;
        let view = held.view();
        let (kinds, files) = compile::read_kinds(view.part(Section::Kinds, 0, view.length(Section::Kinds))?)?;
        let mut kind_names = Names::default();
        for (kind, _) in &kinds {
            kind_names.intern(&kind.name);
        }
        if kind_names.len() != kinds.len() {
            return Err(Damage::Sense(Section::Kinds));
        }
        let (kinds, patterns) = kinds.into_iter().unzip();
        let end = |at: usize| Instant::from_unix(i64::from_le_bytes(view.head_bytes(at)), view.head(at + 8));
        let ends = (end(header::ENDS), end(header::ENDS + 12));
        let times = (view.length(Section::Times) / TIME) as u32;
        let (seed, everywhere) = (u64::from_le_bytes(view.head_bytes(header::SEED)), view.head(header::EVERYWHERE));
        let open = view.head(header::FLAGS) & OPEN_GROUPS != 0;
        Ok(Table { held, open, kinds, kind_names, patterns, files, seed, everywhere, times, ends, last: AtomicU32::new(0) })
    }

    #[inline(always)]
    fn view(&self) -> &View<'_> {
        self.held.view()
    }

    /// Compares every block with its checksum.
    ///
    /// # Errors
    /// The first block that differs.
    pub fn verify(&self) -> Result<(), Damage> {
        self.held.verify()
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.view().bytes()
    }

    /// The kind of a name.
    pub fn kind(&self, name: &str) -> Option<KindId> {
        self.kind_names.get(name)
    }

    /// The kinds, `organization` first.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The user of a name; none is a stranger.
    ///
    /// # Errors
    /// Damage to what was touched, here and in what follows.
    #[inline(always)]
    pub fn user(&self, name: &str) -> Result<Option<UserId>, Damage> {
        Ok(Sought::user(self.seed, name).find(self.view())?.map(UserId))
    }

    /// The group of a name.
    ///
    /// # Errors
    /// Damage.
    pub fn group(&self, name: &str) -> Result<Option<GroupId>, Damage> {
        Ok(Sought::group(self.seed, name).find(self.view())?.map(GroupId))
    }

    /// The resource of a kind and an id: declared, or matched by a pattern; none is unknown.
    ///
    /// # Errors
    /// Damage.
    #[inline(always)]
    pub fn resource<'a>(&self, kind: KindId, id: &'a str) -> Result<Option<Resource<'a>>, Damage> {
        match Sought::resource(self.seed, kind, id).find(self.view())? {
            Some(at) => Ok(Some(Resource::Declared(ResourceId(at)))),
            None => self.undeclared(kind, id),
        }
    }

    #[inline(never)]
    fn undeclared<'a>(&self, kind: KindId, id: &'a str) -> Result<Option<Resource<'a>>, Damage> {
        Ok(self.matching(kind, id)?.map(|pattern| Resource::Matched(Matched { kind, id, pattern })))
    }

    /// The longest pattern of a kind that an id matches.
    fn matching(&self, kind: KindId, id: &str) -> Result<Option<u32>, Damage> {
        let (from, to) = self.patterns.get(kind as usize).copied().unwrap_or((0, 0));
        let id = id.as_bytes();
        let text = |i: u32| Place::read(self.view(), Pattern::read(self.view(), i)?.place)?.name_bytes(self.view());
        let (mut low, mut high) = self.beginning_alike(id, from, to);
        while low < high {
            let middle = low + (high - low) / 2;
            if text(middle)? <= id { low = middle + 1 } else { high = middle }
        }
        // Between a prefix of the id and the id all texts have that prefix, so it is among the shorter ones of the last.
        let mut next = if low > from { low - 1 } else { NOTHING };
        while next != NOTHING && !id.starts_with(text(next)?) {
            let shorter = Pattern::read(self.view(), next)?.shorter;
            next = if shorter < next { shorter } else { NOTHING };
        }
        Ok((next != NOTHING).then_some(next))
    }

    /// The patterns of a range that begin as an id does, as far as their keys tell; those before are smaller. A table whose
    /// blocks are compared as they are touched is not touched so widely.
    fn beginning_alike(&self, id: &[u8], from: u32, to: u32) -> (u32, u32) {
        let keys = self.view().compared(Section::PatternKeys).map_or(&[][..], |w| w.as_chunks().0);
        let Some(keys) = keys.get(from as usize..to as usize) else { return (from, to) };
        let number = |[low, high]: &[Word; 2]| u64::from(view::number(high)) << 32 | u64::from(view::number(low));
        let sought = names::key(id);
        let low = keys.partition_point(|k| number(k) < sought);
        let alike = keys[low..].partition_point(|k| number(k) == sought);
        (from + low as u32, from + (low + alike) as u32)
    }

    /// A permission that can be asked for on a kind.
    pub fn permission(&self, kind: KindId, text: &str) -> Option<Permission> {
        match self.kinds.get(kind as usize)?.meaning(text)? {
            Meaning::Part(part, value) if value > NONE => Some(self.part(kind, part, value)),
            _ => None,
        }
    }

    /// A level of a part of a kind.
    pub(crate) fn part(&self, kind: KindId, part: u32, value: u8) -> Permission {
        let k = &self.kinds[kind as usize];
        let feature = k.feature_parts().contains(&part);
        let family = feature && !k.subs(part).is_empty();
        Permission { kind, part, value, feature, family, parts: k.parts() as u32, brief: line::is_brief(k.parts(), family) }
    }

    /// A sign-in of a user with the groups that the policy gives it.
    ///
    /// # Errors
    /// Damage.
    #[inline(always)]
    pub fn sign_in(&self, user: UserId) -> Result<SignIn<'_>, Damage> {
        SignIn::user(self.view(), user, self.open)
    }

    /// A sign-in of a user or a stranger, with groups named at sign-in.
    ///
    /// # Errors
    /// Damage.
    pub fn sign_in_with(&self, user: Option<UserId>, groups: &[GroupId]) -> Result<SignIn<'_>, Damage> {
        SignIn::with(self.view(), user, groups)
    }

    /// The same sign-in, to an organization of this name.
    ///
    /// # Errors
    /// Damage.
    pub fn to_organization<'t>(&'t self, sign_in: SignIn<'t>, name: &'t str) -> Result<SignIn<'t>, Damage> {
        let place = Sought::resource(self.seed, 0, name).find(self.view())?;
        let known = place.is_some() || name == "default";
        let organization = Some(Organization { place: place.unwrap_or(NOTHING), known, name });
        Ok(SignIn { organization, ..sign_in })
    }

    /// Whether who signed in has the permission on the resource at a time. It takes no lock and no memory.
    ///
    /// # Errors
    /// Damage; and a permission of another kind than the resource's.
    #[inline(always)]
    pub fn check(&self, who: &SignIn<'_>, permission: Permission, on: Resource<'_>, at: Instant) -> Result<bool, Damage> {
        let now = self.now(at)?;
        let plainly = who.organization.is_none() && who.untils.is_empty() && self.everywhere == NOTHING;
        if let (Resource::Declared(ResourceId(resource)), true) = (on, plainly)
            && let Some(allowed) = line::allowed(self.view(), who.user, &who.groups, now, &permission, resource)
        {
            return Ok(allowed);
        }
        self.check_at_length(who, permission, on, now)
    }

    #[inline(never)]
    fn check_at_length(&self, who: &SignIn<'_>, permission: Permission, on: Resource<'_>, now: u32) -> Result<bool, Damage> {
        let asks = Who { user: who.user, groups: &who.groups, untils: &who.untils, now };
        match who.organization {
            None => self.check_by_rows(&asks, permission, on),
            named => decide::allowed(self.view(), &self.asking(asks, named, permission, on)),
        }
    }

    /// Whether a user that signs in to the resource's own organization, with the groups that the policy gives it, has
    /// the permission: [`Table::check`] of [`Table::sign_in`], with less to carry.
    ///
    /// # Errors
    /// As [`Table::check`].
    #[inline(always)]
    pub fn check_user(&self, user: UserId, permission: Permission, on: Resource<'_>, at: Instant) -> Result<bool, Damage> {
        let now = self.now(at)?;
        if let (Resource::Declared(ResourceId(resource)), NOTHING, false) = (on, self.everywhere, self.open)
            && let Some(allowed) = line::user(self.view(), user.0, now, &permission, resource)
        {
            return Ok(allowed);
        }
        self.check_user_at_length(user, permission, on, now)
    }

    #[inline(never)]
    fn check_user_at_length(&self, user: UserId, permission: Permission, on: Resource<'_>, now: u32) -> Result<bool, Damage> {
        if self.open {
            return self.check_at_length(&self.sign_in(user)?, permission, on, now);
        }
        let listed = Record::read(self.view(), Section::Users, user.0)?;
        let asks = Who { user: user.0, groups: listed.groups, untils: listed.untils, now };
        self.check_by_rows(&asks, permission, on)
    }

    /// The ways to tell, the shortest first.
    fn check_by_rows(&self, who: &Who<'_>, permission: Permission, on: Resource<'_>) -> Result<bool, Damage> {
        match who.untils.is_empty() {
            true => self.check_lasting(who, permission, on),
            false => self.check_lasting(&Lasting::default().of(who), permission, on),
        }
    }

    fn check_lasting(&self, who: &Who<'_>, permission: Permission, on: Resource<'_>) -> Result<bool, Damage> {
        match summed::allowed(self.view(), who, permission, on, self.everywhere)? {
            Some(allowed) => Ok(allowed),
            None => decide::allowed(self.view(), &self.asking(*who, None, permission, on)),
        }
    }

    /// The decision and what made it.
    ///
    /// # Errors
    /// As [`Table::check`].
    pub fn decide(&self, who: &SignIn<'_>, permission: Permission, on: Resource<'_>, at: Instant) -> Result<Verdict, Damage> {
        decide::decide(self.view(), &self.ask(who, permission, on, at)?)
    }

    /// The decision as it is for who is let in, whatever closes the organization, and what made it.
    ///
    /// # Errors
    /// As [`Table::check`].
    pub(crate) fn decide_inside(
        &self,
        who: &SignIn<'_>,
        permission: Permission,
        on: Resource<'_>,
        at: Instant,
    ) -> Result<Verdict, Damage> {
        decide::inside(self.view(), &self.ask(who, permission, on, at)?)
    }

    #[inline(always)]
    fn ask<'q>(&'q self, who: &'q SignIn<'q>, permission: Permission, on: Resource<'q>, at: Instant) -> Result<Ask<'q>, Damage> {
        let asks = Who { user: who.user, groups: &who.groups, untils: &who.untils, now: self.now(at)? };
        Ok(self.asking(asks, who.organization, permission, on))
    }

    #[inline(always)]
    fn asking<'q>(
        &'q self,
        who: Who<'q>,
        organization: Option<Organization<'q>>,
        permission: Permission,
        resource: Resource<'q>,
    ) -> Ask<'q> {
        let kind = if permission.feature { self.kinds.get(permission.kind as usize) } else { None };
        let subs = kind.map_or(&[][..], |k| k.subs(permission.part));
        Ask { who, organization, permission, subs, resource, everywhere: self.everywhere }
    }

    /// How many of the times have passed.
    #[inline(always)]
    fn now(&self, at: Instant) -> Result<u32, Damage> {
        if self.times == 0 { Ok(0) } else { self.passed(at) }
    }

    #[inline(never)]
    fn passed(&self, at: Instant) -> Result<u32, Damage> {
        if at < self.ends.0 {
            return Ok(0);
        }
        if at >= self.ends.1 {
            return Ok(self.times);
        }
        // Most questions are about the time of the one before.
        let last = self.last.load(Ordering::Relaxed);
        if (1..self.times).contains(&last) && self.time(last - 1)? <= at && at < self.time(last)? {
            return Ok(last);
        }
        let (mut low, mut high) = (0, self.times);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle)? <= at { low = middle + 1 } else { high = middle }
        }
        self.last.store(low, Ordering::Relaxed);
        Ok(low)
    }

    fn time(&self, index: u32) -> Result<Instant, Damage> {
        let bytes: &[u8; TIME] = self.view().part(Section::Times, index as usize * TIME, TIME)?.try_into().unwrap_or(&[0; TIME]);
        let (seconds, nanos) = bytes.split_at(8);
        let seconds = i64::from_le_bytes(seconds.try_into().unwrap_or_default());
        Ok(Instant::from_unix(seconds, u32::from_le_bytes(nanos.try_into().unwrap_or_default())))
    }
}

/// The bytes of an instant.
const TIME: usize = 12;
