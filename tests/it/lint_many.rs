//! Findings about several resources: each resource is known by its name to a baseline and to `--since`.

use crate::cli::{put, run};
use crate::lint_since::committed;

const MANIFEST: &str = "[lint.rules]\nbroad-audience = \"warning\"\nunused-group = \"off\"\n";

/// For each rule a policy with its finding about room one, and what to add for another resource.
const CASES: &[(&str, &str, &str)] = &[
    (
        "role-reaches-private",
        "role auditor { can read }\ngroup auditors\nroom one in organization acme { default can nothing }\n\
         assign auditor to group auditors in organization acme\n",
        "room two in organization acme { default can nothing }\n",
    ),
    (
        "default-or-everyone",
        "role reader { can read }\nroom one in organization acme { default can nothing }\n\
         assign reader to everyone in organization acme\n",
        "room two in organization acme { default can nothing }\n",
    ),
    (
        "broad-audience",
        "organization acme { default can write on room }\nroom one in organization acme\n",
        "room two in organization acme\n",
    ),
    (
        "ineffective-nothing",
        "role editor { can write }\norganization acme { user ann can nothing on room }\nroom one in organization acme\n\
         assign editor to user ann in organization acme\n",
        "room two in organization acme\n",
    ),
];

fn policy(rest: &str) -> Vec<u8> {
    format!("use liveblocks\norganization acme\n{rest}").into_bytes()
}

#[test]
fn a_resource_more_is_new_to_a_baseline() {
    for (rule, text, more) in CASES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        put(folder.path(), "roomkey.toml", MANIFEST.as_bytes());
        put(folder.path(), "a.rk", &policy(text));
        let lint = |args: &[&str]| run(folder.path(), &[&["lint", "--format", "concise"], args].concat(), "").out;
        let of_rule = |out: String| out.lines().filter(|line| line.contains(rule)).map(|l| format!("{l}\n")).collect::<String>();
        assert!(of_rule(lint(&[])).contains(&format!("[{rule}]: ")), "{rule}: {}", lint(&[]));
        lint(&["--write-baseline", "known.json"]);
        assert_eq!(lint(&["--baseline", "known.json"]), "", "{rule}");
        put(folder.path(), "b.rk", more.as_bytes());
        let said = of_rule(lint(&["--baseline", "known.json"]));
        assert!(said.contains("room one and 1 more") && said.contains("; not in the baseline: room two; "), "{rule}: {said}");
        let json = run(folder.path(), &["lint", "--format", "json"], "").out;
        assert!(json.contains(r#""who":["room one","room two"]"#), "{rule}: {json}");
        // One that goes is no news.
        lint(&["--write-baseline", "known.json"]);
        put(folder.path(), "b.rk", b"");
        assert_eq!(lint(&["--baseline", "known.json"]), "", "{rule}");
    }
}

#[test]
fn a_resource_more_is_new_since_a_revision() {
    for (rule, text, more) in CASES {
        let Some(folder) = committed(MANIFEST, &String::from_utf8_lossy(&policy(text))) else { return };
        let lint = || run(folder.path(), &["lint", "--format", "concise", "--since", "HEAD"], "").out;
        assert_eq!(lint(), "", "{rule}");
        put(folder.path(), "b.rk", more.as_bytes());
        let said = lint();
        assert!(said.contains(rule) && said.contains("; not in `HEAD`: room two; "), "{rule}: {said}");
    }
    // What a prohibition less opens.
    let text = "role auditor { can read }\ngroup auditors\nroom one in organization acme { default can nothing }\n\
                room two in organization acme {\n  default can nothing\n  group auditors cannot *\n}\n\
                assign auditor to group auditors in organization acme\n";
    let Some(folder) = committed(MANIFEST, &String::from_utf8_lossy(&policy(text))) else { return };
    put(folder.path(), "a.rk", &policy(&text.replace("  group auditors cannot *\n", "")));
    let said = run(folder.path(), &["lint", "--format", "concise", "--since", "HEAD"], "").out;
    assert!(said.contains("role-reaches-private") && said.contains("; not in `HEAD`: room two; "), "{said}");
}

#[test]
fn a_rule_that_is_raised_to_an_error_is_not_passed_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", b"[lint.rules]\nunused-group = \"error\"\n");
    put(folder.path(), "a.rk", b"use liveblocks\ngroup staff\nroom a { default can read, room:presence:write }\n");
    let lint = |args: &[&str]| run(folder.path(), &[&["lint", "--format", "concise"], args].concat(), "");
    let wrote = lint(&["--write-baseline", "known.json"]);
    assert!(wrote.err.starts_with("known.json: 1 finding recorded; 1 error cannot be\n"), "{wrote:?}");
    let passed = lint(&["--baseline", "known.json"]);
    assert!(passed.code == Some(1) && passed.out.contains("error[unused-group]"), "{passed:?}");
    assert_eq!(run(folder.path(), &["check", "-q", "ann", "read", "room:a"], "").code, Some(2));
    // One that was recorded before the rule was raised counts, too.
    put(folder.path(), "roomkey.toml", b"");
    lint(&["--write-baseline", "known.json"]);
    put(folder.path(), "roomkey.toml", b"[lint.rules]\nunused-group = \"error\"\n");
    assert_eq!(lint(&["--baseline", "known.json"]).code, Some(1));
}
