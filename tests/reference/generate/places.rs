//! Random organizations, resources and patterns, with who can do what there.

use super::{IDS, Maker, ORGANIZATIONS, STARTS, UNTIL, USERS};
use crate::reference::permissions::kinds_at;
use crate::reference::valid::{can_hold, entries_are_apart};
use crate::reference::world::{Assignment, Entry, Member, Name, Place, Says, Who};

impl Maker {
    pub(super) fn places(&mut self) {
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
        let holds = |place: &&Place| {
            let holder = &place.name;
            can_hold(&self.world, holder, &name) && !holder.is_pattern() && *holder != Name::new("organization", "default")
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

    pub(super) fn assignments(&mut self) {
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
