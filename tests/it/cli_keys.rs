//! `roomkey keys`: made once and never over another, kept from others, changed by date, and never shown.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::elliptic_curve::Generate;
use roomkey::token::{Algorithm, Key, TokenError};
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};

use crate::cli::{Run, put, run};

/// What is said, on one line.
fn flat(run: &Run) -> String {
    run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
}

fn generate(folder: &Path, algorithm: &str, file: &str) -> Run {
    run(folder, &["keys", "generate", "--algorithm", algorithm, "-o", file], "")
}

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"))
}

#[test]
fn a_new_key_is_kept_from_others_and_never_written_over_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for algorithm in ["RS256", "ES256", "EdDSA", "HS256"] {
        let file = format!("keys/{algorithm}");
        let made = generate(folder.path(), algorithm, &file);
        let text = fs::read_to_string(folder.path().join(&file)).expect("the key is there");
        let key = Key::read(&text).expect("its own text");
        assert_eq!((made.code, made.out.trim()), (Some(0), key.id()), "the `kid` is printed, and nothing else");
        assert_eq!(made.err, format!("wrote the {algorithm} key to {file}: keep it secret\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(&file)).expect("the key is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let again = generate(folder.path(), algorithm, &file);
        assert_eq!((again.code, again.out.as_str()), (Some(2), ""));
        assert!(flat(&again).contains("is there already help: keys are never written over"), "{again:?}");
        assert_eq!(fs::read_to_string(folder.path().join(&file)).expect("it is there"), text, "it is as it was");
    }
    let left: Vec<_> = fs::read_dir(folder.path().join("keys")).expect("the folder").flatten().collect();
    assert_eq!(left.len(), 4, "no file is left beside the keys: {left:?}");
    // A link that leads nowhere is something, too, and a folder is none of ours to replace.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.pem", folder.path().join("link.pem")).expect("a link");
        let made = generate(folder.path(), "EdDSA", "link.pem");
        assert!(made.code == Some(2) && !folder.path().join("nowhere.pem").exists(), "{made:?}");
    }
    assert_eq!(generate(folder.path(), "EdDSA", "keys").code, Some(2));
    assert_eq!(generate(folder.path(), "RS512", "other.pem").code, Some(2));
    assert_eq!(generate(folder.path(), "EdDSA", "keys/ES256/below.pem").code, Some(2));
}

/// A folder with keys of three algorithms that sign one after the other, and a secret that only verifies.
fn rotation() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manifest = "\
[token]
[[token.keys]]
file = \"old.pem\"
retire = \"2027-03-01\"
[[token.keys]]
file = \"new.pem\"
not-before = \"2027-02-01\"
[[token.keys]]
file = \"next.pem\"
not-before = \"2027-06-01\"
[[token.keys]]
file = \"secret.json\"
not-before = \"2020-01-01\"
retire = \"2021-01-01\"
";
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    put(folder.path(), "policies/a.rk", b"use liveblocks\nroom lobby { user ann can write }\n");
    for (algorithm, file) in [("RS256", "old.pem"), ("ES256", "new.pem"), ("EdDSA", "next.pem"), ("HS256", "secret.json")] {
        assert_eq!(generate(folder.path(), algorithm, file).code, Some(0));
    }
    folder
}

#[test]
fn keys_take_over_from_each_other_by_date() {
    let folder = rotation();
    let states = |at: &str| {
        let listed = parsed(&run(folder.path(), &["keys", "list", "--format", "json", "--at", at], ""));
        let keys = listed["keys"].as_array().expect("a list").clone();
        keys.iter().map(|k| k["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states("2027-01-15"), ["signs", "later", "later", "retired"]);
    assert_eq!(states("2027-02-15"), ["verifies", "signs", "later", "retired"]);
    assert_eq!(states("2027-03-15"), ["retired", "signs", "later", "retired"]);
    assert_eq!(states("2027-06-15"), ["retired", "verifies", "signs", "retired"]);
    let token = |at: &str, ttl: &str| run(folder.path(), &["token", "id", "-u", "ann", "--at", at, "--ttl", ttl], "");
    let old = token("2027-01-15", "90d");
    assert_eq!(old.err, "valid until 2027-03-01T00:00:00Z, when its key is retired\n");
    let verified = |token: &str, at: &str| run(folder.path(), &["token", "verify", "-", "--at", at], token);
    assert_eq!(verified(&old.out, "2027-02-15").code, Some(0), "a key that no longer signs still verifies");
    let late = verified(&old.out, "2027-03-01");
    assert!(late.code == Some(1) && late.out.contains("the token's key was retired at 2027-03-01T00:00:00Z"), "{late:?}");
    let new = token("2027-02-15", "1h").out;
    let early = verified(&new, "2027-01-15");
    assert!(early.code == Some(1) && early.out.contains("the token's key is not in use before 2027-02-01"), "{early:?}");
    // Between 2021 and the first key that is not retired nobody signs.
    put(folder.path(), "roomkey.toml", b"[[token.keys]]\nfile = \"old.pem\"\nretire = \"2027-03-01\"\n");
    let none = token("2027-03-01", "1h");
    assert!(none.code == Some(2) && none.err.contains("no key signs"), "{none:?}");
}

#[test]
fn the_key_set_has_public_halves_alone() {
    let folder = rotation();
    let set = parsed(&run(folder.path(), &["keys", "jwks", "--at", "2027-01-15"], ""));
    let keys = set["keys"].as_array().expect("a list");
    assert_eq!(keys.iter().map(|k| k["alg"].as_str().expect("text")).collect::<Vec<_>>(), ["RS256", "ES256", "EdDSA"]);
    for key in keys {
        assert_eq!(key["use"], "sig");
        assert!(["d", "p", "q", "dp", "dq", "qi", "k", "oth"].iter().all(|name| key.get(name).is_none()), "{key}");
        let read = Key::read(&key.to_string()).expect("a key of the set");
        assert!(!read.is_private() && key["kid"] == read.id(), "the `kid` is the thumbprint");
    }
    let later = parsed(&run(folder.path(), &["keys", "jwks", "--at", "2027-04-01"], ""));
    assert_eq!(later["keys"].as_array().map(Vec::len), Some(2), "the retired one is gone");
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { file = \"secret.json\" }\n");
    let secret = run(folder.path(), &["keys", "jwks"], "");
    assert_eq!((secret.code, secret.out.as_str()), (Some(0), "{\n  \"keys\": []\n}\n"));
    assert_eq!(secret.err, "no key has a public half\n");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = rotation();
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { file = \"new.pem\" }\n");
    let list = || run(folder.path(), &["keys", "list"], "");
    assert_eq!((list().code, list().err.as_str()), (Some(0), ""));
    for mode in [0o640, 0o604, 0o666] {
        fs::set_permissions(folder.path().join("new.pem"), fs::Permissions::from_mode(mode)).expect("a mode");
        assert_eq!(list().err, "warning: others can read the private key `new.pem`; type `chmod 600 new.pem`\n");
    }
    let public = parsed(&run(folder.path(), &["keys", "jwks"], ""))["keys"][0].to_string();
    put(folder.path(), "public.json", public.as_bytes());
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { file = \"public.json\" }\n");
    assert_eq!(list().err, "no key signs: the manifest names no private key that is in use\n", "a public key may be read");
}

#[test]
fn a_key_can_come_from_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { env = \"A_KEY\" }\n");
    let (key, text) = Key::generate(Algorithm::EdDSA).expect("a key");
    let list = |value: Option<&std::ffi::OsStr>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        command.args(["keys", "list"]).current_dir(folder.path()).env_remove("A_KEY");
        let output = command.envs(value.map(|v| ("A_KEY", v))).output().expect("roomkey starts");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    let found = list(Some(text.as_str().as_ref()));
    assert!(found.code == Some(0) && found.out.contains(key.id()) && found.out.ends_with("$A_KEY\n"), "{found:?}");
    let absent = list(None);
    assert!(absent.code == Some(2) && absent.err.contains("the environment variable `A_KEY` is not set"), "{absent:?}");
    let damaged = list(Some(text.replace("PRIVATE", "PIRATE").as_str().as_ref()));
    assert!(damaged.code == Some(2) && !damaged.err.contains(text.lines().nth(1).expect("a line")), "{damaged:?}");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = list(Some(std::ffi::OsStr::from_bytes(b"\xff\xfe")));
        assert!(bytes.code == Some(2) && bytes.err.contains("`A_KEY` is no text"), "{bytes:?}");
    }
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    let (rsa_key, pem) = Key::generate(Algorithm::Rs256).expect("a key");
    let private = rsa::PrivateKey::from_pkcs8_pem(&pem).expect("PKCS#8");
    let public = private.to_public_key();
    let texts = [
        pem.to_string(),
        private.to_pkcs1_pem(LineEnding::CRLF).expect("PKCS#1").to_string(),
        format!("notes before\n{}\nand behind\n", pem.trim()),
        public.to_public_key_pem(LineEnding::LF).expect("SPKI"),
        public.to_pkcs1_pem(LineEnding::LF).expect("PKCS#1"),
        roomkey::token::jwks([&rsa_key])["keys"][0].to_string(),
    ];
    for (i, text) in texts.iter().enumerate() {
        let read = Key::read(text).unwrap_or_else(|e| panic!("{i}: {e}"));
        assert_eq!((read.id(), read.bits(), read.is_private()), (rsa_key.id(), 2048, i < 3), "{i}");
    }
    let secret = p256::SecretKey::generate();
    let sec1 = secret.to_sec1_pem(LineEnding::LF).expect("SEC1");
    let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let jwk = roomkey::token::jwks([&Key::read(&sec1).expect("SEC1")])["keys"][0].clone();
    let mut whole = jwk.clone();
    whole["d"] = URL_SAFE_NO_PAD.encode(secret.to_bytes()).into();
    let public = secret.public_key().to_public_key_pem(LineEnding::LF).expect("SPKI");
    let texts = [sec1.to_string(), format!("{parameters}{}", *sec1), whole.to_string(), public, jwk.to_string()];
    for (i, text) in texts.iter().enumerate() {
        let read = Key::read(text).unwrap_or_else(|e| panic!("{i}: {e}"));
        assert_eq!((json!(read.id()), read.algorithm(), read.is_private()), (jwk["kid"].clone(), Algorithm::Es256, i < 3), "{i}");
    }
}

#[test]
fn weak_keys_are_refused_by_the_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { file = \"key\" }\n");
    let short = rsa::PrivateKey::new(&mut getrandom::SysRng, 1024).expect("a short key");
    let pem = short.to_pkcs1_pem(LineEnding::LF).expect("PKCS#1");
    let jwk = |bytes: usize| json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(vec![7; bytes]) }).to_string();
    for (text, said) in [
        (pem.to_string(), "`key`: the key is too weak: 1024 bits, and RS256 needs 2048 or more"),
        (jwk(31), "`key`: the key is too weak: 248 bits, and HS256 needs 256 or more"),
        (jwk(0), "`key`: the key is too weak: 0 bits, and HS256 needs 256 or more"),
    ] {
        put(folder.path(), "key", text.as_bytes());
        for args in [&["keys", "list"][..], &["keys", "jwks"], &["token", "id", "-u", "ann"], &["token", "verify", "a.b.c"]] {
            let refused = run(folder.path(), args, "");
            assert!(refused.code == Some(2) && refused.out.is_empty(), "{args:?} {refused:?}");
            assert!(flat(&refused).contains(said), "{args:?} {refused:?}");
        }
    }
    let large = rsa_public_jwk(&[0xff; 513]);
    assert!(matches!(Key::read(&large), Err(TokenError::Unreadable(_))), "more than 4096 bits");
}

fn rsa_public_jwk(n: &[u8]) -> String {
    json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB" }).to_string()
}
