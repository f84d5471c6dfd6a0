//! The commits that a merge brings, as far as they changed what is told.

use std::collections::HashMap;

use gix::ObjectId;

use super::super::diff::Read;
use super::super::revision::Told;
use super::ahead::alone;
use super::{Passed, Teller};

/// So many commits of a merge are looked at, the newest: each is read, and compared with the one before it.
const LOOKED: usize = 50;

/// The print of a policy, and the policy where it is sound; none of a commit that cannot be read.
type Then = Option<(Vec<ObjectId>, Option<Read>)>;

impl Teller<'_> {
    /// The commits that a merge brings and that changed the policy, in what is asked about, as far as that is known, and how
    /// many more were not looked at.
    pub fn brought(&self, told: &Told) -> (Vec<Passed>, usize) {
        let place = self.globals.policy.as_deref();
        let all = self.history.brought(told);
        // Most are the parent of the one before.
        let mut known: HashMap<ObjectId, Then> = HashMap::new();
        let read = |id: ObjectId, known: &mut HashMap<ObjectId, Then>| {
            let then = known.entry(id).or_insert_with(|| {
                let then = self.history.then(id, place).ok()?;
                Some((then.print().to_vec(), alone(then, String::new()).ok()))
            });
            then.is_some()
        };
        let mut brought = Vec::new();
        for id in all.iter().copied().take(LOOKED) {
            let Ok(told) = self.history.told(id) else { continue };
            let parents: Vec<ObjectId> = told.parent.into_iter().chain(told.merged.iter().copied()).collect();
            if !read(id, &mut known) {
                continue;
            }
            parents.iter().for_each(|parent| _ = read(*parent, &mut known));
            // A merge counts where it says what none of its parents does.
            let differs = |parent: &ObjectId| {
                let (Some(Some((old_print, old))), Some(Some((new_print, new)))) = (known.get(parent), known.get(&id)) else {
                    return true;
                };
                let both = old.as_ref().zip(new.as_ref());
                old_print != new_print
                    && both.is_none_or(|(old, new)| !matches!(self.asking.found([old, new], told.at), Ok(None)))
            };
            if parents.iter().all(differs) {
                brought.push(Passed { id, name: self.history.short(id), told, faulty: false });
            }
        }
        (brought, all.len().saturating_sub(LOOKED))
    }
}
