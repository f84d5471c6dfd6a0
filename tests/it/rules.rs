//! A faulty policy for every rule, with that fault and no other.

use std::collections::BTreeSet;

use roomkey::finding::RULES;
use roomkey::{Analysis, Settings, Source, Sources};

/// A rule and a policy that breaks it; users must be declared in the one of `unknown-user`.
const CASES: &[(&str, &str)] = &[
    ("syntax", "use liveblocks\nroom r { default may read }"),
    ("unclosed-block", "use liveblocks\nroom r { default can read"),
    ("misplaced-statement", "use liveblocks\nroom r { default can read  role x { can read } }"),
    ("reserved-statement", "use liveblocks\nuser ann\nwhen \"ann reads\""),
    ("forbidden-character", "use liveblocks // \u{202e}\nuser ann"),
    ("bad-id", "user \"\""),
    ("misplaced-star", "user \"a*\""),
    ("bad-date", "group a { user ann until 2026-02-30 }"),
    ("bad-name", "kind room { levels none < read }"),
    ("unknown-vocabulary", "use livebocks\nuser ann"),
    ("unknown-kind", "use liveblocks\nroon r { default can read }"),
    ("unknown-permission", "use liveblocks\nroom r { default can raed }"),
    ("unknown-role", "use liveblocks\nroom r\nassign reader to user ann in room r"),
    ("unknown-group", "use liveblocks\nroom r { group staff can read }"),
    ("unknown-user", "use liveblocks\nuser ann\nroom r { user bob can read }"),
    ("unknown-resource", "use liveblocks\nrole reader { can read }\nassign reader to user ann in room r"),
    ("duplicate-declaration", "group a\ngroup a"),
    ("listed-twice", "group a { user ann, user ann }"),
    ("duplicate-entry", "use liveblocks\nroom r { default can read  default can write }"),
    ("contradictory-list", "use liveblocks\nroom r { default can read, write }"),
    ("none-in-prohibition", "use liveblocks\nroom r { default cannot comments:none }"),
    ("group-cycle", "group a { group b }\ngroup b { group a }"),
    ("role-cycle", "role a includes b\nrole b includes a"),
    ("resource-cycle", "kind folder in folder { levels read }\nfolder a in folder b\nfolder b in folder a"),
    ("kind-without-root", "kind a in b { levels read }\nkind b in a"),
    ("wrong-container", "use liveblocks\nroom a { room b }"),
    ("two-containers", "use liveblocks\norganization a { room r }\norganization b { room r }"),
    ("no-owner-role", "use liveblocks\nroom r { owner user ann }"),
    ("not-in-pattern", "use livelike\ncomment_board \"a-*\" { owner user ann }"),
    ("member-outside-organization", "use liveblocks\nroom r { member user ann }"),
    ("kind-parts", "kind room { features comments }"),
    (
        "duplicate-assignment",
        "use livelike\nassign board_owner to user ann everywhere\nassign board_owner to user ann everywhere",
    ),
    ("duplicate-user", "user ann\nuser ann"),
    ("retired-permission", "use liveblocks\nroom r { default can read, room:presence:write }"),
    ("empty-policy", "// nothing yet\n"),
];

#[test]
fn every_rule_is_fired_alone() {
    let wrong = |(rule, text): &&(&str, &str)| found(rule, text) != BTreeSet::from([*rule]);
    let wrong: Vec<String> =
        CASES.iter().filter(wrong).map(|(rule, text)| format!("{rule}: {:?} in {text:?}", found(rule, text))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(CASES.iter().all(|(name, _)| RULES.iter().any(|rule| rule.name == *name)), "a case for a rule that is none");
}

fn found(rule: &str, text: &str) -> BTreeSet<&'static str> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let settings = if rule == "unknown-user" { declared() } else { Settings::default() };
    Analysis::new(sources, &settings).findings.iter().map(|finding| finding.rule.name).collect()
}

#[allow(clippy::needless_update, reason = "there may be more settings than this one")]
fn declared() -> Settings {
    Settings { users_declared: true, ..Settings::default() }
}
