//! Which changes are compiled together.

use std::collections::HashMap;

use super::Reach;
use crate::model::change::{Change, Fact};
use crate::model::{Model, Who};

/// The changes that are asked for, in batches. What is about one user changes no decision of another one, so a batch may
/// have one change of each; all others are alone.
pub fn batches(model: &Model, changes: &[Change], reaches: &[Reach], asked: &[usize]) -> Vec<Vec<usize>> {
    let mut insiders: HashMap<u32, usize> = HashMap::new();
    model.org_members.iter().for_each(|m| *insiders.entry(m.of).or_default() += 1);
    let mut together: Vec<Vec<usize>> = Vec::new();
    let mut alone = Vec::new();
    let mut next: HashMap<u32, usize> = HashMap::new();
    let mut taken: HashMap<(usize, u32), usize> = HashMap::new();
    for i in asked {
        let reach = &reaches[*i];
        let Who::User(user) = reach.who else {
            alone.push(vec![*i]);
            continue;
        };
        let batch = next.entry(user).or_default();
        if let Change::Without(Fact::Insider(member)) = changes[*i] {
            let of = model.org_members[member].of;
            // A closed organization stays closed as long as it has a member.
            while taken.get(&(*batch, of)).copied().unwrap_or(0) + 1 >= insiders[&of] {
                *batch += 1;
            }
            *taken.entry((*batch, of)).or_default() += 1;
        }
        if together.len() <= *batch {
            together.resize_with(*batch + 1, Vec::new);
        }
        together[*batch].push(*i);
        *batch += 1;
    }
    together.retain(|batch| !batch.is_empty());
    together.extend(alone);
    together
}
