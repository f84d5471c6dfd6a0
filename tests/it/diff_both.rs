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
    let (settings, facts): (_, &dyn FactFiles) = (Settings::default(), &InMemory);
    let both = Analysis::both([(sources("old/a.rk", old), &settings, facts), (sources("new/a.rk", new), &settings, facts)]);
    let alone = [("old/a.rk", old), ("new/a.rk", new)].map(|(name, text)| Analysis::new(sources(name, text), &settings));
    for (side, (one, other)) in both.map(outcome).into_iter().zip(alone.map(outcome)).enumerate() {
        assert_eq!(one.0, other.0, "{what}, side {side}");
        assert!(one.1 == other.1, "{what}, side {side}: other tables");
    }
}

#[test]
fn versions_that_are_read_at_once_are_as_each_alone() {
    // So long that it is read in parts.
    let room = |i: usize| {
        format!(
            "/// Room {i}\nroom \"r{i} {{\" {{\n  default can nothing // }} {i}\n  user u{} can *:write until 2031-01-01\n  \
             group g can read, comments:write\n}}\n",
            i % 97
        )
    };
    let text = format!("use liveblocks\ngroup g {{ user ann }}\n{}", (0..8_000).map(room).collect::<String>());
    agrees(&text, &text, "the same");
    agrees("use liveblocks\nroom a", "use liveblocks\nroom ab", "a word that goes on");
    agrees("use liveblocks\nuser a", "use liveblocks\nuser a\nuser b", "more at the end");
    let pieces =
        ["", "}", "{", "\"", "// }\n", "room x { default can read }\n", "user \u{fc}\n", "kind k { permissions p }\n", "\"}"];
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        let mut new = text.clone();
        for _ in 0..chance.between(1, 4) {
            let starts: Vec<usize> =
                new.match_indices(if chance.percent(70) { "\n///" } else { " " }).map(|(at, _)| at).collect();
            let at = *chance.pick(&starts);
            let upto = if chance.percent(50) { at } else { *chance.pick(&starts) };
            let upto = if upto < at || upto > at + 5_000 { at } else { upto };
            let piece: &&str = chance.pick(&pieces);
            new.replace_range(at..upto, piece);
        }
        let [old, new] = if chance.percent(50) { [&text, &new] } else { [&new, &text] };
        agrees(old, new, &format!("seed {seed}"));
    }
}
