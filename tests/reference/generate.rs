//! Random worlds: valid by the language, and made of few names so that everything meets everything.

use super::chance::Chance;
use super::permissions::{is_below, kinds_at};
use super::valid::{entries_are_apart, list_is_sound, problems};
use super::vocabulary::{NAMES, vocabulary};
use super::world::{Assignment, Entry, Group, Kind, Member, Name, Place, Role, RoleList, Says, Who, World};

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

    fn roles(&mut self) {
        let taken: Vec<String> = self.world.roles.iter().map(|role| role.id.clone()).collect();
        let mut ids: Vec<&str> = ROLES.into_iter().filter(|id| !taken.iter().any(|role| role == id)).collect();
        self.chance.shuffle(&mut ids);
        ids.truncate(self.chance.between(0, 5));
        for id in ids {
            let known: Vec<String> = self.world.roles.iter().rev().take(6).map(|role| role.id.clone()).collect();
            let includes = self.chance.some(&known, 35);
            let lists = self.role_lists();
            if !lists.is_empty() || !includes.is_empty() {
                self.world.roles.push(Role { id: id.to_string(), includes, lists });
            }
        }
        let roles: Vec<String> = self.world.roles.iter().map(|role| role.id.clone()).collect();
        for index in 0..self.world.kinds.len() {
            let kind = &mut self.world.kinds[index];
            if kind.owner_gets.is_none() && !roles.is_empty() && self.chance.percent(40) {
                kind.owner_gets = Some(self.chance.pick(&roles).clone());
            }
        }
    }

    fn role_lists(&mut self) -> Vec<RoleList> {
        let mut kinds: Vec<String> = self.world.kinds.iter().map(|kind| kind.name.clone()).collect();
        if self.chance.percent(50) {
            return self.list(&kinds, false).into_iter().map(|can| RoleList { can, on: Vec::new() }).collect();
        }
        self.chance.shuffle(&mut kinds);
        let mut lists = Vec::new();
        while !kinds.is_empty() && lists.len() < 3 && self.chance.percent(80) {
            let on = kinds.split_off(kinds.len() - self.chance.between(1, kinds.len().min(2)));
            lists.extend(self.list(&on, false).map(|can| RoleList { can, on }));
        }
        lists
    }

    /// A valid list for these kinds in question; none where they declare nothing.
    fn list(&mut self, kinds: &[String], cannot: bool) -> Option<Vec<String>> {
        let kinds: Vec<Kind> = kinds.iter().filter_map(|name| self.world.kind(name)).cloned().collect();
        let kinds: Vec<&Kind> = kinds.iter().collect();
        let mut list: Vec<String> = Vec::new();
        let wanted = *self.chance.pick(&[1, 1, 2, 2, 3, 5]);
        for _ in 0..wanted * 3 {
            let kind = *self.chance.pick(&kinds);
            let Some(permission) = self.permission(kind, cannot) else { continue };
            list.push(permission.clone());
            if cannot && self.chance.percent(40) {
                list.extend(narrower(kind, &permission, &mut self.chance));
            }
            while !list.is_empty() && !list_is_sound(&kinds, &list, cannot) || list.len() > wanted {
                list.pop();
            }
        }
        (!list.is_empty()).then_some(list)
    }

    /// A permission of a kind as a list may name it, more often one of its base than not.
    fn permission(&mut self, kind: &Kind, cannot: bool) -> Option<String> {
        let at_random = |chance: &mut Chance, items: &[String]| (!items.is_empty()).then(|| chance.pick(items).clone());
        match self.chance.below(100) {
            0..8 => Some("*".to_string()),
            8..10 => at_random(&mut self.chance, &kind.retired),
            10..45 => {
                let level = at_random(&mut self.chance, &kind.levels)?;
                let before = self.chance.pick(&["", "*:", &format!("{}:", kind.name)]).to_string();
                Some(format!("{before}{level}"))
            }
            45..84 => {
                let feature = at_random(&mut self.chance, &kind.features)?;
                let none = !cannot && self.chance.percent(25);
                let level = if none { "none".to_string() } else { at_random(&mut self.chance, &kind.levels)? };
                Some(format!("{feature}:{level}"))
            }
            _ => at_random(&mut self.chance, &kind.permissions),
        }
    }

    fn places(&mut self) {
        for id in self.chance.some(&ORGANIZATIONS, 55) {
            let members = if self.chance.percent(25) { self.organization_members() } else { Vec::new() };
            self.place(Name::new("organization", id), None, members);
        }
        for _ in 0..self.chance.between(1, 9) {
            let kind = self.any_kind(3);
            let id = self.chance.pick(&IDS).to_string();
            self.resource(Name { kind, id });
        }
        for _ in 0..self.chance.between(0, 6) {
            let kind = self.any_kind(2);
            let id = format!("{}*", self.chance.pick(&STARTS));
            self.resource(Name { kind, id });
        }
    }

    fn organization_members(&mut self) -> Vec<Member> {
        let groups: Vec<String> = self.world.groups.iter().map(|group| group.id.clone()).collect();
        let mut members = self.members(&groups.iter().map(String::as_str).collect::<Vec<&str>>());
        if self.expires > 0 && self.chance.percent(40) {
            members.truncate(2);
            members.iter_mut().for_each(|member| member.until = Some(self.chance.pick(&UNTIL).to_string()));
        }
        members
    }

    /// Any kind, though `organization` seldom.
    fn any_kind(&mut self, organization: usize) -> String {
        let kinds: Vec<String> = self.world.kinds.iter().map(|kind| kind.name.clone()).collect();
        let others: Vec<String> = kinds.into_iter().filter(|name| name != "organization").collect();
        if self.chance.percent(organization) { "organization".to_string() } else { self.chance.pick(&others).clone() }
    }

    fn resource(&mut self, name: Name) {
        let inside = self.world.kind(&name.kind).map_or(Vec::new(), |kind| kind.inside.clone());
        let holds = |place: &&Place| {
            let holder = &place.name;
            inside.contains(&holder.kind) && !holder.is_pattern() && *holder != Name::new("organization", "default")
        };
        let holders: Vec<Name> = self.world.places.iter().filter(holds).map(|place| place.name.clone()).collect();
        let inner = !holders.is_empty() && self.chance.percent(if name.is_pattern() { 55 } else { 80 });
        let parent = inner.then(|| self.chance.pick(&holders).clone());
        self.place(name, parent, Vec::new());
    }

    fn place(&mut self, name: Name, parent: Option<Name>, members: Vec<Member>) {
        if self.world.place(&name).is_some() {
            return;
        }
        let owned = !name.is_pattern() && self.world.kind(&name.kind).is_some_and(|kind| kind.owner_gets.is_some());
        let owners = if owned { self.chance.some(&USERS, 25) } else { Vec::new() };
        let owners = owners.into_iter().map(str::to_string).collect();
        let mut place = Place { name, parent, members, owners, entries: Vec::new() };
        for _ in 0..*self.chance.pick(&[0, 1, 2, 4, 6, 8]) {
            if let Some(entry) = self.entry(&place.name) {
                place.entries.push(entry);
                if !entries_are_apart(&self.world, &place) {
                    place.entries.pop();
                }
            }
        }
        self.world.places.push(place);
    }

    fn entry(&mut self, place: &Name) -> Option<Entry> {
        let all: Vec<String> = kinds_at(&self.world, place).iter().map(|kind| kind.name.clone()).collect();
        let mut on = if self.chance.percent(30) { self.chance.some(&all, 60) } else { Vec::new() };
        self.chance.shuffle(&mut on);
        let kinds = if on.is_empty() { &all } else { &on };
        let says = match self.chance.below(100) {
            0..10 => Says::Nothing,
            10..22 => Says::Cannot(self.list(kinds, true)?),
            _ => Says::Can(self.list(kinds, false)?),
        };
        Some(Entry { who: self.who(), says, on, until: self.until() })
    }

    fn who(&mut self) -> Who {
        let user = self.chance.pick(&USERS[..self.users]).to_string();
        let groups = &self.world.groups;
        match self.chance.below(100) {
            0..35 => Who::Everyone,
            35..75 if !groups.is_empty() => Who::Group(self.chance.pick(groups).id.clone()),
            _ => Who::User(user),
        }
    }

    fn assignments(&mut self) {
        let roles: Vec<String> = self.world.roles.iter().map(|role| role.id.clone()).collect();
        if roles.is_empty() {
            return;
        }
        for _ in 0..self.chance.between(0, 5) {
            let role = self.chance.pick(&roles).clone();
            let mut to = vec![self.who()];
            let second = self.who();
            if to[0] != Who::Everyone && second != Who::Everyone && !to.contains(&second) && self.chance.percent(30) {
                to.push(second);
            }
            let (scopes, until) = (self.scopes(), self.until());
            self.world.assignments.push(Assignment { role, to, scopes, until });
        }
    }

    fn scopes(&mut self) -> Vec<Name> {
        let mut scopes: Vec<Name> = Vec::new();
        if self.chance.percent(12) {
            return scopes;
        }
        for _ in 0..self.chance.between(1, 2) {
            let places = &self.world.places;
            let declared = !places.is_empty() && self.chance.percent(75);
            let kind = self.any_kind(5);
            let start = self.chance.pick(&STARTS);
            let undeclared = Name { kind, id: format!("{start}*") };
            let places = &self.world.places;
            let scope = if declared { self.chance.pick(places).name.clone() } else { undeclared };
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }
}

/// A permission of the same list that a careless reader could take for an exception: `comments:public:write` beside
/// `comments:read`, `comments:write` beside `triage`.
fn narrower(kind: &Kind, permission: &str, chance: &mut Chance) -> Option<String> {
    let level = kind.levels.last()?;
    let within = |feature: &&String| match permission.rsplit_once(':') {
        Some((path, _)) if kind.features.iter().any(|feature| feature == path) => is_below(feature, path),
        _ => true,
    };
    let below: Vec<&String> = kind.features.iter().filter(within).collect();
    (!below.is_empty()).then(|| format!("{}:{level}", chance.pick(&below)))
}
