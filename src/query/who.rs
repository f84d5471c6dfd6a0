//! Who can: everyone that has a permission on a resource, by what gives it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::check::Checker;
use super::question::{Question, QuestionError, Resource};
use super::reason::{Reason, of, unknown_names};
use crate::instant::Instant;
use crate::table::decide::{Cause, Permission, Resource as On, Verdict};
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, UserId};

type Fast = foldhash::fast::RandomState;

/// Those that one statement lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted<'t> {
    /// The statement.
    pub reason: Reason,
    /// Whether a stranger is let in by it: everyone who can sign in.
    pub strangers: bool,
    /// The users that the policy names, sorted.
    pub users: Vec<&'t str>,
    /// The groups that let in a stranger who names them at sign-in, and no stranger otherwise.
    pub groups: Vec<&'t str>,
}

/// Whom what lets everyone in does not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excepted<'t> {
    /// This user.
    User(&'t str),
    /// A stranger who names this group at sign-in.
    Group(&'t str),
}

impl<'t> Excepted<'t> {
    /// `user` or `group`, and the name.
    pub fn words(self) -> (&'static str, &'t str) {
        match self {
            Excepted::User(name) => ("user", name),
            Excepted::Group(name) => ("group", name),
        }
    }
}

/// Users for whom it matters otherwise than for a stranger that they name one of these groups at sign-in. Of everyone else it
/// holds: a group that lets in a stranger, or keeps one out, does the same to who names it; any other changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise<'t> {
    /// The groups, one of which they name.
    pub groups: Vec<&'t str>,
    /// The users, sorted.
    pub users: Vec<&'t str>,
    /// Whether they can, then.
    pub can: bool,
    /// Why, or why not.
    pub reason: Reason,
}

/// Everyone that has a permission on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience<'t> {
    /// The groups that everyone names at sign-in.
    pub named: Vec<String>,
    /// The kind of the resource.
    pub kind: String,
    /// Its organization; none is `default`.
    pub organization: Option<String>,
    /// Whether only its members can sign in to it.
    pub closed: bool,
    /// Those that are let in, everyone first, then by how many they are.
    pub admitted: Vec<Admitted<'t>>,
    /// Where strangers are let in: the users that are not, and the groups that keep out a stranger who names them, each with
    /// the reason.
    pub except: Vec<(Excepted<'t>, Reason)>,
    /// Those for whom naming one group more does not do what it does for a stranger.
    pub otherwise: Vec<Otherwise<'t>>,
    /// Why a stranger is not let in.
    pub stranger: Option<Reason>,
    /// What else the asker should know.
    pub notes: Vec<String>,
}

/// Everyone that can: each user of the policy and the stranger are asked about, alone and with each group named at sign-in;
/// those that no row on the way of the resource tells apart are asked about once.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn who<'t>(table: &'t Table, permission: &str, resource: &Resource, at: Instant) -> Result<Audience<'t>, QuestionError> {
    who_with(table, permission, resource, &[], at)
}

/// As [`who`], where everyone names these groups at sign-in: for what several groups give together.
///
/// # Errors
/// Those of [`Checker::check`].
pub fn who_with<'t>(
    table: &'t Table,
    permission: &str,
    resource: &Resource,
    groups: &[String],
    at: Instant,
) -> Result<Audience<'t>, QuestionError> {
    // Named twice is named once.
    let mut seen = BTreeSet::new();
    let groups: Vec<String> = groups.iter().filter(|g| seen.insert(*g)).cloned().collect();
    let groups = &groups;
    // Any user will do: what it asks is read, and nothing is decided for it.
    let question = Question {
        user: "somebody".into(),
        permission: permission.into(),
        resource: resource.clone(),
        groups: groups.to_vec(),
        organization: None,
        at: Some(at),
    };
    let asked = Checker::new(table).understand(&question)?;
    let kind = table.kinds()[asked.kind as usize].name.to_string();
    let reason = |verdict: Verdict| -> Result<Reason, Damage> {
        let reason = of(table, &question, &asked, verdict.cause)?;
        Ok(Reason { text: reason.text.replace("user somebody is", "a stranger is"), ..reason })
    };
    let Some(on) = table.resource(asked.kind, &resource.id)? else {
        let unknown = reason(Verdict { allow: false, cause: Cause::UnknownResource })?;
        return Ok(Audience {
            named: groups.to_vec(),
            kind,
            organization: None,
            closed: false,
            admitted: Vec::new(),
            except: Vec::new(),
            otherwise: Vec::new(),
            stranger: Some(unknown),
            notes: unknown_names(table, groups, None)?,
        });
    };
    let (organization, closed) = table.organization(on)?;
    let named = groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
    let asking = Asking { table, permission: asked.permission, on, at, named };
    let (crowds, circles) = asking.everyone()?;
    let stranger = asking.decide(None, None)?;
    let mut found = Found::default();
    if stranger.allow {
        found.entry(stranger.cause).0 = true;
    }
    let mut denied = Vec::new();
    for crowd in &crowds {
        match crowd.alone.allow {
            true => found.entry(crowd.alone.cause).1.extend(&crowd.users),
            false if stranger.allow => denied.extend(crowd.users.iter().map(|name| (Excepted::User(name), crowd.alone))),
            false => {}
        }
    }
    for circle in &circles {
        match (circle.stranger.allow, stranger.allow) {
            (true, false) => found.entry(circle.stranger.cause).2.extend(&circle.groups),
            (false, true) => {
                denied.extend(circle.groups.iter().map(|name| (Excepted::Group(name), circle.stranger)));
            }
            _ => {}
        }
    }
    let admitted = found.all.into_values().map(|(cause, (strangers, mut users, mut groups))| {
        let reason = reason(Verdict { allow: true, cause })?;
        users.sort_unstable();
        groups.sort_unstable();
        Ok(Admitted { reason, strangers, users, groups })
    });
    let mut admitted = admitted.collect::<Result<Vec<_>, Damage>>()?;
    admitted.sort_by(|a, b| order(a).cmp(&order(b)));
    denied.sort_by(|(a, _), (b, _)| b.words().0.cmp(a.words().0).then(a.words().1.cmp(b.words().1)));
    let of_user =
        |name: &str, verdict: Verdict| of(table, &Question { user: name.into(), ..question.clone() }, &asked, verdict.cause);
    let excepted = |(whom, verdict): (Excepted<'t>, Verdict)| {
        let because = match whom {
            Excepted::User(name) => of_user(name, verdict)?,
            Excepted::Group(_) => reason(verdict)?,
        };
        Ok((whom, because))
    };
    let except = denied.into_iter().map(excepted).collect::<Result<Vec<_>, Damage>>()?;
    let mut otherwise = Vec::new();
    for (groups, users, verdict) in asking.otherwise(&crowds, &circles, stranger.allow)? {
        let reason = match users[..] {
            [one] => of_user(one, verdict)?,
            _ => {
                let reason = of(table, &question, &asked, verdict.cause)?;
                Reason { text: reason.text.replace("user somebody is", "each of them is"), ..reason }
            }
        };
        otherwise.push(Otherwise { groups, users, can: verdict.allow, reason });
    }
    let stranger = if stranger.allow { None } else { Some(reason(stranger)?) };
    let notes = unknown_names(table, groups, None)?;
    Ok(Audience { named: groups.to_vec(), kind, organization, closed, admitted, except, otherwise, stranger, notes })
}

/// Users whom no row on the way of the resource tells apart.
struct Crowd<'t> {
    one: UserId,
    within: Vec<GroupId>,
    users: Vec<&'t str>,
    alone: Verdict,
}

/// Groups that bring the same to who names them at sign-in.
struct Circle<'t> {
    one: GroupId,
    leads: Vec<GroupId>,
    groups: Vec<&'t str>,
    stranger: Verdict,
}

/// The groups, the users who name one of them, and what is decided then.
type Exception<'t> = (Vec<&'t str>, Vec<&'t str>, Verdict);

/// A question of everyone.
struct Asking<'t, 'q> {
    table: &'t Table,
    permission: Permission,
    on: On<'q>,
    at: Instant,
    /// The groups that everyone names.
    named: Vec<GroupId>,
}

impl<'t> Asking<'t, '_> {
    fn sign_in(&self, user: Option<UserId>, group: Option<GroupId>) -> Result<SignIn<'t>, Damage> {
        if let (Some(user), None, []) = (user, group, &self.named[..]) {
            return self.table.sign_in(user);
        }
        let all: Vec<GroupId> = self.named.iter().copied().chain(group).collect();
        self.table.sign_in_with(user, &all)
    }

    fn decide(&self, user: Option<UserId>, group: Option<GroupId>) -> Result<Verdict, Damage> {
        self.table.decide(&self.sign_in(user, group)?, self.permission, self.on, self.at)
    }

    /// Users by which of the groups they are in of which a row on the way speaks, those that one names alone; and groups
    /// by which of those they lead to.
    fn everyone(&self) -> Result<(Vec<Crowd<'t>>, Vec<Circle<'t>>), Damage> {
        let table = self.table;
        let spoken = table.named(self.permission, self.on, self.at)?;
        let within = |sign_in: &SignIn<'_>| -> Result<Vec<GroupId>, Damage> {
            let mut groups = table.groups_of(sign_in, self.at)?;
            groups.retain(|g| spoken.groups.contains(g));
            Ok(groups)
        };
        let (mut crowds, mut circles): (Vec<Crowd<'t>>, Vec<Circle<'t>>) = Default::default();
        let mut known: HashMap<(Option<UserId>, Vec<GroupId>), usize, Fast> = HashMap::default();
        for user in table.users() {
            let (one, name) = user?;
            let key = (spoken.users.contains(&one).then_some(one), within(&self.sign_in(Some(one), None)?)?);
            match known.get(&key) {
                Some(at) => crowds[*at].users.push(name),
                None => {
                    let alone = self.decide(Some(one), None)?;
                    crowds.push(Crowd { one, within: key.1.clone(), users: vec![name], alone });
                    known.insert(key, crowds.len() - 1);
                }
            }
        }
        let mut known: HashMap<Vec<GroupId>, usize, Fast> = HashMap::default();
        for group in table.groups() {
            let (one, name) = group?;
            let leads = within(&table.sign_in_with(None, &[one])?)?;
            match known.get(&leads) {
                Some(at) => circles[*at].groups.push(name),
                None => {
                    let stranger = self.decide(None, Some(one))?;
                    circles.push(Circle { one, leads: leads.clone(), groups: vec![name], stranger });
                    known.insert(leads, circles.len() - 1);
                }
            }
        }
        Ok((crowds, circles))
    }

    /// Whom naming a group does not do what it does for a stranger: which groups, which users, and what is decided then.
    fn otherwise(&self, crowds: &[Crowd<'t>], circles: &[Circle<'t>], stranger: bool) -> Result<Vec<Exception<'t>>, Damage> {
        let mut all = Vec::new();
        for circle in circles {
            let mut found: BTreeMap<_, (Verdict, Vec<&'t str>)> = BTreeMap::new();
            for crowd in crowds {
                let brings = circle.leads.iter().any(|g| crowd.within.binary_search(g).is_err());
                let verdict = if brings { self.decide(Some(crowd.one), Some(circle.one))? } else { crowd.alone };
                let same = circle.stranger.allow == stranger;
                if verdict.allow != (if same { crowd.alone.allow } else { circle.stranger.allow }) {
                    let entry = found.entry((!verdict.allow, key(verdict.cause))).or_insert((verdict, Vec::new()));
                    entry.1.extend(&crowd.users);
                }
            }
            for (verdict, mut users) in found.into_values() {
                users.sort_unstable();
                all.push((circle.groups.clone(), users, verdict));
            }
        }
        Ok(all)
    }
}

impl Audience<'_> {
    /// How many users of the policy can.
    pub fn users(&self) -> usize {
        self.admitted.iter().map(|a| a.users.len()).sum()
    }

    /// Whether nobody can, whatever group is named.
    pub fn is_nobody(&self) -> bool {
        self.admitted.is_empty() && !self.otherwise.iter().any(|o| o.can)
    }

    /// Whether a stranger can.
    pub fn strangers(&self) -> bool {
        self.stranger.is_none()
    }
}

fn order<'a>(a: &'a Admitted<'_>) -> impl Ord + 'a {
    let source = a.reason.source.as_ref().map(|s| (&*s.file, s.line, s.column));
    (!a.strangers, std::cmp::Reverse(a.users.len()), source, &a.reason.text)
}

type Let<'t> = (bool, Vec<&'t str>, Vec<&'t str>);

/// What tells causes apart, in an order that never changes.
fn key(cause: Cause) -> (u8, u32, u32) {
    match cause {
        Cause::Access(row) => (0, row.place, row.row),
        Cause::Role(row) => (1, row.place, row.row),
        Cause::Prohibited(row) => (2, row.place, row.row),
        Cause::NotMember(place) => (3, place, 0),
        _ => (4, 0, 0),
    }
}

/// Who is let in, by cause.
#[derive(Default)]
struct Found<'t> {
    all: BTreeMap<(u8, u32, u32), (Cause, Let<'t>)>,
}

impl<'t> Found<'t> {
    fn entry(&mut self, cause: Cause) -> &mut Let<'t> {
        &mut self.all.entry(key(cause)).or_insert_with(|| (cause, Let::default())).1
    }
}
