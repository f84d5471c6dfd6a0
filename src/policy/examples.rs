//! Examples in helps speak of a kind that the policy has: who writes of repositories need not know what a room is.

use std::cell::OnceCell;

use crate::finding::Finding;
use crate::model::Model;
use crate::model::kinds::Kind;

/// What examples speak of where nothing is known of the policy.
const KIND: &str = "room";
/// A permission of a feature of it.
const PERMISSION: &str = "comments:write";

/// What the examples speak of in a policy that has other kinds.
pub struct Examples<'m> {
    kind: &'m Kind,
}

/// A text that examples stand below, and which of their words it has: those are its own, then.
pub struct Own<'t> {
    text: &'t str,
    has: [OnceCell<bool>; 2],
}

impl<'t> Own<'t> {
    /// Nothing is looked for yet.
    pub fn new(text: &'t str) -> Own<'t> {
        Own { text, has: Default::default() }
    }

    fn has(&self, at: usize, word: &str) -> bool {
        *self.has[at].get_or_init(|| places(self.text, word).next().is_some())
    }
}

impl<'m> Examples<'m> {
    /// Those for a policy that has kinds, and not the usual one.
    pub fn of(model: &'m Model) -> Option<Examples<'m>> {
        let mut kinds = model.kinds.iter().skip(1);
        let kind = kinds.clone().next().filter(|_| kinds.all(|kind| &*kind.name != KIND))?;
        Some(Examples { kind })
    }

    /// Lets the help of a finding speak of what the policy has.
    pub fn speak(&self, finding: &mut Finding, own: &Own<'_>) {
        let Some(help) = finding.help.as_mut().filter(|help| help.contains(KIND) || help.contains(PERMISSION)) else { return };
        let level = [self.kind.levels.iter().find(|level| *level == "write"), self.kind.levels.iter().last()];
        let level = level.into_iter().flatten().next().filter(|_| self.kind.features.position("comments").is_none());
        let said: Vec<String> = help
            .split('`')
            .enumerate()
            .map(|(at, part)| {
                let mut part = part.to_owned();
                // What declares a kind is an example of another one.
                if at % 2 == 1 && !part.starts_with("kind ") {
                    if !own.has(0, KIND) {
                        part = swapped(&part, KIND, &self.kind.name);
                    }
                    if let Some(level) = level.filter(|_| !own.has(1, PERMISSION)) {
                        part = swapped(&part.replace(&format!(", {PERMISSION}"), ""), PERMISSION, level);
                    }
                }
                part
            })
            .collect();
        *help = said.join("`");
    }
}

/// A text with a word of it in the place of another one.
fn swapped(text: &str, from: &str, to: &str) -> String {
    let (mut out, mut last) = (String::with_capacity(text.len()), 0);
    for at in places(text, from) {
        out.push_str(&text[last..at]);
        out.push_str(to);
        last = at + from.len();
    }
    out.push_str(&text[last..]);
    out
}

/// Where a text has a word by itself.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    let alone = move |at: &usize| !text[..*at].ends_with(part) && !text[at + word.len()..].starts_with(part);
    text.match_indices(word).map(|(at, _)| at).filter(alone)
}
