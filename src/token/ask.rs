//! Can the bearer of an access token do this: asked of the token's own entries.

use super::{Claims, Opened, TokenError};
use crate::model::kinds::{Kind, Meaning};
use crate::query::reason::{Answer, Decision, Reason, ReasonKind};
use crate::report::line;

/// What an access token that is about one kind says about a permission on a resource of a kind. Entries speak of ids of
/// the one kind: the same id of another one is another resource. Whether the token can be trusted was asked before.
///
/// # Errors
/// A permission in the token, or in the question, that the kind does not declare or that cannot be asked for.
pub fn answer(claims: &Claims, about: &Kind, kind: &Kind, permission: &str, id: &str) -> Result<Answer, TokenError> {
    claims.grants.known(about)?;
    let opened = if about.name == kind.name { claims.grants.on(kind, id) } else { None };
    let allows = match &opened {
        Some(opened) => opened.allows(kind, permission).ok_or_else(|| unknown(kind, permission))?,
        None if matches!(kind.meaning(permission), Some(Meaning::Part(..))) => false,
        None => return Err(unknown(kind, permission)),
    };
    let entry = opened.as_ref().and_then(|o| o.entry(kind, permission));
    let text = match (entry, &opened) {
        (Some(entry), _) => {
            let list = claims.grants.iter().find(|(pattern, _)| *pattern == entry).map(|(_, list)| list.join(", "));
            format!("the token's entry `{}` gives {}", line(entry), line(&list.unwrap_or_default()))
        }
        (None, Some(_)) => "no entry of the token that matches gives a base".into(),
        (None, None) if about.name != kind.name => format!("the token is about the kind `{}`", line(&about.name)),
        (None, None) => format!("no entry of the token matches `{}`", line(id)),
    };
    let place = entry.map(str::to_owned);
    let reason = Reason { kind: ReasonKind::Token, principal: None, place, role: None, source: None, text };
    let decision = if allows { Decision::Allow } else { Decision::Deny };
    Ok(Answer { decision, kind: kind.name.to_string(), id: id.into(), reason, notes: Vec::new() })
}

fn unknown(kind: &Kind, permission: &str) -> TokenError {
    let permission = line(&permission.chars().take(60).collect::<String>()).to_string();
    TokenError::Permission { kind: kind.name.to_string(), permission, near: None }
}

impl<'g> Opened<'g> {
    /// The entry that decides a permission; none where nothing sets it.
    pub fn entry(&self, kind: &Kind, permission: &str) -> Option<&'g str> {
        let Some(Meaning::Part(part, level)) = kind.meaning(permission) else { return None };
        let features = kind.features.len() as u32;
        if part == 0 || self.base_from.is_none() && part <= features {
            return self.base_from;
        }
        if part > features {
            return self.flats_from.get((part - 1 - features) as usize).copied().flatten();
        }
        // A feature with sub-features is opened by any of them.
        let reaches = |p: &u32| self.access.features.get(*p as usize - 1).is_some_and(|has| *has >= level);
        let part = kind.subs(part).iter().copied().find(reaches).unwrap_or(part);
        let mut name = kind.features.name(part as usize - 1);
        loop {
            let found = kind.features.position(name).and_then(|i| self.from.get(i).copied().flatten());
            match (found, name.rsplit_once(':')) {
                (Some(entry), _) => return Some(entry),
                (None, Some((outer, _))) => name = outer,
                (None, None) => return self.base_from,
            }
        }
    }
}
