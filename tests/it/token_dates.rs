//! No token outlives what it carries, whatever the leeway; duties are kept apart as long as it lasts; keys have dates.

use std::fs;

use roomkey::Instant;
use roomkey::token::{Access, Algorithm, Grants, Identity, Issuer, Key, TokenError, Verifier};
use serde_json::{Value, json};

use crate::cli::{Run, put, run};
use crate::cli_tokens::{at, claims, signing};

const NOON: i64 = 1_800_000_000;

fn after(seconds: i64) -> Instant {
    Instant::from_unix(NOON + seconds, 0)
}

fn key() -> Key {
    Key::generate(Algorithm::EdDSA).expect("a key").0
}

/// What is said, on one line.
fn flat(run: &Run) -> String {
    run.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
}

#[test]
fn a_leeway_lengthens_no_grant() {
    let key = key();
    let issuer = Issuer::new(key.clone()).expect("a private key").ttl(600);
    let who = |until: Option<i64>| Identity { until: until.map(after), ..Identity::new("marie") };
    let verify = |leeway, who: &Identity, at: i64| {
        let token = issuer.identity(who, after(0)).expect("a token");
        Verifier::new([key.clone()]).leeway(leeway).verify(token.token(), after(at)).map(|claims| claims.until)
    };
    // A lifetime may be stretched by clocks that differ, by five minutes at most.
    assert_eq!(verify(60, &who(None), 659), Ok(None));
    assert!(matches!(verify(60, &who(None), 660), Err(TokenError::Expired(_))));
    assert!(verify(100_000, &who(None), 899).is_ok());
    assert!(matches!(verify(100_000, &who(None), 900), Err(TokenError::Expired(_))));
    // A grant may not, whether it ends before the lifetime or within the leeway behind it.
    for end in [300, 599, 600, 601, 630, 899] {
        assert_eq!(verify(300, &who(Some(end)), end - 1), Ok(Some(NOON + end)));
        assert_eq!(verify(300, &who(Some(end)), end), Err(TokenError::Ended(after(end).to_string())), "{end}");
    }
    assert_eq!(verify(0, &who(Some(900)), 1), Ok(None), "what ends later is nobody's business");
    let mut grants = Grants::default();
    grants.add("lobby", ["*:read"]).expect("an entry");
    let access = Access { user: "marie".into(), grants, until: Some(after(100)), ..Access::default() };
    let token = issuer.access(&access, after(0)).expect("a token");
    let ended = Verifier::new([key]).leeway(300).verify(token.token(), after(100));
    assert_eq!(
        ended.map(|c| c.expires).map_err(|e| e.to_string()),
        Err(format!("the token ended at {} with the first of what it carries", after(100)))
    );
}

const ENDING: &str = "\
use liveblocks
group staff { user marie until 2027-01-15T08:30:00Z, user ben until 2027-01-15T09:02:00Z, user eva }
room lobby { group staff can write }
room den { user eva can read until 2027-01-15T09:01:00Z }
";

#[test]
fn the_commands_stretch_no_grant_either() {
    let folder = signing(ENDING, "leeway = \"5m\"\n");
    let ask = |token: &str, time: &str, command: &[&str]| run(folder.path(), &[command, &["--at", time]].concat(), token);
    for (user, claim, last, over) in [
        ("marie", json!(1_800_001_800), "2027-01-15T08:29:59Z", "2027-01-15T08:30:00Z"),
        ("ben", json!(1_800_003_720), "2027-01-15T09:01:59Z", "2027-01-15T09:02:00Z"),
    ] {
        for make in [&["token", "id", "-q", "-u", user][..], &["token", "access", "-q", "--from-policy", "-u", user]] {
            let token = at(folder.path(), make, "").out;
            assert_eq!(claims(&token)["until"], claim, "{make:?}");
            assert_eq!(ask(&token, last, &["token", "verify", "-"]).code, Some(0), "{make:?}");
            assert_eq!(ask(&token, last, &["check", "--token", "-", "write", "room:lobby"]).code, Some(0), "{make:?}");
            let late = ask(&token, over, &["token", "verify", "-"]);
            assert_eq!(late.out, format!("invalid  the token ended at {over} with the first of what it carries\n"));
            assert_eq!(ask(&token, over, &["check", "--token", "-", "write", "room:lobby"]).code, Some(2));
        }
    }
    let token = at(folder.path(), &["token", "access", "-q", "--from-policy", "-u", "eva"], "").out;
    assert_eq!(
        claims(&token)["until"],
        json!(1_800_003_660),
        "an access that ends behind the lifetime, and not behind the leeway"
    );
    let token = at(folder.path(), &["token", "id", "-q", "-u", "eva"], "").out;
    assert_eq!(claims(&token)["until"], Value::Null);
    assert_eq!(ask(&token, "2027-01-15T09:04:59Z", &["token", "verify", "-"]).code, Some(0));
    assert_eq!(ask(&token, "2027-01-15T09:05:00Z", &["token", "verify", "-"]).code, Some(1));
}

#[test]
fn duties_are_kept_apart_as_long_as_a_token_lasts() {
    let policy = |invoice: &str| format!("kind invoice {{ permissions approve, pay }}\ngroup payers {{ user ann }}\n{invoice}\n");
    let apart = "separation-of-duty = [[\"approve\", \"pay\"]]\n";
    let from = "the token would give both `approve` and `pay` on invoice `first` from 2027-01-15T08:20:00Z on";
    for (invoice, said) in [
        ("invoice first { group payers can approve, pay  user ann cannot pay until 2027-01-15T08:20:00Z }", from),
        ("invoice first { group payers can approve, pay  user ann cannot approve until 2027-01-15T08:20:00Z }", from),
        (
            "invoice \"f*\" { group payers can approve, pay  user ann cannot pay until 2027-01-15T08:20:00Z }",
            "on invoice `f*` from",
        ),
        ("invoice first { group payers can approve, pay  user ann cannot pay until 2027-01-15T09:06:00Z }", ""),
        (
            "invoice first { group payers can approve, pay until 2027-01-15T08:20:00Z  user ann cannot pay until 2027-01-15T08:20:00Z }",
            "",
        ),
    ] {
        let folder = signing(&policy(invoice), apart);
        let made = at(folder.path(), &["token", "id", "-u", "ann"], "");
        assert_eq!(made.code, Some(if said.is_empty() { 0 } else { 2 }), "{invoice}: {made:?}");
        assert!(flat(&made).contains(said) && made.out.is_empty() != said.is_empty(), "{invoice}: {made:?}");
        // A token that is over before that is issued.
        let short = at(folder.path(), &["token", "id", "-u", "ann", "--ttl", "10m"], "");
        assert_eq!(short.code, Some(0), "{invoice}: {short:?}");
    }
    // So is one that ends with a group before that.
    let policy = "kind invoice { permissions approve, pay }\ngroup payers { user ann until 2027-01-15T08:10:00Z }\n\
                  invoice first { default can approve, pay  user ann cannot pay until 2027-01-15T08:20:00Z }\n";
    assert_eq!(at(signing(policy, apart).path(), &["token", "id", "-u", "ann"], "").code, Some(0));
}

/// What is together only behind the token's end does not keep it back, and no leeway reaches it.
#[test]
fn a_token_that_is_over_before_two_duties_meet_is_issued() {
    let policy = "kind invoice { permissions approve, pay }\ngroup payers { user ann }\n\
                  invoice first { group payers can approve, pay  user ann cannot pay until 2027-01-15T09:03:00Z }\n";
    let folder = signing(policy, "leeway = \"5m\"\nseparation-of-duty = [[\"approve\", \"pay\"]]\n");
    let made = at(folder.path(), &["token", "id", "-u", "ann"], "");
    assert_eq!((made.code, made.err.as_str()), (Some(0), "valid until 2027-01-15T09:00:00Z\n"));
    assert_eq!(claims(&made.out)["until"], json!(1_800_003_780));
    for (when, code) in [("2027-01-15T09:02:59Z", 0), ("2027-01-15T09:03:00Z", 1)] {
        let read = crate::cli::run(folder.path(), &["token", "verify", "-", "--at", when], &made.out);
        assert_eq!(read.code, Some(code), "{read:?}");
    }
    let longer = at(folder.path(), &["token", "id", "-u", "ann", "--ttl", "64m"], "");
    assert!(longer.code == Some(2) && flat(&longer).contains("from 2027-01-15T09:03:00Z on"), "{longer:?}");
    assert!(flat(&longer).contains("a shorter `--ttl`"), "{longer:?}");
}

#[test]
fn a_key_is_listed_once() {
    let folder = signing("use liveblocks\n", "");
    fs::copy(folder.path().join("key.pem"), folder.path().join("copy.pem")).expect("a copy");
    let list = |manifest: &str| {
        put(folder.path(), "roomkey.toml", manifest.as_bytes());
        run(folder.path(), &["keys", "list"], "")
    };
    let twice = list("[token]\nkey = { file = \"key.pem\" }\n[[token.keys]]\nfile = \"copy.pem\"\nretire = \"2020-01-01\"\n");
    let said = "error: `key.pem` and `copy.pem` are the same key help: list it once, with one `not-before` and one `retire`";
    assert_eq!((twice.code, flat(&twice).as_str()), (Some(2), said));
    let twice = list("[[token.keys]]\nfile = \"key.pem\"\n[[token.keys]]\nfile = \"key.pem\"\nretire = \"2020-01-01\"\n");
    assert!(
        twice.code == Some(2) && flat(&twice).starts_with("error: the manifest lists the key `key.pem` twice help:"),
        "{twice:?}"
    );
    let never = list("[[token.keys]]\nfile = \"key.pem\"\nnot-before = \"2027-02-01\"\nretire = \"2027-01-01\"\n");
    let said = "error: `key.pem` is retired at 2027-01-01T00:00:00Z and not in use before 2027-02-01T00:00:00Z: it is never in use \
                help: `not-before` comes before `retire`";
    assert_eq!((never.code, flat(&never).as_str()), (Some(2), said));
    assert_eq!(list("[[token.keys]]\nfile = \"key.pem\"\nnot-before = \"2027-02-01\"\nretire = \"2027-02-01\"\n").code, Some(2));
    // The library takes the strictest dates of a key that it is given twice.
    let key = key();
    let token = Issuer::new(key.clone()).expect("a private key").identity(&Identity::new("ann"), after(0)).expect("a token");
    for keys in [[key.clone(), key.clone().during(None, Some(after(1)))], [key.clone().during(None, Some(after(1))), key.clone()]]
    {
        assert!(Verifier::new(keys.clone()).verify(token.token(), after(0)).is_ok());
        assert!(matches!(Verifier::new(keys).verify(token.token(), after(1)), Err(TokenError::KeyTime(_))));
    }
}

#[test]
fn who_signs_with_a_new_key_may_be_ahead() {
    let key = key().during(Some(after(0)), Some(after(500)));
    let token = Issuer::new(key.clone()).expect("a private key").identity(&Identity::new("ann"), after(0)).expect("a token");
    let verify = |leeway, at| Verifier::new([key.clone()]).leeway(leeway).verify(token.token(), after(at)).is_ok();
    assert_eq!([verify(0, -1), verify(30, -30), verify(30, -31), verify(0, 0)], [false, true, false, true]);
    assert_eq!([verify(300, 499), verify(300, 500)], [true, false], "a retired key is retired for every clock");
}

#[test]
fn a_later_key_of_another_algorithm_is_warned_about() {
    let folder = signing("use liveblocks\n", "");
    let made = run(folder.path(), &["keys", "generate", "--algorithm", "ES256", "-o", "next.pem"], "");
    assert_eq!(made.code, Some(0));
    let keys = "key = { file = \"key.pem\" }\n[[token.keys]]\nfile = \"next.pem\"\nnot-before = \"2027-02-01\"\n";
    put(folder.path(), "roomkey.toml", format!("[token]\nalgorithm = \"EdDSA\"\n{keys}").as_bytes());
    let said = "warning: from 2027-02-01T00:00:00Z on `next.pem` signs, which is a key for ES256, and the manifest says \
                `algorithm = \"EdDSA\"`: no token can be issued then\n";
    assert_eq!(at(folder.path(), &["keys", "list"], "").err, said);
    let issued = at(folder.path(), &["token", "id", "-u", "ann", "-q"], "");
    assert_eq!((issued.code, issued.err.as_str()), (Some(0), said));
    let late = run(folder.path(), &["token", "id", "-u", "ann", "--at", "2027-02-01"], "");
    assert!(late.code == Some(2) && late.err.contains("`next.pem` is a key for ES256"), "{late:?}");
    put(folder.path(), "roomkey.toml", format!("[token]\n{keys}").as_bytes());
    let said = "warning: from 2027-02-01T00:00:00Z on `next.pem` signs, which is a key for ES256, where EdDSA signs now: tell those who verify\n";
    assert_eq!(at(folder.path(), &["keys", "list"], "").err, said);
    assert_eq!(at(folder.path(), &["token", "id", "-u", "ann", "-q"], "").err, "");
}

const GROUPED: &str = "\
use liveblocks
group guests
organization acme { room lobby { group guests can write } }
organization other { room den { group guests can write } }
";

#[test]
fn a_token_is_asked_with_the_groups_and_the_organization_of_its_issue() {
    let folder = signing(GROUPED, "");
    let make = ["token", "access", "-q", "-u", "ann", "-o", "acme", "--from-policy", "-g", "guests"];
    let token = at(folder.path(), &make, "").out;
    let said = claims(&token);
    assert_eq!(
        (&said["gids"], &said["oid"], &said["perms"]),
        (&json!(["guests"]), &json!("acme"), &json!({"lobby": ["*:write"]}))
    );
    let ask = |token: &str, more: &[&str]| at(folder.path(), &[&["check", "--token", "-", "write"], more].concat(), token);
    assert_eq!(ask(&token, &["room:lobby"]).code, Some(0));
    let both = ask(&token, &["room:lobby", "--and-policy"]);
    assert!(both.code == Some(0) && both.out.contains("because group guests can write"), "{both:?}");
    let hand = ["token", "access", "-q", "-u", "ann", "--allow", "*=*:write"];
    let scoped = at(folder.path(), &[&hand[..], &["-o", "acme"]].concat(), "").out;
    assert_eq!(claims(&scoped)["gids"], Value::Null);
    assert_eq!(ask(&scoped, &["room:lobby"]).code, Some(0));
    let outside = ask(&scoped, &["room:den", "--format", "json"]);
    let json: Value = serde_json::from_str(&outside.out).expect("JSON");
    assert_eq!((outside.code, &json["reason"]["kind"]), (Some(1), &json!("outside-organization")));
    assert_eq!(ask(&scoped, &["room:nobody-knows"]).code, Some(0), "where it lies the policy does not say");
    let everywhere = at(folder.path(), &hand, "").out;
    assert_eq!((ask(&everywhere, &["room:lobby"]).code, ask(&everywhere, &["room:den"]).code), (Some(0), Some(0)));
    // An ID token asks the policy with and without the option.
    let id = at(folder.path(), &["token", "id", "-q", "-u", "ann", "-o", "acme", "-g", "guests"], "").out;
    assert_eq!(ask(&id, &["room:lobby", "--and-policy"]).out, ask(&id, &["room:lobby"]).out);
}
