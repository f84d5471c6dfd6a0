//! Which entries to keep where a token cannot hold all: as much as it can, and never more than the policy.
//!
//! An entry that only raises what is around it may be left out. One that takes a feature away may not, as long as the
//! entry around it is kept: so a kept entry brings with it those that hold it back.

use super::MOST;
use super::nodes::{Nodes, ROOT, is_nameable};

/// As many of the entries as fit, those first that speak of most.
pub fn most(nodes: &Nodes<'_>, entries: &[u32]) -> Vec<u32> {
    let tree = Tree::new(nodes, entries);
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|e| (!nodes.node(entries[*e]).star, std::cmp::Reverse(tree.weight[*e]), *e));
    let mut kept: Vec<usize> = Vec::new();
    for entry in order {
        if kept.len() >= MOST {
            break;
        }
        if !kept.contains(&entry)
            && let Some(more) = tree.with(entry, &kept)
        {
            kept = more;
        }
    }
    kept.sort_unstable();
    kept.into_iter().map(|e| entries[e]).collect()
}

/// The entries by what is around each; they are called by their place in the list.
struct Tree<'n, 't> {
    nodes: &'n Nodes<'t>,
    entries: &'n [u32],
    inside: Vec<Vec<usize>>,
    /// How many cells have what the entry gives.
    weight: Vec<usize>,
}

impl<'n, 't> Tree<'n, 't> {
    fn new(nodes: &'n Nodes<'t>, entries: &'n [u32]) -> Tree<'n, 't> {
        let mut tree = Tree { nodes, entries, inside: vec![Vec::new(); entries.len()], weight: vec![0; entries.len()] };
        // The entry that speaks of each cell; a cell stands behind the one around it.
        let mut of: Vec<Option<usize>> = Vec::with_capacity(nodes.len() as usize);
        let mut next = 0;
        for i in 0..nodes.len() {
            let parent = nodes.node(i).parent;
            let mut entry = if parent == ROOT { None } else { of[parent as usize] };
            if entries.get(next) == Some(&i) {
                if let Some(around) = entry {
                    tree.inside[around].push(next);
                }
                entry = Some(next);
                next += 1;
            }
            if let Some(entry) = entry {
                tree.weight[entry] += 1;
            }
            of.push(entry);
        }
        tree
    }

    /// The kept entries with one more and with those that hold it back; none where they do not fit.
    fn with(&self, entry: usize, kept: &[usize]) -> Option<Vec<usize>> {
        let mut kept = kept.to_vec();
        let mut added = vec![entry];
        while let Some(entry) = added.pop() {
            kept.push(entry);
            if kept.len() + added.len() > MOST || !is_nameable(self.text(entry)) {
                return None;
            }
            let mut inside: Vec<usize> = self.inside[entry].clone();
            while let Some(inner) = inside.pop().filter(|_| kept.len() + added.len() <= MOST) {
                if kept.contains(&inner) || added.contains(&inner) {
                    continue;
                }
                if self.nodes.is_within(self.target(entry), self.target(inner)) {
                    inside.extend(&self.inside[inner]);
                } else {
                    added.push(inner);
                }
            }
        }
        let apart = kept.iter().all(|one| kept.iter().all(|other| !self.collide(*one, *other)));
        (apart && kept.len() <= MOST).then_some(kept)
    }

    /// Whether a pattern and a resource with its text would raise each other's features: entries of the same length do.
    fn collide(&self, pattern: usize, resource: usize) -> bool {
        let (outer, inner) = (self.nodes.node(self.entries[pattern]), self.nodes.node(self.entries[resource]));
        let same = outer.star && !inner.star && outer.text == inner.text;
        same && !self.nodes.is_within(outer.target, inner.target)
    }

    fn text(&self, entry: usize) -> &str {
        self.nodes.node(self.entries[entry]).text
    }

    fn target(&self, entry: usize) -> u32 {
        self.nodes.node(self.entries[entry]).target
    }
}
