//! Tokens under the eyes of those that read them elsewhere: `@liveblocks/core` in Node, and PyJWT.
//!
//! They are looked for in `target/readers`, where `.ci/run` puts them, or in the folder that `ROOMKEY_READERS` names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roomkey::token::{self, Access, Algorithm, Extent, Grants, Issuer, Key, Signing, inspect};
use roomkey::{Checker, Instant, Policy, Question};
use serde_json::{Value, json};

use crate::cli::{put, run};
use crate::reference::chance::Chance;

/// The version of the client whose rule tokens follow.
const CLIENT: &str = "3.24.2";
/// How many access tokens are compared, with a few rooms each.
const TOKENS: usize = 5_000;

const NOON: i64 = 1_800_000_000;

fn noon() -> Instant {
    Instant::from_unix(NOON, 0)
}

fn folder() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers");
    std::env::var_os("ROOMKEY_READERS").map_or_else(built, PathBuf::from)
}

/// Gives a script one case a line; its first line is about itself, and then it has one line for each case. None where its
/// program, or something that its packages need, is absent.
fn ask(program: &str, script: &str, packages: &Path, cases: &[Value]) -> Option<(Value, Vec<Value>)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(script);
    let mut command = Command::new(program);
    command.arg(script).arg(packages).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    let mut lines = String::new();
    cases.iter().for_each(|case| writeln!(lines, "{case}").expect("a text grows"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // What is written must not wait for what is read.
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("the script ends");
    let _ = writer.join().expect("the writer ends");
    let said = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8(output.stdout).expect("JSON Lines are text");
    let mut answers = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    let Some(about) = answers.next() else {
        // Any other trouble is one of the script.
        assert!(said.contains("ImportError") || said.contains("ModuleNotFoundError"), "{said}");
        return None;
    };
    let answers: Vec<Value> = answers.collect();
    assert_eq!(answers.len(), cases.len(), "{said}");
    Some((about, answers))
}

/// The standard rooms.
fn standard() -> Policy {
    Policy::from_texts([("standard.rk".into(), "use liveblocks".into())]).expect("the standard rooms")
}

/// What the client's vocabulary has for a room.
const RESOURCES: [&str; 6] = ["room", "storage", "comments", "comments:public", "comments:private", "feeds"];

/// Entries of a token by chance: short names, so that they overlap, and every permission of the vocabulary.
fn grants(chance: &mut Chance) -> Grants {
    let words: Vec<String> = RESOURCES.iter().flat_map(|r| ["none", "read", "write"].map(|l| format!("{r}:{l}"))).collect();
    let words = words.iter().map(String::as_str).filter(|w| *w != "room:none");
    let words: Vec<&str> = words.chain(["*:read", "*:write", "*:read", "*:write", "room:presence:write"]).collect();
    let mut grants = Grants::default();
    for _ in 0..chance.between(1, 10) {
        let mut name = name(chance, 4);
        if name.is_empty() || chance.percent(60) {
            name.push('*');
        }
        let list: Vec<&str> = (0..chance.between(0, 4)).map(|_| *chance.pick(&words)).collect();
        grants.add(&name, list).expect("an entry");
    }
    grants
}

/// Text in which one begins with another often; `😀` is two characters to the client, and `é` two bytes here.
fn name(chance: &mut Chance, most: usize) -> String {
    let length = chance.below(most + 1);
    (0..length).map(|_| *chance.pick(&["a", "b", "é", "😀", ":", "1"])).collect()
}

/// Rooms that entries speak of, and others.
fn rooms(grants: &Grants, chance: &mut Chance) -> Vec<String> {
    let names: Vec<&str> = grants.iter().map(|(name, _)| name.trim_end_matches('*')).collect();
    let mut rooms: BTreeSet<String> = names.iter().map(|name| format!("{name}{}", self::name(chance, 2))).collect();
    rooms.extend(names.iter().map(|name| (*name).to_owned()));
    rooms.extend((0..3).map(|_| name(chance, 5)));
    rooms.remove("");
    rooms.insert("elsewhere".into());
    rooms.into_iter().collect()
}

/// A token of the client's kind, the rooms to ask about, and what is known of it.
struct Case {
    token: String,
    rooms: Vec<String>,
    /// For a token from a policy: the policy, the user, and whether it gives all that the policy gives.
    policy: Option<(usize, String, bool)>,
}

impl Case {
    fn line(&self) -> Value {
        json!({ "token": self.token, "rooms": self.rooms })
    }
}

/// Policies of rooms and patterns that overlap.
fn policy(chance: &mut Chance) -> (Policy, Vec<String>) {
    let lists =
        ["*:read", "*:write", "*:read, comments:write", "*:write, feeds:none", "*:write, comments:private:none", "nothing"];
    let mut text = String::from("use liveblocks\ngroup staff { user ann user ben }\n");
    let mut ids: BTreeSet<String> = (0..chance.between(1, 4)).map(|_| name(chance, 3)).map(|id| format!("r{id}")).collect();
    ids.extend((0..chance.between(0, 3)).map(|_| format!("r{}*", name(chance, 2))));
    for id in &ids {
        let (default, staff, ann) = (chance.pick(&lists), chance.pick(&lists), chance.pick(&lists));
        let _ = writeln!(text, "room \"{id}\" {{ default can {default}  group staff can {staff}  user ann can {ann} }}");
    }
    (Policy::from_texts([("rooms.rk".into(), text.clone())]).unwrap_or_else(|e| panic!("{e}\n{text}")), ids.into_iter().collect())
}

/// Tokens from policies, with the rooms that their patterns tell apart.
fn from_policies(issuer: &Issuer, chance: &mut Chance, count: usize) -> (Vec<Policy>, Vec<Case>) {
    let (mut policies, mut cases) = (Vec::new(), Vec::new());
    while cases.len() < count {
        let (policy, ids) = self::policy(chance);
        let table = policy.table();
        let kind = table.kind("room").expect("the standard kind");
        for user in ["ann", "ben", "eve"] {
            let who = Signing { user, groups: &[], organization: None };
            for partial in [false, true] {
                let made = token::from_policy(table, &who, noon(), 3600, &Extent { kind, only: &[], partial });
                let Ok(opening) = made else { continue };
                let exact = opening.left_out.is_empty();
                let access = Access { user: user.into(), grants: opening.grants, until: opening.until, ..Access::default() };
                let token = issuer.access(&access, noon()).expect("a token").token().to_owned();
                let mut rooms: BTreeSet<String> = ids.iter().map(|id| id.trim_end_matches('*').to_owned()).collect();
                rooms.extend(ids.iter().map(|id| format!("{}{}", id.trim_end_matches('*'), name(chance, 2))));
                rooms.insert("elsewhere".into());
                cases.push(Case {
                    token,
                    rooms: rooms.into_iter().collect(),
                    policy: Some((policies.len(), user.into(), exact)),
                });
            }
        }
        policies.push(policy);
    }
    (policies, cases)
}

#[test]
fn the_client_of_the_platform_reads_the_same() {
    let package = folder().join("node_modules/@liveblocks/core");
    if !package.join("package.json").is_file() {
        return println!("skipped: `@liveblocks/core` is not in {}", folder().display());
    }
    let mut chance = Chance::new(17);
    let issuer = Issuer::new(Key::generate(Algorithm::EdDSA).expect("a key").0).expect("a private key").project("p");
    let (policies, mut cases) = from_policies(&issuer, &mut chance, TOKENS / 5);
    while cases.len() < TOKENS {
        let grants = grants(&mut chance);
        let rooms = rooms(&grants, &mut chance);
        let access = Access { user: "Zoë 😀".into(), grants, info: Some(json!({ "name": "Zoë" })), ..Access::default() };
        cases.push(Case { token: issuer.access(&access, noon()).expect("a token").token().to_owned(), rooms, policy: None });
    }
    let lines: Vec<Value> = cases.iter().map(Case::line).collect();
    let Some((about, answers)) = ask("node", "liveblocks.mjs", &package, &lines) else {
        return println!("skipped: there is no `node`");
    };
    assert_eq!(about["version"], CLIENT, "the pages speak of this version");
    vocabulary(&about);
    let mut seen = Seen::default();
    for (case, answer) in cases.iter().zip(&answers) {
        seen.case(&policies, case, answer);
    }
    println!("{} tokens in {CLIENT}: {seen:?}", cases.len());
    assert!(seen.rooms > TOKENS && seen.allowed > 20_000 && seen.denied > 20_000 && seen.from_policy > 500, "{seen:?}");
}

/// The client's permissions are the ones that a token may have here, and no others.
fn vocabulary(about: &Value) {
    let table = standard().into_table();
    let room = &table.kinds()[table.kind("room").expect("the standard kind") as usize];
    let theirs: BTreeSet<&str> = about["permissions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let known = |p: &str| {
        let mut grants = Grants::default();
        grants.add("a", [p]).expect("a name");
        grants.known(room).is_ok()
    };
    assert!(theirs.len() > 15 && theirs.iter().all(|p| known(p)), "{theirs:?}");
    for resource in RESOURCES.iter().chain(&["*", "personal", "room:presence"]) {
        for level in ["none", "read", "write", "admin"] {
            let permission = format!("{resource}:{level}");
            assert_eq!(known(&permission), theirs.contains(&*permission), "{permission}");
        }
    }
}

/// How much was compared.
#[derive(Debug, Default)]
struct Seen {
    rooms: usize,
    allowed: usize,
    denied: usize,
    from_policy: usize,
}

impl Seen {
    /// Compares one token: what is in it, and what it allows in each room.
    fn case(&mut self, policies: &[Policy], case: &Case, answer: &Value) {
        let ours = inspect(&case.token, None).expect("a token");
        let claims = ours.claims.expect("its claims");
        assert_eq!(answer["parsed"], Value::Object(ours.all), "{answer}");
        let rule = standard().into_table();
        let kind = &rule.kinds()[rule.kind("room").expect("the standard kind") as usize];
        let theirs = answer["rooms"].as_array().expect("a list");
        for (room, theirs) in case.rooms.iter().zip(theirs) {
            assert_eq!(theirs.is_null(), claims.grants.on(kind, room).is_none(), "{room}: {:?}", claims.grants);
            self.rooms += 1;
            for permission in RESOURCES.iter().flat_map(|r| ["read", "write"].map(|l| format!("{r}:{l}"))) {
                let allowed = theirs[&permission] == true;
                let said = token::answer(&claims, kind, kind, &permission, room).expect("an answer");
                let what = || format!("{permission} on {room}: {:?}", claims.grants);
                assert_eq!(said.decision.word() == "allow", allowed, "{}", what());
                *if allowed { &mut self.allowed } else { &mut self.denied } += 1;
                if let Some((policy, user, exact)) = &case.policy {
                    let question = Question::new(user, &permission, &format!("room:{room}")).at(noon());
                    let policy = Checker::new(policies[*policy].table()).check(&question).expect("a question");
                    let given = policy.decision.word() == "allow";
                    assert!(if *exact { allowed == given } else { !allowed || given }, "{user} {}", what());
                }
            }
        }
        // The client asks for a new token where the one that it has does not open storage for writing.
        let first = token::answer(&claims, kind, kind, "storage:write", &case.rooms[0]).expect("an answer");
        assert_eq!(answer["kept"] == true, first.decision.word() == "allow", "{:?}", claims.grants);
        if case.policy.is_some() {
            self.from_policy += 1;
            // One base and each feature once: what the platform demands of a list.
            assert!(answer["lists"].as_array().expect("a list").iter().all(|l| *l == true), "{answer}");
        }
    }
}

#[test]
fn the_client_of_the_platform_reads_what_the_command_prints() {
    let package = folder().join("node_modules/@liveblocks/core");
    if !package.join("package.json").is_file() {
        return println!("skipped: `@liveblocks/core` is not in {}", folder().display());
    }
    let place = tempfile::tempdir().expect("a temporary folder");
    put(
        place.path(),
        "policies/a.rk",
        "use liveblocks\ngroup \"Größe 😀\" { user ann }\nroom lobby { group \"Größe 😀\" can write }\n".as_bytes(),
    );
    put(place.path(), "roomkey.toml", b"[token]\nproject = \"p\"\nkey = { file = \"key.pem\" }\n");
    assert_eq!(run(place.path(), &["keys", "generate", "-o", "key.pem"], "").code, Some(0));
    let id = run(place.path(), &["token", "id", "-q", "-u", "ann", "--info", "{\"name\":\"Ann 😀\"}"], "").out;
    let access = run(place.path(), &["token", "access", "-q", "-u", "ann", "--from-policy"], "").out;
    let lines: Vec<Value> = [&id, &access, &"a.b.c".to_owned()].map(|t| json!({ "token": t.trim(), "rooms": ["lobby"] })).into();
    let Some((_, answers)) = ask("node", "liveblocks.mjs", &package, &lines) else {
        return println!("skipped: there is no `node`");
    };
    let parsed = &answers[0]["parsed"];
    assert_eq!((&parsed["k"], &parsed["uid"], &parsed["pid"]), (&json!("id"), &json!("ann"), &json!("p")), "{answers:?}");
    assert_eq!((&parsed["gids"], &parsed["ui"]), (&json!(["Größe 😀"]), &json!({ "name": "Ann 😀" })));
    assert_eq!((&answers[0]["kept"], &answers[1]["rooms"][0]["storage:write"]), (&json!(true), &json!(true)));
    assert!(answers[2]["error"].is_string(), "{answers:?}");
}

/// A folder whose three keys sign one after the other, and their public halves as the command prints them.
fn rotation() -> (tempfile::TempDir, Value) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut manifest = String::from("[token]\nissuer = \"me\"\naudience = \"you\"\n");
    for (algorithm, _, from) in SIGNERS {
        let file = format!("{algorithm}.pem");
        let made = run(place.path(), &["keys", "generate", "--algorithm", algorithm, "-o", &file], "");
        assert_eq!(made.code, Some(0), "{made:?}");
        let _ = writeln!(manifest, "[[token.keys]]\nfile = \"{file}\"\nnot-before = \"{from}\"");
    }
    put(place.path(), "roomkey.toml", manifest.as_bytes());
    put(place.path(), "policies/a.rk", b"use liveblocks\ngroup staff { user ann }\nroom lobby { group staff can write }\n");
    let printed = run(place.path(), &["keys", "jwks"], "");
    (place, serde_json::from_str(&printed.out).expect("JSON"))
}

/// What signs, the time of issue at which it does, and from when.
const SIGNERS: [(&str, &str, &str); 3] =
    [("RS256", "2020-06-01", "2020-01-01"), ("ES256", "2021-06-01", "2021-01-01"), ("EdDSA", "2022-06-01", "2022-01-01")];

/// A token with another character in one of its parts.
fn changed(token: &str, part: usize, at: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let other = if parts[part].as_bytes()[at] == b'A' { "B" } else { "A" };
    parts[part].replace_range(at..=at, other);
    parts.join(".")
}

#[test]
fn pyjwt_verifies_what_the_command_signs_and_nothing_else() {
    let packages = folder().join("py");
    if !packages.join("jwt").is_dir() {
        return println!("skipped: `PyJWT` is not in {}", packages.display());
    }
    let (place, jwks) = rotation();
    let case = |token: &str| json!({ "verify": token, "jwks": jwks, "audience": "you", "issuer": "me" });
    let (mut cases, mut wanted) = (Vec::new(), Vec::new());
    for (algorithm, at, _) in SIGNERS {
        for kind in [&["id"][..], &["access", "--from-policy"]] {
            let args = [&["token"], kind, &["-q", "-u", "ann", "--ttl", "30000d", "--at", at]].concat();
            let made = run(place.path(), &args, "");
            let token = made.out.trim();
            let seen = inspect(token, None).unwrap_or_else(|e| panic!("{e}: {made:?}"));
            assert_eq!(seen.header["alg"], algorithm);
            cases.push(case(token));
            wanted.push(Ok(Value::Object(seen.all)));
            let (claims, signature) =
                (token.split('.').nth(1).expect("claims").len(), token.rsplit('.').next().expect("one").len());
            for (part, at) in [(1, 20), (1, claims / 2), (2, 0), (2, signature / 2), (2, signature - 2)] {
                let token = changed(token, part, at);
                let ours = run(place.path(), &["token", "verify", &token], "");
                assert_eq!(ours.code, Some(1), "{ours:?}");
                cases.push(case(&token));
                wanted.push(Err(()));
            }
            cases.push(json!({ "verify": token, "jwks": jwks, "audience": "another", "issuer": "me" }));
            cases.push(json!({ "verify": token, "jwks": jwks, "audience": "you", "issuer": "another" }));
            wanted.extend([Err(()), Err(())]);
        }
    }
    let Some((about, answers)) = ask("python3", "pyjwt.py", &packages, &cases) else {
        return println!("skipped: there is no `python3` with what PyJWT needs");
    };
    for ((case, wanted), answer) in cases.iter().zip(&wanted).zip(&answers) {
        match wanted {
            Ok(claims) => assert_eq!(&answer["claims"], claims, "{answer}"),
            Err(()) => assert!(
                answer["error"].as_str().is_some_and(|e| e.starts_with("Invalid") || e.starts_with("Decode")),
                "{answer}: {case}"
            ),
        }
    }
    println!("{} tokens in PyJWT {}", cases.len(), about["version"]);
}

#[test]
fn pyjwt_signs_what_the_command_verifies() {
    let packages = folder().join("py");
    if !packages.join("jwt").is_dir() {
        return println!("skipped: `PyJWT` is not in {}", packages.display());
    }
    let forms = ["PKCS#8", "traditional", "JWK"];
    let made = SIGNERS.map(|(algorithm, _, _)| forms.map(|form| json!({ "make": algorithm, "form": form })));
    let Some((_, keys)) = ask("python3", "pyjwt.py", &packages, made.as_flattened()) else {
        return println!("skipped: there is no `python3` with what PyJWT needs");
    };
    let claims = json!({ "k": "id", "uid": "ann", "exp": NOON + 60, "iat": NOON });
    let (mut cases, mut kept) = (Vec::new(), Vec::new());
    for (key, made) in keys.iter().zip(made.as_flattened()) {
        let Some(text) = key["key"].as_str() else {
            // PEM has no older form for Ed25519.
            assert_eq!((&made["make"], &made["form"]), (&json!("EdDSA"), &json!("traditional")), "{key}");
            continue;
        };
        let read = Key::read(text).unwrap_or_else(|e| panic!("{made}: {e}"));
        assert!(read.is_private() && read.algorithm().name() == made["make"], "{made}");
        if made["form"] != "JWK" {
            cases.push(json!({ "sign": claims, "pem": text, "algorithm": made["make"], "kid": read.id() }));
            kept.push(read);
        }
    }
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDSA] {
        let (key, text) = Key::generate(algorithm).expect("a key");
        cases.push(json!({ "sign": claims, "pem": *text, "algorithm": algorithm.name(), "kid": key.id() }));
        kept.push(key);
    }
    let (_, signed) = ask("python3", "pyjwt.py", &packages, &cases).expect("it was there before");
    assert!(signed.len() >= 8, "{signed:?}");
    let verifier = token::Verifier::new(kept.into_iter().filter_map(|k| k.public()));
    for answer in signed {
        let token = answer["token"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(verifier.verify(token, noon()).expect("a good token").user(), Some("ann"));
    }
}

#[test]
fn node_opens_every_key_that_the_command_makes() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let script = "const { createPrivateKey } = require('node:crypto'); const { readFileSync } = require('node:fs');\n\
                  console.log(createPrivateKey(readFileSync(process.argv[1])).asymmetricKeyType);";
    for (algorithm, kind) in [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed25519")] {
        let made = run(place.path(), &["keys", "generate", "--algorithm", algorithm, "-o", algorithm], "");
        assert_eq!(made.code, Some(0), "{made:?}");
        let Ok(opened) = Command::new("node").args(["-e", script]).arg(place.path().join(algorithm)).output() else {
            return println!("skipped: there is no `node`");
        };
        let said = String::from_utf8_lossy(&opened.stderr);
        assert_eq!(String::from_utf8_lossy(&opened.stdout).trim(), kind, "{algorithm}: {said}");
    }
}
