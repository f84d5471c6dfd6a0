//! Can X do Y on Z: a question in names.

use crate::instant::Instant;
use crate::table::view::Damage;

/// A resource as a question names it: `room:design:home` is kind `room`, id `design:home`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind; where it is missing, the policy must have only one that fits.
    pub kind: Option<String>,
    /// The id.
    pub id: String,
}

impl From<&str> for Resource {
    fn from(text: &str) -> Resource {
        match text.split_once(':') {
            Some((kind, id)) => Resource { kind: Some(kind.into()), id: id.into() },
            None => Resource { kind: None, id: text.into() },
        }
    }
}

/// Can `user` do `permission` on `resource`?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The id of the user.
    pub user: String,
    /// The permission, such as `comments:write`.
    pub permission: String,
    /// The resource.
    pub resource: Resource,
    /// Groups named at sign-in.
    pub groups: Vec<String>,
    /// The organization signed in to; the resource's own where it is not given.
    pub organization: Option<String>,
    /// When; now where it is not given.
    pub at: Option<Instant>,
}

impl Question {
    /// A question about `KIND:ID`, asked now, in the resource's own organization.
    pub fn new(user: impl Into<String>, permission: impl Into<String>, resource: &str) -> Question {
        Question {
            user: user.into(),
            permission: permission.into(),
            resource: resource.into(),
            groups: Vec::new(),
            organization: None,
            at: None,
        }
    }

    /// Adds a group named at sign-in.
    pub fn group(mut self, group: impl Into<String>) -> Question {
        self.groups.push(group.into());
        self
    }

    /// Signs in to an organization.
    pub fn organization(mut self, organization: impl Into<String>) -> Question {
        self.organization = Some(organization.into());
        self
    }

    /// Asks for another time than now.
    pub fn at(mut self, at: Instant) -> Question {
        self.at = Some(at);
        self
    }
}

/// A question that has no answer: never a deny.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    message: String,
    help: Option<String>,
}

impl QuestionError {
    pub(super) fn new(message: String, help: Option<String>) -> QuestionError {
        QuestionError { message, help }
    }

    /// What to type instead.
    pub fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

impl From<Damage> for QuestionError {
    fn from(damage: Damage) -> QuestionError {
        let ours = matches!(damage, Damage::OtherKind | Damage::Answers);
        QuestionError::new(damage.to_string(), (!ours).then(|| "build the table again with `roomkey build`".into()))
    }
}
