//! How many hold a permission, and who holds two that are kept apart: asked of the compiled policy, one decision at a time.
//!
//! On each resource only those are asked about whom something that reaches it speaks of, and no more of them than tell the answer.

use std::collections::HashSet;

use super::walk::outward;
use super::{AdminCount, Report, Scene};
use crate::finding::{ADMIN_COUNT, Rule, SEPARATION};
use crate::model::kinds::{KindId, NONE};
use crate::model::{PlaceId, Who};
use crate::report::id;
use crate::source::Span;
use crate::syntax::tree::Verb;
use crate::table::decide::{Permission, Resource};
use crate::table::view::Damage;
use crate::table::{SignIn, Table};

/// How many decisions all looks together may take: a few seconds.
const MOST_CHECKS: usize = 20_000_000;
/// How many users a finding names.
const NAMED: usize = 3;

/// Looks at everything that the manifest asks for.
pub fn check(scene: &Scene<'_>, report: &mut Report<'_>) {
    let Some(table) = scene.table else { return };
    let mut asker = Asker { scene, table, left: MOST_CHECKS, everywhere: scene.everywhere() };
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
}

fn admins(asker: &mut Asker<'_, '_>, report: &mut Report<'_>, wanted: &AdminCount) -> Done {
    let m = asker.scene.model;
    for (index, place) in (0..).zip(&m.places).filter(|(_, p)| !p.pattern && p.declared) {
        let Some(permission) = asker.table.permission(place.kind, &wanted.permission) else { continue };
        let Some(resource) = asker.table.resource(place.kind, &place.id)? else { continue };
        let Some((candidates, _)) = asker.candidates(index, place.kind, true) else { continue };
        let mut holders = Vec::new();
        for user in candidates {
            if holders.len() > wanted.max || (wanted.max == usize::MAX && holders.len() >= wanted.min) {
                break;
            }
            if asker.holds(Some(user), &[], &[permission], resource, place.span)? {
                holders.push(user);
            }
        }
        let (few, many) = (holders.len() < wanted.min, holders.len() > wanted.max);
        if !few && !many {
            continue;
        }
        report.push(&ADMIN_COUNT, place.span, |here| {
            let names = holders.iter().take(NAMED).map(|u| id(m.users.name(*u))).collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(" ({names}{})", if holders.len() > NAMED { ", …" } else { "" })
            };
            let (held, place) = (&wanted.permission, m.place_name(index));
            let hold = |n: usize| format!("{} hold{}", crate::report::count(n, "user"), if n == 1 { "s" } else { "" });
            let (number, bound) = match few {
                true => (hold(holders.len()), format!("at least {}", wanted.min)),
                false => (format!("more than {}", hold(wanted.max)), format!("at most {}", wanted.max)),
            };
            let side = if few { "few" } else { "many" };
            let finding = here.says(format!("{number} `{held}` on {place}{names}"));
            let finding = finding.known_as(format!("too {side} users hold `{held}` on {place}"));
            finding.help(format!("`admin-count` in roomkey.toml wants {bound}"))
        });
    }
    Ok(())
}

fn apart(asker: &mut Asker<'_, '_>, report: &mut Report<'_>, one: &str, other: &str) -> Done {
    let m = asker.scene.model;
    for (index, place) in (0..).zip(&m.places) {
        let both = [asker.table.permission(place.kind, one), asker.table.permission(place.kind, other)];
        let [Some(one_of), Some(other_of)] = both else { continue };
        // A pattern speaks of resources that nothing declares: one of them stands for all.
        let text = if place.pattern { format!("{}…", place.id) } else { place.id.to_string() };
        let Some(resource) = asker.table.resource(place.kind, &text)? else { continue };
        let Some((candidates, groups)) = asker.candidates(index, place.kind, false) else { continue };
        let pair = [one_of, other_of];
        let mut who = asker.holds(None, &[], &pair, resource, place.span)?.then(|| "everyone who can sign in".to_owned());
        for user in candidates {
            if who.is_some() {
                break;
            }
            who = asker.holds(Some(user), &[], &pair, resource, place.span)?.then(|| m.who(Who::User(user)));
        }
        // Whom a sign-in names in a group, the policy need not list.
        for group in groups {
            if who.is_some() {
                break;
            }
            who = asker.holds(None, &[group], &pair, resource, place.span)?.then(|| m.who(Who::Group(group)));
        }
        let Some(who) = who else { continue };
        report.push(&SEPARATION, place.span, |here| {
            let finding = here.says(format!("{who} holds both `{one}` and `{other}` on {}", m.place_name(index)));
            finding.help(format!(
                "type `{} cannot {one}` there, or take one of them out; `separation-of-duty` in roomkey.toml keeps them apart",
                subject(&who)
            ))
        });
    }
    Ok(())
}

fn subject(who: &str) -> &str {
    if who.starts_with("user ") || who.starts_with("group ") { who } else { "default" }
}

impl Asker<'_, '_> {
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
        let id = match user {
            Some(user) => self.table.user(self.scene.model.users.name(user))?,
            None => None,
        };
        let named = groups.iter().filter_map(|g| self.table.group(self.scene.model.groups.name(*g)).transpose());
        let who: SignIn<'_> = self.table.sign_in_with(id, &named.collect::<Result<Vec<_>, _>>()?)?;
        for permission in all {
            if !self.table.check(&who, *permission, on, self.scene.options.now)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The users and groups whom something that reaches a place speaks of, their members too; all users where it speaks of everyone. `None`
    /// where that cannot be told.
    fn candidates(&mut self, place: PlaceId, kind: KindId, exact: bool) -> Option<(Vec<u32>, Vec<u32>)> {
        let (scene, m) = (self.scene, self.scene.model);
        let around = outward(scene, place);
        if exact && !around.exact {
            return None;
        }
        let grants = |list: u32| m.lists[list as usize].of(kind).iter().any(|(_, value)| *value > NONE);
        let role = |role: u32| {
            scene.effects()[role as usize].as_ref().is_none_or(|e| e.range((kind, 0)..(kind + 1, 0)).next().is_some())
        };
        let mut whom: HashSet<Who> = self.everywhere.iter().filter(|(_, r)| role(*r)).map(|(who, _)| *who).collect();
        for at in std::iter::once(place).chain(around.places) {
            let entries = scene.entries(at).iter().map(|e| scene.entry(*e));
            whom.extend(entries.filter(|e| e.verb == Verb::Can && grants(e.list)).map(|e| e.who));
            let scoped = scene.scoped.of(at).iter().map(|a| &m.assignments[*a as usize]);
            whom.extend(scoped.filter(|a| role(a.role)).map(|a| a.who));
        }
        let everyone = whom.contains(&Who::Everyone);
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
        let mut users: Vec<u32> = if everyone { (0..m.users.len() as u32).collect() } else { users.into_iter().collect() };
        let mut groups: Vec<u32> = groups.into_iter().collect();
        users.sort_unstable();
        groups.sort_unstable();
        Some((users, groups))
    }

    fn close(&self, report: &mut Report<'_>, rule: &'static Rule, done: Done) {
        let Err(Stopped::Spent(span)) = done else { return };
        report.push(rule, span, |here| {
            let finding = here.says(format!("`{}` stops here: the policy is too large to look at every resource", rule.name));
            finding.help("lint a part of the policy, such as one organization")
        });
    }
}
