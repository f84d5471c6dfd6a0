//! What `lint` writes for other programs is valid by the schemas of its formats, whatever the findings say.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{put, run};

/// Policies without findings, with faults of every sort, and with ids that formats have to escape.
fn policies() -> Vec<String> {
    let twelve = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/lint/{name}.rk"));
        std::fs::read_to_string(path).expect("the policy is there")
    };
    let strange = "use liveblocks\nroom \"<&> ]]> \\\"'\\t\\u{FFFE}\" { group \"%0A\\n::x\" can read }\nroom é { user \"\\u{1F600}\" can \u{1}";
    let plain = ["use liveblocks\nroom lobby { default can read }\n", "", "{", "room", strange];
    plain.map(str::to_owned).into_iter().chain([twelve("twelve-errors"), twelve("twelve-doubts")]).collect()
}

/// Checks what each policy gives in a format, which `read` turns into JSON, against a schema of `tests/data`.
fn valid(format: &str, schema: &str, read: impl Fn(&str) -> Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the schema is there")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for policy in policies() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        put(folder.path(), "sub/é & b,c.rk", policy.as_bytes());
        let out = run(folder.path(), &["lint", "sub", "--format", format, "--at", "2026-01-01"], "").out;
        let report = read(&out);
        let wrong: Vec<String> = validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?} in\n{out}");
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// An element with what it holds; the space between elements is none of its text.
fn element(node: roxmltree::Node<'_, '_>) -> Value {
    let attributes: serde_json::Map<String, Value> = node.attributes().map(|a| (a.name().to_owned(), a.value().into())).collect();
    let children: Vec<Value> = node.children().filter(|c| c.is_element()).map(element).collect();
    let text: String = node.children().filter_map(|c| c.text().filter(|_| c.is_text())).collect();
    json!({ "name": node.tag_name().name(), "attributes": attributes, "children": children, "text": text.trim() })
}

fn xml(text: &str) -> Value {
    element(roxmltree::Document::parse(text).expect("it is well-formed").root_element())
}

#[test]
fn gitlab_reports_are_valid() {
    valid("gitlab", "gitlab-code-quality.schema.json", parsed);
}

#[test]
fn rdjson_results_are_valid() {
    valid("rdjson", "rdjson.schema.json", parsed);
}

#[test]
fn junit_reports_are_valid_and_count_right() {
    valid("junit", "junit.schema.json", |text| {
        let report = xml(text);
        let number = |of: &Value, name: &str| of["attributes"][name].as_str().and_then(|n| n.parse().ok()).unwrap_or(0);
        let suites = report["children"].as_array().expect("suites");
        for name in ["tests", "failures", "errors"] {
            let sum: usize = suites.iter().map(|suite| number(suite, name)).sum();
            assert_eq!(number(&report, name), sum, "{name} of\n{text}");
        }
        for suite in suites {
            let cases = suite["children"].as_array().expect("cases");
            let failed = |case: &&Value| case["children"].as_array().is_some_and(|of| of.iter().any(|c| c["name"] == "failure"));
            let counted = (cases.len(), cases.iter().filter(failed).count());
            assert_eq!((number(suite, "tests"), number(suite, "failures")), counted, "{text}");
        }
        report
    });
}

/// A schema that accepts everything would hold nothing.
#[test]
fn the_schemas_refuse_what_is_no_report() {
    let refused = |schema: &str, report: Value| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(schema);
        let schema: Value = parsed(&std::fs::read_to_string(path).expect("the schema is there"));
        assert!(!jsonschema::validator_for(&schema).expect("a schema").is_valid(&report), "{report}");
    };
    refused("gitlab-code-quality.schema.json", json!([{ "description": "x" }]));
    refused("gitlab-code-quality.schema.json", json!({}));
    refused("rdjson.schema.json", json!({ "source": { "name": "x" }, "diagnostics": [{ "message": "x" }] }));
    let wrong_severity = json!([{ "message": "x", "location": { "path": "x" }, "severity": "error" }]);
    refused("rdjson.schema.json", json!({ "source": { "name": "x" }, "diagnostics": wrong_severity }));
    for text in [
        "<testsuite name=\"x\" tests=\"1\" failures=\"0\" errors=\"0\"/>",
        "<testsuites><testsuite name=\"x\" tests=\"1\" failures=\"0\"/></testsuites>",
        "<testsuites><testsuite name=\"x\" tests=\"x\" failures=\"0\" errors=\"0\"/></testsuites>",
        "<testsuites><testcase name=\"x\"/></testsuites>",
    ] {
        refused("junit.schema.json", xml(text));
    }
}
