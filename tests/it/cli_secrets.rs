//! What is secret is in no output, wherever somebody types it, and keys that cannot be used are named and left out.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roomkey::token::{Algorithm, Key, jwks};
use serde_json::{Value, json};

use crate::cli::{Run, put, run};
use crate::cli_tokens::{at, signing};

const POLICY: &str = "use liveblocks\nroom lobby { user ben can write }\n";

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is said, on one line.
fn flat(run: &Run) -> String {
    run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
}

/// Tokens of several shapes: ours, with blanks before and inside of the header, and with another name first.
fn tokens(folder: &Path) -> Vec<String> {
    let own = at(folder, &["token", "id", "-u", "ben", "-q"], "").out.trim().to_owned();
    let rest = own.split_once('.').expect("three parts").1;
    let other = |header: &str| format!("{}.{rest}", encoded(header));
    let mut all = vec![
        other("{\n  \"alg\": \"HS256\"}"),
        other(" {\"alg\":\"HS256\"}"),
        other("{\"typ\":\"JWT\",\"kid\":\"7\",\"alg\":\"ES256\"}"),
    ];
    all.push(own);
    all
}

#[test]
fn a_token_that_stands_where_a_name_does_is_in_no_output() {
    let folder = signing(POLICY, "");
    for token in tokens(folder.path()) {
        let (user, room, allow) = (format!("user:{token}"), format!("room:{token}"), format!("{token}=*:read"));
        for args in [
            &["check", &token, "read", "room:lobby"][..],
            &["check", &user, "read", "room:lobby", "--format", "json"],
            &["check", "ben", &token, "room:lobby"],
            &["check", "ben", "read", &room],
            &["check", "ben", "read", &room, "--format", "json"],
            &["check", "ben", "read", "room:lobby", "-g", &token],
            &["check", "ben", "read", "room:lobby", "-o", &token],
            &["check", "--token", &token, "read", &room],
            &["explain", &token, "read", "room:lobby"],
            &["who", "read", &room],
            &["what", &token],
            &["matrix", "--user", &token],
            &["token", "id", "-u", &token],
            &["token", "id", "-u", "ben", "-g", &token],
            &["token", "access", "-u", "ben", "--allow", &allow],
            &["token", "verify", &token, &token],
            &["token", "verify", &token, "--at", &token],
            &["keys", "list", "-p", &token],
            &[&token],
        ] {
            let run = run(folder.path(), args, "");
            let said = format!("{}{}", run.out, run.err);
            assert!(run.code == Some(2) && run.out.is_empty(), "{args:?}: {run:?}");
            assert!(token.split('.').all(|part| !said.contains(&part[..16.min(part.len())])), "{args:?}: {said}");
        }
        let said = at(folder.path(), &["check", &token, "read", "room:lobby"], "");
        assert!(
            flat(&said).starts_with("error: argument 2 holds a token, and none belongs there help: a token stands behind"),
            "{said:?}"
        );
    }
    // In its own place it is read, also beside a name that only looks a bit like one.
    let own = tokens(folder.path()).pop().expect("a token");
    let token = format!("--token={own}");
    assert_eq!(at(folder.path(), &["check", &token, "read", "room:lobby"], "").code, Some(0));
    assert_eq!(run(folder.path(), &["token", "inspect", &own], "").code, Some(0));
    for user in ["eyJohn.Smith.Esq", "eyJhbGciOiJIUzI1NiJ9", "e30.e30.e30"] {
        let asked = at(folder.path(), &["check", user, "read", "room:lobby"], "");
        assert!(asked.code == Some(1) && asked.out.starts_with(&format!("deny   user {user} cannot read")), "{asked:?}");
    }
}

#[test]
fn a_key_that_is_typed_is_in_no_output() {
    let folder = signing(POLICY, "");
    let pem = std::fs::read_to_string(folder.path().join("key.pem")).expect("the key");
    let inside = pem.lines().nth(1).expect("a line").to_owned();
    let jwk = json!({ "kty": "oct", "k": encoded([7; 32]) }).to_string();
    for (key, secret) in [(&pem, inside), (&jwk, encoded([7; 32]))] {
        for args in [
            &["check", key, "read", "room:lobby"][..],
            &["check", "ben", "read", &format!("room:{key}")],
            &["token", "id", "-u", "ben", "--info", key],
            &["token", "verify", "a.b.c", "--jwks", key],
            &["keys", "generate", "--algorithm", key, "-o", "new.pem"],
            &["keys", "generate", &format!("--algorithm={key}"), "-o", "new.pem"],
        ] {
            let run = run(folder.path(), args, "");
            assert!(run.code == Some(2) && run.out.is_empty() && !run.err.contains(&secret), "{args:?}: {run:?}");
        }
    }
    let said = at(folder.path(), &["check", &pem, "read", "room:lobby"], "");
    assert!(
        flat(&said).starts_with("error: argument 2 holds a key, and none belongs there help: write the key to a file"),
        "{said:?}"
    );
}

#[test]
fn a_file_of_questions_repeats_no_token() {
    let folder = signing(POLICY, "");
    for token in tokens(folder.path()) {
        let csv = format!(
            "user,permission,resource,note\nben,read,room:lobby,a\nben,read,room:lobby,{token}\nben,write,room:lobby,b\n"
        );
        let json = format!(
            "{{\"user\":\"ben\",\"permission\":\"read\",\"resource\":\"room:lobby\"}}\n\
             {{\"user\":\"{token}\",\"permission\":\"read\",\"resource\":\"room:lobby\"}}\n"
        );
        for (text, file, line) in [(&csv, "q.csv", 3), (&json, "q.jsonl", 2)] {
            put(folder.path(), file, text.as_bytes());
            let stopped = at(folder.path(), &["check", "--batch", file], "");
            assert!(
                stopped.code == Some(2) && stopped.err.contains(&format!("{file}:{line}: the row holds a token")),
                "{stopped:?}"
            );
            let through = at(folder.path(), &["check", "--batch", file, "--keep-going"], "");
            assert!(through.code == Some(2) && through.out.contains("[token]") && through.out.contains("allow"), "{through:?}");
            for run in [stopped, through] {
                assert!(!format!("{}{}", run.out, run.err).contains(&token[..16]), "{run:?}");
            }
        }
    }
}

#[test]
fn an_unknown_kind_makes_a_token_invalid_in_every_format() {
    let folder = signing("use liveblocks\nkind invoice { permissions approve }\n", "");
    let made = at(folder.path(), &["token", "access", "-u", "ann", "--kind", "invoice", "--allow", "x=approve", "-q"], "").out;
    put(folder.path(), "policies/main.rk", b"use liveblocks\nkind invoices { permissions approve }\n");
    let said = "the token is about the kind `invoice`, and the policy has none of that name";
    let text = at(folder.path(), &["token", "verify", "-"], &made);
    assert_eq!((text.code, text.out.as_str()), (Some(1), &*format!("invalid  {said}\n  help: did you mean `invoices`?\n")));
    let json = at(folder.path(), &["token", "verify", "-", "--format", "json"], &made);
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, value), (Some(1), json!({ "valid": false, "message": said, "help": "did you mean `invoices`?" })));
    let asked = at(folder.path(), &["check", "--token", "-", "read", "room:lobby"], &made);
    assert!(asked.code == Some(2) && flat(&asked).contains(said), "{asked:?}");
}

/// A set with a good key, a weak one, a damaged one, and one for something else.
fn mixed() -> (Key, Value) {
    let (key, _) = Key::generate(Algorithm::EdDSA).expect("a key");
    let good = jwks([&key])["keys"][0].clone();
    let weak = json!({ "kty": "RSA", "kid": "old", "n": encoded([0xff; 128]), "e": "AQAB" });
    let damaged = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "odd", "x": 7 });
    let other = json!({ "kty": "EC", "crv": "P-256", "use": "enc", "x": "AA", "y": "AA" });
    (key, json!({ "keys": [weak, good, damaged, other] }))
}

#[test]
fn a_weak_key_of_a_set_is_left_out_and_spoils_no_other() {
    let folder = signing(POLICY, "");
    let (key, set) = mixed();
    put(folder.path(), "set.json", set.to_string().as_bytes());
    let made = roomkey::token::Issuer::new(key).expect("a private key");
    let when = "2027-01-15T08:00:00Z".parse().expect("a time");
    let token = made.identity(&roomkey::token::Identity::new("ben"), when).expect("a token").token().to_owned();
    let verify = |token: &str| at(folder.path(), &["token", "verify", "-", "--jwks", "set.json"], token);
    let read = verify(&token);
    let warned = "warning: key 1 (`kid` old) of `set.json` is left out: the key is too weak: 1024 bits, and RS256 needs 2048 or more\n\
                  warning: key 3 (`kid` odd) of `set.json` is left out: the key cannot be read: it is no JWK\n";
    assert_eq!((read.code, read.err.as_str()), (Some(0), warned), "{read:?}");
    let rest = token.split_once('.').expect("three parts").1;
    let named = verify(&format!("{}.{rest}", encoded("{\"alg\":\"RS256\",\"kid\":\"old\"}")));
    let said = "invalid  the token is signed with a key that is refused here: the key is too weak: 1024 bits";
    assert!(named.code == Some(1) && named.out.starts_with(said), "{named:?}");
    let mut none = set;
    none["keys"].as_array_mut().expect("a list").remove(1);
    put(folder.path(), "set.json", none.to_string().as_bytes());
    let none = verify(&token);
    assert!(none.code == Some(2) && flat(&none).contains("`set.json`: the key is too weak: 1024 bits"), "{none:?}");
}

#[cfg(unix)]
#[test]
fn a_private_key_that_verifies_and_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = signing(POLICY, "");
    let token = at(folder.path(), &["token", "id", "-u", "ben", "-q"], "").out;
    let verify = || at(folder.path(), &["token", "verify", "-", "--jwks", "key.pem"], &token);
    assert_eq!((verify().code, verify().err.as_str()), (Some(0), ""));
    std::fs::set_permissions(folder.path().join("key.pem"), std::fs::Permissions::from_mode(0o644)).expect("a mode");
    assert_eq!(verify().err, "warning: others can read the private key `key.pem`; type `chmod 600 key.pem`\n");
}

#[test]
fn a_key_is_used_for_what_it_is_for() {
    let (key, _) = Key::generate(Algorithm::EdDSA).expect("a key");
    let public = jwks([&key])["keys"][0].clone();
    let secret = json!({ "kty": "oct", "k": encoded([7; 32]) });
    let read = |jwk: &Value, more: Value| {
        let mut jwk = jwk.clone();
        more.as_object().expect("an object").iter().for_each(|(name, value)| jwk[name] = value.clone());
        Key::read(&jwk.to_string()).map(|key| key.is_private()).map_err(|e| e.to_string())
    };
    assert_eq!(read(&public, json!({ "key_ops": ["verify"] })), Ok(false));
    assert_eq!(read(&secret, json!({ "use": "sig", "key_ops": ["sign", "verify"] })), Ok(true));
    assert_eq!(read(&secret, json!({ "key_ops": ["verify"] })), Ok(false), "it verifies alone");
    for (jwk, more, said) in [
        (&public, json!({ "use": "enc" }), "its `use` is not `sig`: it is no key for signatures"),
        (&secret, json!({ "use": "enc" }), "its `use` is not `sig`: it is no key for signatures"),
        (
            &secret,
            json!({ "key_ops": ["encrypt"] }),
            "its `key_ops` have neither `sign` nor `verify`: it is no key for signatures",
        ),
        (&secret, json!({ "key_ops": [] }), "its `key_ops` have neither `sign` nor `verify`: it is no key for signatures"),
        (&public, json!({ "key_ops": ["sign"] }), "it is public, and its `key_ops` have no `verify`"),
    ] {
        assert_eq!(read(jwk, more), Err(format!("the key cannot be read: {said}")));
    }
}
