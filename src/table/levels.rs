//! Every part of a sign-in's access on one resource, in one walk: for listings and tokens, which ask for them all.

use super::decide::{Part, Permission, Resource};
use super::view::Damage;
use super::walk::{Ground, gate};
use super::{Matched, SignIn, Table};
use crate::Instant;
use crate::model::kinds::{KindId, NONE, Value};

/// How many parts are decided in one walk.
const AT_ONCE: usize = 8;

impl Table {
    /// The level of the base and of every feature, then of every flat permission, in the order of the kind: what
    /// [`Table::check`] would find by asking for each. A feature has the level of its highest sub-feature at least.
    ///
    /// # Errors
    /// Damage.
    pub fn levels(
        &self,
        who: &SignIn<'_>,
        kind: KindId,
        on: Resource<'_>,
        at: Instant,
        levels: &mut Vec<Value>,
    ) -> Result<(), Damage> {
        levels.clear();
        let Some(k) = self.kinds.get(kind as usize) else { return Err(Damage::OtherKind) };
        levels.resize(k.parts(), NONE);
        let permission =
            Permission { kind, part: 0, value: NONE, feature: true, family: false, parts: k.parts() as u32, brief: false };
        let mut ask = self.ask(who, permission, on, at)?;
        let Some(ground) = Ground::find(self.view(), &ask)? else { return Ok(()) };
        if gate(self.view(), &ask, &ground)?.is_some() {
            return Ok(());
        }
        // Features follow the base, which stands before them in each walk; flat permissions do not.
        let (features, flats) = (k.feature_parts(), k.flat_parts());
        let mut from = features.start;
        loop {
            let to = features.end.min(from + AT_ONCE as u32 - 1);
            let mut parts = [Part::new(0); AT_ONCE];
            let count = 1 + (to - from) as usize;
            parts[1..count].iter_mut().zip(from..to).for_each(|(p, part)| p.part = part);
            ground.settle::<false>(self.view(), &ask, &mut parts[..count])?;
            parts[..count].iter().for_each(|p| levels[p.part as usize] = p.left());
            from = to;
            if from == features.end || levels[0] == NONE {
                break;
            }
        }
        if levels[0] == NONE {
            levels[1..features.end as usize].fill(NONE);
        }
        ask.permission.feature = false;
        for from in flats.clone().step_by(AT_ONCE) {
            let mut parts = [Part::new(0); AT_ONCE];
            let count = ((flats.end - from) as usize).min(AT_ONCE);
            parts.iter_mut().zip(from..).for_each(|(p, part)| p.part = part);
            ground.settle::<false>(self.view(), &ask, &mut parts[..count])?;
            parts[..count].iter().for_each(|p| levels[p.part as usize] = p.left());
        }
        for part in features {
            let highest = k.subs(part).iter().filter_map(|s| levels.get(*s as usize)).copied().max();
            levels[part as usize] = levels[part as usize].max(highest.unwrap_or(NONE));
        }
        Ok(())
    }

    /// A resource of a kind whose id begins with `start`, that is not declared, and that no pattern with a longer text
    /// than `start` matches; none where no pattern matches it.
    ///
    /// # Errors
    /// Damage.
    pub fn undeclared_at<'a>(&self, kind: KindId, start: &'a str) -> Result<Option<Resource<'a>>, Damage> {
        Ok(self.matching(kind, start)?.map(|pattern| Resource::Matched(Matched { kind, id: start, pattern })))
    }
}
