//! Commits on the way back, read several at once: each policy is mostly the one of the commit before it.

use std::collections::VecDeque;
use std::path::Path;

use gix::ObjectId;

use super::super::Failure;
use super::super::diff::Read;
use super::super::revision::{History, Then, Told};

/// At most so many commits are read at once.
const MOST: usize = 16;

/// About so many bytes of text are read at once, by what the commits before had; one commit always is.
const BYTES: usize = 1 << 24;

/// A commit, and what it has at the place of the policy.
pub struct Stop {
    pub id: ObjectId,
    pub told: Told,
    pub has: Result<Has, Failure>,
}

/// What a commit has at the place of the policy.
pub struct Has {
    /// By this its policy is known again.
    pub print: Vec<ObjectId>,
    pub files: Vec<ObjectId>,
    /// None where nothing in the folders of the policy differs from what the commit has that was met before.
    pub read: Option<Read>,
}

/// The way back from a commit, along first parents.
pub struct Way<'h> {
    history: &'h History,
    place: Option<&'h Path>,
    then: Option<ObjectId>,
    /// Whether a commit is the last one that is wanted, as far as it can be read.
    over: &'h dyn Fn(ObjectId, &Told) -> bool,
    ready: VecDeque<Result<Stop, Failure>>,
    /// How many are read at once: one and the one before it first, so that the first answer comes soon.
    width: usize,
    /// How many bytes the largest of those had that were read last.
    largest: usize,
    /// The print of the last one that was read.
    print: Option<Vec<ObjectId>>,
}

impl<'h> Way<'h> {
    pub fn from(
        history: &'h History,
        place: Option<&'h Path>,
        start: ObjectId,
        over: &'h dyn Fn(ObjectId, &Told) -> bool,
    ) -> Way<'h> {
        Way { history, place, then: Some(start), over, ready: VecDeque::new(), width: 2, largest: 0, print: None }
    }

    /// Whether the next commit has to be read.
    pub fn waits(&self) -> bool {
        self.ready.is_empty()
    }

    /// The policy of a commit that is the same as that of the commit met before, where that one is of no use.
    pub fn again(&self, id: ObjectId) -> Result<Read, Failure> {
        alone(self.history.then(id, self.place)?, self.history.short(id))
    }

    /// The commit before the last one that was given; none where that was the first one of all.
    pub fn onwards(&mut self) -> Option<Result<Stop, Failure>> {
        if self.ready.is_empty() {
            self.read_on();
        }
        self.ready.pop_front()
    }

    fn read_on(&mut self) {
        let mut stops: Vec<Stop> = Vec::new();
        let mut new: Vec<(usize, ObjectId, Then)> = Vec::new();
        let mut lost = None;
        while stops.len() < self.width {
            let Some(id) = self.then.take() else { break };
            let told = match self.history.told(id) {
                Ok(told) => told,
                Err(failure) => {
                    lost = Some(Err(failure));
                    break;
                }
            };
            let has = self.history.then(id, self.place).map(|then| {
                let (print, files) = (then.print().to_vec(), then.files());
                if self.print.replace(print.clone()).as_ref() != Some(&print) {
                    new.push((stops.len(), id, then));
                }
                Has { print, files, read: None }
            });
            let over = (self.over)(id, &told);
            self.then = told.parent;
            stops.push(Stop { id, told, has });
            if over {
                break;
            }
        }
        let (numbers, thens): (Vec<usize>, Vec<_>) = new.into_iter().map(|(number, id, then)| (number, (id, then))).unzip();
        let mut largest = if numbers.is_empty() { self.largest } else { 0 };
        for (number, read) in numbers.into_iter().zip(self.reads(thens)) {
            largest = largest.max(read.as_ref().map_or(0, bytes));
            let stop = &mut stops[number];
            stop.has =
                std::mem::replace(&mut stop.has, Err(Failure::Closed)).and_then(|has| Ok(Has { read: Some(read?), ..has }));
        }
        // Larger ones, data files included, are read fewer at once.
        self.largest = largest;
        self.width = (self.width * 2).min(MOST).min(BYTES / largest.max(1)).max(1);
        self.ready.extend(stops.into_iter().map(Ok).chain(lost));
    }

    /// The policies of some commits; what lies nowhere allows nothing.
    fn reads(&self, all: Vec<(ObjectId, Then)>) -> Vec<Result<Read, Failure>> {
        let head = |(id, then): &(ObjectId, Then)| (self.history.short(*id), then.manifest().diff.clone(), then.is_empty());
        let heads: Vec<_> = all.iter().map(head).collect();
        let there = all.into_iter().map(|(_, then)| then).filter(|then| !then.is_empty()).collect();
        let mut policies = Then::policies(there).into_iter();
        let mut one = |(name, gates, empty)| match empty {
            true => Ok(Read::nothing(name)),
            false => {
                let policy = policies.next().unwrap_or_else(|| unreachable!("each commit with a policy was read"));
                policy.map(|policy| Read::whole(policy, name, gates))
            }
        };
        heads.into_iter().map(&mut one).collect()
    }
}

/// How many bytes of text a policy has, its data files included.
fn bytes(read: &Read) -> usize {
    read.side().from.map_or(0, |(_, sources)| sources.iter().map(|(_, source)| source.text().len()).sum())
}

/// The policy of one commit, called by a name.
pub fn alone(then: Then, name: String) -> Result<Read, Failure> {
    let gates = then.manifest().diff.clone();
    Ok(if then.is_empty() { Read::nothing(name) } else { Read::whole(then.policy()?, name, gates) })
}
