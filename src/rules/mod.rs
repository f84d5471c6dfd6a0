//! Model → findings: what is sound and probably not meant, each with the statement that proves it.
//!
//! A rule of this stage is a check in one of these files, a line in [`crate::finding`], and a page in `pages/`.

pub mod allow;
mod audience;
mod by_role;
mod confusable;
mod counts;
mod dates;
mod features;
mod given;
mod groups;
mod inside;
mod many;
mod nothing;
pub mod pages;
mod private;
mod prohibitions;
mod redundant;
mod report;
mod roles;
mod scene;
mod spared;
mod unused;
mod walk;
mod witness;

use std::collections::{BTreeSet, HashSet};

use rayon::prelude::*;

use crate::finding::{self, Finding, Rule};
use crate::instant::Instant;
use crate::model::Model;
use crate::source::{Sources, Span};
use crate::table::Table;
pub use report::Report;
pub use scene::Scene;

/// How many users may hold a permission on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminCount {
    /// The permission, such as `admin`.
    pub permission: String,
    /// At least so many.
    pub min: usize,
    /// At most so many.
    pub max: usize,
}

/// What the rules have to know besides the policy.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time of the judgement.
    pub now: Instant,
    /// The names of the rules that are looked for.
    pub on: BTreeSet<&'static str>,
    /// What ends within so many days is reported.
    pub expires_soon_days: Option<u32>,
    /// How many users may hold a permission.
    pub admin_count: Vec<AdminCount>,
    /// Pairs of permissions that nobody may hold together.
    pub separation_of_duty: Vec<[String; 2]>,
    /// How many findings of one rule in one data file are kept; those behind them are counted.
    pub facts_limit: usize,
}

impl Options {
    /// The rules that are on where a manifest says nothing, at a time.
    pub fn new(now: Instant) -> Options {
        Options {
            now,
            on: rules().filter(|r| r.on).map(|r| r.name).collect(),
            expires_soon_days: None,
            admin_count: Vec::new(),
            separation_of_duty: Vec::new(),
            facts_limit: 1_000,
        }
    }

    /// Whether a rule looks for permissions that the manifest names.
    pub fn asks_named(&self) -> bool {
        let asked = |rule: &Rule, any: bool| any && self.on.contains(rule.name);
        asked(&finding::ADMIN_COUNT, !self.admin_count.is_empty())
            || asked(&finding::SEPARATION, !self.separation_of_duty.is_empty())
    }

    /// Whether a rule asks the compiled policy.
    pub fn asks_table(&self) -> bool {
        self.asks_named() || WITNESSED.iter().any(|rule| self.on.contains(rule.name))
    }

    /// Whether a rule asks what the entries alone give.
    pub fn asks_entries(&self) -> bool {
        BY_ENTRIES.iter().any(|rule| self.on.contains(rule.name))
    }

    /// The same with all rules of this stage on.
    pub fn all(now: Instant) -> Options {
        Options { on: rules().map(|r| r.name).collect(), ..Options::new(now) }
    }
}

/// The rules that say nothing for which there is no witness.
static WITNESSED: &[&Rule] = &[
    &finding::LOWERING_GROUP,
    &finding::INEFFECTIVE_NOTHING,
    &finding::ROLE_PRIVATE,
    &finding::DEFAULT_EVERYONE,
    &finding::SURVIVING_FEATURE,
    &finding::STAR_FEATURE,
    &finding::DIRECT_GRANT,
    &finding::BROAD_AUDIENCE,
    &finding::CROSS_ORGANIZATION,
];

/// Those of them that tell entries from roles.
static BY_ENTRIES: &[&Rule] = &[&finding::INEFFECTIVE_NOTHING, &finding::ROLE_PRIVATE, &finding::DEFAULT_EVERYONE];

/// What looks for some rules.
type Check = fn(&Scene<'_>, &mut Report<'_>);

/// Every check with the rules that it looks for.
static CHECKS: &[(&[&Rule], Check)] = &[
    (&[&finding::UNUSED_GROUP], unused::groups),
    (&[&finding::UNUSED_ROLE], unused::roles),
    (&[&finding::UNUSED_KIND], unused::kinds),
    (&[&finding::EXPIRED, &finding::EXPIRES_SOON], dates::check),
    (&[&finding::UNREACHABLE, &finding::REDUNDANT_ENTRY, &finding::SHADOWED_PATTERN], redundant::check),
    (&[&finding::EMPTY_GROUP], groups::empty),
    (&[&finding::LOWERING_GROUP], groups::lowering),
    (&[&finding::DUPLICATE_ROLE], roles::duplicates),
    (&[&finding::REDUNDANT_ASSIGNMENT], roles::redundant),
    (&[&finding::IDLE_PROHIBITION], prohibitions::check),
    (&[&finding::INEFFECTIVE_NOTHING], nothing::ineffective),
    (&[&finding::ROLE_PRIVATE, &finding::DEFAULT_EVERYONE], private::check),
    (&[&finding::SURVIVING_FEATURE, &finding::STAR_FEATURE], features::surviving),
    (&[&finding::NO_BASE], features::no_base),
    (&[&finding::CONFUSABLE], confusable::check),
    (&[&finding::ADMIN_COUNT, &finding::SEPARATION], counts::check),
    (&[&finding::WILDCARD_GRANT], audience::wildcard),
    (&[&finding::DIRECT_GRANT], audience::direct),
    (&[&finding::BROAD_AUDIENCE], audience::broad),
    (&[&finding::NON_MEMBER], audience::non_members),
    (&[&finding::CROSS_ORGANIZATION], audience::crossing),
];

/// The rules of this stage, in the order of the checks.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().flat_map(|(rules, _)| rules.iter().copied())
}

/// A compiled policy, as far as rules ask it.
#[derive(Clone, Copy, Default)]
pub struct Tables<'a> {
    /// All of it.
    pub whole: Option<&'a Table>,
    /// It without assignments.
    pub bare: Option<&'a Table>,
}

/// Judges a model without errors; the rules of [`Options::asks_table`] need it compiled.
pub fn run(model: &Model, sources: &Sources, options: &Options, tables: Tables<'_>) -> Vec<Finding> {
    let scene = Scene::new(model, sources, options, tables);
    let wanted = |rules: &[&Rule]| rules.iter().any(|r| options.on.contains(r.name));
    let checks: Vec<Check> = CHECKS.iter().filter(|(rules, _)| wanted(rules)).map(|(_, check)| *check).collect();
    let one = |check: &Check| {
        let mut report = Report::new(sources, options);
        check(&scene, &mut report);
        report.close()
    };
    let mut found: Vec<Finding> = checks.par_iter().flat_map_iter(one).collect();
    once(&mut found);
    found
}

/// What two rules find in one statement is said once, by the one whose advice is right.
fn once(found: &mut Vec<Finding>) {
    let spans = |rules: &[&Rule]| -> HashSet<Span> {
        found.iter().filter(|f| rules.iter().any(|rule| rule.name == f.rule.name)).map(|f| f.span).collect()
    };
    // A prohibition that a wider one contains is that, also where nothing grants what both take.
    let contained = spans(&[&finding::REDUNDANT_ENTRY]);
    // An entry without a base gives nothing of what it is meant to give, whatever gives the same nothing; but where something else wins
    // over it, a base would give what nobody asked for.
    let (baseless, idle) = (spans(&[&finding::NO_BASE]), spans(&[&finding::UNREACHABLE, &finding::SHADOWED_PATTERN]));
    // What was to keep someone out and does not is no entry too many: it has to become one that does.
    let powerless = spans(&[&finding::INEFFECTIVE_NOTHING]);
    let said_else = [
        (&finding::IDLE_PROHIBITION, &contained),
        (&finding::REDUNDANT_ENTRY, &baseless),
        (&finding::NO_BASE, &idle),
        (&finding::LOWERING_GROUP, &idle),
        (&finding::REDUNDANT_ENTRY, &powerless),
        (&finding::UNREACHABLE, &powerless),
        (&finding::SHADOWED_PATTERN, &powerless),
    ];
    found.retain(|f| !said_else.iter().any(|(rule, spans)| rule.name == f.rule.name && spans.contains(&f.span)));
}

/// What decides nothing beside a role for everyone may decide something beside the default that is meant: it is no entry to take out
/// before that is settled.
pub fn unsettled(found: &mut [Finding]) {
    let causes: HashSet<Span> = found.iter().filter(|f| f.rule == &finding::DEFAULT_EVERYONE).map(|f| f.span).collect();
    for f in found.iter_mut().filter(|f| [&finding::REDUNDANT_ENTRY, &finding::REDUNDANT_ASSIGNMENT].contains(&f.rule)) {
        if f.labels.first().is_some_and(|label| causes.contains(&label.span)) {
            f.fix = None;
            f.help =
                Some("settle `default-or-everyone` of that role first: beside the default that is meant, this may decide".into());
        }
    }
}
