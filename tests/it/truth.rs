//! The whole effective access of real organizations: `what` of every user and `who` of every resource; skipped with a printed
//! line where the data is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roomkey::exchange::{Format, Imported, Input, import};
use roomkey::{Instant, Policy, Resource, Whose, what, who};

use crate::real::{data, read, rust_team};

const LEVELS: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];

/// What each user has on each resource.
type Access = BTreeMap<(String, String), String>;

fn now() -> Instant {
    "2026-01-15T09:30:00Z".parse().expect("a time")
}

fn imported(format: Format, texts: BTreeMap<std::path::PathBuf, String>) -> Imported {
    let inputs: Vec<Input> = texts.into_iter().map(|(path, text)| Input { path, text }).collect();
    import(format, &inputs).expect("imported")
}

/// The first three columns of a truth file; two where the third is always the same.
fn truth(file: &Path, level: Option<&str>) -> Access {
    let mut reader = csv::Reader::from_path(file).expect("truth");
    let rows = reader.records().map(|row| row.expect("a row"));
    let three = |row: csv::StringRecord| ((row[0].to_owned(), row[1].to_owned()), level.unwrap_or_else(|| &row[2]).to_owned());
    rows.map(three).collect()
}

/// Holds everything that everyone has on resources of a kind against what they should have.
fn holds(policy: &Policy, kind: &str, levels: &[&str], expected: &Access) {
    let table = policy.table();
    let mut users: BTreeSet<&str> = expected.keys().map(|(user, _)| user.as_str()).collect();
    users.extend(table.users().map(|user| user.expect("sound").1));
    let mut found = Access::new();
    for user in users {
        let (user, kind) = (user.to_owned(), Some(kind.to_owned()));
        let whose = Whose { user: user.clone(), groups: Vec::new(), organization: None, kind, permission: None, at: now() };
        for reached in what(table, &whose).expect("an answer").reached {
            assert!(reached.patterns.is_empty(), "{user}: {reached:?}");
            found.extend(reached.resources.into_iter().map(|id| ((user.clone(), id), reached.list.clone())));
        }
    }
    let differ =
        |a: &Access, b: &Access| a.iter().filter(|(k, v)| b.get(*k) != Some(v)).map(|x| format!("{x:?}")).collect::<Vec<_>>();
    let (more, less) = (differ(&found, expected), differ(expected, &found));
    assert!(more.is_empty() && less.is_empty(), "`what` has {more:#?}\nand not {less:#?}");
    let resources = table.resources(table.kind(kind).expect("known"));
    let mut listed = 0;
    for resource in resources {
        let id = table.resource_name(resource.expect("sound")).expect("sound");
        for (i, level) in levels.iter().enumerate() {
            let resource = Resource { kind: Some(kind.to_owned()), id: id.to_owned() };
            let audience = who(table, level, &resource, now()).expect("an answer");
            assert!(!audience.strangers(), "{level} on {id}");
            let users: BTreeSet<&str> = audience.admitted.iter().flat_map(|a| a.users.iter().copied()).collect();
            let has = |level: &str| levels.iter().position(|l| *l == level).expect("a level") >= i;
            let right = expected.iter().filter(|((_, on), level)| on == id && has(level));
            assert_eq!(users, right.map(|((user, _), _)| user.as_str()).collect(), "{level} on {id}");
            listed += users.len();
        }
    }
    println!("{} of `what`, {listed} of `who`", found.len());
    assert!(found.len() > 500 && listed >= found.len());
}

#[test]
fn peribolos_organizations_give_what_their_truth_says_and_no_more() {
    for name in ["kubernetes-org", "knative"] {
        let Some(folder) = data(name) else { continue };
        let mut texts = BTreeMap::new();
        read(&folder.join("config"), "yaml", &mut texts);
        let imported = imported(Format::Peribolos, texts);
        // The truth leaves out what every member of an organization has by default.
        let default = |line: &&str| !(line.starts_with("assign ") && line.contains(" to everyone in organization "));
        let explicit = |text: &str| text.lines().filter(default).map(|line| format!("{line}\n")).collect::<String>();
        let files: Vec<(String, String)> = imported.files.iter().map(|f| (f.name.clone(), explicit(&f.text))).collect();
        let policy = Policy::from_texts(files).expect("sound");
        holds(&policy, "repository", &LEVELS, &truth(&folder.join("effective_explicit.csv"), None));
    }
}

#[test]
fn the_rust_team_gives_what_its_truth_says_and_no_more() {
    let Some(folder) = data("rust-team") else { return };
    let policy = rust_team(&folder);
    holds(&policy, "repository", &LEVELS, &truth(&folder.join("effective_repo_access.csv"), None));
    holds(&policy, "tool", &["use"], &truth(&folder.join("effective_permissions.csv"), Some("use")));
}
