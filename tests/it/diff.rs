//! `diff` tells every changed decision: the old ones with its changes applied are the new ones.

use std::collections::{BTreeMap, BTreeSet};

use roomkey::exchange::{Format, Input, import};
use roomkey::query::diff::{Diff, Side, diff, diff_with};
use roomkey::report::changes;
use roomkey::{Instant, Policy, Table};
use serde_json::Value;

use crate::agree::load;
use crate::real::data;
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::shrink::without;
use crate::reference::valid::problems;
use crate::reference::world::World;

pub(crate) fn rounds(default: u64) -> u64 {
    std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

pub(crate) fn side(policy: &Policy) -> Side<'_> {
    Side { table: policy.table(), from: Some((policy.model(), policy.sources())) }
}

/// A world and a later version of it: mostly the same with some statements gone, sometimes another one.
fn pair(seed: u64) -> [World; 2] {
    let mut chance = Chance::new(seed);
    let first = world(seed);
    if chance.percent(20) {
        return [first, world(seed + 1_000_000)];
    }
    let question = questions(&first, &mut chance, 1).remove(0);
    let mut second = first.clone();
    for _ in 0..chance.between(1, 6) {
        let less = |_| without(&second, &question, chance.below(60)).filter(|(world, _)| problems(world).is_empty());
        let found = (0..40).find_map(less);
        second = found.map_or(second, |(world, _)| world);
    }
    if chance.percent(50) { [first, second] } else { [second, first] }
}

/// Who is asked for: the key in the lists of a change, and how one side knows it.
pub(crate) type Asker<'t> = (String, [roomkey::table::SignIn<'t>; 2]);

pub(crate) fn askers<'t>(tables: [&'t Table; 2], named: &[String]) -> Vec<Asker<'t>> {
    let with = |t: &Table, more: Option<&String>| -> Vec<roomkey::table::GroupId> {
        named.iter().chain(more).filter_map(|g| t.group(g).unwrap()).collect()
    };
    let names = |groups: bool| -> BTreeSet<String> {
        let of = |t: &Table| -> Vec<String> {
            if groups {
                t.groups().map(|g| g.unwrap().1.to_owned()).collect()
            } else {
                t.users().map(|u| u.unwrap().1.to_owned()).collect()
            }
        };
        tables.iter().flat_map(|t| of(t)).collect()
    };
    let mut all = vec![("stranger".to_owned(), tables.map(|t| t.sign_in_with(None, &with(t, None)).unwrap()))];
    for user in names(false) {
        let of = |t: &'t Table| t.sign_in_with(t.user(&user).unwrap(), &with(t, None)).unwrap();
        all.push((format!("user {user}"), tables.map(of)));
    }
    for group in names(true) {
        let of = |t: &'t Table| t.sign_in_with(None, &with(t, Some(&group))).unwrap();
        all.push((format!("group {group}"), tables.map(of)));
    }
    all
}

/// Every permission of a kind on either side, as it is asked for.
pub(crate) fn permissions(tables: [&Table; 2], kind: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for table in tables {
        let Some(id) = table.kind(kind) else { continue };
        let k = &table.kinds()[id as usize];
        for level in k.levels.iter() {
            all.insert(format!("*:{level}"));
            all.extend(k.features.iter().map(|f| format!("{f}:{level}")));
        }
        all.extend(k.flats.iter().map(str::to_owned));
    }
    all
}

/// Declared resources of a kind on either side, and an undeclared one for each pattern: as shown, and its id.
pub(crate) fn resources(tables: [&Table; 2], kind: &str) -> Vec<(String, String)> {
    let (mut declared, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
    for table in tables {
        let Some(id) = table.kind(kind) else { continue };
        declared.extend(table.resources(id).map(|r| table.resource_name(r.unwrap()).unwrap().to_owned()));
        prefixes.extend(table.patterns(id).unwrap().into_iter().map(str::to_owned));
    }
    let longer = |id: &str, prefix: &str| prefixes.iter().any(|p| p.len() > prefix.len() && id.starts_with(p.as_str()));
    let mut all: Vec<(String, String)> = declared.iter().map(|id| (id.clone(), id.clone())).collect();
    for prefix in &prefixes {
        let id = ('A'..='z').map(|c| format!("{prefix}{c}{c}{c}")).find(|id| !declared.contains(id) && !longer(id, prefix));
        all.extend(id.map(|id| (format!("{prefix}*"), id)));
    }
    all
}

pub(crate) struct Applied {
    changes: Vec<Value>,
    by_resource: BTreeMap<(String, String), Vec<usize>>,
}

impl Applied {
    fn new(diff: &Diff) -> Applied {
        Applied::of(diff, "changes")
    }

    /// The changes of one list.
    pub(crate) fn of(diff: &Diff, list: &str) -> Applied {
        let mut out = Vec::new();
        let how = changes::How { all: false, old: "", new: "", text: changes::Text::Other };
        changes::json(&mut out, diff, &how, &[]).unwrap();
        let all: Value = serde_json::from_slice(&out).expect("JSON");
        let changes = all[list].as_array().unwrap().clone();
        let mut by_resource: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (i, c) in changes.iter().enumerate() {
            for r in c["resources"].as_array().unwrap() {
                by_resource.entry((c["kind"].as_str().unwrap().into(), r.as_str().unwrap().into())).or_default().push(i);
            }
        }
        Applied { changes, by_resource }
    }

    /// What the new side decides, by what the old one did.
    pub(crate) fn decide(&self, old: bool, who: &str, kind: &str, resource: &str, permission: &str, at: Instant) -> bool {
        let mut now = old;
        for i in self.by_resource.get(&(kind.to_owned(), resource.to_owned())).into_iter().flatten() {
            let c = &self.changes[*i];
            // Those that hold for sets of sign-in groups alone.
            if !c["with"].as_array().unwrap().is_empty() {
                continue;
            }
            let time = |field: &str| c[field].as_str().map(|t| t.parse::<Instant>().unwrap());
            if time("since").is_some_and(|t| at < t) || time("until").is_some_and(|t| at >= t) {
                continue;
            }
            let has = |field: &str, what: &str| c[field].as_array().unwrap().iter().any(|v| v == what);
            let listed = match who.split_once(' ') {
                Some(("user", user)) => has("users", user),
                Some((_, group)) => has("groups", group),
                None => false,
            };
            if listed == c["everyone"].as_bool().unwrap() {
                continue;
            }
            for (field, after) in [("gained", true), ("lost", false)] {
                if has(field, permission) {
                    assert_eq!(old, !after, "{who} {permission} {kind}:{resource} was so before: {c}");
                    now = after;
                }
            }
        }
        now
    }
}

/// Two policies of random worlds, where both are sound.
pub fn policies(seed: u64) -> Option<[Policy; 2]> {
    let worlds = pair(seed);
    let [old, new] = [0, 1].map(|i: usize| load(&files(&worlds[i], Some(Chance::new(!seed)))));
    Some([old.ok()?, new.ok()?])
}

/// A time to compare at, before all ends or at one of them, and the ends behind it.
pub fn from_when(tables: [&Table; 2], chance: &mut Chance) -> (Instant, Vec<Instant>) {
    let mut times: Vec<Instant> = tables.iter().flat_map(|t| t.instants().unwrap()).collect();
    times.sort_unstable();
    times.dedup();
    let start = if times.is_empty() || chance.percent(40) { "2020-01-01".parse().unwrap() } else { *chance.pick(&times) };
    times.retain(|t| *t > start);
    (start, times)
}

#[test]
fn changes_applied_to_the_old_decisions_give_the_new_ones() {
    let (mut asked, mut changed, mut later) = (0u64, 0u64, 0u64);
    for seed in 0..rounds(150) {
        let Some([old, new]) = policies(seed) else { continue };
        let tables = [old.table(), new.table()];
        let mut chance = Chance::new(seed);
        let (start, times) = from_when(tables, &mut chance);
        let sides = if chance.percent(50) { [side(&old), side(&new)] } else { tables.map(|table| Side { table, from: None }) };
        let all: BTreeSet<String> = tables.iter().flat_map(|t| t.groups().map(|g| g.unwrap().1.to_owned())).collect();
        let named: Vec<String> =
            if chance.percent(70) { Vec::new() } else { all.into_iter().filter(|_| chance.percent(40)).collect() };
        let found = diff_with(sides[0], sides[1], start, &named).expect("sound tables");
        let applied = Applied::new(&found);
        let askers = askers(tables, &named);
        let kinds: BTreeSet<String> = tables.iter().flat_map(|t| t.kinds().iter().map(|k| k.name.to_string())).collect();
        for at in std::iter::once(start).chain(times) {
            for kind in &kinds {
                for (shown, id) in resources(tables, kind) {
                    for permission in permissions(tables, kind) {
                        let sides = tables.map(|t| {
                            let k = t.kind(kind)?;
                            Some((t.permission(k, &permission)?, t.resource(k, &id).unwrap()?))
                        });
                        for (who, sign_ins) in &askers {
                            let decide = |i: usize| {
                                sides[i]
                                    .is_some_and(|(permission, on)| tables[i].check(&sign_ins[i], permission, on, at).unwrap())
                            };
                            let (before, after) = (decide(0), decide(1));
                            let told = applied.decide(before, who, kind, &shown, &permission, at);
                            assert_eq!(told, after, "seed {seed}: {who} {permission} on {kind}:{shown} at {at}");
                            asked += 1;
                            changed += u64::from(before != after);
                            later += u64::from(before != after && at > start);
                        }
                    }
                }
            }
        }
    }
    println!("{asked} decisions, {changed} changed, {later} of them later");
    assert!(changed > 1_000 && later > 100, "{changed} changed, {later} later");
}

/// The policy that a revision of an organization's configuration is imported to.
fn imported(repo: &gix::Repository, commit: gix::ObjectId) -> Policy {
    let mut inputs = Vec::new();
    let mut queue = vec![(String::new(), repo.find_commit(commit).expect("a commit").tree().expect("its tree"))];
    while let Some((path, tree)) = queue.pop() {
        for entry in tree.iter().map(|e| e.expect("an entry")) {
            let inner = format!("{path}{}", entry.filename());
            let id = entry.object_id();
            if entry.mode().is_tree() {
                queue.push((format!("{inner}/"), repo.find_tree(id).expect("a folder")));
            } else if inner.ends_with(".yaml") && !inner.ends_with("restrictions.yaml") {
                let text = String::from_utf8(repo.find_blob(id).expect("a file").data.clone()).expect("text");
                inputs.push(Input { path: inner.into(), text });
            }
        }
    }
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    let imported = import(Format::Peribolos, &inputs).expect("imported");
    Policy::from_texts(imported.files.into_iter().map(|f| (f.name, f.text))).expect("sound")
}

/// People of a list of changes, by organization.
fn listed(row: &Value, list: &str, sign: &str) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (key, change) in row["org_changes"].as_object().expect("an object") {
        let Some((organization, _)) = key.rsplit_once('.').filter(|(_, l)| *l == list) else { continue };
        let names = change[sign].as_array().expect("a list").iter().map(|n| n.as_str().expect("a name").to_lowercase());
        all.extend(names.map(|name| (organization.to_owned(), name)));
    }
    all
}

#[test]
fn real_revisions_differ_in_what_is_known_of_them() {
    let Some(folder) = data("kubernetes-org") else { return };
    let bare = tempfile::tempdir().expect("a folder");
    let bundle = folder.join("history.bundle");
    let cloned =
        std::process::Command::new("git").args(["clone", "-q", "--bare", "-b", "main"]).arg(&bundle).arg(bare.path()).status();
    if !cloned.is_ok_and(|s| s.success()) {
        return println!("skipped: no `git` that reads the bundle");
    }
    let repo = gix::open(bare.path()).expect("a repository");
    let mut by_source = BTreeMap::new();
    let head = repo.head_id().expect("a head").detach();
    for info in repo.rev_walk([head]).all().expect("a walk") {
        let id = info.expect("a commit").id;
        let commit = repo.find_commit(id).expect("a commit");
        let message = commit.message_raw().expect("a message").to_string();
        by_source.insert(message.trim().rsplit(' ').next().unwrap_or("").to_owned(), id);
    }
    let truth = std::fs::read_to_string(folder.join("expected_semantic_diff.jsonl")).expect("the truth");
    let rows: Vec<Value> = truth.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let every = (rows.len() / rounds(40).max(1) as usize).max(1);
    let (mut pairs, mut people) = (0, 0);
    for row in rows.iter().step_by(every) {
        let new = by_source[row["source_commit"].as_str().expect("a commit")];
        let Some(old) = repo.find_commit(new).expect("a commit").parent_ids().next() else { continue };
        let (old, new) = (imported(&repo, old.detach()), imported(&repo, new));
        let found = diff(side(&old), side(&new), "2030-01-01".parse().expect("a date")).expect("sound tables");
        let cells: usize = found.changes.iter().filter(|c| c.kind == "repository").map(|c| c.resources.len()).sum();
        assert_eq!(cells as u64, row["explicit_cells_changed"].as_u64().expect("a number"), "{row}");
        let said = |new: bool, words: &str| -> BTreeSet<(String, String)> {
            let all = found.quiet.iter().chain(found.causes.iter().flat_map(|c| &c.statements));
            let mine = all.filter(|s| s.new == new).filter_map(|s| {
                let (user, organization) = s.text.strip_prefix(words)?.split_once(" in organization ")?;
                Some((organization.to_owned(), user.to_owned()))
            });
            mine.collect()
        };
        for (list, words) in [("members", "member user "), ("admins", "assign admin to user ")] {
            let is = |sign: &str| listed(row, list, sign);
            let (mut joined, mut left) = (is("+"), is("-"));
            if list == "members" {
                // Owners are members, and who becomes one was and is a member.
                let (more, fewer) = (listed(row, "admins", "+"), listed(row, "admins", "-"));
                let (all_in, all_out): (BTreeSet<_>, BTreeSet<_>) =
                    (joined.union(&more).cloned().collect(), left.union(&fewer).cloned().collect());
                joined = all_in.difference(&all_out).cloned().collect();
                left = all_out.difference(&all_in).cloned().collect();
            }
            people += joined.len() + left.len();
            assert_eq!((said(true, words), said(false, words)), (joined, left), "{list} of {row}");
        }
        pairs += 1;
    }
    println!("{pairs} pairs of revisions, {people} people in and out");
    assert!(pairs >= 40 && people > 0);
}
