//! Entries in the words of tokens: the base, and the features that an entry has to name.

use super::super::{Grants, TokenError};
use super::nodes::{Node, Nodes};
use crate::model::kinds::{Kind, LOWEST, NONE, Value};
use crate::query::access::Access;

/// The entries of some cells, each giving exactly what the cell has; none where two of the same length collide.
///
/// # Errors
/// A text that no entry can have.
pub fn grants(kind: &Kind, nodes: &Nodes<'_>, chosen: &[u32]) -> Result<Option<Grants>, TokenError> {
    let mut grants = Grants::default();
    for index in chosen {
        let node = nodes.node(*index);
        if !spell(kind, &mut grants, node, nodes.access(node.target))? {
            return Ok(None);
        }
    }
    // An entry behind may have the same length as one before it, and features of both count there.
    let exact = |i: &u32| seen(kind, &grants, nodes.node(*i)).as_ref() == Some(nodes.access(nodes.node(*i).target));
    Ok(chosen.iter().all(exact).then_some(grants))
}

/// Adds the entry of one cell behind those that are shorter; says whether it gives what it should.
fn spell(kind: &Kind, grants: &mut Grants, node: &Node<'_>, wanted: &Access) -> Result<bool, TokenError> {
    let name = format!("{}{}", node.text, if node.star { "*" } else { "" });
    let base = (wanted.base > NONE).then(|| format!("*:{}", level(kind, wanted.base)));
    let flats = kind.flats.iter().zip(&wanted.flats).filter(|(_, has)| **has).map(|(name, _)| name);
    grants.add(&name, base.as_deref().into_iter().chain(flats))?;
    let mut order: Vec<(usize, &str)> = kind.features.iter().enumerate().collect();
    // A feature also sets those that are part of it, which come behind.
    order.sort_by_key(|(_, name)| name.matches(':').count());
    for (i, feature) in order {
        let has = seen(kind, grants, node).map_or(NONE, |access| access.features[i]);
        if has != wanted.features[i] {
            grants.add(&name, [&*format!("{feature}:{}", level(kind, wanted.features[i]))])?;
        }
    }
    Ok(seen(kind, grants, node).as_ref() == Some(wanted))
}

/// What the entries give in a cell.
fn seen(kind: &Kind, grants: &Grants, node: &Node<'_>) -> Option<Access> {
    let opened = if node.star { grants.inside(kind, node.text) } else { grants.on(kind, node.text) };
    opened.map(|o| o.access)
}

fn level(kind: &Kind, value: Value) -> &str {
    if value <= NONE { "none" } else { kind.levels.name(usize::from(value - LOWEST)) }
}
