//! One room object, and the shelf of all rooms with what there is to say about them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::json::{Fields, Node, spoken};
use super::list::{self, List};
use crate::exchange::draft::id_fault;
use crate::exchange::{ImportError, Note};

/// A room that can be written.
pub struct Room<'d> {
    /// The organization that holds it, if one does.
    pub organization: Option<Cow<'d, str>>,
    /// What everyone has.
    pub default: List<'d>,
    /// What members of groups have.
    pub groups: Entries<'d>,
    /// What single users have.
    pub users: Entries<'d>,
    place: (&'d Path, u32),
}

/// The lists of the groups or of the users of a room.
pub type Entries<'d> = BTreeMap<Cow<'d, str>, List<'d>>;

/// All rooms so far, and the notes on them.
#[derive(Default)]
pub struct Shelf<'d> {
    /// How many room objects were seen, the ones left out included.
    pub seen: usize,
    rooms: BTreeMap<Cow<'d, str>, Room<'d>>,
    /// Rooms that were listed with different accesses: never written.
    contested: BTreeMap<Cow<'d, str>, (&'d Path, u32)>,
    /// For each input, how many lists had the retired permission, and where the first one stands.
    retired: BTreeMap<&'d Path, (usize, u32)>,
    notes: Vec<Note>,
}

/// The room under way, for messages.
struct Context<'s, 'd> {
    shelf: &'s mut Shelf<'d>,
    path: &'d Path,
    room: Cow<'d, str>,
}

/// Reads a room object onto the shelf.
pub fn read<'d>(path: &'d Path, node: Node<'d>, shelf: &mut Shelf<'d>) -> Result<(), ImportError> {
    let fields = node.fields("a room")?;
    let Some(id) = fields.text(&["id"])? else {
        return Err(node.fault("this room has no `id`".to_owned()));
    };
    shelf.seen += 1;
    let mut context = Context { shelf, path, room: id.clone() };
    if let Some(fault) = id_fault(&id) {
        context.left_out(node, format!("its id {fault}"));
        return Ok(());
    }
    if let Some(room) = build(node, &fields, &mut context)? {
        shelf.add(id, room);
    }
    Ok(())
}

fn build<'d>(node: Node<'d>, fields: &Fields<'d>, context: &mut Context<'_, 'd>) -> Result<Option<Room<'d>>, ImportError> {
    let organization = match organization(fields)? {
        Ok(organization) => organization,
        Err(why) => {
            context.left_out(node, why);
            return Ok(None);
        }
    };
    let default = match fields.get(&["defaultAccesses"])? {
        Some(list) => context.list("the default list", list)?.unwrap_or(List::Nothing),
        None => {
            context.note(node, "has no `defaultAccesses`: read as a private room");
            List::Nothing
        }
    };
    let Some(groups) = context.entries(fields, "groupsAccesses", "group")? else { return Ok(None) };
    let Some(users) = context.entries(fields, "usersAccesses", "user")? else { return Ok(None) };
    Ok(Some(Room { organization, default, groups, users, place: (context.path, node.line()) }))
}

/// The organization of a room; a sentence's end where it cannot be told.
fn organization<'d>(fields: &Fields<'d>) -> Result<Result<Option<Cow<'d, str>>, String>, ImportError> {
    let new = fields.text(&["organizationId"])?;
    let old = fields.text(&["tenantId"])?;
    if let (Some(new), Some(old)) = (&new, &old)
        && new != old
    {
        return Ok(Err(format!("`organizationId` is `{}` and `tenantId` is `{}`", spoken(new), spoken(old))));
    }
    Ok(match new.or(old).filter(|id| id != "default") {
        Some(id) => match id_fault(&id) {
            Some(fault) => Err(format!("the id of its organization, `{}`, {fault}", spoken(&id))),
            None => Ok(Some(id)),
        },
        None => Ok(None),
    })
}

impl<'d> Context<'_, 'd> {
    /// The lists of all groups or users; none when the room cannot be written without giving more than the source.
    fn entries(&mut self, fields: &Fields<'d>, name: &str, kind: &str) -> Result<Option<Entries<'d>>, ImportError> {
        let Some(node) = fields.get(&[name])? else { return Ok(Some(Entries::new())) };
        let mut lists: BTreeMap<Cow<'d, str>, Option<List<'d>>> = BTreeMap::new();
        for field in node.fields(&format!("`{name}`"))?.iter() {
            if let Some(fault) = id_fault(&field.name) {
                let who = format!("the id of {kind} `{}` {fault}", spoken(&field.name));
                if kind == "group" {
                    // Without the list of one group, its members could have more than with it.
                    self.left_out(field.value, who);
                    return Ok(None);
                }
                self.note(field.value, &format!("{who}: the entry is left out"));
                continue;
            }
            let who = format!("the list of {kind} `{}`", spoken(&field.name));
            let list = self.list(&who, field.value)?;
            if list.is_none() {
                self.note(field.value, &format!("{who} {}: the entry is left out", effectless(field.value)));
            }
            self.add(&mut lists, field.name.clone(), list, field.value, &who);
        }
        Ok(Some(lists.into_iter().filter_map(|(id, list)| Some((id, list?))).collect()))
    }

    /// Adds a list; two that differ leave `can nothing`.
    fn add(
        &mut self,
        lists: &mut BTreeMap<Cow<'d, str>, Option<List<'d>>>,
        id: Cow<'d, str>,
        list: Option<List<'d>>,
        node: Node<'d>,
        who: &str,
    ) {
        let Some(before) = lists.get_mut(&id) else {
            lists.insert(id, list);
            return;
        };
        if *before == list {
            self.note(node, &format!("{who} is given twice: kept once"));
        } else {
            *before = Some(List::Nothing);
            self.note(node, &format!("{who} is given twice and differs: `can nothing` is written for it"));
        }
    }

    /// One list; none when it has no effect.
    fn list(&mut self, who: &str, node: Node<'d>) -> Result<Option<List<'d>>, ImportError> {
        let items = match node {
            node if node.is_null() => Vec::new(),
            node if node.is_text() => vec![node],
            node => node.list(who)?,
        };
        let expected = format!("a permission in {who}");
        let permissions = items.iter().map(|item| item.text(&expected)).collect::<Result<Vec<_>, _>>()?;
        let reading = list::read(permissions);
        if reading.retired {
            let (count, _) = self.shelf.retired.entry(self.path).or_insert((0, node.line()));
            *count += 1;
        }
        for change in &reading.changes {
            self.note(node, &format!("{who} {change}"));
        }
        if reading.unsound {
            self.note(node, &format!("{who} is not sound: `can nothing` is written in its place"));
            return Ok(Some(List::Nothing));
        }
        Ok((!reading.kept.is_empty()).then_some(List::Can(reading.kept)))
    }

    fn note(&mut self, node: Node<'d>, what: &str) {
        let message = format!("room `{}`: {what}", spoken(&self.room));
        self.shelf.notes.push(Note::at(self.path, node.line(), message));
    }

    fn left_out(&mut self, node: Node<'d>, why: String) {
        let message = format!("room `{}` is left out: {why}", spoken(&self.room));
        self.shelf.notes.push(Note::at(self.path, node.line(), message));
    }
}

/// Why a list has no effect, as the end of a sentence that begins with it.
fn effectless(node: Node<'_>) -> &'static str {
    match node {
        node if node.is_null() => "is `null`",
        node if node.is_empty_list() => "is empty, which has no effect in Liveblocks",
        _ => "has nothing left in it",
    }
}

impl<'d> Shelf<'d> {
    /// The rooms to write, and every note.
    pub fn finish(mut self) -> (BTreeMap<Cow<'d, str>, Room<'d>>, Vec<Note>) {
        for (path, (count, line)) in &self.retired {
            let lists = if *count == 1 { "a list".to_owned() } else { format!("{count} lists, here in the first") };
            let message = format!("`room:presence:write` is retired and has no effect: left out of {lists}");
            self.notes.push(Note::at(path, *line, message));
        }
        (self.rooms, self.notes)
    }

    /// Adds a room; one that is listed again must say the same, for no one can tell which listing holds.
    fn add(&mut self, id: Cow<'d, str>, room: Room<'d>) {
        let place = room.place;
        let first = match self.rooms.get(&id) {
            Some(before) if before.same(&room) => {
                self.say(place, format!("room `{}` is listed twice: kept once", spoken(&id)));
                return;
            }
            Some(before) => before.place,
            None => match self.contested.get(&id) {
                Some(first) => *first,
                None => {
                    self.rooms.insert(id, room);
                    return;
                }
            },
        };
        let at = format!("{}:{}", first.0.display(), first.1);
        self.say(place, format!("room `{}` is left out: it is listed at {at} too, and differs", spoken(&id)));
        self.rooms.remove(&id);
        self.contested.insert(id, first);
    }

    fn say(&mut self, place: (&Path, u32), message: String) {
        self.notes.push(Note::at(place.0, place.1, message));
    }
}

impl Room<'_> {
    fn same(&self, other: &Self) -> bool {
        self.organization == other.organization
            && self.default == other.default
            && self.groups == other.groups
            && self.users == other.users
    }
}
