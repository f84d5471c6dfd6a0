//! Kinds: their parts, and what a permission means on each.

use super::names::Names;
use std::collections::HashSet;

use super::{Binder, graph};
use crate::finding::{
    BAD_NAME, DUPLICATE, Finding, KIND_PARTS, KIND_ROOT, LISTED_TWICE, Near, UNKNOWN_KIND, UNKNOWN_ROLE, WRONG_CONTAINER, closest,
};
use crate::source::{FileId, Span};
use crate::syntax::keyword::is_keyword;
use crate::syntax::print;
use crate::syntax::tree::{KindDecl, KindItem, Name, Statement};

/// The number of a kind; `organization` is 0.
pub type KindId = u32;

/// What a part is set to: [`FOLLOW`] < [`NONE`] < the levels from 2. A flat permission that is granted is 2.
pub type Value = u8;
/// A feature that has the level of the base.
pub const FOLLOW: Value = 0;
/// No access.
pub const NONE: Value = 1;
/// A flat permission that is granted, or the lowest level.
pub const LOWEST: Value = 2;
/// The most levels of a kind: a value is a byte.
pub const MAX_LEVELS: usize = 200;

/// Words of a kind in the order of their declaration, found by name in the same time however many there are.
#[derive(Clone, Debug, Default)]
pub struct Words {
    names: Names,
    spans: Vec<Span>,
}

impl Words {
    /// Adds a word that is not there yet; says whether it was not.
    pub fn add(&mut self, name: &str, span: Span) -> bool {
        let new = self.names.intern(name) as usize == self.spans.len();
        self.spans.extend(new.then_some(span));
        new
    }

    /// Where a word stands in the order.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.get(name).map(|at| at as usize)
    }

    /// Where a word was declared.
    pub fn span(&self, name: &str) -> Option<Span> {
        self.position(name).map(|at| self.spans[at])
    }

    /// The word at a place of the order; empty behind the last one.
    pub fn name(&self, at: usize) -> &str {
        self.names.name(at as u32)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// All words.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// Where each word was declared.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }
}

/// A kind. Its parts are numbered: the base is 0, then the features, then the flat permissions.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Its name.
    pub name: Box<str>,
    /// Where it was declared first.
    pub span: Option<Span>,
    /// The kinds that may contain it.
    pub parents: Vec<(KindId, Span)>,
    /// From the lowest to the highest.
    pub levels: Words,
    /// Features and sub-features.
    pub features: Words,
    /// Permissions without order.
    pub flats: Words,
    /// Accepted without effect.
    pub retired: Words,
    /// The role that an owner gets.
    pub owner: Option<(u32, Span)>,
    /// For each feature, the parts of its sub-features.
    pub subs: Vec<Vec<u32>>,
}

/// What a permission of a list means on one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A part at a level (or [`NONE`]).
    Part(u32, Value),
    /// `*`
    Star,
    /// No effect.
    Retired,
}

impl Kind {
    /// A kind without parts.
    pub fn new(name: &str, span: Option<Span>) -> Kind {
        Kind {
            name: name.into(),
            span,
            parents: Vec::new(),
            levels: Words::default(),
            features: Words::default(),
            flats: Words::default(),
            retired: Words::default(),
            owner: None,
            subs: Vec::new(),
        }
    }

    /// Whether it declares no permission.
    pub fn is_bare(&self) -> bool {
        self.parts() == 1 && self.levels.is_empty() && self.retired.is_empty()
    }

    /// How many parts it has, the base included.
    pub fn parts(&self) -> usize {
        1 + self.features.len() + self.flats.len()
    }

    /// The parts of the features.
    pub fn feature_parts(&self) -> std::ops::Range<u32> {
        1..1 + self.features.len() as u32
    }

    /// The parts of the flat permissions.
    pub fn flat_parts(&self) -> std::ops::Range<u32> {
        1 + self.features.len() as u32..self.parts() as u32
    }

    /// The value of the highest level; [`NONE`] where there are no levels.
    pub fn highest(&self) -> Value {
        NONE + self.levels.len() as Value
    }

    /// A level of a part as a permission.
    pub fn permission(&self, part: u32, value: Value) -> String {
        let level = |value: Value| if value < LOWEST { "none" } else { self.levels.name((value - LOWEST) as usize) };
        match part {
            0 => level(value).to_owned(),
            part if self.feature_parts().contains(&part) => format!("{}:{}", self.features.name(part as usize - 1), level(value)),
            part => self.flats.name((part - self.flat_parts().start) as usize).to_owned(),
        }
    }

    /// Of a feature at a level, the feature at the level below, which may be `none`.
    pub fn lower(&self, permission: &str) -> Option<String> {
        match self.meaning(permission)? {
            Meaning::Part(part, value) if value > NONE && self.feature_parts().contains(&part) => {
                Some(self.permission(part, value - 1))
            }
            _ => None,
        }
    }

    /// The sub-features of a part.
    pub fn subs(&self, part: u32) -> &[u32] {
        (part as usize).checked_sub(1).and_then(|p| self.subs.get(p)).map_or(&[], |s| s)
    }

    fn level(&self, name: &str) -> Option<Value> {
        self.levels.position(name).map(|i| LOWEST + i as Value)
    }

    fn feature(&self, name: &str) -> Option<u32> {
        self.features.position(name).map(|i| 1 + i as u32)
    }

    /// What a permission means here; `None` where this kind does not declare it.
    pub fn meaning(&self, token: &str) -> Option<Meaning> {
        if token == "*" {
            return (self.parts() > 1 || !self.levels.is_empty()).then_some(Meaning::Star);
        }
        if let Some(flat) = self.flats.position(token) {
            return Some(Meaning::Part(1 + (self.features.len() + flat) as u32, LOWEST));
        }
        if let Some((feature, level)) = token.rsplit_once(':') {
            if feature == "*" || feature == &*self.name {
                if let Some(level) = self.level(level) {
                    return Some(Meaning::Part(0, level));
                }
            } else if let Some(part) = self.feature(feature) {
                let level = if level == "none" { Some(NONE) } else { self.level(level) };
                if let Some(level) = level {
                    return Some(Meaning::Part(part, level));
                }
            }
        } else if let Some(level) = self.level(token) {
            return Some(Meaning::Part(0, level));
        }
        self.retired.position(token).map(|_| Meaning::Retired)
    }

    /// Every permission that can be asked for, in the order of the declarations.
    pub fn permissions(&self) -> impl Iterator<Item = String> + '_ {
        let levels = self.levels.iter().map(str::to_string);
        let features = self.features.iter().flat_map(|f| self.levels.iter().map(move |l| format!("{f}:{l}")));
        levels.chain(features).chain(self.flats.iter().map(str::to_string))
    }
}

/// Declares every kind and fills in its parts.
pub fn bind(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    b.model.kinds.push(Kind::new("organization", None));
    b.model.kind_names.intern("organization");
    let decls: Vec<&KindDecl<'_>> =
        statements.iter().filter_map(|s| if let Statement::Kind(k) = s { Some(k) } else { None }).collect();
    for decl in &decls {
        declare(b, &decl.name);
    }
    for decl in &decls {
        let Some(id) = b.model.kind_names.get(&decl.name.text) else { continue };
        parents(b, id, decl);
        for item in &decl.items {
            parts(b, id, item);
        }
    }
    for id in 0..b.model.kinds.len() {
        features(b, id);
        retired(b, id);
    }
    b.model.inside = vec![Vec::new(); b.model.kinds.len()];
    for (kind, k) in (0..).zip(&b.model.kinds) {
        k.parents.iter().for_each(|(parent, _)| b.model.inside[*parent as usize].push(kind));
    }
    roots(b);
}

fn declare(b: &mut Binder<'_>, name: &Name<'_>) {
    if is_keyword(&name.text) {
        let message = format!("`{}` is a word of the language and cannot name a kind", name.text);
        let help = format!("give the kind a name of your own, such as `{}-page`", name.text);
        return b.push(Finding::new(&BAD_NAME, name.span, message).help(help));
    }
    if b.model.kind_names.get(&name.text).is_none() {
        b.model.kind_names.intern(&name.text);
        b.model.kinds.push(Kind::new(&name.text, Some(name.span)));
    }
}

fn parents(b: &mut Binder<'_>, id: KindId, decl: &KindDecl<'_>) {
    for parent in &decl.parents {
        if id == 0 {
            b.push(Finding::new(&WRONG_CONTAINER, parent.span, "an organization has no container").help("take `in …` out"));
            continue;
        }
        let Some(container) = b.kind(parent) else { continue };
        let kind = &mut b.model.kinds[id as usize];
        match kind.parents.iter().find(|(k, _)| *k == container) {
            Some((_, first)) => {
                let finding = Finding::new(
                    &LISTED_TWICE,
                    parent.span,
                    format!("kind `{}` is said twice to be in `{}`", decl.name.text, parent.text),
                );
                let finding = finding.label(*first, "said here first").help("take one out");
                b.push(finding);
            }
            None => kind.parents.push((container, parent.span)),
        }
    }
}

fn parts(b: &mut Binder<'_>, id: KindId, item: &KindItem<'_>) {
    match item {
        KindItem::Levels(span, names) => levels(b, id, *span, names),
        KindItem::Features(names) => names.iter().for_each(|n| part(b, id, n, |k| &mut k.features)),
        KindItem::Permissions(names) => names.iter().for_each(|n| part(b, id, n, |k| &mut k.flats)),
        KindItem::Retired(names) => names.iter().for_each(|n| part(b, id, n, |k| &mut k.retired)),
        KindItem::OwnerGets(role) => match b.model.kinds[id as usize].owner {
            Some((_, first)) => {
                let finding = Finding::new(&DUPLICATE, role.span, "`owner gets` is given twice").label(first, "given here first");
                b.push(finding.help("take one out, or let one role include the other"))
            }
            None => match b.model.roles.get(&role.text) {
                Some(r) => b.model.kinds[id as usize].owner = Some((r, role.span)),
                None => {
                    let near = b.suggest(&role.text, |m| m.roles.iter());
                    let finding = Finding::new(&UNKNOWN_ROLE, role.span, format!("no role is named `{}`", role.text));
                    let declare = format!("declare it: `role {} {{ can … }}`", print::Id(&role.text));
                    b.push(finding.near(near, print::quoted).maybe_help(Some(declare)));
                }
            },
        },
    }
}

fn levels(b: &mut Binder<'_>, id: KindId, span: Span, names: &[Name<'_>]) {
    if let Some(first) = b.model.kinds[id as usize].levels.spans().first().copied() {
        let finding = Finding::new(&DUPLICATE, span, "the levels of a kind are given once").label(first, "given here first");
        return b.push(finding.help("put all levels in one of them, and take the other out"));
    }
    if names.len() > MAX_LEVELS {
        return b.push(
            Finding::new(&KIND_PARTS, span, format!("a kind has at most {MAX_LEVELS} levels"))
                .help("declare `permissions` for what has no order"),
        );
    }
    names.iter().for_each(|n| part(b, id, n, |k| &mut k.levels));
}

/// Adds one word to a kind, unless it has it.
fn part(b: &mut Binder<'_>, id: KindId, name: &Name<'_>, list: fn(&mut Kind) -> &mut Words) {
    if matches!(&*name.text, "none" | "nothing" | "*") {
        let finding = Finding::new(&BAD_NAME, name.span, format!("`{}` cannot be declared", name.text));
        return b
            .push(finding.help("take it out, or give it another name: `none`, `nothing` and `*` have a meaning of their own"));
    }
    let kind = &mut b.model.kinds[id as usize];
    let known = [&kind.levels, &kind.features, &kind.flats, &kind.retired].into_iter().find_map(|words| words.span(&name.text));
    if let Some(first) = known {
        let message = format!("kind `{}` declares `{}` twice", kind.name, name.text);
        let finding = Finding::new(&DUPLICATE, name.span, message).label(first, "declared here first");
        return b.push(finding.help("take one out, or give one another name"));
    }
    list(kind).add(&name.text, name.span);
}

/// Checks the paths of the features, and links each to its sub-features.
fn features(b: &mut Binder<'_>, id: usize) {
    let kind = &b.model.kinds[id];
    let mut findings = Vec::new();
    let mut subs = vec![Vec::new(); kind.features.len()];
    for (i, (feature, span)) in kind.features.iter().zip(kind.features.spans()).enumerate() {
        if kind.levels.is_empty() {
            findings.push(
                Finding::new(&KIND_PARTS, *span, format!("kind `{}` has features and no levels", kind.name))
                    .help("add `levels read < write`, or declare `permissions` instead"),
            );
            break;
        }
        let bad = feature.split(':').find(|s| *s == "none" || *s == "nothing" || *s == &*kind.name || kind.level(s).is_some());
        if let Some(bad) = bad {
            let message = format!("`{bad}` cannot be a part of a feature's name: it is a level, `none` or the kind");
            findings.push(Finding::new(&BAD_NAME, *span, message).help("give that part of the feature another name"));
        }
        for (at, _) in feature.match_indices(':') {
            let Some(prefix) = kind.feature(&feature[..at]) else {
                let message = format!("`{}` is no feature of kind `{}`", &feature[..at], kind.name);
                let help = format!("declare it too: `features {}, {feature}`", &feature[..at]);
                findings.push(Finding::new(&KIND_PARTS, *span, message).help(help));
                break;
            };
            subs[prefix as usize - 1].push(1 + i as u32);
        }
    }
    b.model.kinds[id].subs = subs;
    findings.into_iter().for_each(|f| b.push(f));
}

fn retired(b: &mut Binder<'_>, id: usize) {
    let kind = &b.model.kinds[id];
    let live = kind.retired.iter().zip(kind.retired.spans()).filter(|(name, _)| kind.meaning(name) != Some(Meaning::Retired));
    let live: Vec<Finding> = live
        .map(|(name, span)| {
            Finding::new(&KIND_PARTS, *span, format!("`{name}` is retired, and a permission of kind `{}`", kind.name))
                .help("take it out here, or where it is declared")
        })
        .collect();
    live.into_iter().for_each(|f| b.push(f));
}

/// A circle of kinds is sound where a kind outside of it can contain one of them; a kind may contain itself.
fn roots(b: &mut Binder<'_>) {
    let none = Span { file: FileId(0), start: 0, end: 0 };
    let kinds = &b.model.kinds;
    let edges: Vec<graph::Edge> = kinds
        .iter()
        .enumerate()
        .flat_map(|(i, k)| k.parents.iter().map(move |(p, span)| graph::Edge { from: i as u32, to: *p, span: *span }))
        .collect();
    let mut findings = Vec::new();
    for cycle in graph::cycles(kinds.len(), &edges) {
        let component: HashSet<u32> = cycle.component.iter().copied().collect();
        let inside = |k: u32| component.contains(&k);
        let held = edges.iter().any(|e| inside(e.from) && !inside(e.to));
        if held || cycle.component.len() < 2 {
            continue;
        }
        let name = |k: u32| format!("`{}`", kinds[k as usize].name);
        findings.push(
            cycle
                .finding(&KIND_ROOT, none, name, "is in")
                .help("let a kind outside of the circle contain one of them, or take an `in` out"),
        );
    }
    findings.into_iter().for_each(|f| b.push(f));
}

impl Binder<'_> {
    /// The kind of a name, or a finding.
    pub fn kind(&mut self, name: &Name<'_>) -> Option<KindId> {
        if let Some(id) = self.model.kind_names.get(&name.text) {
            return Some(id);
        }
        if let "user" | "group" | "role" = &*name.text {
            let message = format!("a {} is no resource, and `{}` no kind", name.text, name.text);
            let help = format!("name a kind of resource: {}", self.kinds_listed());
            self.push(Finding::new(&UNKNOWN_KIND, name.span, message).help(help));
            return None;
        }
        let near = self.suggest(&name.text, |m| m.kind_names.iter().chain(["group", "role", "assign", "user", "kind", "use"]));
        let near = near.or_else(|| Near::shortened(&name.text, self.model.kind_names.iter()));
        let declare = match closest(&name.text, ["can", "cannot"])[..] {
            [verb] if near.is_none() => {
                format!("did you mean `{verb}`? an access entry stands in a resource: `room lobby {{ user ann {verb} read }}`")
            }
            _ if self.model.kinds.len() > 1 => {
                format!("the kinds are {}; declare another: `kind {} in organization {{ … }}`", self.kinds_listed(), name.text)
            }
            _ => format!("declare it: `kind {} in organization {{ … }}`, or bring in a vocabulary: `use liveblocks`", name.text),
        };
        let finding = Finding::new(&UNKNOWN_KIND, name.span, format!("no kind is named `{}`", name.text));
        self.push(finding.near(near, str::to_owned).maybe_help(Some(declare)));
        None
    }
    /// The first kinds of the policy, in words; `organization` is the last.
    fn kinds_listed(&self) -> String {
        let names = self.model.kinds.iter().skip(1).take(4).chain(self.model.kinds.first());
        names.map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ")
    }
}
