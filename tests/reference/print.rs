//! A world as `.rk` files, in as many spellings as the language allows.

mod proofs;
mod spelling;

pub use proofs::proofs;
use spelling::Node;

use super::chance::Chance;
use super::vocabulary::vocabulary;
use super::world::{Assignment, Entry, Kind, Member, Name, Place, Role, Says, Who, World};

/// The files of a world: plain without a source of chance, else in a random order and spelling.
pub fn files(world: &World, chance: Option<Chance>) -> Vec<(String, String)> {
    let mut printer = Printer { chance };
    let mut statements = printer.statements(world);
    printer.shuffle(&mut statements);
    let count = if printer.chance.is_some() { printer.between(1, 3) } else { 1 };
    let mut files: Vec<Vec<Node>> = vec![Vec::new(); count];
    for statement in statements {
        let file = printer.between(0, count - 1);
        files[file].push(statement);
    }
    let text = |printer: &mut Printer, file: &[Node]| {
        let text = printer.block(file, 0);
        if printer.percent(10) { text.replace('\n', "\r\n") } else { text }
    };
    files.iter().enumerate().map(|(n, file)| (format!("policies/{n}.rk"), text(&mut printer, file))).collect()
}

struct Printer {
    chance: Option<Chance>,
}

impl Printer {
    fn percent(&mut self, percent: usize) -> bool {
        self.chance.as_mut().is_some_and(|chance| chance.percent(percent))
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        self.chance.as_mut().map_or(low, |chance| chance.between(low, high))
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        if let Some(chance) = &mut self.chance {
            chance.shuffle(items);
        }
    }

    /// Deals items out to `count` heaps.
    fn deal<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<Vec<T>> {
        let mut heaps = vec![Vec::new(); count];
        for item in items {
            heaps[self.between(0, count - 1)].push(item.clone());
        }
        heaps
    }

    fn statements(&mut self, world: &World) -> Vec<Node> {
        let mut nodes: Vec<Node> = world.uses.iter().map(|name| Node::new(spaced(&format!("use {name}")))).collect();
        let supplied = world.uses.iter().map(|name| vocabulary(name)).fold(World::default(), |mut all, more| {
            all.kinds.extend(more.kinds);
            all.roles.extend(more.roles);
            all
        });
        for kind in &world.kinds {
            nodes.extend(self.kind(kind, supplied.kind(&kind.name)));
        }
        for user in &world.users {
            nodes.push(Node::new(vec!["user".to_string(), self.id(user)]).declaring());
        }
        for group in &world.groups {
            nodes.push(self.group(&group.id, &group.members));
        }
        for role in world.roles.iter().filter(|role| !supplied.roles.contains(role)) {
            nodes.push(self.role(role));
        }
        for assignment in &world.assignments {
            nodes.push(self.assignment(assignment));
        }
        nodes.extend(self.places(world));
        nodes
    }

    fn kind(&mut self, kind: &Kind, supplied: Option<&Kind>) -> Vec<Node> {
        let nothing = Kind::default();
        let known = supplied.unwrap_or(&nothing);
        let new = |all: &[String], known: &[String]| -> Vec<String> {
            all.iter().filter(|name| !known.contains(name)).cloned().collect()
        };
        let count = self.between(1, 3);
        let inside = self.deal(&new(&kind.inside, &known.inside), count);
        let features = self.deal(&new(&kind.features, &known.features), count);
        let retired = self.deal(&new(&kind.retired, &known.retired), count);
        let permissions = self.deal(&new(&kind.permissions, &known.permissions), count);
        let (levels, owner) = (self.between(0, count - 1), self.between(0, count - 1));
        let mut openings = Vec::new();
        for opening in 0..count {
            let mut block = Vec::new();
            if opening == levels && !kind.levels.is_empty() && known.levels.is_empty() {
                block.push(Node::new(spaced(&format!("levels {}", kind.levels.join(" < ")))));
            }
            for (word, names) in [("features", &features), ("retired", &retired), ("permissions", &permissions)] {
                if !names[opening].is_empty() {
                    let words = [spaced(word), self.listed(&names[opening])].concat();
                    block.push(Node::new(words).ending_in_list(true));
                }
            }
            if let Some(role) = &kind.owner_gets
                && opening == owner
                && known.owner_gets.is_none()
            {
                block.push(Node::new([spaced("owner gets"), vec![self.id(role)]].concat()));
            }
            self.shuffle(&mut block);
            openings.extend(self.kind_opening(kind, &inside[opening], block));
        }
        let built_in = supplied.is_some() || kind.name == "organization";
        if openings.is_empty() && !built_in {
            openings.push(Node::new(spaced(&format!("kind {}", kind.name))).declaring());
        }
        openings
    }

    fn kind_opening(&mut self, kind: &Kind, inside: &[String], block: Vec<Node>) -> Option<Node> {
        if inside.is_empty() && block.is_empty() {
            return None;
        }
        let mut words = spaced(&format!("kind {}", kind.name));
        if !inside.is_empty() {
            words = [words, spaced("in"), self.listed(inside)].concat();
        }
        let node = Node::new(words).declaring();
        Some(if block.is_empty() && !self.percent(20) { node } else { node.with(block) })
    }

    fn group(&mut self, id: &str, members: &[Member]) -> Node {
        let node = Node::new(vec!["group".to_string(), self.id(id)]).declaring();
        if members.is_empty() && !self.percent(20) {
            return node;
        }
        let mut block = Vec::new();
        for member in members {
            let mut words = self.member(member);
            if self.percent(30) {
                glue(&mut words, ",");
            }
            block.push(Node::new(words));
        }
        node.with(block)
    }

    fn member(&mut self, member: &Member) -> Vec<String> {
        [self.who(&member.who, "default"), until(&member.until)].concat()
    }

    fn role(&mut self, role: &Role) -> Node {
        let mut words = vec!["role".to_string(), self.id(&role.id)];
        if !role.includes.is_empty() {
            let ids: Vec<Vec<String>> = role.includes.iter().map(|id| vec![self.id(id)]).collect();
            words = [words, spaced("includes"), commas(ids)].concat();
        }
        let mut block = Vec::new();
        for list in &role.lists {
            let words = [spaced("can"), self.listed(&list.can), self.on(&list.on)].concat();
            block.push(Node::new(words).ending_in_list(true));
        }
        self.shuffle(&mut block);
        let node = Node::new(words).declaring();
        if block.is_empty() { node } else { node.with(block) }
    }

    fn assignment(&mut self, assignment: &Assignment) -> Node {
        let role = vec!["assign".to_string(), self.id(&assignment.role), "to".to_string()];
        let to = commas(assignment.to.iter().map(|who| self.who(who, "everyone")).collect());
        let scopes = if assignment.scopes.is_empty() {
            spaced("everywhere")
        } else {
            [spaced("in"), commas(assignment.scopes.iter().map(|scope| self.name(scope)).collect())].concat()
        };
        Node::new([role, to, scopes, until(&assignment.until)].concat())
    }

    /// The blocks of all places, each opened once or more, in its parent's block or outside of it.
    fn places(&mut self, world: &World) -> Vec<Node> {
        let mut top = Vec::new();
        let mut waiting: Vec<(Name, Node)> = Vec::new();
        let mut places: Vec<&Place> = world.places.iter().collect();
        places.sort_by_key(|place| std::cmp::Reverse(depth(world, place)));
        for place in places {
            let (inner, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(parent, _)| *parent == place.name);
            waiting = rest;
            for (parent, node) in self.openings(place, inner.into_iter().map(|(_, node)| node).collect()) {
                match parent {
                    Some(parent) => waiting.push((parent, node)),
                    None => top.push(node),
                }
            }
        }
        assert!(waiting.is_empty(), "every container has a block");
        top
    }

    /// Each opening of a place; those that stand in the parent's block come with its name.
    fn openings(&mut self, place: &Place, inner: Vec<Node>) -> Vec<(Option<Name>, Node)> {
        let mut statements = inner;
        statements.extend(place.entries.iter().map(|entry| self.entry(entry)));
        for owner in &place.owners {
            statements.push(Node::new([spaced("owner user"), vec![self.id(owner)]].concat()));
        }
        let count = self.between(1, 2);
        for members in self.deal(&place.members, count).into_iter().filter(|members| !members.is_empty()) {
            let list = members.last().is_some_and(|member| member.until.is_none());
            let members = commas(members.iter().map(|member| self.member(member)).collect());
            statements.push(Node::new([spaced("member"), members].concat()).ending_in_list(list));
        }
        self.shuffle(&mut statements);
        let count = self.between(1, 3);
        let stated = self.between(0, count - 1);
        let mut openings = Vec::new();
        for (opening, block) in self.deal(&statements, count).into_iter().enumerate() {
            if block.is_empty() && opening != stated && !self.percent(20) {
                continue;
            }
            let mut words = self.name(&place.name);
            let mut nested = None;
            match &place.parent {
                Some(parent) if self.percent(50) => nested = Some(parent.clone()),
                Some(parent) if opening == stated || self.percent(30) => {
                    words = [words, spaced("in"), self.name(parent)].concat();
                }
                _ => {}
            }
            let node = Node::new(words).declaring();
            let empty = block.is_empty() && !self.percent(30);
            openings.push((nested, if empty { node } else { node.with(block) }));
        }
        openings
    }

    fn entry(&mut self, entry: &Entry) -> Node {
        let who = self.who(&entry.who, "default");
        let says = match &entry.says {
            Says::Nothing => spaced("can nothing"),
            Says::Can(list) => [spaced("can"), self.listed(list)].concat(),
            Says::Cannot(list) => [spaced("cannot"), self.listed(list)].concat(),
        };
        let list = entry.until.is_none() && !(entry.says == Says::Nothing && entry.on.is_empty());
        Node::new([who, says, self.on(&entry.on), until(&entry.until)].concat()).ending_in_list(list)
    }

    fn on(&mut self, kinds: &[String]) -> Vec<String> {
        if kinds.is_empty() { Vec::new() } else { [spaced("on"), self.listed(kinds)].concat() }
    }

    fn who(&mut self, who: &Who, everyone: &str) -> Vec<String> {
        match who {
            Who::Everyone => spaced(everyone),
            Who::Group(id) => vec!["group".to_string(), self.id(id)],
            Who::User(id) => vec!["user".to_string(), self.id(id)],
        }
    }

    fn name(&mut self, name: &Name) -> Vec<String> {
        vec![name.kind.clone(), self.id(&name.id)]
    }

    fn listed(&mut self, words: &[String]) -> Vec<String> {
        let mut words = words.to_vec();
        self.shuffle(&mut words);
        commas(words.into_iter().map(|word| vec![word]).collect())
    }
}

fn depth(world: &World, place: &Place) -> usize {
    place.parent.as_ref().and_then(|parent| world.place(parent)).map_or(0, |parent| depth(world, parent) + 1)
}

fn spaced(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_string).collect()
}

fn until(until: &Option<String>) -> Vec<String> {
    until.iter().flat_map(|date| ["until".to_string(), date.clone()]).collect()
}

/// The items with a comma behind each but the last.
fn commas(mut items: Vec<Vec<String>>) -> Vec<String> {
    let count = items.len();
    for item in &mut items[..count.saturating_sub(1)] {
        glue(item, ",");
    }
    items.concat()
}

fn glue(words: &mut [String], mark: &str) {
    if let Some(last) = words.last_mut() {
        last.push_str(mark);
    }
}
