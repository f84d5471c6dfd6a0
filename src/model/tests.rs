//! Tests and invariants: what they ask, with its names checked. They change no decision.

use std::collections::HashMap;

use super::kinds::{KindId, Meaning, NONE};
use super::{Binder, places, roles};
use crate::finding::{BAD_DATE, BAD_STAR, DUPLICATE, Finding, UNKNOWN_PERMISSION};
use crate::instant::Instant;
use crate::source::Span;
use crate::syntax::print;
use crate::syntax::tree::{Address, InvariantDecl, LawDecl, LawWho, Name, Principal, Statement, TestDecl, TestQuestion, Verb};

/// Expected answers under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The questions.
    pub questions: Vec<Expected>,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The line.
    pub span: Span,
    /// Who asks.
    pub user: String,
    /// Groups named at sign-in.
    pub groups: Vec<String>,
    /// The organization signed in to.
    pub organization: Option<String>,
    /// Whether all of it is expected to be allowed, or all of it denied.
    pub can: bool,
    /// What is asked for, each alone.
    pub permissions: Vec<String>,
    /// The kind of the resource.
    pub kind: KindId,
    /// Its id.
    pub id: String,
    /// When; now where it is not said.
    pub at: Option<Instant>,
}

/// What holds for everyone, under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Its lines.
    pub laws: Vec<Law>,
}

/// Whom a line of an invariant binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nobody can.
    NoOne,
    /// This user cannot.
    NoUser(String),
    /// No member of this group can, nor a stranger who names it at sign-in.
    NoGroup(String),
    /// Nobody but these users and the members of these groups can.
    Only(Vec<String>, Vec<String>),
    /// At most so many users that the policy names can.
    AtMost(u32),
    /// At least so many can.
    AtLeast(u32),
}

impl Bound {
    /// Whether it is about how many users can.
    pub fn counts(&self) -> bool {
        matches!(self, Bound::AtMost(_) | Bound::AtLeast(_))
    }

    /// Whether so many users are too many or too few.
    pub fn is_wrong(&self, users: usize) -> bool {
        match self {
            Bound::AtMost(most) => users > *most as usize,
            Bound::AtLeast(least) => users < *least as usize,
            _ => false,
        }
    }
}

/// A line of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    /// The line.
    pub span: Span,
    /// Whom it binds.
    pub who: Bound,
    /// Whether only all of the permissions together are too much.
    pub both: bool,
    /// What it speaks of.
    pub permissions: Vec<String>,
    /// The same as it is written, with `*` for all of them.
    pub written: Vec<String>,
    /// The kind of the resources.
    pub kind: KindId,
    /// Their id, or how it begins.
    pub id: String,
    /// Whether it only begins so.
    pub pattern: bool,
    /// What contains them: kind and id.
    pub within: Option<(KindId, String)>,
}

impl Law {
    /// Whether it is also about users who name a group at sign-in beside those of the policy: where one of two groups is
    /// enough to break it, or to be bound by it, everyone who names the other one would.
    pub fn joins(&self) -> bool {
        matches!(self.who, Bound::NoOne | Bound::Only(..)) && !self.both
    }
}

/// Binds every test and invariant.
pub fn bind(b: &mut Binder<'_>, statements: &[Statement<'_>]) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for statement in statements {
        match statement {
            Statement::Test(decl) => {
                once(b, &mut seen, &decl.name, "test");
                let test = test(b, decl);
                b.model.tests.push(test);
            }
            Statement::Invariant(decl) => {
                once(b, &mut seen, &decl.name, "invariant");
                let invariant = invariant(b, decl);
                b.model.invariants.push(invariant);
            }
            _ => {}
        }
    }
}

fn once(b: &mut Binder<'_>, seen: &mut HashMap<String, Span>, name: &Name<'_>, what: &str) {
    if let Some(first) = seen.insert(format!("{what} {}", name.text), name.span) {
        let finding = Finding::new(&DUPLICATE, name.span, format!("{what} `{}` is written twice", name.text));
        b.push(finding.label(first, "the first one").help("give one of them another name"));
    }
}

fn test(b: &mut Binder<'_>, decl: &TestDecl<'_>) -> Test {
    let questions = decl.questions.iter().filter_map(|q| question(b, q)).collect();
    Test { name: decl.name.text.clone().into_owned(), span: decl.name.span, questions }
}

fn question(b: &mut Binder<'_>, q: &TestQuestion<'_>) -> Option<Expected> {
    let user = b.check_plain_id(&q.user).map(|()| q.user.text.clone().into_owned());
    let groups: Vec<Option<String>> = q.groups.iter().map(|g| group(b, g)).collect();
    let mut organization = None;
    for name in &q.organizations {
        if name.text != "default" && b.model.index.resource(0, &name.text).is_none() {
            places::unknown(b, 0, name, "organization");
        }
        organization = Some(name.text.clone().into_owned());
    }
    let kind = b.kind(&q.on.kind);
    let resource = star(b, &q.on, "a question is about one resource").and_then(|()| b.check_id(&q.on.id));
    let at = match &q.at {
        Some(name) => Some(moment(b, name)?),
        None => None,
    };
    let permissions = permissions(b, kind?, &q.permissions);
    resource?;
    let (groups, permissions) = (groups.into_iter().collect::<Option<_>>()?, permissions?);
    let (can, id) = (q.verb == Verb::Can, q.on.id.text.clone().into_owned());
    Some(Expected { span: q.span, user: user?, groups, organization, can, permissions, kind: kind?, id, at })
}

fn group(b: &mut Binder<'_>, name: &Name<'_>) -> Option<String> {
    b.principal(&Principal::Group(name.clone())).map(|_| name.text.clone().into_owned())
}

fn star(b: &mut Binder<'_>, on: &Address<'_>, why: &str) -> Option<()> {
    if !on.id.text.contains('*') {
        return Some(());
    }
    let finding = Finding::new(&BAD_STAR, on.id.span, format!("`{}` has a `*`, and {why}", on.id.text));
    b.push(finding.help("name one id; an `invariant` speaks about patterns"));
    None
}

fn moment(b: &mut Binder<'_>, name: &Name<'_>) -> Option<Instant> {
    let instant = name.text.parse().ok();
    if instant.is_none() {
        let finding = Finding::new(&BAD_DATE, name.span, format!("`{}` is no date and no time", name.text));
        b.push(finding.help(crate::syntax::when::help(&name.text)));
    }
    instant
}

/// Permissions that can be asked for; `*` stands for each of the kind.
fn permissions(b: &mut Binder<'_>, kind: KindId, names: &[Name<'_>]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut sound = true;
    for name in names {
        let k = &b.model.kinds[kind as usize];
        let refused = match k.meaning(&name.text) {
            Some(Meaning::Part(_, value)) if value > NONE => {
                found.push(name.text.clone().into_owned());
                continue;
            }
            Some(Meaning::Star) => {
                found.extend(k.permissions());
                continue;
            }
            Some(Meaning::Part(..)) => format!("`{}` cannot be asked for: ask for a level", name.text),
            Some(Meaning::Retired) => format!("`{}` is retired, and nobody has it", name.text),
            None => format!("kind `{}` does not declare `{}`", k.name, name.text),
        };
        sound = false;
        let near = b.suggest(&name.text, |m| m.kinds[kind as usize].permissions());
        b.push(Finding::new(&UNKNOWN_PERMISSION, name.span, refused).near(near, str::to_owned));
    }
    sound.then_some(found)
}

fn invariant(b: &mut Binder<'_>, decl: &InvariantDecl<'_>) -> Invariant {
    let laws = decl.laws.iter().filter_map(|l| law(b, l)).collect();
    Invariant { name: decl.name.text.clone().into_owned(), span: decl.name.span, laws }
}

fn law(b: &mut Binder<'_>, l: &LawDecl<'_>) -> Option<Law> {
    let who = bound(b, &l.who);
    let kind = b.kind(&l.on.kind);
    let (id, pattern) = match l.on.id.text.strip_suffix('*') {
        Some(start) => (start, true),
        None => (&*l.on.id.text, false),
    };
    if id.contains('*') {
        let finding = Finding::new(&BAD_STAR, l.on.id.span, format!("`{}` has a `*` that is not at its end", l.on.id.text));
        b.push(finding.help("a pattern is the start of an id with one `*` behind it: `\"design:*\"`"));
        return None;
    }
    let within = match &l.within {
        Some(address) => {
            star(b, address, "a container is one resource")?;
            roles::scope(b, address)?;
            Some((b.kind(&address.kind)?, address.id.text.clone().into_owned()))
        }
        None => None,
    };
    let permissions = permissions(b, kind?, &l.permissions)?;
    let written = l.permissions.iter().map(|name| name.text.clone().into_owned()).collect();
    Some(Law { span: l.span, who: who?, both: l.both, permissions, written, kind: kind?, id: id.to_owned(), pattern, within })
}

fn bound(b: &mut Binder<'_>, who: &LawWho<'_>) -> Option<Bound> {
    Some(match who {
        LawWho::NoOne => Bound::NoOne,
        LawWho::No(Principal::User(name)) => {
            b.check_plain_id(name)?;
            Bound::NoUser(name.text.clone().into_owned())
        }
        LawWho::No(Principal::Group(name)) => Bound::NoGroup(group(b, name)?),
        LawWho::Only(all) => {
            let (mut users, mut groups) = (Vec::new(), Vec::new());
            for principal in all {
                match principal {
                    Principal::User(name) => {
                        b.check_plain_id(name)?;
                        users.push(name.text.clone().into_owned());
                    }
                    Principal::Group(name) => groups.push(group(b, name)?),
                }
            }
            Bound::Only(users, groups)
        }
        LawWho::AtMost(n) => Bound::AtMost(*n),
        LawWho::AtLeast(n) => Bound::AtLeast(*n),
    })
}

impl Law {
    /// The line as a sentence begins: whom it binds.
    pub fn whom(&self) -> String {
        let id = |name: &String| print::Id(name).to_string();
        match &self.who {
            Bound::NoOne => "no one".into(),
            Bound::NoUser(user) => format!("no user {}", id(user)),
            Bound::NoGroup(group) => format!("no group {}", id(group)),
            Bound::Only(users, groups) => {
                let groups = groups.iter().map(|g| format!("group {}", id(g)));
                let all: Vec<String> = groups.chain(users.iter().map(|u| format!("user {}", id(u)))).collect();
                format!("only {}", all.join(", "))
            }
            Bound::AtMost(n) => format!("at most {n}"),
            Bound::AtLeast(n) => format!("at least {n}"),
        }
    }
}
