//! What `roomkey diff` and `roomkey log` read in a repository: the same files in a revision as in its work tree, and every
//! commit that can be read.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::{put, run};
use crate::diff_cli::git;

pub(crate) const ANN: &str = "use liveblocks\nroom r { user ann can read }\n";
pub(crate) const EVE: &str = "use liveblocks\nroom r { user ann can read  user eve can write }\n";

/// A repository, in which each step puts files and is a commit.
pub(crate) fn history(steps: &[&[(&str, &str)]]) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let mut made = git(path, &["init", "-q", "-b", "main"]);
    for (i, files) in steps.iter().enumerate() {
        files.iter().for_each(|(name, text)| put(path, name, text.as_bytes()));
        let subject = format!("Step {}", i + 1);
        made = made && git(path, &["add", "-A"]) && git(path, &["commit", "-q", "--allow-empty", "-m", &subject]);
    }
    if !made {
        println!("skipped: no `git`");
        return None;
    }
    Some(folder)
}

#[test]
fn a_tag_with_the_name_of_the_target_is_not_the_target() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)]]) else { return };
    let path = folder.path();
    assert!(git(path, &["update-ref", "refs/remotes/origin/main", "HEAD~1"]));
    assert!(git(path, &["tag", "origin/main", "HEAD"]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.current_dir(path).args(["diff", "--no-new-access"]).env("GITHUB_BASE_REF", "main").env("ROOMKEY_CACHE", "");
    let output = command.output().expect("roomkey runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[test]
fn a_revision_reads_what_its_work_tree_reads() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let deep = vec!["d"; 300].join("/");
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let gains = |what: &str| {
        assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", what]), "{what}");
        let told = run(path, &["diff", "HEAD~1..HEAD"], "");
        assert!(told.out.contains("gains write on room"), "{what}: {}{}", told.out, told.err);
        let same = run(path, &["diff", "HEAD"], "");
        assert_eq!(same.out, "no change: both sides say the same\n", "{what}: {}", same.err);
    };
    put(path, &format!("{deep}/e.rk"), b"room r { user deep can write }");
    gains("a deep folder");
    fs::write(path.join(OsStr::from_bytes(b"e\xff.rk")), "room r { user odd can write }").expect("a file");
    gains("a name that is no UTF-8");
    put(path, ".shared/more/x.rk", b"room q { user eve can write }");
    symlink(".shared/more", path.join("linked")).expect("a link");
    gains("a link to a folder");
    put(path, ".shared/y.txt", b"room s { user eve can write }");
    symlink(".shared/y.txt", path.join("y.rk")).expect("a link");
    gains("a link to a file");
    symlink("p.rk", path.join("z-again.rk")).expect("a link");
    assert_eq!(run(path, &["diff", "HEAD"], "").out, "no change: both sides say the same\n");
    put(path, "m1.csv", b"group,user\ng,zed\n");
    put(path, "f.rk", b"group g\nfacts members from \"m.csv\"\nroom t { group g can write }");
    symlink("m1.csv", path.join("m.csv")).expect("a link");
    gains("facts behind a link");
    put(path, "m1.csv", b"group,user\ng,zed\ng,yan\n");
    gains("facts behind a link that change");
    let outside = tempfile::tempdir().expect("a folder");
    symlink(outside.path(), path.join("etc.rk")).expect("a link");
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "out"]));
    let told = run(path, &["diff", "HEAD~1..HEAD"], "");
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("`etc.rk` is a link that leads out of the repository"), "{}", told.err);
    put(path, "roomkey.toml", b"[policy]\ninclude = [\"/p.rk\"]\n");
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "left out"]));
    assert_eq!(run(path, &["diff", "HEAD"], "").code, Some(0));
    fs::remove_file(path.join("etc.rk")).expect("gone");
    symlink("linked", path.join(".shared/more/round")).expect("a link");
    fs::remove_file(path.join("roomkey.toml")).expect("gone");
    assert!(
        git(path, &["rm", "-qr", "--cached", "."]) && git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "round"])
    );
    let told = run(path, &["diff", "HEAD"], "");
    assert_eq!(told.code, Some(2), "{}", told.out);
}

#[test]
fn submodules_are_named() {
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let inner = "160000,0123456789012345678901234567890123456789,sub";
    assert!(git(path, &["update-index", "--add", "--cacheinfo", inner]) && git(path, &["commit", "-q", "-m", "sub"]));
    let told = run(path, &["diff", "HEAD~1..HEAD"], "");
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("in `HEAD`: `sub` is a submodule"), "{}", told.err);
    assert!(run(path, &["diff", "HEAD"], "").err.contains("in `HEAD`: `sub` is a submodule"));
    for include in [
        "[\"/p.rk\"]",
        "[\"*.rk\", \"!sub/**\"]",
        "[\"**/*.rk\", \"!sub/**/*.rk\"]",
        "[\"./p.rk\", \"/p*.rk\", \"pol/**\", \"!sub/**\"]",
    ] {
        put(path, "roomkey.toml", format!("[policy]\ninclude = {include}\n").as_bytes());
        assert!(git(path, &["add", "roomkey.toml"]) && git(path, &["commit", "-q", "-m", "named"]));
        let told = run(path, &["diff", "HEAD"], "");
        assert_eq!(told.out, "no change: both sides say the same\n", "{include}: {}", told.err);
    }
    put(path, "roomkey.toml", b"[policy]\ninclude = [\"!sub/**\", \"*.rk\"]\n");
    assert!(git(path, &["add", "roomkey.toml"]) && git(path, &["commit", "-q", "-m", "taken again"]));
    assert_eq!(run(path, &["diff", "HEAD"], "").code, Some(2));
}

#[cfg(unix)]
#[test]
fn links_to_files_that_are_no_policies_are_passed_over() {
    use std::os::unix::fs::symlink;
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let outside = tempfile::tempdir().expect("a folder");
    put(outside.path(), "host", b"me");
    symlink(outside.path().join("host"), path.join("host.txt")).expect("a link");
    put(path, "local.txt", b"not committed");
    put(path, ".gitignore", b"local.txt\n");
    symlink("local.txt", path.join("config.txt")).expect("a link");
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "links"]));
    let lint = run(path, &["lint"], "");
    assert_eq!(lint.code, Some(0), "{}{}", lint.out, lint.err);
    let told = run(path, &["diff", "HEAD"], "");
    assert_eq!(told.out, "no change: both sides say the same\n", "{}", told.err);
    assert_eq!(run(path, &["log"], "").code, Some(0));
    // What lies in a folder outside of the repository is a part of the policy here, and not in the revision.
    put(outside.path(), "more/q.rk", EVE.as_bytes());
    symlink(outside.path().join("more"), path.join("more")).expect("a link");
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "a folder"]));
    let told = run(path, &["diff", "HEAD"], "");
    assert!(told.code == Some(2) && told.err.contains("`more` is a link that leads out of the repository"), "{}", told.err);
}

#[test]
fn a_change_cannot_take_away_the_gates_that_it_fails() {
    const GATE: &str = "[diff]\nno-new-access = true\n";
    let Some(folder) = history(&[&[("policies/p.rk", ANN), ("policies/roomkey.toml", GATE)]]) else { return };
    let path = folder.path();
    assert_eq!(run(path, &["build", "-p", "policies", "-o", "old.rkb"], "").code, Some(0));
    put(path, "policies/p.rk", EVE.as_bytes());
    put(path, "policies/roomkey.toml", b"");
    let fails = |args: &[&str]| {
        let told = run(path, args, "");
        assert_eq!(told.code, Some(1), "{args:?}: {}{}", told.out, told.err);
        assert!(told.err.contains("`--no-new-access` is not met"), "{}", told.err);
    };
    fails(&["diff", "HEAD", "-p", "policies"]);
    fails(&["diff", "old.rkb", "policies"]);
    fails(&["diff", "old.rkb", "-p", "policies"]);
    fs::rename(path.join("policies"), path.join("access")).expect("renamed");
    fails(&["diff", "HEAD", "-p", "access"]);
    fails(&["diff", "old.rkb", "access"]);
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "renamed"]));
    fails(&["diff", "HEAD~1..HEAD", "-p", "access"]);
    // An old revision with a manifest and without a policy has gates, too.
    let Some(folder) = history(&[&[("roomkey.toml", GATE)]]) else { return };
    let path = folder.path();
    put(path, "p.rk", ANN.as_bytes());
    put(path, "roomkey.toml", b"");
    let told = run(path, &["diff", "HEAD"], "");
    assert_eq!(told.code, Some(1), "{}{}", told.out, told.err);
}

#[test]
fn every_gate_can_stand_in_the_manifest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old/p.rk", ANN.as_bytes());
    put(path, "new/p.rk", EVE.as_bytes());
    for (gate, old, new, says) in [
        ("exit-code = true", "old", "new", ""),
        ("forbid-self-grant = [\"user:eve\"]", "old", "new", "`--forbid-self-grant eve` is not met: user eve gains write"),
        (
            "max-lost = 0",
            "new",
            "old",
            "`--max-lost 0` is not met: 1 of 2 users loses access\n  by - user eve can write in room r",
        ),
        ("max-lost = \"49%\"", "new", "old", "`--max-lost 49%` is not met"),
    ] {
        put(path, "new/roomkey.toml", format!("[diff]\n{gate}\n").as_bytes());
        let told = run(path, &["diff", old, new], "");
        assert_eq!(told.code, Some(1), "{gate}: {}{}", told.out, told.err);
        assert!(told.err.contains(says), "{gate}: {}", told.err);
    }
    put(path, "new/roomkey.toml", b"[diff]\nforbid-self-grant = [\"ann\"]\nmax-lost = 5\n");
    assert_eq!(run(path, &["diff", "old", "new"], "").code, Some(0));
}

#[test]
fn the_same_files_in_another_place_say_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    for side in ["old", "somewhere/new"] {
        put(path, &format!("{side}/p.rk"), ANN.as_bytes());
        put(path, &format!("{side}/more/q.rk"), b"user zoe\n");
    }
    assert_eq!(run(path, &["diff", "old", "somewhere/new"], "").out, "no change: both sides say the same\n");
    assert_eq!(run(path, &["diff", "old/p.rk", "somewhere/new/p.rk"], "").out, "no change: both sides say the same\n");
}

#[test]
fn a_policy_that_is_gone_loses_everything() {
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    fs::remove_file(path.join("p.rk")).expect("gone");
    for args in [&["diff"][..], &["diff", "HEAD"]] {
        let told = run(path, args, "");
        assert_eq!(told.code, Some(0), "{}", told.err);
        assert!(told.out.contains("user ann loses read on room r"), "{}", told.out);
        assert!(told.out.contains("there is no policy in the work tree: everything is gone"), "{}", told.out);
    }
}

#[test]
fn a_fault_of_the_old_revision_is_named_as_its() {
    let Some(folder) = history(&[&[("p.rk", ANN), ("roomkey.toml", "[polcy]\n")], &[("roomkey.toml", "")]]) else { return };
    let told = run(folder.path(), &["diff", "HEAD~1"], "");
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("the policy of `HEAD~1` cannot be read"), "{}", told.err);
}

/// Its lines are none of the texts that lie here.
#[test]
fn a_fault_of_the_old_revision_has_no_line_of_the_new_text() {
    let broken = "use liveblocks\nroom r { user ann can raed }\n";
    let Some(folder) = history(&[&[("p.rk", broken)], &[("p.rk", EVE)]]) else { return };
    let refused = |format: &str| run(folder.path(), &["diff", "HEAD~1", "HEAD", "--format", format], "").out;
    let github = refused("github");
    assert!(github.contains("\n::error title=unknown-permission::in HEAD~1, p.rk:2: "), "{github}");
    let sarif: Value = serde_json::from_str(&refused("sarif")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(results.len() == 2 && results.iter().all(|r| r.get("locations").is_none()), "{sarif}");
    let json: Value = serde_json::from_str(&refused("json")).expect("JSON");
    let wrong = &json["refused"]["wrong"][0];
    assert_eq!((&wrong["side"], &wrong["source"]["line"]), (&"HEAD~1".into(), &2.into()));
}

#[test]
fn what_a_commit_changed_has_a_name() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)], &[("q.rk", "user x\n")]]) else { return };
    let told = |side: &str| run(folder.path(), &["diff", side, "--exit-code"], "");
    assert!(told("HEAD~1^!").out.contains("user eve gains write on room r"), "{}", told("HEAD~1^!").err);
    assert_eq!(told("HEAD~1^!").out, run(folder.path(), &["diff", "HEAD~1^..HEAD~1"], "").out);
    assert_eq!(told("HEAD^!").code, Some(0));
    let first = told("HEAD~2^!");
    assert!(first.code == Some(2) && first.err.contains("no revision of git is named `HEAD~2^`"), "{}", first.err);
    // Elsewhere it is no commit.
    let log = run(folder.path(), &["log", "HEAD^!"], "");
    assert!(log.code == Some(2) && log.err.contains("no revision of git is named `HEAD^!`"), "{}", log.err);
}

#[test]
fn bare_repositories_line_ends_and_paths_upwards() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)]]) else { return };
    let path = folder.path();
    let bare = tempfile::tempdir().expect("a folder");
    assert!(git(path, &["clone", "-q", "--bare", ".", &bare.path().to_string_lossy()]));
    let told = run(bare.path(), &["diff", "HEAD~1..HEAD"], "");
    assert!(told.out.contains("user eve gains write on room r"), "{}", told.err);
    assert!(run(bare.path(), &["log"], "").out.contains("user eve gains write on room r"));
    let nothing = run(bare.path(), &["diff"], "");
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("no work tree"), "{}", nothing.err);
    let here = run(bare.path(), &["diff", "main"], "");
    assert_eq!((here.code, here.out.as_str()), (Some(2), ""), "{}", here.err);
    assert!(here.err.contains("no work tree") && here.err.contains("`roomkey diff main..topic`"), "{}", here.err);
    put(path, "p.rk", EVE.replace('\n', "\r\n").as_bytes());
    assert_eq!(run(path, &["diff"], "").out, "no change: only line ends differ\n");
    let upwards = run(path, &["diff", "../nope"], "");
    assert_eq!(upwards.code, Some(2));
    assert!(upwards.err.contains("`../nope` is neither a file, a folder nor a revision"), "{}", upwards.err);
}

fn subjects(folder: &Path, args: &[&str]) -> Vec<String> {
    let told = run(folder, &[&["log", "--format", "json"][..], args].concat(), "");
    assert_eq!(told.code, Some(0), "{}", told.err);
    let one = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let passed = if line["diff"].is_null() { " (passed over)" } else { "" };
        format!("{}{passed}", line["subject"].as_str().expect("a subject"))
    };
    told.out.lines().map(one).collect()
}

#[test]
fn the_log_ends_where_it_should() {
    const BROKEN: &str = "use liveblocks\nroom r { group nobody can read }\n";
    let bob = EVE.replace("user eve", "user bob can read  user eve");
    let steps: [&[(&str, &str)]; 4] = [&[("p.rk", ANN)], &[("p.rk", BROKEN)], &[("p.rk", EVE)], &[("p.rk", &bob)]];
    let Some(folder) = history(&steps) else { return };
    let path = folder.path();
    assert_eq!(subjects(path, &[]), ["Step 4", "Step 3", "Step 2 (passed over)", "Step 1"]);
    // A faulty revision is no end that anything can be compared with: the last sound one before it is.
    assert_eq!(subjects(path, &["--since", "HEAD~2"]), ["Step 4", "Step 3"]);
    assert_eq!(subjects(path, &["--since", "HEAD~1"]), ["Step 4"]);
    let Some(folder) = history(&[&[("policies/p.rk", ANN)], &[("README", "read me")]]) else { return };
    let path = folder.path();
    assert_eq!(subjects(path, &[]), ["Step 1"]);
    for since in ["HEAD", "HEAD~1", "2035-01-01"] {
        assert!(subjects(path, &["--since", since]).is_empty(), "{since}");
    }
}

#[test]
fn the_log_passes_over_what_cannot_be_read() {
    let faulty: [&[(&str, &str)]; 3] =
        [&[("p.rk", ANN)], &[("roomkey.toml", "[polcy]\n")], &[("roomkey.toml", ""), ("p.rk", EVE)]];
    let Some(folder) = history(&faulty) else { return };
    assert_eq!(subjects(folder.path(), &[]), ["Step 3", "Step 2 (passed over)", "Step 1"]);
}

#[test]
fn the_log_says_where_it_cannot_know() {
    let Some(folder) = history(&[&[("old/p.rk", ANN)], &[("old/p.rk", EVE)]]) else { return };
    let path = folder.path();
    let shallow = tempfile::tempdir().expect("a folder");
    let from = format!("file://{}", path.display());
    assert!(git(path, &["clone", "-q", "--depth", "1", &from, &shallow.path().to_string_lossy()]));
    let told = run(shallow.path(), &["log"], "");
    assert!(told.out.is_empty() && told.err.contains("a shallow clone ends here"), "{}{}", told.out, told.err);
    assert!(git(path, &["mv", "old", "new"]) && git(path, &["commit", "-q", "-m", "Moved"]));
    let told = run(path, &["log", "-p", "new"], "");
    assert!(told.out.contains("note: the policy lay in `old` before"), "{}{}", told.out, told.err);
}

#[test]
fn the_log_says_what_no_commit_knows() {
    let set = |more: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann }}\ngroup duty\norganization o {{ group staff can storage:write\n\
             room r {{ {more} }} }}"
        )
    };
    let (first, second) = (set(""), set("group duty can read"));
    let Some(folder) = history(&[&[("p.rk", &first)], &[("p.rk", &second)]]) else { return };
    let path = folder.path();
    let kind = run(path, &["log", "--resource", "rom:r"], "");
    assert!(kind.code == Some(2) && kind.err.contains("no commit that was compared has a kind `rom`"), "{}", kind.err);
    assert!(kind.err.contains("did you mean `room`?"), "{}", kind.err);
    let resource = run(path, &["log", "--resource", "room:rr"], "");
    assert_eq!((resource.code, resource.out.as_str()), (Some(0), ""));
    assert!(resource.err.contains("no commit that was compared knows room rr; did you mean `r`?"), "{}", resource.err);
    let user = run(path, &["log", "--user", "anne"], "");
    assert!(user.err.contains("no commit that was compared names user anne: it is as every stranger"), "{}", user.err);
    // Who is in one group of a set needs to name only the others.
    let ann = run(path, &["log", "--user", "ann"], "");
    assert!(ann.out.contains("when signed in with group duty, user ann gains storage:write on room r"), "{}", ann.out);
    let alone = run(path, &["log", "--no-named-groups"], "");
    assert!(!alone.out.contains("group duty gains") && alone.err.contains("note: everyone was compared with"), "{alone:?}");
    assert!(!ann.err.contains("no commit"), "{}", ann.err);
}

#[test]
fn the_log_of_a_resource_is_of_that_resource() {
    let policy = |home: &str, design: &str, star: &str| {
        format!(
            "use liveblocks\nroom lobby\nroom \"design:home\" {{ default can {home} }}\nroom \"design:*\" {{ default can {design} }}\nroom \"*\" {{ default can {star} }}\n"
        )
    };
    let texts = [
        policy("read", "read", "read"),
        policy("read", "read", "write"),
        policy("read", "write", "write"),
        policy("write", "write", "write"),
    ];
    let steps: Vec<Vec<(&str, &str)>> = texts.iter().map(|t| vec![("p.rk", t.as_str())]).collect();
    let steps: Vec<&[(&str, &str)]> = steps.iter().map(Vec::as_slice).collect();
    let Some(folder) = history(&steps) else { return };
    let path = folder.path();
    assert_eq!(subjects(path, &["--resource", "room:design:home"]), ["Step 4", "Step 1"]);
    assert_eq!(subjects(path, &["--resource", "room:design:other"]), ["Step 3", "Step 1"]);
    assert_eq!(subjects(path, &["--resource", "room:lobby"]), ["Step 2", "Step 1"]);
    assert_eq!(subjects(path, &["--resource", "room:elsewhere"]), ["Step 2", "Step 1"]);
    let told = run(path, &["log", "--resource", "room:design:other", "-n", "1"], "");
    assert!(told.out.contains("on room \"design:other\""), "{}", told.out);
}

#[test]
fn a_change_is_told_of_its_own_commit() {
    let steps: [&[(&str, &str)]; 4] =
        [&[("pol/p.rk", ANN)], &[("pol/p.rk", EVE)], &[("README", "read me")], &[("README", "read me again")]];
    let Some(folder) = history(&steps) else { return };
    let told = run(folder.path(), &["log", "-p", "pol"], "");
    let short = |revision: &str| {
        let output = Command::new("git").current_dir(folder.path()).args(["rev-parse", "--short", revision]).output();
        String::from_utf8(output.expect("git runs").stdout).expect("a hash").trim().to_owned()
    };
    let own = short("HEAD~2");
    assert!(told.out.starts_with(&format!("{own} ")), "{own}: {}", told.out);
    assert!(told.out.contains(&format!("pol/p.rk:2:29 in {own}")), "{own}: {}", told.out);
    assert!(!told.out.contains(&short("HEAD")), "{}", told.out);
}

#[test]
fn the_log_stops_at_what_a_revision_contains() {
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let step = |name: &str, text: &str| {
        put(path, name, text.as_bytes());
        git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", name])
    };
    assert!(git(path, &["checkout", "-q", "-b", "side"]) && step("q.rk", "room side { user eve can read }\n"));
    assert!(git(path, &["checkout", "-q", "main"]) && step("s.rk", "room s { user eve can read }\n"));
    assert!(git(path, &["merge", "-q", "--no-ff", "-m", "merged", "side"]) && step("t.rk", "room t { user eve can read }\n"));
    // The side is no first parent of anything, and the first commit is in it.
    assert_eq!(subjects(path, &["--since", "side"]), ["t.rk", "merged", "s.rk"]);
}

#[test]
fn a_revision_with_several_policies_says_what_its_work_tree_says() {
    let both = [("all/one/p.rk", ANN), ("all/one/roomkey.toml", ""), ("all/two/p.rk", EVE), ("all/two/roomkey.toml", "")];
    let Some(folder) = history(&[&both, &[("all/three/p.rk", ANN)]]) else { return };
    let path = folder.path();
    let said = "`all` holds several policies: `all/one`, `all/two` have a `roomkey.toml` each\n  help: name one of them, such as `-p all/one`;";
    for args in [&["lint", "all"][..], &["diff", "-p", "all", "HEAD~1..HEAD"], &["diff", "-p", "all", "HEAD"]] {
        let out = run(path, args, "");
        assert!(out.code == Some(2) && out.err.contains(said), "{args:?}: {out:?}");
    }
    let one = run(path, &["diff", "-p", "all/one", "HEAD~1..HEAD"], "");
    assert_eq!((one.code, one.out.as_str()), (Some(0), "no change: both sides say the same\n"), "{}", one.err);
    // A folder without a manifest around the one policy that has one is that policy.
    let Some(alone) = history(&[&[("all/one/p.rk", ANN), ("all/one/roomkey.toml", "")], &[("all/one/p.rk", EVE)]]) else {
        return;
    };
    let out = run(alone.path(), &["diff", "-p", "all", "HEAD~1..HEAD"], "");
    assert!(out.out.contains("gains write on room r") && out.err.is_empty(), "{out:?}");
    put(alone.path(), "all/loose.rk", ANN.as_bytes());
    assert!(git(alone.path(), &["add", "-A"]) && git(alone.path(), &["commit", "-q", "-m", "Loose"]));
    for args in [&["lint", "all"][..], &["diff", "-p", "all", "HEAD"]] {
        assert!(
            run(alone.path(), args, "").err.contains("`all` holds several policies: `all/one` has a `roomkey.toml`"),
            "{args:?}"
        );
    }
}

#[test]
fn a_repository_without_commits_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    if !git(path, &["init", "-q", "-b", "main"]) {
        return println!("skipped: no `git`");
    }
    put(path, "p.rk", ANN.as_bytes());
    for args in [&["diff"][..], &["diff", "main"], &["diff", "HEAD~1..HEAD"], &["log"]] {
        let told = run(path, args, "");
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{args:?}: {}", told.err);
        assert!(told.err.contains("this repository has no commits yet") && told.err.contains("git commit"), "{}", told.err);
        assert!(!told.err.contains("shallow"), "{args:?}: {}", told.err);
    }
}

#[test]
fn a_new_side_that_is_no_policy_is_not_a_policy_that_is_gone() {
    let Some(folder) = history(&[&[("old/p.rk", ANN)]]) else { return };
    let path = folder.path();
    let told = run(path, &["diff", "old", "-p", "polices"], "");
    assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{}", told.err);
    assert!(told.err.contains("there is no file or folder `polices`"), "{}", told.err);
}
