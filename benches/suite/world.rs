//! The workload: users in groups, rooms in organizations, and whatever constructs are asked for.

use roomkey::Instant;

use super::chance::Chance;

pub const NONE: u8 = 0;
pub const READ: u8 = 1;
pub const WRITE: u8 = 2;
pub const ORGANIZATIONS: usize = 100;
pub const ROLES: usize = 20;
/// An end that never comes.
pub const NEVER: i64 = i64::MAX;
/// The time of every question, in seconds since 1970: in 2027.
pub const AT: i64 = 1_800_000_000;

const NESTED: usize = 5;
const FOLDERS: usize = 10;
const ROOMS_IN_A_CHAIN: usize = 10;
const PREFIXES: usize = 100;
const STEPS: &[&str] = &["a/", "b/", "c/", "d/", "e/", "f/", "g/", "h/"];

pub fn at() -> Instant {
    Instant::from_unix(AT, 0)
}

#[derive(Clone, Copy, PartialEq)]
pub enum Who {
    Everyone,
    Group(u32),
    User(u32),
}

/// An access entry or a prohibition.
#[derive(Clone, Copy)]
pub struct Entry {
    pub who: Who,
    pub level: u8,
    pub until: i64,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Sort {
    Organization,
    Folder,
    Room,
    /// Its name is the text before the `*`.
    Pattern,
}

pub struct Place {
    pub sort: Sort,
    pub name: String,
    pub parent: Option<u32>,
    pub can: Vec<Entry>,
    pub cannot: Vec<Entry>,
    pub members: Vec<Entry>,
}

impl Place {
    fn new(sort: Sort, name: String, parent: Option<u32>) -> Place {
        Place { sort, name, parent, can: Vec::new(), cannot: Vec::new(), members: Vec::new() }
    }
}

/// A role that a group has in an organization.
pub struct Assignment {
    pub role: usize,
    pub group: u32,
    pub organization: u32,
    pub until: i64,
}

/// What a world has beside the plain case.
#[derive(Clone, Copy, Default)]
pub struct Uses {
    pub nested: bool,
    pub deep: bool,
    pub patterns: bool,
    /// Rooms that only patterns speak of.
    pub undeclared: bool,
    pub roles: bool,
    pub prohibitions: bool,
    pub expiry: bool,
    pub closed: bool,
}

pub struct World {
    pub uses: Uses,
    pub users: Vec<String>,
    pub groups: Vec<String>,
    /// The groups that list a user.
    pub joined: Vec<Vec<(u32, i64)>>,
    /// The groups that list a group.
    pub above: Vec<Vec<u32>>,
    pub places: Vec<Place>,
    /// The rooms among the places that are asked about.
    pub rooms: Vec<u32>,
    pub assignments: Vec<Assignment>,
    /// The patterns by the number in the prefix of a room, shortest first.
    pub patterns: Vec<Vec<u32>>,
}

impl World {
    /// 500 groups of 10,000 users in three each.
    pub fn new(rooms: usize, uses: Uses) -> World {
        World::of(rooms, 10_000, uses)
    }

    pub fn of(rooms: usize, users: usize, uses: Uses) -> World {
        let mut making = Making { chance: Chance(rooms as u64), world: World::empty(users, uses), families: 500 };
        making.groups();
        making.organizations();
        making.patterns();
        making.rooms(rooms);
        making.roles();
        making.world
    }

    fn empty(users: usize, uses: Uses) -> World {
        World {
            uses,
            users: (0..users).map(|u| format!("u{u}@example.com")).collect(),
            groups: Vec::new(),
            joined: Vec::new(),
            above: Vec::new(),
            places: Vec::new(),
            rooms: Vec::new(),
            assignments: Vec::new(),
            patterns: Vec::new(),
        }
    }

    /// Accesses, prohibitions, memberships, members and assignments.
    pub fn statements(&self) -> usize {
        let in_places: usize = self.places.iter().map(|p| p.can.len() + p.cannot.len() + p.members.len()).sum();
        let memberships = self.joined.iter().map(Vec::len).sum::<usize>() + self.above.iter().map(Vec::len).sum::<usize>();
        in_places + memberships + self.assignments.len()
    }

    /// The bytes of all names.
    pub fn names(&self) -> usize {
        let all = self.users.iter().chain(&self.groups).chain(self.places.iter().map(|p| &p.name));
        all.map(String::len).sum()
    }
}

struct Making {
    chance: Chance,
    world: World,
    /// Groups that users are in; nested ones stand above them.
    families: usize,
}

impl Making {
    /// Some things have ended, some end later, most never do.
    fn until(&mut self) -> i64 {
        if !self.world.uses.expiry || self.chance.below(3) > 0 {
            return NEVER;
        }
        AT + (self.chance.below(1_500) as i64 - 500) * 86_400
    }

    fn groups(&mut self) {
        let generations = if self.world.uses.nested { NESTED } else { 1 };
        for generation in 0..generations {
            for family in 0..self.families {
                self.world.groups.push(format!("g{family}-{generation}"));
                let above = (generation + 1) * self.families + family;
                self.world.above.push(if generation + 1 < generations { vec![above as u32] } else { Vec::new() });
            }
        }
        for _ in 0..self.world.users.len() {
            let mut joined: Vec<(u32, i64)> = Vec::new();
            while joined.len() < 3 {
                let group = self.chance.below(self.families) as u32;
                if joined.iter().all(|(g, _)| *g != group) {
                    joined.push((group, self.until()));
                }
            }
            self.world.joined.push(joined);
        }
    }

    /// A group that entries name: in a nested world one of the four above a family.
    fn group(&mut self) -> u32 {
        let generation = if self.world.uses.nested { 1 + self.chance.below(NESTED - 1) } else { 0 };
        (generation * self.families + self.chance.below(self.families)) as u32
    }

    fn user(&mut self) -> u32 {
        self.chance.below(self.world.users.len()) as u32
    }

    fn organizations(&mut self) {
        for organization in 0..ORGANIZATIONS {
            let mut place = Place::new(Sort::Organization, format!("o{organization}"), None);
            if self.world.uses.prohibitions {
                let who = Who::Group(self.group());
                place.cannot.push(Entry { who, level: WRITE, until: self.until() });
            }
            if self.world.uses.closed {
                for _ in 0..100 {
                    let who = [Who::Group(self.group()), Who::User(self.user())];
                    for who in who.into_iter().filter(|w| place.members.iter().all(|m| m.who != *w)).collect::<Vec<_>>() {
                        place.members.push(Entry { who, level: NONE, until: self.until() });
                    }
                }
            }
            self.world.places.push(place);
        }
    }

    /// `p*`, and nine for each prefix: `p7/*`, `p7/a/*`, `p7/a/b/*` and so on.
    fn patterns(&mut self) {
        if !self.world.uses.patterns {
            return;
        }
        let mut all = Place::new(Sort::Pattern, "p".into(), None);
        all.can.push(Entry { who: Who::Everyone, level: NONE, until: NEVER });
        self.world.places.push(all);
        let all = self.world.places.len() as u32 - 1;
        for prefix in 0..PREFIXES {
            let mut chain = vec![all];
            let mut name = format!("p{prefix}/");
            for step in 0..=STEPS.len() {
                let mut place = Place::new(Sort::Pattern, name.clone(), None);
                place.can.push(Entry { who: Who::Group(self.group()), level: READ + (step % 2) as u8, until: self.until() });
                self.world.places.push(place);
                chain.push(self.world.places.len() as u32 - 1);
                name.push_str(STEPS.get(step).unwrap_or(&""));
            }
            self.world.patterns.push(chain);
        }
    }

    fn rooms(&mut self, rooms: usize) {
        let mut container = None;
        for room in 0..rooms {
            let organization = (room / ROOMS_IN_A_CHAIN % ORGANIZATIONS) as u32;
            if self.world.uses.undeclared {
                container = None;
            } else if !self.world.uses.deep {
                container = Some(organization);
            } else if room % ROOMS_IN_A_CHAIN == 0 {
                container = Some(self.folders(room / ROOMS_IN_A_CHAIN, organization));
            }
            let place = self.room(room, container);
            self.world.rooms.push(self.world.places.len() as u32);
            self.world.places.push(place);
        }
    }

    /// Ten folders, one in the other: a default in the outermost, and a group in each.
    fn folders(&mut self, chain: usize, organization: u32) -> u32 {
        let mut container = organization;
        for depth in 0..FOLDERS {
            let mut place = Place::new(Sort::Folder, format!("f{chain}-{depth}"), Some(container));
            if depth == 0 {
                place.can.push(Entry { who: Who::Everyone, level: READ * u8::from(chain.is_multiple_of(4)), until: NEVER });
            }
            place.can.push(Entry { who: Who::Group(self.group()), level: READ + (depth % 2) as u8, until: self.until() });
            container = self.world.places.len() as u32;
            self.world.places.push(place);
        }
        container
    }

    fn room(&mut self, number: usize, container: Option<u32>) -> Place {
        let mut name = format!("{:011x}", self.chance.number() >> 20);
        if self.world.uses.patterns {
            name = format!("p{}/{}{name}", number % PREFIXES, STEPS.concat());
        }
        let mut place = Place::new(Sort::Room, name, container);
        if self.world.uses.undeclared {
            return place;
        }
        let mut writers = None;
        // Deep down and under patterns, groups and everyone get their access further out.
        if !self.world.uses.deep && !self.world.uses.patterns {
            let (readers, others) = (self.group(), self.group());
            place.can.push(Entry { who: Who::Everyone, level: READ * u8::from(number.is_multiple_of(4)), until: NEVER });
            place.can.push(Entry { who: Who::Group(readers), level: READ, until: self.until() });
            if others != readers {
                place.can.push(Entry { who: Who::Group(others), level: WRITE, until: self.until() });
                writers = Some(others);
            }
        }
        let users = [self.user(), self.user(), self.user()];
        for (i, user) in users.iter().enumerate().filter(|(i, u)| !users[..*i].contains(u)) {
            // No user loses what a group gives, so that engines which only add come to the same answers.
            let loses = self.world.joined[*user as usize].iter().any(|(group, _)| Some(*group) == writers);
            let level = if i == 2 && !loses { READ } else { WRITE };
            place.can.push(Entry { who: Who::User(*user), level, until: self.until() });
        }
        if self.world.uses.prohibitions {
            place.cannot.push(Entry { who: Who::Group(self.group()), level: WRITE, until: self.until() });
            place.cannot.push(Entry { who: Who::User(self.user()), level: READ, until: self.until() });
        }
        place
    }

    /// Each group has seven of the twenty roles in each of ten organizations, so that a user has twenty.
    fn roles(&mut self) {
        if !self.world.uses.roles {
            return;
        }
        let first = self.world.groups.len() - self.families;
        for group in 0..self.families {
            for organization in 0..10 {
                for role in 0..7 {
                    let assignment = Assignment {
                        role: (group * 7 + role) % ROLES,
                        group: (first + group) as u32,
                        organization: ((group * 37 + organization * 11) % ORGANIZATIONS) as u32,
                        until: self.until(),
                    };
                    self.world.assignments.push(assignment);
                }
            }
        }
    }
}

/// What the role of a number gives.
pub fn role_level(role: usize) -> u8 {
    if role < 15 { READ } else { WRITE }
}
