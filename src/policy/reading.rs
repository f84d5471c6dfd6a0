//! Text → model, twice where a slip in the text is clear: the second time as it is meant, so that one slip is one fault.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::examples::{Examples, Own};
use super::{VOCABULARIES, size, vocabularies};
use super::{denied, limits};
use crate::facts::{self, FactFiles, Format, Openings};
use crate::finding::{
    EMPTY_POLICY, Finding, MISPLACED, Rule, SYNTAX, UNCLOSED, UNKNOWN_KIND, UNKNOWN_PERMISSION, WRONG_CONTAINER,
};
use crate::model::facts::Data;
use crate::model::kinds::Meaning;
use crate::model::{self, Model, Settings};
use crate::source::{FileId, Source, Sources, Span};
use crate::syntax::mend::{self, Known, Mended};
use crate::syntax::{self, Parsed};

/// The files of a policy set, the standard vocabularies behind them.
pub struct Set {
    /// Their texts.
    pub sources: Sources,
    /// Those that are read as statements.
    pub files: Vec<FileId>,
    first_vocabulary: u32,
}

/// What the files of a policy set say.
pub struct Bound {
    /// As far as it is sound.
    pub model: Model,
    /// Its faults.
    pub findings: Vec<Finding>,
    /// How many statements and resources there are.
    pub statements: usize,
    /// The data files that were read.
    pub read: Vec<Source>,
}

impl Set {
    /// The set of some files.
    pub fn new(mut sources: Sources) -> Set {
        let files = sources.iter().filter(|(_, s)| Format::of(s.name()).is_none()).map(|(id, _)| id).collect();
        let first_vocabulary = sources.len() as u32;
        for (name, text) in VOCABULARIES {
            sources.add(Source::embedded(format!("{name}.rk"), *text));
        }
        Set { sources, files, first_vocabulary }
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.sources.get(file).text()
    }

    /// For each file of another set the one of these that it may be a version of: that of its name, else of the end of it.
    pub fn twins(&self, other: &Set) -> Vec<Option<usize>> {
        fn end(name: &str) -> &str {
            name.rsplit('/').next().unwrap_or(name)
        }
        let mut by: HashMap<&str, usize> = HashMap::new();
        let names = || self.files.iter().map(|id| self.sources.get(*id).name());
        by.extend(names().map(end).zip(0..));
        by.extend(names().zip(0..));
        let only = (self.files.len() == 1 && other.files.len() == 1).then_some(0);
        let twin = |id: &FileId| {
            let name = other.sources.get(*id).name();
            by.get(name).or_else(|| by.get(end(name))).copied().or(only)
        };
        other.files.iter().map(twin).collect()
    }

    /// What files say that are read so, and as they are meant where a slip in one is clear.
    pub fn bind_as_meant<'s>(&'s self, parsed: Vec<Parsed<'s>>, settings: &Settings, fact_files: &dyn FactFiles) -> Bound {
        let bound = self.bind(parsed, settings, fact_files);
        let mended = mended(&self.sources, &self.files, &bound);
        let guarded = |mut bound: Bound| {
            let examples = Examples::of(&bound.model);
            let mut own: BTreeMap<FileId, Own<'_>> = BTreeMap::new();
            for finding in bound.findings.iter_mut().filter(|finding| self.files.contains(&finding.span.file)) {
                let file = finding.span.file;
                denied::guard(finding, self.text(file));
                limits::keep(finding, self.text(file));
                if let Some(examples) = &examples {
                    examples.speak(finding, own.entry(file).or_insert_with(|| Own::new(self.text(file))));
                }
            }
            bound
        };
        if mended.is_empty() {
            return guarded(bound);
        }
        let meant = |id: &FileId| syntax::parse(*id, mended.get(id).map_or_else(|| self.text(*id), |mended| &*mended.text));
        let mut again = self.bind(self.files.par_iter().map(meant).collect(), settings, fact_files);
        // What a change itself brings in is not another fault of the same words.
        again.findings.retain(|finding| SHOWN_AS[..2].contains(&finding.rule) || !is_changed(finding.span, &mended));
        // What is left of a text whose faults are taken out may be nothing, but the text says something.
        again.findings.retain(|finding| finding.rule != &EMPTY_POLICY);
        again.findings.iter_mut().for_each(|finding| place(finding, &mended));
        again.findings.extend(mended.into_values().flat_map(|mended| mended.findings));
        guarded(Bound { statements: bound.statements, ..again })
    }

    fn bind<'s>(&'s self, parsed: Vec<Parsed<'s>>, settings: &Settings, fact_files: &dyn FactFiles) -> Bound {
        let (sources, files, first_vocabulary) = (&self.sources, &self.files, self.first_vocabulary);
        let mut findings = Vec::new();
        let mut statements = Vec::new();
        let copy_of = |id: FileId| VOCABULARIES.iter().position(|(_, vocabulary)| self.text(id).lines().eq(vocabulary.lines()));
        let mut copies = Vec::new();
        for (id, p) in files.iter().zip(parsed) {
            findings.extend(p.findings);
            match copy_of(*id) {
                Some(index) => copies.push((index, p.statements)),
                None => statements.extend(p.statements),
            }
        }
        let count: usize = statements.iter().chain(copies.iter().flat_map(|(_, copied)| copied)).map(size).sum();
        if count == 0 && findings.is_empty() && !files.is_empty() {
            let span = Span { file: files[0], start: 0, end: 0 };
            let finding = Finding::new(&EMPTY_POLICY, span, "the policy says nothing");
            findings.push(finding.help("declare something: `use liveblocks`, then `room lobby { default can read }`"));
        }
        // A vocabulary speaks first, so that what contradicts it is the policy's own statement.
        let mut first = Vec::new();
        for index in vocabularies(&statements, &mut findings) {
            // A file that is the vocabulary, word for word, says nothing more.
            copies.retain(|(copied, _)| *copied != index);
            let parsed = syntax::parse(FileId(first_vocabulary + index as u32), VOCABULARIES[index].1);
            findings.extend(parsed.findings);
            first.extend(parsed.statements);
        }
        statements.splice(0..0, first);
        statements.extend(copies.into_iter().flat_map(|(_, copied)| copied));
        let Openings { files: opened, sources: read, findings: more } = facts::open(&statements, sources, fact_files);
        findings.extend(more);
        let given = sources.len();
        let text = |file: FileId| if (file.0 as usize) < given { sources.get(file) } else { &read[file.0 as usize - given] };
        let data = |o: &facts::Opened| {
            let source = text(o.file);
            Data { sort: o.sort, format: o.format, file: o.file, name: source.name(), text: source.text() }
        };
        let data: Vec<Data<'_>> = opened.iter().map(data).collect();
        let (model, mut more) = model::bind(&statements, &data, settings);
        // What stands in a block that is never closed may well stand behind it.
        let unclosed = |span: Span| {
            let before = |f: &Finding| f.rule == &UNCLOSED && f.span.file == span.file && f.span.start < span.start;
            findings.iter().any(before)
        };
        more.retain(|finding| finding.rule != &WRONG_CONTAINER || !unclosed(finding.span));
        findings.extend(more);
        drop((statements, data));
        Bound { model, findings, statements: count, read }
    }
}

/// What a slip in a text may show as.
pub const SHOWN_AS: [&Rule; 4] = [&SYNTAX, &MISPLACED, &UNKNOWN_KIND, &UNKNOWN_PERMISSION];

/// The files whose text is meant otherwise than it stands.
fn mended(sources: &Sources, files: &[FileId], bound: &Bound) -> BTreeMap<FileId, Mended> {
    let shown = bound.findings.iter().filter(|finding| SHOWN_AS.contains(&finding.rule));
    let files: BTreeSet<FileId> = shown.map(|finding| finding.span.file).filter(|file| files.contains(file)).collect();
    let model = &bound.model;
    let known = Known {
        kinds: model.kind_names.iter().collect(),
        group: &|name| model.groups.get(name).is_some(),
        permission: &|name| model.kinds.iter().any(|kind| kind.meaning(name).is_some()),
        feature: &|own, name| {
            let kinds = || model.kinds.iter().filter(|kind| kind.features.position(name).is_some());
            let own = kinds().any(|kind| Some(&*kind.name) == own).then_some(own).flatten();
            let kinds = kinds().filter(|kind| own.is_none_or(|own| *kind.name == *own));
            let ends = kinds.filter_map(|kind| Some([kind.levels.iter().next()?, kind.levels.iter().last()?]));
            let ends: BTreeSet<[&str; 2]> = ends.collect();
            ends.into_iter().map(|ends| ends.map(|level| format!("{name}:{level}"))).collect()
        },
        covers: &|more, less| {
            model.kinds.iter().any(|kind| match (kind.meaning(more), kind.meaning(less)) {
                (Some(Meaning::Part(a, more)), Some(Meaning::Part(b, less))) => a == b && more > less,
                (Some(Meaning::Star), Some(Meaning::Part(0, _))) => true,
                _ => false,
            })
        },
        lower: &|name| model.kinds.iter().find_map(|kind| kind.lower(name)),
        role: &|name| model.roles.get(name).is_some(),
        placed: &|id| {
            let kinds = (0..).zip(&model.kinds).filter(|(kind, _)| model.index.resource(*kind, id).is_some());
            kinds.map(|(_, kind)| kind.name.to_string()).collect()
        },
        vocabularies: VOCABULARIES.iter().map(|(name, _)| *name).collect(),
        all: true,
    };
    let files = files.into_iter().filter_map(|file| Some((file, mend::mend(file, sources.get(file).text(), &known)?)));
    files.collect()
}

fn is_changed(span: Span, mended: &BTreeMap<FileId, Mended>) -> bool {
    mended.get(&span.file).is_some_and(|mended| mended.changed(span))
}

/// Puts a finding about a text as it is meant where that stands.
fn place(finding: &mut Finding, mended: &BTreeMap<FileId, Mended>) {
    let placed = |span: &mut Span| {
        if let Some(mended) = mended.get(&span.file) {
            *span = mended.place(*span);
        }
    };
    let spans = finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|(span, _)| *span));
    // What mends the text as it is meant is no change of the one that stands.
    if spans.into_iter().any(|span| is_changed(span, mended)) {
        finding.fix = None;
    }
    placed(&mut finding.span);
    finding.labels.iter_mut().for_each(|label| placed(&mut label.span));
    finding.fix.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|(span, _)| placed(span));
}
