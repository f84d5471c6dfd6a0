//! What nobody should type and somebody will: each gets its own message and exit code, and none a panic.

use std::io::pipe;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{Run, acme, expect, put, run};

/// Lints the one file `a.rk` with these bytes, one line for each finding.
fn lint(bytes: &[u8]) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", bytes);
    let lint = run(folder.path(), &["lint", "--format", "concise"], "");
    // No answer comes from a policy with findings, and what is wrong is said again.
    let check = run(folder.path(), &["check", "ann", "read", "room:r"], "");
    match lint.code {
        Some(0) => assert!(matches!(check.code, Some(0 | 1)), "{check:?}"),
        _ => assert!(check.code == Some(2) && check.out.is_empty() && check.err.contains("error"), "{check:?}"),
    }
    lint
}

#[test]
fn files_that_are_no_text() {
    let not_text = |place: &str| format!("error: a.rk:{place}\n  help: save the file as UTF-8\n");
    expect(&lint(b"// caf\xe9\n"), 2, "", &not_text("1: not UTF-8 at byte 6, in column 7"));
    expect(&lint(b"\xff\xfeu\0s\0e\0"), 2, "", &not_text("1: not UTF-8 at byte 0, in column 1"));
    let nul = lint(b"user a\0b\n");
    assert_eq!((nul.code, nul.err.as_str()), (Some(1), "1 error in 1 file; warnings about its meaning wait until it has one\n"));
    assert!(
        nul.out.starts_with("a.rk:1:7: error[forbidden-character]: the character U+0000 cannot stand in a policy; "),
        "{nul:?}"
    );
    assert!(!nul.out.contains('\0'), "{nul:?}");
}

#[test]
fn files_that_say_nothing() {
    let said = "error[empty-policy]: the policy says nothing; declare something: `use liveblocks`, then `room lobby { default can read }`\n";
    for bytes in [&b""[..], b"\n\r\n", b"\xef\xbb\xbf", b"// soon\n"] {
        expect(
            &lint(bytes),
            1,
            &format!("a.rk:1:1: {said}"),
            "1 error in 1 file; warnings about its meaning wait until it has one\n",
        );
    }
}

#[test]
fn line_ends_and_marks_of_other_systems_are_fine() {
    let policy = "use liveblocks\nroom r {\n  default can read\n}\n";
    let crlf = policy.replace('\n', "\r\n");
    for text in [policy.to_owned(), crlf.clone(), format!("\u{feff}{policy}"), format!("\u{feff}{crlf}")] {
        expect(&lint(text.as_bytes()), 0, "", "no findings in 1 file\n");
    }
    let found = lint(crlf.replace("read", "raed").as_bytes());
    assert!(found.code == Some(1) && found.out.starts_with("a.rk:3:15: error[unknown-permission]: "), "{found:?}");
}

#[test]
fn sizes_that_no_person_writes() {
    let id = "x".repeat(257);
    let found = lint(format!("user {id}\n").as_bytes());
    let said = "a.rk:1:6: error[bad-id]: an id has at most 256 bytes, and this one has 257";
    assert!(found.code == Some(1) && found.out.starts_with(said), "{found:?}");

    let word = lint(format!("use liveblocks room r {{ default can {} }}", "x".repeat(1 << 20)).as_bytes());
    assert_eq!(
        (word.code, word.err.as_str()),
        (Some(1), "1 error in 1 file; warnings about its meaning wait until it has one\n")
    );
    assert!(word.out.len() < 1_000 && word.out.contains("[unknown-permission]"), "{} bytes", word.out.len());

    let line = format!("use liveblocks room r {{ default can read {} }}", "user u can read ".repeat(1 << 16));
    let line = lint(line.as_bytes());
    assert_eq!(
        (line.code, line.err.as_str()),
        (Some(1), "65535 errors in 1 file; warnings about its meaning wait until it has one\n")
    );
    assert!(line.out.lines().all(|l| l.starts_with("a.rk:1:") && l.contains("error[duplicate-entry]")), "each has its place");

    let deep = lint(format!("use liveblocks\n{}", "group g { ".repeat(100_000)).as_bytes());
    assert!(deep.code == Some(1) && deep.out.contains("error[unclosed-block]"), "{:.2000}", deep.out);

    let groups: String = (0..100_000).map(|n| format!("group g{n} {{ group g{} }}\n", n + 1)).collect();
    let chain = format!("use liveblocks room r {{ group g0 can read }}\n{groups}group g100000 {{ user ann }}\n");
    expect(&lint(chain.as_bytes()), 0, "", "no findings in 1 file\n");
    let circle = lint(chain.replace("{ user ann }", "{ group g0 }").as_bytes());
    assert!(circle.code == Some(1) && circle.out.contains("error[group-cycle]"), "{:.2000}", circle.out);
}

#[test]
fn what_is_no_policy_at_all_is_not_read_to_its_end() {
    let said = "10000 errors and more stand above, and what follows is not read; mend those first";
    for (text, said) in
        [("\0".repeat(1 << 20), "[forbidden-character]"), ("} ".repeat(20_000), said), (", ".repeat(20_000), "[syntax]")]
    {
        let found = lint(text.as_bytes());
        assert!(found.code == Some(1) && found.out.contains(said), "{:.300}", found.out);
        assert!(found.out.lines().count() < 10_200 && !found.out.contains("[unclosed-block]"), "{}", found.out.lines().count());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let styled = run(folder.path(), &["fmt", "--stdin"], &text);
        let signs = |text: &str| text.split_whitespace().map(str::len).sum::<usize>();
        assert_eq!(signs(&styled.out), signs(&text), "{:.300}", styled.out);
    }
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read_without_end() {
    let folder = acme();
    for args in [
        &["lint", "--baseline", "/dev/zero"][..],
        &["import", "peribolos", "/dev/zero"],
        &["inspect", "/dev/zero"],
        &["check", "--batch", "/dev/zero", "--input", "csv"],
        &["check", "--batch", "/dev/zero", "--input", "jsonl"],
    ] {
        let failed = run(folder.path(), args, "");
        assert!(failed.code == Some(2) && failed.err.contains("`/dev/zero`: "), "{args:?}: {failed:?}");
        assert!(failed.err.contains("no end within") || failed.err.contains("a row of more than 16777216 bytes"), "{failed:?}");
    }
    // The rows before it are answered, and it has its line.
    let row = "{\"user\":\"ann\",\"permission\":\"read\",\"resource\":\"room:a32\"}\n";
    let rows = format!("{row}{row}{}", " ".repeat(17 << 20));
    let failed = run(folder.path(), &["check", "--batch", "-", "--input", "jsonl"], &rows);
    assert!(
        failed.code == Some(2) && failed.err.contains("a row of more than 16777216 bytes stands in line 3"),
        "{}",
        failed.err
    );
    let rows = format!("user,permission,resource\nann,read,room:a32\nann,read,\"{}", "x\n".repeat(9 << 20));
    let failed = run(folder.path(), &["check", "--batch", "-", "--input", "csv"], &rows);
    assert!(failed.code == Some(2) && failed.err.contains("a row of more than 16777216 bytes stands in line "), "{}", failed.err);
}

#[test]
fn arguments_cannot_move_the_cursor() {
    let folder = acme();
    for args in [&["\u{9b}31m"][..], &["lint", "--format", "\u{202e}"], &["lint", "--\r::error::x"], &["\u{1b}[31m"]] {
        let failed = run(folder.path(), args, "");
        let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(failed.code == Some(2) && !failed.err.contains(bad), "{:?}", failed.err);
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let folder = acme();
    std::fs::create_dir_all(folder.path().join("empty/.hidden")).expect("a folder");
    put(folder.path(), "empty/.hidden/a.rk", b"user a\n");
    put(folder.path(), "folder.rk/a.rk", b"user a\n");
    put(folder.path(), "notes.txt", b"user a\n");
    put(folder.path(), "none/roomkey.toml", b"[policy]\ninclude = [\"rules/*.rk\"]\n");
    put(folder.path(), "latin/roomkey.toml", b"# one\n# \xe9\n");
    let empty = "error: no policy in `empty`: no file in it or below it ends in `.rk`\n  \
                 help: names that begin with a dot are passed over; type `roomkey init` to start a policy here\n";
    let missing = "error: there is no file or folder `gone`\n  \
                   help: give a folder, a `.rk` file or a `roomkey.toml`, or type `roomkey init` to start a policy\n";
    let named = "error: `folder.rk` is a folder, and names in `.rk` are for policy files\n  \
                 help: rename the folder, such as to `folder`\n";
    let other = "error: `notes.txt` is no policy: its name does not end in `.rk`\n  \
                 help: give a folder, a `.rk` file or a `roomkey.toml`\n";
    let unmatched = "error: `none/roomkey.toml` includes no file: nothing matches `rules/*.rk`\n  \
                     help: patterns are relative to the manifest, such as `policies/**/*.rk`\n";
    let latin = "error: latin/roomkey.toml:2: not UTF-8 at byte 8, in column 3\n  help: save the file as UTF-8\n";
    let cases =
        [("empty", empty), ("gone", missing), ("folder.rk", named), ("notes.txt", other), ("none", unmatched), ("latin", latin)];
    for (path, said) in cases {
        expect(&run(folder.path(), &["lint", path], ""), 2, "", said);
        expect(&run(folder.path(), &["check", "ann", "read", "room:a32", "-p", path], ""), 2, "", said);
    }
}

#[cfg(unix)]
#[test]
fn paths_that_cannot_be_read() {
    let folder = acme();
    std::os::unix::fs::symlink("loop.rk", folder.path().join("loop.rk")).expect("a link");
    std::os::unix::fs::symlink("gone.rk", folder.path().join("policies/link.rk")).expect("a link");
    let below = run(folder.path(), &["lint", "policies/acme.rk/a.rk"], "");
    expect(&below, 2, "", "error: cannot read `policies/acme.rk/a.rk`: not a directory\n");
    let circle = run(folder.path(), &["lint", "loop.rk"], "");
    assert!(circle.code == Some(2) && circle.err.starts_with("error: cannot read `loop.rk`: "), "{circle:?}");
    let broken = run(folder.path(), &["lint", "policies"], "");
    assert!(broken.code == Some(2) && broken.err.starts_with("error: cannot read `policies/link.rk`: "), "{broken:?}");
}

#[test]
fn files_of_questions_that_ask_none() {
    let folder = acme();
    let ask = |name: &str, bytes: &[u8], more: &[&str]| {
        put(folder.path(), name, bytes);
        run(folder.path(), &[&["check", "-p", "policies", "--batch", name], more].concat(), "")
    };
    let head = b"user,permission,resource\n";
    let text = "  help: save the file as UTF-8\n";
    let columns = "  help: the header names `user` (or `subject`), `permission` (or `action`) and `resource`; `--expect` needs `decision` too\n";
    let none = "the file asks no question\n  help: write one question on each line\n";
    let cases: [(&str, Vec<u8>, String); 10] = [
        ("empty.csv", vec![], "empty.csv: the file is empty, and its first line should name the columns\n  help: begin it with `user,permission,resource`\n".into()),
        ("empty.jsonl", b"\n\n".to_vec(), format!("empty.jsonl: {none}")),
        ("column.csv", b"user,permission\nann,read\n".to_vec(), format!("column.csv:1: the column `resource` is missing\n{columns}")),
        ("row.csv", [&head[..], b"ann,read\n"].concat(), "row.csv:2: the row has 2 fields, and the header names 3\n".into()),
        ("wide.csv", [&head[..], b"ann,read,room:a32,x\n"].concat(), "wide.csv:2: the row has 4 fields, and the header names 3\n".into()),
        ("row.jsonl", b"{\"user\":\"ann\",\"resource\":\"room:a32\"}\n".to_vec(), "row.jsonl:1: the row has no `permission`\n".into()),
        ("latin.csv", [&head[..], b"caf\xe9,read,room:a32\n"].concat(), format!("latin.csv:2: the row is not UTF-8\n{text}")),
        ("head.csv", b"\xff\xfeu\0s\0e\0r\0\n".to_vec(), format!("head.csv:1: the header is not UTF-8\n{text}")),
        ("latin.jsonl", b"{\"user\":\"caf\xe9\"}\n".to_vec(), format!("latin.jsonl:1: the row is not UTF-8\n{text}")),
        (
            "nul.csv",
            [&head[..], b"ann\0,read,room:a32\n"].concat(),
            "nul.csv:2: the id of the user is empty, longer than 256 bytes, or holds control characters\n  \
             help: give a user id of 1 to 256 bytes of plain text\n"
                .into(),
        ),
    ];
    for (name, bytes, said) in cases {
        let asked = ask(name, &bytes, &[]);
        assert_eq!((asked.code, asked.err), (Some(2), format!("error: {said}")), "{name}");
        assert_eq!(asked.out.lines().filter(|line| *line != "user,permission,resource,decision").count(), 0, "{name}");
    }
    let rows = ask("rows.csv", b"user,permission,resource,decision\n", &["--expect", "-q"]);
    expect(&rows, 2, "", &format!("error: rows.csv: {none}"));
    // A stream may hold no question: whoever made it had none to ask.
    expect(&run(folder.path(), &["check", "--batch", "-", "--input", "jsonl"], ""), 0, "", "");
    let kind = ask("kind.csv", &[&head[..], b"ann,read,", &b"k".repeat(1 << 20), b":x\n"].concat(), &[]);
    assert!(kind.code == Some(2) && kind.err.len() < 1_000, "{} bytes", kind.err.len());
    expect(&ask("folder/rows.csv", head, &[]), 0, "user,permission,resource,decision\n", "");
    expect(&run(folder.path(), &["check", "--batch", "folder"], ""), 2, "", "error: cannot read `folder`: is a directory\n");
    expect(&run(folder.path(), &["check", "--batch", "gone.csv"], ""), 2, "", "error: there is no file `gone.csv`\n");
}

/// Runs the command with nobody at the other end of its output; what it says on stderr, and its exit code.
fn unread(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.current_dir(folder).args(args).env("ROOMKEY_CACHE", "");
    let output = command.stdin(Stdio::null()).stdout(writer).output().expect("roomkey ends");
    (output.status.code(), String::from_utf8(output.stderr).expect("output is UTF-8"))
}

#[test]
fn readers_that_have_seen_enough() {
    let folder = acme();
    put(folder.path(), "bad.rk", "use liveblocks room r { default can raed }\n".as_bytes());
    let rows: String = (0..20_000).map(|n| format!("u{n},read,room:a32,allow\n")).collect();
    put(folder.path(), "rows.csv", format!("user,permission,resource,decision\n{rows}").as_bytes());
    put(folder.path(), "rooms.json", b"[{\"id\":\"a\",\"defaultAccesses\":[]}]");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["lint", "bad.rk"], 1, "1 error in 1 file; warnings about its meaning wait until it has one\n"),
        (&["lint", "bad.rk", "--format", "json"], 1, "1 error in 1 file; warnings about its meaning wait until it has one\n"),
        (&["check", "bob", "read", "room:a32", "-p", "policies"], 1, ""),
        (&["check", "-p", "policies", "--batch", "rows.csv"], 0, ""),
        (&["import", "liveblocks", "rooms.json"], 0, "1 file from 1 input, 0 notes\n"),
        (&["completions", "bash"], 0, ""),
        (&["man"], 0, ""),
        (&["--help"], 0, ""),
        (&["init", "new"], 0, ""),
    ];
    for (args, code, said) in cases {
        assert_eq!(unread(folder.path(), args), (Some(code), said.to_owned()), "{args:?}");
    }
    for args in ["lint bad.rk", "check -p policies --batch rows.csv", "check -p policies --batch rows.csv --expect"] {
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).env("ROOMKEY", env!("CARGO_BIN_EXE_roomkey")).env("ROOMKEY_CACHE", "");
        let output = shell.args(["-c", &format!("\"$ROOMKEY\" -q {args} | head -n 1")]).output();
        let Ok(output) = output else { return println!("skipped: no `sh` here") };
        let said = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.0.lines().count() <= 1 && said.1.is_empty(), "{args}: {said:?}");
    }
}

#[test]
fn quotes_that_would_swallow_rows_are_an_error() {
    let folder = acme();
    let head = "user,permission,resource,decision,note\n";
    let unclosed = format!("{head}marie@example.com,read,room:a32,allow,\"he said\nbob,read,room:a32,allow,x\n");
    let behind = format!("{head}marie@example.com,read,\"room:\"a32,allow,x\n");
    for (text, said) in [
        (unclosed, "a quoted field that is never closed begins in line 2"),
        (behind, "behind the closing quote of a field in line 2"),
    ] {
        for more in [&[][..], &["--keep-going"]] {
            let args = [&["check", "--batch", "-", "--input", "csv", "--expect"], more].concat();
            let failed = run(folder.path(), &args, &text);
            assert_eq!(failed.code, Some(2), "{failed:?}");
            assert!(failed.err.contains(said), "{}", failed.err);
        }
    }
    let good = format!("{head}marie@example.com,\"read\",room:a32,allow,\"he said \"\"so\"\",\nand left\"\n");
    let passed = run(folder.path(), &["check", "--batch", "-", "--input", "csv", "--expect"], &good);
    assert_eq!(passed.code, Some(0), "{passed:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_policy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("x.rk")).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: this machine makes no pipes");
        return;
    }
    for args in [["lint", "."], ["lint", "x.rk"]] {
        let failed = run(folder.path(), &args, "");
        assert_eq!(failed.code, Some(2));
        assert!(failed.err.contains("`x.rk` is no file"), "{}", failed.err);
    }
}
