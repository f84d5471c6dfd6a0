//! The one style and texts that are broken: what `lint` says of them stays, and each byte that it may be about.

use std::path::Path;

use roomkey::policy::style::{format, format_all};
use roomkey::{Source, Sources};

use crate::format::{found, holds, sprinkled};
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::{files, proofs};

/// What holds for the style of every text, and that `lint` says the same of it.
pub fn keeps_what_is_said(text: &str, what: &str) {
    let (out, _) = format(text);
    holds(text, what);
    assert_eq!(found(&out), found(text), "{what}: other findings of\n{text}\nthan of\n{out}");
}

#[test]
fn what_is_said_of_a_broken_text_stays() {
    for text in [
        "use liveblocks\ngroup g {user }\nroom a { default  can read }\n",
        "use liveblocks\nkind folder\ngroup g can adminuntil 2026-06-30\nfolder x\nroom a { default  can read }\n",
        "use liveblocks\ngroup planners\nroom a { user x can ann@example.com planners }\n",
        "use liveblocks\ngroup planners\ncan ann@example.com planners\n",
        "use liveblocks\nroom a {\"}\"}}default can read\nuser  b\n",
        "use liveblocks\nroom a { user ann can Nothing user bob can  read }\n",
        "use liveblocks\r\nroom a {\r\n user \"b can read\r\n}\r\nuser  b\r\n",
    ] {
        keeps_what_is_said(text, "by hand");
    }
}

#[test]
fn a_broken_statement_is_copied_and_the_others_are_laid_out() {
    let text = "use   liveblocks\r\nroom a {\r\n\tuser   ann can Nothing user bob can read }\r\n\r\nroom b {default can read}\n";
    let out = "use liveblocks\nroom a {\r\n\tuser   ann can Nothing user bob can read }\n\nroom b {\n  default can read\n}\n";
    assert_eq!(format(text), (out.to_owned(), 1));
    // What another file declares decides what is said, too.
    let mut sources = Sources::default();
    sources.add(Source::new("a.rk", "use liveblocks\nkind folder in folder\n"));
    sources.add(Source::new("b.rk", text.replace("use   liveblocks", "folder  f")));
    let styled = format_all(&sources);
    assert_eq!(styled[1], (out.replace("use liveblocks", "folder f"), 1));
}

/// `ROOMKEY_POLICIES` and `ROOMKEY_SEED` set how many there are, and the first of them.
#[test]
fn what_is_said_of_mutated_texts_stays() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (first, rounds) = (number("ROOMKEY_SEED").unwrap_or(1), number("ROOMKEY_POLICIES").unwrap_or(150));
    let read = |path: &&str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
    let kept = [
        "tests/lint/twelve-doubts.rk",
        "tests/lint/twelve-errors.rk",
        "tests/lint/twelve-slips.rk",
        "policies/examples/collaboration/main.rk",
        "policies/examples/github-like/main.rk",
        "policies/examples/live-event/main.rk",
    ];
    let kept: Vec<String> = kept.iter().map(read).collect();
    for seed in first..first + rounds {
        let mut chance = Chance::new(seed);
        let text = if chance.percent(40) {
            chance.pick(&kept).clone()
        } else {
            let world = world(seed);
            let files = files(&world, Some(chance.clone()));
            let text = chance.pick(&files).1.clone();
            let text = if chance.percent(30) { text + &proofs(&world, chance.clone()) } else { text };
            if chance.percent(30) { sprinkled(&text, &mut chance) } else { text }
        };
        let broken = mutated(&text, &mut chance);
        keeps_what_is_said(&broken, &format!("seed {seed}"));
    }
}

/// The text with a few slips of a hand in it, between words and inside of them.
fn mutated(text: &str, chance: &mut Chance) -> String {
    let mut text = text.to_owned();
    for _ in 0..chance.between(1, 4) {
        let places =
            |of: &dyn Fn(char) -> bool| text.char_indices().filter(|(_, c)| of(*c)).map(|(at, _)| at).collect::<Vec<_>>();
        let (spaces, braces, lines) = (places(&|c| c == ' '), places(&|c| "{}".contains(c)), places(&|c| c == '\n'));
        let all = places(&|_| true);
        if spaces.is_empty() || braces.is_empty() || lines.is_empty() {
            return text;
        }
        let any = *chance.pick(&all);
        let width = text[any..].chars().next().map_or(0, char::len_utf8);
        let sign =
            *chance.pick(&["{", "}", "\"", ",", ":", ";", "(", ")", "[", "]", "!", "-", "=", " ", "\n", "\r\n", "//", "x", "é"]);
        let word = *chance.pick(&[
            "user",
            "group",
            "default",
            "can",
            "cannot",
            "in",
            "on",
            "until",
            "not",
            "except",
            "no",
            "nothing",
            "room",
            "Can",
            "maybe",
            "organization",
            "to",
            "everyone",
            "if",
            "*",
            "2026-01-01",
        ]);
        let (range, new) = match chance.below(11) {
            0 => (any..any + width, ""),
            1 => (any..any, sign),
            2 => (any..any + width, sign),
            3 | 4 => {
                let at = *chance.pick(&spaces);
                (at..at + 1, *chance.pick(&["", "", "\n", ","]))
            }
            5 => {
                let at = *chance.pick(&braces);
                (at..at + 1, if text[at..].starts_with('{') { "}" } else { "{" })
            }
            6 => {
                let at = *chance.pick(&braces);
                (at..at + 1, "")
            }
            7 | 8 => {
                let at = *chance.pick(&lines);
                (at..at + 1, *chance.pick(&[" ", "", "  "]))
            }
            9 => {
                let at = *chance.pick(&spaces);
                let end = text[at + 1..].find([' ', '\n']).map_or(text.len(), |n| at + 1 + n);
                (at + 1..end, *chance.pick(&["", word, word]))
            }
            _ => {
                let at = *chance.pick(&spaces) + 1;
                (at..at, *chance.pick(&["user ", "can ", "not ", "no ", "group ", "} ", "{ "]))
            }
        };
        text.replace_range(range, new);
    }
    text
}
