//! Resources that lie in another organization: how they are told, which gates they fail, and whom the log tells of them.

use roomkey::query::diff::gates::{Gate, Most, Why};
use roomkey::query::diff::{Diff, diff};
use roomkey::report::changes::{self, How, Text};
use serde_json::Value;

use crate::cli::{put, run};
use crate::diff::{Applied, askers, from_when, permissions, policies, resources, rounds, side};
use crate::diff_cli::git;
use crate::diff_sets::{between, breach, told};
use crate::reference::chance::Chance;

/// Two organizations, each with what lies in it.
fn two(first: &str, second: &str) -> String {
    format!(
        "use liveblocks\ngroup staff {{ user ann, user ben }}  group guests\norganization hr {{ {first} }}\norganization agency {{ {second} }}"
    )
}

/// A room that moves from one organization to the other as it is.
fn moved(rows: &str) -> Diff {
    let [old, new] = texts(rows);
    between(&old, &new)
}

fn texts(rows: &str) -> [String; 2] {
    let room = format!("room payroll {{ {rows} }}");
    [two(&room, "room lobby { default can read }"), two("", &format!("room lobby {{ default can read }} {room}"))]
}

fn how() -> How<'static> {
    How { all: false, old: "old", new: "new", text: Text::Other }
}

/// Whether a gate is not met where the room moves.
fn fails(rows: &str, gate: &Gate) -> bool {
    let [old, new] = texts(rows);
    breach(gate, &between(&old, &new), [&old, &new]).is_some()
}

fn deny(permission: &str) -> Gate {
    Gate::Deny(permission.parse().expect("a permission"))
}

#[test]
fn a_move_is_told_with_its_places_and_who_has_what_there() {
    let found = moved("default can read  user ann can write");
    assert_eq!(
        told(&found),
        "1 resource moves to another organization, and every decision for who signs in to their own is the same

~ room payroll moves from organization hr to agency
    was: room payroll in organization hr, p.rk:3:19 in old
    now: room payroll in organization agency, p.rk:4:55 in new
    only who signs in to agency has access there now, where it was who signs in to hr
    signed in to agency, everyone who can sign in, but not user ann, has read on room payroll
    signed in to agency, user ann has write on room payroll
"
    );
    // What lies in no organization lies in `default`, and what a pattern speaks of lies where the pattern lies.
    let room = "room payroll { default can read }";
    let default = between(&two(room, ""), &format!("{}\n{room}", two("", "")));
    assert!(told(&default).contains("~ room payroll moves from organization hr to default\n"), "{}", told(&default));
    let pattern = between(&two("room \"p*\" { default can read }", ""), &two("", "room \"p*\" { default can read }"));
    let text = told(&pattern);
    assert!(text.contains("~ room \"p*\" moves from organization hr to agency\n"), "{text}");
    assert!(text.contains("signed in to agency, everyone who can sign in has read on room \"p*\"\n"), "{text}");
    assert!(between(&two(room, ""), &two(room, "")).moved.is_empty());
    assert!(told(&moved("default can nothing")).contains("nobody has access there, and nobody had it"));
}

#[test]
fn a_move_that_changes_more_is_told_once() {
    let folder = "kind folder in organization\nkind doc in folder { permissions share }\n";
    let tree = "folder f { doc a { user ann can share } doc b doc c }";
    let policy = |first: &str, second: &str| format!("{folder}{}", two(first, &format!("group staff can share on doc {second}")));
    let text = told(&between(&policy(tree, ""), &policy("", tree)));
    assert!(text.starts_with("2 users and strangers with a group gain access, by 1 cause, and 4 resources move to"), "{text}");
    assert!(text.contains("~ folder f moves from organization hr to agency, with 3 resources in it\n"), "{text}");
    assert!(!text.contains("lies elsewhere") && text.matches("was: folder f in organization hr").count() == 1, "{text}");
}

#[test]
fn a_gate_fails_by_a_move_where_somebody_has_what_it_speaks_of() {
    let rows = "default can nothing  user ann can read";
    let found = moved(rows);
    for (gate, is) in [
        (Gate::NoNewAccess, true),
        (deny("read"), true),
        (deny("read@room:pay*"), true),
        (deny("read@room:lobby"), false),
        (deny("write"), false),
        (deny("comments:write"), false),
        (Gate::RequireExpiry("read".parse().expect("a permission")), true),
        (Gate::RequireExpiry("write".parse().expect("a permission")), false),
        (Gate::ForbidSelfGrant("ann".into()), true),
        (Gate::ForbidSelfGrant("ben".into()), false),
        (Gate::MaxLost(Most::Users(0)), true),
        (Gate::MaxLost(Most::Users(1)), false),
    ] {
        assert_eq!(fails(rows, &gate), is, "{gate:?}: {}", told(&found));
    }
    assert!(!fails("user ann can read until 2031-01-01", &Gate::RequireExpiry("read".parse().expect("a permission"))));
    // Nobody can count who signs in to an organization that is open.
    assert!(fails("default can read", &Gate::MaxLost(Most::Percent(100))));
    let nobody = "default can nothing";
    for gate in [Gate::NoNewAccess, deny("read"), Gate::MaxLost(Most::Users(0)), Gate::ForbidSelfGrant("ann".into())] {
        assert!(!fails(nobody, &gate), "{gate:?}");
    }
    // Nobody is in the group by the policy, so that a sign-in may put the author into it.
    assert!(fails("default can nothing  group guests can read", &Gate::ForbidSelfGrant("ann".into())));
    assert!(!fails("default can nothing  group staff can read", &Gate::ForbidSelfGrant("zoe".into())));
    let gate = deny("read");
    let [old, new] = texts(rows);
    let breach = breach(&gate, &found, [&old, &new]).expect("not met");
    assert!(matches!(breach.why, Why::Moved(..)), "{breach:?}");
    let mut out = Vec::new();
    changes::breach(&mut out, &found, &breach, &how()).expect("written");
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "`--deny read` is not met: signed in to organization agency, user ann gains read on room payroll
  by ~ room payroll moves from organization hr to agency
    was: room payroll in organization hr, p.rk:3:19 in old
    now: room payroll in organization agency, p.rk:4:55 in new
"
    );
}

#[test]
fn an_organization_with_another_name_is_told_as_one() {
    let policy = |name: &str| {
        format!(
            "use liveblocks\ngroup staff {{ user ann }}\norganization {name} {{ member group staff\n  default can read\n\
             room a room b {{ user ann can write }} room c }}"
        )
    };
    let text = told(&between(&policy("acme"), &policy("\"acme inc\"")));
    assert_eq!(
        text,
        "3 resources move to another organization, and every decision for who signs in to their own is the same

~ organization acme is named \"acme inc\" now, with 3 resources in it
    was: organization acme, p.rk:3:1 in old
    now: organization \"acme inc\", p.rk:3:1 in new
    only who signs in to \"acme inc\" has access there now, where it was who signs in to acme
"
    );
    // Nothing lies in it.
    let empty = |name: &str| format!("use liveblocks\norganization {name} {{ member user ann }}");
    let text = told(&between(&empty("acme"), &empty("other")));
    assert!(text.contains("has the same statements: who signs in to it has to name the new one"), "{text}");
    // Decisions about the organization itself are lost and gained.
    let own = |name: &str| format!("kind organization {{ permissions invite }}\norganization {name} {{ user ann can invite }}");
    let text = told(&between(&own("acme"), &own("other")));
    assert!(text.contains("user ann gains invite on organization other"), "{text}");
    assert!(text.contains("a renamed resource is lost and gained"), "{text}");
    // A room without access is not lost.
    let room = |name: &str| format!("use liveblocks\nroom {name} {{ default can nothing }}");
    let text = told(&between(&room("a"), &room("b")));
    assert!(text.contains("room b has the same statements: nobody has access to either"), "{text}");
}

#[test]
fn an_organization_that_is_split_or_joined_has_not_another_name() {
    let policy = |all: &[(&str, &str)]| {
        let one = |(name, rooms): &(&str, &str)| format!("organization {name} {{ default can read\n {rooms} }}\n");
        format!("use liveblocks\n{}", all.iter().map(one).collect::<String>())
    };
    let whole = policy(&[("acme", "room a room b")]);
    let split = policy(&[("north", "room a"), ("south", "room b")]);
    for (old, new, titles) in [
        (&whole, &split, ["room a moves from organization acme to north", "room b moves from organization acme to south"]),
        (&split, &whole, ["room a moves from organization north to acme", "room b moves from organization south to acme"]),
    ] {
        let found = between(old, new);
        assert!(found.moves.len() == 2 && found.moves.iter().all(|m| !m.renamed), "{}", told(&found));
        let text = told(&found);
        assert!(titles.iter().all(|title| text.contains(&format!("~ {title}\n"))), "{text}");
        assert!(!text.contains("is named"), "{text}");
    }
    // What comes to it beside is no move, and a room that is gone goes nowhere.
    let more = between(&whole, &policy(&[("north", "room a room c")]));
    assert!(more.moves.iter().all(|m| m.renamed) && more.moves.len() == 1, "{}", told(&more));
}

#[test]
fn every_format_tells_of_a_move() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    put(path, "old.rk", two("room payroll { user ann can read }", "").as_bytes());
    put(path, "new.rk", two("", "\nroom payroll { user ann can read }").as_bytes());
    let of = |format: &str| run(path, &["diff", "old.rk", "new.rk", "--format", format], "").out;
    let github = of("github");
    let begins = "::warning file=new.rk,line=5,title=~ room payroll moves from organization hr to agency::only who signs in to";
    assert!(github.starts_with(begins), "{github}");
    assert!(github.contains("signed in to agency, user ann has read on room payroll"), "{github}");
    let sarif: Value = serde_json::from_str(&of("sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["ruleIndex"].as_u64()), (Some("moved-resource"), Some(2)), "{result}");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][2]["id"], "moved-resource");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 5);
    for format in ["text", "markdown", "html"] {
        let told = of(format);
        assert!(told.contains("room payroll moves from organization hr to agency"), "{format}: {told}");
    }
    let json: Value = serde_json::from_str(&of("json")).expect("JSON");
    assert_eq!(json["moved"][0]["to"], "agency");
    assert_eq!(json["moves"][0]["statements"][1]["source"]["line"], 5);
    assert_eq!(json["gained_by_move"][0]["users"][0], "ann");
    assert_eq!(json["lost_by_move"][0]["lost"][0], "*:read");
    let gate = run(path, &["diff", "old.rk", "new.rk", "--no-new-access"], "");
    assert_eq!(gate.code, Some(1), "{}", gate.out);
    assert!(gate.err.contains("signed in to organization agency, user ann gains read on room payroll"), "{}", gate.err);
    assert_eq!(run(path, &["diff", "old.rk", "new.rk", "--exit-code"], "").code, Some(1));
    assert_eq!(run(path, &["diff", "old.rk", "new.rk", "--deny", "write"], "").code, Some(0));
}

#[test]
fn the_log_of_a_user_has_the_moves_of_what_the_user_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let step = |text: &str, subject: &str| {
        put(path, "p.rk", text.as_bytes());
        git(path, &["add", "-A"]) && git(path, &["commit", "-q", "-m", subject])
    };
    let (pay, vault) = ("room payroll { group staff can read }", "room vault { user eve can write }");
    let made = git(path, &["init", "-q", "-b", "main"])
        && step(&two(&format!("{pay} {vault}"), ""), "First")
        && step(&two(vault, pay), "The payroll moves")
        && step(&two("", &format!("{pay} {vault}")), "The vault moves");
    if !made {
        return println!("skipped: no `git`");
    }
    let log = |args: &[&str]| run(path, &[&["log"], args].concat(), "").out;
    let ann = log(&["--user", "ann"]);
    assert!(ann.contains("The payroll moves") && !ann.contains("The vault moves"), "{ann}");
    assert!(ann.contains("~ room payroll moves from organization hr to agency\n"), "{ann}");
    assert!(ann.contains("signed in to agency, user ann has read on room payroll\n"), "{ann}");
    let eve = log(&["--user", "eve"]);
    assert!(eve.contains("The vault moves") && !eve.contains("The payroll moves"), "{eve}");
    assert!(!log(&["--user", "zoe"]).contains("moves"));
    let room = log(&["--resource", "room:payroll"]);
    assert!(room.contains("The payroll moves") && !room.contains("The vault moves"), "{room}");
    assert!(!log(&["--user", "eve", "--resource", "room:payroll"]).contains("moves"));
    assert!(log(&["--user", "ann", "--resource", "room:payroll"]).contains("The payroll moves"));
}

#[test]
fn what_a_move_gives_and_takes_is_what_each_side_decides() {
    let (mut asked, mut allowed) = (0u64, 0u64);
    for seed in 0..rounds(150) {
        let Some([old, new]) = policies(seed) else { continue };
        let tables = [old.table(), new.table()];
        let (start, times) = from_when(tables, &mut Chance::new(seed));
        let found = diff(side(&old), side(&new), start).expect("sound tables");
        if found.moved.is_empty() {
            assert!(found.moves.is_empty() && found.gained_by_move.is_empty() && found.lost_by_move.is_empty(), "seed {seed}");
            continue;
        }
        let lists = ["lost_by_move", "gained_by_move"].map(|list| Applied::of(&found, list));
        for at in std::iter::once(start).chain(times) {
            for m in &found.moved {
                let all = resources(tables, &m.kind);
                let Some((_, id)) = all.iter().find(|(shown, _)| *shown == m.resource) else { continue };
                for permission in permissions(tables, &m.kind) {
                    for (who, sign_ins) in askers(tables, &[]) {
                        for side in [0, 1] {
                            let table = tables[side];
                            let kind = table.kind(&m.kind).expect("a kind of both");
                            let on = table.resource(kind, id).unwrap().expect("known to both");
                            let asks = table.permission(kind, &permission);
                            let decides = asks.is_some_and(|p| table.check(&sign_ins[side], p, on, at).unwrap());
                            let told = lists[side].decide(side == 0, &who, &m.kind, &m.resource, &permission, at) != (side == 0);
                            assert_eq!(told, decides, "seed {seed}, side {side}: {who} {permission} on {}:{id} at {at}", m.kind);
                            asked += 1;
                            allowed += u64::from(decides);
                        }
                    }
                }
            }
        }
    }
    println!("{asked} decisions about what moves, {allowed} of them allowed");
    assert!(allowed > 100, "{asked}, {allowed}");
}

/// A move that also changes what somebody has by signing in where the room lies is one cause of a gate.
#[test]
fn a_gate_names_a_move_once() {
    let room = "room payroll { user ann can read }";
    let (first, second) = ("default can nothing  user cfo can write", "default can nothing");
    let (old, new) = (two(&format!("{first} {room}"), second), two(first, &format!("{second} {room}")));
    let found = between(&old, &new);
    let breach = breach(&Gate::MaxLost(Most::Users(0)), &found, [&old, &new]).expect("not met");
    let mut out = Vec::new();
    changes::breach(&mut out, &found, &breach, &how()).expect("written");
    let out = String::from_utf8(out).expect("text");
    let by: Vec<&str> = out.lines().filter(|line| line.starts_with("  by ")).collect();
    assert_eq!(by, ["  by ~ room payroll moves from organization hr to agency"], "{out}");
}
