//! One question through every door that answers it: all of them must give the same answer.

use roomkey::table::view::Damage;
use roomkey::{Instant, Question, Table};

/// The answers of every way to ask, or none where the question has no answer.
pub fn answers(table: &Table, question: &Question) -> Result<Vec<bool>, Damage> {
    let Some(kind) = question.resource.kind.as_deref().and_then(|kind| table.kind(kind)) else { return Ok(Vec::new()) };
    let Some(permission) = table.permission(kind, &question.permission) else { return Ok(Vec::new()) };
    let (name, id, at) = (&*question.user, &*question.resource.id, question.at.unwrap_or(Instant::from_unix(0, 0)));
    let user = table.user(name)?;
    let resource = table.resource(kind, id)?;
    let mut all = Vec::new();
    if question.groups.is_empty() && question.organization.is_none() {
        // More than are on their way at once.
        let mut many = [true; 19];
        table.check_many_named(&[(name, permission, id); 19], at, &mut many)?;
        all.extend(many);
    }
    let Some(on) = resource else { return Ok(all) };
    let mut groups = Vec::new();
    for group in &question.groups {
        groups.extend(table.group(group)?);
    }
    let mut sign_ins = vec![table.sign_in_with(user, &groups)?];
    if let Some(user) = user.filter(|_| groups.is_empty()) {
        sign_ins.push(table.sign_in(user)?);
        if question.organization.is_none() {
            let mut many = [true; 19];
            table.check_many(&[(user, permission, on); 19], at, &mut many)?;
            all.extend(many);
            all.push(table.check_user(user, permission, on, at)?);
        }
    }
    for mut sign_in in sign_ins {
        if let Some(organization) = &question.organization {
            sign_in = table.to_organization(sign_in, organization)?;
        }
        all.push(table.check(&sign_in, permission, on, at)?);
        all.push(table.decide(&sign_in, permission, on, at)?.allow);
    }
    Ok(all)
}
