//! Section 7: what prohibitions leave of a level.

use super::access::about;
use super::decide::Ask;
use super::permissions::{Meaning, Part, is_below, meaning};
use super::places::speaking;
use super::slip::Slip;
use super::world::{Entry, Says, Who};

/// "`PRINCIPAL cannot LIST` takes the listed permissions, and those that imply them, away from the principal on
/// the resource and everything it contains, whatever grants them."
pub fn capped(ask: &Ask, part: &Part, level: usize) -> usize {
    let lists: Vec<&[String]> = prohibitions(ask);
    let is_taken = |level: usize| lists.iter().any(|list| takes(ask, list, part, level));
    if ask.slips(Slip::ExactLevel) {
        return if level > 0 && is_taken(level) { level - 1 } else { level };
    }
    let lowest_taken = (1..=level).find(|level| is_taken(*level));
    lowest_taken.map_or(level, |taken| taken - 1)
}

/// The lists of the prohibitions that hold for the user on the resource, from wherever they are written.
fn prohibitions<'w>(ask: &Ask<'w>) -> Vec<&'w [String]> {
    let mut places = speaking(ask, &ask.on);
    if ask.slips(Slip::ProhibitionStays) {
        places.retain(|place| place.name.kind == ask.on.kind);
    }
    let entries = places.into_iter().flat_map(|place| &place.entries);
    let meant = entries.filter(|entry| about(ask, entry) && is_meant(ask, entry));
    meant.filter_map(|entry| if let Says::Cannot(list) = &entry.says { Some(list.as_slice()) } else { None }).collect()
}

fn is_meant(ask: &Ask, entry: &Entry) -> bool {
    match &entry.who {
        Who::Everyone => !ask.slips(Slip::DefaultUnforbidden),
        Who::Group(group) => ask.is_in(group) && !ask.slips(Slip::GroupUnforbidden),
        Who::User(user) => *user == ask.user && !ask.slips(Slip::UserUnforbidden),
    }
}

/// "Each permission of the list counts alone: a narrower one never softens a wider one."
fn takes(ask: &Ask, list: &[String], part: &Part, level: usize) -> bool {
    let meanings: Vec<Meaning> = list.iter().filter_map(|permission| meaning(ask.kind, permission)).collect();
    if ask.slips(Slip::NarrowSoftens) {
        let narrow = meanings.iter().filter(|meaning| names(meaning, part));
        let own: Vec<&Meaning> = narrow.collect();
        if !own.is_empty() {
            return own.into_iter().any(|meaning| covers(ask, meaning, part, level));
        }
    }
    meanings.iter().any(|meaning| covers(ask, meaning, part, level))
}

fn names(meaning: &Meaning, part: &Part) -> bool {
    matches!((meaning, part), (Meaning::Feature(named, _), Part::Feature(path)) if named == path)
}

/// "`cannot write` (the base) covers every feature at that level; naming a feature covers its sub-features;
/// `cannot *` covers everything."
fn covers(ask: &Ask, meaning: &Meaning, part: &Part, level: usize) -> bool {
    match (meaning, part) {
        (Meaning::Everything, Part::Base | Part::Feature(_)) if ask.slips(Slip::StarTakesTop) => level == ask.kind.levels.len(),
        (Meaning::Everything, _) => true,
        (Meaning::Base(taken), Part::Base) => reaches(ask, level, *taken),
        (Meaning::Base(taken), Part::Feature(_)) => reaches(ask, level, *taken) && !ask.slips(Slip::BaseSparesFeatures),
        (Meaning::Feature(named, taken), Part::Feature(path)) => {
            let below = is_below(path, named) && !ask.slips(Slip::FeatureSparesSub);
            (named == path || below) && reaches(ask, level, *taken)
        }
        (Meaning::Flat(named), Part::Flat(flat)) => named == flat,
        _ => false,
    }
}

fn reaches(ask: &Ask, level: usize, taken: usize) -> bool {
    if ask.slips(Slip::ExactLevel) { level == taken } else { level >= taken }
}
