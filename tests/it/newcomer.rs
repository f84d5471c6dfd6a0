//! Policies with a dozen mistakes, as a newcomer reads what is said of them: within 80 columns, each with what to type.

use std::path::Path;

use crate::cli::run;

/// Lints a policy of `tests/lint` and compares all that is printed with the file beside it.
fn reads(name: &str, code: i32) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let out = run(&folder, &["lint", &format!("{name}.rk"), "--at", "2026-01-01"], "");
    assert_eq!(out.code, Some(code), "{out:?}");
    let kept = folder.join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&kept, &out.out).expect("it is written");
    }
    let expected = std::fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(out.out, expected, "run `UPDATE=1 cargo test newcomer`, and read the difference");
    let wide = out.out.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "wider than 80 columns");
    out.out
}

/// The rules that are named, and how many findings have a help.
fn counted(shown: &str) -> (usize, usize) {
    let starts = |words: &[&str]| shown.lines().filter(|line| words.iter().any(|word| line.starts_with(word))).count();
    (starts(&["error[", "warning[", "info["]), starts(&["  help: "]))
}

#[test]
fn every_error_says_what_to_type() {
    let (findings, helps) = counted(&reads("twelve-errors", 1));
    assert!(findings >= 12 && helps == findings, "{findings} findings, {helps} with help");
}

#[test]
fn every_doubt_says_what_to_type() {
    let (findings, helps) = counted(&reads("twelve-doubts", 0));
    assert!(findings >= 12 && helps == findings, "{findings} findings, {helps} with help");
}

#[test]
fn every_slip_says_what_to_type() {
    let (findings, helps) = counted(&reads("twelve-slips", 1));
    assert!(findings == 12 && helps == findings, "{findings} findings, {helps} with help");
}
