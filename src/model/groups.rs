//! Groups and users: declarations, members, cycles.

use std::collections::HashMap;

use super::facts::{self, Data};
use super::{Binder, Membership, Who, graph};
use crate::facts::Sort;
use crate::finding::{DUPLICATE, DUPLICATE_USER, Finding, GROUP_CYCLE, UNKNOWN_GROUP, UNKNOWN_USER};
use crate::source::{FileId, Span};
use crate::syntax::print;
use crate::syntax::tree::{GroupDecl, Name, Principal, Statement};

/// Declares the names of groups and users.
pub fn declare(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    let mut users: HashMap<u32, Span> = HashMap::new();
    for statement in statements {
        match statement {
            Statement::Group(decl) => declare_group(b, &decl.name),
            Statement::User(name) if b.check_plain_id(name).is_some() => {
                let id = b.model.users.intern(&name.text);
                if let Some(first) = users.get(&id) {
                    let finding = Finding::new(&DUPLICATE_USER, name.span, format!("user `{}` is declared twice", name.text));
                    b.push(finding.label(*first, "declared here first").help("take one out"));
                } else {
                    users.insert(id, name.span);
                }
            }
            _ => {}
        }
    }
    b.declared_users = b.model.users.len() as u32;
    b.model.users_declared = b.declared_users;
}

fn declare_group(b: &mut Binder<'_>, name: &Name<'_>) {
    if b.check_plain_id(name).is_none() {
        return;
    }
    match b.model.groups.get(&name.text) {
        Some(id) => {
            let first = b.model.group_spans[id as usize];
            let finding = Finding::new(&DUPLICATE, name.span, format!("group `{}` is declared twice", name.text));
            b.push(finding.label(first, "declared here first").help("put all members in one of them, and take the other out"));
        }
        None => {
            b.model.groups.intern(&name.text);
            b.model.group_spans.push(name.span);
        }
    }
}

/// Reads the members of every group, and looks for cycles.
pub fn bind(b: &mut Binder<'_>, statements: &[Statement<'_>], data: &[Data<'_>]) {
    for statement in statements {
        if let Statement::Group(decl) = statement {
            members(b, decl);
        }
    }
    facts::bind(b, data, Sort::Members);
    let edges: Vec<graph::Edge> = b
        .model
        .members
        .iter()
        .filter_map(|m| match m.who {
            Who::Group(child) => Some(graph::Edge { from: m.of, to: child, span: m.span }),
            _ => None,
        })
        .collect();
    let none = Span { file: FileId(0), start: 0, end: 0 };
    for cycle in graph::cycles(b.model.groups.len(), &edges) {
        let finding = cycle.finding(&GROUP_CYCLE, none, |g| format!("group `{}`", b.model.groups.name(g)), "contains");
        b.push(finding.help("take one of these members out"));
    }
}

fn members(b: &mut Binder<'_>, decl: &GroupDecl<'_>) {
    let Some(of) = b.model.groups.get(&decl.name.text) else { return };
    for member in &decl.members {
        let (who, until) = (b.principal(&member.who), b.until(member.until.as_ref()));
        let span = member.who.name().span;
        if let (Some(who), Some(until)) = (who, until) {
            b.model.members.push(Membership { of, who, until, span });
        }
    }
}

impl Binder<'_> {
    /// The id of a principal, or a finding.
    pub fn principal(&mut self, principal: &Principal<'_>) -> Option<Who> {
        match principal {
            Principal::User(name) => self.user(name).map(Who::User),
            Principal::Group(name) => self.group(name).map(Who::Group),
        }
    }

    fn user(&mut self, name: &Name<'_>) -> Option<u32> {
        self.check_plain_id(name)?;
        let id = self.model.users.intern(&name.text);
        if self.settings.users_declared && id >= self.declared_users {
            let declared = self.declared_users as usize;
            let near = self.suggest(&name.text, |m| m.users.iter().take(declared));
            let declare = format!("declare it: `user {}`", print::Id(&name.text));
            let finding = Finding::new(&UNKNOWN_USER, name.span, format!("user `{}` is not declared", name.text));
            self.push(finding.near(near, print::quoted).maybe_help(Some(declare)));
            return None;
        }
        Some(id)
    }

    fn group(&mut self, name: &Name<'_>) -> Option<u32> {
        let id = self.model.groups.get(&name.text);
        if id.is_none() {
            self.check_plain_id(name)?;
            let near = self.suggest(&name.text, |m| m.groups.iter());
            let declare = format!("declare it: `group {}`", print::Id(&name.text));
            let finding = Finding::new(&UNKNOWN_GROUP, name.span, format!("no group is named `{}`", name.text));
            // `group` alone on a line takes the first word of the next one.
            let finding = match &*name.text {
                "default" => {
                    finding.help("if `default` begins an entry of its own, type the group before it: `group GROUP can …`")
                }
                _ => finding,
            };
            self.push(finding.near(near, print::quoted).maybe_help(Some(declare)));
        }
        id
    }
}
