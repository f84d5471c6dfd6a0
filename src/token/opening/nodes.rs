//! The cells of a kind's ids and what a user has in each, from the shortest text to the longest.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::TokenError;
use super::super::error::some;
use super::super::grants::NAME_LIMIT;
use super::{Extent, LeftOut, MOST, NAMED, is_within};
use crate::Instant;
use crate::model::kinds::{KindId, NONE, Value};
use crate::query::access::{Access, Ladder};
use crate::report::plain;
use crate::table::decide::Resource;
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// Stands for no node.
pub const ROOT: u32 = u32::MAX;
/// The number of the access to nothing.
pub const NOWHERE: u32 = 0;

/// A cell: a declared resource, or what a pattern matches and no longer pattern and no declared resource is.
pub struct Node<'t> {
    /// The id, or the text before the `*`.
    pub text: &'t str,
    /// Whether it is a pattern.
    pub star: bool,
    /// The closest pattern around it.
    pub parent: u32,
    on: Resource<'t>,
    /// What the policy gives.
    pub has: u32,
    /// As much of it as patterns can give.
    pub target: u32,
}

/// All cells, sorted: a pattern stands before everything that it matches.
pub struct Nodes<'t> {
    kind: KindId,
    all: Vec<Node<'t>>,
    accesses: Accesses,
}

/// Accesses by number, each once. Few resources differ in what a user has.
struct Accesses {
    all: Vec<Access>,
    numbers: HashMap<Vec<Value>, u32, foldhash::fast::RandomState>,
    features: usize,
}

impl Accesses {
    fn new(features: usize, flats: usize) -> Accesses {
        let mut accesses = Accesses { all: Vec::new(), numbers: HashMap::default(), features };
        accesses.number(&vec![NONE; 1 + features + flats]);
        accesses
    }

    fn number(&mut self, levels: &[Value]) -> u32 {
        if let Some(number) = self.numbers.get(levels) {
            return *number;
        }
        let (features, flats) = levels[1..].split_at(self.features);
        let flats = flats.iter().map(|f| *f > NONE).collect();
        self.all.push(Access { base: levels[0], features: features.into(), flats });
        self.numbers.insert(levels.to_vec(), self.all.len() as u32 - 1);
        self.all.len() as u32 - 1
    }

    /// The access with a lower base and fewer flat permissions.
    fn capped(&mut self, number: u32, base: Value, flats: &[bool]) -> u32 {
        let has = &self.all[number as usize];
        let base = has.base.min(base);
        let features = has.features.iter().map(|f| if base == NONE { NONE } else { *f });
        let flats = has.flats.iter().zip(flats).map(|(a, b)| if *a && *b { NONE + 1 } else { NONE });
        let levels: Vec<Value> = std::iter::once(base).chain(features).chain(flats).collect();
        self.number(&levels)
    }
}

impl<'t> Nodes<'t> {
    /// Every cell that is asked for, with what a sign-in has there.
    pub fn read(table: &'t Table, who: &SignIn<'_>, at: Instant, extent: &Extent<'t>) -> Result<Nodes<'t>, TokenError> {
        let kind = extent.kind;
        let k = &table.kinds()[kind as usize];
        let accesses = Accesses::new(k.features.len(), k.flats.len());
        let mut nodes = Nodes { kind, all: cells(table, extent)?, accesses };
        nodes.order();
        let mut levels = Vec::new();
        for node in &mut nodes.all {
            table.levels(who, kind, node.on, at, &mut levels)?;
            node.has = nodes.accesses.number(&levels);
            node.target = node.has;
        }
        nodes.lower();
        Ok(nodes)
    }

    /// Sorts the cells and finds the closest pattern around each.
    fn order(&mut self) {
        let key = |n: &Node<'t>| (n.text, !n.star);
        if !self.all.is_sorted_by_key(key) {
            self.all.sort_by_key(key);
        }
        let mut around: Vec<u32> = Vec::new();
        for i in 0..self.all.len() {
            let text = self.all[i].text;
            while around.last().is_some_and(|a| !text.starts_with(self.all[*a as usize].text)) {
                around.pop();
            }
            self.all[i].parent = around.last().copied().unwrap_or(ROOT);
            if self.all[i].star {
                around.push(i as u32);
            }
        }
    }

    /// Takes from each pattern what something inside of it lacks and an entry could not take away there.
    fn lower(&mut self) {
        let flats = self.accesses.all[0].flats.len();
        let mut least: HashMap<u32, (Value, Vec<bool>)> = HashMap::new();
        for i in (0..self.all.len()).rev() {
            if let Some((base, flats)) = least.remove(&(i as u32)) {
                self.all[i].target = self.accesses.capped(self.all[i].has, base, &flats);
            }
            let (parent, target) = (self.all[i].parent, &self.accesses.all[self.all[i].target as usize]);
            if parent != ROOT {
                let (base, all) = least.entry(parent).or_insert_with(|| (Value::MAX, vec![true; flats]));
                *base = target.base.min(*base);
                all.iter_mut().zip(&target.flats).for_each(|(a, b)| *a &= b);
            }
        }
    }

    /// Whether there is any access at all.
    pub fn reach_something(&self) -> bool {
        self.all.iter().any(|n| n.has != NOWHERE)
    }

    /// The cells that differ from the one around them: each needs an entry.
    pub fn entries(&self) -> Vec<u32> {
        let around = |n: &Node<'_>| if n.parent == ROOT { NOWHERE } else { self.all[n.parent as usize].target };
        (0..).zip(&self.all).filter(|(_, n)| n.target != around(n)).map(|(i, _)| i).collect()
    }

    pub fn node(&self, index: u32) -> &Node<'t> {
        &self.all[index as usize]
    }

    pub fn len(&self) -> u32 {
        self.all.len() as u32
    }

    pub fn access(&self, number: u32) -> &Access {
        &self.accesses.all[number as usize]
    }

    /// Whether one access, by number, has no part above another.
    pub fn is_within(&self, part: u32, whole: u32) -> bool {
        part == whole || is_within(self.access(part), self.access(whole))
    }

    /// What keeps a token with these entries from giving exactly what the policy gives.
    pub fn misfits(&self, entries: &[u32]) -> Vec<String> {
        let mut said = Vec::new();
        let lowered: Vec<u32> = (0..self.len()).filter(|i| self.node(*i).target != self.node(*i).has).collect();
        for i in lowered.iter().take(NAMED) {
            let inside = self.lacking(*i).map_or_else(String::new, |n| format!(": `{}` inside of it has less", self.name(n)));
            said.push(format!("`{}` does not fit{inside}, and a token cannot take a base away", self.name(*i)));
        }
        if let more @ 1.. = lowered.len().saturating_sub(NAMED) {
            said.push(format!("{more} more do not fit, each with something inside of it that has less"));
        }
        let name = |i: &u32| self.name(*i);
        let long: Vec<u32> = entries.iter().copied().filter(|i| !is_nameable(self.node(*i).text)).collect();
        if !long.is_empty() {
            let names = some(long.iter().map(name));
            said.push(format!("{names} {} not fit: the name of an entry has at most {NAME_LIMIT} characters", do_(&long)));
        }
        if entries.len() > MOST {
            let (count, beyond) = (entries.len(), &entries[MOST..]);
            let names = some(beyond.iter().map(name));
            said.push(format!("{count} entries would be needed, and a token holds {MOST}: {names} {} not fit", do_(beyond)));
        }
        said
    }

    /// A pattern and a resource of the same text among some cells.
    pub fn alike(&self, cells: &[u32]) -> String {
        let same = cells.windows(2).find(|pair| self.node(pair[0]).text == self.node(pair[1]).text);
        let names = some(same.unwrap_or_default().iter().map(|i| self.name(*i)));
        format!("{names} do not fit together: entries of one length raise each other's features")
    }

    /// Something inside of a pattern that has not all of the base and flat permissions that it has.
    fn lacking(&self, pattern: u32) -> Option<u32> {
        let (whole, text) = (self.access(self.node(pattern).has), self.node(pattern).text);
        let inside = (pattern + 1..self.len()).take_while(|i| self.node(*i).text.starts_with(text));
        let lacks = |i: &u32| {
            let has = self.access(self.node(*i).has);
            has.base < whole.base || has.flats.iter().zip(&whole.flats).any(|(a, b)| a < b)
        };
        { inside }.find(lacks)
    }

    /// The name of a cell for a message.
    fn name(&self, index: u32) -> String {
        let node = self.node(index);
        format!("{}{}", plain(&node.text.chars().take(140).collect::<String>()), if node.star { "*" } else { "" })
    }

    /// What a token with entries for some cells gives in each cell.
    pub fn given(&self, entries: &[u32]) -> Vec<u32> {
        let mut given: Vec<u32> = Vec::with_capacity(self.all.len());
        let mut entries = entries.iter().peekable();
        for (i, node) in (0..).zip(&self.all) {
            let own = entries.next_if(|e| **e == i).is_some();
            let around = given.get(node.parent as usize).copied().unwrap_or(NOWHERE);
            given.push(if own { node.target } else { around });
        }
        given
    }

    /// Whether nothing is given beyond what the policy gives.
    pub fn within(&self, given: &[u32]) -> bool {
        self.all.iter().zip(given).all(|(node, given)| self.is_within(*given, node.has))
    }

    /// How many cells a look at another time asks about.
    pub fn cost(&self, given: &[u32]) -> usize {
        given.iter().filter(|g| **g != NOWHERE).count()
    }

    /// Whether the policy still gives at another time what the token gives.
    pub fn hold(&self, table: &Table, who: &SignIn<'_>, given: &[u32], later: Instant) -> Result<bool, TokenError> {
        let mut levels = Vec::new();
        let (features, flats) = (self.access(NOWHERE).features.len(), self.access(NOWHERE).flats.len());
        for (node, given) in self.all.iter().zip(given).filter(|(_, g)| **g != NOWHERE) {
            table.levels(who, self.kind, node.on, later, &mut levels)?;
            let gives = self.access(*given);
            let enough = gives.base <= levels[0]
                && gives.features.iter().zip(&levels[1..=features]).all(|(a, b)| a <= b)
                && gives.flats.iter().zip(&levels[levels.len() - flats..]).all(|(a, b)| !a || *b > NONE);
            if !enough {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the policy gives more than the token.
    pub fn left_out(&self, table: &Table, given: &[u32]) -> Vec<LeftOut> {
        let ladder = Ladder::new(table, self.kind);
        let more = self.all.iter().zip(given).filter(|(node, given)| node.has != **given);
        // Few accesses differ, and each is put into words once.
        let lists: Vec<Arc<str>> = self.accesses.all.iter().map(|access| ladder.list(access).into()).collect();
        let list = |number: u32| Arc::clone(&lists[number as usize]);
        let left = |(n, given): (&Node<'_>, &u32)| {
            let name = if n.star { format!("{}*", n.text) } else { n.text.to_owned() };
            LeftOut { name, has: list(n.has), gets: list(*given) }
        };
        more.map(left).collect()
    }
}

fn do_(names: &[u32]) -> &'static str {
    if names.len() == 1 { "does" } else { "do" }
}

/// Whether an entry can have this text.
pub fn is_nameable(text: &str) -> bool {
    text.len() <= NAME_LIMIT || text.encode_utf16().count() <= NAME_LIMIT
}

/// The patterns and declared resources that are asked for, and the cells that only the question makes.
fn cells<'t>(table: &'t Table, extent: &Extent<'t>) -> Result<Vec<Node<'t>>, Damage> {
    let kind = extent.kind;
    let only = extent.only;
    let asked = |text: &str, star: bool| {
        let inside = |o: &String| o.strip_suffix('*').map_or(!star && o == text, |start| text.starts_with(start));
        only.is_empty() || only.iter().any(inside)
    };
    let node = |text, star, on| Node { text, star, parent: ROOT, on, has: NOWHERE, target: NOWHERE };
    let mut stars: Vec<&str> = table.patterns(kind)?;
    stars.retain(|text| asked(text, true));
    stars.extend(only.iter().filter_map(|o| o.strip_suffix('*')));
    stars.sort_unstable();
    stars.dedup();
    let mut undeclared = Vec::new();
    for text in stars {
        if let Some(on) = table.undeclared_at(kind, text)? {
            undeclared.push(node(text, true, on));
        }
    }
    let mut all = Vec::new();
    let mut before = undeclared.into_iter().peekable();
    for resource in table.resources(kind) {
        let resource = resource?;
        let text = table.resource_name(resource)?;
        if asked(text, false) {
            while let Some(star) = before.next_if(|star| star.text <= text) {
                all.push(star);
            }
            all.push(node(text, false, Resource::Declared(resource)));
        }
    }
    all.extend(before);
    let exact: BTreeSet<&str> = only.iter().map(String::as_str).filter(|o| !o.ends_with('*')).collect();
    for id in exact {
        // A declared one is among the others already.
        if let Some(on @ Resource::Matched(_)) = table.resource(kind, id)? {
            all.push(node(id, false, on));
        }
    }
    Ok(all)
}
