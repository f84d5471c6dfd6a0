//! Who gains and who loses between two tables: every changed decision, at one instant.

use std::collections::{BTreeMap, BTreeSet};

use crate::instant::Instant;
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A user that neither side names.
    Stranger,
    /// Such a user who names this group at sign-in.
    Group(String),
    /// A user that one of the sides names.
    User(String),
}

/// What one subject gains and loses on one resource; both lists are sorted and one at least is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub subject: Subject,
    /// The resource's kind.
    pub kind: String,
    /// The resource's id, or a pattern for every resource under it that no longer pattern matches and that neither side declares.
    pub resource: String,
    /// The permissions that are allowed on the new side alone.
    pub gained: Vec<String>,
    /// The permissions that are allowed on the old side alone.
    pub lost: Vec<String>,
}

/// Every changed decision between two tables: each user of either side, a stranger, and a stranger with each group are
/// asked about every resource of either side. A kind, a permission or a resource that a side has not, it denies.
///
/// # Errors
/// Damage of either table.
pub fn diff(old: &Table, new: &Table, at: Instant) -> Result<Vec<Change>, Damage> {
    let both = [old, new];
    let mut subjects = BTreeSet::from([Subject::Stranger]);
    let mut kinds = BTreeSet::new();
    for table in both {
        for user in table.users() {
            subjects.insert(Subject::User(user?.1.to_owned()));
        }
        for group in table.groups() {
            subjects.insert(Subject::Group(group?.1.to_owned()));
        }
        kinds.extend(table.kinds().iter().map(|k| k.name.to_string()));
    }
    let subjects: Vec<Subject> = subjects.into_iter().collect();
    let sign_ins = [sign_ins(old, &subjects)?, sign_ins(new, &subjects)?];
    let mut changes = Vec::new();
    for kind in kinds {
        let permissions: Vec<String> =
            both.iter().flat_map(|t| permissions(t, &kind)).collect::<BTreeSet<_>>().into_iter().collect();
        for (shown, id) in resources(both, &kind)? {
            let sides = [side(old, &kind, &id, &permissions)?, side(new, &kind, &id, &permissions)?];
            for (i, subject) in subjects.iter().enumerate() {
                let had = allowed(old, &sign_ins[0][i], &sides[0], at)?;
                let has = allowed(new, &sign_ins[1][i], &sides[1], at)?;
                if had == has {
                    continue;
                }
                let only = |a: &[bool], b: &[bool]| {
                    let names = permissions.iter().zip(a.iter().zip(b));
                    names.filter(|(_, (a, b))| **a && !**b).map(|(name, _)| name.clone()).collect()
                };
                let (gained, lost) = (only(&has, &had), only(&had, &has));
                changes.push(Change { subject: subject.clone(), kind: kind.clone(), resource: shown.clone(), gained, lost });
            }
        }
    }
    Ok(changes)
}

fn sign_ins<'t>(table: &'t Table, subjects: &[Subject]) -> Result<Vec<SignIn<'t>>, Damage> {
    let one = |subject: &Subject| match subject {
        Subject::Stranger => table.sign_in_with(None, &[]),
        Subject::Group(name) => table.sign_in_with(None, table.group(name)?.as_slice()),
        Subject::User(name) => table.sign_in_with(table.user(name)?, &[]),
    };
    subjects.iter().map(one).collect()
}

/// Every single permission of a kind, as it is asked for.
fn permissions(table: &Table, kind: &str) -> Vec<String> {
    let Some(kind) = table.kind(kind) else { return Vec::new() };
    let kind = &table.kinds()[kind as usize];
    let levels = || kind.levels.iter();
    let mut all: Vec<String> = levels().map(|l| format!("*:{l}")).collect();
    all.extend(kind.features.iter().flat_map(|f| levels().map(move |l| format!("{f}:{l}"))));
    all.extend(kind.flats.iter().map(|f| f.to_string()));
    all
}

/// The resources to ask about, by what they are called: the declared ones, and one undeclared for each pattern.
fn resources(both: [&Table; 2], kind: &str) -> Result<BTreeMap<String, String>, Damage> {
    let (mut declared, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
    for table in both {
        let Some(kind) = table.kind(kind) else { continue };
        for resource in table.resources(kind) {
            declared.insert(table.resource_name(resource?)?.to_owned());
        }
        let patterns = table.patterns(kind)?;
        prefixes.extend(patterns.iter().map(|p| p.strip_suffix('*').unwrap_or(p).to_owned()));
    }
    let longer = |id: &str, prefix: &str| prefixes.iter().any(|p| p.len() > prefix.len() && id.starts_with(p.as_str()));
    // Where longer patterns take all that is tried, nothing is said of the rest.
    let ends = || ('!'..='~').filter(|c| *c != '*').map(String::from).chain((0..1_000).map(|n| format!("\u{e9}{n}")));
    let fresh = |prefix: &String| {
        let ids = ends().map(|end| format!("{prefix}{end}")).filter(|id| id.len() <= 256);
        let id = ids.into_iter().find(|id| !declared.contains(id) && !longer(id, prefix))?;
        Some((format!("{prefix}*"), id))
    };
    let undeclared: Vec<_> = prefixes.iter().filter_map(fresh).collect();
    Ok(declared.iter().map(|id| (id.clone(), id.clone())).chain(undeclared).collect())
}

/// A resource and the permissions of it that one side knows.
type Side<'a> = (Option<crate::table::decide::Resource<'a>>, Vec<Option<crate::table::decide::Permission>>);

fn side<'a>(table: &Table, kind: &str, id: &'a str, permissions: &[String]) -> Result<Side<'a>, Damage> {
    let Some(kind) = table.kind(kind) else { return Ok((None, vec![None; permissions.len()])) };
    let known = permissions.iter().map(|p| table.permission(kind, p)).collect();
    Ok((table.resource(kind, id)?, known))
}

fn allowed(table: &Table, who: &SignIn<'_>, (on, permissions): &Side<'_>, at: Instant) -> Result<Vec<bool>, Damage> {
    let one = |permission: &Option<_>| match (on, permission) {
        (Some(on), Some(permission)) => table.check(who, *permission, *on, at),
        _ => Ok(false),
    };
    permissions.iter().map(one).collect()
}
