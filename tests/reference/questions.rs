//! Random questions about a world: people, places and instants that lie close to what it says.

use super::chance::Chance;
use super::generate::{GROUPS, IDS, ORGANIZATIONS, STARTS, USERS};
use super::time::{end_of, instant, written};
use super::world::{Kind, Name, Question, SignIn, World};

/// This many questions about the world.
pub fn questions(world: &World, chance: &mut Chance, count: usize) -> Vec<Question> {
    let ends = ends(world);
    (0..count).map(|_| question(world, chance, &ends)).collect()
}

fn question(world: &World, chance: &mut Chance, ends: &[i128]) -> Question {
    let on = resource(world, chance);
    let kind = world.kind(&on.kind).expect("questions are about kinds of the world");
    let permission = permission(kind, chance);
    let mut question = Question { sign_in: sign_in(chance), permission, on, at: at(chance, ends) };
    if chance.percent(2) {
        spoil(&mut question, kind, chance);
    }
    question
}

fn sign_in(chance: &mut Chance) -> SignIn {
    let user = match chance.below(100) {
        0..12 => "nobody",
        12..50 => USERS[chance.below(2)],
        _ => chance.pick(&USERS),
    };
    let user = user.to_string();
    let organization = match chance.below(100) {
        0..87 => None,
        87..98 => Some(chance.pick(&ORGANIZATIONS).to_string()),
        _ => Some("nowhere".to_string()),
    };
    let mut groups = Vec::new();
    while groups.len() < 3 && chance.percent(30) {
        groups.push(if chance.percent(10) { "ghosts" } else { chance.pick(&GROUPS) }.to_string());
    }
    SignIn { user, organization, groups }
}

fn resource(world: &World, chance: &mut Chance) -> Name {
    let scopes = world.assignments.iter().flat_map(|assignment| &assignment.scopes);
    let named: Vec<&Name> = world.places.iter().map(|place| &place.name).chain(scopes).collect();
    let askable = |kind: &str| world.kind(kind).is_some_and(|kind| !permissions(kind).is_empty());
    let named: Vec<&Name> = named.into_iter().filter(|name| askable(&name.kind)).collect();
    if named.is_empty() || chance.percent(5) {
        let kinds: Vec<&Kind> = world.kinds.iter().filter(|kind| askable(&kind.name)).collect();
        let kind = if kinds.is_empty() { chance.pick(&world.kinds) } else { *chance.pick(&kinds) };
        return Name::new(&kind.name, IDS[chance.below(IDS.len())]);
    }
    let name = *chance.pick(&named);
    let Some(start) = name.id.strip_suffix('*') else { return name.clone() };
    let end = *chance.pick(&["", "x", "bc", ":b", ":b:c", "design"]);
    let id = format!("{start}{end}");
    Name::new(&name.kind, if id.is_empty() { STARTS[1] } else { &id })
}

/// A permission that can be asked, lower levels more often than higher ones.
fn permission(kind: &Kind, chance: &mut Chance) -> String {
    let all = permissions(kind);
    if all.is_empty() {
        return "read".to_string();
    }
    let (one, other) = (chance.below(all.len()), chance.below(all.len()));
    if chance.percent(40) { all[one.min(other)].clone() } else { all[one].clone() }
}

/// Every permission that can be asked of a kind, in each spelling.
pub fn permissions(kind: &Kind) -> Vec<String> {
    let mut all = Vec::new();
    for level in &kind.levels {
        all.extend([level.clone(), format!("*:{level}"), format!("{}:{level}", kind.name)]);
        all.extend(kind.features.iter().map(|feature| format!("{feature}:{level}")));
    }
    all.extend(kind.permissions.iter().cloned());
    all
}

/// The instants at which something in the world ends.
fn ends(world: &World) -> Vec<i128> {
    let groups = world.groups.iter().flat_map(|group| &group.members).map(|member| &member.until);
    let members = world.places.iter().flat_map(|place| &place.members).map(|member| &member.until);
    let entries = world.places.iter().flat_map(|place| &place.entries).map(|entry| &entry.until);
    let assignments = world.assignments.iter().map(|assignment| &assignment.until);
    let all = groups.chain(members).chain(entries).chain(assignments);
    all.flatten().map(|until| end_of(until)).collect()
}

fn at(chance: &mut Chance, ends: &[i128]) -> Option<String> {
    if ends.is_empty() && chance.percent(50) {
        return None;
    }
    let usual = instant("2026-01-15T09:30:00Z");
    let moment = if ends.is_empty() || chance.percent(50) { usual } else { *chance.pick(ends) };
    let near = *chance.pick(&[-1, 0, 0, 1, -3_600_000_000_000]);
    Some(written(moment + near, *chance.pick(&[0, 0, 120, -330, 840])))
}

/// Makes a question that has no answer.
fn spoil(question: &mut Question, kind: &Kind, chance: &mut Chance) {
    match chance.below(6) {
        0 => question.permission = "*".to_string(),
        1 => question.permission = "no-such-thing".to_string(),
        2 => question.permission = kind.features.first().map_or("none".to_string(), |path| format!("{path}:none")),
        3 => question.permission = kind.retired.first().map_or("nothing".to_string(), String::clone),
        4 => question.on.kind = "no_such_kind".to_string(),
        _ => question.on.id.push('*'),
    }
}
