//! The house is kept as CONTRIBUTING says: titles, sizes, nothing left lying about, and a fault for every rule.

use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer than a reader's patience.
const MOST_LINES: usize = 520;

/// Fewer files than this means that they are no longer found.
const FEWEST_FILES: usize = 80;

#[test]
fn every_file_has_a_title_and_an_end() {
    let files = sources();
    assert!(files.len() >= FEWEST_FILES, "only {} files were found", files.len());
    let mut wrong = Vec::new();
    for (name, text) in &files {
        let title = text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        if title.is_empty() {
            wrong.push(format!("{name}:1: the file begins with no `//! ` title"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{name}: {lines} lines, and a file has at most {MOST_LINES}: it holds more than one idea"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_lying_about() {
    // Put together here, so that this file does not find itself.
    let left = ["todo", "dbg", "unimplemented"].map(|name| format!("{name}!("));
    let left: Vec<String> = left.into_iter().chain([["#[", "ignore"].concat(), ["TO", "DO"].concat()]).collect();
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            let found = left.iter().filter(|mark| line.contains(mark.as_str()));
            wrong.extend(found.map(|mark| format!("{name}:{}: `{mark}` is left here", at + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The suite compares what is found exactly, so a rule that a fixture or a page names is one that has been fired.
#[test]
fn every_rule_is_fired_by_a_test() {
    let pages = ["README.md", "CONTRIBUTING.md", "docs/language.md"].map(|page| fs::read_to_string(root().join(page)));
    let mut texts: Vec<String> = pages.into_iter().map(|page| page.expect("the page is there")).collect();
    let lists = ["tests/it/tidy.rs", "tests/it/manifest.rs"];
    let tests = sources().into_iter().filter(|(name, _)| name.starts_with("tests/it/") && !lists.contains(&name.as_str()));
    texts.extend(tests.map(|(_, text)| text));
    let shown = |name: &str| roomkey::rules::pages::page(name).is_some_and(|p| p.contains(&format!(" fires={name}\n")));
    let fired = |name: &str| {
        let marks = [format!("error={name}\n"), format!("\"{name}\""), format!(" {name}\""), format!("[{name}]")];
        texts.iter().any(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    let never: Vec<&str> =
        roomkey::finding::RULES.iter().map(|rule| rule.name).filter(|name| !fired(name) && !shown(name)).collect();
    assert!(never.is_empty(), "no test fires {}: add a case to tests/it/rules.rs", never.join(", "));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the project, by its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    ["src", "tests", "benches"].iter().for_each(|folder| walk(&root().join(folder), &mut found));
    found.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("it is below the root").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(&path).expect("the file is text"))
    };
    found.into_iter().map(named).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder is read").flatten() {
        let path = entry.path();
        if path.ends_with("benches/engines/target") {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}
