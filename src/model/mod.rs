//! Tree → model: names become ids here, once, and what does not fit together becomes a finding.

pub mod access;
pub mod change;
mod duplicates;
pub mod facts;
pub mod graph;
pub mod groups;
pub mod kinds;
pub mod names;
pub mod places;
pub mod roles;
pub mod tests;

use std::collections::BTreeSet;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::facts::Sort;
use crate::finding::{Finding, Level, Near};
use crate::instant::Instant;
use crate::source::{FileId, Span};
use crate::syntax::print;
use crate::syntax::tree::Statement;
use access::{Entry, List, Seen};
use facts::Data;
use kinds::{Kind, KindId};
use names::Names;
use places::{Place, PlaceIndex};
use roles::Role;

/// The number of a place: a resource or a pattern.
pub type PlaceId = u32;
/// The number of an instant at which something ends, in [`Model::times`].
pub type TimeId = u32;
/// What has no end.
pub const NEVER: TimeId = u32::MAX;

/// Whom something speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Everyone who can sign in.
    Everyone,
    /// One user.
    User(u32),
    /// The members of a group.
    Group(u32),
}

/// A user or a group in a group or in an organization.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// The group, or the place of the organization.
    pub of: u32,
    /// The member.
    pub who: Who,
    /// When it ends.
    pub until: TimeId,
    /// Where it is said.
    pub span: Span,
}

/// A role, given to someone in a scope.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The role.
    pub role: u32,
    /// Who gets it.
    pub who: Who,
    /// Where; `None` is everywhere.
    pub scope: Option<PlaceId>,
    /// When it ends.
    pub until: TimeId,
    /// The statement.
    pub span: Span,
    /// Whether it comes from an `owner` line.
    pub owner: bool,
}

/// What the caller sets about the whole policy.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Users must be declared by `user ID`.
    pub users_declared: bool,
    /// How many findings of one rule in one data file are kept; those behind them are counted.
    pub facts_limit: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { users_declared: false, facts_limit: 1_000 }
    }
}

/// A policy of ids.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The kinds; `organization` is the first.
    pub kinds: Vec<Kind>,
    /// For each kind, those that it may contain.
    pub inside: Vec<Vec<KindId>>,
    /// Their names.
    pub kind_names: Names,
    /// Names of users.
    pub users: Names,
    /// So many of them, the first ones, have a `user` statement.
    pub users_declared: u32,
    /// Names of groups.
    pub groups: Names,
    /// Where each group is declared.
    pub group_spans: Vec<Span>,
    /// Names of roles.
    pub roles: Names,
    /// The roles.
    pub role_list: Vec<Role>,
    /// Resources and patterns.
    pub places: Vec<Place>,
    /// Places by kind and id.
    pub index: PlaceIndex,
    /// Members of groups.
    pub members: Vec<Membership>,
    /// Members of organizations.
    pub org_members: Vec<Membership>,
    /// The interned lists.
    pub lists: Vec<List>,
    /// Access entries and prohibitions.
    pub entries: Vec<Entry>,
    /// Assignments and owners.
    pub assignments: Vec<Assignment>,
    /// Expected answers.
    pub tests: Vec<tests::Test>,
    /// What holds for everyone.
    pub invariants: Vec<tests::Invariant>,
    /// The instants at which something ends, in the order of their first use.
    pub times: Vec<Instant>,
}

/// A model without errors: the only thing that a table is made from.
#[derive(Clone, Debug)]
pub struct Sound(Model);

impl Sound {
    /// Takes the model as sound, unless one of the findings is an error.
    pub fn new(model: Model, findings: &[Finding]) -> Option<Sound> {
        findings.iter().all(|f| f.level != Level::Error).then_some(Sound(model))
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.0
    }

    /// The model, to be judged on.
    pub fn into_model(self) -> Model {
        self.0
    }
}

impl Model {
    /// A kind and every kind that can lie below it, sorted.
    pub fn below(&self, kind: KindId) -> Vec<KindId> {
        let mut inside = BTreeSet::from([kind]);
        let mut queue = vec![kind];
        while let Some(outer) = queue.pop() {
            let children = self.inside.get(outer as usize).into_iter().flatten();
            queue.extend(children.filter(|k| inside.insert(**k)));
        }
        inside.into_iter().collect()
    }

    /// A place as the language writes it: `room "design:*"`.
    pub fn place_name(&self, place: PlaceId) -> String {
        let p = &self.places[place as usize];
        let star = if p.pattern { "*" } else { "" };
        format!("{} {}", self.kinds[p.kind as usize].name, print::Id(&format!("{}{star}", p.id)))
    }

    /// A principal as the language writes it.
    pub fn who(&self, who: Who) -> String {
        match who {
            Who::Everyone => "default".into(),
            Who::User(u) => format!("user {}", print::Id(self.users.name(u))),
            Who::Group(g) => format!("group {}", print::Id(self.groups.name(g))),
        }
    }
}

/// The work of binding: the model as it grows, and the findings.
pub struct Binder<'a> {
    settings: &'a Settings,
    model: Model,
    findings: Vec<Finding>,
    seen: Seen,
    times: hashbrown::HashTable<TimeId>,
    hasher: foldhash::fast::RandomState,
    org_members: HashMap<(PlaceId, Who), Span, foldhash::fast::RandomState>,
    subjects: Vec<(u32, Span)>,
    /// Containers that places cannot have.
    refused: HashSet<(PlaceId, PlaceId), foldhash::fast::RandomState>,
    files: HashMap<FileId, String>,
    counts: BTreeMap<(FileId, &'static str), Count>,
    settled: usize,
    declared_users: u32,
    effort: usize,
}

/// What all suggestions of a policy may cost: compared pairs of letters, about half a second of them.
const EFFORT: usize = 200_000_000;
/// What it costs to look at a name without comparing it.
const LOOK: usize = 16;

/// The findings of one rule in one data file.
#[derive(Default)]
struct Count {
    met: usize,
    /// The first one that was not kept.
    dropped: Option<(&'static crate::finding::Rule, Span)>,
}

/// Resolves every name of the statements and facts. The model is whole as far as they are sound.
pub fn bind(statements: &[Statement<'_>], data: &[Data<'_>], settings: &Settings) -> (Model, Vec<Finding>) {
    let mut b = Binder {
        settings,
        model: Model::default(),
        findings: Vec::new(),
        seen: Seen::default(),
        times: hashbrown::HashTable::new(),
        hasher: foldhash::fast::RandomState::default(),
        org_members: HashMap::default(),
        subjects: Vec::new(),
        refused: HashSet::default(),
        files: data.iter().map(|d| (d.file, d.name.to_owned())).collect(),
        counts: BTreeMap::new(),
        settled: 0,
        declared_users: 0,
        effort: EFFORT,
    };
    groups::declare(&mut b, statements);
    roles::declare(&mut b, statements);
    kinds::bind(&mut b, statements);
    groups::bind(&mut b, statements, data);
    roles::bind(&mut b, statements);
    places::bind(&mut b, statements, data);
    roles::assign(&mut b, statements);
    facts::bind(&mut b, data, Sort::Assignments);
    tests::bind(&mut b, statements);
    duplicates::find(&mut b);
    b.settle();
    b.close();
    (b.model, b.findings)
}

impl Binder<'_> {
    fn push(&mut self, finding: Finding) {
        // What mends a statement is not how a data file writes it.
        let in_data = finding.fix.is_some() && self.files.contains_key(&finding.span.file);
        self.findings.push(if in_data { Finding { fix: None, ..finding } } else { finding });
    }

    /// Keeps the first findings of each rule in a data file and counts the others, which may be millions.
    fn settle(&mut self) {
        for finding in self.findings.split_off(self.settled) {
            if self.files.contains_key(&finding.span.file) {
                let count = self.counts.entry((finding.span.file, finding.rule.name)).or_default();
                count.met += 1;
                if count.met > self.settings.facts_limit {
                    count.dropped.get_or_insert((finding.rule, finding.span));
                    continue;
                }
            }
            self.findings.push(finding);
        }
        self.settled = self.findings.len();
    }

    /// Says how many findings were not kept.
    fn close(&mut self) {
        for ((file, _), Count { met, dropped }) in std::mem::take(&mut self.counts) {
            let Some((rule, span)) = dropped else { continue };
            let name = &self.files[&file];
            let more = met - self.settings.facts_limit;
            let message = format!("`{name}` has {more} more finding{} of `{}`", if more == 1 { "" } else { "s" }, rule.name);
            let help = "mend the first ones, or set `facts-limit` in `[lint]` of roomkey.toml to see more";
            let known_as = format!("`{name}` has more findings of `{}`", rule.name);
            self.push(Finding::new(rule, span, message).known_as(known_as).help(help));
        }
    }

    /// The closest names. Each comparison costs the product of the lengths, so where a text has very many unknown
    /// names, only the first of them get suggestions.
    fn suggest<'m, I>(&'m mut self, name: &str, known: impl FnOnce(&'m Model) -> I) -> Option<Near>
    where
        I: Iterator<Item: AsRef<str> + 'm>,
    {
        let mut near = Vec::new();
        for other in known(&self.model) {
            let alike = other.as_ref().len().abs_diff(name.len()) <= 16;
            let cost = LOOK + if alike { name.len() * other.as_ref().len() } else { 0 };
            self.effort = self.effort.saturating_sub(cost);
            if self.effort == 0 {
                return None;
            }
            near.extend(alike.then_some(other));
        }
        Near::find(name, near.iter().map(AsRef::as_ref))
    }
}
