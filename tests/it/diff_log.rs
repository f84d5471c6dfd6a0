//! What `roomkey log` says where commits were passed over, cannot be read, or have no policy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::{put, run};
use crate::diff_cli::git;
use crate::diff_git::{ANN, EVE, history};

const BROKEN: &str = "use liveblocks\nroom r { group nobody can read }\n";

fn named(folder: &Path, text: &str) -> String {
    let output = Command::new("git").current_dir(folder).args(["rev-parse", text]).output().expect("git runs");
    String::from_utf8(output.stdout).expect("a hash").trim().to_owned()
}

/// Makes a loose object something that nobody can read.
fn spoil(folder: &Path, text: &str) {
    let id = named(folder, text);
    let file = folder.join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(&file).expect("the object was there");
    fs::write(&file, "spoilt").expect("a file");
}

#[test]
fn a_change_names_the_commits_that_were_passed_over() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", BROKEN)], &[("p.rk", EVE)], &[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let told = run(path, &["log"], "");
    let short = |text: &str| named(path, text)[..7].to_owned();
    let with = format!("together with {} (Ann), which was passed over because its policy has errors", short("HEAD~2"));
    assert_eq!(told.out.matches("together with").count(), 1, "{}", told.out);
    let entry = told.out.split("\n\n").find(|entry| entry.starts_with(&short("HEAD~1"))).expect("an entry");
    assert!(entry.contains(&format!("    Step 3\n    {with}\n    1 user gains access")), "{}", told.out);
    let json = run(path, &["log", "--format", "json"], "");
    let lines: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let mended = lines.iter().find(|line| line["subject"] == "Step 3").expect("a line");
    assert_eq!(mended["together"][0]["commit"], named(path, "HEAD~2"));
    assert_eq!((&mended["together"][0]["author"], &mended["together"][0]["subject"]), (&"Ann".into(), &"Step 2".into()));
    assert!(lines.iter().filter(|line| line["subject"] != "Step 3").all(|line| line["together"].is_null()), "{}", json.out);
    // What several broken commits and the first one that is sound added, together.
    let Some(folder) = history(&[&[("p.rk", BROKEN)], &[("q.rk", BROKEN)], &[("p.rk", ANN), ("q.rk", "")]]) else { return };
    let told = run(folder.path(), &["log"], "");
    assert!(told.out.contains(", which were passed over because their policies have errors\n"), "{}", told.out);
    // What is broken and put back as it was has added nothing to what came before.
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)], &[("p.rk", BROKEN)], &[("p.rk", EVE)]]) else { return };
    let told = run(folder.path(), &["log"], "");
    assert!(told.out.contains("Step 2") && !told.out.contains("together"), "{}", told.out);
}

#[test]
fn a_history_without_a_policy_is_no_answer() {
    let Some(folder) = history(&[&[("README", "read me")], &[("pol/p.rk", ANN)], &[("pol/p.rk", EVE)]]) else { return };
    let path = folder.path();
    let refused = |args: &[&str], says: &str| {
        let told = run(path, &[&["log"][..], args].concat(), "");
        assert_eq!(told.code, Some(2), "{args:?}: {}{}", told.out, told.err);
        assert!(told.err.contains(says) && told.err.contains("help: "), "{args:?}: {}", told.err);
    };
    refused(&["-p", "plo"], "there is no policy in `plo`, in none of the 3 commits that were looked at");
    refused(&["-p", "plo"], "such as `roomkey log --policy pol`");
    refused(&["-p", ".."], "is outside of the repository");
    refused(&["-p", "a.rkb"], "`a.rkb` is a compiled policy, and revisions are read as text");
    refused(&["-p", "README"], "there is no policy in `README`");
    refused(&["HEAD~2"], "there is no policy in this folder, in the one commit that was looked at");
    assert_eq!(run(path, &["log"], "").code, Some(0));
    assert_eq!(run(path, &["log", "--since", "HEAD"], "").code, Some(0));
    assert_eq!(run(path, &["log", "-p", "pol", "-n", "1"], "").code, Some(0));
    // A policy that is gone was there.
    assert!(git(path, &["rm", "-qr", "pol"]) && git(path, &["commit", "-qm", "gone"]));
    assert_eq!(run(path, &["log", "-p", "pol"], "").code, Some(0));
    // One with errors is one.
    let Some(folder) = history(&[&[("p.rk", BROKEN)]]) else { return };
    assert_eq!(run(folder.path(), &["log"], "").code, Some(0));
}

#[test]
fn what_is_damaged_is_not_passed_over_in_silence() {
    let more = EVE.replace("write", "read");
    let data = "use liveblocks\ngroup g\nfacts members from \"m.csv\"\nroom r { group g can read }\n";
    let members = |who: &str| format!("group,user\ng,{who}\n");
    let (ann, eve) = (members("ann"), members("eve"));
    let steps: [&[(&str, &str)]; 2] = [&[("p/p.rk", ANN)], &[("p/p.rk", &more)]];
    for (what, spoilt) in [("blob", "HEAD~1:p/p.rk"), ("folder", "HEAD~1:p"), ("top", "HEAD~1^{tree}")] {
        let Some(folder) = history(&[steps[0], &[("p/p.rk", EVE)], steps[1]]) else { return };
        let path = folder.path();
        spoil(path, spoilt);
        let told = run(path, &["log", "-p", "p"], "");
        assert_eq!(told.code, Some(2), "{what}: {}{}", told.out, told.err);
        assert!(told.err.contains(&format!("{} could not be read", &named(path, "HEAD~1")[..7])), "{what}: {}", told.err);
        assert!(told.out.contains("which was passed over because it could not be read"), "{what}: {}", told.out);
        assert!(told.out.contains("Step 1"), "{what}: {}", told.out);
    }
    let Some(folder) = history(&[&[("p.rk", data), ("m.csv", &ann)], &[("m.csv", &eve)], &[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    spoil(path, "HEAD~1:m.csv");
    let told = run(path, &["log"], "");
    assert_eq!(told.code, Some(2), "{}{}", told.out, told.err);
    assert!(told.err.contains("cannot read `m.csv` of that revision"), "{}", told.err);
    // A commit that is gone is no end of a shallow clone, and hides nothing of those after it.
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)], &[("p.rk", ANN)], &[("p.rk", EVE)]]) else { return };
    let path = folder.path();
    let id = named(path, "HEAD~3");
    fs::remove_file(path.join(".git/objects").join(&id[..2]).join(&id[2..])).expect("gone");
    let told = run(path, &["log"], "");
    assert!(told.code == Some(2) && told.err.contains("is not there"), "{}{}", told.out, told.err);
    assert_eq!(told.out.matches("    Step ").count(), 1, "{}", told.out);
    put(path, "p.rk", ANN.as_bytes());
}

#[test]
fn a_shallow_clone_counts_only_what_it_knows() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)], &[("README", "read me")], &[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    let from = format!("file://{}", path.display());
    let log = |depth: &str| {
        let shallow = tempfile::tempdir().expect("a folder");
        assert!(git(path, &["clone", "-q", "--depth", depth, &from, &shallow.path().to_string_lossy()]));
        (run(shallow.path(), &["log"], ""), run(shallow.path(), &["log", "--format", "json"], ""))
    };
    for (depth, counted) in [
        ("1", "no commit could be compared; older history is not here\n"),
        ("2", "1 commit, which changed access; older history is not here\n"),
        ("3", "2 commits, 1 of them changed access; older history is not here\n"),
        ("9", "4 commits, 3 of them changed access\n"),
    ] {
        let (told, json) = log(depth);
        let lines: Vec<serde_json::Value> = json.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let unknown =
            lines.iter().filter(|line| line["unknown"].as_str().is_some_and(|why| why.contains("a shallow clone ends")));
        assert_eq!(unknown.count(), usize::from(depth != "9"), "{depth}: {}", json.out);
        assert!(told.code == Some(0) && told.err.ends_with(counted), "{depth}: {}", told.err);
        assert_eq!(told.err.contains("`git fetch --unshallow`"), depth != "9", "{depth}: {}", told.err);
        assert!(depth == "9" || told.err.contains("what this commit and those before it changed is not known"), "{}", told.err);
    }
}

#[test]
fn a_shallow_clone_ends_at_what_was_passed_over() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", BROKEN)], &[("p.rk", EVE)]]) else { return };
    let path = folder.path();
    let shallow = tempfile::tempdir().expect("a folder");
    let from = format!("file://{}", path.display());
    assert!(git(path, &["clone", "-q", "--depth", "2", &from, &shallow.path().to_string_lossy()]));
    let told = run(shallow.path(), &["log"], "");
    let short = |text: &str| named(path, text)[..7].to_owned();
    let says = format!(
        "{}: a shallow clone ends here, so that what this commit and those before it changed, and those after it up to {} is not known",
        short("HEAD~1"),
        short("HEAD")
    );
    assert!(told.code == Some(0) && told.err.contains(&says), "{}", told.err);
    let json = run(shallow.path(), &["log", "--format", "json"], "");
    assert!(json.out.contains(&format!("\"commit\":\"{}\"", named(path, "HEAD~1"))), "{}", json.out);
}

#[test]
fn commits_that_are_read_at_once_are_told_as_each_alone() {
    let text = |step: usize| match step % 11 {
        3 => BROKEN.to_owned(),
        7 => ANN.to_owned(),
        8 => ANN.to_owned(),
        step => format!("{ANN}group g {{ user u{step} }}\nroom more {{ group g can read }}\n"),
    };
    let texts: Vec<String> = (0..44).map(text).collect();
    let files: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("p.rk", text.as_str())]).collect();
    let steps: Vec<&[(&str, &str)]> = files.iter().map(|files| &files[..]).collect();
    let Some(folder) = history(&steps) else { return };
    let path = folder.path();
    let lines = |args: &[&str]| -> BTreeMap<String, String> {
        let told = run(path, &[&["log", "--format", "json"][..], args].concat(), "");
        assert_eq!(told.code, Some(0), "{args:?}: {}", told.err);
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).expect("JSON");
            (value["commit"].as_str().expect("a hash").to_owned(), line.to_owned())
        };
        told.out.lines().map(line).collect()
    };
    let whole = lines(&[]);
    let changed = whole.values().filter(|line| line.contains("\"diff\":")).count();
    assert!(changed > 20 && whole.len() > changed, "{changed} of {}", whole.len());
    let mut alone: BTreeMap<String, String> = BTreeMap::new();
    for commit in whole.keys() {
        alone.extend(lines(&[commit, "-n", "1"]));
    }
    assert_eq!(alone, whole);
    for limit in [1, 2, 3, 5, 17] {
        let told = run(path, &["log", "-n", &limit.to_string()], "");
        assert_eq!(told.out.matches("\n    Step ").count(), limit, "{}", told.out);
    }
}

#[test]
fn a_commit_that_takes_the_policy_away_says_so() {
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    let path = folder.path();
    assert!(git(path, &["rm", "-q", "p.rk"]) && git(path, &["commit", "-qm", "gone"]));
    let told = run(path, &["log"], "");
    assert!(told.out.contains("\n    note: there is no policy any longer: everything is gone\n"), "{}", told.out);
    // Of what is not shown nothing is said at the end.
    let told = run(path, &["log", "--user", "user:bob"], "");
    assert!(!told.err.contains("any longer"), "{}", told.err);
    let json = run(path, &["log", "--format", "json", "-n", "1"], "");
    assert!(json.out.contains("\"note\":\"there is no policy any longer: everything is gone\""), "{}", json.out);
}

/// Where the answer is the log of a job, such a line would be a command of its runner.
#[test]
fn a_subject_is_no_command() {
    let Some(folder) = history(&[&[("p.rk", ANN)]]) else { return };
    put(folder.path(), "p.rk", EVE.as_bytes());
    assert!(git(folder.path(), &["commit", "-qam", "::error file=p.rk,line=1::x"]));
    let told = run(folder.path(), &["log", "-n", "1"], "");
    assert!(told.out.contains("\n    `::error file=p.rk,line=1::x`\n"), "{}", told.out);
}

#[test]
fn a_folder_that_still_has_a_policy_has_lost_none() {
    let Some(folder) = history(&[&[("old/p.rk", ANN), ("old/q.rk", "")]]) else { return };
    let path = folder.path();
    assert!(git(path, &["mv", "old/p.rk", "old/rooms.rk"]));
    put(path, "new/p.rk", EVE.as_bytes());
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "another one"]));
    let told = run(path, &["log", "-p", "new"], "");
    assert!(told.code == Some(0) && !format!("{}{}", told.out, told.err).contains("before"), "{}{}", told.out, told.err);
    // One that moves is told.
    assert!(git(path, &["mv", "new", "newer"]) && git(path, &["commit", "-qm", "moved"]));
    let told = run(path, &["log", "-p", "newer"], "");
    assert!(told.out.contains("the policy lay in `new` before"), "{}", told.out);
}

#[test]
fn two_revisions_and_nobody_are_refused_with_what_to_type() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("p.rk", EVE)]]) else { return };
    for (range, typed) in [
        ("HEAD~1..HEAD", "type `roomkey log HEAD --since HEAD~1`"),
        ("HEAD~1..", "type `roomkey log HEAD --since HEAD~1`"),
        ("HEAD~9..HEAD", "no revision of git is named `HEAD~9..HEAD`"),
        ("../x", "no revision of git is named `../x`"),
    ] {
        let told = run(folder.path(), &["log", range], "");
        assert!(told.code == Some(2) && told.err.contains(typed), "{range}: {}", told.err);
    }
    let told = run(folder.path(), &["log", "--user", ""], "");
    assert!(told.code == Some(2) && told.err.contains("it names no user"), "{}", told.err);
}

#[test]
fn a_clone_with_a_filter_says_how_to_get_what_it_lacks() {
    let Some(folder) = history(&[&[("p/p.rk", ANN)], &[("p/p.rk", EVE)]]) else { return };
    let path = folder.path();
    assert!(git(path, &["config", "uploadpack.allowFilter", "true"]));
    let from = format!("file://{}", path.display());
    const HELP: &str = "`git fetch --refetch --no-filter` gets them";
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let part = tempfile::tempdir().expect("a folder");
        if !git(path, &["clone", "-q", filter, &from, &part.path().to_string_lossy()]) {
            return println!("skipped: this git has no filters");
        }
        for args in [["diff", "HEAD~1", "-p", "p"], ["log", "HEAD", "-p", "p"]] {
            let told = run(part.path(), &args, "");
            assert!(
                told.code == Some(2) && told.err.replace("\n        ", " ").contains(HELP),
                "{filter} {args:?}: {}",
                told.err
            );
        }
        if git(part.path(), &["fetch", "-q", "--refetch", "--no-filter"]) {
            assert_eq!(run(part.path(), &["log", "-p", "p"], "").code, Some(0), "{filter}");
        }
    }
    // What is damaged is not to be fetched.
    spoil(path, "HEAD~1:p/p.rk");
    let told = run(path, &["diff", "HEAD~1", "-p", "p"], "");
    assert!(told.err.contains("`git fsck` names objects") && !told.err.contains("filter"), "{}", told.err);
}

#[test]
fn names_that_cannot_be_read_are_no_empty_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    if !git(path, &["init", "-q", "-b", "main", "--ref-format=reftable"]) {
        return println!("skipped: this git has no reftables");
    }
    put(path, "p.rk", ANN.as_bytes());
    assert!(git(path, &["config", "user.name", "Ann"]) && git(path, &["config", "user.email", "ann@example.com"]));
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", "One"]));
    put(path, "p.rk", EVE.as_bytes());
    for args in [&["diff"][..], &["diff", "main"], &["diff", "p.rk", "main"], &["log"]] {
        let told = run(path, args, "");
        assert_eq!(told.code, Some(2), "{args:?}: {}", told.out);
        assert!(told.err.contains("keeps its branches and tags in a reftable"), "{args:?}: {}", told.err);
        assert!(told.err.contains("`git refs migrate --ref-format=files`"), "{args:?}: {}", told.err);
    }
    let told = run(path, &["log", &named(path, "HEAD")], "");
    assert!(told.code == Some(0) && told.err.contains("1 commit, which changed access"), "{}", told.err);
}

#[test]
fn a_merge_names_the_commits_that_it_brings() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("README", "read me")]]) else { return };
    let path = folder.path();
    let commit = |text: &str, subject: &str| {
        put(path, "p.rk", text.as_bytes());
        assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", subject]));
        named(path, "HEAD")[..7].to_owned()
    };
    assert!(git(path, &["checkout", "-qb", "side", "HEAD~1"]));
    let zoe = commit(&ANN.replace('}', "user zoe can read }"), "Zoe in");
    let eve = commit(&ANN.replace('}', "user zoe can read user eve can write }"), "Eve in");
    assert!(git(path, &["checkout", "-q", "main"]) && git(path, &["merge", "-q", "--no-ff", "-m", "Merge", "side"]));
    let told = run(path, &["log"], "");
    assert!(told.out.contains(&format!("    Merge\n    it merges {eve} (Ann) and {zoe} (Ann)\n")), "{}", told.out);
    let told = run(path, &["log", "--user", "eve"], "");
    assert!(told.out.contains(&format!("    it merges {eve} (Ann)\n")), "{}", told.out);
    let told = run(path, &["log", "--since", "side", "--user", "zoe"], "");
    assert!(told.out.contains(&format!("    it merges {zoe} (Ann), which `side` contains\n")), "{}", told.out);
    let json = run(path, &["log", "--format", "json", "--user", "zoe"], "");
    let line: Value = serde_json::from_str(json.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["brings"].as_array().map(Vec::len), Some(1), "{}", json.out);
    assert_eq!(line["brings"][0]["subject"], "Zoe in");
}

#[test]
fn where_the_policy_lay_before_is_said_though_nothing_is_shown() {
    let moved = ANN.replace("ann", "zed");
    let Some(folder) = history(&[&[("a/p.rk", EVE)]]) else { return };
    let path = folder.path();
    assert!(git(path, &["mv", "a", "b"]));
    put(path, "b/p.rk", moved.as_bytes());
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "Moved, and changed"]));
    let told = run(path, &["log", "-p", "b"], "");
    assert!(told.out.contains("    note: the policy lay in `a` before: `roomkey log --policy a "), "{}", told.out);
    let told = run(path, &["log", "-p", "b", "--user", "eve"], "");
    assert!(told.out.is_empty() && told.err.contains("note: the policy lay in `a` before"), "{}{}", told.out, told.err);
}

#[test]
fn a_merge_of_many_commits_says_how_many_were_not_looked_at() {
    let Some(folder) = history(&[&[("p.rk", ANN)], &[("README", "read me")]]) else { return };
    let path = folder.path();
    assert!(git(path, &["checkout", "-qb", "side", "HEAD~1"]));
    for i in 0..53 {
        let text = if i == 52 { EVE } else { ANN };
        put(path, "p.rk", text.as_bytes());
        assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-q", "--allow-empty", "-m", &format!("Side {i}")]));
    }
    let tip = named(path, "side")[..7].to_owned();
    // A merge that says what neither of its parents does is one that changed it.
    assert!(git(path, &["checkout", "-q", "main"]) && git(path, &["checkout", "-qb", "inner"]));
    assert!(git(path, &["merge", "-q", "--no-ff", "--no-commit", "side"]));
    put(path, "p.rk", EVE.replace("ann", "zed").as_bytes());
    assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", "Inner"]));
    let inner = named(path, "HEAD")[..7].to_owned();
    assert!(git(path, &["checkout", "-q", "main"]) && git(path, &["merge", "-q", "--no-ff", "-m", "Outer", "inner"]));
    let told = run(path, &["log", "-n", "1"], "");
    assert!(told.out.contains(&format!("    Outer\n    it merges {inner} (Ann) and {tip} (Ann)\n")), "{}", told.out);
    assert!(
        told.out.contains(&format!("    it merges 4 older commits more, of which `roomkey log {inner}` tells\n")),
        "{}",
        told.out
    );
    let zed = run(path, &["log", "--user", "zed"], "");
    assert!(zed.out.contains(&format!("    it merges {inner} (Ann)\n")), "{}", zed.out);
    let json = run(path, &["log", "-n", "1", "--format", "json"], "");
    let line: Value = serde_json::from_str(json.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!((line["older"].as_u64(), line["brings"].as_array().map(Vec::len)), (Some(4), Some(2)), "{}", json.out);
}

/// What a merge itself changes is nobody's whose commits it brings.
#[test]
fn a_merge_says_what_no_parent_has() {
    let base = "use liveblocks\ngroup staff { user ann }\nroom pay { default can nothing }\nroom api { group staff can write }\n";
    let Some(folder) = history(&[&[("p.rk", base)], &[("README", "read me")]]) else { return };
    let path = folder.path();
    let commit = |text: &str, subject: &str| {
        put(path, "p.rk", text.as_bytes());
        assert!(git(path, &["add", "-A"]) && git(path, &["commit", "-qm", subject]));
        named(path, "HEAD")[..7].to_owned()
    };
    assert!(git(path, &["checkout", "-qb", "side", "HEAD~1"]));
    let with = base.replace("user ann", "user ann, user cyd");
    let cyd = commit(&with, "Cyd in");
    let merge = |branch: &str, text: &str| {
        assert!(git(path, &["checkout", "-q", "main"]) && git(path, &["checkout", "-qB", "out"]));
        assert!(git(path, &["merge", "-q", "--no-ff", "--no-commit", branch]));
        commit(text, "Merge");
    };
    let own = "the merge itself changes this: no parent has it";
    let more = with.replace("default can nothing", "default can nothing  user eve can write");
    merge("side", &more);
    let told = run(path, &["log", "-n", "1"], "");
    assert!(told.out.contains(&format!("    Merge\n    it merges {cyd} (Ann)\n    2 users gain access")), "{}", told.out);
    assert!(told.out.contains(&format!("  + user eve can write in room pay\n      {own}\n")), "{}", told.out);
    assert_eq!(told.out.matches(own).count(), 1, "{}", told.out);
    let json = run(path, &["log", "-n", "1", "--format", "json"], "");
    let line: Value = serde_json::from_str(json.out.trim()).expect("JSON");
    assert_eq!(line["own"].as_array().map(Vec::len), Some(1), "{line}");
    let number = line["own"][0].as_u64().expect("a number") as usize;
    assert_eq!(line["diff"]["causes"][number]["text"], "user eve can write in room pay", "{line}");
    // Where all of it is the merge's, no commit is named, and neither is one that was taken back.
    let all = "    Merge\n    the merge itself changes all of it: no parent has it\n    1 user gains access";
    let told = run(path, &["log", "-n", "1", "--user", "eve"], "");
    assert!(told.out.contains(all) && !told.out.contains(own), "{}", told.out);
    assert!(git(path, &["checkout", "-qb", "back", "main"]));
    commit(&with, "In");
    commit(base, "Out");
    merge("back", &base.replace("default can nothing", "user eve can read  default can nothing"));
    let told = run(path, &["log", "-n", "1"], "");
    assert!(told.out.contains(all) && !told.out.contains("it merges"), "{}", told.out);
    // One beside that was taken back within the branch is not named either.
    assert!(git(path, &["checkout", "-q", "back"]));
    let zoe = commit(&base.replace("default can nothing", "default can nothing  user zoe can read"), "Zoe in");
    assert!(git(path, &["checkout", "-q", "main"]) && git(path, &["checkout", "-qB", "out"]));
    assert!(git(path, &["merge", "-q", "--no-ff", "-m", "Merge", "back"]));
    let told = run(path, &["log", "-n", "1"], "");
    assert!(told.out.contains(&format!("    Merge\n    it merges {zoe} (Ann)\n")), "{}", told.out);
}
