//! Each format of findings is what its readers expect, and the exit code is the same in all of them.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::cli::{put, run};

const FORMATS: [&str; 8] = ["full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson"];

/// Faults of the text, of names and of sense, one twice, one over several lines, and names that formats have to escape.
const FAULTY: &str = "use liveblocks
room \"a & <b>: 100%, é\" {
  default can raed, room:presence:write
  user ann can read until 2026-13-01
}
room x { group staf can read }
room y { group staf can read }
group staff {
  group staff
}
room z { default may
";

/// Warnings alone.
const DOUBTFUL: &str = "use liveblocks\nroom a { default can read, room:presence:write }\nuser ann\nuser ann\n";

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/é b,c.rk", text.as_bytes());
    put(folder.path(), "policies/fine.rk", b"user bob\n");
    folder
}

fn written(folder: &Path, format: &str) -> String {
    let run = run(folder, &["lint", "policies", "--format", format], "");
    assert_eq!(run.code, Some(1), "{run:?}");
    run.out
}

fn json(folder: &Path, format: &str) -> Value {
    serde_json::from_str(&written(folder, format)).expect("it is JSON")
}

#[test]
fn no_format_changes_the_exit_code() {
    for (text, flags, code) in
        [(FAULTY, &[][..], 1), (DOUBTFUL, &[][..], 0), (DOUBTFUL, &["--deny-warnings"][..], 1), ("user ann", &[][..], 0)]
    {
        let folder = folder(text);
        for format in FORMATS {
            let args = [&["lint", "policies", "--format", format], flags].concat();
            let out = run(folder.path(), &args, "");
            assert_eq!(out.code, Some(code), "{args:?}: {out:?}");
        }
    }
}

#[test]
fn several_formats_go_to_files_in_one_run() {
    let folder = folder(FAULTY);
    let outputs: Vec<String> = FORMATS.iter().flat_map(|f| ["--output".into(), format!("{f}=out/{f}.txt")]).collect();
    let args: Vec<&str> = ["lint", "policies"].into_iter().chain(outputs.iter().map(String::as_str)).collect();
    let first = run(folder.path(), &args, "");
    assert_eq!(first.code, Some(1), "{first:?}");
    for format in FORMATS {
        let file = std::fs::read_to_string(folder.path().join(format!("out/{format}.txt"))).expect("it is written");
        assert_eq!(file, written(folder.path(), format));
    }
    let said = |args: &[&str]| run(folder.path(), &[&["lint", "--output"], args].concat(), "");
    assert!(said(&["sarf=x"]).err.contains("did you mean `sarif`?") && said(&["sarf=x"]).code == Some(2));
    assert!(said(&["sarif"]).err.contains("type a format, `=` and a file"));
}

#[test]
fn sarif_is_valid_and_names_every_rule() {
    let packed = std::fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-2.1.0.schema.json.gz"));
    let mut schema = String::new();
    flate2::read::GzDecoder::new(packed.expect("the schema is there")).read_to_string(&mut schema).expect("it is text");
    // One of its patterns has a bracket too many, and is no regular expression of JSON Schema.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for text in [FAULTY, DOUBTFUL, "use liveblocks\n", "room"] {
        let folder = folder(text);
        let log: Value =
            serde_json::from_str(&run(folder.path(), &["lint", "policies", "--format", "sarif"], "").out).expect("it is JSON");
        let wrong: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let log = json(folder(FAULTY).path(), "sarif");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.iter().all(|r| r["help"]["markdown"].as_str().is_some_and(|page| page.starts_with("# "))));
    let results = run["results"].as_array().expect("results");
    assert!(results.iter().any(|r| r["ruleId"] == "syntax") && results.iter().any(|r| r["fixes"].is_array()), "{results:#?}");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index");
        assert_eq!(rules[usize::try_from(index).expect("small")]["id"], result["ruleId"]);
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "policies/%C3%A9%20b,c.rk");
    }
    let prints: BTreeSet<&str> =
        results.iter().map(|r| r["partialFingerprints"]["roomkey/v1"].as_str().expect("a fingerprint")).collect();
    assert_eq!(prints.len(), results.len());
}

/// A report that is clean has no error, since a broken validator would accept everything.
#[test]
fn the_validator_refuses_what_is_no_sarif() {
    let schema = serde_json::json!({ "required": ["version"] });
    assert!(!jsonschema::validator_for(&schema).expect("a schema").is_valid(&serde_json::json!({})));
}

#[test]
fn fingerprints_outlive_moved_lines() {
    let prints = |text: &str| -> Vec<String> {
        let report = json(folder(text).path(), "json");
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|f| f["fingerprint"].as_str().expect("a fingerprint").to_owned()).collect()
    };
    let moved = format!("// one\n\n// two\n{}", FAULTY.replace("  default can", "      default   can"));
    assert_eq!(prints(FAULTY), prints(&moved));
    assert_ne!(prints(FAULTY), prints(&FAULTY.replace("raed", "reed")));
}

#[test]
fn json_shows_what_to_change() {
    let report = json(folder(FAULTY).path(), "json");
    let findings = report["findings"].as_array().expect("findings");
    let fix = |rule: &str| findings.iter().find(|f| f["rule"] == rule).map(|f| f["fix"].to_string()).expect("a finding");
    let edit = r#"{"title":"write `read`","safe":false,"edits":[{"text":"read","file":"policies/é b,c.rk","line":3,"column":15,"end_line":3,"end_column":19}]}"#;
    assert_eq!(fix("unknown-permission"), edit);
}

#[test]
fn github_gets_what_it_can_show() {
    let out = written(folder(FAULTY).path(), "github");
    let start =
        "::error file=policies/é b%2Cc.rk,line=3,endLine=3,col=15,endColumn=19,title=unknown-permission::kind `room` does";
    assert!(out.lines().any(|line| line.starts_with(start)), "{out}");
    let many: String = (0..15).map(|i| format!("room r{i} {{ group nobody{i} can read }}\n")).collect();
    let out = written(folder(&format!("use liveblocks\n{many}user a\nuser a\n")).path(), "github");
    let count = |start: &str| out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((count("::error "), count("::warning "), count("policies/")), (10, 1, 5), "{out}");
    assert!(out.ends_with("5 findings without annotation, since GitHub shows 10 of each level for a step\n"), "{out}");
}

/// The log of the job shows it, too.
#[cfg(unix)]
#[test]
fn a_name_of_a_file_moves_no_cursor() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "\u{1b}]0;x\u{7}\u{9b}\u{202e}.rk", b"use liveblocks\nroom r { default can raed }\n");
    let out = run(folder.path(), &["lint", "--format", "github"], "").out;
    assert!(out.starts_with("::error file=\u{fffd}]0;x\u{fffd}\u{fffd}\u{fffd}.rk,line=2,"), "{out:?}");
}

#[test]
fn gitlab_gets_its_fields() {
    let report = json(folder(FAULTY).path(), "gitlab");
    let entries = report.as_array().expect("a list");
    let severities = ["info", "minor", "major", "critical", "blocker"];
    for entry in entries {
        let text = |name: &str| entry[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(["description", "check_name", "fingerprint", "severity"].into_iter().all(text), "{entry}");
        assert!(severities.contains(&entry["severity"].as_str().expect("a severity")), "{entry}");
        assert_eq!(entry["location"]["path"], "policies/é b,c.rk");
        let lines = &entry["location"]["lines"];
        assert!(lines["begin"].as_u64().is_some_and(|n| n > 0) && lines["end"].as_u64() >= lines["begin"].as_u64(), "{entry}");
    }
    let prints: BTreeSet<&str> = entries.iter().filter_map(|e| e["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), entries.len());
}

/// By the definition of the format: places from 1, columns in bytes, and the words of the severities.
#[test]
fn rdjson_counts_bytes() {
    let report =
        json(folder("use liveblocks\nroom é { default can read }\nroom \"é\" { group staf can read }\n").path(), "rdjson");
    for diagnostic in report["diagnostics"].as_array().expect("diagnostics") {
        assert!(diagnostic["message"].is_string() && diagnostic["code"]["value"].is_string(), "{diagnostic}");
        assert!(["ERROR", "WARNING", "INFO"].contains(&diagnostic["severity"].as_str().expect("a severity")));
        let range = &diagnostic["location"]["range"];
        for end in ["start", "end"] {
            assert!(["line", "column"].iter().all(|n| range[end][n].as_u64().is_some_and(|n| n > 0)), "{diagnostic}");
        }
    }
    let staf = report["diagnostics"].as_array().expect("a list").iter().find(|d| d["code"]["value"] == "unknown-group");
    let range = &staf.expect("a finding")["location"]["range"];
    assert_eq!(range.to_string(), r#"{"start":{"line":3,"column":19},"end":{"line":3,"column":23}}"#);
}

#[test]
fn each_test_of_junit_has_a_name_of_its_own() {
    let folder =
        folder("use liveblocks\nroom a { default can raed }\nroom b { default can raed }\nroom c { default can raed }\n");
    let junit = written(folder.path(), "junit");
    let names: Vec<&str> = junit.lines().filter(|line| line.contains("<testcase name=\"unknown-permission")).collect();
    let apart: BTreeSet<&&str> = names.iter().collect();
    assert!(names.len() == 3 && apart.len() == 3 && names[2].contains(" (3)\""), "{names:?}");
}

#[test]
fn two_outputs_never_go_to_one_file() {
    let folder = folder(DOUBTFUL);
    let lint = |outputs: [&str; 2]| run(folder.path(), &["lint", "policies", "--output", outputs[0], "--output", outputs[1]], "");
    for outputs in [["json=a", "sarif=./a"], ["json=a", "sarif=./x/../a"], ["json=x/y/a", "sarif=x/z/../y/a"]] {
        let said = lint(outputs);
        assert!(said.code == Some(2) && said.err.contains("two outputs go to"), "{outputs:?}: {said:?}");
    }
    assert!(!folder.path().join("x").exists());
    let said = lint(["json=-", "sarif=a"]);
    assert!(said.code == Some(2) && said.err.contains("`-` is no file; type `--format json` for stdout"), "{said:?}");
    assert_eq!(lint(["json=x/a", "sarif=y/a"]).code, Some(0));
}
