//! Cycles, found with petgraph: among groups, roles, kinds and containers.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use crate::finding::{Finding, Rule};
use crate::source::Span;

/// `from` leads to `to`, and the text says so at `span`.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Where it starts.
    pub from: u32,
    /// Where it leads.
    pub to: u32,
    /// The place that says so.
    pub span: Span,
}

/// One circle, whole: each edge leads to the start of the next one.
#[derive(Debug)]
pub struct Cycle {
    /// The edges of a shortest circle.
    pub edges: Vec<Edge>,
    /// Everything that is on some circle with them, sorted.
    pub component: Vec<u32>,
}

/// One circle for each set of nodes that lead to each other; linear in nodes and edges.
pub fn cycles(nodes: usize, edges: &[Edge]) -> Vec<Cycle> {
    let mut graph: DiGraph<(), (), u32> = DiGraph::with_capacity(nodes, edges.len());
    (0..nodes).for_each(|_| {
        graph.add_node(());
    });
    for e in edges {
        graph.add_edge(e.from.into(), e.to.into(), ());
    }
    let mut found = Vec::new();
    let mut of = vec![u32::MAX; nodes];
    let loops: std::collections::HashSet<u32> = edges.iter().filter(|e| e.from == e.to).map(|e| e.from).collect();
    let mut components: Vec<Vec<u32>> = Vec::new();
    for scc in kosaraju_scc(&graph) {
        if scc.len() > 1 || scc.first().is_some_and(|n| loops.contains(&(n.index() as u32))) {
            let mut ids: Vec<u32> = scc.iter().map(|n| n.index() as u32).collect();
            ids.sort_unstable();
            ids.iter().for_each(|n| of[*n as usize] = components.len() as u32);
            components.push(ids);
        }
    }
    let mut inside: Vec<Vec<Edge>> = vec![Vec::new(); components.len()];
    for e in edges {
        let c = of[e.from as usize];
        if c != u32::MAX && c == of[e.to as usize] {
            inside[c as usize].push(*e);
        }
    }
    for (component, edges) in components.into_iter().zip(inside) {
        found.push(Cycle { edges: shortest(component[0], &edges), component });
    }
    found.sort_by_key(|c| c.component[0]);
    found
}

/// A shortest circle through `start`.
fn shortest(start: u32, edges: &[Edge]) -> Vec<Edge> {
    let mut out: HashMap<u32, Vec<&Edge>> = HashMap::new();
    edges.iter().for_each(|e| out.entry(e.from).or_default().push(e));
    let mut came: HashMap<u32, &Edge> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for e in out.get(&node).into_iter().flatten() {
            if e.to == start {
                let mut path = vec![**e];
                let mut at = node;
                while let Some(before) = (at != start).then(|| came[&at]) {
                    path.push(*before);
                    at = before.from;
                }
                path.reverse();
                return path;
            }
            if let Entry::Vacant(slot) = came.entry(e.to) {
                slot.insert(e);
                queue.push_back(e.to);
            }
        }
    }
    Vec::new()
}

impl Cycle {
    /// The whole circle as a finding, at its first edge, with a label for each other one.
    pub fn finding(&self, rule: &'static Rule, fallback: Span, name: impl Fn(u32) -> String, verb: &str) -> Finding {
        const SHOWN: usize = 12;
        let mut path: Vec<String> = self.edges.iter().take(SHOWN).map(|e| name(e.from)).collect();
        if self.edges.len() > SHOWN {
            path.push(format!("… {} more", self.edges.len() - SHOWN));
        }
        path.extend(self.edges.last().map(|e| name(e.to)));
        let span = self.edges.first().map_or(fallback, |e| e.span);
        let (first, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let message = format!("{first} {verb} {}", rest.join(&format!(", which {verb} ")));
        let finding = Finding::new(rule, span, message);
        self.edges.iter().skip(1).fold(finding, |f, e| f.label(e.span, format!("{} {verb} {}", name(e.from), name(e.to))))
    }
}
