//! `can nothing` that does not keep out whom it seems to keep out.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::dates::until;
use super::many::{self, MOST_NAMED, and_more};
use super::scene::lasts;
use super::spared::{Gives, Spared};
use super::walk::{covers, is_nothing, outward, prohibitions};
use super::witness::{Members, Person, Witness};
use super::{Report, Scene};
use crate::finding::{Finding, INEFFECTIVE_NOTHING};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, LOWEST, NONE, Value};
use crate::model::{Assignment, Model, PlaceId, Who};
use crate::report::id;
use crate::source::Span;
use crate::syntax::tree::Verb;
use crate::table::decide::Cause;

/// How many entries of a group, and assignments of a principal, are looked at for one that lets someone in.
const MOST_LOOKS: usize = 64;
/// How many members of a group are looked at for further groups of theirs.
const MOST_MEMBERS: usize = 2;

/// How many of those whom other groups let in have a label.
const MOST_LABELS: usize = 3;

/// Looks for users and groups that are given nothing, and have a role, a group or a default further in.
pub fn ineffective(scene: &Scene<'_>, report: &mut Report<'_>) {
    let m = scene.model;
    let (Some(witness), Some(naming)) = (Witness::new(scene), Witness::patient(scene)) else { return };
    let Some(spared) = Spared::new(scene) else { return };
    let nothing: Vec<bool> = m.lists.iter().map(is_nothing).collect();
    let told = |e: &&Entry| e.verb == Verb::Can && nothing[e.list as usize] && e.who != Who::Everyone && !scene.is_over(e.until);
    let mut entries = m.entries.iter().filter(told).peekable();
    if entries.peek().is_none() {
        return;
    }
    let given = Given::new(scene);
    // The finding with all places that someone is let in to.
    let about = |finding: Finding, entry: &Entry, names: Vec<String>| {
        let fact = format!("{} can nothing in {}, and is let in to", m.who(entry.who), m.place_name(entry.place));
        many::about(finding, fact, names)
    };
    let now = Some(scene.options.now);
    for entry in entries {
        let mut places = vec![entry.place];
        places.extend(outward(scene, entry.place).places);
        if !prohibitions(scene, &places, entry.who, now).is_empty() {
            continue;
        }
        let whom = covers(scene, entry.who, now);
        if let Some(a) = given.around(&places, &whom).find(|a| lets_role_in(scene, &witness, entry, entry.place, a.role)) {
            report.push(&INEFFECTIVE_NOTHING, entry.span, |here| {
                let (who, place, role) = (m.who(entry.who), m.place_name(entry.place), id(m.roles.name(a.role)));
                let found = let_in_to(scene, &naming, &given, entry, &whom, &places, entry.place);
                let names = found.names();
                let to = if names.len() > 1 { format!(" to {}{}", names[0], and_more(names.len())) } else { String::new() };
                let fact = format!("{who} can nothing in {place} by entries, and role `{role}` still lets them in{to}");
                let finding = about(here.says(fact), entry, names);
                let finding = finding.label(a.span, "roles add to what entries give");
                keep_out(scene, &spared, finding, entry, Advice::default(), |by, on| found.is_by(scene, entry, &whom, (by, on)))
            });
            continue;
        }
        let beside = let_in_beside(scene, &witness, entry, &whom);
        if let Some((e, user)) = beside.first() {
            report.push(&INEFFECTIVE_NOTHING, entry.span, |here| {
                let (who, place) = (m.who(entry.who), m.place_name(entry.place));
                let mut names: Vec<String> = beside.iter().map(|(_, user)| m.who(Who::User(*user))).collect();
                let more = and_more(names.len());
                let fact = format!(
                    "{who} can nothing in {place}, and {} beside it lets {}{more} in",
                    m.who(e.who),
                    m.who(Who::User(*user))
                );
                names.sort_unstable();
                let known = format!("{who} can nothing in {place}, and groups beside it let in");
                let mut finding = many::about(here.says(fact), known, names);
                finding = finding.label(e.span, "of the groups of a user the highest level counts");
                let mut met = vec![e.span];
                for (other, user) in &beside {
                    if met.len() < MOST_LABELS && !met.contains(&other.span) {
                        met.push(other.span);
                        finding = finding.label(other.span, format!("this lets {} in", m.who(Who::User(*user))));
                    }
                }
                let advice = Advice { or: ", or take the entry out, which keeps nobody out", ..Advice::default() };
                let inner = groups_inside(scene, entry.who);
                keep_out(scene, &spared, finding, entry, advice, |by, on| match by {
                    Gives::Entry(Entry { who: Who::Group(other), .. }) => on == entry.place && !inner.contains(other),
                    _ => false,
                })
            });
            continue;
        }
        // Only a container has something further in.
        if scene.children.of(entry.place).is_empty() {
            continue;
        }
        let lets = |a: &(PlaceId, &Assignment)| {
            let inner = !m.places[a.0 as usize].pattern && outward(scene, a.0).places.contains(&entry.place);
            inner && lets_role_in(scene, &witness, entry, a.0, a.1.role)
        };
        if let Some((scope, a)) = given.inside(entry.place, &whom).find(lets) {
            report.push(&INEFFECTIVE_NOTHING, entry.span, |here| {
                let (who, place, inner) = (m.who(entry.who), m.place_name(entry.place), m.place_name(scope));
                let role = id(m.roles.name(a.role));
                let found = let_in_to(scene, &naming, &given, entry, &whom, &places, scope);
                let names = found.names();
                let (inner, more) = (if names.contains(&inner) { &inner } else { &names[0] }, and_more(names.len()));
                let fact = format!("{who} can nothing in {place}, and role `{role}` still lets them in to {inner}{more}");
                let finding = about(here.says(fact), entry, names).label(a.span, "roles add to what entries give");
                keep_out(scene, &spared, finding, entry, Advice::default(), |by, on| found.is_by(scene, entry, &whom, (by, on)))
            });
            continue;
        }
        let defaults = defaults_inside(scene, entry, MOST_LOOKS);
        let mut inside = given.entries_inside(scene, entry, &whom).chain(defaults);
        let inside = inside.find_map(|e| Some((e, lets_in(scene, &witness, entry, e)?)));
        if let Some((e, person)) = inside {
            report.push(&INEFFECTIVE_NOTHING, entry.span, |here| {
                let (who, place, inner) = (m.who(entry.who), m.place_name(entry.place), m.place_name(e.place));
                let found = let_in_to(scene, &naming, &given, entry, &whom, &places, e.place);
                let names = found.names();
                let them = match (entry.who, person.user) {
                    (Who::Group(_), Some(user)) if !whom.contains(&e.who) => m.who(Who::User(user)),
                    _ => "them".into(),
                };
                let more = and_more(names.len());
                let by = if e.who == Who::Everyone { "the default".into() } else { m.who(e.who) };
                let fact = format!("{who} can nothing in {place}, and {by} still lets {them} in to {inner}{more}");
                // What they are given elsewhere stays.
                let advice = match (e.who, names.len()) {
                    (Who::Everyone, 1) => Advice { at: vec![e.place], there: format!(" in {inner}"), or: "" },
                    (Who::Everyone, _) => {
                        Advice { at: found.places.values().copied().collect(), there: " in each of them".into(), or: "" }
                    }
                    _ => Advice::default(),
                };
                let finding = about(here.says(fact), entry, names).label(e.span, "this is closer, so it decides");
                keep_out(scene, &spared, finding, entry, advice, |by, on| found.is_by(scene, entry, &whom, (by, on)))
            });
        }
    }
}

/// Where a prohibition is to stand, and what else there is to do.
#[derive(Default)]
struct Advice {
    /// The places, where they are others than that of the entry.
    at: Vec<PlaceId>,
    /// These as they are told.
    there: String,
    or: &'static str,
}

/// The finding with a prohibition as its help, and what that takes away besides what lets in.
fn keep_out<'m>(
    scene: &Scene<'m>,
    spared: &Spared<'_, 'm>,
    finding: Finding,
    entry: &Entry,
    advice: Advice,
    lets_in: impl Fn(Gives<'m>, PlaceId) -> bool,
) -> Finding {
    let (m, Advice { at, there, or }) = (scene.model, advice);
    let at = if at.is_empty() { vec![entry.place] } else { at };
    let help = format!("type `{} cannot *{}`{there} to keep them out", m.who(entry.who), until(scene, entry.until, entry.span));
    let known = at.first().copied().filter(|_| at.len() == 1);
    let Some(lost) = spared.lost(entry.who, &at, known, lets_in) else { return finding.help(format!("{help}{or}")) };
    let is_marked = finding.labels.iter().any(|label| label.span == lost.span);
    let finding = if is_marked { finding } else { finding.label(lost.span, "this lets in, too") };
    finding.help(format!("{help}, which {}, too{or}", lost.takes(m)))
}

/// Where someone is let in who can nothing by an entry.
struct LetIn {
    /// The places by their names.
    places: BTreeMap<String, PlaceId>,
    /// The entries further in that let in there.
    by: HashSet<Span>,
}

impl LetIn {
    fn names(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }

    /// Whether a statement that gives something in a place is one that lets someone in who can nothing by an entry; `whom` is all that
    /// speaks of them. A user has nothing there but that.
    fn is_by(&self, scene: &Scene<'_>, entry: &Entry, whom: &[Who], (by, on): (Gives<'_>, PlaceId)) -> bool {
        let m = scene.model;
        let is_theirs = matches!(entry.who, Who::User(_)) || whom.contains(&by.who()) || self.by.contains(&by.span());
        let is_meant = || m.lists[entry.list as usize].on.iter().any(|(kind, _)| *kind == m.places[on as usize].kind);
        match by {
            // A role adds to what entries give wherever it reaches.
            Gives::Role(a) if whom.contains(&a.who) && is_meant() => true,
            _ => is_theirs && self.places.values().any(|place| *place == on),
        }
    }
}

/// All places that someone is let in to who can nothing by an entry, one that is known among them.
fn let_in_to(
    scene: &Scene<'_>,
    witness: &Witness<'_, '_>,
    given: &Given<'_>,
    entry: &Entry,
    whom: &[Who],
    places: &[PlaceId],
    known: PlaceId,
) -> LetIn {
    let m = scene.model;
    let kinds = &m.lists[entry.list as usize].on;
    let (mut found, mut by) = (BTreeMap::new(), HashSet::new());
    let mut look = |scope: PlaceId, role: u32| {
        for kind in kinds.iter().map(|(kind, _)| *kind).filter(|kind| grants(scene, role, *kind)) {
            for place in witness.all_places(scope, kind) {
                let people = witness.people(entry.who, place);
                if found.len() < MOST_NAMED && people.iter().any(|person| is_opened(scene, witness, person, place, role)) {
                    found.insert(m.place_name(place), place);
                }
            }
        }
    };
    given.around(places, whom).for_each(|a| look(entry.place, a.role));
    if !scene.children.of(entry.place).is_empty() {
        let inner = |scope: PlaceId| !m.places[scope as usize].pattern && outward(scene, scope).places.contains(&entry.place);
        given.inside(entry.place, whom).filter(|(scope, _)| inner(*scope)).for_each(|(scope, a)| look(scope, a.role));
        let defaults = defaults_inside(scene, entry, witness.looks(MOST_NAMED));
        let all = given.entries_inside(scene, entry, whom).chain(defaults);
        for e in all.filter(|e| lets_in(scene, witness, entry, e).is_some()) {
            found.insert(m.place_name(e.place), e.place);
            by.insert(e.span);
        }
    }
    // A container is named only where nothing in it is.
    if found.is_empty() || m.places[known as usize].kind != 0 && scene.children.of(known).is_empty() {
        found.insert(m.place_name(known), known);
    }
    LetIn { places: found, by }
}

/// The defaults of places in a container that give something, as far as some looks reach. Of a group they are how a place is opened to
/// all, its members among them.
fn defaults_inside<'m>(scene: &Scene<'m>, entry: &Entry, mut looks: usize) -> Vec<&'m Entry> {
    let (mut found, mut queue) = (Vec::new(), std::collections::VecDeque::new());
    queue.extend(matches!(entry.who, Who::User(_)).then_some(entry.place));
    while let Some(outer) = queue.pop_front() {
        for inner in scene.children.of(outer) {
            let Some(left) = looks.checked_sub(1) else { return found };
            looks = left;
            found.extend(scene.entries_of(*inner, Who::Everyone, Verb::Can).map(|(_, e)| e));
            queue.push_back(*inner);
        }
    }
    found
}

/// Members of a group whom other groups' entries in the same resource let in, each with one of these. Where the default, or anything
/// further out, gives something, `nothing` has an effect on the other members, and the other group is how an exception is written; a
/// group inside of it is one always.
fn let_in_beside<'m>(scene: &Scene<'m>, witness: &Witness<'_, '_>, entry: &Entry, whom: &[Who]) -> Vec<(&'m Entry, u32)> {
    let Who::Group(group) = entry.who else { return Vec::new() };
    let m = scene.model;
    let place = &m.places[entry.place as usize];
    let own = m.lists[entry.list as usize].on.iter().any(|(kind, _)| *kind == place.kind);
    let (entries, around) = (scene.entries(entry.place), outward(scene, entry.place));
    if !own || entries.len() > MOST_LOOKS || !around.exact || around.places.iter().any(|p| !scene.entries(*p).is_empty()) {
        return Vec::new();
    }
    let features = m.kinds[place.kind as usize].feature_parts();
    let given = |e: &Entry| {
        let parts = m.lists[e.list as usize].of(place.kind).iter();
        parts.copied().find(|(part, value)| *value > NONE && !features.contains(part)).map(|(part, _)| part)
    };
    let can = || entries.iter().map(|e| scene.entry(*e)).filter(|e| e.verb == Verb::Can && !scene.is_over(e.until));
    if can().any(|e| e.who == Who::Everyone && m.lists[e.list as usize].of(place.kind).iter().any(|(_, value)| *value > NONE)) {
        return Vec::new();
    }
    let others = can().filter(|e| matches!(e.who, Who::Group(_)) && !whom.contains(&e.who));
    let mut others: Vec<(&'m Entry, u32)> = others.filter_map(|e| Some((e, given(e)?))).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let inside = Members::of(scene, vec![group], MOST_LOOKS);
    others.retain(|(e, _)| !matches!(e.who, Who::Group(other) if inside.groups.contains(&other)));
    let let_in = |user: u32| {
        let above = scene.above(Who::User(user));
        let lets_in = |(e, part): &&(&Entry, u32)| {
            let has =
                |person: &Person| witness.by_entries(person, entry.place).is_some_and(|levels| levels[*part as usize] > NONE);
            above.iter().any(|(g, _)| e.who == Who::Group(*g)) && witness.people(Who::User(user), entry.place).iter().any(has)
        };
        Some((others.iter().find(lets_in)?.0, user))
    };
    let users = inside.users.into_iter().filter(|_| !others.is_empty());
    users.filter(|user| scene.entries_of(entry.place, Who::User(*user), Verb::Can).next().is_none()).filter_map(let_in).collect()
}

/// A group and those inside of it.
fn groups_inside(scene: &Scene<'_>, who: Who) -> Vec<u32> {
    let Who::Group(group) = who else { return Vec::new() };
    Members::of(scene, vec![group], MOST_LOOKS).groups
}

/// The groups among principals.
fn groups(whom: &[Who]) -> impl Iterator<Item = u32> + '_ {
    whom.iter().filter_map(|who| if let Who::Group(group) = who { Some(*group) } else { None })
}

/// Further groups of a few members of a group.
fn of_members(scene: &Scene<'_>, who: Who, whom: &[Who]) -> Vec<u32> {
    let Who::Group(group) = who else { return Vec::new() };
    let members = Members::of(scene, vec![group], MOST_LOOKS).users.into_iter().take(MOST_MEMBERS);
    let above = members.flat_map(|u| scene.above(Who::User(u))).filter(|(_, end)| lasts(*end, Some(scene.options.now)));
    above.map(|(group, _)| group).filter(|group| !whom.contains(&Who::Group(*group))).collect()
}

/// Assignments and entries of groups, by whom they speak of.
struct Given<'m> {
    model: &'m Model,
    in_scope: HashMap<(Who, Option<PlaceId>), Vec<u32>, foldhash::fast::RandomState>,
    to: HashMap<Who, Vec<u32>, foldhash::fast::RandomState>,
    entries: HashMap<u32, Vec<u32>>,
}

impl<'m> Given<'m> {
    fn new(scene: &Scene<'m>) -> Given<'m> {
        let m = scene.model;
        let mut given = Given { model: m, in_scope: HashMap::default(), to: HashMap::default(), entries: HashMap::new() };
        for (index, a) in (0..).zip(&m.assignments).filter(|(_, a)| !scene.is_over(a.until)) {
            given.in_scope.entry((a.who, a.scope)).or_default().push(index);
            let to = given.to.entry(a.who).or_default();
            if to.len() < MOST_LOOKS {
                to.push(index);
            }
        }
        for (index, e) in (0..).zip(&m.entries) {
            if let (Who::Group(g), Verb::Can) = (e.who, e.verb) {
                let looks = given.entries.entry(g).or_default();
                if looks.len() < MOST_LOOKS {
                    looks.push(index);
                }
            }
        }
        given
    }

    /// The assignments to some principals in some places, and everywhere.
    fn around<'s>(&'s self, places: &'s [PlaceId], whom: &'s [Who]) -> impl Iterator<Item = &'m Assignment> + 's {
        let scopes = places.iter().map(|p| Some(*p)).chain([None]);
        let pairs = scopes.flat_map(|scope| whom.iter().map(move |who| (*who, scope)));
        let all = pairs.filter_map(|pair| self.in_scope.get(&pair)).flat_map(|all| all.iter().take(MOST_LOOKS));
        all.map(|a| &self.model.assignments[*a as usize])
    }

    /// Some entries in other places of the groups of a principal, and of some of its members.
    fn entries_inside<'s>(
        &'s self,
        scene: &'s Scene<'m>,
        entry: &'s Entry,
        whom: &'s [Who],
    ) -> impl Iterator<Item = &'m Entry> + 's {
        let groups = groups(whom).chain(of_members(scene, entry.who, whom)).filter_map(|g| self.entries.get(&g));
        let all = groups.flatten().take(MOST_LOOKS).map(|e| &self.model.entries[*e as usize]);
        all.filter(|e| e.place != entry.place)
    }

    /// Some assignments to some principals in other places.
    fn inside<'s>(&'s self, place: PlaceId, whom: &'s [Who]) -> impl Iterator<Item = (PlaceId, &'m Assignment)> + 's {
        let all = whom.iter().filter_map(|who| self.to.get(who)).flatten().take(MOST_LOOKS);
        let all = all.map(|a| &self.model.assignments[*a as usize]);
        all.filter_map(move |a| Some((a.scope.filter(|scope| *scope != place)?, a)))
    }
}

fn grants(scene: &Scene<'_>, role: u32, kind: KindId) -> bool {
    let effect = scene.effects()[role as usize].as_ref();
    effect.is_some_and(|e| e.range((kind, 0)..(kind + 1, 0)).next().is_some())
}

/// Whether a role gives something in a place, or in what it contains, where entries give nothing at all.
fn lets_role_in(scene: &Scene<'_>, witness: &Witness<'_, '_>, entry: &Entry, place: PlaceId, role: u32) -> bool {
    let kinds = &scene.model.lists[entry.list as usize].on;
    kinds.iter().map(|(kind, _)| *kind).filter(|kind| grants(scene, role, *kind)).any(|kind| {
        witness.places(place, kind).into_iter().any(|place| {
            let people = witness.people(entry.who, place);
            people.iter().any(|person| is_opened(scene, witness, person, place, role))
        })
    })
}

/// Whether entries give someone nothing in a place, and a role gives a base or a flat permission.
pub fn is_opened(scene: &Scene<'_>, witness: &Witness<'_, '_>, person: &Person, place: PlaceId, role: u32) -> bool {
    let kind = scene.model.places[place as usize].kind;
    let Some(effect) = scene.effects()[role as usize].as_ref() else { return false };
    let features = scene.model.kinds[kind as usize].feature_parts();
    let parts = effect.range((kind, 0)..(kind + 1, 0)).map(|((_, part), _)| *part).filter(|part| !features.contains(part));
    let parts: Vec<u32> = parts.take(MOST_ROLE_PARTS).collect();
    let none = |levels: Vec<Value>| levels.iter().all(|v| *v == NONE);
    !parts.is_empty() && witness.by_role(person, place, parts) && witness.by_entries(person, place).is_some_and(none)
}

/// To whom an entry of another principal further in gives something who has nothing here.
fn lets_in(scene: &Scene<'_>, witness: &Witness<'_, '_>, outer: &Entry, inner: &Entry) -> Option<Person> {
    let m = scene.model;
    let list = &m.lists[inner.list as usize];
    let kind = m.places[inner.place as usize].kind;
    let features = m.kinds[kind as usize].feature_parts();
    let parts = list.of(kind).iter().filter(|(part, value)| *value > NONE && !features.contains(part)).map(|(part, _)| *part);
    let mut parts = parts.take(MOST_ROLE_PARTS).peekable();
    let closer = inner.who != outer.who
        && inner.place != outer.place
        && !m.places[inner.place as usize].pattern
        && !scene.is_over(inner.until)
        && parts.peek().is_some()
        && m.lists[outer.list as usize].on.iter().any(|(of, _)| *of == kind)
        && scene.entries_of(inner.place, outer.who, Verb::Can).next().is_none()
        && !scene.prohibits(inner.place)
        && outward(scene, inner.place).places.contains(&outer.place);
    if !closer {
        return None;
    }
    let gives = |person: &Person, part: u32| {
        witness.verdict(person, inner.place, part, LOWEST).is_some_and(|verdict| match verdict.cause {
            Cause::Access(row) => verdict.allow && witness.is_row_of(row, inner.span),
            _ => false,
        })
    };
    let parts: Vec<u32> = parts.collect();
    let mut people = witness.people(outer.who, inner.place).into_iter();
    people.find(|person| parts.iter().any(|part| gives(person, *part)))
}

/// How many parts that a role gives are asked for.
const MOST_ROLE_PARTS: usize = 4;
