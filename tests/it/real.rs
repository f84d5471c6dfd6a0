//! Real organizations with ground truth; skipped with a printed line where the data is not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use roomkey::exchange::{Format, Input, import};
use roomkey::{Policy, Question};

/// A folder of the data, where it is there.
pub fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    if !path.exists() {
        println!("skipped: no data at {}", path.display());
        return None;
    }
    Some(path)
}

/// Reads every file below a folder with this ending.
pub fn read(folder: &Path, ending: &str, into: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, ending, into);
        } else if path.extension().is_some_and(|e| e == ending) {
            into.insert(path.clone(), std::fs::read_to_string(&path).expect("text"));
        }
    }
}

fn imported(format: Format, folder: &Path, ending: &str) -> Policy {
    let mut texts = BTreeMap::new();
    read(folder, ending, &mut texts);
    let inputs: Vec<Input> = texts.into_iter().map(|(path, text)| Input { path, text }).collect();
    let imported = import(format, &inputs).expect("imported");
    Policy::from_texts(imported.files.into_iter().map(|f| (f.name, f.text))).expect("sound")
}

/// The policy of the Rust team.
pub fn rust_team(folder: &Path) -> Policy {
    let mut texts = BTreeMap::new();
    for part in ["teams", "repos", "people"] {
        read(&folder.join(part), "toml", &mut texts);
    }
    let config = folder.join("config.toml");
    texts.insert(config.clone(), std::fs::read_to_string(&config).expect("text"));
    let inputs: Vec<Input> = texts.into_iter().map(|(path, text)| Input { path, text }).collect();
    let imported = import(Format::RustTeam, &inputs).expect("imported");
    Policy::from_texts(imported.files.into_iter().map(|f| (f.name, f.text))).expect("sound")
}

/// Asks every row of a truth file and tells how many it has; each must be answered as it says.
fn agrees(policy: &Policy, truth: &Path) -> usize {
    let mut reader = csv::Reader::from_path(truth).expect("truth");
    let mut checker = policy.checker();
    let mut rows = 0;
    for row in reader.records() {
        let row = row.expect("row");
        let question = Question::new(&row[0], &row[1], &row[2]);
        let answer = checker.check(&question).expect("answered");
        assert_eq!(answer.decision.word(), &row[3], "{row:?}: {}", answer.reason.text);
        rows += 1;
    }
    rows
}

#[test]
fn peribolos_organizations_decide_as_their_truth_says() {
    for name in ["kubernetes-org", "knative", "kubevirt", "tektoncd", "kubeflow"] {
        let Some(folder) = data(name) else { continue };
        let policy = imported(Format::Peribolos, &folder.join("config"), "yaml");
        let truth = folder.join("decisions.csv");
        if truth.exists() {
            assert!(agrees(&policy, &truth) > 1000, "{name} has few rows");
        }
    }
}

#[test]
fn the_rust_team_decides_as_its_truth_says() {
    let Some(folder) = data("rust-team") else { return };
    let policy = rust_team(&folder);
    for truth in ["decisions.csv", "permission_decisions.csv"] {
        assert!(agrees(&policy, &folder.join(truth)) > 1000, "{truth} has few rows");
    }
}
