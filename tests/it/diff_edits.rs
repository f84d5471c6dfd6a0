//! What a changed decision needs is named as its cause.

use std::collections::BTreeSet;

use roomkey::query::diff::{Cause, Change, Sort, diff};
use roomkey::syntax::print::Id;
use roomkey::{Instant, Policy};

use crate::agree::load;
use crate::diff::{from_when, resources, rounds, side};
use crate::diff_sets::between;
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::valid::problems;
use crate::reference::world::{Assignment, Entry, Member, Role, Who, World};

/// A change of one thing: a member of a group, who is in it until some time or not at all, an entry of a place, which is
/// another one or gone, a role that gives or includes something else, or an assignment that ends at another time or is gone.
#[derive(Clone, Debug)]
enum One {
    Member(String, String, Option<Option<String>>),
    Entry(usize, usize, Option<Entry>),
    Role(usize, Role),
    Assignment(usize, Option<Assignment>),
}

/// A world with some changes, each of another thing.
fn changed(world: &World, all: &[One]) -> World {
    let mut next = world.clone();
    for one in all {
        if let One::Member(id, user, until) = one {
            let group = next.groups.iter_mut().find(|g| g.id == *id).expect("the group");
            group.members.retain(|m| m.who != Who::User(user.clone()));
            group.members.extend(until.clone().map(|until| Member { who: Who::User(user.clone()), until }));
        }
    }
    for (number, place) in next.places.iter_mut().enumerate() {
        let entry = |(at, old): (usize, Entry)| {
            let other = all.iter().find_map(|one| match one {
                One::Entry(place, entry, new) if (*place, *entry) == (number, at) => Some(new.clone()),
                _ => None,
            });
            other.unwrap_or(Some(old))
        };
        place.entries = std::mem::take(&mut place.entries).into_iter().enumerate().filter_map(entry).collect();
    }
    let mut gone = Vec::new();
    for one in all {
        match one {
            One::Role(at, role) => next.roles[*at] = role.clone(),
            One::Assignment(at, Some(other)) => next.assignments[*at] = other.clone(),
            One::Assignment(at, None) => gone.push(*at),
            _ => {}
        }
    }
    let left = |(at, one): (usize, Assignment)| (!gone.contains(&at)).then_some(one);
    next.assignments = std::mem::take(&mut next.assignments).into_iter().enumerate().filter_map(left).collect();
    next
}

/// One to three changes of a world.
fn few(world: &World, chance: &mut Chance) -> Vec<One> {
    let mut all: Vec<One> = Vec::new();
    for _ in 0..chance.between(1, 3) {
        let until = chance.percent(30).then(|| "2031-01-01".to_owned());
        if chance.percent(30) && !world.roles.is_empty() {
            let at = chance.below(world.roles.len());
            let mut role = world.roles[at].clone();
            let other = chance.pick(&world.roles).clone();
            if chance.percent(70) {
                role.lists = other.lists
            } else {
                role.includes.push(other.id)
            }
            if !all.iter().any(|one| matches!(one, One::Role(role, _) if *role == at)) {
                all.push(One::Role(at, role));
            }
            continue;
        }
        if chance.percent(30) && !world.assignments.is_empty() {
            let at = chance.below(world.assignments.len());
            let other = Assignment { until, ..world.assignments[at].clone() };
            if !all.iter().any(|one| matches!(one, One::Assignment(one, _) if *one == at)) {
                all.push(One::Assignment(at, chance.percent(60).then_some(other)));
            }
            continue;
        }
        if chance.percent(50) && !world.groups.is_empty() {
            let group = chance.pick(&world.groups).id.clone();
            let user = chance.pick(&["ann", "ben", "eve"]).to_string();
            let there = all.iter().any(|one| matches!(one, One::Member(g, u, _) if (g, u) == (&group, &user)));
            if !there {
                all.push(One::Member(group, user, chance.percent(70).then_some(until)));
            }
            continue;
        }
        let entries: Vec<(usize, usize)> =
            (0..).zip(&world.places).flat_map(|(p, place): (usize, _)| (0..place.entries.len()).map(move |e| (p, e))).collect();
        if entries.is_empty() {
            continue;
        }
        let (place, at) = *chance.pick(&entries);
        let mut entry = world.places[place].entries[at].clone();
        let (p, e) = *chance.pick(&entries);
        if chance.percent(50) {
            entry.until = until
        } else {
            entry.says = world.places[p].entries[e].says.clone()
        }
        if !all.iter().any(|one| matches!(one, One::Entry(p, e, _) if (*p, *e) == (place, at))) {
            all.push(One::Entry(place, at, chance.percent(60).then_some(entry)));
        }
    }
    all
}

/// Whether a cause names a change.
fn names(cause: &Cause, world: &World, one: &One) -> bool {
    let said = |parts: &[&str]| cause.statements.iter().any(|s| parts.iter().all(|part| s.text.contains(part)));
    let id = |id: &str| Id(id).to_string();
    match one {
        One::Role(at, _) => said(&[&format!("role {}", Id(&world.roles[*at].id))]),
        One::Assignment(at, _) => {
            // A pattern that only this one names as its scope comes and goes with it.
            let scopes = &world.assignments[*at].scopes;
            let gone = cause.sort == Sort::Place && scopes.iter().any(|s| said(&[&format!("{} {}", s.kind, Id(&s.id))]));
            gone || said(&[&format!("assign {} ", Id(&world.assignments[*at].role))])
        }
        One::Member(group, user, _) => {
            let (who, of) = (format!("user {}", id(user)), format!(" in group {}", id(group)));
            cause.statements.iter().any(|s| s.text.ends_with(&of) && s.member.as_ref().is_some_and(|(one, _)| *one == who))
        }
        One::Entry(place, entry, _) => {
            let place = &world.places[*place];
            match &place.entries[*entry].who {
                Who::Everyone => said(&["default ", &id(&place.name.id)]),
                Who::User(who) => said(&[&format!("user {} can", id(who)), &id(&place.name.id)]),
                Who::Group(who) => said(&[&format!("group {} can", id(who)), &id(&place.name.id)]),
            }
        }
    }
}

/// What is named as a cause of what somebody gains or loses does it alone, and nothing of it can be left out.
#[test]
fn what_is_named_does_it_and_no_less_does() {
    let (mut asked, mut alone, mut missed) = (0, 0, 0);
    for seed in 0..rounds(200) {
        let mut chance = Chance::new(seed);
        let first = world(seed);
        let all = few(&first, &mut chance);
        let policy = |all: &[One]| -> Option<Policy> {
            // In one layout, so that no kind has its parts in another order.
            let next = changed(&first, all);
            if problems(&next).is_empty() { load(&files(&next, None)).ok() } else { None }
        };
        let (Some(old), Some(new)) = (policy(&[]), policy(&all)) else { continue };
        let (start, _) = from_when([old.table(), new.table()], &mut Chance::new(seed));
        let found = diff(side(&old), side(&new), start).expect("sound tables");
        for c in found.changes.iter().filter(|c| c.with.is_empty() && !c.who.everyone) {
            let at: Instant = c.since.unwrap_or(start);
            let ids: BTreeSet<(String, String)> = resources([old.table(), new.table()], &c.kind).into_iter().collect();
            for (gain, permission) in c.gained.iter().map(|p| (true, p)).chain(c.lost.iter().map(|p| (false, p))) {
                for (user, resource) in c.who.users.iter().flat_map(|u| c.resources.iter().map(move |r| (u, r))) {
                    let Some((_, id)) = ids.iter().find(|(shown, _)| shown == resource) else { continue };
                    let allows = |policy: &Policy| -> Option<bool> {
                        let table = policy.table();
                        let kind = table.kind(&c.kind)?;
                        let (on, permission) = (table.resource(kind, id).unwrap()?, table.permission(kind, permission)?);
                        let sign_in = table.sign_in_with(table.user(user).unwrap(), &[]).unwrap();
                        Some(table.check(&sign_in, permission, on, at).unwrap())
                    };
                    asked += 1;
                    let cause = &found.causes[c.cause];
                    // Others who join a group stand beside the one that is asked about.
                    let mine = |one: &One| !matches!(one, One::Member(_, other, _) if other != user);
                    let named: Vec<One> = all.iter().filter(|one| names(cause, &first, one) && mine(one)).cloned().collect();
                    let Some(allowed) = policy(&named).and_then(|policy| allows(&policy)) else { continue };
                    alone += 1;
                    let less = |at: usize| policy(&[&named[..at], &named[at + 1..]].concat()).and_then(|policy| allows(&policy));
                    // Where two entries of one subject and place changed, nobody can tell by the words which one is meant.
                    let whose = |one: &One| match one {
                        One::Entry(place, entry, _) => Some((*place, first.places[*place].entries[*entry].who.clone())),
                        _ => None,
                    };
                    let twice = |one: &One| whose(one).is_some() && named.iter().filter(|o| whose(o) == whose(one)).count() > 1;
                    let spare = (0..named.len()).find(|at| !twice(&named[*at]) && less(*at) == Some(gain));
                    if allowed != gain || spare.is_some() {
                        println!(
                            "seed {seed}: {permission} on {resource} for {user}, by {:?}, spare {spare:?} of {named:?}",
                            cause.title()
                        );
                        missed += 1;
                    }
                }
            }
        }
    }
    println!("{asked} decisions, {alone} of which what is named was tried alone");
    assert!(alone > 500 && missed == 0, "{missed} of {alone} in {asked}");
}

/// The causes of what a user gains or loses, each with its permissions.
fn of(old: &str, new: &str, user: &str) -> Vec<(String, String)> {
    let found = between(old, new);
    let mine = found.changes.iter().filter(|c| c.concerns(user));
    let words = |c: &Change| [("+", &c.gained), ("-", &c.lost)].map(|(sign, list)| list.first().map(|p| format!("{sign}{p}")));
    let mut all: Vec<_> = mine.map(|c| (found.causes[c.cause].title().1, words(c).into_iter().flatten().collect())).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn an_assignment_and_its_role_are_told_apart() {
    let policy =
        |role: &str, rest: &str| format!("use liveblocks\nrole r {{ can {role} }}\n{rest}\nroom a {{ default can nothing }}");
    let assigned = |until: &str| format!("assign r to user mal in room a{until}");
    let is = |old: (&str, &str), new: (&str, &str), causes: &[(&str, &str)]| {
        let causes: Vec<(String, String)> = causes.iter().map(|(cause, what)| ((*cause).into(), (*what).into())).collect();
        assert_eq!(of(&policy(old.0, old.1), &policy(new.0, new.1), "mal"), causes, "{old:?} {new:?}");
    };
    let (role, long) = ("role r says can write instead of can read", "assign r to user mal in room a");
    let both = format!("{long}, and {role}");
    // A new assignment of a role that is widened: what the old role would have given is the assignment's alone.
    is(("read", ""), ("write", &assigned("")), &[(long, "+*:read"), (&both, "+*:write")]);
    // One that is gone, of a role that is narrowed and gave it before: either would do.
    is(("write", &assigned("")), ("read", ""), &[(long, "-*:write")]);
    // One that is shorter, and one that is longer.
    let until = " until 2031-12-31";
    let short = format!("{long}{until}");
    let later = [(short.as_str(), "-*:read"), (role, "+*:write")];
    is(("read", &assigned("")), ("write", &assigned(until)), &later);
    let longer = [(long, "+*:read"), (&both, "+*:write"), (role, "+*:write")];
    is(("read", &assigned(until)), ("write", &assigned("")), &longer);
}

#[test]
fn roles_that_are_included_are_edits_of_their_own() {
    let policy = |base: &str, part: &str| {
        format!(
            "use liveblocks\nrole base {{ can {base} }}\nrole part {{ can {part} }}\nrole all includes base, part {{ }}\n\
             assign all to user mal everywhere\nroom a {{ default can nothing }}"
        )
    };
    let found = of(&policy("storage:read", "comments:read"), &policy("read", "comments:write"), "mal");
    let both =
        "role base says can read instead of can storage:read, and role part says can comments:write instead of can comments:read";
    assert!(found.contains(&(both.into(), "+comments:write".into())), "{found:?}");
    // A role that stops to include another one.
    let includes = |includes: &str| {
        format!(
            "use liveblocks\nrole base {{ can read }}\nrole all {includes} {{ can comments:write }}\n\
             assign all to user mal everywhere\nroom a {{ default can nothing }}"
        )
    };
    let found = of(&includes("includes base"), &includes(""), "mal");
    assert!(found.iter().all(|(cause, _)| cause == "role all no longer says includes base") && !found.is_empty(), "{found:?}");
}

#[test]
fn an_owner_line_and_what_owners_get_are_told_apart() {
    let policy = |gets: &str, owner: &str| {
        format!(
            "kind doc {{ levels read < write  owner gets {gets} }}\nrole reads {{ can read }}\nrole writes {{ can write }}\n\
             doc a {{ {owner} }}"
        )
    };
    let found = of(&policy("reads", ""), &policy("writes", "owner user mal"), "mal");
    let wide = "owner gets writes in kind doc, and owner user mal in doc a";
    let other = "owner user mal in doc a, and owner gets writes in kind doc";
    assert!(found.iter().any(|(cause, what)| (cause == wide || cause == other) && what == "+*:write"), "{found:?}");
    assert!(found.contains(&("owner user mal in doc a".into(), "+*:read".into())), "{found:?}");
}

/// A shorter pattern speaks only where the longest one lies in its container.
#[test]
fn a_shorter_pattern_in_another_container_takes_no_part() {
    let policy = |organization: &str, more: &str| {
        format!(
            "use liveblocks\norganization a {{ default can nothing }}\norganization b {{ user mal can write{more} }}\n\
             organization c\nroom \"p*\" in organization c {{ user mal can nothing }}\nroom \"pp*\" in organization {organization}"
        )
    };
    let found = of(&policy("a", ""), &policy("b", " until 2099-12-31"), "mal");
    assert!(!found.is_empty() && found.iter().all(|(cause, _)| cause == "room \"pp*\" lies elsewhere"), "{found:?}");
}

/// What the old side says of the container ends: from then on the longer entry is needed, too.
#[test]
fn a_new_resource_is_the_cause_as_long_as_the_old_entry_would_do() {
    let policy = |until: &str, room: &str| {
        format!("use liveblocks\norganization o {{ default can nothing  user mal can write{until}\n{room} }}")
    };
    let found = of(&policy(" until 2031-12-31", ""), &policy("", "room a"), "mal");
    let both = "user mal can write in organization o, and room a is new";
    assert_eq!(found.iter().map(|(cause, _)| cause.as_str()).collect::<Vec<_>>(), ["room a is new", both], "{found:?}");
}

/// Dozens of edits that speak of one decision are taken back as few are.
#[test]
fn many_edits_of_one_decision_are_taken_back() {
    let groups: String = (0..60).map(|i| format!("group g{i} {{ user mal }}\n")).collect();
    let room = |list: &str, more: &str| {
        let rows: String = (0..60).map(|i| format!("group g{i} can {list}\n")).collect();
        format!("use liveblocks\n{groups}room a {{ default can nothing\n{rows}{more} }}")
    };
    let found = of(&room("read", "user mal cannot write"), &room("write", ""), "mal");
    let cause = |wanted: &str| found.iter().find(|(_, what)| what == wanted).map(|(cause, _)| cause.as_str());
    // One of sixty entries, and the prohibition.
    assert_eq!(
        cause("+*:write"),
        Some("user mal cannot write in room a is taken away, and group g0 can write in room a"),
        "{found:?}"
    );
    // All of sixty entries that give less.
    let found = of(&room("write", ""), &room("read", ""), "mal");
    let titles: Vec<&str> = found.iter().map(|(cause, _)| cause.as_str()).collect();
    let [title] = titles[..] else { panic!("{titles:?}") };
    assert_eq!(title.matches(" can read in room a").count(), 60, "{title}");
}

const FOLDERS: &str =
    "kind folder in organization, folder { levels read < write }\nkind room in organization, folder { levels read < write }\n";

/// What a stranger or a user gains or loses on rooms, by the titles of the causes.
fn titles(old: &str, new: &str, user: Option<&str>) -> Vec<String> {
    let found = between(&format!("{FOLDERS}{old}"), &format!("{FOLDERS}{new}"));
    let mine = found.changes.iter().filter(|c| c.kind == "room" && user.map_or(c.who.everyone, |user| c.concerns(user)));
    let mut all: Vec<String> = mine.map(|c| found.causes[c.cause].title().1).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn patterns_on_the_way_take_part() {
    // A prohibition of a pattern that is gone, beside an entry that gives more.
    let old = "group g { user a }\norganization o { room \"p*\" { default cannot write } room p1 { group g can read } }";
    let new = "group g { user a }\norganization o { room p1 { group g can write } }";
    assert_eq!(
        titles(old, new, Some("a")),
        ["default cannot write in room \"p*\" is taken away, and group g can write in room p1"]
    );
    // A pattern that gives it, and a folder that the room leaves.
    let old = "organization o { folder locked { user a cannot read room xa } }";
    let new = "organization o { folder locked { user a cannot read } room xa }\nroom \"x*\" { user a can write }";
    let both = "user a can write in room \"x*\", and room xa lies elsewhere";
    assert_eq!(titles(old, new, Some("a")), ["user a can write in room \"x*\"", both]);
    // A move alone, beside a new entry of the folder that it left.
    let policy = |first: &str, second: &str| {
        format!(
            "organization o {{ user b can write folder f1 {{ {first} }} folder f2 {{ user b cannot read {second} }} }}\n\
             room \"x*\" {{ default can read }}"
        )
    };
    assert_eq!(titles(&policy("room xa", ""), &policy("user b can nothing", "room xa"), Some("b")), ["room xa lies elsewhere"]);
    // A new resource that an old pattern speaks of.
    let old = "organization o { room \"x*\" { user a can write } }";
    let new = "organization o { room \"x*\" { user a can write } room x1 { user a can read } }";
    assert_eq!(titles(old, new, Some("a")), ["user a can read in room x1"]);
    // A closer entry that is gone, and a pattern that gives more.
    let old = "organization o { room xa { default can nothing } room \"x*\" { user a can read } }";
    let new = "organization o { room xa  room \"x*\" { user a can write } }";
    let all = titles(old, new, Some("a"));
    assert!(
        all.iter().any(|t| t.contains("user a can write in room \"x*\"") && t.contains("default can nothing in room xa")),
        "{all:?}"
    );
}

#[test]
fn a_member_of_the_default_organization_is_needed() {
    let policy = |member: &str, entry: &str| {
        format!("organization default {{ member user z{member} }}\nroom r {{ default can nothing  {entry} }}")
    };
    let both = "user a can read in room r, and member user a in organization default";
    let all = titles(&policy("", ""), &policy("  member user a", "user a can read"), Some("a"));
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0] == both || all[0] == "member user a in organization default, and user a can read in room r", "{all:?}");
}

#[test]
fn two_moves_are_both_named() {
    let old = "organization o { folder f2  room x { default can read }  folder locked { default cannot read } }";
    let new = "organization o { folder locked { default cannot read  folder f2 { room x { default can read } } } }";
    assert_eq!(titles(old, new, None), ["folder f2 lies elsewhere, and room x lies elsewhere"]);
}

#[test]
fn of_two_that_would_do_the_one_that_decides_is_named() {
    let old = "organization o { default can nothing  room r { user u can read } }";
    let new = "organization o { default can write  room r { default can read  user u can read } }";
    assert_eq!(titles(old, new, None), ["default can read in room r"]);
}

/// Who joins and had it already is not named beside who gains by it.
#[test]
fn members_to_whom_nothing_happens_are_not_named() {
    let policy =
        |members: &str| format!("group g {{ {members} }}\nroom r {{ group g can read  user a can read  user b can read }}");
    assert_eq!(titles(&policy(""), &policy("user a, user b, user c"), Some("c")), ["user c joins group g"]);
    let found = between(&format!("{FOLDERS}{}", policy("")), &format!("{FOLDERS}{}", policy("user a, user b, user c")));
    assert_eq!(found.quiet.len(), 2, "{:?}", found.quiet);
    // Of one user, that one's membership is told.
    let policy = |members: &str| format!("{FOLDERS}group g {{ {members} }}\nroom r {{ group g can read }}");
    let found = between(&policy(""), &policy("user a, user b")).only(Some("a"), None);
    assert_eq!(found.causes[0].title().1, "user a joins group g");
}
