//! What a suggestion changes besides what was asked for: the comparison of the policy without it and with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::instant::Instant;
use crate::model::kinds::{Kind, LOWEST, Meaning, NONE, Value};
use crate::policy::Policy;
use crate::query::check::Checker;
use crate::query::diff::{Change, Diff, Side, Subjects, diff, shown_as};
use crate::query::question::{Question, QuestionError};

/// What changes besides, and how much that is.
pub struct Opened {
    pub diff: Diff,
    pub weight: Weight,
}

/// How many decisions are opened, about, and how many are closed.
pub type Weight = (u128, u128);

impl Opened {
    pub fn new(policy: &Policy, changed: &Policy, q: &Question) -> Result<Opened, QuestionError> {
        let at = q.at.unwrap_or_else(Instant::now);
        let mut diff = diff(side(policy), side(changed), at)?;
        let asked = Checker::new(policy.table()).understand(q)?;
        let kind = &policy.table().kinds()[asked.kind as usize];
        let implied = implied(kind, &q.permission);
        let shown = shown_as([policy.table(), changed.table()], &kind.name, &q.resource.id)?;
        let wanted = Wanted { user: &q.user, kind: &kind.name, shown: shown.as_deref().unwrap_or(&q.resource.id), implied };
        diff.changes = std::mem::take(&mut diff.changes).into_iter().flat_map(|c| wanted.besides(c)).collect();
        let sum = |(gained, lost): Weight, c| {
            let (more, less) = weight(c, diff.users);
            (gained + more, lost + less)
        };
        let weight = diff.changes.iter().fold((0, 0), sum);
        Ok(Opened { diff, weight })
    }
}

fn side(policy: &Policy) -> Side<'_> {
    Side { table: policy.table(), from: Some((policy.model(), policy.sources())) }
}

fn weight(c: &Change, users: usize) -> Weight {
    let named = c.who.users.len() + c.who.groups.len();
    // A stranger is anyone.
    let who = if c.who.everyone { 1_000_000 + users } else { named.max(1) };
    let each = who as u128 * c.resources.len().max(1) as u128;
    (each * c.gained.len() as u128, each * c.lost.len() as u128)
}

/// What was asked for.
struct Wanted<'q> {
    user: &'q str,
    kind: &'q str,
    shown: &'q str,
    implied: BTreeSet<String>,
}

impl Wanted<'_> {
    /// What of a change was not asked for.
    fn besides(&self, c: Change) -> Vec<Change> {
        let mine = !c.who.everyone
            && c.kind == self.kind
            && c.who.users.iter().any(|u| u == self.user)
            && c.resources.iter().any(|r| r == self.shown);
        if !mine {
            return vec![c];
        }
        let (user, shown) = (self.user.to_owned(), self.shown.to_owned());
        let mut others = (*c.who).clone();
        others.users.retain(|u| *u != user);
        let elsewhere: Vec<String> = c.resources.iter().filter(|r| **r != shown).cloned().collect();
        let more: Vec<String> = c.gained.iter().filter(|p| !self.implied.contains(*p)).cloned().collect();
        let own = Subjects { everyone: false, users: vec![user], groups: Vec::new() };
        let whole = c.whole && more.len() == c.gained.len();
        let parts = [
            Change { resources: elsewhere, ..c.clone() },
            Change { who: Arc::new(others), resources: vec![shown.clone()], ..c.clone() },
            Change { who: Arc::new(own), resources: vec![shown], gained: more, whole, ..c },
        ];
        let any = |c: &Change| {
            let who = !c.who.users.is_empty() || !c.who.groups.is_empty();
            who && !c.resources.is_empty() && !(c.gained.is_empty() && c.lost.is_empty())
        };
        parts.into_iter().filter(any).collect()
    }
}

/// Everything that a permission allows.
fn implied(kind: &Kind, permission: &str) -> BTreeSet<String> {
    let Some(Meaning::Part(part, value)) = kind.meaning(permission) else { return BTreeSet::new() };
    if kind.flat_parts().contains(&part) {
        return BTreeSet::from([permission.to_owned()]);
    }
    let levels = |value: Value| kind.levels.iter().take(usize::from((value + 1).saturating_sub(LOWEST).max(NONE)));
    let feature = |part: u32| kind.features.name(part as usize - 1);
    let features: Vec<&str> = match part {
        0 => kind.feature_parts().map(feature).chain(["*"]).collect(),
        _ => std::iter::once(part).chain(kind.subs(part).iter().copied()).map(feature).collect(),
    };
    features.iter().flat_map(|f| levels(value).map(move |level| format!("{f}:{level}"))).collect()
}
