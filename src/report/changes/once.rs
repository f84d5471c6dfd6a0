//! Changes of which a reader sees the same, as one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::How;
use super::effects::sentence;
use crate::query::diff::{Change, Subjects};

/// Changes of which the same is said, told of all at once: what each had or has besides may differ, and not be said.
pub fn said_once<'c>(changes: &'c [Change], how: &How<'_>) -> Vec<Cow<'c, Change>> {
    let (plain, own): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|c| changes.len() > 1 && c.with.is_empty());
    let somewhere = ["it".to_owned()];
    let said = |c: &Change| sentence(&(String::new(), false), &somewhere, c, how, "").text;
    let mut by_place: IndexMap<(&str, &[String], String), Vec<&'c Change>> = IndexMap::new();
    for c in plain {
        by_place.entry((&c.kind, &c.resources, said(c))).or_default().push(c);
    }
    let mut all: IndexMap<(&str, Arc<Subjects>, String), Cow<'c, Change>> = IndexMap::new();
    for ((kind, _, said), changes) in by_place {
        let mut c = Cow::Borrowed(changes[0]);
        if changes.len() > 1 {
            c.to_mut().who = whoever(&changes).into();
        }
        match all.entry((kind, Arc::clone(&c.who), said)) {
            Entry::Vacant(new) => _ = new.insert(c),
            Entry::Occupied(mut known) => {
                let resources = &mut known.get_mut().to_mut().resources;
                resources.extend(c.resources.iter().cloned());
                resources.sort_unstable();
            }
        }
    }
    all.into_values().chain(own.into_iter().map(Cow::Borrowed)).collect()
}

/// All whom some changes speak of.
fn whoever(changes: &[&Change]) -> Subjects {
    let everyone = changes.iter().any(|c| c.who.everyone);
    let of = |list: fn(&Subjects) -> &Vec<String>| -> Vec<String> {
        let some = changes.iter().filter(|c| !c.who.everyone).flat_map(|c| list(&c.who));
        let some: BTreeSet<&String> = some.collect();
        if !everyone {
            return some.into_iter().cloned().collect();
        }
        // Who is left out of each, and in none of the others.
        let mut out: BTreeMap<&String, usize> = BTreeMap::new();
        let all: Vec<&&Change> = changes.iter().filter(|c| c.who.everyone).collect();
        all.iter().flat_map(|c| list(&c.who)).for_each(|one| *out.entry(one).or_default() += 1);
        out.into_iter().filter(|(one, n)| *n == all.len() && !some.contains(one)).map(|(one, _)| one.clone()).collect()
    };
    Subjects { everyone, users: of(|who| &who.users), groups: of(|who| &who.groups) }
}
