//! Users × resources: what each user can on each resource, and why.

use std::collections::{HashMap, HashSet};

use super::access::{Access, Ladder};
use super::check::plain;
use super::question::{QuestionError, Resource};
use super::reason::{Reason, ReasonKind, entry, of_table};
use crate::finding::did_you_mean;
use crate::instant::Instant;
use crate::model::kinds::{KindId, LOWEST};
use crate::syntax::print;
use crate::table::decide::{self, Cause};
use crate::table::{RowSort, SignIn, Table};

/// The most cells of a matrix: a larger one is for a program, and `who` and `what` are better at that.
pub const MOST_CELLS: usize = 250_000;

/// The highest of [`Cell::height`].
pub const HIGHEST: usize = 5;

/// What a matrix shows.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The users; all that the policy names and a stranger where it is empty.
    pub users: Vec<String>,
    /// The resources as `KIND:ID`, or `KIND:TEXT*` for all that begin with a text; all where it is empty.
    pub resources: Vec<String>,
    /// Only resources of this kind.
    pub kind: Option<String>,
    /// When.
    pub at: Instant,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The id; `None` is a stranger.
    pub user: Option<String>,
    /// Whether the policy names the user.
    pub known: bool,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The kind.
    pub kind: String,
    /// The id; a pattern with its `*` stands for what it matches, is not declared and matches no longer pattern.
    pub id: String,
    /// For each column the number of its cell.
    pub cells: Vec<usize>,
}

/// What stands in a cell: one for all that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is allowed, as a list of the language.
    pub list: String,
    /// How high the base is: 0 is nothing, [`HIGHEST`] the highest level. Flat permissions without a base are 3.
    pub height: u8,
    /// Each word of the list, and what makes it so; for nothing, the word `nothing`, and why.
    pub reasons: Vec<(String, Reason)>,
}

/// Users × resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, by kind and id, patterns last.
    pub lines: Vec<Line>,
    /// What stands in the cells.
    pub cells: Vec<Cell>,
}

/// What each user can on each resource.
///
/// # Errors
/// A kind, a resource or a pattern that the policy does not have, an id that no user can have, more than
/// [`MOST_CELLS`], and a damaged table.
pub fn matrix(table: &Table, chosen: &Chosen) -> Result<Matrix, QuestionError> {
    let (columns, sign_ins) = columns(table, chosen)?;
    let rows = rows(table, chosen)?;
    if rows.len().saturating_mul(columns.len()) > MOST_CELLS {
        return Err(too_many(columns.len(), rows.len()));
    }
    let mut filling = Filling { table, at: chosen.at, cells: Vec::new(), known: HashMap::new() };
    let mut lines = Vec::with_capacity(rows.len());
    let mut ladder: Option<Ladder> = None;
    for row in rows {
        let ladder = match ladder.take().filter(|l| l.kind() == row.kind) {
            Some(same) => ladder.insert(same),
            None => ladder.insert(Ladder::new(table, row.kind)),
        };
        let Some(on) = table.resource(row.kind, &row.asked)? else { continue };
        let cells = sign_ins.iter().map(|s| filling.cell(ladder, s, on)).collect::<Result<_, _>>()?;
        lines.push(Line { kind: table.kinds()[row.kind as usize].name.to_string(), id: row.id, cells });
    }
    Ok(Matrix { columns, lines, cells: filling.cells })
}

fn too_many(users: usize, resources: usize) -> QuestionError {
    let message = format!("{users} users × {resources} resources are more than the {MOST_CELLS} cells that a matrix may have");
    QuestionError::new(message, Some("choose some with `--user`, `--resource` or `--kind`".into()))
}

fn columns<'t>(table: &'t Table, chosen: &Chosen) -> Result<(Vec<Column>, Vec<SignIn<'t>>), QuestionError> {
    let (mut columns, mut sign_ins): (Vec<Column>, Vec<SignIn<'t>>) = Default::default();
    for user in &chosen.users {
        plain(user, "user")?;
        if columns.iter().any(|c| c.user.as_ref() == Some(user)) {
            continue;
        }
        let known = table.user(user)?;
        columns.push(Column { user: Some(user.clone()), known: known.is_some() });
        sign_ins.push(table.sign_in_with(known, &[])?);
    }
    if chosen.users.is_empty() {
        for user in table.users().take(MOST_CELLS + 1) {
            let (id, name) = user?;
            columns.push(Column { user: Some(name.to_owned()), known: true });
            sign_ins.push(table.sign_in(id)?);
        }
        columns.push(Column { user: None, known: false });
        sign_ins.push(table.sign_in_with(None, &[])?);
    }
    Ok((columns, sign_ins))
}

/// A row, and the id that is asked about for it.
struct Asked {
    kind: KindId,
    id: String,
    asked: String,
}

fn rows(table: &Table, chosen: &Chosen) -> Result<Vec<Asked>, QuestionError> {
    let only = chosen.kind.as_deref().map(|name| kind(table, name)).transpose()?;
    let mut rows = Vec::new();
    for address in &chosen.resources {
        let more = named(table, address, only)?;
        let fresh = |row: &Asked| only.is_none_or(|k| k == row.kind);
        rows.extend(more.into_iter().filter(fresh));
    }
    if chosen.resources.is_empty() {
        for kind in (0..table.kinds().len() as KindId).filter(|k| only.is_none_or(|o| o == *k)) {
            if Ladder::new(table, kind).lowest().is_some() {
                rows.extend(below(table, kind, "")?);
            }
        }
    }
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert((row.kind, row.id.clone())));
    Ok(rows)
}

/// The declared resources and the patterns of a kind that begin with a text.
fn below(table: &Table, kind: KindId, text: &str) -> Result<Vec<Asked>, QuestionError> {
    let mut rows = Vec::new();
    for resource in table.resources(kind) {
        let id = table.resource_name(resource?)?;
        if id.starts_with(text) {
            rows.push(Asked { kind, asked: id.to_owned(), id: id.to_owned() });
        }
    }
    for pattern in table.patterns(kind)?.into_iter().filter(|p| p.starts_with(text)) {
        if let Some(asked) = table.undeclared_id(kind, pattern, pattern)? {
            rows.push(Asked { kind, id: format!("{pattern}*"), asked });
        }
    }
    Ok(rows)
}

fn kind(table: &Table, name: &str) -> Result<KindId, QuestionError> {
    table.kind(name).ok_or_else(|| {
        let help = did_you_mean(name, table.kinds().iter().map(|k| &*k.name));
        QuestionError::new(format!("the policy has no kind `{name}`"), help)
    })
}

/// A resource that was asked for by name, or all that begin with the text before a `*`.
fn named(table: &Table, address: &str, only: Option<KindId>) -> Result<Vec<Asked>, QuestionError> {
    let Resource { kind: name, id } = Resource::from(address);
    let kind = match (name, only) {
        (Some(name), _) => kind(table, &name)?,
        (None, Some(kind)) => kind,
        (None, None) => {
            let help = Some("a resource is `KIND:ID`, such as `room:lobby`".into());
            return Err(QuestionError::new(format!("the kind of resource `{id}` is not given"), help));
        }
    };
    let name = &table.kinds()[kind as usize].name;
    if let Some(text) = id.strip_suffix('*') {
        let rows = below(table, kind, text)?;
        if rows.is_empty() {
            let message = format!("no resource and no pattern of kind {name} begins with `{text}`");
            return Err(QuestionError::new(message, Some(format!("`roomkey matrix --kind {name}` shows all of them"))));
        }
        return Ok(rows);
    }
    plain(&id, "resource")?;
    if table.resource(kind, &id)?.is_none() {
        let near = did_you_mean(&id, table.resource_ids(kind, LOOKED_AT));
        return Err(QuestionError::new(format!("{name} `{id}` is neither declared nor matched by a pattern"), near));
    }
    Ok(vec![Asked { kind, asked: id.clone(), id }])
}

/// Names that are compared for a suggestion.
const LOOKED_AT: usize = 200_000;

/// What tells cells apart: the kind, the access, and what each word of it stands on.
type Key = (KindId, Access, Vec<(u8, u32, u32)>);

/// The cells so far.
struct Filling<'t> {
    table: &'t Table,
    at: Instant,
    cells: Vec<Cell>,
    known: HashMap<Key, usize>,
}

impl Filling<'_> {
    fn cell(&mut self, ladder: &Ladder, who: &SignIn<'_>, on: decide::Resource<'_>) -> Result<usize, QuestionError> {
        let access = ladder.access(self.table, who, on, self.at)?;
        let mut words = ladder.words(&access);
        if words.is_empty() {
            words.extend(ladder.lowest().map(|permission| ("nothing".to_owned(), permission)));
        }
        let cause = |(_, permission): &(String, decide::Permission)| {
            self.table.decide(who, *permission, on, self.at).map(|verdict| verdict.cause)
        };
        let causes = words.iter().map(cause).collect::<Result<Vec<_>, _>>()?;
        let key = (ladder.kind(), access, causes.iter().map(|c| key(*c)).collect());
        if let Some(cell) = self.known.get(&key) {
            return Ok(*cell);
        }
        let height = self.height(ladder.kind(), &key.1);
        let reasons = words.into_iter().zip(causes).map(|((word, _), cause)| Ok((word, self.reason(cause)?)));
        let reasons = reasons.collect::<Result<_, QuestionError>>()?;
        self.cells.push(Cell { list: ladder.list(&key.1), height, reasons });
        self.known.insert(key, self.cells.len() - 1);
        Ok(self.cells.len() - 1)
    }

    fn height(&self, kind: KindId, access: &Access) -> u8 {
        let levels = self.table.kinds()[kind as usize].levels.len().max(1);
        match usize::from((access.base + 1).saturating_sub(LOWEST)) {
            0 if access.is_none() => 0,
            0 => 3,
            rank => (rank * HIGHEST).div_ceil(levels).min(HIGHEST) as u8,
        }
    }

    fn reason(&self, cause: Cause) -> Result<Reason, QuestionError> {
        Ok(match cause {
            Cause::Prohibited(row) => entry(self.table, ReasonKind::Prohibited, row, RowSort::Cannot)?,
            Cause::NotMember(at) => {
                let own = self.table.place(at)?.map_or_else(|| "default".into(), |p| p.id);
                let text = format!("organization {} is closed to all but its members", print::Id(&own));
                let place = Some(format!("organization:{own}"));
                Reason { kind: ReasonKind::NotAMember, principal: None, place, role: None, source: None, text }
            }
            cause => of_table(self.table, cause)?,
        })
    }
}

fn key(cause: Cause) -> (u8, u32, u32) {
    match cause {
        Cause::Access(row) => (0, row.place, row.row),
        Cause::Role(row) => (1, row.place, row.row),
        Cause::Prohibited(row) => (2, row.place, row.row),
        Cause::NotMember(at) => (3, at, 0),
        _ => (4, 0, 0),
    }
}
