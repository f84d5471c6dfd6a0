//! Policies of odd shapes are judged in time that grows with them, and data files like statements.

use std::fmt::Write;
use std::time::{Duration, Instant as Clock};

use roomkey::rules::Options;
use roomkey::{Analysis, Finding, Instant, Settings, Source, Sources};

/// How much of everything there is.
const MANY: usize = 30_000;

fn judged(files: &[(&str, &str)], options: &Options) -> (Vec<Finding>, Duration) {
    let mut sources = Sources::default();
    files.iter().for_each(|(name, text)| {
        sources.add(Source::new(*name, *text));
    });
    let mut analysis = Analysis::new(sources, &Settings::default());
    let start = Clock::now();
    assert!(analysis.judge(options), "{:?}", analysis.findings.first());
    (analysis.findings, start.elapsed())
}

fn options() -> Options {
    Options::all("2026-06-01".parse::<Instant>().expect("a date"))
}

/// `head`, and a line for each number.
fn lines(head: &str, line: impl Fn(usize) -> String) -> String {
    (0..MANY).fold(head.to_owned(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

#[test]
fn no_shape_takes_longer_than_its_lines() {
    let folders = "kind folder in folder { levels read < write features notes }\nfolder f0 { default can read }\n";
    let shapes = [
        ("groups in a chain", {
            let groups = lines("use liveblocks\ngroup g30000 { user ann }\n", |i| format!("group g{i} {{ group g{} }}", i + 1));
            groups
                + &lines("room r {\n", |i| format!("group g{i} can read"))
                + "}\n"
                + &lines("", |i| format!("room r{i} {{ user ann can nothing group g{i} can write }}"))
        }),
        ("a user in every group", {
            let groups = lines("use liveblocks\n", |i| format!("group g{i} {{ user ann }}"));
            groups + &lines("", |i| format!("room r{i} {{ user ann can read group g{i} can read default can read }}"))
        }),
        (
            "folders in a chain",
            lines(folders, |i| {
                format!("folder f{} in folder f{i} {{ default can read, notes:write user u{i} can nothing }}", i + 1)
            }),
        ),
        ("a place with everyone in it", {
            let users =
                lines("use liveblocks\nrole reader { can read }\norganization acme {\n default can read on room\n", |i| {
                    format!("user u{i} can read on room")
                });
            users
                + "}\n"
                + &lines("", |i| {
                    format!(
                        "room r{i} in organization acme {{ user u{i} can read default can nothing }}\nassign reader to user u{i} in organization acme"
                    )
                })
        }),
        ("patterns in patterns", {
            let starts = (1..200).fold(String::new(), |text, n| {
                text + &format!("room \"{}*\" {{ default can read user ann can write }}\n", "a".repeat(n))
            });
            lines(&format!("use liveblocks\n{starts}"), |i| format!("room {}{i} {{ default can read }}", "a".repeat(200)))
        }),
        ("roles in a chain", {
            let roles = lines("use livelike\napplication a\nrole r0 { can delete-comment }\n", |i| {
                format!("role r{} includes r{i}", i + 1)
            });
            roles + &lines("", |i| format!("assign r{i} to user ann in application a"))
        }),
        ("very many kinds", {
            let kinds = (0..3_000).fold(String::from("role all { can read }\n"), |text, i| {
                text + &format!("kind k{i} in organization {{ levels read < write features f }}\n")
            });
            let places = (0..3_000).fold(String::new(), |text, i| text + &format!("organization o{i} {{ default can read user ann can write user ben can f:read user eve cannot write k{i} r }}\n"));
            format!("{kinds}{places}assign all to everyone everywhere\n")
        }),
        (
            "names that are alike",
            lines("use liveblocks\nroom \"é\"\n", |i| {
                format!("group reviewers{} {{ user user{i} }}\nroom Room{i}", "x".repeat(i % 20) + &i.to_string())
            }),
        ),
    ];
    let mut slow = Vec::new();
    for (name, text) in &shapes {
        let (findings, took) = judged(&[("x.rk", text)], &options());
        println!("{name}: {} lines, {} findings, {took:?}", text.lines().count(), findings.len());
        if took > Duration::from_secs(60) {
            slow.push(format!("{name}: {took:?}"));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn facts_are_judged_as_statements_are_and_have_a_limit() {
    let policy = "use liveblocks\ngroup staff { user ann }\nfacts accesses from \"accesses.csv\"\n";
    let mut rows = String::from("kind,id,principal_kind,principal,verb,permissions,until\n");
    for i in 0..5 {
        let _ = writeln!(
            rows,
            "room,r{i},group,staff,can,read,\nroom,r{i},user,ann,can,read,\nroom,r{i},user,ben,can,write,2020-01-01"
        );
    }
    let options = Options { facts_limit: 3, ..options() };
    let (findings, _) = judged(&[("a.rk", policy), ("accesses.csv", &rows)], &options);
    for rule in ["redundant-entry", "expired-entry"] {
        let found: Vec<&Finding> = findings.iter().filter(|f| f.rule.name == rule).collect();
        assert_eq!(found.len(), 4, "{rule}: {found:?}");
        assert!(found.iter().all(|f| f.fix.is_none()), "another program writes the data");
        let more = format!("`accesses.csv` has 2 more findings of `{rule}`");
        assert_eq!(found.iter().filter(|f| f.message == more).count(), 1, "{found:?}");
    }
}
