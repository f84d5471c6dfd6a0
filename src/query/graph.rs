//! A policy as a graph: who is in which group, what contains what, and who is given what where.

use std::collections::{BTreeMap, BTreeSet};

use super::question::QuestionError;
use crate::finding::did_you_mean;
use crate::model::{Membership, Model, NEVER, TimeId, Who};
use crate::source::{Sources, Span};
use crate::syntax::print;
use crate::syntax::tree::Verb;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A resource that contains others, or could.
    Container,
    /// Another resource.
    Resource,
    /// A pattern.
    Pattern,
    /// The scope `everywhere`.
    Everywhere,
}

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub sort: Sort,
    /// Its name, and below it what is said of it.
    pub lines: Vec<String>,
}

/// How two nodes hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// The first is a member of the second.
    Member,
    /// The first contains the second.
    Contains,
    /// The first can something on the second.
    Grant,
    /// The first cannot something on the second.
    Prohibition,
    /// The first has a role in the second.
    Role,
    /// The first includes the second.
    Includes,
}

/// An edge: access flows along it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The number of the first node.
    pub from: usize,
    /// The number of the second.
    pub to: usize,
    /// How they hang together.
    pub tie: Tie,
    /// What is said along it.
    pub lines: Vec<String>,
}

/// Nodes and edges, in an order that follows from the policy alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
}

/// What a picture is about.
#[derive(Clone, Debug)]
pub struct Focus {
    /// A user, a group, a role, a resource or a pattern: `group:staff`, `room:design:*`.
    pub on: String,
    /// How many steps from it are shown, towards those whose access flows in, and towards what it flows to.
    pub depth: usize,
}

/// What is drawn; the order of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    User(u32),
    Group(u32),
    Role(u32),
    Place(u32),
    Everywhere,
}

/// Members of a group in focus are shown by name as long as they are no more than this.
const NAMED: usize = 12;
/// Nodes that are alike become one where they are at least so many.
const ALIKE: usize = 3;
/// Names that such a node shows.
const SHOWN: usize = 4;

/// Draws a policy, or what lies around a focus. Users that are only members are counted in their group, what speaks of
/// everyone stands in the resource's own node, and nodes that are alike become one.
///
/// # Errors
/// A focus that the policy does not have.
pub fn graph(model: &Model, sources: &Sources, focus: Option<&Focus>) -> Result<Graph, QuestionError> {
    let on = focus.map(|f| find(model, &f.on)).transpose()?;
    let mut drawing = Drawing::new(model, sources, on);
    if let (Some(focus), Some(on)) = (focus, on) {
        drawing.keep_around(on, focus.depth);
    }
    Ok(drawing.finish(on))
}

/// Things to focus on, those that contain most first: organizations and other containers, then groups.
pub fn focuses(model: &Model) -> Vec<String> {
    let mut inside = vec![0usize; model.places.len()];
    model.places.iter().filter_map(|p| p.parent).for_each(|(parent, _)| inside[parent as usize] += 1);
    let mut places: Vec<usize> = (0..inside.len()).filter(|p| inside[*p] > 0).collect();
    places.sort_by_key(|p| (std::cmp::Reverse(inside[*p]), &model.places[*p].id));
    let address = |p: &usize| format!("{}:{}", model.kinds[model.places[*p].kind as usize].name, model.places[*p].id);
    places.iter().map(address).chain(model.groups.iter().map(|g| format!("group:{g}"))).collect()
}

fn find(model: &Model, address: &str) -> Result<Key, QuestionError> {
    let Some((kind, id)) = address.split_once(':') else {
        let help = "a focus is `KIND:ID`, such as `group:staff` or `organization:acme`".to_owned();
        return Err(QuestionError::new(format!("the kind of `{address}` is not given"), Some(help)));
    };
    let among = |names: &crate::model::names::Names, key: fn(u32) -> Key| {
        let unknown = || QuestionError::new(format!("the policy names no {kind} `{id}`"), did_you_mean(id, names.iter()));
        names.get(id).map(key).ok_or_else(unknown)
    };
    match kind {
        "user" => return among(&model.users, Key::User),
        "group" => return among(&model.groups, Key::Group),
        "role" => return among(&model.roles, Key::Role),
        _ => {}
    }
    let Some(number) = model.kind_names.get(kind) else {
        let help = did_you_mean(kind, model.kind_names.iter().chain(["user", "group", "role"]));
        return Err(QuestionError::new(format!("the policy has no kind `{kind}`"), help));
    };
    let (text, pattern) = id.strip_suffix('*').map_or((id, false), |text| (text, true));
    let found = model.places.iter().position(|p| p.kind == number && p.pattern == pattern && &*p.id == text);
    found.map(|p| Key::Place(p as u32)).ok_or_else(|| {
        let same = model.places.iter().filter(|p| p.kind == number && p.pattern == pattern).map(|p| &*p.id);
        let what = if pattern { "pattern" } else { "resource" };
        QuestionError::new(format!("the policy declares no {what} `{kind}:{id}`"), did_you_mean(text, same))
    })
}

/// The graph while it is drawn.
struct Drawing<'m> {
    model: &'m Model,
    nodes: BTreeMap<Key, Vec<String>>,
    edges: BTreeMap<(Key, Key, Tie), Vec<String>>,
}

impl<'m> Drawing<'m> {
    fn new(model: &'m Model, sources: &Sources, focus: Option<Key>) -> Drawing<'m> {
        let mut d = Drawing { model, nodes: BTreeMap::new(), edges: BTreeMap::new() };
        (0..model.groups.len() as u32).for_each(|g| d.node(Key::Group(g)));
        (0..model.places.len() as u32).for_each(|p| d.node(Key::Place(p)));
        for (i, place) in model.places.iter().enumerate() {
            if let Some((parent, _)) = place.parent {
                d.edge(Key::Place(parent), Key::Place(i as u32), Tie::Contains, String::new());
            }
        }
        d.accesses();
        d.roles(sources, focus);
        d.members(&model.members, Key::Group, focus);
        d.members(&model.org_members, Key::Place, focus);
        d
    }

    fn node(&mut self, key: Key) {
        let name = || match key {
            Key::User(u) => self.model.who(Who::User(u)),
            Key::Group(g) => self.model.who(Who::Group(g)),
            Key::Role(r) => format!("role {}", print::Id(self.model.roles.name(r))),
            Key::Place(p) => self.model.place_name(p),
            Key::Everywhere => "everywhere".into(),
        };
        self.nodes.entry(key).or_insert_with(|| vec![name()]);
    }

    fn edge(&mut self, from: Key, to: Key, tie: Tie, line: String) {
        self.node(from);
        self.node(to);
        let lines = self.edges.entry((from, to, tie)).or_default();
        if !line.is_empty() {
            lines.push(line);
        }
    }

    /// Says something of someone at a place: along an edge, or of everyone in the node itself.
    fn say(&mut self, who: Who, at: Key, tie: Tie, line: String) {
        match who {
            Who::User(u) => self.edge(Key::User(u), at, tie, line),
            Who::Group(g) => self.edge(Key::Group(g), at, tie, line),
            Who::Everyone => {
                self.node(at);
                let said = if tie == Tie::Role { format!("everyone: {line}") } else { format!("default {line}") };
                self.nodes.entry(at).or_default().push(said);
            }
        }
    }

    fn until(&self, until: TimeId) -> String {
        if until == NEVER { String::new() } else { format!(" until {}", self.model.times[until as usize].shown_end()) }
    }

    fn accesses(&mut self) {
        for entry in &self.model.entries {
            let (verb, tie) = match entry.verb {
                Verb::Can => ("can", Tie::Grant),
                Verb::Cannot => ("cannot", Tie::Prohibition),
            };
            let line = format!("{verb} {}{}", self.model.lists[entry.list as usize].text, self.until(entry.until));
            self.say(entry.who, Key::Place(entry.place), tie, line);
        }
        for a in &self.model.assignments {
            let name = print::Id(self.model.roles.name(a.role)).to_string();
            let line = if a.owner { format!("owner: {name}") } else { name };
            let at = a.scope.map_or(Key::Everywhere, Key::Place);
            self.say(a.who, at, Tie::Role, format!("{line}{}", self.until(a.until)));
        }
    }

    /// The roles of the policy's own files, and the one in focus, with all that they include.
    fn roles(&mut self, sources: &Sources, focus: Option<Key>) {
        let own = |span: &Span| !sources.get(span.file).is_embedded();
        let roles = &self.model.role_list;
        let mut queue: Vec<u32> =
            (0..roles.len() as u32).filter(|r| own(&roles[*r as usize].span) || focus == Some(Key::Role(*r))).collect();
        let mut seen: BTreeSet<u32> = queue.iter().copied().collect();
        while let Some(role) = queue.pop() {
            self.node(Key::Role(role));
            for list in &roles[role as usize].lists {
                let line = format!("can {}", self.model.lists[*list as usize].text);
                self.nodes.entry(Key::Role(role)).or_default().push(line);
            }
            for (other, _) in &roles[role as usize].includes {
                self.edge(Key::Role(role), Key::Role(*other), Tie::Includes, String::new());
                queue.extend(seen.insert(*other).then_some(*other));
            }
        }
    }

    /// Groups as edges, and so the users that something else is said of; the others are counted.
    fn members(&mut self, members: &[Membership], of: fn(u32) -> Key, focus: Option<Key>) {
        let mut users: BTreeMap<u32, Vec<&Membership>> = BTreeMap::new();
        for m in members {
            let until = self.until(m.until);
            match m.who {
                Who::Group(g) => self.edge(Key::Group(g), of(m.of), Tie::Member, until.trim().into()),
                _ => users.entry(m.of).or_default().push(m),
            }
        }
        for (to, members) in users {
            let to = of(to);
            let all = focus == Some(to) && members.len() <= NAMED;
            let mut counted = 0;
            for m in &members {
                let Who::User(user) = m.who else { continue };
                let user = Key::User(user);
                if all || focus == Some(user) || self.nodes.contains_key(&user) {
                    self.edge(user, to, Tie::Member, self.until(m.until).trim().into());
                } else {
                    counted += 1;
                }
            }
            if counted > 0 {
                let other = if counted < members.len() { "other " } else { "" };
                let s = if counted == 1 { "" } else { "s" };
                self.nodes.entry(to).or_default().push(format!("{counted} {other}user{s}"));
            }
        }
    }

    /// Keeps what is at most so many steps up or down from a node.
    fn keep_around(&mut self, focus: Key, depth: usize) {
        self.node(focus);
        let mut kept = BTreeSet::from([focus]);
        for forward in [true, false] {
            let mut steps: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
            for (from, to, _) in self.edges.keys() {
                let (near, far) = if forward { (from, to) } else { (to, from) };
                steps.entry(*near).or_default().push(*far);
            }
            let (mut seen, mut ring) = (BTreeSet::from([focus]), vec![focus]);
            for _ in 0..depth {
                let next = ring.iter().flat_map(|key| steps.get(key).into_iter().flatten());
                ring = next.copied().filter(|key| seen.insert(*key)).collect();
            }
            kept.extend(seen);
        }
        self.nodes.retain(|key, _| kept.contains(key));
        self.edges.retain(|(from, to, _), _| kept.contains(from) && kept.contains(to));
    }

    fn sort(&self, key: Key) -> Sort {
        match key {
            Key::User(_) => Sort::User,
            Key::Group(_) => Sort::Group,
            Key::Role(_) => Sort::Role,
            Key::Everywhere => Sort::Everywhere,
            Key::Place(p) => {
                let place = &self.model.places[p as usize];
                let contains = self.model.inside.get(place.kind as usize).is_some_and(|inside| !inside.is_empty());
                if place.pattern {
                    Sort::Pattern
                } else if contains {
                    Sort::Container
                } else {
                    Sort::Resource
                }
            }
        }
    }

    /// Which nodes become one: those without a difference but their names.
    fn alike(&self, focus: Option<Key>) -> BTreeMap<Key, Vec<Key>> {
        let mut around: BTreeMap<Key, (Vec<String>, bool)> = BTreeMap::new();
        for ((from, to, tie), lines) in &self.edges {
            around.entry(*from).or_default().0.push(format!("to {to:?} {tie:?} {lines:?}"));
            around.entry(*to).or_default().0.push(format!("from {from:?} {tie:?} {lines:?}"));
            // What a node that contains or is joined has around it names that node.
            around.entry(*from).or_default().1 |= matches!(from, Key::Place(_) | Key::Group(_) | Key::Role(_));
        }
        type Alike<'l> = (u32, Sort, Vec<String>, &'l [String]);
        let mut alike: BTreeMap<Alike<'_>, Vec<Key>> = BTreeMap::new();
        for (key, lines) in &self.nodes {
            let (edges, inner) = around.get(key).cloned().unwrap_or_default();
            let kind = match key {
                Key::User(_) => 0,
                Key::Place(p) => 1 + self.model.places[*p as usize].kind,
                _ => continue,
            };
            if !inner && focus != Some(*key) {
                alike.entry((kind, self.sort(*key), edges, &lines[1..])).or_default().push(*key);
            }
        }
        alike.into_values().filter(|same| same.len() >= ALIKE).map(|same| (same[0], same)).collect()
    }

    fn finish(self, focus: Option<Key>) -> Graph {
        let alike = self.alike(focus);
        let merged: BTreeSet<Key> = alike.values().flat_map(|same| same[1..].iter().copied()).collect();
        let mut graph = Graph::default();
        let mut numbers: BTreeMap<Key, usize> = BTreeMap::new();
        for (key, lines) in self.nodes.iter().filter(|(key, _)| !merged.contains(key)) {
            numbers.insert(*key, graph.nodes.len());
            let mut lines = lines.clone();
            if let Some(same) = alike.get(key) {
                lines.splice(0..1, self.names(same));
            }
            graph.nodes.push(Node { sort: self.sort(*key), lines });
        }
        for ((from, to, tie), lines) in &self.edges {
            if let (Some(from), Some(to)) = (numbers.get(from), numbers.get(to)) {
                graph.edges.push(Edge { from: *from, to: *to, tie: *tie, lines: lines.clone() });
            }
        }
        graph
    }

    fn names(&self, same: &[Key]) -> Vec<String> {
        let name = |key: &Key| match key {
            Key::Place(p) => {
                let place = &self.model.places[*p as usize];
                print::Id(&format!("{}{}", place.id, if place.pattern { "*" } else { "" })).to_string()
            }
            key => self.nodes[key][0].trim_start_matches("user ").to_owned(),
        };
        let what = match same[0] {
            Key::Place(p) => self.model.kinds[self.model.places[p as usize].kind as usize].name.to_string(),
            _ => "user".into(),
        };
        let mut lines = vec![format!("{} × {what}", same.len())];
        lines.extend(same.iter().take(SHOWN).map(name));
        if same.len() > SHOWN {
            lines.push(format!("and {} more", same.len() - SHOWN));
        }
        lines
    }
}
