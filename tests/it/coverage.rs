//! Coverage: what tests and invariants would miss.

use roomkey::query::coverage::percentage;
use roomkey::query::prove::When;
use roomkey::{Instant, Policy};

const HEAD: &str = "use liveblocks group staff { user ann  user ben }
room plan { default can nothing  group staff can *:read  user eve cannot * }
organization acme { member user ann room \"desk:*\" { user ann can write } }
role editor { can write on room } assign editor to user ann in room plan ";

/// The statements that nothing would miss.
fn lost(tests: &str) -> Vec<String> {
    let text = format!("{HEAD}{tests}");
    let policy = Policy::from_texts([("p.rk".into(), text)]).expect("a sound policy");
    let now = "2026-01-01".parse().unwrap_or(Instant::from_unix(1_767_225_600, 0));
    let before = policy.table().bytes().to_vec();
    let all = policy.coverage(When { now, now_only: false }, "", &|_, _| ()).expect("an answer");
    assert_eq!(before, policy.table().bytes());
    assert!(percentage(&all) < 100 || all.iter().all(|c| c.noticed));
    let lost = all.iter().filter(|c| !c.noticed);
    lost.map(|c| policy.sources().text(c.span).split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn nothing_is_noticed_without_tests() {
    assert_eq!(lost("").len(), 8);
}

#[test]
fn each_loss_is_noticed_by_the_test_that_depends_on_it() {
    let all = lost("");
    let ben = lost("test t { user ben can read on room plan }");
    assert_eq!(all.len() - ben.len(), 2, "{ben:?}");
    let owner = lost("test t { user ann can write on room plan }");
    assert_eq!(all.len() - owner.len(), 1, "{owner:?}");
}

#[test]
fn the_last_member_of_an_organization_is_noticed_since_it_closes_it() {
    let all = lost("");
    let desk = lost("test t { user ann can write on room \"desk:1\" }");
    assert_eq!(all.len() - desk.len(), 1, "{desk:?}");
    let law = "invariant i { only user ann can write on room \"desk:*\"  at least 1 can write on room \"desk:*\" }";
    assert_eq!(lost(law).len(), all.len() - 1);
}

/// A folder with a policy, and what the command prints there.
fn run(arguments: &[&str]) -> (tempfile::TempDir, String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("p.rk"), format!("{HEAD}\ntest t {{ user ben can read on room plan }}\n"))
        .expect("written");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_roomkey"));
    let command = command.current_dir(folder.path()).args(["test", "p.rk", "--at", "2026-01-01"]).args(arguments);
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (folder, said, output.status.code())
}

#[test]
fn lcov_has_a_branch_for_each_statement() {
    let (folder, _, code) = run(&["--coverage", "--output", "lcov=out/lcov.info", "--output", "junit=out/junit.xml"]);
    assert_eq!(code, Some(0));
    let lcov = std::fs::read_to_string(folder.path().join("out/lcov.info")).expect("written");
    let expected = "TN:\nSF:p.rk\nBRDA:1,0,0,0\nBRDA:1,0,1,1\nBRDA:2,0,0,0\nBRDA:2,0,1,1\nBRDA:2,0,2,0\nBRDA:3,0,0,0\nBRDA:3,0,1,0\n\
                    BRDA:4,0,0,0\nBRF:8\nBRH:2\nDA:1,0\nDA:2,0\nDA:3,0\nDA:4,0\nLF:4\nLH:0\nend_of_record\n";
    assert_eq!(lcov, expected);
    assert!(std::fs::read_to_string(folder.path().join("out/junit.xml")).expect("written").contains("<testcase"));
}

#[test]
fn too_little_that_is_noticed_is_a_failure_and_what_does_not_fit_is_refused() {
    assert_eq!(run(&["--coverage", "--min-coverage", "25"]).2, Some(0));
    assert_eq!(run(&["--coverage", "--min-coverage", "26"]).2, Some(1));
    let (_, said, code) = run(&["--mutate", "--min-killed", "100"]);
    assert!(code == Some(1) && said.contains("\nmutants "), "{said}");
    for refused in [&["--output", "lcov=x"][..], &["--mutate", "--format", "junit"], &["--coverage", "--output", "locv=x"]] {
        let (folder, said, code) = run(refused);
        assert_eq!(code, Some(2), "{refused:?}: {said}");
        assert!(!folder.path().join("x").exists());
    }
    let (_, said, _) = run(&["--coverage", "--mutate", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("one object");
    assert_eq!(json["coverage"]["percent"], 25);
    assert_eq!(json["coverage"]["untested"].as_array().map(Vec::len), Some(6));
    let survived = json["mutants"]["survivors"].as_array().expect("a list").iter();
    let mutants = survived.map(|s| s["mutants"].as_array().map_or(0, Vec::len)).sum::<usize>();
    assert_eq!(json["mutants"]["survived"], mutants);
}
