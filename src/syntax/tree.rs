//! The tree: what the text says, before any name means anything.

use std::borrow::Cow;

use crate::source::Span;

/// A word or a quoted id, with its escapes undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name<'s> {
    /// The id itself.
    pub text: Cow<'s, str>,
    /// Where it stands.
    pub span: Span,
}

/// A statement, with where it stands.
#[derive(Debug)]
pub enum Statement<'s> {
    /// `use NAME`
    Use(Name<'s>),
    /// `kind NAME in … { … }`
    Kind(KindDecl<'s>),
    /// `group NAME { … }`
    Group(GroupDecl<'s>),
    /// `user NAME`
    User(Name<'s>),
    /// `role NAME includes … { … }`
    Role(RoleDecl<'s>),
    /// `assign ROLE to … in …`
    Assign(Assign<'s>),
    /// `facts SORT from "PATH"`
    Facts(FactsDecl<'s>),
    /// `test "NAME" { … }`
    Test(TestDecl<'s>),
    /// `invariant "NAME" { … }`
    Invariant(InvariantDecl<'s>),
    /// `KIND ID in … { … }`
    Resource(ResourceDecl<'s>),
}

/// A kind, or the re-opening of one.
#[derive(Debug)]
pub struct KindDecl<'s> {
    /// Its name.
    pub name: Name<'s>,
    /// The kinds that may contain it.
    pub parents: Vec<Name<'s>>,
    /// What its block says.
    pub items: Vec<KindItem<'s>>,
}

/// One line of a kind's block.
#[derive(Debug)]
pub enum KindItem<'s> {
    /// `levels A < B`
    Levels(Span, Vec<Name<'s>>),
    /// `features A, B`
    Features(Vec<Name<'s>>),
    /// `retired A, B`
    Retired(Vec<Name<'s>>),
    /// `permissions A, B`
    Permissions(Vec<Name<'s>>),
    /// `owner gets ROLE`
    OwnerGets(Name<'s>),
}

/// A group with its members.
#[derive(Debug)]
pub struct GroupDecl<'s> {
    /// Its name.
    pub name: Name<'s>,
    /// Its members.
    pub members: Vec<Member<'s>>,
}

/// A user or a group, in a list of members or owners.
#[derive(Debug)]
pub struct Member<'s> {
    /// Who.
    pub who: Principal<'s>,
    /// Until when.
    pub until: Option<Name<'s>>,
}

/// A user or a group.
#[derive(Debug)]
pub enum Principal<'s> {
    /// `user ID`
    User(Name<'s>),
    /// `group ID`
    Group(Name<'s>),
}

impl<'s> Principal<'s> {
    /// The id, whichever it is.
    pub fn name(&self) -> &Name<'s> {
        match self {
            Principal::User(n) | Principal::Group(n) => n,
        }
    }
}

/// A role with its lists.
#[derive(Debug)]
pub struct RoleDecl<'s> {
    /// Its name.
    pub name: Name<'s>,
    /// The roles whose permissions it adds.
    pub includes: Vec<Name<'s>>,
    /// Its `can` lists.
    pub lists: Vec<List<'s>>,
}

/// A list of permissions with its `on` kinds.
#[derive(Debug)]
pub struct List<'s> {
    /// From the verb to the end.
    pub span: Span,
    /// The permissions; empty is `nothing`.
    pub permissions: Vec<Name<'s>>,
    /// The kinds it is limited to; empty is all.
    pub on: Vec<Name<'s>>,
}

/// An assignment of a role.
#[derive(Debug)]
pub struct Assign<'s> {
    /// The whole statement.
    pub span: Span,
    /// The role.
    pub role: Name<'s>,
    /// Who gets it; `None` is everyone.
    pub subjects: Vec<(Option<Principal<'s>>, Span)>,
    /// Where; empty is everywhere.
    pub scopes: Vec<Address<'s>>,
    /// Until when.
    pub until: Option<Name<'s>>,
}

/// A data file of facts.
#[derive(Debug)]
pub struct FactsDecl<'s> {
    /// What sort of facts.
    pub sort: Name<'s>,
    /// The file, relative to the one that names it.
    pub path: Name<'s>,
}

/// `KIND ID`
#[derive(Debug)]
pub struct Address<'s> {
    /// The kind.
    pub kind: Name<'s>,
    /// The id, perhaps a pattern.
    pub id: Name<'s>,
}

/// A resource or a pattern, opened to say something about it.
#[derive(Debug)]
pub struct ResourceDecl<'s> {
    /// What it is.
    pub address: Address<'s>,
    /// `in KIND ID`
    pub parent: Option<Address<'s>>,
    /// What its block says.
    pub items: Vec<BlockItem<'s>>,
}

/// One item of a resource's block.
#[derive(Debug)]
pub enum BlockItem<'s> {
    /// An access entry.
    Entry(Entry<'s>),
    /// `owner user U`
    Owner(Span, Vec<Member<'s>>),
    /// `member …`
    Members(Span, Vec<Member<'s>>),
    /// A resource inside this one.
    Resource(ResourceDecl<'s>),
}

/// An access entry.
#[derive(Debug)]
pub struct Entry<'s> {
    /// The whole entry.
    pub span: Span,
    /// Who; `None` is the default.
    pub who: Option<Principal<'s>>,
    /// `cannot` instead of `can`.
    pub verb: Verb,
    /// What; empty is `nothing`.
    pub list: List<'s>,
    /// Until when.
    pub until: Option<Name<'s>>,
}

/// What an entry does with its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Sets the access.
    Can,
    /// Takes away, whatever grants it.
    Cannot,
}

/// Expected answers.
#[derive(Debug)]
pub struct TestDecl<'s> {
    /// What is tested.
    pub name: Name<'s>,
    /// The questions.
    pub questions: Vec<TestQuestion<'s>>,
}

/// `user U with … can LIST on KIND ID at TIME`
#[derive(Debug)]
pub struct TestQuestion<'s> {
    /// The whole line.
    pub span: Span,
    /// Who asks.
    pub user: Name<'s>,
    /// Groups named at sign-in.
    pub groups: Vec<Name<'s>>,
    /// The organization signed in to.
    pub organizations: Vec<Name<'s>>,
    /// `can` or `cannot`.
    pub verb: Verb,
    /// What is asked for.
    pub permissions: Vec<Name<'s>>,
    /// The resource.
    pub on: Address<'s>,
    /// When.
    pub at: Option<Name<'s>>,
}

/// What holds for everyone.
#[derive(Debug)]
pub struct InvariantDecl<'s> {
    /// What holds.
    pub name: Name<'s>,
    /// Its lines.
    pub laws: Vec<LawDecl<'s>>,
}

/// One line of an invariant.
#[derive(Debug)]
pub struct LawDecl<'s> {
    /// The whole line.
    pub span: Span,
    /// Whom it binds.
    pub who: LawWho<'s>,
    /// Whether it forbids to have two permissions at once.
    pub both: bool,
    /// What it speaks of.
    pub permissions: Vec<Name<'s>>,
    /// The resource, or a pattern.
    pub on: Address<'s>,
    /// `in KIND ID`
    pub within: Option<Address<'s>>,
}

/// Whom a line of an invariant binds.
#[derive(Debug)]
pub enum LawWho<'s> {
    /// `no one can`
    NoOne,
    /// `no group G can`, `no user U can`
    No(Principal<'s>),
    /// `only … can`
    Only(Vec<Principal<'s>>),
    /// `at most N can`
    AtMost(u32),
    /// `at least N can`
    AtLeast(u32),
}
