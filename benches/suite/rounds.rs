//! Timing in rounds: every contestant once a round, so that noise hits all alike, and medians over the rounds.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

/// A pass is timed in as many parts; the median is a part that no other process broke into.
const PARTS: usize = 64;

/// Asks a part of the questions, and gives how many were allowed.
type Pass<'a> = Box<dyn Fn(usize) -> usize + 'a>;

pub struct Contestant<'a> {
    pub name: &'static str,
    part: usize,
    parts: usize,
    pass: Pass<'a>,
}

/// Nanoseconds a question, in each round.
pub struct Timing {
    pub name: &'static str,
    rounds: Vec<f64>,
}

impl<'a> Contestant<'a> {
    /// A contestant that answers one question at a time. Each of its answers is compared first.
    ///
    /// # Panics
    /// When an answer is wrong.
    pub fn new<Q>(name: &'static str, questions: &'a [Q], right: &[bool], check: impl Fn(&Q) -> bool + 'a) -> Contestant<'a> {
        let answers = questions.iter().map(&check).collect();
        Contestant::judged(name, questions, (answers, right), move |part| part.iter().filter(|q| check(q)).count())
    }

    /// A contestant that answers many questions at once.
    ///
    /// # Panics
    /// When an answer is wrong.
    pub fn many<Q>(
        name: &'static str,
        questions: &'a [Q],
        right: &[bool],
        check: impl Fn(&[Q], &mut [bool]) + 'a,
    ) -> Contestant<'a> {
        let mut answers = vec![false; questions.len()];
        check(questions, &mut answers);
        let room = RefCell::new(answers.clone());
        let pass = move |part: &[Q]| {
            let mut answers = room.borrow_mut();
            check(part, &mut answers[..part.len()]);
            usize::from(black_box(&answers)[0])
        };
        Contestant::judged(name, questions, (answers, right), pass)
    }

    fn judged<Q>(
        name: &'static str,
        questions: &'a [Q],
        (answers, right): (Vec<bool>, &[bool]),
        ask: impl Fn(&[Q]) -> usize + 'a,
    ) -> Contestant<'a> {
        assert!(questions.len() <= right.len(), "{name} has questions without answers");
        let wrong = answers.iter().zip(right).position(|(answer, right)| answer != right);
        assert!(wrong.is_none(), "{name} answers question {wrong:?} wrongly");
        let parts: Vec<&[Q]> = questions.chunks(questions.len().div_ceil(PARTS)).collect();
        let part = parts[0].len();
        let count = parts.iter().filter(|p| p.len() == part).count();
        Contestant { name, part, parts: count, pass: Box::new(move |i| ask(black_box(parts[i]))) }
    }

    fn time(&self) -> f64 {
        let timed = |part| {
            let start = Instant::now();
            black_box((self.pass)(part));
            start.elapsed().as_nanos() as f64 / self.part as f64
        };
        median((0..self.parts).map(timed))
    }
}

/// Each contestant warms its caches with one pass and is timed over the next.
pub fn race(contestants: &[Contestant<'_>], rounds: usize) -> Vec<Timing> {
    let mut timings: Vec<Timing> = contestants.iter().map(|c| Timing { name: c.name, rounds: Vec::new() }).collect();
    for _ in 0..rounds {
        for (contestant, timing) in contestants.iter().zip(&mut timings) {
            contestant.time();
            timing.rounds.push(contestant.time());
        }
    }
    timings
}

impl Timing {
    pub fn nanoseconds(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    /// The median of the ratios of each round.
    pub fn over(&self, other: &Timing) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(a, b)| a / b))
    }
}

pub fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
