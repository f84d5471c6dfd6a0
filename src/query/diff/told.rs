//! Causes in words: statements with their places, and what else differs.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::cause::Blame;
use super::engine::Engine;
use super::joins::Join;
use super::places::{Fact, NOWHERE};
use super::titles::Part;
use super::union::{NEVER, Party};
use super::{Cause, Danger, Room, Sort, Statement};
use crate::model::Model;
use crate::query::reason::{ReasonKind, entry_of};
use crate::source::{Origin, Sources, Span};
use crate::syntax::print;
use crate::table::compare::Sort as RowKind;
use crate::table::origins::Which;
use crate::table::view::Damage;
use crate::table::{Row, RowSort};

/// So many things that a role says are named.
const SHOWN: usize = 4;

/// Parts of what does it together and whom they speak of, each with what is said of it in one line.
type Known = HashMap<(Blame, Vec<u32>), Part>;

impl Engine<'_> {
    /// A cause in words.
    pub fn cause(&self, blame: &Blame) -> Result<Cause, Damage> {
        let plain = |sort: Sort, text: String, statements: Vec<Statement>| Cause {
            sort,
            text,
            statements,
            lifts: false,
            opening: None,
            group: None,
            parts: Vec::new(),
            danger: Danger::NONE,
            room: Room::Rest,
        };
        Ok(match blame {
            Blame::Row(fact) => self.row_cause(*fact)?,
            Blame::Role(name) => {
                let name = self.changed_role(name);
                plain(Sort::Role, self.role_words(&name), self.role_statements(&name))
            }
            Blame::Members { group, joined } => self.members_cause((*group, *joined), &[]),
            Blame::Nest(join) => {
                let one = &self.joins.all[*join as usize];
                let pair = self.joins.pair(one).map(|pair| &self.joins.all[pair as usize]);
                let mut statements: Vec<Statement> = pair.into_iter().chain([one]).map(|j| self.join_statement(j)).collect();
                statements.sort_by_key(|s| s.new);
                plain(Sort::Nested, statements[statements.len() - 1].text.clone(), statements)
            }
            Blame::Door(place) => {
                let members = self.facts_at(*place).map(|i| &self.places.facts[i as usize]);
                let members = members.filter(|f| f.sort == RowKind::Member).map(|f| self.statement(f));
                let statements: Vec<Statement> = members.collect::<Result<_, _>>()?;
                let (name, opens) = (print::Id(self.places.all[*place as usize].id), statements.iter().any(|s| !s.new));
                let text = match opens {
                    true => format!("organization {name} is open now: everyone can sign in to it"),
                    false => format!("organization {name} is closed now: only its members can sign in to it"),
                };
                Cause { lifts: opens, ..plain(Sort::Several, text, statements) }
            }
            Blame::Owner(kind) => {
                let statements = self.owner_statements(*kind)?;
                let text = statements.last().map_or(String::new(), |s| s.text.clone());
                plain(Sort::Changed, text, statements)
            }
            Blame::Place(place) => self.place_cause(*place)?,
            Blame::Vocabulary(kind) => {
                let pair = &self.union.kinds[*kind as usize];
                let text = match pair.ids {
                    [None, _] => format!("kind {} is new", pair.name),
                    [_, None] => format!("kind {} is gone", pair.name),
                    _ => format!("the permissions of kind {}", pair.name),
                };
                plain(Sort::Vocabulary, text, self.kind_statements(*kind))
            }
            Blame::Together(parts) => self.together(parts, &[], &mut Known::default())?,
            Blame::Several(facts) => {
                let statements = facts.iter().map(|f| self.statement(&self.places.facts[*f as usize]));
                plain(Sort::Several, "several statements together".into(), statements.collect::<Result<_, _>>()?)
            }
        })
    }

    /// Every cause in words.
    pub fn causes(&self) -> Result<Vec<Cause>, Damage> {
        let mut known = Known::default();
        let mut all = Vec::with_capacity(self.blames.len());
        let whom = self.whom();
        for (number, blame) in self.blames.iter().enumerate() {
            let mut cause = match blame {
                Blame::Together(parts) => self.together(parts, &whom[number], &mut known)?,
                Blame::Members { group, joined } => self.members_cause((*group, *joined), &whom[number]),
                other => self.cause(other)?,
            };
            cause.lifts |= self.lifting.contains(&number);
            cause.opening = if cause.lifts { self.opening(blame)? } else { None };
            all.push(cause);
        }
        Ok(all)
    }

    /// What does it together. The same many members may stand beside many statements, and are told once.
    fn together(&self, parts: &[Blame], whom: &[u32], known: &mut Known) -> Result<Cause, Damage> {
        let mut told = Vec::with_capacity(parts.len());
        for part in parts {
            let (whom, members) = match part {
                Blame::Members { group, joined } => (whom, Some((*group, *joined))),
                _ => (&[][..], None),
            };
            let part = match known.entry((part.clone(), whom.to_vec())) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let cause = members.map_or_else(|| self.cause(part), |members| Ok(self.members_cause(members, whom)))?;
                    new.insert((cause.title(), Arc::new(cause)))
                }
            };
            told.push(part.clone());
        }
        Ok(Cause::together(told))
    }

    fn row_cause(&self, fact: u32) -> Result<Cause, Damage> {
        let one = &self.places.facts[fact as usize];
        let mut statements = vec![self.statement(one)?];
        if let Some(pair) = one.pair {
            statements.push(self.statement(&self.places.facts[pair as usize])?);
        }
        let sort = match (one.pair, one.side) {
            (Some(_), _) => Sort::Changed,
            (None, 0) => Sort::Removed,
            (None, _) => Sort::Added,
        };
        let text = statements[statements.len() - 1].text.clone();
        let lifts = one.sort == RowKind::Cannot && one.side == 0 && one.pair.is_none();
        let group = match one.who {
            Party::Group(group) => Some(self.union.groups.names[group as usize].to_owned()),
            _ => None,
        };
        Ok(Cause {
            sort,
            text,
            statements,
            lifts,
            opening: None,
            group,
            parts: Vec::new(),
            danger: Danger::NONE,
            room: Room::Rest,
        })
    }

    pub fn statement(&self, fact: &Fact) -> Result<Statement, Damage> {
        let table = self.union.tables[fact.side];
        let new = fact.side == 1;
        let reason = match fact.sort {
            RowKind::Can => entry_of(ReasonKind::Access, self.row_of(fact, RowSort::Can)?, RowSort::Can),
            RowKind::Cannot => entry_of(ReasonKind::Prohibited, self.row_of(fact, RowSort::Cannot)?, RowSort::Cannot),
            RowKind::Role => {
                let row = self.row_of(fact, RowSort::Role)?;
                let until = row.until.map_or(String::new(), |u| format!(" until {}", u.shown_end()));
                let (who, role) = (self.party_words(fact.who), row.role.unwrap_or_default());
                let place = row.place.map(|p| p.statement());
                // As it is written, so that it can be looked for.
                let text = match (row.owner, place) {
                    (true, Some(place)) => format!("owner {who}{until} in {place}"),
                    (_, Some(place)) => format!("assign {} to {who} in {place}{until}", print::Id(&role)),
                    (_, None) => format!("assign {} to {who} everywhere{until}", print::Id(&role)),
                };
                return Ok(Statement { new, text, source: Some(row.origin), member: None });
            }
            RowKind::Member => {
                let organization = self.places.all[fact.place as usize].id;
                let end = self.places.ends(fact);
                let until = (end != NEVER).then(|| format!(" until {}", self.union.times[end as usize].shown_end()));
                let (who, until) = (self.party_words(fact.who), until.unwrap_or_default());
                let text = format!("member {who}{until} in organization {}", print::Id(organization));
                let span = self.joins.inside.get(&(fact.side, organization.to_owned(), fact.who));
                let source = span.and_then(|s| self.source(fact.side, *s));
                return Ok(Statement { new, text, source, member: None });
            }
        };
        let place = table.place(fact.row.place)?;
        let text = place.map_or_else(|| reason.text.clone(), |p| format!("{} in {}", reason.text, p.statement()));
        Ok(Statement { new, text, source: reason.source, member: None })
    }

    /// A row in names. Where those of its place are written is read once.
    pub fn row_of(&self, fact: &Fact, sort: RowSort) -> Result<Row, Damage> {
        let (table, place) = (self.union.tables[fact.side], fact.row.place);
        table.row_with(fact.row, sort, |which| {
            let mut known = self.written.borrow_mut();
            let written = match known.entry((fact.side, place)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(table.written(place)?),
            };
            table.written_at(written, place, which)
        })
    }

    fn party_words(&self, who: Party) -> String {
        match who {
            Party::Everyone => "everyone".into(),
            Party::User(user) => format!("user {}", print::Id(self.union.users.names[user as usize])),
            Party::Group(group) => format!("group {}", print::Id(self.union.groups.names[group as usize])),
        }
    }

    fn source(&self, side: usize, span: Span) -> Option<Origin> {
        self.sides[side].from.map(|(_, sources): (&Model, &Sources)| sources.origin(span))
    }

    pub fn join_statement(&self, join: &Join) -> Statement {
        let group = print::Id(self.union.groups.names[join.group as usize]).to_string();
        let until = (join.until != NEVER).then(|| self.union.times[join.until as usize].shown_end());
        let who = self.party_words(join.who);
        let end = until.as_ref().map_or(String::new(), |until| format!(" until {until}"));
        let text = format!("{who}{end} in group {group}");
        Statement { new: join.side == 1, text, source: self.source(join.side, join.span), member: Some((who, until)) }
    }

    /// The role that says something else, among one and those that it includes.
    pub fn changed_role(&self, name: &str) -> String {
        self.other_role(name).unwrap_or_else(|| name.into())
    }

    /// Roles of both sides that say something else themselves.
    pub fn changed_roles(&self) -> Vec<String> {
        let [Some((old, _)), Some((new, _))] = [self.sides[0].from, self.sides[1].from] else { return Vec::new() };
        let names = old.role_list.iter().zip(0..).map(|(_, role)| old.roles.name(role).to_owned());
        names.filter(|name| said(new, name).is_some_and(|after| said(old, name) != Some(after))).collect()
    }

    fn other_role(&self, name: &str) -> Option<String> {
        let [(old, _), (new, _)] = [self.sides[0].from?, self.sides[1].from?];
        let mut queue = VecDeque::from([name.to_owned()]);
        let mut met = HashSet::new();
        while let Some(role) = queue.pop_front() {
            let [before, after] = [said(old, &role), said(new, &role)];
            if before != after {
                return Some(role);
            }
            for inner in before.into_iter().flat_map(|(_, includes)| includes) {
                if met.insert(inner.clone()) {
                    queue.push_back(inner);
                }
            }
        }
        None
    }

    /// Whether a row and the one in its stead have the same words, which mean something else where a kind has other
    /// permissions.
    pub fn says_the_same(&self, fact: &Fact) -> Result<bool, Damage> {
        let Some(pair) = fact.pair.filter(|_| self.union.kinds.iter().any(|k| !k.same)) else { return Ok(false) };
        let other = &self.places.facts[pair as usize];
        if fact.sort != RowKind::Role {
            return Ok(self.statement(fact)?.text == self.statement(other)?.text);
        }
        let known = self.sides.iter().all(|side| side.from.is_some()) && !self.places.other_role_of_owner(fact);
        let role = self.row_of(fact, RowSort::Role)?.role;
        Ok(known && self.places.same_words(fact) && role.is_some_and(|role| self.other_role(&role).is_none()))
    }

    /// A kind on both sides, with what the other side has not.
    pub fn kind_statements(&self, kind: u32) -> Vec<Statement> {
        let pair = &self.union.kinds[kind as usize];
        let of = |side: usize| Some(&self.union.tables[side].kinds()[pair.ids[side]? as usize]);
        let words = |side: usize| {
            let kind = of(side)?;
            Some(kind.features.iter().chain(kind.flats.iter()).map(str::to_owned).collect::<Vec<_>>())
        };
        let levels = |side: usize| of(side).map(|kind| kind.levels.iter().collect::<Vec<_>>().join(" < "));
        let mut statements = Vec::new();
        for side in [0, 1] {
            let (Some(own), Some(name)) = (words(side), pair.ids[side].map(|_| pair.name)) else { continue };
            let mut text = format!("kind {name}");
            if let Some(other) = words(1 - side) {
                let only = |a: &[String], b: &[String]| a.iter().filter(|w| !b.contains(w)).cloned().collect::<Vec<_>>();
                let mut with = only(&own, &other);
                with.extend(levels(side).filter(|own| levels(1 - side).as_ref() != Some(own)).map(|own| format!("levels {own}")));
                for (word, list) in [(" with ", with), (" without ", only(&other, &own))] {
                    if !list.is_empty() {
                        text.push_str(word);
                        text.push_str(&list.join(", "));
                    }
                }
            }
            let declared = self.sides[side].from.and_then(|(model, sources)| {
                let kind = model.kinds.iter().find(|k| *k.name == *name)?;
                let alone = |word: &&str| words(1 - side).is_some_and(|other| other.iter().all(|o| o != word));
                // What the other side has not is the place; a vocabulary of the program's own stands in no file.
                let mut words = [&kind.features, &kind.flats].into_iter().flat_map(|w| w.iter().zip(w.spans()));
                let own = words.find(|(word, _)| alone(word)).map(|(_, span)| *span);
                let whole = || kind.span.filter(|span| !sources.get(span.file).is_embedded());
                own.or_else(whole)
            });
            let source = declared.map(|span| self.source(side, span)).unwrap_or_default();
            statements.push(Statement { new: side == 1, text, source, member: None });
        }
        statements
    }

    /// What owners of a kind get on each side.
    pub fn owner_statements(&self, kind: u32) -> Result<Vec<Statement>, Damage> {
        let name = self.union.kinds[kind as usize].name;
        let other = |f: &&Fact| {
            let place = self.places.all.get(f.place as usize);
            place.is_some_and(|p| p.kind == kind) && self.places.other_role_of_owner(f)
        };
        let mut statements = Vec::new();
        for side in [0, 1] {
            let model = self.sides[side].from.map(|(model, _)| model);
            let said = model.and_then(|model| model.kinds.iter().find(|k| *k.name == *name)?.owner.map(|(r, at)| (model, r, at)));
            let role = match said {
                Some((model, role, _)) => model.roles.name(role).to_owned(),
                None => {
                    let Some(fact) = self.places.facts.iter().filter(|f| f.side == side).find(other) else { continue };
                    self.row_of(fact, RowSort::Role)?.role.unwrap_or_default()
                }
            };
            let source = said.and_then(|(.., span)| self.source(side, span));
            let text = format!("owner gets {} in kind {name}", print::Id(&role));
            statements.push(Statement { new: side == 1, text, source, member: None });
        }
        Ok(statements)
    }

    /// What a role says on the new side alone, and what it said.
    fn role_words(&self, name: &str) -> String {
        let of = |side: usize| self.sides[side].from.and_then(|(model, _)| said(model, name)).map(words).unwrap_or_default();
        let (old, new) = (of(0), of(1));
        let only = |own: &[String], other: &[String]| {
            let own: Vec<String> = own.iter().filter(|word| !other.contains(word)).cloned().collect();
            let more = own.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            (!own.is_empty()).then(|| format!("{}{more}", own.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ")))
        };
        let name = print::Id(name);
        if self.sides.iter().any(|side| side.from.is_none()) {
            return format!("role {name} means something else");
        }
        match (only(&new, &old), only(&old, &new)) {
            (Some(now), Some(before)) => format!("role {name} says {now} instead of {before}"),
            (Some(now), None) => format!("role {name} also says {now}"),
            (None, Some(before)) => format!("role {name} no longer says {before}"),
            (None, None) => format!("role {name} means something else"),
        }
    }

    pub fn role_statements(&self, name: &str) -> Vec<Statement> {
        let of = |side: usize| {
            let (model, _) = self.sides[side].from?;
            let span = model.role_list[model.roles.get(name)? as usize].span;
            let text = format!("role {}", print::Id(name));
            Some(Statement { new: side == 1, text, source: self.source(side, span), member: None })
        };
        of(0).into_iter().chain(of(1)).collect()
    }

    /// Whether something that lay in a place of the old side is still there; of all places this is looked for once.
    fn left(&self, place: u32) -> Result<bool, Damage> {
        if let Some(left) = self.left.get() {
            return Ok(left.contains(&place));
        }
        let both = (0..).zip(&self.places.all).filter(|(_, pair)| !pair.at.contains(&NOWHERE));
        let left: HashSet<u32> = both.map(|(inner, _)| self.parent(inner, 0)).collect::<Result<_, _>>()?;
        Ok(self.left.get_or_init(|| left).contains(&place))
    }

    pub fn place_cause(&self, place: u32) -> Result<Cause, Damage> {
        let pair = &self.places.all[place as usize];
        let kind = self.union.kinds[pair.kind as usize].name;
        let star = if pair.pattern { format!("{}*", pair.id) } else { pair.id.to_owned() };
        let name = format!("{kind} {}", print::Id(&star));
        let mut statements = Vec::new();
        for side in [0, 1] {
            if pair.at[side] == NOWHERE {
                continue;
            }
            let table = self.union.tables[side];
            let parent = table.beyond(pair.around[side])?.parent.map(|at| table.place(at)).transpose()?.flatten();
            let text = match parent {
                Some(parent) => format!("{name} in {}", parent.statement()),
                // What lies in no container is told so where it lay in something, or will.
                None if kind != "organization" && !pair.at.contains(&NOWHERE) => format!("{name} in no container"),
                None => name.clone(),
            };
            let source = table.origin(pair.at[side], Which::Itself)?;
            statements.push(Statement { new: side == 1, text, source: Some(source), member: None });
        }
        let other = self.renames.other(place).map(|other| print::Id(self.places.all[other as usize].id));
        let text = match (pair.at, other) {
            ([NOWHERE, _], Some(other)) => format!("{name} was named {other}"),
            (_, Some(other)) => format!("{name} is named {other} now"),
            (at, None) => self.bare_place_words(place, at, &name)?,
        };
        Ok(Cause {
            sort: Sort::Place,
            text,
            statements,
            lifts: false,
            opening: None,
            group: None,
            parts: Vec::new(),
            danger: Danger::NONE,
            room: Room::Rest,
        })
    }

    fn bare_place_words(&self, place: u32, at: [u32; 2], name: &str) -> Result<String, Damage> {
        Ok(match at {
            [NOWHERE, _] => format!("{name} is new"),
            [_, NOWHERE] if self.left(place)? => format!("{name} is gone, and what was in it lies elsewhere"),
            [_, NOWHERE] => format!("{name} is gone"),
            _ => format!("{name} lies elsewhere"),
        })
    }
}

/// Each thing that a role says, as one reads it behind its name.
fn words((lists, includes): (Vec<String>, Vec<String>)) -> Vec<String> {
    let mut all: Vec<String> = includes.iter().map(|role| format!("includes {}", print::Id(role))).collect();
    for list in &lists {
        let (permissions, on) =
            list.split_once(" on ").map_or((list.as_str(), String::new()), |(p, on)| (p, format!(" on {on}")));
        all.extend(permissions.split(", ").map(|permission| format!("can {permission}{on}")));
    }
    all
}

/// The lists of a role, and the roles that it includes.
fn said(model: &Model, name: &str) -> Option<(Vec<String>, Vec<String>)> {
    let role = &model.role_list[model.roles.get(name)? as usize];
    let mut lists: Vec<String> = role.lists.iter().map(|l| model.lists[*l as usize].text.to_string()).collect();
    let mut includes: Vec<String> = role.includes.iter().map(|(r, _)| model.roles.name(*r).to_owned()).collect();
    lists.sort_unstable();
    includes.sort_unstable();
    Some((lists, includes))
}
