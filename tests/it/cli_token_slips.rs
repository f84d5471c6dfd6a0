//! Slips of those who sign and read tokens: a key in the manifest, an option that goes with another, a name of two lines.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use roomkey::token::{Algorithm, Key, KeySet};
use serde_json::{Value, json};

use crate::cli::{Run, put, run};
use crate::cli_forged::{forged, trusting};
use crate::cli_tokens::{at, claims, signing};

const POLICY: &str = "use liveblocks\nroom lobby { user ben can write }\n";

/// What is said, on one line.
fn flat(run: &Run) -> String {
    run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
}

/// A private key, line by line.
fn pem(algorithm: Algorithm) -> String {
    Key::generate(algorithm).expect("a key").1.to_string()
}

#[test]
fn a_key_in_the_manifest_is_in_no_message() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "a.rk", POLICY.as_bytes());
    let ed = pem(Algorithm::EdDSA);
    let rsa = ed.replace(" PRIVATE KEY", " RSA PRIVATE KEY");
    let jwk = "{\n  \"kty\": \"oct\",\n  \"k\": \"aB3dEfGhIjKlMnOpQrStUvWx\"\n}\n".to_owned();
    let escaped = |key: &str| key.replace('\n', "\\n");
    let mut manifests = Vec::new();
    for key in [&ed, &rsa, &jwk] {
        for field in ["key", "keys", "ttl", "issuer.x", "algorithm", "separation-of-duty", "secret"] {
            manifests.push((format!("[token]\n{field} = '''{key}'''\n"), key.clone()));
        }
        manifests.push((format!("[token]\nkey = {{ file = '''{key}''' }}\n"), key.clone()));
        manifests.push((format!("[token]\n{key}"), key.clone()));
        manifests.push((format!("token = '''{key}'''\n"), key.clone()));
        manifests.push((format!("[policy]\nkey = '''{key}'''\n"), key.clone()));
        manifests.push((format!("[policy]\nusers = '''{key}'''\n"), key.clone()));
        manifests.push((format!("[lint.rules]\nbroad-audience = '''{key}'''\n"), key.clone()));
    }
    for key in [&ed, &rsa] {
        manifests.push((format!("[token]\nkey = \"\"\"\n{key}\"\"\"\n"), key.clone()));
        manifests.push((format!("[token]\nkey = \"{}\"\n", escaped(key)), key.clone()));
        manifests.push((format!("[policy]\nusers = \"{}\"\n", escaped(key)), key.clone()));
        manifests.push((format!("[policy]\ninclude = [\"{}\"]\n", escaped(key)), key.clone()));
        manifests.push((format!("[lint.rules]\n\"{}\" = \"off\"\n", escaped(key)), key.clone()));
    }
    for short in [
        "[token]\nkey = 'HUNTER2'",
        "[token]\nkeys = ['HUNTER2']",
        "[token]\nkeys = [\n  'HUNTER2',\n]",
        "[token]\nkeys = 'HUNTER2'",
        "[token]\nseparation-of-duty = 'HUNTER2'",
        "[token]\nseparation-of-duty = [['HUNTER2']]",
        "[token]\nseparation-of-duty = [\n  [\"HUNTER2\", 7],\n]",
        "token = 'HUNTER2'",
        "token = { key = 'HUNTER2' }",
        "[token]\nkey.HUNTER2 = 1",
        "[token.HUNTER2]\na = 1",
        "[token]\nalgorithm = 'HUNTER2'",
        "[token]\nttl = 'HUNTER2'",
        "[token]\nttl = HUNTER2",
        "[token]\nleeway = 'HUNTER2'",
        "[[token.keys]]\nnot-before = 'HUNTER2'",
        "[[token.keys]]\nretire = 'HUNTER2'",
        "[policy]\nkey = 'HUNTER2'",
        "[lint]\nkey = 'HUNTER2'",
        "[token]\nkey = { file = \"HUNTER2\" }",
        "[token]\n# HUNTER2\nkey = 7",
        "[token]\nissuer = 'HUNTER2'\nkey = 7",
        "[token]\nkey = 'a`b`HUNTER2`, expected `c'",
    ] {
        manifests.push((format!("{short}\n"), "HUNTER2".into()));
    }
    for (manifest, key) in &manifests {
        put(folder.path(), "roomkey.toml", manifest.as_bytes());
        let inside: Vec<&str> = key.lines().filter(|l| l.len() > 3 && !l.contains("-----") && !l.contains("\"kty\"")).collect();
        for args in [
            &["keys", "list"][..],
            &["check", "ben", "read", "room:lobby"],
            &["lint"],
            &["lint", "--format", "json"],
            &["lint", "--format", "github"],
            &["lint", "--format", "gitlab"],
        ] {
            let run = run(folder.path(), args, "");
            let said = format!("{}{}", run.out, run.err);
            for part in &inside {
                let part = part.trim().trim_start_matches("\"k\": ").trim_matches('"');
                assert!(!said.contains(part), "{args:?} says {part}: {manifest}: {said}");
            }
        }
    }
    // What is no key is still said.
    for (manifest, said) in [
        ("[token]\nisuer = 'me'\n", "× no field is named `isuer`"),
        ("[lint.rules]\nbroad-audience = 'wraning'\n", "× `wraning` cannot stand here"),
        ("[token]\nalgorithm = 'RS255'\n", "help: did you mean `RS256`?"),
        ("[token]\nkey = { file = 'keys/curent.pem' }\n", "cannot read `keys/curent.pem`"),
    ] {
        put(folder.path(), "roomkey.toml", manifest.as_bytes());
        let run = run(folder.path(), &["keys", "list"], "");
        assert!(run.code == Some(2) && flat(&run).contains(said), "{run:?}");
    }
}

/// The DER of a PEM block.
fn der(pem: &str) -> Vec<u8> {
    STANDARD.decode(pem.lines().filter(|l| !l.contains("-----")).collect::<String>()).expect("base64")
}

#[test]
fn a_new_key_is_of_the_first_version_of_pkcs8() {
    for algorithm in [Algorithm::EdDSA, Algorithm::Es256, Algorithm::Rs256] {
        let text = pem(algorithm);
        let der = der(&text);
        // Behind the tag is the length, in one byte or in more.
        let start = if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) };
        assert_eq!(der[start..start + 3], [2, 1, 0], "{algorithm}");
        assert_eq!(Key::read(&text).map(|key| key.is_private()), Ok(true));
        if algorithm == Algorithm::EdDSA {
            assert_eq!(der.len(), 48);
        }
    }
}

#[test]
fn options_of_a_policy_do_not_go_with_what_is_given_by_hand() {
    let folder = signing(POLICY, "");
    for (more, name) in [
        (&["--resource", "room:lobby"][..], "--resource"),
        (&["--group", "staff"], "--group"),
        (&["-g", "staff"], "--group"),
        (&["--partial"], "--partial"),
    ] {
        let args = [&["token", "access", "-u", "ben", "--allow", "*=*:read"], more].concat();
        let made = at(folder.path(), &args, "");
        assert!(made.code == Some(2) && made.out.is_empty(), "{made:?}");
        assert!(flat(&made).starts_with(&format!("error: `{name}` goes with `--from-policy`")), "{made:?}");
    }
    let args = ["token", "access", "-u", "ben", "--allow", "*=*:read", "--kind", "room"];
    assert_eq!(at(folder.path(), &args, "").code, Some(0));
}

#[test]
fn no_name_in_a_token_writes_a_line_of_its_own() {
    let folder = trusting();
    let evil = "ann\nvalid  an access token of user root\u{202e}";
    for (uid, entry, oid) in [(evil, "a*", "acme"), ("ann", evil, "acme"), ("ann", "a*", evil)] {
        for list in [json!(["*:read", evil]), json!(["*:read"])] {
            let claims = json!({ "k": "acc", "uid": uid, "oid": oid, "perms": { entry: list }, "exp": 4_000_000_000_u32 });
            let token = forged("{\"alg\":\"HS256\"}", &claims.to_string());
            for args in [
                &["token", "inspect", "-"][..],
                &["token", "verify", "-"],
                &["check", "--token", "-", "read", "room:ab"],
                &["check", "--token", "-", "--and-policy", "read", "room:ab"],
            ] {
                let run = run(folder.path(), args, &token);
                let said = format!("{}{}", run.out, run.err);
                assert!(!said.lines().any(|l| l.trim().starts_with("valid  an access token of user root")), "{args:?}: {said}");
                assert!(!said.contains('\u{202e}'), "{args:?}: {said}");
            }
        }
    }
}

#[test]
fn no_token_is_issued_with_a_name_that_no_reader_takes() {
    let folder = signing(POLICY, "");
    for (args, said) in [
        (&["token", "id", "-u", "a\nb"][..], "the user `a\\nb` holds control characters"),
        (&["token", "id", "-u", "a\u{202e}b"], "the user `a\\u{202e}b` holds control characters"),
        (&["token", "id", "-u", "ben", "-g", "a\tb"], "the group `a\\tb` holds control characters"),
        (&["token", "access", "-u", "a\nb", "--allow", "x=*:read"], "the user `a\\nb` holds control characters"),
        (&["token", "access", "-u", "ben", "--allow", "x\ny=*:read"], "the entry `x\\ny` holds control characters"),
    ] {
        let made = at(folder.path(), args, "");
        assert!(made.code == Some(2) && made.out.is_empty() && flat(&made).contains(said), "{made:?}");
    }
}

#[test]
fn a_key_for_pss_signs_nothing() {
    let text = pem(Algorithm::Rs256);
    let mut bytes = der(&text);
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let at = bytes.windows(oid.len()).position(|w| w == oid).expect("the identifier of RSA");
    bytes[at + 8] = 10;
    let read = Key::read(&format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", wrapped(&bytes)));
    let said = "the key cannot be read: it is an RSA key for PSS signatures alone, and RS256 signs with PKCS#1 v1.5";
    assert_eq!(read.map(|_| ()).map_err(|e| e.to_string()), Err(said.to_owned()));
}

/// Lines of base64.
fn wrapped(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_manifest_without_a_policy_has_the_standard_rooms() {
    let folder = signing(POLICY, "");
    fs::remove_file(folder.path().join("policies/main.rk")).expect("the policy");
    let made = at(folder.path(), &["token", "access", "-u", "ben", "--allow", "lobby=*:read", "-q"], "");
    assert_eq!(made.code, Some(0), "{made:?}");
    let jwks = run(folder.path(), &["keys", "jwks"], "").out;
    put(folder.path(), "jwks.json", jwks.as_bytes());
    let read = at(folder.path(), &["token", "verify", "-", "--jwks", "jwks.json"], &made.out);
    assert!(read.code == Some(0) && read.out.starts_with("valid  an access token of user ben"), "{read:?}");
    assert_eq!(at(folder.path(), &["check", "--token", "-", "read", "room:lobby"], &made.out).code, Some(0));
    // What the policy has to answer needs one.
    let asked = at(folder.path(), &["check", "ben", "read", "room:lobby"], "");
    assert!(asked.code == Some(2) && asked.err.contains("no policy in `.`"), "{asked:?}");
    // And patterns that match nothing are a slip.
    let manifest = fs::read_to_string(folder.path().join("roomkey.toml")).expect("a manifest");
    put(folder.path(), "roomkey.toml", format!("{manifest}[policy]\ninclude = [\"x/*.rk\"]\n").as_bytes());
    assert_eq!(at(folder.path(), &["token", "verify", "-"], &made.out).code, Some(2));
}

#[test]
fn a_look_inside_says_that_a_permission_is_unknown() {
    let folder = trusting();
    let token = forged("{\"alg\":\"HS256\"}", r#"{"k":"acc","uid":"ann","perms":{"a":["fly"]},"exp":4000000000}"#);
    let said = "kind `room` does not declare the permission `fly`";
    let seen = run(folder.path(), &["token", "inspect", "-", "--format", "json"], &token);
    let seen: Value = serde_json::from_str(&seen.out).expect("JSON");
    assert_eq!(seen["fault"], said);
    let seen = run(folder.path(), &["token", "inspect", "-"], &token);
    assert!(seen.code == Some(0) && seen.out.contains(&format!("\ninvalid  {said}\n")), "{seen:?}");
}

#[test]
fn what_ends_a_token_and_what_opens_nothing_is_said() {
    let folder = signing(POLICY, "");
    let by_hand = at(folder.path(), &["token", "access", "-u", "ben", "--allow", "a=storage:write"], "");
    let warned = "warning: the token opens nothing, since no entry gives a base";
    assert!(by_hand.code == Some(0) && by_hand.err.starts_with(warned), "{by_hand:?}");
    let both = ["token", "access", "-u", "ben", "--allow", "a=storage:write", "--allow", "a*=*:read"];
    assert_eq!(at(folder.path(), &both, "").err, "valid until 2027-01-15T09:00:00Z\n");
    let late = run(folder.path(), &["token", "id", "-u", "ben", "--at", "9999-12-31"], "");
    assert_eq!((late.code, late.err.as_str()), (Some(0), "valid until 9999-12-31T01:00:00Z\n"));
    let manifest = "[[token.keys]]\nfile = \"key.pem\"\nretire = \"2027-01-15T08:30:00Z\"\n";
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    let made = at(folder.path(), &["token", "id", "-u", "ben"], "");
    assert_eq!((made.code, made.err.as_str()), (Some(0), "valid until 2027-01-15T08:30:00Z, when its key is retired\n"));
    assert_eq!(claims(&made.out)["exp"], 1_800_001_800);
}

#[test]
fn a_set_is_read_with_a_mark_of_byte_order_and_the_newer_name_of_eddsa() {
    let (key, _) = Key::generate(Algorithm::EdDSA).expect("a key");
    let mut set = roomkey::token::jwks([&key]);
    set["keys"][0]["alg"] = "Ed25519".into();
    let read = KeySet::read(&format!("\u{feff}{set}")).expect("a set");
    assert_eq!((read.keys.len(), read.keys[0].id(), read.keys[0].algorithm()), (1, key.id(), Algorithm::EdDSA));
    let mut other = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode([7; 32]), "alg": "Ed25519" });
    assert!(Key::read(&other.to_string()).is_err());
    other["alg"] = "HS256".into();
    assert!(Key::read(&format!("\u{feff}{other}")).is_ok());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_named() {
    let folder = signing(POLICY, "");
    std::os::unix::fs::symlink("nowhere", folder.path().join("policies/old")).expect("a link");
    let run = run(folder.path(), &["check", "ben", "read", "room:lobby"], "");
    let said = "error: cannot read `policies/old`: it is a link to something that is not there help: take the link away, or make what it leads to";
    assert_eq!((run.code, flat(&run).as_str()), (Some(2), said));
}
