//! Statements that may allow what is denied.

use super::{Into, Piece};
use crate::model::Model;
use crate::model::kinds::{KindId, LOWEST, Meaning, Value};
use crate::policy::Policy;
use crate::query::check::{Asked, Checker};
use crate::query::explain::{Effect, Explanation, Told};
use crate::query::question::{Question, QuestionError};
use crate::query::reason::ReasonKind;
use crate::syntax::print;
use crate::table::decide::Resource;
use crate::table::view::Damage;
use crate::table::{GroupId, SignIn, Table, gives};

/// So many roles, and so many groups, are tried.
const TRIED: usize = 4;

fn anywhere(text: String) -> Vec<Piece> {
    vec![Piece { text, into: None }]
}

/// Statements that may allow it, each alone: membership in the organization, an entry of the user in the resource or in its
/// pattern, a role there, and groups whose members are allowed.
pub fn all(policy: &Policy, q: &Question, denial: &Explanation) -> Result<Vec<Vec<Piece>>, QuestionError> {
    let table = policy.table();
    let asked = Checker::new(table).understand(q)?;
    let user = print::Id(&q.user).to_string();
    let reason = &denial.answer.reason;
    let mut all = Vec::new();
    match reason.kind {
        ReasonKind::NotAMember => {
            let own = reason.place.as_deref().and_then(|p| p.strip_prefix("organization:")).unwrap_or("default");
            all.push(anywhere(format!("organization {} {{ member user {user} }}\n", print::Id(own))));
            if ended(denial).is_some_and(|t| t.reason.principal.as_deref().is_some_and(|p| p.starts_with("user:"))) {
                // A member is written once, so that who was one comes in again with a group.
                let groups = &policy.model().groups;
                let mut names = (1..).map(|n| if n == 1 { format!("{own}-members") } else { format!("{own}-members-{n}") });
                let name = names.find(|name| groups.get(name).is_none()).unwrap_or_default();
                let (group, own) = (print::Id(&name), print::Id(own));
                let text = format!("group {group} {{ user {user} }}\norganization {own} {{ member group {group} }}\n");
                all.push(anywhere(text));
            }
        }
        ReasonKind::OutsideOrganization | ReasonKind::Prohibited => return Ok(all),
        _ => {
            all.extend(entries(table, q, &asked)?.into_iter().map(anywhere));
            all.extend(roles(policy, q, &asked)?.into_iter().map(anywhere));
        }
    }
    all.extend(groups(policy, q, &asked)?);
    Ok(all)
}

/// What made the user a member of the organization until some time ago.
fn ended(denial: &Explanation) -> Option<&Told> {
    denial.gate.as_ref()?.members.as_ref()?.iter().find(|t| t.effect == Effect::Over)
}

/// A role that the policy does not have yet, where the resource takes no entry of the user.
pub fn last(policy: &Policy, q: &Question, denial: &Explanation) -> Result<Vec<Vec<Piece>>, QuestionError> {
    let (table, model) = (policy.table(), policy.model());
    let asked = Checker::new(table).understand(q)?;
    let gate =
        matches!(denial.answer.reason.kind, ReasonKind::OutsideOrganization | ReasonKind::Prohibited | ReasonKind::NotAMember);
    if gate || !matches!(table.resource(asked.kind, &q.resource.id)?, Some(Resource::Declared(_))) {
        return Ok(Vec::new());
    }
    let kind = &table.kinds()[asked.kind as usize].name;
    let words = q.permission.trim_start_matches("*:").replace(':', "-");
    let mut names = (1..).map(|n| if n == 1 { format!("{kind}-{words}") } else { format!("{kind}-{words}-{n}") });
    let name = names.find(|name| model.roles.get(name).is_none()).unwrap_or_default();
    let (list, user) = (list(table, q, &asked)?, print::Id(&q.user));
    let role = format!("role {} {{ can {list} on {kind} }}\n", print::Id(&name));
    let assign = format!("assign {} to user {user} in {kind} {}\n", print::Id(&name), print::Id(&q.resource.id));
    Ok(vec![anywhere(role + &assign)])
}

/// Why none would do.
pub fn why(policy: &Policy, q: &Question, denial: &Explanation) -> Result<String, QuestionError> {
    let reason = &denial.answer.reason;
    let gate = [ReasonKind::OutsideOrganization, ReasonKind::Prohibited, ReasonKind::NotAMember];
    if let (ReasonKind::NotAMember, Some(over)) = (reason.kind, ended(denial)) {
        let place = over.reason.source.as_ref().map_or(String::new(), |s| format!(" at {s}"));
        return Ok(format!("{}; change `{}`{place}, which has ended", reason.text, over.reason.text));
    }
    if gate.contains(&reason.kind) {
        return Ok(format!("{}; that has to go first", reason.text));
    }
    let asked = Checker::new(policy.table()).understand(q)?;
    Ok(match container(policy.table(), &asked, q)? {
        None => "the policy speaks of the user there already; change that statement".into(),
        Some(_) => "no entry of the user that leaves the resource in its container would do".into(),
    })
}

/// The list of an entry that gives what is asked for, with a base where there is none.
fn list(table: &Table, q: &Question, asked: &Asked) -> Result<String, QuestionError> {
    let base = table.kinds()[asked.kind as usize].levels.name(0);
    let needs_base = asked.permission.feature && !has_base(table, q, asked)?;
    Ok(if needs_base { format!("{base}, {}", q.permission) } else { q.permission.clone() })
}

/// Entries of the user: in the resource itself, and in the pattern that makes it known.
fn entries(table: &Table, q: &Question, asked: &Asked) -> Result<Vec<String>, QuestionError> {
    let kind = &table.kinds()[asked.kind as usize].name;
    let (list, user) = (list(table, q, asked)?, print::Id(&q.user));
    // It stays in its container: outside of it everyone else would lose, and prohibitions would no longer hold.
    let holder = container(table, asked, q)?;
    let within = holder.map_or(String::new(), |holder| format!(" in {holder}"));
    let mut places = vec![format!("{}{within}", print::Id(&q.resource.id))];
    if let Some(on @ Resource::Matched(_)) = table.resource(asked.kind, &q.resource.id)?
        && let Some(pattern) = table.ground(on)?.0.first()
        && let Some(pattern) = table.place(*pattern)?
    {
        places.push(print::Id(&pattern.id).to_string());
    }
    let mut all = Vec::new();
    for place in places {
        // A kind that can lie below may be named like a feature.
        for on in [String::new(), format!(" on {kind}")] {
            all.push(format!("{kind} {place} {{ user {user} can {list}{on} }}\n"));
        }
    }
    Ok(all)
}

/// Assignments of the roles that give it, those first that give the least.
fn roles(policy: &Policy, q: &Question, asked: &Asked) -> Result<Vec<String>, QuestionError> {
    let (table, model) = (policy.table(), policy.model());
    let Some(Resource::Declared(_)) = table.resource(asked.kind, &q.resource.id)? else { return Ok(Vec::new()) };
    let Some(model_kind) = model.kind_names.get(&table.kinds()[asked.kind as usize].name) else { return Ok(Vec::new()) };
    let kind = &model.kinds[model_kind as usize];
    let Some(Meaning::Part(part, wanted)) = kind.meaning(&q.permission) else { return Ok(Vec::new()) };
    let needs_base = asked.permission.feature && !has_base(table, q, asked)?;
    let mut fits: Vec<(u64, u32)> = Vec::new();
    for (role, given) in (0..).zip(gives(model)) {
        let value = |part: u32| -> Value {
            let set = given.iter().find(|(k, _)| *k == model_kind as KindId).map(|(_, set)| set);
            set.and_then(|set| set.iter().find(|(p, _)| *p == part)).map_or(0, |(_, value)| *value)
        };
        let mut parts = std::iter::once(part).chain(kind.subs(part).iter().copied());
        if parts.any(|p| value(p) >= wanted) && (!needs_base || value(0) >= LOWEST) {
            fits.push((given.iter().flat_map(|(_, set)| set).map(|(_, v)| u64::from(*v)).sum(), role));
        }
    }
    fits.sort_unstable();
    let (user, name, id) = (print::Id(&q.user), &kind.name, print::Id(&q.resource.id));
    let assign =
        |(_, role): &(u64, u32)| format!("assign {} to user {user} in {name} {id}\n", print::Id(model.roles.name(*role)));
    Ok(fits.iter().take(TRIED).map(assign).collect())
}

/// Groups whose members are allowed, with the user as a member more.
fn groups(policy: &Policy, q: &Question, asked: &Asked) -> Result<Vec<Vec<Piece>>, QuestionError> {
    let (table, model) = (policy.table(), policy.model());
    let Some(on) = table.resource(asked.kind, &q.resource.id)? else { return Ok(Vec::new()) };
    let user = table.user(&q.user)?;
    let named = q.groups.iter().filter_map(|g| table.group(g).transpose()).collect::<Result<Vec<_>, _>>()?;
    let mut fits: Vec<(usize, Vec<Piece>)> = Vec::new();
    for group in table.groups() {
        let (group, name) = group?;
        let all: Vec<GroupId> = named.iter().copied().chain([group]).collect();
        let sign_in: SignIn<'_> = table.sign_in_with(user, &all)?;
        let reach = sign_in.reach();
        let sign_in = match &q.organization {
            Some(organization) => table.to_organization(sign_in, organization)?,
            None => sign_in,
        };
        if table.check(&sign_in, asked.permission, on, asked.at)? {
            fits.extend(join(policy, model, name, &q.user).map(|piece| (reach, vec![piece])));
        }
    }
    fits.sort_by_key(|(reach, _)| *reach);
    Ok(fits.into_iter().take(TRIED).map(|(_, pieces)| pieces).collect())
}

/// A member more in the block of a group; a block, where it has none.
fn join(policy: &Policy, model: &Model, group: &str, user: &str) -> Option<Piece> {
    let span = *model.group_spans.get(model.groups.get(group)? as usize)?;
    let source = policy.sources().get(span.file);
    let rest = source.text().get(span.end as usize..)?;
    let blanks = rest.len() - rest.trim_start().len();
    let member = format!("user {}", print::Id(user));
    let (at, text) = match rest[blanks..].starts_with('{') {
        true => (span.end as usize + blanks + 1, format!(" {member}")),
        false => (span.end as usize, format!(" {{ {member} }}")),
    };
    let into = Into { file: span.file, at, text, source: policy.sources().origin(span) };
    Some(Piece { text: format!("group {} {{ {member} }}\n", print::Id(group)), into: Some(into) })
}

/// The container of a resource that only a pattern makes known: it stays in it where a statement declares it.
fn container(table: &Table, asked: &Asked, q: &Question) -> Result<Option<String>, Damage> {
    let Some(on @ Resource::Matched(_)) = table.resource(asked.kind, &q.resource.id)? else { return Ok(None) };
    let Some(around) = table.ground(on)?.1.first().copied() else { return Ok(None) };
    let parent = table.beyond(around)?.parent.map(|at| table.place(at)).transpose()?.flatten();
    Ok(parent.map(|place| place.statement()))
}

/// Whether a user has the lowest level of the base, without which no feature is allowed.
fn has_base(table: &Table, q: &Question, asked: &Asked) -> Result<bool, QuestionError> {
    let lowest = format!("*:{}", table.kinds()[asked.kind as usize].levels.name(0));
    let (Some(lowest), Some(on)) = (table.permission(asked.kind, &lowest), table.resource(asked.kind, &q.resource.id)?) else {
        return Ok(false);
    };
    let mut sign_in = Checker::new(table).sign_in(q)?;
    if let Some(organization) = &q.organization {
        sign_in = table.to_organization(sign_in, organization)?;
    }
    Ok(table.check(&sign_in, lowest, on, asked.at)?)
}
