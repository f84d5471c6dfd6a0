//! The command as a user types it: few tests, each comparing whole outputs.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const POLICY: &str = "\
use liveblocks

group engineering { user marie@example.com }

organization acme {
  room a32 {
    default can nothing
    group engineering can *:read, comments:write
  }
}
";

/// What a run of the command gave back.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the command in a folder.
pub fn run(folder: &Path, args: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.current_dir(folder).args(args).env_remove("NO_COLOR").env_remove("COLUMNS").env("ROOMKEY_CACHE", "");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roomkey starts");
    // A run that stops at an error reads no further, and that is no fault of the test.
    let _ = child.stdin.take().expect("stdin is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("roomkey ends");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Compares a run with all that it should give back.
pub fn expect(run: &Run, code: i32, out: &str, err: &str) {
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(code), out, err));
}

/// A folder with the policy in `policies/acme.rk`.
pub fn acme() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/acme.rk", POLICY.as_bytes());
    folder
}

/// Writes a file and makes the folders above it.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder above")).expect("the folder is made");
    fs::write(path, bytes).expect("the file is written");
}

#[test]
fn allows_with_the_reason_and_its_place() {
    let folder = acme();
    let said = "allow  user marie@example.com can comments:write on room a32\n  \
                because group engineering can *:read, comments:write     policies/acme.rk:8:5\n";
    let question = ["check", "user:marie@example.com", "comments:write", "room:a32"];
    expect(&run(folder.path(), &question, ""), 0, said, "");
    expect(&run(folder.path(), &[&question[..], &["-q"]].concat(), ""), 0, "", "");
}

#[test]
fn denies_with_exit_code_1() {
    let folder = acme();
    let run = run(folder.path(), &["check", "marie@example.com", "storage:write", "room:a32"], "");
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    assert!(run.out.starts_with("deny   user marie@example.com cannot storage:write on room a32\n  because "), "{run:?}");
}

#[test]
fn answers_in_json() {
    let folder = acme();
    let args = ["-p", "policies", "check", "marie@example.com", "comments:write", "room:a32", "--format", "json"];
    let said = concat!(
        r#"{"decision":"allow","user":"marie@example.com","permission":"comments:write","resource":"room:a32","#,
        r#""reason":{"kind":"access","principal":"group:engineering","place":"room:a32","#,
        r#""source":{"file":"policies/acme.rk","line":8,"column":5}}}"#,
        "\n"
    );
    expect(&run(folder.path(), &args, ""), 0, said, "");
}

#[test]
fn a_question_that_has_no_answer_exits_with_2() {
    let folder = acme();
    let run = run(folder.path(), &["check", "marie@example.com", "write", "rom:a32"], "");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: ") && run.err.contains("`rom`") && run.err.contains("`room`"), "{run:?}");
}

#[test]
fn batch_adds_the_decision_to_csv() {
    let folder = acme();
    let rows = "\u{feff}subject,action,resource,groups,note\r\n\
                marie@example.com,read,room:a32,,\"two\r\nlines\"\r\n\
                bob,read,room:a32,,\r\n\
                bob,read,room:a32,staff engineering,x\r\n";
    let said = "subject,action,resource,groups,note,decision\n\
                marie@example.com,read,room:a32,,\"two\r\nlines\",allow\n\
                bob,read,room:a32,,,deny\n\
                bob,read,room:a32,staff engineering,x,allow\n";
    expect(&run(folder.path(), &["check", "--batch", "-"], rows), 0, said, "");
}

#[test]
fn batch_expects_and_keeps_going() {
    let folder = acme();
    let rows = r#"{"user":"marie@example.com","permission":"read","resource":"room:a32","decision":"allow"}
{"user":"bob","permission":"read","resource":"room:a32","decision":"allow","id":7}
"#;
    let different =
        concat!(r#"{"user":"bob","permission":"read","resource":"room:a32","decision":"deny","id":7,"expected":"allow"}"#, "\n");
    let args = ["check", "--batch", "-", "--expect"];
    expect(&run(folder.path(), &args, rows), 1, different, "2 rows, 1 different\n");

    let broken = format!("{rows}\n{{\"user\":\"bob\"}}\n");
    let stopped = run(folder.path(), &args, &broken);
    assert_eq!((stopped.code, stopped.err.as_str()), (Some(2), "error: stdin:4: the row has no `permission`\n"));
    let went = run(folder.path(), &[&args[..], &["--keep-going"]].concat(), &broken);
    let last = "{\"user\":\"bob\",\"decision\":\"error\",\"message\":\"the row has no `permission`\"}\n";
    let count = "3 rows, 1 different, 1 could not be answered\n";
    expect(&went, 2, &format!("{different}{last}"), count);
}

#[test]
fn batch_names_columns_that_are_wrong() {
    let folder = acme();
    let near = "error: stdin:1: no column is named `group`\n  help: did you mean `groups`?\n";
    expect(&run(folder.path(), &["check", "--batch", "-"], "user,permission,resource,group\n"), 2, "", near);
    let twice = "error: stdin:1: the columns `user` and `subject` both give the user\n  help: keep one of them\n";
    expect(&run(folder.path(), &["check", "--batch", "-"], "user,subject,resource\n"), 2, "", twice);
}

#[test]
fn lint_prints_a_finding_in_each_format() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", b"use liveblocks role viewer { can read }\nrole editor includes veiwer { can write }\n");
    let count = "1 error in 1 file; warnings about its meaning wait until it has one\n";

    let full = "error[unknown-role]\n\n  × no role is named `veiwer`\n   ╭─[a.rk:2:22]\n \
                1 │ use liveblocks role viewer { can read }\n \
                2 │ role editor includes veiwer { can write }\n   ·                      ──────\n   ╰────\n  \
                help: did you mean `viewer`?\n\n";
    expect(&run(folder.path(), &["lint"], ""), 1, full, count);

    let concise = "a.rk:2:22: error[unknown-role]: no role is named `veiwer`; did you mean `viewer`?\n";
    expect(&run(folder.path(), &["lint", "--format", "concise"], ""), 1, concise, count);

    let json = concat!(
        "{\"findings\":[\n",
        r#"{"rule":"unknown-role","level":"error","message":"no role is named `veiwer`","help":"did you mean `viewer`?","#,
        r#""file":"a.rk","line":2,"column":22,"end_line":2,"end_column":28,"labels":[],"#,
        r#""fingerprint":"e14fccadc733af048c52f033d0334085","fix":{"title":"write `viewer`","safe":false,"edits":["#,
        r#"{"text":"viewer","file":"a.rk","line":2,"column":22,"end_line":2,"end_column":28}]}}"#,
        "\n],\"errors\":1,\"warnings\":0,\"infos\":0}\n"
    );
    expect(&run(folder.path(), &["lint", "--format", "json", "-q"], ""), 1, json, "");
}

#[test]
fn every_unreadable_file_is_reported() {
    let folder = acme();
    put(folder.path(), "policies/latin.rk", b"// caf\xe9\n");
    put(folder.path(), "policies/later.rk", b"// one\n// \xc3\xa9 \xff\n");
    fs::create_dir(folder.path().join("policies/folder.rk")).expect("a folder");
    let said = "error: `policies/folder.rk` is a folder, and names in `.rk` are for policy files\n  \
                help: rename the folder, such as to `policies/folder`\n\
                error: policies/later.rk:2: not UTF-8 at byte 13, in column 6\n  help: save the file as UTF-8\n\
                error: policies/latin.rk:1: not UTF-8 at byte 6, in column 7\n  help: save the file as UTF-8\n";
    let run = run(folder.path(), &["lint"], "");
    let sorted = |text: &str| text.lines().filter(|l| l.starts_with("error")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((run.code, run.out.as_str(), sorted(&run.err)), (Some(2), "", sorted(said)));
}

#[test]
fn paths_without_policies_say_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = "error: no policy in `.`: no file in it or below it ends in `.rk`\n  \
                 help: names that begin with a dot are passed over; type `roomkey init` to start a policy here\n";
    expect(&run(folder.path(), &["lint"], ""), 2, "", empty);
    fs::create_dir(folder.path().join("main.rk")).expect("a folder");
    let named = "error: `main.rk` is a folder, and names in `.rk` are for policy files\n  \
                 help: rename the folder, such as to `main`\n";
    expect(&run(folder.path(), &["lint", "main.rk"], ""), 2, "", named);
}

#[test]
fn the_manifest_is_read_with_care() {
    let folder = acme();
    put(folder.path(), "roomkey.toml", b"[policy]\ninclde = []\n");
    let said = "error[manifest]\n\n  × no field is named `inclde`\n   ╭─[roomkey.toml:2:1]\n 1 │ [policy]\n \
                2 │ inclde = []\n   · ───┬──\n   ·    ╰── here\n   ╰────\n  help: did you mean `include`?\n";
    expect(&run(folder.path(), &["lint"], ""), 2, "", said);
}

#[test]
fn init_gives_a_policy_that_passes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = "wrote roomkey.toml\nwrote policies/main.rk\nwrote policies/decisions.csv\n\
                wrote .github/workflows/policy.yml\n\n\
                Now type:\n  roomkey lint\n  roomkey test\n  roomkey check --batch policies/decisions.csv --expect\n";
    expect(&run(folder.path(), &["init"], ""), 0, said, "");
    expect(&run(folder.path(), &["lint"], ""), 0, "", "no findings in 1 file\n");
    let rows = run(folder.path(), &["check", "--batch", "policies/decisions.csv", "--expect"], "");
    expect(&rows, 0, "user,permission,resource,decision,expected\n", "9 rows, all as expected\n");
    assert_eq!(run(folder.path(), &["init"], "").code, Some(2));
}

#[test]
fn an_end_is_shown_as_it_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policy = b"use livelike\nprogram p1 program p2\n\
        assign widget-admin to user ann in program p1 until 2040-01-31\n\
        assign widget-admin to user ann in program p2 until 2040-01-31T18:00:00+01:00\n";
    put(folder.path(), "a.rk", policy);
    for (program, end) in [("p1", "2040-01-31"), ("p2", "2040-01-31T17:00:00Z")] {
        let run = run(folder.path(), &["check", "ann", "create-alert", &format!("program:{program}"), "--at", "2030-01-01"], "");
        let because = format!("because role widget-admin assigned to user ann in program {program} until {end}     a.rk:");
        assert!(run.out.contains(&because), "{run:?}");
    }
}

#[test]
fn data_files_are_read_from_the_folder_of_the_policy() {
    let folder = acme();
    let facts = "facts members from \"../data/m.csv\" facts members from \"../data/n.jsonl.gz\"\n\
                 facts members from \"../data/o.csv.zst\"\n";
    put(folder.path(), "roomkey.toml", b"");
    put(folder.path(), "policies/facts.rk", facts.as_bytes());
    put(folder.path(), "data/m.csv", b"group,user\nengineering,ann\n");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(br#"{"group":"engineering","user":"bob"}"#).expect("bytes in memory");
    put(folder.path(), "data/n.jsonl.gz", &gz.finish().expect("bytes in memory"));
    let frame = |text: &[u8]| ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest);
    let frames = [frame(b"group,user\n"), b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec(), frame(b"engineering,cyd\n")];
    put(folder.path(), "data/o.csv.zst", &frames.concat());
    expect(&run(folder.path(), &["lint"], ""), 0, "", "no findings in 5 files\n");
    for user in ["ann", "bob", "cyd"] {
        let said = run(folder.path(), &["check", user, "comments:write", "room:a32"], "");
        assert_eq!(said.code, Some(0), "{user}: {said:?}");
    }

    put(folder.path(), "data/m.csv", b"group,user\nstaff,ann\n");
    put(folder.path(), "data/n.jsonl.gz", b"this is no gzip");
    put(folder.path(), "data/o.csv.zst", &frames.concat()[..20]);
    let outside = tempfile::tempdir().expect("a temporary folder");
    put(outside.path(), "x.csv", b"group,user\n");
    put(folder.path(), "data/latin.csv", b"group,user\ncaf\xe9,ann\n");
    fs::create_dir(folder.path().join("data/folder.csv")).expect("a folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("x.csv"), folder.path().join("data/link.csv")).expect("a link");
    let more = "facts members from \"../data/latin.csv\"\nfacts members from \"../data/folder.csv\"\n\
                facts members from \"../data/none.csv\"\nfacts members from \"../../x.csv\"\nfacts members from \"../data/link.csv\"\n";
    put(folder.path(), "policies/more.rk", more.as_bytes());
    let lint = run(folder.path(), &["lint", "--format", "concise"], "");
    let said: Vec<&str> = lint.out.lines().map(|line| line.split(';').next().unwrap_or("")).collect();
    let faults = [
        "policies/facts.rk:1:55: error[data-file]: cannot unpack `data/n.jsonl.gz`: invalid gzip header",
        "policies/facts.rk:2:20: error[data-file]: cannot unpack `data/o.csv.zst`",
        "policies/more.rk:1:20: error[data-file]: `data/latin.csv` is not UTF-8 at byte 14, in line 2",
        "policies/more.rk:2:20: error[data-file]: `data/folder.csv` is no file",
        "policies/more.rk:3:20: error[data-file]: there is no file `data/none.csv`",
        "policies/more.rk:4:20: error[data-file]: `../../x.csv` leads out of the folder of the policy",
        "policies/more.rk:5:20: error[data-file]: `../data/link.csv` is a link that leads out of the folder of the policy",
        "data/m.csv:2:1: error[unknown-group]: no group is named `staff`",
    ];
    assert_eq!(said.len(), faults.len(), "{said:#?}");
    assert!(said.iter().zip(faults).all(|(said, fault)| said.starts_with(fault)), "{said:#?}");
    assert_eq!(lint.code, Some(1));
}
