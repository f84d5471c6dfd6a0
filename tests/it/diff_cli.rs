//! `roomkey diff` and `roomkey log` as they are typed, in a repository.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::{put, run};

/// Whether a command of git did what it should; where there is no git, the tests are skipped.
pub(crate) fn git(folder: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]);
    command.args(args).env("GIT_AUTHOR_DATE", "2030-01-01T00:00:00Z").env("GIT_COMMITTER_DATE", "2030-01-01T00:00:00Z");
    command.output().is_ok_and(|o| o.status.success())
}

fn commit(folder: &Path, text: &str, subject: &str) -> bool {
    put(folder, "policies/acme.rk", text.as_bytes());
    git(folder, &["add", "-A"]) && git(folder, &["commit", "-q", "-m", subject])
}

const FIRST: &str = "use liveblocks\ngroup staff { user ann }\nroom lobby { group staff can read }\n";
const SECOND: &str = "use liveblocks\ngroup staff { user ann, user ben }\nroom lobby { group staff can read }\n";
const BROKEN: &str = "use liveblocks\ngroup staff { user ann, user ben }\nroom lobby { group stuff can read }\n";
const THIRD: &str = "use liveblocks\ngroup staff { user ann, user ben }\nroom lobby { group staff can write }\n";

/// A repository with four commits, of which the third has an error.
fn repository() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "roomkey.toml", b"[policy]\ninclude = [\"policies/**/*.rk\"]\n");
    let made = git(path, &["init", "-q", "-b", "main"])
        && commit(path, FIRST, "First")
        && git(path, &["tag", "v1"])
        && commit(path, SECOND, "Ben joins")
        && commit(path, BROKEN, "A slip")
        && commit(path, THIRD, "Staff may write");
    if !made {
        println!("skipped: no `git`");
        return None;
    }
    Some(folder)
}

#[test]
fn revisions_are_compared_without_a_checkout() {
    let Some(folder) = repository() else { return };
    let path = folder.path();
    let told = run(path, &["diff", "v1..HEAD~2"], "");
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.starts_with("1 user gains access, by 1 cause\n"), "{}", told.out);
    assert!(told.out.contains("+ user ben joins group staff\n    policies/acme.rk:2:30 in HEAD~2\n"), "{}", told.out);
    assert!(told.out.contains("user ben gains read on room lobby\n"), "{}", told.out);
    let same = run(path, &["diff", "HEAD"], "");
    assert_eq!((same.code, same.out.as_str()), (Some(0), "no change: both sides say the same\n"), "{}", same.err);
    assert_eq!(run(path, &["diff", "HEAD", "--exit-code"], "").code, Some(0));
    assert_eq!(run(path, &["diff", "v1", "--exit-code"], "").code, Some(1));
    // From below, the nearest manifest counts, as it was.
    assert!(run(&path.join("policies"), &["diff", "v1..HEAD~2"], "").out.contains("user ben gains read"));
    put(path, "policies/acme.rk", format!("// staff\n{THIRD}").as_bytes());
    let text = run(path, &["diff"], "");
    assert_eq!(text.out, "no access changes: the text differs, and every decision is the same\n", "{}", text.err);
}

#[test]
fn sides_that_cannot_be_compared_say_why() {
    let Some(folder) = repository() else { return };
    let path = folder.path();
    let broken = run(path, &["diff", "HEAD~1"], "");
    assert_eq!(broken.code, Some(2));
    assert!(broken.err.contains("no group is named `stuff`") || broken.err.contains("`stuff`"), "{}", broken.err);
    assert!(broken.err.contains("the policy of `HEAD~1` has errors"), "{}", broken.err);
    let unknown = run(path, &["diff", "v9"], "");
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("`v9` is neither a file, a folder nor a revision of git"), "{}", unknown.err);
    let nowhere = run(path, &["diff", "v1:polices"], "");
    assert!(nowhere.code == Some(2) && nowhere.err.contains("`v1` has no policy at `polices`"), "{}", nowhere.err);
    let gate = run(path, &["diff", "v1", "--deny", "wriet"], "");
    assert_eq!(gate.code, Some(2));
    assert!(gate.err.contains("neither side has a permission `wriet`") && gate.err.contains("`write`"), "{}", gate.err);
    for bad in ["--deny=*", "--deny=write@room", "--max-lost=101%", "--max-lost=few"] {
        assert_eq!(run(path, &["diff", "v1", bad], "").code, Some(2), "{bad}");
    }
}

#[test]
fn a_gate_of_either_side_counts() {
    let Some(folder) = repository() else { return };
    let path = folder.path();
    assert_eq!(run(path, &["diff", "v1", "--require-expiry", "write"], "").code, Some(1));
    assert_eq!(run(path, &["diff", "v1", "--forbid-self-grant", "user:ben"], "").code, Some(1));
    assert_eq!(run(path, &["diff", "v1", "--forbid-self-grant", "cyd", "--max-lost", "0"], "").code, Some(0));
    assert_eq!(run(path, &["diff", "v1", "--deny", "write@room:lob*"], "").code, Some(1));
    assert_eq!(run(path, &["diff", "v1", "--deny", "write@room:attic"], "").code, Some(0));
    put(path, "roomkey.toml", b"[policy]\ninclude = [\"policies/**/*.rk\"]\n[diff]\ndeny = [\"write\"]\n");
    let told = run(path, &["diff", "v1"], "");
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("`--deny write` is not met: group staff (1 of 2 users, not ben) gains write"), "{}", told.err);
    git(path, &["commit", "-qam", "A gate"]);
    put(path, "roomkey.toml", b"[policy]\ninclude = [\"policies/**/*.rk\"]\n");
    put(path, "policies/acme.rk", THIRD.replace("user ben", "user ben, user cyd").as_bytes());
    let told = run(path, &["diff"], "");
    assert_eq!(told.code, Some(1), "the change that takes a gate away still has to pass it: {}", told.out);
}

#[test]
fn the_history_tells_who_got_in_when() {
    let Some(folder) = repository() else { return };
    let path = folder.path();
    let all = run(path, &["log", "--format", "json"], "");
    assert_eq!(all.code, Some(0), "{}", all.err);
    let lines: Vec<Value> = all.out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let subjects: Vec<&str> = lines.iter().map(|l| l["subject"].as_str().expect("a subject")).collect();
    assert_eq!(subjects, ["Staff may write", "A slip", "Ben joins", "First"]);
    assert_eq!(lines[1]["findings"], 1);
    assert!(all.err.contains("4 commits, 3 of them changed access"), "{}", all.err);
    let ben = run(path, &["log", "--user", "ben", "--resource", "room:lobby"], "");
    assert!(ben.out.contains("Staff may write") && ben.out.contains("Ben joins") && !ben.out.contains("First"), "{}", ben.out);
    let since = run(path, &["log", "--since", "v1", "-n", "1"], "");
    assert!(since.out.contains("Staff may write") && !since.out.contains("Ben joins"), "{}", since.out);
    assert!(run(path, &["log", "--since", "v1"], "").out.contains("Ben joins"));
    assert!(!run(path, &["log", "--since", "v1"], "").out.contains("First"));
    assert_eq!(run(path, &["log", "--since", "sometime"], "").code, Some(2));
    assert_eq!(run(path, &["log", "--resource", "lobby"], "").code, Some(2));
}

#[test]
fn every_format_of_a_comparison_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old/a.rk", FIRST.as_bytes());
    put(path, "new/a.rk", THIRD.replace("room lobby", "room \"<b>`|@x\"").as_bytes());
    let formats = ["text", "markdown", "html", "json", "sarif", "github"];
    let told = formats.map(|f| run(path, &["diff", "old", "new", "--format", f], ""));
    told.iter().for_each(|t| assert_eq!(t.code, Some(0), "{}", t.err));
    let [_, markdown, html, json, sarif, github] = told.map(|t| t.out);
    assert!(markdown.starts_with("<!-- roomkey diff -->\n"), "{markdown}");
    assert!(markdown.contains("on room `` \"<b>`|@x\" ``\n"), "{markdown}");
    assert!(!html.contains("<b>") && !html.contains("http"), "{html}");
    for text in [&json, &sarif] {
        serde_json::from_str::<Value>(text).expect("JSON");
    }
    assert!(github.lines().all(|l| l.starts_with("::warning ") || l.starts_with("::notice ")), "{github}");
}

#[test]
fn quiet_leaves_out_notes_and_never_the_answer() {
    let Some(folder) = repository() else { return };
    let path = folder.path();
    for format in ["text", "markdown", "html", "json", "sarif", "github"] {
        let args = ["diff", "v1", "--at", "2030-01-01", "--format", format, "--no-new-access", "--forbid-self-grant", "nobody"];
        let (told, quiet) = (run(path, &args, ""), run(path, &[&args[..], &["-q"]].concat(), ""));
        assert!(told.code == Some(1) && quiet.code == Some(1), "{format}");
        assert!(!told.out.is_empty() && told.out == quiet.out, "{format}: {}", quiet.out);
        assert!(told.err.contains("neither side names user nobody") && !quiet.err.contains("note"), "{format}: {}", quiet.err);
        assert!(quiet.err.contains("`--no-new-access` is not met"), "{format}: {}", quiet.err);
    }
    for format in ["text", "json"] {
        let args = ["log", "--format", format];
        let (told, quiet) = (run(path, &args, ""), run(path, &[&args[..], &["-q"]].concat(), ""));
        assert!(told.code == Some(0) && quiet.code == Some(0), "{format}");
        assert!(!told.out.is_empty() && told.out == quiet.out, "{format}: {}", quiet.out);
        assert!(!told.err.is_empty() && quiet.err.is_empty(), "{format}: {}", quiet.err);
    }
}
