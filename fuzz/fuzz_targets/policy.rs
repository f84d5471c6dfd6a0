//! Any text: parsed, judged, reported in every format, and, where it is sound, compiled and asked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roomkey::{Analysis, Checker, Instant, Policy, Question, Settings, Source, Sources, Table};
use roomkey_fuzz::{NEXT_FILE, judged};

/// No input is asked more than this.
const QUESTIONS: usize = 60;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::default();
    for (number, part) in text.splitn(3, NEXT_FILE).enumerate() {
        sources.add(Source::new(format!("{number}.rk"), part));
    }
    let analysis = Analysis::new(sources, &Settings { users_declared: text.ends_with("//"), ..Settings::default() });
    if let Some(policy) = judged(analysis) {
        ask(&policy, &text);
    }
});

/// Asks about the words of the text itself, of the compiled policy and of its bytes read again.
fn ask(policy: &Policy, text: &str) {
    let again = Table::from_bytes(policy.table().bytes().to_vec()).expect("a table that was just written is sound");
    let (mut first, mut second) = (policy.checker(), Checker::new(&again));
    for question in questions(policy, text) {
        let answer = first.check(&question);
        let decision = first.decision(&question);
        assert_eq!(answer.as_ref().map(|a| a.decision), decision.as_ref().copied(), "{question:?}");
        assert_eq!(answer.as_ref().ok(), second.check(&question).as_ref().ok(), "{question:?}");
        let mut out = Vec::new();
        if let Ok(answer) = &answer {
            roomkey::report::answer::text(&mut out, &question, answer).expect("memory takes everything");
            roomkey::report::answer::json(&mut out, &question, answer).expect("memory takes everything");
        }
    }
}

fn questions(policy: &Policy, text: &str) -> Vec<Question> {
    let words: Vec<&str> = text.split(|c: char| " \t\r\n{},<\"".contains(c)).filter(|w| !w.is_empty()).take(40).collect();
    let word = |n: usize| if words.is_empty() { "x" } else { words[n * 7 % words.len()] };
    let mut asked = Vec::new();
    for kind in policy.table().kinds() {
        let own: Vec<String> = kind.permissions().take(4).chain([word(asked.len()).into()]).collect();
        for permission in &own {
            for id in words.iter().map(|w| w.trim_end_matches('*')).take(6) {
                let n = asked.len();
                let question = Question::new(word(n), permission, &format!("{}:{id}", kind.name));
                asked.push(match n % 4 {
                    0 => question.at(Instant::from_unix(n as i64 * 40_000_000, 0)),
                    1 => question.group(word(n + 1)).group(word(n + 2)),
                    2 => question.organization(word(n + 3)),
                    _ => question,
                });
                if asked.len() == QUESTIONS {
                    return asked;
                }
            }
        }
    }
    asked
}
