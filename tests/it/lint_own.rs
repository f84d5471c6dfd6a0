//! What is said of a slip speaks of what the policy has, and names everything that is wrong at once.

use std::path::Path;

use crate::cli::{put, run};

/// The findings of a policy, one to a line.
fn lint(policy: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", policy.as_bytes());
    run(folder.path(), &["lint", "--format", "concise"], "").out
}

/// The one finding of a policy.
fn one(policy: &str) -> String {
    let said = lint(policy);
    assert_eq!(said.lines().count(), 1, "{policy}\n{said}");
    said.trim_end().to_owned()
}

fn ends(policy: &str, help: &str) {
    let said = one(policy);
    assert!(said.ends_with(&format!("; {help}")), "{policy}\n{said}");
}

#[test]
fn a_vocabulary_that_was_forgotten_is_named_once() {
    let policy = "group platform { user ann }\norganization acme {\n  repository api { group platform can write }\n  \
                  repository web\n}\nassign x to group platform in repository web\nrole x { can write on repository }\n";
    let said = lint(policy);
    assert_eq!(said.matches("`use github`").count(), 1, "{said}");
    assert_eq!(said.matches("unknown-kind").count(), 1, "{said}");
    let other = lint("use liveblocks\nchat_room lobby { default can read }\n");
    assert!(other.contains("`use livelike`"), "{other}");
}

#[test]
fn a_kind_that_is_shortened_is_asked_for() {
    for (short, kind) in [("repo", "repository"), ("repos", "repository"), ("org", "organization")] {
        let policy = format!("use github\norganization acme {{ repository z }}\n{short} y {{ default can read }}\n");
        ends(&policy, &format!("did you mean `{kind}`?"));
    }
    // Two kinds may be meant.
    let two = "kind docket in organization { levels read }\nkind document in organization { levels read }\ndoc x { default can read }\n";
    assert!(one(two).contains("the kinds are"), "{}", one(two));
}

#[test]
fn examples_speak_of_a_kind_of_the_policy() {
    let policy = "use github\norganization acme { repository api }\n";
    for (slip, shown) in [
        ("group staff can write", "put it in a block: `repository lobby { group staff can write }`"),
        ("assign admin to user ann in repository api, repository", "repository some-id"),
        ("repository x { user }", "`user some-id`"),
        ("repository x { user ann }", "`group staff can write`"),
    ] {
        let said = lint(&format!("{policy}{slip}\n"));
        assert!(said.contains(shown) && !said.contains("room") && !said.contains("comments"), "{slip}\n{said}");
    }
    // Its own words stay as they are.
    let own = lint("use github\nrepository room { user ann }\n");
    assert!(own.contains("`user ann can read`"), "{own}");
}

#[test]
fn a_policy_of_another_tool_is_told_once_and_says_something() {
    let fga = "model\n  schema 1.1\ntype user\ntype repository\n  relations\n    define reader: [user, team#member]\n    \
               define writer: [user] or owner\n";
    assert!(one(fga).contains("OpenFGA"), "{}", one(fga));
    let cedar = "permit (principal == User::\"ann\", action == Action::\"read\", resource == Repository::\"api\");\n\
                 forbid (principal in Group::\"contractors\", action, resource);\n";
    for policy in [fga, cedar, "package acme.authz\nimport rego.v1\n"] {
        assert!(!lint(policy).contains("empty-policy"), "{}", lint(policy));
    }
}

#[test]
fn what_is_suggested_is_no_error_of_its_own() {
    let level = |entry: &str| format!("use github\nrepository a {{ {entry} }}\n");
    ends(
        &level("user ann can read | write | admin"),
        "type the one that is meant, `user ann can read` or `user ann can write` or `user ann can admin`: a level includes the \
         lower ones",
    );
    ends("use github\nrole f { can read and write }\nrepository a { default can read }\n", "type `can write`");
    ends(
        "use github\ninclude groups\nrepository a { default can read }\n",
        "take it out: every file of a policy sees the others",
    );
    ends("include github\nrepository a { default can read }\n", "type `use github`");
    ends(
        "use github\nrepository api { default can write repository api }\n",
        "take it out: what a block says holds in the repository whose block it is",
    );
    ends(
        "use github\nrepository *-prod { default can read }\n",
        "type what the ids begin with, such as `\"prod-*\"`, or name each of them",
    );
    ends("use github\nrepository * { default can read }\n", "type `\"*\"`");
}

#[test]
fn a_group_that_is_named_as_everyone_is_a_group() {
    for name in ["all", "public", "guests", "anonymous"] {
        let policy = format!("use github\ngroup {name} {{ user ann }}\nrepository a {{ {name} can read }}\n");
        ends(&policy, &format!("type `group {name} can read`"));
    }
    for name in ["guests", "anonymous"] {
        let said = one(&format!("use github\nrepository a {{ {name} can read }}\n"));
        assert!(!said.contains(&format!("user {name}")) && said.contains("`default can read`"), "{said}");
    }
}

#[test]
fn a_role_where_the_next_line_begins_with_another_word_has_its_own_place() {
    let policy = "use github\nrepository api\nassign maintain to user ann in api\ngrant maintain to user ben in repository api\n";
    let said = lint(policy);
    let helps: Vec<&str> = said.lines().filter_map(|line| line.split_once("; ")).map(|(_, help)| help).collect();
    let expected =
        ["type `assign maintain to user ann in repository api`", "type `assign maintain to user ben in repository api`"];
    assert_eq!(helps, expected, "{said}");
}

fn manifest(text: &str) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", text.as_bytes());
    put(folder.path(), "a.rk", b"use github\nrepository api { default can read }\n");
    let done = run(folder.path(), &["lint"], "");
    (done.err, done.code)
}

#[test]
fn a_manifest_tells_all_that_is_wrong_with_it() {
    let text = "[policy]\nusers = \"opne\"\n[lint]\ndeny-warning = true\nadmin-count = { permision = \"admin\" }\n[lint.rules]\n\
                unused-grop = \"off\"\nunused-user = \"offf\"\n[diff]\nmax-lost = \"5 %\"\n";
    let (said, code) = manifest(text);
    assert_eq!((said.matches("error[manifest]").count(), code), (6, Some(2)), "{said}");
    for (line, column) in [(2, 9), (4, 1), (5, 17), (7, 1), (8, 15), (10, 12)] {
        assert!(said.contains(&format!("roomkey.toml:{line}:{column}]")), "{line}:{column}\n{said}");
    }
    let (said, _) = manifest("[diff]\nmax-lost = 5%\n[lint]\ndeny-warning = true\n");
    assert_eq!(said.matches("error[manifest]").count(), 2, "{said}");
    assert!(said.contains("type it in quotes: `max-lost = \"5%\"`"), "{said}");
    // Of other fields nobody can tell whether a text is meant, and what stands there may be a secret.
    let (said, _) = manifest("[token]\nHunter2x = abc\n");
    assert_eq!(said.matches("error[manifest]").count(), 1, "{said}");
    assert!(!said.contains("Hunter2x") && !said.contains("abc") && !said.contains("in quotes"), "{said}");
    let (said, _) = manifest("[policy]\nusers = \"opne\"\n[diff]\ndeny = [\"x\"\n[lint]\n");
    assert_eq!(said.matches("error[manifest]").count(), 2, "{said}");
}

#[test]
fn a_gate_of_the_manifest_that_looks_at_nothing_is_told_by_lint() {
    for (gate, fact, help) in [
        ("deny = [\"adimn\"]", "the policy has no permission `adimn`", "did you mean `admin`?"),
        ("deny = [\"admin@repo:x\"]", "the policy has no kind `repo`", "did you mean `repository`?"),
        ("require-expiry = [\"zzz\"]", "the policy has no permission `zzz`", "take it out, where the permission is gone"),
    ] {
        let (said, code) = manifest(&format!("[diff]\n{gate}\n"));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(fact) && said.contains(help), "{said}");
    }
    assert_eq!(manifest("[diff]\ndeny = [\"admin@repository:x\", \"write\"]\n").1, Some(0));
}

#[test]
fn a_file_that_is_a_part_is_told_of_the_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/roomkey.toml", b"");
    put(folder.path(), "policies/groups.rk", b"use github\ngroup core { user ann }\n");
    put(folder.path(), "policies/acme.rk", b"repository api { group core can write }\n");
    let said = |paths: &[&str], at: &Path| run(at, &[&["lint"], paths].concat(), "").err;
    let note = "note: `policies/acme.rk` is a part of the policy of `policies/roomkey.toml`: type `roomkey lint policies`\n";
    assert!(said(&["policies/acme.rk"], folder.path()).contains(note), "{}", said(&["policies/acme.rk"], folder.path()));
    let inside = folder.path().join("policies");
    assert!(said(&["acme.rk"], &inside).contains("of `roomkey.toml`: type `roomkey lint`\n"), "{}", said(&["acme.rk"], &inside));
    for whole in [&["policies"][..], &["policies/acme.rk", "policies/groups.rk"], &["policies/groups.rk"]] {
        assert!(!said(whole, folder.path()).contains("is a part"), "{whole:?}");
    }
}
