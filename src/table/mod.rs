//! Model → table: rows sorted by place and principal, and the decision over them.

mod compile;
pub mod decide;

use crate::model::kinds::{KindId, Value};
use crate::model::{NEVER, PlaceId, TimeId, Who};
use crate::source::Span;

pub use compile::compile;

/// Rows of something, found by the number of what they belong to.
#[derive(Debug)]
pub struct Rows<T> {
    starts: Vec<u32>,
    rows: Vec<T>,
}

impl<T> Rows<T> {
    /// Sorts rows by `key`, which is the owner's number and then the order inside.
    pub fn new<K: Ord>(owners: usize, mut rows: Vec<T>, owner: impl Fn(&T) -> u32, order: impl Fn(&T) -> K) -> Rows<T> {
        rows.sort_by_key(|r| (owner(r), order(r)));
        let mut starts = vec![0u32; owners + 1];
        rows.iter().for_each(|r| starts[owner(r) as usize + 1] += 1);
        (0..owners).for_each(|i| starts[i + 1] += starts[i]);
        Rows { starts, rows }
    }

    /// The rows of one owner.
    pub fn of(&self, owner: u32) -> &[T] {
        let owner = owner as usize;
        match (self.starts.get(owner), self.starts.get(owner + 1)) {
            (Some(a), Some(b)) => &self.rows[*a as usize..*b as usize],
            _ => &[],
        }
    }
}

/// A row that speaks of one principal until some time.
pub trait Row {
    /// Whom.
    fn who(&self) -> Who;
    /// When it ends.
    fn until(&self) -> TimeId;
}

/// An access entry or a prohibition.
#[derive(Clone, Copy, Debug)]
pub struct EntryRow {
    /// The place it is written in.
    pub place: PlaceId,
    /// Whom it speaks of.
    pub who: Who,
    /// Its list.
    pub list: u32,
    /// When it ends.
    pub until: TimeId,
    /// The statement.
    pub span: Span,
}

/// A role in a scope.
#[derive(Clone, Copy, Debug)]
pub struct RoleRow {
    /// The scope's place; the number behind the last place is everywhere.
    pub scope: u32,
    /// Who has it.
    pub who: Who,
    /// The role.
    pub role: u32,
    /// When it ends.
    pub until: TimeId,
    /// The statement.
    pub span: Span,
    /// Whether it comes from an `owner` line.
    pub owner: bool,
}

/// A member of an organization.
#[derive(Clone, Copy, Debug)]
pub struct MemberRow {
    /// The organization's place.
    pub of: PlaceId,
    /// The member.
    pub who: Who,
    /// When it ends.
    pub until: TimeId,
}

/// A group that contains a user or a group.
#[derive(Clone, Copy, Debug)]
pub struct UpRow {
    /// The member.
    pub member: u32,
    /// The group that lists it.
    pub group: u32,
    /// When that ends.
    pub until: TimeId,
}

macro_rules! rows {
    ($($t:ty),*) => {$(impl Row for $t {
        fn who(&self) -> Who { self.who }
        fn until(&self) -> TimeId { self.until }
    })*};
}
rows!(EntryRow, RoleRow, MemberRow);

/// What a role gives: every part's value, by kind, sorted.
pub type Gives = Vec<(KindId, Box<[Value]>)>;

/// What the decision reads.
#[derive(Debug)]
pub struct Table {
    /// `can` entries by place.
    pub can: Rows<EntryRow>,
    /// `cannot` entries by place.
    pub cannot: Rows<EntryRow>,
    /// Assignments by scope.
    pub roles: Rows<RoleRow>,
    /// Members by organization.
    pub members: Rows<MemberRow>,
    /// The groups that list each user.
    pub of_user: Rows<UpRow>,
    /// The groups that list each group.
    pub of_group: Rows<UpRow>,
    /// What each role gives on each kind, its includes added: every part's value.
    pub gives: Vec<Gives>,
}

/// The rows of `rows` (sorted by principal) that speak of `who` among everyone, a user and sorted groups.
pub fn speaking<'a, T: Row>(rows: &'a [T], user: Option<u32>, groups: &[u32], mut each: impl FnMut(&'a T)) {
    everyone(rows).iter().for_each(&mut each);
    of_user(rows, user).iter().for_each(&mut each);
    of_groups(rows, groups, each);
}

/// The rows that speak of everyone.
pub fn everyone<T: Row>(rows: &[T]) -> &[T] {
    &rows[..rows.partition_point(|r| r.who() <= Who::Everyone)]
}

/// The rows that speak of one user.
pub fn of_user<T: Row>(rows: &[T], user: Option<u32>) -> &[T] {
    let Some(user) = user.map(Who::User) else { return &[] };
    let start = rows.partition_point(|r| r.who() < user);
    let len = rows[start..].partition_point(|r| r.who() <= user);
    &rows[start..start + len]
}

/// The rows that speak of any of the groups: the shorter of the two lists is walked.
pub fn of_groups<'a, T: Row>(rows: &'a [T], groups: &[u32], mut each: impl FnMut(&'a T)) {
    let rows = &rows[rows.partition_point(|r| r.who() < Who::Group(0))..];
    if rows.len() <= groups.len().saturating_mul(4) {
        let inside = |r: &&T| matches!(r.who(), Who::Group(g) if groups.binary_search(&g).is_ok());
        return rows.iter().filter(inside).for_each(each);
    }
    for group in groups {
        let start = rows.partition_point(|r| r.who() < Who::Group(*group));
        rows[start..].iter().take_while(|r| r.who() == Who::Group(*group)).for_each(&mut each);
    }
}

/// Whether something without an end, or with a later one, is still there.
pub fn lasts(until: TimeId, ended: &[bool]) -> bool {
    until == NEVER || !ended.get(until as usize).copied().unwrap_or(true)
}
