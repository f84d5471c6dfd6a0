//! Who gains and who loses between two policies: every changed decision, now and later, with what caused it.
//!
//! Resources are looked at where a row on their way differs, or speaks of a group in which the members differ; there,
//! one is asked of each class of sign-ins that no decision tells apart. Nothing is sampled.

mod alike;
mod asking;
mod cause;
mod chains;
mod classes;
mod danger;
mod edits;
mod engine;
mod everyone;
pub mod gates;
mod joins;
mod lenses;
mod made;
mod members;
pub mod missing;
mod moves;
mod notes;
mod openings;
mod places;
mod pool;
mod quiet;
mod renames;
mod roles;
mod sets;
mod titles;
mod told;
mod union;
mod way;
mod words;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use danger::{Danger, Room};
pub(crate) use titles::lasting;

use crate::instant::Instant;
use crate::model::Model;
use crate::source::{Origin, Sources};
use crate::syntax::print;
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
    /// What happens then.
    pub then: Then,
    /// Whether the new side, for all that is known, stays so for ever: allows what is gained, denies what is lost.
    pub lasts: bool,
    /// Whether what is gained was there on both sides until [`Change::since`]: the old side ends it then, and the new one does not.
    pub kept: bool,
}

/// What happens where a change ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Then {
    /// It never does.
    Never,
    /// The new side ends it, and both decide as the old side did.
    Ends,
    /// The old side comes to the same: what is gained would have come, and what is lost would have ended.
    Anyway,
    /// It goes on by another cause, or for others too, as another change tells.
    GoesOn,
}

impl Then {
    /// The word that programs read; none where it never ends.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Then::Never => None,
            Then::Ends => Some("ends"),
            Then::Anyway => Some("anyway"),
            Then::GoesOn => Some("goes-on"),
        }
    }
}

impl Change {
    /// Whether it speaks of a user, as one of those listed or of everyone. Who needs to name groups of a set is listed
    /// with those that they need.
    pub fn concerns(&self, user: &str) -> bool {
        self.who.users.iter().any(|u| u == user) != self.who.everyone
    }

    /// Whether it is another one in its resources alone.
    fn is_like(&self, o: &Change) -> bool {
        (self.cause, &self.who, &self.with, &self.kind) == (o.cause, &o.who, &o.with, &o.kind)
            && (&self.before, &self.after, &self.gained, &self.lost) == (&o.before, &o.after, &o.gained, &o.lost)
            && (self.whole, self.since, self.until, self.then, self.lasts, self.kept)
                == (o.whole, o.since, o.until, o.then, o.lasts, o.kept)
    }

    /// Its kind, with each of its resources.
    fn on(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().map(|r| (self.kind.as_str(), r.as_str()))
    }

    /// Keeps what it says of a user, on a resource; tells whether that is anything.
    fn narrow(&mut self, user: Option<&str>, on: Option<(&str, &str, &str)>) -> bool {
        if let Some(user) = user {
            if !self.concerns(user) {
                return false;
            }
            let users = vec![user.to_owned()];
            self.who = Arc::new(Subjects { everyone: false, users, groups: Vec::new() });
        }
        if let Some((kind, shown, id)) = on {
            if self.kind != kind || !self.resources.iter().any(|r| r == shown) {
                return false;
            }
            self.resources = vec![id.to_owned()];
        }
        !self.resources.is_empty()
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
    /// How it lets people in, where it takes one away and more can be said than that.
    pub opening: Option<Opening>,
    /// The group that it speaks of.
    pub group: Option<String>,
    /// What does it together, where nothing of it does it alone, each with its sign; its statements are those of the
    /// parts, and of many members some.
    pub parts: Vec<(char, Arc<Cause>)>,
    /// How much the worst of what it does should worry.
    pub danger: Danger,
    /// Where it stands where not all have room, by all that it does.
    pub room: Room,
}

/// How a cause lets people in that is no grant alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It took everything away before, and gives something now.
    Turned,
    /// What lies elsewhere leaves behind what kept people out.
    Leaves(Vec<Left>),
}

/// What kept people out of where something lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// An organization that only members can sign in to.
    Closed(String),
    /// A prohibition, in words.
    Cannot(String),
}

/// A resource, or a pattern, that lies in another organization: a sign-in to one of the two is decided otherwise there
/// ([`Diff::gained_by_move`]).
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

/// What moves resources from one organization to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The organization of the old side.
    pub from: String,
    /// That of the new side.
    pub to: String,
    /// Whether it is the organization itself that has another name, with the same statements.
    pub renamed: bool,
    /// The kinds and ids of what lies elsewhere: resources, or containers in which others move with them.
    pub movers: Vec<(String, String)>,
    /// With the places of them on both sides.
    pub cause: Cause,
    /// Whether anyone had anything there on the old side, and whether anyone has on the new one.
    pub held: [bool; 2],
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
    /// What the change is as a whole: names that are others now, or a policy that is gone.
    pub whole: Vec<String>,
    /// What else a reader should know, of gates and of what was not compared.
    pub notes: Vec<String>,
    /// Resources that lie in another organization.
    pub moved: Vec<Moved>,
    /// What moves them, for each pair of organizations.
    pub moves: Vec<Move>,
    /// What anyone has on moved resources by signing in to the organization in which they lie now, and had not by the same
    /// sign-in; the causes are numbers of [`Diff::moves`].
    pub gained_by_move: Vec<Change>,
    /// What anyone had there by signing in to the organization in which they lay, and has not now.
    pub lost_by_move: Vec<Change>,
    /// How many users either side names.
    pub users: usize,
    /// How many users the old side gives something: by an entry or a role that names a permission, or by a set of groups
    /// that they name at sign-in, where they lose it.
    pub had: usize,
    /// Whether sign-ins were compared that name groups which the policy does not give.
    pub named: bool,
    /// On how many resources not every set of sign-in groups could be asked.
    pub unasked: usize,
    /// The groups that the changes speak of.
    pub circles: BTreeMap<String, Circle>,
}

/// Who is in a group on each side; of a side that has it not, as on the other one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circle {
    /// Its members by the policy, through other groups too, sorted, and until when.
    pub members: [Vec<(String, Option<Instant>)>; 2],
    /// The groups that it is in at the time of the comparison, itself left out.
    pub inside: [Vec<String>; 2],
    /// Whether each side has nobody in it at that time; none of a side that has not the group.
    pub nobody: [Option<bool>; 2],
}

impl Circle {
    /// Whether a side that has the group has nobody in it: who is in it only sign-ins tell, and a member that the other side
    /// gives it does not change that.
    pub fn fed(&self) -> bool {
        self.nobody.contains(&Some(true))
    }

    /// Its members at a time, on the old side or the new one.
    pub fn at(&self, (at, new): (Instant, bool)) -> impl Iterator<Item = &String> {
        self.members[usize::from(new)].iter().filter(move |(_, until)| until.is_none_or(|until| until > at)).map(|(name, _)| name)
    }
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
    diff_as(old, new, at, &Asked { groups, named: true })
}

/// Which sign-ins are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Groups that everyone names at sign-in.
    pub groups: &'a [String],
    /// Whether sign-ins that name other groups are compared, too; else everyone has those that the policy gives.
    pub named: bool,
}

/// As [`diff`], of these sign-ins.
///
/// # Errors
/// Damage of either table.
pub fn diff_as(old: Side<'_>, new: Side<'_>, at: Instant, asked: &Asked<'_>) -> Result<Diff, Damage> {
    engine::Engine::new([old, new], at, asked)?.run()
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

    /// The sentence that says which sign-ins were left out, where some were.
    pub fn left_out(&self) -> Option<String> {
        let policy = "everyone was compared with the groups that the policy gives, and not with others that a sign-in may name";
        (!self.named).then(|| policy.to_owned())
    }

    /// Whether anyone gains anything, now or later.
    pub fn widens(&self) -> bool {
        self.changes.iter().any(|c| !c.gained.is_empty())
    }

    /// The changes for one user, on one resource, or both; the causes of nothing else go. A move is of a user who had or has
    /// something on what moves. A resource is its kind, how the changes show it ([`shown_as`]) and its id.
    pub fn only(mut self, user: Option<&str>, resource: Option<(&str, &str, &str)>) -> Diff {
        if user.is_none() && resource.is_none() {
            return self;
        }
        for changes in [&mut self.changes, &mut self.gained_by_move, &mut self.lost_by_move] {
            changes.retain_mut(|c| c.narrow(user, resource));
            // What was told of others for one resource and another is the same for the user.
            let mut all: Vec<Change> = Vec::with_capacity(changes.len());
            for mut c in std::mem::take(changes) {
                match all.iter_mut().rev().take_while(|o| o.cause == c.cause).find(|o| o.is_like(&c)) {
                    Some(one) => {
                        one.resources.append(&mut c.resources);
                        one.resources.sort_unstable();
                        one.resources.dedup();
                    }
                    None => all.push(c),
                }
            }
            *changes = all;
        }
        let rides: BTreeSet<(&str, &str)> = self.gained_by_move.iter().chain(&self.lost_by_move).flat_map(Change::on).collect();
        self.moved.retain_mut(|m| {
            if let Some((kind, shown, id)) = resource {
                if m.kind != kind || m.resource != shown {
                    return false;
                }
                m.resource = id.to_owned();
            }
            user.is_none() || rides.contains(&(m.kind.as_str(), m.resource.as_str()))
        });
        let mut used = vec![false; self.causes.len()];
        self.changes.iter().for_each(|c| used[c.cause] = true);
        let new: Vec<usize> = used.iter().scan(0, |n, used| Some(std::mem::replace(n, *n + usize::from(*used)))).collect();
        self.changes.iter_mut().for_each(|c| c.cause = new[c.cause]);
        let mut each = used.into_iter();
        self.causes.retain(|_| each.next().unwrap_or(false));
        if let Some(user) = user {
            let own = format!("user {}", print::Id(user));
            self.causes.iter_mut().for_each(|cause| cause.narrow(&own));
        }
        self
    }
}
