//! Every fault of a policy in one run, each at its place.

use roomkey::{Analysis, Settings, Source, Sources};

fn found(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let analysis = Analysis::new(sources, &Settings::default());
    analysis
        .findings
        .iter()
        .map(|f| {
            let place = analysis.sources.place(f.span);
            format!("{}:{} {}", place.line, place.column, f.rule.name)
        })
        .collect()
}

#[test]
fn ten_faults_of_ten_sorts_show_in_one_run() {
    let text = r#"use liveblocks
group a { group b }
group b { group a }
role editor includes veiwer { can write on room }
room lobby {
  default can read, write
  user ann can wirte
  group nobody can read
  user bob can nothing until 2026-13-01
  user eve cannot comments:none
}
room "a*b" { default can read }
organization acme in organization x
assign editor to user eve on room lobby
"#;
    let expected = [
        "2:17 group-cycle",
        "4:22 unknown-role",
        "6:21 contradictory-list",
        "7:16 unknown-permission",
        "8:9 unknown-group",
        "9:30 bad-date",
        "10:19 none-in-prohibition",
        "12:6 misplaced-star",
        "13:35 unknown-resource",
        "14:27 syntax",
    ];
    assert_eq!(found(text), expected);
}

#[test]
fn a_syntax_error_leaves_its_neighbours_whole() {
    let text = "use liveblocks\ngroup a { user x usr y\n user z }\nroom r {\n group a can ,\n group a can read }\nroom s { group b can read }\n";
    assert_eq!(found(text), ["2:18 syntax", "5:14 syntax", "7:16 unknown-group"]);
}

#[test]
fn braces_without_end_are_an_error_and_no_overflow() {
    let text = format!("use liveblocks\n{}", "room r { ".repeat(100_000));
    let rules = found(&text);
    assert!(rules.iter().any(|r| r.ends_with("too-deep")), "{rules:?}");
}

#[test]
fn a_hundred_thousand_nested_groups_are_sound() {
    let mut text = String::from("use liveblocks\nroom r { group g0 can read }\ngroup g100000 { user ann }\n");
    for i in 0..100_000 {
        text.push_str(&format!("group g{i} {{ group g{} }}\n", i + 1));
    }
    let policy = roomkey::Policy::from_texts([("x.rk".into(), text)]).expect("sound");
    let answer = policy.check(&roomkey::Question::new("ann", "read", "room:r")).expect("answered");
    assert!(answer.allowed());
}

#[test]
fn odd_bytes_are_said_and_never_panic() {
    assert_eq!(found("\u{feff}use liveblocks\r\nroom r { default can read }\r\n"), Vec::<String>::new());
    assert_eq!(found(""), ["1:1 empty-policy"]);
    assert_eq!(found("user a\0b"), ["1:7 forbidden-character", "1:7 syntax"]);
    assert_eq!(found(&format!("user {}", "x".repeat(257))), ["1:6 bad-id"]);
    assert_eq!(found("// \u{202e}\nuser a"), ["1:4 forbidden-character"]);
    assert_eq!(found(r#"user "\u{110000}""#), ["1:6 bad-id"]);
    assert_eq!(found("user \"a"), ["1:6 syntax"]);
    assert_eq!(found("user a // x\nuser b//x"), ["2:6 syntax"]);
    let long = format!("use liveblocks room r {{ default can {} }}", "read, ".repeat(200_000));
    assert!(!found(&long).is_empty());
}
