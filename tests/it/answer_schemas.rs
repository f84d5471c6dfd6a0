//! What `explain`, `who`, `what`, `matrix`, `test`, `diff` and `log` print as JSON is what `docs/answers.schema.json` says, and no more.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{put, run};
use crate::diff_git::history;

const POLICY: &str = "use liveblocks
role reader includes looker
role looker { can read on room }
group staff { group design }
group design { user ann, user ben until 2025-06-30 }
group guests
group kept
organization acme {
  member group staff, group guests, user kim until 2025-01-01
  group staff can *:read
  room plan {
    default can nothing
    group design can *:write
    user ben cannot storage:write
    group kept cannot *
  }
  room \"public:*\" { default can *:read  group kept cannot * }
}
room hall { default can read  user dan cannot * }
assign reader to group guests in room plan
";

const FAILING: &str = "test a { user ann cannot read on room plan  user ann can read on room plan }
test b { }
invariant c { no one can read on room plan  at most 0 can read on room plan  no one can read on room \"x:*\" }
";

/// The schema of one command, which allows no field that it does not name.
fn validator(command: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/answers.schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON");
    let object = schema.as_object_mut().expect("an object");
    object.remove("anyOf");
    object.insert("$ref".into(), format!("#/$defs/{command}").into());
    close(&mut schema);
    jsonschema::validator_for(&schema).expect("a schema")
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".into(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn every_answer_is_what_the_schema_says() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", POLICY.as_bytes());
    put(folder.path(), "t/p.rk", format!("{POLICY}{FAILING}").as_bytes());
    put(folder.path(), "u/p.rk", format!("{POLICY}test a {{ user ann can read on room plan }}\n").as_bytes());
    let commands = [
        "explain ann storage:write room:plan",
        "explain ben storage:write room:plan --group staff --suggest",
        "explain ben storage:write room:plan --at 2025-01-01 --suggest",
        "explain kim read room:plan --suggest --organization acm",
        "explain zoe read room:plan --group guests",
        "explain zoe write room:plan --group guests --group gusts --suggest",
        "explain zoe write room:nowhere --suggest",
        "explain zoe write room:plan --organization other",
        "who storage:write room:plan",
        "who read room:public:x",
        "who read room:hall --group nobody",
        "who read room:nowhere",
        "what ann",
        "what an --group guests",
        "matrix",
        "test t",
        "test u --coverage --mutate",
    ];
    for command in commands {
        let mut args: Vec<&str> = command.split(' ').collect();
        let policy: &[&str] = if args[0] == "test" { &[] } else { &["-p", "p.rk"] };
        args.extend([policy, &["--format", "json"]].concat());
        let out = run(folder.path(), &args, "");
        let value: Value = serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{command}: {e}\n{}", out.err));
        valid(args[0], &value);
    }
}

fn valid(command: &str, value: &Value) {
    let errors: Vec<String> = validator(command).iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{command}: {errors:#?}\n{value:#}");
    let mut other = value.clone();
    other["more"] = json!(1);
    assert!(!validator(command).is_valid(&other), "{command}: a field that is not documented");
}

#[test]
fn every_comparison_is_what_the_schema_says() {
    let later = POLICY
        .replace("user ben until 2025-06-30", "user dan, user eve until 2030-01-01")
        .replace("user ben cannot", "user bo cannot");
    let moved = POLICY.replace("organization acme", "organization other");
    let mut sorts = std::collections::BTreeSet::new();
    for (old, new) in [
        (POLICY, later.as_str()),
        (&later, POLICY),
        (POLICY, &moved),
        (POLICY, "use liveblocks\n"),
        ("use liveblocks\n", &later),
        (POLICY, POLICY),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "old/p.rk", old.as_bytes());
        put(folder.path(), "new/p.rk", new.as_bytes());
        let gates = ["--no-new-access", "--max-lost", "0", "--at", "2025-01-01", "--forbid-self-grant", "dan"];
        let told = run(folder.path(), &[&["diff", "old", "new", "--format", "json"][..], &gates].concat(), "");
        let value: Value = serde_json::from_str(&told.out).unwrap_or_else(|e| panic!("{e}\n{}", told.err));
        valid("diff", &value);
        assert_eq!(value["failed"].as_array().is_some_and(Vec::is_empty), told.code == Some(0), "{value:#}");
        sorts.extend(value["causes"].as_array().expect("causes").iter().map(|c| c["sort"].to_string()));
    }
    assert!(sorts.len() > 3, "{sorts:?}");
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "old/p.rk", POLICY.as_bytes());
    put(folder.path(), "new/p.rk", POLICY.replace("assign reader", "assign redder").as_bytes());
    for args in [&["old", "new"][..], &["old", "nowhere"]] {
        let told = run(folder.path(), &[&["diff", "--format", "json"][..], args].concat(), "");
        assert_eq!(told.code, Some(2), "{}", told.out);
        valid("refused", &serde_json::from_str(&told.out).unwrap_or_else(|e| panic!("{e}\n{}", told.err)));
    }
}

#[test]
fn every_line_of_a_history_is_what_the_schema_says() {
    let broken = POLICY.replace("assign reader", "assign redder");
    let later = POLICY.replace("user ben until 2025-06-30", "user dan");
    let Some(folder) = history(&[&[("p.rk", POLICY)], &[("q/p.rk", POLICY)], &[("p.rk", &broken)], &[("p.rk", &later)]]) else {
        return;
    };
    let mut fields = std::collections::BTreeSet::new();
    for place in ["p.rk", "q"] {
        let told = run(folder.path(), &["log", "--format", "json", "-p", place], "");
        for line in told.out.lines() {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}\n{line}"));
            valid("log", &value);
            fields.extend(value.as_object().expect("an object").keys().cloned());
        }
    }
    let all = ["author", "commit", "date", "diff", "findings", "note", "subject", "together", "why"];
    assert!(fields.iter().eq(all), "{fields:?}");
}

#[test]
fn what_a_compiled_policy_does_not_keep_is_null() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", POLICY.as_bytes());
    assert_eq!(run(folder.path(), &["build", "-p", "p.rk", "-o", "p.rkb"], "").code, Some(0));
    let ways = |policy: &str| {
        let out = run(folder.path(), &["explain", "ann", "read", "room:public:x", "-p", policy, "--format", "json"], "");
        let value: Value = serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{e}\n{}", out.err));
        assert!(validator("explain").is_valid(&value), "{value:#}");
        ["membership", "containment", "includes"].map(|way| value[way].clone())
    };
    assert!(ways("p.rk").iter().all(Value::is_array), "{:?}", ways("p.rk"));
    assert!(ways("p.rkb").iter().all(Value::is_null), "{:?}", ways("p.rkb"));
}
