//! Fixes: what each would change, and that a safe one changes no decision and tears no comment.

use roomkey::{Analysis, Finding, Settings, Source, Sources};

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
        ("default can read // a, b\n  , // c\n  room:presence:write // d\n", "default can read // a, b\n  // c\n  // d\n"),
    ];
    for (list, left) in cases {
        let (findings, out) = mended(&format!("use liveblocks\nroom a {{ {list} }}\n"));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].fix.as_ref().is_some_and(|fix| fix.safe), "{findings:?}");
        assert_eq!(out, format!("use liveblocks\nroom a {{ {left} }}\n"));
        assert!(mended(&out).0.is_empty(), "{out}");
    }
    let (findings, _) = mended("use liveblocks room a { default can room:presence:write }");
    assert!(findings[0].fix.is_none(), "a list cannot be empty");
    let (findings, _) =
        mended("kind room { levels read retired old } kind desk in room { permissions old }\nroom a { default can read, old }");
    assert!(findings[0].fix.is_none(), "it is live elsewhere: {findings:?}");
}
