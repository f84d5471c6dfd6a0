//! What a text names: one commit, and never one that something else of the same name could be.

use std::path::{Component, Path};

use gix::ObjectId;
use gix::revision::Spec;
use gix::revision::spec::parse::{ObjectKindHint, Options, RefsHint};

use super::super::{Failure, Trouble};
use super::History;
use crate::report::one_line;

/// Where git looks for a name, in this order.
const PLACES: [[&str; 2]; 6] =
    [["", ""], ["refs/", ""], ["refs/tags/", ""], ["refs/heads/", ""], ["refs/remotes/", ""], ["refs/remotes/", "/HEAD"]];

impl History {
    /// The commit that a text names.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, Failure> {
        self.find(revision)?.ok_or_else(|| {
            if let Some(trouble) = self.without_commits() {
                return trouble.into();
            }
            let message = format!("no revision of git is named `{}`", one_line(revision));
            let help = "type a branch, a tag or a commit, such as `origin/main`; a shallow clone has few of them (`fetch-depth: 0` gets all)";
            Trouble::new(message).help(help).into()
        })
    }

    /// The same, where there is one. A name that two commits have is an error: who can push a tag could put it before a branch.
    pub fn find(&self, revision: &str) -> Result<Option<ObjectId>, Failure> {
        let Some(id) = self.parsed(revision, RefsHint::default()) else { return Ok(None) };
        let head = head(revision);
        if head.is_empty() || head == "HEAD" || head == "@" {
            return Ok(Some(id));
        }
        let mut met: Vec<(String, ObjectId)> = Vec::new();
        for [before, after] in PLACES {
            let name = format!("{before}{head}{after}");
            let Some(commit) = self.branch(&name) else { continue };
            // The whole name is what this help tells to type.
            if before.is_empty() && head.starts_with("refs/") {
                return Ok(Some(id));
            }
            if met.iter().all(|(_, other)| *other != commit) {
                met.push((name, commit));
            }
        }
        let short =
            (4..self.repo.object_hash().len_in_hex()).contains(&head.len()) && head.bytes().all(|b| b.is_ascii_hexdigit());
        let prefix = Some(head).filter(|_| short).and_then(|head| self.parsed(head, RefsHint::PreferObject));
        if let Some(commit) = prefix.filter(|commit| met.iter().all(|(_, other)| other != commit)) {
            met.push((commit.to_string(), commit));
        }
        let [(one, _), (other, _), ..] = &met[..] else { return Ok(Some(id)) };
        let message = format!("`{}` names two commits: `{}` and `{}`", one_line(head), one_line(one), one_line(other));
        // A tag is what somebody could have put before the others.
        let mine = met.iter().find(|(name, _)| !name.starts_with("refs/tags/")).unwrap_or(&met[0]);
        let whole = if mine.0 == head { mine.1.to_string() } else { mine.0.clone() };
        let help = format!("type the whole name, such as `{}`", one_line(&whole));
        Err(Trouble::new(message).help(help).into())
    }

    /// Whether nothing was committed yet.
    pub fn is_unborn(&self) -> bool {
        self.repo.head().is_ok_and(|head| head.is_unborn())
    }

    /// That the repository has no commit at all, or keeps the names of them where nobody can look, where it is so.
    pub fn without_commits(&self) -> Option<Trouble> {
        let storage = self.repo.config_snapshot().string("extensions.refStorage");
        if storage.is_some_and(|storage| storage.to_string().eq_ignore_ascii_case("reftable")) {
            let message = "this repository keeps its branches and tags in a reftable, which cannot be read yet";
            let help = "name a commit by its whole hash (`git rev-parse HEAD`), or keep them as files: `git refs migrate --ref-format=files`";
            return Some(Trouble::new(message).help(help));
        }
        let any = || self.repo.references().is_ok_and(|all| all.all().is_ok_and(|mut all| all.any(|r| r.is_ok())));
        let message = "this repository has no commits yet, so that there is no older policy";
        let help = "commit the policy first (`git add -A`, then `git commit`), or compare two folders: `roomkey diff OLD NEW`";
        (self.is_unborn() && !any()).then(|| Trouble::new(message).help(help))
    }

    fn parsed(&self, revision: &str, refs_hint: RefsHint) -> Option<ObjectId> {
        let options = Options { refs_hint, object_kind_hint: Some(ObjectKindHint::Committish) };
        let spec = Spec::from_bstr(revision, &self.repo, options).ok()?;
        // `REV^!` is what a commit changed, and no commit.
        let id = spec.single().filter(|_| !matches!(*spec, gix::revision::plumbing::Spec::ExcludeParents(_)))?;
        Some(id.object().ok()?.peel_to_commit().ok()?.id)
    }

    /// The revision and the path of `REV:PATH`, or the revision alone; none where there is no such revision.
    pub fn place<'t>(&self, text: &'t str) -> Result<Option<(&'t str, Option<&'t Path>)>, Failure> {
        if self.find(text)?.is_some() {
            return Ok(Some((text, None)));
        }
        let Some((revision, inner)) = text.split_once(':') else { return Ok(None) };
        Ok(self.find(revision)?.map(|_| (revision, Some(Path::new(inner)))))
    }

    /// That a text is a path here and a revision as well, and what to type for the one and the other.
    pub fn either(&self, text: &str) -> Failure {
        let message = format!("`{}` is a path here, and a revision of git as well", one_line(text));
        let both = text.split_once("...").map(|both| (both, "...")).or_else(|| text.split_once("..").map(|both| (both, "..")));
        let revision = match both {
            Some(((first, second), dots)) => {
                let whole = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { self.whole(text) };
                format!("{}{dots}{}", whole(first), whole(second))
            }
            None => self.whole(text),
        };
        let help = format!("type `./{}` for the path, or `{}` for the revision", one_line(text), one_line(&revision));
        Trouble::new(message).help(help).into()
    }

    /// A revision by a name that no path here has.
    fn whole(&self, text: &str) -> String {
        let name = head(text);
        let rest = &text[name.len()..];
        let names = PLACES.iter().map(|[before, after]| format!("{before}{name}{after}"));
        let full = names.filter(|full| full != name).find(|full| self.branch(full).is_some());
        let mut name = full.unwrap_or_else(|| format!("{name}^0"));
        while Path::new(&format!("{name}{rest}")).exists() && name.len() < 1_000 {
            name.push_str("^0");
        }
        format!("{name}{rest}")
    }
}

/// The name that a revision begins with, before what is said of it.
fn head(revision: &str) -> &str {
    let end = revision.find(['~', '^', ':']).into_iter().chain(revision.find("@{")).min();
    &revision[..end.unwrap_or(revision.len())]
}

/// Whether a text can be nothing but a path: it begins with `/`, `./` or `../`.
pub fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    path.is_absolute() || matches!(path.components().next(), Some(Component::CurDir | Component::ParentDir))
}
