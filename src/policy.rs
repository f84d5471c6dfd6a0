//! The road from text to answers: parse, bind, compile, check.

mod denied;
mod examples;
mod limits;
mod reading;
pub mod style;
mod vocabulary;

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;

use crate::facts::{FactFiles, InMemory};
use crate::finding::{DUPLICATE, Finding, LISTED_TWICE, Level, Near, TOO_LARGE, UNKNOWN_VOCABULARY, closest};
use crate::model::kinds::{Kind, Meaning, NONE};
use crate::model::{Model, Settings, Sound};
use crate::query::check::Checker;
use crate::query::coverage::{self, Covered};
use crate::query::mutate::{self, Mutants};
use crate::query::prove::When;
use crate::query::question::{Question, QuestionError};
use crate::query::reason::Answer;
use crate::rules;
use crate::source::{FileId, Source, Sources, Span};
use crate::syntax::beside::Parts;
use crate::syntax::tree::{BlockItem, ResourceDecl, Statement};
use crate::syntax::{self, Parsed, edit, print};
use crate::table::{self, Table};
use reading::{Bound, Set};

/// The standard vocabularies, by name.
pub const VOCABULARIES: &[(&str, &str)] = &[
    ("github", include_str!("../policies/github.rk")),
    ("liveblocks", include_str!("../policies/liveblocks.rk")),
    ("livelike", include_str!("../policies/livelike.rk")),
];

/// A policy set that was read and judged.
pub struct Analysis {
    /// Its files.
    pub sources: Sources,
    /// Its faults, in the order of files and places.
    pub findings: Vec<Finding>,
    model: Model,
    statements: usize,
}

/// A version of a policy set: its files, the settings of its manifest, and what reads its data files.
pub type Version<'a> = (Sources, &'a Settings, &'a dyn FactFiles);

/// How much a policy set says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files, without the standard vocabularies.
    pub files: usize,
    /// Statements of the top level and resources.
    pub statements: usize,
    /// Kinds.
    pub kinds: usize,
    /// Groups.
    pub groups: usize,
    /// Users that are named.
    pub users: usize,
    /// Roles.
    pub roles: usize,
    /// Resources and patterns.
    pub resources: usize,
    /// Access entries and prohibitions.
    pub entries: usize,
    /// Assignments and owners.
    pub assignments: usize,
}

/// A policy with errors: it answers nothing.
#[derive(Debug)]
pub struct Unsound {
    /// Its files.
    pub sources: Sources,
    /// Its faults.
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Reads and judges a whole policy set in memory: sources named `….csv` or `….jsonl` are data files of facts.
    pub fn new(sources: Sources, settings: &Settings) -> Analysis {
        Analysis::with_facts(sources, settings, &InMemory)
    }

    /// Reads and judges a whole policy set, whose data files come from `fact_files` where they are not among the sources.
    pub fn with_facts(sources: Sources, settings: &Settings, fact_files: &dyn FactFiles) -> Analysis {
        let set = Set::new(sources);
        let parsed: Vec<Parsed<'_>> = set.files.par_iter().map(|id| syntax::parse(*id, set.text(*id))).collect();
        let bound = set.bind_as_meant(parsed, settings, fact_files);
        Analysis::of(set, bound)
    }

    /// Reads and judges two versions of a policy set at once: what their files share is read once.
    pub fn both(sides: [Version<'_>; 2]) -> [Analysis; 2] {
        let versions = Analysis::versions(sides.into());
        <[Analysis; 2]>::try_from(versions).unwrap_or_else(|all| unreachable!("two versions are not {}", all.len()))
    }

    /// Reads and judges versions of a policy set, each beside the one before it: what their files share is read once.
    pub fn versions(versions: Vec<Version<'_>>) -> Vec<Analysis> {
        let (sets, rest): (Vec<Set>, Vec<_>) =
            versions.into_iter().map(|(sources, settings, facts)| (Set::new(sources), (settings, facts))).unzip();
        let mut parsed: Vec<Vec<Parsed<'_>>> = Vec::with_capacity(sets.len());
        let mut before: Option<(&Set, Vec<Parts<'_>>)> = None;
        for set in &sets {
            let twins = before.as_ref().map_or_else(|| vec![None; set.files.len()], |(other, _)| other.twins(set));
            let known = before.as_ref().map_or(&[][..], |(_, parts)| parts);
            let read = |(id, twin): (&FileId, &Option<usize>)| match twin.and_then(|twin| known.get(twin)) {
                Some(twin) => twin.beside(*id, set.text(*id)),
                None => Parts::read(*id, set.text(*id)),
            };
            let parts: Vec<Parts<'_>> = set.files.par_iter().zip(&twins).map(read).collect();
            let last = before.replace((set, parts));
            parsed.extend(last.map(|(_, parts)| parts.into_iter().map(|parts| parts.parsed).collect()));
        }
        parsed.extend(before.map(|(_, parts)| parts.into_iter().map(|parts| parts.parsed).collect()));
        let bind = |((set, parsed), (settings, facts)): ((&Set, Vec<Parsed<'_>>), (&Settings, &dyn FactFiles))| {
            set.bind_as_meant(parsed, settings, facts)
        };
        let bound: Vec<Bound> = sets.par_iter().zip(parsed).zip(rest).map(bind).collect();
        sets.into_iter().zip(bound).map(|(set, bound)| Analysis::of(set, bound)).collect()
    }

    fn of(set: Set, bound: Bound) -> Analysis {
        let Bound { model, mut findings, statements, read } = bound;
        let mut sources = set.sources;
        for source in read {
            sources.add(source);
        }
        sort(&mut findings);
        findings.iter_mut().for_each(|finding| {
            edit::tidy(finding, &sources);
            against_vocabulary(finding, &sources);
        });
        vocabulary::bring_in(&mut findings, &sources);
        Analysis { sources, findings, model, statements }
    }

    /// Adds what is sound and probably not meant, unless there are errors: nothing can be proven of a policy without a
    /// meaning. Says whether it looked.
    pub fn judge(&mut self, options: &rules::Options) -> bool {
        let sound = self.findings.iter().all(|f| f.level != Level::Error);
        if sound {
            let whole = if options.asks_table() { self.compile() } else { None };
            let bare = if options.asks_entries() { self.compile_entries() } else { None };
            let tables = rules::Tables { whole: whole.as_ref(), bare: bare.as_ref() };
            let mut more = rules::run(&self.model, &self.sources, options, tables);
            more.iter_mut().for_each(|finding| edit::tidy(finding, &self.sources));
            self.findings.extend(more);
        }
        self.allow(&options.on, sound);
        rules::unsettled(&mut self.findings);
        sort(&mut self.findings);
        sound
    }

    /// Whether a kind declares a permission, so that it can be asked for.
    pub fn declares(&self, permission: &str) -> bool {
        let asked = |kind: &Kind| matches!(kind.meaning(permission), Some(Meaning::Part(_, value)) if value > NONE);
        self.model.kinds.iter().any(asked)
    }

    /// Every permission that some kind declares.
    pub fn permissions(&self) -> BTreeSet<String> {
        self.model.kinds.iter().flat_map(Kind::permissions).collect()
    }

    /// The kinds, those of the vocabularies that it uses included.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.model.kinds.iter()
    }

    /// Takes out what comments allow, where the rules that are `on` were looked for, or nothing was `judged`.
    pub fn allow(&mut self, on: &BTreeSet<&'static str>, judged: bool) {
        rules::allow::apply(&self.sources, &mut self.findings, on, judged);
    }

    /// The table of a model without errors, unless it is too large for one.
    fn compile(&mut self) -> Option<Table> {
        let sound = Sound::new(std::mem::take(&mut self.model), &[])?;
        let table = table::compile(&sound, &self.sources).ok();
        self.model = sound.into_model();
        table
    }

    /// The same without assignments, where there are some and an entry is `nothing`.
    fn compile_entries(&mut self) -> Option<Table> {
        if !self.model.lists.iter().any(|list| list.text.starts_with("nothing")) {
            return None;
        }
        let assignments = std::mem::take(&mut self.model.assignments);
        let table = if assignments.is_empty() { None } else { self.compile() };
        self.model.assignments = assignments;
        table
    }

    /// How much the policy set says, the vocabularies that it uses included.
    pub fn counts(&self) -> Counts {
        let m = &self.model;
        Counts {
            files: self.sources.iter().filter(|(_, s)| !s.is_embedded()).count(),
            statements: self.statements,
            kinds: m.kinds.len(),
            groups: m.groups.len(),
            users: m.users.len(),
            roles: m.roles.len(),
            resources: m.places.len(),
            entries: m.entries.len(),
            assignments: m.assignments.len(),
        }
    }

    /// The policy, ready to answer.
    ///
    /// # Errors
    /// A policy with an error has no sound meaning and answers nothing.
    pub fn into_policy(self) -> Result<Policy, Unsound> {
        match Sound::new(self.model, &self.findings) {
            Some(sound) => {
                let table = match table::compile(&sound, &self.sources) {
                    Ok(table) => table,
                    Err(large) => {
                        let start = Span { file: FileId(0), start: 0, end: 0 };
                        let finding = Finding::new(&TOO_LARGE, start, large.to_string());
                        let findings = vec![finding.help("split the policy, by organization for example")];
                        return Err(Unsound { sources: self.sources, findings });
                    }
                };
                Ok(Policy { sources: self.sources, findings: self.findings, model: sound, table })
            }
            None => Err(Unsound { sources: self.sources, findings: self.findings }),
        }
    }
}

/// What to type where a policy says again what a standard vocabulary says.
fn against_vocabulary(finding: &mut Finding, sources: &Sources) {
    let other = finding.labels.iter().map(|label| sources.get(label.span.file)).find(|source| source.is_embedded());
    let said_twice = [&DUPLICATE, &LISTED_TWICE].contains(&finding.rule) && !sources.get(finding.span.file).is_embedded();
    if let Some(name) = other.filter(|_| said_twice).and_then(|source| source.name().strip_suffix(".rk")) {
        finding.help = Some(format!("`use {name}` says so already: take this out, or give it another name"));
    }
}

/// The order of files and places.
fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by_cached_key(|f| (f.span.file, f.span.start, f.span.end, f.rule.name, f.message.clone()));
    findings.dedup();
}

/// A statement and the resources inside it.
fn size(statement: &Statement<'_>) -> usize {
    fn resource(decl: &ResourceDecl<'_>) -> usize {
        1 + decl.items.iter().map(|i| if let BlockItem::Resource(r) = i { resource(r) } else { 0 }).sum::<usize>()
    }
    if let Statement::Resource(decl) = statement { resource(decl) } else { 1 }
}

/// The vocabularies that are used, each once.
fn vocabularies(statements: &[Statement<'_>], findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut used = Vec::new();
    for statement in statements {
        let Statement::Use(name) = statement else { continue };
        let named = |name: &str| VOCABULARIES.iter().position(|(v, _)| *v == name);
        match named(&name.text) {
            Some(index) => used.push(index),
            None => {
                let all: Vec<&str> = VOCABULARIES.iter().map(|(v, _)| *v).collect();
                let near = Near::find(&name.text, all.iter().copied());
                let list = format!("the standard vocabularies are `{}`", all.join("`, `"));
                let message = format!("no standard vocabulary is named `{}`", name.text);
                let finding = Finding::new(&UNKNOWN_VOCABULARY, name.span, message).near(near, print::quoted);
                findings.push(finding.maybe_help(Some(list)));
                // Where it is clear which one is meant, its names are known, so that only the real faults show.
                if let [meant] = closest(&name.text, all)[..] {
                    used.extend(named(meant));
                }
            }
        }
    }
    used.sort_unstable();
    used.dedup();
    used
}

/// Why a policy could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Files or folders that cannot be read, or a manifest with faults: each with its reason.
    #[error("{}", .0.join("\n"))]
    Read(Vec<String>),
    /// The policy has errors.
    #[error("{}", summary(.0))]
    Unsound(Box<Unsound>),
}

fn summary(unsound: &Unsound) -> String {
    let errors: Vec<&Finding> = unsound.findings.iter().filter(|f| f.level == Level::Error).collect();
    let line = |f: &&Finding| format!("{}: {}: {}", unsound.sources.place(f.span), f.rule.name, f.message);
    let shown: Vec<String> = errors.iter().take(20).map(line).collect();
    let s = if errors.len() == 1 { "" } else { "s" };
    format!("the policy has {} error{s}:\n{}", errors.len(), shown.join("\n"))
}

/// A sound policy, ready to answer.
#[derive(Debug)]
pub struct Policy {
    sources: Sources,
    findings: Vec<Finding>,
    model: Sound,
    table: Table,
}

impl Policy {
    /// Loads a policy as the command does: a `.rk` file, a folder, or a `roomkey.toml`, which also counts in a folder.
    /// The data files that they name lie in the same folder or below.
    ///
    /// ```
    /// use roomkey::{Policy, Question};
    /// let policy = Policy::load("policies/examples/collaboration")?;
    /// let answer = policy.check(&Question::new("nobody@example.com", "room:write", "room:no-such-room"))?;
    /// assert!(!answer.allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An unreadable file, a manifest with faults, or a policy with errors.
    pub fn load(path: impl AsRef<Path>) -> Result<Policy, LoadError> {
        crate::cli::load(path.as_ref())
    }

    /// A policy from texts in memory, each with the name that messages call it by. Those named `….csv` or `….jsonl` are
    /// the data files that `facts` statements name.
    ///
    /// # Errors
    /// A policy with errors.
    pub fn from_texts(files: impl IntoIterator<Item = (String, String)>) -> Result<Policy, LoadError> {
        Policy::read(files, &InMemory)
    }

    fn read(texts: impl IntoIterator<Item = (String, String)>, facts: &dyn FactFiles) -> Result<Policy, LoadError> {
        let mut sources = Sources::default();
        for (name, text) in texts {
            sources.add(Source::new(name, text));
        }
        let analysis = Analysis::with_facts(sources, &Settings::default(), facts);
        analysis.into_policy().map_err(|u| LoadError::Unsound(Box::new(u)))
    }

    /// Answers one question, with its reason.
    ///
    /// # Errors
    /// An unknown kind or permission, and an id that no user or resource can have, are errors and never a deny.
    pub fn check(&self, question: &Question) -> Result<Answer, QuestionError> {
        self.checker().check(question)
    }

    /// Answers many questions.
    pub fn checker(&self) -> Checker<'_> {
        Checker::new(&self.table)
    }

    /// Its files.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Its warnings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What it says, with the place of each statement.
    pub fn model(&self) -> &Model {
        self.model.model()
    }

    /// The same, as a table is made from it.
    pub fn sound(&self) -> &Sound {
        &self.model
    }

    /// Which statements some test or invariant would miss whose name holds `filter`. `done` hears how many were tried since it was
    /// last called, and how many there are.
    ///
    /// # Errors
    /// Those of a question.
    pub fn coverage(
        &self,
        when: When,
        filter: &str,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Covered>, QuestionError> {
        coverage::coverage(&self.model, &self.sources, &self.table, when, filter, done)
    }

    /// What comes of the policy with one thing otherwise, for each such thing. `filter` and `done` are as for [`Policy::coverage`].
    ///
    /// # Errors
    /// Those of a question.
    pub fn mutants(&self, when: When, filter: &str, done: &(dyn Fn(usize, usize) + Sync)) -> Result<Mutants, QuestionError> {
        mutate::mutate(&self.model, &self.sources, &self.table, when, filter, done)
    }

    /// The table that answers, alone.
    pub fn into_table(self) -> Table {
        self.table
    }

    /// The table that answers.
    pub fn table(&self) -> &Table {
        &self.table
    }
}
