//! Who gains and who loses between two policies: every changed decision, now and later, with what caused it.
//!
//! Resources are looked at where a row on their way differs, or speaks of a group in which the members differ; there,
//! one is asked of each class of sign-ins that no decision tells apart. Nothing is sampled.

mod alike;
mod asking;
mod cause;
mod classes;
mod engine;
pub mod gates;
mod lenses;
mod notes;
mod places;
mod sets;
mod told;
mod union;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::instant::Instant;
use crate::model::Model;
use crate::source::{Origin, Sources};
use crate::table::Table;
use crate::table::decide::Resource;
use crate::table::view::Damage;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it decides.
    pub table: &'a Table,
    /// What it says, where it is there: a compiled policy keeps only what follows from memberships.
    pub from: Option<(&'a Model, &'a Sources)>,
}

/// Who signs in, in the shortest list. A stranger is a user that neither side names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subjects {
    /// Whether it is everyone who can sign in but those listed; else only those listed.
    pub everyone: bool,
    /// Users, sorted.
    pub users: Vec<String>,
    /// Strangers who name one of these groups at sign-in, sorted.
    pub groups: Vec<String>,
}

/// What some gain and lose on some resources, by one cause. The decisions are those of sign-ins to the resources' own
/// organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The cause, among [`Diff::causes`].
    pub cause: usize,
    /// Who.
    pub who: Arc<Subjects>,
    /// The groups that they must name at sign-in, beside: one of each list. With these and nobody listed it is whoever
    /// names them.
    pub with: Arc<[Vec<String>]>,
    /// The resources' kind.
    pub kind: String,
    /// Their ids, sorted; one that ends with `*` is every resource that this pattern, no longer one and no declaration
    /// speaks of.
    pub resources: Vec<String>,
    /// What they had, as a list of the language.
    pub before: String,
    /// What they have.
    pub after: String,
    /// The permissions that are allowed on the new side alone, as they are asked for.
    pub gained: Vec<String>,
    /// The permissions that are allowed on the old side alone.
    pub lost: Vec<String>,
    /// Whether this is all that differs there, and not what one cause of several does.
    pub whole: bool,
    /// From when on it is so; none is from the time of the comparison on.
    pub since: Option<Instant>,
    /// Until when it is so; none is for ever.
    pub until: Option<Instant>,
}

impl Change {
    /// Whether a user is in a group of those that someone has to name together: it needs to name only the others.
    pub(crate) fn joins(&self, circles: &BTreeMap<String, Circle>, user: &str) -> bool {
        let has = |group: &String| circles.get(group).is_some_and(|c| c.members.iter().any(|m| m == user));
        self.who.users.is_empty() && !self.who.everyone && self.with.iter().flatten().any(has)
    }
}

/// What a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// A statement that the old side has not.
    Added,
    /// A statement that the new side has not.
    Removed,
    /// A statement that says something else.
    Changed,
    /// Members that a group has on the new side alone.
    Joined,
    /// Members that a group had on the old side alone.
    Left,
    /// A group that is a member of another one on one side alone.
    Nested,
    /// A resource that one side alone declares, or that lies in another container.
    Place,
    /// A role that means something else.
    Role,
    /// A kind that has other permissions.
    Vocabulary,
    /// Several statements together.
    Several,
}

impl Sort {
    /// The word that programs read.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Added => "added",
            Sort::Removed => "removed",
            Sort::Changed => "changed",
            Sort::Joined => "joined",
            Sort::Left => "left",
            Sort::Nested => "nested",
            Sort::Place => "place",
            Sort::Role => "role",
            Sort::Vocabulary => "vocabulary",
            Sort::Several => "several",
        }
    }
}

/// A statement of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whether the new side says it.
    pub new: bool,
    /// In words.
    pub text: String,
    /// Where it is written, if that is known.
    pub source: Option<Origin>,
    /// The member that it names, and until when, where it makes one of a group.
    pub member: Option<(String, Option<String>)>,
}

/// What caused changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it is.
    pub sort: Sort,
    /// In words.
    pub text: String,
    /// The statements, those of the old side first.
    pub statements: Vec<Statement>,
    /// Whether it takes a prohibition away.
    pub lifts: bool,
    /// The group that it speaks of.
    pub group: Option<String>,
}

/// A resource, or a pattern, that lies in another organization: a sign-in to one of the two is decided otherwise there, which
/// no change tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub resource: String,
    /// The organization of the old side.
    pub from: String,
    /// That of the new side.
    pub to: String,
}

/// Everything that differs between two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The time of the comparison.
    pub at: Instant,
    /// What caused changes, the most dangerous first.
    pub causes: Vec<Cause>,
    /// The changes, in the order of their causes.
    pub changes: Vec<Change>,
    /// Other statements that differ. They may take part in a change; where there is none, they do nothing at all.
    pub quiet: Vec<Statement>,
    /// What a reader should know about both sides as a whole.
    pub notes: Vec<String>,
    /// Resources that lie in another organization.
    pub moved: Vec<Moved>,
    /// How many users either side names.
    pub users: usize,
    /// How many users the old side gives something: by an entry or a role that names a permission, or by a set of groups
    /// that they name at sign-in, where they lose it.
    pub had: usize,
    /// On how many resources not every set of sign-in groups could be asked.
    pub unasked: usize,
    /// The groups that the changes speak of.
    pub circles: BTreeMap<String, Circle>,
}

/// Who is in a group, on the new side; on the old one where the new one has it not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circle {
    /// Its members by the policy, through other groups too, sorted.
    pub members: Vec<String>,
    /// The groups that it is in, itself left out.
    pub inside: Vec<String>,
}

/// Every changed decision between two sides: of each user that either one names, of a stranger, and of a stranger with
/// each one group named at sign-in; on every resource that either one declares, and on an undeclared one for each pattern;
/// at the time and at every later one. A kind, a permission or a resource that a side has not, it denies.
///
/// And of users and strangers who name any set of groups: where such a decision differs, and that of nobody with fewer of
/// them does, it is told with the groups ([`Change::with`]). [`Diff::unasked`] counts where the sets were too many.
///
/// # Errors
/// Damage of either table.
pub fn diff(old: Side<'_>, new: Side<'_>, at: Instant) -> Result<Diff, Damage> {
    diff_with(old, new, at, &[])
}

/// As [`diff`], where everyone names these groups at sign-in: for what several groups give together.
///
/// # Errors
/// Damage of either table.
pub fn diff_with(old: Side<'_>, new: Side<'_>, at: Instant, groups: &[String]) -> Result<Diff, Damage> {
    engine::Engine::new([old, new], at, groups)?.run()
}

/// How the changes between two sides show a resource: by its own id where one of them declares it, else by the longest
/// pattern that matches it; none where neither knows it.
///
/// # Errors
/// Damage of either table.
pub fn shown_as(tables: [&Table; 2], kind: &str, id: &str) -> Result<Option<String>, Damage> {
    let mut longest: Option<String> = None;
    for table in tables {
        let Some(kind) = table.kind(kind) else { continue };
        match table.resource(kind, id)? {
            Some(Resource::Declared(_)) => return Ok(Some(id.to_owned())),
            Some(Resource::Matched(_)) => {
                let matching = table.patterns(kind)?.into_iter().filter(|p| id.starts_with(p));
                let own = matching.max_by_key(|p| p.len()).map(|p| format!("{p}*"));
                longest = [longest, own].into_iter().flatten().max_by_key(String::len);
            }
            None => {}
        }
    }
    Ok(longest)
}

impl Diff {
    /// The sentence that says what was not compared, where something was not.
    pub fn not_compared(&self) -> Option<String> {
        let n = self.unasked;
        let on = if n == 1 { "1 resource".to_owned() } else { format!("{n} resources") };
        let all = "users and strangers were compared there alone and with each one group, and not with every set of groups";
        (n > 0).then(|| format!("too many groups speak of {on}: {all}"))
    }

    /// Whether anyone gains anything, now or later.
    pub fn widens(&self) -> bool {
        self.changes.iter().any(|c| !c.gained.is_empty())
    }

    /// The changes for one user, on one resource, or both; the causes of nothing else go. For a user they are its own, and
    /// those of whoever names a set of groups where it is in one of them. A resource is its kind, how the changes show it
    /// ([`shown_as`]) and its id.
    pub fn only(mut self, user: Option<&str>, resource: Option<(&str, &str, &str)>) -> Diff {
        if user.is_none() && resource.is_none() {
            return self;
        }
        self.moved.retain(|m| user.is_none() && resource.is_none_or(|(kind, shown, _)| m.kind == kind && m.resource == shown));
        let circles = std::mem::take(&mut self.circles);
        self.changes.retain_mut(|c| {
            if let Some(user) = user.filter(|user| !c.joins(&circles, user)) {
                if c.who.users.iter().any(|u| u == user) == c.who.everyone {
                    return false;
                }
                let users = vec![user.to_owned()];
                c.who = Arc::new(Subjects { everyone: false, users, groups: Vec::new() });
            }
            if let Some((kind, shown, id)) = resource {
                if c.kind != kind || !c.resources.iter().any(|r| r == shown) {
                    return false;
                }
                c.resources = vec![id.to_owned()];
            }
            !c.resources.is_empty()
        });
        self.circles = circles;
        let mut used = vec![false; self.causes.len()];
        self.changes.iter().for_each(|c| used[c.cause] = true);
        let new: Vec<usize> = used.iter().scan(0, |n, used| Some(std::mem::replace(n, *n + usize::from(*used)))).collect();
        self.changes.iter_mut().for_each(|c| c.cause = new[c.cause]);
        let mut each = used.into_iter();
        self.causes.retain(|_| each.next().unwrap_or(false));
        self
    }
}
