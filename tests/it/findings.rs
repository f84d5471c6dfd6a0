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

/// The finding of a text that has one, in words.
fn said(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let findings = Analysis::new(sources, &Settings::default()).findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    format!("{}; {}", findings[0].message, findings[0].help.as_deref().unwrap_or(""))
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
    assert_eq!(found("user a\0b"), ["1:7 forbidden-character"]);
    assert_eq!(found(&format!("user {}", "x".repeat(257))), ["1:6 bad-id"]);
    assert_eq!(found("// \u{202e}\nuser a"), ["1:4 forbidden-character"]);
    assert_eq!(found(r#"user "\u{110000}""#), ["1:6 bad-id"]);
    assert_eq!(found("user \"a"), ["1:6 syntax"]);
    assert_eq!(found("user x \u{feff}a:b"), ["1:9 syntax"]);
    assert_eq!(found("user a // x\nuser b//x"), ["2:6 syntax"]);
    let long = format!("use liveblocks room r {{ default can {} }}", "read, ".repeat(200_000));
    assert!(!found(&long).is_empty());
}

#[test]
fn a_comment_glued_to_a_word_is_one_fault_and_the_word_still_counts() {
    let text = "use liveblocks// a
group staff// b
role reader includes writer// c
role writer { can// d
 read// e
}
room a {
  group staff can comments:read// f
  default can nothing// g
  user ann can read on room until 2030-01-01// h
  user bob can reed// i
}
room \"b//c\" { user a/b/ can read }// j
";
    let expected = [
        "1:5 syntax",
        "2:7 syntax",
        "3:22 syntax",
        "4:15 syntax",
        "5:2 syntax",
        "8:28 syntax",
        "9:15 syntax",
        "10:35 syntax",
        "11:16 unknown-permission",
        "11:16 syntax",
    ];
    assert_eq!(found(text), expected);
}

#[test]
fn a_reserved_statement_is_one_fault_with_its_whole_block() {
    let block = "{\n user ann can reed on room a // }\n { user \"}\" } nonsense , { { } }\n}";
    for head in ["when \"x\" ", "when\n", "when ", "when x = \"{\", y in 1..2 "] {
        let found = found(&format!("use liveblocks\n{head}{block} room a {{ default can reed }}"));
        let rules: Vec<&str> = found.iter().filter_map(|f| f.split_once(' ')).map(|(_, rule)| rule).collect();
        assert_eq!(rules, ["reserved-statement", "unknown-permission"], "{head}: {found:?}");
    }
    let inside = "use liveblocks\nroom a {\n user ann can read when ip { a b }\n when { x }\n default can reed\n}\n";
    assert_eq!(found(inside), ["3:20 reserved-statement", "4:2 reserved-statement", "5:14 unknown-permission"]);
    assert_eq!(
        found("use liveblocks\nwhen \"x\"\nroom a { default can reed }"),
        ["2:1 reserved-statement", "3:22 unknown-permission"]
    );
    assert_eq!(found("when \"x\" { { }\nroom a"), ["1:1 reserved-statement", "1:10 unclosed-block"]);
}

#[test]
fn a_hundred_thousand_syntax_errors_take_no_longer_than_their_lines() {
    let start = std::time::Instant::now();
    let entries: String = (0..100_000).map(|i| format!("  user u{i} cn read\n")).collect();
    let lines = format!("use liveblocks\nroom a {{\n{entries}}}\n");
    // What stands behind the first ten thousand is not read.
    let found_in_lines = found(&lines).len();
    assert!((10_001..12_000).contains(&found_in_lines), "{found_in_lines}");
    let one_line = format!("use liveblocks room a {{ {} }}", "a:b ".repeat(100_000));
    assert!(!found(&one_line).is_empty());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn no_kind_is_named_like_a_keyword_of_the_grammar() {
    let grammar = include_str!("../../grammar/roomkey.pest");
    let rules = grammar.lines().filter(|line| line.starts_with("kw_"));
    let keywords: Vec<&str> = rules.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|w| w.len() > 1).collect();
    assert!(keywords.len() >= 28, "{keywords:?}");
    // `organization` is the name of a kind.
    for word in keywords.into_iter().filter(|word| *word != "organization") {
        let found = found(&format!("kind {word} {{ permissions x }}"));
        assert!(found.contains(&"1:6 bad-name".to_string()), "{word}: {found:?}");
    }
}

#[test]
fn every_keyword_that_starts_something_ends_the_error_before_it() {
    let syntax = |text: &str| found(text).iter().filter(|f| f.ends_with(" syntax")).count();
    for next in ["use liveblocks", "kind k", "group g", "user u", "role r", "assign r to everyone everywhere"] {
        assert_eq!(syntax(&format!("role other includes ,\n{next}")), 1, "{next}");
    }
    for next in ["default can read", "owner user u", "member user u", "organization\no", "user u can read"] {
        assert_eq!(syntax(&format!("organization a {{ user u can ,\n{next} }}")), 1, "{next}");
    }
    for next in ["levels a", "features f", "retired r", "permissions p", "owner gets r"] {
        assert_eq!(syntax(&format!("kind a {{ features ,\n{next} }}")), 1, "{next}");
    }
}

#[test]
fn a_missing_id_leaves_the_next_line_whole() {
    let one = |text: &str, place: &str| {
        let found = found(text);
        assert_eq!(found, [format!("{place} syntax")], "{text}");
        format(text, place);
    };
    one("use liveblocks\ngroup\nuser ann\nroom a { default can read }\n", "2:1");
    one("use liveblocks\nroom\nroom a { default can read }\n", "2:1");
    one("group a {\n  user\n  user b\n}\n", "2:3");
    one("use\nuser ann\n", "1:1");
    one("role\nrole x { }\n", "1:1");
    one("use liveblocks\nrole r { can read }\nassign\nassign r to user x everywhere\n", "3:1");
    one("use liveblocks\nrole r { can read }\nassign r to user\nassign r to user x everywhere\n", "3:13");
    assert_eq!(found("use liveblocks\nroom a { user\n default can read }"), [""; 0], "a user may have this name");
    assert_eq!(said("group a {\n user\n user b\n}"), "an id is missing behind `user`; type one on the same line: `user some-id`");
}

/// What is copied by `fmt` is read as it was.
fn format(text: &str, place: &str) {
    let (out, _) = roomkey::policy::style::format(text);
    assert_eq!(found(&out).len(), 1, "{place} in\n{out}");
}

#[test]
fn a_misspelt_vocabulary_is_one_fault() {
    let text = "use livelke\nrole helper { can delete-comment, delte-comment }\napplication a { program p }\n\
                assign widget-admin to user ann in program p\n";
    assert_eq!(found(text), ["1:5 unknown-vocabulary", "2:35 unknown-permission"]);
    let text = "use livelke role helper { can delete-comment } application a { program p }";
    assert_eq!(said(text), "no standard vocabulary is named `livelke`; did you mean `livelike`?");
    let far = found("use slack\nrepository r");
    assert_eq!(far, ["1:5 unknown-vocabulary", "2:1 unknown-kind"]);
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", "use livelke"));
    assert!(Analysis::new(sources, &Settings::default()).into_policy().is_err());
}

#[test]
fn a_permission_that_nothing_can_declare_says_what_is_missing() {
    let no_kind = "; bring in a vocabulary: `use liveblocks`, or declare a kind: `kind room { levels read < write }`";
    let nothing = "nothing declares `*`: the policy has no kinds besides `organization`";
    assert_eq!(said("role viewer { can * }"), format!("{nothing}{no_kind}"));
    assert_eq!(said("organization a { default can * }"), format!("{nothing}{no_kind}"));
    let bare = "kind `room` declares no permissions, so not `read`; \
                declare some: `kind room { levels read < write }` or `kind room { permissions invite }`";
    assert_eq!(said("kind room room a { default can read }"), bare);
    let other = "kind `organization` does not declare `*x`; ";
    assert_eq!(
        said("kind organization { permissions invite } role r { can invite-al }"),
        other.replace("*x", "invite-al") + "did you mean `invite`?"
    );
}

#[test]
fn a_hundred_thousand_unknown_names_take_no_longer_than_their_lines() {
    let start = std::time::Instant::now();
    let groups: String = (0..100_000).map(|i| format!("group known-{i} {{ user ann }}\n")).collect();
    let entries: String = (0..100_000).map(|i| format!("  group knowm-{i} can read\n")).collect();
    let text = format!("use liveblocks\n{groups}room r {{\n{entries}}}\n");
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let findings = Analysis::new(sources, &Settings::default()).findings;
    assert_eq!(findings.len(), 100_000);
    let near = |help: &Option<String>| help.as_ref().is_some_and(|h| h.starts_with("did you mean"));
    assert!(findings[..10].iter().all(|f| near(&f.help)), "the first ones get suggestions");
    assert!(!near(&findings[99_999].help), "not all of them can");
    let long = "k".repeat(300_000);
    assert_eq!(found(&format!("kind {long} {{ permissions x }} {long}{long} a")).len(), 1);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_pattern_may_lie_in_its_own_kind_where_a_way_leads_back() {
    let kinds = "kind shelf in cupboard, organization { levels read }\nkind cupboard in shelf\n";
    assert_eq!(found(&format!("{kinds}shelf s {{ cupboard c shelf \"s*\" {{ default can read }} }}")), [""; 0]);
    assert_eq!(found(&format!("{kinds}shelf s {{ shelf t }}")), ["3:11 wrong-container"]);
    assert_eq!(found(&format!("{kinds}kind box in shelf\nbox b {{ box \"b*\" }}")), ["4:9 wrong-container"]);
    assert_eq!(found("kind a in b { levels read }\nkind b in a\na x { a \"y*\" }"), ["1:11 kind-without-root"]);
}

/// A file that is read in parts is read as one that is not.
#[test]
fn a_long_file_is_read_like_a_short_one() {
    let mut text = String::from("use liveblocks\ngroup staff { user ann } // {\n");
    for i in 0..30_000 {
        text.push_str(&format!("room \"r{i}{{\" {{ default can nothing // }}\n group staff can read }}\n"));
    }
    assert_eq!(found(&text), Vec::<String>::new());
    let policy = roomkey::Policy::from_texts([("x.rk".into(), text.clone())]).expect("sound");
    let answer = |room: &str| policy.check(&roomkey::Question::new("ann", "read", room)).expect("answered").allowed();
    assert!(answer("room:r0{") && answer("room:r29999{") && !answer("room:r30000{"));

    let line = |text: &str| text.matches('\n').count() + 1;
    let half = text.find("room \"r15000{").expect("a room");
    let faults = "room a { user ann cann read }\nroom b { \n} }\nroom c { group stuff can read }\n";
    let broken = format!("{}{faults}{}room d {{ group stuff can read }}", &text[..half], &text[half..]);
    let (first, last) = (line(&text[..half]), line(&text) + 4);
    let expected = [
        format!("{first}:19 syntax"),
        format!("{}:3 syntax", first + 2),
        format!("{}:16 unknown-group", first + 3),
        format!("{last}:16 unknown-group"),
    ];
    assert_eq!(found(&broken), expected);
}

#[test]
fn the_parts_of_a_kind_are_found_in_the_same_time_however_many_there_are() {
    let start = std::time::Instant::now();
    let names = |n: usize| (0..n).map(|i| format!("p{i}")).collect::<Vec<_>>().join(", ");
    let flat = format!("kind k {{ permissions {0} }} k a {{ user u can {0} user v can p7 }}", names(60_000));
    let feature = format!("kind k {{ levels read features {} }} k a {{ user u can p7:read }}", names(60_000));
    for text in [flat, feature] {
        assert_eq!(found(&text), [""; 0]);
    }
    let path = vec!["a"; 100_000].join(":");
    assert_eq!(found(&format!("kind k {{ levels read features a, {path} }}")), ["1:34 kind-parts"]);
    let nowhere: String = (0..60_000).map(|i| format!("repository r{i} in organization o{i}\n")).collect();
    assert_eq!(found(&format!("use github\n{nowhere}")).len(), 60_000);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_short_text_cannot_ask_for_more_assignments_than_memory_holds() {
    let users: Vec<String> = (0..1_001).map(|i| format!("user u{i}")).collect();
    let scopes: Vec<String> = (0..1_000).map(|i| format!("room r{i}")).collect();
    let text = format!(
        "use liveblocks  {}  role r {{ can read }}  assign r to {} in {}",
        scopes.join(" "),
        users.join(", "),
        scopes.join(", ")
    );
    let Err(error) = roomkey::Policy::from_texts([("a.rk".into(), text)]) else { panic!("a million pairs are refused") };
    let said = error.to_string();
    assert!(said.contains("policy-too-large") && said.contains("1001 subjects in 1000 scopes"), "{said}");
}

#[test]
fn very_many_kinds_are_judged_in_time_that_grows_with_them() {
    let kinds: Vec<String> = (0..20_000).map(|i| format!("kind k{i} in organization {{ levels read < write }}")).collect();
    let chain: Vec<String> = (1..20_000).map(|i| format!("kind c{i} in c{}", i - 1)).collect();
    let text =
        format!("{}\nkind c0 in organization\n{}\norganization acme {{ user ann can read }}", kinds.join("\n"), chain.join("\n"));
    let policy = roomkey::Policy::from_texts([("a.rk".into(), text)]).expect("a sound policy");
    let asked = roomkey::Question::new("ann", "k7:read", "organization:acme");
    assert!(policy.check(&asked).is_err(), "an organization has no such permission itself");
}

#[test]
fn a_comma_at_the_end_of_a_line_is_one_fault_and_swallows_nothing() {
    let text = "use liveblocks
group a
kind board { permissions approve }
role r { can write on room,
  can approve on board }
room r {
  group a can read,
  default can nothing
}
";
    assert_eq!(found(text), ["4:27 syntax", "7:19 syntax"]);
}

#[test]
fn lists_of_pairs_may_go_on_in_the_next_line() {
    let text = "use livelike
group mods { user ann,
  user ben }
assign widget-creator to user ann,
  group mods in program p1,
  program \"*\"
program p1
comment_board b {
  owner user ann,
    user ben
}
organization o { member user ann,
  user ben }
";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn what_contradicts_a_vocabulary_is_said_in_the_policy() {
    let text = "use liveblocks\nkind room { levels a < b }\n";
    assert_eq!(found(text), ["2:13 duplicate-declaration"]);
}

#[test]
fn permissions_that_are_nearly_right_are_told_what_to_type() {
    let kind = "kind room { levels read < write  features storage }\n";
    let said_of = |rest: &str| said(&format!("{kind}{rest}"));
    let help = said_of("room r { default can storage }");
    assert!(help.ends_with("`storage` is a feature; name its level too: `storage:read` or `storage:write`"), "{help}");
    let help = said_of("kind board { permissions a:b }");
    assert!(help.starts_with("a flat permission cannot hold a `:`"), "{help}");
}

#[test]
fn a_block_that_is_never_closed_is_one_fault_wherever_the_next_statement_shows_it() {
    let rest = "role v { can read }\ngroup h { user ben }\nassign v to group g, group h in room q\ntest t { user ann can read on room q }\n";
    let text = format!("use liveblocks\nroom q\ngroup g {{ user ann\n{rest}");
    assert_eq!(found(&text), ["3:9 unclosed-block"]);
    assert_eq!(found(&text.replace('\n', " ")), ["1:31 unclosed-block"]);
    let nested = format!("use liveblocks\ngroup g\norganization o {{ room q {{ default can read\n{rest}");
    assert_eq!(found(&nested), ["3:16 unclosed-block", "3:25 unclosed-block"]);
    // What is closed holds what stands in it, and a statement in it is one too far in.
    let inside = "use liveblocks\nroom q { default can read\nrole v { can read }\n}\nassign v to user ann in room q";
    assert_eq!(found(inside), ["3:1 misplaced-statement"]);
    let many = format!("use liveblocks\n{}", "group g { user ann role v { can read }\n".repeat(20_000));
    let start = std::time::Instant::now();
    assert!(!found(&many).is_empty() && start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
