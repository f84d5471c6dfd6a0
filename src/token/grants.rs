//! What an access token opens: patterns of ids, each with a list of permissions, under the rule of the platform's client.
//!
//! The rule is that of `@liveblocks/core` 3.24.2: the base is the highest over all entries that match; a feature comes
//! from the longest entry that sets it (entries of the same length count together, the highest first); a feature that
//! nothing sets follows the feature that it is part of, else the base; without a base there is nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::TokenError;
use crate::finding::did_you_mean;
use crate::model::kinds::{FOLLOW, Kind, Meaning, NONE, Value as Level};
use crate::query::access::Access;
use crate::report::plain;

/// The most entries of a token.
pub const MOST: usize = 10;
/// The most characters of an entry's name, its `*` not counted.
pub const NAME_LIMIT: usize = 128;

/// Patterns and permissions, as `perms` holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Grants(BTreeMap<String, Vec<String>>);

impl Grants {
    /// Adds permissions to an entry: to those that it has already.
    ///
    /// # Errors
    /// A name that no entry can have.
    pub fn add<'p>(&mut self, pattern: &str, permissions: impl IntoIterator<Item = &'p str>) -> Result<(), TokenError> {
        name(pattern)?;
        let list = self.0.entry(pattern.to_owned()).or_default();
        for permission in permissions {
            if !list.iter().any(|p| p == permission) {
                list.push(permission.to_owned());
            }
        }
        Ok(())
    }

    /// Adds permissions of a kind to an entry: to those that it has already. A bare level is written as tokens write it,
    /// `*:write`.
    ///
    /// # Errors
    /// A name that no entry can have, and a permission that the kind does not declare.
    pub fn allow<'p>(
        &mut self,
        kind: &Kind,
        pattern: &str,
        permissions: impl IntoIterator<Item = &'p str>,
    ) -> Result<(), TokenError> {
        let level = |p: &str| matches!(kind.meaning(p), Some(Meaning::Part(0, _))) && !p.contains(':');
        let spelled: Vec<String> =
            permissions.into_iter().map(|p| if level(p) { format!("*:{p}") } else { p.to_owned() }).collect();
        spelled.iter().try_for_each(|p| known(kind, p))?;
        self.add(pattern, spelled.iter().map(String::as_str))
    }

    /// The entries, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(pattern, list)| (&**pattern, &**list))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a token can hold it.
    ///
    /// # Errors
    /// More entries than a token holds, or none.
    pub fn fit(&self) -> Result<(), TokenError> {
        match self.len() {
            0 => Err(TokenError::Unfit("an access token opens something: it has no entry".into())),
            has if has > MOST => {
                let shown = |(name, _): (&str, _)| plain(&name.chars().take(140).collect::<String>()).to_string();
                Err(TokenError::TooMany { has, beyond: self.iter().skip(MOST).map(shown).collect() })
            }
            _ => Ok(()),
        }
    }

    /// Whether every permission is one of a kind.
    ///
    /// # Errors
    /// The first that is none, with the closest one.
    pub fn known(&self, kind: &Kind) -> Result<(), TokenError> {
        self.0.values().flatten().try_for_each(|permission| known(kind, permission))
    }

    /// What the token opens on one resource of a kind, and which entry sets each part; none matches nothing.
    pub fn on<'g>(&'g self, kind: &Kind, id: &str) -> Option<Opened<'g>> {
        self.opened(kind, |pattern| matches(pattern, id))
    }

    /// What the token opens on every resource whose id begins with a text and that no longer entry matches.
    pub fn inside<'g>(&'g self, kind: &Kind, start: &str) -> Option<Opened<'g>> {
        self.opened(kind, |pattern| pattern.strip_suffix('*').is_some_and(|shorter| start.starts_with(shorter)))
    }

    /// Whether no entry opens anything: features are worth nothing where no entry gives a base.
    pub fn open_nothing(&self, kind: &Kind) -> bool {
        let nothing = |opened: Opened<'_>| opened.access.base == NONE && !opened.access.flats.iter().any(|flat| *flat);
        self.opened(kind, |_| true).is_none_or(nothing)
    }

    fn opened<'g>(&'g self, kind: &Kind, matches: impl Fn(&str) -> bool) -> Option<Opened<'g>> {
        let mut set: Vec<Option<(usize, Level, &'g str)>> = vec![None; kind.parts()];
        let mut any = false;
        for (pattern, list) in self.iter().filter(|(pattern, _)| matches(pattern)) {
            any = true;
            let length = pattern.trim_end_matches('*').len();
            for (part, level) in explicit(kind, list).into_iter().enumerate().filter(|(_, l)| *l != FOLLOW) {
                let better = set[part].is_none_or(|(has, value, _)| match (part, length.cmp(&has)) {
                    // Features alone have an order by length; the base and flat permissions only add up.
                    (part, _) if part == 0 || part > kind.features.len() => level > value,
                    (_, std::cmp::Ordering::Equal) => level > value,
                    (_, order) => order.is_gt(),
                });
                if better {
                    set[part] = Some((length, level, pattern));
                }
            }
        }
        any.then(|| Opened::new(kind, &set))
    }

    pub(super) fn from_json(perms: &Map<String, Value>) -> Result<Grants, TokenError> {
        let wrong = |why: &str| TokenError::Claim { claim: "perms", why: why.into() };
        if perms.len() > MOST {
            return Err(wrong(&format!("has {} entries, and the limit is {MOST}", perms.len())));
        }
        let mut grants = Grants::default();
        for (pattern, list) in perms {
            let Value::Array(list) = list else { return Err(wrong("has an entry that is no list")) };
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            let texts = texts.ok_or_else(|| wrong("has a permission that is no text"))?;
            grants.add(pattern, texts)?;
        }
        Ok(grants)
    }
}

/// What a token opens on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'g> {
    /// The level of each part.
    pub access: Access,
    /// The entry that sets the base.
    pub base_from: Option<&'g str>,
    /// For each feature, the entry that sets it.
    pub from: Vec<Option<&'g str>>,
    /// For each flat permission, an entry that gives it.
    pub flats_from: Vec<Option<&'g str>>,
}

impl<'g> Opened<'g> {
    fn new(kind: &Kind, set: &[Option<(usize, Level, &'g str)>]) -> Opened<'g> {
        let base = set[0].map_or(NONE, |(_, level, _)| level);
        let names: Vec<&str> = kind.features.iter().collect();
        let mut features: Vec<Level> = Vec::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            let outer = outer(&names, name);
            // A feature is declared behind or before those that it is part of, so the walk goes outwards by name.
            let mut found = set[1 + i].map(|(_, level, _)| level);
            let mut next = outer;
            while let (None, Some(at)) = (found, next) {
                found = set[1 + at].map(|(_, level, _)| level);
                next = self::outer(&names, names[at]);
            }
            features.push(if base == NONE { NONE } else { found.unwrap_or(base) });
        }
        let own = features.clone();
        for (i, level) in features.iter_mut().enumerate() {
            let subs = kind.subs(1 + i as u32).iter().filter_map(|part| own.get(*part as usize - 1));
            *level = subs.copied().fold(*level, Level::max);
        }
        let flats = set[1 + names.len()..].iter().map(Option::is_some).collect();
        let pattern = |s: &Option<(usize, Level, &'g str)>| s.map(|(_, _, pattern)| pattern);
        let (from, flats_from) = set[1..].split_at(names.len());
        let (from, flats_from) = (from.iter().map(pattern).collect(), flats_from.iter().map(pattern).collect());
        let access = Access { base, features: features.into_boxed_slice(), flats };
        Opened { access, base_from: pattern(&set[0]), from, flats_from }
    }

    /// Whether a permission is among what is opened.
    pub fn allows(&self, kind: &Kind, permission: &str) -> Option<bool> {
        let Some(Meaning::Part(part, level)) = kind.meaning(permission) else { return None };
        let has = match part as usize {
            0 => self.access.base,
            part if part <= kind.features.len() => *self.access.features.get(part - 1)?,
            part => return self.access.flats.get(part - 1 - kind.features.len()).copied(),
        };
        (level > NONE).then_some(has >= level)
    }
}

/// Whether a permission is one of a kind, spelled as tokens spell it.
fn known(kind: &Kind, permission: &str) -> Result<(), TokenError> {
    let meaning = kind.meaning(permission);
    let bare = matches!(meaning, Some(Meaning::Part(0, _))) && !permission.contains(':');
    if matches!(meaning, Some(Meaning::Part(..) | Meaning::Retired)) && !bare {
        return Ok(());
    }
    let shown: String = permission.chars().take(60).collect();
    let near = match bare {
        true => Some(format!("tokens write `*:{shown}`")),
        false => did_you_mean(&shown, kind.permissions().collect::<Vec<_>>().iter().map(String::as_str)),
    };
    Err(TokenError::Permission { kind: kind.name.to_string(), permission: plain(&shown).to_string(), near })
}

/// The closest feature that a feature is part of.
fn outer(names: &[&str], name: &str) -> Option<usize> {
    let mut prefix = name;
    while let Some((shorter, _)) = prefix.rsplit_once(':') {
        if let Some(at) = names.iter().position(|n| *n == shorter) {
            return Some(at);
        }
        prefix = shorter;
    }
    None
}

/// What one list sets by name: a feature also sets those that are part of it, unless the list names them.
fn explicit(kind: &Kind, list: &[String]) -> Vec<Level> {
    let mut own = vec![FOLLOW; kind.parts()];
    for permission in list {
        if let Some(Meaning::Part(part, level)) = kind.meaning(permission)
            && let Some(has) = own.get_mut(part as usize)
        {
            *has = level.max(*has);
        }
    }
    let names: Vec<&str> = kind.features.iter().collect();
    let mut full = own.clone();
    for (i, name) in names.iter().enumerate() {
        let mut next = outer(&names, name);
        while let (FOLLOW, Some(at)) = (full[1 + i], next) {
            full[1 + i] = own[1 + at];
            next = outer(&names, names[at]);
        }
    }
    full
}

/// Whether an entry's name speaks of an id.
pub(super) fn matches(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |prefix| id.starts_with(prefix))
}

/// Whether an entry can have this name: `^([*]|[^*]{1,128}[*]?)$`.
pub(super) fn name(pattern: &str) -> Result<(), TokenError> {
    let text = pattern.strip_suffix('*').unwrap_or(pattern);
    let length = text.encode_utf16().count();
    let shown: String = pattern.chars().take(60).collect();
    let shown = plain(&shown).to_string();
    if pattern.is_empty() || text.contains('*') {
        return Err(TokenError::Unfit(format!(
            "`{shown}` cannot name an entry: it is an id, or a prefix with one `*` at its end"
        )));
    }
    match length {
        n if n > NAME_LIMIT => Err(TokenError::Unfit(format!("`{shown}…` has {n} characters, and the limit is {NAME_LIMIT}"))),
        _ => Ok(()),
    }
}
