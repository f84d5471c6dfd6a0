//! The keys of a peribolos configuration: those that give access, and those that are idle here.

/// The permissions on a repository, each implied by those after it.
pub const LEVELS: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];

/// An organization's keys with a meaning here.
pub const ORG: &[&str] = &["default_repository_permission", "description", "admins", "members", "repos", "teams"];

/// An organization's keys that give no access to a repository.
pub const ORG_IDLE: &[&str] = &[
    "name",
    "email",
    "billing_email",
    "company",
    "location",
    "has_organization_projects",
    "has_repository_projects",
    "members_can_create_repositories",
];

/// A team's keys with a meaning here.
pub const TEAM: &[&str] = &["description", "maintainers", "members", "repos", "teams"];

/// A team's keys that give no access to a repository.
pub const TEAM_IDLE: &[&str] = &["privacy", "previously", "notification_setting"];

/// A repository's keys with a meaning here.
pub const REPO: &[&str] = &["description", "collaborators"];

/// A repository's keys that give no access to it.
pub const REPO_IDLE: &[&str] = &[
    "allow_auto_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
    "archived",
    "default_branch",
    "delete_branch_on_merge",
    "fork_from",
    "has_discussions",
    "has_issues",
    "has_projects",
    "has_wiki",
    "homepage",
    "merge_commit_message",
    "merge_commit_title",
    "on_create",
    "previously",
    "private",
    "squash_merge_commit_message",
    "squash_merge_commit_title",
    "topics",
    "visibility",
    "web_commit_signoff_required",
];
