//! Tokens through the library: keys, what is issued, and every refusal with its own words.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roomkey::Instant;
use roomkey::token::{Access, Algorithm, Grants, Identity, Issuer, Key, Kind, TokenError, Verifier, inspect, jwks};
use serde_json::{Value, json};

const NOON: i64 = 1_800_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_unix(NOON + seconds, 0)
}

fn key(algorithm: Algorithm) -> Key {
    Key::generate(algorithm).expect("a key").0
}

/// A verifier of an algorithm's new key, and a token.
fn issued(algorithm: Algorithm) -> (Verifier, String) {
    let key = key(algorithm);
    let verifier = Verifier::new([key.public().unwrap_or_else(|| key.clone())]);
    let issuer = Issuer::new(key).expect("a private key");
    (verifier, issuer.identity(&Identity::new("marie"), at(0)).expect("a token").token().to_owned())
}

/// A token of any header and claims, signed with a secret.
fn forged(header: &str, claims: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).expect("a signature");
    format!("{message}.{signature}")
}

const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

fn secret() -> Key {
    let k = URL_SAFE_NO_PAD.encode(SECRET);
    Key::read(&json!({"kty": "oct", "k": k}).to_string()).expect("a secret")
}

/// Why a token with these claims is refused, or nothing.
fn fault(claims: &str) -> Option<TokenError> {
    let token = forged(r#"{"alg":"HS256"}"#, claims, SECRET);
    Verifier::new([secret()]).verify(&token, at(0)).err()
}

#[test]
fn every_algorithm_signs_and_verifies() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDSA, Algorithm::Hs256] {
        let (key, text) = Key::generate(algorithm).expect("a key");
        let read = Key::read(&text).expect("its own text");
        assert_eq!((read.id(), read.algorithm(), read.is_private()), (key.id(), algorithm, true));
        let verifier =
            Verifier::new(Key::read_set(&jwks([&key]).to_string()).expect("a key set").into_iter().chain([key.clone()]));
        let issuer = Issuer::new(key).expect("a private key").issuer("me").audience("you").project("p");
        let verifier = verifier.issuer("me").audience("you").kind(Kind::Identity);
        let who = Identity { groups: vec!["staff".into()], organization: Some("acme".into()), ..Identity::new("marie") };
        let (one, two) = (issuer.identity(&who, at(0)).expect("a token"), issuer.identity(&who, at(0)).expect("a token"));
        assert_ne!(one.token(), two.token(), "each has its own `jti`");
        let claims = verifier.verify(one.token(), at(3599)).expect("a good token");
        assert_eq!((claims.user(), &claims.groups[..]), (Some("marie"), &["staff".to_owned()][..]));
        assert_eq!((claims.organization.as_deref(), claims.all["pid"].as_str()), (Some("acme"), Some("p")));
        assert!(matches!(verifier.verify(one.token(), at(3600)), Err(TokenError::Expired(_))));
        assert!(verifier.clone().leeway(30).verify(one.token(), at(3629)).is_ok());
        let other = Verifier::new([self::key(algorithm)]);
        assert_eq!(other.verify(one.token(), at(0)), Err(TokenError::UnknownKey));
        assert!(!format!("{one:?}{issuer:?}{verifier:?}").contains(one.token()));
    }
}

#[test]
fn issuers_and_verifiers_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Issuer>();
    shared::<Verifier>();
}

#[test]
fn thumbprints_are_those_of_rfc_7638() {
    // The example of RFC 7638, section 3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let key = Key::read(&json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}).to_string());
    assert_eq!(key.expect("a public key").id(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn weak_and_unreadable_keys_are_refused_without_showing_them() {
    let short = URL_SAFE_NO_PAD.encode(&SECRET[..31]);
    let weak = Key::read(&json!({"kty": "oct", "k": short}).to_string()).expect_err("too short");
    assert_eq!(weak, TokenError::Weak { algorithm: Algorithm::Hs256, has: 248, least: 256 });
    let n = URL_SAFE_NO_PAD.encode([0xff; 128]);
    let weak = Key::read(&json!({"kty": "RSA", "n": n, "e": "AQAB"}).to_string()).expect_err("too short");
    assert_eq!(weak, TokenError::Weak { algorithm: Algorithm::Rs256, has: 1024, least: 2048 });
    for text in [
        "",
        "hunter2",
        "{\"kty\":\"oct\",\"k\":7,\"hunter2\":1}",
        "{\"kty\":\"hunter2\"}",
        "-----BEGIN hunter2-----\n-----END hunter2-----",
    ] {
        let said = format!("{:?}", Key::read(text).expect_err(text));
        assert!(said.starts_with("Unreadable") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_changed_token_is_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDSA, Algorithm::Hs256] {
        let (verifier, token) = issued(algorithm);
        assert!(verifier.verify(&token, at(0)).is_ok());
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let header = message.split_once('.').expect("two parts").0;
        let other = URL_SAFE_NO_PAD.encode(format!(r#"{{"k":"id","uid":"root","exp":{}}}"#, NOON + 9));
        assert_eq!(verifier.verify(&format!("{header}.{other}.{signature}"), at(0)), Err(TokenError::Signature));
        assert_eq!(verifier.verify(&format!("{message}."), at(0)), Err(TokenError::Signature));
        assert_eq!(verifier.verify(&format!("{message}.AAAA"), at(0)), Err(TokenError::Signature));
    }
}

#[test]
fn the_algorithm_is_that_of_the_key() {
    let (verifier, _) = issued(Algorithm::EdDSA);
    let claims = format!(r#"{{"k":"id","uid":"root","exp":{}}}"#, NOON + 9);
    // A public key is no secret: whoever signs with it as if it were one is refused for the algorithm.
    let public = jwks([&key(Algorithm::EdDSA)]).to_string();
    let token = forged(r#"{"alg":"HS256"}"#, &claims, public.as_bytes());
    let confused = TokenError::OtherAlgorithm { token: Algorithm::Hs256, key: Algorithm::EdDSA };
    assert_eq!(verifier.verify(&token, at(0)), Err(confused));
    for none in ["none", "None", "NONE"] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{none}"}}"#));
        let token = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(&claims));
        assert_eq!(verifier.verify(&token, at(0)), Err(TokenError::Unsigned));
    }
    for (header, wanted) in [
        (r#"{"alg":"RS512"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"HS256","kid":"another"}"#, TokenError::UnknownKey),
        (r#"{"alg":"HS256","crit":["b64"]}"#, TokenError::Critical),
        (r#"{"alg":"HS256","alg":"none"}"#, TokenError::Duplicate { part: "header", name: "alg".into() }),
        (r#"{"alg":7}"#, TokenError::Malformed("its header names no algorithm")),
    ] {
        assert_eq!(Verifier::new([secret()]).verify(&forged(header, &claims, SECRET), at(0)), Err(wanted));
    }
    let two = Verifier::new([secret(), key(Algorithm::EdDSA)]);
    assert_eq!(two.verify(&forged(r#"{"alg":"HS256"}"#, &claims, SECRET), at(0)), Err(TokenError::NoKeyId(2)));
}

#[test]
fn claims_that_mean_two_things_or_nothing_are_refused() {
    let end = NOON + 9;
    assert_eq!(fault(&format!(r#"{{"k":"id","uid":"m","exp":{end}}}"#)), None);
    for (claims, wanted) in [
        (format!(r#"{{"k":"id","uid":"m","uid":"root","exp":{end}}}"#), "the claims say `uid` twice"),
        (
            format!(r#"{{"k":"acc","uid":"m","exp":{end},"perms":{{"a":["*:read"],"a":["*:write"]}}}}"#),
            "the claims say `a` twice",
        ),
        (r#"{"k":"id","uid":"m"}"#.into(), "the token has no `exp`"),
        (r#"{"k":"id","uid":"m","exp":"soon"}"#.into(), "the claim `exp` is no time in seconds"),
        (format!(r#"{{"uid":"m","exp":{end}}}"#), "the token has no `k`"),
        (format!(r#"{{"k":"root","uid":"m","exp":{end}}}"#), "the claim `k` is neither `id` nor `acc`"),
        (format!(r#"{{"k":"id","exp":{end}}}"#), "the token has no `uid`"),
        (format!(r#"{{"k":"id","uid":["m"],"exp":{end}}}"#), "the claim `uid` is no text"),
        (format!(r#"{{"k":"id","uid":"m","gids":"staff","exp":{end}}}"#), "the claim `gids` is no list of texts"),
        (format!(r#"{{"k":"id","uid":"m","exp":{end},"nbf":{end}}}"#), "the token is not valid before 2027-01-15T08:00:09Z"),
        (format!(r#"{{"k":"id","uid":"m","exp":{end},"aud":"x"}}"#), "the token is for an audience, and none is given here"),
        (format!(r#"{{"k":"acc","uid":"m","exp":{end}}}"#), "the token has no `perms`"),
        (
            format!(r#"{{"k":"acc","uid":"m","exp":{end},"perms":{{"a":[7]}}}}"#),
            "the claim `perms` has a permission that is no text",
        ),
        (
            format!(r#"{{"k":"acc","uid":"m","exp":{end},"perms":{{"a*b":[]}}}}"#),
            "`a*b` cannot name an entry: it is an id, or a prefix with one `*` at its end",
        ),
        (
            format!(r#"{{"k":"id","uid":"{}","exp":{end}}}"#, "😀".repeat(65)),
            "the claim `uid` has 130 characters, and the limit is 128",
        ),
        (
            format!(r#"{{"k":"id","uid":"m","exp":{end},"ui":{{ "a": "{}" }}}}"#, "😀".repeat(509)),
            "the claim `ui` has 1026 characters of JSON, and the limit is 1024",
        ),
        (format!(r#"{{"k":"id","uid":"m","exp":{end},"until":"soon"}}"#), "the claim `until` is no time in seconds"),
        ("[]".into(), "this is no token: a part is no JSON object"),
        ("{".into(), "this is no token: a part is no JSON"),
        ("[".repeat(9000), "this is no token: a part is no JSON"),
    ] {
        assert_eq!(fault(&claims).map(|e| e.to_string()).as_deref(), Some(wanted), "{}", &claims[..claims.len().min(99)]);
    }
    let verifier = Verifier::new([secret()]);
    let large = "a".repeat(70_000);
    assert_eq!(verifier.verify(&large, at(0)), Err(TokenError::TooLarge { has: 70_000, limit: 65_536 }));
    for text in ["", "a.b", "a.b.c.d", "é.ü.ö"] {
        assert!(matches!(verifier.verify(text, at(0)), Err(TokenError::Malformed(_))), "{text}");
    }
}

#[test]
fn issuer_audience_and_kind_are_compared() {
    let (verifier, token) = issued(Algorithm::EdDSA);
    assert_eq!(verifier.clone().issuer("me").verify(&token, at(0)), Err(TokenError::Issuer));
    assert_eq!(verifier.clone().audience("you").verify(&token, at(0)), Err(TokenError::Audience));
    let wrong = TokenError::Kind("an ID token", "an access token");
    assert_eq!(verifier.kind(Kind::Access).verify(&token, at(0)), Err(wrong));
}

#[test]
fn keys_count_in_their_time_and_no_token_outlives_its_key() {
    let key = key(Algorithm::EdDSA).during(Some(at(0)), Some(at(60)));
    let issuer = Issuer::new(key.clone()).expect("a private key");
    let who = Identity::new("marie");
    assert!(matches!(issuer.identity(&who, at(-1)), Err(TokenError::KeyTime(_))));
    assert!(matches!(issuer.identity(&who, at(60)), Err(TokenError::KeyTime(_))));
    let token = issuer.identity(&who, at(0)).expect("a token");
    assert_eq!((token.expires(), token.is_shortened()), (at(60), true));
    let late = Verifier::new([key]).leeway(600).verify(token.token(), at(60)).expect_err("its key is retired");
    assert!(matches!(late, TokenError::KeyTime(_)));
}

#[test]
fn what_does_not_fit_is_not_issued() {
    let issuer = Issuer::new(key(Algorithm::EdDSA)).expect("a private key");
    let info = |n: usize| Some(json!({ "a": "x".repeat(n) }));
    let who = |user: String, info: Option<Value>| Identity { info, ..Identity::new(user) };
    assert!(issuer.identity(&who("u".repeat(128), info(1016)), at(0)).is_ok());
    assert!(issuer.identity(&who("u".repeat(129), None), at(0)).is_err());
    assert!(issuer.identity(&who("u".into(), info(1017)), at(0)).is_err());
    // As JavaScript counts, in which the readers are written: a smiley is two.
    assert!(issuer.identity(&who("😀".repeat(64), Some(json!({ "a": "😀".repeat(508) }))), at(0)).is_ok());
    assert!(issuer.identity(&who("😀".repeat(64) + "u", None), at(0)).is_err());
    assert!(issuer.identity(&who("u".into(), Some(json!({ "a": "😀".repeat(508) + "x" }))), at(0)).is_err());
    assert!(issuer.identity(&Identity { until: Some(at(0)), ..Identity::new("u") }, at(0)).is_err());
    let mut grants = Grants::default();
    assert!(issuer.access(&Access { user: "u".into(), ..Access::default() }, at(0)).is_err(), "it opens nothing");
    for i in 0..11 {
        grants.add(&format!("r{i}"), ["*:read"]).expect("a name");
    }
    assert!(issuer.access(&Access { user: "u".into(), grants, ..Access::default() }, at(0)).is_err(), "eleven entries");
    assert!(Issuer::new(key(Algorithm::EdDSA).public().expect("a public half")).is_err());
}

#[test]
fn names_of_entries_follow_the_published_shape() {
    let mut grants = Grants::default();
    for good in ["*", "a", "a*", &"x".repeat(128), &format!("{}*", "x".repeat(128))] {
        grants.add(good, ["*:read"]).expect(good);
    }
    for bad in ["", "**", "a**", "a*b", "*a", &"x".repeat(129), &"😀".repeat(65)] {
        assert!(grants.add(bad, ["*:read"]).is_err(), "{bad}");
    }
}

#[test]
fn a_look_inside_says_what_is_wrong_and_verifies_nothing() {
    let (_, token) = issued(Algorithm::EdDSA);
    let seen = inspect(&token, None).expect("a token");
    assert_eq!(seen.claims.expect("claims").user(), Some("marie"));
    assert_eq!(seen.header["alg"], "EdDSA");
    let odd = inspect(&forged(r#"{"alg":"none"}"#, r#"{"sub":"x"}"#, SECRET), None).expect("a token");
    assert_eq!(odd.claims, Err(TokenError::Missing("k")));
}
