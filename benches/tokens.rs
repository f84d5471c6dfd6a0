//! What tokens cost on one core: issuing and verifying beside bare `jsonwebtoken`, and tokens made from a policy.
#![allow(missing_docs)]

#[allow(dead_code)]
#[path = "suite/rounds.rs"]
mod rounds;

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant as Clock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use roomkey::token::{self, Access, Algorithm, Extent, Grants, Identity, Issuer, Key, Signing, TokenError, Verifier};
use roomkey::{Checker, Decision, Instant, Policy, Question, Table};
use rounds::{Contestant, Timing, median, race};
use serde_json::{Map, Value, json};

const ALGORITHMS: [Algorithm; 4] = [Algorithm::Es256, Algorithm::EdDSA, Algorithm::Rs256, Algorithm::Hs256];
const ROUNDS: usize = 9;
/// Reachable rooms of the user whose access becomes a token.
const ROOMS: usize = 100_000;

fn main() {
    println!("## ID tokens\n");
    header("issue");
    ALGORITHMS.iter().for_each(|a| print(&Setting::new(*a).issue(), *a));
    println!("\n## Access tokens of five entries\n");
    header("issue");
    ALGORITHMS.iter().for_each(|a| print(&Setting::new(*a).issue_access(), *a));
    println!("\n## Verifying, and asking for one permission\n");
    header("ID token: verify, ask the policy");
    ALGORITHMS.iter().for_each(|a| print(&Setting::new(*a).ask_policy(), *a));
    println!();
    header("access token: verify, ask its entries");
    ALGORITHMS.iter().for_each(|a| print(&Setting::new(*a).ask_entries(), *a));
    println!("\n## From a policy with {ROOMS} rooms that the user reaches\n");
    openings();
}

fn noon() -> Instant {
    Instant::from_unix(1_800_000_000, 0)
}

fn header(what: &str) {
    println!("| {what} | µs | a second | bare, µs | ratio |\n|---|---|---|---|---|");
}

/// One line: the first is ours, the second bare.
fn print(timings: &[Timing], algorithm: Algorithm) {
    let [own, bare] = timings else { unreachable!("there are two contestants") };
    let (each, second) = (own.nanoseconds() / 1e3, 1e9 / own.nanoseconds());
    println!("| {algorithm} | {each:.1} | {second:.0} | {:.1} | {:.2} |", bare.nanoseconds() / 1e3, own.over(bare));
}

/// Keys of one algorithm, for both.
struct Setting {
    issuer: Issuer,
    verifier: Verifier,
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    /// How many tokens a pass has.
    count: usize,
}

impl Setting {
    fn new(algorithm: Algorithm) -> Setting {
        let (key, text) = Key::generate(algorithm).expect("a key");
        let public = token::jwks([&key]);
        let jwk = || serde_json::from_value(public["keys"][0].clone()).expect("a JWK");
        let pem = text.as_bytes();
        let read = |key: jsonwebtoken::errors::Result<EncodingKey>| key.expect("a key of its PEM");
        let secret = || {
            let jwk: Value = serde_json::from_str(&text).expect("a JWK");
            URL_SAFE_NO_PAD.decode(jwk["k"].as_str().expect("a secret")).expect("base64url")
        };
        let (name, encoding) = match algorithm {
            Algorithm::Rs256 => (jsonwebtoken::Algorithm::RS256, read(EncodingKey::from_rsa_pem(pem))),
            Algorithm::Es256 => (jsonwebtoken::Algorithm::ES256, read(EncodingKey::from_ec_pem(pem))),
            Algorithm::EdDSA => (jsonwebtoken::Algorithm::EdDSA, read(EncodingKey::from_ed_pem(pem))),
            Algorithm::Hs256 => (jsonwebtoken::Algorithm::HS256, EncodingKey::from_secret(&secret())),
        };
        let decoding = match algorithm {
            Algorithm::Hs256 => Ok(DecodingKey::from_secret(&secret())),
            _ => DecodingKey::from_jwk(&jwk()),
        };
        let mut validation = Validation::new(name);
        // The tokens are of another time than the clock of this machine.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "iss"]);
        validation.set_issuer(&["https://auth.example.com"]);
        let header = Header { kid: Some(key.id().to_owned()), ..Header::new(name) };
        let verifier = Verifier::new([key.clone()]).issuer("https://auth.example.com");
        let issuer = Issuer::new(key).expect("a private key").issuer("https://auth.example.com").project("p");
        let count = if algorithm == Algorithm::Rs256 { 128 } else { 2_560 };
        Setting { issuer, verifier, header, encoding, decoding: decoding.expect("a key"), validation, count }
    }

    /// Ours, and the bare encoding of the same claims, which exist already.
    fn beside<Q>(&self, all: &[Q], make: impl Fn(&Q) -> String) -> Vec<Timing> {
        let claims: Vec<Map<String, Value>> = all.iter().map(|q| claims(&make(q))).collect();
        let right = vec![true; all.len()];
        let own = |q: &Q| !make(q).is_empty();
        let bare = |c: &Map<String, Value>| jsonwebtoken::encode(&self.header, c, &self.encoding).is_ok_and(|t| !t.is_empty());
        race(&[Contestant::new("Roomkey", all, &right, own), Contestant::new("jsonwebtoken", &claims, &right, bare)], ROUNDS)
    }

    fn issue(&self) -> Vec<Timing> {
        self.beside(&identities(self.count), |who| issued(self.issuer.identity(who, noon())))
    }

    fn issue_access(&self) -> Vec<Timing> {
        self.beside(&accesses(self.count), |access| issued(self.issuer.access(access, noon())))
    }

    /// Ours with an answer, and the bare decoding into a map.
    fn read(&self, tokens: &[String], ask: impl Fn(&String) -> bool) -> Vec<Timing> {
        let right = vec![true; tokens.len()];
        let bare = |t: &String| {
            jsonwebtoken::decode::<Map<String, Value>>(t, &self.decoding, &self.validation).is_ok_and(|t| t.claims.len() > 3)
        };
        race(&[Contestant::new("Roomkey", tokens, &right, ask), Contestant::new("jsonwebtoken", tokens, &right, bare)], ROUNDS)
    }

    fn ask_policy(&self) -> Vec<Timing> {
        let made = identities(self.count).iter().map(|who| issued(self.issuer.identity(who, noon()))).collect::<Vec<_>>();
        let table = compile("use liveblocks\ngroup g3 { user u1 }\nroom lobby { group g3 can write }\n");
        self.read(&made, |token| {
            let claims = self.verifier.verify(token, noon()).expect("a good token");
            let mut question = Question::new(claims.user().expect("a user"), "storage:write", "room:lobby").at(noon());
            question.groups = claims.groups;
            Checker::new(&table).decision(&question).expect("an answer") == Decision::Allow
        })
    }

    fn ask_entries(&self) -> Vec<Timing> {
        let made = accesses(self.count).iter().map(|a| issued(self.issuer.access(a, noon()))).collect::<Vec<_>>();
        let table = compile("use liveblocks");
        let kind = &table.kinds()[table.kind("room").expect("the standard kind") as usize];
        self.read(&made, |token| {
            let claims = self.verifier.verify(token, noon()).expect("a good token");
            let answer = token::answer(&claims, kind, kind, "storage:write", "design:home").expect("an answer");
            answer.decision == Decision::Allow
        })
    }
}

fn issued(token: Result<token::Issued, TokenError>) -> String {
    token.expect("a token").token().to_owned()
}

fn claims(token: &str) -> Map<String, Value> {
    token::inspect(token, None).expect("a token").all
}

fn identities(count: usize) -> Vec<Identity> {
    let one = |i: usize| Identity {
        groups: (0..5).map(|g| format!("g{}", g + i % 3)).collect(),
        organization: Some("acme".into()),
        info: Some(json!({ "name": format!("User {i}"), "color": "#8a2be2" })),
        ..Identity::new(format!("user{i}@example.com"))
    };
    (0..count).map(one).collect()
}

fn accesses(count: usize) -> Vec<Access> {
    let one = |i: usize| {
        let mut grants = Grants::default();
        for name in ["design:*", "design:secret", "lobby", "staff:*"].iter().map(|n| (*n).to_owned()).chain([format!("own-{i}")])
        {
            grants.add(&name, ["*:write", "comments:read"]).expect("an entry");
        }
        Access { user: format!("user{i}@example.com"), grants, ..Access::default() }
    };
    (0..count).map(one).collect()
}

fn compile(text: &str) -> Table {
    Policy::from_texts([("a.rk".into(), text.to_owned())]).unwrap_or_else(|e| panic!("{e}")).into_table()
}

/// Rooms that the group `staff` reaches; `each` is what stands behind the name of a room.
fn rooms(before: &str, each: impl Fn(usize) -> String) -> Table {
    let mut text = format!("use liveblocks\ngroup staff {{ user ann }}\n{before}\n");
    (0..ROOMS).for_each(|r| writeln!(text, "room \"r-{r}\" {}", each(r)).expect("a text grows"));
    compile(&text)
}

/// What a token of a user with many rooms costs, and what is said where they do not fit.
fn openings() {
    let write = |_: usize| "{ group staff can write }".to_owned();
    println!("| rooms | result | ms |\n|---|---|---|");
    let one = "room \"r-*\" { group staff can write }";
    opening("all alike under one pattern", &rooms(one, write), false);
    let read = |r: usize| format!("{{ group staff can {} }}", if r.is_multiple_of(20_000) { "write" } else { "read" });
    opening("under one pattern, five with more", &rooms("room \"r-*\" { group staff can read }", read), false);
    let ending = |r: usize| format!("{{ group staff can write until 2027-01-15T{:02}:{:02}:00Z }}", 9 + r / 60 % 15, r % 60);
    let patterns = "room \"r-*\" { group staff can write until 2027-01-15T08:30:00Z }";
    opening("under one pattern, with 900 different ends", &rooms(patterns, ending), false);
    let plain = rooms("", write);
    opening("no pattern", &plain, false);
    opening("no pattern", &plain, true);
}

fn opening(rooms: &str, table: &Table, partial: bool) {
    let kind = table.kind("room").expect("the standard kind");
    let who = Signing { user: "ann", groups: &[], organization: None };
    let make = || token::from_policy(table, &who, noon(), 86_400, &Extent { kind, only: &[], partial });
    let result = match make() {
        Ok(opening) if opening.left_out.is_empty() => format!("{} entries", opening.grants.len()),
        Ok(opening) => format!("`--partial`: {} entries, {} rooms left out", opening.grants.len(), opening.left_out.len()),
        Err(TokenError::Misfits(_)) => "refused: too many entries".into(),
        Err(other) => panic!("{other}"),
    };
    let timed = |_| {
        let start = Clock::now();
        let _ = black_box(make());
        start.elapsed().as_secs_f64() * 1e3
    };
    println!("| {rooms} | {result} | {:.1} |", median((0..15).map(timed)));
}
