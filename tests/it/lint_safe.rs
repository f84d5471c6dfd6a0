//! What `lint` and `fmt` may write, and that a run which could not read everything never looks like one that found nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::{put, run};

const ROUGH: &str = "use liveblocks\nroom a { default can read, room:presence:write }\n";

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("the file is there")
}

#[cfg(unix)]
#[test]
fn an_output_never_replaces_a_device_or_a_link() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "p/a.rk", ROUGH.as_bytes());
    let links = [("out.json", "json"), ("report.xml", "junit")];
    put(folder.path(), "elsewhere/out.json", b"old");
    symlink("elsewhere/out.json", folder.path().join("out.json")).expect("a link");
    symlink("elsewhere/new.xml", folder.path().join("report.xml")).expect("a link to nothing yet");
    symlink("/dev/null", folder.path().join("null")).expect("a link to a device");
    let args: Vec<String> = links.iter().map(|(file, format)| format!("--output={format}={file}")).collect();
    let run = run(folder.path(), &["lint", "p", "-q", &args[0], &args[1], "--output", "sarif=null"], "");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(links.iter().all(|(file, _)| folder.path().join(file).is_symlink()) && folder.path().join("null").is_symlink());
    assert!(read(folder.path(), "elsewhere/out.json").starts_with("{\"findings\":["));
    assert!(read(folder.path(), "elsewhere/new.xml").starts_with("<?xml"));
    assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
    let table = crate::cli::run(folder.path(), &["build", "-q", "-p", "p", "-o", "link.rkb"], "");
    assert_eq!(table.code, Some(0));
    fs::rename(folder.path().join("link.rkb"), folder.path().join("real.rkb")).expect("it is moved");
    symlink("real.rkb", folder.path().join("link.rkb")).expect("a link");
    assert_eq!(crate::cli::run(folder.path(), &["build", "-q", "-p", "p", "-o", "link.rkb"], "").code, Some(0));
    assert!(folder.path().join("link.rkb").is_symlink(), "a link to a table stays one");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_to_stdout_goes_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", ROUGH.as_bytes());
    let out = run(folder.path(), &["lint", "-q", "--format", "concise", "--output", "json=/dev/stdout"], "");
    assert!(out.out.starts_with("a.rk:2:28") && out.out.contains("{\"findings\":["), "{out:?}");
    let file = fs::File::create(folder.path().join("both")).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.args(["lint", "-q", "--format", "concise", "--output", "json=/dev/stdout"]).current_dir(folder.path());
    assert!(command.stdout(Stdio::from(file)).status().expect("it runs").success());
    let both = read(folder.path(), "both");
    assert!(both.starts_with("a.rk:2:28") && both.contains("{\"findings\":["), "{both}");
}

#[test]
fn findings_are_not_written_over_what_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "p/a.rk", b"use liveblocks\nfacts members from \"m.csv\"\ngroup g\nroom a { group g can read }\n");
    put(folder.path(), "p/m.csv", b"group,user\ng,ann\n");
    put(folder.path(), "p/roomkey.toml", b"");
    put(folder.path(), "known.json", b"{\"version\":1,\"findings\":[]}\n");
    for file in ["p/a.rk", "p/new.rk", "p/roomkey.toml", "p/../p/m.csv", "known.json"] {
        for option in ["--output=json=", "--write-baseline="] {
            if file == "known.json" && option == "--write-baseline=" {
                continue;
            }
            let before = fs::read(folder.path().join(file)).ok();
            let out = run(folder.path(), &["lint", "p", "--baseline", "known.json", &format!("{option}{file}")], "");
            assert!(out.code == Some(2) && out.err.contains("findings are not written over it"), "{file}: {out:?}");
            assert_eq!(fs::read(folder.path().join(file)).ok(), before);
        }
    }
    let twice = run(folder.path(), &["lint", "p", "--output=json=x", "--output=sarif=p/../x"], "");
    assert!(twice.code == Some(2) && twice.err.contains("two outputs go to `x`"), "{twice:?}");
    let renewed = run(folder.path(), &["lint", "p", "--baseline", "known.json", "--write-baseline", "known.json"], "");
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
}

#[cfg(unix)]
#[test]
fn files_are_mended_all_or_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "in/a.rk", ROUGH.as_bytes());
    put(folder.path(), "outside.rk", b"room b { default can read, room:presence:write }\n");
    std::os::unix::fs::symlink("../outside.rk", folder.path().join("in/b.rk")).expect("the link is made");
    for args in [["lint", "in", "--fix"].as_slice(), &["fmt", "in"]] {
        let out = run(folder.path(), args, "");
        assert!(out.code == Some(2) && out.err.contains("`in/b.rk` is a link that leads out"), "{out:?}");
        assert_eq!(read(folder.path(), "in/a.rk"), ROUGH, "{args:?}");
    }
    fs::remove_file(folder.path().join("in/b.rk")).expect("it is gone");
    fs::rename(folder.path().join("outside.rk"), folder.path().join("in/b.rk")).expect("it is moved");
    let mut only = fs::metadata(folder.path().join("in/b.rk")).expect("it is there").permissions();
    only.set_readonly(true);
    fs::set_permissions(folder.path().join("in/b.rk"), only).expect("it is read-only");
    let out = run(folder.path(), &["lint", "in", "--fix"], "");
    assert!(out.code == Some(2) && out.err.contains("the file is read-only"), "{out:?}");
    assert_eq!(read(folder.path(), "in/a.rk"), ROUGH);
    assert_eq!(fs::read_dir(folder.path().join("in")).expect("it is there").count(), 2, "nothing is left beside the files");
}

#[test]
fn what_cannot_be_read_is_told_in_each_format() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks\nroom a { default can read }\n");
    put(folder.path(), "b.rk", b"group staff { user \"a\xff\" }\n");
    let said = |path: &[&str], format: &str| {
        let file = folder.path().join("said");
        let _ = fs::remove_file(&file);
        let out = run(folder.path(), &[&["lint", "--format", format, "--output", &format!("{format}=said")], path].concat(), "");
        assert_eq!(out.code, Some(2), "{out:?}");
        let written = fs::read_to_string(file).expect("it is written");
        assert!(matches!(format, "full" | "concise") || written == out.out, "{format}: {written} and {}", out.out);
        written
    };
    for (path, name) in [(&[][..], "b.rk"), (&["nowhere"][..], "nowhere")] {
        let json: Value = serde_json::from_str(&said(path, "json")).expect("JSON");
        assert!(json["errors"] == 1 && json["unread"][0]["file"] == name, "{json}");
        let sarif: Value = serde_json::from_str(&said(path, "sarif")).expect("JSON");
        let run = &sarif["runs"][0]["invocations"][0];
        assert_eq!(run["executionSuccessful"], false);
        let notes = &run["toolExecutionNotifications"][0];
        assert_eq!(notes["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], name, "{notes}");
        let gitlab: Value = serde_json::from_str(&said(path, "gitlab")).expect("JSON");
        assert!(gitlab[0]["check_name"] == "unreadable" && gitlab[0]["location"]["path"] == name, "{gitlab}");
        let rdjson: Value = serde_json::from_str(&said(path, "rdjson")).expect("JSON");
        assert_eq!(rdjson["diagnostics"][0]["location"]["path"], name, "{rdjson}");
        let junit = said(path, "junit");
        assert!(junit.contains("errors=\"1\"") && junit.contains("<error type=\"unreadable\""), "{junit}");
        assert!(said(path, "github").starts_with(&format!("::error file={name},")), "{}", said(path, "github"));
        assert!(said(path, "full").starts_with("error: "), "{}", said(path, "full"));
        assert!(said(path, "concise").starts_with(&format!("{name}:1:")), "{}", said(path, "concise"));
    }
    let fine: Value = serde_json::from_str(&run(folder.path(), &["lint", "a.rk", "--format", "sarif"], "").out).expect("JSON");
    assert_eq!(fine["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn a_file_counts_once_in_whatever_spellings_it_is_given() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "p/a.rk", b"use liveblocks\nuser ann\ngroup g { user ann }\nroom a { group g can read }\n");
    let whole = folder.path().join("p/a.rk");
    let paths = ["p", "p/a.rk", "./p/../p/a.rk", whole.to_str().expect("text")];
    let lint = run(folder.path(), &[&["lint"], &paths[..]].concat(), "");
    assert_eq!((lint.code, lint.out.as_str(), lint.err.as_str()), (Some(0), "", "no findings in 1 file\n"));
    let fmt = run(folder.path(), &[&["fmt", "--check"], &paths[..]].concat(), "");
    assert!(fmt.code == Some(1) && fmt.err == "1 of 1 file would change\n", "{fmt:?}");
}

#[test]
fn who_reads_no_further_changes_no_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks\nroom a { default can read }\n");
    for (args, code) in
        [(&["fmt", "--check"][..], 1), (&["rule"], 0), (&["rule", "syntax"], 0), (&["lint", "--format", "json"], 0)]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        command.args(args).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{args:?}: {output:?}");
    }
}

#[test]
fn an_error_of_meaning_is_never_passed_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks\nroom a { group staf can read, room:presence:write }\n");
    let out = run(folder.path(), &["lint", "--format", "concise", "--write-baseline", "known.json"], "");
    assert_eq!((out.code, out.out.lines().count()), (Some(1), 1), "{out:?}");
    assert!(out.err.starts_with("known.json: 1 finding recorded; 1 error of meaning cannot be\n"), "{out:?}");
    assert_eq!(run(folder.path(), &["lint", "--baseline", "known.json"], "").code, Some(1));
}

#[test]
fn findings_are_recognized_wherever_the_command_runs_and_whenever() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policy = "use liveblocks\nrole w { can write }\nroom r { default can nothing  user ann can read until 2026-03-01 }\n\
                  group staff { user bob }\nassign w to group staff everywhere\n";
    put(folder.path(), "repo/p/a.rk", policy.as_bytes());
    put(folder.path(), "repo/roomkey.toml", b"[policy]\ninclude = [\"p/*.rk\"]\n[lint]\nexpires-soon-days = 90\n");
    let prints = |from: &str, args: &[&str], at: &str| {
        let here = folder.path().join(from);
        let out = run(&here, &[&["lint", "--format", "json", "-q", "--at", at], args].concat(), "");
        let json: Value = serde_json::from_str(&out.out).expect("JSON");
        let all = json["findings"].as_array().expect("a list").iter();
        let mut prints: Vec<String> = all.map(|f| format!("{} {}", f["rule"], f["fingerprint"])).collect();
        prints.sort();
        prints
    };
    let known = prints("repo", &[], "2026-02-01");
    assert_eq!(known.len(), 2, "{known:?}");
    for (from, args) in [("repo/p", &[][..]), ("", &["repo"]), ("", &["repo/roomkey.toml"]), ("repo", &["p/a.rk"])] {
        assert_eq!(prints(from, args, "2026-02-09"), known, "{from} {args:?}");
    }
    put(folder.path(), "repo/p/b.rk", b"room another { user ann can read }\n");
    assert_eq!(prints("repo", &[], "2026-02-01"), known, "another room makes no other finding");
}

#[test]
fn only_what_is_shown_is_mended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", ROUGH.as_bytes());
    assert_eq!(run(folder.path(), &["lint", "--write-baseline", "known.json"], "").code, Some(0));
    let both = format!("{ROUGH}room b {{ default can read, room:presence:write }}\n");
    put(folder.path(), "a.rk", both.as_bytes());
    assert_eq!(run(folder.path(), &["lint", "--fix", "--baseline", "known.json"], "").code, Some(0));
    let mended = format!("{ROUGH}room b {{ default can read }}\n");
    assert_eq!(read(folder.path(), "a.rk"), mended);

    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder.path()).args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "commit.gpgsign=false",
        ]);
        command.args(args).output().is_ok_and(|output| output.status.success())
    };
    put(folder.path(), "a.rk", ROUGH.as_bytes());
    if !git(&["init", "-q"]) {
        return println!("skipped: there is no `git`");
    }
    assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "first"]));
    put(folder.path(), "a.rk", both.as_bytes());
    // From elsewhere the repository is the one of the policy.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("text");
    let out = run(elsewhere.path(), &["lint", path, "--fix", "--since", "HEAD"], "");
    assert_eq!(out.code, Some(0), "{out:?}");
    assert_eq!(read(folder.path(), "a.rk"), mended);
}

#[test]
fn many_findings_on_one_line_and_many_comments_take_no_longer_than_their_number() {
    let start = std::time::Instant::now();
    let entries: String = (0..20_000).map(|n| format!("user u{n} can read ")).collect();
    let allow = "// roomkey: allow unused-group: later\n".repeat(20_000);
    let marks = "roomkey: ".repeat(100_000);
    let notes = "// a note\n".repeat(100_000);
    for text in [
        format!("use liveblocks room r {{ default can read {entries}}}\n"),
        format!("use liveblocks\n{allow}room r {{ default can read }}\n"),
        format!("use liveblocks // {marks}\nroom r {{ default can read }}\n"),
        format!("use liveblocks\nroom r {{ default can read\n{notes}user ann can read }}\n"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        put(folder.path(), "a.rk", text.as_bytes());
        let json = run(folder.path(), &["lint", "-q", "--format", "json"], "");
        assert!(json.code == Some(0) && json.out.len() > 40, "{:?}", json.err);
        assert_eq!(run(folder.path(), &["lint", "-q", "--fix"], "").code, Some(0));
    }
    assert!(start.elapsed().as_secs() < 90, "{:?}", start.elapsed());
}
