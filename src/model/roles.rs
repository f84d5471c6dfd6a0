//! Roles and assignments.

use std::collections::HashMap;

use super::access::{ListId, Site};
use super::{Assignment, Binder, Who, graph, places};
use crate::finding::{BAD_STAR, DUPLICATE, DUPLICATE_ENTRY, Finding, LISTED_TWICE, ROLE_CYCLE, TOO_LARGE, UNKNOWN_ROLE};
use crate::source::{FileId, Span};
use crate::syntax::print;
use crate::syntax::tree::{Address, Assign, Name, RoleDecl, Statement, Verb};

/// A role: its own lists, and the roles that it includes.
#[derive(Clone, Debug)]
pub struct Role {
    /// Where it is declared.
    pub span: Span,
    /// Its lists, at most one for a kind.
    pub lists: Vec<ListId>,
    /// The roles whose permissions it adds.
    pub includes: Vec<(u32, Span)>,
}

/// Declares the names of roles.
pub fn declare(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    for statement in statements {
        let Statement::Role(decl) = statement else { continue };
        if b.check_plain_id(&decl.name).is_none() {
            continue;
        }
        match b.model.roles.get(&decl.name.text) {
            Some(id) => {
                let first = b.model.role_list[id as usize].span;
                let finding = Finding::new(&DUPLICATE, decl.name.span, format!("role `{}` is declared twice", decl.name.text));
                b.push(finding.label(first, "declared here first").help("give one another name, or join them"));
            }
            None => {
                b.model.roles.intern(&decl.name.text);
                b.model.role_list.push(Role { span: decl.name.span, lists: Vec::new(), includes: Vec::new() });
            }
        }
    }
}

/// Reads the lists and includes of every role, and looks for cycles.
pub fn bind(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    for statement in statements {
        if let Statement::Role(decl) = statement {
            role(b, decl);
        }
    }
    let roles = b.model.role_list.iter().enumerate();
    let edges: Vec<graph::Edge> = roles
        .flat_map(|(i, r)| r.includes.iter().map(move |(to, span)| graph::Edge { from: i as u32, to: *to, span: *span }))
        .collect();
    let none = Span { file: FileId(0), start: 0, end: 0 };
    for cycle in graph::cycles(b.model.roles.len(), &edges) {
        let finding = cycle.finding(&ROLE_CYCLE, none, |r| format!("role `{}`", b.model.roles.name(r)), "includes");
        b.push(finding.help("take one of these `includes` out"));
    }
}

fn role(b: &mut Binder<'_>, decl: &RoleDecl<'_>) {
    let Some(id) = b.model.roles.get(&decl.name.text) else { return };
    let mut first: HashMap<u32, (Span, ListId)> = HashMap::new();
    for list in &decl.lists {
        let Some(bound) = b.list(Site::Role, Verb::Can, list, list.span) else { continue };
        let kinds = b.model.lists[bound as usize].kinds.clone();
        if let Some((span, other)) = kinds.iter().find_map(|k| first.get(k)) {
            let finding =
                Finding::new(&DUPLICATE_ENTRY, list.span, format!("role `{}` has two lists for one kind", decl.name.text));
            let [one, other] = [*other, bound].map(|list| &b.model.lists[list as usize]);
            let finding = finding.label(*span, "the first one").help(one.beside(other));
            b.push(finding);
        }
        kinds.iter().for_each(|k| {
            first.entry(*k).or_insert((list.span, bound));
        });
        b.model.role_list[id as usize].lists.push(bound);
    }
    for name in &decl.includes {
        let Some(other) = b.role(name) else { continue };
        let includes = &mut b.model.role_list[id as usize].includes;
        match includes.iter().find(|(r, _)| *r == other) {
            Some((_, span)) => {
                let span = *span;
                let finding = Finding::new(&LISTED_TWICE, name.span, format!("role `{}` is included twice", name.text));
                b.push(finding.label(span, "included here first").help("take one out"));
            }
            None => includes.push((other, name.span)),
        }
    }
}

/// Reads every assignment.
pub fn assign(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    for statement in statements {
        if let Statement::Assign(a) = statement {
            assignment(b, a);
        }
    }
}

/// A statement stands for every pair of a subject and a scope, so a short text could ask for more than memory holds.
const MOST_PAIRS: usize = 1_000_000;
const MOST_ASSIGNMENTS: usize = 50_000_000;

fn assignment(b: &mut Binder<'_>, a: &Assign<'_>) {
    let role = b.role(&a.role);
    let until = b.until(a.until.as_ref());
    let mut subjects: Vec<(Who, Span)> = Vec::with_capacity(a.subjects.len());
    for (principal, span) in &a.subjects {
        let who = principal.as_ref().map_or(Some(Who::Everyone), |p| b.principal(p));
        subjects.extend(who.map(|w| (w, *span)));
    }
    let mut scopes: Vec<Option<u32>> = a.scopes.iter().filter_map(|s| scope(b, s)).map(Some).collect();
    if a.scopes.is_empty() {
        scopes.push(None);
    }
    let (Some(role), Some(until)) = (role, until) else { return };
    let pairs = subjects.len().saturating_mul(scopes.len());
    if pairs > MOST_PAIRS || b.model.assignments.len().saturating_add(pairs) > MOST_ASSIGNMENTS {
        let message =
            format!("{} subjects in {} scopes are more assignments than one policy can hold", subjects.len(), scopes.len());
        let help = "put the users into a group, or assign in a container of the scopes";
        return b.push(Finding::new(&TOO_LARGE, a.span, message).help(help));
    }
    for &(who, span) in &subjects {
        for &scope in &scopes {
            b.subjects.push((b.model.assignments.len() as u32, span));
            b.model.assignments.push(Assignment { role, who, scope, until, span: a.span, owner: false });
        }
    }
}

/// The place of a scope: a declared resource, or a pattern.
pub fn scope(b: &mut Binder<'_>, address: &Address<'_>) -> Option<u32> {
    if address.id.text.ends_with('*') {
        return places::address(b, address, false);
    }
    if address.id.text.contains('*') {
        let message = format!("`{}` has a `*` that is not at its end", address.id.text);
        let help = "a pattern is the start of an id with one `*` behind it: `\"design:*\"`";
        b.push(Finding::new(&BAD_STAR, address.id.span, message).help(help));
        return None;
    }
    let kind = b.kind(&address.kind)?;
    b.check_id(&address.id)?;
    let found = b.model.index.resource(kind, &address.id.text).filter(|p| b.model.places[*p as usize].declared);
    if found.is_none() {
        places::unknown(b, kind, &address.id, "scope");
    }
    found
}

impl Binder<'_> {
    /// The id of a role, or a finding.
    pub fn role(&mut self, name: &Name<'_>) -> Option<u32> {
        let id = self.model.roles.get(&name.text);
        if id.is_none() {
            let near = self.suggest(&name.text, |m| m.roles.iter());
            let declare = format!("declare it: `role {} {{ can … }}`", print::Id(&name.text));
            let finding = Finding::new(&UNKNOWN_ROLE, name.span, format!("no role is named `{}`", name.text));
            self.push(finding.near(near, print::quoted).maybe_help(Some(declare)));
        }
        id
    }
}
