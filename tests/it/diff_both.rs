//! Two versions that are read at once say what each of them says alone, wherever they differ.

use roomkey::facts::{FactFiles, InMemory};
use roomkey::source::Source;
use roomkey::{Analysis, Settings, Sources};

use crate::reference::chance::Chance;

fn sources(name: &str, text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(Source::new(name, text));
    sources
}

/// What is found, and what it compiles to, each row with its place.
fn outcome(analysis: Analysis) -> (Vec<String>, Option<Vec<u8>>) {
    let findings = analysis.findings.iter().map(|f| format!("{} {:?} {}", f.rule.name, f.span, f.message)).collect();
    (findings, analysis.into_policy().ok().map(|p| p.table().bytes().to_vec()))
}

fn agrees(old: &str, new: &str, what: &str) {
    all_agree(&[old, new], what);
}

/// Each version is read beside the one before it.
fn all_agree(texts: &[&str], what: &str) {
    let (settings, facts): (_, &dyn FactFiles) = (Settings::default(), &InMemory);
    let name = |version: usize| format!("{version}/a.rk");
    let versions = texts.iter().enumerate().map(|(i, text)| (sources(&name(i), text), &settings, facts)).collect();
    for (version, (one, text)) in Analysis::versions(versions).into_iter().zip(texts).enumerate() {
        let (one, other) = (outcome(one), outcome(Analysis::new(sources(&name(version), text), &settings)));
        assert_eq!(one.0, other.0, "{what}, version {version}");
        assert!(one.1 == other.1, "{what}, version {version}: other tables");
    }
}

/// A text with pieces put in, taken out and put in the place of others.
fn changed(text: &str, chance: &mut Chance) -> String {
    let pieces = [
        "",
        "}",
        "{",
        "\"",
        "// }\n",
        "room x { default can read }\n",
        "user \u{fc}\n",
        "kind k { permissions p }\n",
        "\"}",
        " // }",
    ];
    let mut new = text.to_owned();
    for _ in 0..chance.between(1, 4) {
        let starts: Vec<usize> = new.match_indices(if chance.percent(70) { "\n///" } else { " " }).map(|(at, _)| at).collect();
        let at = *chance.pick(&starts);
        let upto = if chance.percent(50) { at } else { *chance.pick(&starts) };
        let upto = if upto < at || upto > at + 5_000 { at } else { upto };
        let piece: &&str = chance.pick(&pieces);
        new.replace_range(at..upto, piece);
    }
    new
}

/// So long that it is read in parts.
fn rooms(count: usize) -> String {
    let room = |i: usize| {
        format!(
            "/// Room {i}\nroom \"r{i} {{\" {{\n  default can nothing // }} {i}\n  user u{} can *:write until 2031-01-01\n  \
             group g can read, comments:write\n}}\n",
            i % 97
        )
    };
    format!("use liveblocks\ngroup g {{ user ann }}\n{}", (0..count).map(room).collect::<String>())
}

#[test]
fn versions_that_are_read_at_once_are_as_each_alone() {
    let text = rooms(8_000);
    agrees(&text, &text, "the same");
    agrees("use liveblocks\nroom a", "use liveblocks\nroom ab", "a word that goes on");
    agrees("use liveblocks\nuser a", "use liveblocks\nuser a\nuser b", "more at the end");
    // What stands in a comment is no statement of the other version, though a `}` stands before it.
    let users: String = (0..1_500).map(|i| format!("  user u{i} can read\n")).collect();
    let behind = |between: &str| format!("use liveblocks\nroom big {{\n{users}}}{between} room r {{ user ann can *:write }}\n");
    agrees(&behind(""), &behind(" // old: }"), "a comment");
    agrees(&behind(" // old: }"), &behind(""), "no comment");
    agrees(&behind(""), &behind(" room \"}\" {} user \"x }"), "a string");
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        let new = changed(&text, &mut chance);
        let [old, new] = if chance.percent(50) { [&text, &new] } else { [&new, &text] };
        agrees(old, new, &format!("seed {seed}"));
    }
}

#[test]
fn versions_one_after_the_other_are_as_each_alone() {
    for seed in 0..6 {
        let mut chance = Chance::new(seed);
        let mut texts = vec![rooms(700)];
        for _ in 0..5 {
            // A slip is mostly taken back by the next version.
            let from = texts.len() - if texts.len() > 1 && chance.percent(40) { 2 } else { 1 };
            texts.push(changed(&texts[from], &mut chance));
        }
        all_agree(&texts.iter().map(String::as_str).collect::<Vec<_>>(), &format!("seed {seed}"));
    }
}
