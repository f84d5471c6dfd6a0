//! What a side is called, and what nobody can put in its place: no folder, tag or repository that a change brings along.

use std::path::Path;
use std::process::Command;

use crate::cli::{Run, put, run};
use crate::diff_cli::git;
use crate::diff_git::{ANN, EVE, history};

/// A repository with a change that lets somebody in, not committed, and the remote branch that it goes to.
fn change() -> Option<tempfile::TempDir> {
    let folder = history(&[&[("pol/p.rk", ANN)]])?;
    put(folder.path(), "pol/p.rk", EVE.as_bytes());
    assert!(git(folder.path(), &["update-ref", "refs/remotes/origin/main", "HEAD"]));
    Some(folder)
}

fn gate(folder: &Path, side: &str) -> Run {
    run(folder, &["diff", side, "--no-new-access", "-p", "pol"], "")
}

#[track_caller]
fn ambiguous(folder: &Path, side: &str, path: &str, revision: &str) {
    let told = gate(folder, side);
    assert_eq!(told.code, Some(2), "{side}: {}{}", told.out, told.err);
    assert!(told.err.contains(&format!("`{side}` is a path here, and a revision of git as well")), "{side}: {}", told.err);
    assert!(told.err.contains(&format!("type `{path}` for the path, or `{revision}` for the revision")), "{side}: {}", told.err);
    // What is told to type works.
    assert_eq!(gate(folder, revision).code, Some(1), "{revision}: {}", gate(folder, revision).err);
    assert_ne!(gate(folder, path).code, Some(1), "{path}");
}

#[test]
fn a_path_never_stands_in_for_a_revision() {
    let Some(folder) = change() else { return };
    let path = folder.path();
    assert!(git(path, &["tag", "v1"]));
    for place in
        ["main/p.rk", "HEAD/p.rk", "origin/main/p.rk", "v1/p.rk", "refs/heads/main/p.rk", "main:pol/p.rk", "v1..main/p.rk"]
    {
        put(path, place, EVE.as_bytes());
    }
    ambiguous(path, "main", "./main", "refs/heads/main^0");
    ambiguous(path, "HEAD", "./HEAD", "HEAD^0");
    ambiguous(path, "origin/main", "./origin/main", "refs/remotes/origin/main");
    ambiguous(path, "v1", "./v1", "refs/tags/v1");
    ambiguous(path, "refs/heads/main", "./refs/heads/main", "refs/heads/main^0");
    ambiguous(path, "main:pol", "./main:pol", "refs/heads/main:pol");
    let ranges = run(path, &["diff", "v1..main", "-p", "pol"], "");
    assert!(
        ranges.code == Some(2) && ranges.err.contains("or `refs/tags/v1..refs/heads/main^0` for the revision"),
        "{}",
        ranges.err
    );
    // A folder with nothing in it means no less.
    std::fs::create_dir(path.join("side")).expect("a folder");
    assert_ne!(gate(path, "side").code, Some(1));
    assert!(git(path, &["branch", "side"]));
    ambiguous(path, "side", "./side", "refs/heads/side");
    // So is it on the new side.
    let new = run(path, &["diff", "refs/tags/v1", "HEAD", "-p", "pol"], "");
    assert!(new.code == Some(2) && new.err.contains("`HEAD` is a path here"), "{}", new.err);
    let commit =
        String::from_utf8(Command::new("git").current_dir(path).args(["rev-parse", "HEAD"]).output().expect("git").stdout);
    let commit = commit.expect("a hash").trim().to_owned();
    put(path, &format!("{commit}/p.rk"), EVE.as_bytes());
    ambiguous(path, &commit, &format!("./{commit}"), &format!("{commit}^0"));
    // In the default, nothing is named.
    assert_eq!(run(path, &["diff", "--no-new-access", "-p", "pol"], "").code, Some(1));
}

#[test]
fn a_tag_never_stands_in_for_a_branch() {
    let Some(folder) = change() else { return };
    let path = folder.path();
    assert!(git(path, &["commit", "-qam", "more"]) && git(path, &["update-ref", "refs/heads/main", "HEAD~1"]));
    put(path, "pol/p.rk", EVE.as_bytes());
    let wide = "ORIG_HEAD";
    assert!(git(path, &["update-ref", wide, "main@{1}"]));
    let short = Command::new("git").current_dir(path).args(["rev-parse", "--short", "main"]).output().expect("git").stdout;
    let short = String::from_utf8(short).expect("a hash").trim().to_owned();
    for (name, whole) in [("main", "refs/heads/main"), ("origin/main", "refs/remotes/origin/main"), (&short, "")] {
        assert_eq!(gate(path, name).code, Some(1), "{name}");
        assert!(git(path, &["tag", name, wide]));
        for side in [name.to_owned(), format!("{name}~0"), format!("{name}:pol"), format!("{name}..{wide}")] {
            let told = gate(path, &side);
            assert_eq!(told.code, Some(2), "{side}: {}{}", told.out, told.err);
            assert!(told.err.contains(&format!("`{name}` names two commits: `refs/tags/{name}` and `{whole}")), "{}", told.err);
            assert!(told.err.contains(&format!("type the whole name, such as `{whole}")), "{}", told.err);
        }
        assert!(git(path, &["tag", "-f", name, "refs/heads/main"]));
        assert_eq!(gate(path, name).code, Some(1), "two names of one commit are one: {name}");
    }
    assert_eq!(gate(path, "refs/heads/main").code, Some(1));
    // Nor does a commit stand in for another one.
    assert!(git(path, &["replace", "refs/heads/main", wide]));
    assert_eq!(gate(path, "refs/heads/main").code, Some(1));
}

#[test]
fn a_gate_that_is_taken_away_is_noted() {
    const GATES: &str = "[diff]\nexit-code = true\nmax-lost = 5\ndeny = [\"write\"]\n";
    let Some(folder) = history(&[&[("p.rk", ANN), ("roomkey.toml", GATES)]]) else { return };
    let path = folder.path();
    assert!(!run(path, &["diff"], "").out.contains("gate"));
    put(path, "roomkey.toml", b"[diff]\nmax-lost = 5\n");
    let told = run(path, &["diff"], "");
    let note = "note: gates that the old side has are not in the new one: `--deny write`, `--exit-code`";
    assert!(told.code == Some(0) && told.out.contains(note), "{}{}", told.out, told.err);
    put(path, "roomkey.toml", GATES.replace('5', "50").as_bytes());
    let told = run(path, &["diff", "--format", "markdown"], "");
    assert!(told.out.contains("> `` a gate that the old side has is not in the new one: `--max-lost 5` ``"), "{}", told.out);
}

#[test]
fn a_repository_among_the_files_is_not_the_repository() {
    let Some(folder) = change() else { return };
    let path = folder.path();
    let other = history(&[&[("p.rk", EVE)]]).expect("as before");
    assert!(git(path, &["clone", "-q", "--bare", &other.path().to_string_lossy(), "bare"]));
    for entry in std::fs::read_dir(path.join("bare")).expect("a folder").flatten() {
        std::fs::rename(entry.path(), path.join("pol").join(entry.file_name())).expect("moved");
    }
    let told = run(&path.join("pol"), &["diff", "main", "--no-new-access"], "");
    assert_eq!(told.code, Some(2), "{}{}", told.out, told.err);
    assert!(told.err.contains("is a bare repository inside of another one"), "{}", told.err);
    assert_eq!(run(&path.join("pol"), &["log"], "").code, Some(2));
    assert_eq!(gate(path, "main").code, Some(1));
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.current_dir(path.join("pol")).args(["log"]).env("GIT_DIR", ".").env("ROOMKEY_CACHE", "");
    assert_eq!(command.output().expect("roomkey runs").status.code(), Some(0));
}

#[test]
fn the_repository_is_the_one_that_git_takes() {
    let Some(folder) = change() else { return };
    let path = folder.path();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let with = |dir: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        command.current_dir(elsewhere.path()).args(args).env("GIT_DIR", dir).env("ROOMKEY_CACHE", "");
        let output = command.output().expect("roomkey runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"), String::from_utf8(output.stderr).expect("text"))
    };
    let own = path.join(".git");
    let (code, out, err) = with(&own.to_string_lossy(), &["log", "-p", "pol"]);
    assert!(code == Some(0) && out.contains("user ann gains read on room r"), "{out}{err}");
    let (code, _, err) = with("/nowhere", &["diff", "HEAD"]);
    assert!(code == Some(2) && err.contains("the repository of git of `GIT_DIR` (`/nowhere`) cannot be read"), "{err}");
    // One that cannot be read is not none: the gates of the last commit stand in it.
    put(path, "old/p.rk", ANN.as_bytes());
    assert_eq!(run(path, &["diff", "old", "pol"], "").code, Some(0));
    std::fs::write(path.join(".git/HEAD"), "spoilt").expect("a file");
    let told = run(path, &["diff", "old", "pol"], "");
    assert_eq!(told.code, Some(2), "{}{}", told.out, told.err);
    std::fs::remove_file(path.join(".git/HEAD")).expect("gone");
    let told = run(path, &["diff", "old", "pol"], "");
    assert!(told.code == Some(2) && told.err.contains("cannot be read"), "{}{}", told.out, told.err);
    // Where nothing was committed yet, there are no gates.
    assert!(git(path, &["init", "-q", "fresh"]));
    put(path, "fresh/old/p.rk", ANN.as_bytes());
    put(path, "fresh/new/p.rk", EVE.as_bytes());
    let told = run(&path.join("fresh"), &["diff", "old", "new"], "");
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
}

#[test]
fn repositories_of_both_hashes_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    if !git(path, &["init", "-q", "-b", "main", "--object-format=sha256"]) {
        return println!("skipped: no `git` that knows SHA-256");
    }
    put(path, "p.rk", ANN.as_bytes());
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "one"]));
    put(path, "p.rk", EVE.as_bytes());
    let told = run(path, &["diff", "main"], "");
    assert!(told.out.contains("user eve gains write on room r"), "{}{}", told.out, told.err);
    assert!(run(path, &["log"], "").out.contains("user ann gains read on room r"));
}

#[test]
fn the_gates_of_the_target_count_whatever_the_old_side_is() {
    const GATE: &str = "[diff]\nno-new-access = true\n";
    let Some(folder) = history(&[&[("p.rk", ANN), ("roomkey.toml", GATE)]]) else { return };
    let path = folder.path();
    assert_eq!(run(path, &["build", "-o", "old.rkb"], "").code, Some(0));
    assert!(git(path, &["update-ref", "refs/remotes/origin/main", "HEAD"]));
    put(path, "roomkey.toml", b"");
    assert!(git(path, &["commit", "-qam", "without the gate"]));
    put(path, "p.rk", EVE.as_bytes());
    assert!(git(path, &["commit", "-qam", "more"]));
    let pull = |target: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        command.current_dir(path).args(args).env("GITHUB_BASE_REF", target).env("ROOMKEY_CACHE", "");
        let output = command.output().expect("roomkey runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    for args in [&["diff"][..], &["diff", "old.rkb"], &["diff", "old.rkb", "HEAD"], &["diff", "old.rkb", "p.rk"]] {
        let (code, err) = pull("main", args);
        assert!(code == Some(1) && err.contains("`--no-new-access` is not met"), "{args:?}: {err}");
        let (code, err) = pull("elsewhere", args);
        assert!(code == Some(2) && err.contains("the target branch `elsewhere` is not here"), "{args:?}: {err}");
    }
}
