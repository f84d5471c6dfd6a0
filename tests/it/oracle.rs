//! The rust team as its own tool publishes it: every fact of the answers holds in the imported policy, and no other does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roomkey::exchange::{Format, Imported, Input, import};
use roomkey::{Policy, Question, ReasonKind};
use serde_json::Value;

use crate::real::{data, read};

const LEVELS: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];

/// A policy answers no question about membership, so each group is given something to be asked about.
const PROBE: &str = "kind probe { permissions be-member }\n";

#[test]
fn the_rust_team_is_what_its_own_tool_says() {
    let Some(folder) = data("rust-team/upstream-oracle") else { return };
    let text = std::fs::read_to_string(folder.join("expected_upstream.json")).expect("the answers");
    let truth: Value = serde_json::from_str(&text).expect("they are JSON");
    let mut texts = BTreeMap::new();
    read(&folder.join("input"), "toml", &mut texts);
    let ids = github_ids(&texts);
    let inputs: Vec<Input> = texts.into_iter().map(|(path, text)| Input { path, text }).collect();
    let imported = import(Format::RustTeam, &inputs).expect("imported");

    let mut facts = Facts { everyone: everyone(&truth, &ids), found: 0, wrong: Vec::new() };
    facts.teams(&imported, &truth["teams"]);
    let texts = imported.files.iter().map(|file| (file.name.clone(), file.text.clone()));
    let policy = Policy::from_texts(texts).expect("sound");
    assert_eq!(declared(&imported, "tools.rk", "tool "), keys(&truth["permissions"]), "the tools");
    facts.permissions(&policy, &truth["permissions"]);
    assert_eq!(declared(&imported, "rust-lang.rk", "repository "), keys(&truth["repos"]), "the repositories");
    facts.repositories(&policy, &truth, &ids);

    println!("{} facts over {} people", facts.found, facts.everyone.len());
    assert!(facts.wrong.is_empty(), "{} are wrong:\n{}", facts.wrong.len(), facts.wrong.join("\n"));
    assert!(facts.found > 10_000, "only {} facts", facts.found);
}

/// What is compared: for everyone, whether a fact is told and whether the policy says so.
struct Facts {
    everyone: BTreeSet<String>,
    found: usize,
    wrong: Vec<String>,
}

impl Facts {
    fn compare(&mut self, what: &str, told: &BTreeSet<String>, policy: &Policy, permission: &str, resource: &str) {
        let mut checker = policy.checker();
        for user in &self.everyone {
            let answer = checker.check(&Question::new(user, permission, resource)).expect("answered");
            if answer.reason.kind == ReasonKind::UnknownResource {
                self.wrong.push(format!("{what}: `{resource}` is not in the policy"));
                return;
            }
            self.found += usize::from(answer.allowed());
            match (told.contains(user), answer.allowed()) {
                (true, false) => self.wrong.push(format!("{what}: {user} is missing: {}", answer.reason.text)),
                (false, true) => self.wrong.push(format!("{what}: {user} is too much: {}", answer.reason.text)),
                _ => {}
            }
        }
    }

    fn teams(&mut self, imported: &Imported, truth: &Value) {
        let groups = declared(imported, "teams.rk", "group ");
        let (leads, teams): (BTreeSet<_>, BTreeSet<_>) = groups.iter().cloned().partition(|name| name.ends_with("/leads"));
        assert_eq!(teams, keys(truth), "the teams");
        let probe = |name: &String| format!("probe \"{name}\" {{ group \"{name}\" can be-member }}\n");
        let text: String = groups.iter().map(probe).collect();
        let mut texts: Vec<(String, String)> = imported.files.iter().map(|f| (f.name.clone(), f.text.clone())).collect();
        texts.push(("probe.rk".into(), format!("{PROBE}{text}")));
        let policy = Policy::from_texts(texts).expect("sound");
        for (name, team) in truth.as_object().expect("teams") {
            self.compare(name, &names(&team["members"]), &policy, "be-member", &format!("probe:{name}"));
            let (name, told) = (format!("{name}/leads"), names(&team["leads"]));
            assert_eq!(leads.contains(&name), !told.is_empty(), "whether there is a group {name}");
            if !told.is_empty() {
                self.compare(&name, &told, &policy, "be-member", &format!("probe:{name}"));
            }
        }
    }

    fn permissions(&mut self, policy: &Policy, truth: &Value) {
        for (name, people) in truth.as_object().expect("permissions") {
            self.compare(name, &names(people), policy, "use", &format!("tool:{name}"));
        }
    }

    /// People have on a repository the highest level of those given to them and to their teams on GitHub.
    fn repositories(&mut self, policy: &Policy, truth: &Value, ids: &BTreeMap<u64, String>) {
        let on_github = on_github(&truth["teams"], ids);
        for (name, repo) in truth["repos"].as_object().expect("repositories") {
            let org = name.split('/').next().expect("an organization");
            let mut given: Vec<(usize, BTreeSet<String>)> = Vec::new();
            for team in repo["teams"].as_array().expect("teams") {
                let key = (org.to_owned(), text(&team["name"]));
                given.push((level(team), on_github.get(&key).unwrap_or_else(|| panic!("no team {key:?}")).clone()));
            }
            for person in repo["members"].as_array().expect("members") {
                given.push((level(person), BTreeSet::from([text(&person["name"])])));
            }
            for (at, permission) in LEVELS.iter().enumerate() {
                let told = given.iter().filter(|(level, _)| *level >= at).flat_map(|(_, who)| who.clone()).collect();
                self.compare(&format!("{name} {permission}"), &told, policy, permission, &format!("repository:{name}"));
            }
        }
    }
}

/// The members of each team on GitHub, by its organization and its name there.
fn on_github(teams: &Value, ids: &BTreeMap<u64, String>) -> BTreeMap<(String, String), BTreeSet<String>> {
    let teams = teams.as_object().expect("teams").values().flat_map(|team| team["github"].as_array().expect("a list"));
    let members = |team: &Value| {
        let members = team["members"].as_array().expect("members").iter().map(|id| id.as_u64().expect("a number"));
        members.map(|id| ids.get(&id).unwrap_or_else(|| panic!("nobody has the number {id}")).clone()).collect()
    };
    teams.map(|team| ((text(&team["org"]), text(&team["name"])), members(team))).collect()
}

/// The logins by their numbers on GitHub.
fn github_ids(texts: &BTreeMap<std::path::PathBuf, String>) -> BTreeMap<u64, String> {
    let people = texts.iter().filter(|(path, _)| path.parent().is_some_and(|folder| folder.ends_with(Path::new("people"))));
    let person = |(_, text): (_, &String)| {
        let person: toml::Table = text.parse().expect("TOML");
        let id = person["github-id"].as_integer().and_then(|id| u64::try_from(id).ok()).expect("a number");
        (id, person["github"].as_str().expect("a login").to_owned())
    };
    people.map(person).collect()
}

/// Everyone whom the input or the answers name, and a stranger.
fn everyone(truth: &Value, ids: &BTreeMap<u64, String>) -> BTreeSet<String> {
    let mut everyone: BTreeSet<String> = ids.values().cloned().chain(["a-stranger".to_owned()]).collect();
    for team in truth["teams"].as_object().expect("teams").values() {
        everyone.extend(names(&team["members"]));
    }
    truth["permissions"].as_object().expect("permissions").values().for_each(|people| everyone.extend(names(people)));
    let repos = truth["repos"].as_object().expect("repositories").values();
    everyone.extend(repos.flat_map(|repo| repo["members"].as_array().expect("members")).map(|person| text(&person["name"])));
    everyone
}

/// The ids that a written file declares, at any depth.
fn declared(imported: &Imported, file: &str, kind: &str) -> BTreeSet<String> {
    let file = imported.files.iter().find(|f| f.name == file).unwrap_or_else(|| panic!("no file {file}"));
    let top = |line: &&str| kind != "group " || line.starts_with(kind);
    let lines = file.text.lines().filter(top).filter_map(|line| line.trim_start().strip_prefix(kind));
    lines.map(|rest| rest.split_whitespace().next().expect("an id").trim_matches('"').to_owned()).collect()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn level(access: &Value) -> usize {
    let given = access["permission"].as_str().expect("a permission");
    LEVELS.iter().position(|level| *level == given).unwrap_or_else(|| panic!("no level {given}"))
}
