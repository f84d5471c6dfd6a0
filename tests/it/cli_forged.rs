//! Tokens and keys that somebody made up: each is refused in words of its own, nothing panics, and no secret is shown.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roomkey::Instant;
use roomkey::token::{Algorithm, Key, TokenError, Verifier};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use serde_json::{Value, json};

use crate::cli::{Run, put, run};
use crate::cli_tokens::{AT, at, signing};
use crate::reference::chance::Chance;

const SECRET: &[u8; 32] = b"a-secret-that-nobody-should-see!";
/// The end of the tokens: 2096.
const END: &str = "\"exp\":4000000000";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of any header and claims, signed with the secret.
pub fn forged(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64(header), base64(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).expect("a signature");
    format!("{message}.{signature}")
}

/// A folder with the secret as the key of the manifest, for rooms and for invoices.
pub fn trusting() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(
        folder.path(),
        "policies/a.rk",
        b"use liveblocks\nkind invoice { permissions approve }\nroom lobby { user ann can write }\n",
    );
    put(folder.path(), "roomkey.toml", b"[token]\nkey = { file = \"secret.json\" }\n");
    put(folder.path(), "secret.json", json!({ "kty": "oct", "k": base64(SECRET) }).to_string().as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path().join("secret.json"), fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    folder
}

/// Neither the token nor the secret is in what a run said.
fn keeps_still(run: &Run, token: &str) {
    let all = format!("{}{}", run.out, run.err);
    assert!(!all.contains(&base64(SECRET)) && !all.contains("nobody-should-see"), "{run:?}");
    for part in token.split('.').filter(|part| part.len() > 20) {
        assert!(!all.contains(&part[..20]), "{run:?}");
    }
}

#[test]
fn what_a_header_may_not_say() {
    let folder = trusting();
    let claims = format!(r#"{{"k":"id","uid":"ann",{END}}}"#);
    for (header, said) in [
        (r#"{"alg":"none"}"#, "the token is not signed: its algorithm is `none`"),
        (r#"{"alg":"nOnE"}"#, "the token is not signed: its algorithm is `none`"),
        (r#"{"alg":"ES256"}"#, "the token claims the algorithm ES256, and its key is for HS256"),
        (r#"{"alg":"hs256"}"#, "the token's algorithm is none of RS256, ES256, EdDSA and HS256"),
        (r#"{"alg":"HS512"}"#, "the token's algorithm is none of RS256, ES256, EdDSA and HS256"),
        (r#"{"alg":["HS256"]}"#, "this is no token: its header names no algorithm"),
        (r#"{}"#, "this is no token: its header names no algorithm"),
        (r#"{"alg":"HS256","kid":"other"}"#, "the token is signed with a key that is not known here"),
        (r#"{"alg":"HS256","kid":7}"#, "this is no token: its `kid` is no text"),
        (r#"{"alg":"HS256","kid":null}"#, "this is no token: its `kid` is no text"),
        (r#"{"alg":"HS256","crit":["exp"]}"#, "the token's header has `crit`, and no extension is understood here"),
        (r#"{"alg":"none","alg":"HS256"}"#, "the header says `alg` twice"),
        ("[]", "this is no token: a part is no JSON object"),
        ("null", "this is no token: a part is no JSON object"),
        ("{", "this is no token: a part is no JSON"),
    ] {
        let token = forged(header, &claims);
        let refused = at(folder.path(), &["token", "verify", "-"], &token);
        assert!(refused.code == Some(1) && refused.out.starts_with(&format!("invalid  {said}")), "{header}: {refused:?}");
        keeps_still(&refused, &token);
        let asked = at(folder.path(), &["check", "--token", "-", "read", "room:lobby"], &token);
        assert!(asked.code == Some(2) && asked.out.is_empty() && asked.err.starts_with(&format!("error: {said}")), "{asked:?}");
        keeps_still(&asked, &token);
    }
    // What names another place for the key is not followed.
    let elsewhere = r#"{"alg":"HS256","jku":"file:///dev/zero","x5u":"file:///dev/zero","jwk":{"kty":"oct","k":""}}"#;
    assert_eq!(at(folder.path(), &["token", "verify", "-"], &forged(elsewhere, &claims)).code, Some(0));
}

#[test]
fn what_claims_may_not_say() {
    let folder = trusting();
    let deep = format!(r#"{{"k":"id","uid":"a",{END},"x":{}{}}}"#, "[".repeat(9_000), "]".repeat(9_000));
    let acc = |perms: &str| format!(r#"{{"k":"acc","uid":"a",{END},"perms":{perms}}}"#);
    let id = |more: &str| format!(r#"{{"k":"id","uid":"a",{more}}}"#);
    let eleven: Vec<String> = (0..11).map(|i| format!(r#""r{i}":["*:read"]"#)).collect();
    for (claims, said) in [
        (id(&format!("{END},\"uid\":\"root\"")), "the claims say `uid` twice"),
        (id(&format!("{END},\"ui\":{{\"a\":1,\"a\":2}}")), "the claims say `a` twice"),
        (acc(r#"{"a":["*:read"],"\u0061":["*:write"]}"#), "the claims say `a` twice"),
        (deep, "this is no token: a part is no JSON"),
        (id("\"exp\":9223372036854775808"), "the claim `exp` is no time in seconds"),
        (id("\"exp\":1e300"), "the claim `exp` is no time in seconds"),
        (id("\"exp\":-9223372036854775808"), "the token expired at"),
        (id("\"exp\":\"4000000000\""), "the claim `exp` is no time in seconds"),
        (id("\"exp\":null"), "the claim `exp` is no time in seconds"),
        (id("\"iat\":5"), "the token has no `exp`"),
        (id(&format!("{END},\"nbf\":9223372036854775807")), "the token is not valid before"),
        (id(&format!("{END},\"nbf\":[]")), "the claim `nbf` is no time in seconds"),
        (id(&format!("{END},\"iat\":\"now\"")), "the claim `iat` is no time in seconds"),
        (id(&format!("{END},\"iss\":7")), "the claim `iss` is no text"),
        (id(&format!("{END},\"jti\":{{}}")), "the claim `jti` is no text"),
        (id(&format!("{END},\"pid\":[]")), "the claim `pid` is no text"),
        (id(&format!("{END},\"oid\":5")), "the claim `oid` is no text"),
        (id(&format!("{END},\"ui\":\"text\"")), "the claim `ui` is no JSON object"),
        (id(&format!("{END},\"gids\":[\"a\",7]")), "the claim `gids` is no list of texts"),
        (id(&format!("{END},\"gids\":{{}}")), "the claim `gids` is no list of texts"),
        (id(&format!("{END},\"aud\":\"others\"")), "the token is for an audience, and none is given here"),
        (format!(r#"{{"k":"id","uid":"",{END}}}"#), "the claim `uid` is empty"),
        (
            format!(r#"{{"k":"id","uid":"{}",{END}}}"#, "x".repeat(129)),
            "the claim `uid` has 129 characters, and the limit is 128",
        ),
        (format!(r#"{{"k":"id","uid":7,{END}}}"#), "the claim `uid` is no text"),
        (format!(r#"{{"k":"admin","uid":"a",{END}}}"#), "the claim `k` is neither `id` nor `acc`"),
        (acc("[]"), "the claim `perms` is no object of patterns and permissions"),
        (acc(r#"{"a":"*:read"}"#), "the claim `perms` has an entry that is no list"),
        (acc(r#"{"a":[["*:read"]]}"#), "the claim `perms` has a permission that is no text"),
        (acc(r#"{"a":["*:admin"]}"#), "kind `room` does not declare the permission `*:admin`"),
        (acc(r#"{"a":["*"]}"#), "kind `room` does not declare the permission `*`"),
        (acc(r#"{"a":["write"]}"#), "kind `room` does not declare the permission `write`"),
        (acc(r#"{"a*b":["*:read"]}"#), "`a*b` cannot name an entry"),
        (acc(r#"{"":["*:read"]}"#), "`` cannot name an entry"),
        (acc(&format!("{{{}}}", eleven.join(","))), "the claim `perms` has 11 entries, and the limit is 10"),
    ] {
        let token = forged(r#"{"alg":"HS256"}"#, &claims);
        let refused = at(folder.path(), &["token", "verify", "-"], &token);
        let shown = &claims[..claims.len().min(99)];
        assert!(refused.code == Some(1) && refused.out.starts_with(&format!("invalid  {said}")), "{shown}: {refused:?}");
        let asked = at(folder.path(), &["check", "--token", "-", "read", "room:lobby"], &token);
        assert!(asked.code == Some(2) && asked.out.is_empty() && asked.err.contains(said), "{shown}: {asked:?}");
        keeps_still(&asked, &token);
    }
    // Times at the ends of what fits are times, and control characters never reach the terminal.
    for claims in [
        id("\"exp\":9223372036854775807,\"nbf\":-9223372036854775808,\"iat\":-1"),
        id("\"exp\":4000000000.9,\"iat\":1.5"),
        format!("{{\"k\":\"id\",\"uid\":\"\\u001b[31m\\u202e\",{END}}}"),
    ] {
        let fine = at(folder.path(), &["token", "verify", "-"], &forged(r#"{"alg":"HS256"}"#, &claims));
        assert!(fine.code == Some(0) && !fine.out.contains('\u{1b}') && !fine.out.contains('\u{202e}'), "{fine:?}");
    }
}

#[test]
fn texts_that_are_no_tokens() {
    let folder = trusting();
    let token = forged(r#"{"alg":"HS256"}"#, &format!(r#"{{"k":"id","uid":"ann",{END}}}"#));
    let large = "a".repeat(1 << 20);
    let dots = ".".repeat(1 << 20);
    let padded = format!("{token}=");
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    for (text, said) in [
        (large.as_str(), "the token is too large: the limit is 65536 bytes"),
        (&dots, "the token is too large: the limit is 65536 bytes"),
        ("", "this is no token: it has no three parts"),
        ("..", "this is no token: a part is no JSON"),
        ("a.b.c.d", "this is no token: it has no three parts"),
        ("{\"alg\":\"none\"}.{}.", "this is no token: a part is no base64url"),
        (&padded, "the signature is wrong"),
        (message, "this is no token: it has no three parts"),
    ] {
        let refused = at(folder.path(), &["token", "verify", "-"], text);
        assert!(refused.code == Some(1) && refused.out.starts_with(&format!("invalid  {said}")), "{refused:?}");
        if !said.starts_with("the signature") {
            let seen = run(folder.path(), &["token", "inspect", "-"], text);
            assert!(seen.code == Some(2) && seen.out.is_empty() && seen.err.contains(said), "{seen:?}");
        }
    }
    // Each bit of the signature counts, and so does its length.
    for wrong in [format!("{message}."), format!("{message}.{}", &signature[1..]), format!("{message}.{signature}AAAA")] {
        let refused = at(folder.path(), &["token", "verify", "-"], &wrong);
        assert!(refused.code == Some(1) && refused.out.contains("the signature is wrong"), "{refused:?}");
    }
    let binary = run(folder.path(), &["token", "verify", "-"], "\u{0}\u{0}.\u{0}.");
    assert_eq!(binary.code, Some(1), "{binary:?}");
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let (rsa, _) = Key::generate(Algorithm::Rs256).expect("a key");
    let public = roomkey::token::jwks([&rsa]);
    let pem = {
        use rsa::pkcs8::{EncodePublicKey, LineEnding};
        let part = |name: &str| URL_SAFE_NO_PAD.decode(public["keys"][0][name].as_str().expect("text")).expect("base64url");
        let number = |name: &str| rsa::BoxedUint::from_be_slice_vartime(&part(name));
        rsa::PublicKey::new(number("n"), number("e")).expect("a key").to_public_key_pem(LineEnding::LF).expect("PEM")
    };
    let claims = format!(r#"{{"k":"id","uid":"root",{END}}}"#);
    let kid = public["keys"][0]["kid"].as_str().expect("text");
    let verifier = Verifier::new([rsa.public().expect("a public half")]);
    for (text, header) in [
        (pem.as_str(), r#"{"alg":"HS256"}"#.to_owned()),
        (pem.trim(), format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#)),
        (&public.to_string(), format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#)),
    ] {
        let message = format!("{}.{}", base64(header), base64(&claims));
        let key = jsonwebtoken::EncodingKey::from_secret(text.as_bytes());
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).expect("a signature");
        let refused = verifier.verify(&format!("{message}.{signature}"), Instant::from_unix(1_800_000_000, 0));
        assert_eq!(refused, Err(TokenError::OtherAlgorithm { token: Algorithm::Hs256, key: Algorithm::Rs256 }));
    }
}

#[test]
fn keys_of_one_name_are_each_tried() {
    let at = Instant::from_unix(1_800_000_000, 0);
    let made = [Algorithm::Es256, Algorithm::EdDSA, Algorithm::EdDSA].map(|a| Key::generate(a).expect("a key"));
    let named = |(key, _): &(Key, _)| {
        let mut jwk = roomkey::token::jwks([key])["keys"][0].clone();
        jwk["kid"] = json!("2027");
        jwk
    };
    let set = json!({ "keys": made.iter().map(named).collect::<Vec<Value>>() }).to_string();
    let verifier = Verifier::new(Key::read_set(&set).expect("a key set"));
    let claims = json!({ "k": "id", "uid": "ann", "exp": 1_800_000_009 });
    let signed = |algorithm, key: &jsonwebtoken::EncodingKey| {
        let header = jsonwebtoken::Header { kid: Some("2027".into()), ..jsonwebtoken::Header::new(algorithm) };
        jsonwebtoken::encode(&header, &claims, key).expect("a token")
    };
    for (key, text) in &made {
        let (algorithm, private) = match key.algorithm() {
            Algorithm::Es256 => (jsonwebtoken::Algorithm::ES256, jsonwebtoken::EncodingKey::from_ec_pem(text.as_bytes())),
            _ => (jsonwebtoken::Algorithm::EdDSA, jsonwebtoken::EncodingKey::from_ed_pem(text.as_bytes())),
        };
        let token = signed(algorithm, &private.expect("a key"));
        assert_eq!(verifier.verify(&token, at).expect("a good token").user(), Some("ann"));
    }
    let stranger = Key::generate(Algorithm::EdDSA).expect("a key").1;
    let stranger = jsonwebtoken::EncodingKey::from_ed_pem(stranger.as_bytes()).expect("a key");
    assert_eq!(verifier.verify(&signed(jsonwebtoken::Algorithm::EdDSA, &stranger), at), Err(TokenError::Signature));
    let secret = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let refused = verifier.verify(&signed(jsonwebtoken::Algorithm::HS256, &secret), at);
    assert_eq!(refused, Err(TokenError::OtherAlgorithm { token: Algorithm::Hs256, key: Algorithm::Es256 }));
}

/// What is no key, and what is said of it. Each is put where a key belongs.
fn no_keys() -> Vec<(Vec<u8>, &'static str)> {
    let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes();
    let jwk = |fields: Value| fields.to_string().into_bytes();
    let ff = base64([0xff; 256]);
    let rsa = |more: &[(&str, &str)]| {
        let mut fields = json!({ "kty": "RSA", "n": ff, "e": "AQAB" });
        more.iter().for_each(|(name, value)| fields[*name] = json!(value));
        fields.to_string().into_bytes()
    };
    let point = |x: &[u8], y: &[u8]| json!({ "kty": "EC", "crv": "P-256", "x": base64(x), "y": base64(y) });
    let long = base64([0xff; 600]);
    vec![
        (vec![], "it is neither PEM nor JWK"),
        (vec![0xff, 0xfe], "is no text, and keys are PEM or JWK"),
        (vec![b'a'; 1 << 20], "it is neither PEM nor JWK"),
        (vec![b'a'; (1 << 20) + 1], "a key is a file of less than 1 MiB"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n".into(), "the PEM block has no end"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".into(), "the PEM block has no end"),
        (pem("PRIVATE KEY", "hunter2!"), "the PEM block is damaged"),
        (pem("PRIVATE KEY", "AAAA"), "the PEM block is damaged"),
        (pem("PRIVATE KEY", &"A".repeat(100_000)), "the PEM block is larger than that of any key that is read"),
        (pem("RSA PRIVATE KEY", "AAAA"), "the PEM block is damaged or encrypted"),
        (pem("EC PRIVATE KEY", "AAAA"), "it is no private key of P-256"),
        (pem("ENCRYPTED PRIVATE KEY", "AAAA"), "it is encrypted, and keys are read without a password"),
        (pem("CERTIFICATE", "AAAA"), "its PEM label is that of no key"),
        (pem("EC PARAMETERS", "AAAA").repeat(1000), "it is neither PEM nor JWK"),
        (b"{\"kty\":".iter().copied().chain(vec![b'['; 100_000]).collect(), "it is no JWK (line 1, column"),
        (b"{\"kty\":\"oct\",\"k\":\"hunter2\",\"k\":\"hunter2\"}".into(), "it is no JWK (line 1, column"),
        (jwk(json!({ "kty": "oct" })), "the JWK has no `k`"),
        (jwk(json!({ "kty": "oct", "k": "hunter2 !" })), "`k` of the JWK is no base64url"),
        (
            jwk(json!({ "kty": "oct", "alg": "none", "k": base64(SECRET) })),
            "its `alg` is not HS256, which its kind of key is for",
        ),
        (
            jwk(json!({ "kty": "oct", "alg": "RS256", "k": base64(SECRET) })),
            "its `alg` is not HS256, which its kind of key is for",
        ),
        (jwk(json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" })), "its `kty` and `crv` are none of"),
        (jwk(point(&[0; 32], &[0; 32])), "it is no point of P-256"),
        (jwk(point(&[1], &[1])), "it is no point of P-256"),
        (jwk(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" })), "an Ed25519 key has 32 bytes"),
        (jwk(json!({ "kty": "OKP", "crv": "Ed25519", "x": base64([0; 32]) })), "it is a weak point of Ed25519"),
        (
            jwk(json!({ "kty": "OKP", "crv": "Ed25519", "x": base64([&[1][..], &[0; 31]].concat()) })),
            "it is a weak point of Ed25519",
        ),
        (jwk(json!({ "kty": "OKP", "crv": "Ed25519", "x": base64([1; 32]), "d": base64([2; 32]) })), ""),
        (rsa(&[("n", "")]), "its RSA numbers are out of range"),
        (rsa(&[("n", &base64([0; 256]))]), "its RSA numbers are out of range"),
        (rsa(&[("e", "")]), "its RSA numbers are out of range"),
        (rsa(&[("e", "AQ")]), "its RSA numbers are out of range"),
        (rsa(&[("e", &ff)]), "its RSA numbers are out of range"),
        (rsa(&[("n", &long)]), "`n` of the JWK has more than 4096 bits"),
        (rsa(&[("d", "")]), "the JWK has no `p`"),
        (rsa(&[("d", &ff), ("p", "AQ")]), "the JWK has no `q`"),
        (rsa(&[("d", &ff), ("p", "AQ"), ("q", &ff)]), "its RSA numbers do not fit together"),
        (rsa(&[("d", ""), ("p", ""), ("q", "")]), "its RSA numbers do not fit together"),
        (rsa(&[("d", &long), ("p", "AQ"), ("q", &ff)]), "`d` of the JWK has more than 4096 bits"),
    ]
}

#[test]
fn files_that_hold_no_key() {
    let folder = trusting();
    for (text, said) in no_keys() {
        put(folder.path(), "secret.json", &text);
        let shown = String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned();
        for args in [&["keys", "list"][..], &["token", "id", "-u", "ann"], &["token", "verify", "a.b.c", "--jwks", "secret.json"]]
        {
            let refused = run(folder.path(), args, "");
            let flat = refused.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
            assert!(refused.code == Some(2) && refused.out.is_empty() && flat.contains(said), "{shown}: {args:?} {refused:?}");
            assert!(flat.contains("secret.json") && !flat.contains("hunter2"), "{refused:?}");
            keeps_still(&refused, "");
        }
    }
}

#[cfg(unix)]
#[test]
fn places_that_hold_no_key() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = trusting();
    let place = |name: &str| folder.path().join(name);
    symlink("nowhere", place("dangling")).expect("a link");
    symlink("loop", place("loop")).expect("a link");
    symlink("/dev/zero", place("zero")).expect("a link");
    symlink("secret.json", place("link")).expect("a link");
    fs::create_dir(place("folder")).expect("a folder");
    fs::copy(place("secret.json"), place("closed")).expect("a copy");
    fs::set_permissions(place("closed"), fs::Permissions::from_mode(0o000)).expect("a mode");
    let list = |name: &str| {
        put(folder.path(), "roomkey.toml", format!("[token]\nkey = {{ file = \"{name}\" }}\n").as_bytes());
        run(folder.path(), &["keys", "list"], "")
    };
    for (name, said) in [
        ("dangling", "cannot read `dangling`: no such file or directory"),
        ("loop", "cannot read `loop`: too many levels of symbolic links"),
        ("zero", "`zero` is no key: a key is a file of less than 1 MiB"),
        ("folder", "`folder` is no key: a key is a file of less than 1 MiB"),
        ("secret.json/below", "cannot read `secret.json/below`: "),
    ] {
        let refused = list(name);
        assert!(refused.code == Some(2) && refused.out.is_empty() && refused.err.contains(said), "{refused:?}");
    }
    assert_eq!(list("link").code, Some(0), "a link to a key is a key");
    // Whoever may read everything reads this one, too.
    if fs::read(place("closed")).is_err() {
        let refused = list("closed");
        assert!(refused.code == Some(2) && refused.err.contains("cannot read `closed`: permission denied"), "{refused:?}");
    }
}

#[test]
fn numbers_of_rsa_keys_that_do_not_fit_together_are_refused() {
    let private = rsa::PrivateKey::new(&mut getrandom::SysRng, 2048).expect("a key");
    let bytes = |number: &rsa::BoxedUint| number.to_be_bytes_trimmed_vartime().to_vec();
    let (n, d) = (private.n_bytes().to_vec(), bytes(private.d()));
    let (p, q) = (bytes(private.primes()[0].as_ref()), bytes(private.primes()[1].as_ref()));
    let mut less = p.clone();
    *less.last_mut().expect("a byte") -= 1;
    let values: Vec<Vec<u8>> = vec![
        n.clone(),
        d.clone(),
        p.clone(),
        q.clone(),
        less,
        vec![],
        vec![0],
        vec![1],
        vec![2],
        vec![3],
        vec![0xff; 128],
        vec![0xff; 256],
        [vec![0], p.clone()].concat(),
    ];
    let right: [&[u8]; 5] = [&n, &[1, 0, 1], &d, &p, &q];
    let mut chance = Chance::new(5);
    let mut read = 0;
    for round in 0..600 {
        let mut fields: Vec<Vec<u8>> = right.iter().map(|v| v.to_vec()).collect();
        // Each value in each place alone, then several at once.
        if round < 5 * values.len() {
            fields[round % 5] = values[round / 5].clone();
        } else {
            (0..chance.between(2, 4)).for_each(|_| fields[chance.below(5)] = chance.pick(&values).clone());
        }
        let [n, e, d, p, q] = [0, 1, 2, 3, 4].map(|i| base64(&fields[i]));
        let jwk = json!({ "kty": "RSA", "n": n, "e": e, "d": d, "p": p, "q": q }).to_string();
        read += usize::from(Key::read(&jwk).is_ok());
    }
    // The right ones, in one order or the other, and with a zero before them.
    assert!((5..40).contains(&read), "{read} were read");
}

#[test]
fn names_and_times_that_are_odd() {
    let folder = signing("use liveblocks\ngroup staff { user ann }\nroom lobby { group staff can write }\n", "");
    let id = |more: &[&str]| run(folder.path(), &[&["token", "id", "-u", "ann"], more, &AT].concat(), "");
    for group in ["*", "a*b", "group:staff", "😀", " ", "\"", "\\", &"x".repeat(2_000)] {
        let made = id(&["-g", group]);
        assert!(made.code == Some(0) && !made.err.contains('\u{1b}') && made.err.contains("has no effect there"), "{made:?}");
        let read = run(folder.path(), &[&["token", "verify", "-", "--format", "json"][..], &AT].concat(), &made.out);
        let json: Value = serde_json::from_str(&read.out).expect("JSON");
        assert!(json["claims"]["gids"].as_array().expect("a list").contains(&json!(group)), "{json}");
    }
    let many: Vec<String> = (0..40).map(|i| format!("{i}{}", "x".repeat(2_000))).collect();
    let many: Vec<&str> = many.iter().flat_map(|g| ["-g", g]).collect();
    for (args, said) in [
        (&["-g", ""][..], "a group at sign-in has no name"),
        (&["-g", "new\nline"], "the group `new\\nline` holds control characters"),
        (&["-g", "\u{1b}[31m"], "the group `\\u{1b}[31m` holds control characters"),
        (&many, "the token is too large: the limit is 65536 bytes"),
        (&["-o", ""], "the policy has no organization ``"),
        (&["-o", "nowhere"], "the policy has no organization `nowhere`"),
        (&["--info", ""], "the claim `ui` is no JSON"),
        (&["--info", "{\"a\":1}{"], "the claim `ui` is no JSON"),
        (&["--info", "[]"], "the claim `ui` is no JSON object"),
        (&["--info", "{\"a\":1,\"a\":2}"], "the claim `ui` says `a` twice"),
        (&["--info", &"[".repeat(9_000)], "the claim `ui` is no JSON"),
        (
            &["--info", &format!("{{\"a\":\"{}\"}}", "x".repeat(1_020))],
            "the claim `ui` has 1028 characters of JSON, and the limit is 1024",
        ),
        (&["--ttl", "0s"], "the token would end before it begins"),
        (&["--ttl", "4294967296s"], "is no length of time"),
        (&["--ttl", "é"], "is no length of time"),
        (&["--ttl", ""], "is no length of time"),
    ] {
        let refused = id(args);
        let shown = &args[..2.min(args.len())].join(" ");
        assert!(
            refused.code == Some(2) && refused.out.is_empty() && refused.err.contains(said),
            "{}: {refused:?}",
            &shown[..shown.len().min(80)]
        );
    }
    assert_eq!(run(folder.path(), &["token", "id", "-u", "", "--ttl", "5m"], "").code, Some(2));
    for time in ["0000-01-01", "1969-12-31", "9999-12-30"] {
        let made = run(folder.path(), &["token", "id", "-u", "ann", "--ttl", "49710d", "--at", time], "");
        assert_eq!(made.code, Some(0), "{made:?}");
        let read = run(folder.path(), &["token", "verify", "-", "--at", time], &made.out);
        assert_eq!(read.code, Some(0), "{read:?}");
    }
}

#[test]
fn a_manifest_never_holds_the_key_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrong = |manifest: &str| {
        put(folder.path(), "roomkey.toml", manifest.as_bytes());
        let refused = run(folder.path(), &["keys", "list"], "");
        assert!(refused.code == Some(2) && refused.out.is_empty(), "{refused:?}");
        assert!(!refused.err.contains("hunter2"), "{refused:?}");
    };
    wrong("[token]\nkey = \"hunter2hunter2\"\n");
    wrong("[token]\nkey = { jwk = \"hunter2hunter2\" }\n");
    wrong("[token]\nsecret = \"hunter2hunter2\"\n");
    wrong("[token]\nkey = { env = \"hunter2hunter2\" }\n");
    wrong("[token]\nkey = { file = '{\"kty\":\"oct\",\"k\":\"hunter2hunter2\"}' }\n");
    wrong("[lint]\nno-such = 1\n[token]\nkey = \"hunter2hunter2\"\n");
    wrong("[token]\nkey = { file = \"a\", env = \"B\" }\n");
    wrong("[token]\n[[token.keys]]\nnot-before = \"2027-01-01\"\n");
    wrong("[token]\n[[token.keys]]\nfile = \"a\"\nenv = \"B\"\n");
    wrong("[token]\nalgorithm = \"none\"\n");
}

/// A leeway lengthens what has ended.
#[test]
fn a_leeway_is_minutes_at_most() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (leeway, code, said) in [("5m", Some(0), ""), ("301s", Some(2), "is at most `5m`"), ("9d", Some(2), "is at most `5m`")] {
        put(folder.path(), "roomkey.toml", format!("[token]\nleeway = \"{leeway}\"\n").as_bytes());
        let told = run(folder.path(), &["keys", "list"], "");
        assert!(told.code == code && told.err.contains(said), "{leeway}: {told:?}");
    }
}
