//! Liveblocks rooms as their REST API lists them, with the default, group and user lists of each.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::draft::{self, Draft};
use super::{ImportError, Imported, Input, OutFile};

pub(in crate::exchange) mod json;
mod list;
mod room;

use json::{Document, Node};
use list::List;
use room::{Room, Shelf};

/// Whether a file found in a folder can hold rooms.
pub fn wants(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["json", "jsonl", "ndjson"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reads every room of the inputs and writes a file for each organization.
///
/// # Errors
/// Text that is not JSON, a value of the wrong shape, or no room at all.
pub fn import(inputs: &[&Input]) -> Result<Imported, ImportError> {
    let documents: Vec<(&Path, Document<'_>)> = inputs.iter().map(|input| (input.path.as_path(), Document::new(input))).collect();
    let mut shelf = Shelf::default();
    for (path, document) in &documents {
        for value in document.values() {
            page(path, value?, &mut shelf)?;
        }
    }
    if shelf.seen == 0 {
        return Err(ImportError::general("no room was found")
            .with_help("give the rooms as the REST API lists them: a list, pages with `data`, or JSON Lines"));
    }
    let (rooms, notes) = shelf.finish();
    Ok(Imported { files: files(&rooms), notes })
}

/// One value of a file: a room, a list of rooms, or a page of the listing.
fn page<'d>(path: &'d Path, value: Node<'d>, shelf: &mut Shelf<'d>) -> Result<(), ImportError> {
    if value.is_list() {
        return value.list("the rooms")?.into_iter().try_for_each(|item| room::read(path, item, shelf));
    }
    if !value.is_object() {
        return Err(value.wrong("a room, a list of rooms, or a page with `data`"));
    }
    let fields = value.fields("a page")?;
    match fields.get(&["data"])? {
        Some(data) if fields.get(&["id"])?.is_none() => {
            data.list("`data`")?.into_iter().try_for_each(|item| room::read(path, item, shelf))
        }
        _ => room::read(path, value, shelf),
    }
}

/// A file for each organization, one for the rooms in none, and one for the groups.
fn files(rooms: &BTreeMap<Cow<'_, str>, Room<'_>>) -> Vec<OutFile> {
    let mut shelves: BTreeMap<Option<&str>, Vec<(&str, &Room<'_>)>> = BTreeMap::new();
    let mut groups = BTreeSet::new();
    for (id, room) in rooms {
        shelves.entry(room.organization.as_deref()).or_default().push((id, room));
        groups.extend(room.groups.keys().map(AsRef::as_ref));
    }
    let mut taken = BTreeSet::from(["groups.rk".to_owned(), "rooms.rk".to_owned()]);
    let mut files = Vec::new();
    for (organization, rooms) in shelves {
        let name = organization.map_or_else(|| "rooms.rk".to_owned(), |id| free_name(id, &mut taken));
        files.push(OutFile { name, text: rooms_text(organization, &rooms) });
    }
    if !groups.is_empty() {
        files.push(OutFile { name: "groups.rk".to_owned(), text: groups_text(&groups) });
    }
    files
}

/// A file name for an organization that no other one has, upper and lower case being the same.
fn free_name(organization: &str, taken: &mut BTreeSet<String>) -> String {
    let first = draft::file_name(organization);
    let stem = first.strip_suffix(".rk").unwrap_or(&first).to_owned();
    let mut name = first;
    let mut count = 2_usize;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{stem}-{count}.rk");
        count += 1;
    }
    name
}

fn rooms_text(organization: Option<&str>, rooms: &[(&str, &Room<'_>)]) -> String {
    let mut draft = Draft::new();
    draft.line("use liveblocks");
    draft.blank();
    let write = |draft: &mut Draft| {
        for (id, room) in rooms {
            draft.blank();
            draft.block(format!("room {}", draft::id(id)), |draft| entries(draft, room));
        }
    };
    match organization {
        Some(id) => draft.block(format!("organization {}", draft::id(id)), write),
        None => write(&mut draft),
    }
    draft.finish()
}

fn entries(draft: &mut Draft, room: &Room<'_>) {
    entry(draft, "default", &room.default);
    for (id, list) in &room.groups {
        entry(draft, &format!("group {}", draft::id(id)), list);
    }
    for (id, list) in &room.users {
        entry(draft, &format!("user {}", draft::id(id)), list);
    }
}

fn entry(draft: &mut Draft, principal: &str, list: &List<'_>) {
    match list {
        List::Nothing => draft.line(format!("{principal} can nothing")),
        List::Can(permissions) => {
            let permissions: Vec<String> = permissions.iter().map(|one| one.clone().into_owned()).collect();
            draft.list(format!("{principal} can"), &permissions, "");
        }
    }
}

fn groups_text(groups: &BTreeSet<&str>) -> String {
    let mut draft = Draft::new();
    draft.comment("The groups that rooms name. Their members are named at sign-in.");
    draft.blank();
    for id in groups {
        draft.line(format!("group {}", draft::id(id)));
    }
    draft.finish()
}
