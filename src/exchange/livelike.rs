//! LiveLike roles, grants and assignments as their API lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::draft::{self, Draft};
use super::liveblocks::json::Document;
use super::{ImportError, Imported, Input, OutFile};

mod plan;
mod read;
mod resources;
mod roles;
mod vocabulary;

use plan::{Plan, Scope, Until};
use read::{Facts, Subject};
use resources::Resources;
use vocabulary::Vocabulary;

/// Whether a file found in a folder can hold roles and assignments.
pub fn wants(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["json", "jsonl", "ndjson"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reads the inputs and writes files for the roles, the groups, the resources and the assignments.
///
/// # Errors
/// Text that is not JSON, a value of the wrong shape, or nothing of the format at all.
pub fn import(inputs: &[&Input]) -> Result<Imported, ImportError> {
    let documents: Vec<(&Path, Document<'_>)> = inputs.iter().map(|input| (input.path.as_path(), Document::new(input))).collect();
    let mut facts = Facts::default();
    for (path, document) in &documents {
        for value in document.values() {
            read::value(path, value?, &mut facts)?;
        }
    }
    if facts.is_empty() {
        return Err(ImportError::general("no role, resource or assignment was found")
            .with_help("give an object with `roles`, `role_assignments` and `role_grants`, or a list of assignments"));
    }
    let (plan, notes) = plan::plan(facts, &Vocabulary::published());
    Ok(Imported { files: files(&plan), notes })
}

fn files(plan: &Plan) -> Vec<OutFile> {
    let texts = [
        ("roles.rk", roles_text(plan)),
        ("groups.rk", groups_text(&plan.groups)),
        ("resources.rk", resources_text(&plan.resources)),
        ("assignments.rk", assignments_text(plan)),
    ];
    let written = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
    written.map(|(name, text)| OutFile { name: name.to_owned(), text }).collect()
}

/// Kinds opened again for permissions that the vocabulary lacks, and roles of its own.
fn roles_text(plan: &Plan) -> Option<String> {
    if plan.roles.is_empty() {
        return None;
    }
    let mut draft = Draft::new();
    draft.line("use livelike");
    for (kind, permissions) in &plan.permissions {
        draft.blank();
        let permissions: Vec<String> = permissions.iter().cloned().collect();
        draft.block(format!("kind {kind}"), |draft| draft.list("permissions", &permissions, ""));
    }
    for (key, role) in &plan.roles {
        draft.blank();
        draft.doc(&role.doc);
        draft.block(format!("role {}", draft::id(key)), |draft| {
            if !role.permissions.is_empty() {
                draft.list("can", &role.permissions, "");
            }
        });
    }
    Some(draft.finish())
}

fn groups_text(groups: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    if groups.is_empty() {
        return None;
    }
    let mut draft = Draft::new();
    draft.comment("The groups that roles are granted to. A group without members here gets them at sign-in.");
    for (id, members) in groups {
        draft.blank();
        draft.block(format!("group {}", draft::id(id)), |draft| {
            members.iter().for_each(|member| draft.line(format!("user {}", draft::id(member))));
        });
    }
    Some(draft.finish())
}

fn resources_text(resources: &Resources) -> Option<String> {
    let roots = resources.inside(None);
    if roots.is_empty() {
        return None;
    }
    let mut draft = Draft::new();
    draft.line("use livelike");
    for resource in roots {
        draft.blank();
        resource_text(&mut draft, resources, resource);
    }
    Some(draft.finish())
}

/// A resource and what it contains; containment is at most three kinds deep.
fn resource_text(draft: &mut Draft, resources: &Resources, resource: (&str, &str)) {
    draft.block(spoken_scope(resource.0, resource.1), |draft| {
        for inner in resources.inside(Some(resource)) {
            draft.blank();
            resource_text(draft, resources, inner);
        }
    });
}

fn assignments_text(plan: &Plan) -> Option<String> {
    if plan.assignments.is_empty() {
        return None;
    }
    let mut draft = Draft::new();
    draft.line("use livelike");
    draft.blank();
    let mut statements: BTreeMap<(&str, &Subject, &Until), Vec<&Scope>> = BTreeMap::new();
    for ((role, subject, scope), until) in &plan.assignments {
        statements.entry((role, subject, until)).or_default().push(scope);
    }
    for ((role, subject, until), scopes) in statements {
        let subject = match subject {
            Subject::Everyone => "everyone".to_owned(),
            Subject::Group(id) => format!("group {}", draft::id(id)),
            Subject::Profile(id) => format!("user {}", draft::id(id)),
        };
        let head = format!("assign {} to {subject}", draft::id(role));
        let tail = match until {
            Until::Time(time) => format!("until {time}"),
            Until::Forever => String::new(),
        };
        if scopes.contains(&&Scope::Everywhere) {
            draft.list(format!("{head} everywhere"), &[], &tail);
        }
        let places: Vec<String> = scopes.iter().filter_map(|scope| scope.written()).collect();
        if !places.is_empty() {
            draft.list(format!("{head} in"), &places, &tail);
        }
    }
    Some(draft.finish())
}

/// A resource as the language writes it.
fn spoken_scope(kind: &str, id: &str) -> String {
    format!("{kind} {}", draft::id(id))
}
