//! The published kinds, permissions and roles, read from the vocabulary that the program ships.

use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = include_str!("../../../policies/livelike.rk");

/// What `use livelike` declares.
pub struct Vocabulary {
    kinds: BTreeMap<&'static str, BTreeSet<&'static str>>,
    roles: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// What the words under way belong to.
enum Within {
    Nothing,
    Permissions(&'static str),
    Can(&'static str),
    Includes(&'static str),
}

impl Vocabulary {
    /// The vocabulary of the shipped policy, which is simple enough to be read word by word.
    pub fn published() -> Self {
        let mut vocabulary = Self { kinds: BTreeMap::new(), roles: BTreeMap::new() };
        let mut includes: Vec<(&str, &str)> = Vec::new();
        let (mut name, mut within) = ("", Within::Nothing);
        let lines = TEXT.lines().map(|line| line.split("//").next().unwrap_or_default());
        let mut words = lines.flat_map(|line| line.split([' ', ',', '{', '}'])).filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            match word {
                "kind" => {
                    (name, within) = (words.next().unwrap_or_default(), Within::Nothing);
                    vocabulary.kinds.entry(name).or_default();
                }
                "role" => {
                    (name, within) = (words.next().unwrap_or_default(), Within::Nothing);
                    vocabulary.roles.entry(name).or_default();
                }
                "permissions" => within = Within::Permissions(name),
                "can" => within = Within::Can(name),
                "includes" => within = Within::Includes(name),
                "in" | "owner" => within = Within::Nothing,
                word => match within {
                    Within::Nothing => {}
                    Within::Permissions(kind) => drop(vocabulary.kinds.entry(kind).or_default().insert(word)),
                    Within::Can(role) => drop(vocabulary.roles.entry(role).or_default().insert(word)),
                    Within::Includes(role) => includes.push((role, word)),
                },
            }
        }
        // A role includes only roles written before it, so one pass completes them all.
        for (role, included) in includes {
            let more = vocabulary.roles.get(included).cloned().unwrap_or_default();
            vocabulary.roles.entry(role).or_default().extend(more);
        }
        vocabulary
    }

    /// The kind of that name or slug: `comment-board`, `Comment Board` and `comment_board` are one.
    pub fn kind(&self, slug: &str) -> Option<&'static str> {
        let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        self.kinds.keys().find(|kind| plain(kind) == plain(slug)).copied()
    }

    /// Whether some kind declares the permission.
    pub fn declares(&self, permission: &str) -> bool {
        self.kinds.values().any(|permissions| permissions.contains(permission))
    }

    /// The kind that a permission unknown here speaks of by its own words.
    pub fn kind_in(&self, permission: &str) -> Option<&'static str> {
        let words = format!("-{}-", permission.replace('_', "-"));
        let mut named = self.kinds.keys().filter(|kind| words.contains(&format!("-{}-", kind.replace('_', "-"))));
        // Two kinds in one permission leave it open which of them declares it.
        named.next().filter(|_| named.next().is_none()).copied()
    }

    /// The permissions of a published role.
    pub fn role(&self, key: &str) -> Option<&BTreeSet<&'static str>> {
        self.roles.get(key)
    }

    /// The keys of all published roles.
    pub fn roles(&self) -> impl Iterator<Item = &'static str> {
        self.roles.keys().copied()
    }
}
