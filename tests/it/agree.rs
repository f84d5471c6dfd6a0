//! The product and the reference give the same answer to every question, on policies made at random and by hand.

use std::ops::AddAssign;
use std::thread;

use roomkey::{Checker, Table};

use crate::reference::cases::{CASES, KINDS, expected};
use crate::reference::chance::Chance;
use crate::reference::damage::damage;
use crate::reference::decide::{decide, decide_with};
use crate::reference::facts::with_facts;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;
use crate::reference::read;
use crate::reference::shrink::shrink;
use crate::reference::slip::{SLIPS, Slip};
use crate::reference::valid::problems;
use crate::reference::world::{Question, World};
use crate::tables::doors;

const QUESTIONS_PER_POLICY: usize = 200;
const THREADS: u64 = 2;
/// Each so many-th policy answers from a file as well.
const EVERY: u64 = 20;

/// The policy that the product makes of these files, or what it says against them.
pub fn load(files: &[(String, String)]) -> Result<roomkey::Policy, String> {
    roomkey::Policy::from_texts(files.iter().cloned()).map_err(|error| error.to_string())
}

/// The product's answer; an error where it refuses the question.
pub fn ask(policy: &roomkey::Policy, question: &Question) -> Result<bool, String> {
    ask_table(policy.table(), question)
}

/// The answer of a compiled table.
fn ask_table(table: &Table, question: &Question) -> Result<bool, String> {
    let resource = format!("{}:{}", question.on.kind, question.on.id);
    let mut asked = roomkey::Question::new(&question.sign_in.user, &question.permission, &resource);
    for group in &question.sign_in.groups {
        asked = asked.group(group);
    }
    if let Some(organization) = &question.sign_in.organization {
        asked = asked.organization(organization);
    }
    if let Some(at) = &question.at {
        asked = asked.at(at.parse().map_err(|_| format!("`{at}` is not read as an instant"))?);
    }
    let answer = Checker::new(table).check(&asked).map(|answer| answer.allowed()).map_err(|error| error.to_string())?;
    // A question without a time is asked now, which the other doors are not told.
    if asked.at.is_some() || table.ends().is_none() {
        let doors = doors::answers(table, &asked).map_err(|error| error.to_string())?;
        assert!(doors.iter().all(|other| *other == answer), "{asked:?}: {answer}, and by another door {doors:?}");
    }
    Ok(answer)
}

/// How many questions there were, how many of them were allowed or refused, and which sentences decided.
#[derive(Default)]
struct Tally {
    policies: usize,
    questions: usize,
    allowed: usize,
    refused: usize,
    sampled: usize,
    decisive: Vec<usize>,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.policies += other.policies;
        self.questions += other.questions;
        self.allowed += other.allowed;
        self.refused += other.refused;
        self.sampled += other.sampled;
        self.decisive.resize(SLIPS.len(), 0);
        for (sum, more) in self.decisive.iter_mut().zip(other.decisive) {
            *sum += more;
        }
    }
}

#[test]
fn the_product_agrees_with_the_reference() {
    let seed = number("ROOMKEY_SEED", 1);
    let wanted = number("ROOMKEY_QUESTIONS", 200_000).div_ceil(QUESTIONS_PER_POLICY as u64);
    let part = |first: u64| {
        let mut tally = Tally::default();
        for seed in (seed + first..seed + wanted).step_by(THREADS as usize) {
            tally += one_policy(seed);
        }
        tally
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || part(first))).collect();
        for thread in threads {
            match thread.join() {
                Ok(more) => tally += more,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    report(&tally);
    let share = tally.allowed * 100 / (tally.questions - tally.refused);
    assert!((30..=60).contains(&share), "{share} % of the answers are allow");
}

/// Asks all questions about the world of one seed.
fn one_policy(seed: u64) -> Tally {
    let world = world(seed);
    let mut chance = Chance::new(!seed);
    let asked = questions(&world, &mut chance, QUESTIONS_PER_POLICY);
    let files = files(&world, Some(chance.clone()));
    let policy = load(&files).unwrap_or_else(|error| refused(seed, &world, &asked[0], &error, &files));
    let tables = if seed.is_multiple_of(EVERY) { through_a_file(policy.table()) } else { Vec::new() };
    let mut tally = Tally { policies: 1, questions: asked.len(), ..Tally::default() };
    for question in &asked {
        let answer = decide(&world, question);
        if ask(&policy, question).ok() != answer.clone().ok() {
            disagree(seed, &world, question, &chance);
        }
        for table in &tables {
            assert_eq!(ask_table(table, question).ok(), answer.clone().ok(), "seed {seed}, from a file: {question:?}");
        }
        tally.allowed += usize::from(answer == Ok(true));
        tally.refused += usize::from(answer.is_err());
    }
    let sample = &asked[..5];
    tally.sampled = sample.len();
    let misled = |slip: Slip| sample.iter().filter(|q| decide_with(&world, q, slip) != decide(&world, q)).count();
    tally.decisive = SLIPS.iter().map(|slip| misled(*slip)).collect();
    tally
}

/// The same table from a file, each block compared with its checksum when it is touched or all at once, and from bytes.
fn through_a_file(table: &Table) -> Vec<Table> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    roomkey::table::file::write(file.path(), table.bytes()).expect("it is written");
    let tables = [Table::open(file.path()), Table::open_verified(file.path()), Table::from_bytes(table.bytes())];
    tables.map(|table| table.expect("a table that was just written is sound")).into()
}

/// Fails with the smallest policy that the product refuses.
fn refused(seed: u64, world: &World, question: &Question, error: &str, files: &[(String, String)]) -> roomkey::Policy {
    let found = load(&plain(world)).err().map(|error| gist(&error));
    let fails = |world: &World, _: &Question| found.is_some() && load(&plain(world)).err().map(|e| gist(&e)) == found;
    if !fails(world, question) {
        panic!("seed {seed}: refused in this spelling only\n{error}\n{}", shown(files));
    }
    let (world, _) = shrink(world.clone(), question.clone(), fails);
    let error = load(&plain(&world)).err().unwrap_or_default();
    panic!("seed {seed}: the product refuses a valid policy\n{error}\n{}", shown(&plain(&world)));
}

/// What an error says without the names and places that it says it of, so that shrinking keeps to one fault.
fn gist(error: &str) -> String {
    let unquoted: String = error.split('`').step_by(2).collect();
    unquoted.lines().nth(1).unwrap_or("").chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Fails with the smallest policy that is answered differently.
fn disagree(seed: u64, world: &World, question: &Question, chance: &Chance) -> ! {
    let answered = |files: &[(String, String)], question: &Question| load(files).map(|policy| ask(&policy, question));
    let differs = |files: &[(String, String)], world: &World, question: &Question| {
        answered(files, question).is_ok_and(|answer| answer.ok() != decide(world, question).ok())
    };
    let spelled = |world: &World| files(world, Some(chance.clone()));
    let is_plain = differs(&plain(world), world, question);
    let print = |world: &World| if is_plain { plain(world) } else { spelled(world) };
    let fails = |world: &World, question: &Question| differs(&print(world), world, question);
    let (world, question) = shrink(world.clone(), question.clone(), fails);
    let reference = decide(&world, &question);
    let product = answered(&print(&world), &question);
    panic!(
        "seed {seed}: different answers\n{question:?}\nreference: {reference:?}\nproduct: {product:?}\n{}",
        shown(&print(&world))
    );
}

fn plain(world: &World) -> Vec<(String, String)> {
    files(world, None)
}

fn shown(files: &[(String, String)]) -> String {
    files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect()
}

fn report(tally: &Tally) {
    let Tally { policies, questions, allowed, refused, sampled, .. } = tally;
    let share = allowed * 100 / (questions - refused).max(1);
    println!("{questions} questions on {policies} policies: {share} % allowed, {refused} refused");
    println!("of {sampled} questions, this many would be answered wrongly by someone who overlooks a sentence:");
    for (slip, count) in SLIPS.iter().zip(&tally.decisive) {
        println!("{count:>7} {slip:?}");
    }
}

#[test]
fn the_questions_notice_every_slip() {
    let mut left: Vec<Slip> = SLIPS.to_vec();
    for seed in 1..2_000 {
        let world = world(seed);
        let asked = questions(&world, &mut Chance::new(!seed), 10);
        left.retain(|slip| asked.iter().all(|q| decide_with(&world, q, *slip) == decide(&world, q)));
    }
    assert!(left.is_empty(), "no question tells whether these sentences are read: {left:?}");
}

#[test]
fn the_product_holds_every_case_written_by_hand() {
    for case in CASES {
        let text = format!("{KINDS}{}", case.policy);
        let printed = files(&read::read(&text), Some(Chance::new(7)));
        for files in [vec![("case.rk".to_string(), text)], printed] {
            let policy = load(&files).unwrap_or_else(|error| panic!("{}: {error}\n{}", case.about, shown(&files)));
            for (question, answer) in expected(case) {
                let product = ask(&policy, &read::question(question));
                assert_eq!(product.clone().ok(), answer, "{}: {question} {product:?}\n{}", case.about, shown(&files));
            }
        }
    }
}

#[test]
fn the_product_refuses_what_the_language_calls_an_error() {
    let (mut sound, mut unsound) = (0, 0);
    for seed in 1..400 {
        let mut chance = Chance::new(seed);
        let whole = world(seed);
        // What a vocabulary brings cannot be damaged by the text that uses it.
        for _ in 0..if whole.uses.is_empty() { 10 } else { 0 } {
            let mut world = whole.clone();
            damage(&mut world, &mut chance);
            let (problems, loaded) = (problems(&world), load(&plain(&world)));
            if problems.is_empty() {
                sound += 1
            } else {
                unsound += 1
            }
            let error = loaded.as_ref().err();
            assert_eq!(loaded.is_ok(), problems.is_empty(), "seed {seed}: {problems:?}\n{error:?}\n{}", shown(&plain(&world)));
        }
    }
    println!("{sound} sound policies and {unsound} unsound ones");
    assert!(sound > 500 && unsound > 500);
}

#[test]
fn facts_mean_what_their_statements_mean() {
    let first = number("ROOMKEY_SEED", 1);
    let policies = number("ROOMKEY_QUESTIONS", 40_000).div_ceil(50);
    let (mut count, mut facts) = (0, 0);
    for seed in first..first + policies {
        let world = world(seed);
        let mut chance = Chance::new(!seed);
        let asked = questions(&world, &mut chance, 50);
        let spelled = |world: &World| with_facts(world, chance.clone());
        let files = spelled(&world);
        facts +=
            files.iter().filter(|(name, _)| name.starts_with("data/")).map(|(_, text)| text.lines().count() - 1).sum::<usize>();
        let policy = load(&files).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", shown(&files)));
        for question in &asked {
            let differs = |world: &World, question: &Question| {
                load(&spelled(world)).is_ok_and(|policy| ask(&policy, question).ok() != decide(world, question).ok())
            };
            if ask(&policy, question).ok() != decide(&world, question).ok() {
                let (world, question) = shrink(world.clone(), question.clone(), differs);
                panic!("seed {seed}: different answers\n{question:?}\n{}", shown(&spelled(&world)));
            }
        }
        count += asked.len();
    }
    println!("{count} questions on {policies} policies with {facts} facts");
    assert!(facts > 5 * policies as usize);
}

#[test]
fn facts_are_refused_where_their_statements_are() {
    let (mut sound, mut unsound) = (0, 0);
    for seed in 1..400 {
        let mut chance = Chance::new(seed);
        let whole = world(seed);
        for _ in 0..if whole.uses.is_empty() { 10 } else { 0 } {
            let mut world = whole.clone();
            damage(&mut world, &mut chance);
            let (problems, files) = (problems(&world), with_facts(&world, chance.clone()));
            if problems.is_empty() {
                sound += 1
            } else {
                unsound += 1
            }
            let loaded = load(&files);
            let error = loaded.as_ref().err();
            assert_eq!(loaded.is_ok(), problems.is_empty(), "seed {seed}: {problems:?}\n{error:?}\n{}", shown(&files));
        }
    }
    println!("{sound} sound policies and {unsound} unsound ones");
    assert!(sound > 500 && unsound > 500);
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
