//! Random worlds: valid by the language, and made of few names so that everything meets everything.

mod lists;
mod places;

use super::chance::Chance;
use super::valid::problems;
use super::vocabulary::{NAMES, vocabulary};
use super::world::{Group, Kind, Member, Who, World};

/// User ids; some are also the names of other things, and some are words of the language.
pub const USERS: [&str; 8] = ["ann", "bob", "cyd", "marie@example.com", "default", "ops", "O\"Hara \\ Söhne", "until"];
/// Group ids.
pub const GROUPS: [&str; 7] = ["staff", "eng", "ops", "mods", "ann", "on", "night shift"];
/// Organization ids.
pub const ORGANIZATIONS: [&str; 3] = ["acme", "beta", "default"];
/// Resource ids.
pub const IDS: [&str; 11] = ["a", "ab", "abc", "abd", "a:b", "a:b:c", "b", "b1", "user", "é", "a b"];
/// What patterns put before their `*`.
pub const STARTS: [&str; 8] = ["", "a", "ab", "a:", "a:b", "b", "abc", "é"];
const KINDS: [&str; 7] = ["board", "folder", "desk", "comments", "board2", "shelf", "page"];
const LEVELS: [&[&str]; 6] = [
    &["read", "write"],
    &["read", "write"],
    &["read", "triage", "write"],
    &["view", "edit", "admin"],
    &["read", "triage", "write", "maintain", "admin"],
    &["write"],
];
const FEATURES: [&str; 9] = [
    "comments",
    "comments:public",
    "comments:private",
    "comments:public:draft",
    "comments:public:final",
    "storage",
    "storage:blob",
    "feeds",
    "triage",
];
const FLATS: [&str; 7] = ["approve", "pay", "delete-it", "read", "edit", "feeds", "invite"];
const ROLES: [&str; 6] = ["editor", "viewer", "mod", "auditor", "read", "night watch"];
const UNTIL: [&str; 9] = [
    "2026-06-30",
    "2026-06-30T12:00:00Z",
    "2026-06-30T14:00:00+02:00",
    "2026-06-30T12:00:00.5Z",
    "2026-07-01T14:00:00+14:00",
    "2024-02-29",
    "2026-12-31T23:59:59.999999999-05:30",
    "2026-03-01T00:00:00.000000001Z",
    "2025-12-31",
];

/// The world of this seed.
pub fn world(seed: u64) -> World {
    let mut maker = Maker { chance: Chance::new(seed), world: World::default(), expires: 0, users: USERS.len() };
    maker.expires = *maker.chance.pick(&[0, 12, 30]);
    maker.users = *maker.chance.pick(&[2, 4, USERS.len()]);
    maker.kinds();
    maker.groups();
    maker.roles();
    maker.places();
    maker.assignments();
    let found = problems(&maker.world);
    assert!(found.is_empty(), "seed {seed} makes an invalid world: {found:?}");
    maker.world
}

struct Maker {
    chance: Chance,
    world: World,
    expires: usize,
    users: usize,
}

impl Maker {
    fn kinds(&mut self) {
        if self.chance.percent(15) {
            let name = self.chance.pick(&NAMES).to_string();
            self.world = vocabulary(&name);
            self.world.uses.push(name);
        }
        let mut names: Vec<&str> = KINDS.to_vec();
        self.chance.shuffle(&mut names);
        let least = usize::from(self.world.kinds.is_empty());
        let most = *self.chance.pick(&[1, 2, 4]);
        names.truncate(self.chance.between(least, most));
        let all: Vec<String> = names.iter().copied().chain(["organization"]).map(str::to_string).collect();
        for name in &names {
            let inside = self.chance.some(&all, 45);
            self.kind(Kind { name: name.to_string(), inside, ..Kind::default() });
        }
        let organization = Kind { name: "organization".to_string(), ..Kind::default() };
        if self.chance.percent(40) {
            self.kind(organization)
        } else {
            self.world.kinds.push(organization)
        }
        self.root();
        for index in 0..self.world.kinds.len() {
            if self.chance.percent(15) {
                self.reopen(index);
            }
        }
    }

    /// Puts kinds that could lie in one another alone into organizations.
    fn root(&mut self) {
        let mut rooted: Vec<String> = Vec::new();
        while let Some(index) = self.world.kinds.iter().position(|kind| !rooted.contains(&kind.name)) {
            let has_root = |kind: &&Kind| kind.inside.is_empty() || kind.inside.iter().any(|name| rooted.contains(name));
            let next = self.world.kinds.iter().find(|kind| !rooted.contains(&kind.name) && has_root(kind));
            match next {
                Some(kind) => rooted.push(kind.name.clone()),
                None => self.world.kinds[index].inside.push("organization".to_string()),
            }
        }
    }

    fn kind(&mut self, mut kind: Kind) {
        if self.chance.percent(85) {
            kind.levels = self.chance.pick(&LEVELS).iter().map(|level| level.to_string()).collect();
            kind.features = self.features(&kind);
        }
        if kind.levels.is_empty() || self.chance.percent(40) {
            kind.permissions = self.flats(&kind);
        }
        if self.chance.percent(25) {
            kind.retired.push(format!("{}:presence:write", kind.name));
        }
        if self.chance.percent(15) {
            kind.retired.push("old-thing".to_string());
        }
        self.world.kinds.push(kind);
    }

    fn features(&mut self, kind: &Kind) -> Vec<String> {
        let share = *self.chance.pick(&[0, 60, 85, 90]);
        let mut chosen: Vec<String> = Vec::new();
        for feature in FEATURES {
            let parent_is_there = match feature.rsplit_once(':') {
                Some((parent, _)) => chosen.iter().any(|feature| feature == parent),
                None => true,
            };
            let taken = feature.split(':').any(|word| word == kind.name || kind.levels.iter().any(|l| l == word));
            if parent_is_there && !taken && self.chance.percent(share) {
                chosen.push(feature.to_string());
            }
        }
        chosen
    }

    fn flats(&mut self, kind: &Kind) -> Vec<String> {
        let taken = |name: &&str| kind.levels.iter().chain(&kind.features).any(|word| word == name);
        let free: Vec<String> = FLATS.iter().filter(|name| !taken(name)).map(|name| name.to_string()).collect();
        self.chance.some(&free, 40)
    }

    /// Adds to a kind what any file may add to it.
    fn reopen(&mut self, index: usize) {
        let mut kind = self.world.kinds[index].clone();
        if !kind.permissions.iter().any(|name| name == "archive") {
            kind.permissions.push("archive".to_string());
        }
        if !kind.levels.is_empty() && !kind.features.iter().any(|name| name == "search") {
            kind.features.push("search".to_string());
        }
        self.world.kinds[index] = kind;
    }

    fn until(&mut self) -> Option<String> {
        self.chance.percent(self.expires).then(|| self.chance.pick(&UNTIL).to_string())
    }

    fn groups(&mut self) {
        let mut ids: Vec<&str> = GROUPS.to_vec();
        self.chance.shuffle(&mut ids);
        ids.truncate(self.chance.between(0, 6));
        for index in 0..ids.len() {
            let members = self.members(&ids[..index]);
            self.world.groups.push(Group { id: ids[index].to_string(), members });
        }
        let users: Vec<String> = USERS.iter().map(|user| user.to_string()).collect();
        self.world.users = self.chance.some(&users, 20);
    }

    fn members(&mut self, groups: &[&str]) -> Vec<Member> {
        let users = self.chance.some(&USERS, 35).into_iter().map(|user| Who::User(user.to_string()));
        let groups = self.chance.some(groups, 40).into_iter().map(|group| Who::Group(group.to_string()));
        let mut members: Vec<Who> = users.chain(groups).collect();
        self.chance.shuffle(&mut members);
        members.into_iter().map(|who| Member { who, until: self.until() }).collect()
    }
}
