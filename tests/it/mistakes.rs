//! Mistakes of one line, as a newcomer makes them: each is one error, in its place, with what to type.

use std::path::Path;

use roomkey::{Analysis, Level, Settings, Source, Sources};

use crate::format_broken::keeps_what_is_said;

/// What stands above each mistake.
const BEFORE: &str = "use liveblocks\nrole r { can read }\nrole c includes r { can comments:write }\ngroup staff { user marie }\n\
                      assign c to user z everywhere\nroom q { default can read }\n";

/// The errors of a text below [`BEFORE`], each as its place, its rule and its sentence, and what to type.
fn errors(text: &str) -> Vec<(String, Option<String>)> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", format!("{BEFORE}{text}\n")));
    let analysis = Analysis::new(sources, &Settings::default());
    let errors = analysis.findings.iter().filter(|finding| finding.level == Level::Error);
    let said = errors.map(|finding| {
        let place = analysis.sources.place(finding.span);
        let line = place.line - BEFORE.lines().count();
        (format!("{line}:{} {}: {}", place.column, finding.rule.name, finding.message), finding.help.clone())
    });
    said.collect()
}

/// The mistakes of `tests/lint/mistakes.txt`, where what is said stands behind each.
fn mistakes(kept: &str) -> Vec<String> {
    let texts =
        kept.split("\n\n").map(|case| case.lines().filter(|line| !line.starts_with("    ")).collect::<Vec<_>>().join("\n"));
    texts.filter(|text| !text.trim().is_empty()).collect()
}

#[test]
fn each_mistake_is_one_error_that_says_what_to_type() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/mistakes.txt");
    let kept = std::fs::read_to_string(&file).expect("the mistakes are there");
    let texts = mistakes(&kept);
    assert!(texts.len() >= 130, "only {} mistakes", texts.len());
    let (mut said, mut wrong) = (String::new(), Vec::new());
    for text in &texts {
        let errors = errors(text);
        if errors.len() != 1 || errors.iter().any(|(_, help)| help.as_ref().is_none_or(|help| help.is_empty())) {
            wrong.push(format!("{text}\n  {errors:?}"));
        }
        said.push_str(text);
        for (error, help) in errors {
            said.push_str(&format!("\n    {error}\n    help: {}", help.unwrap_or_default()));
        }
        said.push_str("\n\n");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &said).expect("it is written");
    }
    assert!(wrong.is_empty(), "{} mistakes are not one error with a help:\n{}", wrong.len(), wrong.join("\n"));
    assert!(std::env::var_os("UPDATE").is_some() || kept == said, "run `UPDATE=1 cargo test mistakes`, and read the difference");
}

#[test]
fn a_slip_leaves_the_next_line_its_own() {
    let said = |text: &str| errors(text).into_iter().map(|(error, _)| error).collect::<Vec<_>>();
    let raed = "unknown-permission: kind `room` does not declare `raed`";
    for verb in ["can", "cannot"] {
        let missing = format!("2:{} syntax: a list of permissions is missing behind `{verb}`", 11);
        assert_eq!(said(&format!("room a {{\n  default {verb}\n  group staff can raed\n}}")), [missing, format!("3:19 {raed}")]);
    }
    let unclosed = "1:19 unclosed-block: this `{` is never closed";
    let two = "organization acme {\n  room x { default can read }\norganization b {\n  room y { default can raed }\n}";
    assert_eq!(said(two), [unclosed.to_owned(), format!("4:24 {raed}")]);
    let twice = "assign c to user ann in q\nassign c to user ben in room q";
    assert_eq!(said(twice), ["1:25 syntax: a kind is missing before `q`"]);
    let container = "1:15 syntax: a kind is missing before `acme`";
    let next = "room lobby in acme\nroom hall in organization acme { default can raed }\norganization acme";
    assert_eq!(said(next), [container.to_owned(), format!("2:46 {raed}")]);
    // An id stands on the line of its kind, and a list on that of its verb.
    let next = "room y { default can raed }";
    for (text, slip) in [
        ("user Bob Smith", "1:6 syntax: an id with a space needs quotes"),
        ("room lobby hall", "1:6 syntax: an id with a space needs quotes"),
        ("use liveblocks github", "1:16 syntax: one `use` has one id"),
        ("rooms lobby, hall", "1:1 unknown-kind: no kind is named `rooms`"),
        ("organization acme in organization", "1:22 syntax: an id is missing behind `organization`"),
        ("assign c to user dora in room", "1:26 syntax: an id is missing behind `room`"),
        ("assign c to user dora in q", "1:26 syntax: a kind is missing before `q`"),
        ("assign c to user dora in room q and q", "1:33 syntax: `and` joins no items of a list"),
        ("assign c to dora in room q", "1:13 syntax: expected `user`, `group` or `everyone`, found `dora`"),
        ("group eng in staff", "1:11 syntax: a group has members, and no `in`"),
        ("group g user ann, user ben", "1:9 syntax: what is in a group stands in a block"),
    ] {
        assert_eq!(said(&format!("{text}\n{next}")), [slip.to_owned(), format!("2:22 {raed}")], "{text}");
    }
    let missing = "2:11 syntax: a list of permissions is missing behind `cannot`";
    for (line, slip) in [
        ("allow group staff to read", "no entry begins with `allow`"),
        ("everyone can read", "no entry begins with `everyone`"),
        ("staff can read", "expected an access entry, found `staff`"),
    ] {
        let text = format!("room a {{\n  default cannot\n  {line}\n  user ann can raed\n}}");
        let said = said(&text);
        assert_eq!(said, [missing.to_owned(), format!("3:3 syntax: {slip}"), format!("4:16 {raed}")], "{line}");
    }
    let inside = "room \"fin-*-26\" {\n  default can raed\n}";
    assert_eq!(
        said(inside),
        ["1:6 misplaced-star: `fin-*-26` has a `*` that is not at its end".to_owned(), format!("2:15 {raed}")]
    );
}

#[test]
fn a_character_that_no_text_may_hold_hides_nothing() {
    let said = |text: &str| errors(text).into_iter().map(|(error, _)| error).collect::<Vec<_>>();
    let one = "1:17 forbidden-character: the character U+202E cannot stand in a policy";
    assert_eq!(said("room x { user an\u{202e}n can read }"), [one]);
    for sign in ['\u{b}', '\u{c}', '\u{0}'] {
        let bad = format!("forbidden-character: the character U+{:04X} cannot stand in a policy", u32::from(sign));
        let raed = "unknown-permission: kind `room` does not declare `raed`";
        assert_eq!(said(&format!("room x {{\n{sign}\n  default can raed\n}}")), [format!("2:1 {bad}"), format!("3:15 {raed}")]);
        assert_eq!(said(&format!("room x {{{sign}default can raed }}")), [format!("1:9 {bad}"), format!("1:22 {raed}")]);
        assert_eq!(said(&format!("room x {{ default {sign} can raed }}")).first(), Some(&format!("1:18 {bad}")));
    }
}

#[test]
fn a_list_that_takes_away_is_never_made_shorter() {
    for (entry, meant) in [
        ("user ann can [read, write]", "type `user ann can write`"),
        ("user ann cannot [read, write]", "type `user ann cannot read, write`"),
        ("user ann: cannot [read, write]", "type `user ann cannot read, write`"),
        ("user ann can't [read, write]", "type `user ann cannot read, write`"),
        ("user ann: { write: deny, read: deny }", "type `user ann cannot write, read`"),
        ("user ann: { cannot: [read, write] }", "type `user ann cannot read, write`"),
        ("user ann: { can: [read, write] }", "type `user ann can write`"),
    ] {
        let said = errors(&format!("room a {{ {entry} }}"));
        assert_eq!(said.len(), 1, "{entry}: {said:?}");
        assert_eq!(said[0].1.as_deref(), Some(meant), "{entry}");
    }
}

#[test]
fn what_may_take_away_is_never_suggested_as_a_grant() {
    let words = "cant can't can’t cann't cannt canot cannto cann cano caonnot CANNOT Cannot not never no lacks without deny denied denies \
                 forbid forbidden prohibited refused blocked banned barred revoked disallow disallowed excluded don't won't mustn't \
                 shouldn't isn't unable minus except ! ~ - -can !can un-can notcan noncan"
        .split_whitespace();
    let phrases = [
        "may not",
        "must not",
        "should never",
        "is not allowed to",
        "is forbidden to",
        "has no",
        "can never",
        "can not ever",
        "can no longer",
        "does not have",
        "can't ever",
        "will not",
        "isn't permitted to",
        ": not",
        "= deny",
        ": cannot",
    ];
    for word in words.chain(phrases) {
        for text in [
            format!("room a {{ group staff {word} write }}"),
            format!("room a {{ default {word} write }}"),
            format!("room a {{ marie {word} write }}"),
            format!("room a {{ user marie can {word} write }}"),
            format!("group staff {word} write"),
            format!("{word} group staff write"),
            format!("room a {{ {word} user marie write }}"),
            format!("room a {{ {word} user marie can write }}"),
        ] {
            let mut sources = Sources::default();
            sources.add(Source::new("x.rk", format!("{BEFORE}{text}\n")));
            for finding in Analysis::new(sources, &Settings::default()).findings {
                let help = finding.help.as_deref().unwrap_or_default();
                // What is typed for another line, as an example, is no suggestion for this one.
                let example =
                    help.starts_with("it is written such as") || help.contains("stand ") || help.contains("begins with");
                let typed =
                    help.split('`').skip(1).step_by(2).any(|typed| typed.contains("can write") || typed.contains("can notcan"));
                assert!(example || !typed, "{text}: {help}");
                let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
                let grants = |new: &str| new.split_whitespace().any(|word| word == "can");
                assert!(!edits.clone().any(|(_, new)| grants(new)), "{text}: {:?}", finding.fix);
            }
        }
    }
}

/// One line can be all of a text, with an error at each word: what is looked at around an error is bounded.
#[test]
fn a_line_of_megabytes_is_judged_soon() {
    // What grows with the square of the line would take minutes; a busy machine has room.
    for (item, count) in [
        ("default can raed ", 10_000),
        ("user ann cna raed ", 25_000),
        ("} x { ", 25_000),
        ("USER ANN ", 25_000),
        ("user ann: { write: deny ", 25_000),
        ("user ann can read, not write ", 15_000),
        ("except ", 15_000),
        ("not ", 15_000),
    ] {
        let mut sources = Sources::default();
        let line = item.repeat(count);
        sources.add(Source::new("x.rk", format!("{BEFORE}room a {{ user ann can not raed {line}\n")));
        let start = std::time::Instant::now();
        let analysis = Analysis::new(sources, &Settings::default());
        assert!(analysis.findings.len() > 1, "{item}");
        let took = start.elapsed();
        assert!(took.as_secs() < 120, "{item}: {took:?} for {} KB", line.len() / 1000);
    }
}

#[test]
fn what_is_typed_ends_when_the_line_does() {
    let said = |text: &str| {
        let said = errors(text);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        said.into_iter().next().and_then(|(_, help)| help).unwrap_or_default()
    };
    for (text, meant) in [
        (
            "room a { user bob, user ann can write until 2030-01-01 user zoe can read }",
            "type one for each: `user bob can write until 2030-01-01` and `user ann can write until 2030-01-01`",
        ),
        (
            "room a { only group staff can write on room until 2030-01-01 }",
            "an entry gives and limits nobody: `group staff can write on room until 2030-01-01`, and an invariant holds that nobody \
             else can: `only group staff can write on room lobby`",
        ),
        (
            "group staff can write in room q until 2030-01-01",
            "put it in a block: `room q { group staff can write until 2030-01-01 }`",
        ),
        ("user ann can read on room q", "put it in a block: `room q { user ann can read }`"),
    ] {
        assert_eq!(said(text), meant, "{text}");
    }
}

#[test]
fn what_two_entries_say_is_typed_as_two() {
    let typed = |entry: &str| {
        let said = errors(&format!("room a {{ {entry} }}"));
        assert_eq!(said.len(), 1, "{entry}: {said:?}");
        said.into_iter().next().and_then(|(_, help)| help).unwrap_or_default()
    };
    for (entry, meant) in [
        ("user ann cannot write, can read", "type two: `user ann cannot write` and `user ann can read`"),
        (
            "user ann can read, comments:write except storage:write",
            "type two: `user ann can read, comments:write` and `user ann cannot storage:write`",
        ),
        (
            "group staff can write until 2030-01-01 except user bob",
            "type two: `group staff can write until 2030-01-01` and `user bob cannot write`",
        ),
        (
            "group staff can write on room until 2030-01-01 except user bob",
            "type two: `group staff can write on room until 2030-01-01` and `user bob cannot write`",
        ),
        ("default can nothing except user bob can write", "type two: `default can nothing` and `user bob can write`"),
        ("default can nothing except user bob", "type two: `default can nothing` and `user bob can read`"),
        ("user ann cannot write, cannot read", "type `user ann cannot write, read`"),
    ] {
        assert_eq!(typed(entry), meant, "{entry}");
    }
    // Who leaves something out of nothing does not mean to forbid it.
    assert!(typed("group staff can nothing except read").starts_with("say which is meant"));
    // A prohibition wins over what its exception would give.
    for entry in ["group staff cannot write except user bob", "group staff except user bob cannot write"] {
        assert!(typed(entry).starts_with("a prohibition wins over every `can`"), "{entry}");
    }
}

#[test]
fn the_style_leaves_each_mistake_as_it_is() {
    let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/mistakes.txt")).unwrap_or_default();
    for text in mistakes(&kept) {
        let text = format!("{BEFORE}{text}\n");
        keeps_what_is_said(&text, "a mistake");
    }
}

#[test]
fn what_limits_a_role_ends_before_the_next_item() {
    let texts = [
        "room x { user ann has r until 2027-01-01  user bob can frobnicate }",
        "room x { user ann has r until tomorrow  user bob can frobnicate }",
        "room x { user ann has r on room  user bob cannot frobnicate }",
        "room x { user ann has r on hall, user bob can frobnicate }",
        "organization x { user ann has r on room  room inner { user bob can frobnicate } }",
    ];
    for text in texts {
        let said = errors(text);
        assert!(said.len() == 2 && said[1].0.contains("frobnicate"), "{text}: {said:?}");
    }
}
