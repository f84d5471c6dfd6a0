//! Places: resources and patterns, their containers, and what their blocks say.

use super::access::Site;
use super::facts::{self, Data};
use super::kinds::KindId;
use super::names::Names;
use super::{Assignment, Binder, Membership, PlaceId, graph};
use crate::facts::Sort;
use crate::finding::{
    BAD_ID, BAD_STAR, Finding, LISTED_TWICE, MEMBER_HERE, NO_OWNER, NOT_HERE, RESOURCE_CYCLE, TWO_CONTAINERS, UNKNOWN_RESOURCE,
    WRONG_CONTAINER,
};
use crate::source::{FileId, Span};
use crate::syntax::print;
use crate::syntax::tree::{Address, BlockItem, Member, Name, ResourceDecl, Statement};

/// A resource, or a pattern of resources.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its kind.
    pub kind: KindId,
    /// The id; of a pattern the text before the `*`.
    pub id: Box<str>,
    /// Whether it is a pattern.
    pub pattern: bool,
    /// Its container, and where that was said.
    pub parent: Option<(PlaceId, Span)>,
    /// Whether a block or statement declares it; else it is only the scope of an assignment.
    pub declared: bool,
    /// Where it was met first.
    pub span: Span,
}

impl Place {
    /// `organization default`: nobody's parent.
    pub fn is_default_organization(&self) -> bool {
        self.kind == 0 && !self.pattern && &*self.id == "default"
    }
}

/// The places of one kind, by id.
#[derive(Clone, Debug, Default)]
struct Index {
    names: Names,
    places: Vec<PlaceId>,
}

impl Index {
    fn get(&self, id: &str) -> Option<PlaceId> {
        self.names.get(id).map(|n| self.places[n as usize])
    }

    /// The place of an id; `new` is its number where it has none yet.
    fn intern(&mut self, id: &str, new: PlaceId) -> PlaceId {
        let number = self.names.intern(id) as usize;
        if number == self.places.len() {
            self.places.push(new);
        }
        self.places[number]
    }
}

/// Places by kind and id.
#[derive(Clone, Debug, Default)]
pub struct PlaceIndex {
    resources: Vec<Index>,
    patterns: Vec<Index>,
}

impl PlaceIndex {
    fn slot(&mut self, kind: KindId, pattern: bool) -> &mut Index {
        let list = if pattern { &mut self.patterns } else { &mut self.resources };
        if list.len() <= kind as usize {
            list.resize_with(kind as usize + 1, Index::default);
        }
        &mut list[kind as usize]
    }

    /// A declared resource.
    pub fn resource(&self, kind: KindId, id: &str) -> Option<PlaceId> {
        self.resources.get(kind as usize)?.get(id)
    }

    /// A pattern, by the text before its `*`.
    pub fn pattern(&self, kind: KindId, id: &str) -> Option<PlaceId> {
        self.patterns.get(kind as usize)?.get(id)
    }

    /// The ids of the resources of a kind, and their places.
    pub fn ids(&self, kind: KindId) -> Option<(&Names, &[PlaceId])> {
        self.resources.get(kind as usize).map(|index| (&index.names, &*index.places))
    }
}

/// A block with its place, to be read once every place is known.
struct Opened<'t, 's> {
    place: PlaceId,
    decl: &'t ResourceDecl<'s>,
}

/// Declares every place, links the containers, and reads the blocks.
pub fn bind(b: &mut Binder<'_>, statements: &[Statement<'_>], data: &[Data<'_>]) {
    let mut opened = Vec::new();
    let mut parents = Vec::new();
    for statement in statements {
        if let Statement::Resource(decl) = statement {
            declare(b, decl, None, &mut opened, &mut parents);
        }
    }
    facts::bind(b, data, Sort::Resources);
    facts::bind(b, data, Sort::Accesses);
    for (place, address) in parents {
        if let Some(parent) = container(b, address) {
            contain(b, place, parent, address.kind.span.to(address.id.span));
        }
    }
    undeclared(b);
    cycles(b);
    for Opened { place, decl } in &opened {
        for item in &decl.items {
            block_item(b, *place, item);
        }
    }
}

fn declare<'t, 's>(
    b: &mut Binder<'_>,
    decl: &'t ResourceDecl<'s>,
    outer: Option<(PlaceId, Span)>,
    opened: &mut Vec<Opened<'t, 's>>,
    parents: &mut Vec<(PlaceId, &'t Address<'s>)>,
) {
    let place = address(b, &decl.address, true);
    if let Some(place) = place {
        if let Some((parent, span)) = outer {
            contain(b, place, parent, span);
        }
        if let Some(parent) = &decl.parent {
            parents.push((place, parent));
        }
        opened.push(Opened { place, decl });
    }
    let span = decl.address.kind.span.to(decl.address.id.span);
    let pattern = place.is_some_and(|p| b.model.places[p as usize].pattern);
    for item in &decl.items {
        let BlockItem::Resource(inner) = item else { continue };
        if pattern {
            let finding = Finding::new(&NOT_HERE, inner.address.kind.span, "a pattern contains no resources");
            b.push(finding.label(span, "this is a pattern").help("declare it in a resource, or at the top level"));
        }
        let container = place.filter(|_| !pattern);
        declare(b, inner, container.map(|p| (p, inner.address.kind.span.to(inner.address.id.span))), opened, parents);
    }
}

/// The place of `KIND ID`, made where it is new.
pub fn address(b: &mut Binder<'_>, address: &Address<'_>, declared: bool) -> Option<PlaceId> {
    let kind = b.kind(&address.kind)?;
    let (id, pattern) = match resource_id(b, &address.id) {
        Some(read) => read,
        // What stands in its block is judged as that of a resource.
        None if declared && address.id.text.contains('*') => (&*address.id.text, false),
        None => return None,
    };
    let span = address.kind.span.to(address.id.span);
    let next = b.model.places.len() as PlaceId;
    let place = b.model.index.slot(kind, pattern).intern(id, next);
    if place == next {
        b.model.places.push(Place { kind, id: id.into(), pattern, parent: None, declared, span });
    }
    let known = &mut b.model.places[place as usize];
    if declared && !known.declared {
        (known.declared, known.span) = (true, span);
    }
    Some(place)
}

/// An id of a resource without its `*`, and whether it had one.
fn resource_id<'t>(b: &mut Binder<'_>, name: &'t Name<'_>) -> Option<(&'t str, bool)> {
    let (id, pattern) = match name.text.strip_suffix('*') {
        Some(prefix) => (prefix, true),
        None => (&*name.text, false),
    };
    if id.contains('*') {
        let finding = Finding::new(&BAD_STAR, name.span, format!("`{}` has a `*` that is not at its end", name.text));
        b.push(finding.help("a pattern is the start of an id with one `*` behind it: `\"design:*\"`"));
        return None;
    }
    if !pattern || !id.is_empty() {
        b.check_id(name)?;
    }
    Some((id, pattern))
}

fn container(b: &mut Binder<'_>, address: &Address<'_>) -> Option<PlaceId> {
    let kind = b.kind(&address.kind)?;
    let id = container_id(b, &address.id)?;
    let found = b.model.index.resource(kind, id).filter(|p| b.model.places[*p as usize].declared);
    if found.is_none() {
        unknown(b, kind, &address.id, "container");
    }
    found
}

fn container_id<'t>(b: &mut Binder<'_>, name: &'t Name<'_>) -> Option<&'t str> {
    let (id, pattern) = resource_id(b, name)?;
    if pattern {
        let finding = Finding::new(&BAD_STAR, name.span, "a container is a resource, never a pattern");
        b.push(finding.help("name one resource, or write the entries with `on KIND` in the containers"));
        return None;
    }
    Some(id)
}

/// Gives a place a container that may be declared further on.
pub fn contain_later(b: &mut Binder<'_>, place: PlaceId, outer: &Address<'_>) -> Option<()> {
    container_id(b, &outer.id)?;
    let parent = address(b, outer, false)?;
    contain(b, place, parent, outer.id.span);
    Some(())
}

/// Looks for containers that were named ahead of their declaration, and never got one.
fn undeclared(b: &mut Binder<'_>) {
    for place in 0..b.model.places.len() {
        let Some((parent, span)) = b.model.places[place].parent else { continue };
        let parent = &b.model.places[parent as usize];
        if !parent.declared {
            let name = Name { text: parent.id.to_string().into(), span };
            unknown(b, parent.kind, &name, "container");
            b.settle();
        }
    }
}

/// Says that a container or scope is declared nowhere.
pub fn unknown(b: &mut Binder<'_>, kind: KindId, id: &Name<'_>, what: &str) {
    let word = b.model.kinds[kind as usize].name.to_string();
    let near = b.suggest(&id.text, |m| {
        let same = move |p: &Place| p.kind == kind && !p.pattern && p.declared;
        m.places.iter().map(move |p| if same(p) { &*p.id } else { "" })
    });
    let finding = Finding::new(&UNKNOWN_RESOURCE, id.span, format!("the {what} {word} `{}` is never declared", id.text));
    let declare = format!("declare it: `{word} {}`", print::Id(&id.text));
    b.push(finding.near(near, print::quoted).maybe_help(Some(declare)));
}

/// Gives a place its container, once.
pub fn contain(b: &mut Binder<'_>, place: PlaceId, parent: PlaceId, span: Span) {
    let (pattern, within) = (b.model.places[place as usize].pattern, b.model.places[parent as usize].kind);
    let below = if pattern { b.site_kinds(Site::Place(within, false)) } else { [].into() };
    let model = &b.model;
    let (this, outer) = (&model.places[place as usize], &model.places[parent as usize]);
    let (kind, outer_kind) = (&model.kinds[this.kind as usize], &model.kinds[outer.kind as usize]);
    let fits = if this.pattern {
        // At any depth below: the last step leads into the pattern's kind, the others may come back to where they began.
        kind.parents.iter().any(|(k, _)| below.binary_search(k).is_ok())
    } else {
        kind.parents.iter().any(|(k, _)| *k == outer.kind)
    };
    let mut finding = None;
    if outer.is_default_organization() {
        let f = Finding::new(
            &WRONG_CONTAINER,
            span,
            "`organization default` contains nothing: it stands for resources in no organization",
        );
        finding = Some(f.help("declare the resource at the top level"));
    } else if this.kind == 0 {
        finding =
            Some(Finding::new(&WRONG_CONTAINER, span, "an organization has no container").help("declare it at the top level"));
    } else if !fits {
        let message = format!("{} cannot be in {}", one(&kind.name), one(&outer_kind.name));
        let mut f = Finding::new(&WRONG_CONTAINER, span, message);
        if let Some(declared) = kind.span {
            f = f.label(declared, "the kind is declared here");
        }
        let allow = format!("type `kind {} in {}` to allow it", kind.name, outer_kind.name);
        finding = Some(f.help(match this.kind == outer.kind {
            true if place == parent => {
                format!("take it out: what a block says holds in the {} whose block it is", kind.name)
            }
            true => format!("put it behind the block, or {allow}"),
            false => allow,
        }));
    } else if let Some((_, first)) = this.parent.filter(|(p, _)| *p != parent) {
        let what = if this.pattern { "pattern" } else { "resource" };
        let f = Finding::new(&TWO_CONTAINERS, span, format!("{what} {} is given a second container", model.place_name(place)));
        let help = if this.pattern {
            "write `… on KIND` entries in the containers instead"
        } else {
            "a resource is in one container only"
        };
        finding = Some(f.label(first, "the first one").help(help));
    }
    match finding {
        // The same is said once, however often it is written.
        Some(f) if f.rule == &WRONG_CONTAINER && !b.refused.insert((place, parent)) => drop(f),
        Some(f) => b.push(f),
        None => {
            b.model.places[place as usize].parent.get_or_insert((parent, span));
        }
    }
}

/// A kind with its article.
fn one(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

fn cycles(b: &mut Binder<'_>) {
    let none = Span { file: FileId(0), start: 0, end: 0 };
    let edge = |from: PlaceId| b.model.places[from as usize].parent.map(|(to, span)| graph::Edge { from, to, span });
    let edges: Vec<graph::Edge> = circling(&b.model.places).into_iter().filter_map(edge).collect();
    if edges.is_empty() {
        return;
    }
    for cycle in graph::cycles(b.model.places.len(), &edges) {
        let finding = cycle.finding(&RESOURCE_CYCLE, none, |p| b.model.place_name(p), "is in");
        b.push(finding.help("take one `in` out, so that something is outermost"));
        b.settle();
    }
}

/// The places on circles. Each place has one container at most, so a walk outwards ends, or meets itself.
fn circling(places: &[Place]) -> Vec<PlaceId> {
    let mut walked = vec![0u32; places.len()];
    let mut found = Vec::new();
    for start in 0..places.len() as PlaceId {
        let (mut at, mark) = (Some(start), start + 1);
        while let Some(place) = at.filter(|p| walked[*p as usize] == 0) {
            walked[place as usize] = mark;
            at = places[place as usize].parent.map(|(outer, _)| outer);
        }
        // A walk that ends at a place of its own has gone round.
        let Some(met) = at.filter(|p| walked[*p as usize] == mark) else { continue };
        let mut place = met;
        loop {
            found.push(place);
            match places[place as usize].parent {
                Some((outer, _)) if outer != met => place = outer,
                _ => break,
            }
        }
    }
    found
}

fn block_item(b: &mut Binder<'_>, place: PlaceId, item: &BlockItem<'_>) {
    match item {
        BlockItem::Entry(entry) => b.entry(place, entry),
        BlockItem::Owner(span, owners) => self::owners(b, place, *span, owners),
        BlockItem::Members(span, members) => self::members(b, place, *span, members),
        BlockItem::Resource(_) => {}
    }
}

fn owners(b: &mut Binder<'_>, place: PlaceId, span: Span, owners: &[Member<'_>]) {
    let p = &b.model.places[place as usize];
    if p.pattern {
        return b.push(Finding::new(&NOT_HERE, span, "a pattern has no owner").help("name the owner in a resource"));
    }
    let kind = &b.model.kinds[p.kind as usize];
    let Some((role, _)) = kind.owner else {
        let finding = Finding::new(&NO_OWNER, span, format!("kind `{}` has no role for owners", kind.name));
        let help = format!("type `owner gets ROLE` in `kind {} {{ … }}`, or give access with an entry", kind.name);
        return b.push(finding.help(help));
    };
    for owner in owners {
        let (who, until) = (b.principal(&owner.who), b.until(owner.until.as_ref()));
        if let (Some(who), Some(until)) = (who, until) {
            let span = if owners.len() == 1 { span } else { owner.who.name().span };
            b.model.assignments.push(Assignment { role, who, scope: Some(place), until, span, owner: true });
        }
    }
}

fn members(b: &mut Binder<'_>, place: PlaceId, span: Span, members: &[Member<'_>]) {
    let p = &b.model.places[place as usize];
    if p.pattern {
        return b.push(Finding::new(&NOT_HERE, span, "a pattern has no members").help("name the members in an organization"));
    }
    if p.kind != 0 {
        let finding = Finding::new(&MEMBER_HERE, span, "only an organization has members");
        return b.push(finding.help("put them in a group: `group staff { user ann }`, and give the group access"));
    }
    for member in members {
        let (who, until) = (b.principal(&member.who), b.until(member.until.as_ref()));
        let span = member.who.name().span;
        let (Some(who), Some(until)) = (who, until) else { continue };
        match b.org_members.get(&(place, who)) {
            Some(first) => {
                let (who, first) = (b.model.who(who), *first);
                b.push(
                    Finding::new(&LISTED_TWICE, span, format!("{who} is a member of this organization twice"))
                        .label(first, "listed here first")
                        .help("take one out"),
                );
            }
            None => {
                b.org_members.insert((place, who), span);
                b.model.org_members.push(Membership { of: place, who, until, span });
            }
        }
    }
}

impl Binder<'_> {
    /// Whether a name can be an id; else a finding.
    pub fn check_id(&mut self, name: &Name<'_>) -> Option<()> {
        if print::is_id(&name.text) {
            return Some(());
        }
        let message = match name.text.len() {
            0 => "an id cannot be empty".into(),
            n if n > 256 => format!("an id has at most 256 bytes, and this one has {n}"),
            _ => "an id cannot hold control or bidirectional-override characters".into(),
        };
        self.push(Finding::new(&BAD_ID, name.span, message).help("type an id of 1 to 256 bytes of plain text"));
        None
    }

    /// Whether a name can be the id of a user, a group or a role; else a finding.
    pub fn check_plain_id(&mut self, name: &Name<'_>) -> Option<()> {
        if name.text.contains('*') {
            let finding = Finding::new(
                &BAD_STAR,
                name.span,
                format!("`{}` has a `*`, and only ids of resources can be patterns", name.text),
            );
            self.push(finding.help("write `default`, `everyone` or a group for many users"));
            return None;
        }
        self.check_id(name)
    }
}
