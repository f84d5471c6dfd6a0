//! The one style: idempotent, with every comment, and with the meaning of the text, whatever the text is.

use roomkey::policy::style::format;
use roomkey::rules::Options;
use roomkey::{Analysis, FileId, Settings, Source, Sources, syntax};

use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::{files, proofs};

/// Compares a text with how it is written.
fn formats(text: &str, expected: &str) {
    let (out, _) = format(text);
    assert_eq!(out, expected, "of\n{text}");
    holds(text, "by hand");
}

/// What holds for the style of every text.
pub fn holds(text: &str, what: &str) {
    let (out, _) = format(text);
    let (again, _) = format(&out);
    assert_eq!(again, out, "{what}: not the same the second time, of\n{text}");
    assert_eq!(comments(&out), comments(text), "{what}: the comments of\n{text}\nand of\n{out}");
    let ((tree, faults), (tree_before, faults_before)) = (meaning(&out), meaning(text));
    assert_eq!(faults, faults_before, "{what}: the faults of\n{text}\nand of\n{out}");
    assert!(tree == tree_before, "{what}: the tree of\n{text}\nand of\n{out}");
}

/// The tree and the faults, without their places.
fn meaning(text: &str) -> (String, Vec<String>) {
    let parsed = syntax::parse(FileId(0), text);
    let tree = format!("{:?}", parsed.statements);
    let mut parts = tree.split("Span { file: FileId(0), start: ");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| bare.push_str(part.split_once(" }").map_or("", |(_, rest)| rest)));
    let faults = parsed.findings.iter().map(|f| format!("{}: {}", f.rule.name, f.message));
    (bare, faults.collect())
}

/// The tokens of a text, each with whether it is a comment.
fn tokens(text: &str) -> Vec<(&str, bool)> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some(first) = rest.chars().next() {
        let line = rest.find('\n').unwrap_or(rest.len());
        let end = match first {
            _ if rest.starts_with("//") => line,
            '"' => string(&rest[..line]),
            '{' | '}' | ',' | '<' => 1,
            c if c.is_whitespace() || c == '\u{feff}' => 0,
            _ => word(rest),
        };
        if end > 0 {
            found.push((rest[..end].trim_end(), rest.starts_with("//")));
        }
        rest = &rest[end.max(if end == 0 { first.len_utf8() } else { 0 })..];
    }
    found
}

fn word(rest: &str) -> usize {
    let end = rest.find(|c: char| c.is_whitespace() || "{},<\"\u{feff}".contains(c)).unwrap_or(rest.len());
    rest[..end].find("//").filter(|at| *at > 0).unwrap_or(end)
}

fn string(line: &str) -> usize {
    let mut escaped = false;
    for (at, c) in line.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    line.len()
}

/// The comments of a text.
pub fn comments(text: &str) -> Vec<&str> {
    tokens(text).into_iter().filter(|(_, comment)| *comment).map(|(text, _)| text).collect()
}

#[test]
fn one_statement_or_entry_stands_on_a_line() {
    formats(
        "use   liveblocks group staff { user ann, group eng until 2030-01-01 } group eng\r\n\r\n\r\n\r\nroom a { default can read, // why\n }",
        "use liveblocks\ngroup staff {\n  user ann\n  group eng until 2030-01-01\n}\ngroup eng\n\nroom a {\n  default can read // why\n}\n",
    );
    formats("\n\n// a\n\n\n\n// b\nuser ann\n\n", "// a\n\n// b\nuser ann\n");
    formats("", "");
    formats("  // only this  ", "// only this\n");
    formats("room a {} room b { }\nroom c {\n\n // none\n\n}", "room a {}\nroom b {}\nroom c {\n  // none\n}\n");
    formats("user \"a\"user b", "user \"a\"\nuser b\n");
    formats("kind k { levels a<b   <c features x ,y }", "kind k {\n  levels a < b < c\n  features x, y\n}\n");
}

#[test]
fn a_long_list_stands_one_item_to_a_line() {
    let roles: Vec<String> = (0..9).map(|i| format!("role-number-{i}")).collect();
    formats(
        &format!("role all includes {} {{ can read }}", roles.join(",")),
        &format!("role all\n  includes\n    {}\n{{\n  can read\n}}\n", roles.join(",\n    ")),
    );
    let scopes: Vec<String> = (0..9).map(|i| format!("room room-number-{i}")).collect();
    formats(
        &format!("assign r to group staff, user ann in {} until 2030-01-01", scopes.join(", ")),
        &format!("assign r to\n  group staff,\n  user ann\n  in\n    {}\n  until 2030-01-01\n", scopes.join(",\n    ")),
    );
    let words: Vec<String> = (0..9).map(|i| format!("feature-{i}:write")).collect();
    formats(
        &format!("room a {{ group staff can {} on room until 2030-01-01 }}", words.join(", ")),
        &format!("room a {{\n  group staff can\n    {}\n    on room\n    until 2030-01-01\n}}\n", words.join(",\n    ")),
    );
    let short = "group staff can read, comments:write";
    formats(&format!("room a {{ {} }}", short.replace(' ', "\n")), &format!("room a {{\n  {short}\n}}\n"));
}

#[test]
fn a_comment_stays_beside_its_word() {
    formats(
        "room a { default can read // first\n , // second\n // third\n comments:write\n // fourth\n}",
        "room a {\n  default can\n    read, // first\n    // second\n    // third\n    comments:write\n  // fourth\n}\n",
    );
    formats("room a // head\n { default can read }", "room a { // head\n  default can read\n}\n");
    formats("room a // head\n // more\n { // inside\n }", "room a // head\n  // more\n{ // inside\n}\n");
    formats("room a // head\n\n\n { // inside\n default can read }", "room a // head\n{ // inside\n  default can read\n}\n");
    formats("room a\n // above\n { default can read }", "room a\n  // above\n{\n  default can read\n}\n");
    formats(
        "room a // head\n { // roomkey: allow unused-kind: x\n default can read }",
        "room a // head\n{ // roomkey: allow unused-kind: x\n  default can read\n}\n",
    );
    formats("group g { user a // x\n , user b }", "group g {\n  user a // x\n  user b\n}\n");
    formats(
        "/// Doc.\nroom a { default can read // x\n }// y\n/// Doc of b.\n\nroom b",
        "/// Doc.\nroom a {\n  default can read // x\n} // y\n/// Doc of b.\n\nroom b\n",
    );
    formats(
        "room // a\n x { user // b\n u // c\n can nothing }",
        "room // a\n  x\n{\n  user // b\n    u // c\n    can nothing\n}\n",
    );
}

#[test]
fn what_cannot_be_read_stays_as_it_stands() {
    formats(
        "use liveblocks\nroom a {user ann  cn\n     read\n user bob can  read }",
        "use liveblocks\nroom a {\n  user ann  cn\n     read\n  user bob can read\n}\n",
    );
    formats("user a//x\n user  b", "user a//x\nuser b\n");
    formats("room a x  { user  b can  read }", "room a x  {\n  user b can read\n}\n");
    formats("user \"a\n user  b", "user \"a\nuser b\n");
    formats("room a {user a can read ,\n user b  can read }", "room a {\n  user a can read ,\n user b  can read\n}\n");
    formats("}  user  b", "}  user  b\n");
    formats("room a { default can read", "room a {\n  default can read\n");
}

/// The findings of a text without their places, comments that silence them counted.
pub fn found(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let mut analysis = Analysis::new(sources, &Settings::default());
    analysis.judge(&Options::all("2026-01-15".parse().expect("a time")));
    let mut said: Vec<String> = analysis.findings.iter().map(|f| format!("{}: {}", f.rule.name, f.message)).collect();
    said.sort();
    said
}

/// Formatting changes nothing about what comments silence.
fn silences_alike(text: &str, what: &str) {
    let out = format(text).0;
    assert_eq!(found(&out), found(text), "{what}: other findings of\n{text}\nthan of\n{out}");
}

#[test]
fn a_comment_that_silences_still_does() {
    let note = "// roomkey: allow unused-group: later";
    for text in [
        format!("use liveblocks\ngroup staff {{ user a, user b }} {note}\nroom r {{ default can read }}\n"),
        format!("use liveblocks\ngroup staff {{ {note}\n user a, user b }}\nroom r {{ default can read }}\n"),
        format!("use liveblocks\ngroup staff {note}\nroom r {{ default can read }}\n"),
        format!("use liveblocks\ngroup\n{note}\nstaff {{ user a }} room r {{ default can read }}\n"),
        format!("use liveblocks\ngroup staff\n{note}\n{{ user a }} room r {{ default can read }}\n"),
        format!("\u{feff}{note}\ngroup staff {{ user a }} use liveblocks room r {{ default can read }}\n"),
    ] {
        assert_eq!(found(&text), Vec::<String>::new(), "of\n{text}");
        silences_alike(&text, "by hand");
        formats(&text, &format(&text).0);
    }
    // Behind an entry it speaks of that entry, behind a `}` of the whole block.
    let list = "default can read, room:presence:write";
    let note = "// roomkey: allow retired-permission: old";
    for (text, findings) in [
        (format!("use liveblocks room r {{ {list} }} {note}\n"), 0),
        (format!("use liveblocks room r {{ {list} {note}\n group staff can write, room:presence:write }} group staff\n"), 1),
        (format!("use liveblocks room r {{\n{note}\n\n{list} }}\n"), 0),
        (format!("use liveblocks\n{note}\nroom r {{ {list} }}\n"), 2),
    ] {
        assert_eq!(found(&text).len(), findings, "{:?} of\n{text}", found(&text));
        silences_alike(&text, "by hand");
    }
    let long = "abcdefghijklmnopqrstuvwxyz".repeat(2);
    let text = format!(
        "use liveblocks\ngroup {long} {{ user ann }}\nroom r {{\n  default can read, comments:read, feeds:read, storage:read\n  \
         group {long} can read, comments:read, feeds:read, storage:read // roomkey: allow redundant-entry: meant\n}}\n"
    );
    assert_eq!(found(&text), Vec::<String>::new());
    silences_alike(&text, "a long list");
}

#[test]
fn what_is_said_does_not_depend_on_lines() {
    let kind = "kind board in organization { permissions read }\n";
    // A comment behind the id is no word that the line goes on with.
    let text = format!("{kind}bord // the\n user // first\n {{ default can write }}\n");
    assert_eq!(found(&text).len(), 2, "{:?}", found(&text));
    silences_alike(&text, "a comment behind an id");
    assert_eq!(found(&text), found(&text.replace(" // first", "").replace(" // the\n", "")));
    // What stands beside a slip is judged however close it stands.
    let entry = |colon: &str| found(&format!("{kind}board b {{ group staf{colon} read }}\n"));
    assert_eq!(entry(":").len(), 2, "{:?}", entry(":"));
    assert_eq!(entry(":"), entry(" :"));
}

#[test]
fn an_id_that_begins_a_line_stays_there() {
    // `user` may be the id, or the next statement where an id is missing: the line tells.
    for text in [
        "assign auditor to everyone in folder\n  user, folder \"a:*\"\ngroup g { user ann }\n",
        "board2 a in board2 // note\n user\ngroup\n\"on\" {\n user bob\n user default, // note\n}\nboard2 b in organization \"beta\"\n",
        "room lobby in acme\nuser ann\n",
        "assign c to user ann in q\nuser ann\n",
        "room lobby\n in acme\n role\n  {  user ann can read }\n",
    ] {
        silences_alike(text, "an id at the start of a line");
        holds(text, "an id at the start of a line");
        assert!(format(text).0.contains("\n"), "{text}");
    }
    let nested = "kind folder in folder, organization { permissions open }\nfolder b\nfolder a in // note\n  folder b\nfolder c in\n  folder b { default can open }\n";
    assert!(!found(nested).iter().any(|said| said.starts_with("syntax")), "{:?}", found(nested));
    let folder = "assign auditor to everyone in folder\n  user, folder \"a:*\"\n";
    assert_eq!(format(folder).0, folder, "what the line tells stays as it stands");
    assert!(!found(folder).iter().any(|said| said.contains("a kind is missing")), "{:?}", found(folder));
}

/// `ROOMKEY_POLICIES=10000 cargo test --release --test it -- format` makes so many; `ROOMKEY_SEED` is the first of them.
#[test]
fn every_generated_policy_keeps_its_meaning_and_its_comments() {
    let rounds = std::env::var("ROOMKEY_POLICIES").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let mut count = 0;
    let first: u64 = std::env::var("ROOMKEY_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for seed in first..first + rounds {
        let mut chance = Chance::new(seed);
        let world = world(seed);
        for (name, text) in files(&world, Some(chance.clone())) {
            let text = match chance.below(3) {
                0 => text + &proofs(&world, chance.clone()),
                1 => proofs(&world, chance.clone()) + &text,
                _ => text,
            };
            holds(&text, &format!("seed {seed}, {name}"));
            let commented = sprinkled(&text, &mut chance);
            holds(&commented, &format!("seed {seed}, {name} with comments"));
            silences_alike(&commented, &format!("seed {seed}, {name}"));
            holds(&damaged(&commented, &mut chance), &format!("seed {seed}, {name} with faults"));
            count += comments(&commented).len();
        }
    }
    println!("{rounds} policies with {count} comments");
}

/// The text with comments wherever they can stand.
pub fn sprinkled(text: &str, chance: &mut Chance) -> String {
    let share = *chance.pick(&[2, 10, 30, 60]);
    let mut out = String::new();
    let mut rest = text;
    for (number, (token, comment)) in tokens(text).into_iter().enumerate() {
        let at = rest.find(token).expect("the token is there") + token.len();
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if comment || !chance.percent(share) {
            continue;
        }
        out.push_str(match chance.below(5) {
            0 => "\n",
            1 => "\n\n\n  ",
            2 => "\t",
            _ => " ",
        });
        let rule = chance.pick(roomkey::finding::RULES).name;
        let allow = format!("// roomkey: allow {rule}:");
        let word = *chance.pick(&["//", "///", "// roomkey: allow x:", "//\t\"}", &allow]);
        out.push_str(&format!("{word} note {number} {{ ,\n{}", if chance.percent(20) { "\n" } else { "" }));
    }
    out + rest
}

/// The text with a few tokens taken out, doubled or put elsewhere.
fn damaged(text: &str, chance: &mut Chance) -> String {
    let tokens = tokens(text);
    let (mut out, mut rest) = (String::new(), text);
    for (token, comment) in &tokens {
        let at = rest.find(token).expect("the token is there");
        out.push_str(&rest[..at]);
        rest = &rest[at + token.len()..];
        match chance.below(80) {
            0 if !comment => {}
            1 if !comment => out.push_str(&format!("{token} {token}")),
            2 if !comment => out.push_str(&format!(
                "{token} {}",
                chance.pick(&["}", "{", ",", "user", ":", "\"x", "can", "room", "*", "test", "invariant", "at", "in", "\r\n"])
            )),
            3 if !comment => out.push_str(&format!("{token}\n")),
            _ => out.push_str(token),
        }
    }
    out + rest
}

#[test]
fn the_policies_of_the_project_are_in_the_style() {
    let mut files = 0;
    for folder in [
        "policies",
        "policies/examples/collaboration",
        "policies/examples/github-like",
        "policies/examples/live-event",
        "src/cli/init",
    ] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(&folder).expect("the folder is there").flatten() {
            if entry.path().extension().is_some_and(|ending| ending == "rk") {
                let text = std::fs::read_to_string(entry.path()).expect("the policy is text");
                assert_eq!(format(&text).0, text, "{} is not as `roomkey fmt` writes it", entry.path().display());
                files += 1;
            }
        }
    }
    assert!(files >= 6, "only {files} policies were found");
}
