//! Tables whose checksums hold over changed bytes: they answer or say that they are damaged, soon and within bounds.

use std::time::{Duration, Instant as Clock};

use roomkey::table::decide::Resource;
use roomkey::table::layout::{BLOCK, MARK, NOTHING, header};
use roomkey::{Checker, Instant, Question, Table};

use super::doors;
use super::policies::{self, Case};
use super::reseal::{long, reseal_block, reseal_directory, word};
use super::{Changed, questions_of, table_of};
use crate::reference::chance::Chance;

/// More than any of these tables needs for its questions; an endless loop needs more.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_small_table_changed_and_sealed_answers_within_bounds() {
    policies::small().iter().for_each(|case| attack(case, 700, 120));
}

#[test]
fn a_large_table_changed_and_sealed_answers_within_bounds() {
    policies::large().iter().for_each(|case| attack(case, 30, 60));
}

fn attack(case: &Case, rounds: usize, count: usize) {
    let bytes = table_of(case);
    let mut chance = Chance::new(number("ROOMKEY_SEED", 11));
    let questions = questions_of(case, count);
    let sections = sections(&bytes);
    let mut file = Changed::new(&bytes);
    let (mut opened, mut answered, mut damaged) = (0, 0, 0);
    for round in 0..rounds * number("ROOMKEY_ROUNDS", 1) as usize {
        let mut changed = bytes.clone();
        let mut touched = Vec::new();
        for _ in 0..*chance.pick(&[1, 1, 2, 5, 40]) {
            let at = place(&sections, &bytes, &mut chance);
            mutate(&mut changed, at, &mut chance);
            touched.push(at / BLOCK);
        }
        touched.iter().for_each(|block| reseal_block(&mut changed, *block));
        reseal_directory(&mut changed);
        rewrite(&mut file, &bytes, &changed);
        let started = Clock::now();
        if let Ok(table) = file.open() {
            opened += 1;
            let errors = ask_everything(&table, &questions);
            (answered, damaged) = (answered + questions.len() - errors, damaged + errors);
        }
        if round % 16 == 0 {
            let _ = Table::from_bytes(changed.clone()).map(|table| ask_everything(&table, &questions));
        }
        assert!(started.elapsed() < PATIENCE, "{}: round {round} lasts {:?}", case.about, started.elapsed());
        rewrite(&mut file, &changed, &bytes);
    }
    println!("{}: {opened} of {rounds} opened, {answered} answers, {damaged} errors", case.about);
    assert!(opened > rounds / 3 && answered > damaged, "the changes reach behind the door");
}

/// Every public door of a table, with errors counted.
pub fn ask_everything(table: &Table, questions: &[Question]) -> usize {
    let mut checker = Checker::new(table);
    let errors = questions.iter().filter(|q| !asked(table, &mut checker, q)).count();
    let _ = table.verify();
    let _ = (table.sizes(), table.writer(), table.format(), table.ends(), table.counts().count(), table.files().count());
    for kind in (0..table.kinds().len() as u32).take(8) {
        let texts: Vec<String> = table.kinds()[kind as usize].permissions().take(4).collect();
        for resource in table.resources(kind).map_while(Result::ok).take(20) {
            let strangers = table.sign_in_with(None, &[]);
            let asked = texts.iter().filter_map(|text| table.permission(kind, text));
            asked.for_each(|p| {
                let _ = strangers.as_ref().map(|s| table.decide(s, p, Resource::Declared(resource), Instant::now()));
            });
        }
    }
    errors
}

/// Whether a question is answered. A table that contradicts itself, whose checksums someone made hold, may answer
/// differently by another door: what rows say stands in the summaries once more.
fn asked(table: &Table, checker: &mut Checker<'_>, question: &Question) -> bool {
    let (answer, doors) = (checker.check(question), doors::answers(table, question));
    answer.is_ok() && doors.is_ok()
}

/// Where the sections begin and end.
fn sections(bytes: &[u8]) -> Vec<(usize, usize)> {
    let line = |i: usize| header::TABLE + i * header::LINE;
    let all = (0..word(bytes, header::SECTIONS)).map(|i| (long(bytes, line(i) + 8), long(bytes, line(i) + 16)));
    all.filter(|(_, length)| *length > 0).collect()
}

/// A byte of some section, the short ones as often as the long ones; now and then of the header.
fn place(sections: &[(usize, usize)], bytes: &[u8], chance: &mut Chance) -> usize {
    if chance.percent(4) {
        return header::SOURCES + chance.below(word(bytes, header::LENGTH) - header::SOURCES - 36);
    }
    let (start, length) = *chance.pick(sections);
    // What stands first is read most.
    let within = if chance.percent(30) { length.min(256) } else { length };
    start + chance.below(within)
}

/// Puts a number there that a reader may stumble over.
fn mutate(bytes: &mut [u8], at: usize, chance: &mut Chance) {
    if chance.percent(20) {
        bytes[at] ^= 1 << chance.below(8);
        return;
    }
    let at = at & !3;
    let other = word(bytes, 4 * chance.below(bytes.len() / 4)) as u32;
    let own = word(bytes, at) as u32;
    let new = match chance.below(12) {
        0 => NOTHING,
        1 => 0,
        2 => 1 << chance.below(32),
        3 => own.wrapping_add(1),
        4 => own.wrapping_sub(1),
        5 => own ^ 1 << chance.below(32),
        6 => NOTHING - chance.below(64) as u32,
        7 => chance.below(2000) as u32,
        8 => own.wrapping_add(chance.below(MARK) as u32 * 4),
        9 => chance.below(NOTHING as usize) as u32,
        _ => other,
    };
    bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
}

/// Writes what differs between two versions of the bytes.
fn rewrite(file: &mut Changed, old: &[u8], new: &[u8]) {
    for at in (0..new.len()).step_by(512) {
        let end = new.len().min(at + 512);
        if old[at..end] != new[at..end] {
            file.put(at, &new[at..end]);
        }
    }
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
