//! What the rules say about access is true: each finding about random policies is held against the reference.

use std::collections::BTreeMap;

use roomkey::rules::Options;
use roomkey::syntax::print::Id;
use roomkey::{Analysis, Settings, Source, Sources};

use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::{USERS, world};
use crate::reference::print::files;
use crate::reference::questions::permissions;
use crate::reference::world::{Member, Name, Question, Says, SignIn, Who, World};

const NOW: &str = "2026-01-15T09:30:00Z";

/// Someone who signs in: a user's name and the groups that the sign-in names.
type Person = (String, Vec<String>);

/// A policy and one finding about it.
struct Case<'w> {
    world: &'w World,
    bare: World,
    names: Vec<Name>,
}

/// `ROOMKEY_POLICIES` sets how many policies are looked at.
#[test]
fn every_finding_about_access_is_true() {
    let rounds: u64 = std::env::var("ROOMKEY_POLICIES").ok().and_then(|n| n.parse().ok()).unwrap_or(250);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=rounds {
        // Every third one has organizations that are closed by a group without a body.
        let world = if seed % 3 == 0 { closed(world(seed)) } else { world(seed) };
        let mut sources = Sources::default();
        let texts = files(&world, Some(Chance::new(seed)));
        for (name, text) in &texts {
            sources.add(Source::new(name.clone(), text.clone()));
        }
        let mut analysis = Analysis::new(sources, &Settings::default());
        assert!(analysis.judge(&Options::all(NOW.parse().expect("a time"))), "seed {seed}");
        let case = Case::new(&world);
        for finding in &analysis.findings {
            let Some(holds) = case.holds(finding.rule.name, &finding.message) else { continue };
            *counts.entry(finding.rule.name).or_default() += 1;
            assert!(holds, "seed {seed}: {}: {} in\n{texts:#?}", finding.rule.name, finding.message);
        }
    }
    println!("{rounds} policies: {counts:?}");
    for rule in ["lowering-group", "ineffective-nothing", "role-reaches-private", "surviving-feature", "broad-audience"] {
        assert!(counts.get(rule).is_some_and(|n| *n > 0), "{rule} said nothing: {counts:?}");
    }
}

impl<'w> Case<'w> {
    fn new(world: &'w World) -> Case<'w> {
        let mut bare = world.clone();
        bare.assignments.clear();
        bare.places.iter_mut().for_each(|place| place.owners.clear());
        let scopes = world.assignments.iter().flat_map(|a| &a.scopes);
        let names = world.places.iter().map(|place| &place.name).chain(scopes).cloned().collect();
        Case { world, bare, names }
    }

    /// Whether what a finding says is so; none where it says nothing about access.
    fn holds(&self, rule: &str, said: &str) -> Option<bool> {
        Some(match rule {
            "lowering-group" => {
                let (group, rest) = said.strip_prefix("who joins group ")?.split_once(" loses `")?;
                let (permission, place) = rest.strip_suffix(", which the default gives")?.split_once("` in ")?;
                let (place, group) = (self.place(place), self.group(group));
                self.everyone().into_iter().any(|person| {
                    let with = (person.0.clone(), person.1.iter().chain([&group]).cloned().collect());
                    self.can(self.world, &person, permission, &place) && !self.can(self.world, &with, permission, &place)
                })
            }
            "ineffective-nothing" if said.contains(" by entries, and role ") => {
                let (who, rest) = said.split_once(" can nothing in ")?;
                let (place, _) = rest.split_once(" by entries, and role ")?;
                self.inside(&self.place(place)).iter().any(|name| self.is_opened(who, name))
            }
            "ineffective-nothing" if said.contains(" beside it lets ") => {
                let (place, rest) = said.split_once(" can nothing in ")?.1.split_once(", and ")?;
                let (whom, place) = (rest.split_once(" beside it lets ")?.1.strip_suffix(" in")?, self.place(place));
                let whom = whom.strip_suffix(" more").and_then(|whom| whom.rsplit_once(" and ")).map_or(whom, |(whom, _)| whom);
                self.people(whom).iter().any(|person| self.has_any(&self.bare, person, &place))
            }
            "ineffective-nothing" => {
                let (who, rest) = said.split_once(" can nothing in ")?;
                let (whom, inner) = rest.split_once(" still lets ")?.1.split_once(" in to ")?;
                let (who, inner) = (if whom == "them" { who } else { whom }, self.place(inner));
                self.people(who).iter().any(|person| self.has_any(self.world, person, &inner))
            }
            "role-reaches-private" | "default-or-everyone" => {
                let (who, rest) = said.split_once("` of ")?.1.split_once(" opens ")?;
                self.is_opened(who, &self.place(rest.strip_suffix(", whose default is `nothing`")?))
            }
            "surviving-feature" | "star-keeps-feature" => {
                let mut parts = said.split('`');
                let (feature, level) = (parts.nth(1)?, parts.nth(1)?);
                let (who, rest) = said.split_once("` for ")?.1.split_once(" in ")?;
                let (place, base) = rest.split_once(", beside the new base `")?;
                self.inside(&self.place(place)).iter().any(|name| {
                    let kind = self.world.kind(&name.kind).expect("it is known");
                    let next = kind.levels.iter().position(|l| l == level).map_or(0, |at| at + 1);
                    self.people(who).iter().any(|person| {
                        let can = |permission: &str| self.can(self.world, person, permission, name);
                        let base = base.trim_end_matches('`');
                        let stays = level == "none" || can(&format!("{feature}:{level}"));
                        let no_more = kind.levels.get(next).is_none_or(|l| !can(&format!("{feature}:{l}")));
                        kind.features.iter().any(|f| f == feature)
                            && stays
                            && no_more
                            && (base == "*" || can(&format!("*:{base}")))
                    })
                })
            }
            "broad-audience" => {
                let (permission, rest) = said.strip_prefix("everyone who can sign in has `")?.split_once("` in ")?;
                let place = self.place(rest.strip_suffix(", and anyone can sign in")?);
                self.can(self.world, &("a stranger".into(), Vec::new()), permission, &place)
            }
            "non-member-entry" => {
                let (user, rest) = said.split_once(" is no member of ")?;
                let org = rest.split_once(", which is closed")?.0;
                let org = self.place(org.strip_suffix(" any more").unwrap_or(org));
                let mut people = self.people(user);
                let user = people[0].0.clone();
                people.extend(self.world.groups.iter().map(|g| (user.clone(), vec![g.id.clone()])));
                self.inside(&org).iter().all(|name| people.iter().all(|person| !self.has_any(self.world, person, name)))
            }
            "cross-organization" => {
                let (who, rest) = said.split_once(" is a member of ")?;
                let ours = self.place(rest.split_once(", and has access in ")?.1);
                self.inside(&ours).iter().any(|name| self.people(who).iter().any(|p| self.has_any(self.world, p, name)))
            }
            "direct-user-grant" => {
                let (user, rest) = said.split_once(" has access to ")?;
                let (user, _) = self.people(user)[0].clone();
                let lasts = |until: &Option<String>| until.as_deref().is_none_or(|until| until > NOW);
                let lists = |m: &Member| m.who == Who::User(user.clone()) && lasts(&m.until);
                let groups = self.world.groups.iter().filter(|g| g.members.iter().any(lists)).map(|g| g.id.clone()).collect();
                let groups: Vec<String> = groups;
                self.inside(&self.place(rest.strip_suffix(" alone, without a group")?)).iter().any(|name| {
                    let all = self.permissions(name);
                    self.signed_in(&user).iter().any(|own| {
                        let like = ("a stranger".to_owned(), groups.iter().chain(&own.1).cloned().collect());
                        all.iter().any(|p| self.can(self.world, own, p, name) && !self.can(self.world, &like, p, name))
                    })
                })
            }
            "prohibition-without-effect" => {
                let (who, place) = said.strip_prefix("nothing in this policy grants what ")?.split_once(" cannot do in ")?;
                self.is_idle(who, place, |says| matches!(says, Says::Cannot(_)))?
            }
            "unreachable-entry" => {
                let rest = said.strip_prefix("this entry of ")?.strip_suffix(" decides about nothing that is there")?;
                let (who, place) = rest.split_once(" in ")?;
                self.is_idle(who, place, |says| !matches!(says, Says::Cannot(_)))?
            }
            _ => return None,
        })
    }

    /// Whether without the only such entry nothing is decided otherwise; none where there are several.
    fn is_idle(&self, who: &str, place: &str, meant: impl Fn(&Says) -> bool) -> Option<bool> {
        let name = self.place(place);
        let mut without = self.world.clone();
        let entries = &mut without.places.iter_mut().find(|p| p.name == name).expect("it is there").entries;
        let is = |e: &crate::reference::world::Entry| shown_who(&e.who) == who && meant(&e.says);
        if entries.iter().filter(|e| is(e)).count() != 1 {
            return None;
        }
        entries.retain(|e| !is(e));
        let mut people = self.everyone();
        people.extend(self.world.groups.iter().map(|g| ("a stranger".to_owned(), vec![g.id.clone()])));
        Some(self.inside(&name).iter().all(|name| {
            let all = self.permissions(name);
            people
                .iter()
                .all(|person| all.iter().all(|p| self.can(self.world, person, p, name) == self.can(&without, person, p, name)))
        }))
    }

    /// Whether someone of whom this speaks has something in a place, and without roles nothing.
    fn is_opened(&self, who: &str, name: &Name) -> bool {
        let mut people = self.people(who).into_iter();
        people.any(|person| self.has_any(self.world, &person, name) && !self.has_any(&self.bare, &person, name))
    }

    fn has_any(&self, world: &World, person: &Person, name: &Name) -> bool {
        self.permissions(name).iter().any(|permission| self.can(world, person, permission, name))
    }

    fn permissions(&self, name: &Name) -> Vec<String> {
        permissions(self.world.kind(&name.kind).expect("it is known"))
    }

    fn can(&self, world: &World, (user, groups): &Person, permission: &str, name: &Name) -> bool {
        let id = name.id.strip_suffix('*').map_or_else(|| name.id.clone(), |start| format!("{start}~~"));
        let sign_in = SignIn { user: user.clone(), organization: None, groups: groups.clone() };
        let on = Name::new(&name.kind, &id);
        decide(world, &Question { sign_in, permission: permission.into(), on, at: Some(NOW.into()) }) == Ok(true)
    }

    /// All users and a stranger, each alone and named in each group that nobody is listed in.
    fn everyone(&self) -> Vec<Person> {
        USERS.iter().copied().chain(["a stranger"]).flat_map(|user| self.signed_in(user)).collect()
    }

    fn signed_in(&self, user: &str) -> Vec<Person> {
        let fed = self.world.groups.iter().filter(|g| g.members.is_empty()).map(|g| vec![g.id.clone()]);
        std::iter::once(Vec::new()).chain(fed).map(|groups| (user.to_owned(), groups)).collect()
    }

    /// Those of whom something speaks.
    fn people(&self, who: &str) -> Vec<Person> {
        if let Some(user) = USERS.iter().find(|u| who == format!("user {}", Id(u))) {
            return self.signed_in(user);
        }
        let groups: Vec<String> = who.strip_prefix("group ").map(|g| self.group(g)).into_iter().collect();
        self.everyone().into_iter().map(|(user, named)| (user, named.into_iter().chain(groups.clone()).collect())).collect()
    }

    fn group(&self, shown: &str) -> String {
        let group = self.world.groups.iter().find(|g| Id(&g.id).to_string() == shown);
        group.unwrap_or_else(|| panic!("no group is written `{shown}`")).id.clone()
    }

    fn place(&self, shown: &str) -> Name {
        // Behind the first one stands how many there are besides.
        let shown = shown.strip_suffix(" more").and_then(|shown| shown.rsplit_once(" and ")).map_or(shown, |(shown, _)| shown);
        let name = self.names.iter().find(|n| format!("{} {}", n.kind, Id(&n.id)) == shown);
        name.unwrap_or_else(|| panic!("no place is written `{shown}`")).clone()
    }

    /// A place and those inside of it.
    fn inside(&self, outer: &Name) -> Vec<Name> {
        let lies = |name: &&Name| {
            // A pattern without a container speaks of resources anywhere.
            let placed = !name.is_pattern() || self.world.place(name).is_some_and(|p| p.parent.is_some());
            let (mut at, mut homeless) = (Some((*name).clone()), placed);
            while let Some(name) = at {
                if name == *outer {
                    return true;
                }
                homeless &= name.kind != "organization";
                at = self.world.place(&name).and_then(|p| p.parent.clone());
            }
            // What lies in no organization lies in `default`.
            homeless && *outer == Name::new("organization", "default")
        };
        self.names.iter().filter(lies).cloned().collect()
    }
}

/// The same with the first group's members left to the sign-ins, and every organization closed by it alone.
fn closed(mut world: World) -> World {
    let Some(group) = world.groups.first_mut() else { return world };
    group.members.clear();
    let member = Member { who: Who::Group(group.id.clone()), until: None };
    let organizations = world.places.iter_mut().filter(|place| place.name.kind == "organization" && !place.name.is_pattern());
    organizations.for_each(|place| place.members = vec![member.clone()]);
    world
}

fn shown_who(who: &Who) -> String {
    match who {
        Who::Everyone => "default".into(),
        Who::Group(g) => format!("group {}", Id(g)),
        Who::User(u) => format!("user {}", Id(u)),
    }
}
