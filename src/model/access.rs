//! Lists of permissions, and the entries that carry them.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::kinds::{FOLLOW, Kind, KindId, LOWEST, Meaning, NONE, Value};
use super::{Binder, Model, NEVER, PlaceId, TimeId, Who};
use crate::finding::{CONTRADICTION, Finding, Fix, LISTED_TWICE, NONE_PROHIBITED, RETIRED, UNKNOWN_PERMISSION, WRONG_CONTAINER};
use crate::instant::Instant;
use crate::source::Span;
use crate::syntax::tree::{Entry as EntryTree, List as ListTree, Name, Verb};

/// So many permissions are named where an unknown one is like none of them.
const LISTED: usize = 8;

/// The number of an interned list.
pub type ListId = u32;

/// What a list says on each kind that takes something from it.
///
/// For `can` a value is what the part is set to; for `cannot` it is the highest value that is left.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// By kind: the parts that are set, both sorted.
    pub on: Vec<(KindId, Vec<(u32, Value)>)>,
    /// The kinds in question, sorted.
    pub kinds: std::sync::Arc<[KindId]>,
    /// The list as it is written, such as `*:read, comments:write on room`.
    pub text: Box<str>,
}

impl List {
    /// What to do with two lists that can be one.
    pub const JOIN: &str = "join them into one list, or limit each with `on`";

    /// What the list says on a kind.
    pub fn of(&self, kind: KindId) -> &[(u32, Value)] {
        self.on.binary_search_by_key(&kind, |(k, _)| *k).map_or(&[], |i| &self.on[i].1)
    }

    /// What to do with another list beside it that speaks of the same kinds, both of `can`: together they can be one where no part is
    /// set by both.
    pub fn beside(&self, other: &List) -> &'static str {
        let both = |(kind, set): &(KindId, Vec<(u32, Value)>)| {
            let of_other = other.of(*kind);
            set.iter().any(|(part, _)| of_other.binary_search_by_key(part, |(part, _)| *part).is_ok())
        };
        match (self.on.iter().any(both), self.kinds.len() > 1 || other.kinds.len() > 1) {
            (false, _) => List::JOIN,
            (true, true) => "keep one of them, or limit each with `on`",
            (true, false) => "keep one of them",
        }
    }
}

/// An access entry or a prohibition, at its place.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it is written.
    pub place: PlaceId,
    /// Whom it speaks of; everyone is `default`.
    pub who: Who,
    /// Grant or prohibition.
    pub verb: Verb,
    /// What it says.
    pub list: ListId,
    /// When it ends.
    pub until: TimeId,
    /// The statement.
    pub span: Span,
}

/// Where a list stands, which decides the kinds in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// In the block of a resource of this kind; `organization default` contains nothing, and has only its own.
    Place(KindId, bool),
    /// In a role.
    Role,
}

/// Lists by their words, each with whether it is without faults.
type ByText = HashMap<Box<str>, (ListId, bool), foldhash::fast::RandomState>;

/// The lists met so far: most of a policy's entries share a few.
#[derive(Default)]
pub struct Seen {
    lists: HashMap<(Site, Verb), ByText, foldhash::fast::RandomState>,
    /// The words of the list in question.
    text: String,
    kinds: HashMap<Site, std::sync::Arc<[KindId]>>,
}

impl Binder<'_> {
    /// Binds an entry of a place.
    pub fn entry(&mut self, place: PlaceId, entry: &EntryTree<'_>) {
        let who = match &entry.who {
            None => Some(Who::Everyone),
            Some(p) => self.principal(p),
        };
        let p = &self.model.places[place as usize];
        let site = Site::Place(p.kind, p.is_default_organization());
        let list = self.list(site, entry.verb, &entry.list, entry.span);
        let until = self.until(entry.until.as_ref());
        if let (Some(who), Some(list), Some(until)) = (who, list, until) {
            self.model.entries.push(Entry { place, who, verb: entry.verb, list, until, span: entry.span });
        }
    }

    /// Binds a date; none is [`NEVER`].
    pub fn until(&mut self, until: Option<&Name<'_>>) -> Option<TimeId> {
        let Some(name) = until else { return Some(NEVER) };
        let Some(instant) = Instant::until(&name.text) else {
            let message = format!("`{}` is no date and no time", name.text);
            let finding = Finding::new(&crate::finding::BAD_DATE, name.span, message);
            self.push(finding.help(crate::syntax::when::help(&name.text)));
            return None;
        };
        let times = &mut self.model.times;
        let hash = |i: &Instant| self.hasher.hash_one(i);
        let entry = self.times.entry(hash(&instant), |id| times[*id as usize] == instant, |id| hash(&times[*id as usize]));
        let id = *entry.or_insert(times.len() as TimeId).get();
        if id as usize == times.len() {
            times.push(instant);
        }
        Some(id)
    }

    /// Binds a list, once for each site and text; `whole` is what goes where nothing of it is left.
    pub fn list(&mut self, site: Site, verb: Verb, list: &ListTree<'_>, whole: Span) -> Option<ListId> {
        write_text(&mut self.seen.text, list);
        let known = self.seen.lists.entry((site, verb)).or_default().get(&*self.seen.text).copied();
        if let Some((id, true)) = known {
            return Some(id);
        }
        let before = self.findings.len();
        let kinds = self.in_question(site, list)?;
        let bound = match verb {
            _ if list.permissions.is_empty() => nothing(&self.model.kinds, &kinds),
            Verb::Can => self.can(&kinds, list, whole),
            Verb::Cannot => self.cannot(&kinds, list, whole),
        };
        // A list with faults is read again at each of its places, to say them there.
        let (id, _) = known.unwrap_or_else(|| {
            self.model.lists.push(List { on: bound, kinds, text: written(list) });
            let id = self.model.lists.len() as ListId - 1;
            let sound = self.findings.len() == before;
            self.seen.lists.entry((site, verb)).or_default().insert(self.seen.text.as_str().into(), (id, sound));
            (id, false)
        });
        Some(id)
    }

    /// The kinds in question: those of `on`, else the place's own and every kind that can lie below it, else all.
    fn in_question(&mut self, site: Site, list: &ListTree<'_>) -> Option<std::sync::Arc<[KindId]>> {
        let all = self.site_kinds(site);
        if list.on.is_empty() {
            return Some(all);
        }
        let mut on: Vec<KindId> = Vec::new();
        for name in &list.on {
            let kind = self.kind(name)?;
            if on.contains(&kind) {
                self.push(
                    Finding::new(&LISTED_TWICE, name.span, format!("`on` names kind `{}` twice", name.text)).help("take one out"),
                );
            } else if all.binary_search(&kind).is_err() {
                let message = format!("nothing of kind `{}` can lie here", name.text);
                self.push(
                    Finding::new(&WRONG_CONTAINER, name.span, message)
                        .help("name the kind of this resource or one that it can contain"),
                );
            } else {
                on.push(kind);
            }
        }
        on.sort_unstable();
        (!on.is_empty()).then(|| on.into())
    }

    /// Every kind that a list at a site may speak of, sorted.
    pub fn site_kinds(&mut self, site: Site) -> std::sync::Arc<[KindId]> {
        if let Some(kinds) = self.seen.kinds.get(&site) {
            return kinds.clone();
        }
        let kinds: std::sync::Arc<[KindId]> = match site {
            Site::Role => (0..self.model.kinds.len() as KindId).collect(),
            Site::Place(own, true) => [own].into(),
            Site::Place(own, false) => self.model.below(own).into(),
        };
        self.seen.kinds.insert(site, kinds.clone());
        kinds
    }

    /// The permissions of a list that some kind in question declares, each once; the others are findings.
    fn known<'a, 't>(&mut self, kinds: &[KindId], list: &'a ListTree<'t>) -> Vec<&'a Name<'t>> {
        let mut known: Vec<&Name<'_>> = Vec::new();
        let mut written: HashMap<&str, Span> = HashMap::with_capacity(list.permissions.len());
        for name in &list.permissions {
            let first = *written.entry(&name.text).or_insert(name.span);
            if first != name.span {
                let finding = Finding::new(&LISTED_TWICE, name.span, format!("`{}` is written twice in one list", name.text));
                self.push(finding.label(first, "written here first").help("take one out"));
            } else if matches!(&*name.text, "none" | "*:none") {
                let finding =
                    Finding::new(&NONE_PROHIBITED, name.span, format!("`{}` needs a feature in front of it", name.text));
                self.push(finding.help("type `can nothing` for no access at all, or `comments:none` for one feature"));
            } else if &*name.text == "nothing" {
                let message = if list.permissions.len() > 1 {
                    "`nothing` stands alone and in no list"
                } else {
                    "`nothing` can neither be prohibited nor be given by a role"
                };
                let help = "type `cannot *` to take everything away, or `can nothing` in a resource for no access from there";
                self.push(Finding::new(&UNKNOWN_PERMISSION, name.span, message).help(help));
            } else if kinds.iter().any(|k| self.model.kinds[*k as usize].meaning(&name.text).is_some()) {
                known.push(name);
            } else {
                self.unknown_permission(kinds, name);
            }
        }
        known
    }

    fn unknown_permission(&mut self, kinds: &[KindId], name: &Name<'_>) {
        let message = undeclared(&self.model, kinds, &name.text);
        let first: Vec<KindId> = kinds.iter().copied().take(200).collect();
        let bare = first.iter().all(|k| self.model.kinds[*k as usize].is_bare());
        let finding = Finding::new(&UNKNOWN_PERMISSION, name.span, message);
        let finding = if bare && self.model.kinds.len() == 1 {
            finding.help("bring in a vocabulary: `use liveblocks`, or declare a kind: `kind room { levels read < write }`")
        } else if bare {
            let kind = first.last().map_or("room", |k| &self.model.kinds[*k as usize].name);
            finding
                .help(format!("declare some: `kind {kind} {{ levels read < write }}` or `kind {kind} {{ permissions invite }}`"))
        } else if let Some(feature) =
            first.iter().map(|k| &self.model.kinds[*k as usize]).find(|k| k.features.position(&name.text).is_some())
        {
            let levels: Vec<String> = feature.levels.iter().map(|level| format!("`{}:{level}`", name.text)).collect();
            finding.help(format!("`{}` is a feature; name its level too: {}", name.text, levels.join(" or ")))
        } else {
            let turned = name.text.split_once(':').map(|(level, feature)| format!("{feature}:{level}"));
            let turned = turned.filter(|turned| first.iter().any(|k| self.model.kinds[*k as usize].meaning(turned).is_some()));
            let finding = match turned {
                Some(turned) => finding.help(format!("did you mean `{turned}`? the level comes last")),
                None => finding,
            };
            let stars = name.text.starts_with("*:");
            let near = self.suggest(&name.text, |m| {
                let kinds = first.iter().map(|k| &m.kinds[*k as usize]);
                let star =
                    |kind: &'_ Kind| kind.levels.iter().filter(|_| stars).map(|level| format!("*:{level}")).collect::<Vec<_>>();
                kinds.flat_map(move |kind| kind.permissions().chain(star(kind)))
            });
            let declared = first.iter().flat_map(|k| self.model.kinds[*k as usize].permissions());
            let declared: Vec<String> = declared.map(|name| format!("`{}`", name.as_ref() as &str)).take(LISTED + 1).collect();
            let more = if declared.len() > LISTED { " and more" } else { "" };
            let list = format!("there are {}{more}", declared[..declared.len().min(LISTED)].join(", "));
            finding.near(near, str::to_owned).maybe_help(Some(list))
        };
        self.push(finding);
    }

    fn can(&mut self, kinds: &[KindId], list: &ListTree<'_>, whole: Span) -> Vec<(KindId, Vec<(u32, Value)>)> {
        let known = self.known(kinds, list);
        let mut out = Vec::new();
        let mut reported: Vec<Span> = Vec::new();
        for &k in kinds {
            let kind = &self.model.kinds[k as usize];
            let mut set: Vec<(u32, Value)> = Vec::new();
            let mut spans: HashMap<u32, Span> = HashMap::new();
            let mut star = None;
            let mut faults = Vec::new();
            for name in &known {
                match kind.meaning(&name.text) {
                    Some(Meaning::Part(part, value)) => match spans.get(&part).copied().or(star.filter(|_| part == 0)) {
                        Some(first) => faults.push((name, first, part)),
                        None => {
                            spans.insert(part, name.span);
                            set.push((part, value));
                        }
                    },
                    Some(Meaning::Star) => {
                        star = Some(name.span);
                        faults.extend(spans.get(&0).map(|first| (name, *first, 0)));
                    }
                    Some(Meaning::Retired) | None => {}
                }
            }
            out.push((k, complete(kind, &set, star.is_some())));
            let faults: Vec<Finding> = faults
                .into_iter()
                .filter(|(name, ..)| !reported.contains(&name.span))
                .map(|(name, first, part)| {
                    let what = if part == 0 {
                        "the base".into()
                    } else {
                        format!("feature `{}`", kind.features.name(part as usize - 1))
                    };
                    let message = format!("`{}` gives {what} of kind `{}` a second level", name.text, kind.name);
                    let help = "keep one of them: a level includes the lower ones";
                    Finding::new(&CONTRADICTION, name.span, message).label(first, "the first one").help(help)
                })
                .collect();
            reported.extend(faults.iter().map(|f| f.span));
            faults.into_iter().for_each(|f| self.push(f));
        }
        self.warn_retired(kinds, &known, list, whole);
        out.retain(|(_, set)| !set.is_empty());
        out
    }

    fn cannot(&mut self, kinds: &[KindId], list: &ListTree<'_>, whole: Span) -> Vec<(KindId, Vec<(u32, Value)>)> {
        let known = self.known(kinds, list);
        let mut out = Vec::new();
        for name in known.iter().filter(|n| n.text.ends_with(":none")) {
            let finding = Finding::new(&NONE_PROHIBITED, name.span, format!("`{}` cannot be prohibited", name.text));
            self.push(finding.help("`none` is for `can` lists; prohibit the lowest level instead"));
        }
        for &k in kinds {
            let kind = &self.model.kinds[k as usize];
            let mut caps = vec![Value::MAX; kind.parts()];
            let mut cap = |part: u32, value: Value| caps[part as usize] = caps[part as usize].min(value);
            for name in &known {
                match kind.meaning(&name.text) {
                    Some(Meaning::Part(0, value)) => (0..kind.feature_parts().end).for_each(|p| cap(p, value - 1)),
                    Some(Meaning::Part(part, value)) => {
                        cap(part, value.saturating_sub(1).max(NONE));
                        kind.subs(part).iter().for_each(|p| cap(*p, value.saturating_sub(1).max(NONE)));
                    }
                    Some(Meaning::Star) => (0..kind.parts() as u32).for_each(|p| cap(p, NONE)),
                    Some(Meaning::Retired) | None => {}
                }
            }
            let set: Vec<(u32, Value)> = (0..).zip(caps).filter(|(_, v)| *v != Value::MAX).collect();
            if !set.is_empty() {
                out.push((k, set));
            }
        }
        self.warn_retired(kinds, &known, list, whole);
        out
    }

    fn warn_retired(&mut self, kinds: &[KindId], known: &[&Name<'_>], list: &ListTree<'_>, whole: Span) {
        let alone = list.permissions.len() == 1;
        for name in known {
            let mut meanings = kinds.iter().filter_map(|k| self.model.kinds[*k as usize].meaning(&name.text));
            if meanings.clone().any(|m| m == Meaning::Retired) {
                let finding = Finding::new(&RETIRED, name.span, format!("`{}` is retired and has no effect", name.text));
                // What one kind retires another may still have, and a list cannot be empty.
                let spare = meanings.all(|m| m == Meaning::Retired);
                let (span, title) = match alone {
                    true => (whole, "take the entry out".into()),
                    false => (name.span, format!("take out `{}`", name.text)),
                };
                let finding = finding.help(if alone { "take the entry out" } else { "take it out" });
                self.push(if spare { finding.fix(Fix::safe(title, vec![(span, String::new())])) } else { finding });
            }
        }
    }
}

/// The list as `fmt` would write it.
fn written(list: &ListTree<'_>) -> Box<str> {
    let joined = |names: &[Name<'_>]| names.iter().map(|n| &*n.text).collect::<Vec<_>>().join(", ");
    let permissions = if list.permissions.is_empty() { "nothing".into() } else { joined(&list.permissions) };
    let on = if list.on.is_empty() { String::new() } else { format!(" on {}", joined(&list.on)) };
    format!("{permissions}{on}").into()
}

/// The sentence that none of the kinds declares a permission, and what is missing where they declare none at all.
fn undeclared(model: &Model, kinds: &[KindId], permission: &str) -> String {
    let bare = kinds.iter().all(|k| model.kinds[*k as usize].is_bare());
    let named = kinds.iter().take(4).map(|k| format!("`{}`", model.kinds[*k as usize].name)).collect::<Vec<_>>().join(", ");
    match (kinds.len(), bare) {
        _ if bare && model.kinds.len() == 1 => {
            format!("nothing declares `{permission}`: the policy has no kinds besides `organization`")
        }
        (1, true) => format!("kind {named} declares no permissions, so not `{permission}`"),
        (2..=4, true) => format!("none of the kinds {named} declares any permission, so not `{permission}`"),
        (1, false) => format!("kind {named} does not declare `{permission}`"),
        (2..=4, false) => format!("none of the kinds {named} declares `{permission}`"),
        _ => format!("no kind in question declares `{permission}`"),
    }
}

/// What makes two lists at one site the same.
fn write_text(key: &mut String, list: &ListTree<'_>) {
    key.clear();
    for name in &list.permissions {
        key.push_str(&name.text);
        key.push(',');
    }
    for name in &list.on {
        key.push(' ');
        key.push_str(&name.text);
    }
}

/// Adds the sub-features that the list does not name itself, and what `*` says.
fn complete(kind: &Kind, set: &[(u32, Value)], star: bool) -> Vec<(u32, Value)> {
    let mut parts: Vec<Option<Value>> = vec![None; kind.parts()];
    let mut named = set.to_vec();
    // A longer name speaks later, so the closest one above a sub-feature counts.
    named.sort_by_key(|(p, _)| if kind.feature_parts().contains(p) { kind.features.name(*p as usize - 1).len() } else { 0 });
    for &(part, value) in &named {
        parts[part as usize] = Some(value);
        kind.subs(part).iter().for_each(|s| parts[*s as usize] = Some(value));
    }
    if star {
        if !kind.levels.is_empty() {
            parts[0] = Some(kind.highest());
        }
        kind.flat_parts().for_each(|p| parts[p as usize] = Some(LOWEST));
    }
    (0..).zip(parts).filter_map(|(p, v)| v.map(|v| (p, v))).collect()
}

/// `nothing`: no base, no flat permission, and every feature follows.
fn nothing(kinds: &[Kind], question: &[KindId]) -> Vec<(KindId, Vec<(u32, Value)>)> {
    let one = |k: &KindId| {
        let kind = &kinds[*k as usize];
        let value = |p: u32| if kind.feature_parts().contains(&p) { FOLLOW } else { NONE };
        (*k, (0..kind.parts() as u32).map(|p| (p, value(p))).collect())
    };
    question.iter().map(one).collect()
}
