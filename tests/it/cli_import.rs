//! `roomkey import` as a user types it: from another system's data to a first answer.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::cli::{expect, put, run};

const ORGANIZATION: &str = "\
orgs:
  acme:
    default_repository_permission: none
    admins: [root]
    members: [ann]
    repos:
      api: {}
    teams:
      backend:
        members: [ann]
        repos: {api: write}
";

const ROOMS: &str = r#"{"data":[
  {"id":"plan","organizationId":"acme","defaultAccesses":[],"groupsAccesses":{"design":["*:write"]},"usersAccesses":{"ann":["*:read"]}},
  {"id":"lobby","defaultAccesses":["*:read"]}
]}"#;

const GRANTS: &str = r#"{
  "programs": [{"id":"p1","client_id":"acme"}],
  "role_assignments": [
    {"profile_id":"ann","role_key":"widget-creator","resource_kind":"program","resource_key":"p1","client_id":"acme"}
  ]
}"#;

/// The data of another system, the files that come of it, and a question of each kind.
struct Case {
    format: &'static str,
    files: &'static [(&'static str, &'static str)],
    written: &'static [&'static str],
    allowed: [&'static str; 3],
    denied: [&'static str; 3],
}

const CASES: [Case; 4] = [
    Case {
        format: "peribolos",
        files: &[("orgs.yaml", ORGANIZATION)],
        written: &["acme.rk"],
        allowed: ["ann", "write", "repository:acme/api"],
        denied: ["ann", "admin", "repository:acme/api"],
    },
    Case {
        format: "rust-team",
        files: &[
            ("config.toml", "permissions-bools = [\"perf\"]\npermissions-bors-repos = []\n"),
            ("people/ann.toml", "name = \"Ann\"\ngithub = \"ann\"\ngithub-id = 1\n[permissions]\nperf = true\n"),
            ("people/bob.toml", "name = \"Bob\"\ngithub = \"bob\"\ngithub-id = 2\n"),
        ],
        written: &["people.rk", "tools.rk"],
        allowed: ["ann", "use", "tool:perf"],
        denied: ["bob", "use", "tool:perf"],
    },
    Case {
        format: "liveblocks",
        files: &[("rooms.json", ROOMS)],
        written: &["acme.rk", "groups.rk", "rooms.rk"],
        allowed: ["ann", "comments:read", "room:plan"],
        denied: ["bob", "read", "room:plan"],
    },
    Case {
        format: "livelike",
        files: &[("grants.json", GRANTS)],
        written: &["assignments.rk", "resources.rk"],
        allowed: ["ann", "create-alert", "program:p1"],
        denied: ["ann", "publish-alert", "program:p1"],
    },
];

/// A folder with the data of a case in `data`.
fn given(case: &Case) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    case.files.iter().for_each(|(name, text)| put(folder.path(), &format!("data/{name}"), text.as_bytes()));
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().into_string().expect("its name is text")).collect();
    names.sort();
    names
}

#[test]
fn every_format_leads_to_an_answer() {
    for case in &CASES {
        let folder = given(case);
        let import = run(folder.path(), &["import", case.format, "data", "-o", "policies"], "");
        assert_eq!((import.code, import.out.as_str()), (Some(0), ""), "{}: {}", case.format, import.err);
        let end = format!("{} file{} from ", case.written.len(), if case.written.len() == 1 { "" } else { "s" });
        assert!(import.err.lines().last().is_some_and(|line| line.starts_with(&end)), "{import:?}");
        assert_eq!(names(&folder.path().join("policies")), case.written, "{}", case.format);

        let clean = format!("no findings in {}\n", end.strip_suffix(" from ").expect("a count"));
        expect(&run(folder.path(), &["lint", "policies", "--deny-warnings"], ""), 0, "", &clean);
        for (question, code, word) in [(case.allowed, 0, "allow  "), (case.denied, 1, "deny   ")] {
            let answer = run(folder.path(), &[&["-p", "policies", "check"], &question[..]].concat(), "");
            assert!(answer.code == Some(code) && answer.out.starts_with(word), "{}: {answer:?}", case.format);
        }
    }
}

#[test]
fn without_a_folder_everything_goes_to_stdout() {
    for case in &CASES {
        let folder = given(case);
        let shown = run(folder.path(), &["import", case.format, "data", "-q"], "");
        assert_eq!((shown.code, shown.err.as_str()), (Some(0), ""), "{}", case.format);
        run(folder.path(), &["import", case.format, "data", "-o", "policies", "-q"], "");
        let texts = case.written.iter().map(|name| {
            let text = fs::read_to_string(folder.path().join("policies").join(name)).expect("a written file");
            format!("// {name}\n{text}")
        });
        assert_eq!(shown.out, texts.collect::<Vec<_>>().join("\n"), "{}", case.format);
        put(folder.path(), "all/all.rk", shown.out.as_bytes());
        expect(&run(folder.path(), &["lint", "all", "-q"], ""), 0, "", "");
        assert_eq!(names(folder.path()), ["all", "data", "policies"], "{}: nothing else was written", case.format);
    }
}

#[test]
fn nothing_is_written_over_without_force() {
    let [.., case, _] = &CASES;
    let folder = given(case);
    put(folder.path(), "policies/rooms.rk", b"// mine\n");
    let import = ["import", case.format, "data", "-o", "policies", "-q"];
    let said = "error: `policies/rooms.rk` is there already\n  \
                help: type `--force` to write over them, or give another folder with `-o`\n";
    expect(&run(folder.path(), &import, ""), 2, "", said);
    assert_eq!(names(&folder.path().join("policies")), ["rooms.rk"], "none is written where not all may be");

    put(folder.path(), "policies/acme.rk", b"// mine\n");
    let both = said.replace("`policies/rooms.rk` is", "`policies/acme.rk`, `policies/rooms.rk` are");
    expect(&run(folder.path(), &import, ""), 2, "", &both);
    assert_eq!(fs::read(folder.path().join("policies/rooms.rk")).expect("a file"), b"// mine\n");

    expect(&run(folder.path(), &[&import[..], &["--force"]].concat(), ""), 0, "", "");
    assert_eq!(names(&folder.path().join("policies")), case.written);
    let wanted = run(folder.path(), &["import", case.format, "data", "--force"], "");
    assert!(wanted.code == Some(2) && wanted.err.contains("--output <DIR>"), "{wanted:?}");
}

#[test]
fn a_file_is_replaced_whole() {
    let [.., case, _] = &CASES;
    let folder = given(case);
    put(folder.path(), "policies/rooms.rk", b"// the old text\n");
    let mut reader = File::open(folder.path().join("policies/rooms.rk")).expect("the old file");
    expect(&run(folder.path(), &["import", case.format, "data", "-o", "policies", "-q", "--force"], ""), 0, "", "");
    let mut seen = String::new();
    reader.read_to_string(&mut seen).expect("whoever reads the old file goes on reading it");
    assert_eq!(seen, "// the old text\n");
    let new = fs::read_to_string(folder.path().join("policies/rooms.rk")).expect("the new file");
    assert!(new.starts_with("use liveblocks\n"), "{new}");
    assert_eq!(names(&folder.path().join("policies")), case.written, "no half-written file is left");
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let [.., case, _] = &CASES;
    let folder = given(case);
    put(folder.path(), "policies", b"a file\n");
    let run = run(folder.path(), &["import", case.format, "data", "-o", "policies", "-q"], "");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: cannot write `policies/acme.rk`: "), "{run:?}");
    assert_eq!(fs::read(folder.path().join("policies")).expect("the file"), b"a file\n");
    assert_eq!(names(folder.path()), ["data", "policies"]);
}

#[test]
fn data_at_fault_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let long = format!("[{}{{\"id\":\"x\",\"defaultAccesses\":3}}]", "{\"id\":\"r\",\"defaultAccesses\":[]},".repeat(40_000));
    put(folder.path(), "long.json", long.as_bytes());
    put(folder.path(), "latin.json", b"[\n\"\xe9\"]");
    put(folder.path(), "empty.json", b"");
    put(folder.path(), "half.json", b"[{\"id\":");
    put(folder.path(), "none/readme.txt", b"");
    let cases = [
        ("none", "error: no file of the format `liveblocks` in the folders given\n"),
        ("gone.json", "error: there is no file or folder `gone.json`\n"),
        ("latin.json", "error: latin.json:2: not UTF-8 at byte 3, in column 2\n  help: save the file as UTF-8\n"),
        ("empty.json", "error: no room was found\n"),
        ("half.json", "error[import]\n\n  × this is not JSON: EOF while parsing a value\n   ╭─[half.json:1:7]\n"),
        ("long.json", "error[import]\n\n  × expected a list for the default list, found the number `3`\n   ╭─[long.json:1:"),
    ];
    for (path, said) in cases {
        let run = run(folder.path(), &["import", "liveblocks", path, "-o", "policies"], "");
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{path}");
        assert!(run.err.starts_with(said) && run.err.len() < 1_000, "{path}: {}", run.err);
        assert!(!folder.path().join("policies").exists(), "{path}");
    }
}

#[test]
fn what_is_imported_is_in_the_style() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repos: String = (1..=6).map(|n| format!("          a-long-repository-name-{n}: write\n")).collect();
    let orgs = format!(
        "orgs:\n  acme:\n    members:\n    - ann # boss\n    teams:\n      t:\n        members: [ann]\n        repos:\n{repos}"
    );
    put(folder.path(), "orgs.yaml", orgs.as_bytes());
    assert_eq!(run(folder.path(), &["import", "peribolos", "orgs.yaml", "-o", "out", "-q"], "").code, Some(0));
    let check = run(folder.path(), &["fmt", "--check", "out"], "");
    assert_eq!((check.code, check.out.as_str()), (Some(0), ""), "{check:?}");
}
