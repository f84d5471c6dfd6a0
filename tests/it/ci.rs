//! What runs in hooks and pipelines: the action's own script, and that every command there is one that `roomkey` has.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::{put, run};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("the file is there")
}

/// The script of the step of the action that judges.
fn script() -> String {
    let action = page("action.yml");
    let behind = action.split("run: |\n").nth(1).expect("a script");
    let lines = behind.lines().take_while(|line| line.starts_with("        "));
    lines.map(|line| format!("{}\n", &line[8..])).collect()
}

#[cfg(unix)]
fn judge(text: &str, arguments: &str) -> (Option<i32>, String, bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/a.rk", text.as_bytes());
    fs::create_dir_all(folder.path().join("temp/roomkey/bin")).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_roomkey"), folder.path().join("temp/roomkey/bin/roomkey")).expect("a link");
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script()]).current_dir(folder.path());
    shell.env("RUNNER_TEMP", folder.path().join("temp")).env("POLICY", "policies");
    shell.env("ARGUMENTS", arguments).env("FORMAT_CHECK", "true");
    let output = shell.output().expect("`bash` is there");
    let out = String::from_utf8(output.stdout).expect("the output is UTF-8");
    (output.status.code(), out, folder.path().join("temp/roomkey.sarif").is_file())
}

#[cfg(unix)]
#[test]
fn the_action_annotates_and_fails_as_lint_and_fmt_do() {
    if Command::new("bash").arg("--version").output().is_err() {
        return println!("skipped: there is no `bash`");
    }
    assert_eq!(judge("user ann\n", ""), (Some(0), String::new(), true));
    let (code, out, sarif) = judge("use liveblocks\nroom a {\n  default can raed\n}\n", "");
    assert!(code == Some(1) && sarif && out.starts_with("::error file=policies/a.rk,line=3,"), "{out}");
    let (code, out, _) = judge("user   ann\n", "");
    // What is shown of the policy is no command.
    let shown: Vec<&str> = out.lines().collect();
    let mark = shown[0].strip_prefix("::stop-commands::").expect("commands are stopped");
    assert!(code == Some(1) && shown[1].starts_with("--- policies/a.rk"), "{out}");
    assert!(mark.len() == 32 && shown.last() == Some(&&*format!("::{mark}::")), "{out}");
    let (code, out, _) = judge("user ann\nuser ann\n", "--deny-warnings --at 2030-01-01");
    assert!(code == Some(1) && out.starts_with("::warning file=policies/a.rk,line=2,"), "{out}");
    assert_eq!(judge("user ann\n", "--no-such-option").0, Some(2));
}

/// What the step of the action comments that tells of access, with a `gh` that keeps what it is given.
#[cfg(unix)]
fn comment(policy: &str, arguments: &str) -> Option<(Option<i32>, String)> {
    let told = posted(policy, arguments, "")?;
    assert_eq!(told.comment, told.summary, "{}", told.out);
    Some((told.code, told.comment))
}

/// What comes out of that step.
#[cfg(unix)]
struct Posted {
    code: Option<i32>,
    out: String,
    comment: String,
    summary: String,
}

/// The same, with a `gh` that does something before it answers.
#[cfg(unix)]
fn posted(policy: &str, arguments: &str, before: &str) -> Option<Posted> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = crate::diff_git::history(&[&[("policies/a.rk", "use liveblocks\nroom a { user ann can read }\n")]])?;
    let path = folder.path();
    put(path, "policies/a.rk", policy.as_bytes());
    put(
        path,
        "temp/roomkey/bin/gh",
        format!("#!/bin/sh\n{before}\nfor a in \"$@\"; do case $a in body=@*) cp \"${{a#body=@}}\" \"$RUNNER_TEMP/posted\";; esac; done\n")
            .as_bytes(),
    );
    fs::set_permissions(path.join("temp/roomkey/bin/gh"), fs::Permissions::from_mode(0o755)).expect("it can be run");
    symlink(env!("CARGO_BIN_EXE_roomkey"), path.join("temp/roomkey/bin/roomkey")).expect("a link");
    let action = page("action.yml");
    let behind = action.split("run: |\n").nth(2).expect("a script");
    let lines = behind.lines().take_while(|line| line.starts_with("        "));
    let script: String = lines.map(|line| format!("{}\n", &line[8..])).collect();
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(path);
    shell.env("RUNNER_TEMP", path.join("temp")).env("POLICY", "policies").env("ARGUMENTS", arguments);
    shell.env("PULL", "1").env("GITHUB_REPOSITORY", "o/r").env_remove("GITHUB_BASE_REF");
    shell.env("GITHUB_STEP_SUMMARY", path.join("temp/summary"));
    let output = shell.output().ok()?;
    let read = |name: &str| fs::read_to_string(path.join("temp").join(name)).unwrap_or_default();
    let out = String::from_utf8(output.stdout).expect("the output is UTF-8");
    Some(Posted { code: output.status.code(), out, comment: read("posted"), summary: read("summary") })
}

/// The token of a pull request from a fork may not write, or not even read.
#[cfg(unix)]
#[test]
fn the_action_needs_no_leave_to_comment() {
    let more = "use liveblocks\nroom a { user ann can read  user eve can write }\n";
    for denied in ["case $* in *body=*) exit 1;; esac", "exit 1"] {
        for (arguments, code) in [("", 0), ("--no-new-access", 1), ("--deny wriet", 2)] {
            let Some(told) = posted(more, arguments, denied) else { return println!("skipped: no `bash` or no `git`") };
            assert_eq!(told.code, Some(code), "{arguments}: {}", told.out);
            assert!(
                told.comment.is_empty() && told.summary.starts_with("<!-- roomkey diff -->\n## Who gains"),
                "{}",
                told.summary
            );
            assert_eq!(told.out.matches("::warning title=No comment was written::").count(), 1, "{}", told.out);
        }
    }
    // The comment of an earlier run is updated, however many there are.
    let found = "case $* in *--jq*) printf '7\\n8\\n';; *PATCH*comments/7*) ;; *) exit 1;; esac";
    let told = posted(more, "", found).expect("it ran before");
    assert!(told.code == Some(0) && told.out.is_empty() && told.comment == told.summary, "{}", told.out);
}

#[cfg(unix)]
#[test]
fn the_action_comments_whatever_comes_out() {
    const HEAD: &str = "<!-- roomkey diff -->\n## Who gains and who loses access\n\n**";
    let more = "use liveblocks\nroom a { user ann can read  user eve can write }\n";
    let Some((code, said)) = comment(more, "") else { return println!("skipped: no `bash` or no `git`") };
    assert!(code == Some(0) && said.starts_with(&format!("{HEAD}1 user gains access")), "{said}");
    for (policy, arguments, wanted, says) in [
        (more, "--no-new-access", 1, "❌ 1 gate is not met**\n\n- `--no-new-access`: user `eve` gains `write` on room `a`"),
        ("use liveblocks\nroom a { group nobody can read }\n", "", 2, "❌ Nothing could be compared: the policy has errors"),
        (more, "--deny wriet", 2, "❌ Nothing could be compared: neither side has a permission"),
        (more, "--deny *", 2, "❌ Nothing could be compared**: the log of the job says why."),
    ] {
        let (code, said) = comment(policy, arguments).expect("it ran before");
        assert!(code == Some(wanted) && said.starts_with(&format!("{HEAD}{says}")), "{arguments}: {code:?} {said}");
    }
}

/// The hooks get no file names, since a part of a policy is not a policy.
#[test]
fn the_hooks_run_on_the_whole_policy() {
    let hooks = page(".pre-commit-hooks.yaml");
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries, ["roomkey lint", "roomkey fmt", "roomkey test"]);
    assert_eq!(hooks.matches("pass_filenames: false").count(), entries.len());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policy = "use liveblocks\n\nroom a {\n  user ann can read\n}\n\ntest \"ann reads\" {\n  user ann can read on room a\n}\n";
    put(folder.path(), "a.rk", policy.as_bytes());
    for entry in entries {
        let words: Vec<&str> = entry.split(' ').skip(1).collect();
        assert_eq!(run(folder.path(), &words, "").code, Some(0), "{entry}");
    }
}

#[test]
fn the_pipelines_of_the_page_are_sound() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/a.rk", b"user ann\n");
    let page = page("docs/ci.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.trim().strip_prefix("- roomkey ")).collect();
    let (compares, judges): (Vec<&str>, Vec<&str>) = commands.into_iter().partition(|c| c.starts_with("diff "));
    assert_eq!([compares.len(), judges.len()], [1, 2]);
    for command in judges {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(run(folder.path(), &words, "").code, Some(0), "{command}");
    }
    if let Some(repository) = crate::diff_git::history(&[&[("policies/a.rk", "user ann\n")]]) {
        let words: Vec<&str> = compares[0].split(' ').collect();
        assert_eq!(run(repository.path(), &words, "").code, Some(0), "{}", compares[0]);
    }
    assert!(folder.path().join("gl-code-quality-report.json").is_file() && folder.path().join("junit.xml").is_file());
}
