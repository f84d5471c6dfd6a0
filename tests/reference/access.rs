//! Section 5: the level that access entries give to each part.

use super::decide::Ask;
use super::permissions::{Meaning, Part, is_below, meaning};
use super::places::speaking;
use super::slip::Slip;
use super::world::{Entry, Place, Says, Who};

/// What a list sets a part to; a named level outranks *follow the base*.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Setting {
    /// The level of the base.
    Follow,
    /// A level; 0 is none.
    Level(usize),
}

/// "A feature that nothing sets, or that is decided to follow, has the level of the base. A base or a flat
/// permission that nothing sets is none."
pub fn access_level(ask: &Ask, part: &Part) -> usize {
    match (decided(ask, part), part) {
        (Some(Setting::Level(level)), _) => level,
        (None, Part::Feature(_)) if ask.slips(Slip::NoFollow) => 0,
        (_, Part::Feature(_)) => access_level(ask, &Part::Base),
        (_, Part::Base | Part::Flat(_)) => 0,
    }
}

/// "The first place that decides the part ends the walk."
fn decided(ask: &Ask, part: &Part) -> Option<Setting> {
    let places = speaking(ask, &ask.on);
    if ask.slips(Slip::PlaceDecidesWhole) {
        let first = places.iter().find(|place| ask.parts.iter().any(|part| decided_at(ask, place, part).is_some()));
        return first.and_then(|place| decided_at(ask, place, part));
    }
    places.iter().find_map(|place| decided_at(ask, place, part))
}

/// "The part is decided by the first of these that sets it: the user's own entry; else the entries of the
/// user's groups that set it, the highest level among them (a level that is named, even `none`, outranks
/// *follow the base*); else the default entry."
fn decided_at(ask: &Ask, place: &Place, part: &Part) -> Option<Setting> {
    let user = place.entries.iter().filter(|entry| matches!(&entry.who, Who::User(user) if *user == ask.user));
    let user = user.filter_map(|entry| sets(ask, entry, part)).next();
    let groups = place.entries.iter().filter(|entry| matches!(&entry.who, Who::Group(group) if ask.is_in(group)));
    let groups = highest(ask, groups.filter_map(|entry| sets(ask, entry, part)).collect());
    let default = place.entries.iter().filter(|entry| entry.who == Who::Everyone);
    let default = default.filter_map(|entry| sets(ask, entry, part)).next();
    match ask.slip {
        Slip::GroupsBeforeUser => groups.or(user).or(default),
        Slip::DefaultBeforeGroups => user.or(default).or(groups),
        _ => user.or(groups).or(default),
    }
}

fn highest(ask: &Ask, settings: Vec<Setting>) -> Option<Setting> {
    if ask.slips(Slip::FollowOutranks) && settings.contains(&Setting::Follow) {
        return Some(Setting::Follow);
    }
    let order = |a: &Setting, b: &Setting| a.partial_cmp(b).expect("settings have an order");
    if ask.slips(Slip::LowestGroup) {
        return settings.into_iter().min_by(order);
    }
    settings.into_iter().max_by(order)
}

/// "For one resource kind, an entry sets a level for the base, for some features, and for some flat
/// permissions. … `nothing` sets the base and every flat permission to none, and every feature to follow the base."
fn sets(ask: &Ask, entry: &Entry, part: &Part) -> Option<Setting> {
    if !about(ask, entry) {
        return None;
    }
    match (&entry.says, part) {
        (Says::Cannot(_), _) => None,
        (Says::Can(list), _) => list_sets(ask, list, part),
        (Says::Nothing, Part::Feature(_)) if ask.slips(Slip::NothingKeepsFeatures) => None,
        (Says::Nothing, Part::Feature(_)) if ask.slips(Slip::NothingSilencesFeatures) => Some(Setting::Level(0)),
        (Says::Nothing, Part::Feature(_)) => Some(Setting::Follow),
        (Says::Nothing, Part::Flat(_)) if ask.slips(Slip::NothingKeepsFlats) => None,
        (Says::Nothing, Part::Base | Part::Flat(_)) => Some(Setting::Level(0)),
    }
}

/// "`on` limits an entry to those kinds." "Expired entries … do not exist at that time."
pub fn about(ask: &Ask, entry: &Entry) -> bool {
    let exists = ask.exists(&entry.until) || ask.slips(Slip::EntryNeverExpires);
    exists && (entry.on.is_empty() || entry.on.contains(&ask.kind.name) || ask.slips(Slip::OnIgnored))
}

/// What a `can` list sets the part to, for the kind that is asked about.
pub fn list_sets(ask: &Ask, list: &[String], part: &Part) -> Option<Setting> {
    let meanings = || list.iter().filter_map(|permission| meaning(ask.kind, permission));
    let level = match part {
        Part::Base => meanings().find_map(|meaning| match meaning {
            Meaning::Base(level) => Some(level),
            Meaning::Everything => Some(ask.kind.levels.len()),
            _ => None,
        }),
        Part::Flat(name) => meanings().find_map(|meaning| match meaning {
            Meaning::Flat(flat) if flat == *name => Some(1),
            Meaning::Everything if !ask.slips(Slip::StarSparesFlats) => Some(1),
            _ => None,
        }),
        Part::Feature(path) => feature_level(ask, meanings().collect(), path),
    };
    level.map(Setting::Level)
}

/// "Naming a feature also names its sub-features, unless the list names those too": the longest name counts.
/// "`*` … sets no feature."
fn feature_level(ask: &Ask, meanings: Vec<Meaning>, path: &str) -> Option<usize> {
    if ask.slips(Slip::StarSetsFeatures) && meanings.contains(&Meaning::Everything) {
        return Some(ask.kind.levels.len());
    }
    let mut naming: Vec<(usize, usize)> = Vec::new();
    for meaning in meanings {
        if let Meaning::Feature(named, level) = meaning {
            let above = is_below(path, &named) && !ask.slips(Slip::FeatureAlone);
            if named == path || above {
                naming.push((named.len(), level));
            }
        }
    }
    naming.sort_by_key(|(length, _)| *length);
    let closest = if ask.slips(Slip::FeatureOverSub) { naming.first() } else { naming.last() };
    closest.map(|(_, level)| *level)
}
