//! What a table holds, in names again: for reasons, suggestions and listings.

use super::Table;
use super::decide::{Resource, ResourceId, RowId};
use super::layout::{COUNTED, NOTHING, SECTIONS, Section, grant, header, place};
use super::names::Sought;
use super::origins::{self, Which, Written};
use super::records::{Around, Grant, Pattern, Place, Principal as Record, Rows, next_record};
use super::sign_in::{GroupId, UserId};
use super::view::{Damage, number};
use crate::Instant;
use crate::model::kinds::KindId;
use crate::source::Origin;
use crate::syntax::print;

/// Whom a row speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Everyone who can sign in.
    Everyone,
    /// A user.
    User(String),
    /// The members of a group.
    Group(String),
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSort {
    /// An access entry.
    Can,
    /// A prohibition.
    Cannot,
    /// An assignment, or an owner.
    Role,
}

/// A place, in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlace {
    /// Its kind.
    pub kind: String,
    /// Its id; of a pattern with the `*`.
    pub id: String,
}

impl NamedPlace {
    /// As a question names it: `room:design:home`.
    pub fn address(&self) -> String {
        format!("{}:{}", self.kind, self.id)
    }

    /// As the language writes it: `room "design:home"`.
    pub fn statement(&self) -> String {
        format!("{} {}", self.kind, print::Id(&self.id))
    }
}

/// A row, in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whom it speaks of.
    pub who: Principal,
    /// Where it is written; `None` is everywhere.
    pub place: Option<NamedPlace>,
    /// The list of an entry.
    pub list: String,
    /// The role of an assignment.
    pub role: Option<String>,
    /// Whether it comes from an `owner` line.
    pub owner: bool,
    /// When it ends.
    pub until: Option<Instant>,
    /// Where it is written.
    pub origin: Origin,
}

/// A section and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionSize {
    /// Its name.
    pub name: &'static str,
    /// Its length.
    pub bytes: usize,
}

impl Table {
    /// The place whose record begins at a word.
    pub(crate) fn place(&self, at: u32) -> Result<Option<NamedPlace>, Damage> {
        if at == NOTHING {
            return Ok(None);
        }
        let place = Place::read(self.view(), at)?;
        let kind = self.kinds.get(place.kind as usize).ok_or(Damage::Sense(Section::Places))?;
        let star = if place.is(place::PATTERN) { "*" } else { "" };
        Ok(Some(NamedPlace { kind: kind.name.to_string(), id: format!("{}{star}", place.name(self.view())?) }))
    }

    /// A row of a place, in names.
    pub(crate) fn row(&self, id: RowId, sort: RowSort) -> Result<Row, Damage> {
        self.row_with(id, sort, |which| self.origin(id.place, which))
    }

    /// As [`Table::row`], with another way to find where it is written.
    pub(crate) fn row_with(
        &self,
        id: RowId,
        sort: RowSort,
        origin: impl FnOnce(Which) -> Result<Origin, Damage>,
    ) -> Result<Row, Damage> {
        let (rows, which) = self.rows(id, sort)?;
        let row = id.row as usize;
        let user = |at| Record::read(self.view(), Section::Users, at)?.name(self.view(), Section::Users);
        let group = |at| Record::read(self.view(), Section::Groups, at)?.name(self.view(), Section::Groups);
        let who = match (rows.users.get(row), rows.groups.get(row.wrapping_sub(rows.users.len()))) {
            (Some(at), _) => Principal::User(user(number(at))?.into()),
            (_, Some(at)) => Principal::Group(group(number(at))?.into()),
            _ => Principal::Everyone,
        };
        let given = Grant::read(self.view(), rows.gives(row))?;
        let role = number(&given.0[grant::ROLE]);
        let text = |id: u32| if id == NOTHING { Ok(String::new()) } else { self.text(id).map(String::from) };
        Ok(Row {
            who,
            place: self.place(id.place)?,
            list: text(number(&given.0[grant::TEXT]))?,
            role: if sort == RowSort::Role { Some(text(role & !grant::OWNER)?) } else { None },
            owner: sort == RowSort::Role && role & grant::OWNER != 0,
            until: if given.until() == NOTHING { None } else { Some(self.time(given.until())?) },
            origin: origin(which)?,
        })
    }

    fn rows(&self, id: RowId, sort: RowSort) -> Result<(Rows<'_>, Which), Damage> {
        if id.place == NOTHING {
            return Ok((Rows::read(self.view(), Section::Rows, self.everywhere)?, Which::Role(id.row)));
        }
        let place = Place::read(self.view(), id.place)?;
        Ok(match sort {
            RowSort::Can => (place.entries(self.view())?, Which::Can(id.row)),
            RowSort::Cannot => (place.rows(self.view(), place::CANNOT)?, Which::Cannot(id.row)),
            RowSort::Role => (place.rows(self.view(), place::ROLES)?, Which::Role(id.row)),
        })
    }

    /// Where a row of a place is written.
    pub(crate) fn origin(&self, place: u32, which: Which) -> Result<Origin, Damage> {
        self.in_file(origins::origin(self.view(), place, which)?)
    }

    /// Where all rows of a place are written, read at once: one by one, those of a place of many rows take long to find.
    pub(crate) fn written(&self, place: u32) -> Result<Written, Damage> {
        Written::read(self.view(), place, origins::count(self.view(), place, self.everywhere)?)
    }

    /// Where one of them is.
    pub(crate) fn written_at(&self, written: &Written, place: u32, which: Which) -> Result<Origin, Damage> {
        self.in_file(written.of(self.view(), place, which)?)
    }

    fn in_file(&self, origin: origins::Origin) -> Result<Origin, Damage> {
        let file = self.files.partition_point(|f| f.first_line < origin.line).checked_sub(1).and_then(|i| self.files.get(i));
        let nonsense = Damage::Sense(Section::Origins);
        let file = file.ok_or(nonsense)?;
        let line = origin.line.checked_sub(file.first_line).ok_or(nonsense)?;
        Ok(Origin { file: file.name.to_string(), line, column: origin.column })
    }

    pub(super) fn text(&self, id: u32) -> Result<&str, Damage> {
        let end = |i: u32| self.view().fixed::<1>(Section::TextEnds, i).map(|[w]| number(w) as usize);
        let start = if id == 0 { 0 } else { end(id - 1)? };
        let length = end(id)?.checked_sub(start).ok_or(Damage::Sense(Section::TextEnds))?;
        let bytes = self.view().part(Section::Texts, start, length)?;
        std::str::from_utf8(bytes).map_err(|_| Damage::Sense(Section::Texts))
    }

    /// Whether a resource is declared.
    pub(crate) fn declares(&self, kind: KindId, id: &str) -> Result<bool, Damage> {
        Ok(Sought::resource(self.seed, kind, id).find(self.view())?.is_some())
    }

    /// Whether a sign-in has to look for the groups above its own.
    pub(crate) fn closes_groups_late(&self) -> bool {
        self.open
    }

    /// The names of the groups, sorted, as far as they can be read and are asked for.
    pub(crate) fn group_names(&self, most: usize) -> impl Iterator<Item = &str> {
        self.principals(Section::Groups).take(most).map(|(name, _)| name)
    }

    /// Users or groups, sorted by name, with their records.
    fn principals(&self, section: Section) -> impl Iterator<Item = (&str, u32)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = next_record(self.view(), section, next).ok()??;
            let record = Record::read(self.view(), section, at).ok()?;
            next = record.end();
            Some((record.name(self.view(), section).ok()?, at))
        })
    }

    /// The ids of the declared resources of a kind, sorted, as far as they can be read and are asked for.
    pub(crate) fn resource_ids(&self, kind: KindId, most: usize) -> impl Iterator<Item = &str> {
        self.declared(kind).map_while(|p| p.ok()?.name(self.view()).ok()).take(most)
    }

    /// Every user that the policy names, sorted by name. Damage is an item, and the last one.
    pub fn users(&self) -> impl Iterator<Item = Result<(UserId, &str), Damage>> {
        self.listed(Section::Users).map(|item| item.map(|(name, at)| (UserId(at), name)))
    }

    /// Every group, sorted by name. Damage is an item, and the last one.
    pub fn groups(&self) -> impl Iterator<Item = Result<(GroupId, &str), Damage>> {
        self.listed(Section::Groups).map(|item| item.map(|(name, at)| (GroupId(at), name)))
    }

    fn listed(&self, section: Section) -> impl Iterator<Item = Result<(&str, u32), Damage>> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let from = next.take()?;
            let one = || -> Result<Option<(&str, u32, u32)>, Damage> {
                let Some(at) = next_record(self.view(), section, from)? else { return Ok(None) };
                let record = Record::read(self.view(), section, at)?;
                Ok(Some((record.name(self.view(), section)?, at, record.end())))
            };
            let found = one().transpose()?;
            next = found.as_ref().ok().map(|(.., end)| *end);
            Some(found.map(|(name, at, _)| (name, at)))
        })
    }

    /// The id of a declared resource.
    pub fn resource_name(&self, resource: ResourceId) -> Result<&str, Damage> {
        Place::read(self.view(), resource.0)?.name(self.view())
    }

    /// The patterns of a kind, sorted: the text before the `*` of each. Those of scopes are among them.
    pub fn patterns(&self, kind: KindId) -> Result<Vec<&str>, Damage> {
        let (from, to) = self.patterns.get(kind as usize).copied().unwrap_or((0, 0));
        let text = |i| Place::read(self.view(), Pattern::read(self.view(), i)?.place)?.name(self.view());
        (from..to).map(text).collect()
    }

    /// The organization that a resource is in, and whether it is closed; none is `default`, or for an organization
    /// that only a pattern matches itself.
    pub fn organization(&self, resource: Resource<'_>) -> Result<(Option<String>, bool), Damage> {
        let around = match resource {
            Resource::Declared(ResourceId(at)) => Place::read(self.view(), at)?.around,
            Resource::Matched(matched) => Pattern::read(self.view(), matched.pattern)?.around,
        };
        if around == NOTHING {
            return Ok((None, false));
        }
        let around = Around::read(self.view(), around)?;
        Ok((self.place(around.organization)?.map(|p| p.id), around.flags & place::CLOSED != 0))
    }

    /// All places, sorted by kind and id; damage is the last item.
    pub(super) fn places(&self) -> impl Iterator<Item = Result<Place, Damage>> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let found = self.next_place(next.take()?).transpose()?;
            next = found.as_ref().ok().map(|(_, behind)| *behind);
            Some(found.map(|(place, _)| place))
        })
    }

    /// The place whose record is next, and where it ends.
    fn next_place(&self, from: u32) -> Result<Option<(Place, u32)>, Damage> {
        let Some(at) = next_record(self.view(), Section::Places, from)? else { return Ok(None) };
        let place = Place::read(self.view(), at)?;
        Ok(Some((place, at.saturating_add(place.length(self.view())?))))
    }

    /// The declared resources of a kind, sorted by id; damage is the last item.
    fn declared(&self, kind: KindId) -> impl Iterator<Item = Result<Place, Damage>> {
        let before = move |p: &Result<Place, Damage>| p.is_ok_and(|p| p.kind < kind);
        let behind = move |p: &Result<Place, Damage>| p.is_ok_and(|p| p.kind > kind);
        let all = self.places().skip_while(before).take_while(move |p| !behind(p));
        all.filter(|p| p.is_err() || p.is_ok_and(|p| !p.is(place::PATTERN) && p.is(place::DECLARED)))
    }

    /// Every declared resource of a kind, sorted by id. Damage is an item, and the last one.
    pub fn resources(&self, kind: KindId) -> impl Iterator<Item = Result<ResourceId, Damage>> {
        self.declared(kind).map(|p| p.map(|p| ResourceId(p.at)))
    }

    /// What the policy says, counted.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u32)> {
        (0..).zip(COUNTED).map(|(i, name)| (name, self.view().head(header::COUNTS + 4 * i)))
    }

    /// The sections with their lengths, and the rest of the file as the last two.
    pub fn sizes(&self) -> Vec<SectionSize> {
        let all = SECTIONS.iter().map(|s| SectionSize { name: s.name(), bytes: self.view().length(*s) });
        let mut sizes: Vec<SectionSize> = all.collect();
        let header = self.view().head(header::LENGTH) as usize;
        let directory = self.bytes().len() - u64::from_le_bytes(self.view().head_bytes(header::DIRECTORY)) as usize;
        sizes.push(SectionSize { name: "header", bytes: header });
        sizes.push(SectionSize { name: "checksums", bytes: directory });
        let known: usize = sizes.iter().map(|s| s.bytes).sum();
        sizes.push(SectionSize { name: "filling", bytes: self.bytes().len().saturating_sub(known) });
        sizes
    }

    /// The digest of the sources: BLAKE3 over each file's name and text.
    pub fn source_digest(&self) -> [u8; 32] {
        self.view().head_bytes(header::SOURCES)
    }

    /// The name and version of the program that wrote it.
    pub fn writer(&self) -> String {
        let bytes: [u8; 32] = self.view().head_bytes(header::WRITER);
        String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_string()
    }

    /// The major and minor version of the format.
    pub fn format(&self) -> (u16, u16) {
        let half = |at| u16::from_le_bytes(self.view().head_bytes(at));
        (half(header::MAJOR), half(header::MINOR))
    }

    /// The first and the last instant at which something ends.
    pub fn ends(&self) -> Option<(Instant, Instant)> {
        (self.times > 0).then_some(self.ends)
    }

    /// The files that it was compiled from.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|f| &*f.name)
    }
}
