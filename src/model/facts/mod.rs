//! Facts → model: a row of a data file means exactly what its statement means.

mod columns;
mod csv;
mod json;
mod lists;
mod look;
mod rows;

use crate::facts::{Format, Sort};
use crate::finding::{DATA_ROW, Finding, did_you_mean};
use crate::source::FileId;
use crate::syntax::tree::{Address, Name, Principal, Verb};
use columns::WIDTH;
use lists::Lists;
use rows::{Cell, Chunk, Row, UNKNOWN};

use super::access::{Entry, Site};
use super::places::{self, address};
use super::{Assignment, Binder, Membership, NEVER, PlaceId, TimeId, Who, roles};

/// The text of a data file, and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Data<'s> {
    /// What sort of facts.
    pub sort: Sort,
    /// How they are written.
    pub format: Format,
    /// The file.
    pub file: FileId,
    /// What messages call it.
    pub name: &'s str,
    /// Its whole text.
    pub text: &'s str,
}

/// Binds the facts of one sort, in the order of their files and rows.
pub fn bind(b: &mut Binder<'_>, data: &[Data<'_>], sort: Sort) {
    for data in data.iter().filter(|d| d.sort == sort) {
        let start = match data.format {
            Format::Csv => csv::header(*data, &mut b.findings),
            Format::JsonLines => Some((Vec::new(), if data.text.starts_with('\u{feff}') { 3 } else { 0 })),
        };
        let Some((columns, from)) = start else { continue };
        let mut facts = Facts { b: &mut *b, lists: Lists::default(), last: None };
        rows::each(*data, (from, &columns), &mut facts, |f, chunk| look::up(&f.b.model, chunk), Facts::chunk);
    }
}

/// A row in its chunk.
#[derive(Clone, Copy)]
struct At<'c, 's> {
    chunk: &'c Chunk<'s>,
    row: &'c Row,
}

/// A cell with the name of its column.
#[derive(Clone, Copy)]
struct Field {
    cell: Cell,
    name: &'static str,
}

impl Field {
    fn there(self) -> bool {
        self.cell != Cell::NONE
    }
}

impl At<'_, '_> {
    fn fields(self) -> [Field; WIDTH] {
        let names = columns::names(self.chunk.data.sort);
        std::array::from_fn(|c| Field { cell: self.row.cells[c], name: names.get(c).copied().unwrap_or("") })
    }

    /// The number of the `nth` name that was looked up.
    fn known(self, nth: usize) -> Option<u32> {
        Some(self.row.known[nth]).filter(|id| *id != UNKNOWN)
    }

    fn is_empty(self, field: Field) -> bool {
        self.chunk.name(field.cell).is_none_or(|name| name.text.is_empty())
    }
}

/// The binding of one file.
struct Facts<'b, 'a, 's> {
    b: &'b mut Binder<'a>,
    lists: Lists<'s>,
    /// The resource of the row before: rows of one resource often stand together.
    last: Option<(&'s str, &'s str, PlaceId)>,
}

impl<'s> Facts<'_, '_, 's> {
    fn chunk(&mut self, mut chunk: Chunk<'s>) {
        self.b.findings.append(&mut chunk.findings);
        for row in &chunk.rows {
            let at = At { chunk: &chunk, row };
            // A row with a fault has said so, and the next one is read all the same.
            let _: Option<()> = match chunk.data.sort {
                Sort::Members => self.member(at),
                Sort::Resources => self.resource(at),
                Sort::Accesses => self.access(at),
                Sort::Assignments => self.assignment(at),
            };
        }
        self.b.settle();
    }

    fn member(&mut self, at: At<'_, 's>) -> Option<()> {
        let [group, user, kind, member, until, ..] = at.fields();
        let of = self.group(at, group, 0);
        let (who, field) = if !kind.there() && !member.there() {
            (self.user(at, user, 1), user)
        } else if user.there() {
            self.fault(at, user.cell, columns::CLASH, "give one of them");
            (None, user)
        } else {
            (self.who(at, (kind, member, 1), None), member)
        };
        let until = self.until(at, until);
        let (Who::Group(of), who, until) = (of?, who?, until?) else { return None };
        self.b.model.members.push(Membership { of, who, until, span: at.chunk.span(field.cell) });
        Some(())
    }

    fn resource(&mut self, at: At<'_, 's>) -> Option<()> {
        let [kind, id, outer_kind, outer, ..] = at.fields();
        let place = self.place(at, kind, id);
        if at.is_empty(outer_kind) && at.is_empty(outer) {
            return Some(());
        }
        if let (Some(place), Some(parent)) = (place, at.known(1)) {
            places::contain(self.b, place, parent, at.chunk.span(outer.cell));
            return Some(());
        }
        let (kind, id) = (self.need(at, outer_kind), self.need(at, outer));
        places::contain_later(self.b, place?, &Address { kind: kind?, id: id? })
    }

    fn access(&mut self, at: At<'_, 's>) -> Option<()> {
        let [kind, id, who_kind, who, verb, permissions, until] = at.fields();
        let place = self.place(at, kind, id);
        let who = self.who(at, (who_kind, who, 1), Some("default"));
        let verb = self.verb(at, verb);
        let until = self.until(at, until);
        let list = self.need(at, permissions);
        let site = self.site(at, kind, place?)?;
        let list = self.lists.bind(self.b, at, (site, verb?), &list?);
        let span = at.chunk.span(at.row.whole);
        self.b.model.entries.push(Entry { place: place?, who: who?, verb: verb?, list: list?, until: until?, span });
        Some(())
    }

    fn assignment(&mut self, at: At<'_, 's>) -> Option<()> {
        let [role, who_kind, who, scope_kind, scope, until, _] = at.fields();
        let role = self.need(at, role).and_then(|name| self.b.role(&name));
        let who = self.who(at, (who_kind, who, 0), Some("everyone"));
        let scope = self.scope(at, scope_kind, scope);
        let until = self.until(at, until);
        let span = at.chunk.span(at.row.whole);
        let assignment = Assignment { role: role?, who: who?, scope: scope?, until: until?, span, owner: false };
        self.b.model.assignments.push(assignment);
        Some(())
    }

    /// The place that a row declares, as a block or statement does.
    fn place(&mut self, at: At<'_, 's>, kind: Field, id: Field) -> Option<PlaceId> {
        if let Some(place) = at.known(0) {
            return Some(place);
        }
        let texts = at.chunk.plain(kind.cell).zip(at.chunk.plain(id.cell));
        if let (Some((kind, id)), Some(last)) = (texts, self.last)
            && (kind, id) == (last.0, last.1)
        {
            return Some(last.2);
        }
        let (kind, id) = (self.need(at, kind), self.need(at, id));
        let place = address(self.b, &Address { kind: kind?, id: id? }, true)?;
        self.last = texts.map(|(kind, id)| (kind, id, place));
        Some(place)
    }

    /// Where the list of an access stands. The place itself would be one more read of slow memory, so only an
    /// organization is looked at.
    fn site(&self, at: At<'_, 's>, kind: Field, place: PlaceId) -> Option<Site> {
        let kind = self.b.model.kind_names.get(&at.chunk.name(kind.cell)?.text)?;
        Some(Site::Place(kind, kind == 0 && self.b.model.places[place as usize].is_default_organization()))
    }

    /// Whom a row speaks of; `everyone` is the word for all, where there can be one.
    fn who(&mut self, at: At<'_, 's>, (kind, name, nth): (Field, Field, usize), everyone: Option<&str>) -> Option<Who> {
        let word = self.need(at, kind)?;
        match &*word.text {
            "user" => self.user(at, name, nth),
            "group" => self.group(at, name, nth),
            text if everyone == Some(text) => self.nobody(at, name, text).map(|()| Who::Everyone),
            text => {
                let known = ["user", "group"].into_iter().chain(everyone);
                let words: Vec<String> = known.clone().map(|w| format!("`{w}`")).collect();
                let help = did_you_mean(text, known).unwrap_or_else(|| format!("type one of {}", words.join(", ")));
                self.fault(at, kind.cell, &format!("`{text}` cannot stand as `{}`", kind.name), &help);
                None
            }
        }
    }

    fn user(&mut self, at: At<'_, 's>, name: Field, nth: usize) -> Option<Who> {
        let sound = |id: &u32| !self.b.settings.users_declared || *id < self.b.declared_users;
        match at.known(nth).filter(sound) {
            Some(id) => Some(Who::User(id)),
            None => self.need(at, name).and_then(|name| self.b.principal(&Principal::User(name))),
        }
    }

    fn group(&mut self, at: At<'_, 's>, name: Field, nth: usize) -> Option<Who> {
        match at.known(nth) {
            Some(id) => Some(Who::Group(id)),
            None => self.need(at, name).and_then(|name| self.b.principal(&Principal::Group(name))),
        }
    }

    /// `default`, `everyone` and `everywhere` have no id.
    fn nobody(&mut self, at: At<'_, 's>, name: Field, word: &str) -> Option<()> {
        if at.is_empty(name) {
            return Some(());
        }
        let message = format!("`{word}` has no id, and the field `{}` holds one", name.name);
        self.fault(at, name.cell, &message, "leave the field empty");
        None
    }

    fn verb(&mut self, at: At<'_, 's>, field: Field) -> Option<Verb> {
        let word = self.need(at, field)?;
        match &*word.text {
            "can" => Some(Verb::Can),
            "cannot" => Some(Verb::Cannot),
            text => {
                self.fault(at, field.cell, &format!("`{text}` is neither `can` nor `cannot`"), "type one of them");
                None
            }
        }
    }

    fn scope(&mut self, at: At<'_, 's>, kind: Field, id: Field) -> Option<Option<PlaceId>> {
        let kind = self.need(at, kind)?;
        if kind.text == "everywhere" {
            return self.nobody(at, id, "everywhere").map(|()| None);
        }
        if let Some(place) = at.known(1) {
            return Some(Some(place));
        }
        let id = self.need(at, id)?;
        roles::scope(self.b, &Address { kind, id }).map(Some)
    }

    fn until(&mut self, at: At<'_, 's>, field: Field) -> Option<TimeId> {
        match at.chunk.name(field.cell).filter(|name| !name.text.is_empty()) {
            None => Some(NEVER),
            name => self.b.until(name.as_ref()),
        }
    }

    /// A value that the row cannot do without.
    fn need(&mut self, at: At<'_, 's>, field: Field) -> Option<Name<'s>> {
        let name = at.chunk.name(field.cell);
        if name.is_none() {
            let help = columns::usual(at.chunk.data.sort);
            self.fault(at, at.row.whole, &format!("the row has no `{}`", field.name), help);
        }
        name
    }

    fn fault(&mut self, at: At<'_, 's>, cell: Cell, message: &str, help: &str) {
        self.b.push(Finding::new(&DATA_ROW, at.chunk.span(cell), message).help(help));
    }
}
