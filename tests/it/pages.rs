//! The pages of the rules: each is there, its examples fire and are mended, and the guide lists them all.

use std::fs;
use std::path::Path;
use std::process::Command;

use roomkey::finding::RULES;
use roomkey::rules::pages::page;

/// When the examples are judged, so that they do not age.
const AT: &str = "2026-06-01";

/// A fence of a page: what its info line says behind the language, and its text.
type Fence = (String, Vec<String>, String);

#[test]
fn every_example_fires_and_is_mended() {
    let (mut fired, mut mended, mut wrong) = (0, 0, Vec::new());
    for rule in RULES {
        let page = page(rule.name).unwrap_or_else(|| panic!("rule {} has no page in src/rules/pages", rule.name));
        assert!(page.starts_with(&format!("# {}\n", rule.name)), "{} begins with its name", rule.name);
        let mut files: Vec<(String, String)> = Vec::new();
        for (language, notes, text) in fences(page) {
            let note = |key: &str| notes.iter().find_map(|n| n.strip_prefix(key)).map(str::to_owned);
            if let Some(name) = note("file=") {
                files.retain(|(n, _)| *n != name);
                files.push((name, text));
            } else if language == "rk" {
                let found = lint(rule.name, &files, &text);
                if note("fires=").is_some_and(|name| name == rule.name) {
                    fired += 1;
                    let alone = found.iter().all(|(name, level)| name == rule.name || level == "info");
                    if !alone || found.iter().all(|(name, _)| name != rule.name) {
                        wrong.push(format!("{} does not fire alone: {found:?} in\n{text}", rule.name));
                    }
                } else {
                    mended += 1;
                    assert_eq!(note("silent=").as_deref(), Some(rule.name));
                    if found.iter().any(|(name, level)| name == rule.name || level != "info") {
                        wrong.push(format!("{} is not mended: {found:?} in\n{text}", rule.name));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{fired} examples fire, {mended} are mended");
    assert!(fired + 3 >= RULES.len() && mended + 3 >= RULES.len(), "{fired} fire and {mended} are mended of {}", RULES.len());
}

/// The names and levels of the findings of a policy, with the rule of the page on.
fn lint(rule: &str, files: &[(String, String)], text: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut manifest = String::new();
    for (name, text) in files {
        match name.as_str() {
            "roomkey.toml" => manifest = text.clone(),
            name => fs::write(folder.path().join(name), text).expect("a data file is written"),
        }
    }
    if RULES.iter().any(|r| r.name == rule && !r.on) {
        manifest += &format!("[lint.rules]\n{rule} = \"warning\"\n");
    }
    fs::write(folder.path().join("roomkey.toml"), manifest).expect("the manifest is written");
    fs::write(folder.path().join("page.rk"), text).expect("the policy is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    let output = command.args(["lint", "--format", "json", "--at", AT]).current_dir(folder.path()).output().expect("it runs");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{rule}: {e}: {}", String::from_utf8_lossy(&output.stderr)));
    let word = |finding: &serde_json::Value, key: &str| finding[key].as_str().expect("a word").to_owned();
    let findings = answer["findings"].as_array().expect("a list");
    findings.iter().map(|f| (word(f, "rule"), word(f, "level"))).collect()
}

fn fences(page: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut words = info.split_whitespace().map(str::to_owned);
        let language = words.next().unwrap_or_default();
        found.push((language, words.collect(), body.join("\n") + "\n"));
    }
    found
}

/// `UPDATE=1 cargo test guide_lists` writes the list anew.
#[test]
fn the_guide_lists_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (head, _) = kept.split_once(MARK).expect("the page has its mark");
    let mut made = format!("{head}{MARK}\n\n| rule | usual level | what it says |\n|---|---|---|\n");
    for rule in RULES {
        let about = rule.about.replace('|', "\\|");
        made += &format!("| [`{0}`](../src/rules/pages/{0}.md) | {1} | {about} |\n", rule.name, rule.usual());
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).expect("the guide is written");
        return;
    }
    assert!(kept == made, "docs/rules.md is out of date: run `UPDATE=1 cargo test guide_lists` and read the difference");
}

/// What stands above the list.
const MARK: &str = "<!-- The list below is written by `UPDATE=1 cargo test guide_lists`. -->";

#[test]
fn the_command_prints_pages_and_the_list() {
    let rule = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        let output = command.arg("rule").args(args).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, list, _) = rule(&[]);
    assert_eq!((code, list.lines().count()), (Some(0), RULES.len()));
    for name in RULES.iter().map(|r| r.name) {
        let (code, shown, said) = rule(&[name]);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!((code, words(&shown), said), (Some(0), words(page(name).expect("a page")), String::new()));
        let wide = shown.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "on the page of {name}");
    }
    let said = "error: no rule is named `unused-grup`\n  help: did you mean `unused-group`?\n";
    assert_eq!(rule(&["unused-grup"]), (Some(2), String::new(), said.to_owned()));
}

#[test]
fn a_rule_that_is_raised_to_an_error_keeps_the_policy_from_answering() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    put("a.rk", "use liveblocks\ngroup staff { user ann }\nroom lobby { default can read }\n");
    let check = |manifest: &str| {
        put("roomkey.toml", manifest);
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        command.args(["check", "ann", "read", "room:lobby", "-q"]).env("ROOMKEY_CACHE", "").current_dir(folder.path());
        command.output().expect("it runs").status.code()
    };
    assert_eq!(check(""), Some(0));
    assert_eq!(check("[lint.rules]\nunused-group = \"warning\"\n"), Some(0));
    assert_eq!(check("[lint.rules]\nunused-group = \"error\"\n"), Some(2));
}
