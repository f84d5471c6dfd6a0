//! Bytes that were a table, with checksums that hold again: refused, or every question ends within bounds.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use roomkey::table::decide::Resource;
use roomkey::table::layout::{MAGIC, MAJOR, header};
use roomkey::{Checker, Instant, Policy, Question, Table};

#[path = "../../tests/it/tables/doors.rs"]
mod doors;
#[path = "../../tests/it/tables/reseal.rs"]
mod reseal;

/// What the names of the questions come from.
const POLICY: &str = include_str!("../../tests/data/everything.rk");
/// A table holds no more resources than this that are asked about by number.
const RESOURCES: usize = 50;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    // What no other reader would get past is not worth a run.
    if bytes.len() >= header::TABLE {
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        bytes[header::MAJOR..header::MAJOR + 2].copy_from_slice(&MAJOR.to_le_bytes());
        let length = bytes.len() as u64;
        bytes[header::FILE..header::FILE + 8].copy_from_slice(&length.to_le_bytes());
    }
    reseal::reseal(&mut bytes);
    let Ok(table) = Table::from_bytes(bytes) else { return };
    assert!(table.verify().is_ok());
    let mut checker = Checker::new(&table);
    for question in questions() {
        let answer = checker.check(question);
        let decision = checker.decision(question);
        if let (Ok(answer), Ok(doors)) = (&answer, doors::answers(&table, question)) {
            assert_eq!(Ok(answer.decision), decision, "{question:?}");
            assert!(doors.iter().all(|other| *other == answer.allowed()), "{question:?}: {answer:?}, and by another door {doors:?}");
        }
    }
    let _ = (table.sizes(), table.writer(), table.format(), table.ends(), table.counts().count(), table.files().count());
    by_number(&table);
});

/// Asks about what the table lists itself.
fn by_number(table: &Table) {
    let Ok(stranger) = table.sign_in_with(None, &[]) else { return };
    for (kind, k) in (0..).zip(table.kinds()).take(8) {
        let permissions = k.permissions().take(4).filter_map(|text| table.permission(kind, &text));
        let permissions: Vec<_> = permissions.collect();
        for resource in table.resources(kind).map_while(Result::ok).take(RESOURCES) {
            for permission in &permissions {
                let _ = table.check(&stranger, *permission, Resource::Declared(resource), Instant::from_unix(1_800_000_000, 0));
            }
        }
    }
}

/// Questions about the policy that the seeds are compiled from.
fn questions() -> &'static [Question] {
    static QUESTIONS: OnceLock<Vec<Question>> = OnceLock::new();
    QUESTIONS.get_or_init(|| {
        let policy = Policy::from_texts([("everything.rk".into(), POLICY.into())]).expect("the seed is sound");
        let mut checker = policy.checker();
        let words: Vec<&str> = POLICY.split(|c: char| " \t\r\n{},\"*".contains(c)).filter(|w| !w.is_empty()).collect();
        let mut asked = Vec::new();
        for (n, id) in words.iter().enumerate() {
            for (kind, k) in policy.table().kinds().iter().enumerate() {
                let Some(permission) = k.permissions().nth(n * 5 % k.permissions().count().max(1)) else { continue };
                let question = Question::new(words[(n * 7 + kind) % words.len()], permission, &format!("{}:{id}", k.name));
                let question = question.at(Instant::from_unix(1_760_000_000 + n as i64 * 400_000, 0));
                asked.push(match n % 5 {
                    0 => question.group("staff").group("guests"),
                    1 => question.organization("acme"),
                    _ => question,
                });
            }
        }
        asked.retain(|q| checker.check(q).is_ok_and(|a| a.reason.kind.word() != "unknown-resource"));
        asked.dedup();
        asked
    })
}

// Most numbers of a table are words, so words are changed as often as bytes.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 || size < header::TABLE + 4 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mut state = u64::from(seed) | 1;
    let mut next = |end: usize| {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (state >> 33) as usize % end.max(1)
    };
    for _ in 0..1 + next(3) {
        let at = next(size / 4) * 4;
        let own = reseal::word(data, at) as u32;
        let other = reseal::word(data, next(size / 4) * 4) as u32;
        let new = match next(8) {
            0 => u32::MAX,
            1 => own.wrapping_add(1),
            2 => own.wrapping_sub(1),
            3 => own ^ 1 << next(32),
            4 => next(4000) as u32,
            5 => u32::MAX - next(64) as u32,
            _ => other,
        };
        data[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
    size
});
