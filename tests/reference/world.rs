//! A policy set as plain data: everything that sections 3 to 8 of the language can say.

/// A whole policy set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Standard vocabularies that it uses; what they bring stands in the other fields too.
    pub uses: Vec<String>,
    /// Every kind; `organization` is always among them.
    pub kinds: Vec<Kind>,
    /// Users that are declared by a statement of their own.
    pub users: Vec<String>,
    /// Every group.
    pub groups: Vec<Group>,
    /// Every resource, pattern and organization that has a block.
    pub places: Vec<Place>,
    /// Every role.
    pub roles: Vec<Role>,
    /// Every assignment.
    pub assignments: Vec<Assignment>,
}

/// A kind with all its re-openings joined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// The kinds that may contain it.
    pub inside: Vec<String>,
    /// Its levels, lowest first; empty for a kind of flat permissions only.
    pub levels: Vec<String>,
    /// Features and sub-features by their full paths.
    pub features: Vec<String>,
    /// Permissions that lists may name without effect.
    pub retired: Vec<String>,
    /// Flat permissions.
    pub permissions: Vec<String>,
    /// The role that `owner gets` names.
    pub owner_gets: Option<String>,
}

/// One kind and one id: one thing, or one pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The kind's name.
    pub kind: String,
    /// The id; a pattern's ends in `*`.
    pub id: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a group or of an organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// A user or a group.
    pub who: Who,
    /// A date or a timestamp, as written.
    pub until: Option<String>,
}

/// Who an entry, a membership or an assignment is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// `default` in an entry, `everyone` in an assignment; never a member.
    Everyone,
    /// A group's members.
    Group(String),
    /// One user.
    User(String),
}

/// A resource, a pattern or an organization, all its blocks joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Which one.
    pub name: Name,
    /// Its container.
    pub parent: Option<Name>,
    /// Members, of an organization only.
    pub members: Vec<Member>,
    /// Users that own it.
    pub owners: Vec<String>,
    /// What is said about access to it.
    pub entries: Vec<Entry>,
}

/// An access entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The principal.
    pub who: Who,
    /// What it says of that principal.
    pub says: Says,
    /// The kinds that `on` names; empty without `on`.
    pub on: Vec<String>,
    /// A date or a timestamp, as written.
    pub until: Option<String>,
}

/// What an access entry says.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// `can LIST`.
    Can(Vec<String>),
    /// `can nothing`.
    Nothing,
    /// `cannot LIST`.
    Cannot(Vec<String>),
}

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Roles that it includes.
    pub includes: Vec<String>,
    /// Its `can` lists.
    pub lists: Vec<RoleList>,
}

/// One `can` list of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleList {
    /// The permissions.
    pub can: Vec<String>,
    /// The kinds that `on` names; empty without `on`.
    pub on: Vec<String>,
}

/// `assign ROLE to SUBJECTS in SCOPES until DATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The role.
    pub role: String,
    /// To whom.
    pub to: Vec<Who>,
    /// Where; empty is `everywhere`.
    pub scopes: Vec<Name>,
    /// A date or a timestamp, as written.
    pub until: Option<String>,
}

/// Who asks: a user, the organization signed in to, and groups named at sign-in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignIn {
    /// The user's id.
    pub user: String,
    /// The organization, by default the resource's own.
    pub organization: Option<String>,
    /// Groups named at sign-in.
    pub groups: Vec<String>,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Who asks.
    pub sign_in: SignIn,
    /// For which permission.
    pub permission: String,
    /// On what.
    pub on: Name,
    /// When, as a timestamp; none where nothing in the policy expires.
    pub at: Option<String>,
}

impl Name {
    /// The thing of this kind and id.
    pub fn new(kind: &str, id: &str) -> Name {
        Name { kind: kind.to_string(), id: id.to_string() }
    }

    /// Whether it is a pattern.
    pub fn is_pattern(&self) -> bool {
        self.id.ends_with('*')
    }
}

impl World {
    /// The kind of this name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// The block of this name.
    pub fn place(&self, name: &Name) -> Option<&Place> {
        self.places.iter().find(|place| place.name == *name)
    }
}
