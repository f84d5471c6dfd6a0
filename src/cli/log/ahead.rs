//! Commits on the way back, read several at once: each policy is mostly the one of the commit before it.

use std::collections::VecDeque;
use std::path::Path;

use gix::ObjectId;

use super::super::Failure;
use super::super::diff::Read;
use super::super::revision::{History, Then, Told};

/// At most so many commits are read at once.
const MOST: usize = 16;

/// No more are read at once where they have so many bytes of text.
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
    /// Whether nothing is to be read ahead of a commit.
    over: &'h dyn Fn(ObjectId, &Told) -> bool,
    ready: VecDeque<Result<Stop, Failure>>,
    /// How many are read at once: one and the one before it first, so that the first answer comes soon.
    width: usize,
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
        Way { history, place, then: Some(start), over, ready: VecDeque::new(), width: 2, print: None }
    }

    /// Whether the next commit has to be read.
    pub fn waits(&self) -> bool {
        self.ready.is_empty()
    }

    /// The policy of a commit that is the same as that of the commit met before, where that one is of no use.
    pub fn again(&self, id: ObjectId) -> Result<Read, Failure> {
        alone(self.history.then(id, self.place)?, self.history.short(id))
    }

    /// The next commit; none behind the first one of all.
    pub fn onwards(&mut self) -> Option<Result<Stop, Failure>> {
        if self.ready.is_empty() {
            self.read_on();
        }
        self.ready.pop_front()
    }

    fn read_on(&mut self) {
        let mut met: Vec<(ObjectId, Told, Result<Then, Failure>)> = Vec::new();
        let (mut bytes, mut lost) = (0, None);
        while met.len() < self.width && bytes < BYTES {
            let Some(id) = self.then.take() else { break };
            match self.history.told(id) {
                Ok(told) => {
                    let then = self.history.then(id, self.place);
                    bytes += then.as_ref().map_or(0, Then::bytes);
                    let over = (self.over)(id, &told);
                    let next = told.parent;
                    met.push((id, told, then));
                    self.then = next;
                    if over {
                        break;
                    }
                }
                Err(failure) => lost = Some(failure),
            }
        }
        self.width = (self.width * 2).min(MOST);
        let mut new = Vec::new();
        let mut stops: Vec<(ObjectId, Told, Result<Has, Failure>)> = Vec::new();
        for (id, told, then) in met {
            let has = then.map(|then| {
                let (print, files) = (then.print().to_vec(), then.files());
                if self.print.replace(print.clone()).as_ref() != Some(&print) {
                    new.push((stops.len(), id, then));
                }
                Has { print, files, read: None }
            });
            stops.push((id, told, has));
        }
        let numbers: Vec<usize> = new.iter().map(|(number, ..)| *number).collect();
        let reads = self.reads(new.into_iter().map(|(_, id, then)| (id, then)).collect());
        for (number, read) in numbers.into_iter().zip(reads) {
            let has = &mut stops[number].2;
            match (read, &mut *has) {
                (Ok(read), Ok(has)) => has.read = Some(read),
                (Err(failure), _) => *has = Err(failure),
                _ => {}
            }
        }
        self.ready.extend(stops.into_iter().map(|(id, told, has)| Ok(Stop { id, told, has })));
        self.ready.extend(lost.map(Err));
    }

    /// The policies of some commits; what lies nowhere allows nothing.
    fn reads(&self, all: Vec<(ObjectId, Then)>) -> Vec<Result<Read, Failure>> {
        let head = |(id, then): &(ObjectId, Then)| (self.history.short(*id), then.manifest().diff.clone(), then.is_empty());
        let heads: Vec<_> = all.iter().map(head).collect();
        let there = all.into_iter().map(|(_, then)| then).filter(|then| !then.is_empty()).collect();
        let mut policies = Then::policies(there).into_iter();
        let one = |(name, gates, empty)| match empty {
            true => Some(Ok(Read::nothing(name))),
            false => Some(policies.next()?.map(|policy| Read::whole(policy, name, gates))),
        };
        heads.into_iter().filter_map(one).collect()
    }
}

/// The policy of one commit, called by a name.
pub fn alone(then: Then, name: String) -> Result<Read, Failure> {
    let gates = then.manifest().diff.clone();
    Ok(if then.is_empty() { Read::nothing(name) } else { Read::whole(then.policy()?, name, gates) })
}
