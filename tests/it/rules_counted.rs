//! Who is counted: what `admin-count` and `separation-of-duty` say of random policies, and where they are silent, is held against the reference.

use std::collections::BTreeSet;

use roomkey::rules::{AdminCount, Options};
use roomkey::syntax::print::Id;
use roomkey::{Analysis, Finding, Settings, Source, Sources};

use crate::reference::decide::decide;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::permissions;
use crate::reference::world::{Member, Name, Question, SignIn, Who, World};

const NOW: &str = "2026-01-15T09:30:00Z";
const BOUNDS: (usize, usize) = (2, 3);

/// A policy whose organizations are closed by some groups without a body, and perhaps by a user.
struct Case {
    world: World,
    doors: Vec<String>,
    users: BTreeSet<String>,
}

/// `ROOMKEY_POLICIES` sets how many policies are looked at.
#[test]
fn who_is_counted_holds_it() {
    let rounds: u64 = std::env::var("ROOMKEY_POLICIES").ok().and_then(|n| n.parse().ok()).unwrap_or(250);
    let (mut said, mut conditional) = (0, 0);
    for seed in 1..=rounds {
        let case = Case::new(seed);
        for permission in case.permissions() {
            let mut options = Options::all(NOW.parse().expect("a time"));
            options.on = ["admin-count", "separation-of-duty"].into();
            let (min, max) = BOUNDS;
            options.admin_count = vec![AdminCount { permission: permission.clone(), min, max }];
            let other = case.permissions().into_iter().find(|other| *other != permission);
            options.separation_of_duty = other.iter().map(|other| [permission.clone(), other.clone()]).collect();
            let (found, text) = case.judge(&options);
            for place in &case.world.places {
                let about = format!("`{permission}` on {} {}", place.name.kind, Id(&place.name.id));
                let mine = |f: &&Finding| f.rule.name == "admin-count" && is_about(&f.message, &about);
                let messages: Vec<&str> = found.iter().filter(mine).map(|f| &*f.message).collect();
                if case.knows(&permission, &place.name) {
                    case.counts(&permission, &place.name, messages.first().copied())
                        .unwrap_or_else(|why| panic!("seed {seed}: {about}: {why}, and {messages:?} in\n{text}"));
                }
                said += messages.len();
                conditional += messages.iter().filter(|m| m.contains("sign-in names")).count();
            }
            for finding in found.iter().filter(|f| f.rule.name == "separation-of-duty") {
                let pair = [permission.as_str(), other.as_deref().expect("there is a pair")];
                assert_ne!(case.is_apart(&finding.message, pair), Some(false), "seed {seed}: {} in\n{text}", finding.message);
            }
        }
    }
    println!("{rounds} policies: {said} counts, {conditional} of them with a condition");
    assert!(said > 100 && conditional > 20, "{said} {conditional}");
}

/// Whether a message speaks of a place, and not of one whose name begins like it.
fn is_about(message: &str, about: &str) -> bool {
    message.split_once(about).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(" (") || is_condition(rest))
}

fn is_condition(rest: &str) -> bool {
    rest.starts_with(" when ") || rest.starts_with(", ")
}

impl Case {
    fn new(seed: u64) -> Case {
        let mut world = world(seed);
        let some = (seed % 4 + 1) as usize;
        let doors: Vec<String> = world.groups.iter().map(|g| g.id.clone()).take(some).collect();
        world.groups.iter_mut().take(some).for_each(|group| group.members.clear());
        let mut members: Vec<Who> = doors.iter().cloned().map(Who::Group).collect();
        members.extend(seed.is_multiple_of(3).then(|| Who::User("ann".into())));
        let members: Vec<Member> = members.into_iter().map(|who| Member { who, until: None }).collect();
        let organizations = world.places.iter_mut().filter(|place| place.name.kind == "organization" && !place.name.is_pattern());
        organizations.for_each(|place| place.members = members.clone());
        let mut case = Case { doors, users: BTreeSet::new(), world };
        case.users = case.named().into_iter().collect();
        case
    }

    /// The users that the policy names.
    fn named(&self) -> Vec<String> {
        let w = &self.world;
        let members = w.groups.iter().flat_map(|g| &g.members).chain(w.places.iter().flat_map(|p| &p.members)).map(|m| &m.who);
        let entries = w.places.iter().flat_map(|p| &p.entries).map(|e| &e.who);
        let assigned = w.assignments.iter().flat_map(|a| &a.to);
        let all = members.chain(entries).chain(assigned).filter_map(|who| if let Who::User(u) = who { Some(u) } else { None });
        let owners = w.places.iter().flat_map(|p| &p.owners);
        all.chain(owners).chain(&w.users).cloned().collect()
    }

    /// One level and one flat permission that kinds have.
    fn permissions(&self) -> Vec<String> {
        let level = self.world.kinds.iter().find_map(|k| k.levels.last().cloned());
        let flat = self.world.kinds.iter().find_map(|k| k.permissions.first().cloned());
        level.into_iter().chain(flat).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn judge(&self, options: &Options) -> (Vec<Finding>, String) {
        let mut sources = Sources::default();
        let mut all = String::new();
        for (name, text) in files(&self.world, None) {
            all.push_str(&text);
            sources.add(Source::new(name, text));
        }
        let mut analysis = Analysis::new(sources, &Settings::default());
        assert!(analysis.judge(options), "{:?} in\n{all}", analysis.findings);
        (analysis.findings, all)
    }

    fn knows(&self, permission: &str, name: &Name) -> bool {
        let kind = self.world.kind(&name.kind).expect("it is known");
        !name.is_pattern() && permissions(kind).iter().any(|p| p == permission)
    }

    fn can(&self, user: &str, groups: &[String], permission: &str, name: &Name) -> bool {
        let id = name.id.strip_suffix('*').map_or_else(|| name.id.clone(), |start| format!("{start}~~"));
        let sign_in = SignIn { user: user.into(), organization: None, groups: groups.to_vec() };
        let on = Name::new(&name.kind, &id);
        decide(&self.world, &Question { sign_in, permission: permission.into(), on, at: Some(NOW.into()) }) == Ok(true)
    }

    /// The groups that let someone in where a place lies.
    fn doors(&self, name: &Name) -> &[String] {
        let mut at = name.clone();
        while at.kind != "organization" {
            let outer = self.world.place(&at).and_then(|place| place.parent.clone());
            at = outer.unwrap_or_else(|| Name::new("organization", "default"));
        }
        if self.world.place(&at).is_some() { &self.doors } else { &[] }
    }

    /// Whether what is said of a number is so, and what is not said too.
    fn counts(&self, permission: &str, name: &Name, said: Option<&str>) -> Result<(), String> {
        let stranger = "somebody else";
        let all = self.can(stranger, &[], permission, name);
        let doors = self.doors(name);
        let alone = |user: &&String| self.can(user, &[], permission, name);
        // A group that gives it by itself gives it to whomever a sign-in names in it, and the users are not counted for that.
        let gives = |door: &&String| self.can(stranger, &[(*door).clone()], permission, name);
        let count = |doors: &[&String], alone_too: bool| {
            let by_door = |user: &String| doors.iter().any(|door| self.can(user, &[(*door).clone()], permission, name));
            self.users.iter().filter(|user| if alone(user) { alone_too } else { by_door(user) }).count()
        };
        let all_doors: Vec<&String> = doors.iter().collect();
        let (few_doors, fed) =
            (doors.iter().filter(|door| !gives(door)).collect::<Vec<_>>(), doors.iter().any(|door| gives(&door)));
        let holders = count(&few_doors, true)..=count(&all_doors, true);
        let only = count(&few_doors, false)..=count(&all_doors, false);
        let Some(said) = said else {
            let groups = self.world.groups.iter().filter(|g| g.members.is_empty()).map(|g| g.id.clone());
            let some_feed = fed
                || groups.into_iter().any(|group| {
                    let people = self.users.iter().map(String::as_str).chain([stranger]);
                    let beside = doors.iter().map(|door| vec![door.clone(), group.clone()]).chain([vec![group.clone()]]);
                    let beside: Vec<Vec<String>> = beside.collect();
                    people.into_iter().any(|user| beside.iter().any(|groups| self.can(user, groups, permission, name)))
                });
            let (min, max) = BOUNDS;
            return match all || (*holders.end() >= min || some_feed) && *holders.start() <= max {
                true => Ok(()),
                false => Err(format!("{holders:?} hold it")),
            };
        };
        let n = match said.split(' ').next().unwrap_or("").parse::<usize>() {
            _ if all => return Ok(()),
            Ok(n) => n,
            Err(_) => return Err("that is no number".into()),
        };
        let said_only = match said.split_once(" of them when ") {
            Some((before, _)) => before.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX),
            None if said.contains(" sign-in names ") => n,
            None => 0,
        };
        match holders.contains(&n) && only.contains(&said_only) {
            true => Ok(()),
            false => Err(format!("{holders:?} hold it, {only:?} by a door alone")),
        }
    }

    /// Whether who is said to hold both does, with the groups that are said; `None` where the sentence is about several.
    fn is_apart(&self, said: &str, pair: [&str; 2]) -> Option<bool> {
        let (who, rest) = said.split_once(" holds both ")?;
        let (_, place) = rest.split_once("` on ")?;
        let (place, when) = place.split_once(" when the sign-in names group ").unwrap_or((place, ""));
        let name = &self.world.places.iter().find(|p| format!("{} {}", p.name.kind, Id(&p.name.id)) == place)?.name;
        let group = |shown: &str| self.world.groups.iter().find(|g| Id(&g.id).to_string() == shown).map(|g| g.id.clone());
        let mut groups: Vec<String> = group(when.strip_suffix(", too").unwrap_or(when)).into_iter().collect();
        let mut users: Vec<String> = vec!["somebody else".into()];
        if let Some(shown) = who.strip_prefix("user ") {
            users = self.users.iter().filter(|user| Id(user).to_string() == shown).cloned().collect();
        } else {
            groups.extend(who.strip_prefix("group ").and_then(group));
            users.extend(self.users.iter().cloned());
        }
        let both = |user: &String| pair.iter().all(|permission| self.can(user, &groups, permission, name));
        Some(users.iter().any(both))
    }
}
