//! What a prohibition would take besides what is meant, asked of the compiled policy: advice says so, or names who is meant.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::Scene;
use super::walk::{covers, organization, outward, subject};
use super::witness::{Members, Person, Witness};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{Assignment, Model, PlaceId, Who};
use crate::source::Span;
use crate::syntax::tree::Verb;
use crate::table::{Row, RowSort};

/// How many members of a group, places in a place, and assignments in one are looked at.
const MOST_LOOKS: usize = 64;
/// How many parts that someone has in a place are asked for.
const MOST_PARTS: usize = 8;

/// Access that a prohibition takes away, too.
pub struct Lost {
    /// Whom it speaks of, or a user or a group inside of that.
    whom: Who,
    /// Whom the statement speaks of that gives it.
    by: Who,
    /// Where that stands, or where it gives that, if not where the prohibition is.
    at: Option<PlaceId>,
    /// That statement.
    pub span: Span,
}

impl Lost {
    /// What a prohibition does besides.
    pub fn takes(&self, model: &Model) -> String {
        let (by, at) = (subject(model, self.by), self.at.map_or(String::new(), |at| format!(" in {}", model.place_name(at))));
        if self.whom == self.by {
            format!("takes away what {by} is given{at}")
        } else {
            format!("takes from {} what {by} is given{at}", model.who(self.whom))
        }
    }
}

/// A statement that gives someone something.
#[derive(Clone, Copy)]
pub enum Gives<'m> {
    /// An entry.
    Entry(&'m Entry),
    /// An assignment.
    Role(&'m Assignment),
}

impl Gives<'_> {
    /// Whom it speaks of.
    pub fn who(self) -> Who {
        match self {
            Gives::Entry(entry) => entry.who,
            Gives::Role(assignment) => assignment.who,
        }
    }

    fn place(self) -> Option<PlaceId> {
        match self {
            Gives::Entry(entry) => Some(entry.place),
            Gives::Role(assignment) => assignment.scope,
        }
    }

    /// The statement.
    pub fn span(self) -> Span {
        match self {
            Gives::Entry(entry) => entry.span,
            Gives::Role(assignment) => assignment.span,
        }
    }
}

/// Assignments by whom they speak of and where.
type Assigned = HashMap<(Who, Option<PlaceId>), Vec<u32>, foldhash::fast::RandomState>;

/// Asks what a prohibition would take.
pub struct Spared<'s, 'm> {
    scene: &'s Scene<'m>,
    witness: Witness<'s, 'm>,
    assigned: OnceCell<Assigned>,
    asked: RefCell<HashMap<Who, Rc<Whom>>>,
}

/// Whom a prohibition speaks of: themselves, and of a group who is in it, too.
struct Whom {
    who: Who,
    around: Vec<Who>,
    members: Members,
    /// The principals that each of the users is.
    users: Vec<(u32, Vec<Who>)>,
}

impl<'s, 'm> Spared<'s, 'm> {
    /// Where the policy is compiled.
    pub fn new(scene: &'s Scene<'m>) -> Option<Spared<'s, 'm>> {
        Some(Spared { scene, witness: Witness::patient(scene)?, assigned: OnceCell::new(), asked: RefCell::default() })
    }

    /// What a prohibition of all for someone in some places takes there, and in what is in them, beside what is meant: that is told of
    /// a statement and the place where it gives something. `known` is the place that need not be named.
    pub fn lost(
        &self,
        who: Who,
        places: &[PlaceId],
        known: Option<PlaceId>,
        is_meant: impl Fn(Gives<'m>, PlaceId) -> bool,
    ) -> Option<Lost> {
        let whom = self.whom(who);
        let (mut queue, mut next) = (places.to_vec(), 0);
        while let Some(on) = queue.get(next).copied().filter(|_| next < MOST_LOOKS) {
            next += 1;
            for person in self.people(&whom, on) {
                let Some(gives) = self.besides(&whom, &person, on, &is_meant) else { continue };
                let at = gives.place().filter(|place| queue.contains(place)).unwrap_or(on);
                return Some(told(&whom, &person, gives, Some(at).filter(|at| known != Some(*at))));
            }
            let inner = self.scene.children.of(on).iter().take(MOST_LOOKS).filter(|inner| !places.contains(inner));
            queue.extend(inner);
        }
        None
    }

    /// What gives someone in a group a part in a place, at least so high, that neither the group is given nor one around it.
    pub fn as_much(&self, who: Who, place: PlaceId, part: u32, value: Value) -> Option<Lost> {
        let whom = self.whom(who);
        self.people(&whom, place).into_iter().find_map(|person| {
            let (row, sort) = self.witness.giver(&person, place, part, value)?;
            let gives = self.statement(&row, sort, place)?;
            let counts = !whom.around.contains(&gives.who()) && self.theirs(&whom, &person).contains(&gives.who());
            counts.then(|| told(&whom, &person, gives, None))
        })
    }

    /// Whether an entry is what gives someone of whom it speaks a part at a level in a place of a kind, or in one of those inside, as
    /// far as entries decide.
    pub fn gives(&self, entry: &Entry, within: PlaceId, kind: KindId, part: u32, value: Value) -> bool {
        let whom = self.whom(entry.who);
        let origin = self.scene.sources.origin(entry.span);
        self.witness.places(within, kind).into_iter().any(|on| {
            let row = |person: &Person| self.witness.entry_giver(person, on, part, value);
            self.people(&whom, on).iter().any(|person| row(person).is_some_and(|row| row.origin == origin))
        })
    }

    /// A statement that gives someone something in a place and is not meant.
    fn besides(
        &self,
        whom: &Whom,
        person: &Person,
        on: PlaceId,
        is_meant: &impl Fn(Gives<'m>, PlaceId) -> bool,
    ) -> Option<Gives<'m>> {
        let m = self.scene.model;
        let kind = m.places[on as usize].kind;
        let features = m.kinds[kind as usize].feature_parts();
        let has = |levels: Vec<Value>| {
            let parts = (0..).zip(levels).filter(|(part, value)| *value > NONE && !features.contains(part));
            parts.map(|(part, _)| part).collect::<Vec<u32>>()
        };
        let theirs = self.theirs(whom, person);
        let counts = |gives: &Gives<'m>| theirs.contains(&gives.who()) && !is_meant(*gives, on);
        let by_entries = has(self.witness.by_entries(person, on)?).into_iter().take(MOST_PARTS);
        let rows = by_entries.filter_map(|part| self.witness.entry_giver(person, on, part, LOWEST));
        let mut entries = rows.filter_map(|row| self.statement(&row, RowSort::Can, on));
        entries.find(counts).or_else(|| {
            let roles = self.reaching(on).flat_map(|scope| theirs.iter().flat_map(move |who| self.assigned(*who, scope)));
            // What someone has is asked only where a role may be what gives it.
            let mut roles = roles.filter(|a| counts(&Gives::Role(a))).peekable();
            roles.peek()?;
            let all = has(self.witness.levels(person, on)?);
            roles.find(|a| self.gives_one(a, kind, &all)).map(Gives::Role)
        })
    }

    fn gives_one(&self, assignment: &Assignment, kind: KindId, parts: &[u32]) -> bool {
        let effect = self.scene.effects()[assignment.role as usize].as_ref().filter(|_| !self.scene.is_over(assignment.until));
        effect.is_some_and(|effect| effect.range((kind, 0)..(kind + 1, 0)).any(|((_, part), _)| parts.contains(part)))
    }

    /// The scopes of what is assigned that reach a place.
    fn reaching(&self, on: PlaceId) -> impl Iterator<Item = Option<PlaceId>> + use<> {
        let around = outward(self.scene, on).places;
        std::iter::once(Some(on)).chain(around.into_iter().map(Some)).chain([None])
    }

    /// The statement of a row that reaches a place.
    fn statement(&self, row: &Row, sort: RowSort, on: PlaceId) -> Option<Gives<'m>> {
        let (scene, m) = (self.scene, self.scene.model);
        let who = scene.who(&row.who)?;
        let is_at = |span: Span| scene.sources.origin(span) == row.origin;
        let mut scopes = self.reaching(on);
        if let RowSort::Can = sort {
            let mut entries = scopes.flatten().flat_map(|place| scene.entries_of(place, who, Verb::Can));
            return entries.find(|(_, entry)| is_at(entry.span)).map(|(_, entry)| Gives::Entry(entry));
        }
        let role = m.roles.get(row.role.as_deref()?)?;
        let found = scopes.find_map(|scope| self.assigned(who, scope).find(|a| a.role == role && is_at(a.span)));
        found.map(Gives::Role)
    }

    /// The assignments to someone in one scope.
    fn assigned(&self, who: Who, scope: Option<PlaceId>) -> impl Iterator<Item = &'m Assignment> + '_ {
        let m = self.scene.model;
        let all = self.assigned.get_or_init(|| {
            let mut all = Assigned::default();
            for (index, a) in (0..).zip(&m.assignments) {
                all.entry((a.who, a.scope)).or_default().push(index);
            }
            all
        });
        all.get(&(who, scope)).into_iter().flatten().take(MOST_LOOKS).map(|index| &m.assignments[*index as usize])
    }

    /// Whom statements have to speak of to speak of someone as a prohibition does: not of who is let in by a group besides.
    fn theirs(&self, whom: &Whom, person: &Person) -> Vec<Who> {
        let user = person.user.map(Who::User).filter(|user| whom.contains(*user));
        let groups = person.groups.iter().map(|group| Who::Group(*group)).filter(|group| whom.contains(*group));
        let all = user.into_iter().chain(groups).flat_map(|who| covers(self.scene, who, Some(self.scene.options.now)));
        all.chain([Who::Everyone]).collect()
    }

    fn whom(&self, who: Who) -> Rc<Whom> {
        if let Some(known) = self.asked.borrow().get(&who) {
            return Rc::clone(known);
        }
        let now = Some(self.scene.options.now);
        let members = match who {
            Who::Group(group) => Members::of(self.scene, vec![group], MOST_LOOKS),
            _ => Members::default(),
        };
        let users = members.users.iter().map(|user| (*user, covers(self.scene, Who::User(*user), now))).collect();
        let whom = Rc::new(Whom { who, around: covers(self.scene, who, now), members, users });
        self.asked.borrow_mut().insert(who, Rc::clone(&whom));
        whom
    }

    /// Those whom a prohibition speaks of, as far as something tells them apart in a place.
    fn people(&self, whom: &Whom, on: PlaceId) -> Vec<Person> {
        let Who::Group(group) = whom.who else { return self.witness.people(whom.who, on) };
        let mut around = vec![on];
        around.extend(outward(self.scene, on).places);
        let is_told = |who: Who| {
            let is_scope = |scope: Option<PlaceId>| self.assigned(who, scope).next().is_some();
            let speaks =
                |place: &PlaceId| self.scene.entries_of(*place, who, Verb::Can).next().is_some() || is_scope(Some(*place));
            is_scope(None) || around.iter().any(speaks)
        };
        let groups = whom.members.groups.iter().copied().filter(|inner| *inner == group || is_told(Who::Group(*inner)));
        let groups: Vec<u32> = groups.collect();
        let is_other = |who: &Who| !whom.around.contains(who) && is_told(*who);
        // Where a stranger in the group cannot sign in, some of its users can.
        let insiders = organization(self.scene, on).map_or(&[][..], |organization| self.scene.insiders(organization));
        let some =
            whom.users.iter().enumerate().filter(|(nth, (_, all))| *nth < 2 && !insiders.is_empty() || all.iter().any(is_other));
        let users: Vec<u32> = some.map(|(_, (user, _))| *user).collect();
        let doors = insiders.iter().filter(|person| person.user.is_none()).flat_map(|person| person.groups.iter().copied());
        let doors: Vec<u32> = doors.collect();
        let strangers = groups.iter().map(|group| Person::stranger(vec![*group]));
        let alone = users.iter().map(|user| Person::alone(*user));
        let named = insiders.iter().flat_map(|person| groups.iter().map(|group| person.with(*group)));
        let led = users.iter().flat_map(|user| doors.iter().map(|door| Person::alone(*user).with(*door)));
        strangers.chain(alone).chain(named).chain(led).collect()
    }
}

impl Whom {
    /// Whether a user or a group is it or inside of it.
    fn contains(&self, who: Who) -> bool {
        who == self.who
            || match who {
                Who::Everyone => false,
                Who::User(user) => self.members.users.contains(&user),
                Who::Group(group) => self.members.groups.contains(&group),
            }
    }
}

fn told(whom: &Whom, person: &Person, gives: Gives<'_>, at: Option<PlaceId>) -> Lost {
    let by = gives.who();
    let groups = person.groups.iter().map(|group| Who::Group(*group));
    let mut inside = std::iter::once(by).chain(person.user.map(Who::User)).chain(groups).filter(|who| whom.contains(*who));
    Lost { whom: inside.next().unwrap_or(whom.who), by, at, span: gives.span() }
}
