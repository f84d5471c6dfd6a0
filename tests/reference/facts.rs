//! A world of which a part is said by facts in data files, in as many spellings as those allow.

use super::chance::Chance;
use super::print::files;
use super::world::{Assignment, Entry, Member, Name, Place, Says, Who, World};

/// A row: each column with its value.
type Row = Vec<(&'static str, String)>;

/// The files of a world, about half of what can be a fact being one.
pub fn with_facts(world: &World, mut chance: Chance) -> Vec<(String, String)> {
    let mut rest = world.clone();
    let sorts = [
        ("members", members(&mut rest, &mut chance)),
        ("resources", resources(&mut rest, &mut chance)),
        ("accesses", accesses(&mut rest, &mut chance)),
        ("assignments", assignments(&mut rest, &mut chance)),
    ];
    let named = |row: &Row| Name::new(&row[0].1, &row[1].1);
    let declared: Vec<Name> = [&sorts[1].1, &sorts[2].1].into_iter().flatten().map(named).collect();
    bare(&mut rest, &declared);
    let mut statements = String::new();
    let mut data = Vec::new();
    for (sort, mut rows) in sorts {
        chance.shuffle(&mut rows);
        let cut = if chance.percent(30) { chance.between(0, rows.len()) } else { rows.len() };
        let second = rows.split_off(cut);
        for (part, rows) in [rows, second].into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let json = chance.percent(50);
            let name = format!("data/{sort}{part}.{}", if json { "jsonl" } else { "csv" });
            statements += &format!("facts {sort} from \"../{name}\"\n");
            data.push((name, if json { json_lines(&rows, &mut chance) } else { csv(rows, &mut chance) }));
        }
    }
    // A container that is nowhere has no block to stand in.
    let held = rest.places.iter().all(|place| place.parent.as_ref().is_none_or(|parent| rest.place(parent).is_some()));
    let mut all = files(&rest, held.then_some(chance));
    all.push(("policies/facts.rk".to_string(), statements));
    all.extend(data);
    all
}

/// Takes about half of the items.
fn take<T>(items: &mut Vec<T>, chance: &mut Chance, can: impl Fn(&T) -> bool) -> Vec<T> {
    let (taken, left) = std::mem::take(items).into_iter().partition(|item| can(item) && chance.percent(50));
    *items = left;
    taken
}

fn members(world: &mut World, chance: &mut Chance) -> Vec<Row> {
    let mut rows = Vec::new();
    // A file has one of the two forms: that with the kind of the member can say it all.
    let users_only = chance.percent(30);
    for group in &mut world.groups {
        for Member { who, until } in take(&mut group.members, chance, |m| !users_only || matches!(m.who, Who::User(_))) {
            let mut row = vec![("group", group.id.clone())];
            match who {
                Who::User(id) if users_only => row.push(("user", id)),
                who => row.extend(principal(&who, ["member_kind", "member"], "")),
            }
            rows.push(ending(row, until));
        }
    }
    rows
}

fn resources(world: &mut World, chance: &mut Chance) -> Vec<Row> {
    let mut rows = Vec::new();
    for place in &mut world.places {
        if chance.percent(40) {
            let mut row = vec![("kind", place.name.kind.clone()), ("id", place.name.id.clone())];
            let parent = place.parent.take_if(|_| chance.percent(70));
            let (kind, id) = parent.map_or_else(Default::default, |parent| (parent.kind, parent.id));
            row.extend([("parent_kind", kind), ("parent", id)]);
            rows.push(row);
        }
    }
    rows
}

fn accesses(world: &mut World, chance: &mut Chance) -> Vec<Row> {
    let mut rows = Vec::new();
    for place in &mut world.places {
        for Entry { who, says, until, .. } in take(&mut place.entries, chance, |entry| entry.on.is_empty()) {
            let mut row = vec![("kind", place.name.kind.clone()), ("id", place.name.id.clone())];
            row.extend(principal(&who, ["principal_kind", "principal"], "default"));
            let (verb, list) = match says {
                Says::Can(list) => ("can", list),
                Says::Nothing => ("can", vec!["nothing".to_string()]),
                Says::Cannot(list) => ("cannot", list),
            };
            let between = *chance.pick(&[" ", ",", ", "]);
            row.extend([("verb", verb.to_string()), ("permissions", list.join(between))]);
            rows.push(ending(row, until));
        }
    }
    rows
}

fn assignments(world: &mut World, chance: &mut Chance) -> Vec<Row> {
    let mut rows = Vec::new();
    for Assignment { role, to, scopes, until } in take(&mut world.assignments, chance, |_| true) {
        let mut all = vec![Name::new("everywhere", "")];
        if !scopes.is_empty() {
            all = scopes;
        }
        for (who, scope) in to.iter().flat_map(|who| all.iter().map(move |scope| (who, scope))) {
            let mut row = vec![("role", role.clone())];
            row.extend(principal(who, ["subject_kind", "subject"], "everyone"));
            row.extend([("scope_kind", scope.kind.clone()), ("scope", scope.id.clone())]);
            rows.push(ending(row, until.clone()));
        }
    }
    rows
}

/// Leaves out the blocks of places that the rows declare, where nothing is left to say in them.
fn bare(world: &mut World, declared: &[Name]) {
    let whole = world.places.clone();
    let said = |place: &Place| !(place.entries.is_empty() && place.owners.is_empty() && place.members.is_empty());
    let holds = |name: &Name| whole.iter().any(|place| place.parent.as_ref() == Some(name));
    world.places.retain(|place| said(place) || place.parent.is_some() || holds(&place.name) || !declared.contains(&place.name));
}

fn principal(who: &Who, columns: [&'static str; 2], everyone: &str) -> Row {
    let (kind, id) = match who {
        Who::Everyone => (everyone, ""),
        Who::Group(id) => ("group", id.as_str()),
        Who::User(id) => ("user", id.as_str()),
    };
    vec![(columns[0], kind.to_string()), (columns[1], id.to_string())]
}

fn ending(mut row: Row, until: Option<String>) -> Row {
    row.push(("until", until.unwrap_or_default()));
    row
}

fn csv(mut rows: Vec<Row>, chance: &mut Chance) -> String {
    let last = rows[0].len() - 1;
    if rows[0][last].0 == "until" && rows.iter().all(|row| row[last].1.is_empty()) && chance.percent(50) {
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    let mut order: Vec<usize> = (0..rows[0].len()).collect();
    chance.shuffle(&mut order);
    let mut text = String::from(if chance.percent(20) { "\u{feff}" } else { "" });
    let header: Vec<String> = order.iter().map(|column| rows[0][*column].0.to_string()).collect();
    let end = if chance.percent(20) { "\r\n" } else { "\n" };
    text += &(header.join(",") + end);
    for row in &rows {
        let fields: Vec<String> = order.iter().map(|column| quoted(&row[*column].1, chance)).collect();
        text += &(fields.join(",") + end);
        if chance.percent(5) {
            text += end;
        }
    }
    if chance.percent(20) { text.trim_end().to_string() } else { text }
}

fn quoted(value: &str, chance: &mut Chance) -> String {
    if value.contains([',', '"']) || value.starts_with(' ') || value.ends_with(' ') || chance.percent(10) {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value.to_string()
}

fn json_lines(rows: &[Row], chance: &mut Chance) -> String {
    let mut text = String::new();
    for row in rows {
        let mut fields = Vec::new();
        for (name, value) in row {
            let optional = matches!(*name, "until" | "parent_kind" | "parent") || value.is_empty();
            match (*name, value.as_str()) {
                (_, "") if optional && chance.percent(50) => {}
                (_, "") if optional && chance.percent(30) => fields.push(format!("\"{name}\": null")),
                ("permissions", list) if chance.percent(50) => {
                    let items: Vec<String> =
                        list.split([',', ' ']).filter(|p| !p.is_empty()).map(|p| string(p, chance)).collect();
                    fields.push(format!("\"{name}\": [{}]", items.join(", ")));
                }
                (_, value) => fields.push(format!("\"{name}\":{}", string(value, chance))),
            }
        }
        chance.shuffle(&mut fields);
        text += &format!("{{{}}}\n", fields.join(","));
    }
    text
}

fn string(value: &str, chance: &mut Chance) -> String {
    let mut text = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            _ if chance.percent(4) => text += &format!("\\u{:04x}", u32::from(letter)),
            _ => text.push(letter),
        }
    }
    text + "\""
}
