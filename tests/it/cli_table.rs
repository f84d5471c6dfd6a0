//! Tables on the command line: built, looked into, asked, kept between two runs, and damaged.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::{Run, acme, expect, put, run};

const ASK: [&str; 3] = ["marie@example.com", "comments:write", "room:a32"];

fn build(folder: &Path) -> Run {
    run(folder, &["build", "-o", "acme.rkb"], "")
}

#[test]
fn a_table_answers_as_its_policy_does() {
    let folder = acme();
    let built = build(folder.path());
    assert_eq!((built.code, built.out.as_str()), (Some(0), ""));
    assert!(built.err.starts_with("acme.rkb: 3 facts and "), "{}", built.err);
    for ask in [ASK, ["stranger", "read", "room:a32"], ["marie@example.com", "read", "room:a33"]] {
        for format in ["text", "json"] {
            let more = ["--format", format];
            let of_policy = run(folder.path(), &[&["check"], &ask[..], &more[..]].concat(), "");
            let of_table = run(folder.path(), &[&["check", "-p", "acme.rkb"], &ask[..], &more[..]].concat(), "");
            assert_eq!(of_policy, of_table);
        }
    }
    let rows = "user,permission,resource\nmarie@example.com,read,room:a32\nbob,read,room:a32\n";
    let batch = run(folder.path(), &["check", "-p", "acme.rkb", "--batch", "-", "--input", "csv"], rows);
    let answers = "user,permission,resource,decision\nmarie@example.com,read,room:a32,allow\nbob,read,room:a32,deny\n";
    expect(&batch, 0, answers, "");
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    let folders = [acme(), acme()];
    let bytes = folders.each_ref().map(|folder| {
        build(folder.path());
        fs::read(folder.path().join("acme.rkb")).expect("the table is there")
    });
    assert!(bytes[0] == bytes[1] && !bytes[0].is_empty());
}

#[test]
fn a_policy_with_errors_writes_nothing_and_leaves_the_old_table() {
    let folder = acme();
    build(folder.path());
    let before = fs::read(folder.path().join("acme.rkb")).expect("the table is there");
    put(folder.path(), "policies/more.rk", b"room a33 { default can fly }");
    let failed = build(folder.path());
    assert_eq!((failed.code, failed.out.as_str()), (Some(2), ""));
    assert!(failed.err.contains("unknown-permission"), "{}", failed.err);
    assert_eq!(fs::read(folder.path().join("acme.rkb")).expect("the table is there"), before);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "no file is left behind");
}

#[test]
fn a_table_has_its_ending_and_its_folder() {
    let folder = acme();
    let said = "error: `acme.table` does not end in `.rkb`\n  help: type `-o acme.rkb`\n";
    expect(&run(folder.path(), &["build", "-o", "acme.table"], ""), 2, "", said);
    let failed = run(folder.path(), &["build", "-o", "nowhere/acme.rkb"], "");
    assert_eq!(failed.code, Some(2));
    assert!(failed.err.contains("cannot write `nowhere/acme.rkb`"), "{}", failed.err);
}

#[test]
fn inspect_tells_what_a_table_holds() {
    let folder = acme();
    build(folder.path());
    let told = run(folder.path(), &["inspect", "acme.rkb", "--verify", "--format", "json"], "");
    assert_eq!(told.code, Some(0), "{}", told.err);
    let told: serde_json::Value = serde_json::from_str(&told.out).expect("one object");
    assert_eq!(told["format"], "1.3");
    assert_eq!(told["verified"], true);
    assert_eq!(told["counts"]["users"], 1);
    assert_eq!(told["counts"]["accesses_and_prohibitions"], 2);
    assert_eq!(told["facts"], 3);
    assert_eq!(told["kinds"], serde_json::json!(["organization", "room"]));
    let sections = told["sections"].as_object().expect("sections");
    let sum: u64 = sections.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(sum, told["bytes"].as_u64().expect("a number"), "the account is whole");
    let text = run(folder.path(), &["inspect", "acme.rkb"], "");
    assert!(text.out.starts_with("table      format 1.3, written by roomkey "), "{}", text.out);
    assert!(text.out.ends_with(" bytes each\n"), "{}", text.out);
}

#[test]
fn what_is_no_table_says_so() {
    let folder = acme();
    build(folder.path());
    let mut bytes = fs::read(folder.path().join("acme.rkb")).expect("the table is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    put(folder.path(), "bent.rkb", &bytes);
    put(folder.path(), "short.rkb", &bytes[..5000]);
    put(folder.path(), "text.rkb", b"use liveblocks");
    put(folder.path(), "empty.rkb", b"");
    let cases = [
        ("none.rkb", "there is no file `none.rkb`"),
        ("text.rkb", "no compiled policy"),
        ("empty.rkb", "no compiled policy"),
        ("short.rkb", "cut short"),
        ("bent.rkb", "damaged"),
    ];
    for (name, said) in cases {
        for args in [vec!["inspect", "--verify", name], [&["check", "-p", name], &ASK[..]].concat()] {
            let failed = run(folder.path(), &args, "");
            assert_eq!((failed.code, failed.out.as_str()), (Some(2), ""), "{args:?}");
            assert!(failed.err.contains(said), "{args:?}: {}", failed.err);
        }
    }
    let failed = run(folder.path(), &["lint", "acme.rkb"], "");
    assert_eq!(failed.code, Some(2));
    assert!(failed.err.contains("needs the text that it was built from"), "{}", failed.err);
}

/// Asks with a cache in a folder of its own.
fn cached(folder: &Path, cache: &Path) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
    command.current_dir(folder).args(["check", "-q"]).args(ASK).env("ROOMKEY_CACHE", cache);
    command.status().expect("roomkey starts").code()
}

fn tables(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(cache).expect("the cache is there").flatten().map(|e| e.path());
    entries.filter(|p| p.extension().is_some_and(|e| e == "rkb")).collect()
}

#[test]
fn the_cache_follows_every_change_and_survives_damage() {
    let (folder, home) = (acme(), tempfile::tempdir().expect("a temporary folder"));
    let cache = home.path().join("cache");
    put(folder.path(), "policies/long.rk", format!("// {}\n", "long ".repeat(10_000)).as_bytes());
    put(folder.path(), "policies/facts.rk", b"facts members from \"more.csv\"");
    put(folder.path(), "policies/more.csv", b"group,user\nengineering,olivier@example.com\n");
    assert_eq!(cached(folder.path(), &cache), Some(0));
    assert_eq!(tables(&cache).len(), 1);
    assert_eq!(cached(folder.path(), &cache), Some(0), "from the cache");
    assert_eq!(tables(&cache).len(), 1);
    // A prohibition in a policy file, then in a data file, is in force at once.
    put(folder.path(), "policies/no.rk", b"group late  room a32 { group late cannot write }");
    assert_eq!(cached(folder.path(), &cache), Some(0));
    put(folder.path(), "policies/more.csv", b"group,user\nlate,marie@example.com\n");
    assert_eq!(cached(folder.path(), &cache), Some(1));
    assert_eq!(cached(folder.path(), &cache), Some(1), "from the cache");
    for table in tables(&cache) {
        fs::write(table, b"spoiled").expect("the file is written");
    }
    assert_eq!(cached(folder.path(), &cache), Some(1), "a spoiled cache is passed over");
    fs::remove_dir_all(&cache).expect("the cache goes");
    assert_eq!(cached(folder.path(), &cache), Some(1), "a cache may be deleted");
}

#[cfg(unix)]
#[test]
fn a_cache_that_others_can_write_to_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, home) = (acme(), tempfile::tempdir().expect("a temporary folder"));
    put(folder.path(), "policies/long.rk", format!("// {}\n", "long ".repeat(10_000)).as_bytes());
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).expect("the mode is set");
    assert_eq!(cached(folder.path(), home.path()), Some(0));
    assert_eq!(tables(home.path()).len(), 0);
}
