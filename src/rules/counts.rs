//! How many hold a permission, and who holds two that are kept apart: asked of the compiled policy, one decision at a time.
//!
//! On each resource only those are asked about whom something that reaches it speaks of, and no more of them than tell the answer.

use std::collections::{BTreeSet, HashSet};

use super::given::{Asked, Given};
use super::inside::{Inside, Insides};
use super::many;
use super::walk::{Outward, has_body, outward};
use super::witness::Person;
use super::{AdminCount, Report, Scene};
use crate::finding::{ADMIN_COUNT, Finding, Label, Rule, SEPARATION};
use crate::model::access::Entry;
use crate::model::kinds::{KindId, NONE};
use crate::model::{Model, PlaceId, Who};
use crate::report::id;
use crate::source::Span;
use crate::syntax::tree::Verb;
use crate::table::decide::{Cause, Permission, Resource};
use crate::table::view::Damage;
use crate::table::{Principal, RowSort, SignIn, Table};

/// How many decisions all looks together may take: a few seconds.
const MOST_CHECKS: usize = 20_000_000;
/// How many users a finding names.
const NAMED: usize = 3;
/// How many of those who hold what is kept apart are a finding each on one resource.
const MOST_SAID: usize = 8;
/// By so many groups that give it to whomever they let in, users are asked about who have it beside them.
const MOST_GIVING: usize = 8;
/// So many beyond the bound are counted.
const MOST_COUNTED: usize = 1_000;

/// Looks at everything that the manifest asks for.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let Some(table) = scene.table else { return };
    let mut asker = Asker {
        scene,
        table,
        left: MOST_CHECKS,
        everywhere: scene.everywhere(),
        given: Given::new(scene, table),
        insides: Insides::default(),
    };
    for wanted in &scene.options.admin_count {
        let done = admins(&mut asker, report, wanted);
        asker.close(report, &ADMIN_COUNT, done);
    }
    for [one, other] in &scene.options.separation_of_duty {
        let done = apart(&mut asker, report, one, other);
        asker.close(report, &SEPARATION, done);
    }
}

/// Whether a look was finished; the place where it was not.
type Done = Result<(), Stopped>;

/// Why a look was not finished.
enum Stopped {
    /// The decisions are used up at this place.
    Spent(Span),
    /// A table that was just made is damaged, which cannot be; nothing is said then.
    Damaged,
}

impl From<Damage> for Stopped {
    fn from(_: Damage) -> Stopped {
        Stopped::Damaged
    }
}

struct Asker<'s, 'm> {
    scene: &'s Scene<'m>,
    table: &'s Table,
    left: usize,
    /// Who has a role everywhere, with the role.
    everywhere: Vec<(Who, u32)>,
    given: Given<'s, 'm>,
    insides: Insides,
}

/// A user who holds what is asked about, and the group that a sign-in has to name for it, if any.
type Holder = (u32, Option<u32>);

fn admins(asker: &mut Asker<'_, '_>, report: &mut Report<'_>, wanted: &AdminCount) -> Done {
    let m = asker.scene.model;
    for (index, place) in (0..).zip(&m.places).filter(|(_, p)| !p.pattern && p.declared) {
        let Some(permission) = asker.table.permission(place.kind, &wanted.permission) else { continue };
        let Some(resource) = asker.table.resource(place.kind, &place.id)? else { continue };
        let around = outward(asker.scene, index);
        // Where that cannot be told, nothing is counted.
        if !around.exact {
            continue;
        }
        let (candidates, groups) = asker.candidates(index, &around, place.kind);
        if asker.holds(None, &[], &[permission], resource, place.span)? {
            everyone(asker, report, wanted, index, permission, resource);
            continue;
        }
        let inside = asker.inside(index, &around, place.kind);
        let (doors, giving) = asker.doors(&inside, &[permission], resource, place.span)?;
        let mut holders: Vec<Holder> = Vec::new();
        // Who is too many is counted to the end: each of them is a fact of its own.
        let most = if wanted.max == usize::MAX { wanted.min } else { wanted.max.saturating_add(MOST_COUNTED) };
        for user in candidates {
            if holders.len() >= most {
                break;
            }
            let mut by = asker.by(&doors, user, &[permission], resource, place.span)?;
            for door in giving.iter().take(MOST_GIVING) {
                if by.is_none() && asker.holds(Some(user), &[*door], &[permission], resource, place.span)? {
                    by = asker.holds_inside(user, permission, resource, place.span)?.then_some(Some(*door));
                }
            }
            holders.extend(by.map(|by| (user, by)));
        }
        let (few, many) = (holders.len() < wanted.min, holders.len() > wanted.max);
        // Sign-ins say who is in a group without a body, and how many they are nobody knows.
        let fed = groups.into_iter().filter(|group| !has_body(asker.scene, *group)).chain(inside.doors.iter().copied());
        let mut enough = false;
        for group in fed.filter(|_| few) {
            for Person { user, groups } in inside.named(group) {
                enough = enough || asker.holds(user, &groups, &[permission], resource, place.span)?;
            }
        }
        if !few && !many || enough {
            continue;
        }
        let given: Vec<(u32, Label)> = if many && report.wants(&ADMIN_COUNT, place.span) {
            let shown = holders.iter().take(NAMED);
            let name = &*wanted.permission;
            let labels = |(user, by): &Holder| {
                // What the group gives by itself is not what makes them one.
                let inside = by.is_some_and(|by| giving.contains(&by));
                let groups = if inside { &[] } else { by.as_slice() };
                asker.given(index, Asked { user: Some(*user), groups, inside, name, permission, on: resource })
            };
            shown.flat_map(|holder| labels(holder).into_iter().map(move |label| (holder.0, label))).collect()
        } else {
            Vec::new()
        };
        report.push(&ADMIN_COUNT, place.span, |here| {
            let names: Vec<String> = holders.iter().map(|(u, _)| id(m.users.name(*u))).collect();
            // Who is too few has few names.
            let most_named = if few { MOST_SAID } else { NAMED };
            let shown = names.iter().take(most_named).cloned().collect::<Vec<_>>().join(", ");
            let rest = if holders.len() > most_named { ", …" } else { "" };
            let shown = if names.is_empty() { String::new() } else { format!(" ({shown}{rest})") };
            let (held, place) = (&wanted.permission, m.place_name(index));
            let hold = |n: usize| format!("{} hold{}", crate::report::count(n, "user"), if n == 1 { "s" } else { "" });
            let when = when_named(m, &holders, few || holders.len() < most);
            let (number, bound) = match few {
                true => (hold(holders.len()), format!("at least {}", wanted.min)),
                false if holders.len() >= most => (format!("more than {}", hold(most - 1)), format!("at most {}", wanted.max)),
                false => (hold(holders.len()), format!("at most {}", wanted.max)),
            };
            let side = if few { "few" } else { "many" };
            let finding = here.says(format!("{number} `{held}` on {place}{when}{shown}"));
            let finding = finding.known_as(format!("too {side} users hold `{held}` on {place}: {}", many::named(&names)));
            let finding = if many { finding.whom(format!("`{held}` on {place}"), names) } else { finding };
            let places = match holders.len().checked_sub(NAMED).filter(|more| many && *more > 0) {
                Some(more) => format!("; the places are those of the first {NAMED}, and {more} more hold it"),
                None => String::new(),
            };
            let by = |user: u32| format!(" to user {}", id(m.users.name(user)));
            let finding = labelled(finding, given.into_iter().map(|(user, label)| (by(user), label)));
            finding.help(format!("`admin-count` in roomkey.toml wants {bound}{places}"))
        });
    }
    Ok(())
}

/// How many of those who hold something do so only where a sign-in names them in a group, and in which; `all` is that there are no more.
fn when_named(model: &Model, holders: &[Holder], all: bool) -> String {
    let by: Vec<u32> = holders.iter().filter_map(|(_, by)| *by).collect();
    let Some(first) = by.first() else { return String::new() };
    let of_them = match by.len() {
        _ if !all => ", some of them".into(),
        some if some == holders.len() => String::new(),
        some => format!(", {some} of them"),
    };
    let (groups, first) = (by.iter().collect::<HashSet<_>>().len(), model.who(Who::Group(*first)));
    let named = if groups == 1 { first } else { format!("one of {groups} groups, such as {first}") };
    let their = if holders.len() == 1 { "the" } else { "their" };
    format!("{of_them} when {their} sign-in names {named}")
}

/// Everyone is more than any number.
fn everyone(
    asker: &Asker<'_, '_>,
    report: &mut Report<'_>,
    wanted: &AdminCount,
    place: PlaceId,
    permission: Permission,
    on: Resource<'_>,
) {
    let (m, name) = (asker.scene.model, &*wanted.permission);
    let span = m.places[place as usize].span;
    if wanted.max == usize::MAX || !report.wants(&ADMIN_COUNT, span) {
        return;
    }
    let given = asker.given(place, Asked { user: None, groups: &[], inside: false, name, permission, on });
    report.push(&ADMIN_COUNT, span, |here| {
        let fact = format!("`{name}` on {}", m.place_name(place));
        let finding = here.says(format!("everyone who can sign in holds {fact}")).whom(&*fact, vec!["everyone".into()]);
        let finding = labelled(finding, given.into_iter().map(|label| (String::new(), label)));
        finding.help(format!("`admin-count` in roomkey.toml wants at most {}", wanted.max))
    });
}

fn apart(asker: &mut Asker<'_, '_>, report: &mut Report<'_>, one: &str, other: &str) -> Done {
    let m = asker.scene.model;
    for (index, place) in (0..).zip(&m.places) {
        let both = [asker.table.permission(place.kind, one), asker.table.permission(place.kind, other)];
        let [Some(one_of), Some(other_of)] = both else { continue };
        // A pattern speaks of resources that nothing declares: one of them stands for all.
        let text = if place.pattern { format!("{}…", place.id) } else { place.id.to_string() };
        let Some(resource) = asker.table.resource(place.kind, &text)? else { continue };
        let around = outward(asker.scene, index);
        let (candidates, groups) = asker.candidates(index, &around, place.kind);
        let pair = [one_of, other_of];
        let mut found: Vec<(Who, Option<u32>, Vec<u32>)> = Vec::new();
        if asker.holds(None, &[], &pair, resource, place.span)? {
            found.push((Who::Everyone, None, Vec::new()));
        } else {
            let inside = asker.inside(index, &around, place.kind);
            let (doors, _) = asker.doors(&inside, &pair, resource, place.span)?;
            for user in candidates {
                if let Some(by) = asker.by(&doors, user, &pair, resource, place.span)? {
                    found.push((Who::User(user), Some(user), by.into_iter().collect()));
                }
            }
            // Whom a sign-in names in a group, the policy need not list.
            let groups: BTreeSet<u32> = groups.into_iter().chain(inside.doors.iter().copied()).collect();
            let said: HashSet<u32> = if groups.is_empty() { HashSet::new() } else { asker.groups_of(&found) };
            for group in groups.into_iter().filter(|group| !said.contains(group)) {
                for Person { user, groups } in inside.named(group) {
                    if !asker.holds(user, &groups, &pair, resource, place.span)? {
                        continue;
                    }
                    // What somebody has without the group is not the group's, nor what a user has who stands for all members.
                    let less: Vec<u32> = groups.iter().copied().filter(|other| *other != group).collect();
                    let mut own = asker.holds(user, &less, &pair, resource, place.span)?;
                    for one in pair.iter().filter(|_| user.is_some()) {
                        own |= asker.holds(user, &less, &[*one], resource, place.span)?
                            && !asker.is_of_everyone(user, &less, *one, resource)?;
                    }
                    if !own {
                        found.push((Who::Group(group), user, groups));
                        break;
                    }
                }
            }
        }
        let fact = format!("both `{one}` and `{other}` on {}", m.place_name(index));
        // Each is a finding, so that one who joins those that are known is a new one.
        for (who, user, groups) in found.iter().take(MOST_SAID) {
            let mut given = Vec::new();
            if report.wants(&SEPARATION, place.span) {
                for (name, permission) in [(one, one_of), (other, other_of)] {
                    given
                        .extend(asker.given(index, Asked { user: *user, groups, inside: false, name, permission, on: resource }));
                }
            }
            report.push(&SEPARATION, place.span, |here| {
                let name = if *who == Who::Everyone { "everyone who can sign in".to_owned() } else { m.who(*who) };
                let by = groups.iter().map(|group| Who::Group(*group)).find(|group| group != who);
                let when = match (by, user) {
                    (None, _) => String::new(),
                    (Some(by), Some(_)) => format!(" when the sign-in names {}", m.who(by)),
                    (Some(by), None) => format!(" when the sign-in names {}, too", m.who(by)),
                };
                let finding = here.says(format!("{name} holds {fact}{when}")).known_as(format!("{name} holds {fact}"));
                let finding = finding.whom(&*fact, vec![m.who(*who)]);
                let finding = labelled(finding, given.into_iter().map(|label| (String::new(), label)));
                finding.help(format!(
                    "type `{} cannot {one}` there, or take one of them out; `separation-of-duty` in roomkey.toml keeps them apart",
                    m.who(*who)
                ))
            });
        }
        let Some(more) = found.get(MOST_SAID..).filter(|more| !more.is_empty()) else { continue };
        report.push(&SEPARATION, place.span, |here| {
            let names: Vec<String> = more.iter().map(|(who, ..)| m.who(*who)).collect();
            let (number, shown) = (names.len(), names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "));
            let rest = if number > NAMED { ", …" } else { "" };
            let finding = here.says(format!("{number} more hold {fact} ({shown}{rest})"));
            finding
                .known_as(format!("more hold {fact}: {}", many::named(&names)))
                .whom(&*fact, names)
                .help(format!("the first {MOST_SAID} are findings of their own"))
        });
    }
    Ok(())
}

/// Adds labels, those of one place together; what gives something is followed by the first text: to whom.
fn labelled(mut finding: Finding, labels: impl Iterator<Item = (String, Label)>) -> Finding {
    for (behind, label) in labels {
        let text = if label.text.starts_with("gives ") { format!("{}{behind}", label.text) } else { label.text.clone() };
        match finding.labels.iter_mut().find(|known| known.span == label.span) {
            Some(known) if known.text.split("; ").any(|said| said == text) => {}
            Some(known) => known.text = format!("{}; {text}", known.text),
            None => finding.labels.push(Label { text, ..label }),
        }
    }
    finding
}

impl Asker<'_, '_> {
    /// The groups by which users are asked about, and those that give some permissions by themselves, to whomever a sign-in names in them.
    fn doors(
        &mut self,
        inside: &Inside,
        all: &[Permission],
        on: Resource<'_>,
        span: Span,
    ) -> Result<(Vec<u32>, Vec<u32>), Stopped> {
        let (mut doors, mut giving) = (Vec::new(), Vec::new());
        for door in inside.doors.iter().copied() {
            let mut gives = false;
            if self.holds(None, &[door], all, on, span)? {
                for permission in all {
                    gives |= !self.is_of_everyone(None, &[door], *permission, on)?;
                }
            }
            let list = if gives { &mut giving } else { &mut doors };
            list.push(door);
        }
        Ok((doors, giving))
    }

    /// Whether a user who is let in has a permission by what is said of them where no group is named.
    fn holds_inside(&mut self, user: u32, permission: Permission, on: Resource<'_>, span: Span) -> Result<bool, Stopped> {
        self.left = self.left.checked_sub(1).ok_or(Stopped::Spent(span))?;
        let who = self.sign_in(Some(user), &[])?;
        Ok(self.table.decide_inside(&who, permission, on, self.scene.options.now)?.allow)
    }

    /// Whether someone has a permission by what is said of everyone.
    fn is_of_everyone(
        &self,
        user: Option<u32>,
        groups: &[u32],
        permission: Permission,
        on: Resource<'_>,
    ) -> Result<bool, Stopped> {
        Ok(self.giver(user, groups, permission, on)? == Some(Principal::Everyone))
    }

    /// Of whom it is said what gives someone a permission.
    fn giver(
        &self,
        user: Option<u32>,
        groups: &[u32],
        permission: Permission,
        on: Resource<'_>,
    ) -> Result<Option<Principal>, Stopped> {
        let row = match self.table.decide(&self.sign_in(user, groups)?, permission, on, self.scene.options.now)?.cause {
            Cause::Access(row) => self.table.row(row, RowSort::Can)?,
            Cause::Role(row) => self.table.row(row, RowSort::Role)?,
            _ => return Ok(None),
        };
        Ok(Some(row.who))
    }

    /// The group that a sign-in has to name for a user to hold all of some permissions, if any. `None` for who does not hold them, whichever
    /// one lets them in.
    fn by(
        &mut self,
        doors: &[u32],
        user: u32,
        all: &[Permission],
        on: Resource<'_>,
        span: Span,
    ) -> Result<Option<Option<u32>>, Stopped> {
        for by in std::iter::once(None).chain(doors.iter().copied().map(Some)) {
            if self.holds(Some(user), by.as_slice(), all, on, span)? {
                return Ok(Some(by));
            }
        }
        Ok(None)
    }

    /// Whether someone holds all of some permissions, with groups that a sign-in names; nobody is a stranger.
    fn holds(
        &mut self,
        user: Option<u32>,
        groups: &[u32],
        all: &[Permission],
        on: Resource<'_>,
        span: Span,
    ) -> Result<bool, Stopped> {
        self.left = self.left.checked_sub(all.len()).ok_or(Stopped::Spent(span))?;
        let who = self.sign_in(user, groups)?;
        for permission in all {
            if !self.table.check(&who, *permission, on, self.scene.options.now)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn sign_in(&self, user: Option<u32>, groups: &[u32]) -> Result<SignIn<'_>, Damage> {
        let id = match user {
            Some(user) => self.table.user(self.scene.model.users.name(user))?,
            None => None,
        };
        let named = groups.iter().filter_map(|g| self.table.group(self.scene.model.groups.name(*g)).transpose());
        self.table.sign_in_with(id, &named.collect::<Result<Vec<_>, _>>()?)
    }

    /// What gives someone a permission in a place.
    fn given(&self, place: PlaceId, asked: Asked<'_>) -> Vec<Label> {
        let around = std::iter::once(place).chain(outward(self.scene, place).places).collect::<Vec<_>>();
        self.given.labels(&around, asked)
    }

    /// The groups that some users are in.
    fn groups_of(&self, found: &[(Who, Option<u32>, Vec<u32>)]) -> HashSet<u32> {
        found.iter().flat_map(|(who, ..)| self.scene.above(*who)).map(|(group, _)| group).collect()
    }

    /// The users and groups to whom something that reaches a place gives something, their members too; all users where that is everyone.
    fn candidates(&mut self, place: PlaceId, around: &Outward, kind: KindId) -> (Vec<u32>, Vec<u32>) {
        let lists = &self.scene.model.lists;
        let grants = |e: &Entry| e.verb == Verb::Can && lists[e.list as usize].of(kind).iter().any(|(_, value)| *value > NONE);
        let whom = self.spoken_of(place, around, kind, grants);
        let everyone = whom.contains(&Who::Everyone);
        let (users, groups) = self.reached(whom);
        let users = if everyone { (0..self.scene.model.users.len() as u32).collect() } else { sorted(users) };
        (users, sorted(groups))
    }

    /// Who can sign in where a place lies; of those whom nothing that reaches it speaks of, one stands for all.
    fn inside(&mut self, place: PlaceId, around: &Outward, kind: KindId) -> Inside {
        let Some(closed) = self.insides.of(self.scene, place) else { return Inside::default() };
        let lists = &self.scene.model.lists;
        let whom = self.spoken_of(place, around, kind, |e| !lists[e.list as usize].of(kind).is_empty());
        let (users, groups) = self.reached(whom);
        Inside::new(closed, &users, &groups)
    }

    /// Whom some entries and the roles that reach a place speak of there.
    fn spoken_of(&self, place: PlaceId, around: &Outward, kind: KindId, entry: impl Fn(&Entry) -> bool) -> HashSet<Who> {
        let (scene, m) = (self.scene, self.scene.model);
        let role = |role: u32| {
            scene.effects()[role as usize].as_ref().is_none_or(|e| e.range((kind, 0)..(kind + 1, 0)).next().is_some())
        };
        let mut whom: HashSet<Who> = self.everywhere.iter().filter(|(_, r)| role(*r)).map(|(who, _)| *who).collect();
        for at in std::iter::once(place).chain(around.places.iter().copied()) {
            whom.extend(scene.entries(at).iter().map(|e| scene.entry(*e)).filter(|e| entry(e)).map(|e| e.who));
            let scoped = scene.scoped.of(at).iter().map(|a| &m.assignments[*a as usize]);
            whom.extend(scoped.filter(|a| role(a.role)).map(|a| a.who));
        }
        whom
    }

    /// The users and groups among principals, and those in these groups.
    fn reached(&mut self, whom: HashSet<Who>) -> (HashSet<u32>, HashSet<u32>) {
        let (scene, m) = (self.scene, self.scene.model);
        let (mut users, mut groups) = (HashSet::new(), HashSet::new());
        let mut queue: Vec<Who> = whom.into_iter().collect();
        while let Some(who) = queue.pop() {
            match who {
                Who::User(u) => drop(users.insert(u)),
                Who::Group(g) if groups.insert(g) => queue.extend(scene.members.of(g).iter().map(|x| m.members[*x as usize].who)),
                _ => {}
            }
            self.left = self.left.saturating_sub(1);
        }
        (users, groups)
    }

    fn close(&self, report: &mut Report<'_>, rule: &'static Rule, done: Done) {
        let Err(Stopped::Spent(span)) = done else { return };
        report.push(rule, span, |here| {
            let finding = here.says(format!("`{}` stops here: the policy is too large to look at every resource", rule.name));
            finding.help("lint a part of the policy, such as one organization")
        });
    }
}

fn sorted(all: HashSet<u32>) -> Vec<u32> {
    let mut all: Vec<u32> = all.into_iter().collect();
    all.sort_unstable();
    all
}
