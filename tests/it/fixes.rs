//! Fixes: what each would change, and that a safe one changes no decision and tears no comment.

use roomkey::rules::Options;
use roomkey::{Analysis, Finding, Instant, Level, Settings, Source, Sources};

use crate::agree::{ask, load};
use crate::format::{comments, sprinkled};
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;

/// The findings of a text and the text with all their fixes applied.
fn mended(text: &str) -> (Vec<Finding>, String) {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let findings = Analysis::new(sources, &Settings::default()).findings;
    let edits = findings.iter().filter_map(|f| f.fix.as_ref()).flat_map(|fix| &fix.edits);
    let mut edits: Vec<_> = edits.collect();
    edits.sort();
    let mut out = text.to_owned();
    for (span, new) in edits.into_iter().rev() {
        out.replace_range(span.start as usize..span.end as usize, new);
    }
    (findings, out)
}

#[test]
fn the_only_close_name_is_a_suggestion() {
    let text = "use liveblocks\ngroup staff\nrole viewer { can reed }\nroom a {\n  group stafff can read\n}\n\
                assign viewr to user ann in rooom a\n";
    let (findings, out) = mended(text);
    assert!(findings.iter().all(|f| f.fix.as_ref().is_some_and(|fix| !fix.safe)), "{findings:#?}");
    let whole = text.replace("reed", "read").replace("stafff", "staff").replace("viewr", "viewer").replace("rooom", "room");
    assert_eq!(out, whole);
    let (findings, _) = mended("use liveblocks\nrole veto-a {}\nrole veto-b {}\nassign veto-c to user ann everywhere\n");
    assert!(findings.iter().all(|f| f.rule.name != "unknown-role" || f.fix.is_some() == (f.help.as_deref().is_some_and(|h| !h.contains(" or ")))));
    let (_, quoted) = mended("use liveblocks\ngroup \"night shift\"\nroom a { group \"night shft\" can read }\n");
    assert_eq!(quoted, "use liveblocks\ngroup \"night shift\"\nroom a { group \"night shift\" can read }\n");
}

#[test]
fn a_retired_permission_goes_with_its_comma_and_leaves_the_comments() {
    let cases = [
        ("default can read, room:presence:write", "default can read"),
        ("default can room:presence:write, read", "default can read"),
        ("default can read, room:presence:write, comments:write", "default can read, comments:write"),
        ("default can read,room:presence:write on room", "default can read on room"),
        ("default can read, room:presence:write // why\n", "default can read // why\n"),
        ("default can\n  read,\n  room:presence:write // old\n", "default can\n  read\n  // old\n"),
        ("default can\n  read, // first\n  room:presence:write\n", "default can\n  read // first\n"),
        ("default can\n  read,\n  room:presence:write,\n  comments:write\n", "default can\n  read,\n  comments:write\n"),
        ("default can read,// old\n  room:presence:write", "default can read // old\n "),
        ("group g can room:presence:write,// kept\n  write", "group g can // kept\n  write"),
        ("default can read // a, b\n  , // c\n  room:presence:write // d\n", "default can read // a, b\n  // c\n  // d\n"),
    ];
    for (list, left) in cases {
        let (findings, out) = mended(&format!("use liveblocks\ngroup g\nroom a {{ {list} }}\n"));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].fix.as_ref().is_some_and(|fix| fix.safe), "{findings:?}");
        assert_eq!(out, format!("use liveblocks\ngroup g\nroom a {{ {left} }}\n"));
        assert!(mended(&out).0.is_empty(), "{out}");
    }
    let (findings, _) =
        mended("kind room { levels read retired old } kind desk in room { permissions old }\nroom a { default can read, old }");
    assert!(findings[0].fix.is_none(), "it is live elsewhere: {findings:?}");
}

#[test]
fn an_entry_of_retired_permissions_alone_goes_whole() {
    let cases = [
        (
            "use liveblocks\nroom a {\n  default can room:presence:write // old\n  user ann can read\n}\n",
            "use liveblocks\nroom a {\n  // old\n  user ann can read\n}\n",
        ),
        ("use liveblocks\nrole r { can room:presence:write }\n", "use liveblocks\nrole r { }\n"),
        ("use liveblocks\nroom a { user ann cannot room:presence:write }\n", "use liveblocks\nroom a { }\n"),
    ];
    for (text, left) in cases {
        let (findings, out) = mended(text);
        assert!(findings.len() == 1 && findings[0].fix.as_ref().is_some_and(|fix| fix.safe), "{findings:?}");
        assert_eq!(out, left);
    }
    let (_, out) = mended("use liveblocks\nroom a { default can raed, room:presence:write }\n");
    assert_eq!(out, "use liveblocks\nroom a { default can read }\n", "what is misspelled is not taken out");
}

/// The text with the safe fixes of all rules, as `--fix` applies them.
fn all_mended(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..50 {
        let mut sources = Sources::default();
        sources.add(Source::new("x.rk", text.clone()));
        let mut analysis = Analysis::new(sources, &Settings::default());
        analysis.judge(&Options::all("2001-01-01".parse::<Instant>().expect("a time")));
        let safe = analysis.findings.iter().filter_map(|f| f.fix.as_ref()).find(|fix| fix.safe && fix.edits[0].0.file.0 == 0);
        let Some(fix) = safe else { return text };
        for (span, new) in fix.edits.iter().rev() {
            text.replace_range(span.start as usize..span.end as usize, new);
        }
    }
    text
}

#[test]
fn a_statement_goes_that_assigns_nothing_new() {
    let head = "use liveblocks\ngroup g\nrole w { can read }\nroom r\nroom q\n";
    let twice = "assign w to user ann, group g in room r\n";
    assert_eq!(mended(&format!("{head}{twice}{twice}{twice}")).1.matches("assign").count(), 1);
    for other in ["assign w to user ann in room r, room q\n", "assign w to user ann in room r until 2030-01-01\n"] {
        let text = format!("{head}{twice}{other}");
        let (findings, out) = mended(&text);
        assert_eq!((findings.len(), out), (1, text), "{findings:?}");
    }
}

#[test]
fn comments_inside_of_what_goes_stay() {
    let head = "use liveblocks\ngroup g { user ann }\n";
    let cases = [
        (
            "room r {\n  default can read, comments:write\n  user ann can\n    read, // base for ann\n    comments:write // ann talks\n}\n",
            "room r {\n  default can read, comments:write\n  // base for ann\n  // ann talks\n}\n",
        ),
        ("room r { default can read  user ann can // why\n read }\n", "room r { default can read  // why\n}\n"),
        (
            "room r { default can read  user ann // why\n can // tail\n read user bob can write }\n",
            "room r { default can read  // why\n// tail\nuser bob can write }\n",
        ),
    ];
    for (text, left) in cases {
        assert_eq!(all_mended(&format!("{head}{text}")), format!("{head}{left}"));
    }
    let role = "role w { can write }\nroom r\nassign w to group g in room r\n";
    let out = all_mended(&format!("{head}{role}assign w to\n  // why\n  user ann\n  in room r\n"));
    assert_eq!(out, format!("{head}{role}// why\n"));
}

#[test]
fn what_a_comment_for_roomkey_speaks_of_is_left_to_a_person() {
    let head = "use liveblocks\nroom r {\n  default can read\n";
    let note = "// roomkey: allow expired-entry: it ended";
    for entry in [
        format!("  {note}\n  user ann can read\n"),
        format!("  user ann can read {note}\n"),
        format!("  user ann can {note}\n    read\n"),
    ] {
        let text = format!("{head}{entry}  user bob can write until 2000-01-01\n}}\n");
        let mut sources = Sources::default();
        sources.add(Source::new("x.rk", text.clone()));
        let mut analysis = Analysis::new(sources, &Settings::default());
        analysis.judge(&Options::all("2026-01-01".parse::<Instant>().expect("a time")));
        let redundant = analysis.findings.iter().find(|f| f.rule.name == "redundant-entry").expect("it is found");
        assert!(redundant.fix.is_none(), "the comment would speak of user bob: {text}");
    }
}

/// `ROOMKEY_POLICIES` sets how many policies are mended.
#[test]
fn mended_policies_are_sound_and_decide_the_same() {
    let rounds = std::env::var("ROOMKEY_POLICIES").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let mut changed = 0;
    for seed in 1..=rounds {
        let (world, mut chance) = (world(seed), Chance::new(seed));
        let text: String = files(&world, Some(chance.clone())).into_iter().map(|(_, text)| text + "\n").collect();
        let text = sprinkled(&text, &mut chance);
        let out = all_mended(&text);
        if out == text {
            continue;
        }
        changed += 1;
        let silent = |text: &str| {
            let mut all: Vec<String> =
                comments(text).into_iter().filter(|c| !c.contains("roomkey:")).map(str::to_owned).collect();
            all.sort();
            all
        };
        assert_eq!(silent(&out), silent(&text), "seed {seed}: comments are lost of\n{text}\nin\n{out}");
        let policy = |text: &str| load(&[("x.rk".into(), text.into())]).unwrap_or_else(|e| panic!("seed {seed}: {e} in\n{text}"));
        let (before, after) = (policy(&text), policy(&out));
        for question in questions(&world, &mut chance, 60) {
            assert_eq!(
                ask(&before, &question).ok(),
                ask(&after, &question).ok(),
                "seed {seed}: {question:?} of\n{text}\nin\n{out}"
            );
        }
    }
    println!("{changed} of {rounds} policies were mended");
    assert!(changed > rounds / 4);
}

#[test]
fn a_group_alone_on_its_line_is_told_from_a_misspelled_one() {
    let (findings, _) = mended("use liveblocks\nroom a {\n  group\n  default can read\n}\n");
    assert!(findings[0].help.as_deref().is_some_and(|help| help.contains("type the group before it")), "{findings:?}");
    assert_eq!(findings[0].level, Level::Error);
}
