//! Tokens from the command line: issued by hand and from the policy, read back, and refused.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::cli::{Run, put, run};

const POLICY: &str = "\
use liveblocks

group staff { user marie until 2027-01-15T08:30:00Z, user ben }

organization acme {
  member group staff, user guest
  room \"design:*\" {
    group staff can *:write, comments:read
  }
  room lobby { default can read }
}
";

/// The time of issue in these tests.
pub const AT: [&str; 2] = ["--at", "2027-01-15T08:00:00Z"];

/// A folder with a policy, a manifest and a signing key.
pub fn signing(policy: &str, manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "policies/main.rk", policy.as_bytes());
    let manifest = format!("[token]\nkey = {{ file = \"key.pem\" }}\n{manifest}");
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    let made = run(folder.path(), &["keys", "generate", "--algorithm", "EdDSA", "-o", "key.pem"], "");
    assert_eq!(made.code, Some(0), "{made:?}");
    folder
}

/// Runs at the time of these tests.
pub fn at(folder: &Path, args: &[&str], input: &str) -> Run {
    run(folder, &[args, &AT].concat(), input)
}

/// The claims of a token.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[test]
fn patterns_given_by_hand_add_up_and_are_spelled_as_tokens_spell_them() {
    let folder = signing(POLICY, "");
    let allow = ["--allow", "design:*=write, comments:read", "--allow", "a=b=*:read", "--allow", "design:*=feeds:none"];
    let made = at(folder.path(), &[&["token", "access", "--user", "user:guest"], &allow[..]].concat(), "");
    assert_eq!((made.code, made.err.as_str()), (Some(0), "valid until 2027-01-15T09:00:00Z\n"));
    let said = claims(&made.out);
    assert_eq!((&said["k"], &said["uid"], &said["kind"]), (&json!("acc"), &json!("guest"), &Value::Null));
    assert_eq!(said["perms"], json!({"a=b": ["*:read"], "design:*": ["*:write", "comments:read", "feeds:none"]}));
    let read = at(folder.path(), &["token", "verify", "-", "--kind", "access"], &made.out);
    assert!(read.out.starts_with("valid  an access token of user guest, until 2027-01-15T09:00:00Z\n"), "{read:?}");
}

#[test]
fn a_token_given_by_hand_ends_with_the_membership_of_its_organization() {
    let folder = signing(POLICY, "");
    let made = at(folder.path(), &["token", "access", "-u", "marie", "-o", "acme", "--allow", "lobby=read"], "");
    let shortened = "valid until 2027-01-15T08:30:00Z, when the first of what it carries ends\n";
    assert_eq!((made.code, made.err.as_str(), &claims(&made.out)["oid"]), (Some(0), shortened, &json!("acme")));
    let out = at(folder.path(), &["token", "access", "-u", "eve", "-o", "acme", "--allow", "lobby=read"], "");
    assert_eq!((out.code, out.out.as_str()), (Some(2), ""));
    assert!(out.err.contains("user `eve` is no member of the closed organization `acme`"), "{out:?}");
}

#[test]
fn what_no_token_can_hold_is_refused_in_words() {
    let folder = signing(POLICY, "");
    let ten: Vec<String> = (0..11).map(|i| format!("r{i}=*:read")).collect();
    let ten: Vec<&str> = ten.iter().flat_map(|a| ["--allow", a]).collect();
    let long = format!("{}=*:read", "x".repeat(129));
    for (allow, said) in [
        (&["--allow", "a=comment:read"][..], "kind `room` does not declare the permission `comment:read`"),
        (&["--allow", "a=comment:read"], "did you mean `comments:read`?"),
        (&["--allow", "a=*"], "kind `room` does not declare the permission `*`"),
        (&["--allow", "a="], "`--allow a=` gives no permissions"),
        (&["--allow", "write"], "`--allow write` gives no permissions"),
        (&["--allow", "a*b=*:read"], "`a*b` cannot name an entry: it is an id, or a prefix with one `*` at its end"),
        (&["--allow", &long], "has 129 characters, and the limit is 128"),
        (&ten[..], "the token has 11 entries, and the limit is 10: `r9` does not fit help: join entries that begin alike"),
        (&["--allow", "a=*:read", "--kind", "rom"], "the policy has no kind `rom`"),
        (&["--allow", "a=*:read", "--ttl", "0s"], "the token would end before it begins"),
        (&["--allow", "a=*:read", "--info", "7"], "the claim `ui` is no JSON object"),
        (&["--allow", "a=*:read", "--info", "{"], "the claim `ui` is no JSON"),
    ] {
        let made = at(folder.path(), &[&["token", "access", "--user", "guest"], allow].concat(), "");
        assert_eq!((made.code, made.out.as_str()), (Some(2), ""), "{allow:?}");
        let flat = made.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{allow:?}: {flat}");
    }
}

#[test]
fn a_token_about_another_kind_says_so() {
    let folder = signing("use liveblocks\nkind invoice { levels read < write permissions approve }\n", "");
    let args = ["token", "access", "-u", "ann", "--kind", "invoice", "--allow", "2026-*=read,approve"];
    let made = at(folder.path(), &args, "");
    let said = claims(&made.out);
    assert_eq!((&said["kind"], &said["perms"]), (&json!("invoice"), &json!({"2026-*": ["*:read", "approve"]})));
    assert_eq!(at(folder.path(), &["token", "verify", "-"], &made.out).code, Some(0));
}

const PRIVATE: &str = "\
use liveblocks
room \"design:*\" { user ann can *:write, comments:read }
room \"design:secret\" { default can nothing }
room lobby { default can read }
";

#[test]
fn a_token_from_the_policy_is_exact_or_says_what_does_not_fit() {
    let folder = signing(PRIVATE, "");
    let from = ["token", "access", "--user", "ann", "--from-policy"];
    let all = at(folder.path(), &from, "");
    assert_eq!((all.code, all.out.as_str()), (Some(2), ""));
    let flat = all.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
    let said = "`design:*` does not fit: `design:secret` inside of it has less, and a token cannot take a base away";
    assert!(flat.contains(said) && flat.contains("--partial") && flat.contains("--resource"), "{flat}");
    let part = at(folder.path(), &[&from[..], &["--partial", "-q"]].concat(), "");
    assert_eq!((part.code, part.err.as_str()), (Some(0), "`design:*` is left out: write, comments:read\n"));
    assert_eq!(claims(&part.out)["perms"], json!({"lobby": ["*:read"]}));
    let narrow = at(folder.path(), &[&from[..], &["--resource", "room:design:h*", "--resource", "room:lobby"]].concat(), "");
    assert_eq!(claims(&narrow.out)["perms"], json!({"design:h*": ["*:write", "comments:read"], "lobby": ["*:read"]}));
    for (more, said) in [
        (["--resource", "rom:lobby"], "did you mean `room`?"),
        (["--resource", "room:a*b"], "`room:a*b` is neither an id nor a prefix"),
        (["--resource", "room:nowhere"], "user `ann` reaches no room that is asked for"),
    ] {
        let run = at(folder.path(), &[&from[..], &more].concat(), "");
        assert!(run.code == Some(2) && run.out.is_empty() && run.err.contains(said), "{run:?}");
    }
}

#[test]
fn a_token_from_the_policy_ends_with_what_it_carries() {
    let folder = signing(POLICY, "");
    let made = at(folder.path(), &["token", "access", "-u", "marie", "--from-policy", "--resource", "room:design:*"], "");
    assert_eq!(made.err, "valid until 2027-01-15T08:30:00Z, when the first of what it carries ends\n");
    let made = at(folder.path(), &["token", "access", "-u", "ben", "--from-policy"], "");
    assert_eq!(made.err, "valid until 2027-01-15T09:00:00Z\n");
}

#[test]
fn check_asks_with_a_token() {
    let folder = signing(POLICY, "");
    let id = at(folder.path(), &["token", "id", "-u", "ben", "-o", "acme", "-q"], "").out;
    let ask = |token: &str, more: &[&str]| at(folder.path(), &[&["check", "--token", "-"], more].concat(), token);
    let read = ask(&id, &["comments:read", "room:design:home"]);
    let said = "allow  user ben can comments:read on room \"design:home\"\n  \
                because group staff can *:write, comments:read     policies/main.rk:8:5\n";
    assert_eq!((read.code, read.out.as_str(), read.err.as_str()), (Some(0), said, ""));
    assert_eq!(ask(&id, &["comments:write", "room:design:home"]).code, Some(1));
    let give = ["token", "access", "-u", "eve", "--allow", "design:*=*:write,comments:read", "-q"];
    let acc = at(folder.path(), &give, "").out;
    let read = ask(&acc, &["comments:read", "room:design:home"]);
    let said = "allow  user eve can comments:read on room \"design:home\"\n  \
                because the token's entry `design:*` gives *:write, comments:read\n";
    assert_eq!((read.code, read.out.as_str()), (Some(0), said));
    let none = ask(&acc, &["read", "room:lobby", "--format", "json"]);
    let json: Value = serde_json::from_str(&none.out).expect("JSON");
    assert_eq!((none.code, &json["decision"], &json["reason"]), (Some(1), &json!("deny"), &json!({"kind": "token"})));
    let both = ask(&acc, &["read", "room:design:home", "--and-policy"]);
    assert!(both.code == Some(1) && both.out.contains("no member"), "{both:?}");
    for (token, more, said) in [
        (&acc[..9], &["read", "room:lobby"][..], "this is no token"),
        (&acc, &["raed", "room:lobby"], "did you mean `read`?"),
        (&acc, &["read", "rom:lobby"], "the policy has no kind `rom`"),
        (&acc, &["eve", "read", "room:lobby"], "the user of a question with a token is that of the token"),
    ] {
        let run = ask(token, more);
        assert!(run.code == Some(2) && run.out.is_empty() && run.err.contains(said), "{run:?}");
        assert!(!run.err.contains(token.trim()), "the token is not shown");
    }
}

const INVOICES: &str = "\
use liveblocks
kind invoice { permissions approve, pay }
group approvers
group payers
invoice first { group approvers can approve  group payers can pay }
room lobby { default can write }
";

#[test]
fn a_token_never_joins_what_the_manifest_keeps_apart() {
    let lint = "[lint]\nseparation-of-duty = [[\"approve\", \"pay\"]]\n";
    let folder = signing(INVOICES, lint);
    let id = |groups: &[&str]| at(folder.path(), &[&["token", "id", "-u", "ann"], groups].concat(), "");
    assert_eq!(id(&["-g", "payers"]).code, Some(0));
    let both = id(&["-g", "payers", "-g", "approvers"]);
    let said = "the token would give both `approve` and `pay` on invoice `first`, which `separation-of-duty` keeps apart";
    let flat = |run: &Run| run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
    assert_eq!((both.code, both.out.as_str()), (Some(2), ""));
    assert!(flat(&both).contains(said), "{both:?}");
    let hand = ["token", "access", "-u", "ann", "--kind", "invoice"];
    let both = at(folder.path(), &[&hand[..], &["--allow", "f*=pay", "--allow", "first=approve"]].concat(), "");
    assert!(both.code == Some(2) && both.out.is_empty() && flat(&both).contains(said), "{both:?}");
    let from = [&hand[..], &["--from-policy", "-g", "payers"]].concat();
    assert_eq!(at(folder.path(), &from, "").code, Some(0));
    let both = at(folder.path(), &[&from[..], &["-g", "approvers"]].concat(), "");
    assert!(both.code == Some(2) && flat(&both).contains(said), "{both:?}");
    // Pairs of `[token]` count as well, and a pair that means nothing opens nothing.
    let folder = signing(INVOICES, "separation-of-duty = [[\"storage:write\", \"comments:write\"]]\n");
    let both = at(folder.path(), &["token", "id", "-u", "ann"], "");
    assert!(both.code == Some(2) && flat(&both).contains("`storage:write` and `comments:write` on room `lobby`"), "{both:?}");
    let folder = signing(INVOICES, "separation-of-duty = [[\"approve\", \"paay\"]]\n");
    let both = at(folder.path(), &["token", "id", "-u", "ann"], "");
    assert!(both.code == Some(2) && flat(&both).contains("no kind declares both `approve` and `paay`"), "{both:?}");
}

#[test]
fn inspect_explains_overlaps() {
    let folder = signing(POLICY, "");
    let give = ["token", "access", "-u", "eve", "-q", "--allow", "d*=*:write,comments:read", "--allow", "door=*:read,feeds:none"];
    let token = at(folder.path(), &give, "").out;
    let seen = run(folder.path(), &["token", "inspect", "-"], &token);
    let said = "where entries overlap, the highest base counts, and each feature comes from the longest entry that names it:\n  \
                `d*`  base write, comments read, comments:public read, comments:private read\n  \
                `door`  base write from `d*`, comments read from `d*`, comments:public read from `d*`, \
                comments:private read from `d*`, feeds none\n";
    assert!(seen.code == Some(0) && seen.out.ends_with(said), "{}", seen.out);
    let seen = run(folder.path(), &["token", "inspect", "-", "--format", "json"], &token);
    let json: Value = serde_json::from_str(&seen.out).expect("JSON");
    let gives = &json["entries"][1]["gives"];
    assert_eq!(
        (&gives["base"], &gives["feeds"]),
        (&json!({"level": "write", "from": "d*"}), &json!({"level": "none", "from": "door"}))
    );
}

#[test]
fn a_token_typed_in_the_wrong_place_is_not_shown() {
    let folder = signing(POLICY, "");
    let token = at(folder.path(), &["token", "id", "-u", "ben", "-q"], "").out;
    let token = token.trim();
    for args in [
        &["check", "ben", "read", "room:lobby", token][..],
        &["check", "ben", token, "room:lobby"],
        &["check", "ben", "read", token],
        &["token", "access", "-u", "ben", "--allow", token],
        &["token", "inspect", token, token],
        &["token", "verify", &token[..token.len() - 9]],
        &["check", "--token", &token[..40], "read", "room:lobby"],
    ] {
        let run = run(folder.path(), args, "");
        assert_ne!(run.code, Some(0), "{args:?}");
        assert!(!run.err.contains(&token[..30]) && !run.out.contains(&token[..30]), "{run:?}");
    }
}

#[test]
fn rooms_that_do_not_fit_are_named() {
    let rooms: String = (0..14).map(|i| format!("room r{i:02} {{ user ann can write }}\n")).collect();
    let folder = signing(&format!("use liveblocks\n{rooms}"), "");
    let from = ["token", "access", "-u", "ann", "--from-policy"];
    let all = at(folder.path(), &from, "");
    let flat = all.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
    let said = "14 entries would be needed, and a token holds 10: `r10`, `r11`, `r12`, `r13` do not fit";
    assert!(all.code == Some(2) && all.out.is_empty() && flat.contains(said), "{all:?}");
    assert!(["--resource", "--kind", "--partial"].iter().all(|option| flat.contains(option)), "{flat}");
    let many: String = (0..30).map(|i| format!("room r{i:02} {{ user ann can write }}\n")).collect();
    put(folder.path(), "policies/main.rk", format!("use liveblocks\n{many}").as_bytes());
    let more = at(folder.path(), &from, "");
    let flat = more.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
    let said = "30 entries would be needed, and a token holds 10: `r10`, `r11`, `r12`, `r13`, `r14` and 15 more do not fit";
    assert!(flat.contains(said), "{flat}");
    put(folder.path(), "policies/main.rk", format!("use liveblocks\n{rooms}").as_bytes());
    let part = at(folder.path(), &[&from[..], &["--partial", "-q"]].concat(), "");
    let left: String = (10..14).map(|i| format!("`r{i}` is left out: write\n")).collect();
    assert_eq!((part.code, part.err), (Some(0), left));
    assert_eq!(claims(&part.out)["perms"].as_object().map(serde_json::Map::len), Some(10));
    let narrow = at(folder.path(), &[&from[..], &["--resource", "room:r1*"]].concat(), "");
    assert_eq!(claims(&narrow.out)["perms"].as_object().map(serde_json::Map::len), Some(4));
}

/// Every reason for which something does not fit is said, and of each how much more there is.
#[test]
fn what_does_not_fit_is_counted() {
    let private = |i: usize| format!("room \"p{i}:*\" {{ user ann can write }}\nroom \"p{i}:x\" {{ default can nothing }}\n");
    let folder = signing(&format!("use liveblocks\n{}", (0..8).map(private).collect::<String>()), "");
    let from = ["token", "access", "-u", "ann", "--from-policy"];
    let refused = |more: &[&str]| {
        let run = at(folder.path(), &[&from[..], more].concat(), "");
        assert!(run.code == Some(2) && run.out.is_empty(), "{run:?}");
        run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
    };
    let flat = refused(&[]);
    assert!(flat.contains("`p4:*` does not fit: `p4:x` inside of it has less") && !flat.contains("`p5:*`"), "{flat}");
    assert!(flat.contains("3 more do not fit, each with something inside of it that has less"), "{flat}");
    let flat = refused(&["--partial"]);
    assert!(flat.contains("`p4:*` is left out: write; 3 more are left out; nothing is left that a token could hold"), "{flat}");
    let plain: String = (0..12).map(|i| format!("room r{i:02} {{ user ann can write }}\n")).collect();
    let long: String = (0..7).map(|i| format!("room \"{}{i}\" {{ user ann can write }}\n", "x".repeat(130))).collect();
    put(folder.path(), "policies/main.rk", format!("use liveblocks\n{}{plain}{long}", private(0)).as_bytes());
    let flat = refused(&[]);
    for said in [
        "`p0:*` does not fit: `p0:x` inside of it has less",
        "and 2 more do not fit: the name of an entry has at most 128 characters",
        "19 entries would be needed, and a token holds 10: `r10`, `r11`,",
        "`--resource KIND:ID`",
    ] {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    put(
        folder.path(),
        "policies/main.rk",
        b"use liveblocks\nroom \"a*\" { user ann can *:read, feeds:write }\nroom a { user ann can feeds:read }\n",
    );
    let flat = refused(&[]);
    assert!(flat.contains("`a*`, `a` do not fit together: entries of one length raise each other's features"), "{flat}");
}

/// A token is about the kind that it was issued for, whatever kinds a policy has when it is read.
#[test]
fn a_token_stays_about_its_kind() {
    let drives = "kind drive in organization { levels read < write }\ndrive \"*\" { user ann can write }\n";
    let folder = signing(drives, "");
    let made = at(folder.path(), &["token", "access", "--user", "ann", "--from-policy", "-q"], "");
    assert_eq!(claims(&made.out)["kind"], json!("drive"), "{made:?}");
    let more = format!("{drives}kind room in organization {{ levels read < write }}\nroom secret\n");
    put(folder.path(), "policies/main.rk", more.as_bytes());
    let ask = |resource: &str| at(folder.path(), &["check", "--token", made.out.trim(), "write", resource], "").code;
    assert_eq!((ask("drive:x"), ask("room:secret")), (Some(0), Some(1)));
}
